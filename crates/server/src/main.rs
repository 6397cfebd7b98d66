//! The program `regulars`: reads the command line and the settings, wires the crates together and runs them.
//!
//! Knows everything that is about being a process: files, keys, signals, the terminal; and how to make up a world to show.
//! Knows nothing about SQL or GraphQL, and decides no rule of the business.

mod audit;
mod cli;
mod config;
mod console;
mod consumer;
mod data_dir;
mod database;
mod demo;
mod erasure;
mod filesystem;
mod keys;
mod ledger;
mod mail;
mod maintenance;
mod serve;
mod sync;
mod telemetry;
mod user;

use std::{process::ExitCode, sync::Arc};

use clap::Parser as _;
use regulars_auth::{
    AuthError, Authority, AuthorityFault, Keys, password::HashFault, pepper::PepperNote,
};
use regulars_kernel::{Clock as _, SystemClock};
use regulars_persistence::{BulkError, DatabaseUrl, Db};
use regulars_sync::vault::Vault;

use crate::{
    cli::{Cli, Command, ConsumerCommand, LedgerCommand, Sources, UserCommand},
    config::{Config, Flags, Refusal},
    console::{complain, say},
    consumer::{
        ConsumerError,
        erase::{self, EraseError},
    },
    database::{DatabaseError, Upkeep},
    demo::Plan,
    erasure::Places,
    keys::{KeysError, Lacking},
    ledger::verify::{self, VerifyError},
    serve::ServeError,
    sync::import::{self, ImportError},
    user::UserError,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why the program ends with a complaint.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] Refusal),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("the demo world was not made: {0}")]
    World(#[from] BulkError),
    #[error(transparent)]
    Password(#[from] HashFault),
    #[error(transparent)]
    Authority(#[from] AuthorityFault),
    #[error("nobody knows whether the demo world is there: {0}")]
    Login(#[from] AuthError),
    #[error(transparent)]
    User(#[from] UserError),
    #[error(transparent)]
    Consumer(#[from] ConsumerError),
    #[error(transparent)]
    Erase(#[from] EraseError),
    #[error(transparent)]
    Ledger(#[from] VerifyError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(serve) => {
            let config = settings(&serve.sources, serve.listen.clone())?;
            serve::run(&config, &serve)
        }
        Command::Migrate(sources) => migrate(&settings(&sources, None)?),
        Command::Demo(demo) => {
            let config = settings(&demo.sources, None)?;
            let (url, _ran) = database::prepare(&config, Upkeep::Migrate)?;
            let plan = plan(&config, &url, &demo.size)?;
            tell_filled(&demo::fill(&url, &plan)?);
            Ok(())
        }
        Command::Schema => {
            say(regulars_api::schema::sdl().trim_end());
            Ok(())
        }
        Command::Config => {
            say(config::DEFAULTS.trim_end());
            Ok(())
        }
        Command::Keys(wanted) => {
            if let Some(path) = wanted.out {
                return Ok(keys::write(&path)?);
            }
            say(keys::generate()?.trim_end());
            Ok(())
        }
        Command::Consumer(consumer) => match consumer.command {
            ConsumerCommand::Erase(wanted) => {
                let config = settings(&wanted.sources, None)?;
                let (url, _none) = database::prepare(&config, Upkeep::Refuse)?;
                let db = database::open(&config, url)?;
                let authority = authority(&config, &db, Lacking::Refuse)?;
                Ok(erase::erase(&db, authority, &Places::of(&config), &wanted)?)
            }
            ConsumerCommand::Export(wanted) => {
                let config = settings(&wanted.sources, None)?;
                let (url, _none) = database::prepare(&config, Upkeep::Refuse)?;
                let db = database::open(&config, url)?;
                Ok(consumer::export::write(&db, &wanted)?)
            }
        },
        Command::Import(wanted) => {
            let config = settings(&wanted.sources, None)?;
            let (url, _none) = database::prepare(&config, Upkeep::Refuse)?;
            let db = database::open(&config, url)?;
            let authority = authority(&config, &db, Lacking::Refuse)?;
            Ok(import::import(&Arc::new(db), authority, &wanted)?)
        }
        Command::Ledger(ledger) => match ledger.command {
            LedgerCommand::Verify(wanted) => {
                let config = settings(&wanted.sources, None)?;
                let (url, _none) = database::prepare(&config, Upkeep::Refuse)?;
                let db = database::open(&config, url)?;
                Ok(verify::verify(&db, &wanted)?)
            }
        },
        Command::User(user) => match user.command {
            UserCommand::Create(create) => {
                let config = settings(&create.sources, None)?;
                let (url, _none) = database::prepare(&config, Upkeep::Refuse)?;
                let db = database::open(&config, url)?;
                let authority = authority(&config, &db, Lacking::Refuse)?;
                let place = config.database.url(&config.server.data_dir).to_string();
                Ok(user::create(&db, &place, authority, &create)?)
            }
        },
    }
}

/// Reads the settings, and begins to tell what happens as they say.
fn settings(sources: &Sources, listen: Option<String>) -> Result<Config, Refusal> {
    let flags = Flags {
        listen,
        data_dir: sources.data_dir.as_ref().map(|path| path.display().to_string()),
        database_url: sources.database_url.clone(),
    };
    let config = Config::load(sources.config.as_deref(), &flags)?;
    telemetry::start(&config.log);
    if let Some(file) = sources.config.as_deref().filter(|_| config.keys_are_in_a_file()) {
        keys::warn_if_exposed(file);
    }
    Ok(config)
}

fn migrate(config: &Config) -> Result<(), Failure> {
    let (_url, ran) = database::prepare(config, Upkeep::Migrate)?;
    let place = config.database.url(&config.server.data_dir);
    let mut lines = vec![match ran.len() {
        0 => format!("{place} is up to date."),
        count => format!("{place}: {count} migration(s) done."),
    }];
    lines.extend(ran.iter().map(|name| format!("  {name}")));
    say(&lines.join("\n"));
    Ok(())
}

/// Everything that logging in goes through. Refuses keys by which some of those who have a password could not log in.
fn authority(config: &Config, db: &Db, lacking: Lacking) -> Result<Authority, Failure> {
    Ok(authority_and_vault(config, db, lacking)?.0)
}

/// The same, and what opens the secrets of connections; none where there is no key for them.
fn authority_and_vault(
    config: &Config,
    db: &Db,
    lacking: Lacking,
) -> Result<(Authority, Option<Vault>), Failure> {
    let mut keys = keys(config, lacking, || database::has_passwords(config, db))?;
    let mut known: Vec<String> = keys.pepper.iter().map(|key| key.id().to_owned()).collect();
    known.extend(config.auth.lost_peppers.iter().cloned());
    // One more than is told: whether there are more.
    let missing = database::missing_peppers(config, db, &known, keys::MOST_COUNTED + 1)?;
    if !missing.is_empty() {
        let place = config.database.url(&config.server.data_dir).to_string();
        return Err(KeysError::Peppers { place, missing }.into());
    }
    refuse_other_peppers(config, db, &keys)?;
    let vault = keys.encryption.take().map(Vault::new);
    Ok((Authority::new(keys, config.auth.settings())?, vault))
}

/// Refuses a pepper that shares the id of another one, by which this database's passwords were made.
fn refuse_other_peppers(config: &Config, db: &Db, keys: &Keys) -> Result<(), Failure> {
    let other = database::other_peppers(config, db, PepperNote::of_all(&keys.pepper))?;
    if other.is_empty() {
        return Ok(());
    }
    let place = config.database.url(&config.server.data_dir).to_string();
    Err(KeysError::OtherPeppers { place, ids: other }.into())
}

fn plan(config: &Config, url: &DatabaseUrl, size: &cli::WorldSize) -> Result<Plan, Failure> {
    let db = database::open(config, url.clone())?;
    let keys = keys(config, Lacking::MakeForDemo, || database::has_passwords(config, &db))?;
    refuse_other_peppers(config, &db, &keys)?;
    Ok(Plan::new(size, SystemClock.now(), keys, config.auth.bcrypt_cost)?)
}

/// The keys for a prepared database.
fn keys(
    config: &Config,
    lacking: Lacking,
    has_passwords: impl FnOnce() -> Result<bool, DatabaseError>,
) -> Result<Keys, KeysError> {
    let named = config.database.url(&config.server.data_dir);
    keys::obtain(config, &named, lacking, has_passwords)
}

fn tell_filled(filled: &demo::Filled) {
    let (rows, seconds, rate) = (filled.rows, filled.took.as_secs_f32(), filled.rate());
    say(&format!("Made a demo world of {rows} rows in {seconds:.1} s ({rate} rows a second)."));
}
