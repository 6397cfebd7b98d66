//! The change feed: what happened to whom, for those who follow it.

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::act,
    consumer_fields::create,
    orders::{open, store},
    world::{World, on_both},
};

const FOLLOW: &str = "query ($after: String, $first: Int, $types: [ChangeType!]) {
    changes(after: $after, first: $first, types: $types) {
        edges { cursor node { id type subjectId consumerId createdAt consumer { id } order { id } visit { id } store { id } } }
        pageInfo { hasNextPage }
    }
}";

/// The changes after a cursor; waits until there are so many, since one that is under way elsewhere holds back what comes after.
fn after(client: &Client, cursor: &Value, count: usize) -> Vec<Value> {
    for _ in 0..200 {
        let answer = client.query(FOLLOW, json!({ "after": cursor })).succeeded();
        let edges = answer.data("changes.edges").as_array().expect("edges").clone();
        if edges.len() >= count {
            return edges;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("{count} changes never came");
}

fn types(edges: &[Value]) -> Vec<&str> {
    edges.iter().filter_map(|edge| edge["node"]["type"].as_str()).collect()
}

fn last(edges: &[Value]) -> Value {
    edges.last().expect("a change")["cursor"].clone()
}

fn done(client: &Client, mutation: &str, input: &Value, selection: &str) -> Value {
    let answer = act(client, mutation, input, selection);
    assert_eq!(answer["success"], true, "{mutation}: {answer}");
    answer
}

#[test]
fn what_happens_to_a_customer_is_told_in_order() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        let card = json!({
            "name": "Points", "loyaltyType": "POINTS", "pointsLoyaltyType": "PRODUCT", "dollarWorth": 1,
        });
        done(&owner, "createLoyaltyCard", &card, "loyaltyCard { id }");
        let ada = create(&owner, &json!({ "firstname": "Ada" }));
        let mut cursor = Value::Null;
        let mut told = |count: usize| {
            let edges = after(&owner, &cursor, count);
            cursor = last(&edges);
            edges
        };
        let made = told(1);
        assert_eq!(types(&made), ["CUSTOMER_CREATED"]);
        let node = &made[0]["node"];
        assert_eq!((&node["subjectId"], &node["consumerId"]), (&ada["id"], &ada["id"]));
        assert_eq!((&node["consumer"]["id"], &node["order"]), (&ada["id"], &Value::Null));

        done(
            &owner,
            "updateConsumer",
            &json!({ "id": ada["id"], "city": "Bonn" }),
            "consumer { id }",
        );
        assert_eq!(types(&told(1)), ["CUSTOMER_UPDATED"]);

        let visit = json!({ "consumerId": ada["id"], "amountSpent": 5, "storeId": shop });
        let visit = done(&owner, "createVisit", &visit, "visit { id }");
        let edges = told(2);
        assert_eq!(types(&edges), ["VISIT_RECORDED", "POINTS_CHANGED"]);
        let node = &edges[0]["node"];
        assert_eq!((&node["visit"]["id"], &node["store"]["id"]), (&visit["visit"]["id"], &shop));
        assert_eq!(edges[1]["node"]["consumerId"], ada["id"]);

        let order = open(&owner, &shop);
        assert_eq!(types(&told(1))[0], "ORDER_CREATED");
        done(&owner, "deleteOrder", &json!({ "id": order }), "order { id }");
        let edges = told(1);
        assert_eq!(types(&edges), ["ORDER_DELETED"]);
        assert_eq!(edges[0]["node"]["subjectId"], order);

        done(&owner, "deleteConsumer", &json!({ "id": ada["id"] }), "consumer { id }");
        assert_eq!(types(&told(1)), ["CUSTOMER_ARCHIVED"]);

        // A refusal is nothing that happened.
        let refused = act(&owner, "deleteConsumer", &json!({ "id": 1 }), "consumer { id }");
        assert_eq!(refused["success"], false);
        let none = owner.query(FOLLOW, json!({ "after": cursor })).succeeded();
        assert_eq!(none.data("changes.edges"), &json!([]));
        let one = "query ($id: ID!) { node(id: $id) { ... on ChangeNode { type subjectId } } }";
        let found = owner.query(one, json!({ "id": made[0]["node"]["id"] })).succeeded();
        assert_eq!(found.data("node.type"), "CUSTOMER_CREATED");
        let foreign = world.demo_owner().query(one, json!({ "id": made[0]["node"]["id"] }));
        assert_eq!(foreign.succeeded().data("node"), &Value::Null);
    });
}

#[test]
fn each_is_told_what_they_may_see() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        create(&owner, &json!({ "firstname": "Ada" }));
        open(&owner, &shop);
        let all = after(&owner, &Value::Null, 2);
        assert_eq!(types(&all), ["CUSTOMER_CREATED", "ORDER_CREATED"]);
        let seller = world.staff(&owner, &["view_order"]);
        let told = after(&seller, &Value::Null, 1);
        assert_eq!(types(&told), ["ORDER_CREATED"]);
        let asked = json!({ "types": ["CUSTOMER_CREATED"] });
        assert_eq!(seller.query(FOLLOW, asked.clone()).error_code(), Some("permission_denied"));
        let one = owner.query(FOLLOW, asked).succeeded();
        assert_eq!(
            types(one.data("changes.edges").as_array().expect("edges")),
            ["CUSTOMER_CREATED"]
        );
        for nobody in [world.staff(&owner, &["redeem"]), world.consumer(), world.anonymous()] {
            assert_eq!(nobody.query(FOLLOW, json!({})).error_code(), Some("permission_denied"));
        }
        let count = owner.query("{ changes { count } }", Value::Null).succeeded();
        assert_eq!(count.data("changes.count"), &json!(2));
    });
}

#[test]
fn a_page_costs_as_many_statements_as_it_has_levels() {
    on_both(|world: &World| {
        let owner = world.merchant();
        let shop = store(&owner);
        for nth in 0..6 {
            create(&owner, &json!({ "firstname": format!("Ada {nth}") }));
            open(&owner, &shop);
        }
        after(&owner, &Value::Null, 12);
        let statements = |first: i32| {
            let answer = owner.query(FOLLOW, json!({ "first": first })).succeeded();
            answer.header("regulars-statements").parse::<u32>().expect("a number")
        };
        let few = statements(2);
        assert_eq!(statements(12), few);
        assert!(few <= 6, "{few}");
        let edges = after(&owner, &Value::Null, 12);
        let continued = owner.query(FOLLOW, json!({ "after": edges[3]["cursor"], "first": 4 }));
        let next = continued.succeeded();
        assert_eq!(next.data("changes.edges").as_array().expect("edges"), &edges[4..8]);
        let foreign = owner.query(FOLLOW, json!({ "after": "azEKbm90aGluZwpwawo1" }));
        assert_eq!(foreign.error_code(), Some("invalid"));
    });
}
