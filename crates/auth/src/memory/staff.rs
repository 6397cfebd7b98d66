//! Staff and roles.

use regulars_customer::CustomerStore;
use regulars_kernel::{
    ApplicationId, MerchantId, Page, PageRequest, Permissions, PersonId, RoleId, Scope,
    StoreAccess, StoreError, SystemRole, Timestamp, page::cut,
};
use regulars_merchant::MerchantStore;

use super::{Job, Login, MemoryStore};
use crate::{
    actor::Post,
    application::Application,
    role::{NewRole, Role},
    staff::{Assignment, StaffMember, StaffSort},
    staff_store::StaffStore,
};

const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the staff is another merchant's");

impl MemoryStore {
    /// One who works for a merchant in reach.
    pub(super) fn member(&mut self, person: PersonId) -> Result<Option<StaffMember>, StoreError> {
        let job = self.memory.rows().jobs.get(&person).cloned();
        let job = job.filter(|job| job.ended_at.is_none() && self.reaches(job.merchant));
        let Some(Job { merchant, assignment, created_at, .. }) = job else {
            return Ok(None);
        };
        let post = self.post(merchant, &assignment)?;
        Ok(Some(StaffMember { person, assignment, post, created_at }))
    }

    fn post(&mut self, merchant: MerchantId, given: &Assignment) -> Result<Post, StoreError> {
        let stores = if given.all_stores {
            StoreAccess::All
        } else {
            let groups: Vec<_> = given.store_groups.iter().copied().collect();
            let groups = self.store_groups(&groups)?.into_iter();
            let mut stores = given.stores.clone();
            stores.extend(groups.flat_map(|group| group.stores));
            StoreAccess::Only(stores.into_iter().collect())
        };
        let rows = self.memory.rows();
        let roles = || given.roles.iter().filter_map(|id| rows.roles.get(id));
        let system: Vec<SystemRole> = roles().filter_map(|role| role.system).collect();
        let own = roles().map(|role| role.permissions).fold(given.permissions, Permissions::with);
        Ok(Post::of(merchant, &system, own, stores))
    }

    pub(super) fn reaches(&self, merchant: MerchantId) -> bool {
        match self.scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(_) => false,
            Scope::Platform => true,
        }
    }

    pub(super) fn require_reach(&self, merchant: MerchantId) -> Result<(), StoreError> {
        if self.reaches(merchant) { Ok(()) } else { Err(OUT_OF_REACH) }
    }

    fn members(&mut self, merchant: MerchantId) -> Result<Vec<StaffMember>, StoreError> {
        let people: Vec<_> = {
            let rows = self.memory.rows();
            let own = rows.jobs.iter().filter(|(_, job)| job.merchant == merchant);
            own.map(|(person, _)| *person).collect()
        };
        self.staff(&people)
    }

    fn change_job(
        &self,
        merchant: MerchantId,
        person: PersonId,
        change: impl FnOnce(&mut Job),
    ) -> Result<(), StoreError> {
        self.require_reach(merchant)?;
        let mut rows = self.memory.rows();
        let job = rows.jobs.get_mut(&person);
        let job = job.filter(|job| job.merchant == merchant && job.ended_at.is_none());
        job.map(change).ok_or(OUT_OF_REACH)
    }
}

impl StaffStore for MemoryStore {
    fn lock_staff(&mut self, merchant: MerchantId) -> Result<(), StoreError> {
        self.require_reach(merchant)
    }

    fn app_post(&mut self, app: ApplicationId) -> Result<Option<Post>, StoreError> {
        let found = self.application(app);
        Ok(found.map(|Application { merchant, permissions, stores, .. }| Post {
            merchant,
            owner: false,
            permissions,
            stores,
        }))
    }

    fn staff(&mut self, ids: &[PersonId]) -> Result<Vec<StaffMember>, StoreError> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.member(id).transpose()).collect()
    }

    fn list_staff(
        &mut self,
        merchant: MerchantId,
        page: &PageRequest<StaffSort>,
    ) -> Result<Page<StaffMember>, StoreError> {
        Ok(cut(self.members(merchant)?, page))
    }

    fn count_staff(&mut self, merchant: MerchantId) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.members(merchant)?.len()).unwrap_or(u64::MAX))
    }

    fn owners(&mut self, merchant: MerchantId) -> Result<Vec<PersonId>, StoreError> {
        let members = self.members(merchant)?.into_iter();
        let owners: Vec<_> =
            members.filter(|member| member.post.owner).map(|member| member.person).collect();
        let mut accounts = self.customers.people(&owners)?;
        accounts.retain(|account| account.active && !account.archived);
        Ok(accounts.into_iter().map(|account| account.id).collect())
    }

    fn insert_post(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        assignment: &Assignment,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.require_reach(merchant)?;
        let mut rows = self.memory.rows();
        if rows.jobs.contains_key(&person) {
            return Err(StoreError::Taken("staff_member.person_id"));
        }
        let assignment = assignment.clone();
        rows.jobs.insert(person, Job { merchant, assignment, created_at: at, ended_at: None });
        // Who was invited has an account without a password.
        rows.logins.entry(person).or_insert(Login { password: None, token_version: 0 });
        drop(rows);
        self.memory.customers.put_staff(merchant, person);
        Ok(())
    }

    fn update_post(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        assignment: &Assignment,
    ) -> Result<(), StoreError> {
        self.change_job(merchant, person, |job| job.assignment = assignment.clone())
    }

    fn end_post(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.change_job(merchant, person, |job| {
            job.ended_at = Some(at);
            job.assignment = Assignment::default();
        })
    }

    fn roles(&mut self, ids: &[RoleId]) -> Result<Vec<Role>, StoreError> {
        let rows = self.memory.rows();
        let named = rows.roles.values().filter(|role| ids.contains(&role.id));
        Ok(named.filter(|role| self.reaches(role.merchant)).cloned().collect())
    }

    fn merchant_roles(&mut self, merchant: MerchantId) -> Result<Vec<Role>, StoreError> {
        let rows = self.memory.rows();
        let own = rows.roles.values().filter(|role| role.merchant == merchant);
        Ok(own.filter(|role| self.reaches(role.merchant)).cloned().collect())
    }

    fn insert_role(&mut self, role: &NewRole) -> Result<RoleId, StoreError> {
        self.require_reach(role.merchant)?;
        let mut rows = self.memory.rows();
        let last = rows.roles.keys().next_back().map_or(0, |id| id.get());
        let id = RoleId::new(last.saturating_add(1));
        rows.roles.insert(id, role.clone().with_id(id));
        Ok(id)
    }

    fn update_role(&mut self, role: &Role) -> Result<(), StoreError> {
        self.require_reach(role.merchant)?;
        let mut rows = self.memory.rows();
        let row = rows.roles.get_mut(&role.id).filter(|row| row.merchant == role.merchant);
        let row = row.ok_or(OUT_OF_REACH)?;
        row.display_name.clone_from(&role.display_name);
        row.permissions = role.permissions;
        row.updated_at = role.updated_at;
        Ok(())
    }

    fn delete_role(&mut self, role: &Role) -> Result<(), StoreError> {
        self.require_reach(role.merchant)?;
        let mut rows = self.memory.rows();
        for job in rows.jobs.values_mut().filter(|job| job.merchant == role.merchant) {
            job.assignment.roles.remove(&role.id);
        }
        match rows.roles.remove(&role.id) {
            Some(_) => Ok(()),
            None => Err(OUT_OF_REACH),
        }
    }
}
