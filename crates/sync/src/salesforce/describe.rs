//! What columns there are for this user, and which of them are read: a column that is missing is left out, never an error.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::mapping::{Mapped, Mapping, Source, Target};
use crate::connector::Fault;

/// What Salesforce says of an object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Described {
    /// Whether its log of deletions can be read.
    pub(super) replicateable: bool,
    fields: Vec<DescribedField>,
}

/// What Salesforce says of a column.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "they are what Salesforce says of a column")]
pub(super) struct DescribedField {
    /// Its API name.
    pub(super) name: String,
    #[serde(rename = "type")]
    kind: String,
    /// Whether it is a formula, whose changes move no time stamp.
    pub(super) calculated: bool,
    /// Whether it can name a record in an upsert.
    pub(super) external_id: bool,
    /// Whether no two records have the same value.
    pub(super) unique: bool,
    /// Whether this user may write it.
    pub(super) updateable: bool,
}

/// How a column's text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As it is.
    Text,
    /// `true` or `false`.
    Bool,
    /// A decimal.
    Number,
    /// A day.
    Date,
    /// An instant.
    Instant,
}

impl DescribedField {
    /// How its text is read; none for what has several columns inside, which Bulk does not give.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self.kind.as_str() {
            "address" | "location" | "complexvalue" | "base64" => None,
            "boolean" => Some(Kind::Bool),
            "int" | "double" | "currency" | "percent" | "long" => Some(Kind::Number),
            "date" => Some(Kind::Date),
            "datetime" => Some(Kind::Instant),
            _ => Some(Kind::Text),
        }
    }
}

impl Described {
    /// The column of that name, in any case: so queries read names.
    pub(super) fn field(&self, name: &str) -> Option<&DescribedField> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

/// A column that is read for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Its name as answers have it.
    pub(super) column: String,
    /// How it is read.
    pub(super) kind: Kind,
    /// Whether it counts for person accounts alone.
    pub(super) person_only: bool,
}

/// A target with those of its columns that there are; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// What is filled.
    pub(super) target: Target,
    /// From where.
    pub(super) sources: Vec<Known>,
}

/// What is read of contacts.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// Every column of the query.
    pub(super) selected: Vec<String>,
    /// What becomes of them.
    pub(super) readings: Vec<Reading>,
    /// Columns that somebody expects and that are not there, or not for this user.
    pub(super) missing: Vec<String>,
    /// Columns that are formulas.
    pub(super) formulas: Vec<String>,
    /// Columns that have several columns inside, and are left out.
    pub(super) compound: Vec<String>,
    /// Whether the organisation has person accounts.
    pub(super) has_persons: bool,
    /// Whether columns of the account are read: its changes are then changes of the contact too.
    pub(super) reads_accounts: bool,
}

/// Without these there is no telling what is what.
const NEEDED: [&str; 3] = ["Id", "IsDeleted", "SystemModstamp"];
/// Of whose account they are.
const ACCOUNT: &str = "Account.";
/// When the account was changed.
pub(super) const ACCOUNT_STAMP: &str = "Account.SystemModstamp";
/// Whether the contact is the personal half of an account: one person, not two.
pub(super) const IS_PERSON: &str = "IsPersonAccount";
/// Into whom a person account was merged.
pub(super) const PERSON_MASTER: &str = "Account.MasterRecord.PersonContactId";

impl Columns {
    /// What of a mapping can be read. `dropped`: columns that a query said do not exist, whatever the description says.
    pub(super) fn choose(
        mapping: &Mapping,
        contact: &Described,
        account: &Described,
        dropped: &BTreeSet<String>,
    ) -> Result<Self, Fault> {
        if NEEDED.iter().any(|name| contact.field(name).is_none()) {
            return Err(Fault::Settings(
                "The integration user cannot see contacts: give its permission set \"Read\" and \"View All\" on Contact.".to_owned(),
            ));
        }
        let mut columns =
            Self { has_persons: contact.field(IS_PERSON).is_some(), ..Self::default() };
        for Mapped { target, sources } in mapping.iter() {
            let known: Vec<Known> = sources
                .iter()
                .filter_map(|source| columns.know(source, contact, account, dropped))
                .collect();
            if !known.is_empty() {
                columns.readings.push(Reading { target: target.clone(), sources: known });
            }
        }
        columns.select(contact);
        Ok(columns)
    }

    fn know(
        &mut self,
        source: &Source,
        contact: &Described,
        account: &Described,
        dropped: &BTreeSet<String>,
    ) -> Option<Known> {
        if source.person_only && !self.has_persons {
            return None;
        }
        let (described, prefix, name) = match source.column.strip_prefix(ACCOUNT) {
            Some(name) => (account, ACCOUNT, name),
            None => (contact, "", source.column.as_str()),
        };
        let field = described
            .field(name)
            .filter(|field| !dropped.contains(&format!("{prefix}{}", field.name)));
        let Some(field) = field else {
            if !source.quiet {
                self.missing.push(source.column.clone());
            }
            return None;
        };
        let column = format!("{prefix}{}", field.name);
        let Some(kind) = field.kind() else {
            self.compound.push(column);
            return None;
        };
        if field.calculated {
            self.formulas.push(column.clone());
        }
        Some(Known { column, kind, person_only: source.person_only })
    }

    fn select(&mut self, contact: &Described) {
        let mut selected: Vec<String> = NEEDED.iter().map(|&name| name.to_owned()).collect();
        let mut add = |column: &str| {
            if !selected.iter().any(|already| already == column) {
                selected.push(column.to_owned());
            }
        };
        for name in ["MasterRecordId", "CreatedDate", IS_PERSON] {
            if contact.field(name).is_some() {
                add(name);
            }
        }
        let read = self.readings.iter().flat_map(|reading| &reading.sources);
        self.reads_accounts = read.clone().any(|known| known.column.starts_with(ACCOUNT));
        if self.reads_accounts {
            add(ACCOUNT_STAMP);
        }
        if self.has_persons {
            add(PERSON_MASTER);
        }
        for known in read {
            add(&known.column);
        }
        self.selected = selected;
    }

    /// The columns of a query, in its words.
    pub(super) fn list(&self) -> String {
        self.selected.join(",")
    }
}

/// The kinds of the columns that are written to.
pub(super) fn kinds(described: &Described) -> BTreeMap<String, Kind> {
    described.fields.iter().filter_map(|field| Some((field.name.clone(), field.kind()?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(fields: &[(&str, &str)]) -> Described {
        let fields: Vec<_> =
            fields.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
        serde_json::from_value(json!({ "fields": fields, "replicateable": true })).unwrap()
    }

    const BASE: [(&str, &str); 3] =
        [("Id", "id"), ("IsDeleted", "boolean"), ("SystemModstamp", "datetime")];

    fn choose(setting: &serde_json::Value, contact: &[(&str, &str)], dropped: &[&str]) -> Columns {
        let mapping = Mapping::read(Some(setting), None).unwrap();
        let account = described(&[("BillingCity", "string"), ("Name", "string")]);
        let dropped = dropped.iter().map(|&name| name.to_owned()).collect();
        let contact = described(&[BASE.as_slice(), contact].concat());
        Columns::choose(&mapping, &contact, &account, &dropped).unwrap()
    }

    #[test]
    fn unknown_columns_are_left_out_and_told() {
        let setting = json!({ "gender": "gender__C", "extraInfo.salesforce.club": "Club__c", "street": "MailingAddress" });
        let contact =
            [("Email", "email"), ("Gender__c", "picklist"), ("MailingAddress", "address")];
        let columns = choose(&setting, &contact, &[]);
        assert_eq!(columns.list(), "Id,IsDeleted,SystemModstamp,Email,Gender__c");
        assert!(columns.missing.contains(&"Club__c".to_owned()));
        assert!(columns.missing.contains(&"MobilePhone".to_owned()));
        assert!(!columns.missing.contains(&"MailingCountryCode".to_owned()), "nobody asked for it");
        assert_eq!(columns.compound, ["MailingAddress"]);
        assert!(!columns.reads_accounts);
        let columns = choose(&setting, &contact, &["Gender__c"]);
        assert_eq!(columns.list(), "Id,IsDeleted,SystemModstamp,Email");
    }

    #[test]
    fn accounts_are_read_of_persons_or_where_somebody_asks() {
        let columns = choose(&json!({}), &[("IsPersonAccount", "boolean")], &[]);
        assert!(columns.has_persons && columns.reads_accounts);
        assert!(columns.selected.iter().any(|column| column == "Account.BillingCity"));
        assert!(columns.selected.iter().any(|column| column == PERSON_MASTER));
        let columns = choose(&json!({ "extraInfo.salesforce.company": "Account.Name" }), &[], &[]);
        assert_eq!(
            columns.list(),
            "Id,IsDeleted,SystemModstamp,Account.SystemModstamp,Account.Name"
        );
    }

    #[test]
    fn who_cannot_see_contacts_is_told_what_to_do() {
        let mapping = Mapping::read(None, None).unwrap();
        let nothing = Described::default();
        let fault = Columns::choose(&mapping, &nothing, &nothing, &BTreeSet::new()).unwrap_err();
        assert!(matches!(fault, Fault::Settings(_)));
    }
}
