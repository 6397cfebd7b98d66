//! `pointsHistory`, `balanceAsOf` and `expiring`.

use std::sync::Arc;

use juniper::{Executor, graphql_object};
use regulars_customer::{Identifier, identity::identify};
use regulars_kernel::{LoyaltyCardId, MerchantId, PersonId, page::PageArguments};
use regulars_loyalty::history::{self, Balance, Expiry, HistoryQuery};

use super::{
    LoyaltyCardNode,
    card::{self, LOYALTY_CARD},
    ledger_entry::{self, LedgerEntryKind, LedgerEntryNodeConnection},
};
use crate::{
    context::Context,
    customer::user::USER,
    error::ApiError,
    global_id::Id,
    level::Level,
    promotion::queries::named,
    scalar::{BigInt, Date, DateTime, DateTimeArgument},
};

/// Whose, and of which cards.
#[expect(clippy::struct_field_names, reason = "arguments are called so")]
pub(crate) struct Whose {
    pub(crate) consumer_id: Option<Id>,
    pub(crate) consumer_loyalty_id: Option<String>,
    pub(crate) merchant_id: Option<Id>,
    pub(crate) loyalty_card_id: Option<Id>,
}

impl Whose {
    /// Who is named: consumers who name nobody mean themselves.
    fn person(&self, context: &Context, field: &'static str) -> Result<PersonId, ApiError> {
        let actor = context.actor();
        actor.require_known()?;
        let number = self.consumer_loyalty_id.clone();
        let loyalty_id = number.filter(|typed| !typed.trim().is_empty());
        let id = named::<PersonId>("consumerId", self.consumer_id.as_ref(), USER)?;
        if let (Some(person), None) = (id, &loyalty_id) {
            // What is nobody's to see has no lines.
            return Ok(person);
        }
        let by_number = loyalty_id.is_some();
        if by_number {
            context.identify()?;
        }
        let who = Identifier { id, loyalty_id, ..Identifier::default() };
        let person = context.read(|tx| identify(tx, actor, &who))?.person();
        if by_number && actor.require_consumer().is_err() {
            context.note_identified(field, person);
        }
        Ok(person)
    }

    fn merchant(&self) -> Result<Option<MerchantId>, ApiError> {
        named("merchantId", self.merchant_id.as_ref(), USER)
    }

    fn card(&self) -> Result<Option<LoyaltyCardId>, ApiError> {
        named("loyaltyCardId", self.loyalty_card_id.as_ref(), LOYALTY_CARD)
    }
}

/// Which lines, as it came in.
pub(crate) struct HistoryArguments {
    pub(crate) merchant_id: Option<Id>,
    pub(crate) loyalty_card_id: Option<Id>,
    pub(crate) kind: Option<LedgerEntryKind>,
    pub(crate) from: Option<DateTimeArgument>,
    pub(crate) until: Option<DateTimeArgument>,
}

impl HistoryArguments {
    pub(crate) fn query(self) -> Result<HistoryQuery, ApiError> {
        Ok(HistoryQuery {
            merchant: named("merchantId", self.merchant_id.as_ref(), USER)?,
            card: named("loyaltyCardId", self.loyalty_card_id.as_ref(), LOYALTY_CARD)?,
            kind: self.kind.map(Into::into),
            from: DateTimeArgument::instant(self.from),
            until: DateTimeArgument::instant(self.until),
        })
    }
}

/// A page of somebody's lines.
pub(crate) fn points_history(
    executor: &Executor<'_, '_, Context>,
    whose: &Whose,
    arguments: HistoryArguments,
    paging: &PageArguments,
) -> Result<LedgerEntryNodeConnection, ApiError> {
    let query = arguments.query()?;
    let person = whose.person(executor.context(), "pointsHistory")?;
    ledger_entry::of_consumer(executor, &Level::of([person]), person, &query, paging)
}

/// What somebody had on a card at an instant.
pub struct CardBalance(Balance, Arc<Level<LoyaltyCardId>>);

/// What a customer had on a loyalty card at an instant: points, or stamps.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl CardBalance {
    /// The card.
    fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
        card::load(context, &self.1, self.0.card)
    }

    /// What was there: available, pending and held.
    fn balance(&self) -> BigInt {
        BigInt(self.0.balance.get())
    }

    /// What had been taken back and was not there any more.
    fn debt(&self) -> BigInt {
        BigInt(self.0.debt.get())
    }

    /// What could be spent.
    fn available(&self) -> BigInt {
        BigInt(self.0.available.get())
    }

    /// What was to become available later.
    fn pending(&self) -> BigInt {
        BigInt(self.0.pending.get())
    }

    /// What open codes had set aside.
    fn held(&self) -> BigInt {
        BigInt(self.0.held.get())
    }
}

pub(crate) fn balance_as_of(
    context: &Context,
    whose: &Whose,
    at: Option<DateTimeArgument>,
) -> Result<Vec<CardBalance>, ApiError> {
    let within = (whose.merchant()?, whose.card()?);
    let person = whose.person(context, "balanceAsOf")?;
    let at = DateTimeArgument::instant(at).unwrap_or_else(|| context.now());
    let actor = context.actor();
    let found = context.read(|tx| history::balances(tx, actor, person, within, at))?;
    let level = Level::distinct(found.iter().map(|row| row.card));
    Ok(found.into_iter().map(|row| CardBalance(row, Arc::clone(&level))).collect())
}

/// Points or stamps that are going to be gone.
pub struct CardExpiry(Expiry, Arc<Level<LoyaltyCardId>>);

/// Points or stamps that are going to be gone, if nobody spends them.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl CardExpiry {
    /// The card.
    fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
        card::load(context, &self.1, self.0.card)
    }

    /// How many.
    fn amount(&self) -> BigInt {
        BigInt(self.0.points.get())
    }

    /// The last day on which they are good, in the merchant's zone.
    fn last_day(&self) -> Date {
        Date(self.0.last_day)
    }

    /// When they are gone: this very instant is too late.
    fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

pub(crate) fn expiring(
    context: &Context,
    whose: &Whose,
    within_days: Option<i32>,
    until: Option<DateTimeArgument>,
) -> Result<Vec<CardExpiry>, ApiError> {
    let within = (whose.merchant()?, whose.card()?);
    let now = context.now();
    let days = match within_days.map(u64::try_from) {
        None => None,
        Some(Ok(days)) => Some(now.plus(std::time::Duration::from_secs(days * 86_400))),
        Some(Err(_negative)) => {
            return Err(ApiError::invalid("withinDays", "Say how many days, from 0."));
        }
    };
    let until = days.into_iter().chain(DateTimeArgument::instant(until)).min();
    let person = whose.person(context, "expiring")?;
    let actor = context.actor();
    let found = context.read(|tx| history::expiring(tx, actor, person, within, (now, until)))?;
    let level = Level::distinct(found.iter().map(|row| row.card));
    Ok(found.into_iter().map(|row| CardExpiry(row, Arc::clone(&level))).collect())
}
