//! One seed drives clients that earn, redeem, refund and retry against the product's own code, with faults at named points and a
//! clock that jumps; a small oracle says after every step what ought to have come of it.
//!
//! Histories are of one merchant with a few customers and begin anew every few hundred steps, each from a seed of its own: the
//! next number. A transaction is a unit here, one after another: what becomes of several at once is for the tests over HTTP,
//! on both databases.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails fails the history"
)]

mod act;
mod call;
mod compare;
mod generate;
mod model;
mod play;
mod setting;
mod shrink;
#[cfg(test)]
mod tests;
mod world;

use std::{
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use clap::Parser;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use crate::{
    call::Step,
    play::{Broken, Plant, Tally, play},
    setting::Setting,
    shrink::shrink,
};

/// Plays histories to the code of the product and to an oracle until they differ, or so many operations were done.
#[derive(Clone, Debug, Parser)]
#[command(name = "make simulate ARGS=\"…\" --")]
struct Options {
    /// The seed of the first history; each has the next
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// How many operations at least: whole histories are played
    #[arg(long, value_name = "N", default_value = "1000000")]
    operations: u64,
    /// How many clients there are
    #[arg(long, value_name = "N", default_value = "8")]
    clients: NonZero<usize>,
    /// How many steps a history has
    #[arg(long, value_name = "N", default_value = "300")]
    steps: NonZero<usize>,
}

/// What one seed means.
struct History {
    seed: u64,
    setting: Setting,
    steps: Vec<Step>,
}

impl History {
    fn of(seed: u64, options: &Options) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let setting = Setting::any(&mut dice);
        let (clients, length) = (options.clients.get(), options.steps.get());
        let steps = generate::history(&mut dice, &setting, clients, length);
        Self { seed, setting, steps }
    }

    /// Plays some steps; a panic is a failure like another.
    fn play(&self, steps: &[Step], plant: Plant) -> Result<Tally, Broken> {
        let played = catch_unwind(AssertUnwindSafe(|| play(&self.setting, steps, plant)));
        played.unwrap_or_else(|panic| {
            let what = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let what = what.unwrap_or_else(|| "a panic".to_owned());
            // The step is not known: it is one of them.
            Err(Broken { step: steps.len(), what })
        })
    }

    /// The shortest history found that fails as this one does, and how it does.
    fn shortest(&self, broken: &Broken, plant: Plant) -> (Vec<Step>, String) {
        let until = (broken.step + 1).min(self.steps.len());
        let whole = |steps: &[Step]| self.play(steps, plant).is_err();
        let from = if whole(&self.steps[..until]) { &self.steps[..until] } else { &self.steps[..] };
        let steps = shrink(from, whole);
        let what = self.play(&steps, plant).err().map_or(String::new(), |broken| broken.what);
        (steps, what)
    }
}

/// All histories that were played, and the first that failed.
#[derive(Default)]
struct Played {
    histories: u64,
    tally: Tally,
    failed: Option<(History, Broken)>,
}

/// Plays histories on all cores until so many operations were done or one fails.
fn run(options: &Options, plant: Plant) -> Played {
    let (next, operations) = (AtomicU64::new(0), AtomicU64::new(0));
    let played: Mutex<Played> = Mutex::default();
    let work = || {
        while operations.load(Ordering::Relaxed) < options.operations {
            let seed = options.seed.wrapping_add(next.fetch_add(1, Ordering::Relaxed));
            let history = History::of(seed, options);
            let done = history.play(&history.steps, plant);
            let mut played = played.lock().unwrap_or_else(PoisonError::into_inner);
            played.histories += 1;
            match done {
                Ok(tally) => {
                    operations.fetch_add(tally.operations(), Ordering::Relaxed);
                    played.tally.merge(&tally);
                }
                Err(broken) => {
                    operations.store(u64::MAX, Ordering::Relaxed);
                    let sooner = |other: &(History, Broken)| other.0.seed <= seed;
                    if !played.failed.as_ref().is_some_and(sooner) {
                        played.failed = Some((history, broken));
                    }
                    return;
                }
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|threads| {
        for _ in 0..cores {
            threads.spawn(work);
        }
    });
    played.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::print_stdout, reason = "what a program finds out is what it prints")]
fn main() -> ExitCode {
    let options = Options::parse();
    // A failure is printed once, when it is short.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let played = run(&options, Plant::Nothing);
    println!("{:<16} {:>9} {:>9} {:>9} {:>9}", "", "done", "refused", "again", "undone");
    for (name, [done, refused, again, undone]) in &played.tally.0 {
        println!("{name:<16} {done:>9} {refused:>9} {again:>9} {undone:>9}");
    }
    let Some((history, broken)) = played.failed else {
        println!(
            "{} operations in {} histories from seed {} on, in {} s: all as they ought to be.",
            played.tally.operations(),
            played.histories,
            options.seed,
            began.elapsed().as_secs(),
        );
        return ExitCode::SUCCESS;
    };
    println!("\nSeed {} fails in step {}: {}", history.seed, broken.step, broken.what);
    println!(
        "Once more: make simulate ARGS=\"--seed {} --operations 1 --clients {} --steps {}\"\n",
        history.seed, options.clients, options.steps
    );
    let (steps, what) = history.shortest(&broken, Plant::Nothing);
    println!("{:#?}\n", history.setting);
    println!("The shortest history found, of {} steps:", steps.len());
    for step in &steps {
        println!("  {step:?}");
    }
    println!("\n{what}");
    ExitCode::FAILURE
}
