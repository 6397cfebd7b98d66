//! One type per noun, so that a store's id can never be passed where an order's is meant. All are 64-bit integers from
//! one sequence per table, unique over all merchants.

use std::{fmt, num::ParseIntError, str::FromStr};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a primary key.
            pub const fn new(pk: i64) -> Self {
                Self(pk)
            }

            /// The primary key (`pk` in the API).
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl From<i64> for $name {
            fn from(pk: i64) -> Self {
                Self(pk)
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A human being with one row for the whole platform: a consumer, an owner, a member of staff.
    PersonId;
    /// A tenant. Its number is that of the account that founded it, so the public API's merchant *user* and the tenant
    /// share one id.
    MerchantId;
    /// A decision of a customer about being contacted, as it was written down.
    ConsentId;
    /// A merge of two of a merchant's customers.
    MergeId;
    /// A place of a merchant where things are sold.
    StoreId;
    /// A named set of a merchant's stores.
    StoreGroupId;
    /// A named set of permissions that a merchant gives its people.
    RoleId;
    /// A program of a merchant's, or of somebody it trusts, that asks by keys of its own.
    ApplicationId;
    /// A key of an application.
    ApiKeyId;
    /// Something a merchant sells.
    ProductId;
    /// A group of offers that run together.
    CampaignId;
    /// An offer.
    OfferId;
    /// A loyalty card: a program of points or of stamps.
    LoyaltyCardId;
    /// A reward that points of a card buy.
    RewardId;
    /// An order.
    OrderId;
    /// A line of an order.
    OrderItemId;
    /// What was given on top of an order.
    OrderTipId;
    /// What was taken off an order.
    OrderDiscountId;
    /// What was given back of an order.
    OrderRefundId;
    /// A name of an order at a system that knows of it.
    OrderLinkId;
    /// A refund with a name of its own at the system that its sale comes from.
    SaleRefundId;
    /// Something that somebody has to look at in a sale or a visit.
    SaleReviewId;
    /// How an order is fulfilled: in store, to go, online.
    OrderTypeId;
    /// A visit to a store without an itemised order.
    VisitId;
    /// One use of an offer, of points or of stamps.
    RedemptionId;
    /// A promise of a redemption, with a code.
    IntentId;
    /// What one person has on one loyalty card.
    AccountId;
    /// One line of an account's ledger.
    EntryId;
    /// Points or stamps earned together, which expire together.
    LotId;
    /// An amount set aside for an open intent.
    HoldId;
    /// An outside system that a merchant has connected.
    ConnectionId;
    /// One time of reading a connection.
    SyncRunId;
    /// Something that was read and could not be taken.
    SyncRejectId;
    /// A question about who is meant, or what a source did, that somebody has to answer.
    SyncReviewId;
    /// Something that a source told by itself.
    InboxId;
}

impl MerchantId {
    /// The account that founded the tenant.
    pub const fn founder(self) -> PersonId {
        PersonId(self.0)
    }
}

impl PersonId {
    /// The tenant that this account founded, if it founded one.
    pub const fn founded(self) -> MerchantId {
        MerchantId(self.0)
    }
}
