//! Why a code redeems nothing.

use std::fmt;

use regulars_kernel::Timestamp;
use regulars_promotion::eligibility::Reason;

/// Why a code redeems nothing, here and now. Codes are part of the API and never change their meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such code at this merchant.
    Unknown,
    /// Its time is up.
    Lapsed {
        /// This very instant was too late.
        until: Timestamp,
    },
    /// It redeemed before.
    Used,
    /// It was called off.
    CalledOff,
    /// It was promised to another customer.
    SomebodyElses,
    /// It was made for another store.
    OtherStore,
    /// It is on an open order, and is confirmed with that alone.
    OnAnOrder,
    /// It is for customers who are known, and nobody was named.
    NobodyNamed,
    /// Whoever was named is no customer.
    NoCustomer,
    /// The promotion is not available, for these reasons.
    Unavailable(Vec<Reason>),
    /// The points of its card do not pay any more.
    PaysNothing,
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown_code",
            Self::Lapsed { .. } => "code_lapsed",
            Self::Used => "code_used",
            Self::CalledOff => "code_called_off",
            Self::SomebodyElses => "somebody_elses_code",
            Self::OtherStore => "code_of_other_store",
            Self::OnAnOrder => "code_on_an_order",
            Self::NobodyNamed => "nobody_named",
            Self::NoCustomer => "no_customer",
            Self::Unavailable(reasons) => reasons.first().map_or("not_available", |one| one.code()),
            Self::PaysNothing => "pays_nothing",
        }
    }

    /// The argument that it is about; none where that is the code itself.
    pub const fn argument(&self) -> Option<&'static str> {
        match self {
            Self::OtherStore => Some("storeId"),
            Self::NobodyNamed | Self::NoCustomer => Some("consumerId"),
            _ => None,
        }
    }
}

/// The sentence that people read.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "There is no such code, or it has been used or called off.",
            Self::Lapsed { until } => {
                return write!(f, "This code was good until {until}: make another.");
            }
            Self::Used => "This code has been used: a code redeems once.",
            Self::CalledOff => "This code was called off.",
            Self::SomebodyElses => "This code is somebody else's.",
            Self::OtherStore => "This code was made for another store.",
            Self::OnAnOrder => {
                "This code is on an open order: complete that, or take it off there first."
            }
            Self::NobodyNamed => "Say who redeems it: this offer is for customers who are known.",
            Self::NoCustomer => {
                "They are no customer yet: the first sale with their loyalty id makes them one."
            }
            Self::Unavailable(reasons) => {
                let sentences: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                return f.write_str(&sentences.join(" "));
            }
            Self::PaysNothing => "The points of this card do not pay any more.",
        })
    }
}
