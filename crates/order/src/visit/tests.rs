use regulars_customer::{Sharing, Standing};
use regulars_kernel::{Classify as _, Currency, ErrorKind, LoyaltyCardId, Scope};
use regulars_loyalty::{
    LoyaltyCard, LoyaltyStore, Millionths, PointsProgram, Program, Spending, StampsProgram, ledger,
    welcome::KnowsNobody,
};

use super::*;
use crate::{
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
const POINTS: LoyaltyCardId = LoyaltyCardId::new(900);
const STAMPS: LoyaltyCardId = LoyaltyCardId::new(901);
const DAY: i64 = 86_400;

/// A shop with a card of points, twenty a day at most, and one of stamps.
fn memory() -> Memory {
    let mut memory = Memory::new();
    memory.load(&world());
    let program = PointsProgram {
        max_points_per_day: Some(Points::new(20)),
        initial_points: Points::new(5),
        ..PointsProgram::new(Spending::Product, Millionths::new(Millionths::ONE))
    };
    let stamps =
        StampsProgram { stamps_needed: 5, max_stamps_per_day: None, stamp_expiration_days: None };
    for (id, program) in [(POINTS, Program::Points(program)), (STAMPS, Program::Stamps(stamps))] {
        let card = LoyaltyCard::new(id, MERCHANT, "Card", Currency::EUR, program, at(-400 * DAY));
        memory.loyalty().put_card(card);
    }
    memory
}

fn own(memory: &Memory) -> MemoryStore {
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn visit(person: PersonId, decimal: &str) -> NewVisit {
    NewVisit {
        who: Identifier {
            loyalty_id: Some(loyalty_id(person).as_str().to_owned()),
            ..Identifier::default()
        },
        amount: Amount { decimal: decimal.to_owned(), currency: None },
        store: MITTE,
        occurred_at: None,
        order: None,
        keyed: false,
    }
}

fn recorded(memory: &Memory, new: &NewVisit, seconds: i64) -> Recorded {
    record(&mut own(memory), &Actor::owner(MERCHANT), new, &KnowsNobody, at(seconds)).unwrap()
}

fn faults(answer: Result<Recorded, OrderError>) -> Vec<&'static str> {
    match answer.unwrap_err().kind() {
        ErrorKind::Invalid(wrong) => wrong.iter().map(|one| one.field.unwrap_or("")).collect(),
        other => panic!("{other:?}"),
    }
}

/// What an account of a customer holds, with every book of the shop found in order.
fn balance(memory: &Memory, person: PersonId, card: LoyaltyCardId) -> i64 {
    let books = own(memory).books(None, 100).unwrap();
    for book in &books {
        assert_eq!(ledger::check(book), [], "{:?}", book.account);
    }
    let found =
        books.iter().find(|book| (book.account.person, book.account.card) == (person, card));
    found.map_or(0, |book| book.account.balance.get())
}

fn codes(recorded: &Recorded) -> Vec<&'static str> {
    recorded.warnings.iter().map(|warning| warning.code()).collect()
}

#[test]
fn rule_14_a_visit_earns_as_a_sale_of_its_amount() {
    let memory = memory();
    let first = recorded(&memory, &visit(ADA, "12.90"), 0);
    assert_eq!((first.warnings.as_slice(), first.nothing.as_slice()), (&[][..], &[][..]));
    assert_eq!(balance(&memory, ADA, POINTS), 12 + 5);
    assert_eq!(balance(&memory, ADA, STAMPS), 1);
    // The day's cap clips, and then says why nothing came.
    recorded(&memory, &visit(ADA, "30"), 300);
    assert_eq!(balance(&memory, ADA, POINTS), 20 + 5);
    let third = recorded(&memory, &visit(ADA, "31"), 600);
    assert_eq!(third.nothing, [(POINTS, NothingEarned::DailyCapReached)]);
    // Another currency earns nothing, with the reason.
    let mut dollars = visit(ADA, "40");
    dollars.amount.currency = Some(" usd ".to_owned());
    let fourth = recorded(&memory, &dollars, 900);
    let other = NothingEarned::OtherCurrency;
    assert_eq!(fourth.nothing, [(POINTS, other), (STAMPS, other)]);
    let mut tx = own(&memory);
    let ids = [first.visit, third.visit, fourth.visit];
    let earned = earned(&mut tx, &Actor::owner(MERCHANT), &ids).unwrap();
    let earned: Vec<_> = earned.into_iter().map(|(_, points)| points.get()).collect();
    assert_eq!(earned, [12, 0, 0], "initial points are the card's, not the visit's");
}

#[test]
fn rule_12_equal_visits_within_two_minutes_are_one() {
    let memory = memory();
    let first = recorded(&memory, &visit(ADA, "7"), 0);
    let again = recorded(&memory, &visit(ADA, "7.00"), 119);
    assert_eq!((again.visit, codes(&again)), (first.visit, vec!["same_visit"]));
    assert_eq!(balance(&memory, ADA, STAMPS), 1);
    let mut told = visit(ADA, "7");
    told.occurred_at = Some(at(-119));
    assert_eq!(recorded(&memory, &told, 119).visit, first.visit, "told late of a time before");
    // Another amount, store, customer, or two minutes later: another visit; and so is one that a key tells apart.
    let elsewhere = NewVisit { store: NORD, ..visit(ADA, "7") };
    let keyed = NewVisit { keyed: true, ..visit(ADA, "7") };
    for (new, seconds) in [
        (visit(ADA, "7.01"), 10),
        (elsewhere, 10),
        (visit(BEN, "7"), 10),
        (visit(ADA, "7"), 120),
        (keyed, 10),
    ] {
        let other = recorded(&memory, &new, seconds);
        assert!(other.visit != first.visit && other.warnings.is_empty(), "{new:?}");
    }
    assert_eq!(balance(&memory, ADA, STAMPS), 5);
}

#[test]
fn rule_12_a_visit_that_names_its_order_earns_nothing_itself() {
    let memory = memory();
    let world = world();
    let order = world.orders.iter().find(|order| {
        (order.merchant, order.store, order.consumer) == (MERCHANT, MITTE, Some(ADA))
    });
    let order = order.unwrap().id;
    let named = NewVisit { order: Some(order), ..visit(ADA, "7") };
    assert_eq!(codes(&recorded(&memory, &named, 0)), ["order_earns"]);
    assert_eq!(balance(&memory, ADA, POINTS), 0);
    let stolen = NewVisit { order: Some(order), ..visit(BEN, "7") };
    let elsewhere = NewVisit { store: NORD, ..named.clone() };
    for new in [stolen, elsewhere] {
        let answer = record(&mut own(&memory), &Actor::owner(MERCHANT), &new, &KnowsNobody, at(0));
        assert_eq!(faults(answer), ["orderId"]);
    }
    let unknown = NewVisit { order: Some(OrderId::new(999_999)), ..visit(ADA, "7") };
    let answer = record(&mut own(&memory), &Actor::owner(MERCHANT), &unknown, &KnowsNobody, at(0));
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::DoesNotExist);
}

#[test]
fn rule_7_a_visit_joins_and_revives_but_never_brings_back() {
    let memory = memory();
    let standing = |merchant, person| {
        let mut tx = memory.scoped(Scope::Merchant(merchant));
        let found = tx.find_membership(merchant, person).unwrap();
        found.map(|member| (member.standing, member.sharing))
    };
    // Cleo was archived here: a visit revives her.
    recorded(&memory, &visit(CLEO, "7"), 0);
    assert_eq!(standing(MERCHANT, CLEO).unwrap().0, Standing::Live);
    assert_eq!(balance(&memory, CLEO, POINTS), 7 + 5);
    // She left the other merchant: only she comes back.
    let elsewhere = NewVisit { store: StoreId::new(200), ..visit(CLEO, "7") };
    let mut tx = memory.scoped(Scope::Merchant(OTHER));
    let answer = record(&mut tx, &Actor::owner(OTHER), &elsewhere, &KnowsNobody, at(0));
    assert_eq!(faults(answer), ["consumerLoyaltyId"]);
    assert!(standing(OTHER, CLEO).unwrap().0.is_gone());
    // A stranger joins, their name being seen.
    let dora = PersonId::new(79);
    let account = regulars_customer::NewPerson::consumer(
        regulars_customer::Profile { firstname: "Dora".to_owned(), ..Default::default() },
        loyalty_id(dora),
        at(0),
    );
    memory.customers().put_person(account.with_id(dora));
    recorded(&memory, &visit(dora, "7"), 0);
    assert_eq!(standing(MERCHANT, dora), Some((Standing::Live, Some(Sharing::Name))));
    assert_eq!(balance(&memory, dora, POINTS), 7 + 5);
}

#[test]
fn rule_26_late_visits_are_pending_and_old_ones_earn_by_permission() {
    let memory = memory();
    let ago = |days: i64, actor: &Actor| {
        let new = NewVisit { occurred_at: Some(at(-days * DAY)), ..visit(ADA, "7") };
        let recorded = record(&mut own(&memory), actor, &new, &KnowsNobody, at(0)).unwrap();
        let found = own(&memory).visits(&[recorded.visit], &StoreAccess::All).unwrap();
        assert_eq!(found.first().map(|visit| visit.occurred_at), new.occurred_at);
        (codes(&recorded), recorded.nothing)
    };
    let owner = Actor::owner(MERCHANT);
    let cashier = Actor::cashier(MERCHANT, PersonId::new(63), StoreAccess::All);
    assert_eq!(ago(4, &owner), (vec!["late"], vec![]));
    let books = own(&memory).books(None, 100).unwrap();
    let lots: Vec<_> = books.iter().flat_map(|book| &book.lots).collect();
    assert!(!lots.is_empty() && lots.iter().all(|lot| lot.active_from == Timestamp::MAX));
    assert_eq!(ago(31, &owner), (vec!["backdated"], vec![]));
    let old = NothingEarned::TooLongAgo;
    assert_eq!(ago(32, &cashier), (vec!["too_long_ago"], vec![(POINTS, old), (STAMPS, old)]));
}

#[test]
fn visits_are_recorded_where_one_may_and_in_full() {
    let memory = memory();
    let cashier = Actor::cashier(MERCHANT, PersonId::new(63), StoreAccess::Only(vec![NORD]));
    let answer = record(&mut own(&memory), &cashier, &visit(ADA, "7"), &KnowsNobody, at(0));
    assert_eq!(answer.unwrap_err().argument(), Some("storeId"));
    for actor in [Actor::Consumer { person: ADA }, Actor::Anonymous] {
        let answer = record(&mut own(&memory), &actor, &visit(ADA, "7"), &KnowsNobody, at(0));
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::PermissionDenied);
    }
    let wrong = NewVisit {
        amount: Amount { decimal: "-1".to_owned(), currency: None },
        store: StoreId::new(104),
        ..visit(ADA, "")
    };
    let answer = record(&mut own(&memory), &Actor::owner(MERCHANT), &wrong, &KnowsNobody, at(0));
    assert_eq!(faults(answer), ["storeId", "amountSpent"]);
    for (decimal, currency, fault) in [
        ("12.345", None, "amountSpent"),
        ("10000000000.01", None, "amountSpent"),
        ("much", None, "amountSpent"),
        ("1", Some("EURO"), "amountSpentCurrency"),
    ] {
        let currency = currency.map(str::to_owned);
        let amount = Amount { decimal: decimal.to_owned(), currency };
        let new = NewVisit { amount, ..visit(ADA, "") };
        let answer = record(&mut own(&memory), &Actor::owner(MERCHANT), &new, &KnowsNobody, at(0));
        assert_eq!(faults(answer), [fault], "{decimal}");
    }
}

#[test]
fn warnings_are_read_back_from_their_codes() {
    let times = TimeFlag::ALL.map(VisitWarning::Time);
    for warning in times.into_iter().chain([VisitWarning::Same, VisitWarning::OfOrder]) {
        assert_eq!(VisitWarning::from_code(warning.code()), Some(warning));
    }
    assert_eq!(VisitWarning::from_code("odd"), None);
}
