//! What must hold after every step: the books add up by themselves, and they are what the oracle says.

use std::collections::{BTreeMap, BTreeSet};

use regulars_kernel::{Points, Scope, StoreAccess, StoreError, Timestamp};
use regulars_loyalty::{
    Book, LoyaltyStore as _, RedeemingStore as _, RedemptionKind, RedemptionQuery, ledger,
    seal::{SealStore as _, SealWalk},
};
use regulars_order::{OrderState, OrderStore as _};

use crate::{
    call::{Call, Message},
    generate::Role,
    model::{
        Model, Promotion,
        account::{Account, NEVER},
        sale::State,
    },
    play::Player,
    world::{self, MERCHANT, SCOPE, at},
};

#[expect(clippy::needless_pass_by_value, reason = "reads well where errors are mapped")]
fn broken(error: StoreError) -> String {
    format!("{error:?}")
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, ought: &T) -> Result<(), String> {
    if is == ought { Ok(()) } else { Err(format!("{what} is {is:?} and ought to be {ought:?}")) }
}

/// The accounts of whom a message is about.
pub(crate) fn touched(player: &mut Player, message: &Message) -> Result<(), String> {
    let customer = match &message.call {
        Call::Visit { customer, .. } | Call::Stamp { customer, .. } => Some(*customer),
        Call::Promise { customer, .. } => match Role::of(message.client) {
            Role::Consumer(own) => Some(own),
            _ => *customer,
        },
        Call::Enroll { .. } => match Role::of(message.client) {
            Role::Consumer(own) => Some(own),
            _ => None,
        },
        Call::Checkout { .. } | Call::Refund { .. } | Call::Void { .. } => {
            player.model.orders[message.target].customer
        }
        Call::Confirm { .. } | Call::Cancel { .. } => player.model.intents[message.target].customer,
        Call::Open { .. } | Call::Fixed { .. } | Call::Tend { .. } | Call::Seal => None,
    };
    customer.map_or(Ok(()), |customer| accounts(player, customer).map(drop))
}

/// Every account of a customer; answers their books.
fn accounts(player: &mut Player, customer: usize) -> Result<Vec<Book>, String> {
    let mut tx = player.world.memory.scoped(SCOPE);
    let accounts = tx.accounts_per_consumer(&[world::person(customer)]).map_err(broken)?;
    let mut books = Vec::with_capacity(accounts.len());
    for account in accounts {
        let before = regulars_kernel::AccountId::new(account.id.get() - 1);
        books.extend(tx.books(Some(before), 1).map_err(broken)?);
    }
    let own = |row: &(&(usize, usize), &Account)| row.0.0 == customer;
    let known = player.model.accounts.iter().filter(own).count();
    same("the number of accounts", &books.len(), &known)?;
    for book in &books {
        let card = usize::try_from(book.account.card.get() - 1).unwrap();
        let ought = player.model.accounts.get(&(customer, card));
        let ought = ought.ok_or_else(|| format!("nobody has {:?}", book.account))?;
        let about = |what: String| format!("customer {customer}, card {card}: {what}\n{book:#?}");
        account(book, ought, player.now).map_err(about)?;
        if let Some((seq, head)) = player.heads.get(&book.account.id) {
            let line = book.entries.iter().find(|entry| entry.seq == *seq);
            same("a line that was written", &line.and_then(|line| line.hash), &Some(*head))?;
        }
        if let Some(head) = book.account.head {
            player.heads.insert(book.account.id, (book.account.seq, head));
        }
    }
    Ok(books)
}

fn account(book: &Book, ought: &Account, now: i64) -> Result<(), String> {
    if let Some(fault) = ledger::check(book).first() {
        return Err(fault.to_string());
    }
    same("the debt", &book.account.debt.get(), &ought.debt)?;
    same("what was earned", &book.account.earned.get(), &ought.earned)?;
    let binding = |hold| book.holds.iter().any(|row| row.id == hold && row.binds(at(now)));
    let mut held: BTreeMap<_, i64> = BTreeMap::new();
    for part in book.hold_lots.iter().filter(|part| binding(part.hold)) {
        *held.entry(part.lot).or_default() += part.amount.get();
    }
    same("what is held", &held.values().sum(), &ought.held_in_all())?;
    // What has expired is over, noted or not, but for what is held of it.
    let mut lots: Vec<_> = book
        .lots
        .iter()
        .map(|lot| {
            let held = held.get(&lot.id).copied().unwrap_or(0);
            let left = if lot.is_expired(at(now)) { held } else { lot.remaining.get() };
            let from =
                if lot.active_from == Timestamp::MAX { NEVER } else { lot.active_from.micros() };
            (lot.expires_at.map_or(NEVER, Timestamp::micros), from, left, held)
        })
        .filter(|lot| lot.2 > 0)
        .collect();
    let row =
        |lot: &crate::model::account::Lot| (lot.until, lot.from, lot.left, ought.held(lot.number));
    let mut expected: Vec<_> = ought.lots.iter().map(row).collect();
    lots.sort_unstable();
    expected.sort_unstable();
    same("the lots (until, from, left, held)", &lots, &expected)
}

/// Everything that can be compared.
pub(crate) fn everything(player: &mut Player) -> Result<(), String> {
    let mut books = Vec::new();
    for customer in 0..player.model.setting.customers.len() {
        books.extend(accounts(player, customer)?);
    }
    let all = player.world.memory.scoped(Scope::Platform).books(None, u16::MAX).map_err(broken)?;
    same("the number of all accounts", &all.len(), &books.len())?;
    let mut keys = BTreeSet::new();
    for entry in books.iter().flat_map(|book| &book.entries) {
        if !keys.insert(entry.natural_key.as_str()) {
            return Err(format!("{} was written twice", entry.natural_key));
        }
    }
    seals(player, &books)?;
    sums(player)?;
    uses(player)?;
    orders(player)
}

fn seals(player: &Player, books: &[Book]) -> Result<(), String> {
    let mut tx = player.world.memory.scoped(SCOPE);
    let mut walk = SealWalk::default();
    for (seal, heads) in tx.seals(MERCHANT, 0, u16::MAX).map_err(broken)? {
        walk.step(&seal, &heads);
    }
    same("what is wrong with seals", &walk.faults, &Vec::new())?;
    let changed = |book: &Book| walk.compare(book).0;
    same("what changed since it was sealed", &books.iter().flat_map(changed).collect(), &Vec::new())
}

/// What people are told of their points.
fn sums(player: &Player) -> Result<(), String> {
    let mut tx = player.world.memory.scoped(SCOPE);
    for customer in 0..player.model.setting.customers.len() {
        let own = player.model.accounts.iter().filter(|row| row.0.0 == customer);
        let own: Vec<_> = own.filter(|row| row.0.1 < 2).map(|row| row.1).collect();
        let person = world::person(customer);
        let sums = tx.points_summaries(&[person], at(player.now)).map_err(broken)?;
        let sum = sums.first().map(|row| row.1).unwrap_or_default();
        let (is, now) = (|points: Points| points.get(), player.now);
        let of =
            |part: &dyn Fn(&Account) -> i64| own.iter().map(|account| part(account)).sum::<i64>();
        let lots = |account: &Account| account.lots.iter().map(|lot| lot.left).sum::<i64>();
        let available = of(&|account| account.available(now));
        let held = of(&Account::held_in_all);
        let pending = of(&lots) - available - held;
        let is = [sum.available, sum.pending, sum.held, sum.debt, sum.lifetime].map(is);
        let debt = of(&|account| account.debt);
        let ought = [available, pending, held, debt, of(&|account| account.earned)];
        same("available, pending, held, debt, lifetime", &is, &ought)?;
    }
    Ok(())
}

fn promotions(model: &Model) -> Vec<Promotion> {
    let offers = (0..model.setting.offers.len()).map(Promotion::Offer);
    offers.chain((0..model.setting.cards.len()).map(Promotion::Card)).collect()
}

/// Uses, stocks, and how much was redeemed: each promise once.
fn uses(player: &Player) -> Result<(), String> {
    let (model, now) = (&player.model, at(player.now));
    let mut tx = player.world.memory.scoped(SCOPE);
    for of in promotions(model) {
        let total = tx.total_uses(&[world::promotion(of)], now).map_err(broken)?;
        let total = total.first().map_or(0, |row| row.1);
        let (ought, ..) = model.uses(of, None);
        same(&format!("the uses of {of:?}"), &total, &ought)?;
        if let Some(limit) = model.terms(of).limit.filter(|limit| total > *limit) {
            return Err(format!("{of:?} was used {total} times of {limit}"));
        }
    }
    for customer in 0..model.setting.customers.len() {
        let own = tx.own_uses(world::person(customer), &[MERCHANT], now).map_err(broken)?;
        for of in promotions(model) {
            let uses = own.iter().find(|row| row.0 == world::promotion(of));
            let uses = uses.map_or((0, i64::MIN), |row| (row.1.count, row.1.last.micros()));
            let (_, count, last) = model.uses(of, Some(customer));
            same(&format!("{customer}'s uses of {of:?}"), &uses, &(count, last))?;
        }
    }
    for (place, stock) in model.stock.iter().enumerate() {
        let reward = tx.lock_reward(world::reward(place)).map_err(broken)?;
        same("a stock", &reward.and_then(|reward| reward.stock), stock)?;
    }
    let mut redeemed = 0;
    for kind in RedemptionKind::ALL {
        let query = RedemptionQuery { kind, within: StoreAccess::All };
        let people: Vec<_> = (0..model.setting.customers.len()).map(world::person).collect();
        let counts = tx.count_redemptions_per_consumer(&query, &people).map_err(broken)?;
        redeemed += counts.iter().map(|row| row.1).sum::<u64>();
    }
    let ought = model.redeemed.iter().filter(|row| row.1.is_some()).count();
    same("what was redeemed", &redeemed, &u64::try_from(ought).unwrap())
}

fn orders(player: &Player) -> Result<(), String> {
    let mut tx = player.world.memory.scoped(SCOPE);
    for ((id, _), sale) in player.made.orders.iter().zip(&player.model.orders) {
        let order = tx.find_order(MERCHANT, *id).map_err(broken)?.ok_or("an order is gone")?;
        same("an order's total", &order.total.minor(), &sale.total())?;
        same("what was refunded", &order.refunded.minor(), &sale.refunded)?;
        let state = match (order.state, order.is_active()) {
            (OrderState::Open, true) => State::Open,
            (OrderState::Open, false) => State::GivenUp,
            (OrderState::Completed | OrderState::Refunded, _) => State::Completed,
            (OrderState::Voided, _) => State::Voided,
        };
        same("an order's state", &state, &sale.state)?;
        let all_gone = state == State::Completed && sale.refunded == sale.total();
        same("whether all went back", &(order.state == OrderState::Refunded), &all_gone)?;
    }
    let intents = player.made.intents.iter().map(|row| row.0).collect::<BTreeSet<_>>();
    same("the number of promises", &intents.len(), &player.model.intents.len())
}
