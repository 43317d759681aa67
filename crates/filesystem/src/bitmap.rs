//! A set of block numbers.

use careen_evidence::Limits;

/// One bit for each block of a filesystem.
pub(crate) struct Bitmap {
    words: Vec<u64>,
}

impl Bitmap {
    /// An empty set for the numbers below `blocks`; `None` when it would take more memory than `limits` allow.
    pub(crate) fn new(blocks: u64, limits: &Limits) -> Option<Self> {
        let count = blocks.div_ceil(64);
        if count.checked_mul(8)? > limits.bytes {
            return None;
        }
        let mut words = Vec::new();
        words.try_reserve_exact(usize::try_from(count).ok()?).ok()?;
        words.resize(usize::try_from(count).ok()?, 0);
        Some(Bitmap { words })
    }

    /// Adds `count` numbers from `first` on; those beyond the end are left out.
    pub(crate) fn set(&mut self, first: u64, count: u64) {
        let end = first.saturating_add(count).min((self.words.len() as u64).saturating_mul(64));
        let mut next = first;
        while next < end {
            let bit = next % 64;
            let now = 64_u64.saturating_sub(bit).min(end.saturating_sub(next));
            let mask = (u64::MAX >> (64_u64.saturating_sub(now))) << bit;
            if let Some(word) = usize::try_from(next / 64).ok().and_then(|at| self.words.get_mut(at)) {
                *word |= mask;
            }
            next = next.saturating_add(now);
        }
    }

    /// Whether a number is in the set.
    pub(crate) fn has(&self, number: u64) -> bool {
        let word = usize::try_from(number / 64).ok().and_then(|at| self.words.get(at));
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn runs_within_and_across_words() {
        for (first, count) in [(0, 1), (63, 2), (5, 200), (64, 64), (250, 100), (300, 1)] {
            let mut bitmap = Bitmap::new(250, &Limits::default()).unwrap();
            bitmap.set(first, count);
            for number in 0..256 {
                assert_eq!(bitmap.has(number), (first..first + count).contains(&number), "{first} {count} {number}");
            }
            assert!(!bitmap.has(256) && !bitmap.has(u64::MAX));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let limits = Limits { bytes: 32, ..Limits::default() };
        assert!(Bitmap::new(256, &limits).is_some() && Bitmap::new(257, &limits).is_none());
        assert!(Bitmap::new(u64::MAX, &Limits::default()).is_none());
    }
}
