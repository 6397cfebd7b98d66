//! The worlds themselves, without a database: references, unique keys, the tour's people, and every book.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use regulars_customer::LoyaltyId;
use regulars_kernel::{AccountId, EntryId, HoldId, LotId, Points, Timestamp};
use regulars_loyalty::{
    Account, Book, Cause, Entry, EntryKind, Hold, HoldLot, HoldState, Lot, LotUse, ledger,
};

use super::{
    row::*,
    world::{DAY, batches},
    *,
};

const NOW: i64 = 1_795_392_000_000_000;

fn plan(consumers: u32, orders: u32, merchants: u32) -> Plan {
    Plan { consumers, orders, merchants, seed: 1, now: NOW, password_hash: "hash".to_owned() }
}

#[test]
fn a_world_has_its_present_on_the_day_that_is_named() {
    let size = |today: &str| cli::WorldSize { today: today.parse().ok(), ..Default::default() };
    let keys = || Keys::generate(&mut rand::rng());
    let now = Timestamp::from_micros(NOW + 1);
    let named = Plan::new(&size("2026-11-23"), now, keys(), 4).unwrap();
    let running = Plan::new(&size(""), now, keys(), 4).unwrap();
    assert_eq!(named.now, NOW);
    assert_eq!(running.now, NOW);
    let other = Plan::new(&size("2026-11-24"), now, keys(), 4).unwrap();
    assert_eq!(other.now, NOW + DAY);
}

/// All batches in one; says what is wrong with their order.
fn whole(plan: &Plan) -> Batch {
    let mut all = Batch::default();
    for batch in batches(plan.clone()) {
        all.progress += batch.progress;
        extend(&mut all, batch);
    }
    all
}

macro_rules! extend {
    ($all:expr, $batch:expr, $($table:ident),+) => { $($all.$table.extend($batch.$table);)+ };
}

fn extend(all: &mut Batch, batch: Batch) {
    extend!(
        all,
        batch,
        person,
        merchant,
        store,
        store_group,
        store_group_member,
        role,
        staff_member,
        staff_role,
        staff_store,
        product,
        membership,
        membership_card,
        membership_search,
        campaign,
        offer,
        loyalty_card,
        campaign_store,
        offer_store,
        offer_store_group,
        offer_product,
        loyalty_reward,
        orders,
        order_link,
        order_item,
        visit,
        account,
        entry,
        lot,
        lot_use,
        hold,
        hold_lot,
        redemption_intent,
        redemption
    );
}

fn unique<T: Ord>(what: &str, keys: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for key in keys {
        assert!(set.insert(key), "{what} occurs twice");
    }
    set
}

#[test]
fn the_same_plan_makes_the_same_world() {
    let plan = plan(320, 700, 3);
    assert_eq!(whole(&plan), whole(&plan));
    let other = Plan { seed: 2, ..plan.clone() };
    assert_ne!(whole(&plan).person, whole(&other).person);
}

#[test]
fn a_world_has_the_size_it_was_asked_for() {
    for (consumers, orders, merchants) in
        [(300, 0, 2), (300, 5, 50), (400, 1_500, 2), (5_000, 9_000, 7)]
    {
        let plan = plan(consumers, orders, merchants);
        let world = whole(&plan);
        let people = world.person.iter().filter(|row| row.user_type == "CONSUMER").count();
        assert_eq!(people, consumers as usize);
        assert_eq!(world.orders.len(), orders as usize);
        assert_eq!(world.merchant.len(), merchants as usize);
        assert_eq!(world.progress, plan.size());
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_key_is_unique() {
    for plan in [plan(400, 1_500, 2), plan(3_000, 12_000, 5)] {
        let world = whole(&plan);
        let people = unique("person", world.person.iter().map(|row| row.id));
        unique("email", world.person.iter().filter_map(|row| row.email_key.clone()));
        unique("loyalty id", world.person.iter().filter_map(|row| row.loyalty_id.clone()));
        for row in &world.person {
            if let Some(id) = &row.loyalty_id {
                LoyaltyId::parse(id).unwrap();
            }
        }
        let stores = unique("store", world.store.iter().map(|row| (row.merchant_id, row.id)));
        let roles = unique("role", world.role.iter().map(|row| (row.merchant_id, row.id)));
        let staff = world.staff_member.iter().map(|row| (row.merchant_id, row.person_id));
        let staff = unique("staff", staff);
        let held = world.staff_role.iter();
        unique("role of staff", held.clone().map(|row| (row.person_id, row.role_id)));
        assert!(held.clone().all(|row| roles.contains(&(row.merchant_id, row.role_id))));
        let holders: BTreeSet<_> = held.map(|row| (row.merchant_id, row.person_id)).collect();
        assert_eq!(holders, staff, "everybody has a role");
        let members = unique(
            "membership",
            world.membership.iter().map(|row| (row.merchant_id, row.person_id)),
        );
        let sources = world.membership.iter().filter(|row| row.entity_source_id.is_some());
        unique(
            "source",
            sources.map(|row| (row.merchant_id, row.entity_source, row.entity_source_id.clone())),
        );
        let managed =
            world.membership.iter().filter(|row| row.managed && !row.email_key.is_empty());
        unique("managed email", managed.map(|row| (row.merchant_id, row.email_key.clone())));
        unique(
            "card",
            world.membership_card.iter().map(|row| (row.merchant_id, row.card_key.clone())),
        );
        let searched = unique(
            "search",
            world.membership_search.iter().map(|row| (row.merchant_id, row.person_id)),
        );
        unique("search id", world.membership_search.iter().map(|row| row.id));
        assert_eq!(members, searched);
        assert!(
            members
                .iter()
                .all(|(merchant, person)| people.contains(merchant) && people.contains(person))
        );
        let orders = unique("order", world.orders.iter().map(|row| (row.merchant_id, row.id)));
        unique(
            "order number",
            world.orders.iter().map(|row| (row.merchant_id, row.number.clone())),
        );
        for row in &world.orders {
            assert!(stores.contains(&(row.merchant_id, row.store_id)));
            assert!(
                row.person_id.is_none_or(|person| members.contains(&(row.merchant_id, person)))
            );
            assert!(people.contains(&row.waiter_id));
            assert!(row.total >= 0 && row.created_at < NOW && row.updated_at < NOW);
        }
        assert!(world.orders.windows(2).all(|pair| pair[0].id < pair[1].id));
        unique("item", world.order_item.iter().map(|row| row.id));
        assert!(
            world.order_item.iter().all(|row| orders.contains(&(row.merchant_id, row.order_id)))
        );
        let offers = unique("offer", world.offer.iter().map(|row| (row.merchant_id, row.id)));
        let cards = unique("card", world.loyalty_card.iter().map(|row| (row.merchant_id, row.id)));
        let entries = unique("entry", world.entry.iter().map(|row| (row.merchant_id, row.id)));
        unique(
            "natural key",
            world.entry.iter().map(|row| (row.merchant_id, row.natural_key.clone())),
        );
        let intents =
            unique("intent", world.redemption_intent.iter().map(|row| (row.merchant_id, row.id)));
        unique("code", world.redemption_intent.iter().map(|row| row.code.clone()));
        unique("redemption", world.redemption.iter().map(|row| row.id));
        for row in &world.redemption {
            let merchant = row.merchant_id;
            assert!(
                members.contains(&(merchant, row.person_id))
                    && stores.contains(&(merchant, row.store_id))
            );
            assert!(row.offer_id.is_none_or(|id| offers.contains(&(merchant, id))));
            assert!(row.loyalty_card_id.is_none_or(|id| cards.contains(&(merchant, id))));
            assert!(row.entry_id.is_none_or(|id| entries.contains(&(merchant, id))));
            assert!(row.order_id.is_none_or(|id| orders.contains(&(merchant, id))));
            assert!(row.redemption_intent_id.is_none_or(|id| intents.contains(&(merchant, id))));
        }
        unique(
            "account",
            world.account.iter().map(|row| (row.merchant_id, row.person_id, row.loyalty_card_id)),
        );
        assert!(
            world.account.iter().all(|row| members.contains(&(row.merchant_id, row.person_id))
                && cards.contains(&(row.merchant_id, row.loyalty_card_id)))
        );
    }
}

#[test]
fn batches_never_refer_to_later_ones() {
    let mut known: HashSet<(&str, i64)> = HashSet::new();
    for batch in batches(plan(5_000, 12_000, 3)) {
        let rows = [
            batch.person.iter().map(|row| ("person", row.id)).collect::<Vec<_>>(),
            batch.orders.iter().map(|row| ("order", row.id)).collect(),
            batch.account.iter().map(|row| ("account", row.id)).collect(),
            batch.entry.iter().map(|row| ("entry", row.id)).collect(),
        ];
        known.extend(rows.concat());
        let wanted = [
            batch.membership.iter().map(|row| ("person", row.person_id)).collect::<Vec<_>>(),
            batch.orders.iter().filter_map(|row| Some(("person", row.person_id?))).collect(),
            batch.entry.iter().map(|row| ("account", row.account_id)).collect(),
            batch.lot.iter().map(|row| ("entry", row.entry_id)).collect(),
            batch.redemption.iter().filter_map(|row| Some(("order", row.order_id?))).collect(),
        ];
        assert!(wanted.concat().iter().all(|row| known.contains(row)));
        let rows: usize = batch.clone().into_tables().iter().map(|table| table.rows.len()).sum();
        assert_eq!(rows, batch.len());
        for table in batch.into_tables() {
            assert!(
                table.rows.iter().all(|row| row.len() == table.columns.len()),
                "{}",
                table.table
            );
        }
    }
}

#[test]
fn the_people_of_the_tour_are_there_at_every_size() {
    for plan in [plan(400, 1_500, 2), plan(300, 0, 50), plan(9_000, 100, 4)] {
        let world = whole(&plan);
        let logins: Vec<&str> =
            world.person.iter().filter_map(|row| row.email.as_deref()).collect();
        for login in [
            "merchant@example.com",
            "merchant2@example.com",
            "consumer@example.com",
            "manager@example.com",
            "cashier@example.com",
            "analyst@example.com",
        ] {
            assert!(logins.contains(&login), "{login}");
        }
        let member = world.membership.iter().find(|row| row.person_id == 177).unwrap();
        assert_eq!((member.merchant_id, member.archived), (1, false));
        for kind in ["OFFER", "POINTS", "STAMPS"] {
            let of =
                |row: &&RedemptionRow| (row.merchant_id, row.person_id, row.kind) == (1, 177, kind);
            assert!(world.redemption.iter().any(|row| of(&row)), "{kind} {plan:?}");
        }
    }
}

#[test]
fn the_small_world_has_an_offer_for_every_reason() {
    let world = whole(&plan(400, 1_500, 2));
    let offers: Vec<&OfferRow> =
        world.offer.iter().filter(|offer| offer.merchant_id == 1).collect();
    for (sort, test) in [
        ("over", (|offer| offer.end_time.is_some_and(|end| end < NOW)) as fn(&OfferRow) -> bool),
        ("to come", |offer| offer.start_time.is_some_and(|start| start > NOW)),
        ("on some days", |offer| offer.days_of_week != 127),
        ("at some hours", |offer| offer.day_start_time.is_some()),
        ("for some", |offer| offer.segmentation_rules.is_some()),
        ("once", |offer| !offer.repeatable),
        ("not again at once", |offer| offer.repeat_delay_hours.is_some()),
        ("limited", |offer| offer.enrollment_limit.is_some()),
        ("a draft", |offer| offer.status == "DRAFT"),
        ("paused", |offer| offer.status == "PAUSED"),
        ("archived", |offer| offer.archived),
        ("with a code", |offer| offer.code.is_some()),
        ("of a campaign", |offer| offer.campaign_id.is_some()),
    ] {
        assert!(offers.iter().any(|offer| test(offer)), "{sort}");
    }
    let limited = offers.iter().find(|offer| offer.enrollment_limit.is_some()).unwrap();
    let used = world.redemption.iter().filter(|row| row.offer_id == Some(limited.id)).count();
    assert_eq!(i64::try_from(used).ok(), limited.enrollment_limit);
    for offer in offers {
        if let Some(rules) = offer.segmentation_rules {
            regulars_customer::segment::parse(&serde_json::from_str(rules).unwrap()).unwrap();
        }
    }
    assert!(
        world.membership.iter().any(|row| row.departed)
            && world.membership.iter().any(|row| row.archived)
    );
    assert!(world.orders.iter().any(|row| row.state == "OPEN"));
    assert!(world.hold.iter().any(|row| row.until > NOW + DAY));
}

#[test]
fn rule_18_every_book_adds_up_at_every_size() {
    for plan in [
        plan(300, 0, 2),
        plan(400, 1_500, 2),
        plan(2_000, 40_000, 3),
        Plan { seed: 9, ..plan(6_000, 15_000, 4) },
    ] {
        let books = books(&whole(&plan));
        assert!(!books.is_empty());
        for book in books.values() {
            assert_eq!(ledger::check(book), [], "{:?} of {plan:?}", book.account);
        }
        let sum = |of: fn(&Account) -> Points| {
            books.values().map(|book| of(&book.account).get()).sum::<i64>()
        };
        assert!(sum(|account| account.balance) > 0);
        if plan.orders > 10_000 {
            assert!(sum(|account| account.held) > 0);
            assert!(books.values().any(was_in_debt));
            let kinds: BTreeSet<EntryKind> = books
                .values()
                .flat_map(|book| book.entries.iter().map(|entry| entry.kind))
                .collect();
            let all = [EntryKind::Earn, EntryKind::Redeem, EntryKind::Expire, EntryKind::Reverse];
            assert_eq!(kinds, BTreeSet::from(all));
        }
    }
}

fn was_in_debt(book: &Book) -> bool {
    let mut sum = 0;
    book.entries.iter().any(|entry| {
        sum += entry.amount.get();
        sum < 0
    })
}

fn books(world: &Batch) -> BTreeMap<i64, Book> {
    let mut books: BTreeMap<i64, Book> = BTreeMap::new();
    let instant = Timestamp::from_micros;
    for row in &world.account {
        let account = Account {
            balance: Points::new(row.balance),
            debt: Points::new(row.debt),
            held: Points::new(row.held),
            earned: Points::new(row.earned),
            seq: row.seq,
            head: row.head,
            head_at: instant(row.head_at),
            ..Account::new(
                AccountId::new(row.id),
                row.merchant_id.into(),
                row.person_id.into(),
                row.loyalty_card_id.into(),
                instant(row.created_at),
            )
        };
        books.insert(row.id, Book::new(account));
    }
    let mut account_of_entry = BTreeMap::new();
    for row in &world.entry {
        account_of_entry.insert(row.id, row.account_id);
        books.get_mut(&row.account_id).unwrap().entries.push(Entry {
            id: EntryId::new(row.id),
            account: AccountId::new(row.account_id),
            seq: row.seq,
            kind: EntryKind::from_name(row.kind).unwrap(),
            amount: Points::new(row.amount),
            cause: Cause::from_parts(row.cause, row.cause_id).unwrap(),
            natural_key: row.natural_key.clone(),
            reverses: row.reverses.map(EntryId::new),
            occurred_at: instant(row.occurred_at),
            recorded_at: instant(row.recorded_at),
            business_date: row.business_date.parse().unwrap(),
            actor: None,
            hash: row.hash,
        });
    }
    for row in &world.lot {
        books.get_mut(&row.account_id).unwrap().lots.push(Lot {
            id: LotId::new(row.id),
            account: AccountId::new(row.account_id),
            entry: EntryId::new(row.entry_id),
            amount: Points::new(row.amount),
            remaining: Points::new(row.remaining),
            active_from: instant(row.active_from),
            expires_at: row.expires_at.map(instant),
            revives: None,
            moved_from: None,
        });
    }
    for row in &world.lot_use {
        let book = books.get_mut(&account_of_entry[&row.entry_id]).unwrap();
        let (entry, lot) = (EntryId::new(row.entry_id), LotId::new(row.lot_id));
        book.lot_uses.push(LotUse { entry, lot, amount: Points::new(row.amount) });
    }
    let mut account_of_hold = BTreeMap::new();
    for row in &world.hold {
        account_of_hold.insert(row.id, row.account_id);
        books.get_mut(&row.account_id).unwrap().holds.push(Hold {
            id: HoldId::new(row.id),
            account: AccountId::new(row.account_id),
            amount: Points::new(row.amount),
            until: instant(row.until),
            state: HoldState::from_name(row.state).unwrap(),
            created_at: instant(row.created_at),
            ended_at: None,
        });
    }
    for row in &world.hold_lot {
        let book = books.get_mut(&account_of_hold[&row.hold_id]).unwrap();
        let (hold, lot) = (HoldId::new(row.hold_id), LotId::new(row.lot_id));
        book.hold_lots.push(HoldLot { hold, lot, amount: Points::new(row.amount) });
    }
    books
}
