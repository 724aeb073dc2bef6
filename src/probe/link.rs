//! One connection, with TLS or without it, on which nothing waits for ever.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::{ANSWER, CONNECT, Check, Target};

/// Why there is no connection with TLS.
#[derive(Debug)]
#[cfg_attr(not(feature = "aws"), allow(dead_code))]
pub enum Broken {
    /// The other side does not speak it.
    NoTls,
    /// The certificate is too old.
    Expired(String),
    /// Or too new.
    NotYet(String),
    /// It is for these names.
    Name(String),
    /// Nobody here vouches for it.
    Untrusted(String),
    /// Something else.
    Other(String),
}

/// What bytes go over.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A connection. With TLS, the certificate was verified.
pub struct Link {
    stream: Box<dyn Stream>,
    /// What is to be said of TLS.
    pub tls: Check,
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, CONNECT)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_write_timeout(Some(ANSWER))?;
    Ok(stream)
}

/// Whether a port has TLS: one that has closes a connection that begins otherwise, without a byte.
pub fn has_tls(address: SocketAddr, redis: bool) -> bool {
    let Ok(mut stream) = connect(address) else { return false };
    let greeting: &[u8] = if redis { b"*1\r\n$4\r\nPING\r\n" } else { b"version\r\n" };
    if stream.write_all(greeting).is_err() {
        return true;
    }
    let mut byte = [0];
    match stream.read(&mut byte) {
        Ok(0) => true,
        // An alert of TLS.
        Ok(_) => byte[0] == 0x15,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

impl Link {
    /// Connects.
    ///
    /// # Errors
    /// What is wrong with TLS, or why nothing is reached.
    pub fn open(target: &Target, address: SocketAddr, tls: bool) -> Result<Self, Broken> {
        let stream = connect(address).map_err(|error| Broken::Other(error.to_string()))?;
        if tls {
            let (stream, tls) = sealed(target, stream)?;
            return Ok(Self { stream, tls });
        }
        let tls = Check::fine("tls", "the port is asked without TLS");
        Ok(Self { stream: Box::new(stream), tls })
    }
}

#[cfg(feature = "aws")]
use super::tls::sealed;

/// Without the feature there is no TLS.
#[cfg(not(feature = "aws"))]
fn sealed(_: &Target, _: TcpStream) -> Result<(Box<dyn Stream>, Check), Broken> {
    Err(Broken::Other("this build has no TLS: build with the feature `aws`".to_owned()))
}

impl Read for Link {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
