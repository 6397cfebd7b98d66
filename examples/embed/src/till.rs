//! A till at work: it sells, Ada earns; she redeems what she has; and what she did not like she brings back.

use std::error::Error;

use regulars_customer::Identifier;
use regulars_kernel::{
    Actor, Change, Clock, FixedClock, OrderId, PersonId, Points, Scope, Timestamp,
};
use regulars_loyalty::redeeming::{NewIntent, Wanted, promise};
use regulars_loyalty::{PointsSummary, summary, welcome::KnowsNobody};
use regulars_order::item::change::ItemPatch;
use regulars_order::order::change::OrderPatch;
use regulars_order::purchase::{Mode, NewCode, SourceVersion, Untried, record};
use regulars_order::refund::{self, NewRefund};
use regulars_order::{Amount, NewPurchase, memory::Memory};

use crate::shop::{BERLIN, CARD, MERCHANT};
use crate::{ensure, store};

/// Whom a sale is to, what it is of, and the code that it comes with.
struct Sale<'a> {
    loyalty_id: &'a str,
    what: (&'a str, &'a str),
    code: Option<String>,
}

/// Sells, earns, redeems and refunds.
pub fn work(
    memory: &Memory,
    clock: &FixedClock,
    (ada, loyalty_id): (PersonId, &str),
    (till, house): (&Actor, &Actor),
) -> Result<(), Box<dyn Error>> {
    let (herself, now) = (Actor::Consumer { person: ada }, clock.now());
    let points = || points_of(memory, &herself, ada, now);

    // A whole sale is one call: its lines, who bought, and the codes. What it earns is in the books when it answers.
    let machine = Sale { loyalty_id, what: ("Machine", "149.00"), code: None };
    sell(memory, till, &machine, now)?;
    println!("\nAda bought a machine and has {} points.", points()?.available);
    ensure(points()?.available == Points::new(149), "each euro is worth a point")?;

    // She has a hundred of them set aside: a code that nobody else can use, and that lapses by itself.
    let wanted = Wanted::Points { card: CARD, points: Some(Points::new(100)), reward: None };
    let new = NewIntent { wanted, who: Identifier::default(), store: None };
    // Fresh random bytes: take yours from the operating system. This program is to print the same every time.
    // What is set aside is the merchant's row: the transaction is the merchant's, and who asks is Ada.
    let tx = &mut memory.scoped(Scope::Merchant(MERCHANT));
    let code = promise(tx, &herself, &new, || [7; 5], now)?.code;
    println!(
        "Her code is {code}: {} points are free, {} held.",
        points()?.available,
        points()?.held
    );
    ensure(points()?.held == Points::new(100), "what is promised is not free any more")?;

    // The next sale comes with the code: a hundred points pay a euro, and the rest of the price earns.
    let beans = Sale { loyalty_id, what: ("Beans", "12.00"), code: Some(code) };
    let order = sell(memory, till, &beans, now)?;
    println!("She paid with it, and has {} points.", points()?.available);
    ensure(points()?.available == Points::new(49 + 11), "points that pay earn nothing")?;

    // She brings the beans back: money and points return as they came, and what the sale earned goes.
    let whole = NewRefund { amount: None, reason: Some("Stale".to_owned()), is_cash: true };
    refund::create(&mut store(memory, house)?, house, order, &whole, now)?;
    println!("She brought the beans back, and has {} points.", points()?.available);
    ensure(points()?.available == Points::new(149), "a whole refund leaves nothing behind")?;
    Ok(())
}

fn sell(
    memory: &Memory,
    till: &Actor,
    sale: &Sale<'_>,
    now: Timestamp,
) -> Result<OrderId, Box<dyn Error>> {
    let (name, price) = sale.what;
    let item = ItemPatch {
        name: Change::Set(name.to_owned()),
        unit_price: Change::Set(Amount { decimal: price.to_owned(), currency: None }),
        ..ItemPatch::default()
    };
    let new = NewPurchase {
        store: BERLIN,
        customer: Identifier {
            loyalty_id: Some(sale.loyalty_id.to_owned()),
            ..Identifier::default()
        },
        details: OrderPatch::default(),
        source: (None, None), // A name at your till's: then the same sale counts once, however often it is told.
        version: SourceVersion::default(),
        links: Vec::new(),
        items: vec![item],
        tips: Vec::new(),
        discounts: Vec::new(),
        codes: sale.code.iter().map(|code| NewCode { code: code.clone(), amount: None }).collect(),
        payments: Vec::new(),
        tax: None,
        currency: None,
        completed_at: None,
        untried: Untried::default(),
    };
    let tx = &mut store(memory, till)?;
    let sold = record(tx, till, &new, Mode::Till, &KnowsNobody, now)?;
    ensure(sold.answered.warnings.is_empty(), "everything about this sale holds")?;
    Ok(sold.order)
}

fn points_of(
    memory: &Memory,
    asker: &Actor,
    person: PersonId,
    now: Timestamp,
) -> Result<PointsSummary, Box<dyn Error>> {
    let found = summary::per_consumer(&mut store(memory, asker)?, asker, &[person], now)?;
    Ok(found.first().map(|(_, sums)| *sums).unwrap_or_default())
}
