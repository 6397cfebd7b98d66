//! Bad input to mutations, argument by argument: which field and which code. Never a 500, never a word of the database.

mod catalogue;
mod consents;
mod histories;
mod loyalty_cards;
mod merging;
mod messages;
mod orders;
mod privacy;
mod redeeming;

use regulars_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::{
    consumer_fields::create,
    input::silent,
    world::{PASSWORD, on_both},
};

/// Refused as this argument's fault, and as no other's.
#[track_caller]
fn at_fault(answer: &Answer, mutation: &str, field: &str, code: &str, about: &str) {
    assert_eq!((answer.status, answer.errors().len()), (200, 0), "{about}: {}", answer.text);
    let found = answer.data(mutation);
    assert_eq!(found["success"], json!(false), "{about}: {}", answer.text);
    let errors = found["errors"].as_object().unwrap_or_else(|| panic!("{about}: {}", answer.text));
    assert_eq!(errors.keys().collect::<Vec<_>>(), [field], "{about}: {}", answer.text);
    assert_eq!(errors[field][0]["code"], json!(code), "{about}: {}", answer.text);
    assert!(answer.text.len() < 1_000, "{about}: repeats what came: {}", answer.text);
    silent(&answer.text, about);
}

fn send(client: &Client, mutation: &str, input: &Value) -> Answer {
    let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let document = format!(
        "mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ success errors }} }}"
    );
    client.query(&document, json!({ "input": input }))
}

/// What is refused of a customer, by argument.
fn customers_fields() -> Vec<(&'static str, Value)> {
    let long = |count: usize| json!("x".repeat(count));
    let picture = |count: usize| json!(format!("https://example.com/{}", "x".repeat(count)));
    let cards = |count: u8| (0..count).map(|card| format!("many-{card}")).collect::<Vec<_>>();
    vec![
        ("firstname", long(151)),
        ("firstname", json!("a\0b")),
        ("firstname", json!("a\nb")),
        ("lastname", long(151)),
        ("lastname", json!("a\0b")),
        ("lastname", json!("a\nb")),
        ("email", json!("no address")),
        ("email", json!("a\0b@example.com")),
        ("email", json!("a\u{7f}b@example.com")),
        ("email", json!(format!("{}@example.com", "x".repeat(300)))),
        ("email", json!("TAKEN@example.com")),
        ("phoneNumber", json!("12")),
        ("phoneNumber", json!("+4917\u{0}12345678")),
        ("phoneNumber", json!("+4917\n12345678")),
        ("phoneNumber", json!("1".repeat(10_000))),
        ("birthday", json!("1899-12-31")),
        ("birthday", json!("2999-01-01")),
        ("city", long(151)),
        ("city", json!("a\0b")),
        ("city", json!("a\nb")),
        ("street", long(151)),
        ("street", json!("a\0b")),
        ("street", json!("a\nb")),
        ("zipCode", long(21)),
        ("zipCode", json!("1\0a")),
        ("zipCode", json!("1\ta")),
        ("picture", json!("http://example.com/a.png")),
        ("picture", json!("https://example.com/\0.png")),
        ("picture", json!("https://example.com/\u{85}.png")),
        ("picture", picture(2_048)),
        ("extraInfo", json!("[1]")),
        ("extraInfo", json!("{\"a\":1,\"a\":2}")),
        ("extraInfo", json!("{\"a\":{\"b\":1,\"b\":1}}")),
        ("extraInfo", json!("{\"a\":\"\\u0000\"}")),
        ("extraInfo", json!(format!("{{\"a\":\"{}\"}}", "x".repeat(10_240)))),
        ("numOfOrderDiscountsAllowed", json!(-1)),
        ("numOfOrderDiscountsAllowed", json!(101)),
        ("cards", json!([""])),
        ("cards", json!(["a\0b"])),
        ("cards", json!(["a\u{2028}b"])),
        ("cards", json!(["x".repeat(65)])),
        ("cards", json!(cards(21))),
        ("cards", json!(["C-1"])),
    ]
}

/// What no key of any mutation may be.
fn keys() -> [Value; 4] {
    [json!(""), json!("k".repeat(256)), json!("a\0b"), json!("a\u{1b}b")]
}

/// Not even read: the wrong type, or no value of an enum or a scalar.
const UNREADABLE: [(&str, &str); 9] = [
    ("firstname", "5"),
    ("birthday", "\"1990-02-30\""),
    ("birthday", "\"yesterday\""),
    ("gender", "\"UNKNOWN\""),
    ("country", "\"ZZ\""),
    ("extraInfo", "\"{broken\""),
    ("numOfOrderDiscountsAllowed", "\"three\""),
    ("cards", "[null]"),
    ("shoe", "1"),
];

#[test]
fn customers_to_create_to_upsert_and_to_update() {
    on_both(|world| {
        let merchant = world.merchant();
        create(
            &merchant,
            &json!({ "firstname": "T", "email": "taken@example.com", "cards": ["c-1"],
                "entitySource": "POS", "entitySourceId": "p-1" }),
        );
        let own = create(&merchant, &json!({ "firstname": "Own" }));
        let seen = || {
            let document = "{ consumers { count edges { node { id updatedAt } } } }";
            merchant.query(document, Value::Null).succeeded().body
        };
        let before = seen();
        for (mutation, base) in [
            ("createConsumer", json!({ "firstname": "A" })),
            (
                "upsertConsumer",
                json!({ "firstname": "A", "entitySource": "POS", "entitySourceId": "p-2" }),
            ),
            ("updateConsumer", json!({ "id": own["id"] })),
        ] {
            let with = |field: &str, value: &Value| {
                let mut input = base.clone();
                input[field] = value.clone();
                input
            };
            let of_keys = keys().map(|key| ("idempotencyKey", key));
            for (field, value) in customers_fields().into_iter().chain(of_keys) {
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                let answer = send(&merchant, mutation, &with(field, &value));
                at_fault(&answer, mutation, field, "invalid", &about);
            }
            for (field, value) in UNREADABLE {
                let value = serde_json::from_str(value).unwrap();
                let answer = send(&merchant, mutation, &with(field, &value));
                assert_eq!(answer.error_code(), Some("invalid"), "{mutation}: {}", answer.text);
                assert!(answer.status == 400 && answer.text.len() < 1_000, "{}", answer.text);
                silent(&answer.text, field);
            }
        }
        assert_eq!(seen(), before, "nothing was written");
    });
}

#[test]
fn records_of_other_systems() {
    on_both(|world| {
        let merchant = world.merchant();
        let create = |source: Value, id: Value| json!({ "firstname": "A", "entitySource": source, "entitySourceId": id });
        let long = json!("x".repeat(256));
        for (mutation, input, field) in [
            ("createConsumer", create(json!("POS"), Value::Null), "entitySourceId"),
            ("createConsumer", create(json!("POS"), json!(" ")), "entitySourceId"),
            ("createConsumer", create(Value::Null, json!("p-1")), "entitySource"),
            ("createConsumer", create(json!("POS"), json!("a\0b")), "entitySourceId"),
            ("createConsumer", create(json!("POS"), json!("a\rb")), "entitySourceId"),
            ("createConsumer", create(json!("POS"), long.clone()), "entitySourceId"),
            ("upsertConsumer", create(json!("POS"), json!(" ")), "entitySourceId"),
            ("upsertConsumer", create(json!("POS"), json!("a\0b")), "entitySourceId"),
            ("upsertConsumer", create(json!("POS"), json!("a\u{2029}b")), "entitySourceId"),
            ("upsertConsumer", create(json!("POS"), long), "entitySourceId"),
        ] {
            let about = format!("{:?} {mutation} {input}", world.engine);
            at_fault(&send(&merchant, mutation, &input), mutation, field, "invalid", &about);
        }
        for input in [
            create(json!("MYSPACE"), json!("p-1")),
            json!({ "entitySource": "POS" }),
            json!({ "entitySourceId": "p-1" }),
        ] {
            let answer = send(&merchant, "upsertConsumer", &input);
            assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")), "{input}");
            silent(&answer.text, &input.to_string());
        }
    });
}

#[test]
fn ids_and_keys() {
    /// The global ids of a store and of a customer: whichever the mutation does not mean.
    const STORE: &str = "U3RvcmVOb2RlOjE5";
    const CUSTOMER: &str = "SVVzZXJOb2RlOjE3Nw==";
    on_both(|world| {
        let (merchant, consumer) = (world.merchant(), world.consumer());
        for (client, mutation, argument, foreign, extra) in [
            (&merchant, "updateConsumer", "id", STORE, json!({ "firstname": "A" })),
            (&merchant, "deleteConsumer", "id", STORE, json!({})),
            (&consumer, "joinMerchant", "storeId", CUSTOMER, json!({})),
            (&consumer, "leaveMerchant", "merchantId", STORE, json!({})),
            (&consumer, "shareProfile", "merchantId", STORE, json!({ "sharing": "FULL" })),
            (&consumer, "enroll", "loyaltyCardId", STORE, json!({})),
        ] {
            let with = |id: Value| {
                let mut input = extra.clone();
                input[argument] = id;
                input
            };
            for id in [
                "",
                " ",
                "garbage",
                "-5",
                "9223372036854775808",
                "1\u{0}",
                &"9".repeat(9_000),
                foreign,
            ] {
                let about = format!("{:?} {mutation} {argument} = {id}", world.engine);
                let answer = send(client, mutation, &with(json!(id)));
                at_fault(&answer, mutation, argument, "invalid", &about);
            }
            for id in [json!(999_999_999), json!("9223372036854775807")] {
                let about = format!("{:?} {mutation} {argument} = {id}", world.engine);
                let answer = send(client, mutation, &with(id));
                at_fault(&answer, mutation, argument, "does_not_exist", &about);
            }
            for key in keys() {
                let mut input = with(json!(999_999_999));
                input["idempotencyKey"] = key.clone();
                let about = format!("{:?} {mutation} idempotencyKey = {key}", world.engine);
                at_fault(
                    &send(client, mutation, &input),
                    mutation,
                    "idempotencyKey",
                    "invalid",
                    &about,
                );
            }
            for id in [Value::Null, json!(1.5), json!([1, 2]), json!({ "id": 1 })] {
                let answer = send(client, mutation, &with(id.clone()));
                assert_eq!(answer.error_code(), Some("invalid"), "{mutation} {id} {}", answer.text);
                silent(&answer.text, mutation);
            }
        }
        let sharing = json!({ "merchantId": 1, "sharing": "ALL" });
        let answer = send(&consumer, "shareProfile", &sharing);
        assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")), "{}", answer.text);
    });
}

#[test]
fn applications_and_keys() {
    let long = json!("x".repeat(151));
    on_both(|world| {
        let owner = world.merchant();
        let made = owner
            .query(
                "mutation { createApplication(input: { name: \"A\", permissions: [] }) { application { id } } }",
                Value::Null,
            )
            .succeeded();
        let id = made.data("createApplication.application.id").clone();
        for (mutation, base) in [
            ("createApplication", json!({ "name": "A", "permissions": [] })),
            ("updateApplication", json!({ "id": id })),
            ("createApiKey", json!({ "applicationId": id })),
        ] {
            let mut cases =
                vec![("name", long.clone()), ("name", json!("a\0b")), ("name", json!("a\nb"))];
            cases.extend(keys().map(|key| ("idempotencyKey", key)));
            if mutation == "createApiKey" {
                cases.push(("expiresAt", json!("2001-01-01T00:00:00")));
                cases.push(("applicationId", json!("garbage")));
                cases.push(("applicationId", json!("U3RvcmVOb2RlOjE5")));
            } else {
                let many: Vec<_> = (1..=500).map(|store| json!(store)).collect();
                cases.extend([
                    ("name", json!(" ")),
                    ("permissions", json!(["fly"])),
                    ("permissions", json!(["U3RvcmVOb2RlOjE5"])),
                    ("stores", json!(["garbage"])),
                    ("stores", json!(["SVVzZXJOb2RlOjE3Nw=="])),
                    ("requestsPerMinute", json!(0)),
                    ("requestsPerMinute", json!(-1)),
                    ("requestsPerMinute", json!(10_001)),
                ]);
                let mut input = base.clone();
                input["stores"] = json!(many);
                let answer = send(&owner, mutation, &input);
                at_fault(&answer, mutation, "stores", "does_not_exist", "stores of nobody");
            }
            for (field, value) in cases {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&send(&owner, mutation, &input), mutation, field, "invalid", &about);
            }
        }
        for (mutation, argument, extra) in [
            ("updateApplication", "id", json!({ "name": "A" })),
            ("deleteApplication", "id", json!({})),
            ("createApiKey", "applicationId", json!({})),
            ("revokeApiKey", "id", json!({})),
        ] {
            for (id, code) in
                [("", "invalid"), ("1\u{0}", "invalid"), ("999999999", "does_not_exist")]
            {
                let mut input = extra.clone();
                input[argument] = json!(id);
                let about = format!("{:?} {mutation} {argument} = {id}", world.engine);
                at_fault(&send(&owner, mutation, &input), mutation, argument, code, &about);
            }
        }
    });
}

#[test]
fn stores_and_store_groups() {
    let long = json!("x".repeat(151));
    on_both(|world| {
        let owner = world.merchant();
        let made = "mutation { createStore(input: { name: \"A\" }) { store { id } }
            createStoreGroup(input: { name: \"A\" }) { storeGroup { id } } }";
        let made = owner.query(made, Value::Null).succeeded();
        let (store, group) =
            (made.data("createStore.store.id"), made.data("createStoreGroup.storeGroup.id"));
        let texts = ["location", "state", "city", "street", "zipCode", "phoneNumber", "timeZone"];
        for (mutation, base) in
            [("createStore", json!({ "name": "A" })), ("updateStore", json!({ "id": store }))]
        {
            let mut cases: Vec<(&str, Value)> =
                ["name"].iter().chain(&texts).map(|field| (*field, long.clone())).collect();
            for text in ["a\0b", "a\nb"] {
                cases.extend(["name"].iter().chain(&texts).map(|field| (*field, json!(text))));
            }
            cases.extend(keys().map(|key| ("idempotencyKey", key)));
            cases.extend([
                ("name", json!(" ")),
                ("phoneNumber", json!("call me")),
                ("timeZone", json!("Mars/Olympus")),
                ("taxRate", json!("-0.01")),
                ("taxRate", json!("100.0001")),
                ("taxRate", json!("19.00001")),
                ("lateHours", json!(-1)),
                ("lateHours", json!(8_785)),
                ("extraInfo", json!("[1]")),
                ("extraInfo", json!(format!("{{\"a\":\"{}\"}}", "x".repeat(10_240)))),
            ]);
            for (field, value) in cases {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&send(&owner, mutation, &input), mutation, field, "invalid", &about);
            }
            for (field, value) in [
                ("country", json!("XX")),
                ("dayStartsAt", json!("25:00")),
                ("taxRate", json!("much")),
                ("isActive", json!("no")),
                ("extraInfo", json!("{")),
            ] {
                let mut input = base.clone();
                input[field] = value;
                let answer = send(&owner, mutation, &input);
                assert_eq!(answer.error_code(), Some("invalid"), "{mutation} {}", answer.text);
                silent(&answer.text, mutation);
            }
        }
        let many: Vec<_> = (1..=501).map(|store| store.to_string()).collect();
        for (mutation, base) in [
            ("createStoreGroup", json!({ "name": "A" })),
            ("updateStoreGroup", json!({ "id": group })),
        ] {
            for (field, value, code) in [
                ("name", long.clone(), "invalid"),
                ("name", json!("a\0b"), "invalid"),
                ("name", json!(""), "invalid"),
                ("stores", json!(["garbage"]), "invalid"),
                ("stores", json!(["SVVzZXJOb2RlOjE3Nw=="]), "invalid"),
                ("stores", json!(["999999999"]), "does_not_exist"),
            ] {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&send(&owner, mutation, &input), mutation, field, code, &about);
            }
            let literal = format!(
                "mutation {{ {mutation}(input: {{ {}, stores: [{}] }}) {{ success errors }} }}",
                if mutation == "createStoreGroup" {
                    "name: \"A\"".to_owned()
                } else {
                    format!("id: {group}")
                },
                many.join(",")
            );
            let answer = owner.query(&literal, Value::Null);
            at_fault(&answer, mutation, "stores", "invalid", "more stores than fit");
        }
        for mutation in ["updateStore", "deleteStore", "updateStoreGroup", "deleteStoreGroup"] {
            for (id, code) in [
                ("", "invalid"),
                ("1\u{0}", "invalid"),
                ("SVVzZXJOb2RlOjE3Nw==", "invalid"),
                ("999999999", "does_not_exist"),
            ] {
                let about = format!("{:?} {mutation} {id}", world.engine);
                let answer = send(&owner, mutation, &json!({ "id": id }));
                at_fault(&answer, mutation, "id", code, &about);
            }
        }
    });
}

const REGISTER: &str = "mutation ($email: String!, $password1: String!, $password2: String!, $firstname: String!,
    $lastname: String!, $userType: String!, $merchantType: String, $phoneNumber: String, $birthday: String,
    $country: String, $city: String, $street: String, $zipCode: String, $gender: String) {
    register(email: $email, password1: $password1, password2: $password2, firstname: $firstname, lastname: $lastname,
        userType: $userType, merchantType: $merchantType, phoneNumber: $phoneNumber, birthday: $birthday,
        country: $country, city: $city, street: $street, zipCode: $zipCode, gender: $gender) {
        success errors token refreshToken } }";

#[test]
fn arguments_of_register() {
    let long = "x".repeat(2_000);
    let long_address = format!("{long}@example.com");
    let cases = [
        ("email", "", "required"),
        ("email", "a\0b@example.com", "invalid"),
        ("email", "a\nb@example.com", "invalid"),
        ("email", &long_address, "max_length"),
        ("firstname", " ", "required"),
        ("firstname", "a\0b", "invalid"),
        ("firstname", "a\u{9b}b", "invalid"),
        ("firstname", &long, "max_length"),
        ("lastname", "", "required"),
        ("lastname", "a\0b", "invalid"),
        ("lastname", "a\u{9b}b", "invalid"),
        ("lastname", &long, "max_length"),
        ("userType", "", "required"),
        ("userType", "MERCHANT\0", "invalid_choice"),
        ("userType", &long, "invalid_choice"),
        ("merchantType", "ZZ", "invalid_choice"),
        ("merchantType", "BAR\0", "invalid_choice"),
        ("merchantType", &long, "invalid_choice"),
        ("phoneNumber", "12", "invalid"),
        ("phoneNumber", "+4917\u{0}12345678", "invalid"),
        ("phoneNumber", &long, "max_length"),
        ("birthday", "1899-12-31", "invalid"),
        ("birthday", "2000-01-01\0", "invalid"),
        ("birthday", &long, "invalid"),
        ("country", "DE\0", "invalid_choice"),
        ("country", &long, "invalid_choice"),
        ("city", "a\0b", "invalid"),
        ("city", "a\u{9b}b", "invalid"),
        ("city", &long, "max_length"),
        ("street", "a\0b", "invalid"),
        ("street", "a\u{9b}b", "invalid"),
        ("street", &long, "max_length"),
        ("zipCode", "1\0a", "invalid"),
        ("zipCode", "1\na", "invalid"),
        ("zipCode", &long, "max_length"),
        ("gender", "MALE\0", "invalid_choice"),
        ("gender", &long, "invalid_choice"),
    ];
    let passwords = [
        ("tea", "password_too_short"),
        ("password1", "password_too_common"),
        ("740291846573", "password_entirely_numeric"),
        ("new@example.com", "password_too_similar"),
        ("augusta ada", "password_too_similar"),
        ("lovelace1", "password_too_similar"),
        ("tea with\u{0}3 crows", "invalid"),
        (&long, "max_length"),
    ];
    on_both(|world| {
        let base = json!({ "email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD,
            "firstname": "Augusta Ada", "lastname": "Lovelace", "userType": "MERCHANT", "merchantType": "BAR" });
        let refused = |variables: Value, field: &str, code: &str| {
            let about = format!("{:?} register {field} {code}", world.engine);
            let answer = world.anonymous().query(REGISTER, variables);
            at_fault(&answer, "register", field, code, &about);
            assert_eq!(answer.data("register.token"), &Value::Null);
            assert_eq!(answer.data("register.refreshToken"), &Value::Null);
        };
        for (field, value, code) in &cases {
            let mut variables = base.clone();
            variables[*field] = json!(value);
            refused(variables, field, code);
        }
        for (password, code) in &passwords {
            let mut variables = base.clone();
            variables["password1"] = json!(password);
            variables["password2"] = json!(password);
            refused(variables, "password2", code);
        }
        for field in ["password1", "password2"] {
            let mut variables = base.clone();
            variables[field] = json!("");
            refused(variables, field, "required");
        }
        for missing in ["email", "password1", "password2", "firstname", "lastname", "userType"] {
            let mut variables = base.clone();
            variables[missing] = Value::Null;
            let answer = world.anonymous().query(REGISTER, variables);
            assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")), "{missing}");
            silent(&answer.text, missing);
        }
    });
}

#[test]
fn arguments_of_logging_in() {
    let long = "x".repeat(5_000);
    on_both(|world| {
        for mutation in ["obtainToken", "signIn"] {
            let document = format!(
                "mutation ($e: String, $p: String!) {{ {mutation}(email: $e, password: $p) {{ success errors token }} }}"
            );
            for (email, password) in [
                (Value::Null, PASSWORD),
                (json!(""), PASSWORD),
                (json!("merchant@example.com\0"), PASSWORD),
                (json!("\0"), PASSWORD),
                (json!(long), PASSWORD),
                (json!("merchant@example.com"), ""),
                (json!("merchant@example.com"), "regulars-demo\0"),
                (json!("merchant@example.com"), long.as_str()),
            ] {
                let about = format!("{:?} {mutation}", world.engine);
                let variables = json!({ "e": email, "p": password });
                let answer = world.anonymous().query(&document, variables);
                at_fault(&answer, mutation, "nonFieldErrors", "invalid_credentials", &about);
            }
            let answer = world.anonymous().query(&document, json!({ "e": "merchant@example.com" }));
            assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")));
        }
    });
}
