//! Makes a history that fails shorter, as long as it still fails: parts of it are left out (delta debugging), then what is left is
//! made plainer. Histories are lists of commands about whatever is there, so that any part of one is one.

use crate::call::{Act, Call, Fate, Step, Wait};

/// The shortest history found that fails.
pub(crate) fn shrink(steps: &[Step], fails: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut steps = steps.to_vec();
    loop {
        let before = steps.clone();
        steps = without_parts(steps, &fails);
        steps = plainer(steps, &fails);
        if steps == before {
            return steps;
        }
    }
}

fn without_parts(mut steps: Vec<Step>, fails: &impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut size = steps.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < steps.len() {
            let mut shorter = steps.clone();
            drop(shorter.drain(from..(from + size).min(steps.len())));
            if fails(&shorter) {
                steps = shorter;
            } else {
                from += size;
            }
        }
        size /= 2;
    }
    steps
}

fn plainer(mut steps: Vec<Step>, fails: &impl Fn(&[Step]) -> bool) -> Vec<Step> {
    for nth in 0..steps.len() {
        for plain in plainer_ones(&steps[nth]) {
            let before = std::mem::replace(&mut steps[nth], plain);
            if !fails(&steps) {
                steps[nth] = before;
            }
        }
    }
    steps
}

/// The same step with one thing less to it, each.
fn plainer_ones(step: &Step) -> Vec<Step> {
    let mut ones = Vec::new();
    if step.fate != Fate::Clean {
        ones.push(Step { fate: Fate::Clean, ..step.clone() });
    }
    if step.wait != Wait::For(0) {
        ones.push(Step { wait: Wait::For(0), ..step.clone() });
    }
    if let Act::Send { key, call } = &step.act {
        let mut calls = Vec::new();
        match call {
            Call::Visit { customer, cents, store, ago: Some(_), keyed } => {
                let (customer, cents, store, keyed) = (*customer, *cents, *store, *keyed);
                calls.push(Call::Visit { customer, cents, store, ago: None, keyed });
            }
            Call::Checkout { order, ago: Some(_) } => {
                calls.push(Call::Checkout { order: *order, ago: None });
            }
            Call::Open { customer, store, lines, tip } => {
                let one = |lines: Vec<_>, tip| Call::Open {
                    customer: *customer,
                    store: *store,
                    lines,
                    tip,
                };
                if *tip > 0 {
                    calls.push(one(lines.clone(), 0));
                }
                if lines.len() > 1 {
                    calls.extend(lines.iter().map(|line| one(vec![*line], *tip)));
                }
            }
            _ => {}
        }
        let send = |call| Step { act: Act::Send { key: *key, call }, ..step.clone() };
        ones.extend(calls.into_iter().map(send));
    }
    ones
}
