//! A merge is undone (rule 28): the other has again what they brought, and what came since by their name; what of it the survivor
//! spent meanwhile is taken from the survivor like a claw-back (rule 18). What is due is found out from the books alone (`plan`),
//! so that it can be shown before.

use std::collections::{BTreeMap, BTreeSet};

use regulars_kernel::{
    AccountId, EntryId, HoldId, LotId, LoyaltyCardId, Points, StoreError, Timestamp,
};

use super::{Pair, Step, cards_of, find, locked, total_earned};
use crate::{
    Book, Cause, ClawBackPolicy, Entry, EntryKind, Hold, HoldState, LedgerStore, Lot,
    bookkeeping::{self, Occasion},
    entry::natural_key,
    ledger_store::NewHold,
    posting::{Coming, Locked, NewLot, Unpostable, credit, minus, plus},
    transfer::in_new_lots,
};

/// What came since the merge by the name of the one who went, and goes back with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// Orders, visits and redemptions, as the lines of the ledger name them.
    pub causes: BTreeSet<Cause>,
    /// Stamps by hand.
    pub stamps: BTreeSet<EntryId>,
    /// What the open ones among the promises that go back have set aside.
    pub holds: BTreeSet<HoldId>,
    /// When the merge was.
    pub merged_at: Timestamp,
}

impl Since {
    /// Nothing came since a merge of that moment.
    pub const fn nothing(merged_at: Timestamp) -> Self {
        Self { causes: BTreeSet::new(), stamps: BTreeSet::new(), holds: BTreeSet::new(), merged_at }
    }
}

/// What an undo does, or would do, on one card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardUndo {
    /// Which.
    pub card: LoyaltyCardId,
    /// What goes back to the other.
    pub points: Points,
    /// What of it the survivor has spent, and gives of their own.
    pub taken: Points,
    /// What of that becomes their debt.
    pub owed: Points,
    /// The debt that goes back to the other.
    pub debt: Points,
    /// The welcome that each has again.
    pub welcome: Points,
}

/// What is due on one card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Plan {
    /// What the other had, by the lots from which it was moved.
    backs: BTreeMap<LotId, Points>,
    /// What came since, by the survivor's lots.
    fresh: BTreeMap<LotId, Points>,
    /// The survivor's lots that all of it lies in, as far as it is there.
    own: Vec<LotId>,
    /// Promises that go back, with what each has set aside: of a lot of the other's, or of one that came since.
    holds: Vec<(Hold, Vec<(LotId, Points)>)>,
    /// Promises that would go back and stand on what is the survivor's: they are called off.
    called_off: Vec<Hold>,
    /// What the survivor owes for the other, and what was taken for it from which lots that are still good.
    debt: Points,
    debt_lots: Vec<(LotId, Points)>,
    /// What of it was taken from lots that have expired since: it comes back to nobody.
    lapsed: Points,
    /// What was taken back of a second welcome, by lot.
    welcome: Vec<(LotId, Points)>,
    /// What of the survivor's lines since is earned by the other, net.
    earned: Points,
}

/// The books of one card.
struct Books<'a> {
    other: &'a Book,
    inner: &'a [Book],
    survivor: &'a Book,
}

impl Plan {
    fn total(&self) -> Result<Points, Unpostable> {
        let mut parts = self.backs.values().chain(self.fresh.values());
        parts.try_fold(Points::ZERO, |sum, part| sum.checked_add(*part)).ok_or(Unpostable::Overflow)
    }

    fn welcome(&self) -> Result<Points, Unpostable> {
        sum(&self.welcome)
    }

    /// Takes out what would have expired meanwhile, had it not been taken by the merge: it stays gone.
    fn lapse(&mut self, survivor: &Book, now: Timestamp) -> Result<(), Unpostable> {
        let lots = survivor.lots.iter().filter(|lot| !lot.is_expired(now));
        let live: BTreeSet<LotId> = lots.map(|lot| lot.id).collect();
        self.welcome.retain(|(lot, _)| live.contains(lot));
        let taken = sum(&self.debt_lots)?;
        self.debt_lots.retain(|(lot, _)| live.contains(lot));
        self.lapsed = minus(taken, sum(&self.debt_lots)?)?;
        Ok(())
    }

    /// Takes so much off what is due, of each lot at most what is said, and answers what was not there.
    fn take_off(
        &mut self,
        order: impl IntoIterator<Item = (LotId, Points)>,
        mut left: Points,
    ) -> Result<Points, Unpostable> {
        for (lot, most) in order {
            let due = match self.backs.get_mut(&lot) {
                Some(due) => due,
                None => match self.fresh.get_mut(&lot) {
                    Some(due) => due,
                    None => continue,
                },
            };
            let part = (*due).min(most).min(left).max(Points::ZERO);
            *due = minus(*due, part)?;
            left = minus(left, part)?;
        }
        Ok(left)
    }

    /// What of what is due the survivor has spent.
    fn spent(&self, survivor: &Book) -> Result<Points, Unpostable> {
        let own = |lot: &LotId| self.own.contains(lot);
        let lots = survivor.lots.iter().filter(|lot| own(&lot.id));
        let lots = lots.map(|lot| (lot.id, lot.remaining));
        let welcome = self.welcome.iter().filter(|(lot, _)| own(lot)).copied();
        let there = sum(&lots.chain(welcome).collect::<Vec<_>>())?;
        Ok(minus(self.total()?, there)?.max(Points::ZERO))
    }
}

fn sum(parts: &[(LotId, Points)]) -> Result<Points, Unpostable> {
    let mut parts = parts.iter().map(|(_, part)| *part);
    parts.try_fold(Points::ZERO, Points::checked_add).ok_or(Unpostable::Overflow)
}

fn uses(book: &Book, entry: EntryId) -> impl Iterator<Item = (LotId, Points)> {
    let of = book.lot_uses.iter().filter(move |part| part.entry == entry);
    of.map(|part| (part.lot, part.amount))
}

impl Books<'_> {
    /// The line of a step of the merge in the other's books.
    fn step(&self, pair: &Pair<'_>, step: Step) -> Result<Option<&Entry>, StoreError> {
        let cause = Cause::Merge(pair.survivor);
        let key =
            natural_key(self.other.account.id, EntryKind::Transfer, cause, step.of(pair.merge)?);
        Ok(self.other.entries.iter().find(|entry| entry.natural_key == key))
    }

    /// The survivor's line that came of it.
    fn counterpart(&self, out: &Entry) -> Option<&Entry> {
        let cause = Cause::Transfer(out.id);
        self.survivor.entries.iter().find(|entry| entry.cause == cause)
    }

    fn lot(&self, id: LotId) -> Option<&Lot> {
        let lots = self.survivor.lots.iter().chain(&self.other.lots);
        lots.into_iter().find(|lot| lot.id == id)
    }

    /// Whether a line of the survivor's is the other's by what it came of.
    fn is_since(entry: &Entry, since: &Since) -> bool {
        entry.reverses.is_none()
            && (since.causes.contains(&entry.cause) || since.stamps.contains(&entry.id))
    }

    fn plan(&self, pair: &Pair<'_>, since: &Since) -> Result<Plan, StoreError> {
        let mut plan = Plan::default();
        let mut home: BTreeMap<LotId, LotId> = BTreeMap::new();
        for step in [Step::Free, Step::Held] {
            let Some(out) = self.step(pair, step)? else { continue };
            for (lot, amount) in uses(self.other, out.id) {
                let due = plan.backs.entry(lot).or_default();
                *due = plus(*due, amount)?;
            }
            let Some(came) = self.counterpart(out) else { continue };
            for lot in self.survivor.lots.iter().filter(|lot| lot.entry == came.id) {
                home.extend(lot.moved_from.map(|from| (lot.id, from)));
            }
        }
        if let Some(out) = self.step(pair, Step::Owed)? {
            plan.debt = out.amount;
            let came = self.counterpart(out);
            plan.debt_lots =
                came.map(|came| uses(self.survivor, came.id).collect()).unwrap_or_default();
        }
        let charged = self.since(&mut plan, since)?;
        plan.lapse(self.survivor, pair.occasion.now)?;
        plan.own = home.keys().chain(plan.fresh.keys()).copied().collect();
        self.charge(&mut plan, &home, charged, pair.occasion.now)?;
        self.holds(&mut plan, &home, since);
        Ok(plan)
    }

    /// Goes through the survivor's lines: what came by the other's name, what was taken back of the other's and given back to them,
    /// and the merge's own second welcomes. Answers what the other spent or lost since, and by which lines.
    fn since(&self, plan: &mut Plan, since: &Since) -> Result<(Points, Vec<EntryId>), StoreError> {
        let books = || self.inner.iter().chain([self.other]);
        let mut theirs: BTreeSet<EntryId> =
            books().flat_map(|book| &book.entries).map(|entry| entry.id).collect();
        let mut came = BTreeSet::new();
        for entry in &self.survivor.entries {
            // What was earned anew after a review is whose the reviewed line is.
            let anew = matches!(entry.cause, Cause::Review(of) if theirs.contains(&of));
            if Self::is_since(entry, since) || (anew && entry.reverses.is_none()) {
                theirs.insert(entry.id);
                came.insert(entry.id);
            }
        }
        let (mut charge, mut by) = (Points::ZERO, Vec::new());
        for entry in &self.survivor.entries {
            let came = came.contains(&entry.id);
            let reverses = entry.reverses.is_some_and(|id| theirs.contains(&id));
            let merged = entry.occurred_at == since.merged_at && entry.reverses.is_some();
            if merged && entry.cause == Cause::InitialPoints {
                plan.welcome.extend(uses(self.survivor, entry.id));
                continue;
            }
            if !came && !reverses {
                continue;
            }
            if entry.kind == EntryKind::Earn || (reverses && entry.amount < Points::ZERO) {
                plan.earned = plus(plan.earned, entry.amount)?;
            }
            let lots: Vec<_> =
                self.survivor.lots.iter().filter(|lot| lot.entry == entry.id).collect();
            // What returned to lots that are there makes up for what was taken of them, beside what came in lots of its own.
            let mut rest = entry.amount;
            for lot in &lots {
                plan.fresh.insert(lot.id, lot.amount);
                rest = minus(rest, lot.amount)?;
            }
            if let Some(first) = lots.first() {
                let returned =
                    minus(Points::ZERO, sum(&uses(self.survivor, entry.id).collect::<Vec<_>>())?)?;
                // What paid a debt of the survivor's on its way is the other's all the same.
                let paid = minus(rest, returned)?;
                plan.fresh.insert(first.id, plus(first.amount, paid)?);
                rest = returned;
            }
            charge = minus(charge, rest)?;
            by.push(entry.id);
        }
        Ok((charge, by))
    }

    /// What has expired is nobody's.
    fn expired(
        &self,
        plan: &mut Plan,
        home: &BTreeMap<LotId, LotId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let gone = |id: LotId| self.lot(id).is_none_or(|lot| lot.is_expired(now));
        // What is still there of an expired lot is held by a promise.
        let mut left: BTreeMap<LotId, Points> = BTreeMap::new();
        for lot in &self.survivor.lots {
            let key = home.get(&lot.id).copied().unwrap_or(lot.id);
            let sum = left.entry(key).or_default();
            *sum = plus(*sum, lot.remaining)?;
        }
        for (lot, due) in plan.backs.iter_mut().chain(plan.fresh.iter_mut()) {
            if gone(*lot) {
                *due = (*due).min(left.get(lot).copied().unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Takes off what the other spent or lost since: of the lots from which it was taken, whether or not they have expired after that;
    /// then of what is left of those that end first, and never more than there is.
    fn charge(
        &self,
        plan: &mut Plan,
        home: &BTreeMap<LotId, LotId>,
        (charge, by): (Points, Vec<EntryId>),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut left = charge.max(Points::ZERO);
        let mut order: Vec<(LotId, Points)> = Vec::new();
        for (lot, amount) in by.into_iter().flat_map(|entry| uses(self.survivor, entry)) {
            order.push((home.get(&lot).copied().unwrap_or(lot), amount));
        }
        left = plan.take_off(order, left)?;
        self.expired(plan, home, now)?;
        let mut rest: Vec<LotId> = plan.backs.keys().chain(plan.fresh.keys()).copied().collect();
        rest.sort_by_key(|id| {
            let end = self.lot(*id).and_then(|lot| lot.expires_at);
            (end.unwrap_or(Timestamp::MAX), *id)
        });
        plan.take_off(rest.into_iter().map(|lot| (lot, Points::new(i64::MAX))), left)?;
        plan.backs.retain(|_, due| *due > Points::ZERO);
        plan.fresh.retain(|_, due| *due > Points::ZERO);
        Ok(())
    }

    /// Which of the promises that go back can: those that stand on what goes back.
    fn holds(&self, plan: &mut Plan, home: &BTreeMap<LotId, LotId>, since: &Since) {
        let mut left: BTreeMap<LotId, Points> =
            plan.backs.iter().chain(&plan.fresh).map(|(lot, due)| (*lot, *due)).collect();
        let mut open: Vec<&Hold> = self.survivor.holds.iter().collect();
        open.retain(|hold| hold.state == HoldState::Open && since.holds.contains(&hold.id));
        open.sort_by_key(|hold| (hold.created_at, hold.id));
        for hold in open {
            let parts = self.survivor.hold_lots.iter().filter(|part| part.hold == hold.id);
            let parts: Vec<(LotId, Points)> = parts
                .map(|part| (home.get(&part.lot).copied().unwrap_or(part.lot), part.amount))
                .collect();
            let fits =
                parts.iter().all(|(lot, amount)| left.get(lot).is_some_and(|left| left >= amount));
            if fits {
                for (lot, amount) in &parts {
                    if let Some(left) = left.get_mut(lot) {
                        *left = left.checked_sub(*amount).unwrap_or_default();
                    }
                }
                plan.holds.push((hold.clone(), parts));
            } else {
                plan.called_off.push(hold.clone());
            }
        }
    }
}

/// What is read of one card before anything is written.
#[expect(clippy::struct_field_names, reason = "a card is what it is of")]
struct Card {
    card: LoyaltyCardId,
    from: Locked,
    into: Locked,
    survivor: Book,
    other: Book,
    plan: Plan,
}

fn book<S: LedgerStore + ?Sized>(tx: &mut S, account: AccountId) -> Result<Book, StoreError> {
    let before = AccountId::new(account.get().saturating_sub(1));
    let found = tx.books(Some(before), 1)?.pop().filter(|book| book.account.id == account);
    found.ok_or(StoreError::OutOfScope("the account is not there"))
}

/// The cards on which the two had accounts, as they are now; `from` is the survivor's account.
fn cards<S: LedgerStore + ?Sized>(
    tx: &mut S,
    (pair, since): (&Pair<'_>, &Since),
    settle: bool,
) -> Result<Vec<Card>, StoreError> {
    let accounts = locked(tx, pair)?;
    let mut found = Vec::new();
    for card in cards_of(&accounts, pair.other) {
        let both = find(&accounts, pair.survivor, card).zip(find(&accounts, pair.other, card));
        let Some((mut from, into)) = both.map(|(from, into)| (from.clone(), into.clone())) else {
            continue;
        };
        if settle {
            bookkeeping::settle(tx, &mut from, pair.occasion.zone, pair.occasion.now)?;
        }
        let within = accounts.iter().map(Locked::account);
        let within = within.filter(|one| one.card == card && pair.inner.contains(&one.person));
        let within: Vec<AccountId> = within.map(|one| one.id).collect();
        let within = within.into_iter().map(|id| book(tx, id)).collect::<Result<Vec<_>, _>>()?;
        let survivor = book(tx, from.account().id)?;
        let other = book(tx, into.account().id)?;
        let books = Books { other: &other, inner: &within, survivor: &survivor };
        let plan = books.plan(pair, since)?;
        found.push(Card { card, from, into, survivor, other, plan });
    }
    Ok(found)
}

/// What [`undo`] would do now: writes nothing.
pub fn preview<S: LedgerStore + ?Sized>(
    tx: &mut S,
    pair: &Pair<'_>,
    since: &Since,
) -> Result<Vec<CardUndo>, StoreError> {
    let mut shown = Vec::new();
    for Card { card, from, survivor, plan, .. } in cards(tx, (pair, since), false)? {
        let mut holdings = tx.holdings(&from)?;
        let leaving = plan.holds.iter().map(|(hold, _)| hold).chain(&plan.called_off);
        leaving.for_each(|hold| holdings.end_hold(hold.id));
        let points = plan.total()?;
        let taken = plan.spent(&survivor)?;
        let policy = ClawBackPolicy::BelowZero;
        let claw = holdings.claw_back(points, &plan.own, policy, pair.occasion.now);
        let welcome = plan.welcome()?;
        // Both come back to the survivor before anything is taken.
        let back = plus(welcome, minus(plan.debt, plan.lapsed)?)?;
        let owed = minus(claw.owed, back)?.max(Points::ZERO);
        shown.push(CardUndo { card, points, taken, owed, debt: plan.debt, welcome });
    }
    Ok(shown)
}

/// Gives back what a merge moved, and what came since by the name of the one who went; each account acts for itself again. Who was
/// merged into the other before goes back with them.
pub fn undo<S: LedgerStore + ?Sized>(
    tx: &mut S,
    pair: &Pair<'_>,
    since: &Since,
) -> Result<Vec<CardUndo>, StoreError> {
    let mut done = Vec::new();
    for mut one in cards(tx, (pair, since), true)? {
        one.restore(tx, pair)?;
        done.push(one.give(tx, pair)?);
        one.part(tx, pair)?;
    }
    Ok(done)
}

impl Card {
    /// Undoes what the merge took from the survivor: a second welcome, and the other's debt.
    fn restore<S: LedgerStore + ?Sized>(
        &mut self,
        tx: &mut S,
        pair: &Pair<'_>,
    ) -> Result<(), StoreError> {
        let Occasion { now, .. } = pair.occasion;
        let nth = Step::Back.of(pair.merge)?;
        if !self.plan.welcome.is_empty() {
            let parts = self.plan.welcome.iter().map(|(lot, part)| Coming::Back(*lot, *part));
            let parts: Vec<_> = parts.collect();
            let happening =
                pair.occasion.says(&self.from, EntryKind::Earn, Cause::InitialPoints, nth);
            let posting = credit(self.from.account(), happening, &parts, now)?;
            tx.post(&mut self.from, posting)?;
        }
        let returned = minus(self.plan.debt, self.plan.lapsed)?;
        if returned > Points::ZERO {
            let backs = &self.plan.debt_lots;
            let owed = minus(returned, sum(backs)?)?;
            let mut parts = Vec::new();
            // What was owed pays what is owed still; what was paid since with other points comes back for good.
            if owed > Points::ZERO {
                parts.push(Coming::New(NewLot {
                    amount: owed,
                    active_from: now,
                    expires_at: None,
                    revives: None,
                    moved_from: None,
                }));
            }
            parts.extend(backs.iter().map(|(lot, part)| Coming::Back(*lot, *part)));
            let cause = Cause::Merge(pair.other);
            let happening = pair.occasion.says(&self.from, EntryKind::Transfer, cause, nth);
            let posting = credit(self.from.account(), happening, &parts, now)?;
            tx.post(&mut self.from, posting)?;
        }
        Ok(())
    }

    /// Gives the other what is due.
    fn give<S: LedgerStore + ?Sized>(
        &mut self,
        tx: &mut S,
        pair: &Pair<'_>,
    ) -> Result<CardUndo, StoreError> {
        let now = pair.occasion.now;
        for hold in &self.plan.called_off {
            tx.end_hold(&mut self.from, hold, (HoldState::Cancelled, now))?;
        }
        for (hold, _) in &self.plan.holds {
            tx.hand_over_hold(&mut self.from, hold, now)?;
        }
        let points = self.plan.total()?;
        let mut shown = CardUndo {
            card: self.card,
            points,
            taken: self.plan.spent(&self.survivor)?,
            owed: Points::ZERO,
            debt: self.plan.debt,
            welcome: self.plan.welcome()?,
        };
        let mut fresh = Vec::new();
        if points > Points::ZERO {
            let before = self.from.account().debt;
            let mut holdings = tx.holdings(&self.from)?;
            let (cause, nth) = (Cause::Merge(pair.other), Step::Free.of(pair.merge)?);
            let happening = pair.occasion.says(&self.from, EntryKind::Transfer, cause, nth);
            let wanted = (points, self.plan.own.as_slice(), ClawBackPolicy::BelowZero);
            let taken = bookkeeping::take(
                tx,
                &mut self.from,
                &mut holdings,
                happening,
                wanted,
                pair.occasion,
            )?;
            shown.owed = minus(self.from.account().debt, before)?;
            let entry = taken.entry.ok_or(StoreError::Internal("nothing was taken".into()))?;
            let mut parts: Vec<_> =
                self.plan.backs.iter().map(|(lot, due)| Coming::Back(*lot, *due)).collect();
            let lots = self.plan.fresh.iter().filter_map(|(id, due)| {
                Some((self.survivor.lots.iter().find(|lot| lot.id == *id)?.clone(), *due))
            });
            parts.extend(in_new_lots(&lots.collect::<Vec<_>>()).into_iter().map(Coming::New));
            let happening =
                pair.occasion.says(&self.into, EntryKind::Transfer, Cause::Transfer(entry.id), 0);
            let posting = credit(self.into.account(), happening, &parts, now)?;
            fresh = tx.post(&mut self.into, posting)?.lots;
        }
        let new_home = |lot: LotId| {
            fresh.iter().find(|new| new.moved_from == Some(lot)).map_or(lot, |new| new.id)
        };
        for (hold, parts) in &self.plan.holds {
            let parts = parts.iter().map(|(lot, amount)| (new_home(*lot), *amount)).collect();
            let new = NewHold { parts, until: hold.until, created_at: hold.created_at };
            let new = tx.put_hold(&mut self.into, &new)?;
            tx.repoint_promise(pair.merchant, hold.id, new.id)?;
        }
        // After the promises: what they stand on is taken for a debt last, and the newest are called off for it (rule 18).
        self.return_debt(tx, pair)?;
        Ok(shown)
    }

    /// The other owes again what they owed.
    fn return_debt<S: LedgerStore + ?Sized>(
        &mut self,
        tx: &mut S,
        pair: &Pair<'_>,
    ) -> Result<(), StoreError> {
        if self.plan.debt == Points::ZERO {
            return Ok(());
        }
        let mut holdings = tx.holdings(&self.into)?;
        let (cause, nth) = (Cause::Merge(pair.survivor), Step::Back.of(pair.merge)?);
        let happening = pair.occasion.says(&self.into, EntryKind::Transfer, cause, nth);
        let wanted = (self.plan.debt, [].as_slice(), ClawBackPolicy::BelowZero);
        bookkeeping::take(tx, &mut self.into, &mut holdings, happening, wanted, pair.occasion)?;
        Ok(())
    }

    /// Each account acts for itself again, and counts what its own person earned.
    fn part<S: LedgerStore + ?Sized>(
        &mut self,
        tx: &mut S,
        pair: &Pair<'_>,
    ) -> Result<(), StoreError> {
        // Nothing was earned on the other's account since the merge: what was carried then is what it has.
        let brought = total_earned(&self.other.account)?;
        let theirs = plus(brought, self.plan.earned)?;
        let carried = minus(self.from.account().carried, theirs)?;
        tx.redirect_account(&mut self.from, None, carried)?;
        let own = plus(self.into.account().carried, self.plan.earned)?;
        tx.redirect_account(&mut self.into, None, own)?;
        let target = self.into.account().id;
        for mut one in tx.lock_accounts_of(pair.merchant, pair.inner)? {
            if one.account().card == self.card {
                let kept = one.account().carried;
                tx.redirect_account(&mut one, Some(target), kept)?;
            }
        }
        Ok(())
    }
}
