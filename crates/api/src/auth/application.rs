//! `ApplicationNode`: a program that asks for the merchant by keys of its own. `applications`, and the mutations of
//! applications.

use std::sync::Arc;

use juniper::{GraphQLInputObject, Nullable, graphql_object};
use regulars_auth::{
    AppId, Application, AuthError,
    application::{self, ApplicationPatch, Draft},
};
use regulars_kernel::{
    ApplicationId, PageRequest, Permission, Permissions, PersonId, StoreAccess, StoreId,
    page::{Keyed, PageArguments, SortKey},
    pk_sort,
};
use regulars_merchant::StoreSort;

use super::{
    api_key::{self, ApiKeyNodeConnection},
    permission::{self, PermissionNodeConnection},
};
use crate::{
    argument::{pk, pks},
    connection::{connection, paging},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    merchant::{self, MerchantNode, StoreNodeConnection, store, store::STORE},
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    node::NodeValue,
    scalar::{DateTime, ExpectedErrorType},
    trail::About,
};

/// The type name in global ids.
pub const APPLICATION: &str = "ApplicationNode";

/// A program that asks for the merchant, among those it was loaded with.
#[derive(Clone)]
pub struct Registered {
    application: Arc<Application>,
    level: Arc<Level<ApplicationId>>,
    /// The stores of the whole level.
    stores: Arc<Level<StoreId>>,
    /// Who registered the whole level.
    creators: Arc<Level<PersonId>>,
}

/// An application; its scalar fields take the short way.
pub type ApplicationNode = Fast<Registered>;

pk_sort! {
    /// What a list of applications can be ordered by: the pk alone.
    pub enum ApplicationSort of "applications"
}

impl Keyed<ApplicationSort> for ApplicationNode {
    fn sort_key(&self, field: ApplicationSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.application.id.get()
    }
}

/// A page of the applications of the asker's merchant.
pub(crate) fn list(
    context: &Context,
    paging: &PageArguments,
) -> Result<ApplicationNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require(Permission::ChangeApp)?;
    let request = PageRequest::<ApplicationSort>::parse(paging, "applications")?;
    let found = context.read(|tx| application::list(tx, actor))?;
    Ok(ApplicationNodeConnection::cut(nodes(found), request))
}

/// One application; none where the asker sees none of that id.
pub(crate) fn find(
    context: &Context,
    id: ApplicationId,
) -> Result<Option<ApplicationNode>, ApiError> {
    let actor = context.actor();
    let found =
        context.read(|tx| application::get(tx, actor, id).map(Some).or_else(none_if_absent))?;
    Ok(found.and_then(|found| nodes(vec![found]).pop()))
}

/// What is not there, or not for the asker, is no error where a node is asked for by its id.
pub(super) fn none_if_absent<T>(error: AuthError) -> Result<Option<T>, AuthError> {
    match error {
        AuthError::Denied(_) | AuthError::ApplicationNotFound | AuthError::ApiKeyNotFound => {
            Ok(None)
        }
        other => Err(other),
    }
}

fn nodes(applications: Vec<Application>) -> Vec<ApplicationNode> {
    let level = Level::of(applications.iter().map(|one| one.id));
    let named = applications.iter().flat_map(|one| match &one.stores {
        StoreAccess::All => &[],
        StoreAccess::Only(stores) => stores.as_slice(),
    });
    let stores = Level::distinct(named.copied());
    let creators = Level::distinct(applications.iter().filter_map(|one| one.creator));
    let node = |application| {
        Fast(Registered {
            application: Arc::new(application),
            level: Arc::clone(&level),
            stores: Arc::clone(&stores),
            creators: Arc::clone(&creators),
        })
    };
    applications.into_iter().map(node).collect()
}

crate::fast_object! {
    #[graphql(name = "ApplicationNode", context = Context, impl = [NodeValue])]
    /// A program that a merchant lets ask for it, by API keys, within permissions and stores.
    impl Registered {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(APPLICATION, self.application.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.application.id.get()) }
            /// What its requests carry in the header `X-App-Id`: a UUID, no secret.
            "appId" => fn app_id(&self) -> String { self.application.app_id.to_string() }
            /// What people call it.
            "name" => fn name(&self) -> &str { &self.application.name }
            /// Whether it reaches every store, future ones included.
            "allStores" => fn all_stores(&self) -> bool { self.application.stores == StoreAccess::All }
            /// How many units of requests it may spend within a minute; null for the usual number. A request is a unit, a
            /// costly one several.
            "requestsPerMinute" => fn requests_per_minute(&self) -> Option<i32> {
                self.application.requests_per_minute.and_then(|units| i32::try_from(units).ok())
            }
            /// When it was registered.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.application.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.application.updated_at) }
        }
        fields {
            /// What it may.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn permissions(
                &self,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk.")] order_by: Option<String>,
            ) -> Result<Option<PermissionNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                permission::page(self.application.permissions, &paging).map(Some)
            }

            /// The stores that it is kept to; none where it reaches all.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn stores(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "name, createdAt, updatedAt, pk.")] order_by: Option<String>,
            ) -> Result<Option<StoreNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                let request = PageRequest::<StoreSort>::parse(&paging, "stores")?;
                let own = match &self.application.stores {
                    StoreAccess::All => &[],
                    StoreAccess::Only(stores) => stores.as_slice(),
                };
                let rows = own.iter().map(|id| store::load(context, &self.stores, *id).transpose());
                let rows = rows.flatten().collect::<Result<Vec<_>, _>>()?;
                Ok(Some(StoreNodeConnection::cut(rows, request)))
            }

            /// Who registered it, by name, be it that they were dismissed since; null where that is not known.
            fn creator(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let Some(creator) = self.application.creator else { return Ok(None) };
                merchant::node::load_account(context, &self.creators, creator)
            }

            /// Its keys: those in force, and the last of those that are not any more.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn api_keys(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk.")] order_by: Option<String>,
            ) -> Result<Option<ApiKeyNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                api_key::page(context, &self.level, self.application.id, &paging).map(Some)
            }
        }
    }
}

connection!(
    ApplicationNodeConnection,
    ApplicationNodeEdge,
    ApplicationNode,
    ApplicationSort,
    "A page of a merchant's applications.",
    "One of a merchant's applications."
);

/// An application to be registered.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateApplicationInput {
    /// What people call it: 1 to 150 characters.
    pub name: String,
    /// What it may: ids or codenames of permissions, all of which whoever registers it holds.
    pub permissions: Vec<Id>,
    /// The stores that it is kept to: at most 500.
    pub stores: Option<Vec<Id>>,
    /// Whether it reaches every store, future ones included.
    pub all_stores: Option<bool>,
    /// How many units of requests it may spend within a minute: from 1 on, up to what the server allows. Usually 1000.
    pub requests_per_minute: Option<i32>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// Changes to an application: what is absent stays.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct UpdateApplicationInput {
    /// The application.
    pub id: Id,
    /// What people call it: 1 to 150 characters.
    pub name: Option<String>,
    /// What it may; the list replaces the one before.
    pub permissions: Option<Vec<Id>>,
    /// The stores that it is kept to; the list replaces the one before.
    pub stores: Option<Vec<Id>>,
    /// Whether it reaches every store.
    pub all_stores: Option<bool>,
    /// How many units of requests it may spend within a minute; null for the usual number.
    pub requests_per_minute: Nullable<i32>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// An application to be deleted.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteApplicationInput {
    /// The application.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of a mutation of an application.
pub struct ApplicationPayload {
    errors: Option<ExpectedErrorType>,
    application: Option<ApplicationId>,
}

/// The answer of a mutation of an application.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl ApplicationPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The application afterwards; null once it is deleted.
    fn application(&self, context: &Context) -> Result<Option<ApplicationNode>, ApiError> {
        self.application.map_or(Ok(None), |id| find(context, id))
    }
}

/// What the root fields answer.
type Answer = Result<ApplicationPayload, ApiError>;

fn payload(outcome: Outcome<ApplicationId>) -> ApplicationPayload {
    let (application, errors) = outcome.split();
    ApplicationPayload { errors, application }
}

/// Turns a fault of an argument, found before anything ran, into the payload's errors.
fn or_refusal(asked: &Asked<'_, '_>, result: Answer) -> Answer {
    result.or_else(|error| turned_down(asked, error).map(payload))
}

pub(super) fn application_id(argument: &'static str, id: &Id) -> Result<ApplicationId, ApiError> {
    pk(argument, id, APPLICATION).map(ApplicationId::new)
}

fn permissions(ids: &[Id]) -> Result<Permissions, ApiError> {
    ids.iter().map(|id| permission::named("permissions", id)).collect()
}

/// The argument that an error of a use case is about.
fn about(error: AuthError) -> ApiError {
    let argument = if matches!(error, AuthError::StoreNotFound) { "stores" } else { "id" };
    ApiError::from(error).about(argument)
}

/// Who may change applications.
pub(super) const CHANGE: Needs = Needs::Permission(Permission::ChangeApp);

pub(crate) fn create(asked: &Asked<'_, '_>, input: CreateApplicationInput) -> Answer {
    let draft = || {
        Ok::<_, ApiError>(Draft {
            permissions: permissions(&input.permissions)?,
            stores: pks("stores", input.stores.as_deref().unwrap_or_default(), STORE)?,
            all_stores: input.all_stores.unwrap_or(false),
            requests_per_minute: input.requests_per_minute,
            name: input.name,
        })
    };
    or_refusal(
        asked,
        draft().and_then(|draft| {
            let call = Call::of(asked, CHANGE).of_thing(About::Application(None));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let (app_id, most) = (AppId::draw(&mut rand::rng()), asked.context().most_requests());
            let outcome = asked.context().mutate(&call, move |tx| {
                application::create(tx, &actor, &draft, app_id, most, now).map_err(about)
            })?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn update(asked: &Asked<'_, '_>, input: UpdateApplicationInput) -> Answer {
    let patch = || {
        let id = application_id("id", &input.id)?;
        let patch = ApplicationPatch {
            permissions: input.permissions.as_deref().map(permissions).transpose()?,
            stores: input.stores.as_deref().map(|ids| pks("stores", ids, STORE)).transpose()?,
            all_stores: input.all_stores,
            requests_per_minute: input.requests_per_minute.explicit(),
            name: input.name,
        };
        Ok::<_, ApiError>((id, patch))
    };
    or_refusal(
        asked,
        patch().and_then(|(id, patch)| {
            let call = Call::of(asked, CHANGE).of_thing(About::Application(Some(id)));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let most = asked.context().most_requests();
            let outcome = asked.context().mutate(&call, move |tx| {
                application::update(tx, &actor, id, &patch, most, now).map_err(about)
            })?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn delete(asked: &Asked<'_, '_>, input: &DeleteApplicationInput) -> Answer {
    or_refusal(
        asked,
        application_id("id", &input.id).and_then(|id| {
            let call = Call::of(asked, CHANGE).about("id").of_thing(About::Application(Some(id)));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked
                .context()
                .mutate(&call, move |tx| application::delete(tx, &actor, id, now))?;
            Ok(payload(outcome))
        }),
    )
}
