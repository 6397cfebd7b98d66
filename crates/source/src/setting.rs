//! What a connection can be told: settings that describe themselves, and whether what came in is what they say.
//!
//! Which settings a kind of source has is said by its connector; those that every kind has are said here, beside [`Policy`], which
//! reads them.
//!
//! [`Policy`]: crate::policy::Policy

use regulars_kernel::{Country, Rule, Violations, text};
use serde_json::{Map, Value};

use crate::connection::MAX_SETTINGS_BYTES;

/// The most texts of a list.
const MAX_TEXTS: usize = 100;
/// The most characters of a text of a list.
const MAX_LISTED_CHARS: usize = 255;
/// The argument that all of this came in by.
const ARGUMENT: &str = "settings";

/// What a setting's value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingType {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// `true` or `false`.
    Bool,
    /// A whole number within bounds, both included.
    Number(i64, i64),
    /// One of these.
    Choice(&'static [&'static str]),
    /// An object from field names to field names or values; a connector checks it itself.
    Mapping,
}

/// Something that a connection is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name, in camel case.
    pub name: &'static str,
    /// What it means, with an example: for whoever fills a form.
    pub description: &'static str,
    /// What its value may be.
    pub kind: SettingType,
    /// Whether there is no connection without it.
    pub required: bool,
    /// What holds where it is absent, as people would write it.
    pub default: Option<&'static str>,
    /// Whether it is kept encrypted and never shown again.
    pub secret: bool,
}

const fn usual(
    name: &'static str,
    kind: SettingType,
    default: Option<&'static str>,
    description: &'static str,
) -> Setting {
    Setting { name, description, kind, required: false, default, secret: false }
}

/// What every connection can be told, whatever its kind.
pub const COMMON: &[Setting] = &[
    usual(
        "everyMinutes",
        SettingType::Number(0, 10_080),
        Some("15"),
        "How often it is read, in minutes; 0: only when somebody starts it. Files are read when somebody starts it.",
    ),
    usual(
        "rank",
        SettingType::Number(1, 1_000),
        None,
        "Where two sources know a field of a customer, the one with the lower number keeps it. Usually POS 10, Shopify 20, Salesforce 30, files 40, Spotify 50; what people wrote here stands before them all.",
    ),
    usual(
        "trustEmails",
        SettingType::Choice(&["never", "verified", "always"]),
        None,
        "Whose word counts for an e-mail address as a sign of who somebody is. never: nobody's. verified: the source's, where it says that the address was proved. always: you vouch for every address. Usually always for files, tills and pushes, else never.",
    ),
    usual(
        "strict",
        SettingType::Bool,
        None,
        "Whether a record with an invalid value is refused as a whole. Off: that value alone is passed over. Usually on for files, else off.",
    ),
    usual(
        "emptyClears",
        SettingType::Bool,
        None,
        "Whether an empty value clears a field that the source owns. Usually off for files, else on.",
    ),
    usual(
        "country",
        SettingType::Text,
        None,
        "The country of phone numbers without +, where a record does not say its own: two letters, such as DE.",
    ),
    usual(
        "ordersEarn",
        SettingType::Bool,
        None,
        "Whether orders earn points. Leave it off where your own tills report the same orders, or they earn twice. Usually off for files, else on.",
    ),
    usual(
        "channels",
        SettingType::Texts,
        None,
        "The channels whose orders earn, as the source calls them; none: those that were sold online.",
    ),
    usual(
        "storeId",
        SettingType::Number(1, i64::MAX),
        None,
        "The store in which its orders count, by number.",
    ),
    usual(
        "sharedBy",
        SettingType::Number(1, 1_000),
        Some("3"),
        "How many customers may share an address or a number before it is no sign of anybody.",
    ),
];

/// The settings of a kind: its own, and of [`COMMON`] those that it does not describe itself.
pub fn all_of(own: &[Setting]) -> Vec<Setting> {
    let common = COMMON.iter().filter(|one| own.iter().all(|own| own.name != one.name));
    own.iter().chain(common).copied().collect()
}

/// What came in of settings, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// What is no secret; null clears.
    pub plain: Map<String, Value>,
    /// The secrets; null clears.
    pub secret: Map<String, Value>,
}

/// Checks what came in against what can be told, and takes the secrets apart. What is not named is not among the answer;
/// an empty text is no value.
///
/// # Errors
/// Everything that is wrong with it, about `settings`. No value of a secret is repeated.
pub fn read(known: &[Setting], settings: &Map<String, Value>) -> Result<Told, Violations> {
    let (mut told, mut wrong) = (Told::default(), Violations::new());
    let bytes = Value::Object(settings.clone()).to_string().len();
    if bytes > MAX_SETTINGS_BYTES {
        let sentence = format!("Settings have at most {MAX_SETTINGS_BYTES} bytes.");
        return Err(Violations::of(ARGUMENT, Rule::Invalid(sentence)));
    }
    for (name, value) in settings {
        let Some(setting) = known.iter().find(|setting| setting.name == name) else {
            let sentence = format!("There is no setting {} of this source.", text::quoted(name));
            wrong.add(ARGUMENT, Rule::Invalid(sentence));
            continue;
        };
        let value = match check(setting, value) {
            Ok(value) => value,
            Err(rule) => {
                wrong.add(ARGUMENT, Rule::Invalid(format!("{name}: {rule}")));
                continue;
            }
        };
        let part = if setting.secret { &mut told.secret } else { &mut told.plain };
        part.insert(name.clone(), value);
    }
    wrong.into_result()?;
    Ok(told)
}

/// Whether everything is there without which there is no connection.
pub fn require(
    known: &[Setting],
    plain: &Map<String, Value>,
    secret: &Map<String, Value>,
) -> Result<(), Violations> {
    let mut wrong = Violations::new();
    for setting in known.iter().filter(|setting| setting.required) {
        let part = if setting.secret { secret } else { plain };
        if part.get(setting.name).is_none_or(Value::is_null) {
            let sentence = format!("{}: {}", setting.name, Rule::Required);
            wrong.add(ARGUMENT, Rule::Invalid(sentence));
        }
    }
    wrong.into_result()
}

/// Takes over what came in: a value replaces, null clears.
pub fn change(kept: &mut Map<String, Value>, told: &Map<String, Value>) {
    for (name, value) in told {
        if value.is_null() {
            kept.remove(name);
        } else {
            kept.insert(name.clone(), value.clone());
        }
    }
}

/// The value as it is kept; null where there is none.
fn check(setting: &Setting, value: &Value) -> Result<Value, Rule> {
    let wrong = |sentence: &str| Err(Rule::Invalid(sentence.to_owned()));
    match (setting.kind, value) {
        (_, Value::Null) => Ok(Value::Null),
        (SettingType::Text, Value::String(text)) => {
            text::check(text, text::MAX_CHARS)?;
            let text = text.trim();
            if text.is_empty() {
                return Ok(Value::Null);
            }
            if setting.name == "country" {
                let known = Country::from_alpha2(&text.to_ascii_uppercase());
                let country = known.ok_or_else(|| Rule::InvalidChoice(text.to_owned()))?;
                return Ok(country.alpha2().into());
            }
            Ok(text.into())
        }
        (SettingType::Text, _) => wrong("This is a text."),
        (SettingType::Choice(choices), Value::String(text)) => {
            let text = text.trim();
            if text.is_empty() {
                return Ok(Value::Null);
            }
            if choices.contains(&text) {
                return Ok(text.into());
            }
            let sentence = format!("This is one of {}.", choices.join(", "));
            Err(Rule::Invalid(sentence))
        }
        (SettingType::Choice(choices), _) => {
            Err(Rule::Invalid(format!("This is one of {}, as a text.", choices.join(", "))))
        }
        (SettingType::Bool, Value::Bool(_)) => Ok(value.clone()),
        (SettingType::Bool, _) => wrong("This is true or false, without quotes."),
        (SettingType::Number(least, most), _) => match value.as_i64() {
            Some(number) if (least..=most).contains(&number) => Ok(value.clone()),
            _ if most == i64::MAX => wrong("This is a whole number, without quotes."),
            _ => Err(Rule::Invalid(format!(
                "This is a whole number from {least} to {most}, without quotes."
            ))),
        },
        (SettingType::Texts, Value::Array(texts)) => {
            if texts.len() > MAX_TEXTS {
                return Err(Rule::Invalid(format!("This has at most {MAX_TEXTS} texts.")));
            }
            for one in texts {
                match one {
                    Value::String(one) => text::check_line(one, MAX_LISTED_CHARS)?,
                    _ => return wrong("This is a list of texts."),
                }
            }
            Ok(value.clone())
        }
        (SettingType::Texts, _) => wrong("This is a list of texts."),
        (SettingType::Mapping, Value::Object(_)) => {
            // In JSON NUL is written so, and so alone.
            if value.to_string().contains("\\u0000") {
                return wrong("Null characters are not allowed.");
            }
            Ok(value.clone())
        }
        (SettingType::Mapping, _) => wrong("This is an object, such as {\"E-Mail\": \"email\"}."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KNOWN: &[Setting] = &[
        Setting { required: true, ..usual("shop", SettingType::Text, None, "Which shop.") },
        Setting { secret: true, ..usual("secret", SettingType::Text, None, "Its secret.") },
        usual("way", SettingType::Choice(&["one", "other"]), Some("one"), "Which way."),
        usual("bulk", SettingType::Bool, Some("true"), "Whether by bulk."),
        usual("size", SettingType::Number(1, 9), None, "How many."),
        usual("channels", SettingType::Texts, None, "Which channels."),
        usual("mapping", SettingType::Mapping, None, "What is what."),
        usual("country", SettingType::Text, None, "Where."),
    ];

    fn told(settings: &Value) -> Result<Told, String> {
        read(KNOWN, settings.as_object().unwrap()).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn secrets_are_taken_apart_and_values_are_kept_in_one_form() {
        let read = told(&json!({
            "shop": " a.example ", "secret": "s", "way": "", "bulk": false, "size": 9, "country": "de",
            "channels": ["web"], "mapping": { "Mail": null },
        }));
        let plain = json!({
            "shop": "a.example", "way": null, "bulk": false, "size": 9, "country": "DE", "channels": ["web"],
            "mapping": { "Mail": null },
        });
        let expected = Told {
            plain: plain.as_object().unwrap().clone(),
            secret: json!({ "secret": "s" }).as_object().unwrap().clone(),
        };
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn what_no_setting_takes_is_said_by_its_name() {
        for (settings, word) in [
            (json!({ "shopp": "a" }), "no setting \"shopp\""),
            (json!({ "shop": 5 }), "shop: This is a text"),
            (json!({ "shop": "a\0" }), "shop: Null"),
            (json!({ "secret": ["topsecret"] }), "secret: This is a text"),
            (json!({ "secret": "x".repeat(10_241) }), "secret: Ensure"),
            (json!({ "way": "third" }), "way: This is one of one, other"),
            (json!({ "way": true }), "way: This is one of"),
            (json!({ "bulk": "true" }), "bulk: This is true or false"),
            (json!({ "size": 10 }), "size: This is a whole number from 1 to 9"),
            (json!({ "size": 1.5 }), "size: This"),
            (json!({ "size": "1" }), "size: This"),
            (json!({ "channels": "web" }), "channels: This is a list"),
            (json!({ "channels": [1] }), "channels: This is a list"),
            (json!({ "channels": vec!["x"; 101] }), "channels: This has at most 100"),
            (json!({ "mapping": [] }), "mapping: This is an object"),
            (json!({ "mapping": { "a": "\0" } }), "mapping: Null"),
            (json!({ "country": "XX" }), "country: Select"),
            (json!({ "mapping": { "a": "x".repeat(70_000) } }), "at most 65536 bytes"),
        ] {
            let wrong = told(&settings).unwrap_err();
            assert!(wrong.contains(word) && !wrong.contains("topsecret"), "{wrong}");
        }
    }

    #[test]
    fn null_clears_and_what_is_needed_must_stay() {
        let mut kept = json!({ "shop": "a", "size": 5 }).as_object().unwrap().clone();
        let none = Map::new();
        assert!(require(KNOWN, &kept, &none).is_ok());
        change(&mut kept, json!({ "size": null, "bulk": true }).as_object().unwrap());
        assert_eq!(Value::Object(kept.clone()), json!({ "shop": "a", "bulk": true }));
        change(&mut kept, json!({ "shop": null }).as_object().unwrap());
        let wrong = require(KNOWN, &kept, &none).unwrap_err();
        assert!(wrong.to_string().contains("shop: This field is required"), "{wrong}");
    }

    #[test]
    fn a_kind_may_describe_a_common_setting_itself() {
        let all = all_of(KNOWN);
        assert_eq!(all.iter().filter(|one| one.name == "country").count(), 1);
        assert_eq!(all.len(), KNOWN.len() + COMMON.len() - 2);
    }
}
