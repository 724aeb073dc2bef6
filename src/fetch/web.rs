//! Getting something over HTTP: redirects, limits, and who may read along.

use std::pin::Pin;

use url::Url;

use super::source::is_loopback;

/// One request; redirects are not followed, and the body has at most `most` bytes. The cloud side has the client.
pub trait Web: Send + Sync {
    /// GET. The error is what went wrong, without a full stop.
    fn get<'a>(&'a self, request: &'a Request, most: u64) -> Answering<'a>;
}

/// An answer that is waited for.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, String>> + Send + 'a>>;

/// A GET request.
#[derive(Clone)]
pub struct Request {
    /// https, or http on this machine.
    pub url: Url,
    /// What is sent as `Authorization`: a secret.
    pub token: Option<String>,
}

/// What came back.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// So many times one may be sent on.
const HOPS: usize = 10;

/// Gets an address, wherever it is sent on to; answers what came and from where. A token goes to the host that it is for
/// and no other. The error is a sentence.
pub async fn get(web: &dyn Web, url: &Url, token: Option<&str>, most: u64) -> Result<(Answer, Url), String> {
    let mut request = Request { url: url.clone(), token: token.map(str::to_owned) };
    for _ in 0..=HOPS {
        secure(&request.url)?;
        let answer = web.get(&request, most).await.map_err(|why| format!("{}: {why}.", shown(&request.url)))?;
        if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
            return Ok((answer, request.url));
        }
        let location = answer.header("location").and_then(|location| request.url.join(location).ok());
        let next = location.ok_or_else(|| format!("{} sends on to nowhere.", shown(&request.url)))?;
        if next.origin() != request.url.origin() {
            request.token = None;
        }
        request.url = next;
    }
    Err(format!("{} is sent on more than {HOPS} times.", shown(url)))
}

/// Whether nobody on the way can change what comes.
fn secure(url: &Url) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(host) => Ok(()),
        _ => Err(format!("{}: only https, and http on this machine.", shown(url))),
    }
}

/// An address without what may be a key to it.
pub fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// What is said of an answer that is not one.
pub fn status(answer: &Answer, url: &Url) -> String {
    let why = match answer.status {
        401 | 403 => "it wants to know who asks; set TF_TOKEN_HOST, with _ for the dots in the name of the host",
        404 => "there is no such thing",
        429 => "too many requests; try again later",
        500..=599 => "the server has failed; try again later",
        _ => "no answer that is understood",
    };
    format!("{} answers {}: {why}.", shown(url), answer.status)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Answers by path, and keeps what was asked: the address, and whether a token came along.
    #[derive(Default)]
    struct Pages {
        pages: Vec<(&'static str, u16, &'static str)>,
        asked: Mutex<Vec<String>>,
    }

    impl Web for Pages {
        fn get<'a>(&'a self, request: &'a Request, _: u64) -> Answering<'a> {
            let token = if request.token.is_some() { " with a token" } else { "" };
            self.asked.lock().expect("a lock").push(format!("{}{token}", request.url));
            let page = self.pages.iter().find(|(url, ..)| *url == request.url.as_str());
            let answer = page.map_or(Answer { status: 404, ..Answer::default() }, |(_, status, location)| Answer {
                status: *status,
                headers: vec![("location".to_owned(), (*location).to_owned())],
                body: Vec::new(),
            });
            Box::pin(async move { Ok(answer) })
        }
    }

    #[tokio::test]
    async fn a_token_stays_with_its_host() {
        let pages = Pages {
            pages: vec![
                ("https://a.example/1", 302, "/2"),
                ("https://a.example/2", 307, "https://b.example/3?key=hunter"),
                ("https://b.example/3?key=hunter", 200, ""),
            ],
            ..Pages::default()
        };
        let url = Url::parse("https://a.example/1").expect("an address");
        let (answer, from) = get(&pages, &url, Some("hunter"), 10).await.expect("an answer");
        assert_eq!((answer.status, shown(&from).as_str()), (200, "https://b.example/3"));
        let asked = pages.asked.into_inner().expect("a lock");
        assert_eq!(
            asked,
            ["https://a.example/1 with a token", "https://a.example/2 with a token", "https://b.example/3?key=hunter"]
        );
    }

    #[tokio::test]
    async fn nobody_is_sent_where_others_listen_in() {
        for (location, want) in [
            ("http://b.example/x", "http://b.example/x: only https"),
            ("file:///etc/passwd", "null/etc/passwd: only https"),
            ("https://a.example/1", "https://a.example/1 is sent on more than 10 times."),
        ] {
            let pages = Pages { pages: vec![("https://a.example/1", 302, location)], ..Pages::default() };
            let url = Url::parse("https://a.example/1").expect("an address");
            let why = get(&pages, &url, None, 10).await.expect_err("refused");
            assert!(why.starts_with(want), "{why}");
        }
    }
}
