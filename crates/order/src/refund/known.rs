//! Refunds that have a name at the system that their sale comes from: they count once, and may come before their sale (rule 11).

use regulars_kernel::{
    Actor, Money, OrderId, OrderRefundId, Permission, Rule, SaleRefundId, StoreError, StoreId,
    Timestamp, Violations, text::clean,
};
use regulars_merchant::EntitySource;

use super::{
    AMOUNT, Back, NewRefund, give, read_reason,
    sale::Sale,
    share::{self, Request, ShareError},
};
use crate::{
    Order, OrderError, OrderLink, OrderState, Reviewed, SaleKey, SaleRefund,
    link::Origin,
    order::change::{MAX_SOURCE_ID_CHARS, store_of},
    purchase::{PurchasePorts, WarningKind, flag},
};

/// A refund of a sale by its name, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKnownRefund {
    /// Where the sale was.
    pub store: StoreId,
    /// The system that the sale comes from, and its id there.
    pub source: (Option<EntitySource>, Option<String>),
    /// The refund's own id there: 1 to [`MAX_SOURCE_ID_CHARS`] characters.
    pub source_id: Option<String>,
    /// What goes back.
    pub refund: NewRefund,
}

/// A refund that came by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownRefund {
    /// Its row.
    pub id: SaleRefundId,
    /// Whose sale it is; none: it waits for it.
    pub order: Option<OrderId>,
    /// What went back; none: nothing yet.
    pub refund: Option<OrderRefundId>,
}

/// Gives a sale back that is named by its id at the system that it comes from: all that is left, or so much value. What is more
/// than is left gives back all that is, and somebody looks at it (rule 10). The same again answers the first, with another amount
/// too, which somebody looks at; one whose sale is yet to come waits for it (rule 11). Needs [`Permission::RefundOrder`] in its
/// store.
pub fn create<S: PurchasePorts>(
    tx: &mut S,
    actor: &Actor,
    new: &NewKnownRefund,
    now: Timestamp,
) -> Result<KnownRefund, OrderError> {
    let merchant = actor.require(Permission::RefundOrder)?;
    let store = store_of(tx, actor, new.store)?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::NothingNamed("storeId"))?;
    let (key, refund) = read(new, (store.id, tenant.currency), now)?;
    let origin = Origin::of(actor);
    let link = named(tx, (merchant, origin), key, now)?;
    // Locked in the order in which a sale locks: whatever becomes of one meanwhile is seen.
    if let Some(order) = link.order {
        tx.find_order(merchant, order)?;
    }
    let known = tx.sale_refunds(merchant, &[link.id])?;
    if let Some(known) = known.into_iter().find(|one| one.source_id == refund.source_id) {
        if let Some(order) = link.order.filter(|_| known.amount != refund.amount) {
            let code = WarningKind::RefundDiffers.code();
            flag(tx, (merchant, store.id), Reviewed::Order(order), std::iter::once(code), now)?;
        }
        return Ok(KnownRefund { id: known.id, order: link.order, refund: known.refund });
    }
    let mut refund = SaleRefund { merchant, link: link.id, ..refund };
    refund.id = match tx.insert_sale_refund(&refund) {
        // Somebody recorded it at the same moment: run again, this finds it.
        Err(StoreError::Taken("sale_refund.source_id")) => return Err(StoreError::Contended.into()),
        id => id?,
    };
    if let Some(order) = link.order {
        refund.refund = apply(tx, actor, order, &refund, now)?;
    }
    Ok(KnownRefund { id: refund.id, order: link.order, refund: refund.refund })
}

fn read(
    new: &NewKnownRefund,
    (store, currency): (StoreId, regulars_kernel::Currency),
    now: Timestamp,
) -> Result<(SaleKey, SaleRefund), OrderError> {
    let mut wrong = Violations::new();
    let (source, id) = &new.source;
    let arguments = ("entitySource", "entitySourceId");
    let key = SaleKey::read(store, (*source, id.as_deref()), arguments, &mut wrong);
    if key.is_none() && wrong.is_empty() {
        wrong.add("entitySourceId", Rule::Required);
    }
    let typed = new.source_id.as_deref().unwrap_or_default();
    let source_id = clean(typed, MAX_SOURCE_ID_CHARS).and_then(|id| id.ok_or(Rule::Required));
    let source_id = wrong.check("refundSourceId", source_id);
    let reason = read_reason(new.refund.reason.as_deref(), &mut wrong);
    let amount = new.refund.amount.as_ref();
    let amount = amount.and_then(|amount| amount.read(AMOUNT, currency, (1, i64::MAX), &mut wrong));
    wrong.into_result()?;
    let (Some(key), Some(source_id)) = (key, source_id) else {
        return Err(OrderError::OrderNotFound);
    };
    let refund = SaleRefund {
        id: SaleRefundId::new(0),
        merchant: regulars_kernel::MerchantId::new(0),
        link: regulars_kernel::OrderLinkId::new(0),
        source_id,
        amount: amount.map(Money::minor),
        is_cash: new.refund.is_cash,
        reason,
        refund: None,
        created_at: now,
    };
    Ok((key, refund))
}

/// The name of a sale, locked; written down where nothing came under it yet.
fn named(
    tx: &mut impl PurchasePorts,
    owner: (regulars_kernel::MerchantId, Origin),
    key: SaleKey,
    now: Timestamp,
) -> Result<OrderLink, OrderError> {
    let found = tx.order_links(owner.0, owner.1, std::slice::from_ref(&key))?;
    let found = found.into_iter().find(|link| link.is_of(owner.1, &key));
    let id = if let Some(link) = found {
        link.id
    } else {
        let new = OrderLink::new(owner, key, None, now);
        let ids = match tx.insert_order_links(&[new]) {
            Err(StoreError::Taken("order_link.entity_source_id")) => {
                return Err(StoreError::Contended.into());
            }
            ids => ids?,
        };
        ids.first().copied().ok_or(OrderError::OrderNotFound)?
    };
    tx.lock_order_link(owner.0, id)?.ok_or(OrderError::OrderNotFound)
}

/// Gives back what came under the names of an order before it was completed.
pub(crate) fn apply_waiting<S: PurchasePorts>(
    tx: &mut S,
    actor: &Actor,
    order: &Order,
    now: Timestamp,
) -> Result<(), OrderError> {
    if order.entity_source_id.is_none() {
        return Ok(());
    }
    let names = tx.names_of_order(order.merchant, order.id)?;
    let names: Vec<_> = names.into_iter().map(|link| link.id).collect();
    for refund in tx.sale_refunds(order.merchant, &names)? {
        if refund.refund.is_none() {
            apply(tx, actor, order.id, &refund, now)?;
        }
    }
    Ok(())
}

/// Gives back what came under a name of a sale that is there now. None where nothing is left to give back, or the sale is not
/// completed: it waits.
pub(crate) fn apply<S: PurchasePorts>(
    tx: &mut S,
    actor: &Actor,
    order: OrderId,
    known: &SaleRefund,
    now: Timestamp,
) -> Result<Option<OrderRefundId>, OrderError> {
    let found = tx.find_order(known.merchant, order)?.ok_or(OrderError::OrderNotFound)?;
    if !matches!(found.state, OrderState::Completed | OrderState::Refunded) {
        return Ok(None);
    }
    let place = (found.merchant, found.store);
    let sale = Sale::load(tx, found)?;
    let left = sale.left();
    let asked = known.amount;
    let request = asked.map_or(Request::Whole, |amount| Request::Amount(amount.min(left)));
    let share = match share::share(&sale.sold(), &request) {
        // Of what came to nothing nothing goes back, yet.
        Ok(share) => Some(share).filter(|share| share.money() > 0 || share.points_value() > 0),
        Err(ShareError::RefundedBefore | ShareError::NotPositive) => None,
        Err(error) => return Err(super::fault(error, sale.order.total.currency()).into()),
    };
    if share.is_none() || asked.is_some_and(|asked| asked > left) {
        let code = WarningKind::RefundTooLarge.code();
        flag(tx, place, Reviewed::Order(order), std::iter::once(code), now)?;
    }
    let Some(share) = share else { return Ok(None) };
    let reason = known.reason.clone();
    let back = Back { item: None, whole: asked.is_none(), quantity: 0, reason, share };
    let given = give(tx, actor, sale, vec![back], known.is_cash, now)?;
    let refund = given.refunds.first().copied();
    // The reason stands in the refund now, where it is found when somebody is erased.
    tx.update_sale_refund(&SaleRefund { refund, reason: None, ..known.clone() })?;
    Ok(refund)
}
