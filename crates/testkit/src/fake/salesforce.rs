//! A Salesforce organisation on loopback: contacts and accounts that can be changed, merged, deleted and purged, both ways to log in, queries, bulk
//! jobs, the log of deletions, upserts, a day's budget of requests, and a script of faults. It answers what Salesforce would, and refuses what
//! Salesforce would refuse; of SOQL it knows what a sync needs and calls the rest malformed.
//!
//! That it is like Salesforce is judged by a client of somebody else's, npm's `jsforce` (`make certify`).

mod bulk;
mod deleted;
mod hand;
mod login;
mod query;
mod reply;
mod save;
mod schema;
mod script;
mod server;
mod soql;
mod thing;
mod world;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use serde_json::{Value, json};

pub use self::{
    hand::Hand,
    schema::{Column, Kind},
    script::{Bad, On},
    thing::{Thing, stamp},
    world::World,
};

/// How many requests are answered at once.
const CLERKS: usize = 4;

/// An organisation, open until it is dropped.
pub struct Fake {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    server: Arc<tiny_http::Server>,
}

impl Fake {
    /// Opens an empty organisation on a free port.
    pub fn start() -> Self {
        Self::start_at(0, World::default())
    }

    /// Opens an organisation on a port; 0 is a free one.
    ///
    /// # Panics
    /// Where the port cannot be had.
    pub fn start_at(port: u16, mut world: World) -> Self {
        let server = match tiny_http::Server::http((Ipv4Addr::LOCALHOST, port)) {
            Ok(server) => Arc::new(server),
            Err(error) => panic!("port {port}: {error}"),
        };
        let Some(address) = server.server_addr().to_ip() else { panic!("no address") };
        world.address = format!("http://{address}");
        let world = Arc::new(Mutex::new(world));
        for _ in 0..CLERKS {
            let (server, world) = (Arc::clone(&server), Arc::clone(&world));
            thread::spawn(move || server::serve(&server, &world));
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

    /// The settings to connect with, for one of the ways to log in: `clientCredentials`, `jwtBearer`.
    pub fn settings(&self, flow: &str) -> Value {
        let world = self.world();
        json!({
            "domain": "fake", "endpoint": self.address(), "flow": flow, "clientId": world.client_id,
            "username": world.username,
        })
    }

    /// The credentials to connect with, for one of the ways to log in.
    pub fn credentials(&self, flow: &str) -> Value {
        match flow {
            "jwtBearer" => json!({ "privateKey": login::PRIVATE_KEY }),
            _ => json!({ "clientSecret": self.world().client_secret }),
        }
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fake").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        for _ in 0..CLERKS {
            self.server.unblock();
        }
    }
}
