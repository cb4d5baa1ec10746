//! The state of printing one packet: where the bytes end, what is printed so far, and
//! the ways a printer may come to an end.
//!
//! # The contract every protocol printer obeys
//!
//! ```text
//! pub(in crate::print) fn arp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated>
//! ```
//!
//! * `at` is the offset of the protocol's first byte in the captured frame; `len` its
//!   length **on the wire**, which wraps as tcpdump's `u_int` does (use `wrapping_sub`
//!   where the wire says it). What is left of the capture is [`Dissect::left`]`(at)`.
//! * The first thing a printer does is to set [`Dissect::protocol`].
//! * A **fetch** beyond the captured end ([`Dissect::u8`], [`Dissect::u16`], …) is an
//!   `Err(Truncated)`: hand it up with `?`. The top prints ` [|protocol]` with the
//!   protocol set at that moment, and the dump then starts at the first byte of the
//!   frame.
//! * A **check** ([`Dissect::check`]) is a question. Where tcpdump asks before it reads,
//!   ask: the mark looks the same, but the dump starts after the link header and outer
//!   printers go on.
//! * The **parts** of a printer give `Result<T, Stop>`, so that `?` hands up both, and what
//!   else ends them: see [`Stop`]. The printer itself prints what the stop prints, with
//!   [`Dissect::stop`] or [`Dissect::attempt`]:
//!
//! ```text
//! pub(in crate::print) fn ntp(d: &mut Dissect<'_>, at: usize, len: u32) -> Result<(), Truncated> {
//!     d.protocol = "ntp";
//!     message(d, at, len).or_else(|stop| d.stop(stop))
//! }
//! ```
//!
//! * A printer chosen from a table says whether there was one: [`Known`].
//! * tcpdump evaluates all arguments of one print before it prints any of them: fetch
//!   everything a piece of text needs before pushing its first byte.
//! * An inner length that ends the data early (IP total length) is
//!   [`Dissect::push_end`] and [`Dissect::pop_end`].
pub(in crate::print) mod flags;
pub(in crate::print) mod name;
pub(in crate::print) mod number;
pub(in crate::print) mod pairs;
mod stop;

use std::fmt;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::hex;
use crate::packet::ChecksumStatus;
use crate::print::dissect::name::Names;
use crate::print::dissect::pairs::Pairs;
use crate::print::options::Options;
use crate::print::sequence::{Number, Numbers, Shown};
use crate::text::decimal;
use crate::wire::MacAddr;

pub(in crate::print) use self::stop::{Known, Stop, Truncated};

/// How many printers may be nested through one another: enough for anything a network
/// carries, few enough for any stack. IP in IP is a loop and does not count.
const MAX_DEPTH: u8 = 64;

/// Formats into a [`Dissect`]; for the paths where speed does not matter.
macro_rules! put {
    ($d:expr, $($arg:tt)*) => { $d.fmt(format_args!($($arg)*)) };
}
pub(in crate::print) use put;

/// One packet being printed.
pub(in crate::print) struct Dissect<'p> {
    pub(in crate::print) out: &'p mut Vec<u8>,
    pub(in crate::print) opts: &'p Options,
    pub(in crate::print) names: &'p dyn Names,
    /// TCP's relative numbers.
    pub(in crate::print) numbers: Numbers<'p>,
    /// The captured frame.
    pub(in crate::print) data: &'p [u8],
    /// Where the bytes that may be fetched end; at most `data.len()`.
    pub(in crate::print) end: usize,
    /// The ends that [`Dissect::push_end`] replaced, outermost first.
    pub(in crate::print) ends: &'p mut Vec<usize>,
    /// How pairs of hosts and ports look.
    pub(in crate::print) pairs: &'p mut Pairs,
    /// Memory that is not in use, for packets whose bytes are not in the frame as they are.
    pub(in crate::print) spare: &'p mut Vec<Spare>,
    /// What a truncation mark names.
    pub(in crate::print) protocol: &'static str,
    /// What the kernel says of the transport checksum.
    pub(in crate::print) checksum: ChecksumStatus,
    pub(in crate::print) depth: u8,
}

/// Memory for a packet made of the bytes of another: unescaped, as on a serial line.
#[derive(Debug, Clone, Default)]
pub(in crate::print) struct Spare {
    pub(in crate::print) bytes: Vec<u8>,
    pub(in crate::print) ends: Vec<usize>,
}

impl<'p> Dissect<'p> {
    // ---- the captured bytes ------------------------------------------------------

    /// Whether `n` bytes from `at` were captured. True for `n == 0` at the very end.
    #[inline]
    pub(in crate::print) fn has(&self, at: usize, n: usize) -> bool {
        at.checked_add(n).is_some_and(|end| end <= self.end)
    }

    /// How many captured bytes there are from `at` on.
    #[inline]
    pub(in crate::print) fn left(&self, at: usize) -> u32 {
        u32::try_from(self.end.saturating_sub(at)).unwrap_or(u32::MAX)
    }

    /// The `n` bytes at `at`.
    #[inline]
    pub(in crate::print) fn bytes(&self, at: usize, n: usize) -> Result<&'p [u8], Truncated> {
        self.data.get(at..self.end).and_then(|rest| rest.get(..n)).ok_or(Truncated)
    }

    /// The `N` bytes at `at`.
    #[inline]
    pub(in crate::print) fn array<const N: usize>(&self, at: usize) -> Result<&'p [u8; N], Truncated> {
        self.data.get(at..self.end).and_then(|rest| rest.first_chunk()).ok_or(Truncated)
    }

    /// All captured bytes from `at` on; empty beyond the end.
    pub(in crate::print) fn rest(&self, at: usize) -> &'p [u8] {
        self.data.get(at..self.end).unwrap_or_default()
    }

    /// The byte at `at`.
    #[inline]
    pub(in crate::print) fn u8(&self, at: usize) -> Result<u8, Truncated> {
        self.array::<1>(at).map(|b| b[0])
    }

    /// The big-endian 16 bits at `at`.
    #[inline]
    pub(in crate::print) fn u16(&self, at: usize) -> Result<u16, Truncated> {
        self.array(at).map(|b| u16::from_be_bytes(*b))
    }

    /// The big-endian 24 bits at `at`.
    #[inline]
    pub(in crate::print) fn u24(&self, at: usize) -> Result<u32, Truncated> {
        self.array::<3>(at).map(|b| u32::from_be_bytes([0, b[0], b[1], b[2]]))
    }

    /// The big-endian 32 bits at `at`.
    #[inline]
    pub(in crate::print) fn u32(&self, at: usize) -> Result<u32, Truncated> {
        self.array(at).map(|b| u32::from_be_bytes(*b))
    }

    /// The big-endian 64 bits at `at`.
    #[inline]
    pub(in crate::print) fn u64(&self, at: usize) -> Result<u64, Truncated> {
        self.array(at).map(|b| u64::from_be_bytes(*b))
    }

    /// The IPv4 address at `at`.
    #[inline]
    pub(in crate::print) fn ipv4(&self, at: usize) -> Result<Ipv4Addr, Truncated> {
        self.array::<4>(at).map(|b| Ipv4Addr::from(*b))
    }

    /// The IPv6 address at `at`.
    #[inline]
    pub(in crate::print) fn ipv6(&self, at: usize) -> Result<Ipv6Addr, Truncated> {
        self.array::<16>(at).map(|b| Ipv6Addr::from(*b))
    }

    /// The hardware address at `at`.
    #[inline]
    pub(in crate::print) fn mac(&self, at: usize) -> Result<MacAddr, Truncated> {
        self.array::<6>(at).map(|b| MacAddr(*b))
    }

    // ---- where they end ----------------------------------------------------------

    /// Lets the data end `len` bytes after `at`, if it does not end before.
    pub(in crate::print) fn push_end(&mut self, at: usize, len: u32) {
        self.ends.push(self.end);
        if len <= self.left(at) {
            self.end = at.saturating_add(len as usize);
        }
    }

    /// Undoes the last [`Dissect::push_end`].
    pub(in crate::print) fn pop_end(&mut self) {
        if let Some(end) = self.ends.pop() {
            self.end = end;
        }
    }

    /// Replaces the end set by the last [`Dissect::push_end`]. It can move beyond the
    /// current one only as far as the end before the *last but one* push: tcpdump
    /// does so for IPv6 jumbograms.
    pub(in crate::print) fn change_end(&mut self, at: usize, len: u32) {
        let previous = match self.ends.len() {
            0 | 1 => self.end,
            n => self.ends.get(n - 2).copied().unwrap_or(self.end),
        };
        if (len as usize) <= previous.saturating_sub(at) {
            self.end = at.saturating_add(len as usize);
        }
    }

    /// Runs `inner` one nesting level deeper; at the limit says so instead.
    pub(in crate::print) fn nested(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<(), Truncated>,
    ) -> Result<(), Truncated> {
        if self.depth >= MAX_DEPTH {
            self.str(" [nested too deep]");
            return Ok(());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    // ---- text --------------------------------------------------------------------

    /// Appends text.
    #[inline]
    pub(in crate::print) fn str(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Appends one ASCII character.
    #[inline]
    pub(in crate::print) fn char(&mut self, c: u8) {
        self.out.push(c);
    }

    /// Appends formatted text; through [`put!`].
    pub(in crate::print) fn fmt(&mut self, args: fmt::Arguments<'_>) {
        // Writing to a vector cannot fail.
        let _ = self.out.write_fmt(args);
    }

    /// Appends a decimal number.
    #[inline]
    pub(in crate::print) fn dec(&mut self, n: impl Into<u32>) {
        decimal::push_decimal(self.out, n.into());
    }

    /// Appends a relative number of a TCP segment, or leaves it open.
    #[inline]
    pub(in crate::print) fn relative(&mut self, shown: Shown, number: Number) {
        self.numbers.push(self.out, shown, number);
    }

    /// Appends lower-case hex, zero-padded to `width` digits (0 or 1: no padding).
    #[inline]
    pub(in crate::print) fn hex(&mut self, value: impl Into<u64>, width: usize) {
        push_hex(self.out, value.into(), width);
    }

    /// Appends a byte of the packet: control characters as `^X`, the high bit as `M-`.
    pub(in crate::print) fn visible(&mut self, byte: u8) {
        let mut c = byte;
        if c >= 0x80 {
            c &= 0x7f;
            self.str("M-");
        }
        if !(0x20..0x7f).contains(&c) {
            c ^= 0x40;
            self.char(b'^');
        }
        self.char(c);
    }

    /// Appends text up to a NUL within `len` bytes at `at`; gives the length with the NUL,
    /// `None` where there is none.
    pub(in crate::print) fn until_nul(&mut self, at: usize, len: u32) -> Option<u32> {
        let rest = self.rest(at);
        for (&byte, n) in rest.iter().zip(1..=len) {
            if byte == 0 {
                return Some(n);
            }
            self.visible(byte);
        }
        None
    }

    /// Appends `len` bytes of text at `at`, or as many of them as were captured.
    pub(in crate::print) fn text(&mut self, at: usize, len: u32) {
        for &byte in self.rest(at).iter().take(len as usize) {
            self.visible(byte);
        }
    }

    /// Appends `len` bytes of text at `at`, or what is before a NUL in it.
    pub(in crate::print) fn padded_text(&mut self, at: usize, len: usize) -> Result<(), Truncated> {
        for i in 0..len {
            match self.u8(at + i)? {
                0 => break,
                byte => self.visible(byte),
            }
        }
        Ok(())
    }

    /// Appends ` [|protocol]`.
    pub(in crate::print) fn trunc(&mut self) {
        self.str(" [|");
        self.str(self.protocol);
        self.char(b']');
    }

    /// Appends ` (invalid)`.
    pub(in crate::print) fn invalid(&mut self) {
        self.str(" (invalid)");
    }

    /// Appends the protocol's name in capitals.
    pub(in crate::print) fn protocol_caps(&mut self) {
        let start = self.out.len();
        self.str(self.protocol);
        self.out[start..].make_ascii_uppercase();
    }

    /// Dumps `len` bytes at `at` in hex and ASCII, for payloads nothing knows. A length
    /// beyond the captured bytes is a truncation, noticed after the dump.
    pub(in crate::print) fn default_dump(&mut self, at: usize, len: u32) -> Result<(), Truncated> {
        let have = self.left(at);
        let shown = self.rest(at);
        let shown = shown.get(..len as usize).unwrap_or(shown);
        hex::hex_ascii(self.out, shown);
        if len > have { Err(Truncated) } else { Ok(()) }
    }

    /// [`Dissect::default_dump`] unless `-x`, `-X` or `-q` say otherwise.
    pub(in crate::print) fn unknown_dump(&mut self, at: usize, len: u32) -> Result<(), Truncated> {
        if self.opts.default_dump { self.default_dump(at, len) } else { Ok(()) }
    }

    /// Dumps up to `len` captured bytes at `at` in hex, each line after `indent`.
    pub(in crate::print) fn unknown_data(&mut self, at: usize, indent: &str, len: u32) {
        if at > self.end {
            // tcpdump's complaint about itself is part of its text.
            self.str(indent);
            return self.str("Dissector error: print_unknown_data called with pointer past end of packet");
        }
        let shown = self.rest(at);
        let shown = shown.get(..len as usize).unwrap_or(shown);
        hex::hex_at(self.out, indent.as_bytes(), shown, 0);
    }

    // ---- names -------------------------------------------------------------------

    /// `-v` count.
    #[inline]
    pub(in crate::print) fn verbose(&self) -> u8 {
        self.opts.verbose
    }

    /// Appends an IPv4 address, or its name.
    #[inline]
    pub(in crate::print) fn addr4(&mut self, addr: Ipv4Addr) {
        if self.opts.numeric || !self.host(IpAddr::V4(addr)) {
            name::push_ipv4(self.out, addr);
        }
    }

    /// Appends an IPv6 address, or its name.
    pub(in crate::print) fn addr6(&mut self, addr: Ipv6Addr) {
        if self.opts.numeric || !self.host(IpAddr::V6(addr)) {
            name::push_ipv6(self.out, addr);
        }
    }

    /// Appends an IP address, or its name.
    pub(in crate::print) fn addr(&mut self, addr: IpAddr) {
        match addr {
            IpAddr::V4(addr) => self.addr4(addr),
            IpAddr::V6(addr) => self.addr6(addr),
        }
    }

    fn host(&mut self, addr: IpAddr) -> bool {
        let Some(host) = self.names.host(addr) else { return false };
        let shown = if self.opts.no_domain {
            host.split_once('.').map_or(&*host, |(first, _)| first)
        } else {
            &*host
        };
        name::push_clean(self.out, shown);
        true
    }

    /// Appends a TCP port, or its name.
    #[inline]
    pub(in crate::print) fn tcp_port(&mut self, port: u16) {
        if !self.opts.numeric
            && let Some(known) = self.names.tcp_port(port)
        {
            name::push_clean(self.out, &known);
        } else {
            self.dec(port);
        }
    }

    /// Appends a UDP port, or its name.
    pub(in crate::print) fn udp_port(&mut self, port: u16) {
        if !self.opts.numeric
            && let Some(known) = self.names.udp_port(port)
        {
            name::push_clean(self.out, &known);
        } else {
            self.dec(port);
        }
    }

    /// Appends a hardware address; without `-n` its name, or its vendor after it.
    pub(in crate::print) fn mac_addr(&mut self, mac: MacAddr) {
        if self.opts.numeric {
            return name::push_mac(self.out, mac);
        }
        if let Some(known) = self.names.mac(mac) {
            return name::push_clean(self.out, &known);
        }
        if mac == MacAddr([0xff; 6]) {
            return self.str("Broadcast");
        }
        name::push_mac(self.out, mac);
        self.str(" (oui ");
        self.str(name::oui(mac).unwrap_or("Unknown"));
        self.char(b')');
    }

    /// Appends `SRC > DST` for the IPv4 header at `at`.
    pub(in crate::print) fn pair4(&mut self, at: usize) -> Result<(), Truncated> {
        let (src, dst) = (self.ipv4(at + 12)?, self.ipv4(at + 16)?);
        self.addr4(src);
        self.str(" > ");
        self.addr4(dst);
        Ok(())
    }

    /// Appends `SRC.sport > DST.dport: ` in numbers for the IPv4 header at `at`.
    #[inline]
    pub(in crate::print) fn numeric_pair(&mut self, at: usize, src: u16, dst: u16) -> Result<(), Truncated> {
        let addresses = self.array::<8>(at + 12)?;
        let ports = u32::from(src) << 16 | u32::from(dst);
        let key = pairs::Key { addresses: u64::from_be_bytes(*addresses), ports };
        self.pairs.push(self.out, key, |out| {
            let [a, b, c, d, e, f, g, h] = *addresses;
            name::push_ipv4(out, Ipv4Addr::new(a, b, c, d));
            out.push(b'.');
            decimal::push_decimal(out, src.into());
            out.extend_from_slice(b" > ");
            name::push_ipv4(out, Ipv4Addr::new(e, f, g, h));
            out.push(b'.');
            decimal::push_decimal(out, dst.into());
            out.extend_from_slice(b": ");
        });
        Ok(())
    }

    /// Appends `SRC > DST` for the IPv6 header at `at`.
    pub(in crate::print) fn pair6(&mut self, at: usize) -> Result<(), Truncated> {
        let (src, dst) = (self.ipv6(at + 8)?, self.ipv6(at + 24)?);
        self.addr6(src);
        self.str(" > ");
        self.addr6(dst);
        Ok(())
    }

    /// Appends a number of seconds as `1h2m3s`.
    pub(in crate::print) fn duration(&mut self, seconds: u32) {
        if seconds == 0 {
            return self.str("0s");
        }
        let mut rest = seconds;
        for (unit, letter) in
            [(31_536_000, b'y'), (604_800, b'w'), (86_400, b'd'), (3_600, b'h'), (60, b'm'), (1, b's')]
        {
            if rest >= unit {
                self.dec(rest / unit);
                self.char(letter);
                rest %= unit;
            }
        }
    }
}

/// Appends lower-case hex, zero-padded to `width`.
pub(in crate::print) fn push_hex(out: &mut Vec<u8>, value: u64, width: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = (64 - (value | 1).leading_zeros()).div_ceil(4).max(u32::try_from(width).unwrap_or(16));
    for i in (0..digits.min(16)).rev() {
        out.push(DIGITS[(value >> (4 * i) & 0xf) as usize]);
    }
}
