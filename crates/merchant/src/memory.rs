//! Merchants and their places in memory.
