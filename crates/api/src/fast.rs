//! Answers the scalar leaves of types that come by the hundred without an executor for each of them.
//!
//! juniper spends about 170 ns on a field, most of it on an executor, a path and two look-ups that a scalar has no use
//! for, and on a value that is made to be written and dropped. [`Fast<T>`] wraps an object (or interface) type and has it
//! write its own JSON through [`Leaves`]; everything else stays juniper's: fields with arguments one by one, and the whole
//! selection wherever a fragment, a directive or a repeated response key stands in it.
//!
//! Leaves and resolvers come from one list, [`fast_object!`](crate::fast_object).
//!
//! # With interfaces
//! `#[graphql_interface(for = […])]` names its variants after the last word of each type, so give each wrapped type an
//! alias, and let the interface hold the aliases:
//! `pub type ConsumerNode = Fast<Consumer>; #[graphql_interface(for = [ConsumerNode, MerchantNode], …)]`. An interface
//! that comes by the hundred can be wrapped itself: see [`fast_interface!`](crate::fast_interface).

mod graphql;

use std::slice;

use juniper::{
    ArcStr, Arguments, ExecutionResult, Executor, FieldError, GraphQLValue, Object, Selection,
    Value, parser::SourcePosition,
};

use crate::written::Json;

/// A field of a selection. (juniper's own type of it has no public name.)
#[derive(Clone, Copy, Debug)]
pub struct Field<'s, 'a> {
    /// Its name in the schema.
    pub name: &'a str,
    /// Its key in the answer.
    pub(crate) key: &'a str,
    pub(crate) selections: Option<&'s [Selection<'a>]>,
    place: SourcePosition,
    has_arguments: bool,
    has_directives: bool,
}

impl<'s, 'a> Field<'s, 'a> {
    /// A selection, where it is a field.
    pub(crate) fn of(selection: &'s Selection<'a>) -> Option<Self> {
        let Selection::Field(field) = selection else { return None };
        let (place, field) = (field.span.start, &field.item);
        Some(Self {
            name: field.name.item,
            key: field.alias.as_ref().unwrap_or(&field.name).item,
            selections: field.selection_set.as_deref(),
            place,
            has_arguments: field.arguments.is_some(),
            has_directives: field.directives.is_some(),
        })
    }

    /// Whether it stands at this place of the document.
    pub(crate) fn stands_at(&self, place: usize) -> bool {
        self.place.index() == place
    }

    /// The executor of what the field holds.
    pub(crate) fn executor<'e, C>(&self, parent: &'e Executor<'_, 'a, C>) -> Executor<'e, 'a, C>
    where
        's: 'e,
    {
        parent.field_sub_executor(self.key, self.name, self.place, self.selections)
    }

    /// Writes the node that the field holds, which may be null; where it cannot be had, null beside its error. `inner` is
    /// the field's own executor.
    pub(crate) fn write<N: Node>(
        &self,
        node: Option<&N>,
        inner: &Executor<'_, 'a, N::Context>,
        json: &mut Json,
    ) {
        let Some(node) = node else { return json.put_null() };
        if let Err(error) = node.write(self.selections, inner, json) {
            inner.push_error_at(error, self.place);
            json.put_null();
        }
    }
}

/// A scalar value on its way into an answer.
pub trait Leaf {
    /// Writes the value.
    fn write(self, json: &mut Json);
}

/// A type some of whose fields can be asked by name.
pub trait Leaves: GraphQLValue<TypeInfo = ()> {
    /// The fields that [`Self::leaf`] answers, by their names in the schema.
    const LEAVES: &'static [&'static str];

    /// Whether the type belongs to no interface, so that its fields are never merged with those of a fragment.
    const STANDS_ALONE: bool = false;

    /// Writes a scalar field without arguments that is answered from the value alone; false for every other field.
    fn leaf(&self, field: &str, json: &mut Json) -> bool;

    /// Writes a scalar field without arguments that is loaded for the whole level. False for every other field, and where
    /// loading failed: the resolver then says so.
    fn load(&self, field: &str, context: &Self::Context, json: &mut Json) -> bool {
        let _ = (field, context, json);
        false
    }

    /// Writes a field without arguments that holds another fast node. False as in [`Self::load`].
    fn nest<'a>(
        &self,
        field: Field<'_, 'a>,
        executor: &Executor<'_, 'a, Self::Context>,
        json: &mut Json,
    ) -> bool {
        let _ = (field, executor, json);
        false
    }
}

/// A type that can be the value of a field as a whole: nothing beside it is merged into it.
pub trait Node: GraphQLValue<TypeInfo = ()> {
    /// Writes the value of the field. Where it cannot be had, nothing is written.
    fn write<'a>(
        &self,
        selections: Option<&[Selection<'a>]>,
        executor: &Executor<'_, 'a, Self::Context>,
        json: &mut Json,
    ) -> Result<(), FieldError> {
        json.put_value(&self.resolve(&(), selections, executor)?);
        Ok(())
    }
}

/// Writes the node that a field holds, which may be null, as juniper would resolve it.
pub fn write_node<'a, N: Node>(
    node: Option<&N>,
    field: Field<'_, 'a>,
    executor: &Executor<'_, 'a, N::Context>,
    json: &mut Json,
) {
    field.write(node, &field.executor(executor), json);
}

/// A GraphQL type whose leaves take the short way. The same type in the schema as `T`. A `WHOLE` one is the value of a field
/// of its own type, never one of an interface: nothing is merged into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fast<T, const WHOLE: bool = false>(pub T);

/// A fast node as the value of a field of its own type.
pub type Whole<N> = <N as Alone>::Whole;

/// What has a [`Whole`].
pub trait Alone {
    /// It as a whole.
    type Whole;
}

impl<T> Alone for Fast<T> {
    type Whole = Fast<T, true>;
}

impl<T> Fast<T> {
    /// As the value of a field of this very type.
    pub(crate) fn whole(self) -> Whole<Self> {
        Fast(self.0)
    }
}

impl<T, const WHOLE: bool> From<T> for Fast<T, WHOLE> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Leaves, const WHOLE: bool> Node for Fast<T, WHOLE> {
    fn write<'a>(
        &self,
        selections: Option<&[Selection<'a>]>,
        executor: &Executor<'_, 'a, T::Context>,
        json: &mut Json,
    ) -> Result<(), FieldError> {
        let Some(selections) = selections.filter(|selections| is_plain(selections)) else {
            json.put_value(&self.0.resolve(&(), selections, executor)?);
            return Ok(());
        };
        let begin = json.place();
        json.begin_object();
        for selection in selections {
            let Some(field) = Field::of(selection) else { continue };
            json.key(field.key);
            let written = self.write_field(selection, executor, json);
            if !matches!(written, Ok(true)) {
                json.go_back(begin);
                return written.map(|_null| json.put_null());
            }
        }
        json.end_object();
        Ok(())
    }
}

impl<T: Leaves, const WHOLE: bool> Fast<T, WHOLE> {
    /// The object field by field.
    fn resolve_fields<'a>(
        &self,
        selections: &[Selection<'a>],
        executor: &Executor<'_, 'a, T::Context>,
    ) -> ExecutionResult {
        let mut object = Object::with_capacity(selections.len());
        for selection in selections {
            let Some(field) = Field::of(selection) else { continue };
            let mut json = Json::of(1);
            if !self.write_field(selection, executor, &mut json)? {
                return Ok(Value::Null);
            }
            object.add_field(field.key, json.finish());
        }
        Ok(Value::Object(object))
    }

    /// Writes one field; false where the whole object is null for it.
    fn write_field<'a>(
        &self,
        selection: &Selection<'a>,
        executor: &Executor<'_, 'a, T::Context>,
        json: &mut Json,
    ) -> Result<bool, FieldError> {
        if let Some(field) = Field::of(selection)
            && !field.has_arguments
        {
            let written = if field.selections.is_none() {
                self.0.leaf(field.name, json) || self.0.load(field.name, executor.context(), json)
            } else {
                self.0.nest(field, executor, json)
            };
            if written {
                return Ok(true);
            }
        }
        let Value::Object(fields) =
            self.0.resolve(&(), Some(slice::from_ref(selection)), executor)?
        else {
            return Ok(false);
        };
        for (_key, value) in fields {
            json.put_value(&value);
        }
        Ok(true)
    }
}

impl<T: Leaves, const WHOLE: bool> GraphQLValue for Fast<T, WHOLE> {
    type Context = T::Context;
    type TypeInfo = ();

    fn type_name(&self, info: &()) -> Option<ArcStr> {
        self.0.type_name(info)
    }

    fn resolve_field(
        &self,
        info: &(),
        field_name: &str,
        arguments: &Arguments<'_>,
        executor: &Executor<'_, '_, Self::Context>,
    ) -> ExecutionResult {
        self.0.resolve_field(info, field_name, arguments, executor)
    }

    fn resolve_into_type(
        &self,
        info: &(),
        type_name: &str,
        selection_set: Option<&[Selection<'_>]>,
        executor: &Executor<'_, '_, Self::Context>,
    ) -> ExecutionResult {
        let own = self.0.type_name(info).as_deref() == Some(type_name);
        match selection_set.filter(|selections| own && is_plain(selections)) {
            // An object, in a fragment of its own type: the short way once more.
            Some(selections) => self.resolve_fields(selections, executor),
            None => self.0.resolve_into_type(info, type_name, selection_set, executor),
        }
    }

    fn concrete_type_name(&self, context: &Self::Context, info: &()) -> String {
        self.0.concrete_type_name(context, info)
    }

    fn resolve(
        &self,
        info: &(),
        selection_set: Option<&[Selection<'_>]>,
        executor: &Executor<'_, '_, Self::Context>,
    ) -> ExecutionResult {
        if WHOLE || T::STANDS_ALONE {
            let mut json = Json::of(selection_set.map_or(0, <[_]>::len));
            self.write(selection_set, executor, &mut json)?;
            return Ok(json.finish());
        }
        match selection_set.filter(|selections| is_plain(selections)) {
            Some(selections) => self.resolve_fields(selections, executor),
            None => self.0.resolve(info, selection_set, executor),
        }
    }
}

/// Whether a selection is of fields alone, without directives, each under a key of its own.
pub(crate) fn is_plain(selections: &[Selection<'_>]) -> bool {
    let mut seen = 0_u64;
    selections.iter().enumerate().all(|(index, selection)| {
        let Some(field) = Field::of(selection) else { return false };
        let key = field.key;
        // Two keys of one bit may be the same; of different bits they are not.
        let (first, last) = (key.as_bytes().first(), key.as_bytes().last());
        let mark = first.map_or(0, |byte| usize::from(*byte))
            + 7 * last.map_or(0, |byte| usize::from(*byte))
            + 13 * key.len();
        let bit = 1 << (mark % 64);
        let perhaps = seen & bit != 0;
        seen |= bit;
        let repeated = perhaps
            && selections.iter().take(index).filter_map(Field::of).any(|other| other.key == key);
        !field.has_directives && !repeated
    })
}

macro_rules! scalar_leaves {
    ($($type:ty),*) => { $(
        impl Leaf for $type {
            fn write(self, json: &mut Json) {
                json.put(&self);
            }
        }
    )* };
}
scalar_leaves!(String, &str, bool, i32, f64);

impl<L: Leaf> Leaf for Option<L> {
    fn write(self, json: &mut Json) {
        match self {
            Some(leaf) => leaf.write(json),
            None => json.put_null(),
        }
    }
}
