//! Promises and redemptions that become another customer's, in memory.

use std::collections::BTreeSet;

use regulars_kernel::{HoldId, MerchantId, PersonId, Timestamp};

use super::Memory;
use crate::{IntentState, Redemption};

type Only<'a> = Option<&'a BTreeSet<String>>;

fn admits(only: Only<'_>, key: &str) -> bool {
    only.is_none_or(|only| only.contains(key))
}

impl Memory {
    /// Makes promises another's: those that are named, or all. Answers which.
    pub fn move_intents(
        &self,
        merchant: MerchantId,
        (from, to): (PersonId, PersonId),
        only: Only<'_>,
    ) -> Vec<String> {
        let mut moved = Vec::new();
        for row in &mut self.rows().intents {
            let key = row.id.to_string();
            let own = (row.merchant, row.person) == (merchant, Some(from));
            if own && admits(only, &key) {
                row.person = Some(to);
                moved.push(key);
            }
        }
        moved
    }

    /// Makes redemptions another's: those that are named, or all. Answers which.
    pub fn move_redemptions(
        &self,
        merchant: MerchantId,
        (from, to): (PersonId, PersonId),
        (only, at): (Only<'_>, Timestamp),
    ) -> Vec<String> {
        let own = |row: &&Redemption| {
            (row.merchant, row.person) == (merchant, Some(from))
                && admits(only, &row.id.to_string())
        };
        let rows: Vec<_> = self.rows().redemptions.values().filter(own).cloned().collect();
        let moved = rows.iter().map(|row| row.id.to_string()).collect();
        if from != to {
            for row in rows {
                self.put_redemption(Redemption { person: Some(to), updated_at: at, ..row });
            }
        }
        moved
    }

    /// The redemptions that became of promises.
    pub fn redemptions_of_intents(
        &self,
        merchant: MerchantId,
        promises: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let rows = self.rows();
        let kept = rows.kept.iter().filter(|(redemption, intent)| {
            let own = rows.redemptions.get(redemption).is_some_and(|row| row.merchant == merchant);
            own && promises.contains(&intent.to_string())
        });
        kept.map(|(redemption, _)| redemption.to_string()).collect()
    }

    /// What the open ones among promises of a customer have set aside.
    pub fn holds_of_intents(
        &self,
        merchant: MerchantId,
        person: PersonId,
        promises: &BTreeSet<String>,
    ) -> BTreeSet<HoldId> {
        let rows = self.rows();
        let open = rows.intents.iter().filter(|row| {
            (row.merchant, row.person) == (merchant, Some(person))
                && row.state == IntentState::Open
                && promises.contains(&row.id.to_string())
        });
        open.filter_map(|row| row.hold).collect()
    }

    /// How many promises and how many redemptions a customer has.
    pub fn count_redeeming(&self, merchant: MerchantId, person: PersonId) -> (usize, usize) {
        let rows = self.rows();
        let own = |of: MerchantId, who: Option<PersonId>| (of, who) == (merchant, Some(person));
        let intents = rows.intents.iter().filter(|row| own(row.merchant, row.person)).count();
        let redeemed = rows.redemptions.values().filter(|row| own(row.merchant, row.person));
        (intents, redeemed.count())
    }
}
