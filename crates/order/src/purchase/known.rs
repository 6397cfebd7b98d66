//! A sale that was recorded before (rules 11 and 12).

use regulars_customer::join::named;
use regulars_kernel::OrderId;

use super::{
    Answered, NewPurchase, PurchasePorts, PurchaseWarning, RecordedPurchase, SourceVersion, Till,
    Told, WarningKind, content::Content, put_links,
};
use crate::{Order, OrderError, OrderLink, OrderState};

/// What a new name is to an order that is there.
enum Standing {
    /// The name under which it was recorded, with what was told.
    Told(Told),
    /// The name under which it was put down line by line.
    PutDown,
    /// A name by the way: another one's content counts.
    ByTheWay,
}

impl Till<'_> {
    /// Which order a sale is, where one of its names is known.
    pub(super) fn known<S: PurchasePorts>(
        &self,
        tx: &mut S,
        content: &Content,
    ) -> Result<Names, OrderError> {
        let keys: Vec<_> = content.keys().cloned().collect();
        if keys.is_empty() {
            return Ok(Names::default());
        }
        let links = tx.order_links(self.merchant.id, self.origin, &keys)?;
        let named = |key| links.iter().find(|link| link.is_of(self.origin, key));
        // Its own name goes before the others.
        let order = keys.iter().filter_map(named).find_map(|link| link.order);
        Ok(Names { order, links })
    }

    /// Records a sale that is known: again, otherwise, or in a newer version.
    pub(super) fn again<S: PurchasePorts>(
        &self,
        tx: &mut S,
        new: &NewPurchase,
        content: Content,
        id: OrderId,
    ) -> Result<RecordedPurchase, OrderError> {
        let order = tx.find_order(self.merchant.id, id)?.ok_or(OrderError::OrderNotFound)?;
        // Read under the order's lock: another version may have come meanwhile.
        let names = self.known(tx, &content)?;
        let mut added = Vec::new();
        self.add_names(tx, &content, (&order, &names), &mut added)?;
        let own = content.key.as_ref().and_then(|key| names.of(key, self));
        let own = own.filter(|link| link.order == Some(id));
        let standing = match own {
            Some(link) if is_source(link, &order) => {
                link.told.clone().map_or(Standing::PutDown, Standing::Told)
            }
            _ => Standing::ByTheWay,
        };
        let first = names.answered(&order);
        let source = |told: &Told| told.source;
        let (same, before) = match &standing {
            Standing::ByTheWay => {
                added.push(PurchaseWarning::new(WarningKind::Linked, "entitySourceId"));
                return self.as_before(tx, &order, first, added);
            }
            Standing::PutDown => (false, SourceVersion::default()),
            Standing::Told(told) => {
                let same = told.fingerprint.is_none_or(|known| known == content.fingerprint);
                (same, source(told))
            }
        };
        let newer = content.version.is_newer_than(before);
        let other = same && self.is_of_another(tx, new, &order)?;
        let Some(link) = own else { return self.as_before(tx, &order, first, added) };
        let stays = !newer || !order.is_active();
        if same && (stays || !other) {
            if newer && let Some(told) = link.told.clone() {
                let told = Some(Told { source: content.version, ..told });
                tx.update_order_link(&OrderLink { told, updated_at: self.now, ..link.clone() })?;
            }
            if other {
                added.extend(other_customer(new, &order, &first));
            }
            return self.as_before(tx, &order, first, added);
        }
        let open = order.state == OrderState::Open && order.is_active();
        if !order.is_active() {
            added.push(PurchaseWarning::new(WarningKind::Voided, "entitySourceId"));
            return self.as_before(tx, &order, first, added);
        }
        if newer || open {
            return self.change(tx, new, content, (order, link), added);
        }
        added.push(PurchaseWarning::new(WarningKind::Differs, "entitySourceId"));
        self.as_before(tx, &order, first, added)
    }

    /// Gives an order the names that it has not yet, and says which are another's.
    fn add_names<S: PurchasePorts>(
        &self,
        tx: &mut S,
        content: &Content,
        (order, names): (&Order, &Names),
        added: &mut Vec<PurchaseWarning>,
    ) -> Result<(), OrderError> {
        let mut new = Vec::new();
        for (nth, key) in content.keys().enumerate() {
            match names.of(key, self) {
                None => {
                    let owner = (self.merchant.id, self.origin);
                    new.push(OrderLink::new(owner, key.clone(), Some(order.id), self.now));
                }
                Some(link) if link.order.is_none() => {
                    self.fill(tx, link, order.id, None)?;
                }
                Some(link) if link.order != Some(order.id) => {
                    let path = if content.key.is_some() && nth == 0 {
                        "entitySourceId".to_owned()
                    } else {
                        format!("links[{}]", nth.saturating_sub(1))
                    };
                    added.push(PurchaseWarning::new(WarningKind::LinkTaken, path));
                }
                Some(_) => {}
            }
        }
        put_links(tx, &new)
    }

    /// The customer is no part of what is compared: whether it is another, or one at last, is asked for itself.
    fn is_of_another<S: PurchasePorts>(
        &self,
        tx: &mut S,
        new: &NewPurchase,
        order: &Order,
    ) -> Result<bool, OrderError> {
        if new.customer.is_empty() || new.untried.customer {
            return Ok(false);
        }
        let found = named(tx, self.actor, &new.customer)?;
        Ok(found.is_ok_and(|found| Some(found.person()) != order.consumer))
    }

    /// The first answer, with what does not hold of this one.
    fn as_before<S: PurchasePorts>(
        &self,
        tx: &mut S,
        order: &Order,
        mut answered: Answered,
        added: Vec<PurchaseWarning>,
    ) -> Result<RecordedPurchase, OrderError> {
        self.flag(tx, order.id, &added)?;
        answered.warnings.extend(added);
        Ok(RecordedPurchase { order: order.id, replayed: true, answered })
    }
}

/// The names of a sale that are known, and which order that is.
#[derive(Default)]
pub(super) struct Names {
    pub(super) order: Option<OrderId>,
    pub(super) links: Vec<OrderLink>,
}

impl Names {
    pub(super) fn of(&self, key: &crate::SaleKey, till: &Till<'_>) -> Option<&OrderLink> {
        self.links.iter().find(|link| link.is_of(till.origin, key))
    }

    /// What was answered when the order was recorded.
    fn answered(&self, order: &Order) -> Answered {
        let of_order = self.links.iter().filter(|link| link.order == Some(order.id));
        let mut told: Vec<_> = of_order.filter(|link| link.told.is_some()).collect();
        told.sort_by_key(|link| !is_source(link, order));
        let first = told.first().and_then(|link| link.told.as_ref());
        first.map(|told| told.answered.clone()).unwrap_or_default()
    }
}

/// What is said of a sale that is told of another customer, and stays as it is. Where the first answer said why it has none, that
/// stands.
fn other_customer(new: &NewPurchase, order: &Order, first: &Answered) -> Option<PurchaseWarning> {
    let of_nobody = |one: &PurchaseWarning| {
        matches!(
            one.kind,
            WarningKind::CustomerUnknown
                | WarningKind::SeveralCustomers
                | WarningKind::NumberBlocked
                | WarningKind::CustomerLeft
                | WarningKind::CustomerUntried
        )
    };
    if order.consumer.is_some() {
        let path = new.customer.arguments().first().copied().unwrap_or("consumerId");
        return Some(PurchaseWarning::new(WarningKind::OtherCustomer, path));
    }
    let is_said = first.warnings.iter().any(of_nobody);
    (!is_said).then(|| PurchaseWarning::new(WarningKind::Differs, "entitySourceId"))
}

/// Whether an order's content comes under this name: only its source changes it (rule 25).
fn is_source(link: &OrderLink, order: &Order) -> bool {
    order.entity_source == Some(link.key.source)
        && order.entity_source_id.as_ref() == Some(&link.key.source_id)
}
