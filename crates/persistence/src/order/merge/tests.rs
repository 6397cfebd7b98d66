//! That a merge forgets no table: of each that names people it is said what becomes of its rows.

use std::collections::BTreeSet;

use super::*;
use crate::live_schema::declared;

/// By these columns a row names somebody.
const NAMES_SOMEBODY: [&str; 12] = [
    "person_id",
    "consumer_id",
    "merged_into",
    "other_id",
    "survivor_id",
    "waiter_id",
    "creator_id",
    "recorder_id",
    "actor_id",
    "target_id",
    "merged_by",
    "cause_id",
];

/// What a merge does to the rows of a table that name who goes.
enum Becomes {
    /// They are the survivor's, and an undo gives them back.
    Moved,
    /// They stay: the books, the log, and what tells who somebody was.
    Stay(&'static str),
}
use Becomes::{Moved, Stay};

const DECISIONS: [(&str, Becomes); 28] = [
    (
        "field_provenance",
        Stay("what a merge took over was decided here, and is no source's any more"),
    ),
    ("orders", Moved),
    ("visit", Moved),
    ("redemption_intent", Moved),
    ("redemption", Moved),
    ("consent", Moved),
    (
        "membership",
        Stay(
            "the record that goes stays as it is, and says who is meant; who was merged into it before moves along",
        ),
    ),
    (
        "membership_card",
        Stay("cards move with the membership's list, by which their rows are written"),
    ),
    (concat!("membership_", "search"), Stay("is written with the membership")),
    (
        "account",
        Stay(
            "is whose it was; what it holds moves by lines, and it says which account acts for it",
        ),
    ),
    ("entry", Stay("lines stay where they were written")),
    ("merge", Stay("says who went and who stayed")),
    ("blocked_loyalty_id", Stay("a lost number stays lost")),
    ("audit_entry", Stay("the log says what was done to whom")),
    (
        "feed_entry",
        Stay("says what happened to whom when it did; that they were merged is told, too"),
    ),
    ("order_claim", Stay("says whom somebody named; it counts for both")),
    ("sale_review", Stay("names who decided, one of those who work for merchants")),
    ("erasure", Stay("who was erased is never merged")),
    ("idempotency", Stay("is of whoever asked")),
    ("session", Stay("only people with an account log in, and they never go")),
    ("refresh_token", Stay("only people with an account log in, and they never go")),
    ("mail", Stay("only people with an account get mails, and they never go")),
    ("staff_member", Stay("is of people who work for merchants")),
    ("staff_role", Stay("is of people who work for merchants")),
    ("staff_permission", Stay("is of people who work for merchants")),
    ("staff_store", Stay("is of people who work for merchants")),
    ("staff_store_group", Stay("is of people who work for merchants")),
    ("application", Stay("is of people who work for merchants")),
];

#[test]
fn rule_27_of_every_table_that_names_people_it_is_known_what_a_merge_does() {
    let tables = declared();
    let names = |column: &&str| NAMES_SOMEBODY.contains(column);
    let of_people = tables
        .iter()
        .filter(|(_, columns)| columns.keys().map(String::as_str).any(|column| names(&column)));
    let there: BTreeSet<&str> = of_people.map(|(table, _)| table.as_str()).collect();
    // What names its maker alone is nobody's.
    let of_makers = ["api_key"];
    let known: BTreeSet<&str> =
        DECISIONS.iter().map(|(table, _)| *table).chain(of_makers).collect();
    assert_eq!(there, known, "say of each table what a merge does to its rows");
    let moved: BTreeSet<&str> = MoveKind::ALL
        .iter()
        .filter_map(|kind| table(*kind))
        .filter(|table| table.whose == "person_id")
        .map(|table| table.name)
        .collect();
    let decided = DECISIONS.iter().filter(|(_, becomes)| matches!(becomes, Moved));
    assert_eq!(moved, decided.map(|(table, _)| *table).collect());
    let reasons = DECISIONS.iter().filter_map(|(_, becomes)| match becomes {
        Stay(reason) => Some(*reason),
        Moved => None,
    });
    assert!(reasons.into_iter().all(|reason| !reason.is_empty()));
}

#[test]
fn what_was_taken_is_read_back_and_what_was_erased_is_nothing() {
    let merge = Merge {
        id: MergeId::new(1),
        merchant: MerchantId::new(1),
        other: PersonId::new(2),
        survivor: PersonId::new(3),
        taken: vec![
            Taken { field: MergeField::Email, former: None },
            Taken { field: MergeField::City, former: Some("Bonn \"2\"".to_owned()) },
        ],
        cards: vec![CardNumber::from_stored("AB-1".to_owned())],
        archived_at: None,
        merged_at: Timestamp::from_micros(0),
        merged_by: None,
        undone_at: None,
    };
    assert_eq!(kept_of(&kept(&merge)), Some((merge.taken, merge.cards)));
    assert_eq!(kept_of(""), Some((Vec::new(), Vec::new())));
    for text in ["x", "[]", "[[[\"password\",null]],[]]"] {
        assert_eq!(kept_of(text), None, "{text}");
    }
}
