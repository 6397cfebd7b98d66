//! Orders on both databases: the suite of the port, searches for buyers by phone number among many orders, and how many
//! statements each question costs.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::items_after_statements,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails fails the test"
)]

mod places;

use places::{database, put, put_membership, put_person, put_places, text};
use regulars_customer::{
    CustomerStore, EmailAddress, Kind, identity::Marks, merge::MoveKind, search::PhoneTerm,
};
use regulars_kernel::{
    Actor, Money, OrderId, OrderItemId, PageRequest, PersonId, ProductId, Scope, StoreAccess,
    StoreError, StoreId, Timestamp, page::cut,
};
use regulars_order::{
    Order, OrderFilter, OrderItem, OrderQuery, OrderSort, OrderStore, PaymentType, VisitStore,
    merge::{self, NewMerge},
    suite::{
        self, Fixture, World,
        world::{ADA, BEN},
    },
};
use regulars_persistence::{Bulk, Db, Tx};
use regulars_testkit::{Engine, TempDatabase};

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
        let loaded = database(self.engine, |bulk| {
            put_places(bulk, &world.places);
            for person in &world.people {
                put_person(bulk, person.id.get(), "CONSUMER");
            }
            for (number, row) in (1..).zip(&world.memberships) {
                let managed = row.kind == Kind::Managed;
                put_membership(bulk, row.merchant.get(), row.person.get(), managed, number);
            }
            world.orders.iter().for_each(|order| put_order(bulk, order));
            world.items.iter().for_each(|item| put_item(bulk, item));
        });
        // The port writes what a membership shows, and what is searched of it.
        let memberships = world.memberships.clone();
        loaded
            .1
            .write(Scope::Platform, None, move |tx| {
                memberships.iter().try_for_each(|membership| tx.update_membership(membership))
            })
            .unwrap();
        self.loaded = Some(loaded);
    }

    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn OrderStore)) {
        self.db()
            .read(scope, |tx| {
                work(tx);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    fn write(&mut self, scope: Scope, work: impl Fn(&mut dyn OrderStore) + Send + 'static) {
        let write = move |tx: &mut Tx<'_>| {
            work(tx);
            Ok::<_, StoreError>(())
        };
        self.db().write(scope, None, write).unwrap();
    }
}

impl suite::visits::VisitFixture for OnDatabase {
    fn write_visits(&mut self, scope: Scope, work: impl Fn(&mut dyn VisitStore) + Send + 'static) {
        let write = move |tx: &mut Tx<'_>| {
            work(tx);
            Ok::<_, StoreError>(())
        };
        self.db().write(scope, None, write).unwrap();
    }
}

impl suite::purchases::PurchaseFixture for OnDatabase {
    fn write_purchases(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn suite::purchases::Both) + Send + 'static,
    ) {
        let write = move |tx: &mut Tx<'_>| {
            work(tx);
            Ok::<_, StoreError>(())
        };
        self.db().write(scope, None, write).unwrap();
    }
}

#[test]
fn both_databases_pass_the_suite_of_whole_sales() {
    for engine in Engine::ALL {
        suite::purchases::run(&mut OnDatabase { engine, loaded: None });
    }
}

#[test]
fn both_databases_pass_the_suite_of_visits() {
    for engine in Engine::ALL {
        suite::visits::run(&mut OnDatabase { engine, loaded: None });
    }
}

#[test]
fn rules_27_and_28_rows_move_and_come_back_on_both_databases() {
    for engine in Engine::ALL {
        let mut fixture = OnDatabase { engine, loaded: None };
        fixture.load(&suite::world());
        let db = fixture.db();
        for scope in [Scope::Merchant(62.into()), Scope::Person(ADA)] {
            db.write(scope, None, |tx| {
                suite::merges::nobody_else(tx);
                Ok::<_, StoreError>(())
            })
            .unwrap();
        }
        db.write(Scope::Merchant(61.into()), None, |tx| {
            suite::merges::story(tx);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    }
}

#[test]
fn a_merge_is_looked_at_by_the_same_statements_however_many_orders_move() {
    for engine in Engine::ALL {
        let mut fixture = OnDatabase { engine, loaded: None };
        let world = suite::world();
        fixture.load(&world);
        let (db, merchant) = (fixture.db(), Scope::Merchant(61.into()));
        let new = NewMerge { other: BEN, into: ADA, fields: Vec::new() };
        let look = || {
            let mut reader = db.own_reader();
            reader.start(None);
            let actor = Actor::system(61.into());
            let shown = reader
                .read(merchant, |tx| merge::preview(tx, &actor, &new, suite::world::at(100)))
                .unwrap();
            let orders = shown.rows.iter().find(|(kind, _)| *kind == MoveKind::Order);
            (orders.unwrap().1, reader.statements())
        };
        let (few, statements) = look();
        let own = world.orders.iter().find(|order| order.consumer == Some(BEN)).unwrap().clone();
        db.write(merchant, None, move |tx| {
            (0..50).try_for_each(|nth| {
                let number = format!("merge{nth}");
                let order =
                    Order { number, entity_source: None, entity_source_id: None, ..own.clone() };
                tx.insert_order(&order).map(drop)
            })
        })
        .unwrap();
        assert_eq!(look(), (few + 50, statements), "{engine:?}");
    }
}

fn put_order(bulk: &mut Bulk, row: &Order) {
    put!(
        bulk,
        orders {
            id: row.id.get(),
            merchant_id: row.merchant.get(),
            number: row.number.as_str(),
            store_id: row.store.get(),
            person_id: row.consumer.map(PersonId::get),
            waiter_id: row.waiter.map(PersonId::get),
            phone_number: &row.phone_number,
            order_type_id: row.order_type.get(),
            state: row.state.name(),
            pickup_at: row.pickup_at,
            delivery_location: &row.delivery_location,
            payment_type: row.payment_type.map(PaymentType::name),
            num_of_guests: row.num_of_guests,
            currency: row.total.currency().code(),
            cash_received: row.cash_received.map(Money::minor),
            change_given: row.change.map(Money::minor),
            tax: row.tax.map(Money::minor),
            total: row.total.minor(),
            refunded: row.refunded.minor(),
            completed: row.completed,
            completed_at: row.completed_at,
            business_date: row.business_date.map(text),
            is_active: row.is_active(),
            deleted_at: row.deleted_at,
            entity_source: row.entity_source,
            entity_source_id: &row.entity_source_id,
            extra_info: &row.extra_info,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    );
}

fn put_item(bulk: &mut Bulk, row: &OrderItem) {
    put!(
        bulk,
        order_item {
            id: row.id.get(),
            merchant_id: row.merchant.get(),
            order_id: row.order.get(),
            product_id: row.product.map(ProductId::get),
            name: row.name.as_str(),
            quantity: row.quantity,
            num_of_discounted_units: row.num_of_discounted_units,
            unit_price: row.unit_price.map(Money::minor),
            cost: row.cost.minor(),
            is_completed: row.is_completed,
            entity_source: row.entity_source,
            entity_source_id: &row.entity_source_id,
            extra_info: &row.extra_info,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    );
}

#[test]
fn both_databases_pass_the_suite_of_the_port() {
    for engine in Engine::ALL {
        suite::run(&mut OnDatabase { engine, loaded: None });
    }
}

fn everything() -> OrderQuery {
    OrderFilter::default().query(StoreAccess::All, Timestamp::MAX).unwrap()
}

fn by_phone(typed: &str) -> OrderQuery {
    let buyer = Marks { phone: Some(PhoneTerm::beginning(typed)), ..Marks::default() };
    OrderQuery { buyer, ..everything() }
}

/// One buyer of whom only old orders tell, behind more orders than are looked through; another who has the newest.
#[test]
fn a_buyer_is_found_by_phone_number_however_far_back_their_orders_lie() {
    const MANY: i64 = 2_100;
    let mut world = suite::world();
    let template = world.orders[0].clone();
    let (old, new) = (ADA, world.people[1].id);
    let first = template.merchant;
    world.items.clear();
    for member in &mut world.memberships {
        let number = if member.person == old { "+491719999999" } else { "+4930123456" };
        member.profile.phone_number = regulars_customer::PhoneNumber::parse(number, None).ok();
    }
    world.orders = (1..=MANY)
        .map(|id| Order {
            id: OrderId::new(id),
            number: id.to_string(),
            consumer: Some(if id <= 3 { old } else { new }),
            ..template.clone()
        })
        .collect();
    for engine in Engine::ALL {
        let mut fixture = OnDatabase { engine, loaded: None };
        fixture.load(&world);
        let mut reader = fixture.db().own_reader();
        for (typed, of, statements) in [
            ("0171 9999999", old, 1),
            ("9999", old, 2),
            ("+4930", new, 1),
            ("0", new, 1),
            ("77", new, 2),
        ] {
            let request = PageRequest::<OrderSort>::first(3);
            let query = by_phone(typed);
            reader.start(None);
            let page =
                reader.read(Scope::Merchant(first), |tx| tx.list_orders(&query, &request)).unwrap();
            assert_eq!(reader.statements(), 1 + statements, "{typed}");
            let fits = |order: &&Order| match typed {
                "77" => false,
                "0" => true,
                _ => order.consumer == Some(of),
            };
            let fitting: Vec<_> = world.orders.iter().filter(fits).cloned().collect();
            let count =
                fixture.db().read(Scope::Merchant(first), |tx| tx.count_orders(&query)).unwrap();
            assert_eq!(count, u64::try_from(fitting.len()).unwrap(), "{typed}");
            assert_eq!(page, cut(fitting, &request), "{typed}");
        }
    }
}

#[test]
fn each_question_is_one_statement_however_many_ids_it_has() {
    type Question = fn(&mut dyn OrderStore, &World, usize) -> usize;
    let questions: [(&str, Question); 10] = [
        ("orders", |tx, world, many| {
            let ids: Vec<OrderId> = world.orders.iter().map(|row| row.id).collect();
            tx.orders(&ids[..many], &StoreAccess::All).unwrap().len()
        }),
        ("list_orders", |tx, _world, many| {
            let page = PageRequest::first(u16::try_from(many).unwrap());
            tx.list_orders(&everything(), &page).unwrap().items.len()
        }),
        ("list_orders by e-mail", |tx, world, _many| {
            let email_key = world.people[0].profile.email.as_ref().map(EmailAddress::key);
            let buyer = Marks { email_key, ..Marks::default() };
            let query = OrderQuery { buyer, ..everything() };
            tx.list_orders(&query, &PageRequest::first(5)).unwrap().items.len()
        }),
        ("count_orders", |tx, _world, _many| {
            usize::try_from(tx.count_orders(&everything()).unwrap()).unwrap()
        }),
        ("orders_per_consumer", |tx, world, many| {
            let ids: Vec<PersonId> = world.people.iter().map(|row| row.id).collect();
            let page = PageRequest::first(2);
            tx.orders_per_consumer(&ids[..many.min(3)], &everything(), &page).unwrap().len()
        }),
        ("count_orders_per_consumer", |tx, world, many| {
            let ids: Vec<PersonId> = world.people.iter().map(|row| row.id).collect();
            tx.count_orders_per_consumer(&ids[..many.min(3)], &everything()).unwrap().len()
        }),
        ("orders_per_store", |tx, world, many| {
            let ids: Vec<StoreId> = world.places.stores.iter().map(|row| row.id).collect();
            let page = PageRequest::first(2);
            tx.orders_per_store(&ids[..many], &everything(), &page).unwrap().len()
        }),
        ("count_orders_per_store", |tx, world, many| {
            let ids: Vec<StoreId> = world.places.stores.iter().map(|row| row.id).collect();
            tx.count_orders_per_store(&ids[..many], &everything()).unwrap().len()
        }),
        ("items_per_order", |tx, world, many| {
            let ids: Vec<OrderId> = world.orders.iter().map(|row| row.id).collect();
            tx.items_per_order(&ids[..many], &StoreAccess::All).unwrap().len()
        }),
        ("order_items", |tx, world, many| {
            let ids: Vec<OrderItemId> = world.items.iter().map(|row| row.id).collect();
            tx.order_items(&ids[..many], &StoreAccess::All).unwrap().len()
        }),
    ];
    let world = suite::world();
    let merchant = world.places.merchants[0].id;
    for engine in Engine::ALL {
        let mut fixture = OnDatabase { engine, loaded: None };
        fixture.load(&world);
        let mut reader = fixture.db().own_reader();
        for scope in [Scope::Merchant(merchant), Scope::Person(ADA), Scope::Platform] {
            for (name, question) in questions {
                // A consumer's own account is compared before the rows are asked.
                if name.ends_with("e-mail") && scope.person().is_some() {
                    continue;
                }
                for many in [1, 5] {
                    reader.start(None);
                    let rows = reader
                        .read(scope, |tx| Ok::<_, StoreError>(question(tx, &world, many)))
                        .unwrap();
                    assert!(rows > 0, "{name} in {scope:?} finds something");
                    assert_eq!(reader.statements(), 2, "{name}: one BEGIN and one SELECT");
                }
            }
        }
    }
}
