//! What a patch does to one field.

use crate::{Rule, Violations};

/// Absent keeps, null clears, a value sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The field was not named: it stays.
    #[default]
    Keep,
    /// The field was null: it becomes empty.
    Clear,
    /// The field becomes this.
    Set(T),
}

impl<T> Change<T> {
    /// Whether the field was not named.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The value that is set.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// The same change of what its value becomes.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(convert(value)),
        }
    }

    /// The same change of what its value reads as. `None` from the reader clears the field; a refused value stands as
    /// [`Self::Keep`] beside the violation.
    pub fn read<U>(
        &self,
        field: &'static str,
        wrong: &mut Violations,
        parse: impl FnOnce(&T) -> Result<Option<U>, Rule>,
    ) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => wrong.check(field, parse(value)).map_or(Change::Keep, Change::from),
        }
    }

    /// Applies the change to a field that may be empty.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// Applies the change to a field whose empty value is the default.
    pub fn apply_or_default(self, field: &mut T)
    where
        T: Default,
    {
        match self {
            Self::Keep => {}
            Self::Clear => *field = T::default(),
            Self::Set(value) => *field = value,
        }
    }
}

/// A field that was named: null or a value.
impl<T> From<Option<T>> for Change<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_keeps_null_clears_a_value_sets() {
        for (change, expected) in
            [(Change::Keep, Some(1)), (Change::Clear, None), (Change::Set(2), Some(2))]
        {
            let mut field = Some(1);
            change.apply(&mut field);
            assert_eq!(field, expected);
        }
        let mut name = "Ada".to_owned();
        Change::Clear.apply_or_default(&mut name);
        assert_eq!(name, "");
    }

    #[test]
    fn a_value_is_read_or_refused() {
        let read = |change: Change<&str>| {
            let mut wrong = Violations::new();
            let even = |text: &&str| match text.parse::<i32>() {
                Ok(0) => Ok(None),
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(Rule::Required),
            };
            (change.read("age", &mut wrong, even), wrong.is_empty())
        };
        assert_eq!(read(Change::Keep), (Change::Keep, true));
        assert_eq!(read(Change::Clear), (Change::Clear, true));
        assert_eq!(read(Change::Set("7")), (Change::Set(7), true));
        assert_eq!(read(Change::Set("0")), (Change::Clear, true));
        assert_eq!(read(Change::Set("x")), (Change::Keep, false));
    }
}
