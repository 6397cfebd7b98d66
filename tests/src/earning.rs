//! Orders earn points when they are completed, and refunds take them back, through the API.

use std::thread;

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::act,
    orders::{line, store},
    world::on_both,
};

const POINTS: &str =
    "query ($id: ID!) { consumer(id: $id) { pointsEarned points { available debt lifetime } } }";

fn points(owner: &Client, consumer: &Value) -> Value {
    owner.query(POINTS, json!({ "id": consumer })).succeeded().data("consumer").clone()
}

/// A customer of a shop, and the shop.
fn customer(owner: &Client) -> (Value, Value) {
    let made = act(owner, "createConsumer", &json!({ "firstname": "Ada" }), "consumer { id }");
    (made["consumer"]["id"].clone(), store(owner))
}

fn sale(owner: &Client, shop: &Value, consumer: &Value, prices: &[&str]) -> (Value, Vec<Value>) {
    let input = json!({ "storeId": shop, "consumerId": consumer });
    let made = act(owner, "createOrder", &input, "order { id }");
    let id = made["order"]["id"].clone();
    assert_eq!(made["success"], true, "{made}");
    let lines = prices.iter().map(|price| line(owner, &id, price, 1)).collect();
    let paid = act(owner, "checkoutOrder", &json!({ "id": id, "paymentType": "CASH" }), "");
    assert_eq!(paid["success"], true, "{paid}");
    (id, lines)
}

/// A card that gives more than any other of the merchant's: ten points for each unit of currency.
fn card(owner: &Client, more: &Value) -> Value {
    let mut input = json!({
        "name": "Earning", "loyaltyType": "POINTS", "pointsLoyaltyType": "PRODUCT", "dollarWorth": "10",
        "status": "ACTIVE",
    });
    if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
        input.extend(more.clone());
    }
    let made = act(owner, "createLoyaltyCard", &input, "loyaltyCard { id }");
    assert_eq!(made["success"], true, "{made}");
    made["loyaltyCard"]["id"].clone()
}

#[test]
fn rules_14_and_25_a_sale_earns_and_its_refunds_take_back() {
    on_both(|world| {
        let owner = world.merchant();
        let card = card(&owner, &json!({}));
        let (consumer, shop) = customer(&owner);
        let (order, lines) = sale(&owner, &shop, &consumer, &["10.00", "5.00"]);
        let after = points(&owner, &consumer);
        assert_eq!(after["pointsEarned"], 150, "{after}");
        assert_eq!(after["points"]["available"], "150");
        let item = json!({ "orderItems": [{ "orderItemId": lines[1] }] });
        let back = act(&owner, "createOrderItemsRefund", &item, "");
        assert_eq!(back["success"], true, "{back}");
        assert_eq!(points(&owner, &consumer)["points"]["available"], "100");
        let rest = act(&owner, "createOrderRefund", &json!({ "orderId": order }), "");
        assert_eq!(rest["success"], true, "{rest}");
        let after = points(&owner, &consumer);
        assert_eq!((&after["pointsEarned"], &after["points"]["debt"]), (&json!(0), &json!("0")));
        act(&owner, "deleteLoyaltyCard", &json!({ "id": card }), "");
    });
}

#[test]
fn rule_14_a_day_has_room_for_so_much_however_many_sell_at_once() {
    on_both(|world| {
        let owner = world.merchant();
        let card = card(&owner, &json!({ "maxPointsPerDay": 250 }));
        let (consumer, shop) = customer(&owner);
        thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| sale(&owner, &shop, &consumer, &["10.00"]));
            }
        });
        // Two sales and a half of a hundred points; another card of the merchant's may earn with the rest.
        let accounts = "query ($id: ID!) { consumer(id: $id) { points { available debt } } }";
        let after = owner.query(accounts, json!({ "id": consumer })).succeeded();
        let available = after.data("consumer.points.available").as_str().expect("a number");
        let available: i64 = available.parse().expect("a number");
        assert!(available >= 250, "{available}");
        act(&owner, "deleteLoyaltyCard", &json!({ "id": card }), "");
    });
}
