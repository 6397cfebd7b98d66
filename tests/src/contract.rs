//! The six operations of the public documentation, as it writes them, with its variables.

use serde_json::{Value, json};

use crate::world::{PASSWORD, SIGN_UP, on_both};

const LOGIN: &str = "mutation ( $email: String! $password: String! ){ obtainToken( email: $email password: $password ) { token refreshToken success errors } }";

const LIST: &str = r#"query {
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

const SINGLE: &str = r#"query {
  consumer(id: "SVVzZXJOb2RlOjE3Nw==") {
    pointsEarned
    redemptions {
      edges {
        node {
          id
          createdAt
        }
      }
    }
    stampsRedemptions {
      edges {
        node {
          id
          createdAt
        }
      }
    }
    pointsRedemptions {
      edges {
        node {
          id
          createdAt
        }
      }
    }
  }
}"#;

const PROMOTIONS: &str = "query (
  $consumerLoyaltyId: String
  $consumerEmail: String
  $consumerPhoneNumber: String
  $storeId: ID
) {
  consumerAvailablePromotions(
    consumerLoyaltyId: $consumerLoyaltyId
    consumerEmail: $consumerEmail
    consumerPhoneNumber: $consumerPhoneNumber
    storeId: $storeId
  ) {
    count
    edges {
      node {
        name
      }
    }
  }
}";

const HISTORY: &str = "query (
  $id: ID!
  $storeId: ID
) {
    purchaseHistory: orders(
      consumer_Id: $id
      store_Id: $storeId
    ) {
      edges {
        node {
          orderId
          completedAt
          paymentTypeDisplay
          total
          orderType {
            name
          }
        }
      }
    }
  }
";

#[test]
fn customer_signup_and_login() {
    on_both(|world| {
        let mut variables = json!({
            "email": "consumer@loyaltydish.com",
            "password": "XXXXXX",
            "firstname": "John",
            "lastname": "Doe",
            "userType": "CONSUMER"
        });
        let refused = world.anonymous().query(SIGN_UP, variables.clone()).succeeded();
        assert_eq!(refused.data("register.success"), &json!(false));
        assert_eq!(refused.data("register.token"), &Value::Null);
        assert_eq!(
            refused.data("register.errors.password2.0"),
            &json!({
                "message": "This password is too short. It must contain at least 8 characters.",
                "code": "password_too_short"
            })
        );
        variables["password"] = json!(PASSWORD);
        let made = world.anonymous().query(SIGN_UP, variables).succeeded();
        assert_eq!(made.data("register.success"), &json!(true));
        assert_eq!(made.data("register.errors"), &Value::Null);
        assert_eq!(made.string("register.token").split('.').count(), 3);
        let refresh = made.string("register.refreshToken");
        assert!(
            refresh.len() == 40
                && refresh.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        );

        let login = json!({ "email": "consumer@loyaltydish.com", "password": PASSWORD });
        let answer = world.anonymous().query(LOGIN, login.clone()).succeeded();
        assert_eq!(answer.data("obtainToken.success"), &json!(true));
        assert_eq!(answer.data("obtainToken.errors"), &Value::Null);
        let by_other_name = world.anonymous().query(&LOGIN.replace("obtainToken", "signIn"), login);
        assert_eq!(by_other_name.succeeded().data("signIn.success"), &json!(true));
    });
}

#[test]
fn list_customers() {
    on_both(|world| {
        let answer = world.demo_owner().query(LIST, Value::Null).succeeded();
        let edges = answer.data("consumers.edges").as_array().unwrap();
        assert_eq!(edges.len(), 100, "the page's limit");
        let pks: Vec<i64> = edges.iter().map(|edge| edge["node"]["pk"].as_i64().unwrap()).collect();
        assert!(pks.is_sorted());
        assert!(edges.iter().any(|edge| edge["node"]["pointsEarned"].as_i64() > Some(0)));
        assert!(
            edges
                .iter()
                .all(|edge| edge["node"]["loyaltyId"].as_str().is_some_and(|id| id.len() == 14))
        );
    });
}

#[test]
fn get_a_single_customer() {
    on_both(|world| {
        let answer = world.demo_owner().query(SINGLE, Value::Null).succeeded();
        assert!(answer.data("consumer.pointsEarned").as_i64() > Some(0));
        for list in ["redemptions", "stampsRedemptions", "pointsRedemptions"] {
            let first = answer.string(&format!("consumer.{list}.edges.0.node.createdAt"));
            assert!(first.ends_with("+00:00"), "{list}: {first}");
        }
    });
}

#[test]
fn get_customer_available_promotions() {
    on_both(|world| {
        let owner = world.demo_owner();
        let who = owner
            .query("query { consumer(id: 177) { loyaltyId email phoneNumber } }", Value::Null)
            .succeeded();
        for variables in [
            json!({ "consumerLoyaltyId": who.data("consumer.loyaltyId") }),
            json!({ "consumerEmail": who.data("consumer.email") }),
            json!({ "consumerPhoneNumber": who.data("consumer.phoneNumber") }),
        ] {
            let answer = owner.query(PROMOTIONS, variables.clone()).succeeded();
            let edges = answer.data("consumerAvailablePromotions.edges").as_array().unwrap();
            assert!(!edges.is_empty(), "{variables}");
            assert_eq!(answer.data("consumerAvailablePromotions.count"), &json!(edges.len()));
        }
    });
}

#[test]
fn get_customers_purchase_history() {
    on_both(|world| {
        let owner = world.demo_owner();
        let answer = owner.query(HISTORY, json!({ "id": "SVVzZXJOb2RlOjE3Nw==" })).succeeded();
        let edges = answer.data("purchaseHistory.edges").as_array().unwrap();
        assert!(!edges.is_empty());
        for edge in edges {
            let node = &edge["node"];
            assert!(node["orderId"].is_string(), "{node}");
            assert!(node["total"].as_str().is_some_and(|total| total.contains('.')), "{node}");
            assert!(node["orderType"]["name"].is_string(), "{node}");
        }
    });
}
