//! A made-up world of any size: merchants, customers, orders, offers, cards, points. Everything follows from a plan, so
//! that the same plan makes the same world on either database, and its books add up at every size.

mod book;
mod calendar;
mod history;
mod names;
mod offers;
mod people;
mod random;
mod row;
mod sale;
mod tenant;
mod world;

pub(crate) use self::{
    row::{Batch, TableRows},
    world::{Plan, batches},
};

/// What everybody logs in with.
pub(crate) const PASSWORD: &str = "regulars-demo";

#[cfg(test)]
mod tests;
