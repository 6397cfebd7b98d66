//! Loyalty ids: 14 digits, random, the last a Luhn check digit (rule 5).

use std::fmt;

use regulars_kernel::{Actor, Permission, PersonId, Rule, Timestamp, Violations};

use crate::{
    CustomerError, CustomerStore, Kind,
    create::taken,
    sharing::{own_account, spread},
    update::{own, save},
};

/// How many digits a loyalty id has.
pub const DIGITS: usize = 14;
/// Random numbers there are: thirteen digits of which the first is not 0.
const FIRST: u64 = 1_000_000_000_000;
const NUMBERS: u64 = 9 * FIRST;

/// The number by which a till knows a person anywhere. Unique over the platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoyaltyId(String);

impl LoyaltyId {
    /// Makes an id from 64 random bits. The first digit is never 0, so that programs that take the id for a number lose
    /// nothing. Ids are guarded by rate limits, not by secrecy: a good generator is wanted, a collision is refused by
    /// the store.
    pub fn from_entropy(entropy: u64) -> Self {
        let body = (FIRST + entropy % NUMBERS).to_string();
        let check = check_digit(&body);
        Self(format!("{body}{check}"))
    }

    /// Reads an id; spaces and hyphens between its digits are let pass.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let digits = plain(text);
        let valid = digits.len() == DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && luhn_sum(&digits).is_multiple_of(10);
        if valid {
            Ok(Self(digits))
        } else {
            let sentence = "Enter a valid loyalty id: 14 digits, the last a check digit.";
            Err(Rule::Invalid(sentence.to_owned()))
        }
    }

    /// Takes an id from a store, which keeps only what was parsed or made here.
    pub const fn from_stored(digits: String) -> Self {
        Self(digits)
    }

    /// The fourteen digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The fourteen digits.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for LoyaltyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `replaceLoyaltyId`: gives a person another loyalty id in place of one that was lost, which is blocked from then on: it
/// identifies nobody any more, and a till is told so. Registered people do it for themselves; of a managed customer it
/// needs [`Permission::ChangeConsumer`]. `new` comes from fresh randomness, as in [`crate::create::create`].
pub fn replace(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    who: Option<PersonId>,
    new: LoyaltyId,
    now: Timestamp,
) -> Result<PersonId, CustomerError> {
    if let Actor::Consumer { person } = actor {
        if who.is_some_and(|id| id != *person) {
            return Err(CustomerError::ConsumerNotFound);
        }
        let mut account = own_account(tx, actor)?;
        tx.replace_loyalty_id(account.id, &new, now).map_err(|error| taken(error.into()))?;
        account.loyalty_id = Some(new);
        spread(tx, &account, now)?;
        return Ok(account.id);
    }
    let merchant = actor.require(Permission::ChangeConsumer)?;
    let id = who.ok_or_else(|| Violations::of("consumerId", Rule::Required))?;
    let before = own(tx, merchant, id)?;
    if before.kind == Kind::Registered {
        let sentence = "Only the customer can replace it: they have an account.";
        return Err(Violations::of("consumerId", Rule::Invalid(sentence.to_owned())).into());
    }
    tx.replace_loyalty_id(id, &new, now).map_err(|error| taken(error.into()))?;
    let mut after = before.clone();
    after.loyalty_id = Some(new);
    save(tx, before, after, now)?;
    Ok(id)
}

/// A typed id without the spaces and hyphens that people put between its digits.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

fn check_digit(body: &str) -> u32 {
    let sum = luhn_sum(&format!("{body}0"));
    (10 - sum % 10) % 10
}

/// Digits weighted from the right by 1, 2, 1, 2, …; a two-digit product counts as the sum of its digits.
fn luhn_sum(digits: &str) -> u32 {
    let weighted = digits.bytes().rev().zip([1, 2].into_iter().cycle());
    weighted
        .map(|(byte, weight)| {
            let product = u32::from(byte.saturating_sub(b'0')) * weight;
            product / 10 + product % 10
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rule_5_reads_what_people_and_tills_type() {
        // 79927398713 is the algorithm's textbook example; padded on the left it stays valid.
        for text in ["00079927398713", " 0007 9927 3987 13 ", "000-79927398713"] {
            assert_eq!(LoyaltyId::parse(text).unwrap().as_str(), "00079927398713", "{text}");
        }
        for text in ["", "79927398713", "00079927398714", "0007992739871x", "000799273987130"] {
            assert!(LoyaltyId::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn rule_5_made_ids_are_valid_and_one_wrong_digit_is_noticed(
            entropy: u64, place in 0_usize..DIGITS, shift in 1_u8..10,
        ) {
            let id = LoyaltyId::from_entropy(entropy);
            prop_assert_eq!(id.as_str().len(), DIGITS);
            prop_assert!(!id.as_str().starts_with('0'));
            prop_assert_eq!(LoyaltyId::parse(id.as_str()).unwrap(), id.clone());
            let mut wrong = id.into_string().into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + shift) % 10;
            prop_assert!(LoyaltyId::parse(std::str::from_utf8(&wrong).unwrap()).is_err());
        }
    }
}
