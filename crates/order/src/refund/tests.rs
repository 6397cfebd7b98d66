use regulars_kernel::{
    Classify, ErrorKind, OrderDiscountId, PersonId, Scope, StoreAccess, StoreId,
};

use regulars_loyalty::welcome::KnowsNobody;

use super::*;
use crate::{
    DiscountKind, DiscountShare, OrderDiscount, OrderItem, OrderTip,
    checkout::{Checkout, checkout},
    delete::delete,
    memory::{Memory, MemoryStore},
    suite::{Fixture as _, world, world::at},
};

const MERCHANT: MerchantId = MerchantId::new(61);
/// In store 101: two units for 10.00, three for 9.00, and a tip of 1.00.
const SALE: OrderId = OrderId::new(503);
const FIRST: OrderItemId = OrderItemId::new(9_001);
const SECOND: OrderItemId = OrderItemId::new(9_002);

fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

fn owner() -> Actor {
    Actor::owner(MERCHANT)
}

/// What a discount takes off a line, and with how many points.
type Off<'a> = (DiscountKind, &'a [(OrderItemId, i64, i64)]);

/// The sale, completed, with discounts.
fn store(discounts: &[Off<'_>]) -> MemoryStore {
    let mut memory = Memory::new();
    let mut world = world();
    world.items.retain(|item| item.order != SALE);
    let order = world.orders.iter().find(|order| order.id == SALE).unwrap();
    let line = |id, quantity, cents| OrderItem::new(id, order, "Ware", quantity, euros(cents));
    world.items.extend([line(FIRST, 2, 1_000), line(SECOND, 3, 900)]);
    memory.load(&world);
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    for (kind, shares) in discounts {
        let share = |(item, amount, points): &(OrderItemId, i64, i64)| DiscountShare {
            item: *item,
            amount: euros(*amount),
            points: Points::new(*points),
            units: 0,
        };
        let shares: Vec<_> = shares.iter().map(share).collect();
        tx.insert_order_discount(&OrderDiscount {
            id: OrderDiscountId::new(0),
            merchant: MERCHANT,
            order: SALE,
            kind: *kind,
            name: "Aktion".to_owned(),
            redemption: None,
            intent: None,
            offer: None,
            reason: None,
            amount: euros(shares.iter().map(|share| share.amount.minor()).sum()),
            points: Points::new(shares.iter().map(|share| share.points.get()).sum()),
            unbacked: false,
            shares,
            created_at: at(1),
        })
        .unwrap();
    }
    let tip = OrderTip {
        id: 0.into(),
        merchant: MERCHANT,
        order: SALE,
        amount: euros(100),
        created_at: at(1),
    };
    tx.insert_order_tip(&tip).unwrap();
    let paid = Checkout { payment_type: Some(PaymentType::Cash), ..Checkout::default() };
    checkout(&mut tx, &owner(), SALE, &paid, &KnowsNobody, at(50)).unwrap();
    tx
}

fn read(tx: &mut MemoryStore) -> Order {
    tx.find_order(MERCHANT, SALE).unwrap().unwrap()
}

fn back(tx: &mut MemoryStore, new: &NewRefund) -> OrderRefund {
    let done = create(tx, &owner(), SALE, new, at(60)).unwrap();
    tx.order_refunds(&done.refunds, &StoreAccess::All).unwrap().pop().unwrap()
}

fn amount(decimal: &str) -> NewRefund {
    let amount = Amount { decimal: decimal.to_owned(), currency: None };
    NewRefund { amount: Some(amount), ..NewRefund::default() }
}

fn line(item: OrderItemId, quantity: Option<i32>) -> NewItemRefund {
    NewItemRefund { item, quantity, reason: None }
}

fn money(refund: &OrderRefund) -> Vec<(OrderItemId, i32, i64, i64)> {
    let share = |share: &RefundShare| {
        (share.item, share.quantity, share.money.minor(), share.points_value.minor())
    };
    refund.shares.iter().map(share).collect()
}

fn faults<T: std::fmt::Debug>(answer: Result<T, OrderError>) -> Vec<&'static str> {
    match answer.unwrap_err() {
        OrderError::Invalid(wrong) => wrong.iter().map(|one| one.field.unwrap_or("")).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn rule_25_a_whole_refund_gives_all_that_is_left_tips_included() {
    let mut tx = store(&[]);
    let part = back(&mut tx, &amount("1.90"));
    assert_eq!((part.amount, part.tips), (euros(190), euros(0)));
    assert_eq!(money(&part), [(FIRST, 0, 100, 0), (SECOND, 0, 90, 0)]);
    let order = read(&mut tx);
    assert_eq!((order.state, order.refunded), (OrderState::Completed, euros(190)));
    let reason = NewRefund { reason: Some(" kalt ".to_owned()), is_cash: true, amount: None };
    let rest = back(&mut tx, &reason);
    assert_eq!((rest.amount, rest.tips), (euros(1_810), euros(100)));
    assert_eq!(money(&rest), [(FIRST, 2, 900, 0), (SECOND, 3, 810, 0)]);
    assert_eq!((rest.reason.as_deref(), rest.is_cash, rest.item), (Some("kalt"), true, None));
    let order = read(&mut tx);
    assert_eq!(
        (order.state, order.refunded, order.total),
        (OrderState::Refunded, euros(2_000), euros(2_000))
    );
    assert_eq!(faults(create(&mut tx, &owner(), SALE, &NewRefund::default(), at(70))), ["orderId"]);
    assert_eq!(faults(create(&mut tx, &owner(), SALE, &amount("0.01"), at(70))), ["amount"]);
    assert_eq!(read(&mut tx), order);
}

#[test]
fn rule_25_money_and_points_go_back_as_they_paid() {
    // An offer took 1.00 off the first line; 300 points paid 3.00 of it, 450 paid half of the second.
    let mut tx = store(&[
        (DiscountKind::Offer, &[(FIRST, 100, 0)]),
        (DiscountKind::Points, &[(FIRST, 300, 300), (SECOND, 450, 450)]),
    ]);
    assert_eq!(read(&mut tx).total, euros(600 + 450 + 100));
    // One of two units of the first line is worth 4.50, two thirds of it money.
    let one = create_of_items(&mut tx, &owner(), &[line(FIRST, Some(1))], false, at(60)).unwrap();
    let one = tx.order_refunds(&one.refunds, &StoreAccess::All).unwrap().pop().unwrap();
    assert_eq!((one.amount, one.points_value, one.points.get()), (euros(300), euros(150), 150));
    assert_eq!((one.item, money(&one)), (Some(FIRST), vec![(FIRST, 1, 300, 150)]));
    // The rest of both.
    let lines = [line(SECOND, None), line(FIRST, None)];
    let done = create_of_items(&mut tx, &owner(), &lines, true, at(61)).unwrap();
    let refunds = tx.order_refunds(&done.refunds, &StoreAccess::All).unwrap();
    let given: Vec<_> =
        refunds.iter().map(|one| (one.item, one.amount.minor(), one.points.get())).collect();
    assert_eq!(given, [(Some(SECOND), 450, 450), (Some(FIRST), 300, 150)]);
    // Tips stay until the whole goes back.
    let order = read(&mut tx);
    assert_eq!((order.state, order.refunded), (OrderState::Completed, euros(1_050)));
    let tips = back(&mut tx, &NewRefund::default());
    assert_eq!((tips.amount, tips.tips, tips.shares.len()), (euros(100), euros(100), 0));
    assert_eq!(read(&mut tx).state, OrderState::Refunded);
}

#[test]
fn units_of_a_line_come_back_to_exactly_what_it_cost() {
    let mut tx = store(&[(DiscountKind::Offer, &[(SECOND, 1, 0)])]);
    let mut given = Vec::new();
    for left in [2, 1, 0] {
        let done =
            create_of_items(&mut tx, &owner(), &[line(SECOND, Some(1))], false, at(60)).unwrap();
        let refund = tx.order_refunds(&done.refunds, &StoreAccess::All).unwrap().pop().unwrap();
        given.push(refund.amount.minor());
        let over = [line(SECOND, Some(left + 1))];
        assert_eq!(
            faults(create_of_items(&mut tx, &owner(), &over, false, at(61))),
            ["orderItems"]
        );
    }
    assert_eq!(given, [299, 300, 300]);
    assert_eq!(
        faults(create_of_items(&mut tx, &owner(), &[line(SECOND, None)], false, at(61))),
        ["orderItems"]
    );
    assert_eq!(read(&mut tx).refunded, euros(899));
}

#[test]
fn rule_25_deleting_a_completed_order_voids_it() {
    let mut tx = store(&[]);
    back(&mut tx, &amount("5"));
    delete(&mut tx, &owner(), SALE, at(70)).unwrap();
    let order = read(&mut tx);
    assert_eq!((order.state, order.refunded), (OrderState::Voided, euros(2_000)));
    assert_eq!((order.deleted_at, order.updated_at), (Some(at(70)), at(70)));
    let refunds = tx.refunds_per_order(&[SALE], &StoreAccess::All).unwrap().pop().unwrap().1;
    let given: Vec<_> = refunds.iter().map(|one| (one.amount.minor(), one.is_cash)).collect();
    assert_eq!(given, [(500, false), (1_500, true)]);
    // Once more is no news; nothing comes back of it any more.
    delete(&mut tx, &owner(), SALE, at(80)).unwrap();
    assert_eq!(read(&mut tx), order);
    assert_eq!(faults(create(&mut tx, &owner(), SALE, &NewRefund::default(), at(80))), ["orderId"]);
    // What was given back before is voided without more; an open order is given up.
    let refunded = OrderId::new(505);
    delete(&mut tx, &owner(), refunded, at(80)).unwrap();
    let order = tx.find_order(MERCHANT, refunded).unwrap().unwrap();
    assert_eq!((order.state, order.refunded), (OrderState::Voided, euros(990)));
}

#[test]
fn what_histories_do_not_tell_apart_is_spread() {
    let mut tx = store(&[]);
    // An order of 12.30 of which 2.30 went back, by a history without a row of it, with lines of 24.60 together.
    let id = OrderId::new(502);
    let rest = create(&mut tx, &owner(), id, &NewRefund::default(), at(60)).unwrap();
    let rest = tx.order_refunds(&rest.refunds, &StoreAccess::All).unwrap().pop().unwrap();
    assert_eq!(rest.amount, euros(1_000));
    let order = tx.find_order(MERCHANT, id).unwrap().unwrap();
    assert_eq!((order.state, order.refunded), (OrderState::Refunded, order.total));
    // One without lines.
    let id = OrderId::new(504);
    let half = create(&mut tx, &owner(), id, &amount("2"), at(60)).unwrap();
    let half = tx.order_refunds(&half.refunds, &StoreAccess::All).unwrap().pop().unwrap();
    assert_eq!((half.amount, half.shares.len()), (euros(200), 0));
    assert_eq!(faults(create(&mut tx, &owner(), id, &amount("3.01"), at(61))), ["amount"]);
    create(&mut tx, &owner(), id, &amount("3"), at(62)).unwrap();
    assert_eq!(tx.find_order(MERCHANT, id).unwrap().unwrap().state, OrderState::Refunded);
}

#[test]
fn what_is_wrong_with_a_refund_is_told() {
    let mut tx = store(&[]);
    let dollars = Amount { decimal: "1".to_owned(), currency: Some("USD".to_owned()) };
    for (new, expected) in [
        (amount("0"), "amount"),
        (amount("-1"), "amount"),
        (amount("0.001"), "amount"),
        (amount("19.01"), "amount"),
        (NewRefund { amount: Some(dollars), ..NewRefund::default() }, "amountCurrency"),
        (NewRefund { reason: Some("a\nb".to_owned()), ..NewRefund::default() }, "reason"),
    ] {
        assert_eq!(faults(create(&mut tx, &owner(), SALE, &new, at(60))), [expected], "{new:?}");
    }
    for lines in [
        vec![],
        vec![line(FIRST, Some(0))],
        vec![line(FIRST, Some(3))],
        vec![line(FIRST, None), line(FIRST, None)],
    ] {
        let refused = create_of_items(&mut tx, &owner(), &lines, false, at(60));
        assert_eq!(faults(refused), ["orderItems"], "{lines:?}");
    }
    let elsewhere = [line(FIRST, None), line(OrderItemId::new(600), None)];
    let refused = create_of_items(&mut tx, &owner(), &elsewhere, false, at(60)).unwrap_err();
    let ErrorKind::Invalid(wrong) = refused.kind() else { panic!("{refused:?}") };
    let said: Vec<_> = wrong.iter().map(|one| (one.field, one.rule.to_string())).collect();
    let which =
        "Line 600 is of order 501, the first line of order 503: refund each order by itself.";
    assert_eq!(said, [(Some("orderItems"), which.to_owned())]);
    let nowhere = [line(FIRST, None), line(OrderItemId::new(999_999), None)];
    let refused = create_of_items(&mut tx, &owner(), &nowhere, false, at(60)).unwrap_err();
    assert_eq!((refused.kind(), refused.argument()), (ErrorKind::DoesNotExist, Some("orderItems")));
    assert_eq!(read(&mut tx).refunded, euros(0), "nothing went back");
    // Rule 25: what is open is changed.
    let order = read(&mut tx);
    tx.update_order(&Order { state: OrderState::Open, ..order }).unwrap();
    assert_eq!(faults(create(&mut tx, &owner(), SALE, &NewRefund::default(), at(60))), ["orderId"]);
}

#[test]
fn who_may_and_where() {
    let mut tx = store(&[]);
    let stores = |id| StoreAccess::Only(vec![StoreId::new(id)]);
    let permissions = [Permission::RefundOrder, Permission::ChangeOrder];
    let staff = |id| {
        let permissions = permissions.into_iter().collect::<regulars_kernel::Permissions>();
        Actor::staff(MERCHANT, PersonId::new(63), permissions, stores(id))
    };
    let whole = NewRefund::default();
    for (actor, kind) in [
        (staff(100), ErrorKind::DoesNotExist),
        // Selling is no right to give back.
        (Actor::cashier(MERCHANT, PersonId::new(63), stores(101)), ErrorKind::PermissionDenied),
        (Actor::Consumer { person: PersonId::new(71) }, ErrorKind::PermissionDenied),
        (Actor::Anonymous, ErrorKind::PermissionDenied),
    ] {
        for refused in [
            create(&mut tx, &actor, SALE, &whole, at(60)).map(drop),
            create_of_items(&mut tx, &actor, &[line(FIRST, None)], false, at(60)).map(drop),
            delete(&mut tx, &actor, SALE, at(60)).map(drop),
        ] {
            assert_eq!(refused.unwrap_err().kind(), kind, "{actor:?}");
        }
    }
    create(&mut tx, &staff(101), SALE, &whole, at(60)).unwrap();
}
