//! What tests need of the machine they run on, in one place. What is missing is said past the capture of
//! a test's output, so that nobody takes a test that was left out for one that passed. Where `CI` is set,
//! a missing program is a failure, and for root, who may do everything, so is a missing right.
use std::io::Write as _;
use std::process::Command;
use std::sync::OnceLock;

/// How a line begins that says what was left out.
const SKIPPED: &str = "skipped: ";

/// Whether everything must be there.
fn strict() -> bool {
    std::env::var("CI").is_ok_and(|ci| !matches!(&*ci, "" | "0" | "false"))
}

/// Says that the test of this thread is left out, or fails it.
fn missing(what: &str, strict: bool) {
    // A test alone runs in the main thread.
    let alone = std::env::args().skip_while(|arg| arg != "--exact").nth(1);
    let thread = std::thread::current();
    let test = alone.as_deref().or(thread.name()).unwrap_or("a test");
    assert!(!strict, "{test} needs {what}, and CI is set");
    // Not `eprintln!`, which is shown only of a test that fails.
    let _ = writeln!(std::io::stderr(), "{SKIPPED}{test}: it needs {what}");
}

/// Whether something that can be installed is there.
#[must_use]
pub(crate) fn installed(what: &str, there: bool) -> bool {
    if !there {
        missing(what, strict());
    }
    there
}

/// Whether a program can be started.
#[must_use]
pub(crate) fn program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    installed(name, std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// Whether the tcpdump is there whose text is ours.
#[must_use]
pub(crate) fn tcpdump() -> bool {
    static HERE: OnceLock<bool> = OnceLock::new();
    let here = HERE.get_or_init(|| {
        let version = Command::new("tcpdump").arg("--version").output();
        version.is_ok_and(|v| String::from_utf8_lossy(&v.stdout).contains("tcpdump version 4.99.3"))
    });
    installed("tcpdump 4.99.3", *here)
}

/// Whether the user or the kernel lets the test do something.
#[must_use]
pub(crate) fn allowed(what: &str, there: bool) -> bool {
    if !there {
        missing(what, strict() && is_real_root());
    }
    there
}

/// Whether this process is root of the whole machine, not of a namespace of one user.
pub(crate) fn is_real_root() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    nix::unistd::Uid::effective().is_root() && map.split_whitespace().eq(["0", "0", "4294967295"])
}

/// Whether this is root of the whole machine; `what` for.
#[must_use]
pub(crate) fn root(what: &str) -> bool {
    allowed(&format!("root, {what}"), is_real_root())
}

/// Says that a test is left out for want of what nobody needs to have.
pub(crate) fn optional(what: &str) {
    missing(what, false);
}

/// Says again what a test left out in a process of its own.
pub(crate) fn pass_on(errors: &str) {
    for line in errors.lines().filter(|line| line.starts_with(SKIPPED)) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

#[test]
fn a_missing_program_is_a_failure_where_everything_must_be_there() {
    assert!(program("sh"));
    missing("what nobody has (as it should)", false);
    let failed = std::panic::catch_unwind(|| missing("what nobody has", true)).expect_err("a failure");
    let text = failed.downcast_ref::<String>().expect("a message");
    assert!(text.ends_with("needs what nobody has, and CI is set"), "{text}");
    assert!(text.starts_with("needs::a_missing_program"), "{text}");
}
