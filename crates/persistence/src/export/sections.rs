//! What is kept of people, table by table, and what of it is no part of an export, with the reason.

/// A column, and what it holds. A name without a table is one of the section's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column(pub(super) &'static str, pub(super) Kind);

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number or a text, as it is.
    Plain,
    /// Yes or no.
    Truth,
    /// Microseconds since 1970.
    Instant,
    /// Minor units of the currency under this key.
    Money(&'static str),
    /// A number or a text that the document has under another name: that of another table's column.
    Called(&'static str),
}

impl Column {
    /// Whether a value stands for that there is none: an empty text, or the number of the merchant whose the platform's log is.
    pub(super) fn is_nothing(self, value: &serde_json::Value) -> bool {
        value == "" || self.0 == "merchant_id" && value == 0
    }

    /// The key in the document: the name without the table, in camel case.
    pub(super) fn key(self) -> String {
        let Self(column, kind) = self;
        match kind {
            Called(name) => camel_case(name),
            _ => camel_case(column.rsplit('.').next().unwrap_or(column)),
        }
    }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut key = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        key.push_str(&first.to_uppercase());
        key.push_str(rest);
    }
    key
}

/// Who is shown a section's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The person alone.
    Own,
    /// The person, and the merchant of this column its own.
    Either(&'static str),
    /// The same of a table whose index begins with the merchant.
    Members(&'static str),
}

/// A list of the document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// Its name.
    pub(super) key: &'static str,
    /// Its table, under the alias `t`.
    pub(super) table: &'static str,
    /// The way to the table that names the person.
    pub(super) joins: &'static str,
    /// The condition that rows are the person's; between the pieces stands their number.
    pub(super) whose: &'static [&'static str],
    pub(super) reach: Reach,
    pub(super) order: &'static str,
    pub(super) columns: &'static [Column],
}

/// `columns![id, created_at: Instant, amount: Money("currency"), "p.currency"]`
macro_rules! columns {
    ($($name:tt $(: $kind:expr)?),+ $(,)?) => {
        &[$(Column(columns!(@name $name), columns!(@kind $($kind)?))),+]
    };
    (@name $name:ident) => { stringify!($name) };
    (@name $name:literal) => { $name };
    (@kind) => { Kind::Plain };
    (@kind $kind:expr) => { $kind };
}

use Kind::{Called, Instant, Money, Truth};
use Reach::{Either, Members, Own};

const PERSON: &[&str] = &["t.person_id = ", ""];
const PARENT: &[&str] = &["p.person_id = ", ""];
const ORDER: &str = "JOIN orders p ON p.merchant_id = t.merchant_id AND p.id = t.order_id";
const ACCOUNT: &str = "JOIN account p ON p.merchant_id = t.merchant_id AND p.id = t.account_id";

/// Every list, in the order in which they are read.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        key: "accounts",
        table: "person",
        joins: "",
        whose: &["t.id = ", ""],
        reach: Own,
        order: "t.id",
        columns: columns![
            id, user_type, registered: Truth, email, secondary_email, verified: Truth, firstname,
            lastname, phone_number, birthday, gender, country, city, street, zip_code, picture, logo,
            merchant_type, loyalty_id, staff: Truth, admin: Truth, archived: Truth, active: Truth,
            last_login: Instant, deleted_at: Instant, created_at: Instant, updated_at: Instant,
        ],
    },
    Section {
        key: "sessions",
        table: "session",
        joins: "",
        whose: PERSON,
        reach: Own,
        order: "t.id",
        columns: columns![id, created_at: Instant, revoked_at: Instant],
    },
    Section {
        key: "refreshTokens",
        table: "refresh_token",
        joins: "JOIN session p ON p.id = t.session_id",
        whose: PARENT,
        reach: Own,
        order: "t.id",
        columns: columns![id, session_id, created_at: Instant, expires_at: Instant, used_at: Instant],
    },
    Section {
        key: "mails",
        table: "mail",
        joins: "",
        whose: PERSON,
        reach: Own,
        order: "t.id",
        columns: columns![
            id, kind, address, state, attempts, due_at: Instant, created_at: Instant,
            expires_at: Instant, used_at: Instant,
        ],
    },
    Section {
        key: "blockedLoyaltyIds",
        table: "blocked_loyalty_id",
        joins: "",
        whose: PERSON,
        reach: Either("t.merchant_id"),
        order: "t.blocked_at, t.loyalty_id",
        columns: columns![merchant_id, loyalty_id, blocked_at: Instant],
    },
    Section {
        key: "merchants",
        table: "merchant",
        joins: "JOIN membership p ON p.merchant_id = t.id",
        whose: PARENT,
        reach: Either("t.id"),
        order: "t.id",
        columns: columns![id, name],
    },
    Section {
        key: "memberships",
        table: "membership",
        joins: "",
        whose: PERSON,
        reach: Either("t.merchant_id"),
        order: "t.merchant_id",
        columns: columns![
            merchant_id, managed: Truth, sharing, loyalty_id, email, secondary_email, verified: Truth,
            firstname, lastname, phone_number, birthday, gender, country, city, street, zip_code,
            picture, extra_info, entity_source, entity_source_id, num_of_order_discounts_allowed,
            archived: Truth, departed: Truth, merged_into, last_login: Instant, deleted_at: Instant,
            created_at: Instant, updated_at: Instant,
        ],
    },
    Section {
        key: "cards",
        table: "membership_card",
        joins: "",
        whose: PERSON,
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.created_at, t.card_key",
        columns: columns![merchant_id, card, blocked_at: Instant, created_at: Instant],
    },
    Section {
        key: "merges",
        table: "merge",
        joins: "",
        whose: &["(t.other_id = ", " OR t.survivor_id = ", ")"],
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, other_id, survivor_id, kept, archived_at: Instant, merged_at: Instant,
            undone_at: Instant,
        ],
    },
    Section {
        key: "consents",
        table: "consent",
        joins: "",
        whose: PERSON,
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, channel, state, source, wording, decided_at: Instant,
            recorded_at: Instant, recorded_by,
        ],
    },
    Section {
        key: "stores",
        table: "store",
        joins: "",
        whose: &[
            "t.id IN (SELECT o.store_id FROM membership m JOIN orders o ON o.merchant_id = m.merchant_id \
             AND o.person_id = m.person_id WHERE m.person_id = ",
            " UNION SELECT v.store_id FROM membership m JOIN visit v ON v.merchant_id = m.merchant_id \
             AND v.person_id = m.person_id WHERE m.person_id = ",
            ")",
        ],
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![id, merchant_id, name],
    },
    Section {
        key: "orders",
        table: "orders",
        joins: "JOIN order_type y ON y.id = t.order_type_id",
        whose: PERSON,
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, number, store_id, phone_number, order_type_id, "y.name": Called("order_type"), state,
            pickup_at: Instant, delivery_location, payment_type, payments, num_of_guests, currency,
            cash_received: Money("currency"), change_given: Money("currency"),
            tax: Money("currency"), total: Money("currency"), refunded: Money("currency"),
            completed: Truth, completed_at: Instant, business_date, is_active: Truth,
            deleted_at: Instant, entity_source, entity_source_id, extra_info, created_at: Instant,
            updated_at: Instant,
        ],
    },
    Section {
        key: "orderItems",
        table: "order_item",
        joins: ORDER,
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, order_id, product_id, name, quantity, num_of_discounted_units,
            unit_price: Money("currency"), modifiers, cost: Money("currency"), "p.currency", is_completed: Truth,
            entity_source, entity_source_id, extra_info, created_at: Instant, updated_at: Instant,
        ],
    },
    Section {
        key: "orderTips",
        table: "order_tip",
        joins: ORDER,
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, order_id, amount: Money("currency"), "p.currency", created_at: Instant,
        ],
    },
    Section {
        key: "orderDiscounts",
        table: "order_discount",
        joins: ORDER,
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, order_id, kind, name, redemption_id, redemption_intent_id, offer_id,
            amount: Money("currency"), "p.currency", points, unbacked: Truth, reason_code, reason, created_at: Instant,
        ],
    },
    Section {
        key: "orderDiscountShares",
        table: "order_discount_share",
        joins: "JOIN order_discount o ON o.merchant_id = t.merchant_id AND o.id = t.order_discount_id \
                JOIN orders p ON p.merchant_id = o.merchant_id AND p.id = o.order_id",
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.order_discount_id, t.order_item_id",
        columns: columns![
            merchant_id, order_discount_id, order_item_id, amount: Money("currency"), "p.currency", points, units,
        ],
    },
    Section {
        key: "orderRefunds",
        table: "order_refund",
        joins: ORDER,
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, order_id, order_item_id, whole: Truth, is_cash: Truth, reason, amount: Money("currency"),
            tips: Money("currency"), points_value: Money("currency"), points, "p.currency", created_at: Instant,
        ],
    },
    Section {
        key: "orderRefundShares",
        table: "order_refund_share",
        joins: "JOIN order_refund o ON o.merchant_id = t.merchant_id AND o.id = t.order_refund_id \
                JOIN orders p ON p.merchant_id = o.merchant_id AND p.id = o.order_id",
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.order_refund_id, t.order_item_id",
        columns: columns![
            merchant_id, order_refund_id, order_item_id, quantity, money: Money("currency"),
            points_value: Money("currency"), points, "p.currency",
        ],
    },
    Section {
        key: "orderClaims",
        table: "order_claim",
        joins: "",
        whose: PERSON,
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.order_id",
        columns: columns![merchant_id, order_id, business_date, created_at: Instant],
    },
    Section {
        key: "visits",
        table: "visit",
        joins: "",
        whose: PERSON,
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, store_id, order_id, amount: Money("currency"), currency,
            occurred_at: Instant, business_date, created_at: Instant,
        ],
    },
    // Whoever collects on a card is enrolled in it.
    Section {
        key: "pointsAccounts",
        table: "account",
        joins: "JOIN loyalty_card l ON l.merchant_id = t.merchant_id AND l.id = t.loyalty_card_id",
        whose: PERSON,
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, loyalty_card_id, "l.name": Called("loyalty_card"), "l.loyalty_type", balance, debt, held, earned,
            seq, created_at: Instant, merged_into, carried, merged: Truth,
        ],
    },
    Section {
        key: "pointsEntries",
        table: "entry",
        joins: ACCOUNT,
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.account_id, t.seq",
        columns: columns![
            id, merchant_id, account_id, seq, kind, amount, cause, cause_id, natural_key, reverses,
            occurred_at: Instant, recorded_at: Instant, business_date,
        ],
    },
    Section {
        key: "pointsReasons",
        table: "entry_reason",
        joins: "JOIN entry o ON o.merchant_id = t.merchant_id AND o.id = t.entry_id \
                JOIN account p ON p.merchant_id = o.merchant_id AND p.id = o.account_id",
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.entry_id",
        columns: columns![merchant_id, entry_id, reason],
    },
    Section {
        key: "pointsLots",
        table: "lot",
        joins: ACCOUNT,
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, account_id, entry_id, amount, remaining, active_from: Instant,
            expires_at: Instant, revives, moved_from,
        ],
    },
    Section {
        key: "pointsEarnedByLine",
        table: "earning_line",
        joins: "JOIN entry o ON o.merchant_id = t.merchant_id AND o.id = t.entry_id \
                JOIN account p ON p.merchant_id = o.merchant_id AND p.id = o.account_id",
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.entry_id, t.order_item_id",
        columns: columns![merchant_id, entry_id, order_item_id, base, points],
    },
    Section {
        key: "pointsLotUses",
        table: "lot_use",
        joins: "JOIN lot o ON o.merchant_id = t.merchant_id AND o.id = t.lot_id \
                JOIN account p ON p.merchant_id = o.merchant_id AND p.id = o.account_id",
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.entry_id, t.lot_id",
        columns: columns![merchant_id, entry_id, lot_id, amount],
    },
    Section {
        key: "pointsHolds",
        table: "hold",
        joins: ACCOUNT,
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, account_id, amount, until: Instant, state, created_at: Instant,
            ended_at: Instant,
        ],
    },
    Section {
        key: "pointsHoldLots",
        table: "hold_lot",
        joins: "JOIN hold o ON o.merchant_id = t.merchant_id AND o.id = t.hold_id \
                JOIN account p ON p.merchant_id = o.merchant_id AND p.id = o.account_id",
        whose: PARENT,
        reach: Members("p.merchant_id"),
        order: "t.merchant_id, t.hold_id, t.lot_id",
        columns: columns![merchant_id, hold_id, lot_id, amount],
    },
    Section {
        key: "redemptionIntents",
        table: "redemption_intent",
        joins: "",
        whose: PERSON,
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, kind, store_id, offer_id, loyalty_card_id, loyalty_reward_id, hold_id,
            order_id, code, state, expires_at: Instant, created_at: Instant,
        ],
    },
    Section {
        key: "redemptions",
        table: "redemption",
        joins: "",
        whose: PERSON,
        reach: Members("t.merchant_id"),
        order: "t.merchant_id, t.id",
        columns: columns![
            id, merchant_id, kind, store_id, offer_id, loyalty_card_id, loyalty_reward_id,
            redemption_intent_id, order_id, entry_id, points, amount: Money("currency"), currency,
            reversed_at: Instant, created_at: Instant, updated_at: Instant,
        ],
    },
    Section {
        key: "sources",
        table: "source_record",
        joins: "JOIN connection p ON p.merchant_id = t.merchant_id AND p.id = t.connection_id",
        whose: &["t.kind = 'CUSTOMER' AND t.subject_id = ", ""],
        reach: Either("t.merchant_id"),
        order: "t.merchant_id, t.connection_id, t.object, t.source_id",
        columns: columns![
            merchant_id, "p.source", "p.name", object, source_id, state, image, linked_by, redirect_to, gone_cause,
            first_seen_at: Instant, changed_at: Instant,
        ],
    },
    Section {
        key: "auditLog",
        table: "audit_entry",
        joins: "",
        whose: &["(t.person_id = ", " OR t.target_id = ", " AND t.target_kind = 'person')"],
        reach: Either("t.merchant_id"),
        order: "t.created_at, t.id",
        columns: columns![
            id, merchant_id, created_at: Instant, actor_kind, person_id, action, target_kind,
            target_id, refusal, changes, personal, request_id, peer,
        ],
    },
];

/// What belongs to people and is not exported: table, column (`*`: each) and the reason.
#[cfg(test)]
pub(super) const WITHHELD: &[(&str, &str, &str)] = &[
    ("*", "person_id", "is whom the document is about"),
    ("person", "email_key", "is the address, folded"),
    ("person", "secondary_email_key", "is the address, folded"),
    ("person", "password_hash", "is a secret"),
    ("person", "token_version", "is a part of secrets"),
    ("refresh_token", "token_hash", "is a secret"),
    ("mail", "nonce", "is a part of a secret"),
    ("mail", "token_hash", "is a secret"),
    ("mail", "token_version", "is a part of secrets"),
    ("membership", "email_key", "is the address, folded"),
    ("membership", "firstname_key", "is the name, folded"),
    ("membership", "lastname_key", "is the name, folded"),
    ("membership", "city_key", "is the city, folded"),
    ("membership", "folded_text", "is the profile, folded"),
    ("membership", "creator_id", "is the merchant's founder"),
    ("membership_card", "card_key", "is the card, folded"),
    ("membership_search", "*", "is the profile, folded"),
    (
        "consent",
        "recorder_id",
        "is who wrote it down: another person, or the one the document is about",
    ),
    ("consent", "app_id", "is a program of the merchant's"),
    ("membership", "erased_at", "is of whom nothing is left there"),
    ("erasure", "*", "says how much went of somebody, and nothing of whom"),
    ("application", "*", "is of the people who work for merchants"),
    ("application_store", "*", "is of the people who work for merchants"),
    ("api_key", "*", "is of the people who work for merchants"),
    ("merge", "merged_by", "is another person"),
    ("merge_move", "*", "says which rows a merge moved: they are there, under whose they are"),
    ("source_record", "connection_id", "is whose it is: its name is there"),
    ("source_record", "kind", "is a customer's, each of them"),
    ("source_record", "digest", "is of the image, which is there"),
    ("source_record", "version_seq", "is the source's count"),
    ("source_record", "version_at", "is the source's time of the image, which is there"),
    ("source_record", "seen_run", "is a number of the engine's"),
    ("source_record", "subject_id", "is whom the document is about"),
    ("source_record", "waits_for", "is of orders that nobody is known to have bought"),
    (
        "field_provenance",
        "*",
        "says which source wrote which field, without its value; what it said is there",
    ),
    ("connection", "*", "is what the merchant's people connected"),
    ("sync_stream", "*", "says how far a connection was read"),
    ("sync_run", "*", "counts what was read, of many"),
    ("sync_reject", "*", "is what could not be read, which became nobody's"),
    ("sync_review", "*", "is a question to the merchant's people"),
    ("sync_inbox", "*", "is read again from the source, and goes"),
    ("orders", "waiter_id", "is another person"),
    ("order_claim", "actor_id", "is another person"),
    ("order_link", "*", "is what other systems call orders that are there"),
    ("sale_refund", "*", "is what other systems call refunds that are there, or are yet to come"),
    ("sale_review", "*", "is what the merchant's people look at, and nothing of the person"),
    ("entry", "actor_id", "is another person"),
    ("entry", "hash", "holds nothing personal: it chains the books"),
    ("account", "head", "holds nothing personal: it chains the books"),
    ("account", "sealed_seq", "says how far the books are sealed"),
    ("seal_head", "*", "holds nothing personal: it chains the books"),
    ("feed_entry", "*", "says that something happened, which is there"),
    ("account", "head_at", "is when the latest entry was written, which is there"),
    ("audit_entry", "app_id", "is a program of the merchant's"),
    ("staff_member", "*", "is of the people who work for merchants: the document is of customers"),
    ("staff_role", "*", "is of the people who work for merchants"),
    ("staff_permission", "*", "is of the people who work for merchants"),
    ("staff_store", "*", "is of the people who work for merchants"),
    ("staff_store_group", "*", "is of the people who work for merchants"),
    (
        "idempotency",
        "*",
        "tells for a day that a request was repeated: what it did stands in the audit log",
    ),
];
