//! Values that are stored as texts and are no texts.

use regulars_kernel::{Currency, Money, StoreError};
use regulars_merchant::{EntitySource, Tz};

/// A row that is being read, for the report of a value that the program never writes.
#[derive(Clone, Copy)]
pub(crate) struct Stored {
    pub(crate) table: &'static str,
    pub(crate) id: i64,
}

impl Stored {
    pub(crate) fn read<T>(
        self,
        column: &'static str,
        stored: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        read(stored).ok_or(StoreError::Corrupt { table: self.table, column, id: self.id })
    }

    pub(crate) fn zone(self, stored: &str) -> Result<Tz, StoreError> {
        self.read("time_zone", stored, |stored| stored.parse().ok())
    }

    pub(crate) fn currency(self, stored: &str) -> Result<Currency, StoreError> {
        self.read("currency", stored, Currency::from_code)
    }

    pub(crate) fn money(self, minor: i64, currency: &str) -> Result<Money, StoreError> {
        Ok(Money::new(minor, self.currency(currency)?))
    }

    pub(crate) fn entity_source(
        self,
        stored: Option<&str>,
    ) -> Result<Option<EntitySource>, StoreError> {
        stored.map(|stored| self.read("entity_source", stored, EntitySource::from_name)).transpose()
    }
}
