//! Pages of a list: ElastiCache's `MaxRecords` and `Marker`, EC2's `MaxResults` and `NextToken`.

use super::failure::Failure;
use super::input::Input;
use super::world::hex;
use serde_json::Value;

const NO_MARKER: &str = "Invalid Marker value provided";

/// The page size that ElastiCache's `MaxRecords` asks for: 20 to 100, 100 where absent.
pub fn max_records(input: Input) -> Result<usize, Failure> {
    max_records_from(input, 20)
}

/// The same where the least size is another: the younger operations state none.
pub fn max_records_from(input: Input, least: i64) -> Result<usize, Failure> {
    match input.number("MaxRecords") {
        None => Ok(100),
        Some(count) if (least..=100).contains(&count) => Ok(count as usize),
        Some(count) => {
            Err(Failure::value(format!("Invalid value {count} for MaxRecords. Must be between {least} and 100")))
        }
    }
}

/// The key that a marker names; the page starts behind it.
pub fn marker(input: Input) -> Result<Option<String>, Failure> {
    match input.filled("Marker") {
        None => Ok(None),
        Some(text) => open(text).map(Some).ok_or_else(|| Failure::value(NO_MARKER)),
    }
}

/// The key and the page size of `NextToken` and `MaxResults`: 1 to 50, 50 where absent.
pub fn next_token(input: Input) -> Result<(Option<String>, usize), Failure> {
    let after = input.filled("NextToken").map(|token| open(token).ok_or_else(|| Failure::value("Invalid NextToken.")));
    match input.number("MaxResults") {
        None => Ok((after.transpose()?, 50)),
        Some(count @ 1..=50) => Ok((after.transpose()?, count as usize)),
        Some(count) => Err(Failure::value(format!("Invalid value {count} for MaxResults. Must be between 1 and 50"))),
    }
}

/// Takes the operation's sign from the marker of a request; a marker that another operation gave is none.
pub fn unmark(operation: &str, mut value: Value) -> Result<Value, Failure> {
    if let Some(Value::String(marker)) = value.get_mut("Marker")
        && !marker.is_empty()
    {
        let bare = marker.strip_prefix(&sign(operation)).ok_or_else(|| Failure::value(NO_MARKER))?;
        *marker = bare.to_owned();
    }
    Ok(value)
}

/// Signs the marker of an answer as this operation's.
pub fn mark(operation: &str, answer: &mut Value) {
    for place in ["/Marker", "/EngineDefaults/Marker", "/NextMarker"] {
        if let Some(Value::String(marker)) = answer.pointer_mut(place) {
            marker.insert_str(0, &sign(operation));
        }
    }
}

/// Eight digits that tell one operation's markers from another's.
fn sign(operation: &str) -> String {
    hex(operation)[..8].to_owned()
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
