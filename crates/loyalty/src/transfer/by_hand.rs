//! Points that a merchant's people move from one customer, or card, to another.

use regulars_customer::CustomerStore;
use regulars_kernel::{
    Actor, EntryId, LoyaltyCardId, MerchantId, Permission, PersonId, Points, Timestamp,
};
use regulars_merchant::MerchantStore;

use super::move_lots;
use crate::{
    Cause, HistoryStore, LoyaltyError, Program,
    adjustment::{MAX_AMOUNT, card_of, invalid, member_of, nth, read_reason},
    bookkeeping::{self, Occasion},
    posting::Locked,
};

/// Points to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// Whose they are.
    pub from: PersonId,
    /// Whose they are to be.
    pub to: PersonId,
    /// The card that they leave.
    pub from_card: LoyaltyCardId,
    /// The card that they come to; absent: the same.
    pub to_card: Option<LoyaltyCardId>,
    /// How many; above 0.
    pub points: Points,
    /// Why; 1 to [`crate::adjustment::MAX_REASON_CHARS`] characters.
    pub reason: String,
}

/// Points that were moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// At which merchant.
    pub merchant: MerchantId,
    /// The line of the account that gave.
    pub out: EntryId,
    /// The line of the account that took.
    pub into: EntryId,
    /// Who gave.
    pub from: PersonId,
    /// Who took.
    pub to: PersonId,
    /// The card that they left.
    pub from_card: LoyaltyCardId,
    /// The card that they came to.
    pub to_card: LoyaltyCardId,
}

/// Moves points from one customer of the merchant's to another, or between cards of one, in two lines written together. Only
/// what is available moves, the soonest-expiring first (rule 19), and each lot keeps the day that it ends on; a debt on
/// the other side is paid first (rule 18). The first points on a card enrol. Moving is no earning: it counts in nobody's
/// `pointsEarned`. Needs [`Permission::AdjustPoints`]; the transaction's scope is the asker's merchant.
///
/// # Errors
/// [`LoyaltyError::Invalid`] without a reason, for less than one point or more than [`MAX_AMOUNT`], for cards that do not both
/// collect points, for one and the same account, for customers who are none, and where there is not enough.
pub fn transfer<S: HistoryStore + CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    new: &NewTransfer,
    now: Timestamp,
) -> Result<Transferred, LoyaltyError> {
    let merchant = actor.require(Permission::AdjustPoints)?;
    let reason = read_reason(&new.reason)?;
    if new.points <= Points::ZERO || new.points.get() > MAX_AMOUNT {
        return Err(invalid("points", format!("Say how many, from 1 to {MAX_AMOUNT}.")));
    }
    let to_card = new.to_card.unwrap_or(new.from_card);
    if (new.from, new.from_card) == (new.to, to_card) {
        let sentence = "They are there already: name another customer or another card.";
        return Err(invalid("toConsumerId", sentence));
    }
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(LoyaltyError::LoyaltyCardNotFound)?;
    for (id, argument) in [(new.from_card, "fromLoyaltyCardId"), (to_card, "toLoyaltyCardId")] {
        let card = card_of(tx, merchant, id, argument)?;
        if matches!(card.program, Program::Stamps(_)) {
            return Err(invalid(argument, "This card collects stamps: they stay where they are."));
        }
    }
    member_of(tx, merchant, new.from, "fromConsumerId")?;
    member_of(tx, merchant, new.to, "toConsumerId")?;
    let too_many =
        |available: Points| invalid("points", format!("{available} points are available."));
    let locked = lock(tx, merchant, (new.from, new.from_card), (new.to, to_card), now)?;
    let Some((mut from, mut to)) = locked else { return Err(too_many(Points::ZERO)) };
    let occasion = Occasion::at(now, tenant.time_zone, actor.person());
    bookkeeping::settle(tx, &mut to, occasion.zone, now)?;
    let holdings = bookkeeping::settle(tx, &mut from, occasion.zone, now)?;
    let Some(drawn) = holdings.draw(new.points, now) else {
        return Err(too_many(holdings.available(now)));
    };
    let lot = |id| holdings.lots.iter().find(|lot| lot.id == id).cloned();
    let parts: Vec<_> = drawn.into_iter().filter_map(|(id, part)| Some((lot(id)?, part))).collect();
    let cause = (Cause::Manual, nth(&from));
    let moved = move_lots(tx, (&mut from, &mut to), &parts, cause, occasion)?;
    for entry in [moved.out.entry.id, moved.into.entry.id] {
        tx.put_reason(merchant, entry, &reason)?;
    }
    Ok(Transferred {
        merchant,
        out: moved.out.entry.id,
        into: moved.into.entry.id,
        from: new.from,
        to: new.to,
        from_card: new.from_card,
        to_card,
    })
}

type Holder = (PersonId, LoyaltyCardId);

/// Locks both accounts by ascending id, and opens the second where there is none: a new one comes last. Nothing where the
/// first is not there.
fn lock(
    tx: &mut impl HistoryStore,
    merchant: MerchantId,
    from: Holder,
    to: Holder,
    now: Timestamp,
) -> Result<Option<(Locked, Locked)>, LoyaltyError> {
    let mut people = vec![from.0, to.0];
    people.dedup();
    let known = tx.accounts_per_consumer(&people)?;
    let of = |(person, card): Holder| {
        let mut own = known.iter().filter(|row| row.merchant == merchant);
        own.find(|row| (row.person, row.card) == (person, card)).map(|row| row.id)
    };
    let Some(giver) = of(from) else { return Ok(None) };
    let ids: Vec<_> = [Some(giver), of(to)].into_iter().flatten().collect();
    let mut locked = tx.lock_accounts(&ids)?;
    let place = locked.iter().position(|row| row.account().id == giver);
    let Some(place) = place else { return Ok(None) };
    let giver = locked.remove(place);
    let taker = match locked.pop() {
        Some(taker) => Some(taker),
        None => tx.lock_account(merchant, to.0, to.1, Some(now))?,
    };
    Ok(taker.map(|taker| (giver, taker)))
}
