//! What the audit log asks of whoever keeps the rows.

use regulars_kernel::{MerchantId, Page, PageRequest, PersonId, StoreError, Timestamp};

use crate::audit::{AuditFilter, AuditSort, Doer, Entry, NewEntry, Target};

/// The audit log. Entries are added and never changed; but what tells of a person can be cleared.
pub trait AuditStore {
    /// Adds entries, in one statement. `Person` scope adds what that person did, `Merchant` scope to its own log, `Platform`
    /// scope to every one.
    fn append_audit(&mut self, entries: &[NewEntry]) -> Result<(), StoreError>;

    /// A page of a merchant's log. `Merchant` scope has its own, `Platform` scope every one.
    fn list_audit(
        &mut self,
        merchant: MerchantId,
        filter: &AuditFilter,
        page: &PageRequest<AuditSort>,
    ) -> Result<Page<Entry>, StoreError>;

    /// How many rows [`Self::list_audit`] has on all its pages.
    fn count_audit(
        &mut self,
        merchant: MerchantId,
        filter: &AuditFilter,
    ) -> Result<u64, StoreError>;

    /// An entry of a merchant's log.
    fn find_audit(&mut self, merchant: MerchantId, id: i64) -> Result<Option<Entry>, StoreError>;

    /// How often somebody did an action since then, by a merchant's log or (`None`) the platform's; what was refused does not
    /// count. An app is counted as that app, whoever holds it; a person with what they did through apps. `Merchant` scope has its own log, `Platform` scope
    /// every one.
    fn count_done(
        &mut self,
        log: Option<MerchantId>,
        doer: &Doer,
        action: &str,
        since: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Clears what tells of a person, in one merchant's log or in all: personal values of entries about them, and from where
    /// they, or somebody unknown who named them, came. Answers how many entries had something of it. `Platform` scope only.
    fn clear_audit(
        &mut self,
        person: PersonId,
        merchant: Option<MerchantId>,
    ) -> Result<usize, StoreError>;

    /// Clears the personal values of a merchant's entries about a thing: for a role, an application or a key that has somebody's
    /// name. Answers how many entries it were. `Platform` scope only.
    fn clear_audit_of(&mut self, target: Target, merchant: MerchantId)
    -> Result<usize, StoreError>;
}
