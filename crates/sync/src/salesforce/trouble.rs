//! What it means that Salesforce says no: its errors are a list `[{message, errorCode}]`, whatever was asked.

use std::time::Duration;

use regulars_kernel::Timestamp;
use serde::Deserialize;

use crate::{connector::Fault, outgoing::Answer};

/// An error in Salesforce's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ApiError {
    /// A stable word. Answers to writes call it `statusCode`.
    #[serde(alias = "statusCode")]
    pub(super) error_code: String,
    /// For people.
    pub(super) message: String,
}

/// A request that was not granted: what the engine makes of it, and what was said.
#[derive(Debug)]
pub(super) struct Refusal {
    /// For the engine.
    pub(super) fault: Fault,
    /// The status; 0 where there was no answer.
    pub(super) status: u16,
    /// What Salesforce said; without a code where it said nothing.
    pub(super) error: ApiError,
}

impl Refusal {
    /// Whether Salesforce gave one of these codes.
    pub(super) fn is(&self, codes: &[&str]) -> bool {
        codes.contains(&self.error.error_code.as_str())
    }

    /// The column that does not exist, where that is what is wrong.
    pub(super) fn missing_column(&self) -> Option<String> {
        missing_column(&self.error.message)
    }
}

/// The column of `No such column 'X' on entity 'Y'`, as a query writes it.
pub(super) fn missing_column(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("No such column '")?;
    let (column, rest) = rest.split_once('\'')?;
    let prefix = if rest.contains("entity 'Account'") { "Account." } else { "" };
    Some(format!("{prefix}{column}"))
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { fault, status: 0, error: ApiError::default() }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        refusal.fault
    }
}

/// Codes after which the same may be asked again.
pub(super) const PASSING: [&str; 8] = [
    "SERVER_UNAVAILABLE",
    "UNKNOWN_EXCEPTION",
    "QUERY_TIMEOUT",
    "UNABLE_TO_LOCK_ROW",
    "SERVICE_UNAVAILABLE",
    "API_CURRENTLY_DISABLED",
    "INSTANCE_UPGRADE",
    "ORG_LOCKED",
];

/// Codes of a locator that is not known any more.
pub(super) const LOST_PLACE: [&str; 3] =
    ["INVALID_QUERY_LOCATOR", "INVALID_LOCATOR", "INVALIDLOCATOR"];

/// What an answer that is no success means (engine rule 23). `limit_wait` is how long to stay away where the day's requests are used up, of which
/// Salesforce says nothing.
pub(super) fn refusal(answer: &Answer, limit_wait: Duration, now: Timestamp) -> Refusal {
    let error = error_of(&answer.body);
    let fault = match &error {
        Some(error) => fault_of(answer, error, limit_wait, now),
        None => without_words(answer, now),
    };
    Refusal { fault, status: answer.status, error: error.unwrap_or_default() }
}

/// The first of the errors; some answers have one that is not in a list.
fn error_of(body: &[u8]) -> Option<ApiError> {
    let error = serde_json::from_slice::<Vec<ApiError>>(body)
        .ok()
        .and_then(|errors| errors.into_iter().next())
        .or_else(|| serde_json::from_slice::<ApiError>(body).ok())?;
    (!error.error_code.is_empty()).then_some(error)
}

fn without_words(answer: &Answer, now: Timestamp) -> Fault {
    match answer.status {
        // Load balancers before Salesforce say so when they are overrun.
        406 | 420 => Fault::Transient {
            message: format!("Salesforce answered {}", answer.status),
            after: answer.retry_after(now),
        },
        300..=399 => Fault::Settings(
            "Salesforce sends us to another address. Is the domain of the connection your current My Domain?".to_owned(),
        ),
        _ => answer.fault(now),
    }
}

fn fault_of(answer: &Answer, error: &ApiError, limit_wait: Duration, now: Timestamp) -> Fault {
    let code = error.error_code.as_str();
    let said = &error.message;
    if PASSING.contains(&code) {
        let message = format!("Salesforce is not ready ({code})");
        return Fault::Transient { message, after: answer.retry_after(now) };
    }
    if LOST_PLACE.contains(&code) {
        return Fault::Cursor(said.clone());
    }
    match code {
        "REQUEST_LIMIT_EXCEEDED" => Fault::Throttled { after: Some(limit_wait) },
        "INVALID_SESSION_ID" => Fault::NeedsAuth(
            "Salesforce does not accept the session that it just gave. Is the run-as user active, and may it use the API?".to_owned(),
        ),
        "INVALID_REPLICATION_DATE" => Fault::LogExpired(said.clone()),
        "INVALID_TYPE" | "INVALID_TYPE_FOR_OPERATION" => Fault::Settings(format!(
            "The integration user cannot read contacts: give its permission set \"Read\" and \"View All\" on Contact. ({said})"
        )),
        "API_DISABLED_FOR_ORG" => Fault::Settings(
            "The API is off in this organisation, or its integration user lacks the permission \"API Enabled\".".to_owned(),
        ),
        "INSUFFICIENT_ACCESS" | "INSUFFICIENT_ACCESS_OR_READONLY" | "FUNCTIONALITY_NOT_ENABLED" => {
            Fault::Settings(format!("The integration user may not do this: {said}"))
        }
        "INVALID_FIELD" | "MALFORMED_QUERY" => {
            Fault::Schema(format!("Salesforce does not understand the query: {said}"))
        }
        _ => match answer.status {
            401 | 408 | 406 | 420 | 425 | 429 | 500..=599 => without_words(answer, now),
            status => Fault::Settings(format!("Salesforce refused the request ({status} {code}): {said}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use regulars_kernel::Timestamp;
    use ureq::http::HeaderMap;

    use super::*;

    fn said(status: u16, body: &str) -> Refusal {
        let headers = HeaderMap::new();
        let answer = Answer { status, headers, body: body.as_bytes().to_vec() };
        refusal(&answer, Duration::from_mins(15), Timestamp::from_seconds(0))
    }

    fn with_code(status: u16, code: &str) -> Fault {
        said(status, &format!(r#"[{{"message":"m","errorCode":"{code}"}}]"#)).fault
    }

    #[test]
    fn rule_23_what_may_be_tried_again_is_told_from_what_may_not() {
        let after = Some(Duration::from_mins(15));
        assert_eq!(with_code(403, "REQUEST_LIMIT_EXCEEDED"), Fault::Throttled { after });
        assert!(matches!(with_code(503, "SERVER_UNAVAILABLE"), Fault::Transient { .. }));
        assert!(matches!(with_code(400, "QUERY_TIMEOUT"), Fault::Transient { .. }));
        assert!(matches!(with_code(500, "SOMETHING_NEW"), Fault::Transient { .. }));
        assert!(matches!(with_code(401, "INVALID_SESSION_ID"), Fault::NeedsAuth(_)));
        assert!(matches!(with_code(400, "MALFORMED_QUERY"), Fault::Schema(_)));
        assert!(matches!(with_code(400, "INVALID_TYPE"), Fault::Settings(_)));
        assert!(matches!(with_code(400, "SOMETHING_NEW"), Fault::Settings(_)));
        assert!(matches!(with_code(400, "INVALID_QUERY_LOCATOR"), Fault::Cursor(_)));
        assert!(matches!(with_code(400, "INVALID_REPLICATION_DATE"), Fault::LogExpired(_)));
        for status in [406, 408, 420, 425, 500, 502, 503] {
            let page = said(status, "<html>oops</html>").fault;
            assert!(matches!(page, Fault::Transient { .. }), "{status}");
        }
        assert_eq!(said(429, "").fault, Fault::Throttled { after: None });
        assert!(matches!(said(302, "").fault, Fault::Settings(_)));
        assert!(matches!(said(404, "").fault, Fault::Settings(_)));
    }

    #[test]
    fn an_invalid_field_names_the_column() {
        let text = r#"[{"message":"SELECT Id, Foo__c FROM Contact\n ^\nERROR at Row:1\nNo such column 'Foo__c' on entity 'Contact'. If you are…","errorCode":"INVALID_FIELD"}]"#;
        assert_eq!(said(400, text).missing_column().as_deref(), Some("Foo__c"));
        let of_account = text.replace("'Contact'", "'Account'");
        assert_eq!(said(400, &of_account).missing_column().as_deref(), Some("Account.Foo__c"));
        assert_eq!(said(400, "").missing_column(), None);
    }
}
