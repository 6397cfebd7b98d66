//! Applications and their keys.

use regulars_kernel::{ApiKeyId, ApplicationId, MerchantId, PersonId, StoreError, Timestamp};

use super::MemoryStore;
use crate::{
    api_key::{ApiKey, KeyPrefix, KeyStanding, NewApiKey},
    application::{AppId, Application, NewApplication},
    application_store::ApplicationStore,
    refresh::TokenDigest,
};

const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the application is another merchant's");

#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) application: Application,
    pub(super) deleted: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Kept {
    key: ApiKey,
    digest: TokenDigest,
}

impl MemoryStore {
    pub(super) fn application(&self, id: ApplicationId) -> Option<Application> {
        let program = self.memory.rows().applications.get(&id).cloned();
        let program = program.filter(|program| !program.deleted);
        program.map(|program| program.application).filter(|found| self.reaches(found.merchant))
    }

    fn require_application(&self, id: ApplicationId) -> Result<Application, StoreError> {
        self.application(id).ok_or(OUT_OF_REACH)
    }
}

impl ApplicationStore for MemoryStore {
    fn applications(&mut self, ids: &[ApplicationId]) -> Result<Vec<Application>, StoreError> {
        Ok(ids.iter().filter_map(|id| self.application(*id)).collect())
    }

    fn merchant_applications(
        &mut self,
        merchant: MerchantId,
    ) -> Result<Vec<Application>, StoreError> {
        let ids: Vec<_> = self.memory.rows().applications.keys().copied().collect();
        let mut all = self.applications(&ids)?;
        all.retain(|application| application.merchant == merchant);
        Ok(all)
    }

    fn insert_application(&mut self, new: &NewApplication) -> Result<ApplicationId, StoreError> {
        self.require_reach(new.merchant)?;
        let mut rows = self.memory.rows();
        let last = rows.applications.keys().next_back().map_or(0, |id| id.get());
        let id = ApplicationId::new(last.saturating_add(1));
        let program = Program { application: new.clone().with_id(id), deleted: false };
        rows.applications.insert(id, program);
        Ok(id)
    }

    fn update_application(&mut self, changed: &Application) -> Result<(), StoreError> {
        let before = self.require_application(changed.id)?;
        let application = Application {
            merchant: before.merchant,
            app_id: before.app_id,
            creator: before.creator,
            created_at: before.created_at,
            ..changed.clone()
        };
        let program = Program { application, deleted: false };
        self.memory.rows().applications.insert(changed.id, program);
        Ok(())
    }

    fn delete_application(&mut self, gone: &Application, at: Timestamp) -> Result<(), StoreError> {
        self.require_application(gone.id)?;
        let mut rows = self.memory.rows();
        if let Some(program) = rows.applications.get_mut(&gone.id) {
            program.deleted = true;
        }
        let own = rows.api_keys.values_mut().filter(|kept| kept.key.application == gone.id);
        for kept in own {
            kept.key.revoked_at.get_or_insert(at);
        }
        Ok(())
    }

    fn api_keys(&mut self, of: &[ApplicationId]) -> Result<Vec<ApiKey>, StoreError> {
        let found = self.applications(of)?;
        let rows = self.memory.rows();
        let keys = rows.api_keys.values().map(|kept| &kept.key);
        let own = keys.filter(|key| found.iter().any(|one| one.id == key.application));
        Ok(own.cloned().collect())
    }

    fn find_api_key(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let key = self.memory.rows().api_keys.get(&id).map(|kept| kept.key.clone());
        Ok(key.filter(|key| self.application(key.application).is_some()))
    }

    fn insert_api_key(&mut self, new: &NewApiKey) -> Result<ApiKeyId, StoreError> {
        self.require_application(new.application)?;
        let mut rows = self.memory.rows();
        let same =
            |kept: &Kept| kept.key.application == new.application && kept.key.prefix == new.prefix;
        if rows.api_keys.values().any(same) {
            return Err(StoreError::Taken("api_key.prefix"));
        }
        let last = rows.api_keys.keys().next_back().map_or(0, |id| id.get());
        let id = ApiKeyId::new(last.saturating_add(1));
        rows.api_keys.insert(id, Kept { key: new.clone().with_id(id), digest: new.digest });
        Ok(id)
    }

    fn revoke_api_key(&mut self, key: &ApiKey, at: Timestamp) -> Result<(), StoreError> {
        self.require_reach(key.merchant)?;
        let mut rows = self.memory.rows();
        let kept = rows.api_keys.get_mut(&key.id).ok_or(OUT_OF_REACH)?;
        kept.key.revoked_at = Some(at);
        Ok(())
    }

    fn revoke_api_keys_of(
        &mut self,
        merchant: MerchantId,
        creator: PersonId,
        at: Timestamp,
    ) -> Result<Vec<ApiKeyId>, StoreError> {
        self.require_reach(merchant)?;
        let mut rows = self.memory.rows();
        let keys = rows.api_keys.values_mut().map(|kept| &mut kept.key);
        let theirs = keys.filter(|key| key.merchant == merchant && key.creator == Some(creator));
        let ended = theirs.filter(|key| key.is_in_force(at)).map(|key| {
            key.revoked_at = Some(at);
            key.id
        });
        Ok(ended.collect())
    }

    fn forget_api_keys(&mut self, of: MerchantId, ids: &[ApiKeyId]) -> Result<(), StoreError> {
        self.require_reach(of)?;
        let mut rows = self.memory.rows();
        rows.api_keys.retain(|id, kept| kept.key.merchant != of || !ids.contains(id));
        Ok(())
    }

    fn find_key_standing(
        &mut self,
        app_id: AppId,
        prefix: &KeyPrefix,
    ) -> Result<Option<KeyStanding>, StoreError> {
        let rows = self.rows()?;
        let mut applications = rows.applications.values().map(|program| &program.application);
        let Some(application) = applications.find(|one| one.app_id == app_id) else {
            return Ok(None);
        };
        let found = rows
            .api_keys
            .values()
            .find(|kept| kept.key.application == application.id && kept.key.prefix == *prefix);
        Ok(found.map(|kept| KeyStanding {
            key: kept.key.id,
            digest: kept.digest,
            expires_at: kept.key.expires_at,
            revoked_at: kept.key.revoked_at,
            last_used_at: kept.key.last_used_at,
            application: application.id,
            merchant: application.merchant,
            permissions: application.permissions,
            stores: application.stores.clone(),
            requests_per_minute: application.requests_per_minute,
        }))
    }

    fn note_use(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = self.rows()?;
        let kept = rows.api_keys.get_mut(&key).filter(|kept| kept.key.merchant == merchant);
        if let Some(kept) = kept {
            kept.key.last_used_at = kept.key.last_used_at.max(Some(at));
        }
        Ok(())
    }
}
