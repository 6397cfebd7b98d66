//! A merchant takes its customers over from another system, and asks who of them fits a segment (rule 31).
//!
//! `cargo run -p regulars-customer --example segments --features memory`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use regulars_customer::{
    Change, ConsumerPatch, FilterArguments, LoyaltyId, NewConsumer, consumer, memory::Memory,
    segment, upsert,
};
use regulars_kernel::{Actor, Currency, MerchantId, PageRequest, Timestamp};
use regulars_merchant::{EntitySource, Merchant};

fn main() -> Result<(), Box<dyn Error>> {
    let now = Timestamp::from("2026-06-02T12:00:00Z".parse::<DateTime<Utc>>()?);
    let merchant = MerchantId::new(1);
    let memory = Memory::new();
    let crema = Merchant::new(merchant, "Crema", Tz::Europe__Berlin, Currency::EUR, now);
    memory.merchants().put_merchant(crema);
    let actor = Actor::system(merchant);
    let mut tx = memory.scoped(actor.require_known()?);

    // The same record twice is one customer: the last one is changed, not made again.
    let records = [
        ("till-1", "Ada", "Bonn", "1990-02-28"),
        ("till-2", "Ben", "Köln", "2001-11-05"),
        ("till-3", "Cleo", "BONN", "2015-07-01"),
        ("till-2", "Ben", "Bonn", "2001-11-05"),
    ];
    for (entropy, (source_id, firstname, city, birthday)) in (1..).zip(records) {
        let fields = ConsumerPatch {
            firstname: Change::Set(firstname.to_owned()),
            city: Change::Set(city.to_owned()),
            birthday: Change::Set(birthday.parse()?),
            ..ConsumerPatch::default()
        };
        let record = NewConsumer {
            fields,
            entity_source: Some(EntitySource::Pos),
            entity_source_id: Some(source_id.to_owned()),
        };
        // In earnest: 64 bits of the operating system's chance.
        let loyalty_id = LoyaltyId::from_entropy(entropy);
        let done = upsert::upsert(&mut tx, &actor, &record, loyalty_id, now)?;
        println!("{source_id}: {}", if done.created { "created" } else { "changed" });
    }

    let rules = r#"[["city", "exact", "bonn"], "AND", ["age", "gte", 18]]"#;
    let segment = segment::parse_text(rules).map_err(|rule| rule.to_string())?;
    let arguments = FilterArguments { segment: Some(segment), ..FilterArguments::default() };
    let filter = consumer::filter(&mut tx, &actor, arguments, now)?;
    let page = consumer::list(&mut tx, &actor, &filter, &PageRequest::first(10))?;
    let names: Vec<_> = page.items.iter().map(|one| one.profile.firstname.as_str()).collect();
    println!("Grown up in Bonn: {}", names.join(", "));
    assert_eq!(names, ["Ada", "Ben"]);
    Ok(())
}
