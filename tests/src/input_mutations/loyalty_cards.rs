//! Bad input to the mutations of loyalty cards and rewards, and of what a merchant decides for all its stores.

use serde_json::{Value, json};

use super::{at_fault, keys, send};
use crate::{input::silent, world::on_both};

/// What no card may be told, by argument.
fn of_any_card() -> Vec<(&'static str, Value)> {
    let long = |count: usize| json!("x".repeat(count));
    let mut cases = vec![
        ("name", long(151)),
        ("name", json!(" ")),
        ("name", json!("a\0b")),
        ("name", json!("a\nb")),
        ("shortDescription", long(501)),
        ("shortDescription", json!("a\0b")),
        ("shortDescription", json!("a\nb")),
        ("placement", long(501)),
        ("placement", json!("a\nb")),
        ("longDescription", long(10_001)),
        ("longDescription", json!("a\0b")),
        ("termsAndConditions", long(10_001)),
        ("termsAndConditions", json!("a\0b")),
        ("currency", json!("EURO")),
        ("currency", json!("\0")),
        ("redemptionExpirationDays", json!(0)),
        ("redemptionExpirationDays", json!(367)),
        ("endTime", json!("2001-01-01T00:00:00")),
        ("daysOfWeek", json!([])),
        ("weather", long(151)),
        ("weather", json!("a\0b")),
        ("enrollmentLimit", json!(0)),
        ("enrollmentLimit", json!(-1)),
        ("repeatDelayHours", json!(-1)),
        ("repeatDelayHours", json!(87_841)),
        ("segmentationRules", json!("{}")),
        ("segmentationRules", json!("[[\"shoe size\",\"exact\",44]]")),
        ("minimumSpend", json!("-0.01")),
        ("minimumSpend", json!("0.001")),
        ("stores", json!(["garbage"])),
        ("stores", json!(["SVVzZXJOb2RlOjE3Nw=="])),
        ("storeGroups", json!(["garbage"])),
        ("products", json!(["U3RvcmVOb2RlOjE5"])),
        ("extraInfo", json!("[1]")),
        ("extraInfo", json!(format!("{{\"a\":\"{}\"}}", "x".repeat(10_240)))),
    ];
    cases.extend(keys().map(|key| ("idempotencyKey", key)));
    cases
}

fn of_cards_of_points() -> Vec<(&'static str, Value)> {
    vec![
        ("dollarWorth", json!(0)),
        ("dollarWorth", json!("-1")),
        ("dollarWorth", json!("0.0000001")),
        ("dollarWorth", json!("1000000.000001")),
        ("initialPoints", json!(-1)),
        ("initialPoints", json!(1_000_000_001)),
        ("maxPointsPerDay", json!(0)),
        ("pointsNeeded", json!(0)),
        ("pointsNeeded", json!(1_000_000_001)),
        ("incrementalPoints", json!(0)),
        ("pointWorth", json!("0")),
        ("pointWorth", json!("-0.01")),
        ("pointWorth", json!("0.000000001")),
        ("pointWorthCurrency", json!("JPY")),
        ("pointWorthCurrency", json!("nothing")),
        ("minPrice", json!("-0.01")),
        ("minPrice", json!("0.001")),
        ("maxPrice", json!("0")),
        ("maxPrice", json!("123456789012345678901234567890")),
        ("validityInMonths", json!(0)),
        ("validityInMonths", json!(601)),
        ("activationDelayDays", json!(-1)),
        ("activationDelayDays", json!(367)),
        ("stampsNeeded", json!(10)),
    ]
}

fn of_cards_of_stamps() -> Vec<(&'static str, Value)> {
    vec![
        ("stampsNeeded", json!(0)),
        ("stampsNeeded", json!(1_001)),
        ("maxStampsPerDay", json!(0)),
        ("stampExpirationDays", json!(0)),
        ("stampExpirationDays", json!(3_661)),
        ("dollarWorth", json!(1)),
        ("pointsLoyaltyType", json!("FLAT")),
        ("taxIncluded", json!(true)),
    ]
}

#[test]
fn loyalty_cards() {
    on_both(|world| {
        let owner = world.merchant();
        let points = json!({
            "name": "A", "loyaltyType": "POINTS", "pointsLoyaltyType": "FLAT", "dollarWorth": 1, "pointsNeeded": 100,
            "pointWorth": "0.01",
        });
        let stamps = json!({ "name": "A", "loyaltyType": "STAMPS", "stampsNeeded": 5 });
        for (base, own) in [(points, of_cards_of_points()), (stamps, of_cards_of_stamps())] {
            let made = owner
                .query(
                    "mutation ($input: CreateLoyaltyCardInput!) {
                        createLoyaltyCard(input: $input) { errors loyaltyCard { id } }
                    }",
                    json!({ "input": base }),
                )
                .succeeded();
            let id = made.data("createLoyaltyCard.loyaltyCard.id").clone();
            for (mutation, base) in
                [("createLoyaltyCard", base), ("updateLoyaltyCard", json!({ "id": id }))]
            {
                for (field, value) in of_any_card().into_iter().chain(own.clone()) {
                    // What there is may be ended early.
                    if (mutation, field) == ("updateLoyaltyCard", "endTime") {
                        continue;
                    }
                    let mut input = base.clone();
                    input[field] = value.clone();
                    let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                    at_fault(&send(&owner, mutation, &input), mutation, field, "invalid", &about);
                }
                for field in ["stores", "storeGroups", "products"] {
                    let mut input = base.clone();
                    input[field] = json!(["999999999"]);
                    let answer = send(&owner, mutation, &input);
                    at_fault(&answer, mutation, field, "does_not_exist", "of nobody");
                }
                for (field, value) in [
                    ("loyaltyType", json!("MILES")),
                    ("pointsLoyaltyType", json!("CASH")),
                    ("status", json!("LOST")),
                    ("daysOfWeek", json!(["SOMEDAY"])),
                    ("dayStartTime", json!("25:00")),
                    ("startTime", json!("tomorrow")),
                    ("dollarWorth", json!("much")),
                    ("pointsNeeded", json!("many")),
                    ("initialPoints", json!(3_000_000_000_u32)),
                    ("taxIncluded", json!("no")),
                    ("segmentationRules", json!("[")),
                    ("products", json!([null])),
                    ("shoe", json!(1)),
                ] {
                    let mut input = base.clone();
                    input[field] = value;
                    let answer = send(&owner, mutation, &input);
                    assert_eq!(answer.error_code(), Some("invalid"), "{mutation} {}", answer.text);
                    silent(&answer.text, mutation);
                }
            }
        }
        for mutation in ["updateLoyaltyCard", "deleteLoyaltyCard"] {
            for (id, code) in IDS {
                let about = format!("{:?} {mutation} {id}", world.engine);
                let answer = send(&owner, mutation, &json!({ "id": id }));
                at_fault(&answer, mutation, "id", code, &about);
            }
        }
    });
}

/// What is no id of a card or a reward, the global id of a customer among it.
const IDS: [(&str, &str); 4] = [
    ("", "invalid"),
    ("1\u{0}", "invalid"),
    ("SVVzZXJOb2RlOjE3Nw==", "invalid"),
    ("999999999", "does_not_exist"),
];

#[test]
fn rewards() {
    on_both(|world| {
        let owner = world.demo_owner();
        let shop = crate::permission_matrix::shop::Shop::open(world);
        let (card, product) = (shop.id("rewardCard"), shop.id("product"));
        let new = json!({ "loyaltyCardId": card, "productId": product, "points": 10 });
        for (mutation, base) in
            [("createLoyaltyReward", new), ("updateLoyaltyReward", json!({ "id": shop.reward() }))]
        {
            let mut cases = vec![
                ("points", json!(0), "invalid"),
                ("points", json!(-1), "invalid"),
                ("points", json!(1_000_000_001), "invalid"),
                ("stock", json!(-1), "invalid"),
                ("stock", json!(1_000_000_001), "invalid"),
                ("expiry", json!("2001-01-01T00:00:00"), "invalid"),
            ];
            for (id, code) in IDS {
                cases.push(("productId", json!(id), code));
                // A reward stays with its card, whatever other one is named.
                let other = if mutation == "createLoyaltyReward" { code } else { "invalid" };
                cases.push(("loyaltyCardId", json!(id), other));
            }
            cases.extend(keys().map(|key| ("idempotencyKey", key, "invalid")));
            for (field, value, code) in cases {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&send(&owner, mutation, &input), mutation, field, code, &about);
            }
            for (field, value) in [
                ("points", json!("ten")),
                ("stock", json!(1.5)),
                ("expiry", json!("never")),
                ("productId", json!([1])),
            ] {
                let mut input = base.clone();
                input[field] = value;
                let answer = send(&owner, mutation, &input);
                assert_eq!(answer.error_code(), Some("invalid"), "{mutation} {}", answer.text);
                silent(&answer.text, mutation);
            }
        }
        for mutation in ["updateLoyaltyReward", "deleteLoyaltyReward"] {
            for (id, code) in IDS {
                let about = format!("{:?} {mutation} {id}", world.engine);
                let answer = send(&owner, mutation, &json!({ "id": id }));
                at_fault(&answer, mutation, "id", code, &about);
            }
        }
    });
}

#[test]
fn settings_of_a_merchant_and_of_its_stores() {
    on_both(|world| {
        let owner = world.merchant();
        let mut cases = vec![
            ("numOfOrderDiscountsAllowed", json!(-1)),
            ("numOfOrderDiscountsAllowed", json!(101)),
            ("claimDays", json!(-1)),
            ("claimDays", json!(367)),
            ("refundGraceDays", json!(-1)),
            ("refundGraceDays", json!(367)),
        ];
        cases.extend(keys().map(|key| ("idempotencyKey", key)));
        let mutation = "updateMerchantSettings";
        for (field, value) in cases {
            let about = format!("{:?} {field} = {value}", world.engine);
            let answer = send(&owner, mutation, &json!({ field: value }));
            at_fault(&answer, mutation, field, "invalid", &about);
        }
        for (mutation, input) in [
            (mutation, json!({ "refundPolicy": "NEVER" })),
            (mutation, json!({ "claimDays": "long" })),
            ("createStore", json!({ "name": "A", "tillRedemption": "SMILE" })),
        ] {
            let answer = send(&owner, mutation, &input);
            assert_eq!(answer.error_code(), Some("invalid"), "{mutation} {}", answer.text);
            silent(&answer.text, mutation);
        }
    });
}
