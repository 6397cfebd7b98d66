//! One time of reading a connection: what was asked for, how far it is, and what came of it (engine rules 6, 22 and 25).

pub mod request;

use regulars_kernel::{
    ConnectionId, MerchantId, PersonId, SyncRunId, Timestamp,
    page::{Keyed, SortKey},
    pk_sort,
};
use serde_json::{Value, json};

use crate::connection::named;

named! {
    /// What a run reads.
    RunKind {
        /// What changed since the last one; everything the first time.
        Tail = "TAIL",
        /// Everything, whatever was read before.
        Backfill = "BACKFILL",
        /// The ids of everything, to find what is gone.
        Sweep = "SWEEP",
    }
}

named! {
    /// How a run is.
    RunState {
        /// It waits for a worker.
        Queued = "QUEUED",
        /// It is under way.
        Running = "RUNNING",
        /// It came to its end.
        Done = "DONE",
        /// It could not go on: its error says why.
        Failed = "FAILED",
        /// Somebody ended it.
        Cancelled = "CANCELLED",
    }
}

impl RunState {
    /// Whether it is over.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// Makes the counts with their names.
macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// What became of what was read.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counts { $($(#[$doc])* pub $name: u64,)+ }

        impl Counts {
            /// Each with its name.
            pub fn each(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)+]
            }

            /// Adds others to them.
            pub const fn add(&mut self, other: &Self) {
                $(self.$name = self.$name.saturating_add(other.$name);)+
            }

            fn read(value: &Value) -> Self {
                let count = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
                Self { $($name: count(stringify!($name)),)+ }
            }
        }
    };
}

counts! {
    /// Things that were read.
    read,
    /// Things that were new here.
    created,
    /// Things that changed something here.
    updated,
    /// Things that were known so, or changed nothing.
    unchanged,
    /// Things that were found to be somebody who is here already.
    linked,
    /// Things of which a later version is known.
    outdated,
    /// Things that were refused.
    rejected,
    /// Values that were passed over, while the rest of their thing was taken.
    skipped,
    /// Things about which somebody has to decide.
    conflicts,
    /// Things that wait for something else, as an order for its customer.
    waiting,
    /// Things that are gone at the source.
    deleted,
    /// Points and stamps that were given as opening balances.
    points,
}

impl Counts {
    /// As they are kept: a JSON object.
    pub fn to_text(&self) -> String {
        let each = self.each().into_iter().map(|(name, count)| (name.to_owned(), json!(count)));
        Value::Object(each.collect()).to_string()
    }

    /// Reads what [`Self::to_text`] wrote; what is not there is 0.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).map(|value: Value| Self::read(&value)).unwrap_or_default()
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The key.
    pub id: SyncRunId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Of which connection.
    pub connection: ConnectionId,
    /// What it reads.
    pub kind: RunKind,
    /// Whether it only shows what it would do.
    pub dry_run: bool,
    /// How it is.
    pub state: RunState,
    /// Whether somebody wants it to end: it does at the end of the slice.
    pub is_to_end: bool,
    /// Who started it; none: it was due.
    pub asked_by: Option<PersonId>,
    /// What it is reading now, in words: `customers`.
    pub phase: Option<String>,
    /// How many things there are in this phase, where the source says.
    pub total: Option<u64>,
    /// What became of what was read.
    pub counts: Counts,
    /// What is left of the source's budget, in words.
    pub budget: Option<String>,
    /// Why it failed, or what was odd.
    pub error: Option<String>,
    /// Of a dry run: what it would do to some of the things, as JSON.
    pub report: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it last came on.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

pk_sort! {
    /// What a list of runs can be ordered by: the pk alone, which is the order in which they came up.
    pub enum RunSort of "syncRuns"
}

impl Keyed<RunSort> for Run {
    fn sort_key(&self, field: RunSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}
