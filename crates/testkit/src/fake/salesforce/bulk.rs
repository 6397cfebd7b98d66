//! Query jobs of Bulk API 2.0.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use serde_json::{Value, json};

use super::{
    query::Path,
    reply::{Refused, Reply},
    schema::Kind,
    script::Bad,
    soql::{Query, Selected},
    thing::{id, stamp},
    world::World,
};

/// A job.
#[derive(Clone, Debug)]
pub(super) struct Job {
    text: String,
    operation: String,
    version: String,
    created: i64,
    looks: u32,
    object: &'static str,
    columns: Vec<Path>,
    ids: Vec<String>,
    end: End,
}

/// How a job ends.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Complete,
    Aborted,
    Failed(String),
}

impl World {
    /// Begins a job.
    pub(super) fn begin_job(
        &mut self,
        body: &Value,
        version: &str,
        bad: Option<&Bad>,
    ) -> Result<Reply, Refused> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let operation = text("operation").unwrap_or_default().to_owned();
        if operation != "query" && operation != "queryAll" {
            return Err(Refused::new(
                400,
                "INVALIDOPERATION",
                format!("Unsupported operation: {operation}"),
            ));
        }
        if !["COMMA"].contains(&text("columnDelimiter").unwrap_or("COMMA"))
            || text("lineEnding").unwrap_or("LF") != "LF"
        {
            return Err(Refused::new(
                400,
                "INVALIDJOB",
                "This fake writes lines that end in LF, with commas.",
            ));
        }
        let soql = text("query").unwrap_or_default();
        let query = Query::parse(soql)?;
        let (object, ids) = self.find(&query, operation == "queryAll")?;
        let Selected::Columns(names) = &query.selected else {
            return Err(Refused::new(
                400,
                "API_ERROR",
                "Aggregate functions are not supported in bulk queries",
            ));
        };
        let mut columns = Vec::new();
        for name in names {
            let path = self.path(object, name)?;
            if path.column.kind == Kind::Address {
                let message = format!("Compound data not supported in Bulk Query: {name}");
                return Err(Refused::new(400, "FEATURENOTENABLED", message));
            }
            columns.push(path);
        }
        let end = match bad {
            Some(Bad::FailedJob(message)) => End::Failed((*message).to_owned()),
            Some(Bad::AbortedJob) => End::Aborted,
            _ => End::Complete,
        };
        let job = Job {
            text: soql.to_owned(),
            operation,
            version: version.to_owned(),
            created: self.now,
            looks: 0,
            object,
            columns,
            ids,
            end,
        };
        let name = id("750", self.next_number());
        let reply = Reply::json(200, &self.told_job(&name, &job, false));
        self.jobs.insert(name, job);
        Ok(reply)
    }

    /// How far a job is; each look brings it further.
    pub(super) fn look_at_job(&mut self, name: &str) -> Result<Reply, Refused> {
        let looks = self.bulk_looks;
        let job = self.jobs.get_mut(name).ok_or_else(Refused::not_found)?;
        job.looks = job.looks.saturating_add(1);
        let is_over = job.looks > looks;
        let job = job.clone();
        Ok(Reply::json(200, &self.told_job(name, &job, is_over)))
    }

    pub(super) fn abort_job(&mut self, name: &str) -> Result<Reply, Refused> {
        let job = self.jobs.get_mut(name).ok_or_else(Refused::not_found)?;
        job.end = End::Aborted;
        let job = job.clone();
        Ok(Reply::json(200, &self.told_job(name, &job, true)))
    }

    pub(super) fn delete_job(&mut self, name: &str) -> Result<Reply, Refused> {
        self.jobs.remove(name).map(|_job| Reply::empty(204)).ok_or_else(Refused::not_found)
    }

    fn told_job(&self, name: &str, job: &Job, is_over: bool) -> Value {
        let state = match (&job.end, job.looks) {
            (_, 0) => "UploadComplete",
            (End::Complete, _) if is_over => "JobComplete",
            (End::Aborted, _) if is_over => "Aborted",
            (End::Failed(_), _) if is_over => "Failed",
            _ => "InProgress",
        };
        let mut told = json!({
            "id": name, "operation": job.operation, "object": job.object, "createdById": id("005", 1),
            "createdDate": stamp(job.created), "systemModstamp": stamp(self.now), "state": state,
            "concurrencyMode": "Parallel", "contentType": "CSV", "lineEnding": "LF",
            "columnDelimiter": "COMMA", "query": job.text,
            "apiVersion": serde_json::from_str::<Value>(&job.version).unwrap_or_default(),
        });
        if let (true, Some(told)) = (is_over, told.as_object_mut()) {
            told.insert("numberRecordsProcessed".to_owned(), json!(job.ids.len()));
            told.insert("retries".to_owned(), json!(0));
            told.insert("totalProcessingTime".to_owned(), json!(1_234));
            if let End::Failed(message) = &job.end {
                told.insert("errorMessage".to_owned(), json!(message));
            }
        }
        told
    }

    /// A part of a job's results.
    pub(super) fn results(
        &mut self,
        name: &str,
        version: &str,
        most: Option<usize>,
        locator: Option<&str>,
        lines: Option<usize>,
    ) -> Result<Reply, Refused> {
        let job = self.jobs.get(name).ok_or_else(Refused::not_found)?;
        if job.version != version {
            return Err(Refused::new(
                409,
                "INVALIDJOB",
                "The API version of the results request must be that of the job.",
            ));
        }
        if job.end != End::Complete || job.looks <= self.bulk_looks {
            return Err(Refused::new(400, "INVALIDJOBSTATE", "The job has no results yet."));
        }
        let bad_locator = || Refused::new(400, "INVALIDLOCATOR", "The locator is not valid.");
        let from = match locator {
            None => 0,
            Some(locator) => STANDARD
                .decode(locator)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<usize>().ok())
                .filter(|from| *from < job.ids.len())
                .ok_or_else(bad_locator)?,
        };
        let most = most.unwrap_or(usize::MAX).min(self.part_rows);
        let until = from.saturating_add(most).min(job.ids.len());
        let ids = job.ids.get(from..until).unwrap_or_default();
        let body = self.table(job, ids.get(..lines.unwrap_or(usize::MAX)).unwrap_or(ids));
        let next = if until < job.ids.len() {
            STANDARD.encode(until.to_string())
        } else {
            "null".to_owned()
        };
        let body =
            body.map_err(|error| Refused::new(500, "UNKNOWN_EXCEPTION", error.to_string()))?;
        Ok(Reply { status: 200, kind: "text/csv; charset=UTF-8", headers: Vec::new(), body }
            .with("Sforce-Locator", next)
            .with("Sforce-NumberOfRecords", ids.len().to_string()))
    }

    fn table(&self, job: &Job, ids: &[String]) -> Result<Vec<u8>, csv::Error> {
        let mut writer = WriterBuilder::new()
            .quote_style(QuoteStyle::Always)
            .terminator(Terminator::Any(b'\n'))
            .from_writer(Vec::new());
        writer.write_record(job.columns.iter().map(Path::name))?;
        for thing in ids.iter().filter_map(|id| self.thing(job.object, id)) {
            writer
                .write_record(job.columns.iter().map(|path| cell(path, path.read(self, thing))))?;
        }
        writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
    }
}

/// A value as Bulk writes it: instants otherwise than REST.
fn cell(path: &Path, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if path.column.kind == Kind::Instant => text.replace("+0000", "Z"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
