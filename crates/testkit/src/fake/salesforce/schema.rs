//! Which columns the objects have.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An id of its own.
    Id,
    /// An id of something else.
    Reference,
    /// A line of text.
    Text,
    /// Text of several lines.
    Area,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// One of a list.
    Picklist,
    /// True or false.
    Bool,
    /// A decimal.
    Double,
    /// A day.
    Date,
    /// An instant.
    Instant,
    /// Several columns at once.
    Address,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Reference => "reference",
            Self::Text => "string",
            Self::Area => "textarea",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Picklist => "picklist",
            Self::Bool => "boolean",
            Self::Double => "double",
            Self::Date => "date",
            Self::Instant => "datetime",
            Self::Address => "address",
        }
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are ticked one by one in Salesforce too")]
pub struct Column {
    /// Its API name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it is a formula.
    pub formula: bool,
    /// Whether it can name a record in an upsert.
    pub external_id: bool,
    /// Whether no two records may have the same value.
    pub unique: bool,
    /// Whether the integration user may write it.
    pub updateable: bool,
    /// Whether the integration user may see it.
    pub visible: bool,
}

impl Column {
    /// A column that may be read and written.
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            formula: false,
            external_id: false,
            unique: false,
            updateable: !SYSTEM.contains(&name),
            visible: true,
        }
    }

    /// One that names records in upserts.
    pub fn external_id(name: &str, kind: Kind) -> Self {
        Self { external_id: true, unique: true, ..Self::new(name, kind) }
    }
}

/// What Salesforce alone writes.
const SYSTEM: [&str; 8] = [
    "Id",
    "IsDeleted",
    "MasterRecordId",
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
    "IsPersonAccount",
    "PersonContactId",
];

const CONTACT: [(&str, Kind); 33] = [
    ("Id", Kind::Id),
    ("IsDeleted", Kind::Bool),
    ("MasterRecordId", Kind::Reference),
    ("AccountId", Kind::Reference),
    ("LastName", Kind::Text),
    ("FirstName", Kind::Text),
    ("Salutation", Kind::Picklist),
    ("Name", Kind::Text),
    ("MailingStreet", Kind::Area),
    ("MailingCity", Kind::Text),
    ("MailingState", Kind::Text),
    ("MailingPostalCode", Kind::Text),
    ("MailingCountry", Kind::Text),
    ("MailingAddress", Kind::Address),
    ("Phone", Kind::Phone),
    ("Fax", Kind::Phone),
    ("MobilePhone", Kind::Phone),
    ("HomePhone", Kind::Phone),
    ("OtherPhone", Kind::Phone),
    ("Email", Kind::Email),
    ("Title", Kind::Text),
    ("Department", Kind::Text),
    ("LeadSource", Kind::Picklist),
    ("Birthdate", Kind::Date),
    ("Description", Kind::Area),
    ("OwnerId", Kind::Reference),
    ("HasOptedOutOfEmail", Kind::Bool),
    ("DoNotCall", Kind::Bool),
    ("CreatedDate", Kind::Instant),
    ("CreatedById", Kind::Reference),
    ("LastModifiedDate", Kind::Instant),
    ("LastModifiedById", Kind::Reference),
    ("SystemModstamp", Kind::Instant),
];

const ACCOUNT: [(&str, Kind); 15] = [
    ("Id", Kind::Id),
    ("IsDeleted", Kind::Bool),
    ("MasterRecordId", Kind::Reference),
    ("Name", Kind::Text),
    ("Phone", Kind::Phone),
    ("BillingStreet", Kind::Area),
    ("BillingCity", Kind::Text),
    ("BillingState", Kind::Text),
    ("BillingPostalCode", Kind::Text),
    ("BillingCountry", Kind::Text),
    ("BillingAddress", Kind::Address),
    ("OwnerId", Kind::Reference),
    ("CreatedDate", Kind::Instant),
    ("LastModifiedDate", Kind::Instant),
    ("SystemModstamp", Kind::Instant),
];

/// The objects with their columns.
#[derive(Clone, Debug)]
pub(super) struct Schema(BTreeMap<&'static str, Vec<Column>>);

impl Default for Schema {
    fn default() -> Self {
        let of = |columns: &[(&str, Kind)]| {
            columns.iter().map(|(name, kind)| Column::new(name, *kind)).collect::<Vec<_>>()
        };
        let organization =
            [("Id", Kind::Id), ("Name", Kind::Text), ("OrganizationType", Kind::Text)];
        let mut schema = Self(BTreeMap::from([
            ("Contact", of(&CONTACT)),
            ("Account", of(&ACCOUNT)),
            ("Organization", of(&organization)),
        ]));
        schema.edit("Contact", "Name", |column| column.updateable = false);
        schema
    }
}

impl Schema {
    /// The object's name as Salesforce writes it; queries write it in any case.
    pub(super) fn object(&self, name: &str) -> Option<&'static str> {
        self.0.keys().copied().find(|object| object.eq_ignore_ascii_case(name))
    }

    /// A column that the integration user may see.
    pub(super) fn column(&self, object: &str, name: &str) -> Option<&Column> {
        let columns = self.0.get(object)?;
        columns.iter().find(|column| column.visible && column.name.eq_ignore_ascii_case(name))
    }

    /// Adds a column; person accounts are turned on by those that they bring.
    pub(super) fn add(&mut self, object: &str, column: Column) {
        if let Some(columns) = self.0.get_mut(object) {
            columns.retain(|already| already.name != column.name);
            columns.push(column);
        }
    }

    pub(super) fn edit(&mut self, object: &str, name: &str, edit: impl Fn(&mut Column)) {
        let columns = self.0.get_mut(object).into_iter().flatten();
        columns.filter(|column| column.name == name).for_each(edit);
    }

    /// What `describe` says.
    pub(super) fn describe(&self, object: &str, prefix: &str) -> Value {
        let columns = self.0.get(object).into_iter().flatten().filter(|column| column.visible);
        let fields: Vec<Value> = columns
            .map(|column| {
                json!({
                    "name": column.name, "label": column.name, "type": column.kind.name(),
                    "calculated": column.formula, "externalId": column.external_id, "unique": column.unique,
                    "updateable": column.updateable && !column.formula, "createable": column.updateable && !column.formula,
                    "custom": column.name.ends_with("__c"), "nillable": column.name != "LastName",
                    "filterable": column.kind != Kind::Address, "sortable": column.kind != Kind::Address,
                    "idLookup": column.external_id || column.name == "Id", "soapType": "xsd:string",
                })
            })
            .collect();
        json!({
            "name": object, "label": object, "keyPrefix": prefix, "queryable": true, "updateable": true, "createable": true,
            "deletable": true, "undeletable": true, "replicateable": true, "mergeable": true, "custom": false, "fields": fields,
        })
    }
}
