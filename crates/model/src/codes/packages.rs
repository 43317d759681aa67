//! Findings of the `packages` crate.

super::codes! {}
