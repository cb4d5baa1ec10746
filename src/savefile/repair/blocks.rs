//! Repair of pcapng: a block is known by its length before and after.
use std::io::Read;

use super::{Repaired, available, leading_zeros, nothing};
use crate::error::Error;
use crate::savefile::byte_order::ByteOrder;
use crate::savefile::pcapng::block::{
    BLOCK_MAX, FRAME, Frame, INTERFACE, NAMES, OLD_PACKET, ORDER_MAGIC, PACKET, SECRETS, SECTION,
    SIMPLE_PACKET, STATISTICS, section_order,
};
use crate::savefile::pcapng::option::BlockOptions;
use crate::savefile::pcapng::{InterfaceDescription, open_ended};
use crate::savefile::sink::{Records, Sink};
use crate::savefile::window::Window;
use crate::wire::LinkType;

/// Types that are taken for a block where the file is searched: those of the draft.
const KNOWN: [u32; 10] =
    [SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, NAMES, STATISTICS, PACKET, SECRETS, 0xbad, 0x4000_0bad];
/// More interfaces than this are not invented for a packet that names one.
const INVENTED_MAX: usize = 64;

/// How far into the input a block is looked for.
const LIKELY: usize = 64 * 1024;

/// Whether there is a block near the beginning, though the input does not begin with one.
pub(super) fn likely<R: Read>(window: &mut Window<R>) -> bool {
    let end = available(window, LIKELY).min(LIKELY);
    [ByteOrder::NATIVE, ByteOrder::NATIVE.swapped()].into_iter().any(|order| {
        (0..end).any(|at| {
            let found = block(window, at, order, false);
            let bytes = window.peek().get(at..).unwrap_or_default();
            let Some(frame) = found.filter(|frame| tells_order(*frame, bytes)) else { return false };
            // Numbers of other data may look like one block, but not like two.
            let next = at + frame.total;
            available(window, next + 1) <= next || block(window, next, order, true).is_some()
        })
    })
}

pub(super) fn repair<R: Read, S: Sink>(
    window: &mut Window<R>,
    output: S,
    name: &str,
    report: &mut Repaired,
) -> Result<(), Error> {
    let mut state = State {
        records: Records::new(output, name.to_owned()),
        order: None,
        interfaces: Vec::new(),
        link: LinkType::ETHERNET,
    };
    let mut result = Ok(());
    // Whether the last block ended here.
    let mut in_sync = false;
    while result.is_ok() && available(window, 1) > 0 {
        let orders = match state.order {
            Some(order) => [order, order.swapped()],
            None => [ByteOrder::NATIVE, ByteOrder::NATIVE.swapped()],
        };
        // The other order only where a section says so, or none has been seen.
        let found = orders.into_iter().enumerate().find_map(|(n, order)| {
            let frame = block(window, 0, order, in_sync)?;
            let known = state.order.is_some();
            let fits = known && (n == 0 || frame.kind == SECTION);
            (fits || !known && tells_order(frame, window.peek())).then_some(frame)
        });
        let found = found.filter(|frame| !is_torn(window, *frame));
        let Some(frame) = found else {
            // The number of a block's type has zeros before it, at most three.
            let passed = leading_zeros(window.peek()).saturating_sub(3).max(1);
            report.skip(window.offset(), passed as u64);
            window.consume(passed);
            in_sync = false;
            continue;
        };
        in_sync = true;
        let bytes = window.peek().get(..frame.total).unwrap_or_default();
        match state.take(frame, bytes, report) {
            Ok(true) => {}
            Ok(false) => report.skip(window.offset(), frame.total as u64),
            Err(e) => result = Err(e),
        }
        window.consume(frame.total);
    }
    let flushed = state.records.flush();
    report.packets = state.records.written();
    if state.order.is_none() {
        return Err(nothing());
    }
    result.and(flushed)
}

/// The block that begins `at` bytes from here, if its frame is sound; of `any` type only
/// where a block is expected.
fn block<R: Read>(window: &mut Window<R>, at: usize, order: ByteOrder, any: bool) -> Option<Frame> {
    available(window, at + FRAME);
    let bytes = window.peek().get(at..)?;
    let kind = order.u32_at(bytes, 0)?;
    if !any && !KNOWN.contains(&kind) {
        return None;
    }
    if kind == SECTION && section_order(bytes) != Some(order) {
        return None;
    }
    let length = order.u32_at(bytes, 4)?;
    if length < FRAME as u32 || length > BLOCK_MAX || !length.is_multiple_of(4) {
        return None;
    }
    let total = length as usize;
    if available(window, at + total) < at + total {
        return None;
    }
    let bytes = window.peek().get(at..)?;
    let sound = order.u32_at(bytes, total - 4) == Some(length);
    sound.then_some(Frame { kind, total, order })
}

/// Whether a block cannot as well be one of the other byte order: small numbers among
/// zeros look alike a few bytes further.
fn tells_order(frame: Frame, bytes: &[u8]) -> bool {
    let body = frame.body(bytes);
    match frame.kind {
        SECTION => true,
        INTERFACE => frame.order.u16_at(body, 2) == Some(0) && frame.order.u16_at(body, 0) != Some(0),
        PACKET => {
            let fits = |cap_len: u32| body.len() >= 20 && cap_len as usize <= body.len() - 20;
            frame.order.u32_at(body, 12).is_some_and(fits)
        }
        _ => false,
    }
}

/// Whether a block has lost bytes and its length is by chance found again in the block
/// that follows: then nothing begins where it ends, but something does within.
fn is_torn<R: Read>(window: &mut Window<R>, frame: Frame) -> bool {
    let end = frame.total;
    if available(window, end + 1) <= end || block(window, end, frame.order, true).is_some() {
        return false;
    }
    (4..end).any(|at| {
        let Some(inner) = block(window, at, frame.order, false) else { return false };
        let next = at + inner.total;
        next > end
            && (available(window, next + 1) <= next || block(window, next, frame.order, true).is_some())
    })
}

struct State<S: Sink> {
    records: Records<S>,
    /// Byte order of the section being written; none has begun at first.
    order: Option<ByteOrder>,
    /// Those of the section.
    interfaces: Vec<InterfaceDescription>,
    /// For interfaces whose description is lost.
    link: LinkType,
}

impl<S: Sink> State<S> {
    /// Writes a block; `false` if its body is damaged.
    fn take(&mut self, frame: Frame, bytes: &[u8], report: &mut Repaired) -> Result<bool, Error> {
        let order = frame.order;
        let body = frame.body(bytes);
        if frame.kind == SECTION {
            if body.len() < 16 || order.u16_at(body, 4) != Some(1) {
                return Ok(false);
            }
            self.order = Some(order);
            self.interfaces.clear();
            let mut header = open_ended(bytes);
            if !matches!(order.u16_at(body, 6), Some(0 | 2)) {
                report.assume("the minor version of a section is damaged: 0 is taken");
                if let Some(minor) = header.get_mut(14..16) {
                    minor.fill(0);
                }
            }
            self.records.push_other(&header)?;
            return Ok(true);
        }
        if self.order.is_none() {
            report.assume("the section header is lost: a new one is written");
            self.records.push_other(&section(order))?;
            self.order = Some(order);
        }
        match frame.kind {
            INTERFACE => self.describe(bytes, body, order, report),
            PACKET | SIMPLE_PACKET | OLD_PACKET => self.packet(frame, bytes, report),
            kind if !is_sound(kind, body, order) => Ok(false),
            _ => self.records.push_other(bytes).map(|()| true),
        }
    }

    fn describe(
        &mut self,
        bytes: &[u8],
        body: &[u8],
        order: ByteOrder,
        report: &mut Repaired,
    ) -> Result<bool, Error> {
        if let Ok(interface) = InterfaceDescription::parse(body, order) {
            self.link = interface.link;
            self.interfaces.push(interface);
            self.records.push_other(bytes)?;
            return Ok(true);
        }
        // Left out it would shift the numbers of those that follow.
        report.assume("options of an interface are damaged: microseconds are taken as its unit");
        if let Some(link) = order.u16_at(body, 0) {
            self.link = LinkType(u32::from(link));
        }
        self.invent(order)?;
        Ok(true)
    }

    /// Describes an interface of which nothing is known but its link type.
    fn invent(&mut self, order: ByteOrder) -> Result<(), Error> {
        let link = u16::try_from(self.link.0).unwrap_or(1);
        let mut body = Vec::with_capacity(8);
        // The field is the first half of four bytes, the other half is 0.
        body.extend(match order {
            ByteOrder::Little => order.put(u32::from(link)),
            ByteOrder::Big => order.put(u32::from(link) << 16),
        });
        body.extend([0; 4]);
        if let Ok(interface) = InterfaceDescription::parse(&body, order) {
            self.interfaces.push(interface);
        }
        self.records.push_other(&framed(INTERFACE, &body, order))
    }

    fn packet(&mut self, frame: Frame, bytes: &[u8], report: &mut Repaired) -> Result<bool, Error> {
        let order = frame.order;
        let body = frame.body(bytes);
        let fixed = if frame.kind == SIMPLE_PACKET { 4 } else { 20 };
        let id = match frame.kind {
            PACKET => order.u32_at(body, 0),
            OLD_PACKET => order.u16_at(body, 0).map(u32::from),
            _ => Some(0),
        };
        let Some(id) = id.map(|id| id as usize).filter(|&id| id < INVENTED_MAX.max(self.interfaces.len()))
        else {
            return Ok(false);
        };
        if body.len() < fixed {
            return Ok(false);
        }
        while self.interfaces.len() <= id {
            report
                .assume("the description of an interface is lost: the last link type, or Ethernet, is taken");
            self.invent(order)?;
        }
        let snaplen = self.interfaces.get(id).map_or(0, |interface| interface.snaplen);
        let cap_len = match frame.kind {
            SIMPLE_PACKET => order.u32_at(body, 0).unwrap_or(0).min(snaplen),
            _ => order.u32_at(body, 12).unwrap_or(u32::MAX),
        };
        let data_end = fixed + (cap_len as usize).next_multiple_of(4);
        if cap_len > snaplen || data_end > body.len() {
            return Ok(false);
        }
        let (packet, options) = body.split_at(data_end);
        if frame.kind != SIMPLE_PACKET && !BlockOptions::new(options, order).is_sound() {
            report.assume("options of a packet are damaged: they are left out");
            self.records.push(&[&framed(frame.kind, packet, order)])?;
            return Ok(true);
        }
        self.records.push(&[bytes])?;
        Ok(true)
    }
}

/// Whether the body of a block that is no packet is what its type says, as far as it is known:
/// others refuse the whole file for one that is not.
fn is_sound(kind: u32, body: &[u8], order: ByteOrder) -> bool {
    let rest = match kind {
        NAMES => return body.len() >= 4 && BlockOptions::new(body, order).is_sound(),
        STATISTICS => body.get(12..),
        SECRETS => order
            .u32_at(body, 4)
            .and_then(|length| (length as usize).checked_next_multiple_of(4)?.checked_add(8))
            .and_then(|end| body.get(end..)),
        0xbad | 0x4000_0bad => return body.len() >= 4,
        _ => return true,
    };
    rest.is_some_and(|options| BlockOptions::new(options, order).is_sound())
}

fn section(order: ByteOrder) -> Vec<u8> {
    let mut body = Vec::with_capacity(16);
    body.extend(order.put(ORDER_MAGIC));
    body.extend(match order {
        ByteOrder::Little => [1, 0, 0, 0],
        ByteOrder::Big => [0, 1, 0, 0],
    });
    body.extend([0xff; 8]);
    framed(SECTION, &body, order)
}

fn framed(kind: u32, body: &[u8], order: ByteOrder) -> Vec<u8> {
    let length = order.put(u32::try_from(body.len() + FRAME).unwrap_or(u32::MAX));
    [&order.put(kind)[..], &length, body, &length].concat()
}
