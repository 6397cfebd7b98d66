//! Finding people by what a till has of them: which text is searched, and how a typed term is brought into its form
//! (rule 9). Stores keep the texts of [`SearchText`] and look for the terms in them; nothing here knows how.

use regulars_kernel::{Rule, text};

use crate::{
    card::CardNumber,
    contact::{PUNCTUATION, PhoneNumber},
};

/// The most words of a search term.
pub const MAX_WORDS: usize = 8;

/// What a phone number is searched in: ` 00491712345678 01712345678 `. The international form stands behind `00`, the
/// national one behind its trunk prefix; a space before and behind each lets a term be tied to an end. Digits and
/// spaces alone, so that a substring is never found across two forms.
pub fn phone_text(number: &PhoneNumber) -> String {
    format!(" 00{} {} ", number.international_digits(), number.national_digits())
}

/// A term for phone numbers: found where any of its texts occurs in [`phone_text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneTerm {
    /// Never empty; each of digits, tied to an end by a space.
    pub any_of: Vec<String>,
}

impl PhoneTerm {
    /// For a filter that names a number: it begins with these digits in international or national form, or, where there
    /// are four of them, ends with them. `0171 2345`, `+49 171 2345` and `0049 171 2345` find `+491712345678`.
    pub fn beginning(typed: &str) -> Self {
        let digits = Digits::read(typed);
        let any_of = match digits.form {
            // Four digits are the last four, even those that begin like an international number.
            _ if digits.dialled.len() == 4 => vec![format!("{} ", digits.dialled)],
            Form::International => vec![format!(" {}", digits.dialled)],
            Form::Open => {
                vec![format!(" {}", digits.dialled), format!(" 00{}", digits.dialled)]
            }
        };
        Self { any_of }
    }

    /// For a filter that names a part of a number.
    pub fn containing(typed: &str) -> Self {
        Self { any_of: vec![Digits::read(typed).dialled] }
    }

    /// For the whole number in international or national form.
    pub fn whole(typed: &str) -> Self {
        let digits = Digits::read(typed);
        let any_of = match digits.form {
            Form::International => vec![format!(" {} ", digits.dialled)],
            Form::Open => {
                vec![format!(" {} ", digits.dialled), format!(" 00{} ", digits.dialled)]
            }
        };
        Self { any_of }
    }

    /// Whether a number fits.
    pub fn matches(&self, phone_text: &str) -> bool {
        self.any_of.iter().any(|part| phone_text.contains(part))
    }
}

enum Form {
    /// With a country code, and `00` before it.
    International,
    /// National, or a piece of anything.
    Open,
}

struct Digits {
    dialled: String,
    form: Form,
}

impl Digits {
    fn read(typed: &str) -> Self {
        let typed = text::fold(typed.trim());
        let plus = typed.starts_with('+');
        let international = plus || typed.starts_with("00");
        let written = if international { typed.replace("(0)", "") } else { typed.clone() };
        let digits: String = written.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() {
            // Nothing of a phone number: looked for as it is, it is nowhere among digits.
            return Self {
                dialled: if typed.is_empty() { "+".to_owned() } else { typed },
                form: Form::Open,
            };
        }
        let dialled = if plus { format!("00{digits}") } else { digits };
        let form = if international { Form::International } else { Form::Open };
        Self { dialled, form }
    }
}

/// One word of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The folded word, looked for in names, e-mail, loyalty id and cards.
    pub text: String,
    /// Its digits, looked for in [`phone_text`], where the word could be a piece of a phone number.
    pub digits: Option<String>,
}

/// A search: every word must occur in one of first name, last name, e-mail, phone number, loyalty id and cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchTerm {
    /// One to [`MAX_WORDS`] words.
    pub words: Vec<Word>,
}

impl SearchTerm {
    /// Reads a typed search; white space alone is none. Words end at any white space, line breaks and the tabs between cells of
    /// a table too; other control characters, over-long text and too many words are refused.
    pub fn parse(typed: &str, max_chars: usize) -> Result<Option<Self>, Rule> {
        text::check(typed, max_chars)?;
        for word in typed.split_whitespace() {
            text::check_line(word, max_chars)?;
        }
        let folded = text::fold(typed);
        let words: Vec<_> = folded.split_whitespace().map(word).collect();
        if words.len() > MAX_WORDS {
            return Err(Rule::Invalid(format!("Search for at most {MAX_WORDS} words.")));
        }
        Ok((!words.is_empty()).then_some(Self { words }))
    }

    /// Whether a person fits.
    pub fn matches(&self, searched: &SearchText) -> bool {
        self.words.iter().all(|word| {
            searched.names_and_numbers().iter().any(|text| text.contains(&word.text))
                || word.digits.as_ref().is_some_and(|digits| searched.phone.contains(digits))
        })
    }
}

fn word(text: &str) -> Word {
    let spelled = text.chars().all(|c| c.is_ascii_digit() || PUNCTUATION.contains(&c));
    let digits = spelled && text.chars().any(|c| c.is_ascii_digit());
    Word { text: text.to_owned(), digits: digits.then(|| Digits::read(text).dialled) }
}

/// What a store keeps beside a membership to search in: folded, a text for each thing that can be asked for; empty where
/// the merchant sees nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchText {
    /// The folded first name.
    pub firstname: String,
    /// The folded last name.
    pub lastname: String,
    /// The folded city.
    pub city: String,
    /// The address's key.
    pub email: String,
    /// See [`phone_text`].
    pub phone: String,
    /// The fourteen digits.
    pub loyalty_id: String,
    /// The cards' folded numbers and their keys, each on a line of its own.
    pub cards: String,
}

impl SearchText {
    fn names_and_numbers(&self) -> [&str; 5] {
        [&self.firstname, &self.lastname, &self.email, &self.loyalty_id, &self.cards]
    }
}

/// The searched text of a list of cards.
pub fn cards_text(cards: &[CardNumber]) -> String {
    let mut out = String::new();
    for card in cards {
        let (folded, key) = (text::fold(card.as_str()), card.key());
        out.push_str(&folded);
        out.push('\n');
        if key != folded {
            out.push_str(&key);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn phone(stored: &str) -> String {
        phone_text(&PhoneNumber::from_stored(stored.to_owned()))
    }

    #[test]
    fn rule_9_a_filter_matches_how_a_number_begins_in_either_form_or_its_last_four() {
        let number = phone("+491712345678");
        assert_eq!(number, " 00491712345678 01712345678 ");
        for (typed, fits) in [
            ("0171 2345", true),
            ("0171-2345678", true),
            ("+49 171 2345", true),
            ("+49 (0)171 2345", true),
            ("0049 171", true),
            ("49171", true),
            ("5678", true),
            ("+491712345678", true),
            ("0171 2346", false),
            ("2345", false),
            ("45678", false),
            ("171 2345", false),
            ("+1712345", false),
            ("0049 0171", false),
            ("nobody", false),
            ("+", false),
        ] {
            assert_eq!(PhoneTerm::beginning(typed).matches(&number), fits, "{typed}");
        }
    }

    #[test]
    fn rule_9_a_part_is_found_anywhere_and_the_whole_nowhere_else() {
        let number = phone("+491712345678");
        for (typed, within, whole) in [
            ("0171 2345", true, false),
            ("171 2345", true, false),
            ("23 45", true, false),
            ("+49 171 2345678", true, true),
            ("00491712345678", true, true),
            ("491712345678", true, true),
            ("0171/2345678", true, true),
            ("5678", true, false),
            ("567801", false, false),
            ("abc", false, false),
        ] {
            assert_eq!(PhoneTerm::containing(typed).matches(&number), within, "{typed}");
            assert_eq!(PhoneTerm::whole(typed).matches(&number), whole, "{typed}");
        }
    }

    fn ada() -> SearchText {
        SearchText {
            firstname: "ada".to_owned(),
            lastname: "müller-lüdenscheidt".to_owned(),
            city: "bonn".to_owned(),
            email: "ada@example.com".to_owned(),
            phone: phone("+491712345678"),
            loyalty_id: "00079927398713".to_owned(),
            cards: cards_text(&[CardNumber::parse("AB-12 34").unwrap()]),
        }
    }

    #[test]
    fn every_word_must_occur_somewhere() {
        for (typed, fits) in [
            ("ada", true),
            ("ADA Müller", true),
            ("müller example.com 5678", true),
            ("0171 2345", true),
            ("+49171 (2345)", true),
            ("7992", true),
            ("ab1234", true),
            ("AB-12", true),
            ("muller", false),
            ("ada bonn", false),
            ("%", false),
            ("_da", false),
            ("ada\tnobody", false),
        ] {
            let term = SearchTerm::parse(typed, 254).unwrap().unwrap();
            assert_eq!(term.matches(&ada()), fits, "{typed}");
        }
    }

    #[test]
    fn a_search_is_bounded() {
        assert_eq!(SearchTerm::parse(" \t ", 254), Ok(None));
        assert!(SearchTerm::parse("a\0b", 254).is_err());
        assert!(SearchTerm::parse("ada \u{1b}b", 254).is_err());
        assert!(SearchTerm::parse(&"a".repeat(255), 254).is_err());
        assert_eq!(SearchTerm::parse(&"a ".repeat(8), 254).unwrap().unwrap().words.len(), 8);
        assert!(SearchTerm::parse(&"a ".repeat(9), 254).is_err());
    }

    proptest! {
        #[test]
        fn rule_9_a_number_is_found_however_much_of_it_is_typed(
            number in "1[5-7][1-9][0-9]{7}", length in 5_usize..11, gap in 1_usize..5,
        ) {
            let text = phone(&format!("+49{number}"));
            let national = format!("0{number}");
            let mut typed = national[..length].to_owned();
            typed.insert(gap, ' ');
            prop_assert!(PhoneTerm::beginning(&typed).matches(&text));
            prop_assert!(PhoneTerm::containing(&typed).matches(&text));
            let typed = format!("+49 {}", &number[..length - 1]);
            prop_assert!(PhoneTerm::beginning(&typed).matches(&text));
            prop_assert!(PhoneTerm::beginning(&number[number.len() - 4..]).matches(&text));
            prop_assert!(PhoneTerm::whole(&national).matches(&text));
        }

        #[test]
        fn a_term_is_never_empty(typed in "\\PC{1,20}") {
            for term in [
                PhoneTerm::beginning(&typed), PhoneTerm::containing(&typed), PhoneTerm::whole(&typed),
            ] {
                prop_assert!(term.any_of.iter().all(|text| !text.trim().is_empty()));
            }
        }
    }
}
