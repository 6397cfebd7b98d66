//! The audit log.

use regulars_kernel::{
    MerchantId, Page, PageRequest, PersonId, Scope, StoreError, Timestamp, page::cut,
};

use super::MemoryStore;
use crate::{
    audit::{AuditFilter, AuditSort, Doer, Entry, Log, NewEntry, Outcome, Target},
    audit_store::AuditStore,
};

const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the audit log is another's");

impl AuditFilter {
    fn fits(&self, entry: &Entry) -> bool {
        let refused = matches!(entry.outcome, Outcome::Refused(_));
        self.person.is_none_or(|person| entry.doer.person == Some(person))
            && self.app.is_none_or(|app| entry.doer.app == Some(app))
            && self.action.as_ref().is_none_or(|action| entry.action == *action)
            && self.target.is_none_or(|target| entry.target == Some(target))
            && self.refused.is_none_or(|wanted| refused == wanted)
            && self.from.is_none_or(|from| entry.at >= from)
            && self.before.is_none_or(|before| entry.at < before)
    }
}

impl MemoryStore {
    fn log(&self, merchant: MerchantId, filter: &AuditFilter) -> Result<Vec<Entry>, StoreError> {
        match self.scope {
            Scope::Merchant(own) if own == merchant => {}
            Scope::Platform => {}
            Scope::Merchant(_) | Scope::Person(_) => return Err(OUT_OF_REACH),
        }
        let rows = self.memory.rows();
        let log = rows.audit.iter().filter(|entry| entry.merchant == Some(merchant));
        Ok(log.filter(|entry| filter.fits(entry)).cloned().collect())
    }

    fn log_of(&self, new: &NewEntry) -> Result<Option<MerchantId>, StoreError> {
        match (self.scope, new.log) {
            (Scope::Platform, Log::Employer(person)) => {
                let rows = self.memory.rows();
                let job = rows.jobs.get(&person).filter(|job| job.ended_at.is_none());
                Ok(job.map(|job| job.merchant))
            }
            (Scope::Platform, Log::Platform) => Ok(None),
            (Scope::Platform, Log::Merchant(merchant)) => Ok(Some(merchant)),
            (Scope::Merchant(own), Log::Merchant(merchant)) if own == merchant => Ok(Some(own)),
            (Scope::Person(own), Log::Merchant(merchant)) if new.doer.person == Some(own) => {
                Ok(Some(merchant))
            }
            (Scope::Person(own), Log::Platform) if new.doer.person == Some(own) => Ok(None),
            (Scope::Merchant(_) | Scope::Person(_), _) => Err(OUT_OF_REACH),
        }
    }
}

impl AuditStore for MemoryStore {
    fn append_audit(&mut self, entries: &[NewEntry]) -> Result<(), StoreError> {
        for new in entries {
            let merchant = self.log_of(new)?;
            let mut rows = self.memory.rows();
            let id = rows.audit.last().map_or(1, |entry| entry.id.saturating_add(1));
            rows.audit.push(Entry {
                id,
                merchant,
                at: new.at,
                doer: new.doer,
                action: new.action.clone(),
                target: new.target,
                outcome: new.outcome.clone(),
                changes: new.changes.clone(),
                request_id: new.request_id.clone(),
                peer: new.peer.map(|peer| peer.to_string()),
            });
        }
        Ok(())
    }

    fn list_audit(
        &mut self,
        merchant: MerchantId,
        filter: &AuditFilter,
        page: &PageRequest<AuditSort>,
    ) -> Result<Page<Entry>, StoreError> {
        Ok(cut(self.log(merchant, filter)?, page))
    }

    fn count_audit(
        &mut self,
        merchant: MerchantId,
        filter: &AuditFilter,
    ) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.log(merchant, filter)?.len()).unwrap_or(u64::MAX))
    }

    fn find_audit(&mut self, merchant: MerchantId, id: i64) -> Result<Option<Entry>, StoreError> {
        let log = self.log(merchant, &AuditFilter::default())?;
        Ok(log.into_iter().find(|entry| entry.id == id))
    }

    fn count_done(
        &mut self,
        log: Option<MerchantId>,
        doer: &Doer,
        action: &str,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        let reached = match self.scope {
            Scope::Platform => true,
            Scope::Merchant(own) => log == Some(own),
            Scope::Person(_) => false,
        };
        if !reached {
            return Err(OUT_OF_REACH);
        }
        let counts = |entry: &&Entry| {
            let same = match doer.app {
                Some(app) => entry.doer.app == Some(app),
                None => entry.doer.person == doer.person,
            };
            let done = entry.outcome == Outcome::Done && entry.action == action;
            same && done && entry.merchant == log && entry.at >= since
        };
        let count = self.memory.rows().audit.iter().filter(counts).count();
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    fn clear_audit(
        &mut self,
        person: PersonId,
        merchant: Option<MerchantId>,
    ) -> Result<usize, StoreError> {
        let mut rows = self.rows()?;
        let target = Some(Target::from(person));
        let mut cleared = 0;
        for entry in &mut rows.audit {
            let about = entry.target == target;
            let acted = entry.doer.person == Some(person);
            let other = merchant.is_some() && entry.merchant != merchant;
            let personal = entry.changes.iter().any(|change| change.field().is_personal());
            let comes = acted || entry.doer.person.is_none();
            let clears = about && personal || comes && entry.peer.is_some();
            if other || !(about || acted) || !clears {
                continue;
            }
            cleared += 1;
            if about {
                entry.changes.retain(|change| !change.field().is_personal());
            }
            if comes {
                entry.peer = None;
            }
        }
        Ok(cleared)
    }

    fn clear_audit_of(
        &mut self,
        target: Target,
        merchant: MerchantId,
    ) -> Result<usize, StoreError> {
        let mut rows = self.rows()?;
        let about = |entry: &&mut Entry| {
            entry.merchant == Some(merchant)
                && entry.target == Some(target)
                && entry.changes.iter().any(|change| change.field().is_personal())
        };
        let cleared = rows.audit.iter_mut().filter(about).map(|entry| {
            entry.changes.retain(|change| !change.field().is_personal());
        });
        Ok(cleared.count())
    }
}
