//! What goes of people who are erased (rule 30): what they were promised and is open is called off. The books stay.

use regulars_kernel::{MerchantId, PersonId, Points};

use super::Memory;
use crate::{HoldState, IntentState};

impl Memory {
    /// Calls off what a person was promised and is open, at a merchant or at each, and frees what it held. Answers how many promises
    /// it were.
    pub fn call_off(&self, person: PersonId, merchant: Option<MerchantId>) -> usize {
        let mut rows = self.rows();
        let there = |at: MerchantId| merchant.is_none_or(|merchant| merchant == at);
        for book in rows.books.values_mut() {
            if book.account.person != person || !there(book.account.merchant) {
                continue;
            }
            for hold in book.holds.iter_mut().filter(|hold| hold.state == HoldState::Open) {
                hold.state = HoldState::Cancelled;
            }
            book.account.held = Points::ZERO;
        }
        let mut called_off = 0;
        for intent in &mut rows.intents {
            let own = intent.person == Some(person) && there(intent.merchant);
            if own && intent.state == IntentState::Open {
                intent.state = IntentState::Cancelled;
                called_off += 1;
            }
        }
        called_off
    }
}

#[cfg(test)]
mod tests {
    use regulars_kernel::{AccountId, HoldId, IntentId, LoyaltyCardId, Timestamp};

    use super::*;
    use crate::{Account, Book, Hold, Promised, RedemptionIntent};

    const ADA: PersonId = PersonId::new(7);
    const BOB: PersonId = PersonId::new(8);

    fn promise(memory: &Memory, number: i64, merchant: i64, person: PersonId) {
        let at = Timestamp::from_seconds(0);
        let (merchant, card) = (MerchantId::new(merchant), LoyaltyCardId::new(1));
        let account = Account::new(AccountId::new(number), merchant, person, card, at);
        let held = Points::new(4);
        let hold = Hold {
            id: HoldId::new(number),
            account: account.id,
            amount: held,
            until: Timestamp::from_seconds(9),
            state: HoldState::Open,
            created_at: at,
            ended_at: None,
        };
        let mut book = Book::new(Account { balance: Points::new(10), held, ..account });
        book.holds.push(hold);
        memory.put_book(book);
        memory.put_intent(RedemptionIntent {
            id: IntentId::new(number),
            merchant,
            promised: Promised::Points(card, None),
            person: Some(person),
            store: None,
            order: None,
            hold: Some(HoldId::new(number)),
            held: None,
            code: format!("A{number}"),
            state: IntentState::Open,
            expires_at: Timestamp::from_seconds(9),
            created_at: at,
        });
    }

    /// What is held and promised still, by account.
    fn open(memory: &Memory) -> Vec<i64> {
        let rows = memory.rows();
        let holds = |book: &Book| book.holds.iter().any(|hold| hold.state == HoldState::Open);
        let books = rows.books.values().filter(|book| book.account.held > Points::ZERO);
        let books: Vec<_> = books.filter(|book| holds(book)).collect();
        let promised = rows.intents.iter().filter(|intent| intent.state == IntentState::Open);
        let promised: Vec<_> = promised.map(|intent| intent.id.get()).collect();
        assert_eq!(books.iter().map(|book| book.account.id.get()).collect::<Vec<_>>(), promised);
        promised
    }

    #[test]
    fn rule_30_what_was_promised_is_called_off_and_the_balance_stays() {
        let memory = Memory::new();
        for (number, merchant, person) in [(1, 1, ADA), (2, 2, ADA), (3, 1, BOB)] {
            promise(&memory, number, merchant, person);
        }
        assert_eq!(open(&memory), [1, 2, 3]);
        assert_eq!(memory.call_off(ADA, Some(MerchantId::new(1))), 1);
        assert_eq!(open(&memory), [2, 3], "another merchant's is its own");
        assert_eq!(memory.call_off(ADA, None), 1);
        assert_eq!(memory.call_off(ADA, None), 0, "once more finds nothing");
        assert_eq!(open(&memory), [3]);
        let rows = memory.rows();
        assert!(rows.books.values().all(|book| book.account.balance == Points::new(10)));
    }
}
