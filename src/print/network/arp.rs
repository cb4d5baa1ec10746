//! ARP (RFC 826), reverse ARP (RFC 903), inverse ARP (RFC 2390) and ATM ARP (RFC 2225).
use crate::print::dissect::flags::push_name;
use crate::print::dissect::name::push_octets;
use crate::print::dissect::number;
use crate::print::dissect::{Dissect, Known, Truncated, put};

/// Protocol types whose addresses are IPv4 ones: IPv4, and a trailer encapsulation.
const ADDRESSED_AS_IPV4: [u16; 2] = [0x0800, 0x1000];

/// Hardware types (RFC 826, IANA) that are treated apart.
const HARDWARE_FRAME_RELAY: u16 = 15;
const HARDWARE_ATM: u16 = 19;

/// Prints ARP at `at`.
pub(in crate::print) fn arp(d: &mut Dissect<'_>, at: usize, len: u32, cap_len: u32) -> Result<(), Truncated> {
    d.protocol = "arp";
    d.bytes(at, 8)?;
    let (hardware, protocol) = (d.u16(at)?, d.u16(at + 2)?);
    if hardware == HARDWARE_ATM {
        return atm_arp(d, at, len, cap_len);
    }
    let (hardware_len, protocol_len) = (d.u8(at + 4)?, d.u8(at + 5)?);
    let (h, p) = (usize::from(hardware_len), usize::from(protocol_len));
    let sender = Party { hardware, h, protocol, p, mac: at + 8, addr: at + 8 + h };
    let target = Party { mac: at + 8 + h + p, addr: at + 8 + 2 * h + p, ..sender };
    d.bytes(target.addr, p)?;

    if !d.opts.link_header {
        d.str("ARP, ");
    }
    if !ADDRESSED_AS_IPV4.contains(&protocol) || p != 4 || h == 0 || d.verbose() > 0 {
        push_name(d, hardware_name(hardware), "Unknown Hardware (", hardware.into(), ")");
        put!(d, " (len {h}), ");
        push_protocol(d, protocol);
        put!(d, " (len {p})");
        if d.verbose() == 0 {
            put!(d, ", length {len}");
            return Ok(());
        }
        d.str(", ");
    }
    let operation = d.u16(at + 6)?;
    push_operation(d, operation);
    if message(d, operation, sender, target)? == Known::No {
        return d.default_dump(at, cap_len);
    }
    put!(d, ", length {len}");
    Ok(())
}

/// Prints what the sender tells the target.
fn message(d: &mut Dissect<'_>, operation: u16, sender: Party, target: Party) -> Result<Known, Truncated> {
    match operation {
        1 => {
            d.str("who-has ");
            target.push_addr(d)?;
            if d.bytes(target.mac, target.h)?.iter().any(|b| *b != 0) {
                d.str(" (");
                target.push_mac(d)?;
                d.char(b')');
            }
            d.str(" tell ");
            sender.push_addr(d)?;
        }
        2 => {
            sender.push_addr(d)?;
            d.str(" is-at ");
            sender.push_mac(d)?;
        }
        3 | 8 => {
            d.str("who-is ");
            target.push_mac(d)?;
            d.str(" tell ");
            sender.push_mac(d)?;
        }
        4 => {
            target.push_mac(d)?;
            d.str(" at ");
            target.push_addr(d)?;
        }
        9 => {
            sender.push_mac(d)?;
            d.str(" at ");
            sender.push_addr(d)?;
        }
        _ => return Ok(Known::No),
    }
    Ok(Known::Yes)
}

/// Where one side's addresses are.
#[derive(Clone, Copy)]
struct Party {
    hardware: u16,
    /// Bytes of a hardware address.
    h: usize,
    protocol: u16,
    /// Bytes of a protocol address.
    p: usize,
    mac: usize,
    addr: usize,
}

impl Party {
    fn push_addr(self, d: &mut Dissect<'_>) -> Result<(), Truncated> {
        push_addr(d, self.protocol, self.addr, self.p, "<wrong len>")
    }

    fn push_mac(self, d: &mut Dissect<'_>) -> Result<(), Truncated> {
        let address = d.bytes(self.mac, self.h)?;
        match address {
            [] => d.str("<empty>"),
            _ if self.hardware == HARDWARE_FRAME_RELAY => push_circuit(d, address),
            [_, _, _, _, _, _] => {
                let mac = d.mac(self.mac)?;
                d.mac_addr(mac);
            }
            _ => push_octets(d.out, address),
        }
        Ok(())
    }
}

fn push_addr(
    d: &mut Dissect<'_>,
    protocol: u16,
    at: usize,
    len: usize,
    wrong_len: &str,
) -> Result<(), Truncated> {
    if !ADDRESSED_AS_IPV4.contains(&protocol) {
        d.str("<wrong proto type>");
    } else if len != 4 {
        d.str(wrong_len);
    } else {
        let addr = d.ipv4(at)?;
        d.addr4(addr);
    }
    Ok(())
}

fn push_protocol(d: &mut Dissect<'_>, protocol: u16) {
    match number::ether_type(protocol) {
        Some(name) => d.str(name),
        None => put!(d, "Unknown Protocol (0x{protocol:04x})"),
    }
}

fn push_operation(d: &mut Dissect<'_>, operation: u16) {
    let name = match operation {
        1 => Some("Request"),
        2 => Some("Reply"),
        3 => Some("Reverse Request"),
        4 => Some("Reverse Reply"),
        8 => Some("Inverse Request"),
        9 => Some("Inverse Reply"),
        10 => Some("NACK Reply"),
        _ => None,
    };
    push_name(d, name, "Unknown (", operation.into(), ")");
    d.char(b' ');
}

fn hardware_name(hardware: u16) -> Option<&'static str> {
    Some(match hardware {
        1 => "Ethernet",
        6 => "TokenRing",
        7 => "ArcNet",
        15 => "FrameRelay",
        19 => "ATM",
        23 => "Strip",
        24 => "IEEE 1394",
        32 => "InfiniBand",
        _ => return None,
    })
}

/// Appends the data link connection of a Q.922 address of two to four bytes.
fn push_circuit(d: &mut Dissect<'_>, address: &[u8]) {
    // The lowest bit of each byte says whether it is the last one.
    let last = |b: u8| b & 1 != 0;
    let wide = |b: u8| u32::from(b);
    let circuit = match *address {
        [] => return d.str("<Truncated>"),
        [a, ..] if last(a) => return d.str("<Invalid DLCI>"),
        [_] => return d.str("<Truncated>"),
        [a, b, ref rest @ ..] => {
            let upper = (wide(a) & 0xfc) << 2 | wide(b) >> 4;
            match *rest {
                _ if last(b) => upper,
                [c, ..] if last(c) => upper << 6 | wide(c) >> 2,
                [c, e, ..] if last(e) => upper << 13 | (wide(c) >> 1) << 6 | wide(e) >> 2,
                [_, _, ..] => return d.str("<Invalid DLCI>"),
                _ => return d.str("<Truncated>"),
            }
        }
    };
    put!(d, "DLCI {circuit}");
}

/// ATM numbers and subaddresses have lengths of their own (RFC 2225 §8.1).
struct AtmParty {
    number: (usize, usize),
    sub: (usize, usize),
    addr: (usize, usize),
    wrong_len: &'static str,
}

impl AtmParty {
    /// Reads the lengths; gives the party and the offset after it.
    fn read(
        d: &Dissect<'_>,
        lens: [usize; 3],
        at: usize,
        wrong_len: &'static str,
    ) -> Result<(Self, usize), Truncated> {
        // RFC 2225 §8.1: six bits of length, one that tells E.164 from NSAP.
        let number = usize::from(d.u8(lens[0])? & 0x3f);
        let sub = usize::from(d.u8(lens[1])? & 0x3f);
        let addr = usize::from(d.u8(lens[2])?);
        let (sub_at, addr_at) = (at + number, at + number + sub);
        Ok((
            Self { number: (at, number), sub: (sub_at, sub), addr: (addr_at, addr), wrong_len },
            addr_at + addr,
        ))
    }

    fn push_number(&self, d: &mut Dissect<'_>) -> Result<(), Truncated> {
        if self.number.1 == 0 {
            d.str("<No address>");
            return Ok(());
        }
        push_octets(d.out, d.bytes(self.number.0, self.number.1)?);
        if self.sub.1 != 0 {
            let sub = d.bytes(self.sub.0, self.sub.1)?;
            d.char(b',');
            push_octets(d.out, sub);
        }
        Ok(())
    }

    fn push_addr(&self, d: &mut Dissect<'_>, protocol: u16) -> Result<(), Truncated> {
        push_addr(d, protocol, self.addr.0, self.addr.1, self.wrong_len)
    }
}

fn atm_arp(d: &mut Dissect<'_>, at: usize, len: u32, cap_len: u32) -> Result<(), Truncated> {
    d.bytes(at, 12)?;
    let (protocol, operation) = (d.u16(at + 2)?, d.u16(at + 6)?);
    let (sender, after) = AtmParty::read(d, [at + 4, at + 5, at + 8], at + 12, "<wrong splen>")?;
    let (target, _) = AtmParty::read(d, [at + 9, at + 10, at + 11], after, "<wrong tplen>")?;
    d.bytes(target.addr.0, target.addr.1)?;
    if !d.opts.link_header {
        d.str("ARP, ");
    }
    if !ADDRESSED_AS_IPV4.contains(&protocol) || sender.addr.1 != 4 || target.addr.1 != 4 || d.verbose() > 0 {
        d.str("ATM, ");
        push_protocol(d, protocol);
        put!(d, " (len {}/{})", sender.addr.1, target.addr.1);
        if d.verbose() == 0 {
            put!(d, ", length {len}");
            return Ok(());
        }
        d.str(", ");
    }
    push_operation(d, operation);
    match operation {
        1 => {
            d.str("who-has ");
            target.push_addr(d, protocol)?;
            if target.number.1 != 0 {
                d.str(" (");
                target.push_number(d)?;
                d.char(b')');
            }
            d.str(" tell ");
            sender.push_addr(d, protocol)?;
        }
        2 => {
            sender.push_addr(d, protocol)?;
            d.str(" is-at ");
            sender.push_number(d)?;
        }
        8 => {
            d.str("who-is ");
            target.push_number(d)?;
            d.str(" tell ");
            sender.push_number(d)?;
        }
        9 => {
            sender.push_number(d)?;
            // tcpdump leaves out the space here.
            d.str("at ");
            sender.push_addr(d, protocol)?;
        }
        10 => {
            d.str("for ");
            sender.push_addr(d, protocol)?;
        }
        _ => return d.default_dump(at, cap_len),
    }
    put!(d, ", length {len}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::print::{Printer, TimeStyle};
    use crate::{LinkType, Packet};

    fn line(verbose: u8, arp: &[u8]) -> String {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6];
        frame.extend_from_slice(arp);
        let mut printer =
            Printer::builder().numeric(true).verbose(verbose).time(TimeStyle::None).build(Vec::new());
        printer.print(&Packet::new(LinkType::ETHERNET, &frame)).unwrap();
        String::from_utf8(printer.into_inner()).unwrap()
    }

    const REQUEST: [u8; 28] =
        [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2];

    #[test]
    fn asks_who_has_an_address() {
        assert_eq!(line(0, &REQUEST), "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28\n");
    }

    #[test]
    fn shows_the_target_only_where_it_is_known() {
        let mut known = REQUEST;
        known[23] = 9;
        assert!(line(0, &known).contains("192.0.2.2 (00:00:00:00:00:09) tell"));
    }

    #[test]
    fn names_both_layers_when_verbose_or_odd() {
        assert!(line(1, &REQUEST).starts_with("ARP, Ethernet (len 6), IPv4 (len 4), Request"));
        let mut odd = REQUEST;
        odd[3] = 1;
        assert_eq!(line(0, &odd), "ARP, Ethernet (len 6), Unknown Protocol (0x0801) (len 4), length 28\n");
    }

    #[test]
    fn marks_what_was_cut_at_every_length() {
        for len in 0..REQUEST.len() {
            assert!(line(0, &REQUEST[..len]).starts_with(" [|arp]"), "{len}");
        }
    }
}
