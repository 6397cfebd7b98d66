//! Where a store keeps what segments ask about.

use regulars_customer::segment::{Field, Value};

/// Rows of the customer `m` in a table, and what else must hold of them.
macro_rules! own {
    ($table:literal $alias:literal $($more:literal)*) => {
        concat!(
            "FROM ", $table, " ", $alias, " WHERE ", $alias, ".merchant_id = m.merchant_id AND ",
            $alias, ".person_id = m.person_id", $($more,)*
        )
    };
}

pub(super) const ORDERS: &str = own!("orders" "so" " AND so.completed AND so.deleted_at IS NULL");
const ORDER_COUNT: &str = concat!(
    "(SELECT COUNT(*) ",
    own!("orders" "so" " AND so.completed AND so.deleted_at IS NULL"),
    " AND NOT (so.refunded > 0 AND so.refunded >= so.total))"
);
const ORDER_ITEMS: &str = concat!(
    "FROM orders so JOIN order_item si ON si.merchant_id = so.merchant_id AND si.order_id = so.id ",
    "WHERE so.merchant_id = m.merchant_id AND so.person_id = m.person_id ",
    "AND so.completed AND so.deleted_at IS NULL"
);
const VISITS: &str = own!("visit" "sv");
const VISIT_COUNT: &str = concat!("(SELECT COUNT(*) ", own!("visit" "sv"), ")");
const LAST_VISIT: &str = concat!("(SELECT MAX(sv.occurred_at) ", own!("visit" "sv"), ")");
const REDEMPTIONS: &str =
    own!("redemption" "sr" " AND sr.kind = 'OFFER' AND sr.reversed_at IS NULL");
const ACCOUNTS: &str = own!("account" "sa");
const POINTS_EARNED: &str = concat!(
    "(SELECT COALESCE(SUM(CASE WHEN sa.merged_into IS NULL THEN sa.earned + sa.carried ELSE 0 END), 0) ",
    own!("account" "sa" " AND EXISTS (SELECT 1 FROM loyalty_card sc WHERE sc.id = sa.loyalty_card_id"),
    " AND sc.merchant_id = sa.merchant_id AND sc.loyalty_type = 'POINTS'))"
);
const STAMPS: &str = concat!(
    "(SELECT COALESCE(SUM(sa.balance), 0) ",
    own!("account" "sa" " AND EXISTS (SELECT 1 FROM loyalty_card sc WHERE sc.id = sa.loyalty_card_id"),
    " AND sc.merchant_id = sa.merchant_id AND sc.loyalty_type = 'STAMPS'))"
);

/// Where the values of a field are.
pub(super) enum Place {
    /// An expression that is NULL where there is no value.
    Column(Column),
    /// A column of folded text that is NULL or empty where there is no value.
    Text(&'static str),
    /// A number that is always there.
    Number(&'static str),
    /// A boolean that is always there, or (`false`) its opposite.
    Boolean(&'static str, bool),
    /// See [`Column::Total`].
    Total,
    /// The rows of a customer, and the column.
    Rows(&'static str, &'static str),
    /// A key of the merchant's own fields.
    ExtraInfo(String),
    /// Nowhere: every customer has the same.
    Constant(Vec<Value>),
}

/// An expression.
pub(super) enum Column {
    Sql(&'static str),
    /// A key of `membership.folded_text`.
    Folded(String),
    Age,
    /// What completed orders in the merchant's currency came to, less refunds, in minor units.
    Total,
}

pub(super) fn place(field: &Field) -> Place {
    use Place::{Boolean, Number, Rows, Text};
    let column = |sql| Place::Column(Column::Sql(sql));
    match field {
        Field::Email => Text("m.email_key"),
        Field::Firstname => Text("m.firstname_key"),
        Field::Lastname => Text("m.lastname_key"),
        Field::City => Text("m.city_key"),
        Field::PhoneNumber => Text("m.phone_number"),
        Field::LoyaltyId => Text("m.loyalty_id"),
        Field::SecondaryEmail
        | Field::Street
        | Field::ZipCode
        | Field::Address
        | Field::Picture
        | Field::EntitySourceId => Place::Column(Column::Folded(field.name().into_owned())),
        Field::ExtraInfo(key) => Place::ExtraInfo(key.clone()),
        Field::Birthday => column("m.birthday"),
        Field::BirthdayMonth => column("CAST(substr(m.birthday, 6, 2) AS INTEGER)"),
        Field::Age => Place::Column(Column::Age),
        Field::Gender => column("m.gender"),
        Field::Country => column("m.country"),
        Field::EntitySource => column("m.entity_source"),
        Field::LastLogin => column("m.last_login"),
        Field::DeletedAt => column("m.deleted_at"),
        Field::CreatedAt => column("m.created_at"),
        Field::UpdatedAt => column("m.updated_at"),
        Field::LastVisit => column(LAST_VISIT),
        Field::Active => Boolean("m.archived", false),
        Field::Archived => Boolean("m.archived", true),
        Field::Verified => Boolean("m.verified", true),
        Field::NumOfOrderDiscountsAllowed => Number("m.num_of_order_discounts_allowed"),
        Field::PointsEarned => Number(POINTS_EARNED),
        Field::Stamps => Number(STAMPS),
        Field::OrdersCount => Number(ORDER_COUNT),
        Field::OrdersTotal => Place::Total,
        Field::OrdersStore => Rows(ORDERS, "so.store_id"),
        Field::OrdersProduct => Rows(ORDER_ITEMS, "si.product_id"),
        Field::OrdersCompletedAt => Rows(ORDERS, "so.completed_at"),
        Field::VisitsCount => Number(VISIT_COUNT),
        Field::VisitsStore => Rows(VISITS, "sv.store_id"),
        Field::RedemptionsOffer => Rows(REDEMPTIONS, "sr.offer_id"),
        Field::RedemptionsCreatedAt => Rows(REDEMPTIONS, "sr.created_at"),
        Field::LoyaltyCard => Rows(ACCOUNTS, "sa.loyalty_card_id"),
        Field::UserType | Field::MerchantType | Field::Logo | Field::Staff | Field::Admin => {
            Place::Constant(field.constant().unwrap_or_default())
        }
    }
}
