//! Visits.

use std::time::Duration;

use chrono::NaiveDate;
use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_kernel::{
    MerchantId, OrderId, Page, PageRequest, PersonId, Points, Scope, StoreAccess, StoreError,
    StoreId, Timestamp, VisitId,
};
use regulars_order::{Visit, VisitQuery, VisitSort, VisitStore};

use super::OUT_OF_REACH;
use crate::{
    Tx,
    merchant::Stored,
    page::{Children, SortColumns, group},
    statement::{Bind, Statement},
};

const COLUMNS: &str = "c.id, c.merchant_id, c.store_id, c.person_id, c.order_id, c.amount, \
     c.currency, c.occurred_at, c.business_date, c.created_at";

type RowSql =
    (BigInt, BigInt, BigInt, BigInt, Nullable<BigInt>, BigInt, Text, BigInt, Text, BigInt);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    store_id: i64,
    person_id: i64,
    order_id: Option<i64>,
    amount: i64,
    currency: String,
    occurred_at: i64,
    business_date: String,
    created_at: i64,
}

impl TryFrom<Row> for Visit {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "visit", id: row.id };
        Ok(Self {
            id: VisitId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            store: StoreId::new(row.store_id),
            consumer: PersonId::new(row.person_id),
            order: row.order_id.map(OrderId::new),
            amount: stored.money(row.amount, &row.currency)?,
            occurred_at: Timestamp::from_micros(row.occurred_at),
            business_date: stored
                .read("business_date", &row.business_date, |text| text.parse::<NaiveDate>().ok())?,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

impl SortColumns for VisitSort {
    fn column(self) -> &'static str {
        match self {}
    }

    const PK: &'static str = "c.id";
}

fn visits_of(rows: Vec<Row>) -> Result<Vec<Visit>, StoreError> {
    rows.into_iter().map(Visit::try_from).collect()
}

/// Appends ` AND …` for whose the visits `c` are.
fn push_owned<ST>(statement: &mut Statement<ST>, scope: Scope) {
    match scope {
        Scope::Merchant(merchant) => {
            statement.push(" AND c.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        // The merchant leads every index.
        Scope::Person(person) => {
            statement.push(
                " AND c.merchant_id IN \
                 (SELECT m.merchant_id FROM membership m WHERE m.person_id = ",
            );
            statement.push_bind(person.get());
            statement.push(") AND c.person_id = ");
            statement.push_bind(person.get());
        }
        Scope::Platform => {}
    }
}

fn push_within<ST>(statement: &mut Statement<ST>, within: &StoreAccess) {
    if let StoreAccess::Only(stores) = within {
        statement.push(" AND c.store_id");
        statement.push_is_in(stores.iter().map(|id| id.get()).collect::<Bind>());
    }
}

/// Whose visits are listed.
struct Parents {
    /// The column that holds the parent.
    column: &'static str,
    /// Of which merchants' visits a parent's are, in `Platform` scope.
    merchants: &'static str,
}

const CONSUMER: Parents = Parents {
    column: "c.person_id",
    merchants: " AND c.merchant_id IN \
                (SELECT m.merchant_id FROM membership m WHERE m.person_id = k.value)",
};

const STORE: Parents = Parents {
    column: "c.store_id",
    merchants: " AND c.merchant_id IN (SELECT s.merchant_id FROM store s WHERE s.id = k.value)",
};

impl Parents {
    fn pages<P: Copy + Eq + std::hash::Hash + From<i64> + Into<i64>>(
        &self,
        tx: &mut Tx<'_>,
        parents: &[P],
        query: &VisitQuery,
        request: &PageRequest<VisitSort>,
        parent_of: impl Fn(&Visit) -> P,
    ) -> Result<Vec<(P, Page<Visit>)>, StoreError> {
        let scope = tx.scope();
        let ids = distinct(parents);
        let children = Children {
            select: COLUMNS,
            table: "visit",
            joins: "",
            parent: self.column,
            parents: &ids,
        };
        let conditions = |statement: &mut Statement<RowSql>| {
            push_owned(statement, scope);
            push_within(statement, &query.within);
            if scope == Scope::Platform {
                statement.push(self.merchants);
            }
        };
        let rows = children.page(conditions, request).load(tx.connection)?;
        let found = visits_of(rows)?.into_iter().map(|visit| (parent_of(&visit), visit));
        let parents: Vec<P> = ids.into_iter().map(P::from).collect();
        Ok(group(&parents, found, request))
    }

    fn counts<P: Copy + From<i64> + Into<i64>>(
        &self,
        tx: &mut Tx<'_>,
        parents: &[P],
        query: &VisitQuery,
    ) -> Result<Vec<(P, u64)>, StoreError> {
        let mut statement = Statement::<(BigInt, BigInt)>::new("SELECT ")
            .sql(self.column)
            .sql(", COUNT(*) FROM visit c WHERE ")
            .sql(self.column)
            .is_in(distinct(parents).into_iter().collect::<Bind>());
        push_owned(&mut statement, tx.scope());
        push_within(&mut statement, &query.within);
        let statement = statement.sql(" GROUP BY ").sql(self.column);
        let rows: Vec<(i64, i64)> = statement.load(tx.connection)?;
        Ok(rows.into_iter().map(|(id, count)| (P::from(id), count.unsigned_abs())).collect())
    }
}

fn distinct<P: Copy + Into<i64>>(parents: &[P]) -> Vec<i64> {
    let mut ids: Vec<i64> = parents.iter().map(|id| (*id).into()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl VisitStore for Tx<'_> {
    fn insert_visit(&mut self, new: &Visit) -> Result<VisitId, StoreError> {
        self.require_merchant(new.merchant, OUT_OF_REACH)?;
        let values: [Bind; 9] = [
            new.merchant.get().into(),
            new.store.get().into(),
            new.consumer.get().into(),
            new.order.map(OrderId::get).into(),
            new.amount.minor().into(),
            new.amount.currency().code().into(),
            new.occurred_at.micros().into(),
            new.business_date.to_string().into(),
            new.created_at.micros().into(),
        ];
        let mut statement = Statement::<BigInt>::new(
            "INSERT INTO visit (merchant_id, store_id, person_id, order_id, amount, currency, \
             occurred_at, business_date, created_at) VALUES (",
        );
        for (nth, value) in values.into_iter().enumerate() {
            statement.push(if nth == 0 { "" } else { ", " });
            statement.push_bind(value);
        }
        statement.sql(")").insert_one(self.connection, OUT_OF_REACH).map(VisitId::new)
    }

    fn similar_visit(
        &mut self,
        visit: &Visit,
        within: Duration,
    ) -> Result<Option<Visit>, StoreError> {
        let mut statement = Statement::<RowSql>::new("SELECT ")
            .sql(COLUMNS)
            .sql(" FROM visit c WHERE c.merchant_id = ")
            .bind(visit.merchant.get())
            .sql(" AND c.person_id = ")
            .bind(visit.consumer.get())
            .sql(" AND c.occurred_at > ")
            .bind(visit.occurred_at.minus(within).micros())
            .sql(" AND c.occurred_at < ")
            .bind(visit.occurred_at.plus(within).micros())
            .sql(" AND c.store_id = ")
            .bind(visit.store.get())
            .sql(" AND c.amount = ")
            .bind(visit.amount.minor())
            .sql(" AND c.currency = ")
            .bind(visit.amount.currency().code());
        match visit.order {
            None => statement.push(" AND c.order_id IS NULL"),
            Some(order) => {
                statement.push(" AND c.order_id = ");
                statement.push_bind(order.get());
            }
        }
        push_owned(&mut statement, self.scope());
        let statement = statement.sql(" ORDER BY c.occurred_at DESC, c.id DESC LIMIT 1");
        statement.first::<Row>(self.connection)?.map(Visit::try_from).transpose()
    }

    fn visits(&mut self, ids: &[VisitId], within: &StoreAccess) -> Result<Vec<Visit>, StoreError> {
        let mut statement = Statement::<RowSql>::new("SELECT ")
            .sql(COLUMNS)
            .sql(" FROM visit c WHERE c.id")
            .is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
        push_owned(&mut statement, self.scope());
        push_within(&mut statement, within);
        visits_of(statement.load(self.connection)?)
    }

    fn visits_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &VisitQuery,
        page: &PageRequest<VisitSort>,
    ) -> Result<Vec<(PersonId, Page<Visit>)>, StoreError> {
        CONSUMER.pages(self, consumers, query, page, |visit| visit.consumer)
    }

    fn count_visits_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &VisitQuery,
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        CONSUMER.counts(self, consumers, query)
    }

    fn visits_per_store(
        &mut self,
        stores: &[StoreId],
        query: &VisitQuery,
        page: &PageRequest<VisitSort>,
    ) -> Result<Vec<(StoreId, Page<Visit>)>, StoreError> {
        STORE.pages(self, stores, query, page, |visit| visit.store)
    }

    fn count_visits_per_store(
        &mut self,
        stores: &[StoreId],
        query: &VisitQuery,
    ) -> Result<Vec<(StoreId, u64)>, StoreError> {
        STORE.counts(self, stores, query)
    }

    fn earned_by_visits(&mut self, ids: &[VisitId]) -> Result<Vec<(VisitId, Points)>, StoreError> {
        let mut statement = Statement::<(BigInt, BigInt)>::new("SELECT e.cause_id, ")
            .dialect("SUM(e.amount)::BIGINT", "SUM(e.amount)")
            .sql(
                " FROM visit c JOIN entry e ON e.merchant_id = c.merchant_id \
                 AND e.cause_id = c.id AND e.cause = 'visit' AND e.kind IN ('earn', 'reverse') \
                 JOIN account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id \
                 JOIN loyalty_card l ON l.merchant_id = a.merchant_id AND l.id = a.loyalty_card_id \
                 WHERE l.loyalty_type = 'POINTS' AND c.id",
            )
            .is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
        push_owned(&mut statement, self.scope());
        let rows: Vec<(i64, i64)> = statement.sql(" GROUP BY e.cause_id").load(self.connection)?;
        let rows = rows.into_iter();
        Ok(rows.map(|(id, sum)| (VisitId::new(id), Points::new(sum))).collect())
    }
}
