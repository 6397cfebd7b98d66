//! What the ledger needs beside requests: somebody who notes what has lapsed and expired and seals the books, and somebody who
//! proves that they add up.

mod tend;
pub(crate) mod verify;

pub(crate) use tend::Tender;
