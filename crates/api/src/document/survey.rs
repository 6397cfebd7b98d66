//! A look over the document as it was sent: aliases, directives, how much there is of it, whether secrets stand in it, and
//! the variables that decide what is left out.

use std::collections::BTreeMap;

use juniper::{DefaultScalarValue, Definition, InputValue, Selection};

use super::{
    limits::Limits,
    problem::{Location, Problem},
    tree::count_values,
};

/// The directives of one place as (name, value of `if`, where). A macro, because juniper keeps the type's name to itself.
macro_rules! directives {
    ($directives:expr) => {
        $directives.iter().flatten().map(|directive| {
            let arguments = directive.item.arguments.as_ref();
            let condition = arguments
                .and_then(|list| list.item.items.iter().find(|(name, _)| name.item == "if"))
                .map(|(_, value)| &value.item);
            (directive.item.name.item, condition, Location::from(&directive.span.start))
        })
    };
}
pub(super) use directives;

type Definitions<'a> = &'a [Definition<'a, DefaultScalarValue>];

/// What one pass over a document finds.
#[derive(Debug, Default)]
pub(super) struct Survey {
    aliases: usize,
    most_directives: usize,
    /// Directives that stand in one place twice.
    repeated: Vec<Problem>,
    /// Fields and fragments.
    selections: usize,
    /// Values of arguments, and defaults of variables.
    values: usize,
    /// Whether a mutation that takes secrets is there.
    sensitive: bool,
    /// Whether it, or anything beside it that it may be given, is written out.
    literal: bool,
}

impl Survey {
    /// Looks over all definitions, fragments once each.
    pub(super) fn of(definitions: Definitions<'_>, limits: &Limits) -> Self {
        let mut survey = Self::default();
        for definition in definitions {
            match definition {
                Definition::Operation(operation) => {
                    let variables = operation.item.variables_definition.iter();
                    for (_, variable) in variables.flat_map(|list| &list.item.items) {
                        survey.values += 1;
                        if let Some(default) = &variable.default_value {
                            survey.values += count_values(&default.item);
                            survey.literal |= holds_text(&default.item);
                        }
                    }
                    survey.set(&operation.item.selection_set, limits);
                }
                Definition::Fragment(fragment) => survey.set(&fragment.item.selection_set, limits),
            }
        }
        survey
    }

    /// Refuses what is past the limits.
    pub(super) fn check(&self, limits: &Limits) -> Result<(), Problem> {
        if self.aliases > limits.aliases {
            return Err(Problem::invalid(format!(
                "The document has {} aliases; at most {} are allowed.",
                self.aliases, limits.aliases
            )));
        }
        if self.most_directives > limits.directives {
            return Err(Problem::invalid(format!(
                "At most {} directives are allowed in one place.",
                limits.directives
            )));
        }
        Ok(())
    }

    /// Refuses directives that stand in one place twice: none of those that there are may be repeated, and juniper does not
    /// look.
    pub(super) fn check_directives(&self) -> Result<(), Vec<Problem>> {
        if self.repeated.is_empty() { Ok(()) } else { Err(self.repeated.clone()) }
    }

    /// Whether a password or a token is written out in the document, where it should have been a variable.
    pub(super) const fn has_secrets(&self) -> bool {
        self.sensitive && self.literal
    }

    /// An estimate of the memory that the parsed document takes, in bytes: per selection and per value.
    pub(super) const fn weight(&self) -> usize {
        350 * self.selections + 120 * self.values
    }

    fn set(&mut self, selections: &[Selection<'_>], limits: &Limits) {
        self.selections += selections.len();
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let field = &field.item;
                    self.aliases += usize::from(field.alias.is_some());
                    self.place(directives!(field.directives));
                    let sensitive = limits.is_sensitive(field.name.item);
                    self.sensitive |= sensitive;
                    for (_, value) in field.arguments.iter().flat_map(|list| &list.item.items) {
                        self.values += count_values(&value.item);
                        self.literal |= sensitive && holds_text(&value.item);
                    }
                    self.set(field.selection_set.as_deref().unwrap_or_default(), limits);
                }
                Selection::FragmentSpread(spread) => {
                    self.place(directives!(spread.item.directives));
                }
                Selection::InlineFragment(fragment) => {
                    self.place(directives!(fragment.item.directives));
                    self.set(&fragment.item.selection_set, limits);
                }
            }
        }
    }

    fn place<'a>(
        &mut self,
        directives: impl Iterator<Item = (&'a str, Option<&'a InputValue>, Location)>,
    ) {
        let (mut count, mut seen) = (0, BTreeMap::new());
        for (name, _, at) in directives {
            count += 1;
            if let Some(first) = seen.insert(name, at) {
                let sentence =
                    format!("The directive \"@{name}\" can stand in one place only once");
                self.repeated.push(Problem::invalid(sentence).at(first).at(at));
            }
        }
        self.most_directives = self.most_directives.max(count);
        self.values += count;
    }
}

/// Whether a scalar stands in a value, written out.
fn holds_text(value: &InputValue) -> bool {
    match value {
        InputValue::Scalar(_) => true,
        InputValue::List(items) => items.iter().any(|item| holds_text(&item.item)),
        InputValue::Object(fields) => fields.iter().any(|(_, value)| holds_text(&value.item)),
        InputValue::Null | InputValue::Enum(_) | InputValue::Variable(_) => false,
    }
}

/// The variables of `@skip(if: $v)` and `@include(if: $v)` in a selection and in the fragments that it reaches, each once.
pub(super) fn conditions<'a>(
    definitions: Definitions<'a>,
    selections: &'a [Selection<'a>],
) -> Vec<&'a str> {
    let mut search = Search { definitions, seen: Vec::new(), found: Vec::new() };
    search.set(selections);
    search.found
}

struct Search<'a> {
    definitions: Definitions<'a>,
    /// The fragments that were looked into.
    seen: Vec<&'a str>,
    found: Vec<&'a str>,
}

impl<'a> Search<'a> {
    fn set(&mut self, selections: &'a [Selection<'a>]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.place(directives!(field.item.directives));
                    self.set(field.item.selection_set.as_deref().unwrap_or_default());
                }
                Selection::FragmentSpread(spread) => {
                    self.place(directives!(spread.item.directives));
                    self.fragment(spread.item.name.item);
                }
                Selection::InlineFragment(fragment) => {
                    self.place(directives!(fragment.item.directives));
                    self.set(&fragment.item.selection_set);
                }
            }
        }
    }

    fn fragment(&mut self, name: &'a str) {
        if self.seen.contains(&name) {
            return;
        }
        self.seen.push(name);
        let fragment = self.definitions.iter().find_map(|definition| match definition {
            Definition::Fragment(fragment) if fragment.item.name.item == name => Some(fragment),
            _ => None,
        });
        if let Some(fragment) = fragment {
            self.set(&fragment.item.selection_set);
        }
    }

    fn place(
        &mut self,
        directives: impl Iterator<Item = (&'a str, Option<&'a InputValue>, Location)>,
    ) {
        for (_, condition, _) in directives {
            if let Some(InputValue::Variable(name)) = condition
                && !self.found.contains(&name.as_str())
            {
                self.found.push(name);
            }
        }
    }
}
