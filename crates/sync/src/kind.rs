//! The kinds of sources there are: what each needs to be told, and how its connector is opened.

use std::sync::Arc;

use regulars_kernel::Clock;
use regulars_merchant::EntitySource;
pub use regulars_source::setting::{Setting, SettingType};
use serde_json::{Map, Value};

use crate::{
    connector::{Connector, Credentials, Fault},
    outgoing::{Client, Reach},
};

/// What a connector is opened with.
#[derive(Clone)]
pub struct Opening {
    /// The settings that are no secrets, checked when they were told.
    pub settings: Map<String, Value>,
    /// The secrets, and what the connector keeps beside them.
    pub credentials: Arc<dyn Credentials>,
    /// How it asks.
    pub client: Client,
    /// Where requests may go: with [`Reach::Anywhere`] the settings may name another address than the vendor's.
    pub reach: Reach,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Opening {
    /// A setting's text; empty is absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.settings.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A setting that is on or off.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.settings.get(name).and_then(Value::as_bool).unwrap_or(default)
    }
}

/// A kind of source.
pub struct SourceKind {
    /// What its records are marked with.
    pub source: EntitySource,
    /// What people call it.
    pub name: &'static str,
    /// What it brings, and what is needed at the vendor: a few sentences.
    pub description: &'static str,
    /// What a connection is told.
    pub settings: &'static [Setting],
    /// Opens a connection; nothing is asked of the source yet.
    pub open: fn(Opening) -> Result<Box<dyn Connector>, Fault>,
}
