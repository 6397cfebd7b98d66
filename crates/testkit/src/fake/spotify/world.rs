//! What there is: the app, the accounts, who allowed what, and what time it is.

use std::collections::{BTreeMap, VecDeque};

use sha2::{Digest, Sha256};

use super::{
    Account, Bad, On,
    grant::{Access, Code, Consent},
    script::Script,
};

/// Requests are counted over so many seconds.
const WINDOW: i64 = 30;
/// The most people of an app in development mode.
pub(super) const PEOPLE: usize = 5;

/// Which quota the app has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Five people, and less is told of them.
    #[default]
    Development,
    /// Everybody, and all is told.
    Extended,
}

impl Mode {
    /// The name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Extended => "extended",
        }
    }
}

/// What there is.
#[derive(Debug)]
pub struct World {
    /// The app's id.
    pub client_id: String,
    /// Where it may send people back to.
    pub redirect_uris: Vec<String>,
    /// Its quota.
    pub mode: Mode,
    /// Who may use it in development mode, by id: the first five count.
    pub allowed: Vec<String>,
    /// The accounts, by id.
    pub accounts: BTreeMap<String, Account>,
    /// Whose browser it is, by id; none: whoever asks chooses.
    pub signed_in: Option<String>,
    /// Whether they say no.
    pub denies: bool,
    /// Whether a renewal gives another refresh token. Without it the old one stays good.
    pub rotates: bool,
    /// How many requests for profiles are answered within 30 seconds; none: any.
    pub most_requests: Option<usize>,
    /// What time it is: seconds since 1970.
    pub now: i64,
    /// What was asked: `GET /v1/me`.
    pub requests: Vec<String>,
    pub(super) codes: BTreeMap<String, Code>,
    pub(super) accesses: BTreeMap<String, Access>,
    /// Which consent a refresh token is of. A token that was replaced is not there.
    pub(super) refreshes: BTreeMap<String, u64>,
    pub(super) consents: BTreeMap<u64, Consent>,
    pub(super) script: Script,
    recent: VecDeque<i64>,
    drawn: u64,
}

impl Default for World {
    fn default() -> Self {
        Self {
            client_id: "5fe01282e94241328a84e7c5cc169164".to_owned(),
            redirect_uris: vec!["http://127.0.0.1:8080/spotify/callback".to_owned()],
            mode: Mode::default(),
            allowed: Vec::new(),
            accounts: BTreeMap::new(),
            signed_in: None,
            denies: false,
            rotates: true,
            most_requests: None,
            now: 1_795_780_800,
            requests: Vec::new(),
            codes: BTreeMap::new(),
            accesses: BTreeMap::new(),
            refreshes: BTreeMap::new(),
            consents: BTreeMap::new(),
            script: Script::default(),
            recent: VecDeque::new(),
            drawn: 0,
        }
    }
}

impl World {
    /// Opens an account, which may use the app, and signs its owner in.
    pub fn open(&mut self, account: Account) {
        self.allowed.push(account.id.clone());
        self.signed_in = Some(account.id.clone());
        self.accounts.insert(account.id.clone(), account);
    }

    /// Changes an account.
    ///
    /// # Panics
    /// Where there is none of this id.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Account)) {
        match self.accounts.get_mut(id) {
            Some(account) => change(account),
            None => panic!("there is no account {id}"),
        }
    }

    /// Deletes an account: its tokens are not good any more.
    pub fn delete(&mut self, id: &str) {
        self.accounts.remove(id);
        self.revoke(id);
    }

    /// Takes back what somebody allowed the app.
    pub fn revoke(&mut self, id: &str) {
        for consent in self.consents.values_mut().filter(|consent| consent.account == id) {
            consent.revoked = true;
        }
    }

    /// Gives the app the extended quota.
    pub fn extend(&mut self) {
        self.mode = Mode::Extended;
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: i64) {
        self.now += seconds;
    }

    /// The next request of a kind goes wrong. Several go wrong in their order.
    pub fn spoil(&mut self, on: On, bad: Bad) {
        self.script.add(on, bad);
    }

    /// How many things are still to go wrong.
    pub fn to_spoil(&self) -> usize {
        self.script.len()
    }

    /// How often something was asked: `GET /v1/me`.
    pub fn asked(&self, what: &str) -> usize {
        self.requests.iter().filter(|request| request.as_str() == what).count()
    }

    /// Whether somebody may use the app.
    pub(super) fn may_use(&self, id: &str) -> bool {
        self.mode == Mode::Extended || self.allowed.iter().take(PEOPLE).any(|allowed| allowed == id)
    }

    /// Counts a request for a profile; after how many seconds there may be another where this is one too many.
    pub(super) fn count(&mut self) -> Option<i64> {
        let most = self.most_requests?;
        let begin = self.now - WINDOW;
        while self.recent.front().is_some_and(|at| *at <= begin) {
            self.recent.pop_front();
        }
        if self.recent.len() < most {
            self.recent.push_back(self.now);
            return None;
        }
        let oldest = self.recent.front().copied().unwrap_or(self.now);
        Some((oldest - begin).max(1))
    }

    /// Something that nobody guesses, and that is the same each time the world is built.
    pub(super) fn draw(&mut self, kind: &str) -> String {
        self.drawn += 1;
        let digest = Sha256::digest(format!("{kind} {}", self.drawn));
        format!("{kind}{}", hex::encode(digest))
    }

    /// The next number of a consent.
    pub(super) fn next_number(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }
}
