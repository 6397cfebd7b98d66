//! Joining, sharing and leaving (rules 3, 6 and 7), and what a merchant sees meanwhile.

use serde_json::{Value, json};

use crate::{consumer_fields::member_of_the_demo_merchant, world::on_both};

#[test]
fn a_merchant_sees_what_the_person_shares_until_they_leave() {
    on_both(|world| {
        let owner = world.demo_owner();
        let (person, email) = member_of_the_demo_merchant(world);
        let me = person.query("{ me { id firstname } }", Value::Null).succeeded();
        let seen = || {
            let document = "query ($id: ID!) { consumer(id: $id) { firstname email archived creator { id } } }";
            owner
                .query(document, json!({ "id": me.data("me.id") }))
                .succeeded()
                .data("consumer")
                .clone()
        };
        assert_eq!(
            seen(),
            json!({ "firstname": "Test", "email": email, "archived": false, "creator": null })
        );
        let tenant = owner.query("{ me { id } }", Value::Null).succeeded();
        let act = |mutation: &str, arguments: &str| {
            let document = format!(
                "mutation ($m: ID!) {{ {mutation}(input: {{ merchantId: $m {arguments} }}) {{ success errors }} }}"
            );
            let answer = person.query(&document, json!({ "m": tenant.data("me.id") })).succeeded();
            assert_eq!(
                answer.data(&format!("{mutation}.success")),
                &json!(true),
                "{}",
                answer.text
            );
        };
        act("shareProfile", "sharing: NAME");
        assert_eq!(
            seen(),
            json!({ "firstname": "Test", "email": null, "archived": false, "creator": null })
        );
        let found = owner
            .query("query ($e: String) { consumers(email: $e) { count } }", json!({ "e": email }));
        assert_eq!(
            found.succeeded().data("consumers.count"),
            &json!(0),
            "nobody finds what is not shared"
        );
        act("shareProfile", "sharing: FULL");
        assert_eq!(seen()["email"], json!(email));
        act("leaveMerchant", "");
        assert_eq!(
            seen(),
            json!({ "firstname": "", "email": null, "archived": true, "creator": null })
        );
    });
}

#[test]
fn of_a_registered_member_a_merchant_writes_its_own_fields_only() {
    on_both(|world| {
        let owner = world.demo_owner();
        let (person, _) = member_of_the_demo_merchant(world);
        let me = person.query("{ me { id } }", Value::Null).succeeded();
        let update = |field: &str, value: Value| {
            owner
                .query(
                    "mutation ($input: UpdateConsumerInput!) { updateConsumer(input: $input) { success errors } }",
                    json!({ "input": { "id": me.data("me.id"), field: value } }),
                )
                .succeeded()
        };
        for (field, value) in [
            ("firstname", json!("Eve")),
            ("email", json!("eve@example.com")),
            ("phoneNumber", json!("+12015550199")),
            ("birthday", json!("1990-01-01")),
            ("city", json!("Paris")),
            ("picture", Value::Null),
        ] {
            let answer = update(field, value);
            assert_eq!(
                answer.data(&format!("updateConsumer.errors.{field}.0.code")),
                &json!("invalid"),
                "{field}"
            );
        }
        for (field, value) in [
            ("extraInfo", json!("{\"vip\":true}")),
            ("numOfOrderDiscountsAllowed", json!(2)),
            ("cards", json!([format!("C-{}", me.string("me.id"))])),
            ("archived", json!(true)),
            ("archived", json!(false)),
        ] {
            assert_eq!(
                update(field, value).data("updateConsumer.success"),
                &json!(true),
                "{field}"
            );
        }
        let tenant = owner.query("{ me { id } }", Value::Null).succeeded();
        let leave = "mutation ($m: ID!) { leaveMerchant(input: { merchantId: $m }) { success } }";
        let left = person.query(leave, json!({ "m": tenant.data("me.id") })).succeeded();
        assert_eq!(left.data("leaveMerchant.success"), &json!(true));
        let answer = update("archived", json!(false));
        let code = answer.data("updateConsumer.errors.archived.0.code");
        assert_eq!(code, &json!("invalid"), "only the person comes back: {}", answer.text);
    });
}
