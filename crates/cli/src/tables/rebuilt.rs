//! What was rebuilt.

use super::{size, table, word};
use crate::commands::WrittenRebuild;

/// The files, and what is to be known of them.
pub fn rebuilt(written: &WrittenRebuild<'_>) -> String {
    let all = written.rebuilt;
    let rows = all.files.iter().map(|file| {
        let bytes = file.size.map_or_else(|| "?".to_owned(), size);
        let guesses = if file.guesses.is_empty() { String::new() } else { file.guesses.len().to_string() };
        [file.path.clone(), word(file.kind), bytes, guesses, file.reason.clone()]
    });
    let mut text = table(["FILE", "KIND", "SIZE", "GUESSES", "MADE FROM"], rows);
    for left in &all.left_out {
        text.push_str(&format!("left out: {}: {}\n", left.of, crate::output::one_line(&left.reason)));
    }
    text.push_str(&format!(
        "\n{}: {} files and folders of files, {} written; what was guessed stands in each file as a comment\n",
        written.out,
        all.files.len(),
        size(written.size),
    ));
    text
}
