//! Bad input to the mutations of what a merchant sells and of its promotions.

use serde_json::{Value, json};

use super::{at_fault, keys, send};
use crate::{audit::act, input::silent, world::on_both};

/// Ids that name nothing, and the code that they are refused with.
const IDS: [(&str, &str); 4] = [
    ("", "invalid"),
    ("1\u{0}", "invalid"),
    ("SVVzZXJOb2RlOjE3Nw==", "invalid"),
    ("999999999", "does_not_exist"),
];

fn with(base: &Value, field: &str, value: &Value) -> Value {
    let mut input = base.clone();
    input[field] = value.clone();
    input
}

#[test]
fn products() {
    let long = |count: usize| json!("x".repeat(count));
    on_both(|world| {
        let owner = world.merchant();
        let taken = json!({
            "name": "A", "price": 1, "entitySource": "POS", "entitySourceId": "taken",
        });
        act(&owner, "createProduct", &taken, "");
        let input =
            json!({ "name": "B", "price": 1, "entitySource": "POS", "entitySourceId": "b" });
        let made = act(&owner, "createProduct", &input, "product { id }");
        let id = &made["product"]["id"];
        for (mutation, base) in [
            (
                "createProduct",
                json!({ "name": "A", "price": 1, "entitySource": "POS", "entitySourceId": "a" }),
            ),
            ("updateProduct", json!({ "id": id })),
        ] {
            let mut cases: Vec<(&str, Value)> = vec![
                ("name", long(151)),
                ("name", json!(" ")),
                ("price", json!("-0.01")),
                ("price", json!("1.234")),
                ("price", json!("92233720368547758.08")),
                ("priceCurrency", json!("EURO")),
                ("priceCurrency", json!("")),
                ("category", long(151)),
                ("entitySourceId", long(256)),
                ("entitySourceId", json!("taken")),
                ("entitySourceId", Value::Null),
                ("entitySource", Value::Null),
                ("extraInfo", json!("[1]")),
                ("extraInfo", json!(format!("{{\"a\":\"{}\"}}", "x".repeat(10_240)))),
            ];
            for text in ["a\0b", "a\nb"] {
                for field in ["name", "category", "entitySourceId"] {
                    cases.push((field, json!(text)));
                }
            }
            cases.extend(keys().map(|key| ("idempotencyKey", key)));
            for (field, value) in cases {
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                let answer = send(&owner, mutation, &with(&base, field, &value));
                at_fault(&answer, mutation, field, "invalid", &about);
            }
            for (field, value) in [
                ("price", json!("much")),
                ("entitySource", json!("MYSPACE")),
                ("extraInfo", json!("{")),
            ] {
                let answer = send(&owner, mutation, &with(&base, field, &value));
                assert_eq!(answer.error_code(), Some("invalid"), "{mutation} {}", answer.text);
                silent(&answer.text, mutation);
            }
        }
        for mutation in ["updateProduct", "deleteProduct"] {
            for (id, code) in IDS {
                let answer = send(&owner, mutation, &json!({ "id": id }));
                at_fault(
                    &answer,
                    mutation,
                    "id",
                    code,
                    &format!("{:?} {mutation} {id}", world.engine),
                );
            }
        }
    });
}

/// Places that are refused: by what they name, and with which code.
fn places(archived: &Value) -> Vec<(&'static str, Value, &'static str)> {
    let many: Vec<_> = (999_999_000..999_999_500).map(|store: i64| json!(store)).collect();
    vec![
        ("stores", json!(["garbage"]), "invalid"),
        ("stores", json!(["SVVzZXJOb2RlOjE3Nw=="]), "invalid"),
        ("stores", json!(["999999999"]), "does_not_exist"),
        ("stores", json!([archived]), "invalid"),
        ("stores", json!(many), "does_not_exist"),
        ("storeGroups", json!(["garbage"]), "invalid"),
        ("storeGroups", json!(["U3RvcmVOb2RlOjE5"]), "invalid"),
        ("storeGroups", json!(["999999999"]), "does_not_exist"),
    ]
}

#[test]
fn campaigns() {
    on_both(|world| {
        let owner = world.merchant();
        let made = act(&owner, "createCampaign", &json!({ "name": "A" }), "campaign { id }");
        let id = &made["campaign"]["id"];
        let gone = act(&owner, "createStore", &json!({ "name": "Gone" }), "store { id }");
        let gone = &gone["store"]["id"];
        act(&owner, "deleteStore", &json!({ "id": gone }), "");
        let start = "2999-01-02T00:00:00Z";
        for (mutation, base) in [
            ("createCampaign", json!({ "name": "A", "start": start })),
            ("updateCampaign", json!({ "id": id, "start": start })),
        ] {
            let mut cases: Vec<(&str, Value, &str)> = vec![
                ("name", json!("x".repeat(151)), "invalid"),
                ("name", json!(" "), "invalid"),
                ("name", json!("a\0b"), "invalid"),
                ("name", json!("a\nb"), "invalid"),
                ("end", json!(start), "invalid"),
                ("end", json!("2999-01-01T00:00:00Z"), "invalid"),
                ("extraInfo", json!("[1]"), "invalid"),
            ];
            cases.extend(places(gone));
            cases.extend(keys().map(|key| ("idempotencyKey", key, "invalid")));
            for (field, value, code) in cases {
                let about = format!("{:?} {mutation} {field}", world.engine);
                let answer = send(&owner, mutation, &with(&base, field, &value));
                at_fault(&answer, mutation, field, code, &about);
            }
            for (field, value) in [
                ("start", json!("tomorrow")),
                ("end", json!("2022-02-30T00:00")),
                ("status", json!("EATEN")),
                ("extraInfo", json!("{")),
            ] {
                let answer = send(&owner, mutation, &with(&base, field, &value));
                assert_eq!(answer.error_code(), Some("invalid"), "{mutation} {}", answer.text);
                silent(&answer.text, mutation);
            }
        }
        for (field, value) in [("status", "ENDED"), ("end", "2001-01-01T00:00")] {
            let input = json!({ "name": "A", field: value });
            let answer = send(&owner, "createCampaign", &input);
            at_fault(&answer, "createCampaign", field, "invalid", "what is over");
        }
        for mutation in ["updateCampaign", "deleteCampaign"] {
            for (id, code) in IDS {
                let answer = send(&owner, mutation, &json!({ "id": id }));
                at_fault(
                    &answer,
                    mutation,
                    "id",
                    code,
                    &format!("{:?} {mutation} {id}", world.engine),
                );
            }
        }
    });
}

/// What is refused of an offer, by argument: `past` is a product that was given up, `over` a campaign.
fn offers_fields(past: &Value, over: &Value) -> Vec<(&'static str, Value, &'static str)> {
    let many: Vec<_> = (999_999_000..999_999_500).map(|product: i64| json!(product)).collect();
    vec![
        ("name", json!("x".repeat(151)), "invalid"),
        ("name", json!(" "), "invalid"),
        ("shortDescription", json!("x".repeat(501)), "invalid"),
        ("longDescription", json!("x".repeat(10_241)), "invalid"),
        ("termsAndConditions", json!("a\0b"), "invalid"),
        ("placement", json!("x".repeat(151)), "invalid"),
        ("weather", json!("x".repeat(151)), "invalid"),
        ("offerValue", json!(0), "invalid"),
        ("offerValue", json!(-5), "invalid"),
        ("offerValue", json!("100.0001"), "invalid"),
        ("offerValue", Value::Null, "invalid"),
        ("offerValueCurrency", json!("EURO"), "invalid"),
        ("numOfItems", json!(0), "invalid"),
        ("numOfItems", json!(10_001), "invalid"),
        ("code", json!("taken"), "invalid"),
        ("code", json!("AB"), "invalid"),
        ("code", json!("SÜSS"), "invalid"),
        ("code", json!("a b c"), "invalid"),
        ("code", Value::Null, "invalid"),
        ("redemptionExpirationDays", json!(0), "invalid"),
        ("redemptionExpirationDays", json!(3_661), "invalid"),
        ("enrollmentLimit", json!(0), "invalid"),
        ("repeatDelayHours", json!(-1), "invalid"),
        ("repeatDelayHours", json!(87_841), "invalid"),
        ("daysOfWeek", json!([]), "invalid"),
        ("minimumSpend", json!(-1), "invalid"),
        ("minimumSpend", json!("1.23456"), "invalid"),
        ("minimumSpendCurrency", json!("XYZZ"), "invalid"),
        ("segmentationRules", json!("[]"), "invalid"),
        ("segmentationRules", json!("[\"shoe\",\"exact\",44]"), "invalid"),
        (
            "segmentationRules",
            json!("[[\"gender\",\"exact\",\"MALE\"],\"AND\",[\"gender\",\"exact\",\"FEMALE\"]]"),
            "invalid",
        ),
        ("extraInfo", json!("[1]"), "invalid"),
        ("products", json!(["garbage"]), "invalid"),
        ("products", json!(["999999999"]), "does_not_exist"),
        ("products", json!([past]), "invalid"),
        ("products", json!(many), "does_not_exist"),
        ("campaignId", json!("garbage"), "invalid"),
        ("campaignId", json!("999999999"), "does_not_exist"),
        ("campaignId", json!(over), "invalid"),
    ]
}

#[test]
fn offers() {
    on_both(|world| {
        let owner = world.merchant();
        let base = json!({ "name": "A", "offerType": "PERCENTAGE", "offerValue": 5 });
        let fixed = |code: &str| {
            let mut input = base.clone();
            input["redemptionCodeType"] = json!("FIXED");
            input["code"] = json!(code);
            input
        };
        act(&owner, "createOffer", &fixed("TAKEN"), "");
        let made = act(&owner, "createOffer", &fixed("FREE"), "offer { id }");
        let id = &made["offer"]["id"];
        let gone = act(&owner, "createStore", &json!({ "name": "Gone" }), "store { id }");
        let gone = &gone["store"]["id"];
        act(&owner, "deleteStore", &json!({ "id": gone }), "");
        let past =
            act(&owner, "createProduct", &json!({ "name": "Old", "price": 1 }), "product { id }");
        let past = &past["product"]["id"];
        act(&owner, "deleteProduct", &json!({ "id": past }), "");
        let over = act(&owner, "createCampaign", &json!({ "name": "Over" }), "campaign { id }");
        let over = &over["campaign"]["id"];
        act(&owner, "deleteCampaign", &json!({ "id": over }), "");
        for (mutation, base) in
            [("createOffer", fixed("OTHER")), ("updateOffer", json!({ "id": id }))]
        {
            let mut cases = offers_fields(past, over);
            cases.extend(places(gone));
            cases.extend(keys().map(|key| ("idempotencyKey", key, "invalid")));
            for (field, value, code) in cases {
                let about = format!("{:?} {mutation} {field} = {value:.60}", world.engine);
                let answer = send(&owner, mutation, &with(&base, field, &value));
                at_fault(&answer, mutation, field, code, &about);
            }
            for (field, value) in [
                ("offerType", json!("EATEN")),
                ("redemptionCodeType", json!("EATEN")),
                ("daysOfWeek", json!(["SOMEDAY"])),
                ("dayStartTime", json!("25:00")),
                ("startTime", json!("tomorrow")),
                ("enrollmentLimit", json!(2_147_483_648_i64)),
                ("segmentationRules", json!("{")),
            ] {
                let answer = send(&owner, mutation, &with(&base, field, &value));
                assert_eq!(answer.error_code(), Some("invalid"), "{mutation} {}", answer.text);
                silent(&answer.text, mutation);
            }
        }
        for mutation in ["updateOffer", "deleteOffer"] {
            for (id, code) in IDS {
                let answer = send(&owner, mutation, &json!({ "id": id }));
                at_fault(
                    &answer,
                    mutation,
                    "id",
                    code,
                    &format!("{:?} {mutation} {id}", world.engine),
                );
            }
        }
    });
}
