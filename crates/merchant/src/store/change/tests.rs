use chrono_tz::Tz;
use regulars_kernel::{Classify, ErrorKind, Permissions, PersonId, Scope, StoreAccess};

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

fn named(name: &str) -> StorePatch {
    StorePatch { name: set(name), ..StorePatch::default() }
}

fn staff(permission: Permission, stores: StoreAccess) -> Actor {
    Actor::staff(
        MERCHANT,
        PersonId::new(63),
        [permission].into_iter().collect::<Permissions>(),
        stores,
    )
}

fn made(memory: &Memory, patch: &StorePatch) -> Store {
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let id = create(&mut tx, &Actor::owner(MERCHANT), patch, at(1)).unwrap();
    tx.find_store(MERCHANT, id).unwrap().unwrap()
}

fn faults(patch: &StorePatch) -> Vec<&'static str> {
    let mut tx = Memory::new().scoped(Scope::Merchant(MERCHANT));
    match create(&mut tx, &Actor::owner(MERCHANT), patch, at(1)).unwrap_err() {
        MerchantError::Invalid(wrong) => wrong.iter().filter_map(|one| one.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_store_is_put_down_with_what_is_said_of_it_and_the_rest_as_usual() {
    let memory = Memory::new();
    let plain = made(&memory, &named(" Mitte "));
    assert_eq!(plain, Store { id: plain.id, ..Store::new(plain.id, MERCHANT, "Mitte", at(1)) });
    let patch = StorePatch {
        location: set("52.52,13.40"),
        phone_number: set("0800 / 123-45"),
        country: Change::Set(Country::parse("de").unwrap()),
        city: set("Berlin"),
        zip_code: set("10178"),
        tax_rate: Change::Set(190_000),
        time_zone: set("Europe/Lisbon"),
        day_starts_at: Change::Set(NaiveTime::from_hms_opt(4, 30, 0).unwrap()),
        late_hours: Change::Set(0),
        till_redemption: Change::Set(TillRedemption::LoyaltyId),
        is_active: Change::Set(false),
        extra_info: set("{\"till\": 1.50}"),
        ..named("Tor")
    };
    let full = made(&memory, &patch);
    assert_eq!(full.country.as_deref(), Some("DE"));
    assert_eq!((full.tax_rate, full.time_zone), (Some(190_000), Some(Tz::Europe__Lisbon)));
    assert_eq!((full.late_hours, full.is_active), (0, false));
    assert_eq!(full.till_redemption, Some(TillRedemption::LoyaltyId));
    assert_eq!(full.extra_info.as_deref(), Some("{\"till\": 1.50}"));
    assert_eq!(full.phone_number.as_deref(), Some("0800 / 123-45"));
}

#[test]
fn every_fault_is_named_at_once() {
    assert_eq!(faults(&StorePatch::default()), ["name"]);
    assert_eq!(faults(&named("  ")), ["name"]);
    let wrong = StorePatch {
        name: Change::Clear,
        location: set(&"x".repeat(MAX_NAME_CHARS + 1)),
        phone_number: set("call me"),
        state: set("a\nb"),
        city: set("a\0b"),
        street: set(&"x".repeat(MAX_NAME_CHARS + 1)),
        zip_code: set(&"1".repeat(MAX_ZIP_CODE_CHARS + 1)),
        tax_rate: Change::Set(MAX_TAX_RATE + 1),
        time_zone: set("Mars/Olympus"),
        late_hours: Change::Set(-1),
        extra_info: set("[1]"),
        ..StorePatch::default()
    };
    let named = [
        "name",
        "location",
        "state",
        "city",
        "street",
        "zipCode",
        "phoneNumber",
        "taxRate",
        "timeZone",
        "lateHours",
        "extraInfo",
    ];
    assert_eq!(faults(&wrong), named);
}

#[test]
fn absent_keeps_null_goes_back_to_what_is_usual_and_nothing_new_moves_nothing() {
    let memory = Memory::new();
    let patch = StorePatch {
        city: set("Bonn"),
        late_hours: Change::Set(5),
        till_redemption: Change::Set(TillRedemption::Code),
        is_active: Change::Set(false),
        time_zone: set("Europe/Lisbon"),
        ..named("Mitte")
    };
    let store = made(&memory, &patch);
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let owner = Actor::owner(MERCHANT);
    update(&mut tx, &owner, store.id, &patch, at(9)).unwrap();
    assert_eq!(tx.find_store(MERCHANT, store.id).unwrap().unwrap(), store);
    let cleared = StorePatch {
        city: Change::Clear,
        late_hours: Change::Clear,
        till_redemption: Change::Clear,
        is_active: Change::Clear,
        time_zone: set(" "),
        ..StorePatch::default()
    };
    update(&mut tx, &owner, store.id, &cleared, at(9)).unwrap();
    let after = tx.find_store(MERCHANT, store.id).unwrap().unwrap();
    let usual = Store { updated_at: at(9), ..Store::new(store.id, MERCHANT, "Mitte", at(1)) };
    assert_eq!(after, usual);
    for _twice in 0..2 {
        archive(&mut tx, &owner, store.id, at(11)).unwrap();
    }
    let gone = tx.find_store(MERCHANT, store.id).unwrap().unwrap();
    assert_eq!((gone.archived, gone.updated_at), (true, at(11)));
    let back = StorePatch { archived: Change::Clear, ..StorePatch::default() };
    update(&mut tx, &owner, store.id, &back, at(12)).unwrap();
    assert!(!tx.find_store(MERCHANT, store.id).unwrap().unwrap().archived);
}

#[test]
fn who_may_where() {
    let memory = Memory::new();
    let (here, there) = (made(&memory, &named("here")), made(&memory, &named("there")));
    let local = staff(Permission::ChangeStore, StoreAccess::Only(vec![here.id]));
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    update(&mut tx, &local, here.id, &named("still here"), at(2)).unwrap();
    let kind = |result: Result<StoreId, MerchantError>| result.unwrap_err().kind();
    let patch = named("mine");
    let absent = ErrorKind::DoesNotExist;
    assert_eq!(kind(update(&mut tx, &local, there.id, &patch, at(2))), absent);
    assert_eq!(kind(archive(&mut tx, &local, there.id, at(2))), absent);
    assert_eq!(kind(create(&mut tx, &local, &patch, at(2))), ErrorKind::PermissionDenied);
    let all = StoreAccess::All;
    for actor in [
        staff(Permission::ViewOrder, all),
        Actor::Anonymous,
        Actor::Consumer { person: PersonId::new(1) },
    ] {
        assert_eq!(kind(create(&mut tx, &actor, &patch, at(2))), ErrorKind::PermissionDenied);
        assert_eq!(
            kind(update(&mut tx, &actor, here.id, &patch, at(2))),
            ErrorKind::PermissionDenied
        );
    }
    let mut theirs = memory.scoped(Scope::Merchant(OTHER));
    assert_eq!(kind(update(&mut theirs, &Actor::owner(OTHER), here.id, &patch, at(2))), absent);
}
