//! Followed streams: what the programs on both ends of a connection read.
//!
//! | to change | look in |
//! | --- | --- |
//! | which packets go to which connection, what is kept | `mod` |
//! | how bytes, gaps and sides look | `form` |
//! | the files of `-o` | `files` |
mod files;
mod form;

use std::collections::{HashMap, VecDeque};
use std::os::fd::BorrowedFd;

use synack::Packet;
use synack::flow::{ConnId, Connection};
use synack::stream::{Event, Pair, Policy, Side, StreamLimits};

use self::files::Files;
use self::form::Form;
use super::palette::Palette;
use super::{Ending, Presenter};
use crate::cli::args::view::{StreamForm, Streams};
use crate::cli::confine::privilege::Target;
use crate::cli::failure::{Failure, plural, say};
use crate::cli::output;
use crate::cli::run::analysis::Seen;

/// Connections that ended and are still followed, for stray segments.
const KEPT_CLOSED: usize = 256;

/// Bytes of all connections together that wait behind holes.
const PARKED: usize = 128 << 20;

/// Prints streams as they grow, or writes each to its file.
pub(super) struct Follow {
    policy: Policy,
    form: StreamForm,
    pairs: HashMap<ConnId, Stream>,
    closed: VecDeque<ConnId>,
    /// What waits behind holes, of all.
    parked: usize,
    files: Option<Files>,
    palette: Palette,
    /// Whose bytes came last, and whether their line has not ended: on standard output connections
    /// take turns.
    last: Option<(ConnId, Side, bool)>,
    /// The one connection whose raw bytes go to standard output.
    single: Option<ConnId>,
    others: u64,
    missing: u64,
}

/// One connection.
struct Stream {
    pair: Pair,
    parked: usize,
    whose: form::Whose,
}

impl Follow {
    pub(super) fn new(streams: &Streams, target: Option<&Target>, palette: Palette) -> Result<Self, Failure> {
        let files = match &streams.directory {
            Some(directory) => Some(Files::open(directory, target)?),
            None => None,
        };
        let raw = matches!(streams.form, StreamForm::Raw(_));
        if raw && files.is_none() && output::is_terminal() {
            return Err(Failure::new(
                "--raw would send whatever the capture holds to this terminal: redirect it, or use -o DIR",
            ));
        }
        Ok(Self {
            policy: streams.policy,
            form: streams.form,
            pairs: HashMap::new(),
            closed: VecDeque::new(),
            parked: 0,
            palette: if files.is_some() { Palette::NONE } else { palette },
            files,
            last: None,
            single: None,
            others: 0,
            missing: 0,
        })
    }

    /// Whether a connection's bytes are asked for.
    fn follows(&mut self, connection: &Connection) -> bool {
        if self.files.is_some() || !matches!(self.form, StreamForm::Raw(_)) {
            return true;
        }
        let id = connection.id();
        *self.single.get_or_insert(id) == id
    }

    /// Gives a segment to its connection.
    fn push(&mut self, seen: &Seen<'_>, connection: &Connection, out: &mut Vec<u8>) -> Result<(), Failure> {
        let Some((packet, layers)) = seen.whole else { return Ok(()) };
        let Some((inner, _)) = layers.segment() else { return Ok(()) };
        let id = connection.id();
        let policy = self.policy;
        let mut stream = self.pairs.remove(&id).unwrap_or_else(|| Stream::new(connection, policy));
        let number = seen.observation.packet();
        let mut failed = None;
        let Stream { pair, whose, .. } = &mut stream;
        pair.push(number, packet, &inner, &mut |event| {
            if let Err(failure) = self.event(id, whose, &event, out) {
                failed.get_or_insert(failure);
            }
        });
        let parked = stream.pair.parked();
        self.parked = self.parked + parked - stream.parked;
        stream.parked = parked;
        if self.parked > PARKED {
            // Too much waits for what may never come: this one gives up its hole.
            self.finish_stream(id, stream, out)?;
        } else {
            self.pairs.insert(id, stream);
        }
        failed.map_or(Ok(()), Err)
    }

    /// Shows what waits, behind its gap.
    fn finish_stream(&mut self, id: ConnId, mut stream: Stream, out: &mut Vec<u8>) -> Result<(), Failure> {
        self.parked -= stream.parked;
        let mut failed = None;
        let Stream { pair, whose, .. } = &mut stream;
        pair.finish(&mut |event| {
            if let Err(failure) = self.event(id, whose, &event, out) {
                failed.get_or_insert(failure);
            }
        });
        if let Some(files) = &mut self.files {
            files.close(id);
        }
        failed.map_or(Ok(()), Err)
    }

    fn end(&mut self, id: ConnId, out: &mut Vec<u8>) -> Result<(), Failure> {
        match self.pairs.remove(&id) {
            Some(stream) => self.finish_stream(id, stream, out),
            None => Ok(()),
        }
    }

    /// Shows what reassembly has to tell.
    fn event(
        &mut self,
        id: ConnId,
        whose: &form::Whose,
        event: &Event<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        if let Event::Gap { range, .. } = event {
            self.missing += range.end - range.start;
        }
        let (side, chosen) = match (self.form, form::side(event)) {
            (_, None) => return Ok(()),
            (StreamForm::Raw(Some(direction)), Some(side)) => (side, form::side_of(direction) == side),
            (_, Some(side)) => (side, true),
        };
        if !chosen {
            return Ok(());
        }
        let mut text = Vec::new();
        let Self { form, palette, files, last, .. } = self;
        match files {
            None => {
                let form = Form { form: *form, palette: *palette, whose };
                form.push(out, id, event, last);
            }
            Some(files) => {
                // Each file has its own line that may not have ended.
                let mut own = files.last(id);
                let form = Form { form: *form, palette: Palette::NONE, whose };
                form.push(&mut text, id, event, &mut own);
                let suffix = match self.form {
                    StreamForm::Raw(_) => side.name(),
                    _ => "txt",
                };
                files.append(id, &format!("{}.{suffix}", whose.name), &text, own)?;
            }
        }
        Ok(())
    }
}

impl Stream {
    fn new(connection: &Connection, policy: Policy) -> Self {
        let (client, server) = (connection.client(), connection.server());
        let mut pair = Pair::new(StreamLimits::default(), policy);
        pair.set_client(client.addr, client.port);
        let plain = |end: synack::flow::Endpoint| format!("{}.{}", end.addr, end.port).replace(':', "_");
        Self {
            pair,
            parked: 0,
            whose: form::Whose {
                title: format!("connection {}: {client} > {server}", connection.id()),
                name: format!("{:06}-{}-{}", connection.id().0, plain(client), plain(server)),
            },
        }
    }
}

impl Presenter for Follow {
    fn packet(
        &mut self,
        _packet: &Packet<'_>,
        seen: Option<&Seen<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let Some(seen) = seen else { return Ok(()) };
        if let Some(old) = seen.observation.retired() {
            self.end(old.id(), out)?;
        }
        let Some(connection) = seen.observation.connection() else { return Ok(()) };
        if !self.follows(connection) {
            self.others += u64::from(seen.observation.opened());
            return Ok(());
        }
        self.push(seen, connection, out)?;
        if seen.observation.closed() {
            self.closed.push_back(connection.id());
            if self.closed.len() > KEPT_CLOSED
                && let Some(oldest) = self.closed.pop_front()
            {
                self.end(oldest, out)?;
            }
        }
        Ok(())
    }

    fn pass_over(&mut self, _packet: &Packet<'_>, seen: &Seen<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        match seen.observation.retired() {
            Some(old) => self.end(old.id(), out),
            None => Ok(()),
        }
    }

    fn finish(&mut self, _ending: &Ending<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
        let mut open: Vec<ConnId> = self.pairs.keys().copied().collect();
        open.sort_unstable();
        for id in open {
            self.end(id, out)?;
        }
        if let Some((.., true)) = self.last
            && !matches!(self.form, StreamForm::Raw(_))
        {
            out.push(b'\n');
        }
        if let (n @ 1.., Some(single)) = (self.others, self.single) {
            say(format_args!(
                "synack: connection {single} alone: {n} other{} left out; --conn chooses, -o DIR writes all",
                plural(n)
            ));
        }
        if self.missing > 0 && matches!(self.form, StreamForm::Raw(_)) {
            let n = self.missing;
            say(format_args!("synack: {n} byte{} of the streams are not in the capture", plural(n)));
        }
        match &mut self.files {
            Some(files) => files.finish(),
            None => Ok(()),
        }
    }

    fn needs_tcp(&self) -> bool {
        true
    }

    fn directory(&self) -> Option<BorrowedFd<'_>> {
        self.files.as_ref().map(Files::directory)
    }
}
