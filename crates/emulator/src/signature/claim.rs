//! What a request says of its signature, apart from whose it is.

use super::Flaw;
use crate::Request;
use crate::wire::query;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// How far the clock of a client may be off.
const LEEWAY: i64 = 15 * 60;
/// The longest that a request signed beforehand may be good for: seven days.
const LONGEST: i64 = 604_800;
const FORM: &str = "%Y%m%dT%H%M%SZ";

/// A signature, and what it says that it was made over.
pub struct Claim {
    /// `20150830T123600Z`
    pub time: String,
    seconds: i64,
    /// How long it is good for, where it was made beforehand.
    lasts: Option<i64>,
    /// The names of the headers that were signed, in lower case and sorted.
    pub headers: Vec<String>,
    /// In hexadecimal digits.
    pub signature: String,
}

impl Claim {
    /// Reads the Authorization header or, without one, the address.
    pub fn of(request: &Request) -> Result<Self, Flaw> {
        match request.header("authorization") {
            Some(text) => Self::of_header(request, text),
            None => Self::of_address(request),
        }
    }

    fn of_header(request: &Request, text: &str) -> Result<Self, Flaw> {
        let (algorithm, rest) = text.trim().split_once(' ').unwrap_or((text, ""));
        known(algorithm)?;
        let parts = rest.split(',').filter_map(|part| part.trim().split_once('='));
        let parts: Vec<(&str, &str)> = parts.collect();
        let part = |name: &str| parts.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let date = request.header("x-amz-date").or_else(|| request.header("date"));
        let mut missing: Vec<String> = ["Credential", "Signature", "SignedHeaders"]
            .iter()
            .filter(|name| part(name).is_none_or(str::is_empty))
            .map(|name| format!("Authorization header requires '{name}' parameter."))
            .collect();
        if date.is_none() {
            missing.push(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned(),
            );
        }
        match (part("SignedHeaders"), part("Signature"), date) {
            (Some(headers), Some(signature), Some(date)) if missing.is_empty() => {
                Self::new(date, None, headers, signature)
            }
            _ => Err(Flaw::Incomplete(missing.join(" "))),
        }
    }

    fn of_address(request: &Request) -> Result<Self, Flaw> {
        let fields = query::fields(request.path.split_once('?').map_or("", |(_, query)| query).as_bytes());
        let field = |name: &str| match fields.iter().find(|(key, _)| key == name) {
            Some((_, value)) if !value.is_empty() => Ok(value.as_str()),
            _ => Err(Flaw::Incomplete(format!("AWS query-string parameters must include '{name}'."))),
        };
        known(field("X-Amz-Algorithm")?)?;
        let lasts = field("X-Amz-Expires")?;
        let lasts = lasts.parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds)).ok_or_else(|| {
            Flaw::Incomplete(format!("X-Amz-Expires must be between 1 and {LONGEST} seconds, not '{lasts}'."))
        })?;
        Self::new(field("X-Amz-Date")?, Some(lasts), field("X-Amz-SignedHeaders")?, field("X-Amz-Signature")?)
    }

    fn new(date: &str, lasts: Option<i64>, headers: &str, signature: &str) -> Result<Self, Flaw> {
        let seconds = seconds(date).ok_or_else(|| {
            let why = "Date must be in ISO-8601 'basic format'.";
            Flaw::Incomplete(format!("{why} Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"))
        })?;
        let mut headers: Vec<String> = headers.split(';').map(str::to_ascii_lowercase).collect();
        headers.sort();
        Ok(Self { time: text(seconds), seconds, lasts, headers, signature: signature.to_owned() })
    }

    /// Whether one of the clocks, in milliseconds since the Unix epoch, is near the time of the signature.
    pub fn check_time(&self, clocks: [u64; 2]) -> Result<(), Flaw> {
        let [real, own] = clocks.map(|ms| (ms / 1000) as i64);
        self.check(real).or_else(|why| self.check(own).map_err(|_| why))
    }

    fn check(&self, now: i64) -> Result<(), Flaw> {
        let time = &self.time;
        let past = self.lasts.unwrap_or(LEEWAY);
        if self.seconds < now - past {
            let (edge, minutes) = (text(now - past), past / 60);
            return Err(Flaw::OutOfTime(format!(
                "Signature expired: {time} is now earlier than {edge} ({} - {minutes} min.)",
                text(now)
            )));
        }
        if self.seconds > now + LEEWAY {
            return Err(Flaw::OutOfTime(format!(
                "Signature not yet current: {time} is still later than {} ({} + 15 min.)",
                text(now + LEEWAY),
                text(now)
            )));
        }
        Ok(())
    }

    /// The host and all that is AWS's own must be signed; otherwise one operation's signature would do for another.
    pub fn check_headers(&self, request: &Request) -> Result<(), Flaw> {
        let signed = |name: &str| self.headers.iter().any(|header| header == name);
        if !signed("host") {
            let why = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
            return Err(Flaw::Mismatch(why.into()));
        }
        let names = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
        match names.into_iter().find(|name| name.starts_with("x-amz-") && !signed(name)) {
            Some(name) => Err(Flaw::Mismatch(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."))),
            None => Ok(()),
        }
    }
}

fn known(algorithm: &str) -> Result<(), Flaw> {
    match algorithm {
        "AWS4-HMAC-SHA256" => Ok(()),
        other => Err(Flaw::Incomplete(format!("Unsupported AWS 'algorithm': '{other}'."))),
    }
}

/// Seconds since the Unix epoch of `20150830T123600Z`, or of the date that HTTP knows.
fn seconds(date: &str) -> Option<i64> {
    if let Ok(time) = DateTime::strptime(FORM, date) {
        return time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp().as_second());
    }
    jiff::fmt::rfc2822::parse(date).ok().map(|time| time.timestamp().as_second())
}

fn text(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|time| time.strftime(FORM).to_string()).unwrap_or_default()
}
