//! A card's rewards are made, changed and given up.

use regulars_kernel::{
    Actor, Change, Denied, LoyaltyCardId, MerchantId, Permission, Points, ProductId, RewardId,
    Rule, Timestamp, Violations,
};
use regulars_merchant::MerchantStore;
use regulars_promotion::terms::run::is_within_reach;

use super::LoyaltyReward;
use crate::{
    LoyaltyCard, LoyaltyError, LoyaltyStore, Program, Spending, card::program::change::MAX_POINTS,
};

/// The most of a reward that a merchant counts.
pub const MAX_STOCK: i64 = 1_000_000_000;
/// The most rewards of a card that are not archived.
pub const MAX_REWARDS: usize = 500;

/// What becomes of a reward's fields, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RewardPatch {
    /// Whose points or stamps buy it: a card whose points buy rewards, or one of stamps. It stays with its card.
    pub card: Change<LoyaltyCardId>,
    /// What one gets, which is still sold. It stays once somebody has it, or a code for it.
    pub product: Change<ProductId>,
    /// What it costs in points, 1 to [`MAX_POINTS`]. Stamps buy it where the card is full: then nothing, or what fills it.
    pub points: Change<i64>,
    /// How many are left, 0 to [`MAX_STOCK`]; cleared, enough.
    pub stock: Change<i64>,
    /// Until when it is to be had, which lies ahead and not before its card starts; cleared, for ever.
    pub expiry: Change<Timestamp>,
    /// Whether it is given up; cleared, it is not.
    pub archived: Change<bool>,
}

impl RewardPatch {
    /// Applies what holds, and notes what does not; `before` is none of a new one.
    fn apply_to(
        &self,
        tx: &mut impl MerchantStore,
        (card, now): (&LoyaltyCard, Timestamp),
        before: Option<&LoyaltyReward>,
        reward: &mut LoyaltyReward,
        wrong: &mut Violations,
    ) -> Result<(), LoyaltyError> {
        match &self.product {
            Change::Keep if before.is_some() => {}
            Change::Keep | Change::Clear => wrong.add("productId", Rule::Required),
            Change::Set(product) => {
                let kept = before.is_some_and(|before| before.product == *product);
                let found = wrong.check("productId", sold(tx, card.merchant, *product, kept)?);
                reward.product = found.unwrap_or(reward.product);
            }
        }
        let stock = self.stock.read("stock", wrong, |left| stock(*left));
        stock.apply(&mut reward.stock);
        let expiry = self.expiry.read("expiry", wrong, |at| ahead(*at, card, now));
        expiry.apply(&mut reward.expiry);
        self.archived.clone().apply_or_default(&mut reward.archived);
        let asked = match &self.points {
            Change::Keep => before.map(|before| before.points.get()),
            Change::Clear => None,
            Change::Set(points) => Some(*points),
        };
        let is_back = before.is_some_and(|before| before.archived) && !reward.archived;
        if is_back
            && self.expiry.is_keep()
            && let Some(at) = reward.expiry
        {
            wrong.check("expiry", ahead(at, card, now));
        }
        if (before.is_none() || is_back || !self.points.is_keep())
            && let Some(points) = wrong.check("points", price(card, asked, &self.points))
        {
            reward.points = points;
        }
        Ok(())
    }
}

/// What a reward of a card costs.
fn price(card: &LoyaltyCard, asked: Option<i64>, change: &Change<i64>) -> Result<Points, Rule> {
    match &card.program {
        Program::Points(points) => {
            let asked = asked.ok_or(Rule::Required)?;
            if !(1..=MAX_POINTS).contains(&asked) {
                return Err(Rule::Invalid(format!("Enter a number from 1 to {MAX_POINTS}.")));
            }
            if let Some(most) = points.most_at_once()
                && most < i128::from(asked)
            {
                let sentence = format!(
                    "Nobody ever has so many points of this card at once: ask for {most} at most, or let people earn more or longer."
                );
                return Err(Rule::Invalid(sentence));
            }
            Ok(Points::new(asked))
        }
        Program::Stamps(stamps) => {
            let full = i64::from(stamps.stamps_needed);
            if change.value().is_some_and(|points| *points != full) {
                let sentence = format!("A full card buys it: leave points out, or enter {full}.");
                return Err(Rule::Invalid(sentence));
            }
            Ok(Points::new(full))
        }
    }
}

/// A product of the merchant that is still sold; one that is named already may be archived.
fn sold(
    tx: &mut impl MerchantStore,
    merchant: MerchantId,
    id: ProductId,
    kept: bool,
) -> Result<Result<ProductId, Rule>, LoyaltyError> {
    let found = tx.products(&[id])?.pop().filter(|product| product.merchant == merchant);
    Ok(match found {
        None => Err(Rule::Absent(format!("No product has the number {id}."))),
        Some(product) if product.archived && !kept => {
            let sentence = "This product is no longer sold: bring it back first, or name another.";
            Err(Rule::Invalid(sentence.to_owned()))
        }
        Some(product) => Ok(product.id),
    })
}

fn stock(left: i64) -> Result<Option<i64>, Rule> {
    if (0..=MAX_STOCK).contains(&left) {
        return Ok(Some(left));
    }
    let sentence = format!("Enter a number from 0 to {MAX_STOCK}, or null for enough.");
    Err(Rule::Invalid(sentence))
}

fn ahead(at: Timestamp, card: &LoyaltyCard, now: Timestamp) -> Result<Option<Timestamp>, Rule> {
    let sentence = if at <= now {
        "This has passed, nobody could have it any more: choose an instant that lies ahead, or null for ever."
    } else if card.terms.start_time.is_some_and(|start| at <= start) {
        "Its card does not run before that: choose a later instant, or null for ever."
    } else {
        return Ok(Some(at));
    };
    Err(Rule::Invalid(sentence.to_owned()))
}

/// A card that the asker may change, where there is one.
fn own(actor: &Actor, card: Option<LoyaltyCard>) -> Result<LoyaltyCard, LoyaltyError> {
    let card = card.ok_or(LoyaltyError::LoyaltyCardNotFound)?;
    if is_within_reach(actor, &card.terms.places) { Ok(card) } else { Err(Denied.into()) }
}

/// Why nothing can be bought with a card.
fn barred(card: &LoyaltyCard) -> Option<&'static str> {
    let flat = match &card.program {
        Program::Points(points) => matches!(points.spending, Spending::Flat { .. }),
        Program::Stamps(_) => false,
    };
    if card.terms.archived {
        Some("This card was given up: bring it back first, or name another.")
    } else if flat {
        Some(
            "Points of this card pay an amount and buy no reward: name a card whose pointsLoyaltyType is PRODUCT, or one of stamps.",
        )
    } else {
        None
    }
}

/// Makes a reward. Needs [`Permission::ChangePromotion`] and, of those who work in some stores alone, that the card runs in
/// those.
pub fn create<S: LoyaltyStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    patch: &RewardPatch,
    now: Timestamp,
) -> Result<RewardId, LoyaltyError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let Change::Set(card) = patch.card else {
        return Err(Violations::of("loyaltyCardId", Rule::Required).into());
    };
    let card = own(actor, tx.find_loyalty_card(merchant, card)?)?;
    if let Some(sentence) = barred(&card) {
        return Err(Violations::of("loyaltyCardId", Rule::Invalid(sentence.to_owned())).into());
    }
    let mut wrong = Violations::new();
    if tx.rewards_per_card(&[card.id])?.len() >= MAX_REWARDS {
        let sentence = format!("A card has at most {MAX_REWARDS} rewards: give one up first.");
        wrong.add("loyaltyCardId", Rule::Invalid(sentence));
    }
    let mut reward = LoyaltyReward {
        id: RewardId::new(0),
        merchant,
        card: card.id,
        product: ProductId::new(0),
        points: Points::ZERO,
        stock: None,
        expiry: None,
        archived: false,
        created_at: now,
        updated_at: now,
    };
    patch.apply_to(tx, (&card, now), None, &mut reward, &mut wrong)?;
    wrong.into_result()?;
    Ok(tx.insert_reward(&reward)?)
}

/// Changes a reward. Needs what [`create`] needs. Who has it, or a code for it, keeps it: it stays with its card, and its
/// product stays what it is once it is used. A patch that changes nothing leaves `updated_at` alone.
pub fn update<S: LoyaltyStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: RewardId,
    patch: &RewardPatch,
    now: Timestamp,
) -> Result<RewardId, LoyaltyError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let before = tx.find_reward(merchant, id)?.ok_or(LoyaltyError::RewardNotFound)?;
    // Not locked: whoever changes a card locks it before its rewards.
    let card = own(actor, tx.loyalty_cards(&[before.card])?.pop())?;
    let mut after = before.clone();
    let mut wrong = Violations::new();
    let moved = match patch.card {
        Change::Keep => false,
        Change::Clear => true,
        Change::Set(other) => other != before.card,
    };
    if moved {
        let sentence = "A reward stays with its card: make a new one there, and give this one up.";
        wrong.add("loyaltyCardId", Rule::Invalid(sentence.to_owned()));
    }
    patch.apply_to(tx, (&card, now), Some(&before), &mut after, &mut wrong)?;
    if before.archived
        && !after.archived
        && let Some(sentence) = barred(&card)
    {
        wrong.add("archived", Rule::Invalid(sentence.to_owned()));
    }
    if after.product != before.product && tx.reward_is_used(merchant, id)? {
        let sentence = "Customers have had this product for their points, or have a code for it: make a new reward, and give this one up.";
        wrong.add("productId", Rule::Invalid(sentence.to_owned()));
    }
    wrong.into_result()?;
    if after != before {
        after.updated_at = now;
        tx.update_reward(&after)?;
    }
    Ok(id)
}

/// Gives a reward up: it is archived, and those who had it had it. Needs what [`create`] needs.
pub fn archive<S: LoyaltyStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: RewardId,
    now: Timestamp,
) -> Result<RewardId, LoyaltyError> {
    let patch = RewardPatch { archived: Change::Set(true), ..RewardPatch::default() };
    update(tx, actor, id, &patch, now)
}

#[cfg(test)]
mod tests;
