//! The figures as a table for people, and as JSON for programs.

use std::{fmt::Write as _, io::Write as _};

use serde_json::{Value, json};

use crate::{
    Failure,
    figures::{Figures, milliseconds},
    operation::Kind,
    options::{Database, Options},
    process::Memory,
    yardstick::{cores, query_threads},
};

/// The slow answers take less than so many times the usual time.
const MOST_SPREAD: f64 = 10.0;
/// What the server holds in memory while nothing is asked, in MiB.
const MOST_MEMORY: f64 = 150.0;
/// What a search takes at the median, asked alone, in milliseconds.
const MOST_SEARCH: f64 = 10.0;

/// What one operation gave.
pub(crate) struct OperationResult {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) database: Database,
    pub(crate) statements: u64,
    pub(crate) bytes: usize,
    pub(crate) regulars: Figures,
    /// From one connection.
    pub(crate) alone: Option<Figures>,
    pub(crate) yardstick: Figures,
    pub(crate) sql: Figures,
    /// The static answer.
    pub(crate) fixed: Option<Figures>,
}

/// What logging in or signing up gave.
pub(crate) struct AccountResult {
    pub(crate) name: &'static str,
    pub(crate) figures: Figures,
}

/// What writing gave.
pub(crate) struct WritingResult {
    pub(crate) name: &'static str,
    pub(crate) figures: Figures,
    /// The least requests for each second, and the most milliseconds at p99.
    pub(crate) expected: Option<(f64, f64)>,
}

impl WritingResult {
    fn expectations(&self, database: Database) -> Vec<Expectation> {
        let Some((least, most)) = self.expected else { return Vec::new() };
        let (rate, p99) = (self.figures.rate(), milliseconds(self.figures.p99));
        let name = format!("{}, {}", database.name(), self.name);
        vec![
            Expectation {
                what: format!("{name}: at least {least:.0} for each second"),
                found: rounded(rate),
                met: rate >= least,
            },
            Expectation {
                what: format!("{name}: p99 under {most:.0} ms"),
                found: format!("{p99:.1} ms"),
                met: p99 < most,
            },
        ]
    }
}

/// What reading gave while something was written.
#[expect(clippy::struct_field_names, reason = "each was measured beside the other")]
pub(crate) struct Beside {
    /// The reading operation.
    pub(crate) reading: String,
    pub(crate) alone: Figures,
    pub(crate) reading_beside: Figures,
    pub(crate) writing_beside: Figures,
}

/// Everything about one database.
pub(crate) struct Section {
    pub(crate) database: Database,
    connections: u16,
    pub(crate) operations: Vec<OperationResult>,
    pub(crate) accounts: Vec<AccountResult>,
    pub(crate) writings: Vec<WritingResult>,
    pub(crate) beside: Option<Beside>,
    pub(crate) memory_at_rest: Memory,
    pub(crate) memory_under_load: Memory,
}

/// Something that was promised.
struct Expectation {
    what: String,
    found: String,
    met: bool,
}

impl OperationResult {
    /// What share of the yardstick's requests for each processor-second is ours.
    fn share(&self) -> f64 {
        self.regulars.rate_of_processor() / self.yardstick.rate_of_processor()
    }

    fn expectations(&self) -> Vec<Expectation> {
        let mut all = Vec::new();
        let name = format!("{}, {}", self.database.name(), self.name);
        if let Some(least) = self.kind.expected_share(self.database) {
            let share = self.share();
            all.push(Expectation {
                what: format!("{name}: share of the yardstick at least {least:.2}"),
                found: format!("{share:.2}"),
                met: share >= least,
            });
        }
        let spread = self.regulars.spread();
        all.push(Expectation {
            what: format!("{name}: p99 under {MOST_SPREAD:.0} times the median"),
            found: format!("{spread:.1}"),
            met: spread < MOST_SPREAD,
        });
        if let Some(alone) = self.alone {
            let median = milliseconds(alone.p50);
            all.push(Expectation {
                what: format!("{name}: under {MOST_SEARCH:.0} ms at the median, asked alone"),
                found: format!("{median:.2} ms"),
                met: median < MOST_SEARCH,
            });
        }
        all
    }

    fn lines(&self) -> Vec<(&'static str, &Figures)> {
        let mut lines = vec![("Regulars", &self.regulars)];
        lines.extend(self.alone.as_ref().map(|figures| ("  one connection", figures)));
        lines.push(("yardstick", &self.yardstick));
        lines.push(("SQL alone", &self.sql));
        lines.extend(self.fixed.as_ref().map(|figures| ("static answer", figures)));
        lines
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "statements": self.statements,
            "bytes": self.bytes,
            "regulars": self.regulars.to_json(),
            "oneConnection": self.alone.map(Figures::to_json),
            "yardstick": self.yardstick.to_json(),
            "sqlAlone": self.sql.to_json(),
            "staticAnswer": self.fixed.map(Figures::to_json),
            "shareOfYardstick": self.share(),
        })
    }
}

impl Section {
    pub(crate) fn new(database: Database, options: &Options) -> Self {
        Self {
            database,
            connections: options.connections.get(),
            operations: Vec::new(),
            accounts: Vec::new(),
            writings: Vec::new(),
            beside: None,
            memory_at_rest: Memory::default(),
            memory_under_load: Memory::default(),
        }
    }

    fn expectations(&self) -> Vec<Expectation> {
        let mut all: Vec<_> =
            self.operations.iter().flat_map(OperationResult::expectations).collect();
        all.extend(self.writings.iter().flat_map(|one| one.expectations(self.database)));
        for (when, memory) in
            [("at rest", self.memory_at_rest), ("after load", self.memory_under_load)]
        {
            let used = mebibytes(memory.now);
            all.push(Expectation {
                what: format!("{}: memory {when} under {MOST_MEMORY:.0} MiB", self.database.name()),
                found: format!("{used:.0} MiB"),
                met: used < MOST_MEMORY,
            });
        }
        all
    }

    /// Prints the table.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        let mut text = String::new();
        writeln!(text, "\n{}: {} connections", self.database.name(), self.connections)?;
        for result in &self.operations {
            let (statements, kilobytes) = (result.statements, thousands(result.bytes as u64));
            writeln!(text, "\n{}  ({kilobytes} bytes, {statements} statements)", result.name)?;
            writeln!(text, "{HEAD}")?;
            for (name, figures) in result.lines() {
                writeln!(text, "{}", line(name, figures))?;
            }
            let (share, spread) = (result.share(), result.regulars.spread());
            write!(text, "  {share:.2} of the yardstick")?;
            if let Some(least) = result.kind.expected_share(self.database) {
                write!(text, " (expected {least:.2})")?;
            }
            writeln!(text, ", p99 {spread:.1} × p50")?;
        }
        writeln!(text, "\nAccounts\n{HEAD}")?;
        for account in &self.accounts {
            writeln!(text, "{}", line(account.name, &account.figures))?;
        }
        self.write_writings(&mut text)?;
        writeln!(
            text,
            "\nMemory of the server: {:.0} MiB at rest, {:.0} MiB after load, {:.0} MiB at most",
            mebibytes(self.memory_at_rest.now),
            mebibytes(self.memory_under_load.now),
            mebibytes(self.memory_under_load.peak),
        )?;
        print(&text)
    }

    fn write_writings(&self, text: &mut String) -> Result<(), Failure> {
        if !self.writings.is_empty() {
            writeln!(text, "\nWriting, each commit durable\n{HEAD}")?;
        }
        for writing in &self.writings {
            writeln!(text, "  {}\n{}", writing.name, line("", &writing.figures))?;
        }
        if let Some(beside) = &self.beside {
            writeln!(text, "\n{} while sales are written\n{HEAD}", beside.reading)?;
            for (name, figures) in [
                ("reading alone", &beside.alone),
                ("reading beside", &beside.reading_beside),
                ("sales beside", &beside.writing_beside),
            ] {
                writeln!(text, "{}", line(name, figures))?;
            }
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        let accounts = self.accounts.iter();
        let writings = self.writings.iter();
        json!({
            "database": self.database.name(),
            "operations": self.operations.iter().map(OperationResult::to_json).collect::<Vec<_>>(),
            "accounts": accounts
                .map(|account| json!({ "name": account.name, "regulars": account.figures.to_json() }))
                .collect::<Vec<_>>(),
            "writing": writings
                .map(|one| json!({ "name": one.name, "regulars": one.figures.to_json() }))
                .collect::<Vec<_>>(),
            "whileSalesAreWritten": self.beside.as_ref().map(|beside| json!({
                "reading": beside.reading,
                "alone": beside.alone.to_json(),
                "beside": beside.reading_beside.to_json(),
                "sales": beside.writing_beside.to_json(),
            })),
            "memory": {
                "atRest": self.memory_at_rest.now,
                "afterLoad": self.memory_under_load.now,
                "most": self.memory_under_load.peak,
            },
        })
    }
}

/// Everything that was measured.
pub(crate) struct Report {
    setting: Value,
    sections: Vec<Section>,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        let setting = json!({
            "consumers": options.consumers(),
            "orders": options.orders(),
            "secondsPerFigure": options.seconds(),
            "connections": options.connections.get(),
            "processors": cores(),
            "queryThreads": query_threads(),
        });
        Self { setting, sections: Vec::new() }
    }

    pub(crate) fn add(&mut self, section: Section) {
        self.sections.push(section);
    }

    /// Says what was promised and is not so.
    pub(crate) fn print_summary(&self) -> Result<(), Failure> {
        let all: Vec<_> = self.sections.iter().flat_map(Section::expectations).collect();
        let missed: Vec<_> = all.iter().filter(|expectation| !expectation.met).collect();
        let mut text =
            format!("\n{} of {} expectations met.\n", all.len() - missed.len(), all.len());
        for Expectation { what, found, .. } in missed {
            writeln!(text, "  missed: {what}; it is {found}")?;
        }
        print(&text)
    }

    pub(crate) fn to_json(&self) -> Value {
        let sections: Vec<_> = self.sections.iter().map(Section::to_json).collect();
        json!({ "setting": self.setting, "databases": sections })
    }
}

const HEAD: &str = "                        req/s   req/cpu-s      p50 ms      p99 ms";

fn line(name: &str, figures: &Figures) -> String {
    let (p50, p99) = (milliseconds(figures.p50), milliseconds(figures.p99));
    let (rate, of_processor) = (rounded(figures.rate()), rounded(figures.rate_of_processor()));
    format!("  {name:<16}{rate:>11}{of_processor:>12}{p50:>12.2}{p99:>12.2}")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive and far below 2^64"
)]
fn rounded(rate: f64) -> String {
    if rate < 100.0 { format!("{rate:.1}") } else { thousands(rate.round() as u64) }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 bytes")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
