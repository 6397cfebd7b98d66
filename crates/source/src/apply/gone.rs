//! A thing that is not at its source any more (engine rules 17 and 19).

use regulars_customer::{ConsumerPatch, Kind, Standing, merge::meant, update::update};
use regulars_kernel::{Change, PersonId};

use super::{Action, Portion, Sample, write};
use crate::{
    SourceError, SourceStore,
    image::Digest,
    record::{Gone, Record, RecordKey},
    review::ReviewKind,
    stored::{RecordKind, RecordState, StoredRecord},
};

/// Ends the link of a thing: what its source alone held of the customer goes with it.
pub(super) fn take<S: SourceStore>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    record: &Record,
    gone: &Gone,
) -> Result<(), SourceError> {
    let task = portion.task;
    let known = portion.known.get(&record.key).cloned();
    let cause = match gone {
        Gone::Deleted => "deleted",
        Gone::MergedInto(_) => "merged",
        Gone::Redacted => "redacted",
    };
    let redirect_to = match gone {
        Gone::MergedInto(id) => Some(id.clone()),
        Gone::Deleted | Gone::Redacted => None,
    };
    let state = if redirect_to.is_some() { RecordState::Merged } else { RecordState::Gone };
    let stored = match &known {
        Some(known) => StoredRecord {
            state,
            version: record.version,
            seen_run: task.mark,
            redirect_to: redirect_to.clone(),
            gone_cause: Some(cause.to_owned()),
            // What the law wants forgotten is not kept in an image either.
            image: if *gone == Gone::Redacted { String::new() } else { known.image.clone() },
            changed_at: task.now,
            ..known.clone()
        },
        // Never seen: that it is gone is remembered all the same, for what comes late.
        None => StoredRecord {
            connection: task.connection.id,
            key: record.key.clone(),
            kind: RecordKind::Customer,
            state,
            image: String::new(),
            digest: Digest::of(""),
            version: record.version,
            seen_run: task.mark,
            subject: None,
            linked_by: None,
            redirect_to: redirect_to.clone(),
            gone_cause: Some(cause.to_owned()),
            waits_for: None,
            first_seen_at: task.now,
            changed_at: task.now,
        },
    };
    portion.outcome.counts.deleted += 1;
    let subject = stored.subject.map(PersonId::new);
    portion.put(stored);
    let Some(person) = subject else { return Ok(()) };
    portion.outcome.touched.insert(person);
    portion.sample(|| Sample {
        key: record.key.clone(),
        action: Action::Delete,
        person: Some(person),
        fields: Vec::new(),
        message: None,
    });
    // What stands under this id must be known as gone before others are looked for.
    portion.keep_one(tx, &record.key)?;
    write::release(tx, portion, person)?;
    match redirect_to {
        Some(kept) => merged(tx, portion, record, person, &kept),
        None => deactivate(tx, portion, person),
    }
}

/// Two were made one at the source: whose they are here becomes one by somebody's decision alone (engine rule 15).
fn merged<S: SourceStore>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    record: &Record,
    person: PersonId,
    kept: &str,
) -> Result<(), SourceError> {
    let key = RecordKey::new(record.key.object.as_str(), kept);
    let known = if let Some(known) = portion.known.get(&key) {
        Some(known.clone())
    } else {
        let ids = [kept.to_owned()];
        tx.records(portion.task.connection.id, &key.object, &ids)?.pop()
    };
    let Some(other) = known.and_then(|known| known.subject).map(PersonId::new) else {
        return Ok(());
    };
    let merchant = portion.task.connection.merchant;
    let (one, two) = (meant(tx, merchant, person)?, meant(tx, merchant, other)?);
    if let (Some(one), Some(two)) = (one, two)
        && one.person != two.person
    {
        let people = vec![one.person.min(two.person), one.person.max(two.person)];
        let evidence = "Two customers here are one at the source.";
        portion.ask(ReviewKind::MergedThere, &key, people, evidence.to_owned());
    }
    Ok(())
}

/// Archives a customer whom nothing else holds.
fn deactivate<S: SourceStore>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    person: PersonId,
) -> Result<(), SourceError> {
    let merchant = portion.task.connection.merchant;
    let Some(member) = meant(tx, merchant, person)? else { return Ok(()) };
    let subject = member.person;
    let others = tx.records_of(merchant, RecordKind::Customer, &[person.get(), subject.get()])?;
    let held = others.iter().any(|other| other.state == RecordState::Live);
    if member.kind == Kind::Registered
        || member.standing != Standing::Live
        || held
        || tx.has_activity(merchant, subject)?
    {
        return Ok(());
    }
    let patch = ConsumerPatch { archived: Change::Set(true), ..ConsumerPatch::default() };
    update(tx, &portion.actor, subject, &patch, portion.task.now)?;
    Ok(())
}
