//! What becomes of a record: new customers, changes, links, conflicts and ends.

use std::time::Duration;

use regulars_customer::{Change, ConsumerPatch, CustomerError, create, update};
use regulars_kernel::{PageRequest, Scope};
use regulars_merchant::EntitySource;
use regulars_source::{Counts, RunKind, RunState, SourceStore as _, review::ReviewKind, store::Of};
use serde_json::json;

use crate::{
    source::Source,
    world::{MERCHANT, World, on_both},
};

const LATER: Duration = Duration::from_hours(1);

fn patch(world: &World, person: regulars_kernel::PersonId, patch: ConsumerPatch) {
    let now = world.now();
    world
        .db
        .write(Scope::Merchant(MERCHANT), None, move |tx| {
            update::update(tx, &World::actor(), person, &patch, now).map(drop)
        })
        .map_err(|error: CustomerError| error.to_string())
        .unwrap();
}

#[test]
fn rule_7_saying_it_again_writes_nothing() {
    on_both(|world| {
        let source = Source::named("again", 3);
        let shop = world.connect(EntitySource::Shopify, "again", json!({}));
        for nth in 0..10 {
            let (id, first) = (format!("c{nth}"), format!("Name {nth}"));
            let email = format!("person{nth}@shop.org");
            source.say(
                &id,
                &[
                    ("firstname", Some(&first)),
                    ("email", Some(&email)),
                    ("phoneNumber", None),
                    ("extraInfo.shopify", Some(r#"{"tags":["a"],"orders":"3"}"#)),
                ],
                world.now().minus(LATER),
            );
        }
        let run = world.run(shop);
        assert_eq!(run.state, RunState::Done, "{:?}", run.error);
        assert_eq!(run.counts, Counts { read: 10, created: 10, ..Counts::default() });
        let before = world.customers();
        assert_eq!(before.len(), 10);
        assert_eq!(before[0].profile.firstname, "Name 0");
        assert_eq!(before[0].extra_info.as_ref().unwrap().get("shopify").unwrap()["orders"], "3");
        assert_eq!(before[0].entity_source_id.as_deref(), Some("c0"));
        world.turn(LATER);
        world.ask(shop, RunKind::Backfill, false);
        let again = world.run(shop);
        assert_eq!(again.counts, Counts { read: 10, unchanged: 10, ..Counts::default() });
        assert_eq!(world.customers(), before);
    });
}

#[test]
fn rule_9_absent_null_and_value_are_three_things() {
    on_both(|world| {
        let source = Source::named("three", 100);
        let shop = world.connect(EntitySource::Shopify, "three", json!({}));
        let at = world.now().minus(LATER);
        source.say(
            "a",
            &[("firstname", Some("Ada")), ("city", Some("London")), ("street", Some("St. James"))],
            at,
        );
        world.run(shop);
        let ada = world.person(shop, "a").unwrap();
        world.turn(LATER);
        source.say(
            "a",
            &[("firstname", Some("Ada")), ("city", None)],
            world.now().minus(Duration::from_mins(5)),
        );
        world.run(shop);
        let found = world.customer(ada).profile;
        assert_eq!((found.city, found.street.as_deref()), (None, Some("St. James")));
    });
}

#[test]
fn rule_10_a_field_belongs_to_the_better_source_and_what_people_wrote_beats_both() {
    on_both(|world| {
        let (shop_source, crm_source) = (Source::named("shop", 100), Source::named("crm", 100));
        let vouched = json!({ "trustEmails": "always" });
        let shop = world.connect(EntitySource::Shopify, "shop", vouched.clone());
        let crm = world.connect(EntitySource::Salesforce, "crm", vouched);
        let at = world.now().minus(LATER);
        let email = ("email", Some("ada@lovelace.org"));
        crm_source.say("1", &[email, ("firstname", Some("Augusta")), ("city", Some("Paris"))], at);
        world.run(crm);
        shop_source.say("x", &[email, ("firstname", Some("Ada")), ("lastname", Some("King"))], at);
        let run = world.run(shop);
        assert_eq!((run.counts.linked, run.counts.created), (1, 0), "{:?}", run.counts);
        let ada = world.person(shop, "x").unwrap();
        assert_eq!(world.person(crm, "1"), Some(ada));
        assert_eq!(world.customers().len(), 1);
        assert_eq!(world.customer(ada).profile.firstname, "Ada", "the shop stands before the CRM");
        // What the CRM says later does not win it back, and what is its own it changes.
        world.turn(LATER);
        let soon = world.now().minus(Duration::from_mins(5));
        crm_source.say("1", &[email, ("firstname", Some("Gusta")), ("city", Some("Rome"))], soon);
        world.run(crm);
        let found = world.customer(ada).profile;
        assert_eq!((found.firstname.as_str(), found.city.as_deref()), ("Ada", Some("Rome")));
        // People here have the last word.
        let edit =
            ConsumerPatch { city: Change::Set("Turin".to_owned()), ..ConsumerPatch::default() };
        patch(world, ada, edit);
        world.turn(LATER);
        let soon = world.now().minus(Duration::from_mins(5));
        crm_source.say("1", &[email, ("firstname", Some("Gusta")), ("city", Some("Bern"))], soon);
        world.run(crm);
        assert_eq!(world.customer(ada).profile.city.as_deref(), Some("Turin"));
        // When the shop's customer goes, the CRM's name returns.
        world.turn(LATER);
        shop_source.delete("x", world.now().minus(Duration::from_mins(5)));
        let run = world.run(shop);
        assert_eq!(run.counts.deleted, 1);
        let found = world.customer(ada);
        assert_eq!(found.profile.firstname, "Gusta");
        assert!(!found.archived, "the CRM has them still");
    });
}

#[test]
fn rule_15_nobody_is_chosen_by_guess() {
    on_both(|world| {
        let source = Source::named("guess", 100);
        let shop =
            world.connect(EntitySource::Shopify, "guess", json!({ "trustEmails": "always" }));
        let at = world.now().minus(LATER);
        let email = ("email", Some("ada@lovelace.org"));
        source.say("1", &[email, ("firstname", Some("Ada"))], at);
        source.say("2", &[email, ("firstname", Some("Byron"))], at);
        let run = world.run(shop);
        assert_eq!((run.counts.created, run.counts.conflicts), (1, 1), "{:?}", run.counts);
        assert_eq!(world.person(shop, "2"), None);
        let of = Of { connection: Some(shop), run: None, open: true };
        let open = world.read(|tx| tx.sync_reviews(MERCHANT, of, &PageRequest::first(10))).items;
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].kind, ReviewKind::Ambiguous);
        assert_eq!(open[0].people, [world.person(shop, "1").unwrap()]);
    });
}

#[test]
fn rule_14_an_address_that_proves_nothing_makes_a_customer_of_their_own() {
    on_both(|world| {
        let source = Source::named("unproved", 100);
        let shop = world.connect(EntitySource::Shopify, "unproved", json!({}));
        let now = world.now();
        let new = regulars_customer::NewConsumer {
            fields: ConsumerPatch {
                email: Change::Set("ada@lovelace.org".to_owned()),
                ..ConsumerPatch::default()
            },
            ..regulars_customer::NewConsumer::default()
        };
        let here = world
            .db
            .write(Scope::Merchant(MERCHANT), None, move |tx| {
                let id = regulars_customer::LoyaltyId::from_entropy(7);
                create::create(tx, &World::actor(), &new, id, now)
            })
            .map_err(|error: CustomerError| error.to_string())
            .unwrap();
        let fields = [("email", Some("Ada@Lovelace.org")), ("firstname", Some("Ada"))];
        source.say("1", &fields, world.now().minus(LATER));
        let run = world.run(shop);
        assert_eq!((run.counts.created, run.counts.skipped), (1, 1), "{:?}", run.counts);
        let other = world.person(shop, "1").unwrap();
        assert_ne!(other, here.id);
        assert_eq!(world.customer(other).profile.email, None);
        let of = Of { connection: Some(shop), run: None, open: true };
        let open = world.read(|tx| tx.sync_reviews(MERCHANT, of, &PageRequest::first(10))).items;
        assert_eq!(open.iter().map(|one| one.kind).collect::<Vec<_>>(), [ReviewKind::Duplicate]);
    });
}

#[test]
fn rule_16_what_is_no_phone_number_is_passed_over_and_kept_as_it_was_said() {
    on_both(|world| {
        let source = Source::named("phone", 100);
        let shop = world.connect(EntitySource::Shopify, "phone", json!({ "country": "DE" }));
        let at = world.now().minus(LATER);
        source.say("1", &[("firstname", Some("Ada")), ("phoneNumber", Some("ask mother"))], at);
        source.say("2", &[("firstname", Some("Bob")), ("phoneNumber", Some("0171 2345678"))], at);
        let run = world.run(shop);
        assert_eq!((run.counts.created, run.counts.skipped), (2, 1), "{:?}", run.counts);
        let phone = |id| world.customer(world.person(shop, id).unwrap()).profile.phone_number;
        assert_eq!(phone("1"), None);
        assert_eq!(phone("2").unwrap().to_string(), "+491712345678");
        let of = Of { connection: Some(shop), run: Some(run.id), open: true };
        let rejects = world.read(|tx| tx.rejects(MERCHANT, of, &PageRequest::first(10))).items;
        assert_eq!(rejects.len(), 1);
        assert_eq!((rejects[0].path.as_deref(), rejects[0].whole), (Some("phoneNumber"), false));
        let kept = world.read(|tx| tx.records(shop, crate::source::OBJECT, &["1".to_owned()]));
        assert!(kept[0].image.contains("ask mother"));
    });
}

#[test]
fn rule_17_an_end_puts_away_who_is_held_by_nothing_else_and_a_newer_word_brings_them_back() {
    on_both(|world| {
        let source = Source::named("ends", 100);
        let shop = world.connect(EntitySource::Shopify, "ends", json!({}));
        let at = world.now().minus(LATER);
        source.say("1", &[("firstname", Some("Ada"))], at);
        world.run(shop);
        let ada = world.person(shop, "1").unwrap();
        world.turn(LATER);
        let end = world.now().minus(Duration::from_mins(5));
        source.delete("1", end);
        world.run(shop);
        assert!(world.customer(ada).archived);
        // An update that is older than the end comes late.
        source.say("1", &[("firstname", Some("Old"))], end.minus(Duration::from_secs(1)));
        world.turn(Duration::from_mins(2));
        let run = world.run(shop);
        assert_eq!(run.counts.outdated, 1, "{:?}", run.counts);
        assert!(world.customer(ada).archived);
        world.turn(LATER);
        source.say("1", &[("firstname", Some("New"))], world.now().minus(Duration::from_mins(5)));
        world.run(shop);
        let found = world.customer(ada);
        assert_eq!((found.archived, found.profile.firstname.as_str()), (false, "New"));
    });
}

#[test]
fn rule_22_a_dry_run_tells_and_writes_nothing() {
    on_both(|world| {
        let source = Source::named("dry", 2);
        let shop = world.connect(EntitySource::Shopify, "dry", json!({}));
        let at = world.now().minus(LATER);
        for id in ["1", "2", "3", "4", "5"] {
            source.say(id, &[("firstname", Some(id))], at);
        }
        world.ask(shop, RunKind::Backfill, true);
        let run = world.run(shop);
        assert_eq!((run.state, run.counts.created), (RunState::Done, 5));
        assert!(world.customers().is_empty());
        let report: serde_json::Value =
            serde_json::from_str(run.report.as_deref().unwrap()).unwrap();
        assert_eq!(report[4]["action"], "create");
        assert_eq!(report[4]["fields"][0]["offered"], "5");
        // The next turn is a first one all the same.
        let run = world.run(shop);
        assert_eq!(run.counts.created, 5);
    });
}

#[test]
fn rule_8_the_older_version_is_passed_over_and_two_of_one_version_are_asked_for_again() {
    on_both(|world| {
        let source = Source::named("versions", 100);
        let shop = world.connect(EntitySource::Shopify, "versions", json!({}));
        let at = world.now().minus(LATER);
        source.say("1", &[("firstname", Some("Ada"))], at);
        world.run(shop);
        source.say("1", &[("firstname", Some("Older"))], at.minus(Duration::from_secs(1)));
        world.ask(shop, RunKind::Backfill, false);
        assert_eq!(world.run(shop).counts.outdated, 1);
        source.say("1", &[("firstname", Some("Same time"))], at);
        world.ask(shop, RunKind::Backfill, false);
        world.run(shop);
        assert_eq!(source.rows().rereads, 1);
        let ada = world.person(shop, "1").unwrap();
        assert_eq!(world.customer(ada).profile.firstname, "Same time");
    });
}
