//! What the product does of a call: its use cases, over its own rows in memory.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use regulars_customer::Identifier;
use regulars_kernel::{
    AccountId, Actor, Change, Classify, ErrorKind, IntentId, OrderId, OrderItemId, Points, Scope,
    StoreError, Timestamp,
};
use regulars_loyalty::{
    LedgerStore as _, RedeemingStore as _, RedemptionKind, bookkeeping, enrollment,
    redeeming::{self, NewIntent, Wanted},
    seal::{self, SealStore as _},
    stamp,
    welcome::KnowsNobody,
};
use regulars_merchant::Tz;
use regulars_order::{
    Amount, Checkout, PaymentType, buyer::Buyer, checkout, delete, item, memory::MemoryStore,
    order, refund, tip, visit,
};

use crate::{
    call::{Call, How, Line, Message, What},
    generate::Role,
    world::{self, Receipt, SCOPE, World, at},
};

/// Why a transaction did not come to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A refusal: an outcome like another.
    Refused(String),
    /// Whoever asks may never do so: no outcome, and no key is used up.
    Denied,
    /// It lost against another one.
    Contended,
    /// What must not happen.
    Broken(String),
}

impl Failure {
    #[expect(clippy::needless_pass_by_value, reason = "reads well where errors are mapped")]
    fn of(error: impl Classify) -> Self {
        match error.kind() {
            ErrorKind::PermissionDenied => Self::Denied,
            ErrorKind::DoesNotExist | ErrorKind::Invalid(_) => Self::Refused(error.to_string()),
            ErrorKind::Contended => Self::Contended,
            ErrorKind::Unavailable | ErrorKind::Internal => Self::Broken(format!("{error:?}")),
        }
    }
}

/// The orders and promises that were made, in the order in which they were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made {
    pub(crate) orders: Vec<(OrderId, Vec<OrderItemId>)>,
    pub(crate) intents: Vec<(IntentId, String, RedemptionKind)>,
    pub(crate) visits: Vec<regulars_kernel::VisitId>,
}

/// Runs what a message asks for in a transaction that is already begun. `attempt` is how often it was run before.
pub(crate) fn run(
    world: &World,
    made: &Made,
    message: &Message,
    (now, attempt): (i64, u64),
) -> Result<Receipt, Failure> {
    let role = Role::of(message.client);
    let (actor, now) = (world::actor(role), at(now));
    let tx = &mut world.memory.scoped(SCOPE);
    let told = |ago: &Option<i64>| ago.map(|ago| at(message.sent_at - ago));
    match &message.call {
        Call::Visit { customer, cents, store, ago, keyed } => {
            let new = visit::NewVisit {
                who: who(Some(*customer)),
                amount: amount(*cents),
                store: world::store(*store),
                occurred_at: told(ago),
                order: None,
                keyed: *keyed,
            };
            let done = visit::record(tx, &actor, &new, &KnowsNobody, now).map_err(Failure::of)?;
            Ok(Receipt::Visit(done.visit))
        }
        Call::Open { customer, store, lines, tip } => {
            open(tx, &actor, (*customer, *store), (lines, *tip), now)
        }
        Call::Checkout { ago, .. } => {
            let paid = Checkout {
                payment_type: Some(PaymentType::Cash),
                completed_at: told(ago),
                ..Checkout::default()
            };
            let order = made.orders[message.target].0;
            let done = checkout::checkout(tx, &actor, order, &paid, &KnowsNobody, now);
            nothing(done)
        }
        Call::Stamp { customer, card, store } => {
            let new = stamp::NewStamp {
                who: who(Some(*customer)),
                card: card.map(world::card),
                store: world::store(*store),
            };
            nothing(stamp::stamp(tx, &actor, &new, now))
        }
        Call::Enroll { card } => {
            let Role::Consumer(customer) = role else { return Err(Failure::Denied) };
            let own = &mut world.memory.scoped(Scope::Person(world::person(customer)));
            nothing(enrollment::enroll(own, &actor, world::card(*card), now))
        }
        Call::Promise { what, customer, store } => {
            let mut dice = ChaCha8Rng::seed_from_u64(u64::from(message.key) << 8 | attempt);
            let new = NewIntent {
                wanted: wanted(*what, world),
                who: who(*customer),
                store: Some(world::store(*store)),
            };
            // Few codes, so that some are taken.
            let entropy = || [0, 0, 0, 0, dice.random_range(0..32)];
            let done = redeeming::promise(tx, &actor, &new, entropy, now).map_err(Failure::of)?;
            Ok(Receipt::Intent(done.id, done.code))
        }
        Call::Confirm { customer, store, .. } => {
            let (_, code, kind) = &made.intents[message.target];
            let (who, store) = (who(*customer), Some(world::store(*store)));
            let kinds: &[_] = &[*kind];
            nothing(redeeming::confirm(tx, &actor, (code, kinds), &who, store, now))
        }
        Call::Cancel { .. } => {
            nothing(redeeming::cancel(tx, &actor, made.intents[message.target].0, now))
        }
        Call::Fixed { offer, customer, store } => {
            let code = world.code(*offer);
            let (who, store) = (who(*customer), Some(world::store(*store)));
            let kinds: &[_] = &[RedemptionKind::Offer];
            nothing(redeeming::confirm(tx, &actor, (code, kinds), &who, store, now))
        }
        Call::Refund { how, .. } => give_back(tx, &actor, &made.orders[message.target], *how, now),
        Call::Void { .. } => {
            nothing(delete::delete(tx, &actor, made.orders[message.target].0, now))
        }
        Call::Tend { .. } | Call::Seal => Err(Failure::Broken("the worker sends nothing".into())),
    }
}

fn nothing<T, E: Classify>(done: Result<T, E>) -> Result<Receipt, Failure> {
    done.map(|_| Receipt::Nothing).map_err(Failure::of)
}

fn who(customer: Option<usize>) -> Identifier {
    let loyalty_id = customer.map(|customer| world::loyalty_id(customer).into_string());
    Identifier { loyalty_id, ..Identifier::default() }
}

fn amount(cents: i64) -> Amount {
    Amount { decimal: format!("{}.{:02}", cents / 100, cents % 100), currency: None }
}

fn wanted(what: What, world: &World) -> Wanted {
    match what {
        What::Points { card, points } => Wanted::Points {
            card: world::card(card),
            points: Some(Points::new(points)),
            reward: None,
        },
        What::Reward { reward } => Wanted::Points {
            card: world::card(world.card_of(reward)),
            points: None,
            reward: Some(world::reward(reward)),
        },
        What::Stamps { card } => Wanted::Stamps { card: world::card(card), reward: None },
        What::Offer { offer } => Wanted::Offer(world::offer(offer)),
    }
}

pub(crate) const fn kind(what: What) -> RedemptionKind {
    match what {
        What::Points { .. } | What::Reward { .. } => RedemptionKind::Points,
        What::Stamps { .. } => RedemptionKind::Stamps,
        What::Offer { .. } => RedemptionKind::Offer,
    }
}

fn open(
    tx: &mut MemoryStore,
    actor: &Actor,
    (customer, store): (Option<usize>, usize),
    (lines, tip): (&[Line], i64),
    now: Timestamp,
) -> Result<Receipt, Failure> {
    let loyalty_id = customer
        .map_or(Change::Keep, |customer| Change::Set(world::loyalty_id(customer).into_string()));
    let patch = order::change::OrderPatch {
        store: Change::Set(world::store(store)),
        buyer: Buyer { consumer: Change::Keep, loyalty_id },
        ..order::change::OrderPatch::default()
    };
    let order = order::change::create(tx, actor, &patch, now).map_err(Failure::of)?;
    let mut items = Vec::with_capacity(lines.len());
    for line in lines {
        let patch = item::change::ItemPatch {
            product: line
                .product
                .map_or(Change::Keep, |product| Change::Set(world::product(product))),
            name: Change::Set("Ware".to_owned()),
            quantity: Change::Set(line.quantity),
            unit_price: Change::Set(amount(line.unit)),
            ..item::change::ItemPatch::default()
        };
        let written = item::change::create(tx, actor, order, &patch, now).map_err(Failure::of)?;
        items.push(written.item);
    }
    if tip > 0 {
        tip::create(tx, actor, order, &amount(tip), now).map_err(Failure::of)?;
    }
    Ok(Receipt::Order(order, items))
}

fn give_back(
    tx: &mut MemoryStore,
    actor: &Actor,
    (order, items): &(OrderId, Vec<OrderItemId>),
    how: How,
    now: Timestamp,
) -> Result<Receipt, Failure> {
    let part = |amount| refund::NewRefund { amount, ..refund::NewRefund::default() };
    nothing(match how {
        How::Whole => refund::create(tx, actor, *order, &part(None), now),
        How::Amount(cents) => refund::create(tx, actor, *order, &part(Some(amount(cents))), now),
        How::Line(nth, quantity) => {
            let item = nth.checked_rem(items.len()).map(|nth| refund::NewItemRefund {
                item: items[nth],
                quantity,
                reason: None,
            });
            refund::create_of_items(tx, actor, item.as_slice(), false, now)
        }
    })
}

/// What the worker has to do before it sleeps again, an account at a time.
pub(crate) fn due(world: &World, now: i64) -> Result<Vec<AccountId>, StoreError> {
    world.memory.scoped(Scope::Platform).due_accounts(None, at(now), u16::MAX)
}

/// Notes what has lapsed of promises that set nothing aside.
pub(crate) fn lapse(world: &World, now: i64) -> Result<usize, StoreError> {
    world.memory.write(Scope::Platform, |tx| tx.lapse_intents(at(now), u16::MAX))
}

/// Notes what has lapsed and expired of an account.
pub(crate) fn settle(world: &World, zone: Tz, id: AccountId, now: i64) -> Result<(), StoreError> {
    world.memory.write(Scope::Platform, |tx| {
        for mut account in tx.lock_accounts(&[id])? {
            bookkeeping::settle(tx, &mut account, zone, at(now))?;
        }
        Ok(())
    })
}

/// Seals what is not sealed.
pub(crate) fn seal(world: &World, now: i64) -> Result<(), StoreError> {
    for merchant in world.memory.scoped(Scope::Platform).unsealed_merchants(None, u16::MAX)? {
        let next = || world.memory.write(Scope::Platform, |tx| seal::seal(tx, merchant, at(now)));
        while next()?.is_some() {}
    }
    Ok(())
}
