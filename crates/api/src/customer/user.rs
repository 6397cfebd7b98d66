//! What consumers and merchants have in common: the customers object of the documentation, as an interface.

use juniper::graphql_interface;
use regulars_customer::{Consumer, UserType, consumer};
use regulars_kernel::PersonId;

use crate::{
    context::Context,
    customer::{
        ConsumerNode,
        choice::{UserCountry, UserEntitySource, UserGender, UserMerchantType, UserUserType},
        node::alone,
    },
    error::ApiError,
    global_id::Id,
    merchant::{self, MerchantNode},
    scalar::{Date, DateTime, JSONString},
};

/// The type name in global ids of everyone, whoever asks.
pub const USER: &str = "IUserNode";

/// Makes a [`fast_object!`](crate::fast_object) of a type that has `fn user(&self) -> &Consumer`: the leaves of the
/// customers object, and what the type has of its own.
macro_rules! user_object {
    (
        #[graphql(name = $name:literal $(, $key:ident = $value:tt)* $(,)?)]
        $(#[$meta:meta])*
        impl $type:ident {
            leaves { $($leaves:tt)* }
            $(loaded { $($loaded:tt)* })?
            fields { $($fields:tt)* }
        }
    ) => {
        $crate::fast_object! {
            #[graphql(name = $name, context = Context, impl = [IUserNodeValue, NodeValue] $(, $key = $value)*)]
            $(#[$meta])*
            impl $type {
                leaves {
                    /// Unique ID: base64 of `IUserNode:pk`.
                    "id" => fn id(&self) -> Id { Id::global(USER, self.user().id.get()) }
                    /// The primary key; null past 32 bits.
                    "pk" => fn pk(&self) -> Option<i32> { pk_field(self.user().id.get()) }
                    /// The last time they logged in to the system.
                    "lastLogin" => fn last_login(&self) -> Option<DateTime> {
                        self.user().last_login.map(DateTime)
                    }
                    /// Custom fields, a JSON object of key/value pairs.
                    "extraInfo" => fn extra_info(&self) -> Option<JSONString> {
                        self.user().extra_info.as_ref().and_then(|info| JSONString::parse(info.as_str()))
                    }
                    /// When they were inactivated.
                    "deletedAt" => fn deleted_at(&self) -> Option<DateTime> {
                        self.user().deleted_at.map(DateTime)
                    }
                    /// Which side of the counter they are on.
                    "userType" => fn user_type(&self) -> UserUserType { self.user().user_type.into() }
                    /// The e-mail address.
                    "email" => fn email(&self) -> Option<&str> {
                        self.user().profile.email.as_ref().map(regulars_customer::EmailAddress::as_str)
                    }
                    /// The first name.
                    "firstname" => fn firstname(&self) -> &str { &self.user().profile.firstname }
                    /// The last name.
                    "lastname" => fn lastname(&self) -> &str { &self.user().profile.lastname }
                    /// The primary phone number, in E.164.
                    "phoneNumber" => fn phone_number(&self) -> Option<&str> {
                        self.user().profile.phone_number.as_ref().map(regulars_customer::PhoneNumber::as_str)
                    }
                    /// The birth date.
                    "birthday" => fn birthday(&self) -> Option<Date> { self.user().profile.birthday.map(Date) }
                    /// The gender.
                    "gender" => fn gender(&self) -> Option<UserGender> {
                        self.user().profile.gender.and_then(|gender| UserGender::of_name(gender.name()))
                    }
                    /// The country.
                    "country" => fn country(&self) -> Option<UserCountry> {
                        self.user().profile.country.and_then(|country| UserCountry::of_name(country.alpha2()))
                    }
                    /// The city.
                    "city" => fn city(&self) -> Option<&str> { self.user().profile.city.as_deref() }
                    /// The street address.
                    "street" => fn street(&self) -> Option<&str> { self.user().profile.street.as_deref() }
                    /// The zip code.
                    "zipCode" => fn zip_code(&self) -> Option<&str> { self.user().profile.zip_code.as_deref() }
                    /// The address of a profile picture.
                    "picture" => fn picture(&self) -> Option<&str> { self.user().profile.picture.as_deref() }
                    /// The trade of a merchant; null for consumers.
                    "merchantType" => fn merchant_type(&self) -> Option<UserMerchantType> {
                        self.user().merchant_type.and_then(|kind| UserMerchantType::of_name(kind.name()))
                    }
                    /// The address of a merchant's logo; null for consumers.
                    "logo" => fn logo(&self) -> Option<&str> { self.user().logo.as_deref() }
                    /// How many discounts an order of theirs may have; 0 is the merchant's own number.
                    "numOfOrderDiscountsAllowed" => fn num_of_order_discounts_allowed(&self) -> i32 {
                        self.user().num_of_order_discounts_allowed
                    }
                    /// The unique loyalty ID.
                    "loyaltyId" => fn loyalty_id(&self) -> Option<&str> {
                        self.user().loyalty_id.as_ref().map(regulars_customer::LoyaltyId::as_str)
                    }
                    /// The source from which the record was created; null where it was made here.
                    "entitySource" => fn entity_source(&self) -> Option<UserEntitySource> {
                        self.user().entity_source.and_then(|source| UserEntitySource::of_name(source.name()))
                    }
                    /// The unique ID at the source.
                    "entitySourceId" => fn entity_source_id(&self) -> Option<&str> {
                        self.user().entity_source_id.as_deref()
                    }
                    /// False if they are deleted.
                    "active" => fn active(&self) -> bool { self.user().active }
                    /// Whether they are of the platform's staff.
                    "staff" => fn staff(&self) -> bool { self.user().staff }
                    /// Whether they administer the platform.
                    "admin" => fn admin(&self) -> bool { self.user().admin }
                    /// When they were created.
                    "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.user().created_at) }
                    /// When they were last updated.
                    "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.user().updated_at) }
                    /// Whether they are archived.
                    "archived" => fn archived(&self) -> Option<bool> { Some(self.user().archived) }
                    /// Whether the e-mail address is verified.
                    "verified" => fn verified(&self) -> Option<bool> { Some(self.user().verified) }
                    /// The secondary e-mail address.
                    "secondaryEmail" => fn secondary_email(&self) -> Option<&str> {
                        self.user().profile.secondary_email.as_ref().map(regulars_customer::EmailAddress::as_str)
                    }
                    /// The complete address: the non-empty parts of street, `zipCode city` and country.
                    "address" => fn address(&self) -> Option<String> { self.user().address() }
                    $($leaves)*
                }
                $(loaded { $($loaded)* })?
                fields { $($fields)* }
            }
        }
    };
}
pub(crate) use user_object;

/// A user: a consumer or a merchant.
#[expect(dead_code, reason = "names the fields for the schema")]
#[graphql_interface]
#[graphql(name = "IUserNode", for = [ConsumerNode, MerchantNode], context = Context, scalar = juniper::DefaultScalarValue)]
pub struct IUserNode {
    /// Unique ID: base64 of `IUserNode:pk`.
    id: Id,
    /// The primary key; null past 32 bits.
    pk: Option<i32>,
    /// The last time they logged in to the system.
    last_login: Option<DateTime>,
    /// Custom fields, a JSON object of key/value pairs.
    extra_info: Option<JSONString>,
    /// When they were inactivated.
    deleted_at: Option<DateTime>,
    /// Which side of the counter they are on.
    user_type: UserUserType,
    /// The e-mail address.
    email: Option<String>,
    /// The first name.
    firstname: String,
    /// The last name.
    lastname: String,
    /// The primary phone number, in E.164.
    phone_number: Option<String>,
    /// The birth date.
    birthday: Option<Date>,
    /// The gender.
    gender: Option<UserGender>,
    /// The country.
    country: Option<UserCountry>,
    /// The city.
    city: Option<String>,
    /// The street address.
    street: Option<String>,
    /// The zip code.
    zip_code: Option<String>,
    /// The address of a profile picture.
    picture: Option<String>,
    /// The trade of a merchant; null for consumers.
    merchant_type: Option<UserMerchantType>,
    /// The user who keeps this one: the owner, for customers whom a merchant manages; else null.
    creator: Option<IUserNodeValue>,
    /// The address of a merchant's logo; null for consumers.
    logo: Option<String>,
    /// How many discounts an order of theirs may have; 0 is the merchant's own number.
    num_of_order_discounts_allowed: i32,
    /// The unique loyalty ID.
    loyalty_id: Option<String>,
    /// The source from which the record was created; null where it was made here.
    entity_source: Option<UserEntitySource>,
    /// The unique ID at the source.
    entity_source_id: Option<String>,
    /// False if they are deleted.
    active: bool,
    /// Whether they are of the platform's staff.
    staff: bool,
    /// Whether they administer the platform.
    admin: bool,
    /// When they were created.
    created_at: DateTime,
    /// When they were last updated.
    updated_at: DateTime,
    /// Whether they are archived.
    archived: Option<bool>,
    /// Whether the e-mail address is verified.
    verified: Option<bool>,
    /// The secondary e-mail address.
    secondary_email: Option<String>,
    /// The complete address: the non-empty parts of street, `zipCode city` and country.
    address: Option<String>,
    /// Points earned net of reversals: by a customer at the asking merchant, by oneself over all.
    points_earned: Option<i32>,
}

/// A user as far as the asker sees the account, or what is public of a merchant.
pub(crate) fn account(context: &Context, id: PersonId) -> Result<Option<IUserNodeValue>, ApiError> {
    let actor = context.actor();
    let account = context.read(|tx| consumer::accounts(tx, actor, &[id]))?.pop();
    node_of(context, id, account)
}

/// Whoever asks; null for nobody.
pub(crate) fn me(context: &Context) -> Result<Option<IUserNodeValue>, ApiError> {
    let actor = context.actor();
    let Some(id) = actor.person() else { return Ok(None) };
    let account = context.read(|tx| consumer::me(tx, actor))?;
    node_of(context, id, account)
}

/// The node of an account; where it founded a merchant, that merchant's.
fn node_of(
    context: &Context,
    id: PersonId,
    account: Option<Consumer>,
) -> Result<Option<IUserNodeValue>, ApiError> {
    match account {
        Some(account) if account.user_type == UserType::Consumer => {
            Ok(Some(IUserNodeValue::ConsumerNode(alone(account))))
        }
        account => {
            let merchant = merchant::node::find(context, id.founded())?;
            let node = merchant.or_else(|| account.map(merchant::node::of_account));
            Ok(node.map(IUserNodeValue::MerchantNode))
        }
    }
}
