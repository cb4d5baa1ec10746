//! `synack demo`: what a newcomer runs first, without root.
//!
//! It plays in a network of its own ([`namespace`]): nothing outside is touched or seen.
mod lottery;

use std::io::{self, Cursor, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use synack::capture::Capture;
use synack::print::{Dump, Printer};
use synack::savefile::Savefile;
use synack::{Source, Step};

use super::namespace;
use crate::cli::failure::{Failure, say};
use crate::cli::zone::Zone;

/// A published capture of such a lottery, for machines that allow no namespaces.
static BUILT_IN: &[u8] = include_bytes!("lottery.pcap");

/// The whole exchange takes milliseconds; a machine that needs longer than this is stuck.
const LIMIT: Duration = Duration::from_secs(10);

/// Runs the demonstration.
///
/// # Errors
/// Standard output cannot be written, or the capture fails half way.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    match namespace::enter() {
        Ok(()) => live(),
        Err(reason) => {
            say(format_args!("This machine does not let a user make namespaces ({reason})."));
            say(format_args!("So here is a capture made earlier, of the same lottery:\n"));
            built_in()
        }
    }
}

/// Plays the lottery on loopback and prints every segment as it passes.
fn live() -> Result<ExitCode, Failure> {
    let server = lottery::Server::bind().map_err(|e| Failure::new(format!("demo server: {e}")))?;
    let port = server.port();
    let mut capture = Capture::builder("lo").timeout(Duration::from_millis(10)).open()?;

    say(format_args!(
        "A lottery server on 127.0.0.1:{port} and a client, in a network of their own.\n\
         The client asks for a number (GEN), for the list (LIST), and ends (END). What passes:\n"
    ));
    let stop = capture.stop_handle();
    let game = std::thread::spawn(move || {
        let played = lottery::play(server);
        stop.stop();
        played
    });
    let mut printer = printer();
    let deadline = Instant::now() + LIMIT;
    while Instant::now() < deadline {
        match capture.advance(Some(LIMIT))? {
            Step::Packet => show(&mut printer, &capture.packet())?,
            Step::Idle => {}
            Step::End => break,
        }
    }
    printer.flush().map_err(|e| Failure::write("standard output", &e))?;
    let numbers = match game.join() {
        Ok(played) => played.map_err(|e| Failure::new(format!("demo client: {e}")))?,
        Err(_) => return Err(Failure::new("the demo's client failed")),
    };
    say(format_args!(
        "\n{} segments: three to open (Flags [S], [S.], [.]), data with [P.] and its\n\
         acknowledgments, and [F.] from both sides to close. The client drew {numbers}.",
        printer.count()
    ));
    what_next();
    Ok(ExitCode::SUCCESS)
}

/// Prints the capture that is built in.
fn built_in() -> Result<ExitCode, Failure> {
    let stream = Box::new(Cursor::new(BUILT_IN));
    let mut file = Savefile::from_stream("demo", stream)?;
    let mut printer = printer();
    while let Some(packet) = file.next_packet()? {
        show(&mut printer, &packet)?;
    }
    printer.flush().map_err(|e| Failure::write("standard output", &e))?;
    what_next();
    Ok(ExitCode::SUCCESS)
}

fn printer() -> Printer<io::BufWriter<io::Stdout>> {
    Printer::builder()
        .numeric(true)
        .dump(Dump::HexAscii { link: false })
        .local_time(Box::new(Zone::system()))
        .build(io::BufWriter::new(io::stdout()))
}

fn show<W: Write>(printer: &mut Printer<W>, packet: &synack::Packet<'_>) -> Result<(), Failure> {
    printer.print(packet).map_err(|e| Failure::write("standard output", &e))
}

fn what_next() {
    if io::stderr().is_terminal() {
        say(format_args!("\nNow a real one: sudo synack -i any -X tcp port 80"));
    }
}
