//! `LedgerEntryNode`: a line of what somebody has on a loyalty card.

use std::{collections::HashMap, sync::Arc};

use juniper::{Executor, GraphQLEnum};
use regulars_kernel::{
    EntryId, LoyaltyCardId, MerchantId, OrderId, PageRequest, PersonId, RedemptionId, VisitId,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_loyalty::{
    Cause, EntryKind, RedemptionKind,
    history::{self, HistoryQuery, HistorySort, Line},
};

use super::{
    PointsRedemptionNode, StampsRedemptionNode,
    card::{self, LoyaltyCardNode},
    redemption,
};
use crate::{
    connection::{Lists, connection},
    context::Context,
    customer::{self, ConsumerNode},
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::{Level, LoadName},
    merchant::{self, MerchantNode},
    node::NodeValue,
    order::{OrderNode, VisitNode, node as order_node, visit},
    scalar::{BigInt, Date, DateTime},
    sibling::{Referred, Sibling},
};

/// The type name in global ids.
pub const LEDGER_ENTRY: &str = "LedgerEntryNode";

/// What a line of a ledger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLEnum)]
pub enum LedgerEntryKind {
    /// Points or stamps came for something done.
    Earn,
    /// They were spent.
    Redeem,
    /// They lapsed.
    Expire,
    /// An earlier line was taken back, whole or in part: an earning, or a spending.
    Reverse,
    /// Somebody set them right by hand.
    Adjust,
    /// They moved from or to another customer or card.
    Transfer,
}

/// What a line of a ledger came of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLEnum)]
pub enum LedgerEntryCause {
    /// An order.
    Order,
    /// A visit.
    Visit,
    /// The card's welcome, which comes with the first earning.
    InitialPoints,
    /// A stamp given by hand.
    Stamp,
    /// A redemption.
    Redemption,
    /// The end of their time.
    Expiry,
    /// A decision of the merchant's people.
    Manual,
    /// What somebody had in an older system when they moved in.
    OpeningBalance,
    /// The merge with another customer.
    Merge,
}

crate::leaf_enums!(LedgerEntryKind, LedgerEntryCause);

macro_rules! kinds {
    ($($kind:ident),+) => {
        impl From<EntryKind> for LedgerEntryKind {
            fn from(kind: EntryKind) -> Self {
                match kind { $(EntryKind::$kind => Self::$kind),+ }
            }
        }

        impl From<LedgerEntryKind> for EntryKind {
            fn from(kind: LedgerEntryKind) -> Self {
                match kind { $(LedgerEntryKind::$kind => Self::$kind),+ }
            }
        }
    };
}

kinds!(Earn, Redeem, Expire, Reverse, Adjust, Transfer);

impl From<Cause> for LedgerEntryCause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Order(_) => Self::Order,
            Cause::Visit(_) => Self::Visit,
            Cause::InitialPoints => Self::InitialPoints,
            Cause::Stamp => Self::Stamp,
            Cause::Redemption(_) => Self::Redemption,
            Cause::Expiry(_) => Self::Expiry,
            // What was moved or released was so by somebody's decision.
            Cause::Manual | Cause::Transfer(_) | Cause::Review(_) => Self::Manual,
            Cause::OpeningBalance => Self::OpeningBalance,
            Cause::Merge(_) => Self::Merge,
        }
    }
}

/// What lines refer to.
#[derive(Default)]
pub struct LineReferred {
    merchants: Referred<MerchantId>,
    people: Referred<PersonId>,
    actors: Referred<PersonId>,
    cards: Referred<LoyaltyCardId>,
    orders: Referred<OrderId>,
    visits: Referred<VisitId>,
    redemptions: Referred<RedemptionId>,
    entries: Referred<EntryId>,
}

/// A line, and those loaded with it.
#[derive(Clone)]
pub struct LineOf(Sibling<Line, LineReferred>);

/// A line; its scalar fields take the short way.
pub type LedgerEntryNode = Fast<LineOf>;

const fn order_of(line: &Line) -> Option<OrderId> {
    match line.source {
        Cause::Order(id) => Some(id),
        _ => None,
    }
}

const fn visit_of(line: &Line) -> Option<VisitId> {
    match line.source {
        Cause::Visit(id) => Some(id),
        _ => None,
    }
}

const fn redemption_of(line: &Line) -> Option<RedemptionId> {
    match line.source {
        Cause::Redemption(id) => Some(id),
        _ => None,
    }
}

/// One line; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: EntryId) -> Result<Option<LedgerEntryNode>, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| history::list_by_ids(tx, actor, &[id]))?.pop();
    Ok(found.map(|line| Fast(LineOf(Sibling::alone(line)))))
}

fn load(
    context: &Context,
    level: &Level<EntryId>,
    id: EntryId,
) -> Result<Option<LedgerEntryNode>, ApiError> {
    context.load(level, LEDGER_ENTRY, id, |ids| {
        let actor = context.actor();
        let found = context.read(|tx| history::list_by_ids(tx, actor, ids))?;
        let page = regulars_kernel::Page { items: found, has_next: false, has_previous: false };
        let lines = Sibling::page(page).items.into_iter();
        Ok(lines.map(|line| (line.entry.id, Fast(LineOf(line)))).collect::<HashMap<_, _>>())
    })
}

impl Keyed<HistorySort> for LedgerEntryNode {
    fn sort_key(&self, field: HistorySort) -> SortKey {
        self.0.0.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.0.entry.id.get()
    }
}

impl LineOf {
    fn redemption<N: From<redemption::Use>>(
        &self,
        context: &Context,
        kind: RedemptionKind,
    ) -> Result<Option<N>, ApiError> {
        let Some(id) = redemption_of(&self.0) else { return Ok(None) };
        let level = self.0.referred(|all| &all.redemptions, redemption_of);
        redemption::load(context, level, id, kind)
    }
}

crate::fast_object! {
    #[graphql(name = "LedgerEntryNode", context = Context, impl = [NodeValue])]
    /// A line of what a customer has on a loyalty card: points, or stamps. Lines are never changed and never deleted.
    impl LineOf {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(LEDGER_ENTRY, self.0.entry.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.entry.id.get()) }
            /// What it does.
            "kind" => fn kind(&self) -> LedgerEntryKind { self.0.entry.kind.into() }
            /// How many points or stamps: given where above 0, taken where below.
            "amount" => fn amount(&self) -> BigInt { BigInt(self.0.entry.amount.get()) }
            /// What it came of; of what was taken back, what that had come of.
            "cause" => fn cause(&self) -> LedgerEntryCause { self.0.source.into() }
            /// What was there on the card right after it: the balance less the debt.
            "balanceAfter" => fn balance_after(&self) -> BigInt { BigInt(self.0.balance_after.get()) }
            /// When what it came of happened.
            "occurredAt" => fn occurred_at(&self) -> DateTime { DateTime(self.0.entry.occurred_at) }
            /// When it was written down.
            "recordedAt" => fn recorded_at(&self) -> DateTime { DateTime(self.0.entry.recorded_at) }
            /// The business date of what it came of.
            "businessDate" => fn business_date(&self) -> Date { Date(self.0.entry.business_date) }
            /// From when what came with it is good; of several parts the first. Null where nothing came with it, and of a late
            /// sale's until somebody has looked at it.
            "activeFrom" => fn active_from(&self) -> Option<DateTime> { self.0.active_from.map(DateTime) }
            /// When what came with it is gone; of several parts the first. Null: never, or nothing came with it.
            "expiresAt" => fn expires_at(&self) -> Option<DateTime> { self.0.expires_at.map(DateTime) }
            /// Whether it came of a late sale and waits until somebody has looked at it.
            "awaitsReview" => fn awaits_review(&self) -> bool { self.0.awaits_review }
            /// Why it was done, where somebody did it by hand.
            "reason" => fn reason(&self) -> Option<&str> { self.0.reason.as_deref() }
        }
        fields {
            /// Whose it is.
            fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
                let level = self.0.referred(|all| &all.people, |line| Some(line.person));
                customer::node::load(context, level, self.0.person)
            }

            /// At which merchant.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let level = self.0.referred(|all| &all.merchants, |line| Some(line.merchant));
                merchant::node::load(context, level, self.0.merchant)
            }

            /// On which card.
            fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
                card::load(context, self.0.referred(|all| &all.cards, |line| Some(line.card)), self.0.card)
            }

            /// The order that it came of; null where it came of none, or the asker does not see it.
            fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
                let Some(id) = order_of(&self.0) else { return Ok(None) };
                order_node::load(context, self.0.referred(|all| &all.orders, order_of), id)
            }

            /// The visit that it came of; null where it came of none, or the asker does not see it.
            fn visit(&self, context: &Context) -> Result<Option<VisitNode>, ApiError> {
                let Some(id) = visit_of(&self.0) else { return Ok(None) };
                visit::load(context, self.0.referred(|all| &all.visits, visit_of), id)
            }

            /// The use of points that it came of; null where it came of none, or the asker does not see it.
            fn points_redemption(&self, context: &Context) -> Result<Option<PointsRedemptionNode>, ApiError> {
                self.redemption(context, RedemptionKind::Points)
            }

            /// The use of stamps that it came of; null where it came of none, or the asker does not see it.
            fn stamps_redemption(&self, context: &Context) -> Result<Option<StampsRedemptionNode>, ApiError> {
                self.redemption(context, RedemptionKind::Stamps)
            }

            /// The earlier line that it takes back.
            fn reverses(&self, context: &Context) -> Result<Option<LedgerEntryNode>, ApiError> {
                let Some(id) = self.0.entry.reverses else { return Ok(None) };
                load(context, self.0.referred(|all| &all.entries, |line| line.entry.reverses), id)
            }

            /// Who of the merchant's people caused it; null of what a customer or a program did, and for consumers.
            fn actor(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let Some(id) = self.0.entry.actor else { return Ok(None) };
                if context.actor().require_consumer().is_ok() {
                    return Ok(None);
                }
                let level = self.0.referred(|all| &all.actors, |line| line.entry.actor);
                merchant::node::load_account(context, level, id)
            }
        }
    }
}

connection!(
    LedgerEntryNodeConnection,
    LedgerEntryNodeEdge,
    LedgerEntryNode,
    HistorySort,
    "A page of lines of ledgers.",
    "One of the lines."
);

/// A page of one customer's lines, loaded for all of their level.
pub(crate) fn of_consumer(
    executor: &Executor<'_, '_, Context>,
    level: &Arc<Level<PersonId>>,
    person: PersonId,
    query: &HistoryQuery,
    paging: &PageArguments,
) -> Result<LedgerEntryNodeConnection, ApiError> {
    let (context, name) = (executor.context(), LoadName::at("pointsHistory", executor));
    let lists = context.lists(level, name, |people| {
        let page = PageRequest::<HistorySort>::parse(paging, "pointsHistory")?;
        let (actor, query) = (context.actor(), query.clone());
        let found = context.read(|tx| history::per_consumer(tx, actor, &query, people, &page))?;
        let (people, found): (Vec<PersonId>, Vec<_>) = found.into_iter().unzip();
        let pages = Sibling::pages(found).map(|page| page.map(|line| Fast(LineOf(line))));
        let level = Arc::clone(level);
        Ok(Lists::new(
            people.into_iter().map(Into::into).zip(pages),
            page.order,
            move |context, person| {
                let count = context.load(&level, name.and("lines"), person.into(), |people| {
                    let actor = context.actor();
                    let counts = context
                        .read(|tx| history::count_per_consumer(tx, actor, &query, people))?;
                    Ok(counts.into_iter().collect::<HashMap<PersonId, u64>>())
                })?;
                Ok(count.unwrap_or_default())
            },
        ))
    })?;
    Ok(lists.of(person.into()))
}
