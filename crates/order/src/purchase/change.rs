//! A newer version of a sale: its order becomes what the source says now, and earns or gives back the difference (rule 11).

use regulars_customer::join::revive;
use regulars_kernel::{OrderItemId, StoreAccess};
use regulars_loyalty::{Cause, bookkeeping::Occasion, refund::Refund, sale};

use super::{
    Answered, NewPurchase, PurchasePorts, PurchaseWarning, RecordedPurchase, Till, Told,
    WarningKind, content::Content,
};
use crate::{
    Order, OrderError, OrderItem, OrderLink, SaleRefund,
    earning::{self, Bought},
    refund::{Restated, known as known_refund, restate},
};

impl Till<'_> {
    /// Changes an order, which is locked, to what the newer version says. Refunds stay, spread over the lines as they are now. What a
    /// code or points took off cannot be worked out anew: such an order stays, and somebody looks at it.
    pub(super) fn change<S: PurchasePorts>(
        &self,
        tx: &mut S,
        new: &NewPurchase,
        mut content: Content,
        (before, link): (Order, &OrderLink),
        added: Vec<PurchaseWarning>,
    ) -> Result<RecordedPurchase, OrderError> {
        let (all, ids) = (StoreAccess::All, [before.id]);
        let discounts = tx.discounts_per_order(&ids, &all)?.pop().map(|(_, rows)| rows);
        let mut warnings = content.warnings.clone();
        warnings.extend(added);
        if discounts.unwrap_or_default().iter().any(|one| !one.unbacked) {
            warnings = vec![PurchaseWarning::new(WarningKind::Differs, "entitySourceId")];
            self.flag(tx, before.id, &warnings)?;
            let first = link.told.as_ref().map(|told| told.answered.clone()).unwrap_or_default();
            warnings.splice(0..0, first.warnings);
            let answered = Answered { warnings, nothing: first.nothing };
            return Ok(RecordedPurchase { order: before.id, replayed: true, answered });
        }
        // Codes are used up with the first version alone: what was given for others is the merchant's own.
        self.stand_alone(&mut content, None, &mut Vec::new());
        self.settle(new, &mut content, 0, &mut warnings)?;
        let told = self.customer(tx, &new.customer, &mut warnings)?;
        // A version that names nobody, or nobody who is known, leaves whose it was.
        let member = match (told, before.consumer) {
            (Some(till), _) => Some(till.member),
            (None, Some(person)) => revive(tx, self.merchant.id, person, self.now)?,
            (None, None) => None,
        };
        let consumer = member.as_ref().map(|member| member.person).or(before.consumer);
        let refunds = tx.refunds_per_order(&ids, &all)?.pop().map(|(_, rows)| rows);
        let refunds = refunds.unwrap_or_default();
        let waiting = self.named_refunds(tx, &before, link)?;
        let order = Order {
            id: before.id,
            number: before.number.clone(),
            consumer,
            // What the order is told by its own system stays where a version does not say it.
            entity_source: before.entity_source,
            entity_source_id: before.entity_source_id.clone(),
            created_at: before.created_at,
            ..content.order.clone()
        };
        tx.strip_order(order.merchant, order.id)?;
        tx.clear_earning_lines(order.merchant, Cause::Order(order.id))?;
        let (items, gone) = self.exchange(tx, &order, &content)?;
        let discounts = self.put_extras(tx, &order, &items, &content)?;
        let asked =
            |id| waiting.iter().find(|one| one.refund == Some(id)).and_then(|one| one.amount);
        let refunds = refunds.into_iter().map(|refund| (asked(refund.id), refund));
        let refunds = refunds.map(|(asked, refund)| (refund, asked)).collect();
        let tips = content.tips.iter().fold(0_i64, |sum, tip| sum.saturating_add(tip.minor()));
        let restated = restate(tx, order, (&items, &discounts, tips), refunds)?;
        if restated.clipped {
            warnings.push(PurchaseWarning::new(WarningKind::RefundTooLarge, "items"));
        }
        // No refund is about them any more.
        for line in gone {
            tx.delete_order_item(restated.order.merchant, line)?;
        }
        tx.update_order(&restated.order)?;
        let version = link.told.as_ref().map_or(0, |told| told.version.saturating_add(1));
        let nothing = match member {
            Some(member) if self.earns() => {
                let order = &restated.order;
                let bought =
                    Bought { order, items: &items, discounts: &discounts, member: &member };
                self.earn_difference(tx, bought, (content.timeliness, version), &restated)?
            }
            _ => {
                sale::change(tx, None, &self.given(&restated))?;
                Vec::new()
            }
        };
        for refund in waiting.iter().filter(|one| one.refund.is_none()) {
            known_refund::apply(tx, self.actor, before.id, refund, self.now)?;
        }
        self.flag(tx, before.id, &warnings)?;
        let answered = Answered { warnings, nothing };
        let told = Told {
            fingerprint: Some(content.fingerprint),
            source: content.version,
            version,
            answered: answered.clone(),
        };
        let link = OrderLink { told: Some(told), updated_at: self.now, ..link.clone() };
        tx.update_order_link(&link)?;
        Ok(RecordedPurchase { order: before.id, replayed: false, answered })
    }

    /// The refunds that came under the order's names.
    fn named_refunds<S: PurchasePorts>(
        &self,
        tx: &mut S,
        order: &Order,
        link: &OrderLink,
    ) -> Result<Vec<SaleRefund>, OrderError> {
        let links =
            tx.order_links(self.merchant.id, self.origin, std::slice::from_ref(&link.key))?;
        let own = links.iter().filter(|link| link.order == Some(order.id));
        let ids: Vec<_> = own.map(|link| link.id).collect();
        Ok(tx.sale_refunds(self.merchant.id, &ids)?)
    }

    /// Makes the lines of an order those of the newer version: what is the same article under the same name stays the same line.
    /// Answers the lines, and those that are to go.
    fn exchange<S: PurchasePorts>(
        &self,
        tx: &mut S,
        order: &Order,
        content: &Content,
    ) -> Result<(Vec<OrderItem>, Vec<OrderItemId>), OrderError> {
        let found = tx.items_per_order(&[order.id], &StoreAccess::All)?.pop();
        let mut before = found.map(|(_, items)| items).unwrap_or_default();
        let mut items = Vec::with_capacity(content.items.len());
        let mut new = Vec::new();
        for item in &content.items {
            let item = OrderItem { order: order.id, ..item.clone() };
            let same = |old: &OrderItem| old.product == item.product && old.name == item.name;
            let Some(place) = before.iter().position(same) else {
                new.push(items.len());
                items.push(item);
                continue;
            };
            let old = before.remove(place);
            let kept = OrderItem {
                id: old.id,
                created_at: old.created_at,
                entity_source: old.entity_source,
                entity_source_id: old.entity_source_id.clone(),
                ..item
            };
            if (OrderItem { updated_at: old.updated_at, ..kept.clone() }) != old {
                tx.update_order_item(&kept)?;
            }
            items.push(kept);
        }
        let added: Vec<_> = new.iter().filter_map(|place| items.get(*place).cloned()).collect();
        let ids: Vec<OrderItemId> =
            if added.is_empty() { Vec::new() } else { tx.insert_order_items(&added)? };
        for (place, id) in new.into_iter().zip(ids) {
            if let Some(item) = items.get_mut(place) {
                item.id = id;
            }
        }
        Ok((items, before.into_iter().map(|gone| gone.id).collect()))
    }

    fn earn_difference<S: PurchasePorts>(
        &self,
        tx: &mut S,
        bought: Bought<'_>,
        (timeliness, version): (sale::Timeliness, u32),
        restated: &Restated,
    ) -> Result<Vec<(regulars_kernel::LoyaltyCardId, regulars_loyalty::NothingEarned)>, OrderError>
    {
        let known = self.known_of(timeliness, false);
        let given = self.given(restated);
        earning::with_sale(tx, self.actor, bought, (&known, version), self.now, |tx, sale| {
            sale::change(tx, Some(sale), &given)
        })
    }

    /// What went back of the newer lines.
    fn given<'a>(&self, restated: &'a Restated) -> Refund<'a> {
        Refund {
            merchant: self.merchant.id,
            cause: Cause::Order(restated.order.id),
            lines: &restated.lines,
            whole: restated.whole,
            policy: self.merchant.refund_policy,
            occasion: Occasion::at(self.now, self.merchant.time_zone, self.actor.person()),
        }
    }
}
