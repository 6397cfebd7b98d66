use regulars_kernel::{LoyaltyCardId, Scope};

use super::*;
use crate::{
    LoyaltyStore as _,
    ledger::{self, Fault},
    memory::Memory,
    suite::{FIRST, journey},
};

fn travelled() -> Book {
    let memory = Memory::new();
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    journey(&mut tx, LoyaltyCardId::new(701), 5, 40).unwrap();
    tx.books(None, 1).unwrap().remove(0)
}

/// The numbers of the lines whose hash is not what it ought to be.
fn broken(book: &Book) -> Vec<EntryId> {
    let faults = ledger::check(book).into_iter();
    let broken = faults.filter_map(|one| match one.fault {
        Fault::Chain(entry) => Some(entry),
        _ => None,
    });
    broken.collect()
}

/// The same books with the lines up to one chained as they once were.
fn as_once(mut book: Book, until: usize) -> Book {
    let mut previous = None;
    for nth in 0..book.entries.len() {
        let form = if nth < until { Form::First } else { Form::Second };
        let entry = book.entries[nth].clone();
        previous = Some(link_of(form, &book, &entry, previous));
        book.entries[nth].hash = previous;
    }
    book.account.head = previous;
    book
}

#[test]
fn rule_20_whose_the_books_are_and_who_wrote_them_is_covered() {
    let sound = travelled();
    assert_eq!(ledger::check(&sound), vec![]);
    let all: Vec<_> = sound.entries.iter().map(|entry| entry.id).collect();
    let mut book = sound.clone();
    book.account.person = PersonId::new(999);
    assert_eq!(broken(&book), all);
    let mut book = sound.clone();
    book.account.card = LoyaltyCardId::new(999);
    assert_eq!(broken(&book), all);
    let mut book = sound.clone();
    book.entries[3].actor = Some(PersonId::new(999));
    assert_eq!(broken(&book), [all[3]]);
    let change: [fn(&mut crate::Lot); 2] =
        [|lot| lot.revives = Some(LotId::new(999)), |lot| lot.moved_from = Some(LotId::new(999))];
    for change in change {
        let mut book = sound.clone();
        change(&mut book.lots[0]);
        assert_eq!(broken(&book), [book.lots[0].entry]);
    }
}

#[test]
fn rule_20_lines_of_the_first_form_are_proved_and_come_first() {
    let book = travelled();
    let all = book.entries.len();
    for until in [0, 1, 5, all] {
        assert_eq!(ledger::check(&as_once(book.clone(), until)), vec![], "{until}");
    }
    // What covers less after what covers more was made anew by somebody.
    let mut forged = book;
    let nth = all - 1;
    let previous = forged.entries[nth - 1].hash;
    let entry = forged.entries[nth].clone();
    forged.entries[nth].hash = Some(link_of(Form::First, &forged, &entry, previous));
    forged.account.head = forged.entries[nth].hash;
    assert_eq!(broken(&forged), [entry.id]);
}
