//! Executes a query over what the shop has: fields, aliases, arguments, variables, fragments and directives.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use graphql_parser::query::{
    Definition, Directive, Document, Field, OperationDefinition, Selection, SelectionSet, Type,
    TypeCondition, Value as Literal, VariableDefinition, parse_query,
};
use serde_json::{Map, Number, Value, json};

/// An operation that was asked for.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) is_mutation: bool,
    pub(super) selection: SelectionSet<'static, String>,
    pub(super) has_variables: bool,
    fragments: BTreeMap<String, (String, SelectionSet<'static, String>)>,
    variables: Map<String, Value>,
}

/// An error as Shopify words it.
pub(super) fn error(message: &str, code: Option<&str>) -> Value {
    match code {
        Some(code) => json!({ "message": message, "extensions": { "code": code } }),
        None => json!({ "message": message }),
    }
}

type Parts =
    (Option<String>, bool, Vec<VariableDefinition<'static, String>>, SelectionSet<'static, String>);

fn parts(operation: OperationDefinition<'static, String>) -> Option<Parts> {
    Some(match operation {
        OperationDefinition::SelectionSet(set) => (None, false, Vec::new(), set),
        OperationDefinition::Query(query) => {
            (query.name, false, query.variable_definitions, query.selection_set)
        }
        OperationDefinition::Mutation(mutation) => {
            (mutation.name, true, mutation.variable_definitions, mutation.selection_set)
        }
        OperationDefinition::Subscription(_) => return None,
    })
}

/// Parses a document with one operation.
pub(super) fn parse(text: &str, variables: &Value) -> Result<Operation, Value> {
    let document: Document<'_, String> = parse_query(text)
        .map_err(|problem| error(&format!("syntax error: {problem}"), Some("parseError")))?;
    let mut operations = Vec::new();
    let mut fragments = BTreeMap::new();
    for definition in document.into_static().definitions {
        match definition {
            Definition::Operation(operation) => operations.push(operation),
            Definition::Fragment(fragment) => {
                let TypeCondition::On(on) = fragment.type_condition;
                fragments.insert(fragment.name, (on, fragment.selection_set));
            }
        }
    }
    let (Some(operation), true) = (operations.pop(), operations.is_empty()) else {
        return Err(error("An operation name is required", None));
    };
    let Some((name, is_mutation, definitions, selection)) = parts(operation) else {
        return Err(error("Subscriptions are not supported", None));
    };
    let mut known = Map::new();
    for definition in &definitions {
        let given = variables.get(&definition.name).cloned().unwrap_or_default();
        let fallback = definition.default_value.as_ref().map(|value| literal(value, &known));
        let value = if given.is_null() { fallback.unwrap_or_default() } else { given };
        if value.is_null() && matches!(definition.var_type, Type::NonNullType(_)) {
            let message = format!(
                "Variable ${} of type {} was provided invalid value",
                definition.name, definition.var_type
            );
            return Err(error(&message, Some("INVALID_VARIABLE")));
        }
        known.insert(definition.name.clone(), value);
    }
    Ok(Operation {
        name: name.unwrap_or_default(),
        is_mutation,
        selection,
        has_variables: !definitions.is_empty(),
        fragments,
        variables: known,
    })
}

/// A value in a query as JSON.
fn literal(value: &Literal<'static, String>, variables: &Map<String, Value>) -> Value {
    match value {
        Literal::Variable(name) => variables.get(name).cloned().unwrap_or_default(),
        Literal::Int(number) => number.as_i64().map_or(Value::Null, |number| json!(number)),
        Literal::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Literal::String(text) => json!(text),
        Literal::Boolean(flag) => json!(flag),
        Literal::Null => Value::Null,
        Literal::Enum(name) => json!(name),
        Literal::List(list) => list.iter().map(|one| literal(one, variables)).collect(),
        Literal::Object(object) => {
            object.iter().map(|(name, one)| (name.clone(), literal(one, variables))).collect()
        }
    }
}

impl Operation {
    /// An argument of a field; null where it is not there.
    pub(super) fn argument(&self, field: &Field<'static, String>, name: &str) -> Value {
        let found = field.arguments.iter().find(|(argument, _)| argument == name);
        found.map_or(Value::Null, |(_, value)| literal(value, &self.variables))
    }

    /// Whether directives leave it in.
    fn is_wanted(&self, directives: &[Directive<'static, String>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let condition = condition.map(|(_, value)| literal(value, &self.variables));
            let condition = condition.and_then(|value| value.as_bool()).unwrap_or(false);
            match directive.name.as_str() {
                "include" => condition,
                "skip" => !condition,
                _ => true,
            }
        })
    }

    /// The fields of a selection that apply to a type, fragments written out.
    pub(super) fn fields<'a>(
        &'a self,
        set: &'a SelectionSet<'static, String>,
        of_type: Option<&str>,
    ) -> Vec<&'a Field<'static, String>> {
        let mut fields = Vec::new();
        for selection in &set.items {
            let (on, inner, directives) = match selection {
                Selection::Field(field) => {
                    if self.is_wanted(&field.directives) {
                        fields.push(field);
                    }
                    continue;
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref().map(|TypeCondition::On(on)| on);
                    (on, &fragment.selection_set, &fragment.directives)
                }
                Selection::FragmentSpread(spread) => {
                    let Some((on, inner)) = self.fragments.get(&spread.fragment_name) else {
                        continue;
                    };
                    (Some(on), inner, &spread.directives)
                }
            };
            let applies = match (on, of_type) {
                (Some(on), Some(of_type)) => on == of_type || on == "Node",
                _ => true,
            };
            if applies && self.is_wanted(directives) {
                fields.extend(self.fields(inner, of_type));
            }
        }
        fields
    }
}

/// What may be seen.
pub(super) struct Sight<'a> {
    /// The fields of customers that are not shown.
    pub(super) hidden: &'a BTreeSet<String>,
    /// Whether each of them is an error.
    pub(super) is_denied: bool,
}

/// An execution.
pub(super) struct Run<'a> {
    pub(super) operation: &'a Operation,
    pub(super) sight: Sight<'a>,
    /// What is wrong with single fields.
    pub(super) errors: Vec<Value>,
    /// What is wrong with the query as a whole.
    pub(super) fatal: Option<Value>,
    path: Vec<Value>,
}

impl<'a> Run<'a> {
    pub(super) fn new(operation: &'a Operation, sight: Sight<'a>) -> Self {
        Self { operation, sight, errors: Vec::new(), fatal: None, path: Vec::new() }
    }

    /// What a field answers, of its value; its name or alias is the last of the path.
    pub(super) fn answer(&mut self, field: &Field<'static, String>, value: &Value) -> Value {
        let name = field.alias.as_ref().unwrap_or(&field.name);
        self.path.push(json!(name));
        let answer = self.select(value, &field.selection_set);
        self.path.pop();
        answer
    }

    pub(super) fn select(&mut self, value: &Value, set: &SelectionSet<'static, String>) -> Value {
        match value {
            Value::Array(list) => {
                let mut answers = Vec::new();
                for (index, one) in list.iter().enumerate() {
                    self.path.push(json!(index));
                    answers.push(self.select(one, set));
                    self.path.pop();
                }
                Value::Array(answers)
            }
            Value::Object(object) if !set.items.is_empty() => {
                let of_type = object.get("__typename").and_then(Value::as_str);
                let operation = self.operation;
                let mut answer = Map::new();
                for field in operation.fields(set, of_type) {
                    let name = field.alias.as_ref().unwrap_or(&field.name).clone();
                    let found = self.look(object, of_type, field);
                    answer.insert(name, found);
                }
                Value::Object(answer)
            }
            other => other.clone(),
        }
    }

    pub(super) fn look(
        &mut self,
        object: &Map<String, Value>,
        of_type: Option<&str>,
        field: &Field<'static, String>,
    ) -> Value {
        let of_type = of_type.unwrap_or("QueryRoot");
        let Some(value) = object.get(&field.name) else {
            self.fatal.get_or_insert_with(|| {
                let message = format!("Field '{}' doesn't exist on type '{of_type}'", field.name);
                error(&message, Some("undefinedField"))
            });
            return Value::Null;
        };
        let hidden = self.sight.hidden;
        if (of_type == "Customer" && hidden.contains(&field.name))
            || hidden.contains(&format!("{of_type}.{}", field.name))
        {
            if self.sight.is_denied {
                let mut path = self.path.clone();
                path.push(json!(field.name));
                let message =
                    format!("This app is not approved to access the {} field.", field.name);
                self.errors.push(json!({
                    "message": message, "path": path, "extensions": { "code": "ACCESS_DENIED" },
                }));
            }
            return Value::Null;
        }
        if let Some(nodes) = value.get("__connection").and_then(Value::as_array) {
            return match self.connection(field, nodes) {
                Ok(page) => self.answer(field, &page),
                Err(error) => {
                    self.fatal.get_or_insert(error);
                    Value::Null
                }
            };
        }
        if let Some(all) = value.get("__metafields").and_then(Value::as_array) {
            let key = self.operation.argument(field, "key");
            let namespace = self.operation.argument(field, "namespace");
            let found = all.iter().find(|one| one["key"] == key && one["namespace"] == namespace);
            return found.map_or(Value::Null, |found| self.answer(field, found));
        }
        self.answer(field, value)
    }

    /// A page of things that belong to one.
    fn connection(&self, field: &Field<'static, String>, nodes: &[Value]) -> Result<Value, Value> {
        let first = self.operation.argument(field, "first");
        let Some(first) = first.as_u64().and_then(|first| usize::try_from(first).ok()) else {
            return Err(error("you must provide one of first or last", Some("BAD_REQUEST")));
        };
        let after = self.operation.argument(field, "after");
        let start = match after.as_str() {
            None => 0,
            Some(cursor) => read_cursor(cursor)
                .and_then(|(place, _)| usize::try_from(place).ok())
                .ok_or_else(invalid_cursor)?,
        };
        let shown: Vec<Value> = nodes.iter().skip(start).take(first.min(250)).cloned().collect();
        let end = start + shown.len();
        let cursor = (!shown.is_empty()).then(|| write_cursor(i64::try_from(end).unwrap_or(0), 0));
        Ok(page(&shown, cursor.as_deref(), end < nodes.len()))
    }
}

/// A page as it is shown.
pub(super) fn page(nodes: &[Value], end: Option<&str>, more: bool) -> Value {
    let edges: Vec<Value> =
        nodes.iter().map(|node| json!({ "node": node, "cursor": end })).collect();
    json!({
        "nodes": nodes, "edges": edges,
        "pageInfo": {
            "hasNextPage": more, "hasPreviousPage": false, "endCursor": end, "startCursor": null,
        },
    })
}

pub(super) fn invalid_cursor() -> Value {
    error("Invalid cursor for current pagination sort.", Some("BAD_REQUEST"))
}

/// A cursor is opaque to whoever gets it.
pub(super) fn write_cursor(value: i64, id: u64) -> String {
    STANDARD.encode(json!({ "last_id": id, "last_value": value }).to_string())
}

pub(super) fn read_cursor(cursor: &str) -> Option<(i64, u64)> {
    let json: Value = serde_json::from_slice(&STANDARD.decode(cursor).ok()?).ok()?;
    Some((json.get("last_value")?.as_i64()?, json.get("last_id")?.as_u64()?))
}
