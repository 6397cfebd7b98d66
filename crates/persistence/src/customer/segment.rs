//! Segments in SQL (rule 31): what `regulars_customer::segment` documents of each field and operator, as a condition.
//!
//! A comparison with an absent value is NULL here and false there. NOT alone tells the two apart, so that is the one place
//! that makes NULL false; everywhere else columns stand bare, where an index can answer.

mod place;
#[cfg(test)]
mod tests;

use chrono::{Datelike, NaiveDate};
use regulars_customer::{
    filter::Audience,
    segment::{Node, Operand, Operator, Term, Value, extra_info_number_key, extra_info_text_key},
};
use regulars_kernel::Currency;

use self::place::{Column, ORDERS, Place, place};
use crate::statement::{Bind, Statement};

/// Appends the condition, in parentheses, over the table `membership` under the alias `m`.
pub(crate) fn push_audience<ST>(statement: &mut Statement<ST>, audience: &Audience) {
    let Audience { segment, currency, today } = audience;
    statement.vary();
    let mut condition = Condition { statement, currency: *currency, today: *today };
    condition.statement.push("(");
    condition.node(segment.root());
    condition.statement.push(")");
}

struct Condition<'a, ST> {
    statement: &'a mut Statement<ST>,
    currency: Currency,
    today: NaiveDate,
}

impl<ST> Condition<'_, ST> {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Term(term) => self.term(term),
            Node::Not(inner) => {
                self.statement.push("NOT COALESCE((");
                self.node(inner);
                self.statement.push("), FALSE)");
            }
            Node::All(nodes) => self.joined(nodes, " AND "),
            Node::Any(nodes) => self.joined(nodes, " OR "),
        }
    }

    fn joined(&mut self, nodes: &[Node], word: &'static str) {
        for (index, node) in nodes.iter().enumerate() {
            self.statement.push(if index == 0 { "(" } else { word });
            self.node(node);
        }
        self.statement.push(")");
    }

    fn term(&mut self, term: &Term) {
        let (operator, operand) = (term.operator(), term.operand());
        let absent = match operand {
            Operand::Absent(absent) => Some(*absent),
            Operand::One(_) | Operand::Many(_) | Operand::Between(..) => None,
        };
        match (place(term.field()), absent) {
            (Place::Constant(values), _) => self.truth(term.holds(&values)),
            (Place::Number(_) | Place::Boolean(..) | Place::Total, Some(absent)) => {
                self.truth(!absent);
            }
            (Place::Column(column), Some(absent)) => self.is_null(&column, absent),
            (Place::ExtraInfo(key), Some(absent)) => {
                self.is_null(&Column::Folded(extra_info_text_key(&key)), absent);
            }
            (Place::Text(column), Some(absent)) => {
                self.statement.push("COALESCE(");
                self.statement.push(column);
                self.statement.push(if absent { ", '') = ''" } else { ", '') <> ''" });
            }
            (Place::Rows(rows, column), Some(absent)) => {
                self.statement.push(if absent {
                    "NOT EXISTS (SELECT 1 "
                } else {
                    "EXISTS (SELECT 1 "
                });
                self.statement.push(rows);
                self.statement.push(" AND ");
                self.statement.push(column);
                self.statement.push(" IS NOT NULL)");
            }
            (Place::Column(column), None) => self.compare(&column, operator, operand),
            (Place::Number(column), None) => {
                self.compare(&Column::Sql(column), operator, operand);
            }
            (Place::Text(column), None) => {
                // The empty text is less than every other, but no value.
                let less = matches!(operator, Operator::Lt | Operator::Lte);
                self.statement.push("(");
                if less {
                    self.statement.push(column);
                    self.statement.push(" <> '' AND ");
                }
                self.compare(&Column::Sql(column), operator, operand);
                self.statement.push(")");
            }
            (Place::Boolean(column, yes), None) => {
                let asked = matches!(operand, Operand::One(Value::Boolean(true)));
                self.statement.push(if asked == yes { "" } else { "NOT " });
                self.statement.push(column);
            }
            (Place::Rows(rows, column), None) => {
                self.statement.push("EXISTS (SELECT 1 ");
                self.statement.push(rows);
                self.statement.push(" AND ");
                self.compare(&Column::Sql(column), operator, operand);
                self.statement.push(")");
            }
            (Place::Total, None) => match in_minor_units(operator, operand, self.currency) {
                Some((operator, operand)) => self.compare(&Column::Total, operator, &operand),
                None => self.truth(false),
            },
            (Place::ExtraInfo(key), None) => self.extra_info(&key, operator, operand),
        }
    }

    fn truth(&mut self, truth: bool) {
        self.statement.push(if truth { "TRUE" } else { "FALSE" });
    }

    fn is_null(&mut self, column: &Column, absent: bool) {
        self.column(column);
        self.statement.push(if absent { " IS NULL" } else { " IS NOT NULL" });
    }

    fn column(&mut self, column: &Column) {
        let statement = &mut *self.statement;
        match column {
            Column::Sql(sql) => statement.push(*sql),
            Column::Folded(key) => {
                statement.push_dialect(
                    "((m.folded_text::jsonb ->> ",
                    "(SELECT sj.value FROM json_each(m.folded_text) sj WHERE sj.key = ",
                );
                statement.push_bind(key.as_str());
                statement.push_dialect(") COLLATE \"C\")", ")");
            }
            Column::Total => {
                statement.push("(SELECT COALESCE(SUM(so.total - so.refunded), 0) ");
                statement.push(ORDERS);
                statement.push(" AND so.currency = ");
                statement.push_bind(self.currency.code());
                statement.push(")");
            }
            Column::Age => {
                statement.push("(CASE WHEN m.birthday <= ");
                statement.push_bind(self.today.to_string());
                statement.push(" THEN ");
                statement.push_bind(i64::from(self.today.year()));
                statement.push(" - CAST(substr(m.birthday, 1, 4) AS INTEGER)");
                statement.push(" - CASE WHEN substr(m.birthday, 6, 5) > ");
                statement.push_bind(self.today.format("%m-%d").to_string());
                statement.push(" THEN 1 ELSE 0 END END)");
            }
        }
    }

    fn compare(&mut self, column: &Column, operator: Operator, operand: &Operand) {
        let sign = match operator {
            Operator::Gt => " > ",
            Operator::Gte => " >= ",
            Operator::Lt => " < ",
            Operator::Lte => " <= ",
            Operator::Icontains => return self.contains(column, operand),
            Operator::Exact
            | Operator::Iexact
            | Operator::In
            | Operator::Range
            | Operator::Isnull => " = ",
        };
        match operand {
            Operand::One(value) => {
                self.column(column);
                self.statement.push(sign);
                self.statement.push_bind(bind(value));
            }
            Operand::Many(values) => {
                self.column(column);
                self.statement.push_is_in(bind_list(values.iter()));
            }
            Operand::Between(least, greatest) => {
                self.column(column);
                self.statement.push(" BETWEEN ");
                self.statement.push_bind(bind(least));
                self.statement.push(" AND ");
                self.statement.push_bind(bind(greatest));
            }
            Operand::Absent(absent) => self.is_null(column, *absent),
        }
    }

    fn contains(&mut self, column: &Column, operand: &Operand) {
        let Operand::One(part) = operand else {
            return self.truth(false);
        };
        self.statement.push_dialect("strpos(", "instr(");
        self.column(column);
        self.statement.push(", ");
        self.statement.push_bind(bind(part));
        self.statement.push(") > 0");
    }

    /// Texts compare with a scalar's text form, numbers with its sortable form.
    fn extra_info(&mut self, key: &str, operator: Operator, operand: &Operand) {
        let text = Column::Folded(extra_info_text_key(key));
        let number = Column::Folded(extra_info_number_key(key));
        let is_number = |value: &Value| matches!(value, Value::Number(_));
        match operand {
            Operand::One(value) | Operand::Between(value, _) => {
                let column = if is_number(value) { &number } else { &text };
                self.compare(column, operator, operand);
            }
            Operand::Many(values) => {
                let (numbers, texts): (Vec<&Value>, Vec<&Value>) =
                    values.iter().partition(|value| is_number(value));
                let lists = [(&number, numbers), (&text, texts)];
                let lists = lists.into_iter().filter(|(_, values)| !values.is_empty());
                for (index, (column, values)) in lists.enumerate() {
                    self.statement.push(if index == 0 { "(" } else { " OR " });
                    self.column(column);
                    self.statement.push_is_in(bind_list(values.into_iter()));
                }
                self.statement.push(")");
            }
            Operand::Absent(absent) => self.is_null(&text, *absent),
        }
    }
}

/// A comparison of amounts as one of whole minor units: a limit that lies between two of them moves to the one that it
/// means. `None` where no sum can be equal.
fn in_minor_units(
    operator: Operator,
    operand: &Operand,
    currency: Currency,
) -> Option<(Operator, Operand)> {
    let minor = |value: &Value| match value {
        Value::Amount(amount) => Some(amount.floor_minor(currency)),
        _ => None,
    };
    let number = |limit| Operand::One(Value::Integer(limit));
    match operand {
        Operand::One(value) => {
            let (floor, exact) = minor(value)?;
            let operator = match operator {
                Operator::Gte if !exact => Operator::Gt,
                Operator::Lt if !exact => Operator::Lte,
                Operator::Exact if !exact => return None,
                other => other,
            };
            Some((operator, number(floor)))
        }
        Operand::Between(least, greatest) => {
            let (floor, exact) = minor(least)?;
            let least = floor.saturating_add(i64::from(!exact));
            let greatest = Value::Integer(minor(greatest)?.0);
            Some((operator, Operand::Between(Value::Integer(least), greatest)))
        }
        Operand::Many(values) => {
            let exact = values.iter().filter_map(minor).filter(|(_, exact)| *exact);
            let limits = exact.map(|(floor, _)| Value::Integer(floor)).collect();
            Some((operator, Operand::Many(limits)))
        }
        Operand::Absent(_) => None,
    }
}

fn bind(value: &Value) -> Bind {
    match number(value) {
        Some(number) => Bind::Int(number),
        None => Bind::Text(text(value)),
    }
}

/// Values of one kind.
fn bind_list<'a>(values: impl Iterator<Item = &'a Value> + Clone) -> Bind {
    let numbers: Option<Vec<i64>> = values.clone().map(number).collect();
    match numbers {
        Some(numbers) => numbers.into_iter().collect(),
        None => values.map(text).collect(),
    }
}

/// What is a number in the database.
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) | Value::Id(number) => Some(*number),
        Value::Instant(at) => Some(at.micros()),
        Value::Boolean(flag) => Some(i64::from(*flag)),
        Value::Text(_)
        | Value::Number(_)
        | Value::Amount(_)
        | Value::Date(_)
        | Value::Choice(_) => None,
    }
}

/// What is a text in the database.
fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.folded().to_owned(),
        Value::Number(number) | Value::Amount(number) => number.sortable(),
        Value::Date(date) => date.to_string(),
        Value::Choice(name) => (*name).to_owned(),
        Value::Integer(number) | Value::Id(number) => number.to_string(),
        Value::Instant(at) => at.micros().to_string(),
        Value::Boolean(flag) => flag.to_string(),
    }
}
