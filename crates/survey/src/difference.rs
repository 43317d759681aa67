//! What differs between two scopes: packages, configuration, files.

use std::rc::Rc;

use careen_evidence::{FileTree, Findings, Kind, NodeId, Pair, ReadError, Stat, kept, pairs};
use careen_model::{Aspect, ChangeKind, Differences, FileDifference, Stage};
use careen_store::MergedTree;
use serde_json::Value;

use crate::changes::change;
use crate::{Observer, Scope, Session, report};

/// Bytes of two files that are compared at a time.
const CHUNK: u64 = 4 << 20;
/// Objects between two words on how far it is.
const TELL_EVERY: u64 = 1024;

/// One of both.
struct Side {
    tree: Rc<dyn FileTree>,
    /// The same as a stack of layers, when it is one.
    merged: Option<Rc<MergedTree>>,
}

/// A directory that is in both and is gone through.
struct Open {
    path_length: usize,
    names: std::vec::IntoIter<Pair>,
}

impl Session {
    /// What differs between two scopes. Packages are compared where both can have some, settings of images and
    /// containers; files always: kind, content, mode, owner, device, attributes. Times alone make no difference, since
    /// every build gives new ones. Content is read where neither size nor layer tells.
    pub fn compare_scopes(
        &mut self,
        first: &Scope,
        second: &Scope,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Differences, ReadError> {
        let sides = [self.side(first, findings)?, self.side(second, findings)?];
        let has_packages = |scope: &Scope| !matches!(scope, Scope::Volume(_) | Scope::Store(_));
        let packages = if has_packages(first) && has_packages(second) {
            report::package_differences(&*self.packages_of(first, observer)?, &*self.packages_of(second, observer)?)
        } else {
            Vec::new()
        };
        let configuration =
            report::setting_differences(&self.settings_of(first, findings)?, &self.settings_of(second, findings)?);
        let label = format!("{first}, {second}");
        let files = self.compare_files(&sides, &label, observer, findings)?;
        Ok(Differences { first: first.to_string(), second: second.to_string(), packages, configuration, files })
    }

    fn side(&self, scope: &Scope, findings: &mut Findings) -> Result<Side, ReadError> {
        let merged = match scope {
            Scope::Image(name) => Some(Rc::new(self.image_tree(&self.find_image(name)?, findings)?.0)),
            Scope::Container(name) => Some(Rc::new(self.container_tree(&self.find_container(name)?, findings)?.0)),
            _ => None,
        };
        Ok(match merged {
            Some(merged) => Side { tree: Rc::<MergedTree>::clone(&merged), merged: Some(merged) },
            None => Side { tree: self.tree(scope, findings)?, merged: None },
        })
    }

    /// What `docker inspect` says of an image or a container; nothing of anything else.
    fn settings_of(&self, scope: &Scope, findings: &mut Findings) -> Result<Value, ReadError> {
        if !matches!(scope, Scope::Image(_) | Scope::Container(_)) {
            return Ok(Value::Null);
        }
        let document = kept(self.inspect(scope, findings), findings)?.unwrap_or_default();
        // `docker inspect` prints a list of what was asked for.
        let mut document = document.get(0).cloned().unwrap_or(document);
        if let (Scope::Image(_), Some(config)) = (scope, document.get_mut("Config").and_then(Value::as_object_mut)) {
            // What the classic builder's last step was made from, and its container; nobody chose these.
            config.retain(|name, _| name != "Image" && name != "Hostname");
        }
        Ok(document)
    }

    fn compare_files(
        &self,
        [first, second]: &[Side; 2],
        label: &str,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Vec<FileDifference>, ReadError> {
        let limits = self.options().limits;
        let (one, two) = (&*first.tree, &*second.tree);
        let names = pairs((one, Some(one.root())), (two, Some(two.root())), findings)?;
        let mut stack = vec![Open { path_length: 0, names }];
        let (mut all, mut path, mut met) = (Vec::new(), Vec::new(), 0_u64);
        while let Some(top) = stack.last_mut() {
            self.options().cancel.check()?;
            path.truncate(top.path_length);
            let Some(pair) = top.names.next() else {
                stack.pop();
                continue;
            };
            met = met.saturating_add(1);
            if met.is_multiple_of(TELL_EVERY) {
                observer(self.progress(Stage::Files, label, met, None));
            }
            if met > limits.entries {
                let reason = format!("more than {} names were not compared", limits.entries);
                findings.add_failure(&ReadError::over_limit(&one.place(one.root()), reason));
                break;
            }
            path.push(b'/');
            path.extend_from_slice(&pair.name);
            let (a, b) = match (pair.first, pair.second) {
                (Some(a), Some(b)) => (a, b),
                (first, _) => {
                    let kind = if first.is_some() { ChangeKind::Deleted } else { ChangeKind::Added };
                    all.push(file(kind, &path, Vec::new()));
                    continue;
                }
            };
            let stats = (kept(one.stat(a, findings), findings)?, kept(two.stat(b, findings), findings)?);
            let (Some(a_stat), Some(b_stat)) = stats else { continue };
            let what = aspects((first, a, &a_stat), (second, b, &b_stat), findings)?;
            if !what.is_empty() {
                all.push(file(ChangeKind::Changed, &path, what));
            }
            if a_stat.kind != Kind::Directory || b_stat.kind != Kind::Directory {
                continue;
            }
            if stack.len() as u64 >= u64::from(limits.depth) {
                let reason = format!("directories nest deeper than {}", limits.depth);
                findings.add_failure(&ReadError::over_limit(&one.place(a), reason));
                continue;
            }
            if let Some(names) = kept(pairs((one, Some(a)), (two, Some(b)), findings), findings)? {
                stack.push(Open { path_length: path.len(), names });
            }
        }
        Ok(all)
    }
}

fn file(kind: ChangeKind, path: &[u8], what: Vec<Aspect>) -> FileDifference {
    let change = change(kind, path);
    FileDifference { kind, path: change.path, path_hex: change.path_hex, what }
}

/// What differs of one name.
fn aspects(
    (first, a, a_stat): (&Side, NodeId, &Stat),
    (second, b, b_stat): (&Side, NodeId, &Stat),
    findings: &mut Findings,
) -> Result<Vec<Aspect>, ReadError> {
    if a_stat.kind != b_stat.kind {
        return Ok(vec![Aspect::Type]);
    }
    let is_one = is_one_object(first, a, second, b);
    // A directory of several layers has the attributes and owner of the topmost one alone.
    if is_one {
        return Ok(Vec::new());
    }
    let (one, two) = (&*first.tree, &*second.tree);
    let mut what = Vec::new();
    match a_stat.kind {
        Kind::File if a_stat.size != b_stat.size => what.push(Aspect::Content),
        Kind::File => match kept(is_same_content(one, a, two, b, findings), findings)? {
            // What cannot be read has its finding; whether it is the same is not known.
            None | Some(true) => {}
            Some(false) => what.push(Aspect::Content),
        },
        Kind::Symlink => {
            let targets =
                (kept(one.link_target(a, findings), findings)?, kept(two.link_target(b, findings), findings)?);
            if let (Some(a), Some(b)) = targets
                && a != b
            {
                what.push(Aspect::Target);
            }
        }
        _ => {}
    }
    if a_stat.mode != b_stat.mode {
        what.push(Aspect::Mode);
    }
    if (a_stat.uid, a_stat.gid) != (b_stat.uid, b_stat.gid) {
        what.push(Aspect::Owner);
    }
    if a_stat.rdev != b_stat.rdev {
        what.push(Aspect::Device);
    }
    let attributes = (kept(one.xattrs(a, findings), findings)?, kept(two.xattrs(b, findings), findings)?);
    if let (Some(mut a), Some(mut b)) = attributes {
        // Marks of the overlay say how a layer was made, not what a file is.
        for all in [&mut a, &mut b] {
            all.retain(|(name, _)| !name.starts_with(b"trusted.overlay.") && !name.starts_with(b"user.overlay."));
            all.sort();
        }
        if a != b {
            what.push(Aspect::Attributes);
        }
    }
    Ok(what)
}

/// Whether both stacks show the very same object of one layer.
fn is_one_object(first: &Side, a: NodeId, second: &Side, b: NodeId) -> bool {
    let sources =
        first.merged.as_ref().and_then(|it| it.source(a)).zip(second.merged.as_ref().and_then(|it| it.source(b)));
    sources.is_some_and(|((one, a), (two, b))| Rc::ptr_eq(one, two) && a == b)
}

/// Whether two files of the same length have the same bytes.
fn is_same_content(
    one: &dyn FileTree,
    a: NodeId,
    two: &dyn FileTree,
    b: NodeId,
    findings: &mut Findings,
) -> Result<bool, ReadError> {
    let (first, second) = (one.open(a, findings)?, two.open(b, findings)?);
    let (mut of_first, mut of_second) = (Vec::new(), Vec::new());
    let mut position = 0_u64;
    while position < first.len() {
        let count = first.len().saturating_sub(position).min(CHUNK);
        for (source, bytes) in [(&first, &mut of_first), (&second, &mut of_second)] {
            bytes.resize(usize::try_from(count).unwrap_or(0), 0);
            source.read_exact_at(position, bytes)?;
        }
        if of_first != of_second {
            return Ok(false);
        }
        position = position.saturating_add(count);
    }
    Ok(true)
}
