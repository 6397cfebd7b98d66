//! A made-up world of any size: merchants, customers, orders, offers, cards, points. Everything follows from a plan, so
//! that the same plan makes the same world on either database, and its books add up at every size.

mod book;
mod calendar;
mod fill;
mod history;
mod names;
mod offers;
mod people;
mod random;
mod row;
mod sale;
mod staff;
mod tenant;
mod world;

use chrono::NaiveTime;
use regulars_auth::{
    Keys, Password,
    password::{HashFault, PasswordScheme},
};
use regulars_kernel::Timestamp;

pub(crate) use self::{
    fill::{Filled, fill},
    world::Plan,
};
use crate::cli;

/// What everybody logs in with.
pub(crate) const PASSWORD: &str = "regulars-demo";
/// The first merchant's owner.
pub(crate) const OWNER: &str = "merchant@example.com";
/// Who can be tried, and who they are.
pub(crate) const LOGINS: [(&str, &str); 6] = [
    (OWNER, "owner of Café Morgenrot: customers, orders, offers, cards"),
    ("merchant2@example.com", "owner of Harbor Books, another tenant"),
    ("manager@example.com", "runs all of Café Morgenrot but its apps"),
    ("cashier@example.com", "at the till of Café Morgenrot, Mitte"),
    ("analyst@example.com", "reads Café Morgenrot's figures"),
    ("consumer@example.com", "a customer of both"),
];
/// A body to send first: it logs the first merchant's owner in.
pub(crate) const FIRST_REQUEST: &str = r#"{"query":"mutation { obtainToken(email: \"merchant@example.com\", password: \"regulars-demo\") { success errors token } }"}"#;

const MICROS_PER_DAY: i64 = 86_400 * Timestamp::MICROS_PER_SECOND;

impl Plan {
    /// A world of that size whose present is the day that it names, or this very day.
    pub(crate) fn new(
        size: &cli::WorldSize,
        now: Timestamp,
        keys: Keys,
        cost: u32,
    ) -> Result<Self, HashFault> {
        let scheme = PasswordScheme::new(keys.pepper, cost);
        let now = size
            .today
            .map_or(now.micros(), |day| day.and_time(NaiveTime::MIN).and_utc().timestamp_micros());
        let today = now - now.rem_euclid(MICROS_PER_DAY);
        Ok(Self {
            consumers: size.consumers,
            orders: size.orders,
            merchants: size.merchants,
            seed: size.seed,
            now: today,
            password_hash: scheme.hash(&Password::from(PASSWORD))?.to_stored(),
        })
    }
}

#[cfg(test)]
mod tests;
