//! Whose an order is.

use regulars_customer::{
    CustomerStore, Identified, Identifier,
    identity::identify,
    join::{AtTill, asked_for, by_sale},
    merge::{Named, meant},
};
use regulars_kernel::{Actor, Change, MerchantId, OrderId, PersonId, Timestamp};

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
    ) -> Result<Found, OrderError> {
        let loyalty_id = self.loyalty_id.value().filter(|typed| !typed.trim().is_empty()).cloned();
        let who =
            Identifier { id: self.consumer.value().copied(), loyalty_id, ..Identifier::default() };
        if who == Identifier::default() {
            let keeps = self.consumer.is_keep() && self.loyalty_id.is_keep();
            let consumer = if keeps { Change::Keep } else { Change::Clear };
            return Ok(Found { consumer, named_as: None });
        }
        let identified = identify(tx, actor, &who)?;
        if let Identified::Newcomer(stranger) = &identified {
            let consumer = by_sale(tx, merchant, stranger, now)?.into();
            return Ok(Found { consumer, named_as: None });
        }
        let asked = asked_for(&identified);
        // Locked, so that no merge overtakes what is written for them.
        let found = meant(tx, merchant, asked)?.map(|member| AtTill::of(member, asked));
        let named_as = found.as_ref().and_then(|found| found.named_as);
        Ok(Found { consumer: found.map(|found| found.member.person).into(), named_as })
    }
}

/// Whom an order's buyer is, where something was said of them.
pub(crate) struct Found {
    /// The customer.
    pub(crate) consumer: Change<PersonId>,
    /// The one who was named, where they were merged into the customer: the order goes back to them by an undo (rule 28).
    pub(crate) named_as: Option<PersonId>,
}

impl Found {
    /// Notes by whose name an order came, once it has a number.
    pub(crate) fn note(
        &self,
        tx: &mut impl CustomerStore,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<(), OrderError> {
        if let Some(other) = self.named_as {
            tx.note_named(merchant, other, Named::Order(order))?;
        }
        Ok(())
    }
}
