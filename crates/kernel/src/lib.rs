//! The vocabulary that every other crate shares: ids, time, money, points, countries, pages of a list, changes to a field, who asks ([`Actor`]) and
//! within what ([`Scope`]), and how a refusal is named.
//!
//! Knows nothing of a database, of HTTP or GraphQL, of the environment or of the wall clock: there is no I/O here, and
//! time comes in through [`Clock`]. Depends on no other crate of this workspace.

pub mod actor;
pub mod change;
pub mod clock;
pub mod country;
pub mod error;
pub mod extra_info;
pub mod id;
pub mod money;
pub mod page;
pub mod permission;
pub mod points;
pub mod rows;
pub mod scope;
pub mod share;
pub mod text;
pub mod violation;

pub use actor::{Actor, Denied, StoreAccess};
pub use change::Change;
pub use clock::{Clock, FixedClock, SystemClock, Timestamp};
pub use country::Country;
pub use error::{Classify, Contention, ErrorKind, StoreError};
pub use extra_info::ExtraInfo;
pub use id::*;
pub use money::{Currency, Money};
pub use page::{Page, PageRequest};
pub use permission::{Permission, Permissions, SystemRole};
pub use points::Points;
pub use rows::{RowsGuard, SharedRows};
pub use scope::Scope;
pub use share::spread;
pub use violation::{Rule, Violation, Violations};
