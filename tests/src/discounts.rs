//! Codes on orders through HTTP: put on, priced, used up with the order, and given back with it (rules 21 to 25).

use std::thread;

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    orders::{line, order},
    redeeming::shop::{Shop, code, fault},
    world::on_both,
};

const INTENT: &str = "redemptionIntent { id pk code }";
const DISCOUNT: &str =
    "orderDiscount { id kind name amount points reason { code } } order { id total }";

/// A merchant whose orders take three discounts.
fn shop(world: &crate::world::World) -> Shop<'_> {
    let shop = Shop::open(world);
    let three = json!({ "numOfOrderDiscountsAllowed": 3 });
    assert_eq!(act(&shop.owner, "updateMerchantSettings", &three, "")["success"], true);
    shop
}

/// An open order of a customer's, of two teas for 20.00.
fn order_of(shop: &Shop<'_>, customer: &Value) -> Value {
    let input = json!({ "storeId": shop.store, "consumerId": customer["id"] });
    let made = act(&shop.owner, "createOrder", &input, "order { id }");
    let id = made["order"]["id"].clone();
    line(&shop.owner, &id, "10.00", 2);
    id
}

/// The code of something that a customer is promised.
fn promised(client: &Client, mutation: &str, input: &Value) -> String {
    code(&act(client, mutation, input, INTENT))
}

fn put(shop: &Shop<'_>, order: &Value, code: &str) -> Value {
    let input = json!({ "orderId": order, "redemptionCode": code });
    act(&shop.owner, "createOrderDiscount", &input, DISCOUNT)
}

#[test]
fn rule_24_several_codes_are_put_on_an_order_and_used_up_with_it() {
    on_both(|world| {
        let shop = shop(world);
        let (guest, me) = shop.guest();
        let card = shop.flat_card();
        shop.has(&me, card, 200);
        let offer = shop.offer("stackable = TRUE");
        shop.offer(
            "redemption_code_type = 'FIXED', code = 'Happy-5', code_key = 'happy5', stackable = TRUE, offer_value = 100",
        );
        let five = promised(&guest, "createRedemptionIntent", &json!({ "offerId": offer }));
        let pays = json!({ "loyaltyCardId": card, "pointsToRedeem": 100 });
        let pays = promised(&guest, "createPointsRedemptionIntent", &pays);
        let id = order_of(&shop, &me);
        let input = json!({ "orderId": id, "redemptionCode": pays, "idempotencyKey": "put-1" });
        let first = act(&shop.owner, "createOrderDiscount", &input, DISCOUNT);
        assert_eq!(first, act(&shop.owner, "createOrderDiscount", &input, DISCOUNT), "once");
        assert_eq!(
            (&first["orderDiscount"]["amount"], &first["order"]["total"]),
            (&json!("5.00"), &json!("15.00"))
        );
        assert_eq!(put(&shop, &id, "HAPPY 5")["order"]["total"], "14.00");
        let last = put(&shop, &id, &five.to_lowercase());
        assert_eq!(last["order"]["total"], "9.00", "{last}");
        // No other order and no till takes what is on one.
        let other = order_of(&shop, &me);
        let refused = put(&shop, &other, &pays);
        assert!(fault(&refused, "redemptionCode").contains("on an open order"), "{refused}");
        let typed = json!({ "code": pays });
        let refused = act(&shop.owner, "confirmPointsRedemption", &typed, "");
        assert!(fault(&refused, "code").contains("on an open order"), "{refused}");
        // Lines change, and the codes with them.
        let cake = line(&shop.owner, &id, "1.00", 1);
        assert_eq!(order(&shop.owner, &id, "total")["total"], "10.00");
        act(&shop.owner, "deleteOrderItem", &json!({ "id": cake }), "");
        let gone = json!({ "id": last["orderDiscount"]["id"] });
        let off = act(&shop.owner, "deleteOrderDiscount", &gone, DISCOUNT);
        assert_eq!(
            (&off["orderDiscount"], &off["order"]["total"]),
            (&Value::Null, &json!("14.00")),
            "{off}"
        );
        assert_eq!(
            changes(&log(&shop.owner, "deleteOrderDiscount")[0])["total"],
            (json!("9.00"), json!("14.00"))
        );
        put(&shop, &id, &five);
        let noun = "order { state total discounts { edges { node { amount points } } } }
            receipt { earned balance } warnings { code }";
        let paid = json!({ "id": id, "paymentType": "CASH", "cashReceived": "5", "idempotencyKey": "pay-1" });
        let done = act(&shop.owner, "checkoutOrder", &paid, noun);
        assert_eq!(done, act(&shop.owner, "checkoutOrder", &paid, noun), "once");
        assert_eq!(
            (&done["order"]["state"], &done["order"]["total"]),
            (&json!("COMPLETED"), &json!("9.00")),
            "{done}"
        );
        assert_eq!(done["warnings"], json!([{ "code": "underpaid" }]));
        let account = format!("account WHERE loyalty_card_id = {card}");
        let after = (shop.number("balance", &account), shop.number("held", &account));
        assert_eq!(after.1, 0, "{done}");
        assert_eq!(
            done["receipt"]["balance"].to_string().trim_matches('"'),
            after.0.to_string(),
            "{done}"
        );
        assert_eq!(shop.number("COUNT(*)", "redemption WHERE order_id IS NOT NULL"), 3);
        shop.books_add_up();
        // All of it back: points, uses, and the code's place among its limit.
        let back = json!({ "orderId": id });
        let back = act(
            &shop.owner,
            "createOrderRefund",
            &back,
            "refund { amount pointsValue points } order { state }",
        );
        let expected = json!({ "amount": "9.00", "pointsValue": "5.00", "points": 100 });
        assert_eq!(back["refund"]["amount"], expected["amount"], "{back}");
        assert_eq!(back["refund"]["pointsValue"], expected["pointsValue"], "{back}");
        assert_eq!(shop.number("balance", &account), 200, "{:?}", world.engine);
        assert_eq!(shop.number("COUNT(*)", "redemption WHERE reversed_at IS NULL"), 0);
        shop.books_add_up();
    });
}

#[test]
fn what_is_given_up_gives_its_codes_back_and_a_dead_code_is_named() {
    on_both(|world| {
        let shop = shop(world);
        let (guest, me) = shop.guest();
        let offer = shop.offer("");
        let new = json!({ "offerId": offer });
        let made = act(&guest, "createRedemptionIntent", &new, INTENT);
        let typed = code(&made);
        let id = order_of(&shop, &me);
        put(&shop, &id, &typed);
        act(&shop.owner, "deleteOrder", &json!({ "id": id }), "");
        let id = order_of(&shop, &me);
        assert_eq!(put(&shop, &id, &typed)["success"], true);
        act(&guest, "cancelRedemptionIntent", &json!({ "id": made["redemptionIntent"]["id"] }), "");
        let paid = json!({ "id": id, "paymentType": "CASH" });
        let refused = act(&shop.owner, "checkoutOrder", &paid, "");
        let said = fault(&refused, "id");
        assert!(said.contains(&typed) && said.contains("called off"), "{refused}");
        assert_eq!(order(&shop.owner, &id, "state")["state"], "OPEN");
    });
}

#[test]
fn a_code_is_looked_at_without_using_it() {
    on_both(|world| {
        let (shop, other) = (shop(world), Shop::open(world));
        let (guest, _) = shop.guest();
        let tea = json!({ "name": "Tea", "price": "4" });
        let tea =
            act(&shop.owner, "createProduct", &tea, "product { id }")["product"]["id"].clone();
        shop.offer("redemption_code_type = 'FIXED', code = 'LOOK', code_key = 'look'");
        let five =
            promised(&guest, "createRedemptionIntent", &json!({ "offerId": shop.offer("") }));
        let noun =
            "kind amount amountCurrency toPay points redemptionIntent { code } offer { name }";
        let look = |owner: &Client, code: &str, items: Value| {
            let input = json!({ "code": code, "subtotal": "12", "items": items });
            act(owner, "verifyDiscountCode", &input, noun)
        };
        let seen = look(&shop.owner, &five, json!([{ "productId": tea, "quantity": 2 }]));
        assert_eq!(
            (&seen["kind"], &seen["amount"], &seen["toPay"]),
            (&json!("OFFER"), &json!("5.00"), &json!("7.00")),
            "{seen}"
        );
        assert_eq!(
            (&seen["redemptionIntent"]["code"], &seen["offer"]),
            (&json!(five), &Value::Null)
        );
        let everybody = look(&shop.owner, "l-o-o-k", json!([]));
        assert_eq!(
            (&everybody["offer"]["name"], &everybody["redemptionIntent"]),
            (&json!("Five"), &Value::Null)
        );
        // Codes of others are none.
        let unknown = fault(&look(&shop.owner, "ZZZZ-ZZZZ", json!([])), "code");
        for code in [five.as_str(), "LOOK"] {
            assert_eq!(fault(&look(&other.owner, code, json!([])), "code"), unknown);
        }
        let seen = act(
            &shop.owner,
            "verifyRedemptionCode",
            &json!({ "code": "LOOK" }),
            "redemptionIntent { id } offer { name }",
        );
        assert_eq!(
            (&seen["success"], &seen["offer"]["name"]),
            (&json!(true), &json!("Five")),
            "{seen}"
        );
        assert_eq!(shop.number("COUNT(*)", "redemption WHERE TRUE"), 0);
    });
}

#[test]
fn rule_25_a_code_that_was_confirmed_by_itself_is_taken_back() {
    on_both(|world| {
        let shop = shop(world);
        let (guest, me) = shop.guest();
        let card = shop.reward_card();
        let reward = shop.reward(card, 30, "1");
        shop.has(&me, card, 30);
        let new = json!({ "loyaltyCardId": card, "loyaltyRewardId": reward });
        let typed = promised(&guest, "createPointsRedemptionIntent", &new);
        let used = json!({ "code": typed });
        let done = act(&shop.owner, "confirmPointsRedemption", &used, "pointsRedemption { id }");
        let id = json!({ "id": done["pointsRedemption"]["id"], "idempotencyKey": "back-1" });
        let noun = "returned pointsRedemption { reversedAt } redemption { id }";
        let back = act(&shop.owner, "reverseRedemption", &id, noun);
        assert_eq!(back["success"], true, "{back}");
        assert!(
            back["pointsRedemption"]["reversedAt"].is_string() && back["redemption"].is_null(),
            "{back}"
        );
        assert_eq!(back, act(&shop.owner, "reverseRedemption", &id, noun), "once");
        assert_eq!(shop.number("balance", &format!("account WHERE loyalty_card_id = {card}")), 30);
        assert_eq!(shop.number("stock", &format!("loyalty_reward WHERE id = {reward}")), 1);
        let entry = &log(&shop.owner, "reverseRedemption")[0];
        assert_eq!(entry["targetId"], done["pointsRedemption"]["id"]);
        assert!(changes(entry)["reversedAt"].1.is_string(), "{entry}");
        let seller = world.staff(&shop.owner, &["redeem", "change_order"]);
        let refused = act(&seller, "reverseRedemption", &id, "");
        assert_eq!(
            refused["errors"]["nonFieldErrors"][0]["code"], "permission_denied",
            "{refused}"
        );
        shop.books_add_up();
    });
}

#[test]
fn rule_21_many_put_one_code_on_different_orders_and_one_has_it() {
    const CLIENTS: usize = 32;
    on_both(|world| {
        let shop = shop(world);
        let (guest, me) = shop.guest();
        let card = shop.flat_card();
        shop.has(&me, card, 100);
        let new = json!({ "loyaltyCardId": card, "pointsToRedeem": 100 });
        let typed = promised(&guest, "createPointsRedemptionIntent", &new);
        shop.offer(
            "redemption_code_type = 'FIXED', code = 'FOUR', code_key = 'four', enrollment_limit = 4, offer_value = 100",
        );
        let orders: Vec<Value> = (0..CLIENTS).map(|_| order_of(&shop, &me)).collect();
        let at_once = |ask: &(dyn Fn(&Value) -> Value + Sync)| -> Vec<Value> {
            thread::scope(|scope| {
                let running: Vec<_> =
                    orders.iter().map(|id| scope.spawn(move || ask(id))).collect();
                running.into_iter().map(|thread| thread.join().expect("an answer")).collect()
            })
        };
        let done =
            |answers: &[Value]| answers.iter().filter(|answer| answer["success"] == true).count();
        let put_on = at_once(&|id| put(&shop, id, &typed));
        assert_eq!(done(&put_on), 1, "{:?} {put_on:?}", world.engine);
        // A code for everybody counts when orders are completed: four of all that have it are.
        at_once(&|id| put(&shop, id, "four"));
        let pay = |id: &Value| {
            act(&shop.owner, "checkoutOrder", &json!({ "id": id, "paymentType": "CASH" }), "")
        };
        at_once(&|id| pay(id));
        assert!(
            shop.number("COUNT(*)", "redemption WHERE kind = 'OFFER'") <= 4,
            "{:?}",
            world.engine
        );
        let spent = shop.number("COUNT(*)", "redemption WHERE kind = 'POINTS'");
        let account = format!("account WHERE loyalty_card_id = {card}");
        assert!(
            spent <= 1 && shop.number("held", &account) == 100 * (1 - spent),
            "{:?}",
            world.engine
        );
        shop.books_add_up();
    });
}

#[test]
fn codes_on_orders_cost_a_few_statements_however_large_the_order_is() {
    on_both(|world| {
        let shop = shop(world);
        let (guest, me) = shop.guest();
        let offer = shop.offer("");
        let statements = |mutation: &str, kind: &str, input: &Value| {
            let document = format!(
                "mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ success errors }} }}"
            );
            let answer = shop.owner.query(&document, json!({ "input": input })).succeeded();
            assert_eq!(
                answer.data(&format!("{mutation}.success")),
                &json!(true),
                "{}",
                answer.text
            );
            answer.header("regulars-statements").parse::<u32>().expect("a number")
        };
        let mut measured = Vec::new();
        for lines in [1, 20] {
            let id = order_of(&shop, &me);
            (0..lines).for_each(|_| drop(line(&shop.owner, &id, "1", 1)));
            let typed = promised(&guest, "createRedemptionIntent", &json!({ "offerId": offer }));
            let input = json!({ "orderId": id, "redemptionCode": typed });
            measured.push([
                statements("createOrderDiscount", "CreateOrderDiscountInput", &input),
                statements(
                    "checkoutOrder",
                    "CheckoutOrderInput",
                    &json!({ "id": id, "paymentType": "CASH" }),
                ),
            ]);
        }
        assert_eq!(measured[0], measured[1], "{:?}", world.engine);
        assert!(measured[0].iter().all(|count| *count < 60), "{:?} {measured:?}", world.engine);
    });
}
