//! What a merchant is told when they test a connection.

use regulars_sync::connector::Tested;
use regulars_testkit::fake::salesforce::{Column, Kind};
use serde_json::json;

use crate::org::Org;

fn tested(org: &Org) -> Tested {
    org.open().test().unwrap()
}

fn says(sentences: &[String], words: &str) -> bool {
    sentences.iter().any(|sentence| sentence.contains(words))
}

#[test]
fn a_connection_that_works_says_whose_it_is_and_what_it_has() {
    let org = Org::new();
    org.add("Ada");
    org.world().turn_person_accounts_on();
    org.world().add_column("Contact", Column::external_id("Regulars_Id__c", Kind::Double));
    let org = org.with("externalIdField", "Regulars_Id__c");
    let tested = tested(&org);
    assert_eq!(tested.account.as_deref(), Some("Corner Coffee"));
    assert_eq!(tested.wrong, Vec::<String>::new());
    for words in
        ["1 contact can be read", "Person accounts", "Regulars_Id__c", "requests in 24 hours"]
    {
        assert!(says(&tested.fine, words), "{words}: {:?}", tested.fine);
    }
}

#[test]
fn what_is_missing_is_told_with_the_way_out() {
    let org = Org::new()
        .with("fields", json!({ "gender": "Gender__c", "street": "MailingAddress", "extraInfo.salesforce.score": "Score__c" }))
        .with("externalIdField", "Regulars_Id__c")
        .with("pointsField", "Points__c")
        .with("version", "70.0");
    // This version is not there yet: everything else is.
    org.world().versions.push("70.0");
    org.world()
        .add_column("Contact", Column { formula: true, ..Column::new("Score__c", Kind::Double) });
    org.world().add_column(
        "Contact",
        Column { unique: false, ..Column::external_id("Regulars_Id__c", Kind::Double) },
    );
    org.world().edit_column("Contact", "Birthdate", |column| column.visible = false);
    org.world().requests_used = 4_500;
    let tested = tested(&org);
    for words in [
        "Gender__c is not there",
        "Birthdate is not there",
        "MailingAddress has several",
        "not unique",
        "Points__c is not there",
        "stopAtPercent",
    ] {
        assert!(says(&tested.wrong, words), "{words}: {:?}", tested.wrong);
    }
    assert!(says(
        &tested.fine,
        "Formulas are read when something else of the contact changes: Score__c"
    ));
    assert!(says(&tested.fine, "No contact can be seen yet"));
}
