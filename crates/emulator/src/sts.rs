//! Security Token Service: who am I, and keys of another account by a role.

use super::context::{Context, partition};
use super::failure::{Answer, Failure};
use super::identify::session_key;
use super::input::Input;
use super::service::{Part, Service, operation};
use serde_json::json;

/// The service as the registry knows it.
pub const SERVICE: Service = Service { name: "sts", scope: "sts", parts: &[&PART], ..Service::PLAIN };

const PART: Part = Part {
    operations: &[
        operation(
            "AssumeRole",
            assume_role,
            "keys that name the account of the role, for an hour or DurationSeconds",
            "every role is there and may be assumed, policies and tags of sessions do nothing; requests with verified signatures know no such key",
        ),
        operation(
            "GetCallerIdentity",
            identity,
            "the account that the access key names",
            "everybody is one user, also by a role",
        ),
    ],
    ..Part::NONE
};

fn identity(context: &mut Context, _input: Input) -> Answer {
    Ok(json!({
        "UserId": format!("AIDA{}", context.account),
        "Account": context.account,
        "Arn": format!("{}:iam::{}:user/emulator", partition(context.region_name), context.account),
    }))
}

/// How long keys are good, where nothing is said.
const HOUR: i64 = 3600;

fn assume_role(context: &mut Context, input: Input) -> Answer {
    let arn = input.text("RoleArn").unwrap_or_default();
    let (account, role) = role(arn).ok_or_else(|| Failure::new("ValidationError", format!("{arn} is invalid")))?;
    let session = input.text("RoleSessionName").unwrap_or_default();
    let ends = context.now as i64 + input.number("DurationSeconds").unwrap_or(HOUR) * 1000;
    Ok(json!({
        "Credentials": {
            "AccessKeyId": session_key(account),
            "SecretAccessKey": format!("secret-of-{account}"),
            "SessionToken": format!("session-of-{role}"),
            "Expiration": ends,
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROA{account}:{session}"),
            "Arn": format!("{}:sts::{account}:assumed-role/{role}/{session}", partition(context.region_name)),
        },
        "SourceIdentity": input.text("SourceIdentity"),
    }))
}

/// Account and name of a role, without its path: `arn:aws:iam::123456789012:role/path/name`.
fn role(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let ("arn", _, "iam", "", account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?)
    else {
        return None;
    };
    let name = resource.strip_prefix("role/")?.rsplit('/').next().filter(|name| !name.is_empty())?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    is_account.then_some((account, name))
}

#[cfg(test)]
mod tests {
    use super::role;

    #[test]
    fn roles_are_told_by_their_arns() {
        for (arn, want) in [
            ("arn:aws:iam::123456789012:role/deploy", Some(("123456789012", "deploy"))),
            ("arn:aws-cn:iam::123456789012:role/ci/deploy", Some(("123456789012", "deploy"))),
            ("arn:aws:iam::12345:role/deploy", None),
            ("arn:aws:iam::123456789012:user/deploy", None),
            ("arn:aws:iam::123456789012:role/", None),
            ("arn:aws:sts::123456789012:assumed-role/deploy/x", None),
            ("deploy", None),
        ] {
            assert_eq!(role(arn), want, "{arn}");
        }
    }
}
