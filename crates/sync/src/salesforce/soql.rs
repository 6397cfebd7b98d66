//! The words of a query: literals, instants, names of columns.

use chrono::{DateTime, SecondsFormat, Utc};
use regulars_kernel::Timestamp;

/// The longest address that Salesforce takes, with room for the host.
const MAX_URL_BYTES: usize = 15_000;

/// A text as a literal: without this, a quote in it would end it and the rest would be read as a condition.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for letter in text.chars() {
        match letter {
            '\\' => literal.push_str("\\\\"),
            '\'' => literal.push_str("\\'"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            letter => literal.push(letter),
        }
    }
    literal.push('\'');
    literal
}

/// An instant as a literal, which is not quoted; to the millisecond, rounded down.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads an instant of an answer: `2026-11-01T00:00:00.000+0000` from REST, which is no RFC 3339, or with `Z` from Bulk.
pub(super) fn read_instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_other_form| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .map(|instant| instant.with_timezone(&Utc).into())
}

/// The list of ids in a condition.
pub(super) fn among(ids: &[String]) -> String {
    let literals: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
    format!("Id IN ({})", literals.join(","))
}

/// Whether this can be the name of a column: `Email`, `Shoe_Size__c`, `Account.Name`. Nothing else gets into a query.
pub(super) fn is_column(name: &str) -> bool {
    let is_name = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && part.len() <= 80
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    match name.split_once('.') {
        Some((object, column)) => object == "Account" && is_name(column),
        None => is_name(name),
    }
}

/// Whether this can be an id: 15 or 18 letters and digits.
pub(super) fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The path of a query; none where it is longer than Salesforce reads.
pub(super) fn path(version: &str, resource: &str, soql: &str) -> Option<String> {
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("q", soql).finish();
    let path = format!("/services/data/v{version}/{resource}?{query}");
    (path.len() <= MAX_URL_BYTES).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_stay_inside_a_literal() {
        assert_eq!(quoted("O'Neill"), r"'O\'Neill'");
        assert_eq!(quoted(r"\' OR Id != '"), r"'\\\' OR Id != \''");
        assert_eq!(quoted("a\nb"), r"'a\nb'");
    }

    #[test]
    fn instants_come_with_an_offset_that_rfc_3339_does_not_know() {
        let at = Timestamp::from_seconds(1_793_491_200);
        assert_eq!(instant(at), "2026-11-01T00:00:00.000Z");
        for text in [
            "2026-11-01T00:00:00.000+0000",
            "2026-11-01T00:00:00.000Z",
            "2026-11-01T00:00:00Z",
            "2026-11-01T01:00:00.000+0100",
        ] {
            assert_eq!(read_instant(text), Some(at), "{text}");
        }
        assert_eq!(read_instant("2026-11-01"), None);
        assert_eq!(read_instant(""), None);
    }

    #[test]
    fn only_names_get_into_a_query() {
        for name in ["Email", "Shoe_Size__c", "Account.Name", "Account.Club__pc"] {
            assert!(is_column(name), "{name}");
        }
        for name in ["", "Id FROM", "1st", "Owner.Name", "Account.Owner.Name", "Name,Email", "a'"] {
            assert!(!is_column(name), "{name}");
        }
        assert!(is_id("003000000000001AAA") && is_id("003000000000001"));
        assert!(!is_id("003") && !is_id("003000000000001AA'"));
    }

    #[test]
    fn a_query_that_is_too_long_is_not_asked() {
        assert!(path("66.0", "query", &"x".repeat(20_000)).is_none());
        assert_eq!(
            path("66.0", "query", "SELECT Id FROM Contact WHERE Email = 'a+b'").unwrap(),
            "/services/data/v66.0/query?q=SELECT+Id+FROM+Contact+WHERE+Email+%3D+%27a%2Bb%27"
        );
    }
}
