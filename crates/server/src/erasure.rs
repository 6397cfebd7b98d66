//! What is left to do once somebody is erased: entries of the log that were just being written, files of mails, and the free
//! places of a SQLite file.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use regulars_api::{context::App, trail};
use regulars_auth::{
    ErasureStore as _,
    erasure::{self, ErasureId},
    mail::MailId,
};
use regulars_kernel::{Scope, StoreError, Timestamp};
use regulars_persistence::Db;

use crate::{
    audit,
    config::{Config, MailTransport, Quiet},
};

/// From one look to the next.
const BETWEEN: Duration = Duration::from_secs(1);
/// From one file written anew to the next: whoever erases one after another holds up writes once for all of them.
const APART: Duration = Duration::from_mins(1);
/// The longest wait after a file that could not be: somebody reads from it, and each try writes it as a whole into the log.
const LONGEST: Duration = Duration::from_mins(10);
/// After an erasure what was under way meanwhile is written by then.
const UNDER_WAY: Duration = Duration::from_secs(2);
/// Erasures of one round.
const BATCH: u16 = 100;
/// Files of mails that are asked about at once.
const FILES: usize = 500;
/// How long one write may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A file of more bytes is written anew in the quiet hours alone: writes wait meanwhile, a second or two for each 100 MB.
const LARGE: u64 = 256 * 1024 * 1024;

/// Where something of people may be beside the rows.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// How long after an erasure something may still be written that was under way.
    pub(crate) late: Duration,
    /// When a large file may be written anew.
    pub(crate) quiet: Quiet,
    /// SQLite's file.
    pub(crate) file: Option<PathBuf>,
    /// The folder that mails are written into.
    pub(crate) mails: Option<PathBuf>,
}

/// The thread; dropping this stops it.
pub(crate) struct Cleaner {
    stop: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Cleaner {
    /// Starts it.
    pub(crate) fn start(app: Arc<App>, places: Places) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = thread::Builder::new().name("erasure".to_owned()).spawn(move || {
            let (mut wait, mut rest_until) = (BETWEEN, Instant::now());
            let mut again_at = Instant::now();
            while stopped.recv_timeout(BETWEEN) == Err(RecvTimeoutError::Timeout) {
                if Instant::now() >= again_at {
                    if let Err(error) = clear_again(&app.db, places.late, app.clock.now()) {
                        tracing::warn!(%error, "late entries of the log may tell of who was erased");
                    }
                    again_at = Instant::now() + APART;
                }
                if Instant::now() < rest_until {
                    continue;
                }
                let cleaned = clean(&app.db, &places, app.clock.now());
                if let Err(error) = &cleaned {
                    tracing::warn!(%error, "what was erased is not cleaned up yet");
                }
                let rest;
                (wait, rest) = match cleaned {
                    Ok(Cleaned::Nothing) => (BETWEEN, Duration::ZERO),
                    Ok(Cleaned::All) => (BETWEEN, APART),
                    Ok(Cleaned::AllButTheFile) | Err(_) => {
                        let longer = wait.saturating_mul(2).min(LONGEST);
                        (longer, longer)
                    }
                };
                rest_until = Instant::now() + rest;
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that cleans up after erasures panicked");
        }
    }
}

impl Places {
    /// Where the settings put them.
    pub(crate) fn of(config: &Config) -> Self {
        let data_dir = &config.server.data_dir;
        let file = config.database.url(data_dir).file().map(Path::to_owned);
        let in_folder = config.mail.transport == MailTransport::Folder;
        // A request, and its last statement past its end; its refusal, which waits by itself; and whatever waits in the queue.
        let late = config.http.request_timeout
            + config.database.statement_timeout
            + trail::PATIENCE
            + audit::longest();
        let quiet = config.privacy.quiet();
        Self { late, quiet, file, mails: in_folder.then(|| config.mail.folder(data_dir)) }
    }

    /// Whether the file is written anew now: a large one in the quiet hours alone.
    pub(crate) fn may_be_written_anew(&self, now: Timestamp) -> bool {
        !self.is_large() || self.quiet.has(now)
    }

    fn is_large(&self) -> bool {
        let bytes = self.file.as_ref().and_then(|file| file.metadata().ok()).map(|file| file.len());
        bytes.is_some_and(|bytes| bytes > LARGE)
    }
}

/// Why something is left.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unclean {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder of mails.
    #[error("files of mails were not deleted: {0}")]
    Mails(#[from] io::Error),
}

/// What came of cleaning up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cleaned {
    /// There was nothing to do.
    Nothing,
    /// Late entries of the log and files of mails are gone; the free places of the file are not empty yet.
    AllButTheFile,
    /// Nothing is left.
    All,
}

/// Cleans up after the erasures of before a moment ago.
pub(crate) fn clean(db: &Db, places: &Places, now: Timestamp) -> Result<Cleaned, Unclean> {
    let before = now.minus(UNDER_WAY);
    let unclean =
        db.read::<_, StoreError>(Scope::Platform, |tx| tx.unclean_erasures(before, BATCH))?;
    if unclean.is_empty() {
        return Ok(Cleaned::Nothing);
    }
    let ids: Vec<_> = unclean.iter().map(|erasure| erasure.id).collect();
    db.write::<_, StoreError, _>(Scope::Platform, Some(Instant::now() + PATIENCE), move |tx| {
        unclean.iter().try_for_each(|one| erasure::clear_late(tx, one).map(drop))
    })?;
    if let Some(folder) = &places.mails {
        delete_stale(db, folder)?;
    }
    if !places.may_be_written_anew(now) || !db.scrub()? {
        return Ok(Cleaned::AllButTheFile);
    }
    db.write::<_, StoreError, _>(Scope::Platform, Some(Instant::now() + PATIENCE), move |tx| {
        tx.settle_erasures(&ids, now)
    })?;
    tracing::info!("erased people are gone from mails, logs and free places, too");
    Ok(Cleaned::All)
}

/// Clears once more what was written into the log since: a request that hung, or a queue that was tried again, may write long after
/// an erasure. Goes on after each until nothing of before it can be under way, which the database remembers.
pub(crate) fn clear_again(db: &Db, late: Duration, now: Timestamp) -> Result<(), StoreError> {
    let (over, mut past) = (now.minus(late), ErasureId::new(0));
    loop {
        let late = db.read::<_, StoreError>(Scope::Platform, |tx| tx.late_erasures(past, BATCH))?;
        let Some(last) = late.last() else { return Ok(()) };
        past = last.id;
        db.write::<_, StoreError, _>(
            Scope::Platform,
            Some(Instant::now() + PATIENCE),
            move |tx| erasure::clear_again(tx, &late, over, now),
        )?;
    }
}

/// Deletes the files of mails that are no longer in the outbox: erased people's, and those whose tokens are long over.
fn delete_stale(db: &Db, folder: &Path) -> Result<(), Unclean> {
    let mut files: BTreeMap<i64, Vec<PathBuf>> = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let path = entry?.path();
        if let Some(id) = path.file_name().and_then(|name| number(&name.to_string_lossy())) {
            files.entry(id).or_default().push(path);
        }
    }
    let ids: Vec<MailId> = files.keys().map(|id| MailId::new(*id)).collect();
    for ids in ids.chunks(FILES) {
        let kept = db.read::<_, StoreError>(Scope::Platform, |tx| tx.mails_among(ids))?;
        for id in ids.iter().filter(|id| !kept.contains(id)) {
            for path in files.get(&id.get()).into_iter().flatten() {
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(error.into());
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

/// The number of the mail that a file is of, as it is named where mails are written: `00000007-activation.eml`, and with a dot
/// before it while it is being written.
fn number(name: &str) -> Option<i64> {
    let name = name.strip_prefix('.').unwrap_or(name);
    let (digits, rest) = name.split_once('-')?;
    let named = rest.strip_suffix(".draft").unwrap_or(rest);
    named.strip_suffix(".eml")?;
    (digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use regulars_auth::erasure::{NewErasure, Parts, Reason};
    use regulars_customer::{CustomerStore as _, LoyaltyId, NewPerson};
    use regulars_persistence::{DatabaseUrl, Settings, migrate};

    use super::*;

    #[test]
    fn only_files_of_mails_have_a_number() {
        for (name, expected) in [
            ("00000007-activation.eml", Some(7)),
            (".00000007-password_reset.eml.draft", Some(7)),
            ("123456789-invitation.eml", Some(123_456_789)),
            ("7-activation.eml", None),
            ("00000007-activation.txt", None),
            ("0000000x-activation.eml", None),
            ("notes.eml", None),
        ] {
            assert_eq!(number(name), expected, "{name}");
        }
    }

    #[test]
    fn every_late_erasure_is_looked_at_and_settled_once_nothing_can_come() {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("a.db"));
        migrate(&url).unwrap();
        let db = Db::open(&Settings::new(url)).unwrap();
        let at = Timestamp::from_seconds;
        let made = db.write::<_, StoreError, _>(Scope::Platform, None, move |tx| {
            let person = tx.insert_person(NewPerson::managed(LoyaltyId::from_entropy(1), at(0)))?;
            let (reason, parts) = (Reason::Request, Parts::default());
            let new = NewErasure { merchant: None, person, reason, parts, erased_at: at(100) };
            // One more than are looked at in one go.
            (0..=BATCH).try_for_each(|_| tx.insert_erasure(&new).map(drop))
        });
        made.unwrap();
        let left = || {
            let all = db.read::<_, StoreError>(Scope::Platform, |tx| {
                tx.late_erasures(ErasureId::new(0), u16::MAX)
            });
            all.unwrap().len()
        };
        let late = Duration::from_mins(1);
        clear_again(&db, late, at(160)).unwrap();
        assert_eq!(left(), usize::from(BATCH) + 1, "more may come");
        clear_again(&db, late, at(161)).unwrap();
        assert_eq!(left(), 0);
    }
}
