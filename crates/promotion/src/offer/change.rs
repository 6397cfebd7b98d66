//! Offers are made, changed and given up, and judged as a whole: one that nobody could ever use is refused with the reason.

mod code;
mod discount;

use std::{collections::BTreeSet, sync::Arc};

use regulars_kernel::{
    Actor, CampaignId, Change, Denied, MerchantId, OfferId, Permission, ProductId, Rule, Timestamp,
    Violations,
    text::{check, clean},
};
use regulars_merchant::{
    Archived, MerchantStore,
    store::change::{MAX_NAME_CHARS, required},
};

use super::{Discount, Offer, OfferFilter};
use crate::{
    Campaign, PromotionError, PromotionStore, Status,
    terms::{
        change::{self, TermsPatch},
        run::{Setting, is_within_reach, numbers, own_merchant},
    },
};

pub use self::{
    code::{CodePatch, CodeType, MAX_CODE_CHARS, MIN_CODE_CHARS},
    discount::{DiscountPatch, DiscountType, MAX_ITEMS},
};

/// The most characters of a line about an offer.
pub const MAX_SHORT_CHARS: usize = 500;
/// The most characters of all about an offer, and of the small print.
pub const MAX_LONG_CHARS: usize = 10_240;
/// The most products that an offer names.
pub const MAX_PRODUCTS: usize = 500;
/// The most days that a code lives: ten years.
pub const MAX_EXPIRATION_DAYS: i32 = 3_660;
/// The most offers of a merchant, archived ones among them.
pub const MAX_OFFERS: u64 = 20_000;

/// What becomes of an offer's fields, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferPatch {
    /// What people call it: 1 to [`MAX_NAME_CHARS`] characters.
    pub name: Change<String>,
    /// A line about it: at most [`MAX_SHORT_CHARS`] characters.
    pub short_description: Change<String>,
    /// All about it: at most [`MAX_LONG_CHARS`] characters, in several lines if need be.
    pub long_description: Change<String>,
    /// The small print: at most [`MAX_LONG_CHARS`] characters, in several lines if need be.
    pub terms_and_conditions: Change<String>,
    /// Where a shop front shows it: at most [`MAX_NAME_CHARS`] characters.
    pub placement: Change<String>,
    /// The campaign it runs in; cleared, none.
    pub campaign: Change<CampaignId>,
    /// What it takes off.
    pub discount: DiscountPatch,
    /// How it is redeemed.
    pub code: CodePatch,
    /// How many days a code lives (rule 21), 1 to [`MAX_EXPIRATION_DAYS`]; cleared, as long as the offer.
    pub redemption_expiration_days: Change<i32>,
    /// Whether a sale with it earns points; cleared, yes.
    pub earn_points: Change<bool>,
    /// Whether it goes together with others (rule 24); cleared, no.
    pub stackable: Change<bool>,
    /// The products it is about, at most [`MAX_PRODUCTS`], in place of those before; cleared, all.
    pub products: Change<BTreeSet<ProductId>>,
    /// Where, when, to whom and how often.
    pub terms: TermsPatch,
}

impl OfferPatch {
    /// Applies what needs no other row, and notes what does not hold.
    fn apply_to(&self, offer: &mut Offer, wrong: &mut Violations) {
        if self.name == Change::Clear {
            wrong.add("name", Rule::Required);
        }
        let name = self.name.read("name", wrong, |typed| required(typed).map(Some));
        if let Change::Set(name) = name {
            offer.name = name;
        }
        for (argument, change, field, most) in [
            (
                "shortDescription",
                &self.short_description,
                &mut offer.short_description,
                MAX_SHORT_CHARS,
            ),
            ("placement", &self.placement, &mut offer.placement, MAX_NAME_CHARS),
        ] {
            change.read(argument, wrong, |typed| clean(typed, most)).apply(field);
        }
        for (argument, change, field) in [
            ("longDescription", &self.long_description, &mut offer.long_description),
            ("termsAndConditions", &self.terms_and_conditions, &mut offer.terms_and_conditions),
        ] {
            change.read(argument, wrong, |typed| paragraphs(typed)).apply(field);
        }
        let days =
            self.redemption_expiration_days
                .read("redemptionExpirationDays", wrong, |days| expiration(*days));
        days.apply(&mut offer.redemption_expiration_days);
        match self.earn_points {
            Change::Keep => {}
            Change::Clear => offer.earn_points = true,
            Change::Set(earns) => offer.earn_points = earns,
        }
        self.stackable.clone().apply_or_default(&mut offer.stackable);
        self.code.apply_to(&mut offer.code, wrong);
    }
}

/// A text of several lines.
fn paragraphs(typed: &str) -> Result<Option<String>, Rule> {
    let typed = typed.trim();
    check(typed, MAX_LONG_CHARS)?;
    Ok((!typed.is_empty()).then(|| typed.to_owned()))
}

fn expiration(days: i32) -> Result<Option<i32>, Rule> {
    if (1..=MAX_EXPIRATION_DAYS).contains(&days) {
        return Ok(Some(days));
    }
    Err(Rule::Invalid(format!("Enter a number of days from 1 to {MAX_EXPIRATION_DAYS}.")))
}

/// Makes an offer. Needs [`Permission::ChangePromotion`]; whoever works in some stores alone makes one that runs in those, by
/// name.
pub fn create<S: PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    patch: &OfferPatch,
    now: Timestamp,
) -> Result<OfferId, PromotionError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let merchant = own_merchant(tx, merchant)?;
    let mut wrong = Violations::new();
    if patch.name.is_keep() {
        wrong.add("name", Rule::Required);
    }
    let setting = Setting::of(&merchant, now);
    let offer = changed(tx, actor, setting, None, patch, &mut wrong)?;
    let all = OfferFilter { archived: Archived::Included, ..OfferFilter::default() };
    if tx.count_offers(&all)? >= MAX_OFFERS {
        let sentence = format!("A merchant has at most {MAX_OFFERS} offers.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    wrong.into_result()?;
    Ok(tx.insert_offer(&offer)?)
}

/// Changes an offer; what was promised or redeemed stays as it was. Judged on the result, as far as the patch touches it. Needs
/// what [`create`] needs, before and after. A patch that changes nothing leaves `updated_at` alone.
pub fn update<S: PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: OfferId,
    patch: &OfferPatch,
    now: Timestamp,
) -> Result<OfferId, PromotionError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let merchant = own_merchant(tx, merchant)?;
    let before = tx.find_offer(merchant.id, id)?.ok_or(PromotionError::OfferNotFound)?;
    let mut wrong = Violations::new();
    let setting = Setting::of(&merchant, now);
    let mut after = changed(tx, actor, setting, Some(&before), patch, &mut wrong)?;
    wrong.into_result()?;
    if after != before {
        after.updated_at = now;
        tx.update_offer(&after)?;
    }
    Ok(id)
}

/// Gives an offer up: it is archived, and stays in the books; its code is free for another. Needs what [`create`] needs. One
/// that is archived already stays as it is.
pub fn archive<S: PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: OfferId,
    now: Timestamp,
) -> Result<OfferId, PromotionError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let mut offer = tx.find_offer(merchant, id)?.ok_or(PromotionError::OfferNotFound)?;
    if !is_within_reach(actor, &offer.terms.places) {
        return Err(Denied.into());
    }
    if !offer.terms.archived {
        offer.terms.archived = true;
        offer.updated_at = now;
        tx.update_offer(&offer)?;
    }
    Ok(id)
}

/// The offer after a patch; what is wrong is noted.
fn changed<S: PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    setting: Setting<'_>,
    before: Option<&Offer>,
    patch: &OfferPatch,
    wrong: &mut Violations,
) -> Result<Offer, PromotionError> {
    let Setting { merchant, now, .. } = setting;
    let nothing = Discount::Percentage(0);
    let mut after = before
        .cloned()
        .unwrap_or_else(|| Offer::new(OfferId::new(0), merchant.id, "", nothing, now));
    patch.apply_to(&mut after, wrong);
    let discount = before.map(|before| (before.discount, before.num_of_items));
    (after.discount, after.num_of_items) = patch.discount.read(discount, merchant.currency, wrong);
    let is_moved = move_to_campaign(tx, merchant.id, &patch.campaign, &mut after, wrong)?;
    let campaign = after.campaign.clone();
    let setting = Setting { campaign: campaign.as_deref(), is_moved, ..Setting::of(merchant, now) };
    let terms = before.map(|before| &before.terms);
    after.terms = change::change(tx, actor, &setting, terms, &patch.terms, wrong)?;
    name_products(tx, merchant.id, &patch.products, &mut after, wrong)?;
    let code = |offer: &Offer| (offer.code.clone(), offer.terms.archived);
    if before.is_none_or(|before| code(before) != code(&after)) {
        code::require_free(tx, &after, wrong)?;
    }
    Ok(after)
}

/// Whether the offer runs in another campaign now.
fn move_to_campaign(
    tx: &mut impl PromotionStore,
    merchant: MerchantId,
    campaign: &Change<CampaignId>,
    offer: &mut Offer,
    wrong: &mut Violations,
) -> Result<bool, PromotionError> {
    let before = offer.campaign.as_ref().map(|campaign| campaign.id);
    match *campaign {
        Change::Keep => return Ok(false),
        Change::Clear => offer.campaign = None,
        Change::Set(id) if before == Some(id) => return Ok(false),
        Change::Set(id) => {
            let Some(found) = tx.find_campaign(merchant, id)? else {
                let sentence = format!("No campaign has the number {id}.");
                wrong.add("campaignId", Rule::Absent(sentence));
                return Ok(false);
            };
            if let Some(sentence) = against(&found) {
                wrong.add("campaignId", Rule::Invalid(sentence.to_owned()));
            }
            offer.campaign = Some(Arc::new(found));
        }
    }
    Ok(offer.campaign.as_ref().map(|campaign| campaign.id) != before)
}

/// Why nothing can begin to run in a campaign.
fn against(campaign: &Campaign) -> Option<&'static str> {
    if campaign.archived {
        return Some("This campaign is archived: bring it back first, or choose another one.");
    }
    (campaign.status == Status::Ended).then_some("This campaign is over: choose another one.")
}

/// What the offer is about afterwards. Products that it named before may have been archived since; new ones may not.
fn name_products(
    tx: &mut impl MerchantStore,
    merchant: MerchantId,
    products: &Change<BTreeSet<ProductId>>,
    offer: &mut Offer,
    wrong: &mut Violations,
) -> Result<(), PromotionError> {
    let named = match products {
        Change::Keep => return Ok(()),
        Change::Clear => {
            offer.products = Vec::new();
            return Ok(());
        }
        Change::Set(named) if named.len() > MAX_PRODUCTS => {
            let sentence = format!("Name at most {MAX_PRODUCTS} products.");
            wrong.add("products", Rule::Invalid(sentence));
            return Ok(());
        }
        Change::Set(named) => named.iter().copied().collect::<Vec<_>>(),
    };
    let mut known = tx.products(&named)?;
    known.retain(|product| product.merchant == merchant);
    let found = |id: &ProductId| known.iter().find(|product| product.id == *id);
    if let Some(absent) = numbers(named.iter().filter(|id| found(id).is_none())) {
        let sentence = format!("No product has the number {absent}.");
        wrong.add("products", Rule::Absent(sentence));
    }
    let is_gone = |id: &&ProductId| {
        !offer.products.contains(id) && found(id).is_some_and(|product| product.archived)
    };
    if let Some(archived) = numbers(named.iter().filter(is_gone)) {
        let sentence = format!("Archived: {archived}. Bring them back first, or leave them out.");
        wrong.add("products", Rule::Invalid(sentence));
    }
    offer.products = named;
    Ok(())
}

#[cfg(test)]
mod tests;
