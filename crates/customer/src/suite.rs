//! The suite that every implementation of [`CustomerStore`] passes: in memory, and on each database.
//!
//! [`run`] loads a small world of two tenants through a [`Fixture`], compares every answer with what the rows say, and then
//! writes. Each function is a transaction or more of its own.

#![expect(clippy::unwrap_used, reason = "a port that fails fails its suite")]

mod blocking;
mod claiming;
mod consent;
mod reading;
mod world;
mod writing;

use regulars_kernel::{Scope, StoreError};

use crate::CustomerStore;

pub use world::World;

/// What the suite needs of an implementation.
pub trait Fixture {
    /// Puts the rows down where there are none yet, under the numbers they carry.
    fn load(&mut self, world: &World);

    /// Opens a transaction in a scope, lets the suite read in it, and answers what it answered.
    fn read<T: Send + 'static>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn CustomerStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError>;

    /// Opens a transaction in a scope, lets the suite write in it, commits it where the answer is `Ok` and rolls it back
    /// where it is not, and answers what it answered.
    fn write<T: Send + 'static>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn CustomerStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError>;
}

/// Runs every check.
///
/// # Panics
/// Where the port answers anything else than the rows say.
pub fn run(fixture: &mut impl Fixture) {
    let world = world::world();
    fixture.load(&world);
    reading::check(fixture, &world);
    claiming::check(fixture);
    writing::check(fixture, &world);
    blocking::check(fixture);
    consent::check(fixture);
}
