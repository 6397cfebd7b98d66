//! What a dry run tells (engine rule 22): what it would do to some of the things, field by field.

use regulars_kernel::PersonId;
use regulars_source::{
    apply::{FieldChange, Sample},
    provenance::Verdict,
};
use serde_json::{Value, json};

/// How many things a dry run tells of.
pub(super) const SAMPLES: usize = 50;

/// The samples as a JSON array.
pub fn report(samples: &[Sample]) -> Value {
    samples.iter().map(one).collect()
}

fn one(sample: &Sample) -> Value {
    json!({
        "object": sample.key.object,
        "sourceId": sample.key.id,
        "action": sample.action.word(),
        "consumerId": sample.person.map(PersonId::get),
        "message": sample.message,
        "fields": sample.fields.iter().map(field).collect::<Value>(),
    })
}

fn field(change: &FieldChange) -> Value {
    let (taken, reason) = match change.verdict {
        Verdict::Take => (true, None),
        Verdict::Same => (false, Some("same".to_owned())),
        Verdict::EditedHere => (false, Some("edited_here".to_owned())),
        Verdict::BelongsTo(other) => (false, Some(format!("belongs_to_connection_{other}"))),
        Verdict::NotItsOwn => (false, Some("not_its_own".to_owned())),
    };
    json!({
        "field": change.field,
        "before": change.before,
        "offered": change.offered,
        "taken": taken,
        "reason": reason,
    })
}
