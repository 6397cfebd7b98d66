use chrono_tz::Tz;
use regulars_kernel::{
    Classify, Currency, ErrorKind, MerchantId, Permissions, PersonId, Scope, StoreAccess, StoreId,
};

use super::*;
use crate::memory::Memory;

const MERCHANT: MerchantId = MerchantId::new(61);
const OTHER: MerchantId = MerchantId::new(62);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn set(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

fn named(name: &str, price: &str) -> ProductPatch {
    ProductPatch { name: set(name), price: set(price), ..ProductPatch::default() }
}

fn from(source: EntitySource, id: &str) -> ProductPatch {
    ProductPatch {
        entity_source: Change::Set(source),
        entity_source_id: set(id),
        ..named("Tea", "1")
    }
}

/// A merchant that sells for euros, and one that sells for yen.
fn memory() -> Memory {
    let memory = Memory::new();
    for (id, currency) in [(MERCHANT, Currency::EUR), (OTHER, Currency::JPY)] {
        memory.put_merchant(Merchant::new(id, "Tea", Tz::Europe__Berlin, currency, at(0)));
    }
    memory
}

fn made(memory: &Memory, patch: &ProductPatch) -> Product {
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let id = create(&mut tx, &Actor::owner(MERCHANT), patch, at(1)).unwrap();
    tx.find_product(MERCHANT, id).unwrap().unwrap()
}

fn changed(memory: &Memory, id: ProductId, patch: &ProductPatch) -> Result<Product, MerchantError> {
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let id = update(&mut tx, &Actor::owner(MERCHANT), id, patch, at(9))?;
    Ok(tx.find_product(MERCHANT, id).unwrap().unwrap())
}

fn faults(refusal: MerchantError) -> Vec<&'static str> {
    match refusal {
        MerchantError::Invalid(wrong) => wrong.iter().filter_map(|one| one.field).collect(),
        other => panic!("{other:?}"),
    }
}

fn refused(patch: &ProductPatch) -> Vec<&'static str> {
    let mut tx = memory().scoped(Scope::Merchant(MERCHANT));
    faults(create(&mut tx, &Actor::owner(MERCHANT), patch, at(1)).unwrap_err())
}

#[test]
fn a_product_is_put_down_in_the_merchants_currency_unless_another_is_named() {
    let memory = memory();
    let plain = made(&memory, &named(" Tea ", "2.5"));
    assert_eq!((plain.name.as_str(), plain.price), ("Tea", Money::new(250, Currency::EUR)));
    assert_eq!((plain.entity_source, plain.archived, plain.created_at), (None, false, at(1)));
    let patch = ProductPatch {
        price_currency: set("kwd"),
        category: set(" Leaves "),
        extra_info: set("{\"shelf\": 1.50}"),
        ..from(EntitySource::Shopify, "gid://1")
    };
    let full = made(&memory, &ProductPatch { price: set("1.234"), ..patch });
    assert_eq!(full.price, Money::new(1_234, Currency::KWD));
    assert_eq!(full.category.as_deref(), Some("Leaves"));
    assert_eq!(full.extra_info.as_deref(), Some("{\"shelf\": 1.50}"));
}

#[test]
fn every_fault_is_named_at_once() {
    assert_eq!(refused(&ProductPatch::default()), ["name", "price"]);
    assert_eq!(refused(&named(" ", "-1")), ["name", "price"]);
    assert_eq!(refused(&named("Tea", "1.234")), ["price"]);
    let wrong = ProductPatch {
        name: Change::Clear,
        price: Change::Clear,
        price_currency: set("EURO"),
        category: set("a\nb"),
        entity_source: Change::Set(EntitySource::Pos),
        entity_source_id: set("a\0b"),
        extra_info: set("[1]"),
        archived: Change::Keep,
    };
    let named_arguments =
        ["name", "priceCurrency", "price", "category", "entitySourceId", "extraInfo"];
    assert_eq!(refused(&wrong), named_arguments);
    let half = |source: Change<EntitySource>, id: Change<String>| ProductPatch {
        entity_source: source,
        entity_source_id: id,
        ..named("Tea", "1")
    };
    assert_eq!(refused(&half(Change::Set(EntitySource::Pos), Change::Keep)), ["entitySourceId"]);
    assert_eq!(refused(&half(Change::Keep, set("7"))), ["entitySource"]);
}

#[test]
fn an_id_of_another_system_names_one_product_of_a_merchant() {
    let memory = memory();
    let first = made(&memory, &from(EntitySource::Pos, "7"));
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let owner = Actor::owner(MERCHANT);
    let again = create(&mut tx, &owner, &from(EntitySource::Pos, " 7 "), at(2)).unwrap_err();
    assert_eq!(faults(again), ["entitySourceId"]);
    archive(&mut tx, &owner, first.id, at(3)).unwrap();
    let again = create(&mut tx, &owner, &from(EntitySource::Pos, "7"), at(4)).unwrap_err();
    assert_eq!(faults(again), ["entitySourceId"], "an archived one may come back");
    // Elsewhere the same number is another thing, and what keeps its own is no clash.
    made(&memory, &from(EntitySource::Square, "7"));
    let mut theirs = memory.scoped(Scope::Merchant(OTHER));
    create(&mut theirs, &Actor::owner(OTHER), &from(EntitySource::Pos, "7"), at(5)).unwrap();
    changed(&memory, first.id, &from(EntitySource::Pos, "7")).unwrap();
}

#[test]
fn an_update_is_judged_on_the_result_and_nothing_new_moves_nothing() {
    let memory = memory();
    let patch = ProductPatch { category: set("Leaves"), ..from(EntitySource::Pos, "7") };
    let tea = made(&memory, &patch);
    assert_eq!(changed(&memory, tea.id, &patch).unwrap(), tea);
    let no_source = ProductPatch { entity_source: Change::Clear, ..ProductPatch::default() };
    assert_eq!(faults(changed(&memory, tea.id, &no_source).unwrap_err()), ["entitySource"]);
    let no_id = ProductPatch { entity_source_id: Change::Clear, ..ProductPatch::default() };
    assert_eq!(faults(changed(&memory, tea.id, &no_id).unwrap_err()), ["entitySourceId"]);
    // The figure stays, and has to be one of the other currency.
    let yen = ProductPatch { price_currency: set("JPY"), ..ProductPatch::default() };
    let dear = changed(&memory, tea.id, &yen).unwrap();
    assert_eq!((dear.price, dear.updated_at), (Money::new(1, Currency::JPY), at(9)));
    let back = ProductPatch { price_currency: Change::Clear, ..named("Tea", "1.5") };
    assert_eq!(changed(&memory, tea.id, &back).unwrap().price, Money::new(150, Currency::EUR));
    assert_eq!(faults(changed(&memory, tea.id, &yen).unwrap_err()), ["price"]);
    let bare = ProductPatch {
        category: Change::Clear,
        entity_source: Change::Clear,
        entity_source_id: Change::Clear,
        ..ProductPatch::default()
    };
    let bare = changed(&memory, tea.id, &bare).unwrap();
    assert_eq!((bare.category, bare.entity_source, bare.entity_source_id), (None, None, None));
}

#[test]
fn what_is_given_up_stays_in_the_books_and_comes_back() {
    let memory = memory();
    let tea = made(&memory, &named("Tea", "1"));
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let owner = Actor::owner(MERCHANT);
    for now in [at(5), at(6)] {
        archive(&mut tx, &owner, tea.id, now).unwrap();
        let found = tx.find_product(MERCHANT, tea.id).unwrap().unwrap();
        assert_eq!((found.archived, found.updated_at), (true, at(5)), "once");
    }
    let back = ProductPatch { archived: Change::Set(false), ..ProductPatch::default() };
    assert!(!changed(&memory, tea.id, &back).unwrap().archived);
}

#[test]
fn who_may_write_products() {
    let memory = memory();
    let tea = made(&memory, &named("Tea", "1"));
    let staff = |permission, stores| {
        let permissions: Permissions = [permission].into_iter().collect();
        Actor::staff(MERCHANT, PersonId::new(63), permissions, stores)
    };
    let some = StoreAccess::Only(vec![StoreId::new(1)]);
    for (actor, kind) in [
        (staff(Permission::ChangeProduct, StoreAccess::All), None),
        (staff(Permission::ChangeProduct, some), Some(ErrorKind::PermissionDenied)),
        (staff(Permission::ChangeStore, StoreAccess::All), Some(ErrorKind::PermissionDenied)),
        (Actor::Consumer { person: PersonId::new(71) }, Some(ErrorKind::PermissionDenied)),
        (Actor::owner(OTHER), Some(ErrorKind::DoesNotExist)),
    ] {
        let scope = Scope::Merchant(actor.merchant().unwrap_or(MERCHANT));
        let mut tx = memory.scoped(scope);
        let patch = named("Tea", "2");
        let answer = update(&mut tx, &actor, tea.id, &patch, at(2)).err();
        assert_eq!(answer.map(|error| error.kind()), kind, "{actor:?}");
        let answer = archive(&mut tx, &actor, tea.id, at(2)).err();
        assert_eq!(answer.map(|error| error.kind()), kind, "{actor:?}");
        let answer = create(&mut tx, &actor, &patch, at(2)).err().map(|error| error.kind());
        let own = kind.filter(|kind| *kind != ErrorKind::DoesNotExist);
        assert_eq!(answer, own, "{actor:?}");
    }
}
