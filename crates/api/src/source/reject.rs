//! `SyncRejectNode`: what was read and could not be taken; and the list `syncRejects`.

use regulars_kernel::{
    ConnectionId, Page, PageRequest, Permission, SyncRejectId, SyncRunId,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_source::{
    reject::{Reject, RejectSort, replay},
    store::Of,
};

use super::{
    connection::{self as node, SYNC_CONNECTION, SyncConnectionNode},
    run::SYNC_RUN,
};
use crate::{
    connection::{Count, connection},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    node::NodeValue,
    promotion::queries::named,
    scalar::DateTime,
    sibling::{Referred, Sibling},
};

/// The type name in global ids.
pub const SYNC_REJECT: &str = "SyncRejectNode";

/// What rejects refer to.
#[derive(Default)]
pub struct RejectReferred {
    connections: Referred<ConnectionId>,
}

/// A reject, and those loaded with it.
#[derive(Clone)]
pub struct Refused(Sibling<Reject, RejectReferred>);

/// A reject; its scalar fields take the short way.
pub type SyncRejectNode = Fast<Refused>;

impl Keyed<RejectSort> for SyncRejectNode {
    fn sort_key(&self, field: RejectSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.0.id.get()
    }
}

crate::fast_object! {
    #[graphql(name = "SyncRejectNode", context = Context, impl = [NodeValue])]
    /// Something that was read and could not be taken: a whole thing, or one value of a thing whose rest was taken.
    impl Refused {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(SYNC_REJECT, self.0.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id.get()) }
            /// The source's word for such things: `Customer`.
            "object" => fn object(&self) -> &str { &self.0.object }
            /// Where it is at the source: its id there, or `line 17`.
            "reference" => fn reference(&self) -> &str { &self.0.reference }
            /// What is wrong: a word that never changes its meaning.
            "code" => fn code(&self) -> &str { &self.0.code }
            /// Which field or column.
            "path" => fn path(&self) -> Option<&str> { self.0.path.as_deref() }
            /// What people read.
            "message" => fn message(&self) -> &str { &self.0.message }
            /// Whether the thing was refused as a whole; else this value alone was passed over.
            "whole" => fn whole(&self) -> bool { self.0.whole }
            /// The run that last refused it.
            "runId" => fn run_id(&self) -> Id { Id::global(SYNC_RUN, self.0.run.get()) }
            /// When.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.created_at) }
            /// When it was read again and taken; null: it waits.
            "replayedAt" => fn replayed_at(&self) -> Option<DateTime> { self.0.replayed_at.map(DateTime) }
        }
        fields {
            /// The beginning of what was read. Null without the permission to see customers, and once it is too old to be kept.
            fn raw(&self, context: &Context) -> Option<&str> {
                context.actor().require(Permission::ViewConsumer).ok()?;
                Some(self.0.raw.as_str()).filter(|raw| !raw.is_empty())
            }

            /// Through what it was read.
            fn connection(&self, context: &Context) -> Result<Option<SyncConnectionNode>, ApiError> {
                let level = self.0.referred(|all| &all.connections, |reject| Some(reject.connection));
                node::load(context, level, self.0.connection)
            }
        }
    }
}

connection!(
    SyncRejectNodeConnection,
    SyncRejectNodeEdge,
    SyncRejectNode,
    RejectSort,
    "A page of what could not be taken.",
    "One thing that could not be taken."
);

/// One reject; none where the asker sees none of that id.
pub(crate) fn find(
    context: &Context,
    id: SyncRejectId,
) -> Result<Option<SyncRejectNode>, ApiError> {
    let actor = context.actor();
    if actor.require(Permission::Sync).is_err() {
        return Ok(None);
    }
    let found = context.read(|tx| replay::list_by_ids(tx, actor, &[id]))?.pop();
    Ok(found.map(|reject| Fast(Refused(Sibling::alone(reject)))))
}

/// A page of the rejects of the asker's merchant.
pub(crate) fn list(
    context: &Context,
    (connection, run): (Option<&Id>, Option<&Id>),
    open: Option<bool>,
    paging: &PageArguments,
) -> Result<SyncRejectNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require(Permission::Sync)?;
    let page = PageRequest::<RejectSort>::parse(paging, "syncRejects")?;
    let of = Of {
        connection: named("connection_Id", connection, SYNC_CONNECTION)?,
        run: named::<SyncRunId>("run_Id", run, SYNC_RUN)?,
        open: open.unwrap_or(false),
    };
    let found: Page<Reject> = context.read(|tx| replay::list(tx, actor, of, &page))?;
    let nodes = Sibling::page(found).map(|reject| Fast(Refused(reject)));
    let count =
        Count::asked(move |context| context.read(|tx| replay::count(tx, context.actor(), of)));
    Ok(SyncRejectNodeConnection::new(nodes, page.order, count))
}
