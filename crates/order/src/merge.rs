//! Merging two records of one customer, and undoing it (rules 27 and 28): everything that one owns at the merchant becomes the
//! other's, in one transaction. A person claims what a merchant keeps under an address that they proved by the same step (rule 4).
//!
//! Memberships are locked by ascending number, then accounts by ascending number; whoever names the one who goes is told the other
//! from then on.

use std::collections::BTreeSet;

use regulars_customer::{
    CustomerError, CustomerStore, EmailAddress, Kind, Membership, Sharing, Standing,
    claim::proved,
    join::admit,
    merge::{
        Blocker, Merge, MergeField, MoveKind, Named, UndoBlocker, blockers, join, part,
        undo_blockers,
    },
    sharing::own_account,
};
use regulars_kernel::{
    Actor, MerchantId, MergeId, Permission, PersonId, Rule, Timestamp, Violations,
};
use regulars_loyalty::{
    Cause, LedgerStore,
    bookkeeping::Occasion,
    merge::{
        CardMerge, Pair,
        undo::{self as ledger_undo, CardUndo, Since},
    },
};
use regulars_merchant::MerchantStore;

use crate::{MergeStore, OrderError};

/// The argument that names who goes.
const OTHER: &str = "consumerId";
/// The argument that names who stays.
const INTO: &str = "intoConsumerId";

/// Everything that merging asks of a store.
pub trait MergePorts: MergeStore + LedgerStore + CustomerStore + MerchantStore {}

impl<S: MergeStore + LedgerStore + CustomerStore + MerchantStore> MergePorts for S {}

/// Which two, and whose values win where both have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMerge {
    /// Who goes.
    pub other: PersonId,
    /// Who stays.
    pub into: PersonId,
    /// Fields of which the one who stays is to have the other's value, where they have one; else what they have stays.
    pub fields: Vec<MergeField>,
}

/// A field, and whose value it has after a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChoice {
    /// Which.
    pub field: MergeField,
    /// The value.
    pub value: String,
    /// Whether it comes from the one who goes.
    pub from_other: bool,
}

/// What a merge would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Who would go.
    pub other: PersonId,
    /// Who would stay.
    pub survivor: PersonId,
    /// What is in the way; where there is something nothing else is told.
    pub blockers: Vec<Blocker>,
    /// Fields of which either has a value.
    pub fields: Vec<FieldChoice>,
    /// How many rows of each kind would be the survivor's.
    pub rows: Vec<(MoveKind, u64)>,
    /// How many cards of the merchant's own.
    pub cards: u64,
    /// What would happen on each loyalty card.
    pub ledger: Vec<CardMerge>,
}

/// What an undo would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoPreview {
    /// The merge.
    pub merge: Merge,
    /// What is in the way; where there is something nothing else is told.
    pub blockers: Vec<UndoBlocker>,
    /// How many rows of each kind would be the other's again.
    pub rows: Vec<(MoveKind, u64)>,
    /// What would happen on each loyalty card.
    pub ledger: Vec<CardUndo>,
}

/// Two who are one now, or two again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The merge.
    pub merge: MergeId,
    /// At which merchant.
    pub merchant: MerchantId,
    /// Who went.
    pub other: PersonId,
    /// Who stayed.
    pub survivor: PersonId,
}

impl Merged {
    const fn of(merge: &Merge) -> Self {
        Self {
            merge: merge.id,
            merchant: merge.merchant,
            other: merge.other,
            survivor: merge.survivor,
        }
    }
}

/// Two memberships, locked by ascending number.
fn both(
    tx: &mut impl CustomerStore,
    merchant: MerchantId,
    (other, into): (PersonId, PersonId),
) -> Result<(Membership, Membership), OrderError> {
    let (first, second) = (other.min(into), other.max(into));
    let first = tx.find_membership(merchant, first)?;
    let second = if other == into { first.clone() } else { tx.find_membership(merchant, second)? };
    let (of_other, of_into) = if other <= into { (first, second) } else { (second, first) };
    let of_other = of_other.ok_or(OrderError::NothingNamed(OTHER))?;
    Ok((of_other, of_into.ok_or(OrderError::NothingNamed(INTO))?))
}

fn occasion<S: MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    merchant: MerchantId,
    now: Timestamp,
) -> Result<Occasion, OrderError> {
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::NothingNamed(OTHER))?;
    Ok(Occasion::at(now, tenant.time_zone, actor.person()))
}

/// Which argument something that is in the way is about.
fn argument(blocker: Blocker, new: &NewMerge) -> &'static str {
    match blocker {
        Blocker::Merged(who, _)
        | Blocker::Erased(who)
        | Blocker::Left(who)
        | Blocker::Archived(who)
            if who == new.into =>
        {
            INTO
        }
        _ => OTHER,
    }
}

/// What [`merge`] would do: writes nothing. Needs [`Permission::MergeConsumer`] and [`Permission::ViewConsumer`].
pub fn preview<S: MergePorts>(
    tx: &mut S,
    actor: &Actor,
    new: &NewMerge,
    now: Timestamp,
) -> Result<Preview, OrderError> {
    let merchant = actor.require(Permission::MergeConsumer)?;
    actor.require(Permission::ViewConsumer)?;
    let (other, survivor) = both(tx, merchant, (new.other, new.into))?;
    let mut shown = Preview {
        other: new.other,
        survivor: new.into,
        blockers: blockers(&other, &survivor),
        fields: Vec::new(),
        rows: Vec::new(),
        cards: 0,
        ledger: Vec::new(),
    };
    if !shown.blockers.is_empty() {
        return Ok(shown);
    }
    let joined = join(&other, &survivor, &new.fields, now);
    let choice = |field: &MergeField| {
        let from_other = joined.taken.iter().any(|taken| taken.field == *field);
        let value = field.read(&joined.survivor)?;
        Some(FieldChoice { field: *field, value, from_other })
    };
    shown.fields = MergeField::ALL.iter().filter_map(choice).collect();
    shown.rows = tx.rows_to_move(merchant, (new.other, new.into))?;
    shown.cards = u64::try_from(other.cards.len()).unwrap_or(u64::MAX);
    let occasion = occasion(tx, actor, merchant, now)?;
    let inner = tx.merged_into(merchant, new.other)?;
    let beside = tx.merged_into(merchant, new.into)?;
    let pair = Pair {
        merchant,
        merge: MergeId::new(0),
        other: new.other,
        survivor: new.into,
        inner: &inner,
        beside: &beside,
        occasion,
    };
    shown.ledger = regulars_loyalty::merge::preview(tx, &pair)?;
    Ok(shown)
}

/// Merges one customer into another of the same merchant: what the one owns is the other's, and everything that names the one means
/// the other. Again it answers the first. Needs [`Permission::MergeConsumer`].
///
/// # Errors
/// [`OrderError::Invalid`] with everything that is in the way ([`blockers`]).
pub fn merge<S: MergePorts>(
    tx: &mut S,
    actor: &Actor,
    new: &NewMerge,
    now: Timestamp,
) -> Result<Merged, OrderError> {
    let merchant = actor.require(Permission::MergeConsumer)?;
    let (other, survivor) = both(tx, merchant, (new.other, new.into))?;
    if other.standing.merged_into() == Some(survivor.person)
        && let Some(standing) = tx.standing_merge(merchant, other.person)?
        && standing.survivor == survivor.person
    {
        return Ok(Merged::of(&standing));
    }
    let mut wrong = Violations::new();
    for blocker in blockers(&other, &survivor) {
        wrong.add(argument(blocker, new), Rule::Invalid(blocker.to_string()));
    }
    wrong.into_result()?;
    unite(tx, actor, (&other, &survivor), &new.fields, now)
}

/// Makes one of two whom nothing keeps from it.
fn unite<S: MergePorts>(
    tx: &mut S,
    actor: &Actor,
    (other, survivor): (&Membership, &Membership),
    fields: &[MergeField],
    now: Timestamp,
) -> Result<Merged, OrderError> {
    let merchant = survivor.merchant;
    let joined = join(other, survivor, fields, now);
    let mut merge = Merge {
        id: MergeId::new(0),
        merchant,
        other: other.person,
        survivor: survivor.person,
        taken: joined.taken,
        cards: other.cards.clone(),
        archived_at: other.standing.since(),
        merged_at: now,
        merged_by: actor.person(),
        undone_at: None,
    };
    merge.id = tx.insert_merge(&merge)?;
    let occasion = occasion(tx, actor, merchant, now)?;
    let (from, into) = (other.person, survivor.person);
    let inner = tx.merged_into(merchant, from)?;
    let beside = tx.merged_into(merchant, into)?;
    let pair = Pair {
        merchant,
        merge: merge.id,
        other: from,
        survivor: into,
        inner: &inner,
        beside: &beside,
        occasion,
    };
    regulars_loyalty::merge::merge(tx, &pair)?;
    for kind in MoveKind::ALL {
        tx.move_rows(&merge, *kind)?;
    }
    // What the survivor takes is free once the other is merged.
    tx.update_membership(&joined.other)?;
    tx.update_membership(&joined.survivor)?;
    Ok(Merged::of(&merge))
}

/// By what a merge is named that is to be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Its number.
    Merge(MergeId),
    /// Who went by it.
    Other(PersonId),
}

/// A merge with its two, locked.
struct Found {
    merge: Merge,
    other: Membership,
    survivor: Membership,
}

fn find<S: MergePorts>(
    tx: &mut S,
    merchant: MerchantId,
    which: Which,
) -> Result<Found, OrderError> {
    let look = |tx: &mut S| match which {
        Which::Merge(id) => tx.find_merge(merchant, id),
        Which::Other(person) => tx.standing_merge(merchant, person),
    };
    let absent = OrderError::NothingNamed(match which {
        Which::Merge(_) => "mergeId",
        Which::Other(_) => OTHER,
    });
    let Some(seen) = look(tx)? else { return Err(absent) };
    let (other, survivor) = both(tx, merchant, (seen.other, seen.survivor))?;
    // As it is now that nobody changes either of them.
    let merge = tx.find_merge(merchant, seen.id)?;
    merge.map(|merge| Found { merge, other, survivor }).ok_or(absent)
}

impl Found {
    fn blockers(&self, now: Timestamp) -> Vec<UndoBlocker> {
        let when = (self.merge.merged_at, self.merge.undone_at);
        undo_blockers(&self.other, &self.survivor, when, now)
    }

    const fn pair<'a>(&self, inner: &'a [PersonId], occasion: Occasion) -> Pair<'a> {
        let Merge { merchant, id, other, survivor, .. } = self.merge;
        Pair { merchant, merge: id, other, survivor, inner, beside: &[], occasion }
    }

    fn since<S: MergePorts>(
        &self,
        tx: &mut S,
        rows: &BTreeSet<Named>,
    ) -> Result<Since, OrderError> {
        let mut since = Since {
            holds: tx.holds_to_move_back(&self.merge)?,
            ..Since::nothing(self.merge.merged_at)
        };
        for row in rows {
            match row {
                Named::Order(id) => drop(since.causes.insert(Cause::Order(*id))),
                Named::Visit(id) => drop(since.causes.insert(Cause::Visit(*id))),
                Named::Redemption(id) => drop(since.causes.insert(Cause::Redemption(*id))),
                Named::Stamp(id) => drop(since.stamps.insert(*id)),
                Named::Intent(_) => {}
            }
        }
        Ok(since)
    }
}

/// What [`undo`] would do: writes nothing. Needs [`Permission::MergeConsumer`].
pub fn undo_preview<S: MergePorts>(
    tx: &mut S,
    actor: &Actor,
    which: Which,
    now: Timestamp,
) -> Result<UndoPreview, OrderError> {
    let merchant = actor.require(Permission::MergeConsumer)?;
    let found = find(tx, merchant, which)?;
    let mut shown = UndoPreview {
        blockers: found.blockers(now),
        merge: found.merge.clone(),
        rows: Vec::new(),
        ledger: Vec::new(),
    };
    if !shown.blockers.is_empty() {
        return Ok(shown);
    }
    let rows = tx.rows_to_move_back(&found.merge)?;
    let since = found.since(tx, &rows)?;
    for kind in MoveKind::ALL {
        let of_kind = rows.iter().filter(|row| row.parts().0 == *kind).count();
        if of_kind > 0 {
            shown.rows.push((*kind, u64::try_from(of_kind).unwrap_or(u64::MAX)));
        }
    }
    let inner = tx.merged_before(&found.merge)?;
    let occasion = occasion(tx, actor, merchant, now)?;
    shown.ledger = ledger_undo::preview(tx, &found.pair(&inner, occasion), &since)?;
    Ok(shown)
}

/// Undoes a merge: each has their own again, what came since follows the name by which it came, else it stays. What of the other's was
/// spent meanwhile is taken from the survivor like a claw-back (rule 18). Needs [`Permission::MergeConsumer`].
///
/// # Errors
/// [`OrderError::Invalid`] with everything that is in the way ([`undo_blockers`]).
pub fn undo<S: MergePorts>(
    tx: &mut S,
    actor: &Actor,
    which: Which,
    now: Timestamp,
) -> Result<Merged, OrderError> {
    let merchant = actor.require(Permission::MergeConsumer)?;
    let found = find(tx, merchant, which)?;
    let named = match which {
        Which::Merge(_) => "mergeId",
        Which::Other(_) => OTHER,
    };
    let mut wrong = Violations::new();
    for blocker in found.blockers(now) {
        wrong.add(named, Rule::Invalid(blocker.to_string()));
    }
    wrong.into_result()?;
    let rows = tx.rows_to_move_back(&found.merge)?;
    let since = found.since(tx, &rows)?;
    let inner = tx.merged_before(&found.merge)?;
    let occasion = occasion(tx, actor, merchant, now)?;
    ledger_undo::undo(tx, &found.pair(&inner, occasion), &since)?;
    for kind in MoveKind::ALL {
        tx.move_rows_back(&found.merge, *kind, now)?;
    }
    let (other, survivor) = part(&found.other, &found.survivor, &found.merge, now);
    // The survivor gives up first what is the other's again.
    tx.update_membership(&survivor)?;
    tx.update_membership(&other)?;
    tx.end_merge(&found.merge, now)?;
    Ok(Merged::of(&found.merge))
}

/// `claimProfile`: the consumer who asks takes what a merchant keeps under an address that they have proved: it is merged into their own
/// membership there, points included; who is no member yet joins by it, sharing everything (rules 4 and 7). In the scope
/// `Platform`, since the record is the merchant's. A record that is not offered to them is not there.
pub fn claim<S: MergePorts>(
    tx: &mut S,
    actor: &Actor,
    record: PersonId,
    now: Timestamp,
) -> Result<Merged, OrderError> {
    let account = own_account(tx, actor)?;
    let absent = || OrderError::from(CustomerError::ConsumerNotFound);
    let keys: Vec<String> = proved(&account);
    // A managed customer has one membership.
    let offered = |one: &Membership| {
        let key = one.profile.email.as_ref().map(EmailAddress::key);
        one.kind == Kind::Managed
            && one.standing == Standing::Live
            && key.is_some_and(|key| keys.contains(&key))
    };
    let mut found = tx.memberships_of(record)?;
    found.retain(offered);
    let other = found.pop().ok_or_else(absent)?;
    let survivor = admit(tx, &account, other.merchant, Sharing::Full, now)?;
    let wrong = blockers(&other, &survivor);
    if let Some(blocker) = wrong.first() {
        return Err(Violations::of("id", Rule::Invalid(blocker.to_string())).into());
    }
    unite(tx, actor, (&other, &survivor), &[], now)
}
