//! Words of a Dockerfile, and words as Go prints them in histories.
//!
//! Dockerfile reference, "Escape", "Environment replacement", "Shell and exec form"; the builder's own reader (buildkit
//! `frontend/dockerfile/parser`, `shell/lex.go`). Whatever a disk says comes out as data: a text that cannot be written so
//! that it means the same is told as a comment.

/// How a Dockerfile escapes: with a backslash, or as Windows images do, whose paths have those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escape(pub char);

impl Escape {
    /// The usual one.
    pub const USUAL: Escape = Escape('\\');
    /// That of Windows images.
    pub const WINDOWS: Escape = Escape('`');

    /// A word of ENV, LABEL and the like; `None` for one with line breaks, which no Dockerfile can hold.
    pub fn word(self, text: &str) -> Option<String> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:@%+,=~^".contains(letter);
        if !text.is_empty() && text.chars().all(is_plain) { Some(text.to_owned()) } else { self.quoted(text) }
    }

    /// What WORKDIR, USER and the like take: the rest of the line as one word.
    pub fn rest(self, text: &str) -> Option<String> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:@%+,=~^ ".contains(letter);
        let is_trimmed = text.trim() == text && !text.is_empty();
        if is_trimmed && text.chars().all(is_plain) { Some(text.to_owned()) } else { self.quoted(text) }
    }

    /// A word in double quotes, in which three signs mean something.
    fn quoted(self, text: &str) -> Option<String> {
        if text.contains(breaks_a_line) {
            return None;
        }
        let mut word = String::from('"');
        for letter in text.chars() {
            if letter == '"' || letter == '$' || letter == self.0 {
                word.push(self.0);
            }
            word.push(letter);
        }
        word.push('"');
        Some(word)
    }

    /// A list in the JSON form of an instruction whose words are looked through for variables once more.
    pub fn list(self, words: &[String]) -> String {
        let escaped = words.iter().map(|word| {
            let mut text = String::new();
            for letter in word.chars() {
                if ['"', '\'', '$', self.0].contains(&letter) {
                    text.push(self.0);
                }
                text.push(letter);
            }
            text
        });
        json(&escaped.collect::<Vec<_>>())
    }

    /// Whether a text can stand behind RUN, CMD or the like as one line that the builder hands on as it is.
    pub fn is_line(self, text: &str) -> bool {
        let trimmed = text.trim();
        let is_here = |word: &str| word.trim_start_matches(|it: char| it.is_ascii_digit()).starts_with("<<");
        let has_here = text.split_ascii_whitespace().any(is_here);
        !trimmed.is_empty()
            && !text.contains(breaks_a_line)
            && !trimmed.ends_with(self.0)
            && !trimmed.starts_with('[')
            && !trimmed.starts_with("--")
            && !has_here
    }
}

/// Letters at which some reader of lines ends one, and the zero byte.
pub fn breaks_a_line(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\0' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A list as JSON on one line. No `<` stands in it, so that nobody takes it for a here-document.
pub fn json(words: &[String]) -> String {
    let words = words.iter().map(|word| {
        let text = serde_json::to_string(word).unwrap_or_default().replace('<', "\\u003c");
        // JSON itself lets these stand as they are.
        text.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
    });
    format!("[{}]", words.collect::<Vec<_>>().join(", "))
}

/// A text of the disk on one line of a comment, whatever is in it.
pub fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for letter in text.chars() {
        match letter {
            '\n' => line.push_str("\\n"),
            '\t' => line.push(' '),
            letter if letter.is_control() || breaks_a_line(letter) || ('\u{202a}'..='\u{202e}').contains(&letter) => {
                line.extend(letter.escape_unicode());
            }
            letter => line.push(letter),
        }
    }
    line
}

/// Words as Go prints a list with `%q`, `["a" "b c"]`; commas between them, as in JSON, are taken too. `None` for anything
/// else.
pub fn go_words(text: &str) -> Option<Vec<String>> {
    let mut inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut words = Vec::new();
    loop {
        inner = inner.trim_start_matches([' ', ',']);
        if inner.is_empty() {
            return Some(words);
        }
        let (word, rest) = go_word(inner)?;
        words.push(word);
        inner = rest;
    }
}

/// A word in double quotes as Go writes it (`strconv.Quote`), and what follows it.
pub fn go_word(text: &str) -> Option<(String, &str)> {
    let mut letters = text.strip_prefix('"')?.chars();
    let mut bytes: Vec<u8> = Vec::new();
    let put = |letter: char, bytes: &mut Vec<u8>| bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    loop {
        match letters.next()? {
            '"' => return Some((String::from_utf8_lossy(&bytes).into_owned(), letters.as_str())),
            '\\' => match letters.next()? {
                'a' => bytes.push(7),
                'b' => bytes.push(8),
                't' => bytes.push(9),
                'n' => bytes.push(10),
                'v' => bytes.push(11),
                'f' => bytes.push(12),
                'r' => bytes.push(13),
                'x' => bytes.push(u8::try_from(digits(&mut letters, 2)?).ok()?),
                'u' => put(char::from_u32(digits(&mut letters, 4)?)?, &mut bytes),
                'U' => put(char::from_u32(digits(&mut letters, 8)?)?, &mut bytes),
                letter => put(letter, &mut bytes),
            },
            letter => put(letter, &mut bytes),
        }
    }
}

/// So many hexadecimal digits as a number.
fn digits(letters: &mut std::str::Chars<'_>, count: usize) -> Option<u32> {
    let text: String = letters.by_ref().take(count).collect();
    (text.len() == count).then(|| u32::from_str_radix(&text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_means_something_to_the_builder_is_quoted() {
        for (text, written) in [
            ("a/b:1", Some("a/b:1")),
            ("", Some("\"\"")),
            ("2.1 beta", Some("\"2.1 beta\"")),
            ("it's \"q\"", Some("\"it's \\\"q\\\"\"")),
            ("$HOME\\", Some("\"\\$HOME\\\\\"")),
            ("a\nb", None),
            ("a\u{2028}", None),
        ] {
            assert_eq!(Escape::USUAL.word(text).as_deref(), written, "{text:?}");
        }
        assert_eq!(Escape::WINDOWS.word("C:\\x `$").as_deref(), Some("\"C:\\x ```$\""));
        assert_eq!(Escape::USUAL.rest("/with space").as_deref(), Some("/with space"));
        assert_eq!(Escape::USUAL.rest(" /x\\").as_deref(), Some("\" /x\\\\\""));
        assert_eq!(Escape::USUAL.list(&words(&["/a b", "/$c'"])), r#"["/a b", "/\\$c\\'"]"#);
    }

    #[test]
    fn a_line_that_the_builder_would_take_apart_is_none() {
        for text in ["echo a", "a && b # c", "echo $((1<<2))"] {
            assert!(Escape::USUAL.is_line(text), "{text}");
        }
        for text in
            ["", "a\\", "a \\ ", "[\"a\"]", "--mount=x a", "cat <<EOF", "cat 3<<-'X'", "a\nb", "cat <<< x", "a\0"]
        {
            assert!(!Escape::USUAL.is_line(text), "{text:?}");
        }
        assert!(Escape::WINDOWS.is_line("dir C:\\") && !Escape::WINDOWS.is_line("a `"));
    }

    #[test]
    fn lists_as_go_prints_them_are_read() {
        assert_eq!(go_words(r#"["a" "b c"]"#), Some(words(&["a", "b c"])));
        assert_eq!(go_words(r#"["a", "\"\\\n\x41é\u00e9"]"#), Some(words(&["a", "\"\\\nAéé"])));
        assert_eq!(go_words("[]"), Some(Vec::new()));
        for text in ["", "a", "[a]", "[\"a]", "[\"\\x4\"]", "[\"a\"] b"] {
            assert_eq!(go_words(text), None, "{text}");
        }
    }

    #[test]
    fn a_comment_and_a_list_stay_on_their_line() {
        assert_eq!(on_one_line("a\nFROM x\r\u{202e}\t"), "a\\nFROM x\\u{d}\\u{202e} ");
        assert_eq!(json(&words(&["<<EOF", "a\nb\u{2028}"])), r#"["\u003c\u003cEOF", "a\nb\u2028"]"#);
    }
}
