//! A thread that talks to servers, for callers of every kind: those that may not wait for a future, and those whose
//! own runtime waits for them.

use std::io;
use std::pin::Pin;

use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::oneshot;

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The thread. It ends when this is dropped.
#[derive(Debug, Clone)]
pub struct Worker(UnboundedSender<Job>);

impl Worker {
    /// Starts it.
    pub fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (sender, mut jobs) = mpsc::unbounded_channel::<Job>();
        let work = async move {
            while let Some(job) = jobs.recv().await {
                tokio::spawn(job);
            }
        };
        std::thread::Builder::new().name("state".to_owned()).spawn(move || runtime.block_on(work))?;
        Ok(Self(sender))
    }

    /// Does something on the thread; the answer can be awaited anywhere.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> impl Future<Output = io::Result<T>> + Send + 'static {
        let (done, answer) = oneshot::channel();
        let sent = self.0.send(Box::pin(async move {
            let _ = done.send(work.await);
        }));
        async move {
            sent.map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        }
    }

    /// Does something on the thread and waits for it.
    pub fn wait<T: Send + 'static>(&self, work: impl Future<Output = io::Result<T>> + Send + 'static) -> io::Result<T> {
        let (done, answer) = std::sync::mpsc::channel();
        let job = Box::pin(async move {
            let _ = done.send(work.await);
        });
        self.0.send(job).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

fn gone() -> io::Error {
    io::Error::other("the thread that talks to the place of the state has ended")
}
