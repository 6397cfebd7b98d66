//! Names of sales at the systems that they come from, refunds that came under them, and orders that become others.

use chrono::NaiveDate;
use diesel::{
    Queryable,
    sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{
    MerchantId, OrderId, OrderLinkId, OrderRefundId, Page, PageRequest, PersonId, SaleRefundId,
    SaleReviewId, Scope, StoreAccess, StoreError, StoreId, Timestamp,
};
use regulars_order::{
    OrderClaim, OrderLink, OrderRefund, PurchaseStore, SaleKey, SaleRefund, SaleReview,
    SaleReviewQuery, SaleReviewSort,
    link::Origin,
    purchase::{Answered, Fingerprint, SourceVersion, Told},
};

use super::{OUT_OF_REACH, reached, refund, review};
use crate::{
    Tx,
    merchant::Stored,
    statement::{Bind, Statement},
};

const LINK: &str = "l.id, l.merchant_id, l.origin, l.store_id, l.entity_source, l.entity_source_id, l.order_id, \
     l.fingerprint, l.source_seq, l.source_updated_at, l.version, l.outcome, l.created_at, l.updated_at";

type LinkSql = (
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    Text,
    Text,
    Nullable<BigInt>,
    Nullable<Binary>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Integer,
    Nullable<Text>,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
struct LinkRow {
    id: i64,
    merchant_id: i64,
    origin: i64,
    store_id: i64,
    entity_source: String,
    entity_source_id: String,
    order_id: Option<i64>,
    fingerprint: Option<Vec<u8>>,
    source_seq: Option<i64>,
    source_updated_at: Option<i64>,
    version: i32,
    outcome: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<LinkRow> for OrderLink {
    type Error = StoreError;

    fn try_from(row: LinkRow) -> Result<Self, StoreError> {
        let stored = Stored { table: "order_link", id: row.id };
        let source = stored.entity_source(Some(&row.entity_source))?;
        let source = source.ok_or(StoreError::Internal("a link has no source".into()))?;
        let fingerprint = row.fingerprint.and_then(|bytes| bytes.try_into().ok());
        let told = match row.outcome.as_deref() {
            None => None,
            Some(text) => Some(Told {
                fingerprint: fingerprint.map(Fingerprint::from_bytes),
                source: SourceVersion {
                    seq: row.source_seq,
                    updated_at: row.source_updated_at.map(Timestamp::from_micros),
                },
                version: u32::try_from(row.version).unwrap_or_default(),
                answered: stored.read("outcome", text, Answered::parse)?,
            }),
        };
        let origin = Origin::from_number(row.origin);
        Ok(Self {
            id: OrderLinkId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            origin: origin.ok_or(StoreError::Internal("a link has an unknown origin".into()))?,
            key: SaleKey {
                store: StoreId::new(row.store_id),
                source,
                source_id: row.entity_source_id,
            },
            order: row.order_id.map(OrderId::new),
            told,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

/// What is written of what was told under a name.
fn told_columns(told: Option<&Told>) -> [(&'static str, Bind); 5] {
    let fingerprint = told.and_then(|told| told.fingerprint);
    let fingerprint = fingerprint.map(|hash| hash.as_bytes().to_vec());
    let updated_at = told.and_then(|told| told.source.updated_at).map(Timestamp::micros);
    [
        ("fingerprint", fingerprint.into()),
        ("source_seq", told.and_then(|told| told.source.seq).into()),
        ("source_updated_at", updated_at.into()),
        ("version", told.map_or(0, |told| i64::from(told.version)).into()),
        ("outcome", told.map(|told| told.answered.to_text()).into()),
    ]
}

/// Appends the condition that the link of this alias is one of the keys.
fn push_named<ST>(
    statement: &mut Statement<ST>,
    alias: &'static str,
    (merchant, origin): (MerchantId, Origin),
    keys: &[SaleKey],
) {
    for (nth, key) in keys.iter().enumerate() {
        statement.push(if nth == 0 { "(" } else { " OR " });
        for (column, value) in [
            (".merchant_id = ", Bind::from(merchant.get())),
            (".entity_source_id = ", key.source_id.clone().into()),
            (".store_id = ", key.store.get().into()),
            (".entity_source = ", key.source.name().into()),
            (".origin = ", origin.number().into()),
        ] {
            statement.push(if column == ".merchant_id = " { "(" } else { " AND " });
            statement.push(alias);
            statement.push(column);
            statement.push_bind(value);
        }
        statement.push(")");
    }
    statement.push(")");
}

fn load_links(
    tx: &mut Tx<'_>,
    statement: Statement<LinkSql>,
) -> Result<Vec<OrderLink>, StoreError> {
    let rows: Vec<LinkRow> = statement.load(tx.connection)?;
    rows.into_iter().map(OrderLink::try_from).collect()
}

const NAMED_REFUND: &str = "r.id, r.merchant_id, r.order_link_id, r.source_id, r.amount, r.is_cash, r.reason, \
     r.order_refund_id, r.created_at";

type NamedRefundSql = (
    BigInt,
    BigInt,
    BigInt,
    Text,
    Nullable<BigInt>,
    Bool,
    Nullable<Text>,
    Nullable<BigInt>,
    BigInt,
);

type NamedRefundRow = (i64, i64, i64, String, Option<i64>, bool, Option<String>, Option<i64>, i64);

fn named_refund(row: NamedRefundRow) -> SaleRefund {
    let (id, merchant, link, source_id, amount, is_cash, reason, refund, created_at) = row;
    SaleRefund {
        id: SaleRefundId::new(id),
        merchant: MerchantId::new(merchant),
        link: OrderLinkId::new(link),
        source_id,
        amount,
        is_cash,
        reason,
        refund: refund.map(OrderRefundId::new),
        created_at: Timestamp::from_micros(created_at),
    }
}

/// Whether names of a merchant's sales are in reach: they are nobody's but the merchant's.
fn is_near(tx: &Tx<'_>, merchant: MerchantId) -> bool {
    match tx.scope() {
        Scope::Merchant(own) => own == merchant,
        Scope::Person(_) => false,
        Scope::Platform => true,
    }
}

impl PurchaseStore for Tx<'_> {
    fn order_links(
        &mut self,
        merchant: MerchantId,
        origin: Origin,
        keys: &[SaleKey],
    ) -> Result<Vec<OrderLink>, StoreError> {
        if keys.is_empty() || !is_near(self, merchant) {
            return Ok(Vec::new());
        }
        let mut statement =
            Statement::<LinkSql>::new("SELECT ").sql(LINK).sql(" FROM order_link l WHERE ");
        push_named(&mut statement, "l", (merchant, origin), keys);
        statement = statement.sql(" UNION SELECT ").sql(LINK).sql(
            " FROM order_link m JOIN order_link l ON l.merchant_id = m.merchant_id \
                 AND l.order_id = m.order_id WHERE ",
        );
        push_named(&mut statement, "m", (merchant, origin), keys);
        load_links(self, statement)
    }

    fn insert_order_links(&mut self, links: &[OrderLink]) -> Result<Vec<OrderLinkId>, StoreError> {
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let mut statement = Statement::<BigInt>::new(
            "INSERT INTO order_link (merchant_id, origin, store_id, entity_source, entity_source_id, order_id, \
             created_at, updated_at, fingerprint, source_seq, source_updated_at, version, outcome) VALUES ",
        );
        for (nth, link) in links.iter().enumerate() {
            self.require_merchant(link.merchant, OUT_OF_REACH)?;
            let own: [Bind; 8] = [
                link.merchant.get().into(),
                link.origin.number().into(),
                link.key.store.get().into(),
                link.key.source.name().into(),
                link.key.source_id.clone().into(),
                link.order.map(OrderId::get).into(),
                link.created_at.micros().into(),
                link.updated_at.micros().into(),
            ];
            let told = told_columns(link.told.as_ref()).map(|(_, value)| value);
            for (column, value) in own.into_iter().chain(told).enumerate() {
                statement.push(match (nth, column) {
                    (0, 0) => "(",
                    (_, 0) => "), (",
                    _ => ", ",
                });
                statement.push_bind(value);
            }
        }
        let ids = statement.sql(")").insert(self.connection)?;
        Ok(ids.into_iter().map(OrderLinkId::new).collect())
    }

    fn lock_order_link(
        &mut self,
        merchant: MerchantId,
        id: OrderLinkId,
    ) -> Result<Option<OrderLink>, StoreError> {
        self.require_merchant(merchant, OUT_OF_REACH)?;
        let statement = Statement::<LinkSql>::new("SELECT ")
            .sql(LINK)
            .sql(" FROM order_link l WHERE l.merchant_id = ")
            .bind(merchant.get())
            .sql(" AND l.id = ")
            .bind(id.get())
            .sql(self.lock());
        Ok(load_links(self, statement)?.pop())
    }

    fn update_order_link(&mut self, link: &OrderLink) -> Result<(), StoreError> {
        self.require_merchant(link.merchant, OUT_OF_REACH)?;
        let mut statement = Statement::<()>::new("UPDATE order_link SET updated_at = ")
            .bind(link.updated_at.micros())
            .sql(", order_id = ")
            .bind(link.order.map(OrderId::get));
        for (column, value) in told_columns(link.told.as_ref()) {
            statement.push(", ");
            statement.push(column);
            statement.push(" = ");
            statement.push_bind(value);
        }
        let statement = statement
            .sql(" WHERE merchant_id = ")
            .bind(link.merchant.get())
            .sql(" AND id = ")
            .bind(link.id.get());
        reached(statement.execute(self.connection)?)
    }

    fn names_of_order(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<Vec<OrderLink>, StoreError> {
        if !is_near(self, merchant) {
            return Ok(Vec::new());
        }
        let statement = Statement::<LinkSql>::new("SELECT ")
            .sql(LINK)
            .sql(" FROM order_link l WHERE l.merchant_id = ")
            .bind(merchant.get())
            .sql(" AND l.order_id = ")
            .bind(order.get())
            .sql(" ORDER BY l.id");
        load_links(self, statement)
    }

    fn delete_order_links(
        &mut self,
        merchant: MerchantId,
        links: &[OrderLinkId],
    ) -> Result<(), StoreError> {
        self.require_merchant(merchant, OUT_OF_REACH)?;
        if links.is_empty() {
            return Ok(());
        }
        Statement::<()>::new("DELETE FROM order_link WHERE merchant_id = ")
            .bind(merchant.get())
            .sql(" AND id")
            .is_in(links.iter().map(|link| link.get()).collect::<Bind>())
            .execute(self.connection)
            .map(drop)
    }

    fn sale_refunds(
        &mut self,
        merchant: MerchantId,
        links: &[OrderLinkId],
    ) -> Result<Vec<SaleRefund>, StoreError> {
        if links.is_empty() || !is_near(self, merchant) {
            return Ok(Vec::new());
        }
        let rows: Vec<NamedRefundRow> = Statement::<NamedRefundSql>::new("SELECT ")
            .sql(NAMED_REFUND)
            .sql(" FROM sale_refund r WHERE r.merchant_id = ")
            .bind(merchant.get())
            .sql(" AND r.order_link_id")
            .is_in(links.iter().map(|link| link.get()).collect::<Bind>())
            .sql(" ORDER BY r.id")
            .load(self.connection)?;
        Ok(rows.into_iter().map(named_refund).collect())
    }

    fn insert_sale_refund(&mut self, refund: &SaleRefund) -> Result<SaleRefundId, StoreError> {
        self.require_merchant(refund.merchant, OUT_OF_REACH)?;
        let id = Statement::<BigInt>::new(
            "INSERT INTO sale_refund (merchant_id, order_link_id, source_id, amount, is_cash, reason, \
             order_refund_id, created_at) VALUES (",
        )
        .bind(refund.merchant.get())
        .sql(", ")
        .bind(refund.link.get())
        .sql(", ")
        .bind(refund.source_id.as_str())
        .sql(", ")
        .bind(refund.amount)
        .sql(", ")
        .bind(refund.is_cash)
        .sql(", ")
        .bind(refund.reason.clone())
        .sql(", ")
        .bind(refund.refund.map(OrderRefundId::get))
        .sql(", ")
        .bind(refund.created_at.micros())
        .sql(")")
        .insert_one(self.connection, OUT_OF_REACH)?;
        Ok(SaleRefundId::new(id))
    }

    fn update_sale_refund(&mut self, refund: &SaleRefund) -> Result<(), StoreError> {
        self.require_merchant(refund.merchant, OUT_OF_REACH)?;
        let rows = Statement::<()>::new("UPDATE sale_refund SET order_refund_id = ")
            .bind(refund.refund.map(OrderRefundId::get))
            .sql(", reason = ")
            .bind(refund.reason.clone())
            .sql(" WHERE merchant_id = ")
            .bind(refund.merchant.get())
            .sql(" AND id = ")
            .bind(refund.id.get())
            .execute(self.connection)?;
        reached(rows)
    }

    fn strip_order(&mut self, merchant: MerchantId, order: OrderId) -> Result<(), StoreError> {
        self.require_merchant(merchant, OUT_OF_REACH)?;
        for (sql, rest) in [
            (
                "DELETE FROM order_discount_share WHERE merchant_id = ",
                " AND order_discount_id IN (SELECT d.id FROM order_discount d WHERE d.merchant_id = ",
            ),
            (
                "DELETE FROM order_refund_share WHERE merchant_id = ",
                " AND order_refund_id IN (SELECT d.id FROM order_refund d WHERE d.merchant_id = ",
            ),
        ] {
            Statement::<()>::new(sql)
                .bind(merchant.get())
                .sql(rest)
                .bind(merchant.get())
                .sql(" AND d.order_id = ")
                .bind(order.get())
                .sql(")")
                .execute(self.connection)?;
        }
        for sql in [
            "DELETE FROM order_discount WHERE merchant_id = ",
            "DELETE FROM order_tip WHERE merchant_id = ",
        ] {
            Statement::<()>::new(sql)
                .bind(merchant.get())
                .sql(" AND order_id = ")
                .bind(order.get())
                .execute(self.connection)?;
        }
        Ok(())
    }

    fn restate_order_refund(&mut self, refund: &OrderRefund) -> Result<(), StoreError> {
        refund::restate(self, refund)
    }

    fn count_order_claims(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        date: NaiveDate,
    ) -> Result<u64, StoreError> {
        if !is_near(self, merchant) {
            return Ok(0);
        }
        let rows: Option<i64> =
            // Orders move with a merge, and what was said of them counts with them.
            Statement::<BigInt>::new(
                "SELECT count(*) FROM order_claim c JOIN orders o ON o.merchant_id = c.merchant_id \
                 AND o.id = c.order_id WHERE c.merchant_id = ",
            )
            .bind(merchant.get())
            .sql(" AND o.person_id = ")
            .bind(person.get())
            .sql(" AND c.business_date = ")
            .bind(date.to_string())
            .first(self.connection)?;
        Ok(rows.map(i64::unsigned_abs).unwrap_or_default())
    }

    fn insert_order_claim(&mut self, claim: &OrderClaim) -> Result<(), StoreError> {
        self.require_merchant(claim.merchant, OUT_OF_REACH)?;
        Statement::<()>::new(
            "INSERT INTO order_claim (merchant_id, order_id, person_id, business_date, actor_id, created_at) VALUES (",
        )
        .bind(claim.merchant.get())
        .sql(", ")
        .bind(claim.order.get())
        .sql(", ")
        .bind(claim.person.get())
        .sql(", ")
        .bind(claim.business_date.to_string())
        .sql(", ")
        .bind(claim.actor.map(PersonId::get))
        .sql(", ")
        .bind(claim.created_at.micros())
        .sql(")")
        .execute(self.connection)
        .map(drop)
    }

    fn insert_sale_reviews(&mut self, reviews: &[SaleReview]) -> Result<(), StoreError> {
        review::insert(self, reviews)
    }

    fn sale_reviews(
        &mut self,
        ids: &[SaleReviewId],
        within: &StoreAccess,
    ) -> Result<Vec<SaleReview>, StoreError> {
        review::by_ids(self, ids, within)
    }

    fn list_sale_reviews(
        &mut self,
        query: &SaleReviewQuery,
        page: &PageRequest<SaleReviewSort>,
    ) -> Result<Page<SaleReview>, StoreError> {
        review::list(self, query, page)
    }

    fn count_sale_reviews(&mut self, query: &SaleReviewQuery) -> Result<u64, StoreError> {
        review::count(self, query)
    }

    fn find_sale_review(
        &mut self,
        merchant: MerchantId,
        id: SaleReviewId,
    ) -> Result<Option<SaleReview>, StoreError> {
        review::find(self, merchant, id)
    }

    fn update_sale_review(&mut self, review: &SaleReview) -> Result<(), StoreError> {
        review::update(self, review)
    }
}
