//! The place of the state of an environment: a directory, a bucket, or a server; its content sealed where it has keys.

use std::path::Path;
use std::sync::Arc;

use crate::disk;
use crate::ops::SessionOptions;
use crate::stack::environment::Environment;
use crate::stack::location::Location;
use crate::state::medium::{Folder, Medium, Nowhere};
use crate::state::sealed::Sealing;
#[cfg(feature = "aws")]
use crate::storage::{self, Means};

/// A state of Terraform may have so many bytes.
const MOST_BYTES: u64 = 256 << 20;

/// Where the state lies. Asks for nothing and writes nothing; a place that cannot be had says so when it is used.
pub fn medium(
    location: Option<&Location>,
    directory: &Path,
    environment: &Environment,
    options: &SessionOptions,
) -> Arc<dyn Medium> {
    let place: Arc<dyn Medium> = match location {
        Some(Location::Directory(file)) if file.is_file() => {
            let file = file.display();
            Arc::new(Nowhere(format!(
                "{file} is a file, and --state and `state` name a directory, in which each environment has its own; what Terraform has recorded is taken over by `import --from-tfstate`"
            )))
        }
        None | Some(Location::Directory(_)) => Arc::new(Folder::new(options.disk.clone(), directory)),
        Some(elsewhere) => remote(elsewhere, environment, options),
    };
    Arc::new(Sealing::new(place, environment.state_keys.clone(), options.entropy.clone()))
}

#[cfg(feature = "aws")]
fn remote(location: &Location, environment: &Environment, options: &SessionOptions) -> Arc<dyn Medium> {
    let means = Reach::of(options, &environment.name).0;
    let name = environment.state_name();
    let opened = match location {
        Location::Bucket(bucket) => storage::bucket(bucket, &name, &means),
        Location::Server(server) => storage::server(server, &name, &means),
        Location::Directory(_) => return Arc::new(Nowhere("it is a directory".to_owned())),
    };
    opened.unwrap_or_else(|error| Arc::new(Nowhere(error.to_string())))
}

#[cfg(not(feature = "aws"))]
fn remote(_: &Location, _: &Environment, _: &SessionOptions) -> Arc<dyn Medium> {
    Arc::new(Nowhere("this build keeps states in directories only: build with the feature `aws`".to_owned()))
}

/// What reads a state of Terraform, wherever it lies. It is never written.
#[cfg(feature = "aws")]
#[derive(Debug, Clone)]
pub struct Reach(Means);

#[cfg(feature = "aws")]
impl Reach {
    /// With what the process gives.
    pub fn of(options: &SessionOptions, environment: &str) -> Self {
        let variable = |name: &str| options.process.get(name).filter(|text| !text.is_empty()).cloned();
        Self(Means {
            certificates: variable("AWS_CA_BUNDLE"),
            login: variable("TF_HTTP_USERNAME").map(|user| (user, variable("TF_HTTP_PASSWORD").unwrap_or_default())),
            environment: Some(environment.into()),
            clock: options.clock.clone(),
        })
    }

    fn remote(&self, location: &Location) -> std::io::Result<Option<Vec<u8>>> {
        storage::fetch(location, &self.0)
    }
}

/// What reads a state of Terraform, wherever it lies. It is never written.
#[cfg(not(feature = "aws"))]
#[derive(Debug, Clone)]
pub struct Reach;

#[cfg(not(feature = "aws"))]
impl Reach {
    /// With what the process gives.
    pub fn of(_: &SessionOptions, _: &str) -> Self {
        Self
    }

    fn remote(&self, _: &Location) -> std::io::Result<Option<Vec<u8>>> {
        Err(std::io::Error::other("this build reads states in files only: build with the feature `aws`"))
    }
}

impl Reach {
    /// The bytes at a place, a file or whatever is elsewhere.
    ///
    /// # Errors
    /// Where nothing is there, or it cannot be read: the place and why.
    pub fn read(&self, location: &Location) -> Result<Vec<u8>, String> {
        let (found, none) = match location {
            Location::Directory(file) => (disk::read_regular(file, MOST_BYTES), "there is no such file"),
            elsewhere => (self.remote(elsewhere), "there is no such object"),
        };
        let found = found.map_err(|error| format!("{location}: {error}"))?;
        found.ok_or_else(|| format!("{location}: {none}"))
    }
}
