//! Node numbers of a merged tree.
//!
//! Nearly every object of an image stands in one layer alone, so its number says which layer and which node there,
//! and nothing is kept for it. Only directories that several layers have, and files whose content lies below their
//! metadata, are kept in a table.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use careen_evidence::{Limits, NodeId, Place, ReadError};

/// An object of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Real {
    /// Position of the layer, 0 is the topmost.
    pub(super) layer: usize,
    /// Its node in the layer's tree.
    pub(super) node: NodeId,
}

/// What stands behind one node of the merged tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Object {
    /// An object as one layer has it.
    Single(Real),
    /// A directory that several layers have, topmost first. The root is always one, with any number of layers.
    Merged(Rc<[Real]>),
    /// A file with its metadata in one layer and its content in one below; `None` when the content was not found.
    Metacopy { top: Real, data: Option<Real> },
}

impl Object {
    /// The object that gives the metadata; none for the root of a tree without layers.
    pub(super) fn top(&self) -> Option<Real> {
        match self {
            Object::Single(real) | Object::Metacopy { top: real, .. } => Some(*real),
            Object::Merged(stack) => stack.first().copied(),
        }
    }

    /// The directories behind this one, topmost first.
    pub(super) fn stack(&self) -> &[Real] {
        match self {
            Object::Single(real) | Object::Metacopy { top: real, .. } => std::slice::from_ref(real),
            Object::Merged(stack) => stack,
        }
    }
}

/// Numbers with this bit are positions in the table; others hold a layer above a node of [`NODE_BITS`] bits.
const IN_TABLE: u64 = 1 << 63;
const NODE_BITS: u32 = 48;

/// The objects that have a number of their own.
pub(super) struct Nodes {
    table: RefCell<Vec<Object>>,
    known: RefCell<HashMap<Object, u64>>,
    limit: u64,
}

impl Nodes {
    /// A table with the root in it.
    pub(super) fn new(root: Rc<[Real]>, limits: &Limits) -> Self {
        let root = Object::Merged(root);
        let known = HashMap::from([(root.clone(), 0)]);
        Nodes { table: RefCell::new(vec![root]), known: RefCell::new(known), limit: limits.entries }
    }

    /// Number of the root.
    pub(super) const ROOT: NodeId = NodeId(IN_TABLE);

    /// The number of an object: always the same one for the same object.
    pub(super) fn number(&self, object: &Object, place: &Place) -> Result<NodeId, ReadError> {
        if let Object::Single(real) = object
            && let Some(number) = direct(*real)
        {
            return Ok(number);
        }
        if let Some(position) = self.known.borrow().get(object) {
            return Ok(NodeId(IN_TABLE | position));
        }
        let mut table = self.table.borrow_mut();
        let position = table.len() as u64;
        if position >= self.limit {
            let what = format_args!("more than {} merged directories", self.limit);
            return Err(ReadError::over_limit(place, what));
        }
        table.push(object.clone());
        self.known.borrow_mut().insert(object.clone(), position);
        Ok(NodeId(IN_TABLE | position))
    }

    /// The object behind a number; `None` for a number this tree never gave.
    pub(super) fn object(&self, number: NodeId) -> Option<Object> {
        if number.0 & IN_TABLE != 0 {
            return self.table.borrow().get(usize::try_from(number.0 ^ IN_TABLE).ok()?).cloned();
        }
        let layer = usize::try_from(number.0 >> NODE_BITS).ok()?;
        Some(Object::Single(Real { layer, node: NodeId(number.0 & ((1 << NODE_BITS) - 1)) }))
    }
}

/// The number that says everything by itself, where layer and node fit into it.
fn direct(real: Real) -> Option<NodeId> {
    let layer = u64::try_from(real.layer).ok().filter(|layer| *layer < (1 << (63 - NODE_BITS)))?;
    (real.node.0 >> NODE_BITS == 0).then_some(NodeId((layer << NODE_BITS) | real.node.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_keeps_its_number() {
        let real = |layer, node| Real { layer, node: NodeId(node) };
        let objects = [
            Object::Single(real(0, 2)),
            Object::Single(real(3, 1 << 32)),
            // Too large to stand in the number itself.
            Object::Single(real(1, 1 << 50)),
            Object::Single(real(1 << 20, 2)),
            Object::Merged([real(0, 2), real(1, 2)].into()),
            Object::Metacopy { top: real(0, 2), data: None },
            Object::Metacopy { top: real(0, 2), data: Some(real(1, 9)) },
        ];
        let nodes = Nodes::new([real(0, 1)].into(), &Limits::default());
        let number = |object| nodes.number(object, &Place::default()).unwrap();
        let numbers: Vec<NodeId> = objects.iter().map(number).collect();
        for (object, given) in objects.iter().zip(&numbers) {
            assert_eq!((number(object), nodes.object(*given).as_ref()), (*given, Some(object)));
            assert_eq!(numbers.iter().filter(|other| *other == given).count(), 1);
        }
        assert_eq!(nodes.object(NodeId(IN_TABLE | 99)), None);
    }

    #[test]
    fn the_table_is_bounded() {
        let nodes = Nodes::new([].into(), &Limits { entries: 2, ..Limits::default() });
        let metacopy = |node| Object::Metacopy { top: Real { layer: 0, node: NodeId(node) }, data: None };
        assert!(nodes.number(&metacopy(1), &Place::default()).is_ok());
        assert!(nodes.number(&metacopy(2), &Place::default()).is_err());
        assert!(nodes.number(&metacopy(1), &Place::default()).is_ok());
    }
}
