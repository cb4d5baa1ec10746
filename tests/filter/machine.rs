//! The virtual machine and the validator against libpcap's, the kernel's, and a naive twin.
use super::expressions::Expressions;
use super::kernel::Kernel;
use super::libpcap::{Answer, Libpcap};
use super::packets::{LINKS, packets};
use super::seed;
use crate::needs;
use crate::random::Random;
use std::process::Command;
use synack::bpf::{AluOp, Insn, JumpOp, Operand, Program, RawInsn, Reason, Size};

/// Where libpcap's machine and the kernel's differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Semantics {
    Libpcap,
    Kernel,
}

/// A machine that is only meant to be right: one instruction after the other, all in 64 bits.
pub(crate) fn naive(program: &[RawInsn], data: &[u8], wire_len: u32, semantics: Semantics) -> u32 {
    let (mut a, mut x, mut scratch, mut at, mut steps) = (0_u64, 0_u64, [0; 16], 0_i64, 0);
    let load = |at: u64, size: Size| {
        let len = match size {
            Size::Word => 4,
            Size::Half => 2,
            Size::Byte => 1,
        };
        let bytes = data.get(at as usize..at as usize + len)?;
        Some(bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    };
    loop {
        steps += 1;
        if steps > 1_000_000 {
            return 0;
        }
        let insn = Insn::try_from(program[at as usize]).expect("a valid program");
        at += 1;
        match insn {
            Insn::LoadAbs(size, k) => match load(k.into(), size) {
                Some(value) => a = value,
                None => return 0,
            },
            Insn::LoadInd(size, k) => {
                let mut index = x + u64::from(k);
                if semantics == Semantics::Kernel {
                    index &= 0xffff_ffff;
                }
                match load(index, size) {
                    Some(value) => a = value,
                    None => return 0,
                }
            }
            Insn::LoadLen => a = wire_len.into(),
            Insn::LoadXLen => x = wire_len.into(),
            Insn::LoadImm(k) => a = k.into(),
            Insn::LoadXImm(k) => x = k.into(),
            Insn::LoadMem(k) => a = scratch[k as usize],
            Insn::LoadXMem(k) => x = scratch[k as usize],
            Insn::LoadXMsh(k) => match load(k.into(), Size::Byte) {
                Some(value) => x = (value & 15) * 4,
                None => return 0,
            },
            Insn::Store(k) => scratch[k as usize] = a,
            Insn::StoreX(k) => scratch[k as usize] = x,
            Insn::Neg => a = (1 << 32) - a,
            Insn::Alu(op, operand) => {
                let b = match operand {
                    Operand::K(k) => u64::from(k),
                    Operand::X => x,
                };
                let shift = match semantics {
                    Semantics::Kernel => b % 32,
                    Semantics::Libpcap => b.min(32),
                };
                a = match op {
                    AluOp::Add => a + b,
                    AluOp::Sub => (1 << 32) + a - b,
                    AluOp::Mul => a * b,
                    AluOp::Div | AluOp::Mod if b == 0 => return 0,
                    AluOp::Div => a / b,
                    AluOp::Mod => a % b,
                    AluOp::And => a & b,
                    AluOp::Or => a | b,
                    AluOp::Xor => a ^ b,
                    AluOp::Lsh => a << shift,
                    AluOp::Rsh => a >> shift,
                };
            }
            Insn::Jump(k) => at += i64::from(k as i32),
            Insn::JumpIf { op, operand, jt, jf } => {
                let b = match operand {
                    Operand::K(k) => u64::from(k),
                    Operand::X => x,
                };
                let holds = match op {
                    JumpOp::Eq => a == b,
                    JumpOp::Gt => a > b,
                    JumpOp::Ge => a >= b,
                    JumpOp::Set => a & b != 0,
                };
                at += i64::from(if holds { jt } else { jf });
            }
            Insn::Return(k) => return k,
            Insn::ReturnA => return a as u32,
            Insn::Tax => x = a,
            Insn::Txa => a = x,
        }
        a &= 0xffff_ffff;
    }
}

#[test]
fn runs_libpcaps_programs_as_libpcap_and_the_kernel_do() {
    let Some(kernel) = Kernel::new() else { return };
    for link in LINKS {
        let packets = packets(link, 120);
        let Some(mut libpcap) = Libpcap::start(link, &packets) else { return };
        let mut expressions = Expressions::new(Random::new(seed() + u64::from(link.0)), link);
        let mut compared = 0;
        for round in 0..400 {
            let text = expressions.expression();
            let Answer::Accepted { verdicts, program: raw } = libpcap.ask(&text, round % 3 != 0) else {
                continue;
            };
            let program = Program::for_user_space(raw.clone()).expect("libpcap's program");
            if Program::new(raw.clone()).is_err_and(|error| error.reason == Reason::ScratchNotWritten) {
                // Variable offsets behind `geneve` on packets that are none: libpcap's machine starts with
                // whatever its stack held before.
                continue;
            }
            let attached = !program.user_space_only();
            if attached {
                kernel.attach(&raw).expect("a program that our validator found fit for the kernel");
            }
            for ((data, wire_len), verdict) in packets.iter().zip(verdicts) {
                let ours = program.run(data, *wire_len);
                assert_eq!(ours != 0, verdict, "{text}: {data:02x?}\n{program:?}");
                assert_eq!(ours, naive(&raw, data, *wire_len, Semantics::Libpcap), "{text}: {data:02x?}");
                if attached && !data.is_empty() {
                    let kept = kernel.run(data);
                    let expected = naive(&raw, data, data.len() as u32, Semantics::Kernel);
                    assert_eq!(kept, data.len().min(expected as usize), "{text}: {data:02x?}\n{program:?}");
                }
                compared += 1;
            }
        }
        assert!(compared > 10_000, "only {compared} verdicts compared on {link:?}");
    }
}

/// A program of instructions that are mostly valid.
fn random_program(random: &mut Random) -> Vec<RawInsn> {
    const CODES: [u16; 49] = [
        0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x94, 0x9c, 0x54, 0x5c, 0x44, 0x4c, 0xa4, 0xac, 0x64,
        0x6c, 0x74, 0x7c, 0x84, 0x20, 0x28, 0x30, 0x80, 0x40, 0x48, 0x50, 0x00, 0x60, 0x01, 0x61, 0xb1, 0x81,
        0x02, 0x03, 0x07, 0x87, 0x06, 0x16, 0x05, 0x15, 0x1d, 0x35, 0x3d, 0x25, 0x2d, 0x45, 0x4d,
    ];
    let len = 1 + random.below(24);
    let mut program: Vec<RawInsn> = (0..len)
        .map(|at| {
            let left = len - at;
            let branch = |random: &mut Random| random.below(left.saturating_sub(1).clamp(1, 5)) as u8;
            let code = if random.one_in(200) { random.next() as u16 } else { random.of(&CODES) };
            let k = match random.below(8) {
                0 => random.next() as u32,
                1 => random.of(&[15, 16, 31, 32, 0]),
                2 if random.one_in(10) => 0xffff_f000 + random.below(80) as u32,
                _ => random.below(4) as u32,
            };
            // Scratch words get written early, so that reading them is allowed more often.
            let code = if at < 6 && random.one_in(2) { random.of(&[0x02, 0x03]) } else { code };
            RawInsn { code, jt: branch(random), jf: branch(random), k }
        })
        .collect();
    if !random.one_in(20) {
        program.push(RawInsn { code: random.of(&[0x06, 0x16]), jt: 0, jf: 0, k: 7 });
    }
    program
}

#[test]
fn the_validator_accepts_exactly_what_the_kernel_accepts() {
    let Some(kernel) = Kernel::new() else { return };
    let mut random = Random::new(seed());
    let mut accepted = 0;
    for _ in 0..60_000 {
        let raw = random_program(&mut random);
        let ours = Program::new(raw.clone());
        assert_eq!(ours.is_ok(), kernel.attach(&raw).is_ok(), "{:?}\n{raw:?}", ours.err());
        let Ok(program) = ours else { continue };
        accepted += 1;
        let packet = random.bytes(40);
        let expected = naive_or_ancillary(&raw, &packet);
        if let Some(expected) = expected {
            assert_eq!(program.run(&packet, 40), expected, "{program:?}");
        }
    }
    assert!(accepted > 3_000, "only {accepted} programs were any good");
}

/// The verdict, unless the program asks for what the twin does not know.
fn naive_or_ancillary(raw: &[RawInsn], packet: &[u8]) -> Option<u32> {
    let ancillary = |insn: &RawInsn| matches!(insn.code, 0x20 | 0x28 | 0x30) && insn.k >= Insn::ANCILLARY;
    (!raw.iter().any(ancillary)).then(|| naive(raw, packet, packet.len() as u32, Semantics::Libpcap))
}

#[test]
fn listings_equal_tcpdumps() {
    let expressions = [
        "",
        "tcp port 80",
        "ip[0] + 1 > ip[1]",
        "tcp[tcpflags] & (tcp-syn|tcp-ack) != 0",
        "ip6 protochain 6",
        "vlan 7",
        "len > 100",
        "5 < - ip[0]",
        "ip[2] * ip[3] % 7 ^ 3 = len",
        "host 10.0.0.1 or host 10.0.0.2",
        "ip[ip[0]:2] << 2 >> 3 = 4",
        "ip[0:4] - ip[4:4] / ip[8:4] | 5 < 7",
        "ether[0] & 1 = 0 and tcp or vlan",
        "inbound",
    ];
    if !needs::tcpdump() {
        return;
    }
    for text in expressions {
        for options in [["-d"], ["-dd"], ["-ddd"]] {
            let output = Command::new("tcpdump").args(options).args(["-y", "EN10MB", text]).output();
            let listing = output.unwrap();
            let numbers = Command::new("tcpdump").args(["-ddd", "-y", "EN10MB", text]).output().unwrap();
            let numbers = String::from_utf8(numbers.stdout).unwrap();
            let raw: Vec<RawInsn> = numbers
                .lines()
                .skip(1)
                .map(|line| {
                    let mut words = line.split(' ').map(|word| word.parse::<u32>().unwrap());
                    let mut next = || words.next().unwrap();
                    RawInsn { code: next() as u16, jt: next() as u8, jf: next() as u8, k: next() }
                })
                .collect();
            let program = Program::for_user_space(raw).unwrap_or_else(|error| panic!("{text}: {error}"));
            let ours = match options {
                ["-d"] => program.listing().to_string(),
                ["-dd"] => program.c_fragment().to_string(),
                _ => program.decimal().to_string(),
            };
            assert_eq!(ours, String::from_utf8(listing.stdout).unwrap(), "{text}");
        }
    }
}
