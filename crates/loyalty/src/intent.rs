//! Intents: promises of a redemption, each with a code (rules 21 and 23).

use regulars_kernel::{
    Actor, Denied, HoldId, IntentId, LoyaltyCardId, MerchantId, OfferId, OrderId, Page,
    PageRequest, Permission, PersonId, Points, RewardId, StoreAccess, StoreId, Timestamp,
    page::{Keyed, SortKey},
    pk_sort,
};

use crate::{HoldState, LoyaltyError, PromotionId, RedeemingStore, RedemptionKind};

/// Where an intent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntentState {
    /// Its code can be confirmed, until its time is up.
    Open,
    /// It became a redemption.
    Confirmed,
    /// It was called off.
    Cancelled,
    /// Its time ran out.
    Lapsed,
}

impl IntentState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Confirmed, Self::Cancelled, Self::Lapsed];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
            Self::Lapsed => "LAPSED",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A promise ends with the hold that it stands on, and in the same way.
impl From<HoldState> for IntentState {
    fn from(hold: HoldState) -> Self {
        match hold {
            HoldState::Open => Self::Open,
            HoldState::Confirmed => Self::Confirmed,
            HoldState::Cancelled => Self::Cancelled,
            HoldState::Lapsed => Self::Lapsed,
        }
    }
}

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promised {
    /// An offer.
    Offer(OfferId),
    /// What points of a card pay or, with a reward, buy.
    Points(LoyaltyCardId, Option<RewardId>),
    /// What the stamps of a card buy.
    Stamps(LoyaltyCardId, Option<RewardId>),
}

impl Promised {
    /// The kind of redemption that it becomes.
    pub const fn kind(self) -> RedemptionKind {
        match self {
            Self::Offer(_) => RedemptionKind::Offer,
            Self::Points(..) => RedemptionKind::Points,
            Self::Stamps(..) => RedemptionKind::Stamps,
        }
    }

    /// The reward that is promised, where it is one.
    pub const fn reward(self) -> Option<RewardId> {
        match self {
            Self::Offer(_) => None,
            Self::Points(_, reward) | Self::Stamps(_, reward) => reward,
        }
    }

    /// The promotion whose limits it counts against.
    pub const fn promotion(self) -> PromotionId {
        match self {
            Self::Offer(offer) => PromotionId::Offer(offer),
            Self::Points(card, _) | Self::Stamps(card, _) => PromotionId::Card(card),
        }
    }
}

/// A promise of a redemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedemptionIntent {
    /// The key.
    pub id: IntentId,
    /// Whose promise.
    pub merchant: MerchantId,
    /// What is promised.
    pub promised: Promised,
    /// To whom; none where nobody was named.
    pub person: Option<PersonId>,
    /// Where, where it was said.
    pub store: Option<StoreId>,
    /// The open order that it was put on: it is confirmed with that, and by nothing else.
    pub order: Option<OrderId>,
    /// What sets the points or stamps aside.
    pub hold: Option<HoldId>,
    /// How many that are, or were; the store has it of the hold.
    pub held: Option<Points>,
    /// The code; unique per merchant among open ones (rule 22).
    pub code: String,
    /// Where it stands.
    pub state: IntentState,
    /// When its code is no longer good; this very instant is too late.
    pub expires_at: Timestamp,
    /// Since when.
    pub created_at: Timestamp,
}

impl RedemptionIntent {
    /// Whether it can be confirmed, and so counts against limits (rule 23): it lapses by itself, noted or not.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == IntentState::Open && now < self.expires_at
    }

    /// Where it stands at an instant: what lapsed by itself may not be noted yet.
    pub fn state_at(&self, now: Timestamp) -> IntentState {
        match self.state {
            IntentState::Open if !self.is_open(now) => IntentState::Lapsed,
            state => state,
        }
    }

    /// Whether somebody who works in some stores alone has to do with it: what is for no store in particular is everybody's.
    pub fn is_within(&self, actor: &Actor) -> bool {
        let within = |store| actor.stores().is_none_or(|stores| stores.includes(store));
        self.store.is_none_or(within)
    }
}

pk_sort! {
    /// What a list of promises can be ordered by: the pk alone.
    pub enum IntentSort of "redemptionIntents"
}

impl Keyed<IntentSort> for RedemptionIntent {
    fn sort_key(&self, field: IntentSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// Which promises a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentQuery {
    /// Those that stand so at [`Self::now`]; none: however they stand.
    pub state: Option<IntentState>,
    /// Those for these stores. What is for no store in particular is within every reach.
    pub within: StoreAccess,
    /// When it is asked.
    pub now: Timestamp,
}

impl IntentQuery {
    /// Those that the asker sees: staff those for their stores, everybody else all.
    fn of(actor: &Actor, state: Option<IntentState>, now: Timestamp) -> Self {
        Self { state, within: actor.stores().cloned().unwrap_or(StoreAccess::All), now }
    }

    /// Whether it shows a promise. What a port answers is defined by this.
    pub fn admits(&self, intent: &RedemptionIntent) -> bool {
        self.state.is_none_or(|state| intent.state_at(self.now) == state)
            && intent.store.is_none_or(|store| self.within.includes(store))
    }
}

/// Passes for whoever sees promises at all.
fn require(actor: &Actor) -> Result<(), Denied> {
    if matches!(actor, Actor::Consumer { .. }) {
        return Ok(());
    }
    let sees = actor.require(Permission::ViewConsumer);
    sees.or_else(|_| actor.require(Permission::Redeem)).map(drop)
}

/// A page of the promises that the asker sees: a merchant's people with [`Permission::ViewConsumer`] or [`Permission::Redeem`]
/// those for their stores, consumers their own at every merchant.
pub fn list(
    tx: &mut impl RedeemingStore,
    actor: &Actor,
    state: Option<IntentState>,
    page: &PageRequest<IntentSort>,
    now: Timestamp,
) -> Result<Page<RedemptionIntent>, LoyaltyError> {
    require(actor)?;
    Ok(tx.list_intents(&IntentQuery::of(actor, state, now), page)?)
}

/// How many rows all pages of [`list`] have.
pub fn count(
    tx: &mut impl RedeemingStore,
    actor: &Actor,
    state: Option<IntentState>,
    now: Timestamp,
) -> Result<u64, LoyaltyError> {
    require(actor)?;
    Ok(tx.count_intents(&IntentQuery::of(actor, state, now))?)
}

/// The same page of the promises of each offer that the asker sees, as of [`list`]; offers without any may be left out.
pub fn per_offer(
    tx: &mut impl RedeemingStore,
    actor: &Actor,
    state: Option<IntentState>,
    offers: &[OfferId],
    page: &PageRequest<IntentSort>,
    now: Timestamp,
) -> Result<Vec<(OfferId, Page<RedemptionIntent>)>, LoyaltyError> {
    require(actor)?;
    Ok(tx.intents_per_offer(&IntentQuery::of(actor, state, now), offers, page)?)
}

/// How many rows all pages of [`per_offer`] have for each offer; offers without any are left out.
pub fn count_per_offer(
    tx: &mut impl RedeemingStore,
    actor: &Actor,
    state: Option<IntentState>,
    offers: &[OfferId],
    now: Timestamp,
) -> Result<Vec<(OfferId, u64)>, LoyaltyError> {
    require(actor)?;
    Ok(tx.count_intents_per_offer(&IntentQuery::of(actor, state, now), offers)?)
}

/// The promises of those ids that the asker sees, in no order: a merchant's people with [`Permission::ViewConsumer`] or
/// [`Permission::Redeem`] those of their stores, consumers their own.
pub fn list_by_ids(
    tx: &mut impl RedeemingStore,
    actor: &Actor,
    ids: &[IntentId],
) -> Result<Vec<RedemptionIntent>, LoyaltyError> {
    require(actor)?;
    let mut found = tx.intents(ids)?;
    found.retain(|intent| intent.is_within(actor));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_23_an_intent_counts_while_it_is_open_and_its_time_is_not_up() {
        let at = Timestamp::from_seconds;
        for state in IntentState::ALL {
            assert_eq!(IntentState::from_name(state.name()), Some(state));
            let intent = RedemptionIntent {
                id: IntentId::new(1),
                merchant: MerchantId::new(1),
                promised: Promised::Offer(OfferId::new(1)),
                person: None,
                store: None,
                order: None,
                hold: None,
                held: None,
                code: "A".to_owned(),
                state,
                expires_at: at(10),
                created_at: at(0),
            };
            assert_eq!(intent.is_open(at(9)), state == IntentState::Open);
            assert!(!intent.is_open(at(10)));
            assert_eq!(intent.state_at(at(9)), state);
            let lapsed = state == IntentState::Open;
            let over = if lapsed { IntentState::Lapsed } else { state };
            assert_eq!(intent.state_at(at(10)), over);
        }
    }
}
