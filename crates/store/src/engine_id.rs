//! The id by which an engine tells itself from others.
//!
//! moby, `daemon/id.go`: since version 23 the file `engine-id` in the data root, a UUID in text. Before that it was
//! made of a key outside of the data root, so that an older data root has none.

use careen_evidence::{FileTree, Findings, Limits};

use crate::records::{Records, Spent};
use crate::roots::DataRoot;

impl DataRoot {
    /// The engine's id; `None` when this data root has none or is not Docker's.
    pub fn engine_id(&self, tree: &dyn FileTree, limits: &Limits, findings: &mut Findings) -> Option<String> {
        let records = Records { tree, limits, spent: &Spent::default() };
        let id = records.word(self.docker.as_ref()?, "engine-id", findings)?;
        // Whatever else stands there after a crash, zeros above all, identifies nothing.
        let is_id = !id.is_empty() && id.chars().all(|character| character.is_ascii_graphic());
        is_id.then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use careen_evidence::{CancelToken, MemoryTree};

    use super::*;

    fn engine_id(content: Option<&[u8]>) -> Option<String> {
        let mut tree = MemoryTree::new("disk");
        tree.file("/docker/image/overlay2/repositories.json", b"{}");
        if let Some(content) = content {
            tree.file("/docker/engine-id", content);
        }
        let (limits, mut findings) = (Limits::default(), Findings::new());
        let roots = crate::find_roots(&tree, &[], &limits, &CancelToken::default(), &mut findings).unwrap();
        roots[0].engine_id(&tree, &limits, &mut findings)
    }

    #[test]
    fn the_id_is_one_word() {
        let id = "4cdc042d-47d0-4e7d-95f5-4eca1f56173d";
        assert_eq!(engine_id(Some(format!("{id}\n").as_bytes())).as_deref(), Some(id));
        assert_eq!(engine_id(None), None);
        assert_eq!(engine_id(Some(b"")), None);
        assert_eq!(engine_id(Some(&[0; 36])), None);
        assert_eq!(engine_id(Some(&[b'a'; 600])), None);
    }
}
