//! Colours that nothing but this program can set: they travel through texts under a mark of this run, and become escape
//! sequences behind the filter that takes all others out.

use std::borrow::Cow;
use std::sync::LazyLock;

use anstyle::Style;

use crate::diag::visible;

/// What no input can know: an escape character and a random word.
static MARK: LazyLock<String> = LazyLock::new(|| {
    let mut random = [0; 16];
    // Without entropy there are no colours.
    if getrandom::fill(&mut random).is_err() {
        return String::new();
    }
    format!("\u{1b}{:032x};", u128::from_le_bytes(random))
});

/// Text in a style, for [`filter`].
pub fn paint(style: Style, text: &str) -> String {
    let mark = &*MARK;
    if mark.is_empty() { text.to_owned() } else { format!("{mark}{style}{mark}{text}{mark}{style:#}{mark}") }
}

/// What may go to a terminal: our styles as sequences, and all else visible.
pub fn filter(text: &str) -> String {
    let mark = &*MARK;
    if mark.is_empty() {
        return visible::visible(text).into_owned();
    }
    let parts = text.split(mark.as_str()).enumerate();
    let shown = parts.map(|(at, part)| if at % 2 == 1 { Cow::Borrowed(part) } else { visible::visible(part) });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use anstyle::{AnsiColor, Style};

    use super::{filter, paint};

    #[test]
    fn only_our_own_colours_get_through() {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        assert_eq!(filter(&format!("a {} c", paint(red, "b"))), "a \u{1b}[1m\u{1b}[31mb\u{1b}[0m c");
        assert_eq!(filter("a \u{1b}[31mb\u{1b}[0m c"), "a \\u{1b}[31mb\\u{1b}[0m c");
        let inside = filter(&paint(red, "\u{1b}[8mx\u{202e}"));
        assert_eq!(inside, "\u{1b}[1m\u{1b}[31m\\u{1b}[8mx\\u{202e}\u{1b}[0m");
    }
}
