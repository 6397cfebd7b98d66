//! What the organisation has, and what can become of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::{
    bulk::Job,
    query::Open,
    schema::{Column, Kind, Schema},
    script::{Bad, On, Script},
    thing::{Thing, id, stamp},
};

/// 2026-11-20T12:00:00Z, where the clock begins.
const BEGINNING: i64 = 1_795_176_000;
const DAY: i64 = 24 * 60 * 60;

/// An organisation.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own for a test to throw"
)]
pub struct World {
    /// The app's consumer key.
    pub client_id: String,
    /// The app's consumer secret.
    pub client_secret: String,
    /// The integration user.
    pub username: String,
    /// For whom signed tokens have to be meant.
    pub audience: String,
    /// Whether the app has a run-as user.
    pub has_run_as_user: bool,
    /// Whether the app is approved for the user.
    pub is_approved: bool,
    /// The time: seconds since 1970. It stands still until it is moved.
    pub now: i64,
    /// Whether the time is the machine's instead.
    pub is_live: bool,
    /// How many rows a page has.
    pub page_rows: usize,
    /// How often a job is looked at before it is ready.
    pub bulk_looks: u32,
    /// How many rows a part of a job's results has at most.
    pub part_rows: usize,
    /// How many requests a day there are.
    pub requests_a_day: u64,
    /// How many of them are used.
    pub requests_used: u64,
    /// How many seconds the log of deletions lags behind.
    pub log_lag: i64,
    /// From where on the log of deletions is there; none: 15 days.
    pub log_begins: Option<i64>,
    /// How many ids one answer of the log has at most.
    pub log_ids: usize,
    /// The versions of the API that there are.
    pub versions: Vec<&'static str>,
    /// What was asked: method and path.
    pub requests: Vec<String>,
    /// How often somebody logged in.
    pub logins: u32,
    pub(super) schema: Schema,
    pub(super) objects: BTreeMap<&'static str, BTreeMap<String, Thing>>,
    /// Contacts that were deleted, with when.
    pub(super) log: Vec<(String, i64)>,
    pub(super) sessions: BTreeSet<String>,
    pub(super) places: BTreeMap<String, Open>,
    pub(super) jobs: BTreeMap<String, Job>,
    pub(super) script: Script,
    pub(super) ignores_filter: bool,
    pub(super) address: String,
    numbers: u64,
}

impl Default for World {
    fn default() -> Self {
        let mut organization = Thing::default();
        organization.set("Id", json!(id("00D", 1)));
        organization.set("Name", json!("Corner Coffee"));
        organization.set("OrganizationType", json!("Enterprise Edition"));
        let organizations = BTreeMap::from([(id("00D", 1), organization)]);
        Self {
            client_id: "3MVG9fake.consumer.key".to_owned(),
            client_secret: "fake-consumer-secret".to_owned(),
            username: "integration@corner.example".to_owned(),
            audience: "https://login.salesforce.com".to_owned(),
            has_run_as_user: true,
            is_approved: true,
            now: BEGINNING,
            is_live: false,
            page_rows: 2_000,
            bulk_looks: 2,
            part_rows: 50_000,
            requests_a_day: 5_000,
            requests_used: 17,
            log_lag: 30,
            log_begins: None,
            log_ids: 60_000,
            versions: vec!["60.0", "61.0", "62.0", "63.0", "64.0", "65.0", "66.0", "67.0", "68.0"],
            requests: Vec::new(),
            logins: 0,
            schema: Schema::default(),
            objects: BTreeMap::from([
                ("Contact", BTreeMap::new()),
                ("Account", BTreeMap::new()),
                ("Organization", organizations),
            ]),
            log: Vec::new(),
            sessions: BTreeSet::new(),
            places: BTreeMap::new(),
            jobs: BTreeMap::new(),
            script: Script::default(),
            ignores_filter: false,
            address: String::new(),
            numbers: 0,
        }
    }
}

impl World {
    /// Something goes wrong with the next request of a kind.
    pub fn spoil(&mut self, on: On, bad: Bad) {
        self.script.add(on, bad);
    }

    /// How many things are still to go wrong.
    pub fn to_go_wrong(&self) -> usize {
        self.script.len()
    }

    /// Lets seconds pass.
    pub const fn pass(&mut self, seconds: i64) {
        self.now = self.now.saturating_add(seconds);
    }

    /// Shows the machine's time, where the world is to.
    pub(super) fn tick(&mut self) {
        if self.is_live {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.now = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        }
    }

    /// Ends all sessions.
    pub fn end_sessions(&mut self) {
        self.sessions.clear();
    }

    /// Adds a column to `Contact` or `Account`.
    pub fn add_column(&mut self, object: &str, column: Column) {
        self.schema.add(object, column);
    }

    /// Changes a column: hides it from the integration user, makes it read-only.
    pub fn edit_column(&mut self, object: &str, name: &str, edit: impl Fn(&mut Column)) {
        self.schema.edit(object, name, edit);
    }

    /// Turns person accounts on, for ever.
    pub fn turn_person_accounts_on(&mut self) {
        self.schema.add("Contact", Column::new("IsPersonAccount", Kind::Bool));
        self.schema.add("Account", Column::new("IsPersonAccount", Kind::Bool));
        self.schema.add("Account", Column::new("PersonContactId", Kind::Reference));
        self.schema.add("Account", Column::new("PersonEmail", Kind::Email));
        self.schema.add("Account", Column::new("PersonMobilePhone", Kind::Phone));
    }

    /// Adds a contact and gives its id.
    pub fn add_contact(&mut self, fields: &Value) -> String {
        self.add("Contact", "003", fields)
    }

    /// Adds an account and gives its id.
    pub fn add_account(&mut self, fields: &Value) -> String {
        self.add("Account", "001", fields)
    }

    /// Adds a person account with its two halves, and gives the ids of the contact and the account.
    pub fn add_person(&mut self, contact: &Value, account: &Value) -> (String, String) {
        let account = self.add_account(account);
        let person = self.add_contact(contact);
        let mirrored = self.contact(&person).cloned().unwrap_or_default();
        self.change("Contact", &person, &json!({ "AccountId": account, "IsPersonAccount": true }));
        self.change(
            "Account",
            &account,
            &json!({
                "IsPersonAccount": true, "PersonContactId": person, "PersonEmail": mirrored.get("Email"),
                "PersonMobilePhone": mirrored.get("MobilePhone"), "Name": mirrored.get("Name"),
            }),
        );
        (person, account)
    }

    /// Changes a contact. Its time stamp moves.
    pub fn edit_contact(&mut self, id: &str, fields: &Value) {
        self.change("Contact", id, fields);
    }

    /// Changes an account. Its time stamp moves, and no contact's.
    pub fn edit_account(&mut self, id: &str, fields: &Value) {
        self.change("Account", id, fields);
    }

    /// Changes a contact whose transaction took so long that its stamp is old when others see it.
    pub fn edit_contact_late(&mut self, id: &str, fields: &Value, stamped: i64) {
        let now = std::mem::replace(&mut self.now, stamped);
        self.change("Contact", id, fields);
        self.now = now;
    }

    /// Puts a contact into the recycle bin.
    pub fn delete_contact(&mut self, id: &str) {
        self.bin("Contact", id, None);
    }

    /// Takes a contact out of the recycle bin.
    pub fn undelete_contact(&mut self, id: &str) {
        self.change("Contact", id, &json!({ "IsDeleted": false, "MasterRecordId": null }));
        self.log.retain(|(gone, _)| gone != id);
    }

    /// Merges one contact into another.
    pub fn merge_contacts(&mut self, kept: &str, lost: &str) {
        self.bin("Contact", lost, Some(kept));
        self.change("Contact", kept, &json!({}));
    }

    /// Merges one person account into another, by the ids of the accounts: of the contacts Salesforce says only that one is gone.
    pub fn merge_persons(&mut self, kept: &str, lost: &str) {
        let person = self
            .thing("Account", lost)
            .and_then(|account| account.text("PersonContactId"))
            .map(str::to_owned);
        self.bin("Account", lost, Some(kept));
        self.bin("Contact", &person.unwrap_or_default(), None);
    }

    /// Removes a contact from the recycle bin too: no query shows it any more.
    pub fn purge_contact(&mut self, id: &str) {
        self.objects.entry("Contact").or_default().remove(id);
    }

    /// A contact as it is; deleted ones too.
    pub fn contact(&self, id: &str) -> Option<&Thing> {
        self.thing("Contact", id)
    }

    /// All contacts that are not deleted, by id.
    pub fn contacts(&self) -> impl Iterator<Item = (&String, &Thing)> {
        self.objects.get("Contact").into_iter().flatten().filter(|(_, thing)| !thing.is_deleted())
    }

    pub(super) fn thing(&self, object: &str, id: &str) -> Option<&Thing> {
        self.objects.get(object)?.get(id)
    }

    fn bin(&mut self, object: &'static str, id: &str, master: Option<&str>) {
        self.change(object, id, &json!({ "IsDeleted": true, "MasterRecordId": master }));
        if object == "Contact" {
            self.log.push((id.to_owned(), self.now));
        }
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers = self.numbers.saturating_add(1);
        self.numbers
    }

    pub(super) fn add(&mut self, object: &'static str, prefix: &str, fields: &Value) -> String {
        let id = id(prefix, self.next_number());
        let mut thing = Thing::default();
        for (column, value) in [
            ("Id", json!(id)),
            ("IsDeleted", json!(false)),
            ("IsPersonAccount", json!(false)),
            ("HasOptedOutOfEmail", json!(false)),
            ("DoNotCall", json!(false)),
            ("CreatedDate", json!(stamp(self.now))),
            ("OwnerId", json!(super::thing::id("005", 1))),
        ] {
            thing.set(column, value);
        }
        self.objects.entry(object).or_default().insert(id.clone(), thing);
        self.change(object, &id, fields);
        id
    }

    pub(super) fn change(&mut self, object: &'static str, id: &str, fields: &Value) {
        let now = self.now;
        let Some(thing) = self.objects.entry(object).or_default().get_mut(id) else { return };
        for (column, value) in fields.as_object().into_iter().flatten() {
            thing.set(column, value.clone());
        }
        if object == "Contact" {
            let names = [thing.text("FirstName"), thing.text("LastName")];
            let name: Vec<&str> = names.into_iter().flatten().collect();
            let name = name.join(" ");
            thing.set("Name", json!(name));
        }
        thing.touch(now);
    }

    /// From where on the log of deletions is there.
    pub(super) fn log_begins(&self) -> i64 {
        self.log_begins.unwrap_or(self.now.saturating_sub(15 * DAY))
    }
}
