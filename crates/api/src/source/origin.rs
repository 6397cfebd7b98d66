//! `consumer { sources }`: where a customer is known, and which of their fields came from there.

use std::{collections::HashMap, sync::Arc};

use juniper::{GraphQLEnum, graphql_object};
use regulars_kernel::{ConnectionId, PersonId};
use regulars_source::{
    origin::{self, Origin},
    stored::{LinkedBy, RecordState},
};

use super::connection::{self as node, SyncConnectionNode};
use crate::{
    context::Context, customer::choice::UserEntitySource, error::ApiError, level::Level,
    scalar::DateTime,
};

/// What became of a customer's record at its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum ConsumerSourceState {
    /// It is there.
    Live,
    /// It is there, and waits for a decision.
    Waiting,
    /// It is not there any more.
    Gone,
    /// It was merged into another one there.
    Merged,
}

/// By what a record came to mean a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum ConsumerSourceLink {
    /// It had the link.
    Link,
    /// What was merged into it there had the link.
    Redirect,
    /// The source keeps our own number or loyalty id.
    OwnId,
    /// The source's id was the origin of the customer.
    Origin,
    /// A card number.
    Card,
    /// An e-mail address that counts on both sides.
    Email,
    /// A mobile number that only the two have, and a second sign.
    Phone,
    /// Somebody decided.
    Decision,
    /// The customer was made of it.
    New,
    /// The customer linked their own account.
    Person,
}

const fn state_of(state: RecordState) -> ConsumerSourceState {
    match state {
        RecordState::Live => ConsumerSourceState::Live,
        RecordState::Waiting => ConsumerSourceState::Waiting,
        RecordState::Gone => ConsumerSourceState::Gone,
        RecordState::Merged => ConsumerSourceState::Merged,
    }
}

const fn link_of(by: LinkedBy) -> ConsumerSourceLink {
    match by {
        LinkedBy::Link => ConsumerSourceLink::Link,
        LinkedBy::Redirect => ConsumerSourceLink::Redirect,
        LinkedBy::OwnId => ConsumerSourceLink::OwnId,
        LinkedBy::Origin => ConsumerSourceLink::Origin,
        LinkedBy::Card => ConsumerSourceLink::Card,
        LinkedBy::Email => ConsumerSourceLink::Email,
        LinkedBy::Phone => ConsumerSourceLink::Phone,
        LinkedBy::Decision => ConsumerSourceLink::Decision,
        LinkedBy::New => ConsumerSourceLink::New,
        LinkedBy::Person => ConsumerSourceLink::Person,
    }
}

/// A place where a customer is known, among those that were loaded together.
#[derive(Clone)]
pub struct ConsumerSource {
    origin: Arc<Origin>,
    connections: Arc<Level<ConnectionId>>,
}

/// A record of a customer in a system that the merchant has connected.
#[graphql_object]
#[graphql(name = "ConsumerSource", context = Context, scalar = juniper::DefaultScalarValue)]
impl ConsumerSource {
    /// What kind of system.
    fn source(&self) -> Option<UserEntitySource> {
        UserEntitySource::of_name(self.origin.source.name())
    }

    /// What the merchant calls the connection.
    fn connection_name(&self) -> &str {
        &self.origin.connection_name
    }

    /// The connection; null without the permission `sync`.
    fn connection(&self, context: &Context) -> Result<Option<SyncConnectionNode>, ApiError> {
        node::load(context, &self.connections, self.origin.connection)
    }

    /// The source's word for the record: `Customer`, `Contact`.
    fn object(&self) -> &str {
        &self.origin.key.object
    }

    /// The id of the record there.
    fn source_id(&self) -> &str {
        &self.origin.key.id
    }

    /// What became of the record there.
    fn state(&self) -> ConsumerSourceState {
        state_of(self.origin.state)
    }

    /// By what it came to mean this customer.
    fn linked_by(&self) -> Option<ConsumerSourceLink> {
        self.origin.linked_by.map(link_of)
    }

    /// When it was first seen.
    fn first_seen_at(&self) -> DateTime {
        DateTime(self.origin.first_seen_at)
    }

    /// When it was last seen there.
    fn last_seen_at(&self) -> DateTime {
        DateTime(self.origin.last_seen_at)
    }

    /// The fields of the customer whose values the connection wrote, by name: `email`, `extraInfo.shoeSize`.
    fn fields(&self) -> &[String] {
        &self.origin.fields
    }
}

/// Where one customer is known, loaded for all of their level. Consumers have no merchant's records to see.
pub(crate) fn of_consumer(
    context: &Context,
    level: &Level<PersonId>,
    person: PersonId,
) -> Result<Vec<ConsumerSource>, ApiError> {
    let actor = context.actor();
    if actor.merchant().is_none() {
        return Ok(Vec::new());
    }
    let found = context.load(level, "sources", person, |ids| {
        let found = context.read(|tx| origin::of_consumers(tx, actor, ids))?;
        let connections = Level::distinct(found.iter().map(|(_, origin)| origin.connection));
        let mut of: HashMap<PersonId, Vec<ConsumerSource>> = HashMap::new();
        for (person, origin) in found {
            let (origin, connections) = (Arc::new(origin), Arc::clone(&connections));
            of.entry(person).or_default().push(ConsumerSource { origin, connections });
        }
        Ok(of)
    })?;
    Ok(found.unwrap_or_default())
}
