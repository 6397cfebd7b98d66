use regulars_customer::{ConsentChannel, merge::MergeField};
use regulars_kernel::Timestamp;
use regulars_merchant::EntitySource;
use regulars_source::record::{
    Body, CustomerRecord, Field, Gone, OrderRecord, Record, RecordConsent, RecordKey, SourceVersion,
};
use serde_json::{Value, json};

use super::*;

const NOON: Timestamp = Timestamp::from_micros(1_795_780_800_000_000);

fn items(body: &str) -> Vec<Item> {
    parse(body.as_bytes()).unwrap().items.into_iter().map(|pushed| pushed.item).collect()
}

fn record(body: &str) -> Record {
    match items(body).pop().unwrap() {
        Item::Record(record) => record,
        Item::Bad(bad) => panic!("{bad:?}"),
    }
}

fn bad(body: &str) -> BadRecord {
    match items(body).pop().unwrap() {
        Item::Record(record) => panic!("{record:?}"),
        Item::Bad(bad) => bad,
    }
}

fn customer(data: &Value) -> CustomerRecord {
    let mut data = data.clone();
    data["sourceId"] = json!("c-1");
    let body = json!({"type": "customer.upsert", "data": data}).to_string();
    match record(&body).body {
        Body::Customer(customer) => *customer,
        body => panic!("{body:?}"),
    }
}

fn wrong(data: &Value) -> (String, String) {
    let mut data = data.clone();
    data["sourceId"] = json!("c-1");
    let bad = bad(&json!({"type": "customer.upsert", "data": data}).to_string());
    assert_eq!(bad.reference, "c-1");
    (bad.code, bad.path.unwrap())
}

#[test]
fn rule_9_absent_null_and_value_are_three_things() {
    let customer = customer(
        &json!({"firstname": "Ada", "city": null, "zipCode": "", "extraInfo": {"vip": null}}),
    );
    let own = |field| customer.fields.get(&Field::Own(field)).map(Option::as_deref);
    assert_eq!(own(MergeField::Firstname), Some(Some("Ada")));
    assert_eq!(own(MergeField::City), Some(None));
    assert_eq!(own(MergeField::ZipCode), Some(None));
    assert_eq!(own(MergeField::Lastname), None);
    assert_eq!(customer.fields[&Field::Extra("vip".to_owned())], None);
    assert_eq!(customer.cards, None);
}

#[test]
fn a_customer_has_the_names_of_the_api() {
    let customer = customer(&json!({
        "email": "ada@example.com", "firstname": "Ada", "lastname": "Lovelace", "phoneNumber": "0171 2345",
        "birthday": "2000-02-29", "gender": "female", "country": "de", "city": "Bonn", "street": "Ring 1",
        "zipCode": "01067", "picture": "https://example.com/a.png", "numOfOrderDiscountsAllowed": 2,
        "extraInfo": {"tags": ["b", "a"], "size": {"z": 1, "a": null}}, "cards": ["00012345678"],
        "loyaltyId": "12345678901234", "emailVerified": true, "createdAt": "2020-01-01T00:00",
        "consents": [{"channel": "email", "granted": false, "decidedAt": "2026-11-27T12:00:00Z"}, {"channel": "SMS", "granted": true}]
    }));
    let fields: Vec<_> = customer
        .fields
        .iter()
        .map(|(field, value)| (field.name(), value.as_deref().unwrap()))
        .collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(
        fields,
        [
            ("email", "ada@example.com"),
            ("firstname", "Ada"),
            ("lastname", "Lovelace"),
            ("phoneNumber", "0171 2345"),
            ("birthday", "2000-02-29"),
            ("gender", "FEMALE"),
            ("country", "DE"),
            ("city", "Bonn"),
            ("street", "Ring 1"),
            ("zipCode", "01067"),
            ("picture", "https://example.com/a.png"),
            ("numOfOrderDiscountsAllowed", "2"),
            ("extraInfo.size", r#"{"a":null,"z":1}"#),
            ("extraInfo.tags", r#"["b","a"]"#),
        ]
    );
    assert!(customer.email_verified);
    assert_eq!(customer.cards, Some(vec!["00012345678".to_owned()]));
    assert_eq!(customer.own_id.as_deref(), Some("12345678901234"));
    assert_eq!(customer.created_at, Some(Timestamp::from_seconds(1_577_836_800)));
    assert_eq!(
        customer.consents,
        [
            RecordConsent { channel: ConsentChannel::Email, granted: false, at: Some(NOON) },
            RecordConsent { channel: ConsentChannel::Sms, granted: true, at: None },
        ]
    );
}

#[test]
fn rule_12_what_is_wrong_is_told_with_code_path_and_way_out() {
    let code_and_path = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    for (data, code, path) in [
        (json!({"vorname": "Ada"}), "unknown_key", "data.vorname"),
        (json!({"zipCode": 1067}), "invalid", "data.zipCode"),
        (json!({"birthday": "29.02.2000"}), "invalid", "data.birthday"),
        (json!({"birthday": "2001-02-29"}), "invalid", "data.birthday"),
        (json!({"gender": "?"}), "invalid", "data.gender"),
        (json!({"country": "ZZ"}), "invalid", "data.country"),
        (json!({"firstname": "a\0b"}), "invalid", "data.firstname"),
        (json!({"firstname": "x".repeat(10_241)}), "too_long", "data.firstname"),
        (json!({"numOfOrderDiscountsAllowed": 1.5}), "invalid", "data.numOfOrderDiscountsAllowed"),
        (json!({"emailVerified": "yes"}), "invalid", "data.emailVerified"),
        (json!({"extraInfo": null}), "invalid", "data.extraInfo"),
        (json!({"extraInfo": "no object"}), "json", "data.extraInfo"),
        (json!({"extraInfo": {"a": {"b": "\0"}}}), "invalid", "data.extraInfo.a.b"),
        (json!({"cards": "123"}), "invalid", "data.cards"),
        (
            json!({"consents": [{"channel": "FAX", "granted": true}]}),
            "invalid",
            "data.consents.0.channel",
        ),
        (json!({"consents": [{"channel": "SMS"}]}), "required", "data.consents.0.granted"),
        (
            json!({"consents": [{"channel": "SMS", "granted": true, "x": 1}]}),
            "unknown_key",
            "data.consents.0.x",
        ),
        (json!({"createdAt": "yesterday"}), "invalid", "data.createdAt"),
    ] {
        assert_eq!(wrong(&data), code_and_path(code, path), "{data}");
    }
}

#[test]
fn keys_that_stand_twice_are_refused_wherever_they_stand() {
    for (body, path) in [
        (
            r#"{"type":"customer.upsert","data":{"sourceId":"c","city":"a","city":"b"}}"#,
            "data.city",
        ),
        (
            r#"{"type":"customer.upsert","data":{"sourceId":"c","city":"a","c\u0069ty":"b"}}"#,
            "data.city",
        ),
        (r#"{"type":"customer.upsert","sourceId":"c","data":{"sourceId":"c"}}"#, "data.sourceId"),
        (
            r#"{"type":"customer.upsert","sourceId":"c","data":{"extraInfo":{"a":{"x":1,"x":1}}}}"#,
            "data.extraInfo.a.x",
        ),
        (
            r#"{"type":"customer.upsert","sourceId":"c","data":{"consents":[{"granted":true,"granted":false}]}}"#,
            "data.consents.0.granted",
        ),
    ] {
        let bad = bad(body);
        assert_eq!((bad.code.as_str(), bad.path.as_deref()), ("duplicate_key", Some(path)));
        assert_eq!(bad.raw, body);
    }
    let whole = parse(br#"{"type":"batch","type":"batch","items":[]}"#).unwrap_err();
    assert_eq!((whole.code.as_str(), whole.reference.as_str()), ("duplicate_key", "body"));
}

#[test]
fn numbers_keep_every_digit() {
    let body = r#"{"type":"customer.upsert","data":{"sourceId":"c","extraInfo":{"n":12345678901234567890.10,"m":{"x":1e400}}}}"#;
    let Body::Customer(customer) = record(body).body else { panic!() };
    assert_eq!(
        customer.fields[&Field::Extra("n".to_owned())].as_deref(),
        Some("12345678901234567890.10")
    );
    assert_eq!(customer.fields[&Field::Extra("m".to_owned())].as_deref(), Some(r#"{"x":1e400}"#));
}

#[test]
fn a_message_alone_is_as_old_as_it_says() {
    let at = |rest: &str| record(&format!(r#"{{"type":"customer.delete",{rest}}}"#)).version;
    assert_eq!(at(r#""data":{"sourceId":"c"}"#), SourceVersion::default());
    assert_eq!(
        at(r#""timestamp":"2026-11-27T12:00:00Z","data":{"sourceId":"c"}"#),
        SourceVersion { seq: None, updated_at: Some(NOON) }
    );
    assert_eq!(
        at(
            r#""timestamp":"2026-11-28T12:00:00Z","data":{"sourceId":"c","sourceUpdatedAt":"2026-11-27T13:00:00+01:00","seq":9}"#
        ),
        SourceVersion { seq: Some(9), updated_at: Some(NOON) }
    );
}

#[test]
fn customers_go_are_merged_and_are_redacted() {
    let of = |kind: &str, data: &str| record(&format!(r#"{{"type":"{kind}","data":{data}}}"#));
    let deleted = of("customer.delete", r#"{"sourceId":"a"}"#);
    assert_eq!(deleted.key, RecordKey::new("customer", "a"));
    assert_eq!(deleted.body, Body::Gone(Gone::Deleted));
    let merged = of("customer.merge", r#"{"sourceId":"a","into":"b"}"#);
    assert_eq!(merged.body, Body::Gone(Gone::MergedInto("b".to_owned())));
    assert_eq!(of("customer.redact", r#"{"sourceId":"a"}"#).body, Body::Gone(Gone::Redacted));
    assert_eq!(
        bad(r#"{"type":"customer.merge","data":{"sourceId":"a","into":"a"}}"#).code,
        "invalid"
    );
    let extra = bad(r#"{"type":"customer.delete","data":{"sourceId":"a","city":"b"}}"#);
    assert_eq!((extra.code.as_str(), extra.path.as_deref()), ("unknown_key", Some("data.city")));
}

fn order() -> Value {
    json!({"type": "order.upsert", "sourceId": "o-9", "data": {
        "consumerSourceId": "c-1", "consumerEmail": "ada@example.com", "number": "19220112164",
        "completedAt": "2026-11-27T12:00:00Z", "currency": "EUR", "channel": "till-4", "online": false,
        "items": [{"name": "Tea", "productId": "p-1", "quantity": 2, "unitPrice": "2.50", "discount": "0.10"},
                  {"name": "Milk", "unitPrice": 0.3}],
        "discount": null, "extra": "1.00", "total": "6.20",
        "refunds": [{"id": "r-1", "at": "2026-11-27T12:00:00Z", "amount": "2.50"}],
        "links": [{"entitySource": "SHOPIFY", "entitySourceId": "gid://shopify/Order/1"}]}})
}

#[test]
fn an_order_keeps_its_money_exactly() {
    let Record { key, body: Body::Order(order), .. } = record(&order().to_string()) else {
        panic!()
    };
    assert_eq!(key, RecordKey::new("order", "o-9"));
    let OrderRecord { buyer, lines, total, discount, extra, refunds, links, .. } = *order;
    assert_eq!(buyer.key, Some(RecordKey::new("customer", "c-1")));
    assert_eq!(buyer.email.as_deref(), Some("ada@example.com"));
    let lines: Vec<_> = lines
        .iter()
        .map(|line| {
            (line.name.as_str(), line.quantity, line.unit_price.as_str(), line.discount.as_deref())
        })
        .collect();
    assert_eq!(lines, [("Tea", 2, "2.50", Some("0.10")), ("Milk", 1, "0.3", None)]);
    assert_eq!((total.as_str(), discount, extra.as_deref()), ("6.20", None, Some("1.00")));
    assert_eq!((refunds[0].id.as_str(), refunds[0].amount.as_str()), ("r-1", "2.50"));
    assert_eq!(links, [(EntitySource::Shopify, "gid://shopify/Order/1".to_owned())]);
}

#[test]
fn rule_12_an_order_that_is_wrong_says_where() {
    for (pointer, value, code, path) in [
        ("/data/total", json!("6,20"), "invalid", "data.total"),
        ("/data/total", json!("-1"), "invalid", "data.total"),
        ("/data/total", Value::Null, "required", "data.total"),
        ("/data/currency", json!("EURO"), "invalid", "data.currency"),
        ("/data/items", json!([]), "required", "data.items"),
        ("/data/items/1/quantity", json!(0), "invalid", "data.items.1.quantity"),
        ("/data/items/0/unitPrice", json!("1.23456"), "invalid", "data.items.0.unitPrice"),
        ("/data/items/0/price", json!("1"), "unknown_key", "data.items.0.price"),
        ("/data/completedAt", json!(0), "invalid", "data.completedAt"),
        ("/data/links/0/entitySource", json!("MYSPACE"), "invalid", "data.links.0.entitySource"),
        ("/sourceId", json!(""), "required", "sourceId"),
        ("/sourceId", json!(7), "invalid", "sourceId"),
        ("/type", json!("order.delete"), "unknown_type", "type"),
        ("/seq", json!(-1), "invalid", "seq"),
        ("/id", json!("x"), "unknown_key", "id"),
    ] {
        let mut order = order();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match order.pointer_mut(parent).unwrap() {
            Value::Object(fields) => fields.insert(key.to_owned(), value),
            other => panic!("{other}"),
        };
        let bad = bad(&order.to_string());
        assert_eq!((bad.code.as_str(), bad.path.as_deref()), (code, Some(path)), "{bad:?}");
    }
}

#[test]
fn a_product_has_a_name_and_a_price() {
    let body = r#"{"type":"product.upsert","data":{"sourceId":"p-1","name":"Tea","price":2.50,"currency":"EUR","sku":"T1"}}"#;
    let Record { key, body: Body::Product(product), .. } = record(body) else { panic!() };
    assert_eq!(key.to_string(), "product/p-1");
    assert_eq!((product.name.as_str(), product.price.as_deref()), ("Tea", Some("2.50")));
}

#[test]
fn a_batch_is_applied_in_the_order_of_its_versions_and_answers_by_place() {
    let body = json!({"type": "batch", "idempotencyKey": "till-4/17", "items": [
        {"type": "customer.upsert", "sourceId": "late", "sourceUpdatedAt": "2026-11-27T12:00:00Z", "seq": 2, "data": {}},
        {"type": "customer.upsert", "sourceId": "bad", "sourceUpdatedAt": "2026-11-27T11:00:00Z", "data": {"x": 1}},
        {"type": "customer.upsert", "sourceId": "early", "sourceUpdatedAt": "2026-11-27T11:00:00Z", "data": {}},
        {"type": "customer.upsert", "sourceId": "mid", "sourceUpdatedAt": "2026-11-27T12:00:00Z", "seq": 1, "data": {}},
        {"type": "customer.delete", "sourceId": "undated"},
        "nothing",
    ]});
    let push = parse(body.to_string().as_bytes()).unwrap();
    assert_eq!(push.key.as_deref(), Some("till-4/17"));
    let told: Vec<_> = push
        .items
        .iter()
        .map(|pushed| match &pushed.item {
            Item::Record(record) => (pushed.place, record.key.id.as_str()),
            Item::Bad(bad) => (pushed.place, bad.reference.as_str()),
        })
        .collect();
    assert_eq!(
        told,
        [(4, "undated"), (2, "early"), (3, "mid"), (0, "late"), (1, "bad"), (5, "item 5")]
    );
}

#[test]
fn rule_12_a_bad_item_of_a_batch_can_be_replayed_from_its_raw_text() {
    let body = r#"{"type":"batch","items":[{"type":"customer.upsert","sourceId":"c-1","seq":3,"data":{"zipCode":1}}]}"#;
    let bad = bad(body);
    let mended = bad.raw.replace("\"zipCode\":1", "\"zipCode\":\"1\"");
    let record = record(&mended);
    assert_eq!((record.key.id.as_str(), record.version.seq), ("c-1", Some(3)));
}

#[test]
fn a_body_that_is_none_is_refused_whole() {
    let code = |body: &[u8]| parse(body).unwrap_err().code;
    assert_eq!(code(b""), "json");
    assert_eq!(code(b"[]"), "json");
    assert_eq!(code(b"{\"type\":\"batch\",\"items\":[}"), "json");
    assert_eq!(code(b"\xff{}"), "encoding");
    assert_eq!(code(&vec![b' '; MOST_BYTES + 1]), "too_long");
    assert_eq!(code(br#"{"type":"batch"}"#), "required");
    assert_eq!(code(br#"{"type":"batch","items":{}}"#), "invalid");
    assert_eq!(code(br#"{"type":"batch","items":[],"data":{}}"#), "unknown_key");
    let many = json!({"type": "batch", "items": vec![json!({}); MOST_ITEMS + 1]}).to_string();
    assert_eq!(code(many.as_bytes()), "too_long");
    // A type that is missing is the fault of one thing.
    assert_eq!(bad("{}").code, "required");
}

#[test]
fn deep_and_wide_bodies_end_soon() {
    let deep = format!(
        r#"{{"type":"customer.upsert","data":{{"sourceId":"c","extraInfo":{{"a":{}1{}}}}}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(bad(&deep).code, "invalid");
    let keys: Vec<_> = (0..200_000).map(|key| format!("\"k{key}\":1")).collect();
    let wide =
        format!(r#"{{"type":"customer.upsert","data":{{"sourceId":"c",{}}}}}"#, keys.join(","));
    let began = std::time::Instant::now();
    assert_eq!(bad(&wide).code, "unknown_key");
    assert!(began.elapsed().as_secs() < 5);
}
