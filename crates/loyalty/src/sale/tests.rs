use chrono::NaiveTime;
use proptest::prelude::*;
use regulars_kernel::{
    Currency, EntryId, MerchantId, Money, OrderId, OrderItemId, PersonId, Scope, StoreId,
};
use regulars_merchant::Tz;

use super::*;
use crate::{
    ClawBackPolicy, LoyaltyStore, Millionths, PointsProgram, Spending, StampsProgram, ledger,
    memory::{Memory, MemoryStore},
    refund::{Refund, RefundedLine, TakenBack, take_back},
    suite::at,
    welcome::{KnowsNobody, WelcomeMark},
};

pub(crate) const MERCHANT: MerchantId = MerchantId::new(61);
const ADA: PersonId = PersonId::new(71);

/// A shop with cards, and one customer.
pub(crate) struct Shop {
    memory: Memory,
    merchant: Merchant,
    member: Membership,
    place: Place,
    marks: Vec<WelcomeMark>,
}

impl Recognise for Shop {
    fn marks(&self, _member: &Membership) -> Vec<WelcomeMark> {
        self.marks.clone()
    }
}

pub(crate) fn points_card(id: i64, program: PointsProgram) -> LoyaltyCard {
    let id = LoyaltyCardId::new(id);
    LoyaltyCard::new(id, MERCHANT, "Points", Currency::EUR, Program::Points(program), at(0))
}

pub(crate) fn program(rate: i64) -> PointsProgram {
    PointsProgram::new(Spending::Product, Millionths::new(rate * 1_000_000))
}

pub(crate) fn stamps_card(id: i64) -> LoyaltyCard {
    let program = StampsProgram {
        stamps_needed: 5,
        max_stamps_per_day: Some(1),
        stamp_expiration_days: Some(30),
    };
    let id = LoyaltyCardId::new(id);
    LoyaltyCard::new(id, MERCHANT, "Stamps", Currency::EUR, Program::Stamps(program), at(0))
}

impl Shop {
    pub(crate) fn new(cards: Vec<LoyaltyCard>) -> Self {
        let memory = Memory::new();
        let zone = Tz::Europe__Berlin;
        let merchant = Merchant::new(MERCHANT, "Shop", zone, Currency::EUR, at(0));
        memory.customers().merchants().put_merchant(merchant.clone());
        let member = regulars_promotion::suite::membership(ADA, MERCHANT);
        memory.customers().put_membership(member.clone());
        for card in cards {
            memory.put_card(card);
        }
        let place = Place {
            store: Some(StoreId::new(100)),
            groups: Vec::new(),
            zone,
            day_starts_at: NaiveTime::MIN,
        };
        let card = WelcomeMark { kind: "card", key: "k".to_owned(), digest: "ada".to_owned() };
        Self { memory, merchant, member, place, marks: vec![card] }
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) fn tx(&self) -> MemoryStore {
        self.memory.scoped(Scope::Merchant(MERCHANT))
    }

    fn occasion(&self, seconds: i64) -> Occasion {
        Occasion::at(at(seconds), self.place.zone, None)
    }

    /// Sells lines of those amounts; the order's number names the sale.
    pub(crate) fn sells(&self, order: i64, amounts: &[i64], seconds: i64) -> Vec<CardOutcome> {
        self.try_to_sell(order, amounts, seconds, Timeliness::InTime).unwrap()
    }

    pub(crate) fn try_to_sell(
        &self,
        order: i64,
        amounts: &[i64],
        seconds: i64,
        timeliness: Timeliness,
    ) -> Result<Vec<CardOutcome>, StoreError> {
        let lines: Vec<_> = amounts.iter().map(|minor| line(*minor)).collect();
        let items: Vec<_> = items(order, amounts.len());
        let sale = Sale {
            member: &self.member,
            merchant: &self.merchant,
            place: &self.place,
            cause: Cause::Order(OrderId::new(order)),
            version: 0,
            lines: &lines,
            items: &items,
            timeliness,
            earns_no_points: false,
            occasion: self.occasion(seconds),
            recognise: self,
        };
        let told = forecast(&mut self.tx(), &sale)?;
        let earned = earn(&mut self.tx(), &sale)?;
        let essence = |outcomes: &[CardOutcome]| -> Vec<_> {
            let each = outcomes.iter().map(|one| {
                (
                    one.card.id,
                    one.earned.as_ref().map(|earned| (earned.amount, earned.initial)).ok(),
                )
            });
            each.collect()
        };
        assert_eq!(essence(&told), essence(&earned), "what is told before is what comes");
        Ok(earned)
    }

    /// Gives back so much of each line, `before` having been given back.
    pub(crate) fn refunds(
        &self,
        order: i64,
        lines: &[(i64, i64, i64)],
        policy: ClawBackPolicy,
        seconds: i64,
    ) -> Vec<TakenBack> {
        let items = items(order, lines.len());
        let whole = lines.iter().all(|(value, _, after)| value == after);
        let lines: Vec<_> = lines
            .iter()
            .zip(items)
            .map(|((value, before, after), item)| RefundedLine {
                item,
                value: *value,
                before: *before,
                after: *after,
            })
            .collect();
        let refund = Refund {
            merchant: MERCHANT,
            cause: Cause::Order(OrderId::new(order)),
            lines: &lines,
            whole,
            policy,
            occasion: self.occasion(seconds),
        };
        take_back(&mut self.tx(), &refund).unwrap()
    }

    pub(crate) fn account(&self, card: i64) -> Account {
        let accounts = self.tx().accounts_per_consumer(&[ADA]).unwrap();
        accounts.into_iter().find(|account| account.card == LoyaltyCardId::new(card)).unwrap()
    }

    /// Balance, debt and what was earned net.
    pub(crate) fn sums(&self, card: i64) -> (i64, i64, i64) {
        let account = self.account(card);
        (account.balance.get(), account.debt.get(), account.earned.get())
    }

    pub(crate) fn add_up(&self) {
        for book in self.tx().books(None, 100).unwrap() {
            assert_eq!(ledger::check(&book), Vec::new());
        }
    }
}

fn items(order: i64, lines: usize) -> Vec<OrderItemId> {
    (1..).take(lines).map(|line| OrderItemId::new(order * 100 + line)).collect()
}

fn line(minor: i64) -> SaleLine {
    let net = Money::new(minor, Currency::EUR);
    SaleLine { product: None, quantity: 1, net, tax: None, paid_with_points: 0 }
}

fn amounts(outcomes: &[CardOutcome]) -> Vec<Result<i64, &'static str>> {
    let each = outcomes.iter().map(|one| match &one.earned {
        Ok(earned) => Ok(earned.amount.get()),
        Err(why) => Err(why.code()),
    });
    each.collect()
}

#[test]
fn rule_15_the_best_card_of_points_and_every_card_of_stamps_earn_and_earning_enrols() {
    let cards = vec![
        points_card(1, program(1)),
        points_card(2, program(3)),
        points_card(3, program(3)),
        stamps_card(4),
    ];
    let shop = Shop::new(cards);
    let another = Err("another_card_earns");
    assert_eq!(amounts(&shop.sells(1, &[1_000], 10)), [another, Ok(30), another, Ok(1)]);
    assert_eq!(shop.sums(2), (30, 0, 30));
    assert_eq!(shop.sums(4), (1, 0, 1));
    let accounts = shop.tx().accounts_per_consumer(&[ADA]).unwrap();
    assert_eq!(accounts.len(), 2, "what does not earn does not enrol");
    // A stamp a day.
    let capped = [another, Ok(30), another, Err("daily_cap_reached")];
    assert_eq!(amounts(&shop.sells(2, &[1_000], 20)), capped);
    shop.add_up();
}

#[test]
fn rule_11_a_version_of_a_sale_earns_once() {
    let shop = Shop::new(vec![points_card(1, program(1))]);
    shop.sells(1, &[1_000], 10);
    let again = shop.try_to_sell(1, &[1_000], 20, Timeliness::InTime);
    assert!(matches!(again, Err(StoreError::Taken("entry.natural_key"))), "{again:?}");
    assert_eq!(shop.sums(1), (10, 0, 10));
}

#[test]
fn rule_14_the_day_has_room_for_so_much_whichever_card_it_was() {
    let capped = PointsProgram { max_points_per_day: Some(Points::new(25)), ..program(1) };
    let shop = Shop::new(vec![points_card(1, capped)]);
    assert_eq!(amounts(&shop.sells(1, &[2_000], 10)), [Ok(20)]);
    assert_eq!(amounts(&shop.sells(2, &[2_000], 20)), [Ok(5)]);
    assert_eq!(amounts(&shop.sells(3, &[2_000], 30)), [Err("daily_cap_reached")]);
    // Room is not given back (rule 25); the next day has its own.
    shop.refunds(1, &[(2_000, 0, 2_000)], ClawBackPolicy::BelowZero, 40);
    assert_eq!(amounts(&shop.sells(4, &[2_000], 50)), [Err("daily_cap_reached")]);
    assert_eq!(amounts(&shop.sells(5, &[2_000], 86_400)), [Ok(20)]);
    shop.add_up();
}

#[test]
fn rule_15_initial_points_come_once_and_go_back_with_the_first_sale() {
    let welcoming = PointsProgram { initial_points: Points::new(50), ..program(1) };
    let shop = Shop::new(vec![points_card(1, welcoming.clone())]);
    let first = shop.sells(1, &[1_000], 10);
    assert_eq!(first[0].earned.as_ref().unwrap().initial, Points::new(50));
    assert_eq!(shop.sells(2, &[1_000], 20)[0].earned.as_ref().unwrap().initial, Points::ZERO);
    assert_eq!(shop.sums(1), (70, 0, 70));
    // Half of the first sale leaves them, the rest takes them.
    shop.refunds(1, &[(1_000, 0, 500)], ClawBackPolicy::BelowZero, 30);
    assert_eq!(shop.sums(1), (65, 0, 65));
    shop.refunds(1, &[(1_000, 500, 1_000)], ClawBackPolicy::BelowZero, 40);
    assert_eq!(shop.sums(1), (10, 0, 10));
    assert_eq!(shop.sells(3, &[1_000], 50)[0].earned.as_ref().unwrap().initial, Points::ZERO);
    shop.add_up();
    // Whoever is known by nothing, and is the merchant's to manage, gets none; nor who was welcomed under another number.
    let nobody = Shop { marks: Vec::new(), ..Shop::new(vec![points_card(1, welcoming)]) };
    let managed = nobody.member.kind == regulars_customer::Kind::Managed;
    let initial = nobody.sells(1, &[1_000], 10)[0].earned.as_ref().unwrap().initial.get();
    assert_eq!(initial, if managed { 0 } else { 50 });
}

#[test]
fn rule_15_who_is_known_by_what_was_welcomed_is_not_welcomed_again() {
    let welcoming = PointsProgram { initial_points: Points::new(50), ..program(1) };
    let shop = Shop::new(vec![points_card(1, welcoming)]);
    let card = LoyaltyCardId::new(1);
    assert!(shop.tx().claim_welcome(MERCHANT, card, &shop.marks).unwrap());
    let mark = |digest: &str| WelcomeMark { digest: digest.to_owned(), ..shop.marks[0].clone() };
    assert!(!shop.tx().claim_welcome(MERCHANT, card, &[mark("bob"), mark("ada")]).unwrap());
    assert!(shop.tx().claim_welcome(MERCHANT, card, &[mark("bob")]).unwrap(), "nothing was noted");
    assert!(KnowsNobody.marks(&shop.member).is_empty());
}

#[test]
fn rule_26_late_sales_earn_what_is_pending_and_too_late_ones_nothing() {
    let shop = Shop::new(vec![points_card(1, program(1))]);
    let late = shop.try_to_sell(1, &[1_000], 10, Timeliness::Late).unwrap();
    assert_eq!(late[0].earned.as_ref().unwrap().active_from, UNTIL_REVIEWED);
    let sum = crate::summary::per_consumer(
        &mut shop.tx(),
        &regulars_kernel::Actor::system(MERCHANT),
        &[ADA],
        at(1_000_000),
    );
    let sum = sum.unwrap()[0].1;
    assert_eq!((sum.available, sum.pending), (Points::ZERO, Points::new(10)));
    let too_late = shop.try_to_sell(2, &[1_000], 20, Timeliness::TooLate).unwrap();
    assert_eq!(amounts(&too_late), [Err("too_long_ago")]);
}

#[test]
fn rule_19_points_live_as_the_card_says() {
    let living =
        PointsProgram { validity_in_months: Some(1), activation_delay_days: 2, ..program(1) };
    let shop = Shop::new(vec![points_card(1, living)]);
    let earned = shop.sells(1, &[1_000], 0).remove(0).earned.unwrap();
    assert_eq!(earned.active_from, at(2 * 86_400));
    // at(0) is 9 October 2025 in Berlin.
    assert_eq!(earned.expires_at.unwrap().to_string(), "2025-11-09T23:00:00.000000Z");
}

#[test]
fn rule_25_refunds_take_back_in_proportion_and_all_of_it_in_the_end() {
    let shop = Shop::new(vec![points_card(1, program(1)), stamps_card(2)]);
    shop.sells(1, &[333, 333, 333], 10);
    assert_eq!(shop.sums(1), (9, 0, 9));
    // One line: 333 of 999 is 3 of 9.
    shop.refunds(1, &[(333, 0, 333), (333, 0, 0), (333, 0, 0)], ClawBackPolicy::BelowZero, 20);
    assert_eq!(shop.sums(1), (6, 0, 6));
    // A tenth of another is less than a point; together with a ninth it is one.
    shop.refunds(1, &[(333, 333, 333), (333, 0, 33), (333, 0, 0)], ClawBackPolicy::BelowZero, 30);
    assert_eq!(shop.sums(1), (6, 0, 6));
    shop.refunds(1, &[(333, 333, 333), (333, 33, 111), (333, 0, 0)], ClawBackPolicy::BelowZero, 40);
    assert_eq!(shop.sums(1), (5, 0, 5));
    assert_eq!(shop.sums(2), (1, 0, 1), "a stamp goes with all of it alone");
    let rest = [(333, 333, 333), (333, 111, 333), (333, 0, 333)];
    shop.refunds(1, &rest, ClawBackPolicy::BelowZero, 50);
    assert_eq!((shop.sums(1), shop.sums(2)), ((0, 0, 0), (0, 0, 0)));
    shop.add_up();
}

#[test]
fn rule_25_the_merchants_policy_says_how_far_a_claw_back_goes() {
    for (policy, left) in [
        (ClawBackPolicy::BelowZero, (0, 6, -6)),
        (ClawBackPolicy::ToZero, (0, 0, 0)),
        (ClawBackPolicy::PendingOnly, (4, 0, 4)),
    ] {
        let shop = Shop::new(vec![points_card(1, program(1))]);
        shop.sells(1, &[1_000], 10);
        let mut tx = shop.tx();
        let mut account =
            tx.lock_account(MERCHANT, ADA, LoyaltyCardId::new(1), None).unwrap().unwrap();
        let mut holdings =
            bookkeeping::settle(&mut tx, &mut account, shop.place.zone, at(20)).unwrap();
        let redemption = regulars_kernel::RedemptionId::new(1);
        let what = (EntryKind::Redeem, Cause::Redemption(redemption), 0);
        let (six, occasion) = (Points::new(6), shop.occasion(20));
        bookkeeping::spend(&mut tx, &mut account, &mut holdings, what, six, occasion).unwrap();
        shop.refunds(1, &[(1_000, 0, 1_000)], policy, 30);
        let (balance, debt, earned) = shop.sums(1);
        // What was spent is no earning: the sums of entries are balance less debt.
        assert_eq!((balance, debt, balance - debt), left, "{policy:?}");
        assert_eq!(earned - 6, left.2, "{policy:?}");
        shop.add_up();
    }
}

#[test]
fn rule_25_what_a_policy_let_be_is_not_asked_for_again() {
    let shop = Shop::new(vec![points_card(1, program(1))]);
    shop.sells(1, &[1_000], 10);
    shop.refunds(1, &[(1_000, 0, 500)], ClawBackPolicy::PendingOnly, 20);
    assert_eq!(shop.sums(1), (10, 0, 10), "nothing was pending");
    shop.refunds(1, &[(1_000, 500, 600)], ClawBackPolicy::BelowZero, 30);
    assert_eq!(shop.sums(1), (9, 0, 9), "a tenth, not six");
}

#[test]
fn a_line_is_named_by_its_item() {
    let shop = Shop::new(vec![points_card(1, program(1))]);
    let earned = shop.sells(1, &[600, 400], 10).remove(0).earned.unwrap();
    let lines = shop.tx().earning_lines(MERCHANT, earned.entry.unwrap()).unwrap();
    let lines: Vec<_> =
        lines.iter().map(|line| (line.item.get(), line.base, line.points.get())).collect();
    assert_eq!(lines, [(101, 600, 6), (102, 400, 4)]);
    assert_eq!(shop.tx().earning_lines(MERCHANT, EntryId::new(999)).unwrap(), Vec::new());
}

proptest! {
    #[test]
    fn rule_25_however_it_is_given_back_all_of_it_goes_in_the_end(
        values in prop::collection::vec(1_i64..5_000, 1..5),
        steps in prop::collection::vec((0_usize..5, 1_i64..2_000), 0..12),
    ) {
        let shop = Shop::new(vec![points_card(1, program(2))]);
        shop.sells(1, &values, 10);
        let mut back = vec![0_i64; values.len()];
        let mut seconds = 20;
        let mut last = i64::MAX;
        let whole = (0..values.len()).map(|line| (line, i64::MAX));
        for (line, amount) in steps.into_iter().chain(whole) {
            let line = line % values.len();
            let before = back.clone();
            back[line] = back[line].saturating_add(amount).min(values[line]);
            let lines: Vec<_> = values.iter().zip(&before).zip(&back)
                .map(|((value, before), after)| (*value, *before, *after)).collect();
            shop.refunds(1, &lines, ClawBackPolicy::BelowZero, seconds);
            seconds += 10;
            let Some(account) = shop.tx().accounts_per_consumer(&[ADA]).unwrap().pop() else { break };
            prop_assert!(account.balance.get() <= last && account.debt == Points::ZERO);
            last = account.balance.get();
        }
        prop_assert!(last == 0 || last == i64::MAX);
        shop.add_up();
    }
}
