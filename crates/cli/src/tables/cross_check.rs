//! What a second reader says.

use careen_model::CrossCheck;

use super::{short, size, table, word};

/// Both readers side by side.
pub fn cross_check(check: &CrossCheck) -> String {
    let mut text = format!(
        "{}: {} files, {}; {} the same, {} different, {} of them explained\n",
        check.reader,
        check.files,
        size(check.bytes),
        check.same,
        check.different,
        check.explained
    );
    if !check.differences.is_empty() {
        let shown = |digest: &Option<String>| digest.as_deref().map_or_else(|| "-".to_owned(), short);
        let rows = check.differences.iter().map(|difference| {
            let (ours, theirs) = (shown(&difference.ours), shown(&difference.theirs));
            [difference.path.clone(), ours, theirs, word(difference.kind), difference.reason.clone()]
        });
        text.push_str(&table(["PATH", "CAREEN", "OTHER", "WHY", ""], rows));
    }
    for left in &check.not_compared {
        text.push_str(&super::one_line(&format!("not compared: {}: {}", left.what, left.reason)));
        text.push('\n');
    }
    text
}
