use regulars_customer::{CustomerStore, Standing};
use regulars_kernel::{
    Change, Classify, Currency, ErrorKind, MerchantId, OrderItemId, PersonId, Scope, StoreAccess,
    StoreId,
};

use regulars_loyalty::welcome::KnowsNobody;

use super::*;
use crate::{
    OrderItem, OrderStore, fact,
    memory::{Memory, MemoryStore},
    order::change::{OrderPatch, update},
    suite::{
        Fixture as _, world,
        world::{CLEO, at},
    },
    tip,
};

const MERCHANT: MerchantId = MerchantId::new(61);
/// Open, in store 101, Ada's, with two lines of nothing.
const OPEN: OrderId = OrderId::new(503);

/// The world with one line of 11.90 in the open order, in a store.
fn store(id: i64) -> MemoryStore {
    let mut memory = Memory::new();
    let mut world = world();
    world.items.retain(|item| item.order != OPEN);
    let order = world.orders.iter_mut().find(|order| order.id == OPEN).unwrap();
    order.store = StoreId::new(id);
    let line = OrderItem::new(OrderItemId::new(9_000), order, "Kaffee", 2, euros(1_190));
    world.items.push(line);
    memory.load(&world);
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn owner() -> Actor {
    Actor::owner(MERCHANT)
}

fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

#[expect(clippy::unnecessary_wraps, reason = "what is told is optional")]
fn amount(decimal: &str) -> Option<Amount> {
    Some(Amount { decimal: decimal.to_owned(), currency: None })
}

fn cash() -> Checkout {
    Checkout { payment_type: Some(PaymentType::Cash), ..Checkout::default() }
}

fn read(tx: &mut MemoryStore) -> Order {
    tx.find_order(MERCHANT, OPEN).unwrap().unwrap()
}

fn faults<T: fmt::Debug>(answer: Result<T, OrderError>) -> Vec<&'static str> {
    match answer.unwrap_err() {
        OrderError::Invalid(wrong) => wrong.iter().map(|one| one.field.unwrap_or("")).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_is_completed_once_with_tips_and_the_change_and_tax_that_follow() {
    // A store that taxes 19 %, in Lisbon, whose days begin at half past four.
    let mut tx = store(100);
    let (order, _tip) =
        tip::create(&mut tx, &owner(), OPEN, &amount("1.10").unwrap(), at(20)).unwrap();
    assert_eq!((order, read(&mut tx).total), (OPEN, euros(1_300)));
    let night = Timestamp::from_seconds(1_770_003_000);
    let paid = Checkout { cash_received: amount("20"), completed_at: Some(night), ..cash() };
    checkout(&mut tx, &owner(), OPEN, &paid, &KnowsNobody, at(90_000)).unwrap();
    let order = read(&mut tx);
    assert_eq!((order.state, order.completed), (OrderState::Completed, true));
    assert_eq!(
        (order.total, order.cash_received, order.change),
        (euros(1_300), Some(euros(2_000)), Some(euros(700)))
    );
    assert_eq!(order.tax, Some(euros(190)), "of the lines, not of the tip");
    assert_eq!(order.completed_at, Some(night));
    assert_eq!(order.business_date.unwrap().to_string(), "2026-02-01", "rule 26");
    let lines = tx.items_per_order(&[OPEN], &StoreAccess::All).unwrap();
    let (_order, lines) = lines.first().unwrap();
    assert!(lines.iter().all(|line| line.is_completed && line.updated_at == at(90_000)));
    assert_eq!(fact::of(&order, lines).unwrap().total, 1_300);
    // Rule 25: nobody completes or edits it again.
    assert_eq!(faults(checkout(&mut tx, &owner(), OPEN, &paid, &KnowsNobody, at(90_001))), ["id"]);
    let tipped = tip::create(&mut tx, &owner(), OPEN, &amount("1").unwrap(), at(90_001));
    assert_eq!(faults(tipped), ["orderId"]);
    assert_eq!(read(&mut tx), order);
}

#[test]
fn what_the_till_says_of_the_payment_stands() {
    let paid = Checkout {
        payment_type: Some(PaymentType::Cash),
        cash_received: amount("15"),
        change: amount("3"),
        tax: amount("0.78"),
        ..Checkout::default()
    };
    let mut tx = store(101);
    checkout(&mut tx, &owner(), OPEN, &paid, &KnowsNobody, at(50)).unwrap();
    let order = read(&mut tx);
    assert_eq!((order.change, order.tax), (Some(euros(300)), Some(euros(78))));
    assert_eq!(order.completed_at, Some(at(50)));
    // A part was paid in another way; this store taxes nothing that is known.
    let mut tx = store(101);
    checkout(
        &mut tx,
        &owner(),
        OPEN,
        &Checkout { cash_received: amount("5"), ..cash() },
        &KnowsNobody,
        at(50),
    )
    .unwrap();
    let order = read(&mut tx);
    assert_eq!((order.change, order.tax), (Some(euros(0)), None));
    // As the order said before.
    let mut tx = store(101);
    let card =
        OrderPatch { payment_type: Change::Set(PaymentType::CreditCard), ..OrderPatch::default() };
    update(&mut tx, &owner(), OPEN, &card, at(40)).unwrap();
    checkout(&mut tx, &owner(), OPEN, &Checkout::default(), &KnowsNobody, at(50)).unwrap();
    let order = read(&mut tx);
    assert_eq!((order.payment_type, order.change), (Some(PaymentType::CreditCard), None));
}

#[test]
fn everything_that_is_wrong_with_a_payment_is_told_at_once() {
    let mut tx = store(101);
    let dollars = Some(Amount { decimal: "1".to_owned(), currency: Some("USD".to_owned()) });
    let card = Checkout { payment_type: Some(PaymentType::Paypal), ..Checkout::default() };
    for (paid, expected) in [
        (Checkout::default(), &["paymentType"][..]),
        (Checkout { cash_received: amount("12"), ..card }, &["cashReceived"]),
        (Checkout { change: amount("1"), ..cash() }, &["change"]),
        (
            Checkout { cash_received: amount("-1"), tax: amount("11.91"), ..cash() },
            &["cashReceived", "tax"],
        ),
        (Checkout { cash_received: amount("12"), change: amount("12.01"), ..cash() }, &["change"]),
        (Checkout { tax: dollars, ..Checkout::default() }, &["taxCurrency", "paymentType"]),
    ] {
        assert_eq!(
            faults(checkout(&mut tx, &owner(), OPEN, &paid, &KnowsNobody, at(50))),
            expected,
            "{paid:?}"
        );
    }
    assert_eq!(read(&mut tx).state, OrderState::Open);
    tx.delete_order_item(MERCHANT, OrderItemId::new(9_000)).unwrap();
    assert_eq!(
        faults(checkout(&mut tx, &owner(), OPEN, &cash(), &KnowsNobody, at(50))),
        ["id"],
        "no lines"
    );
    for (tip, expected) in
        [("0", "amount"), ("-1", "amount"), ("0.001", "amount"), ("10000000000.01", "amount")]
    {
        let refused = tip::create(&mut tx, &owner(), OPEN, &amount(tip).unwrap(), at(20));
        assert_eq!(faults(refused), [expected], "{tip}");
    }
}

#[test]
fn rule_26_a_time_that_no_till_can_mean_is_refused() {
    for told in [Timestamp::MIN, at(-900_000_000)] {
        let paid = Checkout { completed_at: Some(told), ..cash() };
        let refused = checkout(&mut store(101), &owner(), OPEN, &paid, &KnowsNobody, at(50));
        assert_eq!(faults(refused), ["completedAt"], "{told:?}");
    }
}

#[test]
fn rule_7_a_sale_revives_whom_the_merchant_archived_and_nobody_who_left() {
    let mut tx = store(101);
    let to_cleo = OrderPatch {
        buyer: crate::buyer::Buyer { consumer: Change::Set(CLEO), ..Default::default() },
        ..OrderPatch::default()
    };
    update(&mut tx, &owner(), OPEN, &to_cleo, at(40)).unwrap();
    let standing =
        |tx: &mut MemoryStore| tx.find_membership(MERCHANT, CLEO).unwrap().unwrap().standing;
    assert_eq!(standing(&mut tx), Standing::Archived(at(9)), "an order is no sale yet");
    let mut left = tx.clone();
    checkout(&mut tx, &owner(), OPEN, &cash(), &KnowsNobody, at(50)).unwrap();
    assert_eq!((standing(&mut tx), read(&mut tx).consumer), (Standing::Live, Some(CLEO)));

    // The same rows: the order is open again, and she left.
    let order = read(&mut left);
    left.update_order(&Order { state: OrderState::Open, completed: false, ..order }).unwrap();
    let member = left.find_membership(MERCHANT, CLEO).unwrap().unwrap();
    let gone = regulars_customer::Membership { standing: Standing::Left(at(60)), ..member };
    left.update_membership(&gone).unwrap();
    checkout(&mut left, &owner(), OPEN, &cash(), &KnowsNobody, at(70)).unwrap();
    assert_eq!((standing(&mut left), read(&mut left).consumer), (Standing::Left(at(60)), None));
}

#[test]
fn who_may_and_where() {
    let mut tx = store(101);
    let stores = |id| StoreAccess::Only(vec![StoreId::new(id)]);
    let cashier = |id| Actor::cashier(MERCHANT, PersonId::new(63), stores(id));
    let one = amount("1").unwrap();
    for (actor, order, kind) in [
        (cashier(100), OPEN, ErrorKind::DoesNotExist),
        (owner(), OrderId::new(510), ErrorKind::DoesNotExist),
        (Actor::Consumer { person: PersonId::new(71) }, OPEN, ErrorKind::PermissionDenied),
        (Actor::Anonymous, OPEN, ErrorKind::PermissionDenied),
    ] {
        let refused = checkout(&mut tx, &actor, order, &cash(), &KnowsNobody, at(50)).unwrap_err();
        assert_eq!(refused.kind(), kind, "{actor:?}");
        let refused = tip::create(&mut tx, &actor, order, &one, at(50)).unwrap_err();
        assert_eq!(refused.kind(), kind, "{actor:?}");
    }
    checkout(&mut tx, &cashier(101), OPEN, &cash(), &KnowsNobody, at(50)).unwrap();
}
