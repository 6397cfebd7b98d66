//! Amounts of money as they come in, before it is known which currency they are in.

use regulars_kernel::{Currency, Money, Rule, Violations, money::MoneyError};

/// An amount as it came in: a decimal of major units, and its currency where it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// `12.30`.
    pub decimal: String,
    /// An ISO 4217 code; absent: the order's.
    pub currency: Option<String>,
}

/// The names of the two arguments that say an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Of the decimal.
    pub amount: &'static str,
    /// Of its currency.
    pub currency: &'static str,
}

impl Amount {
    /// The amount in an order's currency, from `least` to `most` minor units; notes what is wrong with either argument.
    pub(crate) fn read(
        &self,
        argument: Argument,
        currency: Currency,
        (least, most): (i64, i64),
        wrong: &mut Violations,
    ) -> Option<Money> {
        let told = self.currency.as_deref().map(str::trim).filter(|code| !code.is_empty());
        if told.is_some_and(|code| !code.eq_ignore_ascii_case(currency.code())) {
            let sentence = format!("This order is in {}.", currency.code());
            wrong.add(argument.currency, Rule::Invalid(sentence));
        }
        let read = Money::parse(&self.decimal, currency).map_err(|error| match error {
            MoneyError::NotANumber => "Enter a decimal number, as in 12.30.".to_owned(),
            MoneyError::TooPrecise => {
                let places = currency.exponent().unwrap_or(0);
                format!("{} has {places} decimal places.", currency.code())
            }
            MoneyError::TooLarge => bounds(currency, (least, most)),
        });
        let within = read.and_then(|money| {
            let fits = (least..=most).contains(&money.minor());
            if fits { Ok(money) } else { Err(bounds(currency, (least, most))) }
        });
        wrong.check(argument.amount, within.map_err(Rule::Invalid))
    }
}

fn bounds(currency: Currency, (least, most): (i64, i64)) -> String {
    let (least, most) = (Money::new(least, currency), Money::new(most, currency));
    format!("Enter an amount from {least} to {most}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Argument = Argument { amount: "unitPrice", currency: "costCurrency" };

    fn read(decimal: &str, currency: Option<&str>) -> Result<i64, Vec<(&'static str, String)>> {
        let amount = Amount { decimal: decimal.to_owned(), currency: currency.map(str::to_owned) };
        let mut wrong = Violations::new();
        let money = amount.read(PRICE, Currency::EUR, (1, 1_000), &mut wrong);
        let faults = wrong.iter().map(|one| (one.field.unwrap(), one.rule.to_string()));
        let faults: Vec<_> = faults.collect();
        if faults.is_empty() { Ok(money.unwrap().minor()) } else { Err(faults) }
    }

    #[test]
    fn an_amount_is_of_the_orders_currency_and_within_bounds() {
        for (decimal, currency, minor) in [
            ("0.01", None, 1),
            ("10", Some("EUR"), 1_000),
            ("9.90", Some(" eur "), 990),
            ("1", Some(""), 100),
        ] {
            assert_eq!(read(decimal, currency), Ok(minor), "{decimal} {currency:?}");
        }
        let bounds = || ("unitPrice", "Enter an amount from 0.01 to 10.00.".to_owned());
        for (decimal, currency, faults) in [
            ("0", None, vec![bounds()]),
            ("10.01", None, vec![bounds()]),
            ("99999999999999999999", None, vec![bounds()]),
            ("-1", None, vec![bounds()]),
            ("1.005", None, vec![("unitPrice", "EUR has 2 decimal places.".to_owned())]),
            (
                "much",
                Some("USD"),
                vec![
                    ("costCurrency", "This order is in EUR.".to_owned()),
                    ("unitPrice", "Enter a decimal number, as in 12.30.".to_owned()),
                ],
            ),
        ] {
            assert_eq!(read(decimal, currency), Err(faults), "{decimal} {currency:?}");
        }
    }
}
