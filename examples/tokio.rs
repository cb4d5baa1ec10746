//! Packets beside the other tasks of an asynchronous program, for five seconds:
//! `cargo build --example tokio && sudo target/debug/examples/tokio lo`
use std::cell::Cell;
use std::error::Error;
use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use synack::capture::Capture;
use synack::print::Printer;
use synack::{Source, Step};
use tokio::io::unix::AsyncFd;
use tokio::time::{Instant, interval, timeout_at};

fn main() -> Result<(), Box<dyn Error>> {
    let interface = std::env::args().nth(1).unwrap_or_else(|| "any".into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let seen = Rc::new(Cell::new(0));
    let tasks = tokio::task::LocalSet::new();
    tasks.spawn_local(report(Rc::clone(&seen)));
    tasks.block_on(&runtime, sniff(interface, &seen))
}

/// Whatever else the program does.
async fn report(seen: Rc<Cell<u64>>) {
    let mut second = interval(Duration::from_secs(1));
    loop {
        second.tick().await;
        eprintln!("{} packets so far", seen.get());
    }
}

async fn sniff(interface: String, seen: &Cell<u64>) -> Result<(), Box<dyn Error>> {
    let mut capture = Capture::builder(interface).open()?;
    // A second descriptor of the same socket, for the runtime to wait on.
    let socket = capture.as_fd().try_clone_to_owned()?;
    #[allow(deprecated, reason = "an `OwnedFd` is what `register` asks its caller to promise")]
    let socket = AsyncFd::new(socket)?;
    let mut printer = Printer::builder().numeric(true).build(io::stdout());
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let ready = match timeout_at(end, socket.readable()).await {
            Ok(ready) => Some(ready?),
            Err(_over) => {
                // What the kernel has by now still comes, then the end.
                capture.stop();
                None
            }
        };
        loop {
            match capture.advance(Some(Duration::ZERO))? {
                Step::Packet => {
                    printer.print(&capture.packet())?;
                    seen.set(seen.get() + 1);
                }
                Step::Idle => break,
                Step::End => return Ok(printer.flush()?),
            }
        }
        printer.flush()?;
        if let Some(mut ready) = ready {
            // Only now: what comes meanwhile wakes it again.
            ready.clear_ready();
        }
    }
}
