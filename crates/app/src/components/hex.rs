//! Bytes as people look at them: offset, hexadecimal, characters.

use std::fmt::Write;

use leptos::prelude::*;

use crate::messages::files;

/// Bytes in a line: as many as the detail pane is wide.
const LINE: usize = 8;

/// A few kilobytes in hexadecimal, `offset` being the position of the first byte.
#[component]
pub fn HexView(
    /// The bytes.
    bytes: Vec<u8>,
    /// Position of the first.
    offset: u64,
) -> impl IntoView {
    view! { <pre class="hex" tabindex="0" aria-label=files::HEX_LABEL.get()>{dump(&bytes, offset)}</pre> }
}

fn dump(bytes: &[u8], offset: u64) -> String {
    let mut text = String::with_capacity(bytes.len() * 5);
    for (line, chunk) in bytes.chunks(LINE).enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{:08x} ", offset + (line * LINE) as u64);
        for at in 0..LINE {
            if at == LINE / 2 {
                text.push(' ');
            }
            let _ = match chunk.get(at) {
                Some(byte) => write!(text, " {byte:02x}"),
                None => write!(text, "   "),
            };
        }
        text.push_str("  ");
        text.extend(chunk.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' }));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_short_last_line_keeps_its_columns() {
        let lines = super::dump(b"01234567XY\n", 0x10);
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines[0], "00000010  30 31 32 33  34 35 36 37  01234567");
        assert!(lines[1].starts_with("00000018  58 59 0a   "));
        assert_eq!(lines[1].find("XY·"), lines[0].find("01234567"));
    }
}
