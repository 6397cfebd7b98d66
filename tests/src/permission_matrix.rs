//! Who may use which root field: `permission_matrix.txt`, held to what the server answers.
//!
//! Introspection names the root fields, and the table below has a document for each, often several; every actor really
//! asks each of them, on both databases. What is in their way comes out as the code of the answer. A root field without
//! a row fails the test, and so does an answer that is not in the file: `make matrix` writes it anew.

pub(crate) mod rows;
pub(crate) mod shop;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

use regulars_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::world::{World, on_both};
use shop::{ACTORS, Shop};

/// One question, put by each actor.
pub(crate) struct Row {
    /// `query` or `mutation`.
    pub(crate) kind: &'static str,
    /// The root field.
    pub(crate) field: &'static str,
    /// What is special about this one, where the field has several rows.
    case: &'static str,
    /// The document; the root field answers under its own name.
    pub(crate) document: &'static str,
    /// Its variables, about things that nobody else asks about meanwhile.
    pub(crate) variables: fn(&Shop<'_>) -> Value,
}

impl Row {
    pub(crate) fn label(&self) -> String {
        let gap = if self.case.is_empty() { "" } else { ": " };
        format!("{} {}{gap}{}", self.kind, self.field, self.case)
    }
}

const LEGEND: &str = "\
# Who may use which root field, found out by asking; written by `make matrix`, compared by the test of the same name.
# ok: answered or done. null: answered with null. denied: permission_denied, this kind of actor never may. absent:
# does_not_exist, there is no such thing for this one. Anything else is the code of the refusal.
# The shop is the first merchant of the demo world; `consumer` is its customer and the one asked about, `another` is
# nobody's customer; `manager`, `cashier` and `analyst` are the shop's; `stranger` owns another merchant; `admin` is the
# platform's; `app` is the shop's and has every permission, `app without` has none.
";

#[test]
fn the_permission_matrix_is_what_the_server_answers() {
    on_both(|world| {
        every_root_field_has_a_row(world);
        let found = matrix(world);
        let place = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("permission_matrix.txt");
        if std::env::var_os("WRITE_PERMISSION_MATRIX").is_some() {
            fs::write(&place, found).expect("the matrix is written");
            return;
        }
        let kept = fs::read_to_string(&place).unwrap_or_default();
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let (kept, found) = (lines(&kept), lines(&found));
        let gone: Vec<_> = kept.difference(&found).collect();
        let new: Vec<_> = found.difference(&kept).collect();
        assert!(
            gone.is_empty() && new.is_empty(),
            "{:?}: not what permission_matrix.txt says. If this is meant, run `make matrix` and look at the difference.\n\
             expected {gone:#?}\nfound {new:#?}",
            world.engine
        );
    });
}

#[test]
fn a_dead_token_is_nobody() {
    on_both(|world| {
        let shop = Shop::open(world);
        let dead = world.anonymous().bearer("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.x");
        for row in rows::all().iter().filter(|row| row.kind == "query") {
            let variables = (row.variables)(&shop);
            let asked = |client: &Client| {
                outcome(&client.query(row.document, variables.clone()), row.field)
            };
            assert_eq!(asked(&dead), asked(shop.client("anonymous")), "{}", row.label());
        }
    });
}

fn every_root_field_has_a_row(world: &World) {
    let document =
        "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }";
    let answer = world.anonymous().query(document, Value::Null).succeeded();
    let known: BTreeSet<_> = rows::all().iter().map(|row| (row.kind, row.field)).collect();
    for (kind, path) in
        [("query", "__schema.queryType.fields"), ("mutation", "__schema.mutationType.fields")]
    {
        let fields = answer.data(path).as_array().expect("a list of fields");
        for field in fields.iter().filter_map(|field| field["name"].as_str()) {
            assert!(known.contains(&(kind, field)), "{kind} {field} has no row in the matrix");
        }
    }
}

fn matrix(world: &World) -> String {
    let shop = Shop::open(world);
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for row in rows::all() {
        let cell = |(actor, _): &(&str, _)| {
            let answer = shop.client(actor).query(row.document, (row.variables)(&shop));
            outcome(&answer, row.field)
        };
        lines.push((row.label(), ACTORS.iter().map(cell).collect()));
    }
    lines.sort();
    let head = ACTORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    lines.insert(0, ("#".to_owned(), head));
    let wide = lines.iter().map(|(label, _)| label.len()).max().unwrap_or_default();
    let mut text = LEGEND.to_owned();
    for (label, cells) in lines {
        let mut line = format!("{label:wide$}");
        for cell in cells {
            write!(line, " | {cell:9}").expect("a string takes everything");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The code of an answer.
pub(crate) fn outcome(answer: &Answer, field: &str) -> String {
    let code = |code: &Value| match code.as_str() {
        Some("permission_denied") => "denied".to_owned(),
        Some("does_not_exist") => "absent".to_owned(),
        Some(other) => other.to_owned(),
        None => "no code".to_owned(),
    };
    if let Some(error) = answer.errors().first() {
        let code = code(&error["extensions"]["code"]);
        assert!(code != "no code" && code != "internal", "{field}: {}", answer.text);
        return code;
    }
    match answer.data(field) {
        Value::Null => "null".to_owned(),
        payload if payload["success"] == json!(false) => {
            let errors = payload["errors"].as_object().expect("errors of a refusal");
            let first = errors.values().next().expect("an error").clone();
            code(&first[0]["code"])
        }
        // Of many sales each answers for itself.
        payload if payload["purchases"][0]["success"] == json!(false) => {
            let errors =
                payload["purchases"][0]["errors"].as_object().expect("errors of a refusal");
            code(&errors.values().next().expect("an error")[0]["code"])
        }
        _ => "ok".to_owned(),
    }
}
