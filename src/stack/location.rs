//! Where states lie, as `state` and `--state` name it: a directory, or the URL of a bucket or of a server.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// A place for states. Those of the environments lie below it, each under the name of its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A directory.
    Directory(PathBuf),
    /// A bucket.
    Bucket(Bucket),
    /// A server that speaks the protocol of Terraform's `http` backend.
    Server(Server),
}

/// A bucket, and what the objects in it begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Whose it is.
    pub service: Service,
    /// Its name; that of the container on Azure.
    pub name: String,
    /// What the names of the objects begin with, without `/` at the ends; may be empty.
    pub prefix: String,
    /// What stands behind the `?`, by name.
    pub options: BTreeMap<String, String>,
}

/// A service that keeps objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// S3, or whatever speaks as it does.
    S3,
    /// Google Cloud Storage.
    Google,
    /// Azure Blob Storage.
    Azure,
}

/// A server, and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The URL below which the documents are, without what stands behind `#`.
    pub url: Url,
    /// What stands behind the `#`, by name.
    pub options: BTreeMap<String, String>,
}

/// What is wrong with a text that should name a place, and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong, as a sentence.
    pub detail: String,
    /// What to do.
    pub help: String,
}

/// The options of each service behind `?`.
const OF_S3: [&str; 4] = ["endpoint", "kms_key_id", "profile", "region"];
const OF_GOOGLE: [&str; 1] = ["endpoint"];
const OF_AZURE: [&str; 2] = ["account", "endpoint"];
/// The options of a server behind `#`: where and with which methods it is locked, as Terraform's backend names them.
const OF_SERVER: [&str; 5] = ["lock_address", "lock_method", "unlock_address", "unlock_method", "update_method"];

const FORMS: &str =
    "Write a directory, \"s3://BUCKET/PREFIX\", \"gs://BUCKET/PREFIX\", \"az://CONTAINER/PREFIX\", or an http(s) URL.";

impl Location {
    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let wrong = |detail: String, help: &str| Wrong { detail, help: help.to_owned() };
        let Some((scheme, _)) = text.split_once("://") else {
            // One slash too few would make a directory that nobody looks for; a single letter is a drive.
            let scheme = text.split_once(":/").map_or("", |(scheme, _)| scheme);
            if scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric()) {
                return Err(wrong(format!("\"{text}\" has one slash too few for a URL."), FORMS));
            }
            return Ok(Self::Directory(text.into()));
        };
        let url = Url::parse(text).map_err(|error| wrong(format!("\"{text}\" is not a URL: {error}."), FORMS))?;
        if !url.username().is_empty() || url.password().is_some() {
            let help = "Give them by the environment: AWS_PROFILE and the like, TF_HTTP_USERNAME and TF_HTTP_PASSWORD.";
            return Err(wrong("The URL of a state has no user and no password.".to_owned(), help));
        }
        match scheme.to_lowercase().as_str() {
            "file" => url.to_file_path().map(Self::Directory).map_err(|()| {
                wrong(format!("\"{text}\" names no directory."), "Write file:///DIRECTORY, with three slashes.")
            }),
            "s3" => bucket(&url, Service::S3, &OF_S3).map(Self::Bucket),
            "gs" => bucket(&url, Service::Google, &OF_GOOGLE).map(Self::Bucket),
            "az" => bucket(&url, Service::Azure, &OF_AZURE).map(Self::Bucket),
            "http" | "https" => server(url).map(Self::Server),
            other => Err(wrong(format!("No state can be kept at \"{other}://\"."), FORMS)),
        }
    }

    /// With a directory taken from another one on.
    pub fn from(self, directory: &Path) -> Self {
        match self {
            Self::Directory(path) => Self::Directory(directory.join(path)),
            elsewhere => elsewhere,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => write!(f, "{}", path.display()),
            Self::Bucket(bucket) => write!(f, "{}://{}/{}", bucket.service.scheme(), bucket.name, bucket.prefix),
            // A query may hold what is secret.
            Self::Server(server) => {
                let mut url = server.url.clone();
                url.set_query(None);
                write!(f, "{url}")
            }
        }
    }
}

impl Service {
    /// What URLs of its buckets begin with.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Google => "gs",
            Self::Azure => "az",
        }
    }
}

/// Arguments of a backend that ask for other credentials than those of the environment, which are the ones used.
pub const OF_OTHERS: [&str; 7] = [
    "access_key",
    "secret_key",
    "token",
    "role_arn",
    "assume_role",
    "assume_role_with_web_identity",
    "sse_customer_key",
];

/// What is added to the name of Terraform's state to have a place for ours.
const BESIDE: &str = ".cachestack";

/// The place beside the state that a backend of Terraform keeps, out of the arguments of its block.
///
/// # Errors
/// It is a backend that we know no place beside, or an argument is missing, which Terraform may be given otherwise.
pub fn beside(backend: &str, arguments: &BTreeMap<String, String>) -> Result<Location, Wrong> {
    match of_backend(backend, arguments)? {
        Location::Directory(path) => Ok(Location::Directory(format!("{}{BESIDE}", path.display()).into())),
        Location::Bucket(bucket) => {
            Ok(Location::Bucket(Bucket { prefix: format!("{}{BESIDE}", bucket.prefix), ..bucket }))
        }
        Location::Server(_) => Err(Wrong {
            detail: format!("Nothing can be kept beside a state in the backend \"{backend}\"."),
            help: "Name a place of its own: `state = \"s3://BUCKET/PREFIX\"`.".to_owned(),
        }),
    }
}

/// Where a backend of Terraform keeps the state of its default workspace: a file, an object, or what a server answers
/// with.
///
/// # Errors
/// It is a backend that is not known here, or an argument is missing, which Terraform may be given otherwise.
pub fn of_backend(backend: &str, arguments: &BTreeMap<String, String>) -> Result<Location, Wrong> {
    let argument = |name: &str| arguments.get(name).filter(|text| !text.is_empty()).cloned();
    let needed = |name: &str| {
        argument(name).ok_or_else(|| Wrong {
            detail: format!("The backend \"{backend}\" does not say `{name}`."),
            help: "Write it in the block, or name the place itself: \"s3://BUCKET/PREFIX\".".to_owned(),
        })
    };
    let bucket = |service, name: String, prefix: String, options: &[(&str, &str)]| {
        let given = options.iter().filter_map(|(ours, theirs)| Some(((*ours).to_owned(), argument(theirs)?)));
        let prefix = prefix.trim_matches('/').to_owned();
        Ok(Location::Bucket(Bucket { service, name, prefix, options: given.collect() }))
    };
    match backend {
        "local" => {
            Ok(Location::Directory(argument("path").unwrap_or_else(|| "terraform.tfstate".to_owned()).into()))
        }
        "s3" => {
            let options = [
                ("region", "region"),
                ("endpoint", "endpoint"),
                ("endpoint", "endpoints.s3"),
                ("profile", "profile"),
                ("kms_key_id", "kms_key_id"),
            ];
            bucket(Service::S3, needed("bucket")?, needed("key")?, &options)
        }
        "gcs" => {
            let prefix = argument("prefix").map_or_else(String::new, |prefix| prefix + "/");
            bucket(Service::Google, needed("bucket")?, format!("{prefix}default.tfstate"), &[])
        }
        "azurerm" => {
            bucket(Service::Azure, needed("container_name")?, needed("key")?, &[("account", "storage_account_name")])
        }
        "http" => match Location::parse(&needed("address")?)? {
            server @ Location::Server(_) => Ok(server),
            _ => Err(Wrong { detail: "`address` of the backend is no http(s) URL.".to_owned(), help: FORMS.to_owned() }),
        },
        other => Err(Wrong {
            detail: format!("What the backend \"{other}\" keeps is not read here."),
            help: "Name a place: `state = \"s3://BUCKET/PREFIX\"`; a copy of Terraform's state is got with `terraform state pull`.".to_owned(),
        }),
    }
}

fn bucket(url: &Url, service: Service, known: &[&str]) -> Result<Bucket, Wrong> {
    let Some(name) = url.host_str().filter(|name| !name.is_empty()) else {
        return Err(Wrong { detail: format!("\"{url}\" names no bucket."), help: FORMS.to_owned() });
    };
    if url.fragment().is_some() || url.port().is_some() {
        let detail = format!("\"{url}\" has more than a bucket, a prefix and options.");
        return Err(Wrong { detail, help: "An S3-compatible server is named by ?endpoint=URL.".to_owned() });
    }
    let prefix: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    let options = options(url.query().unwrap_or_default(), known)?;
    Ok(Bucket { service, name: name.to_owned(), prefix: prefix.join("/"), options })
}

fn server(mut url: Url) -> Result<Server, Wrong> {
    let options = options(url.fragment().unwrap_or_default(), &OF_SERVER)?;
    url.set_fragment(None);
    Ok(Server { url, options })
}

/// `name=value&...`, of known names only, each once.
fn options(text: &str, known: &[&str]) -> Result<BTreeMap<String, String>, Wrong> {
    let mut options = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let help = format!("Known are {}.", known.join(", "));
        if !known.contains(&&*name) {
            return Err(Wrong { detail: format!("The place of a state has no option `{name}`."), help });
        }
        if value.is_empty() || options.insert(name.to_string(), value.to_string()).is_some() {
            return Err(Wrong { detail: format!("The option `{name}` is empty or given twice."), help });
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        tell(Location::parse(text))
    }

    fn tell(found: Result<Location, Wrong>) -> String {
        match found {
            Ok(Location::Directory(path)) => format!("directory {}", path.display()),
            Ok(Location::Bucket(bucket)) => {
                format!("{:?} {} [{}] {:?}", bucket.service, bucket.name, bucket.prefix, bucket.options)
            }
            Ok(Location::Server(server)) => format!("server {} {:?}", server.url, server.options),
            Err(wrong) => wrong.detail,
        }
    }

    #[test]
    fn places_are_read() {
        let cases = [
            ("states", "directory states"),
            ("/var/states", "directory /var/states"),
            ("file:///var/states", "directory /var/states"),
            ("s3://b/team/app/", "S3 b [team/app] {}"),
            ("s3://b", "S3 b [] {}"),
            (
                "s3://b/p?region=eu-west-1&endpoint=http://127.0.0.1:5000",
                r#"S3 b [p] {"endpoint": "http://127.0.0.1:5000", "region": "eu-west-1"}"#,
            ),
            ("gs://b/p", "Google b [p] {}"),
            ("az://c/p?account=a", r#"Azure c [p] {"account": "a"}"#),
            ("https://h/a#lock_method=POST", r#"server https://h/a {"lock_method": "POST"}"#),
            ("http://h:80/a?x=1", "server http://h/a?x=1 {}"),
            ("s3:///p", "\"s3:///p\" names no bucket."),
            ("s3://b/p?regoin=x", "The place of a state has no option `regoin`."),
            ("s3://b/p?region=", "The option `region` is empty or given twice."),
            ("s3://b/p?region=a&region=b", "The option `region` is empty or given twice."),
            ("https://me:word@h/a", "The URL of a state has no user and no password."),
            ("s3:/b/p", "\"s3:/b/p\" has one slash too few for a URL."),
            ("C:/states", "directory C:/states"),
            ("ftp://h/a", "No state can be kept at \"ftp://\"."),
        ];
        for (text, want) in cases {
            assert_eq!(told(text), want, "{text}");
        }
    }
    #[test]
    fn places_beside_those_of_terraform() {
        let cases: [(&str, &[(&str, &str)], &str); 9] = [
            ("local", &[], "directory terraform.tfstate.cachestack"),
            ("local", &[("path", "../a.tfstate")], "directory ../a.tfstate.cachestack"),
            (
                "s3",
                &[("bucket", "b"), ("key", "/net/prod.tfstate"), ("region", "eu-west-1"), ("encrypt", "true")],
                r#"S3 b [net/prod.tfstate.cachestack] {"region": "eu-west-1"}"#,
            ),
            (
                "s3",
                &[("bucket", "b"), ("key", "k"), ("endpoints.s3", "http://h:1")],
                r#"S3 b [k.cachestack] {"endpoint": "http://h:1"}"#,
            ),
            ("s3", &[("bucket", "b")], "The backend \"s3\" does not say `key`."),
            ("gcs", &[("bucket", "b"), ("prefix", "p")], "Google b [p/default.tfstate.cachestack] {}"),
            (
                "azurerm",
                &[("container_name", "c"), ("key", "k"), ("storage_account_name", "a")],
                r#"Azure c [k.cachestack] {"account": "a"}"#,
            ),
            ("http", &[("address", "https://h/a")], "Nothing can be kept beside a state in the backend \"http\"."),
            ("pg", &[], "What the backend \"pg\" keeps is not read here."),
        ];
        for (backend, arguments, want) in cases {
            let arguments = arguments.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
            assert_eq!(tell(beside(backend, &arguments)), want, "{backend}");
        }
    }
}
