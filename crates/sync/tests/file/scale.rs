//! Files of a million rows.

use std::time::{Duration, Instant};

use regulars_source::record::Item;
use regulars_sync::file::progress;
use regulars_testkit::fake::file::{Format, Kind, Sheet};

use crate::paper::{Paper, batch};

/// What this process has in memory at most, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// How long this thread has had a processor: what the others on this machine do does not count.
fn worked() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split_whitespace().next().unwrap().parse().unwrap())
}

fn generated(kind: Kind, format: Format, rows: u64) -> (Paper, u64) {
    let bad = "1%".parse().unwrap();
    let sheet = Sheet { bad, format, ..Sheet::new(kind, rows) };
    let mut paper = Paper::new(&format!("{kind:?}").to_lowercase(), "");
    sheet.write(std::io::BufWriter::new(paper.file.as_file_mut())).unwrap();
    (paper, sheet.bad_rows())
}

#[test]
fn rule_12_of_a_generated_file_as_many_are_bad_as_it_says() {
    for kind in [Kind::Customers, Kind::Cards, Kind::Balances, Kind::Orders, Kind::Products] {
        for format in [Format::Csv, Format::Jsonl] {
            let (paper, bad) = generated(kind, format, 3_000);
            let items = paper.items();
            let told = paper.bad();
            assert_eq!(u64::try_from(told.len()).unwrap(), bad, "{kind:?} {format:?}");
            if kind != Kind::Cards {
                assert_eq!(items.len(), 3_000, "{kind:?} {format:?}");
            }
            let shown = regulars_sync::file::preview(paper.file.path(), paper.settings()).unwrap();
            assert!(shown.unknown().is_empty() && shown.missing.is_empty(), "{shown:?}");
        }
    }
}

/// Prints rows a second: `cargo test --release -p regulars-sync --test file -- --ignored --nocapture million`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "it is what a measurement is for")]
fn a_million_rows_are_read_at_flat_memory() {
    const ROWS: u64 = 1_000_000;
    for format in [Format::Csv, Format::Jsonl] {
        let (paper, bad) = generated(Kind::Customers, format, ROWS);
        let before = peak();
        let (start, idle) = (Instant::now(), worked());
        let (mut connector, mut cursor, mut records) = (paper.connector(), None, 0);
        loop {
            let read = batch(&mut connector, cursor.as_ref()).unwrap();
            records += read.items.iter().filter(|item| matches!(item, Item::Record(_))).count();
            match read.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let (took, cpu) = (start.elapsed(), worked().saturating_sub(idle));
        let size = cursor.as_ref().and_then(progress).unwrap().size;
        println!(
            "{format:?}: {records} rows, {size} bytes in {took:?}, {cpu:?} of them at work: {} rows a second of work; {} KiB more in memory",
            u128::from(ROWS) * 1_000_000 / cpu.as_micros().max(1),
            peak() - before
        );
        assert_eq!(u64::try_from(records).unwrap(), ROWS - bad);
        assert!(peak() - before < 64 * 1024);
    }
}
