//! Findings of the `store` crate.

super::codes! {}
