//! The program `regulars`: reads the command line and the settings, wires the crates together and runs them.
//!
//! Knows everything that is about being a process: files, keys, signals, the terminal. Knows nothing about the business,
//! about SQL or about GraphQL.

mod cli;
mod config;
mod demo;
mod keys;
mod telemetry;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {}
