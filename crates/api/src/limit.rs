//! How much each application may ask within a minute: a bucket of units for each, that fills up again steadily.
//!
//! The buckets are this process's own: behind a balancer, an application may spend as much at each of several servers.

use std::{
    num::{NonZeroU32, NonZeroU64, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use lru::LruCache;
use parking_lot::Mutex;
use regulars_kernel::ApplicationId;

use crate::service::Headers;

/// Applications whose buckets are remembered. Who is forgotten, of so many at once, finds a full one.
const BUCKETS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
const MOST_PER_MINUTE: NonZeroU32 = NonZeroU32::new(10_000).unwrap();
const COST_PER_UNIT: NonZeroU64 = NonZeroU64::new(1_000).unwrap();
/// The time in which a bucket fills.
const WINDOW: u64 = 60;

/// How much applications may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// Units that an application may spend within a minute, unless its merchant says otherwise. 1,000.
    pub per_minute: NonZeroU32,
    /// The most that its merchant may say. 10,000.
    pub most_per_minute: NonZeroU32,
    /// An operation is a unit for each started so many of its cost. 1,000.
    pub cost_per_unit: NonZeroU64,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            per_minute: PER_MINUTE,
            most_per_minute: MOST_PER_MINUTE,
            cost_per_unit: COST_PER_UNIT,
        }
    }
}

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, StateInformationMiddleware>;

struct Bucket<C: Clock + Clone> {
    units: NonZeroU32,
    limiter: Limiter<C>,
}

impl<C: Clock + Clone> Bucket<C> {
    fn full(units: NonZeroU32, clock: C) -> Self {
        let limiter = RateLimiter::direct_with_clock(Quota::per_minute(units), clock);
        Self { units, limiter: limiter.with_middleware() }
    }

    /// One of another size that is as full, in proportion: a change of size gives nothing back. This one is not used any more.
    fn resized(&self, units: NonZeroU32, clock: C) -> Self {
        let left = match self.limiter.check() {
            Ok(state) => u64::from(state.remaining_burst_capacity()) + 1,
            Err(_nothing) => 0,
        };
        let left = left * u64::from(units.get()) / u64::from(self.units.get());
        let spent = u64::from(units.get()).saturating_sub(left);
        let other = Self::full(units, clock);
        if let Some(spent) = u32::try_from(spent).ok().and_then(NonZeroU32::new) {
            // A full bucket has room for any part of itself.
            let _state = other.limiter.check_n(spent);
        }
        other
    }
}

/// What an application has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Units of a full bucket.
    units: u32,
    /// Units that are left.
    left: u32,
}

/// An application has spent too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spent {
    /// What it has: too little.
    pub(crate) allowance: Allowance,
    /// Seconds after which there is enough for the operation.
    pub(crate) retry_after: u32,
}

impl Allowance {
    /// Seconds until the bucket is full again.
    fn full_in(self) -> u64 {
        let missing = u64::from(self.units.saturating_sub(self.left));
        (missing * WINDOW).div_ceil(u64::from(self.units.max(1)))
    }

    /// The headers `RateLimit` and `RateLimit-Policy` of the IETF's draft.
    pub(crate) fn headers(self) -> Headers {
        let Self { units, left } = self;
        vec![
            ("RateLimit-Policy", format!("\"app\";q={units};w={WINDOW}")),
            ("RateLimit", format!("\"app\";r={left};t={}", self.full_in())),
        ]
    }
}

/// The buckets.
pub(crate) struct AppLimits<C: Clock + Clone = MonotonicClock> {
    limits: RequestLimits,
    clock: C,
    buckets: Mutex<LruCache<ApplicationId, Arc<Bucket<C>>>>,
}

impl<C: Clock + Clone> AppLimits<C> {
    /// Full buckets.
    pub(crate) fn new(limits: RequestLimits, clock: C) -> Self {
        Self { limits, clock, buckets: Mutex::new(LruCache::new(BUCKETS)) }
    }

    /// Spends what operations of these costs take together, all of it or nothing. What would take more than a bucket holds
    /// takes a full one.
    pub(crate) fn spend(
        &self,
        app: ApplicationId,
        own: Option<u32>,
        costs: &[u64],
    ) -> Result<Allowance, Spent> {
        let bucket = self.bucket(app, own);
        let units = bucket.units;
        let each = costs.iter().map(|cost| cost.div_ceil(self.limits.cost_per_unit.get()).max(1));
        let asked = each.fold(0, u64::saturating_add).clamp(1, u64::from(units.get()));
        let asked = u32::try_from(asked).ok().and_then(NonZeroU32::new).unwrap_or(units);
        let allowance = |left| Allowance { units: units.get(), left };
        match bucket.limiter.check_n(asked) {
            Ok(Ok(state)) => Ok(allowance(state.remaining_burst_capacity())),
            Ok(Err(until)) => {
                let wait = until.wait_time_from(self.clock.now());
                let unit = Quota::per_minute(units).replenish_interval();
                let missing = wait.as_nanos().div_ceil(unit.as_nanos().max(1));
                let missing = u32::try_from(missing).unwrap_or(u32::MAX);
                let allowance = allowance(asked.get().saturating_sub(missing));
                Err(Spent { allowance, retry_after: seconds(wait) })
            }
            // Nothing takes more than a bucket holds.
            Err(_capacity) => Err(Spent { allowance: allowance(0), retry_after: 60 }),
        }
    }

    fn bucket(&self, app: ApplicationId, own: Option<u32>) -> Arc<Bucket<C>> {
        // What the merchant said may be more than the deployment allows by now.
        let own = own.and_then(NonZeroU32::new).map(|own| own.min(self.limits.most_per_minute));
        let units = own.unwrap_or(self.limits.per_minute);
        let mut buckets = self.buckets.lock();
        let clock = self.clock.clone();
        let bucket = match buckets.get(&app) {
            Some(bucket) if bucket.units == units => return Arc::clone(bucket),
            Some(other) => other.resized(units, clock),
            None => Bucket::full(units, clock),
        };
        let bucket = Arc::new(bucket);
        buckets.put(app, Arc::clone(&bucket));
        bucket
    }
}

/// Whole seconds, at least one.
fn seconds(wait: Duration) -> u32 {
    let whole = wait.as_millis().div_ceil(1_000).max(1);
    u32::try_from(whole).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const TILL: ApplicationId = ApplicationId::new(1);
    const BOOKS: ApplicationId = ApplicationId::new(2);

    fn limits(per_minute: u32) -> (AppLimits<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let limits = RequestLimits {
            per_minute: NonZeroU32::new(per_minute).unwrap(),
            most_per_minute: NonZeroU32::new(120).unwrap(),
            ..RequestLimits::default()
        };
        (AppLimits::new(limits, clock.clone()), clock)
    }

    #[test]
    fn a_bucket_is_spent_and_fills_again() {
        let (limits, clock) = limits(60);
        for left in (0..60).rev() {
            let allowance = limits.spend(TILL, None, &[1]).unwrap();
            assert_eq!(allowance, Allowance { units: 60, left });
        }
        let spent = limits.spend(TILL, None, &[1]).unwrap_err();
        assert_eq!(spent, Spent { allowance: Allowance { units: 60, left: 0 }, retry_after: 1 });
        assert!(limits.spend(BOOKS, None, &[1]).is_ok(), "another's bucket is full");
        clock.advance(Duration::from_secs(1));
        assert_eq!(limits.spend(TILL, None, &[1]).unwrap().left, 0);
        assert!(limits.spend(TILL, None, &[1]).is_err());
        clock.advance(Duration::from_mins(1));
        assert_eq!(limits.spend(TILL, None, &[1]).unwrap().left, 59);
    }

    #[test]
    fn what_costs_more_takes_more() {
        let (limits, clock) = limits(60);
        for (cost, left) in [(0, 59), (1, 58), (1_000, 57), (1_001, 55), (10_000, 45)] {
            assert_eq!(limits.spend(TILL, None, &[cost]).unwrap().left, left, "{cost}");
        }
        let refused = limits.spend(TILL, None, &[50_000]).unwrap_err();
        assert_eq!((refused.allowance.left, refused.retry_after), (45, 5), "what is left is said");
        clock.advance(Duration::from_secs(5));
        assert_eq!(limits.spend(TILL, None, &[50_000]).unwrap().left, 0);
        clock.advance(Duration::from_mins(1));
        assert_eq!(limits.spend(TILL, None, &[u64::MAX]).unwrap().left, 0, "a full bucket will do");
    }

    #[test]
    fn a_batch_is_all_or_nothing() {
        let (limits, _clock) = limits(10);
        assert_eq!(limits.spend(TILL, None, &[1, 0, 1_001]).unwrap().left, 6);
        let spent = limits.spend(TILL, None, &[1; 7]).unwrap_err();
        assert_eq!((spent.allowance.left, spent.retry_after), (6, 6));
        assert_eq!(limits.spend(TILL, None, &[1; 6]).unwrap().left, 0);
        assert_eq!(limits.spend(BOOKS, None, &[u64::MAX, 1]).unwrap().left, 0);
    }

    #[test]
    fn a_merchant_says_how_much_an_app_may_up_to_what_the_server_allows() {
        let (limits, _clock) = limits(60);
        for (own, units) in [(None, 60), (Some(5), 5), (Some(100), 100), (Some(100_000), 120)] {
            assert_eq!(limits.spend(TILL, own, &[1]).unwrap().units, units);
        }
    }

    #[test]
    fn another_limit_gives_nothing_back() {
        let (limits, _clock) = limits(60);
        assert_eq!(limits.spend(TILL, None, &[60_000]).unwrap().left, 0);
        for own in [Some(5), Some(120), None] {
            assert!(limits.spend(TILL, own, &[1]).is_err(), "{own:?}");
        }
        assert_eq!(limits.spend(BOOKS, None, &[30_000]).unwrap().left, 30);
        assert_eq!(limits.spend(BOOKS, Some(120), &[1]).unwrap().left, 59, "half of it is left");
        assert_eq!(limits.spend(BOOKS, Some(6), &[1]).unwrap().left, 1);
    }

    #[test]
    fn the_headers_are_those_of_the_draft() {
        let headers = Allowance { units: 1_000, left: 750 }.headers();
        let expected = [
            ("RateLimit-Policy", "\"app\";q=1000;w=60".to_owned()),
            ("RateLimit", "\"app\";r=750;t=15".to_owned()),
        ];
        assert_eq!(headers, expected);
    }
}
