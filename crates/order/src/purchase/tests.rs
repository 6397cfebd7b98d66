mod versions;

use proptest::prelude::*;
use regulars_customer::{CustomerStore, Standing};
use regulars_kernel::{
    Change, Classify as _, Currency, ErrorKind, LoyaltyCardId, PersonId, Points, ProductId, Scope,
    StoreAccess,
};
use regulars_loyalty::{
    LoyaltyCard, LoyaltyStore, Millionths, NothingEarned, PointsProgram, Program, Spending, ledger,
    welcome::KnowsNobody,
};

use super::*;
use crate::{
    OrderState, OrderStore, ReviewState, SaleReviewQuery, TimeFlag,
    memory::{Memory, MemoryStore},
    refund::{NewRefund, known::NewKnownRefund},
    suite::{
        Fixture as _, world,
        world::{ADA, BEN, CLEO, at, loyalty_id},
    },
};

const MERCHANT: MerchantId = MerchantId::new(61);
const MITTE: StoreId = StoreId::new(100);
const NORD: StoreId = StoreId::new(101);
const POINTS: LoyaltyCardId = LoyaltyCardId::new(900);
const COFFEE: ProductId = ProductId::new(401);
const DAY: i64 = 86_400;

/// A shop whose card gives a point for each euro, and five with the first.
fn shop() -> Memory {
    let mut memory = Memory::new();
    let mut world = world();
    world.orders.clear();
    world.items.clear();
    memory.load(&world);
    let program = PointsProgram {
        initial_points: Points::new(5),
        ..PointsProgram::new(Spending::Product, Millionths::new(Millionths::ONE))
    };
    let program = Program::Points(program);
    let card = LoyaltyCard::new(POINTS, MERCHANT, "Card", Currency::EUR, program, at(-400 * DAY));
    memory.loyalty().put_card(card);
    memory
}

fn own(memory: &Memory) -> MemoryStore {
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn amount(decimal: &str) -> Amount {
    Amount { decimal: decimal.to_owned(), currency: None }
}

fn line(name: &str, price: &str) -> ItemPatch {
    ItemPatch {
        name: Change::Set(name.to_owned()),
        unit_price: Change::Set(amount(price)),
        ..ItemPatch::default()
    }
}

/// A sale of the till, of one line, to whoever has this loyalty id.
fn sale(id: Option<&str>, price: &str, person: Option<PersonId>) -> NewPurchase {
    let loyalty_id = person.map(|person| loyalty_id(person).as_str().to_owned());
    NewPurchase {
        store: MITTE,
        customer: Identifier { loyalty_id, ..Identifier::default() },
        details: OrderPatch::default(),
        source: (id.map(|_| EntitySource::Pos), id.map(str::to_owned)),
        version: SourceVersion::default(),
        links: Vec::new(),
        items: vec![line("Kaffee", price)],
        tips: Vec::new(),
        discounts: Vec::new(),
        codes: Vec::new(),
        payments: Vec::new(),
        tax: None,
        currency: None,
        completed_at: Some(at(0)),
        untried: Untried::default(),
    }
}

fn recorded(memory: &Memory, new: &NewPurchase, seconds: i64) -> RecordedPurchase {
    let owner = Actor::owner(MERCHANT);
    record(&mut own(memory), &owner, new, Mode::Till, &KnowsNobody, at(seconds)).unwrap()
}

fn faults(memory: &Memory, new: &NewPurchase) -> Vec<&'static str> {
    let owner = Actor::owner(MERCHANT);
    let answer = record(&mut own(memory), &owner, new, Mode::Till, &KnowsNobody, at(9));
    match answer.unwrap_err().kind() {
        ErrorKind::Invalid(wrong) => wrong.iter().map(|one| one.field.unwrap_or("")).collect(),
        other => panic!("{other:?}"),
    }
}

fn order(memory: &Memory, id: OrderId) -> Order {
    own(memory).find_order(MERCHANT, id).unwrap().unwrap()
}

/// What an account of a customer holds less what it owes, with every book of the shop found in order.
fn balance(memory: &Memory, person: PersonId) -> i64 {
    let books = own(memory).books(None, 100).unwrap();
    for book in &books {
        assert_eq!(ledger::check(book), [], "{:?}", book.account);
    }
    let found = books.iter().find(|book| book.account.person == person);
    found.map_or(0, |book| book.account.balance.get() - book.account.debt.get())
}

fn codes(recorded: &RecordedPurchase) -> Vec<(&'static str, &str)> {
    let warnings = recorded.answered.warnings.iter();
    warnings.map(|one| (one.kind.code(), one.path.as_str())).collect()
}

/// The codes of what somebody has to look at.
fn open_reviews(memory: &Memory) -> Vec<String> {
    let page = regulars_kernel::PageRequest::parse(
        &regulars_kernel::page::PageArguments::default(),
        "saleReviews",
    )
    .unwrap();
    let query = SaleReviewQuery {
        state: Some(ReviewState::Open),
        store: None,
        order: None,
        within: StoreAccess::All,
    };
    let found = own(memory).list_sale_reviews(&query, &page).unwrap();
    found.items.into_iter().map(|review| review.code).collect()
}

#[test]
fn rule_10_a_sale_is_one_completed_order_with_all_its_parts() {
    let memory = shop();
    let coffee = ItemPatch {
        product: Change::Set(COFFEE),
        unit_price: Change::Set(amount("2.50")),
        quantity: Change::Set(2),
        ..ItemPatch::default()
    };
    let payment = |payment_type, decimal| NewPayment {
        payment_type,
        amount: Some(amount(decimal)),
        cash_received: None,
        change: None,
    };
    let cash =
        NewPayment { cash_received: Some(amount("10")), ..payment(PaymentType::Cash, "8.00") };
    let discount =
        |decimal, item| NewDiscount { name: "Stammgast".to_owned(), amount: amount(decimal), item };
    let new = NewPurchase {
        items: vec![coffee, line("Kuchen", "6")],
        tips: vec![amount("1")],
        discounts: vec![discount("1", Some(1)), discount("0.50", None)],
        payments: vec![cash, payment(PaymentType::CreditCard, "2.50")],
        tax: Some(amount("0.70")),
        ..sale(Some("1"), "1", Some(ADA))
    };
    let done = recorded(&memory, &new, 60);
    assert_eq!((codes(&done), done.replayed), (vec![], false));
    let order = order(&memory, done.order);
    let euros = |minor| Money::new(minor, Currency::EUR);
    assert_eq!(
        (order.state, order.total, order.tax),
        (OrderState::Completed, euros(1_050), Some(euros(70)))
    );
    assert_eq!((order.completed_at, order.created_at), (Some(at(0)), at(60)));
    assert_eq!((order.payment_type, order.payments.len()), (Some(PaymentType::Cash), 2));
    assert_eq!((order.cash_received, order.change), (Some(euros(1_000)), Some(euros(200))));
    assert_eq!(order.entity_source_id.as_deref(), Some("1"));
    let mut tx = own(&memory);
    let all = StoreAccess::All;
    let (_, items) = tx.items_per_order(&[order.id], &all).unwrap().pop().unwrap();
    let items: Vec<_> = items.iter().map(|item| (item.product, item.cost.minor())).collect();
    assert_eq!(items, [(Some(COFFEE), 500), (None, 600)]);
    let (_, discounts) = tx.discounts_per_order(&[order.id], &all).unwrap().pop().unwrap();
    let shares: Vec<Vec<i64>> = discounts
        .iter()
        .map(|one| one.shares.iter().map(|share| share.amount.minor()).collect())
        .collect();
    assert_eq!(shares, [vec![100], vec![25, 25]]);
    assert!(discounts.iter().all(|one| one.unbacked && one.kind == DiscountKind::Other));
    // 5.00 and 6.00 less 1.50, without the tip; and five that come first.
    assert_eq!(balance(&memory, ADA), 9 + 5);
    assert_eq!(open_reviews(&memory), [""; 0]);
}

#[test]
fn rule_10_what_has_happened_is_never_refused() {
    let memory = shop();
    let with = |customer| NewPurchase { customer, ..sale(None, "7", None) };
    let email = |text: &str| Identifier { email: Some(text.to_owned()), ..Identifier::default() };
    let phone =
        |text: &str| Identifier { phone_number: Some(text.to_owned()), ..Identifier::default() };
    let two = Identifier { id: Some(BEN), ..email("Ada@example.com") };
    // A family shares a phone; two identifiers name two; nobody has this address.
    for (customer, code, path) in [
        (email("nobody@example.com"), "customer_unknown", "consumerEmail"),
        (phone("+491712345678"), "several_customers", "consumerPhoneNumber"),
        (two, "several_customers", "consumerId"),
    ] {
        let done = recorded(&memory, &with(customer), 5);
        assert_eq!(codes(&done), [(code, path)]);
        let order = order(&memory, done.order);
        assert_eq!((order.consumer, order.total.minor()), (None, 700));
    }
    // What is paid otherwise, what is late, and what is of long ago.
    let pay = |decimal| NewPayment {
        payment_type: PaymentType::Cash,
        amount: Some(amount(decimal)),
        cash_received: None,
        change: None,
    };
    let odd = NewPurchase { payments: vec![pay("6")], ..sale(None, "7", None) };
    assert_eq!(codes(&recorded(&memory, &odd, 5)), [("payments_differ", "payments")]);
    let late = recorded(&memory, &sale(None, "20", Some(ADA)), 4 * DAY);
    assert_eq!(codes(&late), [("late", "completedAt")]);
    let held = own(&memory).points_summaries(&[ADA], at(4 * DAY)).unwrap();
    assert_eq!(
        held.first().map(|(_, sum)| (sum.available.get(), sum.pending.get())),
        Some((0, 25))
    );
    let cashier = Actor::cashier(MERCHANT, MERCHANT.founder(), StoreAccess::All);
    let mut tx = own(&memory);
    let old = sale(None, "20", Some(ADA));
    let old = record(&mut tx, &cashier, &old, Mode::Till, &KnowsNobody, at(40 * DAY)).unwrap();
    assert_eq!(codes(&old), [(TimeFlag::TooLongAgo.code(), "completedAt")]);
    assert_eq!(old.answered.nothing, [(POINTS, NothingEarned::TooLongAgo)]);
    let mut reviews = open_reviews(&memory);
    reviews.sort();
    reviews.dedup();
    let all = ["customer_unknown", "late", "payments_differ", "several_customers", "too_long_ago"];
    assert_eq!(reviews, all);
}

#[test]
fn rule_10_what_is_not_looked_up_is_recorded_all_the_same() {
    let memory = shop();
    let code = NewCode { code: "AAAA".to_owned(), amount: Some(amount("2")) };
    let untried = Untried { customer: true, codes: true };
    let new = NewPurchase { codes: vec![code], untried, ..sale(Some("1"), "7", Some(ADA)) };
    let done = recorded(&memory, &new, 5);
    let expected =
        [("customer_untried", "consumerLoyaltyId"), ("code_not_taken", "redemptionCodes[0]")];
    assert_eq!(codes(&done), expected);
    assert_eq!(done.answered.warnings[1].reason.as_deref(), Some("too_many_attempts"));
    let kept = order(&memory, done.order);
    // What the till gave is the merchant's own.
    assert_eq!((kept.total.minor(), kept.consumer), (500, None));
    let mut reviews = open_reviews(&memory);
    reviews.sort();
    assert_eq!(reviews, ["code_not_taken", "customer_untried"]);
    // Sent again when there is room for tries, it is the same sale: whose it was is attached.
    let later = NewPurchase { untried: Untried::default(), ..new };
    let again = recorded(&memory, &later, 6);
    assert_eq!((again.order, again.replayed), (done.order, true));
    assert_eq!(again.answered, done.answered);
}

#[test]
fn rule_7_whoever_left_is_not_brought_back_and_who_was_archived_is_revived() {
    let memory = shop();
    let done = recorded(&memory, &sale(None, "7", Some(CLEO)), 5);
    assert_eq!(order(&memory, done.order).consumer, Some(CLEO));
    let member = CustomerStore::find_membership(&mut own(&memory), MERCHANT, CLEO);
    assert_eq!(member.unwrap().unwrap().standing, Standing::Live);
    assert_eq!(balance(&memory, CLEO), 7 + 5);
}

#[test]
fn malformed_input_is_refused_whatever_happened() {
    let memory = shop();
    let plain = || sale(Some("1"), "7", None);
    let item = |change: ItemPatch| NewPurchase { items: vec![change], ..plain() };
    let quantity = |number| ItemPatch { quantity: Change::Set(number), ..line("Tee", "1") };
    for (new, fields) in [
        (item(quantity(-1)), vec!["items"]),
        (item(ItemPatch { name: Change::Keep, ..line("", "1") }), vec!["items"]),
        (NewPurchase { items: Vec::new(), ..plain() }, vec!["items"]),
        (NewPurchase { currency: Some("USD".to_owned()), ..plain() }, vec!["currency"]),
        (NewPurchase { tips: vec![amount("0")], ..plain() }, vec!["tips"]),
        (NewPurchase { tax: Some(amount("8")), ..plain() }, vec!["tax"]),
        (
            NewPurchase { source: (Some(EntitySource::Pos), None), ..plain() },
            vec!["entitySourceId"],
        ),
        (NewPurchase { source: (None, Some("1".to_owned())), ..plain() }, vec!["entitySource"]),
        (
            NewPurchase { links: vec![(EntitySource::Shopify, String::new())], ..plain() },
            vec!["links"],
        ),
        (
            NewPurchase {
                discounts: vec![NewDiscount {
                    name: "Zu viel".to_owned(),
                    amount: amount("7.01"),
                    item: None,
                }],
                ..plain()
            },
            vec!["discounts"],
        ),
    ] {
        assert_eq!(faults(&memory, &new), fields);
    }
    let mut tx = own(&memory);
    let owner = Actor::owner(MERCHANT);
    let elsewhere = NewPurchase { store: StoreId::new(200), ..plain() };
    let nowhere = record(&mut tx, &owner, &elsewhere, Mode::Till, &KnowsNobody, at(9));
    assert!(matches!(nowhere, Err(OrderError::NothingNamed("storeId"))));
    let cashier = Actor::cashier(MERCHANT, MERCHANT.founder(), StoreAccess::Only(vec![NORD]));
    let not_there = record(&mut tx, &cashier, &plain(), Mode::Till, &KnowsNobody, at(9));
    assert!(matches!(not_there, Err(OrderError::NothingNamed("storeId"))));
    let ada = Actor::Consumer { person: ADA };
    let denied = record(&mut tx, &ada, &plain(), Mode::Till, &KnowsNobody, at(9));
    assert!(matches!(denied, Err(OrderError::Denied(_))));
    // A refusal uses no name up.
    let done = recorded(&memory, &plain(), 9);
    assert!(!done.replayed);
}

#[test]
fn rule_11_the_same_again_answers_the_first_and_other_content_too() {
    let memory = shop();
    let first = recorded(&memory, &sale(Some("1"), "12", Some(ADA)), 5);
    let again = recorded(&memory, &sale(Some("1"), "12.00", Some(ADA)), 6);
    assert_eq!((again.order, again.replayed, codes(&again)), (first.order, true, vec![]));
    let other = recorded(&memory, &sale(Some("1"), "13", Some(ADA)), 7);
    assert_eq!((other.order, other.replayed), (first.order, true));
    assert_eq!(codes(&other), [("differs", "entitySourceId")]);
    let twice = recorded(&memory, &sale(Some("1"), "13", Some(ADA)), 8);
    assert_eq!(codes(&twice), [("differs", "entitySourceId")]);
    let another = recorded(&memory, &sale(Some("1"), "12", Some(BEN)), 9);
    assert_eq!(codes(&another), [("other_customer", "consumerLoyaltyId")]);
    assert_eq!(open_reviews(&memory), ["differs", "other_customer"], "each once");
    assert_eq!((balance(&memory, ADA), order(&memory, first.order).total.minor()), (17, 1_200));
    // Elsewhere the same name is another sale's.
    let north = NewPurchase { store: NORD, ..sale(Some("1"), "13", None) };
    assert_ne!(recorded(&memory, &north, 9).order, first.order);
    // Without a name each is a sale.
    let [one, two] = [8, 9].map(|at| recorded(&memory, &sale(None, "1", None), at).order);
    assert_ne!(one, two);
}

#[test]
fn rule_12_a_sale_that_names_its_other_id_is_one_order() {
    let memory = shop();
    let online = NewPurchase {
        source: (Some(EntitySource::Shopify), Some("s-1".to_owned())),
        links: vec![(EntitySource::Pos, "p-1".to_owned())],
        ..sale(Some("1"), "12", Some(ADA))
    };
    let first = recorded(&memory, &online, 5);
    let till = recorded(&memory, &sale(Some("p-1"), "12", Some(ADA)), 6);
    assert_eq!((till.order, codes(&till)), (first.order, vec![("linked", "entitySourceId")]));
    assert_eq!(balance(&memory, ADA), 17);
    // The other way round: what is known comes in under a new name that says so.
    let known = recorded(&memory, &sale(Some("p-2"), "3", None), 7);
    let online = NewPurchase {
        source: (Some(EntitySource::Shopify), Some("s-2".to_owned())),
        links: vec![(EntitySource::Pos, "p-2".to_owned())],
        ..sale(None, "3", None)
    };
    assert_eq!(recorded(&memory, &online, 8).order, known.order);
    assert_eq!(recorded(&memory, &online, 9).order, known.order);
    // Two that are known stay two.
    let both = NewPurchase {
        links: vec![(EntitySource::Pos, "p-2".to_owned())],
        ..sale(Some("p-1"), "12", Some(ADA))
    };
    let both = recorded(&memory, &both, 10);
    assert_eq!(both.order, first.order);
    assert!(codes(&both).contains(&("link_taken", "links[0]")), "{both:?}");
    assert_eq!(open_reviews(&memory), ["link_taken"]);
}

fn version(id: &str, price: &str, seq: i64) -> NewPurchase {
    NewPurchase {
        version: SourceVersion { seq: Some(seq), updated_at: None },
        ..sale(Some(id), price, Some(ADA))
    }
}

#[test]
fn rule_11_a_newer_version_earns_or_takes_back_the_difference() {
    let memory = shop();
    let first = recorded(&memory, &version("1", "12", 1), 5);
    assert_eq!(balance(&memory, ADA), 12 + 5);
    let more = recorded(&memory, &version("1", "20", 2), 6);
    assert_eq!((more.order, more.replayed, codes(&more)), (first.order, false, vec![]));
    assert_eq!((balance(&memory, ADA), order(&memory, first.order).total.minor()), (20 + 5, 2_000));
    let less = recorded(&memory, &version("1", "3", 3), 7);
    assert_eq!((less.order, balance(&memory, ADA)), (first.order, 3 + 5));
    let old = recorded(&memory, &version("1", "20", 2), 8);
    assert_eq!(codes(&old), [("differs", "entitySourceId")]);
    assert_eq!(balance(&memory, ADA), 3 + 5);
    // Another buyer takes all of it over.
    let bens =
        NewPurchase { customer: sale(None, "1", Some(BEN)).customer, ..version("1", "9", 4) };
    let bens = recorded(&memory, &bens, 9);
    assert_eq!((bens.order, codes(&bens)), (first.order, vec![]));
    assert_eq!(
        (balance(&memory, ADA), balance(&memory, BEN)),
        (0, 9),
        "who is managed and unknown is not welcomed"
    );
    // The latest again is the latest.
    let bens =
        NewPurchase { customer: sale(None, "1", Some(BEN)).customer, ..version("1", "9", 4) };
    assert!(recorded(&memory, &bens, 10).replayed);
    let lines = own(&memory).items_per_order(&[first.order], &StoreAccess::All).unwrap();
    assert_eq!(lines.first().map(|(_, lines)| lines.len()), Some(1), "the line is the same");
}

fn back(memory: &Memory, id: &str, decimal: Option<&str>, name: &str, seconds: i64) -> bool {
    let new = NewKnownRefund {
        store: MITTE,
        source: (Some(EntitySource::Pos), Some(id.to_owned())),
        source_id: Some(name.to_owned()),
        refund: NewRefund { amount: decimal.map(amount), reason: None, is_cash: true },
    };
    let owner = Actor::owner(MERCHANT);
    let done = known_refund::create(&mut own(memory), &owner, &new, at(seconds)).unwrap();
    done.refund.is_some()
}

#[test]
fn rule_11_a_refund_that_comes_before_its_sale_waits_for_it() {
    let memory = shop();
    assert!(!back(&memory, "1", Some("2"), "r-1", 4));
    assert!(!back(&memory, "1", Some("2"), "r-1", 4), "once more");
    let done = recorded(&memory, &sale(Some("1"), "12", Some(ADA)), 5);
    assert_eq!(order(&memory, done.order).refunded.minor(), 200);
    assert_eq!(balance(&memory, ADA), 10 + 5);
    assert!(back(&memory, "1", Some("2"), "r-1", 6), "it counted once");
    assert_eq!(order(&memory, done.order).refunded.minor(), 200);
    // Told again, it is the first, whatever it says now; somebody looks at it.
    assert_eq!(open_reviews(&memory), [""; 0]);
    assert!(back(&memory, "1", Some("3"), "r-1", 6));
    assert_eq!(order(&memory, done.order).refunded.minor(), 200);
    assert_eq!(open_reviews(&memory), ["refund_differs"]);
    // More than is left gives back what is, and somebody looks at it.
    assert!(back(&memory, "1", Some("11"), "r-2", 7));
    let order = order(&memory, done.order);
    assert_eq!((order.refunded.minor(), order.state), (1_200, OrderState::Refunded));
    let mut reviews = open_reviews(&memory);
    reviews.sort();
    assert_eq!(reviews, ["refund_differs", "refund_too_large"]);
    assert_eq!(balance(&memory, ADA), 0);
}

/// What may come of one sale, in whatever order and however often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Sale(i64),
    Part,
    Whole,
}

/// The order and the books after some events.
fn after(events: &[Event], prices: [&str; 2]) -> (i64, i64, OrderState, i64) {
    let memory = shop();
    // Somebody who has something already: nothing is hidden by an empty account.
    recorded(&memory, &sale(Some("before"), "100", Some(ADA)), 1);
    let mut id = None;
    for (seconds, event) in (10..).zip(events) {
        match event {
            Event::Sale(seq) => {
                let price = prices[usize::try_from(seq - 1).unwrap()];
                id = Some(recorded(&memory, &version("1", price, *seq), seconds).order);
            }
            Event::Part => drop(back(&memory, "1", Some("2.50"), "part", seconds)),
            Event::Whole => drop(back(&memory, "1", None, "whole", seconds)),
        }
    }
    let order = order(&memory, id.unwrap());
    (order.total.minor(), order.refunded.minor(), order.state, balance(&memory, ADA))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rule_11_any_order_and_any_number_of_times_ends_in_the_same_books(
        whole: bool,
        prices in prop_oneof![
            Just(["12.40", "30.10"]), Just(["30.10", "12.40"]), Just(["12.40", "12.40"]),
            Just(["7", "2"]), Just(["0", "9.90"]), Just(["9.90", "0"]),
        ],
        order in Just(vec![0_usize, 1, 2, 0, 1, 2, 0]).prop_shuffle(),
        length in 0_usize..5,
    ) {
        let refund = if whole { Event::Whole } else { Event::Part };
        let kinds = [Event::Sale(1), Event::Sale(2), refund];
        let expected = after(&kinds, prices);
        let mut events: Vec<_> = order.iter().take(3 + length).map(|kind| kinds[*kind]).collect();
        for kind in kinds {
            if !events.contains(&kind) {
                events.push(kind);
            }
        }
        prop_assert_eq!(after(&events, prices), expected, "{:?}", events);
    }
}

#[test]
fn rule_12_imported_history_earns_nothing_unless_asked() {
    let memory = shop();
    let owner = Actor::owner(MERCHANT);
    let import = |id: &str, earns, now| {
        let new = sale(Some(id), "12", Some(ADA));
        let mode = Mode::History { earns };
        record(&mut own(&memory), &owner, &new, mode, &KnowsNobody, at(now)).unwrap()
    };
    let silent = import("1", false, 400 * DAY);
    assert_eq!((codes(&silent), balance(&memory, ADA)), (vec![], 0));
    let earning = import("2", true, 400 * DAY);
    assert_eq!((codes(&earning), balance(&memory, ADA)), (vec![], 12 + 5));
    assert!(import("2", true, 401 * DAY).replayed);
    let cashier = Actor::cashier(MERCHANT, MERCHANT.founder(), StoreAccess::All);
    let new = sale(Some("3"), "12", None);
    let mode = Mode::History { earns: true };
    let denied = record(&mut own(&memory), &cashier, &new, mode, &KnowsNobody, at(9));
    assert!(matches!(denied, Err(OrderError::Denied(_))));
}

#[test]
fn rule_10_a_quote_says_what_recording_does_and_writes_nothing() {
    let memory = shop();
    let owner = Actor::owner(MERCHANT);
    let mut new = sale(Some("1"), "12", Some(ADA));
    new.discounts = vec![NewDiscount { name: "x".to_owned(), amount: amount("2"), item: None }];
    let quoted = quote::quote(&mut own(&memory), &owner, &new, &KnowsNobody, at(5)).unwrap();
    assert_eq!((quoted.total.minor(), quoted.discounted.minor()), (1_000, 200));
    let earned = quoted.cards.first().and_then(|one| one.earned.as_ref().ok());
    assert_eq!(earned.map(|one| (one.amount.get(), one.initial.get())), Some((10, 5)));
    assert_eq!(balance(&memory, ADA), 0);
    let done = recorded(&memory, &new, 6);
    assert!(!done.replayed, "the quote used no name up");
    assert_eq!(balance(&memory, ADA), 10 + 5);
    let nobody = NewPurchase {
        customer: Identifier { email: Some("x@example.com".to_owned()), ..Identifier::default() },
        ..sale(None, "12", None)
    };
    let quoted = quote::quote(&mut own(&memory), &owner, &nobody, &KnowsNobody, at(5)).unwrap();
    assert_eq!(quoted.warnings.first().map(|one| one.kind), Some(WarningKind::CustomerUnknown));
}
