//! What somebody could be known by again, as a hash under a key that is not in the database.
//!
//! Who has the database alone cannot try addresses or numbers against it, and two merchants' marks of one person have
//! nothing in common. The key follows from the pepper: a former pepper is asked as long as it is configured, and what was
//! marked under one that is gone is known no more.

use regulars_kernel::MerchantId;

use crate::keys::{Key, KeyRing};

/// Says for what the pepper is used here, so that no digest means anything anywhere else.
const PURPOSE: &[u8] = b"regulars: marks of people, version 1";

/// What is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkKind {
    /// A source and an id there.
    Source,
    /// A card number of a merchant's.
    Card,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
}

impl MarkKind {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Source, Self::Card, Self::Email, Self::Phone];

    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Card => "card",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// A hash of what somebody could be known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Of what.
    pub kind: MarkKind,
    /// The id of the key.
    pub key: String,
    /// 64 hexadecimal digits.
    pub digest: String,
}

/// Makes marks.
#[derive(Debug)]
pub struct Marker {
    keys: Vec<Key>,
}

impl Marker {
    /// One whose keys follow from the peppers, the current one first.
    pub(crate) fn of(peppers: &KeyRing) -> Self {
        Self { keys: peppers.iter().map(|pepper| pepper.derived(PURPOSE)).collect() }
    }

    /// The mark to be kept of something at a merchant: under the current key.
    pub fn mark(&self, merchant: MerchantId, kind: MarkKind, value: &str) -> Option<Mark> {
        self.keys.first().map(|key| mark(key, merchant, kind, value))
    }

    /// The marks that something may have at a merchant, under any key.
    pub fn marks(&self, merchant: MerchantId, kind: MarkKind, value: &str) -> Vec<Mark> {
        self.keys.iter().map(|key| mark(key, merchant, kind, value)).collect()
    }

    /// Something short by which a text that is nobody's is recognised where it comes again: 16 hexadecimal digits.
    pub fn digest(&self, text: &str) -> String {
        let message = [b"text\0", text.as_bytes()].concat();
        let mac = self.keys.first().map(|key| hex::encode(key.mac(&message)));
        mac.unwrap_or_default().chars().take(16).collect()
    }
}

fn mark(key: &Key, merchant: MerchantId, kind: MarkKind, value: &str) -> Mark {
    let message = format!("{}\0{merchant}\0{value}", kind.word());
    let digest = hex::encode(key.mac(message.as_bytes()));
    Mark { kind, key: key.id().to_owned(), digest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, byte: u8) -> Key {
        Key::new(id, vec![byte; 32]).unwrap()
    }

    #[test]
    fn rule_30_a_mark_is_one_merchants_of_one_kind_under_one_key() {
        let marker = Marker::of(&KeyRing::new(key("a", 1)));
        let other = Marker::of(&KeyRing::new(key("b", 2)));
        let (first, second) = (MerchantId::new(1), MerchantId::new(2));
        let marks = [
            marker.mark(first, MarkKind::Email, "ada@example.com"),
            marker.mark(first, MarkKind::Phone, "ada@example.com"),
            marker.mark(second, MarkKind::Email, "ada@example.com"),
            marker.mark(first, MarkKind::Email, "bob@example.com"),
            other.mark(first, MarkKind::Email, "ada@example.com"),
        ];
        let digests: std::collections::BTreeSet<_> =
            marks.iter().flatten().map(|mark| mark.digest.clone()).collect();
        assert_eq!(digests.len(), marks.len());
        assert!(digests.iter().all(|digest| digest.len() == 64));
        assert_eq!(marker.mark(first, MarkKind::Email, "ada@example.com"), marks[0]);
    }

    #[test]
    fn what_was_marked_before_the_pepper_was_changed_is_still_known() {
        let before = Marker::of(&KeyRing::new(key("a", 1)));
        let mut ring = KeyRing::new(key("a", 1));
        ring.rotate(key("b", 2));
        let after = Marker::of(&ring);
        let merchant = MerchantId::new(7);
        let kept = before.mark(merchant, MarkKind::Card, "ab12").unwrap();
        assert!(after.marks(merchant, MarkKind::Card, "ab12").contains(&kept));
        assert_ne!(after.mark(merchant, MarkKind::Card, "ab12").unwrap(), kept);
    }

    #[test]
    fn a_digest_of_a_text_is_short_and_keyed() {
        let marker = Marker::of(&KeyRing::new(key("a", 1)));
        assert_eq!(marker.digest("ada").len(), 16);
        assert_eq!(marker.digest("ada"), marker.digest("ada"));
        assert_ne!(marker.digest("ada"), marker.digest("bob"));
        assert_ne!(marker.digest("ada"), Marker::of(&KeyRing::new(key("a", 2))).digest("ada"));
    }
}
