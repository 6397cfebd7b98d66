//! Entries: the lines of an account's ledger (rule 17). They are never changed and never deleted.

use chrono::NaiveDate;
use regulars_kernel::{
    AccountId, EntryId, LotId, OrderId, PersonId, Points, RedemptionId, Timestamp, VisitId,
};

use crate::chain::Link;

/// What a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// Points or stamps come for something done.
    Earn,
    /// They are spent.
    Redeem,
    /// They lapse.
    Expire,
    /// An earlier line is taken back, whole or in part: an earning (negative) or a spending (positive).
    Reverse,
    /// Somebody set them right by hand.
    Adjust,
    /// They move from or to another account of the merchant (rule 27).
    Transfer,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Earn, Self::Redeem, Self::Expire, Self::Reverse, Self::Adjust, Self::Transfer];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Earn => "earn",
            Self::Redeem => "redeem",
            Self::Expire => "expire",
            Self::Reverse => "reverse",
            Self::Adjust => "adjust",
            Self::Transfer => "transfer",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a line came of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// An order.
    Order(OrderId),
    /// A visit.
    Visit(VisitId),
    /// The card's welcome, which comes with the first earning (rule 15).
    InitialPoints,
    /// A stamp given by hand.
    Stamp,
    /// A redemption.
    Redemption(RedemptionId),
    /// The end of a lot's life.
    Expiry(LotId),
    /// A decision of the merchant's people.
    Manual,
    /// What somebody had in an older system when they moved in.
    OpeningBalance,
    /// The merge with another customer.
    Merge(PersonId),
    /// A line of another account of the merchant's, out of which this one came: what left there came here (rule 27).
    Transfer(EntryId),
    /// A late earning that somebody looked at and released: this line stands in its place (rule 26).
    Review(EntryId),
}

impl Cause {
    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Order(_) => "order",
            Self::Visit(_) => "visit",
            Self::InitialPoints => "initial_points",
            Self::Stamp => "stamp",
            Self::Redemption(_) => "redemption",
            Self::Expiry(_) => "expiry",
            Self::Manual => "manual",
            Self::OpeningBalance => "opening_balance",
            Self::Merge(_) => "merge",
            Self::Transfer(_) => "transfer",
            Self::Review(_) => "review",
        }
    }

    /// The key of the thing it names, where it names one.
    pub const fn id(self) -> Option<i64> {
        match self {
            Self::Order(id) => Some(id.get()),
            Self::Visit(id) => Some(id.get()),
            Self::Redemption(id) => Some(id.get()),
            Self::Expiry(id) => Some(id.get()),
            Self::Merge(id) => Some(id.get()),
            Self::Transfer(id) | Self::Review(id) => Some(id.get()),
            Self::InitialPoints | Self::Stamp | Self::Manual | Self::OpeningBalance => None,
        }
    }

    /// Whether what is earned by it uses up a day's cap: sales and stamps do, a welcome does not (rule 14), and
    /// neither does what stands in the place of an earning that did.
    pub const fn counts_against_caps(self) -> bool {
        matches!(self, Self::Order(_) | Self::Visit(_) | Self::Stamp)
    }

    /// The cause of that name and key; none where they do not go together.
    pub fn from_parts(name: &str, id: Option<i64>) -> Option<Self> {
        match (name, id) {
            ("order", Some(id)) => Some(Self::Order(OrderId::new(id))),
            ("visit", Some(id)) => Some(Self::Visit(VisitId::new(id))),
            ("initial_points", None) => Some(Self::InitialPoints),
            ("stamp", None) => Some(Self::Stamp),
            ("redemption", Some(id)) => Some(Self::Redemption(RedemptionId::new(id))),
            ("expiry", Some(id)) => Some(Self::Expiry(LotId::new(id))),
            ("manual", None) => Some(Self::Manual),
            ("opening_balance", None) => Some(Self::OpeningBalance),
            ("merge", Some(id)) => Some(Self::Merge(PersonId::new(id))),
            ("transfer", Some(id)) => Some(Self::Transfer(EntryId::new(id))),
            ("review", Some(id)) => Some(Self::Review(EntryId::new(id))),
            _ => None,
        }
    }
}

/// One line of an account's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub id: EntryId,
    /// Whose ledger.
    pub account: AccountId,
    /// Which line of it: 1, 2, 3 and so on without a gap.
    pub seq: i64,
    /// What it does.
    pub kind: EntryKind,
    /// By how much: positive gives, negative takes, never 0.
    pub amount: Points,
    /// What it came of.
    pub cause: Cause,
    /// The text that makes sure it is written once; unique per merchant. See [`natural_key`].
    pub natural_key: String,
    /// The earlier line that it takes back.
    pub reverses: Option<EntryId>,
    /// When what it came of happened.
    pub occurred_at: Timestamp,
    /// When it was written; never before the line before it.
    pub recorded_at: Timestamp,
    /// The business date of what it came of (rule 26).
    pub business_date: NaiveDate,
    /// Who caused it; none for workers.
    pub actor: Option<PersonId>,
    /// What chains it to the line before it (rule 20); none for lines written before lines were chained.
    pub hash: Option<Link>,
}

/// The natural key of a line that can exist once: one thing has one effect of a kind on one account. What can recur (a
/// second partial refund of one order, a second adjustment) needs `nth` to be told apart; the first is 0.
pub fn natural_key(account: AccountId, kind: EntryKind, cause: Cause, nth: u32) -> String {
    let id = cause.id().map(|id| format!("-{id}")).unwrap_or_default();
    format!("{account}:{}:{}{id}:{nth}", kind.name(), cause.name())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CAUSES: [Cause; 11] = [
        Cause::Order(OrderId::new(7)),
        Cause::Visit(VisitId::new(7)),
        Cause::InitialPoints,
        Cause::Stamp,
        Cause::Redemption(RedemptionId::new(7)),
        Cause::Expiry(LotId::new(7)),
        Cause::Manual,
        Cause::OpeningBalance,
        Cause::Merge(PersonId::new(7)),
        Cause::Transfer(EntryId::new(7)),
        Cause::Review(EntryId::new(7)),
    ];

    #[test]
    fn kinds_and_causes_are_read_back_from_their_columns() {
        for kind in EntryKind::ALL {
            assert_eq!(EntryKind::from_name(kind.name()), Some(kind));
        }
        for cause in CAUSES {
            assert_eq!(Cause::from_parts(cause.name(), cause.id()), Some(cause));
            let wrong = cause.id().map_or(Some(1), |_| None);
            assert_eq!(Cause::from_parts(cause.name(), wrong), None, "{cause:?}");
        }
    }

    #[test]
    fn natural_keys_differ_wherever_lines_do() {
        let mut keys = BTreeSet::new();
        for account in [AccountId::new(1), AccountId::new(11)] {
            for (kind, cause) in EntryKind::ALL
                .into_iter()
                .flat_map(|kind| CAUSES.into_iter().map(move |cause| (kind, cause)))
            {
                assert!(keys.insert(natural_key(account, kind, cause, 0)));
                assert!(keys.insert(natural_key(account, kind, cause, 1)));
            }
        }
    }
}
