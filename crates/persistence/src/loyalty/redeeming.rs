//! Promises and redemptions, written under the locks of what they count against.

use diesel::sql_types::BigInt;
use regulars_kernel::{
    EntryId, HoldId, IntentId, MerchantId, Money, OfferId, OrderId, Page, PageRequest, PersonId,
    RedemptionId, RewardId, Scope, StoreError, StoreId, Timestamp,
};
use regulars_loyalty::{
    IntentQuery, IntentSort, IntentState, LoyaltyReward, LoyaltyStore, PromotionId, Redeemed,
    RedeemingStore, Redemption, RedemptionIntent, RedemptionQuery, RedemptionSort,
};
use regulars_promotion::FixedCode;

use super::{
    inserted,
    intent::{self, IntentRow, intents},
    listed, redemption,
};
use crate::{
    Tx,
    statement::{Bind, Statement},
};

impl RedeemingStore for Tx<'_> {
    fn lock_promotion(&mut self, promotion: PromotionId) -> Result<(), StoreError> {
        // SQLite has one writer: there is nothing to lock.
        if self.lock().is_empty() {
            return Ok(());
        }
        let (table, id) = match promotion {
            PromotionId::Offer(id) => ("SELECT p.id FROM offer p WHERE p.id = ", id.get()),
            PromotionId::Card(id) => ("SELECT p.id FROM loyalty_card p WHERE p.id = ", id.get()),
        };
        let mut statement = Statement::<BigInt>::new(table).bind(id);
        push_near(&mut statement, self.scope());
        statement.sql(self.lock()).load::<i64>(self.connection)?;
        Ok(())
    }

    fn lock_reward(&mut self, reward: RewardId) -> Result<Option<LoyaltyReward>, StoreError> {
        if !self.lock().is_empty() {
            let mut statement =
                Statement::<BigInt>::new("SELECT p.id FROM loyalty_reward p WHERE p.id = ")
                    .bind(reward.get());
            push_near(&mut statement, self.scope());
            statement.sql(self.lock()).load::<i64>(self.connection)?;
        }
        Ok(self.rewards(&[reward])?.pop())
    }

    fn change_stock(&mut self, reward: RewardId, by: i64) -> Result<(), StoreError> {
        let mut statement = Statement::<()>::new("UPDATE loyalty_reward SET stock = stock + ")
            .bind(by)
            .sql(" WHERE id = ")
            .bind(reward.get())
            .sql(" AND stock IS NOT NULL");
        if let Some(merchant) = self.scope().merchant() {
            statement.push(" AND merchant_id = ");
            statement.push_bind(merchant.get());
        }
        statement.execute(self.connection)?;
        Ok(())
    }

    fn promised_of_reward(&mut self, reward: RewardId, now: Timestamp) -> Result<i64, StoreError> {
        let mut statement = Statement::<BigInt>::new(
            "SELECT COUNT(*) FROM redemption_intent p WHERE p.state = 'OPEN' \
             AND p.loyalty_reward_id = ",
        )
        .bind(reward.get())
        .sql(" AND p.expires_at > ")
        .bind(now.micros());
        push_near(&mut statement, self.scope());
        Ok(statement.first(self.connection)?.unwrap_or_default())
    }

    fn insert_intent(&mut self, new: &RedemptionIntent) -> Result<IntentId, StoreError> {
        insert_intent(self, new)
    }

    fn intent_of_code(
        &mut self,
        merchant: MerchantId,
        code: &str,
    ) -> Result<Option<RedemptionIntent>, StoreError> {
        let statement = intents(self.scope())
            .sql(" AND c.merchant_id = ")
            .bind(merchant.get())
            .sql(" AND c.code = ")
            .bind(code)
            .sql(" ORDER BY c.state = 'OPEN' DESC, c.id DESC LIMIT 1");
        statement.first::<IntentRow>(self.connection)?.map(IntentRow::intent).transpose()
    }

    fn lock_intent(&mut self, id: IntentId) -> Result<Option<RedemptionIntent>, StoreError> {
        let statement = intents(self.scope()).sql(" AND c.id = ").bind(id.get()).sql(self.lock());
        statement.first::<IntentRow>(self.connection)?.map(IntentRow::intent).transpose()
    }

    fn intents(&mut self, ids: &[IntentId]) -> Result<Vec<RedemptionIntent>, StoreError> {
        let ids = ids.iter().map(|id| id.get()).collect::<Bind>();
        let rows: Vec<IntentRow> =
            intents(self.scope()).sql(" AND c.id").is_in(ids).load(self.connection)?;
        rows.into_iter().map(IntentRow::intent).collect()
    }

    fn list_intents(
        &mut self,
        query: &IntentQuery,
        page: &PageRequest<IntentSort>,
    ) -> Result<Page<RedemptionIntent>, StoreError> {
        intent::list(self, query, page)
    }

    fn count_intents(&mut self, query: &IntentQuery) -> Result<u64, StoreError> {
        intent::count(self, query)
    }

    fn intents_per_offer(
        &mut self,
        query: &IntentQuery,
        offers: &[OfferId],
        page: &PageRequest<IntentSort>,
    ) -> Result<Vec<(OfferId, Page<RedemptionIntent>)>, StoreError> {
        intent::per_offer(self, query, offers, page)
    }

    fn count_intents_per_offer(
        &mut self,
        query: &IntentQuery,
        offers: &[OfferId],
    ) -> Result<Vec<(OfferId, u64)>, StoreError> {
        intent::count_per_offer(self, query, offers)
    }

    fn redemptions_per_offer(
        &mut self,
        query: &RedemptionQuery,
        offers: &[OfferId],
        page: &PageRequest<RedemptionSort>,
    ) -> Result<Vec<(OfferId, Page<Redemption>)>, StoreError> {
        redemption::per_offer(self, query, offers, page)
    }

    fn count_redemptions_per_offer(
        &mut self,
        query: &RedemptionQuery,
        offers: &[OfferId],
    ) -> Result<Vec<(OfferId, u64)>, StoreError> {
        redemption::count_per_offer(self, query, offers)
    }

    fn end_intent(&mut self, intent: IntentId, state: IntentState) -> Result<(), StoreError> {
        let merchant = self.merchant()?;
        let statement = Statement::<()>::new("UPDATE redemption_intent SET state = ")
            .bind(state.name())
            .sql(" WHERE state = 'OPEN' AND id = ")
            .bind(intent.get())
            .sql(" AND merchant_id = ")
            .bind(merchant.get());
        match statement.execute(self.connection)? {
            1 => Ok(()),
            _ => Err(StoreError::OutOfScope("the promise is not open")),
        }
    }

    fn lapse_intents_of(
        &mut self,
        promotion: PromotionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let merchant = self.merchant()?;
        let (column, id) = match promotion {
            PromotionId::Offer(id) => (" AND offer_id = ", id.get()),
            PromotionId::Card(id) => (" AND loyalty_card_id = ", id.get()),
        };
        Statement::<()>::new("UPDATE redemption_intent SET state = 'LAPSED' WHERE merchant_id = ")
            .bind(merchant.get())
            .sql(column)
            .bind(id)
            .sql(" AND state = 'OPEN' AND expires_at <= ")
            .bind(now.micros())
            .execute(self.connection)
            .map(drop)
    }

    fn bind_intent(&mut self, intent: IntentId, order: Option<OrderId>) -> Result<(), StoreError> {
        let merchant = self.merchant()?;
        let touched = Statement::<()>::new("UPDATE redemption_intent SET order_id = ")
            .bind(order.map(OrderId::get))
            .sql(" WHERE merchant_id = ")
            .bind(merchant.get())
            .sql(" AND id = ")
            .bind(intent.get())
            .execute(self.connection)?;
        one(touched, "the promise is not there")
    }

    fn redemptions_of_order(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<Vec<Redemption>, StoreError> {
        redemption::of_order(self, merchant, order)
    }

    fn lapse_intents(&mut self, now: Timestamp, most: u16) -> Result<usize, StoreError> {
        // Those that set something aside lapse with their hold.
        let mut statement = Statement::<()>::new(
            "UPDATE redemption_intent SET state = 'LAPSED' WHERE id IN (\
             SELECT p.id FROM redemption_intent p WHERE p.state = 'OPEN' AND p.hold_id IS NULL \
             AND p.expires_at <= ",
        )
        .bind(now.micros());
        push_near(&mut statement, self.scope());
        statement
            .sql(" ORDER BY p.expires_at LIMIT ")
            .bind(i64::from(most))
            .dialect(" FOR UPDATE SKIP LOCKED)", ")")
            .execute(self.connection)
    }

    fn insert_redemption(
        &mut self,
        new: &Redemption,
        intent: Option<IntentId>,
    ) -> Result<RedemptionId, StoreError> {
        insert_redemption(self, new, intent)
    }

    fn set_redemption_entry(
        &mut self,
        redemption: RedemptionId,
        entry: EntryId,
    ) -> Result<(), StoreError> {
        let merchant = self.merchant()?;
        let touched = Statement::<()>::new("UPDATE redemption SET entry_id = ")
            .bind(entry.get())
            .sql(" WHERE merchant_id = ")
            .bind(merchant.get())
            .sql(" AND id = ")
            .bind(redemption.get())
            .execute(self.connection)?;
        one(touched, "the redemption is not there")
    }

    fn reverse_redemption(
        &mut self,
        redemption: RedemptionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let merchant = self.merchant()?;
        let touched =
            Statement::<()>::new("UPDATE redemption SET reversed_at = COALESCE(reversed_at, ")
                .bind(now.micros())
                .sql("), updated_at = ")
                .bind(now.micros())
                .sql(" WHERE merchant_id = ")
                .bind(merchant.get())
                .sql(" AND id = ")
                .bind(redemption.get())
                .execute(self.connection)?;
        one(touched, "the redemption is not there")
    }

    fn offer_of_fixed_code(
        &mut self,
        merchant: MerchantId,
        code: &FixedCode,
    ) -> Result<Option<OfferId>, StoreError> {
        if self.scope().merchant().is_some_and(|own| own != merchant) {
            return Ok(None);
        }
        let id: Option<i64> = Statement::<BigInt>::new(
            "SELECT p.id FROM offer p WHERE p.redemption_code_type = 'FIXED' AND NOT p.archived \
             AND p.merchant_id = ",
        )
        .bind(merchant.get())
        .sql(" AND p.code_key = ")
        .bind(code.key())
        .first(self.connection)?;
        Ok(id.map(OfferId::new))
    }
}

fn one(touched: usize, what: &'static str) -> Result<(), StoreError> {
    if touched == 1 { Ok(()) } else { Err(StoreError::OutOfScope(what)) }
}

/// Appends the condition that the rows `p` are of the scope's merchant, where it is one.
fn push_near<ST>(statement: &mut Statement<ST>, scope: Scope) {
    if let Some(merchant) = scope.merchant() {
        statement.push(" AND p.merchant_id = ");
        statement.push_bind(merchant.get());
    }
}

/// What a promise or a redemption is of: offer, card, reward.
fn named(promotion: PromotionId, reward: Option<RewardId>) -> [Bind; 3] {
    let (offer, card) = match promotion {
        PromotionId::Offer(id) => (Some(id.get()), None),
        PromotionId::Card(id) => (None, Some(id.get())),
    };
    [offer.into(), card.into(), reward.map(RewardId::get).into()]
}

fn insert_intent(tx: &mut Tx<'_>, new: &RedemptionIntent) -> Result<IntentId, StoreError> {
    tx.require_merchant(new.merchant, StoreError::OutOfScope("the promise is another's"))?;
    let [offer, card, reward] = named(new.promised.promotion(), new.promised.reward());
    let row = [
        new.merchant.get().into(),
        new.promised.kind().name().into(),
        new.person.map(PersonId::get).into(),
        new.store.map(StoreId::get).into(),
        offer,
        card,
        reward,
        new.hold.map(HoldId::get).into(),
        new.code.clone().into(),
        new.state.name().into(),
        new.expires_at.micros().into(),
        new.created_at.micros().into(),
    ];
    // A code that is taken is tried with another: it must not undo what was set aside.
    let id = tx.attempt(|tx| {
        let statement = Statement::<BigInt>::new(
            "INSERT INTO redemption_intent (merchant_id, kind, person_id, store_id, offer_id, \
             loyalty_card_id, loyalty_reward_id, hold_id, code, state, expires_at, created_at) \
             VALUES (",
        );
        inserted(tx, listed(statement, row))
    })?;
    Ok(IntentId::new(id?))
}

fn insert_redemption(
    tx: &mut Tx<'_>,
    new: &Redemption,
    intent: Option<IntentId>,
) -> Result<RedemptionId, StoreError> {
    tx.require_merchant(new.merchant, StoreError::OutOfScope("the redemption is another's"))?;
    let points = match new.redeemed {
        Redeemed::Offer { .. } => None,
        Redeemed::Points { points, .. } => Some(points.get()),
        Redeemed::Stamps { stamps, .. } => Some(stamps.get()),
    };
    let [offer, card, reward] = named(new.redeemed.promotion(), new.redeemed.reward());
    let row = [
        new.merchant.get().into(),
        new.redeemed.kind().name().into(),
        new.person.map(PersonId::get).into(),
        new.store.map(StoreId::get).into(),
        offer,
        card,
        reward,
        intent.map(IntentId::get).into(),
        new.order.map(OrderId::get).into(),
        new.entry.map(EntryId::get).into(),
        points.into(),
        new.amount.map(Money::minor).into(),
        new.amount.map(|amount| amount.currency().code().to_owned()).into(),
        new.created_at.micros().into(),
        new.updated_at.micros().into(),
    ];
    let statement = Statement::<BigInt>::new(
        "INSERT INTO redemption (merchant_id, kind, person_id, store_id, offer_id, \
         loyalty_card_id, loyalty_reward_id, redemption_intent_id, order_id, entry_id, points, \
         amount, currency, created_at, updated_at) VALUES (",
    );
    Ok(RedemptionId::new(inserted(tx, listed(statement, row))?))
}
