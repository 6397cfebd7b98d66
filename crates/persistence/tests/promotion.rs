//! Offers on both databases: the suite of the port, and how many statements each question costs.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::items_after_statements,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails fails the test"
)]

mod places;
#[macro_use]
mod promotions;

use places::database;
use promotions::put_promotions;
use regulars_kernel::{MerchantId, OfferId, PageRequest, PersonId, Scope, StoreAccess, StoreError};
use regulars_persistence::{Db, Tx};
use regulars_promotion::{
    OfferFilter, PromotionStore,
    suite::{self, Fixture, Ports, World},
};
use regulars_testkit::{Engine, TempDatabase};

struct OnDatabase {
    engine: Engine,
    loaded: Option<(TempDatabase, Db)>,
}

impl Fixture for OnDatabase {
    fn load(&mut self, world: &World) {
        self.loaded = Some(database(self.engine, |bulk| put_promotions(bulk, world)));
    }

    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn Ports)) {
        let (_, db) = self.loaded.as_ref().unwrap();
        let done: Result<(), StoreError> = db.read(scope, |tx| {
            work(tx);
            Ok(())
        });
        done.unwrap();
    }

    fn write(&mut self, scope: Scope, work: impl Fn(&mut dyn Ports) + Send + 'static) {
        let (_, db) = self.loaded.as_ref().unwrap();
        let write = move |tx: &mut Tx<'_>| {
            work(tx);
            Ok::<_, StoreError>(())
        };
        db.write(scope, None, write).unwrap();
    }
}

#[test]
fn both_databases_pass_the_suite_of_the_port() {
    for engine in Engine::ALL {
        suite::run(&mut OnDatabase { engine, loaded: None });
    }
}

#[test]
fn what_a_question_costs_does_not_depend_on_how_much_it_finds() {
    let world = suite::world();
    let ids: Vec<OfferId> = world.offers.iter().map(|offer| offer.id).collect();
    let merchants: Vec<MerchantId> = world.below.merchants.iter().map(|row| row.id).collect();
    type Question<'a> = &'a dyn Fn(&mut Tx<'_>) -> Result<(), StoreError>;
    for engine in Engine::ALL {
        let (_temporary, db) = database(engine, |bulk| put_promotions(bulk, &world));
        let questions: [(&str, Question<'_>, u64); 5] = [
            ("offers", &|tx| tx.offers(&ids).map(drop), 2),
            (
                "list_offers",
                &|tx| tx.list_offers(&OfferFilter::default(), &PageRequest::first(100)).map(drop),
                2,
            ),
            ("count_offers", &|tx| tx.count_offers(&OfferFilter::default()).map(drop), 1),
            ("per merchant", &|tx| tx.offers_per_merchant(&merchants, None, 1_000).map(drop), 2),
            ("places", &|tx| tx.places_per_merchant(&merchants, &StoreAccess::All).map(drop), 1),
        ];
        for scope in [Scope::Platform, Scope::Person(PersonId::new(71))] {
            for (name, question, statements) in questions {
                let mut reader = db.own_reader();
                reader.start(None);
                reader.read(scope, question).unwrap();
                assert_eq!(reader.statements(), 1 + statements, "{name}, and BEGIN");
            }
        }
    }
}
