//! Rule 15: a card's initial points come with the first earning, once per person and once per what a person is known by.

use regulars_customer::{Kind, Membership};
use regulars_kernel::{Points, StoreError};

use crate::{
    Cause, EntryKind, LedgerStore, LoyaltyCard, PointsProgram,
    bookkeeping::{self, Occasion},
    entry::natural_key,
    posting::{Locked, NewLot},
};

/// Something that a person is known by, as a hash under a key that no database holds: it outlives the person's erasure and
/// names nobody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WelcomeMark {
    /// What it is of: `email`, `phone`, `card` or `source`.
    pub kind: &'static str,
    /// The id of the key.
    pub key: String,
    /// The hash, in hexadecimal digits.
    pub digest: String,
}

/// Makes marks of people. Keys are nothing that a domain crate holds, so whoever calls brings this.
pub trait Recognise {
    /// What a customer is known by: a proved e-mail address, a phone number, card numbers, an id at a source. Under each key
    /// that is in use, the current one first.
    fn marks(&self, member: &Membership) -> Vec<WelcomeMark>;
}

/// Knows nobody again: for programs without keys. Then initial points come once per account alone, and to registered
/// people alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnowsNobody;

impl Recognise for KnowsNobody {
    fn marks(&self, _member: &Membership) -> Vec<WelcomeMark> {
        Vec::new()
    }
}

/// What is left of a card's life for points of a sale ([`crate::sale`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) active_from: regulars_kernel::Timestamp,
    pub(crate) expires_at: Option<regulars_kernel::Timestamp>,
}

/// Whether a customer could be welcomed, as far as can be said before marks are asked for: with the first line of the account,
/// which is `first` lines long by then, and never later, whatever the card begins to give.
pub(crate) fn may_be_welcome(
    tx: &mut (impl LedgerStore + ?Sized),
    account: Option<&Locked>,
    first: i64,
    program: &PointsProgram,
) -> Result<bool, StoreError> {
    if program.initial_points <= Points::ZERO {
        return Ok(false);
    }
    let Some(account) = account.map(Locked::account) else { return Ok(true) };
    if account.seq > first {
        return Ok(false);
    }
    let key = natural_key(account.id, EntryKind::Earn, Cause::InitialPoints, 0);
    Ok(tx.entry_of_key(account.merchant, &key)?.is_none())
}

/// Gives a card's initial points, right after the first earning; answers how many: none to whoever had them, or is known by
/// something that had.
pub(crate) fn welcome(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    (card, program): (&LoyaltyCard, &PointsProgram),
    (member, recognise): (&Membership, &dyn Recognise),
    life: Life,
    occasion: Occasion,
) -> Result<Points, StoreError> {
    if !may_be_welcome(tx, Some(account), 1, program)? {
        return Ok(Points::ZERO);
    }
    let marks = recognise.marks(member);
    let unknowable = marks.is_empty() && member.kind == Kind::Managed;
    if unknowable || !tx.claim_welcome(card.merchant, card.id, &marks)? {
        return Ok(Points::ZERO);
    }
    let lot = NewLot::new(program.initial_points, life.active_from, life.expires_at);
    bookkeeping::give(tx, account, (EntryKind::Earn, Cause::InitialPoints, 0), lot, occasion)?;
    Ok(program.initial_points)
}
