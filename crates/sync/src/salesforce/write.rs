//! What is written back: points and names of ours, by our number in a column of the contact.
//!
//! Salesforce's upsert makes a contact where none has the number. We never send a last name, without which none can be made: what
//! is not there any more is refused, not born again.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Salesforce,
    caller::Call,
    contact::OBJECT,
    describe::{Kind, kinds},
    row::{Row, plain_number},
    soql::{among, is_id},
    trouble::{ApiError, PASSING, Refusal},
};
use crate::{
    connector::{Fault, WriteBack, Written},
    kind::Opening,
};

/// Which columns are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WriteColumns {
    /// Our number; without it nothing is written.
    pub(super) external_id: Option<String>,
    /// Points to spend.
    pub(super) points: Option<String>,
    /// Points earned so far.
    pub(super) lifetime: Option<String>,
    /// The loyalty id.
    pub(super) loyalty_id: Option<String>,
}

impl WriteColumns {
    /// What the settings say.
    pub(super) fn read(opening: &Opening) -> Result<Self, Fault> {
        let column = |name: &str| match opening.text(name) {
            Some(column) if column.contains('.') || !super::soql::is_column(column) => {
                Err(Fault::Settings(format!(
                    "`{name}`: `{column}` cannot be a column of Contact. Write its API name, like `Regulars_Points__c`."
                )))
            }
            column => Ok(column.map(str::to_owned)),
        };
        Ok(Self {
            external_id: column("externalIdField")?,
            points: column("pointsField")?,
            lifetime: column("lifetimePointsField")?,
            loyalty_id: column("loyaltyIdField")?,
        })
    }

    /// Those with values, besides our number.
    pub(super) fn values(&self) -> impl Iterator<Item = &String> {
        [&self.points, &self.lifetime, &self.loyalty_id].into_iter().flatten()
    }
}

/// What became of one record.
#[derive(Clone, Debug, Deserialize)]
struct Saved {
    #[serde(default)]
    success: bool,
    #[serde(default)]
    errors: Vec<ApiError>,
}

/// What is known of a contact before it is written to.
enum Before {
    /// It has our number.
    Ours,
    /// It has none yet.
    Unnamed,
    /// It cannot be written.
    Not(Written),
}

impl Salesforce {
    /// Writes, and says what became of each, in order.
    pub(super) fn write(&mut self, changes: &[WriteBack]) -> Result<Vec<Written>, Refusal> {
        let Some(column) = self.writes.external_id.clone() else {
            return Err(Fault::Settings(
                "To write points back, name the column of Contact with our number: `externalIdField`.".to_owned(),
            )
            .into());
        };
        let kinds = kinds(&self.described()?.contact);
        let held = self.held(&column, changes)?;
        let mut written: Vec<Option<Written>> = Vec::new();
        let mut unnamed = Vec::new();
        for (index, change) in changes.iter().enumerate() {
            let before = look_before(held.get(&change.key.id), &column, change);
            if matches!(before, Before::Unnamed) {
                unnamed.push((index, change));
            }
            written.push(match before {
                Before::Not(written) => Some(written),
                Before::Ours | Before::Unnamed => None,
            });
        }
        let number = |change: &WriteBack| value(change.person.to_string(), kinds.get(&column));
        let named: Vec<Value> = unnamed
            .iter()
            .map(|(_, change)| json!({ "attributes": { "type": OBJECT }, "id": change.key.id, (&column): number(change) }))
            .collect();
        for ((index, _), saved) in unnamed.iter().zip(self.save("", &named)?) {
            if let (Some(written), false) = (written.get_mut(*index), saved.success) {
                *written = Some(refused(&saved));
            }
        }
        let open: Vec<usize> = written
            .iter()
            .enumerate()
            .filter(|(_, done)| done.is_none())
            .map(|(index, _)| index)
            .collect();
        let records = open.iter().filter_map(|index| changes.get(*index)).map(|change| {
            let mut record = Map::new();
            record.insert("attributes".to_owned(), json!({ "type": OBJECT }));
            record.insert(column.clone(), number(change));
            let texts = [
                (&self.writes.points, Some(change.points.to_string())),
                (&self.writes.lifetime, Some(change.lifetime.to_string())),
                (&self.writes.loyalty_id, change.loyalty_id.clone()),
            ];
            for (column, text) in texts {
                if let Some(column) = column {
                    let text = text.map_or(Value::Null, |text| value(text, kinds.get(column)));
                    record.insert(column.clone(), text);
                }
            }
            Value::Object(record)
        });
        let records: Vec<Value> = records.collect();
        let saved = self.upsert(&column, &records)?;
        for (index, saved) in open.iter().zip(saved) {
            if let Some(written) = written.get_mut(*index) {
                *written = Some(if saved.success { Written::Done } else { refused(&saved) });
            }
        }
        Ok(written.into_iter().map(|written| written.unwrap_or(Written::Later)).collect())
    }

    /// The contacts as they are, by id.
    fn held(
        &mut self,
        column: &str,
        changes: &[WriteBack],
    ) -> Result<BTreeMap<String, Row>, Refusal> {
        let ids: Vec<String> =
            changes.iter().map(|change| change.key.id.clone()).filter(|id| is_id(id)).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let soql = format!("SELECT Id,IsDeleted,{column} FROM {OBJECT} WHERE {}", among(&ids));
        let rows = self.rows("queryAll", &soql)?;
        Ok(rows.into_iter().filter_map(|row| Some((row.text("Id")?.to_owned(), row))).collect())
    }

    /// Saves records that are named by a column; where one value names several contacts, each alone, to find which.
    fn upsert(&mut self, column: &str, records: &[Value]) -> Result<Vec<Saved>, Refusal> {
        match self.save(&format!("/{OBJECT}/{column}"), records) {
            Err(refusal) if refusal.status == 300 && records.len() > 1 => {
                let mut saved = Vec::new();
                for record in records {
                    saved.extend(self.upsert(column, std::slice::from_ref(record))?);
                }
                Ok(saved)
            }
            Err(refusal) if refusal.status == 300 => Ok(vec![Saved {
                success: false,
                errors: vec![ApiError { error_code: DUPLICATE.to_owned(), message: String::new() }],
            }]),
            saved => saved,
        }
    }

    fn save(&mut self, path: &str, records: &[Value]) -> Result<Vec<Saved>, Refusal> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let count = records.len();
        let path = format!("/services/data/v{}/composite/sobjects{path}", self.version);
        let body = json!({ "allOrNone": false, "records": records });
        let now = self.clock.now();
        let answer = self.caller.call(Call::send("PATCH", &path, &body), now)?;
        let saved: Option<Vec<Saved>> = serde_json::from_slice(&answer.body).ok();
        saved.filter(|saved| saved.len() == count).ok_or_else(|| {
            Refusal::from(Fault::Transient {
                message: "Salesforce's answer to what was written is broken".to_owned(),
                after: None,
            })
        })
    }
}

const DUPLICATE: &str = "DUPLICATE_EXTERNAL_ID";

fn refusal(code: &str, message: &str) -> Written {
    Written::Refused { code: code.to_owned(), message: message.to_owned() }
}

fn look_before(row: Option<&Row>, column: &str, change: &WriteBack) -> Before {
    let Some(row) = row.filter(|row| !row.is("IsDeleted")) else {
        return Before::Not(refusal("gone", "The contact is not there any more."));
    };
    match row.text(column) {
        None => Before::Unnamed,
        Some(text)
            if plain_number(text).as_deref().unwrap_or(text) == change.person.to_string() =>
        {
            Before::Ours
        }
        Some(text) => Before::Not(refusal(
            "taken",
            &format!(
                "The contact has the number {text} of another customer in {column}: empty it in Salesforce if that is wrong."
            ),
        )),
    }
}

/// A value in the form of its column: numbers are sent as numbers, everything else as text.
fn value(text: String, kind: Option<&Kind>) -> Value {
    match (kind, text.parse::<i64>()) {
        (Some(Kind::Number), Ok(number)) => Value::from(number),
        _ => Value::String(text),
    }
}

fn refused(saved: &Saved) -> Written {
    let error = saved.errors.first().cloned().unwrap_or_default();
    match error.error_code.as_str() {
        "REQUEST_LIMIT_EXCEEDED" => Written::Later,
        code if PASSING.contains(&code) => Written::Later,
        "REQUIRED_FIELD_MISSING" | "ENTITY_IS_DELETED" | "INVALID_CROSS_REFERENCE_KEY" => {
            refusal("gone", "The contact is not there any more.")
        }
        code @ (DUPLICATE | "DUPLICATE_VALUE") => refusal(
            code,
            "Several contacts have our number of this customer: make the column unique in Salesforce, and empty it in all contacts but one.",
        ),
        code => refusal(code, &error.message),
    }
}
