//! The demo world: made of a plan alone, a batch of rows after the other.

use regulars_customer::LoyaltyId;

use super::{
    calendar::{Calendar, DAYS, weight},
    history, people,
    random::Dice,
    row::{Batch, PersonRow},
    sale,
    tenant::{self, Tenant},
};

/// Microseconds.
pub(super) const MINUTE: i64 = 60_000_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
/// Of a hundred consumers, how many are the first merchant's.
const FIRST_MERCHANTS_SHARE: u64 = 65;
/// Orders of people who show no card, for a hundred slots of customers.
const WALK_INS: u64 = 8;
/// Slots of those whom the tour meets.
const STAR_SLOTS: u64 = 4;
/// The person whom the API's documentation asks for.
const DOCUMENTED: i64 = 177;
const PEOPLE_PER_BATCH: usize = 2_000;
const ORDERS_PER_BATCH: u64 = 5_000;

/// What makes a world: the same plan, the same world.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Customers, over all merchants; 300 or more.
    pub(crate) consumers: u32,
    /// Orders, over all merchants.
    pub(crate) orders: u32,
    /// Merchants; 2 to 50.
    pub(crate) merchants: u32,
    /// Chance.
    pub(crate) seed: u64,
    /// The world's present, in microseconds: the start of a day UTC.
    pub(crate) now: i64,
    /// What is kept of everybody's password.
    pub(crate) password_hash: String,
}

impl Plan {
    /// How much there is to make: [`Batch::progress`] adds up to it.
    pub(crate) fn size(&self) -> u64 {
        2 * u64::from(self.consumers) + u64::from(self.orders)
    }

    /// The account of the merchant of that number, counted from 0.
    pub(super) fn owner(merchant: usize) -> i64 {
        i64::try_from(merchant).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// The account of the consumer of that number, counted from 0. Owners come before, staff behind: so 177 is a customer
    /// of the first merchant at every size.
    pub(super) fn person(&self, consumer: usize) -> i64 {
        i64::from(self.merchants) + 1 + i64::try_from(consumer).unwrap_or(i64::MAX - 100)
    }

    /// Whether the tour of the documentation meets this consumer: the one who can log in, and the documented one.
    pub(super) fn is_star(&self, consumer: usize) -> bool {
        consumer == 0 || self.person(consumer) == DOCUMENTED
    }

    /// A loyalty id that nobody else has: a step that shares no divisor with their number visits each once.
    pub(super) fn loyalty_id(&self, person: i64) -> String {
        const IDS: u64 = 9_000_000_000_000;
        const STEP: u64 = 5_562_305_898_749;
        let start = self.seed % IDS;
        let place = u128::from(person.unsigned_abs()) * u128::from(STEP) + u128::from(start);
        let entropy = u64::try_from(place % u128::from(IDS)).unwrap_or_default();
        LoyaltyId::from_entropy(entropy).into_string()
    }
}

/// Somebody of a merchant's people, who logs in.
pub(super) struct Account {
    pub(super) id: i64,
    pub(super) email: String,
    pub(super) name: (&'static str, &'static str),
    pub(super) merchant_type: Option<&'static str>,
    pub(super) created_at: i64,
}

impl Account {
    pub(super) fn add(self, plan: &Plan, out: &mut Batch) {
        out.person.push(PersonRow {
            id: self.id,
            user_type: "MERCHANT",
            registered: true,
            email_key: Some(self.email.clone()),
            email: Some(self.email),
            verified: true,
            password_hash: Some(plan.password_hash.clone()),
            firstname: self.name.0.to_owned(),
            lastname: self.name.1.to_owned(),
            phone_number: None,
            birthday: None,
            gender: None,
            country: None,
            city: None,
            street: None,
            zip_code: None,
            merchant_type: self.merchant_type,
            loyalty_id: None,
            last_login: None,
            created_at: self.created_at,
            updated_at: self.created_at,
        });
    }
}

macro_rules! sequences {
    ($($name:ident),+) => {
        /// The highest id of each table so far.
        #[derive(Debug, Default)]
        pub(super) struct Sequences {
            $($name: i64,)+
        }

        impl Sequences {
            $(
                pub(super) fn $name(&mut self) -> i64 {
                    self.$name += 1;
                    self.$name
                }
            )+
        }
    };
}

sequences!(
    staff,
    role,
    store,
    store_group,
    product,
    campaign,
    offer,
    card,
    reward,
    item,
    link,
    visit,
    account,
    entry,
    lot,
    hold,
    intent,
    redemption
);

/// Everything that can be asked about the world while its rows are made.
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) dice: Dice,
    pub(super) tenants: Vec<Tenant>,
    pub(super) calendar: Calendar,
}

impl World {
    /// The number of the merchant whose customer somebody is first of all.
    pub(super) fn home(&self, consumer: usize) -> usize {
        let all = u64::from(self.plan.consumers);
        let first = all * FIRST_MERCHANTS_SHARE / 100;
        let others = self.tenants.len().saturating_sub(1).max(1);
        match (consumer as u64).checked_sub(first) {
            None => 0,
            Some(place) => {
                let share = (all - first).div_ceil(others as u64).max(1);
                1 + usize::try_from(place / share).unwrap_or_default().min(others - 1)
            }
        }
    }

    /// How many consumers there are.
    pub(super) fn consumers(&self) -> usize {
        usize::try_from(self.plan.consumers).unwrap_or(usize::MAX)
    }
}

/// The batches of a world, in an order in which none refers to a later one.
pub(crate) struct Batches {
    world: World,
    ids: Sequences,
    stage: Stage,
}

enum Stage {
    Merchants(Box<Batch>),
    People(usize),
    Orders(u64),
    Histories(usize),
}

/// Begins to make a world.
pub(crate) fn batches(plan: Plan) -> Batches {
    let mut ids =
        Sequences { staff: plan.person(0) - 1 + i64::from(plan.consumers), ..Sequences::default() };
    let dice = Dice::new(plan.seed);
    let mut first = Batch::default();
    let merchants = usize::try_from(plan.merchants).unwrap_or_default();
    let tenants =
        (0..merchants).map(|number| tenant::make(&plan, number, &mut ids, &mut first)).collect();
    let empty = Calendar::new(&dice, 0, std::iter::empty(), 0);
    let mut world = World { plan, dice, tenants, calendar: empty };
    world.calendar = calendar(&world);
    Batches { world, ids, stage: Stage::Merchants(Box::new(first)) }
}

/// Consumers are buyers by their numbers, behind them stand each merchant's people without a card.
fn calendar(world: &World) -> Calendar {
    let consumers = world.consumers();
    let slots = |consumer: usize| {
        if world.plan.is_star(consumer) { STAR_SLOTS } else { weight(&world.dice, consumer as u64) }
    };
    let mut walk_ins = vec![0; world.tenants.len()];
    for consumer in 0..consumers {
        if let Some(count) = walk_ins.get_mut(world.home(consumer)) {
            *count += slots(consumer);
        }
    }
    let walk_ins = walk_ins.into_iter().map(|count| (count * WALK_INS / 100).max(1));
    let weights = (0..consumers).map(slots).chain(walk_ins);
    // The last order is two days old, wherever its merchant's clock stands.
    let days = i64::try_from(DAYS).unwrap_or_default() + 2;
    let first_day = u64::try_from(world.plan.now - days * DAY).unwrap_or_default();
    Calendar::new(&world.dice, u64::from(world.plan.orders), weights, first_day)
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut out = Batch::default();
        let consumers = self.world.consumers();
        match &mut self.stage {
            Stage::Merchants(first) => {
                out = std::mem::take(first);
                self.stage = Stage::People(0);
            }
            Stage::People(next) if *next < consumers => {
                let end = (*next + PEOPLE_PER_BATCH).min(consumers);
                for consumer in *next..end {
                    people::add(&self.world, consumer, &mut out);
                }
                out.progress = (end - *next) as u64;
                *next = end;
            }
            Stage::People(_) => {
                self.stage = Stage::Orders(0);
                return self.next();
            }
            Stage::Orders(next) if *next < self.world.calendar.orders() => {
                let end = (*next + ORDERS_PER_BATCH).min(self.world.calendar.orders());
                for order in *next..end {
                    sale::add(&self.world, order, &mut self.ids, &mut out);
                }
                out.progress = end - *next;
                *next = end;
            }
            Stage::Orders(_) => {
                self.stage = Stage::Histories(0);
                return self.next();
            }
            Stage::Histories(next) if *next < consumers => {
                let end = (*next + PEOPLE_PER_BATCH).min(consumers);
                for consumer in *next..end {
                    history::add(&self.world, consumer, &mut self.ids, &mut out);
                }
                out.progress = (end - *next) as u64;
                *next = end;
            }
            Stage::Histories(_) => return None,
        }
        Some(out)
    }
}
