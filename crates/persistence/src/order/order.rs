//! Orders: by id, in lists, and those of many customers or stores at once.

#![allow(clippy::ref_option_ref, reason = "diesel's derives write so")]

use chrono::NaiveDate;
use diesel::{
    AsChangeset, QueryDsl as _, Queryable, RunQueryDsl as _,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{
    Currency, MerchantId, Money, OrderDiscountId, OrderId, OrderItemId, OrderTypeId, Page,
    PageRequest, PersonId, StoreAccess, StoreError, StoreId, Timestamp,
};
use regulars_merchant::EntitySource;
use regulars_order::{Order, OrderQuery, OrderSort, OrderState, Payment, PaymentType};

use super::{
    OUT_OF_REACH,
    filter::{Filter, Purpose, push_scope, push_within},
    reached,
};
use crate::{
    Tx,
    error::IntoStore,
    merchant::Stored,
    page::{Children, SortColumns, group, push_page},
    schema::orders,
    statement::{Bind, Statement},
};

impl SortColumns for OrderSort {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "c.created_at",
            Self::CompletedAt => "COALESCE(c.completed_at, 0)",
            Self::Total => "c.total",
        }
    }

    const PK: &'static str = "c.id";
}

/// The columns of [`Row`], in its order, under the alias `c`.
macro_rules! columns {
    () => {
        "c.id, c.merchant_id, c.number, c.store_id, c.person_id, c.waiter_id, c.phone_number, \
         c.order_type_id, c.state, c.pickup_at, c.delivery_location, c.payment_type, c.payments, \
         c.num_of_guests, c.currency, c.cash_received, c.change_given, c.tax, c.total, c.refunded, \
         c.completed, c.completed_at, c.business_date, c.deleted_at, c.entity_source, \
         c.entity_source_id, c.extra_info, c.created_at, c.updated_at"
    };
}

type RowSql = (
    BigInt,
    BigInt,
    Text,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Text>,
    BigInt,
    Text,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Integer>,
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    Bool,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    number: String,
    store_id: i64,
    person_id: Option<i64>,
    waiter_id: Option<i64>,
    phone_number: Option<String>,
    order_type_id: i64,
    state: String,
    pickup_at: Option<i64>,
    delivery_location: Option<String>,
    payment_type: Option<String>,
    payments: Option<String>,
    num_of_guests: Option<i32>,
    currency: String,
    cash_received: Option<i64>,
    change_given: Option<i64>,
    tax: Option<i64>,
    total: i64,
    refunded: i64,
    completed: bool,
    completed_at: Option<i64>,
    business_date: Option<String>,
    deleted_at: Option<i64>,
    entity_source: Option<String>,
    entity_source_id: Option<String>,
    extra_info: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Order {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "orders", id: row.id };
        let currency = stored.currency(&row.currency)?;
        let money = |minor| Money::new(minor, currency);
        let payment = row.payment_type.as_deref();
        let payment = payment.map(|name| stored.read("payment_type", name, PaymentType::from_name));
        let payments = row.payments.as_deref();
        let payments =
            payments.map(|text| stored.read("payments", text, |text| payments_of(text, currency)));
        let day = row.business_date.as_deref();
        let day =
            day.map(|day| stored.read("business_date", day, |day| day.parse::<NaiveDate>().ok()));
        Ok(Self {
            id: OrderId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            state: stored.read("state", &row.state, OrderState::from_name)?,
            payment_type: payment.transpose()?,
            payments: payments.transpose()?.unwrap_or_default(),
            business_date: day.transpose()?,
            entity_source: stored.entity_source(row.entity_source.as_deref())?,
            number: row.number,
            store: StoreId::new(row.store_id),
            consumer: row.person_id.map(PersonId::new),
            waiter: row.waiter_id.map(PersonId::new),
            phone_number: row.phone_number,
            order_type: OrderTypeId::new(row.order_type_id),
            pickup_at: row.pickup_at.map(Timestamp::from_micros),
            delivery_location: row.delivery_location,
            num_of_guests: row.num_of_guests,
            cash_received: row.cash_received.map(money),
            change: row.change_given.map(money),
            tax: row.tax.map(money),
            total: money(row.total),
            refunded: money(row.refunded),
            completed: row.completed,
            completed_at: row.completed_at.map(Timestamp::from_micros),
            deleted_at: row.deleted_at.map(Timestamp::from_micros),
            entity_source_id: row.entity_source_id,
            extra_info: row.extra_info,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

/// What is written of an order. Absent values become null.
#[derive(AsChangeset)]
#[diesel(table_name = orders, treat_none_as_null = true)]
struct Values {
    store_id: i64,
    person_id: Option<i64>,
    waiter_id: Option<i64>,
    phone_number: Option<String>,
    order_type_id: i64,
    state: &'static str,
    pickup_at: Option<i64>,
    delivery_location: Option<String>,
    payment_type: Option<&'static str>,
    payments: Option<String>,
    num_of_guests: Option<i32>,
    cash_received: Option<i64>,
    change_given: Option<i64>,
    tax: Option<i64>,
    total: i64,
    refunded: i64,
    completed: bool,
    completed_at: Option<i64>,
    business_date: Option<String>,
    is_active: bool,
    deleted_at: Option<i64>,
    entity_source: Option<&'static str>,
    entity_source_id: Option<String>,
    extra_info: Option<String>,
    updated_at: i64,
}

/// A payment in an order's text: the way, the amount, what was handed over and back in cash, in minor units.
type PaymentText<'a> = (std::borrow::Cow<'a, str>, i64, Option<i64>, Option<i64>);

fn payments_of(text: &str, currency: Currency) -> Option<Vec<Payment>> {
    let parts: Vec<PaymentText<'_>> = serde_json::from_str(text).ok()?;
    let money = |minor| Money::new(minor, currency);
    let payment = |(way, amount, received, change): PaymentText<'_>| {
        Some(Payment {
            payment_type: PaymentType::from_name(&way)?,
            amount: money(amount),
            cash_received: received.map(money),
            change: change.map(money),
        })
    };
    parts.into_iter().map(payment).collect()
}

/// The text of payments; none where there are none.
fn text_of(payments: &[Payment]) -> Result<Option<String>, StoreError> {
    if payments.is_empty() {
        return Ok(None);
    }
    let part = |one: &Payment| -> PaymentText<'static> {
        let (received, change) =
            (one.cash_received.map(Money::minor), one.change.map(Money::minor));
        (one.payment_type.name().into(), one.amount.minor(), received, change)
    };
    let parts: Vec<_> = payments.iter().map(part).collect();
    let text = serde_json::to_string(&parts);
    text.map(Some).map_err(|error| StoreError::Internal(Box::new(error)))
}

impl TryFrom<&Order> for Values {
    type Error = StoreError;

    fn try_from(order: &Order) -> Result<Self, StoreError> {
        Ok(Self {
            store_id: order.store.get(),
            person_id: order.consumer.map(PersonId::get),
            waiter_id: order.waiter.map(PersonId::get),
            phone_number: order.phone_number.clone(),
            order_type_id: order.order_type.get(),
            state: order.state.name(),
            pickup_at: order.pickup_at.map(Timestamp::micros),
            delivery_location: order.delivery_location.clone(),
            payment_type: order.payment_type.map(PaymentType::name),
            payments: text_of(&order.payments)?,
            num_of_guests: order.num_of_guests,
            cash_received: order.cash_received.map(Money::minor),
            change_given: order.change.map(Money::minor),
            tax: order.tax.map(Money::minor),
            total: order.total.minor(),
            refunded: order.refunded.minor(),
            completed: order.completed,
            completed_at: order.completed_at.map(Timestamp::micros),
            business_date: order.business_date.map(|day| day.to_string()),
            is_active: order.is_active(),
            deleted_at: order.deleted_at.map(Timestamp::micros),
            entity_source: order.entity_source.map(EntitySource::name),
            entity_source_id: order.entity_source_id.clone(),
            extra_info: order.extra_info.clone(),
            updated_at: order.updated_at.micros(),
        })
    }
}

/// A statement that looks for one order to be changed, up to what says which.
fn sought(merchant: MerchantId) -> Statement<RowSql> {
    let mut statement =
        Statement::new(concat!("SELECT ", columns!(), " FROM orders c WHERE c.merchant_id = "));
    statement.push_bind(merchant.get());
    statement
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: OrderId,
) -> Result<Option<Order>, StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    let mut statement = sought(merchant);
    statement.push(" AND c.id = ");
    statement.push_bind(id.get());
    statement.push(tx.lock());
    Ok(load(tx, statement)?.pop())
}

pub(super) fn find_of_item(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    item: OrderItemId,
) -> Result<Option<Order>, StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    let mut statement = sought(merchant);
    // A line never changes its order.
    statement.push(" AND c.id = (SELECT i.order_id FROM order_item i WHERE i.merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push(" AND i.id = ");
    statement.push_bind(item.get());
    statement.push(")");
    statement.push(tx.lock());
    Ok(load(tx, statement)?.pop())
}

pub(super) fn find_of_discount(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    discount: OrderDiscountId,
) -> Result<Option<Order>, StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    let mut statement = sought(merchant);
    // A discount never changes its order.
    statement.push(" AND c.id = (SELECT i.order_id FROM order_discount i WHERE i.merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push(" AND i.id = ");
    statement.push_bind(discount.get());
    statement.push(")");
    statement.push(tx.lock());
    Ok(load(tx, statement)?.pop())
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &Order) -> Result<OrderId, StoreError> {
    tx.require_merchant(new.merchant, OUT_OF_REACH)?;
    let values = Values::try_from(new)?;
    let columns: [(&'static str, Bind); 28] = [
        ("merchant_id", new.merchant.get().into()),
        ("currency", new.total.currency().code().into()),
        ("created_at", new.created_at.micros().into()),
        ("store_id", values.store_id.into()),
        ("person_id", values.person_id.into()),
        ("waiter_id", values.waiter_id.into()),
        ("phone_number", values.phone_number.into()),
        ("order_type_id", values.order_type_id.into()),
        ("state", values.state.into()),
        ("pickup_at", values.pickup_at.into()),
        ("delivery_location", values.delivery_location.into()),
        ("payment_type", values.payment_type.map(str::to_owned).into()),
        ("payments", values.payments.into()),
        ("num_of_guests", values.num_of_guests.map(i64::from).into()),
        ("cash_received", values.cash_received.into()),
        ("change_given", values.change_given.into()),
        ("tax", values.tax.into()),
        ("total", values.total.into()),
        ("refunded", values.refunded.into()),
        ("completed", values.completed.into()),
        ("completed_at", values.completed_at.into()),
        ("business_date", values.business_date.into()),
        ("is_active", values.is_active.into()),
        ("deleted_at", values.deleted_at.into()),
        ("entity_source", values.entity_source.map(str::to_owned).into()),
        ("entity_source_id", values.entity_source_id.into()),
        ("extra_info", values.extra_info.into()),
        ("updated_at", values.updated_at.into()),
    ];
    let mut statement = Statement::<BigInt>::new("INSERT INTO orders (id, number");
    for (column, _) in &columns {
        statement.push(", ");
        statement.push(*column);
    }
    // The number has the row's own in it.
    statement.push(") SELECT k.id, ");
    statement.push_bind(new.number.as_str());
    statement.push_dialect(" || k.id::TEXT", " || k.id");
    for (_, value) in columns {
        statement.push(", ");
        statement.push_bind(value);
    }
    // SQLite has one writer: nobody takes the next one meanwhile.
    statement.push_dialect(
        " FROM (SELECT nextval(pg_get_serial_sequence('orders', 'id')) AS id) k",
        " FROM (SELECT COALESCE((SELECT q.seq FROM sqlite_sequence q WHERE q.name = 'orders'), 0) + 1 AS id) k",
    );
    statement.insert_one(tx.connection, OUT_OF_REACH).map(OrderId::new)
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &Order) -> Result<(), StoreError> {
    tx.require_merchant(changed.merchant, OUT_OF_REACH)?;
    let row = orders::table.find((changed.merchant.get(), changed.id.get()));
    reached(diesel::update(row).set(Values::try_from(changed)?).execute(tx.connection).store()?)
}

pub(super) fn by_ids(
    tx: &mut Tx<'_>,
    ids: &[OrderId],
    within: &StoreAccess,
) -> Result<Vec<Order>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::new(concat!("SELECT ", columns!(), " FROM orders c WHERE "));
    push_scope(&mut statement, tx.scope());
    statement.push(" AND c.id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    push_within(&mut statement, within, true, Purpose::List);
    load(tx, statement)
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    query: &OrderQuery,
    request: &PageRequest<OrderSort>,
) -> Result<Page<Order>, StoreError> {
    let filter = Filter::new(tx, query);
    if let Some(statement) = filter.look_through(columns!(), request) {
        let near = load(tx, statement)?;
        if near.len() > usize::from(request.limit) {
            return Ok(Page::from_fetched(near, request));
        }
    }
    if let Some(stores) = filter.merged_stores(request) {
        let children = Children {
            select: columns!(),
            table: "orders",
            joins: "",
            parent: STORE.column,
            parents: &stores,
        };
        let conditions = |statement: &mut Statement<RowSql>| {
            statement.push(" AND ");
            push_scope(statement, filter.scope());
            filter.push(statement, Purpose::List);
        };
        let statement = children.merged(conditions, request);
        return Ok(Page::from_fetched(load(tx, statement)?, request));
    }
    let mut statement = Statement::new(concat!("SELECT ", columns!()));
    filter.push_from(&mut statement, Purpose::List);
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, query: &OrderQuery) -> Result<u64, StoreError> {
    let filter = Filter::new(tx, query);
    let mut statement = Statement::<BigInt>::new("SELECT count(*)");
    filter.push_from(&mut statement, Purpose::Count);
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.map(number).unwrap_or_default())
}

fn number(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Order>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Order::try_from).collect()
}

/// What has orders.
pub(super) struct Parent<P> {
    id: fn(P) -> i64,
    column: &'static str,
}

/// Whoever bought.
pub(super) const CONSUMER: Parent<PersonId> = Parent { id: PersonId::get, column: "c.person_id" };

/// Where it was bought.
pub(super) const STORE: Parent<StoreId> = Parent { id: StoreId::get, column: "c.store_id" };

impl<P: Copy + From<i64>> Parent<P> {
    /// The numbers of the parents, each once.
    fn ids(&self, parents: &[P]) -> Vec<i64> {
        let mut ids: Vec<i64> = parents.iter().map(|parent| (self.id)(*parent)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// A page of the orders of each; every one gets a page.
    pub(super) fn pages(
        &self,
        tx: &mut Tx<'_>,
        parents: &[P],
        query: &OrderQuery,
        request: &PageRequest<OrderSort>,
    ) -> Result<Vec<(P, Page<Order>)>, StoreError> {
        let ids = self.ids(parents);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let filter = Filter::new(tx, query);
        let children = Children {
            select: concat!("k.value, ", columns!()),
            table: "orders",
            joins: "",
            parent: self.column,
            parents: &ids,
        };
        let conditions = |statement: &mut Statement<(BigInt, RowSql)>| {
            statement.push(" AND ");
            push_scope(statement, filter.scope());
            filter.push(statement, Purpose::PerParent);
        };
        let rows: Vec<(i64, Row)> = children.page(conditions, request).load(tx.connection)?;
        let orders = rows.into_iter().map(|(parent, row)| Ok((parent, Order::try_from(row)?)));
        let orders: Vec<(i64, Order)> = orders.collect::<Result<_, StoreError>>()?;
        let pages = group(&ids, orders, request);
        Ok(pages.into_iter().map(|(parent, page)| (P::from(parent), page)).collect())
    }

    /// How many orders each has; those without one are left out.
    pub(super) fn counts(
        &self,
        tx: &mut Tx<'_>,
        parents: &[P],
        query: &OrderQuery,
    ) -> Result<Vec<(P, u64)>, StoreError> {
        let ids = self.ids(parents);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let filter = Filter::new(tx, query);
        let mut statement = Statement::<(Nullable<BigInt>, BigInt)>::new("SELECT ");
        statement.push(self.column);
        statement.push(", count(*)");
        filter.push_from(&mut statement, Purpose::PerParent);
        statement.push(" AND ");
        statement.push(self.column);
        statement.push_is_in(ids.into_iter().collect::<Bind>());
        statement.push(" GROUP BY ");
        statement.push(self.column);
        let rows: Vec<(Option<i64>, i64)> = statement.load(tx.connection)?;
        let count = |(parent, rows): (Option<i64>, i64)| Some((P::from(parent?), number(rows)));
        Ok(rows.into_iter().filter_map(count).collect())
    }
}
