//! The opaque text of a place in a list.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Order, Position, SortField, SortKey};

impl<F: SortField> Order<F> {
    /// The opaque cursor of a place in this order.
    pub fn cursor(&self, position: &Position) -> String {
        let mut plain = format!("k1\n{}\n{}\n{}", F::LIST, self.spelling(), position.pk);
        for key in &position.keys {
            plain.push('\n');
            match key {
                SortKey::Int(number) => {
                    plain.push('i');
                    plain.push_str(&number.to_string());
                }
                SortKey::Text(text) => {
                    plain.push('t');
                    plain.push_str(&STANDARD.encode(text));
                }
            }
        }
        STANDARD.encode(plain)
    }

    /// The place that a cursor names; none of one that was not made here for this list and order. Whoever knows the form
    /// can write one: a store is to get no key of another kind than its column, and no text that no column can hold.
    pub(super) fn read_cursor(&self, cursor: &str) -> Option<Place> {
        let plain = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
        if let Some(index) = plain.strip_prefix("arrayconnection:") {
            return Some(Place::Index(index.parse().ok()?));
        }
        let mut lines = plain.split('\n');
        if lines.next()? != "k1" || lines.next()? != F::LIST || lines.next()? != self.spelling() {
            return None;
        }
        let pk = lines.next()?.parse().ok()?;
        let keys = lines.map(read_key).collect::<Option<Vec<_>>>()?;
        let fits = keys.len() == self.terms.len()
            && self.terms.iter().zip(&keys).all(|(term, key)| key.kind() == term.field.kind());
        fits.then_some(Place::Keys(Position { keys, pk }))
    }
}

fn read_key(line: &str) -> Option<SortKey> {
    if let Some(number) = line.strip_prefix('i') {
        return number.parse().ok().map(SortKey::Int);
    }
    let text = STANDARD.decode(line.strip_prefix('t')?).ok()?;
    let text = String::from_utf8(text).ok()?;
    (!text.contains('\0')).then_some(SortKey::Text(text))
}

/// What a cursor names.
pub(super) enum Place {
    /// The row with these sort keys.
    Keys(Position),
    /// The row of that number, from 0 (`arrayconnection:N`).
    Index(u32),
}
