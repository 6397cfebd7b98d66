//! The macros that make [`Fast`](crate::fast::Fast) types: one list of leaves, from which both the resolvers and the
//! table of leaves are written.

/// An object type whose plain scalar fields can take the short way.
///
/// First the attribute that `#[graphql_object]` would take (without `scalar`, which is set), then the leaves, each with
/// its name in the schema, then every other field as juniper has it. A leaf answers from `self` alone: what needs the
/// context, an argument or can fail is a field.
///
/// ```
/// use regulars_api::{fast::Fast, fast_object};
///
/// pub struct Store { pk: i32, name: String }
/// pub struct Context;
/// impl juniper::Context for Context {}
///
/// fast_object! {
///     #[graphql(name = "StoreNode", context = Context)]
///     /// A place where people buy.
///     impl Store {
///         leaves {
///             /// Its number.
///             "pk" => fn pk(&self) -> i32 { self.pk }
///             /// What people call it.
///             "name" => fn name(&self) -> &str { &self.name }
///         }
///         fields {
///             /// Whether it is open now.
///             fn open(&self, context: &Context) -> bool { let _ = context; true }
///         }
///     }
/// }
/// pub type StoreNode = Fast<Store>;
/// ```
#[macro_export]
macro_rules! fast_object {
    (
        #[graphql(name = $type_name:literal $(, $key:ident = $value:tt)* $(,)?)]
        $(#[$type_meta:meta])*
        impl $type:ident {
            leaves {
                $(
                    $(#[$meta:meta])*
                    $field:literal => fn $method:ident(&$self:ident) -> $returns:ty $body:block
                )*
            }
            fields { $($rest:tt)* }
        }
    ) => {
        $(#[$type_meta])*
        #[allow(
            clippy::needless_pass_by_value,
            clippy::trivially_copy_pass_by_ref,
            clippy::unnecessary_literal_bound,
            clippy::unnecessary_wraps,
            clippy::unused_self,
            reason = "the schema decides what a resolver takes and gives"
        )]
        #[::juniper::graphql_object]
        #[graphql(
            name = $type_name,
            scalar = ::juniper::DefaultScalarValue
            $(, $key = $value)*
        )]
        impl $type {
            $(
                $(#[$meta])*
                #[graphql(name = $field)]
                fn $method(&$self) -> $returns $body
            )*
            $($rest)*
        }

        impl $crate::fast::Leaves for $type {
            const LEAVES: &'static [&'static str] = &[$($field),*];

            fn leaf(&self, field: &str) -> ::core::option::Option<::juniper::Value> {
                match field {
                    "__typename" => ::core::option::Option::Some(
                        $crate::fast::Leaf::into_leaf($type_name)
                    ),
                    $(
                        $field => ::core::option::Option::Some(
                            $crate::fast::Leaf::into_leaf(Self::$method(self))
                        ),
                    )*
                    _ => ::core::option::Option::None,
                }
            }
        }
    };
}

/// Lets a whole interface take the short way: `fast_interface!(IUserNodeValue: ConsumerNode, MerchantNode);` after its
/// `#[graphql_interface]`, naming all of its variants. `Fast<IUserNodeValue>` is then the interface.
#[macro_export]
macro_rules! fast_interface {
    ($type:ident : $($variant:ident),+ $(,)?) => {
        impl $crate::fast::Leaves for $type {
            const LEAVES: &'static [&'static str] = &[];

            fn leaf(&self, field: &str) -> ::core::option::Option<::juniper::Value> {
                match self {
                    $(Self::$variant(node) => $crate::fast::Leaves::leaf(&node.0, field),)+
                }
            }
        }
    };
}

/// Lets GraphQL enums be leaves: `leaf_enums!(UserGender, UserCountry);` after their `#[derive(GraphQLEnum)]`.
#[macro_export]
macro_rules! leaf_enums {
    ($($type:ty),+ $(,)?) => { $(
        impl $crate::fast::Leaf for $type {
            fn into_leaf(self) -> ::juniper::Value {
                let value: ::juniper::InputValue = ::juniper::ToInputValue::to_input_value(&self);
                match value {
                    ::juniper::InputValue::Enum(name) => ::juniper::Value::scalar(name),
                    ::juniper::InputValue::Scalar(name) => ::juniper::Value::Scalar(name),
                    _ => ::juniper::Value::Null,
                }
            }
        }
    )+ };
}

/// Lets custom scalars be leaves: they are written as their [`juniper::ToScalarValue`] says.
#[macro_export]
macro_rules! leaf_scalars {
    ($($type:ty),+ $(,)?) => { $(
        impl $crate::fast::Leaf for $type {
            fn into_leaf(self) -> ::juniper::Value {
                ::juniper::Value::Scalar(::juniper::ToScalarValue::to_scalar_value(&self))
            }
        }
    )+ };
}
