//! What goes wrong, and when.

use std::collections::VecDeque;

/// Which request it happens to: the next one of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// One for a session.
    Login,
    /// The first page of a query.
    Query,
    /// A later page of a query.
    Page,
    /// What an object is like.
    Describe,
    /// The log of deletions.
    Deleted,
    /// One that begins a bulk job.
    Job,
    /// How far a bulk job is.
    Poll,
    /// The results of a bulk job.
    Results,
    /// One that writes.
    Save,
    /// Any but for a session.
    Any,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bad {
    /// 429 with these words in `Retry-After`, or without it.
    TooMany(Option<String>),
    /// The page of a proxy: 502 with HTML.
    Gateway,
    /// 200 with HTML.
    Html,
    /// The answer breaks off in its middle; what was asked is done.
    Cut,
    /// The answer breaks off after so many lines, in good order, as if that were all of it.
    CutLines(usize),
    /// 401: all sessions end.
    SessionEnds,
    /// A status with an error of Salesforce's.
    Error(u16, &'static str, &'static str),
    /// A status with an empty body.
    Status(u16),
    /// The filter is not heeded, and nothing says so.
    IgnoredFilter,
    /// Places in queries and in results are not known any more.
    ForgottenPlaces,
    /// The bulk job fails with this message.
    FailedJob(&'static str),
    /// The bulk job is stopped by an administrator.
    AbortedJob,
}

/// What is to go wrong, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Script(VecDeque<(On, Bad)>);

impl Script {
    pub(super) fn add(&mut self, on: On, bad: Bad) {
        self.0.push_back((on, bad));
    }

    /// What happens to this request, if anything does.
    pub(super) fn take(&mut self, to: On) -> Option<Bad> {
        let fits = |on: On| on == to || (on == On::Any && to != On::Login);
        let place = self.0.iter().position(|(on, _)| fits(*on))?;
        self.0.remove(place).map(|(_, bad)| bad)
    }

    /// How many things are still to go wrong.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
