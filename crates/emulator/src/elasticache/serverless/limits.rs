//! What a serverless cache may use at most, and is kept ready for at least.

use super::super::super::failure::Failure;
use super::super::super::input::Input;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Limits of a serverless cache: least and most, each of which may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// In GB.
    pub storage: (Option<i64>, Option<i64>),
    /// ElastiCache processing units per second.
    pub ecpu: (Option<i64>, Option<i64>),
}

impl Limits {
    /// The limits after a request: what it does not name stays, zero removes.
    pub fn read(input: Input, old: &Self) -> Result<Self, Failure> {
        let all = input.structure("CacheUsageLimits");
        let (storage, ecpu) = (all.structure("DataStorage"), all.structure("ECPUPerSecond"));
        if all.has("DataStorage") && storage.text("Unit") != Some("GB") {
            return Err(Failure::value("Invalid unit for the DataStorage limit. The valid value is GB."));
        }
        Ok(Self {
            storage: both(storage, old.storage, "DataStorage", 1..=5_000)?,
            ecpu: both(ecpu, old.ecpu, "ECPUPerSecond", 1_000..=15_000_000)?,
        })
    }

    pub fn to_json(&self) -> Option<Value> {
        let given = |(least, most): (Option<i64>, Option<i64>)| least.is_some() || most.is_some();
        let both = |(least, most): (Option<i64>, Option<i64>)| json!({ "Minimum": least, "Maximum": most });
        let mut all = json!({});
        if given(self.storage) {
            all["DataStorage"] = both(self.storage);
            all["DataStorage"]["Unit"] = json!("GB");
        }
        if given(self.ecpu) {
            all["ECPUPerSecond"] = both(self.ecpu);
        }
        (given(self.storage) || given(self.ecpu)).then_some(all)
    }
}

fn both(
    input: Input,
    old: (Option<i64>, Option<i64>),
    what: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<(Option<i64>, Option<i64>), Failure> {
    let one = |name: &str, old: Option<i64>| match input.number(name) {
        None => Ok(old),
        Some(0) => Ok(None),
        Some(number) if range.contains(&number) => Ok(Some(number)),
        Some(_) => Err(Failure::value(format!(
            "Invalid value for {what} limit. Must be between {} and {}. You can set the value to zero to remove the limit.",
            range.start(),
            range.end()
        ))),
    };
    let (least, most) = (one("Minimum", old.0)?, one("Maximum", old.1)?);
    if least.zip(most).is_some_and(|(least, most)| least > most) {
        return Err(Failure::value(format!("The minimum of the {what} limit must not be greater than its maximum.")));
    }
    Ok((least, most))
}
