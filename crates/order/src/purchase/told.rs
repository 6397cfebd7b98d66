//! What is remembered of a sale under its name: what was told, which version of it, and what was answered (rule 11).

use std::fmt;

use regulars_kernel::{LoyaltyCardId, Timestamp};
use regulars_loyalty::NothingEarned;
use sha2::{Digest, Sha256};

use super::warning::{PurchaseWarning, WarningKind};

/// A SHA-256 hash of what was told of a sale: its amounts, lines, times and places. Nothing that tells of the customer is in it:
/// whether it is another is asked for itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// A hash read back from where it was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Writes fields so that no two different sequences of them give the same hash.
pub(super) struct Canonical(Sha256);

impl Canonical {
    /// Begins with the version of the form, should it ever change.
    pub(super) fn new() -> Self {
        let mut canonical = Self(Sha256::new());
        canonical.text("regulars purchase 1");
        canonical
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    pub(super) fn number(&mut self, number: impl Into<Option<i64>>) -> &mut Self {
        let number = number.into();
        self.0.update([u8::from(number.is_some())]);
        self.0.update(number.unwrap_or_default().to_le_bytes());
        self
    }

    /// How many follow.
    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    pub(super) fn optional(&mut self, text: Option<&str>) -> &mut Self {
        self.0.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default())
    }

    pub(super) fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into())
    }
}

/// Which version of a sale a source tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceVersion {
    /// The source's own count of versions, which goes before its clock.
    pub seq: Option<i64>,
    /// When it was changed there.
    pub updated_at: Option<Timestamp>,
}

impl SourceVersion {
    /// Whether this is later than another. What says nothing of itself is later than nothing, and whatever says something is
    /// later than what says nothing.
    pub fn is_newer_than(self, other: Self) -> bool {
        match (self.seq, other.seq) {
            (Some(own), Some(other)) if own != other => return own > other,
            (Some(_), None) if other.updated_at.is_none() => return true,
            _ => {}
        }
        match (self.updated_at, other.updated_at) {
            (Some(own), Some(other)) => own > other,
            (Some(_), None) => other.seq.is_none(),
            (None, _) => false,
        }
    }
}

/// What was answered: what did not hold, and what earned nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// What did not hold.
    pub warnings: Vec<PurchaseWarning>,
    /// The cards that fitted and earned nothing, and why.
    pub nothing: Vec<(LoyaltyCardId, NothingEarned)>,
}

impl Answered {
    /// `warning@path#reason,…:card=reason,…`, without `#` where there is no reason.
    pub fn to_text(&self) -> String {
        let warning = |one: &PurchaseWarning| {
            let reason =
                one.reason.as_ref().map_or_else(String::new, |reason| format!("#{reason}"));
            format!("{}@{}{reason}", one.kind.code(), one.path)
        };
        let warnings: Vec<_> = self.warnings.iter().map(warning).collect();
        format!("{}:{}", warnings.join(","), NothingEarned::to_text(&self.nothing))
    }

    /// The answer of a text; none where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (warnings, nothing) = text.split_once(':')?;
        let warning = |part: &str| {
            let (code, path) = part.split_once('@')?;
            let (path, reason) = match path.split_once('#') {
                Some((path, reason)) => (path, Some(reason.to_owned())),
                None => (path, None),
            };
            let warning = PurchaseWarning::new(WarningKind::from_code(code)?, path);
            Some(PurchaseWarning { reason, ..warning })
        };
        let warnings = warnings.split(',').filter(|part| !part.is_empty()).map(warning);
        Some(Self {
            warnings: warnings.collect::<Option<_>>()?,
            nothing: NothingEarned::parse(nothing)?,
        })
    }
}

/// What was recorded under a sale's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Of what was told; none where somebody of it was erased since.
    pub fingerprint: Option<Fingerprint>,
    /// Which version the source said it was.
    pub source: SourceVersion,
    /// How often it was changed here: 0 for the first.
    pub version: u32,
    /// What was answered.
    pub answered: Answered,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TimeFlag;

    #[test]
    fn rule_11_versions_have_one_order() {
        let version = |seq: Option<i64>, at: Option<i64>| SourceVersion {
            seq,
            updated_at: at.map(Timestamp::from_seconds),
        };
        for (own, other, newer) in [
            ((None, None), (None, None), false),
            ((Some(1), None), (None, None), true),
            ((None, Some(1)), (None, None), true),
            ((None, None), (Some(1), None), false),
            ((None, None), (None, Some(1)), false),
            ((Some(2), None), (Some(1), None), true),
            ((Some(1), None), (Some(1), None), false),
            ((Some(1), None), (Some(2), None), false),
            ((None, Some(2)), (None, Some(1)), true),
            ((None, Some(1)), (None, Some(1)), false),
            // The count goes before the clock.
            ((Some(2), Some(1)), (Some(1), Some(2)), true),
            ((Some(1), Some(2)), (Some(2), Some(1)), false),
            ((Some(1), Some(2)), (Some(1), Some(1)), true),
            // What cannot be compared is not newer.
            ((Some(1), None), (None, Some(1)), false),
            ((None, Some(1)), (Some(1), None), false),
        ] {
            let (one, two) = (version(own.0, own.1), version(other.0, other.1));
            assert_eq!(one.is_newer_than(two), newer, "{own:?} {other:?}");
        }
    }

    proptest! {
        #[test]
        fn rule_11_of_two_versions_one_at_most_is_newer(
            own in (proptest::option::of(0_i64..4), proptest::option::of(0_i64..4)),
            other in (proptest::option::of(0_i64..4), proptest::option::of(0_i64..4)),
        ) {
            let version = |(seq, at): (Option<i64>, Option<i64>)| SourceVersion {
                seq,
                updated_at: at.map(Timestamp::from_seconds),
            };
            let (own, other) = (version(own), version(other));
            prop_assert!(!(own.is_newer_than(other) && other.is_newer_than(own)));
            prop_assert!(!own.is_newer_than(own));
        }
    }

    #[test]
    fn what_was_answered_is_read_back() {
        let answered = Answered {
            warnings: vec![
                PurchaseWarning::new(WarningKind::Time(TimeFlag::Late), "completedAt"),
                PurchaseWarning::new(WarningKind::ProductGivenUp, "items[2].productId"),
                PurchaseWarning {
                    reason: Some("expired".to_owned()),
                    ..PurchaseWarning::new(WarningKind::CodeNotTaken, "redemptionCodes[0]")
                },
            ],
            nothing: vec![(LoyaltyCardId::new(9), NothingEarned::TooLittle)],
        };
        let text = "late@completedAt,product_given_up@items[2].productId,\
                    code_not_taken@redemptionCodes[0]#expired:9=too_little";
        assert_eq!(answered.to_text(), text);
        assert_eq!(Answered::parse(text), Some(answered));
        assert_eq!(Answered::parse(":"), Some(Answered::default()));
        for text in ["", "late", "late:", "odd@x:", ":9", ":9=odd", ":x=too_little"] {
            assert_eq!(Answered::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn where_one_field_ends_and_the_next_begins_shows() {
        let of = |write: fn(&mut Canonical)| {
            let mut canonical = Canonical::new();
            write(&mut canonical);
            canonical.finish()
        };
        let all = [
            of(|_| ()),
            of(|to| {
                to.text("ab").text("c");
            }),
            of(|to| {
                to.text("a").text("bc");
            }),
            of(|to| {
                to.number(None).number(0);
            }),
            of(|to| {
                to.number(0).number(None);
            }),
            of(|to| {
                to.optional(None);
            }),
            of(|to| {
                to.optional(Some(""));
            }),
        ];
        for (nth, one) in all.iter().enumerate() {
            assert!(all.iter().skip(nth + 1).all(|other| other != one), "{nth}");
        }
    }
}
