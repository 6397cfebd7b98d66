//! Bad input: for each argument what is refused, with which field and code. Never a 500, never a word of the database.

mod nested;
mod queries;

use serde_json::{Value, json};

use crate::{consumer_fields::create, world::on_both};

/// Words that only a database, a parser library or a panic would say.
const LEAKS: [&str; 10] = [
    "sqlite",
    "postgres",
    "diesel",
    "SELECT",
    "constraint",
    "serde",
    "panicked",
    "at line",
    "column:",
    "relation",
];

pub(crate) fn silent(text: &str, about: &str) {
    for leak in LEAKS {
        assert!(!text.contains(leak), "{about} answers {text}");
    }
}

/// Documents, the code of their error, and the argument that it names.
pub(crate) fn bad_queries() -> Vec<(String, &'static str, Option<&'static str>)> {
    let long = "x".repeat(11_000);
    vec![
        ("{ consumer(id: \"garbage\") { id } }".to_owned(), "invalid", Some("id")),
        ("{ consumer(id: \"U3RvcmVOb2RlOjE5\") { id } }".to_owned(), "invalid", Some("id")),
        ("{ consumer(id: \"\") { id } }".to_owned(), "invalid", Some("id")),
        ("{ consumer(id: -5) { id } }".to_owned(), "invalid", Some("id")),
        ("{ consumer(id: \"9223372036854775808\") { id } }".to_owned(), "invalid", Some("id")),
        (
            "{ consumer(id: \"9223372036854775807\") { id } }".to_owned(),
            "does_not_exist",
            Some("id"),
        ),
        ("{ consumer(id: 999999999) { id } }".to_owned(), "does_not_exist", Some("id")),
        ("{ node(id: 5) { id } }".to_owned(), "invalid", Some("id")),
        ("{ node(id: \"Tm90aGluZzo1\") { id } }".to_owned(), "invalid", Some("id")),
        ("{ consumers(first: -1) { count } }".to_owned(), "invalid", Some("first")),
        ("{ consumers(first: 101) { count } }".to_owned(), "invalid", Some("first")),
        ("{ consumers(last: 101) { count } }".to_owned(), "invalid", Some("last")),
        ("{ consumers(offset: -1) { count } }".to_owned(), "invalid", Some("offset")),
        ("{ consumers(offset: 10001) { count } }".to_owned(), "invalid", Some("offset")),
        ("{ consumers(after: \"rubbish\") { count } }".to_owned(), "invalid", Some("after")),
        (
            "{ consumers(before: \"YXJyYXk=\", first: 1) { count } }".to_owned(),
            "invalid",
            Some("before"),
        ),
        ("{ consumers(orderBy: \"shoeSize\") { count } }".to_owned(), "invalid", Some("orderBy")),
        ("{ consumers(search: \"a\\u0000b\") { count } }".to_owned(), "invalid", Some("search")),
        (
            "{ consumers(email_Icontains: \"\\u0000\") { count } }".to_owned(),
            "invalid",
            Some("email_Icontains"),
        ),
        (format!("{{ consumers(search: \"{long}\") {{ count }} }}"), "invalid", Some("search")),
        (
            "{ consumers(segmentationRules: \"[[\\\"shoe\\\",\\\"exact\\\",1]]\") { count } }"
                .to_owned(),
            "invalid",
            Some("segmentationRules"),
        ),
        (
            "{ consumers(segmentationRules: \"[]\") { count } }".to_owned(),
            "invalid",
            Some("segmentationRules"),
        ),
        ("{ consumers(segmentationRules: \"nonsense\") { count } }".to_owned(), "invalid", None),
        ("{ consumers(entitySource: MYSPACE) { count } }".to_owned(), "invalid", None),
        ("{ consumers(createdAt_Gte: \"yesterday\") { count } }".to_owned(), "invalid", None),
        (
            "{ consumers(createdAt_Gte: \"2022-02-30T00:00\") { count } }".to_owned(),
            "invalid",
            None,
        ),
        (
            "{ orders(consumer_Id: \"garbage\") { count } }".to_owned(),
            "invalid",
            Some("consumer_Id"),
        ),
        (
            "{ orders(store_Id: \"SVVzZXJOb2RlOjE3Nw==\") { count } }".to_owned(),
            "invalid",
            Some("store_Id"),
        ),
        ("{ orders(duration: \"a while\") { count } }".to_owned(), "invalid", Some("duration")),
        ("{ order(id: 999999999) { id } }".to_owned(), "does_not_exist", Some("id")),
        ("{ store(id: 999999999) { id } }".to_owned(), "does_not_exist", Some("id")),
        ("{ campaign(id: 999999999) { id } }".to_owned(), "does_not_exist", Some("id")),
        ("{ offer(id: 999999999) { id } }".to_owned(), "does_not_exist", Some("id")),
        ("{ loyaltyCard(id: 999999999) { id } }".to_owned(), "does_not_exist", Some("id")),
        ("{ consumerAvailablePromotions { count } }".to_owned(), "invalid", None),
        (
            "{ consumerAvailablePromotions(consumerLoyaltyId: \"12345678901234\") { count } }"
                .to_owned(),
            "does_not_exist",
            Some("consumerLoyaltyId"),
        ),
        ("{ consumer(id: 177.0) { id } }".to_owned(), "invalid", None),
        ("{ nothing }".to_owned(), "invalid", None),
        ("{ consumers { edges { node { shoe } } } }".to_owned(), "invalid", None),
        ("{ consumers".to_owned(), "invalid", None),
    ]
}

#[test]
fn arguments_of_queries() {
    let cases = bad_queries();
    on_both(|world| {
        let owner = world.demo_owner();
        for (document, code, field) in &cases {
            let answer = owner.query(document, Value::Null);
            assert!(answer.status < 500, "{document}: {}", answer.text);
            assert_eq!(
                answer.error_code(),
                Some(*code),
                "{:?} {document}: {}",
                world.engine,
                answer.text
            );
            if let Some(field) = field {
                assert_eq!(
                    answer.errors()[0]["extensions"]["field"],
                    json!(field),
                    "{document}: {}",
                    answer.text
                );
            }
            silent(&answer.text, document);
        }
    });
}

/// In the document and in variables, alone and within an input, as a word, a text or a number.
#[test]
fn a_value_that_is_none_of_an_enums_is_answered_with_those_that_are() {
    on_both(|world| {
        let owner = world.demo_owner();
        let list = "query ($v: UserEntitySource) { consumers(entitySource: $v) { count } }";
        let decided = "query ($v: UserEntitySource, $s: Boolean!) { me { id @skip(if: $s) }
            consumers(entitySource: $v) { count } }";
        let create = "mutation ($v: CreateConsumerInput!) { createConsumer(input: $v) { errors } }";
        let written =
            "mutation { createConsumer(input: { firstname: \"A\", gender: DIVERS }) { errors } }";
        let (sources, genders) = ("SHOPIFY, SALESFORCE, SPOTIFY", "Allowed: MALE, FEMALE, OTHER.");
        let gender = |value: Value| json!({ "v": { "firstname": "A", "gender": value } });
        for (document, variables, said) in [
            ("{ consumers(entitySource: MYSPACE) { count } }", Value::Null, sources),
            ("{ consumers(entitySource: \"SHOPIFY\") { count } }", Value::Null, sources),
            (list, json!({ "v": "MYSPACE" }), sources),
            (list, json!({ "v": 7 }), sources),
            (decided, json!({ "v": "MYSPACE", "s": true }), sources),
            (written, Value::Null, genders),
            (create, gender(json!("DIVERS")), genders),
            (create, gender(json!(5)), genders),
        ] {
            // Once more, when the document is known.
            for _ in 0..2 {
                let answer = owner.query(document, variables.clone());
                assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")));
                let message = answer.errors()[0]["message"].as_str().expect("a message").to_owned();
                assert!(message.contains("Allowed: ") && message.contains(said), "{message}");
            }
        }
        let country = json!({ "v": { "firstname": "A", "country": "XX" } });
        let answer = owner.query(create, country);
        assert!(answer.text.len() < 600, "not every country: {}", answer.text);
        let answer = owner.query("{ consumer(id: 177.0) { id } }", Value::Null);
        assert!(answer.text.contains("a whole number or a string"), "{}", answer.text);
    });
}

#[test]
fn arguments_of_mutations() {
    let cases = [
        (json!({}), "nonFieldErrors"),
        (json!({ "firstname": "  " }), "nonFieldErrors"),
        (json!({ "firstname": "x".repeat(151) }), "firstname"),
        (json!({ "firstname": "a\u{0}b" }), "firstname"),
        (json!({ "firstname": "A", "email": "no address" }), "email"),
        (json!({ "firstname": "A", "email": "TAKEN@example.com" }), "email"),
        (json!({ "firstname": "A", "phoneNumber": "12" }), "phoneNumber"),
        (json!({ "firstname": "A", "phoneNumber": "not a number" }), "phoneNumber"),
        (json!({ "firstname": "A", "birthday": "1800-01-01" }), "birthday"),
        (json!({ "firstname": "A", "birthday": "2999-01-01" }), "birthday"),
        (json!({ "firstname": "A", "picture": "http://example.com/a.png" }), "picture"),
        (json!({ "firstname": "A", "picture": "javascript:alert(1)" }), "picture"),
        (json!({ "firstname": "A", "extraInfo": "[1]" }), "extraInfo"),
        (
            json!({ "firstname": "A", "numOfOrderDiscountsAllowed": -1 }),
            "numOfOrderDiscountsAllowed",
        ),
        (json!({ "firstname": "A", "cards": ["x".repeat(65)] }), "cards"),
        (json!({ "firstname": "A", "cards": ["C-1"] }), "cards"),
        (json!({ "firstname": "A", "entitySource": "POS" }), "entitySourceId"),
        (
            json!({ "firstname": "A", "entitySource": "POS", "entitySourceId": "p-1" }),
            "entitySourceId",
        ),
        (json!({ "firstname": "A", "idempotencyKey": "k".repeat(256) }), "idempotencyKey"),
        (json!({ "firstname": "A", "idempotencyKey": "" }), "idempotencyKey"),
    ];
    let unreadable = [
        json!({ "firstname": 5 }),
        json!({ "firstname": "A", "birthday": "1990-02-30" }),
        json!({ "firstname": "A", "gender": "UNKNOWN" }),
        json!({ "firstname": "A", "country": "ZZ" }),
        json!({ "firstname": "A", "country": "Germany" }),
        json!({ "firstname": "A", "extraInfo": "{broken" }),
        json!({ "firstname": "A", "shoe": 1 }),
    ];
    on_both(|world| {
        let merchant = world.merchant();
        create(
            &merchant,
            &json!({ "firstname": "T", "email": "taken@example.com", "cards": ["c-1"],
            "entitySource": "POS", "entitySourceId": "p-1" }),
        );
        let document = "mutation ($input: CreateConsumerInput!) { createConsumer(input: $input) { success errors consumer { pk } } }";
        for (input, field) in &cases {
            let answer = merchant.query(document, json!({ "input": input })).succeeded();
            assert_eq!(answer.data("createConsumer.success"), &json!(false), "{input}");
            assert_eq!(answer.data("createConsumer.consumer"), &Value::Null);
            let code = answer.data(&format!("createConsumer.errors.{field}.0.code"));
            assert_eq!(code, &json!("invalid"), "{input}: {}", answer.text);
            silent(&answer.text, &input.to_string());
        }
        for input in &unreadable {
            let answer = merchant.query(document, json!({ "input": input }));
            assert_eq!(answer.error_code(), Some("invalid"), "{input}: {}", answer.text);
            silent(&answer.text, &input.to_string());
        }
        let both = json!({ "email": "no", "phoneNumber": "no" });
        let answer = merchant.query(document, json!({ "input": both })).succeeded();
        let errors = answer.data("createConsumer.errors").as_object().unwrap();
        assert!(
            errors.contains_key("email") && errors.contains_key("phoneNumber"),
            "all failing fields at once"
        );
    });
}

#[test]
fn arguments_of_account_mutations() {
    on_both(|world| {
        world.register("CONSUMER", &json!({ "email": "twice@example.com" }));
        let base = json!({ "email": "new@example.com", "password1": "regulars-demo", "password2": "regulars-demo",
            "firstname": "A", "lastname": "B", "userType": "consumer" });
        for (field, value, at, code) in [
            ("email", "TWICE@example.com", "email", "unique"),
            ("email", "nonsense", "email", "invalid"),
            ("password2", "different-1", "password2", "password_mismatch"),
            ("firstname", "", "firstname", "required"),
            ("userType", "ZZ", "userType", "invalid_choice"),
            ("gender", "ZZ", "gender", "invalid_choice"),
            ("country", "ZZ", "country", "invalid_choice"),
            ("birthday", "2000-13-01", "birthday", "invalid"),
            ("phoneNumber", "abc", "phoneNumber", "invalid"),
        ] {
            let mut variables = base.clone();
            variables[field] = json!(value);
            let answer = world.anonymous().query(
                "mutation ($email: String!, $password1: String!, $password2: String!, $firstname: String!, $lastname: String!,
                    $userType: String!, $gender: String, $country: String, $birthday: String, $phoneNumber: String) {
                    register(email: $email, password1: $password1, password2: $password2, firstname: $firstname,
                        lastname: $lastname, userType: $userType, gender: $gender, country: $country, birthday: $birthday,
                        phoneNumber: $phoneNumber) { success errors token refreshToken } }",
                variables,
            ).succeeded();
            let found = answer.data(&format!("register.errors.{at}.0.code"));
            assert_eq!(found, &json!(code), "{field} = {value}: {}", answer.text);
            assert_eq!(answer.data("register.token"), &Value::Null);
            silent(&answer.text, field);
        }
        for (email, password) in
            [("twice@example.com", "wrong-password"), ("nobody@example.com", "wrong-password")]
        {
            let answer = world.anonymous().query(
                "mutation ($e: String!, $p: String!) { obtainToken(email: $e, password: $p) { success errors token } }",
                json!({ "e": email, "p": password }),
            ).succeeded();
            assert_eq!(
                answer.data("obtainToken.errors"),
                &json!({ "nonFieldErrors": [{ "message": "Please, enter valid credentials.", "code": "invalid_credentials" }] })
            );
        }
    });
}

/// Before anything runs there is no refusal of one argument yet, so no `field`; the message and the place tell as much.
#[test]
fn what_cannot_even_be_read_is_named() {
    let variable = |kind: &str, value: Value| {
        let document = format!("query ($it: {kind}) {{ consumers(XX: $it) {{ count }} }}");
        (document, json!({ "it": value }))
    };
    let argument = |name: &str, (document, variables): (String, Value)| {
        (document.replace("XX", name), variables, "$it")
    };
    let literal = |name: &'static str, value: &str| {
        (format!("{{ consumers({name}: {value}) {{ count }} }}"), Value::Null, name)
    };
    let cases = [
        literal("segmentationRules", "\"nonsense\""),
        literal("entitySource", "MYSPACE"),
        literal("createdAt_Gte", "\"yesterday\""),
        literal("createdAt_Gte", "\"2022-02-30T00:00\""),
        literal("first", "\"ten\""),
        literal("archived", "1"),
        literal("first", "2.0"),
        literal("first", "2147483648"),
        literal("first", "{ a: 1 }"),
        literal("createdAt_Gte", "{ year: 2022 }"),
        argument("segmentationRules", variable("JSONString", json!("nonsense"))),
        argument("entitySource", variable("UserEntitySource", json!("MYSPACE"))),
        argument("createdAt_Gte", variable("DateTime", json!("yesterday"))),
        argument("first", variable("Int", json!("ten"))),
    ];
    let nested = (
        "mutation ($it: CreateConsumerInput!) { createConsumer(input: $it) { success } }"
            .to_owned(),
        json!({ "it": { "firstname": "A", "birthday": "1990-02-30" } }),
        "birthday",
    );
    let written_out = (
        "mutation { createConsumer(input: { firstname: \"A\", extraInfo: { a: 1 } }) { success } }"
            .to_owned(),
        Value::Null,
        "extraInfo",
    );
    on_both(|world| {
        let owner = world.demo_owner();
        for (document, variables, named) in cases.iter().chain([&nested, &written_out]) {
            let answer = owner.query(document, variables.clone());
            assert_eq!(answer.status, 400, "{document}: {}", answer.text);
            let error = &answer.errors()[0];
            assert_eq!(error["extensions"]["code"], json!("invalid"), "{document}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(named), "{document} {variables}: {message}");
            assert!(!message.contains("Syntax"), "{document}: {message}");
            assert!(error["locations"][0]["line"].is_i64(), "{document}: {}", answer.text);
            silent(&answer.text, document);
        }
    });
}
