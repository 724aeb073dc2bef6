//! The access keys that requests may be signed with, and their secrets.

use std::collections::BTreeMap;
use std::fmt;

/// Access keys and their secrets. Nothing that shows them shows a secret.
#[derive(Clone, Default)]
pub struct Credentials {
    secrets: BTreeMap<String, String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.secrets.keys()).finish()
    }
}

impl Credentials {
    /// One access key and its secret.
    pub fn one(key: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { secrets: BTreeMap::from([(key.into(), secret.into())]) }
    }

    /// Reads what the AWS tools keep in `~/.aws/credentials`: the keys of all profiles.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut secrets = BTreeMap::new();
        // Of the profile that is being read: its name, key and secret.
        let mut profile: [Option<String>; 3] = Default::default();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                close(&mut secrets, std::mem::take(&mut profile))?;
                profile[0] = Some(name.trim().to_owned());
                continue;
            }
            // The line itself may be a secret, so that only its number is told.
            let (name, value) =
                line.split_once('=').ok_or_else(|| format!("line {}: write `name = value`", number + 1))?;
            let place = match name.trim() {
                "aws_access_key_id" => 1,
                "aws_secret_access_key" => 2,
                _ => continue,
            };
            profile[place] = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        }
        close(&mut secrets, profile)?;
        if secrets.is_empty() {
            return Err("there is no profile with `aws_access_key_id` and `aws_secret_access_key`".into());
        }
        Ok(Self { secrets })
    }

    /// The secret of an access key.
    pub fn secret(&self, key: &str) -> Option<&str> {
        self.secrets.get(key).map(String::as_str)
    }
}

fn close(secrets: &mut BTreeMap<String, String>, profile: [Option<String>; 3]) -> Result<(), String> {
    match profile {
        [_, Some(key), Some(secret)] => match secrets.insert(key.clone(), secret.clone()) {
            Some(other) if other != secret => Err(format!("the access key {key} has two secrets")),
            _ => Ok(()),
        },
        [_, None, None] => Ok(()),
        [name, key, _] => {
            let (name, lacking) =
                (name.unwrap_or_default(), if key.is_some() { "secret_access_key" } else { "access_key_id" });
            Err(format!("the profile [{name}] has no `aws_{lacking}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Credentials;

    #[test]
    fn files_of_the_aws_tools_are_read() {
        let text = "# mine\n[default]\naws_access_key_id = 111111111111\naws_secret_access_key=s/e+c=ret\nregion = x\n\n[sso]\nsso_session = y\n[ other ]\naws_secret_access_key = two\naws_access_key_id = 222222222222\n";
        let credentials = Credentials::parse(text).expect("a file");
        assert_eq!(credentials.secret("111111111111"), Some("s/e+c=ret"));
        assert_eq!(credentials.secret("222222222222"), Some("two"));
        assert_eq!(credentials.secret("two"), None);
        assert_eq!(format!("{credentials:?}"), r#"{"111111111111", "222222222222"}"#);
    }

    #[test]
    fn files_that_make_no_sense_are_refused_without_their_secrets() {
        for (text, why) in [
            ("", "there is no profile"),
            ("[a]\nregion = x", "there is no profile"),
            ("[a]\nhidden", "line 2"),
            ("[a]\naws_access_key_id = k\n", "[a] has no `aws_secret_access_key`"),
            ("[a]\naws_secret_access_key = hidden\n[b]\n", "[a] has no `aws_access_key_id`"),
            ("aws_access_key_id = k\naws_secret_access_key =", "[] has no `aws_secret_access_key`"),
            (
                "[a]\naws_access_key_id = k\naws_secret_access_key = hidden\n[b]\naws_access_key_id = k\naws_secret_access_key = y",
                "k has two secrets",
            ),
        ] {
            let error = Credentials::parse(text).expect_err(text);
            assert!(error.contains(why) && !error.contains("hidden"), "{text}: {error}");
        }
    }
}
