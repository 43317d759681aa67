//! A disk that was cut off in the middle of its work, against the kernel's own recovery.

use std::path::Path;

use careen_tests::{Disk, Outcome, compare, listing};

/// The whole filesystem reads as after the kernel replayed its journal.
pub fn listing_is_the_kernels(disk: &Disk, truth: &Path) -> Outcome {
    let said = compare::json_lines(truth)?;
    let mut ours = listing::list(disk, "fs")?;
    for line in &mut ours {
        // The truth leaves the overlay's marks out.
        line.as_object_mut().map(|line| line.remove("overlay"));
    }
    compare::listings(&said, &ours)
}
