//! Takes a slice of records: what each of them changes here, once, whatever was lost, doubled or late on the way (engine rules 2,
//! and 7 to 17).
//!
//! A slice is one transaction with the place that was reached; a dry run is the same, undone (engine rule 22).

mod customer;
mod evidence;
mod gone;
mod goods;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use regulars_customer::{LoyaltyId, matching::Candidate};
use regulars_kernel::{Actor, ConnectionId, PersonId, SyncRejectId, SyncRunId, Timestamp};
use regulars_loyalty::{HistoryStore, welcome::Recognise};
use regulars_order::purchase::PurchasePorts;

use crate::{
    SourceError, SourceStore,
    connection::Connection,
    image::{Digest, body, image},
    policy::Policy,
    provenance::Verdict,
    record::{BadRecord, Body, Item, Record, RecordKey},
    reject::{Reject, cut_raw},
    review::SyncReview,
    run::Counts,
    stored::{RecordKind, RecordState, StoredRecord},
};

/// The most records of a slice: people's writes wait behind it (engine rule 2).
pub const SLICE: usize = 50;

/// Everything that taking records asks of a store.
pub trait SourcePorts: SourceStore + PurchasePorts + HistoryStore {}

impl<S: SourceStore + PurchasePorts + HistoryStore> SourcePorts for S {}

/// The most records that are taken at once because a customer came whom they waited for; the rest is with the next one.
const WAITERS: u16 = 50;

/// What does not depend on the records of a slice.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// Through which connection they came.
    pub connection: &'a Connection,
    /// How its records are taken.
    pub policy: &'a Policy,
    /// The ranks of the merchant's connections that are not deleted.
    pub ranks: &'a BTreeMap<ConnectionId, u32>,
    /// By which run.
    pub run: SyncRunId,
    /// What marks that the pass has seen a thing: the run that began it.
    pub mark: SyncRunId,
    /// Whether they were read again by key: of one version with other content the last one read is right (engine rule 8).
    pub is_reread: bool,
    /// Whether the pass only says what there is: records may have nothing but their key, and what is new is read by it.
    pub is_sweep: bool,
    /// Ids of the slice whose customers were erased here: they are not brought back (engine rule 19).
    pub blocked: &'a BTreeSet<String>,
    /// Fresh loyalty ids, one for each record.
    pub loyalty_ids: &'a [LoyaltyId],
    /// Knows who was welcomed on a card before (rule 15).
    pub recognise: &'a dyn Recognise,
    /// How many samples of what happens are to be told.
    pub samples: usize,
    /// Now.
    pub now: Timestamp,
}

/// What happens to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A customer is made of it.
    Create,
    /// A customer is changed by it.
    Update,
    /// It is found to be somebody who is here.
    Link,
    /// Somebody has to decide.
    Conflict,
    /// It is refused.
    Reject,
    /// It is gone.
    Delete,
}

impl Action {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Link => "link",
            Self::Conflict => "conflict",
            Self::Reject => "reject",
            Self::Delete => "delete",
        }
    }
}

/// What becomes of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Which, by its name.
    pub field: String,
    /// What it was.
    pub before: Option<String>,
    /// What the source says.
    pub offered: Option<String>,
    /// Whether it is taken, or why not.
    pub verdict: Verdict,
}

/// What happens to one thing, told for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What it is called at the source.
    pub key: RecordKey,
    /// What happens.
    pub action: Action,
    /// To which customer.
    pub person: Option<PersonId>,
    /// To which of their fields.
    pub fields: Vec<FieldChange>,
    /// Why, where that is not plain.
    pub message: Option<String>,
}

/// What came of a slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// How many of what.
    pub counts: Counts,
    /// Things of one version with other content: they are to be read again (engine rule 8).
    pub reread: Vec<RecordKey>,
    /// What happened to some of them.
    pub samples: Vec<Sample>,
    /// Customers whom the slice made or changed.
    pub touched: BTreeSet<PersonId>,
}

/// A slice under way.
struct Portion<'a> {
    task: &'a Task<'a>,
    actor: Actor,
    known: BTreeMap<RecordKey, StoredRecord>,
    /// Of what is there: records that say the same need nothing else to be looked up.
    digests: BTreeMap<RecordKey, Digest>,
    redirects: BTreeMap<RecordKey, StoredRecord>,
    candidates: Vec<Candidate>,
    /// Phone numbers that several records of the slice have: they are nobody's own.
    shared_phones: BTreeSet<String>,
    changed: BTreeSet<RecordKey>,
    seen: BTreeMap<String, Vec<String>>,
    rejects: Vec<Reject>,
    settled: BTreeMap<String, Vec<String>>,
    reviews: Vec<SyncReview>,
    outcome: Outcome,
}

/// What is to be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judgement {
    Apply,
    Unchanged,
    Outdated,
    Reread,
}

/// Takes a slice: at most [`SLICE`] of its items may change something. In the merchant's scope, by nobody in particular.
///
/// # Errors
/// What is wrong with a record refuses that record, and not the slice; whatever is answered as an error undoes all of it.
pub fn apply<S: SourcePorts>(
    tx: &mut S,
    task: &Task<'_>,
    items: &[Item],
) -> Result<Outcome, SourceError> {
    let mut portion = Portion {
        task,
        actor: Actor::system(task.connection.merchant),
        known: BTreeMap::new(),
        digests: BTreeMap::new(),
        redirects: BTreeMap::new(),
        candidates: Vec::new(),
        shared_phones: BTreeSet::new(),
        changed: BTreeSet::new(),
        seen: BTreeMap::new(),
        rejects: Vec::new(),
        settled: BTreeMap::new(),
        reviews: Vec::new(),
        outcome: Outcome::default(),
    };
    portion.look_up(tx, items)?;
    evidence::gather(tx, &mut portion, items)?;
    for (nth, item) in items.iter().enumerate() {
        portion.outcome.counts.read += 1;
        match item {
            Item::Bad(bad) => portion.reject(bad, ""),
            Item::Record(record) => portion.take(tx, record, nth)?,
        }
    }
    portion.take_waiting(tx)?;
    portion.keep(tx)?;
    Ok(portion.outcome)
}

/// The digests of what is there of some items.
pub fn digests<S: SourceStore>(
    tx: &mut S,
    connection: ConnectionId,
    items: &[Item],
) -> Result<BTreeMap<RecordKey, Digest>, SourceError> {
    let mut ids: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for item in items {
        if let Item::Record(record) = item {
            ids.entry(&record.key.object).or_default().push(record.key.id.clone());
        }
    }
    let mut found = BTreeMap::new();
    for (object, ids) in ids {
        for (id, digest) in tx.digests(connection, object, &ids)? {
            found.insert(RecordKey::new(object, id), digest);
        }
    }
    Ok(found)
}

/// Whether a record says what is known already (engine rule 7).
pub fn is_known_so(digests: &BTreeMap<RecordKey, Digest>, record: &Record) -> bool {
    digests
        .get(&record.key)
        .is_some_and(|known| image(&record.body).is_some_and(|image| Digest::of(&image) == *known))
}

/// What is to be done with a record, of which this is known.
fn judge(
    record: &Record,
    digest: Option<Digest>,
    known: Option<&StoredRecord>,
    is_reread: bool,
) -> Judgement {
    let Some(known) = known else { return Judgement::Apply };
    let ended = matches!(known.state, RecordState::Gone | RecordState::Merged);
    if digest == Some(known.digest) && !ended {
        return Judgement::Unchanged;
    }
    if digest.is_none() && ended {
        return Judgement::Unchanged;
    }
    if record.version.is_newer_than(known.version) || is_reread {
        return Judgement::Apply;
    }
    if known.version.is_newer_than(record.version) {
        return Judgement::Outdated;
    }
    // What ended is not revived by what was said at the same time (engine rule 17), and an end beats what was said with it.
    let says_nothing = record.version == crate::record::SourceVersion::default();
    match (digest, ended) {
        (_, _) if says_nothing => Judgement::Apply,
        (None, _) => Judgement::Apply,
        (Some(_), true) => Judgement::Outdated,
        (Some(_), false) => Judgement::Reread,
    }
}

impl Portion<'_> {
    /// What is known of everything in the slice that may change something.
    fn look_up<S: SourceStore>(&mut self, tx: &mut S, items: &[Item]) -> Result<(), SourceError> {
        let connection = self.task.connection.id;
        self.digests = digests(tx, connection, items)?;
        let mut ids: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for item in items {
            if let Item::Record(record) = item
                && !is_known_so(&self.digests, record)
            {
                ids.entry(&record.key.object).or_default().insert(record.key.id.clone());
            }
        }
        for (object, ids) in ids {
            let ids: Vec<String> = ids.into_iter().collect();
            for stored in tx.records(connection, object, &ids)? {
                self.known.insert(stored.key.clone(), stored);
            }
            let fresh =
                |id: &String| !self.known.contains_key(&RecordKey::new(object, id.as_str()));
            let fresh: Vec<String> = ids.iter().filter(|id| fresh(id)).cloned().collect();
            if !fresh.is_empty() {
                for stored in tx.redirected_to(connection, object, &fresh)? {
                    let to = stored.redirect_to.clone().unwrap_or_default();
                    self.redirects.insert(RecordKey::new(object, to), stored);
                }
            }
        }
        Ok(())
    }

    /// Takes one record.
    fn take<S: SourcePorts>(
        &mut self,
        tx: &mut S,
        record: &Record,
        nth: usize,
    ) -> Result<(), SourceError> {
        if self.task.is_sweep && !self.task.is_reread && !matches!(record.body, Body::Gone(_)) {
            if self.digests.contains_key(&record.key) || self.known.contains_key(&record.key) {
                self.outcome.counts.unchanged += 1;
                self.see(&record.key);
            } else {
                self.outcome.reread.push(record.key.clone());
            }
            return Ok(());
        }
        let known = self.known.get(&record.key);
        if known.is_none() && is_known_so(&self.digests, record) {
            self.outcome.counts.unchanged += 1;
            self.see(&record.key);
            return Ok(());
        }
        let image = image(&record.body);
        let digest = image.as_deref().map(Digest::of);
        let counts = &mut self.outcome.counts;
        match judge(record, digest, known, self.task.is_reread) {
            Judgement::Unchanged => {
                counts.unchanged += 1;
                self.see(&record.key);
            }
            Judgement::Outdated => {
                counts.outdated += 1;
                self.see(&record.key);
            }
            Judgement::Reread => {
                self.outcome.reread.push(record.key.clone());
                self.see(&record.key);
            }
            Judgement::Apply => match (&record.body, image) {
                (Body::Customer(customer), Some(image)) => {
                    customer::take(tx, self, (record, customer, image), nth)?;
                }
                (Body::Gone(gone), _) => gone::take(tx, self, record, gone)?,
                (_, Some(image)) => goods::take(tx, self, record, image)?,
                (_, None) => {}
            },
        }
        Ok(())
    }

    /// Takes what waited for the customers of the slice.
    fn take_waiting<S: SourcePorts>(&mut self, tx: &mut S) -> Result<(), SourceError> {
        let came: Vec<RecordKey> = self
            .changed
            .iter()
            .filter(|key| {
                self.known.get(key).is_some_and(|stored| {
                    stored.kind == RecordKind::Customer && stored.subject.is_some()
                })
            })
            .cloned()
            .collect();
        for stored in tx.waiting_for(self.task.connection.id, &came, WAITERS)? {
            let Some(body) = body(&stored.image) else { continue };
            let record = Record { key: stored.key.clone(), version: stored.version, body };
            let image = stored.image.clone();
            self.known.insert(stored.key.clone(), stored);
            goods::take(tx, self, &record, image)?;
        }
        Ok(())
    }

    /// Notes that the pass has seen a thing.
    fn see(&mut self, key: &RecordKey) {
        self.seen.entry(key.object.clone()).or_default().push(key.id.clone());
    }

    /// Notes that something cannot be taken.
    fn reject(&mut self, bad: &BadRecord, object: &str) {
        self.outcome.counts.rejected += 1;
        self.sample(|| Sample {
            key: RecordKey::new(object, bad.reference.as_str()),
            action: Action::Reject,
            person: None,
            fields: Vec::new(),
            message: Some(bad.message.clone()),
        });
        self.note_reject(bad, object, true);
    }

    fn note_reject(&mut self, bad: &BadRecord, object: &str, whole: bool) {
        let (connection, task) = (self.task.connection, self.task);
        self.rejects.push(Reject {
            id: SyncRejectId::new(0),
            merchant: connection.merchant,
            connection: connection.id,
            run: task.run,
            object: object.to_owned(),
            reference: bad.reference.clone(),
            code: bad.code.clone(),
            path: bad.path.clone(),
            message: bad.message.clone(),
            raw: cut_raw(&bad.raw),
            whole,
            created_at: task.now,
            replayed_at: None,
        });
    }

    /// Tells of what happens, while it is asked for.
    fn sample(&mut self, sample: impl FnOnce() -> Sample) {
        if self.outcome.samples.len() < self.task.samples {
            self.outcome.samples.push(sample());
        }
    }

    /// Keeps what is known of a thing now.
    fn put(&mut self, stored: StoredRecord) {
        self.changed.insert(stored.key.clone());
        self.settled.entry(stored.key.object.clone()).or_default().push(stored.key.id.clone());
        self.known.insert(stored.key.clone(), stored);
    }

    /// Writes down what the slice has found.
    fn keep<S: SourceStore>(&mut self, tx: &mut S) -> Result<(), SourceError> {
        let (connection, task) = (self.task.connection.id, self.task);
        for (object, ids) in &self.settled {
            tx.settle_rejects(connection, object, ids, task.now)?;
        }
        let changed: Vec<StoredRecord> =
            self.changed.iter().filter_map(|key| self.known.get(key)).cloned().collect();
        if !changed.is_empty() {
            tx.put_records(&changed)?;
        }
        for (object, ids) in &self.seen {
            let ids: Vec<String> = ids
                .iter()
                .filter(|id| !self.changed.contains(&RecordKey::new(object.as_str(), id.as_str())))
                .cloned()
                .collect();
            if !ids.is_empty() {
                tx.mark_seen(connection, object, &ids, task.mark)?;
            }
        }
        if !self.rejects.is_empty() {
            tx.insert_rejects(&self.rejects)?;
        }
        if !self.reviews.is_empty() {
            tx.insert_reviews(&self.reviews)?;
        }
        Ok(())
    }
}
