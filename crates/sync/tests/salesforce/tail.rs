//! What changed.

use std::{collections::BTreeSet, time::Duration};

use regulars_customer::merge::MergeField;
use regulars_kernel::Timestamp;
use regulars_sync::connector::{Fault, Pass};
use regulars_testkit::fake::salesforce::{Bad, On};
use serde_json::json;

use crate::org::{Org, ids, own, read, records};

#[test]
fn rule_3_a_window_has_its_first_instant_and_not_its_last() {
    let org = Org::new();
    let start = org.world().now;
    let mut all = Vec::new();
    for nth in 0..4 {
        all.push(org.add(&format!("P{nth}")));
        org.world().pass(60);
    }
    org.world().pass(600);
    let at = |minutes: i64| Timestamp::from_seconds(start + minutes * 60);
    let found = org.read(Pass::Tail { from: at(1), until: at(3) });
    assert_eq!(ids(&found), all[1..3]);
    let found = org.read(Pass::Tail { from: at(3), until: at(4) });
    assert_eq!(ids(&found), all[3..]);
}

#[test]
fn rule_4_five_hundred_rows_of_one_stamp_come_once_each_from_whichever_cursor() {
    let org = Org::new();
    let all: Vec<String> = (0..500).map(|nth| org.add(&format!("P{nth}"))).collect();
    org.world().page_rows = 37;
    org.world().pass(120);
    let window = org.window(60);
    assert_eq!(ids(&org.read_afresh(window)), all);

    // The places are forgotten after each page: it goes on after the last row.
    let mut connector = org.open();
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let batch = read(connector.as_mut(), window, cursor.as_ref()).unwrap();
        found.extend(ids(&batch.items));
        org.world().spoil(On::Page, Bad::ForgottenPlaces);
        match batch.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(found, all);
}

#[test]
fn rule_3_rows_that_are_committed_late_are_within_the_overlap() {
    let org = Org::new();
    let ada = org.add("Ada");
    org.world().pass(3_600);
    let Pass::Tail { until, .. } = org.window(60) else { panic!() };
    org.read(org.window(60));
    // Stamped nine minutes before the last window's end, and seen only now.
    let stamped = until.seconds() - 9 * 60;
    org.world().edit_contact_late(&ada, &json!({ "FirstName": "Adah" }), stamped);
    org.world().pass(300);
    let overlap = org.open().streams()[0].overlap;
    let next = Timestamp::from_seconds(org.world().now).minus(Duration::from_mins(1));
    let found = org.read(Pass::Tail { from: until.minus(overlap), until: next });
    assert_eq!(ids(&found), [ada]);
    assert_eq!(own(records(&found)[0], MergeField::Firstname), Some("Adah"));
}

#[test]
fn a_row_is_read_in_the_version_that_it_has() {
    let org = Org::new();
    let id = org.world().add_contact(&json!({
        "FirstName": "Ada", "LastName": "O'Neill \\ Söhne", "Email": null, "MobilePhone": "0151 1234", "Phone": "030 99",
        "Birthdate": "1990-12-10", "MailingStreet": "Weg 1\n\"Hof\"", "MailingCountry": "Austria", "HasOptedOutOfEmail": true,
    }));
    org.world().pass(120);
    let found = org.read(org.window(60));
    let record = records(&found)[0];
    assert_eq!(record.key.to_string(), format!("Contact/{id}"));
    assert_eq!(record.version.updated_at, Some(Timestamp::from_seconds(org.world().now - 120)));
    assert_eq!(own(record, MergeField::Lastname), Some("O'Neill \\ Söhne"));
    assert_eq!(own(record, MergeField::Street), Some("Weg 1\n\"Hof\""));
    assert_eq!(own(record, MergeField::Country), Some("AT"));
    assert_eq!(own(record, MergeField::PhoneNumber), Some("0151 1234"));
    // The same by the other way in, as CSV.
    let by_bulk = org.again("bulkFrom", 0);
    assert_eq!(by_bulk.read(Pass::Backfill), found);
}

#[test]
fn rule_25_the_budget_is_told_with_each_batch() {
    let org = Org::new();
    org.add("Ada");
    org.world().pass(120);
    let batch = read(org.open().as_mut(), org.window(60), None).unwrap();
    let used = org.world().requests_used;
    let told = format!("{} of 5000 requests in 24 hours", used - 1);
    assert!(
        batch
            .budget
            .as_ref()
            .is_some_and(|budget| budget.ends_with("of 5000 requests in 24 hours")),
        "{told}"
    );
    assert_eq!(batch.total, Some(1));
}

#[test]
fn person_accounts_come_once_and_with_what_their_account_says() {
    let org = Org::new();
    org.world().turn_person_accounts_on();
    let company = org.world().add_account(&json!({ "Name": "ACME", "BillingCity": "Wien" }));
    let clerk = org.world().add_contact(&json!({ "LastName": "Clerk", "AccountId": company }));
    let (person, account) = org.world().add_person(
        &json!({ "FirstName": "Pia", "LastName": "Person", "Email": "pia@example.com" }),
        &json!({ "BillingCity": "Graz", "Phone": "0316 1" }),
    );
    org.world().pass(120);
    let found = org.read(Pass::Backfill);
    assert_eq!(ids(&found), [clerk.clone(), person.clone()]);
    assert_eq!(own(records(&found)[0], MergeField::City), None);
    assert_eq!(own(records(&found)[1], MergeField::City), Some("Graz"));

    // The account alone is changed: the person is read again, in a newer version.
    let before = records(&found)[1].version;
    org.world().pass(7_200);
    org.world().edit_account(&account, &json!({ "BillingCity": "Linz" }));
    org.world().pass(120);
    let found = org.read_afresh(org.window(60));
    assert_eq!(ids(&found), [person]);
    assert_eq!(own(records(&found)[0], MergeField::City), Some("Linz"));
    assert!(records(&found)[0].version.is_newer_than(before));

    // A company's own change is no contact's.
    org.world().pass(7_200);
    org.world().edit_account(&company, &json!({ "BillingCity": "Bonn" }));
    org.world().pass(120);
    let found: BTreeSet<String> = ids(&org.read(org.window(60))).into_iter().collect();
    assert!(found.is_subset(&BTreeSet::from([clerk])), "{found:?}");
}

#[test]
fn a_column_that_vanishes_is_left_out() {
    let org = Org::new();
    let ada = org.add("Ada");
    org.world().pass(120);
    let window = org.window(60);
    let mut connector = org.open();
    read(connector.as_mut(), window, None).unwrap();
    // Somebody takes it away while we run.
    org.world().edit_column("Contact", "Birthdate", |column| column.visible = false);
    let batch = read(connector.as_mut(), window, None).unwrap();
    assert_eq!(ids(&batch.items), [ada]);
    let names: Vec<String> = crate::org::customer(records(&batch.items)[0])
        .fields
        .keys()
        .map(regulars_source::record::Field::name)
        .collect();
    assert!(!names.contains(&"birthday".to_owned()), "absent is not null: {names:?}");
    assert!(names.contains(&"email".to_owned()));
}

#[test]
fn rule_12_a_filter_that_is_not_heeded_stops_the_run() {
    let org = Org::new();
    org.add("Ada");
    org.world().pass(7_200);
    org.world().spoil(On::Query, Bad::IgnoredFilter);
    let fault = read(org.open().as_mut(), org.window(60), None).unwrap_err();
    assert!(matches!(fault, Fault::Schema(_)));
}

#[test]
fn rule_4_a_cursor_of_something_else_is_no_good() {
    let org = Org::new();
    for (pass, cursor) in [
        (org.window(60), json!({ "at": "job", "job": "750", "version": "66.0" })),
        (Pass::Backfill, json!({ "at": "accounts" })),
        (Pass::Sweep, json!({ "page": 2 })),
    ] {
        let fault = read(org.open().as_mut(), pass, Some(&cursor)).unwrap_err();
        assert!(matches!(fault, Fault::Cursor(_)), "{fault:?}");
    }
}
