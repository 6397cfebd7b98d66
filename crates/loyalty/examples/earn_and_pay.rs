//! What a sale earns with each of a customer's cards (rules 14, 15), and what their points pay of the next one (rule 24).
//!
//! `cargo run -p regulars-loyalty --example earn_and_pay`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use regulars_kernel::{Currency, LoyaltyCardId, MerchantId, Money, Points, ProductId, Timestamp};
use regulars_loyalty::{
    Earner, LoyaltyCard, Millionths, PointsProgram, Program, SaleLine, Spending, StampsProgram,
    Tariff, earner,
};

fn main() -> Result<(), Box<dyn Error>> {
    let currency = Currency::EUR;
    let card = |id, name, program| {
        let (merchant, now) = (MerchantId::new(1), Timestamp::from_seconds(0));
        LoyaltyCard::new(LoyaltyCardId::new(id), merchant, name, currency, program, now)
    };
    // A point for each euro; from a hundred on they pay, ten at a time, a cent and a half each.
    let spending = Spending::Flat {
        points_needed: Points::new(100),
        incremental_points: Some(Points::new(10)),
        point_worth: Millionths::new(1_500_000),
    };
    let plain = PointsProgram::new(spending, Millionths::new(1_000_000));
    let plain = card(31, "Crema points", Program::Points(plain));
    // Three points for each euro spent on coffee.
    let coffee = ProductId::new(11);
    let triple = PointsProgram::new(Spending::Product, Millionths::new(3_000_000));
    let mut triple = card(32, "Coffee club", Program::Points(triple));
    triple.products.push(coffee);
    let (max_stamps_per_day, stamp_expiration_days) = (Some(1), None);
    let stamps = StampsProgram { stamps_needed: 10, max_stamps_per_day, stamp_expiration_days };
    let stamps = card(33, "The tenth is free", Program::Stamps(stamps));

    let cards = [&plain, &triple, &stamps];
    let earners =
        cards.map(|card| Earner { card, tax_included: true, earned_that_day: Points::ZERO });
    let line = |product: i64, quantity, net| -> Result<SaleLine, Box<dyn Error>> {
        let (product, net) = (Some(ProductId::new(product)), Money::parse(net, currency)?);
        Ok(SaleLine { product, quantity, net, tax: None, paid_with_points: 0 })
    };
    let lines = [line(11, 2, "6.60")?, line(12, 1, "9.90")?];
    let earned = earner::of_sale(&earners, &lines);
    for (card, earned) in cards.into_iter().zip(&earned) {
        match earned {
            Ok(earning) => {
                println!("{}: {}, by line {:?}", card.name, earning.amount, earning.lines);
            }
            Err(why) => println!("{}: nothing. {why} [{}]", card.name, why.code()),
        }
    }
    // 6.60 EUR of coffee are 19 points with the one, 16.50 EUR in all are 16 with the other.
    let amounts: Vec<_> =
        earned.iter().map(|one| one.as_ref().ok().map(|earning| earning.amount.get())).collect();
    assert_eq!(amounts, [None, Some(19), Some(1)]);

    let tariff = Tariff::of(&plain).ok_or("its points buy rewards")?;
    let bill = Money::parse("4.20", currency)?;
    let paid = tariff.most(bill, Points::new(347))?;
    println!("With 347 points, {} pay {} of {bill} EUR.", paid.points, paid.amount);
    assert_eq!((paid.points.get(), paid.amount.minor()), (280, 420));
    if let Err(why) = tariff.worth(Points::new(95)) {
        println!("95 points pay nothing. {why} [{}]", why.code());
    }
    Ok(())
}
