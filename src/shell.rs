//! Words as a shell takes them, for commands that messages advise: what is pasted must do what it says, whatever a key, a
//! directory or a file is called.

/// A word, in quotes where it needs them.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// A word in quotes.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_word_for_what_it_is() {
        let words = ["plain", "a b", "$(touch x)", "`id`", "it's", "a\"b", "a\nb", "*", "~", "a;b", "#a", "", "!!"];
        for text in words {
            for written in [word(text), quoted(text)] {
                let said = std::process::Command::new("sh").args(["-c", &format!("printf %s {written}")]).output();
                assert_eq!(String::from_utf8_lossy(&said.expect("a shell").stdout), text, "{written}");
            }
        }
    }
}
