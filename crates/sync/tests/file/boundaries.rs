//! From every place at which a record begins the rest is read as if it had been read from the beginning.

use std::fmt::Write;

use proptest::prelude::*;
use regulars_source::record::{Body, Item};
use regulars_sync::file::progress;
use serde_json::Value;

use crate::paper::{Paper, batch, read_from, without_files};

/// Reads with batches of one, and from each of their cursors anew, with a connector of its own.
fn resumes_everywhere(paper: &Paper) -> Result<Vec<Item>, TestCaseError> {
    let whole = paper.items();
    let (mut read, mut cursor): (usize, Option<Value>) = (0, None);
    let mut one = paper.connector().with_batch(1);
    loop {
        let next = batch(&mut one, cursor.as_ref()).unwrap();
        prop_assert_eq!(Some(&next.items[..]), whole.get(read..read + next.items.len()));
        read += next.items.len();
        let Some(next) = next.next else { break };
        let rest = read_from(&mut paper.connector(), Some(&next)).unwrap();
        prop_assert_eq!(&rest[..], &whole[read..]);
        prop_assert!(progress(&next).is_some_and(|at| at.done <= at.size));
        cursor = Some(next);
    }
    prop_assert_eq!(read, whole.len());
    Ok(whole)
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zäöü ]{0,6}",
        2 => "[a€;,\"\n\r|\t'=+-]{0,8}",
        1 => Just("\r\n".to_owned()),
        1 => Just("a\u{feff}b".to_owned()),
    ]
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

fn csv_row(cells: &[String], delimiter: char) -> String {
    let plain = |cell: &String| !cell.contains(['"', '\n', '\r', delimiter]);
    let cells = cells.iter().map(|cell| if plain(cell) { cell.clone() } else { quoted(cell) });
    cells.collect::<Vec<_>>().join(&delimiter.to_string())
}

proptest! {
    #![proptest_config(without_files(200))]

    #[test]
    fn rule_2_csv_goes_on_at_every_boundary(
        rows in prop::collection::vec((prop::collection::vec(cell(), 2..=4), any::<bool>()), 0..12),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        ending in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        mark in any::<bool>(),
        ended in any::<bool>(),
    ) {
        let mut text = if mark { "\u{feff}".to_owned() } else { String::new() };
        text.push_str(&["sourceId", "street", "city"].join(&delimiter.to_string()));
        text.push_str(ending);
        let mut oracle = Vec::new();
        for (nth, (cells, blank)) in rows.iter().enumerate() {
            let mut cells = cells.clone();
            cells[0] = nth.to_string();
            text.push_str(&csv_row(&cells, delimiter));
            let last = nth + 1 == rows.len();
            if !last || ended {
                text.push_str(ending);
            }
            if *blank && !last {
                text.push_str(ending);
            }
            oracle.push(cells);
        }
        let paper = Paper::new("customers", &text);
        let items = resumes_everywhere(&paper)?;
        prop_assert_eq!(items.len(), oracle.len(), "{:?}", text);
        for (nth, (item, cells)) in items.iter().zip(&oracle).enumerate() {
            let more = cells.iter().skip(3).any(|cell| !cell.trim().is_empty());
            match item {
                Item::Record(record) => {
                    prop_assert_eq!(&record.key.id, &nth.to_string());
                    let Body::Customer(customer) = &record.body else { panic!("{record:?}") };
                    let street = customer.fields.iter().find(|(field, _)| field.name() == "street");
                    let street = street.and_then(|(_, value)| value.as_deref()).unwrap_or_default();
                    let told = cells[1].trim();
                    prop_assert!(street == told || told == format!("'{street}"), "{street:?} {told:?}");
                    prop_assert!(cells.len() > 2 && !more);
                }
                Item::Bad(bad) => {
                    prop_assert_eq!(&bad.code, "columns");
                    prop_assert!(cells.len() < 3 || more, "{:?}", bad);
                }
            }
        }
    }

    #[test]
    fn rule_2_orders_go_on_between_orders_alone(
        orders in prop::collection::vec((0_u8..4, 1_usize..4), 0..10),
    ) {
        let mut text = "sourceId,completedAt,total,currency,items.name,items.unitPrice\n".to_owned();
        let mut groups: Vec<(u8, usize)> = Vec::new();
        for (own, lines) in orders {
            for _ in 0..lines {
                writeln!(text, "o{own},2026-01-01,{lines}.00,EUR,Tea,1.00").unwrap();
            }
            match groups.last_mut() {
                Some((last, _)) if *last == own => groups.last_mut().unwrap().1 += lines,
                _ => groups.push((own, lines)),
            }
        }
        let items = resumes_everywhere(&Paper::new("orders", &text))?;
        prop_assert_eq!(items.len(), groups.len());
        for (item, (own, lines)) in items.iter().zip(groups) {
            match item {
                Item::Record(record) => {
                    let Body::Order(order) = &record.body else { panic!("{record:?}") };
                    prop_assert_eq!((&record.key.id, order.lines.len()), (&format!("o{own}"), lines));
                }
                // Two neighbours of one name and different totals are one order that contradicts itself.
                Item::Bad(bad) => prop_assert_eq!(&bad.code, "differs"),
            }
        }
    }

    #[test]
    fn rule_2_lines_of_json_go_on_at_every_boundary(
        lines in prop::collection::vec((cell(), any::<bool>(), any::<bool>()), 0..12),
        ended in any::<bool>(),
    ) {
        let (mut text, mut expected) = (String::new(), 0);
        let last = lines.len();
        for (nth, (cell, blank, broken)) in lines.into_iter().enumerate() {
            if blank {
                text.push_str(" \r\n");
            }
            let line = serde_json::json!({"sourceId": nth, "street": cell}).to_string();
            text.push_str(if broken { &line[1..] } else { &line });
            if nth + 1 < last || ended {
                text.push('\n');
            }
            expected += 1;
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        let paper = Paper::new("customers", &text).with("format", "jsonl");
        prop_assert_eq!(resumes_everywhere(&paper)?.len(), expected);
    }
}

#[test]
fn rule_25_bytes_and_an_estimate_of_rows_tell_how_far_it_is() {
    let mut text = "sourceId,city\n".to_owned();
    for nth in 0..5_000 {
        writeln!(text, "{nth:06},Berlin").unwrap();
    }
    let paper = Paper::new("customers", &text);
    let mut connector = paper.connector();
    let first = batch(&mut connector, None).unwrap();
    assert_eq!((first.items.len(), first.total), (2_000, Some(5_000)));
    let at = progress(first.next.as_ref().unwrap()).unwrap();
    assert_eq!((at.rows, at.size), (2_000, u64::try_from(text.len()).unwrap()));
    assert_eq!(at.done, 14 + 2_000 * 14);
    let last = read_from(&mut connector, first.next.as_ref()).unwrap();
    assert_eq!(last.len(), 3_000);
    assert_eq!(progress(&serde_json::json!({"page": 1})), None);
}
