//! A Shopify shop on loopback: customers and orders that can be changed, tokens, the Admin GraphQL interface with its pages, costs and
//! bulk operations, webhooks, and a script of faults. It answers what Shopify would, and refuses what Shopify would refuse.
//!
//! It executes whatever query it is sent over what the shop has; a field that it does not know it refuses, as Shopify does. That its answers
//! have the types that Shopify promises is judged by Shopify's own schema (`make certify`).

#![allow(
    clippy::indexing_slicing,
    reason = "a JSON value answers null for what it has not, and is an object wherever something is put into it"
)]

mod bulk;
mod cost;
mod customer;
mod graphql;
mod hand;
mod hook;
mod mutation;
mod order;
mod root;
mod script;
mod server;
mod table;
mod token;
mod world;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use serde_json::{Value, json};

pub use self::{
    customer::Customer,
    hand::Hand,
    hook::Hook,
    order::{Line, Order, Refund},
    script::{Bad, On},
    world::World,
};

/// How many questions are answered at once.
const CLERKS: usize = 4;

/// A shop, open until it is dropped.
pub struct Fake {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    server: Arc<tiny_http::Server>,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fake").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Fake {
    /// Opens an empty shop on a free port.
    pub fn start() -> Self {
        Self::start_at(0, World::default())
    }

    /// Opens a shop on a port; 0 is a free one.
    ///
    /// # Panics
    /// Where the port cannot be had.
    pub fn start_at(port: u16, world: World) -> Self {
        let server = match tiny_http::Server::http((Ipv4Addr::LOCALHOST, port)) {
            Ok(server) => Arc::new(server),
            Err(error) => panic!("port {port}: {error}"),
        };
        let Some(address) = server.server_addr().to_ip() else { panic!("no address") };
        let world = Arc::new(Mutex::new(world));
        for _ in 0..CLERKS {
            let (server, world) = (Arc::clone(&server), Arc::clone(&world));
            thread::spawn(move || server::serve(&server, &world, address));
        }
        Self { address, world, server }
    }

    /// Where it listens: `http://127.0.0.1:4000`.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What there is, to be changed.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings to connect with, for one of the ways to log in: `client_credentials`, `static`, `refresh`.
    pub fn settings(&self, access: &str) -> Value {
        let world = self.world();
        json!({
            "shop": world.shop, "access": access, "clientId": world.tokens.client_id,
            "endpoint": self.address(),
        })
    }

    /// The credentials to connect with, for one of the ways to log in.
    pub fn credentials(&self, access: &str) -> Value {
        let mut world = self.world();
        let secret = world.tokens.client_secret.clone();
        match access {
            "static" => json!({ "accessToken": world.tokens.forever, "clientSecret": secret }),
            "refresh" => {
                json!({ "refreshToken": world.tokens.authorize(), "clientSecret": secret })
            }
            _ => json!({ "clientSecret": secret }),
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        for _ in 0..CLERKS {
            self.server.unblock();
        }
    }
}
