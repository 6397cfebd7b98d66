//! What goes back to a shop: points and loyalty ids, as metafields of its customers.

use serde_json::{Value, json};

use super::{Shopify, query::Query};
use crate::connector::{Fault, WriteBack, Written};

/// The most metafields that are written at once, all or none.
const MAX_FIELDS: usize = 25;
/// How many a customer may need.
const FIELDS: usize = 3;

impl Shopify {
    /// Writes what is known of customers; answers in their order. What one of them cannot take keeps back no other.
    pub(super) fn write_metafields(
        &mut self,
        changes: &[WriteBack],
    ) -> Result<Vec<Written>, Fault> {
        let mut written: Vec<Option<Written>> = vec![None; changes.len()];
        let mut waiting: Vec<usize> = (0..changes.len()).collect();
        while !waiting.is_empty() {
            let now = waiting.get(..waiting.len().min(MAX_FIELDS / FIELDS)).unwrap_or_default();
            let fields: Vec<(usize, Value)> = now
                .iter()
                .filter_map(|index| changes.get(*index).map(|change| (*index, change)))
                .flat_map(|(index, change)| {
                    self.fields_of(change).into_iter().map(move |field| (index, field))
                })
                .collect();
            let refused = self.set(&fields)?;
            if refused.is_empty() {
                for index in now {
                    if let Some(slot) = written.get_mut(*index) {
                        *slot = Some(Written::Done);
                    }
                }
                waiting = waiting.split_off(now.len());
                continue;
            }
            // Nothing of it was written: those that are not to blame are written without the others.
            for (index, why) in refused {
                if let Some(slot) = written.get_mut(index) {
                    *slot = Some(why);
                }
                waiting.retain(|other| *other != index);
            }
        }
        Ok(written.into_iter().map(|one| one.unwrap_or(Written::Later)).collect())
    }

    fn fields_of(&self, change: &WriteBack) -> Vec<Value> {
        let field = |key: &str, kind: &str, value: String| {
            json!({
                "ownerId": change.key.id, "namespace": self.namespace,
                "key": key, "type": kind, "value": value,
            })
        };
        let mut fields = vec![
            field("points", "number_integer", change.points.to_string()),
            field("lifetime_points", "number_integer", change.lifetime.to_string()),
        ];
        if let Some(id) = change.loyalty_id.as_deref().filter(|id| !id.is_empty()) {
            fields.push(field("loyalty_id", "single_line_text_field", id.to_owned()));
        }
        fields
    }

    /// Writes fields, all or none; answers whose were refused.
    fn set(&mut self, fields: &[(usize, Value)]) -> Result<Vec<(usize, Written)>, Fault> {
        let metafields: Vec<&Value> = fields.iter().map(|(_, field)| field).collect();
        let variables = json!({ "metafields": metafields });
        let reply = self.api.ask_plainly(Query::MetafieldsSet, &variables)?;
        let errors = reply.data.pointer("/metafieldsSet/userErrors").and_then(Value::as_array);
        let errors = errors.ok_or_else(|| {
            Fault::Schema("Shopify does not say what became of the metafields.".to_owned())
        })?;
        let mut refused: Vec<(usize, Written)> = Vec::new();
        for error in errors {
            let said = |name: &str| error.get(name).and_then(Value::as_str);
            let code = said("code").unwrap_or("INVALID");
            let why = match code {
                // Somebody else wrote it at the same moment, or Shopify stumbled.
                "STALE_OBJECT" | "INTERNAL_ERROR" => Written::Later,
                _ => Written::Refused {
                    code: code.to_ascii_lowercase(),
                    message: said("message").unwrap_or("no reason given").to_owned(),
                },
            };
            match place(error).and_then(|place| fields.get(place)) {
                Some((index, _)) => {
                    if !refused.iter().any(|(known, _)| known == index) {
                        refused.push((*index, why));
                    }
                }
                // It does not say which: it is all of them.
                None => {
                    return Ok(fields.iter().map(|(index, _)| (*index, why.clone())).collect());
                }
            }
        }
        Ok(refused)
    }
}

/// Which of the fields an error means: its index, or the one in `["metafields", "3", "value"]`.
fn place(error: &Value) -> Option<usize> {
    let index = error.get("elementIndex").and_then(Value::as_u64);
    let index = index.or_else(|| error.pointer("/field/1")?.as_str()?.parse().ok())?;
    usize::try_from(index).ok()
}
