//! One seed is one history: who does what, when, and how it fares.

use rand::{Rng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use crate::{
    call::{Act, Call, Fate, How, Line, Step, Wait, What},
    setting::{DAY, HOUR, Program, SECOND, Setting},
};

/// Who a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// May everything.
    Owner,
    /// Sells and redeems in all stores.
    Cashier,
    /// Sells and redeems in the first store.
    Corner,
    /// That customer.
    Consumer(usize),
}

impl Role {
    /// Of eight clients two are owners, three sell, and three are customers.
    pub(crate) const fn of(client: usize) -> Self {
        match client % 8 {
            0 | 4 => Self::Owner,
            1 | 5 => Self::Cashier,
            2 => Self::Corner,
            3 => Self::Consumer(0),
            6 => Self::Consumer(1),
            _ => Self::Consumer(4),
        }
    }

    /// Whether they work in a store.
    pub(crate) const fn works_in(self, store: usize) -> bool {
        match self {
            Self::Owner | Self::Cashier => true,
            Self::Corner => store == 0,
            Self::Consumer(_) => false,
        }
    }
}

/// A history of so many steps.
pub(crate) fn history(
    dice: &mut ChaCha8Rng,
    setting: &Setting,
    clients: usize,
    length: usize,
) -> Vec<Step> {
    (0..length)
        .map(|nth| {
            let client = dice.random_range(0..clients);
            let wait = wait(dice);
            let fate = fate(dice);
            let act = if dice.random_bool(0.12) {
                Act::Again { message: dice.random_range(0..6) }
            } else {
                let key = u32::try_from(nth).unwrap_or(u32::MAX);
                Act::Send { key, call: call(dice, setting, Role::of(client)) }
            };
            Step { client, wait, fate, act }
        })
        .collect()
}

fn wait(dice: &mut ChaCha8Rng) -> Wait {
    let near = |dice: &mut ChaCha8Rng| *[-1, 0, 1].choose(dice).unwrap_or(&0);
    match dice.random_range(0..100) {
        0..40 => Wait::For(0),
        40..62 => Wait::For(dice.random_range(0..5 * 60) * SECOND),
        62..80 => Wait::For(dice.random_range(0..8 * HOUR)),
        80..86 => Wait::For(dice.random_range(0..4 * DAY)),
        86..88 => Wait::For(dice.random_range(0..50 * DAY)),
        88..95 => Wait::Edge(near(dice)),
        _ => Wait::Midnight(near(dice)),
    }
}

fn fate(dice: &mut ChaCha8Rng) -> Fate {
    match dice.random_range(0..100) {
        0..82 => Fate::Clean,
        82..85 => Fate::Contended,
        85..88 => Fate::DiesBeforeCommit,
        88..93 => Fate::AnswerLost,
        93..97 => Fate::Twice,
        _ => Fate::Late,
    }
}

fn call(dice: &mut ChaCha8Rng, setting: &Setting, role: Role) -> Call {
    let customer = dice.random_range(0..setting.customers.len());
    let store = dice.random_range(0..setting.stores.len());
    let recent = |dice: &mut ChaCha8Rng| {
        let end = dice.random_range(1..8);
        dice.random_range(0..end)
    };
    if dice.random_bool(0.05) {
        return if dice.random_bool(0.3) {
            Call::Seal
        } else {
            let dies_after = dice.random_bool(0.3).then(|| dice.random_range(0..3));
            Call::Tend { dies_after }
        };
    }
    if let Role::Consumer(_) = role {
        return match dice.random_range(0..10) {
            0..7 => Call::Promise { what: what(dice, setting), customer: None, store },
            7..9 => Call::Cancel { intent: recent(dice) },
            _ => Call::Enroll { card: dice.random_range(0..setting.cards.len()) },
        };
    }
    let known = |dice: &mut ChaCha8Rng| dice.random_bool(0.85).then_some(customer);
    match dice.random_range(0..100) {
        0..25 => Call::Visit {
            customer,
            cents: *[0, 99, 500, 1_000, 1_234, 2_500, 6_000].choose(dice).unwrap_or(&100),
            store,
            ago: ago(dice),
            keyed: dice.random_bool(0.8),
        },
        25..39 => Call::Open {
            customer: known(dice),
            store,
            lines: lines(dice),
            tip: if dice.random_bool(0.3) { dice.random_range(1..300) } else { 0 },
        },
        39..53 => Call::Checkout { order: recent(dice), ago: ago(dice) },
        53..59 => Call::Stamp {
            customer,
            card: dice.random_bool(0.8).then(|| dice.random_range(1..setting.cards.len())),
            store,
        },
        59..69 => Call::Promise { what: what(dice, setting), customer: known(dice), store },
        69..80 => Call::Confirm {
            intent: recent(dice),
            customer: dice.random_bool(0.2).then_some(customer),
            store,
        },
        80..83 => Call::Cancel { intent: recent(dice) },
        83..86 => Call::Fixed {
            offer: dice.random_range(0..setting.offers.len()),
            customer: known(dice),
            store,
        },
        _ if role != Role::Owner => Call::Checkout { order: recent(dice), ago: ago(dice) },
        86..97 => Call::Refund { order: recent(dice), how: how(dice) },
        _ => Call::Void { order: recent(dice) },
    }
}

/// How long ago a sale was: mostly now, sometimes late, sometimes very late, sometimes ahead of the clock.
fn ago(dice: &mut ChaCha8Rng) -> Option<i64> {
    match dice.random_range(0..20) {
        0..13 => None,
        13..16 => Some(dice.random_range(0..20 * HOUR)),
        16 => Some(dice.random_range(-20 * 60 * SECOND..0)),
        17 => Some(
            *[24 * HOUR, 72 * HOUR, 30 * DAY].choose(dice).unwrap_or(&DAY)
                + dice.random_range(-1..=1),
        ),
        18 => Some(dice.random_range(0..5 * DAY)),
        _ => Some(dice.random_range(20 * DAY..60 * DAY)),
    }
}

fn lines(dice: &mut ChaCha8Rng) -> Vec<Line> {
    let line = |dice: &mut ChaCha8Rng| Line {
        product: *[None, Some(0), Some(1)].choose(dice).unwrap_or(&None),
        quantity: dice.random_range(1..=4),
        unit: *[1, 33, 100, 250, 999, 1_500].choose(dice).unwrap_or(&100),
    };
    (0..dice.random_range(0..4)).map(|_| line(dice)).collect()
}

fn what(dice: &mut ChaCha8Rng, setting: &Setting) -> What {
    let card = dice.random_range(0..setting.cards.len());
    match dice.random_range(0..10) {
        0..4 => What::Points {
            card: if dice.random_bool(0.9) { 0 } else { card },
            points: *[3, 10, 10, 15, 17, 25, 40].choose(dice).unwrap_or(&10),
        },
        4..6 => What::Reward { reward: dice.random_range(0..setting.rewards.len()) },
        6..8 => {
            let stamps = |nth: &usize| matches!(setting.cards.get(*nth), Some(card) if matches!(card.program, Program::Stamps { .. }));
            let those: Vec<_> = (0..setting.cards.len()).filter(stamps).collect();
            What::Stamps { card: *those.choose(dice).unwrap_or(&card) }
        }
        _ => What::Offer { offer: dice.random_range(0..setting.offers.len()) },
    }
}

fn how(dice: &mut ChaCha8Rng) -> How {
    match dice.random_range(0..10) {
        0..3 => How::Whole,
        3..7 => How::Amount(*[1, 7, 100, 333, 1_000, 4_000].choose(dice).unwrap_or(&1)),
        _ => How::Line(
            dice.random_range(0..3),
            dice.random_bool(0.6).then(|| dice.random_range(1..4)),
        ),
    }
}
