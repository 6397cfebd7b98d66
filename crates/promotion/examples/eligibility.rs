//! An offer, and one pure function that says whether it is available, or what stands against it (rule 32).
//!
//! `cargo run -p regulars-promotion --example eligibility --features memory`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use chrono::{DateTime, NaiveTime, Utc, Weekday};
use regulars_customer::{
    LoyaltyId, Membership, NewPerson, Profile, Sharing, segment::SegmentFacts,
};
use regulars_kernel::{Actor, Currency, MerchantId, OfferId, PersonId, StoreId, Timestamp};
use regulars_merchant::{Tz, business_date};
use regulars_promotion::{
    Discount, Facts, Offer, Place, Target, Terms, Uses, memory::Memory, offer,
};

fn main() -> Result<(), Box<dyn Error>> {
    let friday = Timestamp::from("2026-06-05T15:30:00Z".parse::<DateTime<Utc>>()?);
    let merchant = MerchantId::new(1);

    // A fifth off on Fridays from five, once for each customer, for whoever lives in Bonn.
    let target =
        Target::parse(r#"[["city", "exact", "Bonn"]]"#).map_err(|rule| rule.to_string())?;
    let terms = Terms {
        weekdays: [Weekday::Fri].into_iter().collect(),
        day_start_time: Some("17:00".parse()?),
        repeatable: false,
        target: Some(target),
        ..Terms::open()
    };
    let id = OfferId::new(21);
    let discount = Discount::Percentage(200_000);
    let offer = Offer::new(id, merchant, "After work", discount, friday);
    let memory = Memory::new();
    memory.put_offer(Offer { terms, ..offer });
    let actor = Actor::system(merchant);
    let offer = offer::get(&mut memory.scoped(actor.require_known()?), &actor, id)?;

    let zone = Tz::Europe__Berlin;
    let today = business_date(zone, "00:00".parse()?, friday);
    let judge = |city: &str, zone: Tz, redeemed: i64| {
        let profile = Profile { city: Some(city.to_owned()), ..Profile::default() };
        let ada = NewPerson::consumer(profile, LoyaltyId::from_entropy(1), friday);
        let ada = ada.with_id(PersonId::new(2));
        let member = Membership::of_account(&ada, merchant, Sharing::Full, friday);
        let day_starts_at = NaiveTime::MIN;
        let store =
            Place { store: Some(StoreId::new(11)), groups: Vec::new(), zone, day_starts_at };
        let facts = Facts {
            at: friday,
            places: &[store],
            uses: Uses { total: redeemed, own: redeemed, last: None },
            customer: &SegmentFacts::of(member, Currency::EUR, today),
        };
        let decided = offer.eligibility(&facts);
        println!("{city}, by the clock of {zone}, redeemed {redeemed} times:");
        for reason in &decided.reasons {
            println!("  {reason} [{}]", reason.code());
        }
        if decided.available() {
            println!("  available");
        }
        decided.reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>()
    };
    assert!(judge("Bonn", zone, 0).is_empty());
    assert_eq!(judge("Bonn", Tz::Europe__London, 0), ["outside_hours"]);
    assert_eq!(judge("Köln", zone, 1), ["segment_mismatch", "already_redeemed"]);
    Ok(())
}
