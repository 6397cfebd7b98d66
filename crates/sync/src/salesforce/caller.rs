//! Asking Salesforce: with a session, within the day's budget, and once more where the session had ended.

use std::{fmt, io::Read, sync::Arc, time::Duration};

use regulars_kernel::{Clock, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{
    login::{Login, Session},
    trouble::{Refusal, refusal},
};
use crate::{
    connector::{Credentials, Fault},
    outgoing::{Answer, Client, Outgoing},
};

/// How long to stay away where the day's requests are used up: of a rolling day, some come back all the time.
const LIMIT_WAIT: Duration = Duration::from_mins(15);
/// The most bytes of an error that are read.
const MAX_ERROR_BYTES: u64 = 64 * 1024;

/// How many of the day's requests are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    used: u64,
    of: u64,
}

impl Usage {
    /// Reads `api-usage=18/5000`, alone or among others.
    fn read(header: &str) -> Option<Self> {
        let (_, rest) = header.split_once("api-usage=")?;
        let numbers = rest.split([';', ',', ' ']).next()?;
        let (used, of) = numbers.split_once('/')?;
        Some(Self { used: used.trim().parse().ok()?, of: of.trim().parse().ok()? })
    }

    /// Whether so many of a hundred are used.
    const fn is_above(self, percent: u64) -> bool {
        self.of > 0 && self.used.saturating_mul(100) >= self.of.saturating_mul(percent)
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} requests in 24 hours", self.used, self.of)
    }
}

/// Something to ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// `GET`, `POST`, `PATCH`.
    pub(super) method: &'a str,
    /// From the first slash on.
    pub(super) path: &'a str,
    /// What is sent.
    pub(super) body: Option<&'a Value>,
    /// What is wanted: `application/json`, `text/csv`.
    pub(super) accept: &'a str,
}

impl<'a> Call<'a> {
    /// To read JSON.
    pub(super) const fn get(path: &'a str) -> Self {
        Self { method: "GET", path, body: None, accept: "application/json" }
    }

    /// To send JSON and read JSON.
    pub(super) const fn send(method: &'a str, path: &'a str, body: &'a Value) -> Self {
        Self { method, path, body: Some(body), accept: "application/json" }
    }
}

/// Asks Salesforce.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) credentials: Arc<dyn Credentials>,
    pub(super) login: Login,
    /// At how many percent of the day's requests we stop.
    pub(super) stop_at: u64,
    session: Option<Session>,
    usage: Option<Usage>,
    limit_wait: Duration,
    rests_until: Option<Timestamp>,
}

impl Caller {
    /// One that has not asked anything yet.
    pub(super) const fn new(
        client: Client,
        credentials: Arc<dyn Credentials>,
        login: Login,
        stop_at: u64,
    ) -> Self {
        Self {
            client,
            credentials,
            login,
            stop_at,
            session: None,
            usage: None,
            limit_wait: LIMIT_WAIT,
            rests_until: None,
        }
    }

    /// What is used of the day's requests, in words.
    pub(super) fn budget(&self) -> Option<String> {
        self.usage.map(|usage| usage.to_string())
    }

    /// Whether so many requests are used that we leave the rest to the merchant's other apps.
    pub(super) fn is_at_limit(&self) -> bool {
        self.usage.is_some_and(|usage| usage.is_above(self.stop_at))
    }

    /// Stops politely where the merchant's share of the day's requests is used up; after a rest one request asks how it stands.
    pub(super) fn spare(&mut self, version: &str, clock: &dyn Clock) -> Result<(), Fault> {
        if !self.is_at_limit() {
            return Ok(());
        }
        let now = clock.now();
        match self.rests_until {
            Some(until) if until > now => {}
            Some(_over) => {
                self.call(Call::get(&format!("/services/data/v{version}/limits")), now)?;
                if !self.is_at_limit() {
                    self.rests_until = None;
                    return Ok(());
                }
                self.rests_until = Some(now.plus(LIMIT_WAIT));
            }
            None => self.rests_until = Some(now.plus(LIMIT_WAIT)),
        }
        let left = self.rests_until.map_or(0, |until| until.micros().saturating_sub(now.micros()));
        Err(Fault::Throttled {
            after: Some(Duration::from_micros(u64::try_from(left).unwrap_or(0))),
        })
    }

    /// Asks, and reads the answer whole.
    pub(super) fn call(&mut self, call: Call<'_>, now: Timestamp) -> Result<Answer, Refusal> {
        self.with_session(
            now,
            |caller, session| {
                let answer = caller.asked(call, session, |client, outgoing| {
                    client.send(outgoing).map(|answer| (answer, ()))
                });
                answer.map(|(answer, ())| answer)
            },
            |answer| answer,
        )
    }

    /// Asks, and leaves the answer to be read piece by piece.
    pub(super) fn open(
        &mut self,
        call: Call<'_>,
        now: Timestamp,
    ) -> Result<(Answer, Box<dyn Read + Send>), Refusal> {
        self.with_session(
            now,
            |caller, session| {
                let (mut head, mut body) = caller.asked(call, session, Client::open)?;
                if !head.is_success() {
                    let mut limited = (&mut body).take(MAX_ERROR_BYTES);
                    limited
                        .read_to_end(&mut head.body)
                        .map_err(|error| crate::outgoing::cut(&error))?;
                }
                Ok((head, body))
            },
            |(head, _body)| head,
        )
    }

    /// Asks with a session; where it has ended, once more with another (facts of 401: one login under a lock, one retry).
    fn with_session<T>(
        &mut self,
        now: Timestamp,
        ask: impl Fn(&Self, &Session) -> Result<T, Fault>,
        head: impl Fn(&T) -> &Answer,
    ) -> Result<T, Refusal> {
        let session = self.session(now)?;
        let mut answered = ask(self, &session)?;
        if head(&answered).status == 401 {
            let session = self.renew(Some(&session.token), now)?;
            answered = ask(self, &session)?;
        }
        let answer = head(&answered);
        if let Some(usage) = answer.header("sforce-limit-info").and_then(Usage::read) {
            self.usage = Some(usage);
        }
        if answer.is_success() {
            self.limit_wait = LIMIT_WAIT;
            return Ok(answered);
        }
        let refusal = refusal(answer, self.limit_wait, now);
        if refusal.is(&["REQUEST_LIMIT_EXCEEDED"]) {
            self.limit_wait = self.limit_wait.saturating_mul(2).min(crate::outgoing::MAX_WAIT);
        }
        Err(refusal)
    }

    fn asked<T>(
        &self,
        call: Call<'_>,
        session: &Session,
        send: impl Fn(&Client, &Outgoing<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let authorization = format!("Bearer {}", session.token.expose_secret());
        let mut headers = vec![("authorization", authorization.as_str()), ("accept", call.accept)];
        let body = call.body.map(Value::to_string).unwrap_or_default();
        if call.body.is_some() {
            headers.push(("content-type", "application/json; charset=utf-8"));
        }
        let url = format!("{}{}", session.instance, call.path);
        send(
            &self.client,
            &Outgoing { method: call.method, url: &url, headers: &headers, body: body.as_bytes() },
        )
    }

    fn session(&mut self, now: Timestamp) -> Result<Session, Fault> {
        if let Some(session) = &self.session {
            return Ok(session.clone());
        }
        if let Some(stored) = self.login.stored(&self.credentials.load()?) {
            self.session = Some(stored.clone());
            return Ok(stored);
        }
        self.renew(None, now)
    }

    /// Another session than the ended one. Two who find at the same moment that theirs has ended log in once.
    fn renew(&mut self, ended: Option<&SecretString>, now: Timestamp) -> Result<Session, Fault> {
        self.session = None;
        let (login, client) = (&self.login, &self.client);
        let renewed = self
            .credentials
            .renew(&mut |credentials| login.renewed(client, credentials, ended, now))?;
        let session = login.stored(&renewed).ok_or_else(|| {
            Fault::NeedsAuth("The session could not be stored with the connection.".to_owned())
        })?;
        self.session = Some(session.clone());
        Ok(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_read_from_a_header() {
        let usage =
            Usage::read("api-usage=4000/5000; per-app-api-usage=17/250(appName=x)").unwrap();
        assert_eq!(usage.to_string(), "4000 of 5000 requests in 24 hours");
        assert!(usage.is_above(80));
        assert!(!usage.is_above(81));
        assert!(!Usage::read("api-usage=0/0").unwrap().is_above(80));
        assert_eq!(Usage::read("api-usage=many"), None);
    }
}
