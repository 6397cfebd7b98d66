//! What is written to a file is read back as the same records.

use chrono::NaiveDate;
use proptest::{collection::vec, option, prelude::*};
use regulars_customer::{ConsentChannel, merge::MergeField};
use regulars_kernel::Timestamp;
use regulars_merchant::EntitySource;
use regulars_source::record::{
    BalanceRecord, Body, Buyer, CustomerRecord, Field, LineRecord, OrderRecord, ProductRecord,
    Record, RecordConsent, RecordKey, RefundRecord, SourceVersion,
};
use regulars_sync::file::{Export, Format, Kind, Style};

use crate::paper::{Paper, without_files};

/// What can stand in a cell: texts as our own tables hold them, without blanks around them.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-zäöüß€0-9]{1,12}",
        "[=+@'\"a1;,|\t\n\r-]{1,10}",
        "'{0,2}[0-9]{1,5}",
        Just("sep=;".to_owned()),
        Just("null".to_owned()),
    ]
    .prop_map(|text| text.trim().to_owned())
    .prop_filter("empty", |text| !text.is_empty())
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (-2_000_000_000_000_000_i64..4_000_000_000_000_000).prop_map(Timestamp::from_micros)
}

fn version() -> impl Strategy<Value = SourceVersion> {
    (option::of(any::<i64>()), option::of(instant()))
        .prop_map(|(seq, updated_at)| SourceVersion { seq, updated_at })
}

fn amount() -> impl Strategy<Value = String> {
    (0_u64..10_000_000).prop_map(|cents| format!("{}.{:02}", cents / 100, cents % 100))
}

fn json() -> impl Strategy<Value = String> {
    prop_oneof![
        text().prop_map(|text| serde_json::Value::from(text).to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just("12345678901234567890.10".to_owned()),
        Just("true".to_owned()),
        Just("{\"a\": [1, {\"b\": null}]}".to_owned()),
    ]
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (1000_i32..=9999, 1_u32..=365)
        .prop_filter_map("day", |(year, day)| NaiveDate::from_yo_opt(year, day))
}

fn own() -> impl Strategy<Value = (Field, Option<String>)> {
    let field = prop::sample::select(MergeField::ALL.to_vec())
        .prop_filter("whole", |field| *field != MergeField::ExtraInfo);
    (field, text(), day(), 0_u8..=100).prop_map(|(field, text, day, number)| {
        let value = match field {
            MergeField::Birthday => day.to_string(),
            MergeField::Gender => "OTHER".to_owned(),
            MergeField::Country => "AT".to_owned(),
            MergeField::NumOfOrderDiscountsAllowed => number.to_string(),
            _ => text,
        };
        (Field::Own(field), Some(value))
    })
}

fn card() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Z0-9]{1,8}", "[0-9=+;,|\\[\"' ]{1,6}"]
        .prop_map(|card| card.trim().to_owned())
        .prop_filter("card", |card| regulars_customer::CardNumber::parse(card).is_ok())
}

fn consents() -> impl Strategy<Value = Vec<RecordConsent>> {
    vec((any::<bool>(), option::of(instant()), any::<bool>()), ConsentChannel::ALL.len()).prop_map(
        |all| {
            let each = ConsentChannel::ALL.iter().zip(all);
            each.filter(|(_, (_, _, said))| *said)
                .map(|(channel, (granted, at, _))| RecordConsent { channel: *channel, granted, at })
                .collect()
        },
    )
}

prop_compose! {
    fn customer(nulls: bool)(
        own in vec(own(), 0..8),
        extra in prop::collection::btree_map(text(), option::of(json()), 0..4),
        cleared in vec(prop::sample::select(vec![MergeField::City, MergeField::Email]), 0..2),
        cards in option::of(vec(card(), 0..4)),
        verified in any::<bool>(),
        own_id in option::of(text()),
        consents in consents(),
        created_at in option::of(instant()),
        id in text(),
        version in version(),
    ) -> Record {
        let mut fields: std::collections::BTreeMap<_, _> = own.into_iter().collect();
        fields.extend(extra.into_iter().map(|(key, value)| (Field::Extra(key), value)));
        if nulls {
            fields.extend(cleared.into_iter().map(|field| (Field::Own(field), None)));
        }
        let customer = CustomerRecord {
            fields, cards, email_verified: verified, own_id, consents, created_at,
        };
        Record { key: RecordKey::new("customer", id), version, body: Body::Customer(Box::new(customer)) }
    }
}

prop_compose! {
    fn cards()(id in text(), version in version(), cards in vec(card(), 1..4), own_id in option::of(text()), email in option::of(text())) -> Record {
        let fields = email.into_iter().map(|text| (Field::Own(MergeField::Email), Some(text))).collect();
        let customer = CustomerRecord { fields, cards: Some(cards), own_id, ..CustomerRecord::default() };
        Record { key: RecordKey::new("customer", id), version, body: Body::Customer(Box::new(customer)) }
    }
}

prop_compose! {
    fn buyer()(key in option::of(text()), loyalty_id in option::of(text()), email in option::of(text()), phone in text()) -> Buyer {
        let key = key.map(|id| RecordKey::new("customer", id));
        Buyer { key, loyalty_id, email, phone_number: Some(phone) }
    }
}

prop_compose! {
    fn balance()(id in text(), version in version(), owner in buyer(), card in text(), amount in 1..i64::MAX, expires_on in option::of(day())) -> Record {
        let balance = BalanceRecord { owner, loyalty_card: card, amount, expires_on };
        Record { key: RecordKey::new("balance", id), version, body: Body::Balance(Box::new(balance)) }
    }
}

prop_compose! {
    fn product()(id in text(), version in version(), name in text(), price in option::of(amount()), currency in option::of(Just("USD".to_owned())), sku in option::of(text())) -> Record {
        let product = ProductRecord { name, price, currency, sku };
        Record { key: RecordKey::new("product", id), version, body: Body::Product(Box::new(product)) }
    }
}

prop_compose! {
    fn line()(name in text(), product in option::of(text()), quantity in 1_u32.., unit_price in amount(), discount in option::of(amount())) -> LineRecord {
        LineRecord { name, product, quantity, unit_price, discount }
    }
}

prop_compose! {
    fn order(nth: usize)(
        version in version(), buyer in buyer(), number in option::of(text()), completed_at in instant(),
        channel in option::of(text()), (online, test) in any::<(bool, bool)>(), lines in vec(line(), 1..4),
        discount in option::of(amount()), extra in option::of(amount()), total in amount(),
        refunds in vec((text(), instant(), amount()), 0..4), cancelled_at in option::of(instant()),
        links in vec(text(), 0..2), id in text(),
    ) -> Record {
        let refunds = refunds
            .into_iter()
            .map(|(id, at, amount)| RefundRecord { id, at, amount: format!("1{amount}") })
            .collect();
        let links = links.into_iter().map(|id| (EntitySource::Pos, id)).collect();
        let order = OrderRecord {
            buyer, number, completed_at, currency: "EUR".to_owned(), channel, online, lines, discount, extra,
            total, refunds, cancelled_at, test, links,
        };
        Record { key: RecordKey::new("order", format!("{id}-{nth}")), version, body: Body::Order(Box::new(order)) }
    }
}

fn written(kind: Kind, style: Style, records: &[Record]) -> Vec<u8> {
    let mut export = Export::new(Vec::new(), kind, style).unwrap();
    for record in records {
        export.write(record).unwrap();
    }
    export.finish().unwrap()
}

fn comes_back(kind: Kind, style: Style, records: &[Record]) -> Result<(), TestCaseError> {
    let text = written(kind, style, records);
    let format = if style.format == Format::Csv { "csv" } else { "jsonl" };
    let paper = Paper::new(kind.name(), &text).with("format", format);
    if text.is_empty() {
        return Ok(());
    }
    let read = paper.records();
    prop_assert_eq!(&read[..], records, "{}", String::from_utf8_lossy(&text));
    // And no cell begins like a formula.
    if style.format == Format::Csv {
        let mut cells = csv::ReaderBuilder::new().delimiter(style.delimiter).from_reader(&text[..]);
        for row in cells.records() {
            let row = row.unwrap();
            prop_assert!(
                row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r']))
            );
        }
    }
    Ok(())
}

fn csv_style() -> impl Strategy<Value = Style> {
    (prop::sample::select(b",;|\t".to_vec()), any::<bool>()).prop_map(|(delimiter, mark)| Style {
        delimiter,
        mark,
        ..Style::CSV
    })
}

proptest! {
    #![proptest_config(without_files(150))]

    #[test]
    fn customers_come_back(
        plain in vec(customer(false), 0..4),
        nulls in vec(customer(true), 0..4),
        style in csv_style(),
    ) {
        comes_back(Kind::Customers, style, &plain)?;
        comes_back(Kind::Customers, Style::JSONL, &nulls)?;
    }

    #[test]
    fn cards_come_back(records in prop::collection::btree_map(text(), cards(), 0..4), style in csv_style()) {
        // Of different customers: rows of one that stand together are one record.
        let apart = records.into_iter().map(|(id, mut record)| {
            record.key.id = id;
            record
        });
        let records: Vec<_> = apart.collect();
        comes_back(Kind::Cards, style, &records)?;
        comes_back(Kind::Cards, Style::JSONL, &records)?;
    }

    #[test]
    fn balances_come_back(records in vec(balance(), 0..4), style in csv_style()) {
        comes_back(Kind::Balances, style, &records)?;
        comes_back(Kind::Balances, Style::JSONL, &records)?;
    }

    #[test]
    fn products_come_back(records in vec(product(), 0..4), style in csv_style()) {
        comes_back(Kind::Products, style, &records)?;
        comes_back(Kind::Products, Style::JSONL, &records)?;
    }

    #[test]
    fn orders_come_back(records in (order(0), order(1), order(2)), style in csv_style()) {
        let records = [records.0, records.1, records.2];
        comes_back(Kind::Orders, style, &records)?;
        comes_back(Kind::Orders, Style::JSONL, &records)?;
    }
}

#[test]
fn a_file_takes_its_own_kind_alone() {
    let product = ProductRecord { name: "Tea".to_owned(), price: None, currency: None, sku: None };
    let record = Record {
        key: RecordKey::new("product", "1"),
        version: SourceVersion::default(),
        body: Body::Product(Box::new(product)),
    };
    let mut export = Export::new(Vec::new(), Kind::Customers, Style::CSV).unwrap();
    assert!(export.write(&record).is_err());
}
