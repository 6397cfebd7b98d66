//! What Spotify tells of an account. Whatever it does not tell is absent; nothing of it is promised.

use regulars_customer::merge::MergeField;
use regulars_kernel::{Country, Timestamp};
use regulars_source::record::{Body, CustomerRecord, Field, Record, RecordKey, SourceVersion};
use serde_json::{Map, Value};

use super::{Held, OBJECT, Polled};
use crate::connector::Fault;

/// Our key of `extraInfo`.
const EXTRA: &str = "spotify";
const MOST_ID_CHARS: usize = 255;
const MOST_TEXT_CHARS: usize = 300;
const MOST_ADDRESS_CHARS: usize = 2_000;

/// What is told: absent, null, or a value.
type Told<T> = Option<Option<T>>;

/// A profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Profile {
    account_id: Option<String>,
    id: Option<String>,
    display_name: Told<String>,
    picture: Told<String>,
    product: Told<String>,
    country: Told<String>,
    email: Told<String>,
}

impl Profile {
    /// Reads the answer to `/v1/me`.
    ///
    /// # Errors
    /// [`Fault::Schema`] for what is no profile, or nobody's.
    pub(super) fn read(answer: &Value) -> Result<Self, Fault> {
        let Value::Object(fields) = answer else {
            return Err(Fault::Schema("Spotify's answer is no profile.".to_owned()));
        };
        let profile = Self {
            account_id: id(fields, "account_id")?,
            id: id(fields, "id")?,
            display_name: text(fields, "display_name"),
            picture: picture(fields),
            product: text(fields, "product"),
            country: country(fields),
            email: text(fields, "email"),
        };
        if profile.account_id.is_none() && profile.id.is_none() {
            let sentence = "Spotify's answer names no account: neither account_id nor id.";
            return Err(Fault::Schema(sentence.to_owned()));
        }
        Ok(profile)
    }

    /// What is made of it, of a link that is held or is still to be.
    ///
    /// # Errors
    /// [`Fault::NeedsAuth`] where it is another account's than the link's.
    pub(super) fn polled(
        &self,
        held: Option<&Held>,
        at: Timestamp,
        relink_by: Option<Timestamp>,
    ) -> Result<Polled, Fault> {
        let key = |id: &String| RecordKey::new(OBJECT, id.as_str());
        let by_id = self.id.as_ref().map(key);
        let Some(own) = self.account_id.as_ref().map(key).or_else(|| by_id.clone()) else {
            return Err(Fault::Schema("Spotify's answer names no account.".to_owned()));
        };
        let older_key = by_id.filter(|by_id| *by_id != own);
        let rewritten_from = match held {
            Some(held) if held.key == own => None,
            Some(held) if older_key.as_ref() == Some(&held.key) => Some(held.key.clone()),
            // Held by the one name, and told by the other alone: it is left as it is held.
            Some(held) if self.account_id.is_none() => {
                let record = self.record(held.key.clone(), Some(held), at);
                return Ok(Polled { record, older_key: None, rewritten_from: None, relink_by });
            }
            Some(_) => {
                return Err(Fault::NeedsAuth(
                    "Spotify answers for another account than the one that was linked. Please link your account again."
                        .to_owned(),
                ));
            }
            None => None,
        };
        let record = self.record(own, held, at);
        Ok(Polled { record, older_key, rewritten_from, relink_by })
    }

    /// The record: its version is when it was asked for, since Spotify dates nothing.
    fn record(&self, key: RecordKey, held: Option<&Held>, at: Timestamp) -> Record {
        let mut customer = CustomerRecord::default();
        let own = [(MergeField::Picture, &self.picture), (MergeField::Country, &self.country)];
        for (field, told) in own {
            if let Some(value) = told {
                customer.fields.insert(Field::Own(field), value.clone());
            }
        }
        let before = held.and_then(|held| held.extra.as_deref());
        if let Some(extra) = self.extra(before) {
            customer.fields.insert(Field::Extra(EXTRA.to_owned()), Some(extra));
        }
        let version = SourceVersion { seq: None, updated_at: Some(at) };
        Record { key, version, body: Body::Customer(Box::new(customer)) }
    }

    /// The text of `extraInfo.spotify`: what is told, over what was told before, because what is absent changes nothing (engine rule 9). The
    /// address stands here and is nobody's e-mail: Spotify itself says that it is not verified.
    fn extra(&self, before: Option<&str>) -> Option<String> {
        let before = before.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
        let mut extra = before.unwrap_or_default();
        let told = [
            ("displayName", &self.display_name),
            ("picture", &self.picture),
            ("product", &self.product),
            ("email", &self.email),
        ];
        for (name, told) in told {
            if let Some(value) = told {
                extra.insert(name.to_owned(), value.clone().map_or(Value::Null, Value::String));
            }
        }
        if self.email.is_some() {
            extra.insert("emailVerified".to_owned(), Value::Bool(false));
        }
        (!extra.is_empty()).then(|| Value::Object(extra).to_string())
    }
}

/// A name of the account. One that is there and cannot be one is a break of the schema: guessing at names mixes people up.
fn id(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, Fault> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) if is_id(id) => Ok(Some(id.clone())),
        Some(_) => Err(Fault::Schema(format!("Spotify's answer has an {name} that is none."))),
    }
}

fn is_id(id: &str) -> bool {
    !id.trim().is_empty()
        && id.chars().count() <= MOST_ID_CHARS
        && !id.chars().any(char::is_control)
}

/// A text; what is of another type is not told.
fn text(fields: &Map<String, Value>, name: &str) -> Told<String> {
    match fields.get(name)? {
        Value::Null => Some(None),
        Value::String(text) => {
            let text = text.trim();
            let kept = text.chars().filter(|c| !c.is_control()).take(MOST_TEXT_CHARS).collect();
            Some((!text.is_empty()).then_some(kept))
        }
        _ => None,
    }
}

/// The largest picture; an empty list is none.
fn picture(fields: &Map<String, Value>) -> Told<String> {
    let images = match fields.get("images")? {
        Value::Null => return Some(None),
        Value::Array(images) => images,
        _ => return None,
    };
    let width = |image: &Value| image.get("width").and_then(Value::as_u64).unwrap_or(0);
    let addresses = images.iter().filter_map(|image| {
        let address = image.get("url").and_then(Value::as_str)?.trim();
        let fits = address.starts_with("https://")
            && address.len() <= MOST_ADDRESS_CHARS
            && address.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| (width(image), address))
    });
    // Of equal ones the first, which is what `rev` and `max_by_key` come to.
    let found = addresses.collect::<Vec<_>>().into_iter().rev().max_by_key(|(width, _)| *width);
    match found {
        Some((_, address)) => Some(Some(address.to_owned())),
        // Pictures that cannot be shown say nothing.
        None => images.is_empty().then_some(None),
    }
}

/// A country of ISO 3166; what is none is not told.
fn country(fields: &Map<String, Value>) -> Told<String> {
    match fields.get("country")? {
        Value::Null => Some(None),
        Value::String(letters) => {
            Country::parse(letters).ok().map(|country| Some(country.alpha2().to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_795_780_800_000_000);

    fn polled(answer: &Value, held: Option<&Held>) -> Result<Polled, Fault> {
        Profile::read(answer)?.polled(held, AT, None)
    }

    fn customer(answer: &Value, held: Option<&Held>) -> CustomerRecord {
        match polled(answer, held).unwrap().record.body {
            Body::Customer(customer) => *customer,
            body => panic!("{body:?}"),
        }
    }

    fn held(id: &str, extra: Option<&str>) -> Held {
        Held { key: RecordKey::new(OBJECT, id), extra: extra.map(str::to_owned) }
    }

    fn full() -> Value {
        json!({
            "account_id": "aB3dE5fG7h", "id": "ada", "display_name": "Ada", "email": "ada@example.com",
            "country": "DE", "product": "premium", "type": "user", "uri": "spotify:user:ada",
            "followers": {"href": null, "total": 3}, "explicit_content": {"filter_enabled": false},
            "images": [
                {"url": "https://i.example/64", "width": 64, "height": 64},
                {"url": "https://i.example/300", "width": 300, "height": 300},
                {"url": "https://i.example/300b", "width": 300, "height": 300},
                {"url": "https://i.example/any", "width": null, "height": null}
            ]
        })
    }

    #[test]
    fn a_profile_fills_picture_and_country_and_tells_the_rest_as_extra() {
        let polled = polled(&full(), None).unwrap();
        assert_eq!(polled.record.key, RecordKey::new("user", "aB3dE5fG7h"));
        assert_eq!(polled.record.version, SourceVersion { seq: None, updated_at: Some(AT) });
        assert_eq!(polled.older_key, Some(RecordKey::new("user", "ada")));
        assert_eq!(polled.rewritten_from, None);
        let customer = customer(&full(), None);
        let fields: Vec<_> =
            customer.fields.iter().map(|(field, value)| (field.name(), value.clone())).collect();
        let extra = r#"{"displayName":"Ada","email":"ada@example.com","emailVerified":false,"picture":"https://i.example/300","product":"premium"}"#;
        assert_eq!(
            fields,
            [
                ("country".to_owned(), Some("DE".to_owned())),
                ("picture".to_owned(), Some("https://i.example/300".to_owned())),
                ("extraInfo.spotify".to_owned(), Some(extra.to_owned())),
            ]
        );
        for field in customer.fields.keys() {
            if let Field::Own(field) = field {
                assert!(super::super::FILLS.contains(field), "{field:?}");
            }
        }
    }

    #[test]
    fn rule_14_the_address_is_never_verified_and_nobodys_e_mail() {
        let customer = customer(&full(), None);
        assert!(!customer.email_verified);
        assert!(!customer.fields.contains_key(&Field::Own(MergeField::Email)));
    }

    #[test]
    fn rule_9_what_is_not_told_changes_nothing_and_null_is_told() {
        let bare = customer(&json!({"account_id": "a"}), None);
        assert_eq!(bare, CustomerRecord::default());

        let before = held("a", Some(r#"{"displayName":"Ada","product":"premium"}"#));
        let extra = |answer: &Value| {
            customer(answer, Some(&before)).fields[&Field::Extra(EXTRA.to_owned())].clone().unwrap()
        };
        // An app that came to development mode is not told the product any more.
        assert_eq!(
            extra(&json!({"account_id": "a", "display_name": "Ada L."})),
            r#"{"displayName":"Ada L.","product":"premium"}"#
        );
        assert_eq!(
            extra(&json!({"account_id": "a", "display_name": null, "product": "free"})),
            r#"{"displayName":null,"product":"free"}"#
        );
        let none = customer(&json!({"account_id": "a", "images": [], "country": null}), None);
        assert_eq!(none.fields[&Field::Own(MergeField::Picture)], None);
        assert_eq!(none.fields[&Field::Own(MergeField::Country)], None);
    }

    #[test]
    fn what_cannot_be_used_is_not_told() {
        let answer = json!({
            "id": "a", "display_name": 7, "country": "ZZ", "product": ["x"],
            "images": [{"url": "http://i.example/plain"}, {"url": "javascript:alert(1)"}, 7, {}]
        });
        assert_eq!(customer(&answer, None), CustomerRecord::default());
        let long = json!({"id": "a", "display_name": format!("\u{7}{}", "x".repeat(1_000))});
        let extra = customer(&long, None).fields[&Field::Extra(EXTRA.to_owned())].clone().unwrap();
        assert_eq!(extra, format!("{{\"displayName\":\"{}\"}}", "x".repeat(300)));
    }

    #[test]
    fn a_link_held_under_the_id_is_rewritten_when_the_account_id_shows() {
        let answer = json!({"account_id": "aB3", "id": "ada"});
        let rewritten = polled(&answer, Some(&held("ada", None))).unwrap();
        assert_eq!(rewritten.record.key.id, "aB3");
        assert_eq!(rewritten.rewritten_from, Some(RecordKey::new(OBJECT, "ada")));
        let after = polled(&answer, Some(&held("aB3", None))).unwrap();
        assert_eq!((after.record.key.id.as_str(), after.rewritten_from), ("aB3", None));
    }

    #[test]
    fn a_link_held_under_the_account_id_stays_when_only_the_id_shows() {
        let polled = polled(&json!({"id": "ada"}), Some(&held("aB3", None))).unwrap();
        assert_eq!((polled.record.key.id.as_str(), polled.rewritten_from), ("aB3", None));
    }

    #[test]
    fn another_account_is_no_update_of_a_link() {
        let answer = json!({"account_id": "other", "id": "eve"});
        assert!(matches!(polled(&answer, Some(&held("aB3", None))), Err(Fault::NeedsAuth(_))));
    }

    #[test]
    fn a_profile_of_nobody_breaks_the_schema() {
        for answer in [
            json!({}),
            json!([]),
            json!("x"),
            json!({"id": ""}),
            json!({"id": 7}),
            json!({"id": null}),
            json!({"account_id": "a\0b"}),
        ] {
            assert!(matches!(Profile::read(&answer), Err(Fault::Schema(_))), "{answer}");
        }
    }
}
