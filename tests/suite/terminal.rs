//! What a person and a shell meet: questions on a terminal, signals, devices that take no more.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pty_process::blocking::Pty;

use crate::harness::{Emulator, Place, run};

const STACK: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}
parameter_group "p" {
  name   = "asked"
  family = "redis7"
}
replication_group "r" {
  replication_group_id = "asked"
  description          = "asked"
  node_type            = "cache.t4g.micro"
  engine_version       = "7.1"
  num_cache_clusters   = 1
  parameter_group_name = parameter_group.p.name
}
output "name" { value = parameter_group.p.name }
"#;

const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";
const UP: &str = "\x1b[A";

/// The longest that a test waits for a text.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on a terminal of its own.
pub struct Terminal {
    child: Child,
    pty: Pty,
    seen: String,
}

impl Terminal {
    fn start(place: &Place, args: &[&str]) -> Self {
        Self::of_width(place, args, 120)
    }

    fn of_width(place: &Place, args: &[&str], columns: u16) -> Self {
        Self::of_size(place, args, (40, columns))
    }

    pub fn of_size(place: &Place, args: &[&str], (rows, columns): (u16, u16)) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a terminal");
        pty.resize(pty_process::Size::new(rows, columns)).expect("a size");
        let child = pty_process::blocking::Command::from(place.program(args)).spawn(pts).expect("it starts");
        Self { child, pty, seen: String::new() }
    }

    /// Reads until a text is there; what came up to it is forgotten. A program that never says it is ended.
    fn expect(&mut self, text: &str) {
        self.until(text);
    }

    /// The same; answers what came up to it.
    pub fn until(&mut self, text: &str) -> String {
        let done = Arc::new(AtomicBool::new(false));
        let (watched, id) = (done.clone(), self.child.id().to_string());
        std::thread::spawn(move || {
            std::thread::sleep(PATIENCE);
            if !watched.load(Ordering::SeqCst) {
                let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
            }
        });
        let end = loop {
            if let Some(at) = self.seen.find(text) {
                break at + text.len();
            }
            assert!(self.read(), "no {text:?} in {}", self.seen);
        };
        done.store(true, Ordering::SeqCst);
        self.seen.drain(..end).collect()
    }

    /// Whether there was more; a terminal that the last program has left answers an error.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let count = self.pty.read(&mut bytes).unwrap_or(0);
        self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        count > 0
    }

    pub fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).expect("it is typed");
    }

    /// Reads to the end: the exit code and what was said.
    pub fn end(mut self) -> (Option<i32>, String) {
        while self.read() {}
        (self.child.wait().expect("it ends").code(), self.seen)
    }
}

fn place(speed: &str) -> Place {
    let mut place = Place::new();
    place.env("CACHESTACK_EMULATOR_SPEED", speed);
    place.write("main.hcl", STACK);
    place
}

/// Waits for the question, which must be there before anything is typed, and answers it.
fn answer(place: &Place, args: &[&str], question: &str, keys: &str, says: &str, code: i32) {
    let mut terminal = Terminal::start(place, args);
    terminal.expect(question);
    terminal.press(keys);
    let (found, rest) = terminal.end();
    assert!(rest.contains(says), "no {says:?} in {rest}");
    assert_eq!(found, Some(code), "{rest}");
}

#[test]
fn a_question_is_seen_before_it_is_answered() {
    let place = place("instant");
    let question = "Only \"yes\" is accepted: ";
    let unsent = [
        ("no\n", "not approved; nothing was sent"),
        ("\n", "not approved; nothing was sent"),
        (CTRL_C, "interrupted; nothing was sent"),
        (CTRL_D, "not approved; nothing was sent"),
    ];
    for (keys, says) in unsent {
        answer(&place, &["apply"], question, keys, says, 1);
        assert_eq!(place.run(&["state", "list"]).expect(0).stdout, "");
    }
    answer(&place, &["apply"], question, "yes\n", "Apply complete: 2 added", 0);
    // Where data is lost, its id has to be typed.
    let question = "2 to destroy, data loss in replication_group.r: type its id, asked: ";
    for (keys, says) in unsent.into_iter().chain([("yes\n", "not approved; nothing was sent")]) {
        answer(&place, &["destroy"], question, keys, says, 1);
    }
    place.run(&["plan", "--detailed-exitcode"]).expect(0).says("2 resources unchanged");
    answer(&place, &["destroy"], question, "asked\n", "Destroy complete", 0);
}

/// An answer that does not fit is told, and asked for once more; how it is written stands in the question.
#[test]
fn an_answer_that_does_not_fit_is_asked_for_again() {
    let place = place("instant");
    place.write(
        "more.hcl",
        "variable \"zones\" {\n  type = list(string)\n  validation {\n    condition     = length(var.zones) > 1\n\
             error_message = \"At least two.\"\n  }\n}\noutput \"given\" { value = join(\"+\", var.zones) }\n",
    );
    let question = "var.zones, a list of strings as in [\"a\"]: ";
    let mut terminal = Terminal::start(&place, &["plan"]);
    for (answer, told) in [("a, b\n", "CS0104"), ("[\"a\"]\n", "At least two."), ("[\"a\", \"b\"]\n", "a+b")] {
        terminal.expect(question);
        terminal.press(answer);
        terminal.expect(told);
    }
    assert_eq!(terminal.end().0, Some(0));
}

/// What nobody has given is asked for, and a secret is not seen; not where nothing may be asked, or where it is given.
#[test]
fn missing_variables_are_asked_for() {
    let place = place("instant");
    place.write(
        "more.hcl",
        "variable \"family\" { type = string }\nvariable \"token\" {\n  type      = string\n  sensitive = true\n}\n\
         output \"given\" { value = \"${var.family}, ${length(var.token)}\" }\n",
    );
    let mut terminal = Terminal::start(&place, &["plan"]);
    terminal.expect("var.family: ");
    terminal.press("redis7\n");
    terminal.expect("var.token: ");
    // The key that stops a program does not: a shell would show what is typed from then on.
    terminal.press("\u{1a}quite secret\n");
    let (code, rest) = terminal.end();
    assert_eq!(code, Some(1), "{rest}");
    assert!(!rest.contains("quite"), "{rest}");
    place.write("more.hcl", "variable \"family\" { type = string }\noutput \"given\" { value = var.family }\n");
    answer(&place, &["plan"], "var.family: ", "redis7\n", "+ given = \"redis7\"", 0);
    for keys in ["\n", CTRL_D] {
        answer(&place, &["plan"], "var.family: ", keys, "CS0345", 1);
    }
    answer(&place, &["apply"], "var.family: ", CTRL_C, "interrupted; nothing was sent", 1);
    for args in [&["plan", "-input=false"][..], &["plan", "--json"], &["validate"]] {
        let (code, said) = Terminal::start(&place, args).end();
        assert!(!said.contains("var.family: "), "{args:?}: {said}");
        assert_eq!(code, Some(if args == ["validate"] { 0 } else { 1 }), "{args:?}: {said}");
    }
}

/// What is under way is drawn on a terminal that can, and nowhere else; what has ended stays as a line.
#[test]
fn what_is_under_way_is_drawn() {
    const DRAWN: &str = "creating, call 1/1 CreateReplicationGroup";
    let draws = |place: &Place, args: &[&str]| {
        let (code, said) = Terminal::start(place, args).end();
        assert_eq!(code, Some(0), "{said}");
        place.run(&["destroy", "--auto-approve"]).expect(0);
        said
    };
    let apply = ["apply", "--auto-approve"];
    let mut place = place("fast");
    place.env("TERM", "xterm");
    let said = draws(&place, &apply);
    for part in [DRAWN, "[1/2]", "of at least", "replication_group.r: Created after", "\u{1b}[32m", "Apply complete"] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert!(!said.contains("replication_group.r: Creating..."), "{said}");
    // The last lines of the screen are those that stay: what was drawn is cleared before them.
    let last = said.rfind(DRAWN).expect("it is drawn");
    assert!(said[last..].contains("\u{1b}[2K"), "{said}");
    for args in [&["apply", "--auto-approve", "--color=never"][..], &["apply", "--auto-approve", "--json"]] {
        let said = draws(&place, args);
        assert!(!said.contains(DRAWN) && !said.contains('\u{1b}'), "{args:?}: {said}");
    }
    let said = draws(&place, &["apply", "--auto-approve", "--json-into", "messages"]);
    assert!(said.contains(DRAWN), "{said}");
    assert!(!place.read("messages").contains('\u{1b}'));
    place.env("TERM", "dumb");
    let said = draws(&place, &apply);
    assert!(said.contains("replication_group.r: Creating...") && !said.contains('\u{1b}'), "{said}");
}

/// More is under way than the terminal has rows: the bar stays in sight, and counts what has no line.
#[test]
fn the_bar_stays_in_sight() {
    let mut place = place("fast");
    place.env("TERM", "xterm");
    let named = "  replication_group_id = \"asked\"";
    let each = "  for_each = toset([for at in range(12) : \"g${at}\"])\n  replication_group_id = each.key";
    assert!(STACK.contains(named));
    place.write("main.hcl", &STACK.replace(named, each));
    let (code, said) = Terminal::of_size(&place, &["apply", "--auto-approve"], (8, 100)).end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("[1/13]") && said.contains(", 6 more under way"), "{said}");
}

/// An interrupt while something is drawn, and two: what was drawn is cleared, and the last word ends its line. Whether the
/// second one comes before the end is up to the machine.
#[test]
fn an_interrupt_leaves_a_clean_terminal() {
    const DRAWN: &str = "creating, call 1/1 CreateReplicationGroup";
    for again in ["", CTRL_C] {
        let mut place = place("real");
        place.env("TERM", "xterm");
        let mut terminal = Terminal::start(&place, &["apply", "--auto-approve"]);
        terminal.expect(DRAWN);
        terminal.press(CTRL_C);
        terminal.expect("Stopping: nothing new is begun");
        terminal.press(again);
        let (code, rest) = terminal.end();
        assert_eq!(code, Some(5), "{rest}");
        let behind = rest.rfind(DRAWN).map_or(&*rest, |at| &rest[at..]);
        let (_, last) = behind.rsplit_once("\u{1b}[2K").unwrap_or_else(|| panic!("it is not cleared: {rest}"));
        assert!(last.contains("Run it again") || last.contains("run it again"), "{rest}");
        assert!(last.ends_with('\n') && !last.contains("[1/2]"), "{rest}");
        // It would move the cursor from where the lines end.
        assert!(!rest.contains("^C"), "{rest}");
    }
}

/// A failure is red where it happens, and counted while the rest goes on.
#[test]
fn a_failure_is_red_where_it_happens() {
    let error = serde_json::json!({ "code": "InsufficientCacheClusterCapacity", "status": 400 });
    let rule = serde_json::json!({ "match": "*:CreateReplicationGroup", "probability": 1.0, "error": error });
    let faults = serde_json::json!({ "seed": 1, "rules": [rule] }).to_string();
    let emulator = Emulator::start_in(Place::new(), &["--speed", "instant", "--faults", &faults]);
    let mut place = place("instant");
    place.env("TERM", "xterm").env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    let (code, said) = Terminal::start(&place, &["apply", "--auto-approve", "--endpoint", &emulator.url]).end();
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("\u{1b}[31mreplication_group.r (main.hcl:10): Creating failed after"), "{said}");
    assert!(said.contains("\u{1b}[31m, 1 failed"), "{said}");
}

/// Colours where they are wanted: by the option, by the variables of the process, else on a terminal.
#[test]
fn colours_are_where_they_are_wanted() {
    let cases: [(&[&str], &[(&str, &str)], bool, bool); 8] = [
        (&[], &[], true, false),
        (&[], &[("TERM", "dumb")], false, false),
        (&["--color=always"], &[("NO_COLOR", "1")], true, true),
        (&["--color=never"], &[("CLICOLOR_FORCE", "1")], false, false),
        (&["--no-color"], &[], false, false),
        (&["--color", "auto"], &[("CLICOLOR_FORCE", "1")], true, true),
        (&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false, false),
        (&[], &[("NO_COLOR", "")], true, false),
    ];
    for (options, variables, on_terminal, in_pipe) in cases {
        let mut place = place("instant");
        place.env("TERM", "xterm");
        for (name, value) in variables {
            place.env(name, value);
        }
        let args = [&["plan"], options].concat();
        let said = Terminal::start(&place, &args).end().1;
        assert_eq!(said.contains('\u{1b}'), on_terminal, "{options:?} {variables:?}: {said}");
        let said = place.run(&args).expect(0).stdout;
        assert_eq!(said.contains('\u{1b}'), in_pipe, "{options:?} {variables:?}: {said}");
    }
}

/// A long line is cut where the terminal ends, and the mark is under its text.
#[test]
fn a_source_line_is_cut_where_the_terminal_ends() {
    let place = place("instant");
    place.write(
        "long.hcl",
        &format!("locals {{ a = \"{}\" + missing.thing + \"{}\" }}\n", "x".repeat(150), "y".repeat(150)),
    );
    let (_, said) = Terminal::of_width(&place, &["validate"], 60).end();
    let lines: Vec<&str> = said.lines().map(|line| line.trim_end_matches('\r')).collect();
    let at = lines.iter().position(|line| line.contains("missing.thing +")).unwrap_or_else(|| panic!("{said}"));
    let column = lines[at].find("missing.thing");
    assert_eq!(lines[at + 1].find('^'), column, "{said}");
    assert!(lines[at].chars().count() <= 60, "{said}");
}

/// A rotation asks twice: before the new token is let in, and before the former one is shut out.
#[test]
fn a_rotation_asks_before_each_part() {
    let mut place = place("instant");
    place.env("OLD", "0123456789abcdef0123").env("NEW", "3210fedcba98765432100");
    let stack = |token: &str| {
        let tls = format!("transit_encryption_enabled = true\n  auth_token = secret(\"env:{token}\")\n}}\noutput");
        STACK.replacen("}\noutput", &tls, 1)
    };
    place.write("main.hcl", &stack("OLD"));
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.write("main.hcl", &stack("NEW"));
    let rotate = ["rotate", "replication_group.r"];
    let (first, second) =
        ("Carry this out in environment \"local\"? Only \"yes\" is accepted: ", "Only \"yes\" is accepted: ");
    answer(&place, &rotate, first, "no\n", "not approved; nothing was sent", 1);
    for (keys, says, ends) in [
        (CTRL_C, "interrupted; nothing more was sent", 5),
        ("no\n", "Nothing more was sent", 0),
        ("yes\n", "0 added, 1 changed, 0 destroyed", 0),
    ] {
        let mut terminal = Terminal::start(&place, &rotate);
        if keys == CTRL_C {
            terminal.expect(first);
            terminal.press("yes\n");
        }
        terminal.expect("and so is the one before");
        terminal.expect(second);
        terminal.press(keys);
        let (code, rest) = terminal.end();
        assert!(code == Some(ends) && rest.contains(says), "{rest}");
    }
    let plan = place.run(&["plan", "--detailed-exitcode"]).expect(0);
    assert!(!plan.stderr.contains("CS1017"), "{}", plan.stderr);
}

/// A text over two lines, a name that the tabulator completes, what was typed before, help, a line that is dropped.
#[test]
fn the_console_edits_completes_and_helps() {
    let place = place("instant");
    let mut terminal = Terminal::start(&place, &["console"]);
    // What is typed before the line is ready is the terminal's, and not the console's.
    let ready = "[?2004h";
    for (at, keys, says) in [
        (ready, "[1,\n2][1] + 40\n", "42"),
        (ready, "cidrhos\t\"10.0.0.0/24\", 5)\n", "10.0.0.5"),
        (ready, UP, "cidrhost(\"10.0.0.0/24\", 5)"),
        ("", "\n", "10.0.0.5"),
        (ready, "replication_group.\t.node_t\t\n", "cache.t4g.micro"),
        (ready, "help cidrhost\n", "The address of a host"),
        (ready, "1 + ", "1 + "),
        ("", CTRL_C, ""),
        (ready, "help nothing-such\n", "there is no code"),
        (ready, "6 * 7\n", "42"),
        (ready, CTRL_D, ""),
    ] {
        terminal.expect(at);
        terminal.press(keys);
        terminal.expect(says);
    }
    assert_eq!(terminal.end().0, Some(0));
}

/// What stands in a pipe is evaluated without a word beside the results.
#[test]
fn the_console_of_a_pipe_says_results_only() {
    let place = place("instant");
    let mut console = place.program(&["console"]);
    let mut console = console.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a console");
    console.stdin.take().expect("its input").write_all(b"[1,\n2][1]\n\nupper(\"a\")\n").expect("it listens");
    let output = console.wait_with_output().expect("an answer");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2\n\"A\"\n");
}

/// A window that is closed takes its question with it.
#[test]
fn a_terminal_that_goes_away_ends_the_question() {
    let place = place("instant");
    let mut terminal = Terminal::start(&place, &["apply"]);
    terminal.expect("Only \"yes\" is accepted: ");
    let Terminal { mut child, pty, .. } = terminal;
    drop(pty);
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    assert_eq!(place.run(&["state", "list"]).expect(0).stdout, "");
}

/// A device that takes nothing.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").expect("the full device").into()
}

#[test]
fn a_full_device_is_no_success() {
    if !std::path::Path::new("/dev/full").exists() {
        crate::referees::skipped("a_full_device_is_no_success", "/dev/full");
        return;
    }
    let place = place("instant");
    // Nothing is sent when the plan could not be shown.
    let outcome = |args: &[&str]| {
        let mut program = place.program(args);
        let output = program.stdin(File::open(place.path().join("main.hcl")).expect("a file")).stdout(full()).output();
        let output = output.expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = outcome(&["apply", "--auto-approve"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("could not be shown; nothing was sent"), "{said}");
    assert_eq!(place.run(&["state", "list"]).expect(0).stdout, "");
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.write("odd.hcl", "locals { a=1 }\n");
    let commands: [&[&str]; 16] = [
        &["plan"],
        &["plan", "--json"],
        &["plan", "--detailed-exitcode", "--destroy"],
        &["apply", "--auto-approve"],
        &["output"],
        &["output", "-raw", "name"],
        &["output", "--json"],
        &["show"],
        &["show", "--json"],
        &["state", "list"],
        &["validate"],
        &["validate", "--json"],
        &["graph"],
        &["explain", "CS0101"],
        &["fmt", "-"],
        &["--help"],
    ];
    for command in commands {
        let (code, said) = outcome(command);
        assert_eq!(code, Some(1), "{command:?}: {said}");
        assert!(said.contains("the output is not complete: No space left on device"), "{command:?}: {said}");
    }
    // Only what was said on stderr is lost here.
    let mut program = place.program(&["output", "--state", "elsewhere"]);
    assert_eq!(program.stderr(full()).status().expect("it runs").code(), Some(1));
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let place = place("instant");
    for (args, code) in [(&["plan"][..], 0), (&["apply", "--auto-approve"], 0), (&["show"], 0)] {
        let mut child = place.program(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{args:?}");
    }
}

/// The output breaks off after the first calls: the run goes on to its end and says that it was not seen.
#[test]
fn a_run_whose_output_breaks_off_is_recorded() {
    let place = place("fast");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let output = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    let (reader, _) = listener.accept().expect("the other end");
    let mut program = place.program(&["apply", "--auto-approve"]);
    let mut child = program.stdout(OwnedFd::from(output)).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(program);
    let mut seen = vec![0; 100_000];
    while !String::from_utf8_lossy(&seen).contains("Creating") {
        reader.peek(&mut seen).expect("output");
        std::thread::sleep(Duration::from_millis(5));
    }
    // What is closed unread is reset, and that is no closed pipe.
    drop(reader);
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(5), "{said}");
    assert!(said.contains("the output is not complete"), "{said}");
    place.run(&["plan", "--detailed-exitcode"]).expect(0).says("2 resources unchanged");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}

/// Starts a run and answers when it has said a text on stdout.
fn until(mut program: Command, text: &str) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut seen = String::new();
    while !seen.contains(text) {
        assert!(reader.read_line(&mut seen).expect("text") > 0, "no {text:?} in {seen}");
    }
    (child, reader)
}

fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    (child.wait().expect("it ends").code(), said)
}

#[test]
fn a_signal_stops_a_run_and_a_second_one_ends_it() {
    for name in ["HUP", "TERM", "INT"] {
        // At this speed AWS takes its minutes.
        let place = place("real");
        for command in ["apply", "destroy"] {
            if command == "destroy" {
                // What is still being made can be destroyed only when it is there.
                std::fs::remove_dir_all(place.path().join(".cachestack")).expect("the state and the world");
                let mut instant = place.program(&["apply", "--auto-approve"]);
                instant.env("CACHESTACK_EMULATOR_SPEED", "instant");
                run(instant).expect(0);
            }
            let word =
                if command == "apply" { "replication_group.r: Creating" } else { "replication_group.r: Destroying" };
            let (child, output) = until(place.program(&[command, "--auto-approve"]), word);
            signal(&child, name);
            if command == "destroy" {
                std::thread::sleep(Duration::from_millis(300));
                signal(&child, name);
            }
            let before = Instant::now();
            drop(output);
            let (code, said) = ended(child);
            assert_eq!(code, Some(5), "{command} {name}: {said}");
            assert!(said.contains("Stopping: nothing new is begun"), "{command} {name}: {said}");
            assert!(before.elapsed() < PATIENCE, "{command} {name}: {said}");
        }
    }
}

#[test]
fn a_signal_before_anything_was_sent_ends_the_run() {
    // It listens and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut place = place("instant");
    place.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    let endpoint = format!("http://{}", silent.local_addr().expect("an address"));
    let commands: [&[&str]; 3] = [&["plan"], &["apply", "--auto-approve"], &["destroy", "--auto-approve"]];
    for (command, name) in commands.into_iter().zip(["HUP", "TERM", "INT"]) {
        place.run(&["apply", "--auto-approve"]).expect(0);
        let mut program = place.program(&[command, &["--endpoint", &endpoint]].concat());
        let child = program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (connection, _) = silent.accept().expect("a call");
        let before = Instant::now();
        signal(&child, name);
        let (code, said) = ended(child);
        drop(connection);
        assert_eq!(code, Some(1), "{command:?} {name}: {said}");
        assert!(said.contains("; nothing was sent"), "{command:?} {name}: {said}");
        assert!(before.elapsed() < Duration::from_secs(5), "{command:?} {name}");
    }
}

#[test]
fn what_ignores_the_hangup_goes_on() {
    let place = place("fast");
    let inner = place.program(&["apply", "--auto-approve"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
    shell.current_dir(place.path()).env_clear().stdin(Stdio::null());
    shell.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let (child, mut output) = until(shell, "replication_group.r: Creating");
    signal(&child, "HUP");
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("text");
    let (code, said) = ended(child);
    assert_eq!(code, Some(0), "{said}{rest}");
    assert!(rest.contains("Apply complete: 2 added"), "{rest}");
}
