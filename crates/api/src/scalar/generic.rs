//! `GenericScalar`: any JSON value as it is.

use juniper::{DefaultScalarValue, InputValue, Object, Value};
use serde_json::Value as Json;

use super::opaque::opaque_scalar;

/// Any JSON value, in the answer as itself: the claims of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenericScalar(pub Json);

opaque_scalar!(GenericScalar, "GenericScalar", "Any JSON value.");

impl juniper::marker::IsInputType<DefaultScalarValue> for GenericScalar {}

impl GenericScalar {
    fn to_value(&self) -> Value {
        to_value(&self.0)
    }

    fn from_value(value: &InputValue) -> Result<Self, &'static str> {
        from_value(value).map(Self).ok_or("A GenericScalar holds plain values.")
    }
}

fn to_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::scalar(*value),
        Json::Number(number) => match number.as_i64().and_then(|n| i32::try_from(n).ok()) {
            Some(small) => Value::scalar(small),
            None => Value::scalar(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::scalar(text.clone()),
        Json::Array(items) => Value::list(items.iter().map(to_value).collect()),
        Json::Object(fields) => Value::Object(
            fields.iter().map(|(key, value)| (key.clone(), to_value(value))).collect::<Object<_>>(),
        ),
    }
}

fn from_value(value: &InputValue) -> Option<Json> {
    Some(match value {
        InputValue::Null => Json::Null,
        InputValue::Scalar(DefaultScalarValue::Boolean(value)) => (*value).into(),
        InputValue::Scalar(DefaultScalarValue::Int(value)) => (*value).into(),
        InputValue::Scalar(DefaultScalarValue::Float(value)) => (*value).into(),
        InputValue::Scalar(DefaultScalarValue::String(value)) => value.clone().into(),
        InputValue::Enum(name) => name.clone().into(),
        InputValue::Variable(_) => return None,
        InputValue::List(items) => {
            Json::Array(items.iter().map(|item| from_value(&item.item)).collect::<Option<_>>()?)
        }
        InputValue::Object(fields) => Json::Object(
            fields
                .iter()
                .map(|(key, value)| Some((key.item.clone(), from_value(&value.item)?)))
                .collect::<Option<_>>()?,
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_passes_through() {
        let json =
            serde_json::json!({"email": "a@b.c", "exp": 1_695_379_084, "list": [true, null, 0.5]});
        let value = serde_json::to_value(GenericScalar(json.clone()).to_value()).unwrap();
        assert_eq!(value, json);
        let input: InputValue = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(GenericScalar::from_value(&input), Ok(GenericScalar(json)));
    }
}
