//! What happened on a customer's accounts, line by line; what they had at an instant; and what is going to expire (rules 16 to
//! 19).

mod balance;

pub(crate) use balance::last_day;
pub use balance::{Balance, Expiry, balances, expiring};

use regulars_kernel::{
    Actor, EntryId, LoyaltyCardId, MerchantId, Page, PageRequest, PersonId, Points, Timestamp,
    page::{KeyKind, Keyed, Order, SortField, SortKey, Term},
};

use crate::{
    Book, Cause, Entry, EntryKind, HistoryStore, LoyaltyError, account::visible,
    posting::Unpostable, sale::UNTIL_REVIEWED,
};

/// A line of a ledger, with what tells a reader what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line.
    pub entry: Entry,
    /// At which merchant.
    pub merchant: MerchantId,
    /// Whose it is.
    pub person: PersonId,
    /// On which card.
    pub card: LoyaltyCardId,
    /// Balance less debt right after it.
    pub balance_after: Points,
    /// From when what came with it is good, the first of it; none where nothing came, or what came waits until somebody has
    /// looked at it (rule 26).
    pub active_from: Option<Timestamp>,
    /// When what came with it is gone, the first of it; none where nothing came or it never is.
    pub expires_at: Option<Timestamp>,
    /// Whether something that came with it waits until somebody has looked at it (rule 26).
    pub awaits_review: bool,
    /// What it came of in the end: the sale of what was released ([`Cause::Review`]), else its own cause.
    pub source: Cause,
    /// What was said of it, where somebody set it right by hand and nobody was erased since.
    pub reason: Option<String>,
}

impl Line {
    /// A line as the whole books of its account tell it: of its own cause, and with nothing said of it.
    ///
    /// # Errors
    /// [`Unpostable::Overflow`] where a sum does not fit 64 bits.
    pub fn of(book: &Book, entry: &Entry) -> Result<Self, Unpostable> {
        let until = book.entries.iter().filter(|row| row.seq <= entry.seq);
        let sum = until.map(|row| row.amount).try_fold(Points::ZERO, Points::checked_add);
        let lots = || book.lots.iter().filter(|lot| lot.entry == entry.id);
        Ok(Self {
            entry: entry.clone(),
            merchant: book.account.merchant,
            person: book.account.person,
            card: book.account.card,
            balance_after: sum.ok_or(Unpostable::Overflow)?,
            active_from: lots().map(|lot| lot.active_from).min().filter(|at| *at != UNTIL_REVIEWED),
            expires_at: lots().filter_map(|lot| lot.expires_at).min(),
            awaits_review: lots()
                .any(|lot| lot.active_from == UNTIL_REVIEWED && lot.remaining > Points::ZERO),
            source: entry.cause,
            reason: None,
        })
    }
}

/// Which lines a history shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// At this merchant.
    pub merchant: Option<MerchantId>,
    /// On this card.
    pub card: Option<LoyaltyCardId>,
    /// Of this kind.
    pub kind: Option<EntryKind>,
    /// Of what happened then or later.
    pub from: Option<Timestamp>,
    /// Of what happened earlier.
    pub until: Option<Timestamp>,
}

impl HistoryQuery {
    /// Whether it shows a line. What a port answers is defined by this.
    pub fn admits(&self, merchant: MerchantId, card: LoyaltyCardId, entry: &Entry) -> bool {
        self.merchant.is_none_or(|wanted| wanted == merchant)
            && self.card.is_none_or(|wanted| wanted == card)
            && self.kind.is_none_or(|wanted| wanted == entry.kind)
            && self.from.is_none_or(|from| from <= entry.occurred_at)
            && self.until.is_none_or(|until| entry.occurred_at < until)
    }
}

/// What a history can be ordered by, beside the pk, which is the order that lines were written in. Default: newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HistorySort {
    /// By when it happened.
    OccurredAt,
}

impl SortField for HistorySort {
    const LIST: &'static str = "pointsHistory";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::OccurredAt => "occurredAt",
        }
    }

    fn kind(self) -> KeyKind {
        KeyKind::Int
    }

    fn all() -> &'static [Self] {
        &[Self::OccurredAt]
    }

    fn default_order() -> Order<Self> {
        Order { terms: Vec::<Term<Self>>::new(), pk_descending: true }
    }
}

impl Keyed<HistorySort> for Line {
    fn sort_key(&self, field: HistorySort) -> SortKey {
        match field {
            HistorySort::OccurredAt => SortKey::Int(self.entry.occurred_at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.entry.id.get()
    }
}

/// The same page of the lines of each of those people that the asker sees: a merchant's people with
/// [`regulars_kernel::Permission::ViewConsumer`] see those at their merchant, consumers their own at every merchant. People without
/// any may be left out.
pub fn per_consumer(
    tx: &mut impl HistoryStore,
    actor: &Actor,
    query: &HistoryQuery,
    people: &[PersonId],
    page: &PageRequest<HistorySort>,
) -> Result<Vec<(PersonId, Page<Line>)>, LoyaltyError> {
    let people = visible(actor, people)?;
    Ok(tx.history_per_consumer(query, &people, page)?)
}

/// How many rows all pages of [`per_consumer`] have for each; people without any may be left out.
pub fn count_per_consumer(
    tx: &mut impl HistoryStore,
    actor: &Actor,
    query: &HistoryQuery,
    people: &[PersonId],
) -> Result<Vec<(PersonId, u64)>, LoyaltyError> {
    let people = visible(actor, people)?;
    Ok(tx.count_history_per_consumer(query, &people)?)
}

/// The lines of those ids that the asker sees, in no order, with the reach of [`per_consumer`].
pub fn list_by_ids(
    tx: &mut impl HistoryStore,
    actor: &Actor,
    ids: &[EntryId],
) -> Result<Vec<Line>, LoyaltyError> {
    if !matches!(actor, Actor::Consumer { .. }) {
        actor.require(regulars_kernel::Permission::ViewConsumer)?;
    }
    Ok(tx.lines(ids)?)
}

#[cfg(test)]
mod tests;
