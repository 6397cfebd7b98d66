//! `orders` and `order`, and the orders of each of many customers or stores.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use juniper::Executor;
use regulars_kernel::{
    Actor, OrderId, OrderTypeId, Page, PageRequest, PersonId, Rule, StoreId, Timestamp, Violations,
    page::PageArguments,
};
use regulars_merchant::Archived;
use regulars_order::{
    Duration, Order, OrderError, OrderFilter, OrderSort, Period, history, order as orders_of,
};
use regulars_persistence::Tx;

use super::{
    OrderNode, OrderNodeConnection,
    choice::OrderState,
    node::{self, ORDER, alone},
    order_type::ORDER_TYPE,
};
use crate::{
    connection::{Count, Lists},
    context::Context,
    customer::user::USER,
    error::ApiError,
    global_id::Id,
    level::{Level, LoadName},
    merchant::store::STORE,
    scalar::DateTimeArgument,
};

/// The filters of orders, as they came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrderArguments {
    pub(crate) consumer: Option<Id>,
    pub(crate) store: Option<Id>,
    pub(crate) consumer_phone_number: Option<String>,
    pub(crate) consumer_loyalty_id: Option<String>,
    pub(crate) consumer_email: Option<String>,
    pub(crate) completed_at_gte: Option<DateTimeArgument>,
    pub(crate) completed_at_lt: Option<DateTimeArgument>,
    pub(crate) created_at_gte: Option<DateTimeArgument>,
    pub(crate) created_at_lt: Option<DateTimeArgument>,
    pub(crate) duration: Option<String>,
    pub(crate) state: Option<OrderState>,
    pub(crate) completed: Option<bool>,
    pub(crate) order_type: Option<Id>,
    pub(crate) archived: Option<bool>,
    pub(crate) include_archived: Option<bool>,
}

impl OrderArguments {
    /// The filter they say; empty ids and texts say nothing.
    fn filter(self) -> Result<OrderFilter, Violations> {
        let mut wrong = Violations::new();
        let mut pk = |argument, id: Option<Id>, kind| {
            let id = id.filter(|id| !id.is_empty())?;
            let pk = id.pk(kind).map_err(|error| Rule::Invalid(error.to_string()));
            wrong.check(argument, pk)
        };
        let consumer = pk("consumer_Id", self.consumer, USER).map(PersonId::new);
        let store = pk("store_Id", self.store, STORE).map(StoreId::new);
        let order_type = pk("orderType_Id", self.order_type, ORDER_TYPE).map(OrderTypeId::new);
        let duration = self.duration.filter(|text| !text.trim().is_empty());
        let duration =
            duration.and_then(|text| wrong.check("duration", Duration::parse(text.trim())));
        let period = |from: Option<DateTimeArgument>, before: Option<DateTimeArgument>| Period {
            from: DateTimeArgument::instant(from),
            before: DateTimeArgument::instant(before),
        };
        let filter = OrderFilter {
            consumer,
            consumer_phone_number: self.consumer_phone_number,
            consumer_loyalty_id: self.consumer_loyalty_id,
            consumer_email: self.consumer_email,
            store,
            completed_at: period(self.completed_at_gte, self.completed_at_lt),
            created_at: period(self.created_at_gte, self.created_at_lt),
            duration,
            state: self.state.map(Into::into),
            completed: self.completed,
            order_type,
            archived: Archived::asked(self.archived, self.include_archived),
        };
        wrong.extend(filter.check());
        wrong.into_result()?;
        Ok(filter)
    }
}

/// A page of the orders that the asker sees.
pub(crate) fn orders(
    context: &Context,
    arguments: OrderArguments,
    paging: &PageArguments,
) -> Result<OrderNodeConnection, ApiError> {
    let (actor, now) = (context.actor(), context.now());
    actor.require_known()?;
    let page = PageRequest::<OrderSort>::parse(paging, "orders")?;
    let filter = arguments.filter()?;
    let found = context.read(|tx| history::list(tx, actor, filter.clone(), &page, now))?;
    let nodes = node::page(found);
    let count = Count::asked(move |context| {
        context.read(|tx| history::count(tx, context.actor(), filter.clone(), context.now()))
    });
    Ok(OrderNodeConnection::new(nodes, page.order, count))
}

/// One order; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn order(context: &Context, id: &Id) -> Result<OrderNode, ApiError> {
    let pk = id.pk(ORDER).map_err(|error| ApiError::bad_id("id", &error))?;
    let actor = context.actor();
    let found = context.read(|tx| orders_of::get(tx, actor, OrderId::new(pk)));
    found.map(alone).map_err(|error| error.about("id"))
}

/// The orders of one of the customers of a level.
pub(crate) fn of_consumer(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<PersonId>>,
    id: PersonId,
    arguments: OrderArguments,
    paging: &PageArguments,
) -> Result<OrderNodeConnection, ApiError> {
    nested(
        executor,
        level,
        id,
        (arguments, paging),
        |tx, actor, ids, filter, page, now| {
            history::per_consumer(tx, actor, ids, filter, page, now)
        },
        |tx, actor, ids, filter, now| history::count_per_consumer(tx, actor, ids, filter, now),
    )
}

/// The orders of one of the stores of a level.
pub(crate) fn of_store(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<StoreId>>,
    id: StoreId,
    arguments: OrderArguments,
    paging: &PageArguments,
) -> Result<OrderNodeConnection, ApiError> {
    nested(
        executor,
        level,
        id,
        (arguments, paging),
        |tx, actor, ids, filter, page, now| history::per_store(tx, actor, ids, filter, page, now),
        |tx, actor, ids, filter, now| history::count_per_store(tx, actor, ids, filter, now),
    )
}

/// The orders of one of many parents: a page of each is loaded at once, and so are their numbers.
fn nested<K, P, C>(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<K>>,
    id: K,
    (arguments, paging): (OrderArguments, &PageArguments),
    pages: P,
    counts: C,
) -> Result<OrderNodeConnection, ApiError>
where
    K: Copy + Eq + Hash + From<i64> + Into<i64> + Send + Sync + 'static,
    P: FnOnce(
        &mut Tx<'_>,
        &Actor,
        &[K],
        OrderFilter,
        &PageRequest<OrderSort>,
        Timestamp,
    ) -> Result<Vec<(K, Page<Order>)>, OrderError>,
    C: Fn(&mut Tx<'_>, &Actor, &[K], OrderFilter, Timestamp) -> Result<Vec<(K, u64)>, OrderError>
        + Send
        + Sync
        + 'static,
{
    let (context, name) = (executor.context(), LoadName::at("orders", executor));
    let lists = context.lists(level, name, |ids| {
        let page = PageRequest::<OrderSort>::parse(paging, "orders")?;
        let filter = arguments.filter()?;
        let (actor, now) = (context.actor(), context.now());
        let found = context.read(|tx| pages(tx, actor, ids, filter.clone(), &page, now))?;
        let (parents, pages): (Vec<K>, Vec<_>) = found.into_iter().unzip();
        let pages = parents.into_iter().map(Into::into).zip(node::pages(pages));
        let level = Arc::clone(level);
        Ok(Lists::new(pages, page.order, move |context, id| {
            let number = context.load(&level, name.and("number of orders"), id.into(), |ids| {
                let (actor, now) = (context.actor(), context.now());
                let counts = context.read(|tx| counts(tx, actor, ids, filter.clone(), now))?;
                Ok(counts.into_iter().collect::<HashMap<K, u64>>())
            })?;
            Ok(number.unwrap_or_default())
        }))
    })?;
    Ok(lists.of(id.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<Id> {
        Some(Id::received(text))
    }

    #[test]
    fn empty_arguments_filter_nothing() {
        let arguments = OrderArguments {
            consumer: id(""),
            store: id(""),
            order_type: id(""),
            duration: Some(" ".to_owned()),
            ..OrderArguments::default()
        };
        assert_eq!(arguments.filter(), Ok(OrderFilter::default()));
    }

    #[test]
    fn ids_are_global_or_bare_and_every_bad_argument_is_named() {
        let arguments = OrderArguments {
            consumer: Some(Id::global(USER, 7)),
            store: id("9"),
            order_type: Some(Id::global(ORDER_TYPE, 3)),
            duration: Some("P30D".to_owned()),
            ..OrderArguments::default()
        };
        let filter = arguments.filter().unwrap();
        assert_eq!(filter.consumer, Some(PersonId::new(7)));
        assert_eq!(filter.store, Some(StoreId::new(9)));
        assert_eq!(filter.order_type, Some(OrderTypeId::new(3)));
        assert!(filter.duration.is_some());

        let arguments = OrderArguments {
            consumer: Some(Id::global(STORE, 7)),
            store: id("rubbish"),
            order_type: Some(Id::global(ORDER, 3)),
            duration: Some("a while".to_owned()),
            ..OrderArguments::default()
        };
        let wrong = arguments.filter().unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|violation| violation.field.unwrap()).collect();
        assert_eq!(fields, ["consumer_Id", "store_Id", "orderType_Id", "duration"]);
    }
}
