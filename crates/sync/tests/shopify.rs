//! The Shopify connector against a fake shop, which Shopify's own schema certifies (`make certify`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "shopify/access.rs"]
mod access;
#[path = "shopify/back.rs"]
mod back;
#[path = "shopify/bulk.rs"]
mod bulk;
#[path = "shopify/fault.rs"]
mod fault;
#[path = "shopify/shop.rs"]
mod shop;
#[path = "shopify/tail.rs"]
mod tail;
