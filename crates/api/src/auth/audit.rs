//! `AuditEntryNode`: who did what or was refused it; and the list `auditLog` of a merchant.

use std::sync::Arc;

use juniper::{GraphQLEnum, GraphQLObject};
use regulars_auth::audit::{
    self, AuditFilter, AuditSort, Change, DoerKind, Entry, Outcome, Target, TargetKind,
};
use regulars_kernel::{
    ApplicationId, PageRequest, Permission, PersonId, Rule, Violations,
    page::{Keyed, PageArguments, SortKey},
};

use super::{api_key::API_KEY, application::APPLICATION, role::ROLE};
use crate::{
    connection::{Count, connection},
    context::Context,
    customer::user::USER,
    error::ApiError,
    fast::Fast,
    global_id::{Id, Named, pk_field},
    loyalty::{
        card::LOYALTY_CARD,
        intent::REDEMPTION_INTENT,
        redemption::{POINTS_REDEMPTION, REDEMPTION, STAMPS_REDEMPTION},
        reward::LOYALTY_REWARD,
    },
    merchant::{product::PRODUCT, store::STORE, store_group::STORE_GROUP},
    node::NodeValue,
    order::{item::ORDER_ITEM, node::ORDER, review::SALE_REVIEW, visit::VISIT},
    promotion::{campaign::CAMPAIGN, offer::OFFER},
    scalar::{DateTime, DateTimeArgument},
    source::{connection::SYNC_CONNECTION, review::SYNC_REVIEW, run::SYNC_RUN},
};

/// The type name in global ids.
pub const AUDIT_ENTRY: &str = "AuditEntryNode";

/// An entry.
#[derive(Clone)]
pub struct Deed(Arc<Entry>);

/// An entry; its scalar fields take the short way.
pub type AuditEntryNode = Fast<Deed>;

/// What kind of asker somebody was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLEnum)]
pub enum AuditActorType {
    /// Nobody known: whoever signs up, logs in or presents a token.
    Anonymous,
    /// A registered consumer.
    Consumer,
    /// One of a merchant's people, who acts in the merchant's name.
    Staff,
    /// One of the merchant's apps, by a key.
    App,
    /// One of the platform's people.
    Platform,
    /// A program, in the merchant's name.
    System,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLEnum)]
pub enum AuditOutcome {
    /// It happened.
    Done,
    /// It was refused.
    Refused,
}

crate::leaf_enums!(AuditActorType, AuditOutcome);

/// A field that is different now.
#[derive(Clone, Debug, GraphQLObject)]
pub struct AuditChange {
    /// The name of the field.
    field: String,
    /// What it was; null where it had no value. Lists have commas between their parts, long values end with `…`.
    before: Option<String>,
    /// What it is; null where it has no value.
    after: Option<String>,
}

impl From<&Change> for AuditChange {
    fn from(change: &Change) -> Self {
        Self {
            field: change.field().name().to_owned(),
            before: change.before().map(str::to_owned),
            after: change.after().map(str::to_owned),
        }
    }
}

const fn type_name(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Person => USER,
        TargetKind::Role => ROLE,
        TargetKind::LoyaltyCard => LOYALTY_CARD,
        TargetKind::Application => APPLICATION,
        TargetKind::ApiKey => API_KEY,
        TargetKind::Store => STORE,
        TargetKind::StoreGroup => STORE_GROUP,
        TargetKind::Product => PRODUCT,
        TargetKind::Order => ORDER,
        TargetKind::OrderItem => ORDER_ITEM,
        TargetKind::LoyaltyReward => LOYALTY_REWARD,
        TargetKind::Campaign => CAMPAIGN,
        TargetKind::Offer => OFFER,
        TargetKind::Visit => VISIT,
        TargetKind::SaleReview => SALE_REVIEW,
        TargetKind::SyncConnection => SYNC_CONNECTION,
        TargetKind::SyncRun => SYNC_RUN,
        TargetKind::SyncReview => SYNC_REVIEW,
        TargetKind::RedemptionIntent => REDEMPTION_INTENT,
        TargetKind::Redemption => REDEMPTION,
        TargetKind::PointsRedemption => POINTS_REDEMPTION,
        TargetKind::StampsRedemption => STAMPS_REDEMPTION,
    }
}

fn target_of(id: &Id) -> Result<Target, Violations> {
    let wrong = |sentence: String| Violations::of("target_Id", Rule::Invalid(sentence));
    match id.parse() {
        Ok(Named::Global { kind, pk }) => {
            let known = TargetKind::ALL.iter().copied().find(|known| type_name(*known) == kind);
            let kind =
                known.ok_or_else(|| wrong(format!("Nothing is written down of a {kind}.")))?;
            Ok(Target { kind, id: pk })
        }
        Ok(Named::Pk(_)) => {
            Err(wrong("A global id is needed here: a bare pk says no type.".to_owned()))
        }
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// The arguments of `auditLog` beside those of paging.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuditArguments {
    pub(crate) actor: Option<Id>,
    pub(crate) action: Option<String>,
    pub(crate) target: Option<Id>,
    pub(crate) outcome: Option<AuditOutcome>,
    pub(crate) created_at_gte: Option<DateTimeArgument>,
    pub(crate) created_at_lt: Option<DateTimeArgument>,
}

impl AuditArguments {
    fn filter(self) -> Result<AuditFilter, Violations> {
        let mut wrong = Violations::new();
        let given = |id: Option<Id>| id.filter(|id| !id.is_empty());
        let (mut person, mut app) = (None, None);
        match given(self.actor).map(|id| (id.pk(APPLICATION), id.parse(), id.pk(USER))) {
            Some((Ok(pk), Ok(Named::Global { .. }), _)) => app = Some(ApplicationId::new(pk)),
            Some((_, _, pk)) => {
                let pk = pk.map_err(|error| Rule::Invalid(error.to_string()));
                person = wrong.check("actor_Id", pk).map(PersonId::new);
            }
            None => {}
        }
        let target = given(self.target).map(|id| target_of(&id)).transpose();
        let target = target.unwrap_or_else(|fault| {
            wrong.extend(fault);
            None
        });
        let action = self.action.filter(|name| !name.is_empty());
        if let Some(name) = &action
            && let Err(fault) = audit::check_action("action", name)
        {
            wrong.extend(fault);
        }
        wrong.into_result()?;
        Ok(AuditFilter {
            person,
            app,
            action,
            target,
            refused: self.outcome.map(|outcome| outcome == AuditOutcome::Refused),
            from: DateTimeArgument::instant(self.created_at_gte),
            before: DateTimeArgument::instant(self.created_at_lt),
        })
    }
}

/// A page of the log of the asker's merchant.
pub(crate) fn list(
    context: &Context,
    arguments: AuditArguments,
    paging: &PageArguments,
) -> Result<AuditEntryNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require(Permission::ViewAudit)?;
    let page = PageRequest::<AuditSort>::parse(paging, "auditLog")?;
    let filter = arguments.filter()?;
    let found = context.read(|tx| audit::list(tx, actor, &filter, &page))?;
    let count =
        Count::asked(move |context| context.read(|tx| audit::count(tx, context.actor(), &filter)));
    Ok(AuditEntryNodeConnection::new(found.map(node), page.order, count))
}

/// One entry; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: i64) -> Result<Option<AuditEntryNode>, ApiError> {
    let actor = context.actor();
    if actor.require(Permission::ViewAudit).is_err() {
        return Ok(None);
    }
    Ok(context.read(|tx| audit::find(tx, actor, id))?.map(node))
}

fn node(entry: Entry) -> AuditEntryNode {
    Fast(Deed(Arc::new(entry)))
}

impl Keyed<AuditSort> for AuditEntryNode {
    fn sort_key(&self, field: AuditSort) -> SortKey {
        self.0.0.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.0.id
    }
}

crate::fast_object! {
    #[graphql(name = "AuditEntryNode", context = Context, impl = [NodeValue])]
    /// Something that was done, or refused. It says ids and no names: what tells of people is in `changes` and `peer`, and goes
    /// when they are erased.
    impl Deed {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(AUDIT_ENTRY, self.0.id) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id) }
            /// When.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.at) }
            /// As what somebody acted.
            "actorType" => fn actor_type(&self) -> AuditActorType {
                match self.0.doer.kind {
                    DoerKind::Anonymous => AuditActorType::Anonymous,
                    DoerKind::Consumer => AuditActorType::Consumer,
                    DoerKind::Staff => AuditActorType::Staff,
                    DoerKind::App => AuditActorType::App,
                    DoerKind::Platform => AuditActorType::Platform,
                    DoerKind::System => AuditActorType::System,
                }
            }
            /// The person or the app that acted; null for other programs and for those who are not known.
            "actorId" => fn actor_id(&self) -> Option<Id> {
                let app = self.0.doer.app.map(|app| Id::global(APPLICATION, app.get()));
                app.or_else(|| self.0.doer.person.map(|person| Id::global(USER, person.get())))
            }
            /// In whose name they acted: the merchant, or of an app whoever held it; null for those who act for themselves.
            "onBehalfOfId" => fn on_behalf_of_id(&self) -> Option<Id> {
                let in_its_name =
                    matches!(self.0.doer.kind, DoerKind::Staff | DoerKind::App | DoerKind::System);
                let holder = self.0.doer.app.and(self.0.doer.person).map(|person| Id::global(USER, person.get()));
                let merchant = self.0.merchant.filter(|_| in_its_name);
                holder.or_else(|| merchant.map(|merchant| Id::global(USER, merchant.get())))
            }
            /// What they did: the name of the mutation, or of the query that was refused.
            "action" => fn action(&self) -> &str { &self.0.action }
            /// What it is about: a customer, a member of staff, a role, a loyalty card, a reward, an application, a key, a store, an order, a
            /// line, a visit; null where that is not
            /// one thing, or none that was found.
            "targetId" => fn target_id(&self) -> Option<Id> {
                self.0.target.map(|target| Id::global(type_name(target.kind), target.id))
            }
            /// Whether it happened.
            "outcome" => fn outcome(&self) -> AuditOutcome {
                match self.0.outcome {
                    Outcome::Done => AuditOutcome::Done,
                    Outcome::Refused(_) => AuditOutcome::Refused,
                }
            }
            /// The code of the refusal, as the API answered it; `token_reused` for a refresh token that was used a second time.
            "code" => fn code(&self) -> Option<&str> {
                match &self.0.outcome {
                    Outcome::Done => None,
                    Outcome::Refused(code) => Some(code),
                }
            }
            /// Names the request: the header `X-Request-Id` of its answer.
            "requestId" => fn request_id(&self) -> &str { &self.0.request_id }
            /// The address that it came from (a proxy's, where there is one); null where it is not known, was erased, or is not for
            /// the asker to see.
            "peer" => fn peer(&self) -> Option<&str> { self.0.peer.as_deref() }
        }
        fields {
            /// What it changed. Values that tell of people are there for those who hold `view_consumer` and `change_staff` too.
            fn changes(&self) -> Vec<AuditChange> {
                self.0.changes.iter().map(AuditChange::from).collect()
            }
        }
    }
}

connection!(
    AuditEntryNodeConnection,
    AuditEntryNodeEdge,
    AuditEntryNode,
    AuditSort,
    "A page of an audit log.",
    "One of the entries."
);
