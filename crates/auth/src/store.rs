//! What this crate asks of whoever keeps the rows.

use regulars_kernel::{PersonId, StoreError, Timestamp};
use regulars_merchant::Merchant;

use crate::{
    actor::LoginStanding,
    password::PasswordHash,
    pepper::PepperNote,
    refresh::{KeptRefreshToken, NewRefreshToken, TokenDigest},
    session::SessionId,
};

/// What a log-in needs to know of an account. The profile is `regulars_customer::Person`'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub person: PersonId,
    /// The address as it was typed.
    pub email: String,
    /// What is kept of the password; none for who never had one.
    pub password: Option<PasswordHash>,
    /// What the tokens of today carry.
    pub token_version: i64,
    /// Not deleted.
    pub active: bool,
    /// Put away by themselves until they log in again.
    pub archived: bool,
}

/// Someone who knew the password, about to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The account.
    pub person: PersonId,
    /// Its token version when the password was tried.
    pub token_version: i64,
    /// The password by today's cost and pepper, where it was kept by others.
    pub renewed: Option<PasswordHash>,
    /// When.
    pub at: Timestamp,
}

/// A password that takes the place of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPassword {
    /// The account.
    pub person: PersonId,
    /// Its token version when whoever changes it proved themselves.
    pub token_version: i64,
    /// What is kept of the password.
    pub hash: PasswordHash,
}

/// Credentials and sessions. Accounts are people of `regulars_customer`, who are registered: managed customers
/// are unknown here. Every method needs the scope `Platform`, since it runs before anyone knows whose data to see.
pub trait AuthStore {
    /// The account that logs in by an address: its own, or a second one that it has proved. The key is
    /// `EmailAddress::key`. In a transaction that writes, nobody else who looks for that address goes on before this one
    /// ends: what is found free stays free (rule 2).
    fn find_credentials_by_email(&mut self, key: &str) -> Result<Option<Credentials>, StoreError>;

    /// The account of that number.
    fn find_credentials(&mut self, person: PersonId) -> Result<Option<Credentials>, StoreError>;

    /// Whether anybody has a password. Asked where the keys are missing that passwords rest on; may read every account.
    fn has_credentials(&mut self) -> Result<bool, StoreError>;

    /// The ids of the peppers that passwords rest on, each once, of accounts that are not deleted. As quick with a million
    /// accounts as with one.
    fn peppers_in_use(&mut self) -> Result<Vec<String>, StoreError>;

    /// How many accounts that are not deleted have a password that rests on the pepper of this id; counts no further than
    /// `most`.
    fn count_on_pepper(&mut self, id: &str, most: u64) -> Result<u64, StoreError>;

    /// What is noted of peppers, by ascending id.
    fn pepper_notes(&mut self) -> Result<Vec<PepperNote>, StoreError>;

    /// Notes a pepper where nothing is noted under its id, or, to `replace` that, in any case.
    fn note_pepper(
        &mut self,
        note: &PepperNote,
        replace: bool,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// How an account and one of its sessions stand; `None` where there is no such account. Asked once a request, and one
    /// statement.
    fn find_standing(
        &mut self,
        person: PersonId,
        session: SessionId,
    ) -> Result<Option<LoginStanding>, StoreError>;

    /// Makes a registered person's account one that can log in. Until then nobody logs in by its address.
    fn insert_credentials(
        &mut self,
        person: PersonId,
        password: &PasswordHash,
    ) -> Result<(), StoreError>;

    /// Lets an account in, in one step and only where it is active and still has that token version: takes it out of the
    /// archive (moving its `updated_at` where it was there, and never a membership), and keeps the renewed password.
    /// Answers whether it did. The last login is `CustomerStore::set_last_login`'s.
    fn admit(&mut self, admission: &Admission) -> Result<bool, StoreError>;

    /// Keeps another password, or a first one, and raises the token version, in one step and only where the account is
    /// active and still has that token version. Answers whether it did.
    fn change_password(&mut self, new: &NewPassword) -> Result<bool, StoreError>;

    /// Begins a session.
    fn insert_session(&mut self, person: PersonId, at: Timestamp) -> Result<SessionId, StoreError>;

    /// Ends a session; answers whether it was still open. Only one of several who do so at once is told so.
    fn revoke_session(&mut self, session: SessionId, at: Timestamp) -> Result<bool, StoreError>;

    /// Keeps a refresh token.
    fn insert_refresh_token(&mut self, token: &NewRefreshToken) -> Result<(), StoreError>;

    /// The refresh token of that digest.
    fn find_refresh_token(
        &mut self,
        digest: &TokenDigest,
    ) -> Result<Option<KeptRefreshToken>, StoreError>;

    /// Uses a refresh token up, in one conditional step; answers whether it was still unused. Only one of several who do
    /// so at once is told so.
    fn use_refresh_token(
        &mut self,
        digest: &TokenDigest,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Founds a tenant; its founder is an account already.
    fn insert_merchant(&mut self, merchant: &Merchant) -> Result<(), StoreError>;

    /// Raises an account's token version: every access token handed out so far is dead.
    fn raise_token_version(&mut self, person: PersonId) -> Result<(), StoreError>;

    /// Ends every open session of an account and answers how many.
    fn revoke_sessions(&mut self, person: PersonId, at: Timestamp) -> Result<usize, StoreError>;
}
