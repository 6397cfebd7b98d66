//! What a question costs: an object a point, a page as many as it asks for, a change ten; and what is left of the points.

use std::time::Instant;

use graphql_parser::query::{Field, SelectionSet};
use serde_json::{Value, json};

use super::{graphql::Operation, world::World};

/// The most that one question may cost.
pub(super) const MAX_COST: i64 = 1_000;
/// What a change costs.
const MUTATION: i64 = 10;

/// What an operation may cost.
pub(super) fn of(operation: &Operation) -> i64 {
    let fields = operation.fields(&operation.selection, None);
    let cost = |field: &Field<'static, String>| {
        let own = of_field(operation, field);
        if operation.is_mutation { MUTATION } else { own }
    };
    fields.into_iter().map(cost).sum::<i64>().max(1)
}

fn of_set(operation: &Operation, set: &SelectionSet<'static, String>) -> i64 {
    operation.fields(set, None).into_iter().map(|field| of_field(operation, field)).sum()
}

fn of_field(operation: &Operation, field: &Field<'static, String>) -> i64 {
    if field.selection_set.items.is_empty() {
        return 0;
    }
    let inside = of_set(operation, &field.selection_set);
    match field.name.as_str() {
        "edges" | "pageInfo" => inside,
        _ => {
            let first = operation.argument(field, "first").as_i64();
            let ids = operation.argument(field, "ids");
            match (first, ids.as_array()) {
                // What is inside `nodes` counts one itself.
                (Some(first), _) => 2 + first * inside,
                (None, Some(ids)) => i64::try_from(ids.len()).unwrap_or(0) * (1 + inside),
                (None, None) => 1 + inside,
            }
        }
    }
}

/// How many objects an answer has: what it really cost.
pub(super) fn of_answer(value: &Value) -> i64 {
    match value {
        Value::Array(list) => list.iter().map(of_answer).sum(),
        Value::Object(object) => 1 + object.values().map(of_answer).sum::<i64>(),
        _ => 0,
    }
}

impl World {
    /// The points that are there now.
    pub(super) fn points_left(&mut self) -> i64 {
        let (left, since) = self.bucket;
        let passed = i64::try_from(since.elapsed().as_millis()).unwrap_or(0);
        let restored = passed * self.restore_rate / 1_000;
        if restored > 0 {
            self.bucket = ((left + restored).min(self.points), Instant::now());
        }
        self.bucket.0.min(self.points)
    }

    /// Takes points away.
    pub fn spend(&mut self, points: i64) {
        let left = self.points_left();
        self.bucket = (left - points, Instant::now());
    }

    /// What an answer says of the points.
    pub(super) fn cost_told(&mut self, requested: i64, actual: Option<i64>) -> Value {
        let left = self.points_left();
        json!({
            "cost": {
                "requestedQueryCost": requested, "actualQueryCost": actual,
                "throttleStatus": {
                    "maximumAvailable": self.points, "currentlyAvailable": left,
                    "restoreRate": self.restore_rate,
                },
            },
        })
    }
}
