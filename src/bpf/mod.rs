//! Classic BPF: instructions, the validator, and a virtual machine in safe code.
//!
//! See bpf(4) of the BSDs and the kernel's `Documentation/networking/filter.rst`.
mod ancillary;
mod dump;
mod insn;
mod program;
mod vm;

pub use ancillary::Ancillary;
pub use insn::{AluOp, Insn, JumpOp, Operand, RawInsn, Size, UnknownOpcode};
pub use program::{InvalidProgram, MAX_KERNEL_INSNS, Program, Reason, SCRATCH_WORDS};
