//! Bad input to lists within lists, and in which row of which list it was.

use regulars_testkit::{Answer, Client, Engine};
use serde_json::{Value, json};

use super::{queries::bad_paging, silent};
use crate::{
    apps::App,
    world::{World, on_both},
};

/// Lists within the rows of others, with their arguments.
const NESTED: [(&str, &str); 29] = [
    ("consumers(first: 2)", "orders"),
    ("consumers(first: 2)", "redemptions"),
    ("consumers(first: 2)", "stampsRedemptions"),
    ("consumers(first: 2)", "pointsRedemptions"),
    ("orders(first: 2)", "items"),
    ("stores(first: 2)", "groups"),
    ("stores(first: 2)", "orders"),
    ("storeGroups(first: 2)", "stores"),
    ("offers(first: 2)", "stores"),
    ("offers(first: 2)", "storeGroups"),
    ("offers(first: 2)", "products"),
    ("offers(first: 2)", "redemptions"),
    ("offers(first: 2)", "redemptionIntents"),
    ("loyaltyCards(first: 2)", "stores"),
    ("loyaltyCards(first: 2)", "storeGroups"),
    ("loyaltyCards(first: 2)", "products"),
    ("loyaltyCards(first: 2)", "rewards"),
    ("roles(first: 2)", "permissions"),
    ("merchants(first: 2)", "stores"),
    ("merchants(first: 2)", "storeGroups"),
    ("merchants(first: 2)", "roles"),
    ("merchants(first: 2)", "permissions"),
    ("merchants(first: 2)", "extraPermissions"),
    ("applications(first: 2)", "permissions"),
    ("applications(first: 2)", "stores"),
    ("applications(first: 2)", "apiKeys"),
    ("orders(first: 2, consumer_Id: 177)", "customer: consumer { orders"),
    ("orders(first: 2)", "shop: store { groups"),
    ("consumers(first: 2)", "orders(first: 1) { edges { node { items"),
];

#[test]
fn paging_of_every_list_within_a_list() {
    let cases = bad_paging();
    on_both(|world| {
        let owner = world.demo_owner();
        App::of(&owner, &json!({}));
        for (outer, inner) in NESTED {
            for (arguments, field) in &cases {
                let closing = "} ".repeat(inner.matches('{').count());
                let document = format!(
                    "{{ {outer} {{ edges {{ node {{ {inner}({arguments}) {{ count }} {closing} }} }} }} }}"
                );
                let answer = owner.query(&document, Value::Null);
                assert_eq!(answer.status, 200, "{document}: {}", answer.text);
                assert!(!answer.errors().is_empty(), "{document}: {}", answer.text);
                for error in answer.errors() {
                    let expected = json!({ "code": "invalid", "field": field });
                    assert_eq!(error["extensions"], expected, "{document}: {error}");
                }
                silent(&answer.text, &document);
            }
        }
    });
}

fn paths(answer: &Answer) -> Vec<Value> {
    let mut paths: Vec<Value> = answer.errors().iter().map(|error| error["path"].clone()).collect();
    paths.sort_by_key(ToString::to_string);
    paths
}

fn sorted(mut paths: Vec<Value>) -> Vec<Value> {
    paths.sort_by_key(ToString::to_string);
    paths
}

/// On servers that leave no error out.
#[test]
fn an_error_says_in_which_rows_it_is() {
    for engine in Engine::ALL {
        let world = World::start_with(engine, &[("REGULARS_API_ERRORS", "100")]);
        let owner = world.demo_owner();
        rows_of_lists(&owner);
        rows_of_an_interface(&owner);
    }
}

fn rows_of_lists(owner: &Client) {
    let document = "{
            consumers(first: 4) { edges { node {
                pk
                bad: orders(first: -1) { count }
                orders(first: 3) { rows: edges { cursor it: node { pk items(last: -1) { count } } } }
            } } }
            one: consumer(id: 177) { orders(first: 2) { edges { node { items(first: 101) { count } } } } }
        }";
    let answer = owner.query(document, Value::Null);
    let mut expected = Vec::new();
    let rows = answer.data("consumers.edges").as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for (row, edge) in rows.iter().enumerate() {
        assert_eq!(edge["node"]["bad"], Value::Null);
        expected.push(json!(["consumers", "edges", row, "node", "bad"]));
        for order in 0..edge["node"]["orders"]["rows"].as_array().unwrap().len() {
            let node = ["consumers", "edges"].map(Value::from).into_iter();
            let path = node.chain([json!(row), json!("node"), json!("orders"), json!("rows")]);
            let path = path.chain([json!(order), json!("it"), json!("items")]);
            expected.push(path.collect());
        }
    }
    let deep = expected.iter().filter(|path| path.as_array().unwrap().len() > 5).count();
    assert!(deep > 2, "several rows of nested lists fail: {}", answer.text);
    for order in 0..2 {
        expected.push(json!(["one", "orders", "edges", order, "node", "items"]));
    }
    assert_eq!(paths(&answer), sorted(expected), "{}", answer.text);
    let hidden = answer.errors().iter().any(|error| {
        error["extensions"]
            .as_object()
            .unwrap()
            .keys()
            .any(|key| !["code", "field"].contains(&key.as_str()))
    });
    assert!(!hidden, "{}", answer.text);
}

fn rows_of_an_interface(owner: &Client) {
    let document =
        "{ consumerAvailablePromotions(consumerId: 177, includeUnavailable: true) { edges { node {
            __typename
            ... on OfferNode { lists: products(first: -1) { count } }
            ... on LoyaltyCardNode { lists: rewards(first: -1) { count } name }
        } } } }";
    let answer = owner.query(document, Value::Null);
    let rows = answer.data("consumerAvailablePromotions.edges").as_array().unwrap();
    let kinds: std::collections::BTreeSet<_> =
        rows.iter().map(|edge| edge["node"]["__typename"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), 2, "offers and cards: {}", answer.text);
    let path = |row| json!(["consumerAvailablePromotions", "edges", row, "node", "lists"]);
    assert_eq!(paths(&answer), sorted((0..rows.len()).map(path).collect()), "{}", answer.text);
    // Without a list on the way there is no row.
    let answer = owner.query("{ consumer(id: 177) { orders(first: -1) { count } } }", Value::Null);
    assert_eq!(paths(&answer), [json!(["consumer", "orders"])]);
}
