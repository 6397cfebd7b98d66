//! Enrolling: a consumer takes a loyalty card (rule 7).

use regulars_customer::{CustomerError, CustomerStore, Membership, Sharing, join};
use regulars_kernel::{Actor, LoyaltyCardId, Rule, Timestamp, Violations};

use crate::{Account, LoyaltyCard, LoyaltyError, LoyaltyStore, card};

/// A card that somebody took.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrollment {
    /// The card.
    pub card: LoyaltyCard,
    /// What makes the person a customer of the card's merchant.
    pub membership: Membership,
    /// What the person has on it.
    pub account: Account,
}

/// The consumer who asks takes a live card of any merchant, and becomes that merchant's customer, sharing everything, as by
/// joining. Whoever has the card already keeps it as it is. Nothing is earned by it: initial points come with the first
/// earning (rule 15). A card whose time is over is refused.
pub fn enroll<S: LoyaltyStore + CustomerStore>(
    tx: &mut S,
    actor: &Actor,
    card: LoyaltyCardId,
    now: Timestamp,
) -> Result<Enrollment, LoyaltyError> {
    let person = actor.require_consumer()?;
    let card = card::get(tx, actor, card)?;
    if card.terms.end_time.is_some_and(|end| end <= now) {
        let rule = Rule::Invalid("This loyalty card has ended.".to_owned());
        return Err(Violations::of("loyaltyCardId", rule).into());
    }
    let account = tx.find_account(person)?.filter(|account| account.active);
    let account = account.ok_or(CustomerError::ConsumerNotFound)?;
    let membership = join::admit(tx, &account, card.merchant, Sharing::Full, now)?;
    let account = tx.open_account(card.merchant, person, card.id, now)?;
    Ok(Enrollment { card, membership, account })
}
