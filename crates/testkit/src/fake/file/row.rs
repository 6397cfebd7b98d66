//! One thing of a file: its cells, and how they go wrong.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use serde_json::{Map, Value};

use super::Kind;

const FIRST: [&str; 12] = [
    "Ada", "Zoë", "Jürgen", "Mehmet", "Anna", "Björn", "Chloé", "Łukasz", "Olga", "Noor", "Tim",
    "Émile",
];
const LAST: [&str; 10] = [
    "Müller",
    "Yılmaz",
    "O'Neill",
    "Smith, Jr.",
    "Weiß",
    "García",
    "van der Berg",
    "Nowak",
    "\"Bob\" Lee",
    "Çelik",
];
const PLACES: [(&str, &str, &str); 6] = [
    ("10115", "Berlin", "DE"),
    ("01067", "Dresden", "DE"),
    ("80331", "München", "DE"),
    ("1010", "Wien", "AT"),
    ("8001", "Zürich", "CH"),
    ("75001", "Paris", "FR"),
];
const GOODS: [&str; 8] = [
    "Espresso",
    "Flat White",
    "Käsekuchen",
    "Tea, green",
    "Croissant",
    "12\" Pizza",
    "Wasser",
    "Brezel",
];

/// The header line of CSV, which are the keys of JSON.
pub(super) const fn headers(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Customers => &[
            "Customer ID",
            "First Name",
            "Last Name",
            "Email",
            "Phone",
            "Date of birth",
            "Address",
            "ZIP",
            "City",
            "Country",
            "Card number",
            "Newsletter",
            "extraInfo.visits",
            "updatedAt",
        ],
        Kind::Cards => &["Customer ID", "Card number"],
        Kind::Balances => &["Card number", "Loyalty card", "Points", "Expires"],
        Kind::Orders => &[
            "sourceId",
            "number",
            "completedAt",
            "currency",
            "Customer ID",
            "online",
            "total",
            "items.name",
            "items.productId",
            "items.quantity",
            "items.unitPrice",
        ],
        Kind::Products => &["sourceId", "name", "price", "currency", "sku"],
    }
}

/// How many of the columns of an order are each line's own, at the end.
const OF_LINE: usize = 4;

/// A thing of a file: a row of cells; of an order, a row for each line.
pub(super) struct Row {
    pub(super) cells: Vec<Vec<String>>,
    spoilt: bool,
}

fn upto(chance: &mut ChaCha8Rng, count: usize) -> usize {
    let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
    usize::try_from(u64::from(chance.next_u32()) % count).unwrap_or(0)
}

fn one<'a, T>(chance: &mut ChaCha8Rng, of: &'a [T]) -> &'a T {
    let nth = upto(chance, of.len());
    of.get(nth).unwrap_or_else(|| panic!("there is nothing to choose from"))
}

fn cents(cents: usize) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The thing of that number.
pub(super) fn made(kind: Kind, nth: u64, chance: &mut ChaCha8Rng) -> Row {
    let cells = match kind {
        Kind::Customers => vec![customer(nth, chance)],
        Kind::Cards => vec![vec![
            // Now and then the same customer twice or three times.
            format!("C{:08}", nth - nth % (1 + u64::from(chance.next_u32() % 3))),
            format!("P-{nth:08}-{}", upto(chance, 10)),
        ]],
        Kind::Balances => vec![vec![
            format!("K-{nth:08}"),
            "Bonus".to_owned(),
            (1 + upto(chance, 5_000)).to_string(),
            if upto(chance, 3) == 0 { "2028-12-31".to_owned() } else { String::new() },
        ]],
        Kind::Orders => order(nth, chance),
        Kind::Products => {
            let good = one(chance, &GOODS);
            let price = cents(50 + upto(chance, 2_000));
            let row = [
                &format!("p{nth}"),
                &format!("{good} {nth}"),
                &price,
                "EUR",
                &format!("SKU-{nth:06}"),
            ];
            vec![row.map(ToString::to_string).to_vec()]
        }
    };
    Row { cells, spoilt: false }
}

fn customer(nth: u64, chance: &mut ChaCha8Rng) -> Vec<String> {
    let first = *one(chance, &FIRST);
    let last = *one(chance, &LAST);
    let (zip, city, country) = *one(chance, &PLACES);
    let now_and_then = |chance: &mut ChaCha8Rng, of: usize| upto(chance, of) == 0;
    let email =
        if now_and_then(chance, 20) { String::new() } else { format!("c{nth}@example.com") };
    // A household shares one.
    let phone = if now_and_then(chance, 4) { nth - nth % 3 } else { nth };
    let street = format!("Hauptstraße {}", 1 + upto(chance, 200));
    let street = if now_and_then(chance, 50) { format!("{street}\nHinterhaus") } else { street };
    let birthday = format!(
        "{}-{:02}-{:02}",
        1940 + upto(chance, 65),
        1 + upto(chance, 12),
        1 + upto(chance, 28)
    );
    let card = if now_and_then(chance, 3) { String::new() } else { format!("K-{nth:08}") };
    let newsletter = *one(chance, &["yes", "no", ""]);
    let updated = format!("2026-{:02}-{:02}T12:00:00Z", 1 + upto(chance, 11), 1 + upto(chance, 28));
    let row = [
        &format!("C{nth:08}"),
        first,
        last,
        &email,
        &format!("+49171{phone:07}"),
        &birthday,
        &street,
        zip,
        city,
        country,
        &card,
        newsletter,
        &upto(chance, 300).to_string(),
        &updated,
    ];
    row.map(ToOwned::to_owned).to_vec()
}

fn order(nth: u64, chance: &mut ChaCha8Rng) -> Vec<Vec<String>> {
    let (mut total, mut lines) = (0, Vec::new());
    for _ in 0..=upto(chance, 3) {
        let good = upto(chance, GOODS.len());
        let (quantity, price) = (1 + upto(chance, 3), 100 + 50 * upto(chance, 20));
        total += quantity * price;
        let name = GOODS.get(good).copied().unwrap_or_default();
        lines.push([name.to_owned(), format!("p{good}"), quantity.to_string(), cents(price)]);
    }
    let day = format!(
        "2026-{:02}-{:02}T{:02}:30:00Z",
        1 + upto(chance, 11),
        1 + upto(chance, 28),
        upto(chance, 24)
    );
    let of_order = [
        format!("o{nth}"),
        format!("#{}", 1000 + nth),
        day,
        "EUR".to_owned(),
        format!("C{:08}", nth % 10_000),
        (upto(chance, 2) == 0).to_string(),
        cents(total),
    ];
    lines.into_iter().map(|line| of_order.iter().cloned().chain(line).collect()).collect()
}

impl Row {
    /// Makes it wrong, so that nobody can take it for right: a cell too few or too many, or dates, amounts and card numbers
    /// that are none.
    pub(super) fn spoil(&mut self, nth: u64) {
        self.spoilt = true;
        let Some(first) = self.cells.first_mut() else { return };
        match nth % 3 {
            0 => first.truncate(first.len().saturating_sub(1)),
            1 => first.push("one too many".to_owned()),
            _ => first.iter_mut().skip(1).for_each(|cell| "-".clone_into(cell)),
        }
    }

    /// As a line of JSON; what is wrong with it is then that it is no JSON.
    pub(super) fn json(&self, kind: Kind) -> String {
        let headers = headers(kind);
        let first = self.cells.first().map(Vec::as_slice).unwrap_or_default();
        let object = |headers: &[&str], cells: &[String]| -> Map<String, Value> {
            let pairs = headers.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
            pairs.map(|(header, cell)| ((*header).to_owned(), Value::from(cell.as_str()))).collect()
        };
        let own = if kind == Kind::Orders { headers.len() - OF_LINE } else { headers.len() };
        let mut line = object(headers.get(..own).unwrap_or_default(), first);
        if kind == Kind::Orders {
            let inner: Vec<_> =
                headers.iter().skip(own).map(|name| name.trim_start_matches("items.")).collect();
            let lines = self
                .cells
                .iter()
                .map(|cells| Value::Object(object(&inner, cells.get(own..).unwrap_or_default())));
            line.insert("items".to_owned(), lines.collect());
        }
        let text = Value::Object(line).to_string();
        if self.spoilt { text.trim_end_matches('}').to_owned() } else { text }
    }
}
