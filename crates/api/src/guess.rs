//! Guessing: how often passwords, loyalty ids and codes may be tried.
//!
//! Nobody is locked out by what others do elsewhere. A password is tried by an address, be it anybody's or not, from a network
//! or through an app; past a few failures that pair waits, ever longer, and no other pair does: in one network, a guest's
//! say, one may make another wait there. While an address is tried from many networks at once,
//! each of them has one try instead of a few; a pair that has logged in keeps all of its tries. A network that fails with many
//! addresses waits with those that never logged in from there; an app does not, whose limit of requests bounds it. What was tried is counted before it is judged, so that trying at once helps nobody.
//!
//! All of it is this process's own memory and bounded; addresses stand in it as hashes with a key of the process.

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroUsize,
    time::Duration,
};

use lru::LruCache;
use parking_lot::Mutex;
use regulars_kernel::{ApplicationId, PersonId, StoreId, Timestamp};

/// How often something may be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuessLimits {
    /// Wrong passwords for one address from one network before it waits. 5.
    pub passwords: u32,
    /// Wrong passwords from one network within an hour, whatever the addresses. 100.
    pub network_passwords: u32,
    /// Wrong passwords for one address within an hour, from all networks together, past which each network has one try. 50.
    pub address_passwords: u32,
    /// Loyalty ids and cards that one app or one person of a merchant may look up within a minute. 300.
    pub identifications: u32,
    /// Codes that one app or one person of a merchant may try in vain at one store within a minute. 20.
    pub codes: u32,
    /// Refusals of nobody known that are written into the audit log for one network within a minute. 300.
    pub noted_refusals: u32,
}

impl Default for GuessLimits {
    fn default() -> Self {
        Self {
            passwords: 5,
            network_passwords: 100,
            address_passwords: 50,
            identifications: 300,
            codes: 20,
            noted_refusals: 300,
        }
    }
}

/// What is remembered of each kind: pairs, networks, addresses, askers.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(100_000).unwrap();
/// The first wait, which doubles with every further failure.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// A pair without a failure for so long begins anew.
const FORGIVEN: Duration = Duration::from_hours(1);
const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// Where a request comes from: an IPv4 address, or the /56 that a household has of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network(Option<IpAddr>);

impl Network {
    /// The network of an address; all that have none are one.
    pub(crate) fn of(address: Option<IpAddr>) -> Self {
        const HOUSEHOLD: u128 = !((1 << 72) - 1);
        Self(address.map(|address| match address.to_canonical() {
            IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & HOUSEHOLD).into(),
            v4 @ IpAddr::V4(_) => v4,
        }))
    }
}

/// What a password is tried from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// A network.
    Network(Network),
    /// The server of an app, by a key of it: people of everywhere log in there.
    App(ApplicationId),
}

/// Whose password is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject<'a> {
    /// Whoever has an address, in the form that is looked up.
    Address(&'a str),
    /// Whoever a token stands for.
    Account(PersonId),
}

/// Who looks somebody up by a loyalty id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    /// An app, whoever holds it.
    App(ApplicationId),
    /// One of a merchant's people.
    Person(PersonId),
}

/// Too often: to be tried again after so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooOften(pub(crate) u32);

/// A try that was counted, by the hashes of what it was counted for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    pair: u64,
    /// None where an account's own password is asked for: who has its token is known, and counted for it alone.
    shared: Option<Shared>,
}

/// A try of a code that was counted, by the hash of who tried it where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeTry(u64);

/// What a try counts for beside its pair.
#[derive(Clone, Copy, Debug)]
struct Shared {
    address: u64,
    /// None for an app's server: what others try through it is not held against whoever logs in there.
    network: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    failures: u32,
    last: Timestamp,
    /// It has logged in.
    known: bool,
}

/// So many within a span: a count that leaks away steadily.
#[derive(Clone, Copy, Debug)]
struct Leaky {
    /// In microseconds of the span's filling: each adds its share.
    level: u64,
    at: Timestamp,
}

type Counts = Mutex<LruCache<u64, Leaky>>;

/// What was tried lately.
pub struct Guesses {
    limits: GuessLimits,
    hasher: RandomState,
    pairs: Mutex<LruCache<u64, Pair>>,
    networks: Counts,
    addresses: Counts,
    askers: Counts,
    codes: Counts,
    refusals: Counts,
}

impl Guesses {
    /// Nothing was tried yet.
    pub fn new(limits: GuessLimits) -> Self {
        let counts = || Mutex::new(LruCache::new(REMEMBERED));
        Self {
            limits,
            hasher: RandomState::new(),
            pairs: Mutex::new(LruCache::new(REMEMBERED)),
            networks: counts(),
            addresses: counts(),
            askers: counts(),
            codes: counts(),
            refusals: counts(),
        }
    }

    /// Counts a try of a password as failed, unless it has to wait.
    pub(crate) fn try_password(
        &self,
        subject: Subject<'_>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Try, TooOften> {
        let counted = match subject {
            Subject::Account(_) => Try { pair: self.hasher.hash_one(subject), shared: None },
            Subject::Address(address) => Try {
                pair: self.hasher.hash_one((subject, origin)),
                shared: Some(Shared {
                    address: self.hasher.hash_one(address),
                    network: match origin {
                        Origin::Network(network) => Some(self.hasher.hash_one(network)),
                        Origin::App(_) => None,
                    },
                }),
            },
        };
        let mut pairs = self.pairs.lock();
        let fresh = Pair { failures: 0, last: now, known: false };
        let mut pair = pairs.get(&counted.pair).copied().unwrap_or(fresh);
        // The machine's clock may step back.
        pair.last = pair.last.min(now);
        if now >= pair.last.plus(FORGIVEN) {
            pair.failures = 0;
        }
        let (many, most) = (&self.addresses, self.limits.address_passwords);
        let shared = counted.shared.filter(|_| !pair.known);
        let attacked =
            shared.is_some_and(|shared| room(many, shared.address, most, HOUR, now).is_err());
        let free = if attacked { 1 } else { self.limits.passwords };
        if pair.failures >= free {
            let doublings = (pair.failures - free).min(31);
            let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
            // Of an address that many try at once even the second try waits long.
            let until = pair.last.plus(if attacked { LONGEST_WAIT } else { wait });
            if now < until {
                return Err(TooOften(seconds(now, until)));
            }
        }
        if let Some(shared) = shared {
            if let Some(network) = shared.network {
                let most = self.limits.network_passwords;
                room(&self.networks, network, most, HOUR, now)?;
                add(&self.networks, network, most, HOUR, now);
            }
            add(many, shared.address, most, HOUR, now);
        }
        pair.failures = pair.failures.saturating_add(1);
        pair.last = now;
        pairs.put(counted.pair, pair);
        Ok(counted)
    }

    /// The password was right: what the try was counted for is taken back, and the pair is known.
    pub(crate) fn was_right(&self, right: Try, now: Timestamp) {
        let mut pairs = self.pairs.lock();
        let before = pairs.put(right.pair, Pair { failures: 0, last: now, known: true });
        if before.is_some_and(|pair| !pair.known) {
            self.take_back(right);
        }
    }

    /// The password was not even judged: the try is taken back.
    pub(crate) fn was_not_judged(&self, idle: Try) {
        let mut pairs = self.pairs.lock();
        let Some(pair) = pairs.get_mut(&idle.pair) else { return };
        pair.failures = pair.failures.saturating_sub(1);
        if !pair.known {
            self.take_back(idle);
        }
    }

    fn take_back(&self, counted: Try) {
        let Some(shared) = counted.shared else { return };
        if let Some(network) = shared.network {
            take_back(&self.networks, network, self.limits.network_passwords, HOUR);
        }
        take_back(&self.addresses, shared.address, self.limits.address_passwords, HOUR);
    }

    /// Counts a look-up by a loyalty id, unless it has to wait.
    pub(crate) fn identify(&self, asker: Asker, now: Timestamp) -> Result<(), TooOften> {
        let (asker, most) = (self.hasher.hash_one(asker), self.limits.identifications);
        room(&self.askers, asker, most, MINUTE, now)?;
        add(&self.askers, asker, most, MINUTE, now);
        Ok(())
    }

    /// The number was somebody's: the look-up is taken back. For what is not repeated at will, as sales are.
    pub(crate) fn was_somebody(&self, asker: Asker) {
        let asker = self.hasher.hash_one(asker);
        take_back(&self.askers, asker, self.limits.identifications, MINUTE);
    }

    /// Counts a try of a code at a store, or at none in particular, unless it has to wait (rule 22).
    pub(crate) fn try_code(
        &self,
        asker: Asker,
        store: Option<StoreId>,
        now: Timestamp,
    ) -> Result<CodeTry, TooOften> {
        let (key, most) = (self.hasher.hash_one((asker, store)), self.limits.codes);
        room(&self.codes, key, most, MINUTE, now)?;
        add(&self.codes, key, most, MINUTE, now);
        Ok(CodeTry(key))
    }

    /// The code was one: the try is taken back.
    pub(crate) fn was_a_code(&self, right: CodeTry) {
        take_back(&self.codes, right.0, self.limits.codes, MINUTE);
    }
}

impl Guesses {
    /// Counts a refusal of nobody known, and says whether it is to be written down by itself: not more than
    /// [`GuessLimits::noted_refusals`] of a network within a minute are.
    pub(crate) fn may_note_refusal(&self, network: Network, now: Timestamp) -> bool {
        let (network, most) = (self.hasher.hash_one(network), self.limits.noted_refusals);
        let has_room = room(&self.refusals, network, most, MINUTE, now).is_ok();
        if has_room {
            add(&self.refusals, network, most, MINUTE, now);
        }
        has_room
    }
}

fn share(most: u32, span: Duration) -> u64 {
    let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    span / u64::from(most.max(1))
}

/// What has not leaked away yet.
fn level(counts: &mut LruCache<u64, Leaky>, key: u64, now: Timestamp) -> u64 {
    counts.get_mut(&key).map_or(0, |leaky| {
        // The machine's clock may step back.
        leaky.at = leaky.at.min(now);
        let passed = now.micros().saturating_sub(leaky.at.micros());
        leaky.level.saturating_sub(u64::try_from(passed).unwrap_or(0))
    })
}

/// Whether there is room for one more.
fn room(
    counts: &Counts,
    key: u64,
    most: u32,
    span: Duration,
    now: Timestamp,
) -> Result<(), TooOften> {
    let level = level(&mut counts.lock(), key, now);
    let one = share(most, span);
    let full = one.saturating_mul(u64::from(most));
    let over = level.saturating_add(one).saturating_sub(full);
    if over == 0 {
        return Ok(());
    }
    Err(TooOften(seconds(now, now.plus(Duration::from_micros(over)))))
}

fn add(counts: &Counts, key: u64, most: u32, span: Duration, now: Timestamp) {
    let mut counts = counts.lock();
    let one = share(most, span);
    // Never more than full: what is tried a thousand times is forgotten as soon as what is tried too often once.
    let level =
        level(&mut counts, key, now).saturating_add(one).min(one.saturating_mul(u64::from(most)));
    counts.put(key, Leaky { level, at: now });
}

fn take_back(counts: &Counts, key: u64, most: u32, span: Duration) {
    if let Some(leaky) = counts.lock().get_mut(&key) {
        leaky.level = leaky.level.saturating_sub(share(most, span));
    }
}

/// Whole seconds from one instant to another, at least one.
fn seconds(now: Timestamp, until: Timestamp) -> u32 {
    let micros = until.micros().saturating_sub(now.micros()).max(1);
    let whole =
        micros.saturating_add(Timestamp::MICROS_PER_SECOND - 1) / Timestamp::MICROS_PER_SECOND;
    u32::try_from(whole).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
