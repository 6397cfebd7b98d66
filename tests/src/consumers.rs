//! The list of customers: filters, order, pages, counts, and what it costs.

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{consumer_fields::create, world::on_both};

/// The first names that a list answers.
fn names(client: &Client, arguments: &str) -> Vec<String> {
    let document = format!("{{ consumers{arguments} {{ edges {{ node {{ firstname }} }} }} }}");
    let answer = client.query(&document, Value::Null).succeeded();
    let edges = answer.data("consumers.edges").as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["firstname"].as_str().unwrap().to_owned()).collect()
}

fn four(client: &Client) -> Vec<Value> {
    [
        json!({ "firstname": "Ada", "lastname": "Lovelace", "email": "ada@gmail.com", "phoneNumber": "+491712345678",
            "city": "Bonn", "gender": "FEMALE", "birthday": "1990-05-01" }),
        json!({ "firstname": "Bob", "lastname": "MÜLLER", "email": "bob@gmail.com", "city": "Köln", "gender": "MALE" }),
        json!({ "firstname": "Cem", "lastname": "100%_sure", "phoneNumber": "+12015550123", "city": "Bonn" }),
        json!({ "firstname": "Dora", "lastname": "Smith", "entitySource": "POS", "entitySourceId": "d-4",
            "cards": ["VIP 77"] }),
    ]
    .iter()
    .map(|input| create(client, input))
    .collect()
}

#[test]
fn an_empty_variable_is_no_filter_either() {
    on_both(|world| {
        let owner = world.demo_owner();
        let document = "query ($rules: JSONString, $at: DateTime) {
            consumers(segmentationRules: $rules, createdAt_Gte: $at, updatedAt_Lt: $at) { count }
            orders(completedAt_Gte: $at, completedAt_Lt: $at, createdAt_Gte: $at, createdAt_Lt: $at) { count }
            consumerAvailablePromotions(consumerId: 177, at: $at) { count }
            consumer(id: 177) { orders(completedAt_Lt: $at, createdAt_Lt: $at) { count } } }";
        let ask = |value: Value| {
            let variables = json!({ "rules": value, "at": value });
            owner.query(document, variables).succeeded().body["data"].clone()
        };
        // Other tests have customers put down at the same merchant: compared is what did not change meanwhile.
        let (all, empty) = loop {
            let (before, empty, after) = (ask(Value::Null), ask(json!("")), ask(Value::Null));
            if before == after {
                break (before, empty);
            }
        };
        assert!(all["consumers"]["count"].as_u64() > Some(0), "{all}");
        assert_eq!(empty, all, "{:?}", world.engine);
    });
}

#[test]
fn filters_find_what_they_say() {
    on_both(|world| {
        let merchant = world.merchant();
        let customers = four(&merchant);
        let loyalty_id = customers[0]["loyaltyId"].as_str().unwrap();
        let part = &loyalty_id[3..9];
        for (arguments, expected) in [
            (String::new(), "Ada Bob Cem Dora"),
            ("(email_Icontains: \"GMAIL\")".into(), "Ada Bob"),
            ("(email: \"ADA@gmail.com\")".into(), "Ada"),
            ("(lastname_Icontains: \"müll\")".into(), "Bob"),
            ("(lastname_Icontains: \"mull\")".into(), ""),
            ("(lastname_Icontains: \"%\")".into(), "Cem"),
            ("(lastname_Icontains: \"0%_s\")".into(), "Cem"),
            ("(lastname_Icontains: \"gmail\")".into(), ""),
            ("(firstname: \"Ada\")".into(), "Ada"),
            ("(firstname: \"ada\")".into(), ""),
            ("(city: \"Bonn\")".into(), "Ada Cem"),
            ("(city_Icontains: \"ö\")".into(), "Bob"),
            (format!("(loyaltyId: \"{loyalty_id}\")"), "Ada"),
            (format!("(loyaltyId_Icontains: \"{part}\")"), "Ada"),
            ("(phoneNumber: \"0171 2345\")".into(), "Ada"),
            ("(phoneNumber: \"5678\")".into(), "Ada"),
            ("(phoneNumber: \"+491712345678\")".into(), "Ada"),
            ("(phoneNumber_Icontains: \"555\")".into(), "Cem"),
            ("(entitySource: POS)".into(), "Dora"),
            ("(entitySourceId: \"d-4\")".into(), "Dora"),
            ("(search: \"vip 77\")".into(), "Dora"),
            ("(search: \"lovelace ada\")".into(), "Ada"),
            ("(search: \"0171 2345\")".into(), "Ada"),
            ("(search: \"Bonn\")".into(), ""),
            ("(search: \"zz\")".into(), ""),
            ("(orderBy: \"-firstname\")".into(), "Dora Cem Bob Ada"),
            ("(orderBy: \"city,-firstname\")".into(), "Dora Cem Ada Bob"),
            ("(first: 2)".into(), "Ada Bob"),
            ("(last: 2)".into(), "Cem Dora"),
            ("(offset: 3)".into(), "Dora"),
            ("(first: 0)".into(), ""),
            ("(createdAt_Lt: \"2020-01-01T00:00\")".into(), ""),
            ("(createdAt_Gte: \"2020-01-01T00:00\", city: \"Bonn\")".into(), "Ada Cem"),
            ("(createdAt_Gte: \"\", createdAt_Lt: \"\", updatedAt_Gte: \"\", updatedAt_Lt: \"\")".into(), "Ada Bob Cem Dora"),
            ("(segmentationRules: \"\", search: \"\", entitySourceId: \"\")".into(), "Ada Bob Cem Dora"),
            (r#"(segmentationRules: "[[\"gender\",\"exact\",\"MALE\"]]")"#.into(), "Bob"),
            (r#"(segmentationRules: "[[\"city\",\"iexact\",\"BONN\"],\"AND\",[\"NOT\",[\"gender\",\"isnull\",true]]]")"#.into(), "Ada"),
            (r#"(segmentationRules: "[[\"birthday__month\",\"exact\",5],\"OR\",[\"lastname\",\"icontains\",\"mith\"]]")"#.into(), "Ada Dora"),
        ] {
            assert_eq!(names(&merchant, &arguments).join(" "), expected, "{:?} {arguments}", world.engine);
        }
    });
}

#[test]
fn archived_customers_appear_when_asked_for() {
    on_both(|world| {
        let merchant = world.merchant();
        let customers = four(&merchant);
        let delete = "mutation ($id: ID!) { deleteConsumer(input: { id: $id }) { success } }";
        merchant.query(delete, json!({ "id": customers[1]["id"] })).succeeded();
        for (arguments, expected) in [
            ("", "Ada Cem Dora"),
            ("(archived: false)", "Ada Cem Dora"),
            ("(archived: true)", "Bob"),
            ("(includeArchived: true)", "Ada Bob Cem Dora"),
            ("(includeArchived: true, orderBy: \"updatedAt\")", "Ada Cem Dora Bob"),
        ] {
            assert_eq!(names(&merchant, arguments).join(" "), expected, "{arguments}");
        }
    });
}

#[test]
fn cursors_walk_every_order_without_gaps_while_rows_come() {
    on_both(|world| {
        let merchant = world.merchant();
        for number in 0..23 {
            create(
                &merchant,
                &json!({ "firstname": format!("N{:02}", number % 7), "lastname": format!("L{number}") }),
            );
        }
        for order in ["", "firstname", "-createdAt", "firstname,-pk", "-lastname,firstname"] {
            let mut seen = Vec::new();
            let mut after = Value::Null;
            loop {
                let answer = merchant
                    .query(
                        "query ($o: String, $a: String) { consumers(first: 5, orderBy: $o, after: $a) {
                            count totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
                            edges { cursor node { pk } } } }",
                        json!({ "o": order, "a": after }),
                    )
                    .succeeded();
                assert_eq!(answer.data("consumers.count"), &json!(23));
                assert_eq!(answer.data("consumers.totalCount"), &json!(23));
                assert_eq!(answer.data("consumers.pageInfo.hasPreviousPage"), &json!(false));
                let edges = answer.data("consumers.edges").as_array().unwrap();
                seen.extend(edges.iter().map(|edge| edge["node"]["pk"].as_i64().unwrap()));
                after = answer.data("consumers.pageInfo.endCursor").clone();
                if answer.data("consumers.pageInfo.hasNextPage") == &json!(false) {
                    break;
                }
            }
            let mut all = seen.clone();
            all.sort_unstable();
            all.dedup();
            assert_eq!((seen.len(), all.len()), (23, 23), "{order}");
        }
    });
}

#[test]
fn a_list_costs_as_many_statements_as_it_has_levels() {
    on_both(|world| {
        let owner = world.demo_owner();
        let statements = |first: u32, selection: &str| {
            let document =
                format!("{{ consumers(first: {first}) {{ edges {{ node {{ {selection} }} }} }} }}");
            let answer = owner.query(&document, Value::Null).succeeded();
            answer.header("regulars-statements").parse::<u32>().unwrap()
        };
        for (selection, most) in [
            ("pk firstname email", 3),
            ("pk pointsEarned", 4),
            ("pk creator { id } consumerCards", 6),
            ("orders(first: 3) { edges { node { orderId } } }", 4),
            (
                "orders(first: 3) { edges { node { store { name } orderType { name } items { edges { node { quantity } } } } } }",
                8,
            ),
            ("redemptions { count edges { node { id } } }", 5),
        ] {
            let (few, many) = (statements(2, selection), statements(100, selection));
            assert_eq!(few, many, "{selection}");
            assert!(many <= most, "{selection}: {many} statements on {:?}", world.engine);
        }
    });
}

#[test]
fn upsert_is_by_source_and_idempotency_keys_answer_again() {
    on_both(|world| {
        let merchant = world.merchant();
        let upsert = "mutation ($input: UpsertConsumerInput!) { upsertConsumer(input: $input) {
            success errors consumer { pk firstname city } } }";
        let record = |extra: Value| {
            let mut input = json!({ "entitySource": "SALESFORCE", "entitySourceId": "003" });
            input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            merchant
                .query(upsert, json!({ "input": input }))
                .succeeded()
                .data("upsertConsumer")
                .clone()
        };
        let first = record(json!({ "firstname": "Ida", "city": "Rom" }));
        let second = record(json!({ "firstname": "Ina" }));
        assert_eq!(first["consumer"]["pk"], second["consumer"]["pk"]);
        assert_eq!(
            second["consumer"],
            json!({ "pk": first["consumer"]["pk"], "firstname": "Ina", "city": "Rom" })
        );

        let create = "mutation ($name: String, $key: String) { createConsumer(input: { firstname: $name, idempotencyKey: $key }) {
            success errors consumer { pk firstname } } }";
        let call = |name: &str, key: &str| {
            merchant.query(create, json!({ "name": name, "key": key })).succeeded()
        };
        let (once, again) = (call("Key", "k-1"), call("Key", "k-1"));
        assert_eq!(once.data("createConsumer"), again.data("createConsumer"));
        assert_eq!(
            (once.header("idempotent-replayed"), again.header("idempotent-replayed")),
            ("", "true")
        );
        let other = call("Other", "k-1");
        assert_eq!(other.data("createConsumer.errors.idempotencyKey.0.code"), &json!("invalid"));
        assert_eq!(names(&merchant, "(firstname: \"Key\")").len(), 1);
        let by_header = merchant.header("Idempotency-Key", "k-2");
        let made = |_| {
            by_header
                .query(create, json!({ "name": "Head" }))
                .succeeded()
                .data("createConsumer.consumer.pk")
                .clone()
        };
        assert_eq!(made(1), made(2));
        // The same key in both places is one key; two keys could not both be kept.
        let both =
            |key: &str| by_header.query(create, json!({ "name": "Head", "key": key })).succeeded();
        let same = both("k-2");
        assert_eq!(same.data("createConsumer.consumer.pk"), &made(3));
        let two = both("k-3");
        assert_eq!(two.data("createConsumer.errors.idempotencyKey.0.code"), &json!("invalid"));
        assert_eq!(names(&merchant, "(firstname: \"Head\")").len(), 1);
    });
}
