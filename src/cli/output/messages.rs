//! What a live capture says on standard error, which nobody may be reading: it is kept until it
//! is taken, and no packet, clock or signal waits for it.
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::nonblocking::Channel;

/// Bytes kept for a reader that is slow. Then the oldest lines go: the last say most.
const KEPT: usize = 64 * 1024;

/// The capture's voice, once it has one.
static VOICE: Mutex<Option<Voice>> = Mutex::new(None);

struct Voice {
    channel: Channel,
    lines: VecDeque<Vec<u8>>,
    /// Bytes of the first line that were written.
    sent: usize,
}

/// From here on standard error is not waited for: before the process shuts itself in.
pub(crate) fn install() -> io::Result<()> {
    install_on(Channel::new(stderr()?));
    Ok(())
}

/// The same when the process has shut itself in, unless there is a voice.
pub(crate) fn install_late() {
    let missing = VOICE.lock().unwrap_or_else(PoisonError::into_inner).is_none();
    if missing && let Ok(file) = stderr() {
        install_on(Channel::confined(file));
    }
}

fn install_on(channel: Channel) {
    let voice = Voice { channel, lines: VecDeque::new(), sent: 0 };
    *VOICE.lock().unwrap_or_else(PoisonError::into_inner) = Some(voice);
}

fn stderr() -> io::Result<File> {
    io::stderr().as_fd().try_clone_to_owned().map(File::from)
}

/// Says it now or later; gives it back when there is no voice to say it.
pub(crate) fn say(line: Vec<u8>) -> Result<(), Vec<u8>> {
    let mut voice = VOICE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(voice) = &mut *voice else { return Err(line) };
    voice.lines.push_back(line);
    voice.push();
    voice.forget();
    Ok(())
}

/// Says what is left, as far as it is taken within `time`. Whether nothing is left.
pub(crate) fn settle(time: Duration) -> bool {
    let mut voice = VOICE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(voice) = &mut *voice else { return true };
    let deadline = Instant::now() + time;
    loop {
        voice.push();
        let left = deadline.saturating_duration_since(Instant::now());
        if voice.lines.is_empty() || left.is_zero() {
            return voice.lines.is_empty();
        }
        if voice.channel.wait(left).is_err() {
            // As with any other error: nobody can be told.
            voice.lines.clear();
        }
    }
}

impl Voice {
    /// Writes what is taken without waiting.
    fn push(&mut self) {
        while let Some(line) = self.lines.front() {
            match self.channel.write(line.get(self.sent..).unwrap_or_default()) {
                Ok(n) if n > 0 => self.sent += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                _ => self.sent = line.len(),
            }
            if self.sent >= line.len() {
                self.lines.pop_front();
                self.sent = 0;
            }
        }
    }

    /// Forgets old lines when too much is kept; not one whose beginning was read.
    fn forget(&mut self) {
        let mut kept: usize = self.lines.iter().map(Vec::len).sum();
        let begun = usize::from(self.sent > 0);
        while kept > KEPT && self.lines.len() > begun + 1 {
            kept -= self.lines.remove(begun).map_or(0, |line| line.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::OwnedFd;

    #[test]
    fn a_reader_that_sleeps_gets_the_newest_lines_when_it_wakes() {
        let (mut reader, writer) = io::pipe().unwrap();
        let channel = Channel::new(File::from(OwnedFd::from(writer)));
        let mut voice = Voice { channel, lines: VecDeque::new(), sent: 0 };
        for n in 0..20_000 {
            voice.lines.push_back(format!("{n:08} a line of the capture\n").into_bytes());
            voice.push();
            voice.forget();
        }
        assert!(voice.lines.iter().map(Vec::len).sum::<usize>() <= KEPT);
        let mut text = Vec::new();
        while !voice.lines.is_empty() {
            let mut bytes = [0; 4096];
            let n = reader.read(&mut bytes).unwrap();
            text.extend_from_slice(&bytes[..n]);
            voice.push();
        }
        drop(voice);
        reader.read_to_end(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let numbers: Vec<u32> = text.lines().map(|line| line[..8].parse().unwrap()).collect();
        assert!(text.lines().all(|line| line.len() == 30), "a line is torn");
        assert!(numbers.is_sorted());
        assert_eq!((numbers[0], numbers[numbers.len() - 1]), (0, 19_999));
    }
}
