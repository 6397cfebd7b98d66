//! `RedemptionNode`, `PointsRedemptionNode` and `StampsRedemptionNode`: uses of an offer, of points and of stamps.

use std::{collections::HashMap, sync::Arc};

use juniper::Executor;
use regulars_kernel::{
    LoyaltyCardId, MerchantId, OfferId, Page, PageRequest, PersonId, RedemptionId, RewardId,
    StoreId,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_loyalty::{Redeemed, Redemption, RedemptionKind, RedemptionSort, redemption};

use super::{
    card::{self, LoyaltyCardNode, int},
    reward::{self, LoyaltyRewardNode},
};
use crate::{
    connection::{Connection, Listed, Lists, connection},
    context::Context,
    customer::{self, ConsumerNode},
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::{Level, LoadName},
    merchant::{MerchantNode, StoreNode, store},
    node::NodeValue,
    promotion::{OfferNode, node::currency, offer},
    scalar::{DateTime, Decimal},
    sibling::{Referred, Sibling},
};

/// The type name of uses of offers in global ids.
pub const REDEMPTION: &str = "RedemptionNode";
/// The type name of uses of points in global ids.
pub const POINTS_REDEMPTION: &str = "PointsRedemptionNode";
/// The type name of uses of stamps in global ids.
pub const STAMPS_REDEMPTION: &str = "StampsRedemptionNode";

/// What redemptions refer to.
#[derive(Default)]
pub struct UseReferred {
    merchants: Referred<MerchantId>,
    people: Referred<PersonId>,
    offers: Referred<OfferId>,
    cards: Referred<LoyaltyCardId>,
    rewards: Referred<RewardId>,
    stores: Referred<StoreId>,
}

const fn offer_of(row: &Redemption) -> Option<OfferId> {
    match row.redeemed {
        Redeemed::Offer { offer } => Some(offer),
        Redeemed::Points { .. } | Redeemed::Stamps { .. } => None,
    }
}

const fn card_of(row: &Redemption) -> Option<LoyaltyCardId> {
    match row.redeemed {
        Redeemed::Points { card, .. } | Redeemed::Stamps { card, .. } => Some(card),
        Redeemed::Offer { .. } => None,
    }
}

const fn reward_of(row: &Redemption) -> Option<RewardId> {
    match row.redeemed {
        Redeemed::Points { reward, .. } | Redeemed::Stamps { reward, .. } => reward,
        Redeemed::Offer { .. } => None,
    }
}

/// A redemption, and those loaded with it.
#[derive(Clone)]
pub struct Use(Sibling<Redemption, UseReferred>);

impl Use {
    fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
        let Some(person) = self.0.person else { return Ok(None) };
        customer::node::load(context, self.0.referred(|all| &all.people, |row| row.person), person)
    }

    fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
        crate::merchant::node::load(
            context,
            self.0.referred(|all| &all.merchants, |row| Some(row.merchant)),
            self.0.merchant,
        )
    }

    fn store(&self, context: &Context) -> Result<Option<StoreNode>, ApiError> {
        let Some(id) = self.0.store else { return Ok(None) };
        store::load(context, self.0.referred(|all| &all.stores, |row| row.store), id)
    }

    fn offer(&self, context: &Context) -> Result<Option<OfferNode>, ApiError> {
        let Some(id) = offer_of(&self.0) else { return Ok(None) };
        offer::load(context, self.0.referred(|all| &all.offers, offer_of), id)
    }

    fn card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
        let Some(id) = card_of(&self.0) else { return Ok(None) };
        card::load(context, self.0.referred(|all| &all.cards, card_of), id)
    }

    fn reward(&self, context: &Context) -> Result<Option<LoyaltyRewardNode>, ApiError> {
        let Some(id) = reward_of(&self.0) else { return Ok(None) };
        reward::load(context, self.0.referred(|all| &all.rewards, reward_of), id)
    }

    /// Points or stamps; null past 32 bits.
    fn taken(&self) -> Option<i32> {
        match self.0.redeemed {
            Redeemed::Points { points, .. } => int(points),
            Redeemed::Stamps { stamps, .. } => int(stamps),
            Redeemed::Offer { .. } => None,
        }
    }
}

/// Makes the node and the connection of one kind of redemptions: what all kinds have in common, and its own.
macro_rules! redemption_object {
    (
        $name:literal, $type:ident, $node:ident, $connection:ident, $edge:ident,
        $(#[$meta:meta])*
        leaves { $($leaves:tt)* }
        fields { $($fields:tt)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $type(Use);

        $(#[$meta])*
        pub type $node = Fast<$type>;

        impl From<Use> for $node {
            fn from(one: Use) -> Self {
                Self($type(one))
            }
        }

        impl Keyed<RedemptionSort> for $node {
            fn sort_key(&self, field: RedemptionSort) -> SortKey {
                self.0.0.0.sort_key(field)
            }

            fn pk(&self) -> i64 {
                self.0.0.0.id.get()
            }
        }

        $crate::fast_object! {
            #[graphql(name = $name, context = Context, impl = [NodeValue])]
            $(#[$meta])*
            impl $type {
                leaves {
                    /// The global id.
                    "id" => fn id(&self) -> Id { Id::global($name, self.0.0.id.get()) }
                    /// The primary key; null past 32 bits.
                    "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.0.id.get()) }
                    /// What it was worth, where that is money.
                    "amount" => fn amount(&self) -> Option<Decimal> { self.0.0.amount.map(Decimal::from) }
                    /// The currency of the amount.
                    "amountCurrency" => fn amount_currency(&self) -> Option<String> {
                        self.0.0.amount.map(currency)
                    }
                    /// When it was taken back, by a full refund; null: it stands.
                    "reversedAt" => fn reversed_at(&self) -> Option<DateTime> {
                        self.0.0.reversed_at.map(DateTime)
                    }
                    /// When.
                    "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.0.created_at) }
                    /// When it was last changed.
                    "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.0.0.updated_at) }
                    $($leaves)*
                }
                fields {
                    /// Who redeemed; null where nobody was named.
                    fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
                        self.0.consumer(context)
                    }

                    /// Where; null where that was not said.
                    fn store(&self, context: &Context) -> Result<Option<StoreNode>, ApiError> {
                        self.0.store(context)
                    }

                    /// At which merchant.
                    fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                        self.0.merchant(context)
                    }
                    $($fields)*
                }
            }
        }

        connection!(
            $connection, $edge, $node, RedemptionSort, "A page of redemptions.", "One of the redemptions."
        );
    };
}

redemption_object! {
    "RedemptionNode", UseOfOffer, RedemptionNode, RedemptionNodeConnection, RedemptionNodeEdge,
    /// One use of an offer.
    leaves {}
    fields {
        /// What was redeemed; null where the asker does not see it any more.
        fn offer(&self, context: &Context) -> Result<Option<OfferNode>, ApiError> {
            self.0.offer(context)
        }
    }
}

redemption_object! {
    "PointsRedemptionNode", UseOfPoints, PointsRedemptionNode, PointsRedemptionNodeConnection,
    PointsRedemptionNodeEdge,
    /// One use of points: they paid an amount, or bought a reward.
    leaves {
        /// How many; null past 32 bits.
        "points" => fn points(&self) -> Option<i32> { self.0.taken() }
    }
    fields {
        /// Whose points.
        fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
            self.0.card(context)
        }

        /// What they bought; null where they paid an amount.
        fn loyalty_reward(&self, context: &Context) -> Result<Option<LoyaltyRewardNode>, ApiError> {
            self.0.reward(context)
        }
    }
}

redemption_object! {
    "StampsRedemptionNode", UseOfStamps, StampsRedemptionNode, StampsRedemptionNodeConnection,
    StampsRedemptionNodeEdge,
    /// One full card of stamps that was handed in.
    leaves {
        /// How many stamps; null past 32 bits.
        "stamps" => fn stamps(&self) -> Option<i32> { self.0.taken() }
    }
    fields {
        /// Whose stamps.
        fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
            self.0.card(context)
        }

        /// What they bought, where it is one of the card's rewards.
        fn loyalty_reward(&self, context: &Context) -> Result<Option<LoyaltyRewardNode>, ApiError> {
            self.0.reward(context)
        }
    }
}

/// The pages of redemptions that were loaded together.
fn pages(pages: Vec<Page<Redemption>>) -> impl Iterator<Item = Page<Use>> {
    Sibling::pages(pages).map(|page| page.map(Use))
}

/// A page of one customer's redemptions of a kind, loaded for all of their level.
pub(crate) fn of_consumer<N: From<Use> + Listed<Sort = RedemptionSort>>(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<PersonId>>,
    person: PersonId,
    (kind, field): (RedemptionKind, &'static str),
    paging: &PageArguments,
) -> Result<Fast<Connection<N>>, ApiError> {
    let (context, name) = (executor.context(), LoadName::at(field, executor));
    let lists = context.lists(level, name, |people| {
        let page = PageRequest::<RedemptionSort>::parse(paging, field)?;
        let actor = context.actor();
        let found = context.read(|tx| redemption::per_consumer(tx, actor, kind, people, &page))?;
        let (people, found): (Vec<PersonId>, Vec<_>) = found.into_iter().unzip();
        let pages = pages(found).map(|page| page.map(N::from));
        let level = Arc::clone(level);
        Ok(Lists::new(
            people.into_iter().map(Into::into).zip(pages),
            page.order,
            move |context, person| {
                let count = context.load(&level, name.and("number"), person.into(), |people| {
                    let actor = context.actor();
                    let counts = context
                        .read(|tx| redemption::count_per_consumer(tx, actor, kind, people))?;
                    Ok(counts.into_iter().collect::<HashMap<PersonId, u64>>())
                })?;
                Ok(count.unwrap_or_default())
            },
        ))
    })?;
    Ok(lists.of(person.into()))
}

/// A page of an offer's redemptions, loaded for all of their level.
pub(crate) fn of_offer(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<OfferId>>,
    offer: OfferId,
    paging: &PageArguments,
) -> Result<RedemptionNodeConnection, ApiError> {
    let (context, name) = (executor.context(), LoadName::at("redemptions of offers", executor));
    let lists = context.lists(level, name, |offers| {
        let page = PageRequest::<RedemptionSort>::parse(paging, "redemptions")?;
        let actor = context.actor();
        let found = context.read(|tx| redemption::per_offer(tx, actor, offers, &page))?;
        let (offers, found): (Vec<OfferId>, Vec<_>) = found.into_iter().unzip();
        let pages = pages(found).map(|page| page.map(RedemptionNode::from));
        let level = Arc::clone(level);
        Ok(Lists::new(
            offers.into_iter().map(Into::into).zip(pages),
            page.order,
            move |context, offer| {
                let count = context.load(&level, name.and("number"), offer.into(), |offers| {
                    let actor = context.actor();
                    let counts =
                        context.read(|tx| redemption::count_per_offer(tx, actor, offers))?;
                    Ok(counts.into_iter().collect::<HashMap<OfferId, u64>>())
                })?;
                Ok(count.unwrap_or_default())
            },
        ))
    })?;
    Ok(lists.of(offer.into()))
}

/// One of the redemptions of a level, where it is of a kind and the asker sees it.
pub(crate) fn load<N: From<Use>>(
    context: &Context,
    level: &Level<RedemptionId>,
    id: RedemptionId,
    kind: RedemptionKind,
) -> Result<Option<N>, ApiError> {
    let found = context.load(level, "redemptions", id, |ids| {
        let actor = context.actor();
        let found = context.read(|tx| redemption::list_by_ids(tx, actor, ids))?;
        let page = Page { items: found, has_next: false, has_previous: false };
        let all = Sibling::page(page).items.into_iter().map(|row| (row.id, Use(row)));
        Ok(all.collect::<HashMap<_, _>>())
    })?;
    Ok(found.filter(|one| one.0.redeemed.kind() == kind).map(N::from))
}

/// One redemption of a kind, as far as the asker sees it.
pub(crate) fn find<N: From<Use>>(
    context: &Context,
    kind: RedemptionKind,
    pk: i64,
) -> Result<Option<N>, ApiError> {
    let actor = context.actor();
    let mut found =
        context.read(|tx| redemption::list_by_ids(tx, actor, &[RedemptionId::new(pk)]))?;
    found.retain(|row| row.redeemed.kind() == kind);
    Ok(found.pop().map(|row| N::from(Use(Sibling::alone(row)))))
}
