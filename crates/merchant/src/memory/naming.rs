//! Which products something names, and to whom.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use regulars_kernel::{
    LoyaltyCardId, OfferId, OrderId, PersonId, ProductId, RedemptionId, RewardId,
};

/// What names products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namer {
    /// An order.
    Order(OrderId),
    /// An offer.
    Offer(OfferId),
    /// A loyalty card.
    LoyaltyCard(LoyaltyCardId),
    /// A reward.
    Reward(RewardId),
    /// A redemption of a reward.
    Redemption(RedemptionId),
}

/// To whom something names a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// What this person bought or redeemed.
    ToPerson(PersonId),
    /// What a merchant has published, to those who joined it.
    ToMembers,
    /// What is in force, to everyone.
    ToEveryone,
}

/// What there is of both.
#[derive(Clone, Debug, Default)]
pub(super) struct Namings {
    /// What each names.
    by: BTreeMap<Namer, BTreeSet<(ProductId, Naming)>>,
    /// How many name a product to somebody.
    named: BTreeMap<(ProductId, Naming), usize>,
}

impl Namings {
    /// Notes what something names, in place of what it named before.
    pub(super) fn set(&mut self, by: Namer, named: BTreeSet<(ProductId, Naming)>) {
        for naming in &named {
            let count = self.named.entry(*naming).or_default();
            *count = count.saturating_add(1);
        }
        for naming in self.by.insert(by, named).unwrap_or_default() {
            if let Entry::Occupied(mut count) = self.named.entry(naming) {
                *count.get_mut() = count.get().saturating_sub(1);
                if *count.get() == 0 {
                    count.remove();
                }
            }
        }
    }

    /// Whether something names a product to them.
    pub(super) fn name(&self, product: ProductId, to: Naming) -> bool {
        self.named.contains_key(&(product, to))
    }
}
