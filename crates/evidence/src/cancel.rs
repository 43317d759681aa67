//! Stopping long work.

use std::cell::Cell;
use std::rc::Rc;

use crate::{ErrorKind, Place, ReadError};

/// A flag shared between the one who asks to stop and the loops that look at it.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Rc<Cell<bool>>);

impl CancelToken {
    /// Asks all work that holds this token to stop.
    pub fn cancel(&self) {
        self.0.set(true);
    }

    /// Whether someone asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.get()
    }

    /// An error of kind [`ErrorKind::Cancelled`] once someone asked to stop.
    pub fn check(&self) -> Result<(), ReadError> {
        if self.is_cancelled() { Err(ReadError::new(ErrorKind::Cancelled, Place::default())) } else { Ok(()) }
    }
}
