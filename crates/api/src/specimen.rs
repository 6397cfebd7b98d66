//! A small schema of the shape of the real one, for the tests of this crate's lower half: objects in two interfaces, an
//! interface over everything, connections, and mutations that count how often they ran.

#![expect(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_literal_bound,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "the schema decides what a resolver takes and gives"
)]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use chrono::NaiveDate;
use crossbeam_channel::{Receiver, Sender, unbounded};
use juniper::{
    DefaultScalarValue, EmptySubscription, Executor, FieldError, FieldResult, GraphQLEnum,
    RootNode, graphql_interface, graphql_object, graphql_value,
};
use parking_lot::Mutex;
use regulars_kernel::Timestamp;

use crate::{
    document::{OperationKind, Root, Schema},
    fast::Fast,
    fast_interface, fast_object,
    global_id::{Id, pk_field},
    leaf_enums,
    scalar::{
        Date, DateTime, DateTimeArgument, Decimal, ExpectedErrorType, GenericScalar, JSONString,
        Time,
    },
    service::{Head, Headers, Refusal, Request, Service},
};

#[derive(Debug, Default)]
pub(crate) struct Context {
    /// What ran, in order.
    pub(crate) log: Mutex<Vec<String>>,
    pub(crate) bearer: Option<String>,
    held: Arc<Held>,
}
impl juniper::Context for Context {}

impl Context {
    fn note(&self, what: impl Into<String>) {
        self.log.lock().push(what.into());
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
#[graphql(name = "UserGender")]
pub(crate) enum Gender {
    Female,
    #[graphql(name = "NON_BINARY")]
    Other,
}
leaf_enums!(Gender);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Consumer(pub(crate) i64);

fast_object! {
    #[graphql(name = "ConsumerNode", context = Context, impl = [IUserNodeValue, NodeValue])]
    /// A person.
    impl Consumer {
        leaves {
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0) }
            "id" => fn id(&self) -> Id { Id::global("IUserNode", self.0) }
            /// Given name.
            "firstname" => fn firstname(&self) -> &str { "Ada" }
            "email" => fn email(&self) -> Option<String> { (self.0 % 2 == 1).then(|| "a@b.c".into()) }
            "gender" => fn gender(&self) -> Option<Gender> {
                (self.0 != 3).then_some(if self.0 % 2 == 0 { Gender::Female } else { Gender::Other })
            }
            "createdAt" => fn created_at(&self) -> DateTime {
                DateTime(Timestamp::from_micros(1_704_164_645_678_901))
            }
            "birthday" => fn birthday(&self) -> Option<Date> {
                NaiveDate::from_ymd_opt(2000, 1, 2).map(Date)
            }
            "opens" => fn opens(&self) -> Option<Time> { Time::parse("7:05") }
            "total" => fn total(&self) -> Decimal { Decimal::from_minor(1230, 2) }
            "extraInfo" => fn extra_info(&self) -> Option<JSONString> { JSONString::parse("{\"a\": 1}") }
            "active" => fn active(&self) -> bool { true }
            "score" => fn score(&self) -> f64 { 0.5 }
        }
        fields {
            fn creator(&self, context: &Context) -> Option<IUserNodeValue> {
                context.note("creator");
                (self.0 != 0).then(|| Fast(Merchant(1)).into())
            }
            fn orders(
                &self,
                executor: &Executor<'_, '_, Context, DefaultScalarValue>,
                first: Option<i32>,
                last: Option<i32>,
            ) -> OrderConnection {
                let mut seen: Vec<String> = executor
                    .look_ahead()
                    .children()
                    .into_iter()
                    .map(|child| child.field_original_name().to_owned())
                    .collect();
                seen.sort();
                executor.context().note(format!("orders {}", seen.join(",")));
                OrderConnection(first.or(last).unwrap_or(100))
            }
            fn broken(&self) -> FieldResult<Option<i32>> {
                Err(FieldError::new("Broken.", graphql_value!({"code": "does_not_exist"})))
            }
            fn nothing(&self) -> FieldResult<i32> {
                Err(FieldError::new("Nothing.", graphql_value!({"code": "invalid"})))
            }
        }
    }
}
pub(crate) type ConsumerNode = Fast<Consumer>;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Merchant(pub(crate) i64);

fast_object! {
    #[graphql(name = "MerchantNode", context = Context, impl = [IUserNodeValue, NodeValue])]
    impl Merchant {
        leaves {
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0) }
            "id" => fn id(&self) -> Id { Id::global("IUserNode", self.0) }
            "firstname" => fn firstname(&self) -> &str { "Max" }
            "logo" => fn logo(&self) -> Option<&str> { None }
        }
        fields {
            fn creator(&self) -> Option<IUserNodeValue> { None }
            fn stores(&self, first: Option<i32>) -> Vec<Store> {
                (0..i64::from(first.unwrap_or(2))).map(Store).collect()
            }
        }
    }
}
pub(crate) type MerchantNode = Fast<Merchant>;

/// Not a fast one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Store(i64);

#[graphql_object]
#[graphql(name = "StoreNode", context = Context, scalar = DefaultScalarValue, impl = NodeValue)]
impl Store {
    fn id(&self) -> Id {
        Id::global("StoreNode", self.0)
    }
    fn name(&self) -> &str {
        "Café"
    }
}

macro_rules! promotion {
    ($type:ident, $node:ident, $name:literal, $own:literal) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $type(i64);

        fast_object! {
            #[graphql(name = $name, context = Context, impl = [PromotionNodeValue, NodeValue])]
            impl $type {
                leaves {
                    "id" => fn id(&self) -> Id { Id::global($name, self.0) }
                    "name" => fn name(&self) -> &str { $name }
                    $own => fn own(&self) -> i32 { 1 }
                }
                fields {}
            }
        }
        pub(crate) type $node = Fast<$type>;
    };
}
promotion!(Offer, OfferNode, "OfferNode", "discount");
promotion!(Card, LoyaltyCardNode, "LoyaltyCardNode", "stamps");

#[expect(dead_code, reason = "juniper makes an enum of it")]
#[graphql_interface]
#[graphql(
    name = "IUserNode", for = [ConsumerNode, MerchantNode], context = Context, scalar = DefaultScalarValue
)]
pub(crate) trait IUserNode {
    fn id(&self) -> Id;
    fn pk(&self) -> Option<i32>;
    fn firstname(&self) -> &str;
    fn creator(&self) -> Option<IUserNodeValue>;
}
fast_interface!(IUserNodeValue: ConsumerNode, MerchantNode);

#[expect(dead_code, reason = "juniper makes an enum of it")]
#[graphql_interface]
#[graphql(
    name = "PromotionNode", for = [OfferNode, LoyaltyCardNode], context = Context, scalar = DefaultScalarValue
)]
pub(crate) trait PromotionNode {
    fn id(&self) -> Id;
    fn name(&self) -> &str;
}

#[expect(dead_code, reason = "juniper makes an enum of it")]
#[graphql_interface]
#[graphql(
    name = "Node",
    for = [ConsumerNode, MerchantNode, Store, OfferNode, LoyaltyCardNode],
    context = Context,
    scalar = DefaultScalarValue
)]
pub(crate) trait Node {
    fn id(&self) -> Id;
}

pub(crate) struct OrderConnection(i32);

#[graphql_object]
#[graphql(context = Context, scalar = DefaultScalarValue)]
impl OrderConnection {
    fn count(&self) -> i32 {
        self.0
    }
    fn total_count(&self) -> i32 {
        self.0
    }
    fn edges(&self) -> Vec<OrderEdge> {
        (0..self.0).map(OrderEdge).collect()
    }
}

pub(crate) struct OrderEdge(i32);

#[graphql_object]
#[graphql(context = Context, scalar = DefaultScalarValue)]
impl OrderEdge {
    fn cursor(&self) -> String {
        self.0.to_string()
    }
    fn node(&self) -> ConsumerNode {
        Fast(Consumer(i64::from(self.0)))
    }
}

/// A scalar whose reading panics, to see what a fault in reading a request costs.
#[derive(Clone, Copy, Debug, juniper::GraphQLScalar)]
#[graphql(parse_token(String))]
#[graphql(to_output_with = Self::write, from_input_with = Self::read)]
pub(crate) struct Trap;

impl Trap {
    const fn write(&self) -> bool {
        true
    }

    fn read(text: &str) -> Self {
        assert!(text != "boom", "the secret of the parser");
        Self
    }
}

pub(crate) struct Query;

#[graphql_object]
#[graphql(context = Context, scalar = DefaultScalarValue)]
impl Query {
    fn consumer(id: Option<Id>) -> FieldResult<Option<ConsumerNode>> {
        let pk = id.map_or(Ok(177), |id| id.pk("IUserNode"))?;
        Ok(Some(Fast(Consumer(pk))))
    }
    fn orders(first: Option<i32>) -> OrderConnection {
        OrderConnection(first.unwrap_or(100))
    }
    fn merchant() -> MerchantNode {
        Fast(Merchant(5))
    }
    fn user(pk: Option<i32>) -> Fast<IUserNodeValue> {
        let pk = i64::from(pk.unwrap_or(4));
        if pk % 2 == 0 { Fast(Fast(Consumer(pk)).into()) } else { Fast(Fast(Merchant(pk)).into()) }
    }
    fn users() -> Vec<IUserNodeValue> {
        vec![Fast(Consumer(2)).into(), Fast(Merchant(3)).into()]
    }
    fn nodes() -> Vec<NodeValue> {
        vec![
            Fast(Consumer(2)).into(),
            Fast(Merchant(3)).into(),
            Store(4).into(),
            Fast(Offer(5)).into(),
            Fast(Card(6)).into(),
        ]
    }
    fn promotions() -> Vec<PromotionNodeValue> {
        vec![Fast(Offer(5)).into(), Fast(Card(6)).into()]
    }
    fn me(context: &Context) -> Option<&str> {
        context.bearer.as_deref()
    }
    fn claims() -> Option<GenericScalar> {
        Some(GenericScalar(serde_json::json!({"email": "a@b.c", "exp": 5})))
    }
    fn echo(
        at: Option<DateTimeArgument>,
        amount: Option<Decimal>,
        info: Option<JSONString>,
        id: Option<Id>,
    ) -> Vec<String> {
        let texts = [
            DateTimeArgument::instant(at).map(|at| DateTime(at).to_string()),
            amount.map(|value| value.to_string()),
            info.map(JSONString::into_string),
            id.map(|value| value.to_string()),
        ];
        texts.into_iter().flatten().collect()
    }
    /// Takes no null; a variable with a default may stand here all the same.
    fn twice(n: i32, ns: Option<Vec<i32>>) -> i32 {
        n * 2 + ns.map_or(0, |ns| ns.iter().sum())
    }
    fn fragile(trap: Option<Trap>) -> bool {
        trap.is_some()
    }
    /// A broken promise of ours.
    fn nameless() -> FieldResult<Option<bool>> {
        Err(FieldError::new("The secret of the database.", juniper::Value::null()))
    }
    fn hold(context: &Context) -> bool {
        context.held.hold();
        true
    }
    fn panics() -> bool {
        panic!("the secret of the database")
    }
}

pub(crate) struct Payload(i32);

#[graphql_object]
#[graphql(context = Context, scalar = DefaultScalarValue)]
impl Payload {
    fn success(&self) -> bool {
        true
    }
    fn errors(&self) -> Option<ExpectedErrorType> {
        (self.0 < 0).then(|| ExpectedErrorType::new().with(Some("n"), "Negative.", "invalid"))
    }
    fn p(&self) -> i32 {
        self.0
    }
    fn q(&self) -> i32 {
        self.0
    }
}

pub(crate) struct Mutation;

#[graphql_object]
#[graphql(context = Context, scalar = DefaultScalarValue)]
impl Mutation {
    fn add(context: &Context, n: i32, ns: Option<Vec<i32>>) -> FieldResult<Option<Payload>> {
        context.note(format!("add {n} {ns:?}"));
        Ok(Some(Payload(n)))
    }
    fn hold(context: &Context) -> Option<Payload> {
        context.held.hold();
        Some(Payload(0))
    }
    #[graphql(name = "obtainToken")]
    fn obtain_token(context: &Context, password: String) -> FieldResult<Option<Payload>> {
        context.note(format!("login {}", password.len()));
        Ok(Some(Payload(0)))
    }
}

pub(crate) struct Specimen;

impl Schema for Specimen {
    type Context = Context;
    type Query = Query;
    type Mutation = Mutation;

    fn root() -> Root<Self> {
        RootNode::new(Query, Mutation, EmptySubscription::new())
    }
}

/// Holds operations that ask for it until a test lets them go.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) begun: AtomicUsize,
    let_go: (Sender<()>, Receiver<()>),
}

impl Default for Held {
    fn default() -> Self {
        Self { begun: AtomicUsize::new(0), let_go: unbounded() }
    }
}

impl Held {
    fn hold(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.let_go.1.recv().unwrap();
    }

    /// Lets one go, be it one that has not begun yet.
    pub(crate) fn let_go(&self) {
        self.let_go.0.send(()).unwrap();
    }
}

/// Serves the schema; counts the states it made and the contexts it closed.
#[derive(Default)]
pub(crate) struct Shop {
    pub(crate) states: AtomicUsize,
    pub(crate) closed: AtomicUsize,
    pub(crate) held: Arc<Held>,
}

impl Service for Shop {
    type Schema = Specimen;
    type State = usize;

    fn state(&self, _: OperationKind) -> usize {
        self.states.fetch_add(1, Ordering::SeqCst)
    }

    fn vouches(&self, head: &Head) -> bool {
        matches!(head.bearer, Ok(Some(_)))
    }

    fn may_be_long(&self, root_field: &str) -> bool {
        root_field == "add"
    }

    fn open(&self, _: &mut usize, request: &Request<'_, Specimen>) -> Result<Context, Refusal> {
        match request.head.header("x-api-key") {
            Ok(Some("wrong")) => Err(Refusal::unauthenticated("Unknown API key.")),
            Err(_unreadable) => Err(Refusal::invalid("key", "Unreadable.")),
            Ok(Some("late")) => Err(Refusal::invalid("at", "Too late.")),
            Ok(Some("eager")) => Err(Refusal::too_many(7)),
            _ => Ok(Context {
                bearer: match &request.head.bearer {
                    Ok(bearer) => bearer.as_ref().map(|bearer| bearer.expose().to_owned()),
                    Err(_unreadable) => Some("unreadable".to_owned()),
                },
                held: Arc::clone(&self.held),
                ..Context::default()
            }),
        }
    }

    fn close(&self, state: &mut usize, context: Context) -> Headers {
        self.closed.fetch_add(1, Ordering::SeqCst);
        let statements = context.log.lock().len();
        vec![("X-Statements", statements.to_string()), ("X-State", state.to_string())]
    }
}

pub(crate) fn shop() -> Arc<Shop> {
    Arc::default()
}
