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
        sum.lifetime = sum.lifetime.checked_add(book.account.earned)?;
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
