//! What an operation would cost: page size × children, summed. Page sizes may come from variables, so the tree is built
//! once and summed for each request.

use std::collections::HashMap;

use juniper::{DefaultScalarValue, InputValue, Variables};

use super::{
    introspection,
    tree::{Argument, Entry, Field, Rows},
};

/// Whether these children of a list in pages are there once for each row.
const ROWS: [&str; 2] = ["edges", "nodes"];

/// What counts all rows of a list.
const COUNTS: [&str; 2] = ["count", "totalCount"];

/// What counting a whole table costs. Within other lists, one statement counts for all rows of a level: it is not there
/// once for each of them.
const COUNT: u64 = 500;

/// What writes a document of everything that is known of somebody, and what that costs.
const EXPORT: (&str, u64) = ("exportConsumer", 5_000);

/// What answers once for each entry of a list in its input, and that list.
const EACH: [(&str, &str); 2] = [("recordPurchases", "purchases"), ("importOrders", "orders")];

/// The cost of one field.
#[derive(Debug)]
pub(super) struct Cost {
    /// The page size, for a list in pages.
    size: Option<Size>,
    /// Whether the field is there once for each row of its list.
    per_row: bool,
    /// Which of several object types it belongs to: only one of them will be there.
    branch: Option<usize>,
    /// How many of it there are, for a list of an introspection.
    times: u64,
    /// What it costs is one for so many.
    share: u64,
    /// The list in its input for each entry of which it is there once.
    each: Option<Each>,
    /// What comes on top, whatever the sizes of pages: all counting in it.
    extra: u64,
    children: Vec<Cost>,
}

/// How many entries a list in an input has.
#[derive(Debug)]
enum Each {
    Literal(u64),
    /// The list is a variable of this name.
    List(String),
    /// The input is, and the list has this name in it.
    Input(String, &'static str),
}

#[derive(Debug)]
struct Size {
    first: Count,
    last: Count,
}

#[derive(Debug)]
enum Count {
    Absent,
    Literal(u64),
    Variable { name: String, default: Option<u64> },
}

/// The defaults of an operation's variables.
pub(super) type Defaults<'a> = HashMap<&'a str, &'a InputValue>;

impl Cost {
    /// The trees of an operation.
    pub(super) fn of(entries: &[Entry<'_>], defaults: &Defaults<'_>) -> Vec<Self> {
        let mut costs = Self::of_set(entries, defaults);
        for (cost, entry) in costs.iter_mut().zip(entries) {
            if introspection::is_root(entry.field.name) {
                cost.share = introspection::SHARE;
            }
            let export = if entry.field.name == EXPORT.0 { EXPORT.1 } else { 0 };
            let each = EACH.iter().find(|(name, _)| *name == entry.field.name);
            cost.each = each.and_then(|(_, list)| Each::of(list, &entry.field.arguments));
            cost.extra = COUNT.saturating_mul(entry.field.counts()).saturating_add(export);
        }
        costs
    }

    fn of_set(entries: &[Entry<'_>], defaults: &Defaults<'_>) -> Vec<Self> {
        let mut branches: Vec<&str> = Vec::new();
        entries
            .iter()
            .map(|entry| {
                let branch = entry.on.filter(|_| entry.exclusive).map(|name| {
                    branches.iter().position(|known| *known == name).unwrap_or_else(|| {
                        branches.push(name);
                        branches.len() - 1
                    })
                });
                Self::of_field(&entry.field, branch, defaults)
            })
            .collect()
    }

    fn of_field(field: &Field<'_>, branch: Option<usize>, defaults: &Defaults<'_>) -> Self {
        let size = (field.rows == Rows::Page).then(|| Size {
            first: Count::of("first", &field.arguments, defaults),
            last: Count::of("last", &field.arguments, defaults),
        });
        Self {
            size,
            per_row: ROWS.contains(&field.name),
            branch,
            times: match field.rows {
                Rows::Introspected(times) => times,
                Rows::One | Rows::Page => 1,
            },
            share: 1,
            each: None,
            extra: 0,
            children: field
                .children
                .as_deref()
                .map_or_else(Vec::new, |c| Self::of_set(c, defaults)),
        }
    }

    /// The sum of a selection; saturates.
    pub(super) fn sum(costs: &[Self], variables: &Variables, page: u64) -> u64 {
        let mut common = 0_u64;
        let mut branches: Vec<u64> = Vec::new();
        for cost in costs {
            let value = cost.value(variables, page);
            match cost.branch {
                None => common = common.saturating_add(value),
                Some(branch) => {
                    if branches.len() <= branch {
                        branches.resize(branch + 1, 0);
                    }
                    if let Some(sum) = branches.get_mut(branch) {
                        *sum = sum.saturating_add(value);
                    }
                }
            }
        }
        common.saturating_add(branches.into_iter().max().unwrap_or(0))
    }

    fn value(&self, variables: &Variables, page: u64) -> u64 {
        self.rows(variables, page).saturating_add(self.extra)
    }

    fn rows(&self, variables: &Variables, page: u64) -> u64 {
        let Some(size) = &self.size else {
            let each = self.each.as_ref().map_or(1, |each| each.count(variables));
            let one = Self::sum(&self.children, variables, page).max(1).saturating_mul(each);
            return (one.saturating_mul(self.times) / self.share).max(1);
        };
        let size = size.rows(variables, page);
        self.children
            .iter()
            .map(|child| {
                let value = child.value(variables, page);
                if child.per_row { value.saturating_mul(size) } else { value }
            })
            .fold(0, u64::saturating_add)
            .max(1)
    }
}

impl Each {
    fn of(list: &'static str, arguments: &[Argument<'_>]) -> Option<Self> {
        let input = arguments.iter().find(|argument| argument.name == "input")?;
        match input.value {
            InputValue::Variable(name) => Some(Self::Input(name.clone(), list)),
            input => Some(match entry(input, list)? {
                InputValue::Variable(name) => Self::List(name.clone()),
                list => Self::Literal(length(list)),
            }),
        }
    }

    fn count(&self, variables: &Variables) -> u64 {
        let found = match self {
            Self::Literal(count) => Some(*count),
            Self::List(name) => variables.get(name).map(length),
            Self::Input(name, list) => {
                variables.get(name).and_then(|input| entry(input, list)).map(length)
            }
        };
        found.unwrap_or(1).max(1)
    }
}

/// A field of an input.
fn entry<'a>(input: &'a InputValue, name: &str) -> Option<&'a InputValue> {
    let InputValue::Object(fields) = input else { return None };
    fields.iter().find(|(field, _)| field.item == name).map(|(_, value)| &value.item)
}

/// How many entries a list has; what is no list is one of one.
fn length(list: &InputValue) -> u64 {
    match list {
        InputValue::List(entries) => u64::try_from(entries.len()).unwrap_or(u64::MAX),
        _ => 1,
    }
}

impl Field<'_> {
    /// How many lists in it are counted. However often one is asked for its rows' number, it is counted once.
    fn counts(&self) -> u64 {
        let children = self.children.as_deref().unwrap_or_default();
        let counted = self.rows == Rows::Page
            && children.iter().any(|entry| COUNTS.contains(&entry.field.name));
        let within = children.iter().map(|entry| entry.field.counts());
        within.fold(u64::from(counted), u64::saturating_add)
    }
}

impl Size {
    /// Never more than a page has: what asks for more is refused by the list itself, in its own words.
    fn rows(&self, variables: &Variables, page: u64) -> u64 {
        let asked = self.first.value(variables).or_else(|| self.last.value(variables));
        asked.unwrap_or(page).min(page).max(1)
    }
}

impl Count {
    fn of(name: &str, arguments: &[Argument<'_>], defaults: &Defaults<'_>) -> Self {
        match arguments.iter().find(|argument| argument.name == name).map(|a| a.value) {
            Some(InputValue::Variable(name)) => Self::Variable {
                name: name.clone(),
                default: defaults.get(name.as_str()).and_then(|value| number(value)),
            },
            Some(value) => number(value).map_or(Self::Absent, Self::Literal),
            None => Self::Absent,
        }
    }

    fn value(&self, variables: &Variables) -> Option<u64> {
        match self {
            Self::Absent => None,
            Self::Literal(count) => Some(*count),
            Self::Variable { name, default } => variables.get(name).map_or(*default, number),
        }
    }
}

/// A page size. What is no number, or negative, is the resolver's to refuse.
fn number(value: &InputValue) -> Option<u64> {
    match value {
        InputValue::Scalar(DefaultScalarValue::Int(count)) => {
            Some(u64::try_from(*count).unwrap_or(0))
        }
        _ => None,
    }
}
