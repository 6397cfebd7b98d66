//! What newer versions say of the customer, the time and the codes (rules 7, 10, 11 and 12).

use super::*;
use crate::{
    checkout::{Checkout, checkout},
    item::change as line_by_line,
    order::change as orders,
};

/// The same of nobody known.
fn of_nobody(new: NewPurchase) -> NewPurchase {
    NewPurchase { customer: Identifier::default(), ..new }
}

#[test]
fn rule_11_a_newer_version_that_names_the_customer_at_last_earns() {
    let memory = shop();
    let first = recorded(&memory, &of_nobody(version("1", "12", 1)), 5);
    let same = recorded(&memory, &version("1", "12", 1), 6);
    assert_eq!((same.replayed, codes(&same)), (true, vec![("differs", "entitySourceId")]));
    let named = recorded(&memory, &version("1", "12", 2), 7);
    assert_eq!((named.order, named.replayed, codes(&named)), (first.order, false, vec![]));
    assert_eq!(order(&memory, first.order).consumer, Some(ADA));
    assert_eq!(balance(&memory, ADA), 12 + 5);
    assert!(recorded(&memory, &version("1", "12", 3), 8).replayed, "nothing is new");
    let bens = NewPurchase {
        customer: Identifier { id: Some(BEN), ..Identifier::default() },
        ..version("1", "12", 4)
    };
    assert!(!recorded(&memory, &bens, 9).replayed);
    assert_eq!(order(&memory, first.order).consumer, Some(BEN));
    assert_eq!((balance(&memory, ADA), balance(&memory, BEN)), (0, 12));
}

#[test]
fn rule_12_history_that_earns_nothing_leaves_what_a_sale_earned() {
    let memory = shop();
    let first = recorded(&memory, &version("1", "12", 1), 5);
    let import = |price: &str, seq, seconds| {
        let new = of_nobody(version("1", price, seq));
        let mode = Mode::History { earns: false };
        let owner = Actor::owner(MERCHANT);
        record(&mut own(&memory), &owner, &new, mode, &KnowsNobody, at(seconds)).unwrap()
    };
    let more = import("20", 2, 6);
    assert_eq!((more.order, more.answered.nothing), (first.order, vec![]));
    assert_eq!(order(&memory, first.order).total.minor(), 2_000);
    assert_eq!(balance(&memory, ADA), 12 + 5, "it earns nothing, and takes nothing");
    // What goes back later finds what was earned.
    assert!(back(&memory, "1", None, "all", 7));
    assert_eq!(balance(&memory, ADA), 0);
}

#[test]
fn rule_7_a_correction_of_somebody_who_left_takes_the_difference_and_revives_nobody() {
    for standing in [Standing::Left(at(6)), Standing::Archived(at(6))] {
        let memory = shop();
        recorded(&memory, &version("1", "12", 1), 5);
        let mut tx = own(&memory);
        let member = tx.find_membership(MERCHANT, ADA).unwrap().unwrap();
        tx.update_membership(&regulars_customer::Membership { standing, ..member }).unwrap();
        for (seq, price, left) in [(2, "20", 12 + 5), (3, "10", 10 + 5)] {
            let done = recorded(&memory, &of_nobody(version("1", price, seq)), 5 + seq);
            assert_eq!((done.replayed, done.answered.nothing), (false, vec![]));
            assert_eq!(order(&memory, done.order).consumer, Some(ADA));
            assert_eq!(balance(&memory, ADA), left, "{price}");
        }
        let member = tx.find_membership(MERCHANT, ADA).unwrap().unwrap();
        assert_eq!(member.standing, standing);
    }
}

#[test]
fn rule_11_a_newer_version_says_which_codes_it_does_not_take() {
    let memory = shop();
    recorded(&memory, &version("1", "12", 1), 5);
    let code = |code: &str| NewCode { code: code.to_owned(), amount: Some(amount("1")) };
    let coded = NewPurchase { codes: vec![code("AAAA"), code("BBBB")], ..version("1", "12", 2) };
    let done = recorded(&memory, &coded, 6);
    let paths = ["redemptionCodes[0]", "redemptionCodes[1]"];
    assert_eq!(codes(&done), paths.map(|path| ("code_not_taken", path)));
    assert_eq!(order(&memory, done.order).total.minor(), 1_000, "the merchant's own");
}

#[test]
fn rule_11_a_newer_version_without_a_time_leaves_when_it_was() {
    let memory = shop();
    recorded(&memory, &version("1", "12", 1), 5);
    let timeless = NewPurchase { completed_at: None, ..version("1", "20", 2) };
    let done = recorded(&memory, &timeless, DAY);
    let order = order(&memory, done.order);
    assert_eq!(order.completed_at, Some(at(0)));
    assert_eq!(balance(&memory, ADA), 20 + 5);
}

/// An open order of the till by that name, with a line.
fn put_down(memory: &Memory, id: &str, price: &str) -> OrderId {
    let (mut tx, owner) = (own(memory), Actor::owner(MERCHANT));
    let patch = OrderPatch {
        store: Change::Set(MITTE),
        buyer: crate::buyer::Buyer { consumer: Change::Set(ADA), ..Default::default() },
        entity_source: Change::Set(EntitySource::Pos),
        entity_source_id: Change::Set(id.to_owned()),
        ..OrderPatch::default()
    };
    let order = orders::create(&mut tx, &owner, &patch, at(1)).unwrap();
    line_by_line::create(&mut tx, &owner, order, &line("Kaffee", price), at(2)).unwrap();
    order
}

fn check_out(memory: &Memory, order: OrderId, seconds: i64) {
    let paid = Checkout { payment_type: Some(PaymentType::Cash), ..Checkout::default() };
    let (mut tx, owner) = (own(memory), Actor::owner(MERCHANT));
    checkout(&mut tx, &owner, order, &paid, &KnowsNobody, at(seconds)).unwrap();
}

#[test]
fn rule_11_a_version_of_what_was_put_down_line_by_line_earns_the_difference() {
    let memory = shop();
    let order = put_down(&memory, "1", "12");
    check_out(&memory, order, 4);
    assert_eq!(balance(&memory, ADA), 12 + 5);
    for (seq, price, left) in [(1, "20", 20 + 5), (2, "30", 30 + 5), (3, "3", 3 + 5)] {
        let done = recorded(&memory, &version("1", price, seq), 5 + seq);
        assert_eq!((done.order, done.replayed), (order, false));
        assert_eq!(balance(&memory, ADA), left);
    }
}

#[test]
fn rule_11_an_order_that_is_given_up_frees_its_name() {
    let memory = shop();
    let open = put_down(&memory, "1", "12");
    assert!(!back(&memory, "1", Some("2"), "r-1", 3));
    let owner = Actor::owner(MERCHANT);
    crate::delete::delete(&mut own(&memory), &owner, open, at(4)).unwrap();
    let done = recorded(&memory, &sale(Some("1"), "12", Some(ADA)), 5);
    assert_ne!(done.order, open);
    assert_eq!((done.replayed, codes(&done)), (false, vec![]));
    assert_eq!(order(&memory, done.order).refunded.minor(), 200, "it waited");
    assert_eq!(balance(&memory, ADA), 10 + 5);
}

#[test]
fn rule_11_a_refund_of_an_open_order_waits_until_it_is_completed() {
    let memory = shop();
    assert!(!back(&memory, "1", Some("2"), "r-1", 1), "before it was put down");
    let open = put_down(&memory, "1", "12");
    assert!(!back(&memory, "1", Some("3"), "r-2", 3), "while it is open");
    check_out(&memory, open, 4);
    assert_eq!(order(&memory, open).refunded.minor(), 500);
    assert_eq!(balance(&memory, ADA), 7 + 5);
    assert!(back(&memory, "1", Some("3"), "r-2", 5), "it counted once");
    assert_eq!(order(&memory, open).refunded.minor(), 500);
}

#[test]
fn rule_11_an_open_order_that_is_renamed_leaves_a_refund_to_wait_and_keeps_its_origin() {
    let memory = shop();
    let open = put_down(&memory, "1", "12");
    assert!(!back(&memory, "1", Some("3"), "r-1", 3));
    let mut tx = own(&memory);
    let app = Origin::App(7.into());
    let link = tx.names_of_order(MERCHANT, open).unwrap().pop().unwrap();
    let other = crate::SaleKey { source_id: "app".to_owned(), ..link.key.clone() };
    let other = OrderLink::new((MERCHANT, app), other, Some(open), at(3));
    tx.insert_order_links(&[other]).unwrap();
    let patch = |id: &str| OrderPatch {
        entity_source_id: Change::Set(id.to_owned()),
        ..OrderPatch::default()
    };
    let owner = Actor::owner(MERCHANT);
    let names = |tx: &mut MemoryStore| {
        let names = tx.names_of_order(MERCHANT, open).unwrap().into_iter();
        let mut names: Vec<_> = names.map(|one| (one.origin, one.key.source_id)).collect();
        names.sort();
        names
    };
    let people = Origin::People;
    orders::update(&mut tx, &owner, open, &patch("2"), at(4)).unwrap();
    assert_eq!(names(&mut tx), [(people, "2".to_owned()), (app, "app".to_owned())]);
    orders::update(&mut tx, &owner, open, &patch("app"), at(5)).unwrap();
    orders::update(&mut tx, &owner, open, &patch("3"), at(6)).unwrap();
    assert!(names(&mut tx).iter().all(|(_, id)| id == "3"), "{:?}", names(&mut tx));
    check_out(&memory, open, 7);
    assert_eq!(order(&memory, open).refunded.minor(), 0, "of another sale");
}
