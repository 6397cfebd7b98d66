use chrono_tz::Tz;
use regulars_kernel::{Classify, Currency, ErrorKind, Permissions, PersonId, Scope, StoreAccess};

use super::*;
use crate::memory::Memory;

const MERCHANT: MerchantId = MerchantId::new(61);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn founded() -> Merchant {
    Merchant::new(MERCHANT, "Shop", Tz::UTC, Currency::EUR, at(1))
}

fn memory() -> Memory {
    let memory = Memory::new();
    memory.put_merchant(founded());
    memory
}

fn all(policy: RefundPolicy, numbers: [i32; 3]) -> SettingsPatch {
    let [discounts, claim, grace] = numbers.map(Change::Set);
    SettingsPatch {
        num_of_order_discounts_allowed: discounts,
        refund_policy: Change::Set(policy),
        claim_days: claim,
        refund_grace_days: grace,
    }
}

#[test]
fn rules_8_24_and_25_are_the_merchants_to_decide() {
    let memory = memory();
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let owner = Actor::owner(MERCHANT);
    for (seconds, policy, numbers) in [
        (2, RefundPolicy::ToZero, [0, 0, 0]),
        (
            3,
            RefundPolicy::PendingOnly,
            [MAX_ORDER_DISCOUNTS, MAX_CLAIM_DAYS, MAX_REFUND_GRACE_DAYS],
        ),
    ] {
        update(&mut tx, &owner, &all(policy, numbers), at(seconds)).unwrap();
        // The same again moves nothing.
        update(&mut tx, &owner, &all(policy, numbers), at(9)).unwrap();
        let [discounts, claim, grace] = numbers;
        let expected = Merchant {
            num_of_order_discounts_allowed: discounts,
            refund_policy: policy,
            claim_days: claim,
            refund_grace_days: grace,
            updated_at: at(seconds),
            ..founded()
        };
        assert_eq!(own(&mut tx, &owner).unwrap(), expected);
    }
    update(&mut tx, &owner, &SettingsPatch::default(), at(9)).unwrap();
    assert_eq!(own(&mut tx, &owner).unwrap().updated_at, at(3));
    let usual = SettingsPatch {
        num_of_order_discounts_allowed: Change::Clear,
        refund_policy: Change::Clear,
        claim_days: Change::Clear,
        refund_grace_days: Change::Clear,
    };
    update(&mut tx, &owner, &usual, at(4)).unwrap();
    assert_eq!(own(&mut tx, &owner).unwrap(), Merchant { updated_at: at(4), ..founded() });
}

#[test]
fn every_fault_is_named_at_once() {
    let memory = memory();
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    for numbers in
        [[-1; 3], [MAX_ORDER_DISCOUNTS + 1, MAX_CLAIM_DAYS + 1, MAX_REFUND_GRACE_DAYS + 1]]
    {
        let patch = all(RefundPolicy::ToZero, numbers);
        let refusal = update(&mut tx, &Actor::owner(MERCHANT), &patch, at(2)).unwrap_err();
        let ErrorKind::Invalid(wrong) = refusal.kind() else { panic!("{refusal:?}") };
        let named: Vec<_> = wrong.iter().filter_map(|one| one.field).collect();
        assert_eq!(named, ["numOfOrderDiscountsAllowed", "claimDays", "refundGraceDays"]);
    }
    assert_eq!(own(&mut tx, &Actor::owner(MERCHANT)).unwrap(), founded());
}

#[test]
fn owners_alone_decide_and_their_people_see_it() {
    let memory = memory();
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let person = PersonId::new(2);
    let manager = Actor::staff(MERCHANT, person, Permissions::all(), StoreAccess::All);
    let denied = |error: MerchantError| assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    denied(update(&mut tx, &manager, &SettingsPatch::default(), at(2)).unwrap_err());
    assert_eq!(own(&mut tx, &manager).unwrap(), founded());
    for other in [Actor::Anonymous, Actor::Consumer { person }, Actor::Platform { person }] {
        denied(update(&mut tx, &other, &SettingsPatch::default(), at(2)).unwrap_err());
        denied(own(&mut tx, &other).unwrap_err());
    }
}
