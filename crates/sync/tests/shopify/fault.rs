//! What goes wrong on the way.

use std::time::{Duration, Instant};

use regulars_sync::connector::{Fault, Pass};
use regulars_testkit::fake::shopify::{Bad, On};

use crate::shop::{Shop, customers, ids, pass, read, since};

fn paged(count: u64) -> Shop {
    let shop = Shop::new("client_credentials").with("bulk", false);
    shop.fake.world().add_customers(count);
    shop
}

fn fault_of(shop: &Shop, bad: Bad) -> Fault {
    let mut connector = shop.open();
    shop.fake.world().go_wrong(On::question("CustomersPage"), bad);
    let fault = read(connector.as_mut(), "customers", Pass::Backfill, None).unwrap_err();
    // And the next try goes well.
    read(connector.as_mut(), "customers", Pass::Backfill, None).unwrap();
    assert_eq!(shop.fake.world().still_to_go_wrong(), 0);
    fault
}

#[test]
fn rule_23_too_many_is_said_in_seconds_as_a_date_or_not() {
    let shop = paged(5);
    let after = |words: Option<&str>| match fault_of(&shop, Bad::TooMany(words.map(str::to_owned)))
    {
        Fault::Throttled { after } => after,
        other => panic!("{other:?}"),
    };
    assert_eq!(after(Some("7")), Some(Duration::from_secs(7)));
    // The shop's clock stands at 12:00.
    assert_eq!(after(Some("Fri, 20 Nov 2026 12:00:30 GMT")), Some(Duration::from_secs(30)));
    assert_eq!(after(None), None);
}

#[test]
fn rule_23_throttled_comes_as_200_and_waits_for_the_points() {
    let shop = paged(5);
    shop.fake.world().go_wrong(On::question("CustomersPage"), Bad::Throttled { with_status: true });
    let began = Instant::now();
    let found = customers(&pass(&shop, "customers", Pass::Backfill, true, 0));
    assert_eq!(found.len(), 5);
    // About 700 points, of which 2000 come back each second.
    assert!(began.elapsed() > Duration::from_millis(250), "{:?}", began.elapsed());
    let fault = fault_of(&shop, Bad::Throttled { with_status: false });
    assert_eq!(fault, Fault::Throttled { after: None });
}

#[test]
fn rule_23_where_points_come_back_slowly_the_run_waits_and_not_the_connector() {
    let shop = paged(5);
    shop.fake.world().restore_rate = 10;
    let mut connector = shop.open();
    let began = Instant::now();
    shop.fake.world().spend(2_000);
    let fault = read(connector.as_mut(), "customers", Pass::Backfill, None).unwrap_err();
    let Fault::Throttled { after: Some(after) } = fault else { panic!("{fault:?}") };
    assert!(after > Duration::from_mins(1), "{after:?}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn rule_23_what_costs_too_much_is_asked_for_in_smaller_pieces() {
    let shop = paged(300);
    shop.fake.world().go_wrong(On::question("CustomersPage"), Bad::TooCostly);
    let found = customers(&pass(&shop, "customers", Pass::Backfill, false, 0));
    assert_eq!(found.keys().cloned().collect::<Vec<_>>(), ids(&shop));
}

#[test]
fn rule_23_what_passes_is_tried_again_and_what_does_not_is_not() {
    let shop = paged(5);
    let transient = |bad| matches!(fault_of(&shop, bad), Fault::Transient { .. });
    assert!(transient(Bad::Gateway));
    assert!(transient(Bad::Html));
    assert!(transient(Bad::Cut));
    assert!(transient(Bad::InternalError));
    assert!(transient(Bad::Status(503)));
    for status in [402, 403, 404, 423, 301] {
        let fault = fault_of(&shop, Bad::Status(status));
        assert!(matches!(fault, Fault::Settings(_)), "{status}: {fault:?}");
    }
}

#[test]
fn rule_23_a_token_that_is_void_amid_the_pages_is_replaced_once() {
    let shop = paged(450);
    let mut connector = shop.open();
    let window = since(&shop, 3_600);
    let first = read(connector.as_mut(), "customers", window, None).unwrap();
    assert_eq!(shop.vault.renewals(), 1);
    shop.fake.world().go_wrong(On::question("CustomersPage"), Bad::Unauthorized);
    let second = read(connector.as_mut(), "customers", window, first.next.as_ref()).unwrap();
    assert_eq!(second.items.len(), 100);
    assert_eq!(shop.vault.renewals(), 2);
    // Twice is no accident.
    for _ in 0..2 {
        shop.fake.world().go_wrong(On::question("CustomersPage"), Bad::Unauthorized);
    }
    let fault = read(connector.as_mut(), "customers", window, second.next.as_ref()).unwrap_err();
    assert!(matches!(fault, Fault::NeedsAuth(_)), "{fault:?}");
}
