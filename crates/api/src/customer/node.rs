//! `ConsumerNode`: a customer as whoever asks sees them.

use std::{collections::HashMap, sync::Arc};

use juniper::Executor;
use regulars_customer::{CardNumber, Consumer, ConsumerSort, consumer};
use regulars_kernel::{
    PersonId, Points,
    page::{Keyed, SortKey},
};
use regulars_loyalty::RedemptionKind;

use crate::{
    connection::{connection, paging},
    context::Context,
    customer::{
        choice::{
            ConsentChannel, UserCountry, UserEntitySource, UserGender, UserMerchantType,
            UserUserType,
        },
        consent::{self, ConsentNode, ConsentNodeConnection},
        user::{IUserNodeValue, USER, user_object},
    },
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    loyalty::{
        self, LedgerEntryNodeConnection, PointsRedemptionNodeConnection, PointsSummaryObject,
        RedemptionNodeConnection, StampsRedemptionNodeConnection,
        history::HistoryArguments,
        ledger_entry::{self, LedgerEntryKind},
    },
    merchant,
    node::NodeValue,
    order::{
        OrderNodeConnection, VisitNodeConnection,
        choice::OrderState,
        queries::{self, OrderArguments},
        visit,
    },
    scalar::{Date, DateTime, DateTimeArgument, JSONString},
    source::origin::{self, ConsumerSource},
};

/// A customer, and those loaded with them.
#[derive(Clone)]
pub struct Customer {
    consumer: Consumer,
    level: Arc<Level<PersonId>>,
}

/// A customer; their scalar fields take the short way.
pub type ConsumerNode = Fast<Customer>;

/// Nodes of customers that were loaded together.
pub(crate) fn together(consumers: Vec<Consumer>) -> Vec<ConsumerNode> {
    let level = Level::of(consumers.iter().map(|consumer| consumer.id));
    consumers
        .into_iter()
        .map(|consumer| Fast(Customer { consumer, level: Arc::clone(&level) }))
        .collect()
}

/// The node of a customer loaded alone.
pub(crate) fn alone(consumer: Consumer) -> ConsumerNode {
    let level = Level::of([consumer.id]);
    Fast(Customer { consumer, level })
}

/// Customers by id, for nodes of other nouns that refer to them: one statement for a whole level of referring nodes.
pub(crate) fn load(
    context: &Context,
    level: &Level<PersonId>,
    id: PersonId,
) -> Result<Option<ConsumerNode>, ApiError> {
    context.load(level, "ConsumerNode", id, |ids| {
        let actor = context.actor();
        let consumers = context.read(|tx| consumer::list_by_ids(tx, actor, ids))?;
        Ok(together(consumers).into_iter().map(|node| (node.0.consumer.id, node)).collect())
    })
}

impl Customer {
    pub(crate) const fn user(&self) -> &Consumer {
        &self.consumer
    }
}

impl Keyed<ConsumerSort> for ConsumerNode {
    fn sort_key(&self, field: ConsumerSort) -> SortKey {
        self.0.consumer.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.consumer.id.get()
    }
}

user_object! {
    #[graphql(name = "ConsumerNode")]
    /// A customer.
    impl Customer {
        leaves {
            /// The global id of the customer into whom this one was merged, whom everything that names this one means.
            "mergedInto" => fn merged_into(&self) -> Option<Id> {
                self.consumer.merged_into.map(|into| Id::global(USER, into.get()))
            }
        }
        loaded {
            /// Points earned net of reversals: at the asking merchant, or by oneself over all. Null past 32 bits.
            "pointsEarned" => fn points_earned(&self, context: &Context) -> Result<Option<i32>, ApiError> {
                let earned = context.load(
                    &self.level,
                    "pointsEarned",
                    self.consumer.id,
                    |ids| {
                        let actor = context.actor();
                        let earned =
                            context.read(|tx| regulars_loyalty::summary::earned(tx, actor, ids))?;
                        Ok(earned.into_iter().collect::<HashMap<PersonId, Points>>())
                    },
                )?;
                Ok(i32::try_from(earned.unwrap_or_default().get()).ok())
            }
        }
        fields {
            /// The owner of the merchant that keeps the record; null for people who registered.
            fn creator(&self, context: &Context) -> Result<Option<IUserNodeValue>, ApiError> {
                let Some(creator) = self.consumer.creator else { return Ok(None) };
                // Every record of a level is kept by the one merchant that asks.
                let owner = context.load(&self.level, "creator", self.consumer.id, |ids| {
                    let node = merchant::node::find(context, creator.founded())?;
                    Ok(node.map_or_else(HashMap::new, |node| {
                        ids.iter().map(|id| (*id, node.clone())).collect()
                    }))
                })?;
                Ok(owner.map(IUserNodeValue::MerchantNode))
            }

            /// Card numbers of the merchant's own that mean this customer, oldest first.
            fn consumer_cards(&self, context: &Context) -> Result<Vec<String>, ApiError> {
                let cards = context.load(
                    &self.level,
                    "consumerCards",
                    self.consumer.id,
                    |ids| {
                        let actor = context.actor();
                        let cards = context.read(|tx| consumer::cards(tx, actor, ids))?;
                        Ok(cards.into_iter().collect::<HashMap<PersonId, Vec<CardNumber>>>())
                    },
                )?;
                let cards = cards.unwrap_or_default();
                Ok(cards.iter().map(|card| card.as_str().to_owned()).collect())
            }

            /// Where they are known: their records in the systems that the merchant has connected, and which of their fields came from
            /// there. None for consumers themselves.
            fn sources(&self, context: &Context) -> Result<Vec<ConsumerSource>, ApiError> {
                origin::of_consumer(context, &self.level, self.consumer.id)
            }

            /// What they decided about being contacted: the decision that stands, of each channel of which one is known, at the
            /// asking merchant, or one's own everywhere.
            fn consents(&self, context: &Context) -> Result<Vec<ConsentNode>, ApiError> {
                consent::standing(context, &self.level, self.consumer.id)
            }

            /// Everything that is known of what they decided, the latest first.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn consent_history(
                &self,
                executor: &Executor<'_, '_, Context>,
                channel: Option<ConsentChannel>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "decidedAt, pk. Default -decidedAt.")]
                order_by: Option<String>,
            ) -> Result<Option<ConsentNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                consent::history(executor, &self.level, self.consumer.id, channel, &paging).map(Some)
            }

            /// What is left of what they earned, in a few numbers: at the asking merchant, or by oneself over all.
            fn points(&self, context: &Context) -> Result<Option<PointsSummaryObject>, ApiError> {
                loyalty::points::of_consumer(context, &self.level, self.consumer.id).map(Some)
            }

            /// What they bought, newest first: at the asking merchant, or oneself everywhere.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn orders(
                &self,
                executor: &Executor<'_, '_, Context>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "createdAt, completedAt, total, pk. Default -pk.")]
                order_by: Option<String>,
                #[graphql(name = "store_Id")] store: Option<Id>,
                #[graphql(name = "completedAt_Gte")] completed_at_gte: Option<DateTimeArgument>,
                #[graphql(name = "completedAt_Lt")] completed_at_lt: Option<DateTimeArgument>,
                #[graphql(name = "createdAt_Gte")] created_at_gte: Option<DateTimeArgument>,
                #[graphql(name = "createdAt_Lt")] created_at_lt: Option<DateTimeArgument>,
                #[graphql(description = "Completed within the last so long, by ISO 8601: `P30D`.")]
                duration: Option<String>,
                state: Option<OrderState>,
                completed: Option<bool>,
                #[graphql(name = "orderType_Id")] order_type: Option<Id>,
                #[graphql(description = "true: archived orders alone, whatever `includeArchived` says.")] archived: Option<bool>,
                #[graphql(description = "true: live and archived ones in one list.")]
                include_archived: Option<bool>,
            ) -> Result<Option<OrderNodeConnection>, ApiError> {
                let arguments = OrderArguments {
                    store,
                    completed_at_gte,
                    completed_at_lt,
                    created_at_gte,
                    created_at_lt,
                    duration,
                    state,
                    completed,
                    order_type,
                    archived,
                    include_archived,
                    ..OrderArguments::default()
                };
                let paging = paging(first, last, before, after, offset, order_by);
                queries::of_consumer(executor, &self.level, self.consumer.id, arguments, &paging).map(Some)
            }

            /// When they came by without an order, as recorded: at the asking merchant, or oneself everywhere.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn visits(
                &self,
                executor: &Executor<'_, '_, Context>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk.")] order_by: Option<String>,
            ) -> Result<Option<VisitNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                visit::of_consumer(executor, &self.level, self.consumer.id, &paging).map(Some)
            }

            /// Their uses of offers: at the asking merchant, or one's own everywhere.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn redemptions(
                &self,
                executor: &Executor<'_, '_, Context>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "createdAt, pk. Default pk.")]
                order_by: Option<String>,
            ) -> Result<Option<RedemptionNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                loyalty::redemption::of_consumer(
                    executor,
                    &self.level,
                    self.consumer.id,
                    (RedemptionKind::Offer, "redemptions"),
                    &paging,
                )
                .map(Some)
            }

            /// The full cards of stamps that they handed in.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn stamps_redemptions(
                &self,
                executor: &Executor<'_, '_, Context>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "createdAt, pk. Default pk.")]
                order_by: Option<String>,
            ) -> Result<Option<StampsRedemptionNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                loyalty::redemption::of_consumer(
                    executor,
                    &self.level,
                    self.consumer.id,
                    (RedemptionKind::Stamps, "stampsRedemptions"),
                    &paging,
                )
                .map(Some)
            }

            /// What happened on their loyalty cards, points and stamps, line by line: at the asking merchant, or one's own everywhere.
            /// Newest first unless told.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn points_history(
                &self,
                executor: &Executor<'_, '_, Context>,
                #[graphql(description = "At this merchant alone.")] merchant_id: Option<Id>,
                #[graphql(description = "On this card alone.")] loyalty_card_id: Option<Id>,
                #[graphql(description = "Lines of this kind.")] kind: Option<LedgerEntryKind>,
                #[graphql(name = "occurredAt_Gte", description = "Of what happened then or later.")]
                occurred_at_gte: Option<DateTimeArgument>,
                #[graphql(name = "occurredAt_Lt", description = "Of what happened earlier.")]
                occurred_at_lt: Option<DateTimeArgument>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "occurredAt, pk (the order they were written in). Default -pk.")]
                order_by: Option<String>,
            ) -> Result<Option<LedgerEntryNodeConnection>, ApiError> {
                let (from, until) = (occurred_at_gte, occurred_at_lt);
                let query = HistoryArguments { merchant_id, loyalty_card_id, kind, from, until };
                let paging = paging(first, last, before, after, offset, order_by);
                let person = self.consumer.id;
                ledger_entry::of_consumer(executor, &self.level, person, &query.query()?, &paging).map(Some)
            }

            /// Their uses of points.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn points_redemptions(
                &self,
                executor: &Executor<'_, '_, Context>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "createdAt, pk. Default pk.")]
                order_by: Option<String>,
            ) -> Result<Option<PointsRedemptionNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                loyalty::redemption::of_consumer(
                    executor,
                    &self.level,
                    self.consumer.id,
                    (RedemptionKind::Points, "pointsRedemptions"),
                    &paging,
                )
                .map(Some)
            }
        }
    }
}

connection!(
    ConsumerNodeConnection,
    ConsumerNodeEdge,
    ConsumerNode,
    ConsumerSort,
    "A page of customers.",
    "One of the customers."
);
