use regulars_customer::{Sharing, Standing};
use regulars_kernel::{Classify, ErrorKind, MerchantId, Permissions, Scope, StoreAccess};

use super::*;
use crate::{
    delete::delete,
    memory::{Memory, MemoryStore},
    suite::{
        Fixture as _, world,
        world::{ADA, BEN, CLEO, at, loyalty_id},
    },
};

const MERCHANT: MerchantId = MerchantId::new(61);
const OTHER: MerchantId = MerchantId::new(62);
const MITTE: StoreId = StoreId::new(100);
const NORD: StoreId = StoreId::new(101);
const GIVEN_UP: StoreId = StoreId::new(104);

fn memory() -> Memory {
    let mut memory = Memory::new();
    memory.load(&world());
    memory
}

fn owner() -> Actor {
    Actor::owner(MERCHANT)
}

fn in_store(store: StoreId) -> OrderPatch {
    OrderPatch { store: Change::Set(store), ..OrderPatch::default() }
}

fn set(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

fn own(memory: &Memory) -> MemoryStore {
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn read(tx: &mut MemoryStore, id: OrderId) -> Order {
    tx.find_order(MERCHANT, id).unwrap().unwrap()
}

fn faults<T: std::fmt::Debug>(answer: Result<T, OrderError>) -> Vec<&'static str> {
    match answer.unwrap_err() {
        OrderError::Invalid(wrong) => wrong.iter().map(|one| one.field.unwrap_or("")).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_is_put_down_with_what_is_said_of_it() {
    let memory = memory();
    let mut tx = own(&memory);
    // Half past three at night in Lisbon, where the store's day begins an hour later.
    let night = Timestamp::from_seconds(1_770_003_000);
    let plain = create(&mut tx, &owner(), &in_store(MITTE), night).unwrap();
    let order = read(&mut tx, plain);
    assert_eq!(order.number, format!("100260201{plain}"));
    assert_eq!((order.state, order.completed, order.total), (OrderState::Open, false, euros(0)));
    assert_eq!((order.consumer, order.business_date, order.created_at), (None, None, night));
    let patch = OrderPatch {
        buyer: Buyer { consumer: Change::Set(ADA), ..Buyer::default() },
        phone_number: set("0221 12345678"),
        num_of_guests: Change::Set(4),
        order_type: Change::Set(OrderType::TO_GO.0),
        waiter: Change::Set(MERCHANT.founder()),
        pickup_at: Change::Set(at(500)),
        delivery_location: set(" Tür 3 "),
        payment_type: Change::Set(PaymentType::Cash),
        extra_info: set("{\"table\": 4}"),
        entity_source: Change::Set(EntitySource::Pos),
        entity_source_id: set("till-9/1"),
        ..in_store(MITTE)
    };
    memory.customers().put_person(founder());
    let full = create(&mut tx, &owner(), &patch, at(100)).unwrap();
    let order = read(&mut tx, full);
    assert_eq!(order.phone_number.as_deref(), Some("+4922112345678"));
    assert_eq!((order.consumer, order.waiter), (Some(ADA), Some(MERCHANT.founder())));
    assert_eq!((order.num_of_guests, order.order_type), (Some(4), OrderType::TO_GO.0));
    assert_eq!(
        (order.pickup_at, order.delivery_location.as_deref()),
        (Some(at(500)), Some("Tür 3"))
    );
    assert_eq!(order.payment_type, Some(PaymentType::Cash));
    assert_eq!(order.entity_source_id.as_deref(), Some("till-9/1"));
    // Rule 11: the store's order of that source and id is this one.
    assert_eq!(faults(create(&mut tx, &owner(), &patch, at(101))), ["entitySourceId"]);
    let elsewhere = OrderPatch { phone_number: Change::Keep, store: Change::Set(NORD), ..patch };
    create(&mut tx, &owner(), &elsewhere, at(101)).unwrap();
}

fn founder() -> regulars_customer::Person {
    let new = regulars_customer::NewPerson::consumer(
        regulars_customer::Profile::default(),
        loyalty_id(MERCHANT.founder()),
        at(0),
    );
    new.with_id(MERCHANT.founder())
}

fn euros(cents: i64) -> Money {
    Money::new(cents, regulars_kernel::Currency::EUR)
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut tx = own(&memory());
    let patch = OrderPatch {
        phone_number: set("12"),
        num_of_guests: Change::Set(-1),
        order_type: Change::Set(OrderTypeId::new(9)),
        delivery_location: set(&"x".repeat(MAX_LOCATION_CHARS + 1)),
        extra_info: set("[]"),
        entity_source_id: set("1"),
        ..in_store(GIVEN_UP)
    };
    let all = [
        "storeId",
        "phoneNumber",
        "numOfGuests",
        "orderTypeId",
        "deliveryLocation",
        "extraInfo",
        "entitySource",
    ];
    assert_eq!(faults(create(&mut tx, &owner(), &patch, at(1))), all);
    let half = OrderPatch { entity_source: Change::Set(EntitySource::Pos), ..in_store(MITTE) };
    assert_eq!(faults(create(&mut tx, &owner(), &half, at(1))), ["entitySourceId"]);
    assert_eq!(faults(create(&mut tx, &owner(), &OrderPatch::default(), at(1))), ["storeId"]);
    let gone = OrderPatch { store: Change::Clear, ..OrderPatch::default() };
    assert_eq!(faults(update(&mut tx, &owner(), OrderId::new(503), &gone, at(1))), ["storeId"]);
}

#[test]
fn an_open_order_is_changed_and_given_up_and_a_completed_one_stays() {
    let mut tx = own(&memory());
    let id = OrderId::new(503);
    let before = read(&mut tx, id);
    let patch = OrderPatch {
        buyer: Buyer { consumer: Change::Clear, ..Buyer::default() },
        num_of_guests: Change::Set(2),
        ..in_store(MITTE)
    };
    update(&mut tx, &owner(), id, &patch, at(50)).unwrap();
    let expected = Order {
        store: MITTE,
        consumer: None,
        num_of_guests: Some(2),
        updated_at: at(50),
        ..before
    };
    assert_eq!(read(&mut tx, id), expected);
    // What changes nothing leaves no trace.
    update(&mut tx, &owner(), id, &patch, at(60)).unwrap();
    assert_eq!(read(&mut tx, id).updated_at, at(50));
    delete(&mut tx, &owner(), id, at(70)).unwrap();
    delete(&mut tx, &owner(), id, at(80)).unwrap();
    let gone = read(&mut tx, id);
    assert_eq!((gone.deleted_at, gone.state), (Some(at(70)), OrderState::Open));
    assert_eq!(faults(update(&mut tx, &owner(), id, &patch, at(90))), ["id"]);
    // Rule 25: completed, refunded, voided.
    for id in [501, 505, 506] {
        let (id, before) = (OrderId::new(id), read(&mut tx, OrderId::new(id)));
        assert_eq!(faults(update(&mut tx, &owner(), id, &patch, at(90))), ["id"], "{id}");
        assert_eq!(read(&mut tx, id), before);
    }
}

#[test]
fn who_may_and_where() {
    let mut tx = own(&memory());
    let some = |stores: &[StoreId]| StoreAccess::Only(stores.to_vec());
    let staff = |permission: Permission, stores| {
        let permissions = [permission].into_iter().collect::<Permissions>();
        Actor::staff(MERCHANT, PersonId::new(63), permissions, stores)
    };
    let cashier = Actor::cashier(MERCHANT, PersonId::new(63), some(&[NORD]));
    create(&mut tx, &cashier, &in_store(NORD), at(1)).unwrap();
    let kind = |answer: Result<OrderId, OrderError>| answer.unwrap_err().kind();
    let absent = ErrorKind::DoesNotExist;
    assert_eq!(kind(create(&mut tx, &cashier, &in_store(MITTE), at(1))), absent);
    assert_eq!(kind(create(&mut tx, &owner(), &in_store(StoreId::new(200)), at(1))), absent);
    let (inside, outside) = (OrderId::new(503), OrderId::new(502));
    update(&mut tx, &cashier, inside, &OrderPatch::default(), at(1)).unwrap();
    assert_eq!(kind(update(&mut tx, &cashier, inside, &in_store(MITTE), at(1))), absent);
    assert_eq!(kind(update(&mut tx, &cashier, outside, &OrderPatch::default(), at(1))), absent);
    assert_eq!(kind(delete(&mut tx, &cashier, outside, at(1))), absent);
    assert_eq!(kind(delete(&mut tx, &owner(), OrderId::new(510), at(1))), absent, "another's");
    let waiter = OrderPatch { waiter: Change::Set(BEN), ..in_store(MITTE) };
    let refused = create(&mut tx, &owner(), &waiter, at(1)).unwrap_err();
    assert_eq!((refused.kind(), refused.argument()), (absent, Some("waiterId")));

    for actor in [
        staff(Permission::ViewOrder, StoreAccess::All),
        staff(Permission::RefundOrder, StoreAccess::All),
        Actor::Consumer { person: ADA },
        Actor::Anonymous,
    ] {
        for denied in [
            create(&mut tx, &actor, &in_store(MITTE), at(1)),
            update(&mut tx, &actor, inside, &OrderPatch::default(), at(1)),
            delete(&mut tx, &actor, inside, at(1)),
        ] {
            assert_eq!(kind(denied), ErrorKind::PermissionDenied, "{actor:?}");
        }
    }
    // Selling alone tells nobody who somebody is.
    let blind = staff(Permission::ChangeOrder, StoreAccess::All);
    create(&mut tx, &blind, &in_store(MITTE), at(1)).unwrap();
    assert_eq!(
        kind(create(&mut tx, &blind, &bought(loyalty_id(ADA).as_str()), at(1))),
        ErrorKind::PermissionDenied
    );
}

fn bought(number: &str) -> OrderPatch {
    OrderPatch { buyer: Buyer { loyalty_id: set(number), ..Buyer::default() }, ..in_store(MITTE) }
}

#[test]
fn rule_5_a_buyer_is_known_by_loyalty_id_or_card_and_both_have_to_agree() {
    let mut tx = own(&memory());
    for (patch, consumer) in [
        (bought(loyalty_id(ADA).as_str()), Some(ADA)),
        (bought("old 8"), Some(BEN)),
        (bought(" "), None),
    ] {
        let id = create(&mut tx, &owner(), &patch, at(1)).unwrap();
        assert_eq!(read(&mut tx, id).consumer, consumer, "{patch:?}");
    }
    let mut both = bought("old 8");
    both.buyer.consumer = Change::Set(BEN);
    create(&mut tx, &owner(), &both, at(1)).unwrap();
    both.buyer.consumer = Change::Set(ADA);
    let refused = create(&mut tx, &owner(), &both, at(1)).unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Invalid(_)), "{refused:?}");
    let nobody = create(&mut tx, &owner(), &bought("00000000000000"), at(1)).unwrap_err();
    assert_eq!(
        (nobody.kind(), nobody.argument()),
        (ErrorKind::DoesNotExist, Some("consumerLoyaltyId"))
    );
}

#[test]
fn rule_7_a_newcomer_joins_by_name_and_who_left_stays_away() {
    let memory = memory();
    let mut second = memory.scoped(Scope::Merchant(OTHER));
    let there =
        OrderPatch { store: Change::Set(StoreId::new(200)), ..bought(loyalty_id(CLEO).as_str()) };
    // Cleo left the second merchant: what is sold to her there is kept without her.
    let id = create(&mut second, &Actor::owner(OTHER), &there, at(20)).unwrap();
    assert_eq!(second.find_order(OTHER, id).unwrap().unwrap().consumer, None);
    let left = second.find_membership(OTHER, CLEO).unwrap().unwrap();
    assert_eq!(left.standing, Standing::Left(at(9)));

    let dora = PersonId::new(79);
    let profile = regulars_customer::Profile {
        firstname: "Dora".to_owned(),
        lastname: "Neu".to_owned(),
        email: regulars_customer::EmailAddress::parse("dora@example.com").ok(),
        city: Some("Bonn".to_owned()),
        ..regulars_customer::Profile::default()
    };
    let new = regulars_customer::NewPerson::consumer(profile, loyalty_id(dora), at(0));
    memory.customers().put_person(new.with_id(dora));
    let mut tx = own(&memory);
    let id = create(&mut tx, &owner(), &bought(loyalty_id(dora).as_str()), at(20)).unwrap();
    assert_eq!(read(&mut tx, id).consumer, Some(dora));
    let joined = tx.find_membership(MERCHANT, dora).unwrap().unwrap();
    assert_eq!((joined.standing, joined.sharing), (Standing::Live, Some(Sharing::Name)));
    let profile = &joined.profile;
    assert_eq!((profile.firstname.as_str(), profile.lastname.as_str()), ("Dora", "Neu"));
    assert_eq!((&profile.email, joined.created_at), (&None, at(20)));
    // Once more is no news.
    create(&mut tx, &owner(), &bought(loyalty_id(dora).as_str()), at(30)).unwrap();
    assert_eq!(tx.find_membership(MERCHANT, dora).unwrap(), Some(joined));
}
