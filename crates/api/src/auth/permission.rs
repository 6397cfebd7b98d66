//! `PermissionNode`: something that a merchant's people may be allowed to do.

use regulars_kernel::{
    Actor, Denied, PageRequest, Permission, Permissions,
    page::{Keyed, PageArguments, SortKey},
    pk_sort,
};

use crate::{
    connection::connection,
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    node::NodeValue,
};

/// The type name in global ids.
pub const PERMISSION: &str = "PermissionNode";

/// One of the fixed list of permissions.
#[derive(Clone)]
pub struct Right(Permission);

/// A permission; its scalar fields take the short way.
pub type PermissionNode = Fast<Right>;

pk_sort! {
    /// What a list of permissions can be ordered by: the pk alone, which is the order of the documentation.
    pub enum PermissionSort of "permissions"
}

impl Keyed<PermissionSort> for PermissionNode {
    fn sort_key(&self, field: PermissionSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.0.number()
    }
}

/// The list is for those whom it concerns: a merchant's people, and the platform's.
const fn require_concerned(actor: &Actor) -> Result<(), Denied> {
    match actor {
        Actor::Staff { .. } | Actor::App { .. } | Actor::System { .. } | Actor::Platform { .. } => {
            Ok(())
        }
        Actor::Anonymous | Actor::Consumer { .. } => Err(Denied),
    }
}

/// A page of the permissions that there are.
pub(crate) fn list(
    context: &Context,
    paging: &PageArguments,
) -> Result<PermissionNodeConnection, ApiError> {
    require_concerned(context.actor())?;
    page(Permissions::all(), paging)
}

/// A page of a set of permissions.
pub(crate) fn page(
    permissions: Permissions,
    paging: &PageArguments,
) -> Result<PermissionNodeConnection, ApiError> {
    let request = PageRequest::<PermissionSort>::parse(paging, "permissions")?;
    let all = permissions.iter().map(Right).map(Fast).collect();
    Ok(PermissionNodeConnection::cut(all, request))
}

/// One permission; an error with the code `does_not_exist` where there is none of that id.
pub(crate) fn permission(context: &Context, id: &Id) -> Result<PermissionNode, ApiError> {
    require_concerned(context.actor())?;
    named("id", id).map(Right).map(Fast)
}

/// One permission by its number; none where there is none for the asker.
pub(crate) fn find(context: &Context, number: i64) -> Option<PermissionNode> {
    require_concerned(context.actor()).ok()?;
    Permission::from_number(number).map(Right).map(Fast)
}

/// The most characters of a word that is taken for a codename, and repeated.
const MAX_CODENAME: usize = 64;

/// The permission that an argument names: by a global id, a pk, or its codename.
pub(crate) fn named(argument: &'static str, id: &Id) -> Result<Permission, ApiError> {
    if let Some(permission) = Permission::from_codename(id.as_str()) {
        return Ok(permission);
    }
    // A word that is neither: what there is helps more than what an id looks like.
    let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !id.as_str().is_empty() && id.as_str().len() <= MAX_CODENAME && word(id.as_str()) {
        let all: Vec<_> = Permission::ALL.iter().map(|one| one.codename()).collect();
        let sentence = format!("There is no permission {id}. There are: {}.", all.join(", "));
        return Err(ApiError::invalid(argument, sentence));
    }
    let number = id.pk(PERMISSION).map_err(|error| ApiError::bad_id(argument, &error))?;
    Permission::from_number(number).ok_or(ApiError::absent(argument))
}

crate::fast_object! {
    #[graphql(name = "PermissionNode", context = Context, impl = [NodeValue])]
    /// Something that a merchant's people may be allowed to do.
    impl Right {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(PERMISSION, self.0.number()) }
            /// The primary key.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.number()) }
            /// The name in programs, which never changes: `view_consumer`.
            "codename" => fn codename(&self) -> &str { self.0.codename() }
            /// What people call it.
            "displayName" => fn display_name(&self) -> &str { self.0.display_name() }
        }
        fields {}
    }
}

connection!(
    PermissionNodeConnection,
    PermissionNodeEdge,
    PermissionNode,
    PermissionSort,
    "A page of permissions.",
    "One of the permissions."
);
