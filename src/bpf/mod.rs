//! Classic BPF: instructions, the validator, and a virtual machine in safe code.
mod insn;
mod program;
pub use insn::RawInsn;
pub use program::Program;
