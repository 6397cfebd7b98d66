//! Whose a field is (engine rules 9 and 10): the source that wrote it, as long as nobody here has written something else.
//!
//! Who edits a customer here need not say so: a field that is not what its source last wrote was edited since.

use std::collections::BTreeMap;

use regulars_kernel::{ConnectionId, SyncRunId, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::record::Field;

/// What is known of how a field came by its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which source wrote it last.
    pub connection: ConnectionId,
    /// What it wrote, as a mark: see [`mark`].
    pub mark: String,
    /// When the source says that it changed.
    pub source_at: Option<Timestamp>,
    /// When it was written here.
    pub noted_at: Timestamp,
    /// By which run.
    pub run: SyncRunId,
}

/// How the fields of a customer came by their values; a field that no source wrote is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// By field.
    pub fields: BTreeMap<Field, Held>,
}

/// What tells one value of a field from another: enough to see whether somebody changed it, and nothing to read a value from
/// beside the customer themselves. Nothing is a value too.
pub fn mark(value: Option<&str>) -> String {
    let Some(value) = value else { return String::new() };
    let digest = Sha256::digest(value.as_bytes());
    hex::encode(digest).chars().take(16).collect()
}

impl Provenance {
    /// As it is kept: a JSON object from field names to `[connection, mark, source time, our time, run]`.
    pub fn to_text(&self) -> String {
        let fields = self.fields.iter().map(|(field, held)| {
            let at = held.source_at.map(Timestamp::micros);
            let run = held.run.get();
            (
                field.name(),
                json!([held.connection.get(), held.mark, at, held.noted_at.micros(), run]),
            )
        });
        Value::Object(fields.collect::<Map<_, _>>()).to_string()
    }

    /// Reads what [`Self::to_text`] wrote; none where it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let mut fields = BTreeMap::new();
        for (name, held) in value.as_object()? {
            let held = Held {
                connection: ConnectionId::new(held.get(0)?.as_i64()?),
                mark: held.get(1)?.as_str()?.to_owned(),
                source_at: held.get(2)?.as_i64().map(Timestamp::from_micros),
                noted_at: Timestamp::from_micros(held.get(3)?.as_i64()?),
                run: SyncRunId::new(held.get(4)?.as_i64()?),
            };
            fields.insert(Field::from_name(name)?, held);
        }
        Some(Self { fields })
    }
}

/// Whether a source may write a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It writes it, and owns it from now on.
    Take,
    /// The field has that value already, and it is not the source's.
    Same,
    /// People here wrote the field, and their word stands.
    EditedHere,
    /// It belongs to a source that stands before this one.
    BelongsTo(ConnectionId),
    /// The source says that there is nothing, and the value is not its own to clear.
    NotItsOwn,
}

/// What is offered for a field.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// By which source.
    pub connection: ConnectionId,
    /// Its rank: lower stands before higher. What people wrote has rank 0.
    pub rank: u32,
    /// What; none: that there is nothing.
    pub value: Option<&'a str>,
}

/// Decides about one field: `current` is what the customer has, `held` how it came there, `rank_of` the rank of another source
/// (none: it was disconnected, and holds nothing any more).
pub fn decide(
    current: Option<&str>,
    held: Option<&Held>,
    offer: Offer<'_>,
    rank_of: impl Fn(ConnectionId) -> Option<u32>,
) -> Verdict {
    let untouched = held.filter(|held| held.mark == mark(current));
    match untouched {
        Some(held) if held.connection == offer.connection => Verdict::Take,
        Some(held) => match rank_of(held.connection) {
            Some(rank) if rank <= offer.rank => Verdict::BelongsTo(held.connection),
            _ if offer.value.is_none() => Verdict::NotItsOwn,
            _ => Verdict::Take,
        },
        // Nothing was ever there, and nobody has taken anything away.
        None if current.is_none() && held.is_none() => match offer.value {
            Some(_) => Verdict::Take,
            None => Verdict::Same,
        },
        None if current == offer.value => Verdict::Same,
        None => Verdict::EditedHere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: ConnectionId = ConnectionId::new(1);
    const CRM: ConnectionId = ConnectionId::new(2);

    fn held(connection: ConnectionId, value: Option<&str>) -> Held {
        let at = Timestamp::from_seconds(1);
        Held {
            connection,
            mark: mark(value),
            source_at: None,
            noted_at: at,
            run: SyncRunId::new(1),
        }
    }

    fn verdict(
        current: Option<&str>,
        held: Option<&Held>,
        connection: ConnectionId,
        value: Option<&str>,
    ) -> Verdict {
        let rank = |one: ConnectionId| if one == SHOP { Some(20) } else { Some(30) };
        let offer = Offer { connection, rank: rank(connection).unwrap(), value };
        decide(current, held, offer, rank)
    }

    #[test]
    fn rule_9_null_clears_only_where_the_source_owns_the_field() {
        let own = held(SHOP, Some("a"));
        assert_eq!(verdict(Some("a"), Some(&own), SHOP, None), Verdict::Take);
        let other = held(CRM, Some("a"));
        assert_eq!(verdict(Some("a"), Some(&other), SHOP, None), Verdict::NotItsOwn);
        assert_eq!(verdict(None, None, SHOP, None), Verdict::Same);
        assert_eq!(verdict(Some("here"), None, SHOP, None), Verdict::EditedHere);
    }

    #[test]
    fn rule_10_the_better_rank_keeps_a_field_and_people_here_beat_them_all() {
        let shop = held(SHOP, Some("a"));
        assert_eq!(verdict(Some("a"), Some(&shop), CRM, Some("b")), Verdict::BelongsTo(SHOP));
        let crm = held(CRM, Some("a"));
        assert_eq!(verdict(Some("a"), Some(&crm), SHOP, Some("b")), Verdict::Take);
        assert_eq!(verdict(Some("edited"), Some(&shop), SHOP, Some("b")), Verdict::EditedHere);
        assert_eq!(verdict(None, Some(&shop), SHOP, Some("b")), Verdict::EditedHere, "cleared");
        assert_eq!(verdict(Some("b"), None, SHOP, Some("b")), Verdict::Same);
        assert_eq!(verdict(None, None, CRM, Some("b")), Verdict::Take);
    }

    #[test]
    fn rule_10_what_a_source_that_went_wrote_is_free() {
        let gone = held(ConnectionId::new(9), Some("a"));
        let offer = Offer { connection: CRM, rank: 30, value: Some("b") };
        assert_eq!(decide(Some("a"), Some(&gone), offer, |_| None), Verdict::Take);
    }

    #[test]
    fn provenance_reads_what_it_writes() {
        let mut provenance = Provenance::default();
        provenance.fields.insert(Field::from_name("email").unwrap(), held(SHOP, Some("a@b.c")));
        provenance.fields.insert(Field::Extra("shopify".to_owned()), held(SHOP, None));
        assert_eq!(Provenance::parse(&provenance.to_text()), Some(provenance.clone()));
        assert!(!provenance.to_text().contains("a@b.c"));
    }
}
