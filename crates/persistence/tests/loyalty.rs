//! Cards, ledgers and redemptions on both databases: the suite of the port, two who open one account at once, and how many
//! statements each question costs.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::items_after_statements,
    clippy::redundant_closure_for_method_calls,
    reason = "what fails fails the test"
)]

mod places;
#[macro_use]
mod promotions;

use std::{collections::BTreeSet, sync::Barrier, thread};

use places::{database, put, put_person, text};
use promotions::put_promotions;
use regulars_customer::segment::OrderFact;
use regulars_kernel::{
    Currency, HoldId, LoyaltyCardId, MerchantId, OfferId, OrderId, PageRequest, PersonId,
    ProductId, RewardId, Scope, StoreAccess, StoreError, StoreId, Timestamp, text::fold,
};
use regulars_loyalty::{
    Account, Book, LoyaltyCard, LoyaltyCardFilter, LoyaltyReward, LoyaltyStore, Program, Promised,
    PromotionId, Redeemed, Redemption, RedemptionIntent, RedemptionKind, RedemptionQuery, Spending,
    suite::{self, ADA, BOB, FIRST, Fixture, Ports, SECOND, STRANGER, World, at},
};
use regulars_merchant::MerchantStore;
use regulars_persistence::{Bulk, Db, Tx};
use regulars_promotion::Terms;
use regulars_testkit::{Engine, TempDatabase};

struct OnDatabase {
    engine: Engine,
    loaded: Option<(TempDatabase, Db)>,
}

impl OnDatabase {
    fn db(&self) -> &Db {
        &self.loaded.as_ref().unwrap().1
    }
}

impl Fixture for OnDatabase {
    fn load(&mut self, world: &World) {
        self.loaded = Some(database(self.engine, |bulk| put_world(bulk, world)));
    }

    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn LoyaltyStore)) {
        let done: Result<(), StoreError> = self.db().read(scope, |tx| {
            work(tx);
            Ok(())
        });
        done.unwrap();
    }

    fn write<T: Send + 'static>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn Ports) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.db().write(scope, None, move |tx| work(tx))
    }
}

fn put_world(bulk: &mut Bulk, world: &World) {
    put_promotions(bulk, &world.below);
    put_person(bulk, STRANGER.get(), "CONSUMER");
    world.cards.iter().for_each(|row| put_card(bulk, row));
    world.rewards.iter().for_each(|row| put_reward(bulk, row));
    world.books.iter().for_each(|row| put_book(bulk, row));
    world.intents.iter().for_each(|row| put_intent(bulk, row));
    world.redemptions.iter().for_each(|row| put_redemption(bulk, row));
    for (id, (merchant, person, order)) in (1..).zip(&world.orders) {
        put_order(bulk, id, (*merchant, *person), order, None);
    }
    for (id, (merchant, person, visit)) in (1_i64..).zip(&world.visits) {
        put!(
            bulk,
            visit {
                id: id,
                merchant_id: merchant.get(),
                store_id: visit.store.get(),
                person_id: person.get(),
                amount: 100_i64,
                currency: "EUR",
                occurred_at: visit.at,
                business_date: "2025-10-09",
                created_at: visit.at,
            }
        );
    }
    put_what_does_not_count(bulk);
}

/// Orders that were not completed, or given up, are no facts.
fn put_what_does_not_count(bulk: &mut Bulk) {
    let order = OrderFact {
        store: StoreId::new(100),
        products: Vec::new(),
        completed_at: Some(at(3)),
        total: 7,
        refunded: 0,
        currency: Currency::EUR,
    };
    let open = OrderFact { completed_at: None, ..order.clone() };
    put_order(bulk, 901, (FIRST, ADA), &open, None);
    put_order(bulk, 902, (FIRST, ADA), &order, Some(at(5)));
}

fn put_order(
    bulk: &mut Bulk,
    id: i64,
    (merchant, person): (MerchantId, PersonId),
    order: &OrderFact,
    deleted_at: Option<Timestamp>,
) {
    put!(
        bulk,
        orders {
            id: id,
            merchant_id: merchant.get(),
            number: id.to_string(),
            store_id: order.store.get(),
            person_id: person.get(),
            order_type_id: 1_i64,
            state: "COMPLETED",
            currency: order.currency.code(),
            total: order.total,
            refunded: order.refunded,
            completed: order.completed_at.is_some(),
            completed_at: order.completed_at,
            is_active: deleted_at.is_none(),
            deleted_at: deleted_at,
            created_at: at(1),
            updated_at: at(1),
        }
    );
    let products = order.products.iter().map(|product| Some(product.get())).chain([None]);
    for (line, product) in (1_i64..).zip(products) {
        put!(
            bulk,
            order_item {
                id: id * 100 + line,
                merchant_id: merchant.get(),
                order_id: id,
                product_id: product,
                name: "x",
                quantity: 1_i64,
                cost: 1_i64,
                created_at: at(1),
                updated_at: at(1),
            }
        );
    }
}

fn put_card(bulk: &mut Bulk, row: &LoyaltyCard) {
    let (merchant, id) = (row.merchant.get(), row.id.get());
    let (points, stamps) = match &row.program {
        Program::Points(points) => (Some(points), None),
        Program::Stamps(stamps) => (None, Some(stamps)),
    };
    let flat = points.and_then(|points| match points.spending {
        Spending::Flat { points_needed, incremental_points, point_worth } => {
            Some((points_needed, incremental_points, point_worth))
        }
        Spending::Product => None,
    });
    put_terms!(bulk, loyalty_card, row.terms, {
        id: id, merchant_id: merchant, name: row.name.as_str(), name_key: fold(&row.name),
        short_description: &row.short_description, long_description: &row.long_description,
        terms_and_conditions: &row.terms_and_conditions, placement: &row.placement,
        loyalty_type: row.program.type_name(),
        points_loyalty_type: points.map(|points| points.spending.type_name()),
        dollar_worth: points.map(|points| points.dollar_worth.get()),
        initial_points: points.map(|points| points.initial_points.get()),
        max_points_per_day: points.and_then(|points| Some(points.max_points_per_day?.get())),
        points_needed: flat.map(|(needed, _, _)| needed.get()),
        incremental_points: flat.and_then(|(_, step, _)| Some(step?.get())),
        point_worth: flat.map(|(_, _, worth)| worth.get()),
        min_price: points.and_then(|points| Some(points.min_price?.minor())),
        max_price: points.and_then(|points| Some(points.max_price?.minor())),
        tax_included: points.is_none_or(|points| points.tax_included),
        validity_in_months: points.and_then(|points| points.validity_in_months.map(i64::from)),
        activation_delay_days: points.map(|points| i64::from(points.activation_delay_days)),
        stamps_needed: stamps.map(|stamps| i64::from(stamps.stamps_needed)),
        max_stamps_per_day: stamps.and_then(|stamps| stamps.max_stamps_per_day.map(i64::from)),
        stamp_expiration_days:
            stamps.and_then(|stamps| stamps.stamp_expiration_days.map(i64::from)),
        redemption_expiration_days: row.redemption_expiration_days,
        currency: row.currency.code(), created_at: row.created_at, updated_at: row.updated_at,
    });
    put_runs_in!(
        bulk,
        loyalty_card_store,
        loyalty_card_store_group,
        loyalty_card_id,
        merchant,
        id,
        row.terms.places
    );
    for product in &row.products {
        put!(
            bulk,
            loyalty_card_product {
                merchant_id: merchant,
                loyalty_card_id: id,
                product_id: product.get(),
            }
        );
    }
}

fn put_reward(bulk: &mut Bulk, row: &LoyaltyReward) {
    put!(
        bulk,
        loyalty_reward {
            id: row.id.get(),
            merchant_id: row.merchant.get(),
            loyalty_card_id: row.card.get(),
            product_id: row.product.get(),
            points: row.points.get(),
            stock: row.stock,
            expiry: row.expiry,
            archived: row.archived,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    );
}

fn put_book(bulk: &mut Bulk, book: &Book) {
    let account = &book.account;
    let (merchant, id) = (account.merchant.get(), account.id.get());
    put!(
        bulk,
        account {
            id: id,
            merchant_id: merchant,
            person_id: account.person.get(),
            loyalty_card_id: account.card.get(),
            balance: account.balance.get(),
            debt: account.debt.get(),
            held: account.held.get(),
            earned: account.earned.get(),
            seq: account.seq,
            created_at: account.created_at,
            head: account.head,
            head_at: account.head_at,
        }
    );
    for row in &book.entries {
        put!(
            bulk,
            entry {
                id: row.id.get(),
                merchant_id: merchant,
                account_id: id,
                seq: row.seq,
                kind: row.kind.name(),
                amount: row.amount.get(),
                cause: row.cause.name(),
                cause_id: row.cause.id(),
                natural_key: row.natural_key.as_str(),
                reverses: row.reverses.map(|entry| entry.get()),
                occurred_at: row.occurred_at,
                recorded_at: row.recorded_at,
                business_date: text(row.business_date),
                actor_id: row.actor.map(PersonId::get),
                hash: row.hash,
            }
        );
    }
    for row in &book.lots {
        put!(
            bulk,
            lot {
                id: row.id.get(),
                merchant_id: merchant,
                account_id: id,
                entry_id: row.entry.get(),
                amount: row.amount.get(),
                remaining: row.remaining.get(),
                active_from: row.active_from,
                expires_at: row.expires_at,
            }
        );
    }
    for row in &book.lot_uses {
        put!(
            bulk,
            lot_use {
                merchant_id: merchant,
                entry_id: row.entry.get(),
                lot_id: row.lot.get(),
                amount: row.amount.get(),
            }
        );
    }
    for row in &book.holds {
        put!(
            bulk,
            hold {
                id: row.id.get(),
                merchant_id: merchant,
                account_id: id,
                amount: row.amount.get(),
                until: row.until,
                state: row.state.name(),
                created_at: row.created_at,
            }
        );
    }
    for row in &book.hold_lots {
        put!(
            bulk,
            hold_lot {
                merchant_id: merchant,
                hold_id: row.hold.get(),
                lot_id: row.lot.get(),
                amount: row.amount.get(),
            }
        );
    }
}

fn put_intent(bulk: &mut Bulk, row: &RedemptionIntent) {
    let (offer, card, reward) = match row.promised {
        Promised::Offer(offer) => (Some(offer), None, None),
        Promised::Points(card, reward) | Promised::Stamps(card, reward) => {
            (None, Some(card), reward)
        }
    };
    put!(
        bulk,
        redemption_intent {
            id: row.id.get(),
            merchant_id: row.merchant.get(),
            kind: row.promised.kind().name(),
            person_id: row.person.map(PersonId::get),
            store_id: row.store.map(StoreId::get),
            offer_id: offer.map(OfferId::get),
            loyalty_card_id: card.map(LoyaltyCardId::get),
            loyalty_reward_id: reward.map(RewardId::get),
            hold_id: row.hold.map(HoldId::get),
            code: row.code.as_str(),
            state: row.state.name(),
            expires_at: row.expires_at,
            created_at: row.created_at,
        }
    );
}

fn put_redemption(bulk: &mut Bulk, row: &Redemption) {
    let (offer, card, reward, points) = match row.redeemed {
        Redeemed::Offer { offer } => (Some(offer), None, None, None),
        Redeemed::Points { card, reward, points }
        | Redeemed::Stamps { card, reward, stamps: points } => {
            (None, Some(card), reward, Some(points.get()))
        }
    };
    put!(
        bulk,
        redemption {
            id: row.id.get(),
            merchant_id: row.merchant.get(),
            kind: row.redeemed.kind().name(),
            person_id: row.person.map(PersonId::get),
            store_id: row.store.map(StoreId::get),
            offer_id: offer.map(OfferId::get),
            loyalty_card_id: card.map(LoyaltyCardId::get),
            loyalty_reward_id: reward.map(RewardId::get),
            order_id: row.order.map(OrderId::get),
            entry_id: row.entry.map(|entry| entry.get()),
            points: points,
            amount: row.amount.map(|money| money.minor()),
            currency: row.amount.map(|money| money.currency().code()),
            reversed_at: row.reversed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    );
}

#[test]
fn both_databases_pass_the_suite_of_the_port() {
    for engine in Engine::ALL {
        suite::run(&mut OnDatabase { engine, loaded: None });
    }
}

#[test]
fn a_person_sees_the_products_that_something_in_reach_names() {
    let world = suite::world();
    let products = &world.below.below.products;
    let ids: Vec<ProductId> = products.iter().map(|row| row.id).collect();
    for engine in Engine::ALL {
        let mut fixture = OnDatabase { engine, loaded: None };
        fixture.load(&world);
        for person in [ADA, BOB, STRANGER] {
            let reached = |merchant: MerchantId, live: bool, terms: &Terms| {
                let joined = world.below.below.joined.contains(&(person, merchant));
                live || (terms.is_published() && joined)
            };
            let mut named: BTreeSet<ProductId> = BTreeSet::new();
            for row in &world.below.offers {
                if reached(row.merchant, row.is_live(), &row.terms) {
                    named.extend(&row.products);
                }
            }
            for row in &world.cards {
                if reached(row.merchant, row.terms.is_live(), &row.terms) {
                    named.extend(&row.products);
                    let own = world.rewards.iter().filter(|reward| reward.card == row.id);
                    named.extend(own.filter(|reward| !reward.archived).map(|row| row.product));
                }
            }
            for row in world.redemptions.iter().filter(|row| row.person == Some(person)) {
                let bought = world.rewards.iter().find(|one| row.redeemed.reward() == Some(one.id));
                named.extend(bought.map(|reward| reward.product));
            }
            for (_merchant, buyer, order) in &world.orders {
                if *buyer == person {
                    named.extend(&order.products);
                }
            }
            let seen: Result<_, StoreError> =
                fixture.db().read(Scope::Person(person), |tx| tx.products(&ids));
            let seen: BTreeSet<_> = seen.unwrap().into_iter().map(|row| row.id).collect();
            named.retain(|id| ids.contains(id));
            assert_eq!(seen, named, "{engine:?} {person}");
        }
    }
}

#[test]
fn two_who_open_one_account_at_once_get_the_same_one() {
    let world = suite::world();
    for engine in Engine::ALL {
        let (_temporary, db) = database(engine, |bulk| put_world(bulk, &world));
        let start = Barrier::new(8);
        let open = |nth: i64| {
            start.wait();
            db.write(Scope::Merchant(FIRST), None, move |tx| {
                tx.open_account(FIRST, BOB, LoyaltyCardId::new(708), at(nth))
            })
            .unwrap()
        };
        let opened: Vec<Account> = thread::scope(|threads| {
            let running: Vec<_> = (0..8).map(|nth| threads.spawn(move || open(nth))).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(opened.iter().all(|account| *account == opened[0]), "{opened:?}");
    }
}

#[test]
fn what_a_question_costs_does_not_depend_on_how_much_it_finds() {
    let world = suite::world();
    let cards: Vec<LoyaltyCardId> = world.cards.iter().map(|card| card.id).collect();
    let offers = world.below.offers.iter().map(|offer| PromotionId::Offer(offer.id));
    let promotions: Vec<PromotionId> =
        offers.chain(cards.iter().map(|id| PromotionId::Card(*id))).collect();
    let (people, merchants) = ([ADA, BOB, STRANGER], [FIRST, SECOND]);
    let (now, first) = (at(0), PageRequest::first(100));
    let of = |kind| RedemptionQuery { kind, within: StoreAccess::All };
    type Question<'a> = &'a dyn Fn(&mut Tx<'_>) -> Result<(), StoreError>;
    for engine in Engine::ALL {
        let (_temporary, db) = database(engine, |bulk| put_world(bulk, &world));
        let questions: [(&str, Question<'_>, u64); 11] = [
            ("cards", &|tx| tx.loyalty_cards(&cards).map(drop), 1),
            (
                "list",
                &|tx| {
                    let filter = LoyaltyCardFilter::default();
                    tx.list_loyalty_cards(&filter, &PageRequest::first(100)).map(drop)
                },
                1,
            ),
            ("per merchant", &|tx| tx.loyalty_cards_per_merchant(&merchants, None, 9).map(drop), 1),
            ("rewards", &|tx| tx.rewards_per_card(&cards).map(drop), 1),
            ("accounts", &|tx| tx.accounts_per_consumer(&people).map(drop), 1),
            ("summaries", &|tx| tx.points_summaries(&people, now).map(drop), 2),
            (
                "redemptions",
                &|tx| {
                    tx.redemptions_per_consumer(&of(RedemptionKind::Offer), &people, &first)
                        .map(drop)
                },
                1,
            ),
            (
                "their number",
                &|tx| {
                    tx.count_redemptions_per_consumer(&of(RedemptionKind::Points), &people)
                        .map(drop)
                },
                1,
            ),
            ("total", &|tx| tx.total_uses(&promotions, now).map(drop), 1),
            ("own", &|tx| tx.own_uses(ADA, &merchants, now).map(drop), 1),
            ("books", &|tx| tx.books(None, 100).map(drop), 6),
        ];
        for scope in [Scope::Platform, Scope::Merchant(FIRST), Scope::Person(ADA)] {
            for (name, question, statements) in questions {
                let mut reader = db.own_reader();
                reader.start(None);
                reader.read(scope, question).unwrap();
                assert_eq!(reader.statements(), 1 + statements, "{name}, and BEGIN");
            }
        }
    }
}
