//! What every log-in goes through: the keys in use, the pool that hashes passwords, and the settings.

use std::io;

use regulars_kernel::Timestamp;

use crate::{
    hasher::Hasher,
    keys::{KeyRing, Keys},
    mark::Marker,
    password::PasswordScheme,
    settings::{SettingFault, Settings},
    token::{Claims, TokenError, TokenSigner},
};

/// One per process, shared by all its threads.
#[derive(Debug)]
pub struct Authority {
    signer: TokenSigner,
    refresh: KeyRing,
    marker: Marker,
    hasher: Hasher,
    settings: Settings,
}

/// Why a process cannot let anyone log in.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityFault {
    /// A setting is outside of what is allowed.
    #[error(transparent)]
    Setting(#[from] SettingFault),
    /// The machine grants no thread for hashing.
    #[error("no thread for hashing passwords")]
    Thread(#[from] io::Error),
}

impl Authority {
    /// Checks the settings, takes the keys and starts the pool.
    pub fn new(keys: Keys, settings: Settings) -> Result<Self, AuthorityFault> {
        settings.check()?;
        let signer = TokenSigner::new(&keys.signing, settings.leeway);
        let marker = Marker::of(&keys.pepper);
        let scheme = PasswordScheme::new(keys.pepper, settings.password_cost)
            .with_lost(settings.lost_peppers.clone());
        let hasher = Hasher::start(scheme, settings.hasher_threads, settings.hasher_queue)?;
        Ok(Self { signer, refresh: keys.refresh, marker, hasher, settings })
    }

    /// Reads an access token: signature, shape and time. Touches no database and takes microseconds; whether the token
    /// is in force is then for [`crate::actor::resolve`] to say.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        self.signer.verify(token, now)
    }

    /// The pool that hashes passwords.
    pub const fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// What makes marks of people.
    pub const fn marker(&self) -> &Marker {
        &self.marker
    }

    /// The settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) const fn signer(&self) -> &TokenSigner {
        &self.signer
    }

    pub(crate) const fn refresh_keys(&self) -> &KeyRing {
        &self.refresh
    }
}
