//! Files as a merchant brings them: as many rows as wanted, some of them wrong, and the same ones whenever they are asked for.
//!
//! A file of few rows is the beginning of one of many. Files of different kinds belong together: balances name the card numbers of
//! customers, orders and cards their numbers.

mod row;

use std::{
    fmt,
    io::{self, Write},
    str::FromStr,
};

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use self::row::Row;

/// What a file is a list of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Customers.
    Customers,
    /// Card numbers of customers.
    Cards,
    /// Balances of an older system.
    Balances,
    /// Orders; in CSV with a row for each line.
    Orders,
    /// Products.
    Products,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Rows of cells under a header line.
    Csv,
    /// A JSON object a line.
    Jsonl,
}

/// A share in hundredths of a per cent, `1%` or `0.25%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share(u64);

impl Share {
    const WHOLE: u64 = 10_000;

    /// Whether it falls on that one, counted from 0: of any row of things so many as it says, evenly.
    const fn falls_on(self, nth: u64) -> bool {
        self.of(nth.saturating_add(1)) > self.of(nth)
    }

    /// So many of a number of things, rounded down.
    const fn of(self, count: u64) -> u64 {
        count.saturating_mul(self.0) / Self::WHOLE
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is no share; 1% and 0.25% are");
        let (whole, part) =
            text.trim_end_matches('%').split_once('.').unwrap_or((text.trim_end_matches('%'), ""));
        if whole.is_empty() || part.len() > 2 {
            return Err(wrong());
        }
        let hundredths: u64 = format!("{whole}{part:0<2}").parse().map_err(|_no_number| wrong())?;
        if hundredths > Self::WHOLE { Err(wrong()) } else { Ok(Self(hundredths)) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}%", self.0 / 100, self.0 % 100)
    }
}

/// A file to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What it is a list of.
    pub kind: Kind,
    /// How many things it has; orders have more rows than that.
    pub rows: u64,
    /// How many of them are wrong, each in one way out of a handful.
    pub bad: Share,
    /// How it is written.
    pub format: Format,
    /// What separates the cells of CSV.
    pub delimiter: u8,
    /// Another number makes another file.
    pub seed: u64,
}

impl Sheet {
    /// CSV with commas, nothing wrong with it.
    pub const fn new(kind: Kind, rows: u64) -> Self {
        Self { kind, rows, bad: Share(0), format: Format::Csv, delimiter: b',', seed: 1 }
    }

    /// How many of its things are wrong.
    pub const fn bad_rows(&self) -> u64 {
        self.bad.of(self.rows)
    }

    /// Writes it, at flat memory.
    pub fn write(&self, out: impl Write) -> io::Result<()> {
        let headers = row::headers(self.kind);
        match self.format {
            Format::Csv => {
                let mut writer = csv::WriterBuilder::new()
                    .delimiter(self.delimiter)
                    .flexible(true)
                    .from_writer(out);
                writer.write_record(headers)?;
                self.each(|row| row.cells.iter().try_for_each(|cells| writer.write_record(cells)))?;
                writer.flush()
            }
            Format::Jsonl => {
                let mut out = io::BufWriter::new(out);
                self.each(|row| writeln!(out, "{}", row.json(self.kind)))?;
                out.flush()
            }
        }
    }

    fn each<E: Into<io::Error>>(
        &self,
        mut write: impl FnMut(&Row) -> Result<(), E>,
    ) -> io::Result<()> {
        for nth in 0..self.rows {
            // Each row has chance of its own, so that more rows change none of the first.
            let mut chance = ChaCha8Rng::seed_from_u64(self.seed);
            chance.set_stream(nth);
            let mut row = row::made(self.kind, nth, &mut chance);
            if self.bad.falls_on(nth) {
                row.spoil(nth);
            }
            write(&row).map_err(Into::into)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sheet: Sheet) -> String {
        let mut out = Vec::new();
        sheet.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_file_is_the_same_whenever_it_is_made_and_begins_like_a_longer_one() {
        for kind in [Kind::Customers, Kind::Cards, Kind::Balances, Kind::Orders, Kind::Products] {
            for format in [Format::Csv, Format::Jsonl] {
                let sheet = Sheet { format, bad: "2.5%".parse().unwrap(), ..Sheet::new(kind, 400) };
                assert_eq!(text(sheet), text(sheet));
                let more = text(Sheet { rows: 500, ..sheet });
                assert!(more.starts_with(&text(sheet)), "{kind:?} {format:?}");
                assert_ne!(text(Sheet { seed: 2, ..sheet }), text(sheet), "{kind:?}");
                assert_eq!(sheet.bad_rows(), 10);
            }
        }
    }

    #[test]
    fn shares_are_read_exactly_and_fall_evenly() {
        for (text, hundredths) in
            [("1%", 100), ("0.25%", 25), ("0", 0), ("100", 10_000), ("2.5%", 250)]
        {
            assert_eq!(text.parse(), Ok(Share(hundredths)), "{text}");
        }
        for text in ["", "%", "101%", "1.234%", "-1%", "one"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        let share: Share = "0.25%".parse().unwrap();
        assert_eq!((0..10_000).filter(|nth| share.falls_on(*nth)).count(), 25);
        assert_eq!((0..400).filter(|nth| share.falls_on(*nth)).count(), 1);
    }

    #[test]
    fn an_order_has_a_row_a_line_and_adds_up() {
        let orders = text(Sheet::new(Kind::Orders, 300));
        let mut reader = csv::Reader::from_reader(orders.as_bytes());
        let (mut names, mut rows) = (Vec::new(), 0);
        for row in reader.records() {
            let row = row.unwrap();
            rows += 1;
            if names.last().map(String::as_str) != Some(&row[0]) {
                assert!(!names.contains(&row[0].to_owned()), "rows of one order stand together");
                names.push(row[0].to_owned());
            }
        }
        assert_eq!(names.len(), 300);
        assert!(rows > 300);
    }
}
