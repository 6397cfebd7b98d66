//! Logging in, and what becomes of a session.

use std::thread;

use regulars_sync::connector::{Fault, Pass};
use regulars_testkit::fake::salesforce::{Bad, On};
use serde_json::json;

use crate::org::{Org, ids, read};

#[test]
fn both_ways_in_give_a_session_that_is_kept() {
    for flow in ["clientCredentials", "jwtBearer"] {
        let org = Org::by(flow);
        let ada = org.add("Ada");
        assert_eq!(ids(&org.read(Pass::Backfill)), [ada.as_str()], "{flow}");
        assert_eq!(org.world().logins, 1);
        assert!(org.vault.value()["accessToken"].is_string());
        // The next process goes on with it.
        org.read(Pass::Backfill);
        assert_eq!(org.world().logins, 1, "{flow}");
    }
}

#[test]
fn rule_23_a_session_that_ends_between_pages_costs_one_login_and_no_row() {
    let org = Org::new();
    let all: Vec<String> = (0..10).map(|nth| org.add(&format!("P{nth}"))).collect();
    org.world().page_rows = 4;
    org.world().pass(120);
    org.world().spoil(On::Page, Bad::SessionEnds);
    assert_eq!(ids(&org.read(org.window(60))), all);
    assert_eq!(org.world().logins, 2);
    assert_eq!(org.vault.renewals(), 2);
    assert_eq!(org.world().to_go_wrong(), 0);
}

#[test]
fn rule_23_two_that_find_the_session_ended_log_in_once() {
    let org = Org::new();
    org.add("Ada");
    org.read(Pass::Backfill);
    // Both hold the session in memory.
    let mut both = [org.open(), org.open()];
    for connector in &mut both {
        read(connector.as_mut(), Pass::Backfill, None).unwrap();
    }
    org.world().end_sessions();
    thread::scope(|scope| {
        for connector in &mut both {
            scope.spawn(move || read(connector.as_mut(), Pass::Backfill, None).unwrap());
        }
    });
    assert_eq!(org.world().logins, 2);
}

#[test]
fn rule_23_a_session_that_is_refused_twice_needs_somebody() {
    let org = Org::new();
    for _ in 0..2 {
        org.world().spoil(On::Query, Bad::Error(401, "INVALID_SESSION_ID", "Session expired"));
    }
    let mut connector = org.open();
    assert!(matches!(read(connector.as_mut(), Pass::Backfill, None), Err(Fault::NeedsAuth(_))));
}

#[test]
fn the_answer_to_a_login_that_is_lost_is_asked_for_again() {
    let org = Org::new();
    let ada = org.add("Ada");
    org.world().spoil(On::Login, Bad::Cut);
    let mut connector = org.open();
    assert!(matches!(read(connector.as_mut(), Pass::Backfill, None), Err(Fault::Transient { .. })));
    assert_eq!(org.vault.renewals(), 0);
    let batch = read(connector.as_mut(), Pass::Backfill, None).unwrap();
    assert_eq!(ids(&batch.items), [ada]);
}

/// What a merchant is told.
fn told(org: &Org) -> String {
    match org.open().test() {
        Err(Fault::NeedsAuth(told)) => told,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_with_the_way_in_is_told_with_the_way_out() {
    let org = Org::new();
    org.vault.set("clientSecret", json!("wrong"));
    assert!(told(&org).contains("consumer key or secret"));
    org.vault.set("clientSecret", json!(""));
    assert!(told(&org).contains("missing"));

    let org = Org::new();
    org.world().has_run_as_user = false;
    assert!(told(&org).contains("run-as user"));

    let org = Org::by("jwtBearer");
    org.world().is_approved = false;
    assert!(told(&org).contains("pre-authorized"));
    org.world().is_approved = true;
    org.world().audience = "https://test.salesforce.com".to_owned();
    assert!(told(&org).contains("audience"));

    let org = Org::by("jwtBearer");
    org.vault
        .set("privateKey", json!("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"));
    assert!(told(&org).contains("private key cannot be read"));
    let told = format!("{:?}", org.open().test());
    assert!(!told.contains("AAAA"), "no secret is ever told");
}

#[test]
fn a_key_of_another_certificate_is_told() {
    let org = Org::by("jwtBearer");
    org.vault.set("privateKey", json!(ANOTHER_KEY));
    assert!(told(&org).contains("that of the certificate"));
}

/// A key that nobody's certificate has, in the older of the two forms.
const ANOTHER_KEY: &str = include_str!("another-key.pem");

#[test]
fn rule_23_a_busy_login_is_tried_again() {
    let org = Org::new();
    org.world().spoil(On::Login, Bad::Gateway);
    org.world().spoil(On::Login, Bad::TooMany(Some("7".to_owned())));
    let mut connector = org.open();
    let mut fault = || read(connector.as_mut(), Pass::Backfill, None).unwrap_err();
    assert!(matches!(fault(), Fault::Transient { .. }));
    assert!(matches!(fault(), Fault::Throttled { after: Some(after) } if after.as_secs() == 7));
}
