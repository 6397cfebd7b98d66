//! A whole sale that happened at a till, in one step (rules 10 to 13).
//!
//! What has happened is never refused: a part that does not hold is a warning, and something that somebody looks at. Tills lose
//! answers and go offline, so everything comes late, doubled and out of order, and counts once, at the time of the sale: its
//! name at its origin ([`crate::link`]) sees to that.

mod change;
mod codes;
mod content;
mod known;
pub mod quote;
pub mod told;
pub mod warning;

use regulars_customer::{
    Identifier,
    join::{AtTill, Unnamed, at_sale},
    merge::Named,
};
use regulars_kernel::{
    Actor, MerchantId, Money, OrderId, Permission, StoreError, StoreId, Timestamp, Violations,
};
use regulars_loyalty::{sale::Timeliness, welcome::Recognise};
use regulars_merchant::{EntitySource, Merchant, Store};

use self::{content::Content, known::Names};
pub use self::{
    told::{Answered, Fingerprint, SourceVersion, Told},
    warning::{PurchaseWarning, WarningKind},
};
use crate::{
    Amount, DiscountKind, DiscountShare, Order, OrderDiscount, OrderError, OrderItem, OrderLink,
    OrderTip, PaymentType, PurchaseStore, Reviewed, SaleReview,
    earning::{self, Bought, Known},
    item::change::ItemPatch,
    link::Origin,
    order::change::{OrderPatch, store_of},
    redeeming::open::OrderPorts,
    refund::known as known_refund,
};

/// The most payments of a sale.
pub const MAX_PAYMENTS: usize = 20;
/// The most discounts that a till gave by itself in one sale.
pub const MAX_DISCOUNTS: usize = 20;

/// A part of what was paid, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// In which way.
    pub payment_type: PaymentType,
    /// How much; absent, where it is the only one: all.
    pub amount: Option<Amount>,
    /// What was handed over, of cash.
    pub cash_received: Option<Amount>,
    /// What was handed back; absent: what was handed over past the amount.
    pub change: Option<Amount>,
}

/// What the till took off by itself, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDiscount {
    /// What it is called: 1 to [`crate::item::change::MAX_NAME_CHARS`] characters.
    pub name: String,
    /// How much; above nothing.
    pub amount: Amount,
    /// Off which line, counted from 0; absent: off what is left of all.
    pub item: Option<usize>,
}

/// A code that the sale came with, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCode {
    /// The code.
    pub code: String,
    /// What the till took off for it; absent: what it is worth here.
    pub amount: Option<Amount>,
}

/// What of a sale is not looked up, because whoever records it tried too much in vain lately (rules 6 and 22). It has happened,
/// so it is recorded all the same (rule 10), and nothing is found out by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Untried {
    /// Whose a number is.
    pub customer: bool,
    /// What its codes are.
    pub codes: bool,
}

/// A sale as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPurchase {
    /// Where it was sold: one of the merchant's stores.
    pub store: StoreId,
    /// Who bought; empty: nobody is known.
    pub customer: Identifier,
    /// What else is told of the order: all but its store, its buyer and what names it.
    pub details: OrderPatch,
    /// The system that it comes from, and its id there, which name it for ever.
    pub source: (Option<EntitySource>, Option<String>),
    /// Which version of it this is.
    pub version: SourceVersion,
    /// Under which ids other systems know of it.
    pub links: Vec<(EntitySource, String)>,
    /// What was bought: 1 to [`crate::bill::MAX_LINES`] lines.
    pub items: Vec<ItemPatch>,
    /// What was given on top.
    pub tips: Vec<Amount>,
    /// What the till took off by itself.
    pub discounts: Vec<NewDiscount>,
    /// The codes that it came with: at most [`crate::redeeming::MAX_CODES`].
    pub codes: Vec<NewCode>,
    /// How it was paid.
    pub payments: Vec<NewPayment>,
    /// The tax in the total; absent: by the store's rate, where it has one, of all but the tips.
    pub tax: Option<Amount>,
    /// The currency of its amounts; absent: the merchant's, which is the only one.
    pub currency: Option<String>,
    /// When it was; absent: now.
    pub completed_at: Option<Timestamp>,
    /// What of it is not looked up.
    pub untried: Untried,
}

/// How a sale comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// From a till, soon or late.
    Till,
    /// From the history of another system: it is never late. It earns nothing unless asked, which needs
    /// [`Permission::Backdate`] (rule 12).
    History {
        /// Whether it earns.
        earns: bool,
    },
}

/// A sale that was recorded, now or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPurchase {
    /// The order.
    pub order: OrderId,
    /// Whether it was recorded before, and this changed nothing.
    pub replayed: bool,
    /// What does not hold, and what earned nothing.
    pub answered: Answered,
}

/// Everything that recording a sale asks of a store.
pub trait PurchasePorts: PurchaseStore + OrderPorts {}

impl<S: PurchaseStore + OrderPorts> PurchasePorts for S {}

/// Who records a sale, where, and how: what does not depend on what was sold.
struct Till<'a> {
    actor: &'a Actor,
    origin: Origin,
    merchant: Merchant,
    store: Store,
    mode: Mode,
    recognise: &'a dyn Recognise,
    now: Timestamp,
}

/// Records a sale, whatever became of it meanwhile: one completed order with its lines, tips, discounts and payments, that earns
/// its customer what it earns as of the time of the sale, once (rules 10 to 15 and 26). Needs [`Permission::ChangeOrder`] in its
/// store, where it comes with codes [`Permission::Redeem`], and for naming the customer what [`regulars_customer::identity::identify`] needs. In the merchant's scope.
///
/// The same again answers the first. With other content and no newer version it answers the first, too, and somebody looks at it;
/// a newer version changes the order, and earns or takes back the difference.
///
/// # Errors
/// Input that is malformed, that names another's store, product or waiter, or a line that costs nothing that can be told.
/// [`StoreError::Contended`] where somebody records the same at this moment: run again, this finds it.
pub fn record<S: PurchasePorts>(
    tx: &mut S,
    actor: &Actor,
    new: &NewPurchase,
    mode: Mode,
    recognise: &dyn Recognise,
    now: Timestamp,
) -> Result<RecordedPurchase, OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    if mode == (Mode::History { earns: true }) {
        actor.require(Permission::Backdate)?;
    }
    let store = store_of(tx, actor, new.store)?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::NothingNamed("storeId"))?;
    let origin = Origin::of(actor);
    let till = Till { actor, origin, merchant: tenant, store, mode, recognise, now };
    let content = till.read(tx, new)?;
    let names = till.known(tx, &content)?;
    match names.order {
        Some(order) => till.again(tx, new, content, order),
        None => till.first(tx, new, content, &names),
    }
}

impl Till<'_> {
    fn first<S: PurchasePorts>(
        &self,
        tx: &mut S,
        new: &NewPurchase,
        mut content: Content,
        names: &Names,
    ) -> Result<RecordedPurchase, OrderError> {
        let mut answered = Answered { warnings: content.warnings.clone(), nothing: Vec::new() };
        let till = self.customer(tx, new, &mut answered.warnings)?;
        let member = till.as_ref().map(|till| &till.member);
        content.order.consumer = member.map(|member| member.person);
        let (sold, warnings) = ((&mut content, member), &mut answered.warnings);
        let coded = if new.untried.codes {
            self.leave_codes(sold.0, warnings)?;
            None
        } else {
            self.take_codes(tx, sold, warnings, true)?
        };
        let off = coded.as_ref().map_or(0, |coded| coded.priced.discount);
        self.settle(new, &mut content, off, &mut answered.warnings)?;
        content.order.id = tx.insert_order(&content.order).map_err(crate::order::change::taken)?;
        let order = content.order.clone();
        if let Some(till) = &till {
            till.note(tx, Named::Order(order.id))?;
        }
        let (items, mut discounts) = self.put_parts(tx, &order, &content)?;
        let earns_no_points = coded.as_ref().is_some_and(codes::Coded::earns_no_points);
        if let Some(coded) = coded {
            let sold = (&order, items.as_slice());
            discounts.extend(self.use_codes(tx, sold, member, coded)?);
        }
        if let (Some(member), true) = (member, self.earns()) {
            let bought = Bought { order: &order, items: &items, discounts: &discounts, member };
            let known = self.known_of(content.timeliness, earns_no_points);
            let outcomes = earning::earn_by(tx, self.actor, bought, &known, self.now)?;
            let nothing = outcomes.into_iter();
            answered.nothing =
                nothing.filter_map(|one| Some((one.card.id, one.earned.err()?))).collect();
        }
        self.put_names(tx, order.id, (&content, names), &answered)?;
        self.flag(tx, order.id, &answered.warnings)?;
        Ok(RecordedPurchase { order: order.id, replayed: false, answered })
    }

    fn earns(&self) -> bool {
        !matches!(self.mode, Mode::History { earns: false })
    }

    /// What earning has to know of a sale beside its order.
    fn known_of(&self, timeliness: Timeliness, earns_no_points: bool) -> Known<'_> {
        Known {
            merchant: &self.merchant,
            store: &self.store,
            timeliness,
            earns_no_points,
            recognise: self.recognise,
        }
    }

    /// Whose sale it is; who cannot be told is a warning (rules 7, 8 and 10).
    fn customer<S: PurchasePorts>(
        &self,
        tx: &mut S,
        new: &NewPurchase,
        warnings: &mut Vec<PurchaseWarning>,
    ) -> Result<Option<AtTill>, OrderError> {
        let who = &new.customer;
        if who.is_empty() {
            return Ok(None);
        }
        if new.untried.customer {
            let argument = who.arguments().first().copied().unwrap_or("consumerId");
            warnings.push(PurchaseWarning::new(WarningKind::CustomerUntried, argument));
            return Ok(None);
        }
        Ok(match at_sale(tx, self.actor, self.merchant.id, who, self.now)? {
            Ok(till) => Some(till),
            Err(unnamed) => {
                warnings.push(unnamed_warning(unnamed, who));
                None
            }
        })
    }

    /// Writes the lines, tips and discounts of an order that is there, and answers the lines and the discounts with their
    /// numbers.
    fn put_parts<S: PurchasePorts>(
        &self,
        tx: &mut S,
        order: &Order,
        content: &Content,
    ) -> Result<(Vec<OrderItem>, Vec<OrderDiscount>), OrderError> {
        let mut items: Vec<_> = content
            .items
            .iter()
            .map(|item| OrderItem { order: order.id, ..item.clone() })
            .collect();
        let ids = tx.insert_order_items(&items)?;
        for (item, id) in items.iter_mut().zip(ids) {
            item.id = id;
        }
        let discounts = self.put_extras(tx, order, &items, content)?;
        Ok((items, discounts))
    }

    /// Writes the tips and discounts of an order whose lines are there.
    fn put_extras<S: PurchasePorts>(
        &self,
        tx: &mut S,
        order: &Order,
        items: &[OrderItem],
        content: &Content,
    ) -> Result<Vec<OrderDiscount>, OrderError> {
        let merchant = order.merchant;
        for amount in &content.tips {
            let tip = OrderTip {
                id: regulars_kernel::OrderTipId::new(0),
                merchant,
                order: order.id,
                amount: *amount,
                created_at: self.now,
            };
            tx.insert_order_tip(&tip)?;
        }
        let mut discounts = self.extras(order, items, content);
        for discount in &mut discounts {
            discount.id = tx.insert_order_discount(discount)?;
        }
        Ok(discounts)
    }

    /// The discounts of the till's own on an order, without numbers.
    fn extras(&self, order: &Order, items: &[OrderItem], content: &Content) -> Vec<OrderDiscount> {
        let discount = |taken: &content::Taken| {
            let shares = taken.parts.iter().zip(items).filter(|(part, _)| part.minor() > 0);
            let share = |(part, item): (&Money, &OrderItem)| DiscountShare {
                item: item.id,
                amount: *part,
                points: regulars_kernel::Points::ZERO,
                units: item.num_of_discounted_units,
            };
            OrderDiscount {
                id: regulars_kernel::OrderDiscountId::new(0),
                merchant: order.merchant,
                order: order.id,
                kind: DiscountKind::Other,
                name: taken.name.clone(),
                redemption: None,
                intent: None,
                offer: None,
                amount: taken.amount,
                points: regulars_kernel::Points::ZERO,
                unbacked: true,
                reason: None,
                shares: shares.map(share).collect(),
                created_at: self.now,
            }
        };
        content.discounts.iter().map(discount).collect()
    }

    /// Gives a new order its names; what came under them before it is given back now (rule 11).
    fn put_names<S: PurchasePorts>(
        &self,
        tx: &mut S,
        order: OrderId,
        (content, names): (&Content, &Names),
        answered: &Answered,
    ) -> Result<(), OrderError> {
        let owner = (self.merchant.id, self.origin);
        let (mut new, mut waited) = (Vec::new(), Vec::new());
        for key in content.keys() {
            let told = (content.key.as_ref() == Some(key)).then(|| Told {
                fingerprint: Some(content.fingerprint),
                source: content.version,
                version: 0,
                answered: answered.clone(),
            });
            match names.of(key, self) {
                None => {
                    let link = OrderLink::new(owner, key.clone(), Some(order), self.now);
                    new.push(OrderLink { told, ..link });
                }
                Some(link) => waited.push((link, told)),
            }
        }
        put_links(tx, &new)?;
        for (link, told) in waited {
            self.fill(tx, link, order, told)?;
        }
        Ok(())
    }

    /// Gives a name to the order that was waited for under it.
    fn fill<S: PurchasePorts>(
        &self,
        tx: &mut S,
        link: &OrderLink,
        order: OrderId,
        told: Option<Told>,
    ) -> Result<(), OrderError> {
        let found = tx.lock_order_link(self.merchant.id, link.id)?;
        let Some(link) = found.filter(|link| link.order.is_none()) else {
            // Somebody recorded it at the same moment: run again, this finds it.
            return Err(StoreError::Contended.into());
        };
        tx.update_order_link(&OrderLink {
            order: Some(order),
            told,
            updated_at: self.now,
            ..link
        })?;
        for refund in tx.sale_refunds(self.merchant.id, &[link.id])? {
            known_refund::apply(tx, self.actor, order, &refund, self.now)?;
        }
        Ok(())
    }

    /// Notes what somebody has to look at.
    fn flag<S: PurchasePorts>(
        &self,
        tx: &mut S,
        order: OrderId,
        warnings: &[PurchaseWarning],
    ) -> Result<(), OrderError> {
        let codes = warnings.iter().filter(|one| one.kind.needs_review());
        // Of history nobody can do much about what did not hold then.
        let codes = codes.filter(|one| self.mode == Mode::Till || one.kind == WarningKind::Differs);
        flag(
            tx,
            (self.merchant.id, self.store.id),
            Reviewed::Order(order),
            codes.map(|one| one.kind.code()),
            self.now,
        )
    }
}

/// Notes what somebody has to look at, each code once.
pub(crate) fn flag<'a>(
    tx: &mut (impl PurchaseStore + ?Sized),
    (merchant, store): (MerchantId, StoreId),
    about: Reviewed,
    codes: impl Iterator<Item = &'a str>,
    now: Timestamp,
) -> Result<(), OrderError> {
    let mut codes: Vec<_> = codes.collect();
    codes.sort_unstable();
    codes.dedup();
    if codes.is_empty() {
        return Ok(());
    }
    let review = |code: &str| SaleReview::new((merchant, store), about, code, now);
    let reviews: Vec<_> = codes.into_iter().map(review).collect();
    Ok(tx.insert_sale_reviews(&reviews)?)
}

/// Gives orders names; whoever was quicker has them.
fn put_links(
    tx: &mut (impl PurchaseStore + ?Sized),
    links: &[OrderLink],
) -> Result<(), OrderError> {
    if links.is_empty() {
        return Ok(());
    }
    match tx.insert_order_links(links) {
        // Somebody recorded it at the same moment: run again, this finds it.
        Err(StoreError::Taken("order_link.entity_source_id")) => Err(StoreError::Contended.into()),
        done => Ok(done.map(drop)?),
    }
}

fn unnamed_warning(unnamed: Unnamed, who: &Identifier) -> PurchaseWarning {
    let kind = match unnamed {
        Unnamed::Nobody => WarningKind::CustomerUnknown,
        Unnamed::Several => WarningKind::SeveralCustomers,
        Unnamed::Blocked => WarningKind::NumberBlocked,
        Unnamed::Gone => WarningKind::CustomerLeft,
    };
    let argument = match (unnamed, who.arguments().as_slice()) {
        (Unnamed::Blocked, _) => "consumerLoyaltyId",
        (_, [only]) => only,
        (_, all) => all.first().copied().unwrap_or("consumerId"),
    };
    PurchaseWarning::new(kind, argument)
}

/// Lines of faults of a part, told of the argument that the part is in.
fn extend_with(wrong: &mut Violations, argument: &'static str, part: &str, faults: &Violations) {
    for fault in faults {
        let sentence = match fault.field {
            Some(field) => format!("{part}, {field}: {}", fault.rule),
            None => format!("{part}: {}", fault.rule),
        };
        wrong.add(argument, regulars_kernel::Rule::Invalid(sentence));
    }
}

#[cfg(test)]
mod tests;
