//! One instant in two stores: which business date it is there, and whether breakfast is served (rule 26).
//!
//! `cargo run -p regulars-merchant --example opening_hours --features memory`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use chrono::{DateTime, Utc};
use regulars_kernel::{Actor, Currency, MerchantId, PageRequest, StoreId, Timestamp};
use regulars_merchant::{
    Hours, Merchant, Store, StoreFilter, Tz, Weekdays, memory::Memory, schedule, store,
};

fn main() -> Result<(), Box<dyn Error>> {
    let now = Timestamp::from("2026-06-02T01:30:00Z".parse::<DateTime<Utc>>()?);
    let id = MerchantId::new(1);
    let merchant = Merchant::new(id, "Crema", Tz::Europe__Berlin, Currency::EUR, now);
    let berlin = Store::new(StoreId::new(11), id, "Crema Berlin", now);
    let tokyo = Store::new(StoreId::new(12), id, "Crema Tokyo", now);

    let memory = Memory::new();
    memory.put_merchant(merchant.clone());
    // A bar: what it sells before four in the morning belongs to the day before.
    memory.put_store(Store { day_starts_at: "04:00".parse()?, ..berlin });
    memory.put_store(Store { time_zone: Some(Tz::Asia__Tokyo), ..tokyo });

    let breakfast = Hours::between(Some("07:00".parse()?), Some("11:00".parse()?));
    let actor = Actor::system(id);
    let mut tx = memory.scoped(actor.require_known()?);
    let page = store::list(&mut tx, &actor, StoreFilter::default(), &PageRequest::first(10))?;
    let mut served = Vec::new();
    for store in page.items {
        let (zone, starts) = (store.zone(&merchant), store.day_starts_at);
        let open = schedule::is_open(Weekdays::EVERY_DAY, breakfast, zone, starts, now);
        let date = store.business_date(&merchant, now);
        println!("{:<13} {date}  {}", store.name, if open { "breakfast" } else { "no breakfast" });
        served.push((date.to_string(), open));
    }
    // 03:30 in Berlin, 10:30 in Tokyo.
    assert_eq!(served, [("2026-06-01".to_owned(), false), ("2026-06-02".to_owned(), true)]);
    Ok(())
}
