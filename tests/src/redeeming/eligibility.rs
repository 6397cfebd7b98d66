//! What is available follows what was promised and redeemed (rules 23, 31 and 32): the reasons of
//! `consumerAvailablePromotions`, after mutations.

use regulars_testkit::Client;
use serde_json::{Value, json};

use super::{
    INTENT,
    shop::{Shop, code},
};
use crate::{audit::act, world::on_both};

/// The codes of the reasons why a promotion of a merchant is not available to whoever asks; none where it is.
fn reasons(shop: &Shop<'_>, guest: &Client, name: &str) -> Vec<String> {
    let document = "query ($store: ID!) {
        consumerAvailablePromotions(storeId: $store, includeUnavailable: true) {
            edges { node { name eligibility { available reasons { code } } } }
        }
    }";
    let answer = guest.query(document, json!({ "store": shop.store })).succeeded();
    let edges = answer.data("consumerAvailablePromotions.edges").as_array().expect("edges");
    let named = edges.iter().map(|edge| &edge["node"]).find(|node| node["name"] == name);
    let eligibility = &named.unwrap_or_else(|| panic!("no {name}: {}", answer.text))["eligibility"];
    let reasons = eligibility["reasons"].as_array().expect("reasons").iter();
    let codes: Vec<_> =
        reasons.map(|one| one["code"].as_str().expect("a code").to_owned()).collect();
    assert_eq!(eligibility["available"], codes.is_empty());
    codes
}

fn promise(guest: &Client, offer: i64) -> Value {
    act(guest, "createRedemptionIntent", &json!({ "offerId": offer }), INTENT)
}

fn redeem(shop: &Shop<'_>, guest: &Client, offer: i64) {
    let made = promise(guest, offer);
    let typed = json!({ "code": code(&made), "storeId": shop.store });
    let done = act(&shop.owner, "confirmRedemption", &typed, "");
    assert_eq!(done["success"], true, "{done}");
}

#[test]
fn rule_23_a_limit_is_reached_by_promises_and_freed_by_calling_off() {
    on_both(|world| {
        let shop = Shop::open(world);
        let ((ada, _), (bob, _)) = (shop.guest(), shop.guest());
        let offer = shop.offer("name = 'Limited', enrollment_limit = 1");
        let both = || [&ada, &bob].map(|guest| reasons(&shop, guest, "Limited"));
        assert_eq!(both(), [[""; 0]; 2]);
        let made = promise(&ada, offer);
        assert_eq!(both(), [["enrollment_limit_reached"]; 2]);
        let refused = promise(&bob, offer);
        assert_eq!(refused["errors"]["offerId"][0]["code"], "invalid", "{refused}");
        let off = json!({ "id": made["redemptionIntent"]["id"] });
        act(&ada, "cancelRedemptionIntent", &off, "");
        assert_eq!(both(), [[""; 0]; 2]);
        redeem(&shop, &bob, offer);
        assert_eq!(both(), [["enrollment_limit_reached"]; 2]);
    });
}

#[test]
fn rule_23_once_by_each_customer_and_not_too_soon() {
    on_both(|world| {
        let shop = Shop::open(world);
        let ((ada, _), (bob, _)) = (shop.guest(), shop.guest());
        for (name, changes, reason) in [
            ("Once", "repeatable = FALSE", "already_redeemed"),
            ("Slow", "repeat_delay_hours = 2", "repeat_too_soon"),
        ] {
            let offer = shop.offer(&format!("name = '{name}', {changes}"));
            assert_eq!(reasons(&shop, &ada, name), [""; 0]);
            redeem(&shop, &ada, offer);
            assert_eq!(reasons(&shop, &ada, name), [reason]);
            assert_eq!(reasons(&shop, &bob, name), [""; 0], "each by themselves");
            let again = promise(&ada, offer);
            assert_eq!(again["errors"]["offerId"][0]["code"], "invalid", "{again}");
        }
        // Three hours later the slow one may be redeemed again.
        let before = "UPDATE redemption SET created_at = created_at - 10800000000 WHERE offer_id IN \
             (SELECT id FROM offer WHERE name = 'Slow') RETURNING 'x' AS row";
        world.database.rows(before);
        assert_eq!(reasons(&shop, &ada, "Slow"), [""; 0]);
        // And an intent counts like a redemption.
        let promised = shop.offer("name = 'Promised', repeatable = FALSE");
        promise(&ada, promised);
        assert_eq!(reasons(&shop, &ada, "Promised"), ["already_redeemed"]);
    });
}

#[test]
fn rule_31_segments_follow_what_was_redeemed() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (guest, _) = shop.guest();
        let first = shop.offer("");
        let rule = format!("[[\"redemptions__offer\",\"exact\",\"{first}\"]]");
        let follow = shop.offer(&format!("name = 'Follow', segmentation_rules = '{rule}'"));
        assert_eq!(reasons(&shop, &guest, "Follow"), ["segment_mismatch"]);
        let refused = promise(&guest, follow);
        assert_eq!(refused["errors"]["offerId"][0]["code"], "invalid", "{refused}");
        promise(&guest, first);
        assert_eq!(reasons(&shop, &guest, "Follow"), ["segment_mismatch"], "a promise is no use");
        redeem(&shop, &guest, first);
        assert_eq!(reasons(&shop, &guest, "Follow"), [""; 0]);
        redeem(&shop, &guest, follow);
    });
}

#[test]
fn rule_23_a_rewards_stock_is_what_was_confirmed() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (guest, me) = shop.guest();
        let card = shop.reward_card();
        let reward = shop.reward(card, 10, "2");
        shop.has(&me, card, 100);
        let stock = || {
            let document = "query ($id: ID!) { loyaltyCard(id: $id) { rewards { edges { node { stock } } } } }";
            let answer = guest.query(document, json!({ "id": card })).succeeded();
            answer.data("loyaltyCard.rewards.edges.0.node.stock").clone()
        };
        let new = json!({ "loyaltyCardId": card, "loyaltyRewardId": reward });
        let made: Vec<_> =
            (0..3).map(|_| act(&guest, "createPointsRedemptionIntent", &new, INTENT)).collect();
        assert_eq!(made[2]["errors"]["loyaltyRewardId"][0]["code"], "invalid", "{made:?}");
        assert_eq!(stock(), 2, "a promise takes none off the shelf");
        for (nth, left) in [(0, 1), (1, 0)] {
            let typed = json!({ "code": code(&made[nth]) });
            act(&shop.owner, "confirmPointsRedemption", &typed, "");
            assert_eq!(stock(), left);
        }
    });
}
