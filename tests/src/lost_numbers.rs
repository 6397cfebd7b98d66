//! Lost loyalty ids and cards (rule 5): from then on they identify nobody, and a till is told so.

use regulars_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::{consumer_fields::member_of_the_demo_merchant, world::on_both};

/// What a till learns by a number.
fn asked(till: &Client, number: &str) -> Answer {
    till.query(
        "query ($number: String!) { consumerAvailablePromotions(consumerLoyaltyId: $number) { count } }",
        json!({ "number": number }),
    )
}

#[track_caller]
fn identifies(till: &Client, number: &str) {
    asked(till, number).succeeded();
}

#[track_caller]
fn is_blocked(till: &Client, number: &str) {
    let answer = asked(till, number);
    assert_eq!(answer.error_code(), Some("invalid"), "{}", answer.text);
    assert!(answer.text.contains("This number is blocked"), "{}", answer.text);
}

#[test]
fn a_loyalty_id_is_replaced_and_the_lost_one_blocked() {
    on_both(|world| {
        let (owner, till) = (world.demo_owner(), world.login("cashier@example.com"));
        let create = "mutation {
            createConsumer(input: { firstname: \"Lost\" }) { consumer { id loyaltyId } }
        }";
        let managed = owner.query(create, Value::Null).succeeded();
        let (person, _) = member_of_the_demo_merchant(world);
        let me = person.query("{ me { id loyaltyId } }", Value::Null).succeeded();
        let replace = "mutation ($id: ID) {
            replaceLoyaltyId(input: { consumerId: $id }) { success errors consumer { loyaltyId } }
        }";
        for (client, id, former) in [
            (
                &owner,
                managed.data("createConsumer.consumer.id").clone(),
                managed.string("createConsumer.consumer.loyaltyId"),
            ),
            (&person, Value::Null, me.string("me.loyaltyId")),
        ] {
            identifies(&till, former);
            let answer = client.query(replace, json!({ "id": id })).succeeded();
            assert_eq!(answer.data("replaceLoyaltyId.errors"), &Value::Null);
            let new = answer.string("replaceLoyaltyId.consumer.loyaltyId");
            assert_ne!(new, former);
            identifies(&till, new);
            is_blocked(&till, former);
        }
        let answer = owner.query(replace, json!({ "id": me.data("me.id") })).succeeded();
        assert_eq!(answer.string("replaceLoyaltyId.errors.consumerId.0.code"), "invalid", "rule 3");
        // The same key replaces once.
        let keyed = "mutation ($key: String!) {
            replaceLoyaltyId(input: { idempotencyKey: $key }) { consumer { loyaltyId } }
        }";
        let once = || {
            let answer = person.query(keyed, json!({ "key": "lost-1" })).succeeded();
            answer.string("replaceLoyaltyId.consumer.loyaltyId").to_owned()
        };
        assert_eq!(once(), once());
    });
}

#[test]
fn a_lost_card_is_blocked_for_good() {
    on_both(|world| {
        let (owner, till) = (world.demo_owner(), world.login("cashier@example.com"));
        let card = format!("LOST {}", std::process::id());
        let create = "mutation ($cards: [String!]!) {
            createConsumer(input: { firstname: \"Lost\", cards: $cards }) {
                errors consumer { id consumerCards }
            }
        }";
        let made = owner.query(create, json!({ "cards": [card] })).succeeded();
        let id = made.data("createConsumer.consumer.id").clone();
        identifies(&till, &card);
        let block = "mutation ($id: ID, $card: String!) {
            blockConsumerCard(input: { consumerId: $id, card: $card }) {
                success errors consumer { consumerCards }
            }
        }";
        let variables = json!({ "id": id, "card": card.to_lowercase() });
        let answer = owner.query(block, variables.clone()).succeeded();
        assert_eq!(
            answer.data("blockConsumerCard"),
            &json!({ "success": true, "errors": null, "consumer": { "consumerCards": [] } })
        );
        is_blocked(&till, &card);
        let again = owner.query(block, variables).succeeded();
        assert_eq!(again.string("blockConsumerCard.errors.card.0.code"), "invalid");
        let given = owner.query(create, json!({ "cards": [card] })).succeeded();
        assert_eq!(given.string("createConsumer.errors.cards.0.code"), "invalid");

        // Consumers block what a merchant gave them.
        let (person, _) = member_of_the_demo_merchant(world);
        let me = person.query("{ me { id } }", Value::Null).succeeded();
        let own = format!("OWN {}", std::process::id());
        let give = "mutation ($id: ID!, $cards: [String!]!) {
            updateConsumer(input: { id: $id, cards: $cards }) { errors }
        }";
        let given = owner.query(give, json!({ "id": me.data("me.id"), "cards": [own] }));
        assert_eq!(given.succeeded().data("updateConsumer.errors"), &Value::Null);
        let answer = person.query(block, json!({ "card": own })).succeeded();
        assert_eq!(answer.data("blockConsumerCard.errors"), &Value::Null);
        is_blocked(&till, &own);
    });
}
