//! From nested JSON arrays to a segment, and back.
//!
//! `[field, operator, value]` is a term; `[rule, word, rule, …]` joins rules by `"AND"` and `"OR"`, AND binding before OR;
//! `["NOT", rule]` negates. What joins alike is flattened, so `[[a,"AND",b],"AND",c]` and `[a,"AND",b,"AND",c]` are the
//! same segment, and printing never nests deeper than what was read.

use regulars_kernel::{Rule, text::quoted};
use serde_json::Value as Json;

use super::{
    MAX_DEPTH, MAX_TERMS, Node, Segment,
    term::{Term, Wrong},
    value::shown,
};

const AND: &str = "AND";
const OR: &str = "OR";
const NOT: &str = "NOT";

pub(super) fn read(json: &Json) -> Result<Segment, Rule> {
    let mut reader = Reader { path: Vec::new(), terms: 0 };
    let root = reader.rule(json)?;
    Ok(Segment { root })
}

struct Reader {
    /// Where we are: the index in each array from the outermost in.
    path: Vec<usize>,
    terms: usize,
}

impl Reader {
    fn refuse<T>(&self, sentence: &str) -> Result<T, Rule> {
        let indices: Vec<String> = self.path.iter().map(|index| format!("[{index}]")).collect();
        let place = if indices.is_empty() { "the top".to_owned() } else { indices.concat() };
        let sentence = sentence.trim_end_matches('.');
        Err(Rule::Invalid(format!("Segmentation rules, at {place}: {sentence}.")))
    }

    /// Does something one array further in.
    fn within<T>(
        &mut self,
        index: usize,
        step: impl FnOnce(&mut Self) -> Result<T, Rule>,
    ) -> Result<T, Rule> {
        self.path.push(index);
        let outcome = step(self);
        self.path.pop();
        outcome
    }

    fn rule(&mut self, json: &Json) -> Result<Node, Rule> {
        let Json::Array(items) = json else {
            let sentence = format!(
                "a rule is an array, [field, operator, value] or [rule, \"AND\", rule], not {}",
                shown(json)
            );
            return self.refuse(&sentence);
        };
        if self.path.len() >= MAX_DEPTH {
            return self.refuse(&format!("rules nest at most {MAX_DEPTH} deep"));
        }
        match items.as_slice() {
            [] => self.refuse("a rule is empty"),
            [Json::String(word), rest @ ..] if is_word(word) => self.negation(word, rest),
            [Json::String(field), rest @ ..] => self.term(field, rest),
            _ => self.group(items),
        }
    }

    fn negation(&mut self, word: &str, rest: &[Json]) -> Result<Node, Rule> {
        let is_not = word.eq_ignore_ascii_case(NOT);
        match rest {
            [rule] if is_not => {
                let inner = self.within(1, |reader| reader.rule(rule))?;
                Ok(Node::Not(Box::new(inner)))
            }
            _ if is_not => self.refuse("[\"NOT\", rule] takes one rule"),
            _ => self.refuse(&format!("{} stands between two rules", quoted(word))),
        }
    }

    fn term(&mut self, field: &str, rest: &[Json]) -> Result<Node, Rule> {
        let [operator, value] = rest else {
            return self.refuse("a term is [field, operator, value]");
        };
        self.terms = self.terms.saturating_add(1);
        if self.terms > MAX_TERMS {
            return self.refuse(&format!("there are more than {MAX_TERMS} terms"));
        }
        Term::read(field, operator, value).map(Node::Term).or_else(|wrong| {
            let Wrong { part, item, sentence } = wrong;
            self.within(part, |reader| match item {
                Some(item) => reader.within(item, |reader| reader.refuse(&sentence)),
                None => reader.refuse(&sentence),
            })
        })
    }

    fn group(&mut self, items: &[Json]) -> Result<Node, Rule> {
        let mut disjuncts = Vec::new();
        let mut conjuncts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if index.is_multiple_of(2) {
                if item.as_str().is_some_and(|word| word.eq_ignore_ascii_case(NOT)) {
                    let sentence = "a negation is an array of its own: [\"NOT\", rule]";
                    return self.within(index, |reader| reader.refuse(sentence));
                }
                conjuncts.push(self.within(index, |reader| reader.rule(item))?);
                continue;
            }
            let word = item.as_str().unwrap_or_default();
            if word.eq_ignore_ascii_case(OR) {
                disjuncts.push(all(std::mem::take(&mut conjuncts)));
            } else if !word.eq_ignore_ascii_case(AND) {
                let sentence = format!("\"AND\" or \"OR\" is needed, not {}", shown(item));
                return self.within(index, |reader| reader.refuse(&sentence));
            }
        }
        if items.len().is_multiple_of(2) {
            return self.refuse("a rule is missing after the last word");
        }
        disjuncts.push(all(conjuncts));
        Ok(any(disjuncts))
    }
}

fn is_word(text: &str) -> bool {
    [AND, OR, NOT].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// What joins alike becomes part of the whole.
fn all(nodes: Vec<Node>) -> Node {
    let open = |node| match node {
        Node::All(inner) => inner,
        other => vec![other],
    };
    join(nodes.into_iter().flat_map(open).collect(), Node::All)
}

fn any(nodes: Vec<Node>) -> Node {
    let open = |node| match node {
        Node::Any(inner) => inner,
        other => vec![other],
    };
    join(nodes.into_iter().flat_map(open).collect(), Node::Any)
}

/// One rule alone is itself.
fn join(nodes: Vec<Node>, close: fn(Vec<Node>) -> Node) -> Node {
    match <[Node; 1]>::try_from(nodes) {
        Ok([only]) => only,
        Err(several) => close(several),
    }
}

pub(super) fn print(node: &Node) -> Json {
    match node {
        Node::Term(term) => term.json(),
        Node::Not(inner) => Json::Array(vec![Json::from(NOT), print(inner)]),
        Node::All(nodes) => Json::Array(joined(nodes.iter().map(|node| vec![print(node)]), AND)),
        Node::Any(nodes) => {
            // AND binds first, so a conjunction needs no array of its own.
            let part = |node: &Node| match node {
                Node::All(inner) => joined(inner.iter().map(|node| vec![print(node)]), AND),
                other => vec![print(other)],
            };
            Json::Array(joined(nodes.iter().map(part), OR))
        }
    }
}

fn joined(parts: impl Iterator<Item = Vec<Json>>, word: &str) -> Vec<Json> {
    let mut out = Vec::new();
    for part in parts {
        if !out.is_empty() {
            out.push(Json::from(word));
        }
        out.extend(part);
    }
    out
}
