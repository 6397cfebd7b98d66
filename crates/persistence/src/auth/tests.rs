//! The port's suite on both databases, and what only several log-ins at once can show.

mod at_once;
mod auditing;
mod erasing;
mod late;
mod mailing;

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::{
    ExpressionMethods, QueryDsl, RunQueryDsl,
    connection::{SimpleConnection, TransactionManager},
};
use regulars_auth::{
    AuthError, AuthStore, Authority, Grant, Keys, Password, Post, SessionId, Settings, StaffStore,
    actor,
    login::{self, Login},
    mail::MailSeed,
    refresh::{self, Renewal},
    register::{self, Registration},
    staff::{self, NewStaff},
    suite::{self, Fixture, Ports},
    token::TokenId,
};
use regulars_customer::{CustomerStore, input::AccountFields};
use regulars_kernel::{
    Actor, Classify, ErrorKind, MerchantId, PersonId, Rule, Scope, StoreError, StoreGroupId,
    StoreId, SystemRole, Timestamp,
};
use regulars_testkit::{Engine, TempDatabase, fresh};

use crate::{
    DatabaseUrl, Db, Tx,
    connection::{Link, Purpose, Transactions},
    schema::{refresh_token, store, store_group, store_group_member},
    transactions::migrated,
};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
const PASSWORD: &str = "tea with 3 crows";
/// As many as the peer's rotation is tried with.
const AT_ONCE: usize = 24;

/// One connection, and a transaction of it for each piece of the suite's work.
struct OnDatabase(Link);

impl Fixture for OnDatabase {
    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn Ports)) {
        let connection = &mut self.0.connection;
        Transactions::begin_transaction(connection).unwrap();
        work(&mut Tx::new(connection, scope));
        // PostgreSQL has given a transaction up in which a unique key was taken; there is nothing to keep then.
        if Transactions::commit_transaction(connection).is_err() {
            Transactions::rollback_transaction(connection).unwrap();
        }
    }

    fn open_store(&mut self, merchant: MerchantId) -> StoreId {
        let row = (
            store::merchant_id.eq(merchant.get()),
            store::name.eq("Market"),
            store::name_key.eq("market"),
            store::created_at.eq(0),
            store::updated_at.eq(0),
        );
        let id: i64 = diesel::insert_into(store::table)
            .values(row)
            .returning(store::id)
            .get_result(&mut self.0.connection)
            .unwrap();
        StoreId::new(id)
    }

    fn group_stores(&mut self, merchant: MerchantId, stores: &[StoreId]) -> StoreGroupId {
        let row = (
            store_group::merchant_id.eq(merchant.get()),
            store_group::name.eq("Town"),
            store_group::created_at.eq(0),
            store_group::updated_at.eq(0),
        );
        let id: i64 = diesel::insert_into(store_group::table)
            .values(row)
            .returning(store_group::id)
            .get_result(&mut self.0.connection)
            .unwrap();
        for store in stores {
            let row = (
                store_group_member::merchant_id.eq(merchant.get()),
                store_group_member::store_group_id.eq(id),
                store_group_member::store_id.eq(store.get()),
            );
            diesel::insert_into(store_group_member::table)
                .values(row)
                .execute(&mut self.0.connection)
                .unwrap();
        }
        StoreGroupId::new(id)
    }
}

#[test]
fn both_databases_pass_the_suite_of_the_port() {
    for engine in Engine::ALL {
        let database = fresh(engine, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let link = Link::open(&url, Purpose::Writing, Duration::from_secs(5)).unwrap();
        suite::run(&mut OnDatabase(link));
    }
}

/// A database with log-ins on it.
struct House {
    db: Arc<Db>,
    authority: Arc<Authority>,
    _database: TempDatabase,
}

fn each_house(refresh_grace: Duration, test: impl Fn(&House)) {
    for engine in Engine::ALL {
        let database = fresh(engine, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let mut settings = crate::Settings::new(url);
        settings.pool_size = 8;
        // However busy the machine is: who waits for a connection gets one.
        settings.pool_wait = Duration::from_mins(1);
        let settings_of_auth = Settings {
            refresh_grace,
            password_cost: 4,
            hasher_threads: NonZeroUsize::MIN,
            ..Settings::default()
        };
        let authority = Authority::new(Keys::generate(&mut rand::rng()), settings_of_auth);
        test(&House {
            db: Arc::new(Db::open(&settings).unwrap()),
            authority: Arc::new(authority.unwrap()),
            _database: database,
        });
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn registration(email: &str, user_type: &str) -> Registration {
    Registration {
        fields: AccountFields {
            email: email.to_owned(),
            firstname: "Ada".to_owned(),
            lastname: "Lovelace".to_owned(),
            ..AccountFields::default()
        },
        password1: PASSWORD.into(),
        password2: PASSWORD.into(),
        user_type: user_type.to_owned(),
        merchant_type: None,
    }
}

/// What every one of several threads, starting together, answers.
fn at_once<T: Send>(work: impl Fn() -> T + Sync) -> Vec<T> {
    let start = Barrier::new(AT_ONCE);
    thread::scope(|threads| {
        let one = || {
            start.wait();
            work()
        };
        let threads: Vec<_> = (0..AT_ONCE).map(|_| threads.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

impl House {
    fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Classify + Send + 'static,
        F: Fn(&mut Tx<'_>, &Authority) -> Result<T, E> + Send + 'static,
    {
        let authority = Arc::clone(&self.authority);
        self.db.write(Scope::Platform, Some(soon()), move |tx| work(tx, &authority))
    }

    fn register(&self, registration: &Registration) -> Result<Grant, AuthError> {
        let draft = register::draft(registration, NOW);
        let accepted = self.db.read(Scope::Platform, |tx| register::review(tx, &draft))?;
        let prepared = register::prepare(&self.authority, accepted, &mut rand::rng(), soon())?;
        self.write(move |tx, authority| register::commit(tx, authority, &prepared, NOW))
    }

    fn log_in(&self, email: &str) -> Result<Login, AuthError> {
        let candidate = self.db.read(Scope::Platform, |tx| login::candidate(tx, email))?;
        let password = Password::from(PASSWORD);
        let proof = login::prove(&self.authority, candidate, password, &mut rand::rng(), soon())?;
        self.write(move |tx, authority| login::commit(tx, authority, &proof, NOW))
    }

    fn renew(&self, presented: &str) -> Renewal {
        let token_id = TokenId::draw(&mut rand::rng());
        let presented = presented.to_owned();
        let renewal = self.write(move |tx, authority| {
            refresh::renew(tx, authority, &presented, token_id.clone(), NOW)
        });
        renewal.unwrap()
    }

    fn actor(&self, grant: &Grant) -> Actor {
        self.db.read(Scope::Platform, |tx| actor::resolve(tx, &grant.claims)).unwrap()
    }

    /// How many refresh tokens a session has had.
    fn tokens(&self, session: SessionId) -> i64 {
        let count = |tx: &mut Tx<'_>| {
            Ok::<i64, StoreError>(
                refresh_token::table
                    .filter(refresh_token::session_id.eq(session.get()))
                    .count()
                    .get_result(tx.connection)
                    .unwrap(),
            )
        };
        self.db.read(Scope::Platform, count).unwrap()
    }
}

#[test]
fn who_signs_up_can_log_in_and_is_known() {
    each_house(Duration::ZERO, |house| {
        let shop = house.register(&registration("shop@example.com", "MERCHANT")).unwrap();
        let ada = house.register(&registration("Ada@Example.com", "CONSUMER")).unwrap();
        assert_eq!(house.actor(&ada), Actor::Consumer { person: ada.person });
        let owner = house.actor(&shop);
        assert_eq!(owner.merchant(), Some(shop.person.founded()));
        let login = house.log_in("ADA@example.COM").unwrap();
        assert!(!login.unarchiving);
        assert_eq!(login.grant.person, ada.person);
        assert_eq!(house.actor(&login.grant), Actor::Consumer { person: ada.person });
        let renewed = house.renew(&login.grant.refresh.to_hex()).into_result().unwrap();
        assert_eq!(renewed.claims.session, login.grant.claims.session);
        let revoked = renewed.refresh.to_hex();
        house.write(move |tx, _| refresh::revoke(tx, &revoked, NOW)).unwrap();
        assert_eq!(house.actor(&login.grant), Actor::Anonymous);
        assert_eq!(house.actor(&renewed), Actor::Anonymous);
        assert_eq!(house.actor(&ada), Actor::Consumer { person: ada.person }, "another session");
    });
}

#[test]
fn a_refresh_token_used_many_times_at_once_has_one_successor() {
    each_house(Duration::from_secs(10), |house| {
        let ada = house.register(&registration("ada@example.com", "CONSUMER")).unwrap();
        let presented = ada.refresh.to_hex();
        let mut successors: Vec<String> = at_once(|| house.renew(&presented))
            .into_iter()
            .map(|renewal| renewal.into_result().unwrap().refresh.to_hex())
            .collect();
        successors.dedup();
        assert_eq!(successors.len(), 1, "the same for each within the grace");
        assert_eq!(house.tokens(ada.claims.session), 2);
        assert!(house.renew(&successors[0]).into_result().is_ok());
        assert!(house.renew(&presented).into_result().is_err(), "its successor was used");
        assert_eq!(house.actor(&ada), Actor::Anonymous, "the family ended");
    });
}

#[test]
fn a_refresh_token_replayed_without_grace_ends_its_family() {
    each_house(Duration::ZERO, |house| {
        let ada = house.register(&registration("ada@example.com", "CONSUMER")).unwrap();
        let presented = ada.refresh.to_hex();
        let granted: Vec<Grant> = at_once(|| house.renew(&presented))
            .into_iter()
            .filter_map(|renewal| renewal.into_result().ok())
            .collect();
        assert_eq!(granted.len(), 1);
        assert_eq!(house.tokens(ada.claims.session), 2);
        let successor = granted[0].refresh.to_hex();
        assert!(house.renew(&successor).into_result().is_err());
        assert_eq!(house.actor(&granted[0]), Actor::Anonymous);
    });
}

#[test]
fn an_address_signed_up_many_times_at_once_makes_one_account() {
    each_house(Duration::ZERO, |house| {
        let wanted = registration("ada@example.com", "MERCHANT");
        let outcomes = at_once(|| house.register(&wanted));
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for outcome in outcomes {
            let Err(error) = outcome else { continue };
            let ErrorKind::Invalid(wrong) = error.kind() else { panic!("{error:?}") };
            let rules: Vec<_> = wrong.iter().map(|wrong| (wrong.field, &wrong.rule)).collect();
            assert_eq!(rules, [(Some("email"), &Rule::EmailTaken)]);
        }
    });
}

#[test]
fn of_several_log_ins_at_once_one_brings_the_account_back() {
    each_house(Duration::ZERO, |house| {
        let ada = house.register(&registration("ada@example.com", "CONSUMER")).unwrap().person;
        house
            .write(move |tx, _| {
                let mut account = tx.people(&[ada])?.pop().unwrap();
                account.archived = true;
                account.deleted_at = Some(NOW);
                tx.update_person(&account)
            })
            .unwrap();
        let logins = at_once(|| house.log_in("ada@example.com").unwrap());
        assert_eq!(logins.iter().filter(|login| login.unarchiving).count(), 1);
        let account = house.db.read(Scope::Platform, |tx| tx.people(&[ada])).unwrap().pop();
        let account = account.unwrap();
        assert_eq!((account.archived, account.last_login), (false, Some(NOW)));
    });
}

/// An owner, as a request of theirs is told at its beginning.
fn owner(merchant: MerchantId, person: PersonId) -> Actor {
    let Post { owner, permissions, stores, .. } = Post::owner(merchant);
    Actor::Staff { person, merchant, owner, permissions, stores }
}

#[test]
fn of_owners_who_go_at_once_one_stays() {
    const OWNERS: usize = 8;
    each_house(Duration::ZERO, |house| {
        let shop = house.register(&registration("shop@example.com", "MERCHANT")).unwrap();
        let merchant = shop.person.founded();
        let (role, people) = house
            .write(move |tx, authority| {
                let roles = tx.merchant_roles(merchant)?;
                let role = roles.iter().find(|role| role.system == Some(SystemRole::Owner));
                let role = role.unwrap().id;
                let mut people = vec![shop.person];
                for number in 1..OWNERS {
                    let fields = registration(&format!("{number}@shop.example"), "").fields;
                    let new = NewStaff { fields, roles: [role].into(), ..NewStaff::default() };
                    let seed = MailSeed::draw(authority, &mut rand::rng());
                    people.push(staff::create(tx, &Actor::owner(merchant), &new, &seed, NOW)?);
                }
                Ok::<_, AuthError>((role, people))
            })
            .unwrap();
        // Some resign, some dismiss their neighbour: each as an owner of a moment ago.
        let next = AtomicUsize::new(0);
        let outcomes = at_once(|| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let (own, other) = (people[number % OWNERS], people[(number + 1) % OWNERS]);
            let actor = owner(merchant, own);
            house.write(move |tx, _| {
                if (number / OWNERS).is_multiple_of(2) {
                    staff::remove_role(tx, &actor, own, role)
                } else {
                    staff::delete(tx, &actor, other, true, NOW).map(|closed| closed.person)
                }
            })
        });
        let owners = house.write(move |tx, _| tx.owners(merchant)).unwrap();
        assert_eq!(owners.len(), 1, "{outcomes:?}");
        for outcome in outcomes {
            // Refused as no owner any more, as the last one, or since somebody else was quicker.
            let refused =
                outcome.map_or_else(|error| error.kind() != ErrorKind::Internal, |_| true);
            assert!(refused);
        }
    });
}

#[test]
fn who_asks_is_one_statement() {
    each_house(Duration::ZERO, |house| {
        let ada = house.register(&registration("ada@example.com", "CONSUMER")).unwrap();
        let shop = house.register(&registration("shop@example.com", "MERCHANT")).unwrap();
        for grant in [&ada, &shop] {
            let mut reader = house.db.own_reader();
            reader.start(None);
            let actor: Result<_, StoreError> =
                reader.read(Scope::Platform, |tx| actor::resolve(tx, &grant.claims));
            assert_eq!(actor.unwrap().person(), Some(grant.person));
            assert_eq!(reader.statements(), 2, "one BEGIN and one SELECT");
        }
    });
}

#[test]
fn a_password_hash_that_was_not_made_here_is_an_error() {
    each_house(Duration::ZERO, |house| {
        house.register(&registration("ada@example.com", "CONSUMER")).unwrap();
        let found = house.write(|tx, _| {
            tx.connection.batch_execute("UPDATE person SET password_hash = 'secret'").unwrap();
            tx.find_credentials_by_email("ada@example.com")
        });
        let corrupt = matches!(found, Err(StoreError::Corrupt { column: "password_hash", .. }));
        assert!(corrupt, "{found:?}");
    });
}
