//! `RoleNode`: a named set of permissions. `roles`, `role`, and the mutations of roles.

use std::{collections::HashMap, sync::Arc};

use juniper::{GraphQLInputObject, graphql_object};
use regulars_auth::{
    Role,
    role::{self, RolePatch},
};
use regulars_kernel::{
    PageRequest, Permission, Permissions, RoleId,
    page::{Keyed, PageArguments, SortKey},
    pk_sort,
};

use super::permission::{self, PermissionNodeConnection};
use crate::{
    argument::Faults,
    connection::{connection, paging},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    node::NodeValue,
    scalar::{DateTime, ExpectedErrorType},
    trail::About,
};

/// The type name in global ids.
pub const ROLE: &str = "RoleNode";

/// A named set of permissions.
#[derive(Clone)]
pub struct Bundle(Arc<Role>);

/// A role; its scalar fields take the short way.
pub type RoleNode = Fast<Bundle>;

pk_sort! {
    /// What a list of roles can be ordered by: the pk alone.
    pub enum RoleSort of "roles"
}

impl Keyed<RoleSort> for RoleNode {
    fn sort_key(&self, field: RoleSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.0.id.get()
    }
}

/// A page of the roles of the asker's merchant.
pub(crate) fn list(
    context: &Context,
    paging: &PageArguments,
) -> Result<RoleNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require(Permission::ChangeStaff)?;
    let request = PageRequest::<RoleSort>::parse(paging, "roles")?;
    let roles = context.read(|tx| role::list(tx, actor))?;
    Ok(RoleNodeConnection::cut(roles.into_iter().map(node).collect(), request))
}

/// One role; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn role(context: &Context, id: &Id) -> Result<RoleNode, ApiError> {
    let pk = id.pk(ROLE).map_err(|error| ApiError::bad_id("id", &error))?;
    let actor = context.actor();
    if actor.merchant().is_none() {
        return Err(ApiError::denied());
    }
    context
        .read(|tx| role::get(tx, actor, RoleId::new(pk)))
        .map(node)
        .map_err(|error| error.about("id"))
}

/// One role; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: RoleId) -> Result<Option<RoleNode>, ApiError> {
    Ok(by_ids(context, &[id])?.remove(&id))
}

/// The roles of those ids that the asker sees.
pub(super) fn by_ids(
    context: &Context,
    ids: &[RoleId],
) -> Result<HashMap<RoleId, RoleNode>, ApiError> {
    let actor = context.actor();
    let roles = context.read(|tx| role::list_by_ids(tx, actor, ids))?;
    Ok(roles.into_iter().map(|role| (role.id, node(role))).collect())
}

fn node(role: Role) -> RoleNode {
    Fast(Bundle(Arc::new(role)))
}

crate::fast_object! {
    #[graphql(name = "RoleNode", context = Context, impl = [NodeValue])]
    /// A named set of permissions that a merchant gives its people.
    impl Bundle {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(ROLE, self.0.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id.get()) }
            /// What people call it.
            "displayName" => fn display_name(&self) -> &str { &self.0.display_name }
            /// Whether it comes with every merchant; such roles cannot be changed or deleted.
            "system" => fn system(&self) -> bool { self.0.system.is_some() }
            /// Which of the system's it is (`owner`, `manager`, `cashier`, `analyst`); null for a merchant's own.
            "codename" => fn codename(&self) -> Option<&str> { self.0.system.map(regulars_kernel::SystemRole::codename) }
            /// When it was made.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.0.updated_at) }
        }
        fields {
            /// What it allows.
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
                permission::page(self.0.permissions, &paging).map(Some)
            }
        }
    }
}

connection!(
    RoleNodeConnection,
    RoleNodeEdge,
    RoleNode,
    RoleSort,
    "A page of roles.",
    "One of the roles."
);

/// A role to be made.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateRoleInput {
    /// What people call it: 1 to 150 characters.
    pub display_name: String,
    /// What it allows: ids or codenames of permissions, all of which whoever makes it holds.
    pub permissions: Vec<Id>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// Changes to a role: what is absent stays.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct UpdateRoleInput {
    /// The role.
    pub id: Id,
    /// What people call it: 1 to 150 characters.
    pub display_name: Option<String>,
    /// What it allows; the list replaces the one before.
    pub permissions: Option<Vec<Id>>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A role to be deleted.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteRoleInput {
    /// The role.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of a mutation of a role.
pub struct RolePayload {
    errors: Option<ExpectedErrorType>,
    role: Option<RoleId>,
}

/// The answer of a mutation of a role.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl RolePayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The role afterwards; null once it is deleted.
    fn role(&self, context: &Context) -> Result<Option<RoleNode>, ApiError> {
        self.role.map_or(Ok(None), |id| find(context, id))
    }
}

/// What the root fields answer.
type Answer = Result<RolePayload, ApiError>;

fn payload(outcome: Outcome<RoleId>) -> RolePayload {
    let (role, errors) = outcome.split();
    RolePayload { errors, role }
}

/// Turns a fault of an argument, found before anything ran, into the payload's errors.
fn or_refusal(asked: &Asked<'_, '_>, result: Answer) -> Answer {
    result.or_else(|error| turned_down(asked, error).map(payload))
}

fn role_id(id: &Id) -> Result<RoleId, ApiError> {
    id.pk(ROLE).map(RoleId::new).map_err(|error| ApiError::bad_id("id", &error))
}

fn permissions(ids: &[Id]) -> Result<Permissions, ApiError> {
    ids.iter().map(|id| permission::named("permissions", id)).collect()
}

/// Who may change roles.
const CHANGE: Needs = Needs::Permission(Permission::ChangeStaff);

pub(crate) fn create(asked: &Asked<'_, '_>, input: &CreateRoleInput) -> Answer {
    let mut faults = Faults::default();
    let named = |id| faults.keep("permissions", permission::named("permissions", id));
    let permissions: Permissions = input.permissions.iter().filter_map(named).collect();
    let name = input.display_name.clone();
    let call = Call::of(asked, CHANGE).of_thing(About::Role(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome = asked.context().mutate(&call, move |tx| {
        let made = role::create(tx, &actor, &name, permissions, now);
        faults.beside(made.map_err(ApiError::from))
    })?;
    Ok(payload(outcome))
}

pub(crate) fn update(asked: &Asked<'_, '_>, input: &UpdateRoleInput) -> Answer {
    let patch = || {
        let permissions = input.permissions.as_deref().map(permissions).transpose()?;
        let patch = RolePatch { display_name: input.display_name.clone(), permissions };
        Ok::<_, ApiError>((role_id(&input.id)?, patch))
    };
    or_refusal(
        asked,
        patch().and_then(|(id, patch)| {
            let call = Call::of(asked, CHANGE).about("id").of_thing(About::Role(Some(id)));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked
                .context()
                .mutate(&call, move |tx| role::update(tx, &actor, id, &patch, now))?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn delete(asked: &Asked<'_, '_>, input: &DeleteRoleInput) -> Answer {
    or_refusal(
        asked,
        role_id(&input.id).and_then(|id| {
            let call = Call::of(asked, CHANGE).about("id").of_thing(About::Role(Some(id)));
            let actor = asked.context().actor().clone();
            let outcome = asked.context().mutate(&call, move |tx| role::delete(tx, &actor, id))?;
            Ok(payload(outcome))
        }),
    )
}
