//! What a copy keeps though it is not understood: blocks between packets, options of packets.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::{FRAME, Frame, INTERFACE, SECTION, STATISTICS};
use super::option::{END, Options, Value, put};
use crate::savefile::order::ByteOrder;

/// Most bytes of blocks that wait for the next packet to be written.
const WAITING_MAX: usize = 16 << 20;

/// Carries from a [`Reader`](super::Reader) to a [`Writer`](super::Writer) what is no packet:
/// names, decryption secrets, statistics, custom blocks; and the options of each packet,
/// comments among them.
///
/// Both ends hold the same load: take it from the reader before its first packet, and give
/// it to the writer. The writer uses it for the packet the reader is at.
#[derive(Debug, Clone, Default)]
pub struct Carried(Arc<Mutex<Load>>);

/// All in the byte order of this machine.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Whole blocks that came since the last packet that was written.
    pub(super) blocks: Vec<u8>,
    /// Options of the current packet, with their end.
    pub(super) options: Vec<u8>,
}

impl Carried {
    pub(super) fn load(&self) -> MutexGuard<'_, Load> {
        // Whoever panicked left whole blocks.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody but the reader holds it.
    pub(super) fn is_unwanted(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// Takes up a block; `first` is the index of the section's first interface.
    pub(super) fn block(&self, frame: Frame, bytes: &[u8], first: usize) {
        if matches!(frame.kind, SECTION | INTERFACE) {
            return;
        }
        let Some(mut block) = native(frame, bytes) else { return };
        if frame.kind == STATISTICS
            && let Some(id) = block.get_mut(8..12)
        {
            // Interfaces are counted over all sections outside of the reader.
            let local = ByteOrder::NATIVE.u32_at(id, 0).unwrap_or(0);
            let index = u32::try_from(first).unwrap_or(u32::MAX).saturating_add(local);
            id.copy_from_slice(&index.to_ne_bytes());
        }
        let mut load = self.load();
        if load.blocks.len() + block.len() <= WAITING_MAX {
            load.blocks.extend(block);
        }
    }

    /// Takes up the options of the packet that comes now.
    pub(super) fn packet(&self, options: Options<'_>, order: ByteOrder) {
        let mut load = self.load();
        load.options.clear();
        put_options(&mut load.options, options, order, packet_shape);
    }
}

/// How a value is made of numbers.
enum Shape {
    Bytes,
    /// One or more numbers of 32 bits.
    Words,
    Long,
    /// A number of 32 bits, then bytes.
    Custom,
}

fn packet_shape(code: u16) -> Shape {
    match code {
        2 | 6 => Shape::Words,
        4 | 5 => Shape::Long,
        _ => common_shape(code),
    }
}

fn statistics_shape(code: u16) -> Shape {
    match code {
        2 | 3 => Shape::Words,
        4..=8 => Shape::Long,
        _ => common_shape(code),
    }
}

/// Custom options begin with the number of an enterprise.
fn common_shape(code: u16) -> Shape {
    if matches!(code, 2988 | 2989 | 19372 | 19373) { Shape::Custom } else { Shape::Bytes }
}

/// Adds options in this machine's order; with the end of the list if there are any.
fn put_options(out: &mut Vec<u8>, options: Options<'_>, order: ByteOrder, shape: fn(u16) -> Shape) {
    let before = out.len();
    for Value { code, bytes } in options {
        let mut value = bytes.to_vec();
        if order != ByteOrder::NATIVE {
            match shape(code) {
                Shape::Bytes => {}
                Shape::Words => value.chunks_exact_mut(4).for_each(<[u8]>::reverse),
                Shape::Long => value.chunks_exact_mut(8).for_each(<[u8]>::reverse),
                Shape::Custom => {
                    if let Some(number) = value.get_mut(..4) {
                        number.reverse();
                    }
                }
            }
        }
        put(out, code, &value);
    }
    if out.len() > before {
        put(out, END, &[]);
    }
}

/// A block in the byte order of this machine; `None` for a foreign one of unknown type.
fn native(frame: Frame, bytes: &[u8]) -> Option<Vec<u8>> {
    if frame.order == ByteOrder::NATIVE {
        return Some(bytes.to_vec());
    }
    let order = frame.order;
    let body = frame.body(bytes);
    let mut out = Vec::with_capacity(body.len());
    let mut word = |at: usize| order.u32_at(body, at).map(|n| out.extend(n.to_ne_bytes()));
    match frame.kind {
        // Custom: an enterprise's number and what only it knows.
        0xbad | 0x4000_0bad => {
            word(0)?;
            out.extend(body.get(4..)?);
        }
        STATISTICS => {
            for at in [0, 4, 8] {
                word(at)?;
            }
            put_options(&mut out, Options::new(body.get(12..)?, order), order, statistics_shape);
        }
        // Secrets: type, length, bytes.
        10 => {
            for at in [0, 4] {
                word(at)?;
            }
            let end = 8 + (order.u32_at(body, 4)? as usize).next_multiple_of(4);
            out.extend(body.get(8..end)?);
            put_options(&mut out, Options::new(body.get(end..)?, order), order, common_shape);
        }
        // Names: records that look like options, ended like options.
        4 => {
            let mut records = Options::new(body, order);
            for record in records.by_ref() {
                put(&mut out, record.code, record.bytes);
            }
            put(&mut out, END, &[]);
        }
        _ => return None,
    }
    let total = u32::try_from(out.len() + FRAME).ok()?.to_ne_bytes();
    Some([&frame.kind.to_ne_bytes()[..], &total, &out, &total].concat())
}
