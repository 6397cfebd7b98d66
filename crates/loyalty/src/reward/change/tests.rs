use regulars_kernel::{
    Classify, Currency, ErrorKind, Money, Permissions, PersonId, Scope, StoreAccess, StoreId,
};
use regulars_merchant::{Merchant, Product, Tz};

use super::*;
use crate::{
    Millionths, PointsProgram, Promised, RedemptionIntent, StampsProgram,
    card::{change as cards, program::change::ProgramPatch},
    intent::IntentState,
    memory::{Memory, MemoryStore},
};

const MERCHANT: MerchantId = MerchantId::new(61);
const OTHER: MerchantId = MerchantId::new(62);

const PRODUCT: LoyaltyCardId = LoyaltyCardId::new(1);
const FLAT: LoyaltyCardId = LoyaltyCardId::new(2);
const STAMPS: LoyaltyCardId = LoyaltyCardId::new(3);
const GONE: LoyaltyCardId = LoyaltyCardId::new(4);
const THEIRS: LoyaltyCardId = LoyaltyCardId::new(5);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_760_000_000 + seconds)
}

/// A card of each sort, and a product that is sold, one that is not, and one of the other merchant's.
fn memory() -> Memory {
    let memory = Memory::new();
    let merchants = memory.customers().merchants();
    for merchant in [MERCHANT, OTHER] {
        merchants.put_merchant(Merchant::new(merchant, "Shop", Tz::UTC, Currency::EUR, at(0)));
    }
    for (number, merchant, archived) in
        [(610, MERCHANT, false), (611, MERCHANT, true), (612, MERCHANT, false), (620, OTHER, false)]
    {
        merchants.put_product(Product {
            id: ProductId::new(number),
            merchant,
            name: "Ware".to_owned(),
            price: Money::new(100, Currency::EUR),
            category: None,
            entity_source: None,
            entity_source_id: None,
            archived,
            extra_info: None,
            created_at: at(0),
            updated_at: at(0),
        });
    }
    let points = |spending| Program::Points(PointsProgram::new(spending, Millionths::new(1)));
    let flat = Spending::Flat {
        points_needed: Points::new(1),
        incremental_points: None,
        point_worth: Millionths::new(Millionths::ONE),
    };
    let stamps =
        StampsProgram { stamps_needed: 10, max_stamps_per_day: None, stamp_expiration_days: None };
    for (id, merchant, program) in [
        (PRODUCT, MERCHANT, points(Spending::Product)),
        (FLAT, MERCHANT, points(flat)),
        (STAMPS, MERCHANT, Program::Stamps(stamps)),
        (GONE, MERCHANT, points(Spending::Product)),
        (THEIRS, OTHER, points(Spending::Product)),
    ] {
        let mut card = LoyaltyCard::new(id, merchant, "Card", Currency::EUR, program, at(0));
        card.terms.archived = id == GONE;
        card.terms.start_time = Some(at(100));
        memory.put_card(card);
    }
    memory
}

fn tx(memory: &Memory) -> MemoryStore {
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn new(card: LoyaltyCardId) -> RewardPatch {
    RewardPatch {
        card: Change::Set(card),
        product: Change::Set(ProductId::new(610)),
        points: Change::Set(250),
        ..RewardPatch::default()
    }
}

fn made(memory: &Memory, patch: &RewardPatch) -> LoyaltyReward {
    let id = create(&mut tx(memory), &Actor::owner(MERCHANT), patch, at(1)).unwrap();
    found(memory, id)
}

fn found(memory: &Memory, id: RewardId) -> LoyaltyReward {
    tx(memory).find_reward(MERCHANT, id).unwrap().unwrap()
}

fn faults(error: &LoyaltyError) -> Vec<&'static str> {
    match error.kind() {
        ErrorKind::Invalid(wrong) => wrong.iter().filter_map(|one| one.field).collect(),
        other => panic!("{other:?}"),
    }
}

fn refused(patch: &RewardPatch) -> Vec<&'static str> {
    faults(&create(&mut tx(&memory()), &Actor::owner(MERCHANT), patch, at(1)).unwrap_err())
}

fn changed(
    memory: &Memory,
    id: RewardId,
    patch: &RewardPatch,
) -> Result<LoyaltyReward, Vec<&'static str>> {
    let answer = update(&mut tx(memory), &Actor::owner(MERCHANT), id, patch, at(9));
    answer.map(|id| found(memory, id)).map_err(|error| faults(&error))
}

#[test]
fn a_reward_is_what_points_or_a_full_card_buy() {
    let memory = memory();
    let bought = made(&memory, &new(PRODUCT));
    let usual = LoyaltyReward {
        id: bought.id,
        merchant: MERCHANT,
        card: PRODUCT,
        product: ProductId::new(610),
        points: Points::new(250),
        stock: None,
        expiry: None,
        archived: false,
        created_at: at(1),
        updated_at: at(1),
    };
    assert_eq!(bought, usual);
    let few = RewardPatch { stock: Change::Set(0), expiry: Change::Set(at(101)), ..new(PRODUCT) };
    let few = made(&memory, &few);
    assert_eq!((few.stock, few.expiry), (Some(0), Some(at(101))));
    for points in [Change::Keep, Change::Clear, Change::Set(10)] {
        let full = made(&memory, &RewardPatch { points, ..new(STAMPS) });
        assert_eq!(full.points, Points::new(10));
    }
    assert_eq!(refused(&new(STAMPS)), ["points"]);
}

#[test]
fn every_fault_is_named_at_once() {
    assert_eq!(refused(&RewardPatch::default()), ["loyaltyCardId"]);
    for card in [FLAT, GONE] {
        assert_eq!(refused(&new(card)), ["loyaltyCardId"]);
    }
    let bare = RewardPatch { card: Change::Set(PRODUCT), ..RewardPatch::default() };
    assert_eq!(refused(&bare), ["productId", "points"]);
    for (product, points, stock, expiry) in
        [(611, 0, -1, at(1)), (620, MAX_POINTS + 1, MAX_STOCK + 1, at(0)), (9, -1, -1, at(100))]
    {
        let wrong = RewardPatch {
            product: Change::Set(ProductId::new(product)),
            points: Change::Set(points),
            stock: Change::Set(stock),
            expiry: Change::Set(expiry),
            ..new(PRODUCT)
        };
        assert_eq!(refused(&wrong), ["productId", "stock", "expiry", "points"]);
    }
    let absent = create(&mut tx(&memory()), &Actor::owner(MERCHANT), &new(THEIRS), at(1));
    assert_eq!(absent.unwrap_err().kind(), ErrorKind::DoesNotExist);
}

#[test]
fn what_nobody_ever_has_enough_points_for_is_refused() {
    let memory = memory();
    let mut card = tx(&memory).find_loyalty_card(MERCHANT, PRODUCT).unwrap().unwrap();
    let Program::Points(points) = &mut card.program else { panic!("{card:?}") };
    points.max_points_per_day = Some(Points::new(2));
    points.validity_in_months = Some(1);
    points.initial_points = Points::new(5);
    memory.put_card(card);
    // 33 days at most, two points on each, and five to begin with.
    let costing = |points| RewardPatch { points: Change::Set(points), ..new(PRODUCT) };
    made(&memory, &costing(71));
    let refusal = create(&mut tx(&memory), &Actor::owner(MERCHANT), &costing(72), at(1));
    assert_eq!(faults(&refusal.unwrap_err()), ["points"]);
}

#[test]
fn who_has_it_keeps_it_and_what_is_absent_stays() {
    let memory = memory();
    let patch = RewardPatch { stock: Change::Set(5), expiry: Change::Set(at(500)), ..new(PRODUCT) };
    let reward = made(&memory, &patch);
    assert_eq!(changed(&memory, reward.id, &RewardPatch::default()), Ok(reward.clone()));
    // Its expiry lies ahead still.
    assert_eq!(changed(&memory, reward.id, &patch), Ok(reward.clone()));
    let moved = RewardPatch { card: Change::Set(STAMPS), ..RewardPatch::default() };
    assert_eq!(changed(&memory, reward.id, &moved), Err(vec!["loyaltyCardId"]));
    let required =
        RewardPatch { product: Change::Clear, points: Change::Clear, ..RewardPatch::default() };
    assert_eq!(changed(&memory, reward.id, &required), Err(vec!["productId", "points"]));
    let other = RewardPatch {
        product: Change::Set(ProductId::new(612)),
        stock: Change::Clear,
        expiry: Change::Clear,
        ..RewardPatch::default()
    };
    let after = changed(&memory, reward.id, &other).unwrap();
    let expected = LoyaltyReward {
        product: ProductId::new(612),
        stock: None,
        expiry: None,
        updated_at: at(9),
        ..reward.clone()
    };
    assert_eq!(after, expected);
    memory.put_intent(RedemptionIntent {
        id: 1.into(),
        merchant: MERCHANT,
        promised: Promised::Points(PRODUCT, Some(reward.id)),
        person: None,
        store: None,
        order: None,
        hold: None,
        held: None,
        code: "CODE".to_owned(),
        state: IntentState::Lapsed,
        expires_at: at(50),
        created_at: at(3),
    });
    assert_eq!(changed(&memory, reward.id, &patch), Err(vec!["productId"]));
    let dearer = RewardPatch { points: Change::Set(300), ..RewardPatch::default() };
    assert_eq!(changed(&memory, reward.id, &dearer).unwrap().points, Points::new(300));
}

#[test]
fn a_reward_that_was_given_up_comes_back_only_where_it_can_be_had() {
    let memory = memory();
    let patch = RewardPatch { expiry: Change::Set(at(200)), ..new(PRODUCT) };
    let reward = made(&memory, &patch);
    let owner = Actor::owner(MERCHANT);
    for _twice in 0..2 {
        archive(&mut tx(&memory), &owner, reward.id, at(3)).unwrap();
    }
    let gone = found(&memory, reward.id);
    assert_eq!((gone.archived, gone.updated_at), (true, at(3)));
    let back = RewardPatch { archived: Change::Set(false), ..RewardPatch::default() };
    let late = update(&mut tx(&memory), &owner, reward.id, &back, at(200)).unwrap_err();
    assert_eq!(faults(&late), ["expiry"]);
    assert!(!changed(&memory, reward.id, &back).unwrap().archived);
    archive(&mut tx(&memory), &owner, reward.id, at(10)).unwrap();
    let mut card = tx(&memory).find_loyalty_card(MERCHANT, PRODUCT).unwrap().unwrap();
    card.terms.archived = true;
    memory.put_card(card);
    assert_eq!(changed(&memory, reward.id, &back), Err(vec!["archived"]));
}

#[test]
fn a_card_that_takes_more_stamps_buys_its_rewards_with_more() {
    let memory = memory();
    let reward = made(&memory, &RewardPatch { points: Change::Keep, ..new(STAMPS) });
    let program = ProgramPatch { stamps_needed: Change::Set(12), ..ProgramPatch::default() };
    let patch = cards::LoyaltyCardPatch { program, ..cards::LoyaltyCardPatch::default() };
    let owner = Actor::owner(MERCHANT);
    cards::update(&mut tx(&memory), &owner, STAMPS, &patch, at(9)).unwrap();
    let dearer = LoyaltyReward { points: Points::new(12), updated_at: at(9), ..reward };
    assert_eq!(found(&memory, dearer.id), dearer);
}

#[test]
fn a_card_with_rewards_collects_what_it_collected() {
    let memory = memory();
    let reward = made(&memory, &new(PRODUCT));
    let stamps = ProgramPatch {
        loyalty_type: Change::Set(crate::LoyaltyType::Stamps),
        stamps_needed: Change::Set(12),
        ..ProgramPatch::default()
    };
    let flat = ProgramPatch {
        points_loyalty_type: Change::Set(crate::PointsLoyaltyType::Flat),
        points_needed: Change::Set(100),
        point_worth: Change::Set("1".to_owned()),
        ..ProgramPatch::default()
    };
    let owner = Actor::owner(MERCHANT);
    let recast = |program: &ProgramPatch| {
        let program = program.clone();
        let patch = cards::LoyaltyCardPatch { program, ..cards::LoyaltyCardPatch::default() };
        cards::update(&mut tx(&memory), &owner, PRODUCT, &patch, at(9))
    };
    assert_eq!(faults(&recast(&stamps).unwrap_err()), ["loyaltyType"]);
    assert_eq!(faults(&recast(&flat).unwrap_err()), ["pointsLoyaltyType"]);
    archive(&mut tx(&memory), &owner, reward.id, at(9)).unwrap();
    recast(&flat).unwrap();
    let back = RewardPatch { archived: Change::Clear, ..RewardPatch::default() };
    assert_eq!(changed(&memory, reward.id, &back), Err(vec!["archived"]));
}

#[test]
fn who_may_where() {
    let memory = memory();
    let person = PersonId::new(63);
    let staff = |permission: Permission, stores| {
        Actor::staff(MERCHANT, person, [permission].into_iter().collect::<Permissions>(), stores)
    };
    let here = StoreId::new(610);
    let local = staff(Permission::ChangePromotion, StoreAccess::Only(vec![here]));
    let everywhere = made(&memory, &new(PRODUCT));
    let denied = ErrorKind::PermissionDenied;
    let kind = |result: Result<RewardId, LoyaltyError>| result.unwrap_err().kind();
    for actor in [
        local.clone(),
        staff(Permission::Redeem, StoreAccess::All),
        Actor::Anonymous,
        Actor::Consumer { person },
        Actor::Platform { person },
    ] {
        let mut tx = tx(&memory);
        assert_eq!(kind(create(&mut tx, &actor, &new(PRODUCT), at(2))), denied);
        let same = RewardPatch::default();
        assert_eq!(kind(update(&mut tx, &actor, everywhere.id, &same, at(2))), denied);
        assert_eq!(kind(archive(&mut tx, &actor, everywhere.id, at(2))), denied);
    }
    let mut card = tx(&memory).find_loyalty_card(MERCHANT, PRODUCT).unwrap().unwrap();
    card.terms.places.stores = vec![here];
    memory.put_card(card);
    archive(&mut tx(&memory), &local, everywhere.id, at(3)).unwrap();
    let mut theirs = memory.scoped(Scope::Merchant(OTHER));
    let owner = Actor::owner(OTHER);
    let absent = kind(archive(&mut theirs, &owner, everywhere.id, at(3)));
    assert_eq!(absent, ErrorKind::DoesNotExist);
}
