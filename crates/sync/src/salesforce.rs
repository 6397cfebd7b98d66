//! Salesforce: contacts, and the personal half of person accounts.
//!
//! One stream. All there is comes from a bulk job, where there are many; what changed comes from sorted queries over a window of
//! `SystemModstamp`, then from those over the accounts' stamps, where columns of accounts are read, and last from the log of deletions, which alone
//! tells what was purged.

mod bulk;
mod caller;
mod contact;
mod cursor;
mod deleted;
mod describe;
mod login;
mod mapping;
mod probe;
mod row;
mod setting;
mod soql;
mod trouble;
mod walk;
mod write;

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use regulars_kernel::{Clock, Timestamp};
use regulars_source::record::Item;

use self::{
    bulk::{Download, Piece},
    caller::{Call, Caller},
    contact::OBJECT,
    cursor::{Cursor, Place},
    describe::{ACCOUNT_STAMP, Columns, Described},
    mapping::Mapping,
    row::Row,
    trouble::Refusal,
    walk::{Step, Walk, Window},
    write::WriteColumns,
};
use crate::connector::{
    Ask, Batch, Connector, Fault, Pass, StreamKind, StreamSpec, Tested, WriteBack, Written,
};

pub use self::setting::KIND;

/// Rows are committed later than they are stamped, by minutes where much is written at once.
const OVERLAP: Duration = Duration::from_mins(10);

static STREAMS: [StreamSpec; 1] = [StreamSpec {
    name: "contacts",
    object: OBJECT,
    kind: StreamKind::Customers,
    overlap: OVERLAP,
    delay: Duration::from_mins(1),
    has_tail: true,
}];

/// The most columns that a query finds missing one after the other.
const MOST_DROPPED: usize = 20;

/// What Salesforce says of the two objects that are read.
#[derive(Debug, Default)]
struct Descriptions {
    contact: Described,
    account: Described,
}

/// A connection to an organisation.
struct Salesforce {
    caller: Caller,
    version: String,
    mapping: Mapping,
    writes: WriteColumns,
    /// Whether who has not opted out has agreed.
    agreed_by_default: bool,
    /// From how many contacts on a bulk job is asked for.
    bulk_from: u64,
    clock: Arc<dyn Clock>,
    described: Option<Descriptions>,
    columns: Option<Columns>,
    dropped: BTreeSet<String>,
    download: Option<Download>,
}

impl fmt::Debug for Salesforce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Salesforce").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Connector for Salesforce {
    fn streams(&self) -> &'static [StreamSpec] {
        &STREAMS
    }

    fn test(&mut self) -> Result<Tested, Fault> {
        self.described = None;
        Ok(self.probe()?)
    }

    fn read(&mut self, ask: &Ask<'_>) -> Result<Batch, Fault> {
        self.spare()?;
        let cursor = ask.cursor.map(Cursor::read).transpose()?;
        let mut batch = match ask.pass {
            Pass::Backfill => self.read_all(cursor, true)?,
            Pass::Sweep => self.read_all(cursor, false)?,
            Pass::Tail { from, until } => self.read_tail(cursor, from, until)?,
        };
        batch.budget = self.caller.budget();
        Ok(batch)
    }

    fn reread(&mut self, object: &str, ids: &[String]) -> Result<Vec<Item>, Fault> {
        if object != OBJECT {
            return Err(Fault::Settings(format!(
                "There is no `{object}` to be read of Salesforce."
            )));
        }
        self.spare()?;
        let (asked, strange): (Vec<String>, Vec<String>) =
            ids.iter().cloned().partition(|id| soql::is_id(id));
        let rows = if asked.is_empty() { Vec::new() } else { self.by_ids(&asked)? };
        let now = self.clock.now();
        let mut items: Vec<Item> = rows.iter().map(|row| self.item(row)).collect();
        // An id of 15 letters names the same as that of 18 which begins with it.
        let is_found = |id: &String| {
            rows.iter()
                .any(|row| row.text("Id").is_some_and(|found| found.starts_with(id.as_str())))
        };
        items.extend(
            asked
                .iter()
                .filter(|id| !is_found(id))
                .chain(&strange)
                .map(|id| contact::gone(id, now)),
        );
        Ok(items)
    }

    fn write_back(&mut self, changes: &[WriteBack]) -> Result<Vec<Written>, Fault> {
        self.spare()?;
        Ok(self.write(changes)?)
    }
}

impl Salesforce {
    fn spare(&mut self) -> Result<(), Fault> {
        let clock = Arc::clone(&self.clock);
        self.caller.spare(&self.version, clock.as_ref())
    }

    /// All contacts: whole, deleted ones too; or the ids of those that are there.
    fn read_all(&mut self, cursor: Option<Cursor>, whole: bool) -> Result<Batch, Refusal> {
        let resource = if whole { "queryAll" } else { "query" };
        let piece = match cursor {
            None => {
                let total = self.count(resource)?;
                if total < self.bulk_from {
                    return self.walk_all(resource, &Place::default(), whole);
                }
                let cursor = if whole {
                    self.with_columns(|this, list| {
                        this.begin_job(resource, &format!("SELECT {list} FROM {OBJECT}"))
                    })?
                } else {
                    self.begin_job(resource, &format!("SELECT Id,SystemModstamp FROM {OBJECT}"))?
                };
                let mut batch = waiting(&cursor, Duration::from_secs(1))?;
                batch.total = Some(total);
                return Ok(batch);
            }
            Some(Cursor::Contacts(place)) => return self.walk_all(resource, &place, whole),
            Some(Cursor::Job { job, version, asked }) => self.poll_job(job, version, asked)?,
            Some(Cursor::Results { job, version, locator, row, total }) => {
                self.read_results(job, version, locator, row, total)?
            }
            Some(Cursor::Accounts(_) | Cursor::Log(_)) => return Err(elsewhere()),
        };
        match piece {
            Piece::Wait(cursor, wait) => Ok(waiting(&cursor, wait)?),
            Piece::Rows(rows, total, next) => {
                if whole {
                    self.columns()?;
                }
                let items = rows
                    .iter()
                    .map(|row| if whole { self.item(row) } else { contact::seen(row) })
                    .collect();
                let next = next.as_ref().map(Cursor::write).transpose()?;
                Ok(Batch { items, next, total, ..Batch::default() })
            }
        }
    }

    fn walk_all(
        &mut self,
        resource: &'static str,
        place: &Place,
        whole: bool,
    ) -> Result<Batch, Refusal> {
        if whole {
            let step = self.step_of_contacts(resource, None, place)?;
            return self.batch(step, whole, Cursor::Contacts, None);
        }
        let columns = "Id,SystemModstamp".to_owned();
        let step = self.step(&Walk { resource, columns, window: None }, place)?;
        self.batch(step, whole, Cursor::Contacts, None)
    }

    /// What changed in a window: first contacts by their own stamp, then by their accounts', then what is gone.
    fn read_tail(
        &mut self,
        cursor: Option<Cursor>,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Batch, Refusal> {
        let window = |column| Some(Window { column, from, until });
        match cursor.unwrap_or_else(|| Cursor::Contacts(Place::default())) {
            Cursor::Contacts(place) => {
                let step = self.step_of_contacts("queryAll", window("SystemModstamp"), &place)?;
                let then = if self.columns()?.reads_accounts {
                    Cursor::Accounts(Place::default())
                } else {
                    Cursor::log(from, until)
                };
                self.batch(step, true, Cursor::Contacts, Some(&then))
            }
            Cursor::Accounts(place) => {
                let step = self.step_of_contacts("queryAll", window(ACCOUNT_STAMP), &place)?;
                self.batch(step, true, Cursor::Accounts, Some(&Cursor::log(from, until)))
            }
            Cursor::Log(place) => {
                let looked = self.look_into_log(&place)?;
                let next = looked.next.map(Cursor::Log).as_ref().map(Cursor::write).transpose()?;
                Ok(Batch { items: looked.items, next, wait: looked.wait, ..Batch::default() })
            }
            Cursor::Job { .. } | Cursor::Results { .. } => Err(elsewhere()),
        }
    }

    fn step_of_contacts(
        &mut self,
        resource: &'static str,
        window: Option<Window>,
        place: &Place,
    ) -> Result<Step, Refusal> {
        self.with_columns(|this, list| {
            this.step(&Walk { resource, columns: list.to_owned(), window }, place)
        })
    }

    fn batch(
        &self,
        step: Step,
        whole: bool,
        goes_on: impl Fn(Place) -> Cursor,
        then: Option<&Cursor>,
    ) -> Result<Batch, Refusal> {
        let items =
            step.rows.iter().map(|row| if whole { self.item(row) } else { contact::seen(row) });
        let next = match step.next {
            Some(place) => Some(goes_on(place).write()?),
            None => then.map(Cursor::write).transpose()?,
        };
        let items = items.chain(step.bad).collect();
        Ok(Batch { items, next, total: step.total, ..Batch::default() })
    }

    /// What a row says, read by the columns that were chosen last.
    fn item(&self, row: &Row) -> Item {
        match &self.columns {
            Some(columns) => contact::record(row, columns, self.agreed_by_default),
            None => row.bad("invalid", "Id", "The columns of the contact are not known."),
        }
    }

    /// What the objects have.
    fn described(&mut self) -> Result<&Descriptions, Refusal> {
        if self.described.is_none() {
            let contact = self.describe(OBJECT)?;
            // Who may not see accounts has no columns of them.
            let account = match self.describe("Account") {
                Err(Refusal { fault: Fault::Settings(_), .. }) => Described::default(),
                account => account?,
            };
            self.described = Some(Descriptions { contact, account });
        }
        Ok(self.described.get_or_insert_default())
    }

    fn describe(&mut self, object: &str) -> Result<Described, Refusal> {
        let path = format!("/services/data/v{}/sobjects/{object}/describe", self.version);
        let now = self.clock.now();
        let answer = self.caller.call(Call::get(&path), now)?;
        serde_json::from_slice(&answer.body).map_err(|_broken| {
            Refusal::from(Fault::Transient {
                message: format!("Salesforce's description of {object} is broken"),
                after: None,
            })
        })
    }

    /// The columns that are read.
    fn columns(&mut self) -> Result<&Columns, Refusal> {
        if self.columns.is_none() {
            let Descriptions { contact, account } = self.described()?;
            let (contact, account) = (contact.clone(), account.clone());
            let columns = Columns::choose(&self.mapping, &contact, &account, &self.dropped)?;
            for column in &columns.missing {
                tracing::warn!(column, "a mapped column of Contact is not there and is left out");
            }
            self.columns = Some(columns);
        }
        Ok(self.columns.get_or_insert_default())
    }

    /// Asks for the columns; where one does not exist after all, without it.
    fn with_columns<T>(
        &mut self,
        ask: impl Fn(&mut Self, &str) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        for _try in 0..MOST_DROPPED {
            let list = self.columns()?.list();
            match ask(self, &list) {
                Err(refusal) => match refusal.missing_column() {
                    Some(column) if self.dropped.insert(column.clone()) => {
                        tracing::warn!(column, "Salesforce does not know a column any more");
                        self.columns = None;
                    }
                    _ => return Err(refusal),
                },
                answered => return answered,
            }
        }
        Err(Fault::Schema(
            "Salesforce does not know most of the columns that it describes.".to_owned(),
        )
        .into())
    }
}

fn waiting(cursor: &Cursor, wait: Duration) -> Result<Batch, Fault> {
    Ok(Batch { next: Some(cursor.write()?), wait: Some(wait), ..Batch::default() })
}

fn elsewhere() -> Refusal {
    Fault::Cursor("the cursor is of another pass".to_owned()).into()
}
