//! A lottery: `GEN` draws a number from 1 to 45, `LIST` shows those drawn, `END` ends the game.
//!
//! `cargo run --example lottery -- server 127.0.0.1:12345`, and `… -- client 127.0.0.1:12345`.
//! Each client has a ticket of its own: six numbers, all different, and then it is `Full`.
//! To watch: a request is a segment of 4 or 5 bytes, and after `END` the server closes first.
mod lab;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufReader};
use std::net::TcpStream;
use std::process::ExitCode;

use lab::lines;

const USAGE: &str = "lottery server ADDRESS [CLIENTS] | lottery client ADDRESS [GEN|LIST|END...]";

/// How many numbers a ticket holds, and the highest of them.
const TICKET: usize = 6;
const HIGHEST: u64 = 45;

fn main() -> ExitCode {
    lab::run(USAGE, |words| match words {
        ["server", address, clients @ ..] => Some(lab::serve(address, clients, play)),
        ["client", address, requests @ ..] => Some(ask(address, requests)),
        _ => None,
    })
}

fn play(client: &TcpStream) -> io::Result<()> {
    let mut requests = BufReader::new(client);
    let mut ticket = Vec::with_capacity(TICKET);
    while let Some(request) = lines::line(&mut requests)? {
        let answer = match request.as_str() {
            "GEN" if ticket.len() == TICKET => "Full".to_owned(),
            "GEN" => {
                let number = draw(&ticket);
                ticket.push(number);
                format!("New number generated: {number}")
            }
            "LIST" if ticket.is_empty() => "Numbers: none yet".to_owned(),
            "LIST" => {
                let numbers: Vec<String> = ticket.iter().map(u64::to_string).collect();
                format!("Numbers: {}", numbers.join(", "))
            }
            "END" => return Ok(()),
            _ => "Unknown request: GEN, LIST or END".to_owned(),
        };
        lines::send(client, &answer)?;
    }
    Ok(())
}

/// A number that is not on the ticket yet.
fn draw(ticket: &[u64]) -> u64 {
    loop {
        // The standard library seeds its hash tables from the system's source of randomness.
        let number = RandomState::new().build_hasher().finish() % HIGHEST + 1;
        if !ticket.contains(&number) {
            return number;
        }
    }
}

fn ask(address: &str, requests: &[&str]) -> lab::Outcome {
    let stream = lab::connect(address)?;
    let mut server = BufReader::new(&stream);
    for request in lines::commands(requests, "GEN, LIST or END? ") {
        let request = request?;
        if request == "END" {
            break;
        }
        let answer = lines::ask(&mut server, &request)?;
        lab::say(format_args!("{}", lab::printable(answer.as_bytes())))?;
    }
    lines::send(&stream, "END")?;
    match lines::line(&mut server)? {
        None => Ok(()),
        Some(_) => Err("the server answered after END".into()),
    }
}
