//! tcpdump's text on several threads: the same bytes, in the same order.
//!
//! The thread that reads packets gathers them in batches and gives each packet its place among the
//! others. Any thread formats a batch, with TCP's relative numbers left open ([`Draft`]); the reading
//! thread closes the drafts in order, which is when the numbers are known. When too much waits for it, it
//! formats a batch itself: so memory is bounded, and one thread alone would do.
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use synack::Packet;
use synack::packet::Batch;
use synack::print::{Draft, Formatter, Place, Scratch, Sequence};

use super::Presenter;
use crate::cli::failure::Failure;
use crate::cli::run::analysis::Seen;

/// Packets in a batch at most: enough that a lock is nothing, few enough for a core's cache.
const PACKETS: usize = 256;
/// Bytes of a batch after which no more is added.
const BYTES: usize = 64 * 1024;

/// Batches on their way, for each thread.
const EACH: usize = 3;

/// A batch and its text.
#[derive(Default)]
struct Job {
    batch: Batch,
    places: Vec<Place>,
    draft: Draft,
}

impl Job {
    fn format(&mut self, formatter: &Formatter, scratch: &mut Scratch) {
        for (packet, place) in self.batch.iter().zip(&self.places) {
            formatter.draft(&packet, *place, scratch, &mut self.draft);
        }
    }

    fn clear(&mut self) {
        self.batch.clear();
        self.places.clear();
        self.draft.clear();
    }
}

/// How far a batch is.
enum Stage {
    Waiting(Box<Job>),
    /// Some thread has it.
    Taken,
    Formatted(Box<Job>),
}

/// Batches in the order of their packets.
#[derive(Default)]
struct Queue {
    stages: VecDeque<Stage>,
    /// The number of the first of them.
    first: u64,
}

impl Queue {
    /// Takes the first batch that nobody has, with its number.
    fn take(&mut self) -> Option<(u64, Box<Job>)> {
        let at = self.stages.iter().position(|stage| matches!(stage, Stage::Waiting(_)))?;
        match std::mem::replace(self.stages.get_mut(at)?, Stage::Taken) {
            Stage::Waiting(job) => Some((self.first + at as u64, job)),
            _ => None,
        }
    }

    /// Puts a batch back in its place.
    fn give(&mut self, number: u64, job: Box<Job>) {
        let at = usize::try_from(number - self.first).unwrap_or(usize::MAX);
        if let Some(stage) = self.stages.get_mut(at) {
            *stage = Stage::Formatted(job);
        }
    }
}

/// What the threads share.
struct Shared {
    formatter: Formatter,
    queue: Mutex<Queue>,
    /// There is something to format.
    work: Condvar,
    /// Something was formatted.
    done: Condvar,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Formats what comes. It never ends: a thread that does makes system calls which are not allowed;
    /// the end of the process ends it.
    fn serve(&self) -> ! {
        let mut scratch = self.formatter.scratch();
        let mut queue = self.queue();
        loop {
            match queue.take() {
                Some((number, mut job)) => {
                    drop(queue);
                    job.format(&self.formatter, &mut scratch);
                    queue = self.queue();
                    queue.give(number, job);
                    self.done.notify_one();
                }
                None => queue = self.work.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// Prints packets as [`Text`](super::text::Text) does.
pub(super) struct Parallel {
    shared: Arc<Shared>,
    sequence: Sequence,
    scratch: Scratch,
    /// The batch that is being gathered.
    next: Box<Job>,
    /// Batches whose memory is free.
    #[expect(clippy::vec_box, reason = "they move between threads by their pointers")]
    spare: Vec<Box<Job>>,
    threads: usize,
}

impl Parallel {
    /// `threads`: how many, with the one that reads.
    pub(super) fn new(formatter: Formatter, threads: usize) -> Self {
        let (sequence, scratch) = (formatter.sequence(), formatter.scratch());
        let shared =
            Shared { formatter, queue: Mutex::default(), work: Condvar::new(), done: Condvar::new() };
        Self { shared: Arc::new(shared), sequence, scratch, next: Box::default(), spare: Vec::new(), threads }
    }

    /// Hands the batch over that is being gathered.
    fn submit(&mut self, out: &mut Vec<u8>) {
        let fresh = self.spare.pop().unwrap_or_default();
        let full = std::mem::replace(&mut self.next, fresh);
        self.shared.queue().stages.push_back(Stage::Waiting(full));
        self.shared.work.notify_one();
        self.collect(self.threads * EACH, out);
    }

    /// Appends the text of all batches that are formatted, in order, until at most `left` are on their way.
    fn collect(&mut self, left: usize, out: &mut Vec<u8>) {
        let shared = Arc::clone(&self.shared);
        let mut queue = shared.queue();
        loop {
            if let Some(Stage::Formatted(_)) = queue.stages.front() {
                let front = queue.stages.pop_front();
                queue.first += 1;
                drop(queue);
                if let Some(Stage::Formatted(mut job)) = front {
                    self.sequence.close(&job.draft, out);
                    job.clear();
                    self.spare.push(job);
                }
                queue = shared.queue();
            } else if queue.stages.len() <= left {
                return;
            } else if let Some((number, mut job)) = queue.take() {
                drop(queue);
                job.format(&shared.formatter, &mut self.scratch);
                queue = shared.queue();
                queue.give(number, job);
            } else {
                queue = shared.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

impl Presenter for Parallel {
    fn packet(
        &mut self,
        packet: &Packet<'_>,
        _seen: Option<&Seen<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let place = self.shared.formatter.place(packet, &mut self.sequence);
        self.next.batch.push(packet);
        self.next.places.push(place);
        if self.next.batch.len() >= PACKETS || self.next.batch.bytes() >= BYTES {
            self.submit(out);
        }
        Ok(())
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        if !self.next.batch.is_empty() {
            self.submit(out);
        }
        self.collect(0, out);
    }

    fn start(&self) -> io::Result<()> {
        for number in 1..self.threads {
            let shared = Arc::clone(&self.shared);
            let (ready, started) = mpsc::channel();
            thread::Builder::new().name(format!("printer {number}")).stack_size(512 * 1024).spawn(
                move || {
                    // A starting thread makes system calls that it will not be allowed later.
                    let _heard = ready.send(());
                    shared.serve();
                },
            )?;
            let _started = started.recv();
        }
        Ok(())
    }

    fn is_tcpdumps(&self) -> bool {
        true
    }
}
