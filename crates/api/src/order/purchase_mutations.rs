//! `recordPurchase`, `recordPurchases` and `importOrders`: whole sales that happened.

use std::sync::Arc;

use juniper::graphql_object;
use regulars_kernel::{OrderId, Permission};
use regulars_loyalty::Cause;
use regulars_order::{
    NewPurchase, RecordedPurchase,
    order::list_by_ids,
    purchase::{self as purchases, Mode, PurchaseWarning, WarningKind},
};
use regulars_persistence::Tx;

use super::{
    OrderNode, node,
    purchase_inputs::{ImportOrdersInput, PurchaseInput, RecordPurchasesInput},
};
use crate::{
    context::Context,
    error::ApiError,
    guess::CodeTry,
    level::Level,
    loyalty::{
        receipt::{self, PointsReceipt},
        recognise::Marks,
    },
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::About,
};

/// The most sales of one call.
const MOST: usize = 500;

/// Something that does not hold of a sale that happened.
#[derive(Clone, Debug, PartialEq, Eq, juniper::GraphQLObject)]
#[graphql(name = "PurchaseWarning", scalar = juniper::DefaultScalarValue)]
pub struct PurchaseWarningNode {
    /// The code; it never changes its meaning.
    code: String,
    /// What people read.
    message: String,
    /// The argument that it is about: `consumerEmail`, `items[2].productId`.
    path: String,
    /// Why a code takes nothing off: a code of its own.
    reason: Option<String>,
}

impl From<&PurchaseWarning> for PurchaseWarningNode {
    fn from(warning: &PurchaseWarning) -> Self {
        Self {
            code: warning.kind.code().to_owned(),
            message: warning.kind.to_string(),
            path: warning.path.clone(),
            reason: warning.reason.clone(),
        }
    }
}

/// The answer of recording a sale: the receipt.
pub struct RecordPurchasePayload {
    errors: Option<ExpectedErrorType>,
    recorded: Option<RecordedPurchase>,
    /// The orders of all sales that were recorded together.
    orders: Arc<Level<OrderId>>,
}

/// The answer of recording a sale: the receipt.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl RecordPurchasePayload {
    /// Whether it is recorded, now or before.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The order; null where the asker may not see orders.
    fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
        let Some(recorded) = &self.recorded else { return Ok(None) };
        node::load(context, &self.orders, recorded.order)
    }

    /// What it earned, and what the customer has after it; null where nobody is known to have bought.
    fn receipt(&self, context: &Context) -> Result<Option<PointsReceipt>, ApiError> {
        let Some(recorded) = &self.recorded else { return Ok(None) };
        let (actor, id) = (context.actor(), recorded.order);
        let found = context.read(|tx| list_by_ids(tx, actor, &[id]))?.pop();
        let Some((merchant, person)) =
            found.and_then(|order| Some((order.merchant, order.consumer?)))
        else {
            return Ok(None);
        };
        let nothing = &recorded.answered.nothing;
        Ok(Some(receipt::of((merchant, person), Cause::Order(id), nothing)))
    }

    /// What does not hold of it.
    fn warnings(&self) -> Vec<PurchaseWarningNode> {
        let warnings = self.recorded.iter().flat_map(|recorded| &recorded.answered.warnings);
        warnings.map(Into::into).collect()
    }

    /// Whether it was recorded before, and this changed nothing.
    fn replayed(&self) -> bool {
        self.recorded.as_ref().is_some_and(|recorded| recorded.replayed)
    }
}

/// The answer of recording many sales, each by itself.
pub struct RecordPurchasesPayload {
    errors: Option<ExpectedErrorType>,
    purchases: Vec<RecordPurchasePayload>,
}

/// The answer of recording many sales, each by itself.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl RecordPurchasesPayload {
    /// Whether the sales were looked at: what came of each it says itself.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong with the call: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// What came of each sale, in their order.
    fn purchases(&self) -> &[RecordPurchasePayload] {
        &self.purchases
    }
}

fn payload(outcome: Outcome<RecordedPurchase>) -> RecordPurchasePayload {
    payloads(vec![outcome]).pop().unwrap_or_else(|| RecordPurchasePayload {
        errors: None,
        recorded: None,
        orders: Level::of([]),
    })
}

fn payloads(outcomes: Vec<Outcome<RecordedPurchase>>) -> Vec<RecordPurchasePayload> {
    let split: Vec<_> = outcomes.into_iter().map(Outcome::split).collect();
    let orders = split.iter().filter_map(|(recorded, _)| Some(recorded.as_ref()?.order));
    let orders = Level::of(orders);
    let one = |(recorded, errors)| RecordPurchasePayload {
        errors,
        recorded,
        orders: Arc::clone(&orders),
    };
    split.into_iter().map(one).collect()
}

/// Who may record sales.
const RECORD: Needs = Needs::Permission(Permission::ChangeOrder);

/// Records one sale. Whoever tries numbers and codes that are nobody's too often is told nothing more by them; the sale has
/// happened, and is recorded all the same (rules 10 and 22).
fn run(
    asked: &Asked<'_, '_>,
    call: &Call,
    input: PurchaseInput,
    mode: Mode,
) -> Result<Outcome<RecordedPurchase>, ApiError> {
    let context = asked.context();
    let by_number = input.is_by_number();
    let mut new = match input.read() {
        Ok(new) => new,
        Err(error) => return turned_down(asked, error),
    };
    new.untried.customer = by_number && context.identify().is_err();
    let counted = by_number && !new.untried.customer;
    // Codes of history are not looked up at all.
    let tries = if mode == Mode::Till { tries(context, &new) } else { Ok(Vec::new()) };
    let tries = tries.unwrap_or_else(|_too_often| {
        new.untried.codes = true;
        Vec::new()
    });
    let (actor, now) = (context.actor().clone(), context.now());
    let marks = Marks::of(context);
    let record = move |tx: &mut Tx<'_>| purchases::record(tx, &actor, &new, mode, &marks, now);
    let replays = context.replays();
    let outcome = context.mutate(call, record)?;
    // Whoever sends a day's sales tries nothing out, however often they send them; whoever makes numbers up does.
    if let Outcome::Done(recorded) = &outcome {
        let warnings = &recorded.answered.warnings;
        let again = recorded.replayed || context.replays() > replays;
        if counted && (again || !warnings.iter().any(is_of_nobody)) {
            context.was_somebody();
        }
        let nothing = warnings.iter().filter(|one| !again && is_no_code(one)).count();
        // Of several it does not matter which were codes.
        tries.into_iter().skip(nothing).for_each(|tried| context.was_a_code(tried));
    }
    Ok(outcome)
}

/// Counts the codes of a sale as tries (rule 22): all of them, or none where there is not room for all.
pub(super) fn tries(context: &Context, new: &NewPurchase) -> Result<Vec<CodeTry>, ApiError> {
    let mut tries = Vec::with_capacity(new.codes.len());
    for _ in &new.codes {
        match context.try_code(Some(new.store)) {
            Ok(tried) => tries.extend(tried),
            Err(too_often) => {
                for tried in tries {
                    context.was_a_code(tried);
                }
                return Err(too_often);
            }
        }
    }
    Ok(tries)
}

/// Whether somebody tried what is no code.
pub(super) fn is_no_code(warning: &PurchaseWarning) -> bool {
    warning.reason.as_deref() == Some("unknown_code")
}

fn is_of_nobody(warning: &PurchaseWarning) -> bool {
    matches!(warning.kind, WarningKind::CustomerUnknown | WarningKind::NumberBlocked)
}

pub(crate) fn record_purchase(
    asked: &Asked<'_, '_>,
    input: PurchaseInput,
) -> Result<RecordPurchasePayload, ApiError> {
    let call = Call::of(asked, RECORD).of_thing(About::Order(None));
    run(asked, &call, input, Mode::Till).map(payload)
}

pub(crate) fn record_purchases(
    asked: &Asked<'_, '_>,
    input: RecordPurchasesInput,
) -> Result<RecordPurchasesPayload, ApiError> {
    batch(asked, "purchases", input.purchases, Mode::Till)
}

pub(crate) fn import_orders(
    asked: &Asked<'_, '_>,
    input: ImportOrdersInput,
) -> Result<RecordPurchasesPayload, ApiError> {
    let earns = input.earn.unwrap_or(false);
    batch(asked, "orders", input.orders, Mode::History { earns })
}

/// Records sales, each in a transaction of its own: what one of them is refused takes nothing from another.
fn batch(
    asked: &Asked<'_, '_>,
    argument: &'static str,
    inputs: Vec<PurchaseInput>,
    mode: Mode,
) -> Result<RecordPurchasesPayload, ApiError> {
    let context = asked.context();
    let refused = |error| {
        let (_, errors) = turned_down::<RecordedPurchase>(asked, error)?.split();
        Ok(RecordPurchasesPayload { errors, purchases: Vec::new() })
    };
    let allowed = context.actor().require(Permission::ChangeOrder).and_then(|_| match mode {
        Mode::History { earns: true } => context.actor().require(Permission::Backdate).map(drop),
        Mode::History { earns: false } | Mode::Till => Ok(()),
    });
    if let Err(denied) = allowed {
        return refused(denied.into());
    }
    if inputs.is_empty() || inputs.len() > MOST {
        let sentence = format!("Name from 1 to {MOST} sales.");
        return refused(ApiError::invalid(argument, sentence));
    }
    let call = Call::of(asked, RECORD).of_thing(About::Order(None));
    let calls = call.parts(argument).zip(inputs);
    let outcomes = calls.map(|(call, input)| match run(asked, &call, input, mode) {
        Ok(outcome) => outcome,
        // What became of the others stands, and nobody who sends them again does harm.
        Err(error) => Outcome::Refused(context.failed(error)),
    });
    let purchases = payloads(outcomes.collect());
    Ok(RecordPurchasesPayload { errors: None, purchases })
}
