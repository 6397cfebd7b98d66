//! The customers of the port on both databases: its suite, searches against the store in memory, and how many statements
//! a page costs.

#![allow(
    clippy::expect_used,
    clippy::explicit_iter_loop,
    clippy::indexing_slicing,
    clippy::items_after_statements,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails fails the test"
)]

use std::cell::RefCell;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use regulars_customer::{
    CardNumber, ConsentChannel, ConsentRecorder, ConsentState, ConsumerFilter, ConsumerSort,
    CustomerStore, Decision, EmailAddress, FilterArguments, Kind, LoyaltyId, MemberKey, Membership,
    NewConsent, NewPerson, Person, PhoneNumber, Profile, Standing, UserType,
    memory::Memory,
    search::PhoneTerm,
    suite::{self, Fixture, World},
};
use regulars_kernel::{
    Currency, MerchantId, PageRequest, PersonId, Scope, StoreError, Timestamp, page::PageArguments,
};
use regulars_merchant::{EntitySource, Merchant, Tz};
use regulars_persistence::{Bulk, DatabaseUrl, Db, Settings, Value, migrate};
use regulars_testkit::{Engine, TempDatabase, fresh};

fn migrated(url: &str) -> Result<(), String> {
    let url = DatabaseUrl::parse(url).map_err(|error| error.to_string())?;
    migrate(&url).map(drop).map_err(|error| error.to_string())
}

/// A fresh database and the rows of merchants and people.
fn database(
    engine: Engine,
    merchants: &[Merchant],
    people: &[Person],
    staff: &[(MerchantId, PersonId)],
) -> (TempDatabase, Db) {
    let temporary = fresh(engine, migrated);
    let url = DatabaseUrl::parse(temporary.url()).unwrap();
    let mut bulk = Bulk::begin(&url).unwrap();
    let rows: Vec<Vec<Value>> = people.iter().map(person_row).collect();
    bulk.insert("person", PERSON, &rows).unwrap();
    let rows: Vec<Vec<Value>> = merchants.iter().map(merchant_row).collect();
    bulk.insert("merchant", MERCHANT, &rows).unwrap();
    let rows: Vec<Vec<Value>> = staff
        .iter()
        .map(|(merchant, person)| {
            let ids = [merchant.get(), person.get()].map(Value::Int);
            ids.into_iter().chain([Value::Bool(true), Value::Int(0)]).collect()
        })
        .collect();
    bulk.insert("staff_member", &["merchant_id", "person_id", "all_stores", "created_at"], &rows)
        .unwrap();
    bulk.finish(|_, _| {}).unwrap();
    let db = Db::open(&Settings::new(url)).unwrap();
    (temporary, db)
}

const PERSON: &[&str] = &[
    "id",
    "user_type",
    "registered",
    "email",
    "email_key",
    "secondary_email",
    "secondary_email_key",
    "verified",
    "firstname",
    "lastname",
    "phone_number",
    "birthday",
    "gender",
    "country",
    "city",
    "street",
    "zip_code",
    "picture",
    "loyalty_id",
    "archived",
    "active",
    "last_login",
    "deleted_at",
    "created_at",
    "updated_at",
    "token_version",
    "staff",
    "admin",
];

fn person_row(person: &Person) -> Vec<Value> {
    let text = |text: Option<String>| text.map_or(Value::Null, Value::Text);
    let time = |at: Option<Timestamp>| at.map_or(Value::Null, |at| Value::Int(at.micros()));
    let profile = &person.profile;
    let (email, second) = (&profile.email, &profile.secondary_email);
    vec![
        Value::Int(person.id.get()),
        Value::Text(person.user_type.name().to_owned()),
        Value::Bool(person.kind == Kind::Registered),
        text(email.as_ref().map(ToString::to_string)),
        text(email.as_ref().map(EmailAddress::key)),
        text(second.as_ref().map(ToString::to_string)),
        text(second.as_ref().map(EmailAddress::key)),
        Value::Bool(person.verified),
        Value::Text(profile.firstname.clone()),
        Value::Text(profile.lastname.clone()),
        text(profile.phone_number.as_ref().map(ToString::to_string)),
        text(profile.birthday.map(|day| day.to_string())),
        text(profile.gender.map(|gender| gender.name().to_owned())),
        text(profile.country.map(|country| country.alpha2().to_owned())),
        text(profile.city.clone()),
        text(profile.street.clone()),
        text(profile.zip_code.clone()),
        text(profile.picture.clone()),
        text(person.loyalty_id.as_ref().map(ToString::to_string)),
        Value::Bool(person.archived),
        Value::Bool(person.active),
        time(person.last_login),
        time(person.deleted_at),
        Value::Int(person.created_at.micros()),
        Value::Int(person.updated_at.micros()),
        Value::Int(0),
        Value::Bool(person.staff),
        Value::Bool(person.admin),
    ]
}

const MERCHANT: &[&str] = &[
    "id",
    "name",
    "time_zone",
    "currency",
    "num_of_order_discounts_allowed",
    "created_at",
    "updated_at",
];

fn merchant_row(merchant: &Merchant) -> Vec<Value> {
    vec![
        Value::Int(merchant.id.get()),
        Value::Text(merchant.name.clone()),
        Value::Text(merchant.time_zone.to_string()),
        Value::Text(merchant.currency.to_string()),
        Value::Int(merchant.num_of_order_discounts_allowed.into()),
        Value::Int(merchant.created_at.micros()),
        Value::Int(merchant.updated_at.micros()),
    ]
}

fn insert(db: &Db, memberships: Vec<Membership>) {
    db.write(Scope::Platform, None, move |tx| {
        memberships.iter().try_for_each(|membership| tx.insert_membership(membership))
    })
    .unwrap();
}

struct OnDatabase {
    engine: Engine,
    loaded: Option<(TempDatabase, Db)>,
}

impl OnDatabase {
    fn db(&self) -> &Db {
        &self.loaded.as_ref().unwrap().1
    }
}

impl Fixture for OnDatabase {
    fn load(&mut self, world: &World) {
        let loaded = database(self.engine, &world.merchants, &world.people, &world.staff);
        insert(&loaded.1, world.memberships.clone());
        self.loaded = Some(loaded);
    }

    fn read<T: Send + 'static>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn CustomerStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.db().read(scope, |tx| work(tx))
    }

    fn write<T: Send + 'static>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn CustomerStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.db().write(scope, None, move |tx| work(tx))
    }
}

#[test]
fn both_databases_pass_the_suite_of_the_port() {
    for engine in Engine::ALL {
        suite::run(&mut OnDatabase { engine, loaded: None });
    }
}

const NEAR: MerchantId = MerchantId::new(1);
const FAR: MerchantId = MerchantId::new(2);

fn merchants() -> [Merchant; 2] {
    let at = Timestamp::from_micros(0);
    [NEAR, FAR].map(|id| Merchant::new(id, "A place", Tz::Europe__Berlin, Currency::EUR, at))
}

fn founders() -> Vec<Person> {
    let founder = |id: MerchantId| Person {
        user_type: UserType::Merchant,
        ..NewPerson::managed(
            LoyaltyId::from_entropy(id.get().unsigned_abs()),
            Timestamp::from_micros(0),
        )
        .with_id(id.founder())
    };
    vec![founder(NEAR), founder(FAR)]
}

fn managed(number: i64) -> Person {
    let loyalty_id =
        LoyaltyId::from_entropy(number.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15));
    NewPerson::managed(loyalty_id, Timestamp::from_micros(number)).with_id(PersonId::new(number))
}

/// Few letters, so that terms are found; some that patterns, tokens and folding could stumble over.
fn text() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(vec![
        'a', 'a', 'b', 'B', 'a', 'b', 'é', 'É', 'ß', '%', '_', '\\', '"', '\'', ' ', '0', '1',
        '😀', 'ſ', '-',
    ]);
    prop::collection::vec(letters, 0..9).prop_map(|letters| letters.into_iter().collect())
}

prop_compose! {
    fn profile()(
        names in (text(), text()), city in prop::option::of(text()),
        mailbox in prop::option::of("[ab01]{1,6}"), phone in prop::option::of(0_u32..1_200),
    ) -> Profile {
        Profile {
            firstname: names.0,
            lastname: names.1,
            city,
            email: mailbox.and_then(|box_| EmailAddress::parse(&format!("{box_}@ab.example")).ok()),
            phone_number: phone
                .and_then(|number| PhoneNumber::parse(&format!("+49171000{number:04}"), None).ok()),
            ..Profile::default()
        }
    }
}

prop_compose! {
    /// What a membership may hold beside its keys. Addresses and cards get the person's number: they are unique.
    fn membership(person: i64)(
        profile in profile(), cards in prop::collection::vec("[abAB01-]{1,4}", 0..3),
        times in (0_i64..4, 0_i64..4, prop::option::of(0_i64..3)), standing in 0..4,
    ) -> Membership {
        let row = managed(person);
        let email = profile.email.and_then(|email| {
            EmailAddress::parse(&format!("{person}x{}", email.as_str())).ok()
        });
        let at = Timestamp::from_micros;
        Membership {
            merchant: if person % 3 == 0 { FAR } else { NEAR },
            person: row.id,
            kind: Kind::Managed,
            sharing: None,
            loyalty_id: row.loyalty_id,
            profile: Profile { email, ..profile },
            verified: false,
            cards: cards
                .iter()
                .enumerate()
                .map(|(number, card)| CardNumber::parse(&format!("{card}{person}#{number}")).unwrap())
                .collect(),
            extra_info: None,
            num_of_order_discounts_allowed: 0,
            entity_source: (person % 2 == 0).then_some(EntitySource::Pos),
            entity_source_id: (person % 2 == 0).then(|| format!("a{person}")),
            standing: if standing == 0 { Standing::Archived(at(times.1)) } else { Standing::Live },
            last_login: times.2.map(at),
            created_at: at(times.0),
            updated_at: at(times.1),
        }
    }
}

const PEOPLE: std::ops::Range<i64> = 10..70;

prop_compose! {
    fn filter()(
        search in prop::option::weighted(0.6, text()), contains in prop::option::of((0..6, text())),
        phone in prop::option::weighted(0.2, "[+0]{0,2}[0149]{0,6}"), exact in prop::option::weighted(0.2, (0..4, PEOPLE)),
        archived in prop::option::of(any::<bool>()), include in prop::option::of(any::<bool>()),
        period in prop::option::weighted(0.3, (0..4, 0_i64..5)),
    ) -> FilterArguments {
        let mut arguments = FilterArguments {
            search, phone_number: phone, archived, include_archived: include,
            ..FilterArguments::default()
        };
        if let Some((field, text)) = contains {
            *match field {
                0 => &mut arguments.firstname_icontains,
                1 => &mut arguments.lastname_icontains,
                2 => &mut arguments.city_icontains,
                3 => &mut arguments.email_icontains,
                4 => &mut arguments.loyalty_id_icontains,
                _ => &mut arguments.phone_number_icontains,
            } = Some(text);
        }
        if let Some((end, micros)) = period {
            *match end {
                0 => &mut arguments.created_at_gte,
                1 => &mut arguments.created_at_lt,
                2 => &mut arguments.updated_at_gte,
                _ => &mut arguments.updated_at_lt,
            } = Some(Timestamp::from_micros(micros));
        }
        match exact {
            Some((0, person)) => arguments.entity_source_id = Some(format!("a{person}")),
            Some((1, person)) => arguments.loyalty_id = managed(person).loyalty_id.map(LoyaltyId::into_string),
            Some((2, _)) => arguments.firstname = Some("ab".to_owned()),
            Some(_) => arguments.city = Some("a".to_owned()),
            None => {}
        }
        arguments
    }
}

const ORDERS: [&str; 10] = [
    "",
    "",
    "-pk",
    "-pk",
    "createdAt",
    "-updatedAt,firstname",
    "firstname,-pk",
    "-city",
    "email",
    "-lastLogin",
];

/// Searches of made-up customers find the same on both databases and in memory, page by page, while customers change.
#[test]
fn searches_find_what_the_store_in_memory_finds() {
    let cases = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let memory = Memory::new();
    let people: Vec<Person> = founders().into_iter().chain(PEOPLE.map(managed)).collect();
    for merchant in merchants() {
        memory.merchants().put_merchant(merchant);
    }
    for person in &people {
        memory.put_person(person.clone());
    }
    let databases = Engine::ALL.map(|engine| database(engine, &merchants(), &people, &[]));
    let first = RefCell::new(true);
    let mut runner = TestRunner::new(cases);
    let all = PEOPLE.map(membership).collect::<Vec<_>>();
    let changed = PEOPLE.prop_flat_map(membership);
    let order = prop::sample::select(&ORDERS[..]);
    let page = (0_i32..25, any::<bool>(), prop::option::weighted(0.2, 0_i32..4));
    // So few rows that a search gives up each way among these customers, or as many as usual.
    let bound = prop::option::of(prop::sample::select(&[1, 5, 20][..]));
    let strategy = (all, changed, filter(), order, page, bound);
    runner
        .run(&strategy, |(all, changed, arguments, order, (size, backward, offset), bound)| {
            if first.replace(false) {
                for membership in &all {
                    memory.put_membership(membership.clone());
                }
                for (_, db) in databases.iter() {
                    insert(db, all.clone());
                }
            }
            let kept =
                memory.scoped(Scope::Platform).find_membership(changed.merchant, changed.person);
            let kept = kept.unwrap().unwrap();
            // What a change does not write.
            let changed = Membership { created_at: kept.created_at, ..changed };
            memory.scoped(Scope::Platform).update_membership(&changed).unwrap();
            for (_, db) in &databases {
                let changed = changed.clone();
                db.write(Scope::Merchant(changed.merchant), None, move |tx| {
                    tx.update_membership(&changed)
                })
                .unwrap();
            }
            let Ok(filter) = ConsumerFilter::parse(arguments) else {
                return Ok(());
            };
            let mut paging = PageArguments {
                first: (!backward).then_some(size),
                last: backward.then_some(size),
                offset: offset.filter(|_| !backward),
                order_by: Some(order.to_owned()),
                ..PageArguments::default()
            };
            for _ in 0..3 {
                let request = PageRequest::<ConsumerSort>::parse(&paging, "consumers").unwrap();
                let mut store = memory.scoped(Scope::Merchant(NEAR));
                let expected = store.list_consumers(&filter, &request).unwrap();
                let count = store.count_consumers(&filter).unwrap();
                for (_, db) in &databases {
                    let (found, counted) = db
                        .read(Scope::Merchant(NEAR), |tx| {
                            if let Some(rows) = bound {
                                tx.bound_searches(rows);
                            }
                            let found = tx.list_consumers(&filter, &request)?;
                            Ok::<_, StoreError>((found, tx.count_consumers(&filter)?))
                        })
                        .unwrap();
                    prop_assert_eq!(&found, &expected);
                    prop_assert_eq!(counted, count);
                }
                let cursor = |row: &_| request.order.cursor(&request.order.position(row));
                let (start, end) = (expected.items.first(), expected.items.last());
                paging.offset = None;
                paging.before = start.filter(|_| backward).map(cursor);
                paging.after = end.filter(|_| !backward).map(cursor);
            }
            let term = PhoneTerm::whole(
                &changed
                    .profile
                    .phone_number
                    .map_or("0171".to_owned(), |number| number.to_string()),
            );
            let by_phone = memory
                .scoped(Scope::Merchant(NEAR))
                .members_by(&MemberKey::Phone(term.clone()))
                .unwrap();
            for (_, db) in &databases {
                let found = db.read(Scope::Merchant(NEAR), |tx| {
                    tx.members_by(&MemberKey::Phone(term.clone()))
                });
                prop_assert_eq!(&found.unwrap(), &by_phone);
            }
            Ok(())
        })
        .unwrap();
}

/// Two decisions about each channel of each person.
fn decide(db: &Db, people: Vec<PersonId>) {
    db.write(Scope::Merchant(NEAR), None, move |tx| {
        for (person, channel) in people
            .iter()
            .flat_map(|person| ConsentChannel::ALL.iter().map(move |one| (person, one)))
        {
            for decided_at in [1, 2].map(Timestamp::from_seconds) {
                let decision = Decision {
                    channel: *channel,
                    state: ConsentState::Granted,
                    source: "till".to_owned(),
                    wording: None,
                    decided_at,
                };
                tx.insert_consent(&NewConsent {
                    merchant: NEAR,
                    person: *person,
                    decision,
                    recorded_at: decided_at,
                    recorded_by: ConsentRecorder::System,
                    recorded_by_person: None,
                    recorded_by_app: None,
                })?;
            }
        }
        Ok::<_, StoreError>(())
    })
    .unwrap();
}

/// Fifty managed customers of one merchant, with a card each.
fn managed_members() -> Vec<Membership> {
    let members = PEOPLE.map(|person| {
        let row = managed(person);
        Membership {
            merchant: NEAR,
            person: row.id,
            kind: Kind::Managed,
            sharing: None,
            loyalty_id: row.loyalty_id,
            profile: Profile { firstname: "Ann".to_owned(), ..Profile::default() },
            verified: false,
            cards: vec![CardNumber::parse(&person.to_string()).unwrap()],
            extra_info: None,
            num_of_order_discounts_allowed: 0,
            entity_source: None,
            entity_source_id: None,
            standing: Standing::Live,
            last_login: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    });
    members.collect()
}

/// What customers decided costs as many statements for one as for fifty.
#[test]
fn decisions_cost_the_same_statements_however_many_rows_they_have() {
    let people: Vec<Person> = founders().into_iter().chain(PEOPLE.map(managed)).collect();
    let ids: Vec<PersonId> = PEOPLE.map(PersonId::new).collect();
    for engine in Engine::ALL {
        let (_temporary, db) = database(engine, &merchants(), &people, &[]);
        insert(&db, managed_members());
        decide(&db, ids.clone());
        let mut reader = db.own_reader();
        for some in [&ids[..1], &ids[..50]] {
            reader.start(None);
            let (standing, history, counts) = reader
                .read(Scope::Merchant(NEAR), |tx| {
                    let standing = tx.standing_consents(some)?;
                    let history = tx.consent_history(some, None, &PageRequest::first(100))?;
                    Ok::<_, StoreError>((standing, history, tx.count_consent_history(some, None)?))
                })
                .unwrap();
            // One of them opened the transaction.
            assert_eq!(reader.statements() - 1, 3, "{engine:?}");
            assert_eq!(standing.len(), some.len() * ConsentChannel::ALL.len());
            assert_eq!((history.len(), counts.len()), (some.len(), some.len()));
            assert!(history.iter().all(|(_, page)| page.items.len() == 10));
            assert!(counts.iter().all(|(_, count)| *count == 10));
        }
    }
}

/// A page of one customer costs as many statements as a page of fifty.
#[test]
fn lists_cost_the_same_statements_however_many_rows_they_have() {
    let people: Vec<Person> = founders().into_iter().chain(PEOPLE.map(managed)).collect();
    for engine in Engine::ALL {
        let (_temporary, db) = database(engine, &merchants(), &people, &[]);
        insert(&db, managed_members());
        let mut reader = db.own_reader();
        let mut statements = |read: &dyn Fn(&mut dyn CustomerStore, u16)| {
            [1, 50].map(|rows| {
                reader.start(None);
                reader
                    .read(Scope::Merchant(NEAR), |tx| {
                        read(tx, rows);
                        Ok::<_, StoreError>(())
                    })
                    .unwrap();
                // One of them opened the transaction.
                reader.statements() - 1
            })
        };
        let list = |arguments: FilterArguments, order: &'static str| {
            let filter = ConsumerFilter::parse(arguments).unwrap();
            move |store: &mut dyn CustomerStore, rows: u16| {
                let paging = PageArguments {
                    first: Some(rows.into()),
                    order_by: Some(order.to_owned()),
                    ..PageArguments::default()
                };
                let request = PageRequest::parse(&paging, "consumers").unwrap();
                let page = store.list_consumers(&filter, &request).unwrap();
                assert_eq!(page.items.len(), usize::from(rows));
            }
        };
        let search = |text: &str| FilterArguments {
            search: Some(text.to_owned()),
            ..FilterArguments::default()
        };
        assert_eq!(statements(&list(FilterArguments::default(), "")), [1, 1]);
        assert_eq!(statements(&list(FilterArguments::default(), "-firstname")), [1, 1]);
        assert_eq!(statements(&list(search("ann"), "")), [1, 1]);
        assert_eq!(statements(&list(search("a"), "-createdAt")), [1, 1], "a full page was near");
        let none = move |store: &mut dyn CustomerStore, rows: u16| {
            let filter = ConsumerFilter::parse(search("nobody")).unwrap();
            let order = PageArguments {
                order_by: Some("firstname".to_owned()),
                first: Some(rows.into()),
                ..Default::default()
            };
            let request = PageRequest::parse(&order, "consumers").unwrap();
            assert_eq!(store.list_consumers(&filter, &request).unwrap().items, []);
        };
        let tries = if engine == Engine::Postgres { 2 } else { 1 };
        assert_eq!(statements(&none), [tries; 2], "nothing near, nothing far");
        let ids: Vec<PersonId> = PEOPLE.map(PersonId::new).collect();
        let some = |rows: u16| &ids[..usize::from(rows)];
        assert_eq!(
            statements(&|store, rows| {
                assert_eq!(store.consumers(some(rows)).unwrap().len(), usize::from(rows));
            }),
            [1, 1]
        );
        assert_eq!(
            statements(&|store, rows| {
                assert_eq!(store.cards_per_consumer(some(rows)).unwrap().len(), usize::from(rows));
            }),
            [1, 1]
        );
        assert_eq!(
            statements(&|store, _| {
                assert!(store.find_membership(NEAR, ids[0]).unwrap().is_some());
            }),
            [2, 2]
        );
    }
}
