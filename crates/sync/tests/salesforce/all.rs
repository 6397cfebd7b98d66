//! All there is.

use std::time::Duration;

use regulars_customer::merge::MergeField;
use regulars_sync::connector::{Fault, Pass};
use regulars_testkit::fake::salesforce::{Bad, On};
use serde_json::{Value, json};

use crate::org::{Org, gone, ids, own, read, records};

/// Reads until rows come; the cursor before them.
fn until_ready(org: &Org, pass: Pass) -> Value {
    let mut connector = org.open();
    let mut cursor = read(connector.as_mut(), pass, None).unwrap().next.unwrap();
    org.world().bulk_looks = 0;
    while cursor["at"] == "job"
        && org.world().requests.iter().all(|asked| !asked.ends_with("/results"))
    {
        let batch = read(connector.as_mut(), pass, Some(&cursor)).unwrap();
        match batch.next {
            Some(next) if batch.items.is_empty() => cursor = next,
            _ => break,
        }
    }
    cursor
}

#[test]
fn few_contacts_are_read_page_by_page() {
    let org = Org::new();
    let all: Vec<String> = (0..25).map(|nth| org.add(&format!("P{nth}"))).collect();
    org.world().page_rows = 7;
    assert_eq!(ids(&org.read_afresh(Pass::Backfill)), all);
    let asked = org.world().requests.clone();
    assert!(asked.iter().all(|asked| !asked.contains("jobs")), "{asked:?}");
}

#[test]
fn many_contacts_are_read_by_a_job_and_from_each_cursor_anew() {
    let org = Org::new().with("bulkFrom", 0);
    let all: Vec<String> = (0..5_003)
        .map(|nth| {
            let street = format!("Weg {nth}\n\"Hof\", links");
            let fields = json!({ "LastName": format!("N{nth}"), "MailingStreet": street });
            org.world().add_contact(&fields)
        })
        .collect();
    org.world().part_rows = 3_000;
    let items = org.read(Pass::Backfill);
    assert_eq!(ids(&items), all);
    assert_eq!(own(records(&items)[4_999], MergeField::Street), Some("Weg 4999\n\"Hof\", links"));
    assert_eq!(org.read_afresh(Pass::Backfill), items);
    let first = read(org.open().as_mut(), Pass::Backfill, None).unwrap();
    assert_eq!((first.total, first.wait), (Some(5_003), Some(Duration::from_secs(1))));
}

#[test]
fn a_job_that_is_not_ready_is_waited_for_longer_and_longer() {
    let org = Org::new().with("bulkFrom", 0);
    org.add("Ada");
    org.world().bulk_looks = 6;
    let mut connector = org.open();
    let (mut cursor, mut waits) = (None, Vec::new());
    loop {
        let batch = read(connector.as_mut(), Pass::Backfill, cursor.as_ref()).unwrap();
        match (batch.next, batch.wait) {
            (Some(next), Some(wait)) => {
                waits.push(wait.as_secs());
                cursor = Some(next);
            }
            (None, None) => break assert_eq!(batch.items.len(), 1),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
}

#[test]
fn an_empty_job_is_an_empty_organisation() {
    let org = Org::new().with("bulkFrom", 0);
    assert!(org.read_afresh(Pass::Backfill).is_empty());
    assert!(org.read_afresh(Pass::Sweep).is_empty());
}

#[test]
fn rule_4_a_job_or_a_locator_that_is_gone_begins_the_pass_anew() {
    let org = Org::new().with("bulkFrom", 0);
    for nth in 0..10 {
        org.add(&format!("P{nth}"));
    }
    org.world().part_rows = 4;
    let lost = |cursor: &Value| {
        let fault = read(org.open().as_mut(), Pass::Backfill, Some(cursor)).unwrap_err();
        assert!(matches!(fault, Fault::Cursor(_)), "{fault:?}");
    };
    let mut connector = org.open();
    let mut cursor = read(connector.as_mut(), Pass::Backfill, None).unwrap().next.unwrap();
    while cursor["at"] == "job" {
        cursor = read(connector.as_mut(), Pass::Backfill, Some(&cursor)).unwrap().next.unwrap();
    }
    let mut wrong = cursor.clone();
    wrong["locator"] = json!("bm9uc2Vuc2U=");
    lost(&wrong);
    // The results have fewer rows than were read.
    wrong = cursor.clone();
    wrong["row"] = json!(100);
    lost(&wrong);
    // Another version of the API may not ask for them: 409.
    wrong = cursor.clone();
    wrong["version"] = json!("60.0");
    lost(&wrong);
    org.world().spoil(On::Results, Bad::ForgottenPlaces);
    lost(&cursor);
    lost(&json!({ "at": "job", "job": cursor["job"], "version": "66.0" }));
}

#[test]
fn a_job_that_fails_or_is_stopped_begins_anew() {
    for (bad, on) in
        [(Bad::FailedJob("InternalServerError: oops"), On::Job), (Bad::AbortedJob, On::Job)]
    {
        let org = Org::new().with("bulkFrom", 0);
        org.add("Ada");
        org.world().spoil(on, bad);
        org.world().bulk_looks = 0;
        let mut connector = org.open();
        let cursor = read(connector.as_mut(), Pass::Backfill, None).unwrap().next.unwrap();
        let fault = read(connector.as_mut(), Pass::Backfill, Some(&cursor)).unwrap_err();
        assert!(matches!(fault, Fault::Cursor(_)), "{fault:?}");
        assert_eq!(org.read(Pass::Backfill).len(), 1);
    }
}

#[test]
fn rule_12_results_that_are_cut_are_never_taken_for_all() {
    for bad in [Bad::Cut, Bad::CutLines(3), Bad::Html, Bad::Gateway] {
        let org = Org::new().with("bulkFrom", 0);
        let all: Vec<String> = (0..10).map(|nth| org.add(&format!("P{nth}"))).collect();
        let cursor = {
            let mut connector = org.open();
            read(connector.as_mut(), Pass::Backfill, None).unwrap().next.unwrap()
        };
        org.world().bulk_looks = 0;
        org.world().spoil(On::Results, bad.clone());
        let mut connector = org.open();
        let fault = read(connector.as_mut(), Pass::Backfill, Some(&cursor)).unwrap_err();
        assert!(matches!(fault, Fault::Transient { .. }), "{bad:?}: {fault:?}");
        let batch = read(connector.as_mut(), Pass::Backfill, Some(&cursor)).unwrap();
        assert_eq!(ids(&batch.items), all, "{bad:?}");
    }
}

#[test]
fn rule_5_deleted_contacts_are_told_in_a_backfill_too() {
    for bulk_from in [0, 2_000] {
        let org = Org::new().with("bulkFrom", bulk_from);
        let (ada, bob, eve) = (org.add("Ada"), org.add("Bob"), org.add("Eve"));
        org.world().merge_contacts(&ada, &bob);
        org.world().delete_contact(&eve);
        let items = org.read(Pass::Backfill);
        assert_eq!(ids(&items), [ada.clone(), bob.clone(), eve.clone()]);
        assert_eq!(
            gone(&items),
            [
                (bob, regulars_source::record::Gone::MergedInto(ada)),
                (eve, regulars_source::record::Gone::Deleted)
            ]
        );
    }
}

#[test]
fn rule_18_a_sweep_has_the_ids_of_those_who_are_there() {
    for bulk_from in [0, 2_000] {
        let org = Org::new().with("bulkFrom", bulk_from);
        let all: Vec<String> = (0..30).map(|nth| org.add(&format!("P{nth}"))).collect();
        org.world().delete_contact(&all[3]);
        org.world().purge_contact(&all[7]);
        org.world().page_rows = 8;
        org.world().part_rows = 9;
        let mut expected = all;
        expected.remove(7);
        expected.remove(3);
        assert_eq!(ids(&org.read_afresh(Pass::Sweep)), expected);
    }
}

#[test]
fn a_column_that_a_job_stumbles_over_is_left_out_of_the_next() {
    let org = Org::new().with("bulkFrom", 0);
    org.add("Ada");
    org.world().spoil(
        On::Job,
        Bad::FailedJob("InvalidBatch : Failed to process query: INVALID_FIELD: No such column 'Title' on entity 'Contact'."),
    );
    org.world().bulk_looks = 0;
    let mut connector = org.open();
    let cursor = read(connector.as_mut(), Pass::Backfill, None).unwrap().next.unwrap();
    read(connector.as_mut(), Pass::Backfill, Some(&cursor)).unwrap_err();
    let cursor = read(connector.as_mut(), Pass::Backfill, None).unwrap().next.unwrap();
    assert_eq!(read(connector.as_mut(), Pass::Backfill, Some(&cursor)).unwrap().items.len(), 1);
    assert_eq!(until_ready(&org, Pass::Backfill)["at"], "job");
}
