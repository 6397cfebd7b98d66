//! What an offer takes off, as it comes in.

use regulars_kernel::{
    Change, Currency, Rule, Violations,
    money::{scaled, typed_amount, typed_currency},
};

use crate::Discount;

/// The most units that have to be bought for an offer, and the most that are free.
pub const MAX_ITEMS: i32 = 10_000;
/// The whole, in parts per million; per cent have four decimal places of it.
const WHOLE: i64 = 1_000_000;

/// What an offer takes off, without how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiscountType {
    /// A part of the price.
    Percentage,
    /// So much money.
    FixedAmount,
    /// Buy so many, get others free.
    Bogo,
}

impl DiscountType {
    const fn of(discount: Discount) -> Self {
        match discount {
            Discount::Percentage(_) => Self::Percentage,
            Discount::FixedAmount(_) => Self::FixedAmount,
            Discount::Bogo(_) => Self::Bogo,
        }
    }
}

/// What becomes of what an offer takes off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscountPatch {
    /// Which kind. A change of it needs a value.
    pub discount_type: Change<DiscountType>,
    /// How much, as a decimal: above 0 to 100 per cent with four decimal places at most, an amount above 0, or 1 to
    /// [`MAX_ITEMS`] units that are free (of a BOGO offer of which nothing is said, 1).
    pub value: Change<String>,
    /// The currency of an amount, which is the merchant's.
    pub currency: Change<String>,
    /// How many items have to be bought for it, 1 to [`MAX_ITEMS`]; a BOGO offer says how many.
    pub num_of_items: Change<i32>,
}

impl DiscountPatch {
    /// What it takes off and for how many items, afterwards. What is wrong is noted, and then what was there stays.
    pub(super) fn read(
        &self,
        before: Option<(Discount, Option<i32>)>,
        own: Currency,
        wrong: &mut Violations,
    ) -> (Discount, Option<i32>) {
        let (was, items) = before.unwrap_or((Discount::Percentage(0), None));
        let kind = match self.discount_type {
            Change::Keep if before.is_some() => Some(DiscountType::of(was)),
            Change::Keep | Change::Clear => {
                wrong.add("offerType", Rule::Required);
                None
            }
            Change::Set(kind) => Some(kind),
        };
        let is_kept = before.is_some() && kind == Some(DiscountType::of(was));
        let discount = kind.and_then(|kind| {
            let read = self.value(kind, is_kept.then_some(was), own);
            wrong.check("offerValue", read)
        });
        let currency = self.currency.read("offerValueCurrency", wrong, |code| {
            let currency = typed_currency(code)?;
            if currency == own { Ok(Some(currency)) } else { Err(foreign(own)) }
        });
        if let (Change::Set(_), Some(DiscountType::Percentage | DiscountType::Bogo)) =
            (currency, kind)
        {
            let sentence = "Only a FIXED_AMOUNT has a currency: leave it out.";
            wrong.add("offerValueCurrency", Rule::Invalid(sentence.to_owned()));
        }
        let read = self.num_of_items.read("numOfItems", wrong, |items| {
            if (1..=MAX_ITEMS).contains(items) {
                return Ok(Some(*items));
            }
            Err(Rule::Invalid(format!("Enter a number of items from 1 to {MAX_ITEMS}.")))
        });
        let readable = read.is_keep() == self.num_of_items.is_keep();
        let mut items = items;
        read.apply(&mut items);
        let touched = !is_kept || !self.num_of_items.is_keep();
        if kind == Some(DiscountType::Bogo) && items.is_none() && readable && touched {
            let sentence = "Enter how many items have to be bought for the free ones: 1 or more.";
            wrong.add("numOfItems", Rule::Invalid(sentence.to_owned()));
        }
        (discount.unwrap_or(was), items)
    }

    fn value(
        &self,
        kind: DiscountType,
        before: Option<Discount>,
        own: Currency,
    ) -> Result<Discount, Rule> {
        let typed = match (&self.value, before, kind) {
            (Change::Keep, Some(before), _) => return Ok(before),
            (Change::Keep, None, DiscountType::Bogo) => return Ok(Discount::Bogo(1)),
            (Change::Keep | Change::Clear, ..) => return Err(Rule::Required),
            (Change::Set(typed), ..) => typed,
        };
        let refuse = |sentence: String| Err(Rule::Invalid(sentence));
        match kind {
            DiscountType::Percentage => match scaled(typed.trim(), 4) {
                Ok(parts) if (1..=WHOLE).contains(&parts) => Ok(Discount::Percentage(parts)),
                _ => refuse(
                    "Enter a percentage above 0 and up to 100, with at most four decimal places."
                        .to_owned(),
                ),
            },
            DiscountType::FixedAmount => match typed_amount(typed, own)? {
                money if money.minor() > 0 => Ok(Discount::FixedAmount(money)),
                _ => refuse("Enter an amount above 0.".to_owned()),
            },
            DiscountType::Bogo => match scaled(typed.trim(), 0) {
                Ok(units) if (1..=i64::from(MAX_ITEMS)).contains(&units) => {
                    Ok(Discount::Bogo(units))
                }
                _ => refuse(format!("Enter how many items are free: 1 to {MAX_ITEMS}.")),
            },
        }
    }
}

fn foreign(own: Currency) -> Rule {
    let own = own.code();
    Rule::Invalid(format!("Sales are counted in {own}: enter an amount in {own}."))
}
