//! A fake shop and connections to it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use regulars_kernel::{Clock, Timestamp};
use regulars_source::record::{Body, CustomerRecord, Gone, Item, OrderRecord, Record};
use regulars_sync::{
    connector::{Ask, Batch, Connector, Credentials, Fault, Pass, StreamSpec},
    kind::Opening,
    outgoing::{Client, Patience, Reach},
    shopify::KIND,
};
use regulars_testkit::fake::shopify::Fake;
use serde_json::{Map, Value};

/// Credentials in memory; how often they were renewed.
#[derive(Default)]
pub(crate) struct Vault(Mutex<(Value, u32)>);

impl Vault {
    pub(crate) fn new(value: Value) -> Arc<Self> {
        Arc::new(Self(Mutex::new((value, 0))))
    }

    pub(crate) fn value(&self) -> Value {
        self.0.lock().unwrap().0.clone()
    }

    pub(crate) fn renewals(&self) -> u32 {
        self.0.lock().unwrap().1
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Credentials for Vault {
    fn load(&self) -> Result<Value, Fault> {
        Ok(self.value())
    }

    fn renew(&self, renew: &mut dyn FnMut(&Value) -> Result<Value, Fault>) -> Result<Value, Fault> {
        let mut stored = self.0.lock().unwrap();
        let renewed = renew(&stored.0)?;
        *stored = (renewed.clone(), stored.1 + 1);
        Ok(renewed)
    }
}

/// The shop's clock is everybody's.
struct ShopClock(Arc<Fake>);

impl Clock for ShopClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.world().now)
    }
}

/// A shop, and how it is connected.
pub(crate) struct Shop {
    pub(crate) fake: Arc<Fake>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) settings: Map<String, Value>,
}

impl Shop {
    pub(crate) fn new(access: &str) -> Self {
        let fake = Arc::new(Fake::start());
        let vault = Vault::new(fake.credentials(access));
        let settings = fake.settings(access).as_object().unwrap().clone();
        Self { fake, vault, settings }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn opening(&self) -> Opening {
        let patience = Patience {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            whole: Duration::from_secs(20),
        };
        Opening {
            settings: self.settings.clone(),
            credentials: self.vault.clone(),
            client: Client::new(Reach::Anywhere, patience),
            reach: Reach::Anywhere,
            clock: Arc::new(ShopClock(Arc::clone(&self.fake))),
        }
    }

    pub(crate) fn open(&self) -> Box<dyn Connector> {
        (KIND.open)(self.opening()).unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.fake.world().now)
    }
}

pub(crate) fn stream(connector: &dyn Connector, name: &str) -> &'static StreamSpec {
    connector.streams().iter().find(|stream| stream.name == name).unwrap()
}

/// The next part of a pass.
pub(crate) fn read(
    connector: &mut dyn Connector,
    name: &str,
    pass: Pass,
    cursor: Option<&Value>,
) -> Result<Batch, Fault> {
    let stream = stream(connector, name);
    connector.read(&Ask { stream, pass, cursor })
}

/// A whole pass; by a new connector each time, as after a crash, or by one. Faults that pass are tried again, up to so many.
pub(crate) fn pass(shop: &Shop, name: &str, pass: Pass, anew: bool, mut faults: u32) -> Vec<Item> {
    let mut connector = shop.open();
    let mut cursor: Option<Value> = None;
    let mut items = Vec::new();
    for _ in 0..10_000 {
        if anew {
            connector = shop.open();
        }
        match read(connector.as_mut(), name, pass, cursor.as_ref()) {
            Ok(batch) => {
                items.extend(batch.items);
                // What the engine keeps is text.
                cursor = batch.next.map(|next| serde_json::from_str(&next.to_string()).unwrap());
                if cursor.is_none() {
                    return items;
                }
                if let Some(wait) = batch.wait {
                    std::thread::sleep(wait.min(Duration::from_millis(5)));
                }
            }
            Err(Fault::Transient { .. } | Fault::Throttled { .. }) if faults > 0 => faults -= 1,
            Err(fault) => panic!("{fault}"),
        }
    }
    panic!("no end")
}

pub(crate) fn records(items: &[Item]) -> Vec<&Record> {
    let record = |item: &'_ Item| match item {
        Item::Record(_) => {}
        Item::Bad(bad) => panic!("{bad:?}"),
    };
    items.iter().for_each(record);
    items
        .iter()
        .filter_map(|item| match item {
            Item::Record(record) => Some(record),
            Item::Bad(_) => None,
        })
        .collect()
}

/// Customers by id; each is to be there once.
pub(crate) fn customers(items: &[Item]) -> BTreeMap<String, CustomerRecord> {
    let mut found = BTreeMap::new();
    for record in records(items) {
        let Body::Customer(customer) = &record.body else { panic!("{record:?}") };
        assert_eq!(record.key.object, "Customer");
        let before = found.insert(record.key.id.clone(), (**customer).clone());
        assert!(before.is_none(), "{} came twice", record.key);
    }
    found
}

/// Orders by id; each is to be there once.
pub(crate) fn orders(items: &[Item]) -> BTreeMap<String, OrderRecord> {
    let mut found = BTreeMap::new();
    for record in records(items) {
        let Body::Order(order) = &record.body else { panic!("{record:?}") };
        assert!(found.insert(record.key.id.clone(), (**order).clone()).is_none());
    }
    found
}

pub(crate) fn gone(items: &[Item]) -> Vec<(String, Gone)> {
    let gone = |record: &&Record| match &record.body {
        Body::Gone(gone) => Some((record.key.id.clone(), gone.clone())),
        _ => None,
    };
    records(items).iter().filter_map(gone).collect()
}

pub(crate) fn customer_id(id: u64) -> String {
    format!("gid://shopify/Customer/{id}")
}

pub(crate) fn order_id(id: u64) -> String {
    format!("gid://shopify/Order/{id}")
}

/// The ids that the shop has.
pub(crate) fn ids(shop: &Shop) -> Vec<String> {
    shop.fake.world().customers().map(|(id, _)| customer_id(id)).collect()
}

/// A tail from so many seconds ago.
pub(crate) fn since(shop: &Shop, seconds: u64) -> Pass {
    let now = shop.now();
    Pass::Tail { from: now.minus(Duration::from_secs(seconds)), until: now }
}
