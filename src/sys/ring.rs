//! The receive ring: blocks that the kernel fills and hands over, one at a time.
//!
//! A block belongs to the kernel until the user bit of its status word is set, and then to
//! us until we clear it. The word is loaded with `Acquire`, so that what the kernel wrote
//! before setting it is visible, and stored with `Release`, so that the kernel doesn't
//! overwrite what we still read.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::mmap::Map;
use super::uapi::BLOCK_STATUS;

/// How a ring is cut up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Bytes in a block: a multiple of the page size, best a power of two.
    pub(crate) block_size: usize,
    /// How many blocks.
    pub(crate) block_count: usize,
}

impl Layout {
    /// Bytes of the whole ring.
    pub(crate) fn len(self) -> usize {
        self.block_size * self.block_count
    }
}

/// What a ring and the block it gave out have in common.
#[derive(Debug)]
struct Shared {
    map: Map,
    /// Whether a block is out. With one out, the ring could come round to it and give it twice.
    out: AtomicBool,
}

/// The consumer's side of a ring.
#[derive(Debug)]
pub(crate) struct Ring {
    shared: Arc<Shared>,
    layout: Layout,
    /// The block the kernel will hand over next.
    next: usize,
}

impl Ring {
    /// A ring over memory that is cut up as `layout` says.
    ///
    /// # Panics
    /// When `map` is not as long as `layout` says.
    pub(crate) fn new(map: Map, layout: Layout) -> Self {
        assert!(layout.block_count > 0 && map.len() == layout.len());
        Self { shared: Arc::new(Shared { map, out: AtomicBool::new(false) }), layout, next: 0 }
    }

    /// How the ring is cut up.
    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// The next block when the kernel has handed it over and the one before was dropped.
    pub(crate) fn next_block(&mut self) -> Option<Block> {
        if self.shared.out.load(Ordering::Acquire) {
            return None;
        }
        let at = self.next * self.layout.block_size;
        let status = self.shared.map.word(at + BLOCK_STATUS).load(Ordering::Acquire);
        if status & libc::TP_STATUS_USER == 0 {
            return None;
        }
        self.next = (self.next + 1) % self.layout.block_count;
        // Only here is it set, under `&mut self`: no other thread can set it in between.
        self.shared.out.store(true, Ordering::Relaxed);
        Some(Block { shared: Arc::clone(&self.shared), at, len: self.layout.block_size })
    }
}

/// A block that is ours until dropped.
#[derive(Debug)]
pub(crate) struct Block {
    shared: Arc<Shared>,
    at: usize,
    len: usize,
}

impl Block {
    /// The whole block, descriptor included.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the kernel set the user bit, so it writes no more until `drop` clears it;
        // `Ring::next_block` gives out one block at a time, and `bytes_mut` needs `&mut self`.
        unsafe { self.shared.map.slice(self.at, self.len) }
    }

    /// The whole block, to be changed in place.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; the kernel may look at the status word meanwhile, which
        // callers have no reason to change, and `&mut self` excludes every other slice.
        unsafe { self.shared.map.slice_mut(self.at, self.len) }
    }
}

impl Drop for Block {
    /// Gives the block back to the kernel.
    fn drop(&mut self) {
        let status = self.shared.map.word(self.at + BLOCK_STATUS);
        status.store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.shared.out.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout { block_size: 4096, block_count: 3 };

    fn ring() -> Ring {
        Ring::new(Map::anonymous(LAYOUT.len()).expect("anonymous memory"), LAYOUT)
    }

    /// What the kernel does: fills a block, then hands it over.
    fn produce(map: &Map, block: usize, value: u8) {
        let at = block * LAYOUT.block_size;
        // SAFETY: the block is the producer's, since its user bit is clear.
        let bytes = unsafe { map.slice_mut(at + 48, LAYOUT.block_size - 48) };
        bytes.fill(value);
        map.word(at + BLOCK_STATUS).store(libc::TP_STATUS_USER, Ordering::Release);
    }

    #[test]
    fn gives_nothing_before_the_kernel_hands_a_block_over() {
        assert!(ring().next_block().is_none());
    }

    #[test]
    fn gives_blocks_in_order_and_comes_round() {
        let mut ring = ring();
        for value in 0..10u8 {
            produce(&ring.shared.map, usize::from(value) % 3, value);
            let block = ring.next_block().expect("handed over");
            assert!(block.bytes()[48..].iter().all(|&b| b == value));
        }
        assert!(ring.next_block().is_none());
    }

    #[test]
    fn gives_no_second_block_while_one_is_out() {
        let mut ring = ring();
        produce(&ring.shared.map, 0, 1);
        produce(&ring.shared.map, 1, 2);
        let first = ring.next_block().expect("handed over");
        assert!(ring.next_block().is_none());
        drop(first);
        assert_eq!(ring.next_block().expect("handed over").bytes()[48], 2);
    }

    #[test]
    fn dropping_a_block_gives_it_back() {
        let mut ring = ring();
        produce(&ring.shared.map, 0, 1);
        let block = ring.next_block().expect("handed over");
        let status = |ring: &Ring| ring.shared.map.word(BLOCK_STATUS).load(Ordering::Acquire);
        assert_eq!(status(&ring), libc::TP_STATUS_USER);
        drop(block);
        assert_eq!(status(&ring), libc::TP_STATUS_KERNEL);
    }

    #[test]
    fn other_status_bits_do_not_hand_a_block_over() {
        let mut ring = ring();
        let losing = libc::TP_STATUS_LOSING | libc::TP_STATUS_COPY;
        ring.shared.map.word(BLOCK_STATUS).store(losing, Ordering::Release);
        assert!(ring.next_block().is_none());
    }

    #[test]
    fn a_block_outlives_its_ring() {
        let mut ring = ring();
        produce(&ring.shared.map, 0, 7);
        let mut block = ring.next_block().expect("handed over");
        drop(ring);
        block.bytes_mut()[50] = 9;
        assert_eq!(&block.bytes()[49..52], &[7, 9, 7]);
    }

    #[test]
    fn blocks_arrive_whole_from_another_thread() {
        let mut ring = ring();
        let shared = Arc::clone(&ring.shared);
        // Stands in for the kernel: waits until a block is its own, then fills it.
        let producer = std::thread::spawn(move || {
            let map = &shared.map;
            for round in 0..3000usize {
                let at = (round % LAYOUT.block_count) * LAYOUT.block_size;
                while map.word(at + BLOCK_STATUS).load(Ordering::Acquire) != libc::TP_STATUS_KERNEL {
                    std::thread::yield_now();
                }
                produce(map, round % LAYOUT.block_count, (round % 251) as u8);
            }
        });
        let mut seen = 0usize;
        while seen < 3000 {
            let Some(block) = ring.next_block() else {
                std::thread::yield_now();
                continue;
            };
            let want = (seen % 251) as u8;
            assert!(block.bytes()[48..].iter().all(|&b| b == want), "block {seen}");
            seen += 1;
        }
        producer.join().expect("producer");
    }
}
