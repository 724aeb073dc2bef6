//! The functions of Terraform's AWS provider, which take ARNs apart and put them together.
//! Source: the provider's documentation, "Functions".

use super::{Call, Failure, Function, Want, function, param, text, wrong};
use crate::value::{Object, Value};

const STRING: Want = Want::String;

/// What stands between the colons behind `arn`, in that order.
const PARTS: [&str; 5] = ["partition", "service", "region", "account_id", "resource"];

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "provider::aws::arn_build",
        &[
            param("partition", STRING),
            param("service", STRING),
            param("region", STRING),
            param("account_id", STRING),
            param("resource", STRING),
        ],
        STRING,
        |call| text(format!("arn:{}", (0..PARTS.len()).map(|part| call.text(part)).collect::<Vec<_>>().join(":"))),
        "The ARN of these parts.",
        "provider::aws::arn_build(\"aws\", \"sns\", \"eu-west-1\", \"111122223333\", \"alerts\") = \"arn:aws:sns:eu-west-1:111122223333:alerts\"",
    ),
    function(
        "provider::aws::arn_parse",
        &[param("arn", STRING)],
        Want::Mapping,
        |call| {
            let parts = PARTS.into_iter().zip(parts(call.text(0))?);
            Ok(Value::object(parts.map(|(name, part)| (name.into(), Value::text(part))).collect::<Object>()))
        },
        "The parts of an ARN.",
        "provider::aws::arn_parse(\"arn:aws:sns:eu-west-1:111122223333:alerts\").resource = \"alerts\"",
    ),
    function(
        "provider::aws::trim_iam_role_path",
        &[param("arn", STRING)],
        STRING,
        without_path,
        "The ARN of a role without the path before its name.",
        "provider::aws::trim_iam_role_path(\"arn:aws:iam::111122223333:role/teams/cache\") = \"arn:aws:iam::111122223333:role/cache\"",
    ),
];

fn parts(arn: &str) -> Result<Vec<&str>, Failure> {
    let Some(rest) = arn.strip_prefix("arn:") else { return wrong(0, "an ARN begins with arn:") };
    let parts: Vec<&str> = rest.splitn(PARTS.len(), ':').collect();
    if parts.len() < PARTS.len() {
        return wrong(0, "an ARN has six parts: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE");
    }
    Ok(parts)
}

fn without_path(call: &Call) -> Result<Value, Failure> {
    let parts = parts(call.text(0))?;
    let [partition, service, region, account, resource] = parts[..] else { return wrong(0, "it is no ARN") };
    let name = resource.strip_prefix("role/").and_then(|role| role.rsplit('/').next());
    match name {
        Some(name) if service == "iam" && region.is_empty() => {
            text(format!("arn:{partition}:{service}:{region}:{account}:role/{name}"))
        }
        _ => wrong(0, "it is not the ARN of a role of IAM"),
    }
}
