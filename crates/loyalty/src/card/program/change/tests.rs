use chrono::{Days, Months, NaiveDate};
use proptest::prelude::*;
use regulars_kernel::{Points, Timestamp};

use super::*;
use crate::{LoyaltyCard, PointsProgram, Program, Spending, StampsProgram};

fn set(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

fn flat() -> ProgramPatch {
    ProgramPatch {
        loyalty_type: Change::Set(LoyaltyType::Points),
        points_loyalty_type: Change::Set(PointsLoyaltyType::Flat),
        dollar_worth: set("1.5"),
        points_needed: Change::Set(100),
        point_worth: set("0.01"),
        ..ProgramPatch::default()
    }
}

fn product() -> ProgramPatch {
    ProgramPatch {
        points_loyalty_type: Change::Set(PointsLoyaltyType::Product),
        points_needed: Change::Keep,
        point_worth: Change::Keep,
        ..flat()
    }
}

fn stamps() -> ProgramPatch {
    ProgramPatch {
        loyalty_type: Change::Set(LoyaltyType::Stamps),
        stamps_needed: Change::Set(10),
        ..ProgramPatch::default()
    }
}

/// What a patch makes of a draft, or which arguments are at fault.
fn read(patch: &ProgramPatch, mut draft: Draft) -> Result<(Program, Currency), Vec<&'static str>> {
    let mut wrong = Violations::new();
    patch.read_into(&mut draft, Currency::EUR, &mut wrong);
    let program = draft.judge(&mut wrong);
    if wrong.is_empty() {
        return Ok((program.unwrap(), draft.currency));
    }
    Err(wrong.iter().map(|one| one.field.unwrap()).collect())
}

fn made(patch: &ProgramPatch) -> Program {
    read(patch, Draft::empty(Currency::EUR)).unwrap().0
}

fn faults(patch: &ProgramPatch) -> Vec<&'static str> {
    read(patch, Draft::empty(Currency::EUR)).unwrap_err()
}

fn card(program: Program, currency: Currency) -> LoyaltyCard {
    let (id, merchant) = (1.into(), 61.into());
    LoyaltyCard::new(id, merchant, "Card", currency, program, Timestamp::from_seconds(0))
}

fn changed(before: &LoyaltyCard, patch: &ProgramPatch) -> Result<Program, Vec<&'static str>> {
    read(patch, Draft::of(before)).map(|(program, _)| program)
}

#[test]
fn rule_14_a_program_is_what_was_said_and_the_rest_as_usual() {
    let spending = Spending::Flat {
        points_needed: Points::new(100),
        incremental_points: None,
        // A cent.
        point_worth: Millionths::new(1_000_000),
    };
    let plain = PointsProgram::new(spending, Millionths::new(1_500_000));
    assert_eq!(made(&flat()), Program::Points(plain));
    let rich = ProgramPatch {
        initial_points: Change::Set(50),
        max_points_per_day: Change::Set(500),
        incremental_points: Change::Set(10),
        point_worth: set("0.00012345"),
        points_needed: Change::Set(100_000),
        point_worth_currency: set(" eur "),
        min_price: set("1"),
        max_price: set("99.90"),
        tax_included: Change::Set(false),
        validity_in_months: Change::Set(12),
        activation_delay_days: Change::Set(14),
        ..flat()
    };
    let euros = |minor| Some(Money::new(minor, Currency::EUR));
    let expected = PointsProgram {
        spending: Spending::Flat {
            points_needed: Points::new(100_000),
            incremental_points: Some(Points::new(10)),
            point_worth: Millionths::new(12_345),
        },
        dollar_worth: Millionths::new(1_500_000),
        initial_points: Points::new(50),
        max_points_per_day: Some(Points::new(500)),
        min_price: euros(100),
        max_price: euros(9_990),
        tax_included: false,
        validity_in_months: Some(12),
        activation_delay_days: 14,
    };
    assert_eq!(made(&rich), Program::Points(expected));
    let full = ProgramPatch {
        max_stamps_per_day: Change::Set(1),
        stamp_expiration_days: Change::Set(9),
        ..stamps()
    };
    let expected = StampsProgram {
        stamps_needed: 10,
        max_stamps_per_day: Some(1),
        stamp_expiration_days: Some(9),
    };
    assert_eq!(made(&full), Program::Stamps(expected));
    // The card counts in what it is told to, whatever the merchant counts in.
    let yen = ProgramPatch { currency: set("JPY"), point_worth: set("1"), ..flat() };
    let (program, currency) = read(&yen, Draft::empty(Currency::EUR)).unwrap();
    assert_eq!(currency, Currency::JPY);
    let Program::Points(points) = program else { panic!("{program:?}") };
    let Spending::Flat { point_worth, .. } = points.spending else { panic!("{points:?}") };
    assert_eq!(point_worth, Millionths::new(1_000_000));
}

#[test]
fn every_fault_of_a_program_is_named_at_once() {
    assert_eq!(faults(&ProgramPatch::default()), ["loyaltyType"]);
    let points = |spends| ProgramPatch {
        loyalty_type: Change::Set(LoyaltyType::Points),
        points_loyalty_type: spends,
        ..ProgramPatch::default()
    };
    assert_eq!(faults(&points(Change::Keep)), ["pointsLoyaltyType", "dollarWorth"]);
    let flat_alone = points(Change::Set(PointsLoyaltyType::Flat));
    assert_eq!(faults(&flat_alone), ["dollarWorth", "pointsNeeded", "pointWorth"]);
    let stamps_alone = ProgramPatch { stamps_needed: Change::Clear, ..stamps() };
    assert_eq!(faults(&stamps_alone), ["stampsNeeded"]);
    let wrong = ProgramPatch {
        currency: set("EURO"),
        dollar_worth: set("0"),
        initial_points: Change::Set(-1),
        max_points_per_day: Change::Set(0),
        points_needed: Change::Set(0),
        incremental_points: Change::Set(0),
        point_worth: set("-1"),
        point_worth_currency: set("USD"),
        min_price: set("-0.01"),
        max_price: set("0"),
        validity_in_months: Change::Set(0),
        activation_delay_days: Change::Set(-1),
        ..flat()
    };
    let named = [
        "currency",
        "pointWorthCurrency",
        "dollarWorth",
        "pointWorth",
        "minPrice",
        "maxPrice",
        "initialPoints",
        "maxPointsPerDay",
        "pointsNeeded",
        "incrementalPoints",
        "validityInMonths",
        "activationDelayDays",
    ];
    assert_eq!(faults(&wrong), named);
    let wrong = ProgramPatch {
        stamps_needed: Change::Set(MAX_STAMPS + 1),
        max_stamps_per_day: Change::Set(0),
        stamp_expiration_days: Change::Set(MAX_STAMP_DAYS + 1),
        ..stamps()
    };
    assert_eq!(faults(&wrong), ["stampsNeeded", "maxStampsPerDay", "stampExpirationDays"]);
    for text in ["", "much", "1e3", "1.2345678", "0.0000000", "1000001", "99999999999999999999"] {
        let wrong = ProgramPatch { dollar_worth: set(text), ..flat() };
        assert_eq!(faults(&wrong), ["dollarWorth"], "{text}");
    }
    for text in ["", "much", "1.001", "1000000000.01", "99999999999999999999"] {
        let wrong = ProgramPatch { max_price: set(text), ..flat() };
        assert_eq!(faults(&wrong), ["maxPrice"], "{text}");
    }
}

#[test]
fn what_is_said_of_another_kind_of_card_is_refused() {
    let of_points = |base: ProgramPatch| ProgramPatch {
        dollar_worth: set("1"),
        initial_points: Change::Set(1),
        max_points_per_day: Change::Set(1),
        min_price: set("1"),
        max_price: set("1"),
        tax_included: Change::Set(true),
        validity_in_months: Change::Set(1),
        activation_delay_days: Change::Set(1),
        ..base
    };
    let of_flat = |base: ProgramPatch| ProgramPatch {
        points_needed: Change::Set(100),
        incremental_points: Change::Set(1),
        point_worth: set("1"),
        point_worth_currency: set("EUR"),
        ..base
    };
    let of_stamps = |base: ProgramPatch| ProgramPatch {
        stamps_needed: Change::Set(1),
        max_stamps_per_day: Change::Set(1),
        stamp_expiration_days: Change::Set(1),
        ..base
    };
    let flats = ["incrementalPoints", "pointWorth", "pointWorthCurrency", "pointsNeeded"];
    let sorted = |patch: &ProgramPatch| {
        let mut named = faults(patch);
        named.sort_unstable();
        named
    };
    assert_eq!(sorted(&of_flat(product())), flats);
    let points = [
        "activationDelayDays",
        "dollarWorth",
        "initialPoints",
        "maxPointsPerDay",
        "maxPrice",
        "minPrice",
        "pointsLoyaltyType",
        "taxIncluded",
        "validityInMonths",
    ];
    let spends = Change::Set(PointsLoyaltyType::Product);
    let wrong = ProgramPatch { points_loyalty_type: spends, ..of_points(stamps()) };
    assert_eq!(sorted(&wrong), points);
    assert_eq!(sorted(&of_flat(stamps())), flats);
    for base in [flat(), product()] {
        let stamps = ["maxStampsPerDay", "stampExpirationDays", "stampsNeeded"];
        assert_eq!(sorted(&of_stamps(base)), stamps);
    }
    // Nothing to clear is no fault.
    let cleared =
        ProgramPatch { point_worth: Change::Clear, stamps_needed: Change::Clear, ..product() };
    assert!(matches!(made(&cleared), Program::Points(_)));
}

#[test]
fn a_card_that_can_never_be_earned_on_or_used_is_refused() {
    for (wrong, field) in [
        (ProgramPatch { min_price: set("2"), max_price: set("1.99"), ..flat() }, "minPrice"),
        // Together less than a cent.
        (ProgramPatch { point_worth: set("0.000099"), ..flat() }, "pointsNeeded"),
        (
            ProgramPatch {
                validity_in_months: Change::Set(1),
                activation_delay_days: Change::Set(29),
                ..flat()
            },
            "activationDelayDays",
        ),
        (
            ProgramPatch {
                validity_in_months: Change::Set(2),
                activation_delay_days: Change::Set(60),
                ..product()
            },
            "activationDelayDays",
        ),
        // 33 days at most, of three points each.
        (
            ProgramPatch {
                max_points_per_day: Change::Set(3),
                validity_in_months: Change::Set(1),
                ..flat()
            },
            "pointsNeeded",
        ),
        (
            ProgramPatch {
                max_stamps_per_day: Change::Set(1),
                stamp_expiration_days: Change::Set(8),
                ..stamps()
            },
            "stampsNeeded",
        ),
    ] {
        assert_eq!(faults(&wrong), [field], "{wrong:?}");
    }
    for right in [
        ProgramPatch { min_price: set("2"), max_price: set("2"), ..flat() },
        ProgramPatch { point_worth: set("0.0001"), ..flat() },
        ProgramPatch {
            validity_in_months: Change::Set(1),
            activation_delay_days: Change::Set(28),
            ..flat()
        },
        ProgramPatch {
            max_points_per_day: Change::Set(3),
            validity_in_months: Change::Set(1),
            initial_points: Change::Set(1),
            ..flat()
        },
        ProgramPatch { max_points_per_day: Change::Set(1), ..flat() },
    ] {
        made(&right);
    }
}

#[test]
fn a_change_is_judged_on_what_comes_of_it() {
    let euros = card(made(&ProgramPatch { max_price: set("5"), ..flat() }), Currency::EUR);
    let patch = ProgramPatch { min_price: set("6"), ..ProgramPatch::default() };
    assert_eq!(changed(&euros, &patch), Err(vec!["minPrice"]));
    let patch = ProgramPatch { max_price: set("6"), ..patch };
    assert!(changed(&euros, &patch).is_ok());
    let patch = ProgramPatch { dollar_worth: Change::Clear, ..ProgramPatch::default() };
    assert_eq!(changed(&euros, &patch), Err(vec!["dollarWorth"]));
    assert_eq!(changed(&euros, &ProgramPatch::default()), Ok(euros.program.clone()));

    // What the other kind had goes with it.
    let Ok(Program::Stamps(filled)) = changed(&euros, &stamps()) else { panic!("no stamps") };
    assert_eq!(filled.stamps_needed, 10);
    let back = card(Program::Stamps(filled), Currency::EUR);
    assert_eq!(changed(&back, &product()), Ok(made(&product())));
    let spends = Change::Set(PointsLoyaltyType::Product);
    let patch = ProgramPatch { points_loyalty_type: spends, ..ProgramPatch::default() };
    let bought = changed(&euros, &patch).unwrap();
    let Program::Points(points) = &bought else { panic!("{bought:?}") };
    assert_eq!(
        (points.spending, points.max_price),
        (Spending::Product, { Some(Money::new(500, Currency::EUR)) })
    );
    let patch = ProgramPatch {
        points_loyalty_type: Change::Set(PointsLoyaltyType::Flat),
        ..ProgramPatch::default()
    };
    let named = Err(vec!["pointsNeeded", "pointWorth"]);
    assert_eq!(changed(&card(bought, Currency::EUR), &patch), named);
}

#[test]
fn amounts_of_a_former_currency_are_told_anew() {
    let euros = card(made(&ProgramPatch { max_price: set("5"), ..flat() }), Currency::EUR);
    let yen = ProgramPatch { currency: set("jpy"), ..ProgramPatch::default() };
    assert_eq!(changed(&euros, &yen), Err(vec!["pointWorth", "maxPrice"]));
    let told = ProgramPatch { point_worth: set("1"), max_price: Change::Clear, ..yen.clone() };
    assert!(changed(&euros, &told).is_ok());
    let wrong = ProgramPatch { max_price: set("5.5"), ..told };
    assert_eq!(changed(&euros, &wrong), Err(vec!["maxPrice"]), "yen have no places");
    let stamped = card(made(&stamps()), Currency::EUR);
    assert!(changed(&stamped, &yen).is_ok());
    let [before, mut after] = [Draft::of(&euros), Draft::of(&euros)];
    assert_eq!(after.recast_from(&before), Vec::<&str>::new());
    after.currency = Currency::JPY;
    assert_eq!(after.recast_from(&before), ["currency"]);
    assert_eq!(Draft::of(&stamped).recast_from(&before), ["loyaltyType"]);
    let product = card(made(&product()), Currency::EUR);
    assert_eq!(Draft::of(&product).recast_from(&before), ["pointsLoyaltyType"]);
}

prop_compose! {
    fn any_flat()(
        (worth, worth_of_point) in (0_i64..3_000_000, 0_i64..3_000_000),
        (needed, step) in (0_i64..2_000, prop::option::of(0_i64..10)),
        cap in prop::option::of(0_i64..100),
        months in prop::option::of(0_i64..30),
        delay in 0_i64..400,
        prices in (prop::option::of(0_u32..500), prop::option::of(0_u32..500)),
    ) -> ProgramPatch {
        let some = |number: Option<i64>| number.map_or(Change::Keep, Change::Set);
        let cents = |price: Option<u32>| {
            price.map_or(Change::Keep, |cents| set(&format!("{}.{:02}", cents / 100, cents % 100)))
        };
        ProgramPatch {
            dollar_worth: set(&format!("{}.{:06}", worth / 1_000_000, worth % 1_000_000)),
            point_worth: set(&format!("0.{worth_of_point:08}")),
            points_needed: Change::Set(needed),
            incremental_points: some(step),
            max_points_per_day: some(cap),
            validity_in_months: some(months),
            activation_delay_days: Change::Set(delay),
            min_price: cents(prices.0),
            max_price: cents(prices.1),
            ..flat()
        }
    }
}

proptest! {
    #[test]
    fn rules_14_19_and_24_what_is_accepted_can_be_earned_on_and_paid_with(
        patch in any_flat(), day in 0_u64..20_000,
    ) {
        let Ok((Program::Points(points), _)) = read(&patch, Draft::empty(Currency::EUR)) else {
            return Ok(());
        };
        let Spending::Flat { points_needed, point_worth, incremental_points } = points.spending else {
            panic!("{points:?}")
        };
        prop_assert!(points.dollar_worth > Millionths::new(0));
        prop_assert!(points_needed.get() * point_worth.get() >= Millionths::ONE, "pays a cent");
        prop_assert!(incremental_points.is_none_or(|step| step > Points::ZERO));
        prop_assert!(points.max_points_per_day.is_none_or(|cap| cap > Points::ZERO));
        if let (Some(least), Some(most)) = (points.min_price, points.max_price) {
            prop_assert!(least.minor() <= most.minor());
        }
        if let Some(months) = points.validity_in_months {
            // On whatever day points are earned, there is one on which they are active.
            let earned = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + Days::new(day);
            let active = earned + Days::new(points.activation_delay_days.into());
            prop_assert!(active <= earned + Months::new(months));
        }
    }
}
