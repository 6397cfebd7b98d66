//! Bulk operations: a query over everything, whose answer is a file.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufWriter, Write},
    sync::{Arc, OnceLock},
    thread,
};

use graphql_parser::query::{Field, Selection, SelectionSet};
use serde_json::{Map, Value, json};

use super::{
    customer::Customer,
    graphql::{self, Operation as Query, Run, Sight},
    order::Order,
    script::Bad,
    table::Table,
    world::{World, instant},
};

/// How many operations run at once, from version 2026-01 on; before, it is one.
const AT_ONCE: usize = 5;
/// From so many things on a file is written while others ask.
const LARGE: usize = 5_000;

/// An operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) status: String,
    error: Option<String>,
    query: String,
    created_at: i64,
    /// How often it is looked at before it has an end.
    looks: u32,
    /// What its file has, once it is written.
    file: Arc<OnceLock<io::Result<Count>>>,
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
        if self.looks > 0 || self.file.get().is_none() {
            self.looks = self.looks.saturating_sub(1);
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
        let count = self.file.get().and_then(|count| count.as_ref().ok().copied());
        let count = count.unwrap_or_default();
        let url = format!("{address}/bulk/{id}.jsonl?signature=fake");
        json!({
            "__typename": "BulkOperation", "id": gid(id), "status": self.status,
            "errorCode": if self.status == "FAILED" { json!(self.error) } else { Value::Null },
            "objectCount": count.lines.to_string(), "rootObjectCount": count.roots.to_string(),
            "fileSize": done.then(|| count.size.to_string()),
            "url": (done && count.lines > 0).then_some(&url),
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
        file: Arc::default(),
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
    let stock = Stock {
        customers: world.customers.clone(),
        orders: world.orders.clone(),
        hidden: world.hidden.clone(),
        version: version.to_owned(),
        grouped,
    };
    // What is wrong with a query shows with any object at all.
    let trial = stock.write(&query, 1, Box::new(io::sink()));
    if let Err(fatal) = trial {
        return user_error(&fatal.to_string(), "INVALID");
    }
    let is_large = stock.customers.len() + stock.orders.len() > LARGE;
    let file = Arc::clone(&operation.file);
    let write = move || {
        let created = File::create(path);
        let count =
            created.and_then(|made| stock.write(&query, at_most, Box::new(BufWriter::new(made))));
        let _first = file.set(count).is_ok();
    };
    if is_large {
        thread::spawn(write);
    } else {
        write();
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

/// How many lines a file has, how many of them are objects that belong to no other, and how many bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    lines: u64,
    roots: u64,
    size: u64,
}

/// A file that is written.
struct Output {
    file: Box<dyn Write + Send>,
    at_most: u64,
    count: Count,
}

impl Output {
    fn is_full(&self) -> bool {
        self.count.lines >= self.at_most
    }

    fn line(&mut self, value: &Value) -> io::Result<()> {
        if self.is_full() {
            return Ok(());
        }
        // Shopify escapes slashes.
        let line = value.to_string().replace('/', "\\/") + "\n";
        self.file.write_all(line.as_bytes())?;
        self.count.lines += 1;
        self.count.size += u64::try_from(line.len()).unwrap_or(0);
        Ok(())
    }
}

/// What the shop had when an operation was started.
struct Stock {
    customers: Table<Customer>,
    orders: Table<Order>,
    hidden: BTreeSet<String>,
    version: String,
    grouped: bool,
}

impl Stock {
    /// Writes every object on a line, and what belongs to it on lines of its own: after it where that is wanted, else at the end.
    fn write(&self, query: &Query, at_most: u64, file: Box<dyn Write + Send>) -> io::Result<Count> {
        let mut output = Output { file, at_most, count: Count::default() };
        let roots = query.fields(&query.selection, None);
        let root = roots.first().and_then(|root| Some((root, edges(query, root)?)));
        let Some((root, set)) = root else { return Ok(output.count) };
        let shown: Box<dyn Iterator<Item = Value>> = match root.name.as_str() {
            "customers" => {
                Box::new(self.customers.iter().map(|(id, one)| one.show(id, &self.version)))
            }
            "orders" => Box::new(self.orders.iter().map(|(id, one)| one.show(id))),
            other => {
                return Err(invalid(&format!("Field '{other}' doesn't exist on type 'QueryRoot'")));
            }
        };
        let mut later = Vec::new();
        for value in shown {
            if output.is_full() {
                break;
            }
            let mut run = Run::new(query, Sight { hidden: &self.hidden, is_denied: false });
            let (line, children) = split(query, &mut run, &value, set);
            if let Some(fatal) = run.fatal {
                return Err(invalid(fatal["message"].as_str().unwrap_or_default()));
            }
            output.line(&line)?;
            output.count.roots += 1;
            if self.grouped {
                children.iter().try_for_each(|child| output.line(child))?;
            } else {
                later.extend(children);
            }
        }
        later.iter().try_for_each(|child| output.line(child))?;
        output.file.flush()?;
        Ok(output.count)
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("Invalid bulk query: {why}"))
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
