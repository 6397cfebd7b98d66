//! Confirming, checking and calling off promises (rules 21 to 23).

use regulars_customer::{
    Identified, Identifier, Standing,
    identity::identify,
    join::{AtTill, asked_for},
    merge::{Named, meant},
};
use regulars_kernel::{
    Actor, IntentId, MerchantId, Money, OfferId, OrderId, Permission, PersonId, Points,
    RedemptionId, StoreId, Timestamp,
};
use regulars_promotion::Discount;

use super::{
    Counter, RedeemingPorts, counter, invalid,
    presented::{Bearer, Brought, Presented, Secured, find, judge, secure},
    refusal::Refusal,
};
use crate::{
    Account, Cause, IntentState, LoyaltyError, Promised, Promotion, Redeemed, Redemption,
    RedemptionIntent, RedemptionKind, Tariff,
    bookkeeping::{self, Occasion},
};

/// A promise that was kept, or a code for everybody that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// What was redeemed.
    pub redemption: Redemption,
    /// The account that it took from, as it is after.
    pub account: Option<Account>,
}

/// A code that was looked up without using it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The open promise that it is of.
    Promise(RedemptionIntent),
    /// The offer whose code for everybody it is.
    Fixed(OfferId),
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

impl From<Refusal> for LoyaltyError {
    fn from(refusal: Refusal) -> Self {
        invalid(refusal.argument().unwrap_or(CODE), refusal.to_string())
    }
}

/// Who brings a code for everybody, or one that was promised to nobody in particular, as a customer whose membership is locked; whose
/// any other promise is was settled when it was made.
fn member_of<S: RedeemingPorts>(
    tx: &mut S,
    merchant: MerchantId,
    seen: &[Option<Presented>],
    bearer: Option<&Identified>,
) -> Result<Option<AtTill>, LoyaltyError> {
    let of_nobody = |one: &Presented| one.intent.as_ref().is_none_or(|own| own.person.is_none());
    let is_open = seen.iter().flatten().any(of_nobody);
    let Some(asked) = bearer.filter(|_| is_open).map(asked_for) else { return Ok(None) };
    let member = meant(tx, merchant, asked)?.filter(|member| member.standing == Standing::Live);
    Ok(member.map(|member| AtTill::of(member, asked)))
}

/// Keeps a promise, or uses a code for everybody: the one step that redeems (rule 21). `kinds` are those that the asker may
/// mean: the API has an operation for each. A `who` must be whom it was promised to. A code that is on an open order is
/// confirmed with that.
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
    let merchant = actor.merchant().ok_or(Refusal::Unknown)?;
    // Before the code: whoever may not redeem there does not learn whether it is one.
    let here = counter(tx, actor, merchant, store)?;
    let bearer = bearer(tx, actor, who)?;
    let person = bearer.as_ref().map(Identified::person);
    let seen = find(tx, merchant, &[Brought::Code(code.to_owned())])?;
    let customer = member_of(tx, merchant, &seen, bearer.as_ref())?;
    let member = customer.as_ref().map(|one| &one.member);
    let person = member.map(|member| member.person).or(person);
    let mut secured = secure(tx, merchant, &seen, None, now)?;
    let presented = secured.presented.pop().flatten().ok_or(Refusal::Unknown)?;
    let kind = presented.kind();
    if presented.intent.is_none() && !kinds.contains(&kind) {
        return Err(Refusal::Unknown.into());
    }
    let bearer = Bearer { person, member, order: None };
    if let Some(refusal) = judge(tx, &presented, &here, &bearer, (now, now))? {
        return Err(refusal.into());
    }
    if !kinds.contains(&kind) {
        let sentence = format!("This code redeems {}.", what(kind));
        return Err(invalid(CODE, sentence));
    }
    let used = Use { person, order: None, points: None, amount: None };
    let confirmed = redeem(tx, actor, &here, (&mut secured, &presented), used, now)?;
    // A promise to somebody goes back with them; any other with whoever was named.
    if let Some(customer) = customer {
        customer.note(tx, Named::Redemption(confirmed.redemption.id))?;
    }
    Ok(confirmed)
}

/// How something is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Who brings a code for everybody; a promise knows its own.
    pub person: Option<PersonId>,
    /// The order that it is taken off.
    pub order: Option<OrderId>,
    /// How many of the points that were set aside it takes; none: all. The rest is free again.
    pub points: Option<Points>,
    /// What it was worth to the sale; none: what it is worth by itself.
    pub amount: Option<Money>,
}

/// Uses something up that was secured and judged in this transaction.
pub fn redeem<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    here: &Counter,
    (secured, presented): (&mut Secured, &Presented),
    used: Use,
    now: Timestamp,
) -> Result<Confirmed, LoyaltyError> {
    let intent = presented.intent.as_ref();
    let mut redemption = Redemption {
        id: RedemptionId::new(0),
        merchant: here.merchant.id,
        person: intent.map_or(used.person, |intent| intent.person.or(used.person)),
        store: here.place.store.or(intent.and_then(|intent| intent.store)),
        redeemed: redeemed(presented)?,
        order: used.order,
        entry: None,
        amount: used.amount.or(fixed_worth(&presented.promotion)),
        reversed_at: None,
        created_at: now,
        updated_at: now,
    };
    let Some(intent) = intent else {
        redemption.id = tx.insert_redemption(&redemption, None)?;
        return Ok(Confirmed { redemption, account: None });
    };
    tx.end_intent(intent.id, IntentState::Confirmed)?;
    if let Some(reward) = intent.promised.reward() {
        tx.change_stock(reward, -1)?;
    }
    let account = secured.account_of(intent);
    let Some((hold, account)) = intent.hold.zip(account) else {
        redemption.id = tx.insert_redemption(&redemption, Some(intent.id))?;
        return Ok(Confirmed { redemption, account: None });
    };
    let zone = here.merchant.time_zone;
    let mut holdings = bookkeeping::settle(tx, account, zone, now)?;
    let held = holdings.holds.iter().find(|row| row.id == hold).map(|row| row.amount);
    let points = used.points.or(held).ok_or(Refusal::Unknown)?;
    let (redeemed, worth) = taken(redemption.redeemed, points, &presented.promotion);
    redemption.redeemed = redeemed;
    redemption.amount = used.amount.or(worth);
    redemption.id = tx.insert_redemption(&redemption, Some(intent.id))?;
    let cause = Cause::Redemption(redemption.id);
    let occasion = Occasion::at(now, zone, actor.person());
    let part = (hold, Some(points));
    let posted = bookkeeping::confirm(tx, account, &mut holdings, part, cause, occasion)?;
    let entry = posted.ok_or(Refusal::Unknown)?.entry.id;
    tx.set_redemption_entry(redemption.id, entry)?;
    redemption.entry = Some(entry);
    Ok(Confirmed { redemption, account: Some(account.account().clone()) })
}

/// What is redeemed, before it is known how many points or stamps that takes.
fn redeemed(presented: &Presented) -> Result<Redeemed, LoyaltyError> {
    let none = Points::ZERO;
    Ok(match (presented.intent.as_ref().map(|intent| intent.promised), &presented.promotion) {
        (Some(Promised::Offer(offer)), _) => Redeemed::Offer { offer },
        (Some(Promised::Points(card, reward)), _) => {
            Redeemed::Points { card, reward, points: none }
        }
        (Some(Promised::Stamps(card, reward)), _) => {
            Redeemed::Stamps { card, reward, stamps: none }
        }
        (None, Promotion::Offer(offer)) => Redeemed::Offer { offer: offer.id },
        (None, Promotion::Card(_)) => return Err(Refusal::Unknown.into()),
    })
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

/// Looks a code up without using it (`verifyRedemptionCode`): the open promise that it is of, or the offer whose code for
/// everybody it is. A `who` must be whom it was promised to.
///
/// # Errors
/// As of [`confirm`].
pub fn check<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    (code, store): (&str, Option<StoreId>),
    who: &Identifier,
    now: Timestamp,
) -> Result<Checked, LoyaltyError> {
    actor.require(Permission::Redeem)?;
    let merchant = actor.merchant().ok_or(Refusal::Unknown)?;
    let here = counter(tx, actor, merchant, store)?;
    let bearer = bearer(tx, actor, who)?;
    let person = bearer.as_ref().map(Identified::person);
    let mut seen = find(tx, merchant, &[Brought::Code(code.to_owned())])?;
    let customer = member_of(tx, merchant, &seen, bearer.as_ref())?;
    let member = customer.as_ref().map(|one| &one.member);
    let presented = seen.pop().flatten().ok_or(Refusal::Unknown)?;
    let bearer = Bearer { person, member, order: None };
    if let Some(refusal) = judge(tx, &presented, &here, &bearer, (now, now))? {
        return Err(refusal.into());
    }
    match (presented.intent, presented.promotion) {
        (Some(intent), _) => Ok(Checked::Promise(intent)),
        (None, Promotion::Offer(offer)) => Ok(Checked::Fixed(offer.id)),
        (None, Promotion::Card(_)) => Err(Refusal::Unknown.into()),
    }
}

/// Calls a promise off: what it set aside is free again. Consumers call off their own, a merchant's people with
/// [`Permission::Redeem`] those for their stores, or for no store in particular. Calling off again does nothing. One that is
/// on an open order is called off like any other; the order cannot be completed with it then.
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
    let merchant = seen.merchant;
    let seen = find(tx, merchant, &[Brought::Promise(id)])?;
    let mut secured = secure(tx, merchant, &seen, None, now)?;
    let found = secured.presented.pop().flatten().and_then(|one| one.intent);
    let mut intent = found.ok_or(LoyaltyError::IntentNotFound)?;
    match intent.state {
        IntentState::Cancelled | IntentState::Lapsed => return Ok(intent),
        IntentState::Confirmed => {
            return Err(invalid(ID, "This code has been used: refund what it redeemed."));
        }
        IntentState::Open => {}
    }
    intent.state = IntentState::Cancelled;
    let account = secured.account_of(&intent);
    let Some((hold, account)) = intent.hold.zip(account) else {
        tx.end_intent(id, intent.state)?;
        return Ok(intent);
    };
    let merchant = tx.merchants(&[merchant])?.pop();
    let zone = merchant.ok_or(LoyaltyError::IntentNotFound)?.time_zone;
    // The promise ends with what it set aside: it lapses where its time is up.
    let mut holdings = bookkeeping::settle(tx, account, zone, now)?;
    if holdings.has_open(hold) {
        bookkeeping::release(tx, account, &mut holdings, hold, zone, now)?;
    } else {
        intent.state = IntentState::Lapsed;
    }
    Ok(intent)
}
