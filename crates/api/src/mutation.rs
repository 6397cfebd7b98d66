//! How a mutation runs: one write transaction, a refusal that is an answer, and at most one effect for each idempotency
//! key.

use std::{fmt, str::FromStr};

use regulars_kernel::{Classify, ErrorKind, Rule, StoreError};
use regulars_persistence::{IdempotencyKey, Outcome as Claim, Tx};
use sha2::{Digest, Sha256};

use crate::{
    context::Context,
    error::{ApiError, Codes},
    scalar::ExpectedErrorType,
};

/// The most characters of an idempotency key.
const KEY_CHARS: usize = 255;

/// One call of a mutation.
pub(crate) struct Call<'a> {
    /// The root field.
    pub(crate) name: &'static str,
    /// The `idempotencyKey` of its input.
    pub(crate) key: Option<&'a str>,
    /// Everything else of its input, in one canonical form: the same key with another input is an error.
    pub(crate) input: String,
}

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

impl Context {
    /// Runs a use case in one write transaction. With an idempotency key its outcome, refusals included, is recorded in
    /// the same transaction, and the same key answers it again.
    pub(crate) fn mutate<T, E, F>(
        &self,
        call: &Call<'_>,
        use_case: F,
    ) -> Result<Outcome<T>, ApiError>
    where
        T: fmt::Display + FromStr + Send + 'static,
        E: Classify + From<StoreError>,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let done = match self.idempotency(call) {
            Ok(None) => {
                self.write(move |tx| use_case(tx).map_err(ApiError::from)).map(Outcome::Done)
            }
            Ok(Some(key)) => self.mutate_once(key, use_case),
            Err(error) => Err(error),
        };
        done.or_else(|error| refused(error, Codes::Public))
    }

    fn mutate_once<T, E, F>(&self, key: IdempotencyKey, use_case: F) -> Result<Outcome<T>, ApiError>
    where
        T: fmt::Display + FromStr + Send + 'static,
        E: Classify + From<StoreError>,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let now = self.now();
        let (outcome, replayed) = self.write(move |tx| match tx.claim(&key, now)? {
            Claim::Recorded(text) => {
                let outcome = Record::parse(&text)
                    .and_then(Record::into_outcome)
                    .ok_or_else(|| ApiError::internal("an outcome cannot be read"))?;
                Ok((outcome, true))
            }
            Claim::Conflict => Err(ApiError::invalid(
                "idempotencyKey",
                "This key was used with other arguments. Use a new key for a new request.",
            )),
            Claim::New => {
                let attempt = tx.attempt(|tx| use_case(tx)).map_err(ApiError::from)?;
                let outcome = match attempt.map_err(ApiError::from) {
                    Ok(receipt) => Outcome::Done(receipt),
                    // Whoever may not do this at all has used no key up.
                    Err(error) if error.kind == ErrorKind::PermissionDenied => return Err(error),
                    Err(error) => refused(error, Codes::Public)?,
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

    fn idempotency(&self, call: &Call<'_>) -> Result<Option<IdempotencyKey>, ApiError> {
        self.actor().require_known()?;
        let Some(key) = call.key.or(self.idempotency_key()) else {
            return Ok(None);
        };
        let invalid = |rule: Rule| ApiError::invalid("idempotencyKey", rule.to_string());
        regulars_kernel::text::check(key, KEY_CHARS).map_err(invalid)?;
        if key.is_empty() {
            return Err(invalid(Rule::Required));
        }
        let merchant = self.actor().merchant().map_or(0, regulars_kernel::MerchantId::get);
        let actor = self.actor().person().map_or(0, regulars_kernel::PersonId::get);
        let fingerprint = Sha256::digest(call.input.as_bytes()).to_vec();
        Ok(Some(IdempotencyKey {
            merchant,
            actor,
            mutation: call.name.to_owned(),
            key: key.to_owned(),
            fingerprint,
        }))
    }
}

/// An outcome as it is recorded.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Done(String),
    Refused(ExpectedErrorType),
}

impl Record {
    fn of<T: fmt::Display>(outcome: &Outcome<T>) -> Self {
        match outcome {
            Outcome::Done(receipt) => Self::Done(receipt.to_string()),
            Outcome::Refused(errors) => Self::Refused(errors.clone()),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn into_outcome<T: FromStr>(self) -> Option<Outcome<T>> {
        match self {
            Self::Done(receipt) => receipt.parse().ok().map(Outcome::Done),
            Self::Refused(errors) => Some(Outcome::Refused(errors)),
        }
    }
}
