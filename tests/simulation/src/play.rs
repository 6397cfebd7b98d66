//! Plays a history to the product and to the oracle, and compares them after every step.

use std::collections::{BTreeMap, BTreeSet};

use regulars_kernel::{AccountId, StoreError};
use regulars_loyalty::chain::Link;

use crate::{
    act::{self, Failure, Made},
    call::{Act, Call, Fate, Message, Step, Wait},
    compare,
    model::{Expected, Model},
    setting::Setting,
    world::{Outcome, Receipt, World},
};

/// From one look at everything to the next, in steps.
const LOOK_ROUND_EVERY: usize = 64;
/// How often a transaction that lost is run again.
const ATTEMPTS: u64 = 20;

/// What is wrong on purpose: whether the simulation finds it is what its own tests ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Plant {
    #[default]
    Nothing,
    /// A transaction that dies leaves its rows behind, without its outcome.
    CommitsHalf,
    /// Outcomes are not kept: what comes again is done again.
    ForgetsKeys,
    /// The oracle lets a lot live for an instant too long.
    ExpiresLate,
}

/// What went wrong, and in which step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) step: usize,
    pub(crate) what: String,
}

/// How often each kind of call was done, refused, answered again, and undone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(pub(crate) BTreeMap<&'static str, [u64; 4]>);

const DONE: usize = 0;
const REFUSED: usize = 1;
const AGAIN: usize = 2;
const UNDONE: usize = 3;

impl Tally {
    fn add(&mut self, call: &Call, column: usize) {
        self.0.entry(call.name()).or_default()[column] += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (name, counts) in &other.0 {
            let sums = self.0.entry(name).or_default();
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }

    /// How many transactions that were.
    pub(crate) fn operations(&self) -> u64 {
        self.0.values().flatten().sum()
    }
}

/// What a client has sent.
#[derive(Default)]
struct Post {
    unanswered: Vec<Message>,
    answered: Vec<Message>,
}

pub(crate) struct Player {
    pub(crate) world: World,
    pub(crate) model: Model,
    pub(crate) made: Made,
    pub(crate) now: i64,
    /// The last line of each account that was looked at: it never changes.
    pub(crate) heads: BTreeMap<AccountId, (i64, Link)>,
    /// The keys that have an outcome, as clients know: none is used up twice.
    spent: BTreeSet<u32>,
    posts: BTreeMap<usize, Post>,
    plant: Plant,
    tally: Tally,
}

/// Plays a history to its end; every message arrives at last.
pub(crate) fn play(setting: &Setting, steps: &[Step], plant: Plant) -> Result<Tally, Broken> {
    let mut player = Player {
        world: World::new(setting),
        model: Model::new(setting.clone()),
        made: Made::default(),
        now: setting.start,
        heads: BTreeMap::new(),
        spent: BTreeSet::new(),
        posts: BTreeMap::new(),
        plant,
        tally: Tally::default(),
    };
    for (nth, step) in steps.iter().enumerate() {
        let broken = |what| Broken { step: nth, what };
        player.step(step).map_err(broken)?;
        if nth % LOOK_ROUND_EVERY == LOOK_ROUND_EVERY - 1 {
            compare::everything(&mut player).map_err(broken)?;
        }
    }
    let ends = player.end().and_then(|()| compare::everything(&mut player));
    ends.map_err(|what| Broken { step: steps.len(), what })?;
    Ok(player.tally)
}

/// Whether it names what it asks for by a key: a visit need not.
const fn is_keyed(message: &Message) -> bool {
    !matches!(message.call, Call::Visit { keyed: false, .. })
}

impl Player {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        self.wait(step.wait);
        let message = match &step.act {
            Act::Send { call: Call::Tend { dies_after }, .. } => return self.tend(*dies_after),
            Act::Send { call: Call::Seal, .. } => return self.seal(),
            Act::Send { key, call } => {
                let Some(target) = self.target(call) else { return Ok(()) };
                Message {
                    key: *key,
                    client: step.client,
                    call: call.clone(),
                    target,
                    sent_at: self.now,
                }
            }
            Act::Again { message } => {
                let post = self.posts.entry(step.client).or_default();
                let (waiting, done) = (post.unanswered.len(), post.answered.len());
                match (message.checked_rem(waiting), message.checked_rem(done)) {
                    (Some(place), _) => post.unanswered.remove(place),
                    (None, Some(back)) => post.answered[done - 1 - back].clone(),
                    (None, None) => return Ok(()),
                }
            }
        };
        let answered = match step.fate {
            Fate::Clean => self.deliver(&message)?,
            Fate::Contended => {
                self.rehearse(&message)?;
                self.deliver(&message)?
            }
            Fate::DiesBeforeCommit => {
                self.rehearse(&message)?;
                false
            }
            Fate::AnswerLost => {
                self.deliver(&message)?;
                false
            }
            Fate::Twice => {
                self.deliver(&message)?;
                self.deliver(&message)?
            }
            Fate::Late => false,
        };
        let post = self.posts.entry(step.client).or_default();
        if answered {
            post.answered.push(message);
        } else {
            post.unanswered.push(message);
        }
        Ok(())
    }

    fn wait(&mut self, wait: Wait) {
        let then = match wait {
            Wait::For(micros) => self.now + micros,
            Wait::Edge(past) => self.model.next_edge(self.now).map_or(self.now, |at| at + past),
            Wait::Midnight(past) => self.model.next_midnight(self.now) + past,
        };
        self.now = self.now.max(then);
        let late = i64::from(self.plant == Plant::ExpiresLate);
        self.model.pass(self.now - late);
    }

    /// Which order or promise a call is about; none where there is none yet.
    fn target(&self, call: &Call) -> Option<usize> {
        let of = |many: usize, back: usize| back.checked_rem(many).map(|back| many - 1 - back);
        match call {
            Call::Checkout { order, .. } | Call::Refund { order, .. } | Call::Void { order } => {
                of(self.made.orders.len(), *order)
            }
            Call::Confirm { intent, .. } | Call::Cancel { intent } => {
                of(self.made.intents.len(), *intent)
            }
            _ => Some(0),
        }
    }

    /// What was sent and never answered is sent until it is.
    fn end(&mut self) -> Result<(), String> {
        let waiting = self.posts.values_mut().flat_map(|post| std::mem::take(&mut post.unanswered));
        for message in waiting.collect::<Vec<_>>() {
            self.deliver(&message)?;
        }
        self.tend(None)
    }

    /// A message with what it is about now: a code is of the newest promise that has it.
    fn addressed(&self, message: &Message) -> Message {
        let mut message = message.clone();
        if let Call::Confirm { .. } = message.call {
            let intents = &self.made.intents;
            let code = &intents[message.target].1;
            let newest = intents.iter().rposition(|intent| intent.1 == *code);
            message.target = newest.unwrap_or(message.target);
        }
        message
    }

    /// Does all that a message asks for, and undoes it.
    fn rehearse(&mut self, message: &Message) -> Result<(), String> {
        let message = &self.addressed(message);
        let before = self.world.mark();
        let outcome = self.outcome(message, 0);
        self.tally.add(&message.call, UNDONE);
        if self.plant == Plant::CommitsHalf {
            self.world.reset_outcomes(&before);
        } else {
            self.world.reset(&before);
        }
        match outcome {
            Err(Failure::Broken(what)) => Err(what),
            _ => compare::touched(self, message),
        }
    }

    /// One transaction: what is known of the key, or what the call comes to and that it came to that.
    fn outcome(&self, message: &Message, attempt: u64) -> Result<(Outcome, bool), Failure> {
        let keyed = is_keyed(message);
        if let Some(known) = self.world.outcomes.lock().get(&message.key).filter(|_| keyed) {
            return Ok((known.clone(), true));
        }
        let inner = self.world.mark();
        let outcome = match act::run(&self.world, &self.made, message, (self.now, attempt)) {
            Ok(receipt) => Outcome::Done(receipt),
            Err(Failure::Refused(why)) => {
                self.world.reset(&inner);
                Outcome::Refused(why)
            }
            Err(failure) => {
                self.world.reset(&inner);
                return Err(failure);
            }
        };
        if keyed && self.plant != Plant::ForgetsKeys {
            self.world.outcomes.lock().insert(message.key, outcome.clone());
        }
        Ok((outcome, false))
    }

    /// Delivers a message; answers whether there was an answer.
    fn deliver(&mut self, message: &Message) -> Result<bool, String> {
        let message = &self.addressed(message);
        for attempt in 0..ATTEMPTS {
            let (outcome, again) = match self.outcome(message, attempt) {
                Ok(outcome) => outcome,
                Err(Failure::Contended) => continue,
                Err(Failure::Denied) => (Outcome::denied(), false),
                Err(Failure::Refused(why) | Failure::Broken(why)) => return Err(why),
            };
            if again {
                self.tally.add(&message.call, AGAIN);
            } else if outcome != Outcome::denied()
                && is_keyed(message)
                && !self.spent.insert(message.key)
            {
                return Err(format!("what was done under key {} was done again", message.key));
            } else {
                self.note(message, outcome)?;
            }
            compare::touched(self, message)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Has the oracle say what ought to have become of it, and keeps the ids.
    fn note(&mut self, message: &Message, outcome: Outcome) -> Result<(), String> {
        let expected = self.model.apply(message, self.now);
        match (expected, outcome) {
            (Expected::Refused, Outcome::Refused(_)) => {
                self.tally.add(&message.call, REFUSED);
                return Ok(());
            }
            (Expected::Visit(place), Outcome::Done(Receipt::Visit(id))) => {
                match self.made.visits.get(place) {
                    None => self.made.visits.push(id),
                    Some(same) if *same == id => {}
                    Some(same) => return Err(format!("visit {id} ought to be visit {same}")),
                }
            }
            (Expected::Done, Outcome::Done(receipt)) => match receipt {
                Receipt::Order(id, items) => self.made.orders.push((id, items)),
                Receipt::Intent(id, code) => {
                    let what = self.model.intents.last().map(|intent| intent.what);
                    let kind = act::kind(what.ok_or("a promise of nothing")?);
                    self.made.intents.push((id, code, kind));
                }
                Receipt::Nothing | Receipt::Visit(_) => {}
            },
            (expected, outcome) => {
                return Err(format!("expected {expected:?} of {message:?}, and got {outcome:?}"));
            }
        }
        self.tally.add(&message.call, DONE);
        Ok(())
    }

    fn tend(&mut self, dies_after: Option<usize>) -> Result<(), String> {
        let call = Call::Tend { dies_after };
        let broken = |error: StoreError| format!("{error:?}");
        act::lapse(&self.world, self.now).map_err(broken)?;
        let due = act::due(&self.world, self.now).map_err(broken)?;
        let zone = self.model.setting.zone;
        let most = dies_after.unwrap_or(usize::MAX);
        for id in due.into_iter().take(most) {
            act::settle(&self.world, zone, id, self.now).map_err(broken)?;
        }
        self.tally.add(&call, DONE);
        let left = act::due(&self.world, self.now).map_err(broken)?;
        match dies_after {
            None if !left.is_empty() => Err(format!("accounts {left:?} are still to be settled")),
            _ => Ok(()),
        }
    }

    fn seal(&mut self) -> Result<(), String> {
        act::seal(&self.world, self.now).map_err(|error| format!("{error:?}"))?;
        self.tally.add(&Call::Seal, DONE);
        Ok(())
    }
}
