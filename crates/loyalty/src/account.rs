//! Accounts: what one person has on one loyalty card (rule 17). Being enrolled is having an account.

use regulars_kernel::{
    AccountId, Actor, Denied, LoyaltyCardId, MerchantId, Permission, PersonId, Points, Timestamp,
};

use crate::{LoyaltyError, LoyaltyStore, chain::Link};

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
    /// The hash of the latest entry (rule 20); none before the first that is chained.
    pub head: Option<Link>,
    /// When the latest entry was written; the next is never before it. The beginning of time before the first.
    pub head_at: Timestamp,
    /// When it was opened: when the person enrolled.
    pub created_at: Timestamp,
    /// The account that acts for this one, since its person was merged into another (rule 27).
    pub merged_into: Option<AccountId>,
    /// What accounts earned that were merged into this one: it counts beside what this one earned (rules 16 and 27).
    pub carried: Points,
    /// Whether it ever was one of two that a merge brought together: then its lines may take back what stands in the other's books.
    pub merged: bool,
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
            head: None,
            head_at: Timestamp::from_micros(0),
            created_at,
            merged_into: None,
            carried: Points::ZERO,
            merged: false,
        }
    }

    /// What counts as earned by the person (rule 16): with what those earned who were merged into them, and nothing where another
    /// account acts for this one.
    pub fn counted(&self) -> Option<Points> {
        match self.merged_into {
            Some(_) => Some(Points::ZERO),
            None => self.earned.checked_add(self.carried),
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

#[cfg(test)]
mod tests {
    use regulars_kernel::{PageRequest, Scope, StoreAccess};

    use super::*;
    use crate::{
        RedemptionKind,
        memory::Memory,
        redemption,
        suite::{ADA, BOB, FIRST, SECOND, STRANGER, at, world},
        summary,
    };

    #[test]
    fn rule_16_a_merchants_people_see_their_merchants_books_and_consumers_their_own_over_all() {
        let memory = Memory::new();
        let world = world();
        world.cards.into_iter().for_each(|row| memory.put_card(row));
        world.books.into_iter().for_each(|row| memory.put_book(row));
        world.redemptions.into_iter().for_each(|row| memory.put_redemption(row));
        let no_stores = || StoreAccess::Only(Vec::new());
        let staff = |merchant| Actor::cashier(merchant, PersonId::new(1), no_stores());
        let consumer = |person| Actor::Consumer { person };
        let (first, second) = (Scope::Merchant(FIRST), Scope::Merchant(SECOND));
        let trillion = 1 << 40;
        for (actor, scope, earned, redeemed) in [
            (staff(FIRST), first, vec![(ADA, 345), (BOB, 18)], vec![(ADA, 7), (BOB, 1)]),
            (staff(SECOND), second, vec![(BOB, trillion)], vec![(BOB, 1)]),
            (consumer(ADA), Scope::Person(ADA), vec![(ADA, 345)], vec![(ADA, 9)]),
            (consumer(BOB), Scope::Person(BOB), vec![(BOB, trillion + 18)], vec![(BOB, 2)]),
            (consumer(STRANGER), Scope::Person(STRANGER), vec![], vec![]),
        ] {
            let mut tx = memory.scoped(scope);
            let people = [ADA, BOB, STRANGER, ADA];
            let answer = summary::earned(&mut tx, &actor, &people).unwrap();
            let answer: Vec<_> = answer.into_iter().map(|(id, sum)| (id, sum.get())).collect();
            assert_eq!(answer, earned, "{actor:?}");
            let sums = summary::per_consumer(&mut tx, &actor, &people, at(0)).unwrap();
            let sums: Vec<_> = sums.into_iter().map(|(id, sum)| (id, sum.lifetime.get())).collect();
            assert_eq!(sums, earned, "{actor:?}");
            let kind = RedemptionKind::Offer;
            let counts = redemption::count_per_consumer(&mut tx, &actor, kind, &people).unwrap();
            assert_eq!(counts, redeemed, "{actor:?}");
            let first = PageRequest::first(100);
            let pages = redemption::per_consumer(&mut tx, &actor, kind, &people, &first).unwrap();
            let pages: Vec<_> =
                pages.into_iter().map(|(id, page)| (id, page.items.len() as u64)).collect();
            assert_eq!(pages, redeemed, "{actor:?}");
            let seen = per_consumer(&mut tx, &actor, &people).unwrap();
            assert!(seen.iter().all(|account| people.contains(&account.person)));
        }
        for actor in [Actor::Anonymous, Actor::Platform { person: ADA }] {
            let mut tx = memory.scoped(Scope::Platform);
            assert!(per_consumer(&mut tx, &actor, &[ADA]).is_err());
            assert!(summary::earned(&mut tx, &actor, &[ADA]).is_err());
            let kind = RedemptionKind::Points;
            assert!(redemption::count_per_consumer(&mut tx, &actor, kind, &[ADA]).is_err());
        }
    }
}
