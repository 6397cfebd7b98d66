//! Who is asking: signing up and logging in, passwords, access and refresh tokens, and from a token to a
//! [`regulars_kernel::Actor`]; who works for a merchant ([`staff`]), with which roles ([`role`]); and which
//! programs ask for it ([`application`]), by which keys ([`api_key`]).
//!
//! Passwords are hashed outside of every transaction: use cases that need one come in steps (see [`login`] and
//! [`register`]). Mails are written down in the transaction of what they are about and sent later, by whoever works the
//! outbox off ([`mail::delivery`]). People are erased ([`erasure`]), and what they could be known by again is kept as keyed
//! hashes ([`mark`]). What was done and what was refused stands in a log ([`audit`]). A session ends by a revoked or replayed refresh token and takes its access tokens along; a raised token
//! version ends all of an account's.
//!
//! Knows nothing of HTTP headers, of where keys and rows are kept, and not what a permission allows: that is for the use
//! cases of the other crates. Mints [`regulars_kernel::Actor`]s and is, beside workers, the only one that asks for the
//! scope `Platform`.

pub mod account;
pub mod actor;
pub mod api_key;
pub mod application;
pub mod application_store;
pub mod audit;
pub mod audit_store;
pub mod authority;
pub mod confirmation;
pub mod erasure;
pub mod erasure_store;
pub mod error;
pub mod export;
pub mod hasher;
pub mod keys;
pub mod login;
pub mod mail;
pub mod mail_store;
pub mod mark;
#[cfg(feature = "memory")]
pub mod memory;
mod opaque;
pub mod password;
pub mod password_change;
pub mod password_reset;
pub mod pepper;
pub mod policy;
pub mod refresh;
pub mod register;
pub mod role;
pub mod secondary_email;
pub mod session;
pub mod settings;
pub mod staff;
pub mod staff_store;
pub mod store;
#[cfg(feature = "suite")]
pub mod suite;
pub mod token;
pub mod verification;

pub use actor::{LoginStanding, Post};
pub use api_key::ApiKey;
pub use application::{AppId, Application};
pub use application_store::ApplicationStore;
pub use audit_store::AuditStore;
pub use authority::{Authority, AuthorityFault};
pub use erasure_store::ErasureStore;
pub use error::AuthError;
pub use keys::{Key, KeyRing, Keys, KeysError};
pub use mail_store::MailStore;
pub use password::{Password, PasswordHash};
pub use role::Role;
pub use session::{Grant, SessionId};
pub use settings::Settings;
pub use staff::StaffMember;
pub use staff_store::StaffStore;
pub use store::{Admission, AuthStore, Credentials};
pub use token::{AccessToken, Claims, TokenError};
