//! Requests and answers that are lines: TCP carries bytes, so somebody must say where a message ends.
use std::io::{self, BufRead, BufReader, ErrorKind, IsTerminal, Read, Write};
use std::net::TcpStream;

/// No line is longer, so that both ends may write a whole one before they read.
const LINE: u64 = 32 << 10;

/// What the user wants done: `words`, or else the lines of the standard input, asked for on a terminal.
pub(crate) fn commands(words: &[&str], prompt: &str) -> impl Iterator<Item = io::Result<String>> {
    let asks = words.is_empty() && io::stdin().is_terminal();
    let mut lines = words.is_empty().then(|| io::stdin().lines());
    let mut words = words.iter().map(|word| Ok((*word).to_owned())).collect::<Vec<_>>().into_iter();
    std::iter::from_fn(move || {
        if asks {
            let _unseen = write!(io::stderr(), "{prompt}");
        }
        let command = lines.as_mut().map_or_else(|| words.next(), Iterator::next)?;
        Some(
            command.and_then(
                |command| if (command.len() as u64) < LINE { Ok(command) } else { Err(too_long()) },
            ),
        )
    })
}

/// The next line without its end; `None` when the other side closed between two lines.
pub(crate) fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    from.take(LINE).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => return Ok(None),
        Some(b'\n') => {}
        Some(_) if line.len() as u64 + 1 == LINE => return Err(too_long()),
        Some(_) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "closed in the middle of a line")),
    }
    line.pop_if(|last| *last == b'\r');
    String::from_utf8(line).map(Some).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

/// Sends `line` and its end: in one write, because two may become two segments.
pub(crate) fn send(mut to: &TcpStream, line: &str) -> io::Result<()> {
    to.write_all(format!("{line}\n").as_bytes())
}

/// Sends the server one line and gives the line that it answers.
pub(crate) fn ask(server: &mut BufReader<&TcpStream>, request: &str) -> super::Outcome<String> {
    if request.contains('\n') {
        return Err("a request is one line".into());
    }
    send(server.get_ref(), request)?;
    Ok(line(server)?.ok_or("the server closed the connection instead of answering")?)
}

fn too_long() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("a line of {LINE} bytes or more"))
}
