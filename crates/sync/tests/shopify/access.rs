//! Logging in, and what a test of the connection says.

use regulars_sync::{
    connector::{Fault, Pass},
    shopify::KIND,
};
use regulars_testkit::fake::shopify::{Bad, Customer, Line, On, Order};
use serde_json::json;

use crate::shop::{Shop, Vault, read};

fn ask(shop: &Shop) -> Result<(), Fault> {
    read(shop.open().as_mut(), "customers", Pass::Backfill, None).map(drop)
}

#[test]
fn an_apps_own_token_is_kept_for_its_day_and_shared() {
    let shop = Shop::new("client_credentials");
    for _ in 0..3 {
        ask(&shop).unwrap();
    }
    assert_eq!((shop.vault.renewals(), shop.fake.world().tokens.asked), (1, 1));
    // Five minutes before its end another one is had.
    shop.fake.world().advance(86_399 - 299);
    ask(&shop).unwrap();
    assert_eq!(shop.vault.renewals(), 2);
}

#[test]
fn a_static_token_is_used_as_it_is() {
    let shop = Shop::new("static");
    ask(&shop).unwrap();
    assert_eq!((shop.vault.renewals(), shop.fake.world().tokens.asked), (0, 0));
    shop.fake.world().uninstall();
    assert!(matches!(ask(&shop), Err(Fault::NeedsAuth(why)) if why.contains("app was removed")));
}

#[test]
fn rule_24_a_refresh_token_is_stored_before_what_came_with_it_is_used() {
    let shop = Shop::new("refresh");
    let mut before = shop.vault.value()["refreshToken"].clone();
    for hour in 1..=5 {
        ask(&shop).unwrap();
        let now = shop.vault.value()["refreshToken"].clone();
        assert_ne!(before, now);
        before = now;
        assert_eq!(shop.vault.renewals(), hour);
        // Within the hour nothing is renewed.
        shop.fake.world().advance(1_800);
        ask(&shop).unwrap();
        shop.fake.world().advance(1_800);
    }
}

#[test]
fn a_rotation_whose_answer_is_lost_is_done_again_with_the_old_one() {
    let shop = Shop::new("refresh");
    let before = shop.vault.value();
    shop.fake.world().go_wrong(On::Token, Bad::Cut);
    assert!(matches!(ask(&shop), Err(Fault::Transient { .. })));
    // Nothing was stored, and the old one is still good.
    assert_eq!(shop.vault.value(), before);
    ask(&shop).unwrap();
    assert_eq!(shop.fake.world().tokens.asked, 2);
    shop.fake.world().advance(3_600);
    ask(&shop).unwrap();
}

#[test]
fn what_another_process_renewed_is_used_and_not_renewed_again() {
    let shop = Shop::new("refresh");
    let (mut first, mut second) = (shop.open(), shop.open());
    for hour in 1..4 {
        read(first.as_mut(), "customers", Pass::Backfill, None).unwrap();
        read(second.as_mut(), "customers", Pass::Backfill, None).unwrap();
        assert_eq!(shop.vault.renewals(), hour);
        shop.fake.world().advance(3_600);
    }
}

#[test]
fn a_login_that_is_not_accepted_says_what_to_do() {
    for (access, words) in
        [("client_credentials", "Dev Dashboard"), ("refresh", "Connect the shop anew")]
    {
        let shop = Shop::new(access);
        shop.fake.world().uninstall();
        let fault = ask(&shop).unwrap_err();
        assert!(matches!(&fault, Fault::NeedsAuth(why) if why.contains(words)), "{fault:?}");
    }
    let mut shop = Shop::new("refresh");
    shop.vault = Vault::new(json!({ "clientSecret": "x" }));
    assert!(matches!(ask(&shop), Err(Fault::NeedsAuth(why)) if why.contains("refreshToken")));
    let shop = Shop::new("client_credentials");
    for (bad, transient) in [(Bad::TooMany(Some("9".to_owned())), false), (Bad::Gateway, true)] {
        shop.fake.world().go_wrong(On::Token, bad);
        let fault = ask(&shop).unwrap_err();
        assert_eq!(matches!(fault, Fault::Transient { .. }), transient, "{fault:?}");
    }
}

#[test]
fn rule_24_no_secret_is_in_what_is_shown() {
    let shop = Shop::new("refresh");
    let connector = regulars_sync::shopify::Shopify::open(shop.opening()).unwrap();
    let before = format!("{connector:?}");
    shop.fake.world().uninstall();
    let shown = format!("{before}{:?}", ask(&shop).unwrap_err());
    for secret in ["clientSecret", "refreshToken"] {
        let secret = shop.vault.value()[secret].as_str().unwrap().to_owned();
        assert!(!shown.contains(&secret), "{shown}");
    }
    let secrets: Vec<&str> =
        KIND.settings.iter().filter(|setting| setting.secret).map(|setting| setting.name).collect();
    assert_eq!(secrets, ["clientSecret", "previousClientSecret", "accessToken", "refreshToken"]);
}

#[test]
fn a_shop_that_is_none_is_not_opened() {
    let wrong = |shop: Shop| matches!((KIND.open)(shop.opening()), Err(Fault::Settings(_)));
    assert!(wrong(Shop::new("static").with("shop", "shop.example.com")));
    assert!(wrong(Shop::new("static").with("version", "2024-01")));
    assert!(wrong(Shop::new("static").with("namespace", "a b")));
    assert!(wrong(Shop::new("static").with("access", "magic")));
}

#[test]
fn a_test_says_in_words_what_is_missing() {
    let shop = Shop::new("client_credentials");
    let tested = shop.open().test().unwrap();
    assert_eq!(tested.account.as_deref(), Some("The Fake Shop"));
    assert_eq!(tested.wrong, [""; 0]);
    assert!(tested.fine.iter().any(|fine| fine.contains("no customers yet")));

    shop.fake.world().add_customers(3);
    let tested = shop.open().test().unwrap();
    assert!(tested.fine.iter().any(|fine| fine.contains("names, e-mail addresses, phone numbers")));

    shop.fake.world().hidden.insert("defaultEmailAddress".to_owned());
    shop.fake.world().scopes.remove("read_all_orders");
    shop.fake.world().scopes.remove("read_customers");
    let tested = shop.open().test().unwrap();
    let wrong = tested.wrong.join("\n");
    // Who may write customers may read them.
    assert!(
        wrong.contains("read_all_orders") && !wrong.contains("scope read_customers,"),
        "{wrong}"
    );
}

#[test]
fn a_test_names_what_is_not_shown() {
    let shop = Shop::new("static");
    shop.fake.world().add_customers(3);
    shop.fake.world().hidden.insert("defaultEmailAddress".to_owned());
    let tested = shop.open().test().unwrap();
    assert!(tested.wrong[0].contains("none of your customers' e-mail addresses"), "{tested:?}");
    let other =
        Shop { settings: shop.settings.clone(), ..shop }.with("shop", "other.myshopify.com");
    let tested = other.open().test().unwrap();
    assert!(tested.wrong[0].contains("belongs to the shop fake.myshopify.com"), "{tested:?}");
    let old = other.with("version", "2030-01");
    assert!(old.open().test().unwrap().wrong.iter().any(|wrong| wrong.contains("enter 2025-10")));
}

#[test]
fn what_may_not_be_read_is_said() {
    let shop = Shop::new("static").with("bulk", false);
    shop.fake.world().add_customer(Customer::named("A", "B", "a@example.com"));
    shop.fake.world().scopes.remove("read_orders");
    let fault = read(shop.open().as_mut(), "orders", Pass::Backfill, None).unwrap_err();
    assert!(matches!(&fault, Fault::Settings(why) if why.contains("read_orders")), "{fault:?}");
    shop.fake.world().scopes.insert("read_orders".to_owned());
    let customer = shop.fake.world().customers().next().map(|(id, _)| id).unwrap();
    shop.fake.world().add_order(Order::of(customer, vec![Line::new("Tea", 1, 250)]));
    shop.fake.world().hidden.insert("Order.customer".to_owned());
    shop.fake.world().hidden_is_denied = true;
    let fault = read(shop.open().as_mut(), "orders", Pass::Backfill, None).unwrap_err();
    assert!(
        matches!(&fault, Fault::Settings(why) if why.contains("whose the orders are")),
        "{fault:?}"
    );
}
