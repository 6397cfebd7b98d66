//! `ConsumerNode`: a customer as whoever asks sees them.

use std::{collections::HashMap, sync::Arc};

use regulars_customer::{CardNumber, Consumer, ConsumerSort, consumer};
use regulars_kernel::{
    PersonId, Points,
    page::{Keyed, SortKey},
};

use crate::{
    connection::connection,
    context::Context,
    customer::{
        choice::{UserCountry, UserEntitySource, UserGender, UserMerchantType, UserUserType},
        user::{IUserNodeValue, USER, user_object},
    },
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    node::NodeValue,
    merchant,
    scalar::{Date, DateTime, JSONString},
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
    context.load(level, "ConsumerNode".to_owned(), id, |ids| {
        let actor = context.actor();
        let consumers = context.read(|tx| consumer::list_by_ids(tx, actor, ids))?;
        Ok(together(consumers).into_iter().map(|node| (node.0.consumer.id, node)).collect())
    })
}

impl Customer {
    pub(crate) const fn user(&self) -> &Consumer {
        &self.consumer
    }

    pub(crate) const fn id_of(&self) -> PersonId {
        self.consumer.id
    }

    /// Those loaded with this one.
    pub(crate) fn level(&self) -> &Level<PersonId> {
        &self.level
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
        leaves {}
        fields {
            /// The owner of the merchant that keeps the record; null for people who registered.
            fn creator(&self, context: &Context) -> Result<Option<IUserNodeValue>, ApiError> {
                let Some(creator) = self.consumer.creator else { return Ok(None) };
                // Every record of a level is kept by the one merchant that asks.
                let owner = context.load(&self.level, "creator".to_owned(), self.consumer.id, |ids| {
                    let node = merchant::node::find(context, creator.founded())?;
                    Ok(node.map_or_else(HashMap::new, |node| {
                        ids.iter().map(|id| (*id, node.clone())).collect()
                    }))
                })?;
                Ok(owner.map(IUserNodeValue::MerchantNode))
            }

            /// Points earned net of reversals: at the asking merchant, or by oneself over all. Null past 32 bits.
            fn points_earned(&self, context: &Context) -> Result<Option<i32>, ApiError> {
                let earned = context.load(
                    &self.level,
                    "pointsEarned".to_owned(),
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

            /// Card numbers of the merchant's own that mean this customer, oldest first.
            fn consumer_cards(&self, context: &Context) -> Result<Vec<String>, ApiError> {
                let cards = context.load(
                    &self.level,
                    "consumerCards".to_owned(),
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
