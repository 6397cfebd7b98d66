//! What can be asked for.

use std::num::NonZero;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures the operations of the API on both databases, beside their ceilings.
#[derive(Debug, Parser)]
#[command(name = "make bench ARGS=\"…\" --", disable_help_subcommand = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// A small world (20,000 customers, 100,000 orders) and 2 seconds for each figure
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only this database
    #[arg(long, value_name = "DATABASE")]
    pub(crate) only: Option<Database>,
    /// Only operations whose name contains this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) matching: String,
    /// Customers of the world [default: 200000]
    #[arg(long, value_name = "N")]
    consumers: Option<u32>,
    /// Orders of the world [default: 1000000]
    #[arg(long, value_name = "N")]
    orders: Option<u32>,
    /// Seconds for each figure [default: 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: Option<u64>,
    /// Connections that ask at once
    #[arg(long, value_name = "N", default_value = "32")]
    pub(crate) connections: NonZero<u16>,
    /// What cargo says to benchmarks
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    pub(crate) fn consumers(&self) -> u32 {
        self.consumers.unwrap_or(if self.quick { 20_000 } else { 200_000 })
    }

    pub(crate) fn orders(&self) -> u32 {
        self.orders.unwrap_or(if self.quick { 100_000 } else { 1_000_000 })
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.seconds.unwrap_or(if self.quick { 2 } else { 5 })
    }
}

/// What the program is for beside measuring.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves the yardstick until the standard input closes
    #[command(hide = true)]
    Yardstick(Yardstick),
}

/// The yardstick's server.
#[derive(Debug, Args)]
pub(crate) struct Yardstick {
    /// The database
    pub(crate) url: String,
}

/// The databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    /// A file
    Sqlite,
    /// A server
    Postgres,
}

impl Database {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}
