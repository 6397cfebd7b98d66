//! Accounts and sessions in memory: complete, for tests and for programs that embed the rules without a database.
//!
//! Holds the rows of the crates below too. A transaction here is one call after another and cannot be rolled back.

mod application;
mod audit;
mod erasure;
mod mail;
mod staff;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use regulars_customer::{CustomerStore, EmailAddress, HoldsCustomers, Person, memory as customers};
use regulars_kernel::{
    ApiKeyId, ApplicationId, MerchantId, PersonId, RoleId, Scope, StoreError, Timestamp,
};
use regulars_merchant::{HoldsMerchants, Merchant, memory as merchants};

use crate::{
    actor::LoginStanding,
    audit::Entry,
    mail::MailId,
    password::PasswordHash,
    pepper::PepperNote,
    refresh::{KeptRefreshToken, NewRefreshToken, TokenDigest},
    role::Role,
    session::SessionId,
    staff::Assignment,
    store::{Admission, AuthStore, Credentials, NewPassword},
};

#[derive(Debug)]
struct Login {
    /// None until it is set by who was invited.
    password: Option<PasswordHash>,
    token_version: i64,
}

#[derive(Debug)]
struct Session {
    person: PersonId,
    revoked_at: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Rows {
    logins: BTreeMap<PersonId, Login>,
    /// The digest under each pepper.
    peppers: BTreeMap<String, String>,
    sessions: BTreeMap<SessionId, Session>,
    tokens: HashMap<TokenDigest, (NewRefreshToken, Option<Timestamp>)>,
    jobs: BTreeMap<PersonId, Job>,
    roles: BTreeMap<RoleId, Role>,
    mails: BTreeMap<MailId, mail::Row>,
    applications: BTreeMap<ApplicationId, application::Program>,
    api_keys: BTreeMap<ApiKeyId, application::Kept>,
    audit: Vec<Entry>,
    erasure: erasure::Rows,
}

#[derive(Clone, Debug)]
struct Job {
    merchant: MerchantId,
    assignment: Assignment,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

/// The rows, shared by every store made of them; a clone is another handle to the same rows.
#[derive(Clone, Default)]
pub struct Memory {
    rows: Arc<Mutex<Rows>>,
    customers: customers::Memory,
}

impl Memory {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// The store that sees what a scope reaches.
    pub fn scoped(&self, scope: Scope) -> MemoryStore {
        MemoryStore { memory: self.clone(), customers: self.customers.scoped(scope), scope }
    }

    /// The rows of the crate below.
    pub const fn customers(&self) -> &customers::Memory {
        &self.customers
    }

    /// Ends every access token of an account, as a changed password does.
    pub fn raise_token_version(&self, person: PersonId) {
        if let Some(login) = self.rows().logins.get_mut(&person) {
            login.token_version = login.token_version.saturating_add(1);
        }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ports over [`Memory`], within one scope.
#[derive(Clone)]
pub struct MemoryStore {
    memory: Memory,
    customers: customers::MemoryStore,
    scope: Scope,
}

impl HoldsCustomers for MemoryStore {
    type Customers = customers::MemoryStore;

    fn held_customers(&self) -> &Self::Customers {
        &self.customers
    }

    fn held_customers_mut(&mut self) -> &mut Self::Customers {
        &mut self.customers
    }
}

impl HoldsMerchants for MemoryStore {
    type Merchants = merchants::MemoryStore;

    fn held_merchants(&self) -> &Self::Merchants {
        self.customers.held_merchants()
    }

    fn held_merchants_mut(&mut self) -> &mut Self::Merchants {
        self.customers.held_merchants_mut()
    }
}

impl MemoryStore {
    fn rows(&self) -> Result<MutexGuard<'_, Rows>, StoreError> {
        match self.scope {
            Scope::Platform => Ok(self.memory.rows()),
            Scope::Merchant(_) | Scope::Person(_) => {
                Err(StoreError::OutOfScope("logins are the platform's"))
            }
        }
    }

    /// The accounts that can log in.
    fn accounts(&mut self) -> Result<Vec<Person>, StoreError> {
        let ids: Vec<_> = self.rows()?.logins.keys().copied().collect();
        self.customers.people(&ids)
    }

    /// The pepper of each password of an account that is not deleted.
    fn peppers(&mut self) -> Result<Vec<String>, StoreError> {
        let accounts = self.accounts()?.into_iter().filter(|account| account.active);
        let rows = self.rows()?;
        let passwords =
            accounts.filter_map(|account| rows.logins.get(&account.id)?.password.as_ref());
        Ok(passwords.map(|password| password.pepper().to_owned()).collect())
    }

    fn credentials(&self, account: Person) -> Result<Option<Credentials>, StoreError> {
        let rows = self.rows()?;
        Ok(rows.logins.get(&account.id).map(|login| Credentials {
            person: account.id,
            email: account.profile.email.map(|email| email.as_str().to_owned()).unwrap_or_default(),
            password: login.password.clone(),
            token_version: login.token_version,
            active: account.active,
            archived: account.archived,
        }))
    }
}

impl AuthStore for MemoryStore {
    fn find_credentials_by_email(&mut self, key: &str) -> Result<Option<Credentials>, StoreError> {
        let shows =
            |email: &Option<EmailAddress>| email.as_ref().is_some_and(|email| email.key() == key);
        let mut accounts = self.accounts()?.into_iter();
        let found = accounts.find(|account| {
            shows(&account.profile.email) || shows(&account.profile.secondary_email)
        });
        found.map_or(Ok(None), |account| self.credentials(account))
    }

    fn find_credentials(&mut self, person: PersonId) -> Result<Option<Credentials>, StoreError> {
        let found = self.accounts()?.into_iter().find(|account| account.id == person);
        found.map_or(Ok(None), |account| self.credentials(account))
    }

    fn has_credentials(&mut self) -> Result<bool, StoreError> {
        Ok(!self.rows()?.logins.is_empty())
    }

    fn peppers_in_use(&mut self) -> Result<Vec<String>, StoreError> {
        let peppers: BTreeSet<String> = self.peppers()?.into_iter().collect();
        Ok(peppers.into_iter().collect())
    }

    fn count_on_pepper(&mut self, id: &str, most: u64) -> Result<u64, StoreError> {
        let all = self.peppers()?.iter().filter(|pepper| *pepper == id).count();
        Ok(most.min(all.try_into().unwrap_or(u64::MAX)))
    }

    fn pepper_notes(&mut self) -> Result<Vec<PepperNote>, StoreError> {
        let rows = self.rows()?;
        let notes = rows.peppers.iter();
        let note = |(id, digest): (&String, &String)| PepperNote {
            key_id: id.clone(),
            digest: digest.clone(),
        };
        Ok(notes.map(note).collect())
    }

    fn note_pepper(
        &mut self,
        note: &PepperNote,
        replace: bool,
        _at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = self.rows()?;
        let noted = rows.peppers.entry(note.key_id.clone()).or_insert_with(|| note.digest.clone());
        if replace {
            noted.clone_from(&note.digest);
        }
        Ok(())
    }

    fn find_standing(
        &mut self,
        person: PersonId,
        session: SessionId,
    ) -> Result<Option<LoginStanding>, StoreError> {
        let found = self.accounts()?.into_iter().find(|account| account.id == person);
        let post = self.member(person)?.map(|member| member.post);
        let rows = self.rows()?;
        let Some((account, login)) = found.zip(rows.logins.get(&person)) else {
            return Ok(None);
        };
        let open = |session: &Session| session.person == person && session.revoked_at.is_none();
        Ok(Some(LoginStanding {
            person,
            user_type: account.user_type,
            token_version: login.token_version,
            active: account.active,
            archived: account.archived,
            staff: account.staff,
            admin: account.admin,
            post,
            session_live: rows.sessions.get(&session).is_some_and(open),
        }))
    }

    fn insert_credentials(
        &mut self,
        person: PersonId,
        password: &PasswordHash,
    ) -> Result<(), StoreError> {
        let login = Login { password: Some(password.clone()), token_version: 0 };
        self.rows()?.logins.insert(person, login);
        Ok(())
    }

    fn admit(&mut self, admission: &Admission) -> Result<bool, StoreError> {
        let found = self.accounts()?.into_iter().find(|account| account.id == admission.person);
        let Some(mut account) = found.filter(|account| account.active) else {
            return Ok(false);
        };
        {
            let mut rows = self.rows()?;
            let login = rows.logins.get_mut(&admission.person);
            let Some(login) = login.filter(|login| login.token_version == admission.token_version)
            else {
                return Ok(false);
            };
            if let Some(renewed) = &admission.renewed {
                login.password = Some(renewed.clone());
            }
        }
        if account.archived {
            account.archived = false;
            account.deleted_at = None;
            account.updated_at = admission.at;
            self.customers.update_person(&account)?;
        }
        Ok(true)
    }

    fn change_password(&mut self, new: &NewPassword) -> Result<bool, StoreError> {
        let found = self.accounts()?.into_iter().find(|account| account.id == new.person);
        let mut rows = self.rows()?;
        let login = found
            .filter(|account| account.active)
            .and_then(|account| rows.logins.get_mut(&account.id))
            .filter(|login| login.token_version == new.token_version);
        Ok(login
            .map(|login| {
                login.password = Some(new.hash.clone());
                login.token_version = login.token_version.saturating_add(1);
            })
            .is_some())
    }

    fn insert_session(
        &mut self,
        person: PersonId,
        _at: Timestamp,
    ) -> Result<SessionId, StoreError> {
        let mut rows = self.rows()?;
        let last = rows.sessions.keys().next_back().map_or(0, |id| id.get());
        let id = SessionId::new(last.saturating_add(1));
        rows.sessions.insert(id, Session { person, revoked_at: None });
        Ok(id)
    }

    fn revoke_session(&mut self, session: SessionId, at: Timestamp) -> Result<bool, StoreError> {
        let mut rows = self.rows()?;
        let open = rows.sessions.get_mut(&session).filter(|session| session.revoked_at.is_none());
        Ok(open.map(|session| session.revoked_at = Some(at)).is_some())
    }

    fn insert_refresh_token(&mut self, token: &NewRefreshToken) -> Result<(), StoreError> {
        let mut rows = self.rows()?;
        if rows.tokens.contains_key(&token.digest) {
            return Err(StoreError::Taken("refresh_token.token_hash"));
        }
        rows.tokens.insert(token.digest, (*token, None));
        Ok(())
    }

    fn find_refresh_token(
        &mut self,
        digest: &TokenDigest,
    ) -> Result<Option<KeptRefreshToken>, StoreError> {
        let rows = self.rows()?;
        Ok(rows.tokens.get(digest).map(|(token, used_at)| KeptRefreshToken {
            session: token.session,
            session_revoked: rows
                .sessions
                .get(&token.session)
                .is_none_or(|session| session.revoked_at.is_some()),
            person: token.person,
            expires_at: token.expires_at,
            used_at: *used_at,
        }))
    }

    fn use_refresh_token(
        &mut self,
        digest: &TokenDigest,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut rows = self.rows()?;
        let unused = rows.tokens.get_mut(digest).filter(|(_, used_at)| used_at.is_none());
        Ok(unused.map(|(_, used_at)| *used_at = Some(at)).is_some())
    }

    fn insert_merchant(&mut self, merchant: &Merchant) -> Result<(), StoreError> {
        drop(self.rows()?);
        self.memory.customers.merchants().put_merchant(merchant.clone());
        Ok(())
    }

    fn raise_token_version(&mut self, person: PersonId) -> Result<(), StoreError> {
        drop(self.rows()?);
        self.memory.raise_token_version(person);
        Ok(())
    }

    fn revoke_sessions(&mut self, person: PersonId, at: Timestamp) -> Result<usize, StoreError> {
        let mut rows = self.rows()?;
        let own = rows.sessions.values_mut().filter(|session| session.person == person);
        let open = own.filter(|session| session.revoked_at.is_none());
        Ok(open.map(|session| session.revoked_at = Some(at)).count())
    }
}
