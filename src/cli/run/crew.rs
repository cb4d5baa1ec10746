//! Opening and closing captures side by side: the kernel lets each wait for all its processors, some
//! 20 ms, and those of many interfaces can be waited for at once.
use std::hint::black_box;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use synack::capture::Live;

/// Most threads, with the one that asks.
const MOST: usize = 32;

/// As many for so many captures: each takes addresses, which may be few.
fn threads(captures: usize) -> usize {
    captures.div_ceil(4).clamp(2, MOST).min(captures)
}

/// Does the same for each of the items, several at once; the results are in the order of the items. The
/// threads are gone afterwards: they come before what confines threads.
pub(super) fn each<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    if items.len() < 2 {
        return items.iter().map(work).collect();
    }
    let results: Mutex<Vec<Option<T>>> = Mutex::new(items.iter().map(|_| None).collect());
    let next = Mutex::new(items.iter().enumerate());
    let take = || {
        loop {
            let Some((at, item)) = next.lock().unwrap_or_else(PoisonError::into_inner).next() else { return };
            let result = work(item);
            if let Some(place) = results.lock().unwrap_or_else(PoisonError::into_inner).get_mut(at) {
                *place = Some(result);
            }
        }
    };
    thread::scope(|scope| {
        // Where there can be no more threads, those there are do the work.
        let others = (1..threads(items.len()))
            .map_while(|_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, take).ok());
        let others: Vec<_> = others.collect();
        take();
        for other in others {
            // A scope waits for what threads do, not for their end, which takes calls of its own.
            let _done = other.join();
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

/// Closes captures, several at once, on threads that are gone afterwards.
pub(super) fn close(captures: impl Iterator<Item = Box<dyn Live>>) {
    let captures: Vec<_> = captures.map(|capture| Mutex::new(Some(capture))).collect();
    each(&captures, |capture| drop(capture.lock().unwrap_or_else(PoisonError::into_inner).take()));
}

/// Compiling a filter and asking a resolver are done on these threads.
const STACK: usize = 1 << 20;

/// Threads that close captures. They never end: ending would take system calls of its own.
pub(super) struct Closers(Arc<Work>);

/// What is to be closed, and what is to be said when it is.
#[derive(Default)]
struct Work {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    captures: Vec<Box<dyn Live>>,
    /// Threads that have started.
    started: usize,
    /// Captures that are being closed.
    busy: usize,
}

impl Work {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes one after the other until none is left.
    fn close(&self) {
        let mut state = self.lock();
        while let Some(capture) = state.captures.pop() {
            state.busy += 1;
            drop(state);
            drop(capture);
            state = self.lock();
            state.busy -= 1;
            self.changed.notify_all();
        }
    }
}

impl Closers {
    /// Starts them, confined as whoever starts them is; none where there is little to close. Where there
    /// can be no more threads, those there are do the work.
    pub(super) fn start(captures: usize) -> Option<Self> {
        if captures < 2 {
            return None;
        }
        let work = Arc::<Work>::default();
        let started = (1..threads(captures)).map_while(|number| {
            let work = Arc::clone(&work);
            let builder = thread::Builder::new().name(format!("closer {number}")).stack_size(128 * 1024);
            let closer = builder.spawn(move || {
                // What a thread's first memory takes, it takes now: calls that are not permitted later.
                drop(black_box(Box::new(number)));
                work.lock().started += 1;
                work.changed.notify_all();
                loop {
                    work.close();
                    let state = work.lock();
                    if state.captures.is_empty() {
                        drop(work.wait(state));
                    }
                }
            });
            closer.ok()
        });
        let threads = started.count();
        let mut state = work.lock();
        while state.started < threads {
            state = work.wait(state);
        }
        drop(state);
        Some(Self(work))
    }

    /// Closes these; returns when all are closed.
    pub(super) fn close(&self, captures: impl Iterator<Item = Box<dyn Live>>) {
        let Self(work) = self;
        work.lock().captures.extend(captures);
        work.changed.notify_all();
        work.close();
        let mut state = work.lock();
        while state.busy > 0 {
            state = work.wait(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn all_is_done_at_once_and_in_order() {
        let items: Vec<usize> = (0..4 * MOST).collect();
        // Nobody gets beyond this unless as many are there.
        let together = Barrier::new(MOST);
        let doubled = each(&items, |item| {
            together.wait();
            2 * item
        });
        assert_eq!(doubled, items.iter().map(|item| 2 * item).collect::<Vec<_>>());
        let many: Vec<usize> = (0..1000).collect();
        assert_eq!(each(&many, |item| *item), many);
        assert_eq!(each(&[7], |item| *item), [7]);
        assert!(each(&[0; 0], |item| *item).is_empty());
        assert_eq!([0, 1, 2, 3, 8, 12, 50, 200].map(threads), [0, 1, 2, 2, 2, 3, 13, 32]);
    }
}
