//! How a user proves who it is. Passwords are counted, not kept.

use super::super::super::failure::Failure;
use super::super::super::input::Input;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How a user proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authentication {
    None,
    Passwords(usize),
    Iam,
}

impl Authentication {
    /// What a request asks for: by `AuthenticationMode`, or by `Passwords` and `NoPasswordRequired`. Nothing where it
    /// says nothing.
    pub fn read(input: Input) -> Result<Option<Self>, Failure> {
        let (given, without) = (input.list("Passwords"), input.flag("NoPasswordRequired") == Some(true));
        if input.has("AuthenticationMode") {
            if !given.is_empty() || without {
                return Err(Failure::combination(
                    "AuthenticationMode cannot be used together with Passwords or NoPasswordRequired.",
                ));
            }
            return Self::of_mode(input.structure("AuthenticationMode")).map(Some);
        }
        match (given.is_empty(), without) {
            (false, true) => Err(Failure::combination("Passwords cannot be specified when NoPasswordRequired is set.")),
            (false, false) => Ok(Some(Self::Passwords(passwords(input)?))),
            (true, true) => Ok(Some(Self::None)),
            (true, false) => Ok(None),
        }
    }

    fn of_mode(mode: Input) -> Result<Self, Failure> {
        let kind = mode.filled("Type");
        let has_passwords = mode.has("Passwords");
        match kind {
            Some("password") => Ok(Self::Passwords(passwords(mode)?)),
            Some(kind @ ("no-password-required" | "iam")) if has_passwords => {
                Err(Failure::combination(format!("Passwords cannot be specified for authentication type: {kind}")))
            }
            Some("no-password-required") => Ok(Self::None),
            Some("iam") => Ok(Self::Iam),
            other => Err(unknown(other)),
        }
    }

    /// As `Authentication` of a user.
    pub fn to_json(&self) -> Value {
        match self {
            Self::None => json!({ "Type": "no-password" }),
            Self::Passwords(count) => json!({ "Type": "password", "PasswordCount": count }),
            Self::Iam => json!({ "Type": "iam" }),
        }
    }
}

/// A type of authentication that there is not.
pub fn unknown(kind: Option<&str>) -> Failure {
    let kind = kind.unwrap_or("null");
    Failure::value(format!(
        "Input Authentication type: {kind} is not in the allowed list: [password,no-password-required,iam]"
    ))
}

/// One or two passwords of 16 to 128 printable characters; how many.
fn passwords(input: Input) -> Result<usize, Failure> {
    let all = input.texts("Passwords");
    if !(1..=2).contains(&all.len()) {
        return Err(Failure::value(format!("A user must have 1 or 2 passwords, not {}.", all.len())));
    }
    if all.iter().any(|password| !(16..=128).contains(&password.chars().count())) {
        return Err(Failure::value("Passwords length must be between 16-128 characters."));
    }
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b",\"/@".contains(&byte);
    if !all.iter().all(|password| password.bytes().all(allowed)) {
        return Err(Failure::value("Passwords may hold printable characters only, and none of , \" / @."));
    }
    Ok(all.len())
}
