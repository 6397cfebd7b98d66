//! Random documents answer the same in their canonical form as juniper answers them as they stand, where running a
//! resolver twice makes no difference; and no response key is left twice for any type.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::json;

use super::{canonical, documents, run, run_raw};

/// A type, its leaves, and its fields with the type of each.
type Kind = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const TYPES: &[Kind] = &[
    (
        "Query",
        &["me", "claims"],
        &[
            ("consumer", "ConsumerNode"),
            ("merchant", "MerchantNode"),
            ("user(pk: $n)", "IUserNode"),
            ("users", "IUserNode"),
            ("nodes", "Node"),
            ("promotions", "PromotionNode"),
        ],
    ),
    (
        "ConsumerNode",
        &["id", "pk", "email", "gender"],
        &[("creator", "IUserNode"), ("orders(first: 2)", "OrderConnection")],
    ),
    ("MerchantNode", &["id", "pk", "logo"], &[("creator", "IUserNode"), ("stores", "StoreNode")]),
    ("StoreNode", &["id", "name"], &[]),
    ("OfferNode", &["id", "name", "discount"], &[]),
    ("LoyaltyCardNode", &["id", "name", "stamps"], &[]),
    ("IUserNode", &["id", "pk", "firstname"], &[("creator", "IUserNode")]),
    ("PromotionNode", &["id", "name"], &[]),
    ("Node", &["id"], &[]),
    ("OrderConnection", &["count"], &[("edges", "OrderEdge")]),
    ("OrderEdge", &["cursor"], &[("node", "ConsumerNode")]),
];

/// Conditions that may stand under each type.
fn conditions(kind: &str) -> &'static [&'static str] {
    match kind {
        "ConsumerNode" => &["ConsumerNode", "IUserNode", "Node"],
        "MerchantNode" => &["MerchantNode", "IUserNode", "Node"],
        "StoreNode" => &["StoreNode", "Node"],
        "OfferNode" => &["OfferNode", "PromotionNode", "Node"],
        "LoyaltyCardNode" => &["LoyaltyCardNode", "PromotionNode", "Node"],
        "IUserNode" => &["ConsumerNode", "MerchantNode", "IUserNode", "Node"],
        "PromotionNode" => &["OfferNode", "LoyaltyCardNode", "PromotionNode", "Node"],
        "Node" => &[
            "ConsumerNode",
            "MerchantNode",
            "StoreNode",
            "OfferNode",
            "LoyaltyCardNode",
            "IUserNode",
            "PromotionNode",
            "Node",
        ],
        "Query" => &["Query"],
        "OrderConnection" => &["OrderConnection"],
        _ => &["OrderEdge"],
    }
}

/// Writes a document out of random bytes.
struct Writer<'a> {
    dice: std::slice::Iter<'a, u8>,
    text: String,
}

impl Writer<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        self.dice.next().map_or(0, |byte| usize::from(*byte)) % sides
    }

    fn directive(&mut self) {
        let directive = match self.roll(9) {
            1 => " @include(if: $a)",
            2 => " @skip(if: $b)",
            3 => " @include(if: $b) @skip(if: $a)",
            4 => " @include(if: true)",
            5 => " @skip(if: true)",
            _ => "",
        };
        self.text.push_str(directive);
    }

    fn set(&mut self, kind: &str, depth: usize) {
        let (_, leaves, fields) = TYPES.iter().find(|(name, ..)| *name == kind).unwrap();
        self.text.push_str(" { __typename");
        for _ in 0..=self.roll(4) {
            self.text.push(' ');
            match self.roll(if depth == 0 { 2 } else { 6 }) {
                0 | 1 => {
                    let leaf = leaves[self.roll(leaves.len())];
                    if self.roll(4) == 3 {
                        write!(self.text, "x_{leaf}: ").unwrap();
                    }
                    self.text.push_str(leaf);
                    self.directive();
                }
                2 | 3 if !fields.is_empty() => {
                    let (field, kind) = fields[self.roll(fields.len())];
                    self.text.push_str(field);
                    self.directive();
                    self.set(kind, depth - 1);
                }
                _ => {
                    let conditions = conditions(kind);
                    let on = conditions[self.roll(conditions.len())];
                    write!(self.text, "... on {on}").unwrap();
                    self.directive();
                    self.set(on, depth - 1);
                }
            }
        }
        self.text.push_str(" }");
    }
}

fn document(dice: &[u8]) -> String {
    let mut writer = Writer { dice: dice.iter(), text: String::new() };
    writer.text.push_str("query ($a: Boolean!, $b: Boolean!, $n: Int)");
    writer.set("Query", 5);
    // Every variable has to be used somewhere.
    let body = writer.text.trim_end_matches('}').to_owned();
    format!("{body} used: me @include(if: $a) @skip(if: $b) last: user(pk: $n) {{ pk }} }}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn canonical_forms_answer_the_same(
        dice in proptest::collection::vec(any::<u8>(), 0..160),
        a: bool,
        b: bool,
        n in proptest::option::of(1_i32..5),
    ) {
        let document = document(&dice);
        let given = json!({"a": a, "b": b, "n": n});
        // A node that writes itself cannot be merged any more, which canonical forms never ask for. Under a directive
        // juniper makes its values itself.
        let unwritten = document.replace("{ __typename", "{ __typename @include(if: true)");
        let (raw, raw_log) = run_raw(&unwritten, &given);
        let (data, errors, log) = run(&document, &given);
        prop_assert_eq!(&data, &raw, "{}", document);
        prop_assert!(errors.is_empty());
        prop_assert!(log.len() <= raw_log.len());

        // The form is a fixed point: nothing is left to merge.
        let form = canonical(&document, &given).unwrap();
        let again = documents().prepare(&form, None, &super::variables(&json!({"n": n}))).unwrap();
        prop_assert_eq!(again.text(), form.as_str());
    }
}

#[test]
fn one_field_through_many_conditions_runs_once_for_each_object() {
    let document = "{ nodes { ... on IUserNode { creator { pk } } ... on ConsumerNode { creator { id } } \
                    ... on Node { ... on ConsumerNode { creator { firstname } } } } }";
    let (data, _, log) = run(document, &json!({}));
    assert_eq!(log, ["creator"], "only the consumer notes it");
    let consumer = json!({"creator": {"pk": 1, "id": "SVVzZXJOb2RlOjE=", "firstname": "Max"}});
    assert_eq!(data["nodes"][0], consumer);
    assert_eq!(data["nodes"][1], json!({"creator": null}));
    assert_eq!(run_raw(document, &json!({})).1.len(), 3, "the trap is gone");
}
