//! `regulars import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Sources;

/// What a file is a list of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportKind {
    /// Customers
    Customers,
    /// Card numbers of customers
    Cards,
    /// Points and stamps of an older system
    Balances,
    /// Orders, with their refunds
    Orders,
    /// Products
    Products,
}

/// `regulars import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// What the file is a list of
    #[arg(value_enum)]
    pub(crate) kind: ImportKind,
    /// A file of CSV or JSON Lines, in UTF-8
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Of which merchant, by its number; can be left out where there is one alone
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) merchant: Option<i64>,
    /// Show how the file's columns are understood and its first rows, and read nothing
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) preview: bool,
    /// Go through all of it and show what would happen, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The system that the file comes from, in your words: ids of one system mean the same customers in each of its files
    #[arg(long, value_name = "NAME", default_value = "Files")]
    pub(crate) connection: String,
    /// What a column means, by its header, as in --map "Shoe size=extraInfo.shoeSize"; nothing behind the sign passes it over
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    pub(crate) mapping: Vec<String>,
    /// What separates the cells of CSV: comma, semicolon, tab or pipe [default: found in the header line]
    #[arg(long, value_name = "WORD")]
    pub(crate) delimiter: Option<String>,
    /// How dates are written [default: YYYY-MM-DD]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) date_format: Option<String>,
    /// The time zone of times that do not say theirs [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) time_zone: Option<String>,
    /// What stands before the cents of an amount: point or comma [default: point]
    #[arg(long, value_name = "WORD")]
    pub(crate) decimal_sign: Option<String>,
    /// The country of phone numbers without +, as in DE
    #[arg(long, value_name = "CODE")]
    pub(crate) country: Option<String>,
    /// The currency of amounts, where a row does not say its own, as in EUR
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,
    /// Of balances: on which loyalty card, by its number or name, where a row does not say it
    #[arg(long, value_name = "CARD")]
    pub(crate) loyalty_card: Option<String>,
    /// Of orders: in which store they count, by its number; can be left out where there is one alone
    #[arg(long, value_name = "ID")]
    pub(crate) store: Option<i64>,
    /// Whose word counts for an e-mail address when a customer is looked for by it: never, verified or always
    #[arg(long, value_name = "WORD", default_value = "always")]
    pub(crate) trust_emails: String,
    /// Empty cells clear what is known, instead of saying nothing
    #[arg(long)]
    pub(crate) empty_clears: bool,
    /// Write what was refused into this file, to be corrected and imported again [default: beside FILE, with .rejects in its name]
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sources: Sources,
}
