//! What goes wrong, and when.

use std::collections::VecDeque;

/// Which request it happens to: the next one of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// One of somebody who is asked to allow the app.
    Authorize,
    /// One for tokens.
    Token,
    /// One for a profile.
    Me,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bad {
    /// 429 with these words in `Retry-After`, or without it.
    TooMany(Option<String>),
    /// The page of a proxy: 502 with HTML.
    Gateway,
    /// A status with an error in the host's own form.
    Status(u16),
    /// 200 with HTML.
    Html,
    /// The answer breaks off; what was asked is done: a token that was given out is given out.
    Cut,
    /// 401: the token is not accepted, and never again.
    Unauthorized,
    /// An answer with another body than the right one.
    Instead(String),
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
        let place = self.0.iter().position(|(on, _)| *on == to)?;
        self.0.remove(place).map(|(_, bad)| bad)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
