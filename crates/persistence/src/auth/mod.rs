//! The ports of the auth crate over tables. Every method of [`AuthStore`] and [`MailStore`] needs the scope `Platform`, since it
//! runs before anyone knows whose data to see; [`StaffStore`] and [`ApplicationStore`] keep to the merchant of its scope.
//!
//! What decides a race is one conditional `UPDATE` each; the rest of a log-in or a renewal runs one after another for an
//! account, which [`login::find`] locks.

mod actor;
mod api_key;
mod application;
mod audit;
mod erasure;
mod login;
mod mail;
mod merchant;
mod pepper;
mod post;
mod refresh;
mod role;
mod said;
mod session;
mod staff;
#[cfg(test)]
mod tests;

use regulars_auth::{
    Admission, ApiKey, AppId, Application, ApplicationStore, AuditStore, AuthStore, Credentials,
    ErasureStore, LoginStanding, MailStore, PasswordHash, Post, Role, SessionId, StaffMember,
    StaffStore,
    api_key::{KeyPrefix, KeyStanding, NewApiKey},
    application::NewApplication,
    audit::{AuditFilter, AuditSort, Doer, Entry, NewEntry, Target},
    erasure::{Erasure, ErasureId, NewErasure, Part, Whose},
    mail::{
        Addressee, KeptMail, MailId, MailKind, NewMail,
        delivery::{DueMail, Settlement},
    },
    mark::Mark,
    pepper::PepperNote,
    refresh::{KeptRefreshToken, NewRefreshToken, TokenDigest},
    role::NewRole,
    staff::{Assignment, StaffSort},
    store::NewPassword,
};
use regulars_kernel::{
    ApiKeyId, ApplicationId, MerchantId, Page, PageRequest, PersonId, RoleId, StoreError, Timestamp,
};
use regulars_merchant::EntitySource;
use regulars_merchant::Merchant;

use crate::Tx;

impl AuthStore for Tx<'_> {
    fn find_credentials_by_email(&mut self, key: &str) -> Result<Option<Credentials>, StoreError> {
        self.platform()?;
        login::find_by_email(self, key)
    }

    fn find_credentials(&mut self, person: PersonId) -> Result<Option<Credentials>, StoreError> {
        self.platform()?;
        login::find(self, person)
    }

    fn has_credentials(&mut self) -> Result<bool, StoreError> {
        self.platform()?;
        login::any(self)
    }

    fn peppers_in_use(&mut self) -> Result<Vec<String>, StoreError> {
        self.platform()?;
        login::peppers_in_use(self)
    }

    fn count_on_pepper(&mut self, id: &str, most: u64) -> Result<u64, StoreError> {
        self.platform()?;
        login::count_on_pepper(self, id, most)
    }

    fn pepper_notes(&mut self) -> Result<Vec<PepperNote>, StoreError> {
        self.platform()?;
        pepper::notes(self)
    }

    fn note_pepper(
        &mut self,
        note: &PepperNote,
        replace: bool,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.platform()?;
        pepper::note(self, note, replace, at)
    }

    fn find_standing(
        &mut self,
        person: PersonId,
        session: SessionId,
    ) -> Result<Option<LoginStanding>, StoreError> {
        self.platform()?;
        actor::find_standing(self, person, session)
    }

    fn insert_credentials(
        &mut self,
        person: PersonId,
        password: &PasswordHash,
    ) -> Result<(), StoreError> {
        self.platform()?;
        login::insert(self, person, password)
    }

    fn admit(&mut self, admission: &Admission) -> Result<bool, StoreError> {
        self.platform()?;
        login::admit(self, admission)
    }

    fn change_password(&mut self, new: &NewPassword) -> Result<bool, StoreError> {
        self.platform()?;
        login::change_password(self, new)
    }

    fn insert_session(&mut self, person: PersonId, at: Timestamp) -> Result<SessionId, StoreError> {
        self.platform()?;
        session::insert(self, person, at)
    }

    fn revoke_session(&mut self, session: SessionId, at: Timestamp) -> Result<bool, StoreError> {
        self.platform()?;
        session::revoke(self, session, at)
    }

    fn insert_refresh_token(&mut self, token: &NewRefreshToken) -> Result<(), StoreError> {
        self.platform()?;
        refresh::insert(self, token)
    }

    fn find_refresh_token(
        &mut self,
        digest: &TokenDigest,
    ) -> Result<Option<KeptRefreshToken>, StoreError> {
        self.platform()?;
        refresh::find(self, digest)
    }

    fn use_refresh_token(
        &mut self,
        digest: &TokenDigest,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.platform()?;
        refresh::use_up(self, digest, at)
    }

    fn insert_merchant(&mut self, merchant: &Merchant) -> Result<(), StoreError> {
        self.platform()?;
        merchant::insert(self, merchant)
    }

    fn raise_token_version(&mut self, person: PersonId) -> Result<(), StoreError> {
        self.platform()?;
        login::raise_token_version(self, person)
    }

    fn revoke_sessions(&mut self, person: PersonId, at: Timestamp) -> Result<usize, StoreError> {
        self.platform()?;
        session::revoke_all(self, person, at)
    }
}

impl MailStore for Tx<'_> {
    fn find_addressee(&mut self, key: &str) -> Result<Option<Addressee>, StoreError> {
        self.platform()?;
        mail::find_addressee(self, key)
    }

    fn count_mails(
        &mut self,
        person: Option<PersonId>,
        kind: MailKind,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        self.platform()?;
        mail::count(self, person, kind, since)
    }

    fn insert_mail(&mut self, mail: &NewMail) -> Result<MailId, StoreError> {
        self.platform()?;
        mail::insert(self, mail)
    }

    fn take_back(&mut self, mail: MailId) -> Result<(), StoreError> {
        self.platform()?;
        mail::take_back(self, mail)
    }

    fn withdraw_waiting(
        &mut self,
        person: PersonId,
        kind: MailKind,
        newest: MailId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.platform()?;
        mail::withdraw_waiting(self, person, kind, newest, at)
    }

    fn void_mails(&mut self, person: PersonId, at: Timestamp) -> Result<(), StoreError> {
        self.platform()?;
        mail::void(self, person, at)
    }

    fn find_mail(&mut self, digest: &TokenDigest) -> Result<Option<KeptMail>, StoreError> {
        self.platform()?;
        mail::find(self, digest)
    }

    fn use_mail(&mut self, digest: &TokenDigest, at: Timestamp) -> Result<bool, StoreError> {
        self.platform()?;
        mail::use_up(self, digest, at)
    }

    fn claim_mails(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        most: u16,
    ) -> Result<Vec<DueMail>, StoreError> {
        self.platform()?;
        mail::claim(self, now, until, most)
    }

    fn settle_mail(
        &mut self,
        mail: MailId,
        attempt: u32,
        settlement: Settlement,
    ) -> Result<bool, StoreError> {
        self.platform()?;
        mail::settle(self, mail, attempt, settlement)
    }
}

impl StaffStore for Tx<'_> {
    fn lock_staff(&mut self, merchant: MerchantId) -> Result<(), StoreError> {
        staff::lock(self, merchant)
    }

    fn app_post(&mut self, app: ApplicationId) -> Result<Option<Post>, StoreError> {
        application::post(self, app)
    }

    fn staff(&mut self, ids: &[PersonId]) -> Result<Vec<StaffMember>, StoreError> {
        staff::by_ids(self, ids)
    }

    fn list_staff(
        &mut self,
        merchant: MerchantId,
        page: &PageRequest<StaffSort>,
    ) -> Result<Page<StaffMember>, StoreError> {
        staff::list(self, merchant, page)
    }

    fn count_staff(&mut self, merchant: MerchantId) -> Result<u64, StoreError> {
        staff::count(self, merchant)
    }

    fn owners(&mut self, merchant: MerchantId) -> Result<Vec<PersonId>, StoreError> {
        staff::owners(self, merchant)
    }

    fn insert_post(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        assignment: &Assignment,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        staff::insert(self, merchant, person, assignment, at)
    }

    fn update_post(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        assignment: &Assignment,
    ) -> Result<(), StoreError> {
        staff::update(self, merchant, person, assignment)
    }

    fn end_post(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        staff::end(self, merchant, person, at)
    }

    fn roles(&mut self, ids: &[RoleId]) -> Result<Vec<Role>, StoreError> {
        role::by_ids(self, ids)
    }

    fn merchant_roles(&mut self, merchant: MerchantId) -> Result<Vec<Role>, StoreError> {
        role::of_merchant(self, merchant)
    }

    fn insert_role(&mut self, role: &NewRole) -> Result<RoleId, StoreError> {
        role::insert(self, role)
    }

    fn update_role(&mut self, role: &Role) -> Result<(), StoreError> {
        role::update(self, role)
    }

    fn delete_role(&mut self, role: &Role) -> Result<(), StoreError> {
        role::delete(self, role)
    }
}

impl ApplicationStore for Tx<'_> {
    fn applications(&mut self, ids: &[ApplicationId]) -> Result<Vec<Application>, StoreError> {
        application::by_ids(self, ids)
    }

    fn merchant_applications(
        &mut self,
        merchant: MerchantId,
    ) -> Result<Vec<Application>, StoreError> {
        application::of_merchant(self, merchant)
    }

    fn insert_application(&mut self, new: &NewApplication) -> Result<ApplicationId, StoreError> {
        application::insert(self, new)
    }

    fn update_application(&mut self, application: &Application) -> Result<(), StoreError> {
        application::update(self, application)
    }

    fn delete_application(
        &mut self,
        application: &Application,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        application::delete(self, application, at)
    }

    fn api_keys(&mut self, of: &[ApplicationId]) -> Result<Vec<ApiKey>, StoreError> {
        api_key::of(self, of)
    }

    fn find_api_key(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        api_key::find(self, id)
    }

    fn insert_api_key(&mut self, new: &NewApiKey) -> Result<ApiKeyId, StoreError> {
        api_key::insert(self, new)
    }

    fn revoke_api_key(&mut self, key: &ApiKey, at: Timestamp) -> Result<(), StoreError> {
        api_key::revoke(self, key, at)
    }

    fn revoke_api_keys_of(
        &mut self,
        merchant: MerchantId,
        creator: PersonId,
        at: Timestamp,
    ) -> Result<Vec<ApiKeyId>, StoreError> {
        api_key::revoke_of(self, merchant, creator, at)
    }

    fn forget_api_keys(&mut self, of: MerchantId, ids: &[ApiKeyId]) -> Result<(), StoreError> {
        api_key::forget(self, of, ids)
    }

    fn find_key_standing(
        &mut self,
        app_id: AppId,
        prefix: &KeyPrefix,
    ) -> Result<Option<KeyStanding>, StoreError> {
        self.platform()?;
        api_key::find_standing(self, app_id, prefix)
    }

    fn note_use(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.platform()?;
        api_key::note_use(self, merchant, key, at)
    }
}

impl AuditStore for Tx<'_> {
    fn append_audit(&mut self, entries: &[NewEntry]) -> Result<(), StoreError> {
        audit::append(self, entries)
    }

    fn list_audit(
        &mut self,
        merchant: MerchantId,
        filter: &AuditFilter,
        page: &PageRequest<AuditSort>,
    ) -> Result<Page<Entry>, StoreError> {
        audit::list(self, merchant, filter, page)
    }

    fn count_audit(
        &mut self,
        merchant: MerchantId,
        filter: &AuditFilter,
    ) -> Result<u64, StoreError> {
        audit::count(self, merchant, filter)
    }

    fn find_audit(&mut self, merchant: MerchantId, id: i64) -> Result<Option<Entry>, StoreError> {
        audit::find(self, merchant, id)
    }

    fn count_done(
        &mut self,
        log: Option<MerchantId>,
        doer: &Doer,
        action: &str,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        audit::count_done(self, log, doer, action, since)
    }

    fn clear_audit(
        &mut self,
        person: PersonId,
        merchant: Option<MerchantId>,
    ) -> Result<usize, StoreError> {
        audit::clear(self, person, merchant)
    }

    fn clear_audit_of(
        &mut self,
        target: Target,
        merchant: MerchantId,
    ) -> Result<usize, StoreError> {
        audit::clear_of(self, target, merchant)
    }
}

impl ErasureStore for Tx<'_> {
    fn clear(&mut self, whose: Whose, values: &[String]) -> Result<Vec<Part>, StoreError> {
        self.platform()?;
        erasure::clear(self, whose, values)
    }

    fn sources_of(
        &mut self,
        whose: Whose,
    ) -> Result<Vec<(MerchantId, EntitySource, String)>, StoreError> {
        self.platform()?;
        said::sources_of(self, whose)
    }

    fn insert_marks(
        &mut self,
        merchant: MerchantId,
        marks: &[Mark],
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        erasure::insert_marks(self, merchant, marks, at)
    }

    fn is_marked(&mut self, merchant: MerchantId, marks: &[Mark]) -> Result<bool, StoreError> {
        erasure::is_marked(self, merchant, marks)
    }

    fn insert_erasure(&mut self, new: &NewErasure) -> Result<ErasureId, StoreError> {
        erasure::insert(self, new)
    }

    fn find_erasure(&mut self, id: ErasureId) -> Result<Option<Erasure>, StoreError> {
        erasure::find(self, id)
    }

    fn unclean_erasures(
        &mut self,
        before: Timestamp,
        most: u16,
    ) -> Result<Vec<Erasure>, StoreError> {
        erasure::unclean(self, before, most)
    }

    fn settle_erasures(&mut self, ids: &[ErasureId], at: Timestamp) -> Result<(), StoreError> {
        erasure::settle(self, ids, at)
    }

    fn late_erasures(&mut self, past: ErasureId, most: u16) -> Result<Vec<Erasure>, StoreError> {
        erasure::late(self, past, most)
    }

    fn reopen_erasures(&mut self, ids: &[ErasureId]) -> Result<(), StoreError> {
        erasure::reopen(self, ids)
    }

    fn settle_logs(&mut self, ids: &[ErasureId], at: Timestamp) -> Result<(), StoreError> {
        erasure::settle_logs(self, ids, at)
    }

    fn mails_among(&mut self, ids: &[MailId]) -> Result<Vec<MailId>, StoreError> {
        erasure::mails_among(self, ids)
    }
}
