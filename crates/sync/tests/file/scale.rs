//! Files of a million rows.

use std::{io::Write, time::Instant};

use regulars_source::record::Item;
use regulars_sync::file::progress;

use crate::paper::{Paper, batch};

/// What this process has in memory at most, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Prints rows a second: `cargo test --release -p regulars-sync --test file -- --ignored --nocapture million`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "it is what a measurement is for")]
fn a_million_rows_are_read_at_flat_memory() {
    const ROWS: u64 = 1_000_000;
    let mut paper = Paper::new("customers", "");
    {
        let mut file = std::io::BufWriter::new(paper.file.as_file_mut());
        writeln!(file, "Customer ID,First Name,Last Name,Email,Phone,Date of birth,Address,ZIP,City,Country,updatedAt").unwrap();
        for nth in 0..ROWS {
            writeln!(file, "{nth},Ada,\"Love, lace\",ada{nth}@example.com,'+49171{nth:07},1990-02-03,Hauptstraße {nth},10115,Berlin,DE,2026-11-30T18:05:00Z").unwrap();
        }
    }
    let before = peak();
    let start = Instant::now();
    let (mut connector, mut cursor, mut records) = (paper.connector(), None, 0);
    loop {
        let read = batch(&mut connector, cursor.as_ref()).unwrap();
        records += read.items.iter().filter(|item| matches!(item, Item::Record(_))).count();
        match read.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let took = start.elapsed();
    let size = cursor.as_ref().and_then(progress).unwrap().size;
    println!(
        "{records} rows, {size} bytes in {took:?}: {} rows a second; {} KiB more in memory",
        u128::from(ROWS) * 1_000_000 / took.as_micros().max(1),
        peak() - before
    );
    assert_eq!(u64::try_from(records).unwrap(), ROWS);
    assert!(peak() - before < 64 * 1024);
}
