//! A merchant's loyalty cards are made, changed and given up.

use std::collections::BTreeSet;

use regulars_kernel::{
    Actor, Change, LoyaltyCardId, Permission, Points, ProductId, Rule, Timestamp, Violations,
    text::{check, clean},
};
use regulars_merchant::{Archived, Merchant, MerchantStore, merchant, store::change::required};
use regulars_promotion::{
    PromotionStore, Terms,
    terms::{
        change::{self as terms_of, TermsPatch},
        run::Setting,
    },
};

use super::{
    LoyaltyCard, LoyaltyCardFilter,
    program::{
        Draft,
        change::{ProgramPatch, stale},
    },
};
use crate::{LoyaltyError, LoyaltyStore, Millionths, PointsProgram, Program, Spending};

/// The most characters of a line about a card.
pub const MAX_SHORT_CHARS: usize = 500;
/// The most characters of all about a card, and of its small print.
pub const MAX_LONG_CHARS: usize = 10_000;
/// The most products that a card names.
pub const MAX_PRODUCTS: usize = 500;
/// The most days that a code lives: a year.
pub const MAX_CODE_DAYS: i32 = 366;
/// The most cards of a merchant, archived ones among them.
pub const MAX_CARDS: u64 = 1_000;

/// What becomes of a card's fields, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoyaltyCardPatch {
    /// What people call it: 1 to [`regulars_merchant::store::change::MAX_NAME_CHARS`] characters.
    pub name: Change<String>,
    /// A line about it: at most [`MAX_SHORT_CHARS`] characters.
    pub short_description: Change<String>,
    /// All about it, on as many lines as it takes: at most [`MAX_LONG_CHARS`] characters.
    pub long_description: Change<String>,
    /// The small print, likewise.
    pub terms_and_conditions: Change<String>,
    /// Where a shop front shows it: at most [`MAX_SHORT_CHARS`] characters.
    pub placement: Change<String>,
    /// How many days a code lives (rule 21), 1 to [`MAX_CODE_DAYS`]; cleared, as long as the merchant's others.
    pub redemption_expiration_days: Change<i32>,
    /// What it collects.
    pub program: ProgramPatch,
    /// Where, when, to whom and how often.
    pub terms: TermsPatch,
    /// The products it is about, at most [`MAX_PRODUCTS`], in place of those before; cleared, all.
    pub products: Change<BTreeSet<ProductId>>,
}

impl LoyaltyCardPatch {
    /// The card after it: of a new one (`before` is none) what nobody said is as usual. What is wrong, beside what was noted
    /// before, is judged on the result.
    fn applied<S: LoyaltyStore + PromotionStore + MerchantStore>(
        &self,
        tx: &mut S,
        actor: &Actor,
        (merchant, now): (&Merchant, Timestamp),
        before: Option<&LoyaltyCard>,
        mut wrong: Violations,
    ) -> Result<LoyaltyCard, LoyaltyError> {
        let former = before.map(Draft::of);
        let mut draft = former.clone().unwrap_or(Draft::empty(merchant.currency));
        self.program.read_into(&mut draft, merchant.currency, &mut wrong);
        let counted = Merchant { currency: draft.currency, ..merchant.clone() };
        let own = before.map(|card| &card.terms);
        let setting = Setting::of(&counted, now);
        let terms = terms_of::change(tx, actor, &setting, own, &self.terms, &mut wrong)?;
        let mut card = before.cloned().unwrap_or_else(|| blank(merchant, now));
        let is_recast = former.as_ref() != Some(&draft);
        let is_back = own.is_some_and(|own| own.archived) && !terms.archived;
        // What is left alone is not judged again.
        if (is_recast || is_back)
            && let Some(program) = draft.judge(&mut wrong)
        {
            card.program = program;
        }
        if let (Some(before), Some(former)) = (before, &former) {
            keep_meaning(tx, before, draft.recast_from(former), &mut wrong)?;
        }
        if let Some(least) = terms.minimum_spend
            && least.currency() != draft.currency
        {
            wrong.add("minimumSpend", stale(least.currency(), draft.currency));
        }
        if (is_recast || own.is_none_or(|own| window(own) != window(&terms)))
            && let Some(rule) = never_active(&card.program, &terms, card.created_at)
        {
            wrong.add("activationDelayDays", rule);
        }
        card.currency = draft.currency;
        card.terms = terms;
        self.describe(&mut card, before.is_none(), &mut wrong);
        self.name_products(tx, merchant, &mut card, &mut wrong)?;
        wrong.into_result()?;
        Ok(card)
    }

    fn describe(&self, card: &mut LoyaltyCard, is_new: bool, wrong: &mut Violations) {
        if self.name == Change::Clear || (is_new && self.name.is_keep()) {
            wrong.add("name", Rule::Required);
        }
        let name = self.name.read("name", wrong, |typed| required(typed).map(Some));
        if let Change::Set(name) = name {
            card.name = name;
        }
        for (argument, change, field) in [
            ("shortDescription", &self.short_description, &mut card.short_description),
            ("placement", &self.placement, &mut card.placement),
        ] {
            change.read(argument, wrong, |typed| clean(typed, MAX_SHORT_CHARS)).apply(field);
        }
        for (argument, change, field) in [
            ("longDescription", &self.long_description, &mut card.long_description),
            ("termsAndConditions", &self.terms_and_conditions, &mut card.terms_and_conditions),
        ] {
            change.read(argument, wrong, |typed| lines(typed)).apply(field);
        }
        let argument = "redemptionExpirationDays";
        let days = self.redemption_expiration_days.read(argument, wrong, |days| code_days(*days));
        days.apply(&mut card.redemption_expiration_days);
    }

    /// Products that are the merchant's; archived ones stay where they were named before.
    fn name_products(
        &self,
        tx: &mut impl MerchantStore,
        merchant: &Merchant,
        card: &mut LoyaltyCard,
        wrong: &mut Violations,
    ) -> Result<(), LoyaltyError> {
        let asked: Vec<_> = match &self.products {
            Change::Keep => return Ok(()),
            Change::Clear => Vec::new(),
            Change::Set(ids) if ids.len() > MAX_PRODUCTS => {
                let sentence = format!("Name at most {MAX_PRODUCTS} products, or none for all.");
                wrong.add("products", Rule::Invalid(sentence));
                return Ok(());
            }
            Change::Set(ids) => ids.iter().copied().collect(),
        };
        let mut known = if asked.is_empty() { Vec::new() } else { tx.products(&asked)? };
        known.retain(|product| product.merchant == merchant.id);
        let absent = asked.iter().filter(|id| known.iter().all(|product| product.id != **id));
        let absent: Vec<_> = absent.map(ToString::to_string).collect();
        if !absent.is_empty() {
            let sentence = format!("No product has the number {}.", absent.join(", "));
            wrong.add("products", Rule::Absent(sentence));
        }
        let gone = known.iter().filter(|product| product.archived);
        let gone = gone.filter(|product| !card.products.contains(&product.id));
        let gone: Vec<_> = gone.map(|product| product.id.to_string()).collect();
        if !gone.is_empty() {
            let gone = gone.join(", ");
            let sentence =
                format!("No longer sold: {gone}. Bring them back first, or leave them out.");
            wrong.add("products", Rule::Invalid(sentence));
        }
        card.products = asked;
        Ok(())
    }
}

/// A card of which nothing is known yet, not even what it collects.
fn blank(merchant: &Merchant, now: Timestamp) -> LoyaltyCard {
    let nothing = PointsProgram::new(Spending::Product, Millionths::default());
    let program = Program::Points(nothing);
    LoyaltyCard::new(LoyaltyCardId::new(0), merchant.id, "", merchant.currency, program, now)
}

/// A text of several lines.
fn lines(typed: &str) -> Result<Option<String>, Rule> {
    let typed = typed.trim();
    check(typed, MAX_LONG_CHARS)?;
    Ok((!typed.is_empty()).then(|| typed.to_owned()))
}

fn code_days(days: i32) -> Result<Option<i32>, Rule> {
    if (1..=MAX_CODE_DAYS).contains(&days) {
        Ok(Some(days))
    } else {
        Err(Rule::Invalid(format!("Enter a number of days from 1 to {MAX_CODE_DAYS}.")))
    }
}

/// Refuses that a card becomes another one while people own something on it, or something is priced by it.
fn keep_meaning(
    tx: &mut impl LoyaltyStore,
    before: &LoyaltyCard,
    recast: Vec<&'static str>,
    wrong: &mut Violations,
) -> Result<(), LoyaltyError> {
    if recast.is_empty() {
        return Ok(());
    }
    if tx.loyalty_card_has_entries(before.merchant, before.id)? {
        for argument in recast {
            wrong.add(argument, owned(&before.program));
        }
        return Ok(());
    }
    let kind = recast.into_iter().find(|argument| *argument != "currency");
    if let Some(kind) = kind
        && !tx.rewards_per_card(&[before.id])?.is_empty()
    {
        let sentence =
            "Its rewards are priced by what it collects: give them up first, or make a new card.";
        wrong.add(kind, Rule::Invalid(sentence.to_owned()));
    }
    Ok(())
}

/// Why a card cannot become one of another kind: its entries, lots and codes count what it was.
fn owned(program: &Program) -> Rule {
    let what = match program {
        Program::Points(_) => "points",
        Program::Stamps(_) => "stamps",
    };
    let sentence = format!(
        "Customers have {what} on this card, which would mean something else: make a new card, and set this one's status to ENDED."
    );
    Rule::Invalid(sentence)
}

const fn window(terms: &Terms) -> (Option<Timestamp>, Option<Timestamp>) {
    (terms.start_time, terms.end_time)
}

/// What is wrong where a card ends before the first points on it can be spent; `from` is when it began, if it does not say.
fn never_active(program: &Program, terms: &Terms, from: Timestamp) -> Option<Rule> {
    const MICROS_PER_DAY: i64 = 86_400 * Timestamp::MICROS_PER_SECOND;
    let Program::Points(points) = program else { return None };
    let end = terms.end_time.filter(|_| !terms.archived)?.micros();
    let from = terms.start_time.unwrap_or(from).micros();
    // The day on which points are earned may count: nobody is refused who could just do it.
    let whole_days = i64::from(points.activation_delay_days).checked_sub(1)?;
    let first = from.saturating_add(whole_days.saturating_mul(MICROS_PER_DAY));
    let sentence =
        "The card ends before its first points can be spent: wait fewer days, or let it end later.";
    (points.activation_delay_days > 0 && end <= first).then(|| Rule::Invalid(sentence.to_owned()))
}

/// Makes a card. Needs [`Permission::ChangePromotion`]; whoever works in some stores alone names some of those. A card that
/// can never be earned on, or never be used, is refused with the reason.
pub fn create<S: LoyaltyStore + PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    patch: &LoyaltyCardPatch,
    now: Timestamp,
) -> Result<LoyaltyCardId, LoyaltyError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let merchant = merchant::get(tx, actor, merchant)?;
    let all = LoyaltyCardFilter { archived: Archived::Included, ..LoyaltyCardFilter::default() };
    let mut wrong = Violations::new();
    if tx.count_loyalty_cards(&all)? >= MAX_CARDS {
        let sentence = format!("A merchant has at most {MAX_CARDS} loyalty cards.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    let card = patch.applied(tx, actor, (&merchant, now), None, wrong)?;
    Ok(tx.insert_loyalty_card(&card)?)
}

/// Changes a card, judged on what comes of it. Needs what [`create`] needs, before and after. Nothing that customers have on
/// it is touched: points keep their expiry, and what the card counts stays once anything was written on it. A patch that
/// changes nothing leaves `updated_at` alone.
pub fn update<S: LoyaltyStore + PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: LoyaltyCardId,
    patch: &LoyaltyCardPatch,
    now: Timestamp,
) -> Result<LoyaltyCardId, LoyaltyError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let before = tx.find_loyalty_card(merchant, id)?.ok_or(LoyaltyError::LoyaltyCardNotFound)?;
    let merchant = merchant::get(tx, actor, merchant)?;
    let after = patch.applied(tx, actor, (&merchant, now), Some(&before), Violations::new())?;
    if after != before {
        let filled = |card: &LoyaltyCard| match &card.program {
            Program::Stamps(stamps) => Some(Points::new(stamps.stamps_needed.into())),
            Program::Points(_) => None,
        };
        let after = LoyaltyCard { updated_at: now, ..after };
        tx.update_loyalty_card(&after)?;
        // A full card buys its rewards.
        if let Some(full) = filled(&after).filter(|full| filled(&before) != Some(*full)) {
            tx.reprice_rewards(merchant.id, id, full, now)?;
        }
    }
    Ok(id)
}

/// Gives a card up: it is archived, with everything on it. Needs what [`update`] needs. One that is archived already stays as
/// it is.
pub fn archive<S: LoyaltyStore + PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: LoyaltyCardId,
    now: Timestamp,
) -> Result<LoyaltyCardId, LoyaltyError> {
    let terms = TermsPatch::giving_up();
    update(tx, actor, id, &LoyaltyCardPatch { terms, ..LoyaltyCardPatch::default() }, now)
}

#[cfg(test)]
mod tests;
