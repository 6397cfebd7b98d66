//! Who is not there any more, and who comes back.

use regulars_source::record::{Body, Gone};
use regulars_sync::connector::{Fault, Pass};
use regulars_testkit::fake::salesforce::{Bad, On};
use serde_json::json;

use crate::org::{Org, gone, ids, read, records};

/// Reads a window up to the log of deletions; the cursor there.
fn at_log(org: &Org, window: Pass) -> serde_json::Value {
    let mut connector = org.open();
    let mut cursor = read(connector.as_mut(), window, None).unwrap().next.unwrap();
    while cursor["at"] != "log" {
        cursor = read(connector.as_mut(), window, Some(&cursor)).unwrap().next.unwrap();
    }
    cursor
}

#[test]
fn rule_17_a_delete_is_told_a_merge_says_into_whom_and_an_undelete_revives() {
    let org = Org::new();
    let (ada, bob, eve) = (org.add("Ada"), org.add("Bob"), org.add("Eve"));
    org.world().pass(7_200);
    org.world().delete_contact(&eve);
    org.world().merge_contacts(&ada, &bob);
    org.world().pass(120);
    let items = org.read_afresh(org.window(60));
    let mut told = gone(&items);
    told.sort_by(|one, other| one.0.cmp(&other.0));
    told.dedup();
    assert_eq!(
        told,
        [(bob, Gone::MergedInto(ada.clone())), (eve.clone(), Gone::Deleted)],
        "what the log says agrees with the rows"
    );
    assert!(ids(&items).contains(&ada), "the one that is kept was changed");
    let deleted = records(&items).iter().find(|record| record.key.id == eve).unwrap().version;

    org.world().pass(3_600);
    org.world().undelete_contact(&eve);
    org.world().pass(120);
    let items = org.read(org.window(30));
    let record = records(&items)[0];
    assert_eq!(record.key.id, eve);
    assert!(matches!(record.body, Body::Customer(_)));
    assert!(record.version.is_newer_than(deleted), "only what is newer than a tombstone revives");
}

#[test]
fn rule_17_merged_person_accounts_redirect_to_the_persons_that_are_kept() {
    let org = Org::new();
    org.world().turn_person_accounts_on();
    let (kept, kept_account) = org.world().add_person(&json!({ "LastName": "Kept" }), &json!({}));
    let (lost, lost_account) = org.world().add_person(&json!({ "LastName": "Lost" }), &json!({}));
    org.world().pass(7_200);
    org.world().merge_persons(&kept_account, &lost_account);
    org.world().pass(120);
    let items = org.read(org.window(60));
    assert!(gone(&items).contains(&(lost, Gone::MergedInto(kept))), "{items:?}");
}

#[test]
fn what_was_purged_is_told_by_the_log_alone() {
    let org = Org::new();
    let (ada, eve) = (org.add("Ada"), org.add("Eve"));
    org.world().pass(7_200);
    org.world().delete_contact(&eve);
    let deleted_at = org.world().now;
    org.world().purge_contact(&eve);
    org.world().pass(120);
    let items = org.read_afresh(org.window(60));
    assert_eq!(gone(&items), [(eve.clone(), Gone::Deleted)]);
    assert_eq!(records(&items)[0].version.updated_at.unwrap().seconds(), deleted_at);
    // The log is of the past: what came back and is there says so itself.
    org.world().undelete_contact(&ada);
    assert!(gone(&org.read(org.window(60))).iter().all(|(id, _)| *id == eve));
}

#[test]
fn rule_4_a_log_that_does_not_reach_back_asks_for_a_sweep_after_the_rows() {
    let org = Org::new();
    let ada = org.add("Ada");
    org.world().pass(3 * 3_600);
    let two_hours_ago = org.world().now - 2 * 3_600;
    org.world().log_begins = Some(two_hours_ago);
    let window = org.window(4 * 60);
    let mut connector = org.open();
    let first = read(connector.as_mut(), window, None).unwrap();
    assert_eq!(ids(&first.items), [ada]);
    let fault = read(connector.as_mut(), window, first.next.as_ref()).unwrap_err();
    assert!(matches!(fault, Fault::LogExpired(_)), "{fault:?}");
    // A window of more than fifteen days is refused by Salesforce itself.
    org.world().log_begins = None;
    let window = org.window(16 * 24 * 60);
    let cursor = at_log(&org, window);
    let fault = read(org.open().as_mut(), window, Some(&cursor)).unwrap_err();
    assert!(matches!(fault, Fault::LogExpired(_)), "{fault:?}");
}

#[test]
fn a_log_that_lags_is_waited_for_and_loses_nothing() {
    let org = Org::new();
    let eve = org.add("Eve");
    org.world().pass(7_200);
    org.world().log_lag = 30 * 60;
    org.world().delete_contact(&eve);
    org.world().purge_contact(&eve);
    org.world().pass(120);
    let window = org.window(60);
    let cursor = at_log(&org, window);
    let batch = read(org.open().as_mut(), window, Some(&cursor)).unwrap();
    assert!(batch.items.is_empty());
    assert_eq!(batch.wait.unwrap().as_secs(), 60);
    let cursor = batch.next.unwrap();
    org.world().pass(30 * 60);
    let batch = read(org.open().as_mut(), window, Some(&cursor)).unwrap();
    assert_eq!(gone(&batch.items), [(eve, Gone::Deleted)]);
    assert_eq!((batch.next, batch.wait), (None, None));
}

#[test]
fn a_log_that_never_catches_up_asks_for_a_sweep() {
    let org = Org::new();
    org.add("Eve");
    org.world().pass(7_200);
    org.world().log_lag = 90 * 60;
    let window = org.window(60);
    let mut cursor = at_log(&org, window);
    cursor["asked"] = json!(30);
    let fault = read(org.open().as_mut(), window, Some(&cursor)).unwrap_err();
    assert!(matches!(fault, Fault::LogExpired(_)), "{fault:?}");
}

#[test]
fn a_log_with_too_many_ids_is_read_in_halves() {
    let org = Org::new();
    let all: Vec<String> = (0..40).map(|nth| org.add(&format!("P{nth}"))).collect();
    org.world().pass(7_200);
    for id in &all {
        org.world().delete_contact(id);
        org.world().purge_contact(id);
        org.world().pass(90);
    }
    org.world().log_ids = 7;
    org.world().pass(120);
    let mut found: Vec<String> =
        gone(&org.read_afresh(org.window(90))).into_iter().map(|(id, _)| id).collect();
    found.sort();
    found.dedup();
    assert_eq!(found, all);
}

#[test]
fn thousands_of_purged_ids_come_in_several_batches() {
    let org = Org::new();
    let all: Vec<String> = (0..2_300).map(|nth| org.add(&format!("P{nth}"))).collect();
    org.world().pass(7_200);
    for id in &all {
        org.world().delete_contact(id);
        org.world().purge_contact(id);
    }
    org.world().pass(120);
    let found: Vec<String> =
        gone(&org.read_afresh(org.window(60))).into_iter().map(|(id, _)| id).collect();
    assert_eq!(found, all);
}

#[test]
fn rule_23_a_log_that_is_busy_is_asked_again() {
    let org = Org::new();
    org.add("Eve");
    org.world().pass(120);
    let window = org.window(60);
    let cursor = at_log(&org, window);
    org.world().spoil(On::Deleted, Bad::Cut);
    let fault = read(org.open().as_mut(), window, Some(&cursor)).unwrap_err();
    assert!(matches!(fault, Fault::Transient { .. }), "{fault:?}");
    assert_eq!(read(org.open().as_mut(), window, Some(&cursor)).unwrap().next, None);
}

#[test]
fn rule_8_contacts_are_read_again_by_id_as_they_are_now() {
    let org = Org::new();
    let all: Vec<String> = (0..250).map(|nth| org.add(&format!("P{nth}"))).collect();
    org.world().delete_contact(&all[1]);
    org.world().purge_contact(&all[2]);
    org.world().merge_contacts(&all[0], &all[3]);
    let mut connector = org.open();
    let items = connector.reread("Contact", &all).unwrap();
    assert_eq!(items.len(), 250);
    let mut told = gone(&items);
    told.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(
        told,
        [
            (all[1].clone(), Gone::Deleted),
            (all[2].clone(), Gone::Deleted),
            (all[3].clone(), Gone::MergedInto(all[0].clone()))
        ]
    );
    let strange = ["' OR Id != '".to_owned(), "003000000000000AAA".to_owned()];
    assert_eq!(gone(&connector.reread("Contact", &strange).unwrap()).len(), 2);
    assert!(connector.reread("Contact", &[]).unwrap().is_empty());
    assert!(matches!(connector.reread("Order", &strange), Err(Fault::Settings(_))));
}
