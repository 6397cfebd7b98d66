//! Lists come in keyset pages: the next page begins after the last row's sort keys, not after a number of rows, so every
//! page costs the same and nothing is skipped while rows come and go.
//!
//! A cursor is opaque to clients. It holds a version, the list and order it belongs to, the sort keys and the pk; one that was
//! not made here, or belongs to another list or order, is refused. The old form `arrayconnection:N` counts as an offset.

use std::{cmp::Ordering as Compare, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{Rule, Violations};

/// Rows on a page unless told, and at most.
pub const MAX_PAGE: u16 = 100;
/// The furthest that `offset` reaches; cursors go on for ever.
pub const MAX_OFFSET: u32 = 10_000;

/// What a list can be ordered by.
pub trait SortField: Copy + PartialEq + fmt::Debug + 'static {
    /// The name of the list, which ties a cursor to it.
    const LIST: &'static str;
    /// The field of that API name.
    fn from_name(name: &str) -> Option<Self>;
    /// The API name.
    fn name(self) -> &'static str;
    /// Every field, for the message that says what is allowed.
    fn all() -> &'static [Self];
    /// The list's order unless told: terms before the pk, and whether the pk itself descends.
    fn default_order() -> Order<Self>;
}

/// A row's value of a sort field. Text is folded ([`crate::text::fold`]) and compares by code point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    /// Numbers and instants.
    Int(i64),
    /// Folded text; an absent text is empty.
    Text(String),
}

/// A row that can say its place in a list.
pub trait Keyed<F> {
    /// The value it is sorted by.
    fn sort_key(&self, field: F) -> SortKey;
    /// The primary key, which breaks ties.
    fn pk(&self) -> i64;
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
                let names: Vec<_> = F::all().iter().map(|field| field.name()).collect();
                Rule::Invalid(format!(
                    "Cannot order by {name:?}. Allowed: pk, {}.",
                    names.join(", ")
                ))
            })?;
            if terms.iter().any(|term| term.field == field) {
                return Err(Rule::Invalid(format!("{name:?} stands twice in the order.")));
            }
            terms.push(Term { field, descending });
        }
        let pk_descending =
            pk_descending.unwrap_or_else(|| terms.last().is_some_and(|term| term.descending));
        Ok(Self { terms, pk_descending })
    }

    /// The order that [`Self::parse`] reads back.
    fn spelling(&self) -> String {
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

    /// The opaque cursor of a place in this order.
    pub fn cursor(&self, position: &Position) -> String {
        let mut plain = format!("k1\n{}\n{}\n{}", F::LIST, self.spelling(), position.pk);
        for key in &position.keys {
            plain.push('\n');
            match key {
                SortKey::Int(number) => {
                    plain.push('i');
                    plain.push_str(&number.to_string());
                }
                SortKey::Text(text) => {
                    plain.push('t');
                    plain.push_str(&STANDARD.encode(text));
                }
            }
        }
        STANDARD.encode(plain)
    }

    fn read_cursor(&self, cursor: &str) -> Option<Place> {
        let plain = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
        if let Some(index) = plain.strip_prefix("arrayconnection:") {
            return Some(Place::Index(index.parse().ok()?));
        }
        let mut lines = plain.split('\n');
        if lines.next()? != "k1" || lines.next()? != F::LIST || lines.next()? != self.spelling() {
            return None;
        }
        let pk = lines.next()?.parse().ok()?;
        let keys = lines.map(read_key).collect::<Option<Vec<_>>>()?;
        (keys.len() == self.terms.len()).then_some(Place::Keys(Position { keys, pk }))
    }
}

fn read_key(line: &str) -> Option<SortKey> {
    if let Some(number) = line.strip_prefix('i') {
        return number.parse().ok().map(SortKey::Int);
    }
    let text = STANDARD.decode(line.strip_prefix('t')?).ok()?;
    String::from_utf8(text).ok().map(SortKey::Text)
}

/// A row's place in an ordered list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The row's values of the order's terms.
    pub keys: Vec<SortKey>,
    /// Its pk.
    pub pk: i64,
}

enum Place {
    Keys(Position),
    Index(u32),
}

/// The paging arguments of a list as they came in.
#[derive(Clone, Debug, Default)]
pub struct PageArguments {
    /// The first so many.
    pub first: Option<i32>,
    /// The last so many.
    pub last: Option<i32>,
    /// Only what comes before this cursor.
    pub before: Option<String>,
    /// Only what comes after this cursor.
    pub after: Option<String>,
    /// Skip so many.
    pub offset: Option<i32>,
    /// The order.
    pub order_by: Option<String>,
}

/// A checked wish for one page of a list.
#[derive(Clone, Debug)]
pub struct PageRequest<F> {
    /// The order.
    pub order: Order<F>,
    /// At most so many rows: 0 to [`MAX_PAGE`].
    pub limit: u16,
    /// Take them from the end (`last`).
    pub backward: bool,
    /// Only rows after this place.
    pub after: Option<Position>,
    /// Only rows before this place.
    pub before: Option<Position>,
    /// Skip so many rows (forward only).
    pub offset: u32,
}

impl<F: SortField> PageRequest<F> {
    /// The first rows of a list in its default order.
    pub fn first(limit: u16) -> Self {
        Self {
            order: F::default_order(),
            limit: limit.min(MAX_PAGE),
            backward: false,
            after: None,
            before: None,
            offset: 0,
        }
    }

    /// Checks paging arguments; `list` is the name that messages use. Refuses negative and over-long pages, broken or
    /// foreign cursors, offsets past [`MAX_OFFSET`], and combinations that make no sense, each with the argument at fault.
    pub fn parse(arguments: &PageArguments, list: &str) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        let order = wrong
            .check("orderBy", Order::parse(arguments.order_by.as_deref()))
            .unwrap_or_else(F::default_order);
        let first = size(&mut wrong, "first", arguments.first, list);
        let last = size(&mut wrong, "last", arguments.last, list);
        if first.is_some() && last.is_some() {
            wrong.add("last", Rule::Invalid("Use either first or last, not both.".to_owned()));
        }
        let mut offset = match arguments.offset.map(u32::try_from) {
            None => 0,
            Some(Ok(offset)) => offset,
            Some(Err(_negative)) => {
                wrong.add("offset", Rule::Invalid("An offset cannot be negative.".to_owned()));
                0
            }
        };
        if arguments.before.is_some() && arguments.offset.is_some() {
            let sentence =
                "You can't provide a `before` value at the same time as an `offset` value.";
            wrong.add("before", Rule::Invalid(sentence.to_owned()));
        }
        if last.is_some() && arguments.offset.is_some() {
            let sentence =
                "You can't provide a `last` value at the same time as an `offset` value.";
            wrong.add("offset", Rule::Invalid(sentence.to_owned()));
        }
        let mut limit = first.or(last).unwrap_or(MAX_PAGE);
        let after = match place(&mut wrong, "after", arguments.after.as_deref(), &order) {
            Some(Place::Keys(position)) => Some(position),
            Some(Place::Index(index)) => {
                offset = offset.saturating_add(index).saturating_add(1);
                None
            }
            None => None,
        };
        let before = match place(&mut wrong, "before", arguments.before.as_deref(), &order) {
            Some(Place::Keys(position)) => Some(position),
            Some(Place::Index(end)) => {
                if last.is_some() {
                    let sentence = "A cursor of this form cannot be combined with last.";
                    wrong.add("before", Rule::Invalid(sentence.to_owned()));
                }
                let room = end.saturating_sub(offset);
                limit = limit.min(u16::try_from(room).unwrap_or(MAX_PAGE));
                None
            }
            None => None,
        };
        if offset > MAX_OFFSET {
            let sentence = format!("Offsets end at {MAX_OFFSET}: page on with cursors instead.");
            wrong.add("offset", Rule::Invalid(sentence));
        }
        let backward = last.is_some();
        wrong.into_result()?;
        Ok(Self { order, limit, backward, after, before, offset })
    }
}

fn size(
    wrong: &mut Violations,
    argument: &'static str,
    value: Option<i32>,
    list: &str,
) -> Option<u16> {
    let value = value?;
    match u16::try_from(value) {
        Ok(size) if size <= MAX_PAGE => Some(size),
        _ if value < 0 => {
            wrong.add(argument, Rule::Invalid(format!("`{argument}` cannot be negative.")));
            None
        }
        _ => {
            wrong.add(
                argument,
                Rule::Invalid(format!(
                    "Requesting {value} records on the `{list}` connection exceeds the \
                     `{argument}` limit of {MAX_PAGE} records."
                )),
            );
            None
        }
    }
}

fn place<F: SortField>(
    wrong: &mut Violations,
    argument: &'static str,
    cursor: Option<&str>,
    order: &Order<F>,
) -> Option<Place> {
    let cursor = cursor.filter(|cursor| !cursor.is_empty())?;
    let place = order.read_cursor(cursor);
    if place.is_none() {
        let sentence = "Not a cursor of this list in this order.";
        wrong.add(argument, Rule::Invalid(sentence.to_owned()));
    }
    place
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the list's order, however the page was cut.
    pub items: Vec<T>,
    /// Whether rows follow (known only when the page was cut from the front).
    pub has_next: bool,
    /// Whether rows precede (known only when the page was cut from the end).
    pub has_previous: bool,
}

impl<T> Page<T> {
    /// An empty page.
    pub const fn empty() -> Self {
        Self { items: Vec::new(), has_next: false, has_previous: false }
    }

    /// Turns up to `limit + 1` rows, fetched in the direction of the request, into the page.
    pub fn from_fetched<F>(mut rows: Vec<T>, request: &PageRequest<F>) -> Self {
        let limit = usize::from(request.limit);
        let more = rows.len() > limit;
        rows.truncate(limit);
        if request.backward {
            rows.reverse();
        }
        Self {
            items: rows,
            has_next: more && !request.backward,
            has_previous: more && request.backward,
        }
    }

    /// The same page of something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

/// Cuts a page out of rows that are all in memory: what a database does with an index.
pub fn cut<F: SortField, T: Keyed<F>>(mut rows: Vec<T>, request: &PageRequest<F>) -> Page<T> {
    let order = &request.order;
    rows.retain(|row| {
        request.after.as_ref().is_none_or(|place| order.compare(row, place) == Compare::Greater)
            && request
                .before
                .as_ref()
                .is_none_or(|place| order.compare(row, place) == Compare::Less)
    });
    rows.sort_by(|a, b| {
        let order = order.compare(a, &order.position(b));
        if request.backward { order.reverse() } else { order }
    });
    let fetched = rows
        .into_iter()
        .skip(usize::try_from(request.offset).unwrap_or(usize::MAX))
        .take(usize::from(request.limit).saturating_add(1))
        .collect();
    Page::from_fetched(fetched, request)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum By {
        Name,
        Age,
    }

    impl SortField for By {
        const LIST: &'static str = "people";
        fn from_name(name: &str) -> Option<Self> {
            Self::all().iter().copied().find(|field| field.name() == name)
        }
        fn name(self) -> &'static str {
            match self {
                Self::Name => "name",
                Self::Age => "age",
            }
        }
        fn all() -> &'static [Self] {
            &[Self::Name, Self::Age]
        }
        fn default_order() -> Order<Self> {
            Order { terms: Vec::new(), pk_descending: false }
        }
    }

    #[derive(Clone, Debug, PartialEq)]
    struct Person(i64, String, i64);

    impl Keyed<By> for Person {
        fn sort_key(&self, field: By) -> SortKey {
            match field {
                By::Name => SortKey::Text(self.1.clone()),
                By::Age => SortKey::Int(self.2),
            }
        }
        fn pk(&self) -> i64 {
            self.0
        }
    }

    fn parse(arguments: &PageArguments) -> Result<PageRequest<By>, Violations> {
        PageRequest::parse(arguments, "people")
    }

    #[test]
    fn bad_paging_names_the_argument() {
        let ask = PageArguments::default;
        let foreign = STANDARD.encode("k1\norders\npk\n5");
        let other_order = STANDARD.encode("k1\npeople\n-pk\n5");
        for (arguments, field) in [
            (PageArguments { first: Some(-1), ..ask() }, "first"),
            (PageArguments { first: Some(101), ..ask() }, "first"),
            (PageArguments { last: Some(-1), ..ask() }, "last"),
            (PageArguments { first: Some(1), last: Some(1), ..ask() }, "last"),
            (PageArguments { offset: Some(-1), ..ask() }, "offset"),
            (PageArguments { offset: Some(10_001), ..ask() }, "offset"),
            (PageArguments { after: Some("rubbish".into()), ..ask() }, "after"),
            (PageArguments { after: Some(foreign), ..ask() }, "after"),
            (PageArguments { before: Some(other_order), ..ask() }, "before"),
            (PageArguments { order_by: Some("shoe".into()), ..ask() }, "orderBy"),
            (PageArguments { order_by: Some("age,-age".into()), ..ask() }, "orderBy"),
        ] {
            let wrong = parse(&arguments).unwrap_err();
            assert_eq!(wrong.iter().next().unwrap().field, Some(field), "{arguments:?}");
        }
        let wrong = parse(&PageArguments { first: Some(101), ..ask() }).unwrap_err();
        assert_eq!(
            wrong.iter().next().unwrap().rule.to_string(),
            "Requesting 101 records on the `people` connection exceeds the `first` limit of 100 records."
        );
    }

    #[test]
    fn the_old_cursor_counts_as_an_offset() {
        let after = STANDARD.encode("arrayconnection:4");
        let request = parse(&PageArguments { after: Some(after), ..Default::default() }).unwrap();
        assert_eq!(request.offset, 5);
    }

    fn people() -> impl Strategy<Value = Vec<Person>> {
        prop::collection::vec(("[a-c\u{e9}\n]{0,2}", 0_i64..4), 0..30).prop_map(|people| {
            (1..).zip(people).map(|(pk, (name, age))| Person(pk, name, age)).collect()
        })
    }

    proptest! {
        #[test]
        fn walking_by_cursors_meets_every_row_once_in_both_directions(
            people in people(),
            size in 1_i32..7,
            order in prop::sample::select(vec!["", "age", "-name,age", "-pk", "name,-pk"]),
        ) {
            let order_by = Some(order.to_owned());
            let parsed = Order::<By>::parse(Some(order)).unwrap();
            let mut whole = people.clone();
            whole.sort_by(|a, b| parsed.compare(a, &parsed.position(b)));
            let mut forward = Vec::new();
            let mut cursor = None;
            loop {
                let request = parse(&PageArguments {
                    first: Some(size), after: cursor, order_by: order_by.clone(), ..Default::default()
                }).unwrap();
                let page = cut(people.clone(), &request);
                cursor = page.items.last().map(|row| parsed.cursor(&parsed.position(row)));
                forward.extend(page.items);
                if !page.has_next { break; }
            }
            prop_assert_eq!(&forward, &whole);
            let mut backward = Vec::new();
            let mut cursor = None;
            loop {
                let request = parse(&PageArguments {
                    last: Some(size), before: cursor, order_by: order_by.clone(), ..Default::default()
                }).unwrap();
                let mut page = cut(people.clone(), &request);
                cursor = page.items.first().map(|row| parsed.cursor(&parsed.position(row)));
                page.items.append(&mut backward);
                backward = page.items;
                if !page.has_previous { break; }
            }
            prop_assert_eq!(&backward, &whole);
        }
    }
}
