//! `regulars-fake SOURCE …`: what Regulars brings customers from, without an account anywhere.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use regulars_testkit::fake::{
    file::{Format, Kind, Share, Sheet},
    salesforce,
    shopify::Hand,
};

/// Fakes of the outside systems that Regulars brings customers from.
#[derive(Parser)]
#[command(name = "regulars-fake", version)]
struct Arguments {
    #[command(subcommand)]
    source: Source,
}

#[derive(Subcommand)]
enum Source {
    /// Writes a file of customers, cards, balances, orders or products: the same one whenever it is asked for.
    File(FileArguments),
    /// Opens a Salesforce organisation on 127.0.0.1.
    Salesforce(salesforce::Hand),
    /// Opens a Shopify shop on 127.0.0.1.
    Shopify(Hand),
}

#[derive(clap::Args)]
struct FileArguments {
    /// What it is a list of.
    #[arg(long, value_enum, default_value = "customers")]
    kind: Kind,
    /// How many things it has.
    #[arg(long, default_value_t = 1_000)]
    rows: u64,
    /// How many of them are wrong: 1% or 0.25%.
    #[arg(long, default_value = "0%")]
    bad: Share,
    /// How it is written.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// What separates the cells of CSV.
    #[arg(long, default_value_t = ',')]
    delimiter: char,
    /// Another number makes another file.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where it is written to; to the standard output unless it is said.
    #[arg(long)]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().source {
        Source::File(arguments) => write_file(&arguments),
        Source::Salesforce(hand) => hand.run(),
        Source::Shopify(hand) => hand.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "regulars-fake: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn write_file(arguments: &FileArguments) -> io::Result<()> {
    let delimiter = u8::try_from(arguments.delimiter).map_err(io::Error::other)?;
    let sheet = Sheet {
        kind: arguments.kind,
        rows: arguments.rows,
        bad: arguments.bad,
        format: arguments.format,
        delimiter,
        seed: arguments.seed,
    };
    match &arguments.out {
        None => sheet.write(io::stdout().lock()),
        Some(path) => {
            sheet.write(BufWriter::new(File::create(path)?))?;
            let kind = format!("{:?}", arguments.kind).to_lowercase();
            writeln!(
                io::stderr(),
                "{} {kind}, {} of them wrong. Settings: {}",
                arguments.rows,
                sheet.bad_rows(),
                serde_json::json!({"path": path.canonicalize()?, "kind": kind})
            )
        }
    }
}
