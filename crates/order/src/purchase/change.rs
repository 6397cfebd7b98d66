//! A newer version of a sale: its order becomes what the source says now, and earns or gives back the difference (rule 11).

use regulars_customer::{
    Membership, Standing,
    merge::{Named, meant},
};
use regulars_kernel::{LoyaltyCardId, OrderItemId};
use regulars_loyalty::{
    Cause, NothingEarned,
    bookkeeping::Occasion,
    refund::Refund,
    sale::{self, Timeliness},
};

use super::{
    Answered, NewPurchase, PurchasePorts, PurchaseWarning, RecordedPurchase, Till, Told,
    WarningKind, content::Content,
};
use crate::{
    Order, OrderError, OrderItem, OrderLink, OrderState, SaleRefund, discount,
    earning::{self, Bought},
    item,
    refund::{self, Restated, known as known_refund, restate},
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
        let discounts = discount::of_order(tx, before.id)?;
        let mut warnings = content.warnings.clone();
        warnings.extend(added);
        if discounts.iter().any(|one| !one.unbacked) {
            warnings = vec![PurchaseWarning::new(WarningKind::Differs, "entitySourceId")];
            self.flag(tx, before.id, &warnings)?;
            let first = link.told.as_ref().map(|told| told.answered.clone()).unwrap_or_default();
            warnings.splice(0..0, first.warnings);
            let answered = Answered { warnings, nothing: first.nothing };
            return Ok(RecordedPurchase { order: before.id, replayed: true, answered });
        }
        // Codes are used up with the first version alone: what was given for others is the merchant's own.
        self.stand_alone(&mut content, None, &mut Vec::new());
        warnings.extend((0..content.codes.len()).map(|nth| {
            let path = format!("redemptionCodes[{nth}]");
            PurchaseWarning::new(WarningKind::CodeNotTaken, path)
        }));
        self.settle(new, &mut content, 0, &mut warnings)?;
        if new.completed_at.is_none() {
            self.keep_time(&mut content, &before, &mut warnings);
        }
        let member = self.buyer_by_now(tx, new, &before, &mut warnings)?;
        let consumer = member.as_ref().map(|member| member.person).or(before.consumer);
        let refunds = refund::of_order(tx, before.id)?;
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
        let version = next_version(&before, link);
        let mut told = Told {
            fingerprint: Some(content.fingerprint),
            source: content.version,
            version,
            answered: Answered::default(),
        };
        if link.told.is_none() {
            // What lines earned is stated anew only of what was told under a name: from here on this is.
            let told = Some(told.clone());
            tx.update_order_link(&OrderLink { told, updated_at: self.now, ..link.clone() })?;
        }
        tx.strip_order(order.merchant, order.id)?;
        tx.clear_earning_lines(order.merchant, Cause::Order(order.id))?;
        let (items, gone) = Self::exchange(tx, &order, &content)?;
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
        let nothing = match &member {
            Some(member) => {
                let order = &restated.order;
                let bought = Bought { order, items: &items, discounts: &discounts, member };
                self.earn_difference(tx, bought, (content.timeliness, version), &restated)?
            }
            None => Vec::new(),
        };
        for refund in waiting.iter().filter(|one| one.refund.is_none()) {
            known_refund::apply(tx, self.actor, before.id, refund, self.now)?;
        }
        self.flag(tx, before.id, &warnings)?;
        let answered = Answered { warnings, nothing };
        told.answered = answered.clone();
        let link = OrderLink { told: Some(told), updated_at: self.now, ..link.clone() };
        tx.update_order_link(&link)?;
        Ok(RecordedPurchase { order: before.id, replayed: false, answered })
    }

    /// Whose a sale is by its newer version: one that names nobody, or nobody who is known, leaves whose it was, and brings nobody
    /// back (rule 7).
    fn buyer_by_now<S: PurchasePorts>(
        &self,
        tx: &mut S,
        new: &NewPurchase,
        before: &Order,
        warnings: &mut Vec<PurchaseWarning>,
    ) -> Result<Option<Membership>, OrderError> {
        if let Some(till) = self.customer(tx, new, warnings)? {
            if before.consumer != Some(till.member.person) {
                till.note(tx, Named::Order(before.id))?;
            }
            return Ok(Some(till.member));
        }
        let Some(person) = before.consumer else { return Ok(None) };
        Ok(meant(tx, self.merchant.id, person)?)
    }

    /// A version that does not say when the sale was leaves when it was.
    fn keep_time(
        &self,
        content: &mut Content,
        before: &Order,
        warnings: &mut Vec<PurchaseWarning>,
    ) {
        let Some(at) = before.completed_at else { return };
        let time = self.time(Some(at));
        content.order.completed_at = Some(at);
        content.order.business_date = before.business_date;
        content.timeliness = time.timeliness;
        warnings.extend(
            time.flag.map(|flag| PurchaseWarning::new(WarningKind::Time(flag), "completedAt")),
        );
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
        tx: &mut S,
        order: &Order,
        content: &Content,
    ) -> Result<(Vec<OrderItem>, Vec<OrderItemId>), OrderError> {
        let mut before = item::of_order(tx, order.id)?;
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

    /// Gives what the newer lines earn more, and takes back what they earn less. Of history that earns nothing, and for whoever is
    /// no live customer any more, nothing is given (rules 7 and 12): what was earned stays, as far as the lines are still there.
    fn earn_difference<S: PurchasePorts>(
        &self,
        tx: &mut S,
        bought: Bought<'_>,
        (timeliness, version): (Timeliness, u32),
        restated: &Restated,
    ) -> Result<Vec<(LoyaltyCardId, NothingEarned)>, OrderError> {
        let gives = self.earns() && bought.member.standing == Standing::Live;
        let timeliness = if gives { timeliness } else { Timeliness::TooLate };
        let known = self.known_of(timeliness, false);
        let given = self.given(restated);
        let sale = (&known, version);
        let nothing = earning::with_sale(tx, self.actor, bought, sale, self.now, |tx, sale| {
            sale::change(tx, Some(sale), &given)
        })?;
        // What is told of them is that it is too long ago, which it is not.
        Ok(if gives { nothing } else { Vec::new() })
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

/// Which version of an order the next is: one that was completed line by line earned before anything was told of it.
fn next_version(before: &Order, link: &OrderLink) -> u32 {
    let first = u32::from(before.state != OrderState::Open);
    link.told.as_ref().map_or(first, |told| told.version.saturating_add(1))
}
