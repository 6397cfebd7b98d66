//! The places settings come from, each as a layer that knows how to name itself.

use std::{ffi::OsString, fs, path::Path};

use figment::{
    Error, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

use super::{DEFAULTS, Refusal, refusal::Problem};

/// Before the name of every environment variable that is a setting.
const PREFIX: &str = "REGULARS_";
/// Names the file of one's own; read by the command line.
const CONFIG_FILE: &str = "REGULARS_CONFIG";

/// Settings from one place.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    values: Dict,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Embedded,
    File(String),
    Environment,
    Flag(&'static str),
}

impl Place {
    /// In words, for the setting of that path.
    fn tell(&self, keys: &[&str]) -> String {
        match self {
            Self::Embedded => "the built-in default".to_owned(),
            Self::File(path) => format!("in {path}"),
            Self::Environment => {
                let name = keys.iter().filter(|key| !key.is_empty()).copied().collect::<Vec<_>>();
                format!("{PREFIX}{} in the environment", name.join("_").to_uppercase())
            }
            Self::Flag(flag) => format!("flag {flag}"),
        }
    }
}

impl Layer {
    /// The built-in file.
    pub(super) fn embedded() -> Result<Self, Refusal> {
        let values = parse(DEFAULTS, Path::new("default.toml"))?;
        Ok(Self { values, place: Place::Embedded })
    }

    /// A file of one's own.
    pub(super) fn file(path: &Path) -> Result<Self, Refusal> {
        let text = fs::read_to_string(path)
            .map_err(|source| Refusal::File { path: path.to_owned(), source })?;
        let values = parse(&text, path)?;
        Ok(Self { values, place: Place::File(path.display().to_string()) })
    }

    /// The environment: `REGULARS_<SECTION>_<SETTING>`. A value is read as what the built-in file has there: a text
    /// stays as it is, even one of digits; a list is split at commas.
    pub(super) fn environment(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        known: &Dict,
    ) -> Self {
        let mut values = Dict::new();
        for (name, value) in variables {
            let (Some(name), value) = (name.to_str(), value.to_string_lossy()) else { continue };
            let Some(setting) = name.strip_prefix(PREFIX) else { continue };
            let setting = setting.to_lowercase();
            // A variable without a second word is no setting of any section; kept, so that it is refused by its name.
            let (section, key) = setting.split_once('_').unwrap_or((&setting, ""));
            let kind =
                known.get(section).and_then(Value::as_dict).and_then(|section| section.get(key));
            if name == CONFIG_FILE || kind.is_none() && tells_of_a_service(name, &value) {
                continue;
            }
            let section = values.entry(section.to_owned()).or_insert_with(|| Dict::new().into());
            if let Value::Dict(_, settings) = section {
                settings.insert(key.to_owned(), read(&value, kind));
            }
        }
        Self { values, place: Place::Environment }
    }

    /// One flag.
    pub(super) fn flag(setting: &str, flag: &'static str, value: &str) -> Self {
        let (section, key) = setting.split_once('.').unwrap_or((setting, ""));
        let settings = Dict::from([(key.to_owned(), Value::from(value))]);
        let values = Dict::from([(section.to_owned(), Value::from(settings))]);
        Self { values, place: Place::Flag(flag) }
    }

    /// Where this place gives the database's address and gives nothing: a variable of a deployment that was left empty
    /// must not found a database of its own. (In a file, the empty address is the documented default.)
    pub(super) fn empty_address(&self) -> Option<Problem> {
        let url = self.values.get("database")?.as_dict()?.get("url")?.as_str()?;
        url.trim().is_empty().then(|| {
            let place = self.place.tell(&["database", "url"]);
            let allowed = "an address; leave it out for the file regulars.db in the data directory";
            Problem::value("database.url", "\"\"", place, allowed)
        })
    }

    /// Takes one setting out; whether it was there.
    #[cfg(test)]
    pub(super) fn forget(&mut self, section: &str, setting: &str) -> bool {
        match self.values.get_mut(section) {
            Some(Value::Dict(_, settings)) => settings.remove(setting).is_some(),
            _ => false,
        }
    }

    /// The settings by section.
    pub(super) fn values(&self) -> &Dict {
        &self.values
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        let place = self.place.clone();
        Metadata::named("settings")
            .interpolater(move |_profile: &Profile, keys: &[&str]| place.tell(keys))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// What is wrong is told without the line that it is in, which may hold a secret.
fn parse(text: &str, path: &Path) -> Result<Dict, Refusal> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        Refusal::Syntax {
            path: path.to_owned(),
            line: before.matches('\n').count().saturating_add(1),
            column: before.chars().rev().take_while(|c| *c != '\n').count().saturating_add(1),
            reason: error.message().lines().next().unwrap_or_default().to_owned(),
        }
    })
}

/// Whether a container platform sets this variable by itself, in every container beside a service whose name begins with
/// `regulars`: `…_SERVICE_HOST`, `…_SERVICE_PORT[_<NAME>]`, `…_PORT` (an address) and `…_PORT_<number>_…`.
fn tells_of_a_service(name: &str, value: &str) -> bool {
    let numbered = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.ends_with("_PORT") && value.contains("://")
        || name.split("_PORT_").skip(1).any(numbered)
}

/// Reads an environment variable as the kind of value that the setting has by default.
fn read(text: &str, kind: Option<&Value>) -> Value {
    let as_text = || Value::from(text);
    match kind {
        Some(Value::Array(..)) => Value::from(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(Value::from)
                .collect::<Vec<_>>(),
        ),
        Some(Value::Bool(..)) => text.parse::<bool>().map_or_else(|_odd| as_text(), Value::from),
        Some(Value::Num(..)) => text.parse::<i64>().map_or_else(|_odd| as_text(), Value::from),
        _ => as_text(),
    }
}
