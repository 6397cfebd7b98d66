//! The oracle: what ought to become of each call, worked out anew from the rules of the business with plain arithmetic. It calls
//! nothing of the product.
//!
//! What the product notes when it comes by (that a hold has lapsed, that a lot has expired) is here at once: whoever compares
//! looks at what can be had, not at what was noted.

pub(crate) mod account;
mod calendar;
pub(crate) mod sale;

use std::collections::BTreeMap;

use account::Account;
use sale::{Sale, State};

use crate::{
    call::{Call, Line, Message, What},
    generate::Role,
    setting::{Program, SECOND, Setting, Terms},
};

/// What a promise is of, where limits are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promotion {
    Offer(usize),
    Card(usize),
}

/// Where a promise stands: over is what lapsed or was called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Open,
    Kept,
    Over,
}

#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) what: What,
    pub(crate) customer: Option<usize>,
    pub(crate) store: usize,
    pub(crate) until: i64,
    pub(crate) standing: Standing,
    made: i64,
}

#[derive(Clone, Debug)]
struct Visit {
    customer: usize,
    cents: i64,
    store: usize,
    at: i64,
}

/// What the oracle expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Done,
    /// The visit of that place in the list, new or not.
    Visit(usize),
    Refused,
}

pub(crate) struct Model {
    pub(crate) setting: Setting,
    pub(crate) accounts: BTreeMap<(usize, usize), Account>,
    pub(crate) orders: Vec<Sale>,
    pub(crate) intents: Vec<Intent>,
    pub(crate) joined: Vec<bool>,
    pub(crate) stock: Vec<Option<i64>>,
    /// Of what, by whom and when something was redeemed.
    pub(crate) redeemed: Vec<(Promotion, Option<usize>, i64)>,
    visits: Vec<Visit>,
}

impl Model {
    pub(crate) fn new(setting: Setting) -> Self {
        Self {
            joined: setting.customers.iter().map(|customer| customer.joined).collect(),
            stock: setting.rewards.iter().map(|reward| reward.stock).collect(),
            setting,
            accounts: BTreeMap::new(),
            orders: Vec::new(),
            intents: Vec::new(),
            redeemed: Vec::new(),
            visits: Vec::new(),
        }
    }

    /// The next instant at which something begins, ends or lapses.
    pub(crate) fn next_edge(&self, now: i64) -> Option<i64> {
        let lots = self.accounts.values().flat_map(|account| &account.lots);
        let lots = lots.flat_map(|lot| [lot.from, lot.until]);
        let intents = self.open_intents().map(|intent| intent.until);
        let instants = lots.chain(intents);
        instants.filter(|at| *at > now && *at != account::NEVER).min()
    }

    pub(crate) fn next_midnight(&self, now: i64) -> i64 {
        calendar::next_midnight(self.setting.zone, now)
    }

    /// Time goes by.
    pub(crate) fn pass(&mut self, now: i64) {
        let accounts = self.accounts.values_mut();
        let lapsed: Vec<usize> = accounts.flat_map(|account| account.pass(now)).collect();
        self.call_off(&lapsed);
        let open = self.intents.iter_mut().filter(|intent| intent.standing == Standing::Open);
        for intent in open.filter(|intent| intent.until <= now) {
            intent.standing = Standing::Over;
        }
    }

    fn open_intents(&self) -> impl Iterator<Item = &Intent> {
        self.intents.iter().filter(|intent| intent.standing == Standing::Open)
    }

    fn call_off(&mut self, intents: &[usize]) {
        for nth in intents {
            self.intents[*nth].standing = Standing::Over;
        }
    }

    /// How often something was redeemed or is promised: by all, and by one of them, and when last.
    pub(crate) fn uses(&self, of: Promotion, by: Option<usize>) -> (i64, i64, i64) {
        let open = self.open_intents();
        let open = open.map(|intent| (intent.what.promotion(self), intent.customer, intent.made));
        let all = self.redeemed.iter().copied().chain(open).filter(|one| one.0 == of);
        let (mut total, mut own, mut last) = (0, 0, i64::MIN);
        for (_, customer, at) in all {
            total += 1;
            if by.is_some() && customer == by {
                own += 1;
                last = last.max(at);
            }
        }
        (total, own, last)
    }

    fn is_available(&self, of: Promotion, terms: Terms, by: Option<usize>, now: i64) -> bool {
        let (total, own, last) = self.uses(of, by);
        let wait = i64::from(terms.delay_hours.unwrap_or(0)) * 3_600 * SECOND;
        terms.limit.is_none_or(|limit| total < limit)
            && (own == 0 || (terms.repeatable && last + wait <= now))
    }

    pub(crate) fn terms(&self, of: Promotion) -> Terms {
        match of {
            Promotion::Offer(nth) => self.setting.offers[nth].terms,
            Promotion::Card(nth) => self.setting.cards[nth].terms,
        }
    }

    /// What ought to become of a message now; it becomes of the oracle's own rows.
    pub(crate) fn apply(&mut self, message: &Message, now: i64) -> Expected {
        let role = Role::of(message.client);
        let done = match &message.call {
            Call::Visit { customer, cents, store, ago, keyed } => {
                let at = Self::when(message.sent_at, *ago, now);
                let visit = Visit { customer: *customer, cents: *cents, store: *store, at };
                return self.visit(&visit, *keyed, now, role);
            }
            Call::Open { customer, store, lines, tip } => {
                let allowed = role.works_in(*store);
                if allowed {
                    self.join(*customer);
                    self.orders.push(Sale::open(*customer, *store, lines, *tip));
                }
                allowed
            }
            Call::Checkout { ago, .. } => {
                let at = Self::when(message.sent_at, *ago, now);
                self.checkout(message.target, at, now, role)
            }
            Call::Stamp { customer, card, store } => {
                let done = role.works_in(*store) && self.stamp(*customer, *card, *store, now);
                if done {
                    self.join(Some(*customer));
                }
                done
            }
            Call::Enroll { card } => {
                let Role::Consumer(customer) = role else { return Expected::Refused };
                self.join(Some(customer));
                self.accounts.entry((customer, *card)).or_default();
                true
            }
            Call::Promise { what, customer, store } => {
                let customer = if let Role::Consumer(own) = role { Some(own) } else { *customer };
                self.promise(*what, customer, *store, now, role)
            }
            Call::Confirm { customer, store, .. } => {
                role.works_in(*store) && self.confirm(message.target, *customer, *store, now)
            }
            Call::Cancel { .. } => self.cancel(message.target, now, role),
            Call::Fixed { offer, customer, store } => {
                role.works_in(*store) && self.use_fixed(*offer, *customer, now)
            }
            Call::Refund { how, .. } => {
                role == Role::Owner && self.refund(message.target, *how, now)
            }
            Call::Void { .. } => role == Role::Owner && self.void(message.target, now),
            Call::Tend { .. } | Call::Seal => true,
        };
        if done { Expected::Done } else { Expected::Refused }
    }

    fn join(&mut self, customer: Option<usize>) {
        if let Some(customer) = customer {
            self.joined[customer] = true;
        }
    }

    fn visit(&mut self, visit: &Visit, keyed: bool, now: i64, role: Role) -> Expected {
        if !role.works_in(visit.store) {
            return Expected::Refused;
        }
        self.join(Some(visit.customer));
        if !keyed {
            let same = self.visits.iter().enumerate().filter(|(_, one)| {
                (one.customer, one.cents, one.store) == (visit.customer, visit.cents, visit.store)
                    && (one.at - visit.at).abs() < 120 * SECOND
            });
            if let Some((nth, _)) = same.max_by_key(|(nth, one)| (one.at, *nth)) {
                return Expected::Visit(nth);
            }
        }
        self.visits.push(visit.clone());
        let line = Line { product: None, quantity: 1, unit: visit.cents };
        let mut sale = Sale::open(Some(visit.customer), visit.store, &[line], 0);
        self.earn(&mut sale, visit.at, now, role);
        Expected::Visit(self.visits.len() - 1)
    }

    fn checkout(&mut self, order: usize, at: i64, now: i64, role: Role) -> bool {
        let mut sale = self.orders[order].clone();
        if !role.works_in(sale.store) || sale.state != State::Open || sale.lines.is_empty() {
            return false;
        }
        sale.state = State::Completed;
        self.earn(&mut sale, at, now, role);
        self.orders[order] = sale;
        true
    }

    fn promise(
        &mut self,
        what: What,
        customer: Option<usize>,
        store: usize,
        now: i64,
        role: Role,
    ) -> bool {
        let of = what.promotion(self);
        let terms = self.terms(of);
        let is_fixed =
            matches!(what, What::Offer { offer } if self.setting.offers[offer].code.is_some());
        let at_till = !matches!(role, Role::Consumer(_));
        if is_fixed || (at_till && !role.works_in(store)) {
            return false;
        }
        match customer {
            None if terms.is_personal() || matches!(of, Promotion::Card(_)) => return false,
            None => {}
            Some(customer) => {
                let needs_code = self.setting.customers[customer].registered
                    && !self.setting.stores[store].promises_by_loyalty_id;
                if !self.joined[customer] || (at_till && needs_code) {
                    return false;
                }
            }
        }
        if !self.is_available(of, terms, customer, now) {
            return false;
        }
        let nth = self.intents.len();
        let until = now + i64::from(terms.good_days) * 86_400 * SECOND;
        if let Promotion::Card(card) = of {
            let Some(amount) = self.price(what) else { return false };
            let Some(customer) = customer else { return false };
            let account = self.accounts.get_mut(&(customer, card));
            if !account.is_some_and(|account| account.hold(nth, amount, until, now)) {
                return false;
            }
        }
        self.intents.push(Intent {
            what,
            customer,
            store,
            until,
            standing: Standing::Open,
            made: now,
        });
        true
    }

    /// How many points or stamps a promise sets aside; none where it cannot be had.
    fn price(&self, what: What) -> Option<i64> {
        match what {
            What::Points { card, points } => match self.setting.cards[card].program {
                Program::Points { pays: Some((least, step)), .. } => {
                    (points >= least && (points - least) % step == 0).then_some(points)
                }
                _ => None,
            },
            What::Reward { reward } => {
                let promised = self.open_intents().filter(|one| one.what == what);
                let promised = i64::try_from(promised.count()).unwrap();
                let left = self.stock[reward].is_none_or(|stock| stock > promised);
                left.then_some(self.setting.rewards[reward].points)
            }
            What::Stamps { card } => match self.setting.cards[card].program {
                Program::Stamps { needed, .. } => Some(i64::from(needed)),
                Program::Points { .. } => None,
            },
            What::Offer { .. } => None,
        }
    }

    fn confirm(&mut self, nth: usize, bearer: Option<usize>, store: usize, now: i64) -> bool {
        let intent = self.intents[nth].clone();
        // What was promised to nobody in particular is the customer's who brings it.
        let brought = intent.customer.is_none() && bearer.is_some_and(|nth| self.joined[nth]);
        let theirs = bearer.is_none() || bearer == intent.customer || brought;
        if intent.standing != Standing::Open || intent.store != store || !theirs {
            return false;
        }
        self.intents[nth].standing = Standing::Kept;
        let of = intent.what.promotion(self);
        if let (Promotion::Card(card), Some(customer)) = (of, intent.customer) {
            self.accounts.get_mut(&(customer, card)).unwrap().confirm(nth, now);
        }
        if let What::Reward { reward } = intent.what {
            self.stock[reward] = self.stock[reward].map(|stock| stock - 1);
        }
        self.redeemed.push((of, intent.customer.or(bearer), now));
        true
    }

    fn cancel(&mut self, nth: usize, now: i64, role: Role) -> bool {
        let intent = self.intents[nth].clone();
        let own = match role {
            Role::Consumer(own) => intent.customer == Some(own),
            role => role.works_in(intent.store),
        };
        if !own || intent.standing == Standing::Kept {
            return false;
        }
        if intent.standing == Standing::Open {
            self.intents[nth].standing = Standing::Over;
            let of = intent.what.promotion(self);
            if let (Promotion::Card(card), Some(customer)) = (of, intent.customer) {
                self.accounts.get_mut(&(customer, card)).unwrap().release(nth, now);
            }
        }
        true
    }

    fn use_fixed(&mut self, offer: usize, customer: Option<usize>, now: i64) -> bool {
        let (of, terms) = (Promotion::Offer(offer), self.setting.offers[offer].terms);
        let known = customer.is_none_or(|customer| self.joined[customer]);
        let allowed = self.setting.offers[offer].code.is_some()
            && known
            && (customer.is_some() || !terms.is_personal())
            && self.is_available(of, terms, customer, now);
        if allowed {
            self.redeemed.push((of, customer, now));
        }
        allowed
    }
}

impl What {
    pub(crate) fn promotion(self, model: &Model) -> Promotion {
        match self {
            Self::Offer { offer } => Promotion::Offer(offer),
            Self::Points { card, .. } | Self::Stamps { card } => Promotion::Card(card),
            Self::Reward { reward } => Promotion::Card(model.setting.rewards[reward].card),
        }
    }
}
