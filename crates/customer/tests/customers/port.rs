//! The store in memory passes the suite of its port.

use regulars_customer::{
    CustomerStore,
    memory::Memory,
    suite::{self, Fixture, World},
};
use regulars_kernel::{Scope, StoreError};

struct InMemory(Memory);

impl Fixture for InMemory {
    fn load(&mut self, world: &World) {
        for merchant in &world.merchants {
            self.0.merchants().put_merchant(merchant.clone());
        }
        for person in &world.people {
            self.0.put_person(person.clone());
        }
        for (merchant, person) in &world.staff {
            self.0.put_staff(*merchant, *person);
        }
        for membership in &world.memberships {
            self.0.put_membership(membership.clone());
        }
    }

    fn read<T: Send + 'static>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn CustomerStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        work(&mut self.0.scoped(scope))
    }

    /// What fails here fails before it writes, but for a person who stays without a membership.
    fn write<T: Send + 'static>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn CustomerStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        work(&mut self.0.scoped(scope))
    }
}

#[test]
fn the_store_in_memory_passes_the_suite() {
    suite::run(&mut InMemory(Memory::new()));
}
