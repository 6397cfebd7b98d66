//! `regulars import`: files of customers, cards, balances, orders and products become the merchant's.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use regulars_auth::Authority;
use regulars_kernel::{
    Clock as _, ConnectionId, MerchantId, PageRequest, Scope, StoreError, SyncRunId, SystemClock,
    Timestamp,
};
use regulars_merchant::EntitySource;
use regulars_persistence::{Db, Tx};
use regulars_source::{
    Connection, ConnectionState, Counts, Health, Run, RunKind, RunState, SourceError,
    SourceStore as _, image,
    record::{BadRecord, Body, Field},
    store::Of,
};
use regulars_sync::{
    connector::{Credentials, Fault},
    engine::{Ended, Engine, Secrets, SyncError},
    file::{self, Preview, RejectWriter},
    kind::SourceKind,
    outgoing::Reach,
};
use serde_json::{Map, Value, json};
use signal_hook::{consts::SIGINT, flag};

use crate::{
    cli::import::{Import, ImportKind},
    console::say,
};

/// Rejects that are told at the terminal; the file has all.
const TOLD: usize = 5;
/// Rejects of one read.
const REJECTS: u16 = 100;

static KINDS: [&SourceKind; 1] = [&file::KIND];

/// Why nothing, or not all, was imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// There are several merchants, or that one is not there.
    #[error("{0}")]
    Merchant(String),
    /// A setting is wrong.
    #[error("{0}")]
    Settings(String),
    /// The file is not as it should be.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A file cannot be read or written.
    #[error("the file {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The run could not go on.
    #[error("{0}")]
    Failed(String),
    /// Somebody stopped it.
    #[error("stopped; the same command goes on from here")]
    Stopped,
    /// Another process reads the same connection.
    #[error(
        "another process is importing into the same connection; wait for it, or name another one (--connection)"
    )]
    Busy,
    /// The engine failed.
    #[error("the import ended early: {0}. The same command goes on from here")]
    Sync(#[from] SyncError),
    /// The rows could not be reached.
    #[error("the import ended early: {0}. The same command goes on from here")]
    Source(#[from] SourceError),
    /// The rows could not be reached.
    #[error("the database cannot be used: {0}")]
    Store(#[from] StoreError),
}

/// A file has no secrets.
#[derive(Debug)]
struct NoSecrets;

impl Secrets for NoSecrets {
    fn of(&self, _connection: &Connection) -> Result<Arc<dyn Credentials>, Fault> {
        Ok(Arc::new(Self))
    }

    fn seal(&self, _merchant: MerchantId, _token: &str, _plain: &Value) -> Result<Vec<u8>, Fault> {
        Err(Fault::Settings("A file has no secrets.".to_owned()))
    }

    fn unseal(&self, _connection: &Connection) -> Result<Value, Fault> {
        self.load()
    }
}

impl Credentials for NoSecrets {
    fn load(&self) -> Result<Value, Fault> {
        Ok(Value::Object(Map::new()))
    }

    fn renew(
        &self,
        _renew: &mut dyn FnMut(&Value) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        self.load()
    }
}

/// Imports a file, or shows what would come of it.
pub(crate) fn import(
    db: &Arc<Db>,
    authority: Authority,
    wanted: &Import,
) -> Result<(), ImportError> {
    let merchant = merchant(db, wanted)?;
    let path = wanted.file.canonicalize().map_err(|source| unusable(&wanted.file, source))?;
    let settings = settings(wanted, &path)?;
    let preview = file::preview(&path, &settings)?;
    if wanted.preview {
        show(&preview);
        return Ok(());
    }
    if !preview.missing.is_empty() {
        return Err(ImportError::Settings(preview.missing.join("\n")));
    }
    tell_unknown(&preview);
    let now = SystemClock.now();
    let (connection, run) = begin(db, merchant, (wanted, &settings), now)?;
    let engine = Engine {
        db: Arc::clone(db),
        authority: Arc::new(authority),
        clock: Arc::new(SystemClock),
        kinds: &KINDS,
        secrets: Arc::new(NoSecrets),
        reach: Reach::Public,
    };
    let ended = read(&engine, merchant, connection, &run)?;
    let run = match ended {
        Ended::Over(run) => *run,
        Ended::Later(_) => return Err(ImportError::Stopped),
        Ended::Nothing => return Err(ImportError::Busy),
    };
    summarise(&run, wanted);
    write_rejects(db, &run, wanted, preview)?;
    match run.state {
        RunState::Done => Ok(()),
        _ => Err(ImportError::Failed(
            run.error.unwrap_or_else(|| "the import ended early".to_owned()),
        )),
    }
}

fn unusable(path: &Path, source: io::Error) -> ImportError {
    ImportError::File { path: path.to_owned(), source }
}

/// The merchant whose customers they are.
fn merchant(db: &Db, wanted: &Import) -> Result<MerchantId, ImportError> {
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method itself is not general enough"
    )]
    let all = db.read(Scope::Platform, |tx| tx.merchant_ids())?;
    match (wanted.merchant.map(MerchantId::new), all.as_slice()) {
        (Some(merchant), all) if all.contains(&merchant) => Ok(merchant),
        (Some(merchant), _) => {
            Err(ImportError::Merchant(format!("there is no merchant {merchant}")))
        }
        (None, [only]) => Ok(*only),
        (None, []) => {
            Err(ImportError::Merchant("there is no merchant yet: register one".to_owned()))
        }
        (None, all) => {
            let some: Vec<String> = all.iter().take(10).map(ToString::to_string).collect();
            let sentence = format!(
                "there are {} merchants ({}{}): say whose the file is (--merchant)",
                all.len(),
                some.join(", "),
                if all.len() > some.len() { ", …" } else { "" }
            );
            Err(ImportError::Merchant(sentence))
        }
    }
}

/// What the connection is told, from what the command was told.
fn settings(wanted: &Import, path: &Path) -> Result<Map<String, Value>, ImportError> {
    let kind = match wanted.kind {
        ImportKind::Customers => file::Kind::Customers,
        ImportKind::Cards => file::Kind::Cards,
        ImportKind::Balances => file::Kind::Balances,
        ImportKind::Orders => file::Kind::Orders,
        ImportKind::Products => file::Kind::Products,
    };
    let mut mapping = Map::new();
    for pair in &wanted.mapping {
        let Some((column, field)) = pair.rsplit_once('=') else {
            let sentence = format!(
                "--map {pair:?} is no COLUMN=FIELD, as in --map \"Shoe size=extraInfo.shoeSize\""
            );
            return Err(ImportError::Settings(sentence));
        };
        let field = field.trim();
        let field = if field.is_empty() { Value::Null } else { field.into() };
        mapping.insert(column.trim().to_owned(), field);
    }
    if !["never", "verified", "always"].contains(&wanted.trust_emails.as_str()) {
        let sentence =
            format!("--trust-emails {:?}: say never, verified or always", wanted.trust_emails);
        return Err(ImportError::Settings(sentence));
    }
    let mut settings = Map::new();
    settings.insert("path".to_owned(), path.to_string_lossy().into());
    settings.insert("kind".to_owned(), kind.name().into());
    settings.insert("trustEmails".to_owned(), wanted.trust_emails.clone().into());
    settings.insert("emptyClears".to_owned(), wanted.empty_clears.into());
    if !mapping.is_empty() {
        settings.insert("mapping".to_owned(), Value::Object(mapping));
    }
    let texts = [
        ("delimiter", &wanted.delimiter),
        ("dateFormat", &wanted.date_format),
        ("timeZone", &wanted.time_zone),
        ("decimalSign", &wanted.decimal_sign),
        ("country", &wanted.country),
        ("currency", &wanted.currency),
        ("loyaltyCard", &wanted.loyalty_card),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            settings.insert(name.to_owned(), value.clone().into());
        }
    }
    if let Some(store) = wanted.store {
        settings.insert("storeId".to_owned(), json!(store));
    }
    Ok(settings)
}

/// Shows what a file looks like.
fn show(preview: &Preview) {
    let mut lines = vec![format!("About {} rows.", preview.rows), String::new()];
    for column in &preview.columns {
        let meaning = match &column.target {
            Some(target) => target.name(),
            None => "(passed over)".to_owned(),
        };
        lines.push(format!("  {:<30} {meaning}", column.header));
    }
    if !preview.missing.is_empty() {
        lines.push(String::new());
        lines.extend(preview.missing.iter().cloned());
    }
    lines.push(String::new());
    for item in preview.items.iter().take(TOLD) {
        match item {
            regulars_source::record::Item::Record(record) => {
                let image = image::image(&record.body).unwrap_or_default();
                lines.push(format!("  {}: {image}", record.key.id));
            }
            regulars_source::record::Item::Bad(bad) => lines.push(format!("  {}", told(bad))),
        }
    }
    say(&lines.join("\n"));
}

fn told(bad: &BadRecord) -> String {
    match &bad.path {
        Some(path) => format!("{}, {path}: {}", bad.reference, bad.message),
        None => format!("{}: {}", bad.reference, bad.message),
    }
}

fn tell_unknown(preview: &Preview) {
    let unknown = preview.unknown();
    if !unknown.is_empty() {
        say(&format!(
            "Passed over, as nobody knows what they mean (--map \"COLUMN=FIELD\"): {}",
            unknown.join(", ")
        ));
    }
}

/// The connection that the file belongs to, and the run that reads it: the one that was left, where it was of the same file.
fn begin(
    db: &Db,
    merchant: MerchantId,
    (wanted, settings): (&Import, &Map<String, Value>),
    now: Timestamp,
) -> Result<(ConnectionId, Run), ImportError> {
    let (name, settings, dry_run) =
        (wanted.connection.trim().to_owned(), settings.clone(), wanted.dry_run);
    let begun = db.write(Scope::Merchant(merchant), None, move |tx| {
        let connection = connect(tx, merchant, (&name, &settings), now)?;
        let of = Of { connection: Some(connection.id), run: None, open: true };
        let same = |key: &str| connection.settings.get(key) == settings.get(key);
        let is_same = same("path") && same("kind");
        for mut left in tx.runs(merchant, of, &PageRequest::first(10))?.items {
            if is_same && left.dry_run == dry_run {
                return Ok((connection.id, left));
            }
            left.state = RunState::Cancelled;
            left.finished_at = Some(now);
            tx.update_run(&left)?;
        }
        for mut state in tx.streams(connection.id)? {
            if state.pass.take().is_some() {
                tx.put_stream(&state)?;
            }
        }
        tx.update_connection(&Connection {
            settings: settings.clone(),
            updated_at: now,
            ..connection.clone()
        })?;
        let mut run = fresh(merchant, connection.id, dry_run, now);
        run.id = tx.insert_run(&run)?;
        Ok::<_, SourceError>((connection.id, run))
    })?;
    Ok(begun)
}

fn connect(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    (name, settings): (&str, &Map<String, Value>),
    now: Timestamp,
) -> Result<Connection, SourceError> {
    let found = tx.connections(merchant, false)?.into_iter().find(|one| one.name == name);
    if let Some(found) = found.filter(|one| one.source == EntitySource::File) {
        return Ok(found);
    }
    let mut new = Connection {
        id: ConnectionId::new(0),
        merchant,
        source: EntitySource::File,
        name: regulars_source::connection::read_name(name)
            .map_err(|rule| regulars_kernel::Violations::of("connection", rule))?,
        state: ConnectionState::Active,
        settings: settings.clone(),
        credentials: None,
        token: format!("{:032x}", rand::random::<u128>()),
        health: Health::New,
        health_message: None,
        failures: 0,
        next_run_at: None,
        last_success_at: None,
        fence: 0,
        created_by: None,
        created_at: now,
        updated_at: now,
    };
    new.id = match tx.insert_connection(&new) {
        Err(StoreError::Taken(_)) => {
            let sentence =
                "Another connection has this name and is no file: name another one (--connection).";
            let rule = regulars_kernel::Rule::Invalid(sentence.to_owned());
            return Err(regulars_kernel::Violations::of("connection", rule).into());
        }
        id => id?,
    };
    Ok(new)
}

fn fresh(merchant: MerchantId, connection: ConnectionId, dry_run: bool, now: Timestamp) -> Run {
    Run {
        id: SyncRunId::new(0),
        merchant,
        connection,
        kind: RunKind::Backfill,
        dry_run,
        state: RunState::Queued,
        is_to_end: false,
        asked_by: None,
        phase: None,
        total: None,
        counts: Counts::default(),
        budget: None,
        error: None,
        report: None,
        created_at: now,
        started_at: None,
        updated_at: now,
        finished_at: None,
    }
}

/// Reads the file, with a bar where a terminal watches; Ctrl-C stops it after the slice under way.
fn read(
    engine: &Engine,
    merchant: MerchantId,
    connection: ConnectionId,
    run: &Run,
) -> Result<Ended, ImportError> {
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = flag::register(SIGINT, Arc::clone(&stop)) {
        tracing::debug!(%error, "Ctrl-C ends the program on the spot");
    }
    if run.counts.read > 0 {
        say(&format!("Going on after {} rows.", run.counts.read));
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {per_sec}, {eta} left  {msg}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let holder = format!("import-{:032x}", rand::random::<u128>());
    let stopped = || stop.load(Ordering::Acquire);
    let ended = engine.run(merchant, connection, &holder, &stopped, &mut |run| {
        bar.set_length(run.total.unwrap_or_default().max(run.counts.read));
        bar.set_position(run.counts.read);
        bar.set_message(format!("{} refused", run.counts.rejected));
    });
    bar.finish_and_clear();
    Ok(ended?)
}

fn summarise(run: &Run, wanted: &Import) {
    let (counts, would) = (&run.counts, if run.dry_run { "would be " } else { "" });
    let mut lines = vec![format!("{} rows of {} were read.", counts.read, wanted.file.display())];
    let mut line = |count: u64, what: &str| {
        if count > 0 {
            lines.push(format!("  {count:>9} {would}{what}"));
        }
    };
    line(counts.created, "created");
    line(counts.linked, "found to be customers who are here already");
    line(counts.updated, "changed");
    line(counts.unchanged, "unchanged");
    line(counts.outdated, "passed over: a later version is known");
    line(counts.skipped, "values or rows passed over");
    line(counts.waiting, "waiting for their customer");
    line(counts.conflicts, "waiting for a decision (syncReviews)");
    line(counts.deleted, "put away");
    line(counts.rejected, "refused");
    if counts.points > 0 {
        lines.push(format!(
            "  {} points and stamps {would}given: what you owe your customers grows by so many.",
            counts.points
        ));
    }
    if run.dry_run {
        lines.push("Nothing was changed. Leave --dry-run out to import the file.".to_owned());
    }
    say(&lines.join("\n"));
}

/// Writes what was refused, to be corrected and imported again.
fn write_rejects(db: &Db, run: &Run, wanted: &Import, preview: Preview) -> Result<(), ImportError> {
    let of = Of { connection: Some(run.connection), run: Some(run.id), open: true };
    if db.read(Scope::Merchant(run.merchant), |tx| tx.count_rejects(run.merchant, of))? == 0 {
        return Ok(());
    }
    let path = wanted.rejects.clone().unwrap_or_else(|| beside(&wanted.file));
    let file = File::create(&path).map_err(|source| unusable(&path, source))?;
    let (columns, layout) = (preview.columns, preview.layout);
    let is_csv = layout.format == file::Format::Csv;
    let delimiter = layout.delimiter;
    let mut writer = RejectWriter::new(file, layout).map_err(|source| unusable(&path, source))?;
    let mut page: PageRequest<regulars_source::reject::RejectSort> = PageRequest::first(REJECTS);
    let (mut told_of, mut written) = (0, 0_u64);
    loop {
        let found =
            db.read(Scope::Merchant(run.merchant), |tx| tx.rejects(run.merchant, of, &page))?;
        for reject in &found.items {
            let bad = BadRecord {
                reference: reject.reference.clone(),
                code: reject.code.clone(),
                path: reject.path.clone(),
                message: reject.message.clone(),
                raw: match image::body(&reject.raw) {
                    Some(body) => row(&columns, &reject.reference, &body, (is_csv, delimiter)),
                    None => reject.raw.clone(),
                },
            };
            if told_of < TOLD {
                told_of += 1;
                say(&format!("  {}", told(&bad)));
            }
            if reject.whole {
                written += 1;
                writer.write(&bad).map_err(|source| unusable(&path, source))?;
            }
        }
        let last = found.items.last().map(|reject| reject.id.get());
        match last.filter(|_| found.has_next) {
            Some(last) => {
                page.after = Some(regulars_kernel::page::Position { keys: Vec::new(), pk: last });
            }
            None => break,
        }
    }
    writer.finish().map_err(|source| unusable(&path, source))?;
    if written > 0 {
        say(&format!("{written} refused rows are in {}: correct and import them.", path.display()));
    }
    Ok(())
}

/// A row that was read and refused later on, in the columns of its file again: what is not of a customer's own is left out.
fn row(
    columns: &[file::Column],
    reference: &str,
    body: &Body,
    (is_csv, delimiter): (bool, char),
) -> String {
    let value = |column: &file::Column| -> Option<String> {
        let target = column.target.as_ref()?.name();
        if target == "sourceId" {
            return Some(reference.to_owned());
        }
        let Body::Customer(customer) = body else { return None };
        if target == "cards" {
            return customer.cards.as_ref().map(|cards| cards.join(", "));
        }
        let field = Field::from_name(&target)?;
        let text = customer.fields.get(&field)?.clone()?;
        // Values of fields of one's own are JSON; a text is typed without its quotes.
        Some(match serde_json::from_str(&text) {
            Ok(Value::String(plain)) if matches!(field, Field::Extra(_)) => plain,
            _ => text,
        })
    };
    if is_csv {
        let cells = columns.iter().map(|column| {
            let cell = value(column).unwrap_or_default();
            format!("\"{}\"", cell.replace('"', "\"\""))
        });
        return cells.collect::<Vec<_>>().join(&delimiter.to_string());
    }
    let pairs = columns
        .iter()
        .filter_map(|column| Some((column.header.clone(), Value::String(value(column)?))));
    Value::Object(pairs.collect()).to_string()
}

/// `customers.csv` → `customers.rejects.csv`.
fn beside(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let ending = file.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    file.with_file_name(format!("{stem}.rejects{}", ending.unwrap_or_default()))
}
