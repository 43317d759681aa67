//! The way back from images and containers to what made them: Dockerfiles, pins, compose files, scripts.
//!
//! What is not known for sure is a comment in the file. Every text of a disk is data: it comes out so that the file means
//! the same, or as a comment.

mod base;
mod compose;
mod dockerfile;
mod history;
mod instruction;
mod others;
mod pairs;
mod pins;
mod requirements;
mod settings;
#[cfg(test)]
mod tests;
mod words;
mod yaml;

pub use base::{Base, Configured, base, reference};
pub use compose::{ComposeFile, Service, compose};
pub use dockerfile::{Dockerfile, Recipe, Source, dockerfile};
pub use history::{Step, steps};
pub use instruction::{Copy, Instruction};
pub use pins::{Chosen, PinnedFile, Pins, pinned};
pub use requirements::origin_path;

use careen_model::Comparison;

/// The version of each package that was chosen for all images.
pub fn chosen(comparison: &Comparison) -> Chosen {
    let all = comparison.standard.iter();
    all.map(|choice| ((choice.ecosystem, choice.package.clone()), choice.version.clone())).collect()
}

/// Command lines of a container as a script.
pub fn run_script(name: &str, commands: &[Vec<String>]) -> String {
    let mut text = String::from("#!/bin/sh\n");
    text.push_str(&format!(
        "# Makes and starts the container {} again. Rebuilt by careen from the engine's records of it,\n",
        words::on_one_line(name)
    ));
    text.push_str(
        "# with the values of its variables, secrets too. The image, volumes and networks have to be there.\nset -e\n",
    );
    for words in commands {
        text.push_str(&crate::shell_line(words));
        text.push('\n');
    }
    text
}
