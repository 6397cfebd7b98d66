//! What clients send: the reading operations as the documentation prints them, and their companions. Where a document is
//! printed with an id in its text, it takes a variable here, as programs send it.

/// Signs in.
pub(crate) const LOG_IN: &str = "mutation ($email: String! $password: String!) { obtainToken(email: $email password: $password) { token refreshToken success errors } }";

/// Signs up.
pub(crate) const SIGN_UP: &str = "mutation SignUp($email: String! $password: String! $firstname: String! $lastname: String! $userType: String!) { register(email: $email password1: $password password2: $password firstname: $firstname lastname: $lastname userType: $userType) { success errors token refreshToken } }";

/// Somebody came by.
pub(crate) const VISIT: &str = "mutation Visit($input: CreateVisitInput!) { createVisit(input: $input) { success errors visit { pk } receipt { earned balance } } }";

/// A whole sale.
pub(crate) const SALE: &str = "mutation Sale($input: PurchaseInput!) { recordPurchase(input: $input) { success errors order { pk orderId } receipt { earned balance } warnings { code } } }";

/// A code.
pub(crate) const PROMISE: &str = "mutation Promise($input: CreateRedemptionIntentInput!) { createRedemptionIntent(input: $input) { success errors redemptionIntent { code } } }";

/// Its use.
pub(crate) const CONFIRM: &str = "mutation Confirm($input: ConfirmRedemptionInput!) { confirmRedemption(input: $input) { success errors redemption { pk } } }";

/// The list, to the letter.
pub(crate) const LIST: &str = r#"query {
  consumers(loyaltyId: "", phoneNumber_Icontains: "", email_Icontains: "") {
    edges {
      node {
        pk
        id
        firstname
        lastname
        email
        pointsEarned
        phoneNumber
        birthday
        address
        lastLogin
        loyaltyId
        picture
        city
      }
    }
  }
}"#;

/// The same fields of a page of a stated size.
pub(crate) const LIST_OF: &str = "query ($first: Int!) { consumers(first: $first) { edges { node { pk id firstname lastname email pointsEarned phoneNumber birthday address lastLogin loyaltyId picture city } } } }";

/// The same with the newest orders of each customer.
pub(crate) const LIST_WITH_ORDERS: &str = "query ($first: Int!, $orders: Int!) { consumers(first: $first) { edges { node { pk id firstname lastname email pointsEarned phoneNumber birthday address lastLogin loyaltyId picture city orders(first: $orders) { edges { node { orderId completedAt paymentTypeDisplay total orderType { name } } } } } } } }";

/// One customer with the three lists of redemptions.
pub(crate) const CUSTOMER: &str = "query ($id: ID!) { consumer(id: $id) { pointsEarned redemptions { edges { node { id createdAt } } } stampsRedemptions { edges { node { id createdAt } } } pointsRedemptions { edges { node { id createdAt } } } } }";

/// One customer and what they bought last: what a till shows.
pub(crate) const CUSTOMER_AND_HISTORY: &str = "query ($id: ID!, $orders: Int!) { consumer(id: $id) { pk id firstname lastname email pointsEarned phoneNumber birthday address lastLogin loyaltyId picture city } purchaseHistory: orders(consumer_Id: $id, first: $orders) { edges { node { orderId completedAt paymentTypeDisplay total orderType { name } } } } }";

/// The purchase history, to the letter.
pub(crate) const HISTORY: &str = "query ($id: ID! $storeId: ID) { purchaseHistory: orders(consumer_Id: $id store_Id: $storeId) { edges { node { orderId completedAt paymentTypeDisplay total orderType { name } } } } }";

/// The available promotions, to the letter.
pub(crate) const PROMOTIONS: &str = "query ($consumerLoyaltyId: String $consumerEmail: String $consumerPhoneNumber: String $storeId: ID) { consumerAvailablePromotions(consumerLoyaltyId: $consumerLoyaltyId consumerEmail: $consumerEmail consumerPhoneNumber: $consumerPhoneNumber storeId: $storeId) { count edges { node { name } } } }";

/// The customers that a filter finds: `ARGUMENT` stands for the filter's name.
const FOUND: &str = "query ($term: String!, $order: String, $first: Int!) { consumers(ARGUMENT: $term, orderBy: $order, first: $first) { edges { node { pk id firstname lastname email pointsEarned phoneNumber birthday address lastLogin loyaltyId picture city } } } }";

/// The document that asks for customers by one filter.
pub(crate) fn found_by(argument: &str) -> String {
    FOUND.replace("ARGUMENT", argument)
}

/// The document of one customer with the id in its text, as the documentation prints it.
pub(crate) fn customer_in_text(id: &str) -> String {
    CUSTOMER.replace("query ($id: ID!) ", "query ").replace("$id", &format!("{id:?}"))
}
