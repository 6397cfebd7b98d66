//! What an input says of one field.

use juniper::Nullable;
use regulars_kernel::Change;

/// A field that was absent, null, or there.
pub(crate) fn change<T, U>(value: Nullable<T>, convert: impl FnOnce(T) -> Option<U>) -> Change<U> {
    match value {
        Nullable::ImplicitNull => Change::Keep,
        Nullable::ExplicitNull => Change::Clear,
        Nullable::Some(value) => convert(value).map_or(Change::Clear, Change::Set),
    }
}
