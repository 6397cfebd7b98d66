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
const STRAYS: [(&str, &str); 19] = [
    (
        "no customer of the merchant's has account",
        "SELECT a.id FROM account a LEFT JOIN membership m ON m.merchant_id = a.merchant_id \
         AND m.person_id = a.person_id WHERE m.person_id IS NULL AND a.merchant_id = ",
    ),
    (
        "no loyalty card has account",
        "SELECT a.id FROM account a LEFT JOIN loyalty_card c ON c.merchant_id = a.merchant_id \
         AND c.id = a.loyalty_card_id WHERE c.id IS NULL AND a.merchant_id = ",
    ),
    (
        "a seal is missing under which there was account",
        "SELECT a.id FROM account a WHERE a.sealed_seq > COALESCE((SELECT MAX(h.account_seq) \
         FROM seal_head h JOIN seal s ON s.merchant_id = h.merchant_id AND s.seq = h.seal_seq \
         WHERE h.merchant_id = a.merchant_id AND h.account_id = a.id), 0) AND a.merchant_id = ",
    ),
    (
        "a seal has what is not there any more: account",
        "SELECT DISTINCT h.account_id FROM seal_head h LEFT JOIN account a \
         ON a.merchant_id = h.merchant_id AND a.id = h.account_id WHERE a.id IS NULL \
         AND h.merchant_id = ",
    ),
    (
        "no redemption has what was spent by entry",
        "SELECT e.id FROM entry e LEFT JOIN redemption r ON r.merchant_id = e.merchant_id \
         AND r.id = e.cause_id WHERE e.kind = 'redeem' AND e.cause = 'redemption' \
         AND r.id IS NULL AND e.merchant_id = ",
    ),
    (
        "more than one redemption of promise",
        "SELECT DISTINCT r.redemption_intent_id FROM redemption r JOIN redemption s \
         ON s.merchant_id = r.merchant_id AND s.redemption_intent_id = r.redemption_intent_id \
         AND s.id <> r.id WHERE r.merchant_id = ",
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
    (
        "its promise ends at another time: not the time of hold",
        "SELECT h.id FROM hold h JOIN redemption_intent i ON i.merchant_id = h.merchant_id \
         AND i.hold_id = h.id WHERE i.expires_at <> h.until AND h.merchant_id = ",
    ),
    (
        "another card's or another thing's entry has redemption",
        "SELECT r.id FROM redemption r JOIN entry e ON e.merchant_id = r.merchant_id \
         AND e.id = r.entry_id JOIN account a ON a.merchant_id = e.merchant_id \
         AND a.id = e.account_id WHERE (e.kind <> 'redeem' OR NOT (\
         e.cause = 'redemption' AND e.cause_id = r.id \
         OR e.cause = 'order' AND COALESCE(e.cause_id = r.order_id, FALSE)) OR a.loyalty_card_id <> r.loyalty_card_id) AND r.merchant_id = ",
    ),
    // A stamp is the whole sale's and no line's. The lines of a sale that its source changed are those of its latest version, which
    // several entries earned.
    (
        "its lines earned another number than entry",
        "SELECT e.id FROM entry e JOIN (SELECT n.merchant_id, n.entry_id, SUM(n.points) AS points \
         FROM earning_line n GROUP BY n.merchant_id, n.entry_id) s \
         ON s.merchant_id = e.merchant_id AND s.entry_id = e.id JOIN account a \
         ON a.merchant_id = e.merchant_id AND a.id = e.account_id JOIN loyalty_card c \
         ON c.merchant_id = a.merchant_id AND c.id = a.loyalty_card_id \
         WHERE c.loyalty_type = 'POINTS' AND s.points <> e.amount AND NOT (e.cause = 'order' AND EXISTS (SELECT 1 FROM order_link k \
         WHERE k.merchant_id = e.merchant_id AND k.order_id = e.cause_id AND k.version > 0)) \
         AND e.merchant_id = ",
    ),
    (
        "a line of another order earned with entry",
        "SELECT DISTINCT n.entry_id FROM earning_line n LEFT JOIN entry e \
         ON e.merchant_id = n.merchant_id AND e.id = n.entry_id LEFT JOIN order_item i \
         ON i.merchant_id = n.merchant_id AND i.id = n.order_item_id WHERE (e.id IS NULL \
         OR i.id IS NULL OR e.cause <> 'order' OR e.cause_id <> i.order_id) AND n.merchant_id = ",
    ),
    (
        "no lot of the same account is brought back by lot",
        "SELECT l.id FROM lot l LEFT JOIN lot r ON r.merchant_id = l.merchant_id \
         AND r.id = l.revives WHERE l.revives IS NOT NULL AND l.moved_from IS NULL \
         AND (r.id IS NULL OR r.id = l.id OR r.account_id <> l.account_id AND NOT EXISTS (SELECT 1 \
         FROM account a WHERE a.merchant_id = r.merchant_id AND a.id = r.account_id AND a.merged)) \
         AND l.merchant_id = ",
    ),
    (
        "it did not come from another account with its time: lot",
        "SELECT l.id FROM lot l JOIN entry e ON e.merchant_id = l.merchant_id AND e.id = l.entry_id \
         LEFT JOIN lot m ON m.merchant_id = l.merchant_id AND m.id = l.moved_from \
         WHERE l.moved_from IS NOT NULL AND (m.id IS NULL OR m.account_id = l.account_id \
         OR e.kind NOT IN ('transfer', 'reverse') OR e.kind = 'transfer' \
         AND (m.active_from <> l.active_from \
         OR COALESCE(m.expires_at, -1) <> COALESCE(l.expires_at, -1))) AND l.merchant_id = ",
    ),
    (
        "what moved did not leave another account as it came: entry",
        "SELECT e.id FROM entry e LEFT JOIN entry o ON o.merchant_id = e.merchant_id \
         AND o.id = e.cause_id WHERE e.cause = 'transfer' AND (o.id IS NULL \
         OR o.kind <> 'transfer' OR e.kind <> 'transfer' OR o.account_id = e.account_id \
         OR o.amount <> -e.amount) AND e.merchant_id = ",
    ),
    // Where a merge is undone each owes again what they owed: that is given by nobody.
    (
        "what moved came nowhere: entry",
        "SELECT e.id FROM entry e LEFT JOIN entry o ON o.merchant_id = e.merchant_id \
         AND o.cause_id = e.id AND o.cause = 'transfer' WHERE e.kind = 'transfer' \
         AND e.cause <> 'transfer' AND o.id IS NULL AND NOT EXISTS (SELECT 1 FROM account a \
         JOIN merge g ON g.merchant_id = a.merchant_id AND a.person_id IN (g.other_id, g.survivor_id) \
         WHERE a.merchant_id = e.merchant_id AND a.id = e.account_id AND g.undone_at IS NOT NULL) \
         AND e.merchant_id = ",
    ),
];
