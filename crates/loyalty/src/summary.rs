//! Rule 16: what a person has, in a few numbers.

use std::collections::BTreeMap;

use regulars_kernel::{Actor, LotId, PersonId, Points, Timestamp};

use crate::{Book, LoyaltyError, LoyaltyStore, account::visible};

/// What expires next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// How many points, of those that are available.
    pub points: Points,
    /// When they are gone.
    pub at: Timestamp,
}

/// What a person has on all points cards that the asker sees (stamps are not points).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointsSummary {
    /// What can be spent now.
    pub available: Points,
    /// What becomes available later.
    pub pending: Points,
    /// What open codes have set aside.
    pub held: Points,
    /// What was taken back and was not there any more; the next points pay it.
    pub debt: Points,
    /// What was ever earned, net of reversals: `pointsEarned` in 64 bits.
    pub lifetime: Points,
    /// What expires next, if anything that is available ever does.
    pub expiring_next: Option<Expiring>,
}

/// Sums up books of points at an instant. What has expired counts no more and what has lapsed binds no more, noted or not;
/// what is held does not expire (rule 19). `None` where a sum does not fit 64 bits.
pub fn summarise<'a>(
    books: impl IntoIterator<Item = &'a Book>,
    now: Timestamp,
) -> Option<PointsSummary> {
    let mut sum = PointsSummary::default();
    for book in books {
        sum.debt = sum.debt.checked_add(book.account.debt)?;
        sum.lifetime = sum.lifetime.checked_add(book.account.counted()?)?;
        let held = book.held_per_lot(now)?;
        for lot in &book.lots {
            let held = held.get(&lot.id).copied().unwrap_or_default().min(lot.remaining);
            sum.held = sum.held.checked_add(held)?;
            let free = lot.remaining.checked_sub(held)?;
            if free == Points::ZERO || lot.is_expired(now) {
                continue;
            }
            if !lot.is_active(now) {
                sum.pending = sum.pending.checked_add(free)?;
                continue;
            }
            sum.available = sum.available.checked_add(free)?;
            let Some(at) = lot.expires_at else { continue };
            sum.expiring_next = match sum.expiring_next {
                Some(next) if next.at < at => Some(next),
                Some(next) if next.at == at => {
                    Some(Expiring { points: next.points.checked_add(free)?, at })
                }
                _ => Some(Expiring { points: free, at }),
            };
        }
    }
    Some(sum)
}

impl Book {
    /// What binding holds have set aside of each lot; `None` where a sum does not fit.
    pub fn held_per_lot(&self, now: Timestamp) -> Option<BTreeMap<LotId, Points>> {
        let mut held: BTreeMap<LotId, Points> = BTreeMap::new();
        for part in &self.hold_lots {
            if self.holds.iter().any(|hold| hold.id == part.hold && hold.binds(now)) {
                let sum = held.entry(part.lot).or_default();
                *sum = sum.checked_add(part.amount)?;
            }
        }
        Some(held)
    }
}

/// Points earned net of reversals by each of those people that the asker sees (rule 16): at the asking merchant, or for
/// oneself over all. People who never earned may be left out.
pub fn earned(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    people: &[PersonId],
) -> Result<Vec<(PersonId, Points)>, LoyaltyError> {
    let people = visible(actor, people)?;
    Ok(tx.points_earned(&people)?)
}

/// The sums of each of those people that the asker sees, with the reach of [`earned`]. People without a points card may be
/// left out.
pub fn per_consumer(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    people: &[PersonId],
    now: Timestamp,
) -> Result<Vec<(PersonId, PointsSummary)>, LoyaltyError> {
    let people = visible(actor, people)?;
    Ok(tx.points_summaries(&people, now)?)
}

#[cfg(test)]
mod tests {
    use regulars_kernel::{
        AccountId, EntryId, HoldId, LoyaltyCardId, MerchantId, PersonId, Timestamp,
    };

    use super::*;
    use crate::{Account, Hold, HoldLot, HoldState, Lot};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn book(lots: &[(i64, i64, Option<i64>)], held: &[(usize, i64)]) -> Book {
        let (merchant, person) = (MerchantId::new(1), PersonId::new(1));
        let account = AccountId::new(1);
        let mut book =
            Book::new(Account::new(account, merchant, person, LoyaltyCardId::new(1), at(0)));
        for ((remaining, active_from, expires_at), id) in lots.iter().zip(0..) {
            book.lots.push(Lot {
                id: LotId::new(id),
                account,
                entry: EntryId::new(id),
                amount: Points::new(1_000),
                remaining: Points::new(*remaining),
                active_from: at(*active_from),
                expires_at: expires_at.map(at),
                revives: None,
                moved_from: None,
            });
        }
        for ((lot, amount), id) in held.iter().zip(0..) {
            let (id, amount) = (HoldId::new(id), Points::new(*amount));
            let (until, state) = (at(50), HoldState::Open);
            book.holds.push(Hold {
                id,
                account,
                amount,
                until,
                state,
                created_at: at(0),
                ended_at: None,
            });
            let lot = book.lots[*lot].id;
            book.hold_lots.push(HoldLot { hold: id, lot, amount });
        }
        book
    }

    #[test]
    fn rule_16_sums_follow_the_clock() {
        let lots =
            [(10, 0, Some(40)), (20, 0, Some(60)), (30, 45, None), (40, 0, Some(40)), (5, 0, None)];
        let book = book(&lots, &[(0, 4), (1, 20)]);
        for (now, available, pending, held, next) in [
            (0, 51, 30, 24, Some((46, 40))),
            (39, 51, 30, 24, Some((46, 40))),
            // The lots expire, but for what is held of them (rule 19).
            (40, 5, 30, 24, None),
            (45, 35, 0, 24, None),
            // The holds lapse: what they kept alive goes at once, the rest is free.
            (50, 55, 0, 0, Some((20, 60))),
            (60, 35, 0, 0, None),
        ] {
            let sum = summarise([&book], at(now)).unwrap();
            let next =
                next.map(|(points, when)| Expiring { points: Points::new(points), at: at(when) });
            let numbers = (sum.available.get(), sum.pending.get(), sum.held.get());
            assert_eq!(
                (numbers, sum.expiring_next),
                ((available, pending, held), next),
                "at {now}"
            );
        }
    }

    #[test]
    fn sums_of_several_books_add_and_never_overflow() {
        let [one, other] = [book(&[(10, 0, Some(9))], &[]), book(&[(5, 0, Some(9))], &[])];
        let sum = summarise([&one, &other], at(0)).unwrap();
        assert_eq!(sum.available, Points::new(15));
        assert_eq!(sum.expiring_next, Some(Expiring { points: Points::new(15), at: at(9) }));
        let full = book(&[(i64::MAX, 0, None)], &[]);
        assert_eq!(summarise([&full, &one], at(0)), None);
        assert_eq!(summarise([], at(0)), Some(PointsSummary::default()));
    }
}
