//! What can go wrong where orders are read and written.

use regulars_customer::CustomerError;
use regulars_kernel::{Classify, Denied, ErrorKind, Rule, StoreError, Violations};
use regulars_loyalty::LoyaltyError;
use regulars_promotion::PricingError;

/// Why a use case of this crate gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The asker may never ask this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The asker sees no such order.
    #[error("order not found")]
    OrderNotFound,
    /// The asker sees no such line of an order.
    #[error("order item not found")]
    OrderItemNotFound,
    /// The asker sees no such discount of an order.
    #[error("order discount not found")]
    DiscountNotFound,
    /// The asker sees no such visit.
    #[error("visit not found")]
    VisitNotFound,
    /// The asker sees no such review.
    #[error("review not found")]
    ReviewNotFound,
    /// An argument names something that there is not, or not for the asker.
    #[error("{0} names nothing")]
    NothingNamed(&'static str),
    /// The customer cannot be told, or cannot be a customer.
    #[error(transparent)]
    Customer(#[from] CustomerError),
    /// The codes' part of it failed.
    #[error(transparent)]
    Loyalty(#[from] LoyaltyError),
    /// The sale has no price.
    #[error(transparent)]
    Unpriced(#[from] PricingError),
    /// The input is at fault.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// The rows could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for OrderError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::OrderNotFound
            | Self::OrderItemNotFound
            | Self::DiscountNotFound
            | Self::VisitNotFound
            | Self::ReviewNotFound
            | Self::NothingNamed(_) => ErrorKind::DoesNotExist,
            Self::Customer(error) => error.kind(),
            Self::Loyalty(error) => error.kind(),
            Self::Unpriced(why) => {
                ErrorKind::Invalid(Violations::of_input(Rule::Invalid(why.to_string())))
            }
            Self::Invalid(violations) => violations.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn argument(&self) -> Option<&'static str> {
        match self {
            Self::NothingNamed(argument) => Some(argument),
            Self::Customer(error) => error.argument(),
            Self::Loyalty(error) => error.argument(),
            _ => None,
        }
    }
}
