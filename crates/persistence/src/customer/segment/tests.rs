//! Made-up rules over made-up customers: both databases choose whom the rules choose in memory.

mod world;

use std::cell::Cell;

use diesel::sql_types::BigInt;
use proptest::{prelude::*, test_runner::TestRunner};
use regulars_customer::{
    filter::Audience,
    segment::{self, Needs, Segment, SegmentFacts, sample},
};
use regulars_kernel::{MerchantId, Scope, StoreError};
use regulars_loyalty::LoyaltyStore as _;
use regulars_testkit::{Engine, TempDatabase, fresh};
use serde_json::json;

use self::world::{MERCHANT, customers, fill, picks};
use super::push_audience;
use crate::{DatabaseUrl, Db, Settings, migrate, statement::Statement};

fn migrated(url: &str) -> Result<(), String> {
    let url = DatabaseUrl::parse(url).map_err(|error| error.to_string())?;
    migrate(&url).map(drop).map_err(|error| error.to_string())
}

/// Puts the customers of the sample down.
fn filled(database: &TempDatabase) -> Vec<SegmentFacts> {
    let customers = customers();
    fill(database.url(), &customers);
    customers.into_iter().map(|(facts, _rows)| facts).collect()
}

fn chosen_by_database(db: &Db, audience: &Audience) -> Vec<i64> {
    let merchant = MerchantId::new(MERCHANT);
    db.read(Scope::Merchant(merchant), |tx| -> Result<Vec<i64>, StoreError> {
        let mut statement: Statement<BigInt> =
            Statement::new("SELECT m.person_id FROM membership m WHERE m.merchant_id = ")
                .bind(MERCHANT)
                .sql(" AND ");
        push_audience(&mut statement, audience);
        statement.sql(" ORDER BY m.person_id").load(tx.connection)
    })
    .unwrap()
}

fn chosen_in_memory(customers: &[SegmentFacts], segment: &Segment) -> Vec<i64> {
    let fits = customers.iter().filter(|facts| segment::evaluate(segment, facts));
    fits.map(|facts| facts.membership.person.get()).collect()
}

#[test]
fn rule_31_a_segment_means_the_same_in_memory_and_on_both_databases() {
    for engine in Engine::ALL {
        let database = fresh(engine, migrated);
        let customers = filled(&database);
        let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
        let (some, none) = (Cell::new(0), Cell::new(0));
        let check = |rules: serde_json::Value, day: usize| {
            let segment = segment::parse(&rules).unwrap();
            let today = customers[day % customers.len()].today;
            let dated: Vec<SegmentFacts> =
                customers.iter().map(|facts| SegmentFacts { today, ..facts.clone() }).collect();
            let audience = Audience { segment: segment.clone(), currency: sample::CURRENCY, today };
            let expected = chosen_in_memory(&dated, &segment);
            let mixed = !expected.is_empty() && expected.len() < customers.len();
            let counter = if mixed { &some } else { &none };
            counter.set(counter.get() + 1);
            prop_assert_eq!(
                chosen_by_database(&db, &audience),
                expected,
                "{:?}: {}",
                engine,
                rules
            );
            Ok(())
        };
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 600,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let entropy = (any::<u64>(), any::<bool>(), 0_usize..80);
        runner
            .run(&entropy, |(seed, single, day)| {
                let mut pick = picks(seed);
                let rules = if single {
                    // One term, and its opposite, so that no field hides behind others.
                    let term = sample::term(&mut pick);
                    if day % 2 == 0 { json!(["NOT", term]) } else { term }
                } else {
                    sample::rules(&mut pick)
                };
                check(rules, day)
            })
            .unwrap();
        assert!(
            some.get() > 150,
            "the samples tell customers apart: {} of {}",
            some.get(),
            none.get()
        );
    }
}

/// What is loaded of a customer for the segments of promotions decides as everything would that is known of them.
#[test]
fn rule_31_a_segment_means_the_same_of_one_customer_by_what_it_needs() {
    for engine in Engine::ALL {
        let database = fresh(engine, migrated);
        let customers = filled(&database);
        let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
        let scope = Scope::Merchant(MerchantId::new(MERCHANT));
        let check = |seed: u64, single: bool, alone: bool| {
            let mut pick = picks(seed);
            let draw = if single { sample::term } else { sample::rules };
            let segments: Vec<Segment> =
                (0..3).map(|_| segment::parse(&draw(&mut pick)).unwrap()).collect();
            let needs = segments.iter().map(Segment::needs).fold(Needs::default(), Needs::and);
            let asked =
                if alone { &customers[pick() % customers.len()..][..1] } else { &customers };
            let bare = |whole: &SegmentFacts| {
                SegmentFacts::of(whole.membership.clone(), whole.currency, whole.today)
            };
            let mut loaded: Vec<SegmentFacts> = asked.iter().map(bare).collect();
            db.read(scope, |tx| tx.complete_facts(&mut loaded, needs.clone())).unwrap();
            for (loaded, whole) in loaded.iter().zip(asked) {
                let mut expected = bare(whole);
                expected.complete(whole.clone(), &needs);
                prop_assert_eq!(loaded, &expected, "{:?}", engine);
                for segment in &segments {
                    let (by_needs, by_all) =
                        (segment::evaluate(segment, loaded), segment::evaluate(segment, whole));
                    prop_assert_eq!(by_needs, by_all, "{:?}: {}", engine, segment);
                }
            }
            Ok(())
        };
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 200,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let entropy = (any::<u64>(), any::<bool>(), any::<bool>());
        runner.run(&entropy, |(seed, single, alone)| check(seed, single, alone)).unwrap();
    }
}

#[test]
fn the_largest_segment_is_answered() {
    for engine in Engine::ALL {
        let database = fresh(engine, migrated);
        let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
        let ids: Vec<i64> = (1..=500).collect();
        let texts: Vec<String> = (0..500).map(|i| format!("t{i}")).collect();
        let terms = [
            json!(["orders__product", "in", ids]),
            json!(["age", "in", ids]),
            json!(["extraInfo.k", "in", texts]),
            json!(["orders__total", "in", ids]),
        ];
        let mut items = Vec::new();
        for number in 0..100 {
            if number > 0 {
                items.push(json!(if number % 3 == 0 { "OR" } else { "AND" }));
            }
            items.push(terms[number % 4].clone());
        }
        let segment = segment::parse(&json!([[[[[["NOT", items]]]]]])).unwrap();
        let today = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        let audience = Audience { segment, currency: sample::CURRENCY, today };
        assert_eq!(chosen_by_database(&db, &audience), Vec::<i64>::new());
    }
}
