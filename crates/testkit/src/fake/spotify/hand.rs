//! The fake run by hand: `regulars-fake spotify --customers 5 --port 4000`.

use std::{
    io::{self, Write as _},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Account, Fake, World};

/// How the fake is run by hand.
#[derive(Clone, Debug, clap::Args)]
pub struct Hand {
    /// How many people have an account.
    #[arg(long, default_value_t = 5)]
    customers: u64,
    /// The port on 127.0.0.1; 0 is a free one.
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// Gives the app the extended quota: more than five people, of whom all is told.
    #[arg(long)]
    extended: bool,
    /// Where people are sent back to.
    #[arg(long, default_value = "http://127.0.0.1:8080/spotify/callback")]
    redirect_uri: String,
}

impl Hand {
    /// Starts the fake, says how to connect to it, and runs until it is ended.
    ///
    /// # Errors
    /// Where nothing can be printed any more.
    pub fn run(&self) -> io::Result<()> {
        let mut world = World::default();
        world.now = present();
        world.redirect_uris = vec![self.redirect_uri.clone()];
        if self.extended {
            world.extend();
        }
        for nth in 1..=self.customers {
            world.open(Account::nth(nth));
        }
        // Whoever is asked chooses who they are.
        world.signed_in = None;
        let first = world.accounts.keys().next().cloned();
        let token = first.map(|id| world.grant(&id).0).unwrap_or_default();
        let fake = Fake::start_at(self.port, world);
        let address = fake.address();
        let mut out = io::stdout().lock();
        writeln!(out, "Spotify with {} accounts: {address}", self.customers)?;
        writeln!(out, "Settings: {}", fake.settings())?;
        writeln!(out, "Credentials: none; each customer links their own account.")?;
        writeln!(out, "Try: curl {address}/v1/me -H 'Authorization: Bearer {token}'")?;
        out.flush()?;
        loop {
            thread::sleep(Duration::from_secs(1));
            fake.world().now = present();
        }
    }
}

fn present() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}
