use regulars_source::record::{Body, Record};

use super::*;

const SECRET: &str = "shpss_0123456789abcdef";

fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

fn deliver(topic: &str, body: &str) -> Result<Notice, Refusal> {
    let signature = sign(SECRET, body.as_bytes());
    let header = |name: &str| match name {
        "x-shopify-hmac-sha256" => Some(signature.as_str()),
        "x-shopify-topic" => Some(topic),
        "x-shopify-shop-domain" => Some("My-Shop.myshopify.com"),
        "x-shopify-webhook-id" => Some("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"),
        "x-shopify-triggered-at" => Some("2026-11-01T00:00:00.123456789Z"),
        _ => None,
    };
    take(&Secrets::new(SECRET, None), header, body.as_bytes())
}

fn told(topic: &str, body: &str) -> Told {
    deliver(topic, body).unwrap().told
}

fn customer(id: &str) -> String {
    format!("gid://shopify/Customer/{id}")
}

#[test]
fn rule_24_only_what_shopify_signed_is_taken() {
    let body = br#"{"id":1}"#;
    let secrets = Secrets::new(SECRET, Some("shpss_before"));
    // Both secrets count, while the old one still signs.
    assert!(secrets.signed(body, &sign(SECRET, body)));
    assert!(secrets.signed(body, &sign("shpss_before", body)));
    assert!(!secrets.signed(body, &sign("shpss_other", body)));
    // One byte more or less, hexadecimal digits, nothing.
    assert!(!secrets.signed(br#"{"id":1} "#, &sign(SECRET, body)));
    let hex = hex::encode(STANDARD.decode(sign(SECRET, body)).unwrap());
    assert!(!secrets.signed(body, &hex));
    assert!(!secrets.signed(body, ""));
    let half = STANDARD.encode(&STANDARD.decode(sign(SECRET, body)).unwrap()[..16]);
    assert!(!secrets.signed(body, &half));
    // Without a secret nobody signs, not even with an empty one.
    assert!(!Secrets::new("", Some("")).signed(body, &sign("", body)));
    assert_eq!(format!("{secrets:?}"), "Secrets(2)");
}

#[test]
fn a_signature_of_another_maker_is_the_same() {
    // OpenSSL: printf '{"id":1}' | openssl dgst -sha256 -hmac hush -binary | base64
    let signature = "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=";
    assert!(Secrets::new("hush", None).signed(br#"{"id":1}"#, signature));
}

#[test]
fn the_headers_say_what_it_is() {
    let notice = deliver("customers/update", r#"{"id":706405506930370084}"#).unwrap();
    assert_eq!(notice.key, "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043");
    assert_eq!(notice.shop, "my-shop.myshopify.com");
    assert_eq!(notice.at.map(Timestamp::micros), Some(1_793_491_200_123_456));
    let body = b"{}";
    let signature = sign(SECRET, body);
    let secrets = Secrets::new(SECRET, None);
    let bare = |name: &str| (name == "x-shopify-hmac-sha256").then_some(signature.as_str());
    assert_eq!(take(&secrets, bare, body), Err(Refusal::Headers));
    assert_eq!(take(&secrets, |_| None, body), Err(Refusal::Signature));
}

#[test]
fn customers_are_read_again() {
    let want = |id: &str| Told::Reread { object: "Customer", ids: vec![customer(id)] };
    // Longer than any number of JavaScript's, and than any of ours.
    let long = "70640550693037008412345";
    assert_eq!(told("customers/update", &format!(r#"{{"id":{long},"tags":null}}"#)), want(long));
    let gid = r#"{"id":1,"admin_graphql_api_id":"gid://shopify/Customer/7"}"#;
    assert_eq!(told("customers/create", gid), want("7"));
    let summary = r#"{"customerId":"gid://shopify/Customer/7","numberOfOrders":2}"#;
    assert_eq!(told("customers/purchasing_summary", summary), want("7"));
    assert_eq!(told("customer.tags_added", summary), want("7"));
    let consent = r#"{"customer_id":7,"email_address":"a@example.com"}"#;
    assert_eq!(told("customers_email_marketing_consent/update", consent), want("7"));
    assert_eq!(told("customers_marketing_consent/update", r#"{"id":7}"#), want("7"));
}

#[test]
fn rule_17_deletes_and_merges_are_records_of_their_own() {
    let notice = deliver("customers/delete", r#"{"id":7}"#).unwrap();
    assert_eq!(notice.told, Told::Gone { object: "Customer", id: customer("7") });
    let now = Timestamp::from_seconds(0);
    let Item::Record(Record { key, version, body }) = &notice.items(now)[0] else { panic!() };
    assert_eq!(key.id, customer("7"));
    assert_eq!(version.updated_at, notice.at);
    assert_eq!(*body, Body::Gone(Gone::Deleted));

    let merge = |status: &str, errors: &str| {
        deliver(
            "customers/merge",
            &format!(
                r#"{{"admin_graphql_api_customer_kept_id":"gid://shopify/Customer/1",
                "admin_graphql_api_customer_deleted_id":"gid://shopify/Customer/2",
                "admin_graphql_api_job_id":null,"status":"{status}","errors":{errors}}}"#
            ),
        )
        .unwrap()
    };
    let done = merge("completed", "[]");
    assert_eq!(done.told, Told::Merged { kept: customer("1"), deleted: customer("2") });
    let Item::Record(Record { key, body, .. }) = &done.items(now)[0] else { panic!() };
    assert_eq!(key.id, customer("2"));
    assert_eq!(*body, Body::Gone(Gone::MergedInto(customer("1"))));
    let error = r#"[{"customer_ids":[1],"field":"merge_in_progress","message":"no"}]"#;
    for failed in [merge("failed", error), merge("completed", error), merge("in_progress", "[]")] {
        assert_eq!(failed.told, Told::Nothing);
        assert_eq!(failed.items(now), []);
    }
}

#[test]
fn orders_are_read_again() {
    let want = Told::Reread { object: "Order", ids: vec!["gid://shopify/Order/9".to_owned()] };
    assert_eq!(told("orders/paid", r#"{"id":9,"customer":{"id":1}}"#), want);
    assert_eq!(told("orders/edited", r#"{"order_edit":{"id":1,"order_id":9}}"#), want);
    assert_eq!(told("refunds/create", r#"{"id":1,"order_id":9}"#), want);
    let gone = Told::Gone { object: "Order", id: "gid://shopify/Order/9".to_owned() };
    assert_eq!(told("orders/delete", r#"{"id":9}"#), gone);
}

#[test]
fn rule_19_privacy_requests_are_understood() {
    let redact = r#"{"shop_id":1,"shop_domain":"x","customer":{"id":7,"email":"a@example.com","phone":"1"},
        "orders_to_redact":[299938,280263]}"#;
    let orders = ["299938", "280263"].map(|id| format!("gid://shopify/Order/{id}")).to_vec();
    assert_eq!(
        told("customers/redact", redact),
        Told::RedactCustomer { id: customer("7"), orders }
    );
    let request =
        r#"{"shop_id":1,"orders_requested":[1],"customer":{"id":7},"data_request":{"id":9999}}"#;
    let want = Told::DataRequest { id: customer("7"), request: Some("9999".to_owned()) };
    assert_eq!(told("customers/data_request", request), want);
    assert_eq!(told("shop/redact", r#"{"shop_id":1}"#), Told::RedactShop);
    assert_eq!(told("app/uninstalled", "{}"), Told::Uninstalled);
    let finished =
        r#"{"admin_graphql_api_id":"gid://shopify/BulkOperation/3","status":"completed"}"#;
    let id = "gid://shopify/BulkOperation/3".to_owned();
    assert_eq!(told("bulk_operations/finish", finished), Told::BulkFinished { id });
    assert_eq!(told("products/update", "anything"), Told::Nothing);
}

#[test]
fn rule_12_a_body_that_is_none_is_kept_apart() {
    for body in ["", "[]", "{}", r#"{"id":null}"#, r#"{"id":"../etc"}"#, r#"{"id":1.5}"#, "\u{0}"] {
        assert_eq!(deliver("customers/update", body), Err(Refusal::Body), "{body}");
    }
    assert_eq!(deliver("refunds/create", r#"{"id":1}"#), Err(Refusal::Body));
}
