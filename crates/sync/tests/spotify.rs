//! Links of customers' Spotify accounts, over the wire, against the fake.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use regulars_kernel::{Clock as _, FixedClock, MerchantId, PersonId, Timestamp};
use regulars_source::record::{Body, Field, RecordKey};
use regulars_sync::{
    connector::{Credentials, Fault},
    kind::Opening,
    outgoing::{Client, Outgoing, Patience, Reach},
    spotify::{
        Attempt, Begun, Callback, Grant, Held, KIND, OBJECT, Polled, Spotify, Unlinked,
        attempt::Accepted, quota::Mode,
    },
};
use regulars_testkit::fake::spotify::{Account, Bad, Fake, On};
use serde_json::{Value, json};

const MERCHANT: MerchantId = MerchantId::new(1);
const ADA: PersonId = PersonId::new(177);

/// Credentials that are kept here, and how often they were renewed.
#[derive(Debug)]
struct Vault {
    stored: Mutex<Value>,
    renewed: Mutex<u32>,
}

impl Vault {
    fn of(grant: &Grant) -> Arc<Self> {
        Arc::new(Self { stored: Mutex::new(grant.credentials()), renewed: Mutex::new(0) })
    }

    fn stored(&self) -> Value {
        self.stored.lock().unwrap().clone()
    }
}

impl Credentials for Vault {
    fn load(&self) -> Result<Value, Fault> {
        Ok(self.stored())
    }

    fn renew(&self, renew: &mut dyn FnMut(&Value) -> Result<Value, Fault>) -> Result<Value, Fault> {
        let mut stored = self.stored.lock().unwrap();
        let renewed = renew(&stored)?;
        if renewed != *stored {
            *self.renewed.lock().unwrap() += 1;
            stored.clone_from(&renewed);
        }
        Ok(renewed)
    }
}

/// A connection to a fake, and the clock of both.
struct Stage {
    fake: Fake,
    clock: Arc<FixedClock>,
    app: Spotify,
    client: Client,
}

impl Stage {
    fn new() -> Self {
        let fake = Fake::start();
        fake.world().open(Account::new("ada", "Ada"));
        let clock = Arc::new(FixedClock::at(Timestamp::from_seconds(fake.world().now)));
        let client = Client::new(Reach::Anywhere, Patience::default());
        let app = Spotify::open(&opening(fake.settings(), &clock, &client)).unwrap();
        Self { fake, clock, app, client }
    }

    fn pass(&self, seconds: u32) {
        self.clock.advance(Duration::from_secs(seconds.into()));
        self.fake.world().pass(seconds.into());
    }

    fn begin(&self) -> Begun {
        self.app.begin(MERCHANT, ADA, &mut rand::rng()).unwrap()
    }

    /// What Spotify sends a customer back with.
    fn visit(&self, begun: &Begun) -> Callback {
        let outgoing = Outgoing { method: "GET", url: &begun.authorize, headers: &[], body: &[] };
        let answer = self.client.send(&outgoing).unwrap();
        assert_eq!(answer.status, 302, "{}", String::from_utf8_lossy(&answer.body));
        let (address, query) = answer.header("location").unwrap().split_once('?').unwrap();
        assert_eq!(address, "http://127.0.0.1:8080/spotify/callback");
        Callback::from_query(query).unwrap()
    }

    fn accepted(&self, attempt: &Attempt, callback: &Callback) -> String {
        match attempt.accept(callback, MERCHANT, ADA, self.clock.now()) {
            Ok(Accepted::Code(code)) => code.to_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn granted(&self) -> Grant {
        let begun = self.begin();
        let code = self.accepted(&begun.attempt, &self.visit(&begun));
        self.app.exchange(&begun.attempt, &code).unwrap()
    }

    /// A link, and its credentials.
    fn linked(&self) -> (Arc<Vault>, Held) {
        let grant = self.granted();
        let polled = self.app.introduce(&grant).unwrap();
        (Vault::of(&grant), Held { key: polled.record.key, extra: None })
    }

    fn poll(&self, vault: &Arc<Vault>, held: &Held) -> Result<Polled, Fault> {
        self.app.link(Arc::clone(vault) as Arc<dyn Credentials>).poll(held)
    }
}

fn opening(settings: Value, clock: &Arc<FixedClock>, client: &Client) -> Opening {
    let Value::Object(settings) = settings else { panic!() };
    let none = Vault { stored: Mutex::new(json!({})), renewed: Mutex::new(0) };
    Opening {
        settings,
        credentials: Arc::new(none),
        client: client.clone(),
        reach: Reach::Anywhere,
        clock: Arc::clone(clock) as _,
    }
}

fn fields(polled: &Polled) -> Vec<(String, Option<String>)> {
    match &polled.record.body {
        Body::Customer(customer) => {
            assert!(!customer.email_verified);
            customer.fields.iter().map(|(field, value)| (field.name(), value.clone())).collect()
        }
        body => panic!("{body:?}"),
    }
}

fn extra(polled: &Polled) -> Value {
    let name = Field::Extra("spotify".to_owned()).name();
    let (_, text) = fields(polled).into_iter().find(|(field, _)| *field == name).unwrap();
    serde_json::from_str(&text.unwrap()).unwrap()
}

type Is = Box<dyn Fn(&Fault) -> bool>;

#[test]
fn a_customer_links_their_account_and_it_is_read() {
    let stage = Stage::new();
    let grant = stage.granted();
    let first = stage.app.introduce(&grant).unwrap();
    assert_eq!(first.record.key, RecordKey::new(OBJECT, "accada"));
    assert_eq!(first.older_key, Some(RecordKey::new(OBJECT, "ada")));
    assert_eq!(first.relink_by, Some(grant.relink_by()));
    assert_eq!(grant.relink_by().to_string(), "2027-05-27T12:00:00.000000Z");
    // An app in development mode is told neither country nor product nor address.
    let picture = "https://i.scdn.example/image/ada-300";
    assert_eq!(extra(&first), json!({"displayName": "Ada", "picture": picture}));
    assert_eq!(fields(&first)[0], ("picture".to_owned(), Some(picture.to_owned())));

    let (vault, held) = (Vault::of(&grant), Held { key: first.record.key.clone(), extra: None });
    let again = stage.poll(&vault, &held).unwrap();
    assert_eq!(again, Polled { ..first });
    assert_eq!(*vault.renewed.lock().unwrap(), 0);

    stage.fake.world().extend();
    stage.fake.world().change("ada", |ada| ada.display_name = None);
    let all = stage.poll(&vault, &held).unwrap();
    assert_eq!(
        extra(&all),
        json!({"displayName": null, "picture": picture, "product": "premium", "email": "ada@mail.example", "emailVerified": false})
    );
    assert_eq!(fields(&all)[0], ("country".to_owned(), Some("DE".to_owned())));
}

#[test]
fn a_code_is_good_once_and_only_for_who_began() {
    let stage = Stage::new();
    let begun = stage.begin();
    let code = stage.accepted(&begun.attempt, &stage.visit(&begun));
    // Somebody else's verifier does not open it, and spends it.
    let other = stage.begin();
    assert!(matches!(stage.app.exchange(&other.attempt, &code), Err(Fault::NeedsAuth(_))));
    assert!(matches!(stage.app.exchange(&begun.attempt, &code), Err(Fault::NeedsAuth(_))));

    let late = stage.begin();
    let callback = stage.visit(&late);
    stage.pass(600);
    let answer = late.attempt.accept(&callback, MERCHANT, ADA, stage.clock.now());
    assert_eq!(answer, Err(Unlinked::Expired));

    stage.fake.world().denies = true;
    let denied = stage.begin();
    let answer = stage.visit(&denied);
    let answer = denied.attempt.accept(&answer, MERCHANT, ADA, stage.clock.now());
    assert_eq!(answer, Err(Unlinked::Denied));
}

#[test]
fn a_renewed_token_is_stored_before_it_is_used_and_replaces_the_old() {
    let stage = Stage::new();
    let (vault, held) = stage.linked();
    let before = vault.stored();
    stage.pass(3_600);
    // The profile cannot be had: the tokens that were renewed for it are kept all the same.
    stage.fake.world().spoil(On::Me, Bad::Gateway);
    assert!(matches!(stage.poll(&vault, &held), Err(Fault::Transient { .. })));
    let after = vault.stored();
    assert_ne!(after["refreshToken"], before["refreshToken"]);
    assert_ne!(after["accessToken"], before["accessToken"]);
    assert_eq!(after["consentedAt"], before["consentedAt"]);
    stage.poll(&vault, &held).unwrap();
    assert_eq!(*vault.renewed.lock().unwrap(), 1);

    // An app whose refresh tokens stay keeps the one that it has.
    stage.fake.world().rotates = false;
    stage.pass(3_600);
    stage.poll(&vault, &held).unwrap();
    assert_eq!(vault.stored()["refreshToken"], after["refreshToken"]);
    assert_ne!(vault.stored()["accessToken"], after["accessToken"]);
}

#[test]
fn two_who_renew_at_one_moment_renew_once() {
    let stage = Stage::new();
    let (vault, held) = stage.linked();
    stage.pass(3_600);
    thread::scope(|scope| {
        let polls: Vec<_> = (0..4).map(|_| scope.spawn(|| stage.poll(&vault, &held))).collect();
        for poll in polls {
            poll.join().unwrap().unwrap();
        }
    });
    assert_eq!(*vault.renewed.lock().unwrap(), 1);
    assert_eq!(stage.fake.world().asked("POST /api/token"), 2);
}

#[test]
fn rule_23_a_refused_token_is_renewed_once() {
    let stage = Stage::new();
    let (vault, held) = stage.linked();
    stage.fake.world().spoil(On::Me, Bad::Unauthorized);
    stage.poll(&vault, &held).unwrap();
    assert_eq!(*vault.renewed.lock().unwrap(), 1);

    for _ in 0..2 {
        stage.fake.world().spoil(On::Me, Bad::Unauthorized);
    }
    let tokens = stage.fake.world().asked("POST /api/token");
    assert!(matches!(stage.poll(&vault, &held), Err(Fault::NeedsAuth(_))));
    assert_eq!(stage.fake.world().asked("POST /api/token"), tokens + 1);
    assert_eq!(stage.fake.world().to_spoil(), 0);
}

/// The grant is dead: it is told to the customer, the tokens are gone, and Spotify is not asked again.
fn assert_dead(stage: &Stage, vault: &Arc<Vault>, held: &Held) {
    let Err(Fault::NeedsAuth(sentence)) = stage.poll(vault, held) else { panic!() };
    assert!(sentence.ends_with("Please link it again."), "{sentence}");
    let stored = vault.stored();
    assert!(stored["refreshToken"].is_null() && stored["accessToken"].is_null(), "{stored}");
    assert_eq!(stored["endedAt"], stage.clock.now().seconds());
    let asked = stage.fake.world().requests.len();
    assert!(matches!(stage.poll(vault, held), Err(Fault::NeedsAuth(_))));
    assert_eq!(stage.fake.world().requests.len(), asked);
}

#[test]
fn a_grant_that_was_taken_back_is_dead() {
    let stage = Stage::new();
    let (vault, held) = stage.linked();
    stage.fake.world().revoke("ada");
    assert_dead(&stage, &vault, &held);
}

#[test]
fn a_grant_is_dead_after_six_months_whatever_was_renewed() {
    let stage = Stage::new();
    let (vault, held) = stage.linked();
    for _ in 0..181 {
        stage.pass(86_400);
        let polled = stage.poll(&vault, &held);
        if stage.clock.now().to_string().as_str() >= "2027-05-27T12:00:00" {
            assert!(matches!(polled, Err(Fault::NeedsAuth(_))));
            assert!(stage.clock.now().to_string().starts_with("2027-05-27"));
            return;
        }
        polled.unwrap();
    }
    panic!("it lives on");
}

#[test]
fn a_rotation_whose_answer_was_lost_ends_the_link_and_does_not_loop() {
    let stage = Stage::new();
    let (vault, held) = stage.linked();
    stage.pass(3_600);
    stage.fake.world().spoil(On::Token, Bad::Cut);
    assert!(matches!(stage.poll(&vault, &held), Err(Fault::Transient { .. })));
    assert!(vault.stored()["refreshToken"].is_string());
    assert_dead(&stage, &vault, &held);
}

#[test]
fn rule_23_what_spotify_answers_else_is_sorted_by_what_helps() {
    let stage = Stage::new();
    let (vault, held) = stage.linked();
    let seven = Some(Duration::from_secs(7));
    let transient = |fault: &Fault| matches!(fault, Fault::Transient { .. });
    let throttled = |after| move |fault: &Fault| *fault == Fault::Throttled { after };
    let is: Vec<(Bad, Is)> = vec![
        (Bad::TooMany(Some("7".to_owned())), Box::new(throttled(seven))),
        (Bad::TooMany(None), Box::new(throttled(None))),
        (Bad::Gateway, Box::new(transient)),
        (Bad::Status(503), Box::new(transient)),
        (Bad::Html, Box::new(transient)),
    ];
    for (bad, fits) in &is {
        for on in [On::Token, On::Me] {
            // A token of before is over, so that another one is asked for.
            if on == On::Token {
                stage.pass(3_600);
            }
            stage.fake.world().spoil(on, bad.clone());
            let fault = stage.poll(&vault, &held).unwrap_err();
            assert!(fits(&fault), "{on:?} {bad:?}: {fault:?}");
            assert!(vault.stored()["refreshToken"].is_string());
        }
    }
    stage.fake.world().spoil(On::Me, Bad::Cut);
    assert!(transient(&stage.poll(&vault, &held).unwrap_err()));
    for body in ["[]", "{}", r#"{"id": 7}"#] {
        stage.fake.world().spoil(On::Me, Bad::Instead(body.to_owned()));
        assert!(matches!(stage.poll(&vault, &held), Err(Fault::Schema(_))), "{body}");
    }
    stage.poll(&vault, &held).unwrap();
}

#[test]
fn rule_23_too_many_requests_of_an_app_are_throttled_until_the_window_has_passed() {
    let stage = Stage::new();
    let (vault, held) = stage.linked();
    stage.fake.world().most_requests = Some(2);
    stage.poll(&vault, &held).unwrap();
    stage.pass(10);
    stage.poll(&vault, &held).unwrap();
    let after = Some(Duration::from_secs(20));
    assert_eq!(stage.poll(&vault, &held), Err(Fault::Throttled { after }));
    stage.pass(20);
    stage.poll(&vault, &held).unwrap();
}

#[test]
fn a_link_of_before_account_ids_is_rewritten_once_it_shows() {
    let stage = Stage::new();
    stage.fake.world().change("ada", |ada| ada.account_id = None);
    let (vault, held) = stage.linked();
    assert_eq!(held.key.id, "ada");
    assert_eq!(stage.poll(&vault, &held).unwrap().rewritten_from, None);
    stage.fake.world().change("ada", |ada| ada.account_id = Some("accada".to_owned()));
    let polled = stage.poll(&vault, &held).unwrap();
    assert_eq!((polled.record.key.id.as_str(), polled.rewritten_from), ("accada", Some(held.key)));
}

#[test]
fn the_sixth_person_of_an_app_in_development_mode_is_refused_with_the_way_out() {
    let stage = Stage::new();
    for nth in 1..=5 {
        stage.fake.world().open(Account::nth(nth));
    }
    let Err(Fault::Settings(sentence)) = stage.app.introduce(&stage.granted()) else { panic!() };
    assert!(sentence.contains("User Management"), "{sentence}");
    assert_eq!(stage.app.mode().note(5).as_deref(), Some("5 of 5 people are linked"));
    assert!(stage.app.mode().is_full(5) && stage.app.mode() == Mode::Development);
    stage.fake.world().extend();
    stage.app.introduce(&stage.granted()).unwrap();
}

#[test]
fn a_test_of_the_connection_says_what_is_wrong_in_the_merchants_words() {
    let stage = Stage::new();
    let open = |change: &dyn Fn(&mut Value)| {
        let mut settings = stage.fake.settings();
        change(&mut settings);
        (KIND.open)(opening(settings, &stage.clock, &stage.client))
    };
    let tested = open(&|_| ()).unwrap().test().unwrap();
    assert_eq!(tested.wrong, Vec::<String>::new());
    assert_eq!(tested.fine[0], "Spotify knows the app.");
    assert!(tested.fine[1].starts_with("Development mode: at most 5 people"));

    let mut unknown = open(&|settings| settings["clientId"] = json!("unknown")).unwrap();
    let tested = unknown.test().unwrap();
    assert!(tested.wrong[0].starts_with("Spotify does not know this client id"), "{tested:?}");
    assert!(unknown.streams().is_empty());
    assert!(matches!(unknown.reread(OBJECT, &[]), Err(Fault::Settings(_))));
    stage.fake.world().spoil(On::Token, Bad::Gateway);
    assert!(matches!(unknown.test(), Err(Fault::Transient { .. })));

    for (name, value) in [
        ("clientId", ""),
        ("clientId", "no id"),
        ("redirectUri", "http://localhost:4000/"),
        ("mode", "secret"),
    ] {
        let opened = open(&|settings| settings[name] = json!(value));
        // An empty mode is none, and that is development.
        assert!(matches!(opened.err(), Some(Fault::Settings(_))), "{name} {value}");
    }
}

#[test]
fn rule_24_nothing_secret_is_printed() {
    let stage = Stage::new();
    let begun = stage.begin();
    let callback = stage.visit(&begun);
    let grant = stage.granted();
    let credentials = grant.credentials();
    let vault = Vault::of(&grant);
    let link = stage.app.link(Arc::clone(&vault) as Arc<dyn Credentials>);
    let printed = format!("{begun:?} {callback:?} {grant:?} {link:?} {:?}", stage.app);
    let code = stage.accepted(&begun.attempt, &callback);
    let secrets = [
        begun.attempt.verifier.expose(),
        &code,
        credentials["accessToken"].as_str().unwrap(),
        credentials["refreshToken"].as_str().unwrap(),
    ];
    for secret in secrets {
        assert!(!printed.contains(secret), "{printed}");
    }
}
