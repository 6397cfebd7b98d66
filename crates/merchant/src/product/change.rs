//! A merchant's products are put down, changed and given up.

use regulars_kernel::{
    Actor, Change, Money, Permission, ProductId, Rule, Timestamp, Violations,
    money::{typed_amount, typed_currency},
    text::clean,
};

use super::{Product, ProductFilter};
use crate::{
    Archived, EntitySource, Merchant, MerchantError, MerchantStore,
    store::change::{MAX_NAME_CHARS, own_fields, require_everywhere, required},
};

/// The most characters of an id in another system.
pub const MAX_SOURCE_ID_CHARS: usize = 255;
/// The most products of a merchant, archived ones among them.
pub const MAX_PRODUCTS: u64 = 100_000;

/// What becomes of a product's fields, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductPatch {
    /// What people call it: 1 to [`MAX_NAME_CHARS`] characters.
    pub name: Change<String>,
    /// What one costs, in major units: a decimal of 0 or more, with no more places than the currency has.
    pub price: Change<String>,
    /// An ISO 4217 code; cleared, or never said, the merchant's.
    pub price_currency: Change<String>,
    /// The shelf it stands on: at most [`MAX_NAME_CHARS`] characters.
    pub category: Change<String>,
    /// The system it was taken over from. Stands with its id there, or not at all.
    pub entity_source: Change<EntitySource>,
    /// Its id there, which one product of the merchant has: at most [`MAX_SOURCE_ID_CHARS`] characters.
    pub entity_source_id: Change<String>,
    /// The merchant's own fields: a JSON object.
    pub extra_info: Change<String>,
    /// Whether it is given up; cleared, it is not.
    pub archived: Change<bool>,
}

impl ProductPatch {
    /// Applies what holds, and notes what does not.
    fn apply_to(&self, merchant: &Merchant, product: &mut Product, wrong: &mut Violations) {
        if self.name == Change::Clear {
            wrong.add("name", Rule::Required);
        }
        let name = self.name.read("name", wrong, |typed| required(typed).map(Some));
        if let Change::Set(name) = name {
            product.name = name;
        }
        product.price = self.price(merchant, product.price, wrong);
        let category = self.category.read("category", wrong, |typed| clean(typed, MAX_NAME_CHARS));
        category.apply(&mut product.category);
        self.entity_source.clone().apply(&mut product.entity_source);
        let id = self
            .entity_source_id
            .read("entitySourceId", wrong, |typed| clean(typed, MAX_SOURCE_ID_CHARS));
        let readable = id.is_keep() == self.entity_source_id.is_keep();
        id.apply(&mut product.entity_source_id);
        match (product.entity_source, &product.entity_source_id) {
            (Some(_), None) if readable => {
                let sentence = "Enter the id that it has there, or leave the source out.";
                wrong.add("entitySourceId", Rule::Invalid(sentence.to_owned()));
            }
            (None, Some(_)) => {
                let sentence = "Enter the system of this id, or leave the id out.";
                wrong.add("entitySource", Rule::Invalid(sentence.to_owned()));
            }
            _ => {}
        }
        let extra_info = self.extra_info.read("extraInfo", wrong, |typed| own_fields(typed));
        extra_info.apply(&mut product.extra_info);
        self.archived.clone().apply_or_default(&mut product.archived);
    }

    /// The price afterwards. In another currency the same figure counts, where that has as many places.
    fn price(&self, merchant: &Merchant, before: Money, wrong: &mut Violations) -> Money {
        let currency = match &self.price_currency {
            Change::Keep => Some(before.currency()),
            Change::Clear => Some(merchant.currency),
            Change::Set(code) => wrong.check("priceCurrency", typed_currency(code)),
        };
        let unit = currency.unwrap_or(before.currency());
        let price = match &self.price {
            Change::Keep if unit == before.currency() => return before,
            Change::Keep => typed_amount(&before.to_string(), unit),
            Change::Clear => Err(Rule::Required),
            Change::Set(decimal) => typed_amount(decimal, unit),
        };
        wrong.check("price", price).unwrap_or(before)
    }
}

/// Puts a product down. Needs [`Permission::ChangeProduct`], and every store: a product is sold in all of them.
pub fn create(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    patch: &ProductPatch,
    now: Timestamp,
) -> Result<ProductId, MerchantError> {
    let id = require_everywhere(actor, Permission::ChangeProduct)?;
    let merchant = tx.merchants(&[id])?.pop().ok_or(MerchantError::MerchantNotFound)?;
    let mut product = Product {
        id: ProductId::new(0),
        merchant: merchant.id,
        name: String::new(),
        price: Money::zero(merchant.currency),
        category: None,
        entity_source: None,
        entity_source_id: None,
        archived: false,
        extra_info: None,
        created_at: now,
        updated_at: now,
    };
    let mut wrong = Violations::new();
    for (argument, change) in [("name", &patch.name), ("price", &patch.price)] {
        if change.is_keep() {
            wrong.add(argument, Rule::Required);
        }
    }
    patch.apply_to(&merchant, &mut product, &mut wrong);
    require_free(tx, &product, &mut wrong)?;
    let all = ProductFilter { archived: Archived::Included, ..ProductFilter::default() };
    if tx.count_products(&all)? >= MAX_PRODUCTS {
        let sentence = format!("A merchant has at most {MAX_PRODUCTS} products.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    wrong.into_result()?;
    Ok(tx.insert_product(&product)?)
}

/// Changes a product. Needs what [`create`] needs. A patch that changes nothing leaves `updated_at` alone; what was sold keeps
/// the price that it was sold at.
pub fn update(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: ProductId,
    patch: &ProductPatch,
    now: Timestamp,
) -> Result<ProductId, MerchantError> {
    let merchant = require_everywhere(actor, Permission::ChangeProduct)?;
    let merchant = tx.merchants(&[merchant])?.pop().ok_or(MerchantError::MerchantNotFound)?;
    let before = tx.find_product(merchant.id, id)?.ok_or(MerchantError::ProductNotFound)?;
    let mut after = before.clone();
    let mut wrong = Violations::new();
    patch.apply_to(&merchant, &mut after, &mut wrong);
    require_free(tx, &after, &mut wrong)?;
    wrong.into_result()?;
    if after != before {
        after.updated_at = now;
        tx.update_product(&after)?;
    }
    Ok(id)
}

/// Gives a product up: it is archived, and stays in the books. Needs what [`create`] needs. One that is archived already stays
/// as it is.
pub fn archive(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: ProductId,
    now: Timestamp,
) -> Result<ProductId, MerchantError> {
    let merchant = require_everywhere(actor, Permission::ChangeProduct)?;
    let found = tx.find_product(merchant, id)?.ok_or(MerchantError::ProductNotFound)?;
    if !found.archived {
        tx.update_product(&Product { archived: true, updated_at: now, ..found })?;
    }
    Ok(id)
}

/// Notes where another product has the id in the other system, archived ones among them.
fn require_free(
    tx: &mut impl MerchantStore,
    product: &Product,
    wrong: &mut Violations,
) -> Result<(), MerchantError> {
    let (Some(source), Some(source_id)) = (product.entity_source, &product.entity_source_id) else {
        return Ok(());
    };
    let taken = tx.find_product_by_source(product.merchant, source, source_id)?;
    if let Some(other) = taken.filter(|other| *other != product.id) {
        let sentence = format!("Product {other} has this id of this system: change that one.");
        wrong.add("entitySourceId", Rule::Invalid(sentence));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
