//! The intermediate code: blocks of straight-line statements, each ending in a test or a return.
//!
//! The graph is acyclic: a test's successors are blocks that run later. Statements are BPF instructions as
//! they are, so nothing is translated at the end; only the jumps are still blocks and not distances.
use crate::bpf::RawInsn;

/// Opcodes, as `linux/filter.h` composes them.
pub(super) mod op {
    pub(crate) const LD_W_ABS: u16 = 0x20;
    pub(crate) const LD_B_ABS: u16 = 0x30;
    pub(crate) const LD_W_IND: u16 = 0x40;
    pub(crate) const LD_H_IND: u16 = 0x48;
    pub(crate) const LD_B_IND: u16 = 0x50;
    pub(crate) const LD_IMM: u16 = 0x00;
    pub(crate) const LD_MEM: u16 = 0x60;
    pub(crate) const LD_LEN: u16 = 0x80;
    pub(crate) const LDX_IMM: u16 = 0x01;
    pub(crate) const LDX_MEM: u16 = 0x61;
    pub(crate) const LDX_MSH: u16 = 0xb1;
    pub(crate) const ST: u16 = 0x02;
    pub(crate) const STX: u16 = 0x03;
    pub(crate) const ADD_K: u16 = 0x04;
    pub(crate) const SUB_K: u16 = 0x14;
    pub(crate) const MUL_K: u16 = 0x24;
    pub(crate) const OR_K: u16 = 0x44;
    pub(crate) const AND_K: u16 = 0x54;
    pub(crate) const LSH_K: u16 = 0x64;
    pub(crate) const NEG: u16 = 0x84;
    pub(crate) const ADD_X: u16 = 0x0c;
    pub(crate) const SUB_X: u16 = 0x1c;
    pub(crate) const OR_X: u16 = 0x4c;
    pub(crate) const JA: u16 = 0x05;
    pub(crate) const JEQ_K: u16 = 0x15;
    pub(crate) const JGT_K: u16 = 0x25;
    pub(crate) const JGE_K: u16 = 0x35;
    pub(crate) const JSET_K: u16 = 0x45;
    pub(crate) const JEQ_X: u16 = 0x1d;
    pub(crate) const JGT_X: u16 = 0x2d;
    pub(crate) const JGE_X: u16 = 0x3d;
    pub(crate) const RET_K: u16 = 0x06;
    pub(crate) const TAX: u16 = 0x07;
    pub(crate) const TXA: u16 = 0x87;
    /// Not an opcode: a statement that the optimiser took out.
    pub(crate) const GONE: u16 = u16::MAX;

    /// The bit that says the second operand is X.
    pub(crate) const SRC_X: u16 = 0x08;

    /// Load, store, arithmetic, jump …
    pub(crate) const fn class(code: u16) -> u16 {
        code & 0x07
    }

    /// The operation of arithmetic and jumps.
    pub(crate) const fn operation(code: u16) -> u16 {
        code & 0xf0
    }

    /// Where a load reads from.
    pub(crate) const fn mode(code: u16) -> u16 {
        code & 0xe0
    }

    pub(crate) const CLASS_LD: u16 = 0;
    pub(crate) const CLASS_LDX: u16 = 1;
    pub(crate) const CLASS_ST: u16 = 2;
    pub(crate) const CLASS_STX: u16 = 3;
    pub(crate) const CLASS_ALU: u16 = 4;
    pub(crate) const CLASS_JMP: u16 = 5;
    pub(crate) const CLASS_RET: u16 = 6;
    pub(crate) const MODE_IND: u16 = 0x40;
    pub(crate) const MODE_MEM: u16 = 0x60;
}

/// A statement. `jt` and `jf` matter for the few jumps inside a block only.
pub(super) fn stmt(code: u16, k: u32) -> RawInsn {
    RawInsn { code, jt: 0, jf: 0, k }
}

/// An index into [`Graph::blocks`].
pub(super) type BlockId = u32;

/// The successor of a block that has none.
pub(super) const NOWHERE: BlockId = u32::MAX;

/// Statements, then a test with two successors, or a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    /// The first of its statements in [`Graph::stmts`].
    pub(super) first: u32,
    /// How many statements it has.
    pub(super) count: u32,
    /// The opcode of the test or return.
    pub(super) code: u16,
    /// The constant of the test or return.
    pub(super) k: u32,
    /// Where to go when the test holds.
    pub(super) jt: BlockId,
    /// Where to go when it does not.
    pub(super) jf: BlockId,
}

impl Block {
    /// Whether the program ends here.
    pub(super) fn is_return(&self) -> bool {
        op::class(self.code) == op::CLASS_RET
    }
}

/// A program as a graph.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    /// The statements of all blocks.
    pub(super) stmts: Vec<RawInsn>,
    /// The blocks; some may be unreachable.
    pub(super) blocks: Vec<Block>,
    /// Where the program starts.
    pub(super) root: BlockId,
}

/// A piece of the graph whose exits still lead nowhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Test {
    /// Where the piece starts.
    pub(super) head: BlockId,
    accept: Exits,
    reject: Exits,
}

/// A list of open exits, threaded through the successor fields themselves: each holds the next exit of the
/// list, so that joining two lists is one store, however long they are.
#[derive(Debug, Clone, Copy)]
struct Exits {
    first: u32,
    last: u32,
}

/// An exit is twice its block, plus one for the side taken when the test fails.
const END: u32 = u32::MAX;

impl Graph {
    /// The statements of a block.
    pub(super) fn body(&self, id: BlockId) -> &[RawInsn] {
        let block = &self.blocks[id as usize];
        &self.stmts[block.first as usize..][..block.count as usize]
    }

    /// The statements of a block, to be changed.
    pub(super) fn body_mut(&mut self, id: BlockId) -> &mut [RawInsn] {
        let block = &self.blocks[id as usize];
        &mut self.stmts[block.first as usize..][..block.count as usize]
    }

    /// Puts statements in front of a block's own.
    pub(super) fn prepend(&mut self, id: BlockId, front: &[RawInsn]) {
        let Block { first, count, .. } = self.blocks[id as usize];
        let start = index(self.stmts.len());
        self.stmts.extend_from_slice(front);
        self.stmts.extend_from_within(first as usize..(first + count) as usize);
        let block = &mut self.blocks[id as usize];
        (block.first, block.count) = (start, count + index(front.len()));
    }

    /// Makes a block of the statements from `start` on, ending in a test with two open exits.
    pub(super) fn test(&mut self, start: usize, code: u16, k: u32) -> Test {
        let head = self.push(start, code, k);
        let exit = |side: u32| Exits { first: head * 2 + side, last: head * 2 + side };
        Test { head, accept: exit(0), reject: exit(1) }
    }

    /// Makes a block that ends the program with a verdict.
    pub(super) fn ret(&mut self, verdict: u32) -> BlockId {
        self.push(self.stmts.len(), op::RET_K, verdict)
    }

    fn push(&mut self, start: usize, code: u16, k: u32) -> BlockId {
        let id = index(self.blocks.len());
        let count = index(self.stmts.len() - start);
        self.blocks.push(Block { first: index(start), count, code, k, jt: NOWHERE, jf: NOWHERE });
        id
    }

    /// `a and b`: `b` is looked at where `a` holds.
    pub(super) fn and(&mut self, a: Test, b: Test) -> Test {
        self.connect(a.accept, b.head);
        Test { head: a.head, accept: b.accept, reject: self.join(b.reject, a.reject) }
    }

    /// `a or b`: `b` is looked at where `a` does not hold.
    pub(super) fn or(&mut self, a: Test, b: Test) -> Test {
        self.connect(a.reject, b.head);
        Test { head: a.head, accept: self.join(b.accept, a.accept), reject: b.reject }
    }

    /// `and` where the first may be missing.
    pub(super) fn and_maybe(&mut self, a: Option<Test>, b: Test) -> Test {
        match a {
            Some(a) => self.and(a, b),
            None => b,
        }
    }

    /// Makes the whole program of one test: keep `snaplen` bytes where it holds, refuse where it does not.
    pub(super) fn finish(&mut self, test: Test, snaplen: u32) {
        let accept = self.ret(snaplen);
        self.connect(test.accept, accept);
        let reject = self.ret(0);
        self.connect(test.reject, reject);
        self.root = test.head;
    }

    fn exit(&mut self, exit: u32) -> &mut u32 {
        let block = &mut self.blocks[(exit / 2) as usize];
        if exit.is_multiple_of(2) { &mut block.jt } else { &mut block.jf }
    }

    fn connect(&mut self, exits: Exits, target: BlockId) {
        let mut exit = exits.first;
        while exit != END {
            exit = core::mem::replace(self.exit(exit), target);
        }
    }

    fn join(&mut self, a: Exits, b: Exits) -> Exits {
        *self.exit(a.last) = b.first;
        Exits { first: a.first, last: b.last }
    }
}

impl Test {
    /// The opposite: nothing is computed, the exits change their roles.
    pub(super) fn negate(self) -> Self {
        Self { accept: self.reject, reject: self.accept, ..self }
    }
}

/// An arena index. Lowering stops long before 2³¹ blocks or statements.
pub(super) fn index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(graph: &mut Graph, k: u32) -> Test {
        let start = graph.stmts.len();
        graph.stmts.push(stmt(op::LD_B_ABS, k));
        graph.test(start, op::JEQ_K, k)
    }

    #[test]
    fn connects_a_mix_of_and_or_and_not() {
        let mut graph = Graph::default();
        let [a, b, c] = [0, 1, 2].map(|k| leaf(&mut graph, k));
        let either = graph.or(a, b).negate();
        let whole = graph.and(either, c);
        graph.finish(whole, 9);
        let jumps: Vec<_> = graph.blocks.iter().map(|block| (block.jt, block.jf)).collect();
        assert_eq!(jumps, [(4, 1), (4, 2), (3, 4), (NOWHERE, NOWHERE), (NOWHERE, NOWHERE)]);
        assert_eq!((graph.blocks[3].k, graph.blocks[4].k), (9, 0));
    }

    #[test]
    fn prepending_keeps_the_rest() {
        let mut graph = Graph::default();
        let a = leaf(&mut graph, 7);
        leaf(&mut graph, 8);
        graph.prepend(a.head, &[stmt(op::LD_IMM, 1)]);
        assert_eq!(graph.body(a.head), [stmt(op::LD_IMM, 1), stmt(op::LD_B_ABS, 7)]);
        assert_eq!(graph.body(1), [stmt(op::LD_B_ABS, 8)]);
    }
}
