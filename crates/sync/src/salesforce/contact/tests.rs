use std::collections::BTreeSet;

use serde_json::{Value, json, value::RawValue};

use super::*;
use crate::salesforce::{describe::Described, mapping::Mapping};

fn described(fields: &[(&str, &str)]) -> Described {
    let fields: Vec<_> =
        fields.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
    serde_json::from_value(json!({ "fields": fields })).unwrap()
}

fn columns(setting: &Value) -> Columns {
    let contact = described(&[
        ("Id", "id"),
        ("IsDeleted", "boolean"),
        ("MasterRecordId", "reference"),
        ("SystemModstamp", "datetime"),
        ("CreatedDate", "datetime"),
        ("IsPersonAccount", "boolean"),
        ("FirstName", "string"),
        ("LastName", "string"),
        ("Email", "email"),
        ("MobilePhone", "phone"),
        ("Phone", "phone"),
        ("Birthdate", "date"),
        ("MailingStreet", "textarea"),
        ("MailingCity", "string"),
        ("MailingCountry", "string"),
        ("HasOptedOutOfEmail", "boolean"),
        ("Gender__c", "picklist"),
        ("Shoe_Size__c", "double"),
        ("Since__c", "datetime"),
        ("Cards__c", "string"),
        ("Sms_Ok__c", "boolean"),
        ("Sms_Ok_Date__c", "date"),
        ("Regulars_Id__c", "double"),
    ]);
    let account = described(&[
        ("Phone", "phone"),
        ("BillingStreet", "textarea"),
        ("BillingCity", "string"),
        ("BillingCountry", "string"),
    ]);
    let mapping = Mapping::read(Some(setting), Some("Regulars_Id__c")).unwrap();
    Columns::choose(&mapping, &contact, &account, &BTreeSet::new()).unwrap()
}

fn read(setting: &Value, row: &Value) -> Record {
    let mut whole = json!({
        "attributes": { "type": "Contact" }, "Id": "003000000000001AAA", "IsDeleted": false,
        "SystemModstamp": "2026-11-01T10:00:00.000+0000", "CreatedDate": "2020-01-01T00:00:00.000+0000",
    });
    for (name, value) in row.as_object().unwrap() {
        whole[name] = value.clone();
    }
    let row = Row::from_json(&RawValue::from_string(whole.to_string()).unwrap()).unwrap();
    match record(&row, &columns(setting), false) {
        Item::Record(record) => record,
        Item::Bad(bad) => panic!("{bad:?}"),
    }
}

fn customer_of(setting: &Value, row: &Value) -> CustomerRecord {
    match read(setting, row).body {
        Body::Customer(customer) => *customer,
        other => panic!("{other:?}"),
    }
}

#[expect(
    clippy::option_option,
    reason = "absent, null and a value are three things (engine rule 9)"
)]
fn own(customer: &CustomerRecord, field: MergeField) -> Option<Option<&str>> {
    customer.fields.get(&Field::Own(field)).map(Option::as_deref)
}

fn extra(customer: &CustomerRecord) -> Value {
    let text = customer.fields[&Field::Extra("salesforce".into())].as_deref().unwrap_or("null");
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_contact_is_read_with_the_usual_mapping() {
    let customer = customer_of(
        &json!({}),
        &json!({
            "FirstName": "Ada", "LastName": " Lovelace ", "Email": "ada@example.com", "MobilePhone": "+49 151 1",
            "Phone": "+49 30 999", "Birthdate": "1990-12-10", "MailingStreet": "Weg 1\nHinterhaus",
            "MailingCity": "Berlin", "MailingCountry": "Germany", "HasOptedOutOfEmail": false,
            "Regulars_Id__c": 42.0,
        }),
    );
    assert_eq!(own(&customer, MergeField::Lastname), Some(Some("Lovelace")));
    assert_eq!(own(&customer, MergeField::PhoneNumber), Some(Some("+49 151 1")));
    assert_eq!(own(&customer, MergeField::Birthday), Some(Some("1990-12-10")));
    assert_eq!(own(&customer, MergeField::Street), Some(Some("Weg 1\nHinterhaus")));
    assert_eq!(own(&customer, MergeField::Country), Some(Some("DE")));
    assert_eq!(extra(&customer), json!({ "phone": "+49 30 999" }));
    assert_eq!(customer.own_id.as_deref(), Some("42"));
    assert_eq!(customer.created_at, read_instant("2020-01-01T00:00:00Z"));
    assert!(customer.consents.is_empty(), "who was never asked has not agreed");
    assert!(!customer.email_verified);
}

#[test]
fn rule_9_a_column_that_is_not_there_says_nothing_and_an_empty_one_says_null() {
    let customer = customer_of(&json!({}), &json!({ "Email": null, "FirstName": "Ada" }));
    assert_eq!(own(&customer, MergeField::Email), Some(None));
    assert_eq!(own(&customer, MergeField::Firstname), Some(Some("Ada")));
    assert_eq!(own(&customer, MergeField::Lastname), None);
    // Postal code: the user may not see the column.
    assert_eq!(own(&customer, MergeField::ZipCode), None);
    assert_eq!(customer.cards, None);
    let customer = customer_of(&json!({}), &json!({ "Phone": null }));
    assert_eq!(customer.fields[&Field::Extra("salesforce".into())], None);
}

#[test]
fn rule_10_an_opt_out_is_a_decision_and_an_empty_box_is_none() {
    let opted_out = customer_of(&json!({}), &json!({ "HasOptedOutOfEmail": true }));
    assert_eq!(
        opted_out.consents,
        [RecordConsent { channel: ConsentChannel::Email, granted: false, at: None }]
    );
    let setting = json!({ "consent.sms": "Sms_Ok__c", "consent.sms.at": "Sms_Ok_Date__c" });
    let agreed = customer_of(
        &setting,
        &json!({ "HasOptedOutOfEmail": false, "Sms_Ok__c": true, "Sms_Ok_Date__c": "2026-01-02" }),
    );
    assert_eq!(
        agreed.consents,
        [RecordConsent {
            channel: ConsentChannel::Sms,
            granted: true,
            at: read_instant("2026-01-02T00:00:00Z")
        }]
    );
}

#[test]
fn columns_of_the_merchants_own_are_read_exactly() {
    let setting = json!({
        "gender": "Gender__c", "cards": "Cards__c",
        "extraInfo.salesforce.shoeSize": "Shoe_Size__c", "extraInfo.salesforce.since": "Since__c",
    });
    let customer = customer_of(
        &setting,
        &json!({
            "Gender__c": "Non-binary", "Cards__c": "100; 200,300 ", "Shoe_Size__c": 42.5,
            "Since__c": "2026-01-01T00:00:00.000+0000",
        }),
    );
    assert_eq!(own(&customer, MergeField::Gender), Some(Some("OTHER")));
    assert_eq!(customer.cards.as_deref().unwrap(), ["100", "200", "300"]);
    assert_eq!(
        extra(&customer),
        json!({ "shoeSize": "42.5", "since": "2026-01-01T00:00:00.000Z" })
    );
    let customer =
        customer_of(&setting, &json!({ "Shoe_Size__c": 42.0, "Gender__c": "Prefer Not To Say" }));
    assert_eq!(extra(&customer), json!({ "shoeSize": 42 }));
    assert_eq!(own(&customer, MergeField::Gender), Some(None));
}

#[test]
fn a_person_account_is_one_person_with_one_address() {
    let row = json!({
        "IsPersonAccount": true, "LastName": "L", "MailingStreet": null, "MailingCity": null,
        "MailingCountry": null, "Phone": null,
        "Account": {
            "attributes": { "type": "Account" }, "SystemModstamp": "2026-11-02T00:00:00.000+0000",
            "Phone": "+1 2", "BillingStreet": "Way 1", "BillingCity": "Ulm", "BillingCountry": "Germany",
        },
    });
    let record = read(&json!({}), &row);
    assert_eq!(record.version.updated_at, read_instant("2026-11-02T00:00:00Z"));
    let customer = customer_of(&json!({}), &row);
    assert_eq!(own(&customer, MergeField::City), Some(Some("Ulm")));
    assert_eq!(extra(&customer), json!({ "phone": "+1 2" }));

    let mut mailed = row.clone();
    mailed["MailingCity"] = json!("Bonn");
    let customer = customer_of(&json!({}), &mailed);
    assert_eq!(own(&customer, MergeField::City), Some(Some("Bonn")));
    assert_eq!(own(&customer, MergeField::Street), Some(None), "no street of another place");

    let mut company = row;
    company["IsPersonAccount"] = json!(false);
    let customer = customer_of(&json!({}), &company);
    assert_eq!(own(&customer, MergeField::City), Some(None), "the company's address is nobody's");
    assert_eq!(customer.fields[&Field::Extra("salesforce".into())], None);
}

#[test]
fn rule_17_what_was_deleted_or_merged_is_gone() {
    let deleted = read(&json!({}), &json!({ "IsDeleted": true, "MasterRecordId": null }));
    assert_eq!(deleted.body, Body::Gone(Gone::Deleted));
    let merged =
        read(&json!({}), &json!({ "IsDeleted": true, "MasterRecordId": "003000000000002AAA" }));
    assert_eq!(merged.body, Body::Gone(Gone::MergedInto("003000000000002AAA".into())));
    let person = read(
        &json!({}),
        &json!({
            "IsDeleted": true, "MasterRecordId": null, "IsPersonAccount": true,
            "Account": { "SystemModstamp": null, "MasterRecord": { "PersonContactId": "003000000000003AAA" } },
        }),
    );
    assert_eq!(person.body, Body::Gone(Gone::MergedInto("003000000000003AAA".into())));
}

#[test]
fn rule_12_a_row_without_id_or_stamp_is_rejected_and_kept() {
    for (row, path) in [
        (json!({ "SystemModstamp": "2026-11-01T10:00:00.000+0000", "Email": "a@b.c" }), "Id"),
        (json!({ "Id": "003000000000001AAA", "SystemModstamp": "yesterday" }), "SystemModstamp"),
    ] {
        let row = Row::from_json(&RawValue::from_string(row.to_string()).unwrap()).unwrap();
        let Item::Bad(bad) = record(&row, &columns(&json!({})), false) else { panic!() };
        assert_eq!(bad.path.as_deref(), Some(path));
        assert!(bad.raw.contains("SystemModstamp"));
    }
}

#[test]
fn countries_are_read_by_letters_and_by_english_names() {
    for (text, letters) in [
        ("de", "DE"),
        ("Germany", "DE"),
        ("United States", "US"),
        ("USA", "US"),
        ("Freedonia", "Freedonia"),
    ] {
        assert_eq!(country(text), letters);
    }
}
