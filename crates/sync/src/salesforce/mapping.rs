//! Which column of a contact fills which field here: usual ones, and what the merchant says instead.

use regulars_customer::{ConsentChannel, merge::MergeField};
use regulars_source::record::Field;
use serde_json::{Map, Value};

use super::soql::is_column;
use crate::connector::Fault;

/// The key of `extraInfo` that is ours.
pub(super) const EXTRA_KEY: &str = "salesforce";
/// The setting.
pub(super) const SETTING: &str = "fields";

/// What a column is read into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A field of the customer.
    Own(MergeField),
    /// A key within `extraInfo.salesforce`.
    Extra(String),
    /// Our own number or loyalty id.
    OwnId,
    /// Card numbers, with commas or semicolons between them.
    Cards,
    /// A checkbox: ticked, they agreed; not ticked, they did not.
    Consent(ConsentChannel),
    /// A checkbox: ticked, they do not want it.
    OptOut(ConsentChannel),
    /// When they decided.
    ConsentAt(ConsentChannel),
}

/// One of the columns of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// `Email`, `Account.Name`.
    pub(super) column: String,
    /// Whether it is there only in some organisations, and nobody asked for it: its absence is no news.
    pub(super) quiet: bool,
    /// Whether it is read of person accounts alone: the company's own phone is nobody's.
    pub(super) person_only: bool,
}

/// A target with its columns, of which the first with a value counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapped {
    /// What is filled.
    pub(super) target: Target,
    /// From where; at least one.
    pub(super) sources: Vec<Source>,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapping(Vec<Mapped>);

/// What holds where the merchant says nothing: our name, the columns; `?` marks those that are only in some organisations.
const USUAL: [(&str, &[&str]); 18] = [
    ("firstname", &["FirstName"]),
    ("lastname", &["LastName"]),
    ("email", &["Email"]),
    ("phoneNumber", &["MobilePhone"]),
    ("birthday", &["Birthdate"]),
    ("street", &["MailingStreet", "?Account.BillingStreet"]),
    ("zipCode", &["MailingPostalCode", "?Account.BillingPostalCode"]),
    ("city", &["MailingCity", "?Account.BillingCity"]),
    (
        "country",
        &[
            "?MailingCountryCode",
            "MailingCountry",
            "?Account.BillingCountryCode",
            "?Account.BillingCountry",
        ],
    ),
    ("optOut.email", &["HasOptedOutOfEmail"]),
    ("optOut.phone", &["?DoNotCall"]),
    // A switchboard, as a rule: several people share it.
    ("extraInfo.salesforce.phone", &["Phone", "?Account.Phone"]),
    ("extraInfo.salesforce.homePhone", &["?HomePhone"]),
    ("extraInfo.salesforce.salutation", &["?Salutation"]),
    ("extraInfo.salesforce.title", &["?Title"]),
    ("extraInfo.salesforce.leadSource", &["?LeadSource"]),
    ("extraInfo.salesforce.accountId", &["?AccountId"]),
    ("extraInfo.salesforce.ownerId", &["?OwnerId"]),
];

impl Mapping {
    /// The usual one with what the setting says: an object from our names to a column or a list of columns; null turns a usual one off.
    pub(super) fn read(setting: Option<&Value>, external_id: Option<&str>) -> Result<Self, Fault> {
        let mut all = Vec::new();
        let empty = Map::new();
        let said = match setting {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(said)) => said,
            Some(_) => {
                return Err(Fault::Settings(format!(
                    "`{SETTING}` is an object from our field names to columns of Contact."
                )));
            }
        };
        for (name, columns) in USUAL {
            if !said.contains_key(name) {
                all.push(Mapped { target: target(name)?, sources: usual(columns) });
            }
        }
        if let Some(column) = external_id.filter(|_| !said.contains_key("ownId")) {
            all.push(Mapped { target: Target::OwnId, sources: vec![asked_for(column)?] });
        }
        for (name, columns) in said {
            let target = target(name)?;
            let sources = match columns {
                Value::Null => continue,
                Value::String(column) => vec![asked_for(column)?],
                Value::Array(columns) if !columns.is_empty() => columns
                    .iter()
                    .map(|column| asked_for(column.as_str().unwrap_or_default()))
                    .collect::<Result<_, _>>()?,
                _ => {
                    return Err(Fault::Settings(format!(
                        "`{SETTING}.{name}` is the name of a column of Contact, a list of such names, or null."
                    )));
                }
            };
            all.push(Mapped { target, sources });
        }
        Ok(Self(all))
    }

    /// Each target.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Mapped> {
        self.0.iter()
    }
}

fn usual(columns: &[&str]) -> Vec<Source> {
    let source = |column: &&str| {
        let name = column.strip_prefix('?');
        let column = name.unwrap_or(column).to_owned();
        Source { quiet: name.is_some(), person_only: column.starts_with("Account."), column }
    };
    columns.iter().map(source).collect()
}

fn asked_for(column: &str) -> Result<Source, Fault> {
    let column = column.trim();
    if !is_column(column) {
        return Err(Fault::Settings(format!(
            "`{column}` cannot be a column of Contact. Write the API name, like `MobilePhone`, `Shoe_Size__c` or `Account.Name`."
        )));
    }
    Ok(Source { column: column.to_owned(), quiet: false, person_only: false })
}

/// What a name in the setting means.
fn target(name: &str) -> Result<Target, Fault> {
    let channel = |text: &str| {
        ConsentChannel::ALL
            .iter()
            .copied()
            .find(|channel| channel.name().eq_ignore_ascii_case(text))
    };
    let found = if let Some(key) = name.strip_prefix("extraInfo.salesforce.") {
        (!key.is_empty()).then(|| Target::Extra(key.to_owned()))
    } else if let Some(text) = name.strip_prefix("optOut.") {
        channel(text).map(Target::OptOut)
    } else if let Some(text) = name.strip_prefix("consent.") {
        match text.strip_suffix(".at") {
            Some(text) => channel(text).map(Target::ConsentAt),
            None => channel(text).map(Target::Consent),
        }
    } else {
        match name {
            "ownId" => Some(Target::OwnId),
            "cards" => Some(Target::Cards),
            name => match Field::from_name(name) {
                Some(Field::Own(field)) => Some(Target::Own(field)),
                _ => None,
            },
        }
    };
    found.ok_or_else(|| {
        Fault::Settings(format!(
            "`{name}` is no field that contacts can fill. There are email, firstname, lastname, phoneNumber, birthday, gender, country, city, \
             street, zipCode, picture, ownId, cards, extraInfo.salesforce.NAME, and of each way to be contacted (email, sms, phone, push, post) \
             consent.WAY, consent.WAY.at and optOut.WAY."
        ))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(mapping: &Mapping, target: &Target) -> Vec<String> {
        mapping
            .iter()
            .filter(|mapped| mapped.target == *target)
            .flat_map(|mapped| mapped.sources.iter().map(|source| source.column.clone()))
            .collect()
    }

    #[test]
    fn the_usual_mapping_keeps_switchboards_from_being_somebodys_phone() {
        let mapping = Mapping::read(None, None).unwrap();
        assert_eq!(of(&mapping, &Target::Own(MergeField::PhoneNumber)), ["MobilePhone"]);
        assert_eq!(of(&mapping, &Target::Extra("phone".into())), ["Phone", "Account.Phone"]);
        assert!(mapping.iter().all(|mapped| !mapped.sources.is_empty()));
        assert!(of(&mapping, &Target::OwnId).is_empty());
    }

    #[test]
    fn a_merchant_maps_columns_of_their_own_and_turns_usual_ones_off() {
        let setting = json!({
            "gender": "Gender__c", "phoneNumber": ["MobilePhone", "HomePhone"], "birthday": null,
            "extraInfo.salesforce.shoeSize": "Shoe_Size__c", "consent.sms": "Sms_Ok__c",
            "consent.sms.at": "Sms_Ok_Date__c", "cards": "Old_Cards__c",
        });
        let mapping = Mapping::read(Some(&setting), Some("Regulars_Id__c")).unwrap();
        assert_eq!(of(&mapping, &Target::Own(MergeField::Gender)), ["Gender__c"]);
        assert_eq!(
            of(&mapping, &Target::Own(MergeField::PhoneNumber)),
            ["MobilePhone", "HomePhone"]
        );
        assert!(of(&mapping, &Target::Own(MergeField::Birthday)).is_empty());
        assert_eq!(of(&mapping, &Target::Extra("shoeSize".into())), ["Shoe_Size__c"]);
        assert_eq!(of(&mapping, &Target::ConsentAt(ConsentChannel::Sms)), ["Sms_Ok_Date__c"]);
        assert_eq!(of(&mapping, &Target::OwnId), ["Regulars_Id__c"]);
        assert_eq!(of(&mapping, &Target::Own(MergeField::Email)), ["Email"]);
    }

    #[test]
    fn what_cannot_be_a_column_or_a_field_is_refused_in_words() {
        for setting in [
            json!("Email"),
            json!({ "email": "Id FROM Account" }),
            json!({ "email": 1 }),
            json!({ "email": [] }),
            json!({ "shoeSize": "Shoe_Size__c" }),
            json!({ "extraInfo": "Title" }),
            json!({ "consent.pigeon": "Pigeon__c" }),
        ] {
            let fault = Mapping::read(Some(&setting), None).unwrap_err();
            assert!(matches!(fault, Fault::Settings(_)), "{setting}");
        }
    }
}
