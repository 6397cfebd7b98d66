//! Open orders of a till: put down, changed, given up. Once they are completed, people do not change them (rule 25).

use regulars_customer::{CustomerStore, PhoneNumber};
use regulars_kernel::{
    Actor, Change, Country, ExtraInfo, MerchantId, Money, OrderId, OrderTypeId, Permission,
    PersonId, Rule, StoreError, StoreId, Timestamp, Violations, text::clean,
};
use regulars_merchant::{EntitySource, MerchantStore, Store};

use super::{Order, OrderState, PaymentType};
use crate::{
    OrderError, OrderLink, OrderStore, OrderType, PurchaseStore, SaleKey,
    buyer::Buyer,
    link::Origin,
    redeeming::open::{OrderPorts, follow},
};

/// The most characters of a place of delivery.
pub const MAX_LOCATION_CHARS: usize = 300;
/// The most characters of an order's id in another system.
pub const MAX_SOURCE_ID_CHARS: usize = 255;
/// The most guests of an order.
pub const MAX_GUESTS: i32 = 10_000;

/// What becomes of an order's fields, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderPatch {
    /// Where it is sold: one of the merchant's stores that is not given up.
    pub store: Change<StoreId>,
    /// Who buys; cleared, nobody is known.
    pub buyer: Buyer,
    /// Where the buyer is reached about this order: international, or national where the store's country is known.
    pub phone_number: Change<String>,
    /// How many sit at the table: 0 to [`MAX_GUESTS`].
    pub num_of_guests: Change<i32>,
    /// How it is fulfilled; cleared, in the store.
    pub order_type: Change<OrderTypeId>,
    /// Who serves: one of the merchant's people.
    pub waiter: Change<PersonId>,
    /// When it is to be picked up.
    pub pickup_at: Change<Timestamp>,
    /// Where it is to be brought: at most [`MAX_LOCATION_CHARS`] characters.
    pub delivery_location: Change<String>,
    /// How it is going to be paid.
    pub payment_type: Change<PaymentType>,
    /// The merchant's own fields: a JSON object ([`ExtraInfo::parse`]).
    pub extra_info: Change<String>,
    /// The system that it comes from; goes with the id there.
    pub entity_source: Change<EntitySource>,
    /// Its id there: at most [`MAX_SOURCE_ID_CHARS`] characters, one order of the store alone.
    pub entity_source_id: Change<String>,
}

impl OrderPatch {
    /// Applies what holds, and notes what does not; all but the store and the buyer.
    pub(crate) fn apply_to(
        &self,
        order: &mut Order,
        country: Option<Country>,
        wrong: &mut Violations,
    ) {
        let phone = self.phone_number.read("phoneNumber", wrong, |typed| {
            let filled = Some(typed).filter(|typed| !typed.trim().is_empty());
            filled
                .map(|typed| PhoneNumber::parse(typed, country).map(|number| number.to_string()))
                .transpose()
        });
        phone.apply(&mut order.phone_number);
        let guests =
            self.num_of_guests.read("numOfGuests", wrong, |number| guests(*number).map(Some));
        guests.apply(&mut order.num_of_guests);
        let order_type = self.order_type.read("orderTypeId", wrong, |id| order_type(*id).map(Some));
        match order_type {
            Change::Keep => {}
            Change::Clear => order.order_type = OrderType::IN_STORE.0,
            Change::Set(id) => order.order_type = id,
        }
        self.pickup_at.clone().apply(&mut order.pickup_at);
        let location = self
            .delivery_location
            .read("deliveryLocation", wrong, |typed| clean(typed, MAX_LOCATION_CHARS));
        location.apply(&mut order.delivery_location);
        self.payment_type.clone().apply(&mut order.payment_type);
        let extra_info = self.extra_info.read("extraInfo", wrong, |typed| own_fields(typed));
        extra_info.apply(&mut order.extra_info);
        let id = self
            .entity_source_id
            .read("entitySourceId", wrong, |typed| clean(typed, MAX_SOURCE_ID_CHARS));
        id.apply(&mut order.entity_source_id);
        self.entity_source.clone().apply(&mut order.entity_source);
        match (order.entity_source, &order.entity_source_id) {
            (Some(_), None) if wrong.iter().all(|one| one.field != Some("entitySourceId")) => {
                wrong.add("entitySourceId", Rule::Required);
            }
            (None, Some(_)) => wrong.add("entitySource", Rule::Required),
            _ => {}
        }
    }
}

/// Fields of the merchant's own.
pub(crate) fn own_fields(typed: &str) -> Result<Option<String>, Rule> {
    let filled = Some(typed).filter(|typed| !typed.trim().is_empty());
    filled.map(|typed| ExtraInfo::parse(typed).map(|fields| fields.to_string())).transpose()
}

fn guests(number: i32) -> Result<i32, Rule> {
    if (0..=MAX_GUESTS).contains(&number) {
        Ok(number)
    } else {
        Err(Rule::Invalid(format!("Enter a number of guests from 0 to {MAX_GUESTS}.")))
    }
}

fn order_type(id: OrderTypeId) -> Result<OrderTypeId, Rule> {
    let all = [OrderType::IN_STORE, OrderType::TO_GO, OrderType::ONLINE];
    if all.iter().any(|(known, _name)| *known == id) {
        return Ok(id);
    }
    let names = all.map(|(known, name)| format!("{known} ({name})"));
    Err(Rule::Invalid(format!("There is no such order type. There are {}.", names.join(", "))))
}

/// Puts an open order down, empty so far, in the merchant's currency. Needs [`Permission::ChangeOrder`] in its store, and
/// for naming a buyer what [`regulars_customer::identity::identify`] needs.
pub fn create<S: OrderStore + PurchaseStore + CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    patch: &OrderPatch,
    now: Timestamp,
) -> Result<OrderId, OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let mut wrong = Violations::new();
    let Change::Set(store) = patch.store else {
        return Err(Violations::of("storeId", Rule::Required).into());
    };
    let store = selling(tx, actor, store, &mut wrong)?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::NothingNamed("storeId"))?;
    let day = store.business_date(&tenant, now);
    let mut order = Order {
        state: OrderState::Open,
        completed: false,
        completed_at: None,
        business_date: None,
        // The row's own number goes behind it: `19220112164` is order 164, of 12 January 2022 in store 19.
        number: format!("{}{}", store.id, day.format("%y%m%d")),
        ..Order::sale(OrderId::new(0), (merchant, store.id), Money::zero(tenant.currency), day, now)
    };
    patch.apply_to(&mut order, country_of(&store), &mut wrong);
    order.waiter = waiter(tx, patch)?.value().copied();
    wrong.into_result()?;
    let buyer = patch.buyer.find(tx, actor, merchant, now)?;
    order.consumer = buyer.consumer.value().copied();
    order.id = tx.insert_order(&order).map_err(taken)?;
    if let Some(link) = name_of(actor, &order, now) {
        put_name(tx, link)?;
    }
    buyer.note(tx, merchant, order.id)?;
    Ok(order.id)
}

/// Gives an order a name, under which a refund may have come before it: it is given back once the order is completed (rule 11).
fn put_name(tx: &mut impl PurchaseStore, link: OrderLink) -> Result<(), OrderError> {
    let (merchant, key) = (link.merchant, std::slice::from_ref(&link.key));
    let found = tx.order_links(merchant, link.origin, key)?;
    let known = found.into_iter().find(|one| one.is_of(link.origin, &link.key));
    let Some(waits) = known.filter(|one| one.order.is_none()) else {
        return tx.insert_order_links(&[link]).map(drop).map_err(taken);
    };
    let waits = tx.lock_order_link(merchant, waits.id)?.filter(|one| one.order.is_none());
    // Somebody recorded it at the same moment: run again, this finds it.
    let waits = waits.ok_or(StoreError::Contended)?;
    let (order, updated_at) = (link.order, link.updated_at);
    Ok(tx.update_order_link(&OrderLink { order, updated_at, ..waits })?)
}

/// Takes names from an open order. One under which a refund came waits for its sale again (rule 11).
pub(crate) fn take_names(
    tx: &mut impl PurchaseStore,
    merchant: MerchantId,
    links: Vec<OrderLink>,
    now: Timestamp,
) -> Result<(), OrderError> {
    let ids: Vec<_> = links.iter().map(|link| link.id).collect();
    let refunds = tx.sale_refunds(merchant, &ids)?;
    let (waiting, gone): (Vec<_>, Vec<_>) =
        links.into_iter().partition(|link| refunds.iter().any(|refund| refund.link == link.id));
    for link in waiting {
        tx.update_order_link(&OrderLink { order: None, told: None, updated_at: now, ..link })?;
    }
    let gone: Vec<_> = gone.iter().map(|link| link.id).collect();
    if gone.is_empty() { Ok(()) } else { Ok(tx.delete_order_links(merchant, &gone)?) }
}

/// An order has another name from here on, at the origin of the one it had; what else names it stays.
fn rename(
    tx: &mut impl PurchaseStore,
    (id, before): (OrderId, Option<SaleKey>),
    new: Option<OrderLink>,
    (merchant, now): (MerchantId, Timestamp),
) -> Result<(), OrderError> {
    let mut links = tx.names_of_order(merchant, id)?;
    links.retain(|link| Some(&link.key) == before.as_ref());
    let origin = links.first().map(|link| link.origin);
    take_names(tx, merchant, links, now)?;
    let Some(new) = new else { return Ok(()) };
    let origin = origin.unwrap_or(new.origin);
    put_name(tx, OrderLink { origin, ..new })
}

/// What names an order at the system that it was taken over from.
fn name_of(actor: &Actor, order: &Order, now: Timestamp) -> Option<OrderLink> {
    let (source, source_id) = order.entity_source.zip(order.entity_source_id.clone())?;
    let key = SaleKey { store: order.store, source, source_id };
    Some(OrderLink::new((order.merchant, Origin::of(actor)), key, Some(order.id), now))
}

/// Changes an open order. Needs what [`create`] needs, in the store where the order is and in the one where it is to be. A
/// patch that changes nothing leaves `updated_at` alone.
pub fn update<S: OrderPorts + PurchaseStore>(
    tx: &mut S,
    actor: &Actor,
    id: OrderId,
    patch: &OrderPatch,
    now: Timestamp,
) -> Result<OrderId, OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let found = tx.find_order(merchant, id)?;
    let before = open(found, actor, OrderError::OrderNotFound, "id")?;
    let mut wrong = Violations::new();
    if patch.store == Change::Clear {
        wrong.add("storeId", Rule::Required);
    }
    let mut after = before.clone();
    let mut country = None;
    let needs_store = patch.store.value().is_some() || patch.phone_number.value().is_some();
    if needs_store {
        let named = patch.store.value().copied().unwrap_or(before.store);
        // It may stay in a store that was given up meanwhile.
        let store = if named == before.store {
            store_of(tx, actor, named)?
        } else {
            selling(tx, actor, named, &mut wrong)?
        };
        country = country_of(&store);
        after.store = store.id;
    }
    patch.apply_to(&mut after, country, &mut wrong);
    waiter(tx, patch)?.apply(&mut after.waiter);
    wrong.into_result()?;
    let buyer = patch.buyer.find(tx, actor, merchant, now)?;
    buyer.consumer.clone().apply(&mut after.consumer);
    if after != before {
        after.updated_at = now;
        tx.update_order(&after).map_err(taken)?;
        let name = |order| name_of(actor, order, now).map(|link| link.key);
        if name(&before) != name(&after) {
            let new = name_of(actor, &after, now);
            rename(tx, (id, name(&before)), new, (merchant, now))?;
        }
        // What its codes take off may hang on who buys, and where.
        if (after.consumer, after.store) != (before.consumer, before.store) {
            let bill = tx.bill(merchant, id)?;
            if bill.discounts > 0 {
                follow(tx, after, Some(bill), None, now)?;
            }
        }
    }
    buyer.note(tx, merchant, id)?;
    Ok(id)
}

/// Archives an open order, which stays open for ever.
pub(crate) fn give_up(
    tx: &mut impl OrderStore,
    order: Order,
    now: Timestamp,
) -> Result<OrderId, OrderError> {
    let id = order.id;
    tx.update_order(&Order { deleted_at: Some(now), updated_at: now, ..order })?;
    Ok(id)
}

/// An order that was looked for to be changed, where the asker reaches it and it is open; `argument` names it, or its line.
pub(crate) fn open(
    found: Option<Order>,
    actor: &Actor,
    absent: OrderError,
    argument: &'static str,
) -> Result<Order, OrderError> {
    let order = found.filter(|order| reaches(actor, order.store)).ok_or(absent)?;
    refuse_completed(&order, argument)?;
    if !order.is_active() {
        let sentence = "This order was given up. Put down another one.";
        return Err(Violations::of(argument, Rule::Invalid(sentence.to_owned())).into());
    }
    Ok(order)
}

fn refuse_completed(order: &Order, argument: &'static str) -> Result<(), Violations> {
    if order.state == OrderState::Open {
        return Ok(());
    }
    let sentence =
        "This order is completed, and stays as it is: refund it, or void it by deleting it.";
    Err(Violations::of(argument, Rule::Invalid(sentence.to_owned())))
}

pub(crate) fn reaches(actor: &Actor, store: StoreId) -> bool {
    actor.stores().is_none_or(|access| access.includes(store))
}

/// One of the merchant's stores that the asker reaches.
pub(crate) fn store_of(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: StoreId,
) -> Result<Store, OrderError> {
    let found = tx.stores(&[id])?.pop().filter(|store| reaches(actor, store.id));
    found.ok_or(OrderError::NothingNamed("storeId"))
}

/// The same, of a store where something can be sold.
pub(crate) fn selling(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: StoreId,
    wrong: &mut Violations,
) -> Result<Store, OrderError> {
    let store = store_of(tx, actor, id)?;
    if store.archived {
        let sentence = "This store was given up: nothing is sold there.";
        wrong.add("storeId", Rule::Invalid(sentence.to_owned()));
    }
    Ok(store)
}

pub(crate) fn country_of(store: &Store) -> Option<Country> {
    store.country.as_deref().and_then(Country::from_alpha2)
}

/// Who serves, where the patch says it: one of the merchant's people, former ones among them.
pub(crate) fn waiter(
    tx: &mut impl CustomerStore,
    patch: &OrderPatch,
) -> Result<Change<PersonId>, OrderError> {
    if let Change::Set(person) = patch.waiter
        && tx.people(&[person])?.is_empty()
    {
        return Err(OrderError::NothingNamed("waiterId"));
    }
    Ok(patch.waiter.clone())
}

/// What a taken key means for whoever wrote the order.
pub(crate) fn taken(error: StoreError) -> OrderError {
    match error {
        StoreError::Taken("order_link.entity_source_id") => {
            let sentence = "This store has an order of this source and id already.";
            Violations::of("entitySourceId", Rule::Invalid(sentence.to_owned())).into()
        }
        // Two got the same number at the same moment: run again, there is another.
        StoreError::Taken("orders.number") => StoreError::Contended.into(),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests;
