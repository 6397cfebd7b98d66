//! What diesel reports, in the words of the domain crates.

use diesel::result::{DatabaseErrorKind, Error};
use regulars_kernel::StoreError;

/// The unique keys whose violation means something to a user: the name PostgreSQL reports, the columns SQLite reports,
/// and what the domain crates are told.
const UNIQUE_KEYS: [(&str, &str, &str); 17] = [
    ("person_email_key_key", "person.email_key", "person.email_key"),
    ("person_secondary_email_key_key", "person.secondary_email_key", "person.secondary_email_key"),
    ("person_loyalty_id_key", "person.loyalty_id", "person.loyalty_id"),
    (
        "membership_source",
        "membership.merchant_id, membership.entity_source_id, membership.entity_source",
        "membership.entity_source_id",
    ),
    (
        "membership_managed_email",
        "membership.merchant_id, membership.email_key",
        "membership.email_key",
    ),
    ("membership_pkey", "membership.merchant_id, membership.person_id", "membership.person_id"),
    (
        "membership_card_pkey",
        "membership_card.merchant_id, membership_card.card_key",
        "membership_card.card_key",
    ),
    (
        "api_key_merchant_id_application_id_prefix_key",
        "api_key.merchant_id, api_key.application_id, api_key.prefix",
        "api_key.prefix",
    ),
    ("orders_number", "orders.merchant_id, orders.number", "orders.number"),
    (
        "order_link_key",
        "order_link.merchant_id, order_link.entity_source_id, order_link.store_id, order_link.entity_source, \
         order_link.origin",
        "order_link.entity_source_id",
    ),
    (
        "sale_refund_name",
        "sale_refund.merchant_id, sale_refund.order_link_id, sale_refund.source_id",
        "sale_refund.source_id",
    ),
    ("order_claim_pkey", "order_claim.merchant_id, order_claim.order_id", "order_claim.order_id"),
    (
        "account_person",
        "account.merchant_id, account.person_id, account.loyalty_card_id",
        "account.loyalty_card_id",
    ),
    (
        "redemption_intent_code",
        "redemption_intent.merchant_id, redemption_intent.code",
        "redemption_intent.code",
    ),
    ("offer_code_key", "offer.merchant_id, offer.code_key", "offer.code"),
    ("connection_name", "connection.merchant_id, connection.name", "connection.name"),
    ("entry_natural_key", "entry.merchant_id, entry.natural_key", "entry.natural_key"),
];

/// Turns a diesel result into a port's result.
pub(crate) trait IntoStore<T> {
    /// The same result in the words of the domain crates.
    fn store(self) -> Result<T, StoreError>;
}

impl<T> IntoStore<T> for Result<T, Error> {
    fn store(self) -> Result<T, StoreError> {
        self.map_err(store_error)
    }
}

pub(crate) fn store_error(error: Error) -> StoreError {
    if is_contention(&error) {
        return StoreError::Contended;
    }
    if is_disconnection(&error) {
        return StoreError::Unavailable;
    }
    match error {
        // What ended the transaction says more than that it could not be ended in order.
        Error::RollbackErrorOnCommit { commit_error, .. } => store_error(*commit_error),
        error => refusal(error),
    }
}

fn refusal(error: Error) -> StoreError {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => {
            let constraint = information.constraint_name();
            let columns = information.message().strip_prefix("UNIQUE constraint failed: ");
            let key = UNIQUE_KEYS
                .iter()
                .find(|(name, shape, _)| constraint == Some(*name) || columns == Some(*shape));
            match key {
                Some((_, _, key)) => StoreError::Taken(key),
                None => StoreError::Internal(Box::new(error)),
            }
        }
        Error::DatabaseError(_, information)
            if ["interrupted", "canceling statement due to statement timeout"]
                .contains(&information.message()) =>
        {
            StoreError::DeadlineExceeded
        }
        _ => StoreError::Internal(Box::new(error)),
    }
}

/// Whether the connection is gone: the server was stopped, or somebody ended it.
fn is_disconnection(error: &Error) -> bool {
    match error {
        // Nothing else breaks it: a transaction of ours is ended by whoever began it.
        Error::BrokenTransactionManager
        | Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        ) => true,
        Error::DatabaseError(_, information) => [
            "terminating connection due to",
            "server closed the connection unexpectedly",
            "the database system is ",
        ]
        .iter()
        .any(|beginning| information.message().starts_with(beginning)),
        _ => false,
    }
}

/// Whether the transaction lost against another one and may simply be run again.
pub(crate) fn is_contention(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(_, information) => [
            "deadlock detected",
            "canceling statement due to lock timeout",
            "database is locked",
            "database table is locked",
        ]
        .contains(&information.message()),
        _ => false,
    }
}
