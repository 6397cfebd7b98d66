//! What somebody is about to change, looked at before and after.

use regulars_customer::{CustomerStore, MemberKey};
use regulars_kernel::{
    ApiKeyId, ApplicationId, LoyaltyCardId, MerchantId, PersonId, ProductId, RoleId, Scope,
    StoreError, StoreGroupId, StoreId,
};
use regulars_merchant::{EntitySource, MerchantStore};

use super::{Image, Log, NewEntry, Target};
use crate::{ApplicationStore, StaffStore};

/// What an action is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Nothing that is known, or nothing yet.
    Nothing,
    /// A merchant's customer.
    Member(MerchantId, PersonId),
    /// What a merchant's customer decided about being contacted.
    Consents(MerchantId, PersonId),
    /// A merchant's customer by their id in another system, if there is one.
    Source(MerchantId, EntitySource, String),
    /// What every merchant has of a person, who does something everywhere at once.
    Memberships(PersonId),
    /// A person's account.
    Account(PersonId),
    /// What a member of a merchant's staff was given.
    Post(MerchantId, PersonId),
    /// The same, and the account.
    Staff(MerchantId, PersonId),
    /// One of a merchant's roles.
    Role(MerchantId, RoleId),
    /// One of a merchant's applications.
    Application(MerchantId, ApplicationId),
    /// A key of one of them.
    ApiKey(MerchantId, ApiKeyId),
    /// What a merchant has decided for all its stores.
    Settings(MerchantId),
    /// One of a merchant's stores.
    Store(MerchantId, StoreId),
    /// One of a merchant's store groups.
    StoreGroup(MerchantId, StoreGroupId),
    /// One of a merchant's products.
    Product(MerchantId, ProductId),
    /// A loyalty card, which stays as it is.
    LoyaltyCard(LoyaltyCardId),
    /// A person of whom nothing changes that the log may hold.
    Person(PersonId),
}

/// What there was to see of a subject: an image, or one for each merchant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View(Vec<(Option<MerchantId>, Image)>);

impl View {
    /// What there was to see of one thing.
    pub fn alone(image: Option<Image>) -> Self {
        Self(image.map(|image| (None, image)).into_iter().collect())
    }
}

impl Subject {
    /// The thing, where it is one and known.
    pub fn target(&self) -> Option<Target> {
        match self {
            Self::Nothing | Self::Source(..) => None,
            Self::Member(_, person)
            | Self::Consents(_, person)
            | Self::Memberships(person)
            | Self::Account(person)
            | Self::Post(_, person)
            | Self::Staff(_, person)
            | Self::Person(person) => Some((*person).into()),
            Self::Role(_, role) => Some((*role).into()),
            Self::Application(_, application) => Some((*application).into()),
            Self::ApiKey(_, key) => Some((*key).into()),
            // A merchant has the number of whoever founded it.
            Self::Settings(merchant) => Some(merchant.founder().into()),
            Self::Store(_, store) => Some((*store).into()),
            Self::StoreGroup(_, group) => Some((*group).into()),
            Self::Product(_, product) => Some((*product).into()),
            Self::LoyaltyCard(card) => Some((*card).into()),
        }
    }

    /// Looks at it. In a transaction that writes nobody else changes it before this one ends. Locks are taken in the order in
    /// which use cases take them: a merchant's staff before an account.
    pub fn look<S: CustomerStore + StaffStore + ApplicationStore + MerchantStore>(
        &self,
        tx: &mut S,
    ) -> Result<View, StoreError> {
        let alone = View::alone;
        Ok(match self {
            Self::Nothing | Self::LoyaltyCard(_) | Self::Person(_) => View::default(),
            Self::Member(merchant, person) => {
                if let Scope::Person(own) = CustomerStore::scope(tx) {
                    tx.find_account(own)?;
                }
                let found = tx.find_membership(*merchant, *person)?;
                alone(found.as_ref().map(Image::of_membership))
            }
            Self::Consents(merchant, person) => {
                Self::Member(*merchant, *person).look(tx)?;
                let mut stand = tx.standing_consents(&[*person])?;
                stand.retain(|one| one.new.merchant == *merchant);
                alone(Some(Image::of_consents(&stand)))
            }
            Self::Source(merchant, source, id) => {
                let found = tx.members_by(&MemberKey::Source(*source, id.clone()))?;
                match found.first() {
                    Some(found) => return Self::Member(*merchant, found.id).look(tx),
                    None => View::default(),
                }
            }
            Self::Memberships(person) => {
                tx.find_account(*person)?;
                let all = tx.memberships_of(*person)?.into_iter();
                let images = all.map(|one| (Some(one.merchant), Image::of_membership(&one)));
                View(images.collect())
            }
            Self::Account(person) => {
                // Only there does anybody take a merchant's staff before an account.
                if let Scope::Platform = CustomerStore::scope(tx)
                    && let Some(member) = tx.staff(&[*person])?.pop()
                {
                    tx.lock_staff(member.post.merchant)?;
                }
                alone(tx.find_account(*person)?.as_ref().map(Image::of_account))
            }
            Self::Post(merchant, person) => {
                tx.lock_staff(*merchant)?;
                alone(tx.staff(&[*person])?.first().map(Image::of_staff))
            }
            Self::Staff(merchant, person) => {
                tx.lock_staff(*merchant)?;
                let post = tx.staff(&[*person])?.first().map(Image::of_staff);
                let account = tx.find_account(*person)?.as_ref().map(Image::of_account);
                alone(account.map(|account| account.with(post.unwrap_or_default())))
            }
            Self::Role(merchant, role) => {
                tx.lock_staff(*merchant)?;
                alone(tx.roles(&[*role])?.first().map(Image::of_role))
            }
            Self::Application(merchant, application) => {
                tx.lock_staff(*merchant)?;
                alone(tx.applications(&[*application])?.first().map(Image::of_application))
            }
            Self::ApiKey(merchant, key) => {
                tx.lock_staff(*merchant)?;
                alone(tx.find_api_key(*key)?.as_ref().map(Image::of_api_key))
            }
            Self::Settings(merchant) => {
                alone(tx.find_merchant(*merchant)?.as_ref().map(Image::of_settings))
            }
            Self::Store(merchant, store) => {
                alone(tx.find_store(*merchant, *store)?.as_ref().map(Image::of_store))
            }
            Self::StoreGroup(merchant, group) => {
                let found = tx.find_store_group(*merchant, *group)?;
                alone(found.as_ref().map(Image::of_store_group))
            }
            Self::Product(merchant, product) => {
                alone(tx.find_product(*merchant, *product)?.as_ref().map(Image::of_product))
            }
        })
    }
}

/// The entries of something done: one, with what changed; of what changed at several merchants one in the log of each.
pub fn entries(done: &NewEntry, before: &View, after: &View) -> Vec<NewEntry> {
    let none = Image::default();
    let of = |view: &View, log: Option<MerchantId>| {
        view.0.iter().find(|(merchant, _)| *merchant == log).map(|(_, image)| image.clone())
    };
    let mut logs: Vec<_> = before.0.iter().chain(&after.0).map(|(merchant, _)| *merchant).collect();
    logs.sort_unstable();
    logs.dedup();
    let changed = logs.into_iter().filter_map(|log| {
        let (before, after) = (of(before, log), of(after, log));
        let changes = before.as_ref().unwrap_or(&none).changes_to(after.as_ref().unwrap_or(&none));
        let log = log.map_or(done.log, Log::Merchant);
        (!changes.is_empty()).then(|| NewEntry { log, changes, ..done.clone() })
    });
    let changed: Vec<_> = changed.collect();
    if changed.is_empty() { vec![done.clone()] } else { changed }
}
