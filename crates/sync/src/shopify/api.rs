//! One question to a shop: the token, the points it costs, and what a refusal means.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, thread,
    time::Duration,
};

use regulars_kernel::Timestamp;
use serde_json::{Value, json};

use super::{
    query::{Query, Version},
    token::{MAX_WORDS, Tokens},
};
use crate::{
    connector::Fault,
    outgoing::{Answer, Client, Outgoing},
};

/// The longest that a question waits here for points to come back; past it the whole run waits.
const MAX_NAP: Duration = Duration::from_secs(10);
/// How often a question is asked again when there were not points enough.
const MAX_NAPS: u32 = 3;

/// Why a question has no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// For everybody to deal with.
    Fault(Fault),
    /// It costs more than any question may: ask for less at once.
    TooCostly,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Refusal {
    /// The fault, where nothing smaller can be asked.
    pub(super) fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::TooCostly => Fault::Schema(
                "Shopify says that the smallest question costs too much: that is not to be expected."
                    .to_owned(),
            ),
        }
    }
}

/// An answer.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// What was asked for.
    pub(super) data: Value,
    /// The fields that this app may not see: what is null there says nothing.
    pub(super) denied: BTreeSet<String>,
    /// The version that answered, where it says so.
    pub(super) version: Option<String>,
    /// What the question cost at most, in points.
    pub(super) cost: Option<i64>,
}

/// What is left of the points that refill by the second.
#[derive(Clone, Copy, Debug)]
struct Budget {
    maximum: i64,
    available: i64,
    per_second: i64,
    at: Timestamp,
}

/// A shop's interface.
pub(super) struct Api {
    pub(super) client: Client,
    pub(super) tokens: Tokens,
    pub(super) version: Version,
    /// Where questions go.
    pub(super) address: String,
    budget: Option<Budget>,
    /// What each kind of question cost last.
    costs: BTreeMap<Query, i64>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Api {
    pub(super) fn new(client: Client, tokens: Tokens, version: Version, address: String) -> Self {
        Self { client, tokens, version, address, budget: None, costs: BTreeMap::new() }
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        self.tokens.clock.now()
    }

    /// What is left of the points, for people.
    pub(super) fn budget(&self) -> Option<String> {
        let Budget { available, maximum, .. } = self.budget?;
        Some(format!("{available} of {maximum} points"))
    }

    /// Asks, waiting for points where they come back within seconds.
    pub(super) fn ask(&mut self, query: Query, variables: &Value) -> Result<Reply, Refusal> {
        let body = json!({ "query": query.document(self.version), "variables": variables });
        let body = body.to_string();
        if let Some(wait) = self.costs.get(&query).and_then(|cost| self.shortage(*cost)) {
            nap(wait)?;
        }
        for _ in 0..MAX_NAPS {
            match self.try_once(query, &body)? {
                Tried::Answered(reply) => return Ok(reply),
                Tried::Short(wait) => nap(wait)?,
            }
        }
        match self.try_once(query, &body)? {
            Tried::Answered(reply) => Ok(reply),
            Tried::Short(wait) => Err(Fault::Throttled { after: Some(wait) }.into()),
        }
    }

    /// Asks, where nothing smaller could be asked.
    pub(super) fn ask_plainly(&mut self, query: Query, variables: &Value) -> Result<Reply, Fault> {
        self.ask(query, variables).map_err(Refusal::into_fault)
    }

    /// How long until so many points are there; none: they are.
    fn shortage(&self, cost: i64) -> Option<Duration> {
        let budget = self.budget?;
        let passed = self.now().micros().saturating_sub(budget.at.micros()).max(0);
        let restored = passed.saturating_mul(budget.per_second) / Timestamp::MICROS_PER_SECOND;
        let available = budget.available.saturating_add(restored).min(budget.maximum);
        wait_for(cost.min(budget.maximum), available, budget.per_second)
    }

    fn try_once(&mut self, query: Query, body: &str) -> Result<Tried, Refusal> {
        let mut refused: Option<String> = None;
        loop {
            let token = self.tokens.token(refused.as_deref())?;
            let answer = self.client.send(&Outgoing {
                method: "POST",
                url: &self.address,
                headers: &[
                    ("content-type", "application/json"),
                    ("accept", "application/json"),
                    ("x-shopify-access-token", &token),
                ],
                body: body.as_bytes(),
            })?;
            if answer.status != 401 {
                return self.understand(query, &answer);
            }
            if refused.is_some() {
                return Err(Fault::NeedsAuth(
                    "Shopify does not accept the login, not even a new one. Connect the shop anew."
                        .to_owned(),
                )
                .into());
            }
            refused = Some(token);
        }
    }

    fn understand(&mut self, query: Query, answer: &Answer) -> Result<Tried, Refusal> {
        let now = self.now();
        let parsed = answer.json();
        if answer.status == 429 {
            // The same as THROTTLED, where it says no more than that.
            let after = answer.retry_after(now);
            let cost = parsed.ok().and_then(|body| self.note_cost(query, &body, now));
            return match (after, cost) {
                (None, Some((cost, _))) if self.shortage(cost).is_some() => {
                    Ok(Tried::Short(self.shortage(cost).unwrap_or_default()))
                }
                _ => Err(Fault::Throttled { after }.into()),
            };
        }
        if !answer.is_success() {
            return Err(told(answer, now).into());
        }
        let mut body = parsed?;
        let noted = self.note_cost(query, &body, now);
        let mut reply = Reply {
            version: answer.header("x-shopify-api-version").map(str::to_owned),
            cost: noted.map(|(cost, _)| cost),
            ..Reply::default()
        };
        let errors = match body.get("errors") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(errors)) => errors.clone(),
            Some(other) => vec![other.clone()],
        };
        reply.data = body.get_mut("data").map(Value::take).unwrap_or_default();
        for error in &errors {
            match self.judge(error, noted.map(|(cost, _)| cost), &reply.data)? {
                Judged::Short(wait) => return Ok(Tried::Short(wait)),
                Judged::Denied(field) => {
                    reply.denied.insert(field);
                }
            }
        }
        if reply.data.is_null() {
            return Err(Fault::Schema("Shopify's answer has no data in it.".to_owned()).into());
        }
        Ok(Tried::Answered(reply))
    }

    fn judge(&self, error: &Value, cost: Option<i64>, data: &Value) -> Result<Judged, Refusal> {
        let text = error.get("message").and_then(Value::as_str).or_else(|| error.as_str());
        let message: String = text.unwrap_or("no reason given").chars().take(MAX_WORDS).collect();
        let code = error.pointer("/extensions/code").and_then(Value::as_str).unwrap_or_default();
        match code {
            "THROTTLED" => match cost.map(|cost| self.shortage(cost)) {
                Some(wait) => Ok(Judged::Short(wait.unwrap_or(Duration::from_secs(1)))),
                None => Err(Fault::Throttled { after: None }.into()),
            },
            "MAX_COST_EXCEEDED" => Err(Refusal::TooCostly),
            "ACCESS_DENIED" => match denied_field(error, data) {
                Some(field) => Ok(Judged::Denied(field)),
                None => Err(Fault::Settings(format!(
                    "Shopify does not allow this app to read that: {message} Give the app the access that is missing, and connect anew."
                ))
                .into()),
            },
            "SHOP_INACTIVE" => {
                Err(Fault::Settings("The shop is closed at Shopify.".to_owned()).into())
            }
            "INTERNAL_SERVER_ERROR" | "TIMEOUT" | "SERVICE_UNAVAILABLE" => {
                Err(Fault::Transient { message: format!("Shopify: {message}"), after: None }.into())
            }
            _ if message.to_ascii_lowercase().contains("invalid cursor") => {
                Err(Fault::Cursor(message).into())
            }
            _ => Err(Fault::Schema(format!("Shopify does not understand the question: {message}"))
                .into()),
        }
    }

    /// Remembers what a question cost and what is left. What it cost, and what there is at most.
    fn note_cost(&mut self, query: Query, body: &Value, now: Timestamp) -> Option<(i64, i64)> {
        let cost = body.pointer("/extensions/cost")?;
        let requested = cost.get("requestedQueryCost").and_then(whole)?;
        self.costs.insert(query, requested);
        let status = cost.get("throttleStatus")?;
        let maximum = status.get("maximumAvailable").and_then(whole)?;
        let available = status.get("currentlyAvailable").and_then(whole)?;
        let per_second = status.get("restoreRate").and_then(whole)?;
        self.budget = Some(Budget { maximum, available, per_second, at: now });
        Some((requested, maximum))
    }
}

enum Tried {
    Answered(Reply),
    /// There are not points enough for so long.
    Short(Duration),
}

enum Judged {
    Short(Duration),
    Denied(String),
}

/// The field of an error that denies one field alone, the rest of the answer being there.
fn denied_field(error: &Value, data: &Value) -> Option<String> {
    let path = error.get("path")?.as_array()?;
    let names: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
    let (first, last) = (names.first()?, names.last()?);
    let there = data.get(first).is_some_and(|root| !root.is_null());
    (there && names.len() > 1).then(|| (*last).to_owned())
}

/// A number without what comes after its point.
fn whole(number: &Value) -> Option<i64> {
    if !number.is_number() {
        return None;
    }
    number.to_string().split('.').next()?.parse().ok()
}

/// How long until `cost` points are there, of which some are; none: they are.
fn wait_for(cost: i64, available: i64, per_second: i64) -> Option<Duration> {
    let missing = cost.saturating_sub(available);
    if missing <= 0 {
        return None;
    }
    let millis = missing.saturating_mul(1_000) / per_second.max(1);
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0).saturating_add(1)))
}

fn nap(wait: Duration) -> Result<(), Fault> {
    if wait > MAX_NAP {
        return Err(Fault::Throttled { after: Some(wait) });
    }
    thread::sleep(wait);
    Ok(())
}

/// What a status means that is no success, in the merchant's words.
fn told(answer: &Answer, now: Timestamp) -> Fault {
    let settings = |sentence: &str| Fault::Settings(sentence.to_owned());
    match answer.status {
        300..=399 => settings(
            "The shop has another address now: enter the new one, which ends in .myshopify.com.",
        ),
        402 => settings("The shop is frozen at Shopify: its owner has to pay a bill there."),
        403 => {
            settings("Shopify does not allow this app to ask: give it the access that is missing.")
        }
        404 => settings(
            "Shopify knows no shop of this name: check the shop's address (it ends in .myshopify.com), and the version.",
        ),
        423 => settings("The shop is locked at Shopify: its owner has to ask Shopify's support."),
        430 => Fault::Throttled { after: answer.retry_after(now) },
        _ => answer.fault(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_23_the_wait_is_as_long_as_the_points_need() {
        let millis = |cost, available, rate| wait_for(cost, available, rate).map(|w| w.as_millis());
        assert_eq!(millis(100, 100, 50), None);
        assert_eq!(millis(100, 50, 50), Some(1_001));
        assert_eq!(millis(1_000, 0, 100), Some(10_001));
        assert_eq!(millis(100, 0, 0), Some(100_001));
        assert!(nap(Duration::from_secs(11)).is_err());
    }

    #[test]
    fn numbers_of_points_may_have_a_point() {
        assert_eq!(whole(&json!(1_999.5)), Some(1_999));
        assert_eq!(whole(&json!(70)), Some(70));
        assert_eq!(whole(&json!("70")), None);
    }

    #[test]
    fn a_denied_field_is_one_only_where_the_rest_is_there() {
        let error = json!({ "path": ["customers", "nodes", 0, "defaultEmailAddress"] });
        let there = json!({ "customers": { "nodes": [] } });
        assert_eq!(denied_field(&error, &there).as_deref(), Some("defaultEmailAddress"));
        assert_eq!(denied_field(&error, &json!({ "customers": null })), None);
        assert_eq!(denied_field(&error, &Value::Null), None);
        assert_eq!(denied_field(&json!({ "path": ["customers"] }), &there), None);
    }
}
