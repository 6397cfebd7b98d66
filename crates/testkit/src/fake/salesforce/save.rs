//! What is written: one record, or up to 200 at once.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    reply::{Refused, Reply},
    schema::{Column, Kind},
    thing::with_check,
    world::World,
};

const MOST_RECORDS: usize = 200;

impl World {
    /// Saves several records: named by a column, or by their ids.
    pub(super) fn save_all(
        &mut self,
        body: &Value,
        by: Option<(&str, &str)>,
    ) -> Result<Reply, Refused> {
        if body.get("allOrNone") == Some(&Value::Bool(true)) {
            return Err(Refused::new(
                400,
                "INVALID_FIELD",
                "This fake saves each record for itself.",
            ));
        }
        let records = body.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
        if records.len() > MOST_RECORDS {
            let message =
                "record limit reached. cannot submit more than 200 records into this call";
            return Err(Refused::new(400, "EXCEEDED_ID_LIMIT", message));
        }
        let mut checked = Vec::new();
        for record in &records {
            let kind =
                record.pointer("/attributes/type").and_then(Value::as_str).unwrap_or_default();
            let object =
                self.schema.object(kind).filter(|_| by.is_none_or(|(object, _)| object == kind));
            let Some(object) = object else {
                return Err(Refused::new(
                    400,
                    "INVALID_TYPE",
                    "Record type is missing or is not the one of the call",
                ));
            };
            checked.push((object, self.check(object, record)?));
        }
        let mut seen = BTreeSet::new();
        let saved: Vec<Value> = checked
            .into_iter()
            .map(|(object, fields)| {
                let saved = match by {
                    Some((_, column)) => self.upsert(object, column, fields, &mut seen),
                    None => self.update(object, fields),
                };
                match saved {
                    Ok((id, created)) => {
                        let mut told = json!({ "id": id, "success": true, "errors": [] });
                        if let (Some(told), true) = (told.as_object_mut(), by.is_some()) {
                            told.insert("created".to_owned(), json!(created));
                        }
                        told
                    }
                    Err(refused) => json!({ "success": false, "errors": [refused.in_record()] }),
                }
            })
            .collect();
        Ok(Reply::json(200, &json!(saved)))
    }

    /// Saves one record that is named by a column's value.
    pub(super) fn save_named(
        &mut self,
        object: &str,
        column: &str,
        value: &str,
        body: &Value,
    ) -> Result<Reply, Refused> {
        let object = self.schema.object(object).ok_or_else(Refused::not_found)?;
        let named = self.naming_column(object, column)?.clone();
        let mut fields = self.check(object, body)?;
        if fields.contains_key(&named.name) {
            return Err(Refused::new(
                400,
                "INVALID_FIELD",
                "The external ID is in the address, not in the body",
            ));
        }
        let value = match named.kind {
            Kind::Double => {
                serde_json::from_str(value).map_err(|_no_number| Refused::not_found())?
            }
            _ => json!(value),
        };
        fields.insert(named.name, value);
        match self.upsert(object, column, fields, &mut BTreeSet::new()) {
            Ok((id, created)) => {
                let status = if created { 201 } else { 200 };
                let body = json!({ "id": id, "success": true, "errors": [], "created": created });
                Ok(Reply::json(status, &body))
            }
            Err(refused) if refused.code == "DUPLICATE_EXTERNAL_ID" => {
                Ok(Reply::json(300, &json!(refused.fields)))
            }
            Err(refused) => Err(refused),
        }
    }

    /// Adds one record.
    pub(super) fn insert(&mut self, object: &str, body: &Value) -> Result<Reply, Refused> {
        let object = self.schema.object(object).ok_or_else(Refused::not_found)?;
        let fields = self.check(object, body)?;
        let id = self.insert_checked(object, fields)?;
        Ok(Reply::json(201, &json!({ "id": id, "success": true, "errors": [] })))
    }

    /// Changes one record by its id.
    pub(super) fn patch(&mut self, object: &str, id: &str, body: &Value) -> Result<Reply, Refused> {
        let object = self.schema.object(object).ok_or_else(Refused::not_found)?;
        let mut fields = self.check(object, body)?;
        fields.insert("Id".to_owned(), json!(id));
        self.update(object, fields).map(|_saved| Reply::empty(204))
    }

    /// Puts one record into the recycle bin.
    pub(super) fn remove(&mut self, object: &str, id: &str) -> Result<Reply, Refused> {
        let id = with_check(id);
        if object != "Contact"
            || self.thing("Contact", &id).is_none_or(super::thing::Thing::is_deleted)
        {
            return Err(Refused::new(404, "ENTITY_IS_DELETED", "entity is deleted"));
        }
        self.delete_contact(&id);
        Ok(Reply::empty(204))
    }

    fn naming_column(&self, object: &str, column: &str) -> Result<&Column, Refused> {
        self.schema.column(object, column).filter(|column| column.external_id).ok_or_else(|| {
            let message = format!(
                "Field name provided, {column} does not match an External ID, Salesforce Id, or indexed field for {object}"
            );
            Refused::new(400, "NOT_FOUND", message)
        })
    }

    /// The fields of a record, where each is a column that may be written and has a value of its kind.
    fn check(&self, object: &'static str, record: &Value) -> Result<Map<String, Value>, Refused> {
        let mut fields = Map::new();
        for (name, value) in record.as_object().into_iter().flatten() {
            if name == "attributes" {
                continue;
            }
            let column = self.schema.column(object, name).ok_or_else(|| {
                Refused::new(
                    400,
                    "INVALID_FIELD",
                    format!("No such column '{name}' on sobject of type {object}"),
                )
            })?;
            let fits = match column.kind {
                Kind::Double => value.is_number(),
                Kind::Bool => value.is_boolean(),
                _ => value.is_string(),
            };
            if !fits && !value.is_null() {
                return Err(Refused::new(
                    400,
                    "JSON_PARSER_ERROR",
                    format!("Cannot deserialize instance of {} from {value}", column.name),
                ));
            }
            fields.insert(column.name.clone(), value.clone());
        }
        Ok(fields)
    }

    fn writable(&self, object: &str, fields: &Map<String, Value>) -> Result<(), Refused> {
        let names = fields.keys().filter(|name| *name != "Id");
        let closed: Vec<String> = names
            .filter(|name| {
                self.schema
                    .column(object, name)
                    .is_none_or(|column| !column.updateable || column.formula)
            })
            .cloned()
            .collect();
        if closed.is_empty() {
            return Ok(());
        }
        let message = format!(
            "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
            closed.join(", ")
        );
        let refused = Refused::new(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message);
        Err(Refused { fields: closed, ..refused })
    }

    fn update(
        &mut self,
        object: &'static str,
        mut fields: Map<String, Value>,
    ) -> Result<(String, bool), Refused> {
        let id = fields.remove("Id").and_then(|id| id.as_str().map(with_check)).unwrap_or_default();
        match self.thing(object, &id) {
            None => {
                return Err(Refused::new(
                    404,
                    "INVALID_CROSS_REFERENCE_KEY",
                    "invalid cross reference id",
                ));
            }
            Some(thing) if thing.is_deleted() => {
                return Err(Refused::new(404, "ENTITY_IS_DELETED", "entity is deleted"));
            }
            Some(_) => {}
        }
        self.writable(object, &fields)?;
        self.keep_unique(object, &id, &fields)?;
        self.change(object, &id, &Value::Object(fields));
        Ok((id, false))
    }

    fn keep_unique(
        &self,
        object: &str,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), Refused> {
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            let is_unique = self.schema.column(object, name).is_some_and(|column| column.unique);
            let other = self.having(object, name, value).into_iter().find(|other| other != id);
            if let (true, Some(other)) = (is_unique, other) {
                let message = format!(
                    "duplicate value found: {name} duplicates value on record with id: {other}"
                );
                return Err(Refused::new(400, "DUPLICATE_VALUE", message));
            }
        }
        Ok(())
    }

    /// The ids of records that have a value and are not deleted.
    fn having(&self, object: &str, column: &str, value: &Value) -> Vec<String> {
        let things = self.objects.get(object).into_iter().flatten();
        things
            .filter(|(_, thing)| !thing.is_deleted() && thing.get(column) == value)
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn upsert(
        &mut self,
        object: &'static str,
        column: &str,
        fields: Map<String, Value>,
        seen: &mut BTreeSet<String>,
    ) -> Result<(String, bool), Refused> {
        let column = self.naming_column(object, column)?.name.clone();
        if fields.contains_key("Id") {
            let message = "The Id field should not be specified in the sobject data.";
            return Err(Refused::new(400, "INVALID_FIELD", message));
        }
        let value = fields.get(&column).cloned().unwrap_or_default();
        if value.is_null() {
            return Err(Refused::new(400, "MISSING_ARGUMENT", format!("{column} not specified")));
        }
        if !seen.insert(value.to_string()) {
            let message = format!("Duplicate external id specified: {value}");
            return Err(Refused::new(400, "DUPLICATE_VALUE", message));
        }
        let having = self.having(object, &column, &value);
        match having.as_slice() {
            [] => self.insert_checked(object, fields).map(|id| (id, true)),
            [id] => {
                let mut fields = fields;
                fields.insert("Id".to_owned(), json!(id));
                self.update(object, fields)
            }
            several => {
                let message =
                    format!("more than one record found for external id field: {several:?}");
                let refused = Refused::new(300, "DUPLICATE_EXTERNAL_ID", message);
                Err(Refused { fields: several.to_vec(), ..refused })
            }
        }
    }

    fn insert_checked(
        &mut self,
        object: &'static str,
        fields: Map<String, Value>,
    ) -> Result<String, Refused> {
        let needed = if object == "Contact" { "LastName" } else { "Name" };
        if fields.get(needed).is_none_or(Value::is_null) {
            let message = format!("Required fields are missing: [{needed}]");
            let refused = Refused::new(400, "REQUIRED_FIELD_MISSING", message);
            return Err(Refused { fields: vec![needed.to_owned()], ..refused });
        }
        self.writable(object, &fields)?;
        self.keep_unique(object, "", &fields)?;
        let prefix = if object == "Contact" { "003" } else { "001" };
        Ok(self.add(object, prefix, &Value::Object(fields)))
    }
}
