//! Accounts: what one person has on one loyalty card (rule 17). Being enrolled is having an account.

use regulars_kernel::{
    AccountId, Actor, Denied, LoyaltyCardId, MerchantId, Permission, PersonId, Points, Timestamp,
};

use crate::{LoyaltyError, LoyaltyStore};

/// What one person has on one card: the sums of its ledger, kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The key.
    pub id: AccountId,
    /// Whose card it is.
    pub merchant: MerchantId,
    /// Who has it.
    pub person: PersonId,
    /// On which card.
    pub card: LoyaltyCardId,
    /// What the lots hold, pending ones included; never negative.
    pub balance: Points,
    /// What was taken back and was not there any more; never negative, and 0 while there is a balance (rule 18).
    pub debt: Points,
    /// What open holds have set aside; never negative, never more than the balance.
    pub held: Points,
    /// Earned net of reversals (rule 16).
    pub earned: Points,
    /// The number of the latest entry; 0 before the first.
    pub seq: i64,
    /// When it was opened: when the person enrolled.
    pub created_at: Timestamp,
}

impl Account {
    /// An account without entries.
    pub const fn new(
        id: AccountId,
        merchant: MerchantId,
        person: PersonId,
        card: LoyaltyCardId,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            merchant,
            person,
            card,
            balance: Points::ZERO,
            debt: Points::ZERO,
            held: Points::ZERO,
            earned: Points::ZERO,
            seq: 0,
            created_at,
        }
    }
}

/// Of those people, the ones whose loyalty the asker sees: all that the scope reaches for a merchant's people with
/// [`Permission::ViewConsumer`], themselves for consumers.
pub(crate) fn visible(actor: &Actor, people: &[PersonId]) -> Result<Vec<PersonId>, Denied> {
    if let Actor::Consumer { person } = actor {
        return Ok(people.iter().copied().filter(|id| id == person).take(1).collect());
    }
    actor.require(Permission::ViewConsumer)?;
    Ok(people.to_vec())
}

/// The accounts of those people that the asker sees, by ascending id: a merchant's people see those on their own cards,
/// consumers all of theirs.
pub fn per_consumer(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    people: &[PersonId],
) -> Result<Vec<Account>, LoyaltyError> {
    let people = visible(actor, people)?;
    Ok(tx.accounts_per_consumer(&people)?)
}
