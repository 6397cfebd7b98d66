//! `SyncConnectionNode`: a system that a merchant has connected; and the list `connections`.

use std::sync::Arc;

use juniper::GraphQLEnum;
use regulars_kernel::{
    ConnectionId, PageRequest, Permission,
    page::{Keyed, PageArguments, SortKey},
    pk_sort,
};
use regulars_source::{Connection, ConnectionState, Health, SourceError, connection::change};
use serde_json::Value;

use super::kind::is_internal;
use crate::{
    argument::pk,
    connection::connection,
    context::Context,
    customer::choice::UserEntitySource,
    error::ApiError,
    fast::{Fast, Whole},
    global_id::{Id, pk_field},
    level::Level,
    node::NodeValue,
    scalar::{DateTime, JSONString},
};

/// The type name in global ids.
pub const SYNC_CONNECTION: &str = "SyncConnectionNode";

/// Whether a connection is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SyncConnectionState {
    /// It is.
    Active,
    /// Not until somebody resumes it.
    Paused,
    /// Never again; what it brought stays.
    Deleted,
}

/// How a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SyncHealth {
    /// Nothing was read yet.
    New,
    /// It was read to its end lately.
    Ok,
    /// It is behind: the last reads failed, or take longer than they should.
    Lagging,
    /// The source wants to be asked later.
    Throttled,
    /// The source does not accept the credentials: somebody has to enter new ones.
    NeedsAuth,
    /// It was stopped before it did harm, or cannot go on: `healthMessage` says why.
    Stopped,
}

crate::leaf_enums!(SyncConnectionState, SyncHealth);

impl From<ConnectionState> for SyncConnectionState {
    fn from(state: ConnectionState) -> Self {
        match state {
            ConnectionState::Active => Self::Active,
            ConnectionState::Paused => Self::Paused,
            ConnectionState::Deleted => Self::Deleted,
        }
    }
}

impl From<Health> for SyncHealth {
    fn from(health: Health) -> Self {
        match health {
            Health::New => Self::New,
            Health::Ok => Self::Ok,
            Health::Lagging => Self::Lagging,
            Health::Throttled => Self::Throttled,
            Health::NeedsAuth => Self::NeedsAuth,
            Health::Stopped => Self::Stopped,
        }
    }
}

/// A system that a merchant has connected.
#[derive(Clone)]
pub struct Connected(Arc<Connection>);

/// A connection; its scalar fields take the short way.
pub type SyncConnectionNode = Fast<Connected>;

pk_sort! {
    /// What a list of connections can be ordered by: the pk alone.
    pub enum SyncConnectionSort of "connections"
}

impl Keyed<SyncConnectionSort> for SyncConnectionNode {
    fn sort_key(&self, field: SyncConnectionSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.0.id.get()
    }
}

impl From<Connection> for SyncConnectionNode {
    fn from(connection: Connection) -> Self {
        Fast(Connected(Arc::new(connection)))
    }
}

crate::fast_object! {
    #[graphql(name = "SyncConnectionNode", context = Context, impl = [NodeValue])]
    /// A system that the merchant has connected: what it was told, and how it is doing.
    impl Connected {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(SYNC_CONNECTION, self.0.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id.get()) }
            /// What people call it.
            "name" => fn name(&self) -> &str { &self.0.name }
            /// What kind of system it is.
            "source" => fn source(&self) -> Option<UserEntitySource> {
                UserEntitySource::of_name(self.0.source.name())
            }
            /// Whether it is read.
            "state" => fn state(&self) -> SyncConnectionState { self.0.state.into() }
            /// How it is doing.
            "health" => fn health(&self) -> SyncHealth { self.0.health.into() }
            /// Why it is not doing well, in a sentence; null where it is.
            "healthMessage" => fn health_message(&self) -> Option<&str> {
                self.0.health_message.as_deref()
            }
            /// How many reads failed since the last that did not.
            "failures" => fn failures(&self) -> i32 {
                i32::try_from(self.0.failures).unwrap_or(i32::MAX)
            }
            /// When it was last read to its end.
            "lastSuccessAt" => fn last_success_at(&self) -> Option<DateTime> {
                self.0.last_success_at.map(DateTime)
            }
            /// When it is read next; null: when somebody starts it.
            "nextRun" => fn next_run(&self) -> Option<DateTime> { self.0.next_run_at.map(DateTime) }
            /// What went wrong last; null once it is well again.
            "lastError" => fn last_error(&self) -> Option<&str> {
                self.0.health_message.as_deref().filter(|_| self.0.health != Health::Ok)
            }
            /// What it was told: an object. Secrets are never shown again.
            "settings" => fn settings(&self) -> Option<JSONString> {
                let mut shown = self.0.settings.clone();
                shown.retain(|name, _| !is_internal(self.0.source, name));
                JSONString::parse(&Value::Object(shown).to_string())
            }
            /// Whether it has secrets, which are kept encrypted.
            "hasSecrets" => fn has_secrets(&self) -> bool { self.0.credentials.is_some() }
            /// When it was connected.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.created_at) }
            /// When it last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.0.updated_at) }
        }
        loaded {
            /// How late what is here may be, in seconds: since it was last read to its end. Null before that.
            "lag" => fn lag(&self, context: &Context) -> Result<Option<i32>, ApiError> {
                let lag = self.0.lag(context.now());
                Ok(lag.map(|lag| i32::try_from(lag.as_secs()).unwrap_or(i32::MAX)))
            }
        }
        fields {}
    }
}

connection!(
    SyncConnectionNodeConnection,
    SyncConnectionNodeEdge,
    SyncConnectionNode,
    SyncConnectionSort,
    "A page of the systems that a merchant has connected.",
    "One of the systems that a merchant has connected."
);

/// A page of the connections of the asker's merchant.
pub(crate) fn list(
    context: &Context,
    paging: &PageArguments,
) -> Result<SyncConnectionNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require(Permission::Sync)?;
    let request = PageRequest::<SyncConnectionSort>::parse(paging, "connections")?;
    let found = context.read(|tx| change::list(tx, actor))?;
    let nodes = found.into_iter().map(SyncConnectionNode::from).collect();
    Ok(SyncConnectionNodeConnection::cut(nodes, request))
}

/// One connection by its id.
pub(crate) fn get(context: &Context, id: &Id) -> Result<Whole<SyncConnectionNode>, ApiError> {
    let actor = context.actor();
    actor.require(Permission::Sync)?;
    let id = connection_id("id", id)?;
    let found = context.read(|tx| change::get(tx, actor, id)).map_err(|error| error.about("id"))?;
    Ok(Fast::whole(found.into()))
}

/// One connection; none where the asker sees none of that id.
pub(crate) fn find(
    context: &Context,
    id: ConnectionId,
) -> Result<Option<SyncConnectionNode>, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| match change::get(tx, actor, id) {
        Ok(found) => Ok(Some(found)),
        Err(SourceError::ConnectionNotFound | SourceError::Denied(_)) => Ok(None),
        Err(error) => Err(error),
    })?;
    Ok(found.map(Into::into))
}

/// Connections by id, for nodes of other nouns that refer to them; none for whoever may not see them.
pub(super) fn load(
    context: &Context,
    level: &Level<ConnectionId>,
    id: ConnectionId,
) -> Result<Option<SyncConnectionNode>, ApiError> {
    if context.actor().require(Permission::Sync).is_err() {
        return Ok(None);
    }
    context.load(level, "SyncConnectionNode", id, |ids| {
        let actor = context.actor();
        let found = context.read(|tx| change::list_by_ids(tx, actor, ids))?;
        Ok(found.into_iter().map(|one| (one.id, one.into())).collect())
    })
}

pub(super) fn connection_id(argument: &'static str, id: &Id) -> Result<ConnectionId, ApiError> {
    pk(argument, id, SYNC_CONNECTION).map(ConnectionId::new)
}
