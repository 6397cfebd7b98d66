//! Campaigns: for the offers that run in them, and by themselves.

use std::{collections::HashMap, sync::Arc};

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_kernel::{
    CampaignId, MerchantId, Page, PageRequest, Scope, StoreError, Timestamp, text::fold,
};
use regulars_promotion::{Campaign, CampaignFilter, CampaignSort, Status};

use super::{
    reach::{Wanted, push_near},
    reached, require_reach,
    terms::{Origin, PlacesRow, PlacesSql, pairs, places_columns},
};
use crate::{
    Tx,
    error::IntoStore,
    page::{SortColumns, push_page},
    schema::campaign,
    statement::{Bind, Statement},
};

const COLUMNS: &str = concat!(
    "p.id, p.merchant_id, p.name, p.status, p.start_time, p.end_time, p.extra_info, p.archived, \
     p.created_at, p.updated_at, ",
    places_columns!("campaign", "p")
);

type RowSql = (
    BigInt,
    BigInt,
    Text,
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Text>,
    Bool,
    BigInt,
    BigInt,
    PlacesSql,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    name: String,
    status: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    extra_info: Option<String>,
    archived: bool,
    created_at: i64,
    updated_at: i64,
    places: PlacesRow,
}

impl Row {
    fn campaign(self) -> Result<Campaign, StoreError> {
        let origin = Origin { table: "campaign", id: self.id };
        Ok(Campaign {
            id: CampaignId::new(self.id),
            merchant: MerchantId::new(self.merchant_id),
            name: self.name,
            status: origin.read("status", Status::from_name(&self.status))?,
            start_time: self.start_time.map(Timestamp::from_micros),
            end_time: self.end_time.map(Timestamp::from_micros),
            places: self.places.places(origin)?,
            extra_info: self.extra_info,
            archived: self.archived,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

/// The campaigns of offers that the transaction has found; whoever sees an offer sees its campaign.
pub(super) fn by_ids(
    tx: &mut Tx<'_>,
    ids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Arc<Campaign>>, StoreError> {
    let mut ids: Vec<i64> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    ids.sort_unstable();
    ids.dedup();
    let rows: Vec<Row> = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM campaign p WHERE p.id")
        .is_in(ids.into_iter().collect::<Bind>())
        .load(tx.connection)?;
    rows.into_iter().map(|row| Ok((row.id, Arc::new(row.campaign()?)))).collect()
}

impl SortColumns for CampaignSort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "p.name_key",
            // The least number there is, in a spelling that both databases take for one of 64 bits.
            Self::Start => "COALESCE(p.start_time, -9223372036854775807 - 1)",
            Self::CreatedAt => "p.created_at",
        }
    }

    const PK: &'static str = "p.id";
}

/// The campaigns of those ids that the scope reaches.
pub(super) fn reached_by_ids(
    tx: &mut Tx<'_>,
    ids: &[CampaignId],
) -> Result<Vec<Campaign>, StoreError> {
    let mut statement = campaigns(tx.scope(), COLUMNS).sql(" AND p.id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    load(tx, statement)
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    filter: &CampaignFilter,
    request: &PageRequest<CampaignSort>,
) -> Result<Page<Campaign>, StoreError> {
    let mut statement = campaigns(tx.scope(), COLUMNS);
    push_filter(&mut statement, filter);
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, filter: &CampaignFilter) -> Result<u64, StoreError> {
    let mut statement = campaigns::<BigInt>(tx.scope(), "COUNT(*)");
    push_filter(&mut statement, filter);
    let count: Option<i64> = statement.first(tx.connection)?;
    Ok(count.unwrap_or_default().unsigned_abs())
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: CampaignId,
) -> Result<Option<Campaign>, StoreError> {
    require_reach(tx, merchant)?;
    let mut statement = Statement::<RowSql>::new("SELECT ").sql(COLUMNS);
    statement.push(" FROM campaign p WHERE p.merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push(" AND p.id = ");
    statement.push_bind(id.get());
    statement.push(tx.lock());
    Ok(load(tx, statement)?.pop())
}

/// What is written of a campaign. Absent values become null.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = campaign, treat_none_as_null = true)]
struct Written<'a> {
    name: &'a str,
    name_key: String,
    status: &'static str,
    start_time: Option<i64>,
    end_time: Option<i64>,
    extra_info: Option<String>,
    archived: bool,
    updated_at: i64,
}

impl<'a> From<&'a Campaign> for Written<'a> {
    fn from(campaign: &'a Campaign) -> Self {
        Self {
            name: &campaign.name,
            name_key: fold(&campaign.name),
            status: campaign.status.name(),
            start_time: campaign.start_time.map(Timestamp::micros),
            end_time: campaign.end_time.map(Timestamp::micros),
            extra_info: campaign.extra_info.clone(),
            archived: campaign.archived,
            updated_at: campaign.updated_at.micros(),
        }
    }
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &Campaign) -> Result<CampaignId, StoreError> {
    require_reach(tx, new.merchant)?;
    let own = (
        campaign::merchant_id.eq(new.merchant.get()),
        campaign::created_at.eq(new.created_at.micros()),
    );
    let id: i64 = diesel::insert_into(campaign::table)
        .values((own, Written::from(new)))
        .returning(campaign::id)
        .get_result(tx.connection)
        .store()?;
    put_places(tx, id, new)?;
    Ok(CampaignId::new(id))
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &Campaign) -> Result<(), StoreError> {
    require_reach(tx, changed.merchant)?;
    let (merchant, id) = (changed.merchant.get(), changed.id.get());
    let row = campaign::table.find((merchant, id));
    let rows = diesel::update(row).set(Written::from(changed)).execute(tx.connection).store()?;
    reached(rows)?;
    STORES.clear(tx, merchant, id)?;
    GROUPS.clear(tx, merchant, id)?;
    put_places(tx, id, changed)
}

pairs! {
    STORES = "campaign_store"("campaign_id", "store_id");
    GROUPS = "campaign_store_group"("campaign_id", "store_group_id");
}

fn put_places(tx: &mut Tx<'_>, id: i64, campaign: &Campaign) -> Result<(), StoreError> {
    let (merchant, places) = (campaign.merchant.get(), &campaign.places);
    STORES.put(tx, merchant, id, places.stores.iter().map(|store| store.get()))?;
    GROUPS.put(tx, merchant, id, places.groups.iter().map(|group| group.get()))
}

/// A statement over campaigns `p` that the scope reaches, with a `WHERE` that goes on.
fn campaigns<ST>(scope: Scope, select: &'static str) -> Statement<ST> {
    let mut statement = Statement::new("SELECT ").sql(select).sql(" FROM campaign p WHERE ");
    statement.push(if matches!(scope, Scope::Person(_)) { "FALSE" } else { "TRUE" });
    push_near(&mut statement, scope);
    statement
}

fn push_filter<ST>(statement: &mut Statement<ST>, filter: &CampaignFilter) {
    let wanted = Wanted {
        name: filter.name.as_deref(),
        name_icontains: filter.name_icontains.as_deref(),
        status: filter.status,
        merchant: None,
        archived: filter.archived,
    };
    wanted.push(statement);
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Campaign>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Row::campaign).collect()
}
