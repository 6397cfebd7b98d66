use regulars_kernel::{Change, Currency, LoyaltyCardId, Points, Scope, StoreAccess, StoreId};
use regulars_loyalty::{
    LoyaltyCard, LoyaltyStore, Millionths, PointsProgram, Program, Spending, ledger,
    welcome::KnowsNobody,
};
use regulars_merchant::MerchantStore;

use super::*;
use crate::{
    Amount, NewPurchase, OrderStore,
    item::change::ItemPatch,
    memory::{Memory, MemoryStore},
    order::change::OrderPatch,
    purchase::{Mode, SourceVersion, Untried, record},
    refund::{NewRefund, create},
    suite::{
        Fixture as _, world,
        world::{ADA, BEN, at},
    },
};

const MERCHANT: MerchantId = MerchantId::new(61);
const DAY: i64 = 86_400;

fn shop() -> MemoryStore {
    let mut memory = Memory::new();
    let mut world = world();
    world.orders.clear();
    world.items.clear();
    world.places.merchants[0].claim_days = 14;
    memory.load(&world);
    let program = PointsProgram::new(Spending::Product, Millionths::new(Millionths::ONE));
    let program = Program::Points(program);
    let id = LoyaltyCardId::new(900);
    let card = LoyaltyCard::new(id, MERCHANT, "Card", Currency::EUR, program, at(-400 * DAY));
    memory.loyalty().put_card(card);
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn owner() -> Actor {
    Actor::owner(MERCHANT)
}

/// A sale of 12.00 to nobody known.
fn sold(tx: &mut MemoryStore) -> OrderId {
    let decimal = "12".to_owned();
    let new = NewPurchase {
        store: StoreId::new(100),
        customer: Identifier::default(),
        details: OrderPatch::default(),
        source: (None, None),
        version: SourceVersion::default(),
        links: Vec::new(),
        items: vec![ItemPatch {
            name: Change::Set("Kaffee".to_owned()),
            unit_price: Change::Set(Amount { decimal, currency: None }),
            ..ItemPatch::default()
        }],
        tips: Vec::new(),
        discounts: Vec::new(),
        codes: Vec::new(),
        payments: Vec::new(),
        tax: None,
        currency: None,
        completed_at: Some(at(0)),
        untried: Untried::default(),
    };
    record(tx, &owner(), &new, Mode::Till, &KnowsNobody, at(1)).unwrap().order
}

fn of(person: PersonId) -> Identifier {
    Identifier { id: Some(person), ..Identifier::default() }
}

fn claim(
    tx: &mut MemoryStore,
    order: OrderId,
    person: PersonId,
    seconds: i64,
) -> Result<Attached, OrderError> {
    attach(tx, &owner(), order, &of(person), &KnowsNobody, at(seconds))
}

/// What can be spent and what waits, once the books add up.
fn points(tx: &mut MemoryStore, person: PersonId, seconds: i64) -> (i64, i64) {
    for book in tx.books(None, 100).unwrap() {
        assert_eq!(ledger::check(&book), []);
    }
    let sums = tx.points_summaries(&[person], at(seconds)).unwrap();
    sums.first().map_or((0, 0), |(_, sum)| (sum.available.get(), sum.pending.get()))
}

#[test]
fn rule_8_an_order_without_a_customer_earns_as_of_the_sale_once() {
    let mut tx = shop();
    let order = sold(&mut tx);
    let done = claim(&mut tx, order, ADA, 5 * DAY).unwrap();
    assert_eq!((done.pending, done.nothing.len()), (false, 0));
    assert_eq!(points(&mut tx, ADA, 5 * DAY), (12, 0));
    let lots = tx.books(None, 9).unwrap();
    assert_eq!(lots[0].entries[0].occurred_at, at(0), "as of the sale");
    assert_eq!(tx.find_order(MERCHANT, order).unwrap().unwrap().consumer, Some(ADA));
    // Said again it is said; said of another it is refused.
    claim(&mut tx, order, ADA, 5 * DAY).unwrap();
    assert!(matches!(claim(&mut tx, order, BEN, 5 * DAY), Err(OrderError::Invalid(_))));
    assert_eq!(points(&mut tx, ADA, 5 * DAY), (12, 0));
    let old = sold(&mut tx);
    assert!(matches!(claim(&mut tx, old, ADA, 2 + 14 * DAY), Err(OrderError::Invalid(_))));
    claim(&mut tx, old, ADA, 14 * DAY).unwrap();
    let cashier = Actor::staff(
        MERCHANT,
        MERCHANT.founder(),
        Permission::ChangeOrder.into(),
        StoreAccess::All,
    );
    let denied = attach(&mut tx, &cashier, old, &of(ADA), &KnowsNobody, at(9));
    assert!(matches!(denied, Err(OrderError::Denied(_))));
}

#[test]
fn rule_8_past_three_of_one_customer_in_a_day_somebody_looks_at_it() {
    let mut tx = shop();
    for nth in 0..4 {
        let order = sold(&mut tx);
        let done = claim(&mut tx, order, ADA, 100).unwrap();
        assert_eq!(done.pending, nth == 3, "{nth}");
    }
    assert_eq!(points(&mut tx, ADA, 100), (36, 12));
    let order = sold(&mut tx);
    assert!(!claim(&mut tx, order, BEN, 100).unwrap().pending, "another's are another's");
    let order = sold(&mut tx);
    assert!(!claim(&mut tx, order, ADA, 100 + DAY).unwrap().pending, "another day");
}

#[test]
fn rule_25_what_was_given_back_before_earns_nothing() {
    let mut tx = shop();
    let order = sold(&mut tx);
    let amount = Some(Amount { decimal: "5".to_owned(), currency: None });
    let part = NewRefund { amount, ..NewRefund::default() };
    create(&mut tx, &owner(), order, &part, at(10)).unwrap();
    claim(&mut tx, order, ADA, 20).unwrap();
    assert_eq!(points(&mut tx, ADA, 20), (7, 0));
    create(&mut tx, &owner(), order, &NewRefund::default(), at(30)).unwrap();
    assert_eq!(points(&mut tx, ADA, 30), (0, 0));
    assert_eq!(tx.points_earned(&[ADA]).unwrap(), [(ADA, Points::ZERO)]);
}

#[test]
fn rule_26_what_came_too_late_earns_nothing_however_many_were_said_that_day() {
    let mut tx = shop();
    let mut merchant = tx.merchants(&[MERCHANT]).unwrap().pop().unwrap();
    merchant.claim_days = 60;
    tx.update_merchant(&merchant).unwrap();
    for _ in 0..FEW {
        let order = sold(&mut tx);
        claim(&mut tx, order, ADA, 20 * DAY).unwrap();
    }
    let order = sold(&mut tx);
    let found = tx.find_order(MERCHANT, order).unwrap().unwrap();
    // Recorded when it was too late.
    let late = Order { completed_at: Some(at(-31 * DAY)), ..found };
    tx.update_order(&late).unwrap();
    let cashier = Actor::cashier(MERCHANT, MERCHANT.founder(), StoreAccess::All);
    let done = attach(&mut tx, &cashier, order, &of(ADA), &KnowsNobody, at(20 * DAY)).unwrap();
    let why = done.nothing.first().map(|(_, why)| why.code());
    assert_eq!(why, Some("too_long_ago"));
}
