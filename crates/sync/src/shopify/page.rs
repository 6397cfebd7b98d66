//! Reading page by page: what changed since, and all there is where no bulk operation is to be had.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::SecondsFormat;
use regulars_kernel::Timestamp;
use regulars_source::record::{Body, Gone, Item, Record, RecordKey, SourceVersion};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Shopify,
    api::{Refusal, Reply},
    customer::{self, Sight},
    order,
    query::Query,
    value::read_instant,
};
use crate::connector::{Batch, Fault, Pass, StreamKind};

/// The most things on a page, and the most ids at once.
pub(super) const MAX_FIRST: i64 = 250;
/// With how many lines of an order a page begins.
const LINES: i64 = 10;
/// How many further lines are asked for at once, at first.
const MORE_LINES: i64 = 50;
/// Up to which cost a page is made larger: no question may cost more than 1000 points.
const COMFORTABLE: i64 = 400;
/// The filter matches whole days of the shop's calendar: what is older than that was not filtered at all.
const STRAY: Duration = Duration::from_hours(48);

/// Where a page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Shopify's own cursor; none: at the beginning.
    pub(super) after: Option<String>,
}

/// How many things are asked for at once: fewer where that cost too much, more where it cost little.
#[derive(Debug)]
pub(super) struct Sizes(BTreeMap<Query, i64>);

impl Sizes {
    pub(super) fn new() -> Self {
        let sizes = [
            (Query::CustomersPage, 100),
            (Query::CustomersById, MAX_FIRST),
            (Query::CustomerIdsPage, MAX_FIRST),
            // With ten lines each, about as much as a question may cost.
            (Query::OrdersPage, 8),
            (Query::OrdersById, 8),
            (Query::OrderLines, MORE_LINES),
        ];
        Self(sizes.into())
    }

    fn of(&self, query: Query) -> i64 {
        self.0.get(&query).copied().unwrap_or(1)
    }

    fn halve(&mut self, query: Query) -> bool {
        let size = self.of(query);
        self.0.insert(query, (size / 2).max(1));
        size > 1
    }

    fn grow(&mut self, query: Query, cost: Option<i64>) {
        if cost.is_some_and(|cost| cost <= COMFORTABLE) {
            let size = self.of(query);
            self.0.insert(query, size.saturating_mul(2).min(MAX_FIRST));
        }
    }
}

/// A list of things, and whether there are more after it.
struct Page {
    nodes: Vec<Value>,
    next: Option<String>,
}

impl Page {
    fn of(connection: Option<&mut Value>, after: Option<&str>) -> Result<Self, Fault> {
        let broken = |what: &str| Fault::Schema(format!("Shopify's answer has no {what} in it."));
        let connection = connection.ok_or_else(|| broken("list"))?;
        let nodes = connection.get_mut("nodes").map(Value::take);
        let Some(Value::Array(nodes)) = nodes else { return Err(broken("list")) };
        let info = connection.get("pageInfo").ok_or_else(|| broken("page"))?;
        let more =
            info.get("hasNextPage").and_then(Value::as_bool).ok_or_else(|| broken("page"))?;
        let next =
            info.get("endCursor").and_then(Value::as_str).filter(|_| more).map(str::to_owned);
        // A page that leads to itself would be read for ever.
        if more && (next.is_none() || next.as_deref() == after) {
            return Err(broken("next page"));
        }
        Ok(Self { nodes, next })
    }
}

impl Shopify {
    /// The page of a pass that begins there.
    pub(super) fn read_page(
        &mut self,
        kind: StreamKind,
        pass: Pass,
        place: &Place,
    ) -> Result<(Vec<Item>, Option<Place>), Fault> {
        let query = match (kind, pass) {
            (StreamKind::Orders, _) => Query::OrdersPage,
            (_, Pass::Sweep) => Query::CustomerIdsPage,
            _ => Query::CustomersPage,
        };
        let (filter, sort) = match pass {
            Pass::Tail { from, .. } => (Some(changed_since(from)), "UPDATED_AT"),
            Pass::Backfill | Pass::Sweep => (None, "ID"),
        };
        let after = place.after.as_deref();
        let (mut reply, _) = self.ask_for_fewer(query, |shop, first| {
            json!({
                "first": first, "after": after, "query": filter, "sortKey": sort,
                "namespace": shop.namespace, "lines": LINES,
                "locations": shop.wanted.locations, "products": shop.wanted.products,
            })
        })?;
        let root = if kind == StreamKind::Orders { "orders" } else { "customers" };
        let page = Page::of(reply.data.get_mut(root), after)?;
        let mut nodes = page.nodes;
        if let Pass::Tail { from, .. } = pass {
            nodes = within(nodes, from)?;
        }
        let next = page.next.map(|after| Place { after: Some(after) });
        let items = match (kind, pass) {
            (StreamKind::Orders, _) => self.order_items(nodes, &reply.denied)?,
            (_, Pass::Sweep) => nodes.iter().filter_map(only_key).collect(),
            _ => self.customer_items(&nodes, reply.denied)?,
        };
        Ok((items, next))
    }

    /// Asks for as many as there may be at once, and for half of them where that costs too much.
    fn ask_for_fewer(
        &mut self,
        query: Query,
        variables: impl Fn(&Self, i64) -> Value,
    ) -> Result<(Reply, i64), Fault> {
        loop {
            let first = self.sizes.of(query);
            let variables = variables(self, first);
            match self.api.ask(query, &variables) {
                Ok(reply) => {
                    self.sizes.grow(query, reply.cost);
                    return Ok((reply, first));
                }
                Err(Refusal::TooCostly) if self.sizes.halve(query) => {}
                Err(refusal) => return Err(refusal.into_fault()),
            }
        }
    }

    /// Customers as records.
    pub(super) fn customer_items(
        &mut self,
        customers: &[Value],
        denied: BTreeSet<String>,
    ) -> Result<Vec<Item>, Fault> {
        self.look(customers)?;
        let sight = Sight { denied, ..self.sight.clone() };
        Ok(customers.iter().map(|one| customer::item(one, &sight)).collect())
    }

    /// Notes what is shown of people. Where one kind of value was never seen, the latest customers of all are looked at, once.
    pub(super) fn look(&mut self, customers: &[Value]) -> Result<(), Fault> {
        self.sight.note(customers);
        if customers.is_empty() || self.looked || self.sight.is_full() {
            return Ok(());
        }
        let mut reply = self.api.ask_plainly(Query::CustomersSight, &json!({}))?;
        let nodes = reply.data.pointer_mut("/customers/nodes").map(Value::take);
        if let Some(Value::Array(nodes)) = nodes {
            self.sight.note(&nodes);
        }
        self.looked = true;
        Ok(())
    }

    /// Orders as records, with all their lines.
    fn order_items(
        &mut self,
        orders: Vec<Value>,
        denied: &BTreeSet<String>,
    ) -> Result<Vec<Item>, Fault> {
        // Taken as orders of nobody they would earn nothing, and nobody would know why.
        if denied.contains("customer") {
            return Err(Fault::Settings(
                "Shopify does not show whose the orders are: give the app the scope read_customers and access to protected customer data, and connect anew."
                    .to_owned(),
            ));
        }
        let mut items = Vec::new();
        for mut order in orders {
            let mut page = Page::of(order.get_mut("lineItems"), None)?;
            let mut lines = std::mem::take(&mut page.nodes);
            let mut next = page.next;
            let id = order.get("id").cloned().unwrap_or_default();
            while let Some(after) = next {
                let (mut reply, _) = self.ask_for_fewer(Query::OrderLines, |shop, first| {
                    json!({ "id": id, "first": first, "after": after, "products": shop.wanted.products })
                })?;
                let more = Page::of(reply.data.pointer_mut("/node/lineItems"), Some(&after))?;
                lines.extend(more.nodes);
                next = more.next;
            }
            items.extend(self.order_item(&order, &lines));
        }
        Ok(items)
    }

    /// An order as a record.
    pub(super) fn order_item(&self, order: &Value, lines: &[Value]) -> Option<Item> {
        order::item(order, lines, self.wanted.unpaid)
    }

    /// Things as they are now; what is not there any more is gone.
    pub(super) fn read_by_ids(&mut self, object: &str, ids: &[String]) -> Result<Vec<Item>, Fault> {
        let query = match object {
            customer::OBJECT => Query::CustomersById,
            order::OBJECT => Query::OrdersById,
            other => {
                return Err(Fault::Settings(format!("Shopify has no `{other}` to read again.")));
            }
        };
        let mut items = Vec::new();
        let mut rest = ids;
        while !rest.is_empty() {
            let (mut reply, size) = self.ask_for_fewer(query, |shop, first| {
                json!({
                    "ids": rest.get(..at_most(first, rest)), "namespace": shop.namespace, "lines": LINES,
                    "locations": shop.wanted.locations, "products": shop.wanted.products,
                })
            })?;
            let (asked, later) = rest.split_at(at_most(size, rest));
            rest = later;
            let nodes = match reply.data.get_mut("nodes").map(Value::take) {
                Some(Value::Array(nodes)) if nodes.len() == asked.len() => nodes,
                _ => {
                    return Err(Fault::Schema(
                        "Shopify's answer has not as many things as were asked for.".to_owned(),
                    ));
                }
            };
            let now = self.api.now();
            let gone = asked.iter().zip(&nodes).filter(|(_, node)| node.is_null());
            items.extend(gone.map(|(id, _)| gone_item(object, id, Gone::Deleted, now)));
            let there: Vec<Value> = nodes.into_iter().filter(|node| !node.is_null()).collect();
            items.extend(match query {
                Query::OrdersById => self.order_items(there, &reply.denied)?,
                _ => self.customer_items(&there, reply.denied)?,
            });
        }
        Ok(items)
    }

    /// One batch of pages, as the engine reads it.
    pub(super) fn page_batch(&self, items: Vec<Item>, next: Option<Value>) -> Batch {
        Batch { items, next, budget: self.api.budget(), ..Batch::default() }
    }
}

fn at_most(size: i64, of: &[String]) -> usize {
    usize::try_from(size).unwrap_or(1).clamp(1, of.len())
}

/// What says that a thing is gone, as of then.
pub(super) fn gone_item(object: &str, id: &str, gone: Gone, at: Timestamp) -> Item {
    Item::Record(Record {
        key: RecordKey::new(object, id),
        version: SourceVersion { seq: None, updated_at: Some(at) },
        body: Body::Gone(gone),
    })
}

/// A customer of whom nothing but the key is known: that they are there.
pub(super) fn only_key(node: &Value) -> Option<Item> {
    let id = node.get("id")?.as_str()?;
    Some(Item::Record(Record {
        key: RecordKey::new(customer::OBJECT, id),
        version: SourceVersion::default(),
        body: Body::Customer(Box::default()),
    }))
}

fn changed_since(from: Timestamp) -> String {
    format!("updated_at:>='{}'", from.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// What is within the window. The filter matches whole days, so that older ones come along; but those of long ago come only where it
/// was not understood at all, which Shopify says nowhere.
fn within(nodes: Vec<Value>, from: Timestamp) -> Result<Vec<Value>, Fault> {
    let from = Timestamp::from_seconds(from.seconds());
    let mut kept = Vec::new();
    for node in nodes {
        let at = node.get("updatedAt").and_then(Value::as_str).and_then(read_instant);
        match at {
            Some(at) if at < from.minus(STRAY) => {
                return Err(Fault::Schema(format!(
                    "Shopify did not filter by time: it answered with something of {at}, though only changes since {from} were asked for."
                )));
            }
            Some(at) if at < from => {}
            // What says not when it changed is told as what it is: no record.
            _ => kept.push(node),
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Value {
        json!({ "updatedAt": text })
    }

    #[test]
    fn rule_3_older_rows_of_the_same_days_are_dropped_and_others_stop_the_run() {
        let from = read_instant("2026-11-20T12:00:00.5Z").unwrap();
        assert_eq!(changed_since(from), "updated_at:>='2026-11-20T12:00:00Z'");
        let rows = vec![
            at("2026-11-20T00:00:00Z"),
            at("2026-11-20T12:00:00Z"),
            at("2026-11-21T00:00:00Z"),
        ];
        let kept = within(rows, from).unwrap();
        assert_eq!(kept, [at("2026-11-20T12:00:00Z"), at("2026-11-21T00:00:00Z")]);
        let ignored = within(vec![at("2026-11-18T11:59:59Z")], from);
        assert!(matches!(ignored, Err(Fault::Schema(_))));
    }

    #[test]
    fn a_page_that_leads_nowhere_is_an_error() {
        let page = |next: Value, after: Option<&str>| {
            let mut connection =
                json!({ "nodes": [], "pageInfo": { "hasNextPage": true, "endCursor": next } });
            Page::of(Some(&mut connection), after).map(|page| page.next)
        };
        assert_eq!(page(json!("b"), Some("a")), Ok(Some("b".to_owned())));
        assert!(page(json!("a"), Some("a")).is_err());
        assert!(page(Value::Null, None).is_err());
        assert!(Page::of(None, None).is_err());
        assert!(Page::of(Some(&mut json!({ "nodes": [] })), None).is_err());
    }

    #[test]
    fn rule_23_what_costs_too_much_is_halved_and_what_costs_little_grows() {
        let mut sizes = Sizes::new();
        assert!(sizes.halve(Query::CustomersPage));
        assert_eq!(sizes.of(Query::CustomersPage), 50);
        sizes.grow(Query::CustomersPage, Some(401));
        assert_eq!(sizes.of(Query::CustomersPage), 50);
        sizes.grow(Query::CustomersPage, Some(400));
        sizes.grow(Query::CustomersPage, Some(1));
        sizes.grow(Query::CustomersPage, Some(1));
        assert_eq!(sizes.of(Query::CustomersPage), MAX_FIRST);
        while sizes.halve(Query::OrdersPage) {}
        assert_eq!(sizes.of(Query::OrdersPage), 1);
    }
}
