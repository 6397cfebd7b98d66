//! The rows that the suite asks about.

use chrono::NaiveTime;
use regulars_customer::segment::{OrderFact, VisitFact};
use regulars_kernel::{
    AccountId, Currency, EntryId, HoldId, IntentId, LotId, LoyaltyCardId, MerchantId, Money,
    OfferId, PersonId, Points, ProductId, RedemptionId, RewardId, StoreGroupId, StoreId, Timestamp,
};
use regulars_merchant::{Merchant, Weekdays};
use regulars_promotion::{Places, Status, Target, Terms, suite as promotions};

use crate::{
    Account, Book, Cause, Entry, EntryKind, Hold, HoldLot, HoldState, IntentState, Lot, LotUse,
    LoyaltyCard, LoyaltyReward, Millionths, PointsProgram, Program, Promised, Redeemed, Redemption,
    RedemptionIntent, Spending, StampsProgram, entry::natural_key,
};

/// A customer of the first tenant.
pub const ADA: PersonId = PersonId::new(71);
/// A customer of both tenants.
pub const BOB: PersonId = PersonId::new(73);
/// A registered person who is a customer of nobody.
pub const STRANGER: PersonId = PersonId::new(79);

/// The first tenant.
pub const FIRST: MerchantId = MerchantId::new(61);
/// The second one.
pub const SECOND: MerchantId = MerchantId::new(62);

/// The rows that a fixture puts down, ids included.
#[derive(Clone, Debug)]
pub struct World {
    /// Tenants, stores, offers, and who joined whom (a live [`promotions::membership`] each).
    pub below: promotions::World,
    /// The cards.
    pub cards: Vec<LoyaltyCard>,
    /// The rewards.
    pub rewards: Vec<LoyaltyReward>,
    /// The accounts with all that was written about them.
    pub books: Vec<Book>,
    /// The redemptions.
    pub redemptions: Vec<Redemption>,
    /// The intents.
    pub intents: Vec<RedemptionIntent>,
    /// Completed orders.
    pub orders: Vec<(MerchantId, PersonId, OrderFact)>,
    /// Visits.
    pub visits: Vec<(MerchantId, PersonId, VisitFact)>,
}

impl World {
    /// Who is a customer of whom.
    pub fn customers(&self) -> Vec<(MerchantId, PersonId)> {
        let joined = self.below.below.joined.iter();
        joined.map(|(person, merchant)| (*merchant, *person)).collect()
    }

    /// What a customer bought.
    pub fn orders_of(&self, merchant: MerchantId, person: PersonId) -> Vec<OrderFact> {
        let rows = self.orders.iter();
        let own = rows.filter(|(at, by, _)| (*at, *by) == (merchant, person));
        own.map(|(_, _, order)| order.clone()).collect()
    }

    /// When a customer came by.
    pub fn visits_of(&self, merchant: MerchantId, person: PersonId) -> Vec<VisitFact> {
        let rows = self.visits.iter();
        let own = rows.filter(|(at, by, _)| (*at, *by) == (merchant, person));
        own.map(|(_, _, visit)| *visit).collect()
    }
}

/// An instant of this world.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_760_000_000 + seconds)
}

/// The promotions' world with cards, books and redemptions that differ in everything that a port reads.
pub fn world() -> World {
    let mut below = promotions::world();
    below.below.joined.extend([(BOB, FIRST), (BOB, SECOND)]);
    let tenants = below.below.merchants.iter().zip([0, 100]);
    let cards = tenants.flat_map(|(merchant, base)| cards_of(merchant, base)).collect();
    let books = books();
    World {
        below,
        cards,
        rewards: rewards(),
        redemptions: redemptions(),
        intents: intents(&books),
        books,
        orders: orders(),
        visits: visits(),
    }
}

#[expect(clippy::too_many_lines, reason = "a table of cases reads from top to bottom")]
fn cards_of(merchant: &Merchant, base: i64) -> Vec<LoyaltyCard> {
    let store = |n: i64| StoreId::new(if base == 0 { 100 } else { 200 } + n);
    let group = StoreGroupId::new(if base == 0 { 301 } else { 304 });
    let product = ProductId::new(if base == 0 { 401 } else { 403 });
    let money = |minor| Some(Money::new(minor, merchant.currency));
    let bare = PointsProgram {
        spending: Spending::Product,
        dollar_worth: Millionths::new(1_000_000),
        initial_points: Points::ZERO,
        max_points_per_day: None,
        min_price: None,
        max_price: None,
        tax_included: true,
        validity_in_months: None,
        activation_delay_days: 0,
    };
    let points = Program::Points(bare);
    let stamps = Program::Stamps(StampsProgram {
        stamps_needed: 10,
        max_stamps_per_day: None,
        stamp_expiration_days: None,
    });
    let card = |n: i64, name: &str, program: &Program, terms: Terms| LoyaltyCard {
        id: LoyaltyCardId::new(base + 700 + n),
        merchant: merchant.id,
        name: name.to_owned(),
        short_description: None,
        long_description: None,
        terms_and_conditions: None,
        placement: None,
        currency: merchant.currency,
        program: program.clone(),
        redemption_expiration_days: None,
        terms,
        products: Vec::new(),
        // Two of a kind each, so that orders have ties to break.
        created_at: at(100 - n / 2),
        updated_at: at(200),
    };
    let status = |status| Terms { status, ..Terms::open() };
    let places = |stores: &[StoreId], groups: &[StoreGroupId]| Places {
        stores: stores.to_vec(),
        groups: groups.to_vec(),
    };
    let full_terms = Terms {
        status: Status::Active,
        start_time: Some(at(-1_000)),
        end_time: Some(at(1_000)),
        day_start_time: NaiveTime::from_hms_opt(8, 0, 0),
        day_end_time: None,
        weekdays: Weekdays::from_bits(0b001_1111).unwrap_or_default(),
        places: places(&[store(0), store(2)], &[group]),
        enrollment_limit: Some(5),
        repeatable: false,
        repeat_delay_hours: Some(12),
        target: Target::parse(r#"[["pointsEarned","gte",100]]"#).ok(),
        minimum_spend: money(1_000),
        weather: Some("sun".to_owned()),
        extra_info: Some("{\"c\":3}".to_owned()),
        archived: false,
    };
    let full_program = Program::Points(PointsProgram {
        spending: Spending::Flat {
            points_needed: Points::new(100),
            incremental_points: Some(Points::new(10)),
            point_worth: Millionths::new(5_000_000),
        },
        dollar_worth: Millionths::new(1_500_000),
        initial_points: Points::new(50),
        max_points_per_day: Some(Points::new(500)),
        min_price: money(100),
        max_price: money(10_000),
        tax_included: false,
        validity_in_months: Some(12),
        activation_delay_days: 3,
    });
    let full = LoyaltyCard {
        short_description: Some("short".to_owned()),
        long_description: Some("long".to_owned()),
        terms_and_conditions: Some("small print".to_owned()),
        placement: Some("top".to_owned()),
        redemption_expiration_days: Some(7),
        products: vec![product],
        ..card(0, "100% Süß", &full_program, full_terms)
    };
    let full_stamps = Program::Stamps(StampsProgram {
        stamps_needed: 5,
        max_stamps_per_day: Some(1),
        stamp_expiration_days: Some(90),
    });
    let archived = Terms { archived: true, ..Terms::open() };
    let at_store = Terms { places: places(&[store(2)], &[]), ..Terms::open() };
    let in_group = Terms { places: places(&[], &[group]), ..Terms::open() };
    vec![
        full,
        card(1, "a_b", &points, Terms::open()),
        card(2, "Kaffee", &full_stamps, Terms::open()),
        card(3, "kaffee", &points, status(Status::Draft)),
        card(4, "Zoë's", &stamps, status(Status::Paused)),
        card(5, "axb", &points, archived),
        card(6, "100% süß", &stamps, at_store),
        card(7, "Ende", &points, status(Status::Ended)),
        card(8, "Ende", &points, in_group),
    ]
}

fn rewards() -> Vec<LoyaltyReward> {
    let reward = |id, merchant, card, product| LoyaltyReward {
        id: RewardId::new(id),
        merchant,
        card: LoyaltyCardId::new(card),
        product: ProductId::new(product),
        points: Points::new(250),
        stock: None,
        expiry: None,
        archived: false,
        created_at: at(1),
        updated_at: at(2),
    };
    vec![
        LoyaltyReward { stock: Some(0), expiry: Some(at(9_000)), ..reward(750, FIRST, 701, 401) },
        LoyaltyReward { archived: true, ..reward(751, FIRST, 701, 402) },
        reward(752, FIRST, 703, 401),
        reward(753, SECOND, 801, 403),
    ]
}

/// A credit of a book: what came, what of it was spent, what is set aside, and its lot's life.
struct Credit {
    amount: i64,
    spent: i64,
    held: i64,
    active_from: Timestamp,
    expires_at: Option<Timestamp>,
}

fn credit(amount: i64, spent: i64, held: i64, expires_at: Option<i64>) -> Credit {
    Credit { amount, spent, held, active_from: at(0), expires_at: expires_at.map(at) }
}

fn books() -> Vec<Book> {
    let account = |id, merchant, person, card| {
        let (id, card) = (AccountId::new(id), LoyaltyCardId::new(card));
        Account::new(id, merchant, person, card, at(5))
    };
    let pending = Credit { active_from: at(5_000), ..credit(40, 0, 0, Some(30_000)) };
    vec![
        book(
            account(801, FIRST, ADA, 700),
            &[
                credit(100, 30, 20, Some(10_000)),
                credit(50, 0, 0, Some(10_000)),
                credit(60, 0, 60, Some(2_000)),
                credit(70, 0, 0, None),
                pending,
            ],
            0,
        ),
        book(account(802, FIRST, ADA, 701), &[credit(25, 5, 0, Some(8_000))], 0),
        book(account(803, FIRST, ADA, 702), &[credit(7, 0, 0, None), credit(2, 0, 0, None)], 0),
        book(account(804, FIRST, BOB, 700), &[credit(30, 30, 0, None)], 12),
        book(account(805, SECOND, BOB, 800), &[credit(1 << 40, 0, 0, None)], 0),
        book(account(806, SECOND, BOB, 802), &[credit(3, 1, 0, Some(9_000))], 0),
        book(account(807, FIRST, ADA, 706), &[], 0),
    ]
}

fn book(account: Account, credits: &[Credit], debt: i64) -> Book {
    let mut book = Book::new(account);
    for credit in credits {
        let earned = enter(&mut book, EntryKind::Earn, credit.amount);
        let lot = Lot {
            id: LotId::new(earned.get()),
            account: book.account.id,
            entry: earned,
            amount: Points::new(credit.amount),
            remaining: Points::new(credit.amount - credit.spent),
            active_from: credit.active_from,
            expires_at: credit.expires_at,
            revives: None,
            moved_from: None,
        };
        if credit.held > 0 {
            for state in HoldState::ALL {
                let open = state == HoldState::Open;
                hold(&mut book, &lot, state, if open { credit.held } else { 1 });
            }
        }
        book.lots.push(lot);
    }
    let lots: Vec<_> = book.lots.iter().map(|lot| lot.id).collect();
    for (credit, lot) in credits.iter().zip(lots).filter(|(credit, _)| credit.spent > 0) {
        let entry = enter(&mut book, EntryKind::Redeem, -credit.spent);
        book.lot_uses.push(LotUse { entry, lot, amount: Points::new(credit.spent) });
    }
    if debt > 0 {
        enter(&mut book, EntryKind::Reverse, -debt);
    }
    let sum = |pick: &dyn Fn(&Credit) -> i64| credits.iter().map(pick).sum::<i64>();
    book.account.balance = Points::new(sum(&|credit| credit.amount - credit.spent));
    book.account.debt = Points::new(debt);
    book.account.held = Points::new(sum(&|credit| credit.held));
    book.account.earned = Points::new(sum(&|credit| credit.amount) - debt);
    book.chained()
}

fn enter(book: &mut Book, kind: EntryKind, amount: i64) -> EntryId {
    let account = &mut book.account;
    account.seq += 1;
    let (id, seq) = (EntryId::new(account.id.get() * 100 + account.seq), account.seq);
    let cause = if seq == 1 { Cause::InitialPoints } else { Cause::Manual };
    let nth = u32::try_from(seq).unwrap_or(0);
    let recorded_at = at(1_000 + seq);
    book.entries.push(Entry {
        id,
        account: account.id,
        seq,
        kind,
        amount: Points::new(amount),
        cause,
        natural_key: natural_key(account.id, kind, cause, nth),
        reverses: (kind == EntryKind::Reverse).then(|| EntryId::new(id.get() - seq + 1)),
        occurred_at: at(500 + seq),
        recorded_at,
        business_date: recorded_at.to_utc().date_naive(),
        actor: (seq == 2).then_some(ADA),
        hash: None,
    });
    id
}

fn hold(book: &mut Book, lot: &Lot, state: HoldState, amount: i64) {
    let nth = i64::try_from(book.holds.len()).unwrap_or(0);
    let id = HoldId::new(book.account.id.get() * 100 + nth);
    let (account, amount) = (book.account.id, Points::new(amount));
    let (until, created_at) = (at(3_000), at(1_500));
    book.holds.push(Hold { id, account, amount, until, state, created_at, ended_at: None });
    book.hold_lots.push(HoldLot { hold: id, lot: lot.id, amount });
}

fn redemptions() -> Vec<Redemption> {
    let redemption = |id, merchant, person, redeemed| Redemption {
        id: RedemptionId::new(id),
        merchant,
        person,
        store: None,
        redeemed,
        order: None,
        entry: None,
        amount: None,
        reversed_at: None,
        // Two of a kind each, so that orders have ties to break.
        created_at: at(2_000 - id / 2),
        updated_at: at(2_000),
    };
    let offer = |offer| Redeemed::Offer { offer: OfferId::new(offer) };
    let points = |card, reward: Option<i64>, points| Redeemed::Points {
        card: LoyaltyCardId::new(card),
        reward: reward.map(RewardId::new),
        points: Points::new(points),
    };
    let stamps = |card| Redeemed::Stamps {
        card: LoyaltyCardId::new(card),
        reward: None,
        stamps: Points::new(5),
    };
    let mut rows = vec![
        Redemption {
            store: Some(StoreId::new(100)),
            amount: Some(Money::new(500, Currency::EUR)),
            ..redemption(901, FIRST, Some(ADA), offer(600))
        },
        Redemption {
            store: Some(StoreId::new(101)),
            ..redemption(902, FIRST, Some(ADA), offer(600))
        },
        Redemption {
            reversed_at: Some(at(2_500)),
            ..redemption(903, FIRST, Some(ADA), offer(601))
        },
        redemption(904, FIRST, Some(BOB), offer(600)),
        redemption(905, FIRST, None, offer(600)),
        redemption(906, SECOND, Some(BOB), offer(700)),
        Redemption {
            entry: Some(EntryId::new(80_106)),
            ..redemption(910, FIRST, Some(ADA), points(700, None, 30))
        },
        redemption(911, FIRST, Some(ADA), points(701, Some(750), 5)),
        redemption(912, SECOND, Some(BOB), stamps(802)),
        redemption(913, FIRST, Some(ADA), stamps(702)),
    ];
    rows.extend((920..926).map(|id| redemption(id, FIRST, Some(ADA), offer(608))));
    rows
}

fn intents(books: &[Book]) -> Vec<RedemptionIntent> {
    let intent = |id, merchant, person, promised| RedemptionIntent {
        id: IntentId::new(id),
        merchant,
        promised,
        person,
        store: None,
        order: None,
        hold: None,
        held: None,
        code: format!("CODE{id}"),
        state: IntentState::Open,
        expires_at: at(4_000),
        created_at: at(3_000 + id),
    };
    let offer = |id| Promised::Offer(OfferId::new(id));
    let card = LoyaltyCardId::new(700);
    let hold = HoldId::new(80_100);
    let mut holds = books.iter().flat_map(|book| &book.holds);
    let with_state =
        |id, state| RedemptionIntent { state, ..intent(id, FIRST, Some(ADA), offer(600)) };
    vec![
        intent(1, FIRST, Some(ADA), offer(600)),
        RedemptionIntent {
            expires_at: at(3_500),
            store: Some(StoreId::new(100)),
            ..intent(2, FIRST, Some(ADA), offer(600))
        },
        with_state(3, IntentState::Confirmed),
        with_state(4, IntentState::Cancelled),
        with_state(5, IntentState::Lapsed),
        intent(6, FIRST, None, offer(609)),
        RedemptionIntent {
            hold: Some(hold),
            held: holds.find(|row| row.id == hold).map(|row| row.amount),
            ..intent(7, FIRST, Some(ADA), Promised::Points(card, None))
        },
        intent(8, SECOND, Some(BOB), offer(700)),
    ]
}

fn orders() -> Vec<(MerchantId, PersonId, OrderFact)> {
    let order = |store, products: &[i64], seconds, total, refunded| OrderFact {
        store: StoreId::new(store),
        products: products.iter().copied().map(ProductId::new).collect(),
        completed_at: Some(at(seconds)),
        total,
        refunded,
        currency: Currency::EUR,
    };
    vec![
        (FIRST, ADA, order(100, &[401, 402], 10, 1_500, 0)),
        (FIRST, ADA, order(101, &[], 20, 900, 900)),
        (FIRST, ADA, OrderFact { currency: Currency::USD, ..order(100, &[401], 30, 700, 200) }),
        (FIRST, BOB, order(101, &[402], 40, 0, 0)),
        (SECOND, BOB, OrderFact { currency: Currency::JPY, ..order(200, &[403], 50, 7, 0) }),
    ]
}

fn visits() -> Vec<(MerchantId, PersonId, VisitFact)> {
    let visit = |store, seconds| VisitFact { store: StoreId::new(store), at: at(seconds) };
    vec![(FIRST, ADA, visit(100, 60)), (FIRST, ADA, visit(101, 50)), (SECOND, BOB, visit(200, 70))]
}
