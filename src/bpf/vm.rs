//! The virtual machine: runs validated programs in safe code.
//!
//! Speed comes from decoding once: an [`Op`] says in one tag what to do and with which kind of operand, and a
//! load with the test that follows it, which is most of what filters do, is a single op. What validation
//! proved is not proved again; what the compiler cannot see is answered with verdict 0 instead of a panic.
use super::{AluOp, Ancillary, Insn, JumpOp, Operand, RawInsn, Size, ancillary};

/// Backward jumps may cover this many instructions in one run, so a loop ends even if the packet feeds it.
/// Walking the longest chain of IPv6 headers that fits a 256 KiB packet takes about a million.
const LOOP_BUDGET: usize = 1 << 22;

/// What the machine need not prepare for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Some instruction stores to or loads from scratch memory.
    pub(super) scratch: bool,
    /// Some jump goes backwards.
    pub(super) loops: bool,
}

/// An instruction made ready to run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Op {
    LoadWord(u32),
    LoadHalf(u32),
    LoadByte(u32),
    LoadIndWord(u32),
    LoadIndHalf(u32),
    LoadIndByte(u32),
    LoadAncillary(u32),
    LoadLen,
    LoadImm(u32),
    LoadMem(u32),
    LoadXMsh(u32),
    LoadXLen,
    LoadXImm(u32),
    LoadXMem(u32),
    Store(u32),
    StoreX(u32),
    AluK(AluOp, u32),
    AluX(AluOp),
    Neg,
    Jump(u32),
    JumpBack(u32),
    JumpEq(u8, u8, u32),
    JumpGt(u8, u8, u32),
    JumpGe(u8, u8, u32),
    JumpSet(u8, u8, u32),
    JumpEqX(u8, u8),
    JumpGtX(u8, u8),
    JumpGeX(u8, u8),
    JumpSetX(u8, u8),
    Return(u32),
    ReturnA,
    Tax,
    Txa,
    // A load and the test behind it: branches, offset, constant.
    ByteEq(u8, u8, u32, u32),
    HalfEq(u8, u8, u32, u32),
    WordEq(u8, u8, u32, u32),
    HalfSet(u8, u8, u32, u32),
    IndHalfEq(u8, u8, u32, u32),
    IndHalfGe(u8, u8, u32, u32),
    /// The length of an IPv4 header, and a test behind it: branches, offsets of both loads, constant.
    MshHalfEq(u8, u8, u16, u16, u32),
    /// A masked comparison: branches, mask, constant.
    AndEq(u8, u8, u32, u32),
}

const _: () = assert!(size_of::<Op>() == 12);

/// Decodes validated instructions; what is not valid ends the program.
///
/// There is one op for each instruction. One that does the work of its successor too skips it; the successor
/// stays in its place for those who jump there.
pub(super) fn predecode(insns: &[RawInsn]) -> Box<[Op]> {
    let mut ops: Box<[Op]> =
        insns.iter().map(|&raw| Insn::try_from(raw).map_or(Op::Return(0), Op::from)).collect();
    // From the end, so that what is joined already can be joined again.
    for at in (1..ops.len()).rev() {
        if let Some(both) = ops[at - 1].joined(ops[at]) {
            ops[at - 1] = both;
        }
    }
    ops
}

impl Op {
    /// One op for this one and the one behind it, where there is one.
    fn joined(self, next: Self) -> Option<Self> {
        Some(match (self, next) {
            (Self::LoadByte(at), Self::JumpEq(jt, jf, k)) => Self::ByteEq(jt, jf, at, k),
            (Self::LoadHalf(at), Self::JumpEq(jt, jf, k)) => Self::HalfEq(jt, jf, at, k),
            (Self::LoadWord(at), Self::JumpEq(jt, jf, k)) => Self::WordEq(jt, jf, at, k),
            (Self::LoadHalf(at), Self::JumpSet(jt, jf, k)) => Self::HalfSet(jt, jf, at, k),
            (Self::LoadIndHalf(at), Self::JumpEq(jt, jf, k)) => Self::IndHalfEq(jt, jf, at, k),
            (Self::LoadIndHalf(at), Self::JumpGe(jt, jf, k)) => Self::IndHalfGe(jt, jf, at, k),
            (Self::LoadXMsh(header), Self::IndHalfEq(jt, jf, at, k)) => {
                Self::MshHalfEq(jt, jf, u16::try_from(header).ok()?, u16::try_from(at).ok()?, k)
            }
            (Self::AluK(AluOp::And, mask), Self::JumpEq(jt, jf, k)) => Self::AndEq(jt, jf, mask, k),
            _ => return None,
        })
    }
}

impl From<Insn> for Op {
    fn from(insn: Insn) -> Self {
        match insn {
            Insn::LoadAbs(_, k) if k >= Insn::ANCILLARY => match k - Insn::ANCILLARY {
                ancillary::XOR_X => Self::AluX(AluOp::Xor),
                index => Self::LoadAncillary(index),
            },
            Insn::LoadAbs(Size::Word, k) => Self::LoadWord(k),
            Insn::LoadAbs(Size::Half, k) => Self::LoadHalf(k),
            Insn::LoadAbs(Size::Byte, k) => Self::LoadByte(k),
            Insn::LoadInd(Size::Word, k) => Self::LoadIndWord(k),
            Insn::LoadInd(Size::Half, k) => Self::LoadIndHalf(k),
            Insn::LoadInd(Size::Byte, k) => Self::LoadIndByte(k),
            Insn::LoadLen => Self::LoadLen,
            Insn::LoadImm(k) => Self::LoadImm(k),
            Insn::LoadMem(k) => Self::LoadMem(k),
            Insn::LoadXMsh(k) => Self::LoadXMsh(k),
            Insn::LoadXLen => Self::LoadXLen,
            Insn::LoadXImm(k) => Self::LoadXImm(k),
            Insn::LoadXMem(k) => Self::LoadXMem(k),
            Insn::Store(k) => Self::Store(k),
            Insn::StoreX(k) => Self::StoreX(k),
            Insn::Alu(op, Operand::K(k)) => Self::AluK(op, k),
            Insn::Alu(op, Operand::X) => Self::AluX(op),
            Insn::Neg => Self::Neg,
            // Counted from this instruction: the loop has not stepped on yet.
            Insn::Jump(k) if k as i32 >= 0 => Self::Jump(k),
            Insn::Jump(k) => Self::JumpBack((k as i32).unsigned_abs()),
            Insn::JumpIf { op, operand: Operand::K(k), jt, jf } => match op {
                JumpOp::Eq => Self::JumpEq(jt, jf, k),
                JumpOp::Gt => Self::JumpGt(jt, jf, k),
                JumpOp::Ge => Self::JumpGe(jt, jf, k),
                JumpOp::Set => Self::JumpSet(jt, jf, k),
            },
            Insn::JumpIf { op, operand: Operand::X, jt, jf } => match op {
                JumpOp::Eq => Self::JumpEqX(jt, jf),
                JumpOp::Gt => Self::JumpGtX(jt, jf),
                JumpOp::Ge => Self::JumpGeX(jt, jf),
                JumpOp::Set => Self::JumpSetX(jt, jf),
            },
            Insn::Return(k) => Self::Return(k),
            Insn::ReturnA => Self::ReturnA,
            Insn::Tax => Self::Tax,
            Insn::Txa => Self::Txa,
        }
    }
}

/// Runs a program. Most need no scratch memory, and then none is cleared.
pub(super) fn run(ops: &[Op], shape: Shape, data: &[u8], wire_len: u32, with: Option<&Ancillary>) -> u32 {
    let verdict = if shape.scratch || shape.loops {
        Machine { data, wire_len, with }.run(ops, &mut [0; 16])
    } else {
        Machine { data, wire_len, with }.run(ops, &mut [])
    };
    verdict.unwrap_or(0)
}

struct Machine<'a> {
    data: &'a [u8],
    wire_len: u32,
    with: Option<&'a Ancillary>,
}

impl Machine<'_> {
    /// `None`: a load outside the packet, a division by zero, a loop without end.
    #[inline(always)]
    fn run(&self, ops: &[Op], scratch: &mut [u32]) -> Option<u32> {
        let (mut a, mut x) = (0_u32, 0_u32);
        let mut budget = LOOP_BUDGET;
        let mut at = 0_usize;
        loop {
            let op = *ops.get(at)?;
            at = at.wrapping_add(1);
            let mut branch = |holds: bool, jt: u8, jf: u8, done: usize| {
                let way = if holds {
                    // Keeps this a branch. As a conditional move the next op would have to wait for the
                    // packet's bytes; a branch is predicted, and then the next op is already under way.
                    core::hint::black_box(());
                    jt
                } else {
                    jf
                };
                at = at.wrapping_add(usize::from(way)).wrapping_add(done);
            };
            match op {
                Op::LoadWord(k) => a = self.word(k as usize)?,
                Op::LoadHalf(k) => a = self.half(k as usize)?,
                Op::LoadByte(k) => a = self.byte(k as usize)?,
                Op::LoadIndWord(k) => a = self.word(index(x, k)?)?,
                Op::LoadIndHalf(k) => a = self.half(index(x, k)?)?,
                Op::LoadIndByte(k) => a = self.byte(index(x, k)?)?,
                Op::LoadAncillary(i) => a = self.with?.get(i)?,
                Op::LoadLen => a = self.wire_len,
                Op::LoadImm(k) => a = k,
                Op::LoadMem(k) => a = *scratch.get(k as usize)?,
                Op::LoadXMsh(k) => x = (self.byte(k as usize)? & 0xf) << 2,
                Op::LoadXLen => x = self.wire_len,
                Op::LoadXImm(k) => x = k,
                Op::LoadXMem(k) => x = *scratch.get(k as usize)?,
                Op::Store(k) => *scratch.get_mut(k as usize)? = a,
                Op::StoreX(k) => *scratch.get_mut(k as usize)? = x,
                Op::AluK(op, k) => a = op.apply(a, k)?,
                Op::AluX(op) => a = op.apply(a, x)?,
                Op::Neg => a = a.wrapping_neg(),
                Op::Jump(k) => at = at.wrapping_add(k as usize),
                Op::JumpBack(back) => {
                    budget = budget.checked_sub(back as usize)?;
                    at = at.checked_sub(back as usize)?;
                }
                Op::JumpEq(jt, jf, k) => branch(a == k, jt, jf, 0),
                Op::JumpGt(jt, jf, k) => branch(a > k, jt, jf, 0),
                Op::JumpGe(jt, jf, k) => branch(a >= k, jt, jf, 0),
                Op::JumpSet(jt, jf, k) => branch(a & k != 0, jt, jf, 0),
                Op::JumpEqX(jt, jf) => branch(a == x, jt, jf, 0),
                Op::JumpGtX(jt, jf) => branch(a > x, jt, jf, 0),
                Op::JumpGeX(jt, jf) => branch(a >= x, jt, jf, 0),
                Op::JumpSetX(jt, jf) => branch(a & x != 0, jt, jf, 0),
                Op::ByteEq(jt, jf, from, k) => {
                    a = self.byte(from as usize)?;
                    branch(a == k, jt, jf, 1);
                }
                Op::HalfEq(jt, jf, from, k) => {
                    a = self.half(from as usize)?;
                    branch(a == k, jt, jf, 1);
                }
                Op::WordEq(jt, jf, from, k) => {
                    a = self.word(from as usize)?;
                    branch(a == k, jt, jf, 1);
                }
                Op::HalfSet(jt, jf, from, k) => {
                    a = self.half(from as usize)?;
                    branch(a & k != 0, jt, jf, 1);
                }
                Op::IndHalfEq(jt, jf, from, k) => {
                    a = self.half(index(x, from)?)?;
                    branch(a == k, jt, jf, 1);
                }
                Op::IndHalfGe(jt, jf, from, k) => {
                    a = self.half(index(x, from)?)?;
                    branch(a >= k, jt, jf, 1);
                }
                Op::MshHalfEq(jt, jf, header, from, k) => {
                    x = (self.byte(usize::from(header))? & 0xf) << 2;
                    a = self.half(index(x, u32::from(from))?)?;
                    branch(a == k, jt, jf, 2);
                }
                Op::AndEq(jt, jf, mask, k) => {
                    a &= mask;
                    branch(a == k, jt, jf, 1);
                }
                Op::Return(k) => return Some(k),
                Op::ReturnA => return Some(a),
                Op::Tax => x = a,
                Op::Txa => a = x,
            }
        }
    }

    #[inline(always)]
    fn word(&self, at: usize) -> Option<u32> {
        self.data.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    #[inline(always)]
    fn half(&self, at: usize) -> Option<u32> {
        self.data.get(at..)?.first_chunk().map(|bytes| u32::from(u16::from_be_bytes(*bytes)))
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> Option<u32> {
        self.data.get(at).map(|&byte| u32::from(byte))
    }
}

/// X + k; the sum does not wrap around to the packet's start (libpcap refuses it, the kernel would not).
#[inline(always)]
fn index(x: u32, k: u32) -> Option<usize> {
    x.checked_add(k).map(|at| at as usize)
}

impl AluOp {
    /// `None` for a division by zero.
    #[inline(always)]
    fn apply(self, a: u32, b: u32) -> Option<u32> {
        Some(match self {
            Self::Add => a.wrapping_add(b),
            Self::Sub => a.wrapping_sub(b),
            Self::Mul => a.wrapping_mul(b),
            Self::Div => a.checked_div(b)?,
            Self::Mod => a.checked_rem(b)?,
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
            Self::Lsh => a.checked_shl(b).unwrap_or(0),
            Self::Rsh => a.checked_shr(b).unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::Program;

    fn run(insns: &[Insn], data: &[u8]) -> u32 {
        let raw: Vec<RawInsn> = insns.iter().map(|&insn| insn.into()).collect();
        Program::for_user_space(raw).unwrap().run(data, 1000)
    }

    fn loads(size: Size, at: u32, data: &[u8]) -> u32 {
        let direct = run(&[Insn::LoadAbs(size, at), Insn::ReturnA], data);
        let indirect =
            run(&[Insn::LoadXImm(1), Insn::LoadInd(size, at.wrapping_sub(1)), Insn::ReturnA], data);
        if at > 0 {
            assert_eq!(direct, indirect);
        }
        direct
    }

    #[test]
    fn loads_big_endian_up_to_the_last_byte() {
        let data = [1, 2, 3, 4, 5];
        assert_eq!(loads(Size::Word, 1, &data), 0x0203_0405);
        assert_eq!(loads(Size::Word, 2, &data), 0);
        assert_eq!(loads(Size::Half, 3, &data), 0x0405);
        assert_eq!(loads(Size::Half, 4, &data), 0);
        assert_eq!(loads(Size::Byte, 4, &data), 5);
        assert_eq!(loads(Size::Byte, 5, &data), 0);
        assert_eq!(loads(Size::Byte, 0xefff_ffff, &data), 0);
    }

    #[test]
    fn an_index_does_not_wrap_around() {
        let wrapped = [Insn::LoadXImm(u32::MAX), Insn::LoadInd(Size::Byte, 1), Insn::Return(7)];
        assert_eq!(run(&wrapped, &[9, 9]), 0);
    }

    #[test]
    fn calculates_on_32_bits() {
        let calc = |op, a, b| {
            let k = run(&[Insn::LoadImm(a), Insn::Alu(op, Operand::K(b)), Insn::ReturnA], &[]);
            let x = run(
                &[Insn::LoadImm(b), Insn::Tax, Insn::LoadImm(a), Insn::Alu(op, Operand::X), Insn::ReturnA],
                &[],
            );
            assert_eq!(k, x);
            k
        };
        assert_eq!(calc(AluOp::Add, u32::MAX, 2), 1);
        assert_eq!(calc(AluOp::Sub, 1, 2), u32::MAX);
        assert_eq!(calc(AluOp::Mul, 1 << 31, 3), 1 << 31);
        assert_eq!(calc(AluOp::Div, 7, 2), 3);
        assert_eq!(calc(AluOp::Mod, 7, 4), 3);
        assert_eq!(calc(AluOp::And, 6, 3), 2);
        assert_eq!(calc(AluOp::Or, 6, 3), 7);
        assert_eq!(calc(AluOp::Xor, 6, 3), 5);
        assert_eq!(calc(AluOp::Lsh, 3, 31), 1 << 31);
        assert_eq!(calc(AluOp::Rsh, 1 << 31, 31), 1);
        assert_eq!(run(&[Insn::LoadImm(2), Insn::Neg, Insn::ReturnA], &[]), (-2_i32) as u32);
    }

    #[test]
    fn divides_by_zero_to_verdict_zero_and_shifts_out_everything() {
        let by = |op, x| [Insn::LoadImm(9), Insn::LoadXImm(x), Insn::Alu(op, Operand::X), Insn::Return(5)];
        assert_eq!(run(&by(AluOp::Div, 0), &[]), 0);
        assert_eq!(run(&by(AluOp::Mod, 0), &[]), 0);
        let shifted =
            [Insn::LoadImm(9), Insn::LoadXImm(32), Insn::Alu(AluOp::Lsh, Operand::X), Insn::ReturnA];
        assert_eq!(run(&shifted, &[]), 0);
    }

    #[test]
    fn keeps_sixteen_words_between_instructions() {
        let mut insns: Vec<Insn> = (0..16).flat_map(|i| [Insn::LoadImm(i + 1), Insn::Store(i)]).collect();
        insns.extend([
            Insn::LoadXMem(15),
            Insn::LoadMem(3),
            Insn::Alu(AluOp::Mul, Operand::X),
            Insn::ReturnA,
        ]);
        assert_eq!(run(&insns, &[]), 64);
    }

    #[test]
    fn tests_and_branches() {
        for (op, holds) in [
            (JumpOp::Eq, [false, true, false]),
            (JumpOp::Gt, [false, false, true]),
            (JumpOp::Ge, [false, true, true]),
            (JumpOp::Set, [true, true, false]),
        ] {
            for (a, expected) in [2_u32, 3, 4].into_iter().zip(holds) {
                for operand in [Operand::K(3), Operand::X] {
                    let test = Insn::JumpIf { op, operand, jt: 0, jf: 1 };
                    let insns = [Insn::LoadImm(a), Insn::LoadXImm(3), test, Insn::Return(1), Insn::Return(0)];
                    assert_eq!(run(&insns, &[]), u32::from(expected), "{a} {op:?} {operand:?}");
                }
            }
        }
    }

    #[test]
    fn reads_lengths_and_registers() {
        assert_eq!(run(&[Insn::LoadLen, Insn::ReturnA], &[1]), 1000);
        assert_eq!(run(&[Insn::LoadXLen, Insn::Txa, Insn::ReturnA], &[1]), 1000);
        assert_eq!(run(&[Insn::LoadXMsh(0), Insn::Txa, Insn::ReturnA], &[0x46]), 24);
        assert_eq!(run(&[Insn::LoadXMsh(1), Insn::Return(1)], &[0x46]), 0);
        assert_eq!(run(&[Insn::Jump(1), Insn::Return(1), Insn::Return(2)], &[]), 2);
    }

    #[test]
    fn loops_and_comes_back() {
        // X counts down from 1000 to 0.
        let insns = [
            Insn::LoadXImm(1000),
            Insn::Txa,
            Insn::JumpIf { op: JumpOp::Eq, operand: Operand::K(0), jt: 3, jf: 0 },
            Insn::Alu(AluOp::Sub, Operand::K(1)),
            Insn::Tax,
            Insn::Jump((-5_i32) as u32),
            Insn::Return(42),
        ];
        assert_eq!(run(&insns, &[]), 42);
    }

    #[test]
    fn ancillary_loads_need_answers() {
        let insns = [Insn::LoadAbs(Size::Byte, Insn::ANCILLARY + 4), Insn::Return(1)];
        let program = Program::new(insns.map(RawInsn::from)).unwrap();
        assert_eq!(program.run(&[0; 64], 64), 0);
        assert_eq!(program.run_with(&[], 0, &Ancillary::default()), 0);
        let known = Ancillary { packet_type: Some(4), ..Ancillary::default() };
        assert_eq!(program.run_with(&[], 0, &known), 1);
    }
}
