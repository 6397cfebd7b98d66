//! What an erasure answers: how much of which kind went, and what stays.

use std::{fmt, str::FromStr};

use regulars_kernel::{MerchantId, PersonId, Timestamp};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the database and in the API.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one of that word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// Why somebody is erased: a closed list, since a sentence would tell of them.
    Reason {
        /// The person asked for it.
        Request = "REQUEST",
        /// The person withdrew their consent.
        ConsentWithdrawn = "CONSENT_WITHDRAWN",
        /// What is known of them is not needed any more.
        NotNeeded = "NOT_NEEDED",
        /// They should never have been kept, or the law says so.
        Unlawful = "UNLAWFUL",
    }
}

words! {
    /// A kind of things that are known of a person.
    PartKind {
        /// Values of the account and of memberships: name, contacts, address, birthday, loyalty id, fields of the merchant's own.
        Profile = "profile",
        /// Card numbers of merchants' own, blocked ones too.
        Cards = "cards",
        /// Decisions about being contacted.
        Consents = "consents",
        /// Merges with other records, of which what was taken of each is forgotten: they cannot be undone any more.
        Merges = "merges",
        /// What other systems said of the person, and what was made of it.
        Sources = "sources",
        /// Loyalty ids that were replaced.
        BlockedNumbers = "blockedNumbers",
        /// Log-ins that were open or over.
        Sessions = "sessions",
        /// Mails that wait or were sent, and the tokens in them.
        Mails = "mails",
        /// Entries of audit logs of which a value or an address on the network went; the entries stay.
        AuditEntries = "auditEntries",
        /// Outcomes under idempotency keys: a repeat is refused instead of bringing the person back.
        Requests = "requests",
        /// Orders: phone number, place of delivery and fields of the merchant's own go; amounts, lines, dates and stores stay.
        Orders = "orders",
        /// Lines of orders: fields of the merchant's own go.
        OrderItems = "orderItems",
        /// Promises of redemptions that were open, called off.
        Intents = "redemptionIntents",
        /// Redemptions.
        Redemptions = "redemptions",
        /// Visits.
        Visits = "visits",
        /// Entries of the ledger.
        LedgerEntries = "ledgerEntries",
        /// Hashes of ids in other systems that are kept from now on, so that no import brings the person back.
        Marks = "marks",
        /// Hashes of card numbers, proved addresses and a merchant's own phone numbers that are kept from now on, so that what a person
        /// gets once is not got twice (rule 15). They keep nobody away.
        OnceMarks = "onceMarks",
    }
}

impl PartKind {
    /// Why what stays of it stays, by a word that never changes: `books` cannot be falsified (rule 17), `log` says what was
    /// done and nothing of whom, `reimport` keeps the record away, `once` has what a person gets once known again.
    pub const fn kept_for(self) -> Option<&'static str> {
        match self {
            Self::Orders
            | Self::OrderItems
            | Self::Redemptions
            | Self::Visits
            | Self::LedgerEntries => Some("books"),
            Self::AuditEntries => Some("log"),
            Self::Marks => Some("reimport"),
            Self::OnceMarks => Some("once"),
            Self::Profile
            | Self::Cards
            | Self::Consents
            | Self::Merges
            | Self::Sources
            | Self::BlockedNumbers
            | Self::Sessions
            | Self::Mails
            | Self::Requests
            | Self::Intents => None,
        }
    }
}

/// One kind of things, and what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which kind.
    pub kind: PartKind,
    /// Rows that went or of which values went; of a profile the values.
    pub cleared: u64,
    /// Rows that stay, without anything that tells of the person.
    pub kept: u64,
}

impl Part {
    /// Things of which nothing stays.
    pub const fn gone(kind: PartKind, cleared: u64) -> Self {
        Self { kind, cleared, kept: 0 }
    }
}

/// The number of an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErasureId(i64);

impl ErasureId {
    /// Wraps a number.
    pub const fn new(id: i64) -> Self {
        Self(id)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Somebody who was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Its number.
    pub id: ErasureId,
    /// Whose customer it was; none where it was the account, and every membership with it.
    pub merchant: Option<MerchantId>,
    /// Who, by number: nothing else is left of them.
    pub person: PersonId,
    /// Whether they went as a whole, from every log: an account, or a customer whom a merchant kept.
    pub whole: bool,
    /// Why.
    pub reason: Reason,
    /// What went, by kind.
    pub parts: Parts,
    /// When.
    pub erased_at: Timestamp,
    /// When nothing was left in the mails of the server, in late entries of the log and in the free places of the file.
    pub cleaned_at: Option<Timestamp>,
}

/// What went, a part for each kind that there was, in the order of the kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(Vec<Part>);

impl Parts {
    /// The parts of those of which there was something.
    pub fn of(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut all: Vec<Part> = Vec::new();
        for part in parts.into_iter().filter(|part| part.cleared > 0 || part.kept > 0) {
            match all.iter_mut().find(|other| other.kind == part.kind) {
                Some(other) => {
                    other.cleared = other.cleared.saturating_add(part.cleared);
                    other.kept = other.kept.saturating_add(part.kept);
                }
                None => all.push(part),
            }
        }
        all.sort_by_key(|part| part.kind);
        Self(all)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Part> {
        self.0.iter()
    }
}

/// As the database has them: `profile:4:0 orders:2:2`.
impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Part { kind, cleared, kept }) in self.0.iter().enumerate() {
            let space = if number == 0 { "" } else { " " };
            write!(f, "{space}{}:{cleared}:{kept}", kind.word())?;
        }
        Ok(())
    }
}

/// A text that is no list of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the parts of a receipt")]
pub struct NoParts;

impl FromStr for Parts {
    type Err = NoParts;

    fn from_str(text: &str) -> Result<Self, NoParts> {
        let part = |text: &str| {
            let mut words = text.split(':');
            let kind = words.next().and_then(PartKind::from_word)?;
            let mut number = || words.next().and_then(|word| word.parse().ok());
            let part = Part { kind, cleared: number()?, kept: number()? };
            words.next().is_none().then_some(part)
        };
        text.split_whitespace().map(part).collect::<Option<_>>().map(Self).ok_or(NoParts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_as_they_are_and_only_where_there_was_something() {
        let parts = Parts::of([
            Part { kind: PartKind::Orders, cleared: 1, kept: 3 },
            Part::gone(PartKind::Profile, 4),
            Part::gone(PartKind::Mails, 0),
            Part::gone(PartKind::Profile, 2),
        ]);
        assert_eq!(parts.to_string(), "profile:6:0 orders:1:3");
        assert_eq!(parts.to_string().parse(), Ok(parts));
        assert_eq!("".parse(), Ok(Parts::default()));
        for text in ["profile", "profile:1", "profile:1:2:3", "nothing:1:2", "profile:-1:0"] {
            assert_eq!(text.parse::<Parts>(), Err(NoParts), "{text}");
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for kind in PartKind::ALL {
            assert_eq!(PartKind::from_word(kind.word()), Some(*kind));
        }
        for reason in Reason::ALL {
            assert_eq!(Reason::from_word(reason.word()), Some(*reason));
        }
    }
}
