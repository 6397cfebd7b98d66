//! How a mutation runs: one write transaction, a refusal that is an answer, and at most one effect for each idempotency
//! key.

mod call;
mod receipt;

use juniper::{DefaultScalarValue, Executor};
use regulars_kernel::{ErrorKind, PersonId, Rule, Scope};
use regulars_persistence::{IdempotencyKey, Outcome as Claim, Tx};

use self::receipt::Record;
pub(crate) use self::{
    call::{Call, Needs},
    receipt::Receipt,
};
use crate::{
    context::Context,
    document::KEY,
    error::{ApiError, Codes},
    scalar::ExpectedErrorType,
    trail::Trace,
};

/// The most characters of an idempotency key.
const KEY_CHARS: usize = 255;

/// How a field of the root is being asked: with which arguments.
pub(crate) type Asked<'r, 'a> = Executor<'r, 'a, Context, DefaultScalarValue>;

/// What a mutation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<T> {
    /// It happened, now or under the same key before; its receipt.
    Done(T),
    /// It was refused; the payload's `errors`.
    Refused(ExpectedErrorType),
}

impl<T> Outcome<T> {
    /// The receipt, and the `errors` of the payload.
    pub(crate) fn split(self) -> (Option<T>, Option<ExpectedErrorType>) {
        match self {
            Self::Done(receipt) => (Some(receipt), None),
            Self::Refused(errors) => (None, Some(errors)),
        }
    }
}

/// Turns a refusal into the payload's `errors`; what is no refusal stays an error of the request.
pub(crate) fn refused<T>(error: ApiError, codes: Codes) -> Result<Outcome<T>, ApiError> {
    match error.to_errors(codes) {
        Some(errors) => Ok(Outcome::Refused(errors)),
        None => Err(error),
    }
}

/// Turns a fault of an argument, found before anything ran, into the payload's `errors`.
pub(crate) fn turned_down<T>(
    asked: &Asked<'_, '_>,
    error: ApiError,
) -> Result<Outcome<T>, ApiError> {
    let trace = Trace::new(asked.look_ahead().field_original_name());
    asked.context().refuse(&trace, error, Codes::Public)
}

impl Context {
    /// Runs a use case in one write transaction, for whoever may call it. With an idempotency key its outcome, refusals included, is recorded in
    /// the same transaction, and the same key answers it again.
    pub(crate) fn mutate<T, E, F>(&self, call: &Call, use_case: F) -> Result<Outcome<T>, ApiError>
    where
        T: Receipt,
        E: Into<ApiError>,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match self.actor().require_known() {
            Ok(scope) => self.mutate_within(scope, call, use_case),
            Err(denied) => self.refuse(&call.trace, denied.into(), Codes::Public),
        }
    }

    /// The same within a scope of the caller's choice: for writing accounts, which are the platform's.
    pub(crate) fn mutate_within<T, E, F>(
        &self,
        scope: Scope,
        call: &Call,
        use_case: F,
    ) -> Result<Outcome<T>, ApiError>
    where
        T: Receipt,
        E: Into<ApiError>,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let about = call.about;
        let recorder = self.recorder(&call.trace);
        let run = move |tx: &mut Tx<'_>| {
            recorder.watch(tx, |tx| {
                let receipt = use_case(tx).map_err(|error| match about {
                    Some(argument) => error.into().about(argument),
                    None => error.into(),
                })?;
                let effect = receipt.effect();
                Ok::<_, ApiError>((receipt, effect))
            })
        };
        let done = match self.idempotency(call, scope) {
            Ok(None) => self.write_within(scope, run).map(Outcome::Done),
            Ok(Some(key)) => self.mutate_once(scope, key, call, run),
            Err(error) => Err(error),
        };
        done.or_else(|error| self.refuse(&call.trace, error, Codes::Public))
    }

    fn mutate_once<T, F>(
        &self,
        scope: Scope,
        key: IdempotencyKey,
        call: &Call,
        run: F,
    ) -> Result<Outcome<T>, ApiError>
    where
        T: Receipt,
        F: Fn(&mut Tx<'_>) -> Result<T, ApiError> + Send + 'static,
    {
        let (now, recorder) = (self.now(), self.recorder(&call.trace));
        let (outcome, replayed) =
            self.write_within(scope, move |tx| match tx.claim(&key, now)? {
                Claim::Recorded(text) => {
                    let outcome = Record::parse(&text)
                        .and_then(Record::into_outcome)
                        .ok_or_else(|| ApiError::internal("an outcome cannot be read"))?;
                    Ok((outcome, true))
                }
                Claim::Conflict => Err(ApiError::invalid(
                    KEY,
                    "This key was used with other arguments. Use a new key for a new request.",
                )),
                Claim::New => {
                    let outcome = match tx.attempt(|tx| run(tx))? {
                        Ok(receipt) => Outcome::Done(receipt),
                        // Whoever may not do this at all has used no key up.
                        Err(error) if error.kind == ErrorKind::PermissionDenied => {
                            return Err(error);
                        }
                        Err(error) => {
                            let refused = refused(error, Codes::Public)?;
                            if let Outcome::Refused(errors) = &refused {
                                recorder.refused(tx, errors.code())?;
                            }
                            refused
                        }
                    };
                    tx.record_outcome(&key, &Record::of(&outcome).to_text())?;
                    Ok((outcome, false))
                }
            })?;
        if replayed {
            self.set_replayed();
        }
        Ok(outcome)
    }

    fn idempotency(&self, call: &Call, scope: Scope) -> Result<Option<IdempotencyKey>, ApiError> {
        call.needs.check(self.actor())?;
        let key = match (call.key.as_deref(), self.idempotency_key()) {
            (Some(own), Some(sent)) if own != sent => {
                let sentence = "The input and the header Idempotency-Key name two different keys: send one of them.";
                return Err(ApiError::invalid(KEY, sentence));
            }
            (own, sent) => own.or(sent),
        };
        let key = match &call.part {
            None => key.map(str::to_owned),
            Some((_, Some(own))) => Some(own.clone()),
            Some((nth, None)) => key.map(|key| format!("{key}#{nth}")),
        };
        let Some(key) = key else {
            return Ok(None);
        };
        let key = key.as_str();
        let invalid = |rule: Rule| ApiError::invalid(KEY, rule.to_string());
        regulars_kernel::text::check_line(key, KEY_CHARS).map_err(invalid)?;
        if key.is_empty() {
            return Err(invalid(Rule::Required));
        }
        // What a consumer does within a merchant's scope is kept there.
        let merchant = self.actor().merchant().or(scope.merchant());
        let merchant = merchant.map_or(0, regulars_kernel::MerchantId::get);
        let (actor, fingerprint) = match (self.actor().app(), self.actor().person()) {
            // Whoever holds an app asks under its keys, each for themselves.
            (Some(app), holder) => (app.get().saturating_neg(), call.fingerprint_by(holder)),
            (None, person) => (person.map_or(0, PersonId::get), call.fingerprint()),
        };
        Ok(Some(IdempotencyKey {
            merchant,
            actor,
            mutation: call.name.clone(),
            key: key.to_owned(),
            fingerprint,
        }))
    }
}
