//! What changed since, and what is read again by its id.

use std::{collections::BTreeSet, time::Duration};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use regulars_customer::merge::MergeField;
use regulars_source::record::{Field, Gone, Item};
use regulars_sync::connector::{Fault, Pass};
use regulars_testkit::fake::shopify::{Bad, Customer, Line, On, Order};

use crate::shop::{
    Shop, customer_id, customers, gone, ids, order_id, orders, pass, read, records, since,
};

#[test]
fn rule_3_a_tail_has_what_changed_since_and_nothing_else() {
    let shop = Shop::new("client_credentials");
    shop.fake.world().add_customers(10);
    // Of the same day, and older than the window: it comes along, and is dropped here.
    shop.fake.world().advance(7_200);
    let all = ids(&shop);
    assert!(shop.fake.world().edit_customer(id_of(&all[3]), |one| one.first_name = None));
    let found = customers(&pass(&shop, "customers", since(&shop, 600), true, 0));
    assert_eq!(found.keys().collect::<Vec<_>>(), [&all[3]]);
    assert_eq!(found[&all[3]].fields[&Field::Own(MergeField::Firstname)], None);
}

fn id_of(gid: &str) -> u64 {
    gid.rsplit('/').next().unwrap().parse().unwrap()
}

#[test]
fn rule_3_500_of_one_second_come_once_each_over_all_pages() {
    let shop = Shop::new("static");
    for index in 0..500 {
        let customer = Customer::named("Kim", "K", &format!("k{index}@example.com"));
        shop.fake.world().add_customer(customer);
    }
    let found = customers(&pass(&shop, "customers", since(&shop, 0), true, 0));
    assert_eq!(found.keys().cloned().collect::<Vec<_>>(), ids(&shop));
}

#[test]
fn rule_3_what_the_index_shows_late_is_within_the_next_window() {
    let shop = Shop::new("static");
    shop.fake.world().index_lag = 540;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let connector = shop.open();
    let overlap = connector.streams()[0].overlap;
    assert!(overlap >= Duration::from_mins(10));
    let mut from = shop.now();
    for index in 0..40 {
        shop.fake.world().advance(60);
        shop.fake.world().add_customer(Customer::named(
            "Kim",
            "K",
            &format!("{index}@example.com"),
        ));
        let until = shop.now();
        let window = Pass::Tail { from: from.minus(overlap), until };
        seen.extend(customers(&pass(&shop, "customers", window, false, 0)).into_keys());
        from = until;
    }
    shop.fake.world().advance(600);
    let last = Pass::Tail { from: from.minus(overlap), until: shop.now() };
    seen.extend(customers(&pass(&shop, "customers", last, false, 0)).into_keys());
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ids(&shop));
}

#[test]
fn rule_12_a_filter_that_is_ignored_stops_the_run() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(10);
    shop.fake.world().advance(30 * 86_400);
    shop.fake.world().add_customer(Customer::named("New", "One", "new@example.com"));
    shop.fake.world().go_wrong(On::question("CustomersPage"), Bad::IgnoredFilter);
    let mut connector = shop.open();
    let fault = read(connector.as_mut(), "customers", since(&shop, 600), None);
    assert!(
        matches!(&fault, Err(Fault::Schema(why)) if why.contains("did not filter")),
        "{fault:?}"
    );
    let found = customers(&pass(&shop, "customers", since(&shop, 600), true, 0));
    assert_eq!(found.len(), 1);
}

#[test]
fn rule_4_a_cursor_that_is_void_begins_the_window_anew() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(250);
    let window = since(&shop, 3_600);
    let mut connector = shop.open();
    let first = read(connector.as_mut(), "customers", window, None).unwrap();
    assert!(first.next.is_some());
    shop.fake.world().go_wrong(On::question("CustomersPage"), Bad::InvalidCursor);
    let fault = read(connector.as_mut(), "customers", window, first.next.as_ref());
    assert!(matches!(fault, Err(Fault::Cursor(_))), "{fault:?}");
    assert_eq!(customers(&pass(&shop, "customers", window, true, 0)).len(), 250);
}

#[test]
fn orders_come_by_tail_with_what_became_of_them() {
    let shop = Shop::new("client_credentials");
    let (paid, pending) = {
        let mut world = shop.fake.world();
        let anna = world.add_customer(Customer::named("Anna", "A", "anna@example.com"));
        let paid = world.add_order(Order::of(anna, vec![Line::new("Tea", 2, 250)]));
        let pending = Order {
            status: "PENDING".to_owned(),
            ..Order::of(anna, vec![Line::new("Tea", 1, 250)])
        };
        let pending = world.add_order(pending);
        world.advance(3_600);
        (paid, pending)
    };
    shop.fake.world().refund(paid, 250);
    let found = orders(&pass(&shop, "orders", since(&shop, 600), true, 0));
    assert_eq!(found.keys().collect::<Vec<_>>(), [&order_id(paid)]);
    assert_eq!(found[&order_id(paid)].refunds[0].amount, "2.50");
    shop.fake.world().edit_order(pending, |order| order.status = "PAID".to_owned());
    let found = orders(&pass(&shop, "orders", since(&shop, 600), true, 0));
    assert!(found.contains_key(&order_id(pending)));
    shop.fake.world().cancel(pending);
    let found = orders(&pass(&shop, "orders", since(&shop, 600), true, 0));
    assert!(found[&order_id(pending)].cancelled_at.is_some());
}

#[test]
fn rule_17_what_is_read_again_and_is_not_there_is_gone() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(600);
    let mut all = ids(&shop);
    let deleted = all[300].clone();
    assert!(shop.fake.world().delete_customer(id_of(&deleted)));
    all.push(customer_id(1));
    all.push("gid://shopify/Customer/70640550693037008412345".to_owned());
    let mut connector = shop.open();
    let mut items: Vec<Item> = Vec::new();
    for some in all.chunks(250) {
        items.extend(connector.reread("Customer", some).unwrap());
    }
    assert_eq!(items.len(), 602);
    let lost = gone(&items);
    assert_eq!(lost.len(), 3);
    assert!(lost.iter().all(|(_, gone)| *gone == Gone::Deleted));
    assert!(lost.iter().any(|(id, _)| *id == deleted));
    assert!(records(&items).iter().all(|record| record.version.updated_at.is_some()));
    assert!(matches!(connector.reread("Product", &all), Err(Fault::Settings(_))));
    assert_eq!(connector.reread("Order", &[]).unwrap(), []);
}

#[test]
fn an_order_read_again_has_all_its_lines() {
    let shop = Shop::new("static");
    let ids: Vec<String> = (0..25)
        .map(|index| {
            let lines = (0..=index * 3).map(|_| Line::new("Pin", 1, 100)).collect();
            order_id(shop.fake.world().add_order(Order { lines, ..Order::default() }))
        })
        .collect();
    let found = orders(&shop.open().reread("Order", &ids).unwrap());
    for (index, id) in ids.iter().enumerate() {
        assert_eq!(found[id].lines.len(), index * 3 + 1);
        assert_eq!(found[id].extra, None);
    }
}

#[test]
fn rule_9_what_may_not_be_seen_says_nothing() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(30);
    let one = ids(&shop)[7].clone();
    shop.fake.world().edit_customer(id_of(&one), |one| one.phone = None);
    for denied in [false, true] {
        {
            let mut world = shop.fake.world();
            world.hidden = ["defaultEmailAddress".to_owned(), "defaultAddress".to_owned()].into();
            world.hidden_is_denied = denied;
        }
        let items = shop.open().reread("Customer", std::slice::from_ref(&one)).unwrap();
        let found = &customers(&items)[&one];
        let said = |field| found.fields.get(&Field::Own(field));
        assert_eq!(said(MergeField::Email), None);
        assert_eq!(said(MergeField::City), None);
        assert_eq!(said(MergeField::Firstname), Some(&Some("Kim".to_owned())));
        // Others have a phone number: this one has none any more.
        assert_eq!(said(MergeField::PhoneNumber), Some(&None));
    }
}

#[test]
fn rule_14_a_consent_is_read_in_every_version() {
    for version in ["2025-10", "2026-10"] {
        let shop = Shop::new("static").with("version", version);
        let id = shop.fake.world().add_customer(Customer {
            phone: Some("+491712345678".to_owned()),
            sms_consent: Some((true, 1_795_000_000)),
            email_consent: Some((false, 1_795_000_001)),
            ..Customer::named("Anna", "A", "anna@example.com")
        });
        for pass_of in [Pass::Backfill, since(&shop, 60)] {
            let found = customers(&pass(&shop, "customers", pass_of, true, 0));
            let consents = &found[&customer_id(id)].consents;
            assert_eq!(consents.len(), 2, "{version}");
            assert!(!consents[0].granted && consents[1].granted);
            assert_eq!(consents[1].at.unwrap().seconds(), 1_795_000_000);
        }
    }
}

/// The shop's customers, as a reader knows them who backfills once and then reads window by window what changed, with what it
/// is told of as gone.
#[test]
fn after_quiet_what_was_read_is_what_there_is() {
    for seed in 0..8 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut pick = |below: usize| usize::try_from(random.next_u32()).unwrap() % below.max(1);
        let shop = Shop::new("static");
        shop.fake.world().add_customers(40);
        let mut known = std::collections::BTreeMap::new();
        let overlap = shop.open().streams()[0].overlap;
        let mut from = shop.now();
        known.extend(customers(&pass(&shop, "customers", Pass::Backfill, true, 0)));
        for _ in 0..12 {
            for _ in 0..pick(6) {
                let all = ids(&shop);
                let (one, other) = (id_of(&all[pick(all.len())]), id_of(&all[pick(all.len())]));
                let mut world = shop.fake.world();
                match pick(5) {
                    0 => drop(world.add_customer(Customer::named("New", "N", "new@example.com"))),
                    1 => drop(world.delete_customer(one)),
                    2 => drop(world.merge(one, other)),
                    _ => drop(world.edit_customer(one, |one| {
                        let name = one.first_name.clone().unwrap_or_default();
                        one.first_name = Some(format!("{name}x"));
                    })),
                }
            }
            shop.fake.world().advance(i64::try_from(pick(900)).unwrap());
            let until = shop.now();
            let window = Pass::Tail { from: from.minus(overlap), until };
            known.extend(customers(&pass(&shop, "customers", window, pick(2) == 0, 0)));
            from = until;
        }
        // Whoever is not in a complete sweep is read again, and is gone.
        let swept = customers(&pass(&shop, "customers", Pass::Sweep, true, 0));
        let missing: Vec<String> =
            known.keys().filter(|id| !swept.contains_key(*id)).cloned().collect();
        for (id, _) in gone(&shop.open().reread("Customer", &missing).unwrap()) {
            known.remove(&id);
        }
        let now = customers(&pass(&shop, "customers", Pass::Backfill, false, 0));
        assert_eq!(known, now, "seed {seed}");
    }
}
