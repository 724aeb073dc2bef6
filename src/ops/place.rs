//! The place of the state of an environment: a directory, a bucket, or a server; its content sealed where it has keys.

use std::path::Path;
use std::sync::Arc;

use crate::ops::SessionOptions;
use crate::stack::environment::Environment;
use crate::stack::location::Location;
use crate::state::medium::{Folder, Medium, Nowhere};
use crate::state::sealed::Sealing;

/// Where the state lies. Asks for nothing and writes nothing; a place that cannot be had says so when it is used.
pub fn medium(
    location: Option<&Location>,
    directory: &Path,
    environment: &Environment,
    options: &SessionOptions,
) -> Arc<dyn Medium> {
    let place: Arc<dyn Medium> = match location {
        None | Some(Location::Directory(_)) => Arc::new(Folder::new(options.disk.clone(), directory)),
        Some(elsewhere) => remote(elsewhere, &environment.state_name(), options),
    };
    Arc::new(Sealing::new(place, environment.state_keys.clone(), options.entropy.clone()))
}

#[cfg(feature = "aws")]
fn remote(location: &Location, environment: &str, options: &SessionOptions) -> Arc<dyn Medium> {
    use crate::storage::{self, Means};

    let variable = |name: &str| options.process.get(name).filter(|text| !text.is_empty()).cloned();
    let means = Means {
        certificates: variable("AWS_CA_BUNDLE"),
        login: variable("TF_HTTP_USERNAME").map(|user| (user, variable("TF_HTTP_PASSWORD").unwrap_or_default())),
        clock: options.clock.clone(),
    };
    let opened = match location {
        Location::Bucket(bucket) => storage::bucket(bucket, environment, &means),
        Location::Server(server) => storage::server(server, environment, &means),
        Location::Directory(_) => return Arc::new(Nowhere("it is a directory".to_owned())),
    };
    opened.unwrap_or_else(|error| Arc::new(Nowhere(error.to_string())))
}

#[cfg(not(feature = "aws"))]
fn remote(_: &Location, _: &str, _: &SessionOptions) -> Arc<dyn Medium> {
    Arc::new(Nowhere("this build keeps states in directories only: build with the feature `aws`".to_owned()))
}
