use regulars_kernel::{
    Classify, ErrorKind, MerchantId, Permissions, PersonId, Scope, StoreAccess, StoreGroupId,
    StoreId,
};

use super::*;
use crate::{memory::Memory, suite};

const MERCHANT: MerchantId = MerchantId::new(61);
const NOW: Timestamp = Timestamp::from_micros(1_780_653_600_000_000);

fn hours(hours: i64) -> Timestamp {
    Timestamp::from_seconds(NOW.seconds() + hours * 3_600)
}

/// The places of the suite's world, and none of its promotions.
fn memory() -> Memory {
    let (memory, world) = (Memory::new(), suite::world().below);
    let merchants = memory.customers().merchants();
    world.merchants.into_iter().for_each(|row| merchants.put_merchant(row));
    world.stores.into_iter().for_each(|row| merchants.put_store(row));
    world.store_groups.into_iter().for_each(|row| merchants.put_store_group(row));
    memory
}

fn named(name: &str) -> CampaignPatch {
    CampaignPatch { name: Change::Set(name.to_owned()), ..CampaignPatch::default() }
}

fn in_stores(ids: &[i64]) -> CampaignPatch {
    let stores = Change::Set(ids.iter().copied().map(StoreId::new).collect());
    let places = PlacesPatch { stores, groups: Change::Keep };
    CampaignPatch { places, ..named("Spring") }
}

fn faults(refusal: PromotionError) -> Vec<&'static str> {
    match refusal {
        PromotionError::Invalid(wrong) => wrong.iter().filter_map(|one| one.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_campaign_is_made_changed_given_up_and_brought_back() {
    let memory = memory();
    let owner = Actor::owner(MERCHANT);
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let plain = create(&mut tx, &owner, &named(" Spring "), NOW).unwrap();
    let plain = tx.find_campaign(MERCHANT, plain).unwrap().unwrap();
    assert_eq!((plain.name.as_str(), plain.status), ("Spring", Status::Active));
    assert!(plain.places.is_everywhere() && !plain.archived);
    let groups = Change::Set([StoreGroupId::new(301)].into());
    let patch = CampaignPatch {
        status: Change::Set(Status::Draft),
        start_time: Change::Set(hours(1)),
        end_time: Change::Set(hours(2)),
        places: PlacesPatch { groups, ..in_stores(&[100]).places },
        extra_info: Change::Set("{\"a\": 1}".to_owned()),
        ..CampaignPatch::default()
    };
    update(&mut tx, &owner, plain.id, &patch, hours(0)).unwrap();
    let full = tx.find_campaign(MERCHANT, plain.id).unwrap().unwrap();
    assert_eq!((full.status, full.start_time), (Status::Draft, Some(hours(1))));
    assert_eq!(full.places.stores, [StoreId::new(100)]);
    update(&mut tx, &owner, plain.id, &patch, hours(9)).unwrap();
    assert_eq!(tx.find_campaign(MERCHANT, plain.id).unwrap().unwrap(), full, "nothing new");
    for now in [hours(3), hours(4)] {
        archive(&mut tx, &owner, plain.id, now).unwrap();
        let gone = tx.find_campaign(MERCHANT, plain.id).unwrap().unwrap();
        assert_eq!((gone.archived, gone.updated_at), (true, hours(3)), "once");
    }
    let back = CampaignPatch { archived: Change::Set(false), ..CampaignPatch::default() };
    let over = update(&mut tx, &owner, plain.id, &back, hours(5)).unwrap_err();
    assert_eq!(faults(over), ["end"], "what is over does not come back");
    let longer = CampaignPatch { end_time: Change::Clear, ..back };
    update(&mut tx, &owner, plain.id, &longer, hours(5)).unwrap();
    assert!(!tx.find_campaign(MERCHANT, plain.id).unwrap().unwrap().archived);
}

#[test]
fn every_fault_is_named_at_once() {
    let owner = Actor::owner(MERCHANT);
    let mut tx = memory().scoped(Scope::Merchant(MERCHANT));
    let mut refused =
        |patch: &CampaignPatch| faults(create(&mut tx, &owner, patch, NOW).unwrap_err());
    assert_eq!(refused(&CampaignPatch::default()), ["name"]);
    assert_eq!(refused(&in_stores(&[104])), ["stores"], "archived");
    assert_eq!(refused(&in_stores(&[200])), ["stores"], "another's");
    let wrong = CampaignPatch {
        name: Change::Clear,
        status: Change::Set(Status::Ended),
        start_time: Change::Set(hours(2)),
        end_time: Change::Set(hours(1)),
        places: PlacesPatch {
            stores: Change::Keep,
            groups: Change::Set([StoreGroupId::new(304)].into()),
        },
        extra_info: Change::Set("[]".to_owned()),
        archived: Change::Keep,
    };
    assert_eq!(refused(&wrong), ["name", "extraInfo", "storeGroups", "end", "status"]);
    let past = CampaignPatch { end_time: Change::Set(hours(0)), ..named("Spring") };
    assert_eq!(refused(&past), ["end"]);
}

#[test]
fn who_may_write_campaigns() {
    let memory = memory();
    let owner = Actor::owner(MERCHANT);
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let everywhere = create(&mut tx, &owner, &named("Spring"), NOW).unwrap();
    let here = create(&mut tx, &owner, &in_stores(&[100]), NOW).unwrap();
    let permissions: Permissions = [Permission::ChangePromotion].into_iter().collect();
    let stores = StoreAccess::Only(vec![StoreId::new(100)]);
    let local = Actor::staff(MERCHANT, PersonId::new(63), permissions, stores);
    let renamed = named("Summer");
    assert_eq!(faults(create(&mut tx, &local, &renamed, NOW).unwrap_err()), ["stores"]);
    create(&mut tx, &local, &in_stores(&[100]), NOW).unwrap();
    update(&mut tx, &local, here, &renamed, NOW).unwrap();
    let denied = |kind: ErrorKind| assert_eq!(kind, ErrorKind::PermissionDenied);
    denied(update(&mut tx, &local, everywhere, &renamed, NOW).unwrap_err().kind());
    denied(archive(&mut tx, &local, everywhere, NOW).unwrap_err().kind());
    archive(&mut tx, &local, here, NOW).unwrap();
    let cashier = Actor::cashier(MERCHANT, PersonId::new(63), StoreAccess::All);
    denied(create(&mut tx, &cashier, &renamed, NOW).unwrap_err().kind());
    denied(update(&mut tx, &cashier, here, &renamed, NOW).unwrap_err().kind());
    denied(archive(&mut tx, &cashier, here, NOW).unwrap_err().kind());
    let other = MerchantId::new(62);
    let mut theirs = memory.scoped(Scope::Merchant(other));
    let absent = update(&mut theirs, &Actor::owner(other), here, &renamed, NOW).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::DoesNotExist);
}

#[test]
fn who_sees_campaigns() {
    let world = suite::world();
    let memory = Memory::new();
    for row in &world.campaigns {
        memory.put_campaign(Campaign::clone(row));
    }
    world.offers.into_iter().for_each(|row| memory.put_offer(row));
    let person = PersonId::new(71);
    for (actor, scope, lists, sees) in [
        (Actor::system(MERCHANT), Scope::Merchant(MERCHANT), Some(3), true),
        (Actor::owner(MerchantId::new(62)), Scope::Merchant(MerchantId::new(62)), Some(3), false),
        (Actor::Platform { person }, Scope::Platform, None, true),
        // Nobody's customer: what they list is nothing.
        (Actor::Consumer { person }, Scope::Person(person), None, false),
    ] {
        let mut tx = memory.scoped(scope);
        let filter = CampaignFilter::default;
        let page =
            super::super::list(&mut tx, &actor, filter(), &regulars_kernel::PageRequest::first(9));
        assert_eq!(page.ok().map(|page| page.items.len()), lists, "{actor:?}");
        let count = super::super::count(&mut tx, &actor, filter()).ok();
        assert_eq!(count, lists.and_then(|lists| u64::try_from(lists).ok()), "{actor:?}");
        let found = super::super::get(&mut tx, &actor, CampaignId::new(501));
        assert_eq!(found.is_ok(), sees, "{actor:?}");
    }
}
