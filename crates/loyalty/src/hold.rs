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
}

impl Hold {
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
            };
            assert_eq!(hold.binds(Timestamp::from_seconds(9)), state == HoldState::Open);
            assert!(!hold.binds(Timestamp::from_seconds(10)));
        }
    }
}
