//! `LoyaltyRewardNode`: what points buy.

use std::{collections::HashMap, sync::Arc};

use regulars_kernel::{
    LoyaltyCardId, PageRequest, ProductId, RewardId,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_loyalty::{LoyaltyReward, RewardSort, reward};

use super::card::{self, LoyaltyCardNode, int};
use crate::{
    connection::connection,
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    merchant::{MerchantNode, ProductNode, product},
    node::NodeValue,
    promotion::node::Siblings,
    scalar::DateTime,
};

/// The type name in global ids.
pub const LOYALTY_REWARD: &str = "LoyaltyRewardNode";

/// A reward, and those loaded with it.
#[derive(Clone)]
pub struct RewardOfCard {
    row: Arc<LoyaltyReward>,
    siblings: Arc<Siblings<RewardId>>,
    cards: Arc<Level<LoyaltyCardId>>,
    products: Arc<Level<ProductId>>,
}

/// A reward; its scalar fields take the short way.
pub type LoyaltyRewardNode = Fast<RewardOfCard>;

/// Nodes of rewards that were loaded together.
pub(crate) fn together(rewards: Vec<LoyaltyReward>) -> Vec<LoyaltyRewardNode> {
    let merchants = Level::distinct(rewards.iter().map(|row| row.merchant));
    let siblings = Siblings::of(rewards.iter().map(|row| row.id), &merchants);
    let cards = Level::distinct(rewards.iter().map(|row| row.card));
    let products = Level::distinct(rewards.iter().map(|row| row.product));
    let node = |row| {
        Fast(RewardOfCard {
            row: Arc::new(row),
            siblings: Arc::clone(&siblings),
            cards: Arc::clone(&cards),
            products: Arc::clone(&products),
        })
    };
    rewards.into_iter().map(node).collect()
}

/// Rewards by id, for nodes of other nouns that refer to them: one statement for a whole level of referring nodes.
pub(crate) fn load(
    context: &Context,
    level: &Level<RewardId>,
    id: RewardId,
) -> Result<Option<LoyaltyRewardNode>, ApiError> {
    context.load(level, LOYALTY_REWARD, id, |ids| {
        let actor = context.actor();
        let rewards = context.read(|tx| reward::list_by_ids(tx, actor, ids))?;
        Ok(together(rewards).into_iter().map(|node| (node.0.row.id, node)).collect())
    })
}

/// A page of a card's rewards, which are loaded for all the cards of its level at once: a card has few.
pub(crate) fn of_card(
    context: &Context,
    level: &Level<LoyaltyCardId>,
    card: LoyaltyCardId,
    paging: &PageArguments,
) -> Result<LoyaltyRewardNodeConnection, ApiError> {
    let page = PageRequest::<RewardSort>::parse(paging, "rewards")?;
    let rewards = context.load(level, "rewards", card, |cards| {
        let actor = context.actor();
        let rewards = context.read(|tx| reward::per_card(tx, actor, cards))?;
        let mut of_cards: HashMap<LoyaltyCardId, Vec<LoyaltyRewardNode>> = HashMap::new();
        for node in together(rewards) {
            of_cards.entry(node.0.row.card).or_default().push(node);
        }
        Ok(of_cards)
    })?;
    Ok(LoyaltyRewardNodeConnection::cut(rewards.unwrap_or_default(), page))
}

impl Keyed<RewardSort> for LoyaltyRewardNode {
    fn sort_key(&self, field: RewardSort) -> SortKey {
        self.0.row.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.row.id.get()
    }
}

crate::fast_object! {
    #[graphql(name = "LoyaltyRewardNode", context = Context, impl = [NodeValue])]
    /// A product that the points of a card buy.
    impl RewardOfCard {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(LOYALTY_REWARD, self.row.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.row.id.get()) }
            /// What it costs, in points; null past 32 bits.
            "points" => fn points(&self) -> Option<i32> { int(self.row.points) }
            /// How many are left; null: enough.
            "stock" => fn stock(&self) -> Option<i32> {
                // A stock past 32 bits is one all the same.
                self.row.stock.map(|left| i32::try_from(left).unwrap_or(i32::MAX))
            }
            /// Until when it is to be had, this instant excluded; null: for ever.
            "expiry" => fn expiry(&self) -> Option<DateTime> { self.row.expiry.map(DateTime) }
            /// Given up.
            "archived" => fn archived(&self) -> bool { self.row.archived }
            /// When it was made.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.row.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.row.updated_at) }
        }
        fields {
            /// Whose it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                crate::merchant::node::load(context, self.siblings.merchants(), self.row.merchant)
            }

            /// What one gets.
            fn product(&self, context: &Context) -> Result<Option<ProductNode>, ApiError> {
                product::load(context, &self.products, self.row.product)
            }

            /// Whose points buy it.
            fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
                card::load(context, &self.cards, self.row.card)
            }
        }
    }
}

connection!(
    LoyaltyRewardNodeConnection,
    LoyaltyRewardNodeEdge,
    LoyaltyRewardNode,
    RewardSort,
    "A page of rewards.",
    "One of the rewards."
);
