//! Lots: points or stamps that came together and expire together (rules 17 to 19).

use regulars_kernel::{AccountId, EntryId, LotId, Points, Timestamp};

/// What is left of one credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The key.
    pub id: LotId,
    /// Whose it is.
    pub account: AccountId,
    /// The line that it came with.
    pub entry: EntryId,
    /// How much it began with; positive.
    pub amount: Points,
    /// How much of it is left; never negative.
    pub remaining: Points,
    /// From when it can be spent; pending before.
    pub active_from: Timestamp,
    /// When it is gone; this very instant is too late. Open: never.
    pub expires_at: Option<Timestamp>,
    /// The expired lot whose points it brings back for a while (rule 25).
    pub revives: Option<LotId>,
    /// The lot of another account whose points it holds now: they were moved, and kept their time (rule 27).
    pub moved_from: Option<LotId>,
}

impl Lot {
    /// Whether it can be spent.
    pub fn is_active(&self, at: Timestamp) -> bool {
        self.active_from <= at
    }

    /// Whether its life is over.
    pub fn is_expired(&self, at: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= at)
    }
}

/// What a line took from a lot (positive), or gave back to it (negative).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotUse {
    /// The line.
    pub entry: EntryId,
    /// The lot.
    pub lot: LotId,
    /// How much.
    pub amount: Points,
}

/// Chooses what a spending takes (rule 19): the soonest-expiring active lot first (then the longest active, then the
/// lowest id), expired ones and what is `held` of each left out. `None` where there is not enough.
pub fn draw(
    lots: &[Lot],
    held: impl Fn(LotId) -> Points,
    amount: Points,
    at: Timestamp,
) -> Option<Vec<(LotId, Points)>> {
    let mut usable: Vec<&Lot> =
        lots.iter().filter(|lot| lot.is_active(at) && !lot.is_expired(at)).collect();
    usable.sort_by_key(|lot| (lot.expires_at.unwrap_or(Timestamp::MAX), lot.active_from, lot.id));
    let mut wanted = amount;
    let mut taken = Vec::new();
    for lot in usable {
        if wanted <= Points::ZERO {
            break;
        }
        let part = lot.remaining.checked_sub(held(lot.id))?.min(wanted);
        if part > Points::ZERO {
            wanted = wanted.checked_sub(part)?;
            taken.push((lot.id, part));
        }
    }
    (wanted <= Points::ZERO).then_some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(id: i64, remaining: i64, active_from: i64, expires_at: Option<i64>) -> Lot {
        Lot {
            id: LotId::new(id),
            account: AccountId::new(1),
            entry: EntryId::new(id),
            amount: Points::new(100),
            remaining: Points::new(remaining),
            active_from: Timestamp::from_seconds(active_from),
            expires_at: expires_at.map(Timestamp::from_seconds),
            revives: None,
            moved_from: None,
        }
    }

    #[test]
    fn spending_takes_the_soonest_expiring_free_points_first() {
        let lots = [
            lot(1, 50, 0, None),
            lot(2, 50, 0, Some(300)),
            lot(3, 50, 0, Some(200)),
            lot(4, 50, 500, Some(600)), // pending
            lot(5, 50, 0, Some(100)),   // expires this very instant
        ];
        let at = Timestamp::from_seconds(100);
        let held = |lot: LotId| Points::new(if lot.get() == 3 { 20 } else { 0 });
        let drawn = |amount| {
            draw(&lots, held, Points::new(amount), at).map(|parts| {
                parts.into_iter().map(|(lot, part)| (lot.get(), part.get())).collect::<Vec<_>>()
            })
        };
        for (amount, parts) in [
            (0, Some(vec![])),
            (10, Some(vec![(3, 10)])),
            (40, Some(vec![(3, 30), (2, 10)])),
            (130, Some(vec![(3, 30), (2, 50), (1, 50)])),
            (131, None),
        ] {
            assert_eq!(drawn(amount), parts, "{amount}");
        }
    }
}
