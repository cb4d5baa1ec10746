//! One instruction, raw and typed.
use core::fmt;

/// An instruction as the kernel takes it (`struct sock_filter`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct RawInsn {
    /// Opcode.
    pub code: u16,
    /// Instructions to skip when the test holds.
    pub jt: u8,
    /// Instructions to skip when it does not.
    pub jf: u8,
    /// Constant, offset or index.
    pub k: u32,
}

/// An instruction with its meaning. Conversions to and from [`RawInsn`] lose nothing but ignored fields.
///
/// ```
/// use synack::bpf::{Insn, JumpOp, Operand, RawInsn};
/// let raw = RawInsn { code: 0x15, jt: 0, jf: 8, k: 0x86dd };
/// let insn = Insn::try_from(raw)?;
/// assert_eq!(insn, Insn::JumpIf { op: JumpOp::Eq, operand: Operand::K(0x86dd), jt: 0, jf: 8 });
/// assert_eq!(RawInsn::from(insn), raw);
/// # Ok::<(), synack::bpf::UnknownOpcode>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Insn {
    /// A ← big-endian bytes at `k`; offsets from [`Insn::ANCILLARY`] on mean [ancillary data](super::Ancillary).
    LoadAbs(Size, u32),
    /// A ← big-endian bytes at X + `k`.
    LoadInd(Size, u32),
    /// A ← length of the packet on the wire.
    LoadLen,
    /// A ← `k`.
    LoadImm(u32),
    /// A ← M\[`k`\].
    LoadMem(u32),
    /// X ← 4 × (low half of the byte at `k`): the length of an IPv4 header.
    LoadXMsh(u32),
    /// X ← length of the packet on the wire.
    LoadXLen,
    /// X ← `k`.
    LoadXImm(u32),
    /// X ← M\[`k`\].
    LoadXMem(u32),
    /// M\[`k`\] ← A.
    Store(u32),
    /// M\[`k`\] ← X.
    StoreX(u32),
    /// A ← A `op` operand.
    Alu(AluOp, Operand),
    /// A ← −A.
    Neg,
    /// Skip `k` instructions; negative in two's complement for a jump backwards.
    Jump(u32),
    /// Skip `jt` instructions if A `op` operand, else `jf`.
    JumpIf {
        /// The comparison.
        op: JumpOp,
        /// What A is compared with.
        operand: Operand,
        /// Instructions to skip when it holds.
        jt: u8,
        /// Instructions to skip when it does not.
        jf: u8,
    },
    /// End with this verdict.
    Return(u32),
    /// End with A as verdict.
    ReturnA,
    /// X ← A.
    Tax,
    /// A ← X.
    Txa,
}

/// How many bytes a load reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// Four bytes.
    Word,
    /// Two bytes.
    Half,
    /// One byte.
    Byte,
}

/// The second operand: a constant or X.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A constant.
    K(u32),
    /// The index register.
    X,
}

/// An arithmetic operator, on 32 bits, unsigned and wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the operators'")]
pub enum AluOp {
    Add,
    Sub,
    Mul,
    /// By zero: the program ends with 0.
    Div,
    Or,
    And,
    /// By 32 or more in X: 0, as libpcap has it (the kernel takes the count modulo 32).
    Lsh,
    /// By 32 or more in X: 0, as libpcap has it (the kernel takes the count modulo 32).
    Rsh,
    /// By zero: the program ends with 0.
    Mod,
    Xor,
}

/// An unsigned comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JumpOp {
    /// A = operand.
    Eq,
    /// A > operand.
    Gt,
    /// A ≥ operand.
    Ge,
    /// A & operand ≠ 0.
    Set,
}

/// An opcode that classic BPF does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownOpcode(pub u16);

impl fmt::Display for UnknownOpcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown opcode {:#x}", self.0)
    }
}

impl core::error::Error for UnknownOpcode {}

// Opcodes are sums of a class, a mode or operator, and a size or source: see <linux/bpf_common.h>.
const LD: u16 = 0x00;
const LDX: u16 = 0x01;
const ST: u16 = 0x02;
const STX: u16 = 0x03;
const ALU: u16 = 0x04;
const JMP: u16 = 0x05;
const RET: u16 = 0x06;
const MISC: u16 = 0x07;

const IMM: u16 = 0x00;
const ABS: u16 = 0x20;
const IND: u16 = 0x40;
const MEM: u16 = 0x60;
const LEN: u16 = 0x80;
const MSH: u16 = 0xa0;

const X: u16 = 0x08;
const A: u16 = 0x10;
const NEG: u16 = 0x80;
const TXA: u16 = 0x80;

impl Size {
    const ALL: [Self; 3] = [Self::Word, Self::Half, Self::Byte];

    fn bits(self) -> u16 {
        match self {
            Self::Word => 0x00,
            Self::Half => 0x08,
            Self::Byte => 0x10,
        }
    }

    fn of(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.bits() == code & 0x18)
    }
}

impl AluOp {
    const ALL: [Self; 10] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Or,
        Self::And,
        Self::Lsh,
        Self::Rsh,
        Self::Mod,
        Self::Xor,
    ];

    fn bits(self) -> u16 {
        match self {
            Self::Add => 0x00,
            Self::Sub => 0x10,
            Self::Mul => 0x20,
            Self::Div => 0x30,
            Self::Or => 0x40,
            Self::And => 0x50,
            Self::Lsh => 0x60,
            Self::Rsh => 0x70,
            Self::Mod => 0x90,
            Self::Xor => 0xa0,
        }
    }
}

impl JumpOp {
    const ALL: [Self; 4] = [Self::Eq, Self::Gt, Self::Ge, Self::Set];

    fn bits(self) -> u16 {
        match self {
            Self::Eq => 0x10,
            Self::Gt => 0x20,
            Self::Ge => 0x30,
            Self::Set => 0x40,
        }
    }
}

impl Operand {
    fn bits(self) -> u16 {
        match self {
            Self::K(_) => 0,
            Self::X => X,
        }
    }

    fn k(self) -> u32 {
        match self {
            Self::K(k) => k,
            Self::X => 0,
        }
    }

    fn of(raw: RawInsn) -> Self {
        if raw.code & X == 0 { Self::K(raw.k) } else { Self::X }
    }
}

impl Insn {
    /// The first offset that means ancillary data instead of packet bytes (`SKF_AD_OFF`).
    pub const ANCILLARY: u32 = 0xffff_f000;
}

impl From<Insn> for RawInsn {
    fn from(insn: Insn) -> Self {
        let raw = |code: u16, k: u32| Self { code, jt: 0, jf: 0, k };
        match insn {
            Insn::LoadAbs(size, k) => raw(LD | ABS | size.bits(), k),
            Insn::LoadInd(size, k) => raw(LD | IND | size.bits(), k),
            Insn::LoadLen => raw(LD | LEN, 0),
            Insn::LoadImm(k) => raw(LD | IMM, k),
            Insn::LoadMem(k) => raw(LD | MEM, k),
            Insn::LoadXMsh(k) => raw(LDX | MSH | Size::Byte.bits(), k),
            Insn::LoadXLen => raw(LDX | LEN, 0),
            Insn::LoadXImm(k) => raw(LDX | IMM, k),
            Insn::LoadXMem(k) => raw(LDX | MEM, k),
            Insn::Store(k) => raw(ST, k),
            Insn::StoreX(k) => raw(STX, k),
            Insn::Alu(op, operand) => raw(ALU | op.bits() | operand.bits(), operand.k()),
            Insn::Neg => raw(ALU | NEG, 0),
            Insn::Jump(k) => raw(JMP, k),
            Insn::JumpIf { op, operand, jt, jf } => {
                Self { code: JMP | op.bits() | operand.bits(), jt, jf, k: operand.k() }
            }
            Insn::Return(k) => raw(RET, k),
            Insn::ReturnA => raw(RET | A, 0),
            Insn::Tax => raw(MISC, 0),
            Insn::Txa => raw(MISC | TXA, 0),
        }
    }
}

impl TryFrom<RawInsn> for Insn {
    type Error = UnknownOpcode;

    fn try_from(raw: RawInsn) -> Result<Self, UnknownOpcode> {
        let unknown = UnknownOpcode(raw.code);
        let (code, k) = (raw.code, raw.k);
        let size = || Size::of(code).ok_or(unknown);
        Ok(match code & 0x07 {
            LD => match code & !0x1f {
                ABS => Self::LoadAbs(size()?, k),
                IND => Self::LoadInd(size()?, k),
                _ => match code {
                    0x00 => Self::LoadImm(k),
                    0x60 => Self::LoadMem(k),
                    0x80 => Self::LoadLen,
                    _ => return Err(unknown),
                },
            },
            LDX => match code & !LDX {
                IMM => Self::LoadXImm(k),
                MEM => Self::LoadXMem(k),
                LEN => Self::LoadXLen,
                0xb0 => Self::LoadXMsh(k),
                _ => return Err(unknown),
            },
            ST if code == ST => Self::Store(k),
            STX if code == STX => Self::StoreX(k),
            ALU if code == ALU | NEG => Self::Neg,
            ALU => {
                let op = AluOp::ALL.into_iter().find(|op| op.bits() == code & !(ALU | X)).ok_or(unknown)?;
                Self::Alu(op, Operand::of(raw))
            }
            JMP if code == JMP => Self::Jump(k),
            JMP => {
                let op = JumpOp::ALL.into_iter().find(|op| op.bits() == code & !(JMP | X)).ok_or(unknown)?;
                Self::JumpIf { op, operand: Operand::of(raw), jt: raw.jt, jf: raw.jf }
            }
            RET if code == RET => Self::Return(k),
            RET if code == RET | A => Self::ReturnA,
            MISC if code == MISC => Self::Tax,
            MISC if code == MISC | TXA => Self::Txa,
            _ => return Err(unknown),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The opcodes of the kernel's list of allowed ones, `chk_code_allowed` in net/core/filter.c.
    const ALLOWED: [u16; 45] = [
        0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x94, 0x9c, 0x54, 0x5c, 0x44, 0x4c, 0xa4, 0xac, 0x64,
        0x6c, 0x74, 0x7c, 0x84, 0x20, 0x28, 0x30, 0x80, 0x40, 0x48, 0x50, 0x00, 0x60, 0x01, 0x61, 0xb1, 0x81,
        0x02, 0x03, 0x07, 0x87, 0x06, 0x16, 0x05, 0x15, 0x1d, 0x35, 0x3d,
    ];
    const ALLOWED_TOO: [u16; 4] = [0x25, 0x2d, 0x45, 0x4d];

    #[test]
    fn knows_exactly_the_kernels_opcodes_and_gives_them_back() {
        for code in 0..=u16::MAX {
            let raw = RawInsn { code, jt: 1, jf: 2, k: 3 };
            let allowed = ALLOWED.contains(&code) || ALLOWED_TOO.contains(&code);
            let typed = Insn::try_from(raw);
            assert_eq!(typed.is_ok(), allowed, "{code:#x}");
            if let Ok(insn) = typed {
                assert_eq!(RawInsn::from(insn).code, code);
            }
        }
    }

    #[test]
    fn keeps_constants_and_branches() {
        let raw = RawInsn { code: 0x45, jt: 7, jf: 9, k: 0x1fff };
        assert_eq!(RawInsn::from(Insn::try_from(raw).unwrap()), raw);
        assert_eq!(Insn::try_from(RawInsn { code: 0x28, k: 12, ..raw }), Ok(Insn::LoadAbs(Size::Half, 12)));
        assert_eq!(Insn::try_from(RawInsn { code: 0xffff, ..raw }), Err(UnknownOpcode(0xffff)));
    }
}
