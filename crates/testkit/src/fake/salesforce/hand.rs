//! The organisation run by hand: `regulars-fake salesforce --customers 100000 --port 4000`.

use std::{
    io::{self, Write as _},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::{Column, Fake, Kind, World};

const FIRST_NAMES: [&str; 8] =
    ["Ada", "Bruno", "Chloé", "David", "Ewa", "Fatih", "Grace", "Héctor"];
const LAST_NAMES: [&str; 9] =
    ["Abe", "Brandt", "Costa", "Dvořák", "Evans", "Fischer", "Grün-Ek", "O'Hara", "Ito"];
const CITIES: [(&str, &str); 5] = [
    ("Berlin", "Germany"),
    ("Wien", "Austria"),
    ("Lyon", "France"),
    ("Austin", "United States"),
    ("Osaka", "Japan"),
];

/// How the organisation is run by hand.
#[derive(Clone, Debug, clap::Args)]
pub struct Hand {
    /// How many contacts it has.
    #[arg(long, default_value_t = 1_000)]
    customers: u64,
    /// How many of a hundred of them are person accounts; above 0 turns person accounts on.
    #[arg(long, default_value_t = 0)]
    persons: u64,
    /// The port on 127.0.0.1; 0 is a free one.
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// How to log in: `clientCredentials` or `jwtBearer`.
    #[arg(long, default_value = "clientCredentials")]
    flow: String,
    /// How many requests a day there are.
    #[arg(long, default_value_t = 100_000)]
    requests: u64,
    /// How many rows a page has, up to 2000.
    #[arg(long, default_value_t = 2_000)]
    page_rows: usize,
    /// Changes something every so many seconds: an edit, a newcomer, a merge, a deletion. 0: nothing changes by itself.
    #[arg(long, default_value_t = 0)]
    lively: u64,
}

impl Hand {
    /// Opens the organisation, says how to connect to it, and runs until it is ended.
    ///
    /// # Errors
    /// Where nothing can be printed any more.
    pub fn run(&self) -> io::Result<()> {
        let fake = Fake::start_at(self.port, self.world());
        let mut out = io::stdout().lock();
        let address = fake.address();
        let mut settings = fake.settings(&self.flow);
        if let Some(settings) = settings.as_object_mut() {
            settings.insert("externalIdField".to_owned(), json!("Regulars_Id__c"));
            settings.insert("pointsField".to_owned(), json!("Regulars_Points__c"));
        }
        writeln!(out, "An organisation with {} contacts: {address}", self.customers)?;
        writeln!(out, "Settings: {settings}")?;
        writeln!(out, "Credentials: {}", fake.credentials(&self.flow))?;
        let (id, secret) = {
            let world = fake.world();
            (world.client_id.clone(), world.client_secret.clone())
        };
        writeln!(
            out,
            "Try: TOKEN=$(curl -s {address}/services/oauth2/token -d grant_type=client_credentials -d client_id={id} -d client_secret={secret} | \
             sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')"
        )?;
        writeln!(
            out,
            "     curl -G {address}/services/data/v66.0/query -H \"Authorization: Bearer $TOKEN\" --data-urlencode \"q=SELECT Id, Name FROM Contact LIMIT 2\""
        )?;
        out.flush()?;
        for turn in 1_u64.. {
            thread::sleep(Duration::from_secs(self.lively.max(1)));
            if self.lively > 0 {
                let told = change_something(&mut fake.world(), turn);
                writeln!(out, "{told}")?;
            }
        }
        Ok(())
    }

    fn world(&self) -> World {
        let mut world = World::default();
        world.is_live = true;
        world.tick();
        world.requests_a_day = self.requests;
        world.page_rows = self.page_rows.clamp(1, 2_000);
        // Who plays by hand wants to see at once what they deleted.
        world.log_lag = -60;
        world.add_column("Contact", Column::external_id("Regulars_Id__c", Kind::Double));
        world.add_column("Contact", Column::new("Regulars_Points__c", Kind::Double));
        if self.persons > 0 {
            world.turn_person_accounts_on();
        }
        let present = world.now;
        for nth in 0..self.customers {
            // As if they had come over the last month.
            let ago = (self.customers - nth).saturating_mul(30 * 24 * 3_600) / self.customers;
            world.now = present.saturating_sub(i64::try_from(ago).unwrap_or(0));
            if nth % 100 < self.persons {
                world.add_person(&somebody(nth), &json!({}));
            } else {
                world.add_contact(&somebody(nth));
            }
        }
        world.now = present;
        world
    }
}

fn pick<T: Clone>(list: &[T], nth: u64) -> Option<T> {
    let length = u64::try_from(list.len()).ok()?;
    list.get(usize::try_from(nth.checked_rem(length)?).ok()?).cloned()
}

/// The nth contact: the same whenever it is made.
fn somebody(nth: u64) -> Value {
    let (first, last) = (pick(&FIRST_NAMES, nth), pick(&LAST_NAMES, nth));
    let (city, country) = pick(&CITIES, nth).unwrap_or_default();
    json!({
        "FirstName": first, "LastName": last, "Email": format!("contact{nth}@example.com"),
        "MobilePhone": (!nth.is_multiple_of(3)).then(|| format!("+49151{:07}", nth % 10_000_000)),
        "Phone": format!("+4930{:04}", nth % 50), "MailingCity": city, "MailingCountry": country,
        "MailingStreet": format!("Weg {}\n{}. Stock", nth % 200, nth % 6),
        "Birthdate": (!nth.is_multiple_of(4)).then(|| format!("19{}-{:02}-{:02}", 50 + nth % 50, 1 + nth % 12, 1 + nth % 28)),
        "HasOptedOutOfEmail": nth.is_multiple_of(10),
    })
}

/// Changes something, and says what.
fn change_something(world: &mut World, turn: u64) -> String {
    world.tick();
    let some: Vec<String> = world.contacts().map(|(id, _)| id.clone()).take(200).collect();
    match (
        turn % 4,
        pick(&some, turn.wrapping_mul(7)),
        pick(&some, turn.wrapping_mul(13).wrapping_add(1)),
    ) {
        (1, Some(id), _) => {
            world.edit_contact(&id, &json!({ "Title": format!("Turn {turn}") }));
            format!("{id} was edited")
        }
        (2, Some(kept), Some(lost)) if kept != lost => {
            world.merge_contacts(&kept, &lost);
            format!("{lost} was merged into {kept}")
        }
        (3, Some(id), _) => {
            world.delete_contact(&id);
            format!("{id} was deleted")
        }
        _ => {
            format!("{} was added", world.add_contact(&somebody(1_000_000_u64.wrapping_add(turn))))
        }
    }
}
