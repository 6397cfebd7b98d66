use proptest::{collection::vec, prelude::*};
use regulars_customer::{CustomerStore, Identifier};
use regulars_kernel::{
    Actor, Currency, LoyaltyCardId, MerchantId, Money, OfferId, OrderId, OrderItemId, PersonId,
    Points, ProductId, RewardId, Scope, StoreAccess,
};
use regulars_loyalty::{
    Cause, EntryKind, IntentState, LedgerStore, LoyaltyCard, LoyaltyReward, LoyaltyStore,
    Millionths, PointsProgram, Program, RedeemingStore, RedemptionIntent, Spending, StampsProgram,
    bookkeeping::{self, Occasion},
    ledger,
    posting::NewLot,
    redeeming::{NewIntent, Wanted, cancel, confirm, promise, reverse},
    welcome::KnowsNobody,
};
use regulars_merchant::Tz;
use regulars_promotion::{Discount, Offer, PromotionStore, RedemptionCode};

use super::{
    open::{put_on, take_off},
    verify::{Question, verify},
};
use crate::{
    Amount, CheckedOut, Checkout, DiscountKind, Order, OrderDiscount, OrderError, OrderItem,
    OrderState, OrderStore, PaymentType, SaleWarning,
    checkout::checkout,
    delete::delete,
    item::change::{self as lines, ItemPatch},
    memory::{Memory, MemoryStore},
    order::change as orders,
    refund::{NewItemRefund, NewRefund, create, create_of_items},
    suite::{Fixture as _, world, world::at},
};

const MERCHANT: MerchantId = MerchantId::new(61);
/// Open, in store 101, Ada's.
const OPEN: OrderId = OrderId::new(503);
const ADA: PersonId = PersonId::new(71);
const BEN: PersonId = PersonId::new(74);
const COFFEE: OrderItemId = OrderItemId::new(9_000);
const CAKE: OrderItemId = OrderItemId::new(9_001);
const BEAN: ProductId = ProductId::new(401);
const FLAT: LoyaltyCardId = LoyaltyCardId::new(1);
const BUYS: LoyaltyCardId = LoyaltyCardId::new(2);
const STAMPS: LoyaltyCardId = LoyaltyCardId::new(3);
const REWARD: RewardId = RewardId::new(5);
const FULL: RewardId = RewardId::new(6);
const TENTH: OfferId = OfferId::new(8_001);
const EURO: OfferId = OfferId::new(8_002);
const ALONE: OfferId = OfferId::new(8_003);
const FIXED: OfferId = OfferId::new(8_004);
const FREE: OfferId = OfferId::new(8_005);

struct Shop {
    memory: Memory,
    codes: u8,
}

fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

fn owner() -> Actor {
    Actor::owner(MERCHANT)
}

impl Shop {
    /// Ada's open order of two coffees for 10.00 and a cake for 5.00, at a merchant of several offers and cards; an order takes
    /// three discounts.
    fn new() -> Self {
        let mut memory = Memory::new();
        let mut world = world();
        world.items.retain(|item| item.order != OPEN);
        for merchant in &mut world.places.merchants {
            merchant.num_of_order_discounts_allowed = 3;
        }
        let order = world.orders.iter_mut().find(|order| order.id == OPEN).unwrap();
        order.total = euros(1_500);
        let product = Some(BEAN);
        world.items.extend([
            OrderItem {
                product,
                unit_price: Some(euros(500)),
                ..OrderItem::new(COFFEE, order, "Kaffee", 2, euros(1_000))
            },
            OrderItem::new(CAKE, order, "Kuchen", 1, euros(500)),
        ]);
        memory.load(&world);
        let now = at(0);
        let spending = Spending::Flat {
            points_needed: Points::new(10),
            incremental_points: Some(Points::new(5)),
            point_worth: Millionths::new(10_000_000),
        };
        let points =
            |spending, worth| Program::Points(PointsProgram::new(spending, Millionths::new(worth)));
        let stamps = Program::Stamps(StampsProgram {
            stamps_needed: 3,
            max_stamps_per_day: None,
            stamp_expiration_days: None,
        });
        for (card, program) in [
            (FLAT, points(spending, 1_000_000)),
            (BUYS, points(Spending::Product, 0)),
            (STAMPS, stamps),
        ] {
            let card = LoyaltyCard::new(card, MERCHANT, "Karte", Currency::EUR, program, now);
            memory.loyalty().put_card(card);
        }
        for (id, card, needed) in [(REWARD, BUYS, 30), (FULL, STAMPS, 3)] {
            memory.loyalty().put_reward(LoyaltyReward {
                id,
                merchant: MERCHANT,
                card,
                product: BEAN,
                points: Points::new(needed),
                stock: Some(2),
                expiry: None,
                archived: false,
                created_at: now,
                updated_at: now,
            });
        }
        let offer = |id, discount| Offer::new(id, MERCHANT, "Aktion", discount, now);
        let stacks = |id, discount| Offer { stackable: true, ..offer(id, discount) };
        let promotions = memory.loyalty().promotions();
        promotions.put_offer(stacks(TENTH, Discount::Percentage(100_000)));
        promotions.put_offer(stacks(EURO, Discount::FixedAmount(euros(100))));
        promotions.put_offer(offer(ALONE, Discount::Percentage(500_000)));
        let mut free = offer(FREE, Discount::Percentage(1_000_000));
        free.earn_points = false;
        promotions.put_offer(free);
        let mut fixed = stacks(FIXED, Discount::FixedAmount(euros(200)));
        fixed.code = RedemptionCode::Fixed("Welcome-10".to_owned());
        fixed.terms.enrollment_limit = Some(1);
        promotions.put_offer(fixed);
        Self { memory, codes: 0 }
    }

    fn tx(&self) -> MemoryStore {
        self.memory.scoped(Scope::Merchant(MERCHANT))
    }

    fn has(&self, card: LoyaltyCardId, points: i64) {
        let mut tx = self.tx();
        let mut account = tx.lock_account(MERCHANT, ADA, card, Some(at(0))).unwrap().unwrap();
        let (amount, expires_at) = (Points::new(points), None);
        let lot =
            NewLot { amount, active_from: at(0), expires_at, revives: None, moved_from: None };
        let what = (EntryKind::Earn, Cause::Order(OrderId::new(1)), 0);
        let occasion = Occasion::at(at(0), Tz::Europe__Berlin, None);
        bookkeeping::give(&mut tx, &mut account, what, lot, occasion).unwrap();
    }

    fn promise(&mut self, wanted: Wanted) -> RedemptionIntent {
        let who = Identifier { id: Some(ADA), ..Identifier::default() };
        let new = NewIntent { wanted, who, store: None };
        self.codes += 1;
        let code = self.codes;
        let entropy = || [0, 0, 0, 0, code];
        promise(&mut self.tx(), &Actor::system(MERCHANT), &new, entropy, at(10)).unwrap()
    }

    fn put(&self, code: &str) -> Result<OrderDiscount, String> {
        let mut tx = self.tx();
        let done = put_on(&mut tx, &owner(), OPEN, code, at(20)).map_err(|error| told(&error))?;
        Ok(tx.order_discounts(&[done.discount], &StoreAccess::All).unwrap().remove(0))
    }

    fn pay(&self) -> Result<CheckedOut, String> {
        let paid = Checkout { payment_type: Some(PaymentType::Cash), ..Checkout::default() };
        let done = checkout(&mut self.tx(), &owner(), OPEN, &paid, &KnowsNobody, at(50));
        done.map_err(|error| told(&error))
    }

    fn order(&self) -> Order {
        self.tx().find_order(MERCHANT, OPEN).unwrap().unwrap()
    }

    fn discounts(&self) -> Vec<OrderDiscount> {
        let rows = self.tx().discounts_per_order(&[OPEN], &StoreAccess::All).unwrap().pop();
        rows.map(|(_, rows)| rows).unwrap_or_default()
    }

    /// What each discount takes off.
    fn amounts(&self) -> Vec<i64> {
        self.discounts().iter().map(|row| row.amount.minor()).collect()
    }

    fn state(&self, intent: &RedemptionIntent) -> (IntentState, Option<OrderId>) {
        let found = self.tx().intents(&[intent.id]).unwrap().remove(0);
        (found.state, found.order)
    }

    /// Balance and held.
    fn sums(&self, card: LoyaltyCardId) -> (i64, i64) {
        let accounts = self.tx().accounts_per_consumer(&[ADA]).unwrap();
        let account = accounts.into_iter().find(|account| account.card == card);
        account.map_or((0, 0), |account| (account.balance.get(), account.held.get()))
    }

    /// The order comes to its lines less its discounts and with its tips, each discount is the sum of its parts, and the books
    /// add up.
    fn adds_up(&self) {
        let bill = self.tx().bill(MERCHANT, OPEN).unwrap();
        assert_eq!(Some(self.order().total), bill.total(Currency::EUR));
        for row in self.discounts() {
            let parts: i64 = row.shares.iter().map(|share| share.amount.minor()).sum();
            assert_eq!(parts, row.amount.minor(), "{row:?}");
            assert!(row.amount.minor() == 0 || row.reason.is_none(), "{row:?}");
        }
        for book in self.tx().books(None, 100).unwrap() {
            assert_eq!(ledger::check(&book), Vec::new());
        }
    }
}

fn told(error: &OrderError) -> String {
    match regulars_kernel::Classify::kind(error) {
        regulars_kernel::ErrorKind::Invalid(wrong) => {
            let told =
                wrong.iter().map(|one| format!("{}: {}", one.field.unwrap_or("-"), one.rule));
            told.collect::<Vec<_>>().join(" ")
        }
        kind => format!("{kind:?}"),
    }
}

fn pays(points: i64) -> Wanted {
    Wanted::Points { card: FLAT, points: Some(Points::new(points)), reward: None }
}

const BUY: Wanted = Wanted::Points { card: BUYS, points: None, reward: Some(REWARD) };

#[test]
fn rule_24_several_codes_go_together_and_are_used_up_with_the_order() {
    let mut shop = Shop::new();
    shop.has(FLAT, 100);
    let (tenth, euro) = (shop.promise(Wanted::Offer(TENTH)), shop.promise(Wanted::Offer(EURO)));
    let points = shop.promise(pays(50));
    let fixed = shop.put("welcome 10").unwrap();
    assert_eq!((fixed.kind, fixed.offer, fixed.intent), (DiscountKind::Offer, Some(FIXED), None));
    shop.put(&points.code.to_lowercase()).unwrap();
    shop.put(&tenth.code).unwrap();
    shop.put(&euro.code).unwrap();
    // A tenth of 15.00, then 1.00 and 2.00, then 50 points at ten cents.
    assert_eq!(shop.amounts(), [200, 500, 150, 100]);
    assert_eq!(shop.order().total, euros(550));
    assert_eq!(shop.state(&points), (IntentState::Open, Some(OPEN)));
    shop.adds_up();
    let twice = shop.put(&tenth.code).unwrap_err();
    assert_eq!(twice, "redemptionCode: This code was given twice; it counts once.");
    let done = shop.pay().unwrap();
    assert_eq!(done.warnings, Vec::new());
    assert!(shop.discounts().iter().all(|row| row.redemption.is_some()));
    for intent in [&tenth, &euro, &points] {
        assert_eq!(shop.state(intent).0, IntentState::Confirmed);
    }
    // 50 of 100 were spent, and 5.50 in money earned 5.
    assert_eq!(shop.sums(FLAT), (55, 0));
    let redeemed = shop.tx().redemptions_of_order(MERCHANT, OPEN).unwrap();
    assert_eq!(redeemed.len(), 4);
    assert!(redeemed.iter().all(|row| row.person == Some(ADA)));
    shop.adds_up();
}

#[test]
fn rule_24_a_better_code_takes_the_place_of_one_that_it_does_not_go_with() {
    let mut shop = Shop::new();
    let (tenth, alone) = (shop.promise(Wanted::Offer(TENTH)), shop.promise(Wanted::Offer(ALONE)));
    shop.put(&tenth.code).unwrap();
    let better = shop.put(&alone.code).unwrap();
    assert_eq!(shop.amounts(), [0, 750]);
    let why = shop.discounts().remove(0).reason.unwrap();
    assert_eq!(why.code, "does_not_stack");
    let euro = shop.promise(Wanted::Offer(EURO));
    let refused = shop.put(&euro.code).unwrap_err();
    assert!(refused.starts_with("redemptionCode: This discount does not go together"), "{refused}");
    assert_eq!(shop.state(&euro), (IntentState::Open, None), "what is refused is not bound");
    shop.adds_up();
    // Without the better one the first counts again.
    take_off(&mut shop.tx(), &owner(), better.id, at(30)).unwrap();
    assert_eq!((shop.amounts(), shop.order().total), (vec![150], euros(1_350)));
    assert_eq!(shop.state(&alone), (IntentState::Open, None));
    shop.put(&alone.code).unwrap();
    let done = shop.pay().unwrap();
    assert_eq!(done.warnings, [SaleWarning::CodeLetGo]);
    assert_eq!(shop.amounts(), [750]);
    assert_eq!(shop.state(&tenth), (IntentState::Open, None), "not used up");
    shop.adds_up();
}

#[test]
fn rule_24_as_many_discounts_as_the_customer_may_have_and_points_beside_them() {
    let mut shop = Shop::new();
    shop.has(FLAT, 100);
    let member = shop.tx().find_membership(MERCHANT, ADA).unwrap().unwrap();
    let own = regulars_customer::Membership { num_of_order_discounts_allowed: 1, ..member };
    shop.tx().update_membership(&own).unwrap();
    let (tenth, euro) = (shop.promise(Wanted::Offer(TENTH)), shop.promise(Wanted::Offer(EURO)));
    let points = shop.promise(pays(20));
    shop.put(&tenth.code).unwrap();
    let second = shop.put(&euro.code).unwrap_err();
    assert!(second.contains("This order may have one discount"), "{second}");
    shop.put(&points.code).unwrap();
    assert_eq!(shop.amounts(), [150, 200]);
}

#[test]
fn rule_24_points_pay_at_most_what_is_left_and_the_rest_is_free_again() {
    let mut shop = Shop::new();
    shop.has(FLAT, 300);
    let points = shop.promise(pays(200));
    // 20.00 for a sale of 15.00.
    let row = shop.put(&points.code).unwrap();
    assert_eq!((row.amount, row.points), (euros(1_500), Points::new(150)));
    assert_eq!(shop.order().total, euros(0));
    assert_eq!(shop.sums(FLAT), (300, 200));
    shop.pay().unwrap();
    assert_eq!(shop.sums(FLAT), (150, 0));
    shop.adds_up();
    // All of it back: what points paid returns, and nothing had been earned.
    create(&mut shop.tx(), &owner(), OPEN, &NewRefund::default(), at(60)).unwrap();
    assert_eq!(shop.sums(FLAT), (300, 0));
    assert_eq!(shop.order().state, OrderState::Refunded);
    shop.adds_up();
}

#[test]
fn rule_24_a_rewards_product_is_free_and_else_it_is_handed_out() {
    let mut shop = Shop::new();
    shop.has(BUYS, 60);
    shop.has(STAMPS, 3);
    let (buys, full) =
        (shop.promise(BUY), shop.promise(Wanted::Stamps { card: STAMPS, reward: None }));
    assert_eq!(full.promised.reward(), Some(FULL), "the card's only reward is named");
    let bought = shop.put(&buys.code).unwrap();
    assert_eq!(
        (bought.amount, bought.points, bought.kind),
        (euros(500), Points::new(30), DiscountKind::Points)
    );
    let stamped = shop.put(&full.code).unwrap();
    assert_eq!(
        (stamped.amount, stamped.points, stamped.kind),
        (euros(500), Points::ZERO, DiscountKind::Stamps)
    );
    let units = |shop: &Shop| {
        shop.tx().order_items(&[COFFEE], &StoreAccess::All).unwrap()[0].num_of_discounted_units
    };
    assert_eq!((units(&shop), shop.order().total), (2, euros(500)));
    // Both coffees are free: a third reward finds nothing to pay.
    let third = shop.promise(BUY);
    let nothing = shop.put(&third.code).unwrap_err();
    assert!(nothing.contains("nothing left"), "{nothing}");
    // Without coffee on the order it is handed out beside it.
    lines::delete(&mut shop.tx(), &owner(), COFFEE, at(30)).unwrap();
    assert_eq!(shop.amounts(), [0, 0]);
    assert!(shop.discounts().iter().all(|row| row.reason.is_none()));
    shop.pay().unwrap();
    let stock = |id| shop.tx().rewards(&[id]).unwrap()[0].stock;
    assert_eq!((stock(REWARD), stock(FULL)), (Some(1), Some(1)));
    assert_eq!((shop.sums(BUYS), shop.sums(STAMPS)), ((30, 30), (1, 0)));
    shop.adds_up();
    create(&mut shop.tx(), &owner(), OPEN, &NewRefund::default(), at(60)).unwrap();
    assert_eq!((stock(REWARD), stock(FULL)), (Some(2), Some(2)));
    assert_eq!((shop.sums(BUYS).0, shop.sums(STAMPS).0), (60, 3));
    shop.adds_up();
}

#[test]
fn rule_21_a_promise_on_an_order_is_bound_to_it() {
    let mut shop = Shop::new();
    shop.has(FLAT, 50);
    let points = shop.promise(pays(50));
    let row = shop.put(&points.code).unwrap();
    let mut tx = shop.tx();
    let patch = orders::OrderPatch {
        store: regulars_kernel::Change::Set(regulars_kernel::StoreId::new(101)),
        ..orders::OrderPatch::default()
    };
    let other = orders::create(&mut tx, &owner(), &patch, at(21)).unwrap();
    let cake = ItemPatch {
        name: regulars_kernel::Change::Set("Kuchen".to_owned()),
        cost: regulars_kernel::Change::Set(Amount { decimal: "9".to_owned(), currency: None }),
        ..ItemPatch::default()
    };
    lines::create(&mut tx, &owner(), other, &cake, at(21)).unwrap();
    let refused = put_on(&mut tx, &owner(), other, &points.code, at(22)).unwrap_err();
    assert!(told(&refused).contains("on an open order"), "{}", told(&refused));
    let every = (points.code.as_str(), regulars_loyalty::RedemptionKind::ALL.as_slice());
    let nobody = Identifier::default();
    assert!(confirm(&mut tx, &owner(), every, &nobody, None, at(22)).is_err());
    // Taken off, it is free; an order that is given up gives it back.
    take_off(&mut tx, &owner(), row.id, at(23)).unwrap();
    put_on(&mut tx, &owner(), other, &points.code, at(24)).unwrap();
    delete(&mut tx, &owner(), other, at(25)).unwrap();
    assert_eq!(shop.state(&points), (IntentState::Open, None));
    shop.put(&points.code).unwrap();
    shop.adds_up();
}

#[test]
fn a_code_that_does_not_hold_any_more_keeps_an_order_open_and_is_named() {
    let mut shop = Shop::new();
    shop.has(FLAT, 50);
    let points = shop.promise(pays(20));
    let row = shop.put(&points.code).unwrap();
    shop.put("Welcome10").unwrap();
    cancel(&mut shop.tx(), &owner(), points.id, at(30)).unwrap();
    // Somebody else takes the last use of the code for everybody.
    let fixed = ("WELCOME-10", regulars_loyalty::RedemptionKind::ALL.as_slice());
    confirm(&mut shop.tx(), &owner(), fixed, &Identifier::default(), None, at(30)).unwrap();
    let refused = shop.pay().unwrap_err();
    assert!(refused.contains(&points.code) && refused.contains("called off"), "{refused}");
    assert!(refused.contains("Welcome-10") && refused.contains("as often as it can"), "{refused}");
    assert_eq!(shop.order().state, OrderState::Open);
    take_off(&mut shop.tx(), &owner(), row.id, at(31)).unwrap();
    // It is priced anew: what does not hold takes nothing, and says why.
    let left = shop.discounts().remove(0);
    assert_eq!(left.reason.unwrap().code, "enrollment_limit_reached");
    take_off(&mut shop.tx(), &owner(), left.id, at(32)).unwrap();
    assert_eq!(shop.order().total, euros(1_500));
    shop.pay().unwrap();
    shop.adds_up();
}

#[test]
fn a_code_is_of_whoever_buys() {
    let mut shop = Shop::new();
    shop.has(FLAT, 50);
    let points = shop.promise(pays(20));
    let mut tx = shop.tx();
    let to = |person| orders::OrderPatch {
        buyer: crate::buyer::Buyer {
            consumer: regulars_kernel::Change::Set(person),
            ..crate::buyer::Buyer::default()
        },
        ..orders::OrderPatch::default()
    };
    orders::update(&mut tx, &owner(), OPEN, &to(BEN), at(20)).unwrap();
    let others = shop.put(&points.code).unwrap_err();
    assert_eq!(others, "redemptionCode: This code is somebody else's.");
    orders::update(&mut tx, &owner(), OPEN, &to(ADA), at(21)).unwrap();
    shop.put(&points.code).unwrap();
    orders::update(&mut tx, &owner(), OPEN, &to(BEN), at(22)).unwrap();
    assert_eq!((shop.amounts(), shop.order().total), (vec![0], euros(1_500)));
    assert!(shop.pay().unwrap_err().contains("somebody else's"));
}

#[test]
fn rule_14_an_offer_may_let_a_sale_earn_nothing() {
    let mut shop = Shop::new();
    shop.has(FLAT, 10);
    let mut tenth = shop.tx().offers(&[TENTH]).unwrap().remove(0);
    tenth.earn_points = false;
    shop.memory.loyalty().promotions().put_offer(tenth);
    let intent = shop.promise(Wanted::Offer(TENTH));
    shop.put(&intent.code).unwrap();
    let done = shop.pay().unwrap();
    let why = regulars_loyalty::NothingEarned::OfferEarnsNothing;
    assert!(done.nothing.contains(&(FLAT, why)), "{:?}", done.nothing);
    assert_eq!((shop.sums(FLAT).0, shop.sums(STAMPS).0), (10, 1));
}

#[test]
fn rule_25_a_line_gives_back_what_paid_it_and_all_gives_back_every_use() {
    let mut shop = Shop::new();
    shop.has(FLAT, 100);
    let points = shop.promise(pays(60));
    shop.put(&points.code).unwrap();
    shop.put("welcome10").unwrap();
    // 15.00 less 2.00 less 6.00 in points.
    shop.pay().unwrap();
    let spent = shop.sums(FLAT).0;
    assert_eq!(spent, 100 - 60 + 7);
    let cake = NewItemRefund { item: CAKE, quantity: None, reason: None };
    let done = create_of_items(&mut shop.tx(), &owner(), &[cake], false, at(60)).unwrap();
    let refund = shop.tx().order_refunds(&done.refunds, &StoreAccess::All).unwrap().remove(0);
    let of_cake =
        shop.discounts()[0].shares.iter().find(|share| share.item == CAKE).unwrap().points;
    assert_eq!(refund.points, of_cake);
    shop.adds_up();
    let standing = |shop: &Shop| {
        let rows = shop.tx().redemptions_of_order(MERCHANT, OPEN).unwrap();
        rows.iter().filter(|row| row.reversed_at.is_none()).count()
    };
    assert_eq!(standing(&shop), 2, "uses go back with all of it alone");
    create(&mut shop.tx(), &owner(), OPEN, &NewRefund::default(), at(70)).unwrap();
    assert_eq!((standing(&shop), shop.sums(FLAT)), (0, (100, 0)));
    shop.adds_up();
    // The limit of the code has room again.
    let fixed = ("WELCOME-10", regulars_loyalty::RedemptionKind::ALL.as_slice());
    confirm(&mut shop.tx(), &owner(), fixed, &Identifier::default(), None, at(80)).unwrap();
}

#[test]
fn rule_25_what_cost_nothing_is_given_back_once() {
    for voids in [false, true] {
        let mut shop = Shop::new();
        let free = shop.promise(Wanted::Offer(FREE));
        shop.put(&free.code).unwrap();
        assert_eq!(shop.order().total, euros(0));
        shop.pay().unwrap();
        let reversed = |shop: &Shop| {
            shop.tx().redemptions_of_order(MERCHANT, OPEN).unwrap()[0].reversed_at.is_some()
        };
        if voids {
            delete(&mut shop.tx(), &owner(), OPEN, at(60)).unwrap();
            assert!(reversed(&shop));
            continue;
        }
        let line = |item| NewItemRefund { item, quantity: Some(1), reason: None };
        create_of_items(&mut shop.tx(), &owner(), &[line(COFFEE)], false, at(60)).unwrap();
        assert_eq!((reversed(&shop), shop.order().state), (false, OrderState::Completed));
        let both = [line(COFFEE), line(CAKE)];
        create_of_items(&mut shop.tx(), &owner(), &both, false, at(61)).unwrap();
        assert_eq!((reversed(&shop), shop.order().state), (true, OrderState::Refunded));
        for item in [COFFEE, CAKE] {
            for quantity in [None, Some(1)] {
                let again = NewItemRefund { item, quantity, reason: None };
                let again = create_of_items(&mut shop.tx(), &owner(), &[again], false, at(62));
                assert!(told(&again.unwrap_err()).contains("refunded before"));
            }
        }
        let whole = create(&mut shop.tx(), &owner(), OPEN, &NewRefund::default(), at(63));
        assert_eq!(told(&whole.unwrap_err()), "orderId: All of it was refunded before.");
        shop.adds_up();
    }
}

#[test]
fn rule_25_a_code_that_was_confirmed_by_itself_is_taken_back_once() {
    let mut shop = Shop::new();
    shop.has(BUYS, 30);
    let intent = shop.promise(BUY);
    let every = (intent.code.as_str(), regulars_loyalty::RedemptionKind::ALL.as_slice());
    let done = confirm(&mut shop.tx(), &owner(), every, &Identifier::default(), None, at(20));
    let redemption = done.unwrap().redemption.id;
    assert_eq!(shop.sums(BUYS), (0, 0));
    let named = (regulars_loyalty::RedemptionKind::Points, redemption);
    for returned in [30, 0] {
        let back = reverse(&mut shop.tx(), &owner(), named, at(30)).unwrap();
        assert_eq!(back.returned, Points::new(returned));
        assert_eq!(
            (shop.sums(BUYS), shop.tx().rewards(&[REWARD]).unwrap()[0].stock),
            ((30, 0), Some(2))
        );
    }
    let other = (regulars_loyalty::RedemptionKind::Offer, redemption);
    assert!(reverse(&mut shop.tx(), &owner(), other, at(30)).is_err());
    let tenth = shop.promise(Wanted::Offer(TENTH));
    shop.put(&tenth.code).unwrap();
    shop.pay().unwrap();
    let of_order = shop.tx().redemptions_of_order(MERCHANT, OPEN).unwrap().remove(0).id;
    let of_order = (regulars_loyalty::RedemptionKind::Offer, of_order);
    assert!(reverse(&mut shop.tx(), &owner(), of_order, at(60)).is_err(), "an order is refunded");
    shop.adds_up();
}

#[test]
fn a_code_is_looked_at_without_using_it() {
    let mut shop = Shop::new();
    shop.has(FLAT, 100);
    let points = shop.promise(pays(50));
    let ask = |shop: &Shop, code: &str, subtotal: Option<&str>, items: &[(ProductId, i32)]| {
        let amount = |text: &str| Amount { decimal: text.to_owned(), currency: None };
        let question = Question {
            code: code.to_owned(),
            subtotal: subtotal.map(amount),
            items: items.to_vec(),
            store: None,
            who: Identifier { id: Some(ADA), ..Identifier::default() },
        };
        let answer = verify(&mut shop.tx(), &owner(), &question, at(20));
        let answer = answer.map(|one| (one.amount.minor(), one.points.get(), one.to_pay.minor()));
        answer.map_err(|error| told(&error))
    };
    assert_eq!(ask(&shop, &points.code, Some("12.00"), &[]), Ok((500, 50, 700)));
    assert_eq!(ask(&shop, "WELCOME10", Some("12.00"), &[]), Ok((200, 0, 1_000)));
    assert_eq!(ask(&shop, &points.code, Some("3.00"), &[]), Ok((300, 30, 0)));
    assert!(
        ask(&shop, "ZZZZ-ZZZZ", Some("3.00"), &[])
            .unwrap_err()
            .starts_with("code: There is no such code")
    );
    assert!(ask(&shop, &points.code, None, &[]).unwrap_err().starts_with("subtotal: "));
    assert!(
        ask(&shop, &points.code, None, &[(BEAN, 0)])
            .unwrap_err()
            .starts_with("items: Enter quantities")
    );
    assert_eq!(shop.state(&points), (IntentState::Open, None));
    assert_eq!(shop.sums(FLAT), (100, 50));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Random codes on a random order, refunded step by step: at all times the order adds up; and at the end everything that the
    /// customer paid, in money and in points, went back, every use with it.
    #[test]
    fn rule_25_what_was_paid_goes_back(
        codes in vec(0_usize..6, 0..6), dropped in 0_usize..4, quantity in 1_i32..4, cake in 0_i64..900,
        steps in vec((any::<bool>(), 1_i64..700), 0..4), voids: bool,
    ) {
        let mut shop = Shop::new();
        for card in [FLAT, BUYS, STAMPS] {
            shop.has(card, 200);
        }
        let mut on = Vec::new();
        for code in codes {
            let wanted = [
                Wanted::Offer(TENTH), Wanted::Offer(EURO), Wanted::Offer(ALONE), pays(45), BUY,
                Wanted::Stamps { card: STAMPS, reward: None },
            ][code];
            // A reward may be out of stock meanwhile.
            let who = Identifier { id: Some(ADA), ..Identifier::default() };
            shop.codes += 1;
            let new = NewIntent { wanted, who, store: None };
            let entropy = [0, 0, 0, 0, shop.codes];
            let made = promise(&mut shop.tx(), &Actor::system(MERCHANT), &new, || entropy, at(10));
            if let Ok(intent) = made
                && let Ok(row) = shop.put(&intent.code)
            {
                on.push(row.id);
            }
            shop.adds_up();
        }
        let change = ItemPatch {
            quantity: regulars_kernel::Change::Set(quantity), ..ItemPatch::default()
        };
        lines::update(&mut shop.tx(), &owner(), COFFEE, &change, at(30)).unwrap();
        shop.adds_up();
        let cost = Amount { decimal: format!("{}.{:02}", cake / 100, cake % 100), currency: None };
        let change = ItemPatch { cost: regulars_kernel::Change::Set(cost), ..ItemPatch::default() };
        lines::update(&mut shop.tx(), &owner(), CAKE, &change, at(31)).unwrap();
        shop.adds_up();
        if let Some(id) = on.get(dropped) {
            take_off(&mut shop.tx(), &owner(), *id, at(32)).unwrap();
            shop.adds_up();
        }
        shop.pay().unwrap();
        shop.adds_up();
        let total = shop.order().total;
        for (by_line, amount) in steps {
            let mut tx = shop.tx();
            let done = if by_line {
                let line = NewItemRefund { item: COFFEE, quantity: Some(1), reason: None };
                create_of_items(&mut tx, &owner(), &[line], false, at(60))
            } else {
                let decimal = format!("{}.{:02}", amount / 100, amount % 100);
                let amount = Some(Amount { decimal, currency: None });
                create(&mut tx, &owner(), OPEN, &NewRefund { amount, ..NewRefund::default() }, at(61))
            };
            // More than is left is refused, and changes nothing.
            let _refused = done.is_err();
            shop.adds_up();
        }
        if voids {
            delete(&mut shop.tx(), &owner(), OPEN, at(70)).unwrap();
        } else {
            let _nothing_left = create(&mut shop.tx(), &owner(), OPEN, &NewRefund::default(), at(70)).is_err();
        }
        shop.adds_up();
        prop_assert_eq!(shop.order().refunded, total);
        for card in [FLAT, BUYS] {
            prop_assert_eq!(shop.sums(card).0, 200, "{:?}", card);
        }
        prop_assert_eq!(shop.sums(STAMPS).0, 200);
        let redeemed = shop.tx().redemptions_of_order(MERCHANT, OPEN).unwrap();
        prop_assert!(redeemed.iter().all(|row| row.reversed_at.is_some()));
        let stock = |id| shop.tx().rewards(&[id]).unwrap()[0].stock;
        prop_assert_eq!((stock(REWARD), stock(FULL)), (Some(2), Some(2)));
    }
}
