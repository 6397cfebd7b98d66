//! Rows that cannot be read: what is said of them, the file that gives them back, and reading them again.

use regulars_source::record::Item;
use regulars_sync::file::{RejectWriter, preview, replay};
use serde_json::json;

use crate::paper::Paper;

fn reject_file(paper: &Paper) -> String {
    let layout = preview(paper.file.path(), paper.settings()).unwrap().layout;
    let mut writer = RejectWriter::new(Vec::new(), layout).unwrap();
    for bad in paper.bad() {
        writer.write(&bad).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

#[test]
fn rule_12_a_bad_row_is_told_by_line_column_and_code_and_the_file_goes_on() {
    let text = "sourceId;birthday;country;street\n\
        1;1990-02-03;DE;\"a\nb\"\n\
        2;03.02.1990;DE;x\n\
        3;1990-02-03;Atlantis;x\n\
        4;1990-02-03\n\
        5;1990-02-03;DE;x;y;\n\
        6;1990-02-03;DE;\"x\"y\n\
        ;1990-02-03;DE;x\n\
        8;1990-02-03;DE;x\n";
    let paper = Paper::new("customers", text);
    let bad: Vec<_> = paper.bad();
    let told: Vec<_> = bad
        .iter()
        .map(|bad| (bad.reference.as_str(), bad.code.as_str(), bad.path.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("line 4", "date", Some("birthday")),
            ("line 5", "invalid", Some("country")),
            ("line 6", "columns", None),
            ("line 7", "columns", None),
            ("line 8", "quote", None),
            ("line 9", "required", Some("sourceId")),
        ]
    );
    assert!(bad[0].message.contains("YYYY-MM-DD") && bad[0].message.contains("03.02.1990"));
    assert_eq!(bad[0].raw, "2;03.02.1990;DE;x");
    assert_eq!(paper.items().len(), 8);
}

#[test]
fn rule_12_lines_of_json_that_do_not_do_are_told_alike() {
    let long = format!("{{\"sourceId\": \"{}\"}}", "x".repeat(1024 * 1024));
    let text = format!(
        "{{\"sourceId\": 1}}\n\n{{\"sourceId\": 2, \"sourceId\": 3}}\n[1]\n{long}\n{{\"sourceId\": 5}}\n{{\"a\": 1}}\n{{\"sourceId\": \"a\\u0000\"}}\n{{\"sourceId\": 6, \"extraInfo\": {{\"a\": {{\"b\": 1, \"b\": 2}}}}}}\n{{\"Email\": \"a\", \"email\": \"b\", \"E-Mail\": \"c\"}}\n{{\"sourceId\": 7"
    );
    let paper = Paper::new("customers", text);
    let told: Vec<_> = paper.bad().into_iter().map(|bad| (bad.reference, bad.code)).collect();
    let told: Vec<_> = told.iter().map(|(line, code)| (line.as_str(), code.as_str())).collect();
    assert_eq!(
        told,
        [
            ("line 3", "duplicate_key"),
            ("line 4", "json"),
            ("line 5", "too_long"),
            ("line 7", "required"),
            ("line 8", "invalid"),
            ("line 9", "invalid"),
            ("line 11", "json"),
        ]
    );
    assert_eq!(paper.items().len(), 10);
}

#[test]
fn rule_12_the_reject_file_gives_rows_back_and_corrected_it_is_read() {
    let text = "sourceId;birthday;city;phone\n1;03.02.1990;=cmd|x;+49171\n2;1990-02-03;Kiel;\n3;4.5.1991;\"a;\"\"b\"\"\nc\";'+49\n4;1990-01-01;Ulm;x;y;z\n";
    let paper = Paper::new("customers", text);
    let file = reject_file(&paper);
    let rows: Vec<_> = file.split("\r\n").collect();
    assert_eq!(
        rows[0],
        "rejectLine;rejectColumn;rejectCode;rejectValue;rejectMessage;sourceId;birthday;city;phone"
    );
    assert!(
        rows[1].starts_with("2;birthday;date;03.02.1990;")
            && rows[1].ends_with(";1;03.02.1990;'=cmd|x;'+49171"),
        "{file}"
    );
    assert!(rows[3].ends_with("4;1990-01-01;Ulm;x;y;z"), "{file}");
    let corrected = Paper::new("customers", file.replace(";y;z", ""));
    let shown = preview(corrected.file.path(), corrected.settings()).unwrap();
    assert!(shown.unknown().is_empty(), "{:?}", shown.unknown());
    let corrected = corrected.with("dateFormat", "D.M.YYYY".replace("D.M", "DD.MM"));
    let told = format!("{:?}", corrected.items());
    assert!(told.contains("=cmd|x") && !told.contains("'=cmd"), "{told}");
    assert!(told.contains("a;\\\"b\\\"\\nc"), "{told}");
    assert_eq!(corrected.bad().len(), 1, "the date of the last one is as the others are not");
}

#[test]
fn rule_12_the_reject_file_of_lines_of_json_is_lines_of_json() {
    let text = "{\"sourceId\": 1, \"birthday\": \"3.2.1990\"}\n{broken\n";
    let paper = Paper::new("customers", text);
    let file = reject_file(&paper);
    let lines: Vec<serde_json::Value> =
        file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["rejectColumn"], "birthday");
    assert_eq!((&lines[0]["rejectValue"], &lines[0]["sourceId"]), (&json!("3.2.1990"), &json!(1)));
    assert_eq!((&lines[1]["rejectRaw"], &lines[1]["rejectLine"]), (&json!("{broken"), &json!(2)));
    let corrected = Paper::new("customers", file).with("dateFormat", "DD.MM.YYYY");
    assert!(matches!(&corrected.items()[0], Item::Record(record) if record.key.id == "1"));
}

#[test]
fn rule_12_a_replay_reads_what_was_rejected_with_other_settings() {
    let text = "sourceId;completedAt;total;items.name;items.unitPrice\n1;30.11.2026;3;Tea;1\n1;;;\"C\nup\";2\n2;01.12.2026;1;Tea;1\n";
    let paper = Paper::new("orders", text).with("currency", "EUR");
    let layout = preview(paper.file.path(), paper.settings()).unwrap().layout;
    // As it was kept with the run.
    let layout = serde_json::from_value(serde_json::to_value(layout).unwrap()).unwrap();
    let bad = paper.bad();
    assert_eq!((bad.len(), bad[1].reference.as_str()), (2, "line 5"));
    let again = replay(paper.settings(), &layout, &bad[1]).unwrap();
    assert!(matches!(&again[0], Item::Bad(still) if *still == bad[1]));
    let right = Paper::new("orders", text).with("currency", "EUR").with("dateFormat", "DD.MM.YYYY");
    for (nth, bad) in bad.iter().enumerate() {
        assert_eq!(replay(right.settings(), &layout, bad).unwrap(), right.items()[nth..=nth]);
    }
}
