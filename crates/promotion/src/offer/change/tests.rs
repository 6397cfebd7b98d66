use regulars_kernel::{
    CampaignId, Classify, Currency, ErrorKind, MerchantId, Money, Permissions, PersonId, Scope,
    StoreAccess, StoreId,
};

use super::*;
use crate::{RedemptionCode, memory::Memory, suite, terms::change::PlacesPatch};

const MERCHANT: MerchantId = MerchantId::new(61);
/// Friday, 5 June 2026, noon in Berlin.
const NOW: Timestamp = Timestamp::from_micros(1_780_653_600_000_000);

fn hours(hours: i64) -> Timestamp {
    Timestamp::from_seconds(NOW.seconds() + hours * 3_600)
}

fn set(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

/// The places and campaigns of the suite's world. Of the first merchant: campaign 501 runs everywhere, 502 was over long ago and
/// ran in store 100 and group 301, 504 is archived; product 401 is sold, 402 archived; 403 is another's.
fn memory() -> Memory {
    let (memory, world) = (Memory::new(), suite::world());
    let merchants = memory.customers().merchants();
    world.below.merchants.into_iter().for_each(|row| merchants.put_merchant(row));
    world.below.stores.into_iter().for_each(|row| merchants.put_store(row));
    world.below.store_groups.into_iter().for_each(|row| merchants.put_store_group(row));
    world.below.products.into_iter().for_each(|row| merchants.put_product(row));
    world.campaigns.iter().for_each(|row| memory.put_campaign(Campaign::clone(row)));
    memory
}

fn discount(kind: DiscountType, value: &str) -> DiscountPatch {
    DiscountPatch {
        discount_type: Change::Set(kind),
        value: set(value),
        ..DiscountPatch::default()
    }
}

fn off(kind: DiscountType, value: &str) -> OfferPatch {
    OfferPatch { name: set("Off"), discount: discount(kind, value), ..OfferPatch::default() }
}

fn plain() -> OfferPatch {
    off(DiscountType::Percentage, "20")
}

fn coded(code: &str) -> OfferPatch {
    let code = CodePatch { code_type: Change::Set(CodeType::Fixed), code: set(code) };
    OfferPatch { code, ..plain() }
}

fn made(memory: &Memory, patch: &OfferPatch) -> Offer {
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let id = create(&mut tx, &Actor::owner(MERCHANT), patch, NOW).unwrap();
    tx.find_offer(MERCHANT, id).unwrap().unwrap()
}

fn changed_to(memory: &Memory, id: OfferId, patch: &OfferPatch) -> Result<Offer, PromotionError> {
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    update(&mut tx, &Actor::owner(MERCHANT), id, patch, hours(1))?;
    Ok(tx.find_offer(MERCHANT, id).unwrap().unwrap())
}

fn faults(refusal: PromotionError) -> Vec<&'static str> {
    match refusal {
        PromotionError::Invalid(wrong) => wrong.iter().filter_map(|one| one.field).collect(),
        other => panic!("{other:?}"),
    }
}

fn refused(patch: &OfferPatch) -> Vec<&'static str> {
    let mut tx = memory().scoped(Scope::Merchant(MERCHANT));
    match create(&mut tx, &Actor::owner(MERCHANT), patch, NOW) {
        Ok(_) => Vec::new(),
        Err(refusal) => faults(refusal),
    }
}

#[test]
fn an_offer_is_made_with_what_is_said_of_it_and_the_rest_as_usual() {
    let memory = memory();
    let offer = made(&memory, &plain());
    let usual = Offer::new(offer.id, MERCHANT, "Off", Discount::Percentage(200_000), NOW);
    assert_eq!(offer, usual);
    let patch = OfferPatch {
        short_description: set("short"),
        long_description: set("two\nlines"),
        terms_and_conditions: set("small\nprint"),
        placement: set("top"),
        campaign: Change::Set(CampaignId::new(501)),
        discount: DiscountPatch {
            currency: set("eur"),
            num_of_items: Change::Set(3),
            ..discount(DiscountType::FixedAmount, "5")
        },
        redemption_expiration_days: Change::Set(7),
        earn_points: Change::Set(false),
        stackable: Change::Set(true),
        products: Change::Set([ProductId::new(401)].into()),
        terms: TermsPatch { enrollment_limit: Change::Set(5), ..TermsPatch::default() },
        ..coded(" Summer-26 ")
    };
    let full = made(&memory, &patch);
    assert_eq!(full.discount, Discount::FixedAmount(Money::new(500, Currency::EUR)));
    assert_eq!(full.code, RedemptionCode::Fixed("Summer-26".to_owned()));
    assert_eq!(full.campaign.as_ref().map(|row| row.id), Some(CampaignId::new(501)));
    assert_eq!((full.num_of_items, full.redemption_expiration_days), (Some(3), Some(7)));
    assert_eq!((full.earn_points, full.stackable), (false, true));
    assert_eq!(full.long_description.as_deref(), Some("two\nlines"));
    assert_eq!(full.products, [ProductId::new(401)]);
    assert_eq!(full.terms.enrollment_limit, Some(5));
    // The same again changes nothing.
    assert_eq!(changed_to(&memory, full.id, &patch).unwrap(), full);
    let nulls = OfferPatch {
        short_description: Change::Clear,
        long_description: Change::Clear,
        terms_and_conditions: Change::Clear,
        placement: Change::Clear,
        campaign: Change::Clear,
        discount: DiscountPatch { num_of_items: Change::Clear, ..DiscountPatch::default() },
        code: CodePatch { code_type: Change::Clear, code: Change::Clear },
        redemption_expiration_days: Change::Clear,
        earn_points: Change::Clear,
        stackable: Change::Clear,
        products: Change::Clear,
        terms: TermsPatch { enrollment_limit: Change::Clear, ..TermsPatch::default() },
        ..OfferPatch::default()
    };
    let bare = changed_to(&memory, full.id, &nulls).unwrap();
    let discount = Discount::FixedAmount(Money::new(500, Currency::EUR));
    let usual = Offer::new(full.id, MERCHANT, "Off", discount, NOW);
    assert_eq!(bare, Offer { updated_at: hours(1), ..usual });
}

#[test]
fn every_fault_is_named_at_once() {
    assert_eq!(refused(&OfferPatch::default()), ["name", "offerType"]);
    let wrong = OfferPatch {
        name: set(" "),
        short_description: set(&"x".repeat(MAX_SHORT_CHARS + 1)),
        long_description: set("a\0b"),
        terms_and_conditions: set(&"x".repeat(MAX_LONG_CHARS + 1)),
        placement: set("a\nb"),
        campaign: Change::Set(CampaignId::new(504)),
        discount: DiscountPatch {
            currency: set("USD"),
            num_of_items: Change::Set(0),
            ..discount(DiscountType::FixedAmount, "0")
        },
        redemption_expiration_days: Change::Set(0),
        earn_points: Change::Keep,
        stackable: Change::Keep,
        products: Change::Set([401, 402, 403, 999].map(ProductId::new).into()),
        terms: TermsPatch {
            start_time: Change::Set(hours(2)),
            end_time: Change::Set(hours(1)),
            enrollment_limit: Change::Set(0),
            ..TermsPatch::default()
        },
        ..coded("no code")
    };
    let named = [
        "name",
        "shortDescription",
        "placement",
        "longDescription",
        "termsAndConditions",
        "redemptionExpirationDays",
        "code",
        "offerValue",
        "offerValueCurrency",
        "numOfItems",
        "campaignId",
        "enrollmentLimit",
        "endTime",
        "products",
        "products",
    ];
    assert_eq!(refused(&wrong), named);
}

#[test]
fn a_discount_takes_something_off() {
    use DiscountType::{Bogo, FixedAmount, Percentage};
    for (kind, value, taken) in [
        (Percentage, "0.0001", Some(Discount::Percentage(1))),
        (Percentage, "100", Some(Discount::Percentage(1_000_000))),
        (Percentage, "0", None),
        (Percentage, "100.0001", None),
        (Percentage, "-5", None),
        (Percentage, "12.34567", None),
        (FixedAmount, "0.01", Some(Discount::FixedAmount(Money::new(1, Currency::EUR)))),
        (FixedAmount, "0", None),
        (FixedAmount, "-1", None),
        (FixedAmount, "1.234", None),
        (FixedAmount, "92233720368547758.08", None),
    ] {
        let patch = off(kind, value);
        match taken {
            Some(discount) => assert_eq!(made(&memory(), &patch).discount, discount, "{value}"),
            None => assert_eq!(refused(&patch), ["offerValue"], "{kind:?} {value}"),
        }
    }
    let bogo = |value: Change<String>, items: Change<i32>| OfferPatch {
        discount: DiscountPatch {
            discount_type: Change::Set(Bogo),
            value,
            num_of_items: items,
            ..DiscountPatch::default()
        },
        ..plain()
    };
    let free = made(&memory(), &bogo(Change::Keep, Change::Set(2)));
    assert_eq!((free.discount, free.num_of_items), (Discount::Bogo(1), Some(2)));
    assert_eq!(refused(&bogo(set("1"), Change::Keep)), ["numOfItems"]);
    assert_eq!(refused(&bogo(set("1"), Change::Set(0))), ["numOfItems"]);
    assert_eq!(refused(&bogo(set("0"), Change::Set(1))), ["offerValue"]);
    assert_eq!(refused(&bogo(set("1.5"), Change::Set(1))), ["offerValue"]);
    let in_euros = |kind, value| {
        let mut patch = off(kind, value);
        patch.discount.currency = set("EUR");
        refused(&patch)
    };
    assert_eq!(in_euros(Percentage, "5"), ["offerValueCurrency"]);
    assert_eq!(in_euros(FixedAmount, "5"), [""; 0]);
}

#[test]
fn another_kind_of_discount_needs_a_value_of_its_own() {
    let memory = memory();
    let offer = made(&memory, &plain());
    let turned = |discount_type, value: Change<String>, items: Change<i32>| OfferPatch {
        discount: DiscountPatch {
            discount_type: Change::Set(discount_type),
            value,
            num_of_items: items,
            ..DiscountPatch::default()
        },
        ..OfferPatch::default()
    };
    let bare = turned(DiscountType::FixedAmount, Change::Keep, Change::Keep);
    assert_eq!(faults(changed_to(&memory, offer.id, &bare).unwrap_err()), ["offerValue"]);
    let bogo = turned(DiscountType::Bogo, set("1"), Change::Keep);
    assert_eq!(faults(changed_to(&memory, offer.id, &bogo).unwrap_err()), ["numOfItems"]);
    let bogo = turned(DiscountType::Bogo, set("1"), Change::Set(2));
    let free = changed_to(&memory, offer.id, &bogo).unwrap();
    assert_eq!((free.discount, free.num_of_items), (Discount::Bogo(1), Some(2)));
    let none = OfferPatch {
        discount: DiscountPatch { num_of_items: Change::Clear, ..DiscountPatch::default() },
        ..OfferPatch::default()
    };
    assert_eq!(faults(changed_to(&memory, offer.id, &none).unwrap_err()), ["numOfItems"]);
}

#[test]
fn rule_22_one_code_for_everybody_names_one_offer_in_use() {
    let memory = memory();
    let first = made(&memory, &coded("Summer-26"));
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    let owner = Actor::owner(MERCHANT);
    let again = create(&mut tx, &owner, &coded("SUMMER-26"), NOW).unwrap_err();
    assert_eq!(faults(again), ["code"]);
    changed_to(&memory, first.id, &coded("summer-26")).unwrap();
    let mut theirs = memory.scoped(Scope::Merchant(MerchantId::new(62)));
    create(&mut theirs, &Actor::owner(MerchantId::new(62)), &coded("Summer-26"), NOW).unwrap();
    // Given up it leaves its code to others, and comes back with another one.
    archive(&mut tx, &owner, first.id, hours(2)).unwrap();
    made(&memory, &coded("Summer-26"));
    let terms = TermsPatch { archived: Change::Set(false), ..TermsPatch::default() };
    let back = OfferPatch { terms: terms.clone(), ..OfferPatch::default() };
    assert_eq!(faults(changed_to(&memory, first.id, &back).unwrap_err()), ["code"]);
    let back = OfferPatch {
        terms,
        name: Change::Keep,
        discount: DiscountPatch::default(),
        ..coded("Winter")
    };
    assert!(!changed_to(&memory, first.id, &back).unwrap().terms.archived);
}

#[test]
fn a_code_is_fixed_or_made_for_each_redemption() {
    let code = |code_type: Change<CodeType>, code: Change<String>| OfferPatch {
        code: CodePatch { code_type, code },
        ..plain()
    };
    let fixed = || Change::Set(CodeType::Fixed);
    assert_eq!(refused(&code(fixed(), Change::Keep)), ["code"]);
    assert_eq!(refused(&code(fixed(), set(" "))), ["code"]);
    assert_eq!(refused(&code(Change::Set(CodeType::Autogenerated), set("ABC"))), ["code"]);
    assert_eq!(refused(&code(Change::Keep, set("ABC"))), ["code"]);
    for shape in ["AB", &"A".repeat(MAX_CODE_CHARS + 1), "SÜSS", "A B C", "50%OFF", "ABC\n1"] {
        assert_eq!(refused(&coded(shape)), ["code"], "{shape}");
    }
    let memory = memory();
    let offer = made(&memory, &coded("abc_1"));
    let none = OfferPatch {
        code: CodePatch { code_type: Change::Keep, code: Change::Clear },
        ..OfferPatch::default()
    };
    assert_eq!(faults(changed_to(&memory, offer.id, &none).unwrap_err()), ["code"]);
    let each = OfferPatch {
        code: CodePatch { code_type: Change::Set(CodeType::Autogenerated), code: Change::Keep },
        ..OfferPatch::default()
    };
    let each = changed_to(&memory, offer.id, &each).unwrap();
    assert_eq!(each.code, RedemptionCode::Autogenerated);
}

#[test]
fn an_offer_runs_within_its_campaign() {
    let memory = memory();
    let narrow = |start, end, stores: &[i64]| {
        let mut row = Campaign::clone(&suite::world().campaigns[0]);
        row.id = CampaignId::new(590);
        (row.start_time, row.end_time) = (Some(hours(start)), Some(hours(end)));
        row.places.stores = stores.iter().copied().map(StoreId::new).collect();
        memory.put_campaign(row);
    };
    narrow(10, 20, &[100]);
    let campaign = Change::Set(CampaignId::new(590));
    let within = OfferPatch { campaign, ..plain() };
    let offer = made(&memory, &within);
    let terms = |terms| OfferPatch { terms, ..OfferPatch::default() };
    let early = TermsPatch { end_time: Change::Set(hours(10)), ..TermsPatch::default() };
    let refusal = changed_to(&memory, offer.id, &terms(early)).unwrap_err();
    assert_eq!(faults(refusal), ["campaignId"]);
    let stores = Change::Set([StoreId::new(101)].into());
    let places = PlacesPatch { stores, groups: Change::Keep };
    let elsewhere = TermsPatch { places, ..TermsPatch::default() };
    let refusal = changed_to(&memory, offer.id, &terms(elsewhere)).unwrap_err();
    assert_eq!(faults(refusal), ["stores"]);
    for (id, at_fault) in [(504, "campaignId"), (602, "campaignId"), (999, "campaignId")] {
        let patch = OfferPatch { campaign: Change::Set(CampaignId::new(id)), ..plain() };
        assert_eq!(refused(&patch), [at_fault], "archived, another's, nobody's: {id}");
    }
    // The campaign has moved on: a word about the offer is no reason to judge it again.
    narrow(-20, -10, &[102]);
    let renamed = OfferPatch { name: set("Renamed"), ..OfferPatch::default() };
    assert_eq!(changed_to(&memory, offer.id, &renamed).unwrap().name, "Renamed");
    let limited = TermsPatch { enrollment_limit: Change::Set(3), ..TermsPatch::default() };
    changed_to(&memory, offer.id, &terms(limited)).unwrap();
}

#[test]
fn what_is_given_up_stays_in_the_books() {
    let memory = memory();
    let offer = made(&memory, &plain());
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    for now in [hours(3), hours(4)] {
        archive(&mut tx, &Actor::owner(MERCHANT), offer.id, now).unwrap();
        let gone = tx.find_offer(MERCHANT, offer.id).unwrap().unwrap();
        assert_eq!((gone.terms.archived, gone.updated_at), (true, hours(3)), "once");
    }
}

#[test]
fn who_may_write_offers() {
    let memory = memory();
    let stores = Change::Set([StoreId::new(100)].into());
    let places = PlacesPatch { stores, groups: Change::Keep };
    let here = OfferPatch { terms: TermsPatch { places, ..TermsPatch::default() }, ..plain() };
    let (local, everywhere) = (made(&memory, &here), made(&memory, &plain()));
    let permissions: Permissions = [Permission::ChangePromotion].into_iter().collect();
    let own = StoreAccess::Only(vec![StoreId::new(100)]);
    let staff = Actor::staff(MERCHANT, PersonId::new(63), permissions, own);
    let mut tx = memory.scoped(Scope::Merchant(MERCHANT));
    assert_eq!(faults(create(&mut tx, &staff, &plain(), NOW).unwrap_err()), ["stores"]);
    create(&mut tx, &staff, &here, NOW).unwrap();
    let renamed = OfferPatch { name: set("Renamed"), ..OfferPatch::default() };
    update(&mut tx, &staff, local.id, &renamed, NOW).unwrap();
    let denied = |refusal: PromotionError| assert_eq!(refusal.kind(), ErrorKind::PermissionDenied);
    denied(update(&mut tx, &staff, everywhere.id, &renamed, NOW).unwrap_err());
    denied(archive(&mut tx, &staff, everywhere.id, NOW).unwrap_err());
    archive(&mut tx, &staff, local.id, NOW).unwrap();
    let cashier = Actor::cashier(MERCHANT, PersonId::new(63), StoreAccess::All);
    denied(create(&mut tx, &cashier, &plain(), NOW).unwrap_err());
    denied(update(&mut tx, &cashier, everywhere.id, &renamed, NOW).unwrap_err());
    denied(archive(&mut tx, &cashier, everywhere.id, NOW).unwrap_err());
    let other = MerchantId::new(62);
    let mut theirs = memory.scoped(Scope::Merchant(other));
    for refusal in [
        update(&mut theirs, &Actor::owner(other), everywhere.id, &renamed, NOW).unwrap_err(),
        archive(&mut theirs, &Actor::owner(other), everywhere.id, NOW).unwrap_err(),
    ] {
        assert_eq!(refusal.kind(), ErrorKind::DoesNotExist);
    }
}
