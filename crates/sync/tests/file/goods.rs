//! What is read of orders, balances and products.

use regulars_merchant::EntitySource;
use regulars_source::record::{BalanceRecord, Body, OrderRecord, Record};
use serde_json::json;

use crate::paper::Paper;

fn order(record: &Record) -> &OrderRecord {
    match &record.body {
        Body::Order(order) => order,
        other => panic!("{other:?}"),
    }
}

fn balance(record: &Record) -> &BalanceRecord {
    match &record.body {
        Body::Balance(balance) => balance,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_export_of_shopify_s_orders_has_a_row_a_line() {
    let text = "Name,Email,Paid at,Currency,Shipping,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Cancelled at,Refunded Amount,Id\n\
        #1001,a@b.c,2026-11-01 10:00:00 +0100,EUR,4.90,14.90,0.00,2026-11-01 09:59:00 +0100,2,Tea,4.00,,5.00,77\n\
        #1001,a@b.c,,,,,,2026-11-01 09:59:00 +0100,1,Cup,2.00,,,77\n\
        #1002,,2026-11-02 10:00:00 +0100,EUR,0.00,1.00,0.00,,1,Pen,1.00,,0.00,78\n";
    let records = Paper::new("orders", text).records();
    let [one, two] = &records[..] else { panic!("{records:?}") };
    let tea = order(one);
    assert_eq!((one.key.id.as_str(), tea.number.as_deref()), ("77", Some("#1001")));
    assert_eq!(tea.completed_at.to_string(), "2026-11-01T09:00:00.000000Z");
    assert_eq!((tea.total.as_str(), tea.extra.as_deref()), ("14.90", Some("4.90")));
    let lines: Vec<_> = tea.lines.iter().map(|line| (line.name.as_str(), line.quantity)).collect();
    assert_eq!(lines, [("Tea", 2), ("Cup", 1)]);
    assert_eq!((tea.refunds.len(), tea.refunds[0].id.as_str()), (1, "77/refund-1"));
    assert_eq!(tea.buyer.email.as_deref(), Some("a@b.c"));
    assert!(order(two).refunds.is_empty(), "a refund of nothing is none");
}

#[test]
fn an_order_without_lines_has_one_that_adds_up() {
    let text = "Bestellnummer;Datum;Gesamtbetrag;Rabatt;Versandkosten;Kundennummer;Filiale\nR1;30.11.2026;1.012,40;0,10;5;K7;Mitte\n";
    let paper = Paper::new("orders", text)
        .with("dateFormat", "DD.MM.YYYY")
        .with("decimalSign", "comma")
        .with("currency", "eur");
    let records = paper.records();
    let one = order(&records[0]);
    assert_eq!(
        (one.lines[0].name.as_str(), one.lines[0].unit_price.as_str()),
        ("Order R1", "1007.50")
    );
    assert_eq!((one.currency.as_str(), one.total.as_str()), ("EUR", "1012.40"));
    assert_eq!(one.buyer.key.as_ref().unwrap().to_string(), "customer/K7");
    assert_eq!(one.channel.as_deref(), Some("Mitte"));
}

#[test]
fn orders_of_json_have_lists_and_their_faults_have_places() {
    let good = json!({
        "sourceId": "9", "completedAt": "2026-11-30T18:05:00.000+0000", "currency": "EUR", "total": 3, "online": true,
        "customerId": "c", "loyaltyId": "A1",
        "items": [{"name": "Tea", "productId": "p", "quantity": 2, "unitPrice": "1.50", "discount": null}],
        "refunds": [{"id": "r", "at": "2026-12-01T00:00:00Z", "amount": 1.5}],
        "links": [{"entitySource": "SHOPIFY", "entitySourceId": "1"}],
    });
    let mut line = good.clone();
    line["items"][0]["unitPrice"] = json!("1,50");
    let mut links = good.clone();
    links["links"] = json!("SHOPIFY");
    let text = format!("{good}\n{line}\n{links}\n");
    let paper = Paper::new("orders", text);
    let items = paper.items();
    let regulars_source::record::Item::Record(record) = &items[0] else { panic!("{items:?}") };
    let one = order(record);
    assert_eq!(
        (one.total.as_str(), one.refunds[0].amount.as_str(), one.online),
        ("3", "1.5", true)
    );
    assert_eq!(one.lines[0].product.as_deref(), Some("p"));
    assert_eq!(one.links, [(EntitySource::Shopify, "1".to_owned())]);
    let bad = paper.bad();
    let paths: Vec<_> = bad.iter().map(|bad| bad.path.as_deref().unwrap()).collect();
    assert_eq!(paths, ["items[0].unitPrice", "links"]);
}

#[test]
fn what_an_order_cannot_do_without_is_named() {
    let head = "sourceId,completedAt,total,currency,items.quantity,items.name,items.unitPrice";
    for (row, code, path) in [
        ("1,,5,EUR,,,", "required", "completedAt"),
        ("1,2026-01-01,,EUR,,,", "required", "total"),
        ("1,2026-01-01,5,,,,", "required", "currency"),
        ("1,2026-01-01,5,EURO,,,", "invalid", "currency"),
        ("1,2026-01-01,5.001,EUR,,,", "invalid", "total"),
        ("1,2026-01-01,-5,EUR,,,", "invalid", "total"),
        ("1,2026-01-01,5,EUR,0,Tea,5", "invalid", "items.quantity"),
        ("1,2026-01-01,5,EUR,1,Tea,", "required", "items.unitPrice"),
        ("1,01.01.2026,5,EUR,,,", "date", "completedAt"),
    ] {
        let bad = Paper::new("orders", format!("{head}\n{row}\n")).bad();
        assert_eq!((bad[0].code.as_str(), bad[0].path.as_deref()), (code, Some(path)), "{row}");
    }
    let differ = format!("{head}\n1,2026-01-01,5,EUR,1,Tea,5\n1,2026-01-01,6,EUR,1,Cup,1\n");
    let bad = &Paper::new("orders", differ).bad()[0];
    assert_eq!((bad.code.as_str(), bad.path.as_deref()), ("differs", Some("total")));
    assert_eq!(bad.raw.lines().count(), 2, "all of the order is given back");
}

#[test]
fn an_order_with_a_broken_row_is_bad_as_a_whole() {
    let head = "sourceId,completedAt,total,currency,items.name,items.unitPrice";
    for broken in ["1,2026-01-01,6,EUR,Tea", "1,2026-01-01,6,EUR,Tea,5,x"] {
        for first in [true, false] {
            let fine = "1,2026-01-01,6,EUR,Cup,1";
            let rows = if first { [broken, fine] } else { [fine, broken] };
            let paper = Paper::new("orders", format!("{head}\n{}\n", rows.join("\n")));
            assert_eq!((paper.items().len(), paper.bad().len()), (1, 1), "{rows:?}");
        }
    }
}

#[test]
fn balances_have_an_owner_a_card_and_an_end() {
    let text =
        "Kartennummer;Punkte;gültig bis\nA 1;150;31.12.2027\nA 2;0;\nA 3;-5;\nA 4;1.000;\n;7;\n";
    let paper =
        Paper::new("balances", text).with("dateFormat", "DD.MM.YYYY").with("loyaltyCard", "Bonus");
    let items = paper.items();
    assert_eq!(items.len(), 4, "a balance of nothing is none");
    let regulars_source::record::Item::Record(record) = &items[0] else { panic!("{items:?}") };
    assert_eq!(record.key.to_string(), "balance/card:a1/Bonus");
    let one = balance(record);
    assert_eq!((one.amount, one.loyalty_card.as_str()), (150, "Bonus"));
    assert_eq!(one.expires_on.unwrap().to_string(), "2027-12-31");
    assert_eq!(one.owner.loyalty_id.as_deref(), Some("A 1"));
    let codes: Vec<_> = paper.bad().into_iter().map(|bad| (bad.code, bad.path)).collect();
    let invalid = || ("invalid".to_owned(), Some("Punkte".to_owned()));
    assert_eq!(codes, [invalid(), invalid(), ("required".to_owned(), None)]);
}

#[test]
fn products_have_prices_of_their_currency() {
    let text =
        "sku,name,price,currency\nT1,Tea,1.50,\nT2,Sencha,700,JPY\nT3,Matcha,7.5,JPY\n,Cup,1,\n";
    let paper = Paper::new("products", text).with("currency", "EUR");
    let items = paper.items();
    let records: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            regulars_source::record::Item::Record(record) => match &record.body {
                Body::Product(product) => Some((
                    record.key.id.as_str(),
                    product.price.as_deref().unwrap(),
                    product.currency.as_deref().unwrap(),
                )),
                _ => None,
            },
            regulars_source::record::Item::Bad(_) => None,
        })
        .collect();
    assert_eq!(records, [("T1", "1.50", "EUR"), ("T2", "700", "JPY")]);
    assert_eq!(paper.bad().len(), 2);
}
