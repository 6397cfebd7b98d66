//! What can be changed: the fields at the root of a mutation.

use graphql_parser::query::Field;
use serde_json::{Value, json};

use super::{
    bulk,
    graphql::{Operation, error},
    hook::{Subscription, TOPICS, topic_name},
    root::needs,
    script::Bad,
    world::World,
};

/// The most metafields at once.
const MAX_METAFIELDS: usize = 25;

/// Does it, and answers what is shown of it, or the error that is its answer.
pub(super) fn resolve(
    world: &mut World,
    operation: &Operation,
    field: &Field<'static, String>,
    version: &str,
    bad: Option<&Bad>,
) -> Result<Value, Value> {
    let argument = |name: &str| operation.argument(field, name);
    match field.name.as_str() {
        "bulkOperationRunQuery" => {
            let query = argument("query");
            let grouped = argument("groupObjects").as_bool().unwrap_or(version < "2026-10");
            let query = query.as_str().unwrap_or_default();
            Ok(bulk::start(world, query, grouped, version, bad))
        }
        "metafieldsSet" => {
            needs(world, "write_customers", field)?;
            let list = argument("metafields");
            Ok(set_metafields(world, list.as_array().map_or(&[], Vec::as_slice)))
        }
        "webhookSubscriptionCreate" => {
            let topic = argument("topic");
            let subscription = argument("webhookSubscription");
            let topic = topic.as_str().unwrap_or_default();
            let uri = subscription["uri"].as_str().unwrap_or_default();
            if !TOPICS.iter().any(|known| topic_name(known) == topic) {
                let message = format!(
                    "Variable $topic of type WebhookSubscriptionTopic! was provided invalid value {topic}"
                );
                return Err(error(&message, Some("INVALID_VARIABLE")));
            }
            if topic == "CUSTOMERS_MERGE" {
                needs(world, "read_customer_merge", field)?;
            }
            Ok(subscribe(world, topic, uri))
        }
        other => {
            let message = format!("Field '{other}' doesn't exist on type 'Mutation'");
            Err(error(&message, Some("undefinedField")))
        }
    }
}

fn subscribe(world: &mut World, topic: &str, uri: &str) -> Value {
    let refuse = |message: &str| {
        json!({
            "webhookSubscription": null,
            "userErrors": [{ "field": ["webhookSubscription", "callbackUrl"], "message": message }],
        })
    };
    // The real one takes https alone; whoever watches by hand listens on this machine.
    if !uri.starts_with("https://") && !uri.starts_with("http://127.0.0.1") {
        return refuse("Address protocol http:// is not supported");
    }
    if world.subscriptions.iter().any(|one| one.topic == topic && one.uri == uri) {
        return refuse("Address for this topic has already been taken");
    }
    let id = world.number();
    let (topic, uri) = (topic.to_owned(), uri.to_owned());
    let shown = json!({
        "__typename": "WebhookSubscription", "topic": topic, "uri": uri,
        "id": format!("gid://shopify/WebhookSubscription/{id}"),
    });
    world.subscriptions.push(Subscription { id, topic, uri });
    json!({ "webhookSubscription": shown, "userErrors": [] })
}

/// All of them, or none.
fn set_metafields(world: &mut World, fields: &[Value]) -> Value {
    let mut errors = Vec::new();
    if fields.len() > MAX_METAFIELDS {
        errors.push(wrong(
            0,
            "LESS_THAN_OR_EQUAL_TO",
            "Exceeded the maximum metafields input limit of 25.",
        ));
    }
    let text = |field: &Value, name: &str| field[name].as_str().unwrap_or_default().to_owned();
    let number = |field: &Value| {
        text(field, "ownerId")
            .strip_prefix("gid://shopify/Customer/")
            .and_then(|id| id.parse().ok())
    };
    for (index, field) in fields.iter().enumerate() {
        let owner: Option<u64> = number(field);
        let owner = owner.and_then(|id| world.customers.get(id));
        let (namespace, key, kind, value) = (
            text(field, "namespace"),
            text(field, "key"),
            text(field, "type"),
            text(field, "value"),
        );
        let Some(owner) = owner else {
            errors.push(wrong(index, "INVALID", "Owner does not exist."));
            continue;
        };
        let known = owner.metafields.get(&(namespace.clone(), key.clone()));
        let digest = known.map(|(_, value)| value.as_str());
        if namespace.len() < 3 || key.is_empty() {
            errors.push(wrong(
                index,
                "TOO_SHORT",
                "Namespace is too short (minimum is 3 characters)",
            ));
        } else if kind == "number_integer" && value.parse::<i64>().is_err() {
            errors.push(wrong(index, "INVALID_VALUE", "Value must be an integer."));
        } else if !matches!(kind.as_str(), "number_integer" | "single_line_text_field") {
            errors.push(wrong(index, "INVALID_TYPE", "Type is not a valid type."));
        } else if field.get("compareDigest").is_some_and(|wanted| wanted.as_str() != digest) {
            errors.push(wrong(
                index,
                "STALE_OBJECT",
                "The resource has been updated since it was loaded.",
            ));
        }
    }
    if !errors.is_empty() {
        return json!({ "metafields": null, "userErrors": errors });
    }
    let mut shown = Vec::new();
    for field in fields {
        let Some(id) = number(field) else { continue };
        let name = (text(field, "namespace"), text(field, "key"));
        let value = (text(field, "type"), text(field, "value"));
        // Whoever writes the same value again changes nothing.
        let same =
            world.customers.get(id).is_some_and(|one| one.metafields.get(&name) == Some(&value));
        if !same {
            world.edit_customer(id, |customer| {
                customer.metafields.insert(name, value);
            });
        }
        shown.push(json!({ "__typename": "Metafield", "id": "gid://shopify/Metafield/1" }));
    }
    json!({ "metafields": shown, "userErrors": [] })
}

fn wrong(index: usize, code: &str, message: &str) -> Value {
    json!({
        "code": code, "elementIndex": index, "message": message,
        "field": ["metafields", index.to_string(), "value"],
    })
}
