//! Orders and their lines are written within the merchant's own reach, and nowhere else.

use regulars_kernel::{
    Money, OrderDiscountId, OrderId, OrderItemId, OrderRefundId, OrderTipId, PersonId, Points,
    ProductId, Scope, StoreAccess, StoreError, StoreId,
};
use regulars_merchant::EntitySource;

use super::{Fixture, World, world};
use crate::{
    Bill, DiscountKind, DiscountShare, Modifier, NotTaken, Order, OrderDiscount, OrderItem,
    OrderRefund, OrderState, OrderStore, OrderTip, OrderType, PaymentType, RefundShare,
};

pub(super) fn run(fixture: &mut impl Fixture, world: &World) {
    let (own, other) =
        (world.places.merchants.first().unwrap(), world.places.merchants.last().unwrap());
    let (own, other) = (own.id, other.id);
    let of =
        |id: i64| world.orders.iter().find(|order| order.id == OrderId::new(id)).unwrap().clone();
    // One with everything, one with nothing.
    let (full, bare, theirs) = (of(502), of(503), of(509));
    let their_item = world.items.iter().find(|item| item.merchant == other).unwrap().clone();
    let work = move |store: &mut dyn OrderStore| {
        let made = orders(store, &full, &bare);
        lines(store, &made);
        tips(store, &made);
        discounts_and_refunds(store, &made);
        refusals(store, &made, &theirs, &their_item);
    };
    fixture.write(Scope::Merchant(own), work);
    let bare = of(503);
    fixture.write(Scope::Person(world::ADA), move |store| {
        refused(&store.find_order(own, bare.id).map(drop));
        refused(&store.insert_order(&bare).map(drop));
        refused(&store.update_order(&bare));
        refused(&store.bill(own, bare.id).map(drop));
    });
}

fn orders(store: &mut dyn OrderStore, full: &Order, bare: &Order) -> Order {
    let prefix = "100261126";
    let source = || (Some(EntitySource::Pos), Some("suite-1".to_owned()));
    let new = |order: &Order| Order { number: prefix.to_owned(), ..order.clone() };
    let (entity_source, entity_source_id) = source();
    let mut made = Order { entity_source, entity_source_id, ..new(full) };
    made.id = store.insert_order(&made).unwrap();
    made.number = format!("{prefix}{}", made.id);
    assert_eq!(store.find_order(made.merchant, made.id).unwrap(), Some(made.clone()));
    let second = store.insert_order(&new(bare)).unwrap();
    assert!(second > made.id);
    let second = store.find_order(made.merchant, second).unwrap().unwrap();
    assert_eq!(
        second,
        Order { id: second.id, number: format!("{prefix}{}", second.id), ..bare.clone() }
    );
    // Everything that can change changes, there and back.
    for model in [bare, full] {
        let (number, created_at) = (made.number.clone(), made.created_at);
        made = Order { id: made.id, number, created_at, ..model.clone() };
        made.entity_source_id = model.entity_source_id.as_ref().map(|_| "suite-1".to_owned());
        store.update_order(&Order { number: "another".to_owned(), ..made.clone() }).unwrap();
        assert_eq!(store.find_order(made.merchant, made.id).unwrap(), Some(made.clone()));
    }
    let gone = Order {
        state: OrderState::Voided,
        order_type: OrderType::TO_GO.0,
        payment_type: Some(PaymentType::Paypal),
        deleted_at: Some(made.updated_at),
        store: StoreId::new(101),
        consumer: Some(PersonId::new(74)),
        ..made
    };
    store.update_order(&gone).unwrap();
    assert_eq!(store.orders(&[gone.id], &StoreAccess::All).unwrap(), std::slice::from_ref(&gone));
    gone
}

fn lines(store: &mut dyn OrderStore, order: &Order) {
    let merchant = order.merchant;
    assert_eq!(store.bill(merchant, order.id).unwrap(), Bill::default());
    let money = |minor| Money::new(minor, order.total.currency());
    let plain = OrderItem::new(OrderItemId::new(0), order, "Tee", 1, money(200));
    let modifier = |name: &str, minor| Modifier { name: name.to_owned(), price: money(minor) };
    let mut line = OrderItem {
        product: Some(ProductId::new(401)),
        unit_price: Some(money(250)),
        modifiers: vec![modifier("Häfer\"milch", 50), modifier("klein", -10)],
        quantity: 3,
        num_of_discounted_units: 1,
        cost: money(870),
        is_completed: false,
        entity_source: Some(EntitySource::Shopify),
        entity_source_id: Some("line-1".to_owned()),
        extra_info: Some("{}".to_owned()),
        ..plain.clone()
    };
    line.id = store.insert_order_item(&line).unwrap();
    let tea = store.insert_order_item(&plain).unwrap();
    let found = |store: &mut dyn OrderStore| {
        let mut found = store.items_per_order(&[order.id], &StoreAccess::All).unwrap();
        found.pop().map(|(_, lines)| lines).unwrap_or_default()
    };
    let tea = OrderItem { id: tea, ..plain };
    assert_eq!(found(store), [line.clone(), tea.clone()]);
    let sums = Bill { lines: 2, cost: 1_070, ..Bill::default() };
    assert_eq!(store.bill(merchant, order.id).unwrap(), sums);
    let of_line = store.find_order_of_item(merchant, line.id).unwrap();
    assert_eq!(of_line.as_ref(), Some(order));
    // The line as the other was, and back.
    let other = OrderItem { id: line.id, updated_at: world::at(99), ..tea.clone() };
    for changed in [other, line.clone()] {
        store.update_order_item(&changed).unwrap();
        assert_eq!(store.order_items(&[line.id], &StoreAccess::All).unwrap(), [changed]);
    }
    store.complete_order_items(merchant, order.id, world::at(50)).unwrap();
    let done = |item: &OrderItem| {
        if item.is_completed {
            item.clone()
        } else {
            OrderItem { is_completed: true, updated_at: world::at(50), ..item.clone() }
        }
    };
    let tea = done(&tea);
    assert_eq!(found(store), [done(&line), tea.clone()]);
    store.delete_order_item(merchant, line.id).unwrap();
    assert_eq!(found(store), [tea]);
    assert_eq!(store.find_order_of_item(merchant, line.id).unwrap(), None);
    refused(&store.delete_order_item(merchant, line.id));
    refused(&store.update_order_item(&line));
}

fn tips(store: &mut dyn OrderStore, order: &Order) {
    let before = store.bill(order.merchant, order.id).unwrap();
    let mut tips: Vec<_> = [150, 25].map(|minor| tip(order, minor)).into();
    for tip in &mut tips {
        tip.id = store.insert_order_tip(tip).unwrap();
    }
    let all = StoreAccess::All;
    let found = store.tips_per_order(&[order.id, OrderId::new(999_999)], &all).unwrap();
    assert_eq!(found, [(order.id, tips.clone())]);
    let [first, second] = tips.as_slice() else { panic!("two") };
    assert_eq!(
        store.order_tips(&[second.id, second.id], &all).unwrap(),
        std::slice::from_ref(second)
    );
    let elsewhere = StoreAccess::Only(vec![StoreId::new(100)]);
    assert_eq!(store.order_tips(&[first.id], &elsewhere).unwrap(), []);
    assert_eq!(store.tips_per_order(&[order.id], &elsewhere).unwrap(), []);
    let sums = Bill { tips: 2, tipped: 175, ..before };
    assert_eq!(store.bill(order.merchant, order.id).unwrap(), sums);
}

fn discounts_and_refunds(store: &mut dyn OrderStore, order: &Order) {
    let before = store.bill(order.merchant, order.id).unwrap();
    let all = StoreAccess::All;
    let lines = store.items_per_order(&[order.id], &all).unwrap().pop().unwrap().1;
    let item = lines.first().unwrap().id;
    let bare = discount(order, None);
    let full = OrderDiscount {
        kind: DiscountKind::Points,
        points: Points::new(70),
        unbacked: true,
        ..discount(order, Some(item))
    };
    let mut discounts = vec![bare, full];
    for one in &mut discounts {
        one.id = store.insert_order_discount(one).unwrap();
    }
    assert_eq!(
        store.discounts_per_order(&[order.id], &all).unwrap(),
        [(order.id, discounts.clone())]
    );
    let last = discounts.last().unwrap();
    assert_eq!(
        store.order_discounts(&[last.id, last.id], &all).unwrap(),
        std::slice::from_ref(last)
    );
    let sums = Bill { discounts: 2, discounted: 14, ..before };
    assert_eq!(store.bill(order.merchant, order.id).unwrap(), sums);

    taken_off(store, order, &discounts, before);
    let whole = refund(order, None);
    let of_line = OrderRefund {
        item: Some(item),
        is_cash: true,
        reason: Some("kalt".to_owned()),
        points: Points::new(7),
        ..refund(order, Some(item))
    };
    let mut refunds = vec![whole, of_line];
    for one in &mut refunds {
        one.id = store.insert_order_refund(one).unwrap();
    }
    assert_eq!(store.refunds_per_order(&[order.id], &all).unwrap(), [(order.id, refunds.clone())]);
    let last = refunds.last().unwrap();
    assert_eq!(store.order_refunds(&[last.id], &all).unwrap(), std::slice::from_ref(last));
    let elsewhere = StoreAccess::Only(vec![StoreId::new(100)]);
    assert_eq!(store.refunds_per_order(&[order.id], &elsewhere).unwrap(), []);
    assert_eq!(store.discounts_per_order(&[order.id], &elsewhere).unwrap(), []);
    assert_eq!(store.order_refunds(&[last.id], &elsewhere).unwrap(), []);
}

/// Discounts are written anew, counted on their lines, and taken off.
fn taken_off(store: &mut dyn OrderStore, order: &Order, discounts: &[OrderDiscount], before: Bill) {
    let all = StoreAccess::All;
    let units = |store: &mut dyn OrderStore| -> Vec<i32> {
        store.count_discounted_units(order.merchant, order.id).unwrap();
        let lines = store.items_per_order(&[order.id], &all).unwrap().pop().unwrap().1;
        lines.iter().map(|line| line.num_of_discounted_units).collect()
    };
    let lines = store.items_per_order(&[order.id], &all).unwrap().pop().unwrap().1;
    let touched = |share: i32| -> Vec<i32> {
        let of = |(place, line): (usize, &OrderItem)| {
            if place == 0 { share.min(line.quantity) } else { 0 }
        };
        lines.iter().enumerate().map(of).collect()
    };
    assert_eq!(units(store), touched(2));
    let kept = discounts.last().unwrap();
    let why = NotTaken { code: "does_not_stack".to_owned(), sentence: "„Nein“".to_owned() };
    let skipped = OrderDiscount {
        amount: Money::zero(kept.amount.currency()),
        points: Points::ZERO,
        reason: Some(why),
        shares: Vec::new(),
        ..kept.clone()
    };
    store.update_order_discount(&skipped).unwrap();
    assert_eq!(store.order_discounts(&[kept.id], &all).unwrap(), [skipped]);
    assert_eq!(units(store), touched(0));
    store.update_order_discount(kept).unwrap();
    assert_eq!(store.order_discounts(&[kept.id], &all).unwrap(), std::slice::from_ref(kept));
    let named = store.find_order_of_discount(order.merchant, kept.id).unwrap();
    assert_eq!(named.map(|found| found.id), Some(order.id));
    let gone = OrderDiscountId::new(999_999);
    assert_eq!(store.find_order_of_discount(order.merchant, gone).unwrap(), None);
    assert!(store.update_order_discount(&OrderDiscount { id: gone, ..kept.clone() }).is_err());
    assert!(store.delete_order_discount(order.merchant, gone).is_err());
    let spare = store.insert_order_discount(kept).unwrap();
    store.delete_order_discount(order.merchant, spare).unwrap();
    assert_eq!(store.order_discounts(&[spare], &all).unwrap(), []);
    let sums = Bill { discounts: 2, discounted: 14, ..before };
    assert_eq!(store.bill(order.merchant, order.id).unwrap(), sums);
}

pub(super) fn discount(order: &Order, item: Option<OrderItemId>) -> OrderDiscount {
    let amount = Money::new(7, order.total.currency());
    let share = |item| DiscountShare { item, amount, points: Points::new(70), units: 2 };
    OrderDiscount {
        id: OrderDiscountId::new(0),
        merchant: order.merchant,
        order: order.id,
        kind: DiscountKind::Offer,
        name: "Zwei für „eins“".to_owned(),
        redemption: None,
        intent: None,
        offer: None,
        amount,
        points: Points::ZERO,
        unbacked: false,
        reason: None,
        shares: item.map(share).into_iter().collect(),
        created_at: world::at(41),
    }
}

pub(super) fn refund(order: &Order, item: Option<OrderItemId>) -> OrderRefund {
    let money = |minor| Money::new(minor, order.total.currency());
    let share = |item| RefundShare {
        item,
        quantity: 1,
        money: money(20),
        points_value: money(3),
        points: Points::new(7),
    };
    OrderRefund {
        id: OrderRefundId::new(0),
        merchant: order.merchant,
        order: order.id,
        item: None,
        whole: false,
        is_cash: false,
        reason: None,
        amount: money(25),
        tips: money(5),
        points_value: money(3),
        points: Points::ZERO,
        shares: item.map(share).into_iter().collect(),
        created_at: world::at(42),
    }
}

pub(super) fn tip(order: &Order, minor: i64) -> OrderTip {
    OrderTip {
        id: OrderTipId::new(0),
        merchant: order.merchant,
        order: order.id,
        amount: Money::new(minor, order.total.currency()),
        created_at: world::at(40),
    }
}

fn refusals(store: &mut dyn OrderStore, made: &Order, theirs: &Order, their_item: &OrderItem) {
    let (own, other) = (made.merchant, theirs.merchant);
    assert_eq!(store.find_order(own, theirs.id).unwrap(), None);
    assert_eq!(store.find_order_of_item(own, their_item.id).unwrap(), None);
    refused(&store.find_order(other, theirs.id).map(drop));
    refused(&store.find_order_of_item(other, their_item.id).map(drop));
    refused(&store.insert_order(theirs).map(drop));
    refused(&store.update_order(theirs));
    refused(&store.update_order(&Order { id: OrderId::new(999_999), ..made.clone() }));
    refused(&store.bill(other, theirs.id).map(drop));
    refused(&store.insert_order_item(their_item).map(drop));
    refused(&store.update_order_item(their_item));
    refused(&store.update_order_item(&OrderItem { merchant: own, ..their_item.clone() }));
    refused(&store.insert_order_tip(&tip(theirs, 1)).map(drop));
    refused(&store.insert_order_discount(&discount(theirs, None)).map(drop));
    refused(&store.insert_order_refund(&refund(theirs, None)).map(drop));
    refused(&store.complete_order_items(other, theirs.id, world::at(1)));
    refused(&store.delete_order_item(other, their_item.id));
    refused(&store.delete_order_item(own, their_item.id));
}

fn refused(result: &Result<(), StoreError>) {
    assert!(matches!(result, Err(StoreError::OutOfScope(_))), "{result:?}");
}
