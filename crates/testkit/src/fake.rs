//! Fakes of what is outside: of each vendor a small server with a world of its own, and files as merchants bring them. Each can be
//! run by hand, as `regulars-fake`.

pub mod file;
pub mod salesforce;
pub mod shopify;
pub mod spotify;
