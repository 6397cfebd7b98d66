//! The rows in memory as a fixture: the suite's own yardstick.

use regulars_kernel::{Scope, StoreError};

use super::{Fixture, Ports, World};
use crate::{LoyaltyStore, memory::Memory};

impl Fixture for Memory {
    fn load(&mut self, world: &World) {
        let (below, ground) = (&world.below, &world.below.below);
        let merchants = self.customers().merchants();
        ground.merchants.iter().cloned().for_each(|row| merchants.put_merchant(row));
        ground.stores.iter().cloned().for_each(|row| merchants.put_store(row));
        ground.store_groups.iter().cloned().for_each(|row| merchants.put_store_group(row));
        for (person, merchant) in &ground.joined {
            let membership = regulars_promotion::suite::membership(*person, *merchant);
            self.customers().put_membership(membership);
        }
        below.offers.iter().cloned().for_each(|row| self.promotions().put_offer(row));
        world.cards.iter().cloned().for_each(|row| self.put_card(row));
        world.rewards.iter().cloned().for_each(|row| self.put_reward(row));
        world.books.iter().cloned().for_each(|row| self.put_book(row));
        world.redemptions.iter().cloned().for_each(|row| self.put_redemption(row));
        world.intents.iter().cloned().for_each(|row| self.put_intent(row));
        for (merchant, person) in &world.customers() {
            self.put_orders(*merchant, *person, world.orders_of(*merchant, *person));
            self.put_visits(*merchant, *person, world.visits_of(*merchant, *person));
        }
    }

    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn LoyaltyStore)) {
        work(&mut self.scoped(scope));
    }

    fn write<T: Send + 'static>(
        &mut self,
        scope: Scope,
        work: impl Fn(&mut dyn Ports) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        work(&mut self.scoped(scope))
    }
}
