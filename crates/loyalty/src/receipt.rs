//! Rule 13: what a customer is told of a sale: what it earned with each card, what they have after it, and what comes next.

use regulars_kernel::{
    LoyaltyCardId, MerchantId, PersonId, Points, RewardId, StoreError, Timestamp,
};

use crate::{
    Book, Cause, EntryKind, LedgerStore, LoyaltyCard, LoyaltyReward, NothingEarned, PointsSummary,
    Program, Spending, Traced,
    posting::Unpostable,
    refund::{total_of, welcome_of},
    review::Standing,
    summary::summarise,
};

/// What came of a sale with one card.
#[derive(Clone, Debug, PartialEq)]
pub struct CardReceipt {
    /// The card.
    pub card: LoyaltyCard,
    /// Points, or stamps, that the sale earned; 0 where it earned none.
    pub earned: Points,
    /// The card's initial points that came with it; 0 where none did.
    pub initial: Points,
    /// Why it earned nothing.
    pub nothing: Option<NothingEarned>,
    /// From when what it earned can be spent; none where it earned nothing.
    pub active_from: Option<Timestamp>,
    /// When that is gone; none where it never is, or nothing was earned.
    pub expires_at: Option<Timestamp>,
    /// What the customer has on the card now; nothing where they do not have it.
    pub sums: PointsSummary,
}

/// The cheapest thing that a customer has not enough for yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextReward {
    /// Whose points or stamps it takes.
    pub card: LoyaltyCardId,
    /// The reward; none where points pay an amount, or a full card of stamps is it.
    pub reward: Option<RewardId>,
    /// What it takes.
    pub needed: Points,
    /// How many of them are missing; positive.
    pub missing: Points,
}

/// What a customer is told of a sale.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The cards that were looked at: those that earned, then those that did not, each by ascending id.
    pub cards: Vec<CardReceipt>,
    /// Points (not stamps) that the sale earned, initial ones included.
    pub earned: Points,
    /// What is nearest.
    pub next_reward: Option<NextReward>,
}

/// What came of a sale that was recorded, whatever was taken back of it since. `nothing` is what was said then of the cards
/// that earned nothing. Writes nothing; for callers that have asked for permission themselves.
pub fn of(
    tx: &mut (impl LedgerStore + ?Sized),
    (merchant, person): (MerchantId, PersonId),
    cause: Cause,
    nothing: &[(LoyaltyCardId, NothingEarned)],
    now: Timestamp,
) -> Result<Receipt, StoreError> {
    let earnings = earnings(tx, merchant, cause)?;
    let of_earnings = earnings.iter().map(|one| one.card);
    let ids: Vec<_> = of_earnings.chain(nothing.iter().map(|(card, _)| *card)).collect();
    let mut known = tx.loyalty_cards(&ids)?;
    known.sort_by_key(|card| card.id);
    let rewards = tx.rewards_per_card(&ids)?;
    let mut receipt = Receipt { cards: Vec::new(), earned: Points::ZERO, next_reward: None };
    for card in known {
        let earning = earnings.iter().find(|one| one.card == card.id);
        let initial = match earning {
            Some(earning) => welcome_of(tx, merchant, earning)?,
            None => None,
        };
        let standing = match earning {
            Some(earning) => Some(Standing::of(tx, merchant, earning.clone())?),
            None => None,
        };
        let standing = standing.as_ref();
        let lot = standing.and_then(|one| one.anew.as_ref().unwrap_or(&one.earning).lots.first());
        let sums = sums(tx, merchant, person, card.id, now)?;
        let one = CardReceipt {
            earned: earned_by(tx, merchant, &earnings, &card)?,
            initial: initial.map_or(Points::ZERO, |one| one.entry.amount),
            nothing: nothing.iter().find(|(id, _)| *id == card.id).map(|(_, why)| *why),
            active_from: lot.map(|lot| lot.active_from),
            expires_at: lot.and_then(|lot| lot.expires_at),
            sums,
            card,
        };
        if let Program::Points(_) = one.card.program {
            let sum = one.earned.checked_add(one.initial);
            let sum = sum.and_then(|own| receipt.earned.checked_add(own));
            receipt.earned = sum.ok_or(Unpostable::Overflow)?;
        }
        let own = rewards.iter().filter(|reward| reward.card == one.card.id);
        let next = next_of(&one, own, now);
        let nearest = receipt.next_reward.into_iter().chain(next);
        receipt.next_reward = nearest.min_by_key(|next| (next.missing, next.card, next.reward));
        receipt.cards.push(one);
    }
    receipt.cards.sort_by_key(|one| (one.earned == Points::ZERO, one.card.id));
    Ok(receipt)
}

/// The points (not stamps) that a sale earned, initial ones included: [`Receipt::earned`] without the rest of it. Writes nothing; for
/// callers that have asked for permission themselves.
pub fn earned(
    tx: &mut (impl LedgerStore + ?Sized),
    merchant: MerchantId,
    cause: Cause,
) -> Result<Points, StoreError> {
    let earnings = earnings(tx, merchant, cause)?;
    let ids: Vec<_> = earnings.iter().map(|one| one.card).collect();
    let mut sum = Points::ZERO;
    if ids.is_empty() {
        return Ok(sum);
    }
    for card in tx.loyalty_cards(&ids)? {
        let earning = earnings.iter().find(|one| one.card == card.id);
        let (Some(earning), Program::Points(_)) = (earning, &card.program) else { continue };
        let initial = welcome_of(tx, merchant, earning)?;
        let initial = initial.map_or(Points::ZERO, |one| one.entry.amount);
        let own = earned_by(tx, merchant, &earnings, &card)?.checked_add(initial);
        sum = own.and_then(|own| sum.checked_add(own)).ok_or(Unpostable::Overflow)?;
    }
    Ok(sum)
}

/// What a sale earned, with what became of it since.
fn earnings(
    tx: &mut (impl LedgerStore + ?Sized),
    merchant: MerchantId,
    cause: Cause,
) -> Result<Vec<Traced>, StoreError> {
    let traced = tx.traced(merchant, cause)?.into_iter();
    Ok(traced.filter(|one| one.entry.kind == EntryKind::Earn).collect())
}

/// What a sale earned with a card, in its latest version: what its lines earned together, where it was changed.
fn earned_by(
    tx: &mut (impl LedgerStore + ?Sized),
    merchant: MerchantId,
    earnings: &[Traced],
    card: &LoyaltyCard,
) -> Result<Points, StoreError> {
    let own: Vec<_> = earnings.iter().filter(|one| one.card == card.id).collect();
    match own.as_slice() {
        [] => Ok(Points::ZERO),
        [only] if only.reversals == 0 => Ok(only.entry.amount),
        [first, ..] => {
            let lines = tx.earning_lines(merchant, first.entry.id)?;
            let points = matches!(card.program, Program::Points(_)) && !lines.is_empty();
            Ok(if points { total_of(&lines) } else { first.entry.amount })
        }
    }
}

/// What a person has on a card now: points, or stamps; nothing where they do not have it. Writes nothing; for callers that have
/// asked for permission themselves.
pub fn sums(
    tx: &mut (impl LedgerStore + ?Sized),
    merchant: MerchantId,
    person: PersonId,
    card: LoyaltyCardId,
    now: Timestamp,
) -> Result<PointsSummary, StoreError> {
    let Some(account) = tx.lock_account(merchant, person, card, None)? else {
        return Ok(PointsSummary::default());
    };
    let holdings = tx.holdings(&account)?;
    let book = Book {
        lots: holdings.lots,
        holds: holdings.holds,
        hold_lots: holdings.parts,
        ..Book::new(account.account().clone())
    };
    Ok(summarise([&book], now).ok_or(Unpostable::Overflow)?)
}

/// The cheapest that a card offers and the customer has not enough for.
fn next_of<'a>(
    one: &CardReceipt,
    rewards: impl Iterator<Item = &'a LoyaltyReward>,
    now: Timestamp,
) -> Option<NextReward> {
    let card = one.card.id;
    let priced: Vec<(Option<RewardId>, Points)> = match &one.card.program {
        Program::Stamps(program) => {
            vec![(None, Points::new(i64::from(program.stamps_needed)))]
        }
        Program::Points(program) => match program.spending {
            Spending::Flat { points_needed, .. } => vec![(None, points_needed)],
            Spending::Product => rewards
                .filter(|reward| !reward.archived)
                .filter(|reward| reward.stock.is_none_or(|stock| stock > 0))
                .filter(|reward| reward.expiry.is_none_or(|end| now < end))
                .map(|reward| (Some(reward.id), reward.points))
                .collect(),
        },
    };
    let missing = priced.into_iter().filter_map(|(reward, needed)| {
        let missing = needed.checked_sub(one.sums.available)?;
        (missing > Points::ZERO).then_some(NextReward { card, reward, needed, missing })
    });
    missing.min_by_key(|next| (next.needed, next.reward))
}

#[cfg(test)]
mod tests {
    use regulars_kernel::{Currency, ProductId};

    use super::*;
    use crate::{Millionths, PointsProgram, StampsProgram, suite::at};

    fn card(program: Program) -> CardReceipt {
        let merchant = MerchantId::new(61);
        let id = LoyaltyCardId::new(9);
        CardReceipt {
            card: LoyaltyCard::new(id, merchant, "Card", Currency::EUR, program, at(0)),
            earned: Points::ZERO,
            initial: Points::ZERO,
            nothing: None,
            active_from: None,
            expires_at: None,
            sums: PointsSummary { available: Points::new(100), ..PointsSummary::default() },
        }
    }

    fn reward(id: i64, points: i64) -> LoyaltyReward {
        LoyaltyReward {
            id: RewardId::new(id),
            merchant: MerchantId::new(61),
            card: LoyaltyCardId::new(9),
            product: ProductId::new(1),
            points: Points::new(points),
            stock: None,
            expiry: None,
            archived: false,
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn next(one: &CardReceipt, rewards: &[LoyaltyReward]) -> Option<(Option<i64>, i64, i64)> {
        let next = next_of(one, rewards.iter(), at(50));
        next.map(|next| (next.reward.map(RewardId::get), next.needed.get(), next.missing.get()))
    }

    #[test]
    fn rule_13_the_next_reward_is_the_cheapest_that_is_out_of_reach_and_to_be_had() {
        let program = |spending| {
            Program::Points(PointsProgram::new(spending, Millionths::new(Millionths::ONE)))
        };
        let product = card(program(Spending::Product));
        let gone = LoyaltyReward { archived: true, ..reward(1, 110) };
        let sold_out = LoyaltyReward { stock: Some(0), ..reward(2, 120) };
        let over = LoyaltyReward { expiry: Some(at(50)), ..reward(3, 130) };
        let soon_over = LoyaltyReward { expiry: Some(at(51)), ..reward(5, 150) };
        let all = [reward(6, 400), gone, sold_out, over, reward(4, 100), soon_over];
        assert_eq!(next(&product, &all), Some((Some(5), 150, 50)));
        assert_eq!(next(&product, &[reward(4, 100)]), None, "that can be had");
        let flat = |needed| Spending::Flat {
            points_needed: Points::new(needed),
            incremental_points: None,
            point_worth: Millionths::new(Millionths::ONE),
        };
        assert_eq!(next(&card(program(flat(250))), &[]), Some((None, 250, 150)));
        assert_eq!(next(&card(program(flat(100))), &[]), None);
        let stamps = |needed| {
            card(Program::Stamps(StampsProgram {
                stamps_needed: needed,
                max_stamps_per_day: None,
                stamp_expiration_days: None,
            }))
        };
        assert_eq!(next(&stamps(101), &[]), Some((None, 101, 1)));
    }
}
