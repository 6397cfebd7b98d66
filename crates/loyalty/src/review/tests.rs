use regulars_kernel::{OrderId, StoreAccess};

use super::*;
use crate::{
    PointsProgram, PointsSummary,
    sale::{
        Timeliness,
        tests::{MERCHANT, Shop, points_card, program, stamps_card},
    },
    suite::{ADA, at},
    summary,
};

const DAY: i64 = 86_400;
const SALE: Cause = Cause::Order(OrderId::new(1));

/// Valid for a month, good after two days, with a welcome.
fn living() -> PointsProgram {
    PointsProgram {
        validity_in_months: Some(1),
        activation_delay_days: 2,
        initial_points: Points::new(50),
        ..program(1)
    }
}

/// A shop to whose only customer something was sold for ten euros that came late.
fn late(cards: Vec<crate::LoyaltyCard>) -> Shop {
    let shop = Shop::new(cards);
    shop.try_to_sell(1, &[1_000], 0, Timeliness::Late).unwrap();
    shop
}

fn boss() -> Actor {
    Actor::system(MERCHANT)
}

fn has(shop: &Shop, seconds: i64) -> PointsSummary {
    let people = [regulars_kernel::PersonId::new(71)];
    let sums = summary::per_consumer(&mut shop.tx(), &boss(), &people, at(seconds)).unwrap();
    sums.first().map(|(_, sum)| *sum).unwrap_or_default()
}

fn numbers(shop: &Shop, seconds: i64) -> (i64, i64, i64) {
    let sum = has(shop, seconds);
    (sum.available.get(), sum.pending.get(), sum.lifetime.get())
}

const RELEASES: [fn(&mut crate::memory::MemoryStore, &Actor, Timestamp) -> usize; 2] = [
    |tx, actor, now| release(tx, actor, SALE, now).unwrap().len(),
    |tx, actor, now| reject(tx, actor, SALE, now).unwrap().len(),
];

#[test]
fn rule_26_what_is_released_is_good_as_if_it_had_come_in_time() {
    let shop = late(vec![points_card(1, living()), stamps_card(2)]);
    assert_eq!(numbers(&shop, 10 * DAY), (0, 60, 60));
    let reviewed = release(&mut shop.tx(), &boss(), SALE, at(DAY)).unwrap();
    assert_eq!(reviewed.len(), 3, "the points, their welcome, and the stamp");
    for one in &reviewed {
        let anew = one.anew.as_ref().unwrap();
        assert_eq!(anew.entry.amount, one.earning.entry.amount);
        assert_eq!(anew.entry.business_date, one.earning.entry.business_date);
        assert_eq!(anew.entry.cause, Cause::Review(one.earning.entry.id));
        assert_eq!(one.taken.reverses, Some(one.earning.entry.id));
        assert_eq!(anew.lots[0].expires_at, one.earning.lots[0].expires_at);
    }
    assert_eq!(numbers(&shop, 2 * DAY - 1), (0, 60, 60));
    assert_eq!(numbers(&shop, 2 * DAY), (60, 0, 60));
    // at(0) is 9 October 2025 in Berlin.
    let next = has(&shop, 2 * DAY).expiring_next.unwrap();
    assert_eq!(next.at.to_string(), "2025-11-09T23:00:00.000000Z");
    assert_eq!(shop.sums(2), (1, 0, 1));
    // Whatever is decided again does nothing.
    for again in RELEASES {
        assert_eq!(again(&mut shop.tx(), &boss(), at(3 * DAY)), 0);
    }
    assert_eq!(numbers(&shop, 3 * DAY), (60, 0, 60));
    shop.add_up();
}

#[test]
fn rule_26_what_is_rejected_is_gone_once_and_for_all() {
    let shop = late(vec![points_card(1, living()), stamps_card(2)]);
    let reviewed = reject(&mut shop.tx(), &boss(), SALE, at(DAY)).unwrap();
    assert!(reviewed.iter().all(|one| one.anew.is_none()));
    assert_eq!(numbers(&shop, 10 * DAY), (0, 0, 0));
    assert_eq!(shop.sums(2), (0, 0, 0));
    for again in RELEASES {
        assert_eq!(again(&mut shop.tx(), &boss(), at(3 * DAY)), 0);
    }
    // A refund finds nothing that is left, and makes no debt.
    shop.refunds(1, &[(1_000, 0, 1_000)], ClawBackPolicy::BelowZero, 4 * DAY);
    assert_eq!(shop.sums(1), (0, 0, 0));
    shop.add_up();
}

#[test]
fn rule_25_refunds_before_and_after_a_release_come_to_the_same_as_without() {
    for (before, after) in [(0, 400), (300, 500), (300, 1_000), (333, 667), (1_000, 1_000)] {
        let shop = late(vec![points_card(1, living())]);
        let policy = ClawBackPolicy::BelowZero;
        if before > 0 {
            shop.refunds(1, &[(1_000, 0, before)], policy, DAY);
        }
        release(&mut shop.tx(), &boss(), SALE, at(2 * DAY)).unwrap();
        if after > before {
            shop.refunds(1, &[(1_000, before, after)], policy, 3 * DAY);
        }
        let welcome = if after == 1_000 { 0 } else { 50 };
        // Ten points for ten euros, and what is taken back rounds down.
        let left = 10 - 10 * after / 1_000 + welcome;
        assert_eq!(shop.sums(1), (left, 0, left), "{before} and then {after}");
        assert_eq!(numbers(&shop, 4 * DAY), (left, 0, left));
        shop.add_up();
    }
}

#[test]
fn rule_19_what_expired_while_it_waited_does_not_come_back() {
    let shop = late(vec![points_card(1, living())]);
    assert_eq!(release(&mut shop.tx(), &boss(), SALE, at(60 * DAY)).unwrap(), Vec::new());
    assert_eq!(numbers(&shop, 60 * DAY), (0, 0, 60));
    shop.add_up();
}

#[test]
fn rule_14_a_release_takes_no_room_of_the_day_twice() {
    let capped = PointsProgram { max_points_per_day: Some(Points::new(25)), ..program(1) };
    let shop = late(vec![points_card(1, capped)]);
    release(&mut shop.tx(), &boss(), SALE, at(DAY)).unwrap();
    shop.sells(2, &[1_500], 20);
    assert_eq!(shop.sums(1), (25, 0, 25));
}

#[test]
fn rule_26_sales_in_time_are_nobodys_to_review_and_not_everybody_reviews() {
    let shop = Shop::new(vec![points_card(1, program(1))]);
    shop.sells(1, &[1_000], 0);
    for nothing in RELEASES {
        assert_eq!(nothing(&mut shop.tx(), &boss(), at(DAY)), 0);
    }
    assert_eq!(shop.sums(1), (10, 0, 10));
    let cashier = Actor::cashier(MERCHANT, ADA, StoreAccess::All);
    for actor in [cashier, Actor::Anonymous, Actor::Consumer { person: ADA }] {
        assert!(matches!(
            release(&mut shop.tx(), &actor, SALE, at(DAY)),
            Err(LoyaltyError::Denied(_))
        ));
        assert!(matches!(
            reject(&mut shop.tx(), &actor, SALE, at(DAY)),
            Err(LoyaltyError::Denied(_))
        ));
    }
}
