//! Parts of an answer that are JSON already.
//!
//! To make a value of every field of a hundred rows, only to write it out and drop it, costs more than reading the rows.
//! So fast nodes ([`crate::fast`]) write themselves, and their JSON travels through juniper's values as a text that begins
//! with NUL. No other text does: every input that holds NUL is refused, and PostgreSQL keeps none.

use std::{fmt::Display, io::Write as _};

use juniper::{DefaultScalarValue, Value};
use serde::Serialize;

const MARK: u8 = 0;
/// About how many bytes a field takes with its key.
const BYTES_PER_FIELD: usize = 32;

/// JSON that is being written.
#[derive(Debug)]
pub struct Json {
    bytes: Vec<u8>,
}

impl Json {
    /// A value of about so many fields.
    pub(crate) fn of(fields: usize) -> Self {
        let mut bytes = Vec::with_capacity(2 + fields * BYTES_PER_FIELD);
        bytes.push(MARK);
        Self { bytes }
    }

    /// Begins an object, which may be an item of a list.
    pub(crate) fn begin_object(&mut self) {
        if self.bytes.last() == Some(&b'}') {
            self.bytes.push(b',');
        }
        self.bytes.push(b'{');
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

    /// Ends an object.
    pub(crate) fn end_object(&mut self) {
        self.bytes.push(b'}');
    }

    /// Begins a list of objects.
    pub(crate) fn begin_list(&mut self) {
        self.bytes.push(b'[');
    }

    /// Ends a list.
    pub(crate) fn end_list(&mut self) {
        self.bytes.push(b']');
    }

    /// How far it is written.
    pub(crate) const fn place(&self) -> usize {
        self.bytes.len()
    }

    /// Takes back what was written since.
    pub(crate) fn go_back(&mut self, place: usize) {
        self.bytes.truncate(place);
    }

    /// Writes a scalar.
    pub fn put(&mut self, scalar: &(impl Serialize + ?Sized)) {
        put(&mut self.bytes, scalar);
    }

    /// Writes a text of digits, letters and signs that JSON need not escape.
    pub fn put_plain(&mut self, text: &impl Display) {
        self.bytes.push(b'"');
        // Memory takes every byte.
        write!(self.bytes, "{text}").ok();
        self.bytes.push(b'"');
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
    pub(crate) fn finish(self) -> Value {
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
        let mut node = Json::of(2);
        node.begin_object();
        node.key("name");
        node.put("Ada \"the\" first\n");
        node.key("score");
        node.put(&0.5);
        let mut inner = Json::of(1);
        inner.put_null();
        node.key("none");
        node.put_value(&inner.finish());
        node.key("plain");
        node.put_plain(&12.5);
        node.key("rows");
        node.begin_list();
        for _row in 0..2 {
            node.begin_object();
            node.end_object();
        }
        let place = node.place();
        node.put(&"never mind");
        node.go_back(place);
        node.end_list();
        node.end_object();
        let mut whole = graphql_value!({ "a b": [1, true, null, "é"] });
        if let Value::Object(object) = &mut whole {
            object.add_field("node", node.finish());
        }
        let mut out = Vec::new();
        write(&mut out, &whole);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"a b":[1,true,null,"é"],"node":{"name":"Ada \"the\" first\n","score":0.5,"none":null,"plain":"12.5","rows":[{},{}]}}"#
        );
    }
}
