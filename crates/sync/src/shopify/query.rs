//! The queries, which are files: each is held against Shopify's own schemas, the oldest and the newest.

use std::fmt;

use serde_json::Value;

/// A version of Shopify's interface: a year and a quarter's first month, `2026-10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    year: u16,
    month: u16,
}

impl Version {
    /// The oldest that is spoken.
    pub(super) const OLDEST: Self = Self { year: 2025, month: 10 };
    /// From here on a phone number's consent is an object of its own.
    const CONSENT_OBJECT: Self = Self { year: 2026, month: 10 };

    /// The version of a text; none where it is none, or older than [`Self::OLDEST`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        if year.len() != 4 || !matches!(month, "01" | "04" | "07" | "10") {
            return None;
        }
        let version = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        (version >= Self::OLDEST).then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// What is asked page by page, or by ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Query {
    CustomersPage,
    CustomersById,
    CustomerIdsPage,
    CustomersSight,
    OrdersPage,
    OrdersById,
    OrderLines,
    BulkRun,
    BulkState,
    MetafieldsSet,
    Shop,
    Subscriptions,
    SubscriptionCreate,
}

/// What a bulk operation is started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BulkQuery {
    Customers,
    CustomerIds,
    Orders,
}

const CUSTOMER_FIELDS: &str = include_str!("queries/customer_fields.graphql");
const CUSTOMER_FIELDS_BEFORE_2026_10: &str =
    include_str!("queries/customer_fields_before_2026_10.graphql");
const ORDER_FIELDS: &str = include_str!("queries/order_fields.graphql");
const LINE_FIELDS: &str = include_str!("queries/line_fields.graphql");

/// The fragments of a version, by how they are spread.
fn fragments(version: Version) -> [(&'static str, &'static str); 3] {
    let customer = if version >= Version::CONSENT_OBJECT {
        CUSTOMER_FIELDS
    } else {
        CUSTOMER_FIELDS_BEFORE_2026_10
    };
    [
        ("...CustomerFields", customer),
        ("...OrderFields", ORDER_FIELDS),
        ("...LineFields", LINE_FIELDS),
    ]
}

impl Query {
    const fn file(self) -> &'static str {
        match self {
            Self::CustomersPage => include_str!("queries/customers_page.graphql"),
            Self::CustomersById => include_str!("queries/customers_by_id.graphql"),
            Self::CustomerIdsPage => include_str!("queries/customer_ids_page.graphql"),
            Self::CustomersSight => include_str!("queries/customers_sight.graphql"),
            Self::OrdersPage => include_str!("queries/orders_page.graphql"),
            Self::OrdersById => include_str!("queries/orders_by_id.graphql"),
            Self::OrderLines => include_str!("queries/order_lines.graphql"),
            Self::BulkRun => include_str!("queries/bulk_run.graphql"),
            Self::BulkState => include_str!("queries/bulk_state.graphql"),
            Self::MetafieldsSet => include_str!("queries/metafields_set.graphql"),
            Self::Shop => include_str!("queries/shop.graphql"),
            Self::Subscriptions => include_str!("queries/subscriptions.graphql"),
            Self::SubscriptionCreate => include_str!("queries/subscription_create.graphql"),
        }
    }

    /// The whole document: the file, and the fragments that it spreads.
    pub(super) fn document(self, version: Version) -> String {
        let mut document = self.file().to_owned();
        for (spread, fragment) in fragments(version) {
            if self.file().contains(spread) {
                document.push_str(fragment);
            }
        }
        document
    }
}

impl BulkQuery {
    const fn file(self) -> &'static str {
        match self {
            Self::Customers => include_str!("queries/customers_bulk.graphql"),
            Self::CustomerIds => include_str!("queries/customer_ids_bulk.graphql"),
            Self::Orders => include_str!("queries/orders_bulk.graphql"),
        }
    }

    /// The query of a bulk operation, which has neither variables nor, to be safe, fragments: both are written out.
    pub(super) fn document(self, version: Version, variables: &[(&str, Value)]) -> String {
        let mut document = without_comments(self.file());
        for (spread, fragment) in fragments(version) {
            document = document.replace(spread, body(&without_comments(fragment)));
        }
        if let Some((head, rest)) = document.split_once('{')
            && let Some((name, _variables)) = head.split_once('(')
        {
            document = format!("{} {{{rest}", name.trim_end());
        }
        for (name, value) in variables {
            document = document.replace(&format!("${name}"), &value.to_string());
        }
        document
    }
}

fn without_comments(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    lines.join("\n")
}

/// What a fragment stands for: all between its outermost braces.
fn body(fragment: &str) -> &str {
    let inside = fragment.split_once('{').map_or("", |(_head, inside)| inside);
    inside.rsplit_once('}').map_or("", |(inside, _end)| inside).trim()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_are_quarters() {
        let new = Version::parse("2026-10").unwrap();
        assert!(new > Version::parse("2026-07").unwrap());
        assert_eq!(Version::parse("2025-10"), Some(Version::OLDEST));
        for wrong in ["2025-07", "2026-11", "unstable", "26-10", "2026", "", "2026-1", "+026-10"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_document_has_the_fragments_that_it_spreads_and_no_others() {
        let new = Version::parse("2026-10").unwrap();
        let page = Query::CustomersPage.document(new);
        assert!(page.contains("fragment CustomerFields") && page.contains("smsMarketingConsent"));
        assert!(!page.contains("fragment OrderFields"));
        let old = Query::CustomersPage.document(Version::OLDEST);
        assert!(!old.contains("smsMarketingConsent"));
        let orders = Query::OrdersById.document(new);
        assert!(orders.contains("fragment OrderFields") && orders.contains("fragment LineFields"));
        assert!(!Query::Shop.document(new).contains("fragment"));
    }

    /// The queries of bulk operations as they are sent: Shopify's schemas are asked about these files, too.
    #[test]
    fn bulk_queries_are_those_that_are_certified() {
        let namespace = [("namespace", json!("regulars"))];
        let flags = [("locations", json!(true)), ("products", json!(true))];
        let new = Version::parse("2026-10").unwrap();
        for (query, version, variables, written) in [
            (
                BulkQuery::Customers,
                Version::OLDEST,
                &namespace[..],
                include_str!("queries/written/customers_2025_10.graphql"),
            ),
            (
                BulkQuery::Customers,
                new,
                &namespace[..],
                include_str!("queries/written/customers_2026_10.graphql"),
            ),
            (BulkQuery::Orders, new, &flags[..], include_str!("queries/written/orders.graphql")),
            (
                BulkQuery::CustomerIds,
                new,
                &[],
                include_str!("queries/written/customer_ids.graphql"),
            ),
        ] {
            let document = query.document(version, variables);
            assert_eq!(document.trim_end(), written.trim_end(), "{document}");
        }
    }

    #[test]
    fn a_bulk_query_has_everything_written_out() {
        let new = Version::parse("2026-10").unwrap();
        let customers = BulkQuery::Customers.document(new, &[("namespace", json!("a\"b"))]);
        assert!(customers.starts_with("query CustomersBulk {"), "{customers}");
        assert!(customers.contains(r#"metafield(namespace: "a\"b", key: "loyalty_id")"#));
        let flags = [("locations", json!(true)), ("products", json!(false))];
        let orders = BulkQuery::Orders.document(new, &flags);
        assert!(orders.contains("retailLocation @include(if: true)"));
        assert!(orders.contains("product @include(if: false)"));
        for document in [customers, orders, BulkQuery::CustomerIds.document(new, &[])] {
            assert!(!document.contains("..."), "{document}");
            assert!(!document.contains('$') && !document.contains('#'), "{document}");
            assert_eq!(document.matches('{').count(), document.matches('}').count());
        }
    }
}
