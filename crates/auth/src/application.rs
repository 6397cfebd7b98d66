//! Applications: programs that a merchant lets ask for it, by keys of their own ([`crate::api_key`]), within permissions
//! and stores that whoever registers them holds.
//!
//! Whoever changes them needs [`Permission::ChangeApp`]. Nobody gives an app what they do not hold, and so nobody makes a
//! key for an app that may more than they. An app in nobody's hands gives none anything, and makes no keys.

use std::{collections::BTreeSet, fmt, str::FromStr};

use rand::CryptoRng;
use regulars_kernel::{
    Actor, ApplicationId, MerchantId, Permission, Permissions, PersonId, Rule, StoreAccess,
    StoreId, Timestamp, Violations, text,
};
use regulars_merchant::MerchantStore;
use uuid::Uuid;

use crate::{
    ApplicationStore, AuthError, StaffStore,
    staff::{Asker, require_stores},
};

/// The most characters of an application's name.
pub const MAX_NAME_CHARS: usize = 150;
/// The most applications of a merchant.
pub const MAX_APPLICATIONS: usize = 100;
/// The most stores that an application is kept to, where it does not reach all.
pub const MAX_STORES: usize = 500;

/// The public name of an application, which its requests carry in the header `X-App-Id`. A random UUID, no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AppId(Uuid);

impl AppId {
    /// Draws one.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AppId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A program that asks for a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The key of the row.
    pub id: ApplicationId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Its public name.
    pub app_id: AppId,
    /// What people call it.
    pub name: String,
    /// What it may.
    pub permissions: Permissions,
    /// Where it may. The stores are sorted.
    pub stores: StoreAccess,
    /// How many units of requests it may spend within a minute; none for the deployment's usual number.
    pub requests_per_minute: Option<u32>,
    /// Who registered it; none for what is older than that is known, and for programs.
    pub creator: Option<PersonId>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An application that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApplication {
    /// Whose it is.
    pub merchant: MerchantId,
    /// Its public name.
    pub app_id: AppId,
    /// What people call it.
    pub name: String,
    /// What it may.
    pub permissions: Permissions,
    /// Where it may. The stores are sorted.
    pub stores: StoreAccess,
    /// How many units of requests it may spend within a minute; none for the deployment's usual number.
    pub requests_per_minute: Option<u32>,
    /// Who registers it; none for programs.
    pub creator: Option<PersonId>,
    /// When it is registered.
    pub created_at: Timestamp,
}

impl NewApplication {
    /// The row, once a store has given it a number.
    pub fn with_id(self, id: ApplicationId) -> Application {
        Application {
            id,
            merchant: self.merchant,
            app_id: self.app_id,
            name: self.name,
            permissions: self.permissions,
            stores: self.stores,
            requests_per_minute: self.requests_per_minute,
            creator: self.creator,
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}

/// An application as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What people call it: 1 to [`MAX_NAME_CHARS`].
    pub name: String,
    /// What it may.
    pub permissions: Permissions,
    /// Every store, future ones included.
    pub all_stores: bool,
    /// The stores where it may; at most [`MAX_STORES`], and none beside `all_stores`.
    pub stores: BTreeSet<StoreId>,
    /// How many units of requests it may spend within a minute.
    pub requests_per_minute: Option<i32>,
}

/// Changes to an application: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationPatch {
    /// What people call it.
    pub name: Option<String>,
    /// What it may, in place of what it might.
    pub permissions: Option<Permissions>,
    /// Whether it reaches every store.
    pub all_stores: Option<bool>,
    /// The stores where it may, in place of those before.
    pub stores: Option<BTreeSet<StoreId>>,
    /// How many units of requests it may spend within a minute; `Some(None)` for the deployment's usual number.
    pub requests_per_minute: Option<Option<i32>>,
}

/// The applications of the asker's merchant, by ascending id. Needs [`Permission::ChangeApp`].
pub fn list(tx: &mut impl ApplicationStore, actor: &Actor) -> Result<Vec<Application>, AuthError> {
    let merchant = actor.require(Permission::ChangeApp)?;
    Ok(tx.merchant_applications(merchant)?)
}

/// One of the applications of the asker's merchant. Needs [`Permission::ChangeApp`].
pub fn get(
    tx: &mut impl ApplicationStore,
    actor: &Actor,
    id: ApplicationId,
) -> Result<Application, AuthError> {
    let merchant = actor.require(Permission::ChangeApp)?;
    own(tx, merchant, id)
}

/// Registers an application. Needs [`Permission::ChangeApp`], and everything that it is given. `most` is what the
/// deployment lets an application spend within a minute.
pub fn create(
    tx: &mut (impl ApplicationStore + StaffStore + MerchantStore),
    actor: &Actor,
    draft: &Draft,
    app_id: AppId,
    most: u32,
    now: Timestamp,
) -> Result<ApplicationId, AuthError> {
    let asker = Asker::who_gives(tx, actor, Permission::ChangeApp)?;
    let mut wrong = Violations::new();
    let merchant = asker.merchant();
    let name = wrong.check("name", name(&draft.name));
    let asked = draft.requests_per_minute;
    let requests = wrong.check("requestsPerMinute", requests(asked, most));
    let stores = wrong.check("stores", access(draft.all_stores, &draft.stores));
    if tx.merchant_applications(merchant)?.len() >= MAX_APPLICATIONS {
        let sentence = format!("A merchant has at most {MAX_APPLICATIONS} applications.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    let (Some(name), Some(requests_per_minute), Some(stores), true) =
        (name, requests, stores, wrong.is_empty())
    else {
        return Err(wrong.into());
    };
    asker.require_held(draft.permissions)?;
    require_access(tx, &asker, &StoreAccess::Only(Vec::new()), &stores)?;
    Ok(tx.insert_application(&NewApplication {
        merchant,
        app_id,
        name,
        permissions: draft.permissions,
        stores,
        requests_per_minute,
        creator: asker.person(),
        created_at: now,
    })?)
}

/// Changes an application, and with it what all of its keys open. Needs [`Permission::ChangeApp`], and everything that it
/// gains. An app in nobody's hands may rename and narrow.
pub fn update(
    tx: &mut (impl ApplicationStore + StaffStore + MerchantStore),
    actor: &Actor,
    id: ApplicationId,
    patch: &ApplicationPatch,
    most: u32,
    now: Timestamp,
) -> Result<ApplicationId, AuthError> {
    let asker = Asker::behind_lock(tx, actor, Permission::ChangeApp)?;
    let before = own(tx, asker.merchant(), id)?;
    let mut after = before.clone();
    let mut wrong = Violations::new();
    if let Some(typed) = &patch.name
        && let Some(name) = wrong.check("name", name(typed))
    {
        after.name = name;
    }
    if let Some(asked) = patch.requests_per_minute
        && let Some(requests) = wrong.check("requestsPerMinute", requests(asked, most))
    {
        after.requests_per_minute = requests;
    }
    if let Some(stores) = wrong.check("stores", patched(&before.stores, patch)) {
        after.stores = stores;
    }
    after.permissions = patch.permissions.unwrap_or(before.permissions);
    wrong.into_result()?;
    let gained = after.permissions.without(before.permissions);
    if !gained.is_empty()
        || spreads(&before.stores, &after.stores)
        || after.requests_per_minute != before.requests_per_minute
    {
        asker.require_somebody()?;
    }
    asker.require_held(gained)?;
    require_access(tx, &asker, &before.stores, &after.stores)?;
    if after != before {
        after.updated_at = now;
        tx.update_application(&after)?;
    }
    Ok(id)
}

/// Deletes an application: its keys open nothing any more. Needs [`Permission::ChangeApp`].
pub fn delete(
    tx: &mut (impl ApplicationStore + StaffStore),
    actor: &Actor,
    id: ApplicationId,
    now: Timestamp,
) -> Result<ApplicationId, AuthError> {
    let asker = Asker::behind_lock(tx, actor, Permission::ChangeApp)?;
    let application = own(tx, asker.merchant(), id)?;
    tx.delete_application(&application, now)?;
    Ok(id)
}

/// An application of a merchant.
pub(crate) fn own(
    tx: &mut impl ApplicationStore,
    merchant: MerchantId,
    id: ApplicationId,
) -> Result<Application, AuthError> {
    let found = tx.applications(&[id])?.pop();
    found.filter(|found| found.merchant == merchant).ok_or(AuthError::ApplicationNotFound)
}

/// Passes where the asker holds whatever a reach gains. The stores must be the merchant's.
pub(crate) fn require_access(
    tx: &mut impl MerchantStore,
    asker: &Asker,
    before: &StoreAccess,
    after: &StoreAccess,
) -> Result<(), AuthError> {
    match after {
        StoreAccess::All if *before == StoreAccess::All => Ok(()),
        StoreAccess::All => Ok(asker.require_all_stores()?),
        StoreAccess::Only(stores) => {
            let gained = stores.iter().copied().filter(|store| !before.includes(*store));
            let gained: Vec<_> = gained.collect();
            // Who reached every store gains none, yet may only be kept to stores that there are.
            let named = if *before == StoreAccess::All { stores } else { &gained };
            if named.is_empty() { Ok(()) } else { require_stores(tx, asker, named) }
        }
    }
}

/// Whether a reach gains a store.
fn spreads(before: &StoreAccess, after: &StoreAccess) -> bool {
    match after {
        StoreAccess::All => *before != StoreAccess::All,
        StoreAccess::Only(stores) => stores.iter().any(|store| !before.includes(*store)),
    }
}

fn patched(before: &StoreAccess, patch: &ApplicationPatch) -> Result<StoreAccess, Rule> {
    let none = BTreeSet::new();
    match (patch.all_stores, &patch.stores) {
        // Naming stores keeps it to them.
        (all, Some(stores)) => access(all.unwrap_or(false), stores),
        (Some(true), None) => Ok(StoreAccess::All),
        (Some(false), None) if *before == StoreAccess::All => access(false, &none),
        (Some(false) | None, None) => Ok(before.clone()),
    }
}

fn access(all: bool, stores: &BTreeSet<StoreId>) -> Result<StoreAccess, Rule> {
    if all && !stores.is_empty() {
        return Err(Rule::Invalid("Name stores or allStores, not both.".to_owned()));
    }
    if stores.len() > MAX_STORES {
        return Err(Rule::Invalid(format!("An application has at most {MAX_STORES} stores.")));
    }
    Ok(if all { StoreAccess::All } else { StoreAccess::Only(stores.iter().copied().collect()) })
}

fn requests(asked: Option<i32>, most: u32) -> Result<Option<u32>, Rule> {
    let Some(asked) = asked else { return Ok(None) };
    let within = u32::try_from(asked).ok().filter(|asked| (1..=most).contains(asked));
    within.map(Some).ok_or_else(|| Rule::Invalid(format!("Ensure this value is 1 to {most}.")))
}

fn name(typed: &str) -> Result<String, Rule> {
    text::clean(typed, MAX_NAME_CHARS)?.ok_or(Rule::Required)
}
