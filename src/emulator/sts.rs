//! Security Token Service: who am I.

use super::context::{Context, partition};
use super::failure::Answer;
use super::input::Input;
use serde_json::json;

/// Answers an operation; `None` where there is none of that name.
pub fn call(context: &mut Context, operation: &str, _input: Input) -> Option<Answer> {
    (operation == "GetCallerIdentity").then(|| {
        Ok(json!({
            "UserId": format!("AIDA{}", context.account),
            "Account": context.account,
            "Arn": format!("{}:iam::{}:user/emulator", partition(context.region_name), context.account),
        }))
    })
}
