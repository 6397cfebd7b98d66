//! Redeeming in two steps (rules 21 to 23): a promise with a code sets aside what it will take and counts against every limit
//! at once; confirming it, once, makes it a redemption.

mod confirm;
mod presented;
mod promise;
mod refusal;
mod reverse;
#[cfg(test)]
mod tests;
pub mod till;

pub use confirm::{Checked, Confirmed, Use, cancel, check, confirm, redeem};
pub use presented::{Bearer, Brought, Presented, Secured, find, judge, secure};
pub use promise::{NewIntent, Wanted, promise};
pub use refusal::Refusal;
pub use reverse::{Return, Reversed, give_back, lock, reverse, take_back};

use std::time::Duration;

use chrono::NaiveTime;
use regulars_customer::{CustomerStore, Membership};
use regulars_kernel::{
    Actor, LoyaltyCardId, MerchantId, OfferId, Rule, StoreAccess, StoreError, StoreId, Timestamp,
    Violations,
};
use regulars_merchant::{Merchant, MerchantStore};
use regulars_promotion::{Eligibility, Place, PromotionStore};

use crate::{
    LoyaltyError, LoyaltyStore, Promotion, PromotionId, RedeemingStore,
    available::{self},
};

/// How many days a code is good where the promotion has not said (rule 21).
pub const DEFAULT_EXPIRATION_DAYS: i32 = 7;

/// Everything that redeeming asks of a store.
pub trait RedeemingPorts: RedeemingStore + PromotionStore + CustomerStore + MerchantStore {}

impl<S: RedeemingStore + PromotionStore + CustomerStore + MerchantStore> RedeemingPorts for S {}

/// Where something is redeemed.
#[derive(Clone, Debug, PartialEq)]
pub struct Counter {
    /// At which merchant.
    pub merchant: Merchant,
    /// In which store; the merchant's own clock where none is named.
    pub place: Place,
}

fn invalid(argument: &'static str, sentence: impl Into<String>) -> LoyaltyError {
    Violations::of(argument, Rule::Invalid(sentence.into())).into()
}

/// Where nobody says where; whoever works in some stores alone has to.
fn said(actor: &Actor, store: Option<StoreId>) -> Result<(), LoyaltyError> {
    match actor.stores() {
        Some(StoreAccess::Only(_)) if store.is_none() => {
            Err(invalid("storeId", "Say in which store: you do not work in all of them."))
        }
        _ => Ok(()),
    }
}

/// The merchant, and the store where one is named, which the asker reaches; else the merchant's own clock. Who works in some stores
/// alone has to name one.
pub fn counter<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    merchant: MerchantId,
    store: Option<StoreId>,
) -> Result<Counter, LoyaltyError> {
    let found = tx.merchants(&[merchant])?.pop();
    let found = found.ok_or(LoyaltyError::LoyaltyCardNotFound)?;
    said(actor, store)?;
    let anywhere = Place {
        store: None,
        groups: Vec::new(),
        zone: found.time_zone,
        day_starts_at: NaiveTime::MIN,
    };
    let Some(store) = store else { return Ok(Counter { merchant: found, place: anywhere }) };
    let within = StoreAccess::Only(vec![store]);
    let allowed = actor.stores().is_none_or(|stores| stores.includes(store));
    let mut places = tx.places_per_merchant(&[merchant], &within)?;
    let place = places.pop().filter(|_| allowed).ok_or(LoyaltyError::StoreNotFound)?;
    Ok(Counter { merchant: found, place: place.1 })
}

fn offer<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    id: OfferId,
) -> Result<Promotion, LoyaltyError> {
    Ok(Promotion::Offer(regulars_promotion::offer::get(tx, actor, id)?))
}

fn card<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    id: LoyaltyCardId,
) -> Result<Promotion, LoyaltyError> {
    Ok(Promotion::Card(crate::card::get(tx, actor, id)?))
}

/// Locks a promotion so that its uses are counted and added to in one step (rule 23). What has lapsed of it is noted first:
/// a promise that does not count any more is not kept any more, whatever the clock of whoever brings its code.
fn lock_promotion<S: RedeemingStore>(
    tx: &mut S,
    promotion: PromotionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.lock_promotion(promotion)?;
    tx.lapse_intents_of(promotion, now)
}

/// Decides whether somebody may redeem a promotion, which is locked where the answer is acted upon.
fn decide<S: LoyaltyStore>(
    tx: &mut S,
    promotion: &Promotion,
    counter: &Counter,
    member: Option<&Membership>,
    (at, now): (Timestamp, Timestamp),
) -> Result<Eligibility, LoyaltyError> {
    let place = (&counter.merchant, &counter.place);
    available::judge(tx, promotion, place, member, (at, now))
}

fn expiration(promotion: &Promotion, now: Timestamp) -> Timestamp {
    let days = match promotion {
        Promotion::Offer(offer) => offer.redemption_expiration_days,
        Promotion::Card(card) => card.redemption_expiration_days,
    };
    let days = u64::try_from(days.unwrap_or(DEFAULT_EXPIRATION_DAYS)).unwrap_or_default();
    now.plus(Duration::from_secs(days.max(1) * 86_400))
}
