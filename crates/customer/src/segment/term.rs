//! One comparison: a field, an operator and what it names.

use std::cmp::Ordering;

use regulars_kernel::text::quoted;
use serde_json::Value as Json;

use super::{
    field::{Field, MAX_KEY_CHARS},
    operator::Operator,
    value::{self, Value},
};

/// The most values in a list.
pub const MAX_LIST: usize = 500;

/// What an operator names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// One value.
    One(Value),
    /// `in`: one to [`MAX_LIST`] values.
    Many(Vec<Value>),
    /// `range`: the least and the greatest value, both included, in this order.
    Between(Value, Value),
    /// `isnull`: whether absence is asked for.
    Absent(bool),
}

/// `[field, operator, value]`. The parts fit each other: terms are made by [`super::parse`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    field: Field,
    operator: Operator,
    operand: Operand,
}

/// What is wrong with a term: in which of its three parts, and (for lists) at which place there.
pub(super) struct Wrong {
    pub(super) part: usize,
    pub(super) item: Option<usize>,
    pub(super) sentence: String,
}

impl Term {
    /// What is asked about.
    pub const fn field(&self) -> &Field {
        &self.field
    }

    /// How it is compared.
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// With what.
    pub const fn operand(&self) -> &Operand {
        &self.operand
    }

    pub(super) fn read(field: &str, operator: &Json, operand: &Json) -> Result<Self, Wrong> {
        let wrong = |part, sentence| Wrong { part, item: None, sentence };
        let field = read_field(field).map_err(|sentence| wrong(0, sentence))?;
        let operator = read_operator(&field, operator).map_err(|sentence| wrong(1, sentence))?;
        let kind = field.kind();
        let values = |json: &Json, most: usize| {
            let Json::Array(items) = json else {
                let sentence = format!("{} takes a list of values", operator.name());
                return Err(wrong(2, sentence));
            };
            if items.is_empty() || items.len() > most {
                let sentence =
                    format!("a list of 1 to {most} values is needed, not {}", items.len());
                return Err(wrong(2, sentence));
            }
            let read = |(place, item)| {
                let value = Value::read(kind, item);
                value.map_err(|sentence| Wrong { part: 2, item: Some(place), sentence })
            };
            items.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()
        };
        let operand = match operator {
            Operator::Isnull => {
                let absent = value::read_flag(operand)
                    .ok_or_else(|| wrong(2, "isnull takes true or false".to_owned()))?;
                Operand::Absent(absent)
            }
            Operator::In => Operand::Many(values(operand, MAX_LIST)?),
            Operator::Range => {
                Operand::between(values(operand, 2)?).map_err(|sentence| wrong(2, sentence))?
            }
            Operator::Icontains | Operator::Iexact => {
                // A part of a number is a part of its text.
                let text = match operand {
                    Json::Number(number) => &Json::String(number.to_string()),
                    _ => operand,
                };
                Operand::one(kind, text).map_err(|sentence| wrong(2, sentence))?
            }
            _ => Operand::one(kind, operand).map_err(|sentence| wrong(2, sentence))?,
        };
        Ok(Self { field, operator, operand })
    }

    pub(super) fn json(&self) -> Json {
        let operand = match &self.operand {
            Operand::One(value) => value.json(),
            Operand::Many(values) => Json::Array(values.iter().map(Value::json).collect()),
            Operand::Between(least, greatest) => Json::Array(vec![least.json(), greatest.json()]),
            Operand::Absent(absent) => Json::Bool(*absent),
        };
        Json::Array(vec![
            Json::from(self.field.name().into_owned()),
            Json::from(self.operator.name()),
            operand,
        ])
    }

    /// Whether a customer fits who has exactly these values of the field. Values of another kind than the field's fit
    /// nothing.
    pub fn holds(&self, values: &[Value]) -> bool {
        match &self.operand {
            Operand::Absent(absent) => values.is_empty() == *absent,
            _ => values.iter().any(|value| self.fits(value)),
        }
    }

    /// Whether one value fits. `isnull` asks for none and fits no value.
    fn fits(&self, value: &Value) -> bool {
        let stands =
            |other: &Value, fits: fn(Ordering) -> bool| value.compare(other).is_some_and(fits);
        match &self.operand {
            Operand::Absent(_) => false,
            Operand::Many(values) => values.iter().any(|other| stands(other, Ordering::is_eq)),
            Operand::Between(least, greatest) => {
                stands(least, Ordering::is_ge) && stands(greatest, Ordering::is_le)
            }
            Operand::One(other) => match self.operator {
                Operator::Gt => stands(other, Ordering::is_gt),
                Operator::Gte => stands(other, Ordering::is_ge),
                Operator::Lt => stands(other, Ordering::is_lt),
                Operator::Lte => stands(other, Ordering::is_le),
                Operator::Icontains => match (value, other) {
                    (Value::Text(text), Value::Text(part)) => text.folded().contains(part.folded()),
                    _ => false,
                },
                Operator::Exact
                | Operator::Iexact
                | Operator::In
                | Operator::Range
                | Operator::Isnull => stands(other, Ordering::is_eq),
            },
        }
    }
}

impl Operand {
    fn one(kind: super::ValueKind, json: &Json) -> Result<Self, String> {
        Value::read(kind, json).map(Self::One)
    }

    fn between(values: Vec<Value>) -> Result<Self, String> {
        let Ok([least, greatest]) = <[Value; 2]>::try_from(values) else {
            return Err("range takes two values".to_owned());
        };
        match least.compare(&greatest) {
            None => Err("range takes two values of one kind".to_owned()),
            Some(Ordering::Greater) => {
                Err("the first value of a range cannot be greater than the second".to_owned())
            }
            Some(_) => Ok(Self::Between(least, greatest)),
        }
    }
}

fn read_field(name: &str) -> Result<Field, String> {
    let field = Field::from_name(name)
        .ok_or_else(|| format!("{} is not a field. Allowed: {}", quoted(name), Field::allowed()))?;
    if let Field::ExtraInfo(key) = &field {
        regulars_kernel::text::check(key, MAX_KEY_CHARS).map_err(|rule| rule.to_string())?;
    }
    Ok(field)
}

fn read_operator(field: &Field, json: &Json) -> Result<Operator, String> {
    let fitting = field.kind().operators();
    let operator = json.as_str().and_then(Operator::from_name).ok_or_else(|| {
        let all = Operator::names(Operator::ALL);
        format!("{} is not an operator. Allowed: {all}", value::shown(json))
    })?;
    if fitting.contains(&operator) {
        return Ok(operator);
    }
    let (operator, name) = (operator.name(), field.name());
    Err(format!("{operator} does not fit {name}. Allowed: {}", Operator::names(fitting)))
}
