use regulars_kernel::{Timestamp, money::scaled};
use serde_json::json;

use super::*;

fn bag(amount: &str) -> Value {
    json!({ "shopMoney": { "amount": amount } })
}

fn line(name: &str, quantity: i64, price: &str, off: &[&str], tax: &[&str]) -> Value {
    let off: Vec<_> = off.iter().map(|off| json!({ "allocatedAmountSet": bag(off) })).collect();
    let tax: Vec<_> = tax.iter().map(|tax| json!({ "priceSet": bag(tax) })).collect();
    json!({
        "id": format!("gid://shopify/LineItem/{name}"), "name": name, "isGiftCard": false,
        "quantity": quantity, "currentQuantity": quantity,
        "originalUnitPriceSet": bag(price), "discountAllocations": off, "taxLines": tax,
    })
}

fn order(before: &str, now: &str) -> Value {
    json!({
        "id": "gid://shopify/Order/9007199254740993", "name": "#1001",
        "processedAt": "2026-11-01T00:00:00Z", "updatedAt": "2026-11-01T00:01:00Z",
        "cancelledAt": null, "test": false, "displayFinancialStatus": "PAID",
        "taxesIncluded": true, "currencyCode": "EUR", "sourceName": "web",
        "customer": { "id": "gid://shopify/Customer/1" },
        "totalPriceSet": bag(before), "currentTotalPriceSet": bag(now), "refunds": [],
    })
}

fn refund(id: &str, amount: &str) -> Value {
    json!({
        "id": format!("gid://shopify/Refund/{id}"), "createdAt": "2026-11-02T00:00:00Z",
        "updatedAt": "2026-11-02T00:00:00Z", "totalRefundedSet": bag(amount),
    })
}

fn read(order: &Value, lines: &[Value]) -> OrderRecord {
    match item(order, lines, true) {
        Some(Item::Record(Record { body: Body::Order(order), .. })) => {
            check(&order);
            *order
        }
        other => panic!("{other:?}"),
    }
}

/// The lines add up to the total.
fn check(order: &OrderRecord) {
    let minor = |text: &str| scaled(text, 2).unwrap();
    let optional = |text: &Option<String>| text.as_deref().map_or(0, minor);
    let lines: i64 = order
        .lines
        .iter()
        .map(|line| minor(&line.unit_price) * i64::from(line.quantity) - optional(&line.discount))
        .sum();
    let sum = lines - optional(&order.discount) + optional(&order.extra);
    assert_eq!(sum, minor(&order.total), "{order:?}");
    assert!(order.lines.iter().all(|line| line.quantity > 0));
}

#[test]
fn an_order_is_read_whole() {
    let lines =
        [line("Coffee", 2, "4.50", &["0.50", "0.25"], &[]), line("Cake", 1, "3.00", &[], &[])];
    let read = read(&order("16.15", "16.15"), &lines);
    assert_eq!(read.buyer.key, Some(RecordKey::new("Customer", "gid://shopify/Customer/1")));
    assert_eq!(read.buyer.email, None);
    assert_eq!(read.number.as_deref(), Some("#1001"));
    assert_eq!(read.completed_at, Timestamp::from_seconds(1_793_491_200));
    assert_eq!((read.channel.as_deref(), read.online), (Some("web"), true));
    assert_eq!(read.lines[0].unit_price, "4.50");
    assert_eq!(read.lines[0].discount.as_deref(), Some("0.75"));
    assert_eq!(read.lines[1].discount, None);
    // 8.25 + 3.00, and delivery.
    assert_eq!(read.extra.as_deref(), Some("4.90"));
    assert_eq!((read.discount, read.total.as_str()), (None, "16.15"));
}

#[test]
fn tax_on_top_is_part_of_the_price() {
    let mut untaxed = order("21.80", "21.80");
    untaxed["taxesIncluded"] = json!(false);
    // 3 × 6.66 = 19.98, less 0.01, plus 1.83: no third of it is whole.
    let told = read(&untaxed, &[line("Mug", 3, "6.66", &["0.01"], &["1.00", "0.83"])]);
    assert_eq!(
        (told.lines[0].unit_price.as_str(), told.lines[0].discount.as_deref()),
        ("7.27", Some("0.01"))
    );
    assert_eq!(told.extra, None);
    let mut untaxed = order("10.01", "10.01");
    untaxed["taxesIncluded"] = json!(false);
    let told = read(&untaxed, &[line("Pin", 3, "3.00", &[], &["1.01"])]);
    assert_eq!(
        (told.lines[0].unit_price.as_str(), told.lines[0].discount.as_deref()),
        ("3.34", Some("0.01"))
    );
}

#[test]
fn currencies_have_their_own_places() {
    let mut yen = order("1100", "1100.0");
    yen["currencyCode"] = json!("JPY");
    let item = item(&yen, &[line("Tea", 2, "550.0", &[], &[])], true);
    let Some(Item::Record(Record { body: Body::Order(read), .. })) = item else { panic!() };
    assert_eq!((read.total.as_str(), read.lines[0].unit_price.as_str()), ("1100", "550"));
}

#[test]
fn a_refund_is_told_by_its_own_id_and_the_order_stays_what_it_was() {
    let mut order = order("10.00", "4.00");
    order["refunds"] = json!([refund("7", "6.00"), refund("8", "0.0")]);
    let read = read(&order, &[line("Book", 2, "5.00", &[], &[])]);
    assert_eq!(read.total, "10.00");
    assert_eq!(read.refunds.len(), 1);
    assert_eq!(
        (read.refunds[0].id.as_str(), read.refunds[0].amount.as_str()),
        ("gid://shopify/Refund/7", "6.00")
    );
    assert_eq!(read.discount, None);
}

#[test]
fn goodwill_leaves_the_order_as_it_is() {
    let mut order = order("10.00", "10.00");
    order["refunds"] = json!([refund("7", "2.00")]);
    let read = read(&order, &[line("Book", 2, "5.00", &[], &[])]);
    assert_eq!((read.total.as_str(), read.refunds.len()), ("10.00", 1));
}

#[test]
fn what_was_taken_out_without_money_back_is_no_part_of_it() {
    let mut two = line("Book", 2, "5.00", &["1.00"], &[]);
    two["currentQuantity"] = json!(1);
    let read_one = read(&order("11.90", "7.40"), &[two.clone(), line("Pen", 1, "1.00", &[], &[])]);
    assert_eq!(read_one.lines[0].quantity, 1);
    assert_eq!(read_one.lines[0].discount.as_deref(), Some("0.50"));
    assert_eq!((read_one.total.as_str(), read_one.extra.as_deref()), ("7.40", Some("1.90")));
    // Beside a refund it is taken off as a whole: nobody says of which line.
    let mut order_two = order("11.90", "2.00");
    order_two["refunds"] = json!([refund("7", "5.40")]);
    let read_two = read(&order_two, &[two, line("Pen", 1, "1.00", &[], &[])]);
    assert_eq!((read_two.total.as_str(), read_two.discount.as_deref()), ("7.40", Some("4.50")));
    // Where nothing is left of it, it is told all the same.
    let mut gone = line("Book", 1, "5.00", &[], &[]);
    gone["currentQuantity"] = json!(0);
    let read_none = read(&order("5.00", "0.00"), &[gone]);
    assert_eq!((read_none.total.as_str(), read_none.discount.as_deref()), ("0.00", Some("5.00")));
}

#[test]
fn a_cancelled_order_says_what_it_was() {
    let mut order = order("5.00", "0.00");
    order["cancelledAt"] = json!("2026-11-03T00:00:00Z");
    let mut line = line("Book", 1, "5.00", &[], &[]);
    line["currentQuantity"] = json!(0);
    let read = read(&order, &[line]);
    assert_eq!((read.total.as_str(), read.discount), ("5.00", None));
    assert!(read.cancelled_at.is_some());
}

#[test]
fn a_gift_card_earns_when_it_is_spent() {
    let mut card = line("Gift card", 1, "50.00", &[], &[]);
    card["isGiftCard"] = json!(true);
    let read = read(&order("55.00", "55.00"), &[card, line("Book", 1, "5.00", &[], &[])]);
    assert_eq!(read.lines[0].unit_price, "0.00");
    assert_eq!(read.extra.as_deref(), Some("50.00"));
}

#[test]
fn rule_12_channels_tell_tills_from_the_online_store() {
    let mut order = order("5.00", "5.00");
    let lines = [line("Book", 1, "5.00", &[], &[])];
    order["sourceName"] = json!("pos");
    let till = read(&order, &lines);
    assert_eq!((till.channel.as_deref(), till.online), (Some("pos"), false));
    order["retailLocation"] = json!({ "id": "gid://shopify/Location/61" });
    let till = read(&order, &lines);
    assert_eq!(till.channel.as_deref(), Some("pos:61"));
    order["test"] = json!(true);
    assert!(read(&order, &lines).test);
}

#[test]
fn orders_are_told_once_they_are_paid() {
    let lines = [line("Book", 1, "5.00", &[], &[])];
    let told = |status: &str, cancelled: bool, unpaid_too: bool| {
        let mut order = order("5.00", "5.00");
        order["displayFinancialStatus"] = json!(status);
        if cancelled {
            order["cancelledAt"] = json!("2026-11-03T00:00:00Z");
        }
        item(&order, &lines, unpaid_too).is_some()
    };
    for status in ["PENDING", "AUTHORIZED", "VOIDED", "EXPIRED", "PARTIALLY_PAID"] {
        assert!(!told(status, false, false), "{status}");
        assert!(told(status, true, false) && told(status, false, true), "{status}");
    }
    for status in ["PAID", "PARTIALLY_REFUNDED", "REFUNDED"] {
        assert!(told(status, false, false), "{status}");
    }
    let mut expired = order("5.00", "5.00");
    expired["displayFinancialStatus"] = json!("VOIDED");
    assert!(read(&expired, &lines).cancelled_at.is_some());
}

#[test]
fn rule_12_an_order_that_cannot_be_understood_is_a_reject() {
    let good = [line("Book", 1, "5.00", &[], &[])];
    let flaw = |order: &Value, lines: &[Value]| match item(order, lines, true) {
        Some(Item::Bad(bad)) => bad.path.unwrap(),
        other => panic!("{other:?}"),
    };
    let mut wrong = order("5.00", "5.00");
    wrong["currencyCode"] = json!("XXY");
    assert_eq!(flaw(&wrong, &good), "currencyCode");
    let mut wrong = order("5.00", "5.00");
    wrong["totalPriceSet"] = bag("5,00");
    assert_eq!(flaw(&wrong, &good), "totalPriceSet");
    assert_eq!(flaw(&order("5.00", "5.00"), &[]), "lineItems");
    assert_eq!(flaw(&order("5.00", "5.00"), &[line("Book", -1, "5.00", &[], &[])]), "quantity");
}
