//! Products: put down, changed, given up, found again.

use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    world::on_both,
};

const FIELDS: &str = "product { id pk name price priceCurrency category entitySource entitySourceId archived extraInfo
    createdAt updatedAt }";

#[test]
fn a_product_is_put_down_changed_and_given_up() {
    on_both(|world| {
        let owner = world.merchant();
        let plain = act(&owner, "createProduct", &json!({ "name": " Tea ", "price": 2.5 }), FIELDS);
        let own = plain["product"]["priceCurrency"].clone();
        assert_eq!(plain["product"]["name"], "Tea");
        assert_eq!(plain["product"]["price"], "2.50");
        let input = json!({
            "name": "Öl", "price": "1.234", "priceCurrency": "KWD", "category": "Öle", "entitySource": "SHOPIFY",
            "entitySourceId": "gid://1", "extraInfo": "{\"shelf\": 1.50}", "idempotencyKey": "product-1",
        });
        let done = act(&owner, "createProduct", &input, FIELDS);
        let product = &done["product"];
        for (field, value) in input.as_object().expect("fields") {
            if field != "idempotencyKey" {
                assert_eq!(&product[field], value, "{field}");
            }
        }
        assert_eq!(act(&owner, "createProduct", &input, FIELDS), done, "the same again");
        let id = &product["id"];
        let patch = json!({
            "id": id, "price": 3, "priceCurrency": null, "category": null, "entitySource": null, "entitySourceId": null,
        });
        let after = &act(&owner, "updateProduct", &patch, FIELDS)["product"];
        let usual = json!({
            "name": "Öl", "price": "3.00", "priceCurrency": own, "category": null, "entitySource": null,
            "entitySourceId": null, "archived": false,
        });
        for (field, value) in usual.as_object().expect("fields") {
            assert_eq!(&after[field], value, "{field}");
        }
        let gone = act(&owner, "deleteProduct", &json!({ "id": id }), FIELDS);
        assert_eq!(gone["product"]["archived"], json!(true));
        assert_eq!(
            act(&owner, "deleteProduct", &json!({ "id": id }), FIELDS),
            gone,
            "twice is once"
        );
        let names = |arguments: &str| {
            let document =
                format!("{{ products({arguments}) {{ count edges {{ node {{ name }} }} }} }}");
            let answer = owner.query(&document, Value::Null).succeeded();
            let edges = answer.data("products.edges").as_array().expect("edges").clone();
            assert_eq!(answer.data("products.count"), &json!(edges.len()), "{arguments}");
            edges.iter().map(|edge| edge["node"]["name"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("first: 10"), ["Tea"]);
        assert_eq!(names("archived: true"), ["Öl"]);
        assert_eq!(names("includeArchived: true, orderBy: \"-name\""), ["Öl", "Tea"]);
        assert_eq!(names("includeArchived: true, name_Icontains: \"ÖL\""), ["Öl"]);
        assert_eq!(names("includeArchived: true, category_Icontains: \"öle\""), [""; 0]);
        let back = act(&owner, "updateProduct", &json!({ "id": id, "archived": false }), FIELDS);
        assert_eq!(back["product"]["archived"], json!(false));

        let entries = log(&owner, "updateProduct");
        let changed = changes(&entries[1]);
        assert_eq!(
            changed["price"],
            (json!("1.234 KWD"), json!(format!("3.00 {}", own.as_str().unwrap())))
        );
        assert_eq!(changed["category"], (json!("Öle"), Value::Null));
        assert_eq!(entries[1]["targetId"], *id);
        assert_eq!(log(&owner, "deleteProduct").len(), 2);
    });
}

#[test]
fn an_id_at_a_source_names_one_product_and_all_faults_come_at_once() {
    on_both(|world| {
        let (owner, other) = (world.merchant(), world.merchant());
        let input =
            json!({ "name": "Tea", "price": 1, "entitySource": "POS", "entitySourceId": "7" });
        assert_eq!(act(&owner, "createProduct", &input, "")["success"], true);
        assert_eq!(act(&other, "createProduct", &input, "")["success"], true, "another's shelf");
        let again = act(&owner, "createProduct", &input, "product { id }");
        assert_eq!(again["errors"]["entitySourceId"][0]["code"], "invalid", "{again}");
        assert_eq!(again["product"], Value::Null);
        let wrong = json!({ "name": "", "price": "-1", "entitySource": "POS", "extraInfo": "[]" });
        let refused = act(&owner, "createProduct", &wrong, "");
        let errors: Vec<_> = refused["errors"].as_object().expect("errors").keys().collect();
        assert_eq!(errors, ["entitySourceId", "extraInfo", "name", "price"], "{refused}");
        // What is another's is not there.
        let theirs =
            act(&other, "createProduct", &json!({ "name": "T", "price": 1 }), "product { id }");
        let theirs = &theirs["product"]["id"];
        for (mutation, input) in [
            ("updateProduct", json!({ "id": theirs, "name": "Mine" })),
            ("deleteProduct", json!({ "id": theirs })),
        ] {
            let refused = act(&owner, mutation, &input, "");
            assert_eq!(
                refused["errors"]["id"][0]["code"], "does_not_exist",
                "{mutation} {refused}"
            );
        }
    });
}
