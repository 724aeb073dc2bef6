//! A fault of the program itself: said with its place in the code, and without its message, which may hold a secret.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

use crate::ui::Ui;

/// Replaces what is printed of a panic in any thread.
pub fn say_where(ui: Ui) {
    std::panic::set_hook(Box::new(move |panic| ui.error(&text(panic))));
}

fn text(panic: &PanicHookInfo) -> String {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    format!(
        "a fault of cachestack itself, in {place} of version {}. Please report this place and what you did. Its message \
         is not shown, because it may hold values of the stack",
        env!("CARGO_PKG_VERSION")
    )
}

/// What came of it; none after a panic, which has been reported.
pub fn survive<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{say_where, survive};
    use crate::cli::exit;
    use crate::ui::Ui;

    const CHILD: &str = "CACHESTACK_TEST_PANICS";

    /// A process that panics; it is this test again, for the hook is that of the whole process.
    #[test]
    fn no_secret_is_told_and_the_code_says_what_happened() {
        if let Some(when) = std::env::var_os(CHILD) {
            say_where(Ui::plain());
            if when == "sending" {
                exit::begin_sending();
            }
            let code = survive(|| -> u8 { panic!("the token is {}", "hunter2") }).unwrap_or_else(exit::broken);
            std::process::exit(code.into());
        }
        for (when, code) in [("before", exit::ERROR), ("sending", exit::REMAINS)] {
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args([
                "--exact",
                "--nocapture",
                "cli::panic::tests::no_secret_is_told_and_the_code_says_what_happened",
            ]);
            let output = child.env(CHILD, when).output().unwrap();
            let said =
                [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
            assert_eq!(output.status.code(), Some(code.into()), "{said}");
            assert!(said.contains("a fault of cachestack itself, in src/cli/panic.rs:"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
