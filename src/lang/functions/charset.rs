//! Character encodings, by their IANA names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::Encoding;

use super::encoding::from_base64;
use super::{Call, Failure, text, wrong};
use crate::value::Value;

/// An encoding.
enum Charset {
    Utf8,
    Utf16 {
        little: bool,
    },
    /// With a mark of the byte order in front.
    MarkedUtf16,
    /// One byte per character, up to a last one.
    Single {
        last: u8,
    },
    Other(&'static Encoding),
}

fn find(call: &Call) -> Result<Charset, Failure> {
    let name = call.text(1);
    match name.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => Ok(Charset::Utf8),
        "UTF-16LE" => Ok(Charset::Utf16 { little: true }),
        "UTF-16BE" => Ok(Charset::Utf16 { little: false }),
        "UTF-16" => Ok(Charset::MarkedUtf16),
        "ISO-8859-1" | "LATIN1" | "ISO_8859-1" => Ok(Charset::Single { last: 0xff }),
        "US-ASCII" => Ok(Charset::Single { last: 0x7f }),
        _ => match Encoding::for_label(name.as_bytes()) {
            Some(encoding) => Ok(Charset::Other(encoding)),
            None => wrong(1, format!("{name:?} is not an encoding that is known here")),
        },
    }
}

pub(super) fn textencodebase64(call: &Call) -> Result<Value, Failure> {
    let string = call.text(0);
    let bytes = match find(call)? {
        Charset::Utf8 => Some(string.as_bytes().to_vec()),
        Charset::Utf16 { little } => Some(
            string
                .encode_utf16()
                .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect(),
        ),
        Charset::MarkedUtf16 => {
            Some([0xfe, 0xff].into_iter().chain(string.encode_utf16().flat_map(u16::to_be_bytes)).collect())
        }
        Charset::Single { last } => {
            let byte = |character| u8::try_from(u32::from(character)).ok().filter(|byte| *byte <= last);
            string.chars().map(byte).collect()
        }
        Charset::Other(encoding) => {
            let (bytes, _, lossy) = encoding.encode(string);
            (!lossy).then(|| bytes.into_owned())
        }
    };
    match bytes {
        Some(bytes) => text(STANDARD.encode(bytes)),
        None => wrong(0, format!("the text has characters that {} does not have", call.text(1))),
    }
}

pub(super) fn textdecodebase64(call: &Call) -> Result<Value, Failure> {
    let Some(bytes) = from_base64(call.text(0)) else { return wrong(0, "the source is not Base64") };
    let decoded = match find(call)? {
        Charset::Utf8 => String::from_utf8(bytes).ok(),
        Charset::Utf16 { little } => from_utf16(&bytes, little),
        Charset::MarkedUtf16 => match bytes.as_slice() {
            [0xff, 0xfe, rest @ ..] => from_utf16(rest, true),
            [0xfe, 0xff, rest @ ..] | rest => from_utf16(rest, false),
        },
        Charset::Single { last } => {
            bytes.iter().all(|byte| *byte <= last).then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        Charset::Other(encoding) => {
            encoding.decode_without_bom_handling_and_without_replacement(&bytes).map(|decoded| decoded.into_owned())
        }
    };
    match decoded {
        Some(decoded) => text(decoded),
        None => wrong(0, format!("the bytes are not text in {}", call.text(1))),
    }
}

fn from_utf16(bytes: &[u8], little: bool) -> Option<String> {
    let unit = |pair: &[u8]| if little { [pair[1], pair[0]] } else { [pair[0], pair[1]] };
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes(unit(pair))).collect();
    if bytes.len().is_multiple_of(2) { String::from_utf16(&units).ok() } else { None }
}
