//! What is written back.

use regulars_source::record::RecordKey;
use regulars_sync::connector::{Fault, WriteBack, Written};
use regulars_testkit::fake::salesforce::{Bad, Column, Kind, On};
use serde_json::json;

use crate::org::{Org, customer, records};

const NUMBER: &str = "Regulars_Id__c";
const POINTS: &str = "Regulars_Points__c";
const LOYALTY: &str = "Regulars_Card__c";

/// An organisation with columns for us; our number is a number or a text.
fn org(kind: Kind) -> Org {
    let org = Org::new()
        .with("externalIdField", NUMBER)
        .with("pointsField", POINTS)
        .with("loyaltyIdField", LOYALTY);
    org.world().add_column("Contact", Column::external_id(NUMBER, kind));
    org.world().add_column("Contact", Column::new(POINTS, Kind::Double));
    org.world().add_column("Contact", Column::new(LOYALTY, Kind::Text));
    org
}

fn change(id: &str, person: i64, points: i64) -> WriteBack {
    WriteBack {
        key: RecordKey::new("Contact", id),
        person,
        points,
        lifetime: 2 * points,
        loyalty_id: Some(format!("L{person}")),
    }
}

fn code(written: &Written) -> &str {
    match written {
        Written::Done => "done",
        Written::Later => "later",
        Written::Refused { code, .. } => code,
    }
}

#[test]
fn rule_20_points_are_written_by_our_number_and_twice_is_once() {
    for kind in [Kind::Double, Kind::Text] {
        let org = org(kind);
        let (ada, bob) = (org.add("Ada"), org.add("Bob"));
        let changes = [change(&ada, 7, 100), change(&bob, 8, 0)];
        for _ in 0..2 {
            let written = org.open().write_back(&changes).unwrap();
            assert_eq!(written, [Written::Done, Written::Done]);
            let world = org.world();
            let contact = world.contact(&ada).unwrap();
            assert_eq!(contact.get(POINTS), &json!(100));
            assert_eq!(contact.text(LOYALTY), Some("L7"));
            let number = if kind == Kind::Double { json!(7) } else { json!("7") };
            assert_eq!(contact.get(NUMBER), &number);
            assert_eq!(contact.text("LastName"), Some("Test"));
            assert_eq!(world.contacts().count(), 2);
        }
        let asked = org.world().requests.clone();
        let upserts = asked
            .iter()
            .filter(|asked| asked.ends_with("composite/sobjects/Contact/Regulars_Id__c"));
        assert_eq!(upserts.count(), 2);
        let named = asked.iter().filter(|asked| asked.ends_with("composite/sobjects"));
        assert_eq!(named.count(), 1, "the number is written once");
        // And our number comes back as ours.
        org.world().pass(120);
        let items = org.read(org.window(60));
        assert_eq!(customer(records(&items)[0]).own_id.as_deref(), Some("7"));
    }
}

#[test]
fn what_is_not_there_is_refused_and_never_made_anew() {
    let org = org(Kind::Double);
    let (ada, bob, eve) = (org.add("Ada"), org.add("Bob"), org.add("Eve"));
    org.open().write_back(&[change(&ada, 7, 1), change(&bob, 8, 1)]).unwrap();
    org.world().delete_contact(&ada);
    org.world().purge_contact(&eve);
    let changes =
        [change(&ada, 7, 5), change(&bob, 8, 5), change(&eve, 9, 5), change("nonsense", 10, 5)];
    let written = org.open().write_back(&changes).unwrap();
    assert_eq!(written.iter().map(code).collect::<Vec<_>>(), ["gone", "done", "gone", "gone"]);
    assert_eq!(org.world().contacts().count(), 1, "no contact is born again");
}

#[test]
fn a_contact_with_another_number_is_left_alone() {
    let org = org(Kind::Double);
    let ada = org.add("Ada");
    org.world().edit_contact(&ada, &json!({ NUMBER: 70 }));
    let written = org.open().write_back(&[change(&ada, 7, 5)]).unwrap();
    assert_eq!(code(&written[0]), "taken");
    assert_eq!(org.world().contact(&ada).unwrap().get(POINTS), &json!(null));
    // Another contact has the number already, and the column is unique.
    let bob = org.add("Bob");
    let written = org.open().write_back(&[change(&bob, 70, 5)]).unwrap();
    assert_eq!(code(&written[0]), "DUPLICATE_VALUE");
}

#[test]
fn a_number_that_several_contacts_have_is_told() {
    let org = org(Kind::Double);
    org.world().edit_column("Contact", NUMBER, |column| column.unique = false);
    let (ada, twin, bob) = (org.add("Ada"), org.add("Twin"), org.add("Bob"));
    org.world().edit_contact(&ada, &json!({ NUMBER: 7 }));
    org.world().edit_contact(&twin, &json!({ NUMBER: 7 }));
    let changes = [change(&ada, 7, 5), change(&bob, 8, 5)];
    let written = org.open().write_back(&changes).unwrap();
    assert_eq!(written.iter().map(code).collect::<Vec<_>>(), ["DUPLICATE_EXTERNAL_ID", "done"]);
    // Salesforce may say so for the call as a whole: then each is asked alone.
    for _ in 0..2 {
        org.world().spoil(On::Save, Bad::Status(300));
    }
    let written = org.open().write_back(&changes).unwrap();
    assert_eq!(written.iter().map(code).collect::<Vec<_>>(), ["DUPLICATE_EXTERNAL_ID", "done"]);
    assert_eq!(org.world().to_go_wrong(), 0);
}

#[test]
fn rule_23_a_write_whose_answer_is_lost_is_written_again() {
    let org = org(Kind::Double);
    let ada = org.add("Ada");
    for _ in 0..2 {
        org.world().spoil(On::Save, Bad::Cut);
        let fault = org.open().write_back(&[change(&ada, 7, 5)]).unwrap_err();
        assert!(matches!(fault, Fault::Transient { .. }), "{fault:?}");
    }
    assert_eq!(org.open().write_back(&[change(&ada, 7, 5)]).unwrap(), [Written::Done]);
    assert_eq!(org.world().contacts().count(), 1);
}

#[test]
fn a_column_that_may_not_be_written_is_told() {
    let org = org(Kind::Double);
    let ada = org.add("Ada");
    org.world().edit_column("Contact", POINTS, |column| column.updateable = false);
    let written = org.open().write_back(&[change(&ada, 7, 5)]).unwrap();
    assert_eq!(code(&written[0]), "INVALID_FIELD_FOR_INSERT_UPDATE");
    let unset = Org::new();
    let fault = unset.open().write_back(&[change(&ada, 7, 5)]).unwrap_err();
    assert!(matches!(fault, Fault::Settings(told) if told.contains("externalIdField")));
}
