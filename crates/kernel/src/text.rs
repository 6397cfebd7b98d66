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

/// Trims a text of one line and refuses what it may not hold ([`check_line`]). An empty text is `None`.
pub fn clean(text: &str, max: usize) -> Result<Option<String>, Rule> {
    let trimmed = text.trim();
    check_line(trimmed, max)?;
    Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()))
}

/// Refuses what no text of one line may hold: what no text may ([`check`]), control characters (tabs too) and whatever else
/// breaks a line. A name with a line break in it forges lines of receipts, mails, exports and logs.
pub fn check_line(text: &str, max: usize) -> Result<(), Rule> {
    check(text, max)?;
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        let sentence = "Control characters and line breaks are not allowed.";
        return Err(Rule::Invalid(sentence.to_owned()));
    }
    Ok(())
}

/// Refuses what no text may hold: NUL (PostgreSQL has no way to store it), and more than `max` characters. Tabs, line
/// breaks and other control characters pass: for a text of one line, see [`check_line`].
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

    #[test]
    fn a_line_holds_nothing_that_breaks_it_or_controls() {
        let controls = ('\u{1}'..='\u{1f}').chain('\u{7f}'..='\u{9f}');
        for c in controls.chain(['\u{2028}', '\u{2029}']) {
            let text = format!("Ada{c}Lovelace");
            assert!(check_line(&text, 20).is_err() && clean(&text, 20).is_err(), "{c:?}");
            assert_eq!(check(&text, 20), Ok(()), "a text of several lines: {c:?}");
        }
        // Of other scripts: a joiner, a mark of direction, a space that does not break.
        for text in ["नमस्\u{200d}ते", "\u{200f}שלום", "10\u{a0}km", "\u{1f469}\u{200d}\u{1f4bb}"]
        {
            assert_eq!(check_line(text, 20), Ok(()), "{text:?}");
        }
        assert_eq!(clean("Ada\r\n", 20), Ok(Some("Ada".to_owned())), "what a scanner appends");
        assert_eq!(check_line("abc", 2), Err(Rule::MaxLength { max: 2, actual: 3 }));
        assert!(check_line("a\0b", 5).is_err());
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,20}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
