//! The same of the database without any server: threads that ask one question after the other.

use std::{
    thread,
    time::{Duration, Instant},
};

use regulars_kernel::{Actor, Timestamp};
use regulars_persistence::{Db, Reader};

use crate::{
    Failure,
    figures::Figures,
    process::Processes,
    question::{Question, Refusal},
};

/// Asks for a while on so many threads, each with a connection of its own as the server's threads have, and counts what
/// this process and the `database` use meanwhile.
pub(crate) fn run(
    db: &Db,
    (actor, now): (&Actor, Timestamp),
    questions: &[Question],
    (threads, lasting): (usize, Duration),
    database: &Processes,
) -> Result<Figures, Failure> {
    let processes = Processes::this().and(database);
    let mut readers: Vec<Reader> = (0..threads).map(|_| db.own_reader()).collect();
    for reader in &mut readers {
        ask(reader, (actor, now), questions.first().ok_or("nothing is asked")?)?;
    }
    let (before, begun) = (processes.used()?, Instant::now());
    let end = begun + lasting;
    let mut took: Vec<Duration> = Vec::new();
    thread::scope(|scope| {
        let asking: Vec<_> = readers
            .iter_mut()
            .enumerate()
            .map(|(thread, reader)| {
                // Not all begin with the same question.
                let start = questions.len() * thread / threads.max(1);
                let turns = questions.iter().cycle().skip(start);
                scope.spawn(move || {
                    let mut took = Vec::new();
                    for question in turns {
                        let asked = Instant::now();
                        if asked >= end {
                            break;
                        }
                        ask(reader, (actor, now), question)?;
                        took.push(asked.elapsed());
                    }
                    Ok::<_, Failure>(took)
                })
            })
            .collect();
        for thread in asking {
            took.extend(thread.join().map_err(|_panic| "a thread panicked")??);
        }
        Ok::<_, Failure>(())
    })?;
    let (time, processor) = (begun.elapsed(), processes.used()?.saturating_sub(before));
    took.sort_unstable();
    let at = |hundredth: usize| took.get(took.len() * hundredth / 100).copied().unwrap_or_default();
    Ok(Figures { requests: took.len() as u64, time, processor, p50: at(50), p99: at(99) })
}

fn ask(
    reader: &mut Reader,
    (actor, now): (&Actor, Timestamp),
    question: &Question,
) -> Result<(), Failure> {
    reader.start(None);
    let answer = question.ask(reader, actor, now);
    reader.finish();
    answer.map(drop).map_err(|Refusal(sentence)| sentence.into())
}
