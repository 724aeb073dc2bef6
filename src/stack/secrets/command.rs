//! Runs the command of a secret: its output is the secret, within limits of time and size.
//!
//! The command reads nothing but a secret that it is to keep, and has a process group of its own, which is killed as a whole when it goes beyond a
//! limit. What it writes to standard error is dropped: it may hold the secret.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::disk;

/// What a command is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long it may take.
    pub time: Duration,
    /// How many bytes it may write.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(30), bytes: super::MOST_BYTES }
    }
}

/// The output of a command line; the error says what is wrong without a word of it.
pub fn output(line: &str, directory: &Path, input: Option<&str>, limits: Limits) -> Result<Vec<u8>, String> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).current_dir(directory);
    command
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let group = child.id();
    if let (Some(input), Some(mut stdin)) = (input.map(str::to_owned), child.stdin.take()) {
        // One that does not read it is not waited for.
        std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    }
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = tell.send(follow(child, limits.bytes));
    });
    match told.recv_timeout(limits.time) {
        Ok(Ok((bytes, status))) if status.success() => Ok(bytes),
        Ok(Ok((_, status))) => Err(format!("the command ended with {status}; run it by hand to see what it says")),
        Ok(Err(why)) => Err(why),
        Err(_) => {
            end(group);
            Err(format!("the command took longer than {} s and was ended", limits.time.as_secs_f64()))
        }
    }
}

/// Reads what a command writes, and waits for it.
fn follow(mut child: Child, most: u64) -> Result<(Vec<u8>, ExitStatus), String> {
    let read = child.stdout.take().map_or(Ok(Vec::new()), |stdout| disk::read_at_most(stdout, most));
    if read.is_err() {
        end(child.id());
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    match read {
        Ok(bytes) => Ok((bytes, status)),
        Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
            Err(format!("the command wrote more than {most} bytes and was ended"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Kills a process group.
#[cfg(unix)]
fn end(group: u32) {
    if let Some(group) = i32::try_from(group).ok().and_then(rustix::process::Pid::from_raw) {
        // It may just have ended by itself.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end(_: u32) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stopwatch;

    const SHORT: Limits = Limits { time: Duration::from_millis(700), bytes: 1000 };

    /// What a command gives, and how long it took.
    fn run(line: &str, directory: &Path) -> (Result<String, String>, Duration) {
        let watch = Stopwatch::start();
        let output = output(line, directory, None, SHORT);
        (output.map(|bytes| String::from_utf8(bytes).expect("text")), watch.elapsed())
    }

    #[test]
    fn a_command_gives_its_output_or_says_why_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let late = "the command took longer than 0.7 s and was ended";
        let long = "the command wrote more than 1000 bytes and was ended";
        let cases: &[(&str, Result<&str, &str>)] = &[
            ("echo hidden", Ok("hidden\n")),
            ("pwd >/dev/null; printf hidden", Ok("hidden")),
            ("head -c 1000 /dev/zero | tr '\\0' x >big; wc -c <big | tr -d ' '", Ok("1000\n")),
            // Nothing to read: a command that asks gets no answer instead of waiting for one.
            ("read -r answer || printf none", Ok("none")),
            ("cat", Ok("")),
            ("echo hidden; echo hidden >&2; exit 3", Err("the command ended with exit status: 3")),
            ("kill -9 $$", Err("the command ended with signal: 9")),
            ("no-such-program-of-ours", Err("the command ended with exit status: 127")),
            ("echo hidden; sleep 60", Err(late)),
            ("echo hidden; exec >&-; sleep 60", Err(late)),
            ("sleep 60 & echo hidden", Err(late)),
            ("trap '' TERM INT; while true; do sleep 1; done", Err(late)),
            ("while true; do echo hidden; done", Err(long)),
            ("cat /dev/zero", Err(long)),
        ];
        for (line, expected) in cases {
            let (found, took) = run(line, folder.path());
            match (expected, &found) {
                (Ok(text), Ok(found)) => assert_eq!(found, text, "{line}"),
                (Err(why), Err(found)) => {
                    assert!(found.starts_with(why), "{line}: {found}");
                    assert!(!found.contains("hidden"), "{line}: {found}");
                }
                _ => panic!("{line}: {found:?}"),
            }
            assert!(took < Duration::from_secs(20), "{line}: {took:?}");
        }
    }

    /// Whether a process of that id runs.
    fn runs(pid: &str) -> bool {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        state.is_ok_and(|state| !state.contains(") Z "))
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn nothing_of_a_command_goes_on_after_its_end() {
        for line in ["sleep 300 & echo $! >pid; sleep 300", "sleep 300 >/dev/null & echo $! >pid; cat /dev/zero"] {
            let folder = tempfile::tempdir().expect("a folder");
            run(line, folder.path()).0.expect_err("too much");
            let pid = std::fs::read_to_string(folder.path().join("pid")).expect("the id of a child");
            let watch = Stopwatch::start();
            while runs(pid.trim()) {
                assert!(watch.elapsed() < Duration::from_secs(10), "{line}: {pid} goes on");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}
