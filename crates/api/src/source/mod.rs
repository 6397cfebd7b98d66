//! Syncing: the systems that a merchant has connected, how reading them goes, and what waits for somebody's word.

pub mod connection;
pub mod connection_mutations;
pub mod kind;
pub mod origin;
pub mod reject;
pub mod review;
pub mod run;
pub mod run_mutations;
pub mod test;

pub use connection::{SyncConnectionNode, SyncConnectionNodeConnection};
pub use reject::{SyncRejectNode, SyncRejectNodeConnection};
pub use review::{SyncReviewNode, SyncReviewNodeConnection};
pub use run::{SyncRunNode, SyncRunNodeConnection};
