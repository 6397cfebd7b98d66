//! What the suite asks about segments' facts.

use std::collections::BTreeSet;

use regulars_customer::segment::{Needs, RedemptionFact, SegmentFacts};
use regulars_promotion::suite::membership;

use super::{World, at, collects_points, owned};
use crate::{LoyaltyStore, Redeemed};

/// What segments ask about, need by need.
pub(super) fn segment_facts(store: &mut dyn LoyaltyStore, world: &World) {
    let none = Needs::default();
    let instants = BTreeSet::from([at(0), at(20), at(21), at(31), at(5_000)]);
    let everything = Needs {
        accounts: true,
        visits: true,
        orders: true,
        products: true,
        completed_from: instants.clone(),
        redemptions: true,
        redeemed_from: instants.clone(),
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
        none.clone(),
        Needs { accounts: true, ..none.clone() },
        Needs { visits: true, ..none.clone() },
        Needs { orders: true, ..none.clone() },
        Needs { products: true, ..none.clone() },
        Needs { orders: true, completed_from: instants.clone(), ..none.clone() },
        Needs { redemptions: true, ..none.clone() },
        Needs { redemptions: true, redeemed_from: instants, ..none },
        everything.clone(),
    ] {
        let mut facts = bare.clone();
        store.complete_facts(&mut facts, needs.clone()).unwrap();
        let mut expected = bare.clone();
        for facts in &mut expected {
            let member = &facts.membership;
            if owned(store, member.merchant, Some(member.person)) {
                complete(facts, &needs, world);
            }
        }
        assert_eq!(facts, expected, "{:?} {needs:?}", store.scope());
    }
    store.complete_facts(&mut [], everything).unwrap();
}

fn complete(facts: &mut SegmentFacts, needs: &Needs, world: &World) {
    let (merchant, person) = (facts.membership.merchant, facts.membership.person);
    let books = || {
        world
            .books
            .iter()
            .filter(move |book| (book.account.merchant, book.account.person) == (merchant, person))
    };
    let mut whole = facts.clone();
    let points = books().filter(|book| collects_points(world, book));
    whole.points_earned = points.map(|book| book.account.earned.get()).sum();
    let stamps = books().filter(|book| !collects_points(world, book));
    whole.stamps = stamps.map(|book| book.account.balance.get()).sum();
    whole.loyalty_cards = books().map(|book| book.account.card).collect();
    for order in world.orders_of(merchant, person) {
        whole.orders.add(&order, facts.currency);
    }
    for visit in world.visits_of(merchant, person) {
        whole.visits.add(visit);
    }
    for row in &world.redemptions {
        let own = (row.merchant, row.person) == (merchant, Some(person));
        if let Redeemed::Offer { offer } = row.redeemed
            && own
            && row.reversed_at.is_none()
        {
            whole.redemptions.add(RedemptionFact { offer, created_at: row.created_at });
        }
    }
    facts.complete(whole, needs);
}
