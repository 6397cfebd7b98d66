//! What a customer owns at a merchant that a merge moves to another, row by row.

use regulars_kernel::{EntryId, IntentId, OrderId, RedemptionId, VisitId};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// A kind of rows that name whose they are. Ledgers are none of them: what they hold moves by lines of their own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MoveKind { $($(#[$doc])* $name,)+ }

        impl MoveKind {
            /// Each of them, in the order in which they move.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The word in the database.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The kind of that word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

kinds! {
    /// Orders.
    Order = "order",
    /// Visits.
    Visit = "visit",
    /// Promises of redemptions.
    Intent = "redemption_intent",
    /// Redemptions.
    Redemption = "redemption",
    /// Decisions about being contacted.
    Consent = "consent",
    /// Customers who were merged into the one that goes.
    Membership = "membership",
    /// Lines of the ledger for stamps by hand, which stay where they are: what they gave goes back by an undo.
    Stamp = "stamp",
}

/// A row that came since a merge by what names the one who went (rule 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// An order.
    Order(OrderId),
    /// A visit.
    Visit(VisitId),
    /// A promise of a redemption.
    Intent(IntentId),
    /// A redemption.
    Redemption(RedemptionId),
    /// A stamp by hand, by its line of the ledger.
    Stamp(EntryId),
}

impl Named {
    /// Its kind and number.
    pub const fn parts(self) -> (MoveKind, i64) {
        match self {
            Self::Order(id) => (MoveKind::Order, id.get()),
            Self::Visit(id) => (MoveKind::Visit, id.get()),
            Self::Intent(id) => (MoveKind::Intent, id.get()),
            Self::Redemption(id) => (MoveKind::Redemption, id.get()),
            Self::Stamp(id) => (MoveKind::Stamp, id.get()),
        }
    }

    /// The row of that kind and number, where it can come by a name.
    pub const fn from_parts(kind: MoveKind, id: i64) -> Option<Self> {
        match kind {
            MoveKind::Order => Some(Self::Order(OrderId::new(id))),
            MoveKind::Visit => Some(Self::Visit(VisitId::new(id))),
            MoveKind::Intent => Some(Self::Intent(IntentId::new(id))),
            MoveKind::Redemption => Some(Self::Redemption(RedemptionId::new(id))),
            MoveKind::Stamp => Some(Self::Stamp(EntryId::new(id))),
            MoveKind::Consent | MoveKind::Membership => None,
        }
    }
}
