//! The lottery that the demonstration watches: a server that draws numbers, and one client.
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Requests are four bytes.
const GEN: &[u8; 4] = b"GEN\n";
const LIST: &[u8; 4] = b"LIST";
const END: &[u8; 4] = b"END\n";

/// Nobody waits longer than this for the other side.
const PATIENCE: Duration = Duration::from_secs(5);

/// A listening lottery server.
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on loopback, on the port of the published capture if it is free.
    pub(crate) fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 12345))
            .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Serves one client until it ends.
    fn serve(&self) -> io::Result<()> {
        let (mut client, _) = self.listener.accept()?;
        client.set_read_timeout(Some(PATIENCE))?;
        let mut drawn = Vec::new();
        let mut request = [0; 4];
        loop {
            client.read_exact(&mut request)?;
            match &request {
                GEN => {
                    let number = draw();
                    drawn.push(number.to_string());
                    // One write, one segment: `write!` would make one of each piece.
                    client.write_all(format!("New number generated: {number}").as_bytes())?;
                }
                LIST => client.write_all(format!("Numbers: {}", drawn.join(", ")).as_bytes())?,
                END => return Ok(()),
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }
}

/// A number from 1 to 49. The clock is chance enough for a lottery without prizes.
fn draw() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(7, |now| now.subsec_micros() % 49 + 1)
}

/// Plays one game against `server`; gives what the client was told.
///
/// # Errors
/// Loopback failed, or one side waited too long.
pub(crate) fn play(server: Server) -> io::Result<String> {
    let address = server.address;
    let host = std::thread::spawn(move || server.serve());
    let mut client = TcpStream::connect_timeout(&address, PATIENCE)?;
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_nodelay(true)?;
    let mut answer = [0; 256];
    let mut last = String::new();
    for request in [GEN, LIST] {
        client.write_all(request)?;
        let n = client.read(&mut answer)?;
        last = String::from_utf8_lossy(answer.get(..n).unwrap_or_default()).into_owned();
    }
    client.write_all(END)?;
    // The server closes first; then the client does, and both FINs are on the wire.
    let closed = client.read(&mut answer)?;
    drop(client);
    match host.join() {
        Ok(served) => served?,
        Err(_) => return Err(io::Error::other("the server failed")),
    }
    debug_assert_eq!(closed, 0);
    Ok(last.trim_start_matches("Numbers: ").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_game_gives_a_number_from_1_to_49() {
        let number: u32 = play(Server::bind().unwrap()).unwrap().parse().unwrap();
        assert!((1..=49).contains(&number));
    }
}
