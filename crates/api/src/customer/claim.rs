//! `claimableProfiles`: what merchants keep of whoever asks, from before they had an account (rule 4).

use std::sync::Arc;

use regulars_customer::claim::{self, Claimable, ClaimableSort};
use regulars_kernel::{
    MerchantId, PageRequest, Scope,
    page::{Keyed, PageArguments, SortKey},
};

use super::user::USER;
use crate::{
    connection::connection,
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    merchant::{self, MerchantNode},
    scalar::DateTime,
};

/// A record that is offered, and the merchants of those loaded with it.
#[derive(Clone)]
pub struct Offered {
    row: Claimable,
    merchants: Arc<Level<MerchantId>>,
}

/// A record that is offered; its scalar fields take the short way.
pub type ClaimableProfileNode = Fast<Offered>;

/// A page of the records that are offered to whoever asks.
pub(crate) fn list(
    context: &Context,
    paging: &PageArguments,
) -> Result<ClaimableProfileNodeConnection, ApiError> {
    let request = PageRequest::<ClaimableSort>::parse(paging, "claimableProfiles")?;
    let actor = context.actor();
    let rows = context.read_within(Scope::Platform, |tx| claim::list(tx, actor))?;
    let merchants = Level::distinct(rows.iter().map(|row| row.merchant));
    let node = |row| Fast(Offered { row, merchants: Arc::clone(&merchants) });
    Ok(ClaimableProfileNodeConnection::cut(rows.into_iter().map(node).collect(), request))
}

impl Keyed<ClaimableSort> for ClaimableProfileNode {
    fn sort_key(&self, field: ClaimableSort) -> SortKey {
        self.0.row.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.row.person.get()
    }
}

crate::fast_object! {
    #[graphql(name = "ClaimableProfileNode", context = Context)]
    /// A record that a merchant keeps under an address which whoever asks has proved.
    impl Offered {
        leaves {
            /// The global id of the customer whom the merchant keeps.
            "id" => fn id(&self) -> Id { Id::global(USER, self.row.person.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.row.person.get()) }
            /// What the merchant calls them.
            "firstname" => fn firstname(&self) -> &str { &self.row.firstname }
            /// Since when they are the merchant's customer.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.row.created_at) }
        }
        fields {
            /// Whose record it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                merchant::node::load(context, &self.merchants, self.row.merchant)
            }
        }
    }
}

connection!(
    ClaimableProfileNodeConnection,
    ClaimableProfileNodeEdge,
    ClaimableProfileNode,
    ClaimableSort,
    "A page of records that are offered.",
    "One of the records that are offered."
);
