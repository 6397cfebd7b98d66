//! The orders of the demo world.

use rand::Rng as _;
use regulars_kernel::Timestamp;

use super::{
    random::{Stream, percent, pick},
    row::{Batch, OrderItemRow, OrderLinkRow, OrderRow},
    tenant::{Article, Place, Tenant},
    world::{DAY, HOUR, MINUTE, Sequences, World},
};

/// An order.
pub(super) struct Sale {
    pub(super) id: i64,
    pub(super) consumer: Option<usize>,
    pub(super) tenant: usize,
    pub(super) place: Place,
    pub(super) placed: i64,
    pub(super) completed: Option<i64>,
    pub(super) undone: Option<Undone>,
    lines: Vec<Line>,
    pub(super) total: i64,
    /// The offer that was used, and what it took off.
    pub(super) discount: Option<(i64, i64)>,
    payment: &'static str,
    order_type: i64,
    guests: Option<i64>,
}

/// What became of an order that is no more.
#[derive(Clone, Copy)]
pub(super) enum Undone {
    Refunded(i64),
    Voided(i64),
}

struct Line {
    article: Article,
    quantity: i64,
    free: i64,
}

impl Sale {
    /// The order of that number, counted from 0.
    pub(super) fn of(world: &World, number: u64) -> Option<Self> {
        let roll = &mut world.dice.roll(Stream::Sale, number);
        let buyer = world.calendar.buyer(number);
        let consumer = (buyer < world.consumers()).then_some(buyer);
        let tenant_number = match consumer {
            Some(consumer) => world.home(consumer),
            None => buyer - world.consumers(),
        };
        let tenant = world.tenants.get(tenant_number)?;
        let place = Self::place(tenant, buyer, percent(roll, 80), roll.random_range(0..100))?;
        let placed = i64::try_from(world.calendar.instant(number)).ok()? + tenant.later;
        let mut lines: Vec<Line> = (0..roll.random_range(1..=3))
            .map(|_line| {
                let quantity = if percent(roll, 20) { 2 } else { 1 };
                Line { article: pick(roll, &tenant.products), quantity, free: 0 }
            })
            .collect();
        let full: i64 = lines.iter().map(|line| line.article.price * line.quantity).sum();
        let open = placed > world.plan.now - 6 * DAY && percent(roll, 25);
        let discount = match roll.random_range(0..100) {
            0..=7 if consumer.is_some() && !open => Some((tenant.offers.everyday, full / 10)),
            8..=10 if consumer.is_some() && !open => Self::two_for_one(tenant, &mut lines),
            _ => None,
        };
        let full: i64 = lines.iter().map(|line| line.article.price * line.quantity).sum();
        let completed = (!open).then(|| placed + roll.random_range(5..25) * MINUTE);
        let undone = completed.and_then(|completed| match roll.random_range(0..200) {
            0..=2 => Some(Undone::Refunded(completed + DAY)),
            3 => Some(Undone::Voided(completed + HOUR)),
            _ => None,
        });
        Some(Self {
            id: i64::try_from(number).ok()? + 1,
            consumer,
            tenant: tenant_number,
            place,
            placed,
            completed,
            undone,
            lines,
            total: full - discount.map_or(0, |(_offer, amount)| amount),
            discount,
            payment: pick(roll, &["CASH", "CREDIT_CARD", "CREDIT_CARD", "PAYPAL"]),
            order_type: pick(roll, &[1, 1, 1, 2, 3]),
            guests: percent(roll, 30).then(|| roll.random_range(1..5)),
        })
    }

    /// Most people go to one store, and to others now and then.
    fn place(tenant: &Tenant, buyer: usize, usual: bool, other: usize) -> Option<Place> {
        let number = if usual { buyer } else { other };
        tenant.stores.get(number % tenant.stores.len().max(1)).copied()
    }

    /// Makes the first line two of the product that the offer is about.
    fn two_for_one(tenant: &Tenant, lines: &mut [Line]) -> Option<(i64, i64)> {
        let (line, article) = (lines.first_mut()?, *tenant.products.first()?);
        *line = Line { article, quantity: 2, free: 1 };
        Some((tenant.offers.bogo, article.price))
    }

    /// When it was undone.
    pub(super) fn undone_at(&self) -> Option<i64> {
        self.undone.map(|(Undone::Refunded(at) | Undone::Voided(at))| at)
    }
}

/// The rows of the order of that number.
pub(super) fn add(world: &World, number: u64, ids: &mut Sequences, out: &mut Batch) {
    let Some(sale) = Sale::of(world, number) else { return };
    let Some(tenant) = world.tenants.get(sale.tenant) else { return };
    let cash = sale.completed.filter(|_completed| sale.payment == "CASH");
    let cash_received = cash.map(|_completed| (sale.total + 499) / 500 * 500);
    let digits = world.calendar.orders().to_string().len();
    let day = Timestamp::from_micros(sale.placed).to_utc().format("%y%m%d");
    let updated_at = sale.undone_at().or(sale.completed).unwrap_or(sale.placed);
    let online = sale.order_type == 3;
    out.orders.push(OrderRow {
        id: sale.id,
        merchant_id: tenant.id,
        number: format!("{}{day}{:0digits$}", sale.place.id, sale.id),
        store_id: sale.place.id,
        person_id: sale.consumer.map(|consumer| world.plan.person(consumer)),
        waiter_id: sale.place.cashier,
        order_type_id: sale.order_type,
        state: match (sale.completed, sale.undone) {
            (None, _) => "OPEN",
            (_, None) => "COMPLETED",
            (_, Some(Undone::Refunded(_))) => "REFUNDED",
            (_, Some(Undone::Voided(_))) => "VOIDED",
        },
        payment_type: sale.completed.map(|_completed| sale.payment),
        num_of_guests: sale.guests,
        currency: tenant.currency.code(),
        cash_received,
        change_given: cash_received.map(|received| received - sale.total),
        tax: sale.total * tenant.tax / (1_000_000 + tenant.tax),
        total: sale.total,
        refunded: sale.undone.map_or(0, |_undone| sale.total),
        completed: sale.completed.is_some(),
        completed_at: sale.completed,
        business_date: sale.completed.map(|completed| sale.place.date(completed).to_string()),
        is_active: !matches!(sale.undone, Some(Undone::Voided(_))),
        deleted_at: match sale.undone {
            Some(Undone::Voided(at)) => Some(at),
            _ => None,
        },
        entity_source: online.then_some("SHOPIFY"),
        entity_source_id: online.then(|| format!("o-{}", sale.id)),
        created_at: sale.placed,
        updated_at,
    });
    if online {
        out.order_link.push(OrderLinkRow {
            id: ids.link(),
            merchant_id: tenant.id,
            origin: 0,
            store_id: sale.place.id,
            entity_source: "SHOPIFY",
            entity_source_id: format!("o-{}", sale.id),
            order_id: sale.id,
            created_at: sale.placed,
            updated_at: sale.placed,
        });
    }
    out.order_item.extend(sale.lines.iter().map(|line| OrderItemRow {
        id: ids.item(),
        merchant_id: tenant.id,
        order_id: sale.id,
        product_id: line.article.id,
        name: line.article.name,
        quantity: line.quantity,
        num_of_discounted_units: line.free,
        cost: line.article.price * line.quantity,
        is_completed: sale.completed.is_some(),
        created_at: sale.placed,
        updated_at,
    }));
}
