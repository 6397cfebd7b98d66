//! What erasing people asks of whoever keeps the rows.

use regulars_kernel::{MerchantId, StoreError, Timestamp};
use regulars_merchant::EntitySource;

use crate::{
    erasure::{Erasure, ErasureId, NewErasure, Part, Whose},
    mail::MailId,
    mark::Mark,
};

/// Everything that is kept of a person beside the membership and the account row: the domain's own rows of every crate, as
/// far as the store has them. This crate's own store in memory has those of customers: who keeps orders and promises in memory
/// beside it calls `empty_orders` and `call_off` of theirs. Unless a method says otherwise it needs the scope `Platform`.
pub trait ErasureStore {
    /// Clears it, in a number of statements that does not depend on the rows, and says what there was: cards, former loyalty
    /// ids, open promises of redemptions and what they hold, personal texts of orders, outcomes of requests; where the person
    /// goes as a whole log-ins, the password and mails too. Run again it finds nothing more. The audit log is
    /// [`crate::AuditStore::clear_audit`]'s. `values` are texts by which an outcome that names the person is found.
    fn clear(&mut self, whose: Whose, values: &[String]) -> Result<Vec<Part>, StoreError>;

    /// Under which ids other systems know the person, at which merchant: an erased one is not brought back by any of them.
    fn sources_of(
        &mut self,
        whose: Whose,
    ) -> Result<Vec<(MerchantId, EntitySource, String)>, StoreError>;

    /// Keeps marks of a merchant's; those that it has stay as they are. Answers how many are new.
    fn insert_marks(
        &mut self,
        merchant: MerchantId,
        marks: &[Mark],
        at: Timestamp,
    ) -> Result<usize, StoreError>;

    /// Whether a merchant has one of these marks. `Merchant` scope has its own.
    fn is_marked(&mut self, merchant: MerchantId, marks: &[Mark]) -> Result<bool, StoreError>;

    /// Writes an erasure down.
    fn insert_erasure(&mut self, new: &NewErasure) -> Result<ErasureId, StoreError>;

    /// One erasure. `Merchant` scope has its own.
    fn find_erasure(&mut self, id: ErasureId) -> Result<Option<Erasure>, StoreError>;

    /// Those from before an instant of which something may be left elsewhere, the oldest first and at most so many.
    fn unclean_erasures(
        &mut self,
        before: Timestamp,
        most: u16,
    ) -> Result<Vec<Erasure>, StoreError>;

    /// Writes down that nothing is left of these.
    fn settle_erasures(&mut self, ids: &[ErasureId], at: Timestamp) -> Result<(), StoreError>;

    /// Those of which entries of the log may still come that were under way, by ascending number past this one and at most so many.
    fn late_erasures(&mut self, past: ErasureId, most: u16) -> Result<Vec<Erasure>, StoreError>;

    /// Writes down that something of these was found and cleared once more: they are unclean again.
    fn reopen_erasures(&mut self, ids: &[ErasureId]) -> Result<(), StoreError>;

    /// Writes down that no entry of these comes any more.
    fn settle_logs(&mut self, ids: &[ErasureId], at: Timestamp) -> Result<(), StoreError>;

    /// Those of these mails that are there.
    fn mails_among(&mut self, ids: &[MailId]) -> Result<Vec<MailId>, StoreError>;
}
