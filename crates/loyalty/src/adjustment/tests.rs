use regulars_kernel::StoreAccess;

use super::*;
use crate::{
    LoyaltyStore as _, PointsProgram,
    history::{self, HistoryQuery},
    sale::tests::{MERCHANT, Shop, points_card, program, stamps_card},
    suite::at,
    transfer::{NewTransfer, transfer},
};

const ADA: PersonId = PersonId::new(71);
const BOB: PersonId = PersonId::new(72);
const POINTS: LoyaltyCardId = LoyaltyCardId::new(1);
const OTHER: LoyaltyCardId = LoyaltyCardId::new(3);
const STAMPS: LoyaltyCardId = LoyaltyCardId::new(2);

fn boss() -> Actor {
    Actor::owner(MERCHANT)
}

fn shop() -> Shop {
    let monthly = PointsProgram { validity_in_months: Some(1), ..program(1) };
    let cards = vec![points_card(1, monthly), stamps_card(2), points_card(3, program(1))];
    let shop = Shop::new(cards);
    let bob = regulars_promotion::suite::membership(BOB, MERCHANT);
    shop.memory().customers().put_membership(bob);
    shop
}

fn by(amount: i64) -> NewAdjustment {
    NewAdjustment {
        person: ADA,
        card: POINTS,
        amount: Points::new(amount),
        reason: " sorry for the wait ".to_owned(),
        expires_at: None,
        into_debt: false,
    }
}

fn adjusts(shop: &Shop, new: &NewAdjustment, seconds: i64) -> Result<Adjusted, LoyaltyError> {
    adjust(&mut shop.tx(), &boss(), new, at(seconds))
}

/// The argument that a refusal names.
fn refused<T: std::fmt::Debug>(answer: Result<T, LoyaltyError>) -> &'static str {
    let Err(LoyaltyError::Invalid(violations)) = answer else { panic!("{answer:?}") };
    violations.iter().next().unwrap().field.unwrap()
}

#[test]
fn rule_18_a_gift_enrols_pays_debt_and_lives_as_the_card_says() {
    let shop = shop();
    let given = adjusts(&shop, &by(30), 10).unwrap();
    assert_eq!(shop.sums(1), (30, 0, 0), "a gift is not earned");
    let line = history::list_by_ids(&mut shop.tx(), &boss(), &[given.entry]).unwrap().remove(0);
    assert_eq!(line.reason.as_deref(), Some("sorry for the wait"));
    assert_eq!((line.entry.kind, line.entry.cause), (EntryKind::Adjust, Cause::Manual));
    assert_eq!(line.balance_after, Points::new(30));
    assert_eq!(line.entry.actor, boss().person());
    // at(10) is 9 October 2025 in Berlin.
    assert_eq!(line.expires_at.unwrap().to_string(), "2025-11-09T23:00:00.000000Z");
    let until = NewAdjustment { expires_at: Some(at(9_000)), ..by(5) };
    let given = adjusts(&shop, &until, 20).unwrap();
    let line = history::list_by_ids(&mut shop.tx(), &boss(), &[given.entry]).unwrap().remove(0);
    assert_eq!(line.expires_at, Some(at(9_000)));
    // The same again is another gift: keys are the caller's.
    adjusts(&shop, &by(5), 20).unwrap();
    assert_eq!(shop.sums(1), (40, 0, 0));
    adjusts(&shop, &NewAdjustment { into_debt: true, ..by(-60) }, 30).unwrap();
    assert_eq!(shop.sums(1), (0, 20, 0));
    adjusts(&shop, &by(50), 40).unwrap();
    assert_eq!(shop.sums(1), (30, 0, 0));
    shop.add_up();
}

#[test]
fn rule_19_taking_stops_at_what_is_available_unless_it_may_go_into_debt() {
    let shop = shop();
    assert_eq!(refused(adjusts(&shop, &by(-1), 10)), "amount");
    adjusts(&shop, &by(30), 10).unwrap();
    adjusts(&shop, &by(-30), 20).unwrap();
    assert_eq!(shop.sums(1), (0, 0, 0));
    assert_eq!(refused(adjusts(&shop, &by(-1), 30)), "amount");
    let owing = NewAdjustment { into_debt: true, person: BOB, ..by(-7) };
    adjusts(&shop, &owing, 40).unwrap();
    let bob = shop.tx().accounts_per_consumer(&[BOB]).unwrap().remove(0);
    assert_eq!((bob.balance, bob.debt), (Points::ZERO, Points::new(7)));
    // Stamps are given and taken, and never owed.
    let stamps = |amount| NewAdjustment { card: STAMPS, ..by(amount) };
    adjusts(&shop, &stamps(2), 50).unwrap();
    assert_eq!(refused(adjusts(&shop, &stamps(-3), 60)), "amount");
    let owed = NewAdjustment { into_debt: true, ..stamps(-3) };
    assert_eq!(refused(adjusts(&shop, &owed, 60)), "intoDebt");
    adjusts(&shop, &stamps(-2), 60).unwrap();
    shop.add_up();
}

#[test]
fn what_is_set_right_must_make_sense_and_say_why() {
    let shop = shop();
    for (new, argument) in [
        (by(0), "amount"),
        (by(MAX_AMOUNT + 1), "amount"),
        (by(-MAX_AMOUNT - 1), "amount"),
        (NewAdjustment { reason: " ".to_owned(), ..by(1) }, "reason"),
        (NewAdjustment { reason: "x".repeat(501), ..by(1) }, "reason"),
        (NewAdjustment { expires_at: Some(at(10)), ..by(1) }, "expiresAt"),
        (NewAdjustment { expires_at: Some(Timestamp::MAX), ..by(1) }, "expiresAt"),
        (NewAdjustment { expires_at: Some(at(90)), ..by(-1) }, "expiresAt"),
        (NewAdjustment { into_debt: true, ..by(1) }, "intoDebt"),
        (NewAdjustment { card: LoyaltyCardId::new(9), ..by(1) }, "loyaltyCardId"),
        (NewAdjustment { person: PersonId::new(99), ..by(1) }, "consumerId"),
    ] {
        assert_eq!(refused(adjusts(&shop, &new, 10)), argument, "{new:?}");
    }
    let cashier = Actor::cashier(MERCHANT, ADA, StoreAccess::All);
    for actor in [cashier, Actor::Anonymous, Actor::Consumer { person: ADA }] {
        let answer = adjust(&mut shop.tx(), &actor, &by(1), at(10));
        assert!(matches!(answer, Err(LoyaltyError::Denied(_))), "{actor:?}");
    }
    assert!(shop.tx().accounts_per_consumer(&[ADA]).unwrap().is_empty(), "nothing was opened");
}

fn moves(points: i64) -> NewTransfer {
    NewTransfer {
        from: ADA,
        to: BOB,
        from_card: POINTS,
        to_card: None,
        points: Points::new(points),
        reason: "a present".to_owned(),
    }
}

#[test]
fn points_move_with_their_time_and_both_sides_say_why() {
    let shop = shop();
    adjusts(&shop, &NewAdjustment { expires_at: Some(at(9_000)), ..by(20) }, 10).unwrap();
    adjusts(&shop, &by(20), 10).unwrap();
    let moved = transfer(&mut shop.tx(), &boss(), &moves(30), at(20)).unwrap();
    let ids = [moved.out, moved.into];
    let mut lines = history::list_by_ids(&mut shop.tx(), &boss(), &ids).unwrap();
    lines.sort_by_key(|line| line.entry.id);
    let sides: Vec<_> =
        lines.iter().map(|line| (line.person, line.entry.amount, line.balance_after)).collect();
    let [thirty, ten] = [30, 10].map(Points::new);
    assert_eq!(sides, [(ADA, Points::new(-30), ten), (BOB, thirty, thirty)]);
    assert!(lines.iter().all(|line| line.reason.as_deref() == Some("a present")));
    assert_eq!(lines[1].expires_at, Some(at(9_000)), "the soonest-expiring moves first");
    // Who is erased leaves nothing that was said, on neither side (rule 30).
    assert_eq!(shop.memory().clear_reasons(BOB, None), 2);
    let lines = history::list_by_ids(&mut shop.tx(), &boss(), &ids).unwrap();
    assert!(lines.iter().all(|line| line.reason.is_none()));
    assert_eq!(shop.memory().clear_reasons(ADA, None), 2, "of her gifts");
    // What is there no more does not move, and back on another card it may go.
    assert_eq!(refused(transfer(&mut shop.tx(), &boss(), &moves(11), at(30))), "points");
    let back = NewTransfer { from: BOB, to: BOB, to_card: Some(OTHER), ..moves(5) };
    transfer(&mut shop.tx(), &boss(), &back, at(30)).unwrap();
    let query = HistoryQuery::default();
    let counts = history::count_per_consumer(&mut shop.tx(), &boss(), &query, &[ADA, BOB]);
    assert_eq!(counts.unwrap(), [(ADA, 3), (BOB, 3)]);
    shop.add_up();
}

#[test]
fn what_moves_must_be_there_and_go_somewhere_else() {
    let shop = shop();
    assert_eq!(refused(transfer(&mut shop.tx(), &boss(), &moves(1), at(10))), "points");
    adjusts(&shop, &by(20), 10).unwrap();
    for (new, argument) in [
        (moves(0), "points"),
        (moves(-1), "points"),
        (moves(21), "points"),
        (NewTransfer { to: ADA, ..moves(1) }, "toConsumerId"),
        (NewTransfer { reason: String::new(), ..moves(1) }, "reason"),
        (NewTransfer { to_card: Some(STAMPS), ..moves(1) }, "toLoyaltyCardId"),
        (NewTransfer { from_card: STAMPS, ..moves(1) }, "fromLoyaltyCardId"),
        (NewTransfer { to_card: Some(LoyaltyCardId::new(9)), ..moves(1) }, "toLoyaltyCardId"),
        (NewTransfer { to: PersonId::new(99), ..moves(1) }, "toConsumerId"),
        (NewTransfer { from: PersonId::new(99), ..moves(1) }, "fromConsumerId"),
    ] {
        let answer = transfer(&mut shop.tx(), &boss(), &new, at(20));
        assert_eq!(refused(answer), argument, "{new:?}");
    }
    assert_eq!(shop.sums(1), (20, 0, 0));
    let cashier = Actor::cashier(MERCHANT, ADA, StoreAccess::All);
    let denied = transfer(&mut shop.tx(), &cashier, &moves(1), at(20));
    assert!(matches!(denied, Err(LoyaltyError::Denied(_))));
}
