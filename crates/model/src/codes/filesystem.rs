//! Findings of the `filesystem` crate.

super::codes! {}
