//! What stops a file from being read, and says so in the merchant's words.

use std::{fmt::Write as _, fs, io::Write, time::Duration};

use regulars_kernel::{FixedClock, Timestamp};
use regulars_source::record::{Item, RecordKey};
use regulars_sync::{
    connector::{Connector, Credentials, Fault},
    file::{KIND, preview},
    kind::Opening,
    outgoing::{Client, Patience, Reach},
};
use serde_json::{Value, json};

use crate::paper::{Paper, batch, read_from};

fn sentence(fault: Fault) -> String {
    match fault {
        Fault::Settings(sentence) => sentence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_that_is_not_utf_8_is_refused_with_the_byte_and_the_way_out() {
    let mut bytes = b"sourceId,city\n".to_vec();
    for nth in 0..100_000 {
        writeln!(bytes, "{nth},Berlin").unwrap();
    }
    let at = bytes.len() + 2;
    bytes.extend_from_slice(b"x,M\xfcnchen\n");
    let paper = Paper::new("customers", bytes);
    let said = sentence(paper.fault());
    assert!(said.contains(&format!("byte {} (in line 100002)", at + 1)), "{said}");
    assert!(said.contains("save it as UTF-8"), "{said}");
    assert!(paper.connector().test().is_err());
    let utf_16: Vec<u8> = "sourceId,city\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xFF, 0xFE][..], &utf_16].concat();
    let paper = Paper::new("customers", marked);
    assert!(sentence(paper.fault()).contains("UTF-16"));
    let previewed = preview(paper.file.path(), paper.settings()).unwrap_err();
    assert!(sentence(previewed).contains("UTF-16"));
}

#[test]
fn rule_4_a_changed_file_is_not_gone_on_with() {
    let text = "sourceId,city\n1,Berlin\n2,Bonn\n3,Kiel\n";
    let paper = Paper::new("customers", text);
    let mut connector = paper.connector().with_batch(1);
    let cursor = batch(&mut connector, None).unwrap().next.unwrap();
    assert_eq!(read_from(&mut paper.connector(), Some(&cursor)).unwrap().len(), 2);
    for changed in [text.replace("Bonn", "Lahr"), format!("{text}4,Ulm\n"), text[..30].to_owned()] {
        // In the same process, which has it open.
        std::thread::sleep(Duration::from_millis(20));
        fs::write(paper.file.path(), &changed).unwrap();
        let here = batch(&mut connector, Some(&cursor));
        assert!(matches!(here, Err(Fault::Cursor(_))), "{here:?}");
        let there = batch(&mut paper.connector(), Some(&cursor));
        assert!(matches!(there, Err(Fault::Cursor(_))), "{there:?}");
    }
    // As it was, it goes on.
    fs::write(paper.file.path(), text).unwrap();
    assert_eq!(read_from(&mut paper.connector(), Some(&cursor)).unwrap().len(), 2);
    for odd in [json!({}), json!({"page": 2}), json!("x"), Value::Null] {
        let odd = batch(&mut paper.connector(), Some(&odd));
        assert!(matches!(odd, Err(Fault::Cursor(_))), "{odd:?}");
    }
}

#[test]
fn rule_12_a_quote_that_never_closes_stops_the_run_after_what_came_before() {
    let text = "sourceId,city\n1,Berlin\n2,\"Bonn\n3,Kiel\n4,Ulm\n";
    for kind in ["customers", "cards"] {
        let text = if kind == "cards" { text.replace("city", "card") } else { text.to_owned() };
        let paper = Paper::new(kind, text);
        let mut connector = paper.connector();
        let first = batch(&mut connector, None).unwrap();
        assert_eq!(first.items.len(), 1, "{kind}");
        for _ in 0..2 {
            let Err(Fault::Schema(said)) = batch(&mut connector, first.next.as_ref()) else {
                panic!("{kind}")
            };
            assert!(said.contains("line 3") && said.contains("never closed"), "{said}");
        }
    }
    // In a file of any size it is found at flat memory.
    let long = format!("sourceId,city\n1,\"Berlin\n{}", "2,Bonn\n".repeat(300_000));
    let Fault::Schema(said) = Paper::new("customers", long).fault() else { panic!() };
    assert!(said.contains("line 2") && said.contains("longer than"), "{said}");
}

#[test]
fn files_that_are_not_there_or_say_nothing_are_refused() {
    for (paper, part) in [
        (Paper::new("customers", "").with("path", "/nowhere/a.csv"), "/nowhere/a.csv"),
        (Paper::new("customers", "").with("path", "/dev/zero"), "no plain file"),
        (Paper::new("customers", ""), "empty"),
        (Paper::new("customers", "email,email\n"), "Two columns"),
        (Paper::new("customers", "city\nBerlin\n"), "sourceId or cards or email"),
        (Paper::new("customers", "email\n").with("mapping", json!({"Mail": "email"})), "\"Mail\""),
        (Paper::new("balances", "Punkte;Karte\n"), "whose a balance is"),
    ] {
        let said = sentence(paper.fault());
        assert!(said.contains(part), "{said}");
    }
    assert!(Paper::new("customers", "email\n").items().is_empty(), "a header alone is no mistake");
}

#[test]
fn a_test_tells_what_would_happen() {
    let text = "E-Mail;Geburtsdatum;Bemerkung\na@b.c;03.02.1990;x\nd@e.f;04.02.1990;\n";
    let paper = Paper::new("customers", text);
    let tested = paper.connector().test().unwrap();
    let fine = tested.fine.join(" ");
    assert!(fine.contains("';'") && fine.contains("\"E-Mail\" is email"), "{fine}");
    assert!(fine.contains("nobody knows what they mean: Bemerkung"), "{fine}");
    assert_eq!(tested.wrong.len(), 1);
    assert!(tested.wrong[0].contains("line 2, column Geburtsdatum"), "{:?}", tested.wrong);
    assert!(tested.wrong[0].contains("dateFormat"), "{:?}", tested.wrong);
    let right = Paper::new("customers", text).with("dateFormat", "DD.MM.YYYY");
    assert!(right.connector().test().unwrap().wrong.is_empty());
    let missing = Paper::new("products", text);
    let missing = missing.connector().test().unwrap();
    assert_eq!(missing.wrong.len(), 2, "{missing:?}");
}

#[test]
fn what_was_asked_for_again_is_looked_for_and_nobody_is_gone() {
    let text = "sourceId,city\n1,Berlin\n2,Bonn\n1,Kiel\n";
    let paper = Paper::new("customers", text);
    let found = paper.connector().reread("customer", &["1".to_owned(), "9".to_owned()]).unwrap();
    assert_eq!(found.len(), 2);
    let key = RecordKey::new("customer", "1");
    assert!(found.iter().all(|item| matches!(item, Item::Record(record) if record.key == key)));
    assert!(paper.connector().reread("order", &["1".to_owned()]).unwrap().is_empty());
}

#[derive(Debug)]
struct Nothing;

impl Credentials for Nothing {
    fn load(&self) -> Result<Value, Fault> {
        Ok(json!({}))
    }

    fn renew(
        &self,
        _renew: &mut dyn FnMut(&Value) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        Ok(json!({}))
    }
}

#[test]
fn the_kind_opens_what_the_settings_say() {
    let paper = Paper::new("products", "sku,name\nT1,Tea\n");
    let opening = |settings: Value| Opening {
        settings: settings.as_object().unwrap().clone(),
        credentials: std::sync::Arc::new(Nothing),
        client: Client::new(Reach::Public, Patience::default()),
        reach: Reach::Public,
        clock: std::sync::Arc::new(FixedClock::at(Timestamp::from_seconds(0))),
    };
    let open = (KIND.open)(opening(Value::Object(paper.settings().clone()))).unwrap();
    assert_eq!(open.streams()[0].name, "products");
    assert!(!open.streams()[0].has_tail);
    assert!((KIND.open)(opening(json!({"kind": "products"}))).is_err());
    assert!(KIND.settings.iter().all(|setting| !setting.secret));
}

#[test]
fn a_preview_shows_columns_and_the_first_rows() {
    let mut text = "E-Mail,Shoe size,,City\n".to_owned();
    for nth in 0..1_000 {
        writeln!(text, "{nth:04}@example.com,42,,Berlin").unwrap();
    }
    text = text.replacen("0003@example.com", "", 1);
    let paper = Paper::new("customers", text);
    let shown = preview(paper.file.path(), paper.settings()).unwrap();
    assert_eq!((shown.layout.delimiter, shown.layout.headers.len()), (',', 4));
    assert_eq!(shown.unknown(), ["Shoe size"]);
    assert_eq!(shown.items.len(), 20);
    assert!((950..1_050).contains(&shown.rows), "{}", shown.rows);
    assert!(matches!(&shown.items[3], Item::Bad(bad) if bad.reference == "line 5"));
    assert!(shown.missing.is_empty());
    let lines = "{\"email\": \"a@b.c\", \"x\": 1}\n{\"email\": \"d@e.f\", \"y\": 1}\n";
    let lines = Paper::new("customers", lines);
    let shown = preview(lines.file.path(), lines.settings()).unwrap();
    assert_eq!((shown.unknown(), shown.rows), (vec!["x", "y"], 2));
}
