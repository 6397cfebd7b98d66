//! What follows from everything that one of a merchant's people was given: columns of the statements over `staff_member w`.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_auth::Post;
use regulars_kernel::{MerchantId, Permissions, StoreAccess, StoreId, SystemRole};

/// The columns of [`PostRow`], in its order; all null where there is no job. (`CROSS JOIN` tells SQLite to begin with the few
/// groups that somebody has.)
pub(super) const COLUMNS: &str = "w.merchant_id, w.all_stores, \
    (SELECT string_agg(r.codename, ',') FROM staff_role g \
        JOIN role r ON r.merchant_id = g.merchant_id AND r.id = g.role_id \
        WHERE g.merchant_id = w.merchant_id AND g.person_id = w.person_id), \
    (SELECT string_agg(r.permissions, ',') FROM staff_role g \
        JOIN role r ON r.merchant_id = g.merchant_id AND r.id = g.role_id \
        WHERE g.merchant_id = w.merchant_id AND g.person_id = w.person_id), \
    (SELECT string_agg(g.permission, ',') FROM staff_permission g \
        WHERE g.merchant_id = w.merchant_id AND g.person_id = w.person_id), \
    CASE WHEN NOT w.all_stores THEN (SELECT string_agg(CAST(t.store_id AS TEXT), ',') FROM ( \
        SELECT s.store_id FROM staff_store s \
        WHERE s.merchant_id = w.merchant_id AND s.person_id = w.person_id \
        UNION SELECT m.store_id FROM staff_store_group g CROSS JOIN store_group_member m \
        WHERE g.merchant_id = w.merchant_id AND g.person_id = w.person_id \
        AND m.merchant_id = g.merchant_id AND m.store_group_id = g.store_group_id) t) END";

pub(super) type PostSql = (
    Nullable<BigInt>,
    Nullable<Bool>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
);

#[derive(Queryable)]
pub(super) struct PostRow {
    merchant_id: Option<i64>,
    all_stores: Option<bool>,
    /// Codenames of system roles, by commas.
    system_roles: Option<String>,
    /// What the merchant's own roles allow, by commas.
    of_roles: Option<String>,
    /// What is allowed beside the roles, by commas.
    permissions: Option<String>,
    /// The ids of the stores, by commas, where not all are within reach.
    stores: Option<String>,
}

impl PostRow {
    pub(super) fn all_stores(&self) -> bool {
        self.all_stores == Some(true)
    }

    /// What is allowed beside the roles.
    pub(super) fn single(&self) -> Result<Permissions, Fault> {
        permissions(self.permissions.as_deref(), ("staff_permission", "permission"))
    }

    /// The job; none where there is none.
    pub(super) fn post(&self) -> Result<Option<Post>, Fault> {
        let Some(merchant) = self.merchant_id.map(MerchantId::new) else {
            return Ok(None);
        };
        let codename = |name| SystemRole::from_codename(name).ok_or(("role", "codename"));
        let system_roles = self.system_roles.as_deref().unwrap_or_default();
        let system_roles: Vec<SystemRole> =
            parts(system_roles).map(codename).collect::<Result<_, _>>()?;
        let of_roles = permissions(self.of_roles.as_deref(), ("role", "permissions"))?;
        let stores = if self.all_stores() {
            StoreAccess::All
        } else {
            let ids: Vec<StoreId> = ids(self.stores.as_deref(), ("staff_store", "store_id"))?;
            StoreAccess::Only(ids)
        };
        Ok(Some(Post::of(merchant, &system_roles, of_roles.with(self.single()?), stores)))
    }
}

/// The table and the column that hold what the program never writes.
pub(super) type Fault = (&'static str, &'static str);

fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|part| !part.is_empty())
}

pub(super) fn permissions(list: Option<&str>, place: Fault) -> Result<Permissions, Fault> {
    list.unwrap_or_default().parse().map_err(|_unknown| place)
}

/// Ids by commas.
pub(super) fn ids<I, C>(list: Option<&str>, place: Fault) -> Result<C, Fault>
where
    I: From<i64>,
    C: FromIterator<I>,
{
    let id = |part: &str| part.parse::<i64>().map(I::from).map_err(|_form| place);
    parts(list.unwrap_or_default()).map(id).collect()
}
