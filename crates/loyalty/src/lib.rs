//! What customers earn and what they do with it: loyalty cards (programs of points or of stamps), the ledger of what each
//! person has on each card, rewards, redemptions, and which promotions are available to whom.
//!
//! The ledger's types ([`Account`], [`Entry`], [`Lot`], [`Hold`]) have the shape of rules 17 to 19, and [`ledger::check`]
//! says whether an account adds up (rule 18). Earning and expiry are arithmetic on what they are given ([`earning`],
//! [`expiry`]).
//!
//! Knows nothing of orders: a sale comes as an amount and an instant. Where rows are kept is [`LoyaltyStore`]'s business.

pub mod account;
pub mod adjustment;
pub mod available;
pub mod base;
pub mod bookkeeping;
pub mod card;
pub mod chain;
pub mod earner;
pub mod earning;
pub mod enrollment;
pub mod entry;
pub mod error;
pub mod expiry;
pub mod history;
pub mod history_store;
pub mod hold;
pub mod holdings;
pub mod intent;
pub mod ledger;
pub mod ledger_store;
pub mod lot;
#[cfg(feature = "memory")]
pub mod memory;
pub mod merge;
pub mod payment;
pub mod posting;
pub mod receipt;
pub mod redeeming;
pub mod redeeming_store;
pub mod redemption;
pub mod refund;
pub mod review;
pub mod reward;
pub mod sale;
pub mod seal;
pub mod stamp;
pub mod store;
#[cfg(feature = "suite")]
pub mod suite;
pub mod summary;
pub mod transfer;
pub mod welcome;

pub use account::Account;
pub use available::{Available, AvailableSort, Promotion, PromotionId};
pub use base::{Base, SaleLine};
pub use card::{
    LoyaltyCard, LoyaltyCardFilter, LoyaltyCardSort,
    program::{
        LoyaltyType, Millionths, PointsLoyaltyType, PointsProgram, Program, Spending, StampsProgram,
    },
};
pub use earner::{Earner, Earning};
pub use earning::NothingEarned;
pub use entry::{Cause, Entry, EntryKind};
pub use error::LoyaltyError;
pub use history_store::HistoryStore;
pub use hold::{Hold, HoldLot, HoldState};
pub use holdings::{ClawBack, ClawBackPolicy, Holdings};
pub use intent::{IntentQuery, IntentSort, IntentState, Promised, RedemptionIntent};
pub use ledger::Book;
pub use ledger_store::{EarningLine, LedgerStore, Posted, Traced};
pub use lot::{Lot, LotUse};
pub use payment::{NothingPaid, Payment, Tariff};
pub use receipt::{CardReceipt, NextReward, Receipt};
pub use redeeming_store::RedeemingStore;
pub use redemption::{Redeemed, Redemption, RedemptionKind, RedemptionQuery, RedemptionSort};
pub use reward::{LoyaltyReward, RewardSort};
pub use store::{HoldsLoyalty, LoyaltyStore, OwnUses};
pub use summary::{Expiring, PointsSummary};
pub use welcome::{Recognise, WelcomeMark};
