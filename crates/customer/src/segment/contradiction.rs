//! Rules that nobody can meet, seen from the rules alone.

use std::cmp::Ordering;

use super::{Field, Node, Operand, Operator, Segment, term::Term, value::Value};

impl Segment {
    /// Whether the rules contradict themselves: no customer there could ever be fits. True is certain; false says only that
    /// no contradiction stands on the face of them, which is looked for among the rules that one AND joins, and in what is
    /// the same for every customer.
    pub fn is_contradictory(&self) -> bool {
        never(self.root(), true)
    }
}

/// Whether a rule never comes out as wanted.
fn never(node: &Node, wanted: bool) -> bool {
    match node {
        Node::Term(term) => {
            term.field().constant().is_some_and(|values| term.holds(&values) != wanted)
        }
        Node::Not(inner) => never(inner, !wanted),
        // A conjunction that is not to hold is a disjunction of what is not to, and the other way round.
        Node::All(nodes) if wanted => all_never(nodes, wanted),
        Node::Any(nodes) if !wanted => all_never(nodes, wanted),
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().all(|node| never(node, wanted)),
    }
}

/// Whether these never come out as wanted together.
fn all_never(nodes: &[Node], wanted: bool) -> bool {
    let mut demands: Vec<Demand<'_>> = Vec::new();
    for node in nodes {
        if never(node, wanted) {
            return true;
        }
        demands.extend(Demand::of(node, wanted));
    }
    let fields = demands.iter().map(|demand| demand.term.field());
    fields.enumerate().any(|(index, field)| {
        let first = demands.iter().position(|demand| demand.term.field() == field) == Some(index);
        let own: Vec<_> =
            demands.iter().filter(|demand| demand.term.field() == field).copied().collect();
        first && cannot_be(field, &own)
    })
}

/// A term that is to hold, or not to.
#[derive(Clone, Copy)]
struct Demand<'a> {
    term: &'a Term,
    wanted: bool,
}

impl<'a> Demand<'a> {
    fn of(node: &'a Node, wanted: bool) -> Option<Self> {
        match node {
            Node::Term(term) => Some(Self { term, wanted }),
            Node::Not(inner) => Self::of(inner, !wanted),
            Node::All(_) | Node::Any(_) => None,
        }
    }

    fn is_met_by(self, values: &[Value]) -> bool {
        self.term.holds(values) == self.wanted
    }
}

/// Whether no values of a field meet all of what is demanded of it.
fn cannot_be(field: &Field, demands: &[Demand<'_>]) -> bool {
    let met_by = |values: &[Value]| demands.iter().all(|demand| demand.is_met_by(values));
    if met_by(&[]) {
        return false;
    }
    let contrary = |one: &Demand<'_>| {
        demands.iter().any(|other| one.term == other.term && one.wanted != other.wanted)
    };
    let absent = |demand: &Demand<'_>| matches!(demand.term.operand(), Operand::Absent(absent) if *absent == demand.wanted);
    if demands.iter().any(contrary) || demands.iter().any(absent) {
        return true;
    }
    if !has_one_value(field) {
        return false;
    }
    let wanted = demands.iter().filter(|demand| demand.wanted);
    let named = wanted.clone().find_map(|demand| named(demand.term));
    if let Some(values) = named {
        return !values.iter().any(|value| met_by(std::slice::from_ref(value)));
    }
    let bounds: Vec<_> = wanted.flat_map(|demand| bounds(demand.term)).collect();
    let least = bounds.iter().filter(|bound| bound.is_least);
    least.into_iter().any(|least| {
        bounds.iter().filter(|bound| !bound.is_least).any(|greatest| {
            match least.value.compare(greatest.value) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => least.is_outside || greatest.is_outside,
                Some(Ordering::Less) | None => false,
            }
        })
    })
}

/// Whether a customer has one value of a field, or none: not one for each row that they own, or each form of a scalar.
const fn has_one_value(field: &Field) -> bool {
    !matches!(
        field,
        Field::OrdersStore
            | Field::OrdersProduct
            | Field::OrdersCompletedAt
            | Field::VisitsStore
            | Field::RedemptionsOffer
            | Field::RedemptionsCreatedAt
            | Field::LoyaltyCard
            | Field::ExtraInfo(_)
    )
}

/// The values of which a term asks for one.
fn named(term: &Term) -> Option<&[Value]> {
    match (term.operator(), term.operand()) {
        (Operator::Exact | Operator::Iexact, Operand::One(value)) => {
            Some(std::slice::from_ref(value))
        }
        (Operator::In, Operand::Many(values)) => Some(values),
        _ => None,
    }
}

/// An end of what a term asks for.
struct Bound<'a> {
    value: &'a Value,
    is_least: bool,
    /// Whether the value itself does not fit.
    is_outside: bool,
}

fn bounds(term: &Term) -> Vec<Bound<'_>> {
    let bound = |value, is_least, is_outside| Bound { value, is_least, is_outside };
    match (term.operator(), term.operand()) {
        (Operator::Gt, Operand::One(value)) => vec![bound(value, true, true)],
        (Operator::Gte, Operand::One(value)) => vec![bound(value, true, false)],
        (Operator::Lt, Operand::One(value)) => vec![bound(value, false, true)],
        (Operator::Lte, Operand::One(value)) => vec![bound(value, false, false)],
        (_, Operand::Between(least, greatest)) => {
            vec![bound(least, true, false), bound(greatest, false, false)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regulars_kernel::{MerchantId, PersonId};
    use serde_json::{Value as Json, json};

    use super::super::{evaluate, parse, sample};

    fn contradicts(rules: &Json) -> bool {
        parse(rules).unwrap_or_else(|rule| panic!("{rules}: {rule}")).is_contradictory()
    }

    #[test]
    fn rule_31_what_nobody_can_meet_is_seen() {
        for rules in [
            json!([["gender", "exact", "MALE"], "AND", ["gender", "exact", "FEMALE"]]),
            json!([["city", "exact", "Bonn"], "AND", ["NOT", ["city", "iexact", "BONN"]]]),
            json!([["city", "in", ["Bonn", "Köln"]], "AND", ["city", "icontains", "berlin"]]),
            json!([
                ["age", "gte", 18],
                "AND",
                ["verified", "exact", true],
                "AND",
                ["age", "lt", 18]
            ]),
            json!([["age", "range", [20, 30]], "AND", ["age", "gt", 30]]),
            json!([["birthday", "isnull", true], "AND", ["birthday", "gt", "2000-01-01"]]),
            json!([["orders__store", "exact", "7"], "AND", ["NOT", ["orders__store", "exact", 7]]]),
            json!([["orders__store", "exact", "7"], "AND", ["orders__store", "isnull", true]]),
            json!(["userType", "exact", "MERCHANT"]),
            json!(["NOT", ["staff", "exact", false]]),
            json!(["logo", "exact", "x"]),
            // Each of the two ways is barred.
            json!([["staff", "exact", true], "OR", ["age", "gt", 9], "AND", ["age", "lt", 9]]),
            json!(["NOT", [["gender", "isnull", true], "OR", ["gender", "isnull", false]]]),
        ] {
            assert!(contradicts(&rules), "{rules}");
        }
    }

    #[test]
    fn rule_31_what_somebody_can_meet_is_no_contradiction() {
        for rules in [
            json!([["gender", "exact", "MALE"], "OR", ["gender", "exact", "FEMALE"]]),
            json!([["gender", "in", ["MALE", "OTHER"]], "AND", ["gender", "exact", "OTHER"]]),
            json!([["age", "gte", 18], "AND", ["age", "lte", 18]]),
            // Different orders can be in different stores, and what is absent is less than nothing.
            json!([["orders__store", "exact", 7], "AND", ["orders__store", "exact", 8]]),
            json!([["NOT", ["age", "gte", 18]], "AND", ["NOT", ["age", "lt", 18]]]),
            json!([["extraInfo.shoe", "exact", 42], "AND", ["extraInfo.shoe", "exact", "42"]]),
            json!([["staff", "exact", true], "OR", ["city", "exact", "Bonn"]]),
        ] {
            assert!(!contradicts(&rules), "{rules}");
        }
    }

    proptest! {
        /// Nobody fits what is said to contradict itself.
        #[test]
        fn rule_31_a_contradiction_holds_for_nobody(
            rules in prop::collection::vec(any::<u16>(), 0..120),
            facts in prop::collection::vec(any::<u16>(), 0..120),
        ) {
            let picks = |entropy: Vec<u16>| {
                let mut rest = entropy.into_iter();
                move || rest.next().unwrap_or_default().into()
            };
            let segment = parse(&sample::rules(&mut picks(rules))).unwrap();
            let facts = sample::facts(&mut picks(facts), MerchantId::new(1), PersonId::new(2));
            prop_assert!(!(segment.is_contradictory() && evaluate(&segment, &facts)), "{segment}");
        }
    }
}
