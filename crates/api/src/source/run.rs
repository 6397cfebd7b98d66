//! `SyncRunNode`: one time of reading a connection; and the list `syncRuns`.

use juniper::{GraphQLEnum, GraphQLObject};
use regulars_kernel::{
    ConnectionId, Page, PageRequest, Permission, SyncRunId,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_source::{
    Counts, Run, RunKind, RunState,
    run::{RunSort, request},
    store::Of,
};

use super::connection::{self as node, SYNC_CONNECTION, SyncConnectionNode};
use crate::{
    connection::{Count, connection},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    node::NodeValue,
    promotion::queries::named,
    scalar::{DateTime, JSONString},
    sibling::{Referred, Sibling},
};

/// The type name in global ids.
pub const SYNC_RUN: &str = "SyncRunNode";

/// What a run reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SyncRunKind {
    /// What changed since the last one; everything the first time.
    Tail,
    /// Everything, whatever was read before.
    Backfill,
    /// The ids of everything, to find what is gone.
    Sweep,
}

/// How a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SyncRunState {
    /// It waits for a worker.
    Queued,
    /// It is under way.
    Running,
    /// It came to its end.
    Done,
    /// It could not go on: `error` says why.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

crate::leaf_enums!(SyncRunKind, SyncRunState);

impl From<RunKind> for SyncRunKind {
    fn from(kind: RunKind) -> Self {
        match kind {
            RunKind::Tail => Self::Tail,
            RunKind::Backfill => Self::Backfill,
            RunKind::Sweep => Self::Sweep,
        }
    }
}

impl From<SyncRunKind> for RunKind {
    fn from(kind: SyncRunKind) -> Self {
        match kind {
            SyncRunKind::Tail => Self::Tail,
            SyncRunKind::Backfill => Self::Backfill,
            SyncRunKind::Sweep => Self::Sweep,
        }
    }
}

impl From<RunState> for SyncRunState {
    fn from(state: RunState) -> Self {
        match state {
            RunState::Queued => Self::Queued,
            RunState::Running => Self::Running,
            RunState::Done => Self::Done,
            RunState::Failed => Self::Failed,
            RunState::Cancelled => Self::Cancelled,
        }
    }
}

/// What became of what was read, in numbers; of a dry run what would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLObject)]
#[graphql(name = "SyncCounts", scalar = juniper::DefaultScalarValue)]
pub struct SyncCounts {
    /// Things that were read.
    read: i32,
    /// Things that were new here.
    created: i32,
    /// Things that changed something here.
    updated: i32,
    /// Things that were known so, or changed nothing.
    unchanged: i32,
    /// Things that were found to be somebody who is here already.
    linked: i32,
    /// Things of which a later version is known.
    outdated: i32,
    /// Things that were refused (`syncRejects`).
    rejected: i32,
    /// Values that were passed over, while the rest of their thing was taken (`syncRejects`).
    skipped: i32,
    /// Things about which somebody has to decide (`syncReviews`).
    conflicts: i32,
    /// Things that wait for something else, as an order for its customer.
    waiting: i32,
    /// Things that are gone at the source.
    deleted: i32,
    /// Points and stamps that were given as opening balances.
    points: i32,
}

impl From<&Counts> for SyncCounts {
    fn from(counts: &Counts) -> Self {
        let each = counts.each();
        let of = |name: &str| {
            let count = each.iter().find(|(known, _)| *known == name).map(|(_, count)| *count);
            i32::try_from(count.unwrap_or_default()).unwrap_or(i32::MAX)
        };
        Self {
            read: of("read"),
            created: of("created"),
            updated: of("updated"),
            unchanged: of("unchanged"),
            linked: of("linked"),
            outdated: of("outdated"),
            rejected: of("rejected"),
            skipped: of("skipped"),
            conflicts: of("conflicts"),
            waiting: of("waiting"),
            deleted: of("deleted"),
            points: of("points"),
        }
    }
}

/// What runs refer to.
#[derive(Default)]
pub struct RunReferred {
    connections: Referred<ConnectionId>,
}

/// A run, and those loaded with it.
#[derive(Clone)]
pub struct Ran(Sibling<Run, RunReferred>);

/// A run; its scalar fields take the short way.
pub type SyncRunNode = Fast<Ran>;

impl Keyed<RunSort> for SyncRunNode {
    fn sort_key(&self, field: RunSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.0.id.get()
    }
}

fn clip(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// How far a run is, in percent, as far as anybody can know.
fn progress(run: &Run) -> Option<i32> {
    if run.state == RunState::Done {
        return Some(100);
    }
    let total = run.total.filter(|total| *total > 0)?;
    let percent = u128::from(run.counts.read).saturating_mul(100).checked_div(total.into())?;
    i32::try_from(percent.min(100)).ok()
}

crate::fast_object! {
    #[graphql(name = "SyncRunNode", context = Context, impl = [NodeValue])]
    /// One time of reading a connection: what was asked for, how far it is, and what came of it.
    impl Ran {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(SYNC_RUN, self.0.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id.get()) }
            /// What it reads.
            "kind" => fn kind(&self) -> SyncRunKind { self.0.kind.into() }
            /// How it is.
            "state" => fn state(&self) -> SyncRunState { self.0.state.into() }
            /// Whether it only shows what it would do.
            "dryRun" => fn dry_run(&self) -> bool { self.0.dry_run }
            /// What it is reading now, in words: `customers`.
            "phase" => fn phase(&self) -> Option<&str> { self.0.phase.as_deref() }
            /// How many things there are in this phase, where the source says.
            "total" => fn total(&self) -> Option<i32> { self.0.total.map(clip) }
            /// How far it is, in percent; null where the source does not say how many things there are.
            "progress" => fn progress(&self) -> Option<i32> { progress(&self.0) }
            /// What is left of what may be asked of the source, in words.
            "budget" => fn budget(&self) -> Option<&str> { self.0.budget.as_deref() }
            /// Why it failed or waits, in a sentence.
            "error" => fn error(&self) -> Option<&str> { self.0.error.as_deref() }
            /// When it was asked for.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.created_at) }
            /// When it began.
            "startedAt" => fn started_at(&self) -> Option<DateTime> { self.0.started_at.map(DateTime) }
            /// When it last came on.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.0.updated_at) }
            /// When it ended.
            "finishedAt" => fn finished_at(&self) -> Option<DateTime> { self.0.finished_at.map(DateTime) }
        }
        fields {
            /// What became of what was read.
            fn counts(&self) -> SyncCounts {
                (&self.0.counts).into()
            }

            /// Of a dry run what it would do to some of the things, field by field: a list of objects with `object`, `sourceId`,
            /// `action`, `consumerId`, `message` and `fields`. Null without the permission to see customers.
            fn report(&self, context: &Context) -> Option<JSONString> {
                context.actor().require(Permission::ViewConsumer).ok()?;
                self.0.report.as_deref().and_then(JSONString::parse)
            }

            /// What it reads.
            fn connection(&self, context: &Context) -> Result<Option<SyncConnectionNode>, ApiError> {
                let level = self.0.referred(|all| &all.connections, |run| Some(run.connection));
                node::load(context, level, self.0.connection)
            }
        }
    }
}

connection!(
    SyncRunNodeConnection,
    SyncRunNodeEdge,
    SyncRunNode,
    RunSort,
    "A page of runs.",
    "One of the runs."
);

/// One run; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: SyncRunId) -> Result<Option<SyncRunNode>, ApiError> {
    let actor = context.actor();
    if actor.require(Permission::Sync).is_err() {
        return Ok(None);
    }
    let found = context.read(|tx| request::list_by_ids(tx, actor, &[id]))?.pop();
    Ok(found.map(|run| Fast(Ran(Sibling::alone(run)))))
}

/// A page of the runs of the asker's merchant.
pub(crate) fn list(
    context: &Context,
    connection: Option<&Id>,
    open: Option<bool>,
    paging: &PageArguments,
) -> Result<SyncRunNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require(Permission::Sync)?;
    let page = PageRequest::<RunSort>::parse(paging, "syncRuns")?;
    let of = Of {
        connection: named("connection_Id", connection, SYNC_CONNECTION)?,
        run: None,
        open: open.unwrap_or(false),
    };
    let found: Page<Run> = context.read(|tx| request::list(tx, actor, of, &page))?;
    let nodes = Sibling::page(found).map(|run| Fast(Ran(run)));
    let count =
        Count::asked(move |context| context.read(|tx| request::count(tx, context.actor(), of)));
    Ok(SyncRunNodeConnection::new(nodes, page.order, count))
}

#[cfg(test)]
mod tests {
    use regulars_kernel::{MerchantId, Timestamp};

    use super::*;

    #[test]
    fn progress_is_known_where_the_source_says_how_many_there_are() {
        let at = Timestamp::from_seconds(1);
        let run = |state, total, read| Run {
            id: SyncRunId::new(1),
            merchant: MerchantId::new(1),
            connection: ConnectionId::new(1),
            kind: RunKind::Tail,
            dry_run: false,
            state,
            is_to_end: false,
            asked_by: None,
            phase: None,
            total,
            counts: Counts { read, ..Counts::default() },
            budget: None,
            error: None,
            report: None,
            created_at: at,
            started_at: None,
            updated_at: at,
            finished_at: None,
        };
        for (run, expected) in [
            (run(RunState::Running, None, 5), None),
            (run(RunState::Running, Some(0), 5), None),
            (run(RunState::Running, Some(8), 4), Some(50)),
            (run(RunState::Running, Some(3), 9), Some(100)),
            (run(RunState::Running, Some(u64::MAX), u64::MAX), Some(100)),
            (run(RunState::Done, None, 0), Some(100)),
        ] {
            assert_eq!(progress(&run), expected);
        }
    }

    #[test]
    fn every_count_is_told() {
        let counts = Counts { read: 7, deleted: 3_000_000_000, ..Counts::default() };
        let told = SyncCounts::from(&counts);
        assert_eq!((told.read, told.created, told.deleted), (7, 0, i32::MAX));
    }
}
