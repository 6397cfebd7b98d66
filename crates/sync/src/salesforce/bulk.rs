//! Many rows: a job of Bulk API 2.0 makes them ready, and its results are read part by part as CSV.

use std::{fmt, io::Read, time::Duration};

use csv::{Reader, ReaderBuilder, StringRecord};
use serde::Deserialize;
use serde_json::json;

use super::{
    Salesforce,
    caller::Call,
    cursor::Cursor,
    row::Row,
    trouble::{Refusal, missing_column},
};
use crate::connector::Fault;

/// How many rows a part of the results has: each costs a request of the day's budget, and a crash reads it again from its beginning.
const PART_ROWS: u64 = 10_000;
/// How many rows are given to the engine at a time.
const BATCH_ROWS: usize = 2_000;

/// The results of a job, while they are being read.
pub(super) struct Download {
    job: String,
    locator: Option<String>,
    next: Option<String>,
    row: u64,
    rows: Option<u64>,
    header: StringRecord,
    reader: Reader<Box<dyn Read + Send>>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part {:?} of job {}, from row {}", self.locator, self.job, self.row)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    id: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    number_records_processed: Option<u64>,
    #[serde(default)]
    error_message: Option<String>,
}

/// A piece of what a job found, or how long to wait for it.
#[derive(Debug)]
pub(super) enum Piece {
    /// Not ready.
    Wait(Cursor, Duration),
    /// Rows; how many there are in all; where to go on.
    Rows(Vec<Row>, Option<u64>, Option<Cursor>),
}

/// Where the results of a job are read.
#[derive(Clone, Debug)]
struct Part {
    job: String,
    version: String,
    locator: Option<String>,
    row: u64,
    total: Option<u64>,
}

impl Salesforce {
    /// Has a query made ready.
    pub(super) fn begin_job(&mut self, operation: &str, soql: &str) -> Result<Cursor, Refusal> {
        let path = format!("/services/data/v{}/jobs/query", self.version);
        let body = json!({ "operation": operation, "query": soql });
        let now = self.clock.now();
        let answer = self.caller.call(Call::send("POST", &path, &body), now)?;
        let job: Job = serde_json::from_slice(&answer.body).map_err(|_broken| broken())?;
        Ok(Cursor::Job { job: job.id, version: self.version.clone(), asked: 0 })
    }

    /// Asks how far a job is; where it is ready, reads its first rows.
    pub(super) fn poll_job(
        &mut self,
        job: String,
        version: String,
        asked: u32,
    ) -> Result<Piece, Refusal> {
        let path = format!("/services/data/v{version}/jobs/query/{job}");
        let now = self.clock.now();
        let answer = self.caller.call(Call::get(&path), now).map_err(lost)?;
        let found: Job = serde_json::from_slice(&answer.body).map_err(|_broken| broken())?;
        match found.state.as_str() {
            "JobComplete" => {
                let total = found.number_records_processed;
                self.read_part(Part { job, version, locator: None, row: 0, total })
            }
            "UploadComplete" | "InProgress" => {
                // 2, 4, 8, 16, 30, 30, … seconds: a job of a million rows takes minutes.
                let wait = 2_u64.saturating_pow(asked.saturating_add(1).min(6)).min(30);
                let asked = asked.saturating_add(1);
                Ok(Piece::Wait(Cursor::Job { job, version, asked }, Duration::from_secs(wait)))
            }
            "Failed" => {
                let message = found.error_message.unwrap_or_default();
                // The next job does without it.
                self.dropped.extend(missing_column(&message));
                self.columns = None;
                Err(Fault::Cursor(format!("the bulk job failed: {message}")).into())
            }
            state => Err(Fault::Cursor(format!("the bulk job is {state}")).into()),
        }
    }

    /// Reads on where a part of the results was left: in the open download, or in a new one.
    pub(super) fn read_results(
        &mut self,
        job: String,
        version: String,
        locator: Option<String>,
        row: u64,
        total: Option<u64>,
    ) -> Result<Piece, Refusal> {
        self.read_part(Part { job, version, locator, row, total })
    }

    fn read_part(&mut self, part: Part) -> Result<Piece, Refusal> {
        let open = self.download.take().filter(|open| {
            open.job == part.job && open.locator == part.locator && open.row == part.row
        });
        let mut download = match open {
            Some(download) => download,
            None => self.open_part(&part)?,
        };
        let mut rows = Vec::new();
        let mut line = StringRecord::new();
        let mut is_over = false;
        while rows.len() < BATCH_ROWS {
            if !read_line(&mut download.reader, &mut line)? {
                is_over = true;
                break;
            }
            download.row = download.row.saturating_add(1);
            rows.push(Row::from_csv(&download.header, &line));
        }
        let Part { job, version, total, .. } = part;
        if !is_over {
            let (locator, row) = (download.locator.clone(), download.row);
            self.download = Some(download);
            return Ok(Piece::Rows(
                rows,
                total,
                Some(Cursor::Results { job, version, locator, row, total }),
            ));
        }
        // A body may be cut exactly between two rows.
        if download.rows.is_some_and(|rows| rows != download.row) {
            return Err(broken().into());
        }
        let next = download.next.map(|locator| Cursor::Results {
            job,
            version,
            locator: Some(locator),
            row: 0,
            total,
        });
        Ok(Piece::Rows(rows, total, next))
    }

    fn open_part(&mut self, part: &Part) -> Result<Download, Refusal> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("maxRecords", &PART_ROWS.to_string());
        if let Some(locator) = &part.locator {
            query.append_pair("locator", locator);
        }
        let path = format!(
            "/services/data/v{}/jobs/query/{}/results?{}",
            part.version,
            part.job,
            query.finish()
        );
        let now = self.clock.now();
        let call = Call { accept: "text/csv", ..Call::get(&path) };
        let (head, body) = self.caller.open(call, now).map_err(lost)?;
        let is_csv = head.header("content-type").is_some_and(|kind| kind.starts_with("text/csv"));
        let Some(next) = head.header("sforce-locator").filter(|_| is_csv) else {
            return Err(broken().into());
        };
        let mut reader = ReaderBuilder::new().from_reader(body);
        let header = reader.headers().map_err(|error| cut(&error))?.clone();
        let mut line = StringRecord::new();
        for _done in 0..part.row {
            if !read_line(&mut reader, &mut line)? {
                return Err(
                    Fault::Cursor("the results have fewer rows than were read".to_owned()).into()
                );
            }
        }
        Ok(Download {
            job: part.job.clone(),
            locator: part.locator.clone(),
            next: (next != "null" && !next.is_empty()).then(|| next.to_owned()),
            row: part.row,
            rows: head.header("sforce-numberofrecords").and_then(|rows| rows.parse().ok()),
            header,
            reader,
        })
    }
}

fn read_line(
    reader: &mut Reader<Box<dyn Read + Send>>,
    line: &mut StringRecord,
) -> Result<bool, Fault> {
    reader.read_record(line).map_err(|error| cut(&error))
}

fn broken() -> Fault {
    Fault::Transient {
        message: "Salesforce's answer of a bulk job is broken".to_owned(),
        after: None,
    }
}

fn cut(error: &csv::Error) -> Fault {
    Fault::Transient {
        message: format!("the results of the bulk job were cut: {error}"),
        after: None,
    }
}

/// A job or a place in it that is not known any more is asked for again from the beginning.
fn lost(refusal: Refusal) -> Refusal {
    // 409: it was made with another version of the API.
    if matches!(refusal.status, 400 | 404 | 409) {
        let message = format!("the bulk job is not there any more: {}", refusal.error.message);
        return Refusal { fault: Fault::Cursor(message), ..refusal };
    }
    refusal
}
