//! `regulars ledger verify`: proves that the books of a whole database add up (rules 17 to 20).

use indicatif::{ProgressBar, ProgressStyle};
use regulars_kernel::{AccountId, MerchantId, Scope, StoreError, Timestamp};
use regulars_loyalty::{
    Book, LoyaltyStore as _, ledger,
    seal::{SealStore as _, SealWalk},
};
use regulars_persistence::Db;

use crate::{cli::LedgerVerify, console::say};

/// Accounts of one read.
const ACCOUNTS: u16 = 200;
/// Seals of one read.
const SEALS: u16 = 20;
/// Faults that are told; what is wrong a million times over is told by its number.
const TOLD: usize = 100;
/// Faults of one account that are told.
const TOLD_OF_ONE: usize = 4;

/// Why the books were not found sound.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// They do not add up.
    #[error("{0} fault(s): the books do not add up. They are told above; nothing was changed.")]
    Faults(u64),
    /// There is no such merchant.
    #[error("there is no merchant {0}: leave --merchant out to look at all")]
    NoMerchant(i64),
    /// The database failed.
    #[error("the books could not be read: {0}")]
    Store(#[from] StoreError),
}

/// What was looked at and found.
#[derive(Debug, Default)]
struct Findings {
    accounts: u64,
    entries: u64,
    unsealed: u64,
    unchained: u64,
    seals: u64,
    faults: u64,
    balance: i128,
    debt: i128,
}

impl Findings {
    fn tell(&mut self, bar: &ProgressBar, fault: &str) {
        self.faults = self.faults.saturating_add(1);
        if self.faults <= TOLD as u64 {
            bar.suspend(|| say(fault));
        }
    }
}

/// Looks at everything and says what is wrong.
pub(crate) fn verify(db: &Db, wanted: &LedgerVerify) -> Result<(), VerifyError> {
    let as_of = wanted.as_of.map(Timestamp::from);
    let only = wanted.merchant.map(MerchantId::new);
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method itself is not general enough"
    )]
    let merchants = db.read(Scope::Platform, |tx| tx.merchant_ids())?;
    if let Some(only) = only
        && !merchants.contains(&only)
    {
        return Err(VerifyError::NoMerchant(only.get()));
    }
    let merchants: Vec<_> = merchants
        .into_iter()
        .filter(|merchant| only.is_none_or(|only| only == *merchant))
        .collect();
    let all = db.read(Scope::Platform, |tx| tx.count_accounts(only))?;
    let bar = ProgressBar::new(all);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} accounts, {eta} left") {
        bar.set_style(style);
    }
    let mut found = Findings::default();
    for merchant in merchants {
        look(db, merchant, as_of, &bar, &mut found)?;
    }
    bar.finish_and_clear();
    summarise(&found, as_of);
    if found.faults == 0 { Ok(()) } else { Err(VerifyError::Faults(found.faults)) }
}

fn summarise(found: &Findings, as_of: Option<Timestamp>) {
    if found.faults > TOLD as u64 {
        say(&format!("… and {} more.", found.faults - TOLD as u64));
    }
    let when = as_of.map(|at| format!(" as of {at}")).unwrap_or_default();
    say(&format!(
        "{} account(s) with {} entries{when}: {} points and stamps held, {} owed.",
        found.accounts, found.entries, found.balance, found.debt
    ));
    say(&format!("{} seal(s); {} entries are not sealed yet.", found.seals, found.unsealed));
    if found.unchained > 0 {
        say(&format!(
            "{} entries are older than chains: that they are as they were written is not proved.",
            found.unchained
        ));
    }
    if found.faults == 0 {
        say("The books add up.");
    }
}

/// Everything of one merchant's, each batch of accounts as it is in one snapshot.
fn look(
    db: &Db,
    merchant: MerchantId,
    as_of: Option<Timestamp>,
    bar: &ProgressBar,
    found: &mut Findings,
) -> Result<(), VerifyError> {
    let walk = walk(db, merchant)?;
    found.seals = found.seals.saturating_add(u64::try_from(walk.seq()).unwrap_or_default());
    for fault in &walk.faults {
        found.tell(bar, &format!("merchant {merchant}: {fault}"));
    }
    // These look at rows as they are now: of an instant that is past they say nothing.
    if as_of.is_none() {
        for stray in db.read(Scope::Merchant(merchant), |tx| tx.strayed(merchant))? {
            found.tell(bar, &format!("merchant {merchant}: {stray}"));
        }
    }
    let mut last: Option<AccountId> = None;
    loop {
        let books = db.read(Scope::Merchant(merchant), |tx| tx.books(last, ACCOUNTS))?;
        let Some(end) = books.last() else { return Ok(()) };
        last = Some(end.account.id);
        for book in &books {
            look_at(book, as_of, &walk, bar, found)?;
        }
        bar.inc(u64::try_from(books.len()).unwrap_or_default());
    }
}

fn walk(db: &Db, merchant: MerchantId) -> Result<SealWalk, VerifyError> {
    let mut walk = SealWalk::default();
    loop {
        let after = walk.seq();
        let next = db.read(Scope::Merchant(merchant), |tx| tx.seals(merchant, after, SEALS))?;
        if next.is_empty() {
            return Ok(walk);
        }
        for (seal, heads) in &next {
            walk.step(seal, heads);
        }
    }
}

fn look_at(
    book: &Book,
    as_of: Option<Timestamp>,
    walk: &SealWalk,
    bar: &ProgressBar,
    found: &mut Findings,
) -> Result<(), VerifyError> {
    let (changed, unsealed) = walk.compare(book);
    let past;
    let looked_at = match as_of {
        Some(at) => {
            past = book.as_of(at).map_err(StoreError::from)?;
            &past
        }
        None => book,
    };
    let account = &looked_at.account;
    let whose = format!(
        "merchant {}, consumer {}, loyalty card {}",
        account.merchant, account.person, account.card
    );
    // One changed row shows in many places: the first few say enough.
    let wrong = ledger::check(looked_at);
    for discrepancy in wrong.iter().take(TOLD_OF_ONE) {
        found.tell(bar, &format!("{whose}: {}{}", discrepancy.fault, off_by(looked_at)));
    }
    if wrong.len() > TOLD_OF_ONE {
        let more = wrong.len() - TOLD_OF_ONE;
        found.tell(bar, &format!("{whose}: {more} more fault(s) that may follow from these"));
    }
    for seq in changed {
        found.tell(bar, &format!("{whose}: entry number {seq} is not the one that was sealed"));
    }
    found.accounts = found.accounts.saturating_add(1);
    let count = |number: usize| u64::try_from(number).unwrap_or_default();
    found.entries = found.entries.saturating_add(count(looked_at.entries.len()));
    found.unsealed = found.unsealed.saturating_add(unsealed);
    let unchained = looked_at.entries.iter().take_while(|entry| entry.hash.is_none()).count();
    found.unchained = found.unchained.saturating_add(count(unchained));
    found.balance += i128::from(account.balance.get());
    found.debt += i128::from(account.debt.get());
    Ok(())
}

/// By how much the account is off what its entries come to.
fn off_by(book: &Book) -> String {
    let entries: i128 = book.entries.iter().map(|row| i128::from(row.amount.get())).sum();
    let (balance, debt) = (book.account.balance, book.account.debt);
    let off = i128::from(balance.get()) - i128::from(debt.get()) - entries;
    if off == 0 { String::new() } else { format!(" (off by {off:+})") }
}
