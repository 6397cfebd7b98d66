use regulars_kernel::{
    Currency, LoyaltyCardId, MerchantId, Money, OrderId, OrderItemId, PersonId, Points, Scope,
    StoreAccess,
};
use regulars_loyalty::{
    Account, LoyaltyCard, LoyaltyStore, Millionths, PointsProgram, Program, Spending, ledger,
    welcome::KnowsNobody,
};
use regulars_merchant::Store;

use super::*;
use crate::{
    Amount, OrderItem, PaymentType,
    checkout::{Checkout, checkout},
    delete::delete,
    memory::{Memory, MemoryStore},
    refund::{NewItemRefund, NewRefund, create, create_of_items},
    suite::{Fixture as _, world, world::at},
};

const MERCHANT: MerchantId = MerchantId::new(61);
/// Open, in store 101, Ada's.
const OPEN: OrderId = OrderId::new(503);
const ADA: PersonId = PersonId::new(71);
const COFFEE: OrderItemId = OrderItemId::new(9_000);
const CAKE: OrderItemId = OrderItemId::new(9_001);

/// Ada's open order of two lines, 10.00 and 5.00, at a merchant whose card gives a point for each euro.
fn shop() -> MemoryStore {
    let mut memory = Memory::new();
    let mut world = world();
    world.items.retain(|item| item.order != OPEN);
    let order = world.orders.iter().find(|order| order.id == OPEN).unwrap();
    let euros = |minor| Money::new(minor, Currency::EUR);
    let lines = [
        OrderItem::new(COFFEE, order, "Kaffee", 2, euros(1_000)),
        OrderItem::new(CAKE, order, "Kuchen", 1, euros(500)),
    ];
    world.items.extend(lines);
    memory.load(&world);
    let program = PointsProgram::new(Spending::Product, Millionths::new(1_000_000));
    let points = Program::Points(program);
    let card = LoyaltyCardId::new(1);
    memory.loyalty().put_card(LoyaltyCard::new(card, MERCHANT, "C", Currency::EUR, points, at(0)));
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn owner() -> Actor {
    Actor::owner(MERCHANT)
}

fn pay(tx: &mut MemoryStore) {
    let paid = Checkout { payment_type: Some(PaymentType::Cash), ..Checkout::default() };
    checkout(tx, &owner(), OPEN, &paid, &KnowsNobody, at(100)).unwrap();
}

/// What Ada has, once her books add up.
fn account(tx: &mut MemoryStore) -> Option<Account> {
    for book in tx.books(None, 100).unwrap() {
        assert_eq!(ledger::check(&book), Vec::new());
    }
    tx.accounts_per_consumer(&[ADA]).unwrap().pop()
}

fn points(tx: &mut MemoryStore) -> i64 {
    account(tx).map_or(0, |account| account.balance.get())
}

#[test]
fn rule_14_an_order_earns_when_it_is_completed_and_once() {
    let mut tx = shop();
    assert_eq!(account(&mut tx), None);
    pay(&mut tx);
    let account = account(&mut tx).unwrap();
    assert_eq!((account.balance, account.seq), (Points::new(15), 1));
    let paid = Checkout::default();
    checkout(&mut tx, &owner(), OPEN, &paid, &KnowsNobody, at(101)).unwrap_err();
    assert_eq!(points(&mut tx), 15);
}

#[test]
fn rule_25_what_is_given_back_takes_what_it_earned_with_it() {
    let mut tx = shop();
    pay(&mut tx);
    let amount = Some(Amount { decimal: "1.50".to_owned(), currency: None });
    let tenth = NewRefund { amount, ..NewRefund::default() };
    create(&mut tx, &owner(), OPEN, &tenth, at(110)).unwrap();
    // A tenth of fifteen, rounded down.
    assert_eq!(points(&mut tx), 14);
    let cake = NewItemRefund { item: CAKE, quantity: None, reason: None };
    create_of_items(&mut tx, &owner(), &[cake], false, at(120)).unwrap();
    // The cake is 5 of 15, and a tenth of the coffee 1: 9 are left.
    assert_eq!(points(&mut tx), 9);
    create(&mut tx, &owner(), OPEN, &NewRefund::default(), at(130)).unwrap();
    assert_eq!(points(&mut tx), 0);
}

#[test]
fn rule_25_a_voided_order_earned_nothing() {
    let mut tx = shop();
    pay(&mut tx);
    delete(&mut tx, &owner(), OPEN, at(110)).unwrap();
    assert_eq!(points(&mut tx), 0);
    assert_eq!(account(&mut tx).unwrap().earned, Points::ZERO);
}

#[test]
fn rule_26_late_sales_wait_and_old_ones_need_a_permission() {
    let world = world();
    let store = Store { late_hours: 72, ..world.places.stores[0].clone() };
    let now = Timestamp::from_seconds(1_800_000_000);
    let cashier = Actor::cashier(MERCHANT, PersonId::new(1), StoreAccess::All);
    for (hours, seconds, by_cashier, by_owner) in [
        (0, 0, Timeliness::InTime, Timeliness::InTime),
        (72, 0, Timeliness::InTime, Timeliness::InTime),
        (72, 1, Timeliness::Late, Timeliness::Late),
        (720, 0, Timeliness::Late, Timeliness::Late),
        (720, 1, Timeliness::TooLate, Timeliness::InTime),
    ] {
        let at = Timestamp::from_seconds(now.seconds() - hours * 3_600 - seconds);
        let judge = |actor: &Actor| {
            let backdate = actor.require(regulars_kernel::Permission::Backdate).is_ok();
            crate::timeliness(Some(at), now, store.late_hours, backdate).timeliness
        };
        assert_eq!(judge(&cashier), by_cashier, "{hours} h {seconds} s");
        assert_eq!(judge(&owner()), by_owner, "{hours} h {seconds} s");
    }
}
