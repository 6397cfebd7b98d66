//! Campaigns, for the offers that run in them.

use std::{collections::HashMap, sync::Arc};

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_kernel::{CampaignId, MerchantId, StoreError, Timestamp};
use regulars_promotion::{Campaign, Status};

use super::terms::{Origin, PlacesRow, PlacesSql, places_columns};
use crate::{
    Tx,
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
