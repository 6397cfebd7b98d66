//! Stores and store groups: put down, changed, given up; who may, and what follows.

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    permission_matrix::shop::Shop,
    world::{PASSWORD, on_both},
};

const FIELDS: &str = "store { id name location phoneNumber country state city street zipCode address taxRate timeZone
    dayStartsAt lateHours isActive archived extraInfo createdAt updatedAt }";

fn made(owner: &Client, name: &str) -> Value {
    act(owner, "createStore", &json!({ "name": name }), "store { id }")["store"]["id"].clone()
}

#[test]
fn a_store_is_put_down_changed_and_given_up() {
    on_both(|world| {
        let owner = world.merchant();
        let input = json!({
            "name": "Mitte", "location": "52.52,13.40", "phoneNumber": "0800 / 123-45", "country": "DE",
            "state": "Berlin", "city": "Berlin", "street": "Torstr. 1", "zipCode": "10119", "taxRate": "19.0025",
            "timeZone": "Europe/Lisbon", "dayStartsAt": "04:30:00", "lateHours": 5, "isActive": false,
            "extraInfo": "{\"till\": 1.50}", "idempotencyKey": "put-down-1",
        });
        let done = act(&owner, "createStore", &input, FIELDS);
        let store = &done["store"];
        for (field, value) in input.as_object().expect("fields") {
            if field != "idempotencyKey" {
                assert_eq!(&store[field], value, "{field}");
            }
        }
        assert_eq!(store["address"], "Torstr. 1, 10119 Berlin, DE");
        // The same again is the same store.
        assert_eq!(act(&owner, "createStore", &input, FIELDS), done);
        let id = &store["id"];
        let patch = json!({
            "id": id, "name": "Tor", "timeZone": null, "lateHours": null, "isActive": null, "dayStartsAt": null,
            "phoneNumber": "", "taxRate": 7,
        });
        let after = &act(&owner, "updateStore", &patch, FIELDS)["store"];
        let usual = json!({
            "name": "Tor", "timeZone": null, "lateHours": 72, "isActive": true, "dayStartsAt": "00:00:00",
            "phoneNumber": null, "taxRate": "7.00", "city": "Berlin", "archived": false,
        });
        for (field, value) in usual.as_object().expect("fields") {
            assert_eq!(&after[field], value, "{field}");
        }
        let gone = &act(&owner, "deleteStore", &json!({ "id": id }), FIELDS)["store"];
        assert_eq!((&gone["archived"], &gone["name"]), (&json!(true), &json!("Tor")));
        let listed = |document: &str| owner.query(document, Value::Null).succeeded();
        assert_eq!(listed("{ stores { count } }").data("stores.count"), &json!(0));
        let archived = listed("{ stores(archived: true) { count } }");
        assert_eq!(archived.data("stores.count"), &json!(1));
        let back = json!({ "id": id, "archived": false });
        let back = &act(&owner, "updateStore", &back, FIELDS)["store"];
        assert_eq!(back["archived"], json!(false));

        let entries = log(&owner, "updateStore");
        let changed = changes(&entries[1]);
        assert_eq!(changed["name"], (json!("Mitte"), json!("Tor")));
        assert_eq!(changed["taxRate"], (json!("19.0025"), json!("7.00")));
        assert_eq!(changed["hotline"], (json!("0800 / 123-45"), Value::Null));
        assert_eq!(entries[1]["targetId"], *id);
        let found = owner
            .query("query ($id: ID!) { auditLog(target_Id: $id) { count } }", json!({ "id": id }));
        assert_eq!(found.succeeded().data("auditLog.count"), &json!(4));
    });
}

#[test]
fn a_group_is_made_changed_and_dissolved_once_nobody_names_it() {
    on_both(|world| {
        let owner = world.merchant();
        let (first, second) = (made(&owner, "First"), made(&owner, "Second"));
        let noun = "storeGroup { id name stores { edges { node { name } } } }";
        let input = json!({ "name": "North", "stores": [first, second, first] });
        let group = act(&owner, "createStoreGroup", &input, noun)["storeGroup"].clone();
        assert_eq!(group["stores"]["edges"].as_array().map(Vec::len), Some(2));
        let id = &group["id"];
        let fewer = json!({ "id": id, "stores": [second] });
        let after = act(&owner, "updateStoreGroup", &fewer, noun)["storeGroup"].clone();
        assert_eq!(after["name"], "North");
        assert_eq!(after["stores"]["edges"], json!([{ "node": { "name": "Second" } }]));
        let stores = changes(&log(&owner, "updateStoreGroup")[0])["stores"].clone();
        assert!(stores.0.as_str().expect("stores").contains(','), "{stores:?}");
        let listed = "{ storeGroups { count edges { node { name stores { count } } } } }";
        let listed = owner.query(listed, Value::Null).succeeded();
        assert_eq!(
            listed.data("storeGroups"),
            &json!({ "count": 1, "edges": [{ "node": { "name": "North", "stores": { "count": 1 } } }] })
        );

        let email = Shop::email();
        let staff = json!({ "email": email, "firstname": "Lo", "lastname": "Cal", "roles": [manager(&owner)] });
        let staff =
            act(&owner, "createMerchant", &staff, "merchant { id }")["merchant"]["id"].clone();
        let given = json!({ "merchantId": staff, "storeGroupId": id });
        let give = "mutation ($input: MerchantStoreGroupInput!) { addStoreGroupToMerchant(input: $input) { success } }";
        owner.query(give, json!({ "input": given })).succeeded();
        let refused = act(&owner, "deleteStoreGroup", &json!({ "id": id }), "");
        assert_eq!(refused["errors"]["id"][0]["code"], "invalid", "{refused}");

        // Whoever works in the group's stores changes those, and puts none down beside them.
        let set = "mutation ($t: String!, $p: String!) {
            passwordSet(token: $t, newPassword1: $p, newPassword2: $p) { success errors }
        }";
        let token = world.token(&email, 1);
        world.anonymous().query(set, json!({ "t": token, "p": PASSWORD })).succeeded();
        let local = world.login(&email);
        let renamed = json!({ "id": second, "name": "Renamed" });
        assert_eq!(act(&local, "updateStore", &renamed, "")["success"], true);
        let other = json!({ "id": first, "name": "Mine" });
        let absent = act(&local, "updateStore", &other, "");
        assert_eq!(absent["errors"]["id"][0]["code"], "does_not_exist", "{absent}");
        for (mutation, input) in [
            ("createStore", json!({ "name": "Mine" })),
            ("createStoreGroup", json!({ "name": "Mine", "stores": [second] })),
            ("updateStoreGroup", json!({ "id": id, "stores": [first, second] })),
            ("deleteStoreGroup", json!({ "id": id })),
        ] {
            let denied = act(&local, mutation, &input, "");
            let code = &denied["errors"]["nonFieldErrors"][0]["code"];
            assert_eq!(code, "permission_denied", "{mutation} {denied}");
        }

        let take = "mutation ($input: MerchantStoreGroupInput!) { removeStoreGroupFromMerchant(input: $input) { success errors } }";
        owner.query(take, json!({ "input": given })).succeeded();
        let gone = act(&owner, "deleteStoreGroup", &json!({ "id": id }), noun);
        assert_eq!((&gone["success"], &gone["storeGroup"]), (&json!(true), &Value::Null));
        let again = act(&owner, "deleteStoreGroup", &json!({ "id": id }), "");
        assert_eq!(again["errors"]["id"][0]["code"], "does_not_exist");
    });
}

fn manager(owner: &Client) -> Value {
    let roles =
        owner.query("{ roles { edges { node { id codename } } } }", Value::Null).succeeded();
    let edges = roles.data("roles.edges").as_array().into_iter().flatten();
    let mut nodes = edges.map(|edge| &edge["node"]);
    nodes.find(|node| node["codename"] == "manager").expect("a manager")["id"].clone()
}

#[test]
fn what_is_anothers_is_not_there() {
    on_both(|world| {
        let (owner, other) = (world.merchant(), world.merchant());
        let theirs = made(&other, "Theirs");
        let group = json!({ "name": "G", "stores": [theirs] });
        let theirs_group =
            act(&other, "createStoreGroup", &group, "storeGroup { id }")["storeGroup"]["id"]
                .clone();
        for (mutation, argument, input) in [
            ("updateStore", "id", json!({ "id": theirs, "name": "Mine" })),
            ("deleteStore", "id", json!({ "id": theirs })),
            ("createStoreGroup", "stores", group),
            ("updateStoreGroup", "id", json!({ "id": theirs_group, "name": "Mine" })),
            ("deleteStoreGroup", "id", json!({ "id": theirs_group })),
        ] {
            let refused = act(&owner, mutation, &input, "");
            let code = &refused["errors"][argument][0]["code"];
            assert_eq!(code, "does_not_exist", "{mutation} {refused}");
        }
    });
}
