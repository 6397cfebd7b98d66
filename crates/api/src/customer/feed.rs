//! `ChangeNode` and the list `changes`: what happened to whom at a merchant, for those who follow it instead of polling.

use juniper::GraphQLEnum;
use regulars_customer::feed::{self, FeedEntry, FeedKind, FeedSort};
use regulars_kernel::{
    OrderId, PageRequest, PersonId, StoreId, VisitId,
    page::{Keyed, PageArguments, SortKey},
};

use super::{ConsumerNode, node as customer, user::USER};
use crate::{
    connection::{Count, connection},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    loyalty::{
        intent::REDEMPTION_INTENT,
        redemption::{POINTS_REDEMPTION, REDEMPTION, STAMPS_REDEMPTION},
    },
    merchant::{self, StoreNode},
    node::NodeValue,
    order::{
        OrderNode, VisitNode,
        node::{self as order, ORDER},
        visit::{self, VISIT},
    },
    scalar::DateTime,
    sibling::{Referred, Sibling},
};

/// The type name in global ids.
pub const CHANGE: &str = "ChangeNode";

/// Makes the enum of the API out of the names of the domain's kinds.
macro_rules! change_types {
    ($($(#[$meta:meta])* $kind:ident),+ $(,)?) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLEnum)]
        pub enum ChangeType {
            $($(#[$meta])* $kind,)+
        }

        impl From<FeedKind> for ChangeType {
            fn from(kind: FeedKind) -> Self {
                match kind {
                    $(FeedKind::$kind => Self::$kind,)+
                }
            }
        }

        impl ChangeType {
            const fn kind(self) -> FeedKind {
                match self {
                    $(Self::$kind => FeedKind::$kind,)+
                }
            }
        }
    };
}

change_types! {
    /// Somebody became a customer.
    CustomerCreated,
    /// Something of a customer is different: profile, sharing, cards, consent.
    CustomerUpdated,
    /// A customer was archived.
    CustomerArchived,
    /// A customer who was archived, or had left, is one again.
    CustomerRevived,
    /// A customer left.
    CustomerLeft,
    /// What told of a customer was erased.
    CustomerErased,
    /// A customer was merged into another one.
    CustomerMerged,
    /// A merge was undone.
    CustomerUnmerged,
    /// A line was added to an account of points.
    PointsChanged,
    /// A line was added to an account of stamps.
    StampsChanged,
    /// An order was begun.
    OrderCreated,
    /// An order, or what is on it, is different.
    OrderUpdated,
    /// An order was paid and done.
    OrderCompleted,
    /// Something of an order was given back.
    OrderRefunded,
    /// A completed order was taken back as if it had never been.
    OrderVoided,
    /// An open order was given up.
    OrderDeleted,
    /// Somebody came by.
    VisitRecorded,
    /// A code was made that sets something aside.
    RedemptionPromised,
    /// A code was called off.
    RedemptionCancelled,
    /// A code lapsed.
    RedemptionLapsed,
    /// An offer was used.
    OfferRedeemed,
    /// Points were used.
    PointsRedeemed,
    /// Stamps were used.
    StampsRedeemed,
    /// The use of an offer was given back.
    OfferRedemptionReversed,
    /// Points that were used were given back.
    PointsRedemptionReversed,
    /// Stamps that were used were given back.
    StampsRedemptionReversed,
}

crate::leaf_enums!(ChangeType);

/// The type of what it happened to.
const fn type_name(kind: FeedKind) -> &'static str {
    match kind {
        FeedKind::CustomerCreated
        | FeedKind::CustomerUpdated
        | FeedKind::CustomerArchived
        | FeedKind::CustomerRevived
        | FeedKind::CustomerLeft
        | FeedKind::CustomerErased
        | FeedKind::CustomerMerged
        | FeedKind::CustomerUnmerged => USER,
        FeedKind::PointsChanged | FeedKind::StampsChanged => "LedgerEntryNode",
        FeedKind::OrderCreated
        | FeedKind::OrderUpdated
        | FeedKind::OrderCompleted
        | FeedKind::OrderRefunded
        | FeedKind::OrderVoided
        | FeedKind::OrderDeleted => ORDER,
        FeedKind::VisitRecorded => VISIT,
        FeedKind::RedemptionPromised
        | FeedKind::RedemptionCancelled
        | FeedKind::RedemptionLapsed => REDEMPTION_INTENT,
        FeedKind::OfferRedeemed | FeedKind::OfferRedemptionReversed => REDEMPTION,
        FeedKind::PointsRedeemed | FeedKind::PointsRedemptionReversed => POINTS_REDEMPTION,
        FeedKind::StampsRedeemed | FeedKind::StampsRedemptionReversed => STAMPS_REDEMPTION,
    }
}

/// What rows of a feed refer to.
#[derive(Default)]
pub struct ChangeReferred {
    consumers: Referred<PersonId>,
    orders: Referred<OrderId>,
    visits: Referred<VisitId>,
    stores: Referred<StoreId>,
}

/// A row of the feed, and those loaded with it.
#[derive(Clone)]
pub struct Happening(Sibling<FeedEntry, ChangeReferred>);

/// A row of the feed; its scalar fields take the short way.
pub type ChangeNode = Fast<Happening>;

/// The order that a row is about.
fn order_of(entry: &FeedEntry) -> Option<OrderId> {
    (type_name(entry.kind) == ORDER).then(|| OrderId::new(entry.subject))
}

/// The visit that a row is about.
fn visit_of(entry: &FeedEntry) -> Option<VisitId> {
    (type_name(entry.kind) == VISIT).then(|| VisitId::new(entry.subject))
}

impl Keyed<FeedSort> for ChangeNode {
    fn sort_key(&self, field: FeedSort) -> SortKey {
        self.0.0.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.0.id
    }
}

crate::fast_object! {
    #[graphql(name = "ChangeNode", context = Context, impl = [NodeValue])]
    /// Something that happened at a merchant, and to whom. It says that it happened; the objects it leads to are as they are now,
    /// and null where they are gone or the asker does not see them.
    impl Happening {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(CHANGE, self.0.id) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id) }
            /// What happened.
            "type" => fn type_(&self) -> ChangeType { self.0.kind.into() }
            /// To what: the customer, the order, the visit, the line of the ledger, the code or the redemption.
            "subjectId" => fn subject_id(&self) -> Id { Id::global(type_name(self.0.kind), self.0.subject) }
            /// To whom; null where nobody is known.
            "consumerId" => fn consumer_id(&self) -> Option<Id> {
                self.0.person.map(|person| Id::global(USER, person.get()))
            }
            /// When it was written down.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.at) }
        }
        fields {
            /// To whom.
            fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
                let Some(person) = self.0.person else { return Ok(None) };
                let level = self.0.referred(|all| &all.consumers, |entry| entry.person);
                customer::load(context, level, person)
            }

            /// The order that it happened to, where it was one.
            fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
                let Some(id) = order_of(&self.0) else { return Ok(None) };
                order::load(context, self.0.referred(|all| &all.orders, order_of), id)
            }

            /// The visit that it is, where it is one.
            fn visit(&self, context: &Context) -> Result<Option<VisitNode>, ApiError> {
                let Some(id) = visit_of(&self.0) else { return Ok(None) };
                visit::load(context, self.0.referred(|all| &all.visits, visit_of), id)
            }

            /// Where, for what happens in a store.
            fn store(&self, context: &Context) -> Result<Option<StoreNode>, ApiError> {
                let Some(store) = self.0.store else { return Ok(None) };
                merchant::store::load(context, self.0.referred(|all| &all.stores, |entry| entry.store), store)
            }
        }
    }
}

connection!(
    ChangeNodeConnection,
    ChangeNodeEdge,
    ChangeNode,
    FeedSort,
    "A page of the change feed.",
    "One of the changes."
);

/// A page of the feed of the asker's merchant.
pub(crate) fn list(
    context: &Context,
    types: Option<Vec<ChangeType>>,
    paging: &PageArguments,
) -> Result<ChangeNodeConnection, ApiError> {
    let actor = context.actor();
    let kinds: Vec<FeedKind> =
        types.unwrap_or_default().into_iter().map(ChangeType::kind).collect();
    let page = PageRequest::<FeedSort>::parse(paging, "changes")?;
    let found = context.read(|tx| feed::list(tx, actor, &kinds, &page))?;
    let found = Sibling::page(found).map(|entry| Fast(Happening(entry)));
    let count =
        Count::asked(move |context| context.read(|tx| feed::count(tx, context.actor(), &kinds)));
    Ok(ChangeNodeConnection::new(found, page.order, count))
}

/// One row; none where the asker is told of none of that number.
pub(crate) fn find(context: &Context, id: i64) -> Result<Option<ChangeNode>, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| feed::find(tx, actor, id))?;
    Ok(found.map(|entry| Fast(Happening(Sibling::alone(entry)))))
}

#[cfg(test)]
mod tests {
    use juniper::{DefaultScalarValue, ToInputValue};

    use super::*;

    #[test]
    fn a_type_is_called_as_the_kind_is_written_down() {
        for kind in FeedKind::ALL.iter().copied() {
            let change = ChangeType::from(kind);
            assert_eq!(change.kind(), kind);
            let shown: juniper::InputValue<DefaultScalarValue> = change.to_input_value();
            assert_eq!(shown.to_string(), format!("\"{}\"", kind.name()));
        }
    }
}
