//! Text from outside: what is refused, and the one way to compare without regard to case on every database.

use unicode_normalization::UnicodeNormalization;

use crate::Rule;

/// The most characters that a text argument may have unless its field says otherwise.
pub const MAX_CHARS: usize = 10_240;

/// Folds for comparison: compatibility-normalised (NFKC) and lower-cased, accents kept. Search text and search terms
/// both pass through here, because SQLite folds ASCII alone and PostgreSQL by locale.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// Trims a text and refuses what no field may hold: NUL (PostgreSQL has no way to store it) and more than `max`
/// characters. An empty text is `None`.
pub fn clean(text: &str, max: usize) -> Result<Option<String>, Rule> {
    let trimmed = text.trim();
    check(trimmed, max)?;
    Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()))
}

/// Refuses what no text may hold: NUL, and more than `max` characters.
pub fn check(text: &str, max: usize) -> Result<(), Rule> {
    if text.contains('\0') {
        return Err(Rule::Invalid("Null characters are not allowed.".to_owned()));
    }
    let actual = text.chars().count();
    if actual > max {
        return Err(Rule::MaxLength { max, actual });
    }
    Ok(())
}

/// The beginning of a text between quotes, control characters escaped: what a refusal repeats of an input.
pub fn quoted(text: &str) -> String {
    format!("{:?}", beginning(text))
}

/// The first characters of a text, and a sign where there are more.
pub fn beginning(text: &str) -> String {
    const SHOWN: usize = 40;
    let more = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    text.chars().take(SHOWN).chain(more.chars()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_width_fold_and_accents_stay() {
        for (text, folded) in
            [("MÜLLER", "müller"), ("Ｊｏｈｎ", "john"), ("é", "é"), ("ﬁn", "fin")]
        {
            assert_eq!(fold(text), folded);
        }
        assert_ne!(fold("muller"), fold("müller"));
    }

    #[test]
    fn a_text_is_trimmed_bounded_and_free_of_nul() {
        assert_eq!(clean("  Ada ", 5), Ok(Some("Ada".to_owned())));
        assert_eq!(clean("   ", 5), Ok(None));
        assert_eq!(clean("abcdef", 5), Err(Rule::MaxLength { max: 5, actual: 6 }));
        assert!(clean("a\0b", 5).is_err());
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,20}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
