//! Every leaf answers the same both ways: by name, and through juniper's own resolvers.

use std::collections::BTreeSet;

use juniper::{Variables, execute_sync};
use serde_json::{Value as Json, json};

use crate::{
    document::Schema,
    fast::{Fast, Leaf, Leaves},
    specimen::{Consumer, Context, Merchant, Specimen},
    written::Json as WrittenJson,
};

fn run(document: &str) -> (Json, Vec<String>) {
    let root = Specimen::root();
    let context = Context::default();
    let (data, errors) = execute_sync(document, None, &root, &Variables::new(), &context).unwrap();
    let errors = errors.iter().map(|error| error.error().message().to_owned()).collect();
    (crate::written::parsed(&data), errors)
}

fn data(document: &str) -> Json {
    run(document).0
}

/// The answer as it is sent.
fn written(data: &juniper::Value) -> String {
    let mut out = Vec::new();
    crate::written::write(&mut out, data);
    String::from_utf8(out).unwrap()
}

/// A leaf, by its name.
fn named(node: &impl Leaves, leaf: &str) -> Json {
    let mut json = WrittenJson::of(1);
    assert!(node.leaf(leaf, &mut json), "{leaf}");
    crate::written::parsed(&json.finish())
}

#[test]
fn every_leaf_answers_the_same_both_ways() {
    for pk in [2_i64, 3, 177, i64::from(i32::MAX) + 1] {
        for leaf in Consumer::LEAVES.iter().chain(&["__typename"]) {
            let by_name = named(&Consumer(pk), leaf);
            let short = data(&format!("{{ consumer(id: {pk}) {{ x: {leaf} }} }}"));
            let long = data(&format!(
                "{{ consumer(id: {pk}) {{ ...F }} }} fragment F on ConsumerNode {{ x: {leaf} @skip(if: false) }}"
            ));
            assert_eq!(short["consumer"]["x"], by_name, "{leaf}");
            assert_eq!(long["consumer"]["x"], by_name, "{leaf}");
        }
    }
    for leaf in Merchant::LEAVES.iter().chain(&["__typename"]) {
        let by_name = named(&Merchant(5), leaf);
        let long = data(&format!("{{ merchant {{ ... {{ {leaf} }} }} }}"));
        assert_eq!(long["merchant"][leaf], by_name, "{leaf}");
    }
}

#[test]
fn the_table_has_all_scalar_fields_without_arguments_that_cannot_fail() {
    let answer = data("{ __type(name: \"ConsumerNode\") { fields { name } } }");
    let fields: BTreeSet<&str> = answer["__type"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|field| field["name"].as_str())
        .collect();
    let others = ["broken", "creator", "nothing", "orders"];
    let listed: BTreeSet<&str> = Consumer::LEAVES.iter().copied().chain(others).collect();
    assert_eq!(listed, fields);
    assert!(!Consumer(1).leaf("creator", &mut WrittenJson::of(1)));
}

#[test]
fn what_is_no_leaf_stays_with_juniper() {
    let root = Specimen::root();
    let document = "{ consumer { pk broken email orders(first: 1) { count } } }";
    let (data, errors) =
        execute_sync(document, None, &root, &Variables::new(), &Context::default()).unwrap();
    assert_eq!(
        written(&data),
        r#"{"consumer":{"pk":177,"broken":null,"email":"a@b.c","orders":{"count":1}}}"#,
        "in the order asked"
    );
    assert_eq!(errors.len(), 1);
    let (data, errors) = run("{ consumer { pk nothing email } me }");
    assert_eq!(
        data,
        json!({"consumer": null, "me": null}),
        "null in a non-null field ends the object"
    );
    assert_eq!(errors, ["Nothing."]);
}

#[test]
fn one_key_twice_is_merged() {
    let data = data(
        "{ consumer { pk orders(first: 1) { count } pk orders(first: 1) { edges { cursor } } } }",
    );
    assert_eq!(
        data,
        json!({"consumer": {"pk": 177, "orders": {"count": 1, "edges": [{"cursor": "0"}]}}})
    );
}

#[test]
fn interfaces_hold_fast_types_and_are_fast_themselves() {
    for (pk, kind, own) in [(4, "ConsumerNode", "email"), (5, "MerchantNode", "logo")] {
        for document in [
            format!("{{ user(pk: {pk}) {{ __typename pk id firstname }} }}"),
            format!("{{ user(pk: {pk}) {{ ... on IUserNode {{ __typename pk id firstname }} }} }}"),
            format!(
                "{{ user(pk: {pk}) {{ __typename pk ... on Node {{ id }} firstname @skip(if: false) }} }}"
            ),
        ] {
            let user = &data(&document)["user"];
            assert_eq!(user["__typename"], kind, "{document}");
            assert_eq!(user["pk"], pk);
            assert_eq!(user["firstname"], if pk == 4 { "Ada" } else { "Max" });
        }
        let own_field = data(&format!("{{ user(pk: {pk}) {{ ... on {kind} {{ {own} pk }} }} }}"));
        assert_eq!(own_field["user"], json!({own: null, "pk": pk}));
    }
    assert_eq!(
        data(
            "{ nodes { __typename id ... on PromotionNode { name } ... on OfferNode { discount } ... on StoreNode { name } } }"
        )["nodes"][3],
        json!({"__typename": "OfferNode", "id": "T2ZmZXJOb2RlOjU=", "name": "OfferNode", "discount": 1})
    );
    assert_eq!(
        data("{ promotions { name ... on LoyaltyCardNode { stamps } } }")["promotions"],
        json!([{"name": "OfferNode"}, {"name": "LoyaltyCardNode", "stamps": 1}])
    );
    assert_eq!(
        data(
            "{ consumer { creator { __typename ... on MerchantNode { stores(first: 1) { name } } } } }"
        ),
        json!({"consumer": {"creator": {"__typename": "MerchantNode", "stores": [{"name": "Café"}]}}})
    );
}

#[test]
fn the_schema_does_not_know_of_the_short_way() {
    let sdl = Specimen::root().as_sdl();
    for line in [
        "type ConsumerNode implements IUserNode & Node {",
        "type OfferNode implements Node & PromotionNode {",
        "  pk: Int\n",
        "  id: ID!\n",
        "  createdAt: DateTime!\n",
        "  extraInfo: JSONString\n",
        "  gender: UserGender\n",
        "  user(pk: Int): IUserNode!\n",
        "scalar ExpectedErrorType",
        "scalar GenericScalar",
        "scalar Decimal",
    ] {
        assert!(sdl.contains(line), "{line} is not in\n{sdl}");
    }
    assert!(!sdl.contains("scalar ID") && !sdl.contains("Fast"));
}

#[test]
fn leaves_of_nothing_are_null() {
    let mut json = WrittenJson::of(1);
    None::<i32>.write(&mut json);
    assert!(crate::written::parsed(&json.finish()).is_null());
    assert_eq!(Fast::<i32>::from(5), Fast(5));
}

/// A type whose table lies, so that it shows which way an answer took.
struct Probe;

#[juniper::graphql_object]
#[graphql(scalar = juniper::DefaultScalarValue)]
#[expect(clippy::unused_self, reason = "a leaf is asked of an object")]
impl Probe {
    fn way(&self) -> i32 {
        2
    }
}

impl Leaves for Probe {
    const LEAVES: &'static [&'static str] = &["way"];

    fn leaf(&self, field: &str, json: &mut WrittenJson) -> bool {
        match field {
            "__typename" => "Probe".write(json),
            "way" => 1.write(json),
            _ => return false,
        }
        true
    }
}

struct Way;

#[juniper::graphql_object]
#[graphql(scalar = juniper::DefaultScalarValue)]
impl Way {
    fn probe() -> Fast<Probe> {
        Fast(Probe)
    }
}

#[test]
fn plain_leaves_take_the_short_way_and_nothing_else_does() {
    let root = juniper::RootNode::new(
        Way,
        juniper::EmptyMutation::<()>::new(),
        juniper::EmptySubscription::<()>::new(),
    );
    for (document, way) in [
        ("{ probe { way } }", 1),
        ("{ probe { __typename x: way } }", 1),
        ("{ probe { ... { way } } }", 2),
        ("{ probe { way @include(if: true) } }", 2),
        ("{ probe { ...F } } fragment F on Probe { way }", 2),
    ] {
        let (data, _) = execute_sync(document, None, &root, &Variables::new(), &()).unwrap();
        let data = crate::written::parsed(&data);
        let probe = data["probe"].as_object().unwrap();
        assert_eq!(probe.values().find_map(Json::as_i64), Some(way), "{document}");
    }
}
