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
            Form::International => vec![format!(" {}", digits.dialled)],
            Form::Open if digits.dialled.len() == 4 => vec![format!("{} ", digits.dialled)],
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
    /// Reads a typed search; white space alone is none. Refuses NUL, over-long text and too many words.
    pub fn parse(typed: &str, max_chars: usize) -> Result<Option<Self>, Rule> {
        text::check(typed, max_chars)?;
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
