//! Orders, products and opening balances of a source.

use regulars_customer::{
    CustomerError, Identifier,
    identity::{self, Identified},
    merge::meant,
};
use regulars_kernel::{
    Change, LoyaltyCardId, MerchantId, PageRequest, PersonId, Points, ProductId, Rule, StoreId,
    Timestamp, Violations,
};
use regulars_loyalty::{
    LoyaltyError,
    adjustment::{NewAdjustment, open_balance},
};
use regulars_merchant::{
    Archived, MerchantError, StoreFilter,
    product::change::{self as product, ProductPatch},
};
use regulars_order::{
    Amount, OrderError,
    item::change::ItemPatch,
    order::change::OrderPatch,
    purchase::{self, Mode, NewDiscount, NewPurchase, Untried},
    refund::{NewRefund, known},
};

use super::{Portion, SourcePorts};
use crate::{
    SourceError,
    image::Digest,
    record::{
        BadRecord, BalanceRecord, Body, Buyer, OrderRecord, ProductRecord, Record, RecordKey,
        RefundRecord,
    },
    stored::{RecordKind, RecordState, StoredRecord},
};

/// Who is meant by what an order or a balance says of its customer.
enum Whose {
    /// This customer.
    Customer(PersonId),
    /// Nobody is named.
    Nobody,
    /// A customer of the source who is none here yet.
    Waits(RecordKey),
    /// Somebody is named whom nobody knows, or several could be.
    Unknown,
}

/// Takes a record of something that is no customer.
pub(super) fn take<S: SourcePorts>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    record: &Record,
    image: String,
) -> Result<(), SourceError> {
    let kind = match &record.body {
        Body::Order(_) => RecordKind::Order,
        Body::Product(_) => RecordKind::Product,
        Body::Balance(_) | Body::Customer(_) | Body::Gone(_) => RecordKind::Balance,
    };
    let known = portion.known.get(&record.key);
    let (task, raw) = (portion.task, image.clone());
    let stored = StoredRecord {
        connection: task.connection.id,
        key: record.key.clone(),
        kind,
        state: RecordState::Live,
        digest: Digest::of(&image),
        image,
        version: record.version,
        seen_run: task.mark,
        subject: known.and_then(|known| known.subject),
        linked_by: None,
        redirect_to: None,
        gone_cause: None,
        waits_for: None,
        first_seen_at: known.map_or(task.now, |known| known.first_seen_at),
        changed_at: task.now,
    };
    let taken = match &record.body {
        Body::Order(order) => self::order(tx, portion, stored, order),
        Body::Product(product) => self::product(tx, portion, stored, product),
        Body::Balance(balance) => self::balance(tx, portion, stored, balance),
        Body::Customer(_) | Body::Gone(_) => return Ok(()),
    };
    let wrong = match taken {
        Ok(stored) => {
            portion.put(stored);
            return Ok(());
        }
        Err(
            SourceError::Invalid(wrong)
            | SourceError::Order(OrderError::Invalid(wrong))
            | SourceError::Merchant(MerchantError::Invalid(wrong))
            | SourceError::Loyalty(LoyaltyError::Invalid(wrong)),
        ) => wrong,
        Err(error) => return Err(error),
    };
    let first = wrong.iter().next();
    let bad = BadRecord {
        reference: record.key.id.clone(),
        code: "invalid".to_owned(),
        path: first.and_then(|one| one.field).map(str::to_owned),
        message: wrong.to_string(),
        raw,
    };
    portion.reject(&bad, &record.key.object);
    Ok(())
}

/// Whose something is.
fn whose<S: SourcePorts>(
    tx: &mut S,
    portion: &Portion<'_>,
    buyer: &Buyer,
) -> Result<Whose, SourceError> {
    let merchant = portion.task.connection.merchant;
    if let Some(key) = &buyer.key {
        let stored = if let Some(stored) = portion.known.get(key) {
            Some(stored.clone())
        } else {
            let ids = [key.id.clone()];
            tx.records(portion.task.connection.id, &key.object, &ids)?.pop()
        };
        let person = stored.and_then(|stored| stored.subject).map(PersonId::new);
        let Some(person) = person else { return Ok(Whose::Waits(key.clone())) };
        return Ok(meant(tx, merchant, person)?.map_or(Whose::Unknown, |member| {
            if member.standing.is_gone() { Whose::Unknown } else { Whose::Customer(member.person) }
        }));
    }
    let ways = [
        Identifier { loyalty_id: buyer.loyalty_id.clone(), ..Identifier::default() },
        Identifier { email: buyer.email.clone(), ..Identifier::default() },
        Identifier { phone_number: buyer.phone_number.clone(), ..Identifier::default() },
    ];
    let mut named = false;
    for who in ways.iter().filter(|who| !who.is_empty()) {
        named = true;
        match identity::identify(tx, &portion.actor, who) {
            Ok(Identified::Member(consumer)) => return Ok(Whose::Customer(consumer.id)),
            Err(CustomerError::Store(error)) => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(if named { Whose::Unknown } else { Whose::Nobody })
}

/// The store in which an order counts: the settings', else the only one there is.
fn store<S: SourcePorts>(tx: &mut S, portion: &Portion<'_>) -> Result<StoreId, SourceError> {
    if let Some(store) = portion.task.policy.store {
        return Ok(StoreId::new(store));
    }
    let filter = StoreFilter { archived: Archived::Hidden, ..StoreFilter::default() };
    let stores = tx.list_stores(&filter, &PageRequest::first(2))?.items;
    if let [one] = stores.as_slice() {
        return Ok(one.id);
    }
    let sentence = "Say in the connection's settings in which store its orders count (storeId).";
    Err(Violations::of("storeId", Rule::Invalid(sentence.to_owned())).into())
}

fn amount(decimal: &str, currency: Option<&str>) -> Amount {
    Amount { decimal: decimal.to_owned(), currency: currency.map(str::to_owned) }
}

/// Whether an order earns: as the connection says, of its channels alone, and nothing of what was before it was connected (rule 12).
fn earns(portion: &Portion<'_>, order: &OrderRecord) -> bool {
    let (policy, connection) = (portion.task.policy, portion.task.connection);
    let of_channel = if policy.channels.is_empty() {
        order.online
    } else {
        order.channel.as_ref().is_some_and(|channel| policy.channels.contains(channel))
    };
    policy.earns && of_channel && order.completed_at >= connection.created_at
}

fn order<S: SourcePorts>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    mut stored: StoredRecord,
    order: &OrderRecord,
) -> Result<StoredRecord, SourceError> {
    // What was only tried out, and what was called off before anything came of it, is no sale.
    if order.test || (order.cancelled_at.is_some() && stored.subject.is_none()) {
        portion.outcome.counts.skipped += 1;
        return Ok(stored);
    }
    let customer = match whose(tx, portion, &order.buyer)? {
        Whose::Customer(person) => Identifier { id: Some(person), ..Identifier::default() },
        Whose::Nobody | Whose::Unknown => Identifier::default(),
        Whose::Waits(key) => {
            stored.state = RecordState::Waiting;
            stored.waits_for = Some(key);
            portion.outcome.counts.waiting += 1;
            return Ok(stored);
        }
    };
    let store = store(tx, portion)?;
    let task = portion.task;
    let source = (Some(task.connection.source), Some(stored.key.id.clone()));
    let new = purchase(order, (store, customer), source.clone(), stored.version);
    let mode = if earns(portion, order) { Mode::Till } else { Mode::History { earns: false } };
    let was_known = stored.subject.is_some();
    let recorded = purchase::record(tx, &portion.actor, &new, mode, task.recognise, task.now)?;
    stored.subject = Some(recorded.order.get());
    if was_known || recorded.replayed {
        portion.outcome.counts.updated += 1;
    } else {
        portion.outcome.counts.created += 1;
    }
    for given in &order.refunds {
        refund(tx, portion, (store, &source), Some(given))?;
    }
    if order.cancelled_at.is_some() {
        refund(tx, portion, (store, &source), None)?;
    }
    Ok(stored)
}

/// A sale of the source's, in the words of a till.
fn purchase(
    order: &OrderRecord,
    (store, customer): (StoreId, Identifier),
    source: (Option<regulars_merchant::EntitySource>, Option<String>),
    version: crate::record::SourceVersion,
) -> NewPurchase {
    let currency = Some(order.currency.as_str());
    let mut discounts: Vec<NewDiscount> = Vec::new();
    for (nth, line) in order.lines.iter().enumerate() {
        if let Some(off) = line.discount.as_deref().filter(|off| is_something(off)) {
            let name = "Discount".to_owned();
            discounts.push(NewDiscount { name, amount: amount(off, currency), item: Some(nth) });
        }
    }
    if let Some(off) = order.discount.as_deref().filter(|off| is_something(off)) {
        let name = "Discount".to_owned();
        discounts.push(NewDiscount { name, amount: amount(off, currency), item: None });
    }
    let items = order.lines.iter().map(|line| ItemPatch {
        name: Change::Set(line.name.clone()),
        quantity: Change::Set(i32::try_from(line.quantity).unwrap_or(i32::MAX)),
        unit_price: Change::Set(amount(&line.unit_price, currency)),
        ..ItemPatch::default()
    });
    NewPurchase {
        store,
        customer,
        details: OrderPatch::default(),
        source,
        version,
        links: order.links.clone(),
        items: items.collect(),
        tips: order
            .extra
            .as_deref()
            .filter(|extra| is_something(extra))
            .map(|extra| amount(extra, currency))
            .into_iter()
            .collect(),
        discounts,
        codes: Vec::new(),
        payments: Vec::new(),
        tax: None,
        currency: Some(order.currency.clone()),
        completed_at: Some(order.completed_at),
        untried: Untried::default(),
    }
}

/// Whether a decimal is more than nothing.
fn is_something(decimal: &str) -> bool {
    decimal.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

/// Gives an order back, or a part of it, once.
fn refund<S: SourcePorts>(
    tx: &mut S,
    portion: &Portion<'_>,
    (store, source): (StoreId, &(Option<regulars_merchant::EntitySource>, Option<String>)),
    given: Option<&RefundRecord>,
) -> Result<(), SourceError> {
    let new = known::NewKnownRefund {
        store,
        source: source.clone(),
        source_id: Some(given.map_or_else(|| "cancelled".to_owned(), |given| given.id.clone())),
        refund: NewRefund {
            amount: given.map(|given| amount(&given.amount, None)),
            ..NewRefund::default()
        },
    };
    known::create(tx, &portion.actor, &new, portion.task.now)?;
    Ok(())
}

fn product<S: SourcePorts>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    mut stored: StoredRecord,
    product: &ProductRecord,
) -> Result<StoredRecord, SourceError> {
    let task = portion.task;
    let text = |text: &Option<String>| text.clone().map_or(Change::Keep, Change::Set);
    let patch = ProductPatch {
        name: Change::Set(product.name.clone()),
        price: text(&product.price),
        price_currency: text(&product.currency),
        extra_info: product
            .sku
            .as_ref()
            .map_or(Change::Keep, |sku| Change::Set(serde_json::json!({ "sku": sku }).to_string())),
        ..ProductPatch::default()
    };
    if let Some(known) = stored.subject {
        product::update(tx, &portion.actor, ProductId::new(known), &patch, task.now)?;
        portion.outcome.counts.updated += 1;
        return Ok(stored);
    }
    let patch = ProductPatch {
        entity_source: Change::Set(task.connection.source),
        entity_source_id: Change::Set(stored.key.id.clone()),
        ..patch
    };
    let made = product::create(tx, &portion.actor, &patch, task.now)?;
    stored.subject = Some(made.get());
    portion.outcome.counts.created += 1;
    Ok(stored)
}

fn balance<S: SourcePorts>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    mut stored: StoredRecord,
    balance: &BalanceRecord,
) -> Result<StoredRecord, SourceError> {
    let refuse =
        |field, sentence: String| SourceError::from(Violations::of(field, Rule::Invalid(sentence)));
    // Somebody moves in once: what a later file says of it changes nothing.
    if stored.subject.is_some() {
        let sentence = "This balance was taken over before with another amount: adjust it by hand (adjustPoints).";
        return Err(refuse("amount", sentence.to_owned()));
    }
    let person = match whose(tx, portion, &balance.owner)? {
        Whose::Customer(person) => person,
        Whose::Waits(key) => {
            stored.state = RecordState::Waiting;
            stored.waits_for = Some(key);
            portion.outcome.counts.waiting += 1;
            return Ok(stored);
        }
        Whose::Nobody => return Err(refuse("owner", "Say whose balance this is.".to_owned())),
        Whose::Unknown => {
            let sentence = "Nobody is known by this, or several are: import the customers first.";
            return Err(refuse("owner", sentence.to_owned()));
        }
    };
    let task = portion.task;
    let card = card(tx, task.connection.merchant, &balance.loyalty_card)?;
    let new = NewAdjustment {
        person,
        card,
        amount: Points::new(balance.amount),
        reason: format!("Opening balance of {}", task.connection.name),
        expires_at: end_of_day(tx, task.connection.merchant, balance)?,
        into_debt: false,
    };
    let given = open_balance(tx, &portion.actor, &new, task.now)?;
    stored.subject = Some(given.entry.get());
    portion.outcome.counts.created += 1;
    portion.outcome.counts.points =
        portion.outcome.counts.points.saturating_add(balance.amount.unsigned_abs());
    portion.outcome.touched.insert(person);
    Ok(stored)
}

/// The end of a balance's last day, by the merchant's clock.
fn end_of_day<S: SourcePorts>(
    tx: &mut S,
    merchant: MerchantId,
    balance: &BalanceRecord,
) -> Result<Option<Timestamp>, SourceError> {
    let Some(day) = balance.expires_on else { return Ok(None) };
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(MerchantError::MerchantNotFound)?;
    Ok(regulars_loyalty::expiry::after_days(tenant.time_zone, day, 0))
}

/// A loyalty card by its number or its name.
fn card<S: SourcePorts>(
    tx: &mut S,
    merchant: MerchantId,
    named: &str,
) -> Result<LoyaltyCardId, SourceError> {
    let named = named.trim();
    let found = tx.cards_named(merchant, named)?;
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let sentence =
                format!("There is no loyalty card {named:?}: say its number or its name.");
            Err(Violations::of("loyaltyCard", Rule::Invalid(sentence)).into())
        }
        _ => {
            let sentence = format!("Several loyalty cards are called {named:?}: say the number.");
            Err(Violations::of("loyaltyCard", Rule::Invalid(sentence)).into())
        }
    }
}
