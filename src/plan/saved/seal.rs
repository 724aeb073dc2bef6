//! The envelope of a saved plan:
//!
//! ```text
//! cachestack plan FORMAT PROGRAM-VERSION
//! SHA-256 of all that follows and of the line above, 64 hex digits
//! HMAC-SHA-256 of the same with the salt of the state, 64 hex digits; `-` where there was no state yet
//! CBOR
//! ```
//!
//! The first is against damage. The second is against hands: who cannot read the state cannot write another plan for it.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// How every saved plan begins.
pub const MAGIC: &str = "cachestack plan ";
/// The format that is written.
pub const FORMAT: u32 = 1;
/// The version of the program that wrote it, and that alone carries it out.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// Digits of a digest.
const DIGITS: usize = 64;

/// Why a file cannot be read as a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is something else, in words.
    Foreign(&'static str),
    /// It is not what was written.
    Damaged(String),
    /// Another version of the program wrote it.
    Version(String),
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Foreign(what) => write!(f, "it is {what} and no saved plan of cachestack"),
            Self::Damaged(why) => write!(f, "the saved plan is damaged: {why}; make it anew"),
            Self::Version(why) => f.write_str(why),
        }
    }
}

/// A plan whose envelope is sound.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Where its body begins.
    start: usize,
    first: String,
    signature: String,
}

impl Opened {
    /// The body.
    pub fn body<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start..]
    }

    /// Whether it was sealed with the salt of a state, and with this one.
    pub fn is_of(&self, bytes: &[u8], key: &str) -> bool {
        self.signature == signature(&self.first, self.body(bytes), Some(key))
    }

    /// Whether there was a state when it was sealed.
    pub fn has_key(&self) -> bool {
        self.signature != "-"
    }
}

/// Puts a body into an envelope.
pub fn seal(body: &[u8], key: Option<&str>) -> Vec<u8> {
    let first = format!("{MAGIC}{FORMAT} {PROGRAM}\n");
    let signature = signature(&first, body, key);
    let digest = digest(&first, &signature, body);
    let mut bytes = format!("{first}{digest}\n{signature}\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Looks at an envelope.
///
/// # Errors
/// What it is instead of a sound one of this version.
pub fn open(bytes: &[u8]) -> Result<Opened, Unreadable> {
    if !bytes.starts_with(MAGIC.as_bytes()) {
        return Err(Unreadable::Foreign(stranger(bytes)));
    }
    let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let (Some(first), Some(said), Some(signature)) = (line(), line(), line()) else {
        return Err(Unreadable::Damaged("it ends within its first lines".to_owned()));
    };
    let start = first.len() + said.len() + signature.len() + 3;
    let body = bytes.get(start..).unwrap_or_default();
    if first.ends_with('\r') {
        return Err(Unreadable::Damaged("its ends of lines were changed, so it was copied as text".to_owned()));
    }
    let words: Vec<&str> = first[MAGIC.len()..].split(' ').collect();
    let [format, program] = words[..] else {
        return Err(Unreadable::Damaged("its first line is wrong".to_owned()));
    };
    // How the rest of another version is to be read, that version knows.
    match format.parse::<u32>() {
        Ok(FORMAT) if program == PROGRAM => {}
        Ok(FORMAT) => {
            return Err(Unreadable::Version(format!(
                "cachestack {program} wrote the saved plan, and this is {PROGRAM}: carry it out with that version, or make it anew"
            )));
        }
        Ok(format) => {
            return Err(Unreadable::Version(format!(
                "the saved plan is of format {format}, by cachestack {program}, and this one ({PROGRAM}) reads format \
                 {FORMAT}: carry it out with the program that wrote it, or make it anew"
            )));
        }
        Err(_) => return Err(Unreadable::Damaged("its first line is wrong".to_owned())),
    }
    let first = format!("{first}\n");
    if said.len() != DIGITS || said != digest(&first, signature, body) {
        return Err(Unreadable::Damaged("its digest is that of other bytes".to_owned()));
    }
    Ok(Opened { start, first, signature: signature.to_owned() })
}

/// Whether a file is, or was, a saved plan.
pub fn is_plan(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC.as_bytes())
}

/// What a file is that is no plan of ours.
fn stranger(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "an empty file",
        [b'P', b'K', 3, 4, ..] => "a zip archive, perhaps a plan of Terraform,",
        [b'{', ..] => "JSON",
        _ if std::str::from_utf8(bytes).is_ok() => "text",
        _ => "a file of bytes that begins otherwise",
    }
}

fn digest(first: &str, signature: &str, body: &[u8]) -> String {
    hex(&Sha256::new().chain_update(first).chain_update(signature).chain_update(body).finalize())
}

fn signature(first: &str, body: &[u8], key: Option<&str>) -> String {
    let Some(key) = key else { return "-".to_owned() };
    hex(&keyed(key).chain_update(first).chain_update(body).finalize().into_bytes())
}

/// A keyed digest: nobody who has it can try out what it was made of without the key.
pub(super) fn keyed(key: &str) -> Hmac<Sha256> {
    Hmac::new_from_slice(key.as_bytes()).expect("a key may have any length")
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"a body\nof lines\n\xff\x00 and bytes";

    #[test]
    fn what_is_sealed_can_be_opened() {
        for key in [None, Some("salt")] {
            let bytes = seal(BODY, key);
            let opened = open(&bytes).expect("sound");
            assert_eq!(opened.body(&bytes), BODY);
            assert_eq!((opened.has_key(), opened.is_of(&bytes, "salt")), (key.is_some(), key.is_some()));
            assert!(!opened.is_of(&bytes, "another"));
        }
    }

    /// Every byte with every bit turned, and every length.
    #[test]
    fn no_damage_goes_unseen() {
        for key in [None, Some("salt")] {
            let bytes = seal(BODY, key);
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut damaged = bytes.clone();
                    damaged[at] ^= 1 << bit;
                    assert!(open(&damaged).is_err(), "bit {bit} of byte {at}");
                }
                assert!(open(&bytes[..at]).is_err(), "cut at {at}");
            }
            assert!(open(&[&bytes[..], b"x"].concat()).is_err(), "longer");
        }
    }

    #[test]
    fn it_is_said_what_a_file_is_instead() {
        let cases: [(&[u8], &str); 8] = [
            (b"", "it is an empty file and no saved plan of cachestack"),
            (b"PK\x03\x04...", "it is a zip archive, perhaps a plan of Terraform, and no saved plan of cachestack"),
            (b"{}", "it is JSON and no saved plan of cachestack"),
            (b"cachestack planet", "it is text and no saved plan of cachestack"),
            (b"\xff\xfe", "it is a file of bytes that begins otherwise and no saved plan of cachestack"),
            (b"cachestack plan 1 ", "the saved plan is damaged: it ends within its first lines; make it anew"),
            (b"cachestack plan x y\nz\nz\n", "the saved plan is damaged: its first line is wrong; make it anew"),
            (
                b"cachestack plan 1 0.1.0\r\nz\r\nz\r\n",
                "the saved plan is damaged: its ends of lines were changed, so it was copied as text; make it anew",
            ),
        ];
        for (bytes, want) in cases {
            assert_eq!(open(bytes).map(drop).map_err(|why| why.to_string()), Err(want.to_owned()));
        }
        let otherwise = open(b"cachestack plan 2 9.9.9\nx\n-\n").map(drop).expect_err("newer").to_string();
        assert!(
            otherwise.starts_with("the saved plan is of format 2, by cachestack 9.9.9, and this one"),
            "{otherwise}"
        );
        let other =
            open(format!("{MAGIC}{FORMAT} 0.0.1\nx\n-\nbody").as_bytes()).map(drop).expect_err("another version");
        assert!(other.to_string().starts_with("cachestack 0.0.1 wrote the saved plan"), "{other}");
    }
}
