//! What an operation asks, said without GraphQL: the use cases that its resolvers call, in the same order and within the
//! same transaction.

use std::collections::HashMap;

use regulars_api::{customer::user::USER, global_id::Id};
use regulars_auth::actor;
use regulars_customer::{FilterArguments, Identifier, consumer};
use regulars_kernel::{
    Actor, OrderTypeId, Page, PageRequest, PersonId, StoreError, Timestamp, page,
};
use regulars_loyalty::{
    RedemptionKind,
    available::{self, Question as Availability},
    redemption, summary,
};
use regulars_order::{Order, OrderFilter, history, order_type};
use regulars_persistence::{Reader, Tx};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;

/// What an operation asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Question {
    /// A page of customers, perhaps with the newest orders of each.
    Customers {
        first: i32,
        orders: Option<i32>,
        filter: Option<(Filter, String)>,
        order: Option<String>,
    },
    /// A customer and what they redeemed.
    Customer { id: String },
    /// A customer and what they bought last.
    CustomerAndHistory { id: String, orders: i32 },
    /// What a customer bought.
    History { id: String },
    /// What is available to whoever has that loyalty id.
    Promotions { loyalty_id: String },
}

/// The filters that look into texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Filter {
    Search,
    Firstname,
    Lastname,
    City,
    Email,
    PhoneNumber,
    LoyaltyId,
}

impl Filter {
    /// The argument's name in the API.
    pub(crate) const fn argument(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Firstname => "firstname_Icontains",
            Self::Lastname => "lastname_Icontains",
            Self::City => "city_Icontains",
            Self::Email => "email_Icontains",
            Self::PhoneNumber => "phoneNumber_Icontains",
            Self::LoyaltyId => "loyaltyId_Icontains",
        }
    }

    fn arguments(self, term: &str) -> FilterArguments {
        let mut arguments = FilterArguments::default();
        let place = match self {
            Self::Search => &mut arguments.search,
            Self::Firstname => &mut arguments.firstname_icontains,
            Self::Lastname => &mut arguments.lastname_icontains,
            Self::City => &mut arguments.city_icontains,
            Self::Email => &mut arguments.email_icontains,
            Self::PhoneNumber => &mut arguments.phone_number_icontains,
            Self::LoyaltyId => &mut arguments.loyalty_id_icontains,
        };
        *place = Some(term.to_owned());
        arguments
    }
}

/// Why a question has no answer: a sentence.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) String);

macro_rules! refusals {
    ($($error:ty),+) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )+};
}
refusals!(
    StoreError,
    regulars_kernel::Denied,
    regulars_kernel::Violations,
    regulars_customer::CustomerError,
    regulars_loyalty::LoyaltyError,
    regulars_order::OrderError,
    regulars_api::global_id::IdError
);

/// Who asks, by a token's claims.
pub(crate) fn actor(
    reader: &mut Reader,
    claims: &regulars_auth::Claims,
) -> Result<Actor, StoreError> {
    reader.read(regulars_kernel::Scope::Platform, |tx| {
        tx.narrow_to_bearer();
        actor::resolve(tx, claims)
    })
}

impl Question {
    /// Asks, in one transaction.
    pub(crate) fn ask(
        &self,
        reader: &mut Reader,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let scope = actor.require_known()?;
        reader.read(scope, |tx| self.answer(tx, actor, now))
    }

    fn answer(&self, tx: &mut Tx<'_>, actor: &Actor, now: Timestamp) -> Result<Answer, Refusal> {
        match self {
            Self::Customers { first, orders, filter, order } => {
                let arguments = filter.as_ref().map(|(filter, term)| filter.arguments(term));
                let page = pages(Some(*first), order.clone(), "consumers")?;
                let filter = consumer::filter(tx, actor, arguments.unwrap_or_default(), now)?;
                let customers = consumer::list(tx, actor, &filter, &page)?.items;
                let ids: Vec<_> = customers.iter().map(|customer| customer.id).collect();
                let earned = summary::earned(tx, actor, &ids)?.into_iter().collect();
                let orders = match orders {
                    Some(newest) => Some(orders_of_each(tx, actor, &ids, *newest, now)?),
                    None => None,
                };
                let all = orders.iter().flatten().flat_map(|(_consumer, orders)| orders);
                let types = types_of(tx, actor, all)?;
                Ok(Answer::Customers { customers, earned, orders, types })
            }
            Self::Customer { id } => {
                let customer = consumer::get(tx, actor, person(id)?)?;
                let ids = [customer.id];
                let earned = summary::earned(tx, actor, &ids)?.into_iter().collect();
                let page = pages(None, None, "redemptions")?;
                let mut of = |kind| {
                    let found = redemption::per_consumer(tx, actor, kind, &ids, &page)?.pop();
                    Ok::<_, Refusal>(found.map_or_else(Vec::new, |(_id, page)| page.items))
                };
                let offers = of(RedemptionKind::Offer)?;
                let stamps = of(RedemptionKind::Stamps)?;
                let points = of(RedemptionKind::Points)?;
                Ok(Answer::Customer { customer, earned, offers, stamps, points })
            }
            Self::CustomerAndHistory { id, orders } => {
                let customer = consumer::get(tx, actor, person(id)?)?;
                let earned = summary::earned(tx, actor, &[customer.id])?.into_iter().collect();
                let orders = orders_of(tx, actor, customer.id, Some(*orders), now)?;
                let types = types_of(tx, actor, &orders)?;
                Ok(Answer::CustomerAndHistory { customer, earned, orders, types })
            }
            Self::History { id } => {
                let orders = orders_of(tx, actor, person(id)?, None, now)?;
                let types = types_of(tx, actor, &orders)?;
                Ok(Answer::History { orders, types })
            }
            Self::Promotions { loyalty_id } => {
                let loyalty_id = Some(loyalty_id.clone());
                let who = Identifier { loyalty_id, ..Identifier::default() };
                let question = Availability { who, ..Availability::default() };
                let all = available::promotions(tx, actor, &question, now)?;
                let count = all.len();
                let page = pages(None, None, "consumerAvailablePromotions")?;
                let Page { items, .. } = page::cut(all, &page);
                Ok(Answer::Promotions { count, promotions: items })
            }
        }
    }
}

fn person(id: &str) -> Result<PersonId, Refusal> {
    Ok(PersonId::new(Id::received(id).pk(USER)?))
}

fn pages<F: page::SortField>(
    first: Option<i32>,
    order_by: Option<String>,
    list: &str,
) -> Result<PageRequest<F>, Refusal> {
    let arguments = page::PageArguments { first, order_by, ..page::PageArguments::default() };
    Ok(PageRequest::parse(&arguments, list)?)
}

fn orders_of(
    tx: &mut Tx<'_>,
    actor: &Actor,
    consumer: PersonId,
    newest: Option<i32>,
    now: Timestamp,
) -> Result<Vec<Order>, Refusal> {
    let filter = OrderFilter { consumer: Some(consumer), ..OrderFilter::default() };
    let page = pages(newest, None, "orders")?;
    Ok(history::list(tx, actor, filter, &page, now)?.items)
}

fn orders_of_each(
    tx: &mut Tx<'_>,
    actor: &Actor,
    consumers: &[PersonId],
    newest: i32,
    now: Timestamp,
) -> Result<HashMap<PersonId, Vec<Order>>, Refusal> {
    let page = pages(Some(newest), None, "orders")?;
    let found = history::per_consumer(tx, actor, consumers, OrderFilter::default(), &page, now)?;
    Ok(found.into_iter().map(|(consumer, page)| (consumer, page.items)).collect())
}

/// The names of order types, where there are orders that have them.
fn types_of<'a>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    orders: impl IntoIterator<Item = &'a Order>,
) -> Result<HashMap<OrderTypeId, String>, Refusal> {
    if orders.into_iter().next().is_none() {
        return Ok(HashMap::new());
    }
    let types = order_type::list(tx, actor)?;
    Ok(types.into_iter().map(|one| (one.id, one.name)).collect())
}
