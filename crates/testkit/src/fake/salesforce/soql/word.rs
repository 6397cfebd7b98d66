//! The words of a query.

use super::super::reply::Refused;

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A name or a keyword.
    Name(String),
    /// A text in quotes.
    Text(String),
    /// A number or an instant.
    Bare(String),
    /// A sign.
    Sign(&'static str),
}

/// Whether a letter can be in a name.
const fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '.'
}

const SIGNS: [&str; 10] = ["<=", ">=", "!=", "<>", "=", "<", ">", "(", ")", ","];

/// The words that are still to be read.
#[derive(Debug)]
pub(super) struct Words(std::collections::VecDeque<Word>);

impl Words {
    pub(super) fn of(text: &str) -> Result<Self, Refused> {
        let mut words = std::collections::VecDeque::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if first == '\'' {
                let (text, length) = quoted(rest)?;
                words.push_back(Word::Text(text));
                length
            } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                words.push_back(Word::Sign(sign));
                sign.len()
            } else {
                let is_bare = first.is_ascii_digit() || first == '-';
                let fits = |letter: char| {
                    is_name(letter) || (is_bare && matches!(letter, ':' | '+' | '-'))
                };
                let length = rest.find(|letter| !fits(letter)).unwrap_or(rest.len());
                let word = rest.get(..length).filter(|word| !word.is_empty());
                let word = word
                    .ok_or_else(|| Refused::malformed(format!("unexpected token: '{first}'")))?
                    .to_owned();
                words.push_back(if is_bare { Word::Bare(word) } else { Word::Name(word) });
                length
            };
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
        Ok(Self(words))
    }

    pub(super) fn next(&mut self) -> Option<Word> {
        self.0.pop_front()
    }

    /// Takes this word, where it comes next.
    pub(super) fn take(&mut self, word: &Word) -> bool {
        self.0.pop_front_if(|next| next == word).is_some()
    }

    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        self.0
            .pop_front_if(
                |next| matches!(next, Word::Name(name) if name.eq_ignore_ascii_case(keyword)),
            )
            .is_some()
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> Result<(), Refused> {
        if self.take_keyword(keyword) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn sign(&mut self, sign: &'static str) -> Result<(), Refused> {
        if self.take(&Word::Sign(sign)) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A name that is no keyword.
    pub(super) fn name(&mut self) -> Result<String, Refused> {
        const KEYWORDS: [&str; 12] = [
            "SELECT", "FROM", "WHERE", "ORDER", "BY", "LIMIT", "AND", "OR", "NOT", "GROUP",
            "HAVING", "OFFSET",
        ];
        match self.0.front() {
            Some(Word::Name(name))
                if !KEYWORDS.iter().any(|word| name.eq_ignore_ascii_case(word)) =>
            {
                let name = name.clone();
                self.0.pop_front();
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn number(&mut self) -> Result<String, Refused> {
        match self.next() {
            Some(Word::Bare(number)) => Ok(number),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn end(&mut self) -> Result<(), Refused> {
        if self.0.is_empty() { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn unexpected(&mut self) -> Refused {
        match self.next() {
            Some(Word::Name(word) | Word::Text(word) | Word::Bare(word)) => {
                Refused::malformed(format!("unexpected token: '{word}'"))
            }
            Some(Word::Sign(sign)) => Refused::malformed(format!("unexpected token: '{sign}'")),
            None => Refused::malformed("unexpected token: '<EOF>'"),
        }
    }
}

/// A text in quotes at the beginning of another, and how many bytes it takes there.
fn quoted(rest: &str) -> Result<(String, usize), Refused> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\'' => return Ok((text, place + 1)),
            '\\' => match letters.next().map(|(_, escaped)| escaped) {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(escaped @ ('\'' | '"' | '\\')) => text.push(escaped),
                _ => {
                    return Err(Refused::malformed(
                        "Invalid string literal: illegal character sequence '\\'",
                    ));
                }
            },
            letter => text.push(letter),
        }
    }
    Err(Refused::malformed("unexpected token: '''"))
}
