//! What goes wrong, and when.

use std::collections::VecDeque;

/// Which request it happens to: the next one of this kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// One for a token.
    Token,
    /// A question whose operation has this name; empty: any question.
    Question(String),
    /// One for the file of a bulk operation.
    File,
}

impl On {
    /// A question whose operation has this name.
    pub fn question(name: &str) -> Self {
        Self::Question(name.to_owned())
    }

    fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Question(wanted), Self::Question(name)) => wanted.is_empty() || wanted == name,
            _ => self == other,
        }
    }
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bad {
    /// 429 with these words in `Retry-After`, or without it.
    TooMany(Option<String>),
    /// 200 with the error THROTTLED, and what is left of the points if that is said.
    Throttled {
        /// Whether `throttleStatus` is there.
        with_status: bool,
    },
    /// The error `MAX_COST_EXCEEDED`.
    TooCostly,
    /// The page of a proxy: 502 with HTML.
    Gateway,
    /// 200 with HTML.
    Html,
    /// The answer breaks off; what was asked is done.
    Cut,
    /// A file breaks off after so many bytes.
    CutAt(usize),
    /// 401: the token is not accepted, and never again.
    Unauthorized,
    /// 403 with the XML of a store of files: the signed address is not good any more.
    ExpiredUrl,
    /// The filter is not understood, and nothing says so.
    IgnoredFilter,
    /// The cursor is not known any more.
    InvalidCursor,
    /// A status with an empty body.
    Status(u16),
    /// Shopify stumbled over itself.
    InternalError,
    /// A bulk operation fails after so many lines; none: without a part of its file.
    FailedBulk(Option<usize>),
    /// A bulk operation that may not read what it is to read.
    DeniedBulk,
}

/// What is to go wrong, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Script(VecDeque<(On, Bad)>);

impl Script {
    pub(super) fn add(&mut self, on: On, bad: Bad) {
        self.0.push_back((on, bad));
    }

    /// What happens to this request, if anything does.
    pub(super) fn take(&mut self, to: &On) -> Option<Bad> {
        let place = self.0.iter().position(|(on, _)| on.fits(to))?;
        self.0.remove(place).map(|(_, bad)| bad)
    }

    /// How many things are still to go wrong.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
