//! A point in time as filesystems record it.

use serde::{Deserialize, Serialize};

/// Seconds and nanoseconds since 1970-01-01 UTC; before 1970 the seconds are negative and the nanoseconds count up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp {
    /// Whole seconds since the epoch, rounded down.
    pub seconds: i64,
    /// 0 to 999 999 999.
    pub nanoseconds: u32,
}

impl Timestamp {
    /// Nanoseconds since the epoch. Wider than 64 bits because ext4 reaches the year 2446.
    pub fn nanoseconds_since_epoch(self) -> i128 {
        i128::from(self.seconds).saturating_mul(1_000_000_000).saturating_add(i128::from(self.nanoseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn times_before_1970_count_up_within_the_second() {
        let time = Timestamp { seconds: -1, nanoseconds: 250_000_000 };
        assert_eq!(time.nanoseconds_since_epoch(), -750_000_000);
    }
}
