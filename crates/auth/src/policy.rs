//! What a new password must be: long enough, not one that everybody tries first, not digits alone, not the person's own
//! name or address. The rules, their order and their words are those that clients of Django's validators know.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use regulars_kernel::{Rule, Violations, text};

use crate::password::Password;

/// The fewest characters of a password.
pub const LEAST_CHARS: usize = 8;
/// The most characters of a password.
pub const MOST_CHARS: usize = 1024;

/// The twenty thousand passwords that are tried first, in lower case (Django's list).
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../assets/common-passwords.txt").lines().collect());

/// What a password must not resemble: how a message calls it, and its value.
pub type Attribute<'a> = (&'static str, &'a str);

/// Judges a pair of typed passwords. Every broken rule is noted under `fields.1`, an absent one under its own field.
pub fn check(
    fields: (&'static str, &'static str),
    passwords: (&Password, &Password),
    attributes: &[Attribute<'_>],
) -> Violations {
    let mut wrong = Violations::new();
    let (first, second) = (passwords.0.expose(), passwords.1.expose());
    for (field, password) in [(fields.0, first), (fields.1, second)] {
        if password.is_empty() {
            wrong.add(field, Rule::Required);
        }
    }
    if !wrong.is_empty() {
        return wrong;
    }
    if first != second {
        wrong.add(fields.1, Rule::PasswordMismatch);
        return wrong;
    }
    if let Err(rule) = text::check(second, MOST_CHARS) {
        wrong.add(fields.1, rule);
        // Nothing below may be asked of a text of any length.
        return wrong;
    }
    for rule in broken_rules(second, attributes) {
        wrong.add(fields.1, rule);
    }
    wrong
}

fn broken_rules(password: &str, attributes: &[Attribute<'_>]) -> Vec<Rule> {
    let mut broken = Vec::new();
    if password.chars().count() < LEAST_CHARS {
        broken.push(Rule::PasswordTooShort(LEAST_CHARS));
    }
    let lower = password.to_lowercase();
    if COMMON.contains(lower.trim()) {
        broken.push(Rule::PasswordTooCommon);
    }
    if password.chars().all(char::is_numeric) {
        broken.push(Rule::PasswordEntirelyNumeric);
    }
    if let Some((name, _)) = attributes.iter().find(|(_, value)| resembles(&lower, value)) {
        broken.push(Rule::PasswordTooSimilar(name));
    }
    broken
}

/// Whether a password has seven tenths of its characters in common with a value or with one of its words.
fn resembles(password: &str, value: &str) -> bool {
    let value = value.to_lowercase();
    let words = value.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.chain([value.as_str()]).any(|word| shares_most(password, word))
}

/// `difflib.SequenceMatcher.quick_ratio() >= 0.7`: twice the common characters over all, in whole numbers.
fn shares_most(one: &str, other: &str) -> bool {
    let mut counts = HashMap::<char, usize>::new();
    for letter in other.chars() {
        *counts.entry(letter).or_default() += 1;
    }
    let mut common = 0;
    for letter in one.chars() {
        if let Some(left) = counts.get_mut(&letter).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    let both = one.chars().count() + other.chars().count();
    common > 0 && 20 * common >= 7 * both
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: [Attribute<'static>; 3] = [
        ("email", "ada.lovelace@analytical.example"),
        ("first name", "Ada"),
        ("last name", "Lovelace"),
    ];

    fn judge(first: &str, second: &str) -> Vec<(Option<&'static str>, Rule)> {
        check(("password1", "password2"), (&first.into(), &second.into()), &ADA)
            .iter()
            .map(|violation| (violation.field, violation.rule.clone()))
            .collect()
    }

    #[test]
    fn every_broken_rule_is_named_in_order() {
        let short = || Rule::PasswordTooShort(8);
        for (password, rules) in [
            ("tea with 3 crows", vec![]),
            ("XXXXXX", vec![short(), Rule::PasswordTooCommon]),
            ("zq7k", vec![short()]),
            ("Password", vec![Rule::PasswordTooCommon]),
            ("123456", vec![short(), Rule::PasswordTooCommon, Rule::PasswordEntirelyNumeric]),
            ("9174620385", vec![Rule::PasswordEntirelyNumeric]),
            ("lovelace1", vec![Rule::PasswordTooSimilar("email")]),
            ("Ada.Lovelace@analytical", vec![Rule::PasswordTooSimilar("email")]),
            ("äöüßéèêë", vec![]),
            ("äöüßéèê", vec![short()]),
        ] {
            let rules: Vec<_> = rules.into_iter().map(|rule| (Some("password2"), rule)).collect();
            assert_eq!(judge(password, password), rules, "{password}");
        }
    }

    #[test]
    fn two_passwords_must_be_there_and_agree() {
        for (first, second, wrong) in [
            (
                "",
                "",
                vec![(Some("password1"), Rule::Required), (Some("password2"), Rule::Required)],
            ),
            ("tea with 3 crows", "", vec![(Some("password2"), Rule::Required)]),
            ("tea with 3 crows", "tea", vec![(Some("password2"), Rule::PasswordMismatch)]),
        ] {
            assert_eq!(judge(first, second), wrong);
        }
    }

    #[test]
    fn a_password_is_bounded_and_free_of_nul() {
        let fits = "aé".repeat(512);
        assert_eq!(judge(&fits, &fits), vec![]);
        let long = format!("{fits}x");
        let rule = Rule::MaxLength { max: 1024, actual: 1025 };
        assert_eq!(judge(&long, &long), vec![(Some("password2"), rule)]);
        assert!(matches!(judge("abc\0defgh", "abc\0defgh")[..], [(_, Rule::Invalid(_))]));
    }

    #[test]
    fn a_name_counts_only_where_it_makes_up_most_of_the_password() {
        for (password, value, similar) in [
            ("lovelace", "lovelace", true),
            ("lovelace777777", "lovelace", true),
            ("lovelace7777777", "lovelace", false),
            ("my cat is lovely", "lovelace", false),
            ("tea with 3 crows", "", false),
        ] {
            assert_eq!(resembles(password, value), similar, "{password} {value}");
        }
    }
}
