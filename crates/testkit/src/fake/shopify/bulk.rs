//! Bulk operations: a query over everything, whose answer is a file.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
};

use graphql_parser::query::{Field, Selection, SelectionSet};
use serde_json::{Map, Value, json};

use super::{
    graphql::{self, Operation as Query, Run, Sight},
    script::Bad,
    world::{World, instant},
};

/// How many operations run at once, from version 2026-01 on; before, it is one.
const AT_ONCE: usize = 5;

/// An operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) status: String,
    error: Option<String>,
    query: String,
    created_at: i64,
    /// How often it is looked at before it has an end.
    looks: u32,
    /// How many lines its file has, and of them objects that belong to no other.
    lines: u64,
    roots: u64,
    size: u64,
    /// How it will end.
    ends: String,
    is_partial: bool,
}

impl Operation {
    pub(super) fn is_running(&self) -> bool {
        matches!(self.status.as_str(), "CREATED" | "RUNNING")
    }

    /// One look: it goes on. Whether this was its end.
    fn look(&mut self) -> bool {
        if !self.is_running() {
            return false;
        }
        if self.looks > 0 {
            self.looks -= 1;
            "RUNNING".clone_into(&mut self.status);
            return false;
        }
        self.status.clone_from(&self.ends);
        true
    }

    pub(super) fn expire(&mut self) {
        "EXPIRED".clone_into(&mut self.status);
    }

    pub(super) fn show(&self, id: u64, address: &str) -> Value {
        let done = self.status == "COMPLETED";
        let url = format!("{address}/bulk/{id}.jsonl?signature=fake");
        json!({
            "__typename": "BulkOperation", "id": gid(id), "status": self.status,
            "errorCode": if self.status == "FAILED" { json!(self.error) } else { Value::Null },
            "objectCount": self.lines.to_string(), "rootObjectCount": self.roots.to_string(),
            "fileSize": done.then(|| self.size.to_string()),
            "url": (done && self.lines > 0).then_some(&url),
            "partialDataUrl": (self.status == "FAILED" && self.is_partial).then_some(&url),
            "query": self.query, "type": "QUERY", "createdAt": instant(self.created_at),
            "completedAt": null,
        })
    }
}

fn gid(id: u64) -> String {
    format!("gid://shopify/BulkOperation/{id}")
}

fn user_error(message: &str, code: &str) -> Value {
    json!({
        "bulkOperation": null,
        "userErrors": [{ "code": code, "field": ["query"], "message": message }],
    })
}

/// Starts an operation.
pub(super) fn start(
    world: &mut World,
    text: &str,
    grouped: bool,
    version: &str,
    bad: Option<&Bad>,
) -> Value {
    let running = world.operations.values().filter(|one| one.is_running()).count();
    if version < "2026-01" && running >= 1 {
        let message = "A bulk query operation for this app and shop is already in progress.";
        return user_error(message, "OPERATION_IN_PROGRESS");
    }
    if running >= AT_ONCE {
        return user_error("You have reached the limit of bulk operations.", "LIMIT_REACHED");
    }
    let query = match graphql::parse(text, &Value::Null) {
        Ok(query) => query,
        Err(error) => {
            return user_error(&format!("Invalid bulk query: {}", error["message"]), "INVALID");
        }
    };
    if let Err(why) = check(&query) {
        return user_error(&why, "INVALID");
    }
    let id = world.number();
    let mut operation = Operation {
        status: "CREATED".to_owned(),
        error: None,
        query: text.to_owned(),
        created_at: world.now,
        looks: world.bulk_looks,
        lines: 0,
        roots: 0,
        size: 0,
        ends: "COMPLETED".to_owned(),
        is_partial: false,
    };
    let path = world.path(&format!("{id}.jsonl"));
    let mut at_most = u64::MAX;
    match bad {
        Some(Bad::DeniedBulk) => {
            "FAILED".clone_into(&mut operation.ends);
            operation.error = Some("ACCESS_DENIED".to_owned());
        }
        Some(Bad::FailedBulk(lines)) => {
            "FAILED".clone_into(&mut operation.ends);
            operation.error = Some("INTERNAL_SERVER_ERROR".to_owned());
            operation.is_partial = lines.is_some();
            at_most = lines.map_or(0, |lines| u64::try_from(lines).unwrap_or(0));
        }
        _ => {}
    }
    let written = File::create(path).and_then(|file| {
        let mut output =
            Output { file: BufWriter::new(file), at_most, lines: 0, roots: 0, size: 0 };
        write(world, &query, version, grouped, &mut output)?;
        output.file.flush()?;
        Ok(output)
    });
    match written {
        Ok(output) => {
            (operation.lines, operation.roots, operation.size) =
                (output.lines, output.roots, output.size);
        }
        Err(fatal) => return user_error(&fatal.to_string(), "INVALID"),
    }
    let answer = json!({ "bulkOperation": operation.show(id, ""), "userErrors": [] });
    world.operations.insert(id, operation);
    answer
}

/// Refuses what a bulk query may not have.
fn check(query: &Query) -> Result<(), String> {
    if query.has_variables {
        return Err("Bulk queries cannot contain variables".to_owned());
    }
    let roots = query.fields(&query.selection, None);
    let [root] = roots.as_slice() else {
        return Err("Bulk queries can have one top-level field only".to_owned());
    };
    if matches!(root.name.as_str(), "node" | "nodes") {
        return Err("Bulk queries cannot contain a top level node or nodes field".to_owned());
    }
    if edges(query, root).is_none() {
        return Err("Bulk queries must contain at least one connection".to_owned());
    }
    Ok(())
}

/// The selection of `edges { node {…} }`, or of `nodes {…}`.
fn edges<'a>(
    query: &'a Query,
    field: &'a Field<'static, String>,
) -> Option<&'a SelectionSet<'static, String>> {
    let inner = query.fields(&field.selection_set, None);
    if let Some(nodes) = inner.iter().find(|one| one.name == "nodes") {
        return Some(&nodes.selection_set);
    }
    let edges = inner.iter().find(|one| one.name == "edges")?;
    let inner = query.fields(&edges.selection_set, None);
    inner.iter().find(|one| one.name == "node").map(|node| &node.selection_set)
}

struct Output {
    file: BufWriter<File>,
    at_most: u64,
    lines: u64,
    roots: u64,
    size: u64,
}

impl Output {
    fn line(&mut self, value: &Value) -> io::Result<()> {
        if self.lines >= self.at_most {
            return Ok(());
        }
        // Shopify escapes slashes.
        let line = value.to_string().replace('/', "\\/") + "\n";
        self.file.write_all(line.as_bytes())?;
        self.lines += 1;
        self.size += u64::try_from(line.len()).unwrap_or(0);
        Ok(())
    }
}

/// Writes every object on a line, and what belongs to it on lines of its own: after it where that is wanted, else at the end.
fn write(
    world: &World,
    query: &Query,
    version: &str,
    grouped: bool,
    output: &mut Output,
) -> io::Result<()> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
    let roots = query.fields(&query.selection, None);
    let Some((root, set)) = roots.first().and_then(|root| Some((root, edges(query, root)?))) else {
        return Ok(());
    };
    let mut later = Vec::new();
    let mut one = |value: &Value, output: &mut Output| {
        let sight = Sight { hidden: &world.hidden, is_denied: false };
        let mut run = Run::new(query, sight);
        let (line, children) = split(query, &mut run, value, set);
        if let Some(fatal) = run.fatal {
            return Err(invalid(format!("Invalid bulk query: {}", fatal["message"])));
        }
        output.line(&line)?;
        output.roots += 1;
        if grouped {
            return children.iter().try_for_each(|child| output.line(child));
        }
        later.extend(children);
        Ok(())
    };
    match root.name.as_str() {
        "customers" => {
            for (id, customer) in world.customers.iter() {
                one(&customer.show(id, version), output)?;
            }
        }
        "orders" => {
            for (id, order) in world.orders.iter() {
                one(&order.show(id), output)?;
            }
        }
        other => return Err(invalid(format!("Field '{other}' doesn't exist on type 'QueryRoot'"))),
    }
    later.iter().try_for_each(|child| output.line(child))
}

/// An object without the lists that belong to it, and those apart, each with its parent.
fn split(
    query: &Query,
    run: &mut Run<'_>,
    value: &Value,
    set: &SelectionSet<'static, String>,
) -> (Value, Vec<Value>) {
    let of_type = value["__typename"].as_str();
    let (mut line, mut children) = (Map::new(), Vec::new());
    for field in query.fields(set, of_type) {
        let nested = value[&field.name].get("__connection").and_then(Value::as_array);
        if let (Some(nodes), Some(inner)) = (nested, edges(query, field)) {
            for node in nodes {
                let (mut child, _) = split(query, run, node, inner);
                child["__parentId"] = value["id"].clone();
                children.push(child);
            }
            continue;
        }
        let items = vec![Selection::Field(field.clone())];
        let found = run.select(value, &SelectionSet { span: set.span, items });
        line.extend(found.as_object().cloned().unwrap_or_default());
    }
    (Value::Object(line), children)
}

impl World {
    /// Everybody who asks of an operation has it go on.
    pub(super) fn look_at_bulk(&mut self, gid: &str) {
        let id = gid.rsplit('/').next().and_then(|id| id.parse().ok());
        let Some(operation) = id.and_then(|id: u64| self.operations.get_mut(&id)) else { return };
        if operation.look() {
            let body = json!({
                "admin_graphql_api_id": gid, "completed_at": instant(self.now),
                "status": operation.status.to_ascii_lowercase(), "type": "query", "error_code": null,
            });
            self.tell("bulk_operations/finish", &body);
        }
    }
}
