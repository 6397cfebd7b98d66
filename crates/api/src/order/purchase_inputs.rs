//! What the mutations of whole sales take.

use juniper::{GraphQLEnum, GraphQLInputObject};
use regulars_customer::Identifier;
use regulars_kernel::{Change, OrderTypeId, PersonId, ProductId, StoreId};
use regulars_order::{
    Amount, NewPurchase,
    item::change::{ItemPatch, NewModifier},
    order::change::OrderPatch,
    purchase::{NewCode, NewDiscount, NewPayment, SourceVersion, Untried},
};

use super::{choice::OrderPaymentType, inputs::OrderItemModifierInput, order_type::ORDER_TYPE};
use crate::{
    argument::pk,
    customer::{choice::UserEntitySource, user::USER},
    error::ApiError,
    global_id::Id,
    merchant::{product::PRODUCT, store::STORE},
    scalar::{BigInt, DateTimeArgument, Decimal, JSONString},
};

/// A line of a sale.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct PurchaseItemInput {
    /// What was bought; it brings its name and price along. Absent: nothing of the catalogue.
    pub product_id: Option<Id>,
    /// What it is called: 1 to 150 characters. Absent: as the product.
    pub name: Option<String>,
    /// How many: 1 to 1000000; absent: one.
    pub quantity: Option<i32>,
    /// What one cost, tax included, without modifiers: from nothing to 10^12 minor units. Absent: as the product.
    pub unit_price: Option<Decimal>,
    /// What the whole line cost, in place of a unit price: for what is weighed.
    pub cost: Option<Decimal>,
    /// What makes each of them another than the plain one, at most 20.
    pub modifiers: Option<Vec<OrderItemModifierInput>>,
    /// The merchant's own fields: a JSON object of at most 10 KiB.
    pub extra_info: Option<JSONString>,
}

/// A part of what was paid.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct PurchasePaymentInput {
    /// In which way.
    pub payment_type: OrderPaymentType,
    /// How much; absent, where it is the only one: all.
    pub amount: Option<Decimal>,
    /// What was handed over, of cash.
    pub cash_received: Option<Decimal>,
    /// What was handed back; absent: what was handed over past the amount.
    pub change: Option<Decimal>,
}

/// What the till took off by itself. It takes nothing from account, code or limit.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct PurchaseDiscountInput {
    /// What it is called: 1 to 150 characters.
    pub name: String,
    /// How much; above nothing.
    pub amount: Decimal,
    /// Off which line, counted from 0; absent: off what is left of all.
    pub item: Option<i32>,
}

/// A code that the sale came with: of a promise, or one that an offer has for everybody.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct PurchaseCodeInput {
    /// The code.
    pub code: String,
    /// What the till took off for it; absent: what it is worth here. Where it does not hold any more, this stands as the
    /// merchant's own discount.
    pub amount: Option<Decimal>,
}

/// Another id under which a system knows of a sale.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct PurchaseLinkInput {
    /// The system.
    pub entity_source: UserEntitySource,
    /// The sale's id there: 1 to 255 characters.
    pub entity_source_id: String,
}

/// A whole sale. Who bought is told by one of the four identifiers, or by several that name the same customer.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct PurchaseInput {
    /// Where.
    pub store_id: Id,
    /// Who bought, by id.
    pub consumer_id: Option<Id>,
    /// By a loyalty id or one of the merchant's own card numbers. Whoever shows their loyalty id for the first time becomes a
    /// customer by it.
    pub consumer_loyalty_id: Option<String>,
    /// By e-mail address.
    pub consumer_email: Option<String>,
    /// By phone number, in national or international form.
    pub consumer_phone_number: Option<String>,
    /// What was bought: 1 to 500 lines.
    pub items: Vec<PurchaseItemInput>,
    /// What was given on top: at most 100.
    pub tips: Option<Vec<Decimal>>,
    /// What the till took off by itself: at most 20.
    pub discounts: Option<Vec<PurchaseDiscountInput>>,
    /// The codes that it came with; they need the permission `redeem`. What holds is used up, as of the time of the sale.
    pub redemption_codes: Option<Vec<PurchaseCodeInput>>,
    /// How it was paid: at most 20 parts. What does not come to the total is a warning.
    pub payments: Option<Vec<PurchasePaymentInput>>,
    /// The tax in the total; absent: by the store's rate, where it has one.
    pub tax: Option<Decimal>,
    /// The currency of all amounts, by ISO 4217: the merchant's.
    pub currency: Option<String>,
    /// When it was; absent, or more than ten minutes ahead: now.
    pub completed_at: Option<DateTimeArgument>,
    /// The system that it comes from; goes with `entitySourceId`.
    pub entity_source: Option<UserEntitySource>,
    /// Its id there, which names it for ever among the sales of the store that come through the same app: 1 to 255
    /// characters. The same again answers the first.
    pub entity_source_id: Option<String>,
    /// When it was changed there. A sale that is known and comes with a later one, or with a higher `seq`, is changed.
    pub source_updated_at: Option<DateTimeArgument>,
    /// The source's own count of versions; it goes before `sourceUpdatedAt`.
    pub seq: Option<BigInt>,
    /// Under which ids other systems know of it: at most 10.
    pub links: Option<Vec<PurchaseLinkInput>>,
    /// Who served: one of the merchant's people.
    pub waiter_id: Option<Id>,
    /// How it was fulfilled; absent: in the store.
    pub order_type_id: Option<Id>,
    /// Where the buyer is reached about this order: in international form, or as it is dialled in the store's country.
    pub phone_number: Option<String>,
    /// How many sat at the table: 0 to 10000.
    pub num_of_guests: Option<i32>,
    /// When it was to be picked up.
    pub pickup_dt: Option<DateTimeArgument>,
    /// Where it was to be brought: at most 300 characters.
    pub delivery_location: Option<String>,
    /// The merchant's own fields: a JSON object of at most 10 KiB.
    pub extra_info: Option<JSONString>,
    /// The same key with the same input answers what the first call answered, refusals included: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// Sales that happened, each answered by itself.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct RecordPurchasesInput {
    /// The sales: 1 to 500.
    pub purchases: Vec<PurchaseInput>,
    /// A key for all: each sale without one of its own has this one and its place, `till-7#0`.
    pub idempotency_key: Option<String>,
}

/// Sales of long ago, from another system, each answered by itself.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ImportOrdersInput {
    /// The sales: 1 to 500.
    pub orders: Vec<PurchaseInput>,
    /// Whether they earn, as of their time; that needs the permission `backdate` too.
    #[graphql(default = false)]
    pub earn: Option<bool>,
    /// A key for all: each sale without one of its own has this one and its place.
    pub idempotency_key: Option<String>,
}

/// What becomes of a sale that somebody has looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SaleReviewDecision {
    /// What is pending can be spent.
    Release,
    /// What is pending is taken back.
    Reject,
    /// It was seen, and nothing follows.
    Dismiss,
}

/// Absent and null say nothing.
fn told<T>(value: Option<T>) -> Change<T> {
    value.map_or(Change::Keep, Change::Set)
}

/// The number that a field names something of that type by; an empty id names nothing.
pub(super) fn named(
    argument: &'static str,
    id: Option<Id>,
    kind: &str,
) -> Result<Option<i64>, ApiError> {
    id.filter(|id| !id.is_empty()).map(|id| pk(argument, &id, kind)).transpose()
}

impl PurchaseItemInput {
    fn read(self, currency: Option<&String>) -> Result<ItemPatch, ApiError> {
        let amount =
            |decimal: Decimal| Amount { decimal: decimal.to_string(), currency: currency.cloned() };
        let modifier = |one: OrderItemModifierInput| NewModifier {
            name: one.name,
            price: one.price.map(amount),
        };
        let modifiers = self.modifiers.map(|all| all.into_iter().map(modifier).collect());
        Ok(ItemPatch {
            product: told(named("items", self.product_id, PRODUCT)?.map(ProductId::new)),
            name: told(self.name),
            quantity: told(self.quantity),
            unit_price: told(self.unit_price.map(amount)),
            cost: told(self.cost.map(amount)),
            modifiers: told(modifiers),
            is_completed: Change::Keep,
            extra_info: told(self.extra_info.map(JSONString::into_string)),
        })
    }
}

impl PurchaseInput {
    /// Whether a number names who bought: such look-ups are counted.
    pub(crate) fn is_by_number(&self) -> bool {
        self.consumer_loyalty_id.as_deref().is_some_and(|number| !number.trim().is_empty())
    }

    /// The sale that it says.
    pub(crate) fn read(self) -> Result<NewPurchase, ApiError> {
        let currency = self.currency.clone().filter(|code| !code.trim().is_empty());
        let amount =
            |decimal: Decimal| Amount { decimal: decimal.to_string(), currency: currency.clone() };
        let payment = |one: PurchasePaymentInput| NewPayment {
            payment_type: one.payment_type.into(),
            amount: one.amount.map(amount),
            cash_received: one.cash_received.map(amount),
            change: one.change.map(amount),
        };
        let discount = |one: PurchaseDiscountInput| NewDiscount {
            name: one.name,
            amount: amount(one.amount),
            // There is no line below 0, and none that far.
            item: one.item.map(|place| usize::try_from(place).unwrap_or(usize::MAX)),
        };
        let code =
            |one: PurchaseCodeInput| NewCode { code: one.code, amount: one.amount.map(amount) };
        let link =
            |one: PurchaseLinkInput| Some((one.entity_source.to_domain()?, one.entity_source_id));
        let items = self.items.into_iter().map(|item| item.read(currency.as_ref()));
        Ok(NewPurchase {
            store: StoreId::new(pk("storeId", &self.store_id, STORE)?),
            customer: Identifier {
                id: named("consumerId", self.consumer_id, USER)?.map(PersonId::new),
                loyalty_id: self.consumer_loyalty_id,
                email: self.consumer_email,
                phone_number: self.consumer_phone_number,
            },
            details: OrderPatch {
                phone_number: told(self.phone_number),
                num_of_guests: told(self.num_of_guests),
                order_type: told(
                    named("orderTypeId", self.order_type_id, ORDER_TYPE)?.map(OrderTypeId::new),
                ),
                waiter: told(named("waiterId", self.waiter_id, USER)?.map(PersonId::new)),
                pickup_at: told(DateTimeArgument::instant(self.pickup_dt)),
                delivery_location: told(self.delivery_location),
                extra_info: told(self.extra_info.map(JSONString::into_string)),
                ..OrderPatch::default()
            },
            source: (
                self.entity_source.and_then(UserEntitySource::to_domain),
                self.entity_source_id,
            ),
            version: SourceVersion {
                seq: self.seq.map(|seq| seq.0),
                updated_at: DateTimeArgument::instant(self.source_updated_at),
            },
            links: self.links.unwrap_or_default().into_iter().filter_map(link).collect(),
            items: items.collect::<Result<_, _>>()?,
            tips: self.tips.unwrap_or_default().into_iter().map(amount).collect(),
            discounts: self.discounts.unwrap_or_default().into_iter().map(discount).collect(),
            codes: self.redemption_codes.unwrap_or_default().into_iter().map(code).collect(),
            payments: self.payments.unwrap_or_default().into_iter().map(payment).collect(),
            tax: self.tax.map(amount),
            currency: currency.clone(),
            completed_at: DateTimeArgument::instant(self.completed_at),
            untried: Untried::default(),
        })
    }
}
