//! The schema: tables of contents. Every root field is one line that names who does it.

use juniper::{EmptySubscription, graphql_object};
use regulars_customer::FilterArguments;

use crate::{
    connection::paging,
    context::Context,
    customer::{
        ConsumerNode, ConsumerNodeConnection,
        choice::UserEntitySource,
        inputs::{
            CreateConsumerInput, DeleteConsumerInput, JoinMerchantInput, LeaveMerchantInput,
            ShareProfileInput, UpdateConsumerInput, UpsertConsumerInput,
        },
        mutations::ConsumerPayload,
        user::IUserNodeValue,
    },
    document::{Root, Schema},
    error::ApiError,
    global_id::Id,
    node::NodeValue,
    scalar::{DateTime, JSONString},
};

/// The schema of Regulars.
pub struct Regulars;

impl Schema for Regulars {
    type Context = Context;
    type Query = Query;
    type Mutation = Mutation;

    fn root() -> Root<Self> {
        Root::<Self>::new(Query, Mutation, EmptySubscription::new())
    }
}

/// The schema in GraphQL's schema definition language.
pub fn sdl() -> String {
    Regulars::root().as_sdl()
}

/// What can be read.
pub struct Query;

/// What can be read.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl Query {
    /// Whoever asks; null without a token in force.
    fn me(context: &Context) -> Result<Option<IUserNodeValue>, ApiError> {
        crate::customer::user::me(context)
    }

    /// Any object by its global id; null where the asker sees none of that id.
    fn node(context: &Context, id: Id) -> Result<Option<NodeValue>, ApiError> {
        crate::node::node(context, &id)
    }

    /// The merchant's customers. Filters hold together; an empty text is no filter. `…_Icontains` finds parts, in any case.
    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
    fn consumers(
        context: &Context,
        first: Option<i32>,
        last: Option<i32>,
        before: Option<String>,
        after: Option<String>,
        offset: Option<i32>,
        #[graphql(description = "`-createdAt,lastname`: createdAt, updatedAt, firstname, lastname, email, city, lastLogin, pk. Default pk.")]
        order_by: Option<String>,
        #[graphql(name = "loyaltyId")] loyalty_id: Option<String>,
        #[graphql(name = "loyaltyId_Icontains")] loyalty_id_icontains: Option<String>,
        #[graphql(name = "phoneNumber")] phone_number: Option<String>,
        #[graphql(name = "phoneNumber_Icontains")] phone_number_icontains: Option<String>,
        #[graphql(name = "email")] email: Option<String>,
        #[graphql(name = "email_Icontains")] email_icontains: Option<String>,
        #[graphql(name = "firstname")] firstname: Option<String>,
        #[graphql(name = "firstname_Icontains")] firstname_icontains: Option<String>,
        #[graphql(name = "lastname")] lastname: Option<String>,
        #[graphql(name = "lastname_Icontains")] lastname_icontains: Option<String>,
        #[graphql(name = "city")] city: Option<String>,
        #[graphql(name = "city_Icontains")] city_icontains: Option<String>,
        #[graphql(name = "entitySource")] entity_source: Option<UserEntitySource>,
        #[graphql(name = "entitySourceId")] entity_source_id: Option<String>,
        #[graphql(name = "archived", description = "true: archived customers alone.")] archived: Option<bool>,
        #[graphql(name = "includeArchived", description = "true: live and archived ones in one list.")] include_archived: Option<bool>,
        #[graphql(name = "createdAt_Gte")] created_at_gte: Option<DateTime>,
        #[graphql(name = "createdAt_Lt")] created_at_lt: Option<DateTime>,
        #[graphql(name = "updatedAt_Gte")] updated_at_gte: Option<DateTime>,
        #[graphql(name = "updatedAt_Lt")] updated_at_lt: Option<DateTime>,
        #[graphql(name = "search", description = "Words that all occur in name, e-mail, phone number, loyalty id or cards.")] search: Option<String>,
        #[graphql(name = "segmentationRules", description = "Who fits: `[[\"gender\",\"exact\",\"MALE\"],\"AND\",[\"city\",\"icontains\",\"bonn\"]]`.")]
        segmentation_rules: Option<JSONString>,
    ) -> Result<ConsumerNodeConnection, ApiError> {
        let arguments = FilterArguments {
            loyalty_id,
            loyalty_id_icontains,
            phone_number,
            phone_number_icontains,
            email,
            email_icontains,
            firstname,
            firstname_icontains,
            lastname,
            lastname_icontains,
            city,
            city_icontains,
            entity_source: entity_source.and_then(UserEntitySource::to_domain),
            entity_source_id,
            archived,
            include_archived,
            created_at_gte: created_at_gte.map(|at| at.0),
            created_at_lt: created_at_lt.map(|at| at.0),
            updated_at_gte: updated_at_gte.map(|at| at.0),
            updated_at_lt: updated_at_lt.map(|at| at.0),
            search,
            segment: None,
        };
        let paging = paging(first, last, before, after, offset, order_by);
        let rules = segmentation_rules.as_ref().map(|rules| &rules.0);
        crate::customer::queries::consumers(context, arguments, rules, &paging)
    }

    /// One customer: consumers get themselves, a merchant's people their merchant's customers.
    fn consumer(context: &Context, id: Id) -> Result<Option<ConsumerNode>, ApiError> {
        crate::customer::queries::consumer(context, &id).map(Some)
    }
}

/// What can be changed.
pub struct Mutation;

/// What can be changed.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl Mutation {
    /// Creates a customer whom the merchant keeps. Needs the permission `change_consumer`.
    fn create_consumer(context: &Context, input: CreateConsumerInput) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::create_consumer(context, input).map(Some)
    }

    /// Creates or changes the customer of a record of another system. Needs the permission `change_consumer`.
    fn upsert_consumer(context: &Context, input: UpsertConsumerInput) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::upsert_consumer(context, input).map(Some)
    }

    /// Changes a customer: absent keeps, null clears. Of registered members only the merchant's own fields can be
    /// written. Needs the permission `change_consumer`.
    fn update_consumer(context: &Context, input: UpdateConsumerInput) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::update_consumer(context, input).map(Some)
    }

    /// Archives a customer; never an account. Needs the permission `change_consumer`.
    fn delete_consumer(context: &Context, input: DeleteConsumerInput) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::delete_consumer(context, &input).map(Some)
    }

    /// Makes the asking consumer a customer of the merchant of a store, or brings them back.
    fn join_merchant(context: &Context, input: JoinMerchantInput) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::join_merchant(context, &input).map(Some)
    }

    /// Ends the asking consumer's membership: the merchant keeps the books and forgets the profile.
    fn leave_merchant(context: &Context, input: LeaveMerchantInput) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::leave_merchant(context, &input).map(Some)
    }

    /// Says how much of the asking consumer's profile a merchant sees.
    fn share_profile(context: &Context, input: ShareProfileInput) -> Result<Option<ConsumerPayload>, ApiError> {
        crate::customer::mutations::share_profile(context, &input).map(Some)
    }
}
