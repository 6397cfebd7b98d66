//! A customer of a source: who they are here, and what of their fields is taken.

use std::collections::BTreeMap;

use regulars_customer::{
    Identifier, Membership, Standing, identity,
    matching::{self, Match, Sign, Signs},
    merge::meant,
};
use regulars_kernel::PersonId;

use super::{Action, Portion, Sample, evidence, write};
use crate::{
    SourceError, SourceStore,
    fields::{Skipped, normal},
    image::Digest,
    record::{CustomerRecord, Field, Record},
    review::ReviewKind,
    stored::{LinkedBy, RecordKind, RecordState, StoredRecord},
};

/// Values in their kept forms; null is `None`.
pub(super) type Values = BTreeMap<Field, Option<String>>;

/// Who a record is.
enum Who {
    /// This customer.
    Known(Box<Membership>, LinkedBy),
    /// Nobody yet.
    New,
    /// One of these.
    Undecided(Vec<PersonId>),
    /// Somebody who was erased: nothing is taken.
    Erased,
}

/// Takes a record of a customer.
pub(super) fn take<S: SourceStore>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    (record, customer, image): (&Record, &CustomerRecord, String),
    nth: usize,
) -> Result<(), SourceError> {
    let (values, skipped) = read(portion, customer);
    if portion.task.policy.strict
        && let Some(first) = skipped.first().cloned()
    {
        let bad = first.whole(&record.key.id, image);
        portion.reject(&bad, &record.key.object);
        return Ok(());
    }
    let signs =
        evidence::signs(customer, portion.task.policy.trust_emails, portion.task.policy.country);
    let mut stored = fresh(portion, record, image);
    match who(tx, portion, record, (customer, &signs))? {
        Who::Erased => {
            stored.image = String::new();
            stored.state = RecordState::Gone;
            stored.gone_cause = Some("erased".to_owned());
            portion.outcome.counts.skipped += 1;
            portion.put(stored);
            return Ok(());
        }
        Who::Undecided(people) => {
            stored.state = RecordState::Waiting;
            portion.outcome.counts.conflicts += 1;
            let evidence = if people.len() == 1 {
                "This customer has another record at the source already."
            } else {
                "Several customers could be meant."
            };
            portion.ask(ReviewKind::Ambiguous, &record.key, people, evidence.to_owned());
            portion.sample(|| Sample {
                key: record.key.clone(),
                action: Action::Conflict,
                person: None,
                fields: Vec::new(),
                message: Some(evidence.to_owned()),
            });
            portion.put(stored);
            return Ok(());
        }
        Who::New => {
            let made = write::create(tx, portion, record, (customer, &values), nth)?;
            let Some(person) = made else { return Ok(()) };
            stored.subject = Some(person.get());
            stored.linked_by = Some(LinkedBy::New);
            evidence::note_new(portion, signs, person);
        }
        Who::Known(member, by) => {
            let person = member.person;
            let was_linked = stored.subject.is_some();
            // A link stays with whom it named, so that an undone merge gives it back.
            if !was_linked {
                stored.subject = Some(person.get());
                stored.linked_by = Some(by);
                portion.outcome.counts.linked += 1;
                for candidate in &mut portion.candidates {
                    candidate.is_linked |= candidate.person == person;
                }
            }
            if !write::change(tx, portion, record, (customer, &values), (*member, by))? {
                return Ok(());
            }
        }
    }
    for one in skipped {
        portion.outcome.counts.skipped += 1;
        let bad = one.whole(&record.key.id, String::new());
        portion.note_reject(&bad, &record.key.object, false);
    }
    portion.put(stored);
    Ok(())
}

/// What is kept of a record, before it is known whose it is; whose it was stays.
fn fresh(portion: &Portion<'_>, record: &Record, image: String) -> StoredRecord {
    let (task, known) = (portion.task, portion.known.get(&record.key));
    StoredRecord {
        connection: task.connection.id,
        key: record.key.clone(),
        kind: RecordKind::Customer,
        state: RecordState::Live,
        digest: Digest::of(&image),
        image,
        version: record.version,
        seen_run: task.mark,
        subject: known.and_then(|known| known.subject),
        linked_by: known.and_then(|known| known.linked_by),
        redirect_to: None,
        gone_cause: None,
        waits_for: None,
        first_seen_at: known.map_or(task.now, |known| known.first_seen_at),
        changed_at: task.now,
    }
}

/// The record's values in their kept forms, and those that are none.
fn read(portion: &Portion<'_>, customer: &CustomerRecord) -> (Values, Vec<Skipped>) {
    let policy = portion.task.policy;
    let country = evidence::country_of(customer).or(policy.country);
    let (mut values, mut skipped) = (Values::new(), Vec::new());
    for (field, value) in &customer.fields {
        match value.as_deref().map(str::trim) {
            None => drop(values.insert(field.clone(), None)),
            // Nothing was typed there: no word of the source's, unless the merchant says so.
            Some("") if policy.empty_clears => drop(values.insert(field.clone(), None)),
            Some("") => {}
            Some(text) => match normal(field, text, country) {
                Some(kept) => drop(values.insert(field.clone(), Some(kept))),
                None => skipped.push(Skipped {
                    path: field.name(),
                    code: "invalid",
                    message: format!("This is no value of {}.", field.name()),
                    value: text.to_owned(),
                }),
            },
        }
    }
    (values, skipped)
}

/// Decides who a record is (engine rule 13).
fn who<S: SourceStore>(
    tx: &mut S,
    portion: &Portion<'_>,
    record: &Record,
    (customer, signs): (&CustomerRecord, &Signs),
) -> Result<Who, SourceError> {
    let merchant = portion.task.connection.merchant;
    let linked = portion.known.get(&record.key).and_then(|known| known.subject);
    let redirected = portion.redirects.get(&record.key).and_then(|stored| stored.subject);
    for (subject, by) in [(linked, LinkedBy::Link), (redirected, LinkedBy::Redirect)] {
        let Some(person) = subject.map(PersonId::new) else { continue };
        if let Some(member) = meant(tx, merchant, person)? {
            if matches!(member.standing, Standing::Erased(_)) {
                return Ok(Who::Erased);
            }
            return Ok(Who::Known(Box::new(member), by));
        }
    }
    // Somebody said that the record is nobody who is here (engine rule 15).
    let known = portion.known.get(&record.key);
    if known
        .is_some_and(|known| known.subject.is_none() && known.linked_by == Some(LinkedBy::Decision))
    {
        return Ok(Who::New);
    }
    if portion.task.blocked.contains(&record.key.id) {
        return Ok(Who::Erased);
    }
    if let Some((person, by)) = by_number(tx, portion, customer)?
        && let Some(member) = meant(tx, merchant, person)?
        && !matches!(member.standing, Standing::Erased(_))
    {
        return Ok(Who::Known(Box::new(member), by));
    }
    let mut signs = signs.clone();
    if signs.phone.as_ref().is_some_and(|phone| portion.shared_phones.contains(phone)) {
        signs.phone = None;
    }
    let shared_by = usize::try_from(portion.task.policy.shared_by).unwrap_or(usize::MAX);
    Ok(match matching::decide(&signs, &portion.candidates, shared_by) {
        Match::Nobody => Who::New,
        Match::Undecided(people) => Who::Undecided(people),
        Match::One(person, sign) => {
            let by = match sign {
                Sign::Email => LinkedBy::Email,
                Sign::Phone => LinkedBy::Phone,
            };
            match meant(tx, merchant, person)? {
                Some(member) => Who::Known(Box::new(member), by),
                None => Who::New,
            }
        }
    })
}

/// The customer by our own number, loyalty id or card, where the source keeps one.
fn by_number<S: SourceStore>(
    tx: &mut S,
    portion: &Portion<'_>,
    customer: &CustomerRecord,
) -> Result<Option<(PersonId, LinkedBy)>, SourceError> {
    let own = customer.own_id.as_deref().map(str::trim).filter(|id| !id.is_empty());
    if let Some(own) = own {
        // Numbers of ours are short, loyalty ids have 14 digits.
        let number = own.parse::<i64>().ok().filter(|_| own.len() < 14).map(PersonId::new);
        let who = match number {
            Some(id) => Identifier { id: Some(id), ..Identifier::default() },
            None => Identifier { loyalty_id: Some(own.to_owned()), ..Identifier::default() },
        };
        if let Some(person) = member(tx, portion, &who)? {
            return Ok(Some((person, LinkedBy::OwnId)));
        }
    }
    for card in customer.cards.iter().flatten() {
        let who = Identifier { loyalty_id: Some(card.clone()), ..Identifier::default() };
        if let Some(person) = member(tx, portion, &who)? {
            return Ok(Some((person, LinkedBy::Card)));
        }
    }
    Ok(None)
}

/// The member whom an identifier names; nobody where it names none, several, or somebody who is no customer.
fn member<S: SourceStore>(
    tx: &mut S,
    portion: &Portion<'_>,
    who: &Identifier,
) -> Result<Option<PersonId>, SourceError> {
    match identity::identify(tx, &portion.actor, who) {
        Ok(identity::Identified::Member(consumer)) => Ok(Some(consumer.id)),
        Err(regulars_customer::CustomerError::Store(error)) => Err(error.into()),
        Ok(_) | Err(_) => Ok(None),
    }
}
