//! That the simulation finds what is wrong, and does all that it can do.

use std::num::NonZero;

use super::*;

fn options(seed: u64, operations: u64) -> Options {
    Options {
        seed,
        operations,
        clients: NonZero::new(8).unwrap(),
        steps: NonZero::new(300).unwrap(),
    }
}

#[test]
fn histories_end_as_they_ought_to_and_leave_nothing_untried() {
    let played = run(&options(1_000_000, 8_000), Plant::Nothing);
    if let Some((history, broken)) = played.failed {
        panic!("seed {} fails in step {}: {}", history.seed, broken.step, broken.what);
    }
    for (name, [done, refused, again, undone]) in &played.tally.0 {
        assert!(*done > 0, "{name} was never done");
        let never_refused = ["tend", "seal", "enroll", "void"].contains(name);
        assert!(*refused > 0 || never_refused, "{name} was never refused");
        let by_the_worker = ["tend", "seal"].contains(name);
        assert!((*again > 0 && *undone > 0) || by_the_worker, "{name} never failed on its way");
    }
    assert_eq!(played.tally.0.len(), 18, "every kind of call: {:?}", played.tally.0.keys());
}

#[test]
fn a_seed_is_a_history() {
    let [one, again, other] = [7, 7, 8].map(|seed| History::of(seed, &options(1, 1)).steps);
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[test]
fn what_is_planted_is_found_and_made_short() {
    for (plant, most) in [(Plant::CommitsHalf, 3), (Plant::ForgetsKeys, 3), (Plant::ExpiresLate, 6)]
    {
        let played = run(&options(1, 4_000), plant);
        let Some((history, broken)) = played.failed else { panic!("{plant:?} was not found") };
        let (steps, what) = history.shortest(&broken, plant);
        assert!(steps.len() <= most, "{plant:?} takes {} steps: {steps:#?}\n{what}", steps.len());
        assert!(!what.is_empty());
        // Without the plant there is nothing wrong with them.
        assert!(history.play(&steps, Plant::Nothing).is_ok(), "{plant:?}");
    }
}
