//! Many at once: a limit, a code, a balance and a stock are each counted once.

use std::thread;

use regulars_testkit::Client;
use serde_json::{Value, json};

use super::{
    INTENT,
    shop::{Shop, code},
};
use crate::{audit::act, world::on_both};

const CLIENTS: usize = 32;

/// What each of many is answered who ask at once.
fn at_once(ask: impl Fn(usize) -> Value + Sync) -> Vec<Value> {
    thread::scope(|scope| {
        let ask = &ask;
        let running: Vec<_> = (0..CLIENTS).map(|nth| scope.spawn(move || ask(nth))).collect();
        running.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    })
}

fn done(answers: &[Value]) -> Vec<&Value> {
    answers.iter().filter(|answer| answer["success"] == true).collect()
}

fn guests(shop: &Shop<'_>, many: usize) -> Vec<(Client, Value)> {
    (0..many).map(|_| shop.guest()).collect()
}

#[test]
fn rule_23_of_many_who_promise_at_once_as_many_get_it_as_the_limit_says() {
    on_both(|world| {
        let shop = Shop::open(world);
        let guests = guests(&shop, 8);
        let offer = shop.offer("enrollment_limit = 3");
        let answers = at_once(|nth| {
            let (guest, _) = &guests[nth % guests.len()];
            act(guest, "createRedemptionIntent", &json!({ "offerId": offer }), INTENT)
        });
        assert_eq!(done(&answers).len(), 3, "{:?} {answers:?}", world.engine);
        // Each of them once, however many confirm it.
        let codes: Vec<_> = done(&answers).into_iter().map(code).collect();
        let confirmed = at_once(|nth| {
            let typed = json!({ "code": codes[nth % codes.len()], "storeId": shop.store });
            act(&shop.owner, "confirmRedemption", &typed, "redemption { id }")
        });
        assert_eq!(done(&confirmed).len(), 3, "{:?} {confirmed:?}", world.engine);
        assert_eq!(shop.number("COUNT(*)", &format!("redemption WHERE offer_id = {offer}")), 3);
    });
}

#[test]
fn rule_21_one_code_is_confirmed_once_and_a_code_for_everybody_as_often_as_its_limit_says() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (guest, _) = shop.guest();
        let made =
            act(&guest, "createRedemptionIntent", &json!({ "offerId": shop.offer("") }), INTENT);
        let typed = code(&made);
        let confirm = |typed: &str| {
            act(&shop.owner, "confirmRedemption", &json!({ "code": typed }), "redemption { id }")
        };
        let answers = at_once(|_| confirm(&typed));
        assert_eq!(done(&answers).len(), 1, "{:?} {answers:?}", world.engine);
        let happy = "redemption_code_type = 'FIXED', code = 'HAPPY', code_key = 'happy', enrollment_limit = 5";
        shop.offer(happy);
        let answers = at_once(|_| confirm("happy"));
        assert_eq!(done(&answers).len(), 5, "{:?} {answers:?}", world.engine);
    });
}

#[test]
fn rule_18_one_balance_is_promised_and_spent_once() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (guest, me) = shop.guest();
        let card = shop.flat_card();
        shop.has(&me, card, 100);
        // Somebody promises, calls off and confirms all the time: of 100 points there are never more than five times 20.
        let answers = at_once(|nth| {
            let new = json!({ "loyaltyCardId": card, "pointsToRedeem": 20 });
            let made = act(&guest, "createPointsRedemptionIntent", &new, INTENT);
            if made["success"] != true {
                return made;
            }
            if nth % 4 == 0 {
                let id = json!({ "id": made["redemptionIntent"]["id"] });
                act(&guest, "cancelRedemptionIntent", &id, "");
                return Value::Null;
            }
            act(&shop.owner, "confirmPointsRedemption", &json!({ "code": code(&made) }), "")
        });
        let spent = i64::try_from(done(&answers).len()).expect("a number");
        assert!((1..=5).contains(&spent), "{:?} {answers:?}", world.engine);
        let account = format!("account WHERE loyalty_card_id = {card}");
        assert_eq!(shop.number("balance", &account), 100 - 20 * spent);
        assert_eq!(shop.number("held", &account), 0);
        shop.books_add_up();
    });
}

#[test]
fn rule_23_one_rewards_stock_is_bought_up_once() {
    on_both(|world| {
        let shop = Shop::open(world);
        let guests = guests(&shop, 8);
        let card = shop.reward_card();
        let reward = shop.reward(card, 10, "4");
        for (_, me) in &guests {
            shop.has(me, card, 1_000);
        }
        let answers = at_once(|nth| {
            let (guest, _) = &guests[nth % guests.len()];
            let new = json!({ "loyaltyCardId": card, "loyaltyRewardId": reward });
            let made = act(guest, "createPointsRedemptionIntent", &new, INTENT);
            if made["success"] != true {
                return made;
            }
            act(&shop.owner, "confirmPointsRedemption", &json!({ "code": code(&made) }), "")
        });
        assert_eq!(done(&answers).len(), 4, "{:?} {answers:?}", world.engine);
        assert_eq!(shop.number("stock", &format!("loyalty_reward WHERE id = {reward}")), 0);
        shop.books_add_up();
    });
}
