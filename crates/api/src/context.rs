//! What every resolver is given: who asks, what time it is, and one reading transaction for the whole answer.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use parking_lot::Mutex;
use regulars_auth::{Authority, erasure::Limits};
use regulars_kernel::{
    Actor, Clock, Contention, ErrorKind, Rule, Scope, StoreError, StoreId, Timestamp, Violation,
    Violations,
};
use regulars_persistence::{Db, Reader, Tx};

use crate::{
    connection::{Listed, Lists},
    error::ApiError,
    guess::{Asker, CodeTry, Guesses, Network, Origin, Subject, TooOften, Try},
    level::{Level, LoadName, Loads},
    limit::RequestLimits,
    scalar::ExpectedErrorType,
    service::Headers,
    trail::queue::Queue,
};

/// What all requests share.
pub struct App {
    /// The rows.
    pub db: Arc<Db>,
    /// Passwords and tokens.
    pub authority: Arc<Authority>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How often passwords and loyalty ids were tried.
    pub guesses: Guesses,
    /// How much applications may ask.
    pub requests: RequestLimits,
    /// How many people somebody may erase.
    pub erasures: Limits,
    /// Where refused reads wait to be written down in the audit log.
    pub audit: Queue,
    /// What reads the systems that merchants have connected; none where syncing is off.
    pub sync: Option<Arc<regulars_sync::engine::Engine>>,
    /// Whether answers say how many statements they took, in the header `Regulars-Statements`: for tests and benchmarks.
    pub statement_header: bool,
}

/// One operation.
pub struct Context {
    app: Arc<App>,
    /// Who the request's token says it is.
    bearer: Actor,
    /// Who proved themselves in the operation itself.
    proved: OnceLock<Actor>,
    now: Timestamp,
    deadline: Instant,
    request_id: Arc<str>,
    peer: Option<IpAddr>,
    idempotency_key: Option<String>,
    document: String,
    replays: AtomicU32,
    headers: Headers,
    /// The thread's own reader, or one from the pool once it is needed.
    reader: Mutex<Option<Reader>>,
    loads: Loads,
}

impl juniper::Context for Context {}

fn too_often(TooOften(seconds): TooOften) -> ApiError {
    Violations::of_input(Rule::TooManyAttempts(seconds)).into()
}

/// What an operation begins with.
pub(crate) struct Opening {
    pub(crate) app: Arc<App>,
    pub(crate) actor: Actor,
    pub(crate) now: Timestamp,
    pub(crate) deadline: Instant,
    pub(crate) request_id: Arc<str>,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) idempotency_key: Option<String>,
    /// The text that runs, of a mutation.
    pub(crate) document: String,
    /// Headers that the answer has whatever comes.
    pub(crate) headers: Headers,
    pub(crate) reader: Option<Reader>,
}

impl From<Opening> for Context {
    fn from(opening: Opening) -> Self {
        Self {
            app: opening.app,
            bearer: opening.actor,
            proved: OnceLock::new(),
            now: opening.now,
            deadline: opening.deadline,
            request_id: opening.request_id,
            peer: opening.peer,
            idempotency_key: opening.idempotency_key,
            document: opening.document,
            replays: AtomicU32::new(0),
            headers: opening.headers,
            reader: Mutex::new(opening.reader),
            loads: Loads::default(),
        }
    }
}

impl Context {
    /// Who asks: the bearer of the request's token, and after a log-in whoever logged in.
    pub fn actor(&self) -> &Actor {
        self.proved.get().unwrap_or(&self.bearer)
    }

    /// Goes on as whoever has just logged in: what follows in the operation, the account in the log-in's own answer first
    /// of all, is theirs to ask. An operation has one log-in at most.
    pub(crate) fn go_on_as(&self, actor: Actor) -> Result<(), ApiError> {
        self.proved.set(actor).map_err(|_second| ApiError::internal("two log-ins in one operation"))
    }

    /// When: one instant for the whole operation.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// When the answer has to be there.
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Passwords and tokens.
    pub fn authority(&self) -> &Arc<Authority> {
        &self.app.authority
    }

    /// What reads the systems that merchants have connected, where this server does.
    pub(crate) fn sync(&self) -> Option<&Arc<regulars_sync::engine::Engine>> {
        self.app.sync.as_ref()
    }

    /// The most units that an application may be allowed within a minute.
    pub(crate) fn most_requests(&self) -> u32 {
        self.app.requests.most_per_minute.get()
    }

    /// How many people whoever asks may erase.
    pub(crate) fn erasure_limits(&self) -> Limits {
        self.app.erasures
    }

    /// Counts a try of a password, which [`Self::judged`] is to follow; refused where there were too many.
    pub(crate) fn try_password(&self, subject: Subject<'_>) -> Result<Try, ApiError> {
        let origin = match self.actor() {
            Actor::App { app, .. } => Origin::App(*app),
            _ => Origin::Network(Network::of(self.peer)),
        };
        self.app.guesses.try_password(subject, origin, self.now).map_err(too_often)
    }

    /// What came of a password that was tried. Only a wrong one stays counted.
    pub(crate) fn judged<T>(&self, tried: Try, outcome: &Result<T, ApiError>) {
        let is_wrong = |violation: &Violation| {
            matches!(violation.rule, Rule::InvalidPassword | Rule::InvalidCredentials)
        };
        match outcome {
            Ok(_) => self.app.guesses.was_right(tried, self.now),
            Err(ApiError { kind: ErrorKind::Invalid(violations), .. })
                if violations.iter().any(is_wrong) => {}
            Err(_) => self.app.guesses.was_not_judged(tried),
        }
    }

    /// Counts a look-up of somebody by a loyalty id, for all but consumers, who find themselves (rule 6).
    pub(crate) fn identify(&self) -> Result<(), ApiError> {
        let Some(asker) = self.asker() else { return Ok(()) };
        self.app.guesses.identify(asker, self.now).map_err(too_often)
    }

    /// The number that a look-up was counted for was somebody's, to whom something was sold: it does not count.
    pub(crate) fn was_somebody(&self) {
        if let Some(asker) = self.asker() {
            self.app.guesses.was_somebody(asker);
        }
    }

    /// Which of a merchant's people or apps asks.
    fn asker(&self) -> Option<Asker> {
        match self.actor() {
            Actor::App { app, .. } => Some(Asker::App(*app)),
            Actor::Staff { person, .. } => Some(Asker::Person(*person)),
            _ => None,
        }
    }

    /// Counts a try of a code (rule 22), which [`Self::was_a_code`] is to follow where it is one.
    pub(crate) fn try_code(&self, store: Option<StoreId>) -> Result<Option<CodeTry>, ApiError> {
        let Some(asker) = self.asker() else { return Ok(None) };
        self.app.guesses.try_code(asker, store, self.now).map(Some).map_err(too_often)
    }

    /// What was tried is a code: it does not count.
    pub(crate) fn was_a_code(&self, tried: CodeTry) {
        self.app.guesses.was_a_code(tried);
    }

    /// Whether the network that asks has a refusal left to be written down by itself.
    pub(crate) fn may_note_refusal(&self) -> bool {
        self.app.guesses.may_note_refusal(Network::of(self.peer), self.now)
    }

    /// Names the request in logs and answers.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Where the request comes from, as far as trusted proxies say so.
    pub(crate) const fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// Where refused reads wait to be written down.
    pub(crate) fn audit_queue(&self) -> &Queue {
        &self.app.audit
    }

    /// The `Idempotency-Key` header.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// The text of the mutation that runs; empty for a query.
    pub(crate) fn document(&self) -> &str {
        &self.document
    }

    /// Notes that the answer repeats an earlier one.
    pub(crate) fn set_replayed(&self) {
        self.replays.fetch_add(1, Ordering::Relaxed);
    }

    /// How many parts of the answer repeat earlier ones.
    pub(crate) fn replays(&self) -> u32 {
        self.replays.load(Ordering::Relaxed)
    }

    /// Reads as far as the asker may reach, in the one transaction that serves the whole answer. Anonymous askers are
    /// denied.
    pub fn read<T, E>(&self, read: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, ApiError>
    where
        E: From<StoreError> + Into<ApiError>,
    {
        let scope = self.actor().require_known()?;
        self.read_within(scope, read)
    }

    /// Reads within a scope of the caller's choice: for logging in, which reaches every account.
    pub(crate) fn read_within<T, E>(
        &self,
        scope: Scope,
        read: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, ApiError>
    where
        E: From<StoreError> + Into<ApiError>,
    {
        let mut slot = self.reader.lock();
        if slot.is_none() {
            let mut reader = self.app.db.reader().map_err(|error| self.log(error))?;
            reader.start(Some(self.deadline));
            *slot = Some(reader);
        }
        let reader = slot.as_mut().ok_or_else(|| ApiError::internal("no reader"))?;
        reader.read(scope, read).map_err(|error| self.log(error))
    }

    /// Writes in one transaction as far as the asker may reach. What is read afterwards sees it.
    pub fn write<T, E, F>(&self, write: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: From<StoreError> + Contention + Into<ApiError> + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let scope = self.actor().require_known()?;
        self.write_within(scope, write)
    }

    /// Writes within a scope of the caller's choice.
    pub(crate) fn write_within<T, E, F>(&self, scope: Scope, write: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: From<StoreError> + Contention + Into<ApiError> + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.write_by(scope, self.deadline, write)
    }

    /// The same by another moment than that of the answer.
    pub(crate) fn write_by<T, E, F>(
        &self,
        scope: Scope,
        deadline: Instant,
        write: F,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: From<StoreError> + Contention + Into<ApiError> + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.let_go();
        self.app.db.write(scope, Some(deadline), write).map_err(|error| self.log(error))
    }

    /// Holds no connection any more: for before a write, and before waiting for anything that is not the database.
    pub(crate) fn let_go(&self) {
        *self.reader.lock() = None;
    }

    /// The value of one id, loaded for its whole level at once: see [`Loads::get`].
    pub fn load<K, V>(
        &self,
        level: &Level<K>,
        name: impl Into<LoadName>,
        id: K,
        load: impl FnOnce(&[K]) -> Result<HashMap<K, V>, ApiError>,
    ) -> Result<Option<V>, ApiError>
    where
        K: Copy + Eq + Hash + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
    {
        self.loads.get(level, name.into(), id, load)
    }

    /// The lists of a whole level of parents, loaded at once.
    pub(crate) fn lists<K, N: Listed>(
        &self,
        level: &Level<K>,
        name: LoadName,
        load: impl FnOnce(&[K]) -> Result<Lists<N>, ApiError>,
    ) -> Result<Arc<Lists<N>>, ApiError> {
        let loaded = self.loads.once(level, name, |ids| load(ids).map(Arc::new));
        loaded.as_ref().clone()
    }

    /// What is told of one of many things that did not come about, while the others go on.
    pub(crate) fn failed(&self, error: ApiError) -> ExpectedErrorType {
        self.log(error).to_errors_of_one()
    }

    /// Turns an error into what may be shown, logging what may not.
    pub(crate) fn log(&self, error: impl Into<ApiError>) -> ApiError {
        error.into().logged(&self.request_id)
    }

    /// Whether to say how many statements the answer took.
    pub(crate) fn counts_statements(&self) -> bool {
        self.app.statement_header
    }

    /// Gives the reader back, how many statements it has seen, and the headers of the answer.
    pub(crate) fn close(self) -> (Option<Reader>, u64, Headers) {
        let mut reader = self.reader.into_inner();
        let statements = reader.as_ref().map_or(0, Reader::statements);
        if let Some(reader) = &mut reader {
            reader.finish();
        }
        (reader, statements, self.headers)
    }
}
