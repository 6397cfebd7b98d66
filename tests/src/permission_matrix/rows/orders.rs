//! Orders of a till.

use serde_json::json;

use super::{super::Row, mutation};

#[expect(clippy::too_many_lines, reason = "a table of cases reads from top to bottom")]
pub(super) fn all() -> Vec<Row> {
    vec![
        mutation(
            "createOrder",
            "",
            "mutation ($id: ID!) { createOrder(input: { storeId: $id }) { success errors } }",
            |shop| json!({ "id": shop.id("store") }),
        ),
        mutation(
            "createOrder",
            "for somebody by loyalty id",
            "mutation ($id: ID!, $who: String!) { createOrder(input: { storeId: $id, consumerLoyaltyId: $who }) {
                success errors
            } }",
            |shop| json!({ "id": shop.id("store"), "who": shop.id("loyaltyId") }),
        ),
        mutation(
            "updateOrder",
            "",
            "mutation ($id: ID!) { updateOrder(input: { id: $id, numOfGuests: 3 }) { success errors } }",
            |shop| json!({ "id": shop.open_order() }),
        ),
        mutation(
            "updateOrder",
            "one where the cashier does not work",
            "mutation ($id: ID!) { updateOrder(input: { id: $id, numOfGuests: 3 }) { success errors } }",
            |shop| json!({ "id": shop.order_elsewhere() }),
        ),
        mutation(
            "createOrderItem",
            "",
            "mutation ($id: ID!) { createOrderItem(input: { orderId: $id, name: \"M\", unitPrice: 1 }) {
                success errors
            } }",
            |shop| json!({ "id": shop.open_order() }),
        ),
        mutation(
            "updateOrderItem",
            "",
            "mutation ($id: ID!) { updateOrderItem(input: { id: $id, quantity: 3 }) { success errors } }",
            |shop| json!({ "id": shop.order_item() }),
        ),
        mutation(
            "deleteOrderItem",
            "",
            "mutation ($id: ID!) { deleteOrderItem(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.order_item() }),
        ),
        mutation(
            "createTip",
            "",
            "mutation ($id: ID!) { createTip(input: { orderId: $id, amount: \"0.50\" }) { success errors } }",
            |shop| json!({ "id": shop.open_order() }),
        ),
        mutation(
            "checkoutOrder",
            "",
            "mutation ($id: ID!) { checkoutOrder(input: { id: $id, paymentType: CASH }) { success errors } }",
            |shop| json!({ "id": shop.filled_order() }),
        ),
        mutation(
            "createOrderDiscount",
            "",
            "mutation ($id: ID!, $code: String!) {
                createOrderDiscount(input: { orderId: $id, redemptionCode: $code }) { success errors }
            }",
            |shop| {
                let made = shop.promised("createRedemptionIntent");
                json!({ "id": shop.filled_order(), "code": made["code"] })
            },
        ),
        mutation(
            "deleteOrderDiscount",
            "",
            "mutation ($id: ID!) { deleteOrderDiscount(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.order_discount() }),
        ),
        mutation(
            "createOrderRefund",
            "",
            "mutation ($id: ID!) { createOrderRefund(input: { orderId: $id, amount: 1 }) { success errors } }",
            |shop| json!({ "id": shop.sale() }),
        ),
        mutation(
            "createOrderItemsRefund",
            "",
            "mutation ($id: ID!) { createOrderItemsRefund(input: { orderItems: [{ orderItemId: $id }] }) {
                success errors
            } }",
            |shop| json!({ "id": shop.sold_item() }),
        ),
        mutation(
            "deleteOrder",
            "a completed one",
            "mutation ($id: ID!) { deleteOrder(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.sale() }),
        ),
        mutation(
            "deleteOrder",
            "an open one",
            "mutation ($id: ID!) { deleteOrder(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.open_order() }),
        ),
        mutation(
            "createVisit",
            "",
            "mutation ($id: ID!, $who: ID!) {
                createVisit(input: { storeId: $id, consumerId: $who, amountSpent: 3 }) { success errors }
            }",
            |shop| json!({ "id": shop.id("store"), "who": shop.managed() }),
        ),
        mutation(
            "createVisit",
            "where the cashier does not work",
            "mutation ($id: ID!, $who: ID!) {
                createVisit(input: { storeId: $id, consumerId: $who, amountSpent: 3 }) { success errors }
            }",
            |shop| json!({ "id": shop.store(), "who": shop.managed() }),
        ),
        mutation(
            "quotePurchase",
            "",
            "mutation ($id: ID!) {
                quotePurchase(input: { storeId: $id, items: [{ name: \"M\", unitPrice: 1 }] }) { success errors }
            }",
            |shop| json!({ "id": shop.id("store") }),
        ),
        mutation(
            "recordPurchase",
            "",
            "mutation ($id: ID!) {
                recordPurchase(input: { storeId: $id, items: [{ name: \"M\", unitPrice: 1 }] }) { success errors }
            }",
            |shop| json!({ "id": shop.id("store") }),
        ),
        mutation(
            "recordPurchase",
            "where the cashier does not work",
            "mutation ($id: ID!) {
                recordPurchase(input: { storeId: $id, items: [{ name: \"M\", unitPrice: 1 }] }) { success errors }
            }",
            |shop| json!({ "id": shop.store() }),
        ),
        mutation(
            "recordPurchases",
            "",
            "mutation ($id: ID!) {
                recordPurchases(input: { purchases: [{ storeId: $id, items: [{ name: \"M\", unitPrice: 1 }] }] }) {
                    success errors purchases { success errors }
                }
            }",
            |shop| json!({ "id": shop.id("store") }),
        ),
        mutation(
            "importOrders",
            "",
            "mutation ($id: ID!) {
                importOrders(input: { orders: [{ storeId: $id, items: [{ name: \"M\", unitPrice: 1 }] }] }) { success errors purchases { success errors } }
            }",
            |shop| json!({ "id": shop.id("store") }),
        ),
        mutation(
            "importOrders",
            "that earn",
            "mutation ($id: ID!) {
                importOrders(input: { orders: [{ storeId: $id, items: [{ name: \"M\", unitPrice: 1 }] }], earn: true }) {
                    success errors purchases { success errors }
                }
            }",
            |shop| json!({ "id": shop.id("store") }),
        ),
        mutation(
            "attachOrder",
            "",
            "mutation ($id: ID!, $who: ID!) {
                attachOrder(input: { orderId: $id, consumerId: $who }) { success errors }
            }",
            |shop| json!({ "id": shop.sale(), "who": shop.managed() }),
        ),
        mutation(
            "resolveSaleReview",
            "",
            "mutation ($id: ID!) { resolveSaleReview(input: { id: $id, decision: DISMISS }) { success errors } }",
            |shop| json!({ "id": shop.sale_review() }),
        ),
        mutation(
            "createStamp",
            "",
            "mutation ($id: ID!, $who: String!, $card: ID!) {
                createStamp(input: { storeId: $id, consumerLoyaltyString: $who, loyaltyCardId: $card }) { success errors }
            }",
            |shop| {
                json!({ "id": shop.id("store"), "who": shop.carded(), "card": shop.stamp_card() })
            },
        ),
    ]
}
