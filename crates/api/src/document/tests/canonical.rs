//! What the canonical form looks like, and the traps that it closes.

use serde_json::json;

use super::{canonical, documents, none, refusal, run, run_raw, variables};
use crate::specimen::Context;

#[test]
fn one_response_key_runs_once() {
    for document in [
        "mutation { add(n: 1) { p } add(n: 1) { q } }",
        "mutation { ...F ...F } fragment F on Mutation { add(n: 1) { p q } }",
        "mutation { add(n: 1) { p } ... { add(n: 1) { q } } ... on Mutation { add(n: 1) { q } } }",
        "mutation { add(n: 1) { ...P } add(n: 1) { ...P q } } fragment P on Payload { p }",
    ] {
        let (data, errors, log) = run(document, &none());
        assert_eq!(data, json!({"add": {"p": 1, "q": 1}}), "{document}");
        assert_eq!(log, ["add 1 None"], "{document}");
        assert!(errors.is_empty());
        assert!(run_raw(document, &none()).1.len() > 1, "the trap is gone: {document}");
    }
}

#[test]
fn different_keys_run_each_in_order() {
    let (documents, context, none) = (documents(), Context::default(), variables(&none()));
    let document = "mutation { b: add(n: 2) { p } a: add(n: 1) { p } }";
    let form = documents.prepare(document, None, &none).unwrap();
    let (data, _) = form.execute(&none, &context).unwrap();
    assert_eq!(serde_json::to_string(&data).unwrap(), r#"{"b":{"p":2},"a":{"p":1}}"#);
    assert_eq!(*context.log.lock(), ["add 2 None", "add 1 None"]);
}

#[test]
fn a_resolver_sees_all_that_is_asked_of_it() {
    let document =
        "{ consumer { orders(first: 1) { count } orders(first: 1) { edges { cursor } } } }";
    assert_eq!(run(document, &none()).2, ["orders count,edges"]);
    assert_eq!(run_raw(document, &none()).1, ["orders count", "orders count"], "the trap is gone");
}

#[test]
fn what_differs_is_refused_where_juniper_takes_it_for_equal() {
    let document = "mutation { add(n: 1, ns: [1]) { p } add(n: 1, ns: [1, 2]) { q } }";
    assert!(refusal(document, &none()).contains("`add` is selected twice"));
    assert_eq!(run_raw(document, &none()).1.len(), 2, "the trap is gone");
    for same in [
        "mutation { add(n: 1, ns: [1]) { p } add(ns: [1], n: 1) { q } }",
        "mutation { add(n: 1, ns: [1]) { p } add(n: 1, ns: [ 1, ]) { q } }",
    ] {
        assert_eq!(run(same, &none()).2.len(), 1, "{same}");
    }
}

#[test]
fn null_decides_nothing() {
    let document = "query ($a: Boolean = true) { me @include(if: $a) }";
    assert_eq!(run(document, &none()).0, json!({"me": null}));
    assert!(refusal(document, &json!({"a": null})).contains("must be true or false"));
    let raw = std::panic::catch_unwind(|| run_raw(document, &json!({"a": null})));
    assert!(raw.is_err(), "the trap is gone");
}

#[test]
fn decisions_are_part_of_what_runs() {
    let document = "mutation ($a: Boolean!, $b: Boolean!, $n: Int!) { add(n: $n) @include(if: $a) { p } \
                    add(n: $n) @skip(if: $b) { q } }";
    for (a, b, data, runs) in [
        (true, false, json!({"add": {"p": 7, "q": 7}}), 1),
        (true, true, json!({"add": {"p": 7}}), 1),
        (false, false, json!({"add": {"q": 7}}), 1),
        (false, true, json!({}), 0),
    ] {
        let (answer, _, log) = run(document, &json!({"a": a, "b": b, "n": 7}));
        assert_eq!(answer, data);
        assert_eq!(log.len(), runs);
    }
    // Variables are held to their types even where nothing uses them any more.
    let unused = json!({"a": false, "b": true});
    assert!(refusal(document, &unused).contains("\"$n\" of required type \"Int!\""));
    assert!(refusal(document, &json!({"a": 5, "b": true, "n": 1})).contains("$a"));
}

#[test]
fn fragments_and_directives_are_gone() {
    for (document, form) in [
        ("{ me }", "query{me }"),
        ("{ a: me ...F } fragment F on Query { me }", "query{a:me me }"),
        (
            "query Q($id: ID = \"5\") { consumer(id: $id) { pk ... on ConsumerNode { pk email } ... on Node { id } } }",
            "query Q($id:ID=\"5\"){consumer(id:$id){pk email id } }",
        ),
        ("{ me @skip(if: false) merchant @skip(if: true) { pk } }", "query{me }"),
        ("{ merchant { pk @skip(if: true) } }", "query{merchant{__typename @skip(if: true)} }"),
        // An object type takes only what is for it.
        (
            "{ consumer { ... on IUserNode { ... on MerchantNode { logo } pk } } }",
            "query{consumer{pk } }",
        ),
        // Leaves that all types answer need not be asked again in fragments, as Apollo's clients do.
        (
            "{ user { __typename id ... on ConsumerNode { __typename email id } ... on MerchantNode { __typename logo } } }",
            "query{user{__typename id ...on ConsumerNode{email}...on MerchantNode{logo}} }",
        ),
        // What overlaps and has selections of its own is written out for each type.
        (
            "{ user { creator { pk } ... on ConsumerNode { creator { id } } } }",
            "query{user{...on ConsumerNode{creator{pk id }}...on MerchantNode{creator{pk }}} }",
        ),
        (
            "{ nodes { ... on IUserNode { id pk } ... on ConsumerNode { email } } }",
            "query{nodes{...on IUserNode{id pk}...on ConsumerNode{email}} }",
        ),
    ] {
        assert_eq!(canonical(document, &none()).as_deref(), Ok(form), "{document}");
    }
}

#[test]
fn values_are_printed_as_they_came() {
    let document =
        "query Übung { echo(id: \"é\\u0041\", amount: 12.30, info: \"\"\"{\"a\": [1]}\"\"\") }"
            .replace("Übung", "Uebung");
    let form = canonical(&document, &none()).unwrap();
    assert!(form.contains("id:\"é\\u0041\" amount:12.30 info:\"\"\"{\"a\": [1]}\"\"\""), "{form}");
    assert_eq!(run(&document, &none()).0, json!({"echo": ["12.30", "{\"a\": [1]}", "éA"]}));
}

#[test]
fn errors_stand_where_the_client_wrote_the_field() {
    let document = "# é\nquery ($x: Int) {\n  user(pk: $x) { pk }\n  ...F\n}\nfragment F on Query {\n  consumer { broken }\n}";
    let documents = documents();
    let form = documents.prepare(document, None, &variables(&none())).unwrap();
    let (_, errors) = form.execute(&variables(&none()), &Context::default()).unwrap();
    let place = form.location(&errors[0]).unwrap();
    assert_eq!((place.line, place.column), (7, 14));
    let problems = form.execute(&variables(&json!({"x": "a"})), &Context::default()).unwrap_err();
    assert_eq!((problems[0].locations[0].line, problems[0].locations[0].column), (2, 8));
}

#[test]
fn operations_are_chosen_by_name() {
    let document = "query A { me } mutation B { add(n: 1) { p } }";
    let documents = documents();
    let none = variables(&none());
    let form = documents.prepare(document, Some("B"), &none).unwrap();
    assert_eq!(form.text(), "mutation B{add(n:1){p } }");
    assert_eq!(documents.prepare(document, Some("A"), &none).unwrap().text(), "query A{me }");
    for name in [None, Some("C")] {
        assert!(documents.prepare(document, name, &none).is_err(), "{name:?}");
    }
}

#[test]
fn known_documents_are_found_again() {
    let documents = documents();
    let none = variables(&none());
    assert!(documents.find("{ me }", None, &none).is_none());
    let first = documents.prepare("{ me }", None, &none).unwrap();
    let again = documents.find("{ me }", None, &none).unwrap().unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    assert!(documents.find("{ me }", Some("A"), &none).is_none(), "the name is part of the key");
    // Each combination of decisions has a form of its own.
    let document = "query ($a: Boolean!) { me @include(if: $a) merchant { pk } }";
    let (yes, no) = (variables(&json!({"a": true})), variables(&json!({"a": false})));
    documents.prepare(document, None, &yes).unwrap();
    assert!(documents.find(document, None, &no).is_none());
    assert_eq!(documents.prepare(document, None, &no).unwrap().text(), "query{merchant{pk } }");
    assert!(documents.find(document, None, &yes).unwrap().is_ok());
}

#[test]
fn the_cache_is_bounded_by_number_and_by_bytes() {
    let mut limits = super::Limits { cached_documents: 10, ..super::Limits::default() };
    let none = variables(&none());
    let few = super::Documents::<crate::specimen::Specimen>::new(limits.clone());
    for number in 0..50 {
        few.prepare(&format!("{{ a{number}: me }}"), None, &none).unwrap();
    }
    assert_eq!(few.cached().0, 10);
    assert!(few.find("{ a49: me }", None, &none).is_some());
    assert!(few.find("{ a0: me }", None, &none).is_none());
    limits.cached_bytes = 10_000;
    let small = super::Documents::<crate::specimen::Specimen>::new(limits);
    for number in 0..50 {
        small.prepare(&format!("{{ a{number}: me }}"), None, &none).unwrap();
    }
    let (count, bytes) = small.cached();
    let after = (count, bytes);
    assert!(count > 0 && count < 10 && bytes <= 10_000, "{count} {bytes}");
    // What is skipped is parsed all the same, and weighs.
    let skipped = format!("{{ me merchant @skip(if: true) {{ {} }} }}", "pk ".repeat(90));
    assert!(small.prepare(&skipped, None, &none).unwrap().text().len() < 20);
    assert!(small.find(&skipped, None, &none).is_none(), "it alone is past the bound");
    assert_eq!(small.cached(), after, "and pushes nothing out");
}

#[test]
fn each_form_of_a_document_weighs() {
    let documents = documents();
    let weight = |number: u32| {
        let conditions: Vec<bool> = (0..3).map(|bit| number & (1 << bit) != 0).collect();
        let given = json!({"a": conditions[0], "b": conditions[1], "c": conditions[2]});
        let document = "query ($a: Boolean!, $b: Boolean!, $c: Boolean!) { me @skip(if: $a) merchant @skip(if: $b) { pk } \
                        consumer @skip(if: $c) { pk } }";
        documents.prepare(document, None, &variables(&given)).unwrap();
        documents.cached().1
    };
    let weights: Vec<usize> = (0..8).map(weight).collect();
    assert!(weights.is_sorted_by(|a, b| a < b), "{weights:?}");
}

#[test]
fn what_is_refused_takes_no_room() {
    let documents = documents();
    let document = "query ($n: Int) { consumer { orders(first: $n) { edges { node { orders(first: $n) { edges { node { \
                    orders(first: $n) { edges { cursor } } } } } } } } } }";
    assert!(documents.prepare(document, None, &variables(&none())).is_err());
    assert_eq!(documents.cached().0, 0);
}

#[test]
fn passwords_that_are_written_out_are_kept_nowhere() {
    let documents = documents();
    let given = variables(&json!({"p": "hunter2"}));
    for (document, kept) in [
        ("mutation { obtainToken(password: \"hunter2\") { p } }", false),
        (
            "mutation { ...F } fragment F on Mutation { obtainToken(password: \"hunter2\") { p } }",
            false,
        ),
        ("mutation ($p: String! = \"hunter2\") { obtainToken(password: $p) { p } }", false),
        ("mutation ($p: String!) { obtainToken(password: $p) { p } add(n: 1) { p } }", true),
        ("mutation { add(n: 2) { p } }", true),
    ] {
        let form = documents.prepare(document, None, &given).unwrap();
        assert_eq!(documents.find(document, None, &given).is_some(), kept, "{document}");
        assert!(!format!("{form:?}").contains("hunter2"));
    }
    // Nor beside the operation that was chosen.
    let two = "mutation A { obtainToken(password: \"hunter2\") { p } } query B { me }";
    documents.prepare(two, Some("B"), &given).unwrap();
    assert!(documents.find(two, Some("B"), &given).is_none());
}

#[test]
fn other_operations_decide_nothing() {
    let document = "query A($x: Int) { user(pk: $x) { pk } ...F me @include(if: true) } \
                    query B($x: Boolean!) { me @include(if: $x) ...G } \
                    fragment F on Query { consumer { pk } } fragment G on Query { merchant @skip(if: $x) { pk } }";
    let documents = documents();
    let form = documents.prepare(document, Some("A"), &variables(&json!({"x": 5}))).unwrap();
    assert!(form.text().contains("me"), "{}", form.text());
    let form = documents.prepare(document, Some("B"), &variables(&json!({"x": true}))).unwrap();
    assert_eq!(form.text(), "query B{me }");
}
