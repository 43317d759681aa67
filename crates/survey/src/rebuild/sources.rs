//! The files that a step brought, from its layer alone.

use std::collections::HashSet;
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, Kind, NodeId, ReadError, Visit, lookup_path, walk_from};
use careen_model::ChangeKind;
use careen_report::rebuild::{Copy, Instruction, Source, Step};
use careen_store::{MergedTree, changes};

use super::stream::Content;
use crate::image_store::ImageStore;
use crate::trees::FoundImage;
use crate::{Session, witness::LayerTree};

/// Files of a step that are laid out one by one; more are left in an archive.
const MOST_FILES: u64 = 20_000;
/// Bytes of a file that is laid out; a larger one may be full of holes, which an archive keeps.
const LARGEST_FILE: u64 = 1 << 30;
/// Bytes of a name.
const LONGEST_NAME: usize = 200;
/// Bits of a mode that COPY keeps and every system's files have.
const PLAIN_MODE: u16 = 0o777;

/// Owner and group of all files when they are not root's, or why the files cannot be laid out.
type LaidOut = Result<Option<(u32, u32)>, &'static str>;

/// The files of one layer.
struct LayerFiles {
    tree: Rc<dyn FileTree>,
    root: NodeId,
}

/// Where a step stands, and for whom its files are laid out.
pub(super) struct StepPlace {
    /// Position of its layer in the image.
    pub(super) layer: usize,
    /// Its number in the history, from 1.
    pub(super) number: usize,
    /// Whether names have to be such that Windows takes them.
    pub(super) for_windows: bool,
}

impl Session {
    /// What a step brought, and the files to lay beside the Dockerfile for it. An error only when cancelled.
    pub(super) fn source_of_step(
        &self,
        found: &FoundImage<'_>,
        step: &Step,
        place: &StepPlace,
        findings: &mut Findings,
    ) -> Result<(Source, Option<Content>), ReadError> {
        let (layer, number) = (place.layer, place.number);
        let missing = |why: String| (Source::Missing { why }, None);
        let files = match self.files_of_layer(found, layer, findings) {
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => return Ok(missing(error.to_string())),
            Ok(files) => files,
        };
        let of_step = match &step.instruction {
            Instruction::Copy(copy) => self.copied(&files, copy, place, findings),
            _ => Ok(None),
        };
        let why = match of_step {
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => return Ok(missing(error.to_string())),
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) if matches!(step.instruction, Instruction::Copy(_)) => {
                "The whole layer: what it has is not, or not only, where the history says; a link may lead there."
            }
            Ok(None) => "",
        };
        let removed = match self.removed(found, layer, findings) {
            Err(error) if error.is_cancelled() => return Err(error),
            removed => removed.unwrap_or_default(),
        };
        let path = format!("context/{number}.tar");
        let source = Source::Archive { path, at: "/".to_owned(), removed, why: why.to_owned() };
        Ok((source, Some(Content::archive(files.tree, files.root, self.options())?)))
    }

    /// The files of a layer without the marks of what it removed.
    fn files_of_layer(
        &self,
        found: &FoundImage<'_>,
        layer: usize,
        findings: &mut Findings,
    ) -> Result<LayerFiles, ReadError> {
        let none = || ReadError::corrupt(&self.place, format_args!("the image has no layer {layer}"));
        let wanted = found.item.layers.get(layer).ok_or_else(none)?;
        let (own, diff_id) = (found.open, wanted.diff_id.as_str());
        let mut last = None;
        let others = self.same_layers(own, &wanted.chain_id, Some(diff_id));
        for (open, chain) in std::iter::once((own, wanted.chain_id.as_str())).chain(others) {
            let is_whole = matches!(open.images(), ImageStore::Classic(store) if store.is_whole_layer(chain));
            if is_whole {
                let what = "its storage driver keeps no layers apart";
                last = Some(ReadError::unsupported(&self.place.then(chain), what));
                continue;
            }
            match self.layer_directory(open, chain, findings) {
                Ok((tree, root)) => {
                    let has_names = open.images().has_named_whiteouts();
                    return Ok(self.without_marks((tree, root), chain, has_names));
                }
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => last = last.or(Some(error)),
            }
        }
        Err(last.unwrap_or_else(none))
    }

    fn without_marks(&self, layer: LayerTree, chain: &str, has_names: bool) -> LayerFiles {
        let tree = MergedTree::over(vec![layer], self.place.then(chain), &self.options().limits);
        let tree = if has_names { tree.with_named_whiteouts() } else { tree };
        let root = tree.root();
        LayerFiles { tree: Rc::new(tree), root }
    }

    /// What a layer removed of those beneath, as paths that are text.
    fn removed(&self, found: &FoundImage<'_>, layer: usize, findings: &mut Findings) -> Result<Vec<String>, ReadError> {
        let (tree, diff_ids) = self.image_tree(found, findings)?;
        // The store may have layers between those of the image.
        let mut wanted = found.item.layers.iter().take(layer.saturating_add(1));
        let mut next = wanted.next();
        let mut at = None;
        for (position, own) in diff_ids.iter().enumerate() {
            if next.is_some_and(|wanted| own.as_deref() == Some(wanted.diff_id.as_str())) {
                at = Some(position);
                next = wanted.next();
            }
        }
        let mut removed = Vec::new();
        let Some(at) = at.filter(|at| *at > 0 && next.is_none()) else { return Ok(removed) };
        let (limits, cancel) = (&self.options.limits, &self.options.cancel);
        let (new, old) = (tree.view_up_to(at), tree.view_up_to(at.saturating_sub(1)));
        changes(&new, &old, limits, cancel, findings, &mut |kind, path| {
            if let (ChangeKind::Deleted, Ok(path)) = (kind, std::str::from_utf8(path)) {
                removed.push(path.to_owned());
            }
            Ok(())
        })?;
        Ok(removed)
    }

    /// What a COPY or an ADD brought; `None` when that cannot be told from its destination alone.
    fn copied(
        &self,
        files: &LayerFiles,
        copy: &Copy,
        place: &StepPlace,
        findings: &mut Findings,
    ) -> Result<Option<(Source, Option<Content>)>, ReadError> {
        let (number, for_windows) = (place.number, place.for_windows);
        let tree = &files.tree;
        let Some(node) = lookup_path(&**tree, copy.path.as_bytes(), findings)? else { return Ok(None) };
        let stat = tree.stat(node, findings)?;
        let source = match copy.sources.as_slice() {
            [one] => one.trim_end_matches('/').rsplit('/').next().filter(|name| is_plain(name)),
            _ => None,
        };
        let whole = |why: &str, content: Content| {
            let (path, at, why) = (format!("context/{number}.tar"), copy.path.clone(), why.to_owned());
            (Source::Archive { path, at, removed: Vec::new(), why }, Some(content))
        };
        if stat.kind != Kind::Directory {
            let is_packed = copy.is_add && is_archive(&**tree, node, findings)?;
            let Ok(owner) = self.laid_out(&**tree, node, for_windows, findings)? else { return Ok(None) };
            if is_packed {
                return Ok(None);
            }
            let name = source.or(copy.path.rsplit('/').next().filter(|name| is_plain(name))).unwrap_or("file");
            let path = format!("context/{number}/{name}");
            let content = Content::Files { tree: Rc::clone(tree), node };
            return Ok(Some((Source::Files { path, owner }, Some(content))));
        }
        let entries = tree.list(node, findings)?;
        let inside = match (copy.is_file, source, entries.as_slice()) {
            (true, _, [one]) => Some(one),
            (false, Some(name), all) => all.iter().find(|entry| entry.name == name.as_bytes() && all.len() == 1),
            _ => None,
        };
        // ADD of an archive leaves what was in it.
        let was_packed = copy.is_add && (copy.is_file || source.is_some_and(has_archive_name)) && inside.is_none();
        if let Some(entry) = inside.filter(|_| !(copy.is_add && copy.is_file)) {
            let is_file = tree.stat(entry.node, findings)?.kind == Kind::File;
            let name = std::str::from_utf8(&entry.name).ok().filter(|name| is_plain(name));
            if let (true, Some(name), Ok(owner)) =
                (is_file, name, self.laid_out(&**tree, entry.node, for_windows, findings)?)
            {
                let path = format!("context/{number}/{name}");
                let content = Content::Files { tree: Rc::clone(tree), node: entry.node };
                return Ok(Some((Source::Files { path, owner }, Some(content))));
            }
        }
        let archive = |why: &str| -> Result<_, ReadError> {
            Ok(Some(whole(why, Content::archive(Rc::clone(tree), node, self.options())?)))
        };
        if was_packed || (copy.is_add && copy.is_file) {
            return archive("");
        }
        match self.laid_out(&**tree, node, for_windows, findings)? {
            Ok(owner) => {
                let path = match source.filter(|_| inside.is_none()) {
                    Some(name) => format!("context/{number}/{name}/"),
                    None => format!("context/{number}/"),
                };
                let content = Content::Files { tree: Rc::clone(tree), node };
                Ok(Some((Source::Files { path, owner }, Some(content))))
            }
            Err(why) => archive(why),
        }
    }

    /// Whether what lies here can be laid out as files on every system and copied from there: the owner of all when it is
    /// one that is not root; in words why not.
    fn laid_out(
        &self,
        tree: &dyn FileTree,
        start: NodeId,
        for_windows: bool,
        findings: &mut Findings,
    ) -> Result<LaidOut, ReadError> {
        let (mut why, mut owner, mut count) = (None, None, 0_u64);
        let (mut names, mut inodes) = (HashSet::new(), HashSet::new());
        let options = self.options();
        walk_from(tree, start, &options.limits, &options.cancel, findings, &mut |met, findings| {
            let is_start = met.node == start;
            count = count.saturating_add(1);
            let stat = met.stat;
            let name = met.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            let lower = String::from_utf8_lossy(met.path).to_lowercase();
            let first = *owner.get_or_insert((stat.uid, stat.gid));
            let is_directory = stat.kind == Kind::Directory;
            // Without these the one who builds cannot read it.
            let needed = if is_directory { 0o700 } else { 0o400 };
            // What a directory that stands for its content is, is not copied.
            why = if is_start && is_directory {
                owner = None;
                None
            } else if !matches!(stat.kind, Kind::File | Kind::Directory) {
                Some("An archive: it has links or devices.")
            } else if stat.mode & !PLAIN_MODE != 0 || stat.mode & needed != needed {
                Some("An archive: it has modes that a copy would not keep.")
            } else if first != (stat.uid, stat.gid) {
                Some("An archive: its files belong to several owners.")
            } else if !(is_start || is_portable(name, for_windows) && names.insert(lower)) {
                Some("An archive: it has names that not every system takes.")
            } else if !is_directory && stat.nlink > 1 && !inodes.insert(stat.inode) {
                Some("An archive: it has files with several names.")
            } else if !is_directory && stat.size > LARGEST_FILE {
                Some("An archive: it has files of more than 1 GiB.")
            } else if count > MOST_FILES {
                Some("An archive: it has very many files.")
            } else if tree.xattrs(met.node, findings)?.iter().any(|(name, _)| name != b"security.selinux") {
                Some("An archive: its files have extended attributes.")
            } else {
                None
            };
            Ok(if why.is_some() { Visit::Stop } else { Visit::Enter })
        })?;
        Ok(match why {
            Some(why) => Err(why),
            None => Ok(owner.filter(|owner| *owner != (0, 0))),
        })
    }
}

/// Whether a name means nothing but itself to a builder.
fn is_plain(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "._-+".contains(letter);
    !matches!(name, "" | "." | "..")
        && !name.starts_with('-')
        && name.len() <= LONGEST_NAME
        && name.chars().all(is_letter)
        && is_portable(name.as_bytes(), true)
}

/// Whether systems take a name, and Windows too if it must (Microsoft, "Naming Files, Paths, and Namespaces").
pub(super) fn is_portable(name: &[u8], for_windows: bool) -> bool {
    let Ok(text) = std::str::from_utf8(name) else { return false };
    if matches!(text, "" | "." | "..")
        || text.len() > LONGEST_NAME
        || text.contains(|it: char| it == '/' || it.is_control())
    {
        return false;
    }
    if !for_windows {
        return true;
    }
    let stem = text.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || stem.strip_prefix("COM").or(stem.strip_prefix("LPT")).is_some_and(|rest| {
            rest.chars().count() == 1 && rest.chars().all(|digit| digit.is_ascii_digit() || "¹²³".contains(digit))
        });
    let is_bad = |letter: char| "<>:\"\\|?*".contains(letter);
    !is_device && !text.contains(is_bad) && !text.ends_with(['.', ' '])
}

/// Whether a file is called as archives are that ADD unpacks.
fn has_archive_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Whether ADD would unpack a file (moby `pkg/archive`: by its first bytes).
fn is_archive(tree: &dyn FileTree, node: NodeId, findings: &mut Findings) -> Result<bool, ReadError> {
    const USTAR_AT: usize = 257;
    if tree.stat(node, findings)?.kind != Kind::File {
        return Ok(false);
    }
    let source = tree.open(node, findings)?;
    let mut head = vec![0; usize::try_from(source.len().min(512)).unwrap_or(0)];
    source.read_exact_at(0, &mut head)?;
    let packed: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];
    Ok(packed.iter().any(|magic| head.starts_with(magic))
        || head.get(USTAR_AT..).is_some_and(|at| at.starts_with(b"ustar")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_every_system_takes_are_laid_out() {
        for name in ["run.sh", "a b", ".env", "한글", "con2", "COMPOSE"] {
            assert!(is_portable(name.as_bytes(), true), "{name}");
        }
        for name in ["", ".", "..", "a/b", "a\\b", "a:b", "con", "NUL.txt", "com1", "a.", "a ", "a\n", "a*"] {
            assert!(!is_portable(name.as_bytes(), true), "{name:?}");
        }
        for name in ["", ".", "..", "a/b", "a\nb"] {
            assert!(!is_portable(name.as_bytes(), false), "{name:?}");
        }
        assert!(
            !is_portable(b"\xff", false) && !is_portable(&[b'a'; 201], false) && is_portable(b"libx:amd64.list", false)
        );
        for name in ["a b", "-x", "..", "$x", "a\"", "*"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
