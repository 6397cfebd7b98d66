//! Who buys when, without a list of it: order number k is placed at an instant that grows with k, by a buyer that a
//! formula names; the same formula, turned round, names all orders of a buyer. So orders come out in the order of time,
//! histories in the order of people, and nothing has to be kept in memory or looked up in between.
//!
//! Every buyer has some slots, the regulars many and some nobody at all. The orders come in rounds of as many as there are
//! slots; in each round every slot has one, in an order that `slot × factor + offset (modulo slots)` shuffles.

use rand::{Rng as _, RngCore as _};

use super::random::{Dice, Stream};

const MICROS_PER_DAY: u64 = 86_400_000_000;
/// Orders are placed between 7:00 and 22:00 UTC; merchants elsewhere shift that to their own day.
const OPENS: u64 = 7 * 3_600_000_000;
const OPEN_FOR: u64 = 15 * 3_600_000_000;
/// How many days of orders there are.
pub(super) const DAYS: u64 = 730;

/// When each order is placed, and by whom.
#[derive(Debug)]
pub(super) struct Calendar {
    orders: u64,
    /// Behind which slot each buyer's end.
    ends: Vec<u64>,
    slots: u64,
    factor: u64,
    inverse: u64,
    /// Of each round.
    offsets: Vec<u64>,
    /// Midnight UTC of the first day, in microseconds.
    first_day: u64,
}

impl Calendar {
    /// `weights` are the buyers' slots.
    pub(super) fn new(
        dice: &Dice,
        orders: u64,
        weights: impl Iterator<Item = u64>,
        first_day: u64,
    ) -> Self {
        let ends: Vec<u64> = weights
            .scan(0, |end, weight| {
                *end += weight;
                Some(*end)
            })
            .collect();
        let slots = ends.last().copied().unwrap_or_default().max(1);
        // About the golden section of the slots: neighbours, who are one buyer's, land far from each other.
        let mut factor = (slots * 618 / 1_000).max(1);
        while gcd(factor, slots) != 1 {
            factor += 1;
        }
        let mut rounds = dice.roll(Stream::Round, 0);
        let offsets = (0..orders.div_ceil(slots)).map(|_round| rounds.next_u64() % slots).collect();
        Self { orders, ends, slots, factor, inverse: inverse(factor, slots), offsets, first_day }
    }

    /// How many orders there are.
    pub(super) fn orders(&self) -> u64 {
        self.orders
    }

    /// The orders of a buyer, earliest first.
    pub(super) fn orders_of(&self, buyer: usize) -> Vec<u64> {
        let start =
            buyer.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(buyer).copied().unwrap_or(start);
        let mut orders = Vec::new();
        for (round, offset) in (0_u64..).zip(&self.offsets) {
            for slot in start..end {
                let place = (multiply(slot, self.factor, self.slots) + offset) % self.slots;
                orders.push(round * self.slots + place);
            }
        }
        orders.retain(|order| *order < self.orders);
        orders.sort_unstable();
        orders
    }

    /// Who places an order.
    pub(super) fn buyer(&self, order: u64) -> usize {
        let (round, place) = (order / self.slots, order % self.slots);
        let offset = usize::try_from(round).ok().and_then(|round| self.offsets.get(round));
        let shifted = (place + self.slots - offset.copied().unwrap_or_default()) % self.slots;
        let slot = multiply(shifted, self.inverse, self.slots);
        self.ends.partition_point(|end| *end <= slot)
    }

    /// When an order is placed, in microseconds; later for each further order.
    pub(super) fn instant(&self, order: u64) -> u64 {
        let day = multiply_divide(order, DAYS, self.orders);
        let first = |day: u64| multiply_divide_up(day, self.orders, DAYS);
        let (start, end) = (first(day), first(day + 1));
        let within = (order.saturating_sub(start) * 2 + 1)
            * (OPEN_FOR / (end.saturating_sub(start).max(1) * 2));
        self.first_day + day * MICROS_PER_DAY + OPENS + within.min(OPEN_FOR)
    }
}

/// How many slots a buyer has: 1.3 on average.
pub(super) fn weight(dice: &Dice, buyer: u64) -> u64 {
    match dice.roll(Stream::Weight, buyer).random_range(0..100_u8) {
        0..=19 => 0,
        20..=69 => 1,
        70..=86 => 2,
        87..=96 => 3,
        _ => 6,
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The number that undoes a multiplication by `factor`, by Euler: `factor` and `modulus` have no divisor in common.
fn inverse(factor: u64, modulus: u64) -> u64 {
    let (mut old, mut new) = ((i128::from(factor), 1_i128), (i128::from(modulus), 0_i128));
    while new.0 != 0 {
        let quotient = old.0 / new.0;
        (old, new) = (new, (old.0 - quotient * new.0, old.1 - quotient * new.1));
    }
    u64::try_from(old.1.rem_euclid(i128::from(modulus))).unwrap_or_default()
}

fn multiply(a: u64, b: u64, modulus: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(b) % u128::from(modulus)).unwrap_or_default()
}

fn multiply_divide(a: u64, b: u64, divisor: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(b) / u128::from(divisor.max(1))).unwrap_or(u64::MAX)
}

fn multiply_divide_up(a: u64, b: u64, divisor: u64) -> u64 {
    u64::try_from((u128::from(a) * u128::from(b)).div_ceil(u128::from(divisor.max(1))))
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(orders: u64, buyers: u64) -> Calendar {
        let dice = Dice::new(7);
        let weights: Vec<u64> = (0..buyers).map(|buyer| weight(&dice, buyer)).collect();
        Calendar::new(&dice, orders, weights.into_iter(), 0)
    }

    #[test]
    fn every_order_has_one_buyer_who_knows_it() {
        for (orders, buyers) in [(0, 10), (1, 1), (7, 300), (1_500, 402), (10_000, 37)] {
            let calendar = calendar(orders, buyers);
            let mut seen = vec![0; usize::try_from(orders).unwrap()];
            for buyer in 0..usize::try_from(buyers).unwrap() {
                for order in calendar.orders_of(buyer) {
                    assert_eq!(calendar.buyer(order), buyer, "order {order} of {orders}");
                    seen[usize::try_from(order).unwrap()] += 1;
                }
            }
            assert!(seen.iter().all(|count| *count == 1), "{orders} {buyers}");
        }
    }

    #[test]
    fn later_orders_are_placed_later_and_within_opening_hours() {
        for orders in [1, 100, 1_500, 50_000] {
            let calendar = calendar(orders, 300);
            let instants: Vec<u64> = (0..orders).map(|order| calendar.instant(order)).collect();
            assert!(instants.windows(2).all(|pair| pair[0] < pair[1]), "{orders}");
            for instant in &instants {
                assert!((OPENS..=OPENS + OPEN_FOR).contains(&(instant % MICROS_PER_DAY)));
            }
            assert!(*instants.last().unwrap() < DAYS * MICROS_PER_DAY);
        }
    }
}
