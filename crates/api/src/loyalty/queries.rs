//! `loyaltyCards` and `loyaltyCard`.

use regulars_kernel::{
    LoyaltyCardId, MerchantId, Page, PageRequest, RewardId, StoreId, page::PageArguments,
};
use regulars_loyalty::{LoyaltyCardFilter, LoyaltyCardSort, card, reward};
use regulars_merchant::Archived;

use super::{
    LoyaltyCardNode, LoyaltyCardNodeConnection, LoyaltyRewardNode,
    card::{LOYALTY_CARD, together},
    choice::LoyaltyCardLoyaltyType,
};
use crate::{
    connection::Count,
    context::Context,
    customer::user::USER,
    error::ApiError,
    global_id::Id,
    promotion::{choice::PromotionStatus, queries::named},
};

/// The filters of `loyaltyCards`, as they came in.
pub(crate) struct LoyaltyCardArguments {
    pub(crate) name: Option<String>,
    pub(crate) name_icontains: Option<String>,
    pub(crate) status: Option<PromotionStatus>,
    pub(crate) loyalty_type: Option<LoyaltyCardLoyaltyType>,
    pub(crate) merchant: Option<Id>,
    pub(crate) store: Option<Id>,
    pub(crate) archived: Option<bool>,
    pub(crate) include_archived: Option<bool>,
}

/// A page of the cards that the asker lists.
pub(crate) fn loyalty_cards(
    context: &Context,
    arguments: LoyaltyCardArguments,
    paging: &PageArguments,
) -> Result<LoyaltyCardNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require_known()?;
    let page = PageRequest::<LoyaltyCardSort>::parse(paging, "loyaltyCards")?;
    let filter = LoyaltyCardFilter {
        name: arguments.name,
        name_icontains: arguments.name_icontains,
        status: arguments.status.map(Into::into),
        loyalty_type: arguments.loyalty_type.map(|kind| kind.name().to_owned()),
        merchant: named::<MerchantId>("merchant_Id", arguments.merchant.as_ref(), USER)?,
        store: named::<StoreId>("store_Id", arguments.store.as_ref(), "StoreNode")?,
        archived: Archived::asked(arguments.archived, arguments.include_archived),
    };
    let found = context.read(|tx| card::list(tx, actor, filter.clone(), &page))?;
    let (has_next, has_previous) = (found.has_next, found.has_previous);
    let nodes = Page { items: together(found.items), has_next, has_previous };
    let count = Count::asked(move |context| {
        context.read(|tx| card::count(tx, context.actor(), filter.clone()))
    });
    Ok(LoyaltyCardNodeConnection::new(nodes, page.order, count))
}

/// One card; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn loyalty_card(context: &Context, id: &Id) -> Result<LoyaltyCardNode, ApiError> {
    let pk = id.pk(LOYALTY_CARD).map_err(|error| ApiError::bad_id("id", &error))?;
    get(context, LoyaltyCardId::new(pk))
}

/// One card.
pub(crate) fn get(context: &Context, id: LoyaltyCardId) -> Result<LoyaltyCardNode, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| card::get(tx, actor, id)).map_err(|error| error.about("id"))?;
    together(vec![found]).pop().ok_or(ApiError::absent("id"))
}

/// One reward, as far as the asker sees it.
pub(crate) fn reward(context: &Context, pk: i64) -> Result<Option<LoyaltyRewardNode>, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| reward::list_by_ids(tx, actor, &[RewardId::new(pk)]))?;
    Ok(super::reward::together(found).pop())
}
