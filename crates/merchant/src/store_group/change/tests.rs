use regulars_kernel::{Classify, ErrorKind, PersonId, Scope, StoreAccess};

use super::*;
use crate::{Store, memory::Memory};

const MERCHANT: MerchantId = MerchantId::new(61);
const OTHER: MerchantId = MerchantId::new(62);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn ids(ids: &[i64]) -> BTreeSet<StoreId> {
    ids.iter().copied().map(StoreId::new).collect()
}

fn group(name: &str, stores: &[i64]) -> StoreGroupPatch {
    StoreGroupPatch { name: Change::Set(name.to_owned()), stores: Change::Set(ids(stores)) }
}

fn memory() -> Memory {
    let memory = Memory::new();
    for (id, merchant) in [(1, MERCHANT), (2, MERCHANT), (9, OTHER)] {
        memory.put_store(Store::new(StoreId::new(id), merchant, "store", at(0)));
    }
    memory
}

#[test]
fn a_group_is_made_changed_and_dissolved() {
    let memory = memory();
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let owner = Actor::owner(MERCHANT);
    let id = create(&mut tx, &owner, &group(" North ", &[2, 1]), at(1)).unwrap();
    let found = tx.find_store_group(MERCHANT, id).unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.stores.len()), ("North", 2));
    update(&mut tx, &owner, id, &group("North", &[1, 2]), at(5)).unwrap();
    assert_eq!(tx.find_store_group(MERCHANT, id).unwrap().unwrap(), found, "nothing new");
    let fewer = StoreGroupPatch { stores: Change::Set(ids(&[2])), ..StoreGroupPatch::default() };
    update(&mut tx, &owner, id, &fewer, at(5)).unwrap();
    let after = tx.find_store_group(MERCHANT, id).unwrap().unwrap();
    let expected = StoreGroup { stores: vec![StoreId::new(2)], updated_at: at(5), ..found };
    assert_eq!(after, expected);
    memory.set_group_named(id, true);
    let refused = delete(&mut tx, &owner, id).unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Invalid(_)), "{refused:?}");
    memory.set_group_named(id, false);
    delete(&mut tx, &owner, id).unwrap();
    let gone = delete(&mut tx, &owner, id).unwrap_err();
    assert!(matches!(gone, MerchantError::StoreGroupNotFound));
}

#[test]
fn a_group_has_a_name_and_stores_of_its_merchant() {
    let mut tx = memory().scoped(Scope::Merchant(MERCHANT));
    let owner = Actor::owner(MERCHANT);
    let mut refused = |patch: StoreGroupPatch| create(&mut tx, &owner, &patch, at(1)).unwrap_err();
    for stores in [&[1, 9][..], &[77]] {
        assert!(matches!(refused(group("a", stores)), MerchantError::StoreNotFound));
    }
    let many: Vec<i64> = (0..=500).collect();
    let mut wrong = |patch: StoreGroupPatch| match refused(patch) {
        MerchantError::Invalid(wrong) => {
            wrong.iter().filter_map(|one| one.field).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(group(" ", &many)), ["name", "stores"]);
    assert_eq!(wrong(StoreGroupPatch::default()), ["name"]);
}

#[test]
fn whoever_works_in_some_stores_makes_no_groups() {
    let mut tx = memory().scoped(Scope::Merchant(MERCHANT));
    let some = StoreAccess::Only(vec![StoreId::new(1), StoreId::new(2)]);
    let all = regulars_kernel::SystemRole::Owner.permissions();
    let local = Actor::staff(MERCHANT, PersonId::new(63), all, some);
    for actor in [local, Actor::cashier(MERCHANT, PersonId::new(63), StoreAccess::All)] {
        let kind = create(&mut tx, &actor, &group("a", &[1]), at(1)).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::PermissionDenied);
    }
}
