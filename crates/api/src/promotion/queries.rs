//! `offers`, `offer`, `campaigns` and `campaign`.

use std::sync::Arc;

use regulars_kernel::{
    CampaignId, ErrorKind, MerchantId, OfferId, Page, PageRequest, StoreId, page::PageArguments,
};
use regulars_merchant::Archived;
use regulars_promotion::{CampaignFilter, CampaignSort, OfferFilter, OfferSort, campaign, offer};

use super::{
    CampaignNode, OfferNode, OfferNodeConnection,
    campaign::{CAMPAIGN, CampaignNodeConnection, get, together as campaigns_of},
    choice::{OfferOfferType, PromotionStatus},
    offer::{OFFER, get as offer_node, together},
};
use crate::connection::Count;
use crate::{argument::pk, context::Context, customer::user::USER, error::ApiError, global_id::Id};

/// The filters of `offers`, as they came in.
pub(crate) struct OfferArguments {
    pub(crate) name: Option<String>,
    pub(crate) name_icontains: Option<String>,
    pub(crate) status: Option<PromotionStatus>,
    pub(crate) offer_type: Option<OfferOfferType>,
    pub(crate) campaign: Option<Id>,
    pub(crate) merchant: Option<Id>,
    pub(crate) store: Option<Id>,
    pub(crate) archived: Option<bool>,
    pub(crate) include_archived: Option<bool>,
}

/// The pk in a filter; the empty text filters nothing.
pub(crate) fn named<T: From<i64>>(
    argument: &'static str,
    id: Option<&Id>,
    kind: &str,
) -> Result<Option<T>, ApiError> {
    let id = id.filter(|id| !id.is_empty());
    let pk = id.map(|id| id.pk(kind).map_err(|error| ApiError::bad_id(argument, &error)));
    Ok(pk.transpose()?.map(T::from))
}

/// A page of the offers that the asker lists.
pub(crate) fn offers(
    context: &Context,
    arguments: OfferArguments,
    paging: &PageArguments,
) -> Result<OfferNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require_known()?;
    let page = PageRequest::<OfferSort>::parse(paging, "offers")?;
    let filter = OfferFilter {
        name: arguments.name,
        name_icontains: arguments.name_icontains,
        status: arguments.status.map(Into::into),
        offer_type: arguments.offer_type.map(|kind| kind.name().to_owned()),
        campaign: named::<CampaignId>("campaign_Id", arguments.campaign.as_ref(), CAMPAIGN)?,
        merchant: named::<MerchantId>("merchant_Id", arguments.merchant.as_ref(), USER)?,
        store: named::<StoreId>("store_Id", arguments.store.as_ref(), "StoreNode")?,
        archived: Archived::asked(arguments.archived, arguments.include_archived),
    };
    let found = context.read(|tx| offer::list(tx, actor, filter.clone(), &page))?;
    let (has_next, has_previous) = (found.has_next, found.has_previous);
    let nodes = Page { items: together(found.items), has_next, has_previous };
    let count = Count::asked(move |context| {
        context.read(|tx| offer::count(tx, context.actor(), filter.clone()))
    });
    Ok(OfferNodeConnection::new(nodes, page.order, count))
}

/// One offer; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn offer(context: &Context, id: &Id) -> Result<OfferNode, ApiError> {
    offer_node(context, OfferId::new(pk("id", id, OFFER)?))
}

/// One offer; none where the asker sees none of that id.
pub(crate) fn offer_by_pk(context: &Context, id: OfferId) -> Result<Option<OfferNode>, ApiError> {
    found(offer_node(context, id))
}

/// An object that may not be there for the asker.
pub(crate) fn found<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Ok(node) => Ok(Some(node)),
        Err(error) if error.kind == ErrorKind::DoesNotExist => Ok(None),
        Err(error) => Err(error),
    }
}

/// The filters of `campaigns`, as they came in.
pub(crate) struct CampaignArguments {
    pub(crate) name: Option<String>,
    pub(crate) name_icontains: Option<String>,
    pub(crate) status: Option<PromotionStatus>,
    pub(crate) archived: Option<bool>,
    pub(crate) include_archived: Option<bool>,
}

/// A page of the campaigns of the asker's merchant.
pub(crate) fn campaigns(
    context: &Context,
    arguments: CampaignArguments,
    paging: &PageArguments,
) -> Result<CampaignNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require_known()?;
    let page = PageRequest::<CampaignSort>::parse(paging, "campaigns")?;
    let filter = CampaignFilter {
        name: arguments.name,
        name_icontains: arguments.name_icontains,
        status: arguments.status.map(Into::into),
        archived: Archived::asked(arguments.archived, arguments.include_archived),
    };
    let found = context.read(|tx| campaign::list(tx, actor, filter.clone(), &page))?;
    let Page { items, has_next, has_previous } = found;
    let items = campaigns_of(items.into_iter().map(Arc::new).collect());
    let nodes = Page { items, has_next, has_previous };
    let count = Count::asked(move |context| {
        context.read(|tx| campaign::count(tx, context.actor(), filter.clone()))
    });
    Ok(CampaignNodeConnection::new(nodes, page.order, count))
}

/// One campaign; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn campaign(context: &Context, id: &Id) -> Result<CampaignNode, ApiError> {
    get(context, CampaignId::new(pk("id", id, CAMPAIGN)?))
}
