use chrono::DateTime;
use proptest::prelude::*;
use regulars_customer::{Gender, LoyaltyId, Membership, NewPerson, Profile, Sharing};
use regulars_kernel::{CampaignId, Currency, MerchantId, Money, OfferId, PersonId};

use super::*;
use crate::{Discount, Places, RedemptionCode};

/// Microseconds in an hour.
const HOUR: i64 = 3_600 * Timestamp::MICROS_PER_SECOND;

const NOON: &str = "2026-06-05T12:00:00Z"; // a Friday

fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
}

fn customer(gender: Option<Gender>) -> SegmentFacts {
    let profile = Profile { gender, ..Profile::default() };
    let account = NewPerson::consumer(profile, LoyaltyId::from_entropy(1), at(NOON))
        .with_id(PersonId::new(1));
    let merchant = MerchantId::new(1);
    let membership = Membership::of_account(&account, merchant, Sharing::Full, at(NOON));
    SegmentFacts::of(membership, Currency::EUR, "2026-06-05".parse().unwrap())
}

fn place(store: i64, groups: &[i64], zone: Tz) -> Place {
    let groups = groups.iter().copied().map(StoreGroupId::new).collect();
    Place { store: Some(StoreId::new(store)), groups, zone, day_starts_at: NaiveTime::MIN }
}

/// What stands against terms, for a man at store 1 (group 7) in Berlin at an instant.
fn against(terms: &Terms, at_text: &str, uses: Uses) -> Vec<&'static str> {
    let customer = customer(Some(Gender::Male));
    let places = [place(1, &[7], Tz::Europe__Berlin)];
    let facts = Facts { at: at(at_text), places: &places, uses, customer: &customer };
    let eligibility = decide(terms, &facts);
    assert_eq!(eligibility.available(), eligibility.reasons.is_empty());
    eligibility.reasons.iter().map(|reason| reason.code()).collect()
}

fn terms(change: impl FnOnce(&mut Terms)) -> Terms {
    let mut terms = Terms::open();
    change(&mut terms);
    terms
}

fn hours(start: &str, end: &str) -> impl Fn(&mut Terms) {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    let (start, end) = (time(start), time(end));
    move |terms| {
        terms.day_start_time = start;
        terms.day_end_time = end;
    }
}

fn days(bits: u8) -> Weekdays {
    Weekdays::from_bits(bits).unwrap()
}

const FRIDAY: u8 = 1 << 4;
const SATURDAY: u8 = 1 << 5;

#[test]
fn rule_32_each_term_alone_stands_against() {
    let noon = at(NOON);
    let second = |n: i64| Timestamp::from_micros(noon.micros() + n * 1_000_000);
    let places = |stores: &[i64], groups: &[i64]| Places {
        stores: stores.iter().copied().map(StoreId::new).collect(),
        groups: groups.iter().copied().map(StoreGroupId::new).collect(),
    };
    let target = |gender: &str| Target::parse(&format!(r#"[["gender","exact","{gender}"]]"#)).ok();
    let cases: Vec<(Terms, Vec<&str>)> = vec![
        (Terms::open(), vec![]),
        (terms(|t| t.archived = true), vec!["archived"]),
        (terms(|t| t.status = Status::Draft), vec!["not_active"]),
        (terms(|t| t.status = Status::Paused), vec!["not_active"]),
        (terms(|t| t.status = Status::Ended), vec!["not_active"]),
        (terms(|t| t.start_time = Some(noon)), vec![]),
        (terms(|t| t.start_time = Some(second(1))), vec!["not_started"]),
        (terms(|t| t.end_time = Some(second(1))), vec![]),
        (terms(|t| t.end_time = Some(noon)), vec!["ended"]),
        (terms(|t| t.places = places(&[1], &[])), vec![]),
        (terms(|t| t.places = places(&[2], &[7])), vec![]),
        (terms(|t| t.places = places(&[2], &[8])), vec!["wrong_store"]),
        (terms(|t| t.weekdays = days(FRIDAY)), vec![]),
        (terms(|t| t.weekdays = days(SATURDAY)), vec!["wrong_weekday"]),
        (terms(|t| t.target = target("MALE")), vec![]),
        (terms(|t| t.target = target("FEMALE")), vec!["segment_mismatch"]),
        // Weather is a note, and a least spend is about a sale.
        (terms(|t| t.weather = Some("snow".to_owned())), vec![]),
        (terms(|t| t.minimum_spend = Some(Money::new(1, Currency::EUR))), vec![]),
        (
            terms(|t| {
                t.archived = true;
                t.status = Status::Ended;
                t.end_time = Some(second(-1));
                t.places = places(&[2], &[]);
                t.weekdays = days(SATURDAY);
                hours("08:00", "09:00")(t);
                t.target = target("FEMALE");
                t.enrollment_limit = Some(0);
            }),
            vec![
                "archived",
                "not_active",
                "ended",
                "wrong_store",
                "wrong_weekday",
                "outside_hours",
                "segment_mismatch",
                "enrollment_limit_reached",
            ],
        ),
    ];
    for (terms, reasons) in cases {
        assert_eq!(against(&terms, NOON, Uses::default()), reasons, "{terms:?}");
    }
}

#[test]
fn rule_26_hours_run_by_the_stores_clock_and_past_midnight_belong_to_the_day_they_start() {
    // Berlin is two hours ahead of UTC in June.
    for (start, end, weekdays, at, reasons) in [
        ("14:00", "15:00", 127, NOON, vec![]),
        ("14:01", "15:00", 127, NOON, vec!["outside_hours"]),
        ("12:00", "14:00", 127, NOON, vec!["outside_hours"]),
        ("14:00", "15:00", FRIDAY, NOON, vec![]),
        ("14:00", "15:00", SATURDAY, NOON, vec!["wrong_weekday"]),
        ("16:00", "17:00", SATURDAY, NOON, vec!["wrong_weekday", "outside_hours"]),
        ("22:00", "02:00", FRIDAY, "2026-06-05T20:30:00Z", vec![]),
        ("22:00", "02:00", FRIDAY, "2026-06-05T23:59:59Z", vec![]),
        ("22:00", "02:00", FRIDAY, "2026-06-06T00:00:00Z", vec!["wrong_weekday", "outside_hours"]),
        ("22:00", "02:00", SATURDAY, "2026-06-05T23:00:00Z", vec!["wrong_weekday"]),
        ("22:00", "02:00", FRIDAY, "2026-06-06T20:30:00Z", vec!["wrong_weekday"]),
        ("", "18:00", FRIDAY, NOON, vec![]),
        ("18:00", "", FRIDAY, NOON, vec!["outside_hours"]),
    ] {
        let terms = terms(|t| {
            hours(start, end)(t);
            t.weekdays = days(weekdays);
        });
        let answer = against(&terms, at, Uses::default());
        assert_eq!(answer, reasons, "{start}-{end} {weekdays:b} {at}");
    }
}

#[test]
fn rules_23_and_32_limits_and_repeats_count_what_was_redeemed() {
    let hour = |n: i64| Timestamp::from_micros(at(NOON).micros() + n * HOUR);
    let uses = |total, own, last: Option<i64>| Uses { total, own, last: last.map(hour) };
    for (limit, repeatable, delay, uses, reasons) in [
        (Some(3), true, None, uses(2, 0, None), vec![]),
        (Some(3), true, None, uses(3, 0, None), vec!["enrollment_limit_reached"]),
        (Some(3), true, None, uses(4, 0, None), vec!["enrollment_limit_reached"]),
        (Some(0), true, None, uses(0, 0, None), vec!["enrollment_limit_reached"]),
        (None, true, None, uses(9, 5, Some(0)), vec![]),
        (None, false, None, uses(9, 0, None), vec![]),
        (None, false, None, uses(9, 1, Some(-99)), vec!["already_redeemed"]),
        (None, false, Some(24), uses(9, 1, Some(-1)), vec!["already_redeemed"]),
        (None, true, Some(24), uses(9, 1, Some(-23)), vec!["repeat_too_soon"]),
        (None, true, Some(24), uses(9, 1, Some(-24)), vec![]),
        (None, true, Some(0), uses(9, 1, Some(0)), vec![]),
        (None, true, Some(i32::MAX), uses(9, 1, Some(-24)), vec!["repeat_too_soon"]),
        // Judged at the time of a sale that was before the last redemption.
        (None, true, Some(1), uses(9, 1, Some(5)), vec!["repeat_too_soon"]),
    ] {
        let terms = terms(|t| {
            t.enrollment_limit = limit;
            t.repeatable = repeatable;
            t.repeat_delay_hours = delay;
        });
        assert_eq!(
            against(&terms, NOON, uses),
            reasons,
            "{limit:?} {repeatable} {delay:?} {uses:?}"
        );
    }
}

#[test]
fn who_waits_is_told_until_when() {
    let terms = terms(|t| t.repeat_delay_hours = Some(24));
    let customer = customer(None);
    let uses = Uses { total: 1, own: 1, last: Some(at("2026-06-05T11:00:00Z")) };
    let places = [place(1, &[], Tz::UTC)];
    let facts = Facts { at: at(NOON), places: &places, uses, customer: &customer };
    let reasons = decide(&terms, &facts).reasons;
    assert_eq!(reasons, [Reason::RepeatTooSoon { again_at: at("2026-06-06T11:00:00Z") }]);
    assert!(reasons.iter().all(|reason| reason.to_string().contains("2026-06-06T11:00:00")));
}

#[test]
fn rule_26_it_is_enough_that_one_store_suits() {
    let customer = customer(None);
    let decide = |terms: &Terms, places: &[Place]| {
        let facts = Facts { at: at(NOON), places, uses: Uses::default(), customer: &customer };
        let reasons = decide(terms, &facts).reasons;
        reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>()
    };
    let afternoon = terms(hours("14:00", "15:00"));
    let berlin = place(1, &[], Tz::Europe__Berlin);
    let london = place(2, &[], Tz::Europe__London);
    assert_eq!(decide(&afternoon, &[berlin.clone(), london.clone()]), Vec::<&str>::new());
    assert_eq!(decide(&afternoon, &[london.clone(), berlin.clone()]), Vec::<&str>::new());
    assert_eq!(decide(&afternoon, std::slice::from_ref(&london)), ["outside_hours"]);
    // The right store at the wrong time, and the wrong store at the right time: neither suits.
    let in_london = terms(|t| {
        hours("14:00", "15:00")(t);
        t.places.stores = vec![StoreId::new(2)];
    });
    assert_eq!(decide(&in_london, &[berlin, london]), ["wrong_store"]);
    // Whoever has no store suits nowhere; a merchant without one sells by their own clock.
    assert_eq!(decide(&afternoon, &[]), ["wrong_store"]);
    let nowhere = Place { store: None, ..place(0, &[], Tz::Europe__Berlin) };
    assert_eq!(decide(&afternoon, std::slice::from_ref(&nowhere)), Vec::<&str>::new());
    assert_eq!(decide(&in_london, &[nowhere]), ["wrong_store"]);
}

fn offer(terms: Terms, campaign: Option<Campaign>) -> Offer {
    Offer {
        id: OfferId::new(1),
        merchant: MerchantId::new(1),
        campaign: campaign.map(Into::into),
        name: String::new(),
        short_description: None,
        long_description: None,
        terms_and_conditions: None,
        discount: Discount::Bogo(1),
        num_of_items: None,
        placement: None,
        code: RedemptionCode::Autogenerated,
        redemption_expiration_days: None,
        earn_points: true,
        stackable: false,
        terms,
        products: Vec::new(),
        created_at: at(NOON),
        updated_at: at(NOON),
    }
}

fn campaign(change: impl FnOnce(&mut Campaign)) -> Campaign {
    let mut campaign = Campaign {
        id: CampaignId::new(1),
        merchant: MerchantId::new(1),
        name: String::new(),
        status: Status::Active,
        start_time: None,
        end_time: None,
        places: Places::default(),
        extra_info: None,
        archived: false,
        created_at: at(NOON),
        updated_at: at(NOON),
    };
    change(&mut campaign);
    campaign
}

#[test]
fn a_campaign_narrows_its_offers() {
    let customer = customer(None);
    let noon = at(NOON);
    let later = at("2026-06-05T12:00:01Z");
    let stores = |ids: &[i64]| Places {
        stores: ids.iter().copied().map(StoreId::new).collect(),
        groups: Vec::new(),
    };
    let places = [place(1, &[], Tz::UTC), place(2, &[], Tz::UTC)];
    for (own, campaign, reasons) in [
        (Places::default(), campaign(|_| {}), vec![]),
        (Places::default(), campaign(|c| c.archived = true), vec!["campaign_archived"]),
        (Places::default(), campaign(|c| c.status = Status::Paused), vec!["campaign_not_active"]),
        (Places::default(), campaign(|c| c.start_time = Some(later)), vec!["campaign_not_started"]),
        (Places::default(), campaign(|c| c.end_time = Some(noon)), vec!["campaign_ended"]),
        (Places::default(), campaign(|c| c.places = stores(&[2])), vec![]),
        (stores(&[1, 2]), campaign(|c| c.places = stores(&[2])), vec![]),
        // Each runs in one of the two stores, and not in the same.
        (stores(&[1]), campaign(|c| c.places = stores(&[2])), vec!["campaign_wrong_store"]),
        (Places::default(), campaign(|c| c.places = stores(&[3])), vec!["campaign_wrong_store"]),
    ] {
        let offer = offer(terms(|t| t.places = own.clone()), Some(campaign));
        let uses = Uses::default();
        let facts = Facts { at: noon, places: &places, uses, customer: &customer };
        let answer = offer.eligibility(&facts).reasons;
        let codes: Vec<_> = answer.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes, reasons, "{own:?} {:?}", offer.campaign);
    }
}

#[test]
fn rule_26_at_three_in_the_morning_a_bar_sells_for_the_day_before() {
    let friday = terms(|t| t.weekdays = days(FRIDAY));
    let starts = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let bar = Place { day_starts_at: starts(4), ..place(1, &[], Tz::Europe__Berlin) };
    let shop = Place { day_starts_at: starts(0), ..place(2, &[], Tz::Europe__Berlin) };
    let customer = customer(None);
    let decide = |places: &[Place], at_text: &str| {
        let facts = Facts { at: at(at_text), places, uses: Uses::default(), customer: &customer };
        decide(&friday, &facts).available()
    };
    let three_on_saturday = "2026-06-06T01:00:00Z";
    assert!(decide(std::slice::from_ref(&bar), three_on_saturday));
    assert!(!decide(std::slice::from_ref(&shop), three_on_saturday));
    // One clock on the wall, two business days.
    assert!(decide(&[shop.clone(), bar.clone()], three_on_saturday));
    let three_on_friday = "2026-06-05T01:00:00Z";
    assert!(!decide(&[bar], three_on_friday));
    assert!(decide(&[shop], three_on_friday));
}

#[test]
fn a_repeat_is_never_too_soon_past_the_end_of_the_calendar() {
    let terms = terms(|t| {
        t.repeatable = true;
        t.repeat_delay_hours = Some(i32::MAX);
    });
    assert_eq!(again_at(&terms, Some(at(NOON))), Some(Timestamp::MAX));
    assert_eq!(again_at(&terms, None), None);
}

prop_compose! {
    fn any_terms()(
        status in prop::sample::select(Status::ALL.to_vec()),
        window in (prop::option::of(-3_i64..3), prop::option::of(-3_i64..3)),
        hours in (prop::option::of(0_u32..24), prop::option::of(0_u32..24)),
        weekdays in 1_u8..128,
        stores in prop::collection::vec(1_i64..4, 0..2),
        limits in (prop::option::of(0_i64..4), any::<bool>(), prop::option::of(0_i32..48)),
        archived in any::<bool>(),
    ) -> Terms {
        let instant = |n: i64| Timestamp::from_micros(at(NOON).micros() + n * HOUR);
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0);
        let (enrollment_limit, repeatable, repeat_delay_hours) = limits;
        Terms {
            status,
            start_time: window.0.map(instant),
            end_time: window.1.map(instant),
            day_start_time: hours.0.and_then(time),
            day_end_time: hours.1.and_then(time),
            weekdays: days(weekdays),
            places: Places {
                stores: stores.into_iter().map(StoreId::new).collect(),
                groups: Vec::new(),
            },
            enrollment_limit,
            repeatable,
            repeat_delay_hours,
            archived,
            ..Terms::open()
        }
    }
}

proptest! {
    #[test]
    fn rule_26_many_stores_suit_exactly_where_one_of_them_does(
        terms in any_terms(),
        stores in prop::collection::vec((1_i64..4, any::<bool>()), 0..4),
        hour in 0_i64..200,
    ) {
        let customer = customer(None);
        let at = Timestamp::from_micros(at(NOON).micros() + hour * HOUR);
        let zone = |east| if east { Tz::Asia__Tokyo } else { Tz::America__New_York };
        let places: Vec<_> =
            stores.iter().map(|(store, east)| place(*store, &[], zone(*east))).collect();
        let available = |places: &[Place]| {
            let facts = Facts { at, places, uses: Uses::default(), customer: &customer };
            decide(&terms, &facts).available()
        };
        let one = places.iter().any(|place| available(std::slice::from_ref(place)));
        prop_assert_eq!(available(&places), one);
    }

    #[test]
    fn rule_23_more_redemptions_never_make_it_available(
        terms in any_terms(), total in 0_i64..5, own in 0_i64..3, hours_ago in 0_i64..72,
    ) {
        let customer = customer(None);
        let places = [place(1, &[], Tz::UTC)];
        let last = Timestamp::from_micros(at(NOON).micros() - hours_ago * HOUR);
        let available = |uses| {
            let facts = Facts { at: at(NOON), places: &places, uses, customer: &customer };
            decide(&terms, &facts).available()
        };
        let before = Uses { total, own, last: (own > 0).then_some(last) };
        let after = Uses { total: total + 1, own: own + 1, last: Some(at(NOON)) };
        prop_assert!(!available(after) || available(before));
    }

    #[test]
    fn reasons_come_in_one_order_and_once(terms in any_terms(), total in 0_i64..5) {
        let customer = customer(None);
        let places = [place(1, &[], Tz::UTC)];
        let uses = Uses { total, own: total, last: Some(at(NOON)) };
        let facts = Facts { at: at(NOON), places: &places, uses, customer: &customer };
        let reasons = decide(&terms, &facts).reasons;
        let order = [
            "archived", "not_active", "not_started", "ended", "wrong_store", "wrong_weekday",
            "outside_hours", "segment_mismatch", "enrollment_limit_reached", "already_redeemed",
            "repeat_too_soon",
        ];
        let ranks: Vec<_> = reasons
            .iter()
            .map(|reason| order.iter().position(|code| *code == reason.code()).unwrap())
            .collect();
        prop_assert!(ranks.is_sorted_by(|a, b| a < b), "{:?}", reasons);
    }
}
