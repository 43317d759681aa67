//! The licences of packages, for lists of parts. Those of dpkg's packages stand in a file for each, which nothing else needs:
//! they are read when a list is made, and what they say is remembered.

use std::rc::Rc;

use careen_evidence::{Findings, ReadError};
use careen_model::{Ecosystem, ImagePackages};
use careen_packages::dpkg_licenses;

use crate::{Observer, Scope, Session};

/// Positions of packages in their list, and the licences of each.
pub(crate) type Licenses = Rc<[(usize, Rc<str>)]>;

impl Session {
    /// The packages of a scope as [`Session::packages_of`] gives them, each with its licences.
    pub fn packages_with_licenses(
        &mut self,
        scope: &Scope,
        observer: Observer<'_>,
    ) -> Result<ImagePackages, ReadError> {
        let mut packages = (*self.packages_of(scope, observer)?).clone();
        for (at, license) in self.licenses_of(scope, &packages)?.iter() {
            if let Some(package) = packages.packages.get_mut(*at) {
                license.as_ref().clone_into(&mut package.declared.license);
            }
        }
        Ok(packages)
    }

    fn licenses_of(&mut self, scope: &Scope, packages: &ImagePackages) -> Result<Licenses, ReadError> {
        if let Some(known) = self.licenses.get(scope) {
            return Ok(Rc::clone(known));
        }
        let mut found = Vec::new();
        if packages.ecosystems.contains(&Ecosystem::Apt) {
            let mut findings = Findings::new();
            // What is wrong with the tree was told when its packages were read.
            let tree = self.tree_of_packages(scope, &mut Findings::new())?;
            let (limits, cancel) = (&self.options.limits, &self.options.cancel);
            let read = dpkg_licenses(&*tree, &packages.packages, limits, cancel, &mut findings);
            self.absorb(findings);
            found = read?;
        }
        let found: Licenses = found.into();
        self.licenses.insert(scope.clone(), Rc::clone(&found));
        Ok(found)
    }
}
