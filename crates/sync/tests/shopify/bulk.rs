//! Everything there is: by bulk operations, and page by page.

use regulars_customer::merge::MergeField;
use regulars_source::record::Field;
use regulars_sync::connector::{Fault, Pass};
use regulars_testkit::fake::shopify::{Bad, Customer, Line, On, Order};
use serde_json::json;

use crate::shop::{Shop, customer_id, customers, ids, order_id, orders, pass, read};

#[test]
fn rule_4_a_backfill_goes_on_from_every_cursor() {
    let shop = Shop::new("client_credentials");
    shop.fake.world().add_customers(3_500);
    for anew in [false, true] {
        let found = customers(&pass(&shop, "customers", Pass::Backfill, anew, 0));
        assert_eq!(found.keys().cloned().collect::<Vec<_>>(), ids(&shop));
    }
    let found = customers(&pass(&shop, "customers", Pass::Backfill, false, 0));
    let (id, _) = shop.fake.world().customers().nth(17).map(|(id, one)| (id, one.clone())).unwrap();
    let value = |field| found[&customer_id(id)].fields[&Field::Own(field)].clone();
    assert_eq!(value(MergeField::Email).as_deref(), Some("kim17@example.com"));
    assert_eq!(value(MergeField::PhoneNumber).as_deref(), Some("+493000000017"));
    assert_eq!(value(MergeField::City).as_deref(), Some("Berlin"));
}

#[test]
fn rule_25_a_backfill_says_how_many_there_are_and_what_is_left_of_the_points() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(1_200);
    let mut connector = shop.open();
    let started = read(connector.as_mut(), "customers", Pass::Backfill, None).unwrap();
    assert!(started.wait.is_some() && started.items.is_empty());
    assert!(started.budget.unwrap().ends_with("of 2000 points"));
    let mut next = started.next;
    let mut totals = Vec::new();
    while let Some(cursor) = next {
        let batch = read(connector.as_mut(), "customers", Pass::Backfill, Some(&cursor)).unwrap();
        totals.extend(batch.total);
        next = batch.next;
    }
    assert!(totals.len() >= 2 && totals.iter().all(|total| *total == 1_200), "{totals:?}");
}

#[test]
fn page_by_page_it_is_the_same() {
    let shop = Shop::new("static").with("bulk", false);
    shop.fake.world().add_customers(620);
    let customer = shop.fake.world().customers().next().map(|(id, _)| id).unwrap();
    for index in 0..30 {
        let lines = vec![Line::new("Coffee", 2, 450), Line::new("Cake", 1, 300 + index)];
        shop.fake.world().add_order(Order::of(customer, lines));
    }
    let found = customers(&pass(&shop, "customers", Pass::Backfill, true, 0));
    assert_eq!(found.keys().cloned().collect::<Vec<_>>(), ids(&shop));
    let paged = orders(&pass(&shop, "orders", Pass::Backfill, true, 0));
    let bulk = Shop { settings: shop.settings.clone(), ..shop }.with("bulk", true);
    assert_eq!(paged, orders(&pass(&bulk, "orders", Pass::Backfill, true, 0)));
    assert_eq!(paged.len(), 30);
}

#[test]
fn orders_bring_their_lines_refunds_and_buyer() {
    let shop = Shop::new("client_credentials").with("locations", true).with("products", true);
    let (anna, order) = {
        let mut world = shop.fake.world();
        let anna = world.add_customer(Customer::named("Anna", "A", "anna@example.com"));
        let mut many: Vec<Line> = (0..300).map(|_| Line::new("Pin", 1, 100)).collect();
        many[0].discount = 50;
        let order = world.add_order(Order { shipping: 490, ..Order::of(anna, many) });
        world.refund(order, 1_000);
        let taxed = vec![Line { tax: 101, ..Line::new("Mug", 3, 300) }];
        world.add_order(Order { taxes_included: false, ..Order::of(anna, taxed) });
        let till = vec![Line::new("Tea", 1, 250)];
        world.add_order(Order {
            customer: None,
            source: "pos".to_owned(),
            location: Some(61),
            ..Order::of(anna, till)
        });
        (anna, order)
    };
    for bulk in [true, false] {
        let shop = Shop {
            fake: shop.fake.clone(),
            vault: shop.vault.clone(),
            settings: shop.settings.clone(),
        }
        .with("bulk", bulk);
        let found = orders(&pass(&shop, "orders", Pass::Backfill, true, 0));
        assert_eq!(found.len(), 3);
        let big = &found[&order_id(order)];
        assert_eq!(big.lines.len(), 300);
        assert_eq!(big.lines[0].discount.as_deref(), Some("0.50"));
        assert_eq!(big.lines[0].product.as_deref(), Some("gid://shopify/Product/1"));
        assert_eq!(big.buyer.key.as_ref().unwrap().id, customer_id(anna));
        assert_eq!((big.extra.as_deref(), big.total.as_str()), (Some("4.90"), "304.40"));
        assert_eq!(big.refunds.len(), 1);
        assert_eq!(big.refunds[0].amount, "10.00");
        let till = found.values().find(|order| order.channel.as_deref() == Some("pos:61")).unwrap();
        assert!(!till.online && till.buyer.key.is_none());
    }
}

#[test]
fn an_empty_shop_has_no_file() {
    let shop = Shop::new("static");
    assert_eq!(pass(&shop, "customers", Pass::Backfill, true, 0), []);
    assert_eq!(pass(&shop, "orders", Pass::Backfill, true, 0), []);
    assert_eq!(pass(&shop, "customers", Pass::Sweep, true, 0), []);
}

#[test]
fn rule_18_a_sweep_has_every_id() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(1_300);
    for bulk in [true, false] {
        let shop = Shop {
            settings: shop.settings.clone(),
            fake: shop.fake.clone(),
            vault: shop.vault.clone(),
        }
        .with("bulk", bulk);
        let found = customers(&pass(&shop, "customers", Pass::Sweep, true, 0));
        assert_eq!(found.keys().cloned().collect::<Vec<_>>(), ids(&shop));
        assert!(found.values().all(|customer| customer.fields.is_empty()));
    }
}

#[test]
fn rule_23_a_file_that_breaks_off_again_and_again_is_read_all_the_same() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(400);
    for _ in 0..4 {
        shop.fake.world().go_wrong(On::File, Bad::CutAt(60_000));
    }
    shop.fake.world().go_wrong(On::File, Bad::CutAt(10));
    let found = customers(&pass(&shop, "customers", Pass::Backfill, false, 1));
    assert_eq!(found.len(), 400);
    assert_eq!(shop.fake.world().still_to_go_wrong(), 0);
}

#[test]
fn rule_4_an_expired_file_begins_a_new_operation() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(2_500);
    let mut connector = shop.open();
    let mut cursor = None;
    // Until half of the file is read.
    loop {
        let batch = read(connector.as_mut(), "customers", Pass::Backfill, cursor.as_ref()).unwrap();
        cursor = batch.next;
        if !batch.items.is_empty() {
            break;
        }
    }
    shop.fake.world().expire_files();
    let mut connector = shop.open();
    let mut items = Vec::new();
    while let Some(at) = &cursor {
        let batch = read(connector.as_mut(), "customers", Pass::Backfill, Some(at)).unwrap();
        items.extend(batch.items);
        cursor = batch.next;
    }
    assert_eq!(customers(&items).len(), 2_500);
    // The signed address alone may be void, too.
    shop.fake.world().go_wrong(On::File, Bad::ExpiredUrl);
    assert_eq!(customers(&pass(&shop, "customers", Pass::Backfill, true, 0)).len(), 2_500);
}

#[test]
fn of_an_operation_that_failed_the_part_is_read_and_all_begins_anew() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(50);
    shop.fake.world().go_wrong(On::question("BulkRun"), Bad::FailedBulk(Some(20)));
    let items = pass(&shop, "customers", Pass::Backfill, true, 0);
    assert_eq!(items.len(), 70);
    // Without a part, and again and again: page by page.
    for _ in 0..3 {
        shop.fake.world().go_wrong(On::question("BulkRun"), Bad::FailedBulk(None));
    }
    let found = customers(&pass(&shop, "customers", Pass::Backfill, true, 0));
    assert_eq!(found.len(), 50);
    assert!(shop.fake.world().questions.iter().any(|name| name == "CustomersPage"));
}

#[test]
fn an_operation_that_may_not_read_says_what_is_missing() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(5);
    shop.fake.world().go_wrong(On::question("BulkRun"), Bad::DeniedBulk);
    let mut connector = shop.open();
    let mut cursor = None;
    let fault = loop {
        match read(connector.as_mut(), "customers", Pass::Backfill, cursor.as_ref()) {
            Ok(batch) => cursor = batch.next,
            Err(fault) => break fault,
        }
    };
    assert!(matches!(&fault, Fault::Settings(why) if why.contains("protected customer data")));
}

#[test]
fn where_another_operation_is_in_the_way_one_waits() {
    let shop = Shop::new("static").with("version", "2025-10");
    shop.fake.world().add_customers(5);
    shop.fake.world().bulk_looks = 3;
    let (mut first, mut second) = (shop.open(), shop.open());
    let running = read(first.as_mut(), "customers", Pass::Backfill, None).unwrap();
    let waiting = read(second.as_mut(), "customers", Pass::Backfill, None).unwrap();
    assert_eq!(waiting.next, Some(json!({ "start": 0 })));
    assert!(waiting.wait.is_some());
    let mut next = running.next;
    while let Some(cursor) = next {
        next = read(first.as_mut(), "customers", Pass::Backfill, Some(&cursor)).unwrap().next;
    }
    let started =
        read(second.as_mut(), "customers", Pass::Backfill, waiting.next.as_ref()).unwrap();
    assert!(started.next.unwrap().get("running").is_some());
}

#[test]
fn a_cursor_that_is_none_is_refused() {
    let shop = Shop::new("static");
    let mut connector = shop.open();
    let fault = read(connector.as_mut(), "customers", Pass::Backfill, Some(&json!({ "x": 1 })));
    assert!(matches!(fault, Err(Fault::Cursor(_))));
}
