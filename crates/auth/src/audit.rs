//! The audit log: who did what or was refused it, in whose name, what it changed, when and from where.
//!
//! A merchant's log has what its people did and what consumers did there; the platform's has what belongs to no merchant,
//! the log-ins of consumers above all. Entries are written in the transaction of what they are about, and never change. What
//! they may hold is a closed list ([`Field`]) of values that the types of the domain give away: passwords, tokens and keys are
//! none of them. Values that tell of a person, the address somebody came from among them, stand apart from the rest, so that
//! erasing the person clears them and the entry stays (rule 30).

mod field;
mod image;
mod subject;

use std::net::IpAddr;

use regulars_kernel::{
    Actor, ApiKeyId, ApplicationId, CampaignId, ConnectionId, IntentId, LoyaltyCardId, MerchantId,
    OfferId, OrderId, OrderItemId, Page, PageRequest, Permission, PersonId, ProductId, RewardId,
    RoleId, SaleReviewId, StoreGroupId, StoreId, SyncReviewId, SyncRunId, Timestamp, Violations,
    VisitId,
    page::{KeyKind, Keyed, Order, SortField, SortKey, Term},
};

use crate::{AuditStore, AuthError};

pub use field::Field;
pub use image::{Change, Image, MAX_VALUE_CHARS};
pub use subject::{Subject, View, entries};

/// The most characters of an action or of a reason; the API's own names are shorter.
pub const MAX_NAME_CHARS: usize = 64;

/// Declares a closed list of words, as the database has them.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the database.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one of that word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    )+};
}

words! {
    /// What kind of asker somebody was.
    DoerKind {
        /// Nobody known: whoever signs up, logs in or presents a token.
        Anonymous = "anonymous",
        /// A registered consumer.
        Consumer = "consumer",
        /// One of a merchant's people, who acts in the merchant's name.
        Staff = "staff",
        /// A merchant's app, by one of its keys, in the merchant's name or in that of whoever holds it.
        App = "app",
        /// One of the platform's people.
        Platform = "platform",
        /// A program, in the merchant's name.
        System = "system",
    }
    /// What kind of thing an entry is about.
    TargetKind {
        /// A person: a customer, an account, a member of staff.
        Person = "person",
        /// A role.
        Role = "role",
        /// A loyalty card.
        LoyaltyCard = "loyalty_card",
        /// An application.
        Application = "application",
        /// A key of an application.
        ApiKey = "api_key",
        /// A store.
        Store = "store",
        /// A store group.
        StoreGroup = "store_group",
        /// A product.
        Product = "product",
        /// An order.
        Order = "order",
        /// A line of an order.
        OrderItem = "order_item",
        /// A reward.
        LoyaltyReward = "loyalty_reward",
        /// A campaign.
        Campaign = "campaign",
        /// An offer.
        Offer = "offer",
        /// A visit.
        Visit = "visit",
        /// A sale or a visit that somebody has to look at.
        SaleReview = "sale_review",
        /// A system that the merchant has connected.
        SyncConnection = "sync_connection",
        /// A run of one of them.
        SyncRun = "sync_run",
        /// A question that one of them raises.
        SyncReview = "sync_review",
        /// A promise of a redemption.
        RedemptionIntent = "redemption_intent",
        /// A use of an offer.
        Redemption = "redemption",
        /// A use of points.
        PointsRedemption = "points_redemption",
        /// A use of stamps.
        StampsRedemption = "stamps_redemption",
    }
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doer {
    /// As what.
    pub kind: DoerKind,
    /// The person, where it was one who is known; of an app whoever holds it.
    pub person: Option<PersonId>,
    /// The app, where it was one.
    pub app: Option<ApplicationId>,
}

impl From<&Actor> for Doer {
    fn from(actor: &Actor) -> Self {
        let kind = match actor {
            Actor::Anonymous => DoerKind::Anonymous,
            Actor::Consumer { .. } => DoerKind::Consumer,
            Actor::Staff { .. } => DoerKind::Staff,
            Actor::App { .. } => DoerKind::App,
            Actor::Platform { .. } => DoerKind::Platform,
            Actor::System { .. } => DoerKind::System,
        };
        Self { kind, person: actor.person(), app: actor.app() }
    }
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Of which kind.
    pub kind: TargetKind,
    /// Its number.
    pub id: i64,
}

macro_rules! targets {
    ($($id:ty => $kind:ident,)+) => {$(
        impl From<$id> for Target {
            fn from(id: $id) -> Self {
                Self { kind: TargetKind::$kind, id: id.get() }
            }
        }
    )+};
}

targets! {
    PersonId => Person,
    RoleId => Role,
    LoyaltyCardId => LoyaltyCard,
    ApplicationId => Application,
    ApiKeyId => ApiKey,
    StoreId => Store,
    StoreGroupId => StoreGroup,
    ProductId => Product,
    OrderId => Order,
    OrderItemId => OrderItem,
    RewardId => LoyaltyReward,
    CampaignId => Campaign,
    OfferId => Offer,
    VisitId => Visit,
    SaleReviewId => SaleReview,
    ConnectionId => SyncConnection,
    SyncRunId => SyncRun,
    SyncReviewId => SyncReview,
    IntentId => RedemptionIntent,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Done,
    /// It was refused, for a reason that the API has a code for.
    Refused(String),
}

/// Whose log has an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// The platform's: no merchant is concerned.
    Platform,
    /// A merchant's.
    Merchant(MerchantId),
    /// That of the merchant for whom somebody works; the platform's, where they work for none. Found out while the entry is
    /// written, by the same statement for everybody. `Platform` scope only.
    Employer(PersonId),
}

/// An entry to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// When.
    pub at: Timestamp,
    /// Whose log has it.
    pub log: Log,
    /// Who did it.
    pub doer: Doer,
    /// The root field of the API: 1 to [`MAX_NAME_CHARS`] characters.
    pub action: String,
    /// What it is about, where that is one thing and known.
    pub target: Option<Target>,
    /// What came of it.
    pub outcome: Outcome,
    /// What is different now. Personal values are the target's, or those of an address that is nobody's.
    pub changes: Vec<Change>,
    /// Names the request in logs and answers.
    pub request_id: String,
    /// Who connected; a proxy, where there is one.
    pub peer: Option<IpAddr>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// Whose log has it; none for the platform's.
    pub merchant: Option<MerchantId>,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub doer: Doer,
    /// The root field of the API.
    pub action: String,
    /// What it is about.
    pub target: Option<Target>,
    /// What came of it.
    pub outcome: Outcome,
    /// What it changed, as far as it was not erased.
    pub changes: Vec<Change>,
    /// Names the request in logs and answers.
    pub request_id: String,
    /// From where, unless it was erased.
    pub peer: Option<String>,
}

/// Which entries of a merchant's log. All that is set holds together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// What this person did, be it through an app.
    pub person: Option<PersonId>,
    /// What this app did.
    pub app: Option<ApplicationId>,
    /// This action.
    pub action: Option<String>,
    /// What is about this.
    pub target: Option<Target>,
    /// Whether it was refused.
    pub refused: Option<bool>,
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub before: Option<Timestamp>,
}

/// What the log can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditSort {
    /// When it happened.
    CreatedAt,
}

impl SortField for AuditSort {
    const LIST: &'static str = "auditLog";

    fn from_name(name: &str) -> Option<Self> {
        (name == "createdAt").then_some(Self::CreatedAt)
    }

    fn name(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::CreatedAt => KeyKind::Int,
        }
    }

    fn all() -> &'static [Self] {
        &[Self::CreatedAt]
    }

    fn default_order() -> Order<Self> {
        let newest = Term { field: Self::CreatedAt, descending: true };
        Order { terms: vec![newest], pk_descending: true }
    }
}

impl Keyed<AuditSort> for Entry {
    fn sort_key(&self, field: AuditSort) -> SortKey {
        match field {
            AuditSort::CreatedAt => SortKey::Int(self.at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.id
    }
}

/// A page of the log of the asker's merchant. Needs [`Permission::ViewAudit`]; values that tell of a person need
/// [`Permission::ViewConsumer`] and [`Permission::ChangeStaff`] beside it, but for what one did oneself.
pub fn list(
    tx: &mut impl AuditStore,
    actor: &Actor,
    filter: &AuditFilter,
    page: &PageRequest<AuditSort>,
) -> Result<Page<Entry>, AuthError> {
    let merchant = actor.require(Permission::ViewAudit)?;
    Ok(tx.list_audit(merchant, filter, page)?.map(|entry| shown(entry, actor)))
}

/// How many entries [`list`] has on all its pages. Needs [`Permission::ViewAudit`].
pub fn count(
    tx: &mut impl AuditStore,
    actor: &Actor,
    filter: &AuditFilter,
) -> Result<u64, AuthError> {
    let merchant = actor.require(Permission::ViewAudit)?;
    Ok(tx.count_audit(merchant, filter)?)
}

/// One entry of the log of the asker's merchant. Needs [`Permission::ViewAudit`].
pub fn find(tx: &mut impl AuditStore, actor: &Actor, id: i64) -> Result<Option<Entry>, AuthError> {
    let merchant = actor.require(Permission::ViewAudit)?;
    Ok(tx.find_audit(merchant, id)?.map(|entry| shown(entry, actor)))
}

/// The entry without what the asker may not see. Of whom it tells is not kept: whoever lacks one of the two permissions sees
/// no value of anybody's but what they did themselves.
fn shown(mut entry: Entry, actor: &Actor) -> Entry {
    let sees_all = [Permission::ViewConsumer, Permission::ChangeStaff]
        .into_iter()
        .all(|permission| actor.require(permission).is_ok());
    let own = entry.doer.person.is_some() && entry.doer.person == actor.person();
    if !sees_all && !own {
        entry.changes.retain(|change| !change.field().is_personal());
        entry.peer = None;
    }
    // From where consumers come is theirs to share with nobody.
    if entry.doer.kind == DoerKind::Consumer && !own {
        entry.peer = None;
    }
    entry
}

/// Refuses names that no action has.
pub fn check_action(argument: &'static str, name: &str) -> Result<(), Violations> {
    regulars_kernel::text::check_line(name, MAX_NAME_CHARS)
        .map_err(|rule| Violations::of(argument, rule))
}
