//! A connection: an outside system that a merchant has connected, with what it was told and how it is doing.

pub mod change;

use regulars_kernel::{ConnectionId, MerchantId, PersonId, Rule, Timestamp, text};
use regulars_merchant::EntitySource;
use serde_json::{Map, Value};

use crate::policy::Policy;

/// The most characters of a connection's name.
pub const MAX_NAME_CHARS: usize = 100;
/// The most connections of a merchant that are not deleted.
pub const MAX_CONNECTIONS: u64 = 50;
/// The most bytes of a connection's settings, as JSON.
pub const MAX_SETTINGS_BYTES: usize = 64 * 1024;

/// Makes an enum whose values have names in the API and the database.
macro_rules! named {
    ($(#[$enum_doc:meta])* $enum:ident { $($(#[$doc:meta])* $name:ident = $text:literal,)+ }) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[$doc])* $name,)+ }

        impl $enum {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name in the API and in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The value of exactly that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)+ _ => None }
            }
        }
    };
}
pub(crate) use named;

named! {
    /// Whether a connection is read.
    ConnectionState {
        /// It is.
        Active = "ACTIVE",
        /// Not until somebody starts it again.
        Paused = "PAUSED",
        /// Never again; what it brought stays.
        Deleted = "DELETED",
    }
}

named! {
    /// How a connection is doing (engine rule 25).
    Health {
        /// Nothing was read yet.
        New = "NEW",
        /// It was read to its end lately.
        Ok = "OK",
        /// It is behind: the last reads failed, or take longer than they should.
        Lagging = "LAGGING",
        /// The source wants to be asked later.
        Throttled = "THROTTLED",
        /// The source does not accept the credentials: somebody has to connect anew.
        NeedsAuth = "NEEDS_AUTH",
        /// It was stopped before it did harm, or cannot go on: its message says why.
        Stopped = "STOPPED",
    }
}

/// An outside system that a merchant has connected.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// The key.
    pub id: ConnectionId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What kind of system.
    pub source: EntitySource,
    /// What the merchant calls it: unique among those that are not deleted.
    pub name: String,
    /// Whether it is read.
    pub state: ConnectionState,
    /// What it was told, but for secrets.
    pub settings: Map<String, Value>,
    /// The secrets, encrypted; none where nothing was told.
    pub credentials: Option<Vec<u8>>,
    /// Names the connection in the address at which its source tells us things: random, and no secret by itself.
    pub token: String,
    /// How it is doing.
    pub health: Health,
    /// Why, in a sentence for people.
    pub health_message: Option<String>,
    /// How many reads failed since the last that did not.
    pub failures: u32,
    /// When it is read next; none: when somebody says so.
    pub next_run_at: Option<Timestamp>,
    /// When it was last read to its end.
    pub last_success_at: Option<Timestamp>,
    /// Counts who holds it: what a former holder wrote late is refused (engine rule 6).
    pub fence: i64,
    /// Who connected it.
    pub created_by: Option<PersonId>,
    /// When it was connected.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Connection {
    /// How the engine takes what it brings.
    pub fn policy(&self) -> Policy {
        Policy::of(self.source, &self.settings)
    }

    /// How late what is here may be: since the last read to the end.
    pub fn lag(&self, now: Timestamp) -> Option<std::time::Duration> {
        self.last_success_at.map(|at| {
            let micros = now.micros().saturating_sub(at.micros());
            std::time::Duration::from_micros(u64::try_from(micros).unwrap_or_default())
        })
    }
}

/// A connection's name as it came in.
pub fn read_name(name: &str) -> Result<String, Rule> {
    text::clean(name, MAX_NAME_CHARS)?.ok_or(Rule::Required)
}
