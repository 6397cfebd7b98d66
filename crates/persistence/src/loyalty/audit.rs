//! What one account's books cannot show: how many there are, and rows that belong to none (I9 and I10).

use diesel::sql_types::BigInt;
use regulars_kernel::{MerchantId, StoreError};

use crate::{Tx, statement::Statement};

impl Tx<'_> {
    /// Every merchant, by ascending id. In the platform's scope.
    pub fn merchant_ids(&mut self) -> Result<Vec<MerchantId>, StoreError> {
        self.platform()?;
        let ids: Vec<i64> = Statement::<BigInt>::new("SELECT m.id FROM merchant m ORDER BY m.id")
            .load(self.connection)?;
        Ok(ids.into_iter().map(MerchantId::new).collect())
    }

    /// How many accounts there are, of one merchant or of all. In the platform's scope.
    pub fn count_accounts(&mut self, merchant: Option<MerchantId>) -> Result<u64, StoreError> {
        self.platform()?;
        let mut statement = Statement::<BigInt>::new("SELECT COUNT(*) FROM account a");
        if let Some(merchant) = merchant {
            statement.push(" WHERE a.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        let count: Option<i64> = statement.first(self.connection)?;
        Ok(u64::try_from(count.unwrap_or_default()).unwrap_or_default())
    }

    /// What of a merchant's is wrong beside the books of its accounts, in words: promises that became more than one redemption,
    /// redemptions whose line of the ledger says another number, rows that belong to nothing, and holds that stand on another
    /// account's lots. The first hundred of each.
    pub fn strayed(&mut self, merchant: MerchantId) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for (fault, sql) in STRAYS {
            let rows: Vec<i64> = Statement::<BigInt>::new(sql)
                .bind(merchant.get())
                .sql(" ORDER BY 1 LIMIT 100")
                .load(self.connection)?;
            found.extend(rows.into_iter().map(|id| format!("{fault} {id}")));
        }
        Ok(found)
    }
}

/// What is wrong, and the statement that finds it: ids. It ends in the merchant.
const STRAYS: [(&str, &str); 6] = [
    (
        "more than one redemption of promise",
        "SELECT i.id FROM redemption_intent i WHERE 1 < (SELECT COUNT(*) FROM redemption r \
         WHERE r.merchant_id = i.merchant_id AND r.redemption_intent_id = i.id) \
         AND i.merchant_id = ",
    ),
    (
        "another number than its entry has redemption",
        "SELECT r.id FROM redemption r JOIN entry e ON e.merchant_id = r.merchant_id \
         AND e.id = r.entry_id WHERE r.points IS NOT NULL AND e.amount <> -r.points \
         AND r.merchant_id = ",
    ),
    (
        "no account has entry",
        "SELECT e.id FROM entry e LEFT JOIN account a ON a.merchant_id = e.merchant_id \
         AND a.id = e.account_id WHERE a.id IS NULL AND e.merchant_id = ",
    ),
    (
        "no entry of the same account has lot",
        "SELECT l.id FROM lot l LEFT JOIN entry e ON e.merchant_id = l.merchant_id \
         AND e.id = l.entry_id AND e.account_id = l.account_id WHERE e.id IS NULL \
         AND l.merchant_id = ",
    ),
    (
        "another account's entry uses lot",
        "SELECT u.lot_id FROM lot_use u LEFT JOIN lot l ON l.merchant_id = u.merchant_id \
         AND l.id = u.lot_id LEFT JOIN entry e ON e.merchant_id = u.merchant_id \
         AND e.id = u.entry_id WHERE (l.id IS NULL OR e.id IS NULL \
         OR l.account_id <> e.account_id) AND u.merchant_id = ",
    ),
    (
        "another account's lot is under hold",
        "SELECT p.hold_id FROM hold_lot p LEFT JOIN hold h ON h.merchant_id = p.merchant_id \
         AND h.id = p.hold_id LEFT JOIN lot l ON l.merchant_id = p.merchant_id \
         AND l.id = p.lot_id WHERE (h.id IS NULL OR l.id IS NULL \
         OR l.account_id <> h.account_id) AND p.merchant_id = ",
    ),
];
