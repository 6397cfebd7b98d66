//! What each sees, and that nobody sees another merchant's rows. Who may ask what at all is in
//! [`crate::permission_matrix`].

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{consumer_fields::create, world::on_both};

#[test]
fn consumers_see_themselves_and_no_list() {
    on_both(|world| {
        let consumer = world.consumer();
        let me = consumer.query("{ me { id } }", Value::Null).succeeded();
        let own = consumer.query(
            "query ($id: ID!) { consumer(id: $id) { id } }",
            json!({ "id": me.data("me.id") }),
        );
        assert_eq!(own.succeeded().data("consumer.id"), me.data("me.id"));
        let list = consumer.query("{ consumers { count } }", Value::Null);
        assert_eq!(list.error_code(), Some("permission_denied"));
        let other = consumer.query("{ consumer(id: 177) { id } }", Value::Null);
        assert_eq!(other.error_code(), Some("does_not_exist"));
        let orders = consumer.query("{ orders { count } }", Value::Null).succeeded();
        assert_eq!(orders.data("orders.count"), &json!(0));
    });
}

#[test]
fn another_merchants_rows_are_as_if_they_were_not_there() {
    on_both(|world| {
        let (ours, theirs) = (world.merchant(), world.merchant());
        let customer = create(
            &theirs,
            &json!({ "firstname": "Hidden", "email": "hidden@example.com", "cards": ["H-1"] }),
        );
        let (id, pk) = (&customer["id"], &customer["pk"]);
        for id in [id, pk] {
            let asked =
                ours.query("query ($id: ID!) { consumer(id: $id) { id } }", json!({ "id": id }));
            assert_eq!(asked.error_code(), Some("does_not_exist"));
            assert_eq!(asked.data("consumer"), &Value::Null);
        }
        let node = ours
            .query("query ($id: ID!) { node(id: $id) { id } }", json!({ "id": id }))
            .succeeded();
        assert_eq!(node.data("node"), &Value::Null);
        for mutation in ["updateConsumer", "deleteConsumer"] {
            let document = format!(
                "mutation ($id: ID!) {{ {mutation}(input: {{ id: $id }}) {{ success errors }} }}"
            );
            let answer = ours.query(&document, json!({ "id": id })).succeeded();
            let code = answer.data(&format!("{mutation}.errors.id.0.code"));
            assert_eq!(code, &json!("does_not_exist"), "{mutation}");
        }
        let search =
            ours.query("{ consumers(search: \"hidden\") { count } }", Value::Null).succeeded();
        assert_eq!(search.data("consumers.count"), &json!(0));
        // The same address and card are free here: nothing tells who is known elsewhere (rule 2).
        create(
            &ours,
            &json!({ "firstname": "Own", "email": "hidden@example.com", "cards": ["H-1"] }),
        );
        let orders = ours
            .query("query ($id: ID!) { orders(consumer_Id: $id) { count } }", json!({ "id": id }));
        assert_eq!(orders.succeeded().data("orders.count"), &json!(0));
    });
}

#[test]
fn a_cashier_reads_and_does_not_write() {
    on_both(|world| {
        let cashier = world.login("cashier@example.com");
        assert!(
            cashier
                .query("{ consumers { count } }", Value::Null)
                .succeeded()
                .data("consumers.count")
                .as_i64()
                > Some(0)
        );
        let create = "mutation { createConsumer(input: { firstname: \"x\" }) { success errors } }";
        let answer = cashier.query(create, Value::Null).succeeded();
        assert_eq!(
            answer.data("createConsumer.errors.nonFieldErrors.0.code"),
            &json!("permission_denied")
        );
        let orders = |client: &regulars_testkit::Client| {
            let answer = client.query("{ orders { count } }", Value::Null).succeeded();
            answer.data("orders.count").as_i64().unwrap()
        };
        let owner = world.demo_owner();
        assert!(orders(&cashier) < orders(&owner), "own stores only");
        let stores = |client: &regulars_testkit::Client| -> BTreeSet<i64> {
            let document = "{ consumers(first: 60) { edges { node {
                redemptions(first: 20) { edges { node { store { pk } } } }
                stampsRedemptions(first: 20) { edges { node { store { pk } } } }
                pointsRedemptions(first: 20) { edges { node { store { pk } } } }
            } } } }";
            let answer = client.query(document, Value::Null).succeeded();
            let customers = answer.data("consumers.edges").as_array().unwrap();
            let lists =
                customers.iter().flat_map(|edge| edge["node"].as_object().unwrap().values());
            let rows = lists.flat_map(|list| list["edges"].as_array().unwrap());
            rows.filter_map(|row| row["node"]["store"]["pk"].as_i64()).collect()
        };
        assert!(stores(&cashier).is_subset(&stores(&owner)));
        assert_eq!(stores(&cashier).len(), 1, "redemptions in other stores are not shown");
        assert!(stores(&owner).len() > 1);
    });
}

#[test]
fn a_merchants_people_are_nodes_and_the_owner_has_the_merchants_name() {
    on_both(|world| {
        let (owner, cashier) = (world.demo_owner(), world.login("cashier@example.com"));
        let me = "{ me { id userType ... on MerchantNode { name } } }";
        let (own, other) = (owner.query(me, Value::Null), cashier.query(me, Value::Null));
        assert!(own.string("me.name").len() > 2, "{}", own.text);
        assert_eq!(other.data("me.name"), &Value::Null);
        let node = "query ($id: ID!) { node(id: $id) { id } }";
        for client in [&owner, &cashier] {
            for asked in [&own, &other] {
                let id = asked.data("me.id");
                let answer = client.query(node, json!({ "id": id })).succeeded();
                assert_eq!(answer.data("node.id"), id);
            }
        }
        let stranger = world.merchant();
        let answer = stranger.query(node, json!({ "id": other.data("me.id") })).succeeded();
        assert_eq!(answer.data("node"), &Value::Null, "another tenant's staff");
    });
}

#[test]
fn a_refused_list_leaves_the_rest_of_the_answer() {
    on_both(|world| {
        let consumer = world.consumer();
        let answer = consumer.query("{ me { id } consumers { count } }", Value::Null);
        assert_eq!(answer.error_code(), Some("permission_denied"));
        assert!(answer.string("me.id").len() > 2);
        assert_eq!(answer.data("consumers"), &Value::Null);
        let owner = world.demo_owner();
        let document = "{ consumer(id: 177) { pointsEarned redemptions(first: 101) { count } } }";
        let answer = owner.query(document, Value::Null);
        assert_eq!(answer.error_code(), Some("invalid"));
        assert!(answer.data("consumer.pointsEarned").is_i64());
    });
}
