//! Which rows of a list: those in use, the archived ones, or both.

/// Archived rows appear on request only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Archived {
    /// What is in use.
    #[default]
    Hidden,
    /// The archived ones alone (`archived: true`).
    Only,
    /// Both (`includeArchived: true`).
    Included,
}

impl Archived {
    /// What the two arguments of a list ask for; `archived: true` says more than `includeArchived: true` and wins.
    pub const fn asked(archived: Option<bool>, include_archived: Option<bool>) -> Self {
        match (archived, include_archived) {
            (Some(true), _) => Self::Only,
            (_, Some(true)) => Self::Included,
            _ => Self::Hidden,
        }
    }

    /// Whether a row of that state is wanted.
    pub const fn admits(self, archived: bool) -> bool {
        match self {
            Self::Hidden => !archived,
            Self::Only => archived,
            Self::Included => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archived_rows_appear_on_request_only() {
        for (archived, included, shows_live, shows_archived) in [
            (None, None, true, false),
            (Some(false), None, true, false),
            (Some(false), Some(false), true, false),
            (Some(true), None, false, true),
            (Some(true), Some(true), false, true),
            (None, Some(true), true, true),
            (Some(false), Some(true), true, true),
        ] {
            let which = Archived::asked(archived, included);
            assert_eq!((which.admits(false), which.admits(true)), (shows_live, shows_archived));
        }
    }
}
