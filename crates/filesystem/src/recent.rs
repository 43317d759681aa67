//! A bounded memory of what was read lately.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key, the least recently used ones dropped when they weigh more than the capacity.
///
/// Two generations stand for the order of use: new and used values live in the young one; when that is half the
/// capacity, it becomes the old one and the former old one goes. Every operation is one or two look-ups. The value
/// put in last stays even when it alone is heavier than the capacity: a directory of a million names is looked
/// into a million times.
pub(crate) struct Recent<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    young_weight: usize,
    capacity: usize,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    /// An empty memory; `capacity` in the unit of the weights given to [`Recent::insert`].
    pub(crate) fn new(capacity: usize) -> Self {
        Recent { young: HashMap::new(), old: HashMap::new(), young_weight: 0, capacity }
    }

    /// Whether a value is there, without counting as a use.
    pub(crate) fn contains(&self, key: &K) -> bool {
        self.young.contains_key(key) || self.old.contains_key(key)
    }

    /// The value of this key, if it is still there.
    pub(crate) fn get(&mut self, key: K) -> Option<V> {
        if let Some((value, _)) = self.young.get(&key) {
            return Some(value.clone());
        }
        let (value, weight) = self.old.remove(&key)?;
        self.insert(key, value.clone(), weight);
        Some(value)
    }

    /// Remembers a value that weighs so much.
    pub(crate) fn insert(&mut self, key: K, value: V, weight: usize) {
        if self.young_weight.saturating_add(weight) > self.capacity / 2 && !self.young.is_empty() {
            self.old = std::mem::take(&mut self.young);
            self.young_weight = 0;
        }
        self.young_weight = self.young_weight.saturating_add(weight);
        self.young.insert(key, (value, weight));
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let mut recent = Recent::new(20);
        for key in 0..1000 {
            recent.insert(key, key * 2, 1);
            assert_eq!(recent.get(7.min(key)), Some(7.min(key) * 2), "in use at {key}");
            assert!(recent.young.len() + recent.old.len() <= 21);
        }
        assert!(recent.contains(&999) && !recent.contains(&500));
        assert_eq!(recent.get(500), None);
    }

    #[test]
    fn one_value_heavier_than_the_capacity_stays_until_the_next_ones_come() {
        let mut recent = Recent::new(10);
        recent.insert("big", 1, 1000);
        assert_eq!(recent.get("big"), Some(1));
        recent.insert("a", 2, 4);
        recent.insert("b", 3, 4);
        assert_eq!((recent.get("big"), recent.get("b")), (None, Some(3)));
    }
}
