//! Spreadsheets run what begins like a formula. Cells that do are written behind an apostrophe, and reading takes it off.

use std::borrow::Cow;

/// What formulas begin with.
const BEGINNINGS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
const GUARD: char = '\'';

/// Whether a cell's text, past its apostrophes, is one before which an apostrophe is a guard and no part of the text. What begins
/// with a digit is: people and shops write `'0171 23` to keep a spreadsheet from making a number of it.
fn is_guarded(rest: &str) -> bool {
    rest.starts_with(BEGINNINGS) || rest.starts_with(|first: char| first.is_ascii_digit())
}

/// The text as a spreadsheet may have it.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    let rest = text.trim_start_matches(GUARD);
    let runs = rest.starts_with(BEGINNINGS);
    if runs || (rest.len() < text.len() && is_guarded(rest)) {
        return Cow::Owned(format!("{GUARD}{text}"));
    }
    Cow::Borrowed(text)
}

/// The text of a cell: [`guarded`] undone.
pub(super) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix(GUARD) {
        Some(text) if is_guarded(text.trim_start_matches(GUARD)) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_guarded() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+49171", "'+49171"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("'=1", "''=1"),
            ("'123", "''123"),
            ("123", "123"),
            ("'s Gravenhage", "'s Gravenhage"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), cell);
            assert_eq!(unguarded(cell), text);
        }
        // What spreadsheets and shops write themselves.
        assert_eq!(unguarded("'01067"), "01067");
        assert_eq!(unguarded("'6543210987"), "6543210987");
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_none_begins_like_a_formula(text in "['=+@\ta1 -]{0,6}") {
            let cell = guarded(&text);
            prop_assert!(!cell.starts_with(BEGINNINGS));
            prop_assert_eq!(unguarded(&cell), &text);
        }
    }
}
