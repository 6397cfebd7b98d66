//! `offers` and `offer`.

use regulars_kernel::{
    CampaignId, ErrorKind, MerchantId, OfferId, PageRequest, StoreId, page::PageArguments,
};
use regulars_merchant::Archived;
use regulars_promotion::{OfferFilter, OfferSort, offer};

use super::{
    CampaignNode, OfferNode, OfferNodeConnection,
    campaign::CAMPAIGN,
    choice::{OfferOfferType, PromotionStatus},
    offer::{OFFER, together},
};
use crate::connection::Count;
use crate::{context::Context, customer::user::USER, error::ApiError, global_id::Id};

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
    let nodes = regulars_kernel::Page { items: together(found.items), has_next, has_previous };
    let count = Count::asked(move |context| {
        context.read(|tx| offer::count(tx, context.actor(), filter.clone()))
    });
    Ok(OfferNodeConnection::new(nodes, page.order, count))
}

/// One offer; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn offer(context: &Context, id: &Id) -> Result<OfferNode, ApiError> {
    let pk = id.pk(OFFER).map_err(|error| ApiError::bad_id("id", &error))?;
    let actor = context.actor();
    let found = context
        .read(|tx| offer::get(tx, actor, OfferId::new(pk)))
        .map_err(|error| error.about("id"))?;
    together(vec![found]).pop().ok_or(ApiError::absent("id"))
}

/// An object that may not be there for the asker.
pub(crate) fn found<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Ok(node) => Ok(Some(node)),
        Err(error) if error.kind == ErrorKind::DoesNotExist => Ok(None),
        Err(error) => Err(error),
    }
}

/// A campaign, through the offers of it that the asker lists.
pub(crate) fn campaign(context: &Context, pk: i64) -> Result<Option<CampaignNode>, ApiError> {
    let actor = context.actor();
    let filter = OfferFilter {
        campaign: Some(CampaignId::new(pk)),
        archived: Archived::Included,
        ..OfferFilter::default()
    };
    let first = PageRequest::<OfferSort>::first(1);
    let found = context.read(|tx| offer::list(tx, actor, filter, &first))?;
    Ok(together(found.items).pop().and_then(|node| node.0.campaign_node()))
}
