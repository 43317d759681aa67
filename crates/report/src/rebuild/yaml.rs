//! Values as YAML 1.2 in block style, for compose files.

use serde_json::Value;

use super::words::breaks_a_line;

/// A value as YAML in block style, each text in quotes.
pub fn yaml(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                out.push_str(&indent);
                out.push_str(&quoted(key, false));
                out.push(':');
                below(value, depth, out);
            }
        }
        Value::Array(all) => {
            for value in all {
                out.push_str(&indent);
                out.push('-');
                below(value, depth, out);
            }
        }
        other => out.push_str(&format!("{indent}{}\n", scalar(other))),
    }
}

fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(fields) if fields.is_empty() => out.push_str(" {}\n"),
        Value::Array(all) if all.is_empty() => out.push_str(" []\n"),
        Value::Object(_) | Value::Array(_) => {
            out.push('\n');
            yaml(value, depth.saturating_add(1), out);
        }
        other => out.push_str(&format!(" {}\n", scalar(other))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text, true),
        other => other.to_string(),
    }
}

/// A text in double quotes (YAML 1.2.2, 7.3.1); plain where it is a word that is nothing but a text. Compose replaces
/// variables in values, not in keys.
fn quoted(text: &str, is_value: bool) -> String {
    let is_key = !is_value
        && text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    if is_key && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text) {
        return text.to_owned();
    }
    let text = if is_value { text.replace('$', "$$") } else { text.to_owned() };
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            letter
                if letter.is_control()
                    || breaks_a_line(letter)
                    || matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                quoted.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_disk_stay_texts() {
        for (value, written) in [
            ("a\nb: c", "\"a\\nb: c\""),
            ("\"\\", "\"\\\"\\\\\""),
            ("${X}", "\"$${X}\""),
            ("\u{85}\u{2028}\u{7f}", "\"\\u0085\\u2028\\u007F\""),
            ("yes", "\"yes\""),
            ("# x", "\"# x\""),
        ] {
            assert_eq!(quoted(value, true), written);
        }
        assert_eq!(
            (quoted("yes", false), quoted("a_b", false), quoted("a: b", false)),
            ("\"yes\"".into(), "a_b".into(), "\"a: b\"".into())
        );
    }
}
