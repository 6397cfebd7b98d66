//! What of a record's fields is written to a customer, and whose the fields are then.

use std::collections::BTreeMap;

use regulars_customer::{
    Change, ConsentState, Consumer, ConsumerPatch, CustomerError, Decision, Kind, Membership,
    MergeField, NewConsumer, Standing, consent, create::create as create_consumer, merge::meant,
    update::update,
};
use regulars_kernel::{PersonId, Rule, SyncReviewId, Violations};

use super::{Action, FieldChange, Portion, Sample, customer::Values};
use crate::{
    SourceError, SourceStore,
    fields::{current, drop_field, normal, patch},
    image,
    provenance::{Held, Offer, Provenance, Verdict, decide, mark},
    record::{BadRecord, Body, CustomerRecord, Field, Record, RecordKey},
    review::{ReviewKind, SyncReview, SyncReviewState},
    stored::{LinkedBy, RecordKind, RecordState},
};

impl Portion<'_> {
    /// Raises a question.
    pub(super) fn ask(
        &mut self,
        kind: ReviewKind,
        key: &RecordKey,
        people: Vec<PersonId>,
        evidence: String,
    ) {
        self.reviews.push(SyncReview {
            id: SyncReviewId::new(0),
            merchant: self.task.connection.merchant,
            connection: self.task.connection.id,
            key: key.clone(),
            kind,
            people,
            evidence,
            state: SyncReviewState::Open,
            created_at: self.task.now,
            resolved_at: None,
            resolved_by: None,
        });
    }

    /// Writes down what is known of one thing at once, for what asks the store within the slice.
    pub(super) fn keep_one<S: SourceStore>(
        &mut self,
        tx: &mut S,
        key: &RecordKey,
    ) -> Result<(), SourceError> {
        if self.changed.remove(key)
            && let Some(stored) = self.known.get(key)
        {
            tx.put_records(std::slice::from_ref(stored))?;
        }
        Ok(())
    }

    /// Passes over a value, and says so.
    fn pass_over(&mut self, record: &Record, (path, code, message): (&str, &str, String)) {
        self.outcome.counts.skipped += 1;
        let bad = BadRecord {
            reference: record.key.id.clone(),
            code: code.to_owned(),
            path: Some(path.to_owned()),
            message,
            raw: String::new(),
        };
        self.note_reject(&bad, &record.key.object, false);
    }
}

/// Makes a customer of a record; none where it is refused.
pub(super) fn create<S: SourceStore>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    record: &Record,
    (customer, values): (&CustomerRecord, &Values),
    nth: usize,
) -> Result<Option<PersonId>, SourceError> {
    let task = portion.task;
    let given = values.iter().filter_map(|(field, value)| Some((field, Some(value.as_deref()?))));
    let mut new = NewConsumer {
        fields: patch(given, None),
        entity_source: Some(task.connection.source),
        entity_source_id: Some(record.key.id.clone()),
    };
    if let Some(cards) = customer.cards.clone().filter(|cards| !cards.is_empty()) {
        new.fields.cards = Change::Set(cards);
    }
    let Some(loyalty_id) = task.loyalty_ids.get(nth).cloned() else {
        return Err(regulars_kernel::StoreError::Contended.into());
    };
    let mut without_email = false;
    let made = loop {
        let wrong = match create_consumer(tx, &portion.actor, &new, loyalty_id.clone(), task.now) {
            Ok(consumer) => break consumer,
            Err(CustomerError::Invalid(wrong)) => wrong,
            Err(error) => return Err(error.into()),
        };
        let taken = wrong.iter().any(|one| one.rule == Rule::EmailTaken);
        let origin = wrong.iter().any(|one| one.field == Some("entitySourceId"));
        if origin && new.entity_source.is_some() {
            // Another connection of this kind calls somebody else so: the link alone says who this is.
            (new.entity_source, new.entity_source_id) = (None, None);
            continue;
        }
        without_email |= taken;
        if !lighten(portion, record, &mut new.fields, &wrong) {
            refuse(portion, record, &wrong);
            return Ok(None);
        }
    };
    portion.outcome.counts.created += 1;
    portion.outcome.touched.insert(made.id);
    if without_email {
        let evidence =
            "Another customer has the record's e-mail address, which proves nothing by itself.";
        portion.ask(ReviewKind::Duplicate, &record.key, vec![made.id], evidence.to_owned());
    }
    let taken: Vec<Field> = values.keys().cloned().collect();
    let provenance = held(portion, record, &made, (Provenance::default(), &taken));
    if !provenance.fields.is_empty() {
        tx.put_provenance(task.connection.merchant, made.id, &provenance)?;
    }
    consents(tx, portion, record, customer, made.id)?;
    portion.sample(|| Sample {
        key: record.key.clone(),
        action: Action::Create,
        person: Some(made.id),
        fields: values
            .iter()
            .map(|(field, value)| FieldChange {
                field: field.name(),
                before: None,
                offered: value.clone(),
                verdict: Verdict::Take,
            })
            .collect(),
        message: None,
    });
    Ok(Some(made.id))
}

/// Changes a customer by a record; false where the record is refused.
pub(super) fn change<S: SourceStore>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    record: &Record,
    (customer, values): (&CustomerRecord, &Values),
    (member, by): (Membership, LinkedBy),
) -> Result<bool, SourceError> {
    let task = portion.task;
    let merchant = task.connection.merchant;
    // Who left comes back by themselves alone, and what is said of them meanwhile is kept in the image.
    if matches!(member.standing, Standing::Left(_)) {
        portion.outcome.counts.unchanged += 1;
        return Ok(true);
    }
    let provenance = tx.provenance(merchant, &[member.person])?.pop();
    let provenance = provenance.map(|(_, known)| known).unwrap_or_default();
    let mut changes = Vec::new();
    let mut taken: BTreeMap<Field, Option<String>> = BTreeMap::new();
    for (field, value) in values {
        let before = current(field, &member);
        let of_profile = matches!(field, Field::Own(own) if own.is_of_profile());
        // Of a registered member a source writes the merchant's own fields only (engine rule 10).
        let theirs = member.kind == Kind::Registered && of_profile;
        let offer = Offer {
            connection: task.connection.id,
            rank: task.policy.rank,
            value: value.as_deref(),
        };
        let rank = |one| task.ranks.get(&one).copied();
        let verdict = if theirs {
            Verdict::EditedHere
        } else {
            decide(before.as_deref(), provenance.fields.get(field), offer, rank)
        };
        if verdict == Verdict::Take {
            taken.insert(field.clone(), value.clone());
        }
        if before != *value {
            changes.push(FieldChange {
                field: field.name(),
                before,
                offered: value.clone(),
                verdict,
            });
        }
    }
    let extra = member.extra_info.as_ref().map(regulars_customer::ExtraInfo::as_str);
    let mut wanted = patch(taken.iter().map(|(field, value)| (field, value.as_deref())), extra);
    add_cards(&mut wanted, &member, customer);
    if revives(portion, record, &member) {
        wanted.archived = Change::Set(false);
    }
    let after = loop {
        match update(tx, &portion.actor, member.person, &wanted, task.now) {
            Ok(consumer) => break consumer,
            Err(CustomerError::Invalid(wrong)) => {
                if !lighten(portion, record, &mut wanted, &wrong) {
                    refuse(portion, record, &wrong);
                    return Ok(false);
                }
            }
            Err(error) => return Err(error.into()),
        }
    };
    let fields: Vec<Field> = taken.into_keys().collect();
    let owned = held(portion, record, &after, (provenance.clone(), &fields));
    if owned != provenance {
        tx.put_provenance(merchant, member.person, &owned)?;
    }
    consents(tx, portion, record, customer, member.person)?;
    let changed = after.updated_at != member.updated_at;
    if changed {
        portion.outcome.counts.updated += 1;
        portion.outcome.touched.insert(member.person);
    } else {
        portion.outcome.counts.unchanged += 1;
    }
    let action = if by == LinkedBy::Link { Action::Update } else { Action::Link };
    if changed || by != LinkedBy::Link || !changes.is_empty() {
        portion.sample(|| Sample {
            key: record.key.clone(),
            action,
            person: Some(member.person),
            fields: changes,
            message: None,
        });
    }
    Ok(true)
}

/// Whether a record brings a customer back who was put away when it went (engine rule 17).
fn revives(portion: &Portion<'_>, record: &Record, member: &Membership) -> bool {
    let ended =
        portion.known.get(&record.key).is_some_and(|known| known.state == RecordState::Gone);
    ended && matches!(member.standing, Standing::Archived(_))
}

/// A source adds card numbers; what was given out here is not taken away by one that does not know it.
fn add_cards(patch: &mut ConsumerPatch, member: &Membership, customer: &CustomerRecord) {
    let mut cards: Vec<String> = member.cards.iter().map(ToString::to_string).collect();
    let before = cards.len();
    for card in customer.cards.iter().flatten() {
        if !cards.iter().any(|one| one.eq_ignore_ascii_case(card.trim())) {
            cards.push(card.clone());
        }
    }
    if cards.len() > before {
        patch.cards = Change::Set(cards);
    }
}

/// Takes what is wrong out of a patch, where the rest can stand without it; whether that was so.
fn lighten(
    portion: &mut Portion<'_>,
    record: &Record,
    patch: &mut ConsumerPatch,
    wrong: &Violations,
) -> bool {
    let strict = portion.task.policy.strict;
    let mut dropped = Vec::new();
    for violation in wrong {
        let Some(field) = violation.field else { return false };
        let taken = violation.rule == Rule::EmailTaken || field == "cards";
        if strict && !taken {
            return false;
        }
        if !dropped.iter().any(|(one, _)| *one == field) {
            dropped.push((field, violation));
        }
    }
    let lighter = dropped.iter().all(|(field, _)| drop_field(patch, field));
    if lighter {
        for (field, violation) in dropped {
            let code = if violation.rule == Rule::EmailTaken { "taken" } else { "invalid" };
            portion.pass_over(record, (field, code, violation.rule.to_string()));
        }
    }
    lighter
}

/// Refuses a record as a whole.
fn refuse(portion: &mut Portion<'_>, record: &Record, wrong: &Violations) {
    let first = wrong.iter().next();
    let bad = BadRecord {
        reference: record.key.id.clone(),
        code: "invalid".to_owned(),
        path: first.and_then(|one| one.field).map(str::to_owned),
        message: wrong.to_string(),
        raw: image::image(&record.body).unwrap_or_default(),
    };
    portion.reject(&bad, &record.key.object);
}

/// Whose the fields are, now that these were written: marked by what the customer has there, which is what the next run compares.
fn held(
    portion: &Portion<'_>,
    record: &Record,
    after: &Consumer,
    (mut provenance, taken): (Provenance, &[Field]),
) -> Provenance {
    let task = portion.task;
    for field in taken {
        let value = match field {
            Field::Own(MergeField::NumOfOrderDiscountsAllowed) => {
                let number = after.num_of_order_discounts_allowed;
                (number != 0).then(|| number.to_string())
            }
            Field::Own(own) => own.read_profile(&after.profile),
            Field::Extra(key) => {
                let info = after.extra_info.as_ref();
                info.and_then(|info| info.get(key)).map(|value| value.to_string())
            }
        };
        let mark = mark(value.as_deref());
        // What did not change keeps its time, so that reading twice writes nothing.
        let same = provenance
            .fields
            .get(field)
            .is_some_and(|held| held.connection == task.connection.id && held.mark == mark);
        if same {
            continue;
        }
        let source_at = record.version.updated_at;
        let held = Held {
            connection: task.connection.id,
            mark,
            source_at,
            noted_at: task.now,
            run: task.run,
        };
        provenance.fields.insert(field.clone(), held);
    }
    provenance
}

/// Writes down what somebody decided about being contacted: by the latest date, never by precedence (engine rule 10).
fn consents<S: SourceStore>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    record: &Record,
    customer: &CustomerRecord,
    person: PersonId,
) -> Result<(), SourceError> {
    let task = portion.task;
    let known = portion.known.get(&record.key).and_then(|known| image::body(&known.image));
    let known = match known {
        Some(Body::Customer(known)) => known.consents,
        _ => Vec::new(),
    };
    for said in customer.consents.iter().filter(|said| !known.contains(said)) {
        let Some(member) = meant(tx, task.connection.merchant, person)? else { return Ok(()) };
        // To agree is a registered person's own; that they do not want is honoured from everywhere.
        if said.granted && member.kind == Kind::Registered {
            continue;
        }
        let at = said.at.or(record.version.updated_at).unwrap_or(task.now);
        if at < consent::EARLIEST || at > task.now.plus(consent::AHEAD) {
            continue;
        }
        let decision = Decision {
            channel: said.channel,
            state: if said.granted { ConsentState::Granted } else { ConsentState::Denied },
            source: task.connection.source.name().to_ascii_lowercase(),
            wording: None,
            decided_at: at,
        };
        consent::record(tx, &portion.actor, member, decision, task.now)?;
    }
    Ok(())
}

/// Gives the fields that no live record of their source holds any more to the next who has a value for them (engine rule 10), and
/// empties them where there is none.
pub(super) fn release<S: SourceStore>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    person: PersonId,
) -> Result<(), SourceError> {
    let task = portion.task;
    let merchant = task.connection.merchant;
    let Some(member) = meant(tx, merchant, person)? else { return Ok(()) };
    let gone = matches!(member.standing, Standing::Left(_) | Standing::Erased(_));
    if gone || member.kind == Kind::Registered {
        return Ok(());
    }
    let Some((_, mut provenance)) = tx.provenance(merchant, &[member.person])?.pop() else {
        return Ok(());
    };
    let records =
        tx.records_of(merchant, RecordKind::Customer, &[member.person.get(), person.get()])?;
    let mut live: Vec<(u32, _, CustomerRecord)> = Vec::new();
    for record in records.into_iter().filter(|record| record.state == RecordState::Live) {
        let rank = task.ranks.get(&record.connection);
        if let (Some(rank), Some(Body::Customer(customer))) = (rank, image::body(&record.image)) {
            live.push((*rank, record.connection, *customer));
        }
    }
    live.sort_by_key(|(rank, connection, _)| (*rank, *connection));
    let mut given: BTreeMap<Field, Option<String>> = BTreeMap::new();
    for (field, held) in &provenance.fields {
        let stays = live.iter().any(|(_, connection, _)| *connection == held.connection);
        let edited = held.mark != mark(current(field, &member).as_deref());
        if stays || edited {
            continue;
        }
        let next = live.iter().find_map(|(_, connection, customer)| {
            let value = customer.fields.get(field)?.as_deref()?;
            Some((*connection, normal(field, value, task.policy.country)?))
        });
        given.insert(field.clone(), next.map(|(_, value)| value));
    }
    if given.is_empty() {
        return Ok(());
    }
    // Somebody stays who they were: the last name of a customer is not taken from them, nor their last address.
    let names =
        [MergeField::Firstname, MergeField::Lastname, MergeField::Email, MergeField::PhoneNumber];
    if live.is_empty() {
        given.retain(|field, value| {
            value.is_some() || !matches!(field, Field::Own(own) if names.contains(own))
        });
    }
    let extra = member.extra_info.as_ref().map(regulars_customer::ExtraInfo::as_str);
    let wanted = patch(given.iter().map(|(field, value)| (field, value.as_deref())), extra);
    match update(tx, &portion.actor, member.person, &wanted, task.now) {
        Ok(_) => {}
        // What cannot be given back stays.
        Err(CustomerError::Invalid(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    for (field, value) in given {
        let next = live.iter().find(|(_, _, customer)| customer.fields.contains_key(&field));
        match (value, next) {
            (Some(value), Some((_, connection, _))) => {
                if let Some(held) = provenance.fields.get_mut(&field) {
                    held.connection = *connection;
                    held.mark = mark(Some(&value));
                    held.noted_at = task.now;
                    held.run = task.run;
                }
            }
            _ => drop(provenance.fields.remove(&field)),
        }
    }
    tx.put_provenance(merchant, member.person, &provenance)?;
    Ok(())
}
