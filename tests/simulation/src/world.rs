//! The rows of a merchant, as the product keeps them.

use std::collections::BTreeMap;

use chrono::NaiveTime;
use regulars_customer::{LoyaltyId, Membership, NewPerson, Profile, Sharing};
use regulars_kernel::{
    Actor, Currency, IntentId, LoyaltyCardId, MerchantId, Money, OfferId, OrderId, OrderItemId,
    PersonId, Points, ProductId, RewardId, Scope, SharedRows, StoreAccess, StoreId, Timestamp,
    VisitId,
};
use regulars_loyalty::{
    LoyaltyCard, LoyaltyReward, Millionths, PointsProgram, Program, PromotionId, Spending,
    StampsProgram,
};
use regulars_merchant::{Merchant, Product, Store, TillRedemption};
use regulars_order::memory::{Mark, Memory};
use regulars_promotion::{Discount, Offer, RedemptionCode, Terms};

use crate::{
    generate::Role,
    model::Promotion,
    setting::{self, Setting},
};

pub(crate) const MERCHANT: MerchantId = MerchantId::new(1);
/// Within what everything happens but what the worker and a consumer who enrolls do.
pub(crate) const SCOPE: Scope = Scope::Merchant(MERCHANT);

pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn id(place: usize) -> i64 {
    i64::try_from(place).unwrap() + 1
}

pub(crate) fn person(customer: usize) -> PersonId {
    PersonId::new(100 + id(customer))
}

pub(crate) fn store(place: usize) -> StoreId {
    StoreId::new(id(place))
}

pub(crate) fn card(place: usize) -> LoyaltyCardId {
    LoyaltyCardId::new(id(place))
}

pub(crate) fn reward(place: usize) -> RewardId {
    RewardId::new(id(place))
}

pub(crate) fn offer(place: usize) -> OfferId {
    OfferId::new(id(place))
}

pub(crate) fn product(place: usize) -> ProductId {
    ProductId::new(id(place))
}

pub(crate) fn promotion(of: Promotion) -> PromotionId {
    match of {
        Promotion::Offer(place) => PromotionId::Offer(offer(place)),
        Promotion::Card(place) => PromotionId::Card(card(place)),
    }
}

pub(crate) fn loyalty_id(customer: usize) -> LoyaltyId {
    LoyaltyId::from_entropy(person(customer).get().unsigned_abs())
}

pub(crate) fn actor(role: Role) -> Actor {
    match role {
        Role::Owner => Actor::owner(MERCHANT),
        Role::Cashier => Actor::cashier(MERCHANT, PersonId::new(2), StoreAccess::All),
        Role::Corner => {
            Actor::cashier(MERCHANT, PersonId::new(3), StoreAccess::Only(vec![store(0)]))
        }
        Role::Consumer(customer) => Actor::Consumer { person: person(customer) },
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done(Receipt),
    Refused(String),
}

impl Outcome {
    /// That whoever asks may never do so: no key is used up by it.
    pub(crate) fn denied() -> Self {
        Self::Refused("denied".to_owned())
    }
}

/// The ids of what was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    Visit(VisitId),
    Order(OrderId, Vec<OrderItemId>),
    Intent(IntentId, String),
    Nothing,
}

/// The product's rows, and beside them the outcomes by key, which are written in the same transactions: as the API keeps them.
pub(crate) struct World {
    pub(crate) memory: Memory,
    pub(crate) outcomes: SharedRows<BTreeMap<u32, Outcome>>,
    codes: Vec<&'static str>,
    cards_of_rewards: Vec<usize>,
}

/// All rows as they were once.
pub(crate) struct Before {
    memory: Mark,
    outcomes: regulars_kernel::rows::Mark<BTreeMap<u32, Outcome>>,
}

impl World {
    pub(crate) fn new(setting: &Setting) -> Self {
        let memory = Memory::new();
        places(&memory, setting);
        customers(&memory, setting);
        promotions(&memory, setting);
        Self {
            memory,
            outcomes: SharedRows::default(),
            codes: setting.offers.iter().map(|offer| offer.code.unwrap_or("NOTHING")).collect(),
            cards_of_rewards: setting.rewards.iter().map(|reward| reward.card).collect(),
        }
    }

    /// What is typed for an offer with one code for everybody.
    pub(crate) fn code(&self, offer: usize) -> &'static str {
        self.codes[offer]
    }

    pub(crate) fn card_of(&self, reward: usize) -> usize {
        self.cards_of_rewards[reward]
    }

    pub(crate) fn mark(&self) -> Before {
        Before { memory: self.memory.mark(), outcomes: self.outcomes.mark() }
    }

    pub(crate) fn reset(&self, before: &Before) {
        self.reset_rows(before);
        self.reset_outcomes(before);
    }

    pub(crate) fn reset_rows(&self, before: &Before) {
        self.memory.reset(&before.memory);
    }

    pub(crate) fn reset_outcomes(&self, before: &Before) {
        self.outcomes.reset(&before.outcomes);
    }
}

fn places(memory: &Memory, setting: &Setting) {
    let now = at(setting.start);
    let merchants = memory.customers().merchants();
    let mut merchant = Merchant::new(MERCHANT, "Crema", setting.zone, Currency::EUR, now);
    merchant.refund_policy = setting.policy;
    merchants.put_merchant(merchant);
    for (place, shop) in setting.stores.iter().enumerate() {
        merchants.put_store(Store {
            time_zone: Some(shop.zone),
            day_starts_at: NaiveTime::from_hms_opt(shop.day_starts_at_hour, 0, 0).unwrap(),
            late_hours: shop.late_hours,
            till_redemption: shop.promises_by_loyalty_id.then_some(TillRedemption::LoyaltyId),
            ..Store::new(store(place), MERCHANT, "Crema", now)
        });
    }
    for place in 0..2 {
        let price = Money::new(100, Currency::EUR);
        merchants.put_product(Product {
            id: product(place),
            merchant: MERCHANT,
            name: "Ware".to_owned(),
            price,
            category: None,
            entity_source: None,
            entity_source_id: None,
            archived: false,
            extra_info: None,
            created_at: now,
            updated_at: now,
        });
    }
}

fn customers(memory: &Memory, setting: &Setting) {
    let now = at(setting.start);
    for (place, customer) in setting.customers.iter().enumerate() {
        let loyalty_id = loyalty_id(place);
        let profile = Profile { firstname: "Ada".to_owned(), ..Profile::default() };
        let account = if customer.registered {
            NewPerson::consumer(profile.clone(), loyalty_id.clone(), now)
        } else {
            NewPerson::managed(loyalty_id.clone(), now)
        };
        let account = account.with_id(person(place));
        let mut membership = Membership::of_account(&account, MERCHANT, Sharing::Full, now);
        if !customer.registered {
            membership.kind = account.kind;
            membership.sharing = None;
            membership.loyalty_id = Some(loyalty_id);
            membership.profile = profile;
        }
        memory.customers().put_person(account);
        if customer.joined {
            memory.customers().put_membership(membership);
        }
    }
}

fn promotions(memory: &Memory, setting: &Setting) {
    let now = at(setting.start);
    let terms = |terms: setting::Terms| Terms {
        enrollment_limit: terms.limit,
        repeatable: terms.repeatable,
        repeat_delay_hours: terms.delay_hours,
        ..Terms::open()
    };
    let euros = |cents| Money::new(cents, Currency::EUR);
    for (place, row) in setting.offers.iter().enumerate() {
        let discount = Discount::FixedAmount(euros(500));
        memory.loyalty().promotions().put_offer(Offer {
            code: row.code.map_or(RedemptionCode::Autogenerated, |code| {
                RedemptionCode::Fixed(code.to_owned())
            }),
            redemption_expiration_days: Some(row.terms.good_days),
            terms: terms(row.terms),
            ..Offer::new(offer(place), MERCHANT, "Five", discount, now)
        });
    }
    for (place, row) in setting.cards.iter().enumerate() {
        let program = program(row.program);
        memory.loyalty().put_card(LoyaltyCard {
            redemption_expiration_days: Some(row.terms.good_days),
            terms: Terms { minimum_spend: row.minimum.map(euros), ..terms(row.terms) },
            products: row.product.map(product).into_iter().collect(),
            ..LoyaltyCard::new(card(place), MERCHANT, "Card", Currency::EUR, program, now)
        });
    }
    for (place, row) in setting.rewards.iter().enumerate() {
        memory.loyalty().put_reward(LoyaltyReward {
            id: reward(place),
            merchant: MERCHANT,
            card: card(row.card),
            product: product(0),
            points: Points::new(row.points),
            stock: row.stock,
            expiry: None,
            archived: false,
            created_at: now,
            updated_at: now,
        });
    }
}

fn program(program: setting::Program) -> Program {
    match program {
        setting::Program::Points { worth, initial, cap, months, delay_days, pays } => {
            let spending = pays.map_or(Spending::Product, |(least, step)| Spending::Flat {
                points_needed: Points::new(least),
                incremental_points: Some(Points::new(step)),
                point_worth: Millionths::new(Millionths::ONE),
            });
            Program::Points(PointsProgram {
                initial_points: Points::new(initial),
                max_points_per_day: cap.map(Points::new),
                validity_in_months: months,
                activation_delay_days: delay_days,
                ..PointsProgram::new(spending, Millionths::new(worth))
            })
        }
        setting::Program::Stamps { needed, cap, days } => Program::Stamps(StampsProgram {
            stamps_needed: needed,
            max_stamps_per_day: cap,
            stamp_expiration_days: days,
        }),
    }
}
