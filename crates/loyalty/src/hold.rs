//! Holds: what open codes have set aside (rules 17 and 21).

use regulars_kernel::{AccountId, HoldId, LotId, Points, Timestamp};

/// Where a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldState {
    /// It sets aside, until its time is up.
    Open,
    /// It was used.
    Confirmed,
    /// It was called off.
    Cancelled,
    /// Its time ran out.
    Lapsed,
}

impl HoldState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Confirmed, Self::Cancelled, Self::Lapsed];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
            Self::Lapsed => "LAPSED",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// An amount set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The key.
    pub id: HoldId,
    /// Of which account.
    pub account: AccountId,
    /// How much; positive.
    pub amount: Points,
    /// Until when; this very instant is too late.
    pub until: Timestamp,
    /// Where it stands.
    pub state: HoldState,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was used, called off or noted as lapsed; none while it is open, and of those that ended before that was kept.
    pub ended_at: Option<Timestamp>,
}

impl Hold {
    /// Whether it set aside at an instant of the past, or would. Of one of which it is not known when it ended nobody can say:
    /// it counts as one that did not.
    pub fn was_open(&self, at: Timestamp) -> bool {
        let over = match (self.state, self.ended_at) {
            (HoldState::Open, _) => false,
            (HoldState::Lapsed, _) => self.until <= at,
            (HoldState::Confirmed | HoldState::Cancelled, Some(end)) => end <= at,
            (HoldState::Confirmed | HoldState::Cancelled, None) => true,
        };
        self.created_at <= at && at < self.until && !over
    }

    /// Whether it sets aside at an instant: it lapses by itself, noted or not (rule 21).
    pub fn binds(&self, at: Timestamp) -> bool {
        self.state == HoldState::Open && at < self.until
    }
}

/// What a hold has set aside of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldLot {
    /// The hold.
    pub hold: HoldId,
    /// The lot.
    pub lot: LotId,
    /// How much; positive.
    pub amount: Points,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_binds_while_it_is_open_and_its_time_is_not_up() {
        for state in HoldState::ALL {
            assert_eq!(HoldState::from_name(state.name()), Some(state));
            let hold = Hold {
                id: HoldId::new(1),
                account: AccountId::new(1),
                amount: Points::new(1),
                until: Timestamp::from_seconds(10),
                state,
                created_at: Timestamp::from_seconds(0),
                ended_at: None,
            };
            assert_eq!(hold.binds(Timestamp::from_seconds(9)), state == HoldState::Open);
            assert!(!hold.binds(Timestamp::from_seconds(10)));
        }
    }
}
