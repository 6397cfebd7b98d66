//! `[keys]`: the secrets that everything else rests on.

use std::fmt;

use regulars_auth::Key;
use serde::Deserialize;

use super::check::{Check, Section};

const ENCRYPTION: &str = "encryption";

/// The section `[keys]`: for each purpose `id:key` texts, the one in use first, older ones behind it.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Keys {
    pub(crate) signing: Vec<String>,
    pub(crate) pepper: Vec<String>,
    pub(crate) refresh: Vec<String>,
    /// The one purpose that a deployment may have no key for.
    pub(crate) encryption: Vec<String>,
}

impl Keys {
    /// Whether nobody configured any.
    pub(crate) fn is_empty(&self) -> bool {
        self.all().iter().all(|(_purpose, keys)| keys.is_empty())
    }

    /// The purposes that have no key, and without which there is nothing to do. Not `encryption`: whoever has a credential to
    /// encrypt is told of that one.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let without = self.all().into_iter().filter(|(_purpose, keys)| keys.is_empty());
        without.map(|(purpose, _keys)| purpose).filter(|purpose| *purpose != ENCRYPTION).collect()
    }

    fn all(&self) -> [(&'static str, &[String]); 4] {
        [
            ("signing", &self.signing),
            ("pepper", &self.pepper),
            ("refresh", &self.refresh),
            (ENCRYPTION, &self.encryption),
        ]
    }
}

/// Says how many there are, and nothing of what they are.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.all().map(|(purpose, keys)| (purpose, keys.len()))).finish()
    }
}

impl Section for Keys {
    const NAME: &'static str = "keys";
    const SECRET: &'static [&'static str] = &["signing", "pepper", "refresh", ENCRYPTION];

    fn check(&self, check: &mut Check) {
        for (purpose, keys) in self.all() {
            check.rule(
                purpose,
                "a list of \"<id>:<64 to 256 hexadecimal digits>\" with different ids, none of zeros alone, the key in use first (`regulars keys` makes them)",
                are_keys(keys),
            );
        }
    }
}

fn are_keys(texts: &[String]) -> bool {
    let keys: Result<Vec<Key>, _> = texts.iter().map(|text| Key::parse(text)).collect();
    keys.is_ok_and(|keys| {
        let mut ids: Vec<&str> = keys.iter().map(Key::id).collect();
        ids.sort_unstable();
        ids.windows(2).all(|pair| pair.first() != pair.last())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_an_id_and_32_bytes() {
        let [a, b] = ["ab".repeat(32), "CD".repeat(32)];
        for keys in
            [vec![], vec![format!("k1:{a}")], vec![format!("2026-11:{a}"), format!("k-2_x:{b}")]]
        {
            assert!(are_keys(&keys), "{keys:?}");
        }
        for keys in [
            vec![a.clone()],
            vec![format!("k1:{}", "ab".repeat(16))],
            vec![format!("k1:{}", "00".repeat(32))],
            vec![format!("k1:{a}"), format!("k1:{b}")],
        ] {
            assert!(!are_keys(&keys), "{keys:?}");
        }
    }

    #[test]
    fn printing_shows_no_key() {
        let keys = Keys { signing: vec![format!("k1:{}", "ab".repeat(32))], ..Keys::default() };
        assert_eq!(
            format!("{keys:?}"),
            r#"{"signing": 1, "pepper": 0, "refresh": 0, "encryption": 0}"#
        );
        assert_eq!(keys.missing(), ["pepper", "refresh"]);
    }

    #[test]
    fn a_key_for_encryption_alone_is_some_and_not_enough() {
        let keys = Keys { encryption: vec![format!("k1:{}", "ab".repeat(32))], ..Keys::default() };
        assert!(!keys.is_empty());
        assert_eq!(keys.missing(), ["signing", "pepper", "refresh"]);
    }
}
