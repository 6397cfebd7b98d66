//! Writes a canonical form as GraphQL again, and remembers where each field stood in the client's document.

use super::{
    problem::Location,
    tree::{Entry, Field, count_values},
};

/// A printed document.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) text: String,
    pub(super) marks: Marks,
    /// How many fields it has.
    pub(super) fields: usize,
    /// How many values stand in their arguments.
    pub(super) values: usize,
}

/// From places in the canonical document to places in the client's.
#[derive(Debug, Default)]
pub(super) struct Marks(Vec<(usize, Location)>);

impl Marks {
    /// The client's place of what begins at this character of the canonical document.
    pub(super) fn find(&self, index: usize) -> Option<Location> {
        let place = self.0.binary_search_by_key(&index, |(start, _)| *start).ok()?;
        self.0.get(place).map(|(_, location)| *location)
    }
}

/// A variable that the printed operation declares.
pub(super) struct Declaration<'a> {
    pub(super) name: &'a str,
    /// Type and default value in the client's own characters.
    pub(super) kind: &'a str,
    pub(super) default: Option<&'a str>,
    pub(super) at: Location,
}

/// Stands where everything was skipped: a selection must not be empty, and this one answers nothing.
const NOTHING: &str = "__typename @skip(if: true)";

pub(super) fn print(
    kind: &str,
    name: Option<&str>,
    variables: &[Declaration<'_>],
    entries: &[Entry<'_>],
    at: Location,
) -> Printed {
    let mut printer = Printer::default();
    printer.mark(at);
    printer.push(kind);
    if let Some(name) = name {
        printer.push(" ");
        printer.push(name);
    }
    for (index, variable) in variables.iter().enumerate() {
        printer.push(if index == 0 { "(" } else { " " });
        printer.mark(variable.at);
        printer.push("$");
        printer.push(variable.name);
        printer.push(":");
        printer.push(variable.kind);
        if let Some(default) = variable.default {
            printer.push("=");
            printer.push(default);
        }
    }
    if !variables.is_empty() {
        printer.push(")");
    }
    printer.set(entries);
    Printed {
        text: printer.text,
        marks: Marks(printer.marks),
        fields: printer.fields,
        values: printer.values,
    }
}

#[derive(Default)]
struct Printer {
    text: String,
    characters: usize,
    fields: usize,
    values: usize,
    marks: Vec<(usize, Location)>,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.characters += text.chars().count();
    }

    fn mark(&mut self, at: Location) {
        self.marks.push((self.characters, at));
    }

    fn set(&mut self, entries: &[Entry<'_>]) {
        self.push("{");
        if entries.is_empty() {
            self.push(NOTHING);
        }
        for run in entries.chunk_by(|a, b| a.on == b.on) {
            let condition = run.first().and_then(|entry| entry.on);
            if let Some(condition) = condition {
                self.push("...on ");
                self.push(condition);
                self.push("{");
            }
            for (index, entry) in run.iter().enumerate() {
                if index > 0 {
                    self.push(" ");
                }
                self.field(&entry.field);
            }
            self.push(if condition.is_some() { "}" } else { " " });
        }
        self.push("}");
    }

    fn field(&mut self, field: &Field<'_>) {
        self.mark(field.at);
        self.fields += 1;
        if field.key != field.name {
            self.push(field.key);
            self.push(":");
        }
        self.push(field.name);
        for (index, argument) in field.arguments.iter().enumerate() {
            self.push(if index == 0 { "(" } else { " " });
            self.push(argument.name);
            self.push(":");
            self.push(argument.text);
            self.values += count_values(argument.value);
        }
        if !field.arguments.is_empty() {
            self.push(")");
        }
        if let Some(children) = &field.children {
            self.set(children);
        }
    }
}
