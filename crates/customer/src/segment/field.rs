//! What a segment can ask about, and which kind of value each of it is.

use std::borrow::Cow;

use regulars_merchant::EntitySource;

use super::{operator::Operator, value::Value};
use crate::{
    Country,
    choice::{Gender, MerchantType, UserType},
};

/// The most characters of an `extraInfo` key.
pub const MAX_KEY_CHARS: usize = 100;

/// A closed list of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choices {
    /// [`Gender`].
    Gender,
    /// [`Country`].
    Country,
    /// [`UserType`].
    UserType,
    /// [`MerchantType`].
    MerchantType,
    /// [`EntitySource`].
    EntitySource,
}

impl Choices {
    /// The canonical name of a value, read in any case.
    pub(super) fn find(self, text: &str) -> Option<&'static str> {
        let name = text.trim().to_ascii_uppercase();
        match self {
            Self::Gender => Gender::from_name(&name).map(Gender::name),
            Self::Country => Country::from_alpha2(&name).map(Country::alpha2),
            Self::UserType => UserType::from_name(&name).map(UserType::name),
            Self::MerchantType => MerchantType::from_name(&name).map(MerchantType::name),
            Self::EntitySource => EntitySource::from_name(&name).map(EntitySource::name),
        }
    }

    /// What is allowed, for the message that says so.
    pub(super) fn allowed(self) -> String {
        let names: Vec<&str> = match self {
            Self::Gender => Gender::ALL.iter().map(|choice| choice.name()).collect(),
            Self::Country => return "two letters of ISO 3166-1, such as \"DE\"".to_owned(),
            Self::UserType => UserType::ALL.iter().map(|choice| choice.name()).collect(),
            Self::MerchantType => MerchantType::ALL.iter().map(|choice| choice.name()).collect(),
            Self::EntitySource => EntitySource::ALL.iter().map(|choice| choice.name()).collect(),
        };
        names.join(", ")
    }
}

/// What kind of value a field has. It decides what a rule may be written with and which operators fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Text: compares folded ([`regulars_kernel::text::fold`]), by code point. An empty text is an absent one.
    Text,
    /// A scalar of JSON. Its text form (a string itself, a number as JSON prints it, `true`, `false`) compares with
    /// texts; a number compares as such with numbers. `null`, arrays and objects are absent.
    Scalar,
    /// A calendar date.
    Date,
    /// An instant.
    Instant,
    /// A whole number.
    Integer,
    /// A month of the year: 1 to 12.
    Month,
    /// An amount in the merchant's currency, in major units.
    Amount,
    /// Yes or no.
    Boolean,
    /// One of a closed list.
    Choice(Choices),
    /// A primary key; carries the name of the API's type, with which global ids begin.
    Id(&'static str),
}

impl ValueKind {
    /// The operators that fit.
    pub const fn operators(self) -> &'static [Operator] {
        use Operator::{Exact, Gt, Gte, Iexact, In, Isnull, Lt, Lte, Range};
        match self {
            Self::Text | Self::Scalar => Operator::ALL,
            Self::Date | Self::Instant | Self::Integer | Self::Month | Self::Amount => {
                &[Exact, In, Gt, Gte, Lt, Lte, Range, Isnull]
            }
            Self::Choice(_) => &[Exact, Iexact, In, Isnull],
            Self::Id(_) => &[Exact, In, Isnull],
            Self::Boolean => &[Exact, Isnull],
        }
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $kind:expr;)+) => {
        /// What a segment asks about. Each is a set of values: a field of the customer has one or none, a field of what
        /// they own (`orders__store`) one for each row. A comparison holds where **some** value fits; `isnull` where
        /// there is none. So a comparison with an absent value is false, and its NOT true.
        ///
        /// What the documentation calls *the SQL meaning* is over the tables of the relational stores: `m` is the row of
        /// `membership`, every other table is joined by `(merchant_id, person_id)`. A text column means its folded copy.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $($(#[$doc])* $variant,)+
            /// `extraInfo.<key>`: the scalar under a key of the merchant's own fields; the key is taken as it stands,
            /// dots included. SQL: the two forms of [`super::folded_text`].
            ExtraInfo(String),
        }

        const NAMED: &[(&str, Field)] = &[$(($name, Field::$variant),)+];

        impl Field {
            /// What kind of value it is.
            pub const fn kind(&self) -> ValueKind {
                match self {
                    $(Self::$variant => $kind,)+
                    Self::ExtraInfo(_) => ValueKind::Scalar,
                }
            }

            /// The name in the API.
            pub fn name(&self) -> Cow<'static, str> {
                match self {
                    $(Self::$variant => Cow::Borrowed($name),)+
                    Self::ExtraInfo(key) => Cow::Owned(format!("extraInfo.{key}")),
                }
            }
        }
    };
}

fields! {
    /// The e-mail address. SQL: `m.email_key`.
    Email = "email": ValueKind::Text;
    /// The second e-mail address. SQL: folded text `secondaryEmail`.
    SecondaryEmail = "secondaryEmail": ValueKind::Text;
    /// The first name. SQL: `m.firstname_key`.
    Firstname = "firstname": ValueKind::Text;
    /// The last name. SQL: `m.lastname_key`.
    Lastname = "lastname": ValueKind::Text;
    /// The phone number, as E.164 writes it. SQL: `m.phone_number`.
    PhoneNumber = "phoneNumber": ValueKind::Text;
    /// The city. SQL: `m.city_key`.
    City = "city": ValueKind::Text;
    /// The street. SQL: folded text `street`.
    Street = "street": ValueKind::Text;
    /// The postal code. SQL: folded text `zipCode`.
    ZipCode = "zipCode": ValueKind::Text;
    /// The address as the API prints it ([`crate::profile::Profile::address`]). SQL: folded text `address`.
    Address = "address": ValueKind::Text;
    /// The picture's address. SQL: folded text `picture`.
    Picture = "picture": ValueKind::Text;
    /// Only merchants have one: absent. SQL: `NULL`.
    Logo = "logo": ValueKind::Text;
    /// The loyalty id's digits. SQL: `m.loyalty_id`.
    LoyaltyId = "loyaltyId": ValueKind::Text;
    /// The id at the source. SQL: folded text `entitySourceId`.
    EntitySourceId = "entitySourceId": ValueKind::Text;
    /// The day of birth. SQL: `m.birthday`.
    Birthday = "birthday": ValueKind::Date;
    /// The month of birth. SQL: `CAST(substr(m.birthday, 6, 2) AS INTEGER)`.
    BirthdayMonth = "birthday__month": ValueKind::Month;
    /// Whole years at today's date; absent where the birthday is, or lies ahead. SQL: the difference of the years, one
    /// less where `substr(m.birthday, 6, 5)` is after today's (so people born on 29 February age on 1 March).
    Age = "age": ValueKind::Integer;
    /// The gender. SQL: `m.gender`.
    Gender = "gender": ValueKind::Choice(Choices::Gender);
    /// The country. SQL: `m.country`.
    Country = "country": ValueKind::Choice(Choices::Country);
    /// Customers are `CONSUMER`. SQL: that constant.
    UserType = "userType": ValueKind::Choice(Choices::UserType);
    /// Only merchants have one: absent. SQL: `NULL`.
    MerchantType = "merchantType": ValueKind::Choice(Choices::MerchantType);
    /// The system that the customer came from. SQL: `m.entity_source`.
    EntitySource = "entitySource": ValueKind::Choice(Choices::EntitySource);
    /// The last login. SQL: `m.last_login`.
    LastLogin = "lastLogin": ValueKind::Instant;
    /// When the customer was archived. SQL: `m.deleted_at`.
    DeletedAt = "deletedAt": ValueKind::Instant;
    /// When the person became a customer here. SQL: `m.created_at`.
    CreatedAt = "createdAt": ValueKind::Instant;
    /// When the customer last changed. SQL: `m.updated_at`.
    UpdatedAt = "updatedAt": ValueKind::Instant;
    /// The latest visit. SQL: `MAX(visit.occurred_at)`.
    LastVisit = "lastVisit": ValueKind::Instant;
    /// The opposite of archived. SQL: `NOT m.archived`.
    Active = "active": ValueKind::Boolean;
    /// Whether the customer is archived. SQL: `m.archived`.
    Archived = "archived": ValueKind::Boolean;
    /// Whether the e-mail address was proved. SQL: `m.verified`.
    Verified = "verified": ValueKind::Boolean;
    /// Customers are not staff: false. SQL: that constant.
    Staff = "staff": ValueKind::Boolean;
    /// Customers are no admins: false. SQL: that constant.
    Admin = "admin": ValueKind::Boolean;
    /// How many discounts an order may have. SQL: `m.num_of_order_discounts_allowed`.
    NumOfOrderDiscountsAllowed = "numOfOrderDiscountsAllowed": ValueKind::Integer;
    /// Points earned net of reversals (rule 16), 0 without any. SQL: the sum of `account.earned` on POINTS cards.
    PointsEarned = "pointsEarned": ValueKind::Integer;
    /// Stamps on the customer's cards, 0 without any. SQL: the sum of `account.balance` on STAMPS cards.
    Stamps = "stamps": ValueKind::Integer;
    /// Completed orders of which something was not refunded, 0 without any. SQL: `COUNT(*)` of `orders` with
    /// `completed AND deleted_at IS NULL AND NOT (refunded > 0 AND refunded >= total)`.
    OrdersCount = "orders__count": ValueKind::Integer;
    /// What completed orders in the merchant's currency came to, less refunds; 0 without any. SQL: the sum of
    /// `total - refunded` of `orders` with `completed AND deleted_at IS NULL AND currency = …`.
    OrdersTotal = "orders__total": ValueKind::Amount;
    /// The stores of completed orders. SQL: `orders.store_id`, with `completed AND deleted_at IS NULL`.
    OrdersStore = "orders__store": ValueKind::Id("StoreNode");
    /// The products of completed orders. SQL: `order_item.product_id` of the same orders.
    OrdersProduct = "orders__product": ValueKind::Id("ProductNode");
    /// When orders were completed. SQL: `orders.completed_at` of the same orders.
    OrdersCompletedAt = "orders__completedAt": ValueKind::Instant;
    /// Visits, 0 without any. SQL: `COUNT(*)` of `visit`.
    VisitsCount = "visits__count": ValueKind::Integer;
    /// The stores visited. SQL: `visit.store_id`.
    VisitsStore = "visits__store": ValueKind::Id("StoreNode");
    /// The offers redeemed and not given back. SQL: `redemption.offer_id`, with `kind = 'OFFER' AND reversed_at IS NULL`.
    RedemptionsOffer = "redemptions__offer": ValueKind::Id("OfferNode");
    /// When offers were redeemed. SQL: `redemption.created_at` of the same rows.
    RedemptionsCreatedAt = "redemptions__createdAt": ValueKind::Instant;
    /// The loyalty cards that the customer is enrolled in. SQL: `account.loyalty_card_id`.
    LoyaltyCard = "loyaltyCard": ValueKind::Id("LoyaltyCardNode");
}

/// Ways to write `extraInfo.<key>`: the API's, and those of clients that speak in the names of database columns.
const EXTRA_INFO: [&str; 4] = ["extraInfo.", "extra_info.", "extraInfo__", "extra_info__"];

/// Names that no rule of spelling leads to.
const OTHER_NAMES: &[(&str, Field)] = &[
    ("firstName", Field::Firstname),
    ("lastName", Field::Lastname),
    ("zipcode", Field::ZipCode),
    ("loyaltyCards", Field::LoyaltyCard),
];

impl Field {
    /// Every field but `extraInfo.<key>`, in the order of the documentation.
    pub fn named() -> impl Iterator<Item = &'static Self> {
        NAMED.iter().map(|(_name, field)| field)
    }

    /// The values of a field that is the same for every customer.
    pub fn constant(&self) -> Option<Vec<Value>> {
        match self {
            Self::UserType => Some(vec![Value::Choice(UserType::Consumer.name())]),
            Self::Staff | Self::Admin => Some(vec![Value::Boolean(false)]),
            Self::MerchantType | Self::Logo => Some(Vec::new()),
            _ => None,
        }
    }

    /// The field of an API name. Read too: the snake case of the same name (`zip_code`, `orders__completed_at`), and for
    /// ids the name with `Id` behind it (`orders__storeId`, `orders__store_id`, `orders__store__id`).
    pub(super) fn from_name(name: &str) -> Option<Self> {
        if let Some(key) = EXTRA_INFO.iter().find_map(|prefix| name.strip_prefix(prefix)) {
            return (!key.is_empty()).then(|| Self::ExtraInfo(key.to_owned()));
        }
        let camel = camel_case(name);
        let find = |name: &str| {
            let mut known = NAMED.iter().chain(OTHER_NAMES);
            known.find(|(known, _field)| *known == name).map(|(_name, field)| field.clone())
        };
        find(&camel).or_else(|| {
            let relation = camel.strip_suffix("__id").or_else(|| camel.strip_suffix("Id"))?;
            find(relation).filter(|field| matches!(field.kind(), ValueKind::Id(_)))
        })
    }

    /// Every name, for the message that says what is allowed.
    pub(super) fn allowed() -> String {
        let mut names: Vec<&str> = NAMED.iter().map(|(name, _field)| *name).collect();
        names.push("extraInfo.<key>");
        names.join(", ")
    }
}

/// `orders__completed_at` → `orders__completedAt`.
fn camel_case(name: &str) -> String {
    let part = |part: &str| {
        let mut out = String::with_capacity(part.len());
        let mut raise = false;
        for c in part.chars() {
            if c == '_' && !out.is_empty() {
                raise = true;
            } else if raise {
                raise = false;
                out.push(c.to_ascii_uppercase());
            } else {
                out.push(c);
            }
        }
        out
    };
    name.split("__").map(part).collect::<Vec<_>>().join("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_field_in_the_spellings_that_clients_use() {
        for field in Field::named() {
            assert_eq!(Field::from_name(&field.name()).as_ref(), Some(field));
        }
        for (name, field) in [
            ("zip_code", Field::ZipCode),
            ("phone_number", Field::PhoneNumber),
            ("first_name", Field::Firstname),
            ("last_login", Field::LastLogin),
            ("entity_source_id", Field::EntitySourceId),
            ("num_of_order_discounts_allowed", Field::NumOfOrderDiscountsAllowed),
            ("orders__completed_at", Field::OrdersCompletedAt),
            ("orders__store_id", Field::OrdersStore),
            ("orders__storeId", Field::OrdersStore),
            ("orders__store__id", Field::OrdersStore),
            ("redemptions__created_at", Field::RedemptionsCreatedAt),
            ("loyalty_card", Field::LoyaltyCard),
            ("loyalty_card_id", Field::LoyaltyCard),
            ("loyalty_id", Field::LoyaltyId),
            ("extraInfo.tier", Field::ExtraInfo("tier".to_owned())),
            ("extra_info__shoe_size", Field::ExtraInfo("shoe_size".to_owned())),
            ("extraInfo.a.b", Field::ExtraInfo("a.b".to_owned())),
        ] {
            assert_eq!(Field::from_name(name), Some(field), "{name}");
        }
        for name in
            ["", "_", "__", "Email", "password", "extraInfo", "extraInfo.", "genderId", "id"]
        {
            assert_eq!(Field::from_name(name), None, "{name}");
        }
    }
}
