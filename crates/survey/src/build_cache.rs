//! The build cache of all stores, with what only the whole disk can tell of it: which layers images use too, and how
//! much lies in a directory that nothing else counted.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use careen_evidence::{Findings, ReadError, SubTree};
use careen_model::{BuildCache, Stage};

use crate::volumes::measure;
use crate::{Observer, Session};

impl Session {
    /// What BuildKit keeps of builds. A size that nothing records is `None` until
    /// [`Session::measure_build_cache`] walked for it.
    pub fn build_cache(&self) -> BuildCache {
        let layers = self.layers();
        let sizes: BTreeMap<&str, u64> =
            layers.iter().filter_map(|layer| Some((layer.chain_id.as_str(), layer.size?))).collect();
        let used: BTreeSet<(&str, &str)> = self
            .images()
            .flat_map(|image| image.layers.iter().map(|layer| (image.store.as_str(), layer.chain_id.as_str())))
            .collect();
        let mut cache = BuildCache::default();
        for store in self.classic() {
            let mut records = store.build_cache().to_vec();
            let is_used = |store: &str, chain: &str| used.contains(&(store, chain));
            careen_store::complete_build_cache(&mut records, &is_used, &|chain| sizes.get(chain).copied());
            for record in records.iter_mut().filter(|record| record.size.is_none()) {
                let key = (record.store.clone(), record.id.clone());
                record.size = self.build_cache_sizes.get(&key).copied();
            }
            cache.records.extend(records);
            cache.builds.extend(store.builds().iter().cloned());
        }
        cache
    }

    /// Walks the directories of the records whose size nothing records. What of one cannot be read is a finding, and
    /// its size stays unknown.
    pub fn measure_build_cache(&mut self, observer: Observer<'_>) -> Result<(), ReadError> {
        let unknown: Vec<_> = self.build_cache().records.into_iter().filter(|record| record.size.is_none()).collect();
        let total = Some(unknown.len() as u64);
        for (done, record) in (0..).zip(unknown) {
            let Some(cache_id) = &record.cache_id else { continue };
            let mut findings = Findings::new();
            let directory = self.stores.iter().find_map(|open| {
                let store = Some(&open.classic).filter(|_| open.store.id == record.store)?;
                let node = store.directory_of_cache_id(cache_id, &mut findings)?;
                Some(SubTree::new(Rc::clone(&open.tree), node))
            });
            let Some(tree) = directory else { continue };
            let mut report = || observer(self.progress(Stage::Volumes, &record.id, done, total));
            report();
            let measured = measure(&tree, self.options(), &mut report, &mut findings);
            self.absorb(findings);
            match measured {
                Ok(Some(measured)) => drop(self.build_cache_sizes.insert((record.store, record.id), measured.size)),
                Ok(None) => {}
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => self.note_failure(&error),
            }
        }
        Ok(())
    }
}
