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
}
