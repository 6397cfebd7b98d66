//! The use cases over the store in memory, and that store against the suite of its port.

#![cfg(test)]

mod account;
mod archiving;
mod claiming;
mod deciding;
mod joining;
mod losing;
mod port;
mod till;
mod upkeep;
mod world;
