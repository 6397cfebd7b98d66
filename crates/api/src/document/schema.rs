//! What makes a schema: its context and its root types.

use juniper::{Context, EmptySubscription, GraphQLType, RootNode};

/// The types of a schema.
pub trait Schema: Send + Sync + 'static {
    /// What resolvers are given.
    type Context: Context + Send + Sync + 'static;
    /// The root of queries; by convention called `Query`.
    type Query: GraphQLType<Context = Self::Context, TypeInfo = ()> + Send + Sync + 'static;
    /// The root of mutations; by convention called `Mutation`.
    type Mutation: GraphQLType<Context = Self::Context, TypeInfo = ()> + Send + Sync + 'static;

    /// The root node. It is built twice: once with the limits for clients, once with those for canonical forms.
    fn root() -> Root<Self>;
}

/// The root node of a schema.
pub type Root<S> = RootNode<
    <S as Schema>::Query,
    <S as Schema>::Mutation,
    EmptySubscription<<S as Schema>::Context>,
>;
