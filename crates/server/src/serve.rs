//! `regulars serve`: wires the database, the keys and the API together, and runs them until told to stop.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use actix_web::{App as Application, HttpServer, middleware::from_fn, rt};
use regulars_api::{
    context::App,
    document::Limits,
    engine::{Engine, EngineConfig},
    guess::Guesses,
    http::{Endpoint, Gate, HttpConfig, Readiness, cors, end_unread, graphiql, shaped},
    program::Program,
    trail::queue,
};
use regulars_auth::{AuthError, Authority, Password, login};
use regulars_kernel::{Scope, StoreError, SystemClock};
use regulars_merchant::MerchantStore as _;
use regulars_persistence::{BulkError, DatabaseUrl, Db};
use regulars_sync::engine::Worker;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{
    Failure,
    audit::Scribe,
    authority_and_vault, cli,
    config::{Config, Graphiql, MailTransport, Mode},
    console::say,
    database::{self, Upkeep},
    demo,
    erasure::{Cleaner, Places},
    keys::Lacking,
    ledger::Tender,
    mail::{LetterFault, Letters, Mailer, Transport, TransportFault},
    maintenance::{Kept, Maintenance},
    plan, sync, tell_filled,
};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;
/// How long one password may take to be tried.
const HASHING: Duration = Duration::from_mins(1);

/// What there is to see beside the API.
#[derive(Clone, Copy, Debug)]
struct Shown {
    /// The explorer is served.
    explorer: bool,
    /// The demo world is there: its logins work.
    demo: bool,
}

/// Why the server did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}: {source} (another address: --listen)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The demo world's logins are in its documentation.
    #[error(
        "mode = \"production\" and --demo exclude each other: everybody knows the password of the demo world's people"
    )]
    DemoInProduction,
    /// There is no way to send mails.
    #[error(transparent)]
    Transport(#[from] TransportFault),
    /// Mails cannot be written.
    #[error("mails cannot be written: {0}")]
    Letters(#[from] LetterFault),
    /// Threads or signals are denied.
    #[error("the server cannot run: {0}")]
    Machine(#[from] io::Error),
}

/// Serves until SIGTERM or SIGINT.
pub(crate) fn run(config: &Config, asked: &cli::Serve) -> Result<(), Failure> {
    if asked.demo && config.server.mode == Mode::Production {
        return Err(ServeError::DemoInProduction.into());
    }
    // Before anything is written: whoever starts a server on a port where another one answers changes nothing. (Of two
    // that start in the same moment the later one gets as far as listening.)
    let address = config.server.listen;
    let socket = bind(address).map_err(|source| ServeError::Listen { address, source })?;
    let upkeep = if asked.demo || asked.migrate { Upkeep::Migrate } else { Upkeep::Careful };
    let (url, ran) = database::prepare(config, upkeep)?;
    if !ran.is_empty() {
        tracing::info!(migrations = ran.len(), "the database was brought up to date");
    }
    let lacking = if asked.demo { Lacking::MakeForDemo } else { Lacking::Make };
    let mut db = database::open(config, url.clone())?;
    let (authority, vault) = authority_and_vault(config, &db, lacking)?;
    let demo_is_there = asked.demo && furnish(config, &url, &db, &authority)?;
    if asked.demo {
        // Opened anew: connections keep the plans of before a world was there.
        db = database::open(config, url)?;
    }
    find_default_merchant(config, &db)?;
    let (queue, waiting) = queue::queue(queue::ROOM);
    let (db, authority) = (Arc::new(db), Arc::new(authority));
    let engine =
        Arc::new(sync::engine((&db, &authority), Arc::new(SystemClock), vault, &config.sync));
    let app = Arc::new(App {
        db,
        authority,
        clock: Arc::new(SystemClock),
        requests: config.apps.limits(),
        erasures: config.privacy.limits(),
        guesses: Guesses::new(config.guesses.limits()),
        audit: queue,
        sync: Some(Arc::clone(&engine)),
        statement_header: config.http.statement_header,
    });
    let readiness: Readiness = {
        let app = Arc::clone(&app);
        Arc::new(move || {
            let touched = app.db.read(Scope::Platform, |_tx| Ok::<(), StoreError>(()));
            touched.map_err(|_error| "the database does not answer".to_owned())
        })
    };
    // The first phone number of the first request need not wait for it, and neither need the start.
    thread::spawn(regulars_customer::contact::load_numbering_plans);
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kept = Kept {
        outcomes: config.database.outcomes_kept,
        audit: config.database.audit_kept,
        access: config.auth.access_lifetime,
    };
    let maintenance = Maintenance::start(Arc::clone(&app), kept).map_err(ServeError::Machine)?;
    let cleaner =
        Cleaner::start(Arc::clone(&app), Places::of(config)).map_err(ServeError::Machine)?;
    let tender = Tender::start(Arc::clone(&app)).map_err(ServeError::Machine)?;
    let scribe = Scribe::start(Arc::clone(&app), waiting).map_err(ServeError::Machine)?;
    let mailer = mailer(config, &app)?;
    let syncing = config
        .sync
        .worker
        .then(|| Worker::start(engine, config.sync.connections_at_once))
        .transpose()
        .map_err(ServeError::Machine)?;
    let program = Program::start(app).map_err(ServeError::Machine)?;
    let engine = Engine::start(Arc::new(program), &engine_config(config, cores))
        .map_err(ServeError::Machine)?;
    let endpoint = Arc::new(Endpoint::new(engine, http_config(config, cores), readiness));
    let explorer = match config.http.graphiql {
        Graphiql::On => true,
        Graphiql::Off => false,
        Graphiql::Demo => asked.demo,
    };
    let shown = Shown { explorer, demo: demo_is_there };
    let asked = Arc::new(OnceLock::new());
    let stopped = rt::System::new().block_on(listen(
        config,
        shown,
        Arc::clone(&endpoint),
        (socket, cores, Arc::clone(&asked)),
    ));
    // The grace counts from the signal; whatever still runs then has had its time, and ends at its deadline.
    let used = asked.get().map_or(Duration::ZERO, Instant::elapsed);
    let left = config.server.shutdown_grace.saturating_sub(used);
    let finished = endpoint.engine().stop(left);
    drop(syncing);
    drop(mailer);
    drop(maintenance);
    drop(tender);
    drop(cleaner);
    // The last one: what was refused until now is written down.
    drop(scribe);
    if !finished {
        tracing::warn!("some requests were still running when the server stopped");
    }
    stopped?;
    tracing::info!("stopped");
    Ok(())
}

/// Fills an empty database with the small demo world. Answers whether that world is there, then or before.
fn furnish(
    config: &Config,
    url: &DatabaseUrl,
    db: &Db,
    authority: &Authority,
) -> Result<bool, Failure> {
    if demo_logs_in(config, db, authority)? {
        return Ok(true);
    }
    match demo::fill(url, &plan(config, url, &cli::WorldSize::default())?) {
        Ok(filled) => {
            tell_filled(&filled);
            Ok(true)
        }
        // Another process may have filled it meanwhile.
        Err(BulkError::NotEmpty) => {
            let is_there = demo_logs_in(config, db, authority)?;
            if !is_there {
                tracing::warn!("the database is in use already: no demo world was made in it");
            }
            Ok(is_there)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the demo world's first login works in this database, with these keys.
fn demo_logs_in(config: &Config, db: &Db, authority: &Authority) -> Result<bool, Failure> {
    let candidate = database::read(config, db, |tx| login::candidate(tx, demo::OWNER))?;
    let (password, deadline) = (Password::from(demo::PASSWORD), Instant::now() + HASHING);
    match login::prove(authority, candidate, password, &mut rand::rng(), deadline) {
        Ok(_proof) => Ok(true),
        Err(AuthError::Invalid(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a default merchant that is not there: every sign-up would fail.
fn find_default_merchant(config: &Config, db: &Db) -> Result<(), Failure> {
    let Some(merchant) = config.auth.settings().default_merchant else {
        return Ok(());
    };
    if database::read(config, db, |tx| tx.merchants(&[merchant]))?.is_empty() {
        let place = config.database.url(&config.server.data_dir);
        let allowed =
            format!("the number (pk) of a merchant in the database {place}, or 0 for none");
        return Err(config.refuse("auth.default_merchant", &merchant.to_string(), &allowed).into());
    }
    Ok(())
}

/// Begins to send mails; nothing where another process does.
fn mailer(config: &Config, app: &Arc<App>) -> Result<Option<Mailer>, ServeError> {
    let mail = &config.mail;
    let Some(transport) = Transport::of(mail, &config.server.data_dir)? else {
        tracing::info!("mails wait for another process: mail.transport is \"off\"");
        return Ok(None);
    };
    if mail.transport == MailTransport::Folder {
        let folder = mail.folder(&config.server.data_dir);
        if config.server.mode == Mode::Production {
            tracing::warn!(folder = %folder.display(), "mails go into a folder and reach nobody: set mail.transport");
        }
    }
    let sender = mail.sender().ok_or_else(|| io::Error::other("mail.from is no address"))?;
    let letters = Letters::new(mail.clone(), sender)?;
    Ok(Some(Mailer::start(Arc::clone(app), letters, transport)?))
}

/// A setting of 0 means what the program thinks best.
const fn or(setting: usize, automatic: usize) -> usize {
    if setting == 0 { automatic } else { setting }
}

fn engine_config(config: &Config, cores: usize) -> EngineConfig {
    let (http, api, usual) = (&config.http, &config.api, EngineConfig::for_cores(cores));
    EngineConfig {
        limits: Limits {
            document_bytes: api.document_bytes,
            tokens: api.tokens,
            depth: api.depth,
            fields: api.fields,
            aliases: api.aliases,
            directives: api.directives,
            root_mutations: api.mutations,
            cost: api.cost,
            errors: api.errors,
            introspection: http.introspection,
            cached_documents: api.cached_documents,
            cached_bytes: api.cached_document_bytes,
            ..usual.limits
        },
        query_threads: or(http.query_threads, usual.query_threads),
        query_queue: or(http.query_queue, usual.query_queue),
        mutation_threads: http.mutation_threads,
        mutation_queue: http.mutation_queue,
    }
}

fn http_config(config: &Config, cores: usize) -> HttpConfig {
    let (http, usual) = (&config.http, HttpConfig::for_cores(cores));
    HttpConfig {
        body_bytes: http.body_limit,
        long_body_bytes: http.long_body_limit.max(http.body_limit),
        body_memory: http.body_memory,
        body_timeout: http.body_timeout,
        request_timeout: http.request_timeout,
        in_flight: or(http.max_in_flight, usual.in_flight),
        batch: http.batch_limit,
        trusted_proxies: http.trusted_proxies(),
        list: config.api.list_items,
        ..usual
    }
}

/// Takes an address without answering at it yet.
fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A server that restarts need not wait for the connections of the one before to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

async fn listen(
    config: &Config,
    shown: Shown,
    endpoint: Arc<Endpoint<Program>>,
    (socket, cores, asked): (Socket, usize, Arc<OnceLock<Instant>>),
) -> Result<(), ServeError> {
    let (http, address) = (&config.http, config.server.listen);
    let refused = |source| ServeError::Listen { address, source };
    socket.listen(BACKLOG).map_err(refused)?;
    let explorer = shown.explorer;
    let origins: Arc<[String]> = http.cors_origins.clone().into();
    let gate = Arc::clone(endpoint.gate());
    let server = HttpServer::new(move || {
        let application = Application::new()
            .wrap(cors(&origins))
            .wrap(shaped())
            .wrap(from_fn(end_unread))
            .configure(endpoint.configure());
        if explorer { application.configure(graphiql::configure) } else { application }
    })
    .workers(or(config.server.http_threads, cores))
    .client_request_timeout(http.head_timeout)
    .keep_alive(http.keep_alive)
    .max_connections(http.max_connections)
    .shutdown_timeout(config.server.shutdown_grace.as_secs())
    .disable_signals()
    .listen(socket.into())
    .map_err(refused)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    let running = server.run();
    let handle = running.handle();
    let mut asked_to_stop = signals()?;
    rt::spawn(async move {
        if asked_to_stop.recv().await.is_some() {
            let since = *asked.get_or_init(Instant::now);
            stop(&gate, handle, since).await;
        }
    });
    greet(config, shown, bound);
    Ok(running.await?)
}

async fn stop(gate: &Gate, handle: actix_web::dev::ServerHandle, since: Instant) {
    gate.stop();
    tracing::info!("stopping: requests under way are finished, a second signal ends them");
    handle.stop(true).await;
    tracing::debug!(milliseconds = since.elapsed().as_millis(), "the last connection is closed");
}

/// Hears of the first signal; the second one ends the process on the spot.
fn signals() -> io::Result<UnboundedReceiver<i32>> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let (sender, receiver) = unbounded_channel();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut told = false;
        for signal in &mut signals {
            if told || sender.send(signal).is_err() {
                std::process::exit(128 + signal);
            }
            told = true;
        }
    })?;
    Ok(receiver)
}

/// Says where to go from here.
fn greet(config: &Config, shown: Shown, bound: SocketAddr) {
    let base = format!("http://{}", reachable(bound));
    let database = config.database.url(&config.server.data_dir);
    tracing::info!(address = %bound, %database, "listening");
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = vec![format!("Regulars {version} is ready. Ctrl-C stops it."), String::new()];
    lines.push(format!("  GraphQL    {base}/graphql"));
    if shown.explorer {
        lines.push(format!("  Explorer   {base}/graphiql"));
    }
    lines.push(format!("  Database   {database}"));
    if config.mail.transport == MailTransport::Folder {
        let folder = config.mail.folder(&config.server.data_dir);
        lines.push(format!("  Mails      {}", folder.display()));
    }
    if shown.demo {
        lines.extend([String::new(), format!("  Log in with the password {}:", demo::PASSWORD)]);
        lines.extend(demo::LOGINS.map(|(login, who)| format!("    {login:<24} {who}")));
        let body = demo::FIRST_REQUEST;
        lines.extend([
            String::new(),
            "Try it:".to_owned(),
            String::new(),
            format!("curl -s {base}/graphql -H 'Content-Type: application/json' -d '{body}'"),
        ]);
    }
    say(&lines.join("\n"));
}

/// An address that a browser on this machine can open.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

#[cfg(test)]
mod tests {
    use regulars_api::{guess::GuessLimits, limit::RequestLimits};

    use super::*;

    #[test]
    fn the_address_that_is_printed_can_be_opened() {
        for (bound, shown) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            assert_eq!(reachable(bound.parse().unwrap()).to_string(), shown);
        }
    }

    #[test]
    fn the_built_in_settings_are_the_figures_of_the_crates_that_use_them() {
        let config = Config::load(None, &crate::config::Flags::default()).unwrap();
        let (ours, usual) = (engine_config(&config, 4), EngineConfig::for_cores(4));
        assert_eq!(format!("{ours:?}"), format!("{usual:?}"));
        let (ours, usual) = (http_config(&config, 4), HttpConfig::for_cores(4));
        assert_eq!(format!("{ours:?}"), format!("{usual:?}"));
        assert_eq!(config.auth.settings(), regulars_auth::Settings::default());
        assert_eq!(config.apps.limits(), RequestLimits::default());
        assert_eq!(config.guesses.limits(), GuessLimits::default());
    }

    #[test]
    fn the_first_request_is_json_that_survives_a_shell() {
        assert!(!demo::FIRST_REQUEST.contains('\''));
        let request: serde_json::Value = serde_json::from_str(demo::FIRST_REQUEST).unwrap();
        assert!(request["query"].as_str().unwrap().contains(demo::PASSWORD));
    }
}
