use regulars_customer::{
    CardNumber, Consumer, Identified, Identifier, Kind, LoyaltyId, Membership, NewPerson, Standing,
    join::{AtTill, asked_for},
    merge::meant,
};
use regulars_kernel::{
    Actor, Classify, Currency, IntentId, LoyaltyCardId, MerchantId, Money, OfferId, OrderId,
    PersonId, Points, ProductId, RewardId, Scope, StoreAccess, StoreId, Timestamp,
};
use regulars_merchant::{Merchant, Store, TillRedemption, Tz};
use regulars_promotion::{Discount, Offer, RedemptionCode};

use super::*;
use crate::{
    Cause, EntryKind, HoldState, IntentState, LedgerStore, LoyaltyCard, LoyaltyReward,
    LoyaltyStore, Millionths, PointsProgram, Program, RedeemingStore, RedemptionIntent,
    RedemptionKind, Spending, StampsProgram,
    bookkeeping::{self, Occasion},
    ledger,
    memory::{Memory, MemoryStore},
    posting::NewLot,
    suite::at,
};

const MERCHANT: MerchantId = MerchantId::new(61);
const ADA: PersonId = PersonId::new(71);
const BOB: PersonId = PersonId::new(73);
const CAT: PersonId = PersonId::new(79);
const FLAT: LoyaltyCardId = LoyaltyCardId::new(1);
const BUYS: LoyaltyCardId = LoyaltyCardId::new(2);
const STAMPS: LoyaltyCardId = LoyaltyCardId::new(3);
const REWARD: RewardId = RewardId::new(5);
const OFFER: OfferId = OfferId::new(11);
const ONCE: OfferId = OfferId::new(12);
const FIXED: OfferId = OfferId::new(13);

struct Shop {
    memory: Memory,
    codes: u8,
}

impl Shop {
    fn new() -> Self {
        let memory = Memory::new();
        let (euro, now) = (Currency::EUR, at(0));
        let zone = Tz::Europe__Berlin;
        memory.customers().merchants().put_merchant(Merchant::new(MERCHANT, "M", zone, euro, now));
        for person in [ADA, BOB] {
            memory.customers().put_person(regulars_promotion::suite::person(person));
            let member = regulars_promotion::suite::membership(person, MERCHANT);
            memory.customers().put_membership(Membership { ..member });
        }
        let flat = Spending::Flat {
            points_needed: Points::new(20),
            incremental_points: Some(Points::new(10)),
            point_worth: Millionths::new(5_000_000),
        };
        let points =
            |spending| Program::Points(PointsProgram::new(spending, Millionths::new(1_000_000)));
        let stamps = Program::Stamps(StampsProgram {
            stamps_needed: 3,
            max_stamps_per_day: None,
            stamp_expiration_days: None,
        });
        for (card, program) in
            [(FLAT, points(flat)), (BUYS, points(Spending::Product)), (STAMPS, stamps)]
        {
            memory.put_card(LoyaltyCard::new(card, MERCHANT, "Card", euro, program, now));
        }
        memory.put_reward(LoyaltyReward {
            id: REWARD,
            merchant: MERCHANT,
            card: BUYS,
            product: ProductId::new(1),
            points: Points::new(30),
            stock: Some(1),
            expiry: Some(at(1_000)),
            archived: false,
            created_at: now,
            updated_at: now,
        });
        let five = Discount::FixedAmount(Money::new(500, euro));
        let offer = |id, name| Offer::new(id, MERCHANT, name, five, now);
        memory.promotions().put_offer(offer(OFFER, "Any"));
        let mut once = offer(ONCE, "Once");
        once.terms.repeatable = false;
        once.terms.enrollment_limit = Some(2);
        memory.promotions().put_offer(once);
        let mut fixed = offer(FIXED, "Fixed");
        fixed.code = RedemptionCode::Fixed("Welcome-10".to_owned());
        fixed.terms.enrollment_limit = Some(1);
        memory.promotions().put_offer(fixed);
        Self { memory, codes: 0 }
    }

    fn tx(&self) -> MemoryStore {
        self.memory.scoped(Scope::Merchant(MERCHANT))
    }

    fn has(&self, person: PersonId, card: LoyaltyCardId, points: i64) {
        let mut tx = self.tx();
        let mut account = tx.lock_account(MERCHANT, person, card, Some(at(0))).unwrap().unwrap();
        let lot = NewLot {
            amount: Points::new(points),
            active_from: at(0),
            expires_at: None,
            revives: None,
            moved_from: None,
        };
        let what = (EntryKind::Earn, Cause::Order(OrderId::new(1)), 0);
        let occasion = Occasion::at(at(0), Tz::Europe__Berlin, None);
        bookkeeping::give(&mut tx, &mut account, what, lot, occasion).unwrap();
    }

    fn promises(
        &mut self,
        actor: &Actor,
        wanted: Wanted,
        who: Identifier,
        now: Timestamp,
    ) -> Result<RedemptionIntent, String> {
        let new = NewIntent { wanted, who, store: None };
        let codes = &mut self.codes;
        let entropy = || {
            *codes += 1;
            [0, 0, 0, 0, *codes]
        };
        let mut tx = self.memory.scoped(Scope::Merchant(MERCHANT));
        promise(&mut tx, actor, &new, entropy, now).map_err(|error| told(&error))
    }

    fn confirms(&self, code: &str, who: &Identifier, now: Timestamp) -> Result<Confirmed, String> {
        let every = (code, RedemptionKind::ALL.as_slice());
        confirm(&mut self.tx(), &till(), every, who, None, now).map_err(|error| told(&error))
    }

    /// Balance and held.
    fn sums(&self, person: PersonId, card: LoyaltyCardId) -> (i64, i64) {
        let accounts = self.tx().accounts_per_consumer(&[person]).unwrap();
        let account = accounts.into_iter().find(|account| account.card == card).unwrap();
        (account.balance.get(), account.held.get())
    }

    fn add_up(&self) {
        for book in self.tx().books(None, 100).unwrap() {
            assert_eq!(ledger::check(&book), Vec::new());
        }
    }
}

fn told(error: &LoyaltyError) -> String {
    match error.kind() {
        regulars_kernel::ErrorKind::Invalid(wrong) => {
            let told =
                wrong.iter().map(|one| format!("{}: {}", one.field.unwrap_or("-"), one.rule));
            told.collect::<Vec<_>>().join(" ")
        }
        kind => format!("{kind:?}"),
    }
}

fn till() -> Actor {
    Actor::cashier(MERCHANT, PersonId::new(1), StoreAccess::All)
}

/// Who is at no till: nobody shows them anything.
fn program() -> Actor {
    Actor::system(MERCHANT)
}

fn ada() -> Actor {
    Actor::Consumer { person: ADA }
}

fn is(person: PersonId) -> Identifier {
    Identifier { id: Some(person), ..Identifier::default() }
}

fn nobody() -> Identifier {
    Identifier::default()
}

fn pays(points: i64) -> Wanted {
    Wanted::Points { card: FLAT, points: Some(Points::new(points)), reward: None }
}

const BUY: Wanted = Wanted::Points { card: BUYS, points: None, reward: Some(REWARD) };

#[test]
fn rule_21_a_code_reduces_what_is_available_at_once_and_is_confirmed_once() {
    let mut shop = Shop::new();
    shop.has(ADA, FLAT, 50);
    let intent = shop.promises(&ada(), pays(40), nobody(), at(10)).unwrap();
    assert_eq!(shop.sums(ADA, FLAT), (50, 40));
    let again = shop.promises(&ada(), pays(20), nobody(), at(11)).unwrap_err();
    assert_eq!(again, "pointsToRedeem: 20 points are needed, and 10 are available.");
    let confirmed = shop.confirms(&intent.code.to_lowercase(), &nobody(), at(12)).unwrap();
    assert_eq!(confirmed.redemption.amount, Some(Money::new(200, Currency::EUR)));
    assert_eq!(confirmed.account.as_ref().unwrap().balance, Points::new(10));
    assert!(confirmed.redemption.entry.is_some());
    assert_eq!(shop.sums(ADA, FLAT), (10, 0));
    let twice = shop.confirms(&intent.code, &nobody(), at(13)).unwrap_err();
    assert_eq!(twice, "code: This code has been used: a code redeems once.");
    shop.add_up();
}

#[test]
fn rule_21_a_code_lapses_by_itself_and_what_it_set_aside_is_free_again() {
    let mut shop = Shop::new();
    shop.has(ADA, FLAT, 50);
    let intent = shop.promises(&ada(), pays(50), nobody(), at(10)).unwrap();
    assert_eq!(intent.expires_at, at(10 + 7 * 86_400));
    let late = shop.confirms(&intent.code, &nobody(), intent.expires_at).unwrap_err();
    assert!(late.starts_with("code: This code was good until"), "{late}");
    let next = shop.promises(&ada(), pays(50), nobody(), intent.expires_at).unwrap();
    let lapsed = shop.tx().intents(&[intent.id]).unwrap().pop().unwrap();
    assert_eq!(lapsed.state, IntentState::Lapsed, "the promise lapses with its hold");
    assert_eq!(shop.tx().intents(&[next.id]).unwrap().pop().unwrap().state, IntentState::Open);
    shop.add_up();
}

#[test]
fn rule_21_who_promises_whom() {
    let mut shop = Shop::new();
    shop.has(ADA, FLAT, 50);
    let offer = Wanted::Offer(OFFER);
    // A program promises a customer, or nobody in particular; a consumer themselves alone.
    assert_eq!(shop.promises(&program(), offer, is(ADA), at(1)).unwrap().person, Some(ADA));
    assert_eq!(shop.promises(&program(), offer, nobody(), at(1)).unwrap().person, None);
    assert_eq!(shop.promises(&ada(), offer, nobody(), at(1)).unwrap().person, Some(ADA));
    let others = shop.promises(&ada(), offer, is(BOB), at(1)).unwrap_err();
    assert_eq!(others, "DoesNotExist");
    // What counts per customer, or takes from an account, needs one.
    for wanted in [Wanted::Offer(ONCE), pays(20)] {
        let unnamed = shop.promises(&program(), wanted, nobody(), at(1)).unwrap_err();
        assert!(unnamed.starts_with("consumerId: Say who"), "{unnamed}");
    }
    let denied = shop.promises(&Actor::Anonymous, offer, nobody(), at(1)).unwrap_err();
    assert_eq!(denied, "PermissionDenied");
    // A code is the customer's to whom it was promised.
    let mine = shop.promises(&program(), pays(20), is(ADA), at(2)).unwrap();
    let theirs = shop.confirms(&mine.code, &is(BOB), at(3)).unwrap_err();
    assert_eq!(theirs, "code: This code is somebody else's.");
    shop.confirms(&mine.code, &is(ADA), at(3)).unwrap();
}

#[test]
fn rule_21_a_till_promises_to_whom_it_sees_and_who_has_an_account_brings_a_code() {
    let mut shop = Shop::new();
    let offer = Wanted::Offer(OFFER);
    let number = |text: &str| Identifier { loyalty_id: Some(text.to_owned()), ..nobody() };
    let account = NewPerson::managed(LoyaltyId::from_entropy(79), at(0)).with_id(CAT);
    shop.memory.customers().put_person(account);
    let cards = vec![CardNumber::parse("C-77").unwrap()];
    let (kind, sharing) = (Kind::Managed, None);
    let registered = regulars_promotion::suite::membership(CAT, MERCHANT);
    shop.memory.customers().put_membership(Membership { kind, sharing, cards, ..registered });
    let known = LoyaltyId::from_entropy(71).into_string();
    // Whoever has no login is named in any way.
    assert_eq!(shop.promises(&till(), offer, is(CAT), at(1)).unwrap().person, Some(CAT));
    assert_eq!(shop.promises(&till(), offer, number("c 77"), at(1)).unwrap().person, Some(CAT));
    for who in [is(ADA), number(&known)] {
        let refused = shop.promises(&till(), offer, who, at(1)).unwrap_err();
        assert!(refused.starts_with("consumerId: This customer has an account"), "{refused}");
    }
    assert_eq!(shop.promises(&till(), offer, nobody(), at(1)).unwrap().person, None);
    // A store that does without codes.
    let store = StoreId::new(81);
    let quick = Store::new(store, MERCHANT, "Quick", at(0));
    let till_redemption = Some(TillRedemption::LoyaltyId);
    shop.memory.customers().merchants().put_store(Store { till_redemption, ..quick });
    let shown =
        "consumerLoyaltyId: Have the customer show their loyalty id or card, and send its number.";
    for (who, expected) in [(number(&known), Ok(Some(ADA))), (is(ADA), Err(shown.to_owned()))] {
        let new = NewIntent { wanted: offer, who, store: Some(store) };
        let entropy = || [1, 0, 0, 0, 0];
        let promised = promise(&mut shop.tx(), &till(), &new, entropy, at(1));
        let promised = promised.map(|intent| intent.person).map_err(|error| told(&error));
        assert_eq!(promised, expected);
    }
}

#[test]
fn who_works_in_some_stores_redeems_there_and_says_where() {
    let mut shop = Shop::new();
    let (mine, other) = (StoreId::new(81), StoreId::new(82));
    for store in [mine, other] {
        let store = Store::new(store, MERCHANT, "Store", at(0));
        shop.memory.customers().merchants().put_store(store);
    }
    let clerk = || Actor::cashier(MERCHANT, PersonId::new(1), StoreAccess::Only(vec![mine]));
    let ask = |shop: &mut Shop, actor: &Actor, store| {
        let new = NewIntent { wanted: Wanted::Offer(OFFER), who: nobody(), store };
        let codes = &mut shop.codes;
        let entropy = || {
            *codes += 1;
            [0, 0, 0, 0, *codes]
        };
        let mut tx = shop.memory.scoped(Scope::Merchant(MERCHANT));
        promise(&mut tx, actor, &new, entropy, at(1)).map_err(|error| told(&error))
    };
    let unsaid = ask(&mut shop, &clerk(), None).unwrap_err();
    assert!(unsaid.starts_with("storeId: Say in which store"), "{unsaid}");
    assert_eq!(ask(&mut shop, &clerk(), Some(other)).unwrap_err(), "DoesNotExist");
    let here = ask(&mut shop, &clerk(), Some(mine)).unwrap();
    let there = ask(&mut shop, &till(), Some(other)).unwrap();
    let confirms = |code: &str, store| {
        let every = (code, RedemptionKind::ALL.as_slice());
        let done = confirm(&mut shop.tx(), &clerk(), every, &nobody(), store, at(2));
        done.map(|done| done.redemption.store).map_err(|error| told(&error))
    };
    // Of a store that is not theirs they do not even learn whether a code is one.
    for code in [here.code.as_str(), "ZZZZ-ZZZZ"] {
        assert_eq!(confirms(code, Some(other)), Err("DoesNotExist".to_owned()));
        assert_eq!(confirms(code, None), Err(unsaid.clone()));
    }
    let elsewhere = "storeId: This code was made for another store.";
    assert_eq!(confirms(&there.code, Some(mine)), Err(elsewhere.to_owned()));
    let seen =
        check(&mut shop.tx(), &clerk(), (&there.code, Some(mine)), &nobody(), at(2)).unwrap_err();
    assert_eq!(told(&seen), elsewhere);
    let off = cancel(&mut shop.tx(), &clerk(), there.id, at(2)).unwrap_err();
    assert_eq!(told(&off), "DoesNotExist");
    assert_eq!(confirms(&here.code, Some(mine)), Ok(Some(mine)));
    let ids = [here.id, there.id];
    let listed = crate::intent::list_by_ids(&mut shop.tx(), &clerk(), &ids).unwrap();
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [here.id]);
}

#[test]
fn rule_22_a_taken_code_is_tried_with_another() {
    let mut shop = Shop::new();
    let first = shop.promises(&program(), Wanted::Offer(OFFER), nobody(), at(1)).unwrap();
    shop.codes = 0;
    let second = shop.promises(&program(), Wanted::Offer(OFFER), nobody(), at(1)).unwrap();
    assert_eq!((first.code.as_str(), second.code.as_str()), ("00000001", "00000002"));
    let unknown = shop.confirms("ZZZZ-ZZZZ", &nobody(), at(2)).unwrap_err();
    assert!(unknown.starts_with("code: There is no such code"), "{unknown}");
}

#[test]
fn rule_22_a_code_for_everybody_counts_against_the_limit_alone() {
    let mut shop = Shop::new();
    let promised = shop.promises(&program(), Wanted::Offer(FIXED), nobody(), at(1)).unwrap_err();
    assert!(promised.starts_with("offerId: This offer has one code"), "{promised}");
    let used = shop.confirms("WELCOME 10", &nobody(), at(2)).unwrap();
    assert_eq!((used.redemption.person, used.account), (None, None));
    let full = shop.confirms("welcome10", &is(ADA), at(3)).unwrap_err();
    assert_eq!(full, "code: This promotion has been redeemed as often as it can.");
}

#[test]
fn rule_27_a_code_for_everybody_is_redeemed_by_whom_the_number_means_under_the_lock() {
    let shop = Shop::new();
    let customers = shop.memory.customers();
    let [ada, bob] = [ADA, BOB].map(|id| regulars_promotion::suite::membership(id, MERCHANT));
    let merged = Membership { standing: Standing::Merged(ADA, at(1)), ..bob.clone() };
    // Bob was seen before he was merged, or Ada by his number before that was undone.
    let before = Identified::Member(Box::new(Consumer::from(bob.clone())));
    let by_number = Consumer { named_as: Some(BOB), ..Consumer::from(ada) };
    let by_number = Identified::Member(Box::new(by_number));
    for (seen, now_is, expected) in [
        (&before, &merged, (ADA, Some(BOB))),
        (&by_number, &merged, (ADA, Some(BOB))),
        (&by_number, &bob, (BOB, None)),
        (&before, &bob, (BOB, None)),
    ] {
        customers.put_membership(now_is.clone());
        let asked = asked_for(seen);
        let member = meant(&mut shop.tx(), MERCHANT, asked).unwrap().unwrap();
        let found = AtTill::of(member, asked);
        assert_eq!((found.member.person, found.named_as), expected);
    }
    customers.put_membership(merged);
    let used = shop.confirms("welcome10", &is(BOB), at(3)).unwrap();
    assert_eq!(used.redemption.person, Some(ADA));
}

#[test]
fn rule_23_open_promises_count_against_limits_and_what_ends_gives_its_place_back() {
    let mut shop = Shop::new();
    let once = Wanted::Offer(ONCE);
    let first = shop.promises(&program(), once, is(ADA), at(1)).unwrap();
    let again = shop.promises(&program(), once, is(ADA), at(2)).unwrap_err();
    assert!(again.contains("once by each customer"), "{again}");
    shop.promises(&program(), once, is(BOB), at(3)).unwrap();
    cancel(&mut shop.tx(), &till(), first.id, at(4)).unwrap();
    let back = shop.promises(&program(), once, is(ADA), at(5)).unwrap();
    let confirmed = shop.confirms(&back.code, &nobody(), at(6)).unwrap();
    assert_eq!(confirmed.redemption.amount, Some(Money::new(500, Currency::EUR)));
    shop.tx().reverse_redemption(confirmed.redemption.id, at(7)).unwrap();
    shop.promises(&program(), once, is(ADA), at(8)).unwrap();
}

#[test]
fn rule_23_what_was_counted_as_lapsed_is_not_kept_by_a_slower_clock() {
    let mut shop = Shop::new();
    let mut once = shop.tx().offers(&[ONCE]).unwrap().remove(0);
    once.terms.enrollment_limit = Some(1);
    shop.memory.promotions().put_offer(once);
    let intent = shop.promises(&program(), Wanted::Offer(ONCE), is(ADA), at(1)).unwrap();
    // Its time is up by the clock of whoever promises the only use to somebody else.
    shop.promises(&program(), Wanted::Offer(ONCE), is(BOB), intent.expires_at).unwrap();
    let before = at(2);
    let late = shop.confirms(&intent.code, &nobody(), before).unwrap_err();
    assert!(late.starts_with("code: This code was good until"), "{late}");
}

#[test]
fn rule_23_stock_counts_what_is_promised() {
    let mut shop = Shop::new();
    shop.has(ADA, BUYS, 100);
    shop.has(BOB, BUYS, 100);
    let intent = shop.promises(&program(), BUY, is(ADA), at(1)).unwrap();
    let none = shop.promises(&program(), BUY, is(BOB), at(2)).unwrap_err();
    assert_eq!(none, "loyaltyRewardId: This reward is out of stock.");
    cancel(&mut shop.tx(), &ada(), intent.id, at(3)).unwrap();
    assert_eq!(shop.sums(ADA, BUYS), (100, 0));
    let intent = shop.promises(&program(), BUY, is(BOB), at(4)).unwrap();
    shop.confirms(&intent.code, &nobody(), at(5)).unwrap();
    assert_eq!(shop.tx().rewards(&[REWARD]).unwrap()[0].stock, Some(0));
    let gone = shop.promises(&program(), BUY, is(ADA), at(6)).unwrap_err();
    assert_eq!(gone, "loyaltyRewardId: This reward is out of stock.");
    shop.add_up();
}

#[test]
fn what_is_asked_for_must_fit_the_card() {
    let mut shop = Shop::new();
    for card in [FLAT, BUYS, STAMPS] {
        shop.has(ADA, card, 100);
    }
    let ask = |card, points: Option<i64>, reward: Option<i64>| Wanted::Points {
        card,
        points: points.map(Points::new),
        reward: reward.map(RewardId::new),
    };
    for (wanted, now, part) in [
        (ask(FLAT, None, None), 1, "pointsToRedeem: Say how many"),
        (ask(FLAT, Some(20), Some(5)), 1, "loyaltyRewardId: The points of this card pay"),
        (ask(FLAT, Some(10), None), 1, "pointsToRedeem: At least 20"),
        (ask(FLAT, Some(25), None), 1, "pointsToRedeem: Points pay in steps"),
        (ask(FLAT, Some(200), None), 1, "200 points are needed, and 100 are available"),
        (ask(BUYS, None, None), 1, "loyaltyRewardId: Say which"),
        (ask(BUYS, None, Some(9)), 1, "loyaltyRewardId: This card has no such"),
        (ask(BUYS, Some(20), Some(5)), 1, "pointsToRedeem: This reward costs 30"),
        (ask(BUYS, None, Some(5)), 1_000, "loyaltyRewardId: This reward is no longer"),
        (ask(STAMPS, Some(3), None), 1, "loyaltyCardId: This card collects stamps"),
        (
            Wanted::Stamps { card: FLAT, reward: None },
            1,
            "loyaltyCardId: This card collects points",
        ),
        (Wanted::Stamps { card: LoyaltyCardId::new(99), reward: None }, 1, "DoesNotExist"),
    ] {
        let refusal = shop.promises(&ada(), wanted, nobody(), at(now)).unwrap_err();
        assert!(refusal.contains(part), "{wanted:?}: {refusal}");
    }
    let intent = shop
        .promises(&ada(), Wanted::Stamps { card: STAMPS, reward: None }, nobody(), at(1))
        .unwrap();
    let wrong = ("", [RedemptionKind::Points].as_slice());
    let wrong = (intent.code.as_str(), wrong.1);
    let refusal = confirm(&mut shop.tx(), &till(), wrong, &nobody(), None, at(2)).unwrap_err();
    assert!(told(&refusal).contains("use confirmStampsRedemption"), "{}", told(&refusal));
    let code = (intent.code.as_str(), None);
    assert_eq!(
        check(&mut shop.tx(), &till(), code, &is(ADA), at(2)).unwrap(),
        Checked::Promise(intent.clone())
    );
    shop.confirms(&intent.code, &nobody(), at(3)).unwrap();
    assert_eq!(shop.sums(ADA, STAMPS), (97, 0));
    assert!(check(&mut shop.tx(), &till(), code, &nobody(), at(4)).is_err());
    shop.add_up();
}

#[test]
fn calling_off_is_for_those_whose_it_is_and_does_nothing_twice() {
    let mut shop = Shop::new();
    shop.has(ADA, FLAT, 50);
    let intent = shop.promises(&ada(), pays(20), nobody(), at(1)).unwrap();
    let others = Actor::Consumer { person: BOB };
    for (actor, id) in [(others, intent.id), (till(), IntentId::new(999))] {
        let refusal = cancel(&mut shop.tx(), &actor, id, at(2)).unwrap_err();
        assert_eq!(told(&refusal), "DoesNotExist");
    }
    for _ in 0..2 {
        let state = cancel(&mut shop.tx(), &ada(), intent.id, at(3)).unwrap().state;
        assert_eq!(state, IntentState::Cancelled);
    }
    let off = shop.confirms(&intent.code, &nobody(), at(4)).unwrap_err();
    assert_eq!(off, "code: This code was called off.");
    let book = shop.tx().books(None, 100).unwrap().remove(0);
    assert!(book.holds.iter().all(|hold| hold.state == HoldState::Cancelled));
    shop.add_up();
}
