//! The port suite, in memory.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::NaiveTime;
use regulars_auth::{
    memory::Memory,
    suite::{self, Fixture, Ports},
};
use regulars_kernel::{MerchantId, Scope, StoreGroupId, StoreId, Timestamp};
use regulars_merchant::{Store, StoreGroup};

struct InMemory(Memory);

static LAST_STORE: AtomicI64 = AtomicI64::new(0);

impl Fixture for InMemory {
    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn Ports)) {
        work(&mut self.0.scoped(scope));
    }

    fn open_store(&mut self, merchant: MerchantId) -> StoreId {
        let id = StoreId::new(LAST_STORE.fetch_add(1, Ordering::Relaxed) + 1);
        self.0.customers().merchants().put_store(Store {
            id,
            merchant,
            name: "Market".to_owned(),
            location: None,
            phone_number: None,
            country: None,
            state: None,
            city: None,
            street: None,
            zip_code: None,
            tax_rate: None,
            time_zone: None,
            day_starts_at: NaiveTime::MIN,
            late_hours: Store::DEFAULT_LATE_HOURS,
            till_redemption: None,
            is_active: true,
            archived: false,
            extra_info: None,
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
        });
        id
    }

    fn group_stores(&mut self, merchant: MerchantId, stores: &[StoreId]) -> StoreGroupId {
        let id = StoreGroupId::new(LAST_STORE.fetch_add(1, Ordering::Relaxed) + 1);
        self.0.customers().merchants().put_store_group(StoreGroup {
            id,
            merchant,
            name: "Town".to_owned(),
            stores: stores.to_vec(),
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
        });
        id
    }
}

#[test]
fn the_store_in_memory_passes_the_suite() {
    suite::run(&mut InMemory(Memory::new()));
}
