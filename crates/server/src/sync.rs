//! Syncing, as a process does it: what the engine is wired to, and the commands that read outside systems.

pub(crate) mod import;
pub(crate) mod secrets;

use std::sync::Arc;

use regulars_auth::Authority;
use regulars_kernel::Clock;
use regulars_persistence::Db;
use regulars_sync::{KINDS, engine::Engine, outgoing::Reach, vault::Vault};

use self::secrets::Sealed;
use crate::config::Sync;

/// The engine of a server.
pub(crate) fn engine(
    (db, authority): (&Arc<Db>, &Arc<Authority>),
    clock: Arc<dyn Clock>,
    vault: Option<Vault>,
    config: &Sync,
) -> Engine {
    if vault.is_none() {
        tracing::warn!(
            "there is no key for the credentials of outside systems: none can be connected before keys.encryption has one"
        );
    }
    Engine {
        db: Arc::clone(db),
        authority: Arc::clone(authority),
        clock,
        kinds: &KINDS,
        secrets: Arc::new(Sealed { db: Arc::clone(db), vault: vault.map(Arc::new) }),
        reach: if config.reach_anywhere { Reach::Anywhere } else { Reach::Public },
    }
}
