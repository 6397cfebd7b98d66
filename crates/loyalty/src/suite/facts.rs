//! What the suite asks about segments' facts.

use regulars_customer::segment::{Needs, RedemptionFact, SegmentFacts};
use regulars_promotion::suite::membership;

use super::{World, at, collects_points, owned};
use crate::{LoyaltyStore, Redeemed};

/// What segments ask about, need by need.
pub(super) fn segment_facts(store: &mut dyn LoyaltyStore, world: &World) {
    let none = Needs::default();
    let everything = Needs {
        points_earned: true,
        stamps: true,
        last_visit: true,
        orders: true,
        products: true,
        visits: true,
        redemptions: true,
        loyalty_cards: true,
    };
    let bare: Vec<_> = world
        .customers()
        .into_iter()
        .map(|(merchant, person)| {
            let row = world.below.below.merchants.iter().find(|row| row.id == merchant).unwrap();
            let today = at(0).to_utc().date_naive();
            SegmentFacts::of(membership(person, merchant), row.currency, today)
        })
        .collect();
    for needs in [
        none,
        Needs { points_earned: true, ..none },
        Needs { stamps: true, ..none },
        Needs { last_visit: true, ..none },
        Needs { orders: true, ..none },
        Needs { orders: true, products: true, ..none },
        Needs { visits: true, ..none },
        Needs { redemptions: true, ..none },
        Needs { loyalty_cards: true, ..none },
        everything,
    ] {
        let mut facts = bare.clone();
        store.complete_facts(&mut facts, needs).unwrap();
        let mut expected = bare.clone();
        for facts in &mut expected {
            let member = &facts.membership;
            if owned(store, member.merchant, Some(member.person)) {
                complete(facts, needs, world);
            }
        }
        let facts: Vec<_> = facts.into_iter().map(in_order).collect();
        let expected: Vec<_> = expected.into_iter().map(in_order).collect();
        assert_eq!(facts, expected, "{:?} {needs:?}", store.scope());
    }
    store.complete_facts(&mut [], everything).unwrap();
}

fn complete(facts: &mut SegmentFacts, needs: Needs, world: &World) {
    let (merchant, person) = (facts.membership.merchant, facts.membership.person);
    let books = || {
        world
            .books
            .iter()
            .filter(move |book| (book.account.merchant, book.account.person) == (merchant, person))
    };
    let visits = world.visits_of(merchant, person);
    if needs.points_earned {
        let points = books().filter(|book| collects_points(world, book));
        facts.points_earned = points.map(|book| book.account.earned.get()).sum();
    }
    if needs.stamps {
        let stamps = books().filter(|book| !collects_points(world, book));
        facts.stamps = stamps.map(|book| book.account.balance.get()).sum();
    }
    if needs.last_visit {
        facts.last_visit = visits.iter().map(|visit| visit.at).max();
    }
    if needs.orders {
        facts.orders = world.orders_of(merchant, person);
        if !needs.products {
            facts.orders.iter_mut().for_each(|order| order.products.clear());
        }
    }
    if needs.visits {
        facts.visits = visits;
    }
    if needs.loyalty_cards {
        facts.loyalty_cards = books().map(|book| book.account.card).collect();
    }
    if needs.redemptions {
        for row in &world.redemptions {
            let own = (row.merchant, row.person) == (merchant, Some(person));
            if let Redeemed::Offer { offer } = row.redeemed
                && own
                && row.reversed_at.is_none()
            {
                facts.redemptions.push(RedemptionFact { offer, created_at: row.created_at });
            }
        }
    }
}

/// Facts are sets: their order means nothing.
fn in_order(mut facts: SegmentFacts) -> SegmentFacts {
    facts.orders.iter_mut().for_each(|order| order.products.sort_unstable());
    facts.orders.sort_by_key(|order| order.completed_at);
    facts.visits.sort_by_key(|visit| visit.at);
    facts.redemptions.sort_by_key(|row| (row.created_at, row.offer));
    facts.loyalty_cards.sort_unstable();
    facts
}
