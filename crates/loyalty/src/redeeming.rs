//! Redeeming in two steps (rules 21 to 23): a promise with a code sets aside what it will take and counts against every limit
//! at once; confirming it, once, makes it a redemption.

mod confirm;
mod promise;
#[cfg(test)]
mod tests;
pub mod till;

pub use confirm::{Confirmed, cancel, check, confirm};
pub use promise::{NewIntent, Wanted, promise};

use std::time::Duration;

use chrono::NaiveTime;
use regulars_customer::{CustomerStore, Membership};
use regulars_kernel::{
    Actor, LoyaltyCardId, MerchantId, OfferId, Rule, StoreAccess, StoreId, Timestamp, Violations,
};
use regulars_merchant::{Merchant, MerchantStore};
use regulars_promotion::{Eligibility, Place, PromotionStore};

use crate::{
    LoyaltyError, LoyaltyStore, Promised, Promotion, RedeemingStore,
    available::{self},
};

/// How many days a code is good where the promotion has not said (rule 21).
pub const DEFAULT_EXPIRATION_DAYS: i32 = 7;

/// Everything that redeeming asks of a store.
pub trait RedeemingPorts: RedeemingStore + PromotionStore + CustomerStore + MerchantStore {}

impl<S: RedeemingStore + PromotionStore + CustomerStore + MerchantStore> RedeemingPorts for S {}

/// Where something is redeemed.
struct Counter {
    merchant: Merchant,
    place: Place,
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

/// The merchant, and the store where one is named; else the merchant's own clock.
fn counter<S: RedeemingPorts>(
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

fn promotion<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    promised: Promised,
) -> Result<Promotion, LoyaltyError> {
    match promised {
        Promised::Offer(id) => offer(tx, actor, id),
        Promised::Points(id, _) | Promised::Stamps(id, _) => card(tx, actor, id),
    }
}

/// Decides, with the promotion locked, whether somebody may redeem it now.
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
