//! Hiring and dismissing staff, and what they are given.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_auth::{
    AuthError,
    mail::MailSeed,
    staff::{self, NewStaff},
};
use regulars_customer::input::AccountFields;
use regulars_kernel::{Actor, Permission, PersonId, RoleId, Scope, StoreGroupId, StoreId};
use regulars_persistence::Tx;

use super::{permission, role::ROLE};
use crate::{
    argument::{Faults, pk},
    context::Context,
    customer::{
        choice::UserCountry,
        user::{IUserNodeValue, USER, account},
    },
    error::ApiError,
    global_id::Id,
    merchant::{MerchantNode, store::STORE, store_group::STORE_GROUP},
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::{Date, ExpectedErrorType},
    trail::About,
};

/// Somebody who is to work for the merchant.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateMerchantInput {
    /// What they log in with.
    pub email: String,
    /// The first name: at most 150 characters.
    pub firstname: String,
    /// The last name: at most 150 characters.
    pub lastname: String,
    /// The birth date, from 1900 to today.
    pub birthday: Option<Date>,
    /// A phone number: international, or national where the country is told.
    pub phone_number: Option<String>,
    /// The country.
    pub country: Option<UserCountry>,
    /// The city: at most 150 characters.
    pub city: Option<String>,
    /// The zip code: at most 20 characters.
    pub zip_code: Option<String>,
    /// The street address: at most 150 characters.
    pub street: Option<String>,
    /// The stores where they work.
    pub stores: Option<Vec<Id>>,
    /// Whether they work in every store, future ones included.
    pub all_stores: Option<bool>,
    /// Their roles.
    pub roles: Option<Vec<Id>>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// A member of staff to be dismissed.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteMerchantInput {
    /// The member of staff.
    pub id: Id,
    /// Whether the keys that they made for the merchant's apps end with their job: true unless it says otherwise. Look through
    /// `applications { apiKeys { creator } }` before.
    pub revoke_api_keys: Option<bool>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A member of staff, and a role that they are given or lose.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct MerchantRoleInput {
    /// The member of staff.
    pub merchant_id: Id,
    /// The role.
    pub role_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A member of staff, and a permission that they are given or lose.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct MerchantPermissionInput {
    /// The member of staff.
    pub merchant_id: Id,
    /// The permission: its id or its codename.
    pub permission_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A member of staff, and a store that they are given or lose.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct MerchantStoreInput {
    /// The member of staff.
    pub merchant_id: Id,
    /// The store.
    pub store_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A member of staff, and a store group that they are given or lose.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct MerchantStoreGroupInput {
    /// The member of staff.
    pub merchant_id: Id,
    /// The store group.
    pub store_group_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of a mutation of a member of staff.
pub struct MerchantPayload {
    errors: Option<ExpectedErrorType>,
    merchant: Option<PersonId>,
    revoked: Option<usize>,
}

/// The answer of a mutation of a member of staff.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl MerchantPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The member of staff afterwards.
    fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
        let Some(id) = self.merchant else { return Ok(None) };
        Ok(match account(context, id)? {
            Some(IUserNodeValue::MerchantNode(node)) => Some(node),
            Some(IUserNodeValue::ConsumerNode(_)) | None => None,
        })
    }

    /// How many keys that they had made for the merchant's apps were revoked with their dismissal; null for all else.
    fn revoked_api_keys(&self) -> Option<i32> {
        self.revoked.and_then(|keys| i32::try_from(keys).ok())
    }
}

/// What the root fields answer.
type Answer = Result<MerchantPayload, ApiError>;

fn payload(outcome: Outcome<PersonId>) -> MerchantPayload {
    let (merchant, errors) = outcome.split();
    MerchantPayload { errors, merchant, revoked: None }
}

/// Turns a fault of an argument, found before anything ran, into the payload's errors.
fn or_refusal(asked: &Asked<'_, '_>, result: Answer) -> Answer {
    result.or_else(|error| turned_down(asked, error).map(payload))
}

fn role_id(argument: &'static str, id: &Id) -> Result<RoleId, ApiError> {
    pk(argument, id, ROLE).map(RoleId::new)
}

fn store_id(argument: &'static str, id: &Id) -> Result<StoreId, ApiError> {
    pk(argument, id, STORE).map(StoreId::new)
}

fn store_group_id(argument: &'static str, id: &Id) -> Result<StoreGroupId, ApiError> {
    pk(argument, id, STORE_GROUP).map(StoreGroupId::new)
}

/// Who may change staff.
const CHANGE: Needs = Needs::Permission(Permission::ChangeStaff);

fn new_staff(input: CreateMerchantInput) -> (NewStaff, Faults) {
    let mut faults = Faults::default();
    let new = NewStaff {
        roles: faults.pks("roles", input.roles.as_deref().unwrap_or_default(), ROLE),
        stores: faults.pks("stores", input.stores.as_deref().unwrap_or_default(), STORE),
        all_stores: input.all_stores.unwrap_or(false),
        fields: AccountFields {
            email: input.email,
            firstname: input.firstname,
            lastname: input.lastname,
            phone_number: input.phone_number,
            birthday: input.birthday.map(|Date(day)| day.to_string()),
            country: input.country.map(|country| country.name().to_owned()),
            city: input.city,
            street: input.street,
            zip_code: input.zip_code,
            gender: None,
        },
    };
    (new, faults)
}

pub(crate) fn create_merchant(asked: &Asked<'_, '_>, input: CreateMerchantInput) -> Answer {
    let (new, faults) = new_staff(input);
    let call = Call::of(asked, CHANGE).of_thing(About::Staff(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let seed = MailSeed::draw(asked.context().authority(), &mut rand::rng());
    let outcome = asked.context().mutate_within(Scope::Platform, &call, move |tx| {
        faults.beside(staff::create(tx, &actor, &new, &seed, now).map_err(ApiError::from))
    })?;
    Ok(payload(outcome))
}

pub(crate) fn delete_merchant(asked: &Asked<'_, '_>, input: &DeleteMerchantInput) -> Answer {
    or_refusal(
        asked,
        pk("id", &input.id, USER).map(PersonId::new).and_then(|id| {
            let call = Call::of(asked, CHANGE).about("id").of_thing(About::Staff(Some(id)));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let revoke_keys = input.revoke_api_keys.unwrap_or(true);
            let outcome = asked.context().mutate_within(Scope::Platform, &call, move |tx| {
                staff::delete(tx, &actor, id, revoke_keys, now)
            })?;
            let (closed, errors) = outcome.split();
            let revoked = closed.as_ref().map(|closed| closed.revoked.len());
            Ok(MerchantPayload { errors, merchant: closed.map(|closed| closed.person), revoked })
        }),
    )
}

/// One of the mutations that give a member of staff something, named by another argument, or take it away.
fn change<W: Copy + Send + 'static>(
    asked: &Asked<'_, '_>,
    merchant_id: &Id,
    argument: &'static str,
    what: Result<W, ApiError>,
    use_case: fn(&mut Tx<'_>, &Actor, PersonId, W) -> Result<PersonId, AuthError>,
) -> Answer {
    let person = pk("merchantId", merchant_id, USER).map(PersonId::new);
    or_refusal(
        asked,
        person.and_then(|person| Ok((person, what?))).and_then(|(person, what)| {
            let call = Call::of(asked, CHANGE).of_thing(About::Post(person));
            let actor = asked.context().actor().clone();
            let outcome = asked.context().mutate(&call, move |tx| {
                use_case(tx, &actor, person, what).map_err(|error| {
                    let is_person = matches!(error, AuthError::StaffNotFound);
                    ApiError::from(error).about(if is_person { "merchantId" } else { argument })
                })
            })?;
            Ok(payload(outcome))
        }),
    )
}

/// Makes the root field of such a mutation.
macro_rules! changes {
    ($($name:ident: $input:ident, $argument:literal $field:ident, $read:expr, $use_case:path;)+) => {$(
        pub(crate) fn $name(asked: &Asked<'_, '_>, input: &$input) -> Answer {
            let what = $read($argument, &input.$field);
            change(asked, &input.merchant_id, $argument, what, |tx, actor, person, what| {
                $use_case(tx, actor, person, what)
            })
        }
    )+};
}

changes! {
    add_role: MerchantRoleInput, "roleId" role_id, role_id, staff::add_role;
    remove_role: MerchantRoleInput, "roleId" role_id, role_id, staff::remove_role;
    add_permission: MerchantPermissionInput,
        "permissionId" permission_id, permission::named, staff::add_permission;
    remove_permission: MerchantPermissionInput,
        "permissionId" permission_id, permission::named, staff::remove_permission;
    add_store: MerchantStoreInput, "storeId" store_id, store_id, staff::add_store;
    remove_store: MerchantStoreInput, "storeId" store_id, store_id, staff::remove_store;
    add_store_group: MerchantStoreGroupInput,
        "storeGroupId" store_group_id, store_group_id, staff::add_store_group;
    remove_store_group: MerchantStoreGroupInput,
        "storeGroupId" store_group_id, store_group_id, staff::remove_store_group;
}
