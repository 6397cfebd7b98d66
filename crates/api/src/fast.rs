//! Answers the scalar leaves of types that come by the hundred without an executor for each of them.
//!
//! juniper spends about 170 ns on a field, most of it on an executor, a path and two look-ups that a scalar has no use
//! for. [`Fast<T>`] wraps an object (or interface) type and answers plain leaves through [`Leaves`]; everything else
//! stays juniper's: fields with arguments or sub-selections one by one, and the whole selection wherever a fragment, a
//! directive or a repeated response key stands in it.
//!
//! Leaves and resolvers come from one list, [`fast_object!`](crate::fast_object).
//!
//! # With interfaces
//! `#[graphql_interface(for = […])]` names its variants after the last word of each type, so give each wrapped type an
//! alias, and let the interface hold the aliases:
//! `pub type ConsumerNode = Fast<Consumer>; #[graphql_interface(for = [ConsumerNode, MerchantNode], …)]`. An interface
//! that comes by the hundred can be wrapped itself: see [`fast_interface!`](crate::fast_interface).

use std::slice;

use juniper::{
    ArcStr, Arguments, BoxFuture, DefaultScalarValue, ExecutionResult, Executor, GraphQLType,
    GraphQLValue, GraphQLValueAsync, Object, Registry, Selection, Value, macros::reflect, marker,
    meta::MetaType,
};

/// A scalar value on its way into an answer.
pub trait Leaf {
    /// The value as the answer holds it.
    fn into_leaf(self) -> Value;
}

/// A type whose scalar fields can be asked by name.
pub trait Leaves {
    /// The fields that [`Self::leaf`] answers, by their names in the schema.
    const LEAVES: &'static [&'static str];

    /// The value of a scalar field without arguments; `None` for every other field.
    fn leaf(&self, field: &str) -> Option<Value>;
}

/// A GraphQL type whose leaves take the short way. The same type in the schema as `T`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fast<T>(pub T);

impl<T> From<T> for Fast<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> GraphQLValue for Fast<T>
where
    T: Leaves + GraphQLValue,
{
    type Context = T::Context;
    type TypeInfo = T::TypeInfo;

    fn type_name(&self, info: &Self::TypeInfo) -> Option<ArcStr> {
        self.0.type_name(info)
    }

    fn resolve_field(
        &self,
        info: &Self::TypeInfo,
        field_name: &str,
        arguments: &Arguments<'_>,
        executor: &Executor<'_, '_, Self::Context>,
    ) -> ExecutionResult {
        self.0.resolve_field(info, field_name, arguments, executor)
    }

    fn resolve_into_type(
        &self,
        info: &Self::TypeInfo,
        type_name: &str,
        selection_set: Option<&[Selection<'_>]>,
        executor: &Executor<'_, '_, Self::Context>,
    ) -> ExecutionResult {
        if self.0.type_name(info).as_deref() == Some(type_name) {
            // An object, in a fragment of its own type: the short way once more.
            return self.resolve(info, selection_set, executor);
        }
        self.0.resolve_into_type(info, type_name, selection_set, executor)
    }

    fn concrete_type_name(&self, context: &Self::Context, info: &Self::TypeInfo) -> String {
        self.0.concrete_type_name(context, info)
    }

    fn resolve(
        &self,
        info: &Self::TypeInfo,
        selection_set: Option<&[Selection<'_>]>,
        executor: &Executor<'_, '_, Self::Context>,
    ) -> ExecutionResult {
        let whole = || self.0.resolve(info, selection_set, executor);
        let Some(selections) = selection_set else { return whole() };
        if !selections.iter().all(is_plain_field) || has_repeats(selections) {
            return whole();
        }
        let mut object = Object::with_capacity(selections.len());
        for selection in selections {
            let Selection::Field(field) = selection else { return whole() };
            let field = &field.item;
            let key = field.alias.as_ref().unwrap_or(&field.name).item;
            let leaf = if field.selection_set.is_some() || field.arguments.is_some() {
                None
            } else {
                self.0.leaf(field.name.item)
            };
            if let Some(value) = leaf {
                // One leaf asked twice is the same value twice.
                object.add_field(key, value);
                continue;
            }
            match self.0.resolve(info, Some(slice::from_ref(selection)), executor)? {
                Value::Object(fields) => {
                    for (key, value) in fields {
                        object.add_field(key, value);
                    }
                }
                other => return Ok(other),
            }
        }
        Ok(Value::Object(object))
    }
}

fn is_plain_field(selection: &Selection<'_>) -> bool {
    matches!(selection, Selection::Field(field) if field.item.directives.is_none())
}

/// Whether a field that runs a resolver is asked twice under one response key. There are few of them.
fn has_repeats(selections: &[Selection<'_>]) -> bool {
    let keys = || {
        selections.iter().filter_map(|selection| match selection {
            Selection::Field(field)
                if field.item.selection_set.is_some() || field.item.arguments.is_some() =>
            {
                Some(field.item.alias.as_ref().unwrap_or(&field.item.name).item)
            }
            _ => None,
        })
    };
    keys().enumerate().any(|(index, key)| keys().skip(index + 1).any(|other| other == key))
}

impl<T> GraphQLType for Fast<T>
where
    T: Leaves + GraphQLType,
{
    fn name(info: &Self::TypeInfo) -> Option<ArcStr> {
        T::name(info)
    }

    fn meta(info: &Self::TypeInfo, registry: &mut Registry) -> MetaType {
        T::meta(info, registry)
    }
}

/// Asynchronous execution is never used here, but juniper's interfaces ask for it.
impl<T> GraphQLValueAsync for Fast<T>
where
    T: Leaves + GraphQLValueAsync,
    T::Context: Sync,
    T::TypeInfo: Sync,
{
    fn resolve_field_async<'a>(
        &'a self,
        info: &'a Self::TypeInfo,
        field_name: &'a str,
        arguments: &'a Arguments<'_>,
        executor: &'a Executor<'_, '_, Self::Context>,
    ) -> BoxFuture<'a, ExecutionResult> {
        self.0.resolve_field_async(info, field_name, arguments, executor)
    }

    fn resolve_into_type_async<'a>(
        &'a self,
        info: &'a Self::TypeInfo,
        type_name: &str,
        selection_set: Option<&'a [Selection<'a>]>,
        executor: &'a Executor<'a, 'a, Self::Context>,
    ) -> BoxFuture<'a, ExecutionResult> {
        self.0.resolve_into_type_async(info, type_name, selection_set, executor)
    }

    fn resolve_async<'a>(
        &'a self,
        info: &'a Self::TypeInfo,
        selection_set: Option<&'a [Selection<'_>]>,
        executor: &'a Executor<'_, '_, Self::Context>,
    ) -> BoxFuture<'a, ExecutionResult> {
        self.0.resolve_async(info, selection_set, executor)
    }
}

impl<T> marker::IsOutputType<DefaultScalarValue> for Fast<T>
where
    T: Leaves + marker::IsOutputType<DefaultScalarValue>,
{
    fn mark() {
        T::mark();
    }
}

impl<T> marker::GraphQLObject<DefaultScalarValue> for Fast<T>
where
    T: Leaves + marker::GraphQLObject<DefaultScalarValue>,
{
    fn mark() {
        T::mark();
    }
}

impl<T> marker::GraphQLInterface<DefaultScalarValue> for Fast<T>
where
    T: Leaves + marker::GraphQLInterface<DefaultScalarValue>,
{
    fn mark() {
        T::mark();
    }
}

impl<T: reflect::BaseType<DefaultScalarValue>> reflect::BaseType<DefaultScalarValue> for Fast<T> {
    const NAME: reflect::Type = T::NAME;
}

impl<T> reflect::BaseSubTypes<DefaultScalarValue> for Fast<T>
where
    T: reflect::BaseSubTypes<DefaultScalarValue>,
{
    const NAMES: reflect::Types = T::NAMES;
}

impl<T> reflect::WrappedType<DefaultScalarValue> for Fast<T>
where
    T: reflect::WrappedType<DefaultScalarValue>,
{
    const VALUE: reflect::WrappedValue = T::VALUE;
}

impl<T> reflect::Implements<DefaultScalarValue> for Fast<T>
where
    T: reflect::Implements<DefaultScalarValue>,
{
    const NAMES: reflect::Types = T::NAMES;
}

impl<T: reflect::Fields<DefaultScalarValue>> reflect::Fields<DefaultScalarValue> for Fast<T> {
    const NAMES: reflect::Names = T::NAMES;
}

impl<T, const N: reflect::FieldName> reflect::FieldMeta<DefaultScalarValue, N> for Fast<T>
where
    T: reflect::FieldMeta<DefaultScalarValue, N>,
{
    type Context = T::Context;
    type TypeInfo = T::TypeInfo;
    const TYPE: reflect::Type = T::TYPE;
    const SUB_TYPES: reflect::Types = T::SUB_TYPES;
    const WRAPPED_VALUE: reflect::WrappedValue = T::WRAPPED_VALUE;
    const ARGUMENTS: reflect::Arguments = T::ARGUMENTS;
}

impl<T, const N: reflect::FieldName> reflect::Field<DefaultScalarValue, N> for Fast<T>
where
    T: reflect::Field<DefaultScalarValue, N>,
{
    fn call(
        &self,
        info: &Self::TypeInfo,
        args: &Arguments<'_>,
        executor: &Executor<'_, '_, Self::Context>,
    ) -> ExecutionResult {
        self.0.call(info, args, executor)
    }
}

impl<T, const N: reflect::FieldName> reflect::AsyncField<DefaultScalarValue, N> for Fast<T>
where
    T: reflect::AsyncField<DefaultScalarValue, N>,
{
    fn call<'b>(
        &'b self,
        info: &'b Self::TypeInfo,
        args: &'b Arguments<'_>,
        executor: &'b Executor<'_, '_, Self::Context>,
    ) -> BoxFuture<'b, ExecutionResult> {
        self.0.call(info, args, executor)
    }
}

macro_rules! scalar_leaves {
    ($($type:ty),*) => { $(
        impl Leaf for $type {
            fn into_leaf(self) -> Value {
                Value::scalar(self)
            }
        }
    )* };
}
scalar_leaves!(String, bool, i32, f64);

impl Leaf for &str {
    fn into_leaf(self) -> Value {
        Value::scalar(self.to_owned())
    }
}

impl<L: Leaf> Leaf for Option<L> {
    fn into_leaf(self) -> Value {
        self.map_or(Value::Null, Leaf::into_leaf)
    }
}
