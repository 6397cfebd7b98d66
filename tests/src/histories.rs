//! What happened on somebody's cards, what they had when, what is going to be gone; and points set right and moved by hand.

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::{act, log},
    redeeming::shop::{Shop, fault},
    world::on_both,
};

const LINE: &str =
    "id pk kind amount cause balanceAfter occurredAt recordedAt businessDate activeFrom expiresAt
    awaitsReview reason consumer { id } merchant { id } loyaltyCard { id } visit { id } order { id }
    reverses { id } actor { id }";

fn history(client: &Client, arguments: &str) -> Value {
    let document = format!(
        "{{ pointsHistory({arguments}) {{ count pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {LINE} }} }} }} }}"
    );
    client.query(&document, Value::Null).succeeded().data("pointsHistory").clone()
}

fn lines(history: &Value) -> Vec<Value> {
    let edges = history["edges"].as_array().expect("edges");
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

fn amounts(history: &Value) -> Vec<String> {
    let amount = |line: &Value| line["amount"].as_str().expect("an amount").to_owned();
    lines(history).iter().map(amount).collect()
}

fn adjust(client: &Client, input: &Value) -> Value {
    act(
        client,
        "adjustPoints",
        input,
        "entry { id pk amount reason expiresAt } sums { available debt lifetime }",
    )
}

fn transfer(client: &Client, input: &Value) -> Value {
    act(
        client,
        "transferPoints",
        input,
        "fromEntry { id amount } toEntry { id amount expiresAt consumer { id } }",
    )
}

#[test]
fn a_history_tells_what_happened_to_those_whose_it_is() {
    on_both(|world| {
        let shop = Shop::open(world);
        let card = shop.flat_card();
        let (guest, me) = shop.guest();
        let visit = act(
            &shop.owner,
            "createVisit",
            &json!({ "consumerId": me["id"], "amountSpent": 40, "storeId": shop.store }),
            "visit { id } receipt { earned cards { reason { code } } } warnings { code }",
        );
        assert_eq!(visit["receipt"]["earned"], "40", "{visit}");
        let input = json!({
            "consumerId": me["id"], "loyaltyCardId": card, "amount": 25, "reason": "  the long wait ",
            "expiresAt": "2027-03-01T00:00:00+00:00", "idempotencyKey": "a gift",
        });
        let given = adjust(&shop.owner, &input);
        assert_eq!(given["success"], true, "{given}");
        assert_eq!(given["sums"]["debt"], "0");
        // The same key is the same gift.
        assert_eq!(adjust(&shop.owner, &input), given);
        let taken = json!({
            "consumerLoyaltyId": me["loyaltyId"], "loyaltyCardId": card, "amount": "-5", "reason": "a slip",
        });
        assert_eq!(adjust(&shop.owner, &taken)["success"], true);
        let whole = history(&shop.owner, &format!("consumerId: {}", me["id"]));
        let all = lines(&whole);
        assert_eq!(whole["count"], json!(all.len()));
        assert_eq!(
            (&all[0]["kind"], &all[0]["amount"], &all[0]["reason"]),
            (&json!("ADJUST"), &json!("-5"), &json!("a slip"))
        );
        assert_eq!((&all[1]["amount"], &all[1]["reason"]), (&json!("25"), &json!("the long wait")));
        assert!(all[1]["expiresAt"].as_str().unwrap().starts_with("2027-03-01"), "{whole}");
        assert_eq!(all[1]["actor"]["id"], shop.me["id"]);
        let earned = all
            .iter()
            .find(|line| line["kind"] == "EARN" && line["cause"] == "VISIT")
            .expect("earned");
        assert_eq!(
            (&earned["visit"]["id"], &earned["reason"]),
            (&visit["visit"]["id"], &Value::Null)
        );
        // What is there after each is what was there before and what it did.
        let number = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
        for pair in all.windows(2) {
            let [later, earlier] = pair else { unreachable!() };
            assert_eq!(
                number(&later["balanceAfter"]),
                number(&earlier["balanceAfter"]) + number(&later["amount"])
            );
        }
        // By page, kind, card and time; and by the customer's own field.
        let first = history(&shop.owner, &format!("consumerId: {}, first: 2", me["id"]));
        let cursor = &first["pageInfo"]["endCursor"];
        let rest = history(&shop.owner, &format!("consumerId: {}, after: {cursor}", me["id"]));
        assert_eq!([lines(&first), lines(&rest)].concat(), all);
        for (arguments, some) in [
            ("kind: ADJUST", vec!["-5", "25"]),
            ("kind: EXPIRE", vec![]),
            ("occurredAt_Lt: \"2020-01-01T00:00:00+00:00\"", vec![]),
            ("orderBy: \"pk\", kind: ADJUST", vec!["25", "-5"]),
        ] {
            let found = history(&shop.owner, &format!("consumerId: {}, {arguments}", me["id"]));
            assert_eq!(amounts(&found), some, "{arguments}");
        }
        let nested = "query ($id: ID!) { consumer(id: $id) { pointsHistory(first: 1) { count edges { node { amount } } } } }";
        let nested = shop.owner.query(nested, json!({ "id": me["id"] })).succeeded();
        assert_eq!(nested.data("consumer.pointsHistory")["count"], whole["count"]);
        // Consumers see their own, and not who of the merchant's people it was.
        let own = lines(&history(&guest, "first: 100"));
        assert_eq!(own.len(), all.len());
        assert_eq!((&own[1]["reason"], &own[1]["actor"]), (&json!("the long wait"), &Value::Null));
        let node = "query ($id: ID!) { node(id: $id) { id ... on LedgerEntryNode { amount } } }";
        let found = guest.query(node, json!({ "id": all[0]["id"] })).succeeded();
        assert_eq!(found.data("node.amount"), "-5");
        for stranger in [world.consumer(), world.merchant()] {
            let nothing = history(&stranger, &format!("consumerId: {}", me["id"]));
            assert_eq!(nothing["count"], 0, "{nothing}");
            let found = stranger.query(node, json!({ "id": all[0]["id"] })).succeeded();
            assert_eq!(found.data("node"), &Value::Null);
        }
        shop.books_add_up();
        assert_eq!(log(&shop.owner, "adjustPoints").len(), 2, "a replay is not written down again");
    });
}

#[test]
fn a_history_costs_as_many_statements_as_it_has_levels() {
    on_both(|world| {
        let shop = Shop::open(world);
        let card = shop.flat_card();
        let (_, me) = shop.guest();
        let statements = || {
            let document = format!(
                "{{ pointsHistory(consumerId: {}) {{ count edges {{ node {{ {LINE} }} }} }} }}",
                me["id"]
            );
            let answer = shop.owner.query(&document, Value::Null).succeeded();
            answer.header("regulars-statements").parse::<u32>().unwrap()
        };
        let give = |times: usize| {
            for _ in 0..times {
                let gift = json!({ "consumerId": me["id"], "loyaltyCardId": card, "amount": 1, "reason": "more" });
                assert_eq!(adjust(&shop.owner, &gift)["success"], true);
            }
        };
        give(2);
        let few = statements();
        give(12);
        assert_eq!(statements(), few, "{:?}", world.engine);
        assert!(few <= 14, "{few} statements");
    });
}

#[test]
fn balances_of_the_past_and_ends_to_come() {
    on_both(|world| {
        let shop = Shop::open(world);
        let card = shop.flat_card();
        let (guest, me) = shop.guest();
        for (amount, end) in [(10, "2027-05-01T00:00:00+00:00"), (20, "2028-05-01T00:00:00+00:00")]
        {
            let gift = json!({
                "consumerId": me["id"], "loyaltyCardId": card, "amount": amount, "reason": "x", "expiresAt": end,
            });
            assert_eq!(adjust(&shop.owner, &gift)["success"], true);
        }
        let intent = act(
            &guest,
            "createPointsRedemptionIntent",
            &json!({ "loyaltyCardId": card, "pointsToRedeem": 20 }),
            "redemptionIntent { id }",
        );
        assert_eq!(intent["success"], true, "{intent}");
        let balances = |client: &Client, arguments: &str| {
            let document = format!(
                "{{ balanceAsOf({arguments}) {{ balance debt available pending held loyaltyCard {{ pk }} }} }}"
            );
            client.query(&document, Value::Null).succeeded().data("balanceAsOf").clone()
        };
        let named = format!("consumerId: {}", me["id"]);
        let now = json!([{
            "balance": "30", "debt": "0", "available": "10", "pending": "0", "held": "20", "loyaltyCard": { "pk": card },
        }]);
        assert_eq!(balances(&shop.owner, &named), now);
        assert_eq!(balances(&guest, &format!("loyaltyCardId: {card}")), now);
        let long_ago = format!("{named}, at: \"2020-01-01T00:00:00+00:00\"");
        assert_eq!(balances(&shop.owner, &long_ago), json!([]));
        // By then the promise has lapsed, and the first has ended.
        let later = format!("{named}, at: \"2027-06-01T00:00:00+00:00\"");
        assert_eq!(balances(&shop.owner, &later)[0]["available"], "20");
        let expiring = |client: &Client, arguments: &str| {
            let document =
                format!("{{ expiring({arguments}) {{ amount at lastDay loyaltyCard {{ pk }} }} }}");
            let found = client.query(&document, Value::Null).succeeded().data("expiring").clone();
            let each = found.as_array().unwrap().iter();
            each.map(|row| (row["amount"].clone(), row["lastDay"].clone())).collect::<Vec<_>>()
        };
        // The promise holds the ten that end first and ten of the others.
        let ends = expiring(&guest, &format!("merchantId: {}", shop.me["id"]));
        assert_eq!(ends.len(), 1, "{ends:?}");
        assert_eq!(ends[0].0, "10");
        assert_eq!(expiring(&shop.owner, &format!("{named}, withinDays: 0")), []);
        assert_eq!(
            expiring(&shop.owner, &format!("{named}, until: \"2030-01-01T00:00:00+00:00\"")),
            ends
        );
        assert_eq!(expiring(&world.merchant(), &named), []);
    });
}

#[test]
fn points_move_by_hand_once_and_the_books_add_up() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (card, stamps) = (shop.flat_card(), shop.stamp_card());
        let ((_, ada), (bob, his)) = (shop.guest(), shop.guest());
        let gift = json!({
            "consumerId": ada["id"], "loyaltyCardId": card, "amount": 30, "reason": "x",
            "expiresAt": "2027-05-01T00:00:00+00:00",
        });
        assert_eq!(adjust(&shop.owner, &gift)["success"], true);
        let input = json!({
            "fromConsumerId": ada["id"], "toConsumerLoyaltyId": his["loyaltyId"], "fromLoyaltyCardId": card,
            "points": 20, "reason": "a present", "idempotencyKey": "one",
        });
        let moved = transfer(&shop.owner, &input);
        assert_eq!(moved["success"], true, "{moved}");
        assert_eq!(
            (&moved["fromEntry"]["amount"], &moved["toEntry"]["amount"]),
            (&json!("-20"), &json!("20"))
        );
        assert!(
            moved["toEntry"]["expiresAt"].as_str().unwrap().starts_with("2027-05-01"),
            "{moved}"
        );
        assert_eq!(moved["toEntry"]["consumer"]["id"], his["id"]);
        assert_eq!(transfer(&shop.owner, &input), moved);
        assert_eq!(amounts(&history(&bob, "kind: TRANSFER")), ["20"]);
        for (field, value, argument) in [
            ("points", json!(11), "points"),
            ("points", json!(0), "points"),
            ("toConsumerLoyaltyId", ada["loyaltyId"].clone(), "toConsumerId"),
            ("toLoyaltyCardId", json!(stamps), "toLoyaltyCardId"),
            ("reason", json!(" "), "reason"),
        ] {
            let mut wrong = input.clone();
            wrong["idempotencyKey"] = Value::Null;
            wrong[field] = value;
            let answer = transfer(&shop.owner, &wrong);
            assert_eq!(answer["success"], false, "{field}: {answer}");
            assert!(!fault(&answer, argument).is_empty(), "{field}: {answer}");
        }
        // Taking into debt, and no further without.
        let owes =
            json!({ "consumerId": ada["id"], "loyaltyCardId": card, "amount": -15, "reason": "x" });
        assert!(fault(&adjust(&shop.owner, &owes), "amount").contains("10 points are available"));
        let mut deep = owes.clone();
        deep["intoDebt"] = json!(true);
        assert_eq!(adjust(&shop.owner, &deep)["sums"]["debt"], "5");
        // Neither is a cashier's to do.
        let cashier = world.staff(&shop.owner, &["view_consumer", "identify_consumer", "redeem"]);
        for answer in [adjust(&cashier, &gift), transfer(&cashier, &input)] {
            assert_eq!(
                answer["errors"]["nonFieldErrors"][0]["code"], "permission_denied",
                "{answer}"
            );
        }
        shop.books_add_up();
    });
}

#[test]
fn rule_30_what_was_said_goes_with_whom_it_was_said_of() {
    on_both(|world| {
        let shop = Shop::open(world);
        let card = shop.flat_card();
        let (_, me) = shop.guest();
        let gift =
            json!({ "consumerId": me["id"], "loyaltyCardId": card, "amount": 5, "reason": "zzz" });
        assert_eq!(adjust(&shop.owner, &gift)["success"], true);
        let said = || shop.number("COUNT(*)", "entry_reason WHERE reason = 'zzz'");
        assert_eq!(said(), 1);
        let erased =
            act(&shop.owner, "eraseConsumer", &json!({ "id": me["id"], "reason": "REQUEST" }), "");
        assert_eq!(erased["success"], true, "{erased}");
        assert_eq!(said(), 0);
        shop.books_add_up();
    });
}
