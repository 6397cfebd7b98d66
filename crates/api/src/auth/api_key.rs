//! `ApiKeyNode`: a key by which an application asks. `createApiKey`, whose answer alone shows it, and `revokeApiKey`.

use std::{collections::HashMap, sync::Arc};

use juniper::{GraphQLInputObject, graphql_object};
use regulars_auth::{
    ApiKey, AuthError,
    api_key::{self, Draft, KeyPrefix, Secret},
};
use regulars_kernel::{
    ApiKeyId, ApplicationId, PageRequest, PersonId,
    page::{Keyed, PageArguments, SortKey},
    pk_sort,
};

use super::application::{CHANGE, application_id, none_if_absent};
use crate::{
    connection::connection,
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    merchant::{self, MerchantNode},
    mutation::{Asked, Call, Outcome, Receipt, turned_down},
    node::NodeValue,
    scalar::{DateTime, DateTimeArgument, ExpectedErrorType},
    trail::{About, Effect},
};

/// The type name in global ids.
pub const API_KEY: &str = "ApiKeyNode";

/// A key by which an application asks, among those it was loaded with.
#[derive(Clone)]
pub struct Opener {
    key: Arc<ApiKey>,
    /// Who made the keys of the whole level.
    creators: Arc<Level<PersonId>>,
}

/// A key; its scalar fields take the short way.
pub type ApiKeyNode = Fast<Opener>;

pk_sort! {
    /// What a list of keys can be ordered by: the pk alone.
    pub enum ApiKeySort of "apiKeys"
}

impl Keyed<ApiKeySort> for ApiKeyNode {
    fn sort_key(&self, field: ApiKeySort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.key.id.get()
    }
}

/// A page of the keys of one of a level of applications: one statement for all of them.
pub(super) fn page(
    context: &Context,
    level: &Level<ApplicationId>,
    of: ApplicationId,
    paging: &PageArguments,
) -> Result<ApiKeyNodeConnection, ApiError> {
    let request = PageRequest::<ApiKeySort>::parse(paging, "apiKeys")?;
    let keys = context.load(level, "apiKeys", of, |ids| {
        let actor = context.actor();
        let keys = context.read(|tx| api_key::list(tx, actor, ids))?;
        let mut per_application = HashMap::<_, Vec<ApiKeyNode>>::new();
        for node in nodes(keys) {
            per_application.entry(node.0.key.application).or_default().push(node);
        }
        Ok(per_application)
    })?;
    Ok(ApiKeyNodeConnection::cut(keys.unwrap_or_default(), request))
}

/// One key; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: ApiKeyId) -> Result<Option<ApiKeyNode>, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| api_key::get(tx, actor, id).map(Some).or_else(none_if_absent))?;
    Ok(found.and_then(|key| nodes(vec![key]).pop()))
}

fn nodes(keys: Vec<ApiKey>) -> Vec<ApiKeyNode> {
    let creators = Level::distinct(keys.iter().filter_map(|key| key.creator));
    let node = |key| Fast(Opener { key: Arc::new(key), creators: Arc::clone(&creators) });
    keys.into_iter().map(node).collect()
}

crate::fast_object! {
    #[graphql(name = "ApiKeyNode", context = Context, impl = [NodeValue])]
    /// A key by which an application asks, in the header `X-API-Key`. Of its secret nothing is kept that could be shown.
    impl Opener {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(API_KEY, self.key.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.key.id.get()) }
            /// What the key begins with, up to its dot.
            "prefix" => fn prefix(&self) -> &str { self.key.prefix.as_str() }
            /// What it is for.
            "name" => fn name(&self) -> &str { &self.key.name }
            /// When it was made.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.key.created_at) }
            /// From when on it opens nothing; null for never.
            "expiresAt" => fn expires_at(&self) -> Option<DateTime> { self.key.expires_at.map(DateTime) }
            /// When it was last used, to the minute; null where it never was.
            "lastUsedAt" => fn last_used_at(&self) -> Option<DateTime> { self.key.last_used_at.map(DateTime) }
            /// When it was revoked.
            "revokedAt" => fn revoked_at(&self) -> Option<DateTime> { self.key.revoked_at.map(DateTime) }
        }
        fields {
            /// Who made it, by name, be it that they were dismissed since; null where that is not known.
            fn creator(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let Some(creator) = self.key.creator else { return Ok(None) };
                merchant::node::load_account(context, &self.creators, creator)
            }
        }
    }
}

connection!(
    ApiKeyNodeConnection,
    ApiKeyNodeEdge,
    ApiKeyNode,
    ApiKeySort,
    "A page of an application's keys.",
    "One of an application's keys."
);

/// A key to be made.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateApiKeyInput {
    /// The application that is to ask by it.
    pub application_id: Id,
    /// What it is for: at most 150 characters.
    pub name: Option<String>,
    /// From when on it opens nothing; never where it is left out.
    pub expires_at: Option<DateTimeArgument>,
    /// The same key with the same input answers what the first call answered, without the API key: that is shown once.
    pub idempotency_key: Option<String>,
}

/// A key to be revoked.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct RevokeApiKeyInput {
    /// The key.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// What is remembered of a key that was made: enough to know whether it is the one at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Made {
    id: ApiKeyId,
    prefix: KeyPrefix,
}

impl Receipt for Made {
    fn effect(&self) -> Effect {
        Effect::of(self.id.get())
    }

    fn to_text(&self) -> String {
        format!("{}:{}", self.id, self.prefix)
    }

    fn parse(text: &str) -> Option<Self> {
        let (id, prefix) = text.split_once(':')?;
        Some(Self { id: id.parse().ok()?, prefix: KeyPrefix::parse(prefix)? })
    }
}

/// The answer of `createApiKey`.
pub struct CreateApiKeyPayload {
    errors: Option<ExpectedErrorType>,
    api_key: Option<ApiKeyId>,
    key: Option<Secret>,
}

/// The answer of `createApiKey`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl CreateApiKeyPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The key as it is listed from now on.
    fn api_key(&self, context: &Context) -> Result<Option<ApiKeyNode>, ApiError> {
        self.api_key.map_or(Ok(None), |id| find(context, id))
    }

    /// The key itself, `<prefix>.<secret>`: shown here, now, and nowhere again. Null where an idempotency key answers an
    /// earlier call.
    fn key(&self) -> Option<String> {
        self.key.as_ref().map(Secret::expose)
    }
}

/// The answer of a mutation of a key.
pub struct ApiKeyPayload {
    errors: Option<ExpectedErrorType>,
    api_key: Option<ApiKeyId>,
}

/// The answer of a mutation of a key.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl ApiKeyPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The key afterwards.
    fn api_key(&self, context: &Context) -> Result<Option<ApiKeyNode>, ApiError> {
        self.api_key.map_or(Ok(None), |id| find(context, id))
    }
}

/// The argument that an error of making a key is about.
fn about(error: AuthError) -> ApiError {
    ApiError::from(error).about("applicationId")
}

pub(crate) fn create(
    asked: &Asked<'_, '_>,
    input: CreateApiKeyInput,
) -> Result<CreateApiKeyPayload, ApiError> {
    let draft = application_id("applicationId", &input.application_id).map(|application| Draft {
        application,
        name: input.name,
        expires_at: input.expires_at.and_then(|DateTimeArgument(at)| at),
    });
    let outcome = draft.and_then(|draft| {
        let call = Call::of(asked, CHANGE).of_thing(About::ApiKey(None));
        let (actor, now) = (asked.context().actor().clone(), asked.context().now());
        let secret = Secret::draw(&mut rand::rng());
        let drawn = secret.clone();
        let outcome = asked.context().mutate(&call, move |tx| {
            let id = api_key::create(tx, &actor, &draft, &drawn, now).map_err(about)?;
            Ok::<_, ApiError>(Made { id, prefix: drawn.prefix().clone() })
        })?;
        Ok((outcome, Some(secret)))
    });
    let outcome = outcome.or_else(|error| turned_down(asked, error).map(|refused| (refused, None)));
    let (outcome, secret) = outcome?;
    let (made, errors) = outcome.split();
    // An outcome from before is another key's, and nobody has that any more.
    let key = secret.filter(|key| made.as_ref().is_some_and(|made| made.prefix == *key.prefix()));
    Ok(CreateApiKeyPayload { errors, api_key: made.map(|made| made.id), key })
}

pub(crate) fn revoke(
    asked: &Asked<'_, '_>,
    input: &RevokeApiKeyInput,
) -> Result<ApiKeyPayload, ApiError> {
    let payload = |outcome: Outcome<ApiKeyId>| {
        let (api_key, errors) = outcome.split();
        ApiKeyPayload { errors, api_key }
    };
    let id = input.id.pk(API_KEY).map_err(|error| ApiError::bad_id("id", &error));
    let answer = id.and_then(|id| {
        let id = ApiKeyId::new(id);
        let call = Call::of(asked, CHANGE).about("id").of_thing(About::ApiKey(Some(id)));
        let (actor, now) = (asked.context().actor().clone(), asked.context().now());
        let outcome =
            asked.context().mutate(&call, move |tx| api_key::revoke(tx, &actor, id, now))?;
        Ok(payload(outcome))
    });
    answer.or_else(|error| turned_down(asked, error).map(payload))
}
