//! Every field of the customers object: its type, its default, who writes it and who reads it.

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World, on_both};

/// The table of the documentation: name and type.
const TABLE: [(&str, &str); 31] = [
    ("id", "ID!"),
    ("lastLogin", "DateTime"),
    ("extraInfo", "JSONString"),
    ("deletedAt", "DateTime"),
    ("userType", "UserUserType!"),
    ("email", "String"),
    ("firstname", "String!"),
    ("lastname", "String!"),
    ("phoneNumber", "String"),
    ("birthday", "Date"),
    ("gender", "UserGender"),
    ("country", "UserCountry"),
    ("city", "String"),
    ("street", "String"),
    ("zipCode", "String"),
    ("picture", "String"),
    ("merchantType", "UserMerchantType"),
    ("creator", "IUserNode"),
    ("logo", "String"),
    ("numOfOrderDiscountsAllowed", "Int!"),
    ("loyaltyId", "String"),
    ("entitySource", "UserEntitySource"),
    ("entitySourceId", "String"),
    ("active", "Boolean!"),
    ("staff", "Boolean!"),
    ("admin", "Boolean!"),
    ("createdAt", "DateTime!"),
    ("updatedAt", "DateTime!"),
    ("archived", "Boolean"),
    ("verified", "Boolean"),
    ("secondaryEmail", "String"),
];

/// The rest of the table.
const TABLE_END: [(&str, &str); 2] = [("address", "String"), ("pointsEarned", "Int")];

/// Custom fields that no reader of numbers may touch.
const EXACT: &str = r#"{"table": 5, "id": 12345678901234567890123, "rate": 0.10, "big": 1E2}"#;

/// What a client selects to see all of it.
const ALL: &str = "id lastLogin extraInfo deletedAt userType email firstname lastname phoneNumber birthday gender
    country city street zipCode picture merchantType creator { id userType } logo numOfOrderDiscountsAllowed loyaltyId
    entitySource entitySourceId active staff admin createdAt updatedAt archived verified secondaryEmail address
    pointsEarned consumerCards";

pub(crate) fn create(client: &Client, input: &Value) -> Value {
    let document = format!(
        "mutation ($input: CreateConsumerInput!) {{
            createConsumer(input: $input) {{ success errors consumer {{ pk {ALL} }} }}
        }}"
    );
    let answer = client.query(&document, json!({ "input": input })).succeeded();
    assert_eq!(answer.data("createConsumer.errors"), &Value::Null, "{input}");
    answer.data("createConsumer.consumer").clone()
}

pub(crate) fn update(client: &Client, input: &Value) -> Value {
    let document = format!(
        "mutation ($input: UpdateConsumerInput!) {{
            updateConsumer(input: $input) {{ success errors consumer {{ pk {ALL} }} }}
        }}"
    );
    let answer = client.query(&document, json!({ "input": input })).succeeded();
    assert_eq!(answer.data("updateConsumer.errors"), &Value::Null, "{input}");
    answer.data("updateConsumer.consumer").clone()
}

/// A type as SDL writes it.
fn spelled(kind: &Value) -> String {
    match kind["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", spelled(&kind["ofType"])),
        Some("LIST") => format!("[{}]", spelled(&kind["ofType"])),
        _ => kind["name"].as_str().unwrap_or_default().to_owned(),
    }
}

#[test]
fn the_types_are_those_of_the_table() {
    on_both(|world| {
        for object in ["ConsumerNode", "IUserNode"] {
            let document = format!(
                "{{ __type(name: \"{object}\") {{ fields {{ name type {{ kind name ofType {{ kind name ofType {{ name }} }} }} }} }} }}"
            );
            let answer = world.anonymous().query(&document, Value::Null).succeeded();
            let fields = answer.data("__type.fields").as_array().unwrap();
            for (name, kind) in TABLE.iter().chain(&TABLE_END) {
                let field = fields.iter().find(|field| field["name"] == *name);
                let field = field.unwrap_or_else(|| panic!("{object}.{name} is missing"));
                assert_eq!(&spelled(&field["type"]), kind, "{object}.{name}");
            }
        }
    });
}

#[test]
fn a_customer_with_only_a_name_has_the_defaults() {
    on_both(|world| {
        let merchant = world.merchant();
        let customer = create(&merchant, &json!({ "firstname": "Ada" }));
        let me = merchant.query("{ me { id } }", Value::Null).succeeded();
        for (field, default) in [
            ("lastLogin", Value::Null),
            ("extraInfo", Value::Null),
            ("deletedAt", Value::Null),
            ("userType", json!("CONSUMER")),
            ("email", Value::Null),
            ("firstname", json!("Ada")),
            ("lastname", json!("")),
            ("phoneNumber", Value::Null),
            ("birthday", Value::Null),
            ("gender", Value::Null),
            ("country", Value::Null),
            ("city", Value::Null),
            ("street", Value::Null),
            ("zipCode", Value::Null),
            ("picture", Value::Null),
            ("merchantType", Value::Null),
            ("creator", json!({ "id": me.data("me.id"), "userType": "MERCHANT" })),
            ("logo", Value::Null),
            ("numOfOrderDiscountsAllowed", json!(0)),
            ("entitySource", Value::Null),
            ("entitySourceId", Value::Null),
            ("active", json!(true)),
            ("staff", json!(false)),
            ("admin", json!(false)),
            ("archived", json!(false)),
            ("verified", json!(false)),
            ("secondaryEmail", Value::Null),
            ("address", Value::Null),
            ("pointsEarned", json!(0)),
            ("consumerCards", json!([])),
        ] {
            assert_eq!(customer[field], default, "{field}");
        }
        let loyalty_id = customer["loyaltyId"].as_str().unwrap();
        assert!(loyalty_id.len() == 14 && loyalty_id.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(customer["createdAt"], customer["updatedAt"]);
        assert!(customer["createdAt"].as_str().unwrap().ends_with("+00:00"));
    });
}

/// What a merchant can write, and what is read then.
fn written() -> Vec<(&'static str, Value, Value)> {
    vec![
        ("firstname", json!(" Grace "), json!("Grace")),
        ("lastname", json!("Hopper"), json!("Hopper")),
        ("email", json!("Grace@Example.com"), json!("Grace@Example.com")),
        ("phoneNumber", json!("+49 171 2345678"), json!("+491712345678")),
        ("birthday", json!("1906-12-09"), json!("1906-12-09")),
        ("gender", json!("FEMALE"), json!("FEMALE")),
        ("country", json!("DE"), json!("DE")),
        ("city", json!("Bonn"), json!("Bonn")),
        ("street", json!("Ring 1"), json!("Ring 1")),
        ("zipCode", json!("53111"), json!("53111")),
        ("picture", json!("https://example.com/a.png"), json!("https://example.com/a.png")),
        ("extraInfo", json!(EXACT), json!(EXACT)),
        ("numOfOrderDiscountsAllowed", json!(3), json!(3)),
    ]
}

#[test]
fn what_a_merchant_writes_is_read_and_null_clears_it() {
    on_both(|world| {
        let merchant = world.merchant();
        let mut input = json!({ "cards": ["OLD-1", "old-2"] });
        for (field, value, _) in written() {
            input[field] = value;
        }
        let customer = create(&merchant, &input);
        for (field, _, read) in written() {
            assert_eq!(customer[field], read, "{field}");
        }
        assert_eq!(customer["consumerCards"], json!(["OLD-1", "old-2"]));
        assert_eq!(customer["address"], json!("Ring 1, 53111 Bonn, DE"));
        let id = &customer["id"];
        let same = update(&merchant, &json!({ "id": id }));
        assert_eq!(same, customer, "absent keeps, and changes no updatedAt");
        for (field, ..) in written().into_iter().filter(|(field, ..)| *field != "firstname") {
            let cleared = update(&merchant, &json!({ "id": id, field: null }));
            let empty = match field {
                "lastname" => json!(""),
                "numOfOrderDiscountsAllowed" => json!(0),
                _ => Value::Null,
            };
            assert_eq!(cleared[field], empty, "{field}");
            assert!(cleared["updatedAt"].as_str() > customer["updatedAt"].as_str(), "{field}");
        }
        let cleared = update(&merchant, &json!({ "id": id, "cards": null }));
        assert_eq!(cleared["consumerCards"], json!([]));
    });
}

#[test]
fn nothing_else_can_be_written() {
    on_both(|world| {
        let merchant = world.merchant();
        for (field, value) in [
            ("userType", json!("MERCHANT")),
            ("staff", json!(true)),
            ("admin", json!(true)),
            ("active", json!(false)),
            ("archived", json!(true)),
            ("loyaltyId", json!("12345678901237")),
            ("pointsEarned", json!(1000)),
            ("merchantType", json!("BAR")),
            ("verified", json!(true)),
            ("creator", json!(1)),
            ("createdAt", json!("2020-01-01T00:00")),
        ] {
            let answer = merchant.query(
                "mutation ($input: CreateConsumerInput!) { createConsumer(input: $input) { success } }",
                json!({ "input": { "firstname": "Eve", field: value } }),
            );
            assert_eq!(answer.error_code(), Some("invalid"), "{field}: {}", answer.text);
        }
    });
}

#[test]
fn the_source_is_named_at_creation_and_deletion_archives() {
    on_both(|world| {
        let merchant = world.merchant();
        let source =
            json!({ "firstname": "S", "entitySource": "SHOPIFY", "entitySourceId": "gid-1" });
        let customer = create(&merchant, &source);
        assert_eq!(customer["entitySource"], json!("SHOPIFY"));
        assert_eq!(customer["entitySourceId"], json!("gid-1"));
        let answer = merchant
            .query(
                "mutation ($id: ID!) { deleteConsumer(input: { id: $id }) {
                    success errors consumer { active archived deletedAt } } }",
                json!({ "id": customer["id"] }),
            )
            .succeeded();
        assert_eq!(answer.data("deleteConsumer.consumer.active"), &json!(false));
        assert_eq!(answer.data("deleteConsumer.consumer.archived"), &json!(true));
        assert!(answer.data("deleteConsumer.consumer.deletedAt").is_string());
        for (archived, is_archived) in
            [(json!(false), false), (json!(true), true), (Value::Null, false)]
        {
            let changed = update(&merchant, &json!({ "id": customer["id"], "archived": archived }));
            assert_eq!(changed["archived"], json!(is_archived));
            assert_eq!(changed["active"], json!(!is_archived));
            assert_eq!(changed["deletedAt"].is_string(), is_archived);
        }
    });
}

#[test]
fn logging_in_is_seen_by_the_merchant_and_moves_nothing_else() {
    on_both(|world| {
        let (client, email) = member_of_the_demo_merchant(world);
        let me = client.query("{ me { id lastLogin } }", Value::Null).succeeded();
        let before = seen_by_owner(world, me.data("me.id"));
        let answer = world.anonymous().query(
            "mutation ($e: String!, $p: String!) { obtainToken(email: $e, password: $p) { success } }",
            json!({ "e": email, "p": PASSWORD }),
        );
        assert_eq!(answer.succeeded().data("obtainToken.success"), &json!(true));
        let after = seen_by_owner(world, me.data("me.id"));
        assert!(after["lastLogin"].as_str() > before["lastLogin"].as_str(), "{before} {after}");
        assert_eq!(after["updatedAt"], before["updatedAt"]);
    });
}

/// A registered consumer who has joined the demo world's first merchant, and their address.
pub(crate) fn member_of_the_demo_merchant(world: &World) -> (Client, String) {
    let consumer = world.consumer();
    let me = consumer.query("{ me { email } }", Value::Null).succeeded();
    let store =
        world.demo_owner().query("{ stores(first: 1) { edges { node { id } } } }", Value::Null);
    let answer = consumer
        .query(
            "mutation ($store: ID!) { joinMerchant(input: { storeId: $store }) { success errors } }",
            json!({ "store": store.succeeded().data("stores.edges.0.node.id") }),
        )
        .succeeded();
    assert_eq!(answer.data("joinMerchant.errors"), &Value::Null);
    (consumer, me.string("me.email").to_owned())
}

fn seen_by_owner(world: &World, id: &Value) -> Value {
    let document = "query ($id: ID!) { consumer(id: $id) { lastLogin updatedAt } }";
    let answer = world.demo_owner().query(document, json!({ "id": id })).succeeded();
    answer.data("consumer").clone()
}
