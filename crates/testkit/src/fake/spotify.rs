//! Spotify on loopback, as far as it is about accounts: people who allow an app to see their profile, the grants that come of it, and the
//! profile. It refuses what Spotify would refuse, and has a script of faults.
//!
//! Both hosts of Spotify are one here: `/authorize` and `/api/token` of the one, `/v1/me` of the other. Who is asked to allow an app is
//! whoever [`World::signed_in`] names; by hand, one chooses.

mod account;
mod grant;
mod hand;
mod reply;
mod script;
mod server;
mod world;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use serde_json::{Value, json};

pub use self::{
    account::Account,
    hand::Hand,
    script::{Bad, On},
    world::{Mode, World},
};

/// How many requests are answered at once.
const CLERKS: usize = 4;

/// Spotify, until it is dropped.
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
    /// Starts one without accounts, on a free port.
    pub fn start() -> Self {
        Self::start_at(0, World::default())
    }

    /// Starts one on a port; 0 is a free one.
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

    /// The settings to connect with.
    pub fn settings(&self) -> Value {
        let world = self.world();
        json!({
            "clientId": world.client_id,
            "redirectUri": world.redirect_uris.first(),
            "mode": world.mode.name(),
            "endpoint": self.address(),
        })
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        for _ in 0..CLERKS {
            self.server.unblock();
        }
    }
}
