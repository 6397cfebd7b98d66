//! Files: customers, their cards, balances, orders and products from CSV and JSON Lines, and back into them.
//!
//! A file of any size is read at flat memory, record by record, and from any cursor on: a cursor holds the file's SHA-256 and the byte at
//! which a record begins. What columns mean is found from their headers ([`Preview`] proposes it) or said by the setting `mapping`, in
//! the API's own names. A row that makes no record becomes a [`regulars_source::record::BadRecord`] with its line and column, which
//! [`RejectWriter`] gives back as a file to be corrected, and [`replay`] reads again.

mod columns;
mod customers;
mod dates;
mod entry;
mod export;
mod fingerprint;
mod goods;
mod guard;
mod headers;
mod items;
mod json;
mod layout;
mod orders;
mod preview;
mod reading;
mod rejects;
mod rows;
mod settings;
mod target;
mod values;
mod window;

use std::time::Duration;

use regulars_merchant::EntitySource;

pub use columns::Column;
pub use export::{Export, ExportError, Style};
pub use layout::Layout;
pub use preview::{Preview, preview};
pub use reading::{FileConnector, Progress, progress};
pub use rejects::{RejectWriter, replay};
pub use settings::{Format, Kind, Options};
pub use target::Target;

use crate::{
    connector::{StreamKind, StreamSpec},
    kind::SourceKind,
};

/// What a connection to a file is.
pub const KIND: SourceKind = SourceKind {
    source: EntitySource::File,
    name: "File",
    description: "Customers, their card numbers, balances, orders or products from a CSV file or from JSON Lines. The file is UTF-8; in Excel, save it as \"CSV UTF-8\". Its columns are recognised by their headers, in English and German, or as the mapping says.",
    settings: settings::SETTINGS,
    open: |opening| Ok(Box::new(FileConnector::new(Options::of(&opening.settings)?))),
};

const fn stream(name: &'static str, object: &'static str, kind: StreamKind) -> StreamSpec {
    StreamSpec {
        name,
        object,
        kind,
        overlap: Duration::ZERO,
        delay: Duration::ZERO,
        has_tail: false,
    }
}

/// The stream of each kind of file.
static STREAMS: [(Kind, [StreamSpec; 1]); 5] = [
    (Kind::Customers, [stream("customers", customers::OBJECT, StreamKind::Customers)]),
    (Kind::Cards, [stream("cards", customers::OBJECT, StreamKind::Customers)]),
    (Kind::Balances, [stream("balances", goods::BALANCE, StreamKind::Balances)]),
    (Kind::Orders, [stream("orders", orders::OBJECT, StreamKind::Orders)]),
    (Kind::Products, [stream("products", goods::PRODUCT, StreamKind::Products)]),
];
