//! What the change feed asks of whoever keeps the rows.

use regulars_kernel::{MerchantId, Page, PageRequest, StoreError};

use crate::feed::{Extent, FeedEntry, FeedQuery, FeedSort};

/// The change feed of merchants: `Merchant` scope has its own, `Platform` scope every one. Nobody writes it by a method: whoever
/// keeps the rows writes its row with each change, in the same transaction.
pub trait FeedStore {
    /// A page of a merchant's feed. Only what can have nothing before it any more that is not there yet.
    fn list_feed(
        &mut self,
        merchant: MerchantId,
        query: &FeedQuery,
        page: &PageRequest<FeedSort>,
    ) -> Result<Page<FeedEntry>, StoreError>;

    /// How many rows [`Self::list_feed`] has on all its pages.
    fn count_feed(&mut self, merchant: MerchantId, query: &FeedQuery) -> Result<u64, StoreError>;

    /// One row of a merchant's feed.
    fn find_feed_entry(
        &mut self,
        merchant: MerchantId,
        id: i64,
    ) -> Result<Option<FeedEntry>, StoreError>;

    /// From where to where a merchant's feed goes now.
    fn feed_extent(&mut self, merchant: MerchantId) -> Result<Extent, StoreError>;
}
