use proptest::{collection::vec, prelude::*};

use super::*;

fn line(money: i64, points_value: i64, points: i64) -> SoldLine {
    let points = Points::new(points);
    SoldLine { paid: Part { money, points_value, points }, refunded: Part::default() }
}

fn sold(lines: &[SoldLine], tips: i64) -> Sold<'_> {
    Sold { lines, tips, tips_refunded: 0 }
}

fn places(places: &[usize]) -> Request {
    Request::Lines(places.iter().copied().collect())
}

/// What a part is: money, what points paid, points.
fn parts(share: &Share) -> Vec<[i64; 3]> {
    let of = |part: &Part| [part.money, part.points_value, part.points.get()];
    share.lines.iter().map(of).collect()
}

/// The lines after a refund of them.
fn after(lines: &[SoldLine], share: &Share) -> Vec<SoldLine> {
    let add = |(line, given): (&SoldLine, &Part)| {
        let before = line.refunded;
        let refunded = Part {
            money: before.money + given.money,
            points_value: before.points_value + given.points_value,
            points: before.points.checked_add(given.points).unwrap(),
        };
        SoldLine { refunded, ..*line }
    };
    lines.iter().zip(&share.lines).map(add).collect()
}

#[test]
fn rule_25_money_and_points_go_back_in_their_proportion() {
    // Of 10.00 points paid a quarter; 5.00 were paid in money alone.
    let lines = [line(750, 250, 500), line(500, 0, 0)];
    for (request, given, tips, completes) in [
        (Request::Whole, [[750, 250, 500], [500, 0, 0]], 100, true),
        (places(&[0]), [[750, 250, 500], [0; 3]], 0, false),
        (places(&[0, 1]), [[750, 250, 500], [500, 0, 0]], 0, true),
        (Request::Amount(1_500), [[750, 250, 500], [500, 0, 0]], 0, true),
        (Request::Amount(600), [[300, 100, 200], [200, 0, 0]], 0, false),
        // 6.66… and 3.33… of 10: the larger fraction gets the unit. 7 of it are 5.25 and 1.75.
        (Request::Amount(10), [[5, 2, 4], [3, 0, 0]], 0, false),
    ] {
        let share = share(&sold(&lines, 100), &request).unwrap();
        assert_eq!(parts(&share), given, "{request:?}");
        assert_eq!((share.tips, share.completes), (tips, completes), "{request:?}");
        let money: i64 = given.iter().map(|part| part[0]).sum();
        assert_eq!(share.money(), money + tips, "{request:?}");
        let sums = [given[0][1] + given[1][1], given[0][2] + given[1][2]];
        assert_eq!([share.points_value(), share.points().get()], sums, "{request:?}");
    }
}

#[test]
fn rule_25_what_is_left_goes_back_exactly() {
    let lines = [line(750, 250, 333), line(500, 0, 0)];
    let first = share(&sold(&lines, 100), &Request::Amount(10)).unwrap();
    let lines = after(&lines, &first);
    let second = share(&sold(&lines, 100), &places(&[0])).unwrap();
    let lines = after(&lines, &second);
    assert_eq!(lines[0].refunded, lines[0].paid);
    let rest = share(&sold(&lines, 100), &Request::Whole).unwrap();
    let lines = after(&lines, &rest);
    assert!(lines.iter().all(|line| line.refunded == line.paid) && rest.completes);
    assert_eq!(rest.tips, 100);

    let sold = Sold { lines: &lines, tips: 100, tips_refunded: 100 };
    assert_eq!(share(&sold, &Request::Whole), Err(ShareError::RefundedBefore));
    // The tips alone are left where lines went back one by one.
    let tips = share(&Sold { tips_refunded: 0, ..sold }, &Request::Whole).unwrap();
    assert_eq!((tips.money(), tips.completes), (100, true));
}

#[test]
fn rule_25_what_cannot_go_back_is_refused() {
    let done = SoldLine { refunded: line(300, 0, 0).paid, ..line(300, 0, 0) };
    let lines = [line(750, 250, 500), done, line(0, 0, 0), line(-50, 0, 0)];
    for (request, why) in [
        (Request::Amount(0), ShareError::NotPositive),
        (Request::Amount(-5), ShareError::NotPositive),
        (Request::Amount(1_001), ShareError::MoreThanLeft(1_000)),
        (places(&[]), ShareError::NoLines),
        (places(&[0, 4]), ShareError::NoSuchLine(4)),
        (places(&[1]), ShareError::RefundedBefore),
        (places(&[1, 3]), ShareError::RefundedBefore),
    ] {
        assert_eq!(share(&sold(&lines, 0), &request), Err(why), "{request:?}");
    }
    // What was free goes back for nothing; what was given back in the sale stays where it is.
    let free = share(&sold(&lines, 0), &places(&[2])).unwrap();
    assert_eq!((free.money(), free.completes), (0, false));
    let all = share(&sold(&lines, 0), &Request::Whole).unwrap();
    assert_eq!(parts(&all), [[750, 250, 500], [0; 3], [0; 3], [0; 3]]);
    let nothing = share(&sold(&[], 0), &Request::Whole).unwrap();
    assert_eq!((nothing.money(), nothing.completes), (0, true));
    let most = line(i64::MAX, 0, 0);
    assert_eq!(share(&sold(&[most, most], 0), &Request::Whole), Err(ShareError::TooMuch));
    assert_eq!(share(&sold(&[line(i64::MAX, 1, 0)], 0), &Request::Whole), Err(ShareError::TooMuch));
    assert_eq!(share(&sold(&[most], 0), &Request::Whole).unwrap().money(), i64::MAX);
}

fn any_lines() -> impl Strategy<Value = Vec<SoldLine>> {
    let one = (0_i64..2_000, prop_oneof![Just(0), 0_i64..2_000], 0_i64..700);
    vec(one, 1..6).prop_map(|lines| {
        // Where points paid nothing none were spent.
        let spent = |value, points| if value == 0 { 0 } else { points };
        let of = |(money, value, points)| line(money, value, spent(value, points));
        lines.into_iter().map(of).collect()
    })
}

/// A request by two numbers: an amount by its part of what is left, or lines by their bits.
fn request(lines: &[SoldLine], (by_lines, number): (bool, u16)) -> Request {
    if by_lines {
        let bit = |place: &usize| number >> place & 1 == 1;
        return Request::Lines((0..lines.len()).filter(bit).collect());
    }
    let left: i64 = lines.iter().filter_map(SoldLine::left).sum();
    Request::Amount(left * i64::from(number) / i64::from(u16::MAX))
}

proptest! {
    #[test]
    fn rule_25_never_more_than_was_paid_and_all_of_it_at_the_end(
        sale in any_lines(), tips in 0_i64..300,
        asked in vec(any::<(bool, u16)>(), 0..8),
    ) {
        let mut lines = sale.clone();
        let mut money_back = 0;
        let paid_money: i64 = sale.iter().map(|line| line.paid.money).sum();
        for asked in asked {
            let request = request(&lines, asked);
            let Ok(given) = share(&sold(&lines, tips), &request) else { continue };
            prop_assert_eq!(given.tips, 0);
            for part in &given.lines {
                prop_assert!(part.money >= 0 && part.points_value >= 0);
                prop_assert!(part.points >= Points::ZERO);
            }
            if let Request::Amount(amount) = request {
                prop_assert_eq!(given.money() + given.points_value(), amount);
            }
            prop_assert!(given.money() <= paid_money - money_back, "cash past what was paid");
            money_back += given.money();
            lines = after(&lines, &given);
            for line in &lines {
                let (back, paid) = (line.refunded, line.paid);
                prop_assert!(back.money <= paid.money && back.points_value <= paid.points_value);
                prop_assert!(back.points <= paid.points);
                // In proportion, less than a unit away, however many steps it took.
                let value = i128::from(paid.money + paid.points_value);
                let due = i128::from(back.money + back.points_value) * i128::from(paid.money);
                prop_assert!((i128::from(back.money) * value - due).abs() <= value / 2 + 1);
            }
            let left: Option<i64> = lines.iter().map(SoldLine::left).sum();
            prop_assert_eq!(given.completes, left == Some(0));
        }
        match share(&sold(&lines, tips), &Request::Whole) {
            Ok(rest) => {
                prop_assert_eq!(rest.tips, tips);
                prop_assert!(rest.completes);
                lines = after(&lines, &rest);
            }
            Err(why) => prop_assert_eq!(why, ShareError::RefundedBefore),
        }
        for line in &lines {
            prop_assert_eq!(line.refunded.money, line.paid.money);
            prop_assert_eq!(line.refunded.points_value, line.paid.points_value);
            prop_assert_eq!(line.refunded.points, line.paid.points);
        }
    }

    #[test]
    fn rule_25_two_refunds_of_a_line_are_one_of_both(
        line in any_lines().prop_map(|lines| lines[0]), first in 1_i64..4_000, second in 1_i64..4_000,
    ) {
        let refund = |line: SoldLine, amount| {
            let given = share(&sold(&[line], 0), &Request::Amount(amount)).ok()?;
            after(&[line], &given).pop()
        };
        let apart = refund(line, first).and_then(|line| refund(line, second));
        prop_assert_eq!(apart, refund(line, first + second));
    }
}
