//! How errors are told apart: what a caller did wrong, what is not there for them, what broke.

use crate::{Denied, Violations};

/// What kind of thing went wrong, for the one place that turns errors into answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// This kind of actor or role may never do this.
    PermissionDenied,
    /// They may, but there is no such object for them.
    DoesNotExist,
    /// The input is at fault; says which part and why.
    Invalid(Violations),
    /// Nothing is wrong with the request, but it cannot be served now: busy, or past its deadline.
    Unavailable,
    /// It lost against another one that ran at the same time; run again, it may find what that one left.
    Contended,
    /// A fault of ours.
    Internal,
}

/// Every error enum of a domain crate says its kind by an exhaustive match.
pub trait Classify: std::error::Error {
    /// The kind of this error.
    fn kind(&self) -> ErrorKind;

    /// Of [`ErrorKind::DoesNotExist`] the argument that names what is not there, by its name in the API, where the error
    /// knows it; else whoever calls does.
    fn argument(&self) -> Option<&'static str> {
        None
    }
}

/// An error that tells whether running the same transaction again may succeed.
pub trait Contention {
    /// Whether the transaction lost against another one.
    fn is_contention(&self) -> bool;
}

impl<E: Classify> Contention for E {
    fn is_contention(&self) -> bool {
        self.kind() == ErrorKind::Contended
    }
}

/// Why a store could not answer. Stores are fallible wherever they keep their rows.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique key is taken. The text is `table.column`, as the schema names it (the last column of a composite key).
    #[error("{0} is taken")]
    Taken(&'static str),
    /// No connection was free, or the server is away.
    #[error("the store is unavailable")]
    Unavailable,
    /// The request's deadline passed while the store worked.
    #[error("the deadline passed")]
    DeadlineExceeded,
    /// The transaction lost against another one and may be run again.
    #[error("the transaction lost against another one")]
    Contended,
    /// The scope of the transaction does not reach what was asked for: a mistake of the calling code.
    #[error("out of scope: {0}")]
    OutOfScope(&'static str),
    /// A row holds what the program never writes.
    #[error("corrupt value in {table}.{column} of row {id}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The primary key of the row.
        id: i64,
    },
    /// Anything else.
    #[error("the store failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Classify for StoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable | Self::DeadlineExceeded => ErrorKind::Unavailable,
            Self::Contended => ErrorKind::Contended,
            Self::Taken(_) | Self::OutOfScope(_) | Self::Corrupt { .. } | Self::Internal(_) => {
                ErrorKind::Internal
            }
        }
    }
}

impl Classify for Denied {
    fn kind(&self) -> ErrorKind {
        ErrorKind::PermissionDenied
    }
}

impl Classify for Violations {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid(self.clone())
    }
}
