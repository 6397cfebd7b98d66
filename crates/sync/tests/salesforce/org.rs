//! A fake organisation and connections to it.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use regulars_customer::merge::MergeField;
use regulars_kernel::{Clock, Timestamp};
use regulars_source::record::{Body, CustomerRecord, Field, Gone, Item, Record};
use regulars_sync::{
    connector::{Ask, Batch, Connector, Credentials, Fault, Pass},
    kind::Opening,
    outgoing::{Client, Patience, Reach},
    salesforce::KIND,
};
use regulars_testkit::fake::salesforce::{Fake, World};
use serde_json::{Map, Value, json};

/// Credentials in memory; how often they were renewed.
pub(crate) struct Vault(Mutex<(Value, u32)>);

impl Vault {
    pub(crate) fn value(&self) -> Value {
        self.0.lock().unwrap().0.clone()
    }

    pub(crate) fn renewals(&self) -> u32 {
        self.0.lock().unwrap().1
    }

    pub(crate) fn set(&self, name: &str, value: Value) {
        self.0.lock().unwrap().0[name] = value;
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

/// The organisation's clock is everybody's.
struct OrgClock(Arc<Fake>);

impl Clock for OrgClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.world().now)
    }
}

/// An organisation, and how it is connected.
pub(crate) struct Org {
    pub(crate) fake: Arc<Fake>,
    pub(crate) vault: Arc<Vault>,
    settings: Map<String, Value>,
}

impl Org {
    pub(crate) fn new() -> Self {
        Self::by("clientCredentials")
    }

    pub(crate) fn by(flow: &str) -> Self {
        let fake = Arc::new(Fake::start());
        let vault = Arc::new(Vault(Mutex::new((fake.credentials(flow), 0))));
        let settings = fake.settings(flow).as_object().unwrap().clone();
        Self { fake, vault, settings }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    /// Another connection to the same organisation, with a setting of its own.
    pub(crate) fn again(&self, name: &str, value: impl Into<Value>) -> Self {
        let (fake, vault) = (Arc::clone(&self.fake), Arc::clone(&self.vault));
        Self { fake, vault, settings: self.settings.clone() }.with(name, value)
    }

    pub(crate) fn open(&self) -> Box<dyn Connector> {
        let patience = Patience {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            whole: Duration::from_secs(20),
        };
        let opening = Opening {
            settings: self.settings.clone(),
            credentials: self.vault.clone(),
            client: Client::new(Reach::Anywhere, patience),
            reach: Reach::Anywhere,
            clock: Arc::new(OrgClock(Arc::clone(&self.fake))),
        };
        (KIND.open)(opening).unwrap()
    }

    pub(crate) fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.fake.world()
    }

    pub(crate) fn add(&self, name: &str) -> String {
        let email = format!("{name}@example.com").to_lowercase();
        self.world().add_contact(&json!({ "FirstName": name, "LastName": "Test", "Email": email }))
    }

    /// The window of the last so many minutes, as the engine asks for it.
    pub(crate) fn window(&self, minutes: u64) -> Pass {
        let until = Timestamp::from_seconds(self.world().now).minus(Duration::from_mins(1));
        Pass::Tail { from: until.minus(Duration::from_mins(minutes)), until }
    }

    /// Reads a pass to its end, from each cursor with a connection of its own: what is not in the cursor is lost.
    pub(crate) fn read_afresh(&self, pass: Pass) -> Vec<Item> {
        drain(|| self.open(), pass)
    }

    /// Reads a pass to its end.
    pub(crate) fn read(&self, pass: Pass) -> Vec<Item> {
        let mut connector = self.open();
        let mut items = Vec::new();
        let mut cursor = None;
        loop {
            let batch = read(connector.as_mut(), pass, cursor.as_ref()).unwrap();
            items.extend(batch.items);
            match batch.next {
                Some(next) => cursor = Some(next),
                None => return items,
            }
        }
    }
}

fn drain(open: impl Fn() -> Box<dyn Connector>, pass: Pass) -> Vec<Item> {
    let mut items = Vec::new();
    let mut cursor: Option<Value> = None;
    loop {
        let batch = read(open().as_mut(), pass, cursor.as_ref()).unwrap();
        items.extend(batch.items);
        match batch.next {
            // A cursor is kept as text.
            Some(next) => cursor = Some(serde_json::from_str(&next.to_string()).unwrap()),
            None => return items,
        }
    }
}

/// The next part of a pass.
pub(crate) fn read(
    connector: &mut dyn Connector,
    pass: Pass,
    cursor: Option<&Value>,
) -> Result<Batch, Fault> {
    let stream = &connector.streams()[0];
    connector.read(&Ask { stream, pass, cursor })
}

pub(crate) fn records(items: &[Item]) -> Vec<&Record> {
    items
        .iter()
        .map(|item| match item {
            Item::Record(record) => record,
            Item::Bad(bad) => panic!("{bad:?}"),
        })
        .collect()
}

pub(crate) fn ids(items: &[Item]) -> Vec<String> {
    records(items).iter().map(|record| record.key.id.clone()).collect()
}

pub(crate) fn customer(record: &Record) -> &CustomerRecord {
    match &record.body {
        Body::Customer(customer) => customer,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn own(record: &Record, field: MergeField) -> Option<&str> {
    customer(record).fields.get(&Field::Own(field)).and_then(Option::as_deref)
}

/// What is gone of the items, and how.
pub(crate) fn gone(items: &[Item]) -> Vec<(String, Gone)> {
    records(items)
        .iter()
        .filter_map(|record| match &record.body {
            Body::Gone(gone) => Some((record.key.id.clone(), gone.clone())),
            _ => None,
        })
        .collect()
}
