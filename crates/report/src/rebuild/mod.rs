//! The way back from images and containers to what made them: Dockerfiles, pins, compose files, scripts.
//!
//! What is not known for sure is a comment in the file. Every text of a disk is data: it comes out so that the file means
//! the same, or as a comment.

mod base;
mod dockerfile;
mod history;
mod instruction;
mod pairs;
mod settings;
#[cfg(test)]
mod tests;
mod words;

pub use base::{Base, Configured, base};
pub use dockerfile::{Dockerfile, Recipe, Source, dockerfile};
pub use history::{Step, steps};
pub use instruction::{Copy, Instruction};
