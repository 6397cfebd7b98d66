//! A look over the document as it was sent: aliases, directives, and the variables that decide what is left out.

use juniper::{DefaultScalarValue, Definition, InputValue, Selection};

use super::{limits::Limits, problem::Problem};

/// The directives of one place as (name, value of `if`). A macro, because juniper keeps the type's name to itself.
macro_rules! directives {
    ($directives:expr) => {
        $directives.iter().flatten().map(|directive| {
            let arguments = directive.item.arguments.as_ref();
            let condition = arguments
                .and_then(|list| list.item.items.iter().find(|(name, _)| name.item == "if"))
                .map(|(_, value)| &value.item);
            (directive.item.name.item, condition)
        })
    };
}
pub(super) use directives;

/// What one pass over a document finds.
#[derive(Debug, Default)]
pub(super) struct Survey<'a> {
    aliases: usize,
    most_directives: usize,
    /// The variables of `@skip(if: $v)` and `@include(if: $v)`, each once.
    pub(super) conditions: Vec<&'a str>,
}

impl<'a> Survey<'a> {
    /// Looks over all definitions, fragments once each.
    pub(super) fn of(definitions: &'a [Definition<'a, DefaultScalarValue>]) -> Self {
        let mut survey = Self::default();
        for definition in definitions {
            match definition {
                Definition::Operation(operation) => survey.set(&operation.item.selection_set),
                Definition::Fragment(fragment) => survey.set(&fragment.item.selection_set),
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

    fn set(&mut self, selections: &'a [Selection<'a>]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.item.alias.is_some());
                    self.place(directives!(field.item.directives));
                    self.set(field.item.selection_set.as_deref().unwrap_or_default());
                }
                Selection::FragmentSpread(spread) => {
                    self.place(directives!(spread.item.directives));
                }
                Selection::InlineFragment(fragment) => {
                    self.place(directives!(fragment.item.directives));
                    self.set(&fragment.item.selection_set);
                }
            }
        }
    }

    fn place(&mut self, directives: impl Iterator<Item = (&'a str, Option<&'a InputValue>)>) {
        let mut count = 0;
        for (_, condition) in directives {
            count += 1;
            if let Some(InputValue::Variable(name)) = condition
                && !self.conditions.contains(&name.as_str())
            {
                self.conditions.push(name);
            }
        }
        self.most_directives = self.most_directives.max(count);
    }
}
