use proptest::prelude::*;
use regulars_kernel::{LoyaltyCardId, MerchantId, PersonId, Timestamp};

use super::*;
use crate::{Cause, entry::natural_key, lot::draw, summary::summarise};

/// One thing that happens to an account.
#[derive(Clone, Debug)]
enum Event {
    /// Points come, pending for a while, and live for a while (0: for ever).
    Earn { points: i64, delay: i64, life: i64 },
    /// Points are spent, if they are there.
    Redeem(i64),
    /// What has expired goes.
    Expire,
    /// Points are taken back, to debt if need be.
    ClawBack(i64),
    /// Points are set right by hand: positive.
    Adjust(i64),
    /// The latest spending is taken back.
    GiveBack,
    /// Points are set aside, if they are there.
    Hold(i64),
    /// The latest open hold ends.
    Release,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1_i64..100, 0_i64..4, 0_i64..12).prop_map(|(points, delay, life)| Event::Earn {
            points,
            delay,
            life
        }),
        (1_i64..80).prop_map(Event::Redeem),
        Just(Event::Expire),
        (1_i64..150).prop_map(Event::ClawBack),
        (1_i64..40).prop_map(Event::Adjust),
        Just(Event::GiveBack),
        (1_i64..60).prop_map(Event::Hold),
        Just(Event::Release),
    ]
}

/// Keeps books by the rules, one event an hour.
struct Clerk {
    book: Book,
    now: Timestamp,
    /// The sum of what every credit gave and every debit took, so far.
    sum: i64,
}

impl Clerk {
    fn new() -> Self {
        let now = Timestamp::from_seconds(1_760_000_000);
        let (merchant, person) = (MerchantId::new(1), PersonId::new(2));
        let account = Account::new(AccountId::new(3), merchant, person, LoyaltyCardId::new(4), now);
        Self { book: Book::new(account), now, sum: 0 }
    }

    fn keep(events: &[Event]) -> Self {
        let mut clerk = Self::new();
        for event in events {
            clerk.now = clerk.in_hours(1);
            clerk.happen(event);
        }
        clerk
    }

    fn in_hours(&self, hours: i64) -> Timestamp {
        Timestamp::from_micros(self.now.micros() + hours * 3_600_000_000)
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Earn { points, delay, life } => {
                let expires_at = (life > 0).then(|| self.in_hours(delay + life));
                self.book.account.earned = plus(self.book.account.earned, points);
                self.credit(EntryKind::Earn, points, self.in_hours(delay), expires_at);
            }
            Event::Adjust(points) => self.credit(EntryKind::Adjust, points, self.now, None),
            Event::Redeem(points) => {
                let held = self.held();
                let drawn = draw(
                    &self.book.lots,
                    |lot| held.get(&lot).copied().unwrap_or_default(),
                    Points::new(points),
                    self.now,
                );
                if let Some(parts) = drawn {
                    let entry = self.enter(EntryKind::Redeem, -points);
                    for (lot, part) in parts {
                        self.take(entry, lot, part);
                    }
                }
            }
            Event::Expire => self.expire(),
            Event::ClawBack(points) => self.claw_back(points),
            Event::GiveBack => self.give_back(),
            Event::Hold(points) => self.hold(points),
            Event::Release => {
                let open = |hold: &&mut Hold| hold.state == HoldState::Open;
                if let Some(hold) = self.book.holds.iter_mut().rev().find(open) {
                    hold.state = HoldState::Lapsed;
                    let held = self.book.account.held.checked_sub(hold.amount).unwrap();
                    self.book.account.held = held;
                }
            }
        }
    }

    fn enter(&mut self, kind: EntryKind, amount: i64) -> EntryId {
        self.book.account.seq += 1;
        self.sum += amount;
        let seq = self.book.account.seq;
        let id = EntryId::new(100 + seq);
        let (account, cause) = (self.book.account.id, Cause::Manual);
        self.book.entries.push(Entry {
            id,
            account,
            seq,
            kind,
            amount: Points::new(amount),
            cause,
            natural_key: natural_key(account, kind, cause, u32::try_from(seq).unwrap()),
            reverses: None,
            occurred_at: self.now,
            recorded_at: self.now,
            business_date: self.now.to_utc().date_naive(),
            actor: None,
            hash: None,
        });
        id
    }

    fn fill(
        &mut self,
        entry: EntryId,
        points: i64,
        active_from: Timestamp,
        expires_at: Option<Timestamp>,
    ) {
        if points > 0 {
            self.book.account.balance = plus(self.book.account.balance, points);
            self.book.lots.push(Lot {
                id: LotId::new(entry.get()),
                account: self.book.account.id,
                entry,
                amount: Points::new(points),
                remaining: Points::new(points),
                active_from,
                expires_at,
                revives: None,
                moved_from: None,
            });
        }
    }

    fn take(&mut self, entry: EntryId, lot: LotId, part: Points) {
        self.book.lot_uses.push(LotUse { entry, lot, amount: part });
        let row = self.book.lots.iter_mut().find(|row| row.id == lot).unwrap();
        row.remaining = row.remaining.checked_sub(part).unwrap();
        let balance = self.book.account.balance.checked_sub(part).unwrap();
        self.book.account.balance = balance;
    }

    fn held(&self) -> BTreeMap<LotId, Points> {
        self.book.held_per_lot(self.now).unwrap()
    }

    fn credit(
        &mut self,
        kind: EntryKind,
        points: i64,
        active_from: Timestamp,
        expires_at: Option<Timestamp>,
    ) {
        let entry = self.enter(kind, points);
        let paid = self.book.account.debt.get().min(points);
        self.book.account.debt = plus(self.book.account.debt, -paid);
        self.fill(entry, points - paid, active_from, expires_at);
    }

    fn expire(&mut self) {
        let held = self.held();
        let gone: Vec<_> =
            self.book.lots.iter().filter(|lot| lot.is_expired(self.now)).cloned().collect();
        for lot in gone {
            let held = held.get(&lot.id).copied().unwrap_or_default();
            let free = lot.remaining.checked_sub(held).unwrap();
            if free > Points::ZERO {
                let entry = self.enter(EntryKind::Expire, -free.get());
                self.take(entry, lot.id, free);
            }
        }
    }

    /// Cancels holds first, so that everything can be taken; what is missing is debt.
    fn claw_back(&mut self, points: i64) {
        for hold in &mut self.book.holds {
            if hold.state == HoldState::Open {
                hold.state = HoldState::Cancelled;
            }
        }
        self.book.account.held = Points::ZERO;
        self.book.account.earned = plus(self.book.account.earned, -points);
        let entry = self.enter(EntryKind::Reverse, -points);
        let mut missing = Points::new(points);
        for lot in self.book.lots.clone() {
            let part = lot.remaining.min(missing);
            if part > Points::ZERO {
                self.take(entry, lot.id, part);
                missing = missing.checked_sub(part).unwrap();
            }
        }
        self.book.account.debt = plus(self.book.account.debt, missing.get());
    }

    /// Gives the latest spending back: to its lots where nothing is owed, else to the debt first.
    fn give_back(&mut self) {
        let spent = self.book.entries.iter().rev().find(|entry| entry.kind == EntryKind::Redeem);
        let Some(spent) = spent.filter(|spent| {
            !self.book.entries.iter().any(|entry| entry.reverses == Some(spent.id))
        }) else {
            return;
        };
        let (spent, amount) = (spent.id, -spent.amount.get());
        let uses: Vec<_> =
            self.book.lot_uses.iter().filter(|row| row.entry == spent).copied().collect();
        let entry = self.enter(EntryKind::Reverse, amount);
        self.book.entries.last_mut().unwrap().reverses = Some(spent);
        let mut paid = self.book.account.debt.get().min(amount);
        self.book.account.debt = plus(self.book.account.debt, -paid);
        for row in uses {
            let pays = row.amount.get().min(paid);
            paid -= pays;
            let back = row.amount.get() - pays;
            if back > 0 {
                self.take(entry, row.lot, Points::new(-back));
            }
        }
    }

    fn hold(&mut self, points: i64) {
        let held = self.held();
        let drawn = draw(
            &self.book.lots,
            |lot| held.get(&lot).copied().unwrap_or_default(),
            Points::new(points),
            self.now,
        );
        let Some(parts) = drawn else { return };
        let id = HoldId::new(i64::try_from(self.book.holds.len()).unwrap());
        self.book.holds.push(Hold {
            id,
            account: self.book.account.id,
            amount: Points::new(points),
            until: Timestamp::MAX,
            state: HoldState::Open,
            created_at: self.now,
            ended_at: None,
        });
        self.book.account.held = plus(self.book.account.held, points);
        let parts = parts.into_iter().map(|(lot, amount)| HoldLot { hold: id, lot, amount });
        self.book.hold_lots.extend(parts);
    }
}

fn plus(points: Points, more: i64) -> Points {
    points.checked_add(Points::new(more)).unwrap()
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(any_event(), 0..40)
}

/// Every number in the books that a check compares with something.
fn numbers(book: &mut Book) -> Vec<&mut Points> {
    let account = &mut book.account;
    let mut numbers =
        vec![&mut account.balance, &mut account.debt, &mut account.held, &mut account.earned];
    numbers.extend(book.entries.iter_mut().map(|entry| &mut entry.amount));
    for lot in &mut book.lots {
        numbers.extend([&mut lot.amount, &mut lot.remaining]);
    }
    numbers.extend(book.lot_uses.iter_mut().map(|row| &mut row.amount));
    numbers.extend(book.holds.iter_mut().map(|hold| &mut hold.amount));
    numbers.extend(book.hold_lots.iter_mut().map(|part| &mut part.amount));
    numbers
}

proptest! {
    #[test]
    fn rule_18_books_kept_by_the_rules_add_up_at_every_prefix(events in events()) {
        for end in 0..=events.len() {
            let clerk = Clerk::keep(&events[..end]);
            let faults = check(&clerk.book);
            prop_assert!(faults.is_empty(), "{faults:?} after {:?}", &events[..end]);
            let account = &clerk.book.account;
            prop_assert_eq!(account.balance.get() - account.debt.get(), clerk.sum);
        }
    }

    #[test]
    fn rule_18_a_number_that_is_off_by_any_amount_is_found(
        events in events(), which in any::<prop::sample::Index>(), by in 1_i64..50, up in any::<bool>(),
    ) {
        let mut book = Clerk::keep(&events).book;
        let mut numbers = numbers(&mut book);
        let number = which.index(numbers.len());
        let off = if up { by } else { -by };
        *numbers[number] = numbers[number].checked_add(Points::new(off)).unwrap();
        prop_assert!(!check(&book).is_empty(), "number {number} of {events:?}");
    }

    #[test]
    fn rule_18_a_row_that_is_gone_is_found(
        events in events(), which in any::<prop::sample::Index>(),
    ) {
        let whole = Clerk::keep(&events).book;
        let rows = whole.entries.len() + whole.lots.len() + whole.lot_uses.len();
        prop_assume!(rows > 0);
        let mut row = which.index(rows);
        let mut book = whole.clone();
        if row < book.entries.len() {
            book.entries.remove(row);
        } else {
            row -= book.entries.len();
            if row < book.lots.len() {
                book.lots.remove(row);
            } else {
                book.lot_uses.remove(row - book.lots.len());
            }
        }
        prop_assert!(!check(&book).is_empty());
    }

    #[test]
    fn rule_16_the_sums_agree_with_the_books(events in events()) {
        let clerk = Clerk::keep(&events);
        let account = &clerk.book.account;
        let sum = summarise([&clerk.book], clerk.now).unwrap();
        prop_assert_eq!((sum.held, sum.debt), (account.held, account.debt));
        prop_assert_eq!(sum.lifetime, account.earned);
        prop_assert!(sum.available >= Points::ZERO && sum.pending >= Points::ZERO);
        let next = sum.expiring_next.map_or(Points::ZERO, |next| next.points);
        prop_assert!(next <= sum.available);
        // What has expired and was not written down yet is the only difference.
        let gone: i64 = {
            let held = clerk.held();
            let expired = clerk.book.lots.iter().filter(|lot| lot.is_expired(clerk.now));
            expired
                .map(|lot| {
                    lot.remaining.get() - held.get(&lot.id).copied().unwrap_or_default().get()
                })
                .sum()
        };
        let counted = sum.available.get() + sum.pending.get() + sum.held.get();
        prop_assert_eq!(counted + gone, account.balance.get());
    }
}

type Change<'a> = &'a dyn Fn(&mut Book);

#[test]
fn what_is_wrong_has_a_name() {
    let sound = || {
        Clerk::keep(&[
            Event::Earn { points: 100, delay: 0, life: 0 },
            Event::Redeem(30),
            Event::Hold(20),
            Event::Earn { points: 10, delay: 3, life: 0 },
        ])
        .book
    };
    let faults = |change: Change<'_>| {
        let mut book = sound();
        change(&mut book);
        check(&book).into_iter().map(|row| row.fault).collect::<Vec<_>>()
    };
    assert_eq!(faults(&|_| {}), vec![]);
    let [first, second] = [EntryId::new(101), EntryId::new(102)];
    let (lot, pending) = (LotId::new(101), LotId::new(103));
    let cases: Vec<(Fault, Change<'_>)> = vec![
        (Fault::Sequence, &|book| book.account.seq = 2),
        (Fault::Sequence, &|book| book.entries[1].seq = 3),
        (Fault::Foreign, &|book| book.entries[0].account = AccountId::new(9)),
        (Fault::Foreign, &|book| book.hold_lots[0].lot = LotId::new(9)),
        (Fault::Sign(first), &|book| book.entries[0].kind = EntryKind::Redeem),
        (Fault::Sign(second), &|book| book.entries[1].kind = EntryKind::Earn),
        (Fault::Order(second), &|book| book.entries[1].recorded_at = Timestamp::MIN),
        (Fault::Credit(first), &|book| book.entries[0].amount = Points::new(120)),
        (Fault::Debit(second), &|book| book.entries[1].amount = Points::new(-40)),
        (Fault::Use(pending), &|book| book.lot_uses[0].lot = LotId::new(103)),
        (Fault::Use(lot), &|book| book.lots[0].active_from = Timestamp::MAX),
        (Fault::Remainder(lot), &|book| book.lots[0].remaining = Points::new(71)),
        (Fault::Held(HoldId::new(0)), &|book| book.hold_lots[0].lot = LotId::new(103)),
        (Fault::Balance, &|book| book.account.debt = Points::new(1)),
        (Fault::HeldSum, &|book| book.holds[0].state = HoldState::Lapsed),
        (Fault::Earned, &|book| book.account.earned = Points::new(109)),
        // Spent after its end; a hold that was made after it saves nothing, nor does one that was not used.
        (Fault::Use(lot), &|book| book.lots[0].expires_at = Some(book.entries[1].occurred_at)),
        (Fault::Use(lot), &|book| {
            book.lots[0].expires_at = Some(book.entries[1].occurred_at);
            book.holds[0].state = HoldState::Confirmed;
        }),
        (Fault::Use(lot), &|book| {
            book.lots[0].expires_at = Some(book.entries[1].occurred_at);
            book.holds[0].created_at = book.entries[0].occurred_at;
            book.holds[0].state = HoldState::Cancelled;
        }),
        (Fault::Held(HoldId::new(0)), &|book| {
            book.lots[0].expires_at = Some(book.holds[0].created_at);
        }),
        (Fault::Repeated(second), &|book| {
            book.entries[1].natural_key = book.entries[0].natural_key.clone();
        }),
        (Fault::Foreign, &|book| book.entries[1].reverses = Some(EntryId::new(999))),
        (Fault::Reversal(second), &|book| book.entries[1].reverses = Some(EntryId::new(101))),
        (Fault::Reversal(first), &|book| {
            book.entries[0].kind = EntryKind::Reverse;
            book.entries[0].reverses = Some(EntryId::new(102));
        }),
        (Fault::Reversal(EntryId::new(103)), &|book| {
            book.entries[2].kind = EntryKind::Reverse;
            book.entries[2].reverses = Some(EntryId::new(101));
        }),
        (Fault::Reversal(EntryId::new(103)), &|book| {
            book.entries[2].kind = EntryKind::Reverse;
            book.entries[2].amount = Points::new(31);
            book.entries[2].reverses = Some(EntryId::new(102));
        }),
    ];
    // What was set aside before the end of a lot may be spent after it (rule 19).
    let confirmed = faults(&|book| {
        book.lots[0].expires_at = Some(book.entries[1].occurred_at);
        book.holds[0].created_at = book.entries[0].occurred_at;
        book.holds[0].state = HoldState::Confirmed;
        book.account.held = Points::ZERO;
    });
    assert_eq!(confirmed, vec![]);
    for (fault, change) in cases {
        let found = faults(change);
        assert!(found.contains(&fault), "{fault:?} is not among {found:?}");
    }
}
