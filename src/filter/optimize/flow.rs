//! What can be known from the shape of the graph: levels, predecessors, what is used later.
use super::super::ir::{Block, BlockId, Graph, op};
use crate::bpf::RawInsn;

/// The atoms of the machine's state: A, X, and the scratch words from [`SCRATCH`] on.
pub(super) const A: usize = 0;
pub(super) const X: usize = 1;
pub(super) const SCRATCH: usize = 2;

/// A set of atoms.
pub(super) type Atoms = u32;

/// What a statement or test reads.
pub(super) fn reads(stmt: RawInsn) -> Atoms {
    let (a, x) = (1 << A, 1 << X);
    match op::class(stmt.code) {
        _ if stmt.code == op::GONE => 0,
        op::CLASS_LD | op::CLASS_LDX => match op::mode(stmt.code) {
            op::MODE_IND => x,
            op::MODE_MEM => 1 << (SCRATCH + stmt.k as usize),
            _ => 0,
        },
        op::CLASS_ST => a,
        op::CLASS_STX => x,
        op::CLASS_ALU | op::CLASS_JMP if stmt.code & op::SRC_X != 0 => a | x,
        op::CLASS_ALU | op::CLASS_JMP => a,
        op::CLASS_RET => 0,
        _ if stmt.code == op::TXA => x,
        _ => a,
    }
}

/// The atom that a statement sets.
pub(super) fn sets(stmt: RawInsn) -> Option<usize> {
    match op::class(stmt.code) {
        _ if stmt.code == op::GONE => None,
        op::CLASS_LD | op::CLASS_ALU => Some(A),
        op::CLASS_LDX => Some(X),
        op::CLASS_ST | op::CLASS_STX => Some(SCRATCH + stmt.k as usize),
        op::CLASS_JMP | op::CLASS_RET => None,
        _ if stmt.code == op::TAX => Some(X),
        _ => Some(A),
    }
}

/// The test of a block, in the form of a statement.
pub(super) fn test_of(block: &Block) -> RawInsn {
    RawInsn { code: block.code, jt: 0, jf: 0, k: block.k }
}

/// One side of a block's test: twice the block, plus one for the failing side.
pub(super) type Edge = u32;

/// On the stack of a search: everything below the block has been visited. Blocks have lower numbers.
const FINISH: u32 = 1 << 31;

/// What is known about the graph. `levels` starts a round; the rest builds on it.
#[derive(Default)]
pub(super) struct Flow {
    /// The reachable blocks from the lowest level (returns) to the highest (the root).
    pub(super) order: Vec<BlockId>,
    /// The same with the levels the other way round: every block comes before its successors.
    pub(super) down: Vec<BlockId>,
    /// Where in `order` the returns end.
    pub(super) returns: usize,
    /// Where each level starts in `order`, and the end.
    starts: Vec<u32>,
    level: Vec<u32>,
    /// What is used after the end of each block.
    pub(super) out_use: Vec<Atoms>,
    in_use: Vec<Atoms>,
    /// What each block by itself reads before it sets it, and sets; `None` when the block has changed.
    own: Vec<Option<(Atoms, Atoms)>>,
    /// The edges into each block, block by block.
    incoming: Vec<Edge>,
    incoming_start: Vec<u32>,
    /// Reused by `levels`: the blocks to visit, and below them, with [`FINISH`], those to finish.
    stack: Vec<u32>,
    next: Vec<u32>,
    finished: Vec<BlockId>,
    atoms: usize,
}

impl Flow {
    pub(super) fn new(graph: &Graph) -> Self {
        let count = graph.blocks.len();
        let mut atoms: Atoms = 0;
        for id in 0..count as BlockId {
            for &stmt in graph.body(id) {
                atoms |= reads(stmt) | sets(stmt).map_or(0, |atom| 1 << atom);
            }
        }
        Self {
            out_use: vec![0; count],
            in_use: vec![0; count],
            own: vec![None; count],
            atoms: (Atoms::BITS - atoms.leading_zeros()).max(SCRATCH as u32) as usize,
            ..Self::default()
        }
    }

    /// One more than the highest atom in use.
    pub(super) fn atoms(&self) -> usize {
        self.atoms
    }

    /// Sorts the reachable blocks by level: one more than the higher of the successors' levels. Within a
    /// level, the block that a depth-first search finishes last comes first.
    pub(super) fn levels(&mut self, graph: &Graph) {
        const UNSEEN: u32 = u32::MAX;
        let blocks = &graph.blocks;
        self.level.clear();
        self.level.resize(blocks.len(), UNSEEN);
        self.finished.clear();
        self.stack.clear();
        self.stack.push(graph.root);
        let mut top = 0;
        while let Some(entry) = self.stack.pop() {
            let id = entry & !FINISH;
            let block = &blocks[id as usize];
            if entry != id {
                let level = self.level[block.jt as usize].max(self.level[block.jf as usize]) + 1;
                self.level[id as usize] = level;
                top = top.max(level);
                self.finished.push(id);
            } else if self.level[id as usize] == UNSEEN {
                self.level[id as usize] = 0;
                if block.is_return() {
                    self.finished.push(id);
                } else {
                    self.stack.extend([id | FINISH, block.jf, block.jt]);
                }
            }
        }
        // A counting sort by level, the blocks finished later first.
        self.starts.clear();
        self.starts.resize(top as usize + 2, 0);
        for &id in &self.finished {
            self.starts[self.level[id as usize] as usize + 1] += 1;
        }
        for level in 1..self.starts.len() {
            self.starts[level] += self.starts[level - 1];
        }
        self.returns = self.starts[1] as usize;
        self.order.clear();
        self.order.resize(self.finished.len(), 0);
        self.next.clone_from(&self.starts);
        for &id in self.finished.iter().rev() {
            let slot = &mut self.next[self.level[id as usize] as usize];
            self.order[*slot as usize] = id;
            *slot += 1;
        }
        self.down.clear();
        for level in self.starts.windows(2).rev() {
            self.down.extend_from_slice(&self.order[level[0] as usize..level[1] as usize]);
        }
    }

    /// A block's statements or its test are no longer what they were.
    pub(super) fn changed(&mut self, id: BlockId) {
        self.own[id as usize] = None;
    }

    /// What each block's successors use.
    pub(super) fn uses(&mut self, graph: &Graph) {
        for &id in &self.order {
            let i = id as usize;
            let block = &graph.blocks[i];
            let (used, killed) = match self.own[i] {
                Some(own) => own,
                None => *self.own[i].insert(own_uses(graph, id)),
            };
            self.out_use[i] = if block.is_return() {
                0
            } else {
                self.in_use[block.jt as usize] | self.in_use[block.jf as usize]
            };
            self.in_use[i] = used | (self.out_use[i] & !killed);
        }
    }

    /// The edges into each block, as the branches are now.
    pub(super) fn predecessors(&mut self, graph: &Graph) {
        self.incoming_start.clear();
        self.incoming_start.resize(graph.blocks.len() + 1, 0);
        for &id in &self.order[self.returns..] {
            let block = &graph.blocks[id as usize];
            self.incoming_start[block.jt as usize] += 1;
            self.incoming_start[block.jf as usize] += 1;
        }
        let mut sum = 0;
        for start in &mut self.incoming_start {
            sum += *start;
            *start = sum;
        }
        self.incoming.clear();
        self.incoming.resize(sum as usize, 0);
        // Filled from the back of each part, so that the edge met last comes first.
        let tests = self.down.len() - self.returns;
        for &id in &self.down[..tests] {
            let block = &graph.blocks[id as usize];
            for (target, edge) in [(block.jt, id * 2), (block.jf, id * 2 + 1)] {
                let slot = &mut self.incoming_start[target as usize];
                *slot -= 1;
                self.incoming[*slot as usize] = edge;
            }
        }
    }

    /// The edges into a block, as they were when `predecessors` looked.
    pub(super) fn edges_into(&self, id: BlockId) -> &[Edge] {
        let [start, end] = [0, 1].map(|next| self.incoming_start[id as usize + next] as usize);
        &self.incoming[start..end]
    }
}

/// The atoms that a block reads before it sets them, and those it sets without having read them.
fn own_uses(graph: &Graph, id: BlockId) -> (Atoms, Atoms) {
    let (mut set, mut used, mut killed) = (0, 0, 0);
    for &stmt in graph.body(id) {
        used |= reads(stmt) & !set;
        if let Some(atom) = sets(stmt) {
            killed |= (1 << atom) & !used;
            set |= 1 << atom;
        }
    }
    used |= reads(test_of(&graph.blocks[id as usize])) & !set;
    (used, killed)
}
