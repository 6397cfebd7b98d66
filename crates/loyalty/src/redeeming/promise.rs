//! Promises: a code that sets aside what it will take (rule 21).

use regulars_customer::{
    CustomerError, EmailAddress, Identifier, Kind, Membership, Standing,
    identity::{Marks, Number, identify},
    merge::{Named, meant},
    search::PhoneTerm,
};
use regulars_kernel::{
    Actor, IntentId, LoyaltyCardId, MerchantId, OfferId, Permission, PersonId, Points, RewardId,
    StoreError, StoreId, Timestamp,
};
use regulars_merchant::MerchantStore;
use regulars_promotion::{RedemptionCode, code::Code};

use super::{
    Counter, RedeemingPorts, Refusal, card, counter, decide, expiration, invalid, lock_promotion,
    offer,
    till::{NotShown, may_promise},
};
use crate::{
    IntentState, LoyaltyCard, LoyaltyError, LoyaltyReward, Program, Promised, Promotion,
    RedemptionIntent, Spending, Tariff, bookkeeping,
};

/// How often another code is tried where an open promise has the first; forty random bits collide once in a lifetime.
const ATTEMPTS: usize = 5;

/// What is to be promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An offer (`createRedemptionIntent`).
    Offer(OfferId),
    /// What points of a card pay or buy (`createPointsRedemptionIntent`).
    Points {
        /// The card.
        card: LoyaltyCardId,
        /// How many points pay (`FLAT`); none where they buy a reward.
        points: Option<Points>,
        /// What they buy (`PRODUCT`).
        reward: Option<RewardId>,
    },
    /// What a full card of stamps buys (`createStampsRedemptionIntent`).
    Stamps {
        /// The card.
        card: LoyaltyCardId,
        /// Which of its rewards; open where it has one at most.
        reward: Option<RewardId>,
    },
}

/// A promise that somebody asks for.
#[derive(Clone, Debug)]
pub struct NewIntent {
    /// What of.
    pub wanted: Wanted,
    /// To whom. A consumer who names nobody means themselves; a merchant's people who name nobody promise it to whoever
    /// brings the code.
    pub who: Identifier,
    /// Where; none: anywhere that it runs.
    pub store: Option<StoreId>,
}

/// Promises a redemption: what it takes is set aside at once, and it counts against every limit until it is confirmed,
/// called off or lapses (rules 21 and 23). Consumers promise themselves; a merchant's people with
/// [`Permission::Redeem`] promise anybody who is their customer and shows what the till needs ([`super::till`]), or nobody in
/// particular; who works in some stores alone says in which.
///
/// The transaction's scope is the promotion's merchant. `entropy` gives fresh random bytes for codes.
///
/// # Errors
/// [`LoyaltyError::Invalid`] where it is not available (with every reason), where there are not enough points, where the
/// reward is out of stock, or where somebody must be named and is not.
pub fn promise<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    new: &NewIntent,
    mut entropy: impl FnMut() -> [u8; 5],
    now: Timestamp,
) -> Result<RedemptionIntent, LoyaltyError> {
    if !matches!(actor, Actor::Consumer { .. }) {
        actor.require(Permission::Redeem)?;
    }
    let argument = match new.wanted {
        Wanted::Offer(_) => "offerId",
        Wanted::Points { .. } | Wanted::Stamps { .. } => "loyaltyCardId",
    };
    let find = |tx: &mut S| match new.wanted {
        Wanted::Offer(id) => offer(tx, actor, id),
        Wanted::Points { card: id, .. } | Wanted::Stamps { card: id, .. } => card(tx, actor, id),
    };
    let promotion = find(tx)?;
    if let Promotion::Offer(offer) = &promotion
        && matches!(offer.code, RedemptionCode::Fixed(_))
    {
        let sentence = "This offer has one code for everybody: it is confirmed with that.";
        return Err(invalid(argument, sentence));
    }
    let counter = counter(tx, actor, promotion.merchant(), new.store)?;
    let (member, named_as) = named(tx, actor, &new.who, counter.merchant.id)?;
    if member.is_none() && (promotion.needs_customer() || matches!(promotion, Promotion::Card(_))) {
        let sentence = "Say who redeems it: it is for customers who are known.";
        return Err(invalid("consumerId", sentence));
    }
    if let (Some(member), Actor::Staff { .. } | Actor::App { .. }) = (&member, actor) {
        shown(tx, member.kind, new)?;
    }
    lock_promotion(tx, promotion.id(), now)?;
    // As it is now that nobody changes it: limits may have been lowered while this one waited.
    let promotion = find(tx)?;
    let eligibility = decide(tx, &promotion, &counter, member.as_ref(), (now, now))?;
    if !eligibility.available() {
        return Err(invalid(argument, Refusal::Unavailable(eligibility.reasons).to_string()));
    }
    let mut intent = RedemptionIntent {
        id: IntentId::new(0),
        merchant: counter.merchant.id,
        promised: Promised::Offer(OfferId::new(0)),
        person: member.as_ref().map(|member| member.person),
        store: new.store,
        order: None,
        hold: None,
        held: None,
        code: String::new(),
        state: IntentState::Open,
        expires_at: expiration(&promotion, now),
        created_at: now,
    };
    match (&promotion, new.wanted, member.as_ref()) {
        (Promotion::Offer(offer), _, _) => intent.promised = Promised::Offer(offer.id),
        (Promotion::Card(card), wanted, Some(member)) => {
            set_aside(tx, &counter, (card, wanted), member, &mut intent, now)?;
        }
        (Promotion::Card(_), _, None) => {}
    }
    for _ in 0..ATTEMPTS {
        intent.code = Code::from_entropy(entropy()).into_string();
        match tx.insert_intent(&intent) {
            Ok(id) => {
                intent.id = id;
                if let Some(other) = named_as {
                    tx.note_named(intent.merchant, other, Named::Intent(id))?;
                }
                return Ok(intent);
            }
            Err(StoreError::Taken("redemption_intent.code")) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Contended.into())
}

/// Who is named, and by the name of whom who was merged into them; nobody where a merchant's people name nobody.
fn named<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    who: &Identifier,
    merchant: MerchantId,
) -> Result<(Option<Membership>, Option<PersonId>), LoyaltyError> {
    let nobody = *who == Identifier::default() && !matches!(actor, Actor::Consumer { .. });
    if nobody {
        return Ok((None, None));
    }
    let (person, named_as) = if let Actor::Consumer { person } = actor {
        // A consumer's own account is out of the merchant's reach; who they are is known.
        (*person, None)
    } else {
        let identified = identify(tx, actor, who)?;
        (identified.person(), identified.named_as())
    };
    let member = meant(tx, merchant, person)?;
    let member = member.filter(|member| member.standing == Standing::Live);
    if let (Actor::Consumer { .. }, Some(member)) = (actor, &member)
        && !is_named(member, who)
    {
        let by_id = who.id.is_some_and(|id| id != member.person);
        let argument = if by_id { "consumerId" } else { "consumerLoyaltyId" };
        return Err(CustomerError::NobodyNamed(Some(argument)).into());
    }
    member.map(|member| (Some(member), named_as)).ok_or_else(|| {
        let sentence = match actor {
            Actor::Consumer { .. } => "Become a customer of this merchant first (joinMerchant).",
            _ => "They are no customer yet: the first sale with their loyalty id makes them one.",
        };
        invalid("consumerId", sentence)
    })
}

/// Whether a till was shown what it needs (rule 21).
fn shown<S: RedeemingPorts>(tx: &mut S, kind: Kind, new: &NewIntent) -> Result<(), LoyaltyError> {
    let store = match new.store {
        Some(store) => MerchantStore::stores(tx, &[store])?.pop(),
        None => None,
    };
    let setting = store.and_then(|store| store.till_redemption);
    let argument = |why| match why {
        NotShown::Code => "consumerId",
        NotShown::LoyaltyId => "consumerLoyaltyId",
    };
    may_promise(setting, kind, &new.who).map_err(|why| invalid(argument(why), why.to_string()))
}

/// Whether everything that is told names this customer.
fn is_named(member: &Membership, who: &Identifier) -> bool {
    let marks = Marks {
        number: who.loyalty_id.as_deref().map(Number::of),
        email_key: who.email.as_deref().map(EmailAddress::key_of),
        phone: who.phone_number.as_deref().map(PhoneTerm::whole),
    };
    who.id.is_none_or(|id| id == member.person) && marks.are_shown_by(member)
}

/// Sets aside the points or stamps that a promise will take.
fn set_aside<S: RedeemingPorts>(
    tx: &mut S,
    counter: &Counter,
    (card, wanted): (&LoyaltyCard, Wanted),
    member: &Membership,
    intent: &mut RedemptionIntent,
    now: Timestamp,
) -> Result<(), LoyaltyError> {
    let (amount, promised) = match (wanted, &card.program) {
        (Wanted::Points { points, reward, .. }, Program::Points(program)) => {
            let (amount, reward) = match program.spending {
                Spending::Flat { .. } => (flat(card, points, reward)?, None),
                Spending::Product => {
                    let reward = bought(tx, card, points, reward, now)?;
                    (reward.points, Some(reward.id))
                }
            };
            (amount, Promised::Points(card.id, reward))
        }
        (Wanted::Stamps { reward, .. }, Program::Stamps(program)) => {
            let reward = filled(tx, card, reward, now)?;
            (Points::new(i64::from(program.stamps_needed)), Promised::Stamps(card.id, reward))
        }
        (Wanted::Points { .. }, Program::Stamps(_)) => {
            return Err(invalid(
                "loyaltyCardId",
                "This card collects stamps: use createStampsRedemptionIntent.",
            ));
        }
        (Wanted::Stamps { .. } | Wanted::Offer(_), _) => {
            return Err(invalid(
                "loyaltyCardId",
                "This card collects points: use createPointsRedemptionIntent.",
            ));
        }
    };
    intent.promised = promised;
    let unit = if matches!(promised, Promised::Stamps(..)) { "stamps" } else { "points" };
    let too_few = |available: Points| {
        let sentence = format!("{amount} {unit} are needed, and {available} are available.");
        invalid(if unit == "points" { "pointsToRedeem" } else { "loyaltyCardId" }, sentence)
    };
    let account = tx.lock_account(counter.merchant.id, member.person, card.id, None)?;
    let Some(mut account) = account else { return Err(too_few(Points::ZERO)) };
    let mut holdings = bookkeeping::settle(tx, &mut account, counter.merchant.time_zone, now)?;
    let until = intent.expires_at;
    let hold = bookkeeping::hold(tx, &mut account, &mut holdings, amount, until, now)?;
    let hold = hold.ok_or_else(|| too_few(holdings.available(now)))?;
    (intent.hold, intent.held) = (Some(hold.id), Some(amount));
    Ok(())
}

/// How many points pay.
fn flat(
    card: &LoyaltyCard,
    points: Option<Points>,
    reward: Option<RewardId>,
) -> Result<Points, LoyaltyError> {
    if reward.is_some() {
        let sentence = "The points of this card pay an amount, and buy no rewards.";
        return Err(invalid("loyaltyRewardId", sentence));
    }
    let Some(points) = points else {
        return Err(invalid("pointsToRedeem", "Say how many points are to pay."));
    };
    let tariff = Tariff::of(card)
        .ok_or_else(|| invalid("loyaltyCardId", "The points of this card do not pay."))?;
    match tariff.worth(points) {
        Ok(payment) => Ok(payment.points),
        Err(why) => Err(invalid("pointsToRedeem", why.to_string())),
    }
}

/// The reward of a full card of stamps, locked, with one to be had; none where the card has none.
fn filled<S: RedeemingPorts>(
    tx: &mut S,
    card: &LoyaltyCard,
    reward: Option<RewardId>,
    now: Timestamp,
) -> Result<Option<RewardId>, LoyaltyError> {
    if let Some(id) = reward {
        return to_be_had(tx, card, id, now).map(|reward| Some(reward.id));
    }
    let mut rewards = tx.rewards_per_card(&[card.id])?;
    rewards.retain(|reward| reward.expiry.is_none_or(|end| now < end));
    match rewards.as_slice() {
        [] => Ok(None),
        [only] => to_be_had(tx, card, only.id, now).map(|reward| Some(reward.id)),
        _ => Err(invalid("loyaltyRewardId", "Say which of the card's rewards it is to be.")),
    }
}

/// The reward that points buy, locked, with one to be had.
fn bought<S: RedeemingPorts>(
    tx: &mut S,
    card: &LoyaltyCard,
    points: Option<Points>,
    reward: Option<RewardId>,
    now: Timestamp,
) -> Result<LoyaltyReward, LoyaltyError> {
    let Some(id) = reward else {
        return Err(invalid("loyaltyRewardId", "Say which reward the points are to buy."));
    };
    let found = to_be_had(tx, card, id, now)?;
    if points.is_some_and(|points| points != found.points) {
        let sentence = format!("This reward costs {} points: leave the number out.", found.points);
        return Err(invalid("pointsToRedeem", sentence));
    }
    Ok(found)
}

/// A reward of a card, locked, of which one is to be had.
fn to_be_had<S: RedeemingPorts>(
    tx: &mut S,
    card: &LoyaltyCard,
    id: RewardId,
    now: Timestamp,
) -> Result<LoyaltyReward, LoyaltyError> {
    let found = tx.lock_reward(id)?.filter(|reward| reward.card == card.id && !reward.archived);
    let Some(found) = found else {
        return Err(invalid("loyaltyRewardId", "This card has no such reward."));
    };
    if found.expiry.is_some_and(|end| end <= now) {
        return Err(invalid("loyaltyRewardId", "This reward is no longer to be had."));
    }
    if let Some(stock) = found.stock
        && stock <= tx.promised_of_reward(id, now)?
    {
        return Err(invalid("loyaltyRewardId", "This reward is out of stock."));
    }
    Ok(found)
}
