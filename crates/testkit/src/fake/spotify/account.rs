//! The accounts that there are.

use serde_json::{Map, Value, json};

use super::Mode;

/// Somebody's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The id of old.
    pub id: String,
    /// The name that never changes; none: as it was before May 2026.
    pub account_id: Option<String>,
    /// What they call themselves; none is told as null.
    pub display_name: Option<String>,
    /// An address that Spotify never verified.
    pub email: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// `premium`, `free`, `open`.
    pub product: String,
    /// The addresses of their picture, with the width of each.
    pub images: Vec<(String, u32)>,
}

impl Account {
    /// Somebody with everything that an account can have.
    pub fn new(id: &str, name: &str) -> Self {
        let picture = |width: u32| (format!("https://i.scdn.example/image/{id}-{width}"), width);
        Self {
            id: id.to_owned(),
            account_id: Some(format!("acc{id}")),
            display_name: Some(name.to_owned()),
            email: format!("{id}@mail.example"),
            country: "DE".to_owned(),
            product: "premium".to_owned(),
            images: vec![picture(300), picture(64)],
        }
    }

    /// One of any number.
    pub fn nth(nth: u64) -> Self {
        const NAMES: [&str; 6] = ["Ada", "Björn", "Chloé", "Đorđe", "Ebru", "Finn"];
        const COUNTRIES: [&str; 3] = ["DE", "AT", "SE"];
        let of = |list: &[&str]| {
            let place = usize::try_from(nth).unwrap_or_default() % list.len();
            list.get(place).copied().unwrap_or_default().to_owned()
        };
        let mut account = Self::new(&format!("user{nth}"), &format!("{} {nth}", of(&NAMES)));
        account.country = of(&COUNTRIES);
        if nth.is_multiple_of(5) {
            "free".clone_into(&mut account.product);
            account.images.clear();
        }
        if nth % 7 == 3 {
            account.account_id = None;
        }
        account
    }

    /// What `/v1/me` answers: to an app in development mode without what was taken from those.
    pub(super) fn profile(&self, mode: Mode, base: &str) -> Value {
        let images: Vec<_> = self
            .images
            .iter()
            .map(|(url, width)| json!({ "url": url, "width": width, "height": width }))
            .collect();
        let mut profile = Map::new();
        let mut tell = |name: &str, value: Value| {
            profile.insert(name.to_owned(), value);
        };
        if let Some(account_id) = &self.account_id {
            tell("account_id", json!(account_id));
        }
        tell("display_name", json!(self.display_name));
        tell(
            "external_urls",
            json!({ "spotify": format!("https://open.spotify.com/user/{}", self.id) }),
        );
        tell("href", json!(format!("{base}/v1/users/{}", self.id)));
        tell("id", json!(self.id));
        tell("images", json!(images));
        tell("type", json!("user"));
        tell("uri", json!(format!("spotify:user:{}", self.id)));
        if mode == Mode::Extended {
            tell("country", json!(self.country));
            tell("email", json!(self.email));
            tell("explicit_content", json!({ "filter_enabled": false, "filter_locked": false }));
            tell("followers", json!({ "href": null, "total": 3 }));
            tell("product", json!(self.product));
        }
        Value::Object(profile)
    }
}
