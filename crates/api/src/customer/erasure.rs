//! `eraseConsumer`, and the receipts of erasures (rule 30).

use std::sync::Arc;

use juniper::{GraphQLEnum, GraphQLInputObject, GraphQLObject, graphql_object};
use regulars_auth::{
    AuthError, Password,
    audit::{Change, Field},
    erasure::{self, Erasure, ErasureId, Part, Parts, Reason},
};
use regulars_kernel::{
    Actor, MerchantId, Permission, PersonId, Rule, Scope, Timestamp, Violations,
};
use regulars_persistence::Tx;

use crate::{
    auth::account::{ask_unproved, confirm},
    context::Context,
    customer::user::USER,
    error::{ApiError, Codes},
    global_id::Id,
    mutation::{self, Asked, Call, Needs, Outcome, turned_down},
    scalar::{DateTime, ExpectedErrorType},
    trail::{About, Effect, Trace},
};

/// The type name in global ids.
const RECEIPT: &str = "ErasureReceipt";

/// Why somebody is erased: a closed list, since a sentence would tell of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum ErasureReason {
    /// The person asked for it.
    Request,
    /// The person withdrew their consent.
    ConsentWithdrawn,
    /// What is known of them is not needed any more.
    NotNeeded,
    /// They should never have been kept, or the law says so.
    Unlawful,
}

impl ErasureReason {
    const fn to_domain(self) -> Reason {
        match self {
            Self::Request => Reason::Request,
            Self::ConsentWithdrawn => Reason::ConsentWithdrawn,
            Self::NotNeeded => Reason::NotNeeded,
            Self::Unlawful => Reason::Unlawful,
        }
    }
}

/// Who is to be erased.
#[derive(Clone, GraphQLInputObject)]
pub struct EraseConsumerInput {
    /// The customer; consumers leave it out and mean themselves.
    pub id: Option<Id>,
    /// Says what would go, and erases nobody; not so unless told.
    pub dry_run: Option<bool>,
    /// Why.
    pub reason: ErasureReason,
    /// The password of a consumer who erases their own account; merchants leave it out.
    pub password: Option<String>,
    /// The same key with the same input answers what the first call answered. Consumers have none: they are erased once.
    pub idempotency_key: Option<String>,
}

/// A kind of things, and what became of them.
#[derive(Clone, Debug, GraphQLObject)]
pub struct ErasurePart {
    /// `profile`, `cards`, `consents`, `merges`, `blockedNumbers`, `sessions`, `mails`, `auditEntries`, `requests`, `orders`, `orderItems`,
    /// `redemptionIntents`, `redemptions`, `visits`, `ledgerEntries`, `marks` or `onceMarks`.
    kind: &'static str,
    /// How many went, or lost what told of the person; of the profile the values.
    cleared: i32,
    /// How many stay, without anything that tells of the person.
    kept: i32,
    /// Why they stay: `books`, `log` (of who did what), `reimport` (hashes that keep the record from being imported again), or `once`
    /// (hashes by which what a person gets once is not got twice).
    kept_for: Option<&'static str>,
}

impl From<&Part> for ErasurePart {
    fn from(part: &Part) -> Self {
        let number = |rows: u64| i32::try_from(rows).unwrap_or(i32::MAX);
        Self {
            kind: part.kind.word(),
            cleared: number(part.cleared),
            kept: number(part.kept),
            kept_for: (part.kept > 0).then(|| part.kind.kept_for()).flatten(),
        }
    }
}

/// What was erased, or would be, by kind.
#[derive(Clone, Debug)]
pub struct ErasureReceipt(Receipt);

/// What was erased, or would be, by kind; never a value.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl ErasureReceipt {
    /// By which `erasureReceipt` finds it again; null of a dry run.
    fn id(&self) -> Option<Id> {
        self.0.id.map(|id| Id::global(RECEIPT, id.get()))
    }

    /// When.
    fn erased_at(&self) -> DateTime {
        DateTime(self.0.erased_at)
    }

    /// Whether nobody was erased.
    fn dry_run(&self) -> bool {
        self.0.id.is_none()
    }

    /// Each kind of which there was something.
    fn parts(&self) -> Vec<ErasurePart> {
        self.0.parts.iter().map(ErasurePart::from).collect()
    }

    /// Whether something is still to be done: files of mails, entries of the log that were just being written, free places of a
    /// SQLite file. The server does it within moments.
    fn pending(&self, context: &Context) -> Result<bool, ApiError> {
        let Some(id) = self.0.id else { return Ok(false) };
        let found = context
            .read_within(Scope::Platform, |tx| regulars_auth::ErasureStore::find_erasure(tx, id))?;
        Ok(found.is_some_and(|erasure| erasure.cleaned_at.is_none()))
    }
}

/// What a mutation hands on, and is recorded under its key: numbers alone.
#[derive(Clone, Debug)]
struct Receipt {
    id: Option<ErasureId>,
    erased_at: Timestamp,
    parts: Parts,
}

impl Receipt {
    fn of(erasure: Erasure, dry_run: bool) -> Self {
        let Erasure { id, erased_at, parts, .. } = erasure;
        Self { id: (!dry_run).then_some(id), erased_at, parts }
    }
}

impl mutation::Receipt for Receipt {
    fn effect(&self) -> Effect {
        Effect::default()
    }

    fn to_text(&self) -> String {
        let id = self.id.map_or(0, ErasureId::get);
        format!("{id} {} {}", self.erased_at.micros(), self.parts)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.splitn(3, ' ');
        let mut number = || words.next().and_then(|word| word.parse().ok());
        let (id, at): (i64, i64) = number().zip(number())?;
        let parts = words.next().unwrap_or_default().parse().ok()?;
        let id = (id != 0).then(|| ErasureId::new(id));
        Some(Self { id, erased_at: Timestamp::from_micros(at), parts })
    }
}

/// The answer of `eraseConsumer`.
pub struct EraseConsumerPayload {
    errors: Option<ExpectedErrorType>,
    receipt: Option<Receipt>,
}

/// The answer of `eraseConsumer`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl EraseConsumerPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// What went.
    fn receipt(&self) -> Option<ErasureReceipt> {
        self.receipt.clone().map(ErasureReceipt)
    }
}

type Answer = Result<EraseConsumerPayload, ApiError>;

fn payload(outcome: Outcome<Receipt>) -> EraseConsumerPayload {
    let (receipt, errors) = outcome.split();
    EraseConsumerPayload { errors, receipt }
}

/// Erases, or for a dry run does the very same and undoes it.
fn erase(
    tx: &mut Tx<'_>,
    dry_run: bool,
    work: impl FnOnce(&mut Tx<'_>) -> Result<Erasure, AuthError>,
) -> Result<Receipt, AuthError> {
    tx.try_out(dry_run, work).map(|done| Receipt::of(done, dry_run))
}

/// What the log has of it: a dry run changes nothing, and is one.
fn noted(dry_run: bool) -> Vec<Change> {
    vec![if dry_run { Change::dry_run() } else { Change::turned(Field::Erased, true) }]
}

pub(crate) fn erase_consumer(asked: &Asked<'_, '_>, input: EraseConsumerInput) -> Answer {
    let id = input.id.as_ref().map(|id| id.pk(USER).map(PersonId::new)).transpose();
    let id = match id.map_err(|error| ApiError::bad_id("id", &error)) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    if let Actor::Consumer { person } = *asked.context().actor() {
        return erase_own(asked.context(), person, id, input);
    }
    if let Err(denied) = asked.context().actor().require(Permission::EraseConsumer) {
        return turned_down(asked, denied.into()).map(payload);
    }
    let Some(id) = id else {
        let missing = Violations::of("id", Rule::Required).into();
        return turned_down(asked, missing).map(payload);
    };
    if input.password.is_some() {
        let sentence = "Only consumers confirm by their password that they erase themselves.";
        return turned_down(asked, ApiError::invalid("password", sentence)).map(payload);
    }
    let context = asked.context();
    let call = Call::of(asked, Needs::Permission(Permission::EraseConsumer)).about("id");
    let dry_run = input.dry_run.unwrap_or(false);
    let call = call.of_thing(About::Person(id)).noting(noted(dry_run));
    let (actor, limits, now) = (context.actor().clone(), context.erasure_limits(), context.now());
    let (authority, reason) = (Arc::clone(context.authority()), input.reason.to_domain());
    let outcome = context.mutate_within(Scope::Platform, &call, move |tx| {
        erase(tx, dry_run, |tx| {
            erasure::erase_membership(tx, &actor, authority.marker(), (id, reason), limits, now)
        })
    })?;
    Ok(payload(outcome))
}

/// A consumer erases themselves. No key and nothing of the input is recorded: it has the password.
fn erase_own(
    context: &Context,
    person: PersonId,
    id: Option<PersonId>,
    input: EraseConsumerInput,
) -> Answer {
    let dry_run = input.dry_run.unwrap_or(false);
    let trace = Trace::new(erasure::ACTION).about(About::Person(person));
    let trace = trace.noting(noted(dry_run));
    let done = take_own(context, trace.clone().unplaced(), person, id, input);
    let outcome = match done {
        Ok(receipt) => Outcome::Done(receipt),
        Err(error) => context.refuse(&trace, error, Codes::Account)?,
    };
    Ok(payload(outcome))
}

fn take_own(
    context: &Context,
    trace: Trace,
    person: PersonId,
    id: Option<PersonId>,
    input: EraseConsumerInput,
) -> Result<Receipt, ApiError> {
    if id.is_some_and(|id| id != person) {
        return Err(ApiError::absent("id"));
    }
    if input.idempotency_key.is_some() || context.idempotency_key().is_some() {
        let sentence = "An account is erased once: send no key.";
        return Err(ApiError::invalid("idempotencyKey", sentence));
    }
    let Some(password) = input.password else {
        return Err(Violations::of("password", Rule::Required).into());
    };
    // Whoever knows the password may go, proved address or not.
    let asking = ask_unproved(context)?;
    let confirmed = confirm(context, &asking, Password::new(password))?;
    let (limits, now) = (context.erasure_limits(), context.now());
    let recorder = context.recorder(&trace);
    let (authority, reason) = (Arc::clone(context.authority()), input.reason.to_domain());
    let dry_run = input.dry_run.unwrap_or(false);
    context.write_within(Scope::Platform, move |tx| {
        let erased = recorder.watch(tx, |tx| {
            let erased = tx.try_out(dry_run, |tx| {
                erasure::erase_own(tx, authority.marker(), &confirmed, reason, limits, now)
            })?;
            Ok::<_, AuthError>((erased, Effect::default()))
        })?;
        // Of a dry run nothing is left to be told.
        let merchants = erasure::merchants_of(tx, &erased)?;
        recorder.told(tx, &merchants)?;
        Ok::<_, AuthError>(Receipt::of(erased, dry_run))
    })
}

pub(crate) fn erasure_receipt(
    context: &Context,
    id: &Id,
) -> Result<Option<ErasureReceipt>, ApiError> {
    let pk = id.pk(RECEIPT).map_err(|error| ApiError::bad_id("id", &error))?;
    let actor = context.actor();
    let found = context.read(|tx| erasure::find(tx, actor, ErasureId::new(pk)))?;
    let found = found.ok_or_else(|| ApiError::absent("id"))?;
    Ok(Some(ErasureReceipt(Receipt::of(found, false))))
}

/// Refuses a record that was just made where its source and id are those of somebody whom the merchant erased.
pub(super) fn refuse_erased(
    tx: &mut Tx<'_>,
    authority: &regulars_auth::Authority,
    merchant: Option<MerchantId>,
    record: &regulars_customer::NewConsumer,
) -> Result<(), AuthError> {
    let source = record.entity_source.zip(record.entity_source_id.as_deref().map(str::trim));
    let (Some((source, id)), Some(merchant)) = (source, merchant) else { return Ok(()) };
    erasure::refuse_erased(tx, authority.marker(), merchant, source, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::Receipt as _;

    #[test]
    fn a_receipt_is_recorded_as_numbers_and_read_back() {
        for text in ["7 1700000000000000 profile:4:0 orders:1:2", "0 5 ", "3 5 marks:0:1"] {
            assert_eq!(Receipt::parse(text).unwrap().to_text(), text);
        }
        assert!(Receipt::parse("0 5 ").unwrap().id.is_none());
        for text in ["", "7", "x 5 ", "7 5 nothing:1:1"] {
            assert!(Receipt::parse(text).is_none(), "{text}");
        }
    }
}
