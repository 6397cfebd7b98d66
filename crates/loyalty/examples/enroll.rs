//! A consumer takes a loyalty card and becomes a customer by it (rule 7); what the card's first sale would earn (rule 14).
//!
//! `cargo run -p regulars-loyalty --example enroll --features memory`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use chrono::{DateTime, Utc};
use regulars_customer::{CustomerStore, LoyaltyId, NewPerson, Profile};
use regulars_kernel::{Actor, Currency, LoyaltyCardId, MerchantId, Money, Scope, Timestamp};
use regulars_loyalty::{
    LoyaltyCard, Millionths, PointsProgram, Program, Spending, available, earning, enrollment,
    memory::Memory,
};
use regulars_merchant::{Merchant, Tz};

fn main() -> Result<(), Box<dyn Error>> {
    let now = Timestamp::from("2026-06-02T12:00:00Z".parse::<DateTime<Utc>>()?);
    let (merchant, currency) = (MerchantId::new(1), Currency::EUR);
    let memory = Memory::new();
    let crema = Merchant::new(merchant, "Crema", Tz::Europe__Berlin, currency, now);
    memory.customers().merchants().put_merchant(crema);

    // A point and a half for each euro; points buy the card's rewards.
    let program = PointsProgram::new(Spending::Product, Millionths::new(1_500_000));
    let id = LoyaltyCardId::new(31);
    let points = Program::Points(program.clone());
    memory.put_card(LoyaltyCard::new(id, merchant, "Crema points", currency, points, now));

    // Ada signs up; nobody's customer yet.
    let profile = Profile { firstname: "Ada".to_owned(), ..Profile::default() };
    let ada = NewPerson::consumer(profile, LoyaltyId::from_entropy(0xADA), now);
    let ada = memory.scoped(Scope::Platform).insert_person(ada)?;
    let actor = Actor::Consumer { person: ada };
    let mut tx = memory.scoped(actor.require_known()?);

    let question = available::Question::default();
    assert_eq!(available::promotions(&mut tx, &actor, &question, now)?, []);
    let enrolled = enrollment::enroll(&mut tx, &actor, id, now)?;
    println!("Ada has {:?} with {} points.", enrolled.card.name, enrolled.account.balance);
    for one in available::promotions(&mut tx, &actor, &question, now)? {
        println!("Offered to her: {}", one.promotion.name());
        assert_eq!(one.promotion.merchant(), merchant);
    }
    // Once more changes nothing.
    assert_eq!(enrollment::enroll(&mut tx, &actor, id, now)?, enrolled);

    let sale = Money::parse("19.99", currency)?;
    let earned = earning::points(sale, currency, program.dollar_worth)?;
    println!("A sale of {sale} EUR earns {earned} points.");
    assert_eq!(earned.get(), 29);
    Ok(())
}
