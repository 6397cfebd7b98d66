use proptest::prelude::*;
use regulars_kernel::{LoyaltyCardId, Scope};

use super::*;
use crate::{
    LoyaltyStore, ledger,
    memory::Memory,
    suite::{FIRST, at, journey},
};

fn walked(memory: &Memory) -> SealWalk {
    let mut walk = SealWalk::default();
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    loop {
        let next = tx.seals(FIRST, walk.seq(), 1).unwrap();
        let Some((seal, heads)) = next.first() else { return walk };
        walk.step(seal, heads);
    }
}

/// An account with a history, sealed every few steps.
fn sealed(seed: u64, rounds: i64) -> Memory {
    let memory = Memory::new();
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    for round in 0..rounds {
        let card = LoyaltyCardId::new(701 + round);
        let seed = seed.wrapping_add(u64::try_from(round).unwrap());
        let journal = journey(&mut tx, card, seed, 20).unwrap();
        let written = journal.sums.last().is_some_and(|[.., seq]| *seq > 0);
        assert_eq!(seal(&mut tx, FIRST, at(900_000 + round)).unwrap().is_some(), written);
        assert_eq!(seal(&mut tx, FIRST, at(900_001 + round)).unwrap(), None, "all is sealed");
    }
    memory
}

#[test]
fn rule_20_seals_follow_one_another_and_say_what_is_not_sealed() {
    let memory = sealed(7, 3);
    let walk = walked(&memory);
    assert_eq!((walk.seq(), walk.faults.as_slice()), (3, [].as_slice()));
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    for book in tx.books(None, 100).unwrap() {
        assert_eq!(walk.compare(&book), (Vec::new(), 0));
    }
    journey(&mut tx, LoyaltyCardId::new(801), 1, 20).unwrap();
    let book = tx.books(None, 100).unwrap().pop().unwrap();
    let open = u64::try_from(book.entries.len()).unwrap();
    assert_eq!(walk.compare(&book), (Vec::new(), open));
    assert_eq!(tx.unsealed_merchants(None, 10).unwrap(), [FIRST]);
    assert_eq!(tx.unsealed_merchants(Some(FIRST), 10).unwrap(), []);
}

#[test]
fn rule_20_a_seal_that_is_gone_or_changed_is_found() {
    let memory = sealed(7, 3);
    let rows = memory.scoped(Scope::Platform).seals(FIRST, 0, 10).unwrap();
    let walk = |rows: &[(Seal, Vec<SealedHead>)]| {
        let mut walk = SealWalk::default();
        for (seal, heads) in rows {
            walk.step(seal, heads);
        }
        walk.faults
    };
    let without_second = [rows[0].clone(), rows[2].clone()];
    assert_eq!(walk(&without_second), [SealFault::Missing(2), SealFault::Broken(3)]);
    let mut later = rows.clone();
    later[1].0.sealed_at = at(1);
    assert_eq!(walk(&later), [SealFault::Broken(2)]);
    let mut other = rows;
    other[0].1[0].seq += 1;
    assert_eq!(walk(&other), [SealFault::Broken(1)]);
}

proptest! {
    #[test]
    fn rule_20_whoever_makes_an_accounts_lines_anew_is_found_by_the_seals(
        seed in any::<u64>(), which in any::<prop::sample::Index>(),
    ) {
        let memory = sealed(seed, 1);
        let walk = walked(&memory);
        let book = memory.scoped(Scope::Platform).books(None, 1).unwrap().remove(0);
        prop_assume!(!book.entries.is_empty());
        // A line that gives a point more, with everything after it made to fit.
        let mut forged = book.clone();
        let line = which.index(forged.entries.len());
        forged.entries[line].occurred_at = at(1);
        prop_assert!(!ledger::check(&forged).is_empty(), "the account's own chain shows it");
        let forged = forged.chained();
        prop_assert_eq!(ledger::check(&forged), Vec::new(), "until it is made anew");
        prop_assert_eq!(walk.compare(&forged).0, vec![book.account.seq]);
    }
}
