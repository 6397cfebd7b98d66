//! Everything that is kept of one person, as one JSON document (rule 30).
//!
//! Which columns of which tables those are is one list ([`sections`]), and a test holds it against both live schemas: a table
//! or a column that belongs to a person and is neither on it nor explained fails the test. The document is assembled by
//! that list and not through the types of the domain, so that nothing is lost on the way; only instants, amounts of money
//! and truth values are put into the form that the API gives them.

mod sections;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::SecondsFormat;
use diesel::sql_types::Text;
use regulars_auth::export::Extent;
use regulars_customer::CustomerStore;
use regulars_kernel::{Currency, Money, StoreError, Timestamp};
use serde_json::{Map, Value as Json, json};

use self::sections::{Column, Kind, Reach, SECTIONS, Section};
use crate::{Tx, statement::Statement};

/// The name of the form of the document. Keys are added to it and never change their meaning.
const FORMAT: &str = "regulars.consumer.v1";

impl Tx<'_> {
    /// The document of a person: `format`, `exportedAt`, `personId`, `merchantId`, `truncated`, and a list for each section.
    ///
    /// Of each list at most `most` rows are there; `truncated` names those of which there are more. One statement a
    /// section. Reaches what the scope does: a merchant's export runs in that merchant's scope, a person's own in the
    /// platform's, since log-ins, mails and the audit log are.
    pub fn export(
        &mut self,
        of: Extent,
        at: Timestamp,
        most: Option<u32>,
    ) -> Result<Json, StoreError> {
        let reached = match of.merchant {
            Some(merchant) => self.scope().merchant().is_none_or(|own| own == merchant),
            None => self.platform().is_ok(),
        };
        if !reached || self.scope().person().is_some() {
            return Err(StoreError::OutOfScope("the person's data is another's"));
        }
        let mut document = Map::new();
        let mut truncated = Vec::new();
        // Whoever was merged into the person is the person.
        let merged = self.merged_with(of)?;
        for section in SECTIONS {
            let Some(statement) = section.statement(of, most) else { continue };
            let mut rows: Vec<(Extent, String)> = statement
                .load::<String>(self.connection)?
                .into_iter()
                .map(|row| (of, row))
                .collect();
            for inner in &merged {
                let Some(statement) = section.statement(*inner, most) else { continue };
                let more: Vec<String> = statement.load(self.connection)?;
                let known: BTreeSet<String> = rows.iter().map(|(_, row)| row.clone()).collect();
                let new = more.into_iter().filter(|row| !known.contains(row));
                rows.extend(new.map(|row| (*inner, row)));
            }
            let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
            if rows.len() > most {
                rows.truncate(most);
                truncated.push(section.key);
            }
            let rows = rows.iter().map(|(of, row)| section.object(row, *of));
            document.insert(section.key.to_owned(), rows.collect::<Result<_, _>>()?);
        }
        document.insert("format".to_owned(), json!(FORMAT));
        document.insert("exportedAt".to_owned(), instant(at.micros()));
        document.insert("personId".to_owned(), json!(of.person.get()));
        let merchant = of.merchant.map(regulars_kernel::MerchantId::get);
        document.insert("merchantId".to_owned(), json!(merchant));
        document.insert("truncated".to_owned(), json!(truncated));
        Ok(Json::Object(document))
    }
}

impl Tx<'_> {
    /// Those who were merged into a person, each at the merchant where they were.
    fn merged_with(&mut self, of: Extent) -> Result<Vec<Extent>, StoreError> {
        let merchants = if let Some(merchant) = of.merchant {
            vec![merchant]
        } else {
            let memberships = self.memberships_of(of.person)?.into_iter();
            memberships.map(|one| one.merchant).collect()
        };
        let mut merged = Vec::new();
        for merchant in merchants {
            let people = self.merged_into(merchant, of.person)?.into_iter();
            merged.extend(people.map(|person| Extent { person, merchant: Some(merchant) }));
        }
        Ok(merged)
    }
}

impl Section {
    /// The rows, each as a JSON array of the columns; none where the section is no part of such an export.
    fn statement(&self, of: Extent, most: Option<u32>) -> Option<Statement<Text>> {
        let person = of.person.get();
        let mut statement = Statement::new("SELECT ").dialect("json_build_array(", "json_array(");
        for (index, Column(name, _)) in self.columns.iter().enumerate() {
            let plain = !name.contains('.');
            statement.push(match (index, plain) {
                (0, true) => "t.",
                (0, false) => "",
                (_, true) => ", t.",
                (_, false) => ", ",
            });
            statement.push(*name);
        }
        statement = statement.dialect(")::text FROM ", ") FROM ").sql(self.table).sql(" t ");
        statement = statement.sql(self.joins).sql(" WHERE ");
        let mut pieces = self.whose.iter();
        statement.push(pieces.next().copied()?);
        for piece in pieces {
            statement.push_bind(person);
            statement.push(*piece);
        }
        match (self.reach, of.merchant) {
            (Reach::Own, Some(_)) => return None,
            (Reach::Own | Reach::Either(_), None) => {}
            (Reach::Either(column) | Reach::Members(column), Some(merchant)) => {
                statement = statement.sql(" AND ").sql(column).sql(" = ").bind(merchant.get());
            }
            // The merchant leads the index.
            (Reach::Members(column), None) => {
                statement = statement
                    .sql(" AND ")
                    .sql(column)
                    .sql(" IN (SELECT m.merchant_id FROM membership m WHERE m.person_id = ")
                    .bind(person)
                    .sql(")");
            }
        }
        statement = statement.sql(" ORDER BY ").sql(self.order);
        if let Some(most) = most {
            statement = statement.sql(" LIMIT ").bind(i64::from(most) + 1);
        }
        Some(statement)
    }

    /// A row as the document has it.
    fn object(&self, row: &str, of: Extent) -> Result<Json, StoreError> {
        let unread =
            StoreError::Corrupt { table: self.table, column: "a row", id: of.person.get() };
        let Ok(values) = serde_json::from_str::<Vec<Json>>(row) else { return Err(unread) };
        let mut object = Map::new();
        for (column, value) in self.columns.iter().zip(&values) {
            let value = match (column.1, value.as_i64()) {
                (Kind::Instant, Some(micros)) => instant(micros),
                (Kind::Truth, Some(number)) => json!(number != 0),
                _ if column.is_nothing(value) => Json::Null,
                _ => value.clone(),
            };
            object.insert(column.key(), value);
        }
        for column in self.columns {
            let Kind::Money(currency) = column.1 else { continue };
            let code = object.get(currency).and_then(Json::as_str);
            let currency = code.and_then(Currency::from_code);
            let minor = object.get(&column.key()).and_then(Json::as_i64);
            if let (Some(minor), Some(currency)) = (minor, currency) {
                object.insert(column.key(), json!(Money::new(minor, currency).to_string()));
            }
        }
        if self.table == "audit_entry" {
            tell_own(&mut object, of);
        }
        Ok(Json::Object(object))
    }
}

/// Leaves of an entry of the audit log what is the person's: whether they did it and whether it is about them, and not who
/// else. From where somebody came is theirs alone.
fn tell_own(entry: &mut Map<String, Json>, of: Extent) {
    let person = json!(of.person.get());
    let did = entry.remove("personId") == Some(person.clone());
    let about_person = entry.remove("targetKind") == Some(json!("person"));
    let about = entry.remove("targetId") == Some(person) && about_person;
    entry.insert("byThemselves".to_owned(), json!(did));
    entry.insert("aboutThemselves".to_owned(), json!(about));
    let (plain, personal) = (entry.remove("changes"), entry.remove("personal"));
    let changes = [plain, personal].into_iter().flatten().filter(|_| about);
    let changes: Vec<Json> = changes.flat_map(|part| changed(&part)).collect();
    entry.insert("changes".to_owned(), json!(changes));
    if !did || of.merchant.is_some() {
        entry.insert("peer".to_owned(), Json::Null);
    }
}

/// What an entry of the audit log says is different, from the text in which it is kept.
fn changed(part: &Json) -> Vec<Json> {
    type Change = (String, Option<String>, Option<String>);
    let changes: Vec<Change> =
        part.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let told = |(field, before, after): Change| json!({ "field": field, "before": before, "after": after });
    changes.into_iter().map(told).collect()
}

/// RFC 3339, in UTC.
fn instant(micros: i64) -> Json {
    let at = Timestamp::from_micros(micros).to_utc();
    let fraction = match at.timestamp_subsec_micros() {
        0 => SecondsFormat::Secs,
        _ => SecondsFormat::Micros,
    };
    json!(at.to_rfc3339_opts(fraction, false))
}
