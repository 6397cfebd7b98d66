//! The slice of the data that a transaction may touch. Every transaction is opened with one; there is no query without.

use crate::{MerchantId, PersonId};

/// Whose data a transaction sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything of one merchant and nothing of another.
    Merchant(MerchantId),
    /// One registered person: the account, the memberships, and the live stores, offers and cards of any merchant.
    Person(PersonId),
    /// Everything. Made only where accounts log in, by workers and for platform staff.
    Platform,
}

impl Scope {
    /// The merchant, where the scope is one merchant's.
    pub const fn merchant(self) -> Option<MerchantId> {
        match self {
            Self::Merchant(merchant) => Some(merchant),
            Self::Person(_) | Self::Platform => None,
        }
    }

    /// The person, where the scope is one person's.
    pub const fn person(self) -> Option<PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Merchant(_) | Self::Platform => None,
        }
    }
}
