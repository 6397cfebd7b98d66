//! What is sent: one thing that happened.

use std::fmt;

use regulars_kernel::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// A payload has fewer bytes than this: receivers bound what they take.
pub const PAYLOAD_BELOW: usize = 20_000;
const MOST_ID_CHARS: usize = 255;
const MOST_TYPE_CHARS: usize = 100;

/// Why something is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The id is signed between dots, and must not bring its own.
    #[error("a message's id is 1 to 255 visible ASCII characters without a dot")]
    Id,
    /// Receivers choose by the type.
    #[error("a message's type is words of A-Z a-z 0-9 _ joined by dots")]
    Type,
    /// It says too much: it should name what it is about, to be asked for.
    #[error("a message's payload has {0} bytes, and must have fewer than {PAYLOAD_BELOW}")]
    Size(usize),
}

#[derive(Serialize)]
struct Payload<'a> {
    r#type: &'a str,
    timestamp: String,
    data: &'a Value,
}

/// A message. It is the same over all its attempts.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    id: String,
    payload: Vec<u8>,
}

impl Message {
    /// That something of a type happened at an instant. By its id receivers know what they have seen before: the same for each
    /// attempt and for a replay by hand.
    pub fn new(id: &str, kind: &str, happened: Timestamp, data: &Value) -> Result<Self, Unfit> {
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
        if id.is_empty() || id.len() > MOST_ID_CHARS || !id.bytes().all(visible) {
            return Err(Unfit::Id);
        }
        let word = |word: &str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if kind.len() > MOST_TYPE_CHARS || !kind.split('.').all(word) {
            return Err(Unfit::Type);
        }
        let payload = Payload { r#type: kind, timestamp: happened.to_string(), data };
        // A value's own keys are texts, so that it can always be written.
        let payload = serde_json::to_vec(&payload).map_err(|_unwritable| Unfit::Size(0))?;
        if payload.len() >= PAYLOAD_BELOW {
            return Err(Unfit::Size(payload.len()));
        }
        Ok(Self { id: id.to_owned(), payload })
    }

    /// Its id: the header `webhook-id`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The body, to the byte.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}

impl fmt::Debug for Message {
    /// Without the payload, which tells of people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}, {} bytes)", self.id, self.payload.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_800_000_000_123_456);

    #[test]
    fn a_payload_is_type_timestamp_and_data() {
        let data = json!({"id": "SVVzZXJOb2RlOjE3Nw=="});
        let message = Message::new("msg_1", "customer.updated", AT, &data).unwrap();
        assert_eq!(
            String::from_utf8_lossy(message.payload()),
            r#"{"type":"customer.updated","timestamp":"2027-01-15T08:00:00.123456Z","data":{"id":"SVVzZXJOb2RlOjE3Nw=="}}"#
        );
        assert_eq!(message, Message::new("msg_1", "customer.updated", AT, &data).unwrap());
        assert_eq!(format!("{message:?}"), "Message(msg_1, 106 bytes)");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let of = |id: &str, kind: &str| Message::new(id, kind, AT, &Value::Null).unwrap_err();
        for id in ["", "a.b", "a b", "ä", &"x".repeat(256)] {
            assert_eq!(of(id, "a"), Unfit::Id, "{id}");
        }
        for kind in ["", ".", "a..b", "a b", "a-b", "ä"] {
            assert_eq!(of("msg", kind), Unfit::Type, "{kind}");
        }
        let long = Value::String("x".repeat(PAYLOAD_BELOW));
        assert!(matches!(Message::new("msg", "a", AT, &long), Err(Unfit::Size(20_000..))));
        // All but the text is 64 bytes.
        let fits = Value::String("x".repeat(PAYLOAD_BELOW - 65));
        assert_eq!(Message::new("msg", "a", AT, &fits).unwrap().payload().len(), 19_999);
    }
}
