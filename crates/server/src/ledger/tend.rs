//! Notes what has lapsed and expired, and seals the books: one process at a time, by lease. It does nothing that would not be done
//! the same an hour or a week later, and doing it again does nothing.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use regulars_api::context::App;
use regulars_kernel::{AccountId, MerchantId, Scope, StoreError, Timestamp};
use regulars_loyalty::{
    LedgerStore as _, RedeemingStore as _, bookkeeping,
    seal::{self, SealStore as _},
};
use regulars_merchant::MerchantStore as _;
use regulars_persistence::{Db, Tx};

/// From one round to the next.
const BETWEEN: Duration = Duration::from_secs(30);
/// From one seal of a merchant's to the next.
const SEALED_EVERY: Duration = Duration::from_mins(5);
/// How long a lease is good: longer than any one write of a round.
const LEASE: Duration = Duration::from_mins(2);
/// What the lease is called.
const LEDGER: &str = "ledger";
/// Accounts of one write: people's writes wait behind it.
const ACCOUNTS: usize = 50;
/// Accounts that are asked for at once: finding them looks at all that is due.
const DUE: u16 = 5_000;
/// Promises that lapse in one write.
const PROMISES: u16 = 500;
/// Merchants that are asked for at once.
const MERCHANTS: u16 = 100;
/// How long one write may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The thread; dropping this stops it.
pub(crate) struct Tender {
    stop: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Tender {
    /// Starts it.
    pub(crate) fn start(app: Arc<App>) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = thread::Builder::new().name("ledger".to_owned()).spawn(move || {
            let round =
                Round { db: &app.db, holder: format!("{:032x}", rand::random::<u128>()), stopped };
            let mut sealed_at: Option<Instant> = None;
            loop {
                let seals = sealed_at.is_none_or(|at| at.elapsed() >= SEALED_EVERY);
                match round.run(seals, &|| app.clock.now()) {
                    Ok(true) if seals => sealed_at = Some(Instant::now()),
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the ledger is not tended: trying again in a while");
                    }
                }
                if round.stopped.recv_timeout(BETWEEN) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            let holder = round.holder.clone();
            let back = round.write(move |tx| tx.give_lease_back(LEDGER, &holder));
            if let Err(error) = back {
                tracing::debug!(%error, "the lease of the ledger ends by itself");
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Tender {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that tends the ledger panicked");
        }
    }
}

/// What a round has to do with.
struct Round<'a> {
    db: &'a Db,
    holder: String,
    stopped: Receiver<()>,
}

impl Round<'_> {
    fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.db.write(Scope::Platform, Some(Instant::now() + PATIENCE), work)
    }

    /// Whether the work is this process's, and nobody said to stop.
    fn goes_on(&self, now: Timestamp) -> Result<bool, StoreError> {
        if self.stopped.try_recv() != Err(TryRecvError::Empty) {
            return Ok(false);
        }
        let (holder, times) = (self.holder.clone(), (now, now.plus(LEASE)));
        self.write(move |tx| tx.take_lease(LEDGER, &holder, times))
    }

    /// Settles some accounts; answers whether that is still this process's to do.
    fn settle(&self, due: &[AccountId], at: Timestamp) -> Result<bool, StoreError> {
        if !self.goes_on(at)? {
            return Ok(false);
        }
        let all = due.to_vec();
        if self.write(move |tx| settle(tx, &all, at)).is_ok() {
            return Ok(true);
        }
        // One of them holds the others up: each by itself then.
        for account in due.iter().copied() {
            if let Err(error) = self.write(move |tx| settle(tx, &[account], at)) {
                tracing::warn!(%account, %error, "an account is not settled: trying in the next round");
            }
        }
        Ok(true)
    }

    /// Notes and seals all there is; answers whether it was this process's to do, and was done to the end.
    fn run(&self, seals: bool, now: &dyn Fn() -> Timestamp) -> Result<bool, StoreError> {
        loop {
            let at = now();
            if !self.goes_on(at)? {
                return Ok(false);
            }
            let lapsed = self.write(move |tx| tx.lapse_intents(at, PROMISES))?;
            if lapsed < usize::from(PROMISES) {
                break;
            }
        }
        let mut last = None;
        loop {
            let at = now();
            if !self.goes_on(at)? {
                return Ok(false);
            }
            let due = self.db.read(Scope::Platform, |tx| tx.due_accounts(last, at, DUE))?;
            let Some(end) = due.last() else { break };
            last = Some(*end);
            for some in due.chunks(ACCOUNTS) {
                if !self.settle(some, now())? {
                    return Ok(false);
                }
            }
        }
        if !seals {
            return Ok(true);
        }
        let mut last: Option<MerchantId> = None;
        loop {
            let after = last;
            let read =
                self.db.read(Scope::Platform, move |tx| tx.unsealed_merchants(after, MERCHANTS))?;
            let Some(end) = read.last() else { return Ok(true) };
            last = Some(*end);
            for merchant in read {
                loop {
                    let at = now();
                    if !self.goes_on(at)? {
                        return Ok(false);
                    }
                    if self.write(move |tx| seal::seal(tx, merchant, at))?.is_none() {
                        break;
                    }
                }
            }
        }
    }
}

/// Notes what has lapsed and expired of some accounts.
fn settle(tx: &mut Tx<'_>, due: &[AccountId], now: Timestamp) -> Result<(), StoreError> {
    let accounts = tx.lock_accounts(due)?;
    let mut merchants: Vec<_> = accounts.iter().map(|row| row.account().merchant).collect();
    merchants.sort_unstable();
    merchants.dedup();
    let merchants = tx.merchants(&merchants)?.into_iter();
    let zones: BTreeMap<_, _> =
        merchants.map(|merchant| (merchant.id, merchant.time_zone)).collect();
    for mut account in accounts {
        if let Some(zone) = zones.get(&account.account().merchant) {
            bookkeeping::settle(tx, &mut account, *zone, now)?;
        }
    }
    Ok(())
}
