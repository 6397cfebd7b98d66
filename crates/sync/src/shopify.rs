//! Shopify: customers and orders of one shop, by its Admin GraphQL interface; points go back as metafields.

mod api;
mod bulk;
mod bulk_file;
mod customer;
mod metafield;
mod order;
mod page;
mod probe;
mod query;
mod setting;
mod subscription;
mod token;
mod value;
pub mod webhook;

use std::{fmt, time::Duration};

use regulars_merchant::EntitySource;
use regulars_source::record::Item;

pub use subscription::{Subscribed, subscribe};

use self::{
    api::Api,
    bulk_file::Download,
    customer::Sight,
    page::Sizes,
    query::Version,
    token::{Tokens, Way},
};
use crate::{
    connector::{Ask, Batch, Connector, Fault, StreamKind, StreamSpec, Tested, WriteBack, Written},
    kind::{Opening, SourceKind},
    outgoing::Reach,
};

/// The source as merchants connect it.
pub static KIND: SourceKind = SourceKind {
    source: EntitySource::Shopify,
    name: "Shopify",
    description: "Customers and orders of a Shopify shop, and points back to it. Make an app in Shopify's Dev Dashboard with the scopes read_customers, read_orders, read_all_orders (for orders older than 60 days), read_customer_merge and write_customers (to show points in the shop), ask there for access to protected customer data (names, e-mail, phone, address), install it in your shop, and enter its client id and secret here.",
    settings: setting::SETTINGS,
    open: |opening| Ok(Box::new(Shopify::open(opening)?)),
};

/// The search index lags behind what was written: windows begin so much earlier.
const OVERLAP: Duration = Duration::from_mins(10);

const STREAMS: &[StreamSpec] = &[
    StreamSpec {
        name: "customers",
        object: customer::OBJECT,
        kind: StreamKind::Customers,
        overlap: OVERLAP,
        delay: Duration::ZERO,
        has_tail: true,
    },
    StreamSpec {
        name: "orders",
        object: order::OBJECT,
        kind: StreamKind::Orders,
        overlap: OVERLAP,
        delay: Duration::ZERO,
        has_tail: true,
    },
];

/// What is wanted of orders.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    /// They are told before they are paid, too.
    unpaid: bool,
    /// The till's location is asked for.
    locations: bool,
    /// The products of lines are asked for.
    products: bool,
}

/// A connection to a shop.
pub struct Shopify {
    api: Api,
    shop: String,
    /// Whether all there is is read by bulk operations.
    bulk: bool,
    /// What is wanted of orders.
    wanted: Wanted,
    /// In which namespace our metafields are.
    namespace: String,
    /// Whether there is no sense in waiting, since a fake answers.
    hurried: bool,
    sight: Sight,
    /// Whether it was looked what is shown of people.
    looked: bool,
    sizes: Sizes,
    download: Option<Download>,
}

impl fmt::Debug for Shopify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shopify").field("shop", &self.shop).finish_non_exhaustive()
    }
}

impl Shopify {
    /// Opens a connection; nothing is asked of the shop yet.
    ///
    /// # Errors
    /// [`Fault::Settings`] for an address that is no shop's, or a version that is none.
    pub fn open(opening: Opening) -> Result<Self, Fault> {
        let wrong = |sentence: &str| Fault::Settings(sentence.to_owned());
        let shop = setting::shop_of(opening.text("shop").unwrap_or_default())
            .ok_or_else(|| wrong("Enter the shop's address as in my-shop.myshopify.com."))?;
        let version = Version::parse(opening.text("version").unwrap_or(setting::VERSION))
            .ok_or_else(|| wrong("Versions are written 2026-10; the oldest one is 2025-10."))?;
        let way = Way::from_name(opening.text("access").unwrap_or(setting::ACCESS))
            .ok_or_else(|| wrong("There is no such way to log in."))?;
        let namespace = opening.text("namespace").unwrap_or(setting::NAMESPACE).to_owned();
        if !setting::is_namespace(&namespace) {
            return Err(wrong(
                "A metafield namespace has 3 to 255 letters, digits, `-` and `_`, after `$app:` where it is this app's own.",
            ));
        }
        let host = match (opening.reach, opening.text("endpoint")) {
            (Reach::Anywhere, Some(endpoint)) => endpoint.trim_end_matches('/').to_owned(),
            _ => format!("https://{shop}"),
        };
        let hurried = opening.reach == Reach::Anywhere;
        let bulk = opening.flag("bulk", true);
        let wanted = Wanted {
            unpaid: opening.flag("unpaidOrders", false),
            locations: opening.flag("locations", false),
            products: opening.flag("products", false),
        };
        let client_id = opening.text("clientId").map(str::to_owned);
        let Opening { client, clock, credentials, .. } = opening;
        let tokens = Tokens {
            way,
            client: client.clone(),
            clock,
            credentials,
            client_id,
            address: format!("{host}/admin/oauth/access_token"),
            current: None,
        };
        let address = format!("{host}/admin/api/{version}/graphql.json");
        Ok(Self {
            api: Api::new(client, tokens, version, address),
            shop,
            bulk,
            wanted,
            namespace,
            hurried,
            sight: Sight::default(),
            looked: false,
            sizes: Sizes::new(),
            download: None,
        })
    }
}

impl Connector for Shopify {
    fn streams(&self) -> &'static [StreamSpec] {
        STREAMS
    }

    fn test(&mut self) -> Result<Tested, Fault> {
        self.probe()
    }

    fn read(&mut self, ask: &Ask<'_>) -> Result<Batch, Fault> {
        self.read_on(ask.stream.kind, ask.pass, ask.cursor)
    }

    fn reread(&mut self, object: &str, ids: &[String]) -> Result<Vec<Item>, Fault> {
        self.read_by_ids(object, ids)
    }

    fn write_back(&mut self, changes: &[WriteBack]) -> Result<Vec<Written>, Fault> {
        self.write_metafields(changes)
    }
}
