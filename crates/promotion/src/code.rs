//! Codes that redeem something: made for one redemption, or one for everybody (rule 22).
//!
//! What a till types may be either: whoever looks one up tries it as a [`Code`] among the open promises first, then as a
//! [`FixedCode`] among the offers. A fixed code may look like a made one (`WELCOME1` does); that one of them is the very code
//! that was made for somebody is one chance in a trillion.

use std::fmt;

use regulars_kernel::{
    Rule,
    text::{clean, fold},
};

/// How many characters a made code has.
pub const LENGTH: usize = 8;
/// The most characters that a fixed code may have.
pub const MAX_FIXED: usize = 64;

/// Crockford's digits: no I, L, O (they look like others) and no U.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The code of one redemption: 8 Crockford base-32 characters. Unique per merchant among open ones, which its store sees to;
/// guessing is limited by app and store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

impl Code {
    /// Makes a code from 40 random bits, of which each counts. They must come from a generator whose output nobody can
    /// foretell: a code is worth money to whoever guesses it.
    pub fn from_entropy(bytes: [u8; 5]) -> Self {
        let bits = bytes.into_iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(byte));
        let digit = |place: usize| {
            let value = usize::try_from(bits >> (5 * place) & 0x1f).unwrap_or_default();
            char::from(DIGITS.get(value).copied().unwrap_or(b'0'))
        };
        Self((0..LENGTH).rev().map(digit).collect())
    }

    /// Reads what a person or a scanner typed: in either case, with I and L for 1 and O for 0, spaces and hyphens anywhere.
    /// Refuses what is no code; the refusal does not say whether some code is somebody's.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let code: Option<String> = typed(text).map(digit).collect();
        code.filter(|code| code.len() == LENGTH).map(Self).ok_or_else(|| {
            let sentence = "Enter a valid code: 8 letters and digits, such as 7K3M-9QXZ.";
            Rule::Invalid(sentence.to_owned())
        })
    }

    /// Takes a code from a store, which keeps only what was parsed or made here.
    pub const fn from_stored(code: String) -> Self {
        Self(code)
    }

    /// The eight characters: what is kept and compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The eight characters.
    pub fn into_string(self) -> String {
        self.0
    }

    /// How people read it: two groups of four, `7K3M-9QXZ`. [`Self::parse`] reads it back.
    pub fn grouped(&self) -> String {
        let (first, second) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{first}-{second}")
    }
}

/// The eight characters, as they are kept.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digit that a typed character stands for.
fn digit(typed: char) -> Option<char> {
    let upper = match typed.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    DIGITS.iter().any(|digit| char::from(*digit) == upper).then_some(upper)
}

/// The one code of an offer for everybody, as the merchant wrote it, and the form in which two are compared: whatever the
/// case and the width of its characters, without spaces and hyphens. Letters are not taken for digits here: a merchant
/// chose them, and may have both `SALE10` and `SALEIO`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FixedCode {
    shown: String,
    key: String,
}

impl FixedCode {
    /// Reads a code, at most [`MAX_FIXED`] characters, of which one at least is neither a space nor a hyphen.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let shown = clean(text, MAX_FIXED)?.ok_or(Rule::Required)?;
        let key: String = typed(&fold(&shown)).collect();
        if key.is_empty() {
            let sentence = "Enter a code with letters or digits in it.";
            return Err(Rule::Invalid(sentence.to_owned()));
        }
        Ok(Self { shown, key })
    }

    /// As the merchant wrote it.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The form that is compared, and unique among a merchant's offers.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// What somebody typed, without the spaces and hyphens that people put in.
fn typed(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rule_22_a_code_is_made_of_forty_bits() {
        for (bytes, code) in [
            ([0; 5], "00000000"),
            ([0xff; 5], "ZZZZZZZZ"),
            ([0, 0, 0, 0, 1], "00000001"),
            ([0x08, 0, 0, 0, 0], "10000000"),
            ([0x00, 0x44, 0x32, 0x14, 0xc7], "01234567"),
        ] {
            let made = Code::from_entropy(bytes);
            assert_eq!(made.as_str(), code, "{bytes:?}");
            assert_eq!(Code::parse(code), Ok(made));
        }
        assert_eq!(Code::from_stored("7K3M9QXZ".to_owned()).grouped(), "7K3M-9QXZ");
    }

    #[test]
    fn rule_22_reads_what_people_type() {
        for text in ["1K3M0QXZ", "ik3moqxz", " Lk3m-OQXZ ", "l-k-3-m 0 q x z", "1K3M\u{a0}0QXZ\r\n"]
        {
            assert_eq!(Code::parse(text).unwrap().as_str(), "1K3M0QXZ", "{text}");
        }
        for text in
            ["", "1K3M0QX", "1K3M0QXZ0", "UK3M0QXZ", "1K3M0QX!", "1K3M_0QXZ", "\u{b5}K3M0QXZ"]
        {
            assert!(Code::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rule_22_fixed_codes_compare_whatever_the_case() {
        let key = |text: &str| FixedCode::parse(text).unwrap().key().to_owned();
        for text in ["SUMMER-20", "summer20", " Summer 20 ", "ＳＵＭＭＥＲ２０"] {
            assert_eq!(key(text), key("summer 20"), "{text}");
        }
        assert_ne!(key("SALE10"), key("SALEIO"));
        assert_eq!(FixedCode::parse(" Summer 20 ").unwrap().as_str(), "Summer 20");
        assert_eq!(FixedCode::parse("  "), Err(Rule::Required));
        for text in ["- -", "a\nb", "a\0b", &"a".repeat(MAX_FIXED + 1)] {
            assert!(FixedCode::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn rule_22_other_bits_are_another_code_and_every_form_of_it_reads_back(
            one in any::<[u8; 5]>(), other in any::<[u8; 5]>(),
        ) {
            let code = Code::from_entropy(one);
            prop_assert_eq!(code == Code::from_entropy(other), one == other);
            for form in [code.to_string(), code.grouped(), code.grouped().to_lowercase()] {
                prop_assert_eq!(Code::parse(&form), Ok(code.clone()));
            }
            let misread = code.as_str().replace('1', "l").replace('0', "o");
            prop_assert_eq!(Code::parse(&misread), Ok(code));
        }

        #[test]
        fn rule_22_no_text_is_a_trap(text in "\\PC{0,12}") {
            if let Ok(code) = Code::parse(&text) {
                prop_assert_eq!(code.as_str().chars().count(), LENGTH);
            }
            if let Ok(code) = FixedCode::parse(&text) {
                prop_assert_eq!(FixedCode::parse(code.as_str()), Ok(code));
            }
        }
    }
}
