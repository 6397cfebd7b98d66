//! Runs operations: documents are prepared, then run from beginning to end on a thread of their kind.

use std::{cell::LazyCell, io, sync::Arc, time::Duration};

use juniper::{ExecutionError, Variables};

use crate::{
    answer,
    document::{Compiled, Documents, Limits, OperationKind, Paths, Problem},
    row::Row,
    service::{Head, Headers, Refusal, Request, Service},
    worker::{Pool, PoolConfig, WorkError},
};

/// How many threads answer, and how much may wait for them.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// What documents are held to.
    pub limits: Limits,
    /// Threads for queries, each with a state of its own: one or two per core.
    pub query_threads: usize,
    /// Queries that may wait.
    pub query_queue: usize,
    /// Threads for mutations. They mostly wait, for the writer and for disks, and are many so that what waits can be
    /// written in groups.
    pub mutation_threads: usize,
    /// Mutations that may wait.
    pub mutation_queue: usize,
}

impl EngineConfig {
    /// The usual figures for a machine with this many cores.
    pub fn for_cores(cores: usize) -> Self {
        Self {
            limits: Limits::default(),
            query_threads: cores.max(2),
            query_queue: cores.max(1) * 64,
            mutation_threads: 256,
            mutation_queue: 1_024,
        }
    }
}

/// The stack of a query thread.
const QUERY_STACK: usize = 4 * 1024 * 1024;
/// The stack of a mutation thread. The deepest document that is allowed takes a fraction of it even unoptimised.
const MUTATION_STACK: usize = 2 * 1024 * 1024;

/// What came of an operation.
#[derive(Debug)]
pub enum Outcome {
    /// It ran, perhaps with errors in its fields: the answer as JSON, and its headers.
    Executed {
        /// The JSON text.
        body: Vec<u8>,
        /// Headers that the service adds.
        headers: Headers,
    },
    /// The variables do not fit.
    Problems(Vec<Problem>),
    /// The service refused it.
    Refused(Refusal),
    /// No thread could do it.
    Failed(WorkError),
}

/// A schema at work.
pub struct Engine<V: Service> {
    service: Arc<V>,
    documents: Arc<Documents<V::Schema>>,
    queries: Pool<V::State>,
    mutations: Pool<V::State>,
}

impl<V: Service> Engine<V> {
    /// Builds the schema and starts the threads.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(service: Arc<V>, config: &EngineConfig) -> io::Result<Self> {
        let pool = |name, kind, threads, queue, stack| {
            let service = Arc::clone(&service);
            let config = PoolConfig { name, threads, queue, stack };
            Pool::start(&config, move || service.state(kind))
        };
        Ok(Self {
            documents: Arc::new(Documents::new(config.limits.clone())),
            queries: pool(
                "query",
                OperationKind::Query,
                config.query_threads,
                config.query_queue,
                QUERY_STACK,
            )?,
            mutations: pool(
                "mutation",
                OperationKind::Mutation,
                config.mutation_threads,
                config.mutation_queue,
                MUTATION_STACK,
            )?,
            service,
        })
    }

    /// The program behind it.
    pub fn service(&self) -> &V {
        &self.service
    }

    /// The schema's documents.
    pub fn documents(&self) -> &Arc<Documents<V::Schema>> {
        &self.documents
    }

    /// Runs a prepared operation.
    pub async fn run(
        &self,
        head: Arc<Head>,
        operation: Arc<Compiled<V::Schema>>,
        variables: Variables,
    ) -> Outcome {
        let kind = operation.kind();
        let pool = match kind {
            OperationKind::Query => &self.queries,
            OperationKind::Mutation => &self.mutations,
        };
        let service = Arc::clone(&self.service);
        let documents = Arc::clone(&self.documents);
        let (label, deadline) = (Arc::clone(&head.request_id), head.deadline);
        pool.run(label, deadline, move |state| {
            execute(service.as_ref(), &documents, state, &head, &operation, &variables)
        })
        .await
        .unwrap_or_else(|error| match (error, kind) {
            // What a query does is over when nobody waits for it.
            (WorkError::Underway, OperationKind::Query) => Outcome::Failed(WorkError::Late),
            (error, _) => Outcome::Failed(error),
        })
    }

    /// Takes no more operations and waits for those at work, at most this long. Says whether all have ended.
    pub fn stop(&self, at_most: Duration) -> bool {
        self.queries.close();
        self.mutations.close();
        let half = at_most / 2;
        self.mutations.join(half) & self.queries.join(half)
    }
}

fn execute<V: Service>(
    service: &V,
    documents: &Documents<V::Schema>,
    state: &mut V::State,
    head: &Head,
    operation: &Compiled<V::Schema>,
    variables: &Variables,
) -> Outcome {
    let limits = documents.limits();
    let cost = operation.cost(variables, limits.page);
    let context = match service.open(state, &Request { head, operation, cost }) {
        Ok(context) => context,
        Err(refusal) => return Outcome::Refused(refusal),
    };
    let result = operation.execute(variables, &context);
    if let Ok((_, errors)) = &result {
        service.ran(&context, operation, errors);
    }
    let headers = service.close(state, context);
    match result {
        Ok((data, errors)) => {
            let place = |error: &_| operation.location(error);
            let paths = LazyCell::new(|| Paths::of(operation.text(), &documents.root().schema));
            let path =
                |error: &ExecutionError<_>, rows: &[Row]| paths.with_rows(error.path(), rows);
            let id = &head.request_id;
            let body = answer::executed(&data, &errors, place, path, limits.errors, id);
            Outcome::Executed { body, headers }
        }
        Err(problems) => Outcome::Problems(documents.naming_choices(problems)),
    }
}
