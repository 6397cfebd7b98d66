//! Parts of an answer that are JSON already.
//!
//! To make a value of every field of a hundred rows, only to write it out and drop it, costs more than reading the rows.
//! So fast nodes ([`crate::fast`]) write themselves, and their JSON travels through juniper's values as a text that begins
//! with NUL. No other text does: every input that holds NUL is refused, and PostgreSQL keeps none.

use juniper::{DefaultScalarValue, Value};
use serde::Serialize;

const MARK: u8 = 0;
/// About how many bytes a field takes with its key.
const BYTES_PER_FIELD: usize = 32;

/// JSON that is being written.
#[derive(Debug)]
pub struct Json {
    bytes: Vec<u8>,
    object: bool,
}

impl Json {
    /// A value by itself.
    pub(crate) fn value() -> Self {
        Self { bytes: vec![MARK], object: false }
    }

    /// An object of about so many fields.
    pub(crate) fn object(fields: usize) -> Self {
        let mut bytes = Vec::with_capacity(2 + fields * BYTES_PER_FIELD);
        bytes.extend_from_slice(&[MARK, b'{']);
        Self { bytes, object: true }
    }

    /// Begins the next field of the object. A response key is a name and needs no escape.
    pub(crate) fn key(&mut self, key: &str) {
        if self.bytes.last() != Some(&b'{') {
            self.bytes.push(b',');
        }
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(key.as_bytes());
        self.bytes.extend_from_slice(b"\":");
    }

    /// Writes a scalar.
    pub fn put(&mut self, scalar: &(impl Serialize + ?Sized)) {
        put(&mut self.bytes, scalar);
    }

    /// Writes null.
    pub fn put_null(&mut self) {
        self.bytes.extend_from_slice(b"null");
    }

    /// Writes any value.
    pub(crate) fn put_value(&mut self, value: &Value) {
        write(&mut self.bytes, value);
    }

    /// What was written, as a value on its way into the answer.
    pub(crate) fn finish(mut self) -> Value {
        if self.object {
            self.bytes.push(b'}');
        }
        // Everything above writes UTF-8.
        String::from_utf8(self.bytes).map_or(Value::Null, Value::scalar)
    }
}

/// Writes a value as JSON, with the parts of it that are JSON already.
pub(crate) fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Scalar(DefaultScalarValue::String(text)) => match text.as_bytes().split_first() {
            Some((&MARK, json)) => out.extend_from_slice(json),
            _ => put(out, text.as_str()),
        },
        Value::Scalar(scalar) => put(out, scalar),
        Value::List(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, value);
            }
            out.push(b']');
        }
        Value::Object(object) => {
            out.push(b'{');
            for (index, (key, value)) in object.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                put(out, key.as_str());
                out.push(b':');
                write(out, value);
            }
            out.push(b'}');
        }
    }
}

fn put(out: &mut Vec<u8>, scalar: &(impl Serialize + ?Sized)) {
    let begin = out.len();
    if serde_json::to_writer(&mut *out, scalar).is_err() {
        // Memory takes every byte, and no scalar of ours fails to be written; half of one would spoil the answer.
        out.truncate(begin);
        out.extend_from_slice(b"null");
    }
}

/// The JSON of a value, for tests to look into.
#[cfg(test)]
pub(crate) fn parsed(value: &Value) -> serde_json::Value {
    let mut out = Vec::new();
    write(&mut out, value);
    serde_json::from_slice(&out).unwrap()
}

#[cfg(test)]
mod tests {
    use juniper::graphql_value;

    use super::*;

    #[test]
    fn values_and_what_is_written_already_make_one_text() {
        let mut node = Json::object(2);
        node.key("name");
        node.put("Ada \"the\" first\n");
        node.key("score");
        node.put(&0.5);
        let mut inner = Json::value();
        inner.put_null();
        node.key("none");
        node.put_value(&inner.finish());
        let mut whole = graphql_value!({ "a b": [1, true, null, "é"] });
        if let Value::Object(object) = &mut whole {
            object.add_field("node", node.finish());
        }
        let mut out = Vec::new();
        write(&mut out, &whole);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"a b":[1,true,null,"é"],"node":{"name":"Ada \"the\" first\n","score":0.5,"none":null}}"#
        );
        assert_eq!(parsed(&Json::object(0).finish()), serde_json::json!({}));
    }
}
