//! What the shop has, and what can become of it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::PathBuf,
    time::Instant,
};

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::{
    bulk::Operation,
    customer::{self, Customer},
    hook::{Hook, Sender, Subscription, TOPICS, topic_name},
    order::{self, Order, Refund},
    script::{Bad, On, Script},
    table::Table,
    token::Tokens,
};

/// 2026-11-20T12:00:00Z, where the clock begins.
const BEGINNING: i64 = 1_795_176_000;
/// Numbers are longer than JavaScript's, as Shopify's own examples are.
const FIRST_ID: u64 = 9_007_199_254_740_993;

/// An instant as Shopify writes it.
pub(super) fn instant(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A shop.
#[derive(Debug)]
pub struct World {
    /// Its address at Shopify.
    pub shop: String,
    /// Who may ask.
    pub tokens: Tokens,
    /// What the app may do.
    pub scopes: BTreeSet<String>,
    /// What is not shown without approval: fields of customers, and others as `Order.customer`.
    pub hidden: BTreeSet<String>,
    /// Whether such a field is an error, beside being null.
    pub hidden_is_denied: bool,
    /// The time: seconds since 1970. It stands still until it is moved.
    pub now: i64,
    /// So long the search index lags behind, in seconds.
    pub index_lag: i64,
    /// How many points there are at most.
    pub points: i64,
    /// How many come back each second.
    pub restore_rate: i64,
    /// How often an operation is looked at before it has an end.
    pub bulk_looks: u32,
    /// What was asked: the names of the operations.
    pub questions: Vec<String>,
    pub(super) customers: Table<Customer>,
    pub(super) orders: Table<Order>,
    /// Who was merged into whom.
    pub(super) operations: BTreeMap<u64, Operation>,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) script: Script,
    pub(super) bucket: (i64, Instant),
    pub(super) folder: Option<tempfile::TempDir>,
    /// Where the shop is, for the addresses of files.
    pub(super) address: String,
    hooks: VecDeque<Hook>,
    numbers: u64,
}

impl Default for World {
    fn default() -> Self {
        let scopes = [
            "read_customers",
            "write_customers",
            "read_orders",
            "read_all_orders",
            "read_customer_merge",
            "read_locations",
            "read_products",
        ];
        Self {
            shop: "fake.myshopify.com".to_owned(),
            tokens: Tokens::default(),
            scopes: scopes.map(str::to_owned).into(),
            hidden: BTreeSet::new(),
            hidden_is_denied: false,
            now: BEGINNING,
            index_lag: 0,
            points: 2_000,
            restore_rate: 2_000,
            bulk_looks: 1,
            questions: Vec::new(),
            customers: Table::default(),
            orders: Table::default(),
            operations: BTreeMap::new(),
            subscriptions: Vec::new(),
            script: Script::default(),
            bucket: (2_000, Instant::now()),
            folder: None,
            address: String::new(),
            hooks: VecDeque::new(),
            numbers: 0,
        }
    }
}

impl World {
    /// A number that nothing else has.
    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        FIRST_ID + self.numbers
    }

    /// Lets time pass, in seconds.
    pub fn advance(&mut self, seconds: i64) {
        self.now += seconds;
    }

    /// Has something go wrong with the next request of a kind.
    pub fn go_wrong(&mut self, on: On, bad: Bad) {
        self.script.add(on, bad);
    }

    /// How many things are still to go wrong.
    pub fn still_to_go_wrong(&self) -> usize {
        self.script.len()
    }

    /// The deliveries that wait, in the order in which they happened; they are taken.
    pub fn take_hooks(&mut self) -> Vec<Hook> {
        self.hooks.drain(..).collect()
    }

    /// The topics that somebody is told of: `customers/update`.
    pub fn subscribed(&self) -> Vec<String> {
        let has = |topic: &str| self.subscriptions.iter().any(|one| one.topic == topic_name(topic));
        TOPICS.into_iter().filter(|topic| has(topic)).map(str::to_owned).collect()
    }

    /// Removes a subscription, as Shopify does after failures.
    pub fn drop_subscription(&mut self, topic: &str) {
        self.subscriptions.retain(|one| one.topic != topic_name(topic));
    }

    /// Tells whoever wants to know. Privacy requests go to an address of the app's own configuration: any of the others.
    pub fn tell(&mut self, topic: &str, body: &Value) {
        let wanted = topic_name(topic);
        let is_own = matches!(topic, "customers/redact" | "customers/data_request" | "shop/redact");
        let all = self.subscriptions.iter();
        let mut to: Vec<String> =
            all.filter(|one| is_own || one.topic == wanted).map(|one| one.uri.clone()).collect();
        if is_own {
            to.truncate(1);
        }
        for uri in to {
            let number = self.number();
            let at = instant(self.now);
            let sender =
                Sender { shop: &self.shop, secret: &self.tokens.client_secret, at: &at, number };
            self.hooks.push_back(Hook::new(&uri, topic, body, &sender));
        }
    }

    fn tell_of_customer(&mut self, topic: &str, id: u64) {
        if let Some(body) = self.customers.get(id).map(|customer| customer.told(id)) {
            self.tell(topic, &body);
        }
    }

    fn tell_of_order(&mut self, topic: &str, id: u64) {
        let Some(order) = self.orders.get(id) else { return };
        let body = json!({
            "id": id, "admin_graphql_api_id": order::gid(id), "updated_at": instant(order.updated_at),
            "customer": order.customer.map(|id| json!({ "id": id })),
        });
        self.tell(topic, &body);
    }

    /// How many customers there are.
    pub fn count_customers(&self) -> usize {
        self.customers.len()
    }

    /// Every customer, by number.
    pub fn customers(&self) -> impl Iterator<Item = (u64, &Customer)> {
        self.customers.iter()
    }

    /// A customer.
    pub fn customer(&self, id: u64) -> Option<&Customer> {
        self.customers.get(id)
    }

    /// Every order, by number.
    pub fn orders(&self) -> impl Iterator<Item = (u64, &Order)> {
        self.orders.iter()
    }

    /// A new customer; their number.
    pub fn add_customer(&mut self, customer: Customer) -> u64 {
        let id = self.number();
        self.customers.put(id, Customer { created_at: self.now, updated_at: self.now, ..customer });
        self.tell_of_customer("customers/create", id);
        id
    }

    /// Many customers, each of whom was changed another second before now.
    pub fn add_customers(&mut self, count: u64) {
        for index in 0..count {
            let id = self.number();
            let at = self.now - i64::try_from(count - index).unwrap_or(0);
            let customer = Customer {
                created_at: at,
                updated_at: at,
                phone: Some(format!("+4930{index:08}")),
                address: Some(("Hauptstr. 1".to_owned(), "10115".to_owned(), "Berlin".to_owned())),
                ..Customer::named("Kim", &format!("Nr{index}"), &format!("kim{index}@example.com"))
            };
            self.customers.put(id, customer);
        }
    }

    /// Changes a customer, now; whether there is one.
    pub fn edit_customer(&mut self, id: u64, edit: impl FnOnce(&mut Customer)) -> bool {
        let now = self.now;
        let known = self.customers.edit(id, |customer| {
            edit(customer);
            customer.updated_at = now;
        });
        self.tell_of_customer("customers/update", id);
        known
    }

    /// Deletes a customer, unless they have an order.
    pub fn delete_customer(&mut self, id: u64) -> bool {
        let has_orders = self.orders.iter().any(|(_, order)| order.customer == Some(id));
        if has_orders || self.customers.remove(id).is_none() {
            return false;
        }
        let body = json!({ "id": id, "admin_graphql_api_id": customer::gid(id) });
        self.tell("customers/delete", &body);
        true
    }

    /// Merges a customer into another one, orders included; whether that can be.
    pub fn merge(&mut self, kept: u64, deleted: u64) -> bool {
        if kept == deleted || self.customers.get(kept).is_none() {
            return false;
        }
        if self.customers.remove(deleted).is_none() {
            return false;
        }
        let moved = self.orders.iter().filter(|(_, order)| order.customer == Some(deleted));
        let moved: Vec<u64> = moved.map(|(id, _)| id).collect();
        for id in moved {
            self.edit_order(id, |order| order.customer = Some(kept));
        }
        let now = self.now;
        self.customers.edit(kept, |customer| customer.updated_at = now);
        let body = json!({
            "admin_graphql_api_customer_kept_id": customer::gid(kept),
            "admin_graphql_api_customer_deleted_id": customer::gid(deleted),
            "admin_graphql_api_job_id": null, "status": "completed", "errors": [],
        });
        self.tell("customers/merge", &body);
        true
    }

    /// The shop asks that nothing of a customer be kept: they have no name and no address any more.
    pub fn redact(&mut self, id: u64) {
        let orders = self.orders.iter().filter(|(_, order)| order.customer == Some(id));
        let orders: Vec<u64> = orders.map(|(id, _)| id).collect();
        let body = json!({
            "shop_id": 1, "shop_domain": self.shop,
            "customer": { "id": id, "email": null, "phone": null }, "orders_to_redact": orders,
        });
        let now = self.now;
        self.customers.edit(id, |customer| {
            *customer = Customer {
                created_at: customer.created_at,
                updated_at: now,
                orders: customer.orders,
                spent: customer.spent,
                ..Customer::default()
            };
        });
        self.tell("customers/redact", &body);
    }

    /// A new order; its number.
    pub fn add_order(&mut self, order: Order) -> u64 {
        let id = self.number();
        let (customer, total) = (order.customer, order.total());
        self.orders.put(id, Order { processed_at: self.now, updated_at: self.now, ..order });
        self.tell_of_order("orders/create", id);
        if let Some(customer) = customer {
            self.edit_customer(customer, |customer| {
                customer.orders += 1;
                customer.spent += total;
            });
        }
        id
    }

    /// Changes an order, now; whether there is one.
    pub fn edit_order(&mut self, id: u64, edit: impl FnOnce(&mut Order)) -> bool {
        let now = self.now;
        let known = self.orders.edit(id, |order| {
            edit(order);
            order.updated_at = now;
        });
        self.tell_of_order("orders/updated", id);
        known
    }

    /// Gives so many cents back of an order, without goods; the number of the refund.
    pub fn refund(&mut self, order: u64, amount: i64) -> u64 {
        let (id, at) = (self.number(), self.now);
        self.edit_order(order, |order| {
            order.refunds.push(Refund { id, at, amount });
            let given: i64 = order.refunds.iter().map(|refund| refund.amount).sum();
            let whole = given >= order.total();
            let status = if whole { "REFUNDED" } else { "PARTIALLY_REFUNDED" };
            status.clone_into(&mut order.status);
        });
        self.tell("refunds/create", &json!({ "id": id, "order_id": order }));
        id
    }

    /// Calls an order off.
    pub fn cancel(&mut self, order: u64) {
        let now = self.now;
        self.edit_order(order, |order| order.cancelled_at = Some(now));
        self.tell_of_order("orders/cancelled", order);
    }

    /// Removes an order, as a merchant can with one that was called off.
    pub fn delete_order(&mut self, order: u64) {
        if self.orders.remove(order).is_some() {
            self.tell("orders/delete", &json!({ "id": order }));
        }
    }

    /// The app is removed from the shop.
    pub fn uninstall(&mut self) {
        self.tell("app/uninstalled", &json!({ "id": 1, "myshopify_domain": self.shop }));
        self.tokens.remove();
        self.subscriptions.clear();
    }

    /// Where the files of operations are.
    pub(super) fn path(&mut self, name: &str) -> PathBuf {
        if self.folder.is_none() {
            self.folder = tempfile::tempdir().ok();
        }
        self.folder.as_ref().map_or_else(PathBuf::new, |folder| folder.path().join(name))
    }

    /// The files of all operations are seven days old and more: they are gone.
    pub fn expire_files(&mut self) {
        for operation in self.operations.values_mut() {
            operation.expire();
        }
    }
}
