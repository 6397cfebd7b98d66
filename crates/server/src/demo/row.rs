//! The rows of the demo world, a struct a table, and batches of them. What is not listed keeps the database's default.

use regulars_loyalty::chain::Link;
use regulars_persistence::Value;

/// What a column can hold.
trait Cell {
    fn value(self) -> Value;
}

impl Cell for i64 {
    fn value(self) -> Value {
        Value::Int(self)
    }
}

impl Cell for bool {
    fn value(self) -> Value {
        Value::Bool(self)
    }
}

impl Cell for String {
    fn value(self) -> Value {
        Value::Text(self)
    }
}

impl Cell for &'static str {
    fn value(self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl Cell for Link {
    fn value(self) -> Value {
        Value::Bytes(self.as_bytes().to_vec())
    }
}

impl<C: Cell> Cell for Option<C> {
    fn value(self) -> Value {
        self.map_or(Value::Null, C::value)
    }
}

/// Rows of one table, ready to be brought in.
pub(crate) struct TableRows {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) rows: Vec<Vec<Value>>,
}

macro_rules! tables {
    ($($name:ident in $table:ident { $($column:ident: $kind:ty),+ $(,)? })+) => {
        $(
            #[derive(Clone, Debug, PartialEq)]
            #[allow(clippy::struct_field_names, reason = "fields are called as the columns are")]
            pub(crate) struct $name {
                $(pub(crate) $column: $kind,)+
            }

            impl $name {
                fn values(self) -> Vec<Value> {
                    vec![$(self.$column.value()),+]
                }
            }
        )+

        /// Rows of any tables. The tables stand in an order in which none refers to a later one; batches as well.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(crate) struct Batch {
            /// How much of the world this is, in consumers and orders.
            pub(crate) progress: u64,
            $(pub(crate) $table: Vec<$name>,)+
        }

        impl Batch {
            /// How many rows there are.
            pub(crate) fn len(&self) -> usize {
                0 $(+ self.$table.len())+
            }

            /// The rows by table, tables without rows left out.
            pub(crate) fn into_tables(self) -> Vec<TableRows> {
                let mut tables = Vec::new();
                $(
                    if !self.$table.is_empty() {
                        tables.push(TableRows {
                            table: stringify!($table),
                            columns: &[$(stringify!($column)),+],
                            rows: self.$table.into_iter().map($name::values).collect(),
                        });
                    }
                )+
                tables
            }
        }
    };
}

type Text = Option<String>;
type Name = Option<&'static str>;

tables! {
    PersonRow in person {
        id: i64, user_type: &'static str, registered: bool, email: Text, email_key: Text, verified: bool,
        password_hash: Text, firstname: String, lastname: String, phone_number: Text, birthday: Text, gender: Name,
        country: Name, city: Text, street: Text, zip_code: Text, merchant_type: Name, loyalty_id: Text,
        last_login: Option<i64>, created_at: i64, updated_at: i64,
    }
    MerchantRow in merchant {
        id: i64, name: String, merchant_type: &'static str, time_zone: &'static str, currency: &'static str,
        created_at: i64, updated_at: i64,
    }
    StoreRow in store {
        id: i64, merchant_id: i64, name: String, name_key: String, phone_number: Text, country: &'static str,
        city: &'static str, city_key: String, street: String, zip_code: &'static str, tax_rate: i64, time_zone: Name,
        day_starts_at: &'static str, created_at: i64, updated_at: i64,
    }
    StoreGroupRow in store_group {
        id: i64, merchant_id: i64, name: &'static str, created_at: i64, updated_at: i64,
    }
    StoreGroupMemberRow in store_group_member { merchant_id: i64, store_group_id: i64, store_id: i64 }
    RoleRow in role {
        id: i64, merchant_id: i64, codename: &'static str, display_name: &'static str,
        permissions: &'static str, created_at: i64, updated_at: i64,
    }
    StaffMemberRow in staff_member {
        merchant_id: i64, person_id: i64, all_stores: bool, created_at: i64,
    }
    StaffRoleRow in staff_role { merchant_id: i64, person_id: i64, role_id: i64 }
    StaffStoreRow in staff_store { merchant_id: i64, person_id: i64, store_id: i64 }
    ProductRow in product {
        id: i64, merchant_id: i64, name: &'static str, name_key: String, price: i64, currency: &'static str,
        category: &'static str, category_key: String, entity_source: Name, entity_source_id: Text, created_at: i64, updated_at: i64,
    }
    MembershipRow in membership {
        merchant_id: i64, person_id: i64, managed: bool, sharing: Name, loyalty_id: Text, email: Text,
        email_key: String, verified: bool, firstname: String, firstname_key: String, lastname: String,
        lastname_key: String, phone_number: Text, birthday: Text, gender: Name, country: Name, city: Text,
        city_key: String, street: Text, zip_code: Text, extra_info: Text, folded_text: String,
        entity_source: Name, entity_source_id: Text, creator_id: Option<i64>, num_of_order_discounts_allowed: i64, archived: bool,
        departed: bool, last_login: Option<i64>, deleted_at: Option<i64>, created_at: i64, updated_at: i64,
    }
    MembershipCardRow in membership_card {
        merchant_id: i64, card_key: String, card: String, person_id: i64, created_at: i64,
    }
    MembershipSearchRow in membership_search {
        id: i64, merchant_id: i64, person_id: i64, firstname: String, lastname: String, city: String,
        email: String, phone: String, loyalty_id: String, cards: String,
    }
    CampaignRow in campaign {
        id: i64, merchant_id: i64, name: &'static str, name_key: String, status: &'static str,
        start_time: Option<i64>, end_time: Option<i64>, created_at: i64, updated_at: i64,
    }
    OfferRow in offer {
        id: i64, merchant_id: i64, campaign_id: Option<i64>, name: &'static str, name_key: String,
        short_description: &'static str, terms_and_conditions: Name, offer_type: &'static str, offer_value: i64,
        num_of_items: Option<i64>, placement: Name, redemption_code_type: &'static str, code: Name, code_key: Name,
        redemption_expiration_days: Option<i64>, earn_points: bool, stackable: bool, status: &'static str,
        start_time: Option<i64>, end_time: Option<i64>, day_start_time: Name, day_end_time: Name, days_of_week: i64,
        weather: Name, enrollment_limit: Option<i64>, repeatable: bool, repeat_delay_hours: Option<i64>,
        segmentation_rules: Name, minimum_spend: Option<i64>, minimum_spend_currency: Name, archived: bool,
        created_at: i64, updated_at: i64,
    }
    LoyaltyCardRow in loyalty_card {
        id: i64, merchant_id: i64, name: &'static str, name_key: String, short_description: &'static str,
        loyalty_type: &'static str, points_loyalty_type: Name, dollar_worth: Option<i64>,
        initial_points: Option<i64>, points_needed: Option<i64>, incremental_points: Option<i64>,
        point_worth: Option<i64>, validity_in_months: Option<i64>, activation_delay_days: Option<i64>,
        stamps_needed: Option<i64>, max_stamps_per_day: Option<i64>, stamp_expiration_days: Option<i64>,
        redemption_expiration_days: Option<i64>, currency: &'static str, status: &'static str,
        segmentation_rules: Name, created_at: i64, updated_at: i64,
    }
    CampaignStoreRow in campaign_store { merchant_id: i64, campaign_id: i64, store_id: i64 }
    OfferStoreRow in offer_store { merchant_id: i64, offer_id: i64, store_id: i64 }
    OfferStoreGroupRow in offer_store_group { merchant_id: i64, offer_id: i64, store_group_id: i64 }
    OfferProductRow in offer_product { merchant_id: i64, offer_id: i64, product_id: i64 }
    LoyaltyRewardRow in loyalty_reward {
        id: i64, merchant_id: i64, loyalty_card_id: i64, product_id: i64, points: i64, stock: Option<i64>,
        expiry: Option<i64>, created_at: i64, updated_at: i64,
    }
    OrderRow in orders {
        id: i64, merchant_id: i64, number: String, store_id: i64, person_id: Option<i64>, waiter_id: i64,
        order_type_id: i64, state: &'static str, payment_type: Name, num_of_guests: Option<i64>,
        currency: &'static str, cash_received: Option<i64>, change_given: Option<i64>, tax: i64, total: i64,
        refunded: i64, completed: bool, completed_at: Option<i64>, business_date: Text, is_active: bool,
        deleted_at: Option<i64>, entity_source: Name, entity_source_id: Text, created_at: i64, updated_at: i64,
    }
    OrderLinkRow in order_link {
        id: i64, merchant_id: i64, origin: i64, store_id: i64, entity_source: &'static str, entity_source_id: String,
        order_id: i64, created_at: i64, updated_at: i64,
    }
    OrderItemRow in order_item {
        id: i64, merchant_id: i64, order_id: i64, product_id: i64, name: &'static str, quantity: i64,
        num_of_discounted_units: i64, cost: i64, is_completed: bool, created_at: i64, updated_at: i64,
    }
    VisitRow in visit {
        id: i64, merchant_id: i64, store_id: i64, person_id: i64, amount: i64, currency: &'static str,
        occurred_at: i64, business_date: String, created_at: i64,
    }
    AccountRow in account {
        id: i64, merchant_id: i64, person_id: i64, loyalty_card_id: i64, balance: i64, debt: i64, held: i64,
        earned: i64, seq: i64, created_at: i64, head: Option<Link>, head_at: i64,
    }
    EntryRow in entry {
        id: i64, merchant_id: i64, account_id: i64, seq: i64, kind: &'static str, amount: i64,
        cause: &'static str, cause_id: Option<i64>, natural_key: String, reverses: Option<i64>, occurred_at: i64,
        recorded_at: i64, business_date: String, hash: Option<Link>,
    }
    LotRow in lot {
        id: i64, merchant_id: i64, account_id: i64, entry_id: i64, amount: i64, remaining: i64,
        active_from: i64, expires_at: Option<i64>,
    }
    LotUseRow in lot_use { merchant_id: i64, entry_id: i64, lot_id: i64, amount: i64 }
    HoldRow in hold {
        id: i64, merchant_id: i64, account_id: i64, amount: i64, until: i64, state: &'static str,
        created_at: i64,
    }
    HoldLotRow in hold_lot { merchant_id: i64, hold_id: i64, lot_id: i64, amount: i64 }
    RedemptionIntentRow in redemption_intent {
        id: i64, merchant_id: i64, kind: &'static str, person_id: i64, store_id: i64, offer_id: Option<i64>,
        loyalty_card_id: Option<i64>, loyalty_reward_id: Option<i64>, hold_id: Option<i64>, code: String,
        state: &'static str, expires_at: i64, created_at: i64,
    }
    RedemptionRow in redemption {
        id: i64, merchant_id: i64, kind: &'static str, person_id: i64, store_id: i64, offer_id: Option<i64>,
        loyalty_card_id: Option<i64>, loyalty_reward_id: Option<i64>, redemption_intent_id: Option<i64>,
        order_id: Option<i64>, entry_id: Option<i64>, points: Option<i64>, amount: Option<i64>, currency: Name,
        created_at: i64, updated_at: i64,
    }
}
