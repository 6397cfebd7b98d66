//! API keys: `<prefix>.<secret>` in the header `X-API-Key`, beside the application's id in `X-App-Id`. The prefix is shown
//! in lists; of the secret only its SHA-256 is kept, and nobody sees it again once the key is made.

use std::fmt;

use rand::{CryptoRng, Rng as _, distr::Alphanumeric};
use regulars_kernel::{
    Actor, ApiKeyId, ApplicationId, MerchantId, Permission, Permissions, PersonId, Rule,
    StoreAccess, StoreError, Timestamp, Violations, text,
};
use regulars_merchant::MerchantStore;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq as _;

use crate::{
    ApplicationStore, AuthError, StaffStore,
    application::{self, AppId, Application, require_access},
    refresh::TokenDigest,
    staff::Asker,
};

/// What every prefix begins with: keys that lie about are known by it.
const MARK: &str = "rk";
/// The characters of a prefix. The drawn ones tell the keys of one application apart.
const PREFIX_CHARS: usize = 8;
/// The characters of a secret: 190 random bits.
const SECRET_CHARS: usize = 32;
/// The most characters of a key's name.
pub const MAX_NAME_CHARS: usize = 150;
/// The most keys of an application that are in force at once.
pub const MAX_IN_FORCE: usize = 20;
/// The keys of an application that stay listed once they opened nothing any more; older ones are forgotten.
pub const MAX_ENDED: usize = 30;
/// The least time between two notes of a key's use.
pub const BETWEEN_USES: std::time::Duration = std::time::Duration::from_mins(1);

/// The part of a key that is no secret: 8 letters and digits that begin with `rk`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyPrefix(String);

impl KeyPrefix {
    /// Reads 8 letters and digits.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == PREFIX_CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric());
        plain.then(|| Self(text.to_owned()))
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key as whoever holds it has it. Never prints.
#[derive(Clone)]
pub struct Secret {
    prefix: KeyPrefix,
    secret: SecretString,
}

impl Secret {
    /// Draws a key.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        let mut draw = |count: usize| -> String {
            (&mut *rng).sample_iter(Alphanumeric).take(count).map(char::from).collect()
        };
        let prefix = KeyPrefix(format!("{MARK}{}", draw(PREFIX_CHARS - MARK.len())));
        Self { prefix, secret: draw(SECRET_CHARS).into() }
    }

    /// Reads what a request carries; `None` for what was never a key.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.split_once('.')?;
        let plain =
            secret.len() == SECRET_CHARS && secret.bytes().all(|b| b.is_ascii_alphanumeric());
        let prefix = KeyPrefix::parse(prefix).filter(|_| plain)?;
        Some(Self { prefix, secret: secret.to_owned().into() })
    }

    /// The part that may be shown.
    pub const fn prefix(&self) -> &KeyPrefix {
        &self.prefix
    }

    /// The whole key, for the one answer that hands it out.
    pub fn expose(&self) -> String {
        format!("{}.{}", self.prefix, self.secret.expose_secret())
    }

    /// What is kept of it.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.secret.expose_secret().as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.***", self.prefix)
    }
}

/// A key as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The key of the row.
    pub id: ApiKeyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// The application that asks by it.
    pub application: ApplicationId,
    /// The part that is no secret.
    pub prefix: KeyPrefix,
    /// What it is for, in the words of whoever made it; may be empty.
    pub name: String,
    /// Who made it; none for what is older than that is known, and for programs.
    pub creator: Option<PersonId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing; none for never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute or so; none for never.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A key that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    /// Whose it is.
    pub merchant: MerchantId,
    /// The application that asks by it.
    pub application: ApplicationId,
    /// The part that is no secret.
    pub prefix: KeyPrefix,
    /// SHA-256 of the secret.
    pub digest: TokenDigest,
    /// What it is for.
    pub name: String,
    /// Who makes it; none for programs.
    pub creator: Option<PersonId>,
    /// When it is made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
}

impl NewApiKey {
    /// The row, once a store has given it a number.
    pub fn with_id(self, id: ApiKeyId) -> ApiKey {
        ApiKey {
            id,
            merchant: self.merchant,
            application: self.application,
            prefix: self.prefix,
            name: self.name,
            creator: self.creator,
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: None,
            revoked_at: None,
        }
    }
}

/// The keys of those applications of the asker's merchant, ended ones among them, by ascending id. Needs
/// [`Permission::ChangeApp`].
pub fn list(
    tx: &mut impl ApplicationStore,
    actor: &Actor,
    of: &[ApplicationId],
) -> Result<Vec<ApiKey>, AuthError> {
    actor.require(Permission::ChangeApp)?;
    Ok(tx.api_keys(of)?)
}

/// One of the keys of the asker's merchant. Needs [`Permission::ChangeApp`].
pub fn get(
    tx: &mut impl ApplicationStore,
    actor: &Actor,
    id: ApiKeyId,
) -> Result<ApiKey, AuthError> {
    let merchant = actor.require(Permission::ChangeApp)?;
    let found = tx.find_api_key(id)?;
    found.filter(|key| key.merchant == merchant).ok_or(AuthError::ApiKeyNotFound)
}

/// What a new key is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The application that is to ask by it.
    pub application: ApplicationId,
    /// What it is for: at most [`MAX_NAME_CHARS`].
    pub name: Option<String>,
    /// From when on it opens nothing; in the future.
    pub expires_at: Option<Timestamp>,
}

/// Makes a key. Needs [`Permission::ChangeApp`], and everything that the application may: whoever makes a key has it.
pub fn create(
    tx: &mut (impl ApplicationStore + StaffStore + MerchantStore),
    actor: &Actor,
    draft: &Draft,
    secret: &Secret,
    now: Timestamp,
) -> Result<ApiKeyId, AuthError> {
    let asker = Asker::who_gives(tx, actor, Permission::ChangeApp)?;
    let merchant = asker.merchant();
    let application = application::own(tx, merchant, draft.application)?;
    let mut wrong = Violations::new();
    let name = text::clean(draft.name.as_deref().unwrap_or_default(), MAX_NAME_CHARS);
    let name = wrong.check("name", name).flatten().unwrap_or_default();
    if draft.expires_at.is_some_and(|end| end <= now) {
        wrong.add("expiresAt", Rule::Invalid("Ensure this time lies in the future.".to_owned()));
    }
    let keys = tx.api_keys(&[application.id])?;
    let (in_force, ended): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key.is_in_force(now));
    if in_force.len() >= MAX_IN_FORCE {
        let sentence = format!("An application has at most {MAX_IN_FORCE} keys: revoke one.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    wrong.into_result()?;
    require_all_of(tx, &asker, &application)?;
    let forgotten = ended.len().saturating_sub(MAX_ENDED);
    let forgotten: Vec<_> = ended.iter().take(forgotten).map(|key| key.id).collect();
    if !forgotten.is_empty() {
        tx.forget_api_keys(merchant, &forgotten)?;
    }
    Ok(tx.insert_api_key(&NewApiKey {
        merchant,
        application: application.id,
        prefix: secret.prefix().clone(),
        digest: secret.digest(),
        name,
        creator: asker.person(),
        created_at: now,
        expires_at: draft.expires_at,
    })?)
}

/// Revokes a key: it opens nothing from now on. Once more changes nothing. Needs [`Permission::ChangeApp`].
pub fn revoke(
    tx: &mut (impl ApplicationStore + StaffStore),
    actor: &Actor,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<ApiKeyId, AuthError> {
    let asker = Asker::behind_lock(tx, actor, Permission::ChangeApp)?;
    let found = tx.find_api_key(id)?.filter(|key| key.merchant == asker.merchant());
    let key = found.ok_or(AuthError::ApiKeyNotFound)?;
    if key.revoked_at.is_none() {
        tx.revoke_api_key(&key, now)?;
    }
    Ok(id)
}

/// Passes where the asker holds whatever an application may.
fn require_all_of(
    tx: &mut impl MerchantStore,
    asker: &Asker,
    application: &Application,
) -> Result<(), AuthError> {
    asker.require_held(application.permissions)?;
    require_access(tx, asker, &StoreAccess::Only(Vec::new()), &application.stores)
}

/// What a request carries to be known as an app's.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The application's id.
    pub app_id: AppId,
    /// The key.
    pub secret: Secret,
}

/// How a key and its application stand now: all that decides what a request by it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStanding {
    /// The key.
    pub key: ApiKeyId,
    /// SHA-256 of its secret.
    pub digest: TokenDigest,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, by itself or with its application.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// The application.
    pub application: ApplicationId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What it may.
    pub permissions: Permissions,
    /// Where it may.
    pub stores: StoreAccess,
    /// How many units of requests it may spend within a minute, where that is said.
    pub requests_per_minute: Option<u32>,
}

/// Why a request is nobody's that carries a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No application of that id has that key. Which of the two is wrong is not said.
    #[error("There is no such API key for this app.")]
    Unknown,
    /// Whoever asks knew the key.
    #[error("This API key was revoked.")]
    Revoked,
    /// Whoever asks knew the key.
    #[error("This API key has expired.")]
    Expired,
    /// The bearer of the token beside the key is none of the merchant's people, or the token is not in force.
    #[error(
        "The token beside the API key is not in force, or of nobody who works for the app's merchant."
    )]
    Bearer,
}

impl KeyFault {
    /// The word by which the audit log has it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_key",
            Self::Revoked => "revoked_key",
            Self::Expired => "expired_key",
            Self::Bearer => "invalid_bearer",
        }
    }
}

/// A key by its number, with whose it is: for the log of what it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOwner {
    /// The key.
    pub key: ApiKeyId,
    /// The application.
    pub application: ApplicationId,
    /// The merchant.
    pub merchant: MerchantId,
}

/// A request that carries a key, and is nobody's. What whoever asks is told is the fault alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct KeyRefusal {
    /// Why.
    pub fault: KeyFault,
    /// Of which key; none where no application of that id has one of that prefix.
    pub of: Option<KeyOwner>,
}

/// Whose a key is, if it is in force. One look-up, in a transaction of scope `Platform`; the comparison takes as long for a
/// key of nobody.
pub fn resolve(
    tx: &mut impl ApplicationStore,
    presented: &Presented,
    now: Timestamp,
) -> Result<Result<KeyStanding, KeyRefusal>, StoreError> {
    let found = tx.find_key_standing(presented.app_id, presented.secret.prefix())?;
    let digest = presented.secret.digest();
    let kept = found.as_ref().map_or([0; 32], |standing| *standing.digest.bytes());
    let same = bool::from(kept.ct_eq(digest.bytes()));
    let of = found.as_ref().map(KeyStanding::owner);
    let standing = match found.filter(|_| same) {
        None => Err(KeyFault::Unknown),
        Some(standing) if standing.revoked_at.is_some() => Err(KeyFault::Revoked),
        Some(standing) if standing.expires_at.is_some_and(|end| now >= end) => {
            Err(KeyFault::Expired)
        }
        Some(standing) => Ok(standing),
    };
    Ok(standing.map_err(|fault| KeyRefusal { fault, of }))
}

impl KeyStanding {
    /// Which key it is.
    pub const fn owner(&self) -> KeyOwner {
        KeyOwner { key: self.key, application: self.application, merchant: self.merchant }
    }

    /// The application by itself.
    pub fn actor(&self) -> Actor {
        Actor::App {
            app: self.application,
            merchant: self.merchant,
            person: None,
            permissions: self.permissions,
            stores: self.stores.clone(),
        }
    }

    /// The application in the hands of whoever a token beside the key stands for: what both may, where both may. Only
    /// people of the same merchant hold it.
    pub fn held_by(&self, bearer: &Actor) -> Result<Actor, KeyRefusal> {
        let refusal = KeyRefusal { fault: KeyFault::Bearer, of: Some(self.owner()) };
        let Actor::Staff { person, merchant, permissions, stores, .. } = bearer else {
            return Err(refusal);
        };
        if *merchant != self.merchant {
            return Err(refusal);
        }
        Ok(Actor::App {
            app: self.application,
            merchant: self.merchant,
            person: Some(*person),
            permissions: self.permissions.within(*permissions),
            stores: self.stores.within(stores),
        })
    }

    /// Whether its use is to be noted, for the list of keys: not more often than every [`BETWEEN_USES`].
    pub fn is_use_news(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| last.plus(BETWEEN_USES) <= now)
    }
}
