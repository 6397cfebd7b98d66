use regulars_customer::{
    ConsumerFilter,
    filter::Audience,
    segment::{self, SegmentFacts},
};
use regulars_kernel::Currency;
use regulars_loyalty::LoyaltyStore;

use super::*;
use crate::suite::{
    self, Fixture, World,
    world::{ADA, BEN},
};

impl Fixture for Memory {
    fn load(&mut self, world: &World) {
        let places = self.customers().merchants();
        world.places.merchants.iter().cloned().for_each(|row| places.put_merchant(row));
        world.places.stores.iter().cloned().for_each(|row| places.put_store(row));
        world.places.products.iter().cloned().for_each(|row| places.put_product(row));
        world.people.iter().cloned().for_each(|row| self.customers().put_person(row));
        world.memberships.iter().cloned().for_each(|row| self.customers().put_membership(row));
        world.orders.iter().cloned().for_each(|row| self.put_order(row));
        world.items.iter().cloned().for_each(|row| self.put_item(row));
    }

    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn OrderStore)) {
        work(&mut self.scoped(scope));
    }

    fn write(&mut self, scope: Scope, work: impl Fn(&mut dyn OrderStore) + Send + 'static) {
        work(&mut self.scoped(scope));
    }
}

impl suite::visits::VisitFixture for Memory {
    fn write_visits(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn crate::VisitStore) + Send + 'static,
    ) {
        work(&mut self.scoped(scope));
    }
}

impl suite::purchases::PurchaseFixture for Memory {
    fn write_purchases(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn suite::purchases::Both) + Send + 'static,
    ) {
        work(&mut self.scoped(scope));
    }
}

#[test]
fn the_suite_of_whole_sales_passes() {
    suite::purchases::run(&mut Memory::new());
}

#[test]
fn the_suite_of_visits_passes() {
    suite::visits::run(&mut Memory::new());
}

#[test]
fn rules_27_and_28_rows_move_and_come_back() {
    let mut memory = Memory::new();
    memory.load(&suite::world());
    suite::merges::nobody_else(&mut memory.scoped(Scope::Merchant(MerchantId::new(62))));
    suite::merges::nobody_else(&mut memory.scoped(Scope::Person(ADA)));
    suite::merges::story(&mut memory.scoped(Scope::Merchant(MerchantId::new(61))));
}

#[test]
fn the_port_suite_passes() {
    suite::run(&mut Memory::new());
}

/// Who of the first merchant's customers fits rules.
fn fitting(memory: &Memory, rules: &str) -> Vec<PersonId> {
    let audience = Audience {
        segment: segment::parse_text(rules).unwrap(),
        currency: Currency::EUR,
        today: suite::world::at(0).to_utc().date_naive(),
    };
    let filter = ConsumerFilter { segment: Some(audience), ..ConsumerFilter::default() };
    let mut store = memory.scoped(Scope::Merchant(MerchantId::new(61)));
    let page = store.list_consumers(&filter, &PageRequest::first(100)).unwrap();
    page.items.iter().map(|consumer| consumer.id).collect()
}

#[test]
fn rule_31_segments_of_customers_know_their_completed_orders() {
    let mut memory = Memory::new();
    memory.load(&suite::world());
    for (rules, people) in [
        (r#"[["orders__count", "gte", 1]]"#, &[ADA, BEN][..]),
        // Open, voided and wholly refunded orders do not count; totals are net of refunds.
        (r#"[["orders__count", "exact", 3]]"#, &[ADA]),
        (r#"[["orders__count", "exact", 1]]"#, &[BEN]),
        (r#"[["orders__product", "exact", "401"]]"#, &[ADA, BEN]),
        (r#"[["orders__store", "exact", "102"]]"#, &[ADA]),
        (r#"[["orders__store", "exact", "200"]]"#, &[]),
    ] {
        assert_eq!(fitting(&memory, rules), people, "{rules}");
    }
}

#[test]
fn rule_31_segments_follow_what_is_written() {
    let mut memory = Memory::new();
    let world = suite::world();
    memory.load(&world);
    let bought = r#"[["orders__product", "exact", "401"]]"#;
    let counts = |number| fitting(&memory, &format!(r#"[["orders__count", "exact", {number}]]"#));
    assert_eq!((counts(3), counts(2), counts(1)), (vec![ADA], vec![], vec![BEN]));
    // One of Ada's orders turns out to be Ben's: neither keeps what is the other's.
    let order = world.orders.iter().find(|order| order.id == OrderId::new(501)).unwrap();
    memory.put_order(Order { consumer: Some(BEN), ..order.clone() });
    assert_eq!((counts(3), counts(2), counts(1)), (vec![], vec![ADA, BEN], vec![]));
    // No line names the product any more.
    for item in &world.items {
        memory.put_item(OrderItem { product: None, ..item.clone() });
    }
    assert_eq!(fitting(&memory, bought), []);
}

#[test]
fn one_value_has_the_ports_of_every_crate_below() {
    fn fill(
        tx: &mut (impl LoyaltyStore + CustomerStore + OrderStore),
        facts: &mut [SegmentFacts],
    ) -> Vec<i64> {
        let needs = segment::parse_text(r#"[["orders__count", "gte", 1]]"#).unwrap().needs();
        tx.complete_facts(facts, needs).unwrap();
        facts.iter().map(|facts| facts.orders.count).collect()
    }
    let mut memory = Memory::new();
    let world = suite::world();
    memory.load(&world);
    let merchant = MerchantId::new(61);
    let today = suite::world::at(0).to_utc().date_naive();
    let members = world
        .memberships
        .iter()
        .filter(|member| member.merchant == merchant && [ADA, BEN].contains(&member.person));
    let facts: Vec<_> =
        members.map(|member| SegmentFacts::of(member.clone(), Currency::EUR, today)).collect();
    let mut own = memory.scoped(Scope::Merchant(merchant));
    let known = fill(&mut own, &mut facts.clone());
    assert!(known.iter().all(|orders| *orders > 0), "{known:?}");
    let mut other = memory.scoped(Scope::Merchant(MerchantId::new(62)));
    assert_eq!(fill(&mut other, &mut facts.clone()), [0, 0]);
}

#[test]
fn a_transaction_that_fails_leaves_nothing_behind_in_any_crate() {
    use regulars_customer::Standing;
    use regulars_kernel::{LoyaltyCardId, OrderId};
    use regulars_loyalty::LoyaltyStore as _;

    let mut memory = Memory::new();
    memory.load(&suite::world::world());
    let (merchant, now) = (MerchantId::new(61), suite::world::at(5));
    let scope = Scope::Merchant(merchant);
    let left = |memory: &Memory| {
        let mut tx = memory.scoped(scope);
        let member = tx.find_membership(merchant, ADA).unwrap().unwrap();
        let order = tx.find_order(merchant, OrderId::new(501)).unwrap().unwrap();
        let accounts = tx.accounts_per_consumer(&[ADA]).unwrap().len();
        (member.standing != Standing::Live, order.deleted_at.is_some(), accounts)
    };
    let change = |tx: &mut MemoryStore| {
        let member = tx.find_membership(merchant, ADA)?.unwrap();
        tx.update_membership(&regulars_customer::Membership {
            standing: Standing::Archived(now),
            ..member
        })?;
        let order = tx.find_order(merchant, OrderId::new(501))?.unwrap();
        tx.update_order(&Order { deleted_at: Some(now), ..order })?;
        tx.open_account(merchant, ADA, LoyaltyCardId::new(1), now).map(drop)
    };
    let failed = memory.write(scope, |tx| change(tx).and(Err::<(), _>(StoreError::Contended)));
    assert!(matches!(failed, Err(StoreError::Contended)));
    assert_eq!(left(&memory), (false, false, 0));
    memory.write(scope, change).unwrap();
    assert_eq!(left(&memory), (true, true, 1));
}
