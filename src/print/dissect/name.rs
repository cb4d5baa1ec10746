//! Names for addresses and ports, and how addresses look without them.
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::print::dissect::number;
use crate::text::decimal::push_some;
use crate::wire::MacAddr;

/// Where names come from when numbers are not wanted (no `-n`).
///
/// Every method may answer `None`: the number is printed. What is answered is cleaned
/// of anything but printable ASCII before it is printed. Printing waits for the answer,
/// so an implementation should answer at once with what it knows.
pub trait Names: Send + Sync {
    /// Name of a host.
    fn host(&self, _addr: IpAddr) -> Option<Cow<'_, str>> {
        None
    }
    /// Name of a TCP port.
    fn tcp_port(&self, _port: u16) -> Option<Cow<'_, str>> {
        None
    }
    /// Name of a UDP port.
    fn udp_port(&self, _port: u16) -> Option<Cow<'_, str>> {
        None
    }
    /// Name of a hardware address (as in `/etc/ethers`).
    fn mac(&self, _mac: MacAddr) -> Option<Cow<'_, str>> {
        None
    }
    /// Name of the interface with this index; asked even with `-n`, as tcpdump does.
    fn interface(&self, _index: u32) -> Option<Cow<'_, str>> {
        None
    }
}

/// Knows no names.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNames;

impl Names for NoNames {}

/// Appends a name that somebody else chose: only printable ASCII gets through.
pub(in crate::print) fn push_clean(out: &mut Vec<u8>, name: &str) {
    out.extend(name.bytes().map(|b| if b.is_ascii_graphic() || b == b' ' { b } else { b'?' }));
}

/// The decimal digits of every byte, and how many there are.
static BYTE_DECIMAL: [([u8; 3], u8); 256] = {
    let mut table = [([b'0'; 3], 1); 256];
    let mut i = 0_u8;
    loop {
        let (h, t, u) = (b'0' + i / 100, b'0' + i / 10 % 10, b'0' + i % 10);
        table[i as usize] = match i {
            0..=9 => ([u, 0, 0], 1),
            10..=99 => ([t, u, 0], 2),
            _ => ([h, t, u], 3),
        };
        if i == 255 {
            break;
        }
        i += 1;
    }
    table
};

/// Appends a dotted quad.
#[inline]
pub(in crate::print) fn push_ipv4(out: &mut Vec<u8>, addr: Ipv4Addr) {
    // Four times three digits and a dot; the last dot is not taken.
    let mut text = [0; 16];
    let mut n = 0;
    for octet in addr.octets() {
        let (digits, len) = BYTE_DECIMAL[usize::from(octet)];
        text[n..n + 3].copy_from_slice(&digits);
        n += usize::from(len);
        text[n] = b'.';
        n += 1;
    }
    push_some(out, &text, n - 1);
}

/// Appends an IPv6 address: the longest run of at least two zero groups becomes `::`,
/// and a dotted quad ends `::a.b.c.d` and `::ffff:a.b.c.d`.
pub(in crate::print) fn push_ipv6(out: &mut Vec<u8>, addr: Ipv6Addr) {
    let groups = addr.segments();
    let (mut start, mut len) = (0, 0);
    let mut i = 0;
    while i < 8 {
        let run = groups[i..].iter().take_while(|g| **g == 0).count();
        if run > len.max(1) {
            (start, len) = (i, run);
        }
        i += run.max(1);
    }
    let quad = start == 0 && (len == 6 || len == 5 && groups[5] == 0xffff);
    let mut i = 0;
    while i < 8 {
        if len > 0 && i == start {
            out.push(b':');
            i += len;
            if i == 8 {
                out.push(b':');
            }
            continue;
        }
        if i != 0 {
            out.push(b':');
        }
        if quad && i == 6 {
            let [.., a, b, c, d] = addr.octets();
            return push_ipv4(out, Ipv4Addr::new(a, b, c, d));
        }
        crate::print::dissect::push_hex(out, u64::from(groups[i]), 1);
        i += 1;
    }
}

/// Appends a hardware address.
pub(in crate::print) fn push_mac(out: &mut Vec<u8>, mac: MacAddr) {
    push_octets(out, &mac.0);
}

/// Appends bytes in hex with colons between.
pub(in crate::print) fn push_octets(out: &mut Vec<u8>, octets: &[u8]) {
    for (i, &octet) in octets.iter().enumerate() {
        if i > 0 {
            out.push(b':');
        }
        crate::print::dissect::push_hex(out, u64::from(octet), 2);
    }
}

/// Vendor of a hardware address.
pub(in crate::print) fn oui(mac: MacAddr) -> Option<&'static str> {
    let [a, b, c, ..] = mac.0;
    number::oui(u32::from_be_bytes([0, a, b, c]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ipv6(text: &str) -> String {
        let mut out = Vec::new();
        push_ipv6(&mut out, text.parse().unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn prints_every_byte_in_a_dotted_quad() {
        for i in 0..=255_u8 {
            let addr = Ipv4Addr::new(i, 255 - i, 0, i / 3);
            let mut out = Vec::new();
            push_ipv4(&mut out, addr);
            assert_eq!(String::from_utf8(out).unwrap(), addr.to_string());
        }
    }

    #[test]
    fn shortens_the_first_longest_run_of_zero_groups() {
        for text in ["::", "::1", "1::", "fe80::1", "1:0:2::3", "1::2:0:0:3:4", "2001:db8:0:1:2:3:4:5"] {
            assert_eq!(ipv6(text), text);
        }
        assert_eq!(ipv6("1:0:0:2:3:0:0:4"), "1::2:3:0:0:4");
    }

    #[test]
    fn ends_compatible_and_mapped_addresses_with_a_quad() {
        assert_eq!(ipv6("::ffff:1.2.3.4"), "::ffff:1.2.3.4");
        assert_eq!(ipv6("::102:304"), "::1.2.3.4");
        assert_eq!(ipv6("::fffe:102:304"), "::fffe:102:304");
    }

    #[test]
    fn lets_no_control_character_of_a_name_through() {
        let mut out = Vec::new();
        push_clean(&mut out, "a\x1b[2Jb\u{e9}");
        assert_eq!(out, b"a?[2Jb??");
    }
}
