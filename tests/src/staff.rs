//! Staff, roles and permissions: who is hired, what they may then, and what nobody gets.

use std::collections::BTreeSet;

use regulars_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::world::{World, on_both};

/// What is asked of a member of staff.
const RIGHTS: &str = "id pk firstname allStores
    roles { edges { node { codename displayName system } } }
    permissions { count edges { node { codename } } }
    extraPermissions { edges { node { codename } } }
    stores { edges { node { name } } }
    storeGroups { edges { node { name } } }";

fn change(client: &Client, mutation: &str, input_type: &str, input: &Value) -> Answer {
    let document = format!(
        "mutation ($input: {input_type}!) {{
            {mutation}(input: $input) {{ success errors merchant {{ {RIGHTS} }} }}
        }}"
    );
    client.query(&document, json!({ "input": input })).succeeded()
}

#[track_caller]
fn changed(client: &Client, mutation: &str, input_type: &str, input: &Value) -> Value {
    let answer = change(client, mutation, input_type, input);
    assert_eq!(answer.data(&format!("{mutation}.errors")), &Value::Null, "{}", answer.text);
    answer.data(&format!("{mutation}.merchant")).clone()
}

#[track_caller]
fn code(answer: &Answer, mutation: &str) -> (String, String) {
    let errors = answer.data(&format!("{mutation}.errors")).as_object().cloned();
    let errors = errors.unwrap_or_else(|| panic!("it was not refused: {}", answer.text));
    let (field, first) = errors.into_iter().next().expect("an error");
    (field, first[0]["code"].as_str().expect("a code").to_owned())
}

/// The values of a leaf of all nodes of a connection.
fn all(connection: &Value, leaf: &str) -> BTreeSet<String> {
    let edges = connection["edges"].as_array().into_iter().flatten();
    edges.filter_map(|edge| edge["node"][leaf].as_str().map(str::to_owned)).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The ids of the system roles, by codename.
fn roles(client: &Client) -> Value {
    let answer = client.query("{ roles { edges { node { id codename } } } }", Value::Null);
    let mut roles = json!({});
    for edge in answer.succeeded().data("roles.edges").as_array().into_iter().flatten() {
        if let Some(codename) = edge["node"]["codename"].as_str() {
            roles[codename] = edge["node"]["id"].clone();
        }
    }
    roles
}

fn email(name: &str, world: &World) -> String {
    format!("{name}-{:?}-{}@staff.example", world.engine, std::process::id())
}

fn hire(owner: &Client, email: &str, extra: &Value) -> Value {
    let mut input = json!({ "email": email, "firstname": "Sam", "lastname": "Staff" });
    for (name, value) in extra.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    changed(owner, "createMerchant", "CreateMerchantInput", &input)
}

#[test]
fn the_list_of_permissions_is_fixed_and_a_merchant_begins_with_four_roles() {
    on_both(|world| {
        let owner = world.merchant();
        let document = "{ permissions { count edges { node { id pk codename displayName } } } }";
        let answer = owner.query(document, Value::Null).succeeded();
        assert_eq!(answer.data("permissions.count"), &json!(21));
        let readme = include_str!("../../README.md");
        for codename in all(answer.data("permissions"), "codename") {
            assert!(readme.contains(&format!("| `{codename}` |")), "{codename} is not documented");
        }
        let first = answer.data("permissions.edges.0.node");
        assert_eq!(first["codename"], "view_consumer");
        assert_eq!((&first["pk"], &first["displayName"]), (&json!(1), &json!("View customers")));
        for id in [&first["id"], &json!(1), &json!("view_consumer")] {
            let one = owner.query(
                "query ($id: ID!) { permission(id: $id) { codename } }",
                json!({ "id": id }),
            );
            assert_eq!(one.succeeded().data("permission.codename"), "view_consumer");
        }
        let node = "query ($id: ID!) { node(id: $id) { id ... on PermissionNode { codename } } }";
        let one = owner.query(node, json!({ "id": first["id"] })).succeeded();
        assert_eq!(one.data("node.codename"), "view_consumer");

        let document = "{ roles { edges { node {
            id codename displayName system permissions { edges { node { codename } } }
        } } } }";
        let answer = owner.query(document, Value::Null).succeeded();
        let listed = answer.data("roles");
        assert_eq!(all(listed, "codename"), set(&["owner", "manager", "cashier", "analyst"]));
        let cashier = &listed["edges"][2]["node"];
        assert_eq!(
            (&cashier["displayName"], &cashier["system"]),
            (&json!("Cashier"), &json!(true))
        );
        assert_eq!(
            all(&cashier["permissions"], "codename"),
            set(&[
                "view_consumer",
                "identify_consumer",
                "view_order",
                "change_order",
                "attach_order",
                "redeem",
            ])
        );
        let node = "query ($id: ID!) { node(id: $id) { id ... on RoleNode { codename } } }";
        let one = owner.query(node, json!({ "id": cashier["id"] })).succeeded();
        assert_eq!(one.data("node.codename"), "cashier");
        let theirs = world.merchant().query(node, json!({ "id": cashier["id"] })).succeeded();
        assert_eq!(theirs.data("node"), &Value::Null, "another tenant's role");
    });
}

#[test]
fn staff_come_with_what_they_were_given_and_the_list_shows_it() {
    on_both(|world| {
        let owner = world.merchant();
        let roles = roles(&owner);
        let address = email("listed", world);
        let sam = hire(&owner, &address, &json!({ "roles": [roles["cashier"]] }));
        assert_eq!(all(&sam["roles"], "codename"), set(&["cashier"]));
        assert_eq!((&sam["allStores"], &sam["permissions"]["count"]), (&json!(false), &json!(6)));
        let document =
            format!("{{ merchants(first: 10) {{ count edges {{ node {{ {RIGHTS} name }} }} }} }}");
        let answer = owner.query(&document, Value::Null).succeeded();
        assert_eq!(answer.data("merchants.count"), &json!(2));
        let founder = answer.data("merchants.edges.0.node");
        assert_eq!(founder["name"], "Test Person", "the founder stands for the merchant");
        assert_eq!(
            (&founder["allStores"], &founder["permissions"]["count"]),
            (&json!(true), &json!(21))
        );
        assert_eq!(answer.data("merchants.edges.1.node.id"), &sam["id"]);
        assert_eq!(answer.data("merchants.edges.1.node.name"), &Value::Null);
        let taken = json!({ "email": address.to_uppercase(), "firstname": "A", "lastname": "" });
        let refused = change(&owner, "createMerchant", "CreateMerchantInput", &taken);
        let errors = refused.data("createMerchant.errors");
        assert_eq!(errors["email"][0]["message"], "User with this Email already exists.");
        assert_eq!(errors["lastname"][0]["code"], "invalid", "every fault at once: {errors}");
        let wrong = json!({
            "email": "nonsense", "firstname": "", "lastname": "B", "phoneNumber": "12",
            "roles": ["no id", 987_654_321], "stores": [987_654_321, "Um9sZU5vZGU6MQ=="],
        });
        let refused = change(&owner, "createMerchant", "CreateMerchantInput", &wrong);
        let errors = refused.data("createMerchant.errors");
        let told: Vec<&String> = errors.as_object().expect("errors").keys().collect();
        assert_eq!(told, ["email", "firstname", "phoneNumber", "roles", "stores"], "{errors}");
        for list in ["roles", "stores"] {
            let mut codes: Vec<&Value> =
                errors[list].as_array().expect("a list").iter().map(|one| &one["code"]).collect();
            codes.sort_by_key(ToString::to_string);
            assert_eq!(codes, ["does_not_exist", "invalid"], "{errors}");
        }
        // What is right beside something that cannot be read is not done.
        let count = owner.query("{ merchants(first: 1) { count } }", Value::Null).succeeded();
        let half = json!({ "email": email("half", world), "firstname": "A", "lastname": "B", "roles": ["no id"] });
        let refused = change(&owner, "createMerchant", "CreateMerchantInput", &half);
        assert_eq!(code(&refused, "createMerchant"), ("roles".to_owned(), "invalid".to_owned()));
        let after = owner.query("{ merchants(first: 1) { count } }", Value::Null).succeeded();
        assert_eq!(after.data("merchants.count"), count.data("merchants.count"));
    });
}

#[test]
fn a_list_of_staff_costs_the_same_whatever_its_length() {
    on_both(|world| {
        let owner = world.merchant();
        let roles = roles(&owner);
        let document = format!("{{ merchants(first: 10) {{ edges {{ node {{ {RIGHTS} }} }} }} }}");
        let statements = || {
            let answer = owner.query(&document, Value::Null).succeeded();
            answer.header("regulars-statements").parse::<u32>().expect("a number")
        };
        hire(&owner, &email("cost", world), &json!({ "roles": [roles["cashier"]] }));
        let few = statements();
        for number in 0..5 {
            let given = json!({ "roles": [roles["manager"], roles["analyst"]] });
            hire(&owner, &email(&format!("cost{number}"), world), &given);
        }
        assert_eq!(statements(), few);
        assert!(few <= 9, "{few}");
    });
}

#[test]
fn rights_change_at_once_and_a_cashier_sees_their_own() {
    on_both(|world| {
        let owner = world.demo_owner();
        let stores = owner
            .query("{ stores(orderBy: \"pk\") { edges { node { id name } } } }", Value::Null)
            .succeeded();
        let (mitte, soho) =
            (stores.data("stores.edges.0.node"), stores.data("stores.edges.3.node"));
        let address = email("rights", world);
        let given = json!({ "stores": [mitte["id"]] });
        let sam = hire(&owner, &address, &given);
        let id = &sam["id"];
        assert_eq!(all(&sam["stores"], "name"), set(&[mitte["name"].as_str().unwrap()]));
        let with = |argument: &str, value: &Value| json!({ "merchantId": id, argument: value });
        let input = with("permissionId", &json!("view_report"));
        let sam = changed(&owner, "addPermissionToMerchant", "MerchantPermissionInput", &input);
        assert_eq!(all(&sam["extraPermissions"], "codename"), set(&["view_report"]));
        let role = with("roleId", &roles(&owner)["analyst"]);
        let sam = changed(&owner, "addRoleToMerchant", "MerchantRoleInput", &role);
        assert_eq!(sam["permissions"]["count"], 3);
        let input = with("storeId", &soho["id"]);
        let sam = changed(&owner, "addStoreToMerchant", "MerchantStoreInput", &input);
        assert_eq!(all(&sam["stores"], "name").len(), 2);
        let sam = changed(&owner, "removeStoreFromMerchant", "MerchantStoreInput", &input);
        assert_eq!(all(&sam["stores"], "name").len(), 1);
        let sam = changed(&owner, "removeRoleFromMerchant", "MerchantRoleInput", &role);
        assert_eq!(all(&sam["permissions"], "codename"), set(&["view_report"]));

        // A cashier sees what they may, and of others only that they are there.
        let cashier = world.login("cashier@example.com");
        let me = format!("{{ me {{ ... on MerchantNode {{ {RIGHTS} }} }} }}");
        let own = cashier.query(&me, Value::Null).succeeded();
        assert_eq!(own.data("me.permissions.count"), &json!(6));
        assert_eq!(all(own.data("me.roles"), "codename"), set(&["cashier"]));
        assert_eq!(all(own.data("me.stores"), "name"), set(&["Mitte"]));
        let node = format!(
            "query ($id: ID!) {{ node(id: $id) {{ ... on MerchantNode {{ {RIGHTS} }} }} }}"
        );
        let other = cashier.query(&node, json!({ "id": id })).succeeded();
        assert_eq!(other.data("node.firstname"), "Sam");
        for hidden in ["allStores", "roles", "permissions", "stores"] {
            assert_eq!(other.data(&format!("node.{hidden}")), &Value::Null, "{hidden}");
        }
        let delete = json!({ "id": id });
        changed(&owner, "deleteMerchant", "DeleteMerchantInput", &delete);
        let again = change(&owner, "deleteMerchant", "DeleteMerchantInput", &delete);
        let absent = ("id".to_owned(), "does_not_exist".to_owned());
        assert_eq!(code(&again, "deleteMerchant"), absent);
        let former = owner.query(&node, json!({ "id": id })).succeeded();
        assert_eq!(former.data("node.firstname"), "Sam", "old orders name them");
        assert_eq!(former.data("node.permissions"), &Value::Null);
        hire(&owner, &address, &json!({}));
    });
}

#[test]
fn a_store_group_reaches_as_far_as_its_stores() {
    on_both(|world| {
        let owner = world.demo_owner();
        let document =
            "{ stores(first: 1) { edges { node { groups { edges { node { id name } } } } } } }";
        let answer = owner.query(document, Value::Null).succeeded();
        let group = answer.data("stores.edges.0.node.groups.edges.0.node").clone();
        let sam = hire(&owner, &email("group", world), &json!({}));
        let input = json!({ "merchantId": sam["id"], "storeGroupId": group["id"] });
        let input_type = "MerchantStoreGroupInput";
        let sam = changed(&owner, "addStoreGroupToMerchant", input_type, &input);
        assert_eq!(all(&sam["stores"], "name"), set(&["Mitte", "Kreuzberg Bar"]));
        assert_eq!(all(&sam["storeGroups"], "name"), set(&["Home town"]));
        let sam = changed(&owner, "removeStoreGroupFromMerchant", input_type, &input);
        assert_eq!(all(&sam["stores"], "name"), set(&[]));
        changed(&owner, "deleteMerchant", "DeleteMerchantInput", &json!({ "id": sam["id"] }));
    });
}

#[test]
fn nobody_grants_what_they_do_not_hold_and_the_last_owner_stays() {
    on_both(|world| {
        let (owner, manager) = (world.demo_owner(), world.login("manager@example.com"));
        let roles = roles(&owner);
        let me = owner.query("{ me { id } }", Value::Null).succeeded();
        let founder = me.data("me.id");
        let denied = ("nonFieldErrors".to_owned(), "permission_denied".to_owned());
        let sam = hire(&manager, &email("grants", world), &json!({ "roles": [roles["manager"]] }));
        let (add, input_type) = ("addRoleToMerchant", "MerchantRoleInput");
        for (client, member, role, expected) in [
            (&manager, &sam["id"], "owner", Some(&denied)),
            (&manager, founder, "cashier", Some(&denied)),
            (&owner, &sam["id"], "owner", None),
            (&manager, &sam["id"], "cashier", Some(&denied)),
        ] {
            let input = json!({ "merchantId": member, "roleId": roles[role] });
            let answer = change(client, add, input_type, &input);
            match expected {
                Some(expected) => assert_eq!(&code(&answer, add), expected, "{role}"),
                None => assert_eq!(answer.data("addRoleToMerchant.success"), &json!(true)),
            }
        }
        changed(&owner, "deleteMerchant", "DeleteMerchantInput", &json!({ "id": sam["id"] }));
        let alone = world.merchant();
        let me = alone.query("{ me { id } }", Value::Null).succeeded();
        let delete = json!({ "id": me.data("me.id") });
        let answer = change(&alone, "deleteMerchant", "DeleteMerchantInput", &delete);
        let last = code(&answer, "deleteMerchant");
        assert_eq!(last, ("id".to_owned(), "invalid".to_owned()), "{}", answer.text);
    });
}

#[test]
fn a_merchants_own_roles_are_made_changed_and_deleted() {
    on_both(|world| {
        let owner = world.merchant();
        let create = "mutation ($input: CreateRoleInput!) { createRole(input: $input) {
            success errors role { id displayName system permissions { edges { node { codename } } } }
        } }";
        let key = email("key", world);
        let input = json!({
            "displayName": " Refunds ", "permissions": ["refund_order", 7, "view_order"],
            "idempotencyKey": key,
        });
        let made = owner.query(create, json!({ "input": input })).succeeded();
        let role = made.data("createRole.role").clone();
        assert_eq!((&role["displayName"], &role["system"]), (&json!("Refunds"), &json!(false)));
        assert_eq!(all(&role["permissions"], "codename"), set(&["refund_order", "view_order"]));
        let again = owner.query(create, json!({ "input": input })).succeeded();
        assert_eq!(again.data("createRole.role.id"), &role["id"]);
        assert_eq!(again.header("idempotent-replayed"), "true");
        let unknown = json!({ "displayName": "X", "permissions": ["fly"] });
        let refused = owner.query(create, json!({ "input": unknown })).succeeded();
        assert_eq!(code(&refused, "createRole").0, "permissions");
        let wrong = json!({ "displayName": " ", "permissions": ["fly", 7, 987_654_321, "swim"] });
        let refused = owner.query(create, json!({ "input": wrong })).succeeded();
        let errors = refused.data("createRole.errors");
        assert_eq!(errors["displayName"][0]["code"], "invalid", "{errors}");
        assert_eq!(errors["permissions"].as_array().map(Vec::len), Some(3), "{errors}");

        let sam = hire(&owner, &email("own", world), &json!({ "roles": [role["id"]] }));
        assert_eq!(sam["permissions"]["count"], 2);
        let update = "mutation ($input: UpdateRoleInput!) { updateRole(input: $input) {
            success errors role { displayName permissions { count } }
        } }";
        let input = json!({ "id": role["id"], "permissions": ["sync"] });
        let updated = owner.query(update, json!({ "input": input })).succeeded();
        let expected = json!({ "displayName": "Refunds", "permissions": { "count": 1 } });
        assert_eq!(updated.data("updateRole.role"), &expected);
        let node = format!(
            "query ($id: ID!) {{ node(id: $id) {{ ... on MerchantNode {{ {RIGHTS} }} }} }}"
        );
        let rights = || owner.query(&node, json!({ "id": sam["id"] })).succeeded();
        assert_eq!(all(rights().data("node.permissions"), "codename"), set(&["sync"]));
        let delete =
            "mutation ($id: ID!) { deleteRole(input: { id: $id }) { success errors role { id } } }";
        let gone = owner.query(delete, json!({ "id": role["id"] })).succeeded();
        assert_eq!(
            gone.data("deleteRole"),
            &json!({ "success": true, "errors": null, "role": null })
        );
        assert_eq!(rights().data("node.permissions.count"), &json!(0));
        let system = owner.query(delete, json!({ "id": roles(&owner)["cashier"] })).succeeded();
        assert_eq!(code(&system, "deleteRole"), ("id".to_owned(), "invalid".to_owned()));
    });
}

#[test]
fn what_does_not_exist_is_named_by_its_argument() {
    on_both(|world| {
        let owner = world.demo_owner();
        let sam = hire(&owner, &email("absent", world), &json!({}));
        let (id, nobody) = (&sam["id"], json!(987_654_321));
        let roles = roles(&owner);
        let new = |extra: &str| json!({ "email": email("never", world), "firstname": "N", "lastname": "N", extra: [nobody] });
        for (mutation, input_type, input, argument) in [
            ("createMerchant", "CreateMerchantInput", new("roles"), "roles"),
            ("createMerchant", "CreateMerchantInput", new("stores"), "stores"),
            ("deleteMerchant", "DeleteMerchantInput", json!({ "id": nobody }), "id"),
            (
                "addRoleToMerchant",
                "MerchantRoleInput",
                json!({ "merchantId": nobody, "roleId": roles["cashier"] }),
                "merchantId",
            ),
            (
                "addRoleToMerchant",
                "MerchantRoleInput",
                json!({ "merchantId": id, "roleId": nobody }),
                "roleId",
            ),
            (
                "addPermissionToMerchant",
                "MerchantPermissionInput",
                json!({ "merchantId": id, "permissionId": nobody }),
                "permissionId",
            ),
            (
                "addStoreToMerchant",
                "MerchantStoreInput",
                json!({ "merchantId": id, "storeId": nobody }),
                "storeId",
            ),
            (
                "addStoreGroupToMerchant",
                "MerchantStoreGroupInput",
                json!({ "merchantId": id, "storeGroupId": nobody }),
                "storeGroupId",
            ),
        ] {
            let answer = change(&owner, mutation, input_type, &input);
            let absent = (argument.to_owned(), "does_not_exist".to_owned());
            assert_eq!(code(&answer, mutation), absent, "{mutation} {input}");
        }
        let documents = [
            ("updateRole", "updateRole(input: { id: 987654321, displayName: \"R\" })", "id"),
            ("deleteRole", "deleteRole(input: { id: 987654321 })", "id"),
            (
                "createRole",
                "createRole(input: { displayName: \"R\", permissions: [\"987654321\"] })",
                "permissions",
            ),
        ];
        for (mutation, call, argument) in documents {
            let document = format!("mutation {{ {call} {{ success errors }} }}");
            let answer = owner.query(&document, Value::Null).succeeded();
            let absent = (argument.to_owned(), "does_not_exist".to_owned());
            assert_eq!(code(&answer, mutation), absent, "{call}");
        }
        for field in ["role", "permission"] {
            let document = format!("{{ {field}(id: 987654321) {{ id }} }}");
            let answer = owner.query(&document, Value::Null);
            assert_eq!(answer.error_code(), Some("does_not_exist"), "{field}: {}", answer.text);
            assert_eq!(answer.errors()[0]["extensions"]["field"], json!("id"), "{field}");
        }
    });
}
