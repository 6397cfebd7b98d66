//! Seals over the heads of accounts.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Binary};
use regulars_kernel::{AccountId, MerchantId, StoreError, Timestamp};
use regulars_loyalty::{
    chain::Link,
    seal::{Seal, SealStore, SealedHead},
};

use crate::{
    Tx,
    promotion::terms::Origin,
    statement::{Bind, Statement},
};

/// Heads of one statement: each has three values.
const AT_ONCE: usize = 100;

impl SealStore for Tx<'_> {
    fn unsealed_merchants(
        &mut self,
        after: Option<MerchantId>,
        most: u16,
    ) -> Result<Vec<MerchantId>, StoreError> {
        let mut statement = Statement::<BigInt>::new(
            "SELECT DISTINCT a.merchant_id FROM account a WHERE a.seq > a.sealed_seq \
             AND a.head IS NOT NULL",
        );
        if let Some(own) = self.scope().merchant() {
            statement.push(" AND a.merchant_id = ");
            statement.push_bind(own.get());
        }
        if let Some(after) = after {
            statement.push(" AND a.merchant_id > ");
            statement.push_bind(after.get());
        }
        let rows: Vec<i64> = statement
            .sql(" ORDER BY a.merchant_id LIMIT ")
            .bind(i64::from(most))
            .load(self.connection)?;
        Ok(rows.into_iter().map(MerchantId::new).collect())
    }

    fn unsealed_heads(
        &mut self,
        merchant: MerchantId,
        most: u16,
    ) -> Result<Vec<SealedHead>, StoreError> {
        let rows: Vec<(i64, i64, Vec<u8>)> = Statement::<(BigInt, BigInt, Binary)>::new(
            "SELECT a.id, a.seq, a.head FROM account a WHERE a.merchant_id = ",
        )
        .bind(merchant.get())
        .sql(" AND a.seq > a.sealed_seq AND a.head IS NOT NULL ORDER BY a.id LIMIT ")
        .bind(i64::from(most))
        .sql(self.lock())
        .load(self.connection)?;
        rows.into_iter().map(|(id, seq, head)| sealed_head(id, seq, head)).collect()
    }

    fn last_seal(&mut self, merchant: MerchantId) -> Result<Option<Seal>, StoreError> {
        let row: Option<(i64, i64, Vec<u8>)> = Statement::<(BigInt, BigInt, Binary)>::new(
            "SELECT s.seq, s.sealed_at, s.hash FROM seal s WHERE s.merchant_id = ",
        )
        .bind(merchant.get())
        .sql(" ORDER BY s.seq DESC LIMIT 1")
        .first(self.connection)?;
        row.map(|(seq, sealed_at, hash)| seal(merchant, seq, sealed_at, hash)).transpose()
    }

    fn insert_seal(&mut self, seal: &Seal, heads: &[SealedHead]) -> Result<(), StoreError> {
        insert(self, seal, heads)
    }

    fn seals(
        &mut self,
        merchant: MerchantId,
        after: i64,
        most: u16,
    ) -> Result<Vec<(Seal, Vec<SealedHead>)>, StoreError> {
        let rows: Vec<(i64, i64, Vec<u8>)> = Statement::<(BigInt, BigInt, Binary)>::new(
            "SELECT s.seq, s.sealed_at, s.hash FROM seal s WHERE s.merchant_id = ",
        )
        .bind(merchant.get())
        .sql(" AND s.seq > ")
        .bind(after)
        .sql(" ORDER BY s.seq LIMIT ")
        .bind(i64::from(most))
        .load(self.connection)?;
        let ids: Vec<i64> = rows.iter().map(|(seq, ..)| *seq).collect();
        let mut heads = heads(self, merchant, &ids)?;
        let with_heads = |(seq, sealed_at, hash): (i64, i64, Vec<u8>)| {
            let heads = heads.remove(&seq).unwrap_or_default();
            Ok((seal(merchant, seq, sealed_at, hash)?, heads))
        };
        rows.into_iter().map(with_heads).collect()
    }
}

fn link(table: &'static str, id: i64, bytes: Vec<u8>) -> Result<Link, StoreError> {
    let bytes: Option<[u8; 32]> = bytes.try_into().ok();
    Origin { table, id }.read("hash", bytes.map(Link::from_bytes))
}

fn seal(merchant: MerchantId, seq: i64, sealed_at: i64, hash: Vec<u8>) -> Result<Seal, StoreError> {
    let sealed_at = Timestamp::from_micros(sealed_at);
    Ok(Seal { merchant, seq, sealed_at, hash: link("seal", seq, hash)? })
}

fn sealed_head(account: i64, seq: i64, head: Vec<u8>) -> Result<SealedHead, StoreError> {
    let head = link("account", account, head)?;
    Ok(SealedHead { account: AccountId::new(account), seq, head })
}

fn heads(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    seals: &[i64],
) -> Result<BTreeMap<i64, Vec<SealedHead>>, StoreError> {
    type Row = (i64, i64, i64, Vec<u8>);
    let rows: Vec<Row> = Statement::<(BigInt, BigInt, BigInt, Binary)>::new(
        "SELECT h.seal_seq, h.account_id, h.account_seq, h.head FROM seal_head h \
         WHERE h.merchant_id = ",
    )
    .bind(merchant.get())
    .sql(" AND h.seal_seq")
    .is_in(seals.iter().copied().collect::<Bind>())
    .sql(" ORDER BY h.seal_seq, h.account_id")
    .load(tx.connection)?;
    let mut heads: BTreeMap<i64, Vec<SealedHead>> = BTreeMap::new();
    for (seal, account, seq, head) in rows {
        heads.entry(seal).or_default().push(sealed_head(account, seq, head)?);
    }
    Ok(heads)
}

fn insert(tx: &mut Tx<'_>, seal: &Seal, heads: &[SealedHead]) -> Result<(), StoreError> {
    let merchant = seal.merchant;
    tx.require_merchant(merchant, StoreError::OutOfScope("the seal is another's"))?;
    Statement::<()>::new("INSERT INTO seal (merchant_id, seq, sealed_at, hash) VALUES (")
        .bind(merchant.get())
        .sql(", ")
        .bind(seal.seq)
        .sql(", ")
        .bind(seal.sealed_at.micros())
        .sql(", ")
        .bind(Some(seal.hash.as_bytes().to_vec()))
        .sql(")")
        .execute(tx.connection)?;
    for chunk in heads.chunks(AT_ONCE) {
        let mut statement = Statement::<()>::new(
            "INSERT INTO seal_head (merchant_id, seal_seq, account_id, account_seq, head) VALUES ",
        );
        statement.vary();
        for (nth, head) in chunk.iter().enumerate() {
            statement.push(if nth == 0 { "(" } else { ", (" });
            statement.push_bind(merchant.get());
            for number in [seal.seq, head.account.get(), head.seq] {
                statement.push(", ");
                statement.push_bind(number);
            }
            statement.push(", ");
            statement.push_bind(Some(head.head.as_bytes().to_vec()));
            statement.push(")");
        }
        statement.execute(tx.connection)?;
        let ids = chunk.iter().map(|head| head.account.get());
        Statement::<()>::new("UPDATE account SET sealed_seq = seq WHERE merchant_id = ")
            .bind(merchant.get())
            .sql(" AND id")
            .is_in(ids.collect::<Bind>())
            .execute(tx.connection)?;
    }
    Ok(())
}
