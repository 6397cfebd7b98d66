use proptest::prelude::*;
use regulars_kernel::{MerchantId, Permission, Permissions, PersonId, Scope, StoreAccess};
use regulars_merchant::{Merchant, Tz};

use super::*;
use crate::{Campaign, memory::Memory, suite};

const MERCHANT: MerchantId = MerchantId::new(61);
/// Friday, 5 June 2026, noon in Berlin.
const NOW: Timestamp = Timestamp::from_micros(1_780_653_600_000_000);

/// Stores 100, 101, 102 and 106 are live, 103 is shut, 104 and 105 are archived; group 301 is 100, 101 and 106, group 303
/// is empty; 2xx and 304 are another's.
fn memory() -> Memory {
    let (memory, world) = (Memory::new(), suite::world());
    let merchants = memory.customers().merchants();
    world.below.merchants.into_iter().for_each(|row| merchants.put_merchant(row));
    world.below.stores.into_iter().for_each(|row| merchants.put_store(row));
    world.below.store_groups.into_iter().for_each(|row| merchants.put_store_group(row));
    memory
}

fn merchant() -> Merchant {
    suite::world().below.merchants.into_iter().find(|row| row.id == MERCHANT).unwrap()
}

fn hours(hours: i64) -> Timestamp {
    Timestamp::from_seconds(NOW.seconds() + hours * 3_600)
}

fn text(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

fn stores(ids: &[i64]) -> PlacesPatch {
    let stores = Change::Set(ids.iter().copied().map(StoreId::new).collect());
    PlacesPatch { stores, groups: Change::Keep }
}

fn groups(ids: &[i64]) -> PlacesPatch {
    let groups = Change::Set(ids.iter().copied().map(StoreGroupId::new).collect());
    PlacesPatch { stores: Change::Keep, groups }
}

fn campaign(places: &[i64], start: Option<Timestamp>, end: Option<Timestamp>) -> Campaign {
    Campaign {
        id: regulars_kernel::CampaignId::new(501),
        merchant: MERCHANT,
        name: "Sommer".to_owned(),
        status: Status::Active,
        start_time: start,
        end_time: end,
        places: Places {
            stores: places.iter().copied().map(StoreId::new).collect(),
            groups: Vec::new(),
        },
        extra_info: None,
        archived: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// The terms afterwards, and the arguments at fault.
fn changed_by(
    actor: &Actor,
    campaign: Option<&Campaign>,
    before: Option<&Terms>,
    patch: &TermsPatch,
) -> Result<(Terms, Vec<&'static str>), PromotionError> {
    let merchant = merchant();
    let setting = Setting { campaign, is_moved: before.is_none(), ..Setting::of(&merchant, NOW) };
    let mut tx = memory().scoped(Scope::Merchant(MERCHANT));
    let mut wrong = Violations::new();
    let terms = change(&mut tx, actor, &setting, before, patch, &mut wrong)?;
    Ok((terms, wrong.iter().map(|one| one.field.unwrap()).collect()))
}

fn made(patch: &TermsPatch) -> Terms {
    let (terms, faults) = changed_by(&Actor::owner(MERCHANT), None, None, patch).unwrap();
    assert_eq!(faults, [""; 0], "{patch:?}");
    terms
}

fn faults(
    campaign: Option<&Campaign>,
    before: Option<&Terms>,
    patch: &TermsPatch,
) -> Vec<&'static str> {
    changed_by(&Actor::owner(MERCHANT), campaign, before, patch).unwrap().1
}

#[test]
fn terms_of_which_nothing_is_said_refuse_nobody_anything() {
    assert_eq!(made(&TermsPatch::default()), Terms::open());
}

#[test]
fn terms_are_what_was_said_and_null_goes_back_to_what_is_usual() {
    let patch = TermsPatch {
        status: Change::Set(Status::Draft),
        start_time: Change::Set(hours(-5)),
        end_time: Change::Set(hours(24 * 40)),
        day_start_time: Change::Set(NaiveTime::from_hms_opt(22, 0, 0).unwrap()),
        day_end_time: Change::Set(NaiveTime::from_hms_opt(2, 0, 0).unwrap()),
        days_of_week: Change::Set(vec![Weekday::Fri, Weekday::Sat]),
        places: PlacesPatch {
            stores: Change::Set([103, 100].map(StoreId::new).into()),
            groups: Change::Set([301].map(StoreGroupId::new).into()),
        },
        enrollment_limit: Change::Set(1),
        repeatable: Change::Set(true),
        repeat_delay_hours: Change::Set(24),
        segmentation_rules: text(r#"[["gender","exact","MALE"]]"#),
        minimum_spend: MoneyPatch { amount: text("12.5"), currency: text("eur") },
        weather: text(" rain "),
        extra_info: text("{\"a\": 1}"),
        archived: Change::Keep,
    };
    let terms = made(&patch);
    assert_eq!(terms.places.stores, [StoreId::new(100), StoreId::new(103)]);
    assert_eq!(terms.weekdays.bits(), 0b11_0000);
    assert_eq!(terms.minimum_spend, Some(Money::new(1_250, Currency::EUR)));
    assert_eq!(terms.weather.as_deref(), Some("rain"));
    let again = changed_by(&Actor::owner(MERCHANT), None, Some(&terms), &patch).unwrap();
    assert_eq!(again, (terms.clone(), Vec::new()), "the same again");
    let nulls = TermsPatch {
        status: Change::Clear,
        start_time: Change::Clear,
        end_time: Change::Clear,
        day_start_time: Change::Clear,
        day_end_time: Change::Clear,
        days_of_week: Change::Clear,
        places: PlacesPatch { stores: Change::Clear, groups: Change::Clear },
        enrollment_limit: Change::Clear,
        repeatable: Change::Clear,
        repeat_delay_hours: Change::Clear,
        segmentation_rules: Change::Clear,
        minimum_spend: MoneyPatch { amount: Change::Clear, currency: Change::Clear },
        weather: Change::Clear,
        extra_info: Change::Clear,
        archived: Change::Clear,
    };
    let cleared = changed_by(&Actor::owner(MERCHANT), None, Some(&terms), &nulls).unwrap();
    assert_eq!(cleared, (Terms::open(), Vec::new()));
}

#[test]
fn every_fault_is_named_at_once() {
    let wrong = TermsPatch {
        status: Change::Set(Status::Ended),
        start_time: Change::Set(hours(2)),
        end_time: Change::Set(hours(2)),
        days_of_week: Change::Set(Vec::new()),
        places: PlacesPatch {
            stores: Change::Set([100, 104, 200, 999].map(StoreId::new).into()),
            groups: Change::Set([304].map(StoreGroupId::new).into()),
        },
        enrollment_limit: Change::Set(0),
        repeatable: Change::Set(false),
        repeat_delay_hours: Change::Set(1),
        segmentation_rules: text("[[\"shoe size\",\"exact\",44]]"),
        minimum_spend: MoneyPatch { amount: text("-1"), currency: text("USD") },
        weather: text("a\nb"),
        extra_info: text("[1]"),
        ..TermsPatch::default()
    };
    let named = [
        "daysOfWeek",
        "enrollmentLimit",
        "segmentationRules",
        "minimumSpendCurrency",
        "minimumSpend",
        "weather",
        "extraInfo",
        "stores",
        "storeGroups",
        "stores",
        "endTime",
        "status",
        "repeatDelayHours",
    ];
    assert_eq!(faults(None, None, &wrong), named);
}

#[test]
fn more_places_than_fit_are_refused_and_many_of_nobody_are_told_in_short() {
    let many: Vec<i64> = (9_000..=9_000 + i64::try_from(MAX_PLACES).unwrap()).collect();
    let refused = |places: PlacesPatch| {
        let patch = TermsPatch { places, ..TermsPatch::default() };
        let (merchant, mut wrong) = (merchant(), Violations::new());
        let mut tx = memory().scoped(Scope::Merchant(MERCHANT));
        let setting = Setting::of(&merchant, NOW);
        change(&mut tx, &Actor::owner(MERCHANT), &setting, None, &patch, &mut wrong).unwrap();
        wrong.to_string()
    };
    assert_eq!(refused(stores(&many)), "stores: Name at most 500.");
    assert_eq!(refused(groups(&many)), "storeGroups: Name at most 500.");
    let told = "stores: No store has the number 9000, 9001, 9002, 9003, 9004 (and 495 more).";
    assert_eq!(refused(stores(&many[..MAX_PLACES])), told);
    assert_eq!(refused(stores(&many[..5])), told.replace(" (and 495 more)", ""));
}

#[test]
fn a_window_that_nobody_can_use_is_refused() {
    let window = |start: Option<i64>, end: Option<i64>| TermsPatch {
        start_time: start.map(hours).into(),
        end_time: end.map(hours).into(),
        ..TermsPatch::default()
    };
    for (start, end, at_fault) in [
        (None, Some(1), &[][..]),
        (Some(-9), Some(1), &[][..]),
        (Some(5), None, &[][..]),
        (Some(5), Some(4), &["endTime"][..]),
        (Some(5), Some(5), &["endTime"][..]),
        (None, Some(0), &["endTime"][..]),
        (Some(-9), Some(-1), &["endTime"][..]),
    ] {
        assert_eq!(faults(None, None, &window(start, end)), at_fault, "{start:?} {end:?}");
    }
    // What ran may be brought to an end, and what is over may be spoken of, but not brought back.
    let running = made(&window(Some(-9), Some(9)));
    let ended = TermsPatch { end_time: Change::Set(hours(-1)), ..TermsPatch::default() };
    assert_eq!(faults(None, Some(&running), &ended), [""; 0]);
    let over = Terms { end_time: Some(hours(-1)), ..running };
    let noted = TermsPatch { weather: text("rain"), ..TermsPatch::default() };
    assert_eq!(faults(None, Some(&over), &noted), [""; 0]);
    let archived = Terms { archived: true, ..over };
    let back = TermsPatch { archived: Change::Set(false), ..TermsPatch::default() };
    assert_eq!(faults(None, Some(&archived), &back), ["endTime"]);
    let longer = TermsPatch { end_time: Change::Set(hours(1)), ..back };
    assert_eq!(faults(None, Some(&archived), &longer), [""; 0]);
}

#[test]
fn rule_26_days_and_hours_have_to_come_within_the_window_by_some_stores_clock() {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    // From Friday noon in Berlin on.
    for (days, opens, places, length, at_fault) in [
        (&[Weekday::Sat][..], None, None, 12, &["daysOfWeek"][..]),
        (&[Weekday::Sat][..], None, None, 13, &[][..]),
        // Store 100 goes by Lisbon's clock, an hour behind, and its days begin at half past four.
        (&[Weekday::Sat][..], None, Some(stores(&[100])), 17, &["daysOfWeek"][..]),
        (&[Weekday::Sat][..], None, Some(stores(&[100])), 18, &[][..]),
        (&[Weekday::Sat][..], None, Some(stores(&[100, 101])), 17, &[][..]),
        (&[Weekday::Sat][..], None, Some(groups(&[301])), 17, &[][..]),
        (&[Weekday::Sat][..], Some(9), None, 21, &["daysOfWeek"][..]),
        (&[Weekday::Sat][..], Some(9), None, 22, &[][..]),
        (&[][..], Some(9), None, 21, &["daysOfWeek"][..]),
        (&[Weekday::Wed][..], Some(9), None, 24 * 30, &[][..]),
    ] {
        let patch = TermsPatch {
            end_time: Change::Set(hours(length)),
            days_of_week: if days.is_empty() { Change::Keep } else { Change::Set(days.to_vec()) },
            day_start_time: opens.map(time).into(),
            day_end_time: opens.map(|hour| time(hour + 1)).into(),
            places: places.clone().unwrap_or_default(),
            ..TermsPatch::default()
        };
        assert_eq!(faults(None, None, &patch), at_fault, "{days:?} {opens:?} {places:?} {length}");
    }
    let nowhere = Memory::new();
    let mut bare = merchant();
    bare.time_zone = Tz::Pacific__Auckland;
    let mut wrong = Violations::new();
    let saturday = TermsPatch {
        end_time: Change::Set(hours(3)),
        days_of_week: Change::Set(vec![Weekday::Sat]),
        ..TermsPatch::default()
    };
    let mut tx = nowhere.scoped(Scope::Merchant(MERCHANT));
    let setting = Setting::of(&bare, NOW);
    change(&mut tx, &Actor::owner(MERCHANT), &setting, None, &saturday, &mut wrong).unwrap();
    assert!(wrong.is_empty(), "without a store its merchant's clock counts: {wrong}");
}

#[test]
fn terms_run_where_and_when_their_campaign_does() {
    let here = campaign(&[100, 102], None, None);
    let shut = campaign(&[104], None, None);
    let later = campaign(&[], Some(hours(10)), Some(hours(20)));
    let window = |start, end| TermsPatch {
        start_time: Change::Set(hours(start)),
        end_time: Change::Set(hours(end)),
        ..TermsPatch::default()
    };
    let places = |places| TermsPatch { places, ..TermsPatch::default() };
    for (campaign, patch, at_fault) in [
        (&here, places(stores(&[100, 101])), &[][..]),
        (&here, places(stores(&[101])), &["stores"][..]),
        (&here, places(groups(&[301])), &[][..]),
        (&here, places(PlacesPatch::default()), &[][..]),
        (&shut, places(PlacesPatch::default()), &["campaignId"][..]),
        (&here, places(groups(&[303])), &["storeGroups"][..]),
        (&later, window(0, 11), &[][..]),
        (&later, window(0, 10), &["campaignId"][..]),
        (&later, window(20, 30), &["campaignId"][..]),
    ] {
        assert_eq!(faults(Some(campaign), None, &patch), at_fault, "{campaign:?} {patch:?}");
    }
    // The days of the campaign's time count.
    let friday = campaign(&[], Some(NOW), Some(hours(6)));
    let saturdays =
        TermsPatch { days_of_week: Change::Set(vec![Weekday::Sat]), ..TermsPatch::default() };
    assert_eq!(faults(Some(&friday), None, &saturdays), ["daysOfWeek"]);
}

#[test]
fn an_update_is_judged_on_the_result_and_only_on_what_it_touches() {
    let once = made(&TermsPatch { repeatable: Change::Set(false), ..TermsPatch::default() });
    let delay = TermsPatch { repeat_delay_hours: Change::Set(5), ..TermsPatch::default() };
    assert_eq!(faults(None, Some(&once), &delay), ["repeatDelayHours"]);
    let starts = made(&TermsPatch { start_time: Change::Set(hours(9)), ..TermsPatch::default() });
    let ends = TermsPatch { end_time: Change::Set(hours(5)), ..TermsPatch::default() };
    assert_eq!(faults(None, Some(&starts), &ends), ["endTime"]);
    // A store that was archived since is no reason to refuse a word about something else; nor is any fault to give it up.
    let places = Places { stores: vec![StoreId::new(104)], groups: Vec::new() };
    let left = Terms { places, ..Terms::open() };
    let noted = TermsPatch { weather: text("rain"), ..TermsPatch::default() };
    assert_eq!(faults(None, Some(&left), &noted), [""; 0]);
    assert_eq!(faults(None, Some(&left), &TermsPatch::giving_up()), [""; 0]);
    let moved = TermsPatch { start_time: Change::Set(hours(1)), ..TermsPatch::default() };
    assert_eq!(faults(None, Some(&left), &moved), ["stores"]);
}

#[test]
fn who_works_in_some_stores_writes_what_runs_in_those() {
    let permissions: Permissions = [Permission::ChangePromotion].into_iter().collect();
    let own = StoreAccess::Only([100, 101].map(StoreId::new).to_vec());
    let staff = Actor::staff(MERCHANT, PersonId::new(63), permissions, own);
    for (places, at_fault) in [
        (stores(&[100]), &[][..]),
        (stores(&[100, 101]), &[][..]),
        (stores(&[100, 102]), &["stores"][..]),
        (PlacesPatch::default(), &["stores"][..]),
        (groups(&[301]), &["stores"][..]),
    ] {
        let patch = TermsPatch { places: places.clone(), ..TermsPatch::default() };
        let (_, faults) = changed_by(&staff, None, None, &patch).unwrap();
        assert_eq!(faults, at_fault, "{places:?}");
    }
    let everywhere = Terms::open();
    let narrowed = TermsPatch { places: stores(&[100]), ..TermsPatch::default() };
    let refusal = changed_by(&staff, None, Some(&everywhere), &narrowed).unwrap_err();
    assert!(matches!(refusal, PromotionError::Denied(_)), "it is other people's");
}

#[test]
fn money_is_the_merchants_and_names_both_arguments() {
    let read = |before: Option<i64>, amount: Change<String>, currency: Change<String>| {
        let mut wrong = Violations::new();
        let before = before.map(|minor| Money::new(minor, Currency::EUR));
        let patch = MoneyPatch { amount, currency };
        let money = patch.read(before, Currency::EUR, ["amount", "currency"], &mut wrong);
        let faults: Vec<_> = wrong.iter().filter_map(|one| one.field).collect();
        (money.map(Money::minor), faults)
    };
    for (before, amount, currency, after, at_fault) in [
        (None, Change::Keep, Change::Keep, None, &[][..]),
        (None, text("0"), Change::Keep, Some(0), &[][..]),
        (Some(5), Change::Keep, text("EUR"), Some(5), &[][..]),
        (Some(5), Change::Clear, Change::Keep, None, &[][..]),
        (None, text("1.234"), Change::Keep, None, &["amount"][..]),
        (None, text("1"), text("JPY"), None, &["currency"][..]),
        (None, text("x"), text("XYZ1"), None, &["currency", "amount"][..]),
        (Some(5), text("-0.01"), Change::Clear, Some(5), &["amount"][..]),
        (None, text("92233720368547758.08"), Change::Keep, None, &["amount"][..]),
    ] {
        let expected = (after, at_fault.to_vec());
        assert_eq!(
            read(before, amount.clone(), currency.clone()),
            expected,
            "{amount:?} {currency:?}"
        );
    }
}

proptest! {
    /// Whatever window, days and hours are accepted, there is an instant at which the terms hold in a store.
    #[test]
    fn rule_32_what_is_accepted_can_be_used(
        start in prop::option::of(-200_i64..200),
        end in prop::option::of(-200_i64..200),
        days in prop::collection::vec(0_u8..7, 1..3),
        opens in prop::option::of(0_u32..24),
        closes in prop::option::of(0_u32..24),
    ) {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let weekday = |day: u8| Weekday::try_from(day).unwrap();
        let patch = TermsPatch {
            start_time: start.map(hours).into(),
            end_time: end.map(hours).into(),
            days_of_week: Change::Set(days.into_iter().map(weekday).collect()),
            day_start_time: opens.map(time).into(),
            day_end_time: closes.map(time).into(),
            places: stores(&[101]),
            ..TermsPatch::default()
        };
        let (terms, faults) = changed_by(&Actor::owner(MERCHANT), None, None, &patch).unwrap();
        // Edges are whole hours, and so are the differences between the clocks: a look every hour misses nothing.
        let usable = (0..24 * 40).map(hours).any(|at| {
            let zone = Tz::Europe__Berlin;
            terms.window_holds(at)
                && regulars_merchant::schedule::is_open(
                    terms.weekdays, terms.hours(), zone, NaiveTime::MIN, at,
                )
        });
        prop_assert_eq!(faults.is_empty(), usable, "{:?}", patch);
    }
}
