//! Who: persons, what a merchant has of them ([`Membership`]), how they are reached and recognised, and who of them fits
//! a segment.
//!
//! A [`Person`] is one row for the whole platform; a [`Membership`] is what one merchant has of them; a [`Consumer`] is
//! what whoever asks sees. Registered people keep their own profile and share it (rule 7); a merchant keeps that of
//! managed ones. The rules are pure (`merge` says who becomes one with whom); the use cases (`account`, `create`, `update`, `upsert`, `delete`, `consumer`, `identity`,
//! `join`, `sharing`, `consent`) are free functions over the port [`CustomerStore`].
//!
//! Knows nothing of orders, of promotions or of points, of passwords and tokens, and not where rows are kept.

pub mod account;
pub mod card;
pub mod choice;
pub mod claim;
pub mod consent;
pub mod consumer;
pub mod contact;
pub mod create;
pub mod delete;
pub mod error;
pub mod feed;
pub mod feed_store;
pub mod filter;
pub mod identity;
pub mod input;
pub mod join;
pub mod loyalty_id;
pub mod matching;
pub mod membership;
#[cfg(feature = "memory")]
pub mod memory;
pub mod merge;
pub mod person;
pub mod profile;
pub mod search;
pub mod segment;
pub mod sharing;
pub mod store;
#[cfg(feature = "suite")]
pub mod suite;
pub mod update;
pub mod upsert;

pub use account::AccountPatch;
pub use card::CardNumber;
pub use choice::{
    ConsentChannel, ConsentRecorder, ConsentState, Gender, MerchantType, Sharing, UserType,
};
pub use consent::{Consent, ConsentSort, Decision, NewConsent, NewDecision};
pub use consumer::{Consumer, ConsumerSort};
pub use contact::{EmailAddress, PhoneNumber};
pub use error::CustomerError;
pub use feed_store::FeedStore;
pub use filter::{ConsumerFilter, FilterArguments};
pub use identity::{Identified, Identifier};
pub use input::{ConsumerPatch, NewConsumer};
pub use loyalty_id::LoyaltyId;
pub use membership::{Membership, Standing};
pub use merge::{Blocker, MergeField};
pub use person::{Kind, NewPerson, Person};
pub use profile::Profile;
pub use regulars_kernel::{Change, Country, ExtraInfo};
pub use store::{CustomerStore, HoldsCustomers, MemberKey, Stranger};
