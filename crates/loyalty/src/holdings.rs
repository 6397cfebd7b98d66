//! What an account holds and has set aside, and what is taken first when it is taken back (rules 18, 19 and 21).

use std::collections::BTreeMap;

use regulars_kernel::{HoldId, LotId, Points, Timestamp};

use crate::{Hold, HoldLot, HoldState, Lot, lot::draw};

/// How far a claw-back goes where what was earned is not there any more (rule 25): the merchant's decision.
pub use regulars_merchant::RefundPolicy as ClawBackPolicy;

/// The lots of a locked account that hold something, and its open holds with what they set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Lots with a remainder, by ascending id.
    pub lots: Vec<Lot>,
    /// Open holds, by ascending id; whether their time is up is not looked at.
    pub holds: Vec<Hold>,
    /// What they have set aside.
    pub parts: Vec<HoldLot>,
}

/// What a claw-back takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClawBack {
    /// From which lots; each once.
    pub taken: Vec<(LotId, Points)>,
    /// Open holds that must be called off first.
    pub cancelled: Vec<HoldId>,
    /// What becomes debt.
    pub owed: Points,
    /// What the policy lets be.
    pub forgiven: Points,
}

impl ClawBack {
    /// What leaves the account: from lots, and as debt.
    pub fn amount(&self) -> Option<Points> {
        self.taken.iter().try_fold(self.owed, |sum, (_, part)| sum.checked_add(*part))
    }
}

impl Holdings {
    /// What open holds have set aside of a lot.
    pub fn held(&self, lot: LotId) -> Points {
        let parts = self.parts.iter().filter(|part| part.lot == lot);
        // Parts lie within the lot's remainder, so their sum fits.
        Points::new(parts.fold(0, |sum, part| sum.saturating_add(part.amount.get())))
    }

    /// What is left of a lot beside what is set aside.
    pub fn free(&self, lot: &Lot) -> Points {
        lot.remaining.checked_sub(self.held(lot.id)).unwrap_or_default().max(Points::ZERO)
    }

    /// What can be spent: active, not expired, not set aside (rule 18).
    pub fn available(&self, at: Timestamp) -> Points {
        let usable = self.lots.iter().filter(|lot| lot.is_active(at) && !lot.is_expired(at));
        Points::new(usable.fold(0, |sum, lot| sum.saturating_add(self.free(lot).get())))
    }

    /// Chooses what a spending takes; `None` where there is not enough (rule 19).
    pub fn draw(&self, amount: Points, at: Timestamp) -> Option<Vec<(LotId, Points)>> {
        draw(&self.lots, |lot| self.held(lot), amount, at)
    }

    /// What is taken where so much of what a hold has set aside is used: what expires soonest first (rule 19).
    pub fn part_of(&self, hold: HoldId, amount: Points) -> Vec<(LotId, Points)> {
        let mut parts: Vec<_> = self.parts.iter().filter(|part| part.hold == hold).collect();
        parts.sort_by_key(|part| {
            let lot = self.lots.iter().find(|lot| lot.id == part.lot);
            let life = lot.map(|lot| (lot.expires_at.unwrap_or(Timestamp::MAX), lot.active_from));
            (life, part.lot)
        });
        let mut missing = amount;
        let mut taken = Vec::with_capacity(parts.len());
        for part in parts {
            let used = part.amount.min(missing);
            missing = missing.checked_sub(used).unwrap_or_default();
            if used > Points::ZERO {
                taken.push((part.lot, used));
            }
        }
        taken
    }

    /// The open holds whose time is up.
    pub fn lapsed(&self, at: Timestamp) -> Vec<Hold> {
        self.holds.iter().filter(|hold| !hold.binds(at)).cloned().collect()
    }

    /// What has expired and is not set aside, by the instant of its end: a held lot does not expire before its hold ends
    /// (rule 19).
    pub fn expired(&self, at: Timestamp) -> Vec<(Lot, Points)> {
        let gone = self.lots.iter().filter(|lot| lot.is_expired(at));
        let mut gone: Vec<_> = gone
            .map(|lot| (lot.clone(), self.free(lot)))
            .filter(|(_, free)| *free > Points::ZERO)
            .collect();
        gone.sort_by_key(|(lot, _)| (lot.expires_at, lot.id));
        gone
    }

    /// Notes that a hold is over: what it set aside is free.
    pub fn end_hold(&mut self, hold: HoldId) {
        self.holds.retain(|row| row.id != hold);
        self.parts.retain(|part| part.hold != hold);
    }

    /// Notes a new hold.
    pub fn add_hold(&mut self, hold: Hold, parts: &[(LotId, Points)]) {
        let id = hold.id;
        self.holds.push(hold);
        let parts =
            parts.iter().map(|(lot, amount)| HoldLot { hold: id, lot: *lot, amount: *amount });
        self.parts.extend(parts);
    }

    /// Notes what was taken from lots (positive) or given back (negative); lots that hold nothing any more are left out.
    pub fn apply(&mut self, uses: &[(LotId, Points)]) {
        for (lot, amount) in uses {
            if let Some(row) = self.lots.iter_mut().find(|row| row.id == *lot) {
                row.remaining = row.remaining.checked_sub(*amount).unwrap_or_default();
            }
        }
        self.lots.retain(|lot| lot.remaining > Points::ZERO);
    }

    /// What taking back `amount` takes (rule 18): first `own`, the lots of what is taken back; then pending ones; then free
    /// active ones as spending would take them; then what open holds have set aside, calling off the newest first (of those
    /// that hold something which can be taken); what is missing is debt, where the policy goes that far. What has expired is
    /// gone before ([`Self::expired`]) and is not taken; but of `own` what a hold kept alive until now (rule 19).
    pub fn claw_back(
        &self,
        amount: Points,
        own: &[LotId],
        policy: ClawBackPolicy,
        at: Timestamp,
    ) -> ClawBack {
        let mut left = self.clone();
        let mut claw = ClawBack::default();
        let mut missing = amount;
        let mut taken: BTreeMap<LotId, Points> = BTreeMap::new();
        missing = left.seize(missing, own, policy, at, &mut taken);
        if policy != ClawBackPolicy::PendingOnly {
            let frees = |hold: &Hold| {
                self.parts.iter().filter(|part| part.hold == hold.id).any(|part| {
                    let mut lots = self.lots.iter().filter(|lot| lot.id == part.lot);
                    lots.any(|lot| can_go(lot, own, at))
                })
            };
            // What holds keep alive alone ends with them and cannot be taken: they are called off last, and only so that there
            // can be a debt, which no balance stands beside.
            let mut newest: Vec<_> = self.holds.iter().map(|hold| (frees(hold), hold)).collect();
            newest.retain(|(frees, _)| *frees || policy == ClawBackPolicy::BelowZero);
            newest
                .sort_by_key(|(frees, hold)| std::cmp::Reverse((*frees, hold.created_at, hold.id)));
            for (_, hold) in newest {
                if missing == Points::ZERO {
                    break;
                }
                left.end_hold(hold.id);
                claw.cancelled.push(hold.id);
                missing = left.seize(missing, own, policy, at, &mut taken);
            }
        }
        claw.taken = taken.into_iter().collect();
        if policy == ClawBackPolicy::BelowZero {
            claw.owed = missing;
        } else {
            claw.forgiven = missing;
        }
        claw
    }

    /// Takes what is free, in the order of a claw-back; answers what is still missing.
    fn seize(
        &mut self,
        amount: Points,
        own: &[LotId],
        policy: ClawBackPolicy,
        at: Timestamp,
        taken: &mut BTreeMap<LotId, Points>,
    ) -> Points {
        let mut order: Vec<&Lot> = self
            .lots
            .iter()
            .filter(|lot| can_go(lot, own, at))
            .filter(|lot| policy != ClawBackPolicy::PendingOnly || !lot.is_active(at))
            .collect();
        order.sort_by_key(|lot| {
            let rank = match lot {
                lot if own.contains(&lot.id) => 0,
                lot if !lot.is_active(at) => 1,
                _ => 2,
            };
            (rank, lot.expires_at.unwrap_or(Timestamp::MAX), lot.active_from, lot.id)
        });
        let mut missing = amount;
        let mut parts = Vec::new();
        for lot in order {
            let part = self.free(lot).min(missing);
            if part > Points::ZERO {
                missing = missing.checked_sub(part).unwrap_or_default();
                parts.push((lot.id, part));
            }
        }
        for (lot, part) in &parts {
            let sum = taken.entry(*lot).or_default();
            *sum = sum.checked_add(*part).unwrap_or(*sum);
        }
        self.apply(&parts);
        missing
    }

    /// Whether a hold is open.
    pub fn has_open(&self, hold: HoldId) -> bool {
        self.holds.iter().any(|row| row.id == hold && row.state == HoldState::Open)
    }
}

/// Whether a claw-back may take of a lot where nothing holds it: what is over is, but for the lots that it takes back, which a
/// hold kept alive until this very step.
fn can_go(lot: &Lot, own: &[LotId], at: Timestamp) -> bool {
    !lot.is_expired(at) || own.contains(&lot.id)
}
