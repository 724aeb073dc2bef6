//! Pages of a list: ElastiCache's `MaxRecords` and `Marker`, EC2's `MaxResults` and `NextToken`.

use super::failure::Failure;
use super::input::Input;

/// The page size that ElastiCache's `MaxRecords` asks for: 20 to 100, 100 where absent.
pub fn max_records(input: Input) -> Result<usize, Failure> {
    match input.number("MaxRecords") {
        None => Ok(100),
        Some(count @ 20..=100) => Ok(count as usize),
        Some(count) => Err(Failure::value(format!("Invalid value {count} for MaxRecords. Must be between 20 and 100"))),
    }
}

/// The key that a marker names; the page starts behind it.
pub fn marker(input: Input) -> Result<Option<String>, Failure> {
    match input.filled("Marker") {
        None => Ok(None),
        Some(text) => open(text).map(Some).ok_or_else(|| Failure::value("Invalid Marker value provided")),
    }
}

/// A marker that names the last key of a page.
pub fn seal(key: &str) -> String {
    key.bytes().map(|byte| format!("{:02x}", byte ^ 0x5a)).collect()
}

/// The key that a marker names.
pub fn open(marker: &str) -> Option<String> {
    if !marker.is_ascii() || !marker.len().is_multiple_of(2) {
        return None;
    }
    let bytes =
        (0..marker.len()).step_by(2).map(|at| u8::from_str_radix(&marker[at..at + 2], 16).ok().map(|byte| byte ^ 0x5a));
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

/// Takes one page of what an iterator over (key, row) yields in the order of keys: rows behind the marker, and the next marker.
pub fn page<'a, K: AsRef<str> + 'a, T>(
    rows: impl Iterator<Item = (K, T)>,
    after: Option<&str>,
    size: usize,
) -> (Vec<T>, Option<String>) {
    let mut taken: Vec<T> = Vec::new();
    let mut last = String::new();
    for (key, row) in rows {
        if after.is_some_and(|after| key.as_ref() <= after) {
            continue;
        }
        if taken.len() == size {
            return (taken, Some(seal(&last)));
        }
        last = key.as_ref().to_owned();
        taken.push(row);
    }
    (taken, None)
}
