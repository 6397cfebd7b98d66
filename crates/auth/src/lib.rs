//! Who is asking: signing up and logging in, passwords, access and refresh tokens, and from a token to a
//! [`regulars_kernel::Actor`].
//!
//! Passwords are hashed outside of every transaction: use cases that need one come in steps (see [`login`] and
//! [`register`]). A session ends by a revoked or replayed refresh token and takes its access tokens along; a raised token
//! version ends all of an account's.
//!
//! Knows nothing of HTTP headers, of where keys and rows are kept, and not what an actor may do: that is for the use
//! cases of the other crates. Mints [`regulars_kernel::Actor`]s and is, beside workers, the only one that asks for the
//! scope `Platform`.

pub mod actor;
pub mod authority;
pub mod error;
pub mod hasher;
pub mod keys;
pub mod login;
#[cfg(feature = "memory")]
pub mod memory;
pub mod password;
pub mod policy;
pub mod refresh;
pub mod register;
pub mod session;
pub mod settings;
pub mod store;
#[cfg(feature = "suite")]
pub mod suite;
pub mod token;

pub use actor::{Post, Standing};
pub use authority::{Authority, AuthorityFault};
pub use error::AuthError;
pub use keys::{Key, KeyRing, Keys, KeysError};
pub use password::{Password, PasswordHash};
pub use session::{Grant, SessionId};
pub use settings::Settings;
pub use store::{Admission, AuthStore, Credentials};
pub use token::{AccessToken, Claims, TokenError};
