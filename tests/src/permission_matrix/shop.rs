//! Who asks, and what they ask about.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    apps::App,
    audit::act,
    consumer_fields::member_of_the_demo_merchant,
    redeeming::shop as redeeming,
    world::{PASSWORD, World},
};

/// Who asks: their column, and how they come in.
type Actor = (&'static str, fn(&World) -> Client);

/// Everybody who asks.
pub(crate) const ACTORS: &[Actor] = &[
    ("anonymous", World::anonymous),
    ("consumer", |world| member_of_the_demo_merchant(world).0),
    ("another", World::consumer),
    ("owner", World::demo_owner),
    ("manager", |world| world.login("manager@example.com")),
    ("cashier", |world| world.login("cashier@example.com")),
    ("analyst", |world| world.login("analyst@example.com")),
    ("stranger", |world| world.login("merchant2@example.com")),
    ("admin", World::admin),
    ("app", |world| app(world, &every_permission(world))),
    ("app without", |world| app(world, &json!([]))),
];

/// An app of the shop that reaches every store.
fn app(world: &World, permissions: &Value) -> Client {
    let app = App::of(&world.demo_owner(), &json!({ "permissions": permissions }));
    app.client(&world.anonymous())
}

fn every_permission(world: &World) -> Value {
    let document = "{ permissions { edges { node { id } } } }";
    let answer = world.demo_owner().query(document, Value::Null).succeeded();
    let edges = answer.data("permissions.edges").as_array().into_iter().flatten();
    edges.map(|edge| edge["node"]["id"].clone()).collect()
}

/// The merchant that is asked about, and everybody who asks.
pub(crate) struct Shop<'a> {
    pub(crate) world: &'a World,
    clients: HashMap<&'static str, Client>,
    /// Ids of one thing of each sort, by the names of the questions below.
    ids: Value,
}

const THINGS: &str = "{
    me { id }
    stores(first: 1) { edges { node { id groups { edges { node { id } } } } } }
    offers(first: 1, status: ACTIVE) { edges { node { id } } }
    loyaltyCards(first: 1, status: ACTIVE) { edges { node { id } } }
    orders(first: 1, orderBy: \"pk\") { edges { node { id items { edges { node { product { id } } } } } } }
    roles { edges { node { id codename } } }
    permission(id: \"sync\") { id }
}";

impl<'a> Shop<'a> {
    pub(crate) fn open(world: &'a World) -> Self {
        let clients: HashMap<_, _> =
            ACTORS.iter().map(|(name, client)| (*name, client(world))).collect();
        let answer = clients["owner"].query(THINGS, Value::Null).succeeded();
        let mut ids = json!({
            "merchant": answer.data("me.id"),
            "store": answer.data("stores.edges.0.node.id"),
            "group": answer.data("stores.edges.0.node.groups.edges.0.node.id"),
            "offer": answer.data("offers.edges.0.node.id"),
            "card": answer.data("loyaltyCards.edges.0.node.id"),
            "order": answer.data("orders.edges.0.node.id"),
            "product": answer.data("orders.edges.0.node.items.edges.0.node.product.id"),
            "permission": answer.data("permission.id"),
        });
        for role in answer.data("roles.edges").as_array().into_iter().flatten() {
            // Roles that other tests made have none.
            if let Some(codename) = role["node"]["codename"].as_str() {
                ids[codename] = role["node"]["id"].clone();
            }
        }
        let me = clients["consumer"].query("{ me { id pk loyaltyId } }", Value::Null).succeeded();
        ids["consumer"] = me.data("me.id").clone();
        ids["loyaltyId"] = me.data("me.loyaltyId").clone();
        // What can be redeemed at any time, and plenty to do it with.
        let offers = redeeming::Shop::of(world, world.demo_owner(), ids["store"].clone());
        let (flat, stamps) = (offers.flat_card(), offers.stamp_card());
        for card in [flat, stamps] {
            offers.has(me.data("me"), card, 1_000_000);
        }
        ids["free offer"] = json!(offers.offer(""));
        ids["flat card"] = json!(flat);
        ids["stamp card"] = json!(stamps);
        let mut shop = Self { world, clients, ids };
        // A merchant has a hundred at most: what is only looked at or changed is one for all questions.
        shop.ids["application"] = shop.application();
        shop.ids["rewardCard"] = shop.reward_card();
        shop.ids["connection"] = shop.connection();
        shop
    }

    pub(crate) fn client(&self, actor: &str) -> &Client {
        &self.clients[actor]
    }

    /// One thing by its name.
    pub(crate) fn id(&self, name: &str) -> &Value {
        &self.ids[name]
    }

    /// A text that nobody else has.
    pub(crate) fn unique(what: &str) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        format!("{what}{number}-{}", std::process::id())
    }

    /// An address that nobody else has.
    pub(crate) fn email() -> String {
        format!("{}@matrix.example", Self::unique("m"))
    }

    /// Has the owner do something; the id of what came of it.
    pub(crate) fn made(
        &self,
        mutation: &str,
        input_type: &str,
        noun: &str,
        input: &Value,
    ) -> Value {
        let document = format!(
            "mutation ($input: {input_type}!) {{ {mutation}(input: $input) {{ errors {noun} {{ id }} }} }}"
        );
        let answer = self.client("owner").query(&document, json!({ "input": input })).succeeded();
        assert_eq!(answer.data(&format!("{mutation}.errors")), &Value::Null, "{}", answer.text);
        answer.data(&format!("{mutation}.{noun}.id")).clone()
    }

    /// A connection that cannot be opened: nothing outside is asked.
    pub(crate) fn connection(&self) -> Value {
        let input = json!({
            "source": "SHOPIFY", "name": Self::unique("matrix"),
            "settings": "{\"shop\": \"never-read\", \"version\": \"none\"}",
        });
        self.made("createConnection", "CreateConnectionInput", "connection", &input)
    }

    /// A customer whom the shop keeps.
    pub(crate) fn managed(&self) -> Value {
        let input = json!({ "firstname": "Matrix", "cards": [Self::unique("card")] });
        self.made("createConsumer", "CreateConsumerInput", "consumer", &input)
    }

    /// A card of stamps for everybody.
    pub(crate) fn stamp_card(&self) -> Value {
        let input = json!({
            "name": "Matrix", "loyaltyType": "STAMPS", "stampsNeeded": 5, "status": "ACTIVE",
        });
        self.made("createLoyaltyCard", "CreateLoyaltyCardInput", "loyaltyCard", &input)
    }

    /// The card of a customer of the shop's.
    pub(crate) fn carded(&self) -> Value {
        let card = Self::unique("card");
        let input = json!({ "firstname": "Matrix", "cards": [card] });
        self.made("createConsumer", "CreateConsumerInput", "consumer", &input);
        json!(card)
    }

    /// A merge of two customers whom the shop keeps.
    pub(crate) fn merge(&self) -> Value {
        let document = "mutation ($id: ID!, $into: ID!) {
            mergeConsumers(input: { consumerId: $id, intoConsumerId: $into }) { errors mergeId }
        }";
        let both = json!({ "id": self.managed(), "into": self.managed() });
        let answer = self.client("owner").query(document, both).succeeded();
        answer.data("mergeConsumers.mergeId").clone()
    }

    /// The receipt of a customer whom the shop erased.
    pub(crate) fn erased(&self) -> Value {
        let input = json!({ "id": self.managed(), "reason": "REQUEST" });
        self.made("eraseConsumer", "EraseConsumerInput", "receipt", &input)
    }

    /// A store that nobody was given.
    pub(crate) fn store(&self) -> Value {
        let input = json!({ "name": Self::unique("Store") });
        self.made("createStore", "CreateStoreInput", "store", &input)
    }

    /// A store group that nobody was given.
    pub(crate) fn store_group(&self) -> Value {
        let input = json!({ "name": "Matrix", "stores": [self.id("store")] });
        self.made("createStoreGroup", "CreateStoreGroupInput", "storeGroup", &input)
    }

    /// A product that nothing names.
    pub(crate) fn product(&self) -> Value {
        let input = json!({ "name": Self::unique("Product"), "price": "2.50" });
        self.made("createProduct", "CreateProductInput", "product", &input)
    }

    /// An open order of the shop.
    pub(crate) fn open_order(&self) -> Value {
        let input = json!({ "storeId": self.id("store") });
        self.made("createOrder", "CreateOrderInput", "order", &input)
    }

    /// An open order where the cashier does not work.
    pub(crate) fn order_elsewhere(&self) -> Value {
        let input = json!({ "storeId": self.store() });
        self.made("createOrder", "CreateOrderInput", "order", &input)
    }

    /// An open order with a line.
    pub(crate) fn filled_order(&self) -> Value {
        let order = self.open_order();
        self.order_item_of(&order);
        order
    }

    /// A completed order.
    pub(crate) fn sale(&self) -> Value {
        let order = self.filled_order();
        self.check_out(&order);
        order
    }

    /// A line of a completed order.
    pub(crate) fn sold_item(&self) -> Value {
        let order = self.open_order();
        let item = self.order_item_of(&order);
        self.check_out(&order);
        item
    }

    /// Something that somebody has to look at.
    pub(crate) fn sale_review(&self) -> Value {
        let input = json!({
            "storeId": self.id("store"), "items": [{ "name": "Matrix", "unitPrice": 2 }],
            "payments": [{ "paymentType": "CASH", "amount": 1 }],
        });
        let order = self.made("recordPurchase", "PurchaseInput", "order", &input);
        let document =
            "query ($order: ID!) { saleReviews(order_Id: $order) { edges { node { id } } } }";
        let found = self.clients["owner"].query(document, json!({ "order": order })).succeeded();
        found.data("saleReviews.edges.0.node.id").clone()
    }

    fn check_out(&self, order: &Value) {
        let input = json!({ "id": order, "paymentType": "CASH" });
        self.made("checkoutOrder", "CheckoutOrderInput", "order", &input);
    }

    /// A line of an open order.
    pub(crate) fn order_item(&self) -> Value {
        self.order_item_of(&self.open_order())
    }

    fn order_item_of(&self, order: &Value) -> Value {
        let input = json!({ "orderId": order, "name": "Matrix", "unitPrice": "2", "quantity": 2 });
        self.made("createOrderItem", "CreateOrderItemInput", "orderItem", &input)
    }

    /// A loyalty card that nobody has, whose points buy rewards.
    pub(crate) fn reward_card(&self) -> Value {
        let input = json!({
            "name": Self::unique("Card"), "status": "DRAFT", "loyaltyType": "POINTS", "pointsLoyaltyType": "PRODUCT",
            "dollarWorth": 1,
        });
        self.made("createLoyaltyCard", "CreateLoyaltyCardInput", "loyaltyCard", &input)
    }

    /// A reward of that card.
    pub(crate) fn reward(&self) -> Value {
        let (card, product) = (self.id("rewardCard"), self.id("product"));
        let input = json!({ "loyaltyCardId": card, "productId": product, "points": 10 });
        self.made("createLoyaltyReward", "CreateLoyaltyRewardInput", "loyaltyReward", &input)
    }

    /// A campaign without offers.
    pub(crate) fn campaign(&self) -> Value {
        let input = json!({ "name": "Matrix" });
        self.made("createCampaign", "CreateCampaignInput", "campaign", &input)
    }

    /// An offer that nobody has redeemed; nobody sees it but the merchant's people.
    pub(crate) fn offer(&self) -> Value {
        let input = json!({
            "name": "Matrix", "offerType": "PERCENTAGE", "offerValue": 5, "status": "DRAFT",
        });
        self.made("createOffer", "CreateOfferInput", "offer", &input)
    }

    /// A promise that the consumer makes themselves: its id and its code.
    pub(crate) fn promised(&self, mutation: &str) -> Value {
        let input = match mutation {
            "createRedemptionIntent" => json!({ "offerId": self.id("free offer") }),
            "createPointsRedemptionIntent" => {
                json!({ "loyaltyCardId": self.id("flat card"), "pointsToRedeem": 20 })
            }
            _ => json!({ "loyaltyCardId": self.id("stamp card") }),
        };
        let made = act(self.client("consumer"), mutation, &input, "redemptionIntent { id code }");
        assert_eq!(made["success"], true, "{made}");
        made["redemptionIntent"].clone()
    }

    /// A discount on an open order.
    pub(crate) fn order_discount(&self) -> Value {
        let code = self.promised("createRedemptionIntent")["code"].clone();
        let input = json!({ "orderId": self.filled_order(), "redemptionCode": code });
        self.made("createOrderDiscount", "CreateOrderDiscountInput", "orderDiscount", &input)
    }

    /// A code of an offer that was confirmed.
    pub(crate) fn redemption(&self) -> Value {
        let code = self.promised("createRedemptionIntent")["code"].clone();
        let input = json!({ "code": code, "storeId": self.id("store") });
        self.made("confirmRedemption", "ConfirmRedemptionInput", "redemption", &input)
    }

    /// A role of the shop's own.
    pub(crate) fn role(&self) -> Value {
        let input = json!({ "displayName": "Matrix", "permissions": ["redeem"] });
        self.made("createRole", "CreateRoleInput", "role", &input)
    }

    /// A cashier of the shop, who has one thing of each sort.
    pub(crate) fn staff(&self) -> Value {
        let input = json!({
            "email": Self::email(), "firstname": "Matrix", "lastname": "Staff",
            "roles": [self.id("cashier")], "stores": [self.id("store")],
        });
        let id = self.made("createMerchant", "CreateMerchantInput", "merchant", &input);
        let permission = json!({ "merchantId": id, "permissionId": "sync" });
        let input_type = "MerchantPermissionInput";
        self.made("addPermissionToMerchant", input_type, "merchant", &permission)
    }

    /// Another owner of the shop.
    pub(crate) fn second_owner(&self) -> Value {
        let input = json!({
            "email": Self::email(), "firstname": "Matrix", "lastname": "Owner",
            "roles": [self.id("owner")],
        });
        self.made("createMerchant", "CreateMerchantInput", "merchant", &input)
    }

    /// An application of the shop.
    pub(super) fn application(&self) -> Value {
        let input = json!({ "name": "Matrix", "permissions": ["redeem"] });
        self.made("createApplication", "CreateApplicationInput", "application", &input)
    }

    /// A key of an application of the shop.
    pub(super) fn api_key(&self) -> Value {
        let input = json!({ "applicationId": self.application() });
        self.made("createApiKey", "CreateApiKeyInput", "apiKey", &input)
    }

    /// The refresh token of a log-in that nobody needs.
    pub(crate) fn refresh_token(&self) -> Value {
        let document = "mutation ($email: String!, $password: String!) {
            obtainToken(email: $email, password: $password) { refreshToken }
        }";
        let login = json!({ "email": "consumer@example.com", "password": PASSWORD });
        let answer = self.world.anonymous().query(document, login).succeeded();
        answer.data("obtainToken.refreshToken").clone()
    }

    /// An access token in force.
    pub(crate) fn token(&self) -> Value {
        let document = "mutation ($email: String!, $password: String!) {
            obtainToken(email: $email, password: $password) { token }
        }";
        let login = json!({ "email": "consumer@example.com", "password": PASSWORD });
        let answer = self.world.anonymous().query(document, login).succeeded();
        answer.data("obtainToken.token").clone()
    }
}
