//! A sorted list, page by page: by the addresses that Salesforce gives, and by the last row where it has forgotten them.

use regulars_kernel::Timestamp;
use regulars_source::record::Item;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    Salesforce,
    caller::Call,
    cursor::{After, Place},
    row::{Row, unreadable},
    soql::{instant, path, quoted, read_instant},
    trouble::{LOST_PLACE, Refusal},
};
use crate::connector::Fault;

/// The part of a list whose stamps are within `[from, until)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Which stamp.
    pub(super) column: &'static str,
    /// The first instant.
    pub(super) from: Timestamp,
    /// The first instant past it.
    pub(super) until: Timestamp,
}

/// A list of contacts.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// `query`, or `queryAll` for what was deleted too.
    pub(super) resource: &'static str,
    /// What is read of each.
    pub(super) columns: String,
    /// Which; none: all of them, sorted by id.
    pub(super) window: Option<Window>,
}

impl Walk {
    /// The query for what comes after a row.
    fn soql(&self, after: Option<&After>) -> String {
        let id = after.map(|after| format!("Id > {}", quoted(&after.id)));
        let (conditions, order) = match self.window {
            None => (id.into_iter().collect(), "Id".to_owned()),
            Some(Window { column, from, until }) => {
                let mut conditions = vec![
                    format!("{column} >= {}", instant(from)),
                    format!("{column} < {}", instant(until)),
                ];
                // Many rows have one stamp: without the id among them, some would come twice or never.
                if let (Some(id), Some(stamp)) = (id, after.and_then(|after| after.stamp.as_ref()))
                {
                    conditions
                        .push(format!("({column} > {stamp} OR ({column} = {stamp} AND {id}))"));
                }
                (conditions, format!("{column}, Id"))
            }
        };
        let filter = if conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.join(" AND "))
        };
        format!("SELECT {} FROM Contact{filter} ORDER BY {order}", self.columns)
    }

    /// The place after a row.
    fn after(&self, row: &Row) -> Option<After> {
        let id = row.text("Id")?.to_owned();
        match self.window {
            None => Some(After { stamp: None, id }),
            Some(window) => {
                let stamp = instant(row.text(window.column).and_then(read_instant)?);
                Some(After { stamp: Some(stamp), id })
            }
        }
    }

    /// Whether Salesforce gave what was asked for: rows within the window, in order. A filter that is not heeded would otherwise go
    /// on for ever, and a wrong order would lose rows after a crash.
    fn check(&self, rows: &[Row], after: Option<&After>) -> Result<(), Fault> {
        let Some(window) = self.window else { return Ok(()) };
        let literal = |at: Timestamp| read_instant(&instant(at)).unwrap_or(at);
        let (from, until) = (literal(window.from), literal(window.until));
        let mut last =
            after.and_then(|after| after.stamp.as_deref()).and_then(read_instant).unwrap_or(from);
        for stamp in rows.iter().filter_map(|row| row.text(window.column).and_then(read_instant)) {
            if stamp < from || stamp >= until {
                return Err(Fault::Schema(
                    "Salesforce sent contacts that were not changed in the time asked for: it does not heed the filter.".to_owned(),
                ));
            }
            if stamp < last {
                return Err(Fault::Schema(
                    "Salesforce sent contacts in another order than the one asked for.".to_owned(),
                ));
            }
            last = stamp;
        }
        Ok(())
    }
}

/// A page of a query.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    total_size: u64,
    done: bool,
    #[serde(default)]
    next_records_url: Option<String>,
    #[serde(default)]
    records: Vec<Box<RawValue>>,
}

/// What a page had.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// The rows.
    pub(super) rows: Vec<Row>,
    /// What is none.
    pub(super) bad: Vec<Item>,
    /// Where to go on; none: that was all.
    pub(super) next: Option<Place>,
    /// How many rows the query has from here on, where a query was asked.
    pub(super) total: Option<u64>,
}

impl Salesforce {
    /// The next page of a list.
    pub(super) fn step(&mut self, walk: &Walk, place: &Place) -> Result<Step, Refusal> {
        if let Some(url) = &place.url {
            match self.page(url) {
                // A place holds for some days, and of many that are open the oldest is forgotten.
                Err(refusal) if refusal.is(&LOST_PLACE) || refusal.status == 404 => {}
                page => return step_of(walk, place, page?, false),
            }
        }
        let soql = walk.soql(place.after.as_ref());
        let page = self.query(walk.resource, &soql)?;
        step_of(walk, place, page, true)
    }

    /// The first page of a query.
    fn query(&mut self, resource: &str, soql: &str) -> Result<Page, Refusal> {
        let path = path(&self.version, resource, soql).ok_or_else(|| {
            Fault::Settings(
                "Too many columns are mapped: the query is longer than Salesforce reads."
                    .to_owned(),
            )
        })?;
        self.page(&path)
    }

    fn page(&mut self, path: &str) -> Result<Page, Refusal> {
        if !path.starts_with("/services/data/") {
            return Err(Fault::Schema(
                "Salesforce sends us to a page that is not its own.".to_owned(),
            )
            .into());
        }
        let now = self.clock.now();
        let answer = self.caller.call(Call::get(path), now)?;
        serde_json::from_slice(&answer.body).map_err(|_broken| {
            Refusal::from(Fault::Transient {
                message: "Salesforce's answer to a query is broken".to_owned(),
                after: None,
            })
        })
    }

    /// The rows of a query that has few.
    pub(super) fn rows(&mut self, resource: &str, soql: &str) -> Result<Vec<Row>, Refusal> {
        let mut page = self.query(resource, soql)?;
        let mut rows = Vec::new();
        loop {
            rows.extend(page.records.iter().filter_map(|record| Row::from_json(record).ok()));
            match page.next_records_url {
                Some(url) if !page.done => page = self.page(&url)?,
                _ => return Ok(rows),
            }
        }
    }

    /// How many contacts there are.
    pub(super) fn count(&mut self, resource: &str) -> Result<u64, Refusal> {
        Ok(self.query(resource, "SELECT COUNT() FROM Contact")?.total_size)
    }
}

fn step_of(walk: &Walk, place: &Place, page: Page, counted: bool) -> Result<Step, Refusal> {
    let mut step = Step { total: counted.then_some(page.total_size), ..Step::default() };
    for record in &page.records {
        match Row::from_json(record) {
            Ok(row) => step.rows.push(row),
            Err(_no_object) => step.bad.push(unreadable(record)),
        }
    }
    walk.check(&step.rows, place.after.as_ref())?;
    if !page.done {
        let Some(url) = page.next_records_url else {
            return Err(Fault::Transient {
                message: "Salesforce does not say where its next page is".to_owned(),
                after: None,
            }
            .into());
        };
        let after =
            step.rows.iter().rev().find_map(|row| walk.after(row)).or_else(|| place.after.clone());
        step.next = Some(Place { after, url: Some(url) });
    }
    Ok(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk() -> Walk {
        let at = Timestamp::from_seconds(1_793_491_200);
        Walk {
            resource: "queryAll",
            columns: "Id,SystemModstamp".into(),
            window: Some(Window {
                column: "SystemModstamp",
                from: at,
                until: at.plus(std::time::Duration::from_hours(1)),
            }),
        }
    }

    fn row(stamp: &str) -> Row {
        let text = format!(r#"{{"Id":"003","SystemModstamp":"{stamp}"}}"#);
        Row::from_json(&RawValue::from_string(text).unwrap()).unwrap()
    }

    #[test]
    fn rule_3_a_window_is_asked_for_with_its_first_instant_and_without_its_last() {
        assert_eq!(
            walk().soql(None),
            "SELECT Id,SystemModstamp FROM Contact WHERE SystemModstamp >= 2026-11-01T00:00:00.000Z AND \
             SystemModstamp < 2026-11-01T01:00:00.000Z ORDER BY SystemModstamp, Id"
        );
        let after = walk().after(&row("2026-11-01T00:10:00.000+0000")).unwrap();
        assert_eq!(
            walk().soql(Some(&after)),
            "SELECT Id,SystemModstamp FROM Contact WHERE SystemModstamp >= 2026-11-01T00:00:00.000Z AND \
             SystemModstamp < 2026-11-01T01:00:00.000Z AND (SystemModstamp > 2026-11-01T00:10:00.000Z OR \
             (SystemModstamp = 2026-11-01T00:10:00.000Z AND Id > '003')) ORDER BY SystemModstamp, Id"
        );
        let all = Walk { window: None, ..walk() };
        let after = After { stamp: None, id: "003'".into() };
        assert_eq!(
            all.soql(Some(&after)),
            "SELECT Id,SystemModstamp FROM Contact WHERE Id > '003\\'' ORDER BY Id"
        );
    }

    #[test]
    fn rule_12_a_filter_or_an_order_that_is_not_heeded_stops_the_run() {
        let check = |stamps: &[&str]| {
            let rows: Vec<Row> = stamps.iter().map(|stamp| row(stamp)).collect();
            walk().check(&rows, None)
        };
        assert_eq!(
            check(&["2026-11-01T00:00:00.000+0000", "2026-11-01T00:59:59.000+0000"]),
            Ok(())
        );
        for wrong in [
            ["2026-10-31T23:59:59.000+0000", "2026-11-01T00:30:00.000+0000"],
            ["2026-11-01T00:30:00.000+0000", "2026-11-01T01:00:00.000+0000"],
            ["2026-11-01T00:30:00.000+0000", "2026-11-01T00:29:00.000+0000"],
        ] {
            assert!(matches!(check(&wrong), Err(Fault::Schema(_))), "{wrong:?}");
        }
    }
}
