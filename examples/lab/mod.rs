//! What the lab programs share: their arguments, and a server with a thread for each client.
//!
//! A server's first line is `listening on ADDRESS`, so port 0 can be asked for; with a number of
//! CLIENTS it ends when so many were served. Without, it runs until Ctrl-C.
#![allow(dead_code, reason = "no program needs all of it")]
pub(crate) mod lines;

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Runs `program` with the words of the command line; it gives `None` for those it does not know.
pub(crate) fn run(usage: &str, program: impl FnOnce(&[&str]) -> Option<Outcome>) -> ExitCode {
    let words: Result<Vec<String>, _> = std::env::args_os().skip(1).map(|word| word.into_string()).collect();
    let words = words.unwrap_or_default();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match program(&words) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            complain(format_args!("{error}"));
            ExitCode::FAILURE
        }
        None => {
            complain(format_args!("usage: {usage}"));
            ExitCode::from(2)
        }
    }
}

/// Listens on `address` and runs `talk` with each client, in a thread of its own. What goes wrong
/// with one client is said and harms no other. `clients`: how many, or nothing for all that come.
pub(crate) fn serve<F>(address: &str, clients: &[&str], talk: F) -> Outcome
where
    F: Fn(&TcpStream) -> io::Result<()> + Sync,
{
    let clients: usize = match clients {
        [] => usize::MAX,
        [count] => count.parse().map_err(|_| format!("{count:?} is no number of clients"))?,
        [_, rest @ ..] => return Err(format!("not understood: {}", rest.join(" ")).into()),
    };
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!("{address}: another server has this port"),
        _ => format!("{address}: {error}"),
    })?;
    say(format_args!("listening on {}", listener.local_addr()?))?;
    let talk = &talk;
    thread::scope(|scope| {
        // Closed as soon as nobody more is wanted, so that who comes then is refused.
        let listener = listener;
        let mut served = 0;
        while served < clients {
            let (stream, peer) = match listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error.into()),
            };
            served += 1;
            thread::Builder::new().spawn_scoped(scope, move || {
                if let Err(error) = talk(&stream) {
                    complain(format_args!("{peer}: {error}"));
                }
            })?;
        }
        Ok(())
    })
}

/// A connection to the server at `address`.
pub(crate) fn connect(address: &str) -> Outcome<TcpStream> {
    TcpStream::connect(address).map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => format!("{address}: refused: no server listens there").into(),
        _ => format!("{address}: {error}").into(),
    })
}

/// Prints a line at once. What came from the other side goes through [`printable`] before.
pub(crate) fn say(line: std::fmt::Arguments<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn complain(line: std::fmt::Arguments<'_>) {
    // Nobody reads it: then there is nobody to tell.
    let _unseen = writeln!(io::stderr(), "{line}");
}

/// Text that cannot command a terminal: everything but printable ASCII is escaped.
pub(crate) fn printable(text: &[u8]) -> String {
    let escape = |&byte: &u8| match byte {
        b' '..=b'~' => char::from(byte).to_string(),
        _ => byte.escape_ascii().to_string(),
    };
    text.iter().map(escape).collect()
}
