//! Ids among the arguments of the root fields.

use std::collections::BTreeSet;

use juniper::Nullable;
use regulars_kernel::Change;

use crate::{error::ApiError, global_id::Id};

/// The number that an argument names something of that type by.
pub(crate) fn pk(argument: &'static str, id: &Id, kind: &str) -> Result<i64, ApiError> {
    id.pk(kind).map_err(|error| ApiError::bad_id(argument, &error))
}

/// The numbers of a list of them.
pub(crate) fn pks<I: From<i64> + Ord>(
    argument: &'static str,
    ids: &[Id],
    kind: &str,
) -> Result<BTreeSet<I>, ApiError> {
    ids.iter().map(|id| pk(argument, id, kind).map(I::from)).collect()
}

/// What becomes of a list of them: absent keeps it, null empties it.
pub(crate) fn pks_changed<I: From<i64> + Ord>(
    argument: &'static str,
    ids: Nullable<Vec<Id>>,
    kind: &str,
) -> Result<Change<BTreeSet<I>>, ApiError> {
    Ok(match ids {
        Nullable::Some(ids) => Change::Set(pks(argument, &ids, kind)?),
        Nullable::ExplicitNull => Change::Clear,
        Nullable::ImplicitNull => Change::Keep,
    })
}
