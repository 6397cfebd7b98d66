//! Visits: somebody came by and spent something, without an order that says on what (rules 12 to 15).

use std::{fmt, time::Duration};

use chrono::NaiveDate;
use regulars_customer::{CustomerStore, Identifier, join::at_till, merge::Named};
use regulars_kernel::{
    Actor, LoyaltyCardId, MerchantId, Money, OrderId, Permission, PersonId, Points, Rule,
    StoreAccess, StoreId, Timestamp, Violations, VisitId,
    money::{typed_amount, typed_currency},
    page::{Keyed, SortKey},
};
use regulars_loyalty::{
    Cause, LedgerStore, NothingEarned, SaleLine,
    bookkeeping::Occasion,
    sale::{Sale, earn},
    welcome::Recognise,
};
use regulars_merchant::{Merchant, MerchantStore, Store};
use regulars_promotion::PromotionStore;

use crate::{
    Amount, OrderError, OrderStore, PurchaseStore, Reviewed, TimeFlag, VisitStore,
    order::change::{reaches, selling},
    place::place_of,
    purchase::flag,
    timeliness::{self, refuse_nonsense},
};

/// How far apart two visits without a key can be and still be one (rule 12).
pub const SAME_VISIT: Duration = Duration::from_mins(2);
/// The most minor units that a visit comes to.
pub const MAX_SPENT: i64 = 1_000_000_000_000;

/// Somebody came by and spent something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The key.
    pub id: VisitId,
    /// At which merchant.
    pub merchant: MerchantId,
    /// In which store.
    pub store: StoreId,
    /// Who.
    pub consumer: PersonId,
    /// The order that says on what; a visit with one earns nothing itself.
    pub order: Option<OrderId>,
    /// What was spent; 0 or more.
    pub amount: Money,
    /// When.
    pub occurred_at: Timestamp,
    /// The business date of that (rule 26).
    pub business_date: NaiveDate,
    /// When it was written down.
    pub created_at: Timestamp,
}

regulars_kernel::pk_sort! {
    /// What a list of visits can be ordered by: the pk alone, which is the order in which they were recorded.
    pub enum VisitSort of "visits"
}

impl Keyed<VisitSort> for Visit {
    fn sort_key(&self, field: VisitSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// Which visits a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitQuery {
    /// In these stores.
    pub within: StoreAccess,
}

impl VisitQuery {
    /// Those that the asker sees: a merchant's people with [`Permission::ViewOrder`] those of their stores, consumers their
    /// own, nobody else any.
    pub fn of(actor: &Actor) -> Result<Option<Self>, OrderError> {
        if let Actor::Consumer { .. } = actor {
            return Ok(Some(Self { within: StoreAccess::All }));
        }
        actor.require_known()?;
        if actor.require(Permission::ViewOrder).is_err() {
            return Ok(None);
        }
        Ok(Some(Self { within: actor.stores().cloned().unwrap_or(StoreAccess::All) }))
    }
}

/// The visits of those ids that the asker sees, in no order.
pub fn list_by_ids(
    tx: &mut impl VisitStore,
    actor: &Actor,
    ids: &[VisitId],
) -> Result<Vec<Visit>, OrderError> {
    match VisitQuery::of(actor)? {
        Some(query) => Ok(tx.visits(ids, &query.within)?),
        None => Ok(Vec::new()),
    }
}

/// A visit to be recorded, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVisit {
    /// Who came.
    pub who: Identifier,
    /// What was spent; its currency absent: the merchant's.
    pub amount: Amount,
    /// Where.
    pub store: StoreId,
    /// When; absent: now.
    pub occurred_at: Option<Timestamp>,
    /// The order that says on what.
    pub order: Option<OrderId>,
    /// Whether the caller named it by a key: without one a visit that equals it is the same (rule 12).
    pub keyed: bool,
}

/// What is odd about a visit that was recorded. Codes are part of the API and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VisitWarning {
    /// Something about its time.
    Time(TimeFlag),
    /// It was recorded before: this is the first one's answer.
    Same,
    /// Its order earns, not the visit.
    OfOrder,
}

impl VisitWarning {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Time(flag) => flag.code(),
            Self::Same => "same_visit",
            Self::OfOrder => "order_earns",
        }
    }

    /// The warning of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Same, Self::OfOrder]
            .into_iter()
            .find(|warning| warning.code() == code)
            .or_else(|| TimeFlag::from_code(code).map(Self::Time))
    }
}

/// The sentence that people read.
impl fmt::Display for VisitWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(flag) => flag.fmt(f),
            Self::Same => f.write_str(
                "This visit was recorded within the last two minutes. Name visits by a key to tell equal ones apart.",
            ),
            Self::OfOrder => f.write_str("The visit names its order: the order earns."),
        }
    }
}

/// A visit that was recorded, now or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The visit.
    pub visit: VisitId,
    /// What is odd about it.
    pub warnings: Vec<VisitWarning>,
    /// The cards that fit and earned nothing, and why.
    pub nothing: Vec<(LoyaltyCardId, NothingEarned)>,
}

/// Everything that recording a visit asks of a store.
pub trait VisitPorts:
    VisitStore
    + PurchaseStore
    + OrderStore
    + LedgerStore
    + PromotionStore
    + CustomerStore
    + MerchantStore
{
}

impl<
    S: VisitStore
        + PurchaseStore
        + OrderStore
        + LedgerStore
        + PromotionStore
        + CustomerStore
        + MerchantStore,
> VisitPorts for S
{
}

/// Records a visit, which earns as a sale of its amount, once (rules 12, 14 and 15). Needs [`Permission::ChangeOrder`] in its
/// store, and for naming the customer what [`regulars_customer::identity::identify`] needs. The transaction's scope is the asker's merchant.
///
/// Whoever shows their loyalty id for the first time becomes a customer by it, and one whom the merchant archived is revived
/// (rule 7). One who left is refused: a visit is nothing without its customer, other than an order, which is kept.
pub fn record<S: VisitPorts>(
    tx: &mut S,
    actor: &Actor,
    new: &NewVisit,
    recognise: &dyn Recognise,
    now: Timestamp,
) -> Result<Recorded, OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::NothingNamed("storeId"))?;
    let mut wrong = Violations::new();
    let store = selling(tx, actor, new.store, &mut wrong)?;
    let amount = spent(&new.amount, &tenant, &mut wrong);
    refuse_nonsense("occurredAt", new.occurred_at, &mut wrong);
    wrong.into_result()?;
    let amount = amount.unwrap_or(Money::zero(tenant.currency));
    let order = new.order.map(|id| named_order(tx, actor, merchant, id, &store)).transpose()?;
    let till = at_till(tx, actor, merchant, &new.who, now)?;
    let member = &till.member;
    if order.flatten().is_some_and(|buyer| buyer != member.person) {
        let sentence = "This order is another customer's.";
        return Err(Violations::of("orderId", Rule::Invalid(sentence.to_owned())).into());
    }
    let backdate = actor.require(Permission::Backdate).is_ok();
    let time = timeliness::timeliness(new.occurred_at, now, store.late_hours, backdate);
    let mut visit = Visit {
        id: VisitId::new(0),
        merchant,
        store: store.id,
        consumer: member.person,
        order: new.order,
        amount,
        occurred_at: time.at,
        business_date: store.business_date(&tenant, time.at),
        created_at: now,
    };
    // Nobody else records one of the same customer until this transaction ends: their membership is locked.
    if !new.keyed
        && let Some(same) = tx.similar_visit(&visit, SAME_VISIT)?
    {
        let warnings = vec![VisitWarning::Same];
        return Ok(Recorded { visit: same.id, warnings, nothing: Vec::new() });
    }
    visit.id = tx.insert_visit(&visit)?;
    till.note(tx, Named::Visit(visit.id))?;
    let mut warnings: Vec<_> = time.flag.map(VisitWarning::Time).into_iter().collect();
    let flags = time.flag.iter().map(|flag| flag.code());
    flag(tx, (merchant, store.id), Reviewed::Visit(visit.id), flags, now)?;
    let mut nothing = Vec::new();
    if visit.order.is_some() {
        warnings.push(VisitWarning::OfOrder);
    } else {
        let place = place_of(tx, &tenant, &store)?;
        let line =
            SaleLine { product: None, quantity: 1, net: amount, tax: None, paid_with_points: 0 };
        let occasion = Occasion {
            occurred_at: visit.occurred_at,
            business_date: visit.business_date,
            actor: actor.person(),
            now,
            zone: tenant.time_zone,
        };
        let sale = Sale {
            member,
            merchant: &tenant,
            place: &place,
            cause: Cause::Visit(visit.id),
            version: 0,
            lines: &[line],
            items: &[],
            timeliness: time.timeliness,
            earns_no_points: false,
            occasion,
            recognise,
        };
        let outcomes = earn(tx, &sale)?.into_iter();
        nothing.extend(outcomes.filter_map(|one| Some((one.card.id, one.earned.err()?))));
    }
    Ok(Recorded { visit: visit.id, warnings, nothing })
}

/// What was spent, in any currency: of another than a card's nothing is earned, and the card says so (rule 14).
fn spent(amount: &Amount, merchant: &Merchant, wrong: &mut Violations) -> Option<Money> {
    let code = amount.currency.as_deref().map(str::trim).filter(|code| !code.is_empty());
    let currency = code.map_or(Ok(merchant.currency), typed_currency);
    let currency = wrong.check("amountSpentCurrency", currency)?;
    let read = typed_amount(&amount.decimal, currency).and_then(|money| {
        let most = Money::new(MAX_SPENT, currency);
        let sentence = format!("Enter an amount of at most {most}.");
        if money.minor() > MAX_SPENT { Err(Rule::Invalid(sentence)) } else { Ok(money) }
    });
    wrong.check("amountSpent", read)
}

/// Whose the order is that a visit names, locked: of the visit's store, in the asker's reach.
fn named_order(
    tx: &mut impl OrderStore,
    actor: &Actor,
    merchant: MerchantId,
    id: OrderId,
    store: &Store,
) -> Result<Option<PersonId>, OrderError> {
    let found = tx.find_order(merchant, id)?.filter(|order| reaches(actor, order.store));
    let order = found.ok_or(OrderError::NothingNamed("orderId"))?;
    if order.store != store.id {
        let sentence = "This order is of another store.";
        return Err(Violations::of("orderId", Rule::Invalid(sentence.to_owned())).into());
    }
    Ok(order.consumer)
}

/// The points that visits earned net of reversals, for those that the asker sees.
pub fn earned(
    tx: &mut impl VisitStore,
    actor: &Actor,
    ids: &[VisitId],
) -> Result<Vec<(VisitId, Points)>, OrderError> {
    match VisitQuery::of(actor)? {
        Some(_) => Ok(tx.earned_by_visits(ids)?),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests;
