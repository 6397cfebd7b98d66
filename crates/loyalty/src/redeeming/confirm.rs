//! Confirming, checking and calling off promises (rules 21 to 23).

use regulars_customer::{
    Identified, Identifier, Standing,
    identity::identify,
    merge::{Named, meant},
};
use regulars_kernel::{
    Actor, IntentId, MerchantId, Money, Permission, PersonId, Points, RedemptionId, StoreError,
    StoreId, Timestamp,
};
use regulars_promotion::{
    Discount,
    code::{Code, FixedCode},
};

use super::{Counter, RedeemingPorts, counter, decide, invalid, promotion};
use crate::{
    Account, Cause, IntentState, LoyaltyError, Promised, Promotion, Redeemed, Redemption,
    RedemptionIntent, RedemptionKind, Tariff,
    bookkeeping::{self, Occasion},
    posting::Locked,
};

/// A promise that was kept, or a code for everybody that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// What was redeemed.
    pub redemption: Redemption,
    /// The account that it took from, as it is after.
    pub account: Option<Account>,
}

/// How a code is called in the API.
const CODE: &str = "code";

/// Who brings a code, where somebody does.
fn bearer<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    who: &Identifier,
) -> Result<Option<Identified>, LoyaltyError> {
    if *who == Identifier::default() {
        return Ok(None);
    }
    Ok(Some(identify(tx, actor, who)?))
}

fn unknown() -> LoyaltyError {
    invalid(CODE, "There is no such code, or it has been used or called off.")
}

/// A promise, locked; and, before it, the account that it sets something of aside.
struct Found {
    intent: RedemptionIntent,
    account: Option<Locked>,
}

/// Locks a promise: its reward and its account first, in the order of whoever promises, so that nobody waits for somebody who
/// waits for them.
fn lock<S: RedeemingPorts>(
    tx: &mut S,
    seen: &RedemptionIntent,
) -> Result<Option<Found>, LoyaltyError> {
    let card = match seen.promised {
        Promised::Points(card, _) | Promised::Stamps(card, _) => Some(card),
        Promised::Offer(_) => None,
    };
    if let Some(reward) = seen.promised.reward() {
        tx.lock_reward(reward)?;
    }
    let account = match card.zip(seen.person).filter(|_| seen.hold.is_some()) {
        Some((card, person)) => tx.lock_account(seen.merchant, person, card, None)?,
        None => None,
    };
    let intent = tx.lock_intent(seen.id)?;
    // A merge moved it meanwhile: run again, this finds whose it is now.
    if intent.as_ref().is_some_and(|now| (now.person, now.hold) != (seen.person, seen.hold)) {
        return Err(StoreError::Contended.into());
    }
    Ok(intent.map(|intent| Found { intent, account }))
}

/// Finds the open promise of a code and locks it.
fn open_promise<S: RedeemingPorts>(
    tx: &mut S,
    merchant: MerchantId,
    code: &str,
    now: Timestamp,
) -> Result<Option<Found>, LoyaltyError> {
    let Ok(code) = Code::parse(code) else { return Ok(None) };
    let Some(seen) = tx.intent_of_code(merchant, code.as_str())? else { return Ok(None) };
    let Some(found) = lock(tx, &seen)? else { return Ok(None) };
    match found.intent.state {
        IntentState::Open if found.intent.is_open(now) => Ok(Some(found)),
        IntentState::Open | IntentState::Lapsed => {
            let until = found.intent.expires_at;
            Err(invalid(CODE, format!("This code was good until {until}: make another.")))
        }
        IntentState::Confirmed => {
            Err(invalid(CODE, "This code has been used: a code redeems once."))
        }
        IntentState::Cancelled => Err(invalid(CODE, "This code was called off.")),
    }
}

/// Keeps a promise, or uses a code for everybody: the one step that redeems (rule 21). `kinds` are those that the asker may
/// mean: the API has an operation for each. A `who` must be whom it was promised to.
///
/// What was promised is kept though the promotion has ended or changed meanwhile: the code said until when it is good.
///
/// # Errors
/// [`LoyaltyError::Invalid`] where there is no such code, where it has been used, has lapsed or is somebody else's; and for a
/// code for everybody where the offer is not available, or is for customers who are known and nobody is named. Where who works
/// in some stores alone does not say in which.
pub fn confirm<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    (code, kinds): (&str, &[RedemptionKind]),
    who: &Identifier,
    store: Option<StoreId>,
    now: Timestamp,
) -> Result<Confirmed, LoyaltyError> {
    actor.require(Permission::Redeem)?;
    let merchant = actor.merchant().ok_or_else(unknown)?;
    // Before the code: whoever may not redeem there does not learn whether it is one.
    let here = counter(tx, actor, merchant, store)?;
    let bearer = bearer(tx, actor, who)?;
    match open_promise(tx, merchant, code, now)? {
        Some(found) => {
            let bearer = bearer.map(|bearer| bearer.person());
            keep(tx, actor, found, kinds, bearer, (&here, now))
        }
        None => use_fixed(tx, actor, (code, kinds), bearer, &here, now),
    }
}

fn keep<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    Found { intent, account }: Found,
    kinds: &[RedemptionKind],
    bearer: Option<PersonId>,
    (here, now): (&Counter, Timestamp),
) -> Result<Confirmed, LoyaltyError> {
    let kind = intent.promised.kind();
    if !kinds.contains(&kind) {
        let sentence = format!("This code redeems {}.", what(kind));
        return Err(invalid(CODE, sentence));
    }
    if bearer.is_some() && bearer != intent.person {
        return Err(invalid(CODE, "This code is somebody else's."));
    }
    promised_at(&intent, here.place.store)?;
    let store = here.place.store.or(intent.store);
    let promotion = promotion(tx, actor, intent.promised)?;
    tx.end_intent(intent.id, IntentState::Confirmed)?;
    if let Some(reward) = intent.promised.reward() {
        tx.change_stock(reward, -1)?;
    }
    let mut redemption = Redemption {
        id: RedemptionId::new(0),
        merchant: intent.merchant,
        person: intent.person,
        store,
        redeemed: match intent.promised {
            Promised::Offer(offer) => Redeemed::Offer { offer },
            Promised::Points(card, reward) => {
                Redeemed::Points { card, reward, points: Points::ZERO }
            }
            Promised::Stamps(card, reward) => {
                Redeemed::Stamps { card, reward, stamps: Points::ZERO }
            }
        },
        order: None,
        entry: None,
        amount: None,
        reversed_at: None,
        created_at: now,
        updated_at: now,
    };
    let mut account_after = None;
    if let Some((hold, mut account)) = intent.hold.zip(account) {
        let zone = here.merchant.time_zone;
        let mut holdings = bookkeeping::settle(tx, &mut account, zone, now)?;
        let amount = holdings.holds.iter().find(|row| row.id == hold).map(|row| row.amount);
        let Some(amount) = amount else { return Err(unknown()) };
        let (redeemed, worth) = taken(redemption.redeemed, amount, &promotion);
        redemption.redeemed = redeemed;
        redemption.amount = worth;
        redemption.id = tx.insert_redemption(&redemption, Some(intent.id))?;
        let cause = Cause::Redemption(redemption.id);
        let occasion = Occasion::at(now, zone, actor.person());
        let posted = bookkeeping::confirm(tx, &mut account, &mut holdings, hold, cause, occasion)?;
        let entry = posted.ok_or_else(unknown)?.entry.id;
        tx.set_redemption_entry(redemption.id, entry)?;
        redemption.entry = Some(entry);
        account_after = Some(account.account().clone());
    } else {
        redemption.amount = fixed_worth(&promotion);
        redemption.id = tx.insert_redemption(&redemption, Some(intent.id))?;
    }
    Ok(Confirmed { redemption, account: account_after })
}

/// Whether a promise is good in a store.
fn promised_at(intent: &RedemptionIntent, here: Option<StoreId>) -> Result<(), LoyaltyError> {
    match intent.store.zip(here) {
        Some((promised, here)) if promised != here => {
            Err(invalid("storeId", "This code was made for another store."))
        }
        _ => Ok(()),
    }
}

const fn what(kind: RedemptionKind) -> &'static str {
    match kind {
        RedemptionKind::Offer => "an offer: use confirmRedemption",
        RedemptionKind::Points => "points: use confirmPointsRedemption",
        RedemptionKind::Stamps => "stamps: use confirmStampsRedemption",
    }
}

/// What a redemption of points or stamps took, and what that is worth where points pay.
fn taken(redeemed: Redeemed, amount: Points, promotion: &Promotion) -> (Redeemed, Option<Money>) {
    match redeemed {
        Redeemed::Points { card, reward, .. } => {
            let tariff = match promotion {
                Promotion::Card(card) => Tariff::of(card),
                Promotion::Offer(_) => None,
            };
            let worth = tariff.and_then(|tariff| tariff.worth(amount).ok());
            (Redeemed::Points { card, reward, points: amount }, worth.map(|worth| worth.amount))
        }
        Redeemed::Stamps { card, reward, .. } => {
            (Redeemed::Stamps { card, reward, stamps: amount }, None)
        }
        Redeemed::Offer { .. } => (redeemed, None),
    }
}

/// What an offer is worth without an order: a fixed amount; a part of nothing is not known.
const fn fixed_worth(promotion: &Promotion) -> Option<Money> {
    match promotion {
        Promotion::Offer(offer) => match offer.discount {
            Discount::FixedAmount(amount) => Some(amount),
            Discount::Percentage(_) | Discount::Bogo(_) => None,
        },
        Promotion::Card(_) => None,
    }
}

/// Uses the code that an offer has for everybody (rule 22).
fn use_fixed<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    (code, kinds): (&str, &[RedemptionKind]),
    bearer: Option<Identified>,
    here: &Counter,
    now: Timestamp,
) -> Result<Confirmed, LoyaltyError> {
    let Ok(fixed) = FixedCode::parse(code) else { return Err(unknown()) };
    let merchant = here.merchant.id;
    let found = tx.offer_of_fixed_code(merchant, &fixed)?;
    let Some(offer) = found.filter(|_| kinds.contains(&RedemptionKind::Offer)) else {
        return Err(unknown());
    };
    let promotion = promotion(tx, actor, Promised::Offer(offer))?;
    if bearer.is_none() && promotion.needs_customer() {
        let sentence = "Say who redeems it: this offer is for customers who are known.";
        return Err(invalid("consumerId", sentence));
    }
    let member = match &bearer {
        Some(bearer) => meant(tx, merchant, bearer.person())?,
        None => None,
    };
    let member = member.filter(|member| member.standing == Standing::Live);
    if bearer.is_some() && member.is_none() {
        let sentence =
            "They are no customer yet: the first sale with their loyalty id makes them one.";
        return Err(invalid("consumerId", sentence));
    }
    tx.lock_promotion(promotion.id())?;
    // As it is now that nobody changes it: limits may have been lowered while this one waited.
    let promotion = self::promotion(tx, actor, Promised::Offer(offer))?;
    let eligibility = decide(tx, &promotion, here, member.as_ref(), (now, now))?;
    if !eligibility.available() {
        let reasons: Vec<_> = eligibility.reasons.iter().map(ToString::to_string).collect();
        return Err(invalid(CODE, reasons.join(" ")));
    }
    let mut redemption = Redemption {
        id: RedemptionId::new(0),
        merchant,
        person: member.map(|member| member.person),
        store: here.place.store,
        redeemed: Redeemed::Offer { offer },
        order: None,
        entry: None,
        amount: fixed_worth(&promotion),
        reversed_at: None,
        created_at: now,
        updated_at: now,
    };
    redemption.id = tx.insert_redemption(&redemption, None)?;
    if let Some(other) = bearer.and_then(|bearer| bearer.named_as()) {
        tx.note_named(merchant, other, Named::Redemption(redemption.id))?;
    }
    Ok(Confirmed { redemption, account: None })
}

/// Looks a code up without using it (`verifyRedemptionCode`): the open promise that it is of. A `who` must be whom it was
/// promised to.
///
/// # Errors
/// As of [`confirm`].
pub fn check<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    (code, store): (&str, Option<StoreId>),
    who: &Identifier,
    now: Timestamp,
) -> Result<RedemptionIntent, LoyaltyError> {
    actor.require(Permission::Redeem)?;
    let merchant = actor.merchant().ok_or_else(unknown)?;
    let here = counter(tx, actor, merchant, store)?;
    let bearer = bearer(tx, actor, who)?.map(|bearer| bearer.person());
    let Found { intent, .. } = open_promise(tx, merchant, code, now)?.ok_or_else(unknown)?;
    if bearer.is_some() && bearer != intent.person {
        return Err(invalid(CODE, "This code is somebody else's."));
    }
    promised_at(&intent, here.place.store)?;
    Ok(intent)
}

/// Calls a promise off: what it set aside is free again. Consumers call off their own, a merchant's people with
/// [`Permission::Redeem`] those for their stores, or for no store in particular. Calling off again does nothing.
///
/// # Errors
/// [`LoyaltyError::Invalid`] where it has been kept already.
pub fn cancel<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    id: IntentId,
    now: Timestamp,
) -> Result<RedemptionIntent, LoyaltyError> {
    const ID: &str = "id";
    if !matches!(actor, Actor::Consumer { .. }) {
        actor.require(Permission::Redeem)?;
    }
    let own = |intent: &RedemptionIntent| match actor {
        Actor::Consumer { person } => intent.person == Some(*person),
        _ => actor.merchant() == Some(intent.merchant) && intent.is_within(actor),
    };
    let seen = tx.intents(&[id])?.pop().filter(own).ok_or(LoyaltyError::IntentNotFound)?;
    let Found { mut intent, account } = lock(tx, &seen)?.ok_or(LoyaltyError::IntentNotFound)?;
    match intent.state {
        IntentState::Cancelled | IntentState::Lapsed => return Ok(intent),
        IntentState::Confirmed => {
            return Err(invalid(ID, "This code has been used: refund what it redeemed."));
        }
        IntentState::Open => {}
    }
    intent.state = IntentState::Cancelled;
    let Some((hold, mut account)) = intent.hold.zip(account) else {
        tx.end_intent(id, intent.state)?;
        return Ok(intent);
    };
    let merchant = tx.merchants(&[intent.merchant])?.pop();
    let zone = merchant.ok_or(LoyaltyError::IntentNotFound)?.time_zone;
    // The promise ends with what it set aside: it lapses where its time is up.
    let mut holdings = bookkeeping::settle(tx, &mut account, zone, now)?;
    if holdings.has_open(hold) {
        bookkeeping::release(tx, &mut account, &mut holdings, hold, zone, now)?;
    } else {
        intent.state = IntentState::Lapsed;
    }
    Ok(intent)
}
