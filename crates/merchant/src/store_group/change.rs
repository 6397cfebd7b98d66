//! Store groups are made, changed and dissolved.

use std::collections::BTreeSet;

use regulars_kernel::{
    Actor, Change, MerchantId, Permission, Rule, StoreGroupId, StoreId, Timestamp, Violations,
};

use super::StoreGroup;
use crate::{
    MerchantError, MerchantStore,
    store::change::{require_everywhere, required},
};

/// The most groups of a merchant.
pub const MAX_GROUPS: u64 = 1_000;
/// The most stores of a group.
pub const MAX_STORES: usize = 500;

/// What becomes of a group's fields, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreGroupPatch {
    /// What people call it: 1 to [`crate::store::change::MAX_NAME_CHARS`] characters.
    pub name: Change<String>,
    /// Its stores, at most [`MAX_STORES`], in place of those before; cleared, none.
    pub stores: Change<BTreeSet<StoreId>>,
}

impl StoreGroupPatch {
    fn apply_to(
        &self,
        tx: &mut impl MerchantStore,
        group: &mut StoreGroup,
        wrong: &mut Violations,
    ) -> Result<(), MerchantError> {
        if self.name == Change::Clear {
            wrong.add("name", Rule::Required);
        }
        let name = self.name.read("name", wrong, |typed| required(typed).map(Some));
        if let Change::Set(name) = name {
            group.name = name;
        }
        match &self.stores {
            Change::Keep => {}
            Change::Clear => group.stores = Vec::new(),
            Change::Set(stores) if stores.len() > MAX_STORES => {
                let sentence = format!("A group has at most {MAX_STORES} stores.");
                wrong.add("stores", Rule::Invalid(sentence));
            }
            Change::Set(stores) => {
                let stores: Vec<_> = stores.iter().copied().collect();
                let known = tx.stores(&stores)?;
                let own = known.iter().filter(|store| store.merchant == group.merchant);
                if own.count() != stores.len() {
                    return Err(MerchantError::StoreNotFound);
                }
                group.stores = stores;
            }
        }
        Ok(())
    }
}

/// Makes a group. Needs [`Permission::ChangeStore`], and every store: staff and promotions reach what is in
/// a group.
pub fn create(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    patch: &StoreGroupPatch,
    now: Timestamp,
) -> Result<StoreGroupId, MerchantError> {
    let merchant = require_everywhere(actor, Permission::ChangeStore)?;
    let mut group = StoreGroup {
        id: StoreGroupId::new(0),
        merchant,
        name: String::new(),
        stores: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    let mut wrong = Violations::new();
    if patch.name.is_keep() {
        wrong.add("name", Rule::Required);
    }
    patch.apply_to(tx, &mut group, &mut wrong)?;
    if tx.count_store_groups()? >= MAX_GROUPS {
        let sentence = format!("A merchant has at most {MAX_GROUPS} store groups.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    wrong.into_result()?;
    Ok(tx.insert_store_group(&group)?)
}

/// Changes a group, and with it where the staff and the promotions reach that name it. Needs what [`create`] needs.
pub fn update(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: StoreGroupId,
    patch: &StoreGroupPatch,
    now: Timestamp,
) -> Result<StoreGroupId, MerchantError> {
    let before = find(tx, actor, id)?;
    let mut after = before.clone();
    let mut wrong = Violations::new();
    patch.apply_to(tx, &mut after, &mut wrong)?;
    wrong.into_result()?;
    if after != before {
        after.updated_at = now;
        tx.update_store_group(&after)?;
    }
    Ok(id)
}

/// Dissolves a group; its stores stay. Needs what [`create`] needs. Refused while somebody works in it or a promotion names
/// it: without it a promotion would run everywhere, or nowhere.
pub fn delete(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: StoreGroupId,
) -> Result<StoreGroupId, MerchantError> {
    let group = find(tx, actor, id)?;
    if tx.delete_store_group(group.merchant, id)? {
        return Ok(id);
    }
    let sentence =
        "Staff, campaigns, offers or loyalty cards name this group: take it from them first.";
    Err(Violations::of("id", Rule::Invalid(sentence.to_owned())).into())
}

fn find(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: StoreGroupId,
) -> Result<StoreGroup, MerchantError> {
    let merchant: MerchantId = require_everywhere(actor, Permission::ChangeStore)?;
    tx.find_store_group(merchant, id)?.ok_or(MerchantError::StoreGroupNotFound)
}

#[cfg(test)]
mod tests;
