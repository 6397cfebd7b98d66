use proptest::{collection::vec, option, prelude::*, sample};
use regulars_kernel::{Money, ProductId};

use super::*;
use crate::Discount;

const COFFEE: ProductId = ProductId::new(1);
const CAKE: ProductId = ProductId::new(2);
const ALL: [u32; 4] = [0, 1, 2, 9];

fn line(product: ProductId, quantity: i32, total: i64) -> PricedLine {
    PricedLine { product: Some(product), quantity, total }
}

/// A discount on the whole sale that does not stack.
fn discount(offer: i64, discount: Discount) -> Candidate {
    Candidate {
        offer: OfferId::new(offer),
        code: format!("CODE{offer}"),
        discount,
        products: Vec::new(),
        num_of_items: None,
        minimum_spend: None,
        stackable: false,
    }
}

fn stackable(offer: i64, what: Discount) -> Candidate {
    Candidate { stackable: true, ..discount(offer, what) }
}

fn on(products: &[ProductId], candidate: Candidate) -> Candidate {
    Candidate { products: products.to_vec(), ..candidate }
}

fn euros(minor: i64) -> Discount {
    Discount::FixedAmount(Money::new(minor, Currency::EUR))
}

fn percent(percent: i64) -> Discount {
    Discount::Percentage(percent * 10_000)
}

fn priced(lines: &[PricedLine], candidates: &[Candidate], allowed: u32, points: i64) -> Price {
    let currency = Currency::EUR;
    price(&Sale { currency, lines, candidates, allowed, points_value: points }).unwrap()
}

/// What each takes off, or the code of why it does not.
fn outcomes(price: &Price) -> Vec<Result<i64, &'static str>> {
    let said = |outcome: &Outcome| match outcome {
        Outcome::Applied(amount) => Ok(*amount),
        Outcome::Skipped(why) => Err(why.code()),
    };
    price.outcomes.iter().map(said).collect()
}

#[test]
fn rule_24_each_has_its_turn_on_what_the_former_left() {
    let lines = [line(COFFEE, 1, 1_000), line(CAKE, 2, 500)];
    let candidates = [
        stackable(1, euros(300)),
        stackable(2, percent(10)),
        on(&[CAKE], stackable(3, Discount::Bogo(1))),
        on(&[CAKE], stackable(4, euros(100))),
        on(&[COFFEE], stackable(5, percent(50))),
    ];
    let price = priced(&lines, &candidates, 9, 200);
    // 1000 − 500 and 500 − 100 − 200 leave 700; a tenth of it; 300 of 630; points of 330.
    assert_eq!(outcomes(&price), [Ok(300), Ok(70), Ok(200), Ok(100), Ok(500)]);
    let all = (price.subtotal, price.discount, price.paid_with_points, price.to_pay);
    assert_eq!(all, (1_500, 1_170, 200, 130));
    let [coffee, cake] = price.lines.try_into().unwrap();
    assert_eq!(coffee.taken, [(4, 500), (1, 50), (0, 214)]);
    assert_eq!(cake.taken, [(3, 100), (2, 200), (1, 20), (0, 86)]);
    assert_eq!((coffee.discounted_units, cake.discounted_units), (1, 2));
    assert_eq!((coffee.paid_with_points, coffee.to_pay), (143, 93));
    assert_eq!((cake.paid_with_points, cake.to_pay), (57, 37));
}

#[test]
fn rule_24_the_cheapest_units_are_free() {
    let both = [line(COFFEE, 2, 600), line(CAKE, 1, 250)];
    let takes = |items, candidate| Candidate { num_of_items: Some(items), ..candidate };
    let bogo = |free| discount(1, Discount::Bogo(free));
    for (lines, candidate, taken, units) in [
        (&both[..], bogo(1), vec![0, 250], vec![0, 1]),
        (&both, bogo(2), vec![300, 250], vec![1, 1]),
        (&both, on(&[COFFEE], bogo(1)), vec![300, 0], vec![1, 0]),
        (&both, takes(3, bogo(1)), vec![0, 250], vec![0, 1]),
        // One that takes less than it gives takes one more than it gives.
        (&both, takes(1, bogo(2)), vec![300, 250], vec![1, 1]),
        // Three units for 10.00 cost 3.33, 3.33 and 3.34.
        (&[line(COFFEE, 3, 1_000)], bogo(1), vec![333], vec![1]),
        (&[line(COFFEE, 3, 1_000), line(CAKE, 1, 334)], bogo(3), vec![1_000, 0], vec![3, 0]),
        // What costs nothing is no unit that could be free, or that counts.
        (&[line(COFFEE, 2, 600), line(CAKE, 1, 0)], bogo(1), vec![300, 0], vec![1, 0]),
    ] {
        let price = priced(lines, std::slice::from_ref(&candidate), 1, 0);
        let lines: Vec<_> = price.lines.iter().map(|line| line.discount).collect();
        assert_eq!(lines, taken, "{candidate:?}");
        let touched: Vec<_> = price.lines.iter().map(|line| line.discounted_units).collect();
        assert_eq!(touched, units, "{candidate:?}");
    }
}

#[test]
fn rule_24_a_unit_counts_for_one_bogo() {
    let twice = [stackable(1, Discount::Bogo(1)), stackable(2, Discount::Bogo(1))];
    for (quantity, total, said) in [
        (2, 600, [Ok(300), Err("nothing_left")]),
        (3, 900, [Ok(300), Err("nothing_left")]),
        (4, 1_200, [Ok(300), Ok(300)]),
    ] {
        let price = priced(&[line(COFFEE, quantity, total)], &twice, 2, 0);
        assert_eq!(outcomes(&price), said, "{quantity} units");
    }
}

#[test]
fn rule_24_what_is_left_of_rounding_goes_to_the_largest_fractions() {
    let lines = |totals: [i64; 3]| totals.map(|total| line(COFFEE, 1, total));
    for (totals, what, taken) in [
        ([333, 333, 334], percent(10), [33, 33, 34]),
        ([333, 333, 333], percent(10), [33, 33, 33]),
        ([105, 104, 106], percent(10), [10, 10, 11]),
        ([100, 100, 100], euros(100), [34, 33, 33]),
        ([100, 0, -100], euros(40), [40, 0, 0]),
        ([100, 50, 50], euros(500), [100, 50, 50]),
        ([100, 50, 50], Discount::Percentage(2_000_000), [100, 50, 50]),
        ([100, 50, 50], Discount::Percentage(-1), [0, 0, 0]),
        ([100, 50, 50], euros(-1), [0, 0, 0]),
    ] {
        let price = priced(&lines(totals), &[discount(1, what)], 1, 0);
        let shares: Vec<_> = price.lines.iter().map(|line| line.discount).collect();
        assert_eq!(shares, taken, "{what:?} of {totals:?}");
    }
}

#[test]
fn rule_24_the_best_for_the_customer_wins() {
    const NO: Result<i64, &str> = Err("does_not_stack");
    const MANY: Result<i64, &str> = Err("too_many_discounts");
    let alone = |offer, minor| discount(offer, euros(minor));
    let with = |offer, minor| stackable(offer, euros(minor));
    for (candidates, allowed, said) in [
        // Of those that do not stack the best one, of equal ones the lowest id.
        (vec![alone(1, 200), alone(2, 300)], 9, vec![NO, Ok(300)]),
        (vec![alone(5, 300), alone(3, 300)], 9, vec![NO, Ok(300)]),
        // One that does not stack against those that do: whichever is better, of equal ones the fewer.
        (vec![alone(1, 300), with(2, 200), with(3, 150)], 2, vec![NO, Ok(200), Ok(150)]),
        (vec![alone(1, 300), with(2, 200), with(3, 150)], 1, vec![Ok(300), NO, NO]),
        (vec![with(1, 150), with(2, 150), alone(3, 300)], 2, vec![NO, NO, Ok(300)]),
        (vec![alone(2, 300), with(1, 300)], 1, vec![NO, Ok(300)]),
        // Of those that stack as many as the order may have.
        (vec![with(1, 100), with(2, 300), with(3, 200)], 2, vec![MANY, Ok(300), Ok(200)]),
        (vec![with(1, 100), with(2, 100)], 1, vec![Ok(100), MANY]),
        (vec![with(1, 100), alone(2, 100)], 0, vec![MANY, MANY]),
        // What takes nothing is not used up.
        (vec![with(1, 1_000), with(2, 100)], 2, vec![Ok(1_000), Err("nothing_left")]),
        (vec![with(1, 100), with(2, 0)], 2, vec![Ok(100), Err("nothing_left")]),
    ] {
        let price = priced(&[line(COFFEE, 1, 1_000)], &candidates, allowed, 0);
        assert_eq!(outcomes(&price), said, "{allowed} of {candidates:?}");
    }
}

#[test]
fn rule_24_conditions_look_at_the_sale_as_it_was_rung_up() {
    let lines = [line(COFFEE, 2, 600), line(CAKE, 1, 400), line(CAKE, 0, 900), line(CAKE, 1, -50)];
    let ten = || stackable(1, percent(10));
    let items = |number| Candidate { num_of_items: Some(number), ..ten() };
    let spend =
        |minor, currency| Candidate { minimum_spend: Some(Money::new(minor, currency)), ..ten() };
    let eur = Currency::EUR;
    let dollars = stackable(1, Discount::FixedAmount(Money::new(100, Currency::USD)));
    let few = Err("not_enough_items");
    for (candidate, said) in [
        (items(3), Ok(100)),
        (items(4), few),
        (on(&[COFFEE], items(2)), Ok(60)),
        (on(&[COFFEE], items(3)), few),
        (on(&[CAKE], items(0)), Ok(40)),
        (on(&[ProductId::new(3)], ten()), few),
        (Candidate { discount: Discount::Bogo(3), ..ten() }, few),
        (spend(1_000, eur), Ok(100)),
        // Of the whole sale, whatever it is about.
        (on(&[CAKE], spend(1_000, eur)), Ok(40)),
        (spend(1_001, eur), Err("minimum_spend_not_reached")),
        (spend(1, Currency::USD), Err("other_currency")),
        (dollars, Err("other_currency")),
    ] {
        let price = priced(&lines, std::slice::from_ref(&candidate), 1, 0);
        assert_eq!(outcomes(&price), [said], "{candidate:?}");
    }
    // Another discount does not spoil it.
    let half = on(&[COFFEE], stackable(9, percent(50)));
    let price = priced(&lines, &[half, spend(1_000, eur)], 2, 0);
    assert_eq!(outcomes(&price), [Ok(300), Ok(70)]);
}

#[test]
fn rule_24_a_code_counts_once_and_too_much_is_refused() {
    let lines = [line(COFFEE, 1, 1_000)];
    let same = stackable(1, euros(100));
    let other = Candidate { code: "OTHER".to_owned(), ..same.clone() };
    let price = priced(&lines, &[same.clone(), same.clone(), other], 9, 0);
    assert_eq!(outcomes(&price), [Ok(100), Err("given_twice"), Ok(100)]);

    let refused = |lines: &[PricedLine], candidates: &[Candidate]| {
        let currency = Currency::EUR;
        super::price(&Sale { currency, lines, candidates, allowed: 1, points_value: 0 }).err()
    };
    let many = vec![same; MAX_CANDIDATES + 1];
    assert_eq!(refused(&lines, &many), Some(PricingError::TooManyCandidates));
    let dear = line(CAKE, 1, i64::MAX);
    assert_eq!(refused(&[lines[0], dear], &[]), Some(PricingError::TooMuch));
    assert_eq!(refused(&[dear], &[discount(1, percent(99))]), None);
}

#[test]
fn rule_24_a_reason_is_a_sentence() {
    let money = |minor| Money::new(minor, Currency::EUR);
    for (why, sentence) in [
        (
            Skipped::NotEnoughItems { needed: 2, found: 1 },
            "This discount takes 2 items that it is about; there are 1.",
        ),
        (
            Skipped::MinimumSpendNotReached { minimum: money(2_000), subtotal: money(1_650) },
            "This discount takes a sale of 20.00 EUR; this one comes to 16.50 EUR.",
        ),
        (Skipped::TooManyDiscounts { allowed: 0 }, "This order may have no discount."),
        (
            Skipped::TooManyDiscounts { allowed: 2 },
            "This order may have 2 discounts, and others are better.",
        ),
    ] {
        assert_eq!(why.to_string(), sentence);
    }
}

fn any_lines() -> impl Strategy<Value = Vec<PricedLine>> {
    let product = option::weighted(0.9, (1_i64..4).prop_map(ProductId::new));
    let one = (product, 0_i32..5, prop_oneof![9 => 0_i64..3_000, 1 => -500_i64..10]);
    vec(one.prop_map(|(product, quantity, total)| PricedLine { product, quantity, total }), 0..6)
}

/// What a candidate is made of: discount, products, items, least to spend, whether it stacks, offer.
type Asked = (Discount, Vec<i64>, Option<i32>, Option<i64>, bool, i64);

fn any_candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let what = prop_oneof![
        (0_i64..1_100_000).prop_map(Discount::Percentage),
        (0_i64..2_500).prop_map(euros),
        (0_i64..3).prop_map(Discount::Bogo),
    ];
    let products = sample::subsequence(vec![1, 2, 3], 0..=2);
    let spend = option::weighted(0.3, 0_i64..4_000);
    let one = (what, products, option::weighted(0.3, 0_i32..4), spend, any::<bool>(), 1_i64..4);
    vec(one, 0..6).prop_map(|several| {
        let make = |(number, (discount, products, num_of_items, spend, stackable, offer)): (
            i32,
            Asked,
        )| {
            Candidate {
                offer: OfferId::new(offer),
                code: format!("CODE{number}"),
                discount,
                products: products.into_iter().map(ProductId::new).collect(),
                num_of_items,
                minimum_spend: spend.map(|minor| Money::new(minor, Currency::EUR)),
                stackable,
            }
        };
        (0..).zip(several).map(make).collect()
    })
}

/// The least that is left to pay by any choice that rule 24 allows, found by trying all.
fn least(lines: &[PricedLine], candidates: &[Candidate], allowed: u32) -> i64 {
    let rung_up = Line::all(lines).unwrap();
    let mut fit: Vec<&Candidate> =
        candidates.iter().filter(|one| one.objection(&rung_up, Currency::EUR).is_none()).collect();
    fit.sort_by_key(|candidate| (candidate.turn(), candidate.key()));
    let choices = (0_u32..1 << fit.len()).filter_map(|bits| {
        let chosen: Vec<_> = fit
            .iter()
            .zip(0..)
            .filter(|(_, place)| bits >> place & 1 == 1)
            .map(|(one, _)| one)
            .collect();
        let together = chosen.len() < 2 || chosen.iter().all(|one| one.stackable);
        let mut rest = rung_up.clone();
        for one in &chosen {
            one.take(&mut rest);
        }
        (together && bits.count_ones() <= allowed).then(|| left(&rest))
    });
    choices.min().unwrap()
}

proptest! {
    #[test]
    fn rule_24_nothing_falls_below_zero_and_all_sums_agree(
        lines in any_lines(), candidates in any_candidates(), allowed in sample::select(&ALL[..]),
        points in -10_i64..6_000,
    ) {
        let price = priced(&lines, &candidates, allowed, points);
        prop_assert!(price.to_pay >= 0 && price.paid_with_points >= 0);
        prop_assert_eq!(price.subtotal, price.discount + price.paid_with_points + price.to_pay);
        let sum = |part: fn(&LinePrice) -> i64| price.lines.iter().map(part).sum::<i64>();
        prop_assert_eq!(sum(|line| line.discount), price.discount);
        prop_assert_eq!(sum(|line| line.paid_with_points), price.paid_with_points);
        prop_assert_eq!(sum(|line| line.to_pay), price.to_pay);
        for (line, came) in price.lines.iter().zip(&lines) {
            prop_assert!(line.to_pay >= 0 && line.paid_with_points >= 0);
            let counts = came.quantity > 0 && came.total > 0;
            let whole = if counts { came.total } else { 0 };
            prop_assert_eq!(line.discount + line.paid_with_points + line.to_pay, whole);
            prop_assert_eq!(line.taken.iter().map(|(_, amount)| amount).sum::<i64>(), line.discount);
            prop_assert!((0..=came.quantity).contains(&line.discounted_units));
        }
        let applied = |place: usize| {
            let of_line = |line: &LinePrice| line.taken.iter().filter(|one| one.0 == place).map(|one| one.1).sum::<i64>();
            price.lines.iter().map(of_line).sum::<i64>()
        };
        for (place, outcome) in price.outcomes.iter().enumerate() {
            prop_assert_eq!(applied(place), outcome.amount());
            prop_assert_ne!(*outcome, Outcome::Applied(0));
        }
        let taken: Vec<_> = price.outcomes.iter().zip(&candidates).filter(|(one, _)| one.amount() > 0).collect();
        prop_assert!(u32::try_from(taken.len()).unwrap() <= allowed);
        prop_assert!(taken.len() < 2 || taken.iter().all(|(_, one)| one.stackable));
    }

    #[test]
    fn rule_24_no_choice_is_better_for_the_customer(
        lines in any_lines(), candidates in any_candidates(), allowed in sample::select(&ALL[..]),
    ) {
        let price = priced(&lines, &candidates, allowed, 0);
        prop_assert_eq!(price.to_pay, least(&lines, &candidates, allowed));
        for one in candidates.chunks(1).filter(|_| allowed > 0) {
            prop_assert!(price.to_pay <= priced(&lines, one, allowed, 0).to_pay, "{:?} alone", one);
        }
    }

    #[test]
    fn rule_24_another_code_never_makes_a_sale_dearer(
        lines in any_lines(), mut candidates in any_candidates(), allowed in sample::select(&ALL[..]),
        points in 0_i64..3_000,
    ) {
        let all = priced(&lines, &candidates, allowed, points).to_pay;
        prop_assert!(priced(&lines, &candidates, allowed + 1, points).to_pay <= all);
        candidates.pop();
        prop_assert!(all <= priced(&lines, &candidates, allowed, points).to_pay);
    }

    #[test]
    fn rule_24_nothing_hangs_on_the_order_of_the_codes(
        lines in any_lines(), allowed in sample::select(&ALL[..]),
        (candidates, shuffled) in any_candidates().prop_flat_map(|all| {
            let places: Vec<usize> = (0..all.len()).collect();
            (Just(all), Just(places).prop_shuffle())
        }),
    ) {
        let one = priced(&lines, &candidates, allowed, 700);
        let moved: Vec<_> = shuffled.iter().map(|place| candidates[*place].clone()).collect();
        let other = priced(&lines, &moved, allowed, 700);
        for (here, there) in shuffled.iter().enumerate() {
            prop_assert_eq!(other.outcomes[here], one.outcomes[*there]);
        }
        for (other, one) in other.lines.iter().zip(one.lines) {
            let taken = other.taken.iter().map(|(here, amount)| (shuffled[*here], *amount)).collect();
            prop_assert_eq!(LinePrice { taken, ..other.clone() }, one);
        }
    }
}
