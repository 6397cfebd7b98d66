//! A run from beginning to end.

use std::{
    thread,
    time::{Duration, Instant},
};

use regulars_auth::{Authority, Settings as AuthSettings};
use regulars_kernel::{Actor, Clock as _, SystemClock, Timestamp};
use regulars_persistence::Db;
use regulars_testkit::{Client, Server};
use serde_json::{Value, json};

use crate::{
    Failure, direct,
    load::Load,
    operation::{self, Account, Kind, Operation},
    options::{Database, Options},
    process::{Memory, Processes},
    question,
    report::{AccountResult, Beside, OperationResult, Report, Section, WritingResult},
    sample::{self, Sample},
    tell, world,
    world::World,
    writing::{self, Counter, Writing},
    yardstick::{Yardstick, query_threads},
};

/// Answers of each operation that are compared before anything is measured.
const COMPARED: usize = 20;
/// Connections that log in or sign up: they wait for the processor alone.
const ACCOUNT_CONNECTIONS: u16 = 4;
/// A database that was just filled still tidies up; it is left alone until it does next to nothing.
const CALM: Duration = Duration::from_millis(50);
const CALMING: Duration = Duration::from_mins(3);

/// Measures everything that was asked for, and prints it.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut report = Report::new(options);
    for database in Database::ALL {
        if options.only.is_none_or(|only| only == database) {
            let world = World::obtain(database, options)?;
            let section = Session::open(database, &world, options)?.measure()?;
            section.print()?;
            report.add(section);
        }
    }
    report.print_summary()?;
    let file = world::directory()?.join(format!("{}.json", SystemClock.now().seconds()));
    std::fs::write(&file, format!("{:#}\n", report.to_json()))?;
    tell(&format!("The figures are in {}.", file.display()));
    Ok(())
}

struct Session<'a> {
    database: Database,
    world: &'a World,
    options: &'a Options,
    yardstick: Yardstick,
    operations: Vec<Operation>,
    /// Customers who come by and buy.
    customers: Vec<String>,
    /// Statements and bytes of each operation's first answer.
    seen: Vec<Seen>,
    token: String,
    db: Db,
    actor: Actor,
    now: Timestamp,
}

#[derive(Clone)]
struct Seen {
    statements: u64,
    body: String,
}

impl<'a> Session<'a> {
    /// Starts the servers, looks around, and sees to it that both say the same.
    fn open(database: Database, world: &'a World, options: &'a Options) -> Result<Self, Failure> {
        let server = world.serve(true);
        let token = sample::log_in(&server.client())?;
        let owner = server.client().bearer(&token);
        let sample = Sample::take(&owner, options.consumers())?;
        let mut operations = operation::all(&sample);
        operations.retain(|operation| operation.name.contains(&options.matching));
        let yardstick = Yardstick::start(world.url())?;
        let other = Client::new(yardstick.base()).bearer(&token);
        tell(&format!("{}: comparing answers …", database.name()));
        let seen = operations.iter().map(|operation| compare(operation, &owner, &other));
        let seen = seen.collect::<Result<Vec<_>, _>>()?;
        let db = Db::open(&world::settings(world.url())?)?;
        let now = SystemClock.now();
        let authority = Authority::new(world::keys()?, AuthSettings::default())?;
        let claims = authority.read(&token, now)?;
        let actor = question::actor(&mut db.own_reader(), &claims)?;
        let customers = sample.ids;
        Ok(Self {
            database,
            world,
            options,
            yardstick,
            operations,
            customers,
            seen,
            token,
            db,
            actor,
            now,
        })
    }

    fn measure(&self) -> Result<Section, Failure> {
        let server = self.world.serve(false);
        self.settle()?;
        let mut section = Section::new(self.database, self.options);
        section.memory_at_rest = self.memory(&server)?;
        for (operation, seen) in self.operations.iter().zip(&self.seen) {
            tell(&format!("{}: {} …", self.database.name(), operation.name));
            section.operations.push(self.operation(&server, operation, seen)?);
        }
        section.memory_under_load = self.memory(&server)?;
        for account in operation::accounts(self.now.seconds()) {
            if account.name.contains(&self.options.matching) {
                tell(&format!("{}: {} …", self.database.name(), account.name));
                section.accounts.push(self.account(&server, account)?);
            }
        }
        self.write(&server, &mut section)?;
        Ok(section)
    }

    /// What is written, and what reading suffers from it.
    fn write(&self, server: &Server, section: &mut Section) -> Result<(), Failure> {
        let owner = server.client().bearer(&self.token);
        let counter = Counter::open(&owner)?;
        let writings = counter.writings(&self.customers);
        for writing in &writings {
            if writing.name.contains(&self.options.matching) {
                tell(&format!("{}: {} …", self.database.name(), writing.name));
                let load = writing.load(&server.base(), &self.token)?;
                let before = counter.count(&owner, writing)?;
                let clients = self.options.connections.get();
                let figures = load.run(clients, self.lasting(), &self.processes(server.pid()))?;
                let after = counter.count(&owner, writing)?;
                writing::check(writing, (before, after), figures.requests)?;
                let expected = writing.expected_on(self.database);
                section.writings.push(WritingResult { name: writing.name, figures, expected });
            }
        }
        let one = self.operations.iter().find(|operation| operation.kind == Kind::One);
        if let Some((reading, sales)) = one.zip(writings.iter().find(|one| one.expected.is_some()))
        {
            tell(&format!("{}: reading while sales are written …", self.database.name()));
            section.beside = Some(self.beside(server, reading, sales)?);
        }
        Ok(())
    }

    /// The same reading with nothing beside it, and while a quarter as many connections write.
    fn beside(
        &self,
        server: &Server,
        reading: &Operation,
        sales: &Writing,
    ) -> Result<Beside, Failure> {
        let (clients, lasting) = (self.options.connections.get(), self.lasting());
        let bodies = reading.bodies.iter().cloned();
        let reads = Load::new(format!("{}/graphql", server.base()), &self.token, bodies)?;
        let writes = sales.load(&server.base(), &self.token)?;
        let processes = self.processes(server.pid());
        let alone = reads.run(clients, lasting, &processes)?;
        let (writers, longer) = (clients.div_ceil(4), lasting + Duration::from_secs(2));
        let mut written = None;
        let reading_beside = writing::beside(
            || reads.run(clients, lasting, &processes),
            || {
                written = Some(writes.run(writers, longer, &processes)?);
                Ok(())
            },
        )?;
        let writing_beside = written.ok_or("nothing was written beside")?;
        Ok(Beside { reading: reading.name.clone(), alone, reading_beside, writing_beside })
    }

    fn operation(
        &self,
        server: &Server,
        operation: &Operation,
        seen: &Seen,
    ) -> Result<OperationResult, Failure> {
        let (clients, lasting) = (self.options.connections.get(), self.lasting());
        let bodies = || operation.bodies.iter().cloned();
        let ours = self.processes(server.pid());
        let load = Load::new(format!("{}/graphql", server.base()), &self.token, bodies())?;
        let regulars = load.run(clients, lasting, &ours)?;
        let alone = match operation.kind {
            Kind::Search => Some(load.run(1, lasting.min(Duration::from_secs(2)), &ours)?),
            Kind::One | Kind::List | Kind::Other => None,
        };
        let theirs = self.processes(self.yardstick.pid());
        let questions: Result<Vec<_>, _> =
            operation.questions.iter().map(serde_json::to_string).collect();
        let load = Load::new(format!("{}/ask", self.yardstick.base()), &self.token, questions?)?;
        let yardstick = load.run(clients, lasting, &theirs)?;
        let sql = direct::run(
            &self.db,
            (&self.actor, self.now),
            &operation.questions,
            (query_threads(), lasting),
            &self.world.processes,
        )?;
        let fixed = match operation.kind {
            Kind::Search => None,
            Kind::One | Kind::List | Kind::Other => {
                self.yardstick.keep(&seen.body)?;
                let url = format!("{}/kept", self.yardstick.base());
                Some(Load::new(url, &self.token, bodies())?.run(clients, lasting, &theirs)?)
            }
        };
        Ok(OperationResult {
            name: operation.name.clone(),
            kind: operation.kind,
            database: self.database,
            statements: seen.statements,
            bytes: seen.body.len(),
            regulars,
            alone,
            yardstick,
            sql,
            fixed,
        })
    }

    fn account(&self, server: &Server, account: Account) -> Result<AccountResult, Failure> {
        let load = Load::new(format!("{}/graphql", server.base()), "", account.bodies)?;
        let figures =
            load.run(ACCOUNT_CONNECTIONS, self.lasting(), &self.processes(server.pid()))?;
        Ok(AccountResult { name: account.name, figures })
    }

    fn lasting(&self) -> Duration {
        Duration::from_secs(self.options.seconds())
    }

    fn processes(&self, server: u32) -> Processes {
        Processes::new([server]).and(&self.world.processes)
    }

    /// After one answer, so that the files are open and the schema is built.
    fn memory(&self, server: &Server) -> Result<Memory, Failure> {
        let owner = server.client().bearer(&self.token);
        let answer = owner.query(crate::documents::LIST, Value::Null);
        if answer.status != 200 {
            return Err(format!("the list was refused: {}", answer.text).into());
        }
        thread::sleep(Duration::from_secs(1));
        Memory::of(server.pid())
    }

    fn settle(&self) -> Result<(), Failure> {
        let (database, end) = (&self.world.processes, Instant::now() + CALMING);
        loop {
            let before = database.used()?;
            thread::sleep(Duration::from_secs(1));
            if database.used()?.saturating_sub(before) < CALM || Instant::now() > end {
                return Ok(());
            }
        }
    }
}

/// Asks both servers the same and compares what they say.
fn compare(operation: &Operation, owner: &Client, other: &Client) -> Result<Seen, Failure> {
    let mut seen = None;
    for (body, question) in operation.bodies.iter().zip(&operation.questions).take(COMPARED) {
        let ours = owner.post("/graphql", "application/json", body.as_bytes());
        let theirs = other.post("/ask", "application/json", json!(question).to_string().as_bytes());
        let refused = ours.status != 200 || theirs.status != 200 || !ours.errors().is_empty();
        if refused || ours.body != theirs.body {
            return Err(format!(
                "“{}”: the servers disagree about {body}\nRegulars: {}\nyardstick: {}",
                operation.name, ours.text, theirs.text
            )
            .into());
        }
        let statements = ours.header("Regulars-Statements").parse();
        let statements = statements.map_err(|_none| "the server does not count statements")?;
        seen.get_or_insert(Seen { statements, body: ours.text });
    }
    Ok(seen.ok_or_else(|| format!("“{}” asks nothing", operation.name))?)
}
