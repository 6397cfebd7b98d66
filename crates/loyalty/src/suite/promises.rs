//! Promises and redemptions, written.

use regulars_kernel::{
    EntryId, IntentId, LoyaltyCardId, MerchantId, OfferId, OrderId, Page, PageRequest, PersonId,
    RedemptionId, RewardId, Scope, StoreAccess, StoreError, StoreId, Timestamp,
    page::{PageArguments, SortField, cut},
};
use regulars_promotion::{FixedCode, RedemptionCode};

use super::{ADA, BOB, FIRST, Fixture, Ports, SECOND, World, at};
use crate::{
    IntentQuery, IntentSort, IntentState, Promised, PromotionId, Redeemed, RedeemingStore,
    Redemption, RedemptionIntent, RedemptionKind, RedemptionQuery, RedemptionSort,
};

const REWARD: RewardId = RewardId::new(750);

fn intent(code: &str, promised: Promised) -> RedemptionIntent {
    RedemptionIntent {
        id: IntentId::new(0),
        merchant: FIRST,
        promised,
        person: Some(ADA),
        store: None,
        order: None,
        hold: None,
        held: None,
        code: code.to_owned(),
        state: IntentState::Open,
        expires_at: at(70_000),
        created_at: at(60_000),
    }
}

/// Lists of promises, and what was promised and redeemed of each offer, as the rows say.
fn lists(fixture: &mut impl Fixture, world: &World) {
    let scopes = [
        Scope::Merchant(FIRST),
        Scope::Merchant(SECOND),
        Scope::Person(ADA),
        Scope::Person(BOB),
        Scope::Platform,
    ];
    for scope in scopes {
        let (intents, redemptions) = (world.intents.clone(), world.redemptions.clone());
        let offers: Vec<_> = world.below.offers.iter().map(|offer| offer.id).collect();
        let near = move |merchant: MerchantId, person: Option<PersonId>| match scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(own) => person == Some(own),
            Scope::Platform => true,
        };
        fixture
            .write(scope, move |tx| {
                for (state, now, within) in asked() {
                    let query = IntentQuery { state, within, now };
                    let mut shown = intents.clone();
                    shown.retain(|row| near(row.merchant, row.person) && query.admits(row));
                    let of = |offer| {
                        let own =
                            shown.iter().filter(move |row| row.promised == Promised::Offer(offer));
                        own.cloned().collect::<Vec<_>>()
                    };
                    for request in requests::<IntentSort>("redemptionIntents") {
                        let about = format!("{scope:?} {query:?} {request:?}");
                        assert_eq!(
                            tx.list_intents(&query, &request)?,
                            cut(shown.clone(), &request),
                            "{about}"
                        );
                        let pages = tx.intents_per_offer(&query, &offers, &request)?;
                        for offer in &offers {
                            let page = pages
                                .iter()
                                .find(|(id, _)| id == offer)
                                .map(|(_, page)| page.clone());
                            let page = page.unwrap_or(Page::empty());
                            assert_eq!(page, cut(of(*offer), &request), "{offer} {about}");
                        }
                    }
                    assert_eq!(tx.count_intents(&query)?, u64::try_from(shown.len()).unwrap());
                    let counts = tx.count_intents_per_offer(&query, &offers)?;
                    for offer in &offers {
                        let count = counts
                            .iter()
                            .find(|(id, _)| id == offer)
                            .map_or(0, |(_, count)| *count);
                        assert_eq!(count, u64::try_from(of(*offer).len()).unwrap(), "{offer}");
                    }
                }
                for (_, _, within) in asked() {
                    let query = RedemptionQuery { kind: RedemptionKind::Offer, within };
                    let mut shown = redemptions.clone();
                    shown.retain(|row| near(row.merchant, row.person) && query.admits(row));
                    let of = |offer| {
                        let own = shown
                            .iter()
                            .filter(move |row| row.redeemed == Redeemed::Offer { offer });
                        own.cloned().collect::<Vec<_>>()
                    };
                    for request in requests::<RedemptionSort>("redemptions") {
                        let pages = tx.redemptions_per_offer(&query, &offers, &request)?;
                        for offer in &offers {
                            let page = pages
                                .iter()
                                .find(|(id, _)| id == offer)
                                .map(|(_, page)| page.clone());
                            let page = page.unwrap_or(Page::empty());
                            assert_eq!(page, cut(of(*offer), &request), "{offer} {scope:?}");
                        }
                    }
                    let counts = tx.count_redemptions_per_offer(&query, &offers)?;
                    for offer in &offers {
                        let count = counts
                            .iter()
                            .find(|(id, _)| id == offer)
                            .map_or(0, |(_, count)| *count);
                        assert_eq!(count, u64::try_from(of(*offer).len()).unwrap(), "{offer}");
                    }
                }
                Ok(())
            })
            .unwrap();
    }
}

/// Every state and none, before and after promises lapse, in all stores and in some.
fn asked() -> Vec<(Option<IntentState>, Timestamp, StoreAccess)> {
    let states = [None].into_iter().chain(IntentState::ALL.map(Some));
    let nows = [at(3_499), at(3_500), at(4_000)];
    let reaches = || {
        [
            StoreAccess::All,
            StoreAccess::Only(vec![StoreId::new(100)]),
            StoreAccess::Only(Vec::new()),
        ]
    };
    let asked = states.flat_map(|state| nows.map(|now| (state, now)));
    asked.flat_map(|(state, now)| reaches().map(|within| (state, now, within))).collect()
}

fn requests<S: SortField>(list: &'static str) -> Vec<PageRequest<S>> {
    let some = [(Some(2), None, "pk"), (None, Some(2), "pk"), (Some(100), None, "-pk")];
    let read = |(first, last, order): (Option<i32>, Option<i32>, &str)| {
        let order_by = Some(order.to_owned());
        let arguments = PageArguments { first, last, order_by, ..PageArguments::default() };
        PageRequest::parse(&arguments, list).unwrap()
    };
    some.into_iter().map(read).collect()
}

pub(super) fn run(fixture: &mut impl Fixture, world: &World) {
    lists(fixture, world);
    let merchant = Scope::Merchant(FIRST);
    fixture.write(merchant, promises).unwrap();
    fixture.write(merchant, redemptions).unwrap();
    fixture.write(merchant, stock).unwrap();
    for scope in [Scope::Merchant(SECOND), Scope::Person(BOB)] {
        fixture
            .write(scope, |tx| {
                assert_eq!(tx.intents(&[IntentId::new(1)])?, Vec::new());
                assert_eq!(tx.intent_of_code(FIRST, "CODE1")?, None);
                let others =
                    tx.insert_intent(&intent("00000001", Promised::Offer(OfferId::new(600))));
                assert!(matches!(others, Err(StoreError::OutOfScope(_))), "{others:?}");
                Ok(())
            })
            .unwrap();
    }
    // A person writes none of it, not even of what is their own.
    fixture
        .write(Scope::Person(ADA), |tx| {
            let own = tx.insert_intent(&intent("00000001", Promised::Offer(OfferId::new(600))));
            assert!(matches!(own, Err(StoreError::OutOfScope(_))), "{own:?}");
            let off = tx.end_intent(IntentId::new(1), IntentState::Cancelled);
            assert!(matches!(off, Err(StoreError::OutOfScope(_))), "{off:?}");
            Ok(())
        })
        .unwrap();
    let fixed = world.below.offers.iter().filter_map(|offer| match &offer.code {
        RedemptionCode::Fixed(code) => {
            Some((offer.id, offer.merchant, offer.terms.archived, FixedCode::parse(code).unwrap()))
        }
        RedemptionCode::Autogenerated => None,
    });
    let fixed: Vec<_> = fixed.collect();
    assert!(!fixed.is_empty(), "some offer has a code for everybody");
    fixture
        .write(merchant, move |tx| {
            for (id, owner, archived, code) in &fixed {
                let found = tx.offer_of_fixed_code(*owner, code)?;
                let expected = (*owner == FIRST && !archived).then_some(*id);
                assert_eq!(found, expected, "{code:?}");
            }
            assert_eq!(tx.offer_of_fixed_code(FIRST, &FixedCode::parse("nothing").unwrap())?, None);
            Ok(())
        })
        .unwrap();
}

fn promises(tx: &mut dyn Ports) -> Result<(), StoreError> {
    let card = LoyaltyCardId::new(701);
    tx.lock_promotion(PromotionId::Offer(OfferId::new(600)))?;
    tx.lock_promotion(PromotionId::Card(card))?;
    let mut kept = Vec::new();
    for (code, promised) in [
        ("00000011", Promised::Offer(OfferId::new(600))),
        ("00000012", Promised::Points(card, Some(REWARD))),
        ("00000013", Promised::Points(card, None)),
        ("00000014", Promised::Stamps(LoyaltyCardId::new(702), None)),
    ] {
        let new = intent(code, promised);
        let id = tx.insert_intent(&new)?;
        let row = RedemptionIntent { id, ..new };
        assert_eq!(tx.intent_of_code(FIRST, code)?.as_ref(), Some(&row));
        assert_eq!(tx.lock_intent(id)?.as_ref(), Some(&row));
        assert_eq!(tx.intent_of_code(SECOND, code)?, None);
        kept.push(row);
    }
    // What sets something aside says how much.
    let held = tx.intents(&[IntentId::new(7)])?.pop().unwrap();
    assert!(held.hold.is_some() && held.held.is_some_and(|held| held.get() > 0), "{held:?}");
    let first = kept.first().unwrap();
    // A code names one open promise; what was set aside before stays where another is taken.
    let again = tx.insert_intent(&intent(&first.code, first.promised));
    assert!(matches!(again, Err(StoreError::Taken("redemption_intent.code"))), "{again:?}");
    assert_eq!(tx.promised_of_reward(REWARD, at(69_999))?, 1);
    assert_eq!(tx.promised_of_reward(REWARD, at(70_000))?, 0);
    tx.end_intent(first.id, IntentState::Cancelled)?;
    assert!(tx.end_intent(first.id, IntentState::Confirmed).is_err(), "a promise ends once");
    let next = tx.insert_intent(&intent(&first.code, first.promised))?;
    assert_eq!(tx.intent_of_code(FIRST, &first.code)?.unwrap().id, next, "open ones first");
    tx.end_intent(next, IntentState::Confirmed)?;
    assert_eq!(tx.intent_of_code(FIRST, &first.code)?.unwrap().id, next, "then the newest");
    // What is over lapses, so many at a time.
    let open = |tx: &mut dyn Ports| {
        let ids: Vec<_> = kept.iter().map(|row| row.id).collect();
        let rows = tx.intents(&ids)?;
        Ok::<_, StoreError>(rows.iter().filter(|row| row.state == IntentState::Open).count())
    };
    assert_eq!(open(tx)?, 3);
    // Three of the world's own were over before; the one that sets something aside lapses with its hold.
    assert_eq!(tx.lapse_intents(at(69_999), 100)?, 3);
    assert_eq!(tx.lapse_intents(at(69_999), 100)?, 0);
    assert_eq!(open(tx)?, 3);
    assert_eq!(tx.lapse_intents(at(70_000), 2)?, 2);
    assert_eq!(tx.lapse_intents(at(70_000), 100)?, 1);
    assert_eq!(open(tx)?, 0);
    // Those of one promotion, whoever comes by.
    let last = tx.insert_intent(&intent("00000021", Promised::Points(card, None)))?;
    let state = |tx: &mut dyn RedeemingStore| tx.lock_intent(last).map(|row| row.unwrap().state);
    tx.lapse_intents_of(PromotionId::Offer(OfferId::new(600)), at(70_000))?;
    tx.lapse_intents_of(PromotionId::Card(card), at(69_999))?;
    assert_eq!(state(tx)?, IntentState::Open);
    tx.bind_intent(last, None)?;
    assert_eq!(tx.lock_intent(last)?.unwrap().order, None);
    assert!(tx.bind_intent(IntentId::new(999_999), None).is_err());
    tx.lapse_intents_of(PromotionId::Card(card), at(70_000))?;
    assert_eq!(state(tx)?, IntentState::Lapsed);
    assert_eq!(tx.redemptions_of_order(FIRST, OrderId::new(999_999))?, Vec::new());
    Ok(())
}

fn redemptions(tx: &mut dyn Ports) -> Result<(), StoreError> {
    let new = Redemption {
        id: RedemptionId::new(0),
        merchant: FIRST,
        person: Some(ADA),
        store: None,
        redeemed: Redeemed::Offer { offer: OfferId::new(600) },
        order: None,
        entry: None,
        amount: None,
        reversed_at: None,
        created_at: at(60_000),
        updated_at: at(60_000),
    };
    let id = tx.insert_redemption(&new, Some(IntentId::new(3)))?;
    let row = Redemption { id, ..new.clone() };
    assert_eq!(tx.redemptions(&[id])?, vec![row.clone()]);
    tx.set_redemption_entry(id, EntryId::new(80_106))?;
    tx.reverse_redemption(id, at(61_000))?;
    tx.reverse_redemption(id, at(62_000))?;
    let after = Redemption {
        entry: Some(EntryId::new(80_106)),
        reversed_at: Some(at(61_000)),
        updated_at: at(62_000),
        ..row
    };
    assert_eq!(tx.redemptions(&[id])?, vec![after], "it is taken back once");
    assert!(tx.reverse_redemption(RedemptionId::new(999_999), at(1)).is_err());
    Ok(())
}

fn stock(tx: &mut dyn Ports) -> Result<(), StoreError> {
    let before = tx.lock_reward(REWARD)?.unwrap().stock.unwrap();
    tx.change_stock(REWARD, 3)?;
    tx.change_stock(REWARD, -1)?;
    assert_eq!(tx.lock_reward(REWARD)?.unwrap().stock, Some(before + 2));
    // Enough is left for ever of the other.
    tx.change_stock(RewardId::new(752), -1)?;
    assert_eq!(tx.lock_reward(RewardId::new(752))?.unwrap().stock, None);
    assert_eq!(tx.lock_reward(RewardId::new(753))?, None, "another merchant's");
    Ok(())
}
