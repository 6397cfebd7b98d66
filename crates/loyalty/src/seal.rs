//! Rule 20: the heads of the accounts, sealed into one chain per merchant.
//!
//! An account's own chain shows that a line was changed, unless all that follow it were made anew with it. A seal fixes what
//! the accounts' last lines were at a moment, and chains to the seal before it: whoever makes an account's lines anew would have to
//! make anew all seals since as well, and a seal that somebody wrote down elsewhere gives them away.

use std::collections::BTreeMap;

use regulars_kernel::{AccountId, MerchantId, StoreError, Timestamp};
use sha2::{Digest, Sha256};

use crate::{Book, HoldsLoyalty, chain::Link};

/// The most heads of one seal, whose accounts wait while it is made: a worker that was away for long makes several.
pub const MOST_HEADS: u16 = 500;

/// The last line of an account at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SealedHead {
    /// The account.
    pub account: AccountId,
    /// The number of its last line.
    pub seq: i64,
    /// The hash of that line.
    pub head: Link,
}

/// A seal, without the heads under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Whose accounts.
    pub merchant: MerchantId,
    /// Which of the merchant's: 1, 2, 3 and so on.
    pub seq: i64,
    /// When it was made.
    pub sealed_at: Timestamp,
    /// What chains it to the one before it, and covers the heads.
    pub hash: Link,
}

/// The hash of a seal over heads by ascending account.
pub fn seal_hash(
    previous: Option<Link>,
    (merchant, seq, sealed_at): (MerchantId, i64, Timestamp),
    heads: &[SealedHead],
) -> Link {
    let mut ink = Sha256::new();
    ink.update(b"regulars seal 1");
    ink.update([u8::from(previous.is_some())]);
    ink.update(previous.map_or([0; 32], |link| *link.as_bytes()));
    for number in [merchant.get(), seq, sealed_at.micros()] {
        ink.update(number.to_le_bytes());
    }
    for head in heads {
        ink.update(head.account.get().to_le_bytes());
        ink.update(head.seq.to_le_bytes());
        ink.update(head.head.as_bytes());
    }
    Link::from_bytes(ink.finalize().into())
}

/// Seals, kept.
pub trait SealStore {
    /// The merchants that have heads that are not sealed, by ascending id, at most so many after one.
    fn unsealed_merchants(
        &mut self,
        after: Option<MerchantId>,
        most: u16,
    ) -> Result<Vec<MerchantId>, StoreError>;

    /// Heads of a merchant's accounts that are not sealed, by ascending account, locked until the transaction ends.
    fn unsealed_heads(
        &mut self,
        merchant: MerchantId,
        most: u16,
    ) -> Result<Vec<SealedHead>, StoreError>;

    /// The merchant's last seal.
    fn last_seal(&mut self, merchant: MerchantId) -> Result<Option<Seal>, StoreError>;

    /// Keeps a seal and the heads under it, which are sealed from then on.
    fn insert_seal(&mut self, seal: &Seal, heads: &[SealedHead]) -> Result<(), StoreError>;

    /// A merchant's seals after one, by ascending number, each with the heads under it.
    fn seals(
        &mut self,
        merchant: MerchantId,
        after: i64,
        most: u16,
    ) -> Result<Vec<(Seal, Vec<SealedHead>)>, StoreError>;
}

impl<T: HoldsLoyalty> SealStore for T
where
    T::Loyalty: SealStore,
{
    fn unsealed_merchants(
        &mut self,
        after: Option<MerchantId>,
        most: u16,
    ) -> Result<Vec<MerchantId>, StoreError> {
        self.held_loyalty_mut().unsealed_merchants(after, most)
    }

    fn unsealed_heads(
        &mut self,
        merchant: MerchantId,
        most: u16,
    ) -> Result<Vec<SealedHead>, StoreError> {
        self.held_loyalty_mut().unsealed_heads(merchant, most)
    }

    fn last_seal(&mut self, merchant: MerchantId) -> Result<Option<Seal>, StoreError> {
        self.held_loyalty_mut().last_seal(merchant)
    }

    fn insert_seal(&mut self, seal: &Seal, heads: &[SealedHead]) -> Result<(), StoreError> {
        self.held_loyalty_mut().insert_seal(seal, heads)
    }

    fn seals(
        &mut self,
        merchant: MerchantId,
        after: i64,
        most: u16,
    ) -> Result<Vec<(Seal, Vec<SealedHead>)>, StoreError> {
        self.held_loyalty_mut().seals(merchant, after, most)
    }
}

/// Seals what of a merchant's is not sealed yet, at most [`MOST_HEADS`] heads; answers the seal, or nothing where all is.
pub fn seal(
    tx: &mut (impl SealStore + ?Sized),
    merchant: MerchantId,
    now: Timestamp,
) -> Result<Option<Seal>, StoreError> {
    let heads = tx.unsealed_heads(merchant, MOST_HEADS)?;
    if heads.is_empty() {
        return Ok(None);
    }
    let last = tx.last_seal(merchant)?;
    let seq = last.map_or(0, |seal| seal.seq).saturating_add(1);
    let hash = seal_hash(last.map(|seal| seal.hash), (merchant, seq, now), &heads);
    let seal = Seal { merchant, seq, sealed_at: now, hash };
    tx.insert_seal(&seal, &heads)?;
    Ok(Some(seal))
}

/// What is wrong with a merchant's seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// A seal is missing.
    #[error("seal {0} is missing")]
    Missing(i64),
    /// A seal is not what its hash says, or does not follow the one before it.
    #[error("seal {0} is not what it was when it was made")]
    Broken(i64),
}

/// Walks the seals of a merchant: whether they are unbroken, and what the accounts' lines were.
#[derive(Clone, Debug, Default)]
pub struct SealWalk {
    last: Option<Link>,
    seq: i64,
    heads: BTreeMap<AccountId, Vec<(i64, Link)>>,
    /// What is wrong, in the order it was found.
    pub faults: Vec<SealFault>,
}

impl SealWalk {
    /// The number of the last seal that was walked; 0 before the first.
    pub const fn seq(&self) -> i64 {
        self.seq
    }

    /// Goes on with the next seal.
    pub fn step(&mut self, seal: &Seal, heads: &[SealedHead]) {
        let next = self.seq.saturating_add(1);
        if seal.seq != next {
            self.faults.push(SealFault::Missing(next));
        }
        let hash = seal_hash(self.last, (seal.merchant, seal.seq, seal.sealed_at), heads);
        if hash != seal.hash {
            self.faults.push(SealFault::Broken(seal.seq));
        }
        for head in heads {
            self.heads.entry(head.account).or_default().push((head.seq, head.head));
        }
        self.last = Some(seal.hash);
        self.seq = seal.seq;
    }

    /// The numbers of an account's lines that are not what they were when they were sealed; and how many lines are not
    /// sealed yet.
    pub fn compare(&self, book: &Book) -> (Vec<i64>, u64) {
        let sealed = self.heads.get(&book.account.id).map(Vec::as_slice).unwrap_or_default();
        let line = |seq: i64| book.entries.iter().find(|entry| entry.seq == seq);
        let changed = sealed
            .iter()
            .filter(|(seq, head)| line(*seq).is_none_or(|entry| entry.hash != Some(*head)));
        let last = sealed.iter().map(|(seq, _)| *seq).max().unwrap_or(0);
        let open = book.entries.iter().filter(|entry| entry.seq > last).count();
        (changed.map(|(seq, _)| *seq).collect(), u64::try_from(open).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests;
