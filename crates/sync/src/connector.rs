//! What the engine asks of an outside system. A connector speaks one vendor's protocol and makes records of what it hears;
//! what becomes of them it neither knows nor decides.
//!
//! Connectors block: each run has a thread of its own. They hold no state that a crash may not lose: everything needed to go on
//! is in the [`Batch::next`] cursor, which the engine commits together with the records before it (engine rule 2).

use std::{fmt, time::Duration};

use regulars_kernel::Timestamp;
use regulars_source::record::{Item, RecordKey};
use serde_json::Value;

/// What kind of things a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// Customers.
    Customers,
    /// Orders, with their refunds.
    Orders,
    /// Products.
    Products,
    /// Balances of an older system.
    Balances,
}

/// A list of things that a connector reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamSpec {
    /// What it is called in settings and reports: `customers`, `contacts`.
    pub name: &'static str,
    /// The source's word for its things: [`RecordKey::object`].
    pub object: &'static str,
    /// What kind of things they are.
    pub kind: StreamKind,
    /// How far behind its own clock the source may show a change: each window begins so much earlier (engine rule 3).
    pub overlap: Duration,
    /// How far a window's end stays behind the clock, for rows that are committed later than they are stamped.
    pub delay: Duration,
    /// Whether it can be read from an instant on. One that cannot is read whole each time.
    pub has_tail: bool,
}

/// Which part of a stream is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// All there is.
    Backfill,
    /// What changed within `[from, until)`, by the source's clock; both were fixed before the first request.
    Tail {
        /// The first instant.
        from: Timestamp,
        /// The first instant past it.
        until: Timestamp,
    },
    /// The ids of all there is, to find what is gone. Records may be whole or have nothing but their key.
    Sweep,
}

/// What is read next.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Which stream.
    pub stream: &'a StreamSpec,
    /// Which part.
    pub pass: Pass,
    /// Where the last batch of this pass ended; none: at the beginning.
    pub cursor: Option<&'a Value>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// In the order in which they are applied.
    pub items: Vec<Item>,
    /// Where to go on; none: the pass is complete.
    pub next: Option<Value>,
    /// How many things the pass has in all, where the source says.
    pub total: Option<u64>,
    /// What is left of the source's budget of requests, in words for people: `18 of 5000 requests today`.
    pub budget: Option<String>,
    /// The source is busy preparing (a bulk job): ask again after so long.
    pub wait: Option<Duration>,
}

/// What is written to a source, for one of its customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteBack {
    /// Of whom, there.
    pub key: RecordKey,
    /// Our number of them.
    pub person: i64,
    /// Points to spend, over all cards.
    pub points: i64,
    /// Points earned so far.
    pub lifetime: i64,
    /// The loyalty id that tills know them by.
    pub loyalty_id: Option<String>,
}

/// What became of a [`WriteBack`], in the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is there.
    Done,
    /// It is not, and trying again is of no use.
    Refused {
        /// A stable word.
        code: String,
        /// For people.
        message: String,
    },
    /// It is not, for now.
    Later,
}

/// What a test of a connection found, in the merchant's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tested {
    /// Who answered: the shop's or organisation's name.
    pub account: Option<String>,
    /// What is fine.
    pub fine: Vec<String>,
    /// What is missing or wrong, each with the way out; the connection works where there is none.
    pub wrong: Vec<String>,
}

/// Why a source did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It does not accept the credentials; somebody has to connect anew.
    #[error("{0}")]
    NeedsAuth(String),
    /// The settings are wrong, or something is missing at the source; trying again is of no use.
    #[error("{0}")]
    Settings(String),
    /// It wants to be asked later.
    #[error("the source wants to be asked later{}", told_wait(.after.as_ref()))]
    Throttled {
        /// After so long, where it said.
        after: Option<Duration>,
    },
    /// It is not there, or its answer was broken; trying again may help.
    #[error("{message}")]
    Transient {
        /// What happened.
        message: String,
        /// After so long, where it said.
        after: Option<Duration>,
    },
    /// The cursor is no good any more: the window, not the history, begins anew (engine rule 4).
    #[error("the source does not know the cursor any more: {0}")]
    Cursor(String),
    /// Its log does not reach back so far: a sweep finds what is gone (engine rule 4).
    #[error("the source's log does not reach back so far: {0}")]
    LogExpired(String),
    /// It answers what it never should: the run stops before it does harm (engine rule 12).
    #[error("{0}")]
    Schema(String),
}

fn told_wait(after: Option<&Duration>) -> String {
    after.map_or_else(String::new, |after| format!(", after {} s", after.as_secs()))
}

/// A connection to an outside system, opened with its settings and credentials.
pub trait Connector: Send {
    /// The streams that it has, in the order in which they are read: customers before their orders.
    fn streams(&self) -> &'static [StreamSpec];

    /// Whether all that is needed is there and allowed.
    fn test(&mut self) -> Result<Tested, Fault>;

    /// The next part of a pass: at most a few thousand things.
    fn read(&mut self, ask: &Ask<'_>) -> Result<Batch, Fault>;

    /// Things by key, as they are now: what a webhook told of, what came twice in one version with different content. A key of which the
    /// source says that nothing is there comes as [`regulars_source::record::Body::Gone`]. At most 250 keys of one object.
    fn reread(&mut self, object: &str, ids: &[String]) -> Result<Vec<Item>, Fault>;

    /// Writes what we know of customers to the source; answers in order. At most 25.
    fn write_back(&mut self, _changes: &[WriteBack]) -> Result<Vec<Written>, Fault> {
        Err(Fault::Settings("Nothing is written back to this kind of source.".to_owned()))
    }
}

/// Where a connector keeps credentials that the vendor renews. What is stored is durable when this answers.
pub trait Credentials: Send + Sync + fmt::Debug {
    /// The credentials as they are now: the fields that the connector asked for in its settings, and what it stored itself.
    fn load(&self) -> Result<Value, Fault>;

    /// Replaces them, before the new ones are used: a token that was given out once and lost ends the connection. Two that
    /// renew at the same moment do so one after the other: `renew` gets what is stored then.
    fn renew(&self, renew: &mut dyn FnMut(&Value) -> Result<Value, Fault>) -> Result<Value, Fault>;
}
