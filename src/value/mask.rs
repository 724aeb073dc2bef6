//! Texts of others, such as what AWS answers, without what must not be shown: an answer may repeat what it was asked.

use crate::value::{Data, Value};

/// What stands for what is not shown.
const MASK: &str = "(sensitive value)";
/// Shorter words say too little to be told from others.
const SHORTEST: usize = 4;

/// The text without the words of what is sensitive in some values. A part of a value is a word of it: an answer may
/// repeat that only.
pub fn mask<'a>(text: &str, values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut words = Vec::new();
    values.into_iter().for_each(|value| collect(value, false, &mut words));
    words.sort_by_key(|word: &String| std::cmp::Reverse(word.len()));
    words.dedup();
    words.iter().fold(text.to_owned(), |text, word| text.replace(word.as_str(), MASK))
}

fn collect(value: &Value, within: bool, words: &mut Vec<String>) {
    let sensitive = within || value.sensitive;
    match &value.data {
        Data::Secret(secret) => secret.text.iter().for_each(|text| split(text, words)),
        Data::String(text) if sensitive => split(text, words),
        Data::Number(number) if sensitive => split(&number.to_string(), words),
        _ => value.children().for_each(|child| collect(child, sensitive, words)),
    }
}

fn split(text: &str, words: &mut Vec<String>) {
    let parts = text.split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.')));
    let long = std::iter::once(text).chain(parts).filter(|part| part.len() >= SHORTEST);
    words.extend(long.map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sensitive_is_not_repeated() {
        let hidden = |text: &str| Value::string(text).into_sensitive();
        let cases = [
            (
                "no alarm [secret-1] there",
                Value::tuple(vec![hidden("ALARM(secret-1)")]),
                "no alarm [(sensitive value)] there",
            ),
            ("there is no /pre/secret", hidden("/pre/secret"), "there is no (sensitive value)"),
            (
                "nothing of 12345 or abc",
                Value::tuple(vec![Value::int(12345).into_sensitive(), hidden("abc")]),
                "nothing of (sensitive value) or abc",
            ),
            ("all of it is open", Value::string("open"), "all of it is open"),
        ];
        for (text, value, wanted) in cases {
            assert_eq!(mask(text, [&value]), wanted);
        }
    }
}
