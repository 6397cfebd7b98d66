//! Relay's `Node`: everything that has an id can be asked for by it.

use juniper::graphql_interface;
use regulars_loyalty::RedemptionKind;

use crate::{
    auth::{
        ApiKeyNode, ApplicationNode, AuditEntryNode, PermissionNode, RoleNode, api_key,
        application, audit, permission, role,
    },
    context::Context,
    customer::{ChangeNode, ConsumerNode, feed},
    error::ApiError,
    global_id::{Id, Named},
    loyalty::{
        LedgerEntryNode, LoyaltyCardNode, LoyaltyRewardNode, PointsRedemptionNode,
        RedemptionIntentNode, RedemptionNode, StampsRedemptionNode, intent, ledger_entry,
        redemption::find,
    },
    merchant::{self, MerchantNode, ProductNode, StoreGroupNode, StoreNode},
    order::{
        self, OrderDiscountNode, OrderItemNode, OrderNode, OrderTypeNode, RefundNode,
        SaleReviewNode, TipNode, VisitNode,
    },
    promotion::{CampaignNode, OfferNode, queries::found},
    source::{self, SyncConnectionNode, SyncRejectNode, SyncReviewNode, SyncRunNode},
};

/// An object with a global id.
#[expect(dead_code, reason = "names the field for the schema")]
#[graphql_interface]
#[graphql(name = "Node", for = [ConsumerNode, MerchantNode, OfferNode, CampaignNode, LoyaltyCardNode, LoyaltyRewardNode, RedemptionIntentNode, RedemptionNode, PointsRedemptionNode, StampsRedemptionNode, LedgerEntryNode, StoreNode, StoreGroupNode, ProductNode, OrderNode, OrderItemNode, TipNode, OrderDiscountNode, RefundNode, SaleReviewNode, VisitNode, OrderTypeNode, SyncConnectionNode, SyncRunNode, SyncRejectNode, SyncReviewNode, RoleNode, PermissionNode, ApplicationNode, ApiKeyNode, AuditEntryNode, ChangeNode], context = Context, scalar = juniper::DefaultScalarValue)]
pub struct Node {
    /// The global id: base64 of `Type:pk`.
    id: Id,
}

/// Any object by its global id; null where the asker sees none of that id. A bare pk says no type and is refused.
pub(crate) fn node(context: &Context, id: &Id) -> Result<Option<NodeValue>, ApiError> {
    let (kind, pk) = match id.parse() {
        Ok(Named::Global { kind, pk }) => (kind, pk),
        Ok(Named::Pk(_)) => {
            return Err(ApiError::invalid(
                "id",
                "A global id is needed here: a bare pk says no type.",
            ));
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
        "OfferNode" => found(crate::promotion::queries::offer(context, id))
            .map(|node| node.map(NodeValue::OfferNode)),
        "CampaignNode" => found(crate::promotion::queries::campaign(context, id))
            .map(|node| node.map(NodeValue::CampaignNode)),
        "LoyaltyCardNode" => found(crate::loyalty::queries::loyalty_card(context, id))
            .map(|node| node.map(NodeValue::LoyaltyCardNode)),
        "LoyaltyRewardNode" => crate::loyalty::queries::reward(context, pk)
            .map(|node| node.map(NodeValue::LoyaltyRewardNode)),
        intent::REDEMPTION_INTENT => {
            Ok(intent::find(context, pk.into())?.map(NodeValue::RedemptionIntentNode))
        }
        "RedemptionNode" => {
            find(context, RedemptionKind::Offer, pk).map(|node| node.map(NodeValue::RedemptionNode))
        }
        "PointsRedemptionNode" => find(context, RedemptionKind::Points, pk)
            .map(|node| node.map(NodeValue::PointsRedemptionNode)),
        "StampsRedemptionNode" => find(context, RedemptionKind::Stamps, pk)
            .map(|node| node.map(NodeValue::StampsRedemptionNode)),
        ledger_entry::LEDGER_ENTRY => {
            Ok(ledger_entry::find(context, pk.into())?.map(NodeValue::LedgerEntryNode))
        }
        merchant::store::STORE => {
            Ok(merchant::store::find(context, pk.into())?.map(NodeValue::StoreNode))
        }
        merchant::store_group::STORE_GROUP => {
            Ok(merchant::store_group::find(context, pk.into())?.map(NodeValue::StoreGroupNode))
        }
        merchant::product::PRODUCT => {
            Ok(merchant::product::find(context, pk.into())?.map(NodeValue::ProductNode))
        }
        order::node::ORDER => Ok(order::node::find(context, pk.into())?.map(NodeValue::OrderNode)),
        order::item::ORDER_ITEM => {
            Ok(order::item::find(context, pk.into())?.map(NodeValue::OrderItemNode))
        }
        order::discount::ORDER_DISCOUNT => {
            Ok(order::discount::find(context, pk.into())?.map(NodeValue::OrderDiscountNode))
        }
        order::refund::REFUND => {
            Ok(order::refund::find(context, pk.into())?.map(NodeValue::RefundNode))
        }
        order::tip::TIP => Ok(order::tip::find(context, pk.into())?.map(NodeValue::TipNode)),
        order::order_type::ORDER_TYPE => {
            Ok(order::order_type::find(context, pk.into())?.map(NodeValue::OrderTypeNode))
        }
        order::review::SALE_REVIEW => {
            Ok(order::review::find(context, pk.into())?.map(NodeValue::SaleReviewNode))
        }
        order::visit::VISIT => {
            Ok(order::visit::find(context, pk.into())?.map(NodeValue::VisitNode))
        }
        source::connection::SYNC_CONNECTION => {
            Ok(source::connection::find(context, pk.into())?.map(NodeValue::SyncConnectionNode))
        }
        source::run::SYNC_RUN => {
            Ok(source::run::find(context, pk.into())?.map(NodeValue::SyncRunNode))
        }
        source::reject::SYNC_REJECT => {
            Ok(source::reject::find(context, pk.into())?.map(NodeValue::SyncRejectNode))
        }
        source::review::SYNC_REVIEW => {
            Ok(source::review::find(context, pk.into())?.map(NodeValue::SyncReviewNode))
        }
        role::ROLE => Ok(role::find(context, pk.into())?.map(NodeValue::RoleNode)),
        application::APPLICATION => {
            Ok(application::find(context, pk.into())?.map(NodeValue::ApplicationNode))
        }
        api_key::API_KEY => Ok(api_key::find(context, pk.into())?.map(NodeValue::ApiKeyNode)),
        permission::PERMISSION => Ok(permission::find(context, pk).map(NodeValue::PermissionNode)),
        feed::CHANGE => Ok(feed::find(context, pk)?.map(NodeValue::ChangeNode)),
        audit::AUDIT_ENTRY => Ok(audit::find(context, pk)?.map(NodeValue::AuditEntryNode)),
        _ => Err(ApiError::invalid("id", format!("There is no type {kind}."))),
    }
}
