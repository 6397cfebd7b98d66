//! Rule 20: the chain that makes a changed line of a ledger show.
//!
//! Each line's hash covers the line, the lots that came with it, what it took from lots, whose account it is and on which card,
//! and the hash of the line before it of its account. No hash covers a personal value: people appear as numbers alone, so that
//! erasing somebody breaks no chain. Lines that were written before all of that was covered keep the hash that they have
//! ([`Form::First`]), and come before all others of their account.

use std::fmt;

use regulars_kernel::{EntryId, LotId, PersonId, Points, Timestamp};
use sha2::{Digest, Sha256};

use crate::{Account, Book, Entry};

/// A SHA-256 hash of a line and all before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link([u8; 32]);

impl Link {
    /// A hash read back from where it was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What came with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainedLot {
    /// How much it began with.
    pub amount: Points,
    /// From when it can be spent.
    pub active_from: Timestamp,
    /// When it is gone.
    pub expires_at: Option<Timestamp>,
    /// The expired lot whose points it brings back.
    pub revives: Option<LotId>,
    /// The lot of another account that its points come from.
    pub moved_from: Option<LotId>,
}

/// What a hash covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Not whose the account is, who caused the line, what a lot brings back nor where it came from.
    First,
    /// All of it. Lines are written so.
    Second,
}

/// Bytes of which no two different sequences of fields make the same.
struct Ink(Sha256);

impl Ink {
    fn number(&mut self, number: i64) {
        self.0.update(number.to_le_bytes());
    }

    fn optional(&mut self, number: Option<i64>) {
        self.0.update([u8::from(number.is_some())]);
        self.number(number.unwrap_or_default());
    }

    fn text(&mut self, text: &str) {
        self.0.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        self.0.update(text.as_bytes());
    }
}

/// The hash of a line: `owner` is its account, `previous` is the hash of the line before it (none: it is the first
/// that is chained), `lots` came with it in the order of their ids, `uses` is what it took from lots by ascending lot.
/// The line's own id and hash are not covered: its number in its account stands for it.
pub fn link(
    form: Form,
    previous: Option<Link>,
    owner: &Account,
    entry: &Entry,
    lots: impl IntoIterator<Item = ChainedLot>,
    uses: impl IntoIterator<Item = (LotId, Points)>,
) -> Link {
    let second = form == Form::Second;
    let mut ink = Ink(Sha256::new());
    // Says what follows.
    ink.text(if second { "regulars entry 2" } else { "regulars entry 1" });
    ink.0.update([u8::from(previous.is_some())]);
    ink.0.update(previous.map_or([0; 32], |link| link.0));
    ink.number(owner.merchant.get());
    ink.number(owner.id.get());
    if second {
        ink.number(owner.person.get());
        ink.number(owner.card.get());
        ink.optional(entry.actor.map(PersonId::get));
    }
    ink.number(entry.seq);
    ink.text(entry.kind.name());
    ink.number(entry.amount.get());
    ink.text(entry.cause.name());
    ink.optional(entry.cause.id());
    ink.text(&entry.natural_key);
    ink.optional(entry.reverses.map(EntryId::get));
    ink.number(entry.occurred_at.micros());
    ink.number(entry.recorded_at.micros());
    ink.text(&entry.business_date.to_string());
    for lot in lots {
        ink.text("lot");
        ink.number(lot.amount.get());
        ink.number(lot.active_from.micros());
        ink.optional(lot.expires_at.map(Timestamp::micros));
        if second {
            ink.optional(lot.revives.map(LotId::get));
            ink.optional(lot.moved_from.map(LotId::get));
        }
    }
    for (lot, amount) in uses {
        ink.text("use");
        ink.number(lot.get());
        ink.number(amount.get());
    }
    Link(ink.0.finalize().into())
}

/// In which form the hash of a line of an account is what it ought to be, given the hash of the line before it; none where it is
/// so in no form.
pub fn form_of(book: &Book, entry: &Entry, previous: Option<Link>) -> Option<Form> {
    [Form::Second, Form::First]
        .into_iter()
        .find(|form| entry.hash == Some(link_of(*form, book, entry, previous)))
}

/// What the hash of a line of an account ought to be, given the hash of the line before it.
pub fn link_of(form: Form, book: &Book, entry: &Entry, previous: Option<Link>) -> Link {
    let mut lots: Vec<_> = book.lots.iter().filter(|lot| lot.entry == entry.id).collect();
    lots.sort_by_key(|lot| lot.id);
    let lots = lots.into_iter().map(|lot| ChainedLot {
        amount: lot.amount,
        active_from: lot.active_from,
        expires_at: lot.expires_at,
        revives: lot.revives,
        moved_from: lot.moved_from,
    });
    let uses = book.lot_uses.iter().filter(|lot_use| lot_use.entry == entry.id);
    let mut uses: Vec<_> = uses.map(|lot_use| (lot_use.lot, lot_use.amount)).collect();
    uses.sort_unstable();
    link(form, previous, &book.account, entry, lots, uses)
}

impl Book {
    /// The same books with every line chained anew. For books that are made whole, such as those of examples: what was
    /// written once is never chained again.
    #[must_use]
    pub fn chained(mut self) -> Self {
        let mut links = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            links.push(link_of(Form::Second, &self, entry, links.last().copied()));
        }
        for (entry, link) in self.entries.iter_mut().zip(links) {
            entry.hash = Some(link);
            self.account.head = Some(link);
            self.account.head_at = entry.recorded_at;
        }
        self
    }
}

#[cfg(test)]
mod tests;
