//! The arguments of lists and of single objects, each with what is refused, by which field and code.

use serde_json::{Value, json};

use super::silent;
use crate::world::on_both;

/// Every list at the root, with the arguments that it cannot be asked without.
const LISTS: [(&str, &str); 20] = [
    ("consumers", ""),
    ("orders", ""),
    ("stores", ""),
    ("storeGroups", ""),
    ("products", ""),
    ("campaigns", ""),
    ("offers", ""),
    ("loyaltyCards", ""),
    ("redemptionIntents", ""),
    ("pointsHistory", "consumerId: 177, "),
    ("saleReviews", ""),
    ("orderTypes", ""),
    ("applications", ""),
    ("connections", ""),
    ("syncRuns", ""),
    ("syncRejects", ""),
    ("syncReviews", ""),
    ("auditLog", ""),
    ("changes", ""),
    ("consumerAvailablePromotions", "consumerId: 177, "),
];

/// `arrayconnection:3`.
const OLD_CURSOR: &str = "YXJyYXljb25uZWN0aW9uOjM=";
/// `arrayconnection:10000`.
const FAR_CURSOR: &str = "YXJyYXljb25uZWN0aW9uOjEwMDAw";
/// Of a list that there is not.
const FOREIGN_CURSOR: &str = "azEKbm90aGluZwpwawo1";

fn refused(document: &str, code: &str, field: Option<&str>) {
    on_both(|world| {
        // Once a server: a token is good for all documents of a test.
        let answer = world.demo_owner().query(document, Value::Null);
        check(&answer, document, code, field);
    });
}

fn check(answer: &regulars_testkit::Answer, document: &str, code: &str, field: Option<&str>) {
    assert!(answer.status < 500, "{document}: {}", answer.text);
    assert_eq!(answer.error_code(), Some(code), "{document}: {}", answer.text);
    if let Some(field) = field {
        let found = &answer.errors()[0]["extensions"]["field"];
        assert_eq!(found, &json!(field), "{document}: {}", answer.text);
    }
    silent(&answer.text, document);
}

/// Paging arguments that every list refuses, each with the argument at fault.
pub(super) fn bad_paging() -> Vec<(String, &'static str)> {
    let quoted = |text: &str| format!("\"{text}\"");
    let mut cases = vec![
        ("first: -1".to_owned(), "first"),
        ("first: 101".to_owned(), "first"),
        ("last: -1".to_owned(), "last"),
        ("last: 101".to_owned(), "last"),
        ("first: 1, last: 1".to_owned(), "last"),
        ("offset: -1".to_owned(), "offset"),
        ("offset: 10001".to_owned(), "offset"),
        ("last: 1, offset: 1".to_owned(), "offset"),
        ("orderBy: \"shoeSize\"".to_owned(), "orderBy"),
        ("orderBy: \"-pk,pk\"".to_owned(), "orderBy"),
    ];
    for (cursor, field) in [
        (OLD_CURSOR, "last: 1, before: "),
        (OLD_CURSOR, "last: 1, after: "),
        (FAR_CURSOR, "first: 1, after: "),
        (FOREIGN_CURSOR, "after: "),
        (FOREIGN_CURSOR, "before: "),
        ("rubbish", "after: "),
        ("YXJyYXk=", "first: 1, before: "),
    ] {
        let name = if field.contains("before") { "before" } else { "after" };
        cases.push((format!("{field}{}", quoted(cursor)), name));
    }
    cases.push((format!("before: \"{OLD_CURSOR}\", offset: 1"), "before"));
    cases
}

#[test]
fn paging_of_every_list() {
    let cases = bad_paging();
    on_both(|world| {
        let owner = world.demo_owner();
        for (list, needed) in LISTS {
            for (arguments, field) in &cases {
                // The change feed has one order.
                if list == "changes" && *field == "orderBy" {
                    continue;
                }
                let document = format!("{{ {list}({needed}{arguments}) {{ count }} }}");
                let answer = owner.query(&document, Value::Null);
                check(&answer, &document, "invalid", Some(field));
            }
        }
    });
}

#[test]
fn keys_of_a_cursor_that_was_not_made_here() {
    // For `createdAt` a text, for `firstname` one with NUL, and a number.
    for (order, cursor) in [
        ("createdAt", "azEKY29uc3VtZXJzCmNyZWF0ZWRBdCxwawo1CnRlQT09"),
        ("firstname", "azEKY29uc3VtZXJzCmZpcnN0bmFtZSxwawo1CnRZUUJp"),
        ("firstname", "azEKY29uc3VtZXJzCmZpcnN0bmFtZSxwawo1Cmk3"),
    ] {
        for argument in ["after", "before"] {
            let document = format!(
                "{{ consumers(orderBy: \"{order}\", {argument}: \"{cursor}\") {{ count }} }}"
            );
            refused(&document, "invalid", Some(argument));
        }
    }
}

#[test]
fn texts_that_no_field_can_hold() {
    let long = "x".repeat(11_000);
    let texts: [(&str, &[&str]); 8] = [
        (
            "consumers",
            &[
                "loyaltyId",
                "loyaltyId_Icontains",
                "phoneNumber",
                "phoneNumber_Icontains",
                "email",
                "email_Icontains",
                "firstname",
                "firstname_Icontains",
                "lastname",
                "lastname_Icontains",
                "city",
                "city_Icontains",
                "entitySourceId",
                "search",
            ],
        ),
        ("orders", &["consumer_PhoneNumber", "consumer_LoyaltyId", "consumer_Email"]),
        ("stores", &["name", "name_Icontains", "city", "city_Icontains"]),
        (
            "products",
            &["name", "name_Icontains", "category", "category_Icontains", "entitySourceId"],
        ),
        ("campaigns", &["name", "name_Icontains"]),
        ("offers", &["name", "name_Icontains"]),
        ("loyaltyCards", &["name", "name_Icontains"]),
        ("auditLog", &["action"]),
    ];
    on_both(|world| {
        let owner = world.demo_owner();
        for (list, arguments) in texts {
            for argument in arguments {
                let mut texts = vec!["a\\u0000b", "a\\u001bb", long.as_str()];
                if *argument != "search" {
                    // There they end a word.
                    texts.extend(["a\\nb", "a\\u2028b"]);
                }
                for text in texts {
                    let document = format!("{{ {list}({argument}: \"{text}\") {{ count }} }}");
                    let answer = owner.query(&document, Value::Null);
                    check(&answer, &document, "invalid", Some(argument));
                }
            }
        }
    });
}

#[test]
fn ids_of_filters() {
    let store = "U3RvcmVOb2RlOjE5";
    let user = "SVVzZXJOb2RlOjE3Nw==";
    // No action is about a kind of order.
    let kind = "T3JkZXJUeXBlTm9kZTox";
    on_both(|world| {
        let owner = world.demo_owner();
        for (list, argument, wrong) in [
            ("orders", "consumer_Id", store),
            ("orders", "store_Id", user),
            ("orders", "orderType_Id", user),
            ("offers", "campaign_Id", store),
            ("offers", "merchant_Id", store),
            ("offers", "store_Id", user),
            ("loyaltyCards", "merchant_Id", store),
            ("loyaltyCards", "store_Id", user),
            ("auditLog", "actor_Id", store),
            ("auditLog", "target_Id", kind),
        ] {
            for id in ["\"garbage\"", "-5", "\"9223372036854775808\"", &format!("\"{wrong}\"")] {
                let document = format!("{{ {list}({argument}: {id}) {{ count }} }}");
                let answer = owner.query(&document, Value::Null);
                check(&answer, &document, "invalid", Some(argument));
            }
            // Of a target the type has to be said, too.
            let absent = if argument == "target_Id" {
                "\"SVVzZXJOb2RlOjk5OTk5OTk5OQ==\""
            } else {
                "999999999"
            };
            let unknown = format!("{{ {list}({argument}: {absent}) {{ count }} }}");
            let answer = owner.query(&unknown, Value::Null).succeeded();
            assert_eq!(answer.data(&format!("{list}.count")), &json!(0), "{unknown}");
        }
    });
}

#[test]
fn values_that_cannot_be_read() {
    on_both(|world| {
        let owner = world.demo_owner();
        for (list, argument) in [
            ("consumers", "createdAt_Gte"),
            ("consumers", "createdAt_Lt"),
            ("consumers", "updatedAt_Gte"),
            ("consumers", "updatedAt_Lt"),
            ("orders", "completedAt_Gte"),
            ("orders", "completedAt_Lt"),
            ("orders", "createdAt_Gte"),
            ("orders", "createdAt_Lt"),
            ("auditLog", "createdAt_Gte"),
            ("auditLog", "createdAt_Lt"),
            ("consumerAvailablePromotions", "consumerId: 177, at"),
            ("pointsHistory", "consumerId: 177, occurredAt_Gte"),
            ("pointsHistory", "consumerId: 177, occurredAt_Lt"),
        ] {
            for instant in ["\"yesterday\"", "\"2022-02-30T00:00\"", "5"] {
                let document = format!("{{ {list}({argument}: {instant}) {{ count }} }}");
                let answer = owner.query(&document, Value::Null);
                check(&answer, &document, "invalid", None);
            }
        }
        for document in [
            "{ orders(state: EATEN) { count } }",
            "{ orders(completed: 5) { count } }",
            "{ orders(archived: \"no\") { count } }",
            "{ stores(isActive: \"no\") { count } }",
            "{ products(entitySource: EATEN) { count } }",
            "{ campaigns(status: EATEN) { count } }",
            "{ offers(status: EATEN) { count } }",
            "{ offers(offerType: EATEN) { count } }",
            "{ loyaltyCards(status: EATEN) { count } }",
            "{ loyaltyCards(loyaltyType: EATEN) { count } }",
            "{ auditLog(outcome: EATEN) { count } }",
            "{ pointsHistory(consumerId: 177, kind: EATEN) { count } }",
            "{ pointsHistory(consumerId: \"garbage\") { count } }",
            "{ pointsHistory(consumerId: 177, loyaltyCardId: \"garbage\") { count } }",
            "{ pointsHistory(consumerId: 177, merchantId: \"garbage\") { count } }",
            "{ pointsHistory { count } }",
            "{ balanceAsOf { debt } }",
            "{ balanceAsOf(consumerId: 177, at: \"yesterday\") { debt } }",
            "{ balanceAsOf(consumerId: 177, loyaltyCardId: \"garbage\") { debt } }",
            "{ expiring { amount } }",
            "{ expiring(consumerId: 177, withinDays: -1) { amount } }",
            "{ expiring(consumerId: 177, until: \"yesterday\") { amount } }",
            "{ consumers(archived: 1) { count } }",
            "{ consumers(entitySource: EATEN) { count } }",
        ] {
            check(&owner.query(document, Value::Null), document, "invalid", None);
        }
    });
}

#[test]
fn single_objects_by_id() {
    on_both(|world| {
        let (owner, other) = (world.demo_owner(), world.login("merchant2@example.com"));
        let document = "{
            stores(first: 1) { edges { node { id pk } } }
            offers(first: 1) { edges { node { id pk } } }
            loyaltyCards(first: 1) { edges { node { id pk } } }
            orders(first: 1) { edges { node { id pk } } }
        }";
        let theirs = other.query(document, Value::Null).succeeded();
        for (field, list) in [
            ("store", "stores"),
            ("offer", "offers"),
            ("loyaltyCard", "loyaltyCards"),
            ("order", "orders"),
            ("product", ""),
            ("storeGroup", ""),
        ] {
            // A customer's id is of another type than any of these.
            for id in
                ["\"garbage\"", "\"\"", "-5", "\"9223372036854775808\"", "\"SVVzZXJOb2RlOjE3Nw==\""]
            {
                let document = format!("{{ {field}(id: {id}) {{ id }} }}");
                check(&owner.query(&document, Value::Null), &document, "invalid", Some("id"));
            }
            let mut absent = vec![json!("9223372036854775807"), json!(999_999_999)];
            if !list.is_empty() {
                let node = theirs.data(&format!("{list}.edges.0.node"));
                absent.extend([node["id"].clone(), node["pk"].clone()]);
            }
            for id in absent {
                let document = format!("query ($id: ID!) {{ {field}(id: $id) {{ id }} }}");
                let answer = owner.query(&document, json!({ "id": id }));
                check(&answer, &format!("{document} {id}"), "does_not_exist", Some("id"));
            }
        }
    });
}

#[test]
fn who_is_meant_by_promotions() {
    on_both(|world| {
        let owner = world.demo_owner();
        for (arguments, code, field) in [
            ("consumerId: \"garbage\"", "invalid", Some("consumerId")),
            ("consumerId: \"U3RvcmVOb2RlOjE5\"", "invalid", Some("consumerId")),
            ("consumerId: 999999999", "does_not_exist", Some("consumerId")),
            ("consumerEmail: \"a\\u0000b\"", "invalid", Some("consumerEmail")),
            ("consumerEmail: \"nobody@nowhere.example\"", "does_not_exist", Some("consumerEmail")),
            ("consumerPhoneNumber: \"phone\"", "invalid", Some("consumerPhoneNumber")),
            (
                "consumerPhoneNumber: \"+4915199999999\"",
                "does_not_exist",
                Some("consumerPhoneNumber"),
            ),
            ("consumerLoyaltyId: \"\\u0000\"", "invalid", Some("consumerLoyaltyId")),
            ("consumerLoyaltyId: \"1\\n2\"", "invalid", Some("consumerLoyaltyId")),
            ("consumerEmail: \"a\\tb\"", "invalid", Some("consumerEmail")),
            ("consumerPhoneNumber: \"1\\u0085 2\"", "invalid", Some("consumerPhoneNumber")),
            (
                "consumerId: 177, consumerEmail: \"nobody@nowhere.example\"",
                "does_not_exist",
                Some("consumerEmail"),
            ),
            ("consumerId: 177, storeId: \"garbage\"", "invalid", Some("storeId")),
            ("consumerId: 177, storeId: \"SVVzZXJOb2RlOjE3Nw==\"", "invalid", Some("storeId")),
            ("consumerId: 177, storeId: 999999999", "does_not_exist", Some("storeId")),
        ] {
            let document = format!("{{ consumerAvailablePromotions({arguments}) {{ count }} }}");
            check(&owner.query(&document, Value::Null), &document, code, field);
        }
        let merchant = world.merchant();
        let make = |name: &str, email: &str| {
            let new = json!({ "firstname": name, "email": email });
            crate::consumer_fields::create(&merchant, &new)
        };
        let (one, _two) = (make("One", "one@example.com"), make("Two", "two@example.com"));
        let document = "query ($id: ID!) {
            consumerAvailablePromotions(consumerId: $id, consumerEmail: \"two@example.com\") { count } }";
        let answer = merchant.query(document, json!({ "id": one["id"] }));
        check(&answer, document, "invalid", None);
    });
}

#[test]
fn a_consumer_does_not_walk_through_another_catalogue() {
    on_both(|world| {
        let (owner, consumer) = (world.demo_owner(), world.consumer());
        let document = "{
            offers { edges { node { products { edges { node { id } } } } } }
            loyaltyCards(archived: false) { edges { node { rewards { edges { node { id product { id } } } } } } }
            orders(first: 20) { edges { node { items { edges { node { product { id } } } } } } }
        }";
        let answer = owner.query(document, Value::Null).succeeded();
        // Products that are sold and that no promotion names: nobody else's business.
        let ids = |text: &str| {
            let mut found = std::collections::BTreeSet::new();
            collect(answer.data(text), &mut found);
            found
        };
        let named: std::collections::BTreeSet<_> =
            ids("offers").union(&ids("loyaltyCards")).cloned().collect();
        let sold: Vec<_> = ids("orders").difference(&named).cloned().collect();
        let node = "query ($id: ID!) { node(id: $id) { id } }";
        for id in sold {
            assert_eq!(
                owner.query(node, json!({ "id": id })).succeeded().data("node.id"),
                &json!(id)
            );
            let seen = consumer.query(node, json!({ "id": id })).succeeded();
            assert_eq!(seen.data("node"), &Value::Null, "{id}");
        }
    });
}

/// Every `ProductNode`'s id in an answer.
fn collect(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    // base64 of `ProductNode`.
                    Value::String(id) if name == "id" && id.starts_with("UHJvZHVjdE5vZGU6") => {
                        found.insert(id.clone());
                    }
                    other => collect(other, found),
                }
            }
        }
        _ => {}
    }
}
