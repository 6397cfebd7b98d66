//! What a connection to a file is told.

use std::{collections::BTreeMap, path::PathBuf};

use chrono_tz::Tz;
use regulars_kernel::{Country, money::typed_currency};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    dates::{DateFormat, ISO},
    target::Target,
};
use crate::{
    connector::Fault,
    kind::{Setting, SettingType},
};

/// What a file is a list of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Customers.
    Customers,
    /// Card numbers of customers.
    Cards,
    /// Balances of an older system.
    Balances,
    /// Orders, with their refunds.
    Orders,
    /// Products.
    Products,
}

/// Their names, in the order of [`Kind::ALL`].
pub(super) const KINDS: &[&str] = &["customers", "cards", "balances", "orders", "products"];

impl Kind {
    /// Each of them.
    pub const ALL: [Self; 5] =
        [Self::Customers, Self::Cards, Self::Balances, Self::Orders, Self::Products];

    /// The name in settings and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Cards => "cards",
            Self::Balances => "balances",
            Self::Orders => "orders",
            Self::Products => "products",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Rows of cells under a header line.
    Csv,
    /// A JSON object a line.
    Jsonl,
}

/// What separates the whole from the fraction of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecimalSign {
    Point,
    Comma,
}

/// What a mapping says of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapped {
    /// What it means; none: it is passed over.
    pub(super) target: Option<Target>,
    /// Whether an empty cell clears; none: as the connection says.
    pub(super) empty_clears: Option<bool>,
}

/// The delimiters of CSV, by their names in settings.
pub(super) const DELIMITERS: [(&str, u8); 4] =
    [("comma", b','), ("semicolon", b';'), ("tab", b'\t'), ("pipe", b'|')];

/// The settings of a connection to a file, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Where the file is.
    pub path: PathBuf,
    /// What it is a list of.
    pub kind: Kind,
    /// How it is written; none: found from its first characters.
    pub format: Option<Format>,
    pub(super) mapping: BTreeMap<String, Mapped>,
    pub(super) delimiter: Option<u8>,
    pub(super) dates: DateFormat,
    pub(super) zone: Tz,
    pub(super) decimal: DecimalSign,
    pub(super) empty_clears: bool,
    /// By its ISO 4217 code.
    pub(super) currency: Option<String>,
    pub(super) loyalty_card: Option<String>,
}

const fn text(
    name: &'static str,
    description: &'static str,
    default: Option<&'static str>,
) -> Setting {
    Setting { name, description, kind: SettingType::Text, required: false, default, secret: false }
}

const fn choice(
    name: &'static str,
    description: &'static str,
    choices: &'static [&'static str],
    default: &'static str,
) -> Setting {
    Setting { kind: SettingType::Choice(choices), ..text(name, description, Some(default)) }
}

/// What people are asked.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        required: true,
        ..text("path", "Where the file is on the server. An upload fills it in.", None)
    },
    Setting {
        kind: SettingType::Choice(KINDS),
        required: true,
        ..text("kind", "What the file is a list of.", None)
    },
    choice(
        "format",
        "How it is written: csv, jsonl (a JSON object a line), or auto, which looks at its first character.",
        &["auto", "csv", "jsonl"],
        "auto",
    ),
    Setting {
        kind: SettingType::Mapping,
        ..text(
            "mapping",
            "What each column means, by its header: {\"E-Mail\": \"email\", \"Shoe size\": \"extraInfo.shoeSize\", \"Remarks\": null}. null passes a column over; {\"field\": \"city\", \"emptyClears\": true} says what an empty cell means there. Columns that are not named are recognised by their headers; what is not recognised is reported and passed over.",
            None,
        )
    },
    choice(
        "delimiter",
        "What separates the cells of CSV; auto counts in the header line.",
        &["auto", "comma", "semicolon", "tab", "pipe"],
        "auto",
    ),
    text(
        "dateFormat",
        "How dates are written: YYYY, MM and DD with signs between them, such as DD.MM.YYYY.",
        Some(ISO),
    ),
    text(
        "timeZone",
        "The time zone of times that do not say theirs, such as Europe/Berlin.",
        Some("UTC"),
    ),
    choice(
        "decimalSign",
        "What stands before the cents of an amount: point (12.30) or comma (12,30).",
        &["point", "comma"],
        "point",
    ),
    text(
        "country",
        "The country of phone numbers without +, where a row does not say its own: two letters, such as DE.",
        None,
    ),
    text("currency", "The currency of amounts, where a row does not say its own: EUR.", None),
    text(
        "loyaltyCard",
        "Of balances: the loyalty card that they are on, by its name or number, where a row does not say it.",
        None,
    ),
    Setting {
        kind: SettingType::Bool,
        ..text(
            "emptyClears",
            "Whether an empty cell says that there is nothing; otherwise it says nothing, and what is known stays.",
            Some("false"),
        )
    },
];

fn wrong(message: impl Into<String>) -> Fault {
    Fault::Settings(message.into())
}

impl Options {
    /// Reads and checks settings; names every one by its name.
    pub fn of(settings: &Map<String, Value>) -> Result<Self, Fault> {
        let said = |name: &str| {
            settings
                .get(name)
                .and_then(Value::as_str)
                .map(str::trim)
                .filter(|text| !text.is_empty())
        };
        let path = said("path").ok_or_else(|| wrong("Say where the file is (setting path)."))?;
        let kind = said("kind").and_then(Kind::from_name).ok_or_else(|| {
            wrong(format!("Say what the file is a list of (setting kind): {}.", KINDS.join(", ")))
        })?;
        let format = match said("format") {
            None | Some("auto") => None,
            Some("csv") => Some(Format::Csv),
            Some("jsonl") => Some(Format::Jsonl),
            Some(other) => {
                return Err(wrong(format!("\"{other}\" is no format: csv, jsonl or auto.")));
            }
        };
        let delimiter = match said("delimiter") {
            None | Some("auto") => None,
            Some(name) => Some(delimiter(name)?),
        };
        let zone = said("timeZone").map_or(Ok(Tz::UTC), |name| {
            name.parse().map_err(|_unknown| {
                wrong(format!(
                    "\"{name}\" is no time zone (setting timeZone); Europe/Berlin is one."
                ))
            })
        })?;
        let decimal = match said("decimalSign") {
            None | Some("point") => DecimalSign::Point,
            Some("comma") => DecimalSign::Comma,
            Some(other) => {
                return Err(wrong(format!("\"{other}\" is no decimal sign: point or comma.")));
            }
        };
        if let Some(letters) = said("country") {
            Country::parse(letters).map_err(|_unknown| {
                wrong(format!("\"{letters}\" is no country (setting country); DE is one."))
            })?;
        }
        let currency = said("currency").map(|code| {
            typed_currency(code).map(|currency| currency.code().to_owned()).map_err(|_unknown| {
                wrong(format!("\"{code}\" is no currency (setting currency); EUR is one."))
            })
        });
        Ok(Self {
            path: PathBuf::from(path),
            kind,
            format,
            mapping: mapping(kind, settings.get("mapping"))?,
            delimiter,
            dates: DateFormat::stated(said("dateFormat").unwrap_or(ISO)).map_err(wrong)?,
            zone,
            decimal,
            empty_clears: settings.get("emptyClears").and_then(Value::as_bool).unwrap_or(false),
            currency: currency.transpose()?,
            loyalty_card: said("loyaltyCard").map(str::to_owned),
        })
    }
}

/// A delimiter by its name, or itself.
fn delimiter(name: &str) -> Result<u8, Fault> {
    DELIMITERS
        .iter()
        .find(|(word, sign)| *word == name || name.as_bytes() == [*sign])
        .map(|(_, sign)| *sign)
        .ok_or_else(|| {
            wrong(format!("\"{name}\" is no delimiter: comma, semicolon, tab, pipe or auto."))
        })
}

fn mapping(kind: Kind, value: Option<&Value>) -> Result<BTreeMap<String, Mapped>, Fault> {
    let pairs = match value {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(pairs)) => pairs,
        Some(_) => return Err(wrong("The setting mapping is an object from headers to fields.")),
    };
    let mut mapping = BTreeMap::new();
    for (header, meaning) in pairs {
        let (field, empty_clears) = match meaning {
            Value::Object(parts) => (
                parts.get("field").unwrap_or(&Value::Null),
                parts.get("emptyClears").and_then(Value::as_bool),
            ),
            plain => (plain, None),
        };
        let target = match field {
            Value::Null => None,
            Value::String(name) if name.is_empty() => None,
            Value::String(name) => {
                let target = Target::from_name(kind, name).ok_or_else(|| {
                    wrong(format!(
                        "The mapping of \"{header}\" names \"{name}\", which {} do not have. They have: {}{}.",
                        kind.name(),
                        Target::names(kind).join(", "),
                        if kind == Kind::Customers { ", extraInfo.…" } else { "" },
                    ))
                })?;
                Some(target)
            }
            _ => {
                return Err(wrong(format!("The mapping of \"{header}\" is no name of a field.")));
            }
        };
        mapping.insert(header.trim().to_owned(), Mapped { target, empty_clears });
    }
    Ok(mapping)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn options(settings: &Value) -> Result<Options, Fault> {
        Options::of(settings.as_object().unwrap())
    }

    #[test]
    fn settings_have_defaults_and_refusals_name_the_way_out() {
        let plain = options(&json!({"path": "a.csv", "kind": "customers"})).unwrap();
        assert_eq!((plain.format, plain.delimiter, plain.empty_clears), (None, None, false));
        for (name, value, part) in [
            ("path", json!(" "), "path"),
            ("kind", json!("people"), "customers, cards"),
            ("format", json!("xlsx"), "csv, jsonl"),
            ("delimiter", json!("colon"), "semicolon"),
            ("dateFormat", json!("DD.MM.YY"), "four digits"),
            ("timeZone", json!("Berlin"), "Europe/Berlin"),
            ("decimalSign", json!("."), "point or comma"),
            ("country", json!("Germany"), "DE"),
            ("currency", json!("EURO"), "EUR"),
            ("mapping", json!([]), "object"),
            ("mapping", json!({"A": "mail"}), "email"),
            ("mapping", json!({"A": 1}), "\"A\""),
        ] {
            let mut settings = json!({"path": "a.csv", "kind": "customers"});
            settings[name] = value;
            let Err(Fault::Settings(sentence)) = options(&settings) else { panic!("{name}") };
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn every_default_and_choice_is_accepted() {
        for setting in SETTINGS {
            let kind = setting.kind;
            let values: Vec<&str> = match kind {
                SettingType::Choice(choices) => choices.to_vec(),
                SettingType::Text => setting.default.into_iter().collect(),
                _ => Vec::new(),
            };
            for value in values {
                let mut settings = json!({"path": "a.csv", "kind": "orders"});
                settings[setting.name] = json!(value);
                assert!(options(&settings).is_ok(), "{} {value}", setting.name);
            }
        }
    }
}
