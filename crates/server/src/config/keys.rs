//! `[keys]`: the secrets that everything else rests on.

use std::fmt;

use serde::Deserialize;

use super::check::{Check, Section};

/// Hexadecimal digits of a key: 32 bytes.
const DIGITS: usize = 64;
/// What an id of a key may be.
const ID_LENGTH: std::ops::RangeInclusive<usize> = 1..=32;

/// The section `[keys]`: for each purpose `id:key` texts, the one in use first, older ones behind it.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Keys {
    pub(crate) signing: Vec<String>,
    pub(crate) pepper: Vec<String>,
    pub(crate) refresh: Vec<String>,
}

impl Keys {
    /// Whether nobody configured any.
    pub(crate) fn is_empty(&self) -> bool {
        self.all().iter().all(|(_purpose, keys)| keys.is_empty())
    }

    /// The purposes that have no key.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let without = self.all().into_iter().filter(|(_purpose, keys)| keys.is_empty());
        without.map(|(purpose, _keys)| purpose).collect()
    }

    /// Every key with its purpose, in order.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = self.all().into_iter();
        all.flat_map(|(purpose, keys)| keys.iter().map(move |key| (purpose, key.as_str())))
    }

    fn all(&self) -> [(&'static str, &[String]); 3] {
        [("signing", &self.signing), ("pepper", &self.pepper), ("refresh", &self.refresh)]
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
    const SECRET: &'static [&'static str] = &["signing", "pepper", "refresh"];

    fn check(&self, check: &mut Check) {
        for (purpose, keys) in self.all() {
            check.rule(
                purpose,
                "a list of \"<id>:<64 hexadecimal digits>\" with different ids, the key in use first (`regulars keys` makes them)",
                are_keys(keys),
            );
        }
    }
}

fn are_keys(keys: &[String]) -> bool {
    let ids: Option<Vec<&str>> = keys.iter().map(|key| id_of(key)).collect();
    ids.is_some_and(|mut ids| {
        ids.sort_unstable();
        ids.windows(2).all(|pair| pair.first() != pair.last())
    })
}

fn id_of(key: &str) -> Option<&str> {
    let (id, digits) = key.split_once(':')?;
    let id_is_plain = ID_LENGTH.contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let key_is_long = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (id_is_plain && key_is_long).then_some(id)
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
            vec![format!(":{a}")],
            vec![format!("k 1:{a}")],
            vec![format!("k1:{}", "ab".repeat(16))],
            vec![format!("k1:{}", "xy".repeat(32))],
            vec![format!("k1:{a}"), format!("k1:{b}")],
        ] {
            assert!(!are_keys(&keys), "{keys:?}");
        }
    }

    #[test]
    fn printing_shows_no_key() {
        let keys = Keys { signing: vec![format!("k1:{}", "ab".repeat(32))], ..Keys::default() };
        assert_eq!(format!("{keys:?}"), r#"{"signing": 1, "pepper": 0, "refresh": 0}"#);
        assert_eq!(keys.missing(), ["pepper", "refresh"]);
    }
}
