//! What a code stands for: found, secured against everybody else, and judged (rules 21 to 23). Several at once for a sale,
//! one for a code that is confirmed by itself.

use std::collections::BTreeSet;

use regulars_customer::Membership;
use regulars_kernel::{
    AccountId, IntentId, MerchantId, OfferId, OrderId, PersonId, RewardId, StoreError, Timestamp,
};
use regulars_promotion::code::{Code, FixedCode};

use super::{Counter, RedeemingPorts, decide, lock_promotion, refusal::Refusal};
use crate::{
    IntentState, LoyaltyError, LoyaltyReward, Promotion, PromotionId, RedemptionIntent,
    RedemptionKind, posting::Locked,
};

/// What somebody came with to redeem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// A code as it was typed or scanned: of a promise, or the one that an offer has for everybody.
    Code(String),
    /// A promise.
    Promise(IntentId),
    /// An offer, by the code that it has for everybody.
    Fixed(OfferId),
}

/// What it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Presented {
    /// The promise; none for a code that is everybody's.
    pub intent: Option<RedemptionIntent>,
    /// What it is of.
    pub promotion: Promotion,
    /// What is handed out for it, where that is a reward.
    pub reward: Option<LoyaltyReward>,
}

impl Presented {
    /// The kind of redemption that it becomes.
    pub fn kind(&self) -> RedemptionKind {
        self.intent.as_ref().map_or(RedemptionKind::Offer, |intent| intent.promised.kind())
    }
}

/// Who brings a code, and to what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bearer<'a> {
    /// Who; nobody known: none.
    pub person: Option<PersonId>,
    /// Their live membership.
    pub member: Option<&'a Membership>,
    /// The order that it is taken off; none: it is redeemed by itself.
    pub order: Option<OrderId>,
}

/// What was found of a code before its promotion was looked at.
enum Found {
    Promise(RedemptionIntent),
    Fixed(OfferId),
}

impl Found {
    const fn promotion(&self) -> PromotionId {
        match self {
            Self::Promise(intent) => intent.promised.promotion(),
            Self::Fixed(offer) => PromotionId::Offer(*offer),
        }
    }
}

/// What those codes stand for at a merchant, as they came; none where there is no such code. Whether it still holds is
/// [`judge`]'s business. Where the newest promise of a typed code is over it is answered all the same: the code says what
/// became of it.
pub fn find<S: RedeemingPorts>(
    tx: &mut S,
    merchant: MerchantId,
    brought: &[Brought],
) -> Result<Vec<Option<Presented>>, LoyaltyError> {
    let mut found = Vec::with_capacity(brought.len());
    for one in brought {
        found.push(match one {
            Brought::Promise(id) => tx.intents(&[*id])?.pop().map(Found::Promise),
            Brought::Fixed(offer) => Some(Found::Fixed(*offer)),
            Brought::Code(typed) => find_typed(tx, merchant, typed)?,
        });
    }
    fill(tx, merchant, found)
}

fn find_typed<S: RedeemingPorts>(
    tx: &mut S,
    merchant: MerchantId,
    typed: &str,
) -> Result<Option<Found>, LoyaltyError> {
    if let Ok(code) = Code::parse(typed)
        && let Some(intent) = tx.intent_of_code(merchant, code.as_str())?
    {
        return Ok(Some(Found::Promise(intent)));
    }
    let Ok(code) = FixedCode::parse(typed) else { return Ok(None) };
    Ok(tx.offer_of_fixed_code(merchant, &code)?.map(Found::Fixed))
}

/// Looks up what was found is of: a statement for offers, one for cards, one for rewards.
fn fill<S: RedeemingPorts>(
    tx: &mut S,
    merchant: MerchantId,
    found: Vec<Option<Found>>,
) -> Result<Vec<Option<Presented>>, LoyaltyError> {
    let ids: Vec<_> = found.iter().flatten().map(Found::promotion).collect();
    let offers = ids.iter().filter_map(|id| match id {
        PromotionId::Offer(id) => Some(*id),
        PromotionId::Card(_) => None,
    });
    let cards = ids.iter().filter_map(|id| match id {
        PromotionId::Card(id) => Some(*id),
        PromotionId::Offer(_) => None,
    });
    let (offers, cards): (Vec<_>, Vec<_>) = (offers.collect(), cards.collect());
    let rewards: Vec<RewardId> = found
        .iter()
        .flatten()
        .filter_map(|one| match one {
            Found::Promise(intent) => intent.promised.reward(),
            Found::Fixed(_) => None,
        })
        .collect();
    let mut promotions: Vec<Promotion> = Vec::with_capacity(ids.len());
    if !offers.is_empty() {
        promotions.extend(tx.offers(&offers)?.into_iter().map(Promotion::Offer));
    }
    if !cards.is_empty() {
        promotions.extend(tx.loyalty_cards(&cards)?.into_iter().map(Promotion::Card));
    }
    let rewards = if rewards.is_empty() { Vec::new() } else { tx.rewards(&rewards)? };
    let present = |found: Found| {
        let own = |one: &&Promotion| one.merchant() == merchant && one.id() == found.promotion();
        let promotion = promotions.iter().find(own)?.clone();
        let intent = match found {
            Found::Promise(intent) => Some(intent).filter(|intent| intent.merchant == merchant),
            Found::Fixed(_) => return Some(Presented { intent: None, promotion, reward: None }),
        };
        let reward = intent.as_ref()?.promised.reward();
        let reward = rewards.iter().find(|row| Some(row.id) == reward).cloned();
        Some(Presented { intent, promotion, reward })
    };
    Ok(found.into_iter().map(|one| one.and_then(present)).collect())
}

/// Codes that nobody else redeems before this transaction ends, as they are now.
pub struct Secured {
    /// What they stand for, as they came.
    pub presented: Vec<Option<Presented>>,
    /// The accounts that they take from, and those that were asked for, by ascending id.
    pub accounts: Vec<Locked>,
}

impl Secured {
    /// The account that a promise takes from; none for one that takes nothing.
    pub(super) fn account_of(&mut self, intent: &RedemptionIntent) -> Option<&mut Locked> {
        let (person, PromotionId::Card(card)) = (intent.person?, intent.promised.promotion())
        else {
            return None;
        };
        self.accounts
            .iter_mut()
            .find(|locked| (locked.account().person, locked.account().card) == (person, card))
    }
}

/// Locks everything that codes count against and take from, in the order in which everybody does: promotions, rewards,
/// accounts, promises, each by ascending id; and answers them as they are then. `whose` is the customer whose other accounts at
/// the merchant are locked with them: a sale earns on those next.
pub fn secure<S: RedeemingPorts>(
    tx: &mut S,
    merchant: MerchantId,
    seen: &[Option<Presented>],
    whose: Option<PersonId>,
    now: Timestamp,
) -> Result<Secured, LoyaltyError> {
    let found = || seen.iter().flatten();
    let mut promotions: Vec<PromotionId> = found().map(|one| one.promotion.id()).collect();
    promotions.sort_by_key(|id| id.rank());
    promotions.dedup();
    for promotion in promotions {
        lock_promotion(tx, promotion, now)?;
    }
    let rewards = found().filter_map(|one| one.reward.as_ref()).map(|reward| reward.id);
    for reward in rewards.collect::<BTreeSet<_>>() {
        tx.lock_reward(reward)?;
    }
    let accounts = accounts(tx, merchant, seen, whose)?;
    let accounts = if accounts.is_empty() { Vec::new() } else { tx.lock_accounts(&accounts)? };
    let promises = found().filter_map(|one| one.intent.as_ref()).map(|intent| intent.id);
    let mut intents = Vec::new();
    for id in promises.collect::<BTreeSet<_>>() {
        intents.extend(tx.lock_intent(id)?);
    }
    let moved = |before: &RedemptionIntent| {
        let now = intents.iter().find(|intent| intent.id == before.id);
        now.is_some_and(|now| (now.person, now.hold) != (before.person, before.hold))
    };
    if found().filter_map(|one| one.intent.as_ref()).any(moved) {
        // A merge moved it meanwhile: run again, this finds whose it is now.
        return Err(StoreError::Contended.into());
    }
    let again = seen.iter().map(|one| {
        let one = one.as_ref()?;
        let Some(before) = &one.intent else {
            return match one.promotion.id() {
                PromotionId::Offer(offer) => Some(Found::Fixed(offer)),
                PromotionId::Card(_) => None,
            };
        };
        intents.iter().find(|intent| intent.id == before.id).cloned().map(Found::Promise)
    });
    let again = again.collect();
    Ok(Secured { presented: fill(tx, merchant, again)?, accounts })
}

fn accounts<S: RedeemingPorts>(
    tx: &mut S,
    merchant: MerchantId,
    seen: &[Option<Presented>],
    whose: Option<PersonId>,
) -> Result<Vec<AccountId>, LoyaltyError> {
    let holds = seen.iter().flatten().filter_map(|one| {
        let intent = one.intent.as_ref().filter(|intent| intent.hold.is_some())?;
        match intent.promised.promotion() {
            PromotionId::Card(card) => Some((intent.person?, card)),
            PromotionId::Offer(_) => None,
        }
    });
    let holds: Vec<_> = holds.collect();
    let people: BTreeSet<PersonId> = holds.iter().map(|(person, _)| *person).chain(whose).collect();
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let people: Vec<_> = people.into_iter().collect();
    let known = tx.accounts_per_consumer(&people)?.into_iter();
    let meant = known.filter(|account| {
        account.merchant == merchant
            && (whose == Some(account.person) || holds.contains(&(account.person, account.card)))
    });
    Ok(meant.map(|account| account.id).collect())
}

/// What stands against redeeming something at a counter, as of `at`; none where nothing does. A promise is kept though its
/// promotion has ended or changed meanwhile: the code said until when it is good. A code for everybody is judged as any
/// promotion is.
pub fn judge<S: RedeemingPorts>(
    tx: &mut S,
    presented: &Presented,
    here: &Counter,
    bearer: &Bearer<'_>,
    (at, now): (Timestamp, Timestamp),
) -> Result<Option<Refusal>, LoyaltyError> {
    if let Some(intent) = &presented.intent {
        return Ok(against_promise(intent, here, bearer, now));
    }
    if bearer.person.is_none() && presented.promotion.needs_customer() {
        return Ok(Some(Refusal::NobodyNamed));
    }
    if bearer.person.is_some() && bearer.member.is_none() {
        return Ok(Some(Refusal::NoCustomer));
    }
    let decision = decide(tx, &presented.promotion, here, bearer.member, (at, now))?;
    Ok((!decision.available()).then_some(Refusal::Unavailable(decision.reasons)))
}

fn against_promise(
    intent: &RedemptionIntent,
    here: &Counter,
    bearer: &Bearer<'_>,
    now: Timestamp,
) -> Option<Refusal> {
    match intent.state {
        IntentState::Open if intent.is_open(now) => {}
        IntentState::Open | IntentState::Lapsed => {
            return Some(Refusal::Lapsed { until: intent.expires_at });
        }
        IntentState::Confirmed => return Some(Refusal::Used),
        IntentState::Cancelled => return Some(Refusal::CalledOff),
    }
    // What was promised to nobody in particular is whoever's brings it: nobody's, or a customer's.
    if intent.person.is_none() && bearer.person.is_some() && bearer.member.is_none() {
        return Some(Refusal::NoCustomer);
    }
    if intent.person.zip(bearer.person).is_some_and(|(whose, who)| whose != who) {
        return Some(Refusal::SomebodyElses);
    }
    if intent.order.is_some() && intent.order != bearer.order {
        return Some(Refusal::OnAnOrder);
    }
    let elsewhere = intent.store.zip(here.place.store).is_some_and(|(made, here)| made != here);
    elsewhere.then_some(Refusal::OtherStore)
}
