//! The shop run by hand: `regulars-fake shopify --customers 100000 --port 4000`.

use std::{
    io::{self, Write as _},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::json;

use super::{Customer, Fake, Line, Order, World};

/// How the shop is run by hand.
#[derive(Clone, Debug, clap::Args)]
pub struct Hand {
    /// How many customers it has.
    #[arg(long, default_value_t = 1_000)]
    customers: u64,
    /// How many orders it has; each is of another customer.
    #[arg(long, default_value_t = 100)]
    orders: u64,
    /// The port on 127.0.0.1; 0 is a free one.
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// How to log in: `client_credentials`, `static` or `refresh`.
    #[arg(long, default_value = "client_credentials")]
    access: String,
    /// How many points come back each second: 100 for a small shop, 2000 for the largest.
    #[arg(long, default_value_t = 100)]
    restore_rate: i64,
    /// Changes something every so many seconds: an edit, a newcomer, an order or a refund. 0: nothing changes by itself.
    #[arg(long, default_value_t = 0)]
    lively: u64,
}

impl Hand {
    /// Opens the shop, says how to connect to it, and runs until it is ended.
    ///
    /// # Errors
    /// Where nothing can be printed any more.
    pub fn run(&self) -> io::Result<()> {
        let mut world = World::default();
        world.now = present();
        world.restore_rate = self.restore_rate;
        world.bulk_looks = 2;
        world.add_customers(self.customers);
        self.add_orders(&mut world);
        drop(world.take_hooks());
        let fake = Fake::start_at(self.port, world);
        let mut out = io::stdout().lock();
        let address = fake.address();
        writeln!(out, "A shop with {} customers: {address}", self.customers)?;
        writeln!(out, "Settings: {}", fake.settings(&self.access))?;
        writeln!(out, "Credentials: {}", fake.credentials(&self.access))?;
        let body =
            json!({ "query": "{ customers(first: 2) { nodes { id firstName updatedAt } } }" });
        writeln!(
            out,
            "Try: curl {address}/admin/api/2026-10/graphql.json -H 'Content-Type: application/json' -H 'X-Shopify-Access-Token: {}' -d '{body}'",
            fake.world().tokens.forever
        )?;
        out.flush()?;
        for second in 1_u64.. {
            thread::sleep(Duration::from_secs(1));
            let hooks = {
                let mut world = fake.world();
                world.now = present();
                if self.lively > 0 && second.is_multiple_of(self.lively) {
                    change_something(&mut world, second / self.lively);
                }
                world.take_hooks()
            };
            for hook in hooks {
                let mut request = ureq::post(&hook.uri);
                for (name, value) in &hook.headers {
                    request = request.header(name, value);
                }
                let said = match request.send(&hook.body) {
                    Ok(answer) => answer.status().to_string(),
                    Err(error) => error.to_string(),
                };
                writeln!(out, "{} told to {}: {said}", hook.topic, hook.uri)?;
            }
        }
        Ok(())
    }

    fn add_orders(&self, world: &mut World) {
        let most = usize::try_from(self.orders).unwrap_or(usize::MAX);
        let customers: Vec<u64> = world.customers().map(|(id, _)| id).take(most).collect();
        let orders = usize::try_from(self.orders).unwrap_or_default();
        for (customer, index) in customers.iter().cycle().take(orders).zip(0_i64..) {
            let lines = vec![Line::new("Coffee", 2, 450), Line::new("Cake", 1, 300 + index % 100)];
            world.add_order(Order { shipping: 490, ..Order::of(*customer, lines) });
        }
    }
}

fn present() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

fn change_something(world: &mut World, turn: u64) {
    let customer =
        world.customers().nth(usize::try_from(turn).unwrap_or(0) % 100).map(|(id, _)| id);
    let order = world.orders().last().map(|(id, _)| id);
    match (turn % 4, customer, order) {
        (0, Some(id), _) => {
            world.edit_customer(id, |one| one.note = Some(format!("turn {turn}")));
        }
        (1, Some(id), _) => {
            world.add_order(Order::of(id, vec![Line::new("Tea", 1, 250)]));
        }
        (2, _, Some(order)) => {
            world.refund(order, 100);
        }
        _ => {
            world.add_customer(Customer::named("New", "One", &format!("new{turn}@example.com")));
        }
    }
}
