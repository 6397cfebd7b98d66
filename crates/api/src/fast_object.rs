//! The macros that make [`Fast`](crate::fast::Fast) types: one list of leaves, from which both the resolvers and the
//! table of leaves are written.

/// An object type whose plain scalar fields can take the short way.
///
/// First the attribute that `#[graphql_object]` would take (without `scalar`, which is set), then the leaves, each with
/// its name in the schema, then every other field as juniper has it. A leaf answers from `self` alone. Between them may
/// stand `loaded { … }`, scalars that are loaded for a whole level, and `nodes { … }`, fields that hold another fast node;
/// both are asked with the context and answer a `Result`, a node's of an `Option`. What needs an argument is a field.
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
            $(
                loaded {
                    $(
                        $(#[$loaded_meta:meta])*
                        $loaded_field:literal => fn $loaded_method:ident(
                            &$loaded_self:ident, $loaded_context:ident: $loaded_type:ty $(,)?
                        ) -> $loaded_returns:ty $loaded_body:block
                    )*
                }
            )?
            $(
                nodes {
                    $(
                        $(#[$node_meta:meta])*
                        $node_field:literal => fn $node_method:ident(
                            &$node_self:ident, $node_context:ident: $node_type:ty $(,)?
                        ) -> $node_returns:ty $node_body:block
                    )*
                }
            )?
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
            $($(
                $(#[$loaded_meta])*
                #[graphql(name = $loaded_field)]
                fn $loaded_method(
                    &$loaded_self, $loaded_context: $loaded_type
                ) -> $loaded_returns $loaded_body
            )*)?
            $($(
                $(#[$node_meta])*
                #[graphql(name = $node_field)]
                fn $node_method(&$node_self, $node_context: $node_type) -> $node_returns $node_body
            )*)?
            $($rest)*
        }

        impl $crate::fast::Leaves for $type {
            const LEAVES: &'static [&'static str] = &[$($field),*];

            fn leaf(&self, field: &str, json: &mut $crate::written::Json) -> bool {
                match field {
                    "__typename" => $crate::fast::Leaf::write($type_name, json),
                    $($field => $crate::fast::Leaf::write(Self::$method(self), json),)*
                    _ => return false,
                }
                true
            }

            $(
                fn load(
                    &self,
                    field: &str,
                    context: &Self::Context,
                    json: &mut $crate::written::Json,
                ) -> bool {
                    match field {
                        $(
                            $loaded_field => match Self::$loaded_method(self, context) {
                                ::core::result::Result::Ok(value) => {
                                    $crate::fast::Leaf::write(value, json);
                                    true
                                }
                                ::core::result::Result::Err(_) => false,
                            },
                        )*
                        _ => false,
                    }
                }
            )?

            $(
                fn nest<'a>(
                    &self,
                    field: $crate::fast::Field<'_, 'a>,
                    executor: &::juniper::Executor<'_, 'a, Self::Context>,
                    json: &mut $crate::written::Json,
                ) -> bool {
                    match field.name {
                        $(
                            $node_field => match Self::$node_method(self, executor.context()) {
                                ::core::result::Result::Ok(node) => {
                                    $crate::fast::write_node(node.as_ref(), field, executor, json);
                                    true
                                }
                                ::core::result::Result::Err(_) => false,
                            },
                        )*
                        _ => false,
                    }
                }
            )?
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

            fn leaf(&self, field: &str, json: &mut $crate::written::Json) -> bool {
                match self {
                    $(Self::$variant(node) => $crate::fast::Leaves::leaf(&node.0, field, json),)+
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
            fn write(self, json: &mut $crate::written::Json) {
                let value: ::juniper::InputValue = ::juniper::ToInputValue::to_input_value(&self);
                match value {
                    ::juniper::InputValue::Enum(name) => json.put(&name),
                    ::juniper::InputValue::Scalar(name) => json.put(&name),
                    _ => json.put_null(),
                }
            }
        }
    )+ };
}

/// Lets custom scalars be leaves whose texts JSON need not escape: they are written as they are displayed.
#[macro_export]
macro_rules! leaf_texts {
    ($($type:ty),+ $(,)?) => { $(
        impl $crate::fast::Leaf for $type {
            fn write(self, json: &mut $crate::written::Json) {
                json.put_plain(&self);
            }
        }
    )+ };
}
