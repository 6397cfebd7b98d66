//! Products and balances of a file, and whose something is.

use regulars_customer::{CardNumber, merge::MergeField};
use regulars_source::record::{BalanceRecord, Body, Buyer, ProductRecord, Record, RecordKey};

use super::{
    customers,
    entry::{Entries, Wrong, id},
    settings::Options,
    target::Target,
    values::{currency, date, whole},
};

/// The word for products in keys.
pub(super) const PRODUCT: &str = "product";
/// The word for balances in keys.
pub(super) const BALANCE: &str = "balance";

/// The product of a row, called by its `sourceId`, else by its `sku`.
pub(super) fn product(options: &Options, entries: &Entries<'_>) -> Result<Record, Wrong> {
    let own = entries.read(&Target::SourceId, id)?;
    let sku = entries.text(&Target::Sku).map(str::to_owned);
    let key = match own {
        Some(own) => own,
        None => entries.read(&Target::Sku, id)?.ok_or_else(|| Wrong::missing(&Target::SourceId))?,
    };
    let name = entries.text(&Target::Name).ok_or_else(|| Wrong::missing(&Target::Name))?;
    let said = entries.read(&Target::Currency, currency)?;
    let of = said.or_else(|| options.currency.as_deref().and_then(|code| currency(code).ok()));
    let product = ProductRecord {
        name: name.to_owned(),
        price: entries.amount(&Target::Price, of, options)?,
        currency: of.map(|currency| currency.code().to_owned()),
        sku,
    };
    let version = entries.version(options)?;
    let key = RecordKey::new(PRODUCT, key);
    Ok(Record { key, version, body: Body::Product(Box::new(product)) })
}

/// Whose something is, as a row says it.
pub(super) fn buyer(entries: &Entries<'_>) -> Result<Buyer, Wrong> {
    let text = |target: &Target| entries.text(target).map(str::to_owned);
    Ok(Buyer {
        key: entries.read(&Target::CustomerId, id)?.map(|id| RecordKey::new(customers::OBJECT, id)),
        loyalty_id: text(&Target::LoyaltyId),
        email: text(&Target::Own(MergeField::Email)),
        phone_number: text(&Target::Own(MergeField::PhoneNumber)),
    })
}

/// The balance of a row; none where it is nothing. It is called by its `sourceId`, else by its owner and card: `card:1234/Bonus`.
pub(super) fn balance(options: &Options, entries: &Entries<'_>) -> Result<Option<Record>, Wrong> {
    let owner = buyer(entries)?;
    let card = entries
        .text(&Target::LoyaltyCard)
        .or(options.loyalty_card.as_deref())
        .ok_or_else(|| Wrong::missing(&Target::LoyaltyCard))?;
    let owned = owner.key.as_ref().map(ToString::to_string);
    let owned = owned
        .or_else(|| owner.loyalty_id.as_ref().map(|card| format!("card:{}", CardNumber::key_of(card))))
        .or_else(|| owner.email.as_ref().map(|address| format!("email:{}", address.to_lowercase())))
        .or_else(|| owner.phone_number.as_ref().map(|number| format!("phone:{number}")))
        .ok_or_else(|| {
            Wrong::new("required", "Nothing says whose balance this is: a customer's id, a card number, an e-mail address or a phone number.")
        })?;
    let key = match entries.read(&Target::SourceId, id)? {
        Some(own) => own,
        None => {
            id(&format!("{owned}/{card}")).map_err(|(code, message)| Wrong::new(code, message))?
        }
    };
    let amount = entries
        .read(&Target::Amount, |text| match whole(text)? {
            0.. if text.starts_with('-') => Ok(0),
            number @ 0.. => Ok(number),
            _ => Err((
                "invalid",
                "A balance is 0 or more: what somebody owes is not taken over.".to_owned(),
            )),
        })?
        .ok_or_else(|| Wrong::missing(&Target::Amount))?;
    if amount == 0 {
        return Ok(None);
    }
    let balance = BalanceRecord {
        owner,
        loyalty_card: card.to_owned(),
        amount,
        expires_on: entries.read(&Target::ExpiresOn, |text| date(text, options))?,
    };
    let version = entries.version(options)?;
    let key = RecordKey::new(BALANCE, key);
    Ok(Some(Record { key, version, body: Body::Balance(Box::new(balance)) }))
}
