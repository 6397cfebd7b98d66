//! What a sale would come to, before it is paid (rule 10).

use regulars_customer::{
    Identified, Identifier, Membership, Standing,
    join::{Unnamed, named, prospect},
    merge::meant,
};
use regulars_kernel::{Actor, Money, OrderItemId, Permission, Points, Timestamp};
use regulars_loyalty::{
    sale::{self, CardOutcome},
    welcome::Recognise,
};

use super::{
    Mode, NewPurchase, PurchasePorts, PurchaseWarning, Till, codes::Coded, unnamed_warning,
};
use crate::{
    DiscountKind, NotTaken, OrderDiscount, OrderError, OrderItem,
    earning::{Bought, with_sale},
    link::Origin,
    order::change::store_of,
    redeeming::discount_of,
};

/// What would be taken off a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedDiscount {
    /// By what.
    pub kind: DiscountKind,
    /// What that is called.
    pub name: String,
    /// How much.
    pub amount: Money,
    /// The points that would pay it.
    pub points: Points,
    /// Why it takes nothing off, where it is a code that does not.
    pub reason: Option<NotTaken>,
}

/// What a sale would come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// What is to be paid, tips included.
    pub total: Money,
    /// The tax in it.
    pub tax: Option<Money>,
    /// What is taken off, what points would pay among it.
    pub discounted: Money,
    /// By what: the till's own discounts, and each code, which may take nothing off.
    pub discounts: Vec<QuotedDiscount>,
    /// What would not hold.
    pub warnings: Vec<PurchaseWarning>,
    /// What it would earn with each card that fits, or why not; nothing where nobody is known to buy.
    pub cards: Vec<CardOutcome>,
}

/// Says what a sale would come to if it were recorded now. Writes nothing. Needs what [`super::record`] needs, and refuses what
/// that refuses.
pub fn quote<S: PurchasePorts>(
    tx: &mut S,
    actor: &Actor,
    new: &NewPurchase,
    recognise: &dyn Recognise,
    now: Timestamp,
) -> Result<Quote, OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let store = store_of(tx, actor, new.store)?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::NothingNamed("storeId"))?;
    let (origin, mode) = (Origin::of(actor), Mode::Till);
    let till = Till { actor, origin, merchant: tenant, store, mode, recognise, now };
    let mut content = till.read(tx, new)?;
    let mut warnings = content.warnings.clone();
    let member = till.buyer(tx, &new.customer, &mut warnings)?;
    let coded = till.take_codes(tx, (&mut content, member.as_ref()), &mut warnings, false)?;
    let off = coded.as_ref().map_or(0, |coded| coded.priced.discount);
    till.settle(new, &mut content, off, &mut warnings)?;
    let currency = content.order.total.currency();
    // Numbers that no rows have: what is taken off a line names it.
    let mut items: Vec<OrderItem> = content.items.clone();
    for (item, number) in items.iter_mut().zip(1..) {
        item.id = OrderItemId::new(number);
    }
    let mut discounts = till.extras(&content.order, &items, &content);
    let priced = coded.iter().flat_map(|coded| &coded.priced.codes);
    discounts.extend(priced.map(|code| discount_of(&content.order, &items, (code, None), now)));
    let mut cards = Vec::new();
    if let Some(member) = &member {
        let bought = Bought { order: &content.order, items: &items, discounts: &discounts, member };
        let earns_no_points = coded.as_ref().is_some_and(Coded::earns_no_points);
        let known = till.known_of(content.timeliness, earns_no_points);
        cards =
            with_sale(tx, actor, bought, (&known, 0), now, |tx, sale| sale::forecast(tx, sale))?;
    }
    let quoted = |one: OrderDiscount| QuotedDiscount {
        kind: one.kind,
        name: one.name,
        amount: one.amount,
        points: one.points,
        reason: one.reason,
    };
    let amounts = discounts.iter().map(|one| one.amount);
    let discounted = Money::checked_sum(amounts, currency).unwrap_or(Money::zero(currency));
    let (total, tax) = (content.order.total, content.order.tax);
    let discounts = discounts.into_iter().map(quoted).collect();
    Ok(Quote { total, tax, discounted, discounts, warnings, cards })
}

impl Till<'_> {
    /// Who buys, as a customer as they would be; nobody joins and nobody is revived by it.
    fn buyer<S: PurchasePorts>(
        &self,
        tx: &mut S,
        who: &Identifier,
        warnings: &mut Vec<PurchaseWarning>,
    ) -> Result<Option<Membership>, OrderError> {
        if who.is_empty() {
            return Ok(None);
        }
        let merchant = self.merchant.id;
        let unnamed = match named(tx, self.actor, who)? {
            Err(unnamed) => unnamed,
            Ok(found) => {
                let known = meant(tx, merchant, found.person())?;
                match (known, found) {
                    (Some(member), _) => match member.standing {
                        Standing::Live | Standing::Merged(..) => return Ok(Some(member)),
                        Standing::Archived(_) => {
                            return Ok(Some(Membership { standing: Standing::Live, ..member }));
                        }
                        Standing::Left(_) | Standing::Erased(_) => Unnamed::Gone,
                    },
                    (None, Identified::Newcomer(stranger)) => {
                        return Ok(Some(prospect(merchant, &stranger, self.now)));
                    }
                    (None, Identified::Member(_) | Identified::Oneself(_)) => Unnamed::Nobody,
                }
            }
        };
        warnings.push(unnamed_warning(unnamed, who));
        Ok(None)
    }
}
