//! The engine: reads what is due, applies it slice by slice, and leaves behind where it is.
//!
//! A **run** goes through the streams of a connection, one **pass** each; a pass reads **batches**, and a batch is applied in
//! **slices**, each a transaction with the place that was reached (engine rule 2). Whoever works on a connection holds it by a
//! lease with a fencing number that every slice checks (engine rule 6): a worker that was thought dead writes nothing any more.

mod pass;
mod report;
mod retry;
mod run;
mod slice;
mod worker;

use std::{fmt, sync::Arc};

use regulars_auth::Authority;
use regulars_kernel::{Classify, Clock, ConnectionId, ErrorKind, MerchantId, StoreError};
use regulars_persistence::Db;
use regulars_source::{Connection, SourceError};
use serde_json::Value;

use crate::{
    connector::{Connector, Credentials, Fault},
    kind::{Opening, SourceKind},
    outgoing::{Client, Patience, Reach},
};

pub use report::report;
pub use run::Ended;
pub use worker::Worker;

/// Opens the secrets of connections.
pub trait Secrets: Send + Sync {
    /// Those of one connection.
    ///
    /// # Errors
    /// [`Fault::Settings`] where there is no key to open them with.
    fn of(&self, connection: &Connection) -> Result<Arc<dyn Credentials>, Fault>;

    /// Encrypts the secrets of a connection, bound to its merchant and token: those of another one do not open in its place. Asks
    /// nobody.
    ///
    /// # Errors
    /// [`Fault::Settings`] where there is no key to seal them with.
    fn seal(&self, merchant: MerchantId, token: &str, plain: &Value) -> Result<Vec<u8>, Fault>;

    /// Decrypts the secrets that a connection's row has; an empty object where it has none. Asks nobody.
    ///
    /// # Errors
    /// [`Fault::Settings`] where there is no key to open them with.
    fn unseal(&self, connection: &Connection) -> Result<Value, Fault>;
}

/// What every run needs.
pub struct Engine {
    /// The rows.
    pub db: Arc<Db>,
    /// Knows who was erased.
    pub authority: Arc<Authority>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The kinds of sources there are.
    pub kinds: &'static [&'static SourceKind],
    /// The secrets of connections.
    pub secrets: Arc<dyn Secrets>,
    /// Where requests may go.
    pub reach: Reach,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("reach", &self.reach).finish_non_exhaustive()
    }
}

/// Why a run did not go on.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The source did not do what it was asked.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// What was read could not be applied.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// So much of what was read had to be refused that it is not what it should be (engine rule 12).
    #[error(
        "{rejected} of {read} records were refused: the run was stopped before it did harm. See what is wrong with them \
         (syncRejects), and start it again"
    )]
    TooManyRejects {
        /// How many were refused.
        rejected: u64,
        /// How many were read.
        read: u64,
    },
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        Self::Source(error.into())
    }
}

impl Classify for SyncError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Source(error) => error.kind(),
            Self::Fault(_) | Self::TooManyRejects { .. } => ErrorKind::Unavailable,
        }
    }
}

impl Engine {
    /// Opens a connection to its source; nothing is asked of it yet.
    ///
    /// # Errors
    /// [`Fault::Settings`] where there is no such kind of source, or the settings do not do.
    pub fn open(&self, connection: &Connection) -> Result<Box<dyn Connector>, Fault> {
        let kind = self
            .kind(connection.source)
            .ok_or_else(|| Fault::Settings("There is no connector for this source.".to_owned()))?;
        (kind.open)(Opening {
            settings: connection.settings.clone(),
            credentials: self.secrets.of(connection)?,
            client: Client::new(self.reach, Patience::default()),
            reach: self.reach,
            clock: Arc::clone(&self.clock),
        })
    }

    /// The kind of a source.
    pub fn kind(&self, source: regulars_merchant::EntitySource) -> Option<&'static SourceKind> {
        self.kinds.iter().copied().find(|kind| kind.source == source)
    }
}

/// A connection whose work somebody holds.
#[derive(Clone, Debug)]
struct Held {
    merchant: MerchantId,
    connection: ConnectionId,
    holder: String,
    fence: i64,
}
