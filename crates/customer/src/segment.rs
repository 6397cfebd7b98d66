//! Segments: who a promotion is for, and whom a list of customers shows (rule 31).
//!
//! A segment is read from JSON ([`parse`], [`parse_text`]), checked against what each [`Field`] is, and from then on
//! valid: [`evaluate`] decides it for one customer from [`SegmentFacts`], stores compile it to a condition over all of
//! theirs. Both mean the same: the documentation of [`Field`] and [`Operator`] says what.
//!
//! ```
//! # use regulars_customer::segment;
//! let rules = serde_json::json!([
//!     ["gender", "exact", "male"], "AND", ["redemptions__offer", "in", ["194", "60"]],
//! ]);
//! let segment = segment::parse(&rules).unwrap();
//! assert_eq!(
//!     segment.to_string(),
//!     r#"[["gender","exact","MALE"],"AND",["redemptions__offer","in",["194","60"]]]"#,
//! );
//! ```
//!
//! Logic has two values. A comparison holds where some value of the field fits, so with an absent value it is false, and
//! its NOT true: `["NOT", ["city", "exact", "Bonn"]]` holds for people without a city. Each term asks by itself:
//! `orders__store` and `orders__product` in one segment can be met by different orders.

mod contradiction;
mod decimal;
mod evaluate;
mod facts;
mod field;
mod folded;
mod grammar;
mod operator;
#[cfg(any(test, feature = "suite"))]
pub mod sample;
mod term;
#[cfg(test)]
mod tests;
mod value;

use std::{collections::BTreeSet, fmt};

use regulars_kernel::Rule;
use serde_json::Value as Json;

pub use decimal::Decimal;
pub use evaluate::evaluate;
pub use facts::{
    Needs, OrderFact, OrderFacts, RedemptionFact, RedemptionFacts, SegmentFacts, VisitFact,
    VisitFacts,
};
pub use field::{Choices, Field, MAX_KEY_CHARS, ValueKind};
pub use folded::{extra_info_number_key, extra_info_text_key, folded_text};
pub use operator::Operator;
pub use term::{MAX_LIST, Operand, Term};
pub use value::{MAX_TEXT_CHARS, Text, Value};

/// How deep rules nest, the outermost array and the terms included.
pub const MAX_DEPTH: usize = 8;
/// How many terms a segment has at most.
pub const MAX_TERMS: usize = 100;
/// The most bytes of a segment's JSON.
pub const MAX_BYTES: usize = 64 * 1024;

/// A rule of a segment. [`Node::All`] and [`Node::Any`] have two or more parts, none of their own sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// One comparison.
    Term(Term),
    /// Holds where the rule does not.
    Not(Box<Node>),
    /// Holds where every rule does.
    All(Vec<Node>),
    /// Holds where some rule does.
    Any(Vec<Node>),
}

/// A valid segment. Two that are equal print alike and hold for the same people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    root: Node,
}

/// Reads segmentation rules. The refusal says what is wrong, where (`[2][0]`: the first part of the third rule), and what
/// is allowed.
pub fn parse(json: &Json) -> Result<Segment, Rule> {
    grammar::read(json)
}

/// Reads segmentation rules from the text of a JSON document of at most [`MAX_BYTES`].
pub fn parse_text(text: &str) -> Result<Segment, Rule> {
    if text.len() > MAX_BYTES {
        let sentence = format!("Segmentation rules have at most {MAX_BYTES} bytes.");
        return Err(Rule::Invalid(sentence));
    }
    // serde_json's own limit of depth stands guard here: no text overflows the stack.
    let json = serde_json::from_str(text).map_err(|_syntax| {
        Rule::Invalid("Segmentation rules are a JSON array: this is not valid JSON.".to_owned())
    })?;
    parse(&json)
}

impl Segment {
    /// The outermost rule.
    pub const fn root(&self) -> &Node {
        &self.root
    }

    /// The canonical JSON: reading it gives an equal segment.
    pub fn canonical(&self) -> Json {
        grammar::print(&self.root)
    }

    /// Every term, from left to right.
    pub fn terms(&self) -> Vec<&Term> {
        fn collect<'a>(node: &'a Node, terms: &mut Vec<&'a Term>) {
            match node {
                Node::Term(term) => terms.push(term),
                Node::Not(inner) => collect(inner, terms),
                Node::All(nodes) | Node::Any(nodes) => {
                    for node in nodes {
                        collect(node, terms);
                    }
                }
            }
        }
        let mut terms = Vec::new();
        collect(&self.root, &mut terms);
        terms
    }

    /// The fields that it asks about.
    pub fn fields_used(&self) -> BTreeSet<&Field> {
        self.terms().into_iter().map(Term::field).collect()
    }

    /// What has to be loaded beside the membership to [`evaluate`] it.
    pub fn needs(&self) -> Needs {
        self.terms().into_iter().fold(Needs::default(), Needs::with)
    }
}

/// The canonical JSON as text.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.canonical().fmt(f)
    }
}
