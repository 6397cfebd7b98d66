//! Relay connections: what every list answers.
//!
//! Cursors and counts are made when they are asked for: a count is a statement of its own, and a cursor a piece of work
//! for every row. A count that fails or takes too long is null beside its error, and the page is there all the same.

use std::sync::{Arc, OnceLock};

use juniper::GraphQLObject;
use regulars_kernel::page::PageArguments;

use crate::{context::Context, error::ApiError};

/// Counts the rows that a list has on all its pages.
pub(crate) type Count = Arc<dyn Fn(&Context) -> Result<u64, ApiError> + Send + Sync>;

/// How many rows a list has on all its pages, counted once, however often it is asked for.
#[derive(Clone)]
pub(crate) struct Counted {
    count: Count,
    found: Arc<OnceLock<Result<u64, ApiError>>>,
}

impl Counted {
    pub(crate) fn by(count: Count) -> Self {
        Self { count, found: Arc::default() }
    }

    pub(crate) fn get(&self, context: &Context) -> Result<u64, ApiError> {
        self.found.get_or_init(|| (self.count)(context)).clone()
    }
}

/// A count as GraphQL's 32-bit `Int` can say it.
pub(crate) fn clip(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Where a page lies in its list.
#[derive(Clone, Debug, PartialEq, Eq, GraphQLObject)]
#[graphql(name = "PageInfo")]
pub struct PageInfo {
    /// Whether more follows; said for pages cut from the front.
    pub has_next_page: bool,
    /// Whether more precedes; said for pages cut from the end (`last`).
    pub has_previous_page: bool,
    /// The cursor of the first row; null on an empty page.
    pub start_cursor: Option<String>,
    /// The cursor of the last row; null on an empty page.
    pub end_cursor: Option<String>,
}

/// Collects the paging arguments that every list takes.
pub(crate) fn paging(
    first: Option<i32>,
    last: Option<i32>,
    before: Option<String>,
    after: Option<String>,
    offset: Option<i32>,
    order_by: Option<String>,
) -> PageArguments {
    PageArguments { first, last, before, after, offset, order_by }
}

/// Makes the connection and edge types of a node. The node says its place in the list by `Keyed<Sort>`.
///
/// `connection!(StoreNodeConnection, StoreNodeEdge, StoreNode, StoreSort, "A page of stores.", "One of the stores.");`
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $sort:ty, $page_doc:tt, $edge_doc:tt) => {
        #[doc = $page_doc]
        #[derive(Clone)]
        pub struct $connection {
            edges: Vec<$crate::fast::Fast<$edge>>,
            has_next: bool,
            has_previous: bool,
            count: $crate::connection::Counted,
        }

        impl $connection {
            /// The connection over a page, in this order, with a way to count the whole list.
            pub(crate) fn new(
                page: ::regulars_kernel::Page<$node>,
                order: ::regulars_kernel::page::Order<$sort>,
                count: $crate::connection::Count,
            ) -> Self {
                let order = ::std::sync::Arc::new(order);
                let edges = page
                    .items
                    .into_iter()
                    .map(|node| $edge { node, order: ::std::sync::Arc::clone(&order) })
                    .map($crate::fast::Fast)
                    .collect();
                let count = $crate::connection::Counted::by(count);
                Self { edges, has_next: page.has_next, has_previous: page.has_previous, count }
            }
        }

        #[doc = $edge_doc]
        #[derive(Clone)]
        pub struct $edge {
            node: $node,
            order: ::std::sync::Arc<::regulars_kernel::page::Order<$sort>>,
        }

        impl $edge {
            fn place(&self) -> String {
                self.order.cursor(&self.order.position(&self.node))
            }
        }

        #[doc = $page_doc]
        #[::juniper::graphql_object]
        #[graphql(context = $crate::context::Context, scalar = ::juniper::DefaultScalarValue)]
        impl $connection {
            /// The rows of the page.
            fn edges(&self) -> Vec<Option<&$crate::fast::Fast<$edge>>> {
                self.edges.iter().map(Some).collect()
            }

            /// Where the page lies in the list.
            fn page_info(&self) -> $crate::connection::PageInfo {
                $crate::connection::PageInfo {
                    has_next_page: self.has_next,
                    has_previous_page: self.has_previous,
                    start_cursor: self.edges.first().map(|edge| edge.0.place()),
                    end_cursor: self.edges.last().map(|edge| edge.0.place()),
                }
            }

            /// How many there are on all pages.
            fn count(
                &self,
                context: &$crate::context::Context,
            ) -> Result<Option<i32>, $crate::error::ApiError> {
                self.count.get(context).map($crate::connection::clip).map(Some)
            }

            /// How many there are on all pages.
            fn total_count(
                &self,
                context: &$crate::context::Context,
            ) -> Result<Option<i32>, $crate::error::ApiError> {
                self.count.get(context).map($crate::connection::clip).map(Some)
            }
        }

        #[doc = $edge_doc]
        #[::juniper::graphql_object]
        #[graphql(context = $crate::context::Context, scalar = ::juniper::DefaultScalarValue)]
        impl $edge {
            /// The row itself.
            fn node(&self) -> Option<&$node> {
                Some(&self.node)
            }

            /// Its place in the list, for `after` and `before`.
            fn cursor(&self) -> String {
                self.place()
            }
        }

        impl $crate::fast::Leaves for $edge {
            const LEAVES: &'static [&'static str] = &["cursor"];
            const STANDS_ALONE: bool = true;

            fn leaf(&self, field: &str, json: &mut $crate::written::Json) -> bool {
                match field {
                    "__typename" => json.put(stringify!($edge)),
                    "cursor" => json.put(&self.place()),
                    _ => return false,
                }
                true
            }

            fn nest<'a>(
                &self,
                field: $crate::fast::Field<'_, 'a>,
                executor: &::juniper::Executor<'_, 'a, Self::Context>,
                json: &mut $crate::written::Json,
            ) -> bool {
                if field.name != "node" {
                    return false;
                }
                $crate::fast::write_node(Some(&self.node), field, executor, json);
                true
            }
        }
    };
}
pub(crate) use connection;
