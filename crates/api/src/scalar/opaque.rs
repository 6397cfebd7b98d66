//! Scalars that juniper does not derive: those whose values are objects, and those that are read as another type than they
//! are written from. These implementations are the derived ones, written out.

/// Makes a scalar, as far as it is written, of a type that has `fn to_value(&self) -> Value`. What clients may send for it
/// is told by the function that describes it to a registry.
macro_rules! written_scalar {
    ($type:ident, $name:literal, $meta:expr) => {
        impl ::juniper::GraphQLValue for $type {
            type Context = ();
            type TypeInfo = ();

            fn type_name(&self, info: &()) -> Option<::juniper::ArcStr> {
                <Self as ::juniper::GraphQLType>::name(info)
            }

            fn resolve(
                &self,
                _: &(),
                _: Option<&[::juniper::Selection<'_>]>,
                _: &::juniper::Executor<'_, '_, ()>,
            ) -> ::juniper::ExecutionResult {
                Ok(self.to_value())
            }
        }

        impl ::juniper::GraphQLType for $type {
            fn name(_: &()) -> Option<::juniper::ArcStr> {
                Some(::juniper::arcstr::literal!($name))
            }

            fn meta(info: &(), registry: &mut ::juniper::Registry) -> ::juniper::meta::MetaType {
                $meta(info, registry)
            }
        }

        impl ::juniper::GraphQLValueAsync for $type {
            fn resolve_async<'a>(
                &'a self,
                info: &'a (),
                selection_set: Option<&'a [::juniper::Selection<'_>]>,
                executor: &'a ::juniper::Executor<'_, '_, ()>,
            ) -> ::juniper::BoxFuture<'a, ::juniper::ExecutionResult> {
                use ::juniper::GraphQLValue as _;
                let value = self.resolve(info, selection_set, executor);
                Box::pin(::std::future::ready(value))
            }
        }

        impl ::juniper::marker::IsOutputType<::juniper::DefaultScalarValue> for $type {}

        impl ::juniper::macros::reflect::BaseType<::juniper::DefaultScalarValue> for $type {
            const NAME: ::juniper::macros::reflect::Type = $name;
        }

        impl ::juniper::macros::reflect::BaseSubTypes<::juniper::DefaultScalarValue> for $type {
            const NAMES: ::juniper::macros::reflect::Types = &[$name];
        }

        impl ::juniper::macros::reflect::WrappedType<::juniper::DefaultScalarValue> for $type {
            const VALUE: ::juniper::macros::reflect::WrappedValue = 1;
        }
    };
}
pub(super) use written_scalar;

/// Makes a scalar of a type that has `fn from_value(&InputValue) -> Result<Self, _>` as well.
macro_rules! opaque_scalar {
    ($type:ident, $name:literal, $description:literal) => {
        $crate::scalar::opaque::written_scalar!(
            $type,
            $name,
            |info: &(), registry: &mut ::juniper::Registry| {
                registry
                    .build_scalar_type::<$type>(info)
                    .description(::juniper::arcstr::literal!($description))
                    .into_meta()
            }
        );

        impl ::juniper::FromInputValue for $type {
            type Error = &'static str;

            fn from_input_value(value: &::juniper::InputValue) -> Result<Self, Self::Error> {
                Self::from_value(value)
            }
        }

        impl ::juniper::ParseScalarValue for $type {
            fn from_str(token: ::juniper::parser::ScalarToken<'_>) -> ::juniper::ParseScalarResult {
                <String as ::juniper::ParseScalarValue>::from_str(token)
                    .or_else(|_| <i32 as ::juniper::ParseScalarValue>::from_str(token))
                    .or_else(|_| <f64 as ::juniper::ParseScalarValue>::from_str(token))
            }
        }
    };
}
pub(super) use opaque_scalar;
