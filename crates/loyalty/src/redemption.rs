//! Redemptions: uses of an offer, of points or of stamps.

use regulars_kernel::{
    Actor, Denied, EntryId, LoyaltyCardId, MerchantId, Money, OfferId, OrderId, Page, PageRequest,
    Permission, PersonId, Points, RedemptionId, RewardId, StoreAccess, StoreId, Timestamp,
    page::{KeyKind, Keyed, Order, SortField, SortKey},
};

use crate::{LoyaltyError, LoyaltyStore, PromotionId, RedeemingStore, account::visible};

/// What kind of thing was redeemed; the API has a list of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RedemptionKind {
    /// An offer.
    Offer,
    /// Points.
    Points,
    /// Stamps.
    Stamps,
}

impl RedemptionKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Offer, Self::Points, Self::Stamps];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offer => "OFFER",
            Self::Points => "POINTS",
            Self::Stamps => "STAMPS",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What was redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// An offer.
    Offer {
        /// Which.
        offer: OfferId,
    },
    /// Points of a card.
    Points {
        /// Which card's.
        card: LoyaltyCardId,
        /// What they bought; none where they paid an amount.
        reward: Option<RewardId>,
        /// How many.
        points: Points,
    },
    /// Stamps of a card.
    Stamps {
        /// Which card's.
        card: LoyaltyCardId,
        /// What they bought, where it is one of the card's rewards.
        reward: Option<RewardId>,
        /// How many.
        stamps: Points,
    },
}

impl Redeemed {
    /// The reward that it bought, where it was one.
    pub const fn reward(&self) -> Option<RewardId> {
        match self {
            Self::Offer { .. } => None,
            Self::Points { reward, .. } | Self::Stamps { reward, .. } => *reward,
        }
    }

    /// Its kind.
    pub const fn kind(self) -> RedemptionKind {
        match self {
            Self::Offer { .. } => RedemptionKind::Offer,
            Self::Points { .. } => RedemptionKind::Points,
            Self::Stamps { .. } => RedemptionKind::Stamps,
        }
    }

    /// The promotion whose limits it counts against.
    pub const fn promotion(self) -> PromotionId {
        match self {
            Self::Offer { offer } => PromotionId::Offer(offer),
            Self::Points { card, .. } | Self::Stamps { card, .. } => PromotionId::Card(card),
        }
    }
}

/// One use of an offer, of points or of stamps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// The key; one sequence for all kinds.
    pub id: RedemptionId,
    /// At which merchant.
    pub merchant: MerchantId,
    /// Who redeemed; none where nobody was named.
    pub person: Option<PersonId>,
    /// Where.
    pub store: Option<StoreId>,
    /// What.
    pub redeemed: Redeemed,
    /// The order that it was taken off.
    pub order: Option<OrderId>,
    /// The line of the ledger that took the points or stamps.
    pub entry: Option<EntryId>,
    /// What it was worth, where that is money.
    pub amount: Option<Money>,
    /// When it was taken back (by a full refund); such a one counts nowhere (rule 23).
    pub reversed_at: Option<Timestamp>,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Which redemptions a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedemptionQuery {
    /// Of this kind.
    pub kind: RedemptionKind,
    /// In these stores. What was redeemed in no store in particular is within every reach.
    pub within: StoreAccess,
}

impl RedemptionQuery {
    /// Those of a kind that the asker sees: staff those of their stores, everybody else all.
    fn of(actor: &Actor, kind: RedemptionKind) -> Self {
        Self { kind, within: actor.stores().cloned().unwrap_or(StoreAccess::All) }
    }

    /// Whether it shows a redemption.
    pub fn admits(&self, redemption: &Redemption) -> bool {
        redemption.redeemed.kind() == self.kind
            && redemption.store.is_none_or(|store| self.within.includes(store))
    }
}

/// What a list of redemptions can be ordered by, beside the pk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RedemptionSort {
    /// By the instant.
    CreatedAt,
}

impl SortField for RedemptionSort {
    const LIST: &'static str = "redemptions";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
        }
    }

    fn kind(self) -> KeyKind {
        KeyKind::Int
    }

    fn all() -> &'static [Self] {
        &[Self::CreatedAt]
    }

    fn default_order() -> Order<Self> {
        Order { terms: Vec::new(), pk_descending: false }
    }
}

impl Keyed<RedemptionSort> for Redemption {
    fn sort_key(&self, field: RedemptionSort) -> SortKey {
        match field {
            RedemptionSort::CreatedAt => SortKey::Int(self.created_at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// The same page of each person's redemptions of a kind; people without any are left out. A merchant's people see those in
/// their stores, consumers their own at every merchant.
pub fn per_consumer(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    kind: RedemptionKind,
    people: &[PersonId],
    page: &PageRequest<RedemptionSort>,
) -> Result<Vec<(PersonId, Page<Redemption>)>, LoyaltyError> {
    let people = visible(actor, people)?;
    Ok(tx.redemptions_per_consumer(&RedemptionQuery::of(actor, kind), &people, page)?)
}

/// How many rows all pages of [`per_consumer`] have for each person; people without any are left out.
pub fn count_per_consumer(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    kind: RedemptionKind,
    people: &[PersonId],
) -> Result<Vec<(PersonId, u64)>, LoyaltyError> {
    let people = visible(actor, people)?;
    Ok(tx.count_redemptions_per_consumer(&RedemptionQuery::of(actor, kind), &people)?)
}

/// The same page of each offer's redemptions that the asker sees, as of [`list_by_ids`]; offers without any may be left out.
pub fn per_offer(
    tx: &mut impl RedeemingStore,
    actor: &Actor,
    offers: &[OfferId],
    page: &PageRequest<RedemptionSort>,
) -> Result<Vec<(OfferId, Page<Redemption>)>, LoyaltyError> {
    require(actor)?;
    let query = RedemptionQuery::of(actor, RedemptionKind::Offer);
    Ok(tx.redemptions_per_offer(&query, offers, page)?)
}

/// How many rows all pages of [`per_offer`] have for each offer; offers without any are left out.
pub fn count_per_offer(
    tx: &mut impl RedeemingStore,
    actor: &Actor,
    offers: &[OfferId],
) -> Result<Vec<(OfferId, u64)>, LoyaltyError> {
    require(actor)?;
    let query = RedemptionQuery::of(actor, RedemptionKind::Offer);
    Ok(tx.count_redemptions_per_offer(&query, offers)?)
}

/// Passes for whoever sees redemptions beside their customer.
fn require(actor: &Actor) -> Result<(), Denied> {
    if matches!(actor, Actor::Consumer { .. }) {
        return Ok(());
    }
    let sees = actor.require(Permission::ViewConsumer);
    sees.or_else(|_| actor.require(Permission::Redeem)).map(drop)
}

/// The redemptions of those ids that the asker sees, in no order: a merchant's people with
/// [`Permission::ViewConsumer`] or [`Permission::Redeem`] those in their stores, consumers their own.
pub fn list_by_ids(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    ids: &[RedemptionId],
) -> Result<Vec<Redemption>, LoyaltyError> {
    require(actor)?;
    let mut found = tx.redemptions(ids)?;
    found.retain(|row| RedemptionQuery::of(actor, row.redeemed.kind()).admits(row));
    Ok(found)
}
