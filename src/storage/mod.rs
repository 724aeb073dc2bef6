//! Places of states that are no directories of this machine: buckets, and servers of Terraform's `http` protocol.

use std::io;
use std::sync::Arc;

use crate::clock::Clock;
use crate::stack::location::{Bucket, Location, Server};
use crate::state::medium::Medium;

mod bucket;
mod server;
mod trouble;
mod worker;

/// What the process gives to whoever reaches such a place.
#[derive(Debug, Clone)]
pub struct Means {
    /// A file of further root certificates, as PEM.
    pub certificates: Option<String>,
    /// The user and the password for a server, where it wants them.
    pub login: Option<(String, String)>,
    /// The environment of the stack, for the log.
    pub environment: Option<Arc<str>>,
    /// Tells the time, and waits.
    pub clock: Arc<dyn Clock>,
}

/// The state of an environment in a bucket. Asks for nothing before its first use.
pub fn bucket(bucket: &Bucket, environment: &str, means: &Means) -> io::Result<Arc<dyn Medium>> {
    let folder =
        if bucket.prefix.is_empty() { environment.to_owned() } else { format!("{}/{environment}", bucket.prefix) };
    let place = format!("{}://{}/{folder}", bucket.service.scheme(), bucket.name);
    let (bucket, means) = (bucket.clone(), means.clone());
    let opener = move || {
        let (bucket, means) = (bucket.clone(), means.clone());
        let opening = async move { bucket::opened(&bucket, &means).await };
        Box::pin(opening) as std::pin::Pin<Box<dyn Future<Output = _> + Send>>
    };
    Ok(Arc::new(bucket::Bucket::new(place, &folder, Box::new(opener))?))
}

/// The state of an environment on a server. Asks for nothing before its first use.
pub fn server(server: &Server, environment: &str, means: &Means) -> io::Result<Arc<dyn Medium>> {
    Ok(Arc::new(server::Document::new(server, environment, means)?))
}

/// The bytes of an object, or of what a server answers with; none where there is none.
pub fn fetch(location: &Location, means: &Means) -> io::Result<Option<Vec<u8>>> {
    match location {
        Location::Bucket(bucket) => bucket::fetch(bucket.clone(), means.clone()),
        Location::Server(server) => server::fetch(server, means),
        Location::Directory(path) => Err(io::Error::other(format!("{} is a directory", path.display()))),
    }
}
