//! A fast type is in the schema whatever it wraps: all of this asks the type within.

use juniper::{
    ArcStr, Arguments, BoxFuture, DefaultScalarValue, ExecutionResult, Executor, GraphQLType,
    GraphQLValueAsync, Registry, Selection, macros::reflect, marker, meta::MetaType,
};

use super::{Fast, Leaves};

impl<T, const WHOLE: bool> GraphQLType for Fast<T, WHOLE>
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
impl<T, const WHOLE: bool> GraphQLValueAsync for Fast<T, WHOLE>
where
    T: Leaves + GraphQLValueAsync,
    T::Context: Sync,
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

impl<T, const WHOLE: bool> marker::IsOutputType<DefaultScalarValue> for Fast<T, WHOLE>
where
    T: Leaves + marker::IsOutputType<DefaultScalarValue>,
{
    fn mark() {
        T::mark();
    }
}

impl<T, const WHOLE: bool> marker::GraphQLObject<DefaultScalarValue> for Fast<T, WHOLE>
where
    T: Leaves + marker::GraphQLObject<DefaultScalarValue>,
{
    fn mark() {
        T::mark();
    }
}

impl<T, const WHOLE: bool> marker::GraphQLInterface<DefaultScalarValue> for Fast<T, WHOLE>
where
    T: Leaves + marker::GraphQLInterface<DefaultScalarValue>,
{
    fn mark() {
        T::mark();
    }
}

impl<T: reflect::BaseType<DefaultScalarValue>, const WHOLE: bool>
    reflect::BaseType<DefaultScalarValue> for Fast<T, WHOLE>
{
    const NAME: reflect::Type = T::NAME;
}

impl<T, const WHOLE: bool> reflect::BaseSubTypes<DefaultScalarValue> for Fast<T, WHOLE>
where
    T: reflect::BaseSubTypes<DefaultScalarValue>,
{
    const NAMES: reflect::Types = T::NAMES;
}

impl<T, const WHOLE: bool> reflect::WrappedType<DefaultScalarValue> for Fast<T, WHOLE>
where
    T: reflect::WrappedType<DefaultScalarValue>,
{
    const VALUE: reflect::WrappedValue = T::VALUE;
}

impl<T, const WHOLE: bool> reflect::Implements<DefaultScalarValue> for Fast<T, WHOLE>
where
    T: reflect::Implements<DefaultScalarValue>,
{
    const NAMES: reflect::Types = T::NAMES;
}

impl<T: reflect::Fields<DefaultScalarValue>, const WHOLE: bool> reflect::Fields<DefaultScalarValue>
    for Fast<T, WHOLE>
{
    const NAMES: reflect::Names = T::NAMES;
}

impl<T, const WHOLE: bool, const N: reflect::FieldName> reflect::FieldMeta<DefaultScalarValue, N>
    for Fast<T, WHOLE>
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

impl<T, const WHOLE: bool, const N: reflect::FieldName> reflect::Field<DefaultScalarValue, N>
    for Fast<T, WHOLE>
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

impl<T, const WHOLE: bool, const N: reflect::FieldName> reflect::AsyncField<DefaultScalarValue, N>
    for Fast<T, WHOLE>
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
