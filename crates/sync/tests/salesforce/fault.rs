//! What goes wrong at Salesforce.

use std::time::Duration;

use regulars_sync::connector::{Fault, Pass};
use regulars_testkit::fake::salesforce::{Bad, On};

use crate::org::{Org, ids, read};

#[test]
fn rule_23_what_passes_is_tried_again_from_the_same_cursor() {
    for bad in [
        Bad::Gateway,
        Bad::Html,
        Bad::Cut,
        Bad::Status(420),
        Bad::Status(406),
        Bad::Status(503),
        Bad::Error(500, "UNKNOWN_EXCEPTION", "oops"),
        Bad::Error(503, "SERVER_UNAVAILABLE", "busy"),
        Bad::Error(400, "QUERY_TIMEOUT", "Your query request was running for too long."),
    ] {
        for on in [On::Query, On::Page, On::Describe] {
            let org = Org::new();
            let all: Vec<String> = (0..6).map(|nth| org.add(&format!("P{nth}"))).collect();
            org.world().page_rows = 4;
            org.world().pass(120);
            org.world().spoil(on, bad.clone());
            let window = org.window(60);
            let mut connector = org.open();
            let (mut found, mut cursor, mut faults) = (Vec::new(), None, 0);
            loop {
                match read(connector.as_mut(), window, cursor.as_ref()) {
                    Ok(batch) => {
                        found.extend(ids(&batch.items));
                        match batch.next {
                            Some(next) => cursor = Some(next),
                            None => break,
                        }
                    }
                    Err(Fault::Transient { .. }) => faults += 1,
                    Err(other) => panic!("{bad:?}: {other:?}"),
                }
            }
            assert_eq!((found, faults), (all, 1), "{bad:?} {on:?}");
        }
    }
}

#[test]
fn rule_23_a_source_that_wants_to_be_asked_later_says_when() {
    let org = Org::new();
    let date = "Fri, 20 Nov 2026 12:00:40 GMT".to_owned();
    for (words, seconds) in
        [(Some("17".to_owned()), Some(17)), (Some(date), Some(40)), (None, None)]
    {
        org.world().spoil(On::Query, Bad::TooMany(words));
        let fault = read(org.open().as_mut(), Pass::Backfill, None).unwrap_err();
        assert_eq!(fault, Fault::Throttled { after: seconds.map(Duration::from_secs) });
    }
}

#[test]
fn rule_23_a_day_whose_requests_are_used_up_is_waited_for_longer_each_time() {
    let org = Org::new();
    org.add("Ada");
    let mut connector = org.open();
    for minutes in [15, 30, 60, 60] {
        org.world().spoil(
            On::Query,
            Bad::Error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        );
        let fault = read(connector.as_mut(), Pass::Backfill, None).unwrap_err();
        assert_eq!(fault, Fault::Throttled { after: Some(Duration::from_mins(minutes)) });
    }
    assert_eq!(read(connector.as_mut(), Pass::Backfill, None).unwrap().items.len(), 1);
}

#[test]
fn we_stop_politely_and_go_on_when_the_budget_is_back() {
    let org = Org::new().with("stopAtPercent", 50);
    org.add("Ada");
    {
        let mut world = org.world();
        world.requests_a_day = 100;
        world.requests_used = 48;
    }
    let mut connector = org.open();
    let batch = read(connector.as_mut(), Pass::Backfill, None).unwrap();
    assert_eq!(batch.items.len(), 1, "what was begun is finished");
    let mut stopped = || read(connector.as_mut(), Pass::Backfill, None).unwrap_err();
    assert_eq!(stopped(), Fault::Throttled { after: Some(Duration::from_mins(15)) });
    let used = org.world().requests_used;
    org.world().pass(300);
    assert_eq!(stopped(), Fault::Throttled { after: Some(Duration::from_mins(10)) });
    assert_eq!(org.world().requests_used, used, "nothing is asked meanwhile");
    org.world().pass(600);
    assert_eq!(stopped(), Fault::Throttled { after: Some(Duration::from_mins(15)) });
    assert_eq!(org.world().requests_used, used + 1, "one request asks how it stands");
    org.world().pass(900);
    org.world().requests_used = 10;
    assert_eq!(read(connector.as_mut(), Pass::Backfill, None).unwrap().items.len(), 1);
}

#[test]
fn what_no_retry_helps_is_told_in_words() {
    for (bad, words) in [
        (Bad::Error(400, "INVALID_TYPE", "sObject type 'Contact' is not supported."), "View All"),
        (Bad::Error(403, "API_DISABLED_FOR_ORG", "The API is not enabled"), "API Enabled"),
        (Bad::Status(302), "My Domain"),
    ] {
        let org = Org::new();
        org.world().spoil(On::Query, bad);
        match read(org.open().as_mut(), Pass::Backfill, None) {
            Err(Fault::Settings(told)) => assert!(told.contains(words), "{told}"),
            other => panic!("{other:?}"),
        }
    }
    let org = Org::new();
    org.world().spoil(On::Query, Bad::Error(400, "MALFORMED_QUERY", "unexpected token"));
    let fault = read(org.open().as_mut(), Pass::Backfill, None).unwrap_err();
    assert!(matches!(fault, Fault::Schema(_)));
}
