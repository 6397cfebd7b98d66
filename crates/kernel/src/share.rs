//! Shares of a whole: a total spread over lines so that not one unit is lost or made up (rules 14, 24 and 25).

/// Spreads a total over weights by largest remainder: each gets its exact share rounded down, and the units that are left
/// go, one each, to those with the largest fractions, of equal ones to the first.
///
/// The shares sum to the total, each is less than one unit away from its exact share, and none is past its weight as long
/// as the total is not past the sum of the weights. A greater weight never gets less than a smaller one. A weight of zero
/// (or below: there is no such thing as less than no claim) gets nothing; where nobody has a weight, nobody gets anything:
/// that is the one case in which shares do not sum to the total. A total below zero is spread like the one above it, with
/// the other sign.
///
/// Totals that grow do not mean shares that grow: by largest remainder one more unit in all can be one unit less for a line
/// (10 and 11 over 6, 6 and 2 give 4, 4, 2 and 5, 5, 1). What is given in steps is therefore spread step by step, over what
/// is left of each line (rule 25).
pub fn spread(total: i64, weights: &[i64]) -> Vec<i64> {
    let weights = || weights.iter().map(|weight| i128::from((*weight).max(0)));
    let sum: i128 = weights().sum();
    if sum == 0 {
        return vec![0; weights().count()];
    }
    // A total and a weight fit 64 bits each, so their product fits 128.
    let size = i128::from(total.unsigned_abs());
    let mut shares: Vec<i128> = weights().map(|weight| size * weight / sum).collect();
    let mut fractions: Vec<(i128, usize)> =
        weights().map(|weight| size * weight % sum).zip(0..).collect();
    fractions.sort_by_key(|(fraction, place)| (-fraction, *place));
    let mut left = size - shares.iter().sum::<i128>();
    for (_fraction, place) in fractions {
        // Fractions sum to what is left, each below one: there are more of them above zero than units.
        if let Some(share) = shares.get_mut(place).filter(|_share| left > 0) {
            *share += 1;
            left -= 1;
        }
    }
    let sign = i128::from(total.signum());
    // A share lies between zero and the total, and so fits.
    shares.into_iter().map(|share| i64::try_from(sign * share).unwrap_or(total)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn what_is_left_goes_to_the_largest_fractions_and_of_equal_ones_to_the_first() {
        for (total, weights, shares) in [
            (10, vec![1, 1, 1], vec![4, 3, 3]),
            (11, vec![1, 1, 1], vec![4, 4, 3]),
            (100, vec![1, 2, 3], vec![17, 33, 50]),
            (1, vec![3, 4, 4], vec![0, 1, 0]),
            (10, vec![6, 6, 2], vec![4, 4, 2]),
            (11, vec![6, 6, 2], vec![5, 5, 1]),
            (7, vec![0, 5, 0], vec![0, 7, 0]),
            (7, vec![-5, 5], vec![0, 7]),
            (-10, vec![1, 1, 1], vec![-4, -3, -3]),
            (0, vec![1, 2], vec![0, 0]),
            (7, vec![0, 0], vec![0, 0]),
            (7, vec![], vec![]),
            (i64::MAX, vec![i64::MAX, i64::MAX], vec![i64::MAX / 2 + 1, i64::MAX / 2]),
            (i64::MIN, vec![i64::MAX, 0], vec![i64::MIN, 0]),
        ] {
            assert_eq!(spread(total, &weights), shares, "{total} over {weights:?}");
        }
    }

    fn any_weights() -> impl Strategy<Value = Vec<i64>> {
        let weight = prop_oneof![Just(0), 0_i64..20, 0_i64..100_000, 0..=i64::MAX];
        vec(weight, 1..12)
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nobody_is_a_unit_away(
            total in prop_oneof![-50_i64..50, any::<i64>()], weights in any_weights(),
        ) {
            let shares = spread(total, &weights);
            let sum: i128 = weights.iter().copied().map(i128::from).sum();
            prop_assert_eq!(shares.len(), weights.len());
            prop_assume!(sum > 0);
            let given: i128 = shares.iter().copied().map(i128::from).sum();
            prop_assert_eq!(given, i128::from(total));
            for (share, weight) in shares.iter().zip(&weights) {
                // |share − total × weight ÷ sum| < 1, in whole numbers. Within 2^67 × 2^63 of the sum and so of 128 bits
                // only as long as the difference is small, which is what is to be shown.
                let whole = i128::from(total) * i128::from(*weight);
                let share = i128::from(*share);
                prop_assert!(whole / sum - 1 <= share && share <= whole / sum + 1);
                let away = (share - whole / sum) * sum - whole % sum;
                prop_assert!(away.abs() < sum, "{} of {} by {}", share, total, weight);
                prop_assert!(*weight != 0 || share == 0);
            }
        }

        #[test]
        fn a_greater_weight_never_gets_less(total in 0_i64..100_000, weights in any_weights()) {
            let shares = spread(total, &weights);
            let mut ranked: Vec<_> = weights.iter().zip(&shares).collect();
            ranked.sort();
            for pair in ranked.windows(2) {
                let [(weight, share), (more, greater)] = pair else { unreachable!() };
                prop_assert!(weight == more || share <= greater, "{:?} {:?}", weights, shares);
            }
        }

        #[test]
        fn no_share_is_past_its_weight_unless_the_total_is_past_all(
            weights in vec(0_i64..1_000, 1..12), part in 0_i64..=1_000,
        ) {
            let total = weights.iter().sum::<i64>() * part / 1_000;
            for (share, weight) in spread(total, &weights).iter().zip(&weights) {
                prop_assert!(share <= weight);
            }
        }
    }
}
