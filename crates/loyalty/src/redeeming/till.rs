//! What a till needs to promise something to a customer (rule 21).

use regulars_customer::{Identifier, Kind};
use regulars_merchant::TillRedemption;

/// Why a till may not promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// The customer has an account, and makes the code by themselves.
    #[error("This customer has an account: ask for the code that they make in their app.")]
    Code,
    /// Nothing that the customer carries was shown.
    #[error("Have the customer show their loyalty id or card, and send its number.")]
    LoyaltyId,
}

/// What a till needs for customers of a kind, given what its store says; absent, registered people make codes. Managed ones
/// have no login that could make one: their loyalty id is all that there is to show, whatever the store says.
pub const fn needs(store: Option<TillRedemption>, kind: Kind) -> TillRedemption {
    match (kind, store) {
        (Kind::Registered, None | Some(TillRedemption::Code)) => TillRedemption::Code,
        (Kind::Registered, Some(TillRedemption::LoyaltyId)) | (Kind::Managed, _) => {
            TillRedemption::LoyaltyId
        }
    }
}

/// Whether a till may promise something to a customer of that kind, whom it names so: of somebody with an account a number in
/// a list is nothing that they show. Managed customers have no login, and whoever serves them names them in any way.
///
/// # Errors
/// What the customer is to show instead.
pub fn may_promise(
    store: Option<TillRedemption>,
    kind: Kind,
    shown: &Identifier,
) -> Result<(), NotShown> {
    match needs(store, kind) {
        TillRedemption::Code => Err(NotShown::Code),
        TillRedemption::LoyaltyId if kind == Kind::Managed => Ok(()),
        TillRedemption::LoyaltyId => {
            let number = shown.loyalty_id.as_deref().unwrap_or_default();
            if number.trim().is_empty() { Err(NotShown::LoyaltyId) } else { Ok(()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use regulars_kernel::PersonId;

    use super::*;

    #[test]
    fn rule_21_a_till_promises_to_whoever_shows_what_the_store_needs() {
        let (code, number) = (Some(TillRedemption::Code), Some(TillRedemption::LoyaltyId));
        let by_number = Identifier { loyalty_id: Some("C-77".to_owned()), ..Identifier::default() };
        let by_list = Identifier { id: Some(PersonId::new(7)), ..Identifier::default() };
        let empty = Identifier { loyalty_id: Some("  ".to_owned()), ..by_list.clone() };
        for (store, kind, shown, expected) in [
            (None, Kind::Registered, &by_number, Err(NotShown::Code)),
            (code, Kind::Registered, &by_number, Err(NotShown::Code)),
            (number, Kind::Registered, &by_number, Ok(())),
            (number, Kind::Registered, &by_list, Err(NotShown::LoyaltyId)),
            (None, Kind::Managed, &by_number, Ok(())),
            (code, Kind::Managed, &by_number, Ok(())),
            (number, Kind::Managed, &by_number, Ok(())),
            (None, Kind::Managed, &by_list, Ok(())),
            (number, Kind::Registered, &empty, Err(NotShown::LoyaltyId)),
        ] {
            assert_eq!(may_promise(store, kind, shown), expected, "{store:?} {kind:?} {shown:?}");
        }
    }
}
