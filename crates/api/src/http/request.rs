//! GraphQL requests as they come over HTTP: a JSON body, a batch of them, or a query string.

use juniper::{DefaultScalarValue, InputValue, Variables};
use serde_json::{Map, Value as Json};

use crate::document::Problem;

/// One GraphQL request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GraphqlRequest {
    /// The document.
    pub query: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// The values of its variables.
    pub variables: Variables,
}

/// What a body holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    /// A request.
    Single(GraphqlRequest),
    /// A list of requests.
    Batch(Vec<GraphqlRequest>),
}

/// What requests are held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Requests in one body; 0 turns batches off.
    pub batch: usize,
    /// Entries of a list among the variables.
    pub list: usize,
}

/// Reads a JSON body.
pub(super) fn from_body(bytes: &[u8], shape: Shape) -> Result<Body, Problem> {
    let json: Json = serde_json::from_slice(bytes)
        .map_err(|_| Problem::invalid("The request body is not valid JSON."))?;
    match json {
        Json::Object(fields) => from_fields(fields, shape).map(Body::Single),
        Json::Array(_) if shape.batch == 0 => {
            Err(Problem::invalid("Batches are not served; send one request at a time."))
        }
        Json::Array(requests) if requests.is_empty() => {
            Err(Problem::invalid("The batch is empty."))
        }
        Json::Array(requests) if requests.len() > shape.batch => Err(Problem::invalid(format!(
            "The batch has {} requests; at most {} are allowed.",
            requests.len(),
            shape.batch
        ))),
        Json::Array(requests) => requests
            .into_iter()
            .map(|request| match request {
                Json::Object(fields) => from_fields(fields, shape),
                _ => Err(not_an_object()),
            })
            .collect::<Result<_, _>>()
            .map(Body::Batch),
        _ => Err(not_an_object()),
    }
}

/// Reads a query string.
pub(super) fn from_query_string(text: &str, shape: Shape) -> Result<GraphqlRequest, Problem> {
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(text)
        .map_err(|_| Problem::invalid("The query string cannot be read."))?;
    let mut fields = Map::new();
    for (name, value) in pairs.into_inner() {
        let value = match name.as_str() {
            "query" | "operationName" => Json::String(value),
            "variables" | "extensions" if value.is_empty() => Json::Null,
            "variables" | "extensions" => serde_json::from_str(&value).map_err(|_| {
                Problem::invalid(format!("The parameter `{name}` is not valid JSON."))
            })?,
            _ => continue,
        };
        if fields.insert(name.clone(), value).is_some() {
            return Err(Problem::invalid(format!("The parameter `{name}` is there twice.")));
        }
    }
    from_fields(fields, shape)
}

fn not_an_object() -> Problem {
    Problem::invalid("A request is a JSON object with the key `query`.")
}

fn from_fields(mut fields: Map<String, Json>, shape: Shape) -> Result<GraphqlRequest, Problem> {
    let query = match fields.remove("query") {
        Some(Json::String(query)) if !query.trim().is_empty() => query,
        Some(Json::String(_) | Json::Null) | None => {
            return Err(Problem::invalid("The request has no `query`."));
        }
        Some(_) => return Err(Problem::invalid("`query` must be a string.")),
    };
    let operation_name = match fields.remove("operationName") {
        Some(Json::String(name)) if !name.is_empty() => Some(name),
        Some(Json::String(_) | Json::Null) | None => None,
        Some(_) => return Err(Problem::invalid("`operationName` must be a string.")),
    };
    let variables = match fields.remove("variables") {
        Some(Json::Object(variables)) => variables
            .into_iter()
            .map(|(name, value)| input_value(value, shape).map(|value| (name, value)))
            .collect::<Result<_, _>>()?,
        Some(Json::Null) | None => Variables::new(),
        Some(_) => return Err(Problem::invalid("`variables` must be an object.")),
    };
    match fields.remove("extensions") {
        Some(Json::Object(_) | Json::Null) | None => {}
        Some(_) => return Err(Problem::invalid("`extensions` must be an object.")),
    }
    Ok(GraphqlRequest { query, operation_name, variables })
}

fn input_value(json: Json, shape: Shape) -> Result<InputValue, Problem> {
    Ok(match json {
        Json::Null => InputValue::Null,
        Json::Bool(value) => InputValue::scalar(value),
        Json::String(text) => InputValue::scalar(text),
        Json::Number(number) => InputValue::Scalar(scalar(&number)),
        Json::Array(items) => {
            if items.len() > shape.list {
                return Err(Problem::invalid(format!(
                    "A list among the variables has {} entries; at most {} are allowed.",
                    items.len(),
                    shape.list
                )));
            }
            InputValue::list(
                items.into_iter().map(|item| input_value(item, shape)).collect::<Result<_, _>>()?,
            )
        }
        Json::Object(fields) => InputValue::parsed_object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let value = input_value(value, shape)?;
                    Ok((
                        juniper::parser::Spanning::unlocated(key),
                        juniper::parser::Spanning::unlocated(value),
                    ))
                })
                .collect::<Result<_, Problem>>()?,
        ),
    })
}

/// The largest whole number that a float holds exactly.
const EXACT: u64 = 1 << 53;

/// A number. Whole ones that no float holds travel as their digits: an id keeps them all. `1.0` and `1e3` are whole: some
/// languages know one kind of numbers alone.
fn scalar(number: &serde_json::Number) -> DefaultScalarValue {
    let whole = number.as_i64().or_else(|| number.as_f64().and_then(exact));
    if let Some(small) = whole.and_then(|number| i32::try_from(number).ok()) {
        return DefaultScalarValue::Int(small);
    }
    let exact = match (number.as_i64(), number.as_u64()) {
        (Some(number), _) => number.unsigned_abs() <= EXACT,
        (None, Some(_)) => false,
        (None, None) => true,
    };
    match number.as_f64() {
        Some(float) if exact => DefaultScalarValue::Float(float),
        _ => DefaultScalarValue::String(number.to_string()),
    }
}

/// The whole number that a float is, if it is one that an `Int` holds.
fn exact(float: f64) -> Option<i64> {
    let small = float.fract() == 0.0 && float.abs() <= f64::from(i32::MAX);
    small.then(|| format!("{float:.0}").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { batch: 2, list: 3 };

    fn single(body: &str) -> Result<GraphqlRequest, String> {
        match from_body(body.as_bytes(), Shape { batch: 0, ..SHAPE }) {
            Ok(Body::Single(request)) => Ok(request),
            Ok(Body::Batch(_)) => Err("a batch".to_owned()),
            Err(problem) => Err(problem.message),
        }
    }

    #[test]
    fn a_request_has_a_query() {
        let request =
            single(r#"{"query":"{a}","variables":{"n":1},"operationName":"A","x":1}"#).unwrap();
        assert_eq!(request.query, "{a}");
        assert_eq!(request.operation_name.as_deref(), Some("A"));
        assert_eq!(request.variables.get("n"), Some(&InputValue::scalar(1)));
        let empty =
            single(r#"{"query":"{a}","variables":null,"operationName":"","extensions":null}"#)
                .unwrap();
        assert!(empty.variables.is_empty() && empty.operation_name.is_none());
    }

    #[test]
    fn everything_else_is_refused_in_our_own_words() {
        for (body, message) in [
            ("", "The request body is not valid JSON."),
            ("{", "The request body is not valid JSON."),
            ("{\"query\":\"\\ud800\"}", "The request body is not valid JSON."),
            ("5", "A request is a JSON object with the key `query`."),
            ("null", "A request is a JSON object with the key `query`."),
            ("{}", "The request has no `query`."),
            (r#"{"query":" "}"#, "The request has no `query`."),
            (r#"{"query":5}"#, "`query` must be a string."),
            (r#"{"query":"{a}","variables":"{}"}"#, "`variables` must be an object."),
            (r#"{"query":"{a}","variables":[]}"#, "`variables` must be an object."),
            (r#"{"query":"{a}","operationName":5}"#, "`operationName` must be a string."),
            (r#"{"query":"{a}","extensions":5}"#, "`extensions` must be an object."),
            (r#"[{"query":"{a}"}]"#, "Batches are not served; send one request at a time."),
            (
                r#"{"query":"{a}","variables":{"l":[[1,2,3,4]]}}"#,
                "A list among the variables has 4 entries; at most 3 are allowed.",
            ),
        ] {
            assert_eq!(single(body).unwrap_err(), message, "{body}");
        }
        assert!(
            single(&format!("{{\"query\":{}1{}}}", "[".repeat(5000), "]".repeat(5000))).is_err()
        );
    }

    #[test]
    fn batches_are_capped() {
        let batch = |count: usize| {
            let body = format!("[{}]", vec![r#"{"query":"{a}"}"#; count].join(","));
            from_body(body.as_bytes(), SHAPE)
        };
        assert!(matches!(batch(2), Ok(Body::Batch(requests)) if requests.len() == 2));
        assert_eq!(
            batch(3).unwrap_err().message,
            "The batch has 3 requests; at most 2 are allowed."
        );
        assert_eq!(batch(0).unwrap_err().message, "The batch is empty.");
        assert!(from_body(b"[5]", SHAPE).is_err());
    }

    #[test]
    fn numbers_keep_their_digits() {
        use DefaultScalarValue::{Float, Int, String};
        let big = "9007199254740993";
        for (number, expected) in [
            ("7", Int(7)),
            ("-2147483648", Int(i32::MIN)),
            ("2147483648", Float(2_147_483_648.0)),
            (big, String(big.to_owned())),
            ("18446744073709551615", String("18446744073709551615".to_owned())),
            ("0.5", Float(0.5)),
            ("1.0", Int(1)),
            ("-1e3", Int(-1_000)),
            ("2147483648.0", Float(2_147_483_648.0)),
            ("1e300", Float(1e300)),
        ] {
            let request = single(&format!(r#"{{"query":"{{a}}","variables":{{"n":{number}}}}}"#));
            let value = request.unwrap().variables.remove("n");
            assert_eq!(value, Some(InputValue::Scalar(expected)), "{number}");
        }
    }

    #[test]
    fn query_strings_are_read_and_refused() {
        let request = from_query_string("query=%7Ba%7D&variables=%7B%22n%22%3A1%7D&other=1", SHAPE);
        assert_eq!(request.unwrap().variables.get("n"), Some(&InputValue::scalar(1)));
        for (text, message) in [
            ("", "The request has no `query`."),
            ("query=%7Ba%7D&variables=%7B", "The parameter `variables` is not valid JSON."),
            ("query=%7Ba%7D&variables=5", "`variables` must be an object."),
            ("query=%7Ba%7D&extensions=%5B%5D", "`extensions` must be an object."),
            ("query=%7Ba%7D&query=%7Bb%7D", "The parameter `query` is there twice."),
        ] {
            assert_eq!(from_query_string(text, SHAPE).unwrap_err().message, message, "{text}");
        }
    }
}
