//! The yardstick's answers: the bytes that the API sends, written by serde from what the use cases gave.

use std::{collections::HashMap, fmt::Display};

use chrono::SecondsFormat;
use regulars_api::{
    customer::user::USER,
    global_id::{Id, pk_field},
};
use regulars_customer::{Consumer, EmailAddress, LoyaltyId, PhoneNumber};
use regulars_kernel::{OrderTypeId, PersonId, Points, Timestamp};
use regulars_loyalty::{Available, Redemption};
use regulars_order::{Order, PaymentType};
use serde::{Serialize, Serializer};

type Earned = HashMap<PersonId, Points>;
type Types = HashMap<OrderTypeId, String>;

/// What the use cases gave.
pub(crate) enum Answer {
    Customers {
        customers: Vec<Consumer>,
        earned: Earned,
        orders: Option<HashMap<PersonId, Vec<Order>>>,
        types: Types,
    },
    Customer {
        customer: Consumer,
        earned: Earned,
        offers: Vec<Redemption>,
        stamps: Vec<Redemption>,
        points: Vec<Redemption>,
    },
    CustomerAndHistory {
        customer: Consumer,
        earned: Earned,
        orders: Vec<Order>,
        types: Types,
    },
    History {
        orders: Vec<Order>,
        types: Types,
    },
    Promotions {
        count: usize,
        promotions: Vec<Available>,
    },
}

impl Answer {
    /// The body.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let data = match self {
            Self::Customers { customers, earned, orders, types } => Data::Consumers {
                consumers: connection(customers, |customer| {
                    let orders = orders.as_ref().map(|orders| {
                        let own = orders.get(&customer.id).map_or(&[][..], Vec::as_slice);
                        connection(own, |order| OrderNode::of(order, types))
                    });
                    CustomerNode::of(customer, earned, orders)
                }),
            },
            Self::Customer { customer, earned, offers, stamps, points } => Data::Consumer {
                consumer: Redeemer {
                    points_earned: points_of(customer.id, earned),
                    redemptions: connection(offers, |one| {
                        RedemptionNode::of(one, "RedemptionNode")
                    }),
                    stamps_redemptions: connection(stamps, |one| {
                        RedemptionNode::of(one, "StampsRedemptionNode")
                    }),
                    points_redemptions: connection(points, |one| {
                        RedemptionNode::of(one, "PointsRedemptionNode")
                    }),
                },
            },
            Self::CustomerAndHistory { customer, earned, orders, types } => Data::Both {
                consumer: CustomerNode::of(customer, earned, None),
                purchase_history: connection(orders, |order| OrderNode::of(order, types)),
            },
            Self::History { orders, types } => Data::History {
                purchase_history: connection(orders, |order| OrderNode::of(order, types)),
            },
            Self::Promotions { count, promotions } => Data::Promotions {
                consumer_available_promotions: Promotions {
                    count: *count,
                    edges: connection(promotions, |one| PromotionNode {
                        name: one.promotion.name(),
                    })
                    .edges,
                },
            },
        };
        serde_json::to_vec(&Body { data })
    }
}

#[derive(Serialize)]
struct Body<'a> {
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Data<'a> {
    Consumers { consumers: Connection<CustomerNode<'a>> },
    Consumer { consumer: Redeemer },
    Both { consumer: CustomerNode<'a>, purchase_history: Connection<OrderNode<'a>> },
    History { purchase_history: Connection<OrderNode<'a>> },
    Promotions { consumer_available_promotions: Promotions<'a> },
}

#[derive(Serialize)]
struct Connection<T> {
    edges: Vec<Edge<T>>,
}

#[derive(Serialize)]
struct Edge<T> {
    node: T,
}

fn connection<'a, R, T>(rows: &'a [R], node: impl Fn(&'a R) -> T) -> Connection<T> {
    Connection { edges: rows.iter().map(|row| Edge { node: node(row) }).collect() }
}

/// A value in its printed form.
struct Printed<T>(T);

impl<T: Display> Serialize for Printed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

struct GlobalId(Id);

impl GlobalId {
    fn of(kind: &str, pk: i64) -> Self {
        Self(Id::global(kind, pk))
    }
}

impl Serialize for GlobalId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

/// An instant as the API writes it.
struct Instant(Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.0.micros().rem_euclid(Timestamp::MICROS_PER_SECOND) == 0;
        let form = if whole { SecondsFormat::Secs } else { SecondsFormat::Micros };
        serializer.serialize_str(&self.0.to_utc().to_rfc3339_opts(form, false))
    }
}

fn points_of(person: PersonId, earned: &Earned) -> Option<i32> {
    i32::try_from(earned.get(&person).copied().unwrap_or_default().get()).ok()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomerNode<'a> {
    pk: Option<i32>,
    id: GlobalId,
    firstname: &'a str,
    lastname: &'a str,
    email: Option<&'a str>,
    points_earned: Option<i32>,
    phone_number: Option<&'a str>,
    birthday: Option<Printed<chrono::NaiveDate>>,
    address: Option<String>,
    last_login: Option<Instant>,
    loyalty_id: Option<&'a str>,
    picture: Option<&'a str>,
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<Connection<OrderNode<'a>>>,
}

impl<'a> CustomerNode<'a> {
    fn of(
        customer: &'a Consumer,
        earned: &Earned,
        orders: Option<Connection<OrderNode<'a>>>,
    ) -> Self {
        let profile = &customer.profile;
        Self {
            pk: pk_field(customer.id.get()),
            id: GlobalId::of(USER, customer.id.get()),
            firstname: &profile.firstname,
            lastname: &profile.lastname,
            email: profile.email.as_ref().map(EmailAddress::as_str),
            points_earned: points_of(customer.id, earned),
            phone_number: profile.phone_number.as_ref().map(PhoneNumber::as_str),
            birthday: profile.birthday.map(Printed),
            address: customer.address(),
            last_login: customer.last_login.map(Instant),
            loyalty_id: customer.loyalty_id.as_ref().map(LoyaltyId::as_str),
            picture: profile.picture.as_deref(),
            city: profile.city.as_deref(),
            orders,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Redeemer {
    points_earned: Option<i32>,
    redemptions: Connection<RedemptionNode>,
    stamps_redemptions: Connection<RedemptionNode>,
    points_redemptions: Connection<RedemptionNode>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RedemptionNode {
    id: GlobalId,
    created_at: Instant,
}

impl RedemptionNode {
    fn of(redemption: &Redemption, kind: &str) -> Self {
        let id = GlobalId::of(kind, redemption.id.get());
        Self { id, created_at: Instant(redemption.created_at) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderNode<'a> {
    order_id: &'a str,
    completed_at: Option<Instant>,
    payment_type_display: Option<&'static str>,
    total: Printed<regulars_kernel::Money>,
    order_type: Option<OrderTypeNode<'a>>,
}

#[derive(Serialize)]
struct OrderTypeNode<'a> {
    name: &'a str,
}

impl<'a> OrderNode<'a> {
    fn of(order: &'a Order, types: &'a Types) -> Self {
        Self {
            order_id: &order.number,
            completed_at: order.completed_at.map(Instant),
            payment_type_display: order.payment_type.map(PaymentType::display_name),
            total: Printed(order.total),
            order_type: types.get(&order.order_type).map(|name| OrderTypeNode { name }),
        }
    }
}

#[derive(Serialize)]
struct Promotions<'a> {
    count: usize,
    edges: Vec<Edge<PromotionNode<'a>>>,
}

#[derive(Serialize)]
struct PromotionNode<'a> {
    name: &'a str,
}
