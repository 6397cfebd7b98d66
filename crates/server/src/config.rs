//! The settings of the program: one small struct for each concern, filled from four places of which the later win:
//! `config/default.toml` (built in), a file of one's own, `REGULARS_…` environment variables, flags.
//!
//! A setting that nobody knows, or a value that is not allowed, is refused at start with its name, the place it came
//! from and what is allowed; all of them at once. This is the one place that reads the environment.

mod api;
mod apps;
mod auth;
mod check;
mod database;
mod guesses;
mod http;
mod keys;
mod layer;
mod log;
mod mail;
mod privacy;
mod refusal;
mod server;
mod sync;

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use figment::{
    Figment,
    value::{Dict, Value},
};

pub(crate) use self::{
    api::Api,
    apps::Apps,
    auth::Auth,
    database::{Database, DatabaseUrl},
    guesses::Guesses,
    http::{Graphiql, Http},
    keys::Keys,
    log::{Format, Log},
    mail::{Mail, Security, TOKEN, Transport as MailTransport},
    privacy::{Privacy, Quiet},
    refusal::Refusal,
    server::{Mode, Server},
    sync::Sync,
};
use self::{
    check::{Check, Section},
    layer::Layer,
    refusal::Problem,
};

/// The built-in file: the reference of every setting.
pub(crate) const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Every setting, checked.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) database: Database,
    pub(crate) http: Http,
    pub(crate) api: Api,
    pub(crate) apps: Apps,
    pub(crate) auth: Auth,
    pub(crate) guesses: Guesses,
    pub(crate) privacy: Privacy,
    pub(crate) keys: Keys,
    pub(crate) mail: Mail,
    pub(crate) sync: Sync,
    pub(crate) log: Log,
    /// Where each setting's value came from, by the setting's name.
    places: BTreeMap<String, String>,
}

/// Settings given as flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) listen: Option<String>,
    pub(crate) data_dir: Option<String>,
    pub(crate) database_url: Option<String>,
}

impl Config {
    /// Reads the settings for this process: from its environment too.
    pub(crate) fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, Refusal> {
        Self::load_from(file, std::env::vars_os(), flags)
    }

    /// Refuses a setting that only shows to be wrong when it is used.
    pub(crate) fn refuse(&self, name: &str, value: &str, allowed: &str) -> Refusal {
        let place = self.places.get(name).cloned().unwrap_or_default();
        Refusal::Settings(vec![Problem::value(name, value, place, allowed)])
    }

    /// Whether secret keys came out of a file of one's own.
    pub(crate) fn keys_are_in_a_file(&self) -> bool {
        let of_keys = |name: &str| name.starts_with(Keys::NAME);
        self.places.iter().any(|(name, place)| of_keys(name) && place.starts_with("in "))
    }

    fn load_from(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        flags: &Flags,
    ) -> Result<Self, Refusal> {
        let embedded = Layer::embedded()?;
        let known = embedded.values().clone();
        let mut figment = Figment::from(embedded);
        if let Some(path) = file {
            figment = figment.merge(Layer::file(path)?);
        }
        let environment = Layer::environment(environment, &known);
        let mut problems = Vec::from_iter(environment.empty_address());
        figment = figment.merge(environment);
        for (setting, flag, value) in [
            ("server.listen", "--listen", &flags.listen),
            ("server.data_dir", "--data-dir", &flags.data_dir),
            ("database.url", "--database-url", &flags.database_url),
        ] {
            if let Some(value) = value {
                let flag = Layer::flag(setting, flag, value);
                problems.extend(flag.empty_address());
                figment = figment.merge(flag);
            }
        }
        Reader { figment, problems }.read(&known)
    }
}

/// Takes the merged layers apart, and notes what is wrong with them.
struct Reader {
    figment: Figment,
    problems: Vec<Problem>,
}

impl Reader {
    fn read(mut self, known: &Dict) -> Result<Config, Refusal> {
        self.refuse_unknown(known);
        let server = self.section::<Server>();
        let database = self.section::<Database>();
        let http = self.section::<Http>();
        let api = self.section::<Api>();
        let apps = self.section::<Apps>();
        let auth = self.section::<Auth>();
        let guesses = self.section::<Guesses>();
        let privacy = self.section::<Privacy>();
        let keys = self.section::<Keys>();
        let mail = self.section::<Mail>();
        let sync = self.section::<Sync>();
        let log = self.section::<Log>();
        match (server, database, http, api, apps, auth, guesses, privacy, keys, mail, sync, log) {
            (
                Some(server),
                Some(database),
                Some(http),
                Some(api),
                Some(apps),
                Some(auth),
                Some(guesses),
                Some(privacy),
                Some(keys),
                Some(mail),
                Some(sync),
                Some(log),
            ) if self.problems.is_empty() => {
                let places = self.places(known);
                Ok(Config {
                    server,
                    database,
                    http,
                    api,
                    apps,
                    auth,
                    guesses,
                    privacy,
                    keys,
                    mail,
                    sync,
                    log,
                    places,
                })
            }
            _ => Err(Refusal::Settings(self.problems)),
        }
    }

    /// Notes every section and setting that the built-in file does not have.
    fn refuse_unknown(&mut self, known: &Dict) {
        let given: Dict = self.figment.extract().unwrap_or_default();
        for (section, value) in &given {
            let Some(Value::Dict(_, known_settings)) = known.get(section) else {
                let sections = known.keys().map(|name| format!("[{name}]")).collect::<Vec<_>>();
                let place = self.place(&deepest(section, value));
                self.problems.push(Problem::unknown(section, place, &sections.join(", ")));
                continue;
            };
            for setting in value.as_dict().into_iter().flat_map(Dict::keys) {
                if !known_settings.contains_key(setting) {
                    let name = format!("{section}.{setting}");
                    let settings = known_settings.keys().cloned().collect::<Vec<_>>().join(", ");
                    let place = self.place(&name);
                    self.problems.push(Problem::unknown(&name, place, &settings));
                }
            }
        }
    }

    fn section<S: Section>(&mut self) -> Option<S> {
        match self.figment.extract_inner::<S>(S::NAME) {
            Ok(section) => {
                let mut check = Check::default();
                section.check(&mut check);
                for (setting, allowed) in check.into_refused() {
                    self.refuse::<S>(setting, Some(allowed));
                }
                Some(section)
            }
            Err(errors) => {
                for error in errors {
                    // The path ends with the section's name, wherever in the section the error is.
                    match error.path.split_last().and_then(|(_section, inner)| inner.first()) {
                        Some(setting) => self.refuse::<S>(setting, allowed::<S>(setting)),
                        None => self.problems.push(Problem::odd(S::NAME, &of_a_section(&error))),
                    }
                }
                None
            }
        }
    }

    fn refuse<S: Section>(&mut self, setting: &str, allowed: Option<String>) {
        let name = format!("{}.{setting}", S::NAME);
        let value = if S::SECRET.contains(&setting) {
            self.scheme(&name)
        } else {
            self.figment
                .find_value(&name)
                .map_or_else(|_absent| "nothing".to_owned(), |v| shown(&v))
        };
        let place = self.place(&name);
        let allowed = allowed.unwrap_or_else(|| "see `regulars config`".to_owned());
        self.problems.push(Problem::value(&name, &value, place, &allowed));
    }

    /// Of an address that may hold a password, what stands before it; of a key nothing.
    fn scheme(&self, name: &str) -> String {
        let value = self.figment.find_value(name).ok().and_then(Value::into_string);
        let scheme = value.as_deref().and_then(|text| text.split_once("://"));
        scheme
            .map_or_else(|| "(not shown)".to_owned(), |(scheme, _rest)| format!("\"{scheme}://…\""))
    }

    /// Where every setting's value came from.
    fn places(&self, known: &Dict) -> BTreeMap<String, String> {
        let names = known.iter().flat_map(|(section, settings)| {
            let settings = settings.as_dict().into_iter().flat_map(Dict::keys);
            settings.map(move |setting| format!("{section}.{setting}"))
        });
        names.map(|name| (name.clone(), self.place(&name))).collect()
    }

    /// Where a setting's value came from.
    fn place(&self, name: &str) -> String {
        let parts: Vec<&str> = name.split('.').collect();
        self.figment
            .find_metadata(name)
            .map(|metadata| metadata.interpolate(self.figment.profile(), &parts))
            .unwrap_or_default()
    }
}

/// What is wrong with a section as a whole, without what stands in its place: that may be a secret.
fn of_a_section(error: &figment::Error) -> String {
    match &error.kind {
        figment::error::Kind::MissingField(_) => error.kind.to_string(),
        _ => "a section of settings is expected, and a single value was given".to_owned(),
    }
}

/// What is allowed for a setting whose value is not even of the right type: asked of the built-in values.
fn allowed<S: Section>(setting: &str) -> Option<String> {
    let embedded = Figment::from(Layer::embedded().ok()?);
    let section = embedded.extract_inner::<S>(S::NAME).ok()?;
    let mut check = Check::default();
    section.check(&mut check);
    check.allowed(setting)
}

/// The name of some value in a section, for asking where the section came from.
fn deepest(section: &str, value: &Value) -> String {
    match value.as_dict().and_then(|settings| settings.keys().next()) {
        Some(setting) => format!("{section}.{setting}"),
        None => section.to_owned(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Char(_, character) => format!("{character:?}"),
        Value::Bool(_, flag) => flag.to_string(),
        Value::Num(_, number) => match number.to_i128() {
            Some(number) => number.to_string(),
            None => number.to_f64().map_or_else(String::new, |number| number.to_string()),
        },
        Value::Empty(..) => "nothing".to_owned(),
        Value::Dict(..) => "a section".to_owned(),
        Value::Array(_, values) => {
            format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
