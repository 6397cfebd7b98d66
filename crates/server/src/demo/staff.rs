//! The roles of a merchant of the demo world, and who has them.

use regulars_kernel::SystemRole;

use super::{
    row::{Batch, RoleRow, StaffMemberRow, StaffRoleRow},
    world::{Account, Plan, Sequences},
};

/// The system roles of a merchant, with their ids.
pub(super) struct Roles {
    merchant: i64,
    ids: Vec<(SystemRole, i64)>,
}

impl Roles {
    /// Makes them.
    pub(super) fn make(merchant: i64, since: i64, ids: &mut Sequences, out: &mut Batch) -> Self {
        let mut make = |role: SystemRole| {
            let id = ids.role();
            out.role.push(RoleRow {
                id,
                merchant_id: merchant,
                codename: role.codename(),
                display_name: role.display_name(),
                permissions: "",
                created_at: since,
                updated_at: since,
            });
            (role, id)
        };
        Self { merchant, ids: SystemRole::ALL.into_iter().map(&mut make).collect() }
    }

    /// Whose they are.
    pub(super) const fn merchant(&self) -> i64 {
        self.merchant
    }

    /// Has somebody work for the merchant in that role.
    pub(super) fn give(
        &self,
        role: SystemRole,
        person: i64,
        all_stores: bool,
        since: i64,
        out: &mut Batch,
    ) {
        let (merchant_id, person_id) = (self.merchant, person);
        out.staff_member.push(StaffMemberRow {
            merchant_id,
            person_id,
            all_stores,
            created_at: since,
        });
        let id = self.ids.iter().find(|(known, _)| *known == role).map(|(_, id)| *id);
        out.staff_role.extend(id.map(|role_id| StaffRoleRow { merchant_id, person_id, role_id }));
    }

    /// Those who work for the merchant in no single store.
    pub(super) fn hire_office(
        &self,
        plan: &Plan,
        since: i64,
        ids: &mut Sequences,
        out: &mut Batch,
    ) {
        for (role, email, name) in [
            (SystemRole::Manager, "manager@example.com", ("Mina", "Manager")),
            (SystemRole::Analyst, "analyst@example.com", ("Anton", "Analyst")),
        ] {
            let id = ids.staff();
            let email = email.to_owned();
            Account { id, email, name, merchant_type: None, created_at: since }.add(plan, out);
            self.give(role, id, true, since, out);
        }
    }
}
