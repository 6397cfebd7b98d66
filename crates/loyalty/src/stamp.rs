//! Stamps given by hand: somebody shows their number at a till, and their card is stamped (rules 7, 15 and 26).

use regulars_customer::{CustomerStore, Identifier, join::at_till, merge::Named};
use regulars_kernel::{
    Actor, EntryId, LoyaltyCardId, MerchantId, Permission, PersonId, Rule, StoreAccess, StoreId,
    Timestamp, Violations,
};
use regulars_merchant::{Merchant, MerchantStore, business_date};
use regulars_promotion::PromotionStore;

use crate::{
    Cause, EntryKind, LedgerStore, LoyaltyCard, LoyaltyError, NothingEarned, Program,
    StampsProgram,
    bookkeeping::{self, Occasion},
    expiry,
    posting::NewLot,
    sale::fitting,
};

/// A stamp to be given, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStamp {
    /// Whose card it is for.
    pub who: Identifier,
    /// Which card; absent: the one that fits.
    pub card: Option<LoyaltyCardId>,
    /// Where.
    pub store: StoreId,
}

/// A stamp that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The line of the ledger.
    pub entry: EntryId,
    /// At which merchant.
    pub merchant: MerchantId,
    /// Whose it is.
    pub person: PersonId,
    /// On which card.
    pub card: LoyaltyCardId,
}

/// Gives one stamp on a card of stamps that is available to the customer in that store now, up to the card's number a business
/// date. The first stamp enrols, and whoever shows their loyalty id for the first time becomes a customer by it (rule 7). Needs
/// [`Permission::ChangeOrder`] in the store, and for naming the customer what [`regulars_customer::identity::identify`] needs.
/// The transaction's scope is the asker's merchant.
///
/// # Errors
/// [`LoyaltyError::Invalid`] where no card fits, or several do and none is named (the sentence names them), where the day's
/// number is reached, and for a customer who left.
pub fn stamp<S: LedgerStore + PromotionStore + CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    new: &NewStamp,
    now: Timestamp,
) -> Result<Stamped, LoyaltyError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(LoyaltyError::StoreNotFound)?;
    let within = StoreAccess::Only(vec![new.store]);
    let allowed = actor.stores().is_none_or(|stores| stores.includes(new.store));
    let place = tx.places_per_merchant(&[merchant], &within)?.pop().filter(|_| allowed);
    let (_, place) = place.ok_or(LoyaltyError::StoreNotFound)?;
    let till = at_till(tx, actor, merchant, &new.who, now)?;
    let member = &till.member;
    let (card, _) = chosen(fitting(tx, &tenant, member, &place, now)?, new.card)?;
    // As it is now that nobody changes what it collects.
    let shared = tx.share_loyalty_cards(&[card.id])?;
    let (card, program) = chosen(shared, Some(card.id))?;
    let account = tx.lock_account(merchant, member.person, card.id, Some(now))?;
    let mut account = account.ok_or(LoyaltyError::LoyaltyCardNotFound)?;
    let date = business_date(place.zone, place.day_starts_at, now);
    let given = tx.earned_on(&[account.account().id], date)?;
    let given = given.first().map_or(0, |(_, sum)| sum.get());
    if program.max_stamps_per_day.is_some_and(|most| i64::from(most) <= given) {
        let full = NothingEarned::DailyCapReached.to_string();
        return Err(Violations::of("loyaltyCardId", Rule::Invalid(full)).into());
    }
    let occasion = Occasion { business_date: date, ..of(&tenant, actor, now) };
    let days = program.stamp_expiration_days;
    let expires_at = days.and_then(|days| expiry::after_days(place.zone, date, days));
    let lot = NewLot::new(regulars_kernel::Points::new(1), now, expires_at);
    // Stamps by hand name nothing that they come of: the number of the line tells them apart.
    let nth = u32::try_from(account.account().seq).unwrap_or(u32::MAX);
    let what = (EntryKind::Earn, Cause::Stamp, nth);
    let posted = bookkeeping::give(tx, &mut account, what, lot, occasion)?;
    till.note(tx, Named::Stamp(posted.entry.id))?;
    Ok(Stamped { entry: posted.entry.id, merchant, person: member.person, card: card.id })
}

fn of(merchant: &Merchant, actor: &Actor, now: Timestamp) -> Occasion {
    Occasion::at(now, merchant.time_zone, actor.person())
}

/// The card that is stamped.
fn chosen(
    fitting: Vec<LoyaltyCard>,
    named: Option<LoyaltyCardId>,
) -> Result<(LoyaltyCard, StampsProgram), LoyaltyError> {
    let refuse = |sentence: &str| {
        Err(Violations::of("loyaltyCardId", Rule::Invalid(sentence.to_owned())).into())
    };
    let of_stamps = fitting.into_iter().filter_map(|card| match &card.program {
        Program::Stamps(program) => {
            let program = *program;
            Some((card, program))
        }
        Program::Points(_) => None,
    });
    let mut of_stamps: Vec<_> = of_stamps.collect();
    if let Some(named) = named {
        let found = of_stamps.into_iter().find(|(card, _)| card.id == named);
        let sentence = "This is no card of stamps that is available to the customer here and now.";
        return found.map_or_else(|| refuse(sentence), Ok);
    }
    let last = of_stamps.pop();
    match last {
        None => refuse("No card of stamps is available to the customer here and now."),
        Some(only) if of_stamps.is_empty() => Ok(only),
        Some(last) => {
            let names = of_stamps.iter().chain([&last]);
            let names: Vec<_> =
                names.map(|(card, _)| format!("{} ({})", card.id, card.name)).collect();
            refuse(&format!("Several cards fit: {}. Say which.", names.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests;
