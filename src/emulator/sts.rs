//! Security Token Service: who am I.

use super::context::{Context, partition};
use super::failure::Answer;
use super::input::Input;
use super::service::{Part, Service, operation};
use serde_json::json;

/// The service as the registry knows it.
pub const SERVICE: Service = Service { name: "sts", scope: "sts", parts: &[&PART], ..Service::PLAIN };

const PART: Part = Part {
    operations: &[operation(
        "GetCallerIdentity",
        identity,
        "the account that the access key names",
        "everybody is one user",
    )],
    ..Part::NONE
};

fn identity(context: &mut Context, _input: Input) -> Answer {
    Ok(json!({
        "UserId": format!("AIDA{}", context.account),
        "Account": context.account,
        "Arn": format!("{}:iam::{}:user/emulator", partition(context.region_name), context.account),
    }))
}
