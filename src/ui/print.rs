//! The one way to the terminal: what cannot be written is remembered, and the exit code tells it.

use std::io::{BufRead, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::disk::Log;
use crate::ui::live;

/// Why the first text that was lost could not be written. A process has one output.
static LOST: OnceLock<String> = OnceLock::new();

/// The file that has the messages for programs beside what people read.
static BESIDE: OnceLock<Mutex<Log>> = OnceLock::new();

/// How long a full pipe that does not block is left alone.
const FULL: Duration = Duration::from_millis(10);

/// Why something could not be written to stdout or stderr, where that was so. A reader that has gone away is no loss.
pub fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str).or_else(crate::log::lost)
}

/// Writes to stdout as it is.
pub fn stdout(text: &str) {
    note(live::aside(|| write(&mut std::io::stdout().lock(), text.as_bytes())));
}

/// Writes to stderr as it is.
pub fn stderr(text: &str) {
    note(live::aside(|| write(&mut std::io::stderr().lock(), text.as_bytes())));
}

/// Has the messages for programs written into a file, which is made or emptied.
pub fn open_beside(path: &Path) -> std::io::Result<()> {
    let file = Log::create(path)?;
    BESIDE.get_or_init(|| Mutex::new(file));
    Ok(())
}

/// Whether there is such a file.
pub fn has_beside() -> bool {
    BESIDE.get().is_some()
}

/// Writes to that file.
pub fn beside(text: &str) {
    if let Some(file) = BESIDE.get() {
        note(file.lock().unwrap_or_else(PoisonError::into_inner).append(text.as_bytes(), false));
    }
}

/// Keeps in mind that something was lost.
pub fn note(written: std::io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Writes all of it, up to the last byte, before it returns: what stays in a buffer is neither seen nor known to fail.
fn write(to: &mut dyn Write, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) => again(error)?,
        }
    }
    while let Err(error) = to.flush() {
        again(error)?;
    }
    Ok(())
}

/// Whether it is worth trying again: another program may have made the terminal or pipe one that does not block.
fn again(error: std::io::Error) -> std::io::Result<()> {
    match error.kind() {
        ErrorKind::Interrupted => Ok(()),
        ErrorKind::WouldBlock => {
            std::thread::sleep(FULL);
            Ok(())
        }
        _ => Err(error),
    }
}

/// Whether somebody sits at stdin.
pub fn is_attended() -> bool {
    std::io::stdin().is_terminal()
}

/// Whether somebody looks at stdout.
pub fn is_watched() -> bool {
    std::io::stdout().is_terminal()
}

/// How many columns the terminal behind stderr has; none where there is no terminal.
pub fn width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| width.0.into())
}

/// How many rows it has.
pub fn height() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stderr()).map(|(_, height)| height.0.into())
}

/// A line of stdin without its end; none at the end of the input.
pub fn read_line() -> Option<String> {
    let mut line = Vec::new();
    let count = std::io::stdin().lock().read_until(b'\n', &mut line).unwrap_or(0);
    let text = String::from_utf8_lossy(&line);
    (count > 0).then(|| text.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind, Result, Write};

    use super::write;

    /// A writer that answers from a list: how much it takes, or why nothing.
    struct Moody(Vec<Result<usize>>, Vec<u8>);

    impl Write for Moody {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            let count = if self.0.is_empty() { bytes.len() } else { self.0.remove(0)?.min(bytes.len()) };
            self.1.extend(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_is_written_or_it_is_an_error() {
        let failed = |kind: ErrorKind| Err(Error::from(kind));
        let cases = [
            (vec![Ok(1), failed(ErrorKind::Interrupted), failed(ErrorKind::WouldBlock), Ok(2)], "hello", None),
            (vec![Ok(2), failed(ErrorKind::StorageFull)], "he", Some(ErrorKind::StorageFull)),
            (vec![Ok(0)], "", Some(ErrorKind::WriteZero)),
        ];
        for (moods, expected, error) in cases {
            let mut writer = Moody(moods, Vec::new());
            let written = write(&mut writer, b"hello");
            assert_eq!(String::from_utf8_lossy(&writer.1), expected);
            assert_eq!(written.err().map(|error| error.kind()), error);
        }
    }
}
