//! `consumers` and `consumer`.

use regulars_customer::{ConsumerSort, FilterArguments, consumer, segment};
use regulars_kernel::{
    ErrorKind, Page, PageRequest, PersonId, Rule, Violations, page::PageArguments,
};

use crate::{
    connection::Count,
    context::Context,
    customer::{
        ConsumerNode, ConsumerNodeConnection,
        node::{alone, together},
        user::{self, IUserNodeValue, USER},
    },
    error::ApiError,
    global_id::Id,
};

/// A page of the asker's customers.
pub(crate) fn consumers(
    context: &Context,
    mut arguments: FilterArguments,
    segmentation_rules: Option<&serde_json::Value>,
    paging: &PageArguments,
) -> Result<ConsumerNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require(regulars_kernel::Permission::ViewConsumer)?;
    let page = PageRequest::<ConsumerSort>::parse(paging, "consumers")?;
    arguments.segment = segmentation_rules
        .map(segment::parse)
        .transpose()
        .map_err(|rule: Rule| Violations::of("segmentationRules", rule))?;
    let now = context.now();
    let (filter, found) = context.read(|tx| {
        let filter = consumer::filter(tx, actor, arguments, now)?;
        let found = consumer::list(tx, actor, &filter, &page)?;
        Ok::<_, regulars_customer::CustomerError>((filter, found))
    })?;
    let Page { items, has_next, has_previous } = found;
    let nodes = Page { items: together(items), has_next, has_previous };
    let count = Count::asked(move |context| {
        context.read(|tx| consumer::count(tx, context.actor(), &filter))
    });
    Ok(ConsumerNodeConnection::new(nodes, page.order, count))
}

/// One customer; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn consumer(context: &Context, id: &Id) -> Result<ConsumerNode, ApiError> {
    let pk = id.pk(USER).map_err(|error| ApiError::bad_id("id", &error))?;
    let actor = context.actor();
    let found = context
        .read(|tx| consumer::get(tx, actor, PersonId::new(pk)))
        .map_err(|error| error.about("id"))?;
    Ok(alone(found))
}

/// A user by number, consumer or merchant, as far as the asker sees them; `None` for who is not there for them.
pub(crate) fn user(context: &Context, pk: i64) -> Result<Option<IUserNodeValue>, ApiError> {
    if let Some(account) = user::account(context, PersonId::new(pk))? {
        return Ok(Some(account));
    }
    match consumer(context, &Id::global(USER, pk)) {
        Ok(consumer) => Ok(Some(IUserNodeValue::ConsumerNode(consumer))),
        Err(error) if error.kind == ErrorKind::DoesNotExist => Ok(None),
        Err(error) => Err(error),
    }
}
