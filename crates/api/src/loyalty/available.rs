//! `consumerAvailablePromotions`.

use regulars_customer::{Identifier, identity::identify};
use regulars_kernel::{
    Page, PageRequest, StoreId,
    page::{PageArguments, cut},
};
use regulars_loyalty::{
    Available, AvailableSort, LoyaltyError, Promotion,
    available::{self, Question},
};

use super::card;
use crate::{
    connection::Count,
    context::Context,
    customer::user::USER,
    error::ApiError,
    global_id::Id,
    level::Level,
    promotion::{PromotionNodeConnection, PromotionNodeValue, offer, queries::named},
    scalar::DateTimeArgument,
};

/// What is asked, as it came in.
pub(crate) struct AvailableArguments {
    pub(crate) consumer_id: Option<Id>,
    pub(crate) consumer_loyalty_id: Option<String>,
    pub(crate) consumer_email: Option<String>,
    pub(crate) consumer_phone_number: Option<String>,
    pub(crate) store_id: Option<Id>,
    pub(crate) at: Option<DateTimeArgument>,
    pub(crate) include_unavailable: bool,
}

/// A page of the promotions that are available to a customer. All are decided before the page is cut, so the count costs
/// nothing more.
pub(crate) fn promotions(
    context: &Context,
    arguments: AvailableArguments,
    paging: &PageArguments,
) -> Result<PromotionNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require_known()?;
    let page = PageRequest::<AvailableSort>::parse(paging, "consumerAvailablePromotions")?;
    let question = Question {
        who: Identifier {
            id: named("consumerId", arguments.consumer_id.as_ref(), USER)?,
            loyalty_id: arguments.consumer_loyalty_id,
            email: arguments.consumer_email,
            phone_number: arguments.consumer_phone_number,
        },
        store: named::<StoreId>("storeId", arguments.store_id.as_ref(), "StoreNode")?,
        at: DateTimeArgument::instant(arguments.at),
        include_unavailable: arguments.include_unavailable,
    };
    let by_number = question.who.loyalty_id.as_deref().is_some_and(|number| !number.is_empty());
    if by_number {
        context.identify()?;
    }
    let now = context.now();
    let (person, decided) = context.read(|tx| {
        let who = identify(tx, actor, &question.who).map_err(LoyaltyError::from)?;
        let decided = available::promotions_for(tx, actor, &who, &question, now)?;
        Ok::<_, LoyaltyError>((who.person(), decided))
    })?;
    if by_number && actor.require_consumer().is_err() {
        context.note_identified("consumerAvailablePromotions", person);
    }
    let count = u64::try_from(decided.len()).unwrap_or(u64::MAX);
    let found = cut(decided, &page);
    let nodes = Page {
        items: nodes(found.items),
        has_next: found.has_next,
        has_previous: found.has_previous,
    };
    Ok(PromotionNodeConnection::new(nodes, page.order, Count::Known(count)))
}

/// The nodes of a page, in its order.
fn nodes(decided: Vec<Available>) -> Vec<PromotionNodeValue> {
    let merchants = Level::distinct(decided.iter().map(|one| one.promotion.merchant()));
    let (mut offers, mut cards, mut are_offers) = (Vec::new(), Vec::new(), Vec::new());
    for Available { promotion, eligibility } in decided {
        are_offers.push(matches!(promotion, Promotion::Offer(_)));
        match promotion {
            Promotion::Offer(offer) => offers.push((offer, Some(eligibility))),
            Promotion::Card(card) => cards.push((card, Some(eligibility))),
        }
    }
    let mut offers = offer::beside(offers, &merchants).into_iter();
    let mut cards = card::beside(cards, &merchants).into_iter();
    let node = |is_offer| {
        if is_offer {
            offers.next().map(PromotionNodeValue::OfferNode)
        } else {
            cards.next().map(PromotionNodeValue::LoyaltyCardNode)
        }
    };
    are_offers.into_iter().filter_map(node).collect()
}
