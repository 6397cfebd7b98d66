//! A row as a record.

use std::collections::BTreeMap;

use regulars_customer::{ConsentChannel, Gender, merge::MergeField};
use regulars_kernel::{Country, Timestamp};
use regulars_source::record::{
    Body, CustomerRecord, Field, Gone, Item, Record, RecordConsent, RecordKey, SourceVersion,
};
use serde_json::{Map, Value};

use super::{
    describe::{ACCOUNT_STAMP, Columns, IS_PERSON, Kind, Known, PERSON_MASTER, Reading},
    mapping::{EXTRA_KEY, Target},
    row::{Row, plain_number},
    soql::{instant, read_instant},
};

/// The source's word for the people that are read.
pub(super) const OBJECT: &str = "Contact";

/// A record with nothing but its key, for a sweep; `Err`: the row is none.
pub(super) fn seen(row: &Row) -> Item {
    told(row, |_row| Body::Customer(Box::default()))
}

/// What a row says. `agreed_by_default`: whether who has not opted out has agreed.
pub(super) fn record(row: &Row, columns: &Columns, agreed_by_default: bool) -> Item {
    told(row, |row| {
        if !row.is("IsDeleted") {
            return Body::Customer(Box::new(customer(row, columns, agreed_by_default)));
        }
        let master = row.text("MasterRecordId").or_else(|| row.text(PERSON_MASTER));
        Body::Gone(match master.filter(|master| row.text("Id") != Some(*master)) {
            Some(master) => Gone::MergedInto(master.to_owned()),
            None => Gone::Deleted,
        })
    })
}

/// What is not there any more, since then.
pub(super) fn gone(id: &str, since: Timestamp) -> Item {
    Item::Record(Record {
        key: RecordKey::new(OBJECT, id),
        version: SourceVersion { seq: None, updated_at: Some(since) },
        body: Body::Gone(Gone::Deleted),
    })
}

fn told(row: &Row, body: impl Fn(&Row) -> Body) -> Item {
    let Some(id) = row.text("Id") else {
        return row.bad("required", "Id", "Salesforce sent a contact without its id.");
    };
    let Some(stamp) = row.text("SystemModstamp").and_then(read_instant) else {
        return row.bad(
            "invalid",
            "SystemModstamp",
            "Salesforce sent a contact whose SystemModstamp is no instant.",
        );
    };
    // Of a person account both halves have a stamp, and either may change alone.
    let account = row.text(ACCOUNT_STAMP).and_then(read_instant);
    Item::Record(Record {
        key: RecordKey::new(OBJECT, id),
        version: SourceVersion { seq: None, updated_at: Some(account.unwrap_or(stamp).max(stamp)) },
        body: body(row),
    })
}

fn customer(row: &Row, columns: &Columns, agreed_by_default: bool) -> CustomerRecord {
    let reader = Reader {
        row,
        is_person: row.is(IS_PERSON),
        has_own_address: has_own_address(row, columns),
    };
    let mut record = CustomerRecord {
        created_at: row.text("CreatedDate").and_then(read_instant),
        ..CustomerRecord::default()
    };
    let mut extra = None;
    let mut decisions = BTreeMap::new();
    let mut times = BTreeMap::new();
    for reading in &columns.readings {
        let Some((value, kind)) = reader.read(reading) else { continue };
        match &reading.target {
            Target::Own(field) => {
                let value = value.and_then(|text| own_value(*field, text, kind));
                record.fields.insert(Field::Own(*field), value);
            }
            Target::Extra(key) => {
                let object: &mut Map<String, Value> = extra.get_or_insert_default();
                if let Some(value) = value.and_then(|text| extra_value(text, kind)) {
                    object.insert(key.clone(), value);
                }
            }
            Target::OwnId => record.own_id = value.map(|text| as_text(text, kind)),
            Target::Cards => record.cards = Some(value.map(cards).unwrap_or_default()),
            Target::Consent(channel) => {
                if let Some(text) = value {
                    decisions.insert(*channel, is_yes(text));
                }
            }
            Target::OptOut(channel) => match value.map(is_yes) {
                Some(true) => {
                    decisions.insert(*channel, false);
                }
                // The box is empty for everybody who was never asked: that is no agreement.
                Some(false) if agreed_by_default => {
                    decisions.entry(*channel).or_insert(true);
                }
                _ => {}
            },
            Target::ConsentAt(channel) => {
                times.insert(*channel, value.and_then(|text| decided_at(text, kind)));
            }
        }
    }
    if let Some(object) = extra {
        let text = (!object.is_empty()).then(|| Value::Object(object).to_string());
        record.fields.insert(Field::Extra(EXTRA_KEY.to_owned()), text);
    }
    record.consents = consents(&decisions, &times);
    record
}

fn consents(
    decisions: &BTreeMap<ConsentChannel, bool>,
    times: &BTreeMap<ConsentChannel, Option<Timestamp>>,
) -> Vec<RecordConsent> {
    let consent = |(channel, granted): (&ConsentChannel, &bool)| RecordConsent {
        channel: *channel,
        granted: *granted,
        at: times.get(channel).copied().flatten(),
    };
    decisions.iter().map(consent).collect()
}

/// Fields of one address: a street of one place with the city of another is nowhere.
const fn is_of_address(target: &Target) -> bool {
    matches!(
        target,
        Target::Own(
            MergeField::Street | MergeField::City | MergeField::ZipCode | MergeField::Country
        )
    )
}

fn has_own_address(row: &Row, columns: &Columns) -> bool {
    columns
        .readings
        .iter()
        .filter(|reading| is_of_address(&reading.target))
        .flat_map(|reading| &reading.sources)
        .any(|known| !known.person_only && row.text(&known.column).is_some())
}

struct Reader<'a> {
    row: &'a Row,
    is_person: bool,
    has_own_address: bool,
}

impl<'a> Reader<'a> {
    /// The first value of a target's columns; null where they are there and empty, none where none is there (engine rule 9).
    fn read(&self, reading: &Reading) -> Option<(Option<&'a str>, Kind)> {
        let mut found = None;
        for known in reading.sources.iter().filter(|known| self.counts(known, &reading.target)) {
            let Some(value) = self.row.get(&known.column) else { continue };
            if value.is_some_and(|text| !text.trim().is_empty()) {
                return Some((value.map(str::trim), known.kind));
            }
            found.get_or_insert((None, known.kind));
        }
        found
    }

    fn counts(&self, known: &Known, target: &Target) -> bool {
        !known.person_only || (self.is_person && !(self.has_own_address && is_of_address(target)))
    }
}

fn own_value(field: MergeField, text: &str, kind: Kind) -> Option<String> {
    match field {
        MergeField::Birthday if kind == Kind::Instant => text.get(..10).map(str::to_owned),
        MergeField::Country => Some(country(text)),
        MergeField::Gender => gender(text),
        _ => Some(as_text(text, kind)),
    }
}

fn as_text(text: &str, kind: Kind) -> String {
    match kind {
        Kind::Number => plain_number(text).unwrap_or_else(|| text.to_owned()),
        // REST and Bulk write instants differently; a record is the same by both.
        Kind::Instant => read_instant(text).map_or_else(|| text.to_owned(), instant),
        Kind::Text | Kind::Bool | Kind::Date => text.to_owned(),
    }
}

/// A number that is whole is one; others stay texts, so that none is ever rounded.
fn extra_value(text: &str, kind: Kind) -> Option<Value> {
    let plain = as_text(text, kind);
    match kind {
        Kind::Bool => Some(Value::Bool(text == "true")),
        Kind::Number => Some(plain.parse::<i64>().map_or(Value::String(plain), Value::from)),
        Kind::Text | Kind::Date | Kind::Instant => {
            (!plain.is_empty()).then_some(Value::String(plain))
        }
    }
}

fn decided_at(text: &str, kind: Kind) -> Option<Timestamp> {
    match kind {
        Kind::Date => read_instant(&format!("{text}T00:00:00Z")),
        _ => read_instant(text),
    }
}

fn cards(text: &str) -> Vec<String> {
    text.split([',', ';', '\n'])
        .map(str::trim)
        .filter(|number| !number.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_yes(text: &str) -> bool {
    ["true", "yes", "1"].iter().any(|yes| text.eq_ignore_ascii_case(yes))
}

/// Two letters where the text is a country's letters or English name; else as it is, for whoever looks at it.
fn country(text: &str) -> String {
    if let Ok(country) = Country::parse(text) {
        return country.alpha2().to_owned();
    }
    let squeezed: String = text.chars().filter(|letter| letter.is_alphabetic()).collect();
    squeezed
        .parse::<celes::Country>()
        .ok()
        .and_then(|country| Country::from_alpha2(country.alpha2))
        .map_or_else(|| text.to_owned(), |country| country.alpha2().to_owned())
}

/// Our word for what Salesforce's lists say; none for "not told".
fn gender(text: &str) -> Option<String> {
    let word: String =
        text.chars().filter(|letter| letter.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let known = match word.as_str() {
        "male" | "m" | "man" => Gender::Male,
        "female" | "f" | "w" | "woman" => Gender::Female,
        "nonbinary" | "notlisted" | "other" | "diverse" | "d" | "x" => Gender::Other,
        "prefernottosay" | "declinetostate" | "unknown" | "notknown" => return None,
        _ => return Some(text.to_owned()),
    };
    Some(known.name().to_owned())
}

#[cfg(test)]
mod tests;
