//! What goes back to the shop, and what the shop tells of by itself.

use regulars_source::record::{Gone, RecordKey};
use regulars_sync::{
    connector::{WriteBack, Written},
    shopify::{
        subscribe,
        webhook::{Notice, Secrets, Told, take},
    },
};
use regulars_testkit::fake::shopify::{Bad, Customer, Hook, Line, On, Order};

use crate::shop::{Shop, customer_id, customers, gone, ids, pass, since};

const CALLBACK: &str = "https://regulars.example.com/hooks/shopify/1";

fn change(id: &str, points: i64) -> WriteBack {
    WriteBack {
        key: RecordKey::new("Customer", id),
        person: 7,
        points,
        lifetime: points + 1,
        loyalty_id: Some("12345678901237".to_owned()),
    }
}

#[test]
fn rule_20_points_are_written_and_whom_it_cannot_be_keeps_back_nobody() {
    let shop = Shop::new("client_credentials");
    shop.fake.world().add_customers(24);
    let mut changes: Vec<WriteBack> =
        ids(&shop).iter().zip(0..).map(|(id, points)| change(id, points)).collect();
    changes.insert(11, change(&customer_id(1), 5));
    let written = shop.open().write_back(&changes).unwrap();
    assert_eq!(written.len(), 25);
    for (index, one) in written.iter().enumerate() {
        match one {
            Written::Done => assert_ne!(index, 11),
            Written::Refused { code, message } => {
                assert_eq!((index, code.as_str()), (11, "invalid"));
                assert!(message.contains("Owner does not exist"));
            }
            Written::Later => panic!("{index}"),
        }
    }
    let world = shop.fake.world();
    for ((_, customer), points) in world.customers().zip(0_i64..) {
        let field = |key: &str| &customer.metafields[&("regulars".to_owned(), key.to_owned())];
        assert_eq!(field("points"), &("number_integer".to_owned(), points.to_string()));
        assert_eq!(field("lifetime_points").1, (points + 1).to_string());
    }
}

#[test]
fn rule_20_what_is_written_twice_is_written_once() {
    let shop = Shop::new("static").with("namespace", "$app:loyalty");
    shop.fake.world().add_customers(1);
    subscribe(shop.opening(), CALLBACK).unwrap();
    let id = ids(&shop)[0].clone();
    let mut connector = shop.open();
    shop.fake.world().advance(100);
    assert_eq!(connector.write_back(&[change(&id, 3)]).unwrap(), [Written::Done]);
    assert!(!shop.fake.world().take_hooks().is_empty());
    shop.fake.world().advance(100);
    assert_eq!(connector.write_back(&[change(&id, 3)]).unwrap(), [Written::Done]);
    assert_eq!(shop.fake.world().take_hooks().len(), 0);
    // What comes back names whom we know.
    let found = customers(&pass(&shop, "customers", since(&shop, 600), true, 0));
    assert_eq!(found[&id].own_id.as_deref(), Some("12345678901237"));
    assert_eq!(connector.write_back(&[]).unwrap(), []);
}

#[test]
fn subscriptions_are_made_once_and_again_where_they_were_removed() {
    let shop = Shop::new("static");
    shop.fake.world().scopes.remove("read_customer_merge");
    let first = subscribe(shop.opening(), CALLBACK).unwrap();
    assert_eq!((first.kept.len(), first.created.len()), (0, 18));
    assert_eq!(first.refused.len(), 1);
    assert_eq!(first.refused[0].0, "CUSTOMERS_MERGE");
    shop.fake.world().scopes.insert("read_customer_merge".to_owned());
    shop.fake.world().drop_subscription("orders/paid");
    let second = subscribe(shop.opening(), CALLBACK).unwrap();
    assert_eq!(second.created, ["CUSTOMERS_MERGE", "ORDERS_PAID"]);
    assert_eq!((second.kept.len(), second.refused.len()), (17, 0));
    let third = subscribe(shop.opening(), CALLBACK).unwrap();
    assert_eq!((third.kept.len(), third.created.len()), (19, 0));
    let wrong = subscribe(shop.opening(), "http://regulars.example.com/").unwrap();
    assert_eq!(wrong.refused.len(), 19);
}

fn understand(shop: &Shop, hook: &Hook) -> Notice {
    let secret = shop.vault.value()["clientSecret"].as_str().unwrap().to_owned();
    let secrets = Secrets::new(&secret, None);
    take(&secrets, |name| hook.header(name), &hook.body).unwrap()
}

#[test]
fn deliveries_name_what_is_to_be_read_again() {
    let shop = Shop::new("static");
    subscribe(shop.opening(), CALLBACK).unwrap();
    let (anna, ben, order) = {
        let mut world = shop.fake.world();
        let anna = world.add_customer(Customer::named("Anna", "A", "anna@example.com"));
        let ben = world.add_customer(Customer::named("Ben", "B", "ben@example.com"));
        let order = world.add_order(Order::of(ben, vec![Line::new("Tea", 1, 250)]));
        world.refund(order, 100);
        assert!(!world.delete_customer(ben), "who has an order is never deleted");
        assert!(world.merge(anna, ben));
        world.redact(anna);
        (anna, ben, order)
    };
    let hooks = shop.fake.world().take_hooks();
    let notices: Vec<Notice> = hooks.iter().map(|hook| understand(&shop, hook)).collect();
    let keys: std::collections::BTreeSet<&str> =
        notices.iter().map(|notice| notice.key.as_str()).collect();
    assert_eq!(keys.len(), notices.len());
    let reread = |object, id: String| Told::Reread { object, ids: vec![id] };
    let told: Vec<&Told> = notices.iter().map(|notice| &notice.told).collect();
    let order_id = format!("gid://shopify/Order/{order}");
    assert!(told.contains(&&reread("Customer", customer_id(anna))));
    assert!(told.contains(&&reread("Order", order_id.clone())));
    assert!(told.contains(&&Told::Merged { kept: customer_id(anna), deleted: customer_id(ben) }));
    let redact = Told::RedactCustomer { id: customer_id(anna), orders: vec![order_id] };
    assert!(told.contains(&&redact));
    let merged = notices.iter().find(|notice| matches!(notice.told, Told::Merged { .. })).unwrap();
    let items = merged.items(shop.now());
    assert_eq!(gone(&items), [(customer_id(ben), Gone::MergedInto(customer_id(anna)))]);
    // A changed byte is a forgery.
    let mut forged = hooks[0].clone();
    forged.body[0] ^= 1;
    let secrets = Secrets::new(shop.vault.value()["clientSecret"].as_str().unwrap(), None);
    assert!(take(&secrets, |name| forged.header(name), &forged.body).is_err());
}

#[test]
fn the_end_of_a_bulk_operation_is_told() {
    let shop = Shop::new("static");
    subscribe(shop.opening(), CALLBACK).unwrap();
    shop.fake.world().add_customers(2);
    pass(&shop, "customers", regulars_sync::connector::Pass::Backfill, true, 0);
    let hooks = shop.fake.world().take_hooks();
    let told = understand(&shop, hooks.last().unwrap()).told;
    assert!(
        matches!(told, Told::BulkFinished { id } if id.starts_with("gid://shopify/BulkOperation/"))
    );
    // What is sent back later is no reason to give up.
    shop.fake.world().go_wrong(On::question("MetafieldsSet"), Bad::TooMany(None));
    let id = ids(&shop)[0].clone();
    assert!(shop.open().write_back(&[change(&id, 1)]).is_err());
    assert_eq!(shop.open().write_back(&[change(&id, 1)]).unwrap(), [Written::Done]);
}
