//! `regulars consumer erase`: for whoever answers a letter. The same as `eraseConsumer`, and waits until nothing is left.

use std::{sync::Arc, thread, time::Duration};

use regulars_auth::{
    AuditStore as _, AuthError, Authority, ErasureStore as _,
    audit::{Change, Field},
    erasure::{self, Erasure, ErasureId, Reason},
};
use regulars_kernel::{
    Clock as _, MerchantId, PersonId, Scope, StoreError, SystemClock, Timestamp,
};
use regulars_persistence::{Db, Tx};

use crate::{
    audit::by_command,
    cli::ConsumerErase,
    console::say,
    erasure::{Cleaned, Places, Unclean, clean},
};

/// From one try to clean up to the next.
const BETWEEN: Duration = Duration::from_secs(1);
/// Tries before it is left to the server.
const TRIES: u32 = 30;

/// Why nobody was erased, or something may be left.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EraseError {
    /// Neither told to do it nor to try.
    #[error("nobody was erased: say --dry-run to see what would go, or --yes to erase for good")]
    Unsaid,
    /// It was refused, or the database failed.
    #[error("nobody was erased: {0} (a customer whom a merchant keeps is named with --merchant)")]
    Auth(#[from] AuthError),
    /// What is left could not be looked for.
    #[error("erased, but not cleaned up: {0}")]
    Unclean(#[from] Unclean),
    /// The database failed afterwards.
    #[error("erased, but nobody knows whether it is cleaned up: {0}")]
    Store(#[from] StoreError),
    /// Somebody reads on and on.
    #[error(
        "erased; but copies may be left in free places of the file, as somebody reads from it: a server that runs over it \
         clears them, or start one"
    )]
    Busy,
}

/// Erases, or says what would go.
pub(crate) fn erase(
    db: &Db,
    authority: Authority,
    places: &Places,
    wanted: &ConsumerErase,
) -> Result<(), EraseError> {
    if wanted.dry_run == wanted.yes {
        return Err(EraseError::Unsaid);
    }
    let (id, dry_run) = (PersonId::new(wanted.id), wanted.dry_run);
    let merchant = wanted.merchant.map(MerchantId::new);
    let reason = wanted.reason.to_domain();
    let now = SystemClock.now();
    let authority = Arc::new(authority);
    let erasure = db.write::<Erasure, AuthError, _>(Scope::Platform, None, move |tx| {
        let erased = tx.try_out(dry_run, |tx| run(tx, &authority, merchant, id, reason, now))?;
        write_down(tx, &erased, dry_run)?;
        Ok(erased)
    })?;
    say(&told(&erasure, dry_run));
    if dry_run {
        return Ok(());
    }
    wait(db, places, erasure.id)
}

fn run(
    tx: &mut Tx<'_>,
    authority: &Authority,
    merchant: Option<MerchantId>,
    id: PersonId,
    reason: Reason,
    now: Timestamp,
) -> Result<Erasure, AuthError> {
    let marker = authority.marker();
    match merchant {
        Some(merchant) => erasure::erase_member(tx, marker, merchant, id, reason, now),
        None => erasure::erase_account(tx, marker, id, reason, now),
    }
}

/// Writes down that it was done, or only tried, in the log of whoever's customer it was, and in the platform's where it was the
/// account.
fn write_down(tx: &mut Tx<'_>, erased: &Erasure, dry_run: bool) -> Result<(), StoreError> {
    let change = if dry_run { Change::dry_run() } else { Change::turned(Field::Erased, true) };
    let mut logs = vec![erased.merchant];
    if erased.merchant.is_none() {
        logs.extend(erasure::merchants_of(tx, erased)?.into_iter().map(Some));
    }
    let entry = |log: &Option<MerchantId>| {
        by_command(erasure::ACTION, *log, erased.person, vec![change.clone()], erased.erased_at)
    };
    tx.append_audit(&logs.iter().map(entry).collect::<Vec<_>>())
}

/// Cleans up until nothing is left; a server that runs over the same database may be faster.
fn wait(db: &Db, places: &Places, id: ErasureId) -> Result<(), EraseError> {
    say("Cleaning up mails, late entries of the log and free places of the file …");
    for _ in 0..TRIES {
        thread::sleep(BETWEEN);
        let now = SystemClock.now();
        let cleaned = clean(db, places, now)?;
        if cleaned == Cleaned::AllButTheFile && !places.may_be_written_anew(now) {
            say(&format!(
                "Done but for free places of the file: it is large, and a running server writes it anew at {} (privacy.quiet_hours).",
                places.quiet
            ));
            return Ok(());
        }
        let found = db.read::<_, StoreError>(Scope::Platform, |tx| tx.find_erasure(id))?;
        if found.is_none_or(|erasure| erasure.cleaned_at.is_some()) {
            say("Done: nothing is left of them.");
            return Ok(());
        }
    }
    Err(EraseError::Busy)
}

fn told(erasure: &Erasure, dry_run: bool) -> String {
    let person = erasure.person;
    let mut lines = vec![if dry_run {
        format!("Nobody was erased. Of {person} would go, and stay:")
    } else {
        format!("Erased {person} (receipt {}). Went, and stays:", erasure.id.get())
    }];
    lines.extend(erasure.parts.iter().map(|part| {
        let (kind, cleared, kept) = (part.kind.word(), part.cleared, part.kept);
        let why = part.kind.kept_for().filter(|_| kept > 0);
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        format!("    {kind:<18} {cleared:>6} went  {kept:>6} stay{why}")
    }));
    lines.join("\n")
}
