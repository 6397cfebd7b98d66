//! What is read of customers and of their cards.

use regulars_customer::ConsentChannel;
use regulars_source::record::{Body, CustomerRecord, Field, Record};
use serde_json::json;

use crate::paper::Paper;

fn customer(record: &Record) -> &CustomerRecord {
    match &record.body {
        Body::Customer(customer) => customer,
        other => panic!("{other:?}"),
    }
}

/// A field's value: absent, null or a value.
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
fn field<'a>(record: &'a Record, name: &str) -> Option<Option<&'a str>> {
    let field = Field::from_name(name).unwrap();
    customer(record).fields.get(&field).map(|value| value.as_deref())
}

fn ids(paper: &Paper) -> Vec<String> {
    paper.records().into_iter().map(|record| record.key.id).collect()
}

#[test]
fn a_german_file_comes_in_with_its_dates_phones_and_countries() {
    let text = "\u{feff}Kundennummer;Vorname;Name;E-Mail;Handy;Geburtsdatum;Geschlecht;Land;Straße;PLZ;Ort;Kartennummer;Newsletter;Geändert am;Bemerkung\r\n\
        0007;Zoë;Müller;ZOE@Example.com;'0171 2345678;3.2.1990;w;Deutschland;\"Am Hof 1\r\nHinterhaus\";'01067;Dresden;A-1 | A-2;ja;30.11.2026 18:05;nett\r\n\
        ;;;;;;;;;;;;;;\r\n";
    let paper = Paper::new("customers", text)
        .with("dateFormat", "DD.MM.YYYY")
        .with("timeZone", "Europe/Berlin");
    let records = paper.records();
    assert_eq!(records.len(), 1, "a row of delimiters alone is none");
    let zoe = &records[0];
    assert_eq!((zoe.key.object.as_str(), zoe.key.id.as_str()), ("customer", "0007"));
    assert_eq!(zoe.version.updated_at.unwrap().to_string(), "2026-11-30T17:05:00.000000Z");
    for (name, value) in [
        ("firstname", "Zoë"),
        ("lastname", "Müller"),
        ("email", "ZOE@Example.com"),
        ("phoneNumber", "0171 2345678"),
        ("birthday", "1990-02-03"),
        ("gender", "FEMALE"),
        ("country", "DE"),
        ("street", "Am Hof 1\r\nHinterhaus"),
        ("zipCode", "01067"),
        ("city", "Dresden"),
    ] {
        assert_eq!(field(zoe, name), Some(Some(value)), "{name}");
    }
    assert_eq!(customer(zoe).cards, Some(vec!["A-1".to_owned(), "A-2".to_owned()]));
    let consent = &customer(zoe).consents[0];
    assert_eq!((consent.channel, consent.granted, consent.at), (ConsentChannel::Email, true, None));
}

#[test]
fn rule_9_an_empty_cell_is_absent_unless_empty_clears() {
    let text = "sourceId,city,zipCode,extraInfo.size,cards,emailConsent\n1,,10115,,,\n";
    let plain = Paper::new("customers", text);
    let record = &plain.records()[0];
    assert_eq!((field(record, "city"), field(record, "zipCode")), (None, Some(Some("10115"))));
    assert_eq!(field(record, "extraInfo.size"), None);

    let clears = Paper::new("customers", text).with("emptyClears", true);
    let record = &clears.records()[0];
    assert_eq!((field(record, "city"), field(record, "extraInfo.size")), (Some(None), Some(None)));
    assert_eq!((&customer(record).cards, customer(record).consents.len()), (&None, 0));

    let mapping = json!({"city": {"field": "city", "emptyClears": true}});
    let one = Paper::new("customers", text).with("mapping", mapping);
    let record = &one.records()[0];
    assert_eq!((field(record, "city"), field(record, "extraInfo.size")), (Some(None), None));
}

#[test]
fn rule_9_lines_of_json_tell_null_from_absent() {
    let text = r#"{"sourceId": 12345678901234567890, "city": null, "street": "", "extraInfo": {"a": null, "b": 1.50, "c": {"d": []}}, "extraInfo.e": "7", "cards": ["x;y", "z"], "emailVerified": true}

{"id": "2", "Vorname": "Ada", "Name": "Lovelace"}"#;
    let records = Paper::new("customers", text).records();
    let [one, two] = &records[..] else { panic!("{records:?}") };
    assert_eq!(one.key.id, "12345678901234567890", "ids have every digit");
    for (name, value) in [
        ("city", Some(None)),
        ("street", None),
        ("extraInfo.a", Some(None)),
        ("extraInfo.b", Some(Some("1.50"))),
        ("extraInfo.c", Some(Some("{\"d\": []}"))),
        ("extraInfo.e", Some(Some("\"7\""))),
    ] {
        assert_eq!(field(one, name), value, "{name}");
    }
    assert_eq!(customer(one).cards, Some(vec!["x;y".to_owned(), "z".to_owned()]));
    assert!(customer(one).email_verified);
    assert_eq!((two.key.id.as_str(), field(two, "lastname")), ("2", Some(Some("Lovelace"))));
}

#[test]
fn who_has_no_source_id_is_called_by_card_or_address() {
    let text = "Karte,E-Mail\nA 1-2,\n,Ada@Example.com\n";
    let mapping = json!({"Karte": "cards"});
    let paper = Paper::new("customers", text).with("mapping", mapping);
    assert_eq!(ids(&paper), ["card:a12", "email:ada@example.com"]);
    let again =
        Paper::new("customers", "E-Mail,Karte\n,a12\n").with("mapping", json!({"Karte": "cards"}));
    assert_eq!(ids(&again), ["card:a12"], "however it is written");
    for (text, code) in
        [("email,city\n,Berlin\n", "required"), ("sourceId,email\n,a@b.c\n", "required")]
    {
        assert_eq!(Paper::new("customers", text).bad()[0].code, code, "{text}");
    }
    let long = format!("sourceId\n{}\n", "x".repeat(256));
    assert_eq!(Paper::new("customers", long).bad()[0].code, "too_long");
}

#[test]
fn an_opt_out_says_no_and_its_absence_says_nothing() {
    let text = "Id,Email Opt Out,Do Not Call,emailConsent,emailConsentAt\n1,1,0,yes,2026-01-01T00:00:00Z\n2,0,0,,\n";
    let records = Paper::new("customers", text).records();
    let consents = &customer(&records[0]).consents;
    assert_eq!(consents.len(), 1);
    assert_eq!((consents[0].channel, consents[0].granted), (ConsentChannel::Email, false));
    assert_eq!(consents[0].at.unwrap().to_string(), "2026-01-01T00:00:00.000000Z");
    assert!(customer(&records[1]).consents.is_empty());
}

#[test]
fn cards_of_one_customer_that_stand_together_are_one_record() {
    let text = "email,card\na@b.c,1\na@b.c,2\nd@e.f,3\na@b.c,4\nd@e.f,--\nd@e.f,5\n";
    let paper = Paper::new("cards", text);
    let items = paper.items();
    assert_eq!((items.len(), paper.bad().len()), (5, 1));
    let records: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            regulars_source::record::Item::Record(record) => {
                Some((record.key.id.as_str(), customer(record).cards.clone().unwrap().join("+")))
            }
            regulars_source::record::Item::Bad(_) => None,
        })
        .collect();
    let expected =
        [("email:a@b.c", "1+2"), ("email:d@e.f", "3"), ("email:a@b.c", "4"), ("email:d@e.f", "5")];
    assert_eq!(records, expected.map(|(id, cards)| (id, cards.to_owned())));
    let ours = Paper::new("cards", "loyaltyId,Kartennummer\n12345678901231,77\n").records();
    assert_eq!(ours[0].key.id, "loyaltyId:12345678901231");
    assert_eq!(customer(&ours[0]).own_id.as_deref(), Some("12345678901231"));
}

#[test]
fn numbers_that_a_spreadsheet_rounded_name_nobody() {
    let text = "sourceId,card,phone,zip\n4.01234E+12,1,,\n1,\"4,01E+12\",,\n2,,4E+10,\n3,,,1.5E+3\nE+4,5,,\n";
    let paper = Paper::new("customers", text);
    let told: Vec<_> = paper.bad().into_iter().map(|bad| (bad.code, bad.path.unwrap())).collect();
    let rounded = |path: &str| ("rounded".to_owned(), path.to_owned());
    assert_eq!(told, ["sourceId", "card", "phone"].map(rounded));
    assert_eq!(paper.items().len(), 5);
}

#[test]
fn rule_7_the_same_file_twice_says_the_same() {
    let text = "email,firstname,updatedAt\na@b.c,Ada,2026-01-01\nd@e.f,Bob,\n";
    let (one, two) = (Paper::new("customers", text), Paper::new("customers", text));
    assert_eq!(one.items(), two.items());
}
