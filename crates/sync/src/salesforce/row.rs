//! A row of an answer, from JSON or from CSV, in one form: so that a record is the same by whichever way it came.

use std::collections::BTreeMap;

use regulars_source::record::{BadRecord, Item};
use serde_json::value::RawValue;

/// What a row says, by column; a column of a parent as `Account.Name`. Numbers are texts as they came: none is ever a float.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row(BTreeMap<String, Option<String>>);

impl Row {
    /// The row of a JSON record. `Err`: what is wrong with it.
    pub(super) fn from_json(record: &RawValue) -> Result<Self, serde_json::Error> {
        let mut row = Self::default();
        row.take(record, "")?;
        Ok(row)
    }

    fn take(&mut self, record: &RawValue, prefix: &str) -> Result<(), serde_json::Error> {
        let cells: BTreeMap<String, &RawValue> = serde_json::from_str(record.get())?;
        for (name, value) in cells {
            if name == "attributes" {
                continue;
            }
            let column = format!("{prefix}{name}");
            let text = value.get();
            match text.as_bytes().first() {
                Some(b'{') => self.take(value, &format!("{column}."))?,
                Some(b'"') => self.put(column, Some(serde_json::from_str::<String>(text)?)),
                Some(b'n') => self.put(column, None),
                _ => self.put(column, Some(text.to_owned())),
            }
        }
        Ok(())
    }

    /// The row of a CSV line.
    pub(super) fn from_csv(header: &csv::StringRecord, line: &csv::StringRecord) -> Self {
        let mut row = Self::default();
        for (column, text) in header.iter().zip(line) {
            row.put(column.to_owned(), Some(text.to_owned()));
        }
        row
    }

    /// What is empty in CSV is null, and nothing else can be: so it is in JSON.
    fn put(&mut self, column: String, value: Option<String>) {
        self.0.insert(column, value.filter(|text| !text.is_empty()));
    }

    /// What is said of a column: absent, null or a value. Of who has no parent, the parent's columns are null.
    #[expect(
        clippy::option_option,
        reason = "absent, null and a value are three things (engine rule 9)"
    )]
    pub(super) fn get(&self, column: &str) -> Option<Option<&str>> {
        if let Some(value) = self.0.get(column) {
            return Some(value.as_deref());
        }
        column
            .match_indices('.')
            .any(|(dot, _)| {
                column.get(..dot).is_some_and(|parent| self.0.get(parent) == Some(&None))
            })
            .then_some(None)
    }

    /// A column's value.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.get(column).flatten()
    }

    /// Whether a checkbox is ticked.
    pub(super) fn is(&self, column: &str) -> bool {
        self.text(column) == Some("true")
    }

    /// The row as one that no record can be made of.
    pub(super) fn bad(&self, code: &str, path: &str, message: &str) -> Item {
        Item::Bad(BadRecord {
            reference: self.text("Id").unwrap_or("a row without Id").to_owned(),
            code: code.to_owned(),
            path: Some(path.to_owned()),
            message: message.to_owned(),
            raw: serde_json::to_string(&self.0).unwrap_or_default(),
        })
    }
}

/// A JSON record that is no row.
pub(super) fn unreadable(record: &RawValue) -> Item {
    Item::Bad(BadRecord {
        reference: "a row that is no object".to_owned(),
        code: "invalid".to_owned(),
        path: None,
        message: "Salesforce sent something that is no record.".to_owned(),
        raw: record.get().to_owned(),
    })
}

/// A decimal without exponent and without zeros at its end: REST says `1.5E7` and `42.0` where Bulk may say `15000000` and `42`. None: it is
/// no number.
pub(super) fn plain_number(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, mantissa) =
        mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || exponent.abs() > 40 {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let length = i32::try_from(digits.len()).ok()?;
    let padded = format!("{}{digits}{}", zeros(point.saturating_neg()), zeros(point - length));
    let (whole, fraction) = padded.split_at_checked(usize::try_from(point).unwrap_or(0))?;
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let fraction = fraction.trim_end_matches('0');
    let sign = if whole == "0" && fraction.is_empty() { "" } else { sign };
    Some(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Row {
        Row::from_json(&RawValue::from_string(text.to_owned()).unwrap()).unwrap()
    }

    #[test]
    fn a_row_is_the_same_from_json_and_from_csv() {
        let from_json = json(
            r#"{"attributes":{"type":"Contact","url":"/x"},"Id":"003","Email":null,"Points__c":12345678901234567.5,
                "IsDeleted":false,"Street":"1\n2","Account":{"attributes":{"type":"Account"},"Name":"A"}}"#,
        );
        let header = csv::StringRecord::from(vec![
            "Id",
            "Email",
            "Points__c",
            "IsDeleted",
            "Street",
            "Account.Name",
        ]);
        let line =
            csv::StringRecord::from(vec!["003", "", "12345678901234567.5", "false", "1\n2", "A"]);
        assert_eq!(from_json, Row::from_csv(&header, &line));
        assert_eq!(from_json.text("Points__c"), Some("12345678901234567.5"));
    }

    #[test]
    fn rule_9_absent_null_and_value_are_three() {
        let row = json(r#"{"Id":"003","Email":null,"Phone":"","Account":null}"#);
        assert_eq!(row.get("Id"), Some(Some("003")));
        assert_eq!(row.get("Email"), Some(None));
        assert_eq!(row.get("Phone"), Some(None));
        assert_eq!(row.get("MobilePhone"), None);
        assert_eq!(row.get("Account.Name"), Some(None));
        assert_eq!(row.get("Account.MasterRecord.PersonContactId"), Some(None));
    }

    #[test]
    fn numbers_are_plain_decimals() {
        for (text, plain) in [
            ("42", "42"),
            ("42.0", "42"),
            ("42.50", "42.5"),
            ("1.5E7", "15000000"),
            ("1.25e-3", "0.00125"),
            ("-0.0", "0"),
            ("-12.30", "-12.3"),
            ("007", "7"),
            ("123456789012345678.25", "123456789012345678.25"),
        ] {
            assert_eq!(plain_number(text).as_deref(), Some(plain), "{text}");
        }
        for text in ["", "x", "1,5", "1.2.3", "NaN", "1e999"] {
            assert_eq!(plain_number(text), None, "{text}");
        }
    }
}
