//! Echo (RFC 862): the server sends back what it gets, to as many clients at once as come.
//!
//! `cargo run --example echo -- server 127.0.0.1:7007`, and `… -- client 127.0.0.1:7007`, which
//! sends each line you type, or each further argument, and shows what comes back.
mod lab;

use std::io::{self, BufReader};
use std::net::TcpStream;
use std::process::ExitCode;

use lab::lines;

const USAGE: &str = "echo server ADDRESS [CLIENTS] | echo client ADDRESS [LINE...]";

fn main() -> ExitCode {
    lab::run(USAGE, |words| match words {
        ["server", address, clients @ ..] => Some(lab::serve(address, clients, echo)),
        ["client", address, lines @ ..] => Some(send(address, lines)),
        _ => None,
    })
}

/// Bytes, not lines: TCP keeps no boundaries, and this server needs none.
fn echo(mut client: &TcpStream) -> io::Result<()> {
    io::copy(&mut &*client, &mut client).map(drop)
}

fn send(address: &str, lines: &[&str]) -> lab::Outcome {
    let stream = lab::connect(address)?;
    let mut server = BufReader::new(&stream);
    for line in lines::commands(lines, "line? ") {
        let line = line?;
        let echoed = lines::ask(&mut server, &line)?;
        lab::say(format_args!("{}", lab::printable(echoed.as_bytes())))?;
        if echoed != line.strip_suffix('\r').unwrap_or(&line) {
            return Err("that is not what was sent".into());
        }
    }
    Ok(())
}
