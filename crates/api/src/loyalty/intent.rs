//! `RedemptionIntentNode`: a promise of a redemption, with a code.

use std::{collections::HashMap, sync::Arc};

use juniper::{Executor, GraphQLEnum};
use regulars_kernel::{
    IntentId, LoyaltyCardId, MerchantId, OfferId, PageRequest, PersonId, Points, RewardId, StoreId,
    Timestamp,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_loyalty::{
    IntentSort, IntentState, PromotionId, RedemptionIntent, RedemptionKind, intent,
};
use regulars_promotion::code::Code;

use super::{
    card::{self, LoyaltyCardNode, int},
    reward::{self, LoyaltyRewardNode},
};
use crate::{
    connection::{Count, Lists, connection},
    context::Context,
    customer::{self, ConsumerNode},
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::{Level, LoadName},
    merchant::{self, MerchantNode, StoreNode},
    node::NodeValue,
    promotion::{OfferNode, offer},
    scalar::DateTime,
    sibling::{Referred, Sibling},
};

/// The type name in global ids.
pub const REDEMPTION_INTENT: &str = "RedemptionIntentNode";

/// Where a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLEnum)]
pub enum RedemptionIntentState {
    /// Its code can be confirmed.
    Open,
    /// It became a redemption.
    Confirmed,
    /// It was called off.
    Cancelled,
    /// Its time ran out.
    Lapsed,
}

crate::leaf_enums!(RedemptionIntentState);

impl From<IntentState> for RedemptionIntentState {
    fn from(state: IntentState) -> Self {
        match state {
            IntentState::Open => Self::Open,
            IntentState::Confirmed => Self::Confirmed,
            IntentState::Cancelled => Self::Cancelled,
            IntentState::Lapsed => Self::Lapsed,
        }
    }
}

/// What promises refer to.
#[derive(Default)]
pub struct PromiseReferred {
    merchants: Referred<MerchantId>,
    people: Referred<PersonId>,
    offers: Referred<OfferId>,
    cards: Referred<LoyaltyCardId>,
    rewards: Referred<RewardId>,
    stores: Referred<StoreId>,
}

/// A promise, and those loaded with it.
#[derive(Clone)]
pub struct Promise {
    row: Sibling<RedemptionIntent, PromiseReferred>,
    /// Whether whoever asks is told the code.
    is_told: bool,
    now: Timestamp,
}

/// A promise; its scalar fields take the short way.
pub type RedemptionIntentNode = Fast<Promise>;

/// The node of a promise that whoever asks has just made, or whose code they know.
pub(crate) fn told(
    context: &Context,
    id: IntentId,
) -> Result<Option<RedemptionIntentNode>, ApiError> {
    let node = find(context, id)?;
    Ok(node.map(|Fast(promise)| Fast(Promise { is_told: true, ..promise })))
}

/// One promise; none where the asker sees none of that id.
pub(crate) fn find(
    context: &Context,
    id: IntentId,
) -> Result<Option<RedemptionIntentNode>, ApiError> {
    let actor = context.actor();
    let mut found = context.read(|tx| intent::list_by_ids(tx, actor, &[id]))?;
    Ok(found.pop().map(|row| node(context, Sibling::alone(row))))
}

/// A node for whoever asks. A code is for those who hold it: consumers see their own, a till the one that it is handed.
pub(super) fn node(
    context: &Context,
    row: Sibling<RedemptionIntent, PromiseReferred>,
) -> RedemptionIntentNode {
    let is_told = context.actor().require_consumer().is_ok();
    Fast(Promise { row, is_told, now: context.now() })
}

const fn offer_of(row: &RedemptionIntent) -> Option<OfferId> {
    match row.promised.promotion() {
        PromotionId::Offer(id) => Some(id),
        PromotionId::Card(_) => None,
    }
}

const fn card_of(row: &RedemptionIntent) -> Option<LoyaltyCardId> {
    match row.promised.promotion() {
        PromotionId::Card(id) => Some(id),
        PromotionId::Offer(_) => None,
    }
}

/// What a list of promises is asked with.
fn wanted(state: Option<RedemptionIntentState>) -> Option<IntentState> {
    state.map(|state| match state {
        RedemptionIntentState::Open => IntentState::Open,
        RedemptionIntentState::Confirmed => IntentState::Confirmed,
        RedemptionIntentState::Cancelled => IntentState::Cancelled,
        RedemptionIntentState::Lapsed => IntentState::Lapsed,
    })
}

/// A page of the promises that the asker sees.
pub(crate) fn list(
    context: &Context,
    state: Option<RedemptionIntentState>,
    paging: &PageArguments,
) -> Result<RedemptionIntentNodeConnection, ApiError> {
    let (actor, now, state) = (context.actor(), context.now(), wanted(state));
    actor.require_known()?;
    let page = PageRequest::<IntentSort>::parse(paging, "redemptionIntents")?;
    let found = context.read(|tx| intent::list(tx, actor, state, &page, now))?;
    let nodes = Sibling::page(found).map(|row| node(context, row));
    let count = Count::asked(move |context| {
        context.read(|tx| intent::count(tx, context.actor(), state, context.now()))
    });
    Ok(RedemptionIntentNodeConnection::new(nodes, page.order, count))
}

/// A page of an offer's promises, loaded for all of their level.
pub(crate) fn of_offer(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<OfferId>>,
    offer: OfferId,
    state: Option<RedemptionIntentState>,
    paging: &PageArguments,
) -> Result<RedemptionIntentNodeConnection, ApiError> {
    let (context, name) = (executor.context(), LoadName::at("redemptionIntents", executor));
    let lists = context.lists(level, name, |offers| {
        let page = PageRequest::<IntentSort>::parse(paging, "redemptionIntents")?;
        let (actor, now, state) = (context.actor(), context.now(), wanted(state));
        let found = context.read(|tx| intent::per_offer(tx, actor, state, offers, &page, now))?;
        let (offers, found): (Vec<OfferId>, Vec<_>) = found.into_iter().unzip();
        let pages = Sibling::pages(found).map(|page| page.map(|row| node(context, row)));
        let level = Arc::clone(level);
        Ok(Lists::new(
            offers.into_iter().map(Into::into).zip(pages),
            page.order,
            move |context, offer| {
                let name = name.and("number of promises");
                let count = context.load(&level, name, offer.into(), |offers| {
                    let (actor, now) = (context.actor(), context.now());
                    let counts = context
                        .read(|tx| intent::count_per_offer(tx, actor, state, offers, now))?;
                    Ok(counts.into_iter().collect::<HashMap<OfferId, u64>>())
                })?;
                Ok(count.unwrap_or_default())
            },
        ))
    })?;
    Ok(lists.of(offer.into()))
}

impl Keyed<IntentSort> for RedemptionIntentNode {
    fn sort_key(&self, field: IntentSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.row.id.get()
    }
}

impl Promise {
    /// What it sets aside of a kind.
    fn held(&self, kind: RedemptionKind) -> Option<i32> {
        let held: Option<Points> = self.row.held.filter(|_| self.row.promised.kind() == kind);
        held.and_then(int)
    }
}

crate::fast_object! {
    #[graphql(name = "RedemptionIntentNode", context = Context, impl = [NodeValue])]
    /// A promise of a redemption: what it takes is set aside, and it counts against every limit, until its code is confirmed, it
    /// is called off or its time runs out.
    impl Promise {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(REDEMPTION_INTENT, self.row.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.row.id.get()) }
            /// The code, 8 characters. Told to the consumer whose it is, and to whoever has just made or checked it; null for
            /// others.
            "code" => fn code(&self) -> Option<&str> { self.is_told.then_some(self.row.code.as_str()) }
            /// The code as people read it: `7K3M-9QXZ`.
            "displayCode" => fn display_code(&self) -> Option<String> {
                self.is_told.then(|| Code::from_stored(self.row.code.clone()).grouped())
            }
            /// Where it stands.
            "state" => fn state(&self) -> RedemptionIntentState { self.row.state_at(self.now).into() }
            /// When its code is no longer good; this very instant is too late.
            "expiresAt" => fn expires_at(&self) -> DateTime { DateTime(self.row.expires_at) }
            /// How many points it sets aside, or did; null of offers and stamps, and past 32 bits.
            "points" => fn points(&self) -> Option<i32> { self.held(RedemptionKind::Points) }
            /// How many stamps it sets aside, or did; null of offers and points, and past 32 bits.
            "stamps" => fn stamps(&self) -> Option<i32> { self.held(RedemptionKind::Stamps) }
            /// When it was made.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.row.created_at) }
        }
        fields {
            /// To whom; null where nobody was named.
            fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
                let Some(id) = self.row.person else { return Ok(None) };
                customer::node::load(context, self.row.referred(|all| &all.people, |row| row.person), id)
            }

            /// Whose promise it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let level = self.row.referred(|all| &all.merchants, |row| Some(row.merchant));
                merchant::node::load(context, level, self.row.merchant)
            }

            /// Where alone it is good; null: wherever the promotion runs.
            fn store(&self, context: &Context) -> Result<Option<StoreNode>, ApiError> {
                let Some(id) = self.row.store else { return Ok(None) };
                merchant::store::load(context, self.row.referred(|all| &all.stores, |row| row.store), id)
            }

            /// The offer; null where points or stamps are redeemed.
            fn offer(&self, context: &Context) -> Result<Option<OfferNode>, ApiError> {
                let Some(id) = offer_of(&self.row) else { return Ok(None) };
                offer::load(context, self.row.referred(|all| &all.offers, offer_of), id)
            }

            /// Whose points or stamps; null where an offer is redeemed.
            fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
                let Some(id) = card_of(&self.row) else { return Ok(None) };
                card::load(context, self.row.referred(|all| &all.cards, card_of), id)
            }

            /// What they buy, where it is one of the card's rewards.
            fn loyalty_reward(&self, context: &Context) -> Result<Option<LoyaltyRewardNode>, ApiError> {
                let Some(id) = self.row.promised.reward() else { return Ok(None) };
                let level = self.row.referred(|all| &all.rewards, |row| row.promised.reward());
                reward::load(context, level, id)
            }
        }
    }
}

connection!(
    RedemptionIntentNodeConnection,
    RedemptionIntentNodeEdge,
    RedemptionIntentNode,
    IntentSort,
    "A page of promises of redemptions.",
    "One of the promises."
);
