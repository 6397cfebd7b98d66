//! `points`: what a customer has, in a few numbers (rule 16).

use std::collections::HashMap;

use juniper::GraphQLObject;
use regulars_kernel::PersonId;
use regulars_loyalty::{Expiring, PointsSummary, summary};

use crate::{
    context::Context,
    error::ApiError,
    level::Level,
    scalar::{BigInt, DateTime},
};

/// What a customer has on all cards of points that the asker sees: those of the asking merchant, or one's own over all.
#[derive(Clone, Debug, PartialEq, Eq, GraphQLObject)]
#[graphql(name = "PointsSummary", scalar = juniper::DefaultScalarValue)]
pub struct PointsSummaryObject {
    /// What can be spent now.
    pub available: BigInt,
    /// What becomes available later.
    pub pending: BigInt,
    /// What open codes have set aside.
    pub held: BigInt,
    /// What was taken back and was not there any more; the next points pay it.
    pub debt: BigInt,
    /// What was ever earned, net of reversals: `pointsEarned` in 64 bits.
    pub lifetime: BigInt,
    /// What expires next; null where nothing that is available ever does.
    pub expiring_next: Option<ExpiringPoints>,
}

/// Points that are going to expire.
#[derive(Clone, Debug, PartialEq, Eq, GraphQLObject)]
#[graphql(scalar = juniper::DefaultScalarValue)]
pub struct ExpiringPoints {
    /// How many.
    pub amount: BigInt,
    /// When they are gone.
    pub at: DateTime,
}

impl From<Expiring> for ExpiringPoints {
    fn from(expiring: Expiring) -> Self {
        Self { amount: BigInt(expiring.points.get()), at: DateTime(expiring.at) }
    }
}

impl From<PointsSummary> for PointsSummaryObject {
    fn from(summary: PointsSummary) -> Self {
        Self {
            available: BigInt(summary.available.get()),
            pending: BigInt(summary.pending.get()),
            held: BigInt(summary.held.get()),
            debt: BigInt(summary.debt.get()),
            lifetime: BigInt(summary.lifetime.get()),
            expiring_next: summary.expiring_next.map(ExpiringPoints::from),
        }
    }
}

/// The numbers of one customer, loaded for all of their level.
pub(crate) fn of_consumer(
    context: &Context,
    level: &Level<PersonId>,
    person: PersonId,
) -> Result<PointsSummaryObject, ApiError> {
    let summary = context.load(level, "points", person, |people| {
        let (actor, now) = (context.actor(), context.now());
        let summaries = context.read(|tx| summary::per_consumer(tx, actor, people, now))?;
        Ok(summaries.into_iter().collect::<HashMap<PersonId, PointsSummary>>())
    })?;
    Ok(summary.unwrap_or_default().into())
}
