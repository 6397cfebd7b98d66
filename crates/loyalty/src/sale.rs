//! A sale, or a visit, turns into points and stamps (rules 14, 15, 19 and 26).

mod change;

use std::collections::BTreeMap;

use regulars_customer::{
    Membership,
    segment::{Needs, SegmentFacts},
};
use regulars_kernel::{
    AccountId, EntryId, LoyaltyCardId, OrderItemId, Points, StoreError, Timestamp,
};
use regulars_merchant::{Merchant, business_date};
use regulars_promotion::{Facts, Place, Uses, decide};

use crate::{
    Account, Base, Cause, Earner, EarningLine, EntryKind, LedgerStore, LoyaltyCard, NothingEarned,
    Program, SaleLine,
    available::MAX_PER_MERCHANT,
    bookkeeping::{self, Occasion},
    earner, expiry,
    posting::{Locked, NewLot},
    welcome::{Life, Recognise, may_be_welcome, welcome},
};

pub use change::change;

/// From when on points are good that somebody has to look at first (rule 26): never, until they have ([`crate::review`]).
pub const UNTIL_REVIEWED: Timestamp = Timestamp::MAX;

/// How a sale's age bears on what it earns (rule 26).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timeliness {
    /// It came in time.
    #[default]
    InTime,
    /// It came late: what it earns is pending until somebody has looked at it.
    Late,
    /// It came too late: it earns nothing.
    TooLate,
}

/// A sale to a known customer, or a visit.
#[derive(Clone, Copy)]
pub struct Sale<'a> {
    /// Who bought, with a live membership.
    pub member: &'a Membership,
    /// Where: the merchant.
    pub merchant: &'a Merchant,
    /// Where: the store, with its groups and its clock.
    pub place: &'a Place,
    /// What the lines of the ledger say they come of: the order or the visit.
    pub cause: Cause,
    /// The version of the sale (rule 11): 0 for the first.
    pub version: u32,
    /// What was bought. A visit is one line of its amount.
    pub lines: &'a [SaleLine],
    /// The order's items that the lines are, as many as lines; of a visit none.
    pub items: &'a [OrderItemId],
    /// How its age bears on it.
    pub timeliness: Timeliness,
    /// Whether an offer that was taken off it lets it earn no points (`earnPoints`); it stamps all the same.
    pub earns_no_points: bool,
    /// When it was, by whom it is written down, and when.
    pub occasion: Occasion,
    /// Knows people again who were welcomed once.
    pub recognise: &'a dyn Recognise,
}

/// What a sale earned, or would earn, with a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earned {
    /// Points, or stamps; positive.
    pub amount: Points,
    /// The card's initial points that came with it; 0 where none did.
    pub initial: Points,
    /// What the sale came to for the card.
    pub base: Base,
    /// What each line earned of the points.
    pub lines: Vec<Points>,
    /// From when they can be spent.
    pub active_from: Timestamp,
    /// When they are gone.
    pub expires_at: Option<Timestamp>,
    /// The line of the ledger; none where nothing was written.
    pub entry: Option<EntryId>,
    /// The account after it; none where nothing was written.
    pub account: Option<Account>,
}

/// A card that was looked at, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CardOutcome {
    /// The card.
    pub card: LoyaltyCard,
    /// What it earned, or why it earned nothing.
    pub earned: Result<Earned, NothingEarned>,
}

/// What a sale would earn if it were recorded now; writes nothing.
pub fn forecast(
    tx: &mut (impl LedgerStore + ?Sized),
    sale: &Sale<'_>,
) -> Result<Vec<CardOutcome>, StoreError> {
    let mut looked = look(tx, sale, &[])?;
    let mut outcomes = Vec::with_capacity(looked.cards.len());
    for (card, judged) in looked.judge(sale) {
        let account = looked.accounts.remove(&card.id);
        let earned = match judged {
            Err(why) => Err(why),
            Ok(earning) => {
                let life = sale.life(&card);
                let mut initial = Points::ZERO;
                if let Program::Points(program) = &card.program
                    && may_be_welcome(tx, account.as_ref(), 0, program)?
                {
                    initial = program.initial_points;
                }
                Ok(Earned {
                    amount: earning.amount,
                    initial,
                    base: earning.base,
                    lines: earning.lines,
                    active_from: life.active_from,
                    expires_at: life.expires_at,
                    entry: None,
                    account: None,
                })
            }
        };
        outcomes.push(CardOutcome { card, earned });
    }
    Ok(outcomes)
}

/// Earns what a sale earns: of the cards of points that fit the one that gives most, and every card of stamps that fits
/// (rule 15). The first earning enrols. What can be earned once is: the caller asks before whether the sale is known
/// (rule 11).
///
/// Cards fit that were in force at the time and in the store of the sale and whose segment the customer is in. Cards that do
/// not fit are not among the answers.
///
/// # Errors
/// [`StoreError::Taken`] of `entry.natural_key` where this version of the sale earned before.
pub fn earn(
    tx: &mut (impl LedgerStore + ?Sized),
    sale: &Sale<'_>,
) -> Result<Vec<CardOutcome>, StoreError> {
    let mut looked = look(tx, sale, &[])?;
    looked.open(tx, sale)?;
    let judged = looked.judge(sale);
    let mut outcomes = Vec::with_capacity(judged.len());
    for (card, judged) in judged {
        let earned = match (judged, looked.accounts.get_mut(&card.id)) {
            (Ok(earning), Some(account)) => Ok(write(tx, sale, &card, account, earning)?),
            // No account was opened for it: another card earned when that was decided.
            (Ok(_), None) => Err(NothingEarned::AnotherCardEarns),
            (Err(why), _) => Err(why),
        };
        outcomes.push(CardOutcome { card, earned });
    }
    Ok(outcomes)
}

fn write(
    tx: &mut (impl LedgerStore + ?Sized),
    sale: &Sale<'_>,
    card: &LoyaltyCard,
    account: &mut Locked,
    earning: earner::Earning,
) -> Result<Earned, StoreError> {
    let life = sale.life(card);
    let lot = NewLot::new(earning.amount, life.active_from, life.expires_at);
    let what = (EntryKind::Earn, sale.cause, sale.version);
    let posted = bookkeeping::give(tx, account, what, lot, sale.occasion)?;
    tx.put_earning_lines(sale.merchant.id, posted.entry.id, &sale.by_line(&earning))?;
    let mut initial = Points::ZERO;
    if let Program::Points(program) = &card.program {
        let who = (sale.member, sale.recognise);
        initial = welcome(tx, account, (card, program), who, life, sale.occasion)?;
    }
    Ok(Earned {
        amount: earning.amount,
        initial,
        base: earning.base,
        lines: earning.lines,
        active_from: life.active_from,
        expires_at: life.expires_at,
        entry: Some(posted.entry.id),
        account: Some(account.account().clone()),
    })
}

impl Sale<'_> {
    /// What each of its items added to an earning.
    fn by_line(&self, earning: &earner::Earning) -> Vec<EarningLine> {
        let lines = self.items.iter().zip(earning.base.lines.iter().zip(&earning.lines));
        lines
            .map(|(item, (base, points))| EarningLine { item: *item, base: *base, points: *points })
            .collect()
    }

    /// The life of what a card gives for it.
    fn life(&self, card: &LoyaltyCard) -> Life {
        let (at, date) = (self.occasion.occurred_at, self.occasion.business_date);
        let zone = self.place.zone;
        let (delay, expires_at) = match &card.program {
            Program::Points(program) => {
                let months = program.validity_in_months;
                let expires_at = months.and_then(|months| expiry::after_months(zone, date, months));
                (program.activation_delay_days, expires_at)
            }
            Program::Stamps(program) => {
                let days = program.stamp_expiration_days;
                (0, days.and_then(|days| expiry::after_days(zone, date, days)))
            }
        };
        let delay = std::time::Duration::from_secs(u64::from(delay) * 86_400);
        let active_from = match self.timeliness {
            Timeliness::Late => UNTIL_REVIEWED,
            Timeliness::InTime | Timeliness::TooLate => at.plus(delay),
        };
        Life { active_from, expires_at }
    }
}

/// What has to be known before it can be said what a sale earns.
struct Looked {
    /// The cards that fit, by ascending id.
    cards: Vec<LoyaltyCard>,
    /// The customer's accounts on them, locked.
    accounts: BTreeMap<LoyaltyCardId, Locked>,
    /// What was earned on the business date before.
    day: BTreeMap<LoyaltyCardId, Points>,
    /// What of that the sale itself earned in an earlier version, which this one replaces.
    own: BTreeMap<LoyaltyCardId, Points>,
}

/// Looks at everything; `also` are accounts that are locked with the customer's own.
fn look(
    tx: &mut (impl LedgerStore + ?Sized),
    sale: &Sale<'_>,
    also: &[AccountId],
) -> Result<Looked, StoreError> {
    let at = sale.occasion.occurred_at;
    let mut cards = fitting(tx, sale.merchant, sale.member, sale.place, at)?;
    let (merchant, person) = (sale.merchant.id, sale.member.person);
    let known = tx.accounts_per_consumer(&[person])?;
    // What a card collects may change until its first line is written: until then it is held as it is.
    let written = |card: &LoyaltyCard| {
        let own = |account: &&Account| account.merchant == merchant && account.card == card.id;
        known.iter().find(own).is_some_and(|account| account.seq > 0)
    };
    let fresh: Vec<_> = cards.iter().filter(|card| !written(card)).map(|card| card.id).collect();
    if !fresh.is_empty() {
        for shared in tx.share_loyalty_cards(&fresh)? {
            if let Some(card) = cards.iter_mut().find(|card| card.id == shared.id) {
                *card = shared;
            }
        }
    }
    let known = known.iter().filter(|account| {
        account.merchant == merchant && cards.iter().any(|card| card.id == account.card)
    });
    let own: Vec<_> = known.map(|account| account.id).collect();
    let ids: Vec<_> = own.iter().chain(also).copied().collect();
    // By ascending id, as whoever locks several does.
    let locked = if ids.is_empty() { Vec::new() } else { tx.lock_accounts(&ids)? };
    let locked = locked.into_iter().filter(|account| own.contains(&account.account().id));
    let accounts = locked.map(|account| (account.account().card, account)).collect();
    let mut looked = Looked { cards, accounts, day: BTreeMap::new(), own: BTreeMap::new() };
    looked.count_day(tx, sale)?;
    Ok(looked)
}

/// The cards in force at an instant in a store whose segment the customer is in.
pub(crate) fn fitting(
    tx: &mut (impl LedgerStore + ?Sized),
    merchant: &Merchant,
    member: &Membership,
    place: &Place,
    at: Timestamp,
) -> Result<Vec<LoyaltyCard>, StoreError> {
    let cards = tx.loyalty_cards_per_merchant(&[merchant.id], Some(at), MAX_PER_MERCHANT)?;
    let today = business_date(merchant.time_zone, chrono::NaiveTime::MIN, at);
    let mut customer = [SegmentFacts::of(member.clone(), merchant.currency, today)];
    let targets = cards.iter().filter_map(|card| card.terms.target.as_ref());
    let needs = targets.map(|target| target.segment().needs()).fold(Needs::default(), Needs::and);
    if !needs.is_nothing() {
        tx.complete_facts(&mut customer, needs)?;
    }
    let [customer] = customer;
    let places = std::slice::from_ref(place);
    // Limits count redemptions: earning uses nothing up.
    let facts = Facts { at, places, uses: Uses::default(), customer: &customer };
    Ok(cards.into_iter().filter(|card| decide(&card.terms, &facts).available()).collect())
}

impl Looked {
    /// Counts what was earned on the business date before, where a cap asks for it.
    fn count_day(
        &mut self,
        tx: &mut (impl LedgerStore + ?Sized),
        sale: &Sale<'_>,
    ) -> Result<(), StoreError> {
        let capped = self.cards.iter().filter(|card| match &card.program {
            Program::Points(program) => program.max_points_per_day.is_some(),
            Program::Stamps(program) => program.max_stamps_per_day.is_some(),
        });
        let capped =
            capped.filter_map(|card| Some((self.accounts.get(&card.id)?.account().id, card.id)));
        let capped: BTreeMap<_, _> = capped.collect();
        self.day.clear();
        if capped.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = capped.keys().copied().collect();
        let earned = tx.earned_on(&ids, sale.occasion.business_date)?;
        for (id, sum) in earned {
            let Some(card) = capped.get(&id) else { continue };
            let own = self.own.get(card).copied().unwrap_or_default();
            self.day.insert(*card, sum.checked_sub(own).unwrap_or_default().max(Points::ZERO));
        }
        Ok(())
    }

    /// Opens accounts on the cards that earn. Whoever opened one at the same moment may have earned on it: what was earned that day
    /// is counted anew, now that all accounts are locked.
    fn open(
        &mut self,
        tx: &mut (impl LedgerStore + ?Sized),
        sale: &Sale<'_>,
    ) -> Result<(), StoreError> {
        let opens = self.opens(sale);
        for card in &opens {
            let (merchant, person) = (sale.merchant.id, sale.member.person);
            let opened = tx.lock_account(merchant, person, *card, Some(sale.occasion.now))?;
            let opened = opened.ok_or(StoreError::OutOfScope("an account was not opened"))?;
            self.accounts.insert(*card, opened);
        }
        if opens.is_empty() { Ok(()) } else { self.count_day(tx, sale) }
    }

    /// What each card earns, or why not.
    fn judge(&self, sale: &Sale<'_>) -> Vec<(LoyaltyCard, Result<earner::Earning, NothingEarned>)> {
        if sale.timeliness == Timeliness::TooLate {
            let late = self.cards.iter().cloned();
            return late.map(|card| (card, Err(NothingEarned::TooLongAgo))).collect();
        }
        let earners = self.cards.iter().map(|card| Earner {
            card,
            tax_included: match &card.program {
                Program::Points(program) => program.tax_included,
                Program::Stamps(_) => true,
            },
            earned_that_day: self.day.get(&card.id).copied().unwrap_or_default(),
        });
        let earners: Vec<_> = earners.collect();
        let judged = earner::of_sale(&earners, sale.lines);
        let judge = |(card, earned): (&LoyaltyCard, _)| match card.program {
            Program::Points(_) if sale.earns_no_points => Err(NothingEarned::OfferEarnsNothing),
            Program::Points(_) | Program::Stamps(_) => earned,
        };
        let judged = self.cards.iter().zip(judged).map(|one| (one.0.clone(), judge(one)));
        judged.collect()
    }

    /// The cards that earn and on which the customer has no account yet.
    fn opens(&self, sale: &Sale<'_>) -> Vec<LoyaltyCardId> {
        let judged = self.judge(sale).into_iter();
        let earning = judged.filter(|(_, earned)| earned.is_ok()).map(|(card, _)| card.id);
        earning.filter(|id| !self.accounts.contains_key(id)).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests;
