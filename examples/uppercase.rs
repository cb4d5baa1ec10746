//! A server that answers in capitals, in five variants that show what TCP does with reads and writes.
//!
//! `cargo run --example uppercase -- server VARIANT 127.0.0.1:12345`, and `… -- client VARIANT …`:
//! * `once`: one text and its answer, then an orderly close.
//! * `loop`: a text a line, until `quit`.
//! * `five`: the server reads 5 bytes at a time; the client reads 5 of the answer and closes: RST.
//! * `thousand`: the answer is a thousand times longer; the client reads its beginning: RST.
//! * `slow`: the server pauses before each read, so that several writes arrive as one, and the
//!   window closes when there are more WRITES (of ten times TEXT each) than it has room for.
mod lab;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "uppercase server VARIANT ADDRESS [CLIENTS] | \
    uppercase client VARIANT ADDRESS [TEXT [WRITES]]";
const VARIANTS: [&str; 5] = ["once", "loop", "five", "thousand", "slow"];
/// Bytes read at a time, but in the variant of that name.
const BUFFER: usize = 1024;
const FIVE: usize = 5;
const THOUSAND: usize = 1000;
const PAUSE: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    lab::run(USAGE, |words| match words {
        [_, variant, ..] if !VARIANTS.contains(variant) => None,
        ["server", variant, address, clients @ ..] => {
            Some(lab::serve(address, clients, |client| answer(client, variant)))
        }
        ["client", "loop", address, texts @ ..] => Some(ask_until_quit(address, texts)),
        ["client", variant, address, words @ ..] if words.len() < 2 => Some(ask(address, variant, words)),
        ["client", "slow", address, text, writes] => Some(ask(address, "slow", &[text, writes])),
        _ => None,
    })
}

fn answer(mut client: &TcpStream, variant: &str) -> io::Result<()> {
    let mut buffer = vec![0; if variant == "five" { FIVE } else { BUFFER }];
    loop {
        if variant == "slow" {
            thread::sleep(PAUSE);
        }
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        if variant == "five" || variant == "slow" {
            lab::say(format_args!("read {read} bytes"))?;
        }
        let times = if variant == "thousand" { THOUSAND } else { 1 };
        client.write_all(&buffer[..read].to_ascii_uppercase().repeat(times))?;
    }
}

fn ask(address: &str, variant: &str, words: &[&str]) -> lab::Outcome {
    let (text, writes) = words.split_at(words.len().min(1));
    let text = lab::lines::commands(text, "text? ").next().ok_or("no text")??;
    match variant {
        "five" => ask_and_leave(address, &text, 1, FIVE),
        "thousand" => ask_and_leave(address, &text, THOUSAND, BUFFER),
        "slow" => {
            let writes =
                writes.first().unwrap_or(&"4").parse().map_err(|_| "WRITES is a number up to 65535")?;
            let piece = text.repeat(10);
            let answer = exchange(&lab::connect(address)?, &piece, writes)?;
            let (sent, read) = (piece.len(), answer.len());
            Ok(lab::say(format_args!("{writes} writes of {sent} bytes, {read} bytes read"))?)
        }
        _ => show(&exchange(&lab::connect(address)?, &text, 1)?),
    }
}

fn ask_until_quit(address: &str, texts: &[&str]) -> lab::Outcome {
    let server = lab::connect(address)?;
    for text in lab::lines::commands(texts, "text, or quit? ") {
        match text? {
            text if text == "quit" => break,
            text => show(&exchange(&server, &text, 1)?)?,
        }
    }
    Ok(())
}

/// Gives the answer to so many `writes` of `text`. There are as many capitals as letters: that says
/// where the answer ends, however many reads it takes.
fn exchange(mut server: &TcpStream, text: &str, writes: u16) -> io::Result<Vec<u8>> {
    let mut answer = vec![0; text.len() * usize::from(writes)];
    // Written and read at the same time, or both ends may wait for the other to read.
    thread::scope(|scope| {
        scope.spawn(move || (0..writes).try_for_each(|_| (&mut &*server).write_all(text.as_bytes())));
        server.read_exact(&mut answer)
    })?;
    Ok(answer)
}

/// Reads no more than `room` of an answer that is `times` as long as `text`, and closes. For a
/// program that closes before it has read all, Linux sends RST in place of FIN (RFC 2525 §2.17).
fn ask_and_leave(address: &str, text: &str, times: usize, room: usize) -> lab::Outcome {
    let mut server = lab::connect(address)?;
    server.write_all(text.as_bytes())?;
    let whole = text.len() * times;
    let mut begin = vec![0; room.min(whole)];
    server.read_exact(&mut begin)?;
    show(&begin)?;
    // Until the rest, or a buffer of it, has come: before, FIN would go out.
    let mut rest = vec![0; BUFFER.min(whole - begin.len())];
    let start = Instant::now();
    while !rest.is_empty() && server.peek(&mut rest)? < rest.len() && start.elapsed() < PATIENCE {
        thread::yield_now();
    }
    Ok(lab::say(format_args!("read {} of {whole} bytes", begin.len()))?)
}

fn show(answer: &[u8]) -> lab::Outcome {
    Ok(lab::say(format_args!("{}", lab::printable(answer)))?)
}
