//! `spotify-link ENDPOINT REDIRECT_URI POLLS`: links an account of what stands at an address, as a customer whose browser agrees to
//! everything would, and polls it so many times. Each poll is a line of JSON on the standard output, and so is what went wrong. The
//! certification runs it against servers that others wrote.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    sync::Arc,
};

use parking_lot::Mutex;
use regulars_kernel::{MerchantId, PersonId, SystemClock};
use regulars_source::record::{Body, Field};
use regulars_sync::{
    connector::{Credentials, Fault},
    kind::Opening,
    outgoing::{Client, Outgoing, Patience, Reach},
    spotify::{Callback, Held, Polled, Spotify, attempt::Accepted},
};
use serde_json::{Value, json};

#[derive(Debug)]
struct Kept(Mutex<Value>);

impl Credentials for Kept {
    fn load(&self) -> Result<Value, Fault> {
        Ok(self.0.lock().clone())
    }

    fn renew(&self, renew: &mut dyn FnMut(&Value) -> Result<Value, Fault>) -> Result<Value, Fault> {
        let mut stored = self.0.lock();
        let renewed = renew(&stored)?;
        stored.clone_from(&renewed);
        Ok(renewed)
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, redirect, polls] = arguments.as_slice() else { return ExitCode::from(2) };
    let Ok(polls) = polls.parse() else { return ExitCode::from(2) };
    match link(endpoint, redirect, polls) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            say(&json!({ "fault": format!("{fault:?}") }));
            ExitCode::FAILURE
        }
    }
}

fn say(value: &Value) {
    writeln!(io::stdout(), "{value}").ok();
}

fn link(endpoint: &str, redirect: &str, polls: u32) -> Result<(), Fault> {
    let broken = |what: &str| Fault::Schema(what.to_owned());
    let client = Client::new(Reach::Anywhere, Patience::default());
    let settings =
        json!({ "clientId": "certified", "redirectUri": redirect, "endpoint": endpoint });
    let app = Spotify::open(&Opening {
        settings: settings.as_object().cloned().unwrap_or_default(),
        credentials: Arc::new(Kept(Mutex::default())),
        client: client.clone(),
        reach: Reach::Anywhere,
        clock: Arc::new(SystemClock),
    })?;

    let (merchant, person) = (MerchantId::new(1), PersonId::new(2));
    let begun = app.begin(merchant, person, &mut rand::rng())?;
    let asked = Outgoing { method: "GET", url: &begun.authorize, headers: &[], body: &[] };
    let answer = client.send(&asked)?;
    let sent_to = answer.header("location").ok_or_else(|| broken("nobody is sent back"))?;
    let (address, query) = sent_to.split_once('?').ok_or_else(|| broken("no query"))?;
    if address != redirect {
        return Err(broken("sent to another address"));
    }
    let callback = Callback::from_query(query).map_err(|unlinked| broken(&unlinked.to_string()))?;
    let now = regulars_kernel::Clock::now(&SystemClock);
    let accepted = begun.attempt.accept(&callback, merchant, person, now);
    let Ok(Accepted::Code(code)) = accepted else { return Err(broken("another callback")) };

    let grant = app.exchange(&begun.attempt, code)?;
    let first = app.introduce(&grant)?;
    let mut held = Held { key: first.record.key.clone(), extra: None };
    say(&told(&first, &mut held));
    let link = app.link(Arc::new(Kept(Mutex::new(grant.credentials()))));
    for _ in 0..polls {
        match link.poll(&held) {
            Ok(polled) => say(&told(&polled, &mut held)),
            Err(fault) => say(&json!({ "fault": format!("{fault:?}") })),
        }
    }
    Ok(())
}

/// A poll in JSON; what is held of the link from now on.
fn told(polled: &Polled, held: &mut Held) -> Value {
    let Body::Customer(customer) = &polled.record.body else { return Value::Null };
    let fields = customer.fields.iter().map(|(field, value)| (field.name(), json!(value)));
    held.key = polled.record.key.clone();
    if let Some(extra) = customer.fields.get(&Field::Extra("spotify".to_owned())) {
        held.extra.clone_from(extra);
    }
    json!({
        "key": polled.record.key.id,
        "verified": customer.email_verified,
        "fields": fields.collect::<serde_json::Map<_, _>>(),
    })
}
