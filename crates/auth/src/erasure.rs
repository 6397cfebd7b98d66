//! Erasing people (rule 30): a merchant its customer, a person their account and everything that hangs on it.
//!
//! What tells of the person goes, in the audit log and in the outcomes of requests too. The books stay: ledger entries, orders with
//! amounts, lines, dates and stores, redemptions and visits, all under a number behind which nobody stands any more. No hash of
//! theirs covers a personal value (rule 20), so they verify as before. What was promised and is open is called off, and what it
//! held is free again; points that were not spent stay in the balance, and so in what a merchant owes, until they expire.
//!
//! Everything happens in one transaction of scope `Platform`, in the order in which others lock: the account, then memberships.
//! A dry run is the same, undone by its caller.

mod receipt;

use std::collections::BTreeSet;

use regulars_customer::{
    CustomerError, CustomerStore, EmailAddress, Kind, Membership, Person, PhoneNumber, Profile,
    Standing,
};
use regulars_kernel::{
    Actor, MerchantId, Permission, PersonId, Rule, StoreError, Timestamp, Violations,
};
use regulars_merchant::EntitySource;

use crate::{
    AuditStore, AuthError, AuthStore, ErasureStore,
    audit::{Doer, DoerKind},
    confirmation::Confirmed,
    mark::{Mark, MarkKind, Marker},
};

pub use receipt::{Erasure, ErasureId, NoParts, Part, PartKind, Parts, Reason};

/// The root field, by which the audit log knows it.
pub const ACTION: &str = "eraseConsumer";

const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

/// How many people somebody may erase within an hour, dry runs among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One of a merchant's people, or one app. 100.
    pub by_merchants: u64,
    /// A consumer, who tries what it would do. 10.
    pub by_consumers: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { by_merchants: 100, by_consumers: 10 }
    }
}

/// Refuses with [`Rule::TooManyAttempts`] whoever erased so often within the hour: their entries in the audit log are counted, so
/// that it is one bound for all servers. Programs have none.
fn require_left(
    tx: &mut impl AuditStore,
    merchant: Option<MerchantId>,
    doer: &Doer,
    most: u64,
    now: Timestamp,
) -> Result<(), AuthError> {
    let bounded = doer.kind != DoerKind::System;
    if bounded && tx.count_done(merchant, doer, ACTION, now.minus(HOUR))? >= most {
        return Err(Violations::of_input(Rule::TooManyAttempts(3_600)).into());
    }
    Ok(())
}

/// Of whom what is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The person.
    pub person: PersonId,
    /// At this merchant; none: at each.
    pub merchant: Option<MerchantId>,
    /// Whether the person goes as a whole: a managed customer, an account.
    pub whole: bool,
}

/// An erasure to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewErasure {
    /// Whose customer it was; none: the account.
    pub merchant: Option<MerchantId>,
    /// Who.
    pub person: PersonId,
    /// Why.
    pub reason: Reason,
    /// What went.
    pub parts: Parts,
    /// When.
    pub erased_at: Timestamp,
}

/// A merchant erases a customer: a managed one as a whole, of a registered one what the merchant has of them. Needs
/// [`Permission::EraseConsumer`]; people who work for a merchant are no customers, and are not found. Refuses with
/// [`Rule::TooManyAttempts`] whoever did so too often.
pub fn erase_membership<S>(
    tx: &mut S,
    actor: &Actor,
    marker: &Marker,
    (id, reason): (PersonId, Reason),
    limits: Limits,
    now: Timestamp,
) -> Result<Erasure, AuthError>
where
    S: CustomerStore + AuthStore + AuditStore + ErasureStore,
{
    let merchant = actor.require(Permission::EraseConsumer)?;
    require_left(tx, Some(merchant), &actor.into(), limits.by_merchants, now)?;
    erase_member(tx, marker, merchant, id, reason, now)
}

/// The same by whoever runs the platform, for a merchant.
pub fn erase_member<S>(
    tx: &mut S,
    marker: &Marker,
    merchant: MerchantId,
    id: PersonId,
    reason: Reason,
    now: Timestamp,
) -> Result<Erasure, AuthError>
where
    S: CustomerStore + AuthStore + AuditStore + ErasureStore,
{
    tx.find_account(id)?;
    let found = tx.find_membership(merchant, id)?;
    let found = found.filter(|found| !matches!(found.standing, Standing::Erased(_)));
    let membership = found.ok_or(CustomerError::ConsumerNotFound)?;
    if let Some(into) = membership.standing.merged_into() {
        let sentence = format!(
            "Customer {id} was merged into customer {into}: erase customer {into}, who both are, or undo the \
             merge first (unmergeConsumers)."
        );
        return Err(Violations::of("id", Rule::Invalid(sentence)).into());
    }
    let whose =
        Whose { person: id, merchant: Some(merchant), whole: membership.kind == Kind::Managed };
    let mut account = None;
    if whose.whole {
        account = tx.people(&[id])?.pop();
    }
    erase(tx, marker, whose, Known { account, memberships: vec![membership] }, (reason, now))
}

/// A consumer erases their account, and what every merchant has of them. Their password was confirmed; people who work for a
/// merchant, and the platform's own, are no consumers.
pub fn erase_own<S>(
    tx: &mut S,
    marker: &Marker,
    confirmed: &Confirmed,
    reason: Reason,
    limits: Limits,
    now: Timestamp,
) -> Result<Erasure, AuthError>
where
    S: CustomerStore + AuthStore + AuditStore + ErasureStore,
{
    let account = confirmed.account(tx)?;
    let doer = Actor::Consumer { person: account.id };
    require_left(tx, None, &(&doer).into(), limits.by_consumers, now)?;
    erase_consumer(tx, marker, account, reason, now)
}

/// The same by whoever runs the platform, for the person; of an account that was deleted too.
pub fn erase_account<S>(
    tx: &mut S,
    marker: &Marker,
    id: PersonId,
    reason: Reason,
    now: Timestamp,
) -> Result<Erasure, AuthError>
where
    S: CustomerStore + AuthStore + AuditStore + ErasureStore,
{
    let account = tx.find_account(id)?.ok_or(CustomerError::ConsumerNotFound)?;
    erase_consumer(tx, marker, account, reason, now)
}

fn erase_consumer<S>(
    tx: &mut S,
    marker: &Marker,
    account: Person,
    reason: Reason,
    now: Timestamp,
) -> Result<Erasure, AuthError>
where
    S: CustomerStore + AuthStore + AuditStore + ErasureStore,
{
    if account.user_type != regulars_customer::UserType::Consumer || account.staff || account.admin
    {
        let sentence = "Only consumers are erased. People who work for a merchant are dismissed first \
                        (deleteMerchant), and delete their account (deleteAccount).";
        return Err(Violations::of("id", Rule::Invalid(sentence.to_owned())).into());
    }
    let whose = Whose { person: account.id, merchant: None, whole: true };
    let memberships = tx.memberships_of(account.id)?;
    erase(tx, marker, whose, Known { account: Some(account), memberships }, (reason, now))
}

/// What was found of a person: the rows that are to be emptied.
struct Known {
    /// Of whom goes as a whole.
    account: Option<Person>,
    memberships: Vec<Membership>,
}

/// Erases a person as far as `whose` says.
fn erase<S>(
    tx: &mut S,
    marker: &Marker,
    whose: Whose,
    Known { account, memberships }: Known,
    (reason, now): (Reason, Timestamp),
) -> Result<Erasure, AuthError>
where
    S: CustomerStore + AuthStore + AuditStore + ErasureStore,
{
    let (mut reimports, mut once) = (0, 0);
    for membership in &memberships {
        let marks = marks_of(marker, membership, account.as_ref());
        let (source, other): (Vec<_>, Vec<_>) =
            marks.into_iter().partition(|mark| mark.kind == MarkKind::Source);
        reimports += tx.insert_marks(membership.merchant, &source, now)?;
        once += tx.insert_marks(membership.merchant, &other, now)?;
    }
    for (merchant, source, id) in tx.sources_of(whose)? {
        let mark = marker.mark(merchant, MarkKind::Source, &source_text(source, &id));
        let marks: Vec<_> = mark.into_iter().collect();
        reimports += tx.insert_marks(merchant, &marks, now)?;
    }
    let values = values_of(&memberships, account.as_ref());
    // Who was merged into the person is the person: nothing that tells of them stays under the other number either.
    let merged = erase_merged(tx, marker, &memberships, (reason, now))?;
    let mut parts = tx.clear(whose, &values)?;
    parts.extend(merged);
    let mut filled = 0_u64;
    for membership in memberships {
        let (empty, values) = membership.erased(now);
        filled = filled.saturating_add(values);
        tx.update_membership(&empty)?;
    }
    if let Some(account) = account {
        filled = filled.saturating_add(account.profile.filled());
        filled = filled.saturating_add(u64::from(account.loyalty_id.is_some()));
        tx.update_person(&emptied(&account, now))?;
    }
    let log = if whose.whole { None } else { whose.merchant };
    let entries = count(tx.clear_audit(whose.person, log)?);
    parts.extend([
        Part::gone(PartKind::Profile, filled),
        Part { kind: PartKind::AuditEntries, cleared: entries, kept: entries },
        Part { kind: PartKind::Marks, cleared: 0, kept: count(reimports) },
        Part { kind: PartKind::OnceMarks, cleared: 0, kept: count(once) },
    ]);
    let new = NewErasure {
        merchant: whose.merchant,
        person: whose.person,
        reason,
        parts: Parts::of(parts),
        erased_at: now,
    };
    let id = tx.insert_erasure(&new)?;
    let NewErasure { merchant, person, reason, parts, erased_at } = new;
    let whole = whose.whole;
    Ok(Erasure { id, merchant, person, whole, reason, parts, erased_at, cleaned_at: None })
}

/// Erases, each as a whole, whom a merchant merged into one of its customers.
fn erase_merged<S>(
    tx: &mut S,
    marker: &Marker,
    memberships: &[Membership],
    (reason, now): (Reason, Timestamp),
) -> Result<Vec<Part>, AuthError>
where
    S: CustomerStore + AuthStore + AuditStore + ErasureStore,
{
    let mut parts = Vec::new();
    for survivor in memberships {
        let merchant = survivor.merchant;
        for person in tx.merged_into(merchant, survivor.person)? {
            let Some(membership) = tx.find_membership(merchant, person)? else { continue };
            let whose = Whose { person, merchant: Some(merchant), whole: true };
            let account = tx.people(&[person])?.pop();
            let known = Known { account, memberships: vec![membership] };
            let erased = erase(tx, marker, whose, known, (reason, now))?;
            parts.extend(erased.parts.iter().copied());
        }
    }
    Ok(parts)
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// The row of a person of whom nothing is left.
fn emptied(account: &Person, now: Timestamp) -> Person {
    Person {
        loyalty_id: None,
        profile: Profile::default(),
        logo: None,
        verified: false,
        archived: false,
        active: false,
        last_login: None,
        deleted_at: Some(now),
        updated_at: now,
        ..account.clone()
    }
}

/// What is kept of somebody so that a merchant's imports do not bring them back, and nothing that they got once comes twice
/// (rules 15 and 30): where the record came from, card numbers, and addresses, of a registered person the proved ones alone. Phone
/// numbers are what a merchant wrote down of customers whom it keeps: nobody proves theirs.
fn marks_of(marker: &Marker, membership: &Membership, account: Option<&Person>) -> Vec<Mark> {
    let merchant = membership.merchant;
    let mut marks = Vec::new();
    let mut add = |kind, value: &str| marks.extend(marker.mark(merchant, kind, value));
    if let Some((source, id)) = membership.entity_source.zip(membership.entity_source_id.as_deref())
    {
        add(MarkKind::Source, &source_text(source, id));
    }
    for card in &membership.cards {
        add(MarkKind::Card, &card.key());
    }
    let shown = &membership.profile;
    let own = account.map(|account| &account.profile);
    let known = membership.kind == Kind::Managed || membership.verified;
    let proved = account.filter(|account| account.verified).and(own);
    let addresses = [
        shown.email.as_ref().filter(|_| known),
        proved.and_then(|own| own.email.as_ref()),
        own.and_then(|own| own.secondary_email.as_ref()),
    ];
    for address in addresses.into_iter().flatten() {
        add(MarkKind::Email, &address.key());
    }
    let phone = shown.phone_number.as_ref().filter(|_| membership.kind == Kind::Managed);
    if let Some(phone) = phone {
        add(MarkKind::Phone, phone.as_str());
    }
    marks.sort();
    marks.dedup();
    marks
}

fn source_text(source: EntitySource, id: &str) -> String {
    format!("{}\0{id}", source.name())
}

/// Texts that name the person and may stand in the sentence of a refusal.
fn values_of(memberships: &[Membership], account: Option<&Person>) -> Vec<String> {
    let profiles =
        memberships.iter().map(|one| &one.profile).chain(account.map(|one| &one.profile));
    let mut values: Vec<String> = profiles
        .flat_map(|profile| {
            let addresses = [&profile.email, &profile.secondary_email].into_iter().flatten();
            let phone = profile.phone_number.iter().map(PhoneNumber::as_str);
            addresses.map(EmailAddress::as_str).chain(phone).map(str::to_owned)
        })
        .chain(memberships.iter().flat_map(|one| &one.cards).map(|card| card.as_str().to_owned()))
        .chain(memberships.iter().filter_map(|one| one.entity_source_id.clone()))
        .collect();
    let own = memberships.iter().flat_map(|one| &one.loyalty_id);
    values.extend(own.map(|id| id.as_str().to_owned()));
    values.sort();
    values.dedup();
    values
}

/// Refuses a record that was made from a source under an id of somebody whom the merchant erased. To be asked after it was
/// made, in the same transaction: whoever erases at the same moment has then ended, and left the mark.
pub fn refuse_erased(
    tx: &mut impl ErasureStore,
    marker: &Marker,
    merchant: MerchantId,
    source: EntitySource,
    id: &str,
) -> Result<(), AuthError> {
    let marks = marker.marks(merchant, MarkKind::Source, &source_text(source, id));
    if tx.is_marked(merchant, &marks)? {
        return Err(Violations::of("entitySourceId", Rule::Erased).into());
    }
    Ok(())
}

/// Which of the ids at a source are of people whom the merchant erased: they are not brought back. One statement, and as long as
/// nobody of them was erased no more.
pub fn erased_among(
    tx: &mut impl ErasureStore,
    marker: &Marker,
    merchant: MerchantId,
    source: EntitySource,
    ids: &[&str],
) -> Result<BTreeSet<String>, StoreError> {
    let marks =
        |id: &str| marker.marks(merchant, MarkKind::Source, &source_text(source, id)).into_iter();
    let all: Vec<_> = ids.iter().flat_map(|id| marks(id)).collect();
    if all.is_empty() || !tx.is_marked(merchant, &all)? {
        return Ok(BTreeSet::new());
    }
    let mut erased = BTreeSet::new();
    for id in ids {
        let marks: Vec<_> = marks(id).collect();
        if tx.is_marked(merchant, &marks)? {
            erased.insert((*id).to_owned());
        }
    }
    Ok(erased)
}

/// An erasure by the asker's merchant. Needs [`Permission::EraseConsumer`].
pub fn find(
    tx: &mut impl ErasureStore,
    actor: &Actor,
    id: ErasureId,
) -> Result<Option<Erasure>, AuthError> {
    let merchant = actor.require(Permission::EraseConsumer)?;
    Ok(tx.find_erasure(id)?.filter(|found| found.merchant == Some(merchant)))
}

/// Whose customer somebody was until that erasure: those whose logs are to say that they are gone. None of a dry run that was
/// undone, and none who had erased them before.
pub fn merchants_of(
    tx: &mut impl CustomerStore,
    erasure: &Erasure,
) -> Result<Vec<MerchantId>, StoreError> {
    let mut memberships = tx.memberships_of(erasure.person)?;
    memberships.retain(|one| one.standing == Standing::Erased(erasure.erased_at));
    Ok(memberships.into_iter().map(|one| one.merchant).collect())
}

/// Clears what was written while somebody was erased and a moment after: the log has entries that are written late. Where they went
/// as a whole every log is gone through, as it was when they were erased. Answers how many entries had something of them. To be run
/// before the erasure is settled; scope `Platform`.
pub fn clear_late(tx: &mut impl AuditStore, erasure: &Erasure) -> Result<usize, StoreError> {
    let log = erasure.merchant.filter(|_| !erasure.whole);
    tx.clear_audit(erasure.person, log)
}

/// Does so once more, for what a request that hung or a queue that was tried again has written since. Whose log had something is
/// unclean again. Those who were erased before `over` are settled: nothing that was under way then can be written any more. Scope
/// `Platform`.
pub fn clear_again(
    tx: &mut (impl AuditStore + ErasureStore),
    late: &[Erasure],
    over: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut found = Vec::new();
    for erasure in late {
        if clear_late(tx, erasure)? > 0 {
            found.push(erasure.id);
        }
    }
    tx.reopen_erasures(&found)?;
    let settled = late.iter().filter(|erasure| erasure.erased_at < over);
    let settled: Vec<_> = settled.map(|erasure| erasure.id).collect();
    tx.settle_logs(&settled, now)
}
