//! What the suite writes of cards and rewards.

use regulars_kernel::{LoyaltyCardId, Points, RewardId, Scope, StoreError};
use regulars_promotion::{Places, Status, Terms};

use super::{ADA, FIRST, Fixture, SECOND, World, at};
use crate::{
    LoyaltyCard, LoyaltyCardFilter, LoyaltyReward, Millionths, PointsProgram, Program, Spending,
};

/// Cards of either kind that say everything and nothing, made and changed into each other.
pub(super) fn cards(fixture: &mut impl Fixture, world: &World) {
    let of = |id: i64| world.cards.iter().find(|card| card.id == LoyaltyCardId::new(id)).unwrap();
    let [full, stamps, bare] = [of(700), of(702), of(701)].map(Clone::clone);
    let theirs = of(800).clone();
    let written = fixture.write(Scope::Merchant(FIRST), move |store| {
        for new in [&full, &stamps, &bare] {
            let name = "Ünten".to_owned();
            let mut card =
                LoyaltyCard { name, created_at: at(7), updated_at: at(8), ..new.clone() };
            card.id = store.insert_loyalty_card(&card).unwrap();
            assert_ne!(card.id, new.id);
            assert_eq!(store.find_loyalty_card(FIRST, card.id).unwrap(), Some(card.clone()));
            assert!(!store.loyalty_card_has_entries(FIRST, card.id).unwrap());
            let filter = LoyaltyCardFilter {
                name_icontains: Some("üNT".to_owned()),
                ..LoyaltyCardFilter::default()
            };
            assert_eq!(store.count_loyalty_cards(&filter).unwrap(), 1, "found by its name");
            for like in [&stamps, &full, &bare] {
                card = LoyaltyCard {
                    id: card.id,
                    created_at: card.created_at,
                    updated_at: at(9),
                    ..like.clone()
                };
                store.update_loyalty_card(&card).unwrap();
                assert_eq!(store.find_loyalty_card(FIRST, card.id).unwrap(), Some(card.clone()));
            }
            assert_eq!(store.count_loyalty_cards(&filter).unwrap(), 0);
            card.terms = Terms { archived: true, status: Status::Ended, ..Terms::open() };
            card.terms.places = Places::default();
            store.update_loyalty_card(&card).unwrap();
        }
        // What another card names stays with it.
        assert_eq!(store.find_loyalty_card(FIRST, full.id).unwrap().as_ref(), Some(&full));
        let spending = Spending::Product;
        let program = PointsProgram::new(spending, Millionths::new(i64::from(i32::MAX)));
        let program = Program::Points(PointsProgram { tax_included: false, ..program });
        let without_tax = LoyaltyCard { program, ..bare.clone() };
        let id = store.insert_loyalty_card(&without_tax).unwrap();
        let found = store.find_loyalty_card(FIRST, id).unwrap();
        assert_eq!(found, Some(LoyaltyCard { id, ..without_tax }));
        store.update_loyalty_card(&LoyaltyCard { id, ..of_archived(&bare) }).unwrap();
        assert!(store.loyalty_card_has_entries(FIRST, full.id).unwrap());
        // Enrolled is not used.
        assert!(!store.loyalty_card_has_entries(FIRST, LoyaltyCardId::new(706)).unwrap());
        assert_eq!(store.find_loyalty_card(FIRST, theirs.id).unwrap(), None);
        assert!(!store.loyalty_card_has_entries(FIRST, theirs.id).unwrap());
        let out_of_reach = |answer: Result<(), StoreError>| {
            assert!(matches!(answer, Err(StoreError::OutOfScope(_))), "{answer:?}");
        };
        out_of_reach(store.find_loyalty_card(SECOND, theirs.id).map(drop));
        out_of_reach(store.insert_loyalty_card(&theirs).map(drop));
        out_of_reach(store.update_loyalty_card(&theirs));
        out_of_reach(store.loyalty_card_has_entries(SECOND, theirs.id).map(drop));
        let stolen = LoyaltyCard { merchant: FIRST, ..theirs.clone() };
        out_of_reach(store.update_loyalty_card(&stolen));
        Ok(())
    });
    written.unwrap();
    let card = of(700).clone();
    let written = fixture.write(Scope::Platform, move |store| {
        assert_eq!(store.find_loyalty_card(FIRST, card.id).unwrap().as_ref(), Some(&card));
        assert_eq!(store.find_loyalty_card(SECOND, card.id).unwrap(), None);
        Ok(())
    });
    written.unwrap();
    let written = fixture.write(Scope::Person(ADA), move |store| {
        let answer = store.find_loyalty_card(FIRST, LoyaltyCardId::new(700));
        assert!(matches!(answer, Err(StoreError::OutOfScope(_))), "{answer:?}");
        Ok(())
    });
    written.unwrap();
}

/// Rewards made, changed, and asked about.
pub(super) fn rewards(fixture: &mut impl Fixture, world: &World) {
    let of = |id: i64| world.rewards.iter().find(|row| row.id == RewardId::new(id)).unwrap();
    let (own, gone, theirs) = (of(750).clone(), of(751).clone(), of(753).clone());
    let written = fixture.write(Scope::Merchant(FIRST), move |store| {
        for new in [&own, &gone] {
            let mut reward = LoyaltyReward { created_at: at(7), updated_at: at(8), ..new.clone() };
            reward.id = store.insert_reward(&reward)?;
            assert_ne!(reward.id, new.id);
            assert_eq!(store.find_reward(FIRST, reward.id)?, Some(reward.clone()));
            assert!(!store.reward_is_used(FIRST, reward.id)?);
            reward = LoyaltyReward {
                product: gone.product,
                points: Points::new(i64::from(i32::MAX) + 1),
                stock: reward.stock.is_none().then_some(7),
                expiry: reward.expiry.is_none().then_some(at(3)),
                archived: !reward.archived,
                updated_at: at(9),
                ..reward
            };
            store.update_reward(&reward)?;
            assert_eq!(store.find_reward(FIRST, reward.id)?, Some(reward.clone()));
            store.reprice_rewards(FIRST, reward.card, Points::new(250), at(10))?;
            let dear = LoyaltyReward { points: Points::new(250), updated_at: at(10), ..reward };
            assert_eq!(store.find_reward(FIRST, dear.id)?, Some(dear.clone()));
            store.update_reward(&LoyaltyReward { archived: true, ..dear })?;
        }
        store.update_reward(&own)?;
        store.update_reward(&gone)?;
        assert_eq!(store.find_reward(FIRST, own.id)?, Some(own.clone()));
        assert!(store.reward_is_used(FIRST, own.id)?, "a redemption names it");
        assert!(!store.reward_is_used(FIRST, gone.id)?);
        assert_eq!(store.find_reward(FIRST, theirs.id)?, None);
        assert!(!store.reward_is_used(FIRST, theirs.id)?);
        let stolen = LoyaltyReward { merchant: FIRST, ..theirs.clone() };
        store.reprice_rewards(FIRST, theirs.card, Points::new(1), at(10))?;
        for answer in [
            store.find_reward(SECOND, theirs.id).map(drop),
            store.insert_reward(&theirs).map(drop),
            store.update_reward(&theirs),
            store.update_reward(&stolen),
            store.reprice_rewards(SECOND, theirs.card, Points::new(1), at(10)),
            store.reward_is_used(SECOND, theirs.id).map(drop),
        ] {
            assert!(matches!(answer, Err(StoreError::OutOfScope(_))), "{answer:?}");
        }
        Ok(())
    });
    written.unwrap();
    let theirs = of(753).clone();
    let written = fixture.write(Scope::Merchant(SECOND), move |store| {
        assert_eq!(store.find_reward(SECOND, theirs.id)?, Some(theirs.clone()));
        Ok(())
    });
    written.unwrap();
}

/// The same, given up: the lists of other checks are as they were.
fn of_archived(card: &LoyaltyCard) -> LoyaltyCard {
    let terms = Terms { archived: true, ..card.terms.clone() };
    LoyaltyCard { terms, ..card.clone() }
}
