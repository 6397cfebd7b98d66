//! Brings a world into a database, while the rest of it is still being made.

use std::{
    sync::mpsc::sync_channel,
    thread,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use regulars_persistence::{Bulk, BulkError, DatabaseUrl};

use super::world::{Plan, batches};

/// Batches that wait for the database.
const WAITING: usize = 4;

/// What was brought in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    pub(crate) rows: usize,
    pub(crate) took: Duration,
}

/// Fills an empty, migrated database. One that holds people is [`BulkError::NotEmpty`], and stays as it is.
pub(crate) fn fill(url: &DatabaseUrl, plan: &Plan) -> Result<Filled, BulkError> {
    let begun = Instant::now();
    let mut bulk = Bulk::begin(url)?;
    // Shown where a terminal watches.
    let bar = ProgressBar::new(plan.size())
        .with_style(style("{msg}  {wide_bar} {percent} %, {eta} to go"));
    let mut rows: usize = 0;
    thread::scope(|scope| {
        let (sender, made) = sync_channel(WAITING);
        scope.spawn(move || {
            for batch in batches(plan.clone()) {
                let (progress, rows) = (batch.progress, batch.len());
                // The receiver is gone where the database refused something.
                if sender.send((progress, rows, batch.into_tables())).is_err() {
                    break;
                }
            }
        });
        for (progress, count, tables) in made {
            for table in tables {
                bulk.insert(table.table, table.columns, &table.rows)?;
            }
            rows = rows.saturating_add(count);
            bar.inc(progress);
            bar.set_message(format!("{rows} rows"));
        }
        Ok::<(), BulkError>(())
    })?;
    bar.set_style(style("indexes and checks  {wide_bar} {pos} of {len}"));
    bulk.finish(|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    Ok(Filled { rows, took: begun.elapsed() })
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_odd| ProgressStyle::default_bar())
}

impl Filled {
    /// Rows for each second.
    pub(crate) fn rate(&self) -> u128 {
        (self.rows as u128 * 1_000).checked_div(self.took.as_millis()).unwrap_or_default()
    }
}
