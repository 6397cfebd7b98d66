//! `VisitNode`: somebody came by and spent something, without an order that says on what.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use juniper::Executor;
use regulars_kernel::{
    Actor, MerchantId, OrderId, Page, PageRequest, PersonId, StoreId, VisitId,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_order::{
    OrderError, Visit, VisitQuery, VisitSort, VisitStore,
    visit::{earned, list_by_ids},
};
use regulars_persistence::Tx;

use super::{OrderNode, node as order_node};
use crate::{
    connection::{Lists, connection},
    context::Context,
    customer::{self, ConsumerNode},
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::{Level, LoadName},
    merchant::{self, MerchantNode, StoreNode},
    node::NodeValue,
    scalar::{BigInt, Date, DateTime, Decimal},
    sibling::{Referred, Sibling},
};

/// The type name in global ids.
pub const VISIT: &str = "VisitNode";

/// What visits refer to.
#[derive(Default)]
pub struct VisitReferred {
    visits: Referred<VisitId>,
    consumers: Referred<PersonId>,
    merchants: Referred<MerchantId>,
    stores: Referred<StoreId>,
    orders: Referred<OrderId>,
}

/// A visit, and those loaded with it.
#[derive(Clone)]
pub struct Stay(Sibling<Visit, VisitReferred>);

/// A visit; its scalar fields take the short way.
pub type VisitNode = Fast<Stay>;

/// One visit; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: VisitId) -> Result<Option<VisitNode>, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| list_by_ids(tx, actor, &[id]))?.pop();
    Ok(found.map(|visit| Fast(Stay(Sibling::alone(visit)))))
}

/// One of the visits of a level, loaded for all of them; none where the asker does not see it.
pub(crate) fn load(
    context: &Context,
    level: &Level<VisitId>,
    id: VisitId,
) -> Result<Option<VisitNode>, ApiError> {
    context.load(level, VISIT, id, |ids| {
        let actor = context.actor();
        let items = context.read(|tx| list_by_ids(tx, actor, ids))?;
        let page = Sibling::page(Page { items, has_next: false, has_previous: false });
        Ok(page.items.into_iter().map(|visit| (visit.id, Fast(Stay(visit)))).collect())
    })
}

impl Keyed<VisitSort> for VisitNode {
    fn sort_key(&self, field: VisitSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.0.id.get()
    }
}

crate::fast_object! {
    #[graphql(name = "VisitNode", context = Context, impl = [NodeValue])]
    /// Somebody came by and spent something, without an order that says on what.
    impl Stay {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(VISIT, self.0.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id.get()) }
            /// What was spent.
            "amount" => fn amount(&self) -> Decimal { self.0.amount.into() }
            /// Its currency.
            "amountCurrency" => fn amount_currency(&self) -> &str { self.0.amount.currency().code() }
            /// When it was.
            "occurredAt" => fn occurred_at(&self) -> DateTime { DateTime(self.0.occurred_at) }
            /// The business date of that, by the store's clock.
            "businessDate" => fn business_date(&self) -> Date { Date(self.0.business_date) }
            /// When it was recorded.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.created_at) }
        }
        fields {
            /// Who came; null where the asker does not see who.
            fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
                let level = self.0.referred(|all| &all.consumers, |visit| Some(visit.consumer));
                customer::node::load(context, level, self.0.consumer)
            }

            /// At which merchant.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let level = self.0.referred(|all| &all.merchants, |visit| Some(visit.merchant));
                merchant::node::load(context, level, self.0.merchant)
            }

            /// Where.
            fn store(&self, context: &Context) -> Result<Option<StoreNode>, ApiError> {
                let level = self.0.referred(|all| &all.stores, |visit| Some(visit.store));
                merchant::store::load(context, level, self.0.store)
            }

            /// The order that says on what, which earns in the visit's place; null where there is none.
            fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
                let Some(order) = self.0.order else { return Ok(None) };
                order_node::load(context, self.0.referred(|all| &all.orders, |visit| visit.order), order)
            }

            /// The points that it earned, net of what was taken back since; without the card's initial points.
            fn points_earned(&self, context: &Context) -> Result<BigInt, ApiError> {
                let level = self.0.referred(|all| &all.visits, |visit| Some(visit.id));
                let points = context.load(level, "points of visits", self.0.id, |ids| {
                    let actor = context.actor();
                    let points = context.read(|tx| earned(tx, actor, ids))?;
                    Ok(points.into_iter().collect::<HashMap<_, _>>())
                })?;
                Ok(BigInt(points.unwrap_or_default().get()))
            }
        }
    }
}

connection!(
    VisitNodeConnection,
    VisitNodeEdge,
    VisitNode,
    VisitSort,
    "A page of visits.",
    "One of the visits."
);

/// The visits of one of the customers of a level.
pub(crate) fn of_consumer(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<PersonId>>,
    id: PersonId,
    paging: &PageArguments,
) -> Result<VisitNodeConnection, ApiError> {
    nested(
        executor,
        level,
        id,
        paging,
        |tx, ids, query, page| tx.visits_per_consumer(ids, query, page).map_err(Into::into),
        |tx, ids, query| tx.count_visits_per_consumer(ids, query).map_err(Into::into),
    )
}

/// The visits of one of the stores of a level.
pub(crate) fn of_store(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<StoreId>>,
    id: StoreId,
    paging: &PageArguments,
) -> Result<VisitNodeConnection, ApiError> {
    nested(
        executor,
        level,
        id,
        paging,
        |tx, ids, query, page| tx.visits_per_store(ids, query, page).map_err(Into::into),
        |tx, ids, query| tx.count_visits_per_store(ids, query).map_err(Into::into),
    )
}

/// The visits of one of many parents: a page of each is loaded at once, and so are their numbers.
fn nested<K, P, C>(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<K>>,
    id: K,
    paging: &PageArguments,
    pages: P,
    counts: C,
) -> Result<VisitNodeConnection, ApiError>
where
    K: Copy + Eq + Hash + From<i64> + Into<i64> + Send + Sync + 'static,
    P: FnOnce(
        &mut Tx<'_>,
        &[K],
        &VisitQuery,
        &PageRequest<VisitSort>,
    ) -> Result<Vec<(K, Page<Visit>)>, OrderError>,
    C: Fn(&mut Tx<'_>, &[K], &VisitQuery) -> Result<Vec<(K, u64)>, OrderError>
        + Send
        + Sync
        + 'static,
{
    let (context, name) = (executor.context(), LoadName::at("visits", executor));
    let lists = context.lists(level, name, |ids| {
        let page = PageRequest::<VisitSort>::parse(paging, "visits")?;
        let query = shown(context.actor())?;
        let found = match &query {
            Some(query) => context.read(|tx| pages(tx, ids, query, &page))?,
            None => Vec::new(),
        };
        let (parents, found): (Vec<K>, Vec<_>) = found.into_iter().unzip();
        let found = Sibling::pages(found).map(|page| page.map(|visit| Fast(Stay(visit))));
        let level = Arc::clone(level);
        let parents = parents.into_iter().map(Into::into).zip(found);
        Ok(Lists::new(parents, page.order, move |context, id| {
            let number = context.load(&level, name.and("number of visits"), id.into(), |ids| {
                let Some(query) = shown(context.actor())? else { return Ok(HashMap::new()) };
                let counts = context.read(|tx| counts(tx, ids, &query))?;
                Ok(counts.into_iter().collect::<HashMap<K, u64>>())
            })?;
            Ok(number.unwrap_or_default())
        }))
    })?;
    Ok(lists.of(id.into()))
}

fn shown(actor: &Actor) -> Result<Option<VisitQuery>, ApiError> {
    VisitQuery::of(actor).map_err(Into::into)
}
