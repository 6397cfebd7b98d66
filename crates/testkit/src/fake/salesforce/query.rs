//! Queries over what there is, and the pages of their answers.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{
    reply::{Refused, Reply},
    schema::{Column, Kind},
    soql::{Condition, Literal, Operator, Query, Selected},
    thing::{Thing, id, read_stamp, with_check},
    world::World,
};

/// Whose columns a path may name besides the object's own: the object, the name, the column with the id, the object that it is of.
const PARENTS: [(&str, &str, &str, &str); 3] = [
    ("Contact", "Account", "AccountId", "Account"),
    ("Contact", "MasterRecord", "MasterRecordId", "Contact"),
    ("Account", "MasterRecord", "MasterRecordId", "Account"),
];
/// How many places may be open at a time; the oldest is forgotten.
const MOST_PLACES: usize = 10;

/// The rest of a query that has several pages.
#[derive(Clone, Debug)]
pub(super) struct Open {
    object: &'static str,
    columns: Vec<Path>,
    ids: Vec<String>,
    page_rows: usize,
}

/// A parent's name, the column that has its id, and what it is.
type Parent = (&'static str, &'static str, &'static str);

/// A column by the way to it.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// The parents' names, each with the column that has the id, and what the id is of.
    parents: Vec<Parent>,
    /// The column.
    pub(super) column: Column,
}

impl Path {
    /// The path as queries write it.
    pub(super) fn name(&self) -> String {
        let parents = self.parents.iter().map(|(name, ..)| *name);
        parents.chain([self.column.name.as_str()]).collect::<Vec<_>>().join(".")
    }

    /// What is at its end.
    pub(super) fn read<'a>(&self, world: &'a World, thing: &'a Thing) -> &'a Value {
        let mut thing = thing;
        for (_, column, object) in &self.parents {
            match thing.text(column).and_then(|id| world.thing(object, id)) {
                Some(parent) => thing = parent,
                None => return &Value::Null,
            }
        }
        if self.column.kind == Kind::Address { &Value::Null } else { thing.get(&self.column.name) }
    }
}

impl World {
    /// The way to a column.
    pub(super) fn path(&self, object: &'static str, name: &str) -> Result<Path, Refused> {
        let (mut of, mut parents, mut rest) = (object, Vec::new(), name);
        while let Some((parent, next)) = rest.split_once('.') {
            let known = PARENTS
                .iter()
                .find(|(child, known, ..)| *child == of && known.eq_ignore_ascii_case(parent));
            let Some((_, known, column, object)) = known else {
                return Err(Refused::new(
                    400,
                    "INVALID_FIELD",
                    format!("Didn't understand relationship '{parent}' in field path."),
                ));
            };
            parents.push((*known, *column, *object));
            (of, rest) = (*object, next);
        }
        let column = self.schema.column(of, rest).ok_or_else(|| Refused::no_column(rest, of))?;
        Ok(Path { parents, column: column.clone() })
    }

    /// The ids of what a query finds, in order.
    pub(super) fn find(
        &self,
        query: &Query,
        all: bool,
    ) -> Result<(&'static str, Vec<String>), Refused> {
        let object = self.schema.object(&query.object).ok_or_else(|| {
            Refused::new(
                400,
                "INVALID_TYPE",
                format!("sObject type '{}' is not supported.", query.object),
            )
        })?;
        let test = query
            .condition
            .as_ref()
            .filter(|_| !self.ignores_filter)
            .map(|condition| Test::of(self, object, condition))
            .transpose()?;
        let mut order = Vec::new();
        for (column, falls) in &query.order {
            order.push((self.path(object, column)?, *falls));
        }
        let things = self.objects.get(object).into_iter().flatten().map(|(_, thing)| thing);
        let mut found: Vec<&Thing> = things
            .filter(|thing| all || !thing.is_deleted())
            .filter(|thing| test.as_ref().is_none_or(|test| test.holds(self, thing)))
            .collect();
        found.sort_by(|one, other| {
            let compared = order.iter().map(|(path, falls)| {
                let ordering = compare(path.read(self, one), path.read(self, other));
                if *falls { ordering.reverse() } else { ordering }
            });
            compared.fold(Ordering::Equal, Ordering::then)
        });
        let ids = found.into_iter().filter_map(|thing| thing.text("Id").map(str::to_owned));
        Ok((object, ids.take(query.limit.unwrap_or(usize::MAX)).collect()))
    }

    /// The first page of a query's answer.
    pub(super) fn ask(
        &mut self,
        text: &str,
        all: bool,
        version: &str,
        rows: Option<usize>,
    ) -> Result<Reply, Refused> {
        let query = Query::parse(text)?;
        let (object, ids) = self.find(&query, all)?;
        let Selected::Columns(columns) = &query.selected else {
            return Ok(Reply::json(
                200,
                &json!({ "totalSize": ids.len(), "done": true, "records": [] }),
            ));
        };
        let mut paths = Vec::new();
        for column in columns {
            paths.push(self.path(object, column)?);
        }
        let page_rows = rows.filter(|rows| *rows < self.page_rows).unwrap_or(self.page_rows);
        let open = Open { object, columns: paths, ids, page_rows };
        let place = id("01g", self.next_number());
        Ok(self.page(&place, &open, 0, version))
    }

    /// A later page.
    pub(super) fn go_on(&mut self, place: &str, version: &str) -> Result<Reply, Refused> {
        let lost = || Refused::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
        let (place, from) = place.rsplit_once('-').ok_or_else(lost)?;
        let from = from.parse().map_err(|_no_number| lost())?;
        let open = self.places.get(place).ok_or_else(lost)?.clone();
        Ok(self.page(place, &open, from, version))
    }

    fn page(&mut self, place: &str, open: &Open, from: usize, version: &str) -> Reply {
        let until = from.saturating_add(open.page_rows).min(open.ids.len());
        let ids = open.ids.get(from..until).unwrap_or_default();
        let records: Vec<Value> = ids
            .iter()
            .filter_map(|id| Some(self.record(self.thing(open.object, id)?, open, version)))
            .collect();
        let done = until >= open.ids.len();
        let mut page = json!({ "totalSize": open.ids.len(), "done": done, "records": records });
        if done {
            return Reply::json(200, &page);
        }
        if let Some(page) = page.as_object_mut() {
            // It says `query` whichever was asked, and keeps what was deleted.
            let url = format!("/services/data/v{version}/query/{place}-{until}");
            page.insert("nextRecordsUrl".to_owned(), json!(url));
        }
        if !self.places.contains_key(place) {
            if self.places.len() >= MOST_PLACES {
                self.places.pop_first();
            }
            self.places.insert(place.to_owned(), open.clone());
        }
        Reply::json(200, &page)
    }

    fn record(&self, thing: &Thing, open: &Open, version: &str) -> Value {
        let mut record = Map::new();
        let attributes = |object: &str, id: &str| json!({ "type": object, "url": format!("/services/data/v{version}/sobjects/{object}/{id}") });
        record.insert(
            "attributes".to_owned(),
            attributes(open.object, thing.text("Id").unwrap_or_default()),
        );
        for path in &open.columns {
            self.nest(&mut record, thing, path, &path.parents, &attributes);
        }
        Value::Object(record)
    }

    /// Writes a column into a record, within its parents.
    fn nest(
        &self,
        record: &mut Map<String, Value>,
        thing: &Thing,
        path: &Path,
        parents: &[Parent],
        attributes: &impl Fn(&str, &str) -> Value,
    ) {
        let Some(((name, column, object), rest)) = parents.split_first() else {
            record.insert(path.column.name.clone(), thing.get(&path.column.name).clone());
            return;
        };
        let parent = thing.text(column).and_then(|id| self.thing(object, id));
        let Some(parent) = parent else {
            record.insert((*name).to_owned(), Value::Null);
            return;
        };
        let inner = record.entry((*name).to_owned()).or_insert_with(
            || json!({ "attributes": attributes(object, parent.text("Id").unwrap_or_default()) }),
        );
        if let Some(inner) = inner.as_object_mut() {
            self.nest(inner, parent, path, rest, attributes);
        }
    }
}

/// A condition whose columns are known and whose literals fit them.
enum Test {
    All(Vec<Self>),
    Any(Vec<Self>),
    Compare(Box<Path>, Operator, Value),
    In(Box<Path>, Vec<Value>),
}

impl Test {
    fn of(world: &World, object: &'static str, condition: &Condition) -> Result<Self, Refused> {
        let several = |conditions: &[Condition]| {
            conditions.iter().map(|one| Self::of(world, object, one)).collect::<Result<Vec<_>, _>>()
        };
        match condition {
            Condition::All(all) => Ok(Self::All(several(all)?)),
            Condition::Any(any) => Ok(Self::Any(several(any)?)),
            Condition::Compare(column, operator, literal) => {
                let path = world.path(object, column)?;
                let value = value(&path.column, literal)?;
                Ok(Self::Compare(Box::new(path), *operator, value))
            }
            Condition::In(column, literals) => {
                let path = world.path(object, column)?;
                let values = literals.iter().map(|literal| value(&path.column, literal));
                let values = values.collect::<Result<_, _>>()?;
                Ok(Self::In(Box::new(path), values))
            }
        }
    }

    fn holds(&self, world: &World, thing: &Thing) -> bool {
        match self {
            Self::All(all) => all.iter().all(|test| test.holds(world, thing)),
            Self::Any(any) => any.iter().any(|test| test.holds(world, thing)),
            Self::In(path, values) => values.contains(path.read(world, thing)),
            Self::Compare(path, operator, value) => {
                let held = path.read(world, thing);
                match operator {
                    Operator::Is => compare(held, value).is_eq(),
                    Operator::IsNot => compare(held, value).is_ne(),
                    // Nothing is neither above nor below anything.
                    _ if held.is_null() || value.is_null() => false,
                    Operator::Below => compare(held, value).is_lt(),
                    Operator::UpTo => compare(held, value).is_le(),
                    Operator::Above => compare(held, value).is_gt(),
                    Operator::From => compare(held, value).is_ge(),
                }
            }
        }
    }
}

/// A literal as a value of a column.
fn value(column: &Column, literal: &Literal) -> Result<Value, Refused> {
    let wrong = |must: &str| {
        Err(Refused::new(
            400,
            "INVALID_FIELD",
            format!("value of filter criterion for field '{}' must be of type {must}", column.name),
        ))
    };
    match (column.kind, literal) {
        (Kind::Address, _) => Err(Refused::new(
            400,
            "INVALID_FIELD",
            format!("field '{}' can not be filtered in a query call", column.name),
        )),
        (_, Literal::Null) => Ok(Value::Null),
        (Kind::Bool, Literal::Bool(value)) => Ok(json!(value)),
        (Kind::Bool, _) => wrong("boolean and should not be enclosed in quotes"),
        (Kind::Instant, Literal::Bare(text)) => match read_stamp(text) {
            Some(seconds) => Ok(json!(super::thing::stamp(seconds))),
            None => wrong("dateTime"),
        },
        (Kind::Instant, _) => wrong("dateTime and should not be enclosed in quotes"),
        (Kind::Date, Literal::Bare(text)) if text.len() == 10 => Ok(json!(text)),
        (Kind::Date, _) => wrong("date and should not be enclosed in quotes"),
        (Kind::Double, Literal::Bare(text)) => match serde_json::from_str::<Value>(text) {
            Ok(number @ Value::Number(_)) => Ok(number),
            _ => wrong("double"),
        },
        (Kind::Double, _) => wrong("double and should not be enclosed in quotes"),
        (Kind::Id | Kind::Reference, Literal::Text(text)) => {
            // Only whole ids can be equal; any text can be a bound.
            Ok(json!(with_check(text)))
        }
        (_, Literal::Text(text)) => Ok(json!(text)),
        _ => wrong("string and should be enclosed in quotes"),
    }
}

/// The order of two values of one column: nothing first, as Salesforce has it.
fn compare(one: &Value, other: &Value) -> Ordering {
    let number = |value: &Value| value.as_f64();
    match (one, other) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::String(one), Value::String(other)) => one.cmp(other),
        _ => number(one).partial_cmp(&number(other)).unwrap_or(Ordering::Equal),
    }
}
