//! The yardstick: what a server costs that does the same without GraphQL. It authenticates as the API does, runs the same
//! use cases on the same kind of threads, and writes the same bytes with serde.
//!
//! It also sends static answers: bytes that were left with it before.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::Ipv4Addr,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, PoisonError, RwLock},
    thread,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::header::AUTHORIZATION,
    rt::System,
    web::{Bytes, Data, PayloadConfig, post},
};
use regulars_api::{
    service::Bearer,
    worker::{Pool, PoolConfig},
};
use regulars_auth::{Authority, Settings as AuthSettings};
use regulars_kernel::{Clock as _, SystemClock};
use regulars_persistence::{Db, Reader};
use regulars_testkit::Client;

use crate::{
    Failure, options,
    question::{self, Question, Refusal},
    world,
};

/// As the API's.
const PATIENCE: Duration = Duration::from_secs(15);
/// Of a body: the largest answer that is kept.
const MOST_BYTES: usize = 4 * 1024 * 1024;
const JSON: &str = "application/json";

struct Server {
    authority: Arc<Authority>,
    pool: Pool<Reader>,
    kept: RwLock<Bytes>,
}

/// Serves until the standard input closes; prints its port first.
pub(crate) fn run(options: &options::Yardstick) -> Result<(), Failure> {
    let db = Db::open(&world::settings(&options.url)?)?;
    let cores = cores();
    let pool = PoolConfig {
        name: "query",
        threads: query_threads(),
        queue: cores * 64,
        stack: 4 * 1024 * 1024,
    };
    let server = Data::new(Server {
        authority: Arc::new(Authority::new(world::keys()?, AuthSettings::default())?),
        pool: Pool::start(&pool, move || db.own_reader())?,
        kept: RwLock::default(),
    });
    let serving = HttpServer::new(move || {
        App::new()
            .app_data(Data::clone(&server))
            .app_data(PayloadConfig::new(MOST_BYTES))
            .route("/ask", post().to(ask))
            .route("/keep", post().to(keep))
            .route("/kept", post().to(tell))
    })
    .workers(cores)
    .disable_signals()
    .bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = serving.addrs().first().ok_or("no address")?.port();
    System::new().block_on(async move {
        let serving = serving.run();
        let handle = serving.handle();
        thread::spawn(move || {
            std::io::stdin().read_to_end(&mut Vec::new()).ok();
            System::new().block_on(handle.stop(false));
        });
        let mut output = std::io::stdout();
        writeln!(output, "{port}").and_then(|()| output.flush())?;
        serving.await
    })?;
    Ok(())
}

async fn ask(request: HttpRequest, body: Bytes, server: Data<Server>) -> HttpResponse {
    let Ok(question) = serde_json::from_slice::<Question>(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(bearer) = authorization.and_then(Bearer::parse) else {
        return HttpResponse::Unauthorized().finish();
    };
    let authority = Arc::clone(&server.authority);
    let deadline = Instant::now() + PATIENCE;
    let label = Arc::from("yardstick");
    let answer = server.pool.run(label, deadline, move |reader| {
        let now = SystemClock.now();
        let claims = authority.read(bearer.expose(), now).map_err(|error| error.to_string())?;
        reader.start(Some(deadline));
        let actor = question::actor(reader, &claims).map_err(|error| error.to_string())?;
        let answer = question.ask(reader, &actor, now);
        reader.finish();
        let answer = answer.map_err(|Refusal(sentence)| sentence)?;
        answer.to_json().map_err(|error| error.to_string())
    });
    match answer.await {
        Ok(Ok(body)) => HttpResponse::Ok().content_type(JSON).body(body),
        Ok(Err(sentence)) => HttpResponse::UnprocessableEntity().body(sentence),
        Err(_busy) => HttpResponse::ServiceUnavailable().finish(),
    }
}

async fn keep(body: Bytes, server: Data<Server>) -> HttpResponse {
    *server.kept.write().unwrap_or_else(PoisonError::into_inner) = body;
    HttpResponse::NoContent().finish()
}

/// Reads the request as any handler would, and answers what was left.
async fn tell(_body: Bytes, server: Data<Server>) -> HttpResponse {
    let kept = server.kept.read().unwrap_or_else(PoisonError::into_inner).clone();
    HttpResponse::Ok().content_type(JSON).body(kept)
}

/// Processors of this machine.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Threads that ask the database, as the API has them.
pub(crate) fn query_threads() -> usize {
    cores().max(2)
}

/// The yardstick as a process of its own.
pub(crate) struct Yardstick {
    process: Child,
    /// It serves for as long as this is open.
    pipe: Option<ChildStdin>,
    port: u16,
}

impl Yardstick {
    /// Starts it over a database.
    pub(crate) fn start(url: &str) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["yardstick", url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipe = process.stdin.take();
        let output = process.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse();
        let port = port.map_err(|_no_port| "the yardstick did not start")?;
        Ok(Self { process, pipe, port })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Leaves an answer with it, which it sends to whoever asks for `/kept`.
    pub(crate) fn keep(&self, answer: &str) -> Result<(), Failure> {
        let kept = Client::new(self.base()).post("/keep", JSON, answer.as_bytes());
        if kept.status == 204 { Ok(()) } else { Err("the answer was not kept".into()) }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Yardstick {
    fn drop(&mut self) {
        drop(self.pipe.take());
        self.process.wait().ok();
    }
}
