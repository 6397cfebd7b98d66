use regulars_kernel::{Classify, ErrorKind, MerchantId, PersonId, Scope, StoreId};

use super::*;
use crate::{
    memory::{Memory, MemoryStore},
    suite::{Fixture as _, world, world::at},
};

const MERCHANT: MerchantId = MerchantId::new(61);
/// Open, in store 101, with two lines of nothing.
const OPEN: OrderId = OrderId::new(503);
/// One costs 2.50.
const WARE: ProductId = ProductId::new(401);

fn store() -> MemoryStore {
    let mut memory = Memory::new();
    let mut world = world();
    world.items.retain(|item| item.order != OPEN);
    memory.load(&world);
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn owner() -> Actor {
    Actor::owner(MERCHANT)
}

fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

fn amount(decimal: &str) -> Change<Amount> {
    Change::Set(Amount { decimal: decimal.to_owned(), currency: None })
}

fn ware(quantity: i32) -> ItemPatch {
    ItemPatch {
        product: Change::Set(WARE),
        quantity: Change::Set(quantity),
        ..ItemPatch::default()
    }
}

fn named(name: &str, price: &str) -> ItemPatch {
    ItemPatch {
        name: Change::Set(name.to_owned()),
        unit_price: amount(price),
        ..ItemPatch::default()
    }
}

fn with(mut patch: ItemPatch, modifiers: &[(&str, Option<&str>)]) -> ItemPatch {
    let modifier = |(name, price): &(&str, Option<&str>)| NewModifier {
        name: (*name).to_owned(),
        price: price.map(|price| Amount { decimal: price.to_owned(), currency: None }),
    };
    patch.modifiers = Change::Set(modifiers.iter().map(modifier).collect());
    patch
}

fn added(tx: &mut MemoryStore, patch: &ItemPatch) -> OrderItem {
    let written = create(tx, &owner(), OPEN, patch, at(30)).unwrap();
    line(tx, written.item)
}

fn line(tx: &mut MemoryStore, id: OrderItemId) -> OrderItem {
    tx.order_items(&[id], &StoreAccess::All).unwrap().pop().unwrap()
}

fn order(tx: &mut MemoryStore) -> Order {
    tx.find_order(MERCHANT, OPEN).unwrap().unwrap()
}

fn faults<T: std::fmt::Debug>(answer: Result<T, OrderError>) -> Vec<&'static str> {
    match answer.unwrap_err() {
        OrderError::Invalid(wrong) => wrong.iter().map(|one| one.field.unwrap_or("")).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn lines_have_their_price_from_the_product_or_say_it_and_the_total_follows() {
    let mut tx = store();
    let coffee = added(&mut tx, &ware(3));
    assert_eq!((coffee.name.as_str(), coffee.unit_price), ("Ware 401", Some(euros(250))));
    assert_eq!((coffee.cost, coffee.quantity, coffee.product), (euros(750), 3, Some(WARE)));
    let extra = with(
        named("Cake", "3.00"),
        &[("cream", Some("0.40")), ("no nuts", None), ("small", Some("-0.90"))],
    );
    let cake = added(&mut tx, &ItemPatch { quantity: Change::Set(2), ..extra });
    assert_eq!((cake.cost, cake.product), (euros(500), None));
    let prices: Vec<_> = cake.modifiers.iter().map(|one| one.price.minor()).collect();
    assert_eq!(prices, [40, 0, -90]);
    let beans =
        ItemPatch { unit_price: Change::Keep, cost: amount("7.13"), ..named("Beans, 313 g", "0") };
    let beans = added(&mut tx, &beans);
    assert_eq!((beans.cost, beans.unit_price), (euros(713), None));
    let cheaper = added(&mut tx, &ItemPatch { unit_price: amount("2.00"), ..ware(1) });
    assert_eq!((cheaper.cost, cheaper.name.as_str()), (euros(200), "Ware 401"));
    let after = order(&mut tx);
    assert_eq!((after.total, after.updated_at), (euros(750 + 500 + 713 + 200), at(30)));

    // One more coffee; the cake gets dearer; the beans were weighed anew.
    let more = ItemPatch { quantity: Change::Set(4), ..ItemPatch::default() };
    update(&mut tx, &owner(), coffee.id, &more, at(40)).unwrap();
    update(
        &mut tx,
        &owner(),
        cake.id,
        &ItemPatch { unit_price: amount("4"), ..ItemPatch::default() },
        at(40),
    )
    .unwrap();
    let weighed = ItemPatch { cost: amount("8"), quantity: Change::Set(2), ..ItemPatch::default() };
    update(&mut tx, &owner(), beans.id, &weighed, at(40)).unwrap();
    delete(&mut tx, &owner(), cheaper.id, at(40)).unwrap();
    let costs = [coffee.id, cake.id, beans.id].map(|id| line(&mut tx, id).cost.minor());
    assert_eq!(costs, [1_000, 700, 800]);
    assert_eq!(order(&mut tx).total, euros(2_500));
    let gone = delete(&mut tx, &owner(), cheaper.id, at(40)).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::DoesNotExist);

    // Back to what the product says; nothing that changes nothing leaves a trace.
    let plain = ItemPatch { unit_price: Change::Clear, name: Change::Clear, ..ware(1) };
    update(&mut tx, &owner(), cake.id, &with(plain.clone(), &[]), at(50)).unwrap();
    let same = line(&mut tx, cake.id);
    assert_eq!((same.name.as_str(), same.cost, same.updated_at), ("Ware 401", euros(250), at(50)));
    let back = ItemPatch { product: Change::Keep, ..with(plain, &[]) };
    update(&mut tx, &owner(), cake.id, &back, at(60)).unwrap();
    assert_eq!((line(&mut tx, cake.id), order(&mut tx).updated_at), (same, at(50)));
    // Out of the catalogue it keeps what it was called and what it costs.
    let apart = ItemPatch { product: Change::Clear, ..ItemPatch::default() };
    update(&mut tx, &owner(), cake.id, &apart, at(70)).unwrap();
    let apart = line(&mut tx, cake.id);
    assert_eq!((apart.product, apart.cost, apart.name.as_str()), (None, euros(250), "Ware 401"));
}

#[test]
fn what_a_line_needs_is_told() {
    let mut tx = store();
    let nameless = ItemPatch { name: Change::Keep, ..named("", "1") };
    let foreign = Amount { decimal: "1".to_owned(), currency: Some("USD".to_owned()) };
    let many = vec![("x", None); MAX_MODIFIERS + 1];
    for (patch, expected) in [
        (ItemPatch::default(), &["name", "unitPrice"][..]),
        (nameless, &["name"]),
        (ItemPatch { cost: amount("1"), ..named("a", "1") }, &["cost"]),
        (named("a", "-0.01"), &["unitPrice"]),
        (named(&"a".repeat(MAX_NAME_CHARS + 1), "1.005"), &["name", "unitPrice"]),
        (ItemPatch { quantity: Change::Set(0), ..named("a", "1") }, &["quantity"]),
        (ItemPatch { quantity: Change::Set(MAX_QUANTITY + 1), ..ware(1) }, &["quantity"]),
        (ItemPatch { unit_price: Change::Set(foreign), ..ware(1) }, &["costCurrency"]),
        (with(named("a", "1"), &[("less", Some("-1.01"))]), &["unitPrice"]),
        (with(named("a", "1"), &[("", None), ("b", Some("x"))]), &["modifiers", "modifiers"]),
        (with(named("a", "1"), &many), &["modifiers"]),
        (
            ItemPatch { product: Change::Set(ProductId::new(402)), ..named("a", "1") },
            &["productId", "productId"],
        ),
        (
            ItemPatch { quantity: Change::Set(MAX_QUANTITY), ..named("a", "10000.01") },
            &["unitPrice"],
        ),
        (ItemPatch { extra_info: Change::Set("7".to_owned()), ..ware(1) }, &["extraInfo"]),
    ] {
        assert_eq!(faults(create(&mut tx, &owner(), OPEN, &patch, at(1))), expected, "{patch:?}");
    }
    let other = ItemPatch { product: Change::Set(ProductId::new(403)), ..ware(1) };
    let refused = create(&mut tx, &owner(), OPEN, &other, at(1)).unwrap_err();
    assert_eq!((refused.kind(), refused.argument()), (ErrorKind::DoesNotExist, Some("productId")));
    let weighed = ItemPatch { unit_price: Change::Keep, cost: amount("2"), ..named("a", "0") };
    let weighed = added(&mut tx, &weighed);
    let more = ItemPatch { quantity: Change::Set(2), ..ItemPatch::default() };
    assert_eq!(faults(update(&mut tx, &owner(), weighed.id, &more, at(1))), ["cost"]);
    assert_eq!(order(&mut tx).total, euros(200), "what was refused came to nothing");
}

#[test]
fn an_order_has_so_many_lines_and_no_more() {
    let mut tx = store();
    for _ in 0..MAX_LINES {
        added(&mut tx, &named("a", "0.01"));
    }
    assert_eq!(faults(create(&mut tx, &owner(), OPEN, &ware(1), at(1))), ["orderId"]);
    assert_eq!(order(&mut tx).total, euros(MAX_LINES));
}

#[test]
fn rule_25_lines_of_completed_orders_stay() {
    let mut tx = store();
    for (id, item) in [(501, 600), (506, 608)] {
        let lines = tx.items_per_order(&[OrderId::new(id)], &StoreAccess::All).unwrap();
        let item = lines.first().map_or(OrderItemId::new(item), |(_, lines)| lines[0].id);
        let refused = [
            create(&mut tx, &owner(), OrderId::new(id), &ware(1), at(1)),
            update(&mut tx, &owner(), item, &ware(1), at(1)),
            delete(&mut tx, &owner(), item, at(1)),
        ];
        for (refused, argument) in refused.into_iter().zip(["orderId", "id", "id"]) {
            assert_eq!(faults(refused), [argument], "{id}");
        }
    }
}

#[test]
fn who_may_and_where() {
    let mut tx = store();
    let item = added(&mut tx, &ware(1)).id;
    let stores = |id| StoreAccess::Only(vec![StoreId::new(id)]);
    let inside = Actor::cashier(MERCHANT, PersonId::new(63), stores(101));
    create(&mut tx, &inside, OPEN, &ware(1), at(1)).unwrap();
    let elsewhere = Actor::cashier(MERCHANT, PersonId::new(63), stores(100));
    for (actor, order, kind) in [
        (elsewhere, OPEN, ErrorKind::DoesNotExist),
        (owner(), OrderId::new(510), ErrorKind::DoesNotExist),
        (Actor::Consumer { person: PersonId::new(71) }, OPEN, ErrorKind::PermissionDenied),
        (Actor::Anonymous, OPEN, ErrorKind::PermissionDenied),
    ] {
        let refused = create(&mut tx, &actor, order, &ware(1), at(1)).unwrap_err();
        assert_eq!(refused.kind(), kind, "{actor:?}");
        if order == OPEN {
            for refused in [
                update(&mut tx, &actor, item, &ware(1), at(1)),
                delete(&mut tx, &actor, item, at(1)),
            ] {
                assert_eq!(refused.unwrap_err().kind(), kind, "{actor:?}");
            }
        }
    }
}
