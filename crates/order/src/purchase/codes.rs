//! Codes that a sale came with (rules 10 and 21 to 24): what holds is used up, as of the time of the sale; of what does not the
//! discount that was given stands as the merchant's own.

use regulars_customer::Membership;
use regulars_kernel::{Money, Permission, spread};
use regulars_loyalty::redeeming::Secured;
use regulars_promotion::PricedLine;

use super::{
    Mode, PurchasePorts, PurchaseWarning, Till, WarningKind,
    content::{Content, Taken},
};
use crate::{
    Order, OrderDiscount, OrderError, OrderItem, place_of,
    redeeming::{
        Basket, Brought, CodeOutcome, Counter, Priced, PricedCode, discount_of, price, secure,
        use_up,
    },
};

/// Why a code takes nothing off that was not even looked up.
const UNTRIED: &str = "too_many_attempts";

/// What codes of a sale come to, and what they are to be used up by.
pub(super) struct Coded {
    here: Counter,
    lines: Vec<PricedLine>,
    pub(super) priced: Priced,
    secured: Option<Secured>,
}

impl Coded {
    fn basket<'a>(
        &'a self,
        till: &Till<'_>,
        order: &Order,
        member: Option<&'a Membership>,
    ) -> Basket<'a> {
        Basket {
            here: &self.here,
            member,
            currency: till.merchant.currency,
            lines: &self.lines,
            at: order.completed_at.unwrap_or(till.now),
            now: till.now,
            order: Some(order.id).filter(|id| id.get() > 0),
        }
    }

    /// Whether one of them lets the sale earn no points.
    pub(super) fn earns_no_points(&self) -> bool {
        self.priced.codes.iter().any(PricedCode::earns_no_points)
    }
}

impl Till<'_> {
    /// Prices the codes of a sale on what the till's own discounts leave of its lines; `locks` what they take from, so that they can
    /// be used up. What the till gave for codes that do not hold becomes a discount of its own.
    pub(super) fn take_codes<S: PurchasePorts>(
        &self,
        tx: &mut S,
        (content, member): (&mut Content, Option<&Membership>),
        warnings: &mut Vec<PurchaseWarning>,
        locks: bool,
    ) -> Result<Option<Coded>, OrderError> {
        if content.codes.is_empty() {
            return Ok(None);
        }
        if self.mode != Mode::Till {
            self.stand_alone(content, None, &mut Vec::new());
            return Ok(None);
        }
        self.actor.require(Permission::Redeem)?;
        let place = place_of(tx, &self.merchant, &self.store)?;
        let here = Counter { merchant: self.merchant.clone(), place };
        let mut coded =
            Coded { here, lines: content.left(), priced: Priced::default(), secured: None };
        let codes = content.codes.iter().map(|code| Brought::Code(code.code.clone()));
        let brought: Vec<_> = codes.collect();
        let basket = coded.basket(self, &content.order, member);
        if locks {
            let (secured, priced) = secure(tx, &basket, &brought)?;
            (coded.secured, coded.priced) = (Some(secured), priced);
        } else {
            coded.priced = price(tx, &basket, &brought)?;
        }
        self.stand_alone(content, Some(&coded.priced), warnings);
        Ok(Some(coded))
    }

    /// Looks none of a sale's codes up: what was given for them stands as the merchant's own, and somebody looks at it.
    pub(super) fn leave_codes(
        &self,
        content: &mut Content,
        warnings: &mut Vec<PurchaseWarning>,
    ) -> Result<(), OrderError> {
        if !content.codes.is_empty() && self.mode == Mode::Till {
            self.actor.require(Permission::Redeem)?;
        }
        self.stand_alone(content, None, &mut Vec::new());
        warnings.extend((0..content.codes.len()).map(|nth| {
            let path = format!("redemptionCodes[{nth}]");
            let warning = PurchaseWarning::new(WarningKind::CodeNotTaken, path);
            PurchaseWarning { reason: Some(UNTRIED.to_owned()), ..warning }
        }));
        Ok(())
    }

    /// What the till gave for codes that take less, or nothing, stands as the merchant's own.
    pub(super) fn stand_alone(
        &self,
        content: &mut Content,
        priced: Option<&Priced>,
        warnings: &mut Vec<PurchaseWarning>,
    ) {
        let currency = self.merchant.currency;
        let mut left: Vec<i64> = content.left().iter().map(|line| line.total).collect();
        for code in priced.iter().flat_map(|priced| &priced.codes) {
            let CodeOutcome::Applied(applied) = &code.outcome else { continue };
            for part in &applied.parts {
                if let Some(left) = left.get_mut(part.line) {
                    *left -= part.amount;
                }
            }
        }
        for nth in 0..content.codes.len() {
            let Some(told) = content.codes.get(nth) else { continue };
            let given = told.amount.map_or(0, Money::minor);
            let path = format!("redemptionCodes[{nth}]");
            let outcome = priced.and_then(|priced| priced.codes.get(nth));
            let (taken, name) = match outcome.map(|code| (&code.outcome, code)) {
                Some((CodeOutcome::Applied(applied), code)) => {
                    let taken = applied.amount.minor();
                    if told.amount.is_some() && given != taken {
                        let kind = WarningKind::DiscountDiffers;
                        warnings.push(PurchaseWarning::new(kind, path));
                    }
                    (taken, code.name().to_owned())
                }
                Some((CodeOutcome::Skipped(why) | CodeOutcome::Refused(why), code)) => {
                    let warning = PurchaseWarning::new(WarningKind::CodeNotTaken, path);
                    warnings.push(PurchaseWarning { reason: Some(why.code.clone()), ..warning });
                    (0, code.name().to_owned())
                }
                None => (0, "Code".to_owned()),
            };
            let rest = (given - taken).min(left.iter().sum());
            if rest <= 0 {
                continue;
            }
            let parts = spread(rest, &left);
            for (left, part) in left.iter_mut().zip(&parts) {
                *left -= part;
            }
            let parts = parts.into_iter().map(|part| Money::new(part, currency)).collect();
            content.discounts.push(Taken { name, amount: Money::new(rest, currency), parts });
        }
    }

    /// Uses up what is taken of the codes, and puts it on the order, whose lines are there.
    pub(super) fn use_codes<S: PurchasePorts>(
        &self,
        tx: &mut S,
        (order, items): (&Order, &[OrderItem]),
        member: Option<&Membership>,
        mut coded: Coded,
    ) -> Result<Vec<OrderDiscount>, OrderError> {
        let Some(secured) = coded.secured.take() else { return Ok(Vec::new()) };
        let basket = coded.basket(self, order, member);
        let redemptions = use_up(tx, self.actor, &basket, (secured, &coded.priced))?;
        let mut discounts = Vec::new();
        for (code, redemption) in coded.priced.codes.iter().zip(redemptions) {
            if redemption.is_none() {
                continue;
            }
            let mut discount = discount_of(order, items, (code, redemption), self.now);
            discount.id = tx.insert_order_discount(&discount)?;
            discounts.push(discount);
        }
        if !discounts.is_empty() {
            tx.count_discounted_units(order.merchant, order.id)?;
        }
        Ok(discounts)
    }
}
