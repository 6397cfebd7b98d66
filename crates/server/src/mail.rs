//! Works the outbox off: claims what is due, sends it outside of every transaction, and writes down what came of it.
//!
//! Every server process does so; no two send the same mail unless one of them is taken for dead.

mod letter;
mod transport;

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use regulars_api::context::App;
use regulars_auth::mail::delivery::{self, DueMail, Outcome, Settlement};
use regulars_kernel::{Scope, StoreError, Timestamp};

pub(crate) use self::{
    letter::{LetterFault, Letters},
    transport::{Transport, TransportFault},
};

/// From one look into the outbox to the next.
const BETWEEN: Duration = Duration::from_secs(1);
/// From one look to the next where the database did not answer.
const AFTER_A_FAULT: Duration = Duration::from_secs(10);
/// Mails of one claim.
const BATCH: u16 = 20;
/// How long the database may take for one step.
const PATIENCE: Duration = Duration::from_secs(10);

/// The thread; dropping this stops it, after the mail that it is sending.
pub(crate) struct Mailer {
    stop: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Mailer {
    /// Starts it.
    pub(crate) fn start(app: Arc<App>, letters: Letters, transport: Transport) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let round = Round { app, letters, transport };
        let thread = thread::Builder::new().name("mail".to_owned()).spawn(move || {
            loop {
                let wait = match round.run(&stopped) {
                    // There may be more.
                    Ok(claimed) if claimed == usize::from(BATCH) => Duration::ZERO,
                    Ok(_) => BETWEEN,
                    Err(error) => {
                        tracing::warn!(%error, "the outbox was not worked off: trying again soon");
                        AFTER_A_FAULT
                    }
                };
                if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Mailer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the mail thread panicked");
        }
    }
}

struct Round {
    app: Arc<App>,
    letters: Letters,
    transport: Transport,
}

impl Round {
    /// Sends what is due now, and answers how many mails it claimed.
    fn run(&self, stopped: &Receiver<()>) -> Result<usize, StoreError> {
        let now = self.app.clock.now();
        let lease =
            self.transport.longest().saturating_mul(u32::from(BATCH)).saturating_add(PATIENCE);
        let due = self.write(move |tx| delivery::claim(tx, lease, BATCH, now))?;
        let claimed = due.len();
        let until = Instant::now() + lease;
        for mail in due {
            let late = Instant::now() + self.transport.longest() >= until;
            if late || stopped.try_recv() != Err(TryRecvError::Empty) {
                self.write(move |tx| delivery::give_back(tx, &mail, now).map(drop))?;
                continue;
            }
            let outcome = self.send(&mail, self.app.clock.now());
            self.settle(mail, outcome)?;
        }
        Ok(claimed)
    }

    fn send(&self, mail: &DueMail, now: Timestamp) -> Outcome {
        let (id, kind) = (mail.id.get(), mail.kind.word());
        if mail.is_hopeless(now) {
            tracing::warn!(mail = id, kind, "a mail has waited for too long");
            return Outcome::Refused;
        }
        let Some(token) = mail.token(&self.app.authority) else {
            tracing::error!(
                mail = id,
                kind,
                "a mail was written down by a server whose refresh key is not among those of this one: configure the \
                 same keys everywhere"
            );
            return Outcome::Undelivered;
        };
        match self.letters.write(mail, &token, now) {
            Ok(message) => self.transport.send(mail, &message),
            Err(error) => {
                tracing::error!(mail = id, kind, %error, "a mail cannot be written");
                Outcome::Refused
            }
        }
    }

    fn settle(&self, mail: DueMail, outcome: Outcome) -> Result<(), StoreError> {
        let (id, kind, attempt) = (mail.id.get(), mail.kind.word(), mail.attempt);
        let now = self.app.clock.now();
        match self.write(move |tx| delivery::settle(tx, &mail, outcome, now))? {
            Some(Settlement::Sent) => tracing::info!(mail = id, kind, attempt, "a mail was sent"),
            Some(Settlement::Again(at)) => {
                tracing::info!(mail = id, kind, attempt, %at, "a mail is tried again");
            }
            Some(Settlement::Failed) => {
                tracing::warn!(mail = id, kind, attempt, "a mail is given up");
            }
            None => tracing::debug!(mail = id, kind, attempt, "a mail is somebody else's by now"),
        }
        Ok(())
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut regulars_persistence::Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.app.db.write(Scope::Platform, Some(Instant::now() + PATIENCE), work)
    }
}
