//! What a merchant of the simulation is like: plain numbers, which the rows and the oracle are both made of.

use rand::{Rng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use regulars_merchant::{RefundPolicy, Tz};

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400 * SECOND;
pub(crate) const HOUR: i64 = 3_600 * SECOND;
pub(crate) const SECOND: i64 = 1_000_000;
/// 1 January 2026.
const YEAR_BEGINS: i64 = 1_767_225_600 * SECOND;

/// A merchant, with its places, customers and promotions. Rows are numbered by their places here, from 1.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) zone: Tz,
    pub(crate) policy: RefundPolicy,
    pub(crate) stores: [Shop; 2],
    pub(crate) cards: Vec<Card>,
    pub(crate) rewards: Vec<Reward>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) customers: Vec<Customer>,
    /// When the history begins.
    pub(crate) start: i64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Shop {
    pub(crate) zone: Tz,
    pub(crate) day_starts_at_hour: u32,
    pub(crate) late_hours: i32,
    /// Whether its tills promise to whoever shows a loyalty id, accounts included.
    pub(crate) promises_by_loyalty_id: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Customer {
    pub(crate) registered: bool,
    /// Whether they are a customer from the beginning.
    pub(crate) joined: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Program {
    Points {
        /// Points for a unit of the currency, in millionths.
        worth: i64,
        initial: i64,
        cap: Option<i64>,
        months: Option<u32>,
        delay_days: u32,
        /// The least number that pays and the step above it; else points buy rewards.
        pays: Option<(i64, i64)>,
    },
    Stamps {
        needed: u32,
        cap: Option<u32>,
        days: Option<u32>,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Card {
    pub(crate) program: Program,
    /// The only product that counts.
    pub(crate) product: Option<usize>,
    /// The least that a sale comes to, in cents.
    pub(crate) minimum: Option<i64>,
    pub(crate) terms: Terms,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Reward {
    pub(crate) card: usize,
    pub(crate) points: i64,
    pub(crate) stock: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    /// The code for everybody; else each promise has its own.
    pub(crate) code: Option<&'static str>,
    pub(crate) terms: Terms,
}

/// How often something can be redeemed, and how long a promise of it is good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) limit: Option<i64>,
    pub(crate) repeatable: bool,
    pub(crate) delay_hours: Option<i32>,
    pub(crate) good_days: i32,
}

impl Terms {
    const FREE: Self = Self { limit: None, repeatable: true, delay_hours: None, good_days: 2 };

    /// Whether it is for customers who are known alone.
    pub(crate) const fn is_personal(&self) -> bool {
        !self.repeatable || self.delay_hours.is_some()
    }
}

/// Zones that put their clocks forward and back, by an hour and by half of one, and one that never does.
const ZONES: [Tz; 4] =
    [Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::Asia__Kathmandu];

impl Setting {
    /// One of many.
    pub(crate) fn any(dice: &mut ChaCha8Rng) -> Self {
        let zone = *ZONES.choose(dice).unwrap_or(&Tz::UTC);
        let abroad = *ZONES.choose(dice).unwrap_or(&Tz::UTC);
        let policies = [
            RefundPolicy::BelowZero,
            RefundPolicy::BelowZero,
            RefundPolicy::ToZero,
            RefundPolicy::PendingOnly,
        ];
        let shop = |zone, day_starts_at_hour, late_hours, promises_by_loyalty_id| Shop {
            zone,
            day_starts_at_hour,
            late_hours,
            promises_by_loyalty_id,
        };
        let registered = |joined| Customer { registered: true, joined };
        let managed = Customer { registered: false, joined: true };
        Self {
            zone,
            policy: *policies.choose(dice).unwrap_or(&RefundPolicy::BelowZero),
            stores: [shop(zone, 0, 72, false), shop(abroad, 4, 24, true)],
            cards: cards(dice),
            rewards: vec![
                Reward { card: 1, points: 20, stock: Some(3) },
                Reward { card: 1, points: 7, stock: None },
            ],
            offers: offers(),
            customers: vec![
                registered(true),
                registered(true),
                managed,
                managed,
                registered(false),
            ],
            start: YEAR_BEGINS + dice.random_range(0..365 * 24) * HOUR,
        }
    }
}

/// A number, more often than not.
fn maybe<T>(dice: &mut ChaCha8Rng, number: T) -> Option<T> {
    dice.random_bool(0.6).then_some(number)
}

fn cards(dice: &mut ChaCha8Rng) -> Vec<Card> {
    let plain = |program| Card { program, product: None, minimum: None, terms: Terms::FREE };
    let pays = Program::Points {
        worth: 1_000_000,
        initial: if dice.random_bool(0.7) { 5 } else { 0 },
        cap: maybe(dice, 60),
        months: maybe(dice, 1),
        delay_days: *[0, 0, 3].choose(dice).unwrap_or(&0),
        pays: Some((10, 5)),
    };
    let buys = Program::Points {
        worth: 1_500_000,
        initial: if dice.random_bool(0.5) { 3 } else { 0 },
        cap: maybe(dice, 45),
        months: maybe(dice, 2),
        delay_days: *[0, 2].choose(dice).unwrap_or(&0),
        pays: None,
    };
    let daily = Program::Stamps { needed: 3, cap: Some(2), days: maybe(dice, 10) };
    let lasting = Program::Stamps { needed: 2, cap: None, days: maybe(dice, 30) };
    vec![
        plain(pays),
        Card {
            product: dice.random_bool(0.5).then_some(0),
            minimum: maybe(dice, 1_500),
            terms: Terms { limit: Some(8), ..Terms::FREE },
            ..plain(buys)
        },
        plain(daily),
        Card {
            minimum: Some(1_000),
            terms: Terms { good_days: 12, ..Terms::FREE },
            ..plain(lasting)
        },
    ]
}

fn offers() -> Vec<Offer> {
    let own = |terms| Offer { code: None, terms };
    let all = |code, terms| Offer { code: Some(code), terms };
    vec![
        own(Terms { limit: Some(9), delay_hours: Some(24), ..Terms::FREE }),
        own(Terms { repeatable: false, good_days: 5, ..Terms::FREE }),
        own(Terms { limit: Some(6), ..Terms::FREE }),
        all("HAPPY", Terms { limit: Some(9), delay_hours: Some(36), ..Terms::FREE }),
        all("ALL5", Terms { limit: Some(5), ..Terms::FREE }),
    ]
}
