//! Reading a list page by page, and many things a few at a time.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use super::errors::fatal;
use crate::kind::RemoteError;

/// The most records that ElastiCache and CloudWatch give at once.
pub const PAGE: i32 = 100;

/// Reads pages until one has no marker.
pub async fn pages<T, F, Fut>(page: F) -> Result<Vec<T>, RemoteError>
where
    F: Fn(Option<String>) -> Fut,
    Fut: Future<Output = Result<(Vec<T>, Option<String>), RemoteError>>,
{
    let mut all = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let (items, next) = page(marker.clone()).await?;
        all.extend(items);
        match next.filter(|next| !next.is_empty()) {
            None => return Ok(all),
            next if next == marker => {
                return Err(fatal("EndlessPaging", "the service gave the same page marker twice in a row"));
            }
            next => marker = next,
        }
    }
}

/// Works on items, `most` at a time, and answers in their order. An error does not stop the others; the first is
/// returned.
pub async fn at_most<I, T, F, Fut>(most: usize, items: I, work: F) -> Result<Vec<T>, RemoteError>
where
    I: IntoIterator,
    F: Fn(I::Item) -> Fut,
    Fut: Future<Output = Result<T, RemoteError>>,
{
    let mut waiting = items.into_iter().enumerate();
    let mut running: Vec<(usize, Pin<Box<Fut>>)> = Vec::new();
    let mut done = BTreeMap::new();
    poll_fn(|context| {
        loop {
            while running.len() < most
                && let Some((place, item)) = waiting.next()
            {
                running.push((place, Box::pin(work(item))));
            }
            if running.is_empty() {
                return Poll::Ready(());
            }
            let before = running.len();
            running.retain_mut(|(place, future)| match future.as_mut().poll(context) {
                Poll::Ready(value) => {
                    done.insert(*place, value);
                    false
                }
                Poll::Pending => true,
            });
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    done.into_values().collect()
}
