//! Points and stamps set right by hand: given, or taken, with a reason (rules 17 to 19).

use std::time::Duration;

use regulars_customer::{CustomerStore, Membership, Standing};
use regulars_kernel::{
    Actor, EntryId, LoyaltyCardId, MerchantId, Permission, PersonId, Points, Rule, Timestamp,
    Violations, text::clean,
};
use regulars_merchant::{Merchant, MerchantStore};

use crate::{
    Cause, ClawBackPolicy, EntryKind, HistoryStore, LoyaltyCard, LoyaltyError, Program,
    bookkeeping::{self, Occasion},
    expiry,
    posting::{Locked, NewLot},
};

/// The most characters of a reason.
pub const MAX_REASON_CHARS: usize = 500;
/// The most that one hand gives or takes at a time.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000;
/// How far ahead an end may lie.
const LONGEST_LIFE: Duration = Duration::from_hours(100 * 366 * 24);

/// Points or stamps to be set right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAdjustment {
    /// Whose.
    pub person: PersonId,
    /// On which card.
    pub card: LoyaltyCardId,
    /// How many: given where above 0, taken where below.
    pub amount: Points,
    /// Why; 1 to [`MAX_REASON_CHARS`] characters.
    pub reason: String,
    /// When what is given is gone; absent: as the card says, counted from today.
    pub expires_at: Option<Timestamp>,
    /// Whether taking goes on where there is not enough: pending points and what open codes have set aside go too, and what is
    /// missing is debt.
    pub into_debt: bool,
}

/// Points or stamps that were set right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjusted {
    /// The line of the ledger.
    pub entry: EntryId,
    /// At which merchant.
    pub merchant: MerchantId,
    /// Whose.
    pub person: PersonId,
    /// On which card.
    pub card: LoyaltyCardId,
}

pub(crate) fn invalid(argument: &'static str, sentence: impl Into<String>) -> LoyaltyError {
    Violations::of(argument, Rule::Invalid(sentence.into())).into()
}

/// Why something was done by hand; 1 to [`MAX_REASON_CHARS`] characters.
pub(crate) fn read_reason(typed: &str) -> Result<String, LoyaltyError> {
    let reason = clean(typed, MAX_REASON_CHARS).map_err(|rule| Violations::of("reason", rule))?;
    Ok(reason.ok_or_else(|| Violations::of("reason", Rule::Required))?)
}

/// A card of the merchant's.
pub(crate) fn card_of(
    tx: &mut impl HistoryStore,
    merchant: MerchantId,
    id: LoyaltyCardId,
    argument: &'static str,
) -> Result<LoyaltyCard, LoyaltyError> {
    let found = tx.find_loyalty_card(merchant, id)?;
    let missing = || Violations::of(argument, Rule::Absent("Loyalty card not found.".to_owned()));
    Ok(found.ok_or_else(missing)?)
}

/// A customer of the merchant's who is one now.
pub(crate) fn member_of(
    tx: &mut impl CustomerStore,
    merchant: MerchantId,
    person: PersonId,
    argument: &'static str,
) -> Result<Membership, LoyaltyError> {
    let member = tx.find_membership(merchant, person)?;
    let member = member.filter(|member| member.standing == Standing::Live);
    member.ok_or_else(|| {
        invalid(
            argument,
            "They are no customer: the first sale with their loyalty id makes them one.",
        )
    })
}

/// When what is given today ends, as a card says.
pub(crate) fn life(card: &LoyaltyCard, occasion: Occasion) -> Option<Timestamp> {
    let (zone, date) = (occasion.zone, occasion.business_date);
    match &card.program {
        Program::Points(program) => {
            program.validity_in_months.and_then(|months| expiry::after_months(zone, date, months))
        }
        Program::Stamps(program) => {
            program.stamp_expiration_days.and_then(|days| expiry::after_days(zone, date, days))
        }
    }
}

/// Gives points or stamps, or takes them. What is given pays a debt first (rule 18) and is good at once; what is taken goes in
/// the order of rule 19, and no further than what is available unless it may go into debt, then in that of rule 18. The first
/// gift enrols. Neither counts as earned, nor against a day's cap. Needs [`Permission::AdjustPoints`]; the
/// transaction's scope is the asker's merchant.
///
/// # Errors
/// [`LoyaltyError::Invalid`] without a reason, for nothing or more than [`MAX_AMOUNT`], for an end that is over, for a customer
/// who is none, and where there is not enough; stamps never go into debt.
pub fn adjust<S: HistoryStore + CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    new: &NewAdjustment,
    now: Timestamp,
) -> Result<Adjusted, LoyaltyError> {
    adjust_by(tx, actor, new, Cause::Manual, now)
}

/// Gives what somebody had in an older system when they moved in, as a lot of its own: as [`adjust`] gives, and told apart from it
/// in the books. That it is given once is the caller's to see to.
pub fn open_balance<S: HistoryStore + CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    new: &NewAdjustment,
    now: Timestamp,
) -> Result<Adjusted, LoyaltyError> {
    if new.amount <= Points::ZERO {
        return Err(invalid("amount", "An opening balance is above 0."));
    }
    adjust_by(tx, actor, new, Cause::OpeningBalance, now)
}

fn adjust_by<S: HistoryStore + CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    new: &NewAdjustment,
    cause: Cause,
    now: Timestamp,
) -> Result<Adjusted, LoyaltyError> {
    let merchant = actor.require(Permission::AdjustPoints)?;
    let reason = read_reason(&new.reason)?;
    check(new, now)?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(LoyaltyError::LoyaltyCardNotFound)?;
    let card = card_of(tx, merchant, new.card, "loyaltyCardId")?;
    member_of(tx, merchant, new.person, "consumerId")?;
    let occasion = Occasion::at(now, tenant.time_zone, actor.person());
    let entry = if new.amount > Points::ZERO {
        give(tx, &tenant, &card, (new, cause), occasion)?
    } else {
        take(tx, &tenant, &card, new, occasion)?
    };
    tx.put_reason(merchant, entry, &reason)?;
    Ok(Adjusted { entry, merchant, person: new.person, card: card.id })
}

fn check(new: &NewAdjustment, now: Timestamp) -> Result<(), LoyaltyError> {
    let mut wrong = Violations::new();
    let mut refuse = |argument, sentence: String| wrong.add(argument, Rule::Invalid(sentence));
    if new.amount == Points::ZERO {
        refuse("amount", "Say how many: above 0 gives, below 0 takes.".to_owned());
    }
    if !(-MAX_AMOUNT..=MAX_AMOUNT).contains(&new.amount.get()) {
        refuse("amount", format!("At most {MAX_AMOUNT} at a time."));
    }
    if new.into_debt && new.amount > Points::ZERO {
        refuse("intoDebt", "What is given makes no debt: leave it out.".to_owned());
    }
    if let Some(end) = new.expires_at {
        if new.amount < Points::ZERO {
            refuse("expiresAt", "What is taken has no end: leave it out.".to_owned());
        } else if end <= now || end > now.plus(LONGEST_LIFE) {
            refuse("expiresAt", "Say an instant of the next hundred years.".to_owned());
        }
    }
    Ok(wrong.into_result()?)
}

/// Lines by hand name nothing that they come of: the number of the line tells them apart.
pub(crate) fn nth(account: &Locked) -> u32 {
    u32::try_from(account.account().seq).unwrap_or(u32::MAX)
}

fn give<S: HistoryStore>(
    tx: &mut S,
    merchant: &Merchant,
    card: &LoyaltyCard,
    (new, cause): (&NewAdjustment, Cause),
    occasion: Occasion,
) -> Result<EntryId, LoyaltyError> {
    let opened = tx.lock_account(merchant.id, new.person, card.id, Some(occasion.now))?;
    let mut account = opened.ok_or(LoyaltyError::LoyaltyCardNotFound)?;
    let expires_at = new.expires_at.or_else(|| life(card, occasion));
    let lot = NewLot::new(new.amount, occasion.now, expires_at);
    let what = (EntryKind::Adjust, cause, nth(&account));
    Ok(bookkeeping::give(tx, &mut account, what, lot, occasion)?.entry.id)
}

fn take<S: HistoryStore>(
    tx: &mut S,
    merchant: &Merchant,
    card: &LoyaltyCard,
    new: &NewAdjustment,
    occasion: Occasion,
) -> Result<EntryId, LoyaltyError> {
    let stamps = matches!(card.program, Program::Stamps(_));
    if stamps && new.into_debt {
        return Err(invalid("intoDebt", "Stamps never become debt: leave it out."));
    }
    let amount = Points::ZERO.checked_sub(new.amount).unwrap_or_default();
    let opens = new.into_debt.then_some(occasion.now);
    let account = tx.lock_account(merchant.id, new.person, card.id, opens)?;
    let too_many = |available: Points| {
        let unit = if stamps { "stamps" } else { "points" };
        let way_out = if stamps { "" } else { " With intoDebt the rest becomes debt." };
        invalid("amount", format!("{available} {unit} are available.{way_out}"))
    };
    let Some(mut account) = account else { return Err(too_many(Points::ZERO)) };
    let mut holdings = bookkeeping::settle(tx, &mut account, occasion.zone, occasion.now)?;
    let what = (EntryKind::Adjust, Cause::Manual, nth(&account));
    if let Some(posted) =
        bookkeeping::spend(tx, &mut account, &mut holdings, what, amount, occasion)?
    {
        return Ok(posted.entry.id);
    }
    if !new.into_debt {
        return Err(too_many(holdings.available(occasion.now)));
    }
    let happening = occasion.says(&account, what.0, what.1, what.2);
    let wanted = (amount, [].as_slice(), ClawBackPolicy::BelowZero);
    let taken = bookkeeping::take(tx, &mut account, &mut holdings, happening, wanted, occasion)?;
    let entry = taken.entry.ok_or_else(|| invalid("amount", "There is nothing to be taken."))?;
    Ok(entry.id)
}

#[cfg(test)]
mod tests;
