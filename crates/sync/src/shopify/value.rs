//! What Shopify writes: instants, amounts and texts that may be null.

use chrono::DateTime;
use regulars_kernel::{
    Timestamp,
    money::{Currency, Money, scaled},
};
use regulars_source::record::BadRecord;
use serde_json::Value;

/// Places after the point with which amounts are reckoned; no currency has more, and unit prices have fewer.
const PLACES: u32 = 6;

/// An amount in millionths of the major unit: what Shopify calculates is exact in it.
pub(super) type Micros = i64;

/// What keeps something from being a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) code: &'static str,
    pub(super) path: String,
}

impl Flaw {
    pub(super) fn required(path: &str) -> Self {
        Self { code: "required", path: path.to_owned() }
    }

    pub(super) fn invalid(path: &str) -> Self {
        Self { code: "invalid", path: path.to_owned() }
    }

    /// The record that it was to be.
    pub(super) fn bad(self, raw: &Value) -> BadRecord {
        let reference = raw.get("id").and_then(Value::as_str).unwrap_or("without id").to_owned();
        let message = match self.code {
            "required" => {
                format!("Shopify says nothing of `{}`, without which this is no record.", self.path)
            }
            _ => format!("What Shopify says of `{}` cannot be understood.", self.path),
        };
        BadRecord {
            reference,
            code: self.code.to_owned(),
            path: Some(self.path),
            message,
            raw: raw.to_string(),
        }
    }
}

/// A text that has to be there.
pub(super) fn text<'a>(of: &'a Value, name: &str) -> Result<&'a str, Flaw> {
    match of.get(name) {
        None | Some(Value::Null) => Err(Flaw::required(name)),
        Some(Value::String(text)) if text.is_empty() => Err(Flaw::required(name)),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Flaw::invalid(name)),
    }
}

/// A text that may be missing.
pub(super) fn optional<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// The instant of a text.
pub(super) fn read_instant(text: &str) -> Option<Timestamp> {
    let instant = Timestamp::from(DateTime::parse_from_rfc3339(text).ok()?.to_utc());
    (Timestamp::MIN..=Timestamp::MAX).contains(&instant).then_some(instant)
}

/// An instant that has to be there.
pub(super) fn instant(of: &Value, name: &str) -> Result<Timestamp, Flaw> {
    read_instant(text(of, name)?).ok_or_else(|| Flaw::invalid(name))
}

/// An instant that may be missing.
pub(super) fn optional_instant(of: &Value, name: &str) -> Result<Option<Timestamp>, Flaw> {
    match of.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => instant(of, name).map(Some),
    }
}

/// A flag; absent is off.
pub(super) fn flag(of: &Value, name: &str) -> bool {
    of.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// An amount of a field in the shop's currency: `{shopMoney {amount}}`.
pub(super) fn amount(of: &Value, name: &str) -> Result<Micros, Flaw> {
    let bag = of.get(name).filter(|bag| !bag.is_null()).ok_or_else(|| Flaw::required(name))?;
    let decimal = bag
        .pointer("/shopMoney/amount")
        .and_then(Value::as_str)
        .ok_or_else(|| Flaw::invalid(name))?;
    scaled(decimal, PLACES).map_err(|_error| Flaw::invalid(name))
}

/// How many [`Micros`] the smallest amount of a currency has.
pub(super) fn unit(currency: Currency) -> Micros {
    let places = u32::from(currency.exponent().unwrap_or(0)).min(PLACES);
    10_i64.pow(PLACES - places)
}

/// The nearest whole smallest amount, half of one away from nothing.
pub(super) fn rounded(amount: Micros, unit: Micros) -> Micros {
    let half = unit / 2;
    let nudged = if amount < 0 { amount.saturating_sub(half) } else { amount.saturating_add(half) };
    nudged / unit * unit
}

/// The next whole smallest amount that is not less; of an amount that is not below nothing.
pub(super) fn rounded_up(amount: Micros, unit: Micros) -> Micros {
    amount.saturating_add(unit - 1) / unit * unit
}

/// A decimal of major units, with as many places as the currency has.
pub(super) fn decimal(amount: Micros, currency: Currency) -> String {
    Money::new(amount / unit(currency), currency).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instants_are_of_any_zone() {
        let at = |text| read_instant(text).map(Timestamp::seconds);
        assert_eq!(at("2026-11-01T00:00:00Z"), Some(1_793_491_200));
        assert_eq!(at("2026-11-01T01:00:00+01:00"), Some(1_793_491_200));
        assert_eq!(at("2026-11-01"), None);
        assert_eq!(at("+99999-01-01T00:00:00Z"), None);
    }

    #[test]
    fn amounts_are_exact() {
        let of = |amount: &str| json!({ "p": { "shopMoney": { "amount": amount } } });
        assert_eq!(amount(&of("12.3"), "p"), Ok(12_300_000));
        assert_eq!(amount(&of("0.1"), "p"), Ok(100_000));
        assert_eq!(amount(&of("9007199254740.993"), "p").unwrap(), 9_007_199_254_740_993_000);
        assert_eq!(amount(&of("1e3"), "p"), Err(Flaw::invalid("p")));
        assert_eq!(amount(&json!({ "p": null }), "p"), Err(Flaw::required("p")));
        let cent = unit(Currency::EUR);
        assert_eq!((cent, unit(Currency::JPY)), (10_000, 1_000_000));
        assert_eq!(rounded(14_999, cent), 10_000);
        assert_eq!(rounded(15_000, cent), 20_000);
        assert_eq!(rounded(-15_000, cent), -20_000);
        assert_eq!(rounded_up(10_001, cent), 20_000);
        assert_eq!(rounded_up(10_000, cent), 10_000);
        assert_eq!(decimal(12_300_000, Currency::EUR), "12.30");
        assert_eq!(decimal(12_000_000, Currency::JPY), "12");
    }
}
