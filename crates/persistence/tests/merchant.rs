//! Merchants and their places on both databases: the suite of the port, and how many statements each question costs.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::items_after_statements,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails fails the test"
)]

mod places;

use places::{database, put, put_membership, put_person, put_places};
use regulars_kernel::{
    MerchantId, PageRequest, PersonId, ProductId, Scope, StoreError, StoreGroupId, StoreId,
};
use regulars_merchant::{
    MerchantStore, Product, StoreFilter,
    suite::{self, Fixture, World},
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
            put_places(bulk, world);
            for (number, (person, merchant)) in (1..).zip(&world.joined) {
                put_person(bulk, person.get(), "CONSUMER");
                put_membership(bulk, merchant.get(), person.get(), false, number);
            }
            for (number, (person, product)) in (1..).zip(&world.named) {
                let product = world.products.iter().find(|row| row.id == *product).unwrap();
                put_sale(bulk, world, number, *person, product);
            }
        });
        self.loaded = Some(loaded);
    }

    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn MerchantStore)) {
        self.db()
            .read(scope, |tx| {
                work(tx);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    fn write(&mut self, scope: Scope, work: impl Fn(&mut dyn MerchantStore) + Send + 'static) {
        let write = move |tx: &mut Tx<'_>| {
            work(tx);
            Ok::<_, StoreError>(())
        };
        self.db().write(scope, None, write).unwrap();
    }
}

/// A person's order with one line.
fn put_sale(bulk: &mut Bulk, world: &World, id: i64, person: PersonId, product: &Product) {
    let merchant = product.merchant.get();
    let store = world.stores.iter().find(|row| row.merchant == product.merchant).unwrap();
    put!(
        bulk,
        orders {
            id: id,
            merchant_id: merchant,
            number: "1",
            store_id: store.id.get(),
            person_id: person.get(),
            order_type_id: 1_i64,
            state: "COMPLETED",
            currency: product.price.currency().code(),
            total: product.price.minor(),
            created_at: 0_i64,
            updated_at: 0_i64,
        }
    );
    put!(
        bulk,
        order_item {
            id: id,
            merchant_id: merchant,
            order_id: id,
            product_id: product.id.get(),
            name: product.name.as_str(),
            quantity: 1,
            cost: product.price.minor(),
            created_at: 0_i64,
            updated_at: 0_i64,
        }
    );
}

#[test]
fn both_databases_pass_the_suite_of_the_port() {
    for engine in Engine::ALL {
        suite::run(&mut OnDatabase { engine, loaded: None });
    }
}

#[test]
fn each_question_is_one_statement_however_many_ids_it_has() {
    type Question = fn(&mut dyn MerchantStore, &World, usize) -> usize;
    let questions: [(&str, Question); 7] = [
        ("merchants", |tx, world, many| {
            let ids: Vec<MerchantId> = world.merchants.iter().map(|row| row.id).collect();
            tx.merchants(&ids[..many.min(1)]).unwrap().len()
        }),
        ("stores", |tx, world, many| {
            let ids: Vec<StoreId> = world.stores.iter().map(|row| row.id).collect();
            tx.stores(&ids[..many]).unwrap().len()
        }),
        ("list_stores", |tx, _world, many| {
            let page = PageRequest::first(u16::try_from(many).unwrap());
            tx.list_stores(&StoreFilter::default(), &page).unwrap().items.len()
        }),
        ("count_stores", |tx, _world, _many| {
            usize::try_from(tx.count_stores(&StoreFilter::default()).unwrap()).unwrap()
        }),
        ("store_groups", |tx, world, many| {
            let ids: Vec<StoreGroupId> = world.store_groups.iter().map(|row| row.id).collect();
            tx.store_groups(&ids[..many.min(3)]).unwrap().len()
        }),
        ("store_groups_per_store", |tx, world, many| {
            let ids: Vec<StoreId> = world.stores.iter().map(|row| row.id).collect();
            tx.store_groups_per_store(&ids[..many]).unwrap().len()
        }),
        ("products", |tx, world, many| {
            let ids: Vec<ProductId> = world.products.iter().map(|row| row.id).collect();
            tx.products(&ids[..many.min(2)]).unwrap().len()
        }),
    ];
    let world = suite::world();
    let merchant = world.merchants[0].id;
    for engine in Engine::ALL {
        let mut fixture = OnDatabase { engine, loaded: None };
        fixture.load(&world);
        let mut reader = fixture.db().own_reader();
        for scope in [Scope::Merchant(merchant), Scope::Person(PersonId::new(71)), Scope::Platform]
        {
            for (name, question) in questions {
                for many in [1, 4] {
                    reader.start(None);
                    let rows = reader
                        .read(scope, |tx| Ok::<_, StoreError>(question(tx, &world, many)))
                        .unwrap();
                    assert!(rows > 0, "{name} in {scope:?} finds something");
                    assert_eq!(reader.statements(), 2, "{name}: one BEGIN and one SELECT");
                }
            }
            let none: Result<usize, StoreError> = {
                reader.start(None);
                reader.read(scope, |tx| Ok(tx.stores(&[])?.len() + tx.products(&[])?.len()))
            };
            assert_eq!(
                (none.unwrap(), reader.statements()),
                (0, 1),
                "nothing is asked for nothing"
            );
        }
    }
}
