//! Regulars inside a program of your own: no server, no database, no network. A coffee house with two stores gains a
//! customer, offers her things and shows what she bought. Read from the top; `cargo run` runs it.
//!
//! * **Use cases are functions**: `join::join(tx, actor, input, now)`. Time and chance come from you.
//! * **`actor` is who asks.** The first thing that a use case does is to look whether that one may.
//! * **`tx` is where rows are**, narrowed to whose they are. Here it is the store in memory. Over a database of your own you
//!   implement the same traits, and the suites that the crates export prove them.

mod print;
mod shop;
mod till;

use std::{error::Error, time::Duration};

use regulars_customer::{Change, ConsumerPatch, Country, Identifier, LoyaltyId, NewConsumer};
use regulars_customer::{create, join};
use regulars_kernel::{Actor, Clock, Currency, Denied, FixedClock, Money, PageRequest, Timestamp};
use regulars_kernel::{Points, StoreAccess};
use regulars_loyalty::{LoyaltyError, Millionths, available, earning, enrollment};
use regulars_order::memory::{Memory, MemoryStore};
use regulars_order::{OrderFilter, history, item};

use shop::{BERLIN, CARD, MERCHANT, NEW_YORK, TILL};

/// Monday, 1 June 2026, 14:00 UTC: 16:00 in Berlin and 10:00 in New York.
const MONDAY: Timestamp = Timestamp::from_micros(1_780_322_400_000_000);

fn main() -> Result<(), Box<dyn Error>> {
    // 1. A merchant with two stores, three offers and a points card. Ada has an account, and is nobody's customer.
    let clock = FixedClock::at(MONDAY); // `SystemClock` is the one on the wall.
    let memory = Memory::new();
    shop::open(&memory, clock.now())?;
    let (ada, loyalty_id) = shop::sign_up_ada(&memory, clock.now())?;
    let herself = Actor::Consumer { person: ada };
    let stores = StoreAccess::Only(vec![BERLIN]);
    let till = Actor::cashier(MERCHANT, TILL, stores);
    let house = Actor::system(MERCHANT); // Your program, where it acts for the merchant and for no person.

    // 2. The till reads Ada's loyalty id off her phone. By it anyone may be found, and is judged as a newcomer.
    let question = available::Question {
        who: Identifier { loyalty_id: Some(loyalty_id.to_string()), ..Identifier::default() },
        store: Some(BERLIN),
        at: None,                  // Now.
        include_unavailable: true, // With the reasons; else only what is to be had.
    };
    let now = clock.now();
    let offered = available::promotions(&mut store(&memory, &till)?, &till, &question, now)?;
    print::promotions("Berlin, 16:00; Ada is a newcomer", &offered);
    ensure(shop::to_be_had(&offered) == [true, false, false, true], "two are not for her yet")?;

    // 3. Ada becomes a customer, and takes the points card. Only she can: a till enrols nobody.
    join::join(&mut store(&memory, &herself)?, &herself, BERLIN, now)?;
    let enrolled = enrollment::enroll(&mut store(&memory, &herself)?, &herself, CARD, now)?;
    ensure(enrolled.membership.merchant == MERCHANT, "joining a store joins its merchant")?;
    println!("\nAda joined and has the card {:?}.", enrolled.card.name);
    let refused = enrollment::enroll(&mut store(&memory, &till)?, &till, CARD, now);
    ensure(matches!(refused, Err(LoyaltyError::Denied(Denied))), "a till enrols nobody")?;

    // 4. Ben has no account: the merchant puts him down, with a phone. What is wrong with input is told field by field.
    let id = LoyaltyId::from_entropy(0x0B5E_55ED);
    let create = |phone: &str| {
        create::create(&mut store(&memory, &house)?, &house, &ben(phone), id.clone(), now)
    };
    let refusal = create("call me").err().ok_or("that is no phone number")?;
    println!("Ben was refused: {refusal}");
    let ben = create("0171 2345678")?;
    let phone = ben.profile.phone_number.as_ref().map_or("", |phone| phone.as_str());
    println!("Ben was created: {phone}");
    ensure(phone == "+491712345678", "numbers are kept in international form")?;

    // 5. They buy. Rules are pure functions beneath the use cases, and yours to call.
    let price = |amount| Money::parse(amount, Currency::EUR);
    for (number, buyer, what, amount) in [
        (1, ada, "Espresso", "2.80"),
        (2, ben.id, "Cappuccino", "4.50"),
        (3, ada, "Breakfast", "14.20"),
    ] {
        clock.advance(Duration::from_mins(15));
        shop::sell(&memory, number, buyer, (what, price(amount)?), clock.now())?;
    }
    let one_each = Millionths::new(Millionths::ONE);
    let points = earning::points(price("14.20")?, Currency::EUR, one_each)?;
    println!("\nA breakfast is worth {points} points.");
    ensure(points == Points::new(14), "points are rounded down")?;

    // 6. Ada asks herself, in New York. There it is still morning; and with two orders she is a regular.
    let who = Identifier::default();
    let question = available::Question { who, store: Some(NEW_YORK), ..question };
    let now = clock.now();
    let offered = available::promotions(&mut store(&memory, &herself)?, &herself, &question, now)?;
    print::promotions("New York, 10:45; Ada is a regular", &offered);
    ensure(shop::to_be_had(&offered) == [true; 4], "all four are for her now")?;

    // 7. Purchase histories: Ada's own, and at the till that of whoever has this phone number.
    let consumer_phone_number = Some("0171 2345678".to_owned());
    let his = OrderFilter { consumer_phone_number, ..OrderFilter::default() };
    for (title, actor, filter, count) in [
        ("Ada's history", &herself, OrderFilter::default(), 2),
        ("Ben's history, at the till", &till, his, 1),
    ] {
        let tx = &mut store(&memory, actor)?;
        let page = history::list(tx, actor, filter, &PageRequest::first(10), now)?;
        let ids: Vec<_> = page.items.iter().map(|order| order.id).collect();
        print::history(title, &page.items, &item::per_order(tx, actor, &ids)?);
        ensure(ids.len() == count, "a history holds one's own orders")?;
    }

    // 8. The till sells by use cases: Ada earns, redeems, and brings something back.
    till::work(&memory, &clock, (ada, loyalty_id.as_str()), (&till, &house))
}

/// What an actor reaches: that follows from who asks, never from what is asked.
fn store(memory: &Memory, actor: &Actor) -> Result<MemoryStore, Denied> {
    Ok(memory.scoped(actor.require_known()?))
}

fn ben(phone: &str) -> NewConsumer {
    let fields = ConsumerPatch {
        firstname: Change::Set("Ben".to_owned()),
        phone_number: Change::Set(phone.to_owned()),
        country: Country::from_alpha2("DE").into(), // How a national number is read.
        ..ConsumerPatch::default()
    };
    NewConsumer { fields, ..NewConsumer::default() }
}

/// What this program shows must be so.
fn ensure(holds: bool, sentence: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("it does not hold that {sentence}")) }
}
