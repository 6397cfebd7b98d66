//! The suite that every implementation of [`LoyaltyStore`] passes: in memory, and on each database.
//!
//! [`run`] loads a small world of two tenants through a [`Fixture`] and compares every answer with what the rows say.

#![expect(clippy::unwrap_used, reason = "a port that fails fails its suite")]

mod books;
mod cards;
mod facts;
mod history;
mod memory;
mod promises;
mod world;
mod writing;

use std::collections::BTreeMap;

use regulars_kernel::{
    AccountId, LoyaltyCardId, MerchantId, PageRequest, PersonId, Points, RedemptionId, RewardId,
    Scope, StoreAccess, StoreError, StoreId, Timestamp,
    page::{PageArguments, cut},
};

pub use books::{Journal, journey};
pub use world::{ADA, BOB, FIRST, SECOND, STRANGER, World, at, world};

use crate::{
    Account, Book, HistoryStore, LoyaltyReward, LoyaltyStore, OwnUses, Program, PromotionId,
    RedeemingStore, RedemptionKind, RedemptionQuery, ledger, memory::Memory, summary::summarise,
};

/// All that the suite asks of a store while it writes.
pub trait Ports: RedeemingStore + HistoryStore {}

impl<S: RedeemingStore + HistoryStore> Ports for S {}

/// What the suite needs of an implementation.
pub trait Fixture {
    /// Puts the rows down where there are none yet.
    fn load(&mut self, world: &World);

    /// Opens a transaction in a scope and lets the suite read in it.
    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn LoyaltyStore));

    /// Opens a transaction in a scope and lets the suite write in it; it may be run again.
    fn write<T: Send + 'static>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn Ports) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError>;
}

/// Runs every check.
///
/// # Panics
/// Where the port answers anything else than the rows say.
pub fn run(fixture: &mut impl Fixture) {
    let world = world();
    for book in &world.books {
        assert_eq!(ledger::check(book), Vec::new(), "the suite's own books");
    }
    fixture.load(&world);
    let scopes = [
        Scope::Merchant(FIRST),
        Scope::Merchant(SECOND),
        Scope::Person(ADA),
        Scope::Person(BOB),
        Scope::Person(STRANGER),
        Scope::Platform,
    ];
    for scope in scopes {
        fixture.with(scope, &mut |store| {
            assert_eq!(store.scope(), scope);
            cards::cards(store, &world);
            cards::card_lists(store, &world);
            rewards(store, &world);
            accounts(store, &world);
            redemptions(store, &world);
            uses(store, &world);
            facts::segment_facts(store, &world);
            whole_books(store, &world);
        });
    }
    writing::cards(fixture, &world);
    writing::rewards(fixture, &world);
    opening(fixture, &world);
    let mut memory = Memory::new();
    Fixture::load(&mut memory, &world);
    books::run(fixture, &mut memory);
    history::run(fixture);
    promises::run(fixture, &world);
    books::merges(fixture, &mut memory);
}

fn joined(world: &World, person: PersonId, merchant: MerchantId) -> bool {
    world.below.below.joined.contains(&(person, merchant))
}

fn near(store: &dyn LoyaltyStore, merchant: MerchantId) -> bool {
    store.scope().merchant().is_none_or(|own| own == merchant)
}

/// Whether what a person owns at a merchant is in reach.
fn owned(store: &dyn LoyaltyStore, merchant: MerchantId, person: Option<PersonId>) -> bool {
    match store.scope() {
        Scope::Merchant(own) => own == merchant,
        Scope::Person(own) => person == Some(own),
        Scope::Platform => true,
    }
}

fn sorted<T, K: Ord>(mut rows: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    rows.sort_by_key(key);
    rows
}

/// The next two rows, from the front or from the end.
fn step(backward: bool, cursor: Option<String>, order: &str) -> PageArguments {
    let (first, last) = if backward { (None, Some(2)) } else { (Some(2), None) };
    let (before, after) = if backward { (cursor, None) } else { (None, cursor) };
    let order_by = Some(order.to_owned());
    PageArguments { first, last, before, after, order_by, ..PageArguments::default() }
}

fn rewards(store: &mut dyn LoyaltyStore, world: &World) {
    let cards: Vec<_> = world.cards.iter().map(|card| card.id).collect();
    let scope = store.scope();
    let within_reach = |reward: &LoyaltyReward| {
        let card = world.cards.iter().find(|card| card.id == reward.card).unwrap();
        match scope {
            Scope::Person(person) => {
                card.terms.is_live()
                    || (card.terms.is_published() && joined(world, person, card.merchant))
            }
            Scope::Merchant(merchant) => card.merchant == merchant,
            Scope::Platform => true,
        }
    };
    let own = |reward: &LoyaltyReward| {
        world.redemptions.iter().any(|row| {
            row.person.is_some()
                && row.person == scope.person()
                && row.redeemed.reward() == Some(reward.id)
        })
    };
    let mut reached = world.rewards.clone();
    reached.retain(|reward| {
        own(reward) || (within_reach(reward) && (scope.person().is_none() || !reward.archived))
    });
    let mut ids: Vec<_> = world.rewards.iter().map(|reward| reward.id).collect();
    ids.push(RewardId::new(999_999));
    assert_eq!(sorted(store.rewards(&ids).unwrap(), |reward| reward.id), reached);
    reached.retain(|reward| !reward.archived && within_reach(reward));
    assert_eq!(store.rewards_per_card(&cards).unwrap(), reached);
    reached.retain(|reward| reward.card == LoyaltyCardId::new(701));
    assert_eq!(store.rewards_per_card(&[LoyaltyCardId::new(701)]).unwrap(), reached);
}

/// Nobody twice is asked about: implementations may answer so.
const PEOPLE: [PersonId; 3] = [ADA, BOB, STRANGER];

fn collects_points(world: &World, book: &Book) -> bool {
    let card = world.cards.iter().find(|card| card.id == book.account.card).unwrap();
    matches!(card.program, Program::Points(_))
}

fn accounts(store: &mut dyn LoyaltyStore, world: &World) {
    let reached = |book: &&Book| {
        let account = &book.account;
        owned(store, account.merchant, Some(account.person))
    };
    let books: Vec<&Book> = world.books.iter().filter(reached).collect();
    for people in [PEOPLE.as_slice(), &[BOB], &[]] {
        let own: Vec<_> =
            books.iter().filter(|book| people.contains(&book.account.person)).copied().collect();
        let expected: Vec<_> = own.iter().map(|book| book.account.clone()).collect();
        assert_eq!(store.accounts_per_consumer(people).unwrap(), expected);
        let points: Vec<_> = own.into_iter().filter(|book| collects_points(world, book)).collect();
        let of = |person| points.iter().filter(move |book| book.account.person == person).copied();
        let answer: BTreeMap<_, _> = store.points_earned(people).unwrap().into_iter().collect();
        for person in PEOPLE {
            let earned: i64 = of(person).map(|book| book.account.earned.get()).sum();
            let answer = answer.get(&person).copied().unwrap_or_default();
            assert_eq!(answer, Points::new(earned), "{:?} {person}", store.scope());
        }
        // Before and after each lot's beginning and end and each hold's end, and at them.
        for now in [0, 1_000, 1_999, 2_000, 2_999, 3_000, 5_000, 8_000, 10_000, 30_000] {
            let answer = store.points_summaries(people, at(now)).unwrap();
            let answer: BTreeMap<_, _> = answer.into_iter().collect();
            for person in PEOPLE {
                let expected = summarise(of(person), at(now)).unwrap();
                let answer = answer.get(&person).copied().unwrap_or_default();
                assert_eq!(answer, expected, "{:?} {person} at {now}", store.scope());
            }
        }
    }
}

fn redemptions(store: &mut dyn LoyaltyStore, world: &World) {
    let mut ids: Vec<_> = world.redemptions.iter().map(|row| row.id).collect();
    ids.push(RedemptionId::new(999_999));
    let mut reached = world.redemptions.clone();
    reached.retain(|row| owned(store, row.merchant, row.person));
    assert_eq!(sorted(store.redemptions(&ids).unwrap(), |row| row.id), reached);
    assert_eq!(store.redemptions(&[]).unwrap(), Vec::new());
    let only =
        |stores: &[i64]| StoreAccess::Only(stores.iter().copied().map(StoreId::new).collect());
    let reaches = [StoreAccess::All, only(&[100, 200]), only(&[101]), only(&[])];
    let queries = RedemptionKind::ALL.into_iter().flat_map(|kind| {
        reaches.iter().map(move |within| RedemptionQuery { kind, within: within.clone() })
    });
    for query in queries {
        let mut reached = world.redemptions.clone();
        reached.retain(|row| query.admits(row) && owned(store, row.merchant, row.person));
        let of = |person| {
            let own = reached.iter().filter(move |row| row.person == Some(person));
            own.cloned().collect::<Vec<_>>()
        };
        let counts = store.count_redemptions_per_consumer(&query, &PEOPLE).unwrap();
        let counts: BTreeMap<_, _> = counts.into_iter().collect();
        for person in PEOPLE {
            let count = counts.get(&person).copied().unwrap_or_default();
            assert_eq!(count, u64::try_from(of(person).len()).unwrap());
        }
        for order in ["", "-pk", "createdAt", "-createdAt,pk"] {
            for backward in [false, true] {
                let mut cursor = None;
                // ADA's redemptions are walked, the others see the same request.
                loop {
                    let arguments = step(backward, cursor, order);
                    let request = PageRequest::parse(&arguments, "redemptions").unwrap();
                    let pages = store.redemptions_per_consumer(&query, &PEOPLE, &request).unwrap();
                    let mut pages: BTreeMap<_, _> = pages.into_iter().collect();
                    for person in [BOB, STRANGER, ADA] {
                        let expected = cut(of(person), &request);
                        let page = pages.remove(&person);
                        let page = page.unwrap_or(regulars_kernel::Page::empty());
                        assert_eq!(page, expected, "{:?} {person} {request:?}", store.scope());
                    }
                    let page = cut(of(ADA), &request);
                    let end = if backward { page.items.first() } else { page.items.last() };
                    cursor = end.map(|row| request.order.cursor(&request.order.position(row)));
                    if !page.has_next && !page.has_previous {
                        break;
                    }
                }
            }
        }
    }
}

fn uses(store: &mut dyn LoyaltyStore, world: &World) {
    let offers = world.below.offers.iter().map(|offer| PromotionId::Offer(offer.id));
    let promotions: Vec<_> =
        offers.chain(world.cards.iter().map(|card| PromotionId::Card(card.id))).collect();
    for now in [0, 3_499, 3_500, 4_000].map(at) {
        let redeemed = world.redemptions.iter().filter(|row| row.reversed_at.is_none());
        let redeemed = redeemed
            .map(|row| (row.redeemed.promotion(), row.merchant, row.person, row.created_at));
        let promised = world.intents.iter().filter(|row| row.is_open(now));
        let promised = promised
            .map(|row| (row.promised.promotion(), row.merchant, row.person, row.created_at));
        let all: Vec<_> = redeemed.chain(promised).collect();
        let few = promotions.get(..1).unwrap();
        for asked in [promotions.as_slice(), few, &[]] {
            let answer = store.total_uses(asked, now).unwrap();
            let answer: BTreeMap<_, _> = answer.into_iter().collect();
            for promotion in asked {
                let total = all
                    .iter()
                    .filter(|(id, merchant, _, _)| id == promotion && near(store, *merchant));
                let total = i64::try_from(total.count()).unwrap();
                let answer = answer.get(promotion).copied().unwrap_or_default();
                assert_eq!(answer, total, "{:?} {promotion:?} at {now}", store.scope());
            }
        }
        for person in PEOPLE {
            for merchants in [[FIRST, SECOND].as_slice(), &[SECOND], &[]] {
                let mut expected: BTreeMap<PromotionId, OwnUses> = BTreeMap::new();
                for (promotion, merchant, by, at) in &all {
                    let own = *by == Some(person) && merchants.contains(merchant);
                    if own && owned(store, *merchant, *by) {
                        let uses =
                            expected.entry(*promotion).or_insert(OwnUses { count: 0, last: *at });
                        uses.count += 1;
                        uses.last = uses.last.max(*at);
                    }
                }
                let answer = store.own_uses(person, merchants, now).unwrap();
                let answer: BTreeMap<_, _> = answer.into_iter().collect();
                assert_eq!(answer, expected, "{:?} {person} at {now}", store.scope());
            }
        }
    }
}

fn whole_books(store: &mut dyn LoyaltyStore, world: &World) {
    let mut expected = world.books.clone();
    expected.retain(|book| owned(store, book.account.merchant, Some(book.account.person)));
    assert_eq!(in_rows(store.books(None, 1_000).unwrap()), in_rows(expected.clone()));
    let mut walked: Vec<Book> = Vec::new();
    loop {
        let next = store.books(walked.last().map(|book| book.account.id), 2).unwrap();
        if next.is_empty() {
            break;
        }
        assert!(next.len() <= 2);
        walked.extend(next);
    }
    assert_eq!(in_rows(walked), in_rows(expected));
    assert_eq!(store.books(Some(AccountId::new(999_999)), 2).unwrap(), Vec::new());
}

/// Entries come by number; the order of the other rows means nothing.
fn in_rows(mut books: Vec<Book>) -> Vec<Book> {
    for book in &mut books {
        book.lots.sort_by_key(|lot| lot.id);
        book.lot_uses.sort_by_key(|lot_use| (lot_use.entry, lot_use.lot));
        book.holds.sort_by_key(|hold| hold.id);
        book.hold_lots.sort_by_key(|part| (part.hold, part.lot));
    }
    books
}

fn opening(fixture: &mut impl Fixture, world: &World) {
    let known = world.books.first().unwrap().account.clone();
    let (now, card) = (at(50_000), LoyaltyCardId::new(708));
    let own = Scope::Person(ADA);
    let mut open = |scope: Scope, person: PersonId, card: LoyaltyCardId, now: Timestamp| {
        fixture.write(scope, move |tx| tx.open_account(FIRST, person, card, now))
    };
    let again = open(own, ADA, known.card, now).unwrap();
    assert_eq!(again, known, "an account is opened once");
    let new = open(own, ADA, card, now).unwrap();
    assert_eq!(new, Account::new(new.id, FIRST, ADA, card, now));
    assert!(world.books.iter().all(|book| book.account.id != new.id));
    let merchant = Scope::Merchant(FIRST);
    let later = open(merchant, ADA, card, at(60_000)).unwrap();
    assert_eq!(later, new);
    for scope in [own, Scope::Merchant(SECOND)] {
        let others = open(scope, BOB, card, now);
        assert!(matches!(others, Err(StoreError::OutOfScope(_))), "{scope:?}");
    }
    fixture.with(merchant, &mut |store| {
        assert!(store.accounts_per_consumer(&[ADA]).unwrap().contains(&new));
    });
}
