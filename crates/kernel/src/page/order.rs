//! The order of a list, and a row's place in it.

use std::{cmp::Ordering as Compare, fmt};

use crate::{Rule, text::quoted};

/// What a list can be ordered by.
pub trait SortField: Copy + PartialEq + fmt::Debug + 'static {
    /// The name of the list, which ties a cursor to it.
    const LIST: &'static str;
    /// The field of that API name.
    fn from_name(name: &str) -> Option<Self>;
    /// The API name.
    fn name(self) -> &'static str;
    /// What its keys are: a cursor with a key of the other kind is refused before a store compares it with a column.
    fn kind(self) -> KeyKind;
    /// Every field, for the message that says what is allowed.
    fn all() -> &'static [Self];
    /// The list's order unless told: terms before the pk, and whether the pk itself descends.
    fn default_order() -> Order<Self>;
}

/// What the keys of a sort field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Numbers and instants.
    Int,
    /// Folded text.
    Text,
}

/// A row's value of a sort field. Text is folded ([`crate::text::fold`]) and compares by code point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    /// Numbers and instants.
    Int(i64),
    /// Folded text; an absent text is empty.
    Text(String),
}

impl SortKey {
    /// Which of the two.
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Int(_) => KeyKind::Int,
            Self::Text(_) => KeyKind::Text,
        }
    }
}

/// A row that can say its place in a list.
pub trait Keyed<F> {
    /// The value it is sorted by.
    fn sort_key(&self, field: F) -> SortKey;
    /// The primary key, which breaks ties.
    fn pk(&self) -> i64;
}

/// Makes the sort field of a list that is ordered by the pk alone: a type without values.
///
/// ```
/// regulars_kernel::pk_sort! {
///     /// What a list of tables can be ordered by: the pk alone.
///     pub enum TableSort of "tables"
/// }
/// ```
#[macro_export]
macro_rules! pk_sort {
    ($(#[$meta:meta])* $visibility:vis enum $sort:ident of $list:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $sort {}

        impl $crate::page::SortField for $sort {
            const LIST: &'static str = $list;

            fn from_name(_name: &str) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }

            fn name(self) -> &'static str {
                match self {}
            }

            fn kind(self) -> $crate::page::KeyKind {
                match self {}
            }

            fn all() -> &'static [Self] {
                &[]
            }

            fn default_order() -> $crate::page::Order<Self> {
                $crate::page::Order { terms: ::std::vec::Vec::new(), pk_descending: false }
            }
        }
    };
}

/// One term of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term<F> {
    /// By what.
    pub field: F,
    /// Largest first.
    pub descending: bool,
}

/// The order of a list; the pk always breaks ties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<F> {
    /// What to sort by, most significant first.
    pub terms: Vec<Term<F>>,
    /// Whether the pk descends.
    pub pk_descending: bool,
}

impl<F: SortField> Order<F> {
    /// Reads `"-createdAt,lastname"`. The pk, as a last term (`"-pk"`), says its own direction, else it goes with the
    /// last term. No text, or an empty one, is the list's default order.
    pub fn parse(text: Option<&str>) -> Result<Self, Rule> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(F::default_order());
        };
        let mut terms: Vec<Term<F>> = Vec::new();
        let mut pk_descending = None;
        for part in text.split(',').map(str::trim) {
            let (name, descending) =
                part.strip_prefix('-').map_or((part, false), |name| (name, true));
            if pk_descending.is_some() {
                return Err(Rule::Invalid("pk ends an order: nothing can follow it.".to_owned()));
            }
            if name == "pk" || name == "id" {
                pk_descending = Some(descending);
                continue;
            }
            let field = F::from_name(name).ok_or_else(|| {
                let all = F::all().iter().map(|field| field.name());
                let allowed: Vec<_> = std::iter::once("pk").chain(all).collect();
                let (name, allowed) = (quoted(name), allowed.join(", "));
                Rule::Invalid(format!("Cannot order by {name}. Allowed: {allowed}."))
            })?;
            if terms.iter().any(|term| term.field == field) {
                return Err(Rule::Invalid(format!("{} stands twice in the order.", quoted(name))));
            }
            terms.push(Term { field, descending });
        }
        let pk_descending =
            pk_descending.unwrap_or_else(|| terms.last().is_some_and(|term| term.descending));
        Ok(Self { terms, pk_descending })
    }

    /// The order that [`Self::parse`] reads back.
    pub(super) fn spelling(&self) -> String {
        let sign = |descending| if descending { "-" } else { "" };
        let mut out = String::new();
        for term in &self.terms {
            out.push_str(sign(term.descending));
            out.push_str(term.field.name());
            out.push(',');
        }
        out + sign(self.pk_descending) + "pk"
    }

    /// Where one row stands relative to a place in the list.
    pub fn compare<T: Keyed<F>>(&self, row: &T, place: &Position) -> Compare {
        let turn = |order: Compare, descending| if descending { order.reverse() } else { order };
        for (term, key) in self.terms.iter().zip(&place.keys) {
            let order = turn(row.sort_key(term.field).cmp(key), term.descending);
            if order != Compare::Equal {
                return order;
            }
        }
        turn(row.pk().cmp(&place.pk), self.pk_descending)
    }

    /// The place of a row in this order.
    pub fn position<T: Keyed<F>>(&self, row: &T) -> Position {
        let keys = self.terms.iter().map(|term| row.sort_key(term.field)).collect();
        Position { keys, pk: row.pk() }
    }
}

/// A row's place in an ordered list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The row's values of the order's terms.
    pub keys: Vec<SortKey>,
    /// Its pk.
    pub pk: i64,
}
