//! What does not hold of a sale that happened (rule 10).

use std::fmt;

use crate::TimeFlag;

/// What does not hold. Codes are part of the API and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WarningKind {
    /// Something about its time.
    Time(TimeFlag),
    /// Its store was given up.
    StoreGivenUp,
    /// Its product is not sold any more.
    ProductGivenUp,
    /// Nobody is known by what was told of the customer.
    CustomerUnknown,
    /// More than one customer fits, or the identifiers name different ones.
    SeveralCustomers,
    /// The number is blocked: the customer has another one.
    NumberBlocked,
    /// The customer left, and comes back by themselves alone.
    CustomerLeft,
    /// Too many numbers were tried in vain for another one to be looked up.
    CustomerUntried,
    /// What was paid is not what the sale comes to.
    PaymentsDiffer,
    /// A code takes nothing off; the warning's reason says why. What the till gave for it is the merchant's own.
    CodeNotTaken,
    /// What the till took off for a code is not what it is worth.
    DiscountDiffers,
    /// The sale was recorded before, with other content.
    Differs,
    /// The sale was recorded before, for somebody else.
    OtherCustomer,
    /// The sale was recorded under another id, whose content counts.
    Linked,
    /// Another sale has this id.
    LinkTaken,
    /// The sale was voided meanwhile.
    Voided,
    /// More was given back than the sale came to.
    RefundTooLarge,
    /// What went back was told again, with another amount.
    RefundDiffers,
    /// Too many sales of one day were said to be this customer's.
    ManyAttached,
}

impl WarningKind {
    const PLAIN: [Self; 18] = [
        Self::StoreGivenUp,
        Self::ProductGivenUp,
        Self::CustomerUnknown,
        Self::SeveralCustomers,
        Self::NumberBlocked,
        Self::CustomerLeft,
        Self::CustomerUntried,
        Self::PaymentsDiffer,
        Self::CodeNotTaken,
        Self::DiscountDiffers,
        Self::Differs,
        Self::OtherCustomer,
        Self::Linked,
        Self::LinkTaken,
        Self::Voided,
        Self::RefundTooLarge,
        Self::RefundDiffers,
        Self::ManyAttached,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Time(flag) => flag.code(),
            Self::StoreGivenUp => "store_given_up",
            Self::ProductGivenUp => "product_given_up",
            Self::CustomerUnknown => "customer_unknown",
            Self::SeveralCustomers => "several_customers",
            Self::NumberBlocked => "number_blocked",
            Self::CustomerLeft => "customer_left",
            Self::CustomerUntried => "customer_untried",
            Self::PaymentsDiffer => "payments_differ",
            Self::CodeNotTaken => "code_not_taken",
            Self::DiscountDiffers => "discount_differs",
            Self::Differs => "differs",
            Self::OtherCustomer => "other_customer",
            Self::Linked => "linked",
            Self::LinkTaken => "link_taken",
            Self::Voided => "voided",
            Self::RefundTooLarge => "refund_too_large",
            Self::RefundDiffers => "refund_differs",
            Self::ManyAttached => "many_attached",
        }
    }

    /// The warning of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        let plain = Self::PLAIN.into_iter().find(|kind| kind.code() == code);
        plain.or_else(|| TimeFlag::from_code(code).map(Self::Time))
    }

    /// Whether somebody has to look at the sale for it.
    pub const fn needs_review(self) -> bool {
        !matches!(self, Self::Linked)
    }
}

/// The sentence that people read.
impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Time(flag) => return flag.fmt(f),
            Self::StoreGivenUp => "The store was given up. The sale is recorded all the same.",
            Self::ProductGivenUp => "The product is not sold any more. The line is recorded all the same.",
            Self::CustomerUnknown => {
                "No customer is known by this. The sale is recorded without one: attach it once it is known whose it was."
            }
            Self::SeveralCustomers => {
                "More than one customer fits, or the identifiers name different ones. The sale is recorded without one: \
                 attach it once it is known whose it was."
            }
            Self::NumberBlocked => {
                "This number is blocked: the customer has another one. The sale is recorded without a customer."
            }
            Self::CustomerLeft => {
                "This customer left, and comes back by themselves alone. The sale is recorded without a customer."
            }
            Self::CustomerUntried => {
                "Too many numbers of nobody were tried within a minute for this one to be looked up. The sale is recorded without \
                 a customer: attach it."
            }
            Self::PaymentsDiffer => "What was paid is not what the sale comes to.",
            Self::CodeNotTaken => {
                "This code takes nothing off. What was given for it stands as the merchant's own discount."
            }
            Self::DiscountDiffers => {
                "What was taken off for this code is not what it is worth: what was given beyond that stands as the merchant's own."
            }
            Self::Differs => {
                "This sale was recorded before with other content, which stands. Send a newer sourceUpdatedAt or seq to \
                 change it."
            }
            Self::OtherCustomer => "This sale was recorded before for another customer, whose it stays.",
            Self::Linked => "This sale was recorded under another id, whose content counts.",
            Self::LinkTaken => "Another sale has this id. The two stay two.",
            Self::Voided => "This sale was voided, and stays so.",
            Self::RefundTooLarge => "More was given back than the sale came to: all of it went back.",
            Self::RefundDiffers => "This refund was recorded before with another amount, which stands.",
            Self::ManyAttached => {
                "More than three sales of one day were said to be this customer's: what this one earns is pending until \
                 it is reviewed."
            }
        })
    }
}

/// What does not hold, and of which part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PurchaseWarning {
    /// What.
    pub kind: WarningKind,
    /// Of which argument: `consumerEmail`, `items[2].productId`. Letters, digits, dots and brackets.
    pub path: String,
    /// Why, where a code takes nothing off: a code of its own. Small letters and underscores.
    pub reason: Option<String>,
}

impl PurchaseWarning {
    /// Of a part.
    pub fn new(kind: WarningKind, path: impl Into<String>) -> Self {
        Self { kind, path: path.into(), reason: None }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_warning_is_read_back_from_its_code_which_is_its_own() {
        let times = TimeFlag::ALL.map(WarningKind::Time);
        let all: Vec<_> = WarningKind::PLAIN.into_iter().chain(times).collect();
        let codes: BTreeSet<_> = all.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), all.len());
        for kind in all {
            assert_eq!(WarningKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(WarningKind::from_code("odd"), None);
    }
}
