//! Several captures as one source, in the order of time.
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::engine::Live;
use super::live::Capture;
use super::stats::Stats;
use super::stop::StopHandle;
use crate::error::Error;
use crate::packet::{Packet, Source, Step, Timestamp};
use crate::sys::poll::{self, Poll};
use crate::wire::LinkType;

/// Several captures merged by time: `-i eth0 -i lo`. They may be of different engines, see [`Live`].
///
/// The kernel hands packets over in blocks, each ring in its own time, so a packet may be
/// there before an older one of another capture. It is held back until every capture has shown
/// its next packet or has had the time to, twice its block timeout.
///
/// Each packet carries its own link type and interface number.
#[derive(Debug)]
pub struct Multi<C = Capture> {
    captures: Vec<Member<C>>,
    /// The one whose packet is at hand.
    chosen: Option<usize>,
    /// How long a packet is held back, at most.
    patience: Duration,
}

#[derive(Debug)]
struct Member<C> {
    capture: C,
    state: State,
}

/// What is known about the next packet of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing: it must be asked.
    Unknown,
    /// It has one, captured at this time.
    Waiting(Timestamp),
    /// It will have no more.
    Ended,
}

impl<C: Live> Multi<C> {
    /// Merges these captures, of which there must be one at least to give anything.
    pub fn new(captures: Vec<C>) -> Self {
        let patience = captures.iter().map(|capture| capture.waits().patience).max().unwrap_or_default();
        let member = |capture| Member { capture, state: State::Unknown };
        Self { captures: captures.into_iter().map(member).collect(), chosen: None, patience }
    }

    /// The captures, in the order given.
    pub fn captures(&self) -> impl Iterator<Item = &C> {
        self.captures.iter().map(|member| &member.capture)
    }

    /// Gives the captures back, in the order given.
    pub fn into_captures(self) -> impl Iterator<Item = C> {
        self.captures.into_iter().map(|member| member.capture)
    }

    /// The capture whose packet is at hand: its place in the order given.
    pub fn chosen(&self) -> Option<usize> {
        self.chosen
    }

    /// What became of the packets of each capture. One that is held back still waits.
    ///
    /// # Errors
    /// As [`Capture::stats`].
    pub fn stats_each(&mut self) -> Result<Vec<Stats>, Error> {
        let chosen = self.chosen;
        let members = self.captures.iter_mut().zip(0..);
        let stats = members.map(|(member, at)| {
            let mut stats = member.capture.stats()?;
            if matches!(member.state, State::Waiting(_)) && chosen != Some(at) {
                stats.delivered -= 1;
            }
            Ok(stats)
        });
        stats.collect()
    }

    /// The sums over all captures.
    ///
    /// # Errors
    /// As [`Capture::stats`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        Ok(self.stats_each()?.into_iter().fold(Stats::default(), |sum, stats| Stats {
            received: sum.received + stats.received,
            dropped: sum.dropped + stats.dropped,
            if_dropped: sum.if_dropped + stats.if_dropped,
            delivered: sum.delivered + stats.delivered,
            filtered: sum.filtered + stats.filtered,
        }))
    }

    /// Freezes every capture; what they received is still given, and then [`Step::End`].
    pub fn stop(&mut self) {
        for member in &mut self.captures {
            member.capture.stop();
        }
    }

    /// Handles that can do the same from elsewhere, one a capture.
    pub fn stop_handles(&self) -> Vec<StopHandle> {
        self.captures().map(Live::stop_handle).collect()
    }

    /// Something that happened and the user should know, once; see [`Capture::take_notice`].
    pub fn take_notice(&mut self) -> Option<String> {
        self.captures.iter_mut().find_map(|member| member.capture.take_notice())
    }

    /// The descriptors to wait for; readable when the capture has packets.
    pub fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.captures().map(std::os::fd::AsFd::as_fd)
    }

    /// Asks every capture of which nothing is known for its next packet, without waiting.
    /// True when one has something to tell.
    fn look(&mut self) -> Result<bool, Error> {
        let mut told = false;
        for member in &mut self.captures {
            if member.state == State::Unknown {
                match member.capture.advance(Some(Duration::ZERO)) {
                    Ok(Step::Packet) => {
                        member.state = State::Waiting(member.capture.packet().time);
                    }
                    Ok(Step::End) => member.state = State::Ended,
                    Ok(Step::Idle) => told |= member.capture.waits().notice,
                    Err(error) => {
                        // It gave all it had; the others go on when asked again.
                        member.state = State::Ended;
                        return Err(error);
                    }
                }
            }
        }
        Ok(told)
    }

    /// The capture with the oldest packet, and when that was captured.
    fn oldest(&self) -> Option<(usize, Timestamp)> {
        let waiting = |(at, member): (usize, &Member<C>)| match member.state {
            State::Waiting(time) => Some((at, time)),
            State::Unknown | State::Ended => None,
        };
        self.captures.iter().enumerate().filter_map(waiting).min_by_key(|&(_, time)| time)
    }

    /// How much longer a packet of this time must be held back.
    fn hold(&self, time: Timestamp) -> Duration {
        if self.captures.iter().all(|member| member.state != State::Unknown) {
            return Duration::ZERO;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let then =
            Duration::from_secs(u64::try_from(time.secs).unwrap_or(0)) + Duration::from_nanos(time.nanos);
        match now.checked_sub(then) {
            Some(age) => self.patience.saturating_sub(age),
            // The clock was set back: there is no telling, so don't wait.
            None => Duration::ZERO,
        }
    }
}

impl<C: Live> Source for Multi<C> {
    /// As [`Capture`]'s. When an interface is gone its error comes after its last packet, and
    /// a further call goes on with the others.
    fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error> {
        if let Some(chosen) = self.chosen.take()
            && let Some(member) = self.captures.get_mut(chosen)
        {
            member.state = State::Unknown;
        }
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let told = self.look()?;
            let mut hold = None;
            match self.oldest() {
                Some((at, time)) => match self.hold(time) {
                    Duration::ZERO => {
                        self.chosen = Some(at);
                        return Ok(Step::Packet);
                    }
                    longer => hold = Some(longer),
                },
                None if self.captures.iter().all(|member| member.state == State::Ended) => {
                    return Ok(Step::End);
                }
                None => {}
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if told || left == Some(Duration::ZERO) {
                return Ok(Step::Idle);
            }
            // Captures whose packet is held back stay readable: wait for the others only.
            let unknown = self.captures.iter().filter(|member| member.state == State::Unknown);
            let mut pause = [left, hold].into_iter().flatten().min();
            let mut polls = Vec::with_capacity(2 * self.captures.len());
            for member in unknown {
                let waits = member.capture.waits();
                polls.extend(waits.wakers.map(Poll::readable));
                pause = [pause, waits.look].into_iter().flatten().min();
            }
            match poll::wait(&mut polls, pause) {
                Ok(_) => {}
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => return Ok(Step::Idle),
                Err(e) => return Err(Error::io("wait for packets", e)),
            }
        }
    }

    fn packet(&self) -> Packet<'_> {
        match self.chosen.and_then(|at| self.captures.get(at)) {
            Some(member) => member.capture.packet(),
            None => Packet::new(self.link_type(), &[]),
        }
    }

    fn link_type(&self) -> LinkType {
        self.captures().next().map_or(LinkType::ETHERNET, Source::link_type)
    }

    fn snaplen(&self) -> u32 {
        self.captures().map(Source::snaplen).max().unwrap_or(0)
    }
}
