//! Merges selections as the specification's `CollectFields` and `MergeSelectionSets` do, once, before anything runs.
//!
//! `@skip` and `@include` are decided here, with the values that their variables have: what remains has neither
//! fragments nor conditions in the way of merging. Where a selection is made on an interface, a field that several
//! overlapping type conditions ask for is written out for each object type; all others stay as they were.

use std::{
    collections::{BTreeSet, HashMap},
    ptr,
    rc::Rc,
};

use juniper::{DefaultScalarValue, Definition, InputValue, SchemaType, Selection, meta::MetaType};

use super::{
    introspection,
    limits::Limits,
    problem::{Location, Problem},
    survey::directives,
    tree::{Argument, Entry, Field, Rows, Source, same_arguments},
};

type Schema = SchemaType<DefaultScalarValue>;

/// Names of object types, sorted.
type Types<'a> = Rc<[&'a str]>;

/// One selection of a field, before merging.
struct Occurrence<'a> {
    key: &'a str,
    name: &'a str,
    arguments: Vec<Argument<'a>>,
    at: Location,
    /// The type whose selection it stands in.
    parent: &'a MetaType,
    /// The object types that it is asked of.
    types: Types<'a>,
    selections: Option<&'a [Selection<'a>]>,
}

/// Where a selection is made.
struct Place<'a> {
    of: &'a MetaType,
    possible: Types<'a>,
    /// The introspection lists around it.
    lists: usize,
}

pub(super) struct Collector<'a> {
    schema: &'a Schema,
    source: &'a Source<'a>,
    limits: &'a Limits,
    fragments: HashMap<&'a str, (&'a str, &'a [Selection<'a>])>,
    /// The values of the variables that `@skip` and `@include` name.
    conditions: &'a HashMap<&'a str, bool>,
    /// Fields that may still be written.
    budget: usize,
    /// The variables that the canonical form uses.
    pub(super) used: BTreeSet<&'a str>,
    /// Those of them that stand where null may not.
    pub(super) required: BTreeSet<&'a str>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        schema: &'a Schema,
        source: &'a Source<'a>,
        limits: &'a Limits,
        definitions: &'a [Definition<'a, DefaultScalarValue>],
        conditions: &'a HashMap<&'a str, bool>,
    ) -> Self {
        let fragments = definitions
            .iter()
            .filter_map(|definition| match definition {
                Definition::Fragment(fragment) => Some((
                    fragment.item.name.item,
                    (fragment.item.type_condition.item, fragment.item.selection_set.as_slice()),
                )),
                Definition::Operation(_) => None,
            })
            .collect();
        Self {
            schema,
            source,
            limits,
            fragments,
            conditions,
            budget: limits.canonical_fields(),
            used: BTreeSet::new(),
            required: BTreeSet::new(),
        }
    }

    /// The canonical form of the selections `sets`, all made on `parent`. `lists` counts the introspection lists around
    /// it.
    pub(super) fn merge_sets(
        &mut self,
        parent: &'a MetaType,
        sets: &[&'a [Selection<'a>]],
        lists: usize,
    ) -> Result<Vec<Entry<'a>>, Problem> {
        let place = Place { of: parent, possible: self.possible(parent), lists };
        let mut groups: Vec<Vec<Occurrence<'a>>> = Vec::new();
        let mut groups_by_key: HashMap<&str, usize> = HashMap::new();
        let mut occurrences = Vec::new();
        for set in sets {
            self.flatten(set, parent, &place.possible, &mut occurrences)?;
        }
        for occurrence in occurrences {
            let index = *groups_by_key.entry(occurrence.key).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(index) {
                group.push(occurrence);
            }
        }
        let mut entries = Vec::with_capacity(groups.len());
        for group in &groups {
            self.merge_group(group, &place, &mut entries)?;
        }
        Ok(entries)
    }

    /// Writes the occurrences of one response key, so that no object type meets it twice.
    fn merge_group(
        &mut self,
        group: &[Occurrence<'a>],
        place: &Place<'a>,
        entries: &mut Vec<Entry<'a>>,
    ) -> Result<(), Problem> {
        let Some(first) = group.first() else { return Ok(()) };
        if group.len() > self.limits.repeats {
            return Err(Problem::invalid(format!(
                "The response key `{}` is selected {} times in one place; at most {} are allowed.",
                first.key,
                group.len(),
                self.limits.repeats
            ))
            .at(first.at));
        }
        let whole: Vec<&Occurrence<'a>> = group.iter().collect();
        let alike = |other: &Occurrence<'a>| {
            other.types == first.types && ptr::eq(other.parent, first.parent)
        };
        if group.iter().all(alike) {
            return self.emit(&whole, &first.types, place, entries);
        }
        if disjoint(group) {
            for occurrence in group {
                self.emit(&[occurrence], &occurrence.types, place, entries)?;
            }
            return Ok(());
        }
        let union: BTreeSet<&'a str> =
            group.iter().flat_map(|occurrence| occurrence.types.iter().copied()).collect();
        // A leaf that one occurrence asks of every type concerned needs no other occurrence of it.
        if let Some(widest) =
            group.iter().find(|o| o.selections.is_none() && o.types.len() == union.len())
        {
            if let Some(other) = group.iter().find(|other| !same_field(widest, other)) {
                return Err(conflict(widest, other));
            }
            return self.emit(&[widest], &widest.types, place, entries);
        }
        for name in union {
            let on: Vec<&Occurrence<'a>> =
                group.iter().filter(|occurrence| occurrence.types.contains(&name)).collect();
            self.emit(&on, &Rc::from([name]), place, entries)?;
        }
        Ok(())
    }

    /// Writes one merged field for these object types.
    fn emit(
        &mut self,
        occurrences: &[&Occurrence<'a>],
        types: &Types<'a>,
        place: &Place<'a>,
        entries: &mut Vec<Entry<'a>>,
    ) -> Result<(), Problem> {
        let Some(first) = occurrences.first() else { return Ok(()) };
        let here = first.name == "__typename" || place.of.field_by_name(first.name).is_some();
        if here && *types == place.possible {
            let field = self.merge(occurrences, place.of, place.lists)?;
            entries.push(Entry { on: None, exclusive: false, field });
            return Ok(());
        }
        let parent = first.parent;
        let covers = parent.is_abstract()
            && types.len() > 1
            && intersection(&self.possible(parent), &place.possible) == *types;
        if covers {
            let field = self.merge(occurrences, parent, place.lists)?;
            entries.push(Entry { on: name(parent), exclusive: false, field });
            return Ok(());
        }
        for type_name in types.iter() {
            let parent = self.schema.concrete_type_by_name(type_name).unwrap_or(first.parent);
            let field = self.merge(occurrences, parent, place.lists)?;
            entries.push(Entry { on: Some(type_name), exclusive: true, field });
        }
        Ok(())
    }

    /// One field out of all its occurrences.
    fn merge(
        &mut self,
        occurrences: &[&Occurrence<'a>],
        parent: &'a MetaType,
        lists: usize,
    ) -> Result<Field<'a>, Problem> {
        let Some((first, others)) = occurrences.split_first() else {
            return Err(Problem::invalid("The document has an empty selection."));
        };
        // Validation has seen to this already, but for its blind spots; a field that runs with the wrong arguments
        // would be worse than a refusal.
        if let Some(other) = others.iter().find(|other| !same_field(first, other)) {
            return Err(conflict(first, other));
        }
        self.budget = self.budget.checked_sub(1).ok_or_else(too_many_fields)?;
        for argument in &first.arguments {
            self.used.extend(argument.value.referenced_variables());
        }
        let meta = parent.field_by_name(first.name);
        let known = meta.and_then(|meta| meta.arguments.as_deref()).unwrap_or_default();
        for argument in &first.arguments {
            if let Some(meta) = known.iter().find(|known| known.name == argument.name) {
                self.require(argument.value, &meta.arg_type.to_string());
            }
        }
        let sets: Vec<&'a [Selection<'a>]> =
            occurrences.iter().filter_map(|occurrence| occurrence.selections).collect();
        let children = if sets.is_empty() {
            None
        } else {
            let child = meta
                .and_then(|meta| {
                    self.schema.concrete_type_by_name(meta.field_type.innermost_name())
                })
                .ok_or_else(|| Problem::invalid("The document selects an unknown type."))?;
            let lists = lists + usize::from(introspection::is_endless(parent, first.name));
            if lists > self.limits.introspection_depth {
                return Err(Problem::invalid(format!(
                    "Introspection may nest at most {} lists.",
                    self.limits.introspection_depth
                ))
                .at(first.at));
            }
            Some(self.merge_sets(child, &sets, lists)?)
        };
        Ok(Field {
            key: first.key,
            name: first.name,
            arguments: first.arguments.clone(),
            at: first.at,
            rows: if known.iter().any(|argument| argument.name == "first") {
                Rows::Page
            } else {
                introspection::size(parent, first.name).map_or(Rows::One, Rows::Introspected)
            },
            children,
        })
    }

    /// Notes the variables in a value that stand where the schema takes no null. Validation lets one with a default stand
    /// there; a null of the client's takes the default's place.
    fn require(&mut self, value: &'a InputValue, of: &str) {
        let nullable = of.strip_suffix('!');
        match value {
            InputValue::Variable(name) if nullable.is_some() => {
                self.required.insert(name);
            }
            InputValue::List(items) => {
                let list = nullable.unwrap_or(of).strip_prefix('[');
                if let Some(of) = list.and_then(|list| list.strip_suffix(']')) {
                    for item in items {
                        self.require(&item.item, of);
                    }
                }
            }
            InputValue::Object(fields) => {
                let kind = self.schema.concrete_type_by_name(of.trim_matches(['[', ']', '!']));
                let Some(MetaType::InputObject(kind)) = kind else { return };
                for (name, value) in fields {
                    let known = kind.input_fields.iter().find(|known| known.name == name.item);
                    if let Some(known) = known {
                        self.require(&value.item, &known.arg_type.to_string());
                    }
                }
            }
            _ => {}
        }
    }

    /// The fields of a selection, fragments opened, as far as they concern `types`.
    fn flatten(
        &mut self,
        selections: &'a [Selection<'a>],
        parent: &'a MetaType,
        types: &Types<'a>,
        out: &mut Vec<Occurrence<'a>>,
    ) -> Result<(), Problem> {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    if self.excluded(directives!(field.item.directives)) {
                        continue;
                    }
                    if out.len() > self.limits.canonical_fields() {
                        return Err(too_many_fields());
                    }
                    let item = &field.item;
                    let arguments =
                        item.arguments.as_ref().map_or(&[][..], |list| &list.item.items);
                    out.push(Occurrence {
                        key: item.alias.as_ref().unwrap_or(&item.name).item,
                        name: item.name.item,
                        arguments: arguments
                            .iter()
                            .map(|(name, value)| Argument {
                                name: name.item,
                                value: &value.item,
                                text: self
                                    .source
                                    .slice(value.span.start.index()..value.span.end.index()),
                            })
                            .collect(),
                        at: Location::from(&field.span.start),
                        parent,
                        types: Rc::clone(types),
                        selections: item.selection_set.as_deref(),
                    });
                }
                Selection::FragmentSpread(spread) => {
                    if self.excluded(directives!(spread.item.directives)) {
                        continue;
                    }
                    let Some(&(condition, set)) = self.fragments.get(spread.item.name.item) else {
                        continue;
                    };
                    self.open(Some(condition), set, parent, types, out)?;
                }
                Selection::InlineFragment(fragment) => {
                    if self.excluded(directives!(fragment.item.directives)) {
                        continue;
                    }
                    let condition = fragment.item.type_condition.as_ref().map(|name| name.item);
                    self.open(condition, &fragment.item.selection_set, parent, types, out)?;
                }
            }
        }
        Ok(())
    }

    /// Opens a fragment; nothing comes of one whose type cannot be.
    fn open(
        &mut self,
        condition: Option<&'a str>,
        selections: &'a [Selection<'a>],
        parent: &'a MetaType,
        types: &Types<'a>,
        out: &mut Vec<Occurrence<'a>>,
    ) -> Result<(), Problem> {
        let Some(on) = condition.and_then(|name| self.schema.concrete_type_by_name(name)) else {
            return self.flatten(selections, parent, types, out);
        };
        let narrowed = intersection(&self.possible(on), types);
        if narrowed.is_empty() {
            return Ok(());
        }
        // An object type has all the fields of its interfaces.
        let parent = if parent.is_abstract() { on } else { parent };
        self.flatten(selections, parent, &narrowed, out)
    }

    fn excluded(
        &self,
        mut directives: impl Iterator<Item = (&'a str, Option<&'a InputValue>, Location)>,
    ) -> bool {
        directives.any(|(name, condition, _)| {
            let condition = match condition {
                Some(InputValue::Scalar(DefaultScalarValue::Boolean(value))) => *value,
                Some(InputValue::Variable(name)) => {
                    self.conditions.get(name.as_str()).copied().unwrap_or(false)
                }
                _ => return false,
            };
            (name == "skip" && condition) || (name == "include" && !condition)
        })
    }

    fn possible(&self, of: &'a MetaType) -> Types<'a> {
        if of.is_abstract() {
            let mut names: Vec<&'a str> =
                self.schema.possible_types(of).into_iter().filter_map(name).collect();
            names.sort_unstable();
            names.into()
        } else {
            name(of).into_iter().collect()
        }
    }
}

fn name(of: &MetaType) -> Option<&str> {
    of.name().map(AsRef::as_ref)
}

fn intersection<'a>(left: &Types<'a>, right: &Types<'a>) -> Types<'a> {
    right.iter().filter(|name| left.binary_search(name).is_ok()).copied().collect()
}

fn disjoint(group: &[Occurrence<'_>]) -> bool {
    let mut seen = BTreeSet::new();
    group.iter().flat_map(|occurrence| occurrence.types.iter()).all(|name| seen.insert(*name))
}

fn same_field(left: &Occurrence<'_>, right: &Occurrence<'_>) -> bool {
    left.name == right.name
        && same_arguments(&left.arguments, &right.arguments)
        && left.selections.is_some() == right.selections.is_some()
}

fn conflict(first: &Occurrence<'_>, other: &Occurrence<'_>) -> Problem {
    Problem::invalid(format!(
        "The response key `{}` is selected twice with different fields or arguments; give one of them an alias.",
        first.key
    ))
    .at(first.at)
    .at(other.at)
}

fn too_many_fields() -> Problem {
    Problem::invalid("The document selects too many fields.")
}
