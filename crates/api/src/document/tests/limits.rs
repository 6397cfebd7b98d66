//! What is refused before it runs, and what it would have cost.

use serde_json::json;

use super::{Documents, Limits, canonical, documents, none, refusal, variables};
use crate::specimen::Specimen;

#[test]
fn each_limit_has_its_sentence() {
    let nested = |levels: usize| {
        format!("{{ user {{ {} pk {} }} }}", "creator { ".repeat(levels), "} ".repeat(levels))
    };
    let aliases = |count: usize| -> String {
        (0..count).map(|number| format!("a{number}: __typename")).collect::<Vec<_>>().join(" ")
    };
    let introspection = |levels: usize| {
        let (open, close) = ("fields { type { ".repeat(levels), "} } ".repeat(levels));
        format!("{{ __schema {{ types {{ {open} name {close} }} }} }}")
    };
    for (document, within) in [
        (format!("{{ me # {}\n }}", "x".repeat(32 * 1024)), "bytes; at most 32768"),
        (format!("{{ {} }}", "me ".repeat(5_000)), "limit of 5000 tokens"),
        (nested(30), "limit of 24 levels"),
        ("{a".repeat(2_000), "limit of 24 levels"),
        (format!("{{ {} }}", "... { me } ".repeat(1_200)), "too many overlapping fields"),
        (
            format!(
                "{{ {} }} fragment F on Query {{ {} }} fragment G on Query {{ {} }}",
                "...F ".repeat(10),
                "...G ".repeat(10),
                "me ".repeat(25)
            ),
            "limit of 2000 fields",
        ),
        (format!("{{ {} }}", aliases(51)), "51 aliases; at most 50"),
        (format!("{{ {} }}", "__typename ".repeat(200)), "selected 200 times in one place"),
        (format!("{{ me {} }}", "@skip(if: false)".repeat(5)), "At most 4 directives"),
        (introspection(3), "at most 2 lists"),
        (
            format!(
                "mutation {{ {} }}",
                (0..11).map(|n| format!("a{n}: add(n: {n}) {{ p }}")).collect::<Vec<_>>().join(" ")
            ),
            "11 mutations were asked for at once; at most 10",
        ),
        (
            "mutation { a: obtainToken(password: \"a\") { p } b: obtainToken(password: \"b\") { p } }".to_owned(),
            "Only one mutation of accounts",
        ),
        ("subscription { x }".to_owned(), "does not serve this kind"),
        ("{ unknown }".to_owned(), "Unknown field \"unknown\""),
        ("{ me".to_owned(), "Unexpected end of input"),
        ("{ echo(at: \"yesterday\") }".to_owned(), "at"),
        ("{ echo(info: \"{\") }".to_owned(), "info"),
        ("{ ...F } fragment F on Query { ...F }".to_owned(), "Cannot spread fragment"),
        (String::new(), "Unexpected end of input"),
    ] {
        let message = refusal(&document, &none());
        assert!(message.contains(within), "{message} | {}", document.get(..80).unwrap_or(&document));
    }
    // The same just within the limits.
    for document in [
        nested(20),
        format!("{{ {} }}", aliases(50)),
        format!("{{ {} }}", "__typename ".repeat(100)),
        "{ me @skip(if: false) @include(if: true) }".to_owned(),
        introspection(2),
        "mutation { obtainToken(password: \"a\") { p } add(n: 1) { p } }".to_owned(),
    ] {
        assert!(canonical(&document, &none()).is_ok(), "{document}");
    }
}

#[test]
fn directives_are_complete_and_stand_once() {
    for (document, within, places) in [
        (
            "{ __typename @skip @skip }",
            "argument \"if\" of type \"Boolean!\" is required",
            &[14][..],
        ),
        ("{ me @include }", "argument \"if\" of type \"Boolean!\" is required", &[6]),
        (
            "{ me @skip(if: false) @skip(if: false) }",
            "\"@skip\" can stand in one place only once",
            &[6, 23],
        ),
        (
            "{ ... @include(if: true) @include(if: true) { me } }",
            "\"@include\" can stand in one place only once",
            &[7, 26],
        ),
        (
            "{ ...F @skip(if: false) @skip(if: true) } fragment F on Query { me }",
            "\"@skip\" can stand in one place only once",
            &[8, 25],
        ),
    ] {
        let problem = canonical(document, &none()).unwrap_err().remove(0);
        assert!(problem.message.contains(within), "{document}: {}", problem.message);
        let columns: Vec<_> = problem.locations.iter().map(|place| place.column).collect();
        assert_eq!(columns, places, "{document}");
    }
}

#[test]
fn a_literal_of_another_type_is_no_fault_of_the_syntax() {
    for (document, argument, kind) in [
        ("{ orders(first: 2.0) { count } }", "first", "Int"),
        ("{ orders(first: 2147483648) { count } }", "first", "Int"),
        ("{ orders(first: -1e400) { count } }", "first", "Int"),
        ("{ orders(first: {a: 1}) { count } }", "first", "Int"),
        ("{ echo(info: {a: 1}) }", "info", "JSONString"),
        ("{ echo(info: 2147483648) }", "info", "JSONString"),
        ("{ echo(at: {year: 2.5}) }", "at", "DateTime"),
        ("{ a: me orders(first: 2.0) { count } b: me }", "first", "Int"),
        ("query ($n: Int = 2.5) { orders(first: $n) { count } }", "n", "Int"),
        ("{ ...F } fragment F on Query { orders(first: 2.0) { count } }", "first", "Int"),
        ("{ me @skip(if: 2.5) }", "if", "Boolean"),
    ] {
        let message = refusal(document, &none());
        assert!(!message.contains("Syntax"), "{document}: {message}");
        assert!(message.contains(argument) && message.contains(kind), "{document}: {message}");
    }
    // What is wrong with the syntax still is.
    for document in ["{ orders(first: 2.0) { count }", "{ me(: 1) }", "{ echo(at: \"\\q\") }"] {
        let message = refusal(document, &none());
        assert!(message.starts_with("Syntax error"), "{document}: {message}");
    }
    // The limits hold for what is read once more.
    let deep = format!("{{ orders(first: 2.0) {{ {} }} }}", "edges { node {".repeat(20));
    assert!(refusal(&deep, &none()).starts_with("Syntax error"));
}

#[test]
fn spelling_out_types_is_bounded() {
    // Every level of `creator` is written for two types: 2^10 times the innermost.
    let document = format!(
        "{{ user {{ {} pk {} }} }}",
        "... on ConsumerNode { creator { id } } creator { ".repeat(10),
        "} ".repeat(10)
    );
    let limits = Limits { fields: 100, ..Limits::default() };
    let documents = Documents::<Specimen>::new(limits);
    let refused = documents.prepare(&document, None, &variables(&none())).unwrap_err();
    assert_eq!(refused[0].message, "The document selects too many fields.");
}

#[test]
fn the_standard_introspection_passes_and_can_be_turned_off() {
    let documents = documents();
    let text = include_str!("introspection.graphql");
    let form = documents.prepare(text, None, &variables(&none())).unwrap();
    let (data, errors) =
        form.execute(&variables(&none()), &crate::specimen::Context::default()).unwrap();
    assert!(errors.is_empty());
    let data = crate::written::parsed(&data);
    assert_eq!(data["__schema"]["queryType"]["name"], "Query");
    let closed = Documents::<Specimen>::new(Limits { introspection: false, ..Limits::default() });
    let refused = closed.prepare(text, None, &variables(&none())).unwrap_err();
    assert!(refused[0].message.contains("introspection is not allowed"), "{refused:?}");
    assert!(closed.prepare("{ __typename }", None, &variables(&none())).is_ok());
}

#[test]
fn cost_is_rows_times_children() {
    let documents = documents();
    for (document, given, cost) in [
        ("{ me }", json!({}), 1),
        ("{ consumer { pk id email } }", json!({}), 3),
        ("{ consumer { orders { count } } }", json!({}), 1 + 500),
        // A table is counted once, however often that is asked.
        ("{ orders { count } }", json!({}), 1 + 500),
        ("{ orders(first: 3) { a: count totalCount edges { cursor } } }", json!({}), 2 + 3 + 500),
        // Ten fields of the schema's own cost one.
        ("{ __schema { types { name } } }", json!({}), 100 / 10),
        ("{ __type(name: \"Query\") { fields { name args { name } } } }", json!({}), 20 * 6 / 10),
        (
            "{ consumer { orders { count edges { cursor node { pk id } } } } }",
            json!({}),
            1 + 100 * 3 + 500,
        ),
        ("{ consumer { orders(first: 10) { edges { node { pk } } } } }", json!({}), 10),
        ("{ consumer { orders(last: 7) { edges { node { pk } } } } }", json!({}), 7),
        ("{ consumer { orders(first: 0) { edges { node { pk } } } } }", json!({}), 1),
        (
            "query ($n: Int) { consumer { orders(first: $n) { edges { node { pk } } } } }",
            json!({"n": 30}),
            30,
        ),
        (
            "query ($n: Int = 20) { consumer { orders(first: $n) { edges { node { pk } } } } }",
            json!({}),
            20,
        ),
        (
            "query ($n: Int) { consumer { orders(first: $n) { edges { node { pk } } } } }",
            json!({"n": null}),
            100,
        ),
        (
            "{ consumer { orders(first: 5) { edges { node { pk orders(first: 4) { edges { cursor } } } } } } }",
            json!({}),
            5 * (1 + 4),
        ),
        // Once for each level, however many rows it has.
        (
            "{ orders(first: 5) { edges { node { orders(first: 4) { totalCount edges { cursor } } } } } }",
            json!({}),
            5 * (1 + 4) + 500,
        ),
        (
            "{ orders(first: 5) { count edges { node { a: orders { count } b: orders { count } } } } }",
            json!({}),
            1 + 5 * 2 + 3 * 500,
        ),
        // Of several types only one will be there.
        (
            "{ user { pk ... on ConsumerNode { email score } ... on MerchantNode { logo } } }",
            json!({}),
            3,
        ),
    ] {
        let given = variables(&given);
        let form = documents.prepare(document, None, &given).unwrap();
        assert_eq!(form.cost(&given, 100), cost, "{document}");
    }
}

#[test]
fn what_a_schema_says_of_itself_is_bounded() {
    let fields = (1..=25)
        .map(|n| format!("a{n}: fields {{ type {{ ...G }} }} "))
        .collect::<Vec<_>>()
        .concat();
    let inner = (1..=25).map(|n| format!("b{n}: fields {{ name }} ")).collect::<Vec<_>>().concat();
    let document = format!(
        "{{ __schema {{ types {{ ...F }} }} }} fragment F on __Type {{ {fields} }} fragment G on __Type {{ {inner} }}"
    );
    let refused = refusal(&document, &none());
    assert!(refused.contains("The operation costs"), "{refused}");
    let often = (1..=3).map(|n| format!("a{n}: __schema {{ ...S }} ")).collect::<Vec<_>>().concat();
    let standard = include_str!("introspection.graphql").replacen(
        "__schema {",
        "...R } fragment S on __Schema {",
        1,
    );
    let standard = standard.replacen("  }\n}\nfragment FullType", "  }\nfragment FullType", 1);
    let document = format!("{standard} fragment R on Query {{ {often} }}");
    let refused = refusal(&document, &none());
    assert!(refused.contains("The operation costs"), "{refused}");
}

#[test]
fn the_schema_of_the_product_can_be_asked_for() {
    let documents = Documents::<crate::schema::Regulars>::new(Limits::default());
    let text = include_str!("introspection.graphql");
    let form = documents.prepare(text, None, &variables(&none())).unwrap();
    assert!(form.cost(&variables(&none()), 100) <= Limits::default().cost);
}

#[test]
fn null_is_refused_where_the_schema_takes_none() {
    let documents = documents();
    for (document, given, right) in [
        ("query ($n: Int = 5) { twice(n: $n) }", json!({}), true),
        ("query ($n: Int = 5) { twice(n: $n) }", json!({"n": 7}), true),
        ("query ($n: Int = 5) { twice(n: $n) }", json!({"n": null}), false),
        ("query ($n: Int = 5) { twice(n: 1, ns: [2, $n]) }", json!({"n": null}), false),
        ("query ($n: Int = 5) { user(pk: $n) { pk } }", json!({"n": null}), true),
    ] {
        let given = variables(&given);
        // A known document is held to it as well.
        for _ in 0..2 {
            let prepared = documents.prepare(document, None, &given);
            assert_eq!(prepared.is_ok(), right, "{document} {given:?}");
            if let Err(problems) = prepared {
                assert!(problems[0].message.contains("$n"), "{problems:?}");
            }
        }
        if let Ok(form) = documents.prepare(document, None, &given) {
            let (_, errors) = form.execute(&given, &crate::specimen::Context::default()).unwrap();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }
}

#[test]
fn cost_is_limited_for_each_request() {
    let document = "query ($n: Int) { consumer { orders(first: $n) { edges { node { orders(first: $n) { edges { \
                    node { orders(first: $n) { edges { cursor } } } } } } } } } }";
    assert!(canonical(document, &json!({"n": 36})).is_ok());
    assert!(refusal(document, &json!({"n": 37})).contains("costs 50653"));
    assert!(refusal(document, &none()).contains("costs 1000000"));
    // No page is longer than the longest: a list that is asked for more says so itself.
    assert!(refusal(document, &json!({"n": i32::MAX})).contains("costs 1000000"));
    let documents = documents();
    documents.prepare(document, None, &variables(&json!({"n": 1}))).unwrap();
    let found = documents.find(document, None, &variables(&json!({"n": 100}))).unwrap();
    assert!(found.is_err(), "a known document is held to the limit as well");
}
