//! Whether the peppers of a server are those that its database knows.
//!
//! Passwords stand with the id of their pepper, and so one that is missing is noticed. One of the same id and other bytes is
//! not: every password would be wrong, and those that are set from then on would be right at this server alone. So the
//! database keeps a digest under each pepper, noted at the first start with it.

use regulars_kernel::{StoreError, Timestamp};

use crate::{
    keys::{Key, KeyRing},
    store::AuthStore,
};

/// Says for what the pepper is used here, so that no digest means anything anywhere else.
const PURPOSE: &[u8] = b"regulars: check of a pepper, version 1";

/// What is noted of a pepper. Tells nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PepperNote {
    /// Its id.
    pub key_id: String,
    /// A digest under it.
    pub digest: String,
}

impl PepperNote {
    fn of(pepper: &Key) -> Self {
        let digest = hex::encode(pepper.derived(PURPOSE).mac(b""));
        Self { key_id: pepper.id().to_owned(), digest }
    }

    /// Of each pepper of a ring.
    pub fn of_all(peppers: &KeyRing) -> Vec<Self> {
        peppers.iter().map(Self::of).collect()
    }
}

/// How a server's peppers stand to what is noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The ids under which other peppers are noted.
    pub other: Vec<String>,
    /// Those that are to be noted: nothing is under their id, or what is there is lost.
    pub new: Vec<PepperNote>,
}

/// Compares a server's peppers with what is noted. Those that are said to be `lost` may come back with other bytes. In
/// scope `Platform`.
pub fn compare(
    tx: &mut (impl AuthStore + ?Sized),
    own: &[PepperNote],
    lost: &[String],
) -> Result<Comparison, StoreError> {
    let noted = tx.pepper_notes()?;
    let mut comparison = Comparison::default();
    for note in own {
        match noted.iter().find(|noted| noted.key_id == note.key_id) {
            Some(noted) if noted.digest == note.digest => {}
            Some(_) if !lost.contains(&note.key_id) => comparison.other.push(note.key_id.clone()),
            Some(_) | None => comparison.new.push(note.clone()),
        }
    }
    Ok(comparison)
}

/// Notes a server's peppers, and answers the ids under which others are: with one of those, nothing is noted. In scope
/// `Platform`.
pub fn settle(
    tx: &mut (impl AuthStore + ?Sized),
    own: &[PepperNote],
    lost: &[String],
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let Comparison { other, new } = compare(tx, own, lost)?;
    if !other.is_empty() {
        return Ok(other);
    }
    for note in new {
        let replace = lost.contains(&note.key_id);
        tx.note_pepper(&note, replace, now)?;
    }
    // Another server that starts for the first time may have been faster.
    compare(tx, own, lost).map(|comparison| comparison.other)
}

#[cfg(test)]
mod tests {
    use regulars_kernel::Scope;

    use super::*;
    use crate::memory::Memory;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn ring(keys: &[(&str, u8)]) -> Vec<PepperNote> {
        let keys = keys.iter().map(|(id, byte)| Key::new(id, vec![*byte; 32]).unwrap()).collect();
        PepperNote::of_all(&KeyRing::of(keys).unwrap())
    }

    #[test]
    fn a_pepper_with_a_known_id_and_other_bytes_is_told_and_never_noted() {
        let memory = Memory::new();
        let mut tx = memory.scoped(Scope::Platform);
        let first = ring(&[("a", 1)]);
        assert_eq!(compare(&mut tx, &first, &[]).unwrap().new, first);
        assert_eq!(settle(&mut tx, &first, &[], NOW).unwrap(), [""; 0]);
        assert_eq!(compare(&mut tx, &first, &[]).unwrap(), Comparison::default());
        // Beside one that is wrong nothing is noted.
        assert_eq!(settle(&mut tx, &ring(&[("b", 3), ("a", 2)]), &[], NOW).unwrap(), ["a"]);
        assert_eq!(tx.pepper_notes().unwrap(), first);
        assert_eq!(settle(&mut tx, &ring(&[("b", 2), ("a", 1)]), &[], NOW).unwrap(), [""; 0]);
        assert_eq!(settle(&mut tx, &ring(&[("b", 1)]), &[], NOW).unwrap(), ["b"]);
    }

    #[test]
    fn one_that_is_lost_gives_its_id_away() {
        let memory = Memory::new();
        let mut tx = memory.scoped(Scope::Platform);
        let lost = ["a".to_owned()];
        settle(&mut tx, &ring(&[("a", 1)]), &[], NOW).unwrap();
        assert_eq!(settle(&mut tx, &ring(&[("a", 2)]), &lost, NOW).unwrap(), [""; 0]);
        assert_eq!(settle(&mut tx, &ring(&[("a", 2)]), &[], NOW).unwrap(), [""; 0]);
        assert_eq!(settle(&mut tx, &ring(&[("a", 1)]), &[], NOW).unwrap(), ["a"]);
    }

    #[test]
    fn a_note_is_neither_the_pepper_nor_what_is_made_of_it_elsewhere() {
        let [one, other] = [1, 2].map(|byte| ring(&[("a", byte)]));
        assert_ne!(one, other);
        assert_eq!(one[0].digest.len(), 64);
        assert!(!one[0].digest.contains("0101"));
    }
}
