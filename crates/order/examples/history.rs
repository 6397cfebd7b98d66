//! What a customer bought in the last thirty days, line by line; and that somebody else does not see it.
//!
//! `cargo run -p regulars-order --example history --features memory`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{error::Error, time::Duration as Time};

use chrono::{DateTime, Utc};
use regulars_kernel::{
    Actor, Currency, MerchantId, Money, OrderId, OrderItemId, PageRequest, PersonId, StoreId,
    Timestamp,
};
use regulars_merchant::{Merchant, Store, Tz};
use regulars_order::{Duration, Order, OrderFilter, OrderItem, history, item, memory::Memory};

fn main() -> Result<(), Box<dyn Error>> {
    let now = Timestamp::from("2026-06-02T12:00:00Z".parse::<DateTime<Utc>>()?);
    let (merchant, ada) = (MerchantId::new(1), PersonId::new(2));
    let crema = Merchant::new(merchant, "Crema", Tz::Europe__Berlin, Currency::EUR, now);
    let store = Store::new(StoreId::new(11), merchant, "Crema Berlin", now);

    let memory = Memory::new();
    memory.customers().merchants().put_merchant(crema.clone());
    memory.customers().merchants().put_store(store.clone());
    for (number, days_ago, what, cost) in
        [(1, 90, "Latte", "4.20"), (2, 8, "Espresso", "2.80"), (3, 1, "Breakfast", "14.20")]
    {
        let at = now.minus(Time::from_hours(24 * days_ago));
        let total = Money::parse(cost, Currency::EUR)?;
        let (id, place) = (OrderId::new(number), (merchant, store.id));
        let sale = Order::sale(id, place, total, store.business_date(&crema, at), at);
        let line = OrderItem::new(OrderItemId::new(number), &sale, what, 1, total);
        memory.put_order(Order { consumer: Some(ada), ..sale });
        memory.put_item(line);
    }

    let mut seen = Vec::new();
    for person in [ada, PersonId::new(3)] {
        let actor = Actor::Consumer { person };
        let mut tx = memory.scoped(actor.require_known()?);
        let duration = Duration::parse("P30D").map_err(|rule| rule.to_string())?;
        let filter = OrderFilter { duration: Some(duration), ..OrderFilter::default() };
        let page = history::list(&mut tx, &actor, filter, &PageRequest::first(10), now)?;
        println!("Person {person} sees {} orders.", page.items.len());
        let ids: Vec<_> = page.items.iter().map(|order| order.id).collect();
        // The lines of all orders at once, as a database would load them.
        for (order, lines) in item::per_order(&mut tx, &actor, &ids)? {
            for line in lines {
                println!("  {order}: {} {}", line.name, line.cost);
            }
        }
        seen.push(ids);
    }
    assert_eq!(seen, [vec![OrderId::new(3), OrderId::new(2)], vec![]]);
    Ok(())
}
