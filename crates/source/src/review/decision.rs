//! Answering what a source raised (engine rules 15 and 18). Needs [`Permission::Sync`].

use regulars_customer::{Standing, merge::meant};
use regulars_kernel::{
    Actor, MerchantId, Page, PageRequest, Permission, PersonId, Rule, SyncReviewId, Timestamp,
    Violations,
};

use super::{ReviewKind, SyncReview, SyncReviewSort, SyncReviewState};
use crate::{
    SourceError, SourceStore,
    connection::change,
    image::Digest,
    run::{RunKind, request},
    store::Of,
    stored::{LinkedBy, RecordState, StoredRecord},
};

/// The setting that says which sweep may put away more than is usual: the run that does it. Nobody is asked for it.
pub const CONFIRMED_SWEEP: &str = "confirmedSweep";

/// What somebody decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The record is this customer. Of [`ReviewKind::Ambiguous`].
    Link(PersonId),
    /// The record is a customer of its own, and those who are here stay apart. Of all that are about who somebody is.
    Separate,
    /// The customers were merged, by the command of their own that shows beforehand what it does and can be undone. Of
    /// [`ReviewKind::MergedThere`] and [`ReviewKind::Duplicate`].
    Merge,
    /// What is gone at the source may be put away here. Of [`ReviewKind::ManyGone`].
    Confirm,
    /// It does not matter.
    Dismiss,
}

impl Decision {
    const fn state(self) -> SyncReviewState {
        match self {
            Self::Link(_) => SyncReviewState::Linked,
            Self::Separate => SyncReviewState::Separate,
            Self::Merge => SyncReviewState::Merged,
            Self::Confirm => SyncReviewState::Confirmed,
            Self::Dismiss => SyncReviewState::Dismissed,
        }
    }

    const fn answers(self, kind: ReviewKind) -> bool {
        use ReviewKind::{Ambiguous, Duplicate, Flapping, ManyGone, MergedThere};
        match self {
            Self::Link(_) => matches!(kind, Ambiguous),
            Self::Separate => matches!(kind, Ambiguous | Duplicate | MergedThere),
            Self::Merge => matches!(kind, Duplicate | MergedThere),
            Self::Confirm => matches!(kind, ManyGone),
            Self::Dismiss => {
                matches!(kind, Ambiguous | Duplicate | MergedThere | ManyGone | Flapping)
            }
        }
    }
}

/// Which decisions a question takes, by their names in the API.
pub const fn decisions(kind: ReviewKind) -> &'static str {
    match kind {
        ReviewKind::Ambiguous => "LINK, SEPARATE or DISMISS",
        ReviewKind::Duplicate | ReviewKind::MergedThere => "MERGE, SEPARATE or DISMISS",
        ReviewKind::ManyGone => "CONFIRM or DISMISS",
        ReviewKind::Flapping => "DISMISS",
    }
}

/// A page of the questions of the asker's merchant.
pub fn list(
    tx: &mut impl SourceStore,
    actor: &Actor,
    of: Of,
    page: &PageRequest<SyncReviewSort>,
) -> Result<Page<SyncReview>, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    Ok(tx.sync_reviews(merchant, of, page)?)
}

/// How many rows [`list`] has on all its pages.
pub fn count(tx: &mut impl SourceStore, actor: &Actor, of: Of) -> Result<u64, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    Ok(tx.count_sync_reviews(merchant, of)?)
}

/// One of the questions of the asker's merchant.
pub fn get(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: SyncReviewId,
) -> Result<SyncReview, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    tx.lock_review(merchant, id)?.ok_or(SourceError::ReviewNotFound)
}

fn invalid(argument: &'static str, sentence: impl Into<String>) -> SourceError {
    Violations::of(argument, Rule::Invalid(sentence.into())).into()
}

/// Answers a question. Answered again in the same way, nothing happens.
pub fn resolve(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: SyncReviewId,
    decision: Decision,
    now: Timestamp,
) -> Result<SyncReviewId, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let review = tx.lock_review(merchant, id)?.ok_or(SourceError::ReviewNotFound)?;
    if review.state == decision.state() {
        return Ok(id);
    }
    if review.state != SyncReviewState::Open {
        return Err(invalid("id", "This was decided before, otherwise."));
    }
    if !decision.answers(review.kind) {
        let sentence = format!("A question of this kind takes {}.", decisions(review.kind));
        return Err(invalid("decision", sentence));
    }
    match decision {
        Decision::Link(person) => link(tx, merchant, &review, Some(person))?,
        Decision::Separate if review.kind == ReviewKind::Ambiguous => {
            link(tx, merchant, &review, None)?;
        }
        Decision::Merge => require_merged(tx, merchant, &review)?,
        Decision::Confirm => confirm(tx, actor, &review, now)?,
        Decision::Separate | Decision::Dismiss => {}
    }
    tx.resolve_review(id, decision.state(), actor.person(), now)?;
    Ok(id)
}

/// Says whose a record is, or that it is nobody's who is here: the next reading applies it so. Its digest is emptied, so that it
/// is not passed over as known.
fn link(
    tx: &mut impl SourceStore,
    merchant: MerchantId,
    review: &SyncReview,
    person: Option<PersonId>,
) -> Result<(), SourceError> {
    let subject = match person {
        None => None,
        Some(person) => {
            let member = meant(tx, merchant, person)?;
            let gone = |standing| matches!(standing, Standing::Left(_) | Standing::Erased(_));
            let member = member.filter(|member| !gone(member.standing));
            let absent = || {
                let sentence = "There is no such customer.";
                Violations::of("consumerId", Rule::Absent(sentence.to_owned()))
            };
            Some(member.ok_or_else(absent)?.person.get())
        }
    };
    let ids = [review.key.id.clone()];
    let stored = tx.records(review.connection, &review.key.object, &ids)?.pop();
    let waits = |stored: &StoredRecord| stored.state == RecordState::Waiting;
    let Some(stored) = stored.filter(waits) else {
        let sentence = "This record does not wait any more: dismiss the question.";
        return Err(invalid("decision", sentence));
    };
    let state = if subject.is_some() { RecordState::Live } else { RecordState::Waiting };
    let linked_by = Some(LinkedBy::Decision);
    tx.put_records(&[StoredRecord {
        subject,
        linked_by,
        state,
        digest: Digest::of(""),
        ..stored
    }])?;
    Ok(())
}

/// Merging is a command of its own, with a preview and an undo: what is answered here is that it was done.
fn require_merged(
    tx: &mut impl SourceStore,
    merchant: MerchantId,
    review: &SyncReview,
) -> Result<(), SourceError> {
    let mut now_are = Vec::new();
    for person in &review.people {
        let found = meant(tx, merchant, *person)?.map_or(*person, |member| member.person);
        now_are.push((*person, found));
    }
    let first = now_are.first().map(|(_, found)| *found);
    let merged = match now_are.as_slice() {
        [] => false,
        [(was, is)] => was != is,
        all => all.iter().all(|(_, found)| Some(*found) == first),
    };
    if merged {
        return Ok(());
    }
    let sentence = "Merge the customers first (mergeConsumersPreview shows what that does, mergeConsumers does it), \
                    then answer MERGE.";
    Err(invalid("decision", sentence))
}

/// Has a sweep go on past what is usual, once: the run that is started for it, and no later one.
fn confirm(
    tx: &mut impl SourceStore,
    actor: &Actor,
    review: &SyncReview,
    now: Timestamp,
) -> Result<(), SourceError> {
    let connection = change::own(tx, review.merchant, review.connection)?;
    let asked = (RunKind::Sweep, false);
    let run = request::queue(tx, connection, asked, actor.person(), now).map_err(of_review)?;
    let mut connection = change::own(tx, review.merchant, review.connection)?;
    connection.settings.insert(CONFIRMED_SWEEP.to_owned(), run.get().into());
    tx.update_connection(&connection)?;
    Ok(())
}

/// The same error of a call that names no connection.
fn of_review(error: SourceError) -> SourceError {
    match error {
        SourceError::Invalid(found) => {
            let mut wrong = Violations::new();
            for violation in &found {
                wrong.add("id", violation.rule.clone());
            }
            wrong.into()
        }
        other => other,
    }
}
