//! Two records of one customer become one (rules 27 and 28): who may be merged with whom, and what the profile becomes. Pure, but
//! for [`meant`], which follows a number to whom it means.
//!
//! The record that goes stays as it is, and hidden: everything that names it means the other from then on, and
//! an undo shows it again. What it owns moves with crates above, which know what that is.

mod field;
mod moved;
mod record;

use std::{fmt, time::Duration};

use regulars_kernel::{MerchantId, PersonId, StoreError, Timestamp};

use crate::{CardNumber, CustomerStore, EmailAddress, Kind, Membership, Standing};

pub use field::{MergeField, Taken};
pub use moved::{MoveKind, Named};
pub use record::Merge;

/// How long a merge can be undone (rule 28).
pub const UNDO_WITHIN: Duration = Duration::from_hours(90 * 24);

/// Why two customers cannot be merged. Codes are part of the API and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blocker {
    /// They are the same.
    Same,
    /// Both have an account.
    TwoAccounts,
    /// The one that is to go has an account.
    HasAccount(PersonId),
    /// One of them was merged before.
    Merged(PersonId, PersonId),
    /// One of them was erased.
    Erased(PersonId),
    /// The one that is to stay left.
    Left(PersonId),
    /// The one that is to stay is archived.
    Archived(PersonId),
}

impl Blocker {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Same => "same_customer",
            Self::TwoAccounts => "two_accounts",
            Self::HasAccount(_) => "has_account",
            Self::Merged(..) => "merged",
            Self::Erased(_) => "erased",
            Self::Left(_) => "left",
            Self::Archived(_) => "archived",
        }
    }
}

/// The sentence that people read: what is in the way, and the way out.
impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("Both numbers mean the same customer."),
            Self::TwoAccounts => f.write_str(
                "Both have an account of their own: accounts are never merged. One of them can delete theirs.",
            ),
            Self::HasAccount(who) => write!(
                f,
                "Customer {who} has an account: merge the other way round, into customer {who}."
            ),
            Self::Merged(who, into) => {
                write!(f, "Customer {who} was merged into customer {into}: name customer {into}.")
            }
            Self::Erased(who) => write!(f, "Customer {who} was erased: nothing is left of them."),
            Self::Left(who) => {
                write!(f, "Customer {who} left: only they themselves come back, by joining again.")
            }
            Self::Archived(who) => write!(
                f,
                "Customer {who} is archived: bring them back first (updateConsumer archived: false)."
            ),
        }
    }
}

/// Everything that keeps `other` from being merged into `survivor`, both of one merchant; nothing where nothing does.
pub fn blockers(other: &Membership, survivor: &Membership) -> Vec<Blocker> {
    if other.person == survivor.person {
        return vec![Blocker::Same];
    }
    let mut found = Vec::new();
    match (other.kind, survivor.kind) {
        (Kind::Managed, _) => {}
        (Kind::Registered, Kind::Registered) => found.push(Blocker::TwoAccounts),
        (Kind::Registered, Kind::Managed) => found.push(Blocker::HasAccount(other.person)),
    }
    for one in [other, survivor] {
        match one.standing {
            Standing::Merged(into, _) => found.push(Blocker::Merged(one.person, into)),
            Standing::Erased(_) => found.push(Blocker::Erased(one.person)),
            Standing::Live | Standing::Archived(_) | Standing::Left(_) => {}
        }
    }
    match survivor.standing {
        Standing::Left(_) => found.push(Blocker::Left(survivor.person)),
        Standing::Archived(_) => found.push(Blocker::Archived(survivor.person)),
        Standing::Live | Standing::Merged(..) | Standing::Erased(_) => {}
    }
    found
}

/// Why a merge cannot be undone. Codes are part of the API and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoBlocker {
    /// It was undone before.
    Undone,
    /// It was longer ago than [`UNDO_WITHIN`].
    TooLongAgo(Timestamp),
    /// One of them was erased since.
    Erased(PersonId),
    /// The one that stayed was merged further since.
    MergedFurther(PersonId, PersonId),
}

impl UndoBlocker {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Undone => "undone",
            Self::TooLongAgo(_) => "too_long_ago",
            Self::Erased(_) => "erased",
            Self::MergedFurther(..) => "merged_further",
        }
    }
}

impl fmt::Display for UndoBlocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undone => f.write_str("This merge was undone before."),
            Self::TooLongAgo(until) => {
                write!(f, "A merge can be undone for 90 days: this one until {until}.")
            }
            Self::Erased(who) => write!(f, "Customer {who} was erased: nothing can be given back."),
            Self::MergedFurther(who, into) => write!(
                f,
                "Customer {who} was merged into customer {into} since: undo that merge first."
            ),
        }
    }
}

/// Everything that keeps a merge at an instant from being undone now.
pub fn undo_blockers(
    other: &Membership,
    survivor: &Membership,
    (merged_at, undone_at): (Timestamp, Option<Timestamp>),
    now: Timestamp,
) -> Vec<UndoBlocker> {
    if undone_at.is_some() {
        return vec![UndoBlocker::Undone];
    }
    let mut found = Vec::new();
    let until = merged_at.plus(UNDO_WITHIN);
    if until <= now {
        found.push(UndoBlocker::TooLongAgo(until));
    }
    for one in [other, survivor] {
        if matches!(one.standing, Standing::Erased(_)) {
            found.push(UndoBlocker::Erased(one.person));
        }
    }
    if let Some(into) = survivor.standing.merged_into() {
        found.push(UndoBlocker::MergedFurther(survivor.person, into));
    }
    found
}

/// What a merge makes of the two memberships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The one that goes: the same, and merged.
    pub other: Membership,
    /// The one that stays, with what it takes from the other, and the other's cards.
    pub survivor: Membership,
    /// Which of its fields are the other's now, and what they were before.
    pub taken: Vec<Taken>,
}

/// What becomes of two customers whom nothing keeps from being merged: what the survivor has stays, what it lacks comes from the
/// other, and so does what `wanted` names, where the other has it. A person with an account keeps a profile of their own (rule 3):
/// of it nothing is taken.
pub fn join(
    other: &Membership,
    survivor: &Membership,
    wanted: &[MergeField],
    now: Timestamp,
) -> Joined {
    let mut after = Membership { updated_at: now, ..survivor.clone() };
    let mut taken = Vec::new();
    for field in MergeField::ALL.iter().copied() {
        if survivor.kind == Kind::Registered && field.is_of_profile() {
            continue;
        }
        let (theirs, own) = (field.read(other), field.read(survivor));
        let takes = theirs.is_some() && (own.is_none() || wanted.contains(&field));
        if takes && theirs != own {
            field.copy(other, &mut after);
            taken.push(Taken { field, former: own });
        }
    }
    after.cards.extend(other.cards.iter().cloned());
    let merged = Membership {
        standing: Standing::Merged(survivor.person, now),
        updated_at: now,
        cards: Vec::new(),
        ..other.clone()
    };
    Joined { other: merged, survivor: after, taken }
}

/// What an undo makes of them: the other is as it was, with the cards that the survivor still has of theirs, and the survivor has its
/// own again of what is still as it was taken. An address is whose it was.
pub fn part(
    other: &Membership,
    survivor: &Membership,
    merge: &Merge,
    now: Timestamp,
) -> (Membership, Membership) {
    let mut after = survivor.clone();
    let brought = |card: &CardNumber| merge.cards.iter().any(|own| own.key() == card.key());
    let (cards, kept) = std::mem::take(&mut after.cards).into_iter().partition(brought);
    after.cards = kept;
    for Taken { field, former } in &merge.taken {
        if field.read(other) == field.read(survivor) {
            field.write(&mut after, former.as_deref());
        }
    }
    let key = |member: &Membership| member.profile.email.as_ref().map(EmailAddress::key);
    if after.kind == Kind::Managed && key(&after).is_some() && key(&after) == key(other) {
        after.profile.email = None;
    }
    if after != *survivor {
        after.updated_at = now;
    }
    let standing = merge.archived_at.map_or(Standing::Live, Standing::Archived);
    (Membership { standing, cards, updated_at: now, ..other.clone() }, after)
}

/// The membership that a number means: of one who was merged the other's. In a transaction that writes, nobody changes what is
/// answered before it ends.
pub fn meant(
    tx: &mut impl CustomerStore,
    merchant: MerchantId,
    person: PersonId,
) -> Result<Option<Membership>, StoreError> {
    let mut found = tx.find_membership(merchant, person)?;
    // Where a merge leads is kept at its end, so that one step leads there. A merge that is undone meanwhile leads back.
    for _ in 0..2 {
        match found.as_ref().and_then(|found| found.standing.merged_into()) {
            Some(into) => found = tx.find_membership(merchant, into)?,
            None => return Ok(found),
        }
    }
    Err(StoreError::Contended)
}

#[cfg(test)]
mod tests;
