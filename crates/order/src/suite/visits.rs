//! What every implementation of [`VisitStore`] does: visits are written within the merchant's own reach, read by whose they
//! are, and found where they equal another.

use std::time::Duration;

use regulars_kernel::{
    MerchantId, Money, OrderId, Page, PageRequest, PersonId, Scope, StoreAccess, StoreError,
    StoreId, VisitId,
};

use super::{Fixture, World, world};
use crate::{Visit, VisitQuery, VisitStore};

/// What the suite of visits needs of an implementation.
pub trait VisitFixture: Fixture {
    /// Opens a transaction that writes, and lets the suite work in it.
    fn write_visits(&mut self, scope: Scope, work: impl Fn(&mut dyn VisitStore) + Send + 'static);
}

const MITTE: StoreId = StoreId::new(100);
const NORD: StoreId = StoreId::new(101);

/// Runs every check, over rows that were not loaded yet.
///
/// # Panics
/// Where the port answers anything else than the rows say.
pub fn run(fixture: &mut impl VisitFixture) {
    let world = world();
    fixture.load(&world);
    let (own, other) =
        (world.places.merchants.first().unwrap().id, world.places.merchants.last().unwrap().id);
    let rows = visits(&world, own);
    let written = rows.clone();
    fixture.write_visits(Scope::Merchant(own), move |store| {
        for row in &written {
            let id = store.insert_visit(row).unwrap();
            assert_eq!(
                store.visits(&[id], &StoreAccess::All).unwrap(),
                [Visit { id, ..row.clone() }]
            );
        }
        let theirs = Visit { merchant: other, store: StoreId::new(200), ..written[0].clone() };
        refused(&store.insert_visit(&theirs));
    });
    let expected = rows.clone();
    fixture.write_visits(Scope::Merchant(own), move |store| {
        lists(store, &expected, &[world::ADA, world::BEN]);
        similar(store, &expected[0]);
    });
    let expected = rows.clone();
    fixture.write_visits(Scope::Person(world::ADA), move |store| {
        let own: Vec<_> =
            expected.iter().filter(|row| row.consumer == world::ADA).cloned().collect();
        lists(store, &own, &[world::ADA]);
        refused(&store.insert_visit(&expected[0]));
    });
    let expected = rows.clone();
    fixture.write_visits(Scope::Platform, move |store| {
        lists(store, &expected, &[world::ADA, world::BEN]);
    });
    fixture.write_visits(Scope::Merchant(other), move |store| {
        lists(store, &[], &[world::ADA, world::BEN]);
        assert_eq!(store.similar_visit(&rows[0], Duration::from_secs(9)).unwrap(), None);
    });
}

/// Three of Ada's and one of Ben's, in two stores; one names its order.
fn visits(world: &World, merchant: MerchantId) -> Vec<Visit> {
    let currency = world.places.merchants.first().unwrap().currency;
    let visit = |id, store, consumer, minor, seconds| Visit {
        id: VisitId::new(id),
        merchant,
        store,
        consumer,
        order: None,
        amount: Money::new(minor, currency),
        occurred_at: world::at(seconds),
        business_date: world::at(seconds).to_utc().date_naive(),
        created_at: world::at(seconds + 1),
    };
    vec![
        visit(1, MITTE, world::ADA, 700, 100),
        visit(2, NORD, world::ADA, 700, 100),
        Visit { order: Some(OrderId::new(501)), ..visit(3, MITTE, world::ADA, 0, 90) },
        visit(4, MITTE, world::BEN, 700, 110),
    ]
}

fn essence(visit: &Visit) -> (StoreId, PersonId, Option<OrderId>, Money, i64) {
    let at = visit.occurred_at.micros();
    (visit.store, visit.consumer, visit.order, visit.amount, at)
}

fn of<P: Copy + PartialEq>(pages: &[(P, Page<Visit>)], parent: P) -> Vec<&Visit> {
    let page = pages.iter().find(|(id, _)| *id == parent);
    page.map(|(_, page)| page.items.iter().collect()).unwrap_or_default()
}

fn lists(store: &mut dyn VisitStore, rows: &[Visit], people: &[PersonId]) {
    let page = PageRequest::first(100);
    for within in [StoreAccess::All, StoreAccess::Only(vec![NORD]), StoreAccess::Only(vec![])] {
        let shown = |row: &&Visit| within.includes(row.store);
        let query = VisitQuery { within: within.clone() };
        let pages = store.visits_per_consumer(people, &query, &page).unwrap();
        let counts = store.count_visits_per_consumer(people, &query).unwrap();
        for person in people {
            let own = rows.iter().filter(shown).filter(|row| row.consumer == *person);
            let own: Vec<_> = own.map(essence).collect();
            let found: Vec<_> = of(&pages, *person).into_iter().map(essence).collect();
            assert_eq!(found, own, "{person} within {within:?}");
            let count = counts.iter().find(|(id, _)| id == person).map_or(0, |(_, count)| *count);
            assert_eq!(usize::try_from(count), Ok(own.len()), "{person} within {within:?}");
        }
        let pages = store.visits_per_store(&[MITTE, NORD], &query, &page).unwrap();
        let counts = store.count_visits_per_store(&[MITTE, NORD], &query).unwrap();
        for place in [MITTE, NORD] {
            let own = rows.iter().filter(shown).filter(|row| row.store == place);
            let own: Vec<_> = own.map(essence).collect();
            let found: Vec<_> = of(&pages, place).into_iter().map(essence).collect();
            assert_eq!(found, own, "{place} within {within:?}");
            let count = counts.iter().find(|(id, _)| *id == place).map_or(0, |(_, count)| *count);
            assert_eq!(usize::try_from(count), Ok(own.len()), "{place} within {within:?}");
        }
    }
    let pages = store
        .visits_per_consumer(
            &[world::ADA],
            &VisitQuery { within: StoreAccess::All },
            &PageRequest::first(1),
        )
        .unwrap();
    assert_eq!(of(&pages, world::ADA).len(), rows.len().min(1));
    assert_eq!(store.earned_by_visits(&[VisitId::new(999_999)]).unwrap(), []);
}

fn similar(store: &mut dyn VisitStore, first: &Visit) {
    let within = Duration::from_secs(10);
    let mut finds = |visit: Visit| store.similar_visit(&visit, within).unwrap().is_some();
    let later = |seconds: i64| Visit { occurred_at: world::at(100 + seconds), ..first.clone() };
    assert!(finds(first.clone()) && finds(later(9)) && finds(later(-9)));
    let other = Money::new(701, first.amount.currency());
    let dollars = Money::new(700, regulars_kernel::Currency::USD);
    for another in [
        later(10),
        later(-10),
        Visit { amount: other, ..first.clone() },
        Visit { amount: dollars, ..first.clone() },
        Visit { order: Some(OrderId::new(501)), ..first.clone() },
        Visit { store: StoreId::new(104), ..first.clone() },
        Visit { consumer: world::CLEO, ..first.clone() },
    ] {
        assert!(!finds(another.clone()), "{another:?}");
    }
    let of_order = Visit {
        order: Some(OrderId::new(501)),
        amount: Money::zero(first.amount.currency()),
        ..first.clone()
    };
    assert!(!finds(of_order.clone()), "ten seconds apart");
    assert!(finds(Visit { occurred_at: world::at(95), ..of_order }));
}

fn refused(result: &Result<VisitId, StoreError>) {
    assert!(matches!(result, Err(StoreError::OutOfScope(_))), "{result:?}");
}
