//! Chance that can be asked again: each thing of the world has dice of its own, so that it is the same whoever asks, in
//! whatever order, and however large the rest of the world is.

use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

/// What the dice are for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stream {
    Weight = 1,
    Round,
    Person,
    Sale,
    History,
}

/// The dice of a world.
#[derive(Clone, Debug)]
pub(super) struct Dice(ChaCha8Rng);

/// The dice of one thing.
pub(super) type Roll = ChaCha8Rng;

impl Dice {
    /// All chance comes of the seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The dice of the thing of that number.
    pub(super) fn roll(&self, stream: Stream, number: u64) -> Roll {
        let mut roll = self.0.clone();
        roll.set_stream(((stream as u64) << 56) | (number & 0x00ff_ffff_ffff_ffff));
        roll
    }
}

/// One of a list; the default of an empty one.
pub(super) fn pick<T: Copy + Default>(roll: &mut Roll, list: &[T]) -> T {
    list.choose(roll).copied().unwrap_or_default()
}

/// True in so many of a hundred cases.
pub(super) fn percent(roll: &mut Roll, chance: u32) -> bool {
    roll.random_ratio(chance.min(100), 100)
}
