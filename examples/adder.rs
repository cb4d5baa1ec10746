//! A server that adds: a line of whole numbers is answered by their sum, any number of times.
//!
//! `cargo run --example adder -- server 127.0.0.1:7001`, and `… -- client 127.0.0.1:7001`, then
//! `2 40` and so on; further arguments are lines too. What is no number is answered, not fatal.
mod lab;

use std::io::{self, BufReader};
use std::net::TcpStream;
use std::process::ExitCode;

use lab::lines;

const USAGE: &str = "adder server ADDRESS [CLIENTS] | adder client ADDRESS [LINE...]";

fn main() -> ExitCode {
    lab::run(USAGE, |words| match words {
        ["server", address, clients @ ..] => Some(lab::serve(address, clients, add)),
        ["client", address, lines @ ..] => Some(ask(address, lines)),
        _ => None,
    })
}

fn add(client: &TcpStream) -> io::Result<()> {
    let mut requests = BufReader::new(client);
    while let Some(request) = lines::line(&mut requests)? {
        match sum(&request) {
            Ok(sum) => lines::send(client, &sum.to_string())?,
            Err(why) => lines::send(client, &format!("error: {why}"))?,
        }
    }
    Ok(())
}

fn sum(line: &str) -> Result<i64, &'static str> {
    let mut sum = 0i64;
    for word in line.split_whitespace() {
        let number: i64 = word.parse().map_err(|_| "whole numbers only, between spaces")?;
        sum = sum.checked_add(number).ok_or("the sum does not fit into 64 bits")?;
    }
    Ok(sum)
}

fn ask(address: &str, lines: &[&str]) -> lab::Outcome {
    let stream = lab::connect(address)?;
    let mut server = BufReader::new(&stream);
    for line in lines::commands(lines, "numbers? ") {
        let answer = lines::ask(&mut server, &line?)?;
        lab::say(format_args!("{}", lab::printable(answer.as_bytes())))?;
    }
    Ok(())
}
