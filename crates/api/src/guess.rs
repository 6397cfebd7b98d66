//! Guessing: how often passwords and loyalty ids may be tried.
//!
//! Nobody is locked out by what others do. A password is tried by an address, be it anybody's or not, from a network; past a few
//! failures that pair waits, ever longer, and no other pair does. While an address is tried from many networks at once,
//! each of them has one try instead of a few; a pair that has logged in keeps all of its tries. A network that fails with many
//! addresses waits with those that never logged in from there. What was tried is counted before it is judged, so that trying at once helps nobody.
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
use regulars_kernel::{ApplicationId, PersonId, Timestamp};

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
}

impl Default for GuessLimits {
    fn default() -> Self {
        Self { passwords: 5, network_passwords: 100, address_passwords: 50, identifications: 300 }
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
    subject: u64,
    network: u64,
    pair: u64,
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
        }
    }

    /// Counts a try of a password as failed, unless it has to wait.
    pub(crate) fn try_password(
        &self,
        subject: Subject<'_>,
        network: Network,
        now: Timestamp,
    ) -> Result<Try, TooOften> {
        let counted = Try {
            subject: self.hasher.hash_one(subject),
            network: self.hasher.hash_one(network),
            pair: self.hasher.hash_one((subject, network)),
        };
        let mut pairs = self.pairs.lock();
        let fresh = Pair { failures: 0, last: now, known: false };
        let mut pair = pairs.get(&counted.pair).copied().unwrap_or(fresh);
        if now >= pair.last.plus(FORGIVEN) {
            pair.failures = 0;
        }
        let (many, most) = (&self.addresses, self.limits.address_passwords);
        let attacked = !pair.known && room(many, counted.subject, most, HOUR, now).is_err();
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
        if !pair.known {
            let most = self.limits.network_passwords;
            room(&self.networks, counted.network, most, HOUR, now)?;
            add(&self.networks, counted.network, most, HOUR, now);
            add(many, counted.subject, self.limits.address_passwords, HOUR, now);
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
        take_back(&self.networks, counted.network, self.limits.network_passwords, HOUR);
        take_back(&self.addresses, counted.subject, self.limits.address_passwords, HOUR);
    }

    /// Counts a look-up by a loyalty id, unless it has to wait.
    pub(crate) fn identify(&self, asker: Asker, now: Timestamp) -> Result<(), TooOften> {
        let (asker, most) = (self.hasher.hash_one(asker), self.limits.identifications);
        room(&self.askers, asker, most, MINUTE, now)?;
        add(&self.askers, asker, most, MINUTE, now);
        Ok(())
    }
}

fn share(most: u32, span: Duration) -> u64 {
    let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    span / u64::from(most.max(1))
}

/// What has not leaked away yet.
fn level(counts: &mut LruCache<u64, Leaky>, key: u64, now: Timestamp) -> u64 {
    counts.get(&key).map_or(0, |leaky| {
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
    let level = level(&mut counts, key, now).saturating_add(share(most, span));
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
mod tests {
    use super::*;

    const ADA: Subject<'static> = Subject::Address("ada@example.com");
    const BOB: Subject<'static> = Subject::Address("bob@example.com");

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000).plus(Duration::from_secs(seconds))
    }

    fn network(number: u32) -> Network {
        Network::of(Some(IpAddr::V4((0x0a00_0000 + number).into())))
    }

    fn guesses() -> Guesses {
        Guesses::new(GuessLimits::default())
    }

    #[test]
    fn past_a_few_failures_a_pair_waits_ever_longer_and_no_other_does() {
        let guesses = guesses();
        let home = network(1);
        for _ in 0..5 {
            guesses.try_password(ADA, home, at(0)).unwrap();
        }
        let mut now = 0;
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            let early = guesses.try_password(ADA, home, at(now)).unwrap_err();
            assert_eq!(early, TooOften(wait));
            // What has to wait is not counted: asking again makes nothing longer.
            assert_eq!(guesses.try_password(ADA, home, at(now)).unwrap_err(), early);
            now += u64::from(wait);
            guesses.try_password(ADA, home, at(now)).unwrap();
            assert!(guesses.try_password(BOB, home, at(now)).is_ok() || now > 60);
        }
        assert!(guesses.try_password(ADA, network(2), at(now)).is_ok(), "from elsewhere");
        for _ in 0..5 {
            guesses.try_password(ADA, home, at(now + 3_600)).unwrap();
        }
        assert!(guesses.try_password(ADA, home, at(now + 3_600)).is_err());
    }

    #[test]
    fn the_right_password_begins_anew() {
        let guesses = guesses();
        for _ in 0..20 {
            for _ in 0..4 {
                guesses.try_password(ADA, network(1), at(0)).unwrap();
            }
            let right = guesses.try_password(ADA, network(1), at(0)).unwrap();
            guesses.was_right(right, at(0));
        }
    }

    #[test]
    fn who_is_attacked_from_everywhere_still_logs_in() {
        let guesses = guesses();
        let home = network(1);
        let right = guesses.try_password(ADA, home, at(0)).unwrap();
        guesses.was_right(right, at(0));
        // A thousand networks, each with all the tries that it gets.
        let tried: usize = (100..1_100)
            .map(|number| {
                let tries = 0..10;
                tries.filter(|_| guesses.try_password(ADA, network(number), at(1)).is_ok()).count()
            })
            .sum();
        assert!(tried < 1_100, "{tried}: about one for each");
        // From home with all her tries, and from wherever she is with one.
        for _ in 0..5 {
            guesses.try_password(ADA, home, at(1)).unwrap();
        }
        let right = guesses.try_password(ADA, network(2), at(1)).unwrap();
        guesses.was_right(right, at(1));
        assert!(guesses.try_password(ADA, network(2), at(2)).is_ok(), "known from now on");
        assert!(guesses.try_password(BOB, network(3), at(1)).is_ok(), "another is not concerned");
    }

    #[test]
    fn a_network_that_fails_with_many_addresses_waits_with_those_it_does_not_know() {
        let guesses = guesses();
        let cafe = network(1);
        let right = guesses.try_password(ADA, cafe, at(0)).unwrap();
        guesses.was_right(right, at(0));
        let spray = |number: usize, now| {
            let address = format!("someone{number}@example.com");
            guesses.try_password(Subject::Address(&address), cafe, now)
        };
        let tried = (0..1_000).filter(|number| spray(*number, at(1)).is_ok()).count();
        assert_eq!(tried, 100);
        assert_eq!(spray(1_000, at(1)).unwrap_err(), TooOften(36));
        assert!(spray(1_001, at(37)).is_ok(), "one comes back in 36 seconds");
        assert!(guesses.try_password(ADA, cafe, at(1)).is_ok(), "who logged in there before");
        assert!(guesses.try_password(BOB, network(2), at(1)).is_ok(), "another network");
    }

    #[test]
    fn look_ups_are_counted_for_each_who_asks() {
        let guesses = guesses();
        let (app, person) = (Asker::App(7.into()), Asker::Person(7.into()));
        for _ in 0..300 {
            guesses.identify(app, at(0)).unwrap();
        }
        assert_eq!(guesses.identify(app, at(0)), Err(TooOften(1)));
        assert!(guesses.identify(person, at(0)).is_ok());
        assert!(guesses.identify(app, at(1)).is_ok());
    }

    #[test]
    fn a_household_is_one_network() {
        let of = |text: &str| Network::of(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2300::1"), of("2001:db8:1:23ff:1:2:3:4"));
        assert_ne!(of("2001:db8:1:2300::1"), of("2001:db8:1:2400::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
