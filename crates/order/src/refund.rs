//! Refunds: what goes back of a sale (rule 25).

pub mod share;
