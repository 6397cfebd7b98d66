//! What a customer earned and redeemed, from the first sale to the last.

use chrono::NaiveDate;
use rand::Rng as _;
use regulars_kernel::{Money, OrderId, Timestamp, VisitId};
use regulars_loyalty::{
    Cause, Millionths, earning,
    expiry::{after_days, after_months},
};

use super::{
    book::{Book, Life, Occasion, Pen},
    offers::LIMIT,
    people::{Consumer, Membership},
    random::{Roll, Stream, percent, pick},
    row::{Batch, RedemptionIntentRow, RedemptionRow, VisitRow},
    sale::Sale,
    tenant::{Place, Spending, Tenant},
    world::{DAY, HOUR, MINUTE, Sequences, World},
};

/// Visits of those whom the documentation's tour meets: enough for a full card of stamps.
const STAR_VISITS: i64 = 14;

/// Something that earns, or takes back what was earned.
enum Event {
    Sale(Sale),
    Undone { order: i64 },
    Visit { place: Place, amount: i64 },
}

/// The lines that a sale wrote.
#[derive(Default)]
struct Earned {
    order: i64,
    points: Option<(i64, i64)>,
    welcome: Option<(i64, i64)>,
    stamp: Option<i64>,
}

/// One customer at one merchant.
struct History<'a> {
    consumer: &'a Consumer,
    tenant: &'a Tenant,
    roll: Roll,
    pen: Pen<'a>,
    points: Option<Book>,
    stamps: Option<Book>,
    earned: Vec<Earned>,
    /// How many stamps the day has.
    stamped: (Option<NaiveDate>, i64),
}

/// The rows of the histories of the consumer of that number.
pub(super) fn add(world: &World, number: usize, ids: &mut Sequences, out: &mut Batch) {
    let Some(consumer) = Consumer::of(world, number) else { return };
    for (place, membership) in consumer.memberships.iter().enumerate() {
        let Some(tenant) = world.tenants.get(membership.tenant) else { continue };
        let at_home = place == 0;
        let stream = number as u64 * 2 + place as u64;
        let mut roll = world.dice.roll(Stream::History, stream);
        let mut events = visits(world, &consumer, *membership, at_home, &mut roll);
        if at_home {
            events.extend(sales(world, number));
        }
        events.sort_by_key(|(at, _event)| *at);
        let mut history = History {
            consumer: &consumer,
            tenant,
            roll,
            pen: Pen { ids, out },
            points: None,
            stamps: None,
            earned: Vec::new(),
            stamped: (None, 0),
        };
        for (at, event) in events {
            history.happen(at, event);
        }
        if at_home {
            history.limited_offer(world, number);
        }
        history.end(world.plan.now);
    }
}

fn sales(world: &World, number: usize) -> Vec<(i64, Event)> {
    let mut events = Vec::new();
    for sale in
        world.calendar.orders_of(number).into_iter().filter_map(|order| Sale::of(world, order))
    {
        let Some(completed) = sale.completed else { continue };
        if let Some(at) = sale.undone_at() {
            events.push((at, Event::Undone { order: sale.id }));
        }
        events.push((completed, Event::Sale(sale)));
    }
    events
}

fn visits(
    world: &World,
    consumer: &Consumer,
    membership: Membership,
    at_home: bool,
    roll: &mut Roll,
) -> Vec<(i64, Event)> {
    let Some(tenant) = world.tenants.get(membership.tenant) else { return Vec::new() };
    let stores = tenant.stores.len().max(1);
    let (count, start) = match (consumer.is_star && at_home, at_home) {
        (true, _) => (STAR_VISITS, world.plan.now - 60 * DAY),
        (false, false) => (roll.random_range(2..=4), membership.since),
        (false, true) if percent(roll, 10) => (roll.random_range(1..=3), membership.since),
        (false, true) => (0, membership.since),
    };
    let step = (world.plan.now - 2 * DAY - start) / (count + 1);
    let visit = |number| {
        let store = usize::try_from(number).unwrap_or_default() % stores;
        let place = *tenant.stores.get(store)?;
        let amount = 500 + roll.random_range(0..40) * 50 + if consumer.is_star { 1_500 } else { 0 };
        Some((start + number * step, Event::Visit { place, amount }))
    };
    (1..=count)
        .filter_map(visit)
        .filter(|(at, _visit)| step > HOUR && *at > membership.since)
        .collect()
}

impl History<'_> {
    fn happen(&mut self, at: i64, event: Event) {
        let home = self.tenant.zone;
        let date = |at| {
            regulars_merchant::business_date(
                home,
                chrono::NaiveTime::MIN,
                Timestamp::from_micros(at),
            )
        };
        for book in [&mut self.points, &mut self.stamps].into_iter().flatten() {
            book.expire(&mut self.pen, at, date);
        }
        match event {
            Event::Sale(sale) => {
                let occasion = Occasion {
                    cause: Cause::Order(OrderId::new(sale.id)),
                    at,
                    date: sale.place.date(at),
                };
                self.earn(sale.id, sale.total, sale.place, occasion);
                if let Some((offer, amount)) = sale.discount {
                    let row = RedemptionRow {
                        offer_id: Some(offer),
                        order_id: Some(sale.id),
                        amount: Some(amount),
                        currency: Some(self.tenant.currency.code()),
                        ..self.redemption("OFFER", sale.place, at)
                    };
                    self.pen.out.redemption.push(row);
                }
                self.redeem(sale.place, at + MINUTE, occasion.date);
            }
            Event::Visit { place, amount } => {
                let (id, date) = (self.pen.ids.visit(), place.date(at));
                self.pen.out.visit.push(VisitRow {
                    id,
                    merchant_id: self.tenant.id,
                    store_id: place.id,
                    person_id: self.consumer.person,
                    amount,
                    currency: self.tenant.currency.code(),
                    occurred_at: at,
                    business_date: date.to_string(),
                    created_at: at,
                });
                self.earn(
                    0,
                    amount,
                    place,
                    Occasion { cause: Cause::Visit(VisitId::new(id)), at, date },
                );
                self.redeem(place, at + MINUTE, date);
            }
            Event::Undone { order } => self.undo(order, at, date(at)),
        }
    }

    /// Rules 14 and 15: points, with the first of them the welcome, and a stamp.
    fn earn(&mut self, order: i64, amount: i64, place: Place, occasion: Occasion) {
        let (tenant, person) = (self.tenant, self.consumer.person);
        let (card, at) = (&tenant.points, occasion.at);
        let first = self.points.is_none() && self.stamps.is_none();
        let mut earned = Earned { order, ..Earned::default() };
        let base = Money::new(amount, tenant.currency);
        let worth = Millionths::new(card.dollar_worth);
        if let Ok(points) = earning::points(base, tenant.currency, worth) {
            let pen = &mut self.pen;
            let is_new = self.points.is_none();
            let book =
                self.points.get_or_insert_with(|| Book::open(pen, tenant.id, person, card.id, at));
            let life = Life {
                active_from: at + card.delay_days * DAY,
                expires_at: after_months(tenant.zone, occasion.date, card.months),
            };
            earned.points = Some((book.earn(pen, points.get(), life, occasion), points.get()));
            if is_new && card.initial_points > 0 && self.consumer.is_proved() {
                let occasion = Occasion { cause: Cause::InitialPoints, ..occasion };
                let entry = book.earn(pen, card.initial_points, life, occasion);
                earned.welcome = Some((entry, card.initial_points));
            }
        }
        if self.stamped.0 != Some(occasion.date) {
            self.stamped = (Some(occasion.date), 0);
        }
        if self.stamped.1 < tenant.stamps.per_day {
            self.stamped.1 += 1;
            let pen = &mut self.pen;
            let card = tenant.stamps;
            let book =
                self.stamps.get_or_insert_with(|| Book::open(pen, tenant.id, person, card.id, at));
            let life = Life {
                active_from: at,
                expires_at: after_days(tenant.zone, occasion.date, card.days),
            };
            earned.stamp = Some(book.earn(pen, 1, life, occasion));
        }
        if order > 0 {
            self.earned.push(earned);
        }
        if first && (self.consumer.is_star || percent(&mut self.roll, 15)) {
            let row = RedemptionRow {
                offer_id: Some(tenant.offers.welcome),
                amount: Some(300),
                currency: Some(tenant.currency.code()),
                ..self.redemption("OFFER", place, at)
            };
            self.pen.out.redemption.push(row);
        }
    }

    /// Rule 25: what the order earned goes back, points into debt if need be, stamps never.
    fn undo(&mut self, order: i64, at: i64, date: NaiveDate) {
        let Some(place) = self.earned.iter().position(|earned| earned.order == order) else {
            return;
        };
        let earned = self.earned.swap_remove(place);
        let occasion = Occasion { cause: Cause::Order(OrderId::new(order)), at, date };
        if let Some(book) = &mut self.points {
            if let Some(points) = earned.points {
                book.take_back(&mut self.pen, points, true, occasion);
            }
            if let Some(welcome) = earned.welcome {
                let occasion = Occasion { cause: Cause::InitialPoints, ..occasion };
                book.take_back(&mut self.pen, welcome, true, occasion);
            }
        }
        if let (Some(book), Some(stamp)) = (&mut self.stamps, earned.stamp) {
            book.take_back(&mut self.pen, (stamp, 1), false, occasion);
        }
    }

    /// Now and then people spend what they have; those of the tour whenever they can.
    fn redeem(&mut self, place: Place, at: i64, date: NaiveDate) {
        let likely = |roll: &mut Roll, chance| self.consumer.is_star || percent(roll, chance);
        if likely(&mut self.roll, 30)
            && let Some(book) = &mut self.points
            && let Some((points, reward, amount)) =
                affordable(&self.tenant.points.spending, book.available(at))
        {
            let row = self.redemption("POINTS", place, at);
            let book = self.points.as_mut();
            if let Some(entry) =
                book.and_then(|book| book.spend(&mut self.pen, points, row.id, (at, date)))
            {
                let row = RedemptionRow {
                    loyalty_card_id: Some(self.tenant.points.id),
                    loyalty_reward_id: reward,
                    entry_id: Some(entry),
                    points: Some(points),
                    amount,
                    currency: amount.map(|_amount| self.tenant.currency.code()),
                    ..row
                };
                self.confirm(row);
            }
        }
        let card = self.tenant.stamps;
        if self.stamps.as_ref().is_some_and(|book| book.available(at) >= card.needed)
            && (self.consumer.is_star || percent(&mut self.roll, 70))
        {
            let row = self.redemption("STAMPS", place, at);
            let book = self.stamps.as_mut();
            if let Some(entry) =
                book.and_then(|book| book.spend(&mut self.pen, card.needed, row.id, (at, date)))
            {
                let row = RedemptionRow {
                    loyalty_card_id: Some(card.id),
                    entry_id: Some(entry),
                    points: Some(card.needed),
                    ..row
                };
                self.confirm(row);
            }
        }
    }

    /// Writes a redemption with the intent that it confirmed.
    fn confirm(&mut self, mut row: RedemptionRow) {
        let id = self.pen.ids.intent();
        self.pen.out.redemption_intent.push(RedemptionIntentRow {
            id,
            merchant_id: row.merchant_id,
            kind: row.kind,
            person_id: row.person_id,
            store_id: row.store_id,
            offer_id: None,
            loyalty_card_id: row.loyalty_card_id,
            loyalty_reward_id: row.loyalty_reward_id,
            hold_id: None,
            code: code(id),
            state: "CONFIRMED",
            expires_at: row.created_at + 7 * DAY,
            created_at: row.created_at - MINUTE,
        });
        row.redemption_intent_id = Some(id);
        self.pen.out.redemption.push(row);
    }

    fn redemption(&mut self, kind: &'static str, place: Place, at: i64) -> RedemptionRow {
        RedemptionRow {
            id: self.pen.ids.redemption(),
            merchant_id: self.tenant.id,
            kind,
            person_id: self.consumer.person,
            store_id: place.id,
            offer_id: None,
            loyalty_card_id: None,
            loyalty_reward_id: None,
            redemption_intent_id: None,
            order_id: None,
            entry_id: None,
            points: None,
            amount: None,
            currency: None,
            created_at: at,
            updated_at: at,
        }
    }

    /// The first few customers were the first, and there were no more.
    fn limited_offer(&mut self, world: &World, number: usize) {
        let among_the_first = (1..=LIMIT).contains(&i64::try_from(number).unwrap_or(i64::MAX));
        let place = self.tenant.stores.first().copied();
        if let (true, Some(offer), Some(place)) =
            (among_the_first, self.tenant.offers.limited, place)
        {
            let row = self.redemption("OFFER", place, world.plan.now - DAY);
            self.pen.out.redemption.push(RedemptionRow { offer_id: Some(offer), ..row });
        }
    }

    /// Lets lapse what is over by now, leaves a code open here and there, and closes the books.
    fn end(mut self, now: i64) {
        let home = self.tenant.zone;
        let date = |at| {
            regulars_merchant::business_date(
                home,
                chrono::NaiveTime::MIN,
                Timestamp::from_micros(at),
            )
        };
        for book in [&mut self.points, &mut self.stamps].into_iter().flatten() {
            book.expire(&mut self.pen, now, date);
        }
        if percent(&mut self.roll, 3) {
            self.leave_a_code_open(now);
        }
        for book in [self.points, self.stamps].into_iter().flatten() {
            book.close(&mut self.pen);
        }
    }

    fn leave_a_code_open(&mut self, now: i64) {
        let (at, until) = (now, now + 7 * DAY);
        let place = pick_place(&mut self.roll, self.tenant);
        let (Some(book), Some(place)) = (&mut self.points, place) else { return };
        let spending = &self.tenant.points.spending;
        let Some((points, reward, _amount)) = affordable(spending, book.available(at)) else {
            return;
        };
        let Some(hold) = book.hold(&mut self.pen, points, at, until) else { return };
        let id = self.pen.ids.intent();
        self.pen.out.redemption_intent.push(RedemptionIntentRow {
            id,
            merchant_id: self.tenant.id,
            kind: "POINTS",
            person_id: self.consumer.person,
            store_id: place.id,
            offer_id: None,
            loyalty_card_id: Some(self.tenant.points.id),
            loyalty_reward_id: reward,
            hold_id: Some(hold),
            code: code(id),
            state: "OPEN",
            expires_at: until,
            created_at: at,
        });
    }
}

fn pick_place(roll: &mut Roll, tenant: &Tenant) -> Option<Place> {
    let places: Vec<Option<Place>> = tenant.stores.iter().copied().map(Some).collect();
    pick(roll, &places)
}

/// What so many points buy: the points, the reward, and what they pay.
fn affordable(spending: &Spending, available: i64) -> Option<(i64, Option<i64>, Option<i64>)> {
    match spending {
        Spending::Flat { needed, step, worth } => {
            let points = needed + (available - needed).div_euclid(*step) * step;
            (available >= *needed).then_some((points, None, Some(points * worth)))
        }
        Spending::Rewards(rewards) => {
            let reward = rewards.iter().rev().find(|(_reward, price)| *price <= available);
            reward.map(|(reward, price)| (*price, Some(*reward), None))
        }
    }
}

/// Eight of Crockford's digits, other ones for each number: an odd factor visits every remainder of a power of two.
fn code(number: i64) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut rest = number.unsigned_abs().wrapping_mul(0x9E_3779_B97F_4A7D) & 0xff_ffff_ffff;
    let mut code = String::with_capacity(8);
    for _digit in 0..8 {
        let digit = usize::try_from(rest % 32).ok().and_then(|digit| DIGITS.get(digit));
        code.push(digit.copied().map_or('0', char::from));
        rest /= 32;
    }
    code
}
