//! The port of the auth crate: [`AuthStore`] over tables. Every method needs the scope `Platform`, since it runs before
//! anyone knows whose data to see.
//!
//! What decides a race is one conditional `UPDATE` each; the rest of a log-in or a renewal runs one after another for an
//! account, which [`login::find`] locks.

mod actor;
mod login;
mod merchant;
mod refresh;
mod session;
#[cfg(test)]
mod tests;

use regulars_auth::{
    Admission, AuthStore, Credentials, PasswordHash, Post, SessionId, Standing,
    refresh::{KeptRefreshToken, NewRefreshToken, TokenDigest},
};
use regulars_kernel::{PersonId, StoreError, Timestamp};
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

    fn find_standing(
        &mut self,
        person: PersonId,
        session: SessionId,
    ) -> Result<Option<Standing>, StoreError> {
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

    fn insert_post(
        &mut self,
        person: PersonId,
        post: &Post,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.platform()?;
        actor::insert_post(self, person, post, at)
    }
}
