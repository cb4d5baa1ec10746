//! A validated program: the only place where a program is checked.
use super::vm::{self, Op, Shape};
use super::{AluOp, UnknownOpcode};
use super::{Ancillary, Insn, Operand, RawInsn};
use core::fmt;

/// The most instructions the kernel takes (`BPF_MAXINSNS`).
pub const MAX_KERNEL_INSNS: usize = 4096;

/// The number of scratch words (`BPF_MEMWORDS`).
pub const SCRATCH_WORDS: u32 = 16;

/// A program that the validator accepted, so that running it cannot go wrong.
///
/// ```
/// use synack::bpf::{Insn, JumpOp, Operand, Program, Size};
/// let arp = Program::new([
///     Insn::LoadAbs(Size::Half, 12),
///     Insn::JumpIf { op: JumpOp::Eq, operand: Operand::K(0x806), jt: 0, jf: 1 },
///     Insn::Return(262_144),
///     Insn::Return(0),
/// ].map(Into::into))?;
/// let mut frame = [0; 60];
/// assert_eq!(arp.run(&frame, 60), 0);
/// frame[12..14].copy_from_slice(&[0x08, 0x06]);
/// assert_eq!(arp.run(&frame, 60), 262_144);
/// assert_eq!(arp.run(&frame[..13], 60), 0, "a load outside the packet ends the program");
/// # Ok::<(), synack::bpf::InvalidProgram>(())
/// ```
#[derive(Clone)]
pub struct Program {
    insns: Box<[RawInsn]>,
    ops: Box<[Op]>,
    shape: Shape,
    user_space_only: bool,
}

/// Why a program was refused, and at which instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidProgram {
    /// The index of the instruction.
    pub at: usize,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with an instruction or a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// There is no instruction at all.
    Empty,
    /// More than [`MAX_KERNEL_INSNS`] instructions.
    TooLong,
    /// The opcode does not exist.
    UnknownOpcode(u16),
    /// A constant division or remainder by zero.
    DivisionByZero,
    /// A constant shift by 32 or more.
    ShiftTooFar,
    /// Scratch memory has 16 words.
    NoSuchScratchWord,
    /// A scratch word is read that nothing wrote on some way there.
    ScratchNotWritten,
    /// A load from an ancillary offset that the kernel does not know.
    UnknownAncillary,
    /// A jump to or behind the end.
    JumpOutside,
    /// A jump backwards.
    JumpBackwards,
    /// The last instruction does not return.
    NoReturn,
}

impl Program {
    /// Checks a program by the rules of the Linux kernel (`bpf_check_classic`).
    ///
    /// libpcap's `bpf_validate` is laxer: it also lets through jumps backwards, any length, constant shifts
    /// by 32 and more, reading scratch memory before writing it, and unknown ancillary loads.
    ///
    /// # Errors
    /// The first broken rule and the instruction that breaks it.
    pub fn new(insns: impl Into<Box<[RawInsn]>>) -> Result<Self, InvalidProgram> {
        let insns = insns.into();
        let shape = check(&insns, Rules::Kernel)?;
        Ok(Self::build(insns, shape, false))
    }

    /// Checks a program that only [`Program::run`] will run: it may be long and jump backwards, and its
    /// scratch memory starts out zero. [`Program::user_space_only`] says whether it needed that.
    ///
    /// # Errors
    /// The first broken rule and the instruction that breaks it.
    pub fn for_user_space(insns: impl Into<Box<[RawInsn]>>) -> Result<Self, InvalidProgram> {
        let insns = insns.into();
        if let Ok(shape) = check(&insns, Rules::Kernel) {
            return Ok(Self::build(insns, shape, false));
        }
        let shape = check(&insns, Rules::UserSpace)?;
        Ok(Self::build(insns, shape, true))
    }

    fn build(insns: Box<[RawInsn]>, shape: Shape, user_space_only: bool) -> Self {
        let ops = vm::predecode(&insns);
        Self { insns, ops, shape, user_space_only }
    }

    /// The instructions as the kernel takes them.
    pub fn raw(&self) -> &[RawInsn] {
        &self.insns
    }

    /// Whether the kernel would refuse it: it jumps backwards or is longer than 4,096 instructions.
    pub fn user_space_only(&self) -> bool {
        self.user_space_only
    }

    /// How many bytes of a packet to keep; 0 refuses it. `wire_len` is what `len` means to the program.
    ///
    /// Ancillary loads end the program with 0, as libpcap has it for packets from a file.
    pub fn run(&self, data: &[u8], wire_len: u32) -> u32 {
        vm::run(&self.ops, self.shape, data, wire_len, None)
    }

    /// Like [`Program::run`], with the answers to ancillary loads.
    pub fn run_with(&self, data: &[u8], wire_len: u32, ancillary: &Ancillary) -> u32 {
        vm::run(&self.ops, self.shape, data, wire_len, Some(ancillary))
    }
}

impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.insns == other.insns
    }
}

impl Eq for Program {}

/// Prints the listing that `tcpdump -d` prints.
impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.listing())
    }
}

impl fmt::Display for InvalidProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.reason {
            Reason::Empty => return f.write_str("a program needs at least one instruction"),
            Reason::TooLong => return write!(f, "more than {MAX_KERNEL_INSNS} instructions"),
            Reason::UnknownOpcode(code) => {
                return write!(f, "instruction {}: {}", self.at, UnknownOpcode(code));
            }
            Reason::DivisionByZero => "division by zero",
            Reason::ShiftTooFar => "shift by more than 31 bits",
            Reason::NoSuchScratchWord => "scratch memory has 16 words",
            Reason::ScratchNotWritten => "scratch word read before it is written",
            Reason::UnknownAncillary => "unknown ancillary offset",
            Reason::JumpOutside => "jump out of the program",
            Reason::JumpBackwards => "jump backwards",
            Reason::NoReturn => "the last instruction must return",
        };
        write!(f, "instruction {}: {what}", self.at)
    }
}

impl core::error::Error for InvalidProgram {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    Kernel,
    UserSpace,
}

fn check(insns: &[RawInsn], rules: Rules) -> Result<Shape, InvalidProgram> {
    let len = insns.len();
    let Some(last) = len.checked_sub(1) else {
        return Err(InvalidProgram { at: 0, reason: Reason::Empty });
    };
    if rules == Rules::Kernel && len > MAX_KERNEL_INSNS {
        return Err(InvalidProgram { at: MAX_KERNEL_INSNS, reason: Reason::TooLong });
    }
    let shape = Shape { scratch: false, loops: false };
    let mut check = Check { rules, shape, written_at: vec![u16::MAX; len], written: 0 };
    for (at, &raw) in insns.iter().enumerate() {
        let insn = Insn::try_from(raw).map_err(|_| Reason::UnknownOpcode(raw.code));
        insn.and_then(|insn| check.insn(insn, at)).map_err(|reason| InvalidProgram { at, reason })?;
    }
    match Insn::try_from(insns[last]) {
        Ok(Insn::Return(_) | Insn::ReturnA) => Ok(check.shape),
        _ => Err(InvalidProgram { at: last, reason: Reason::NoReturn }),
    }
}

/// A check under way, from the first instruction to the last.
struct Check {
    rules: Rules,
    shape: Shape,
    /// Which scratch words are written on every way to an instruction; nothing jumps there yet: all of them.
    written_at: Vec<u16>,
    written: u16,
}

impl Check {
    fn insn(&mut self, insn: Insn, at: usize) -> Result<(), Reason> {
        self.written &= self.written_at[at];
        match insn {
            Insn::LoadAbs(_, k)
                if self.rules == Rules::Kernel && k >= Insn::ANCILLARY && !Ancillary::knows(k) =>
            {
                Err(Reason::UnknownAncillary)
            }
            Insn::LoadMem(word) | Insn::LoadXMem(word) => {
                let bit = self.scratch_word(word)?;
                if self.rules == Rules::Kernel && self.written & bit == 0 {
                    return Err(Reason::ScratchNotWritten);
                }
                Ok(())
            }
            Insn::Store(word) | Insn::StoreX(word) => {
                self.written |= self.scratch_word(word)?;
                Ok(())
            }
            Insn::Alu(AluOp::Div | AluOp::Mod, Operand::K(0)) => Err(Reason::DivisionByZero),
            Insn::Alu(AluOp::Lsh | AluOp::Rsh, Operand::K(32..)) => Err(Reason::ShiftTooFar),
            Insn::Jump(k) if k as i32 >= 0 => self.jump(at, &[k as usize]),
            Insn::Jump(k) => {
                let back = (k as i32).unsigned_abs() as usize;
                match self.rules {
                    Rules::Kernel => Err(Reason::JumpBackwards),
                    Rules::UserSpace if back > at + 1 => Err(Reason::JumpOutside),
                    Rules::UserSpace => {
                        self.shape.loops = true;
                        Ok(())
                    }
                }
            }
            Insn::JumpIf { jt, jf, .. } => self.jump(at, &[jt.into(), jf.into()]),
            _ => Ok(()),
        }
    }

    /// The bit of a scratch word that is used.
    fn scratch_word(&mut self, word: u32) -> Result<u16, Reason> {
        self.shape.scratch = true;
        if word >= SCRATCH_WORDS { Err(Reason::NoSuchScratchWord) } else { Ok(1 << word) }
    }

    /// A jump from `at` over so many instructions, on each way.
    fn jump(&mut self, at: usize, over: &[usize]) -> Result<(), Reason> {
        let behind = self.written_at.len() - 1 - at;
        if over.iter().any(|&n| n >= behind) {
            return Err(Reason::JumpOutside);
        }
        for n in over {
            self.written_at[at + 1 + n] &= self.written;
        }
        self.written = u16::MAX;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::{JumpOp, Size};

    fn reason(insns: &[Insn]) -> Option<Reason> {
        let raw: Vec<RawInsn> = insns.iter().map(|&insn| insn.into()).collect();
        Program::new(raw).err().map(|e| e.reason)
    }

    const RET: Insn = Insn::Return(1);

    #[test]
    fn refuses_what_the_kernel_refuses() {
        let test = |jt, jf| Insn::JumpIf { op: JumpOp::Eq, operand: Operand::X, jt, jf };
        assert_eq!(reason(&[]), Some(Reason::Empty));
        assert_eq!(reason(&[Insn::Tax]), Some(Reason::NoReturn));
        assert_eq!(reason(&[RET, Insn::Tax]), Some(Reason::NoReturn));
        assert_eq!(reason(&[Insn::Alu(AluOp::Div, Operand::K(0)), RET]), Some(Reason::DivisionByZero));
        assert_eq!(reason(&[Insn::Alu(AluOp::Mod, Operand::K(0)), RET]), Some(Reason::DivisionByZero));
        assert_eq!(reason(&[Insn::Alu(AluOp::Rsh, Operand::K(32)), RET]), Some(Reason::ShiftTooFar));
        assert_eq!(reason(&[Insn::Store(16), RET]), Some(Reason::NoSuchScratchWord));
        assert_eq!(reason(&[Insn::LoadMem(16), RET]), Some(Reason::NoSuchScratchWord));
        assert_eq!(reason(&[Insn::LoadMem(0), RET]), Some(Reason::ScratchNotWritten));
        assert_eq!(reason(&[Insn::LoadAbs(Size::Word, 0xffff_f001), RET]), Some(Reason::UnknownAncillary));
        assert_eq!(reason(&[Insn::Jump(1), RET]), Some(Reason::JumpOutside));
        assert_eq!(reason(&[Insn::Jump(u32::MAX), RET]), Some(Reason::JumpBackwards));
        assert_eq!(reason(&[test(1, 0), RET]), Some(Reason::JumpOutside));
        assert_eq!(reason(&[test(0, 1), RET]), Some(Reason::JumpOutside));
        assert_eq!(reason(&vec![RET; 4097]), Some(Reason::TooLong));
    }

    #[test]
    fn accepts_what_the_kernel_accepts() {
        let test = Insn::JumpIf { op: JumpOp::Eq, operand: Operand::X, jt: 0, jf: 1 };
        assert_eq!(reason(&vec![RET; 4096]), None);
        assert_eq!(reason(&[Insn::Jump(0), RET]), None);
        assert_eq!(reason(&[Insn::LoadAbs(Size::Word, 0xffff_f000), RET]), None);
        assert_eq!(reason(&[Insn::Alu(AluOp::Lsh, Operand::K(31)), RET]), None);
        assert_eq!(reason(&[Insn::Store(15), Insn::LoadMem(15), RET]), None);
        assert_eq!(reason(&[test, RET, RET]), None);
    }

    #[test]
    fn wants_a_scratch_word_written_on_every_way_to_its_load() {
        let one_way = |jf| {
            [
                Insn::JumpIf { op: JumpOp::Eq, operand: Operand::K(0), jt: 0, jf },
                Insn::Store(3),
                Insn::LoadMem(3),
                RET,
            ]
        };
        assert_eq!(reason(&one_way(1)), Some(Reason::ScratchNotWritten));
        assert_eq!(reason(&one_way(2)), None);
    }

    #[test]
    fn user_space_programs_may_be_long_and_loop() {
        let long = vec![RawInsn::from(RET); 5000];
        assert!(Program::for_user_space(long).unwrap().user_space_only());
        let short = vec![RawInsn::from(RET)];
        assert!(!Program::for_user_space(short).unwrap().user_space_only());
        let endless: Vec<RawInsn> = [Insn::Jump(u32::MAX), RET].map(RawInsn::from).into();
        let endless = Program::for_user_space(endless).unwrap();
        assert!(endless.user_space_only());
        assert_eq!(endless.run(&[], 0), 0, "a loop without end is cut off");
        let outside: Vec<RawInsn> = [Insn::Jump(u32::MAX - 1), RET].map(RawInsn::from).into();
        assert_eq!(Program::for_user_space(outside).unwrap_err().reason, Reason::JumpOutside);
    }
}
