//! Finding what one name of a merged directory stands for, layer by layer from the top, as the kernel's `ovl_lookup`
//! does it (fs/overlayfs/namei.c).

use std::borrow::Cow;

use careen_evidence::{Findings, Kind, NodeId, ReadError, codes};

use super::MergedTree;
use super::marks::{Marks, Redirect};
use super::nodes::{Object, Real};

/// A name as one directory of the stack has it, when the directory was listed already.
pub(super) struct Listed {
    /// Position of that directory in the stack.
    pub(super) position: usize,
    pub(super) node: NodeId,
    pub(super) kind: Option<Kind>,
}

/// Something met in one layer; the kind is unknown when its inode cannot be read.
type Hit = (Real, Option<Kind>);

/// A search on its way down the layers.
struct Search<'a> {
    view: &'a MergedTree,
    findings: &'a mut Findings,
    /// The name looked for; a path from the root once an absolute redirect was met.
    wanted: Cow<'a, [u8]>,
    /// A redirect changed the name, so what was listed is of no use any more.
    is_renamed: bool,
    /// Nothing further down counts.
    stop: bool,
    /// A directory was found: only directories are merged into it.
    is_directory: bool,
    /// What was found last is metadata alone: its content is still looked for.
    is_metacopy: bool,
    /// The last redirect, until something is found behind it.
    redirect: Option<(Real, Vec<u8>)>,
}

impl MergedTree {
    /// What `name` stands for in the directory that consists of `stack`. `listed` says which of them have the name,
    /// when that is known.
    pub(super) fn resolve(
        &self,
        stack: &[Real],
        name: &[u8],
        listed: Option<&[Listed]>,
        findings: &mut Findings,
    ) -> Result<Option<(Object, Option<Kind>)>, ReadError> {
        let mut search = Search {
            view: self,
            findings,
            wanted: Cow::Borrowed(name),
            is_renamed: false,
            stop: false,
            is_directory: false,
            is_metacopy: false,
            redirect: None,
        };
        let mut found: Vec<Real> = Vec::new();
        let mut kind = None;
        let mut through = stack;
        let mut position = 0_usize;
        let mut is_at_root = false;
        while let Some(base) = through.get(position).copied() {
            let hit = if search.is_path() {
                search.by_path(base)?
            } else {
                let entry = match listed {
                    Some(listed) if !search.is_renamed => {
                        listed.iter().find(|entry| entry.position == position).map(|entry| (entry.node, entry.kind))
                    }
                    _ => search.entry(base, &search.wanted.clone())?,
                };
                search.single(base.layer, entry, 0, b"")?
            };
            if let Some((real, its_kind)) = hit {
                if found.is_empty() {
                    kind = its_kind;
                }
                found.push(real);
            }
            if search.stop {
                break;
            }
            position = position.saturating_add(1);
            if search.is_path() && !is_at_root {
                // A path counts from the root, in all layers below this one.
                (through, position, is_at_root) = (&self.roots, base.layer.saturating_add(1), true);
            }
        }
        Ok(search.finish(&found).map(|object| (object, kind)))
    }
}

impl Search<'_> {
    fn is_path(&self) -> bool {
        self.wanted.first() == Some(&b'/')
    }

    /// The object of `found` objects, with what is missing told.
    fn finish(self, found: &[Real]) -> Option<Object> {
        let (top, last) = (*found.first()?, *found.last()?);
        if self.is_metacopy {
            self.findings.add(&codes::store::OVERLAY_METACOPY_WITHOUT_DATA, &self.view.place_of(top), &[]);
            return Some(Object::Metacopy { top, data: None });
        }
        if let Some((real, target)) = self.redirect {
            let target = String::from_utf8_lossy(&target);
            self.findings.add(
                &codes::store::OVERLAY_REDIRECT_BROKEN,
                &self.view.place_of(real),
                &[("target", &target)],
            );
        }
        Some(match found.len() {
            1 => Object::Single(top),
            _ if self.is_directory => Object::Merged(found.into()),
            _ => Object::Metacopy { top, data: Some(last) },
        })
    }

    /// The wanted path in one layer, whose root is `base`.
    fn by_path(&mut self, base: Real) -> Result<Option<Hit>, ReadError> {
        let mut directory = base;
        // Counted from the end, since a redirect on the way changes what stands before.
        let mut ahead = self.wanted.len().saturating_sub(1);
        loop {
            let passed = self.wanted.len().saturating_sub(ahead);
            let rest = self.wanted.get(passed..).unwrap_or_default().to_vec();
            let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let (name, rest) = rest.split_at_checked(end).unwrap_or((&rest, b""));
            let entry = self.entry(directory, name)?;
            let hit = self.single(base.layer, entry, passed, rest)?;
            match hit {
                Some((next, _)) if !rest.is_empty() => directory = next,
                _ => return Ok(hit),
            }
            ahead = rest.len().saturating_sub(1);
        }
    }

    /// What a layer's directory has under a name. A directory that cannot be searched is told and taken as empty.
    fn entry(&mut self, directory: Real, name: &[u8]) -> Result<Option<(NodeId, Option<Kind>)>, ReadError> {
        let Some(layer) = self.view.layer(directory) else { return Ok(None) };
        match layer.tree.lookup(directory.node, name, self.findings) {
            Ok(found) => Ok(found.map(|node| (node, None))),
            Err(error) => self.view.told_unreadable(error, self.findings).map(|()| None),
        }
    }

    /// What one layer has under one name of the wanted path: `passed` bytes stand before the name, `rest` after it.
    /// Sets what this means for the layers below.
    fn single(
        &mut self,
        layer: usize,
        entry: Option<(NodeId, Option<Kind>)>,
        passed: usize,
        rest: &[u8],
    ) -> Result<Option<Hit>, ReadError> {
        let Some((node, recorded)) = entry else { return Ok(None) };
        let real = Real { layer, node };
        let is_last_name = rest.is_empty();
        let Some(kind) = self.kind(real, recorded)? else {
            // Whatever it is, it hides what lies below; asking for its metadata will say why it is not there.
            self.stop = true;
            return Ok(if is_last_name && !self.is_directory && !self.is_metacopy { Some((real, None)) } else { None });
        };
        let marks = match kind {
            Kind::Directory | Kind::File => self.view.marks_of(real, self.findings)?,
            _ => Marks::default(),
        };
        if self.view.is_whiteout(real, kind, &marks, self.findings)? {
            self.stop = true;
            return Ok(None);
        }
        if is_last_name && self.is_metacopy && kind != Kind::File {
            self.stop = true;
            return Ok(None);
        }
        let is_lowest = layer.saturating_add(1) == self.view.layers.len();
        if kind == Kind::Directory {
            self.is_directory |= is_last_name;
            if is_lowest || marks.is_opaque {
                self.stop |= marks.is_opaque;
                self.reached(is_last_name);
                return Ok(Some((real, Some(kind))));
            }
        } else {
            if self.is_directory || !is_last_name {
                self.stop = true;
                return Ok(None);
            }
            self.is_metacopy = kind == Kind::File && marks.is_metacopy;
            self.stop = !self.is_metacopy;
            if !self.is_metacopy || is_lowest {
                self.reached(is_last_name);
                return Ok(Some((real, Some(kind))));
            }
        }
        self.reached(is_last_name);
        if let Some(redirect) = marks.redirect {
            self.follow(real, redirect, passed, rest);
        }
        Ok(Some((real, Some(kind))))
    }

    /// Something stands where the last redirect pointed.
    fn reached(&mut self, is_last_name: bool) {
        if is_last_name {
            self.redirect = None;
        }
    }

    /// Goes on under the name or path that the layers below know.
    fn follow(&mut self, real: Real, redirect: Redirect, passed: usize, rest: &[u8]) {
        let before: &[u8] = match &redirect {
            Redirect::Name(_) => self.wanted.get(..passed).unwrap_or_default(),
            // An opaque directory on the way to here does not end a search that starts again at the root.
            Redirect::Path(_) => {
                self.stop = false;
                b""
            }
            Redirect::Invalid(_) => {
                self.stop = true;
                self.redirect = Some((real, redirect.target().to_vec()));
                return;
            }
        };
        let wanted = [before, redirect.target(), rest].concat();
        if rest.is_empty() {
            self.redirect = Some((real, redirect.target().to_vec()));
        }
        self.wanted = Cow::Owned(wanted);
        self.is_renamed = true;
    }

    /// The kind of an object, `None` when its inode cannot be read.
    fn kind(&mut self, real: Real, recorded: Option<Kind>) -> Result<Option<Kind>, ReadError> {
        if recorded.is_some() {
            return Ok(recorded);
        }
        let Some(layer) = self.view.layer(real) else { return Ok(None) };
        match layer.tree.stat(real.node, self.findings) {
            Ok(stat) => Ok(Some(stat.kind)),
            Err(error) => self.view.told_unreadable(error, self.findings).map(|()| None),
        }
    }
}
