//! A customer comes with four codes: which of them a sale takes, what each takes off, and why one does not (rules 22, 24).
//!
//! `cargo run -p regulars-promotion --example stacking`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use regulars_kernel::{Currency, MerchantId, Money, OfferId, ProductId, Timestamp};
use regulars_promotion::{
    Candidate, Code, Discount, Offer, Outcome, PricedLine, Sale, Terms, stacking,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (merchant, currency) = (MerchantId::new(1), Currency::EUR);
    let [coffee, cake] = [11, 12].map(ProductId::new);
    let offer = |id, name, discount, stackable, products: &[ProductId]| Offer {
        stackable,
        products: products.to_vec(),
        ..Offer::new(OfferId::new(id), merchant, name, discount, Timestamp::from_seconds(0))
    };
    let two_euros = Discount::FixedAmount(Money::parse("2.00", currency)?);
    let large = Offer {
        terms: Terms { minimum_spend: Some(Money::parse("30.00", currency)?), ..Terms::open() },
        ..offer(24, "Two euros off from thirty", two_euros, true, &[])
    };
    let offers = [
        offer(21, "Two coffees for one", Discount::Bogo(1), true, &[coffee]),
        offer(22, "A tenth off", Discount::Percentage(100_000), true, &[]),
        offer(23, "A fifth off, alone", Discount::Percentage(200_000), false, &[]),
        large,
    ];

    // Codes are made of random bytes, and typed as people type.
    let mut candidates = Vec::new();
    for (offer, byte) in offers.iter().zip(1..) {
        let code = Code::from_entropy([byte, 0xC0, 0xFF, 0xEE, byte]);
        let typed = Code::parse(&code.grouped().to_lowercase()).map_err(|rule| rule.to_string())?;
        candidates.push(Candidate::of(offer, &typed));
    }

    let line = |product, quantity, total| PricedLine { product: Some(product), quantity, total };
    let lines = [line(coffee, 2, 660), line(cake, 1, 450)];
    for allowed in [1, 2] {
        // Points worth three euros pay at last.
        let points_value = 300;
        let sale = Sale { currency, lines: &lines, candidates: &candidates, allowed, points_value };
        let price = stacking::price(&sale)?;
        println!("With {allowed} of the codes:");
        for (offer, outcome) in offers.iter().zip(&price.outcomes) {
            match outcome {
                Outcome::Applied(amount) => {
                    println!("  {}: −{}", offer.name, Money::new(*amount, currency));
                }
                Outcome::Skipped(why) => println!("  {}: {why} [{}]", offer.name, why.code()),
            }
        }
        let [points, to_pay] =
            [price.paid_with_points, price.to_pay].map(|minor| Money::new(minor, currency));
        println!("  Points pay {points}, {to_pay} are left to pay.");
        // 11.10 − 3.30 for a coffee, or less a tenth of the rest, less 3.00 in points.
        assert_eq!(price.to_pay, if allowed == 1 { 480 } else { 402 });
    }
    Ok(())
}
