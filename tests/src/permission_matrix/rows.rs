//! The questions. Variables are made anew for each actor, so that what one does is not in another's way.

mod apps;
mod catalogue;
mod loyalty_cards;
mod orders;
mod own_account;
mod redeeming;
mod syncing;

use serde_json::{Value, json};

use super::{Row, Shop};
use crate::world::PASSWORD;

const fn query(
    field: &'static str,
    case: &'static str,
    document: &'static str,
    variables: fn(&Shop<'_>) -> Value,
) -> Row {
    Row { kind: "query", field, case, document, variables }
}

const fn mutation(
    field: &'static str,
    case: &'static str,
    document: &'static str,
    variables: fn(&Shop<'_>) -> Value,
) -> Row {
    Row { kind: "mutation", field, case, document, variables }
}

const fn nothing(_: &Shop<'_>) -> Value {
    Value::Null
}

/// The questions about one thing by its id, in variables that are called `id`.
macro_rules! id {
    ($name:literal) => {
        |shop| json!({ "id": shop.id($name) })
    };
}

/// Variables of the mutations of a member of staff.
macro_rules! staff {
    ($argument:literal: $name:literal) => {
        |shop| json!({ "input": { "merchantId": shop.staff(), $argument: shop.id($name) } })
    };
}

/// Every row. The last one ends a membership that others ask about.
pub(crate) fn all() -> Vec<Row> {
    [
        queries(),
        accounts(),
        own_account::all(),
        consumers(),
        staff(),
        grants(),
        roles(),
        places(),
        catalogue::all(),
        orders::all(),
        redeeming::all(),
        apps::all(),
        loyalty_cards::all(),
        syncing::all(),
        memberships(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn queries() -> Vec<Row> {
    vec![
        query("me", "", "{ me { id } }", nothing),
        query("node", "a store", "query ($id: ID!) { node(id: $id) { id } }", id!("store")),
        query("node", "a customer", "query ($id: ID!) { node(id: $id) { id } }", id!("consumer")),
        query("node", "a role", "query ($id: ID!) { node(id: $id) { id } }", id!("cashier")),
        query("node", "the merchant", "query ($id: ID!) { node(id: $id) { id } }", id!("merchant")),
        query("consumers", "", "{ consumers(first: 1) { count } }", nothing),
        query("consumer", "", "query ($id: ID!) { consumer(id: $id) { id } }", id!("consumer")),
        query(
            "consumerAvailablePromotions",
            "by loyalty id",
            "query ($id: String!) { consumerAvailablePromotions(consumerLoyaltyId: $id) { count } }",
            |shop| json!({ "id": shop.id("loyaltyId") }),
        ),
        query(
            "consumerAvailablePromotions",
            "for oneself",
            "{ consumerAvailablePromotions { count } }",
            nothing,
        ),
        query(
            "pointsHistory",
            "by loyalty id",
            "query ($id: String!) { pointsHistory(consumerLoyaltyId: $id, first: 1) { count } }",
            |shop| json!({ "id": shop.id("loyaltyId") }),
        ),
        query("stores", "", "{ stores { count } }", nothing),
        query("store", "", "query ($id: ID!) { store(id: $id) { id } }", id!("store")),
        query("storeGroup", "", "query ($id: ID!) { storeGroup(id: $id) { id } }", id!("group")),
        query("product", "", "query ($id: ID!) { product(id: $id) { id } }", id!("product")),
        query("orders", "", "{ orders(first: 1) { count } }", nothing),
        query("order", "", "query ($id: ID!) { order(id: $id) { id } }", id!("order")),
        query("saleReviews", "", "{ saleReviews { count } }", nothing),
        query("orderTypes", "", "{ orderTypes { count } }", nothing),
        query("offers", "", "{ offers { count } }", nothing),
        query("offer", "", "query ($id: ID!) { offer(id: $id) { id } }", id!("offer")),
        query("loyaltyCards", "", "{ loyaltyCards { count } }", nothing),
        query("loyaltyCard", "", "query ($id: ID!) { loyaltyCard(id: $id) { id } }", id!("card")),
        query("claimableProfiles", "", "{ claimableProfiles { count } }", nothing),
        query("permissions", "", "{ permissions { count } }", nothing),
        query(
            "permission",
            "",
            "query ($id: ID!) { permission(id: $id) { codename } }",
            id!("permission"),
        ),
        query("roles", "", "{ roles { count } }", nothing),
        query("storeGroups", "", "{ storeGroups { count } }", nothing),
        query(
            "mergeConsumersPreview",
            "",
            "query ($id: ID!, $into: ID!) {
                mergeConsumersPreview(consumerId: $id, intoConsumerId: $into) { blockers { code } }
            }",
            |shop| json!({ "id": shop.managed(), "into": shop.id("consumer") }),
        ),
        query(
            "unmergeConsumersPreview",
            "",
            "query ($id: ID!) { unmergeConsumersPreview(mergeId: $id) { blockers { code } } }",
            |shop| json!({ "id": shop.merge() }),
        ),
        query(
            "erasureReceipt",
            "",
            "query ($id: ID!) { erasureReceipt(id: $id) { dryRun } }",
            |shop| json!({ "id": shop.erased() }),
        ),
        query("role", "the cashier's", "query ($id: ID!) { role(id: $id) { id } }", id!("cashier")),
        query("merchants", "", "{ merchants { count } }", nothing),
        query("auditLog", "", "{ auditLog(first: 1) { count } }", nothing),
        query("changes", "", "{ changes(first: 1) { count } }", nothing),
    ]
}

fn accounts() -> Vec<Row> {
    vec![
        mutation(
            "register",
            "",
            "mutation ($email: String!, $password: String!) { register(
                email: $email, password1: $password, password2: $password, firstname: \"M\", lastname: \"X\",
                userType: \"CONSUMER\"
            ) { success errors } }",
            |_| json!({ "email": Shop::email(), "password": PASSWORD }),
        ),
        mutation(
            "obtainToken",
            "",
            "mutation ($email: String!, $password: String!) {
                obtainToken(email: $email, password: $password) { success errors }
            }",
            |_| json!({ "email": "consumer@example.com", "password": PASSWORD }),
        ),
        mutation(
            "signIn",
            "",
            "mutation ($email: String!, $password: String!) {
                signIn(email: $email, password: $password) { success errors }
            }",
            |_| json!({ "email": "consumer@example.com", "password": PASSWORD }),
        ),
        mutation(
            "refreshToken",
            "",
            "mutation ($token: String!) { refreshToken(refreshToken: $token) { success errors } }",
            |shop| json!({ "token": shop.refresh_token() }),
        ),
        mutation(
            "revokeToken",
            "",
            "mutation ($token: String!) { revokeToken(refreshToken: $token) { success errors } }",
            |shop| json!({ "token": shop.refresh_token() }),
        ),
        mutation(
            "verifyToken",
            "",
            "mutation ($token: String!) { verifyToken(token: $token) { success errors } }",
            |shop| json!({ "token": shop.token() }),
        ),
    ]
}

fn consumers() -> Vec<Row> {
    vec![
        mutation(
            "createConsumer",
            "",
            "mutation { createConsumer(input: { firstname: \"Matrix\" }) { success errors } }",
            nothing,
        ),
        mutation(
            "upsertConsumer",
            "",
            "mutation ($id: String!) { upsertConsumer(input: {
                entitySource: API, entitySourceId: $id, firstname: \"Matrix\"
            }) { success errors } }",
            |_| json!({ "id": Shop::unique("source") }),
        ),
        mutation(
            "updateConsumer",
            "a managed customer",
            "mutation ($id: ID!) {
                updateConsumer(input: { id: $id, city: \"Bonn\" }) { success errors }
            }",
            |shop| json!({ "id": shop.managed() }),
        ),
        mutation(
            "updateConsumer",
            "what is the shop's own of a registered member",
            "mutation ($id: ID!) {
                updateConsumer(input: { id: $id, extraInfo: \"{}\" }) { success errors }
            }",
            id!("consumer"),
        ),
        mutation(
            "updateConsumer",
            "the name of a registered member",
            "mutation ($id: ID!) {
                updateConsumer(input: { id: $id, firstname: \"Eve\" }) { success errors }
            }",
            id!("consumer"),
        ),
        mutation(
            "deleteConsumer",
            "",
            "mutation ($id: ID!) { deleteConsumer(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.managed() }),
        ),
        mutation(
            "replaceLoyaltyId",
            "a managed customer's",
            "mutation ($id: ID!) { replaceLoyaltyId(input: { consumerId: $id }) { success errors } }",
            |shop| json!({ "id": shop.managed() }),
        ),
        mutation(
            "replaceLoyaltyId",
            "one's own",
            "mutation { replaceLoyaltyId(input: {}) { success errors } }",
            nothing,
        ),
        mutation(
            "blockConsumerCard",
            "a card of nobody",
            "mutation ($id: ID!) {
                blockConsumerCard(input: { consumerId: $id, card: \"nobody's\" }) { success errors }
            }",
            |shop| json!({ "id": shop.managed() }),
        ),
    ]
}

fn staff() -> Vec<Row> {
    vec![
        mutation(
            "createMerchant",
            "a cashier",
            "mutation ($input: CreateMerchantInput!) {
                createMerchant(input: $input) { success errors }
            }",
            |shop| {
                json!({ "input": {
                    "email": Shop::email(), "firstname": "Matrix", "lastname": "Staff",
                    "roles": [shop.id("cashier")], "stores": [shop.id("store")],
                } })
            },
        ),
        mutation(
            "createMerchant",
            "an owner",
            "mutation ($input: CreateMerchantInput!) {
                createMerchant(input: $input) { success errors }
            }",
            |shop| {
                json!({ "input": {
                    "email": Shop::email(), "firstname": "Matrix", "lastname": "Owner",
                    "roles": [shop.id("owner")],
                } })
            },
        ),
        mutation(
            "deleteMerchant",
            "a cashier",
            "mutation ($id: ID!) { deleteMerchant(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.staff() }),
        ),
        mutation(
            "deleteMerchant",
            "a cashier, whose keys stay",
            "mutation ($id: ID!) {
                deleteMerchant(input: { id: $id, revokeApiKeys: false }) { success errors }
            }",
            |shop| json!({ "id": shop.staff() }),
        ),
        mutation(
            "deleteMerchant",
            "an owner",
            "mutation ($id: ID!) { deleteMerchant(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.second_owner() }),
        ),
        mutation(
            "addRoleToMerchant",
            "one that may less",
            "mutation ($input: MerchantRoleInput!) {
                addRoleToMerchant(input: $input) { success errors }
            }",
            staff!("roleId": "analyst"),
        ),
        mutation(
            "addRoleToMerchant",
            "the owner's",
            "mutation ($input: MerchantRoleInput!) {
                addRoleToMerchant(input: $input) { success errors }
            }",
            staff!("roleId": "owner"),
        ),
        mutation(
            "removeRoleFromMerchant",
            "",
            "mutation ($input: MerchantRoleInput!) {
                removeRoleFromMerchant(input: $input) { success errors }
            }",
            staff!("roleId": "cashier"),
        ),
    ]
}

fn grants() -> Vec<Row> {
    vec![
        mutation(
            "addPermissionToMerchant",
            "",
            "mutation ($input: MerchantPermissionInput!) {
                addPermissionToMerchant(input: $input) { success errors }
            }",
            |shop| json!({ "input": { "merchantId": shop.staff(), "permissionId": "view_report" } }),
        ),
        mutation(
            "addPermissionToMerchant",
            "change_app",
            "mutation ($input: MerchantPermissionInput!) {
                addPermissionToMerchant(input: $input) { success errors }
            }",
            |shop| json!({ "input": { "merchantId": shop.staff(), "permissionId": "change_app" } }),
        ),
        mutation(
            "removePermissionFromMerchant",
            "",
            "mutation ($input: MerchantPermissionInput!) {
                removePermissionFromMerchant(input: $input) { success errors }
            }",
            staff!("permissionId": "permission"),
        ),
        mutation(
            "addStoreToMerchant",
            "",
            "mutation ($input: MerchantStoreInput!) {
                addStoreToMerchant(input: $input) { success errors }
            }",
            staff!("storeId": "store"),
        ),
        mutation(
            "removeStoreFromMerchant",
            "",
            "mutation ($input: MerchantStoreInput!) {
                removeStoreFromMerchant(input: $input) { success errors }
            }",
            staff!("storeId": "store"),
        ),
        mutation(
            "addStoreGroupToMerchant",
            "",
            "mutation ($input: MerchantStoreGroupInput!) {
                addStoreGroupToMerchant(input: $input) { success errors }
            }",
            staff!("storeGroupId": "group"),
        ),
        mutation(
            "removeStoreGroupFromMerchant",
            "",
            "mutation ($input: MerchantStoreGroupInput!) {
                removeStoreGroupFromMerchant(input: $input) { success errors }
            }",
            staff!("storeGroupId": "group"),
        ),
    ]
}

fn roles() -> Vec<Row> {
    vec![
        mutation(
            "createRole",
            "",
            "mutation { createRole(input: { displayName: \"Matrix\", permissions: [\"redeem\"] }) { success errors } }",
            nothing,
        ),
        mutation(
            "createRole",
            "with change_app",
            "mutation { createRole(input: { displayName: \"Matrix\", permissions: [\"change_app\"] }) { success errors } }",
            nothing,
        ),
        mutation(
            "updateRole",
            "",
            "mutation ($id: ID!) { updateRole(input: { id: $id, displayName: \"Other\" }) { success errors } }",
            |shop| json!({ "id": shop.role() }),
        ),
        mutation(
            "updateRole",
            "a system role",
            "mutation ($id: ID!) { updateRole(input: { id: $id, displayName: \"Other\" }) { success errors } }",
            id!("cashier"),
        ),
        mutation(
            "deleteRole",
            "",
            "mutation ($id: ID!) { deleteRole(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.role() }),
        ),
    ]
}

fn places() -> Vec<Row> {
    vec![
        mutation(
            "createStore",
            "",
            "mutation { createStore(input: { name: \"Matrix\" }) { success errors } }",
            nothing,
        ),
        mutation(
            "updateStore",
            "",
            "mutation ($id: ID!) { updateStore(input: { id: $id, state: \"Matrix\" }) { success errors } }",
            id!("store"),
        ),
        mutation(
            "updateStore",
            "one where the cashier does not work",
            "mutation ($id: ID!) { updateStore(input: { id: $id, state: \"Matrix\" }) { success errors } }",
            |shop| json!({ "id": shop.store() }),
        ),
        mutation(
            "deleteStore",
            "",
            "mutation ($id: ID!) { deleteStore(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.store() }),
        ),
        mutation(
            "createStoreGroup",
            "",
            "mutation ($id: ID!) { createStoreGroup(input: { name: \"Matrix\", stores: [$id] }) { success errors } }",
            id!("store"),
        ),
        mutation(
            "updateStoreGroup",
            "",
            "mutation ($id: ID!) { updateStoreGroup(input: { id: $id, name: \"Other\" }) { success errors } }",
            |shop| json!({ "id": shop.store_group() }),
        ),
        mutation(
            "deleteStoreGroup",
            "",
            "mutation ($id: ID!) { deleteStoreGroup(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.store_group() }),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of cases reads from top to bottom")]
fn memberships() -> Vec<Row> {
    vec![
        mutation(
            "joinMerchant",
            "",
            "mutation ($id: ID!) { joinMerchant(input: { storeId: $id }) { success errors } }",
            id!("store"),
        ),
        mutation(
            "shareProfile",
            "",
            "mutation ($id: ID!) {
                shareProfile(input: { merchantId: $id, sharing: FULL }) { success errors }
            }",
            id!("merchant"),
        ),
        mutation(
            "setConsent",
            "an opt-out of a customer with an account",
            "mutation ($id: ID!) { setConsent(input: {
                consumerId: $id, channel: SMS, state: DENIED, source: \"matrix\"
            }) { success errors } }",
            id!("consumer"),
        ),
        mutation(
            "setConsent",
            "an opt-in of a customer with an account",
            "mutation ($id: ID!) { setConsent(input: {
                consumerId: $id, channel: SMS, state: GRANTED, source: \"matrix\"
            }) { success errors } }",
            id!("consumer"),
        ),
        mutation(
            "setConsent",
            "for oneself",
            "mutation ($id: ID!) { setConsent(input: {
                merchantId: $id, channel: SMS, state: GRANTED, source: \"matrix\"
            }) { success errors } }",
            id!("merchant"),
        ),
        mutation(
            "exportConsumer",
            "a customer",
            "mutation ($id: ID!) { exportConsumer(input: { id: $id }) { success errors filename } }",
            id!("consumer"),
        ),
        mutation(
            "exportConsumer",
            "for oneself",
            "mutation { exportConsumer(input: {}) { success errors filename } }",
            nothing,
        ),
        mutation(
            "mergeConsumers",
            "",
            "mutation ($id: ID!, $into: ID!) {
                mergeConsumers(input: { consumerId: $id, intoConsumerId: $into }) { success errors }
            }",
            |shop| json!({ "id": shop.managed(), "into": shop.managed() }),
        ),
        mutation(
            "unmergeConsumers",
            "",
            "mutation ($id: ID!) { unmergeConsumers(input: { mergeId: $id }) { success errors } }",
            |shop| json!({ "id": shop.merge() }),
        ),
        mutation(
            "claimProfile",
            "a record of nobody's",
            "mutation ($id: ID!) { claimProfile(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.managed() }),
        ),
        mutation(
            "eraseConsumer",
            "a customer",
            "mutation ($id: ID!) { eraseConsumer(input: { id: $id, reason: REQUEST }) { success errors } }",
            |shop| json!({ "id": shop.managed() }),
        ),
        mutation(
            "eraseConsumer",
            "a customer with an account",
            "mutation ($id: ID!) { eraseConsumer(input: { id: $id, reason: REQUEST, dryRun: true }) { success errors } }",
            id!("consumer"),
        ),
        mutation(
            "eraseConsumer",
            "for oneself, without a password",
            "mutation { eraseConsumer(input: { reason: REQUEST }) { success errors } }",
            nothing,
        ),
        mutation(
            "enroll",
            "",
            "mutation ($id: ID!) { enroll(input: { loyaltyCardId: $id }) { success errors } }",
            id!("card"),
        ),
        mutation(
            "leaveMerchant",
            "",
            "mutation ($id: ID!) { leaveMerchant(input: { merchantId: $id }) { success errors } }",
            id!("merchant"),
        ),
    ]
}
