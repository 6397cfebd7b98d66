//! Connections and their edges in the schema, and how they resolve field by field.

use std::future::ready;

use juniper::{
    ArcStr, Arguments, BoxFuture, DefaultScalarValue, ExecutionResult, Executor, GraphQLType,
    GraphQLValue, GraphQLValueAsync, IntoFieldError, Registry,
    macros::reflect,
    marker,
    meta::{Field, MetaType},
};

use super::{Connection, Edge, Listed, PageInfo};
use crate::{
    context::Context,
    fast::Fast,
    row::{Row, Rows},
};

impl<N: Listed> GraphQLType for Connection<N> {
    fn name((): &()) -> Option<ArcStr> {
        Some(N::CONNECTION.into())
    }

    fn meta(info: &(), registry: &mut Registry) -> MetaType {
        let counted = "How many there are on all pages.";
        let fields = [
            registry
                .field::<Vec<Option<Fast<Edge<'_, N>>>>>("edges", info)
                .description("The rows of the page."),
            registry
                .field::<PageInfo>("pageInfo", info)
                .description("Where the page lies in the list."),
            registry.field::<Option<i32>>("count", info).description(counted),
            registry.field::<Option<i32>>("totalCount", info).description(counted),
        ];
        object::<Self>(registry, &fields, N::CONNECTION_WORDS)
    }
}

impl<N: Listed> GraphQLValue for Connection<N> {
    type Context = Context;
    type TypeInfo = ();

    fn type_name(&self, info: &()) -> Option<ArcStr> {
        Self::name(info)
    }

    fn concrete_type_name(&self, _context: &Context, (): &()) -> String {
        N::CONNECTION.to_owned()
    }

    fn resolve_field(
        &self,
        info: &(),
        field: &str,
        _arguments: &Arguments<'_>,
        executor: &Executor<'_, '_, Context>,
    ) -> ExecutionResult {
        match field {
            "edges" => {
                let place = executor.location().index();
                let edges = self.rows().iter().enumerate().map(|(index, node)| {
                    Some(Fast::<_>(self.edge(node, Some(Row { place, index }))))
                });
                executor.resolve(info, &edges.collect::<Vec<_>>())
            }
            "pageInfo" => executor.resolve_with_ctx(info, &self.page_info()),
            _ => {
                let count = self.count(executor.context());
                executor.resolve_with_ctx(info, &count.map_err(IntoFieldError::into_field_error)?)
            }
        }
    }
}

impl<N: Listed> GraphQLType for Edge<'_, N> {
    fn name((): &()) -> Option<ArcStr> {
        Some(N::EDGE.into())
    }

    fn meta(info: &(), registry: &mut Registry) -> MetaType {
        let fields = [
            registry.field::<Option<N>>("node", info).description("The row itself."),
            registry
                .field::<String>("cursor", info)
                .description("Its place in the list, for `after` and `before`."),
        ];
        object::<Self>(registry, &fields, N::EDGE_WORDS)
    }
}

impl<N: Listed> GraphQLValue for Edge<'_, N> {
    type Context = Context;
    type TypeInfo = ();

    fn type_name(&self, info: &()) -> Option<ArcStr> {
        Self::name(info)
    }

    fn concrete_type_name(&self, _context: &Context, (): &()) -> String {
        N::EDGE.to_owned()
    }

    fn resolve_field(
        &self,
        info: &(),
        field: &str,
        _arguments: &Arguments<'_>,
        executor: &Executor<'_, '_, Context>,
    ) -> ExecutionResult {
        match field {
            "node" => {
                let _rows = self.row.map(|row| {
                    let rows = Rows::of(row.place);
                    rows.at(row.index);
                    rows
                });
                executor.resolve(info, &Some(self.node))
            }
            _ => executor.resolve_with_ctx(info, &self.cursor()),
        }
    }
}

/// What juniper's macros ask of the types of fields, beside their being GraphQL types.
macro_rules! output_object {
    ($type:ty, $name:ident) => {
        /// Asynchronous execution is never used here, but juniper's objects ask for it.
        impl<N: Listed> GraphQLValueAsync for $type {
            fn resolve_field_async<'a>(
                &'a self,
                info: &'a (),
                field: &'a str,
                arguments: &'a Arguments<'_>,
                executor: &'a Executor<'_, '_, Context>,
            ) -> BoxFuture<'a, ExecutionResult> {
                Box::pin(ready(self.resolve_field(info, field, arguments, executor)))
            }
        }

        impl<N: Listed> marker::IsOutputType<DefaultScalarValue> for $type {}

        impl<N: Listed> marker::GraphQLObject<DefaultScalarValue> for $type {}

        impl<N: Listed> reflect::BaseType<DefaultScalarValue> for $type {
            const NAME: reflect::Type = N::$name;
        }

        impl<N: Listed> reflect::BaseSubTypes<DefaultScalarValue> for $type {
            const NAMES: reflect::Types = &[N::$name];
        }

        impl<N: Listed> reflect::WrappedType<DefaultScalarValue> for $type {
            const VALUE: reflect::WrappedValue = 1;
        }
    };
}
output_object!(Connection<N>, CONNECTION);
output_object!(Edge<'_, N>, EDGE);

/// The description of an object type.
fn object<T: GraphQLType<TypeInfo = ()>>(
    registry: &mut Registry,
    fields: &[Field<DefaultScalarValue>],
    words: &'static str,
) -> MetaType {
    registry.build_object_type::<T>(&(), fields).description(words).into_meta()
}
