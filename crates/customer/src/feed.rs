//! The change feed: what happened to whom, in one order, kept for [`KEPT`]. A back office or a till follows it instead of
//! polling lists: it remembers the cursor of the last row that it has seen, and asks for what comes after.
//!
//! A row says that something happened, and to what; not what it looks like now. Nothing is passed over, however many write at
//! once: a row is shown when nothing can come before it any more. Rows of one thing come in the order in which it changed on
//! SQLite; on PostgreSQL in the order in which their transactions began to write, so that of two that waited for each other the
//! first row may be the later change: read the thing, whose state is the truth.

use std::time::Duration;

use regulars_kernel::{
    Actor, Denied, MerchantId, Page, PageRequest, Permission, PersonId, Rule, StoreAccess, StoreId,
    Timestamp, Violations,
    page::{KeyKind, Keyed, Order, Position, SortField, SortKey, Term},
};

use crate::{CustomerError, feed_store::FeedStore};

/// How long rows are kept.
pub const KEPT: Duration = Duration::from_hours(30 * 24);

/// Makes the kinds with their names and what tells them apart.
macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident = $name:literal, $permission:ident;)+) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FeedKind {
            $($(#[$meta])* $kind,)+
        }

        impl FeedKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The name in the API and in the database.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// What it takes to be told of it.
            pub const fn permission(self) -> Permission {
                match self {
                    $(Self::$kind => Permission::$permission,)+
                }
            }
        }
    };
}

kinds! {
    /// Somebody became a customer.
    CustomerCreated = "CUSTOMER_CREATED", ViewConsumer;
    /// Something of a customer is different: profile, sharing, cards, consent.
    CustomerUpdated = "CUSTOMER_UPDATED", ViewConsumer;
    /// A customer was archived.
    CustomerArchived = "CUSTOMER_ARCHIVED", ViewConsumer;
    /// A customer who was archived, or had left, is one again.
    CustomerRevived = "CUSTOMER_REVIVED", ViewConsumer;
    /// A customer left.
    CustomerLeft = "CUSTOMER_LEFT", ViewConsumer;
    /// What told of a customer was erased.
    CustomerErased = "CUSTOMER_ERASED", ViewConsumer;
    /// A customer was merged into another one.
    CustomerMerged = "CUSTOMER_MERGED", ViewConsumer;
    /// A merge was undone.
    CustomerUnmerged = "CUSTOMER_UNMERGED", ViewConsumer;
    /// A line was added to an account of points.
    PointsChanged = "POINTS_CHANGED", ViewConsumer;
    /// A line was added to an account of stamps.
    StampsChanged = "STAMPS_CHANGED", ViewConsumer;
    /// An order was begun.
    OrderCreated = "ORDER_CREATED", ViewOrder;
    /// An order, or what is on it, is different.
    OrderUpdated = "ORDER_UPDATED", ViewOrder;
    /// An order was paid and done.
    OrderCompleted = "ORDER_COMPLETED", ViewOrder;
    /// Something of an order was given back.
    OrderRefunded = "ORDER_REFUNDED", ViewOrder;
    /// A completed order was taken back as if it had never been.
    OrderVoided = "ORDER_VOIDED", ViewOrder;
    /// An open order was given up.
    OrderDeleted = "ORDER_DELETED", ViewOrder;
    /// Somebody came by.
    VisitRecorded = "VISIT_RECORDED", ViewOrder;
    /// A code was made that sets something aside.
    RedemptionPromised = "REDEMPTION_PROMISED", ViewOrder;
    /// A code was called off.
    RedemptionCancelled = "REDEMPTION_CANCELLED", ViewOrder;
    /// A code lapsed.
    RedemptionLapsed = "REDEMPTION_LAPSED", ViewOrder;
    /// An offer was used.
    OfferRedeemed = "OFFER_REDEEMED", ViewOrder;
    /// Points were used.
    PointsRedeemed = "POINTS_REDEEMED", ViewOrder;
    /// Stamps were used.
    StampsRedeemed = "STAMPS_REDEEMED", ViewOrder;
    /// The use of an offer was given back.
    OfferRedemptionReversed = "OFFER_REDEMPTION_REVERSED", ViewOrder;
    /// Points that were used were given back.
    PointsRedemptionReversed = "POINTS_REDEMPTION_REVERSED", ViewOrder;
    /// Stamps that were used were given back.
    StampsRedemptionReversed = "STAMPS_REDEMPTION_REVERSED", ViewOrder;
}

impl FeedKind {
    /// The kind of exactly that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// A row of a merchant's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    /// The key.
    pub id: i64,
    /// Whose feed it is in.
    pub merchant: MerchantId,
    /// With what it was written: 0 where one writes at a time. It leads the order.
    pub transaction: i64,
    /// What happened.
    pub kind: FeedKind,
    /// To whom; nobody known: none.
    pub person: Option<PersonId>,
    /// To what, by number: the customer, the order, the visit, the line of the ledger, the promise or the redemption.
    pub subject: i64,
    /// Where, for what happens in a store.
    pub store: Option<StoreId>,
    /// When it was written.
    pub at: Timestamp,
}

/// What the feed is ordered by: the order in which things happened, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedSort {
    /// With what a row was written.
    Transaction,
}

impl SortField for FeedSort {
    const LIST: &'static str = "changes";

    fn from_name(_name: &str) -> Option<Self> {
        None
    }

    fn name(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Transaction => KeyKind::Int,
        }
    }

    fn all() -> &'static [Self] {
        &[]
    }

    fn default_order() -> Order<Self> {
        let terms = vec![Term { field: Self::Transaction, descending: false }];
        Order { terms, pk_descending: false }
    }
}

impl Keyed<FeedSort> for FeedEntry {
    fn sort_key(&self, field: FeedSort) -> SortKey {
        match field {
            FeedSort::Transaction => SortKey::Int(self.transaction),
        }
    }

    fn pk(&self) -> i64 {
        self.id
    }
}

/// Which rows of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedQuery {
    /// Of these kinds; not empty.
    pub kinds: Vec<FeedKind>,
    /// Of these stores, and of none in particular.
    pub within: StoreAccess,
}

impl FeedQuery {
    /// What the asker is told of: of the kinds asked for, or else of all, those that they hold the permission for.
    ///
    /// # Errors
    /// [`Denied`] where they hold none, or lack that of a kind they named.
    pub fn of(actor: &Actor, asked: &[FeedKind]) -> Result<(MerchantId, Self), Denied> {
        let told = |kind: &FeedKind| actor.require(kind.permission()).is_ok();
        let mut kinds: Vec<FeedKind> = if asked.is_empty() {
            FeedKind::ALL.iter().copied().filter(told).collect()
        } else if asked.iter().all(told) {
            asked.to_vec()
        } else {
            return Err(Denied);
        };
        kinds.sort_unstable();
        kinds.dedup();
        let first = kinds.first().ok_or(Denied)?;
        let merchant = actor.require(first.permission())?;
        let within = actor.stores().cloned().unwrap_or(StoreAccess::All);
        Ok((merchant, Self { kinds, within }))
    }
}

/// From where to where a merchant's feed goes; places are pairs of a row's transaction and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The first row that is kept; none at all: none. Where rows before it were deleted for their age, it is the last of those
    /// that are too old, and followers have missed nothing who have seen it.
    pub first: Option<(i64, i64)>,
    /// No row is here yet, nor beyond.
    pub end: (i64, i64),
}

impl Extent {
    /// Refuses a place from which a follower would miss something: what came after it was deleted meanwhile, or it is of
    /// another database than this one.
    fn check(&self, after: &Position) -> Result<(), Violations> {
        let transaction = match after.keys.as_slice() {
            [SortKey::Int(transaction)] => *transaction,
            _ => 0,
        };
        let place = (transaction, after.pk);
        let sentence = if self.first.is_some_and(|first| place < first) {
            "Changes after this cursor are no longer kept: read the lists anew, then follow from the last cursor there is."
        } else if place >= self.end {
            "This cursor lies ahead of the feed: it is of another database, or of a later state than was restored. Read the lists anew, then follow from the last cursor there is."
        } else {
            return Ok(());
        };
        Err(Violations::of("after", Rule::Invalid(sentence.to_owned())))
    }
}

/// A page of the feed of the asker's merchant: see [`FeedQuery::of`].
///
/// # Errors
/// [`CustomerError::Invalid`] where the page begins after a place from which something would be missed.
pub fn list(
    tx: &mut impl FeedStore,
    actor: &Actor,
    asked: &[FeedKind],
    page: &PageRequest<FeedSort>,
) -> Result<Page<FeedEntry>, CustomerError> {
    let (merchant, query) = FeedQuery::of(actor, asked)?;
    if let Some(after) = &page.after {
        tx.feed_extent(merchant)?.check(after)?;
    }
    Ok(tx.list_feed(merchant, &query, page)?)
}

/// How many rows [`list`] has on all its pages.
pub fn count(
    tx: &mut impl FeedStore,
    actor: &Actor,
    asked: &[FeedKind],
) -> Result<u64, CustomerError> {
    let (merchant, query) = FeedQuery::of(actor, asked)?;
    Ok(tx.count_feed(merchant, &query)?)
}

/// One row of the feed of the asker's merchant; none where the asker is told of none of that number.
pub fn find(
    tx: &mut impl FeedStore,
    actor: &Actor,
    id: i64,
) -> Result<Option<FeedEntry>, CustomerError> {
    let Ok((merchant, query)) = FeedQuery::of(actor, &[]) else { return Ok(None) };
    let found = tx.find_feed_entry(merchant, id)?;
    Ok(found.filter(|entry| {
        query.kinds.contains(&entry.kind)
            && entry.store.is_none_or(|store| query.within.includes(store))
    }))
}

#[cfg(test)]
mod tests {
    use regulars_kernel::Permissions;

    use super::*;

    fn staff(permissions: Permissions) -> Actor {
        let stores = StoreAccess::Only(vec![StoreId::new(4)]);
        Actor::staff(MerchantId::new(1), PersonId::new(2), permissions, stores)
    }

    #[test]
    fn each_is_told_what_they_may_see() {
        let of = |permission: Permission| staff(permission.into());
        let (customers, orders) = (of(Permission::ViewConsumer), of(Permission::ViewOrder));
        let kinds = |actor: &Actor| FeedQuery::of(actor, &[]).unwrap().1.kinds;
        assert!(kinds(&customers).contains(&FeedKind::PointsChanged));
        assert!(!kinds(&customers).contains(&FeedKind::OrderCreated));
        assert!(kinds(&orders).contains(&FeedKind::OrderCreated));
        assert!(!kinds(&orders).contains(&FeedKind::CustomerErased));
        assert_eq!(kinds(&Actor::owner(MerchantId::new(1))), FeedKind::ALL);
        let asked = [FeedKind::OrderCreated, FeedKind::CustomerCreated, FeedKind::OrderCreated];
        assert_eq!(FeedQuery::of(&orders, &asked), Err(Denied));
        assert_eq!(FeedQuery::of(&of(Permission::Redeem), &[]), Err(Denied));
        let consumer = Actor::Consumer { person: PersonId::new(3) };
        assert_eq!(FeedQuery::of(&consumer, &[]), Err(Denied));
        let (merchant, query) = FeedQuery::of(&Actor::owner(MerchantId::new(1)), &asked).unwrap();
        assert_eq!(merchant, MerchantId::new(1));
        assert_eq!(query.kinds, [FeedKind::CustomerCreated, FeedKind::OrderCreated]);
    }

    #[test]
    fn a_place_from_which_something_would_be_missed_is_refused() {
        let extent = Extent { first: Some((5, 40)), end: (9, 0) };
        let after = |transaction, pk| Position { keys: vec![SortKey::Int(transaction)], pk };
        for (transaction, pk, missed) in [
            (5, 39, true),
            (5, 40, false),
            (4, 99, true),
            (8, 99, false),
            (9, 0, true),
            (9, 1, true),
        ] {
            let refused = extent.check(&after(transaction, pk)).is_err();
            assert_eq!(refused, missed, "({transaction}, {pk})");
        }
        let whole = Extent { first: None, end: (0, 8) };
        assert!(whole.check(&after(0, 0)).is_ok());
        assert!(whole.check(&after(0, 7)).is_ok());
        assert!(whole.check(&after(0, 8)).is_err());
    }

    #[test]
    fn kinds_are_read_back_from_their_names() {
        for kind in FeedKind::ALL.iter().copied() {
            assert_eq!(FeedKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(FeedKind::from_name("CUSTOMER_EATEN"), None);
    }
}
