//! Headers of varying length before everything else: 802.11 with what the radio says, and OpenBSD's log.
use super::super::ir::{Test, op, stmt};
use super::super::link::{Base, Width};
use super::Lower;
use crate::bpf::RawInsn;
use crate::wire::{Headers, Radio};

/// Bits of the first byte of an 802.11 header: control frames, data frames, and data with a service class.
const CONTROL: u32 = 0x04;
const DATA: u32 = 0x08;
const WITH_SERVICE: u32 = 0x80;
/// Bits of the second: towards and from the distribution system.
const TO_SYSTEM: u32 = 0x01;
const FROM_SYSTEM: u32 = 0x02;
/// Where the addresses are.
const ADDRESS_1: u32 = 4;
const ADDRESS_2: u32 = 10;
const ADDRESS_3: u32 = 16;
const ADDRESS_4: u32 = 24;

impl Lower<'_> {
    fn frame_control(&mut self, byte: u32, bit: u32) -> Test {
        self.compare(op::JSET_K, Base::LinkHeader, byte, Width::Byte, bit)
    }

    /// The frame carries data and so an 802.2 header.
    pub(super) fn is_wireless_data(&mut self) -> Test {
        let other = self.frame_control(0, CONTROL).negate();
        let data = self.frame_control(0, DATA);
        self.graph.and(other, data)
    }

    /// `test` of the address that is the source, or else the destination. Which one that is, is said by the kind
    /// of frame and by its way through the distribution system.
    pub(super) fn wireless_address(
        &mut self,
        is_dst: bool,
        mut test: impl FnMut(&mut Self, u32) -> Test,
    ) -> Test {
        let (bit, plain) = if is_dst { (TO_SYSTEM, ADDRESS_1) } else { (FROM_SYSTEM, ADDRESS_2) };
        let mut guarded = |lower: &mut Self, guard: Test, address| {
            let test = test(lower, address);
            lower.graph.and(guard, test)
        };
        let other = self.frame_control(0, CONTROL).negate();
        let management = self.frame_control(0, DATA).negate();
        let management = guarded(self, management, plain);
        let data = self.frame_control(0, DATA);
        let direct = self.frame_control(1, bit).negate();
        let direct = guarded(self, direct, plain);
        let through = self.frame_control(1, bit);
        let through = if is_dst {
            guarded(self, through, ADDRESS_3)
        } else {
            let station = self.frame_control(1, TO_SYSTEM).negate();
            let station = guarded(self, station, ADDRESS_3);
            let bridge = self.frame_control(1, TO_SYSTEM);
            let bridge = guarded(self, bridge, ADDRESS_4);
            let either = self.graph.or(station, bridge);
            self.graph.and(through, either)
        };
        let either = self.graph.or(direct, through);
        let data = self.graph.and(data, either);
        let either = self.graph.or(management, data);
        self.graph.and(other, either)
    }

    /// The MAC address of 802.11.
    pub(super) fn wireless_mac(&mut self, is_dst: bool, addr: &[u8; 6]) -> Test {
        self.wireless_address(is_dst, |lower, at| lower.bytes(Base::LinkHeader, at, addr))
    }

    /// Code that computes where the outermost headers end, as far as anything asks for it.
    pub(super) fn outer_lengths(&mut self) -> Vec<RawInsn> {
        let (link_header, payload) = (self.outer.link_header, self.outer.payload);
        let mut code = Vec::new();
        let radio = match self.outer.headers {
            Headers::Pflog => {
                if let Some(payload) = payload {
                    code.extend([
                        stmt(op::LD_B_ABS, 0),
                        stmt(op::ADD_K, 3),
                        stmt(op::AND_K, 0xffff_fffc),
                        stmt(op::ST, payload.into()),
                        stmt(op::TAX, 0),
                    ]);
                }
                return code;
            }
            Headers::Wireless(radio) => radio,
            _ => return code,
        };
        // There may be an AVS header instead, which is told by a jump within the block. Like libpcap this does
        // not ask whether it is in the program.
        self.opaque |= radio == Radio::Prism;
        if let Some(register) = link_header {
            code.extend(radio_length(radio));
            code.extend([stmt(op::ST, register.into()), stmt(op::TAX, 0)]);
        }
        if let Some(register) = payload {
            if code.is_empty() {
                code.push(stmt(op::LDX_IMM, 0));
            }
            code.extend(header_length(radio, register.into()));
            self.opaque = true;
        }
        code
    }

    /// Whether the packet has the headers at all: per-packet information may precede anything.
    pub(super) fn is_right_kind(&mut self) -> Option<Test> {
        let ppi = self.layout.headers == Headers::Wireless(Radio::Ppi);
        // The type is little-endian there.
        ppi.then(|| self.equals(Base::Packet, 4, Width::Word, 105_u32.swap_bytes()))
    }
}

/// Code that leaves the length of what the radio says in A.
fn radio_length(radio: Radio) -> Vec<RawInsn> {
    match radio {
        Radio::None => vec![],
        Radio::Prism => {
            let mut is_avs = stmt(op::JEQ_K, 0x8021_1000);
            is_avs.jf = 2;
            vec![
                stmt(op::LD_W_ABS, 0),
                stmt(op::AND_K, 0xffff_f000),
                is_avs,
                stmt(op::LD_W_ABS, 4),
                stmt(op::JA, 1),
                // Prism headers have one length.
                stmt(op::LD_IMM, 144),
            ]
        }
        Radio::Avs => vec![stmt(op::LD_W_ABS, 4)],
        // Little-endian.
        Radio::Radiotap | Radio::Ppi => vec![
            stmt(op::LD_B_ABS, 3),
            stmt(op::LSH_K, 8),
            stmt(op::TAX, 0),
            stmt(op::LD_B_ABS, 2),
            stmt(op::OR_X, 0),
        ],
    }
}

/// Code that puts the end of the 802.11 header, which starts at X, into a scratch word.
fn header_length(radio: Radio, register: u32) -> Vec<RawInsn> {
    /// A jump within the block, from statement `at` to others.
    fn jump(k: u32, at: u8, jt: u8, jf: u8) -> RawInsn {
        RawInsn { code: op::JSET_K, jt: jt - at - 1, jf: jf - at - 1, k }
    }
    let mut code = vec![stmt(op::TXA, 0), stmt(op::ADD_K, 24), stmt(op::ST, register), stmt(op::LD_B_IND, 0)];
    let add = |amount| [stmt(op::LD_MEM, register), stmt(op::ADD_K, amount)];
    // What a radiotap header says of padding comes after the service class.
    let (padding, end) = if radio == Radio::Radiotap { (10, 22) } else { (10, 10) };
    code.extend([jump(DATA, 4, 5, end), jump(CONTROL, 5, end, 6), jump(WITH_SERVICE, 6, 7, padding)]);
    code.extend(add(2));
    code.push(stmt(op::ST, register));
    if radio == Radio::Radiotap {
        code.extend([
            // Flags are there, and no further words of bits; a time stamp comes before them.
            stmt(op::LD_W_ABS, 4),
            jump(0x0200_0000, 11, 12, end),
            jump(0x0000_0080, 12, end, 13),
            jump(0x0100_0000, 13, 14, 16),
            stmt(op::LD_B_ABS, 16),
            jump(0x20, 15, 18, end),
            stmt(op::LD_B_ABS, 8),
            jump(0x20, 17, 18, end),
        ]);
        code.extend(add(3));
        code.extend([stmt(op::AND_K, 0xffff_fffc), stmt(op::ST, register)]);
    }
    code
}
