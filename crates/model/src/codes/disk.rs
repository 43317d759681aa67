//! Findings of the `disk` crate.

super::codes! {}
