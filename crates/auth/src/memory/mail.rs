//! The outbox.

use regulars_customer::{CustomerStore, Person};
use regulars_kernel::{PersonId, StoreError, Timestamp};
use regulars_merchant::MerchantStore;

use super::MemoryStore;
use crate::{
    mail::{
        Addressee, KeptMail, MailId, MailKind, NewMail,
        delivery::{DueMail, Settlement},
    },
    mail_store::MailStore,
    opaque::TokenDigest,
};

#[derive(Debug)]
pub(super) struct Row {
    mail: NewMail,
    used_at: Option<Timestamp>,
    /// When it is due; none for what is not sent any more.
    due_at: Option<Timestamp>,
    attempts: u32,
}

impl Row {
    pub(super) const fn person(&self) -> Option<PersonId> {
        self.mail.person
    }

    fn void(&mut self, at: Timestamp) {
        self.used_at.get_or_insert(at);
        self.due_at = None;
    }
}

impl MemoryStore {
    fn due_mail(&mut self, id: MailId) -> Result<Option<DueMail>, StoreError> {
        let (mail, attempt) = match self.rows()?.mails.get(&id) {
            Some(row) => (row.mail.clone(), row.attempts),
            None => return Ok(None),
        };
        let Some(person) = mail.person else { return Ok(None) };
        let firstname = self.customers.people(&[person])?.pop().map(|who| who.profile.firstname);
        let merchant = match self.member(person)? {
            Some(member) => self.merchants(&[member.post.merchant])?.pop(),
            None => None,
        };
        Ok(Some(DueMail {
            id,
            kind: mail.kind,
            address: mail.address,
            firstname: firstname.unwrap_or_default(),
            merchant: merchant.map(|merchant| merchant.name),
            nonce: mail.nonce,
            digest: mail.digest,
            attempt,
            expires_at: mail.expires_at,
        }))
    }
}

impl MailStore for MemoryStore {
    fn find_addressee(&mut self, key: &str) -> Result<Option<Addressee>, StoreError> {
        let shown = |account: &Person| {
            let profile = &account.profile;
            let mut own = [&profile.email, &profile.secondary_email].into_iter().flatten();
            own.find(|email| email.key() == key).cloned()
        };
        let accounts = self.accounts()?;
        let found = accounts
            .iter()
            .filter(|account| account.active)
            .find_map(|account| Some((account, shown(account)?)));
        let rows = self.rows()?;
        Ok(found.and_then(|(account, address)| {
            Some(Addressee {
                person: account.id,
                address,
                verified: account.verified,
                token_version: rows.logins.get(&account.id)?.token_version,
            })
        }))
    }

    fn count_mails(
        &mut self,
        person: Option<PersonId>,
        kind: MailKind,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        let rows = self.rows()?;
        let counts = |row: &&Row| {
            person.is_some()
                && row.mail.person == person
                && row.mail.kind == kind
                && row.mail.created_at >= since
        };
        Ok(u64::try_from(rows.mails.values().filter(counts).count()).unwrap_or(u64::MAX))
    }

    fn insert_mail(&mut self, mail: &NewMail) -> Result<MailId, StoreError> {
        let mut rows = self.rows()?;
        let last = rows.mails.keys().next_back().map_or(0, |id| id.get());
        let id = MailId::new(last.saturating_add(1));
        let due_at = Some(mail.created_at);
        rows.mails.insert(id, Row { mail: mail.clone(), used_at: None, due_at, attempts: 0 });
        Ok(id)
    }

    fn take_back(&mut self, mail: MailId) -> Result<(), StoreError> {
        self.rows()?.mails.remove(&mail);
        Ok(())
    }

    fn withdraw_waiting(
        &mut self,
        person: PersonId,
        kind: MailKind,
        newest: MailId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = self.rows()?;
        let own = rows.mails.iter_mut().filter(|(id, row)| {
            row.mail.person == Some(person) && row.mail.kind == kind && **id != newest
        });
        own.filter(|(_, row)| row.due_at.is_some()).for_each(|(_, row)| row.void(at));
        Ok(())
    }

    fn void_mails(&mut self, person: PersonId, at: Timestamp) -> Result<(), StoreError> {
        let mut rows = self.rows()?;
        let own = rows.mails.values_mut().filter(|row| row.mail.person == Some(person));
        own.for_each(|row| row.void(at));
        Ok(())
    }

    fn find_mail(&mut self, digest: &TokenDigest) -> Result<Option<KeptMail>, StoreError> {
        let rows = self.rows()?;
        let found = rows.mails.values().find(|row| row.mail.digest == *digest);
        Ok(found.and_then(|row| {
            Some(KeptMail {
                digest: row.mail.digest,
                person: row.mail.person?,
                kind: row.mail.kind,
                address: row.mail.address.clone(),
                token_version: row.mail.token_version,
                expires_at: row.mail.expires_at,
                used_at: row.used_at,
            })
        }))
    }

    fn use_mail(&mut self, digest: &TokenDigest, at: Timestamp) -> Result<bool, StoreError> {
        let mut rows = self.rows()?;
        let mut unused = rows.mails.values_mut().filter(|row| row.used_at.is_none());
        let found = unused.find(|row| row.mail.digest == *digest);
        Ok(found.map(|row| row.used_at = Some(at)).is_some())
    }

    fn claim_mails(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        most: u16,
    ) -> Result<Vec<DueMail>, StoreError> {
        let claimed: Vec<MailId> = {
            let mut rows = self.rows()?;
            let mut due: Vec<(Timestamp, MailId)> = rows
                .mails
                .iter()
                .filter_map(|(id, row)| Some((row.due_at.filter(|at| *at <= now)?, *id)))
                .collect();
            due.sort_unstable();
            due.truncate(usize::from(most));
            for (_, id) in &due {
                if let Some(row) = rows.mails.get_mut(id) {
                    row.attempts = row.attempts.saturating_add(1);
                    row.due_at = Some(until);
                }
            }
            due.into_iter().map(|(_, id)| id).collect()
        };
        claimed.into_iter().filter_map(|id| self.due_mail(id).transpose()).collect()
    }

    fn settle_mail(
        &mut self,
        mail: MailId,
        attempt: u32,
        settlement: Settlement,
    ) -> Result<bool, StoreError> {
        let mut rows = self.rows()?;
        let row = rows.mails.get_mut(&mail);
        let row = row.filter(|row| row.attempts == attempt && row.due_at.is_some());
        Ok(row
            .map(|row| {
                row.due_at = match settlement {
                    Settlement::Sent | Settlement::Failed => None,
                    Settlement::Again(at) => Some(at),
                };
            })
            .is_some())
    }
}
