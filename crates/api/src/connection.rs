//! Relay connections: what every list answers.
//!
//! Cursors and counts are made when they are asked for: a count is a statement of its own, and a cursor a piece of work
//! for every row. A count that fails or takes too long is null beside its error, and the page is there all the same.

mod graphql;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use juniper::{Executor, GraphQLObject, GraphQLType};
use regulars_kernel::{
    Page, PageRequest,
    page::{Keyed, Order, PageArguments, SortField, cut},
};

use crate::{
    context::Context,
    error::ApiError,
    fast::{Fast, Field, Leaf, Leaves, Node, is_plain},
    row::{Row, Rows},
    written::Json,
};

/// How many rows a list has on all its pages.
pub(crate) enum Count {
    /// The list was cut from one in memory.
    Known(u64),
    /// To be counted, once, however often it is asked for.
    Asked(Box<dyn Fn(&Context) -> Counted + Send + Sync>, OnceLock<Counted>),
}

/// What came of counting.
type Counted = Result<u64, ApiError>;

/// Counts the list of a parent, by the parent's pk.
type CountOf = Box<dyn Fn(&Context, i64) -> Counted + Send + Sync>;

impl Count {
    /// A count that is made when it is asked for.
    pub(crate) fn asked(count: impl Fn(&Context) -> Counted + Send + Sync + 'static) -> Self {
        Self::Asked(Box::new(count), OnceLock::new())
    }

    fn get(&self, context: &Context) -> Counted {
        match self {
            Self::Known(count) => Ok(*count),
            Self::Asked(count, found) => found.get_or_init(|| count(context)).clone(),
        }
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

/// A node that lists are made of. The macro `connection!` says it of a type.
pub trait Listed:
    Node<Context = Context> + GraphQLType + Keyed<Self::Sort> + Clone + Send + Sync + 'static
{
    /// What its lists can be ordered by.
    type Sort: SortField + Send + Sync;
    /// The name of a page of them in the schema.
    const CONNECTION: &'static str;
    /// What a page of them is.
    const CONNECTION_WORDS: &'static str;
    /// The name of a row in the schema.
    const EDGE: &'static str;
    /// What a row is.
    const EDGE_WORDS: &'static str;
}

/// Makes a node a [`Listed`] one and names its connection.
///
/// `connection!(StoreNodeConnection, StoreNodeEdge, StoreNode, StoreSort, "A page of stores.", "One of the stores.");`
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $sort:ty, $page_words:literal, $edge_words:literal) => {
        #[doc = $page_words]
        pub type $connection = $crate::fast::Fast<$crate::connection::Connection<$node>>;

        impl $crate::connection::Listed for $node {
            type Sort = $sort;
            const CONNECTION: &'static str = stringify!($connection);
            const CONNECTION_WORDS: &'static str = $page_words;
            const EDGE: &'static str = stringify!($edge);
            const EDGE_WORDS: &'static str = $edge_words;
        }
    };
}
pub(crate) use connection;

/// A page of nodes, and a way to count the whole list.
pub struct Connection<N: Listed>(List<N>);

enum List<N: Listed> {
    /// A list by itself.
    Alone { page: Page<N>, order: Order<N::Sort>, count: Count },
    /// That of one of many parents.
    Nested { lists: Arc<Lists<N>>, of: i64 },
}

/// The lists of all parents of a level, by the pk of the parent; one without a page has an empty one.
pub(crate) struct Lists<N: Listed> {
    pages: HashMap<i64, Page<N>>,
    order: Order<N::Sort>,
    count: CountOf,
}

/// A row of a page. It lasts as long as its node is being written.
pub struct Edge<'p, N: Listed> {
    node: &'p N,
    order: &'p Order<N::Sort>,
    /// Which it is, where juniper goes through the rows.
    row: Option<Row>,
}

impl<N: Listed> Fast<Connection<N>> {
    /// The connection over a page, in this order, with a way to count the whole list.
    pub(crate) const fn new(page: Page<N>, order: Order<N::Sort>, count: Count) -> Self {
        Self(Connection(List::Alone { page, order, count }))
    }

    /// A page of a list that is in memory as a whole.
    pub(crate) fn cut(rows: Vec<N>, request: PageRequest<N::Sort>) -> Self {
        let count = Count::Known(u64::try_from(rows.len()).unwrap_or(u64::MAX));
        Self::new(cut(rows, &request), request.order, count)
    }
}

impl<N: Listed> Lists<N> {
    /// Pages in this order, with a way to count the list of one parent, which may count those of all.
    pub(crate) fn new(
        pages: impl IntoIterator<Item = (i64, Page<N>)>,
        order: Order<N::Sort>,
        count: impl Fn(&Context, i64) -> Counted + Send + Sync + 'static,
    ) -> Self {
        Self { pages: pages.into_iter().collect(), order, count: Box::new(count) }
    }

    /// The list of one parent.
    pub(crate) const fn of(self: Arc<Self>, parent: i64) -> Fast<Connection<N>> {
        Fast(Connection(List::Nested { lists: self, of: parent }))
    }
}

impl<N: Listed> Connection<N> {
    fn order(&self) -> &Order<N::Sort> {
        match &self.0 {
            List::Alone { order, .. } => order,
            List::Nested { lists, .. } => &lists.order,
        }
    }

    fn page(&self) -> Option<&Page<N>> {
        match &self.0 {
            List::Alone { page, .. } => Some(page),
            List::Nested { lists, of } => lists.pages.get(of),
        }
    }

    fn rows(&self) -> &[N] {
        self.page().map_or(&[], |page| &page.items)
    }

    fn edge<'p>(&'p self, node: &'p N, row: Option<Row>) -> Edge<'p, N> {
        Edge { node, order: self.order(), row }
    }

    fn page_info(&self) -> PageInfo {
        let cursor = |node: Option<&N>| node.map(|node| self.edge(node, None).cursor());
        PageInfo {
            has_next_page: self.page().is_some_and(|page| page.has_next),
            has_previous_page: self.page().is_some_and(|page| page.has_previous),
            start_cursor: cursor(self.rows().first()),
            end_cursor: cursor(self.rows().last()),
        }
    }

    fn count(&self, context: &Context) -> Result<Option<i32>, ApiError> {
        let count = match &self.0 {
            List::Alone { count, .. } => count.get(context),
            List::Nested { lists, of } => (lists.count)(context, *of),
        };
        count.map(clip).map(Some)
    }

    /// Writes the rows. What all of them have in common, the way to their nodes above all, is made once.
    fn write_edges<'a>(
        &self,
        field: Field<'_, 'a>,
        executor: &Executor<'_, 'a, Context>,
        json: &mut Json,
    ) -> bool {
        let Some(selections) = field.selections.filter(|selections| is_plain(selections)) else {
            return false;
        };
        let edges = field.executor(executor);
        let parts: Vec<_> = selections
            .iter()
            .filter_map(Field::of)
            .map(|part| (part, part.selections.map(|_| part.executor(&edges))))
            .collect();
        json.begin_list();
        let rows = Rows::of(edges.location().index());
        for (index, node) in self.rows().iter().enumerate() {
            rows.at(index);
            json.begin_object();
            for (part, inner) in &parts {
                json.key(part.key);
                match inner {
                    Some(inner) => part.write(Some(node), inner, json),
                    None => drop(self.edge(node, None).leaf(part.name, json)),
                }
            }
            json.end_object();
        }
        json.end_list();
        true
    }
}

impl<N: Listed> Edge<'_, N> {
    /// Its place in the list.
    fn cursor(&self) -> String {
        self.order.cursor(&self.order.position(self.node))
    }
}

impl<N: Listed> Leaves for Connection<N> {
    const LEAVES: &'static [&'static str] = &[];
    const STANDS_ALONE: bool = true;

    fn leaf(&self, field: &str, json: &mut Json) -> bool {
        let own = field == "__typename";
        if own {
            json.put(N::CONNECTION);
        }
        own
    }

    fn load(&self, field: &str, context: &Context, json: &mut Json) -> bool {
        match field {
            "count" | "totalCount" => match self.count(context) {
                Ok(count) => count.write(json),
                Err(_) => return false,
            },
            _ => return false,
        }
        true
    }

    fn nest<'a>(
        &self,
        field: Field<'_, 'a>,
        executor: &Executor<'_, 'a, Context>,
        json: &mut Json,
    ) -> bool {
        field.name == "edges" && self.write_edges(field, executor, json)
    }
}

impl<N: Listed> Leaves for Edge<'_, N> {
    const LEAVES: &'static [&'static str] = &["cursor"];
    const STANDS_ALONE: bool = true;

    fn leaf(&self, field: &str, json: &mut Json) -> bool {
        match field {
            "__typename" => json.put(N::EDGE),
            "cursor" => json.put(&self.cursor()),
            _ => return false,
        }
        true
    }
}
