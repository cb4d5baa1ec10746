//! What the process was started in, made fit for it where that is allowed: few descriptors, a small
//! stack, signals that whoever started it had blocked.
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use nix::sys::signal::{SigSet, Signal};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets};

/// Descriptors that a capture of one interface needs with all its helpers, and more.
const DESCRIPTORS: u64 = 64;

/// Bytes of stack of the first thread: what is usual.
const STACK: u64 = 8 << 20;

/// With less the program does not get far.
const LEAST_STACK: u64 = 1 << 20;

/// Takes what is missing; where it is not to be had, what needs it says so later.
pub(super) fn prepare() {
    // The system looks at this limit each time the stack grows: it is not too late.
    at_least(Resource::Stack, STACK);
    at_least(Resource::Nofile, DESCRIPTORS);
    let mut ours = SigSet::empty();
    for signal in
        [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGXFSZ]
    {
        ours.add(signal);
    }
    let _as_before = ours.thread_unblock();
}

/// Runs the program on a stack that is large enough: where that of the first thread may not grow, on a
/// thread's. The first keeps what becoming another user takes of all threads alike, and waits.
pub(super) fn on_a_stack(run: fn() -> ExitCode) -> ExitCode {
    let enough = getrlimit(Resource::Stack).current.is_none_or(|soft| soft >= LEAST_STACK);
    if enough {
        return run();
    }
    let (ready, begin) = mpsc::channel();
    let builder = thread::Builder::new().stack_size(STACK as usize);
    let Ok(worker) = builder.spawn(move || begin.recv().map_or(ExitCode::FAILURE, |()| run())) else {
        return run();
    };
    let kept = CapabilitySet::SETUID | CapabilitySet::SETGID;
    if let Ok(had) = rustix::thread::capabilities(None) {
        let kept = kept & had.permitted;
        let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
        let _fewer = rustix::thread::set_capabilities(None, sets);
    }
    // They are the worker's.
    let _blocked = SigSet::all().thread_block();
    let _begun = ready.send(());
    worker.join().unwrap_or(ExitCode::FAILURE)
}

/// Raises a limit, as root also beyond what the others may.
fn at_least(resource: Resource, wanted: u64) {
    let Rlimit { current: Some(soft), maximum } = getrlimit(resource) else { return };
    let hard = maximum.unwrap_or(u64::MAX);
    let limit = |current: u64, hard: u64| Rlimit { current: Some(current), maximum: maximum.and(Some(hard)) };
    if soft < wanted && setrlimit(resource, limit(wanted, hard.max(wanted))).is_err() {
        let _as_before = setrlimit(resource, limit(hard.min(wanted), hard));
    }
}
