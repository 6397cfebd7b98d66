//! Whose an order is.

use regulars_customer::{CustomerStore, Identified, Identifier, identity::identify, join::by_sale};
use regulars_kernel::{Actor, Change, MerchantId, PersonId, Timestamp};

use crate::OrderError;

/// What an order says of its buyer, as it came in. Both at once have to name the same customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyer {
    /// By number (`consumerId`).
    pub consumer: Change<PersonId>,
    /// By a loyalty id, or one of the merchant's own card numbers (`consumerLoyaltyId`, rule 5).
    pub loyalty_id: Change<String>,
}

impl Buyer {
    /// Who that is. A registered person who shows a loyalty id joins with it, their name being seen; of one who left the
    /// sale is kept without a customer (rule 7). Needs what [`identify`] needs.
    pub(crate) fn find(
        &self,
        tx: &mut impl CustomerStore,
        actor: &Actor,
        merchant: MerchantId,
        now: Timestamp,
    ) -> Result<Change<PersonId>, OrderError> {
        let loyalty_id = self.loyalty_id.value().filter(|typed| !typed.trim().is_empty()).cloned();
        let who =
            Identifier { id: self.consumer.value().copied(), loyalty_id, ..Identifier::default() };
        if who == Identifier::default() {
            let keeps = self.consumer.is_keep() && self.loyalty_id.is_keep();
            return Ok(if keeps { Change::Keep } else { Change::Clear });
        }
        Ok(match identify(tx, actor, &who)? {
            Identified::Member(consumer) | Identified::Oneself(consumer) => {
                Change::Set(consumer.id)
            }
            Identified::Newcomer(stranger) => by_sale(tx, merchant, &stranger, now)?.into(),
        })
    }
}
