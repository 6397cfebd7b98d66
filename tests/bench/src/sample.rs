//! Whom and what is asked about: customers from all over the list, and words that find few, many or none of them.

use regulars_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::{
    Failure, documents,
    world::{OWNER, PASSWORD},
};

/// Customers that are asked about in turn: too many for their rows to stay where the last request left them.
const CUSTOMERS: i64 = 500;
/// Customers whose document is sent with the id in its text: more than documents are remembered.
const IN_TEXT: i64 = 1_500;
/// Of a hundred customers, so many are the first merchant's, the first of all.
const SHARE: i64 = 65;
/// People who come before the first customer: the owners.
const OWNERS: i64 = 2;

/// What one world has to ask about.
pub(crate) struct Sample {
    /// Global ids of customers.
    pub(crate) ids: Vec<String>,
    /// Global ids for documents that have them in their text.
    pub(crate) ids_in_text: Vec<String>,
    /// Loyalty ids of customers.
    pub(crate) loyalty_ids: Vec<String>,
    /// A part of one customer's e-mail address, and of hardly another's.
    pub(crate) rare_email: String,
    /// Digits of a phone number.
    pub(crate) rare_phone: String,
    /// Digits of a loyalty id.
    pub(crate) rare_loyalty_id: String,
}

/// Logs the first merchant's owner in.
pub(crate) fn log_in(client: &Client) -> Result<String, Failure> {
    let answer = client.query(documents::LOG_IN, json!({ "email": OWNER, "password": PASSWORD }));
    let token = text(&answer, "/data/obtainToken/token");
    Ok(token.ok_or_else(|| format!("nobody could log in: {}", answer.text))?)
}

fn text(answer: &Answer, pointer: &str) -> Option<String> {
    Some(answer.body.pointer(pointer)?.as_str()?.to_owned())
}

impl Sample {
    /// Looks around, as the owner of the first merchant.
    pub(crate) fn take(owner: &Client, consumers: u32) -> Result<Self, Failure> {
        let people = i64::from(consumers) * SHARE / 100;
        let seen = spread(people, CUSTOMERS).map(|pk| {
            let document =
                "query ($id: ID!) { consumer(id: $id) { id email phoneNumber loyaltyId } }";
            let answer = owner.query(document, json!({ "id": pk.to_string() }));
            answer.body.pointer("/data/consumer").cloned().filter(Value::is_object)
        });
        let seen: Vec<Value> = seen.flatten().collect();
        if seen.len() < 10 {
            return Err("the world has hardly any customers".into());
        }
        let all = |field: &str| -> Vec<String> {
            let texts = seen.iter().filter_map(|one| one.get(field)?.as_str());
            texts.map(str::to_owned).collect()
        };
        let (emails, phones, loyalty_ids) = (all("email"), all("phoneNumber"), all("loyaltyId"));
        let ids = all("id");
        let middle = |texts: &[String]| texts.get(texts.len() / 2).cloned();
        let absent = "no customer has what is looked for";
        let email = middle(&emails).ok_or(absent)?;
        let name = email.split_once('@').map_or(email.as_str(), |(name, _domain)| name);
        let rare_email = name.rsplit(['.', '_']).next().unwrap_or(name).to_owned();
        let last = |text: &str, count: usize| -> String {
            let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
            digits.iter().skip(digits.len().saturating_sub(count)).collect()
        };
        Ok(Self {
            ids_in_text: spread(people, IN_TEXT).map(|pk| pk.to_string()).collect(),
            rare_email,
            rare_phone: last(&middle(&phones).ok_or(absent)?, 6),
            rare_loyalty_id: last(&middle(&loyalty_ids).ok_or(absent)?, 6),
            ids,
            loyalty_ids,
        })
    }
}

/// So many of the first merchant's customers, evenly spread and not in order.
fn spread(people: i64, count: i64) -> impl Iterator<Item = i64> {
    let count = count.min(people);
    let step = (people / count.max(1)).max(1);
    // A stride that shares no divisor with the usual counts visits each once.
    (0..count).map(move |place| OWNERS + 1 + (place * 7_919 % count) * step)
}
