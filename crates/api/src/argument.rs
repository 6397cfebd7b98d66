//! Ids among the arguments of the root fields.

use std::collections::BTreeSet;

use juniper::Nullable;
use regulars_kernel::{Change, ErrorKind, Rule, Violations};

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

/// What could not be read of an input, told together with what the use case finds wrong with the rest: who fills in a form
/// corrects it once.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    wrong: Violations,
    /// One that is no fault of an argument.
    other: Option<ApiError>,
}

impl Faults {
    /// What was read for an argument, or nothing.
    pub(crate) fn keep<T>(
        &mut self,
        argument: &'static str,
        read: Result<T, ApiError>,
    ) -> Option<T> {
        match read.map_err(|error| (error.kind.clone(), error)) {
            Ok(value) => return Some(value),
            Err((ErrorKind::Invalid(wrong), _)) => self.wrong.extend(wrong),
            Err((ErrorKind::DoesNotExist, _)) => {
                let sentence = "No object with this id exists.".to_owned();
                self.wrong.add(argument, Rule::Absent(sentence));
            }
            Err((_, error)) => self.other = Some(error),
        }
        None
    }

    /// The numbers of a list of ids: of those that are some.
    pub(crate) fn pks<I: From<i64> + Ord>(
        &mut self,
        argument: &'static str,
        ids: &[Id],
        kind: &str,
    ) -> BTreeSet<I> {
        let read = |id| self.keep(argument, pk(argument, id, kind)).map(I::from);
        ids.iter().filter_map(read).collect()
    }

    /// What the use case answered to the rest; these faults where there are any, and the use case's behind them.
    pub(crate) fn beside<T>(&self, result: Result<T, ApiError>) -> Result<T, ApiError> {
        if let Some(other) = &self.other {
            return Err(other.clone());
        }
        if self.wrong.is_empty() {
            return result;
        }
        let mut wrong = self.wrong.clone();
        match result {
            Ok(_) => Err(wrong.into()),
            Err(ApiError { kind: ErrorKind::Invalid(more), .. }) => {
                wrong.extend(more);
                Err(wrong.into())
            }
            Err(other) => Err(other),
        }
    }
}
