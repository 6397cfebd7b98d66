//! Stops, crashes and faults: a run goes on from where it was, to the same end.

use std::time::Duration;

use regulars_merchant::EntitySource;
use regulars_source::{Health, RunKind, RunState, SourceStore as _, review::ReviewKind, store::Of};
use regulars_sync::{connector::Fault, engine::Ended};
use serde_json::json;

use crate::{
    source::Source,
    world::{MERCHANT, World, on_both},
};

const LATER: Duration = Duration::from_hours(1);

fn people(source: &Source, world: &World, count: usize) {
    for nth in 0..count {
        let id = format!("c{nth:04}");
        source.say(&id, &[("firstname", Some(&id))], world.now().minus(LATER));
    }
}

#[test]
fn rule_2_a_stop_anywhere_goes_on_to_the_same_end() {
    on_both(|world| {
        let source = Source::named("stops", 130);
        let shop = world.connect(EntitySource::Shopify, "stops", json!({}));
        people(&source, world, 300);
        let (mut turns, mut created) = (0, 0);
        let run = loop {
            turns += 1;
            assert!(turns < 50);
            match world.run_until(shop, 2) {
                Ended::Over(run) => break run,
                Ended::Later(run) => created = run.counts.created,
                Ended::Nothing => panic!("nobody else holds it"),
            }
        };
        assert!(turns > 3 && created > 0, "{turns} turns");
        assert_eq!((run.state, run.counts.created), (RunState::Done, 300), "{:?}", run.counts);
        assert_eq!(run.counts.read, 300, "nothing was read into the books twice");
    });
}

#[test]
fn rule_6_who_lost_the_connection_writes_nothing_any_more() {
    on_both(|world| {
        let shop = world.connect(EntitySource::Shopify, "fence", json!({}));
        let now = world.now();
        let hold = |who: &'static str, seconds: u64, now: regulars_kernel::Timestamp| {
            let until = now.plus(Duration::from_secs(seconds));
            world.write(move |tx| tx.hold_connection(shop, who, (now, until)))
        };
        let first = hold("one", 10, now).unwrap();
        assert_eq!(hold("one", 10, now), Some(first), "prolonged");
        assert_eq!(hold("two", 10, now), None);
        let second = hold("two", 10, now.plus(Duration::from_secs(11))).unwrap();
        assert!(second > first);
        assert!(!world.write(move |tx| tx.has_fence(shop, first)));
        assert!(world.write(move |tx| tx.has_fence(shop, second)));
    });
}

#[test]
fn rule_3_what_is_committed_late_is_found_by_the_next_window() {
    on_both(|world| {
        let source = Source::named("late", 100);
        let shop = world.connect(EntitySource::Shopify, "late", json!({}));
        source.say("1", &[("firstname", Some("Ada"))], world.now().minus(LATER));
        world.run(shop);
        // Stamped nine minutes before the last window's end, and shown only now.
        let stamp = world.now().minus(Duration::from_mins(10));
        world.turn(LATER);
        source.say("2", &[("firstname", Some("Late"))], stamp);
        let run = world.run(shop);
        assert_eq!(run.kind, RunKind::Tail);
        assert_eq!(run.counts.created, 1, "{:?}", run.counts);
    });
}

#[test]
fn rule_3_many_of_one_stamp_come_once_each_across_pages() {
    on_both(|world| {
        let source = Source::named("stamp", 7);
        let shop = world.connect(EntitySource::Shopify, "stamp", json!({}));
        people(&source, world, 60);
        assert_eq!(world.run(shop).counts.created, 60);
        world.turn(LATER);
        let at = world.now().minus(Duration::from_mins(5));
        for nth in 0..60 {
            source.say(&format!("c{nth:04}"), &[("firstname", Some("Renamed"))], at);
        }
        let run = world.run(shop);
        assert_eq!((run.counts.read, run.counts.updated), (60, 60), "{:?}", run.counts);
    });
}

#[test]
fn rule_4_a_cursor_that_is_no_good_begins_the_window_anew() {
    on_both(|world| {
        let source = Source::named("cursor", 10);
        let shop = world.connect(EntitySource::Shopify, "cursor", json!({}));
        people(&source, world, 25);
        assert!(matches!(world.run_until(shop, 2), Ended::Later(_)));
        source.fail(Fault::Cursor("expired".to_owned()));
        let run = world.run(shop);
        assert_eq!((run.state, run.counts.created), (RunState::Done, 25), "{:?}", run.error);
    });
}

#[test]
fn rule_23_the_connection_says_what_is_wrong() {
    on_both(|world| {
        let source = Source::named("faults", 10);
        let shop = world.connect(EntitySource::Shopify, "faults", json!({}));
        people(&source, world, 5);
        let found = || world.read(|tx| tx.connections(MERCHANT, false)).remove(0);
        source.fail(Fault::Throttled { after: Some(Duration::from_mins(10)) });
        assert!(matches!(world.run_until(shop, usize::MAX), Ended::Later(_)));
        assert_eq!(found().health, Health::Throttled);
        assert_eq!(found().next_run_at, Some(world.now().plus(Duration::from_mins(10))));
        source.fail(Fault::NeedsAuth("Connect again.".to_owned()));
        let run = world.run(shop);
        assert_eq!((run.state, run.error.as_deref()), (RunState::Failed, Some("Connect again.")));
        assert_eq!((found().health, found().next_run_at), (Health::NeedsAuth, None));
        world.ask(shop, RunKind::Tail, false);
        assert_eq!(world.run(shop).state, RunState::Done);
        assert_eq!((found().health, found().failures), (Health::Ok, 0));
    });
}

#[test]
fn rule_18_a_sweep_that_finds_much_gone_asks_first() {
    on_both(|world| {
        let source = Source::named("sweep", 50);
        let shop = world.connect(EntitySource::Shopify, "sweep", json!({}));
        people(&source, world, 100);
        world.run(shop);
        world.turn(LATER);
        for nth in 0..3 {
            source.rows().rows.remove(&format!("c{nth:04}"));
        }
        world.ask(shop, RunKind::Sweep, false);
        let run = world.run(shop);
        assert_eq!((run.state, run.counts.deleted), (RunState::Done, 3), "{:?}", run.error);
        assert_eq!(world.customers().iter().filter(|one| one.archived).count(), 3);
        for nth in 10..30 {
            source.rows().rows.remove(&format!("c{nth:04}"));
        }
        world.turn(LATER);
        world.ask(shop, RunKind::Sweep, false);
        let run = world.run(shop);
        assert_eq!((run.counts.deleted, run.counts.conflicts), (0, 1));
        let of = Of { connection: Some(shop), run: None, open: true };
        let page = regulars_kernel::PageRequest::first(10);
        let open = world.read(|tx| tx.sync_reviews(MERCHANT, of, &page)).items;
        assert_eq!(open.iter().map(|one| one.kind).collect::<Vec<_>>(), [ReviewKind::ManyGone]);
    });
}

#[test]
fn rule_12_where_too_much_is_refused_the_run_stops() {
    on_both(|world| {
        let source = Source::named("rejects", 200);
        let settings = json!({ "strict": true });
        let shop = world.connect(EntitySource::Shopify, "rejects", settings);
        let at = world.now().minus(LATER);
        for nth in 0..200 {
            let birthday = if nth % 4 == 0 { "yesterday" } else { "1990-05-06" };
            let id = format!("c{nth:04}");
            source.say(&id, &[("firstname", Some(&id)), ("birthday", Some(birthday))], at);
        }
        let run = world.run(shop);
        assert_eq!(run.state, RunState::Failed);
        assert!(run.error.unwrap().contains("were refused"));
        let of = Of { connection: Some(shop), run: None, open: true };
        let rejects = world.read(|tx| tx.count_rejects(MERCHANT, of));
        assert!(rejects > 10, "{rejects}");
    });
}
