//! Whether all that is needed is there and allowed, in the merchant's words.

use serde::Deserialize;

use super::{Salesforce, caller::Call, describe::Columns, trouble::Refusal};
use crate::connector::Tested;

#[derive(Deserialize)]
struct Version {
    version: String,
}

impl Salesforce {
    /// Logs in, looks at what there is, and says what is missing.
    pub(super) fn probe(&mut self) -> Result<Tested, Refusal> {
        let mut tested = Tested::default();
        self.columns = None;
        self.dropped.clear();
        self.probe_version(&mut tested)?;
        tested.account = self
            .rows("query", "SELECT Name FROM Organization LIMIT 1")
            .ok()
            .and_then(|rows| rows.first()?.text("Name").map(str::to_owned));
        let count = self.count("query")?;
        tested.fine.push(match count {
            0 => "No contact can be seen yet. If there are some, give the integration user's permission set \"View All\" on Contact.".to_owned(),
            1 => "1 contact can be read.".to_owned(),
            count => format!("{count} contacts can be read."),
        });
        let columns = self.columns()?.clone();
        tell_columns(&columns, &mut tested);
        self.probe_writing(&mut tested)?;
        if !self.described()?.contact.replicateable {
            tested.wrong.push(
                "Deleted contacts cannot be told: the log of deletions of Contact is not open to the integration user. Give it the permission \"API Enabled\" and \
                 \"View All\" on Contact."
                    .to_owned(),
            );
        }
        if let Some(budget) = self.caller.budget() {
            if self.caller.is_at_limit() {
                tested.wrong.push(format!(
                    "{budget} are used. From {} % on nothing is read, so that your other apps go on: raise `stopAtPercent`, or wait.",
                    self.caller.stop_at
                ));
            } else {
                tested.fine.push(format!("{budget} are used."));
            }
        }
        Ok(tested)
    }

    fn probe_version(&mut self, tested: &mut Tested) -> Result<(), Refusal> {
        let now = self.clock.now();
        let answer = self.caller.call(Call::get("/services/data/"), now)?;
        let versions: Vec<Version> = serde_json::from_value(answer.json()?).unwrap_or_default();
        if !versions.iter().any(|one| one.version == self.version) {
            let newest = versions.last().map_or("none", |one| one.version.as_str());
            tested.wrong.push(format!(
                "Your Salesforce does not have version {} of the API; its newest is {newest}. Change the setting `version`.",
                self.version
            ));
        }
        Ok(())
    }

    fn probe_writing(&mut self, tested: &mut Tested) -> Result<(), Refusal> {
        let writes = self.writes.clone();
        let described = self.described()?;
        let Some(external_id) = &writes.external_id else {
            if writes.values().next().is_some() {
                tested.wrong.push("Points are not written: name the column of Contact with our number in `externalIdField`.".to_owned());
            }
            return Ok(());
        };
        match described.contact.field(external_id) {
            // It is told as missing already.
            None => {}
            Some(field) if !field.external_id => tested.wrong.push(format!(
                "{external_id} is no external ID: tick \"External ID\" and \"Unique\" in the column's definition."
            )),
            Some(field) if !field.unique => tested.wrong.push(format!(
                "{external_id} is not unique: tick \"Unique\" in the column's definition, or two contacts can have one number."
            )),
            Some(field) if !field.updateable => tested.wrong.push(not_writable(external_id)),
            Some(_field) => tested.fine.push(format!("Our numbers are kept in {external_id}.")),
        }
        for column in writes.values() {
            match described.contact.field(column) {
                None => tested.wrong.push(not_there(column)),
                Some(field) if !field.updateable => tested.wrong.push(not_writable(column)),
                Some(_field) => {}
            }
        }
        Ok(())
    }
}

fn not_there(column: &str) -> String {
    format!(
        "The column {column} is not there, or the integration user may not see it. Give its permission set access to the column, or change the mapping; until then it \
         is left out."
    )
}

fn not_writable(column: &str) -> String {
    format!(
        "The integration user may not write {column}: give its permission set \"Edit\" access to the column."
    )
}

fn tell_columns(columns: &Columns, tested: &mut Tested) {
    tested.wrong.extend(columns.missing.iter().map(|column| not_there(column)));
    tested.wrong.extend(columns.compound.iter().map(|column| {
        format!("{column} has several columns inside, which cannot be read at once. Map its parts, like MailingStreet and MailingCity.")
    }));
    if !columns.formulas.is_empty() {
        tested.fine.push(format!(
            "Formulas are read when something else of the contact changes: {}.",
            columns.formulas.join(", ")
        ));
    }
    if columns.has_persons {
        tested.fine.push("Person accounts are read, each as one customer.".to_owned());
    }
}
