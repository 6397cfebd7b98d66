//! Relay's `Node`: everything that has an id can be asked for by it.

use juniper::graphql_interface;

use crate::{
    context::Context,
    customer::ConsumerNode,
    error::ApiError,
    global_id::{Id, Named},
    merchant::MerchantNode,
};

/// An object with a global id.
#[expect(dead_code, reason = "names the field for the schema")]
#[graphql_interface]
#[graphql(name = "Node", for = [ConsumerNode, MerchantNode], context = Context, scalar = juniper::DefaultScalarValue)]
pub struct Node {
    /// The global id: base64 of `Type:pk`.
    id: Id,
}

/// Any object by its global id; null where the asker sees none of that id. A bare pk says no type and is refused.
pub(crate) fn node(context: &Context, id: &Id) -> Result<Option<NodeValue>, ApiError> {
    let (kind, pk) = match id.parse() {
        Ok(Named::Global { kind, pk }) => (kind, pk),
        Ok(Named::Pk(_)) => {
            return Err(ApiError::invalid("id", "A global id is needed here: a bare pk says no type."));
        }
        Err(error) => return Err(ApiError::bad_id("id", &error)),
    };
    context.actor().require_known()?;
    match kind.as_str() {
        crate::customer::user::USER => {
            Ok(crate::customer::queries::user(context, pk)?.map(|user| match user {
                crate::customer::user::IUserNodeValue::ConsumerNode(node) => {
                    NodeValue::ConsumerNode(node)
                }
                crate::customer::user::IUserNodeValue::MerchantNode(node) => {
                    NodeValue::MerchantNode(node)
                }
            }))
        }
        _ => Err(ApiError::invalid("id", format!("There is no type {kind}."))),
    }
}
