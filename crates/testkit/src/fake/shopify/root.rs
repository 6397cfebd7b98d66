//! What can be asked for: the fields at the root of a query.

use graphql_parser::query::Field;
use serde_json::{Value, json};

use super::{
    customer,
    graphql::{Operation, error, invalid_cursor, page, read_cursor, write_cursor},
    order,
    script::Bad,
    table::{Row, Sort, Table},
    world::World,
};

type Asked = Field<'static, String>;

/// A root field's value, or the error that is its answer.
pub(super) fn resolve(
    world: &mut World,
    operation: &Operation,
    field: &Asked,
    version: &str,
    bad: Option<&Bad>,
) -> Result<Value, Value> {
    match field.name.as_str() {
        "customers" => {
            needs(world, "read_customers", field)?;
            list(world, operation, field, bad, Kind::Customers(version))
        }
        "orders" => {
            needs(world, "read_orders", field)?;
            list(world, operation, field, bad, Kind::Orders)
        }
        "nodes" => {
            let ids = operation.argument(field, "ids");
            let ids = ids.as_array().cloned().unwrap_or_default();
            if ids.len() > 250 {
                let message =
                    "The input array size of 251 is greater than the maximum allowed of 250.";
                return Err(error(message, Some("MAX_INPUT_SIZE_EXCEEDED")));
            }
            Ok(ids.iter().map(|id| node(world, id.as_str().unwrap_or_default(), version)).collect())
        }
        "node" => {
            let id = operation.argument(field, "id");
            Ok(node(world, id.as_str().unwrap_or_default(), version))
        }
        "shop" => Ok(json!({
            "__typename": "Shop", "id": "gid://shopify/Shop/1", "name": "The Fake Shop",
            "myshopifyDomain": world.shop, "currencyCode": "EUR",
        })),
        "currentAppInstallation" => {
            let scopes: Vec<Value> = world
                .scopes
                .iter()
                .map(|scope| json!({ "handle": scope, "description": scope }))
                .collect();
            Ok(json!({ "__typename": "AppInstallation", "accessScopes": scopes }))
        }
        "webhookSubscriptions" => {
            let nodes = world.subscriptions.iter().map(|one| {
                json!({
                    "__typename": "WebhookSubscription", "uri": one.uri, "topic": one.topic,
                    "id": format!("gid://shopify/WebhookSubscription/{}", one.id),
                })
            });
            Ok(json!({ "__connection": nodes.collect::<Vec<_>>() }))
        }
        other => {
            let message = format!("Field '{other}' doesn't exist on type 'QueryRoot'");
            Err(error(&message, Some("undefinedField")))
        }
    }
}

/// Refuses what the app may not do.
pub(super) fn needs(world: &World, scope: &str, field: &Asked) -> Result<(), Value> {
    // Who may write may read.
    let write = scope.replacen("read_", "write_", 1);
    if world.scopes.contains(scope) || world.scopes.contains(&write) {
        return Ok(());
    }
    let message =
        format!("Access denied for {} field. Required access: `{scope}` access scope.", field.name);
    Err(json!({
        "message": message, "path": [field.name],
        "extensions": { "code": "ACCESS_DENIED", "requiredAccess": format!("`{scope}` access scope.") },
    }))
}

#[derive(Clone, Copy)]
enum Kind<'a> {
    Customers(&'a str),
    Orders,
}

/// The numbers on a page, the cursor at its end, and whether there are more.
fn slice<T: Row>(
    table: &Table<T>,
    operation: &Operation,
    field: &Asked,
    window: (i64, i64),
) -> Result<(Vec<u64>, Option<String>, bool), Value> {
    let first = operation.argument(field, "first");
    let Some(first) = first.as_u64().and_then(|first| usize::try_from(first).ok()) else {
        return Err(error("you must provide one of first or last", Some("BAD_REQUEST")));
    };
    if first > 250 {
        let message = "'first' must be between 1 and 250";
        return Err(error(message, Some("argumentLiteralsIncompatible")));
    }
    let by_time = operation.argument(field, "sortKey") == "UPDATED_AT";
    if operation.argument(field, "reverse") == true {
        return Ok((table.latest(first), None, false));
    }
    let sort = if by_time { Sort::UpdatedAt } else { Sort::Id };
    let after = operation.argument(field, "after");
    let after = match after.as_str() {
        None => None,
        Some(cursor) => Some(read_cursor(cursor).ok_or_else(invalid_cursor)?),
    };
    let mut ids = table.page(sort, after, window, first + 1);
    let more = ids.len() > first;
    ids.truncate(first);
    let end = ids.last().and_then(|id| table.place(sort, *id));
    Ok((ids, end.map(|(value, id)| write_cursor(value, id)), more))
}

fn list(
    world: &World,
    operation: &Operation,
    field: &Asked,
    bad: Option<&Bad>,
    kind: Kind<'_>,
) -> Result<Value, Value> {
    if bad == Some(&Bad::InvalidCursor) {
        return Err(invalid_cursor());
    }
    let filter = operation.argument(field, "query");
    let filter = filter.as_str().filter(|_| bad != Some(&Bad::IgnoredFilter));
    // The index shows late what was changed; a list without a filter is not read from it.
    let window = match filter.and_then(changed_since) {
        Some(from) => (from, world.now - world.index_lag),
        None => (i64::MIN, i64::MAX),
    };
    let (nodes, end, more): (Vec<Value>, _, _) = match kind {
        Kind::Customers(version) => {
            let (ids, end, more) = slice(&world.customers, operation, field, window)?;
            let show = |id: &u64| Some(world.customers.get(*id)?.show(*id, version));
            (ids.iter().filter_map(show).collect(), end, more)
        }
        Kind::Orders => {
            let (ids, end, more) = slice(&world.orders, operation, field, window)?;
            let show = |id: &u64| Some(world.orders.get(*id)?.show(*id));
            (ids.iter().filter_map(show).collect(), end, more)
        }
    };
    Ok(page(&nodes, end.as_deref(), more))
}

/// The beginning of the day of `updated_at:>='2026-11-20T12:00:00Z'`: whole days are matched. What is not understood is no filter, and
/// nobody says so.
fn changed_since(filter: &str) -> Option<i64> {
    let rest = filter.trim().strip_prefix("updated_at:")?.trim_start_matches(['>', '=']);
    let text = rest.trim_matches(['\'', '"']);
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp();
    Some(at - at.rem_euclid(86_400))
}

/// Anything by its id; null where there is none, or what it is is not known.
fn node(world: &World, gid: &str, version: &str) -> Value {
    let mut parts = gid.trim_start_matches("gid://shopify/").split('/');
    let (Some(kind), Some(id)) = (parts.next(), parts.next().and_then(|id| id.parse().ok())) else {
        return Value::Null;
    };
    let found = match kind {
        "Customer" if gid == customer::gid(id) => {
            world.customers.get(id).map(|customer| customer.show(id, version))
        }
        "Order" if gid == order::gid(id) => world.orders.get(id).map(|order| order.show(id)),
        "BulkOperation" => world.operations.get(&id).map(|one| one.show(id, &world.address)),
        _ => None,
    };
    found.unwrap_or_default()
}
