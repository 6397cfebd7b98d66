//! The secrets of connections: in the rows encrypted, opened for connectors alone.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use regulars_kernel::{ConnectionId, MerchantId, Scope};
use regulars_persistence::Db;
use regulars_source::{Connection, SourceError, SourceStore as _};
use regulars_sync::{
    connector::{Credentials, Fault},
    engine::Secrets,
    vault::{Vault, VaultFault},
};
use serde_json::{Map, Value};

/// How long storing a renewed token may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Whoever renews the token of a connection does so alone in this process; among processes one holds the connection.
static RENEWING: LazyLock<Mutex<BTreeMap<ConnectionId, Arc<Mutex<()>>>>> =
    LazyLock::new(Mutex::default);

/// Seals and opens what connections keep secret.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(crate) db: Arc<Db>,
    /// None: there is no key, and each use says so.
    pub(crate) vault: Option<Arc<Vault>>,
}

/// What binds secrets to their connection: those of another one do not open in its place.
fn context(merchant: MerchantId, token: &str) -> Vec<u8> {
    format!("merchant {merchant} connection {token}").into_bytes()
}

fn refused(fault: &VaultFault) -> Fault {
    Fault::Settings(fault.to_string())
}

impl Sealed {
    fn vault(&self) -> Result<&Vault, Fault> {
        self.vault.as_deref().ok_or_else(|| refused(&VaultFault::NoKey))
    }
}

impl Secrets for Sealed {
    fn of(&self, connection: &Connection) -> Result<Arc<dyn Credentials>, Fault> {
        // At once: what does not open is told before anything is asked.
        self.unseal(connection)?;
        Ok(Arc::new(Kept {
            sealed: self.clone(),
            merchant: connection.merchant,
            id: connection.id,
        }))
    }

    fn seal(&self, merchant: MerchantId, token: &str, plain: &Value) -> Result<Vec<u8>, Fault> {
        Ok(self.vault()?.seal(&context(merchant, token), plain))
    }

    fn unseal(&self, connection: &Connection) -> Result<Value, Fault> {
        match &connection.credentials {
            Some(sealed) => self
                .vault()?
                .open(&context(connection.merchant, &connection.token), sealed)
                .map_err(|fault| refused(&fault)),
            None => Ok(Value::Object(Map::new())),
        }
    }
}

/// The secrets of one connection, read anew each time: another process may have renewed them.
struct Kept {
    sealed: Sealed,
    merchant: MerchantId,
    id: ConnectionId,
}

/// Shows whose they are, and nothing of them.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("connection", &self.id).finish_non_exhaustive()
    }
}

fn unavailable(error: &SourceError) -> Fault {
    Fault::Transient { message: format!("the database could not be asked: {error}"), after: None }
}

impl Kept {
    fn row(&self) -> Result<Connection, Fault> {
        let id = self.id;
        let found = self.sealed.db.read(Scope::Merchant(self.merchant), |tx| {
            tx.lock_connections(&[id]).map_err(SourceError::from)
        });
        let mut found = found.map_err(|error| unavailable(&error))?;
        found
            .pop()
            .ok_or_else(|| Fault::Settings("The connection is not there any more.".to_owned()))
    }
}

impl Credentials for Kept {
    fn load(&self) -> Result<Value, Fault> {
        self.sealed.unseal(&self.row()?)
    }

    fn renew(&self, renew: &mut dyn FnMut(&Value) -> Result<Value, Fault>) -> Result<Value, Fault> {
        let alone = Arc::clone(RENEWING.lock().entry(self.id).or_default());
        let _alone = alone.lock();
        let row = self.row()?;
        let fresh = renew(&self.sealed.unseal(&row)?)?;
        let sealed = self.sealed.seal(self.merchant, &row.token, &fresh)?;
        let id = self.id;
        let stored = self.sealed.db.write(
            Scope::Merchant(self.merchant),
            Some(Instant::now() + DEADLINE),
            move |tx| {
                let Some(mut row) = tx.lock_connections(&[id])?.pop() else {
                    return Err(SourceError::ConnectionNotFound);
                };
                row.credentials = Some(sealed.clone());
                Ok(tx.update_connection(&row)?)
            },
        );
        stored.map_err(|error| unavailable(&error))?;
        Ok(fresh)
    }
}
