//! Signing up, logging in, what mails are for, and the end of an account, from end to end over the store in memory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod addresses;
mod apps;
mod equal_work;
mod leaving;
mod logging_in;
mod passwords;
mod proving;
mod renewing;
mod signing_up;
mod staffing;

use std::{
    num::NonZeroUsize,
    thread,
    time::{Duration, Instant},
};

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use regulars_auth::{
    AuthError, AuthStore, Authority, Grant, Keys, Password, Settings, TokenError, actor,
    confirmation::{self, Confirmed},
    login::{self, Login},
    mail::{
        MailKind, MailSeed,
        delivery::{self, Outcome},
    },
    memory::{Memory, MemoryStore},
    refresh::{self, Renewal},
    register::{self, Prepared, Registration},
    session,
    token::TokenId,
    verification,
};
use regulars_customer::{
    CustomerStore, EmailAddress, Membership, MerchantType, Person, Sharing, UserType,
    input::AccountFields,
};
use regulars_kernel::{
    Actor, Classify, Currency, ErrorKind, MerchantId, PersonId, Rule, Scope, Timestamp, Violations,
};
use regulars_merchant::{Merchant, MerchantStore, Tz};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
const PASSWORD: &str = "tea with 3 crows";

struct House {
    memory: Memory,
    authority: Authority,
    rng: ChaCha20Rng,
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

impl House {
    fn new() -> Self {
        Self::with(|_| ())
    }

    fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let authority = authority(&Keys::generate(&mut rng), change);
        Self { memory: Memory::new(), authority, rng }
    }

    fn tx(&self) -> MemoryStore {
        self.memory.scoped(Scope::Platform)
    }

    fn prepare(&mut self, registration: &Registration) -> Result<Prepared, AuthError> {
        let draft = register::draft(registration, NOW);
        let accepted = register::review(&mut self.tx(), &draft)?;
        register::prepare(&self.authority, accepted, &mut self.rng, soon())
    }

    fn register(&mut self, registration: &Registration) -> Result<Grant, AuthError> {
        let prepared = self.prepare(registration)?;
        register::commit(&mut self.tx(), &self.authority, &prepared, NOW)
    }

    fn ada(&mut self) -> Grant {
        self.register(&ada()).unwrap()
    }

    fn log_in(&mut self, email: &str, password: &str, now: Timestamp) -> Result<Login, AuthError> {
        let candidate = login::candidate(&mut self.tx(), email)?;
        let password = Password::from(password);
        let proof = login::prove(&self.authority, candidate, password, &mut self.rng, soon())?;
        login::commit(&mut self.tx(), &self.authority, &proof, now)
    }

    fn renew(&mut self, presented: &str, now: Timestamp) -> Result<Grant, Violations> {
        let token_id = TokenId::draw(&mut self.rng);
        let renewal =
            refresh::renew(&mut self.tx(), &self.authority, presented, token_id, now).unwrap();
        renewal.into_result()
    }

    /// Who the bearer of an access token is.
    fn actor(&self, grant: &Grant, now: Timestamp) -> Actor {
        match self.authority.read(grant.access.expose(), now) {
            Ok(claims) => actor::resolve(&mut self.tx(), &claims).unwrap(),
            Err(_) => Actor::Anonymous,
        }
    }

    fn seed(&mut self) -> MailSeed {
        MailSeed::draw(&self.authority, &mut self.rng)
    }

    /// Sends what waits, and answers what of it was for whom, and its token.
    fn sent(&self, now: Timestamp) -> Vec<(MailKind, String, String)> {
        let mut tx = self.tx();
        let due = delivery::claim(&mut tx, Duration::from_mins(1), 100, now).unwrap();
        due.iter()
            .map(|mail| {
                delivery::settle(&mut tx, mail, Outcome::Sent, now).unwrap().unwrap();
                let token = mail.token(&self.authority).unwrap().to_hex();
                (mail.kind, mail.address.as_str().to_owned(), token)
            })
            .collect()
    }

    /// The token of the only mail that waits.
    fn token(&self, now: Timestamp) -> String {
        let mut sent = self.sent(now);
        let (_, _, token) = sent.pop().unwrap();
        assert_eq!(sent, []);
        token
    }

    /// Ada, logged in, whose address is proved.
    fn proved_ada(&mut self) -> Actor {
        let grant = self.ada();
        let token = self.token(NOW);
        verification::verify(&mut self.tx(), &token, NOW).unwrap();
        self.actor(&grant, NOW)
    }

    /// Has somebody confirm what they do by a password.
    fn confirm(&self, actor: &Actor, password: &str) -> Result<Confirmed, AuthError> {
        let asking = confirmation::ask(&mut self.tx(), actor)?;
        confirmation::confirm(&self.authority, &asking, ("password", password.into()), soon())
    }

    fn person(&self, id: PersonId) -> Person {
        self.tx().people(&[id]).unwrap().pop().unwrap()
    }
}

fn authority(keys: &Keys, change: impl FnOnce(&mut Settings)) -> Authority {
    let keys = Keys::parse(keys.to_text().expose()).unwrap();
    let mut settings = Settings {
        password_cost: 4,
        hasher_threads: NonZeroUsize::MIN,
        refresh_grace: Duration::ZERO,
        ..Settings::default()
    };
    change(&mut settings);
    Authority::new(keys, settings).unwrap()
}

fn ada() -> Registration {
    Registration {
        fields: AccountFields {
            email: "Ada@Example.com".to_owned(),
            firstname: "Ada".to_owned(),
            lastname: "Lovelace".to_owned(),
            ..AccountFields::default()
        },
        password1: PASSWORD.into(),
        password2: PASSWORD.into(),
        user_type: "consumer".to_owned(),
        merchant_type: None,
    }
}

fn seller(trade: Option<&str>) -> Registration {
    Registration {
        user_type: "Merchant".to_owned(),
        merchant_type: trade.map(str::to_owned),
        ..ada()
    }
}

fn wrong<T: std::fmt::Debug>(answer: Result<T, AuthError>) -> Vec<(Option<&'static str>, Rule)> {
    let ErrorKind::Invalid(violations) = answer.unwrap_err().kind() else {
        panic!("the input is not at fault");
    };
    listed(&violations)
}

fn listed(violations: &Violations) -> Vec<(Option<&'static str>, Rule)> {
    violations.iter().map(|violation| (violation.field, violation.rule.clone())).collect()
}
