//! The coffee house and its people. Rows that no use case writes yet are put down as they are: in a program of yours they
//! come from where you keep them.

use std::error::Error;

use regulars_customer::input::{AccountFields, account_profile};
use regulars_customer::{CustomerStore, LoyaltyId, NewPerson, Profile, UserType};
use regulars_kernel::{
    Currency, LoyaltyCardId, MerchantId, Money, OfferId, OrderId, OrderItemId, PersonId, Points,
    Scope, StoreId, Timestamp, Violations,
};
use regulars_loyalty::{Available, LoyaltyCard, Millionths, PointsProgram, Program, Spending};
use regulars_merchant::{Merchant, Store, Tz, business_date};
use regulars_order::{Order, OrderItem, memory::Memory};
use regulars_promotion::{Discount, Offer, Target, Terms};

pub const MERCHANT: MerchantId = MerchantId::new(1);
pub const TILL: PersonId = PersonId::new(2);
pub const BERLIN: StoreId = StoreId::new(11);
pub const NEW_YORK: StoreId = StoreId::new(12);
pub const CARD: LoyaltyCardId = LoyaltyCardId::new(31);

/// The merchant, its stores, offers, card and staff.
pub fn open(memory: &Memory, now: Timestamp) -> Result<(), Box<dyn Error>> {
    let merchants = memory.customers().merchants();
    let (zone, currency) = (Tz::Europe__Berlin, Currency::EUR);
    merchants.put_merchant(Merchant::new(MERCHANT, "Crema", zone, currency, now));
    merchants.put_store(Store::new(BERLIN, MERCHANT, "Crema Berlin", now));
    // A store goes by the merchant's clock, or by one of its own.
    let new_york = Store::new(NEW_YORK, MERCHANT, "Crema New York", now);
    merchants.put_store(Store { time_zone: Some(Tz::America__New_York), ..new_york });

    let morning = Terms {
        day_start_time: Some("08:00".parse()?),
        day_end_time: Some("11:30".parse()?),
        ..Terms::open()
    };
    // Whom something is for is said in rules that people and programs can read. They are checked here, once.
    let regulars = Target::parse(r#"[["orders__count", "gte", 2]]"#);
    let regulars = regulars.map_err(|rule| rule.to_string())?;
    let offers = [
        ("Ten percent off", 100_000, Terms::open()),
        ("Half a croissant in the morning", 500_000, morning),
        ("The regulars' espresso", 1_000_000, Terms { target: Some(regulars), ..Terms::open() }),
    ];
    for (id, (name, millionths, terms)) in (21..).zip(offers) {
        let discount = Discount::Percentage(millionths);
        let offer = Offer::new(OfferId::new(id), MERCHANT, name, discount, now);
        memory.loyalty().promotions().put_offer(Offer { terms, ..offer });
    }

    // A point for each euro; a hundred and more of them pay a cent each.
    let one = Millionths::new(Millionths::ONE);
    let points_needed = Points::new(100);
    let spending = Spending::Flat { points_needed, incremental_points: None, point_worth: one };
    let program = Program::Points(PointsProgram::new(spending, one));
    memory.loyalty().put_card(LoyaltyCard::new(CARD, MERCHANT, "Points", currency, program, now));

    // A merchant's founder has the merchant's number.
    for (id, firstname) in [(MERCHANT.founder(), "Olga"), (TILL, "Tilo")] {
        let profile = Profile { firstname: firstname.to_owned(), ..Profile::default() };
        let buyer = NewPerson::consumer(profile, LoyaltyId::from_entropy(0), now);
        let seller = NewPerson { user_type: UserType::Merchant, loyalty_id: None, ..buyer };
        memory.customers().put_person(seller.with_id(id));
        memory.customers().put_staff(MERCHANT, id);
    }
    Ok(())
}

/// An account of somebody who signed up. (The crate `auth` adds passwords and sessions to this.)
pub fn sign_up_ada(
    memory: &Memory,
    now: Timestamp,
) -> Result<(PersonId, LoyaltyId), Box<dyn Error>> {
    let told = AccountFields {
        email: "ada@example.com".to_owned(),
        firstname: "Ada".to_owned(),
        lastname: "Lovelace".to_owned(),
        ..AccountFields::default()
    };
    let mut wrong = Violations::new();
    let profile = account_profile(&told, now, &mut wrong).ok_or(wrong)?;
    // Sixty-four random bits: take yours from the operating system. This program is to print the same every time.
    let loyalty_id = LoyaltyId::from_entropy(0xADA);
    let new = NewPerson::consumer(profile, loyalty_id.clone(), now);
    // Who signs up is nobody yet: that alone, and logging in, happen on the whole platform.
    Ok((memory.scoped(Scope::Platform).insert_person(new)?, loyalty_id))
}

/// An order of one line, paid in Berlin.
pub fn sell(
    memory: &Memory,
    number: i64,
    buyer: PersonId,
    (what, total): (&str, Money),
    now: Timestamp,
) -> Result<(), Box<dyn Error>> {
    // The coffee house closes late: what is sold before four in the morning belongs to the day before.
    let date = business_date(Tz::Europe__Berlin, "04:00".parse()?, now);
    let sale = Order::sale(OrderId::new(number), (MERCHANT, BERLIN), total, date, now);
    memory.put_item(OrderItem::new(OrderItemId::new(number), &sale, what, 1, total));
    memory.put_order(Order { consumer: Some(buyer), waiter: Some(TILL), ..sale });
    Ok(())
}

/// Which of what is offered is to be had.
pub fn to_be_had(offered: &[Available]) -> Vec<bool> {
    offered.iter().map(|one| one.eligibility.available()).collect()
}
