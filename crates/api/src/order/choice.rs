//! The enums of orders, under the names that the API has.

use juniper::GraphQLEnum;
use regulars_order as domain;

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLEnum)]
pub enum OrderState {
    /// Still being put together.
    Open,
    /// Paid and done.
    Completed,
    /// Done, and all of it given back.
    Refunded,
    /// Taken back as if it had never been.
    Voided,
}

impl From<domain::OrderState> for OrderState {
    fn from(state: domain::OrderState) -> Self {
        match state {
            domain::OrderState::Open => Self::Open,
            domain::OrderState::Completed => Self::Completed,
            domain::OrderState::Refunded => Self::Refunded,
            domain::OrderState::Voided => Self::Voided,
        }
    }
}

impl From<OrderState> for domain::OrderState {
    fn from(state: OrderState) -> Self {
        match state {
            OrderState::Open => Self::Open,
            OrderState::Completed => Self::Completed,
            OrderState::Refunded => Self::Refunded,
            OrderState::Voided => Self::Voided,
        }
    }
}

/// How an order was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLEnum)]
pub enum OrderPaymentType {
    /// Notes and coins.
    Cash,
    /// Any card.
    CreditCard,
    /// `PayPal`.
    Paypal,
}

impl From<domain::PaymentType> for OrderPaymentType {
    fn from(payment: domain::PaymentType) -> Self {
        match payment {
            domain::PaymentType::Cash => Self::Cash,
            domain::PaymentType::CreditCard => Self::CreditCard,
            domain::PaymentType::Paypal => Self::Paypal,
        }
    }
}

impl From<OrderPaymentType> for domain::PaymentType {
    fn from(payment: OrderPaymentType) -> Self {
        match payment {
            OrderPaymentType::Cash => Self::Cash,
            OrderPaymentType::CreditCard => Self::CreditCard,
            OrderPaymentType::Paypal => Self::Paypal,
        }
    }
}

/// By what something was taken off an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLEnum)]
pub enum OrderDiscountKind {
    /// An offer.
    Offer,
    /// Points that paid a part.
    Points,
    /// A full card of stamps.
    Stamps,
    /// The merchant's own hand.
    Other,
}

impl From<domain::DiscountKind> for OrderDiscountKind {
    fn from(kind: domain::DiscountKind) -> Self {
        match kind {
            domain::DiscountKind::Offer => Self::Offer,
            domain::DiscountKind::Points => Self::Points,
            domain::DiscountKind::Stamps => Self::Stamps,
            domain::DiscountKind::Other => Self::Other,
        }
    }
}

crate::leaf_enums!(OrderState, OrderPaymentType, OrderDiscountKind);

#[cfg(test)]
mod tests {
    use juniper::{InputValue, ToInputValue};

    use super::*;

    fn name(value: &impl ToInputValue) -> String {
        match value.to_input_value() {
            InputValue::Enum(name)
            | InputValue::Scalar(juniper::DefaultScalarValue::String(name)) => name,
            other => panic!("{other:?} is no enum value"),
        }
    }

    #[test]
    fn the_api_says_the_names_of_the_domain() {
        for state in domain::OrderState::ALL {
            let shown = OrderState::from(state);
            assert_eq!(name(&shown), state.name());
            assert_eq!(domain::OrderState::from(shown), state);
        }
        for payment in domain::PaymentType::ALL {
            let shown = OrderPaymentType::from(payment);
            assert_eq!(name(&shown), payment.name());
            assert_eq!(domain::PaymentType::from(shown), payment);
        }
        for kind in domain::DiscountKind::ALL {
            assert_eq!(name(&OrderDiscountKind::from(kind)), kind.name());
        }
    }
}
