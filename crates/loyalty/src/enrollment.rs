//! Enrolling: a consumer takes a loyalty card (rule 7).

use regulars_customer::{CustomerStore, Membership, Sharing, join, sharing::own_account};
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
    let account = own_account(tx, actor)?;
    let membership = join::admit(tx, &account, card.merchant, Sharing::Full, now)?;
    let account = tx.open_account(card.merchant, person, card.id, now)?;
    Ok(Enrollment { card, membership, account })
}

#[cfg(test)]
mod tests {
    use regulars_customer::Standing;
    use regulars_kernel::{Classify, ErrorKind, MerchantId, PersonId, Scope};

    use super::*;
    use crate::{
        memory::Memory,
        suite::{FIRST, SECOND, at, world},
    };

    const ADA: PersonId = PersonId::new(501);

    fn memory() -> Memory {
        let memory = Memory::new();
        memory.customers().put_person(regulars_promotion::suite::person(ADA));
        world().cards.into_iter().for_each(|card| memory.put_card(card));
        memory
    }

    fn enrolled(memory: &Memory, card: i64, now: i64) -> Result<Enrollment, LoyaltyError> {
        let actor = Actor::Consumer { person: ADA };
        let mut tx = memory.scoped(Scope::Person(ADA));
        enroll(&mut tx, &actor, LoyaltyCardId::new(card), at(now))
    }

    fn membership(memory: &Memory, merchant: MerchantId) -> Option<Membership> {
        memory.customers().scoped(Scope::Platform).find_membership(merchant, ADA).unwrap()
    }

    #[test]
    fn rule_7_enrolling_joins_the_cards_merchant_and_shares_everything() {
        let memory = memory();
        let enrollment = enrolled(&memory, 801, 10).unwrap();
        assert_eq!(enrollment.card.id, LoyaltyCardId::new(801));
        assert_eq!(enrollment.account.person, ADA);
        assert_eq!(enrollment.account.merchant, SECOND);
        assert_eq!(enrollment.account.earned, regulars_kernel::Points::ZERO);
        assert_eq!(enrollment.membership.sharing, Some(Sharing::Full));
        assert_eq!(membership(&memory, SECOND), Some(enrollment.membership.clone()));
        assert_eq!(membership(&memory, FIRST), None);
        // Once more changes nothing; another card is another account of the same membership.
        assert_eq!(enrolled(&memory, 801, 20).unwrap(), enrollment);
        let other = enrolled(&memory, 802, 20).unwrap();
        assert_ne!(other.account.id, enrollment.account.id);
        assert_eq!(other.membership, enrollment.membership);
    }

    #[test]
    fn rule_7_the_person_who_left_rejoins_to_the_same_account() {
        let memory = memory();
        let before = enrolled(&memory, 801, 10).unwrap();
        let actor = Actor::Consumer { person: ADA };
        let mut tx = memory.scoped(Scope::Person(ADA));
        join::leave(&mut tx, &actor, SECOND, at(20)).unwrap();
        let after = enrolled(&memory, 801, 30).unwrap();
        assert_eq!(after.account, before.account);
        assert_eq!(after.membership.standing, Standing::Live);
    }

    #[test]
    fn an_archived_or_deleted_account_takes_no_card() {
        let memory = memory();
        let person = regulars_promotion::suite::person(ADA);
        for account in [
            regulars_customer::Person { archived: true, ..person.clone() },
            regulars_customer::Person { active: false, ..person },
        ] {
            memory.customers().put_person(account);
            let refusal = enrolled(&memory, 801, 10).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::DoesNotExist);
        }
        assert_eq!(membership(&memory, SECOND), None);
    }

    #[test]
    fn what_is_not_live_or_over_cannot_be_taken() {
        let memory = memory();
        for (card, now, kind) in [
            (703, 10, Some(ErrorKind::DoesNotExist)), // draft
            (704, 10, Some(ErrorKind::DoesNotExist)), // paused
            (705, 10, Some(ErrorKind::DoesNotExist)), // archived
            (999_999, 10, Some(ErrorKind::DoesNotExist)),
            (700, 999, None),
        ] {
            assert_eq!(enrolled(&memory, card, now).err().map(|error| error.kind()), kind);
        }
        let over = enrolled(&memory, 700, 1_000).unwrap_err().kind();
        assert!(matches!(over, ErrorKind::Invalid(_)), "{over:?}");
        for actor in [Actor::Anonymous, Actor::system(FIRST), Actor::Platform { person: ADA }] {
            let mut tx = memory.scoped(Scope::Platform);
            let refusal = enroll(&mut tx, &actor, LoyaltyCardId::new(701), at(10)).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::PermissionDenied);
        }
    }
}
