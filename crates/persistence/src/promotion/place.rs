//! Stores as eligibility sees them.

use diesel::sql_types::{BigInt, Nullable, Text};
use regulars_kernel::{MerchantId, StoreAccess, StoreError, StoreGroupId, StoreId};
use regulars_promotion::Place;

use super::{
    reach::near,
    terms::{Origin, ids, parsed},
};
use crate::{
    Tx,
    statement::{Bind, Statement},
};

type RowSql = (BigInt, BigInt, Text, Text, Nullable<Text>);
type Row = (i64, i64, String, String, Option<String>);

pub(super) fn per_merchant(
    tx: &mut Tx<'_>,
    merchants: &[MerchantId],
    within: &StoreAccess,
) -> Result<Vec<(MerchantId, Place)>, StoreError> {
    let mut statement = Statement::<RowSql>::new(
        "SELECT s.merchant_id, s.id, COALESCE(s.time_zone, t.time_zone), s.day_starts_at, \
         (SELECT string_agg(CAST(g.store_group_id AS TEXT), ',') FROM store_group_member g \
         WHERE g.merchant_id = s.merchant_id AND g.store_id = s.id) \
         FROM store s JOIN merchant t ON t.id = s.merchant_id WHERE s.merchant_id",
    )
    .is_in(near(tx.scope(), merchants).into_iter().collect::<Bind>())
    .sql(" AND s.is_active AND NOT s.archived");
    if let StoreAccess::Only(stores) = within {
        statement.push(" AND s.id");
        statement.push_is_in(stores.iter().map(|id| id.get()).collect::<Bind>());
    }
    statement.push(" ORDER BY s.id");
    let rows: Vec<Row> = statement.load(tx.connection)?;
    let place = |(merchant, id, zone, day_starts_at, groups): Row| {
        let origin = Origin { table: "store", id };
        let groups = ids(groups, StoreGroupId::new);
        let place = Place {
            store: Some(StoreId::new(id)),
            groups: origin.read("store_group_id", groups)?,
            zone: origin.read("time_zone", parsed(&zone))?,
            day_starts_at: origin.read("day_starts_at", parsed(&day_starts_at))?,
        };
        Ok((MerchantId::new(merchant), place))
    };
    rows.into_iter().map(place).collect()
}
