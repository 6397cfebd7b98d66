//! Seals in memory.

use regulars_kernel::{MerchantId, StoreError};

use super::MemoryStore;
use crate::seal::{Seal, SealStore, SealedHead};

impl MemoryStore {
    /// The heads that no seal has.
    fn unsealed(&self) -> Vec<(MerchantId, SealedHead)> {
        let rows = self.memory.rows();
        let books = rows.books.values().map(|book| &book.account);
        let heads = books.filter_map(|account| {
            let head = SealedHead { account: account.id, seq: account.seq, head: account.head? };
            let sealed = rows.seals.iter().any(|(_, heads)| heads.contains(&head));
            (!sealed && self.is_near(account.merchant)).then_some((account.merchant, head))
        });
        heads.collect()
    }
}

impl SealStore for MemoryStore {
    fn unsealed_merchants(
        &mut self,
        after: Option<MerchantId>,
        most: u16,
    ) -> Result<Vec<MerchantId>, StoreError> {
        let mut merchants: Vec<_> = self.unsealed().into_iter().map(|(of, _)| of).collect();
        merchants.retain(|merchant| after.is_none_or(|after| *merchant > after));
        merchants.sort_unstable();
        merchants.dedup();
        merchants.truncate(usize::from(most));
        Ok(merchants)
    }

    fn unsealed_heads(
        &mut self,
        merchant: MerchantId,
        most: u16,
    ) -> Result<Vec<SealedHead>, StoreError> {
        let heads = self.unsealed().into_iter().filter(|(of, _)| *of == merchant);
        Ok(heads.map(|(_, head)| head).take(usize::from(most)).collect())
    }

    fn last_seal(&mut self, merchant: MerchantId) -> Result<Option<Seal>, StoreError> {
        let rows = self.memory.rows();
        let own = rows.seals.iter().filter(|(seal, _)| seal.merchant == merchant);
        Ok(own
            .map(|(seal, _)| *seal)
            .max_by_key(|seal| seal.seq)
            .filter(|_| self.is_near(merchant)))
    }

    fn insert_seal(&mut self, seal: &Seal, heads: &[SealedHead]) -> Result<(), StoreError> {
        if !self.is_near(seal.merchant) {
            return Err(StoreError::OutOfScope("the seal is another's"));
        }
        self.memory.rows().seals.push((*seal, heads.to_vec()));
        Ok(())
    }

    fn seals(
        &mut self,
        merchant: MerchantId,
        after: i64,
        most: u16,
    ) -> Result<Vec<(Seal, Vec<SealedHead>)>, StoreError> {
        let rows = self.memory.rows();
        let own = rows.seals.iter().filter(|(seal, _)| {
            seal.merchant == merchant && seal.seq > after && self.is_near(merchant)
        });
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_by_key(|(seal, _)| seal.seq);
        own.truncate(usize::from(most));
        Ok(own)
    }
}
