//! `sources`: the kinds of systems that can be connected, and what each needs to be told.

use std::sync::Arc;

use juniper::{GraphQLEnum, GraphQLObject};
use regulars_kernel::{Permission, Rule, Violations};
use regulars_merchant::EntitySource;
use regulars_source::{
    Connection, SourceError,
    connection::change::Sealing,
    setting::{self, Setting, SettingType},
};
use regulars_sync::{connector::Fault, engine::Engine, kind::SourceKind};
use serde_json::{Map, Value};

use crate::{context::Context, customer::choice::UserEntitySource, error::ApiError};

/// What the value of a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SyncSettingType {
    /// A text.
    Text,
    /// A list of texts.
    TextList,
    /// `true` or `false`.
    Boolean,
    /// A whole number from `least` to `most`.
    Number,
    /// One of `choices`, as a text.
    Choice,
    /// An object from field names to field names or values.
    Mapping,
}

/// Something that a connection is told, for whoever fills a form.
#[derive(Clone, Debug, PartialEq, Eq, GraphQLObject)]
#[graphql(name = "SyncSetting", scalar = juniper::DefaultScalarValue)]
pub struct SyncSetting {
    /// Its name in `settings`.
    name: &'static str,
    /// What it means, with an example.
    description: &'static str,
    /// What its value is.
    #[graphql(name = "type")]
    kind: SyncSettingType,
    /// What there is to choose from, of a choice.
    choices: Vec<&'static str>,
    /// The least number; null where there is no bound, and of what is no number.
    least: Option<i32>,
    /// The greatest number; null where there is no bound, and of what is no number.
    most: Option<i32>,
    /// Whether there is no connection without it.
    required: bool,
    /// What holds where it is absent.
    default: Option<&'static str>,
    /// Whether it is kept encrypted and never shown again.
    secret: bool,
}

impl From<&Setting> for SyncSetting {
    fn from(setting: &Setting) -> Self {
        let bound = |number: i64| i32::try_from(number).ok();
        let (kind, choices, bounds) = match setting.kind {
            SettingType::Text => (SyncSettingType::Text, [].as_slice(), (None, None)),
            SettingType::Texts => (SyncSettingType::TextList, [].as_slice(), (None, None)),
            SettingType::Bool => (SyncSettingType::Boolean, [].as_slice(), (None, None)),
            SettingType::Number(least, most) => {
                (SyncSettingType::Number, [].as_slice(), (bound(least), bound(most)))
            }
            SettingType::Choice(choices) => (SyncSettingType::Choice, choices, (None, None)),
            SettingType::Mapping => (SyncSettingType::Mapping, [].as_slice(), (None, None)),
        };
        Self {
            name: setting.name,
            description: setting.description,
            kind,
            choices: choices.to_vec(),
            least: bounds.0,
            most: bounds.1,
            required: setting.required,
            default: setting.default,
            secret: setting.secret,
        }
    }
}

/// A kind of system that can be connected.
#[derive(Clone, Debug, PartialEq, Eq, GraphQLObject)]
#[graphql(name = "SyncSource", scalar = juniper::DefaultScalarValue)]
pub struct SyncSource {
    /// What `createConnection` names it by, and what marks the customers that it brings.
    source: UserEntitySource,
    /// What people call it.
    name: &'static str,
    /// What it brings, and what is needed there: a few sentences.
    description: &'static str,
    /// What a connection is told: what is its own, then what every source can be told.
    settings: Vec<SyncSetting>,
}

/// Where a file lies on the server is the server's to know: to name it would be to read any file there.
const FILE_PATH: &str = "path";

/// Whether a setting is the server's own, which nobody names or sees through the API.
pub(super) fn is_internal(source: EntitySource, name: &str) -> bool {
    name == regulars_source::review::decision::CONFIRMED_SWEEP
        || (source == EntitySource::File && name == FILE_PATH)
}

/// What a connection of a kind can be told through the API.
pub(super) fn settings_of(kind: &SourceKind) -> Vec<Setting> {
    let mut settings = setting::all_of(kind.settings);
    settings.retain(|setting| !is_internal(kind.source, setting.name));
    settings
}

/// The kinds that there are on this server; none where syncing is off.
pub(crate) fn sources(context: &Context) -> Result<Vec<SyncSource>, ApiError> {
    context.actor().require(Permission::Sync)?;
    let kinds = context.sync().map(|engine| engine.kinds).unwrap_or_default();
    let one = |kind: &&SourceKind| {
        Some(SyncSource {
            source: UserEntitySource::of_name(kind.source.name())?,
            name: kind.name,
            description: kind.description,
            settings: settings_of(kind).iter().map(SyncSetting::from).collect(),
        })
    };
    Ok(kinds.iter().filter_map(one).collect())
}

/// The engine of this server.
pub(super) fn engine(context: &Context) -> Result<Arc<Engine>, ApiError> {
    context.sync().cloned().ok_or_else(|| {
        let sentence = "Syncing is off on this server.";
        Violations::of_input(Rule::Invalid(sentence.to_owned())).into()
    })
}

/// The kind of a source, where this server has a connector for it.
pub(super) fn kind_of(
    engine: &Engine,
    source: EntitySource,
) -> Result<&'static SourceKind, ApiError> {
    engine.kind(source).ok_or_else(|| {
        let sentence = "There is no connector for this source: see sources.";
        ApiError::invalid("source", sentence)
    })
}

/// Keeps secrets as the engine does.
pub(super) struct Vault(pub(super) Arc<Engine>);

/// No key, and whatever else: a sentence for whoever asked.
fn told(fault: &Fault) -> SourceError {
    Violations::of_input(Rule::Invalid(fault.to_string())).into()
}

impl Sealing for Vault {
    fn seal(
        &self,
        merchant: regulars_kernel::MerchantId,
        token: &str,
        plain: &Map<String, Value>,
    ) -> Result<Vec<u8>, SourceError> {
        let plain = Value::Object(plain.clone());
        self.0.secrets.seal(merchant, token, &plain).map_err(|fault| told(&fault))
    }

    fn open(&self, connection: &Connection) -> Result<Map<String, Value>, SourceError> {
        match self.0.secrets.unseal(connection).map_err(|fault| told(&fault))? {
            Value::Object(secrets) => Ok(secrets),
            _ => Ok(Map::new()),
        }
    }
}
