//! A merchant's own card numbers: plastic from an older system, in any format (rule 5).

use std::fmt;

use regulars_kernel::{Actor, Permission, PersonId, Rule, Timestamp, Violations, text};

use crate::{
    CustomerError, CustomerStore,
    sharing::own_account,
    update::{own, save},
};

/// The most characters that a card number may have.
pub const MAX_CHARS: usize = 64;
/// The most cards that one customer may have at one merchant.
pub const MAX_CARDS: usize = 20;

/// One card number, as it was typed. Unique per merchant by its [`CardNumber::key`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CardNumber(String);

impl CardNumber {
    /// Reads a card number: trimmed, at most [`MAX_CHARS`], no control characters, and more than white space and hyphens.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let number = text::clean(text, MAX_CHARS)?.ok_or(Rule::Required)?;
        if Self::key_of(&number).is_empty() {
            let sentence = "A card number needs more than hyphens.";
            return Err(Rule::Invalid(sentence.to_owned()));
        }
        Ok(Self(number))
    }

    /// Takes a number from a store, which keeps only what was parsed.
    pub const fn from_stored(number: String) -> Self {
        Self(number)
    }

    /// The number as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes two spellings the same card: folded, without white space and hyphens.
    pub fn key(&self) -> String {
        Self::key_of(&self.0)
    }

    /// The key of a text that may be a card number.
    pub fn key_of(text: &str) -> String {
        text::fold(text).chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the list of a customer's cards; the same card twice counts once.
pub fn parse_list(texts: &[String]) -> Result<Vec<CardNumber>, Rule> {
    let mut cards: Vec<CardNumber> = Vec::new();
    for text in texts {
        let card = CardNumber::parse(text)?;
        if cards.iter().all(|known| known.key() != card.key()) {
            cards.push(card);
        }
        if cards.len() > MAX_CARDS {
            let sentence = format!("A customer can have at most {MAX_CARDS} cards.");
            return Err(Rule::Invalid(sentence));
        }
    }
    Ok(cards)
}

/// `blockConsumerCard`: takes a lost card from a customer and blocks its number: it identifies nobody any more, a till is
/// told so, and nobody at that merchant can be given it again. Needs [`Permission::ChangeConsumer`]; consumers block a card of
/// their own, at whichever merchants they have it.
pub fn block(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    who: Option<PersonId>,
    typed: &str,
    now: Timestamp,
) -> Result<PersonId, CustomerError> {
    let (person, held) = if let Actor::Consumer { person } = actor {
        if who.is_some_and(|id| id != *person) {
            return Err(CustomerError::ConsumerNotFound);
        }
        own_account(tx, actor)?;
        (*person, tx.memberships_of(*person)?)
    } else {
        let merchant = actor.require(Permission::ChangeConsumer)?;
        let id = who.ok_or_else(|| Violations::of("consumerId", Rule::Required))?;
        let held = own(tx, merchant, id)?;
        (id, vec![held])
    };
    let key = CardNumber::parse(typed).map_err(|rule| Violations::of("card", rule))?.key();
    let mut blocked = false;
    for before in held {
        let mut after = before.clone();
        after.cards.retain(|card| card.key() != key);
        if after.cards.len() < before.cards.len() {
            tx.block_card(before.merchant, person, &key, now)?;
            save(tx, before, after, now)?;
            blocked = true;
        }
    }
    if blocked {
        return Ok(person);
    }
    let sentence = "The customer has no such card, or it is blocked already.";
    Err(Violations::of("card", Rule::Invalid(sentence.to_owned())).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_5_any_format_is_a_card_number() {
        assert_eq!(CardNumber::parse(" AB-12 34 ").unwrap().as_str(), "AB-12 34");
        assert_eq!(CardNumber::parse("AB-12 34").unwrap().key(), "ab1234");
        for text in ["", "  ", "-", "- -- -", "a\0b", "a\nb", &"9".repeat(65)] {
            assert!(CardNumber::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn rule_5_a_card_counts_once_and_cards_are_bounded() {
        let texts = ["AB-1", "ab 1", "AB-2"].map(str::to_owned);
        let cards = parse_list(&texts).unwrap();
        assert_eq!(cards.iter().map(CardNumber::as_str).collect::<Vec<_>>(), ["AB-1", "AB-2"]);
        let many: Vec<_> = (0..21).map(|number| number.to_string()).collect();
        assert!(parse_list(&many).is_err());
        assert_eq!(parse_list(&many[..20]).unwrap().len(), 20);
    }
}
