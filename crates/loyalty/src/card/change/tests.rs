use regulars_kernel::{
    Classify, Currency, ErrorKind, MerchantId, Money, Permissions, PersonId, Scope, StoreAccess,
    StoreId,
};
use regulars_merchant::{Product, Store, Tz};
use regulars_promotion::{Status, terms::change::MoneyPatch};

use super::*;
use crate::{
    Account, Book, LoyaltyType, PointsLoyaltyType,
    memory::{Memory, MemoryStore},
};

const MERCHANT: MerchantId = MerchantId::new(61);
const OTHER: MerchantId = MerchantId::new(62);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_760_000_000 + seconds)
}

fn set(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

/// Two merchants with a store and a product each, the first one's second product archived.
fn memory() -> Memory {
    let memory = Memory::new();
    let merchants = memory.customers().merchants();
    for (merchant, currency) in [(MERCHANT, Currency::EUR), (OTHER, Currency::JPY)] {
        merchants.put_merchant(Merchant::new(merchant, "Shop", Tz::UTC, currency, at(0)));
        let first = merchant.get() * 10;
        merchants.put_store(Store::new(StoreId::new(first), merchant, "Here", at(0)));
        merchants.put_store(Store::new(StoreId::new(first + 1), merchant, "There", at(0)));
        for (number, archived) in [(first, false), (first + 1, true)] {
            merchants.put_product(Product {
                id: ProductId::new(number),
                merchant,
                name: "Ware".to_owned(),
                price: Money::new(100, currency),
                category: None,
                entity_source: None,
                entity_source_id: None,
                archived,
                extra_info: None,
                created_at: at(0),
                updated_at: at(0),
            });
        }
    }
    memory
}

fn tx(memory: &Memory) -> MemoryStore {
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn flat(name: &str) -> LoyaltyCardPatch {
    let program = ProgramPatch {
        loyalty_type: Change::Set(LoyaltyType::Points),
        points_loyalty_type: Change::Set(PointsLoyaltyType::Flat),
        dollar_worth: set("1"),
        points_needed: Change::Set(100),
        point_worth: set("0.01"),
        ..ProgramPatch::default()
    };
    LoyaltyCardPatch { name: set(name), program, ..LoyaltyCardPatch::default() }
}

fn made(memory: &Memory, patch: &LoyaltyCardPatch) -> LoyaltyCard {
    let id = create(&mut tx(memory), &Actor::owner(MERCHANT), patch, at(1)).unwrap();
    found(memory, id)
}

fn found(memory: &Memory, id: LoyaltyCardId) -> LoyaltyCard {
    tx(memory).find_loyalty_card(MERCHANT, id).unwrap().unwrap()
}

fn faults(error: &LoyaltyError) -> Vec<&'static str> {
    match error.kind() {
        ErrorKind::Invalid(wrong) => wrong.iter().filter_map(|one| one.field).collect(),
        other => panic!("{other:?}"),
    }
}

fn refused(patch: &LoyaltyCardPatch) -> Vec<&'static str> {
    faults(&create(&mut tx(&memory()), &Actor::owner(MERCHANT), patch, at(1)).unwrap_err())
}

fn changed(
    memory: &Memory,
    id: LoyaltyCardId,
    patch: &LoyaltyCardPatch,
) -> Result<LoyaltyCard, Vec<&'static str>> {
    let answer = update(&mut tx(memory), &Actor::owner(MERCHANT), id, patch, at(9));
    answer.map(|id| found(memory, id)).map_err(|error| faults(&error))
}

#[test]
fn a_card_is_what_was_said_and_the_rest_as_usual() {
    let memory = memory();
    let plain = made(&memory, &flat(" Stamp "));
    let usual =
        LoyaltyCard::new(plain.id, MERCHANT, "Stamp", Currency::EUR, plain.program.clone(), at(1));
    assert_eq!(plain, usual);
    let full = LoyaltyCardPatch {
        short_description: set("short"),
        long_description: set("two\nlines"),
        terms_and_conditions: set(" small print "),
        placement: set("top"),
        redemption_expiration_days: Change::Set(7),
        products: Change::Set([ProductId::new(610)].into()),
        terms: TermsPatch {
            status: Change::Set(Status::Draft),
            minimum_spend: MoneyPatch { amount: set("12.5"), currency: Change::Keep },
            ..TermsPatch::default()
        },
        ..flat("Full")
    };
    let full = made(&memory, &full);
    assert_eq!(full.long_description.as_deref(), Some("two\nlines"));
    assert_eq!(full.terms_and_conditions.as_deref(), Some("small print"));
    assert_eq!(full.redemption_expiration_days, Some(7));
    assert_eq!(full.products, [ProductId::new(610)]);
    assert_eq!(full.terms.status, Status::Draft);
    assert_eq!(full.terms.minimum_spend, Some(Money::new(1_250, Currency::EUR)));
}

#[test]
fn every_fault_is_named_at_once() {
    assert_eq!(refused(&LoyaltyCardPatch::default()), ["loyaltyType", "name"]);
    let long = set(&"x".repeat(MAX_SHORT_CHARS + 1));
    let longer = set(&"x".repeat(MAX_LONG_CHARS + 1));
    let mut wrong = LoyaltyCardPatch {
        name: set(" "),
        short_description: long.clone(),
        placement: long,
        long_description: longer.clone(),
        terms_and_conditions: longer,
        redemption_expiration_days: Change::Set(0),
        products: Change::Set([610, 611, 620, 999].map(ProductId::new).into()),
        ..flat("")
    };
    wrong.terms.enrollment_limit = Change::Set(0);
    wrong.program.stamps_needed = Change::Set(1);
    wrong.program.point_worth = Change::Clear;
    let named = [
        "stampsNeeded",
        "enrollmentLimit",
        "pointWorth",
        "name",
        "shortDescription",
        "placement",
        "longDescription",
        "termsAndConditions",
        "redemptionExpirationDays",
        "products",
        "products",
    ];
    assert_eq!(refused(&wrong), named);
    let many: BTreeSet<_> = (1..).take(MAX_PRODUCTS + 1).map(ProductId::new).collect();
    assert_eq!(
        refused(&LoyaltyCardPatch { products: Change::Set(many), ..flat("Many") }),
        ["products"]
    );
}

#[test]
fn rule_14_a_least_spend_in_another_currency_would_never_be_met() {
    let memory = memory();
    let mut yen = flat("Yen");
    yen.program.currency = set("JPY");
    yen.program.point_worth = set("1");
    yen.terms.minimum_spend = MoneyPatch { amount: set("500"), currency: set("jpy") };
    let card = made(&memory, &yen);
    assert_eq!(card.terms.minimum_spend, Some(Money::new(500, Currency::JPY)));
    yen.terms.minimum_spend.currency = set("EUR");
    assert_eq!(refused(&yen), ["minimumSpendCurrency"]);
    let mut euros = LoyaltyCardPatch::default();
    euros.program.currency = set("EUR");
    euros.program.point_worth = set("0.01");
    assert_eq!(changed(&memory, card.id, &euros), Err(vec!["minimumSpend"]));
    euros.terms.minimum_spend = MoneyPatch { amount: set("5"), currency: set("EUR") };
    let card = changed(&memory, card.id, &euros).unwrap();
    assert_eq!(card.terms.minimum_spend, Some(Money::new(500, Currency::EUR)));
    assert_eq!(card.currency, Currency::EUR);
}

#[test]
fn a_card_that_ends_before_its_points_can_be_spent_is_refused() {
    const DAY: i64 = 86_400;
    let ending = |days: i64, start: Option<i64>| {
        let mut patch = flat("Short");
        patch.program.activation_delay_days = Change::Set(7);
        patch.terms.end_time = Change::Set(at(days * DAY + 1));
        patch.terms.start_time = start.map_or(Change::Keep, |day| Change::Set(at(day * DAY)));
        patch
    };
    assert_eq!(refused(&ending(6, None)), ["activationDelayDays"]);
    assert_eq!(refused(&ending(8, Some(3))), ["activationDelayDays"]);
    let memory = memory();
    let card = made(&memory, &ending(10, Some(3)));
    let mut sooner = LoyaltyCardPatch::default();
    sooner.terms.end_time = Change::Set(at(5 * DAY));
    assert_eq!(changed(&memory, card.id, &sooner), Err(vec!["activationDelayDays"]));
    sooner.program.activation_delay_days = Change::Clear;
    assert!(changed(&memory, card.id, &sooner).is_ok());
}

#[test]
fn absent_keeps_null_clears_and_nothing_new_moves_nothing() {
    let memory = memory();
    let mut patch = flat("Card");
    patch.placement = set("top");
    patch.products = Change::Set([ProductId::new(610)].into());
    patch.program.validity_in_months = Change::Set(12);
    let card = made(&memory, &patch);
    assert_eq!(changed(&memory, card.id, &patch), Ok(card.clone()));
    assert_eq!(changed(&memory, card.id, &LoyaltyCardPatch::default()), Ok(card.clone()));
    let mut cleared = LoyaltyCardPatch {
        placement: Change::Clear,
        products: Change::Clear,
        ..LoyaltyCardPatch::default()
    };
    cleared.program.validity_in_months = Change::Clear;
    let after = changed(&memory, card.id, &cleared).unwrap();
    let name = "Card";
    let program = made(&memory, &flat(name)).program;
    let usual = LoyaltyCard::new(card.id, MERCHANT, name, Currency::EUR, program, at(1));
    assert_eq!(after, LoyaltyCard { updated_at: at(9), ..usual });
    for _twice in 0..2 {
        archive(&mut tx(&memory), &Actor::owner(MERCHANT), card.id, at(11)).unwrap();
    }
    let gone = found(&memory, card.id);
    assert_eq!((gone.terms.archived, gone.updated_at), (true, at(11)));
    let mut back = LoyaltyCardPatch::default();
    back.terms.archived = Change::Clear;
    assert!(!changed(&memory, card.id, &back).unwrap().terms.archived);
}

#[test]
fn what_is_left_alone_is_not_judged_again() {
    let memory = memory();
    // A card of an older version, which nobody could make today.
    let mut old = made(&memory, &flat("Old"));
    let Program::Points(points) = &mut old.program else { panic!("{old:?}") };
    points.validity_in_months = Some(1);
    points.activation_delay_days = 300;
    memory.put_card(old.clone());
    let renamed = LoyaltyCardPatch { name: set("New"), ..LoyaltyCardPatch::default() };
    assert_eq!(changed(&memory, old.id, &renamed).unwrap().program, old.program);
    archive(&mut tx(&memory), &Actor::owner(MERCHANT), old.id, at(10)).unwrap();
    let mut back = LoyaltyCardPatch::default();
    back.terms.archived = Change::Set(false);
    assert_eq!(changed(&memory, old.id, &back), Err(vec!["activationDelayDays"]));
    // A product that is no longer sold stays where it is named.
    let mut naming = made(&memory, &flat("Naming"));
    naming.products = vec![ProductId::new(611)];
    memory.put_card(naming.clone());
    let both = [610, 611].map(ProductId::new);
    let patch =
        LoyaltyCardPatch { products: Change::Set(both.into()), ..LoyaltyCardPatch::default() };
    assert_eq!(changed(&memory, naming.id, &patch).unwrap().products, both);
}

#[test]
fn rule_17_what_people_have_on_a_card_keeps_its_meaning() {
    let memory = memory();
    let mut patch = flat("Card");
    patch.program.validity_in_months = Change::Set(12);
    let card = made(&memory, &patch);
    let of = |program: ProgramPatch| LoyaltyCardPatch { program, ..LoyaltyCardPatch::default() };
    let product = of(ProgramPatch {
        points_loyalty_type: Change::Set(PointsLoyaltyType::Product),
        ..ProgramPatch::default()
    });
    let flat_again = of(flat("").program);
    // Nobody has anything on it yet.
    changed(&memory, card.id, &product).unwrap();
    changed(&memory, card.id, &flat_again).unwrap();
    let account = Account::new(1.into(), MERCHANT, PersonId::new(7), card.id, at(2));
    let mut book = Book::new(Account { seq: 1, ..account });
    book.account.balance = Points::new(5);
    memory.put_book(book.clone());
    let stamps = of(ProgramPatch {
        loyalty_type: Change::Set(LoyaltyType::Stamps),
        stamps_needed: Change::Set(10),
        ..ProgramPatch::default()
    });
    let yen =
        of(ProgramPatch { currency: set("JPY"), point_worth: set("1"), ..ProgramPatch::default() });
    for (patch, argument) in
        [(&product, "pointsLoyaltyType"), (&stamps, "loyaltyType"), (&yen, "currency")]
    {
        assert_eq!(changed(&memory, card.id, patch), Err(vec![argument]));
    }
    // Everything else may change, and what was granted stays as it is.
    let mut other = of(ProgramPatch {
        validity_in_months: Change::Set(1),
        points_needed: Change::Set(200),
        dollar_worth: set("2"),
        ..ProgramPatch::default()
    });
    other.terms.status = Change::Set(Status::Ended);
    changed(&memory, card.id, &other).unwrap();
    assert_eq!(tx(&memory).books(None, 9).unwrap(), [book]);
}

#[test]
fn who_may_where() {
    let memory = memory();
    let here = StoreId::new(610);
    let person = PersonId::new(63);
    let staff = |permission: Permission, stores| {
        Actor::staff(MERCHANT, person, [permission].into_iter().collect::<Permissions>(), stores)
    };
    let change = Permission::ChangePromotion;
    let local = staff(change, StoreAccess::Only(vec![here]));
    let kind = |result: Result<LoyaltyCardId, LoyaltyError>| result.unwrap_err().kind();
    let everywhere = made(&memory, &flat("Everywhere"));
    let mut patch = flat("Here");
    assert_eq!(faults(&create(&mut tx(&memory), &local, &patch, at(2)).unwrap_err()), ["stores"]);
    patch.terms.places.stores = Change::Set([here].into());
    let own = create(&mut tx(&memory), &local, &patch, at(2)).unwrap();
    archive(&mut tx(&memory), &local, own, at(3)).unwrap();
    let denied = ErrorKind::PermissionDenied;
    assert_eq!(kind(archive(&mut tx(&memory), &local, everywhere.id, at(3))), denied);
    for actor in [
        staff(Permission::Redeem, StoreAccess::All),
        Actor::Anonymous,
        Actor::Consumer { person },
        Actor::Platform { person },
    ] {
        let mut tx = tx(&memory);
        assert_eq!(kind(create(&mut tx, &actor, &patch, at(2))), denied);
        assert_eq!(kind(update(&mut tx, &actor, own, &patch, at(2))), denied);
        assert_eq!(kind(archive(&mut tx, &actor, own, at(2))), denied);
    }
    let mut theirs = memory.scoped(Scope::Merchant(OTHER));
    let absent = kind(update(&mut theirs, &Actor::owner(OTHER), own, &patch, at(2)));
    assert_eq!(absent, ErrorKind::DoesNotExist);
}

#[test]
fn a_merchant_has_a_thousand_cards_at_most() {
    let memory = memory();
    let card = made(&memory, &flat("Card"));
    for number in 0..i64::try_from(MAX_CARDS).unwrap() - 2 {
        memory.put_card(LoyaltyCard { id: LoyaltyCardId::new(10_000 + number), ..card.clone() });
    }
    let owner = Actor::owner(MERCHANT);
    create(&mut tx(&memory), &owner, &flat("Last"), at(1)).unwrap();
    let refusal = create(&mut tx(&memory), &owner, &flat("More"), at(1)).unwrap_err();
    assert_eq!(faults(&refusal), Vec::<&str>::new(), "of the input as a whole");
}
